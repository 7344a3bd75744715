//! What a panel's layout says and Grafana has no word for. It travels in the panel's options under `shtop`, which Grafana
//! keeps as it is, by the setting's path in a layout file: how the panel reads without it, and what is meant.
//! `"trend": [null, "drain"]` says that there is a trend where Grafana tells of none. Where somebody changed the panel in
//! Grafana so that it reads otherwise, the change counts.

use serde_json::{Map, Value, json};

use super::json::get;
use super::{Draft, Import, Schema};
use crate::layout::model::{Dashboard, GRID_COLUMNS, Panel, Pos, Variable};
use crate::layout::parse::{self, parse};
use crate::layout::write;
use crate::series::printable;

/// Where in a panel it stands.
pub(crate) const OPTION: &str = "shtop";

/// What of `meant` is lost in `json`, the panel as Grafana has it; `None` where nothing is.
pub(crate) fn carried(json: &Value, meant: &Panel) -> Option<Value> {
    let draft = Draft {
        json: json.clone(),
        path: String::new(),
        schema: Schema::Classic,
        spot: None,
        // Grafana has all of it.
        repeat: None,
    };
    let read = Import::default().panel(&draft)?;
    let mut lost = Map::new();
    let meant = Panel { repeat: None, ..meant.clone() };
    differences(&mut String::new(), Some(&settings(&read)?), Some(&settings(&meant)?), &mut lost);
    (!lost.is_empty()).then_some(Value::Object(lost))
}

impl Import {
    /// Puts back into `panel` what was carried.
    pub(super) fn restore(&mut self, draft: &Draft, panel: &mut Panel) {
        let Some(lost) = get(&draft.json, &["options", OPTION]).and_then(Value::as_object) else { return };
        match restored(panel, lost, &self.variables) {
            Some(whole) => *panel = whole,
            None => self.ignored(draft, "options.shtop", "settings of shtop's own that cannot be read"),
        }
    }
}

fn restored(panel: &Panel, lost: &Map<String, Value>, variables: &[Variable]) -> Option<Panel> {
    let mut settings = settings(panel)?;
    for (path, change) in lost {
        let [reads, means] = change.as_array()?.as_slice() else { return None };
        put(&mut settings, path, reads, means);
    }
    let dashboard =
        Dashboard { title: "_".to_owned(), range: parse::RANGE, variables: variables.to_vec(), ..Dashboard::default() };
    let mut file: Value = toml::from_str(&write(&dashboard)).ok()?;
    file.as_object_mut()?.insert("panel".to_owned(), json!([settings]));
    let whole = parse("carried.toml", &toml::to_string(&file).ok()?).ok()?.panels.pop()?;
    Some(Panel { title: panel.title.clone(), pos: panel.pos, ..whole })
}

/// The keys of the panel in a layout file. Its title and its place are Grafana's too.
fn settings(panel: &Panel) -> Option<Value> {
    let pos = Pos { x: 0, y: 0, w: GRID_COLUMNS, h: 1 };
    let alone = Panel { title: "_".to_owned(), pos, ..panel.clone() };
    let text = write(&Dashboard { title: "_".to_owned(), panels: vec![alone], ..Dashboard::default() });
    let file: Value = toml::from_str(&text).ok()?;
    file.get("panel")?.get(0).cloned()
}

fn differences(path: &mut String, read: Option<&Value>, meant: Option<&Value>, lost: &mut Map<String, Value>) {
    let of_queries = path == "query";
    let mut inside = |key: &str, read: Option<&Value>, meant: Option<&Value>| {
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(key);
        differences(path, read, meant, lost);
        path.truncate(length);
    };
    match (read, meant) {
        (read, meant) if read == meant => {}
        (Some(Value::Object(read)), Some(Value::Object(meant))) => {
            let new = meant.keys().filter(|key| !read.contains_key(*key));
            for key in read.keys().chain(new) {
                inside(key, read.get(key), meant.get(key));
            }
        }
        // Queries are known by their place; of other lists a part says nothing without the rest.
        (Some(Value::Array(read)), Some(Value::Array(meant))) if of_queries && read.len() == meant.len() => {
            for (i, (read, meant)) in read.iter().zip(meant).enumerate() {
                inside(&i.to_string(), Some(read), Some(meant));
            }
        }
        (read, meant) => {
            lost.insert(path.clone(), json!([read, meant]));
        }
    }
}

/// Sets what stands at `path` to what it `means`, if it still `reads` as it did.
fn put(settings: &mut Value, path: &str, reads: &Value, means: &Value) {
    let (above, key) = path.rsplit_once('.').unwrap_or(("", path));
    let steps = above.split('.').filter(|step| !step.is_empty());
    let found = steps.into_iter().try_fold(settings, |value, step| match value {
        Value::Array(all) => all.get_mut(step.parse::<usize>().ok()?),
        value => value.get_mut(step),
    });
    match found {
        Some(Value::Object(all)) if is_same(all.get(key).unwrap_or(&Value::Null), reads) => {
            if means.is_null() {
                all.remove(key);
            } else {
                // Queries are asked as they are; whoever draws one makes it safe.
                all.insert(key.to_owned(), if key == "expr" { means.clone() } else { harmless(means) });
            }
        }
        _ => {}
    }
}

/// Whether two settings are equal. The last digit of a number may get lost on its way through other programs.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= 1e-12 * a.abs().max(b.abs()))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// The value with its texts fit for the screen.
fn harmless(value: &Value) -> Value {
    match value {
        Value::String(text) => text.split('\n').map(printable).collect::<Vec<_>>().join("\n").into(),
        Value::Array(all) => all.iter().map(harmless).collect(),
        Value::Object(all) => all.iter().map(|(key, value)| (key.clone(), harmless(value))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_put_back() {
        let text = "title = \"T\"\n[[variable]]\nname = \"v\"\ntyped = true\n[[panel]]\ntitle = \"P\"\nkind = \"pie\"\npos = [0, 0, 24, 1]\n\
            thresholds = { steps = [[1, \"red\"]] }\nrepeat = { for = \"v\" }\n[[panel.query]]\nexpr = \"up + $v\"\nlegend = \"{{a}}\"\n";
        let dashboard = parse("t.toml", text).unwrap();
        let meant = &dashboard.panels[0];
        let read = Panel { thresholds: crate::layout::Thresholds::default(), ..meant.clone() };
        let mut lost = Map::new();
        differences(&mut String::new(), settings(&read).as_ref(), settings(meant).as_ref(), &mut lost);
        assert_eq!(lost.keys().collect::<Vec<_>>(), ["thresholds"]);
        assert_eq!(restored(&read, &lost, &dashboard.variables).as_ref(), Some(meant));
        assert_eq!(restored(&read, &lost, &[]), None, "a variable that the dashboard does not have");
    }

    fn change(lost: &Value) -> Value {
        let mut settings = json!({ "kind": "stat", "max": 29.000_000_000_000_007, "query": [{ "expr": "up" }], "legend": ["min", "max"] });
        for (path, change) in lost.as_object().into_iter().flatten() {
            put(&mut settings, path, &change[0], &change[1]);
        }
        settings
    }

    #[test]
    fn only_what_still_reads_as_it_did_is_put_back() {
        let table = [
            (json!({ "trend": [null, "drain"] }), "trend", json!("drain")),
            (json!({ "kind": ["gauge", "bars"] }), "kind", json!("stat")),
            (json!({ "kind": ["stat", null] }), "kind", Value::Null),
            (json!({ "query.0.legend": [null, "a\u{1b}"] }), "query", json!([{ "expr": "up", "legend": "a␛" }])),
            (json!({ "query.1.legend": [null, "a"] }), "query", json!([{ "expr": "up" }])),
            (json!({ "max": [29.000_000_000_000_004, 29] }), "max", json!(29)),
            (json!({ "legend": [["min", "max"], ["mean"]] }), "legend", json!(["mean"])),
            (json!({ "legend.x": [null, "mean"], "..": [1, 2], "a.b.c": [null, 1] }), "legend", json!(["min", "max"])),
        ];
        for (lost, key, expected) in table {
            assert_eq!(change(&lost).get(key).unwrap_or(&Value::Null), &expected, "{lost}");
        }
    }

    #[test]
    fn a_difference_is_told_where_it_is_and_nowhere_else() {
        let mut lost = Map::new();
        let read = json!({ "a": 1, "query": [{ "c": 1, "d": 2 }], "b": { "c": 1, "d": 2 }, "e": [1] });
        let meant = json!({ "query": [{ "c": 1, "d": 3 }], "b": { "c": 1, "d": 3 }, "e": [2], "f": "new" });
        differences(&mut String::new(), Some(&read), Some(&meant), &mut lost);
        assert_eq!(
            Value::Object(lost),
            json!({ "a": [1, null], "b.d": [2, 3], "e": [[1], [2]], "f": [null, "new"], "query.0.d": [2, 3] })
        );
    }
}
