//! What takes room, and labels that should not be there. Uses `exposition` and `series`.
//!
//! Sources: <https://prometheus.io/docs/practices/instrumentation/#do-not-overuse-labels>,
//! <https://prometheus.io/docs/concepts/data_model/>, <https://prometheus.io/docs/concepts/jobs_instances/>

use super::case::Case;
use super::census::Shape;
use super::finding::{Finding, Severity, counted};
use crate::series::Labels;

/// How many are in the top list.
const TOP: usize = 10;

/// Series of one metric on one target.
const MANY_SERIES: usize = 2_000;
const TOO_MANY_SERIES: usize = 10_000;

/// Distinct values of one label.
const MANY_VALUES: usize = 500;
const TOO_MANY_VALUES: usize = 5_000;

/// As many ids as this are not the few tenants of an installation any more.
const UNBOUNDED: usize = 20;

/// The longest value that is a name, in bytes.
const LONG: usize = 512;

/// Where the series are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Top {
    /// All series that were counted; `None` where only the largest are known.
    pub series: Option<u64>,
    /// Metrics by series, the most first.
    pub metrics: Vec<(String, u64)>,
    /// Labels by distinct values, the most first.
    pub labels: Vec<(String, u64)>,
}

pub(super) fn top(case: &Case<'_>) -> Top {
    if let Some(server) = &case.installation.server {
        let Top { series, metrics, mut labels } = server.top.clone().unwrap_or_default();
        // The names of metrics are told by themselves.
        labels.retain(|(name, _)| name != Labels::NAME);
        return Top { series, metrics: largest(metrics), labels: largest(labels) };
    }
    let census = &case.census;
    let metrics = census.metrics.iter().map(|(name, (all, _))| (name.clone(), *all as u64)).collect();
    let labels = census.labels.iter().map(|(name, l)| (name.to_string(), l.values.len() as u64)).collect();
    Top { series: Some(census.series as u64), metrics: largest(metrics), labels: largest(labels) }
}

fn largest(mut all: Vec<(String, u64)>) -> Vec<(String, u64)> {
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(TOP);
    all
}

pub(super) fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut metrics: Vec<_> = case.census.metrics.iter().filter(|(_, (_, most))| *most > MANY_SERIES).collect();
    metrics.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    if let Some((_, (_, most))) = metrics.first() {
        let severity = if *most > TOO_MANY_SERIES { Severity::Warning } else { Severity::Note };
        let item = |(name, (_, most)): &(&String, &(usize, usize))| format!("{name}: {most} on one target");
        findings.push(
            Finding::of(
                severity,
                format!("{} of more than {MANY_SERIES} series on one target", counted(metrics.len(), "metric")),
            )
            .why("Every series costs memory wherever it is kept, and every query over it costs time")
            .next("drop the label that tells least, or aggregate in the application")
            .items(metrics.iter().map(item).collect()),
        );
    }
    let mut labels: Vec<_> = case.census.labels.iter().filter(|(_, l)| l.values.len() > MANY_VALUES).collect();
    labels.sort_by(|a, b| b.1.values.len().cmp(&a.1.values.len()).then_with(|| a.0.cmp(b.0)));
    if let Some((_, label)) = labels.first() {
        let severity = if label.values.len() > TOO_MANY_VALUES { Severity::Warning } else { Severity::Note };
        let item = |(name, l): &(_, &super::census::LabelCount<'_>)| {
            format!("{name}: {} values, on {} and others", l.values.len(), l.metrics.join(", "))
        };
        findings.push(
            Finding::of(severity, format!("{} with more than {MANY_VALUES} values", counted(labels.len(), "label")))
                .why("Each new value is a new series of every metric that has the label")
                .next("keep what has no bounds out of labels; logs and traces are the place for it")
                .items(labels.iter().map(item).collect()),
        );
    }
    findings.extend(shapes(case));
    findings.extend(reserved(case));
    findings
}

/// Labels whose values look as if there could always be more of them.
fn shapes(case: &Case<'_>) -> Vec<Finding> {
    let mut of: [Vec<String>; 2] = Default::default();
    for (name, label) in &case.census.labels {
        for shape in Shape::ALL {
            let n = label.shapes.get(&shape).copied().unwrap_or(0);
            // Ids among many names are names that happen to look like ids.
            if n == 0 || n * 2 < label.values.len() && shape != Shape::Email {
                continue;
            }
            let item = format!("{name}: {} on {}", counted_es(n, shape.name()), label.metrics.join(", "));
            of[usize::from(n < UNBOUNDED && shape != Shape::Email)].push(item);
        }
        if label.longest > LONG {
            of[0].push(format!("{name}: a value of {} bytes on {}", label.longest, label.metrics.join(", ")));
        }
    }
    let [mut unbounded, mut few] = of;
    unbounded.sort();
    few.sort();
    let why = "Each new value is a new set of series, which stay until retention ends";
    let next = "leave the label out, or put a class of values in its place (a status, a route, a tenant's tier); what names a \
                person belongs in no metric";
    let mut findings = Vec::new();
    if !unbounded.is_empty() {
        let words = format!("{} whose values have no bounds", counted(unbounded.len(), "label"));
        findings.push(Finding::warning(words).why(why).next(next).items(unbounded));
    }
    if !few.is_empty() {
        let words = format!("{} of ids, fewer than {UNBOUNDED} so far", counted(few.len(), "label"));
        findings.push(Finding::note(words).why(why).next("see that their number stays small").items(few));
    }
    findings
}

/// `2 UUIDs`, `3 e-mail addresses`.
fn counted_es(n: usize, thing: &str) -> String {
    if n > 1 && thing.ends_with('s') { format!("{n} {thing}es") } else { counted(n, thing) }
}

/// Labels with names that are somebody else's.
fn reserved(case: &Case<'_>) -> Vec<Finding> {
    let mut internal = Vec::new();
    let mut targets = Vec::new();
    for (name, label) in &case.census.labels {
        let item = format!("{name} on {}", label.metrics.join(", "));
        if name.starts_with("__") {
            internal.push(item);
        } else if matches!(name.as_ref(), "job" | "instance") {
            targets.push(item);
        }
    }
    internal.sort();
    targets.sort();
    let mut findings = Vec::new();
    if !internal.is_empty() {
        findings.push(
            Finding::warning(format!(
                "{} with a name that Prometheus keeps to itself (__…)",
                counted(internal.len(), "label")
            ))
            .why("Relabelling uses and drops such labels: series may become one another's duplicates")
            .next("rename the label in the application")
            .items(internal),
        );
    }
    if !targets.is_empty() {
        findings.push(
            Finding::warning(format!("{} that belongs to the target, not to its series", counted(targets.len(), "label")))
                .why("Whoever scrapes sets job and instance: these become exported_job and exported_instance, or replace the real ones")
                .next("leave it out, or set honor_labels for a federation or a push gateway")
                .items(targets),
        );
    }
    findings
}
