//! How Grafana shows values: unit, scale, colours by threshold, texts that stand for values, axes.

use serde_json::{Map, Value, json};

use crate::layout::grafana_units::id_of;
use crate::layout::{Axis, Level, Mapping, Match, Panel, Thresholds};

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
pub(super) fn field_config(panel: &Panel, mode: &str, custom: Value) -> Value {
    let mut defaults = Map::new();
    defaults.insert("color".to_owned(), json!({ "mode": mode }));
    defaults.insert("custom".to_owned(), custom);
    defaults.insert("unit".to_owned(), json!(id_of(panel.unit)));
    defaults.insert("thresholds".to_owned(), thresholds(&panel.thresholds));
    defaults.insert("mappings".to_owned(), json!(mappings(&panel.mappings)));
    for (name, value) in [("min", panel.min), ("max", panel.max)] {
        defaults.extend(value.map(|value| (name.to_owned(), number(value))));
    }
    defaults.extend(panel.decimals.map(|decimals| ("decimals".to_owned(), json!(decimals))));
    json!({ "defaults": defaults, "overrides": overrides(panel) })
}

/// The series on the right axis, with its unit.
fn overrides(panel: &Panel) -> Vec<Value> {
    let right = panel.queries.iter().enumerate().filter(|(_, query)| query.axis == Axis::Right);
    right
        .map(|(i, _)| {
            json!({
                "matcher": { "id": "byFrameRefID", "options": ref_id(i) },
                "properties": [
                    { "id": "custom.axisPlacement", "value": "right" },
                    { "id": "unit", "value": id_of(panel.unit_right) },
                ],
            })
        })
        .collect()
}

/// What a panel's query is called by its place: `A` to `Z`, then `A1`.
pub(super) fn ref_id(index: usize) -> String {
    let letter = char::from(b'A' + (index % 26) as u8);
    if index < 26 { letter.to_string() } else { format!("{letter}{}", index / 26) }
}

fn thresholds(thresholds: &Thresholds) -> Value {
    let base = json!({ "color": thresholds.base.map_or(NO_COLOR, color), "value": null });
    let steps = thresholds.steps.iter().map(|&(from, level)| json!({ "color": color(level), "value": number(from) }));
    json!({ "mode": "absolute", "steps": std::iter::once(base).chain(steps).collect::<Vec<_>>() })
}

/// The first that fits counts, in the order of the list.
fn mappings(mappings: &[Mapping]) -> Vec<Value> {
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
            Match::Value(value) => json!({ "type": "value", "options": { value.to_string(): result } }),
            // An end that is not finite is null, which is open.
            Match::Range { from, to } => {
                json!({ "type": "range", "options": { "from": number(from), "to": number(to), "result": result } })
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
    fn queries_are_lettered_and_never_the_same() {
        assert_eq!([0, 25, 26, 52].map(ref_id), ["A", "Z", "A1", "A2"]);
    }

    #[test]
    fn whole_numbers_have_no_point() {
        assert_eq!([100e6, 3.5, -0.25].map(|v| number(v).to_string()), ["100000000", "3.5", "-0.25"]);
    }
}
