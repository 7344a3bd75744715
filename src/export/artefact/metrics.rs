//! The list of metrics: what each is, and which alerts and panels would be blind without it.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Artefact, Options};
use crate::catalog::{Component, Kind, METRICS, Measure, Metric};
use crate::promql::Query;
use crate::rules;

/// The version of the JSON: it grows when something in it is renamed, removed or means something else.
const SCHEMA: u32 = 1;

/// A metric with what reads it.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    kind: &'static str,
    unit: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
    component: &'static str,
    /// Other names that builds have been seen to expose.
    also_seen_as: &'static [&'static str],
    /// Upper bounds of a histogram's buckets, `+Inf` not listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    buckets: Vec<f64>,
    alerts: Vec<String>,
    panels: Vec<Place>,
}

#[derive(Serialize)]
struct Place {
    dashboard: String,
    panel: String,
}

#[derive(Serialize)]
struct List {
    schema: u32,
    kind: &'static str,
    metrics: Vec<Row>,
}

/// The list as JSON and as markdown.
pub(super) fn artefacts(options: &Options) -> Vec<Artefact> {
    let rows = rows(options);
    let markdown = markdown(&rows, options);
    let list = List { schema: SCHEMA, kind: "metrics", metrics: rows };
    // Strings and finite numbers alone: this cannot fail, and if it did the test would see an empty file.
    let json = serde_json::to_string_pretty(&list).unwrap_or_default() + "\n";
    vec![Artefact::new("metrics.md", markdown), Artefact::new("metrics.json", json)]
}

fn rows(options: &Options) -> Vec<Row> {
    let rules = rules::builtin();
    let alerts: Vec<(&str, &Query)> =
        rules.groups.iter().flat_map(|g| &g.rules).map(|rule| (rule.name.as_str(), &rule.query)).collect();
    let panels: Vec<(&str, &str, Vec<Query>)> = options
        .dashboards
        .iter()
        .flat_map(|dashboard| dashboard.panels.iter().map(move |panel| (dashboard, panel)))
        .map(|(dashboard, panel)| {
            let queries = panel.queries.iter().filter_map(|query| Query::parse(&query.expr).ok()).collect();
            (dashboard.title.as_str(), panel.title.as_str(), queries)
        })
        .collect();
    let row = |metric: &'static Metric| {
        let names = metric.series_names();
        let place = |(dashboard, panel, _): &(&str, &str, Vec<Query>)| Place {
            dashboard: (*dashboard).to_owned(),
            panel: (*panel).to_owned(),
        };
        Row {
            name: metric.name,
            kind: kind(metric.kind),
            unit: unit(metric.measure),
            labels: metric.labels,
            help: metric.help,
            component: component(metric.component),
            also_seen_as: metric.aliases,
            buckets: match metric.kind {
                Kind::Histogram(bounds) => bounds.iter().map(|bound| *bound as f64 / 1_000.0).collect(),
                Kind::Counter | Kind::Gauge => Vec::new(),
            },
            alerts: alerts.iter().filter(|(_, q)| reads(q, &names)).map(|(name, _)| (*name).to_owned()).collect(),
            panels: panels.iter().filter(|(.., qs)| qs.iter().any(|q| reads(q, &names))).map(place).collect(),
        }
    };
    METRICS.iter().map(row).collect()
}

/// Whether a selector of the query names one of these series.
fn reads(query: &Query, names: &[String]) -> bool {
    query.selectors().iter().flatten().any(|m| m.name == "__name__" && names.iter().any(|name| m.matches(name)))
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram(_) => "histogram",
    }
}

fn unit(measure: Measure) -> &'static str {
    match measure {
        Measure::Count => "count",
        Measure::Bytes => "bytes",
        Measure::Seconds => "seconds",
        Measure::UnixTime => "Unix time in seconds",
        Measure::PerSecond => "operations per second",
        Measure::State => "state",
    }
}

fn component(component: Component) -> &'static str {
    match component {
        Component::Producer => "Producer",
        Component::Consumer => "Consumer",
        Component::Storage => "Storage",
        Component::System => "System",
        Component::Throttle => "Throttle and circuit breaker",
        Component::Lease => "Lease manager",
        Component::Wal => "WAL",
        Component::Schema => "Schema registry",
    }
}

fn markdown(rows: &[Row], options: &Options) -> String {
    let mut out = format!(
        "# The {} metrics of StreamHouse\n\nWhat an agent exposes, and which alerts and panels read it. Series may carry more \
         labels than these.\n",
        rows.len()
    );
    for group in rows.chunk_by(|a, b| a.component == b.component) {
        let Some(first) = group.first() else { continue };
        section(&mut out, first.component, group);
    }
    out.push_str("\n## Coverage\n\n| component | metrics | read by alerts |");
    for dashboard in &options.dashboards {
        write!(out, " on {} |", cell(&dashboard.title)).ok();
    }
    out.push_str("\n|---|---|---|");
    out.push_str(&"---|".repeat(options.dashboards.len()));
    out.push('\n');
    for group in rows.chunk_by(|a, b| a.component == b.component) {
        let Some(first) = group.first() else { continue };
        let alerted = group.iter().filter(|row| !row.alerts.is_empty()).count();
        write!(out, "| {} | {} | {alerted} |", first.component, group.len()).ok();
        for dashboard in &options.dashboards {
            let shown = group.iter().filter(|row| row.panels.iter().any(|p| p.dashboard == dashboard.title)).count();
            write!(out, " {shown} |").ok();
        }
        out.push('\n');
    }
    out
}

fn section(out: &mut String, component: &str, rows: &[Row]) {
    write!(
        out,
        "\n## {component} ({})\n\n| metric | kind | unit | labels | what it says | alerts | panels |\n\
         |---|---|---|---|---|---|---|\n",
        rows.len()
    )
    .ok();
    for row in rows {
        let mut names = format!("`{}`", row.name);
        for other in row.also_seen_as {
            write!(names, ", also seen as `{other}`").ok();
        }
        let panels: Vec<String> = row.panels.iter().map(|p| format!("{}: {}", p.dashboard, p.panel)).collect();
        writeln!(
            out,
            "| {names} | {} | {} | {} | {} | {} | {} |",
            row.kind,
            row.unit,
            row.labels.join(", "),
            cell(row.help),
            row.alerts.join(", "),
            cell(&panels.join("; ")),
        )
        .ok();
    }
}

/// Text as it may stand in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
