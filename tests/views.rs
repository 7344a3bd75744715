//! The three dashboards over the demo's cluster, from bodies to cells: every query, every view at three sizes, and what the
//! keys do. Nothing here waits or touches a network.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/cluster.rs"]
mod cluster;

use cluster::{NOW, draw, drawn, model, outage, replay, scrape, targets, tell, text};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use shtop::app::{Message, Model, Screen, update};
use shtop::demo::{HISTORY, MEMBERS, Scenario, Simulation};
use shtop::panel::State;
use shtop::series::is_gap;
use shtop::source::{Replay, Seed};
use shtop::store::{Created, Limits};
use shtop::theme::Depth;

fn key(c: char) -> Message {
    Message::Key(KeyEvent::from(KeyCode::Char(c)))
}

/// What is on the screen, without the store's size: that is the allocator's business as much as ours.
fn shown(model: &Model, depth: Depth) -> String {
    let lines = text(&draw(model, depth));
    lines.lines().filter(|line| !line.contains("bytes a sample)")).collect::<Vec<_>>().join("\n")
}

fn code(code: KeyCode) -> Message {
    Message::Key(KeyEvent::from(code))
}

/// What each query of the three layouts is to give in the outage: dashboard, panel, query, how many series over the hour,
/// how many of them now, and between which bounds those are.
type Shape = (&'static str, &'static str, usize, usize, usize, f64, f64);

#[rustfmt::skip]
const SHAPES: &[Shape] = &[
    ("overview", "System Health", 0, 1, 1, 3.0, 3.0),
    ("overview", "Circuit Breaker Status", 0, 1, 1, 1.0, 1.0),
    ("overview", "Throttle Rate (allow %)", 0, 1, 1, 5.0, 60.0),
    ("overview", "Active Leases", 0, 1, 1, 22.0, 22.0),
    ("overview", "Request Throughput", 0, 1, 1, 1e3, 2e4),
    ("overview", "Request Throughput", 1, 1, 1, 1e3, 2e4),
    ("overview", "Request Throughput", 2, 1, 1, 0.01, 1.0),
    ("overview", "Error Rates", 0, 3, 3, 0.05, 5.0),
    ("overview", "Error Rates", 1, 3, 3, 0.0, 20.0),
    ("overview", "Error Rates", 2, 1, 1, 0.05, 5.0),
    ("overview", "Latency p99", 0, 1, 1, 1.0, 5.0),
    ("overview", "Latency p99", 1, 1, 1, 5.0, 10.0),
    ("overview", "Consumer Lag", 0, 26, 26, 0.0, 1e6),
    ("overview", "Memory Usage by Pod", 0, 3, 3, 70.0, 100.0),
    ("overview", "CPU Usage by Pod", 0, 3, 3, 0.3, 3.0),
    ("overview", "Disk Usage", 0, 1, 1, 60.0, 80.0),
    ("overview", "WAL Size by Partition", 0, 22, 22, 1e6, 1e9),
    ("overview", "Throttle Decisions Breakdown", 0, 1, 1, 1e4, 1e6),
    ("overview", "Throttle Decisions Breakdown", 1, 2, 2, 1e3, 1e5),
    ("overview", "Lease Acquisition Results", 0, 2, 2, 1.0, 100.0),
    ("overview", "Lease Acquisition Results", 1, 1, 1, 1.0, 100.0),
    ("overview", "Schema Registry Operations", 0, 2, 2, 1.0, 200.0),
    ("overview", "Schema Registry Operations", 1, 1, 1, 1.0, 100.0),
    ("storage", "Circuit Breaker State (PUT)", 0, 1, 1, 1.0, 1.0),
    ("storage", "Current PUT Rate Limit", 0, 1, 1, 1.0, 200.0),
    ("storage", "Throttle Decision Rate", 0, 1, 1, 0.0, 100.0),
    ("storage", "S3 Error Rate", 0, 1, 1, 5.0, 100.0),
    ("storage", "Throttle Decisions Over Time", 0, 1, 1, 1.0, 50.0),
    ("storage", "Throttle Decisions Over Time", 1, 1, 1, 0.0, 50.0),
    ("storage", "Throttle Decisions Over Time", 2, 1, 1, 1.0, 100.0),
    ("storage", "S3 Request Rate by Operation", 0, 4, 4, 0.01, 50.0),
    ("storage", "S3 Errors by Type", 0, 3, 3, 0.05, 5.0),
    ("storage", "S3 Latency Heatmap (PUT)", 0, 11, 11, 0.0, 1e4),
    ("storage", "Circuit Breaker State Transitions", 0, 3, 3, 0.0, 1.0),
    ("storage", "Circuit Breaker Failure/Success Count", 0, 1, 1, 5.0, 100.0),
    ("storage", "Circuit Breaker Failure/Success Count", 1, 1, 1, 0.0, 3.0),
    ("storage", "Segment Flush Rate", 0, 22, 15, 0.0, 1.0),
    ("storage", "WAL Size by Partition", 0, 22, 22, 1e6, 1e9),
    ("storage", "WAL Operations", 0, 1, 1, 10.0, 1e3),
    ("storage", "WAL Operations", 1, 1, 1, 0.1, 100.0),
    ("storage", "WAL Operations", 2, 1, 1, 0.0, 10.0),
    ("storage", "WAL Recovery Stats", 0, 14, 14, 1.0, 1e7),
    ("storage", "WAL Recovery Stats", 1, 7, 7, 1.0, 100.0),
    ("storage", "Adaptive Rate Adjustment", 0, 1, 1, 1.0, 200.0),
    ("storage", "Adaptive Rate Adjustment", 1, 1, 1, 0.0, 10.0),
    ("coordination", "Active Leases", 0, 1, 1, 22.0, 22.0),
    ("coordination", "Lease Conflicts (5m)", 0, 1, 1, 0.0, 10.0),
    ("coordination", "Lease Renewal Success Rate", 0, 1, 1, 95.0, 100.0),
    ("coordination", "Registered Schemas", 0, 1, 1, 100.0, 300.0),
    ("coordination", "Lease Acquisition Results", 0, 1, 1, 0.0, 1.0),
    ("coordination", "Lease Acquisition Results", 1, 1, 1, 0.0, 1.0),
    ("coordination", "Lease Acquisition Results", 2, 1, 1, 0.0, 1.0),
    ("coordination", "Lease Renewal Results", 0, 1, 1, 1.0, 5.0),
    ("coordination", "Lease Renewal Results", 1, 1, 1, 0.0, 0.2),
    ("coordination", "Lease Conflicts by Partition", 0, 3, 2, 0.0, 0.1),
    ("coordination", "Lease Epoch by Partition", 0, 35, 22, 1.0, 100.0),
    ("coordination", "Lease Time to Expiration", 0, 35, 22, 10.0, 30.0),
    ("coordination", "Schema Registrations", 0, 1, 1, 0.0, 0.1),
    ("coordination", "Schema Registrations", 1, 1, 1, 0.0, 0.1),
    ("coordination", "Schema Registrations", 2, 1, 1, 0.0, 0.1),
    ("coordination", "Schema Compatibility Checks", 0, 1, 1, 0.0, 0.2),
    ("coordination", "Schema Compatibility Checks", 1, 1, 1, 0.0, 0.1),
    ("coordination", "Schema Registry Errors by Type", 0, 3, 2, 0.0, 0.1),
    ("coordination", "Schema Cache Performance", 0, 1, 1, 10.0, 100.0),
    ("coordination", "Schema Cache Performance", 1, 1, 1, 0.1, 10.0),
    ("coordination", "Schema Cache Performance", 2, 1, 1, 100.0, 1e3),
    ("coordination", "Schema Cache Hit Rate", 0, 1, 1, 95.0, 100.0),
    ("coordination", "Subjects and Schemas", 0, 1, 1, 10.0, 100.0),
    ("coordination", "Subjects and Schemas", 1, 1, 1, 100.0, 300.0),
    ("coordination", "Lease Assignment by Agent", 0, 3, 3, 5.0, 10.0),
];

#[test]
fn every_query_of_the_three_dashboards_gives_what_the_outage_has_to_show() {
    let source = outage();
    let mut model = model(120, 40);
    let mut shapes = SHAPES.iter();
    for c in ['1', '2', '3'] {
        tell(&mut model, key(c), source);
        let view = model.view().expect("a dashboard");
        for (panel, data) in view.dashboard.panels.iter().zip(&view.panels) {
            assert_eq!(data.state(NOW), State::Live, "{}", panel.title);
            let picture = data.picture.as_ref().expect("live");
            for query in 0..panel.queries.len() {
                let &(id, title, number, over_the_hour, now, low, high) = shapes.next().expect("the table has a row");
                assert_eq!((id, title, number), (view.dashboard.id.as_str(), panel.title.as_str(), query));
                let curves: Vec<_> = picture.curves.iter().filter(|c| c.query == query).collect();
                let values: Vec<f64> = curves.iter().filter_map(|c| c.now).collect();
                assert_eq!((curves.len(), values.len()), (over_the_hour, now), "{title}, query {query}");
                for v in values {
                    assert!((low..=high).contains(&v), "{title}, query {query}: {v} is not in {low}..={high}");
                }
                for curve in curves {
                    assert!(
                        curve.values.is_empty() || curve.values.len() == picture.window.steps(),
                        "{title}: {} values on {} steps",
                        curve.values.len(),
                        picture.window.steps()
                    );
                }
            }
        }
    }
    assert!(shapes.next().is_none(), "the table has rows that no query has");
}

#[test]
fn charts_are_full_from_the_first_step_to_the_last() {
    let source = outage();
    let mut model = model(200, 60);
    tell(&mut model, Message::Resize(200, 60), source);
    let view = model.view().expect("a dashboard");
    let picture = |title: &str| {
        let i = view.dashboard.panels.iter().position(|p| p.title == title).expect("it exists");
        view.panels[i].picture.as_ref().expect("it has data")
    };
    let throughput = &picture("Request Throughput").curves[0].values;
    assert!(throughput.iter().all(|v| !is_gap(*v)), "{throughput:?}");
    // No ramp where the history begins: a rate looks back five minutes, and they are there.
    assert!(throughput[0] > 0.8 * throughput[20], "{} then {}", throughput[0], throughput[20]);
}

#[test]
fn each_view_at_three_sizes() {
    let source = outage();
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut model = model(width, height);
        tell(&mut model, Message::Resize(width, height), source);
        for (c, name) in [('1', "overview"), ('2', "storage"), ('3', "coordination"), ('4', "targets")] {
            tell(&mut model, key(c), source);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), shown(&model, Depth::TrueColor));
        }
    }
}

#[test]
fn the_smallest_common_screen_with_its_styles() {
    let source = outage();
    let mut model = model(80, 24);
    tell(&mut model, Message::Resize(80, 24), source);
    insta::assert_debug_snapshot!("overview_80x24_styles", draw(&model, Depth::Indexed));
    tell(&mut model, key('?'), source);
    insta::assert_snapshot!("help_80x24", shown(&model, Depth::None));
}

#[test]
fn at_80x24_every_panel_of_every_view_is_on_the_screen_at_once() {
    let source = outage();
    let mut model = model(80, 24);
    for c in ['1', '2', '3'] {
        tell(&mut model, key(c), source);
        let screen = text(&draw(&model, Depth::None));
        for panel in &model.view().expect("a dashboard").dashboard.panels {
            // Long titles are cut in the middle; their first words are enough to find them by.
            let start: String = panel.title.chars().take(10).collect();
            assert!(screen.contains(&start), "{} is not on the screen:\n{screen}", panel.title);
        }
    }
}

#[test]
fn in_the_grid_every_panel_can_be_scrolled_to_and_is_whole_when_selected() {
    let source = outage();
    let mut model = model(120, 40);
    for c in ['1', '2', '3'] {
        tell(&mut model, key(c), source);
        tell(&mut model, code(KeyCode::Home), source);
        let titles: Vec<String> =
            model.view().expect("a dashboard").dashboard.panels.iter().map(|p| p.title.clone()).collect();
        for title in titles {
            let screen = text(&draw(&model, Depth::None));
            let start: String = title.chars().take(8).collect();
            assert!(screen.contains(&start), "{title} is selected but not seen:\n{screen}");
            tell(&mut model, code(KeyCode::Tab), source);
        }
    }
}

#[test]
fn enter_goes_to_the_panel_that_explains_and_escape_never_quits() {
    let source = outage();
    let mut model = model(120, 40);
    tell(&mut model, key('1'), source);
    tell(&mut model, code(KeyCode::Tab), source);
    let plan = tell(&mut model, code(KeyCode::Enter), source).expect("a new view is watched");
    assert_eq!(model.screen, Screen::Dashboard(1));
    let view = model.view().expect("a dashboard");
    assert_eq!(view.dashboard.panels[view.selected].title, "Circuit Breaker State Transitions");
    assert_eq!(plan.asks.len(), 15);
    for _ in 0..5 {
        tell(&mut model, code(KeyCode::Esc), source);
    }
    assert_eq!(model.screen, Screen::Dashboard(1));
}

#[test]
fn full_screen_asks_only_for_its_panel_and_escape_leaves_it() {
    let source = outage();
    let mut model = model(80, 24);
    tell(&mut model, key('2'), source);
    let plan = tell(&mut model, key('f'), source).expect("watched");
    assert_eq!(plan.asks.len(), 1);
    assert!(text(&draw(&model, Depth::None)).contains("Circuit Breaker State (PUT)"));
    let plan = tell(&mut model, code(KeyCode::Esc), source).expect("watched");
    assert_eq!(plan.asks.len(), 15);
}

#[test]
fn a_late_answer_to_an_older_plan_changes_nothing() {
    let source = outage();
    let mut model = model(120, 40);
    let old = tell(&mut model, Message::Resize(120, 40), source).expect("watched");
    let new = tell(&mut model, key('+'), source).expect("watched");
    assert!(new.revision > old.revision && new.range < old.range);
    let before = text(&draw(&model, Depth::None));
    for event in source.answers(&old, NOW) {
        update(&mut model, Message::Source(event));
    }
    assert_eq!(text(&draw(&model, Depth::None)), before);
}

#[test]
fn a_chosen_agent_filters_the_overview_and_the_header_says_so() {
    let source = outage();
    let mut model = model(120, 40);
    tell(&mut model, Message::Resize(120, 40), source);
    let throughput = |model: &Model| {
        let view = model.view().expect("a dashboard");
        view.panels[4].picture.as_ref().expect("data").curves[0].now.expect("a value")
    };
    let all = throughput(&model);
    for message in [key('v'), code(KeyCode::Down), key(' ')] {
        tell(&mut model, message, source);
    }
    insta::assert_snapshot!("picker_120x40", shown(&model, Depth::None));
    tell(&mut model, code(KeyCode::Enter), source);
    let one = throughput(&model);
    assert!(one > 0.0 && one < 0.7 * all, "{one} of {all}");
    assert!(text(&draw(&model, Depth::None)).contains("filtered"));
    for message in [key('v'), key(' '), code(KeyCode::Enter)] {
        tell(&mut model, message, source);
    }
    assert_eq!(throughput(&model), all);
}

#[test]
fn freezing_keeps_the_end_and_zero_brings_back_the_present() {
    let source = outage();
    let mut model = model(120, 40);
    tell(&mut model, Message::Resize(120, 40), source);
    let plan = tell(&mut model, key(' '), source).expect("watched");
    assert_eq!(plan.end, Some(NOW));
    assert!(text(&draw(&model, Depth::None)).contains("‖"));
    let plan = tell(&mut model, key('['), source).expect("watched");
    assert_eq!(plan.end, Some(NOW - 1_800_000));
    let plan = tell(&mut model, key('0'), source).expect("watched");
    assert_eq!(plan.end, None);
}

#[test]
fn when_every_target_dies_the_last_picture_stays_and_says_how_old_it_is() {
    let mut source = replay(Scenario::Calm);
    let mut model = model(120, 40);
    tell(&mut model, Message::Resize(120, 40), &source);
    for member in 0..MEMBERS {
        source.feed(Seed { target: member, at: NOW + 5_000, body: None });
    }
    update_to(&mut model, NOW + 60_000, &source);
    let screen = text(&draw(&model, Depth::None));
    assert!(screen.contains("✗ all 4 targets down"), "{screen}");
    assert!(screen.contains("data 1m 00s old"), "{screen}");
    assert!(screen.contains("⚠ stale"), "{screen}");
    let view = model.view().expect("a dashboard");
    let leases = &view.panels[3];
    assert!(matches!(leases.state(model.now), State::Stale { .. }), "{:?}", leases.state(model.now));
    assert_eq!(leases.picture.as_ref().expect("kept").curves[0].now, Some(22.0));
    // A rate over five minutes goes on for five minutes; it is no less old for that.
    let throughput = view.panels[4].state(model.now);
    assert!(matches!(throughput, State::Stale { at, .. } if at == NOW), "{throughput:?}");
    // The one number that is news: no agent answers.
    assert_eq!(view.panels[0].state(model.now), State::Live);
    assert_eq!(view.panels[0].picture.as_ref().expect("data").curves[0].now, Some(0.0));
    tell(&mut model, key('4'), &source);
    insta::assert_snapshot!("targets_all_down_120x40", shown(&model, Depth::None));
}

/// Lets time pass and asks for everything again.
fn update_to(model: &mut Model, now: i64, source: &Replay) {
    tell(model, Message::Tick(now), source);
    tell(model, key('1'), source);
}

#[test]
fn one_agent_that_dies_takes_its_series_with_it_and_nothing_else() {
    let mut simulation = Simulation::new(Scenario::Calm, 1, NOW - HISTORY);
    let mut source = Replay::new(targets(), Limits::default(), Created::default(), NOW - 600_000);
    for at in (NOW - 600_000..=NOW).step_by(15_000) {
        simulation.advance(at);
        for member in 0..MEMBERS {
            let alive = member != 1 || at < NOW - 60_000;
            source.feed(if alive { scrape(&simulation, member, at) } else { Seed { target: member, at, body: None } });
        }
    }
    let mut model = model(120, 40);
    tell(&mut model, Message::Resize(120, 40), &source);
    let screen = text(&draw(&model, Depth::None));
    assert!(screen.contains("✗ 1 of 4 targets down"), "{screen}");
    let view = model.view().expect("a dashboard");
    assert_eq!(view.panels[0].picture.as_ref().expect("data").curves[0].now, Some(2.0));
    assert_eq!(view.panels[0].state(NOW), State::Live);
}

#[test]
fn a_target_that_exposes_nothing_is_up_and_every_panel_says_what_is_missing() {
    let mut source = Replay::new(targets(), Limits::default(), Created::default(), NOW - 10_000);
    for (step, member) in [(10_000, 0), (10_000, 1), (5_000, 0), (5_000, 1)] {
        let body = shtop::source::fetch::Body::new(shtop::exposition::Format::Text, b"# EOF\n".to_vec());
        source.feed(Seed { target: member, at: NOW - step, body: Some(body) });
    }
    let mut model = model(120, 40);
    tell(&mut model, Message::Resize(120, 40), &source);
    insta::assert_snapshot!("nothing_exposed_120x40", shown(&model, Depth::None));
    tell(&mut model, key('4'), &source);
    assert!(text(&draw(&model, Depth::None)).contains("exposes nothing"));
}

#[test]
fn the_range_grows_with_the_data_until_it_is_chosen() {
    let mut simulation = Simulation::new(Scenario::Calm, 1, NOW - HISTORY);
    let start = NOW - 1_200_000;
    let mut source = Replay::new(targets(), Limits::default(), Created::default(), start);
    let mut model = model(120, 40);
    let mut ranges = Vec::new();
    for at in (start..=NOW).step_by(60_000) {
        simulation.advance(at);
        for member in 0..MEMBERS {
            source.feed(scrape(&simulation, member, at));
        }
        tell(&mut model, Message::Tick(at), &source);
        let plan = tell(&mut model, key('R'), &source).or_else(|| tell(&mut model, key('1'), &source));
        ranges.push(plan.expect("watched").range);
    }
    ranges.dedup();
    assert_eq!(ranges, [300_000, 900_000, 1_800_000]);
    assert!(text(&draw(&model, Depth::None)).contains("last 30m"));
    tell(&mut model, key(' '), &source);
    tell(&mut model, Message::Tick(NOW + 7_200_000), &source);
    assert_eq!(model.shown_range(), 1_800_000, "what is frozen does not grow");
    tell(&mut model, key(' '), &source);
    tell(&mut model, Message::Tick(NOW), &source);
    let plan = tell(&mut model, key('-'), &source).expect("watched");
    assert_eq!(plan.range, 3_600_000);
    let plan = tell(&mut model, key('0'), &source).expect("watched");
    assert_eq!(plan.range, 1_800_000);
}

#[test]
fn the_help_does_not_scroll_past_its_end() {
    let mut model = model(80, 24);
    update(&mut model, key('?'));
    update(&mut model, code(KeyCode::End));
    let end = text(&draw(&model, Depth::None));
    assert!(end.contains("Marks"), "{end}");
    update(&mut model, code(KeyCode::PageDown));
    assert_eq!(text(&draw(&model, Depth::None)), end);
    update(&mut model, code(KeyCode::Up));
    assert_ne!(text(&draw(&model, Depth::None)), end);
}

#[test]
fn no_size_is_too_odd_to_draw() {
    let source = outage();
    let mut model = model(80, 24);
    for c in ['1', '2', '3'] {
        tell(&mut model, key(c), source);
    }
    // What a new size asks for is left unanswered: the pictures are there already.
    for width in [0, 1, 2, 7, 39, 40, 41, 79, 99, 100, 159, 160, 399] {
        for height in [0, 1, 2, 7, 8, 9, 23, 30, 31, 119] {
            update(&mut model, Message::Resize(width, height));
            for c in ['1', '2', '3', '4', '?'] {
                update(&mut model, key(c));
                let buffer = draw(&model, Depth::Ansi);
                assert_eq!((buffer.area.width, buffer.area.height), (width, height));
            }
            update(&mut model, code(KeyCode::Esc));
        }
    }
}

fn mouse(model: &Model, kind: MouseEventKind, (column, row): (u16, u16)) -> Message {
    let (_, zones) = drawn(model, Depth::None);
    Message::Mouse(zones.point(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }, model.now))
}

#[test]
fn a_crosshair_shows_what_every_panel_had_at_one_time() {
    let source = outage();
    let mut model = model(120, 40);
    tell(&mut model, key('1'), source);
    tell(&mut model, key('c'), source).expect("pies need their range now");
    let newest = model.cursor.expect("the crosshair is on the newest data");
    for _ in 0..12 {
        tell(&mut model, key('<'), source);
    }
    let there = model.cursor.expect("still there");
    assert!(there < newest - 20 * 60_000, "twelve leaps are far");
    let screen = shown(&model, Depth::TrueColor);
    assert!(screen.contains("⌖ values at"), "{screen}");
    assert!(screen.contains("Closed"), "before the outage the breaker was closed:\n{screen}");
    assert!(!screen.contains("Open ✗"), "{screen}");
    tell(&mut model, Message::Key(KeyEvent::from(KeyCode::Right)), source);
    assert!(model.cursor > Some(there), "an arrow moves it a step");
    tell(&mut model, code(KeyCode::Esc), source);
    assert_eq!(model.cursor, None);
    assert!(shown(&model, Depth::TrueColor).contains("Open ✗"));
}

#[test]
fn a_click_points_a_drag_zooms_and_a_double_click_fills_the_screen() {
    let source = outage();
    let mut model = model(120, 40);
    tell(&mut model, key('1'), source);
    let left = MouseButton::Left;
    // Inside the chart of the request throughput.
    let (from, to) = ((40, 8), (52, 8));
    let event = mouse(&model, MouseEventKind::Down(left), from);
    tell(&mut model, event, source);
    assert_eq!(model.views[0].dashboard.panels[model.views[0].selected].title, "Request Throughput");
    let event = mouse(&model, MouseEventKind::Up(left), from);
    tell(&mut model, event, source);
    let pointed = model.cursor.expect("a click points");
    let event = mouse(&model, MouseEventKind::Down(left), from);
    tell(&mut model, event, source);
    assert!(model.views[0].full, "a second click at once fills the screen");
    tell(&mut model, code(KeyCode::Esc), source);
    model.now += 5_000;
    let event = mouse(&model, MouseEventKind::Down(left), from);
    tell(&mut model, event, source);
    let event = mouse(&model, MouseEventKind::Up(left), to);
    let plan = tell(&mut model, event, source).expect("a drawn range is asked for");
    assert_eq!(plan.range, model.range.expect("chosen"));
    let start = plan.end.expect("fixed") - plan.range;
    assert!((start - pointed).abs() <= 60_000, "the range begins where the button went down");
    assert!(plan.range < 3_600_000 / 2);
}

#[test]
fn what_moved_most_leads_from_the_outage_to_its_panel() {
    let source = outage();
    let mut model = model(120, 40);
    tell(&mut model, key('1'), source);
    tell(&mut model, key('w'), source);
    let moved = model.moved();
    let titles: Vec<&str> =
        moved.iter().take(8).map(|m| model.views[m.view].dashboard.panels[m.panel].title.as_str()).collect();
    assert!(titles.contains(&"Latency p99") || titles.contains(&"Circuit Breaker Status"), "{titles:?}");
    insta::assert_snapshot!("moved_120x40", shown(&model, Depth::TrueColor));
    tell(&mut model, code(KeyCode::Down), source);
    tell(&mut model, code(KeyCode::Enter), source);
    assert_eq!(model.overlay, None);
    assert_eq!(model.views[0].selected, moved[1].panel);
}

/// The titles of the panels in the order in which they are on the screen.
fn in_order(model: &Model) -> Vec<&str> {
    let view = model.view().expect("a dashboard");
    let mut rows = view.placement(model.body()).rows;
    rows.sort_by_key(|row| (row.cells.y, row.cells.x));
    rows.iter().map(|row| view.dashboard.panels[row.panel].title.as_str()).collect()
}

#[test]
fn rows_stand_worst_first_on_request_and_back() {
    let source = outage();
    let mut model = model(80, 24);
    tell(&mut model, key('1'), source);
    let written: Vec<String> = in_order(&model).into_iter().map(str::to_owned).collect();
    assert_eq!(written[0], "System Health");
    tell(&mut model, key('s'), source);
    assert_eq!(in_order(&model)[..3], ["Circuit Breaker Status", "Throttle Rate (allow %)", "Memory Usage by Pod"]);
    assert_eq!(model.view().expect("a dashboard").selected, 1, "the worst is what one looks at");
    tell(&mut model, key('s'), source);
    assert_eq!(in_order(&model), written);
    // The grid has its own order.
    tell(&mut model, Message::Resize(120, 40), source);
    tell(&mut model, key('s'), source);
    assert!(model.notice.as_deref().is_some_and(|notice| notice.contains("d shows panels as rows")));
}

#[test]
fn a_wall_shows_every_panel_at_once_the_worst_first_and_largest() {
    let source = outage();
    let mut model = model(200, 60);
    tell(&mut model, key('1'), source);
    for _ in 0..3 {
        let before = model.view().expect("a dashboard").placement(model.body()).density;
        tell(&mut model, key('d'), source);
        assert_ne!(model.view().expect("a dashboard").placement(model.body()).density, before);
    }
    tell(&mut model, key('d'), source);
    assert_eq!(in_order(&model)[..2], ["Circuit Breaker Status", "Throttle Rate (allow %)"]);
    let placement = model.view().expect("a dashboard").placement(model.body());
    assert!(placement.total_height <= model.body().height, "nothing scrolls where nobody is at the keyboard");
    insta::assert_snapshot!("wall_200x60", shown(&model, Depth::TrueColor));
}

#[test]
fn in_full_screen_the_arrows_pick_a_series_and_escape_lets_it_go() {
    let source = outage();
    let mut model = model(120, 40);
    tell(&mut model, key('1'), source);
    model.views[0].selected = model.views[0].dashboard.panel("Consumer Lag").expect("it exists");
    tell(&mut model, key('f'), source);
    let plain = shown(&model, Depth::TrueColor);
    tell(&mut model, code(KeyCode::Down), source);
    tell(&mut model, code(KeyCode::Down), source);
    let picked = shown(&model, Depth::TrueColor);
    let row = picked.lines().find(|line| line.contains('▸')).expect("one is picked");
    assert!(row.contains("k msg"), "{row}");
    assert_eq!(model.view().expect("a dashboard").dashboard.panels[model.views[0].selected].title, "Consumer Lag");
    tell(&mut model, code(KeyCode::Esc), source);
    assert_eq!(shown(&model, Depth::TrueColor), plain);
    tell(&mut model, code(KeyCode::Esc), source);
    assert!(!model.views[0].full);
}

#[test]
fn forty_columns_and_twelve_lines_still_tell_what_is_wrong() {
    let source = outage();
    let mut model = model(40, 12);
    tell(&mut model, Message::Resize(40, 12), source);
    tell(&mut model, key('s'), source);
    insta::assert_snapshot!("overview_40x12", shown(&model, Depth::None));
}
