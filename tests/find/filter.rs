//! `/`: what is left of a dashboard and of the alerts, and that nothing is asked for it.

use crossterm::event::KeyCode;
use shtop::app::{Message, Model, Screen};

use super::cluster::{model, outage, tell};
use super::{SIZES, code, hostile, screen, type_in};

fn overview(width: u16, height: u16) -> Model {
    let mut model = model(width, height);
    tell(&mut model, Message::Resize(width, height), outage());
    model
}

/// The titles of the panels that have a place.
fn titles(model: &Model) -> Vec<&str> {
    let view = model.view().expect("a dashboard");
    let placement = view.placement(model.body());
    placement.rows.iter().map(|placed| view.dashboard.panels[placed.panel].title.as_str()).collect()
}

/// How many curves of a panel are drawn.
fn curves(model: &Model, title: &str) -> usize {
    let view = model.view().expect("a dashboard");
    let panel = view.dashboard.panel(title).expect("it exists");
    let theme = shtop::theme::Theme::dark(shtop::theme::Depth::None);
    let state = view.panels[panel].state(model.now);
    view.frame(panel, model, &state, &theme).expect("it exists").curves.len()
}

#[test]
fn panels_and_series_that_have_the_words_are_left_and_close_up() {
    for (width, height) in SIZES {
        let mut model = overview(width, height);
        assert!(type_in(&mut model, "/clickstream", outage()).is_none(), "a filter asks nothing");
        insta::assert_snapshot!(format!("filter_typing_{width}x{height}"), screen(&model));
        assert!(tell(&mut model, code(KeyCode::Enter), outage()).is_none());
        insta::assert_snapshot!(format!("filter_{width}x{height}"), screen(&model));
    }
}

#[test]
fn a_title_that_matches_keeps_all_series_and_words_are_all_wanted() {
    let mut model = overview(120, 40);
    let all = curves(&model, "Consumer Lag");
    type_in(&mut model, "/lag", outage());
    assert_eq!((titles(&model), curves(&model, "Consumer Lag")), (vec!["Consumer Lag"], all));
    type_in(&mut model, " orders", outage());
    let orders = curves(&model, "Consumer Lag");
    assert!(orders > 0 && orders < all, "{orders} of {all}");
    type_in(&mut model, " !orders-0", outage());
    assert!(curves(&model, "Consumer Lag") < orders);
    assert_eq!(titles(&model), ["Consumer Lag"]);
    tell(&mut model, code(KeyCode::Esc), outage());
    assert_eq!((titles(&model).len(), curves(&model, "Consumer Lag")), (15, all));
    type_in(&mut model, "/~ltncp99", outage());
    assert_eq!(titles(&model), ["Latency p99"]);
}

#[test]
fn labels_that_no_legend_shows_are_searched_too() {
    let mut model = overview(120, 40);
    type_in(&mut model, "/instance=10.0.0.4", outage());
    assert!(titles(&model).contains(&"Disk Usage"), "{:?}", titles(&model));
    assert!(!titles(&model).contains(&"Latency p99"));
}

#[test]
fn the_keys_move_among_what_is_left_and_escape_brings_the_rest_back() {
    let mut model = overview(120, 40);
    type_in(&mut model, "/pod", outage());
    tell(&mut model, code(KeyCode::Enter), outage());
    assert_eq!(titles(&model), ["Memory Usage by Pod", "CPU Usage by Pod"]);
    let selected = |model: &Model| model.view().map(|v| v.dashboard.panels[v.selected].title.clone()).expect("one");
    let mut seen = Vec::new();
    for key in [KeyCode::Tab, KeyCode::Tab, KeyCode::End, KeyCode::Home, KeyCode::Right] {
        tell(&mut model, code(key), outage());
        seen.push(selected(&model));
    }
    let (memory, cpu) = ("Memory Usage by Pod", "CPU Usage by Pod");
    assert_eq!(seen, [cpu, memory, cpu, memory, cpu]);
    assert!(screen(&model).contains("/pod 2 of 15"), "{}", screen(&model));
    tell(&mut model, code(KeyCode::Esc), outage());
    assert_eq!((titles(&model).len(), selected(&model).as_str()), (15, cpu), "what was found stays selected");
    // Given up while it is typed, everything is as it was.
    type_in(&mut model, "/disk", outage());
    assert_eq!(selected(&model), "Disk Usage");
    tell(&mut model, code(KeyCode::Esc), outage());
    assert_eq!(selected(&model), cpu);
}

#[test]
fn a_filter_that_finds_nothing_says_so_and_harms_nothing() {
    let mut model = overview(80, 24);
    type_in(&mut model, "/no such thing", outage());
    tell(&mut model, code(KeyCode::Enter), outage());
    assert!(screen(&model).contains("no panel and no series has no such thing"), "{}", screen(&model));
    for key in "fdcwjkhl+-".chars().map(KeyCode::Char).chain([KeyCode::Enter, KeyCode::Tab, KeyCode::End, KeyCode::Esc])
    {
        tell(&mut model, code(key), outage());
        screen(&model);
    }
    tell(&mut model, code(KeyCode::Esc), outage());
    tell(&mut model, code(KeyCode::Esc), outage());
    assert_eq!(titles(&model).len(), 15);
}

#[test]
fn what_comes_in_later_is_sifted_too() {
    let mut model = model(120, 40);
    // Typed before any answer is in.
    for c in "/clickstream".chars() {
        shtop::app::update(&mut model, code(KeyCode::Char(c)));
    }
    assert_eq!(titles(&model), [""; 0]);
    tell(&mut model, Message::Resize(120, 40), outage());
    assert!(titles(&model).contains(&"Consumer Lag"), "{:?}", titles(&model));
}

#[test]
fn a_panel_that_one_goes_to_is_never_hidden_by_the_filter() {
    let mut model = overview(120, 40);
    type_in(&mut model, "2/wal", outage());
    tell(&mut model, code(KeyCode::Enter), outage());
    type_in(&mut model, "1", outage());
    tell(&mut model, code(KeyCode::Tab), outage());
    // Its explanation is a panel of the Storage dashboard that the filter there hides.
    tell(&mut model, code(KeyCode::Enter), outage());
    assert_eq!(model.screen, Screen::Dashboard(1));
    assert!(titles(&model).contains(&"Circuit Breaker State Transitions"), "{:?}", titles(&model));
}

#[test]
fn hostile_names_are_searched_and_shown_harmless() {
    let source = hostile();
    for (width, height) in SIZES {
        let mut model = model(width, height);
        tell(&mut model, Message::Resize(width, height), &source);
        type_in(&mut model, "/[31m", &source);
        let shown = screen(&model);
        assert!(titles(&model).contains(&"Consumer Lag"), "{:?}\n{shown}", titles(&model));
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
    }
}
