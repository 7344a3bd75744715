//! The editor of queries over the demo's cluster: how it is opened, what keys do in it, what it looks like.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "support/cluster.rs"]
#[expect(dead_code, reason = "commands besides a plan are of interest here")]
mod cluster;

use std::sync::Arc;

use cluster::{draw, model, outage, text};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use shtop::app::{Command, Focus, Message, Model, Screen, Show, update};
use shtop::source::{Event, Listing, Replay};
use shtop::theme::Depth;

/// Tells the model something and answers whatever it wants to watch; the other commands come back.
fn tell(model: &mut Model, message: Message, source: &Replay) -> Vec<Command> {
    let mut rest = Vec::new();
    let mut commands: Vec<Command> = update(model, message).into_iter().collect();
    while let Some(command) = commands.pop() {
        match command {
            Command::Several(more) => commands.extend(more.into_iter().rev()),
            Command::Watch(plan) => {
                for event in source.answers(&plan, model.now) {
                    commands.extend(update(model, Message::Source(event)));
                }
            }
            other => rest.push(other),
        }
    }
    rest
}

fn press(model: &mut Model, code: KeyCode) -> Vec<Command> {
    tell(model, Message::Key(KeyEvent::from(code)), outage())
}

fn ctrl(model: &mut Model, c: char) -> Vec<Command> {
    tell(model, Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)), outage())
}

fn write(model: &mut Model, text: &str) {
    for c in text.chars() {
        press(model, KeyCode::Char(c));
    }
}

/// An editor with nothing in it.
fn editor(width: u16, height: u16) -> Model {
    let mut model = model(width, height);
    tell(&mut model, Message::Resize(width, height), outage());
    press(&mut model, KeyCode::Char('4'));
    press(&mut model, KeyCode::Char('x'));
    assert_eq!(model.screen, Screen::Explore);
    model
}

fn words(model: &Model) -> Vec<&str> {
    let list = model.explore.list.as_ref();
    list.map_or(Vec::new(), |list| list.completion.candidates.iter().map(|c| c.word.as_str()).collect())
}

fn shown(model: &Model) -> String {
    text(&draw(model, Depth::None))
}

#[test]
fn a_query_is_written_completed_and_run() {
    let mut model = editor(120, 40);
    write(&mut model, "su");
    assert_eq!(words(&model)[0], "sum");
    press(&mut model, KeyCode::Tab);
    assert_eq!(model.explore.text(), "sum(");
    write(&mut model, "rate(producer_rec");
    assert_eq!(words(&model), ["streamhouse_producer_records_total"]);
    press(&mut model, KeyCode::Tab);
    write(&mut model, "{");
    assert!(words(&model).contains(&"topic"), "{:?}", words(&model));
    write(&mut model, "to");
    press(&mut model, KeyCode::Tab);
    assert_eq!(model.explore.text(), "sum(rate(streamhouse_producer_records_total{topic=\"");
    assert!(words(&model).contains(&"orders"), "{:?}", words(&model));
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Enter);
    assert!(model.explore.text().ends_with('"'), "{}", model.explore.text());
    write(&mut model, "}[");
    assert_eq!(words(&model)[1], "5m");
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Tab);
    write(&mut model, ")) by (");
    assert!(words(&model).contains(&"topic") && !words(&model).contains(&"__name__"), "{:?}", words(&model));
    write(&mut model, "topic)");
    let commands = press(&mut model, KeyCode::Enter);
    let text = model.explore.text().to_owned();
    assert!(matches!(commands.as_slice(), [Command::Remember(query)] if *query == text), "{commands:?}");
    let ran = model.explore.ran.as_ref().expect("it ran");
    assert_eq!(ran.data().and_then(|data| data.picture.as_ref()).expect("a result").curves.len(), 1);
}

#[test]
fn it_opens_with_what_is_in_sight_and_escape_leads_back() {
    let mut model = model(120, 40);
    tell(&mut model, Message::Resize(120, 40), outage());
    press(&mut model, KeyCode::Char('x'));
    assert_eq!(model.screen, Screen::Explore);
    let first = model.explore.text().to_owned();
    assert!(first.contains("streamhouse_agents_active"), "{first}");
    let ran = model.explore.ran.as_ref().expect("it ran");
    assert!(ran.data().is_some_and(|data| data.picture.is_some()), "{:?}", ran.data());
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.screen, Screen::Dashboard(0));
    press(&mut model, KeyCode::Char('4'));
    press(&mut model, KeyCode::Char('x'));
    assert_eq!(model.explore.text(), first, "the last query where none is in sight");
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.screen, Screen::Targets);
}

#[test]
fn keys_that_lead_elsewhere_are_typed_here() {
    let mut model = editor(80, 24);
    write(&mut model, "q1?xa");
    assert_eq!((model.screen, model.explore.text()), (Screen::Explore, "q1?xa"));
    press(&mut model, KeyCode::Backspace);
    assert_eq!(model.explore.text(), "q1?x");
    press(&mut model, KeyCode::F(1));
    assert!(shown(&model).contains("Here: in the editor of queries"));
    press(&mut model, KeyCode::Esc);
    assert!(matches!(ctrl(&mut model, 'c').as_slice(), [Command::Quit]));
}

#[test]
fn a_mistake_is_told_under_its_place_and_keeps_the_last_result() {
    let mut model = editor(100, 30);
    write(&mut model, "up");
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.screen, &model.explore.list), (Screen::Explore, &None), "it only closed the list");
    press(&mut model, KeyCode::Enter);
    write(&mut model, " + raet(up[5m])");
    press(&mut model, KeyCode::Enter);
    let screen = shown(&model);
    assert!(screen.contains("did you mean rate?"), "{screen}");
    assert!(screen.contains("     ^^^^"), "{screen}");
    let ran = model.explore.ran.as_ref().expect("the one before");
    assert_eq!(ran.queries[0].text(), "up");
    assert!(ran.data().is_some_and(|data| data.picture.is_some()));
}

#[test]
fn up_goes_through_the_history_and_ctrl_r_searches_it() {
    let mut model = editor(100, 30);
    tell(&mut model, Message::Queries(vec!["from_before".to_owned()]), outage());
    for query in ["up", "sum(up)"] {
        ctrl(&mut model, 'u');
        write(&mut model, query);
        press(&mut model, KeyCode::Enter);
    }
    press(&mut model, KeyCode::Up);
    assert_eq!(model.explore.text(), "up");
    press(&mut model, KeyCode::Up);
    assert_eq!(model.explore.text(), "from_before");
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Down);
    assert_eq!(model.explore.text(), "sum(up)");
    ctrl(&mut model, 'u');
    write(&mut model, "before");
    ctrl(&mut model, 'r');
    assert_eq!(words(&model), ["from_before"]);
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.explore.text(), "from_before");
}

#[test]
fn copies_are_the_query_and_the_command_that_asks_it() {
    let mut model = editor(100, 30);
    write(&mut model, "up{job='a'}");
    assert!(matches!(ctrl(&mut model, 'y').as_slice(), [Command::Copy(text)] if text == "up{job='a'}"));
    let copied = ctrl(&mut model, 'x');
    let [Command::Copy(line)] = copied.as_slice() else { panic!("{copied:?}") };
    assert_eq!(line, r"shtop query 'up{job='\''a'\''}'");
}

#[test]
fn a_result_is_a_chart_a_table_a_number_or_words() {
    let mut model = editor(100, 30);
    write(&mut model, "sum by (topic) (streamhouse_consumer_lag)");
    press(&mut model, KeyCode::Enter);
    ctrl(&mut model, 't');
    assert_eq!(model.explore.show, Show::Table);
    let screen = shown(&model);
    assert!(screen.contains("topic") && screen.contains("value") && screen.contains("orders"), "{screen}");
    ctrl(&mut model, 's');
    assert_eq!(model.notice.as_deref(), Some("sorted: topic"));
    for (query, what) in
        [("\"a word\"", "a word"), ("none_such", "none_such"), ("up[1m]", "4 series"), ("1 / 4", "0.25")]
    {
        ctrl(&mut model, 'u');
        write(&mut model, query);
        press(&mut model, KeyCode::Esc);
        if model.screen != Screen::Explore {
            press(&mut model, KeyCode::Char('x'));
        }
        press(&mut model, KeyCode::Enter);
        let screen = shown(&model);
        let below = screen.split_once('╰').map_or("", |(_, below)| below);
        assert!(below.contains(what), "{query}:\n{screen}");
    }
}

#[test]
fn screens_of_every_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 60)] {
        let mut model = editor(width, height);
        write(&mut model, "sum by (topic) (rate(streamhouse_producer_records_total[5m]))");
        press(&mut model, KeyCode::Enter);
        insta::assert_snapshot!(format!("chart_{width}x{height}"), shown(&model));
        ctrl(&mut model, 't');
        insta::assert_snapshot!(format!("table_{width}x{height}"), shown(&model));
        write(&mut model, " / stre");
        insta::assert_snapshot!(format!("list_{width}x{height}"), shown(&model));
        write(&mut model, "amhouse_nothing(");
        insta::assert_snapshot!(format!("mistake_{width}x{height}"), shown(&model));
    }
}

#[test]
fn any_size_and_any_text_can_be_drawn() {
    for (width, height) in [(1, 1), (40, 8), (41, 9), (60, 10), (400, 120)] {
        let mut model = editor(120, 40);
        write(&mut model, "日本{é\u{202e}=\"\u{1b}\n\t ");
        ctrl(&mut model, 'j');
        write(&mut model, &"x".repeat(500));
        press(&mut model, KeyCode::Tab);
        tell(&mut model, Message::Resize(width, height), outage());
        assert!(!shown(&model).contains('\u{1b}'));
    }
}

/// Closes the list at the cursor, where one is open.
fn close(model: &mut Model) {
    if model.explore.list.is_some() {
        press(model, KeyCode::Esc);
    }
}

fn alt(model: &mut Model, code: KeyCode) -> Vec<Command> {
    tell(model, Message::Key(KeyEvent::new(code, KeyModifiers::ALT)), outage())
}

#[test]
fn several_queries_stand_in_one_chart_and_one_table() {
    let mut model = editor(120, 40);
    write(&mut model, "sum by (topic) (streamhouse_consumer_lag);");
    alt(&mut model, KeyCode::Enter);
    write(&mut model, "sum by (topic) (rate(streamhouse_producer_records_total[5m]))");
    press(&mut model, KeyCode::Enter);
    let ran = model.explore.ran.as_ref().expect("it ran");
    assert_eq!((ran.queries.len(), ran.view.dashboard.panels[0].queries.len()), (2, 2));
    let screen = shown(&model);
    assert!(screen.contains("2 queries") && screen.contains("A orders") && screen.contains("B orders"), "{screen}");
    ctrl(&mut model, 't');
    let table = shown(&model);
    assert!(table.contains("value 1") || table.contains(" A "), "{table}");
    // The list is about the query that the cursor is in.
    write(&mut model, " / rat");
    press(&mut model, KeyCode::Tab);
    assert!(model.explore.text().ends_with("[5m])) / rate("), "{}", model.explore.text());
}

#[test]
fn a_mistake_in_a_later_line_is_told_under_it() {
    let mut model = editor(100, 30);
    write(&mut model, "up;");
    ctrl(&mut model, 'j');
    write(&mut model, "sum(");
    ctrl(&mut model, 'j');
    write(&mut model, "  raet(up[5m]))");
    close(&mut model);
    let screen = shown(&model);
    let lines: Vec<&str> = screen.lines().collect();
    let at = lines.iter().position(|line| line.contains("raet(up")).expect("the line");
    let column = lines[at].find("raet").expect("the word");
    assert_eq!(&lines[at + 1][column..column + 4], "^^^^", "{screen}");
}

#[test]
fn the_result_has_the_keys_of_a_dashboard_and_escape_leads_back_to_the_query() {
    let mut model = editor(120, 40);
    press(&mut model, KeyCode::BackTab);
    assert_eq!(model.explore.focus, Focus::Editor, "there is no result yet");
    write(&mut model, "sum by (topic) (rate(streamhouse_producer_records_total[5m]))");
    press(&mut model, KeyCode::Enter);
    press(&mut model, KeyCode::BackTab);
    assert_eq!(model.explore.focus, Focus::Result);
    let range = model.shown_range();
    press(&mut model, KeyCode::Char('+'));
    assert!(model.shown_range() < range);
    press(&mut model, KeyCode::Char('0'));
    assert_eq!((model.shown_range(), model.end), (range, None));
    press(&mut model, KeyCode::Char('['));
    assert!(model.end.is_some());
    press(&mut model, KeyCode::Char('0'));
    press(&mut model, KeyCode::Left);
    let begun = model.cursor.expect("an arrow begins the crosshair");
    press(&mut model, KeyCode::Left);
    assert!(model.cursor.is_some_and(|cursor| cursor < begun));
    assert!(shown(&model).contains("values at"), "{}", shown(&model));
    let copied = press(&mut model, KeyCode::Char('y'));
    let [Command::Copy(values)] = copied.as_slice() else { panic!("{copied:?}") };
    assert!(values.starts_with("topic\tvalue\n") && values.contains("\norders\t"), "{values}");
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Char('/'));
    write(&mut model, "!orders");
    press(&mut model, KeyCode::Enter);
    assert!(!shown(&model).contains(" orders "), "{}", shown(&model));
    press(&mut model, KeyCode::Char('f'));
    assert_eq!(model.explore.focus, Focus::Whole);
    for focus in [Focus::Result, Focus::Result, Focus::Result, Focus::Result, Focus::Editor] {
        press(&mut model, KeyCode::Esc);
        assert_eq!(model.explore.focus, focus);
    }
    assert!(model.cursor.is_none() && shown(&model).contains(" orders "), "{}", shown(&model));
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.screen, Screen::Targets);
}

#[test]
fn units_come_from_the_panel_and_else_from_names_and_functions() {
    let mut model = editor(120, 40);
    write(&mut model, "sum(rate(streamhouse_producer_bytes_total[5m]))");
    press(&mut model, KeyCode::Enter);
    let unit = |model: &Model| model.explore.ran.as_ref().expect("it ran").view.dashboard.panels[0].unit;
    assert_eq!(unit(&model), shtop::unit::Unit::BytesPerSecond);
    ctrl(&mut model, 'u');
    write(&mut model, "histogram_quantile(0.99, sum by (le) (rate(streamhouse_s3_latency_seconds_bucket[5m])))");
    close(&mut model);
    press(&mut model, KeyCode::Enter);
    assert_eq!(unit(&model), shtop::unit::Unit::Seconds);
    press(&mut model, KeyCode::Esc);
    press(&mut model, KeyCode::Char('1'));
    let panel = model.views[0].dashboard.panels.iter().position(|p| p.title == "Disk Usage").expect("the panel");
    model.views[0].selected = panel;
    press(&mut model, KeyCode::Char('x'));
    assert_eq!(unit(&model), model.views[0].dashboard.panels[panel].unit);
}

#[test]
fn changes_are_taken_back_and_lines_are_walked_through() {
    let mut model = editor(80, 24);
    write(&mut model, "sum(up)");
    alt(&mut model, KeyCode::Enter);
    write(&mut model, "/ 2");
    close(&mut model);
    press(&mut model, KeyCode::Up);
    write(&mut model, "x");
    assert_eq!(model.explore.text(), "sumx(up)\n/ 2");
    for before in ["sum(up)\n/ 2", "sum(up)\n/ ", "sum(up)\n/", "sum(up)\n", "sum(up)"] {
        ctrl(&mut model, '_');
        assert_eq!(model.explore.text(), before);
    }
}

#[test]
fn the_history_is_searched_while_one_types() {
    let mut model = editor(100, 30);
    let queries = ["sum(rate(a[5m]))", "up{job=\"x\"}", "rate(b[5m])"];
    tell(&mut model, Message::Queries(queries.map(str::to_owned).to_vec()), outage());
    ctrl(&mut model, 'r');
    assert_eq!(words(&model).len(), 3);
    write(&mut model, "rate !sum");
    assert_eq!(words(&model), ["rate(b[5m])"]);
    press(&mut model, KeyCode::Backspace);
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.explore.text(), "", "what was searched for is no query");
    ctrl(&mut model, 'r');
    write(&mut model, "job");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.explore.text(), "up{job=\"x\"}");
}

/// Goes to the editor; answers what it wants to know with what `told` makes of it.
fn told(model: &mut Model, told: impl Fn(&Listing) -> Vec<Arc<str>>) {
    let Some(Command::Watch(plan)) = update(model, Message::Key(KeyEvent::from(KeyCode::Char('x')))) else {
        panic!("it asks")
    };
    for ask in &plan.variables {
        let event = Event::Variable { key: ask.key.clone(), values: told(&ask.lists) };
        update(model, Message::Source(event));
    }
}

#[test]
fn what_targets_say_of_a_metric_stands_beside_it() {
    let mut model = model(160, 40);
    told(&mut model, |lists| match lists {
        Listing::Help => {
            vec![Arc::from("node_boot gauge  When it was \u{2400} booted."), Arc::from("node_x counter  X.")]
        }
        Listing::Values(_) | Listing::Names => vec![Arc::from("node_boot"), Arc::from("node_x_total")],
    });
    ctrl(&mut model, 'u');
    write(&mut model, "node");
    let shown = shown(&model);
    assert!(shown.contains("gauge  When it was") && shown.contains("counter  X."), "{shown}");
}

#[test]
fn of_very_many_metrics_the_nearest_are_found_and_all_are_counted() {
    let names: Vec<Arc<str>> =
        (0..100_000).map(|i| Arc::from(format!("svc{:03}_http_thing_{i:05}_seconds_total", i % 400))).collect();
    let mut model = model(120, 40);
    told(&mut model, |lists| if matches!(lists, Listing::Values(_)) { names.clone() } else { Vec::new() });
    ctrl(&mut model, 'u');
    write(&mut model, "thing_9999");
    let list = model.explore.list.as_ref().expect("a list");
    // Ten have it as it is written, others in letters that are near each other.
    assert!(list.completion.found >= 10 && list.completion.found == words(&model).len());
    assert!(words(&model)[..10].iter().all(|word| word.contains("thing_9999")), "{:?}", words(&model));
    write(&mut model, "7");
    assert_eq!(words(&model), ["svc397_http_thing_99997_seconds_total"]);
    ctrl(&mut model, 'u');
    write(&mut model, "http");
    let list = model.explore.list.as_ref().expect("a list");
    assert_eq!((list.completion.found, words(&model).len()), (100_000, 200));
}
