//! The layout that shows every kind of panel, over the demo's cluster: that it is sound, what it looks like, and what the
//! keys do on it.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/cluster.rs"]
mod cluster;

use cluster::{NOW, draw, model, outage, tell, text};
use crossterm::event::{KeyCode, KeyEvent};
use shtop::app::{Cluster, Message, Model, Origin, Screen};
use shtop::layout::{Kind, parse};
use shtop::panel::State;
use shtop::theme::Depth;

fn key(code: KeyCode) -> Message {
    Message::Key(KeyEvent::from(code))
}

fn press(model: &mut Model, keys: &str) {
    for c in keys.chars() {
        tell(model, key(KeyCode::Char(c)), outage());
    }
}

/// The tour on a screen of this size, answered.
fn tour(width: u16, height: u16) -> Model {
    let layout = parse("tour.toml", include_str!("../assets/layouts/tour.toml")).expect("the tour is sound");
    let cluster = Cluster { dashboards: vec![layout], ..cluster::cluster(Origin::Demo("s3-outage".to_owned())) };
    let mut model = cluster::opened(cluster, NOW, (width, height));
    press(&mut model, "1");
    model
}

/// Selects the panel of this title.
fn select(model: &mut Model, title: &str) {
    let at = model.views[0].dashboard.panel(title).expect("there is such a panel");
    model.views[0].selected = at;
}

#[test]
fn the_tour_shows_every_kind_and_every_panel_has_something_to_show() {
    let model = tour(120, 40);
    let view = model.view().expect("a dashboard");
    // Rows between parts are for dashboards that need parts.
    for &(name, kind) in Kind::NAMES.iter().filter(|(_, kind)| *kind != Kind::Row) {
        assert!(view.dashboard.panels.iter().any(|p| p.kind == kind), "{name} is missing");
    }
    for (panel, data) in view.dashboard.panels.iter().zip(&view.panels) {
        assert_eq!(data.state(NOW), State::Live, "{}", panel.title);
    }
}

#[test]
fn the_tour_at_three_sizes() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let model = tour(width, height);
        insta::assert_snapshot!(format!("tour_{width}x{height}"), text(&draw(&model, Depth::TrueColor)));
    }
}

#[test]
fn what_asks_nothing_is_not_in_the_plan() {
    let mut model = tour(120, 40);
    let plan = tell(&mut model, key(KeyCode::Char('0')), outage()).expect("a plan");
    let view = model.view().expect("a dashboard");
    assert_eq!(plan.asks.len(), view.dashboard.panels.iter().filter(|p| p.kind.asks()).count());
    assert!(plan.asks.len() < view.dashboard.panels.len());
    select(&mut model, "About this dashboard");
    let plan = tell(&mut model, key(KeyCode::Char('f')), outage()).expect("a plan");
    assert!(plan.asks.is_empty(), "a text on the whole screen asks nothing");
}

#[test]
fn a_list_on_the_whole_screen_scrolls_by_lines_and_other_panels_do_not() {
    let mut model = tour(80, 24);
    select(&mut model, "Consumer lag by partition");
    press(&mut model, "f");
    let rows = |model: &Model| text(&draw(model, Depth::None));
    assert!(rows(&model).contains("1–16 of 26 series"), "{}", rows(&model));
    press(&mut model, "jj");
    assert!(rows(&model).contains("3–18 of 26 series"), "{}", rows(&model));
    tell(&mut model, key(KeyCode::End), outage());
    assert!(rows(&model).contains("11–26 of 26 series"), "{}", rows(&model));
    tell(&mut model, key(KeyCode::PageUp), outage());
    assert!(rows(&model).contains("1–16 of 26 series"), "{}", rows(&model));
    select(&mut model, "Produced");
    let selected = model.views[0].selected;
    press(&mut model, "j");
    assert_eq!(model.views[0].selected, selected, "the arrows pick a series of a chart");
    tell(&mut model, key(KeyCode::Right), outage());
    assert_eq!(model.views[0].selected, selected + 1, "a chart has no lines to scroll by");
}

#[test]
fn s_sorts_a_table_by_each_of_its_columns_and_then_worst_first_again() {
    let mut model = tour(120, 40);
    select(&mut model, "Consumer lag by partition");
    press(&mut model, "f");
    let head = |model: &Model| text(&draw(model, Depth::None)).lines().find(|l| l.contains("topic")).map(str::to_owned);
    let worst_first = head(&model);
    for column in ["topic▾", "partition▾", "consumer_group▾", "lag▾", "growth▾"] {
        press(&mut model, "s");
        assert!(head(&model).is_some_and(|line| line.contains(column)), "{column}: {:?}", head(&model));
    }
    press(&mut model, "s");
    assert_eq!(head(&model), worst_first);
    select(&mut model, "Produced");
    press(&mut model, "s");
    assert_eq!(model.notice.as_deref(), Some("only tables have columns to sort by"));
}

#[test]
fn enter_on_the_list_of_alerts_opens_them_and_escape_comes_back() {
    let mut model = tour(120, 40);
    select(&mut model, "Alerts");
    tell(&mut model, key(KeyCode::Enter), outage());
    assert_eq!(model.screen, Screen::Alerts);
    tell(&mut model, key(KeyCode::Esc), outage());
    assert_eq!(model.screen, Screen::Dashboard(0));
}

#[test]
fn a_text_names_what_is_chosen() {
    let mut model = tour(120, 40);
    select(&mut model, "About this dashboard");
    press(&mut model, "f");
    assert!(text(&draw(&model, Depth::None)).contains("for topic All ("));
    press(&mut model, "vorders ");
    tell(&mut model, key(KeyCode::Enter), outage());
    let shown = text(&draw(&model, Depth::None));
    assert!(shown.contains("for topic orders ("), "{shown}");
}

#[test]
fn the_circuit_on_the_whole_screen_tells_when_it_opened() {
    let mut model = model(120, 40);
    press(&mut model, "2");
    assert_eq!(model.views[1].dashboard.panels[0].title, "Circuit Breaker State (PUT)");
    model.views[1].selected = 0;
    press(&mut model, "f");
    insta::assert_snapshot!(text(&draw(&model, Depth::TrueColor)));
}

#[test]
fn the_selected_target_tells_what_it_has_and_lacks() {
    let mut model = model(120, 40);
    press(&mut model, "4");
    let shown = |model: &Model| text(&draw(model, Depth::None));
    assert!(shown(&model).contains("last scrape") && shown(&model).contains("416 samples, "), "{}", shown(&model));
    assert!(model.selected_sight().is_some_and(|sight| sight.series > 400 && sight.is_agent()), "{:?}", model.sight);
    // The next one is asked about at once.
    assert!(tell(&mut model, key(KeyCode::Down), outage()).is_some());
    assert_eq!(model.selected_sight().map(|s| s.target.1.as_str()), Some("10.0.0.2:9090"));
    tell(&mut model, key(KeyCode::End), outage());
    assert!(shown(&model).contains("has none of StreamHouse's metrics"), "{}", shown(&model));
}
