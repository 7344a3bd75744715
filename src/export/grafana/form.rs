//! The table of kinds: which plugin of Grafana draws a kind of panel, and how it is told.

use serde_json::{Value, json};

use crate::layout::grafana_units::id_of;
use crate::layout::{Draw, Kind, Marking, Panel, Reduce, Spacing, Stacking};

/// What a kind of panel is to Grafana.
pub(super) struct Form {
    /// The name of its plugin.
    pub(super) plugin: &'static str,
    /// How its series are coloured.
    pub(super) color: &'static str,
    /// `fieldConfig.defaults.custom`.
    pub(super) custom: Value,
    pub(super) options: Value,
    /// What its queries are asked for.
    pub(super) asks: Asks,
    /// What is done with the answers.
    pub(super) transformations: Vec<Value>,
}

/// What a query is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// The present alone.
    Instant,
    /// The present, as lines of a table.
    Rows,
    /// The whole range.
    Range,
    /// The range, in buckets.
    Buckets,
}

const THRESHOLDS: &str = "thresholds";
const PALETTE: &str = "palette-classic";

/// The table: one arm a kind.
pub(super) fn form(panel: &Panel) -> Form {
    let form = |plugin, color, custom, options, asks| Form {
        plugin,
        color,
        custom,
        options,
        asks,
        transformations: Vec::new(),
    };
    match panel.kind {
        Kind::Stat => form("stat", THRESHOLDS, json!({}), stat(panel), Asks::Range),
        Kind::Gauge => form("gauge", THRESHOLDS, json!({}), gauge(panel), one_number(panel)),
        Kind::Timeseries => form("timeseries", PALETTE, lines(panel), chart(panel), Asks::Range),
        Kind::Pie => form("piechart", PALETTE, json!({ "hideFrom": shown() }), pie(panel), one_number(panel)),
        Kind::Heatmap => form("heatmap", PALETTE, json!({ "hideFrom": shown() }), heat(panel), Asks::Buckets),
        Kind::Table => table(panel),
        Kind::Bars => form("bargauge", THRESHOLDS, json!({}), bars(panel), one_number(panel)),
        Kind::States => form("state-timeline", THRESHOLDS, stripes(), states(panel), Asks::Range),
        Kind::Text => form("text", THRESHOLDS, json!({}), text(panel), Asks::Instant),
        Kind::Alerts => form("alertlist", THRESHOLDS, json!({}), alerts(), Asks::Instant),
        Kind::Row => form("row", THRESHOLDS, json!({}), json!({}), Asks::Instant),
    }
}

/// The present is enough where the newest value stands for a series.
fn one_number(panel: &Panel) -> Asks {
    if panel.reduce == Reduce::Last { Asks::Instant } else { Asks::Range }
}

/// What Grafana calls a way to make one number of a series.
pub(super) fn calculation(reduce: Reduce) -> &'static str {
    match reduce {
        Reduce::Last => "lastNotNull",
        Reduce::First => "firstNotNull",
        Reduce::Min => "min",
        Reduce::Max => "max",
        Reduce::Mean => "mean",
        Reduce::Sum => "sum",
        Reduce::Count => "count",
        Reduce::Difference => "diff",
        Reduce::Spread => "range",
    }
}

/// Of each series one number.
fn reduced(panel: &Panel) -> Value {
    json!({ "calcs": [calculation(panel.reduce)], "fields": "", "values": false })
}

fn calculations(reduces: &[Reduce]) -> Vec<&'static str> {
    reduces.iter().copied().map(calculation).collect()
}

/// Nothing is hidden anywhere.
fn shown() -> Value {
    json!({ "legend": false, "tooltip": false, "viz": false })
}

fn tooltip() -> Value {
    json!({ "mode": "multi", "sort": "desc" })
}

fn stat(panel: &Panel) -> Value {
    let has_levels = !panel.thresholds.is_empty() || panel.mappings.iter().any(|mapping| mapping.level.is_some());
    json!({
        "colorMode": if has_levels { "background" } else { "none" },
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": reduced(panel),
        "showPercentChange": false,
        "textMode": if panel.queries.len() > 1 { "value_and_name" } else { "auto" },
        "wideLayout": true,
    })
}

fn gauge(panel: &Panel) -> Value {
    json!({
        "minVizHeight": 75,
        "minVizWidth": 75,
        "orientation": "auto",
        "reduceOptions": reduced(panel),
        "showThresholdLabels": false,
        "showThresholdMarkers": true,
        "sizing": "auto",
    })
}

fn chart(panel: &Panel) -> Value {
    let (calcs, mode) = match panel.legend.as_slice() {
        // As shtop does: name and newest value.
        [] => (vec![calculation(Reduce::Last)], "list"),
        legend => (calculations(legend), "table"),
    };
    json!({
        "legend": { "calcs": calcs, "displayMode": mode, "placement": "bottom", "showLegend": true },
        "tooltip": tooltip(),
    })
}

/// How the lines of a chart are drawn.
fn lines(panel: &Panel) -> Value {
    let (style, interpolation) = match panel.draw {
        Draw::Lines => ("line", "linear"),
        Draw::Steps => ("line", "stepAfter"),
        Draw::Bars => ("bars", "linear"),
        Draw::Points => ("points", "linear"),
    };
    let stacking = match panel.stacking {
        Stacking::None => "none",
        Stacking::Sum => "normal",
        Stacking::Percent => "percent",
    };
    let fill = match (panel.stacking, panel.draw, panel.filled) {
        (_, Draw::Bars, _) => 60,
        (Stacking::Sum | Stacking::Percent, ..) => 40,
        (Stacking::None, _, true) => 25,
        (Stacking::None, _, false) => 0,
    };
    let marking = match panel.marking {
        Marking::Lines => "dashed",
        Marking::Bands => "area",
        Marking::Both => "dashed+area",
        Marking::None => "off",
    };
    json!({
        "axisBorderShow": false,
        "axisCenteredZero": false,
        "axisColorMode": "text",
        "axisLabel": "",
        "axisPlacement": "auto",
        "barAlignment": 0,
        "drawStyle": style,
        "fillOpacity": fill,
        "gradientMode": "none",
        "hideFrom": shown(),
        "insertNulls": false,
        "lineInterpolation": interpolation,
        "lineWidth": 1,
        "pointSize": 5,
        "scaleDistribution": match panel.spacing {
            Spacing::Linear => json!({ "type": "linear" }),
            Spacing::Log2 => json!({ "log": 2, "type": "log" }),
            Spacing::Log10 => json!({ "log": 10, "type": "log" }),
        },
        "showPoints": if panel.draw == Draw::Points { "always" } else { "never" },
        // A gap is a gap.
        "spanNulls": false,
        "stacking": { "group": "A", "mode": stacking },
        "thresholdsStyle": { "mode": marking },
    })
}

fn pie(panel: &Panel) -> Value {
    json!({
        "displayLabels": ["percent"],
        "legend": { "displayMode": "table", "placement": "right", "showLegend": true, "values": ["value", "percent"] },
        "pieType": "donut",
        "reduceOptions": reduced(panel),
        "tooltip": tooltip(),
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
        // Empty buckets stay dark.
        "filterValues": { "le": 1e-9 },
        "legend": { "show": true },
        "rowsFrame": { "layout": "auto" },
        "tooltip": { "mode": "single", "showColorScale": false, "yHistogram": false },
        "yAxis": { "axisPlacement": "left", "reverse": false, "unit": id_of(panel.unit) },
    })
}

/// A line a series: its labels and its newest number; or, where other numbers are asked for, its name and those.
fn table(panel: &Panel) -> Form {
    let reduces = match panel.legend.as_slice() {
        [] => std::slice::from_ref(&panel.reduce),
        legend => legend,
    };
    let (asks, transformations) = match (reduces, panel.queries.len()) {
        ([Reduce::Last], 0 | 1) => (Asks::Rows, Vec::new()),
        ([Reduce::Last], _) => (Asks::Rows, vec![json!({ "id": "merge", "options": {} })]),
        (reduces, _) => {
            let options = json!({ "mode": "seriesToRows", "reducers": calculations(reduces) });
            (Asks::Range, vec![json!({ "id": "reduce", "options": options })])
        }
    };
    Form {
        plugin: "table",
        color: THRESHOLDS,
        custom: json!({ "align": "auto", "cellOptions": { "type": "color-text" }, "inspect": false }),
        options: json!({
            "cellHeight": "sm",
            "footer": { "countRows": false, "fields": "", "reducer": ["sum"], "show": false },
            "showHeader": true,
        }),
        asks,
        transformations,
    }
}

fn bars(panel: &Panel) -> Value {
    json!({
        "displayMode": "basic",
        "maxVizHeight": 300,
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "auto",
        "orientation": "horizontal",
        "reduceOptions": reduced(panel),
        "showUnfilled": true,
        "sizing": "auto",
        "valueMode": "color",
    })
}

fn stripes() -> Value {
    json!({ "fillOpacity": 70, "hideFrom": shown(), "insertNulls": false, "lineWidth": 0, "spanNulls": false })
}

fn states(panel: &Panel) -> Value {
    json!({
        "alignValue": "left",
        "legend": {
            "calcs": calculations(&panel.legend), "displayMode": "list", "placement": "bottom", "showLegend": true,
        },
        "mergeValues": true,
        "rowHeight": 0.9,
        "showValue": "auto",
        "tooltip": { "mode": "single", "sort": "none" },
    })
}

fn text(panel: &Panel) -> Value {
    json!({
        "code": { "language": "plaintext", "showLineNumbers": false, "showMiniMap": false },
        "content": panel.content,
        "mode": "markdown",
    })
}

fn alerts() -> Value {
    json!({
        "alertInstanceLabelFilter": "",
        "alertName": "",
        "dashboardAlerts": false,
        "groupBy": [],
        "groupMode": "default",
        "maxItems": 20,
        // The most important first.
        "sortOrder": 3,
        "stateFilter": { "error": true, "firing": true, "noData": false, "normal": false, "pending": true },
        "viewMode": "list",
    })
}
