//! Grafana's dashboards: what becomes of each feature, what is reported, and what no file can do to shtop. The files in
//! `tests/data/grafana` are written for these tests.

#![expect(clippy::panic, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use serde_json::{Value, json};
use shtop::layout::{
    All, Axis, Dashboard, Draw, Flow, Imported, Kind, Level, Marking, Match, Order, Panel, Pick, Reduce, Selection,
    Spacing, Stacking, Transform, Values, Which, import, is_json, parse, write,
};
use shtop::unit::Unit;

const CLASSIC: &str = include_str!("data/grafana/classic.json");
const OLD: &str = include_str!("data/grafana/old.json");
const V2: &str = include_str!("data/grafana/v2.json");

fn imported(text: &str) -> Imported {
    import("dir/board.json", text.as_bytes()).unwrap_or_else(|e| panic!("{e}"))
}

fn panel<'d>(dashboard: &'d Dashboard, title: &str) -> &'d Panel {
    let titles = || dashboard.panels.iter().map(|p| p.title.as_str()).collect::<Vec<_>>();
    dashboard.panels.iter().find(|p| p.title == title).unwrap_or_else(|| panic!("{title} is none of {:?}", titles()))
}

/// What the layout that is written for it reads as.
fn again(dashboard: &Dashboard) -> Dashboard {
    let text = write(dashboard);
    parse(&format!("{}.toml", dashboard.id), &text).unwrap_or_else(|e| panic!("{e}\n\n{text}"))
}

/// Its panels: title, kind, and x, y, width and height.
fn shown(dashboard: &Dashboard) -> Vec<(&str, Kind, [u16; 4])> {
    dashboard.panels.iter().map(|p| (p.title.as_str(), p.kind, [p.pos.x, p.pos.y, p.pos.w, p.pos.h])).collect()
}

fn losses(imported: &Imported) -> Vec<String> {
    imported.report.losses.iter().map(ToString::to_string).collect()
}

#[test]
fn json_is_told_from_layouts_by_its_first_character() {
    assert!(is_json(b"\xef\xbb\xbf\n { }"));
    assert!(!is_json(b"# {\ntitle = 'x'"));
    assert!(!is_json(b""));
}

#[test]
fn the_panels_of_a_classic_dashboard_are_all_there_but_those_that_are_named() {
    let board = imported(CLASSIC);
    assert_eq!(
        shown(&board.dashboard),
        [
            ("Up on $node", Kind::Stat, [0, 0, 6, 4]),
            ("Load", Kind::Gauge, [6, 0, 6, 4]),
            ("Traffic", Kind::Timeseries, [12, 0, 12, 8]),
            ("Storage of $node", Kind::Row, [0, 8, 24, 1]),
            ("Disks", Kind::Table, [0, 9, 12, 8]),
            ("Biggest", Kind::Bars, [12, 9, 12, 8]),
            ("Rest", Kind::Row, [0, 17, 24, 1]),
            ("Shares", Kind::Pie, [0, 18, 8, 8]),
            ("Buckets", Kind::Heatmap, [8, 18, 8, 8]),
            ("Histogram", Kind::Bars, [16, 18, 8, 8]),
            ("States", Kind::States, [0, 26, 12, 8]),
            ("History", Kind::States, [12, 26, 12, 8]),
            ("text", Kind::Text, [0, 34, 12, 4]),
            ("Alerts", Kind::Alerts, [12, 34, 12, 4]),
            ("Shares (2)", Kind::Bars, [0, 38, 12, 4]),
        ]
    );
    assert_eq!(board.report.summary(), "13 of 16 panels; 11 settings ignored", "{:#?}", losses(&board));
    let lost: Vec<_> = losses(&board).into_iter().filter(|l| l.contains("not shown")).collect();
    assert_eq!(
        lost,
        [
            r#"panels[13]: "Map": not shown: panels of type "nodeGraph""#,
            r#"panels[14]: "Shared": not shown: library panel "Shared", whose content is not in the file"#,
            r#"panels[15]: "Logs": not shown: none of its queries is PromQL that can be asked"#,
        ]
    );
}

#[test]
fn a_loss_is_told_with_its_panel_and_its_place() {
    let found = losses(&imported(CLASSIC));
    for loss in [
        r#"panels[0].fieldConfig.defaults.mappings[0]: "Up on $node": ignored: the mapping of the text "up""#,
        r#"panels[0].fieldConfig.defaults.mappings[3]: "Up on $node": ignored: the mapping by a regular expression, which is for texts"#,
        r#"panels[1].options.reduceOptions.calcs: "Load": ignored: the calculation "p95""#,
        r#"panels[2].fieldConfig.overrides[3].matcher: "Traffic": ignored: an override of series by their "value""#,
        r#"panels[2].options.legend.calcs: "Traffic": ignored: the calculation "stdDev""#,
        r#"panels[3].panels[0].transformations[5]: "Disks": ignored: the transformation "groupBy""#,
        r#"panels[15].targets[0]: "Logs": ignored: a query to "loki""#,
        r#"templating.list[1].regex: ignored: the regular expression "^(?!x)""#,
        r#"templating.list[10]: ignored: filter zone < "a" on every query"#,
    ] {
        assert!(found.iter().any(|l| l == loss), "{loss}\n{found:#?}");
    }
    assert!(
        found
            .iter()
            .any(|l| l.starts_with(r#"panels[2].targets[3].expr: "Traffic": ignored: a query that does not parse"#))
    );
}

#[test]
fn values_are_shown_as_the_standard_options_say() {
    let board = imported(CLASSIC).dashboard;
    let up = panel(&board, "Up on $node");
    assert_eq!(
        (up.unit, up.factor, up.decimals, up.max, up.reduce),
        (Unit::Percent, Some(100.0), Some(1), Some(100.0), Reduce::Max)
    );
    assert_eq!(
        (up.thresholds.base, up.thresholds.steps.clone()),
        (Some(Level::Bad), vec![(50.0, Level::Warn), (90.0, Level::Good)])
    );
    let mappings: Vec<_> = up.mappings.iter().map(|m| (m.when, m.text.as_str(), m.level)).collect();
    assert_eq!(
        mappings,
        [
            (Match::Value(0.0), "none", Some(Level::Bad)),
            (Match::Range { from: 200.0, to: f64::INFINITY }, "too many", None),
            (Match::Nan, "nothing", None),
        ]
    );
    assert_eq!((up.queries.len(), up.queries[0].instant, up.queries[0].legend.as_deref()), (1, true, None));
    let load = panel(&board, "Load");
    assert_eq!(
        (load.min, load.max, load.thresholds.steps.clone()),
        (Some(0.0), Some(200.0), vec![(160.0, Level::Bad)])
    );
}

#[test]
fn a_chart_keeps_its_drawing_and_its_overrides() {
    let board = imported(CLASSIC).dashboard;
    let traffic = panel(&board, "Traffic");
    assert_eq!((traffic.draw, traffic.filled, traffic.stacking), (Draw::Steps, true, Stacking::Sum));
    assert_eq!((traffic.spacing, traffic.marking, traffic.unit), (Spacing::Log10, Marking::Both, Unit::OpsPerSecond));
    assert_eq!(traffic.legend, [Reduce::Mean, Reduce::Last]);
    assert_eq!(traffic.drill, Some(("other-board".to_owned(), String::new())));
    assert_eq!(traffic.queries.iter().map(|q| q.id.as_str()).collect::<Vec<_>>(), ["A", "B", "C"]);
    assert_eq!(traffic.unit_right, Unit::Seconds);
    let [tx, latency, query] = traffic.overrides.as_slice() else { panic!("{:#?}", traffic.overrides) };
    assert_eq!((&tx.of, tx.factor), (&Which::Pattern("(?i)^tx".to_owned()), Some(-1.0)));
    assert_eq!((latency.unit, latency.factor, latency.axis), (Some(Unit::Seconds), Some(1e-3), Some(Axis::Right)));
    assert_eq!((latency.name.as_deref(), latency.decimals), (Some("Latency"), Some(2)));
    assert_eq!((&query.of, query.hidden), (&Which::Query("B".to_owned()), Some(false)));
}

#[test]
fn a_table_keeps_its_columns() {
    let board = imported(CLASSIC).dashboard;
    let disks = panel(&board, "Disks");
    let legends: Vec<_> = disks.queries.iter().map(|q| (q.legend.as_deref(), q.instant)).collect();
    assert_eq!(legends, [(Some("Size"), true), (Some("Used"), true)]);
    assert_eq!(
        disks.transforms[0],
        Transform::Columns {
            hidden: vec!["job".to_owned()],
            kept: Vec::new(),
            renamed: vec![("instance".to_owned(), "Node".to_owned())],
        }
    );
    assert!(matches!(&disks.transforms[1], Transform::Calculate { name, others: Pick::Keep, .. } if name == "Share"));
    assert_eq!(disks.transforms[2], Transform::Sort { by: "Node".to_owned(), descending: true });
    assert_eq!(disks.transforms[3], Transform::Limit(20));
    let used = &disks.overrides[0];
    assert_eq!(
        (&used.of, used.unit, used.factor),
        (&Which::Query("B".to_owned()), Some(Unit::Bytes), Some(1_048_576.0))
    );
    assert!(matches!(&disks.transforms[4], Transform::Columns { hidden, .. } if *hidden == ["device"]));
}

#[test]
fn rows_fold_and_repeat() {
    let board = imported(CLASSIC).dashboard;
    let row = panel(&board, "Storage of $node");
    assert!(row.collapsed && !panel(&board, "Rest").collapsed);
    assert_eq!(row.repeat.as_ref().map(|r| r.variable.as_str()), Some("node"));
    let biggest = panel(&board, "Biggest").repeat.as_ref().unwrap();
    assert_eq!((biggest.variable.as_str(), biggest.flow), ("disk", Flow::Across(3)));
}

#[test]
fn variables_of_every_kind_are_known() {
    let board = imported(CLASSIC).dashboard;
    let names: Vec<_> = board.variables.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(
        names,
        ["ds", "job", "node", "disk", "metric", "any", "quantile", "window", "prefix", "needle", "labels"]
    );
    let variable = |name: &str| board.variables.iter().find(|v| v.name == name).unwrap();
    let pairs = |name: &str| match &variable(name).values {
        Values::Given(pairs) => pairs.iter().map(|(t, v)| format!("{t}={v}")).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let job = variable("job");
    assert_eq!((job.label.as_str(), job.selector.as_str(), job.values_of.as_str()), ("Job", "up", "job"));
    assert_eq!((&job.all, job.order, job.multi), (&All::No, Order::Name, false));
    assert_eq!(job.initial, Selection::Values(vec!["agents".to_owned()]));
    let node = variable("node");
    assert_eq!((node.selector.as_str(), &node.all, node.order), (r#"up{job="$job"}"#, &All::Listed, Order::NumberDown));
    assert_eq!((node.multi, &node.initial), (true, &Selection::All));
    let disk = variable("disk");
    assert_eq!((disk.filter.as_str(), &disk.all), (r#"device="([^"]+)""#, &All::Pattern(".+".to_owned())));
    assert!(matches!(&disk.values, Values::Query(expr) if expr.starts_with("sum by (device)")));
    assert_eq!(variable("metric").selector, r#"{__name__=~".*(?:node_.*_total).*"}"#);
    assert_eq!((variable("any").selector.as_str(), variable("any").hidden), (r#"{zone!=""}"#, true));
    assert_eq!(pairs("quantile"), ["0.5=0.5", "0.9=0.9", "p99=0.99", "a,b=a,b"]);
    assert_eq!(variable("quantile").initial, Selection::Values(vec!["0.99".to_owned()]));
    assert_eq!(pairs("window"), ["auto=$__interval", "1m=1m", "5m=5m", "1h=1h"]);
    assert_eq!(variable("window").initial, Selection::Values(vec!["$__interval".to_owned()]));
    assert_eq!((pairs("prefix"), variable("prefix").hidden), (vec!["node=node".to_owned()], true));
    assert_eq!(pairs("ds"), ["Main=Main"]);
    assert_eq!(
        (&variable("needle").values, &variable("needle").initial),
        (&Values::Typed, &Selection::Values(vec!["abc".to_owned()]))
    );
}

#[test]
fn a_dashboard_has_a_name_a_range_and_an_id() {
    let board = imported(CLASSIC).dashboard;
    assert_eq!((board.id.as_str(), board.title.as_str(), board.range), ("kitchen", "Kitchen sink", 21_600_000));
    let old = imported(OLD).dashboard;
    assert_eq!((old.id.as_str(), old.title.as_str(), old.range), ("board", "From before the grid", 1_800_000));
    assert_eq!(imported(V2).dashboard.id, "v2-board");
}

#[test]
fn dashboards_from_before_the_grid_are_read() {
    let board = imported(OLD);
    assert_eq!(
        shown(&board.dashboard),
        [
            ("Free", Kind::Stat, [0, 0, 8, 4]),
            ("Load", Kind::Gauge, [8, 0, 8, 4]),
            ("About", Kind::Text, [16, 0, 8, 4]),
            ("Network", Kind::Row, [0, 4, 24, 1]),
            ("Bytes", Kind::Timeseries, [0, 5, 24, 8]),
            ("Errors", Kind::Timeseries, [0, 13, 12, 8]),
            ("Hosts", Kind::Table, [12, 13, 12, 8]),
        ]
    );
    let board_of = &board.dashboard;
    let free = panel(board_of, "Free");
    assert_eq!((free.unit, free.factor, free.reduce), (Unit::Percent, Some(100.0), Reduce::Last));
    assert_eq!(
        (free.thresholds.base, free.thresholds.steps.clone()),
        (Some(Level::Bad), vec![(10.0, Level::Warn), (20.0, Level::Good)])
    );
    assert_eq!(
        free.mappings.iter().map(|m| (m.when, m.text.as_str())).collect::<Vec<_>>(),
        [(Match::Nan, "N/A"), (Match::Value(100.0), "all")]
    );
    let load = panel(board_of, "Load");
    assert_eq!((load.min, load.max, load.reduce), (Some(0.0), Some(8.0), Reduce::Mean));
    assert_eq!(load.mappings[0].when, Match::Range { from: 0.0, to: 1.0 });
    assert_eq!(panel(board_of, "About").content, "Bold & plain\ntwo");
    assert!(panel(board_of, "Network").collapsed);
    let bytes = panel(board_of, "Bytes");
    assert_eq!(
        (bytes.unit, bytes.spacing, bytes.min, bytes.stacking, bytes.filled),
        (Unit::Bytes, Spacing::Log2, Some(0.0), Stacking::Sum, true)
    );
    assert_eq!((bytes.overrides[0].factor, bytes.overrides[1].axis), (Some(-1.0), Some(Axis::Right)));
    assert_eq!(bytes.legend, [Reduce::Mean, Reduce::Last]);
    assert_eq!(
        (bytes.alerts.as_slice(), bytes.thresholds.steps.as_slice()),
        (&["Too much traffic".to_owned()][..], &[(1000.0, Level::Bad)][..])
    );
    let errors = panel(board_of, "Errors");
    assert_eq!((errors.draw, errors.marking), (Draw::Bars, Marking::Both));
    assert_eq!(errors.thresholds.steps, [(5.0, Level::Warn), (10.0, Level::Bad)]);
    let hosts = panel(board_of, "Hosts");
    assert_eq!((hosts.unit, hosts.decimals, hosts.queries[0].legend.as_deref()), (Unit::Seconds, Some(1), Some("Age")));
    assert_eq!(
        losses(&board),
        [r#"dashboard.rows[0].panels[0].postfix: "Free": ignored: text behind the number: "left""#,]
    );
    assert_eq!(board.report.summary(), "6 of 6 panels; 1 setting ignored");
}

#[test]
fn the_second_schema_is_read() {
    let board = imported(V2);
    assert_eq!(
        shown(&board.dashboard),
        [
            ("CPU", Kind::Timeseries, [0, 0, 16, 9]),
            ("Second / Tab", Kind::Row, [0, 9, 24, 1]),
            ("Nodes", Kind::Stat, [0, 10, 12, 5]),
            ("CPU", Kind::Timeseries, [12, 10, 12, 5]),
        ]
    );
    let cpu = &board.dashboard.panels[0];
    assert_eq!(
        (cpu.draw, cpu.stacking, cpu.unit, cpu.description.as_str()),
        (Draw::Bars, Stacking::Percent, Unit::Seconds, "How busy")
    );
    assert_eq!((cpu.queries.len(), cpu.legend.as_slice()), (1, &[Reduce::Max][..]));
    assert_eq!(cpu.repeat.as_ref().map(|r| r.flow), Some(Flow::Down));
    assert_eq!(cpu.transforms, [Transform::Series { pattern: "a|b".to_owned(), pick: Pick::Keep }]);
    let variables: Vec<_> = board.dashboard.variables.iter().map(|v| (v.name.as_str(), v.hidden, v.order)).collect();
    assert_eq!(
        variables,
        [
            ("node", false, Order::NameDown),
            ("mode", true, Order::None),
            ("word", false, Order::None),
            ("every", false, Order::None)
        ]
    );
    assert_eq!(
        losses(&board),
        [
            r#"spec.variables[4].spec: ignored: variable $by of kind "groupby""#,
            r#"spec.layout.spec.rows[1].spec.layout.spec.tabs[0].spec.layout.spec.items[2].spec: not shown: element "gone", which the file does not have"#,
            r#"spec.elements["panel-3"].spec: "Lib": not shown: library panel "Lib", whose content is not in the file"#,
            r#"spec.elements["panel-2"].spec.vizConfig.spec.fieldConfig.defaults.unit: "Nodes": ignored: unit "frobs""#,
        ]
    );
    assert_eq!(board.report.summary(), "3 of 5 panels; 2 settings ignored");
}

#[test]
fn what_is_converted_reads_as_the_same_again() {
    for text in [CLASSIC, OLD, V2] {
        let board = imported(text).dashboard;
        assert_eq!(again(&board), board, "{}", write(&board));
    }
}

#[test]
fn names_that_nobody_defines_can_be_typed() {
    let text = r#"{"panels":[{"type":"stat","title":"A","targets":[{"expr":"up{a=\"$who\"} + $many"}]}]}"#;
    let board = imported(text);
    assert_eq!(
        board.dashboard.variables.iter().map(|v| (v.name.as_str(), &v.values)).collect::<Vec<_>>(),
        [("who", &Values::Typed), ("many", &Values::Typed)]
    );
    assert_eq!(board.report.losses.len(), 2);
    assert_eq!(again(&board.dashboard), board.dashboard);
}

fn refused(text: &str) -> String {
    import("b.json", text.as_bytes()).map_or_else(|e| e.to_string(), |i| format!("taken: {i:?}"))
}

#[test]
fn what_is_no_dashboard_is_refused_with_a_reason() {
    assert_eq!(
        refused("{\n  \"panels\": [1,]\n}"),
        "b.json:2:16: not JSON: trailing comma\n    \"panels\": [1,]\n                 ^"
    );
    assert!(refused("{").starts_with("b.json:1:1: not JSON: EOF while parsing"));
    assert!(refused("{\"a\": 1}").contains("this JSON is no Grafana dashboard"));
    let nothing = refused(r#"{"panels":[{"type":"nodeGraph","title":"Map"}]}"#);
    assert!(nothing.contains("no panel that can be shown") && nothing.contains("nodeGraph"), "{nothing}");
    assert!(refused(r#"{"panels":[]}"#).contains("no panel that can be shown"));
}

#[test]
fn depth_is_bounded() {
    let deep = format!("{{\"panels\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused(&deep).contains("recursion limit"), "{}", refused(&deep).lines().next().unwrap());
    let mut layout = json!({ "kind": "GridLayout", "spec": { "items": [] } });
    for _ in 0..15 {
        layout = json!({ "kind": "TabsLayout", "spec": { "tabs": [{ "spec": { "title": "t", "layout": layout } }] } });
    }
    let panel = json!({ "kind": "Panel", "spec": { "title": "P", "vizConfig": { "kind": "stat", "spec": {} },
        "data": { "spec": { "queries": [{ "spec": { "query": { "kind": "prometheus", "spec": { "expr": "up" } } } }] } } } });
    let board = imported(&json!({ "elements": { "p": panel }, "layout": layout }).to_string());
    assert_eq!(board.report.shown, 1);
}

#[test]
fn controls_never_reach_the_screen() {
    let evil = "a\u{1b}[31mb\u{202e}c\u{7}\n\td";
    let text = json!({ "title": evil, "description": evil, "uid": evil,
        "templating": { "list": [{ "type": "custom", "name": "v", "label": evil, "query": evil }] },
        "panels": [
            { "type": "stat", "title": evil, "description": evil, "targets": [{ "expr": "up", "legendFormat": evil, "refId": evil }],
              "fieldConfig": { "defaults": { "unit": evil, "mappings": [{ "type": "value", "options": { "1": { "text": evil } } }] },
                "overrides": [{ "matcher": { "id": "byName", "options": evil }, "properties": [{ "id": "displayName", "value": evil }, { "id": evil, "value": 1 }] }] } },
            { "type": "text", "options": { "content": evil } },
            { "type": evil, "title": evil },
        ] });
    let board = imported(&text.to_string());
    let words = format!("{}{}", write(&board.dashboard).replace("\\n", " "), board.report);
    // Values of variables go into queries as they are; whoever draws them makes them safe.
    let words: String = words.lines().filter(|l| !l.starts_with("values = ")).collect::<Vec<_>>().join("\n");
    assert!(!words.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{words:?}");
    assert_eq!(again(&board.dashboard), board.dashboard);
}

/// A dashboard of so many panels, as those of machines are.
fn large(panels: usize) -> String {
    let mut all = Vec::new();
    for i in 0..panels {
        if i % 12 == 0 {
            all.push(json!({ "type": "row", "title": format!("Section {i}"), "collapsed": false, "gridPos": { "x": 0, "y": i * 4, "w": 24, "h": 1 } }));
        }
        let targets: Vec<Value> = (0..4)
            .map(|n| json!({ "refId": format!("{}", (b'A' + n) as char), "legendFormat": "{{mode}}", "step": 240,
                "expr": format!("sum by(mode) (irate(node_{i}_{n}_total{{mode=\"user\",instance=\"$node\",job=\"$job\"}}[$__rate_interval])) / on(instance) group_left sum(irate(node_cpu_seconds_total{{instance=\"$node\"}}[5m]))") }))
            .collect();
        let override_of = |name: &str| json!({ "matcher": { "id": "byName", "options": name }, "properties": [{ "id": "color", "value": { "fixedColor": "#052B51", "mode": "fixed" } }, { "id": "custom.stacking", "value": { "group": false, "mode": "normal" } }] });
        let overrides = ["Apps", "Buffers", "Cache", "Cached", "Free", "Slab"].map(override_of);
        all.push(json!({ "type": "timeseries", "title": format!("Panel {i}"), "gridPos": { "x": (i % 2) * 12, "y": i * 4 + 1, "w": 12, "h": 8 }, "targets": targets,
            "fieldConfig": { "defaults": { "unit": "bytes", "custom": { "drawStyle": "line", "fillOpacity": 20, "stacking": { "mode": "normal" } }, "thresholds": { "mode": "absolute", "steps": [{ "color": "green" }, { "color": "red", "value": 80 }] } },
                "overrides": overrides } }));
    }
    let list = json!([
        { "type": "query", "name": "job", "query": "label_values(node_uname_info, job)" },
        { "type": "query", "name": "node", "query": "label_values(node_uname_info{job=\"$job\"}, instance)" },
    ]);
    json!({ "title": "Large", "templating": { "list": list }, "panels": all }).to_string()
}

#[test]
fn ten_thousand_panels_are_bounded_and_said_to_be() {
    let board = imported(&large(10_000));
    assert!(board.dashboard.panels.len() <= 2_000);
    assert_eq!(board.report.panels, 10_000);
    assert!(board.report.losses.iter().any(|l| l.what == "more than 2000 panels"));
    let ranking = shtop::layout::Ranking::as_written(board.dashboard.panels.len());
    let placed = shtop::layout::place(&board.dashboard, &ranking, 200, 60, shtop::layout::Density::Grid);
    assert_eq!(placed.rows.len(), board.dashboard.panels.len());
}

#[test]
fn a_large_dashboard_opens_at_once() {
    let text = large(130);
    let start = tokio::time::Instant::now();
    let board = imported(&text);
    let took = start.elapsed();
    assert_eq!(board.report.summary(), "130 of 130 panels");
    // A debug build on a busy machine; what a release build takes is a tenth of it.
    assert!(took.as_millis() < 20_000, "{took:?} for {} bytes", text.len());
}

/// Puts `with` somewhere into `value`: at the `at`-th of its parts, counted through.
fn mutate(value: &mut Value, at: &mut usize, with: &Value) {
    if *at == 0 {
        *value = with.clone();
        *at = usize::MAX;
        return;
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| mutate(item, at, with)),
        Value::Object(map) => map.values_mut().for_each(|item| mutate(item, at, with)),
        _ => {}
    }
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[{}], null, 1])),
        Just(json!({ "id": {}, "options": [1], "text": 3, "value": { "a": "b" } })),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[$\\[\\]{}/(.*)a-z_:]{0,16}".prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_that_a_file_says_can_break_the_import(
        which in 0usize..3,
        changes in prop::collection::vec((0usize..700, anything()), 1..5),
    ) {
        let mut value: Value = serde_json::from_str([CLASSIC, OLD, V2][which]).unwrap();
        for (at, with) in &changes {
            let mut at = *at + 1;
            mutate(&mut value, &mut at, with);
        }
        if let Ok(board) = import("m.json", value.to_string().as_bytes()) {
            let text = write(&board.dashboard);
            let read = parse(&format!("{}.toml", board.dashboard.id), &text);
            prop_assert!(read.is_ok(), "{}\n{text}", read.unwrap_err());
            prop_assert_eq!(read.unwrap(), board.dashboard);
        }
    }
}
