//! `e` and `y`: what somebody takes along from the screen.

use crossterm::event::KeyCode;
use shtop::app::{Command, Form, Message, Model, update};

use super::cluster::{model, outage, tell};
use super::{code, ctrl, find, screen};

fn overview() -> Model {
    let mut model = model(120, 40);
    tell(&mut model, Message::Resize(120, 40), outage());
    model
}

/// What is asked for when the line of `e` is taken as it stands after these keys.
fn written(model: &mut Model, name: Option<&str>) -> Option<Command> {
    update(model, code(KeyCode::Char('e')));
    if let Some(name) = name {
        update(model, ctrl('u'));
        for c in name.chars() {
            update(model, code(KeyCode::Char(c)));
        }
    }
    update(model, code(KeyCode::Enter))
}

#[test]
fn a_file_is_called_after_what_is_on_the_screen_and_when() {
    let mut model = overview();
    let Some(Command::Export(keepsake)) = written(&mut model, None) else { panic!("nothing is written") };
    assert_eq!(keepsake.form, Form::Svg);
    assert!(keepsake.path.starts_with("shtop-demo-overview-20"), "{}", keepsake.path);
    assert!(!keepsake.path.contains([' ', ':', '/']), "{}", keepsake.path);
    update(&mut model, Message::Exported(Ok("/somewhere/it.svg".to_owned())));
    find(&model, "written: /somewhere/it.svg");
}

#[test]
fn an_ending_that_nothing_is_written_as_is_told_and_esc_writes_nothing() {
    let mut model = overview();
    assert!(written(&mut model, Some("mine.png")).is_none());
    find(&model, "\"mine.png\" does not end in what it should be: .svg, .html, .txt, .ansi, .csv");
    update(&mut model, code(KeyCode::Char('e')));
    find(&model, "write to:");
    assert!(update(&mut model, code(KeyCode::Esc)).is_none());
    assert!(!screen(&model).contains("write to:"));
    let csv = written(&mut model, Some("/tmp/a.csv"));
    assert!(matches!(csv, Some(Command::Export(k)) if k.form == Form::Csv && k.path == "/tmp/a.csv"));
    update(&mut model, code(KeyCode::Char('4')));
    assert!(written(&mut model, Some("a.csv")).is_none(), "targets have no values");
}

#[test]
fn a_panel_is_copied_with_its_values_and_its_queries() {
    let mut model = overview();
    let lag = model.view().and_then(|view| view.dashboard.panel("Consumer Lag")).expect("it exists");
    while model.view().is_some_and(|view| view.selected != lag) {
        update(&mut model, code(KeyCode::Tab));
    }
    let Some(Command::Copy(text)) = update(&mut model, code(KeyCode::Char('y'))) else { panic!("nothing is copied") };
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("Consumer Lag, 20"), "{text}");
    assert!(lines[1].ends_with(" k msg"), "the largest comes first: {text}");
    assert!(text.contains("streamhouse_consumer_lag") && text.ends_with("(invented by shtop demo)"), "{text}");
}
