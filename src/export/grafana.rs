//! Dashboards as Grafana imports them, by hand or by provisioning: its classic JSON, which every Grafana since 10 reads, or
//! the second schema of Grafana 12. May use `rules`, `layout`, `runbook` and `unit`.
//!
//! `form` is the table of what becomes of each kind of panel, `panel` puts a panel together, `value` says how values look.
//!
//! What a layout says and Grafana cannot is carried along where Grafana keeps it and `layout::import` finds it: the export
//! of a layout reads as the same layout again. Not so are positions that Grafana does not keep (gaps above panels, panels of
//! less than two columns or rows, panels that do not stand in reading order), ranges of less than a second, ids longer than
//! a uid may be, and typed variables without a first text, which then have an empty one.
//!
//! <https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/>

mod form;
mod panel;
mod scale;
mod transform;
mod v2;
mod value;
mod variable;

use serde_json::{Value, json};

use super::artefact::{Artefact, Options, Schema};
use super::yaml::{document, field, map};
use crate::layout::{Dashboard, Kind, Panel, UID_PREFIX, Values, Variable};
use crate::rules;

/// The folder in which the dashboards stand.
pub(super) const FOLDER: &str = "StreamHouse";

/// The version of the JSON's schema: Grafana 10.3 and later write it, all since 10 read it.
const SCHEMA: u32 = 39;

/// The variable by which one chooses the data source.
const SOURCE: &str = "datasource";

const PROVISIONING: &str = "\
# Tells Grafana of the dashboards: put this into provisioning/dashboards, and the JSON files where path says.
";

/// The dashboards, then the file by which Grafana finds them.
pub(super) fn artefacts(options: &Options) -> Vec<Artefact> {
    let provider = map([
        field("name", "streamhouse"),
        field("orgId", 1),
        field("folder", FOLDER),
        field("type", "file"),
        field("disableDeletion", false),
        field("allowUiUpdates", true),
        field("updateIntervalSeconds", 30),
        field("options", map([field("path", "/var/lib/grafana/dashboards/streamhouse")])),
    ]);
    let provisioning =
        PROVISIONING.to_owned() + &document([field("apiVersion", 1), field("providers", vec![provider])]);
    let mut all = dashboards(options);
    all.push(Artefact { path: "grafana/provisioning.yaml".to_owned(), text: provisioning });
    all
}

/// The dashboards, one a file.
pub(super) fn dashboards(options: &Options) -> Vec<Artefact> {
    let file = |dashboard: &Dashboard| {
        let classic = json(dashboard, options);
        let json = match options.schema {
            Schema::Classic => classic,
            Schema::V2 => v2::json(&classic),
        };
        Artefact { path: format!("grafana/{}.json", uid(&dashboard.id)), text: format!("{json:#}\n") }
    };
    options.dashboards.iter().map(file).collect()
}

/// What all parts of one dashboard's JSON need to know.
struct Frame<'o> {
    options: &'o Options,
    /// The uid of the data source.
    source: String,
}

impl Frame<'_> {
    /// Which data source a query goes to.
    fn datasource(&self) -> Value {
        json!({ "type": "prometheus", "uid": self.source })
    }
}

/// The dashboard as Grafana's JSON.
fn json(dashboard: &Dashboard, options: &Options) -> Value {
    let dashboard = &with_job(dashboard, options);
    let frame = Frame { options, source: source(dashboard, options) };
    let variables = variables(dashboard, &frame);
    let panels: Vec<Value> = panels(&dashboard.panels, &frame);
    json!({
        "annotations": { "list": annotations(&frame) },
        "description": dashboard.description,
        "editable": true,
        "fiscalYearStartMonth": 0,
        // One crosshair for all panels, as on shtop's screen.
        "graphTooltip": 1,
        "id": null,
        "links": links(dashboard, options),
        "panels": panels,
        "refresh": "30s",
        "schemaVersion": SCHEMA,
        "tags": ["streamhouse"],
        "templating": { "list": variables },
        "time": { "from": format!("now-{}", span(dashboard.range)), "to": "now" },
        "timepicker": {},
        "timezone": "browser",
        "title": dashboard.title,
        "uid": uid(&dashboard.id),
        "version": 1,
        "weekStart": "",
    })
}

/// The dashboard with its queries for the agents' job.
fn with_job(dashboard: &Dashboard, options: &Options) -> Dashboard {
    let mut own = dashboard.clone();
    for query in own.panels.iter_mut().flat_map(|panel| &mut panel.queries) {
        query.expr = options.expr(&query.expr);
    }
    for variable in &mut own.variables {
        variable.selector = options.expr(&variable.selector);
        if let Values::Query(expr) = &mut variable.values {
            *expr = options.expr(expr);
        }
    }
    own
}

/// Whether `variable` is the choice of a data source in a layout that came from Grafana: a constant.
fn is_source(variable: &Variable) -> bool {
    variable.name == SOURCE && variable::constant(variable).is_some()
}

/// The uid of the data source: the one that is asked for, or what is chosen by the variable of a name that is free for it.
fn source(dashboard: &Dashboard, options: &Options) -> String {
    if let Some(uid) = &options.datasource {
        return uid.clone();
    }
    let is_taken = |name: &str| dashboard.variables.iter().any(|v| v.name == name && !is_source(v));
    let mut names = std::iter::once(SOURCE.to_owned()).chain((2..).map(|n| format!("{SOURCE}_{n}")));
    names.find(|name| !is_taken(name)).map_or_else(String::new, |name| format!("${{{name}}}"))
}

/// The variables, before all others the one by which a data source is chosen, unless the dashboard has it.
fn variables(dashboard: &Dashboard, frame: &Frame<'_>) -> Vec<Value> {
    let one = |v: &Variable| {
        let chosen = variable::constant(v).filter(|_| is_source(v) && frame.options.datasource.is_none());
        chosen.map_or_else(|| variable::json(v, frame), |chosen| variable::source(&v.name, &v.label, Some(chosen)))
    };
    let own = frame.source.strip_prefix("${").and_then(|name| name.strip_suffix('}'));
    let own = own.filter(|_| frame.options.datasource.is_none() && !dashboard.variables.iter().any(is_source));
    let own = own.map(|name| variable::source(name, "Data source", None));
    own.into_iter().chain(dashboard.variables.iter().map(one)).collect()
}

/// The panels in their order, those of a collapsed row inside it.
fn panels(all: &[Panel], frame: &Frame<'_>) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    // Places among `out` of a collapsed row, and what it has gathered.
    let mut folded: Option<(usize, &Panel, Vec<Value>)> = None;
    for (i, panel) in all.iter().enumerate() {
        if panel.kind == Kind::Row {
            if let Some((at, row, inside)) = folded.take() {
                out.push(panel::row(panel_id(at), row, &inside));
            }
            if panel.collapsed {
                folded = Some((i, panel, Vec::new()));
            } else {
                out.push(panel::row(panel_id(i), panel, &[]));
            }
            continue;
        }
        let json = panel::json(panel_id(i), panel, frame);
        match &mut folded {
            Some((.., inside)) => inside.push(json),
            None => out.push(json),
        }
    }
    if let Some((at, row, inside)) = folded {
        out.push(panel::row(panel_id(at), row, &inside));
    }
    out
}

/// What Grafana knows a dashboard by: the same at every export, at most 40 characters of those that it takes.
fn uid(id: &str) -> String {
    let safe = id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' });
    UID_PREFIX.chars().chain(safe).take(40).collect()
}

/// The id of a dashboard's panel by its place, from 1.
fn panel_id(index: usize) -> usize {
    index + 1
}

/// Grafana's own marks, and the alerts that fired.
fn annotations(frame: &Frame<'_>) -> Value {
    let file = rules::builtin();
    let names: Vec<&str> = file.groups.iter().flat_map(|g| &g.rules).map(|rule| rule.name.as_str()).collect();
    json!([
        {
            "builtIn": 1, "datasource": { "type": "grafana", "uid": "-- Grafana --" }, "enable": true, "hide": true,
            "iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts", "type": "dashboard",
        },
        {
            "datasource": frame.datasource(), "enable": true, "hide": false, "iconColor": "red", "name": "Firing alerts",
            "expr": format!(
                "max by (alertname, severity) (ALERTS{{alertstate=\"firing\", alertname=~\"{}\"}})", names.join("|")
            ),
            "titleFormat": "{{alertname}}", "tagKeys": "severity", "textFormat": "", "step": "60s",
            "useValueForTime": false,
        },
    ])
}

/// To the other dashboards and to the runbooks.
fn links(dashboard: &Dashboard, options: &Options) -> Value {
    let link = |title: &str, url: &str, inside: bool| {
        json!({
            "type": "link", "title": title, "url": url, "icon": if inside { "dashboard" } else { "doc" }, "tooltip": "",
            "asDropdown": false, "includeVars": inside, "keepTime": inside, "tags": [], "targetBlank": !inside,
        })
    };
    let others = options.dashboards.iter().filter(|other| other.id != dashboard.id);
    let mut links: Vec<Value> =
        others.map(|other| link(&other.title, &format!("/d/{}", uid(&other.id)), true)).collect();
    links.push(link("Runbooks", &options.runbook_base, false));
    Value::Array(links)
}

/// A length of time as Grafana writes relative times: one number, one unit.
fn span(ms: i64) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000)];
    let whole = units.into_iter().find(|(_, unit)| ms >= *unit && ms % unit == 0);
    whole.map_or_else(|| format!("{}s", ms / 1_000), |(name, unit)| format!("{}{name}", ms / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_number_of_one_unit() {
        for (ms, text) in [(3_600_000, "1h"), (5_400_000, "90m"), (172_800_000, "2d"), (300_000, "5m"), (90_000, "90s")]
        {
            assert_eq!(span(ms), text);
        }
    }

    #[test]
    fn a_uid_has_only_what_grafana_takes() {
        assert_eq!(uid("overview"), "streamhouse-overview");
        assert_eq!(uid("Über uns/2"), "streamhouse--ber-uns-2");
        assert_eq!(uid(&"x".repeat(90)).len(), 40);
    }
}
