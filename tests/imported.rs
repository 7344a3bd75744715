//! Imported dashboards on the screen: what is asked and when, as variables become known, rows unfold and panels come into
//! sight. Events are handed in; nothing waits or touches a network.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[allow(dead_code, reason = "it is for the screens of other tests, too")]
#[path = "support/cluster.rs"]
mod cluster;

use std::sync::Arc;

use cluster::{NOW, draw, text};
use crossterm::event::{KeyCode, KeyEvent};
use serde_json::{Value, json};
use shtop::app::{Cluster, Command, Message, Model, Origin, update};
use shtop::layout::import;
use shtop::series::{Labels, Series};
use shtop::source::{Answer, Event, Plan, Reply};
use shtop::theme::Depth;

fn model(board: &Value, size: (u16, u16)) -> Model {
    let dashboard = import("board.json", board.to_string().as_bytes()).expect("a dashboard").dashboard;
    let cluster = Cluster { dashboards: vec![dashboard], ..cluster::cluster(Origin::Prometheus) };
    cluster::opened(cluster, NOW, size)
}

fn watched(command: Option<Command>) -> Option<Plan> {
    match command {
        Some(Command::Watch(plan)) => Some(plan),
        Some(Command::Several(commands)) => commands.into_iter().find_map(|c| watched(Some(c))),
        _ => None,
    }
}

fn begin(model: &mut Model) -> Plan {
    let (width, height) = model.size;
    watched(update(model, Message::Resize(width, height))).expect("a plan")
}

fn press(model: &mut Model, code: KeyCode) -> Option<Plan> {
    watched(update(model, Message::Key(KeyEvent::from(code))))
}

fn learn(model: &mut Model, name: &str, values: &[&str]) -> Option<Plan> {
    let values = values.iter().map(|&v| Arc::from(v)).collect();
    let key = ("board".to_owned(), name.to_owned());
    watched(update(model, Message::Source(Event::Variable { key, values })))
}

/// The queries of a plan, in its order.
fn asked(plan: &Plan) -> Vec<String> {
    plan.asks.iter().flat_map(|ask| ask.queries.iter().map(|q| q.text().to_owned())).collect()
}

/// The selectors by which a plan asks for the values of variables.
fn variables(plan: &Plan) -> Vec<String> {
    plan.variables.iter().map(|v| format!("{} {}", v.key.1, v.selector.text())).collect()
}

fn panel(kind: &str, title: &str, y: usize, expr: &str) -> Value {
    json!({ "type": kind, "title": title, "gridPos": { "x": 0, "y": y, "w": 12, "h": 8 }, "targets": [{ "refId": "A", "expr": expr }] })
}

fn query(name: &str, query: &str) -> Value {
    json!({ "type": "query", "name": name, "query": query, "current": {} })
}

fn chained() -> Value {
    let node = json!({ "type": "query", "name": "node", "query": "label_values(up{job=\"$job\"}, instance)", "multi": true, "includeAll": true, "current": { "value": ["$__all"] } });
    json!({
        "templating": { "list": [query("job", "label_values(up, job)"), node] },
        "panels": [
            panel("stat", "Of $job", 0, "sum(up{job=\"$job\"})"),
            panel("timeseries", "Nodes", 8, "load{instance=~\"$node\"}"),
            panel("timeseries", "Plain", 16, "rate(x[$__rate_interval])"),
        ]
    })
}

#[test]
fn panels_wait_for_the_variables_that_they_use_and_no_others() {
    let mut model = model(&chained(), (120, 50));
    let plan = begin(&mut model);
    assert_eq!(variables(&plan), ["job up"]);
    assert_eq!(asked(&plan), ["rate(x[65s])"]);
    assert!(model.waits_for_variables());
    let plan = learn(&mut model, "job", &["agents", "other"]).expect("the first job is chosen");
    assert_eq!(variables(&plan), ["job up", "node up{job=\"agents\"}"]);
    assert_eq!(asked(&plan), ["sum(up{job=\"agents\"})", "rate(x[65s])"]);
    let plan = learn(&mut model, "node", &["a:1", "b:1"]).expect("nodes are known");
    assert_eq!(asked(&plan), ["sum(up{job=\"agents\"})", "load{instance=~\"a:1|b:1\"}", "rate(x[65s])"]);
    assert!(!model.waits_for_variables());
    assert!(learn(&mut model, "node", &["a:1", "b:1"]).is_none(), "nothing is new");
    assert_eq!(model.views[0].dashboard.panels[0].title, "Of agents");
}

#[test]
fn a_choice_is_followed_by_the_variables_that_depend_on_it() {
    let mut model = model(&chained(), (120, 50));
    begin(&mut model);
    learn(&mut model, "job", &["agents", "other"]);
    learn(&mut model, "node", &["a:1", "b:1"]);
    press(&mut model, KeyCode::Char('v'));
    press(&mut model, KeyCode::Down);
    let plan = press(&mut model, KeyCode::Enter).expect("another job is chosen");
    assert_eq!(variables(&plan), ["job up", "node up{job=\"other\"}"]);
    assert_eq!(asked(&plan), ["sum(up{job=\"other\"})", "rate(x[65s])"], "nodes of the job before are not asked for");
    let plan = learn(&mut model, "node", &["c:1"]).expect("its nodes are known");
    assert!(asked(&plan).contains(&"load{instance=~\"c:1\"}".to_owned()));
}

#[test]
fn values_come_from_queries_too() {
    let disk = json!({ "type": "query", "name": "disk", "query": "query_result(disks)", "regex": "/dev=\"(.*?)\"/", "current": {} });
    let board = json!({ "templating": { "list": [disk] }, "panels": [panel("stat", "D", 0, "d{dev=\"$disk\"}")] });
    let mut model = model(&board, (120, 50));
    let plan = begin(&mut model);
    assert_eq!(asked(&plan), ["disks"]);
    let now = vec![(Labels::from_pairs([("__name__", "disks"), ("dev", "sdb")]), 4.0)];
    let replies = vec![Ok(Reply { now, ..Reply::default() })];
    let window = shtop::series::Window::aligned(NOW, 3_600_000, 30_000);
    let answer = Answer { revision: plan.revision, key: plan.asks[0].key, window, at: NOW, replies };
    let plan = watched(update(&mut model, Message::Source(Event::Answer(answer)))).expect("the disk is known");
    assert_eq!(asked(&plan), ["disks", "d{dev=\"sdb\"}"]);
}

fn repeated() -> Value {
    let node = json!({ "type": "query", "name": "node", "query": "label_values(up, instance)", "multi": true, "includeAll": true, "current": { "value": ["$__all"] } });
    let mut one = panel("stat", "Up of $node", 1, "up{instance=\"$node\"}");
    one["repeat"] = json!("node");
    let mut row = json!({ "type": "row", "title": "Row of $node", "collapsed": true, "repeat": "node", "gridPos": { "x": 0, "y": 20, "w": 24, "h": 1 } });
    row["panels"] = json!([panel("timeseries", "In it", 21, "load{instance=\"$node\"}")]);
    json!({ "templating": { "list": [node] }, "panels": [one, row, panel("stat", "Last", 30, "last")] })
}

#[test]
fn panels_and_rows_are_repeated_for_each_value() {
    let mut model = model(&repeated(), (120, 60));
    begin(&mut model);
    let plan = learn(&mut model, "node", &["a", "b"]).expect("nodes are known");
    let titles: Vec<_> = model.views[0].dashboard.panels.iter().map(|p| p.title.clone()).collect();
    assert_eq!(titles, ["Up of a", "Up of b", "Row of a", "In it", "Row of b", "In it", "…", "Last"]);
    assert_eq!(asked(&plan)[..2], ["up{instance=\"a\"}", "up{instance=\"b\"}"]);
    assert!(!asked(&plan).iter().any(|q| q.starts_with("load")), "what is folded away is not asked for");
    let screen = text(&draw(&model, Depth::None));
    assert!(screen.contains("▸ Row of a") && screen.contains("▸ Row of b"), "{screen}");
}

#[test]
fn a_row_folds_its_panels_away_and_shows_them_again() {
    let mut model = model(&repeated(), (120, 60));
    begin(&mut model);
    learn(&mut model, "node", &["a", "b"]);
    let row = model.views[0].dashboard.panels.iter().position(|p| p.title == "Row of a").expect("the row");
    model.views[0].selected = row;
    let plan = press(&mut model, KeyCode::Enter).expect("what came into sight is asked for");
    assert!(
        asked(&plan).contains(&"load{instance=\"a\"}".to_owned())
            && !asked(&plan).contains(&"load{instance=\"b\"}".to_owned())
    );
    assert!(text(&draw(&model, Depth::None)).contains("▾ Row of a"));
    let plan = press(&mut model, KeyCode::Char(' ')).expect("a plan");
    assert!(!asked(&plan).iter().any(|q| q.starts_with("load")));
    assert!(!model.views[0].full && model.end.is_none(), "it is neither filled nor frozen");
}

#[test]
fn a_selection_is_kept_while_others_come_and_go() {
    let mut model = model(&repeated(), (120, 60));
    begin(&mut model);
    learn(&mut model, "node", &["b", "c"]);
    let title = |model: &Model| model.views[0].dashboard.panels[model.views[0].selected].title.clone();
    let c = model.views[0].dashboard.panels.iter().position(|p| p.title == "Up of c").expect("c");
    model.views[0].selected = c;
    learn(&mut model, "node", &["a", "b", "c"]);
    assert_eq!(title(&model), "Up of c");
}

fn long(panels: usize) -> Value {
    let all: Vec<Value> = (0..panels).map(|i| panel("timeseries", &format!("P{i}"), i * 8, &format!("m{i}"))).collect();
    json!({ "panels": all })
}

#[test]
fn of_a_large_dashboard_only_what_is_near_is_asked_for_and_the_rest_follows() {
    let mut model = model(&long(150), (120, 50));
    let first = begin(&mut model);
    assert!((5..30).contains(&first.asks.len()), "{}", first.asks.len());
    assert_eq!(asked(&first)[0], "m0");
    let values = vec![Series { labels: Labels::empty(), values: vec![1.0; 121] }];
    let window = shtop::series::Window::aligned(NOW, 3_600_000, 30_000);
    let reply = Reply { range: values, now: vec![(Labels::empty(), 1.0)], ..Reply::default() };
    let answer = Answer { revision: first.revision, key: first.asks[0].key, window, at: NOW, replies: vec![Ok(reply)] };
    update(&mut model, Message::Source(Event::Answer(answer)));
    let mut plans = 0;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..40 {
        if let Some(plan) = press(&mut model, KeyCode::PageDown) {
            plans += 1;
            seen.extend(asked(&plan));
        }
    }
    assert!(seen.contains("m149"), "the last one has been asked for");
    assert!(plans >= 5, "{plans}");
    assert!(model.views[0].panels[0].picture.is_some(), "what was there stays");
}

#[test]
fn small_dashboards_ask_for_everything_at_once() {
    let mut model = model(&long(20), (120, 50));
    assert_eq!(begin(&mut model).asks.len(), 20);
}

#[test]
fn a_large_dashboard_is_drawn_and_scrolled_without_a_stutter() {
    let mut model = model(&long(150), (200, 60));
    begin(&mut model);
    let start = tokio::time::Instant::now();
    for _ in 0..50 {
        press(&mut model, KeyCode::Down);
        draw(&model, Depth::TrueColor);
    }
    let each = start.elapsed() / 50;
    // A debug build on a busy machine: a release build takes a small part of it.
    assert!(each.as_millis() < 2_000, "{each:?} for a key and a frame");
}
