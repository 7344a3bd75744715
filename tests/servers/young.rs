//! A Prometheus that has only just begun to scrape.

use std::time::Duration;

use shtop::promql::Query;
use shtop::runtime::system_clock;
use shtop::source::prometheus::PrometheusOptions;
use shtop::source::{Absence, Answer};
use tokio::time::{Instant, sleep};

use crate::panels::{Panel, plan};
use crate::process::{Kind, Server};
use crate::watching::{Watching, options};
use crate::{PATIENCE, PAUSE};

/// Distance between steps, ms: scrapes come far more often.
const STEP: i64 = 60_000;

/// The least time in which there are some scrapes and no step.
const ROOM: i64 = 15_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_over_too_few_scrapes_says_so_and_for_how_long() {
    let left = || STEP - system_clock()().rem_euclid(STEP);
    if left() < ROOM {
        sleep(Duration::from_millis(left().unsigned_abs() + 100)).await;
    }
    let before = system_clock()();
    let prometheus = Server::start(Kind::Prometheus).await;
    prometheus.scrape(&[("self".to_owned(), vec![prometheus.address.clone()])]);
    let begin = Instant::now();
    // By now a rate could be taken; at the last step there was nothing.
    let several = "api/v1/query?query=rate(prometheus_http_requests_total%5B5m%5D)";
    while !prometheus.get(several).await.is_some_and(|body| body.contains("\"value\"")) {
        assert!(begin.elapsed() < PATIENCE, "nothing is scraped");
        sleep(PAUSE).await;
    }
    // Looked at no more often than steps come: in between only the present would be asked for, and found.
    let interval = Duration::from_millis(STEP.unsigned_abs());
    let options = PrometheusOptions { interval, ..options(&format!("http://{}", prometheus.address)) };
    let mut source = Watching::asking(options);
    let query = Query::parse("sum(rate(prometheus_http_requests_total[5m]))").expect("a query");
    let panels = [Panel { place: String::new(), queries: [query].into() }];
    source.watch(plan(1, &panels, 300_000, STEP, None));
    // Empty, with its reason; or of a step that has passed meanwhile.
    let absent = |answer: &Answer| answer.replies[0].as_ref().is_ok_and(|reply| reply.absence.is_some());
    let judged = |answer: &Answer| absent(answer) || answer.window.end > before;
    let answer = source.all("the panel's answer", 1, judged).await.remove(0);
    if answer.window.end > before {
        println!("NOTICE: the machine was too slow for this: a step has passed meanwhile");
        return;
    }
    let reason = answer.replies[0].as_ref().expect("an answer").absence.clone().expect("it is empty");
    let Absence::TooFew { since: Some(since), .. } = &reason else { panic!("{reason:?}") };
    assert!((before..=system_clock()()).contains(since), "{since}");
    let words = reason.words(since + 7_000);
    assert_eq!(words, "needs two scrapes; 7s so far: prometheus_http_requests_total");
}
