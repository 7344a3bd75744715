//! Is this installation observable? What was found of one is examined here, check by check, and every check answers with
//! findings. Pure: asks nobody, reads no clock. May use everything up to `source`.
//!
//! | what | where |
//! |---|---|
//! | what is examined | `case` ([`Installation`], [`Visit`]), `server` ([`Server`]) |
//! | what a check says | `finding` |
//! | the checks | one file each, one line each in [`CHECKS`] |

mod cardinality;
mod case;
mod census;
mod coverage;
mod finding;
mod lines;
mod naming;
mod outside;
mod second;
mod server;
mod serving;
mod sight;
mod targets;
mod times;

pub use cardinality::Top;
pub use case::{Installation, Trip, Visit};
pub use coverage::Row;
pub use finding::{About, Finding, Place, Severity};
pub use second::SECOND_READER;
pub use server::Server;

use crate::catalog::METRICS;
use crate::layout::Dashboard;
use crate::promql::Query;
use crate::rules::RuleFile;
use crate::series::{Labels, Matcher, printable};
use case::Case;

/// What all of StreamHouse's metrics begin with.
const PREFIX: &str = "streamhouse_";

/// One thing that is looked at.
pub struct Check {
    /// Names it in findings.
    pub id: &'static str,
    /// What it looks for, in a few words.
    pub about: &'static str,
    run: fn(&Case<'_>) -> Vec<Finding>,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

const fn check(id: &'static str, about: &'static str, run: fn(&Case<'_>) -> Vec<Finding>) -> Check {
    Check { id, about, run }
}

/// All checks, in the order in which findings of the same severity are told.
pub const CHECKS: [Check; 17] = [
    check("answers", "targets that are down or expose nothing", targets::check_answers),
    check("server-targets", "targets that are down for Prometheus, and why", serving::check_targets),
    check("jobs", "agents under another job than dashboards and alerts ask for", targets::check_jobs),
    check("lines", "lines that cannot be read, or that Prometheus refuses", lines::check),
    check("outside", "samples outside their family (injected lines), duplicates", outside::check),
    check("clocks", "clocks that differ", times::check_clocks),
    check("timestamps", "samples with timestamps that are old or in the future", times::check_timestamps),
    check("server-rules", "rules that are not loaded or fail, nobody to tell", serving::check_rules),
    check("server-times", "retention and scrape interval against what queries need", serving::check_times),
    check("coverage", "metrics that are missing, of another type, without labels", coverage::check),
    check("alerts", "alerts that can never fire", sight::check_rules),
    check("panels", "panels that can never show anything", sight::check_panels),
    check("targets", "targets that share an instance or differ from the others", targets::check_alike),
    check("weight", "scrapes near their timeout, large answers", times::check_weight),
    check("cardinality", "too many series, labels without bounds, reserved names", cardinality::check),
    check("readers", "lines that two readers read differently", second::check),
    check("names", "names and metadata as promtool check metrics wants them", naming::check),
];

/// What came of an examination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The worst first, then in the order of [`CHECKS`].
    pub findings: Vec<Finding>,
    /// The metrics coverage matrix; empty where nothing could be read.
    pub coverage: Vec<Row>,
    /// Where the series are.
    pub top: Top,
    /// The jobs that have StreamHouse's metrics, in a few words; of a server alone.
    pub jobs: String,
    /// How many bodies could be read.
    pub read: usize,
}

impl Report {
    /// How many findings there are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }
}

/// Examines an installation. Every text in the report is safe to show.
pub fn examine(installation: &Installation) -> Report {
    let case = Case::new(installation);
    let found = |check: &Check| -> Vec<Finding> {
        (check.run)(&case).into_iter().map(|finding| Finding { check: check.id, ..finding }.safe()).collect()
    };
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(found).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut top = cardinality::top(&case);
    for (name, _) in top.metrics.iter_mut().chain(&mut top.labels) {
        *name = printable(name).into_owned();
    }
    let jobs = installation.server.as_ref().map(serving::jobs).unwrap_or_default();
    Report {
        findings,
        coverage: coverage::matrix(&case),
        top,
        jobs: printable(&jobs).into_owned(),
        read: case.readings.len(),
    }
}

/// The selectors of all rules and panels as PromQL, each once, with the metric that they name: what a server has to be asked
/// for to fill in [`Server::present`].
pub fn selectors(
    rules: &[RuleFile],
    dashboards: &[Dashboard],
    job: &str,
    interval: i64,
) -> Vec<(String, Option<String>)> {
    let of_rules = sight::rules(rules).map(|rule| rule.query.clone());
    let of_panels =
        dashboards.iter().flat_map(|d| d.panels.iter().flat_map(move |p| sight::queries(d, p, job, interval)));
    let queries: Vec<Query> = of_rules.chain(of_panels).collect();
    let named = |name: String| vec![Matcher::equal(Labels::NAME, name)];
    let of_catalogue = METRICS.iter().flat_map(|metric| metric.series_names().into_iter().map(named));
    let selectors =
        queries.iter().flat_map(Query::selectors).map(|matchers| sight::open(&matchers)).chain(of_catalogue);
    let told = |m: Vec<Matcher>| (case::selector(&m), case::metric_of(&m).map(str::to_owned));
    let mut all: Vec<_> = selectors.map(told).collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests;
