//! `v`: values searched, marked and applied, however many there are.

use std::sync::Arc;

use crossterm::event::KeyCode;
use shtop::app::{Message, Model, Overlay, update};
use shtop::layout::Selection;
use shtop::source::Event;

use super::cluster::{model, outage, tell};
use super::{HOSTILE, SIZES, click, code, ctrl, find, screen, type_in, wheel};

const AGENTS: [&str; 3] = ["10.0.0.1:9090", "10.0.0.2:9090", "10.0.0.3:9090"];

/// The Overview with the picker open.
fn opened(width: u16, height: u16) -> Model {
    let mut model = model(width, height);
    tell(&mut model, Message::Resize(width, height), outage());
    type_in(&mut model, "v", outage());
    model
}

/// Tells which values the Overview's variable has.
fn values(model: &mut Model, values: impl IntoIterator<Item = String>) {
    let key = ("overview".to_owned(), "agent".to_owned());
    let values = values.into_iter().map(Arc::from).collect();
    update(model, Message::Source(Event::Variable { key, values }));
}

fn chosen(model: &Model) -> Vec<String> {
    match model.views[0].selection.get("agent") {
        Some(Selection::Values(values)) => values.clone(),
        _ => Vec::new(),
    }
}

#[test]
fn what_is_marked_is_asked_for_once_when_it_is_applied() {
    let mut model = opened(120, 40);
    for message in [code(KeyCode::Down), code(KeyCode::Char(' ')), code(KeyCode::Down), code(KeyCode::Char(' '))] {
        assert!(tell(&mut model, message, outage()).is_none(), "a draft asks nothing");
    }
    assert_eq!(chosen(&model), [""; 0]);
    assert!(tell(&mut model, code(KeyCode::Enter), outage()).is_some());
    assert_eq!((chosen(&model), model.overlay.clone()), (AGENTS[..2].iter().map(ToString::to_string).collect(), None));
    assert!(screen(&model).contains("filtered: Agent"), "{}", screen(&model));
    // Opened again it stands where it was left, and Enter changes nothing.
    type_in(&mut model, "v", outage());
    assert!(screen(&model).contains(&format!("› [x] {}", AGENTS[1])), "{}", screen(&model));
    assert!(tell(&mut model, code(KeyCode::Enter), outage()).is_none());
    assert_eq!(chosen(&model).len(), 2);
    // Escape leaves everything as it is.
    type_in(&mut model, "v ", outage());
    tell(&mut model, code(KeyCode::Esc), outage());
    assert_eq!(chosen(&model).len(), 2);
    type_in(&mut model, "v", outage());
    tell(&mut model, ctrl('x'), outage());
    assert!(tell(&mut model, code(KeyCode::Enter), outage()).is_some());
    assert_eq!(chosen(&model), [""; 0]);
}

#[test]
fn what_was_searched_for_needs_no_mark() {
    let mut model = opened(120, 40);
    type_in(&mut model, "0.3:", outage());
    tell(&mut model, code(KeyCode::Enter), outage()).expect("watched");
    assert_eq!(chosen(&model), [AGENTS[2]]);
    type_in(&mut model, "v10.0", outage());
    tell(&mut model, ctrl('a'), outage());
    tell(&mut model, code(KeyCode::Enter), outage()).expect("watched");
    assert_eq!(chosen(&model), AGENTS);
    type_in(&mut model, "vnone of them", outage());
    assert!(screen(&model).contains("no value has that"), "{}", screen(&model));
    assert!(tell(&mut model, code(KeyCode::Enter), outage()).is_none());
    assert_eq!(chosen(&model), AGENTS);
}

#[test]
fn a_value_that_is_gone_keeps_its_choice_and_says_so() {
    let mut model = opened(120, 40);
    type_in(&mut model, "0.2:", outage());
    tell(&mut model, code(KeyCode::Enter), outage()).expect("watched");
    values(&mut model, [AGENTS[0].to_owned()]);
    type_in(&mut model, "v", outage());
    for (width, height) in SIZES {
        update(&mut model, Message::Resize(width, height));
        let shown = screen(&model);
        assert!(shown.contains(&format!("› [x] {} no series now", AGENTS[1])), "{shown}");
    }
    // Dropped, it can still be taken up again.
    type_in(&mut model, " ", outage());
    assert!(screen(&model).contains(&format!("› [ ] {}", AGENTS[1])));
    // While the list is open values come back, and the cursor stays on its own.
    values(&mut model, AGENTS.map(str::to_owned));
    assert!(screen(&model).contains(&format!("› [ ] {}", AGENTS[1])), "{}", screen(&model));
}

#[test]
fn thousands_of_values_are_searched_and_scrolled() {
    for (width, height) in SIZES {
        let mut model = opened(width, height);
        values(&mut model, (0..20_000).map(|i| format!("agent-{i:05}.prod.example:9090")));
        insta::assert_snapshot!(format!("picker_many_{width}x{height}"), screen(&model));
        tell(&mut model, code(KeyCode::End), outage());
        for _ in 0..30 {
            tell(&mut model, code(KeyCode::PageDown), outage());
        }
        type_in(&mut model, "1234 ", outage());
        let found = match &model.overlay {
            Some(Overlay::Picker(picker)) => picker.items.len(),
            _ => 0,
        };
        assert_eq!(found, 12, "01234, 11234 and ten from 12340 on");
        insta::assert_snapshot!(format!("picker_found_{width}x{height}"), screen(&model));
    }
}

#[test]
fn rows_are_clicked_and_the_wheel_moves_the_cursor() {
    let mut model = opened(80, 24);
    let at = find(&model, AGENTS[1]);
    let event = click(&model, at);
    tell(&mut model, event, outage());
    let event = wheel(&model, at);
    tell(&mut model, event, outage());
    type_in(&mut model, " ", outage());
    // A click on the popup beside its list does nothing.
    let event = click(&model, find(&model, "chosen of"));
    tell(&mut model, event, outage());
    tell(&mut model, code(KeyCode::Enter), outage()).expect("watched");
    assert_eq!(chosen(&model), AGENTS[1..]);
}

#[test]
fn hostile_values_are_shown_cut_and_chosen_as_they_are() {
    for (width, height) in SIZES {
        let mut model = opened(width, height);
        let names: Vec<String> = HOSTILE.iter().map(|name| shtop::series::printable(name).into_owned()).collect();
        values(&mut model, names.iter().cloned().chain(["w".repeat(900)]));
        tell(&mut model, code(KeyCode::End), outage());
        type_in(&mut model, "www ", outage());
        let shown = screen(&model);
        assert!(shown.contains("[x] www"), "{shown}");
        tell(&mut model, code(KeyCode::Enter), outage());
        assert_eq!(chosen(&model), ["w".repeat(900)]);
        assert!(screen(&model).contains("filtered") || width < 80, "{}", screen(&model));
    }
}
