//! What the Overview costs a real Prometheus and the line to it: once in full, then each new step.

use std::time::Duration;

use shtop::demo::Scenario;
use shtop::source::Link;
use shtop::source::prometheus::{PrometheusOptions, RulesFrom};

use crate::front::{Front, Look};
use crate::panels::{panels, plan};
use crate::past::{Served, Time, write};
use crate::process::{Kind, Server};
use crate::watching::{Watching, options};

const HOUR: i64 = 3_600_000;
const STEP: i64 = 15_000;
/// A refresh is to cost less than this share of the first picture.
const SHARE: f64 = 0.2;

/// What was sent until now.
#[derive(Debug, Clone, Copy)]
struct Spent {
    requests: u64,
    /// Bodies, decompressed.
    bytes: u64,
    /// All that the server sent, as it went over the line.
    wire: u64,
}

impl Spent {
    fn new(link: &Link, front: &Front) -> Self {
        Self { requests: link.requests, bytes: link.bytes, wire: front.sent() }
    }

    fn since(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            bytes: self.bytes - before.bytes,
            wire: self.wire - before.wire,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_of_the_overview_costs_a_fifth_of_its_first_picture_at_most() {
    let served = Served::start(Scenario::S3Outage, Time::Flows).await;
    let prometheus = Server::start(Kind::Prometheus).await;
    write(&prometheus, &served.samples()).await;
    prometheus.scrape(&served.jobs());
    let front = Front::new(&prometheus.address, Look::default()).await;
    // What alerts take has times of its own, and may fall on either side of the line that is drawn here.
    let (interval, rules) = (Duration::from_secs(15), RulesFrom::Nobody);
    let options = PrometheusOptions { interval, rules, ..options(&front.url()) };
    let mut source = Watching::asking(options);
    let panels = panels(Some("overview"));
    source.watch(plan(1, &panels, HOUR, STEP, None));
    source.all("the first picture", panels.len(), |_| true).await;
    // The targets and the version are asked for after it.
    let known = |link: &Link| link.version.is_some();
    let cold = source.link("the rest", |status, link| known(link) && !status.targets.is_empty()).await;
    let cold = Spent::new(&cold, &front);

    // The next step comes by itself.
    let answers = source.all("the next step", panels.len(), |_| true).await;
    let after = source.link("the end of the round", |_, link| link.requests > cold.requests).await;
    let steady = Spent::new(&after, &front).since(cold);
    let shares = [(steady.bytes, cold.bytes), (steady.wire, cold.wire)].map(|(a, b)| a as f64 / b as f64);
    println!(
        "servers: Overview, {} panels, 1 h in steps of 15 s: first picture {cold:?}, then {steady:?}: {:.1} % of the \
         bodies, {:.1} % of the line",
        answers.len(),
        100.0 * shares[0],
        100.0 * shares[1]
    );
    assert!(shares.iter().all(|share| *share > 0.0 && *share <= SHARE), "{shares:?}");
}
