//! How Grafana shows values: unit, scale, colours by threshold, texts that stand for values, axes.

use serde_json::{Map, Value, json};

use super::form::Asks;
use super::scale::Scale;
use crate::layout::grafana_units::id_of;
use crate::layout::{Axis, Kind, Level, Mapping, Match, Override, Panel, PanelQuery, Thresholds, Which};

/// The base colour where none means anything: the theme's own for text.
const NO_COLOR: &str = "text";

fn color(level: Level) -> &'static str {
    match level {
        Level::Good => "green",
        Level::Warn => "yellow",
        Level::Bad => "red",
    }
}

/// `fieldConfig`, with what is particular to the kind of panel in `custom` and a `mode` of colours.
pub(super) fn field_config(panel: &Panel, scale: &Scale, mode: &str, mut custom: Value, asks: Asks) -> Value {
    if scale.is_mirrored {
        custom["transform"] = json!("negative-Y");
    }
    let mut defaults = Map::new();
    defaults.insert("color".to_owned(), json!({ "mode": mode }));
    defaults.insert("custom".to_owned(), custom);
    defaults.insert("unit".to_owned(), json!(scale.id));
    defaults.insert("thresholds".to_owned(), thresholds(&panel.thresholds, scale));
    defaults.insert("mappings".to_owned(), json!(mappings(&panel.mappings, scale)));
    for (name, value) in [("min", panel.min), ("max", panel.max)] {
        defaults.extend(value.map(|value| (name.to_owned(), number(scale.number(value)))));
    }
    defaults.extend(panel.decimals.map(|decimals| ("decimals".to_owned(), json!(decimals))));
    let mut overrides = queries(panel, asks);
    overrides.extend(panel.overrides.iter().filter_map(|own| over(own, panel, scale, asks)));
    json!({ "defaults": defaults, "overrides": overrides })
}

/// What is said of the series of one query: the series on the right axis, with its unit; the names of a table's columns.
fn queries(panel: &Panel, asks: Asks) -> Vec<Value> {
    let one = |(i, query): (usize, &PanelQuery)| {
        let mut properties = Vec::new();
        let fixed = query.legend.as_ref().filter(|legend| !legend.is_empty() && !legend.contains("{{"));
        if let Some(legend) = fixed.filter(|_| asks == Asks::Rows) {
            properties.push(json!({ "id": "displayName", "value": legend }));
        }
        if query.axis == Axis::Right {
            if panel.kind == Kind::Timeseries {
                properties.push(json!({ "id": "custom.axisPlacement", "value": "right" }));
            }
            let scale = Scale::new(panel.unit_right, panel.factor, true);
            properties.push(json!({ "id": "unit", "value": scale.id }));
        }
        let matcher = of_query(&panel.queries, i, asks);
        (!properties.is_empty()).then(|| json!({ "matcher": matcher, "properties": properties }))
    };
    panel.queries.iter().enumerate().filter_map(one).collect()
}

/// Which fields are those of a query. In a table that is a column: its labels are everybody's.
fn of_query(queries: &[PanelQuery], index: usize, asks: Asks) -> Value {
    match asks {
        Asks::Rows => json!({ "id": "byName", "options": column(queries, index) }),
        _ => json!({ "id": "byFrameRefID", "options": queries[index].id }),
    }
}

/// The column of a table that holds the values of a query.
pub(super) fn column(queries: &[PanelQuery], index: usize) -> String {
    if queries.len() == 1 { "Value".to_owned() } else { format!("Value #{}", queries[index].id) }
}

fn over(own: &Override, panel: &Panel, of_panel: &Scale, asks: Asks) -> Option<Value> {
    let matcher = match &own.of {
        Which::Name(name) => json!({ "id": "byName", "options": name }),
        Which::Pattern(pattern) if pattern.is_empty() => json!({ "id": "byType", "options": "number" }),
        Which::Pattern(pattern) => json!({ "id": "byRegexp", "options": slashed("", pattern) }),
        Which::Zero => json!({ "id": "byValue", "options": { "op": "gte", "reducer": "allIsZero", "value": 0 } }),
        Which::Query(id) => of_query(&panel.queries, panel.queries.iter().position(|q| q.id == *id)?, asks),
    };
    let mut properties = Vec::new();
    let mut add = |id: &str, value: Value| properties.push(json!({ "id": id, "value": value }));
    let is_chart = panel.kind == Kind::Timeseries;
    let (unit, factor) = (own.unit.unwrap_or(panel.unit), own.factor.or(panel.factor));
    let scale = Scale::new(unit, factor, is_chart);
    // What the query itself multiplies cannot be undone for some of its series.
    let is_own = scale.left.is_none() && of_panel.left.is_none();
    let scale = if is_own { scale } else { Scale { left: None, ..*of_panel } };
    if own.unit.is_some() || own.factor.is_some() && scale.id != of_panel.id {
        add("unit", json!(if is_own { scale.id } else { id_of(unit) }));
    }
    if own.factor.is_some() && scale.is_mirrored != of_panel.is_mirrored {
        add("custom.transform", json!(if scale.is_mirrored { "negative-Y" } else { "constant" }));
    }
    if let Some(name) = &own.name {
        add("displayName", json!(name));
    }
    if let Some(decimals) = own.decimals {
        add("decimals", json!(decimals));
    }
    if let Some(axis) = own.axis.filter(|_| is_chart) {
        add("custom.axisPlacement", json!(if axis == Axis::Right { "right" } else { "left" }));
    }
    if let Some(hidden) = own.hidden {
        if asks == Asks::Rows {
            add("custom.hidden", json!(hidden));
        } else {
            add("custom.hideFrom", json!({ "legend": hidden, "tooltip": hidden, "viz": hidden }));
        }
    }
    if let Some(own) = &own.thresholds {
        add("thresholds", thresholds(own, &scale));
    }
    if let Some(own) = &own.mappings {
        add("mappings", json!(mappings(own, &scale)));
    }
    (!properties.is_empty()).then(|| json!({ "matcher": matcher, "properties": properties }))
}

/// The regular expression `pattern` behind `before` as Grafana writes it: between slashes, the flags at the end.
pub(super) fn slashed(before: &str, pattern: &str) -> String {
    let with_flags = pattern.strip_prefix("(?").and_then(|rest| rest.split_once(')'));
    let (flags, body) = with_flags
        .filter(|(flags, _)| !flags.is_empty() && flags.chars().all(|c| matches!(c, 'i' | 's' | 'm')))
        .unwrap_or(("", pattern));
    // Elsewhere a group is named without a P.
    format!("/{before}{}/{flags}", body.replace("(?P<", "(?<"))
}

fn thresholds(thresholds: &Thresholds, scale: &Scale) -> Value {
    let base = json!({ "color": thresholds.base.map_or(NO_COLOR, color), "value": null });
    let step = |&(from, level): &(f64, Level)| json!({ "color": color(level), "value": number(scale.number(from)) });
    let steps = thresholds.steps.iter().map(step);
    json!({ "mode": "absolute", "steps": std::iter::once(base).chain(steps).collect::<Vec<_>>() })
}

/// The first that fits counts, in the order of the list.
fn mappings(mappings: &[Mapping], scale: &Scale) -> Vec<Value> {
    let result = |index: usize, mapping: &Mapping| {
        let mut result = json!({ "index": index });
        if !mapping.text.is_empty() {
            result["text"] = json!(mapping.text);
        }
        if let Some(level) = mapping.level {
            result["color"] = json!(color(level));
        }
        result
    };
    let one = |(index, mapping): (usize, &Mapping)| {
        let result = result(index, mapping);
        match mapping.when {
            Match::Value(value) => {
                json!({ "type": "value", "options": { scale.number(value).to_string(): result } })
            }
            // An end that is not finite is null, which is open.
            Match::Range { from, to } => {
                let [from, to] = [from, to].map(|end| number(scale.number(end)));
                json!({ "type": "range", "options": { "from": from, "to": to, "result": result } })
            }
            Match::Nan => json!({ "type": "special", "options": { "match": "nan", "result": result } }),
        }
    };
    mappings.iter().enumerate().map(one).collect()
}

/// Whole numbers without a point.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_no_point() {
        assert_eq!([100e6, 3.5, -0.25].map(|v| number(v).to_string()), ["100000000", "3.5", "-0.25"]);
    }

    #[test]
    fn a_regular_expression_is_written_with_its_flags_behind_it() {
        let table = [
            ("", "a|b", "/a|b/"),
            ("", "(?i)^tx/rx", "/^tx/rx/i"),
            ("^Time$|", "(?i)tx", "/^Time$|tx/i"),
            ("", "(?P<value>a)", "/(?<value>a)/"),
            ("", "(?:a)b", "/(?:a)b/"),
            ("", "(?x) a", "/(?x) a/"),
        ];
        for (before, pattern, expected) in table {
            assert_eq!(slashed(before, pattern), expected);
        }
    }
}
