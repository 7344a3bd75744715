//! `:`: everything by a few letters of its name.

use crossterm::event::{KeyCode, KeyEvent};
use shtop::app::{Command, Message, Model, Overlay, Screen, update};
use shtop::theme::Depth;

use super::cluster::{NOW, cluster, draw, model, outage, tell};
use super::{HOSTILE, SIZES, click, code, find, screen, type_in, wheel};

const HOUR: i64 = 3_600_000;

/// The Overview with the palette open.
fn opened(width: u16, height: u16) -> Model {
    let mut model = model(width, height);
    tell(&mut model, Message::Resize(width, height), outage());
    type_in(&mut model, ":", outage());
    model
}

/// Types a line into the palette and runs what is found first.
fn run(model: &mut Model, line: &str) -> Option<Command> {
    if model.overlay.is_none() {
        type_in(model, ":", outage());
    }
    type_in(model, line, outage());
    update(model, Message::Key(KeyEvent::from(KeyCode::Enter)))
}

/// What is found: kind, name and key of each line.
fn found(model: &Model) -> Vec<(&str, &str, &str)> {
    let Some(Overlay::Palette(palette)) = &model.overlay else { return Vec::new() };
    palette.found.iter().map(|f| (f.entry.kind(), f.entry.title.as_str(), &*f.entry.key)).collect()
}

#[test]
fn everything_is_listed_and_found_letters_are_marked() {
    for (width, height) in SIZES {
        let mut model = opened(width, height);
        insta::assert_snapshot!(format!("palette_{width}x{height}"), screen(&model));
        type_in(&mut model, "lag", outage());
        insta::assert_snapshot!(format!("palette_typed_{width}x{height}"), screen(&model));
    }
    let mut model = opened(40, 12);
    type_in(&mut model, "thrtl", outage());
    insta::assert_debug_snapshot!("palette_styles", draw(&model, Depth::Indexed));
}

#[test]
fn every_kind_of_thing_is_gone_to() {
    let mut model = opened(120, 40);
    assert!(matches!(run(&mut model, "disk usage"), Some(Command::Watch(_))));
    let view = model.view().expect("a dashboard");
    assert_eq!((model.overlay.clone(), view.dashboard.panels[view.selected].title.as_str()), (None, "Disk Usage"));
    run(&mut model, "storage");
    assert_eq!(model.screen, Screen::Dashboard(1));
    run(&mut model, "target 10.0.0.3");
    assert_eq!((model.screen, model.target), (Screen::Targets, 2));
    run(&mut model, "runbook circuit breaker");
    assert_eq!(model.screen, Screen::Runbook);
    assert!(screen(&model).contains("Runbook: Circuit breaker open"), "{}", screen(&model));
    run(&mut model, "the alerts");
    assert_eq!(model.screen, Screen::Alerts);
    assert!(matches!(run(&mut model, "quit"), Some(Command::Quit)));
    assert!(matches!(run(&mut model, "theme light"), Some(Command::Theme(name)) if name == "light"));
    run(&mut model, "density wall");
    assert_eq!(model.views[0].density, None, "the alerts have none");
}

#[test]
fn a_panel_of_another_dashboard_is_found_by_both_names_and_escape_leads_back() {
    let mut model = opened(120, 40);
    run(&mut model, "schema hit rate");
    let view = model.view().expect("a dashboard");
    assert_eq!(view.dashboard.panels[view.selected].title, "Schema Cache Hit Rate");
    tell(&mut model, code(KeyCode::Esc), outage());
    assert_eq!(model.screen, Screen::Dashboard(0));
}

#[test]
fn a_typed_range_is_taken_from_the_palette_too() {
    let mut model = opened(120, 40);
    run(&mut model, "range 6h");
    assert_eq!((model.range, model.end), (Some(6 * HOUR), None));
    run(&mut model, "range 2h to 1h ago");
    assert_eq!((model.range, model.end), (Some(HOUR), Some(NOW - HOUR)));
    // Without the word, where nothing else is called that.
    run(&mut model, "03:10 to 03:40");
    assert_eq!(model.range, Some(HOUR / 2));
    type_in(&mut model, ":range soon", outage());
    assert_eq!(found(&model), []);
    assert!(screen(&model).contains("nothing is called that"));
}

#[test]
fn commands_are_those_of_the_place_with_their_keys() {
    let mut model = opened(120, 40);
    type_in(&mut model, "command ", outage());
    let on_dashboard: Vec<&str> = found(&model).iter().map(|f| f.2).collect();
    for key in ["t", "/", "v", "f", "?", "q"] {
        assert!(on_dashboard.contains(&key), "{key} is missing among {on_dashboard:?}");
    }
    assert!(!on_dashboard.contains(&"S"), "silences are for alerts");
    let mut model = opened(120, 40);
    run(&mut model, "the alerts");
    type_in(&mut model, ":command ", outage());
    let on_alerts: Vec<&str> = found(&model).iter().map(|f| f.2).collect();
    assert!(on_alerts.contains(&"S") && on_alerts.contains(&"/") && !on_alerts.contains(&"v"), "{on_alerts:?}");
    assert_eq!(on_alerts.iter().filter(|key| **key == "Space").count(), 1);
    // A command does what its key does.
    run(&mut model, "silence this alert");
    assert_eq!(model.notice.as_deref(), update_notice('S').as_deref());
}

/// What a key says on the alerts.
fn update_notice(key: char) -> Option<String> {
    let mut model = opened(120, 40);
    run(&mut model, "the alerts");
    type_in(&mut model, &key.to_string(), outage());
    model.notice.clone()
}

#[test]
fn what_was_run_comes_back_on_an_empty_line() {
    let mut model = opened(120, 40);
    run(&mut model, "disk usage");
    run(&mut model, "range 6h");
    run(&mut model, "storage");
    let line = |model: &Model| match &model.overlay {
        Some(Overlay::Palette(palette)) => palette.typed.text().to_owned(),
        _ => String::new(),
    };
    type_in(&mut model, ":", outage());
    let mut lines = Vec::new();
    for key in [KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Down, KeyCode::Down, KeyCode::Down] {
        tell(&mut model, code(key), outage());
        lines.push(line(&model));
    }
    let (storage, range, disk) = ("view Storage & S3", "range 6h", "panel Disk Usage");
    assert_eq!(lines, [storage, range, disk, disk, range, storage, ""]);
    // Without history the arrows are the list's.
    tell(&mut model, code(KeyCode::Down), outage());
    tell(&mut model, code(KeyCode::Up), outage());
    assert_eq!(line(&model), "");
    tell(&mut model, code(KeyCode::Up), outage());
    tell(&mut model, code(KeyCode::Up), outage());
    tell(&mut model, code(KeyCode::Enter), outage());
    assert_eq!(model.range, Some(6 * HOUR));
}

#[test]
fn a_line_is_completed_clicked_and_wheeled() {
    let mut model = opened(120, 40);
    type_in(&mut model, "highc", outage());
    tell(&mut model, code(KeyCode::Tab), outage());
    assert!(screen(&model).contains("> theme high-contrast"), "{}", screen(&model));
    tell(&mut model, code(KeyCode::Esc), outage());
    type_in(&mut model, ":view ", outage());
    let at = find(&model, "Targets  who");
    let event = wheel(&model, at);
    tell(&mut model, event, outage());
    let event = click(&model, at);
    tell(&mut model, event, outage());
    assert_eq!((model.screen, model.overlay.clone()), (Screen::Targets, None));
    type_in(&mut model, ":", outage());
    let event = click(&model, (0, 0));
    tell(&mut model, event, outage());
    assert_eq!(model.overlay, None, "a click beside the popup closes it");
}

#[test]
fn what_comes_in_meanwhile_closes_no_popup() {
    let source = outage();
    for key in ["t", "v", ":", "/", "?", "w", "B"] {
        let mut model = opened(120, 40);
        tell(&mut model, code(KeyCode::Esc), source);
        type_in(&mut model, key, source);
        let open = (model.overlay.is_some(), model.prompt.is_some());
        assert!(open.0 || open.1, "{key} opens something");
        let plan = tell(&mut model, Message::Resize(121, 40), source).expect("watched");
        assert!(!plan.variables.is_empty());
        assert_eq!((model.overlay.is_some(), model.prompt.is_some()), open, "{key}");
    }
}

#[test]
fn hostile_names_are_found_and_shown_whole_lines_only() {
    for (width, height) in SIZES {
        let mut cluster = cluster(shtop::app::Origin::Scrape);
        for (panel, name) in cluster.dashboards[0].panels.iter_mut().zip(HOSTILE) {
            panel.title = shtop::series::printable(name).into_owned();
        }
        cluster.dashboards[0].panels[6].title = "long ".repeat(300);
        let mut model = Model::new(shtop::app::Setup {
            cluster,
            contexts: Vec::new(),
            now: NOW,
            zone: jiff::tz::TimeZone::UTC,
            size: (width, height),
            mouse: true,
        });
        for line in ["panel ", "panel 日本", "panel \u{1b}[31m", "panel long", "!^$~'", "panel \u{202e}"] {
            type_in(&mut model, ":", outage());
            type_in(&mut model, line, outage());
            let shown = screen(&model);
            assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
            assert!(shown.lines().count() <= usize::from(height));
            tell(&mut model, code(KeyCode::Esc), outage());
        }
        run(&mut model, "panel 日本");
        assert_eq!(model.views[0].selected, 2);
    }
}
