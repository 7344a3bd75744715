//! A Prometheus that dies, hangs, or whose proxy says that it is away: every panel says so soon, and comes back by itself.

use std::collections::BTreeSet;
use std::time::Duration;

use shtop::source::prometheus::PrometheusOptions;
use shtop::source::{Answer, Health};
use tokio::time::Instant;

use crate::front::{Front, Look, Mode};
use crate::panels::{Panel, panels, plan};
use crate::process::{Kind, Server};
use crate::watching::{Watching, down, options};

/// How soon every panel is to say that its server is not there. A machine with too much to do is slow at everything: it is
/// soon if it is soon once.
const SOON: Duration = Duration::from_secs(5);
/// How often that is tried.
const TRIES: usize = 5;
/// Longest that a request may take.
const DEADLINE: Duration = Duration::from_secs(2);

/// A source that asks a server for all panels every second.
struct Watched {
    source: Watching,
    panels: Vec<Panel>,
    revision: u64,
}

impl Watched {
    async fn new(url: &str) -> Self {
        let mut source = Watching::asking(PrometheusOptions { timeout: DEADLINE, ..options(url) });
        let panels = panels(None);
        source.watch(plan(1, &panels, 300_000, 1_000, None));
        let mut watched = Self { source, panels, revision: 1 };
        watched.is_there().await;
        watched
    }

    /// Waits until every panel is answered and the link is up, without a key.
    async fn is_there(&mut self) {
        let good = |answer: &Answer| answer.replies.iter().all(Result::is_ok);
        self.source.all("every panel's answer", self.panels.len(), good).await;
        let link = self.source.link("the link to be up", |_, link| link.health == Health::Up).await;
        assert!(link.next_try.is_none() && link.last_success.is_some(), "{link:?}");
    }

    /// Waits until every panel says that the server is not there, and the link with them; gives its words, and how long it
    /// took. Meanwhile plans come and a key is pressed.
    async fn is_away(&mut self) -> (String, Duration) {
        let begin = Instant::now();
        let (source, number) = (&mut self.source, self.panels.len());
        let answers = source.all("every panel's fault", number, |answer| down(answer).is_some()).await;
        let took = begin.elapsed();
        println!("servers: all {number} panels say it after {:.1} s", took.as_secs_f64());
        let link = source.link("the link to be down", |_, link| matches!(link.health, Health::Down { .. })).await;
        let Health::Down { reason: words } = &link.health else { unreachable!("waited for") };
        let next = link.next_try.expect("it is tried again");
        assert!(link.since < next && link.last_success.is_some_and(|at| at <= link.since), "{link:?}");
        let said: BTreeSet<_> = answers.iter().filter_map(down).collect();
        assert!(said.contains(words.as_str()) && said.len() <= 2, "{said:?}, but the link: {words}");
        // What is looked at next says the same at once, and so does it after a key: nobody waits for the server.
        self.revision += 1;
        source.watch(plan(self.revision, &self.panels, 600_000, 1_000, None));
        let revision = self.revision;
        let next = source.all("every panel of the next plan", number, |answer| answer.revision == revision).await;
        assert!(next.iter().all(|answer| down(answer).is_some()));
        source.refresh();
        source.all("every panel after a key", number, |answer| down(answer).is_some()).await;
        (words.clone(), took)
    }
}

/// Fails if none of these was soon; tells whether one was.
fn is_soon(took: &[Duration]) -> bool {
    let soon = took.iter().any(|took| *took < SOON);
    assert!(soon || took.len() < TRIES, "told after {took:?}");
    soon
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prometheus_that_dies_or_hangs_is_named_soon_and_comes_back_without_a_key() {
    let mut prometheus = Server::start(Kind::Prometheus).await;
    prometheus.scrape(&[("self".to_owned(), vec![prometheus.address.clone()])]);
    let mut watched = Watched::new(&format!("http://{}", prometheus.address)).await;

    let mut times = Vec::new();
    while !is_soon(&times) {
        prometheus.kill();
        let (words, took) = watched.is_away().await;
        assert!(words.starts_with("connection refused") || words.starts_with("connection lost"), "{words}");
        prometheus.restart().await;
        watched.is_there().await;
        times.push(took);
    }

    times.clear();
    while !is_soon(&times) {
        prometheus.freeze();
        let (words, took) = watched.is_away().await;
        assert!(words.starts_with("no answer within 2s"), "{words}");
        prometheus.thaw();
        watched.is_there().await;
        times.push(took);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hang_is_named_soon_as_it_comes_out_of_the_box_too() {
    let prometheus = Server::start(Kind::Prometheus).await;
    prometheus.scrape(&[("self".to_owned(), vec![prometheus.address.clone()])]);
    let url = format!("http://{}", prometheus.address).parse().expect("a URL");
    let mut source = Watching::asking(PrometheusOptions::new(url));
    let panels = panels(None);
    source.watch(plan(1, &panels, 3_600_000, 15_000, None));
    source.all("every panel's answer", panels.len(), |answer| answer.replies.iter().all(Result::is_ok)).await;
    source.link("the link to be up", |_, link| link.health == Health::Up && link.version.is_some()).await;

    // Nothing is due for a while, and no key is pressed.
    let mut times = Vec::new();
    while !is_soon(&times) {
        prometheus.freeze();
        let begin = Instant::now();
        let link = source.link("its silence to be told", |_, link| link.silent.is_some()).await;
        times.push(begin.elapsed());
        println!("servers: a hang is told after {:.1?}", begin.elapsed());
        assert_eq!(link.health, Health::Up, "it may only be slow");
        let link = source.link("the link to be down", |_, link| matches!(link.health, Health::Down { .. })).await;
        assert!(link.silent.is_none(), "{link:?}");
        prometheus.thaw();
        let link = source.link("the link to be up", |_, link| link.health == Health::Up).await;
        assert!(link.silent.is_none(), "{link:?}");
    }

    // So is one that hangs when a key asks for news.
    times.clear();
    while !is_soon(&times) {
        prometheus.freeze();
        source.refresh();
        let begin = Instant::now();
        source.link("its silence to be told", |_, link| link.silent.is_some()).await;
        times.push(begin.elapsed());
        prometheus.thaw();
        source.link("an answer", |_, link| link.silent.is_none() && link.health == Health::Up).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_says_that_the_server_is_away_is_named_and_recovered_from() {
    let prometheus = Server::start(Kind::Prometheus).await;
    let front = Front::new(&prometheus.address, Look::default()).await;
    let mut watched = Watched::new(&front.url()).await;
    let mut times = Vec::new();
    while !is_soon(&times) {
        front.set(Mode::Unavailable);
        let (words, took) = watched.is_away().await;
        let proxy = "a proxy in between says that the server itself does not answer";
        assert_eq!(words, format!("HTTP 503 Service Unavailable; {proxy}"));
        front.set(Mode::Open);
        watched.is_there().await;
        times.push(took);
    }
    assert!(front.sent() > 0, "the server was asked through the proxy");
}
