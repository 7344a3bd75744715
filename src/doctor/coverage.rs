//! The metrics coverage matrix: component × metrics × alerts × dashboards, against what is exposed. Uses `catalog`,
//! `exposition` and `series`.

use super::case::{Case, Presence, Reading, same_metric};
use super::finding::{Finding, counted, few};
use super::sight::{Sight, Watcher, alerts, panels};
use crate::catalog::{Component, Kind, METRICS, Metric};
use crate::exposition::Type;
use crate::series::{Labels, Matcher};

/// The rows of the matrix, as the system's own documentation divides it.
const ROWS: [(&str, &[Component]); 7] = [
    ("Throttle & Circuit Breaker", &[Component::Throttle]),
    ("Lease Manager", &[Component::Lease]),
    ("WAL", &[Component::Wal]),
    ("Schema Registry", &[Component::Schema]),
    ("S3 & Storage", &[Component::Storage]),
    ("Producer/Consumer", &[Component::Producer, Component::Consumer]),
    ("System & Resources", &[Component::System]),
];

/// How many names are told in a sentence.
const NAMED: usize = 4;

/// One component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub component: &'static str,
    /// How many metrics it has.
    pub metrics: usize,
    /// How many of them have samples.
    pub exposed: usize,
    /// Those that are announced without a sample.
    pub declared: Vec<&'static str>,
    /// Those that nobody exposes.
    pub missing: Vec<&'static str>,
    /// Alerts that read them, and how many of those can fire.
    pub alerts: (usize, usize),
    /// Panels that read them, and how many of those can show something.
    pub panels: (usize, usize),
    /// The dashboards of these panels, by their ids.
    pub dashboards: Vec<String>,
}

/// How much of `metric` is there, by whichever of its names is there most.
fn presence(case: &Case<'_>, metric: &Metric) -> Presence {
    let names = metric.series_names();
    let each = names.iter().map(|name| case.presence(&[Matcher::equal(Labels::NAME, name.as_str())]));
    each.max().unwrap_or(Presence::Missing)
}

/// The matrix; empty where nothing could be read.
pub(super) fn matrix(case: &Case<'_>) -> Vec<Row> {
    if !case.has_data() {
        return Vec::new();
    }
    let (alerts, panels) = (alerts(case), panels(case));
    ROWS.iter().map(|(name, components)| row(case, name, components, &alerts, &panels)).collect()
}

fn row(
    case: &Case<'_>,
    component: &'static str,
    components: &[Component],
    alerts: &[Watcher<'_>],
    panels: &[Watcher<'_>],
) -> Row {
    let metrics: Vec<_> = METRICS.iter().filter(|m| components.contains(&m.component)).collect();
    let of = |wanted: fn(Presence) -> bool| -> Vec<&'static str> {
        metrics.iter().filter(|m| wanted(presence(case, m))).map(|m| m.name).collect()
    };
    let exposed = of(|p| p > Presence::Declared).len();
    let (declared, missing) = (of(|p| p == Presence::Declared), of(|p| p == Presence::Missing));
    // What is read of a cluster's exporters is about resources.
    let has_resources = components.contains(&Component::System);
    let is_about =
        |w: &&Watcher<'_>| w.reads().any(|m| components.contains(&m.component)) || has_resources && w.reads_others();
    let seen = |watchers: &[Watcher<'_>]| {
        let about: Vec<_> = watchers.iter().filter(is_about).collect();
        (about.len(), about.iter().filter(|w| w.sight(case) == Sight::Clear).count())
    };
    let mut dashboards: Vec<String> = Vec::new();
    for dashboard in panels.iter().filter(is_about).filter_map(|w| w.dashboard) {
        if !dashboards.contains(&dashboard.id) {
            dashboards.push(dashboard.id.clone());
        }
    }
    Row {
        component,
        metrics: metrics.len(),
        exposed,
        declared,
        missing,
        alerts: seen(alerts),
        panels: seen(panels),
        dashboards,
    }
}

/// Metrics that are missing, announced only, of another type than they should be, or without labels that are relied on.
pub(super) fn check(case: &Case<'_>) -> Vec<Finding> {
    let rows = matrix(case);
    let mut findings = Vec::new();
    let all: usize = rows.iter().map(|row| row.metrics).sum();
    let missing: usize = rows.iter().map(|row| row.missing.len()).sum();
    if missing == all && all > 0 {
        return vec![
            Finding::error(format!("none of StreamHouse's {all} metrics is exposed by any target"))
                .why("Every dashboard is empty, and no alert but those on the targets themselves can fire")
                .next("see that these targets are agents and that metrics are enabled in their build"),
        ];
    }
    for row in rows.iter().filter(|row| !row.missing.is_empty()) {
        let missing: Vec<String> = row.missing.iter().map(|&name| name.to_owned()).collect();
        let (alerts, panels) = (row.alerts.0 - row.alerts.1, row.panels.0 - row.panels.1);
        let blind = match (alerts, panels) {
            (0, 0) => "Nothing depends on them alone".to_owned(),
            (alerts, 0) => format!("{} of this component cannot fire", counted(alerts, "alert")),
            (0, panels) => format!("{} of this component show nothing", counted(panels, "panel")),
            (alerts, panels) => {
                format!("{} and {} of this component see nothing", counted(alerts, "alert"), counted(panels, "panel"))
            }
        };
        findings.push(
            Finding::warning(format!(
                "{}: {} of {} metrics are not exposed by any target",
                row.component,
                missing.len(),
                row.metrics
            ))
            .why(blind)
            .next("update the agents to a build that exposes them, or name the target that does")
            .items(missing),
        );
    }
    let declared: Vec<String> = rows.iter().flat_map(|row| &row.declared).map(|&name| name.to_owned()).collect();
    if !declared.is_empty() {
        findings.push(
            Finding::note(format!("{} announced, but without a sample yet", are(declared.len(), "metric")))
                .why("They appear with their first event, or the build does not record them: the two look alike")
                .next("cause such an event on a test cluster; what stays without samples is not recorded by this build")
                .items(declared),
        );
    }
    findings.extend(kinds(case));
    findings.extend(labels(case));
    findings
}

fn are(n: usize, thing: &str) -> String {
    let verb = if n == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(n, thing))
}

/// Families whose type is not what queries take them for.
fn kinds(case: &Case<'_>) -> Option<Finding> {
    let mut wrong = Vec::new();
    for reading in &case.readings {
        for family in reading.summary.families.iter().filter(|f| f.kind != Type::Unknown) {
            let Some(metric) = METRICS.iter().find(|m| m.names().any(|n| same_family(&family.name, n))) else {
                continue;
            };
            let should = match metric.kind {
                Kind::Counter => Type::Counter,
                Kind::Gauge => Type::Gauge,
                Kind::Histogram(_) => Type::Histogram,
            };
            if family.kind != should {
                let item = format!("{} is a {}, not a {}", family.name, family.kind.as_str(), should.as_str());
                if !wrong.contains(&item) {
                    wrong.push(item);
                }
            }
        }
    }
    (!wrong.is_empty()).then(|| {
        Finding::warning(format!(
            "{} of another type than dashboards and alerts take them for",
            are(wrong.len(), "metric")
        ))
        .why("rate() of a gauge takes each fall for a restart, and a counter shown as a gauge only ever rises")
        .next("update the agent, or correct the instrument's type")
        .items(wrong)
    })
}

/// OpenMetrics names a counter's family without `_total`.
fn same_family(family: &str, name: &str) -> bool {
    family == name || name.strip_suffix("_total") == Some(family)
}

/// Metrics that have samples, none of which has a label that queries group or select by.
fn labels(case: &Case<'_>) -> Option<Finding> {
    let mut wrong = Vec::new();
    for metric in METRICS {
        let names = metric.series_names();
        let samples = || case.readings.iter().flat_map(|r| names.iter().flat_map(|n| r.named(n)));
        if samples().next().is_none() {
            continue;
        }
        let has = |label: &str| {
            let on_target = |r: &Reading<'_>| r.visit.labels.get(label).is_some();
            case.readings.iter().any(|r| on_target(r) && names.iter().any(|n| r.named(n).next().is_some()))
                || samples().any(|s| s.labels().is_ok_and(|pairs| pairs.iter().any(|(name, _)| name == label)))
        };
        let lacking: Vec<String> = metric.labels.iter().filter(|l| !has(l)).map(|&l| l.to_owned()).collect();
        if !lacking.is_empty() {
            wrong.push(format!("{}: {}", metric.name, few(&lacking, NAMED)));
        }
    }
    (!wrong.is_empty()).then(|| {
        Finding::warning(format!("{} without labels that dashboards and alerts rely on", are(wrong.len(), "metric")))
            .why("What groups or selects by such a label shows one nameless series, or none")
            .next("update the agent, or keep the label: metric_relabel_configs may drop it")
            .items(wrong)
    })
}

/// Whether the reading announces or has anything of StreamHouse.
pub(super) fn is_streamhouse(reading: &Reading<'_>) -> bool {
    reading.names().any(|name| name.starts_with(super::PREFIX))
        || reading.summary.families.iter().any(|f| f.name.starts_with(super::PREFIX))
}

/// The metrics of the catalogue that the reading announces or has.
pub(super) fn announced(reading: &Reading<'_>) -> Vec<&'static str> {
    let has = |m: &&Metric| {
        let names = m.series_names();
        names.iter().any(|n| reading.named(n).next().is_some())
            || reading.summary.families.iter().any(|f| names.iter().any(|n| same_metric(&f.name, n)))
    };
    METRICS.iter().filter(has).map(|m| m.name).collect()
}
