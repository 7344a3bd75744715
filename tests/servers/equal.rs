//! Every panel shows the same through a real Prometheus, a real VictoriaMetrics and our own scraping.
//!
//! First the past: all three are given the same samples, so that what they answer is to be the same number. Then the
//! present: all three scrape the same cluster each second, at their own moments. Its time stands still meanwhile, so that
//! they find the same values; what differs is when, on which rates depend.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use shtop::demo::Scenario;
use shtop::promql::Query;
use shtop::runtime::system_clock;
use shtop::series::{Labels, Matcher, Sample, Series, Timestamp, Window, is_gap, is_stale};
use shtop::source::{Answer, Fault, Reply, ScrapeOptions, Status};
use shtop::store::Created;
use tokio::time::{Instant, sleep};

use crate::differences::{Around, DIFFERENCES, explained, ours_of};
use crate::panels::{Panel, asked, panels, plan};
use crate::past::{SPACING, Served, Time, write};
use crate::process::{Kind, Server};
use crate::watching::{Watching, options};
use crate::{PATIENCE, PAUSE};

/// What stands between the cluster and the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    Prometheus,
    VictoriaMetrics,
}

/// One thing that is not as it is when we scrape.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) through: Through,
    pub(crate) query: String,
    pub(crate) labels: Labels,
    /// How many steps there are before this one.
    pub(crate) step: usize,
    /// Whether a series that the query reads begins in what this step looks back at, or begins again; or ends there.
    pub(crate) begins: bool,
    /// How long ago the youngest of them began, ms; 0 for none.
    pub(crate) age: Timestamp,
    pub(crate) ends: bool,
    /// Whether the samples in it are not all at the same distance.
    pub(crate) uneven: bool,
    /// The values; `None` where there is none.
    pub(crate) theirs: Option<f64>,
    pub(crate) ours: Option<f64>,
}

impl Found {
    /// How far the values are apart, relative to the larger one; infinitely where there is but one.
    pub(crate) fn apart(&self) -> f64 {
        match (self.theirs, self.ours) {
            (Some(theirs), Some(ours)) => (theirs - ours).abs() / theirs.abs().max(ours.abs()),
            _ => f64::INFINITY,
        }
    }
}

/// By how much two values of the same samples may differ, relative to the larger one.
const EXACT: f64 = 1e-9;

/// How often the present is compared before what differs is taken for a difference.
const TRIES: u64 = 5;

/// How many values of a query that differs are told.
const TOLD: usize = 6;
/// Steps of the past and of the present, ms.
const GRID: i64 = 15_000;
const STEP: i64 = 5_000;
const HOUR: i64 = 3_600_000;

/// How a comparison went.
#[derive(Debug, Default)]
struct Count {
    /// Panels that have data when we scrape.
    panels: usize,
    /// The same through the other server.
    there: usize,
    values: usize,
    same: usize,
    /// By the number of the known difference.
    explained: BTreeMap<usize, usize>,
}

/// When each series of some samples begins and ends, however often.
struct Lives(Vec<(Labels, Ends)>);

/// The times of first samples, and those of last ones.
type Ends = [BTreeSet<Timestamp>; 2];

impl Lives {
    fn new(samples: &[(Labels, Vec<Sample>)]) -> Self {
        let newest = samples.iter().flat_map(|(_, samples)| samples).map(|s| s.t).max();
        let ends = |samples: &Vec<Sample>| {
            let there: Vec<_> = samples.iter().filter(|s| !is_stale(s.v)).map(|s| s.t).collect();
            let holes = there.windows(2).filter(|pair| pair[1] - pair[0] > SPACING);
            let (lasts, firsts): (Vec<_>, Vec<_>) = holes.map(|pair| (pair[0], pair[1])).unzip();
            let (first, last) = (there.first().copied(), there.last().copied().filter(|last| Some(*last) < newest));
            [firsts.into_iter().chain(first).collect(), lasts.into_iter().chain(last).collect()]
        };
        Self(samples.iter().map(|(labels, samples)| (labels.clone(), ends(samples))).collect())
    }

    /// Those of the series that a query reads.
    fn of(&self, query: &Query) -> Ends {
        let selectors = query.selectors();
        let reads = |labels: &Labels| {
            let fits = |m: &Matcher| m.matches(labels.get(&m.name).unwrap_or_default());
            selectors.iter().any(|matchers| matchers.iter().all(fits))
        };
        let read: Vec<_> = self.0.iter().filter(|(labels, _)| reads(labels)).collect();
        std::array::from_fn(|end| read.iter().flat_map(|(_, ends)| &ends[end]).copied().collect())
    }
}

/// What is compared, and how.
struct Comparison<'a> {
    through: Through,
    panels: &'a [Panel],
    lives: &'a Lives,
    /// Whether samples are at uneven distances.
    uneven: bool,
}

impl Comparison<'_> {
    /// Compares what all panels show.
    ///
    /// # Errors
    ///
    /// What is neither the same nor a known difference, and panels without data.
    fn of(&self, theirs: &[Answer], ours: &[Answer]) -> Result<Count, String> {
        let mut count = Count::default();
        let mut told = String::new();
        for ((panel, theirs), ours) in self.panels.iter().zip(theirs).zip(ours) {
            assert_eq!((theirs.window, theirs.at), (ours.window, ours.at), "{}", panel.place);
            let has =
                |answer: &Answer| answer.replies.iter().flatten().any(|r| !r.now.is_empty() || !r.range.is_empty());
            count.panels += usize::from(has(ours));
            count.there += usize::from(has(ours) && has(theirs));
            for ((query, theirs), ours_reply) in panel.queries.iter().zip(&theirs.replies).zip(&ours.replies) {
                let fault = |fault: &Fault| panic!("{}: {fault}\n{}", panel.place, query.text());
                let (theirs, ours_reply) =
                    (theirs.as_ref().unwrap_or_else(fault), ours_reply.as_ref().unwrap_or_else(fault));
                let found = self.query(query, ours.window, theirs, ours_reply, &mut count);
                if !found.is_empty() {
                    writeln!(told, "{}: {} values\n  {}", panel.place, found.len(), query.text().replace('\n', " "))
                        .expect("a string takes it");
                }
                for f in found.iter().step_by(found.len().div_ceil(TOLD).max(1)) {
                    writeln!(told, "    {} step {}: theirs {:?}, ours {:?}", f.labels, f.step, f.theirs, f.ours)
                        .expect("a string takes it");
                }
            }
        }
        if told.is_empty() && count.there == count.panels {
            Ok(count)
        } else {
            Err(format!("{:?} shows something else ({count:?}):\n{told}", self.through))
        }
    }

    /// What is not known to differ in one query.
    fn query(&self, query: &Query, window: Window, theirs: &Reply, ours: &Reply, count: &mut Count) -> Vec<Found> {
        let [begins, ends] = self.lives.of(query);
        let (theirs, ours) = (points(theirs, window), points(ours, window));
        let mut unknown = Vec::new();
        for key in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
            let (theirs, ours) = (theirs.get(key).copied(), ours.get(key).copied());
            count.values += 1;
            if theirs.zip(ours).is_some_and(|(a, b)| close(a, b)) {
                count.same += 1;
                continue;
            }
            let (labels, step) = key;
            // One distance further back lies what VictoriaMetrics reads too.
            let read = window.at(*step) - query.reach() - SPACING..=window.at(*step);
            let found = Found {
                through: self.through,
                query: query.text().to_owned(),
                labels: labels.clone(),
                step: *step,
                begins: begins.range(read.clone()).next().is_some(),
                age: begins.range(read.clone()).next_back().map_or(0, |began| window.at(*step) - began),
                ends: ends.range(read).next().is_some(),
                uneven: self.uneven,
                theirs,
                ours,
            };
            match explained(&found) {
                Some(difference) => *count.explained.entry(difference).or_default() += 1,
                None => unknown.push(found),
            }
        }
        unknown
    }
}

/// Every value of a reply by its series and step. The newest are those of the last step.
fn points(reply: &Reply, window: Window) -> BTreeMap<(Labels, usize), f64> {
    let steps = |series: &Series| -> Vec<_> {
        let values = series.values.iter().copied().enumerate().filter(|(_, v)| !is_gap(*v));
        values.map(|(step, v)| ((series.labels.clone(), step), v)).collect()
    };
    let range: BTreeMap<_, _> = reply.range.iter().flat_map(steps).collect();
    let last = window.steps() - 1;
    for (labels, value) in &reply.now {
        let found = range.get(&(labels.clone(), last)).copied().unwrap_or(f64::NAN);
        assert!(close(found, *value), "the newest value of {labels} is {value}, the last step has {found}");
    }
    range
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= EXACT * a.abs().max(b.abs()) && (a - b).is_finite()
}

/// Waits until a server has scraped every member after `at`.
async fn scraped(server: &Server, members: usize, at: Timestamp) {
    let begin = Instant::now();
    // The last member has a failed scrape too: `up` is 0 then.
    let path = format!("api/v1/query?query=count(timestamp(up)*1000>{at})");
    loop {
        let body = server.get(&path).await.unwrap_or_default();
        if body.contains(&format!("\"{members}\"]")) {
            return;
        }
        assert!(begin.elapsed() < 2 * PATIENCE, "not every member is scraped: {body}");
        sleep(PAUSE).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_panel_shows_through_a_server_what_it_shows_when_we_scrape() {
    let begin = Instant::now();
    let served = Served::start(Scenario::S3Outage, Time::Stands).await;
    let samples = served.samples();
    let simulated = begin.elapsed();
    let prometheus = Server::start(Kind::Prometheus).await;
    let victoria = Server::start(Kind::VictoriaMetricsAtOnce).await;
    for server in [&prometheus, &victoria] {
        write(server, &samples).await;
        server.scrape(&served.jobs());
    }
    let written = begin.elapsed();
    let targets = ScrapeOptions {
        targets: served.targets(),
        interval: Duration::from_secs(1),
        created: Created::FromZero,
        seed: Some(Box::new(served.seeds().into_iter())),
        ..ScrapeOptions::default()
    };
    let mut sources = [
        Watching::scraping(targets),
        Watching::asking(options(&format!("http://{}", prometheus.address))),
        Watching::asking(options(&format!("http://{}", victoria.address))),
    ];
    let panels = panels(None);
    let queries: usize = panels.iter().map(|panel| panel.queries.len()).sum();
    assert_eq!((panels.len(), queries), (46, 70));
    let lives = Lives::new(&samples);
    let servers = [Through::Prometheus, Through::VictoriaMetrics];

    // The past, of which all three have the same samples.
    for (number, through) in (0..).zip(servers) {
        let ours = asked(&panels, |text| ours_of(through, text));
        let [ours, theirs] = answers(&mut sources, number, [&ours, &panels], HOUR, GRID, served.end).await;
        let comparison = Comparison { through, panels: &panels, lives: &lives, uneven: false };
        let count = comparison.of(&theirs, &ours).unwrap_or_else(|told| panic!("{told}"));
        report("past", through, &count);
    }

    // The present: all three have scraped every member on both sides of the step. On a machine with too much to do one of
    // them may be too slow for a scrape each second, and miss what was there: what is really another always is.
    let mut round = 1;
    'again: loop {
        let at = (system_clock()() + 3_000).div_euclid(STEP) * STEP + STEP;
        for server in [&prometheus, &victoria] {
            scraped(server, served.members.len(), at).await;
            server.settle().await;
        }
        let every = |status: &Status| {
            let all = status.targets.iter().all(|t| t.last_scrape.is_some_and(|scrape| scrape > at));
            status.targets.len() == served.members.len() && all
        };
        sources[0].status("a scrape of every member", every).await;
        let mut counts = Vec::new();
        for (number, through) in (0..).zip(servers) {
            let ours = asked(&panels, |text| ours_of(through, text));
            let [ours, theirs] = answers(&mut sources, 2 * round + number, [&ours, &panels], 0, STEP, at).await;
            let comparison = Comparison { through, panels: &panels, lives: &lives, uneven: true };
            match comparison.of(&theirs, &ours) {
                Ok(count) => counts.push((through, count)),
                Err(told) if round < TRIES => {
                    println!("NOTICE: not the same at {at}, once more: {told}");
                    round += 1;
                    continue 'again;
                }
                Err(told) => panic!("{told}"),
            }
        }
        for (through, count) in counts {
            report("present", through, &count);
        }
        break;
    }
    println!(
        "servers: history simulated in {:.1} s, written after {:.1} s, all compared after {:.1} s",
        simulated.as_secs_f64(),
        written.as_secs_f64(),
        begin.elapsed().as_secs_f64()
    );
    println!("servers: {} known differences:", DIFFERENCES.len());
    for (number, d) in DIFFERENCES.iter().enumerate() {
        println!("  {number}. {:?}: {}: theirs {}; ours {}", d.through, d.what, d.theirs, d.ours);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_panel_has_data_through_servers_as_they_stand_while_time_goes_on() {
    let cluster = Served::start(Scenario::S3Outage, Time::Flows).await;
    let samples = cluster.samples();
    let panels = panels(None);
    for kind in [Kind::Prometheus, Kind::VictoriaMetrics] {
        let server = Server::start(kind).await;
        write(&server, &samples).await;
        let from = system_clock()();
        server.scrape(&cluster.jobs());
        // Half a minute later with VictoriaMetrics, to which the time between history and scrapes is a gap until then.
        scraped(&server, cluster.members.len(), from).await;
        let mut source = Watching::asking(options(&format!("http://{}", server.address)));
        source.watch(plan(1, &panels, HOUR, GRID, None));
        let full = |answer: &Answer| answer.replies.iter().any(|r| r.as_ref().is_ok_and(|r| !r.now.is_empty()));
        let answers = source.all("data in every panel", panels.len(), full).await;
        let notes: Vec<_> = answers.iter().flat_map(|a| &a.replies).flatten().flat_map(|r| &r.notes).collect();
        assert!(notes.is_empty(), "{kind:?}: {notes:?}");
    }
}

/// What our scraping and the server of this number answer to the panels over one window; each is asked its own.
async fn answers(
    sources: &mut [Watching; 3],
    number: u64,
    asked: [&[Panel]; 2],
    range: i64,
    step: i64,
    end: Timestamp,
) -> [Vec<Answer>; 2] {
    let revision = number + 1;
    let server = 1 + usize::try_from(number % 2).expect("0 or 1");
    let mut found = [Vec::new(), Vec::new()];
    for (side, source) in [0, server].into_iter().enumerate() {
        sources[source].watch(plan(revision, asked[side], range, step, Some(end)));
        let answers = sources[source].all("every panel", asked[side].len(), |answer| answer.revision == revision);
        found[side] = answers.await;
    }
    found
}

fn report(when: &str, through: Through, count: &Count) {
    // Of a single step, few values make a large share.
    let judged = count.values > 10_000;
    let Count { panels, there, values, same, explained } = count;
    println!(
        "servers: {when} through {through:?}: {there} of {panels} panels with data, {same} of {values} values the same, \
         by number of the known difference: {explained:?}"
    );
    assert_eq!(there, panels, "every panel with data has data through {through:?}");
    for (number, found) in explained {
        if let Around::SetApart(most, _) = DIFFERENCES[*number].around {
            assert!(
                !judged || *found as f64 <= most * *values as f64,
                "{} explains {found} values",
                DIFFERENCES[*number].what
            );
        }
    }
    assert!(*panels == 46 && *same > values / 2, "too little is the same to mean anything");
}
