//! The demo's cluster: its hour of history, written into real servers, and its members on real sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use shtop::demo::{Bind, Cluster, EXPORTER, Member, Scenario};
use shtop::exposition::Format;
use shtop::runtime::system_clock;
use shtop::series::{Labels, MatchOp, Matcher, Sample, Select, Timestamp};
use shtop::source::fetch::Body;
use shtop::source::{Seed, Target};
use shtop::store::{Created, Ingest, Limits, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::process::{Job, Server};
use crate::wire;

/// Time between two samples of the history, ms.
pub(crate) const SPACING: i64 = 15_000;
/// Windows end at multiples of this, ms.
const GRID: i64 = 15_000;
/// By how much the history's scrapes miss the grid, ms: no sample lies on the border of a window, which belongs to it in
/// Prometheus 2 and not in 3.
const MISS: i64 = 417;
/// How much time one write covers, ms. Prometheus takes nothing older than an hour before its newest sample.
const SLICE: i64 = 600_000;

/// A cluster that is served.
pub(crate) struct Served {
    pub(crate) members: Vec<Member>,
    /// Every scrape of the hour before it was served.
    pub(crate) bodies: Vec<(usize, Timestamp, Option<String>)>,
    /// The last multiple of the grid that all of the history lies before, and nothing of what is served.
    pub(crate) end: Timestamp,
    _tasks: JoinSet<()>,
}

/// How the time of the cluster goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// With the clock.
    Flows,
    /// Not at all: whoever scrapes whenever finds the same.
    Stands,
}

impl Served {
    pub(crate) async fn start(scenario: Scenario, time: Time) -> Self {
        let clock = system_clock();
        let end = clock().div_euclid(GRID) * GRID - GRID;
        let now = Arc::new(AtomicI64::new(end + MISS));
        let told: Arc<dyn Fn() -> Timestamp + Send + Sync> = match time {
            Time::Flows => clock,
            Time::Stands => Arc::new(move || now.load(Ordering::Relaxed)),
        };
        let cluster = Cluster::start(scenario, 1, Bind::Loopback, end + MISS, move || told()).await;
        let mut cluster = cluster.expect("the cluster starts");
        let history = cluster.history().expect("a history");
        let bodies = tokio::task::spawn_blocking(|| history.map(|s| (s.member, s.at, s.body)).collect());
        let bodies = bodies.await.expect("the history is simulated");
        let members = cluster.members().to_vec();
        let mut tasks = JoinSet::new();
        tasks.spawn(cluster.run(CancellationToken::new()));
        Self { members, bodies, end, _tasks: tasks }
    }

    /// The members as our scraping takes them.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let target = |m: &Member| format!("{}=http://{}/metrics", m.job, m.addr);
        self.members.iter().map(|m| Target::parse(&target(m)).expect("a target")).collect()
    }

    /// The members as a server's configuration takes them.
    pub(crate) fn jobs(&self) -> Vec<Job> {
        let addresses = |job: &str| self.members.iter().filter(|m| m.job == job).map(|m| m.addr.to_string()).collect();
        ["streamhouse-agent", "resources"].map(|job| (job.to_owned(), addresses(job))).to_vec()
    }

    /// The history as our scraping takes it.
    pub(crate) fn seeds(&self) -> Vec<Seed> {
        let seed = |(member, at, body): &(usize, Timestamp, Option<String>)| Seed {
            target: *member,
            at: *at,
            body: body.as_ref().map(|text| Body::new(format(*member), text.clone().into_bytes())),
        };
        self.bodies.iter().map(seed).collect()
    }

    /// The history as a server's samples, staleness markers too.
    pub(crate) fn samples(&self) -> Vec<(Labels, Vec<Sample>)> {
        let mut store = Store::new(Limits::default());
        let targets = self.targets();
        let ingest = |target: &Target| Ingest::new(target.labels().clone()).created(Created::FromZero);
        let mut ingests: Vec<_> = targets.iter().map(ingest).collect();
        for (member, at, body) in &self.bodies {
            let ingest = &mut ingests[*member];
            match body {
                Some(text) => {
                    let text = text.as_bytes();
                    ingest.scrape(&mut store, *at, 1.0, format(*member), text).expect("an exposition");
                }
                None => ingest.fail(&mut store, *at, 1.0),
            }
        }
        let any = Matcher::new(Labels::NAME, MatchOp::Regex, ".+").expect("a pattern");
        let mut all = Vec::new();
        store.select(&[any], Timestamp::MIN, Timestamp::MAX, &mut |labels, samples| {
            all.push((labels.clone(), samples.to_vec()));
        });
        all
    }
}

fn format(member: usize) -> Format {
    if member == EXPORTER { Format::Text } else { Format::OpenMetrics }
}

/// Writes all samples into a server by remote write.
pub(crate) async fn write(server: &Server, data: &[(Labels, Vec<Sample>)]) {
    let times = || data.iter().flat_map(|(_, samples)| samples).map(|s| s.t);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return };
    for from in (first..=last).step_by(SLICE as usize) {
        let slice = data.iter().filter_map(|(labels, samples)| {
            let start = samples.partition_point(|s| s.t < from);
            let end = samples.partition_point(|s| s.t < from + SLICE);
            (start < end).then(|| (labels, &samples[start..end]))
        });
        server.write(wire::snappy(&wire::write_request(slice))).await;
    }
    server.settle().await;
}
