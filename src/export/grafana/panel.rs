//! One panel: what it asks, how it looks, where it leads.

use serde_json::{Value, json};

use super::form::{Asks, Form, form};
use super::value::{field_config, ref_id};
use super::{Options, datasource, panel_id, uid};
use crate::layout::{Panel, PanelQuery};
use crate::runbook::Library;

/// The Grafana that the options are written for. One without it would take them for those of its first versions.
const PLUGIN_VERSION: &str = "11.0.0";

/// The line above a part of a dashboard, as number `id` of it. Grafana keeps what is folded away inside the line.
pub(super) fn row(id: usize, panel: &Panel, folded: &[Value]) -> Value {
    json!({
        "id": id,
        "type": "row",
        "title": panel.title,
        "collapsed": panel.collapsed,
        "gridPos": { "x": panel.pos.x, "y": panel.pos.y, "w": panel.pos.w, "h": panel.pos.h },
        "panels": folded,
    })
}

/// The panel as Grafana's JSON, as number `id` of its dashboard.
pub(super) fn json(id: usize, panel: &Panel, options: &Options) -> Value {
    let Form { plugin, color, custom, options: form, asks, transformations } = form(panel);
    let mut json = json!({
        "id": id,
        "type": plugin,
        "title": panel.title,
        "description": panel.description,
        "fieldConfig": field_config(panel, color, custom),
        "gridPos": { "x": panel.pos.x, "y": panel.pos.y, "w": panel.pos.w, "h": panel.pos.h },
        "links": links(panel, options),
        "options": form,
        "pluginVersion": PLUGIN_VERSION,
    });
    if panel.kind.asks() {
        json["datasource"] = datasource(options);
        json["targets"] = targets(panel, asks, options);
    }
    if !transformations.is_empty() {
        json["transformations"] = Value::Array(transformations);
    }
    json
}

fn targets(panel: &Panel, asks: Asks, options: &Options) -> Value {
    let format = match asks {
        Asks::Rows => "table",
        Asks::Buckets => "heatmap",
        Asks::Instant | Asks::Range => "time_series",
    };
    let instant = matches!(asks, Asks::Instant | Asks::Rows);
    let target = |(i, query): (usize, &PanelQuery)| {
        json!({
            "datasource": datasource(options),
            "editorMode": "code",
            "expr": options.expr(&query.expr),
            "format": format,
            "instant": instant,
            // Without a text Grafana writes all labels, as shtop does.
            "legendFormat": query.legend.as_deref().unwrap_or_default(),
            "range": !instant,
            "refId": ref_id(i),
        })
    };
    panel.queries.iter().enumerate().map(target).collect()
}

/// To the panel that explains this one, to its alerts and to its runbook.
fn links(panel: &Panel, options: &Options) -> Vec<Value> {
    let link =
        |title: String, url: String, outside: bool| json!({ "title": title, "url": url, "targetBlank": outside });
    let mut links = Vec::new();
    let explained = panel.drill.as_ref().and_then(|(id, title)| {
        let dashboard = options.dashboards.iter().find(|dashboard| dashboard.id == *id)?;
        Some((dashboard, dashboard.panel(title)?))
    });
    if let Some((dashboard, index)) = explained {
        let url = format!(
            "/d/{}?${{__url_time_range}}&${{__all_variables}}&viewPanel={}",
            uid(&dashboard.id),
            panel_id(index)
        );
        links.push(link(format!("{}: {}", dashboard.title, dashboard.panels[index].title), url, false));
    }
    links.extend(
        panel
            .alerts
            .iter()
            .map(|alert| link(format!("Alert: {alert}"), format!("/alerting/list?search={alert}"), false)),
    );
    links.extend(panel.runbook.as_ref().map(|name| {
        let library = Library::new(Vec::new());
        let title = library.find(name).map_or_else(|| name.clone(), |found| found.entry.read().title);
        link(format!("Runbook: {title}"), options.runbook_url(name), true)
    }));
    links
}
