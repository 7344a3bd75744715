//! Pasting: into what is typed, as one piece, and nowhere else.

use shtop::app::{Message, Overlay};

use super::{act, press, screen, shown};

fn paste(model: &mut shtop::app::Model, text: &str) -> usize {
    act(model, Message::Paste(text.to_owned())).len()
}

#[test]
fn what_is_pasted_is_never_taken_for_keys() {
    for before in ["", "a", "5", "w", "L", "?", "C", "f", "Balpha\n", "a\n"] {
        let mut model = screen(120, 40);
        press(&mut model, before);
        let (there, over) = (model.screen, model.overlay.clone());
        assert_eq!(paste(&mut model, "q\nqqm?a\u{3}\r"), 0, "{before}");
        assert_eq!((model.screen, model.overlay.clone()), (there, over), "{before}");
        assert!(model.notice.as_ref().is_some_and(|told| told.contains("dropped")), "{before}");
    }
}

#[test]
fn it_goes_into_whatever_line_is_typed() {
    let mut model = screen(120, 40);
    press(&mut model, "/");
    paste(&mut model, "consumer\r\nlag\n");
    assert_eq!(model.prompt.as_ref().map(|prompt| prompt.input.value()), Some("consumer lag"));
    assert!(model.views[0].sifted.is_some(), "it filters at once");
    press(&mut model, "\u{1b}t");
    paste(&mut model, "2h to 1h ago\n");
    assert!(shown(&model).contains("> 2h to 1h ago"), "{}", shown(&model));
    press(&mut model, "\n");
    assert_eq!((model.range, model.overlay.clone()), (Some(3_600_000), None));
    press(&mut model, ":");
    paste(&mut model, "theme light");
    assert!(
        matches!(&model.overlay, Some(Overlay::Palette(palette)) if !palette.found.is_empty() && palette.found.len() < 5)
    );
    press(&mut model, "\u{1b}B");
    paste(&mut model, "gam");
    assert!(shown(&model).contains("gamma") && !shown(&model).contains("alpha"), "{}", shown(&model));
    press(&mut model, "\u{1b}v");
    paste(&mut model, "10.0.0.2");
    assert!(matches!(&model.overlay, Some(Overlay::Picker(picker)) if picker.items.len() == 1));
    press(&mut model, "\u{1b}?/");
    paste(&mut model, "cross\nhair");
    assert!(shown(&model).contains("/ cross hair"), "{}", shown(&model));
    press(&mut model, "\u{1b}\u{1b}n");
    paste(&mut model, "rolled\u{1b}[31m back\u{202e}\n\n");
    press(&mut model, "\n");
    press(&mut model, "L");
    assert!(shown(&model).contains("rolled␛[31m back\u{fffd}"), "{}", shown(&model));
}

#[test]
fn a_query_is_pasted_with_its_lines_into_the_editor() {
    let mut model = screen(120, 40);
    press(&mut model, "5x");
    paste(&mut model, "sum by (topic) (\r\n\trate(streamhouse_records_received_total[5m])\r\n)\r\n");
    assert_eq!(model.explore.text(), "sum by (topic) (\n rate(streamhouse_records_received_total[5m])\n)");
    assert!(matches!(model.explore.check, Some(Ok(_))));
    assert!(model.explore.ran.is_none(), "no Enter was pressed");
}

#[test]
fn no_more_is_taken_than_can_be_typed() {
    let mut model = screen(80, 24);
    press(&mut model, "/");
    paste(&mut model, &"x".repeat(100_000));
    assert_eq!(model.prompt.as_ref().map(|prompt| prompt.input.value().len()), Some(1_000));
    press(&mut model, "\u{1b}5x");
    paste(&mut model, &"(".repeat(100_000));
    assert_eq!(model.explore.text().len(), 16_000);
    shown(&model);
}
