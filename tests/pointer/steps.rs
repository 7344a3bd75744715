//! One step back, quitting, and the order of Tab.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use shtop::app::{Command, Message, Model, Screen};

use super::{act, code, press, screen};

fn quits(commands: &[Command]) -> bool {
    commands.iter().any(|command| matches!(command, Command::Quit))
}

/// What can lie over a dashboard or be gone to from it, by the keys that open it.
const LEVELS: [&str; 9] = ["?", "t", "v", ":", "w", "B", "C", "L", "f"];

fn at_the_top(model: &Model) -> bool {
    model.overlay.is_none() && model.screen == Screen::Dashboard(0) && !model.views[0].full
}

#[test]
fn escape_goes_one_step_back_from_everywhere_and_never_quits() {
    for keys in LEVELS {
        let mut model = screen(120, 40);
        press(&mut model, keys);
        assert!(!at_the_top(&model), "{keys} opens something");
        assert!(!quits(&code(&mut model, KeyCode::Esc)));
        assert!(at_the_top(&model), "one step from {keys}: {:?}", model.overlay);
        assert!(!quits(&code(&mut model, KeyCode::Esc)));
    }
    // Alerts, one alert, its popup: three steps.
    let mut model = screen(120, 40);
    press(&mut model, "a\n?");
    for there in [Screen::Alert, Screen::Alerts, Screen::Dashboard(0)] {
        code(&mut model, KeyCode::Esc);
        assert_eq!((model.screen, model.overlay.clone()), (there, None));
    }
}

#[test]
fn q_closes_a_popup_and_quits_from_every_screen() {
    // Where letters are typed it is one.
    for keys in ["?", "w", "C", "L"] {
        let mut model = screen(120, 40);
        press(&mut model, keys);
        assert!(!quits(&press(&mut model, "q")), "{keys}");
        assert!(at_the_top(&model), "{keys}: it was one step back");
        assert!(quits(&press(&mut model, "q")), "{keys}");
    }
    for keys in ["f", "a", "a\n", "Balpha\n", "5"] {
        let mut model = screen(120, 40);
        press(&mut model, keys);
        assert!(quits(&press(&mut model, "q")), "{keys}");
    }
}

#[test]
fn ctrl_c_quits_from_everywhere() {
    for keys in LEVELS.iter().chain(&["a\n", "x", "5", "Balpha\n", "?/abc"]) {
        let mut model = screen(120, 40);
        press(&mut model, keys);
        let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert!(quits(&act(&mut model, Message::Key(key))), "{keys}");
    }
}

#[test]
fn tab_goes_on_and_shift_tab_back_in_every_list() {
    let mut model = screen(120, 40);
    let first = model.views[0].selected;
    code(&mut model, KeyCode::Tab);
    assert_ne!(model.views[0].selected, first);
    code(&mut model, KeyCode::BackTab);
    assert_eq!(model.views[0].selected, first);
    press(&mut model, "5");
    code(&mut model, KeyCode::Tab);
    assert_eq!(model.target, 1);
    code(&mut model, KeyCode::BackTab);
    assert_eq!(model.target, 0);
    press(&mut model, "a");
    let first = model.alerts.cursor;
    code(&mut model, KeyCode::Tab);
    assert!(model.alerts.cursor > first);
    code(&mut model, KeyCode::BackTab);
    assert_eq!(model.alerts.cursor, first);
    for (keys, marks) in [("w", "›"), ("C", "›"), ("B", "›"), ("t", "›")] {
        let mut model = screen(120, 40);
        press(&mut model, keys);
        let line = |model: &Model| super::find(model, marks).1;
        let first = line(&model);
        code(&mut model, KeyCode::Tab);
        let next = line(&model);
        code(&mut model, KeyCode::BackTab);
        assert_eq!((next > first || keys == "B", line(&model)), (true, first), "{keys}");
    }
}
