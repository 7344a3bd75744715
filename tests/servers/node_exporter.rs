//! A node exporter, scraped by us and by a real Prometheus: the same samples.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shtop::promql::Query;
use shtop::source::{Ask, Event, Health, Plan, ScrapeOptions, Shape, Target};
use tokio::time::Instant;

use crate::PATIENCE;
use crate::process::{Kind, Server};
use crate::watching::{Watching, options};

const JOB: &str = "node";

/// How many series each of the exporter's metrics has by what a source answers.
async fn counts(source: &mut Watching, revision: u64) -> BTreeMap<String, f64> {
    let query = format!("count by (__name__) ({{job=\"{JOB}\"}})");
    let queries = [Query::parse(&query).expect("a query")].into();
    let asks = vec![Ask { key: 0, queries, shape: Shape::Instant }];
    source.watch(Plan { revision, asks, variables: Vec::new(), range: 60_000, step: 1_000, end: None });
    let answers = source.all("the counts", 1, |answer| answer.revision == revision).await;
    let reply = answers[0].replies[0].as_ref().expect("an answer");
    let count =
        |(labels, count): &(shtop::series::Labels, f64)| (labels.metric().unwrap_or_default().to_owned(), *count);
    // What the scraper writes itself is not the exporter's.
    let own = |name: &str| name == "up" || name.starts_with("scrape_");
    reply.now.iter().map(count).filter(|(name, _)| !own(name)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_exporter_gives_us_what_it_gives_prometheus() {
    let node = Server::start(Kind::NodeExporter).await;
    let prometheus = Server::start(Kind::Prometheus).await;
    prometheus.scrape(&[(JOB.to_owned(), vec![node.address.clone()])]);
    let target = Target::parse(&format!("{JOB}=http://{}/metrics", node.address)).expect("a target");
    let scraping = ScrapeOptions {
        targets: vec![target],
        interval: Duration::from_secs(1),
        timeout: Some(Duration::from_secs(10)),
        ..ScrapeOptions::default()
    };
    let mut ours = Watching::scraping(scraping);
    let mut theirs = Watching::asking(options(&format!("http://{}", prometheus.address)));
    let begin = Instant::now();
    // Series come and go with the machine's devices, and each looks at a moment of its own.
    for revision in 1.. {
        let target = ours
            .first("a good scrape", |event| match event {
                Event::Status(status) if status.targets.iter().any(|t| t.health == Health::Up) => {
                    status.targets.into_iter().next()
                }
                _ => None,
            })
            .await;
        assert_eq!((target.unreadable, &target.diagnoses[..]), (0, &[][..]), "every line is read");
        let (found, known) = (counts(&mut ours, revision).await, counts(&mut theirs, revision).await);
        let samples: f64 = found.values().sum();
        if found == known && samples == target.samples as f64 {
            println!("servers: node exporter: {samples} samples of {} metrics through both", found.len());
            assert!(samples > 200.0);
            return;
        }
        let names = found.keys().chain(known.keys()).collect::<BTreeSet<_>>().into_iter();
        let pairs = names.map(|name| (name, found.get(name), known.get(name)));
        let differing: Vec<_> = pairs.filter(|(_, ours, theirs)| ours != theirs).take(10).collect();
        assert!(begin.elapsed() < PATIENCE, "{samples} of {} samples; ours and theirs: {differing:?}", target.samples);
    }
}
