//! The help: what holds here first, searched, in columns.

use ratatui::style::Modifier;
use shtop::app::{Action, Key, Keymap, Model, Overlay, Remap};
use shtop::theme::Depth;

use super::cluster::draw;
use super::{SIZES, find, press, screen, shown};

fn opened(width: u16, height: u16, before: &str) -> Model {
    let mut model = screen(width, height);
    press(&mut model, before);
    press(&mut model, "?");
    assert!(matches!(model.overlay, Some(Overlay::Help(_))));
    model
}

#[test]
fn what_holds_here_comes_first() {
    for (before, heading) in [("", "Here: on a dashboard"), ("a", "Here: on the alerts"), ("5", "Here: on the targets")]
    {
        for (width, height) in SIZES {
            let model = opened(width, height, before);
            let (x, y) = find(&model, heading);
            let (_, frame) = find(&model, " Keys ");
            assert_eq!(y, frame + 1, "it is the first line at {width}x{height}");
            assert!(x < width / 2);
        }
    }
}

#[test]
fn nothing_is_cut_off() {
    for (width, height) in SIZES {
        let mut model = opened(width, height, "");
        let left = find(&model, " Keys ").0 - 1;
        // What stands beside the help is none of its words.
        let inside = |line: &str| {
            line.chars().skip(usize::from(left) + 1).take_while(|c| !matches!(c, '│' | '▐')).collect::<String>()
        };
        for _ in 0..100 {
            let before = shown(&model);
            assert!(!before.lines().any(|line| inside(line).contains('…')), "{before}");
            press(&mut model, "jjjj");
            if shown(&model) == before {
                break;
            }
        }
        let end = shown(&model);
        assert!(end.contains("old data"), "the end is reached at {width}x{height}:\n{end}");
    }
}

#[test]
fn there_are_two_columns_where_there_is_room() {
    let model = opened(200, 60, "");
    let (_, first) = find(&model, "Here: on a dashboard");
    let screen = shown(&model);
    let line = screen.lines().nth(usize::from(first)).expect("the line");
    let headings = [
        "On the targets",
        "On the alerts",
        "On one alert",
        "In a runbook",
        "In the form",
        "In the list",
        "With the mouse",
    ];
    assert!(headings.iter().any(|heading| line.contains(heading)), "{line}");
}

#[test]
fn it_is_searched_and_what_is_found_is_marked() {
    let mut model = opened(120, 40, "");
    press(&mut model, "/crossh");
    let screen = shown(&model);
    assert!(screen.contains("one time on all panels") && !screen.contains("shorter time range"), "{screen}");
    let (x, y) = find(&model, "crosshair ten steps back");
    let buffer = draw(&model, Depth::None);
    let marked = |x: u16| buffer[(x, y)].modifier.contains(Modifier::UNDERLINED);
    assert!((x..x + 6).all(marked) && !marked(x + 6), "the word is underlined");
    // Keys are typed while one searches, and scroll again after Enter.
    press(&mut model, "q");
    assert!(shown(&model).contains("no key does that"), "{}", shown(&model));
    assert!(matches!(model.overlay, Some(Overlay::Help(_))));
    press(&mut model, "\u{1b}");
    assert!(shown(&model).contains("Here: on a dashboard"), "first what was searched for");
    press(&mut model, "/wheel\n");
    assert!(shown(&model).contains("With the mouse") && !shown(&model).contains("Here:"), "{}", shown(&model));
    press(&mut model, "\u{1b}");
    assert!(matches!(model.overlay, Some(Overlay::Help(_))));
    press(&mut model, "\u{1b}");
    assert_eq!(model.overlay, None, "then the help");
}

#[test]
fn other_keys_are_shown_as_such() {
    let wish = |action, keys: Vec<Key>| Remap { place: None, action, keys, line: 1 };
    let map = Keymap::new(&[wish(Action::Freeze, vec![Key::Char('p')]), wish(Action::Moved, Vec::new())]);
    let mut model = screen(120, 60).with_keymap(map.expect("no clash"));
    press(&mut model, "?/built in");
    let screen = shown(&model);
    assert!(screen.contains("p           freeze what is on the screen, or go on (built in: Space)"), "{screen}");
    assert!(screen.contains("(no key; built in: w)"), "{screen}");
}

#[test]
fn where_text_is_typed_no_letter_is_listed_as_holding() {
    let mut model = screen(200, 60);
    press(&mut model, "x");
    super::code(&mut model, crossterm::event::KeyCode::F(1));
    let screen = shown(&model);
    let everywhere = screen.find("Everywhere").expect("something holds everywhere");
    assert!(screen.contains("Here: in the editor of queries") && everywhere > 0, "{screen}");
    press(&mut model, "/write a line into the incident");
    let screen = shown(&model);
    assert!(screen.contains("Where no text is typed") && !screen.contains("Everywhere"), "{screen}");
}
