//! A dashboard in Grafana's second schema, `dashboard.grafana.app/v2beta1`, made of the classic one: the same panels as
//! elements, and a layout that says where each stands.
//!
//! <https://grafana.com/docs/grafana/latest/as-code/observability-as-code/schema-v2/>

use serde_json::{Map, Value, json};

use super::panel::PLUGIN_VERSION;

/// The version of the questions that a data source is asked.
const QUERY_VERSION: &str = "v0";

/// The resource that `classic` comes to.
pub(super) fn json(classic: &Value) -> Value {
    let panels = list(&classic["panels"]);
    let inside = panels.iter().flat_map(|panel| list(&panel["panels"]));
    let elements = panels.iter().chain(inside).filter(|panel| panel["type"] != "row");
    json!({
        "apiVersion": "dashboard.grafana.app/v2beta1",
        "kind": "Dashboard",
        "metadata": { "name": classic["uid"] },
        "spec": {
            "annotations": list(&classic["annotations"]["list"]).iter().map(annotation).collect::<Vec<_>>(),
            "cursorSync": "Crosshair",
            "description": classic["description"],
            "editable": true,
            "elements": elements.map(|panel| (name(panel), element(panel))).collect::<Map<_, _>>(),
            "layout": layout(panels),
            "links": classic["links"],
            "liveNow": false,
            "preload": false,
            "tags": classic["tags"],
            "timeSettings": {
                "autoRefresh": classic["refresh"],
                "autoRefreshIntervals": ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"],
                "fiscalYearStartMonth": 0,
                "from": classic["time"]["from"],
                "hideTimepicker": false,
                "timezone": "browser",
                "to": classic["time"]["to"],
            },
            "title": classic["title"],
            "variables": list(&classic["templating"]["list"]).iter().map(variable).collect::<Vec<_>>(),
        },
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// `all` without some of its keys.
fn without(all: &Value, keys: &[&str]) -> Map<String, Value> {
    let all = all.as_object().into_iter().flatten().filter(|(key, _)| !keys.contains(&key.as_str()));
    all.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What the layout calls a panel.
fn name(panel: &Value) -> String {
    format!("panel-{}", panel["id"])
}

/// A question to a data source. `source` is the classic way to name that one.
fn query(source: &Value, spec: impl Into<Value>) -> Value {
    json!({
        "kind": "DataQuery",
        "group": source["type"],
        "version": QUERY_VERSION,
        "datasource": { "name": source["uid"] },
        "spec": spec.into(),
    })
}

fn annotation(classic: &Value) -> Value {
    const OWN: [&str; 7] = ["builtIn", "datasource", "enable", "hide", "iconColor", "name", "type"];
    let mut spec = Map::new();
    for key in ["enable", "hide", "iconColor", "name"] {
        spec.insert(key.to_owned(), classic[key].clone());
    }
    spec.insert("builtIn".to_owned(), json!(classic["builtIn"] == 1));
    spec.insert("query".to_owned(), query(&classic["datasource"], json!({})));
    let rest = without(classic, &OWN);
    if !rest.is_empty() {
        spec.insert("legacyOptions".to_owned(), Value::Object(rest));
    }
    json!({ "kind": "AnnotationQuery", "spec": spec })
}

fn element(panel: &Value) -> Value {
    let question = |target: &Value| {
        json!({
            "kind": "PanelQuery",
            "spec": {
                "hidden": false,
                "query": query(&target["datasource"], without(target, &["datasource", "refId"])),
                "refId": target["refId"],
            },
        })
    };
    let transformation = |own: &Value| json!({ "kind": own["id"], "spec": own });
    json!({
        "kind": "Panel",
        "spec": {
            "data": {
                "kind": "QueryGroup",
                "spec": {
                    "queries": list(&panel["targets"]).iter().map(question).collect::<Vec<_>>(),
                    "queryOptions": {},
                    "transformations": list(&panel["transformations"]).iter().map(transformation).collect::<Vec<_>>(),
                },
            },
            "description": panel["description"],
            "id": panel["id"],
            "links": panel["links"],
            "title": panel["title"],
            "vizConfig": {
                "kind": "VizConfig",
                "group": panel["type"],
                "version": PLUGIN_VERSION,
                "spec": { "fieldConfig": panel["fieldConfig"], "options": panel["options"] },
            },
        },
    })
}

/// A grid, or where there are rows one for each.
fn layout(panels: &[Value]) -> Value {
    let is_row = |panel: &Value| panel["type"] == "row";
    if !panels.iter().any(is_row) {
        return grid(panels.iter());
    }
    let mut rows: Vec<(Option<&Value>, Vec<&Value>)> = vec![(None, Vec::new())];
    for panel in panels {
        if is_row(panel) {
            rows.push((Some(panel), list(&panel["panels"]).iter().collect()));
        } else if let Some((_, inside)) = rows.last_mut() {
            inside.push(panel);
        }
    }
    rows.retain(|(row, inside)| row.is_some() || !inside.is_empty());
    let row = |(row, inside): &(Option<&Value>, Vec<&Value>)| {
        let mut spec = json!({
            "collapse": row.is_some_and(|row| row["collapsed"] == true),
            "hideHeader": row.is_none(),
            "layout": grid(inside.iter().copied()),
            "title": row.map_or("", |row| row["title"].as_str().unwrap_or_default()),
        });
        if let Some(repeat) = row.and_then(repeat) {
            spec["repeat"] = repeat;
        }
        json!({ "kind": "RowsLayoutRow", "spec": spec })
    };
    json!({ "kind": "RowsLayout", "spec": { "rows": rows.iter().map(row).collect::<Vec<_>>() } })
}

/// Panels where they stand, counted from the highest.
fn grid<'p>(panels: impl Iterator<Item = &'p Value> + Clone) -> Value {
    let y = |panel: &Value| panel["gridPos"]["y"].as_u64().unwrap_or_default();
    let top = panels.clone().map(y).min().unwrap_or_default();
    let item = |panel: &Value| {
        let pos = &panel["gridPos"];
        let mut spec = json!({
            "element": { "kind": "ElementReference", "name": name(panel) },
            "height": pos["h"],
            "width": pos["w"],
            "x": pos["x"],
            "y": y(panel) - top,
        });
        if let Some(repeat) = repeat(panel) {
            spec["repeat"] = repeat;
        }
        json!({ "kind": "GridLayoutItem", "spec": spec })
    };
    json!({ "kind": "GridLayout", "spec": { "items": panels.map(item).collect::<Vec<_>>() } })
}

fn repeat(panel: &Value) -> Option<Value> {
    let variable = panel.get("repeat")?;
    let mut repeat = json!({ "mode": "variable", "value": variable });
    for (key, from) in [("direction", "repeatDirection"), ("maxPerRow", "maxPerRow")] {
        if let Some(value) = panel.get(from) {
            repeat[key] = value.clone();
        }
    }
    Some(repeat)
}

fn variable(classic: &Value) -> Value {
    let kind = match classic["type"].as_str().unwrap_or_default() {
        "query" => "QueryVariable",
        "interval" => "IntervalVariable",
        "constant" => "ConstantVariable",
        "textbox" => "TextVariable",
        "datasource" => "DatasourceVariable",
        _ => "CustomVariable",
    };
    let mut spec = without(classic, &["type", "datasource", "auto_count", "auto_min"]);
    let mut put = |key: &str, value: Value| spec.insert(key.to_owned(), value);
    put("hide", json!(if classic["hide"] == 2 { "hideVariable" } else { "dontHide" }));
    if classic["current"].get("value").is_none() {
        put("current", json!({ "text": "", "value": "" }));
    }
    match kind {
        "QueryVariable" => {
            put("query", query(&classic["datasource"], classic["query"].clone()));
            put("refresh", json!("onTimeRangeChanged"));
            put("allowCustomValue", json!(true));
        }
        "IntervalVariable" => {
            put("auto_count", classic["auto_count"].clone());
            put("auto_min", classic["auto_min"].clone());
            put("refresh", json!("onTimeRangeChanged"));
            spec.retain(|key, _| !matches!(key.as_str(), "includeAll" | "multi"));
        }
        "ConstantVariable" => {
            put("current", json!({ "text": classic["query"], "value": classic["query"] }));
            spec.remove("options");
        }
        "TextVariable" => {
            spec.remove("options");
        }
        "DatasourceVariable" => {
            put("pluginId", classic["query"].clone());
            put("refresh", json!("onDashboardLoad"));
            put("allowCustomValue", json!(true));
            spec.remove("query");
        }
        _ => {
            put("allowCustomValue", json!(true));
        }
    }
    if let Some(sort) = classic["sort"].as_u64() {
        let names = ["disabled", "alphabeticalAsc", "alphabeticalDesc", "numericalAsc", "numericalDesc"];
        spec.insert("sort".to_owned(), json!(names.get(sort as usize).unwrap_or(&"disabled")));
    }
    json!({ "kind": kind, "spec": spec })
}
