//! What becomes of each kind of panel.

use serde_json::{Value, json};

use super::value::{field_config, ref_id};
use super::{Options, datasource, panel_id, uid};
use crate::layout::{Kind, Panel};
use crate::runbook::Library;

/// The Grafana that the options are written for. One without it would take them for those of its first versions.
const PLUGIN_VERSION: &str = "11.0.0";

/// What a kind of panel is to Grafana.
struct Form {
    /// The name of its plugin.
    plugin: &'static str,
    /// How its series are coloured.
    color: &'static str,
    /// `fieldConfig.defaults.custom`.
    custom: Value,
    options: Value,
    /// What it asks for.
    asks: Asks,
}

/// What a query is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// The present alone.
    Instant,
    /// The whole range.
    Range,
    /// The range, in buckets.
    Buckets,
}

/// The table: one arm a kind.
fn form(panel: &Panel) -> Form {
    match panel.kind {
        Kind::Stat => Form {
            plugin: "stat",
            color: "thresholds",
            custom: json!({}),
            options: json!({
                "colorMode": if has_levels(panel) { "background" } else { "none" },
                "graphMode": "area",
                "justifyMode": "auto",
                "orientation": "auto",
                "reduceOptions": last(),
                "showPercentChange": false,
                "textMode": if panel.queries.len() > 1 { "value_and_name" } else { "auto" },
                "wideLayout": true,
            }),
            asks: Asks::Range,
        },
        Kind::Gauge => Form {
            plugin: "gauge",
            color: "thresholds",
            custom: json!({}),
            options: json!({
                "minVizHeight": 75,
                "minVizWidth": 75,
                "orientation": "auto",
                "reduceOptions": last(),
                "showThresholdLabels": false,
                "showThresholdMarkers": true,
                "sizing": "auto",
            }),
            asks: Asks::Instant,
        },
        Kind::Timeseries => Form {
            plugin: "timeseries",
            color: "palette-classic",
            custom: lines(panel),
            options: json!({
                "legend": { "calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": true },
                "tooltip": { "mode": "multi", "sort": "desc" },
            }),
            asks: Asks::Range,
        },
        Kind::Pie => Form {
            plugin: "piechart",
            color: "palette-classic",
            custom: json!({ "hideFrom": { "legend": false, "tooltip": false, "viz": false } }),
            options: json!({
                "displayLabels": ["percent"],
                "legend": { "displayMode": "table", "placement": "right", "showLegend": true, "values": ["value", "percent"] },
                "pieType": "donut",
                "reduceOptions": last(),
                "tooltip": { "mode": "multi", "sort": "desc" },
            }),
            asks: Asks::Instant,
        },
        Kind::Heatmap => Form {
            plugin: "heatmap",
            color: "palette-classic",
            custom: json!({ "hideFrom": { "legend": false, "tooltip": false, "viz": false } }),
            options: heat(panel),
            asks: Asks::Buckets,
        },
    }
}

fn has_levels(panel: &Panel) -> bool {
    !panel.thresholds.is_empty() || panel.mappings.iter().any(|mapping| mapping.level.is_some())
}

/// Of each series its last value.
fn last() -> Value {
    json!({ "calcs": ["lastNotNull"], "fields": "", "values": false })
}

/// How lines are drawn.
fn lines(panel: &Panel) -> Value {
    let (fill, stacking) = if panel.stacked { (40, "normal") } else { (10, "none") };
    json!({
        "axisBorderShow": false,
        "axisCenteredZero": false,
        "axisColorMode": "text",
        "axisLabel": "",
        "axisPlacement": "auto",
        "barAlignment": 0,
        "drawStyle": "line",
        "fillOpacity": fill,
        "gradientMode": "none",
        "hideFrom": { "legend": false, "tooltip": false, "viz": false },
        "insertNulls": false,
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "pointSize": 5,
        "scaleDistribution": { "type": "linear" },
        "showPoints": "never",
        // A gap is a gap.
        "spanNulls": false,
        "stacking": { "group": "A", "mode": stacking },
        "thresholdsStyle": { "mode": if panel.thresholds.is_empty() { "off" } else { "dashed" } },
    })
}

fn heat(panel: &Panel) -> Value {
    json!({
        "calculate": false,
        "cellGap": 1,
        "color": {
            "exponent": 0.5, "fill": "dark-orange", "mode": "scheme", "reverse": false, "scale": "exponential",
            "scheme": "Oranges", "steps": 64,
        },
        "exemplars": { "color": "rgba(255,0,255,0.7)" },
        "filterValues": { "le": 1e-9 },
        "legend": { "show": true },
        "rowsFrame": { "layout": "auto" },
        "tooltip": { "mode": "single", "showColorScale": false, "yHistogram": false },
        "yAxis": { "axisPlacement": "left", "reverse": false, "unit": crate::layout::grafana_units::id_of(panel.unit) },
    })
}

/// The panel as Grafana's JSON, as number `id` of its dashboard.
pub(super) fn json(id: usize, panel: &Panel, options: &Options) -> Value {
    let Form { plugin, color, custom, options: form, asks } = form(panel);
    let targets: Vec<Value> = panel
        .queries
        .iter()
        .enumerate()
        .map(|(i, query)| {
            json!({
                "datasource": datasource(options),
                "editorMode": "code",
                "expr": options.expr(&query.expr),
                "format": if asks == Asks::Buckets { "heatmap" } else { "time_series" },
                "instant": asks == Asks::Instant,
                // Without a text Grafana writes all labels, as shtop does.
                "legendFormat": query.legend.as_deref().unwrap_or_default(),
                "range": asks != Asks::Instant,
                "refId": ref_id(i),
            })
        })
        .collect();
    json!({
        "id": id,
        "type": plugin,
        "title": panel.title,
        "description": panel.description,
        "datasource": datasource(options),
        "fieldConfig": field_config(panel, color, custom),
        "gridPos": { "x": panel.pos.x, "y": panel.pos.y, "w": panel.pos.w, "h": panel.pos.h },
        "links": links(panel, options),
        "options": form,
        "pluginVersion": PLUGIN_VERSION,
        "targets": targets,
    })
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
