//! The time ranges: chosen, typed, clicked, and what the screen then says.

use crossterm::event::KeyCode;
use shtop::app::{Message, Model, Overlay};

use super::cluster::{NOW, model, outage, tell};
use super::{SIZES, click, code, ctrl, find, screen, type_in, wheel};

const HOUR: i64 = 3_600_000;

/// The Overview with the popup open.
fn opened(width: u16, height: u16) -> Model {
    let mut model = model(width, height);
    tell(&mut model, Message::Resize(width, height), outage());
    type_in(&mut model, "t", outage());
    model
}

#[test]
fn the_popup_says_what_the_text_means_while_it_is_typed() {
    for (width, height) in SIZES {
        let mut model = opened(width, height);
        insta::assert_snapshot!(format!("time_{width}x{height}"), screen(&model));
        type_in(&mut model, "2h to 1h ago", outage());
        insta::assert_snapshot!(format!("time_typed_{width}x{height}"), screen(&model));
        type_in(&mut model, " tomorrow", outage());
        insta::assert_snapshot!(format!("time_fault_{width}x{height}"), screen(&model));
    }
}

#[test]
fn a_typed_range_is_shown_and_zero_leads_back_to_the_present() {
    let mut model = opened(120, 40);
    assert_eq!(type_in(&mut model, "2h to 1h ago", outage()).map(|p| p.revision), None, "typing asks nothing");
    let plan = tell(&mut model, code(KeyCode::Enter), outage()).expect("watched");
    assert_eq!((plan.end, plan.range), (Some(NOW - HOUR), HOUR));
    assert_eq!(model.overlay, None);
    assert!(screen(&model).contains("‖ past 11:45–12:45, 1h ago"), "{}", screen(&model));
    // From there on time is moved as ever.
    let plan = type_in(&mut model, "]", outage()).expect("watched");
    assert_eq!(plan.end, Some(NOW - HOUR / 2));
    let plan = type_in(&mut model, "0", outage()).expect("watched");
    assert_eq!((plan.end, plan.range), (None, HOUR));
    assert!(!screen(&model).contains("past"));
}

#[test]
fn another_day_is_named_and_a_narrow_header_says_at_least_that_it_is_past() {
    for (width, words) in
        [(120, "‖ past 11-21 23:40–11-22 00:20, 13h ago"), (80, "‖ to 00:20, 13h ago"), (40, "‖ to 00:20")]
    {
        let mut model = opened(width, 24);
        type_in(&mut model, "23:40 to 00:20", outage());
        tell(&mut model, code(KeyCode::Enter), outage());
        assert!(screen(&model).contains(words), "{}", screen(&model));
    }
}

#[test]
fn one_time_is_shown_in_the_middle_with_the_crosshair_on_it() {
    let mut model = opened(120, 40);
    type_in(&mut model, "2026-11-22 12:30", outage());
    let plan = tell(&mut model, code(KeyCode::Enter), outage()).expect("watched");
    let at = NOW - HOUR - HOUR / 4;
    assert_eq!((plan.end, plan.range, model.cursor), (Some(at + HOUR / 2), HOUR, Some(at)));
    tell(&mut model, code(KeyCode::Esc), outage());
    assert_eq!(model.cursor, None);
}

#[test]
fn what_cannot_be_read_is_not_taken() {
    let mut model = opened(80, 24);
    type_in(&mut model, "soon", outage());
    assert!(tell(&mut model, code(KeyCode::Enter), outage()).is_none());
    assert!(matches!(model.overlay, Some(Overlay::Time(_))));
    tell(&mut model, ctrl('u'), outage());
    type_in(&mut model, "q", outage());
    tell(&mut model, code(KeyCode::Backspace), outage());
    tell(&mut model, code(KeyCode::Esc), outage());
    assert_eq!((model.overlay.clone(), model.range, model.end), (None, None, None));
}

#[test]
fn presets_are_chosen_by_arrow_wheel_and_click_and_what_was_typed_is_offered_again() {
    let mut model = opened(120, 40);
    tell(&mut model, code(KeyCode::Down), outage());
    let plan = tell(&mut model, code(KeyCode::Enter), outage()).expect("watched");
    assert_eq!(plan.range, 3 * HOUR, "the hour that is shown was selected");
    type_in(&mut model, "tyesterday", outage());
    tell(&mut model, code(KeyCode::Enter), outage()).expect("watched");
    type_in(&mut model, "t", outage());
    let at = find(&model, "last 12h");
    let event = wheel(&model, at);
    tell(&mut model, event, outage());
    let event = click(&model, at);
    let plan = tell(&mut model, event, outage()).expect("watched");
    assert_eq!((plan.range, plan.end), (12 * HOUR, None));
    type_in(&mut model, "t", outage());
    let at = find(&model, "  yesterday");
    let event = click(&model, (at.0 + 3, at.1));
    let plan = tell(&mut model, event, outage()).expect("watched");
    assert_eq!((plan.range, plan.end), (24 * HOUR, Some(NOW - 13 * HOUR - 45 * 60_000)));
}

#[test]
fn times_are_those_of_the_zone_that_is_shown() {
    let mut model = opened(120, 40);
    model.zone = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a zone");
    tell(&mut model, Message::Tick(NOW), outage());
    type_in(&mut model, "13:00 to 14:00", outage());
    assert!(screen(&model).contains("UTC+1"), "{}", screen(&model));
    let plan = tell(&mut model, code(KeyCode::Enter), outage()).expect("watched");
    assert_eq!((plan.end, plan.range), (Some(NOW - 3 * HOUR / 4), HOUR));
    // In summer the same clock hangs an hour further east.
    type_in(&mut model, "t2026-10-24 13:00 to 14:00", outage());
    assert!(screen(&model).contains("UTC+2"), "{}", screen(&model));
    let plan = tell(&mut model, code(KeyCode::Enter), outage()).expect("watched");
    assert_eq!(plan.end.map(|at| (NOW - at) % (24 * HOUR)), Some(HOUR + 3 * HOUR / 4));
    assert!(screen(&model).contains("‖ past 10-24 13:00–14:00"), "{}", screen(&model));
}
