//! One panel: what it asks, how it looks, where it leads.

use serde_json::{Value, json};

use super::form::{Asks, Form, form};
use super::scale::Scale;
use super::transform::transformations;
use super::value::field_config;
use super::{Frame, panel_id, uid};
use crate::layout::{ALERTS, Flow, Kind, OPTION, Panel, PanelQuery, RUNBOOK, Repeat, carried, encoded};
use crate::runbook::Library;

/// The Grafana that the options are written for. One without it would take them for those of its first versions.
pub(super) const PLUGIN_VERSION: &str = "11.0.0";

/// The line above a part of a dashboard, as number `id` of it. Grafana keeps what is folded away inside the line.
pub(super) fn row(id: usize, panel: &Panel, folded: &[Value]) -> Value {
    let mut json = json!({
        "id": id,
        "type": "row",
        "title": panel.title,
        "collapsed": panel.collapsed,
        "gridPos": { "x": panel.pos.x, "y": panel.pos.y, "w": panel.pos.w, "h": panel.pos.h },
        "panels": folded,
    });
    if let Some(Repeat { variable, flow }) = &panel.repeat {
        json["repeat"] = json!(variable);
        // Rows follow one another in any case: said only where a layout says it.
        if *flow != Flow::default() {
            put_flow(&mut json, *flow);
        }
    }
    json
}

fn put_flow(json: &mut Value, flow: Flow) {
    match flow {
        Flow::Across(most) => {
            json["repeatDirection"] = json!("h");
            json["maxPerRow"] = json!(most);
        }
        Flow::Down => json["repeatDirection"] = json!("v"),
    }
}

/// The panel as Grafana's JSON, as number `id` of its dashboard.
pub(super) fn json(id: usize, panel: &Panel, frame: &Frame<'_>) -> Value {
    let own = with_own_ids(panel);
    let Form { plugin, color, custom, options: form, asks, transformations: before } = form(&own);
    let scale = Scale::new(own.unit, own.factor, own.kind == Kind::Timeseries);
    let mut json = json!({
        "id": id,
        "type": plugin,
        "title": own.title,
        "description": own.description,
        "fieldConfig": field_config(&own, &scale, color, custom, asks),
        "gridPos": { "x": own.pos.x, "y": own.pos.y, "w": own.pos.w, "h": own.pos.h },
        "links": links(&own, frame),
        "options": form,
        "pluginVersion": PLUGIN_VERSION,
    });
    if own.kind.asks() {
        json["datasource"] = frame.datasource();
        json["targets"] = targets(&own, asks, &scale, frame);
        let transformations = transformations(&own, asks, before);
        if !transformations.is_empty() {
            json["transformations"] = Value::Array(transformations);
        }
    }
    if let Some(Repeat { variable, flow }) = &own.repeat {
        json["repeat"] = json!(variable);
        put_flow(&mut json, *flow);
    }
    if let Some(lost) = carried(&json, panel) {
        json["options"][OPTION] = lost;
    }
    json
}

/// The panel with an id for each query that no other has.
fn with_own_ids(panel: &Panel) -> Panel {
    let mut own = panel.clone();
    for i in 1..own.queries.len() {
        let (before, rest) = own.queries.split_at_mut(i);
        if before.iter().any(|q| q.id == rest[0].id) {
            rest[0].id.clear();
        }
    }
    own.letter();
    own
}

fn targets(panel: &Panel, asks: Asks, scale: &Scale, frame: &Frame<'_>) -> Value {
    let format = match asks {
        Asks::Rows => "table",
        Asks::Buckets => "heatmap",
        Asks::Instant | Asks::Range => "time_series",
    };
    let target = |query: &PanelQuery| {
        let instant = matches!(asks, Asks::Instant | Asks::Rows) || query.instant;
        json!({
            "datasource": frame.datasource(),
            "editorMode": "code",
            "expr": scale.left.map_or_else(|| query.expr.clone(), |by| format!("({}) * {by}", query.expr)),
            "format": format,
            "instant": instant,
            // Without a text Grafana writes all labels, as shtop does.
            "legendFormat": query.legend.as_deref().unwrap_or_default(),
            "range": !instant,
            "refId": query.id,
        })
    };
    panel.queries.iter().map(target).collect()
}

/// To the panel that explains this one, to its alerts and to its runbook.
fn links(panel: &Panel, frame: &Frame<'_>) -> Vec<Value> {
    let link =
        |title: String, url: String, outside: bool| json!({ "title": title, "url": url, "targetBlank": outside });
    let mut links = Vec::new();
    if let Some((id, title)) = &panel.drill {
        // A dashboard that is no part of this export is known by its uid alone, one of a layout by its id.
        let known = frame.options.dashboards.iter().find(|dashboard| dashboard.id == *id);
        let uid = if known.is_none() && title.is_empty() { id.clone() } else { uid(id) };
        let onwards = format!("/d/{uid}?${{__url_time_range}}&${{__all_variables}}");
        let found = known.and_then(|dashboard| Some((dashboard, dashboard.panel(title)?)));
        links.push(match (found, known) {
            (Some((dashboard, index)), _) => {
                let words = format!("{}: {}", dashboard.title, dashboard.panels[index].title);
                link(words, format!("{onwards}&viewPanel={}", panel_id(index)), false)
            }
            (None, Some(dashboard)) => link(dashboard.title.clone(), onwards, false),
            (None, None) => link(if title.is_empty() { id.clone() } else { title.clone() }, onwards, false),
        });
    }
    links.extend(
        panel.alerts.iter().map(|alert| link(format!("Alert: {alert}"), format!("{ALERTS}{}", encoded(alert)), false)),
    );
    links.extend(panel.runbook.as_ref().map(|name| {
        let library = Library::new(Vec::new());
        let title = library.find(name).map_or_else(|| name.clone(), |found| found.entry.read().title);
        link(format!("{RUNBOOK}{title}"), frame.options.runbook_url(name), true)
    }));
    links
}
