//! What public dashboards of Grafana are full of, a small dashboard for each: what it becomes, and that it survives being
//! written as a layout file.

#![expect(clippy::panic, reason = "a test that cannot go on fails")]

use serde_json::{Value, json};
use shtop::layout::{
    Draw, Imported, Kind, Level, Override, Panel, Pick, Reduce, Selection, Transform, Values, Which, import, parse,
    write,
};

/// The panels alone, read, written and read again.
fn board(json: &Value) -> Imported {
    let imported = import("board.json", json.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    let text = write(&imported.dashboard);
    let again = parse(&format!("{}.toml", imported.dashboard.id), &text).unwrap_or_else(|e| panic!("{e}\n\n{text}"));
    assert_eq!(again, imported.dashboard, "{text}");
    imported
}

fn lone(panel: &Value) -> (Panel, Vec<String>) {
    let board = board(&json!({ "panels": [panel] }));
    let losses = board.report.losses.iter().map(ToString::to_string).collect();
    (board.dashboard.panels[0].clone(), losses)
}

fn whole(panel: &Value) -> Panel {
    let (panel, losses) = lone(panel);
    assert_eq!(losses, [""; 0]);
    panel
}

/// A panel of this type with this query and these fields beside it.
fn of(kind: &str, target: &Value, more: &Value) -> Value {
    let mut panel = json!({ "type": kind, "title": "T", "id": 1, "targets": [target] });
    for (key, value) in more.as_object().into_iter().flatten() {
        panel[key] = value.clone();
    }
    panel
}

fn up() -> Value {
    json!({ "expr": "up", "refId": "A" })
}

fn hidden(of: Which, hidden: bool) -> Override {
    Override { of, hidden: Some(hidden), ..Override::default() }
}

#[test]
fn a_stat_without_colours_has_no_thresholds() {
    let field = json!({ "defaults": { "thresholds": { "steps": [{ "color": "green" }, { "color": "red", "value": 80 }] },
        "mappings": [{ "type": "value", "options": { "1": { "text": "up", "color": "green" } } }] } });
    let stat =
        |mode: &str| whole(&of("stat", &up(), &json!({ "options": { "colorMode": mode }, "fieldConfig": field })));
    let plain = stat("none");
    assert!(plain.thresholds.is_empty() && plain.mappings[0].level.is_none());
    assert_eq!(plain.mappings[0].text, "up");
    let coloured = stat("value");
    assert_eq!((coloured.thresholds.steps, coloured.mappings[0].level), (vec![(80.0, Level::Bad)], Some(Level::Good)));
}

#[test]
fn a_stat_can_show_a_name_or_a_label_instead_of_its_number() {
    let named = whole(&of("stat", &up(), &json!({ "options": { "textMode": "name" } })));
    assert_eq!(named.transforms, [Transform::Words { label: String::new() }]);
    let fields = |fields: &str, format: &str| {
        let target = json!({ "expr": "build_info", "refId": "A", "format": format });
        whole(&of("stat", &target, &json!({ "options": { "reduceOptions": { "fields": fields } } }))).transforms
    };
    assert_eq!(fields("/^version$/", "table"), [Transform::Words { label: "^version$".to_owned() }]);
    assert_eq!(fields("/^Value$/", "table"), []);
    let series = Transform::Series { pattern: "^version$".to_owned(), pick: Pick::Keep };
    assert_eq!(fields("/^version$/", "time_series"), [series]);
}

#[test]
fn series_are_left_out_by_their_values_and_by_what_was_picked_in_the_legend() {
    let hide = json!([{ "id": "custom.hideFrom", "value": { "viz": true, "legend": false, "tooltip": false } }]);
    let by = |id: &str, options: Value| json!({ "matcher": { "id": id, "options": options }, "properties": hide });
    let panel = whole(&of(
        "timeseries",
        &up(),
        &json!({ "fieldConfig": { "overrides": [
        by("byValue", json!({ "reducer": "allIsZero", "op": "gte", "value": 0 })),
        by("byValue", json!({ "reducer": "allIsNull", "op": "gte", "value": 0 })),
        by("byNames", json!({ "mode": "exclude", "names": ["a", "b"] })),
        { "matcher": { "id": "byType", "options": null }, "properties": [{ "id": "color", "value": {} }] },
    ] } }),
    ));
    let name = |name: &str| Which::Name(name.to_owned());
    assert_eq!(
        panel.overrides,
        [
            hidden(Which::Zero, true),
            hidden(Which::Pattern(String::new()), true),
            hidden(name("a"), false),
            hidden(name("b"), false)
        ]
    );
    let by_mean = by("byValue", json!({ "reducer": "mean", "op": "lt", "value": 3 }));
    let (_, losses) = lone(&of("timeseries", &up(), &json!({ "fieldConfig": { "overrides": [by_mean] } })));
    assert_eq!(
        losses,
        [r#"panels[0].fieldConfig.overrides[0].matcher: "T": ignored: an override of series by their "mean""#]
    );
}

#[test]
fn some_series_stand_apart_from_a_stack_and_are_drawn_otherwise() {
    let stacking =
        |group: Value, mode: &str| json!({ "id": "custom.stacking", "value": { "group": group, "mode": mode } });
    let of_name = |name: &str, property: Value| json!({ "matcher": { "id": "byName", "options": name }, "properties": [property] });
    let stacked = |overrides: Value| {
        let custom = json!({ "stacking": { "group": "A", "mode": "normal" } });
        let field = json!({ "defaults": { "custom": custom }, "overrides": overrides });
        whole(&of("timeseries", &up(), &json!({ "fieldConfig": field }))).overrides
    };
    let told = |all: Vec<Override>| all.into_iter().map(|o| (o.stacked, o.draw)).collect::<Vec<_>>();
    assert_eq!(told(stacked(json!([of_name("Total", stacking(json!(false), "normal"))]))), [(Some(false), None)]);
    assert_eq!(told(stacked(json!([of_name("Total", stacking(json!("A"), "none"))]))), [(Some(false), None)]);
    // A group of several is a stack of theirs.
    let two = ["a", "b"].map(|name| of_name(name, stacking(json!("B"), "normal")));
    assert_eq!(told(stacked(json!(two))), []);
    let bars = of_name("Max", json!({ "id": "custom.drawStyle", "value": "points" }));
    assert_eq!(told(stacked(json!([bars]))), [(None, Some(Draw::Points))]);
    let old = |stack: bool, own: Value| {
        let more = json!({ "lines": true, "stack": stack, "seriesOverrides": [own] });
        let own = whole(&of("graph", &up(), &more)).overrides;
        own.into_iter().map(|o| (o.stacked, o.draw, o.hidden)).collect::<Vec<_>>()
    };
    assert_eq!(old(true, json!({ "alias": "Total", "stack": false, "fill": 0 })), [(Some(false), None, None)]);
    assert_eq!(old(false, json!({ "alias": "x", "bars": true, "lines": false })), [(None, Some(Draw::Bars), None)]);
    assert_eq!(old(false, json!({ "alias": "x", "lines": false, "points": true })), [(None, Some(Draw::Points), None)]);
    assert_eq!(old(false, json!({ "alias": "x", "lines": false })), [(None, None, Some(true))]);
    assert_eq!(old(false, json!({ "alias": "x", "lines": true, "linewidth": 3 })), []);
}

#[test]
fn a_panel_can_show_what_another_one_asks() {
    let board = board(&json!({ "panels": [
        { "id": 7, "type": "timeseries", "title": "Source", "targets": [{ "expr": "a", "refId": "A" }, { "expr": "b", "refId": "B" }] },
        { "id": 8, "type": "stat", "title": "Same", "datasource": { "type": "datasource", "uid": "-- Dashboard --" },
          "targets": [{ "panelId": 7, "refId": "A", "datasource": { "type": "datasource", "uid": "-- Dashboard --" } }] },
    ] }));
    assert!(board.report.is_complete(), "{}", board.report);
    let asked = board.dashboard.panels[1].queries.iter().map(|q| q.expr.as_str()).collect::<Vec<_>>();
    assert_eq!(asked, ["a", "b"]);
}

#[test]
fn variables_list_the_names_of_labels_and_filters_are_on_every_query() {
    let board = board(&json!({
        "__inputs": [{ "name": "VAR_PREFIX", "type": "constant", "value": "node" }],
        "templating": { "list": [
            { "type": "query", "name": "label", "query": "label_names()" },
            { "type": "query", "name": "of", "query": "label_names(up)" },
            { "type": "query", "name": "any", "query": "label_values({}, job)" },
            { "type": "constant", "name": "prefix", "query": "${VAR_PREFIX}" },
            { "type": "datasource", "name": "ds", "query": "prometheus", "regex": "/^(?!x).*/" },
            { "type": "adhoc", "name": "Filters", "filters": [{ "key": "env", "operator": "=", "value": "a" }] },
        ] },
        "panels": [of("stat", &json!({ "expr": "sum(rate(x{a=\"b\"}[5m])) / $prefix", "refId": "A" }), &json!({}))],
    }));
    assert!(board.report.is_complete(), "{}", board.report);
    let variables = &board.dashboard.variables;
    let selectors = variables.iter().map(|v| (v.selector.as_str(), v.values_of.as_str())).collect::<Vec<_>>();
    assert_eq!(selectors[..3], [(r#"{__name__!=""}"#, ""), ("up", ""), (r#"{job!=""}"#, "job")]);
    assert_eq!(variables[3].values, Values::Given(vec![("node".to_owned(), "node".to_owned())]));
    assert_eq!(variables[3].initial, Selection::All);
    assert_eq!(board.dashboard.panels[0].queries[0].expr, r#"sum(rate(x{env="a",a="b"}[5m])) / $prefix"#);
}

#[test]
fn tables_group_choose_and_leave_out_columns() {
    let table = |transformations: Value| {
        let target = json!({ "expr": "up", "refId": "A", "format": "table", "instant": true });
        whole(&of("table", &target, &json!({ "transformations": transformations }))).transforms
    };
    let columns = |hidden: &[&str], kept: &[&str]| Transform::Columns {
        hidden: hidden.iter().map(|&h| h.to_owned()).collect(),
        kept: kept.iter().map(|&k| k.to_owned()).collect(),
        renamed: Vec::new(),
    };
    let exclude =
        json!([{ "id": "organize", "options": { "excludeByName": { "Time": true, "Value": true, "job": true } } }]);
    assert_eq!(table(exclude), [columns(&["Value", "job"], &[])]);
    let group = json!([{ "id": "groupBy", "options": { "fields": {
        "job": { "operation": "groupby", "aggregations": [] },
        "Value": { "operation": "aggregate", "aggregations": ["sum"] },
    } } }]);
    assert_eq!(table(group), [Transform::Group { by: vec!["job".to_owned()], reduce: Reduce::Sum }]);
    let names = json!([{ "id": "filterFieldsByName", "options": { "include": { "names": ["job", "instance"] } } }]);
    assert_eq!(table(names), [columns(&["/^Value( #.*)?$/"], &["job", "instance"])]);
    let pattern = json!([{ "id": "filterFieldsByName", "options": { "include": { "pattern": "/job|Value/" } } }]);
    assert_eq!(table(pattern), [columns(&[], &["/job|Value/"])]);
    let values = |id: &str, kind: &str| {
        table(json!([{ "id": "filterByValue", "options": { "type": kind, "match": "any", "filters": [
            { "fieldName": "Value", "config": { "id": id, "options": { "value": 3 } } }] } }]))
    };
    let chosen = |from, to, pick| [Transform::Values { of: "A".to_owned(), from, to, pick }];
    assert_eq!(values("greaterOrEqual", "include"), chosen(Some(3.0), None, Pick::Keep));
    assert_eq!(values("greater", "include"), chosen(None, Some(3.0), Pick::Drop));
    assert_eq!(values("equal", "exclude"), chosen(Some(3.0), Some(3.0), Pick::Drop));
}

#[test]
fn series_are_renamed_by_regular_expressions() {
    let rename =
        json!([{ "id": "renameByRegex", "options": { "regex": "(.*)-pod-(\\d+)", "renamePattern": "$1x $2" } }]);
    let panel = whole(&of("timeseries", &up(), &json!({ "transformations": rename })));
    let expected = Transform::Rename { pattern: "(.*)-pod-(\\d+)".to_owned(), to: "${1}x ${2}".to_owned() };
    assert_eq!(panel.transforms, [expected]);
    let field = json!({ "defaults": { "displayName": "${__series.name}" } });
    assert_eq!(whole(&of("timeseries", &up(), &json!({ "fieldConfig": field }))).queries[0].legend, None);
    let field = json!({ "defaults": { "displayName": "on ${__field.labels.node_name}" } });
    let panel = whole(&of("stat", &up(), &json!({ "fieldConfig": field })));
    assert_eq!(panel.queries[0].legend.as_deref(), Some("on {{node_name}}"));
}

#[test]
fn distances_and_ranges_of_their_own_are_kept() {
    let target = json!({ "expr": "rate(x[$__rate_interval])", "refId": "A", "interval": "$resolution" });
    let panel = |target: &Value, more: Value| lone(&of("stat", target, &more)).0;
    let own = panel(&target, json!({ "interval": "2m" })).queries.remove(0);
    assert_eq!((own.step.as_str(), own.interval.as_str()), ("$resolution", "$resolution"));
    let own = panel(&up(), json!({ "interval": ">2m" })).queries.remove(0);
    assert_eq!((own.step.as_str(), own.interval.as_str()), ("2m", ""));
    let own = panel(&json!({ "expr": "up", "interval": "$__rate_interval" }), json!({ "interval": "nonsense" }));
    assert_eq!((own.queries[0].step.as_str(), own.queries[0].interval.as_str()), ("", ""));
    // Its newest value is the same whatever the range; a picture is not.
    assert_eq!(whole(&of("stat", &up(), &json!({ "timeFrom": "24h" }))).span, Some(86_400_000));
    let (picture, losses) = lone(&of("timeseries", &up(), &json!({ "timeFrom": "24h" })));
    assert_eq!(picture.span, Some(86_400_000));
    assert_eq!(losses, [r#"panels[0].timeFrom: "T": ignored: a time range of its own, "24h""#]);
}

#[test]
fn what_is_said_where_there_is_nothing_is_kept() {
    let field = json!({ "defaults": { "noValue": "No errors\u{1b}" } });
    assert_eq!(whole(&of("timeseries", &up(), &json!({ "fieldConfig": field }))).nothing, "No errors␛");
}

#[test]
fn panels_of_plugins_show_their_numbers_and_are_told() {
    let (panel, losses) = lone(&of("grafana-polystat-panel", &up(), &json!({})));
    assert_eq!(panel.kind, Kind::Stat);
    assert_eq!(losses, [r#"panels[0].type: "T": ignored: the look of "grafana-polystat-panel": shown as stat"#]);
}

#[test]
fn a_text_without_words_is_no_panel() {
    let spacer = json!({ "type": "text", "title": "", "options": { "content": " " } });
    let board = board(&json!({ "panels": [spacer, of("stat", &up(), &json!({}))] }));
    assert_eq!((board.report.summary().as_str(), board.report.is_complete()), ("1 of 1 panels", true));
}

#[test]
fn titles_of_old_rows_without_headings_are_told_apart() {
    let row = json!({ "showTitle": false, "title": "r", "panels": [of("stat", &up(), &json!({ "span": 12 }))] });
    let board = board(&json!({ "rows": [row, row, row] }));
    let titles = board.dashboard.panels.iter().map(|p| p.title.as_str()).collect::<Vec<_>>();
    assert_eq!(titles, ["T", "T (2)", "T (3)"]);
}
