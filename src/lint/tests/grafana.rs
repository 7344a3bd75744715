//! Grafana dashboards: what is wrong in them is told where it stands, and what is right is not.

use std::fs;
use std::path::Path;

use super::super::Kind;
use super::{expect, told};

/// A dashboard with these panels and variables.
fn board(panels: &str, variables: &str) -> String {
    format!("{{\"title\": \"T\", \"templating\": {{\"list\": [{variables}]}}, \"panels\": [\n{panels}\n]}}")
}

/// A panel with these further keys that asks `expr`, as it stands in JSON.
fn panel(more: &str, expr: &str) -> String {
    format!("{{\"type\": \"stat\", \"title\": \"P\"{more}, \"targets\": [{{\"refId\": \"A\", \"expr\": \"{expr}\"}}]}}")
}

#[track_caller]
fn expect_of(panels: &str, wanted: &[&str]) {
    let variable = r#"{"name": "node", "type": "query", "query": "label_values(up, instance)"}"#;
    expect(Kind::Grafana, &board(panels, variable), wanted);
}

#[test]
fn what_is_whole_is_clean() {
    expect_of(&panel(", \"id\": 1, \"repeat\": \"node\"", "rate(up{instance=~\\\"$node\\\"}[$__rate_interval])"), &[]);
    expect_of(&panel("", "up{a=~\\\"x[[:alpha:]]\\\"} / $__range_s"), &[]);
}

#[test]
fn an_expression_is_wrong_inside_its_string() {
    // Behind an escaped quote, an escaped character and a blank.
    expect_of(&panel("", " sum(up{a=\\\"\\u00e4\\\"})) "), &["error 2:90 no PromQL: "]);
    expect_of(&panel("", "rate(up[$__range]"), &["error 2:67 no PromQL: "]);
    let hidden = r#"{"type": "stat", "title": "P", "targets": [{"expr": "up"}, {"expr": "sum(", "hide": true}]}"#;
    expect_of(hidden, &["warning 2:73 no PromQL: unclosed"]);
    let loki =
        r#"{"type": "logs", "title": "P", "datasource": {"type": "loki"}, "targets": [{"expr": "{a=\"b\"} |= `c`"}]}"#;
    let found = told(Kind::Grafana, "x", &board(&[loki, &panel("", "up")].join(","), ""));
    assert_eq!(found, ["warning 2:27 \"P\": not shown by shtop: panels of type \"logs\" | "]);
}

#[test]
fn metrics_are_doubted_as_in_every_other_file() {
    let expr = "sum(rate(streamhouse_wal_size_byte{instance=~\\\"$node\\\"}[5m]))";
    expect_of(&panel("", expr), &["warning 2:77 StreamHouse has no metric streamhouse_wal_size_byte | did you mean"]);
}

#[test]
fn variables_that_nobody_defines_are_told_where_they_stand() {
    expect_of(
        &panel(", \"repeat\": \"nod\"", "up{a=~\\\"$nodes\\\"} > ${VAR_X}"),
        &[
            "warning 2:42 it repeats for $nod, which is not defined | did you mean $node?",
            "warning 2:93 the variable $nodes is not defined | did you mean $node?",
            "warning 2:105 the variable $VAR_X is not defined | define it in templating.list",
        ],
    );
    expect_of(&panel("", "up{a=~\\\"$__org\\\"}"), &["warning 2:76 shtop has no value for $__org"]);
    expect_of(&panel("", "up > $__rnage_s"), &["the variable $__rnage_s is not defined"]);
    let text = board(&panel("", "up > ${VAR_X}"), "").replacen('{', "{\"__inputs\": [{\"name\": \"VAR_X\"}], ", 1);
    // Whoever imports it into Grafana is asked for it; here it has to be typed.
    expect(Kind::Grafana, &text, &["1:63 ignored by shtop: variable $VAR_X is not defined"]);
}

#[test]
fn what_is_there_twice_is_told_with_where_the_other_is() {
    let two = [panel(", \"id\": 7", "up"), panel(", \"id\": 7", "up")].join(",\n");
    expect_of(&two, &["warning 3:38 the panel id 7 is there twice | the other one is in line 2"]);
    let letters =
        r#"{"type": "stat", "title": "P", "targets": [{"refId": "A", "expr": "up"}, {"refId": "A", "expr": "up"}]}"#;
    expect_of(letters, &["warning 2:84 two queries of this panel are called \"A\""]);
    let variable = r#"{"name": "v", "type": "textbox"}, {"name": "v", "type": "textbox"}"#;
    expect(Kind::Grafana, &board(&panel("", "up"), variable), &["the variable $v is defined twice"]);
    expect_of(&panel(", \"title\": \"Q\"", "up"), &["warning 2:32 the key \"title\" is there twice"]);
}

#[test]
fn keys_that_are_a_slip_of_the_finger_are_told_and_others_are_not() {
    expect_of(
        &panel(", \"girdPos\": {}, \"fieldConfg\": {}, \"myPlugin\": 1", "up"),
        &["2:32 a panel has no key \"girdPos\" | did you mean \"gridPos\"?", "2:47 a panel has no key \"fieldConfg\""],
    );
    let target = r#"{"type": "stat", "title": "P", "targets": [{"refId": "A", "expr": "up", "legendFromat": "x"}]}"#;
    expect_of(target, &["a target has no key \"legendFromat\" | did you mean \"legendFormat\"?"]);
    let plugin = r#"{"type": "acme-panel", "title": "P", "girdPos": {}}, "#.to_owned() + &panel("", "up");
    expect_of(&plugin, &["\"P\": not shown by shtop: panels of type \"acme-panel\""]);
}

#[test]
fn losses_stand_where_they_are_lost() {
    let text =
        r#", "fieldConfig": {"defaults": {"unit": "currencyXYZ"}}, "options": {"reduceOptions": {"calcs": ["p95"]}}"#;
    expect_of(
        &panel(text, "up"),
        &["\"P\": ignored by shtop: ", "2:125 \"P\": ignored by shtop: the calculation \"p95\""],
    );
    let empty = r#"{"type": "stat", "title": "Nothing", "targets": []}, "#.to_owned() + &panel("", "up");
    expect_of(&empty, &["warning 2:27 \"Nothing\": not shown by shtop: it asks nothing"]);
}

#[test]
fn the_second_schema_is_checked_alike() {
    let text = r#"{"title": "T", "layout": {"kind": "GridLayout", "spec": {"items": [
{"kind": "GridLayoutItem", "spec": {"x": 0, "y": 0, "width": 6, "height": 4, "element": {"name": "a"}}}]}},
"elements": {"a": {"kind": "Panel", "spec": {"id": 1, "title": "A", "vizConfig": {"kind": "stat", "spec": {}},
"data": {"kind": "QueryGroup", "spec": {"queries": [{"kind": "PanelQuery", "spec": {"refId": "A", "query":
{"kind": "prometheus", "spec": {"expr": "up{a=\"$b\"} + sum("}}}}]}}}}}}"#;
    let found = told(Kind::Grafana, "x", text);
    assert!(found.iter().any(|f| f.starts_with("warning 5:49 the variable $b is not defined")), "{found:#?}");
    assert!(found.iter().any(|f| f.starts_with("error 5:60 no PromQL: ")), "{found:#?}");
    assert_eq!(found.len(), 2, "{found:#?}");
}

#[test]
fn json_that_is_none_has_a_place_and_what_is_no_dashboard_says_so() {
    expect(Kind::Grafana, "{\n  \"panels\": [,]\n}", &["error 2:14 not JSON: "]);
    expect(Kind::Grafana, "\u{feff}{\r\n  \"panels\": [\r\n", &["error "]);
    expect(Kind::Grafana, "{\"a\": 1}", &["error 1:1 this JSON is no Grafana dashboard"]);
    expect(Kind::Grafana, "", &["error 1:1 not JSON: "]);
}

#[test]
fn nothing_in_dashboards_that_were_made_with_everything_is_taken_for_a_slip() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/grafana");
    for name in ["classic.json", "old.json", "v2.json"] {
        let found = told(Kind::Grafana, name, &fs::read_to_string(folder.join(name)).unwrap());
        assert!(!found.iter().any(|f| f.contains("has no key")), "{name}: {found:#?}");
    }
}
