//! The header, the line of alerts and the footer are buttons.

use shtop::app::{Command, Model, Overlay, Screen, Spot};
use shtop::layout::Density;
use shtop::theme::Depth;

use super::cluster::{draw, drawn, text};
use super::{SIZES, click, click_at, find, press, screen, shown};

#[test]
fn words_of_the_header_lead_to_what_they_tell() {
    let mut model = screen(200, 60);
    for (words, there) in [
        ("Storage", Screen::Dashboard(1)),
        (" a Alerts", Screen::Alerts),
        (" 5 Targets", Screen::Targets),
        ("firing: ", Screen::Alerts),
        ("targets up", Screen::Targets),
        ("1 Overview", Screen::Dashboard(0)),
    ] {
        click(&mut model, words);
        assert_eq!(model.screen, there, "{words}");
    }
    click(&mut model, "last 1h");
    assert!(matches!(model.overlay, Some(Overlay::Time(_))));
    click(&mut model, "last 6h");
    assert_eq!((model.range, model.overlay.clone()), (Some(6 * 3_600_000), None));
    click(&mut model, "live ");
    assert!(model.end.is_some(), "frozen");
    click(&mut model, "‖ to");
    assert_eq!(model.end, None, "live again");
    click(&mut model, " east ");
    assert!(matches!(model.overlay, Some(Overlay::Contexts(_))));
    press(&mut model, "\u{1b}c");
    click(&mut model, "⌖ values at");
    assert_eq!(model.cursor, None);
    press(&mut model, "/lag\n");
    click(&mut model, "/lag ");
    assert!(model.prompt.is_some(), "the filter is typed again");
}

#[test]
fn a_tab_that_is_clicked_twice_does_not_lead_back() {
    let mut model = screen(200, 60);
    super::double(&mut model, " a Alerts");
    assert_eq!(model.screen, Screen::Alerts);
}

#[test]
fn an_alert_of_the_strip_opens_and_the_rest_leads_to_all() {
    let mut model = screen(200, 60);
    let (_, rule, _) = model.alerts.active().nth(1).expect("several are active");
    let name = rule.name.clone();
    let strip = shown(&model).lines().nth(1).expect("a strip").to_owned();
    assert!(strip.matches(&name).count() > 0, "{strip}");
    let x = strip.find(&name).map(|at| strip[..at].chars().count() as u16).expect("it is there");
    click_at(&mut model, (x, 1));
    assert_eq!((model.screen, model.alert.as_ref().map(|id| id.rule.clone())), (Screen::Alert, Some(name)));
    press(&mut model, "\u{1b}");
    click(&mut model, "more: a");
    assert_eq!(model.screen, Screen::Alerts);
}

#[test]
fn every_hint_of_the_footer_does_what_its_key_does() {
    let mut model = screen(200, 60);
    click(&mut model, "d density");
    assert_eq!(model.views[0].density, Some(Density::Wall));
    click(&mut model, "d density");
    assert_eq!(model.views[0].density, Some(Density::Rows));
    click(&mut model, "s sort");
    assert!(model.notice.as_ref().is_some_and(|told| told.contains("worst panels first")), "{:?}", model.notice);
    // The answer takes the footer's place until the next key or click.
    click_at(&mut model, (1, 1));
    press(&mut model, "1");
    click(&mut model, "/ filter");
    assert!(model.prompt.is_some());
    press(&mut model, "\u{1b}");
    click(&mut model, "v variables");
    assert!(matches!(model.overlay, Some(Overlay::Picker(_))));
    click(&mut model, "Esc close");
    assert_eq!(model.overlay, None);
    click(&mut model, "? help");
    assert!(matches!(model.overlay, Some(Overlay::Help(_))));
    click(&mut model, "Esc close");
    click(&mut model, "f full");
    assert!(model.views[0].full);
    assert!(matches!(click(&mut model, "q quit")[..], [Command::Quit]));
}

#[test]
fn a_popup_offers_only_the_keys_that_do_something_in_it() {
    for (keys, own) in [("L", "n add a line"), ("?", "/ search"), ("w", "w close"), ("B", "Enter go"), ("C", "C close")]
    {
        let mut model = screen(120, 40);
        press(&mut model, keys);
        let screen = shown(&model);
        let footer = screen.lines().last().expect("a footer");
        assert!(footer.contains(own) && !footer.contains("explore") && !footer.contains("runbook"), "{footer}");
    }
}

#[test]
fn a_lent_mouse_is_told_as_long_as_it_is() {
    for (width, height) in SIZES {
        let mut model = screen(width, height);
        assert!(matches!(press(&mut model, "m")[..], [Command::Mouse(false)]));
        let told = |model: &Model| shown(model).lines().last().is_some_and(|line| line.contains("m takes it back"));
        assert!(told(&model), "{}", shown(&model));
        press(&mut model, "2");
        assert!(told(&model), "also after the next key:\n{}", shown(&model));
        press(&mut model, "m");
        assert!(!told(&model));
    }
}

#[test]
fn what_is_marked_as_a_button_is_where_its_words_are() {
    for (width, height) in SIZES {
        let model = screen(width, height);
        let (buffer, zones) = drawn(&model, Depth::None);
        assert_eq!(buffer, draw(&model, Depth::None));
        let screen = text(&buffer);
        for (y, line) in [(0, screen.lines().next()), (height - 1, screen.lines().last())] {
            let line: Vec<char> = line.expect("a line").chars().collect();
            for x in 0..width {
                let Some(zone) = zones.at((x, y)) else { continue };
                assert!(matches!(zone.spot, Spot::Action(_) | Spot::Key(_)), "{zone:?}");
                let words: String =
                    line.iter().skip(usize::from(zone.area.x)).take(usize::from(zone.area.width)).collect();
                assert!(!words.trim().is_empty(), "{zone:?} has no words at {width}x{height}");
            }
        }
        find(&model, "1 Overview");
    }
}
