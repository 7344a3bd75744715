//! Lists on the screen and in popups: clicked, wheeled, drawn by their scroll bars.

use crossterm::event::{KeyModifiers, MouseEventKind};
use shtop::app::{Line, Overlay, Screen, Spot, Zone};
use shtop::layout::Density;
use shtop::theme::Depth;

use super::cluster::{draw, drawn};
use super::{LEFT, SIZES, again_at, click, click_at, column, double, find, mouse, point, press, screen, shown, wheel};

#[test]
fn a_click_beside_a_popup_closes_it_and_does_nothing_else() {
    for keys in ["t", "v", ":", "?", "w", "B", "C"] {
        let mut model = screen(200, 60);
        press(&mut model, keys);
        assert!(model.overlay.is_some(), "{keys} opens something");
        let before = (model.screen, model.views[0].selected);
        // On another tab, which a popup covers.
        click_at(&mut model, (40, 0));
        assert_eq!(
            (model.overlay.clone(), model.screen, model.views[0].selected),
            (None, before.0, before.1),
            "{keys}"
        );
    }
}

#[test]
fn a_click_takes_a_line_of_a_menu() {
    let mut model = screen(120, 40);
    press(&mut model, "w");
    let moved = model.moved();
    assert!(moved.len() > 2);
    let (_, y) = find(&model, "What moved most");
    let at = (40, y + 2);
    click_at(&mut model, at);
    assert_eq!((model.overlay.clone(), model.screen), (None, Screen::Dashboard(moved[1].view)));
    assert_eq!(model.views[moved[1].view].selected, moved[1].panel);
    // The second click of a double click was meant for the menu.
    let before = model.views[moved[1].view].selected;
    again_at(&mut model, at);
    assert_eq!(model.views[moved[1].view].selected, before);

    press(&mut model, "B");
    click(&mut model, "beta");
    assert_eq!(model.handbook.as_ref().map(|book| book.runbook.name.as_str()), Some("beta"));
    press(&mut model, "C");
    let done = click(&mut model, "west.example");
    assert_eq!(done.len(), 1, "{done:?}");
    press(&mut model, ":theme light");
    assert_eq!(click(&mut model, "theme    light").len(), 1);
}

#[test]
fn an_alert_is_selected_by_one_click_and_opened_by_two_and_the_list_stays_where_it_is() {
    let mut model = screen(80, 24);
    press(&mut model, "ai");
    press(&mut model, "G");
    let zones = drawn(&model, Depth::None).1;
    let first = |zones: &shtop::app::Zones| {
        (0..24).filter_map(|y| zones.at((10, y))).find_map(|zone| match zone.spot {
            Spot::Row { index, top } => Some((index, top, zone.area.y)),
            _ => None,
        })
    };
    let (index, top, y) = first(&zones).expect("a row");
    assert!(top > 0, "it is scrolled down");
    click_at(&mut model, (10, y));
    assert_eq!(model.alerts.cursor, index);
    assert_eq!(first(&drawn(&model, Depth::None).1), Some((index, top, y)), "nothing moved under the pointer");
    again_at(&mut model, (10, y));
    assert_eq!(model.screen, Screen::Alert);
    press(&mut model, "\u{1b}");
    assert_eq!(model.screen, Screen::Alerts);
    let before = model.alerts.cursor;
    wheel(&mut model, (10, y), false);
    assert!(model.alerts.cursor < before);
    // Its title says the order, and changes it.
    click(&mut model, "worst first");
    assert!(shown(&model).contains("newest first"));
    assert!(!matches!(model.alerts.lines()[model.alerts.cursor], Line::Heading(..)));
}

#[test]
fn targets_and_steps_of_a_runbook_are_clicked() {
    let mut model = screen(120, 40);
    press(&mut model, "5");
    click(&mut model, "10.0.0.3:9090");
    assert_eq!(model.target, 2);
    wheel(&mut model, (10, 10), false);
    assert_eq!(model.target, 0);
    press(&mut model, "Balpha\n");
    assert!(shown(&model).contains("[ ] one"), "{}", shown(&model));
    click(&mut model, "[ ] two");
    assert!(shown(&model).contains("[x] two") && shown(&model).contains("[ ] one"), "{}", shown(&model));
    click(&mut model, "other");
    assert_eq!(model.handbook.as_ref().map(|book| book.runbook.name.as_str()), Some("beta"));
    press(&mut model, "\u{1b}");
    assert_eq!(model.handbook.as_ref().map(|book| book.runbook.name.as_str()), Some("alpha"));
}

#[test]
fn what_is_longer_than_its_room_has_a_bar_that_shows_where_one_is() {
    let mut model = screen(80, 24);
    press(&mut model, "?");
    let bar = |model: &shtop::app::Model| {
        let buffer = draw(model, Depth::None);
        let columns = (0..buffer.area.width).map(|x| column(&buffer, x)).find(|column| column.contains('▐'));
        columns.map(|column| column.chars().position(|c| c == '▐').expect("just seen"))
    };
    let top = bar(&model).expect("the help is long");
    press(&mut model, "G");
    let bottom = bar(&model).expect("still");
    assert!(bottom > top);
    press(&mut model, "\u{1b}:");
    assert!(bar(&model).is_some(), "{}", shown(&model));
    press(&mut model, "\u{1b}ai");
    assert!(bar(&model).is_some(), "{}", shown(&model));
    press(&mut model, "\u{1b}B");
    assert_eq!(bar(&model), None, "all runbooks fit");
}

#[test]
fn a_scroll_bar_is_clicked_and_drawn() {
    let mut model = screen(80, 24);
    press(&mut model, "?");
    let (buffer, zones) = drawn(&model, Depth::None);
    let x = (0..80).find(|x| column(&buffer, *x).contains('▐')).expect("a bar");
    let bar = (0..24).filter_map(|y| zones.at((x, y))).find(|zone| matches!(zone.spot, Spot::Bar(_))).expect("marked");
    let (first, last) = (bar.area.y, bar.area.bottom() - 1);
    let top = |model: &shtop::app::Model| match &model.overlay {
        Some(Overlay::Help(manual)) => manual.top,
        other => panic!("{other:?}"),
    };
    point(&mut model, &zones, MouseEventKind::Down(LEFT), (x, last), KeyModifiers::NONE);
    let end = top(&model);
    assert!(end > 0);
    // Drawn beyond the bar, also beside it.
    mouse(&mut model, MouseEventKind::Drag(LEFT), (3, first + 3), KeyModifiers::NONE);
    assert!((1..end).contains(&top(&model)));
    mouse(&mut model, MouseEventKind::Drag(LEFT), (3, 0), KeyModifiers::NONE);
    assert_eq!(top(&model), 0);
    press(&mut model, "\u{1b}5");
    mouse(&mut model, MouseEventKind::Up(LEFT), (3, 0), KeyModifiers::NONE);
    assert_eq!(model.screen, Screen::Targets);
}

#[test]
fn the_log_and_the_help_are_wheeled() {
    for (width, height) in SIZES {
        let mut model = screen(width, height);
        for i in 0..40 {
            press(&mut model, &format!("nentry {i}\n"));
        }
        press(&mut model, "L");
        assert!(shown(&model).contains("entry 39"), "{}", shown(&model));
        for _ in 0..13 {
            wheel(&mut model, (5, 5), false);
        }
        assert!(shown(&model).contains("entry 0"), "{}", shown(&model));
        wheel(&mut model, (5, 5), true);
        assert!(matches!(model.overlay, Some(Overlay::Log(back)) if back > 0));
    }
}

#[test]
fn a_list_in_a_panel_takes_the_wheel_until_its_end_and_then_the_screen_does() {
    let mut model = screen(120, 40);
    model.prefer(Some(Density::Grid));
    press(&mut model, "4");
    let title = "Consumer lag by partition";
    let tour = model.views.len() - 1;
    assert_eq!(model.screen, Screen::Dashboard(tour));
    press(&mut model, ":panel Consumer lag by\n");
    let (x, y) = find(&model, title);
    let at = (x + 4, y + 2);
    let zone = drawn(&model, Depth::None).1.at(at).cloned();
    assert!(matches!(zone, Some(Zone { spot: Spot::Panel { whole: true, .. }, .. })), "{zone:?}");
    let before = (model.views[tour].scroll, shown(&model));
    wheel(&mut model, at, true);
    assert_eq!(model.views[tour].scroll, before.0, "the screen stays");
    assert_ne!(shown(&model), before.1, "the table does not");
    wheel(&mut model, at, false);
    assert_eq!(shown(&model), before.1);
    for _ in 0..20 {
        wheel(&mut model, at, true);
    }
    assert!(model.views[tour].scroll > before.0, "at its end it goes on with the screen");
}

#[test]
fn words_of_the_editor_are_pointed_at_and_lines_of_its_list_taken() {
    let mut model = screen(120, 40);
    press(&mut model, "5x");
    press(&mut model, "su");
    click(&mut model, "sum");
    assert!(model.explore.text().starts_with("sum"), "{}", model.explore.text());
    if model.explore.list.is_some() {
        press(&mut model, "\u{1b}");
    }
    let (x, y) = find(&model, "sum");
    click_at(&mut model, (x + 1, y));
    assert_eq!(model.explore.cursor(), 1);
    press(&mut model, "Z");
    assert!(model.explore.text().starts_with("sZum"), "{}", model.explore.text());
    double(&mut model, "sZum");
}
