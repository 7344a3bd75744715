//! Charts: clicked, drawn along, wheeled under Ctrl.

use crossterm::event::{KeyModifiers, MouseEventKind};
use ratatui::style::Modifier;
use shtop::app::{Model, Screen, Spot};
use shtop::theme::Depth;

use super::cluster::{draw, drawn};
use super::{LEFT, click_at, double, find, mouse, press, screen, shown};

const TITLE: &str = "Request Throughput";

/// A place well inside the chart of the request throughput.
fn inside(model: &Model) -> (u16, u16) {
    let (x, y) = find(model, TITLE);
    (x + 28, y + 4)
}

fn reversed(model: &Model) -> usize {
    let buffer = draw(model, Depth::TrueColor);
    buffer.content().iter().filter(|cell| cell.modifier.contains(Modifier::REVERSED)).count()
}

#[test]
fn a_range_is_seen_while_it_is_drawn_and_taken_when_the_button_goes_up_wherever_that_is() {
    let mut model = screen(120, 40);
    let (x, y) = inside(&model);
    mouse(&mut model, MouseEventKind::Down(LEFT), (x, y), KeyModifiers::NONE);
    assert_eq!((model.drawn_range(), reversed(&model)), (None, 0), "a press alone draws nothing");
    mouse(&mut model, MouseEventKind::Drag(LEFT), (x + 9, y), KeyModifiers::NONE);
    let (from, to) = model.drawn_range().expect("a range");
    assert!(reversed(&model) > 10, "it is on the screen");
    assert!(shown(&model).lines().last().is_some_and(|line| line.contains("let go to show it")), "{}", shown(&model));
    // Over another panel and past the edge of the screen it goes no further than its own chart.
    mouse(&mut model, MouseEventKind::Drag(LEFT), (119, 0), KeyModifiers::NONE);
    let (_, end) = model.drawn_range().expect("still");
    assert!(end > to);
    mouse(&mut model, MouseEventKind::Up(LEFT), (500, 500), KeyModifiers::NONE);
    assert_eq!((model.end, model.drawn_range()), (Some(end), None));
    assert!((model.range.expect("chosen") - (end - from)).abs() < 1_000);
    assert_eq!(reversed(&model), 0);
    // Once it is up, moving means nothing.
    let before = (model.end, model.range, model.cursor);
    mouse(&mut model, MouseEventKind::Drag(LEFT), (x, y), KeyModifiers::NONE);
    mouse(&mut model, MouseEventKind::Up(LEFT), (x, y), KeyModifiers::NONE);
    assert_eq!((model.end, model.range, model.cursor), before);
}

#[test]
fn escape_drops_a_range_that_is_being_drawn() {
    let mut model = screen(120, 40);
    let (x, y) = inside(&model);
    let before = (model.range, model.end);
    mouse(&mut model, MouseEventKind::Down(LEFT), (x, y), KeyModifiers::NONE);
    mouse(&mut model, MouseEventKind::Drag(LEFT), (x - 9, y), KeyModifiers::NONE);
    assert!(model.drawn_range().is_some());
    press(&mut model, "\u{1b}");
    assert_eq!(model.drawn_range(), None);
    mouse(&mut model, MouseEventKind::Up(LEFT), (x - 9, y), KeyModifiers::NONE);
    assert_eq!((model.range, model.end, model.cursor), (before.0, before.1, None));
}

#[test]
fn a_click_sets_the_crosshair_and_two_fill_the_screen() {
    let mut model = screen(120, 40);
    let at = inside(&model);
    click_at(&mut model, at);
    assert!(model.cursor.is_some());
    assert_eq!(model.views[0].dashboard.panels[model.views[0].selected].title, TITLE);
    press(&mut model, "\u{1b}");
    // Slow clicks are two, not one double.
    click_at(&mut model, at);
    click_at(&mut model, at);
    assert!(!model.views[0].full);
    double(&mut model, TITLE);
    assert!(model.views[0].full);
    // And back.
    double(&mut model, TITLE);
    assert!(!model.views[0].full);
}

#[test]
fn the_wheel_under_ctrl_keeps_the_time_under_the_pointer_where_it_is() {
    let mut model = screen(120, 40);
    let (x, y) = inside(&model);
    let at = |model: &mut Model, kind| {
        mouse(model, MouseEventKind::Down(LEFT), (x, y), KeyModifiers::NONE);
        mouse(model, MouseEventKind::Up(LEFT), (x, y), KeyModifiers::NONE);
        let cursor = model.cursor.take();
        model.now += 450;
        mouse(model, kind, (x, y), KeyModifiers::CONTROL);
        cursor.expect("a time")
    };
    let before = at(&mut model, MouseEventKind::ScrollUp);
    let range = model.range.expect("shorter");
    assert!(range < 3_600_000);
    let end = model.end.expect("it is in the past now");
    assert!(end - range < before && before < end, "{before} is in sight");
    let after = at(&mut model, MouseEventKind::ScrollDown);
    assert!((after - before).abs() < range / 20, "{}", (after - before) / 1_000);
    // At the right end one goes on seeing what comes.
    press(&mut model, "0");
    let (_, zones) = drawn(&model, Depth::None);
    let panel = zones.at((x, y)).expect("the panel").area;
    mouse(&mut model, MouseEventKind::ScrollUp, (panel.right() - 3, y), KeyModifiers::CONTROL);
    assert_eq!((model.end, model.range.is_some()), (None, true));
}

#[test]
fn a_panel_beneath_rows_and_one_on_the_whole_screen_are_drawn_along_too() {
    let mut model = screen(120, 60);
    model.prefer(Some(shtop::layout::Density::Rows));
    press(&mut model, "1");
    let panel = model.views[0].dashboard.panel(TITLE).expect("there is one");
    model.views[0].selected = panel;
    for key in ["", "f"] {
        press(&mut model, key);
        let (_, zones) = drawn(&model, Depth::None);
        let area = (0..60)
            .filter_map(|y| zones.at((60, y)))
            .find(|zone| matches!(zone.spot, Spot::Panel { whole: true, .. }))
            .expect("a chart")
            .area;
        let y = area.y + area.height / 2;
        mouse(&mut model, MouseEventKind::Down(LEFT), (60, y), KeyModifiers::NONE);
        mouse(&mut model, MouseEventKind::Drag(LEFT), (80, y), KeyModifiers::NONE);
        assert!(model.drawn_range().is_some(), "{}", shown(&model));
        mouse(&mut model, MouseEventKind::Up(LEFT), (80, y), KeyModifiers::NONE);
        assert!(model.end.is_some());
        press(&mut model, "0");
    }
}

#[test]
fn the_chart_of_a_query_and_panels_beside_an_alert_are_clicked() {
    let mut model = screen(120, 40);
    press(&mut model, "5x");
    press(&mut model, "sum(rate(streamhouse_records_received_total[5m]))\n\u{1b}");
    if model.screen != Screen::Explore {
        press(&mut model, "x");
    }
    let (_, zones) = drawn(&model, Depth::None);
    let area = (0..40)
        .filter_map(|y| zones.at((60, y)))
        .find(|zone| zone.spot == Spot::Panel { index: 0, whole: true })
        .unwrap_or_else(|| panic!("no chart in\n{}", shown(&model)))
        .area;
    let y = area.y + area.height / 2;
    mouse(&mut model, MouseEventKind::Down(LEFT), (60, y), KeyModifiers::NONE);
    mouse(&mut model, MouseEventKind::Drag(LEFT), (90, y), KeyModifiers::NONE);
    if model.drawn_range().is_some() {
        mouse(&mut model, MouseEventKind::Up(LEFT), (90, y), KeyModifiers::NONE);
        assert!(model.end.is_some());
    }
    let mut model = screen(120, 40);
    press(&mut model, ":alert S3ErrorRateHigh\n");
    let (_, zones) = drawn(&model, Depth::None);
    let spot = (0..40).filter_map(|y| zones.at((100, y))).find_map(|zone| match zone.spot {
        Spot::Elsewhere(view, panel) => Some((view, panel, zone.area)),
        _ => None,
    });
    let (view, panel, area) = spot.expect("a panel beside the words");
    click_at(&mut model, (area.x + 2, area.y + 1));
    assert_eq!((model.screen, model.views[view].selected), (Screen::Dashboard(view), panel));
    press(&mut model, "\u{1b}");
    assert_eq!(model.screen, Screen::Alert);
}
