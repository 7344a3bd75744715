//! From the alert to the fix by keys alone, over the demo's outage: the list, one alert, its runbook, silences, the
//! incident log. Nothing here waits or touches a network.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[allow(dead_code, reason = "the dashboards' tests use the rest")]
#[path = "support/cluster.rs"]
mod cluster;

#[path = "support/answered.rs"]
mod answered;
#[path = "alerts/board.rs"]
mod board;
#[path = "alerts/links.rs"]
mod links;
#[path = "alerts/silences.rs"]
mod silences;
#[path = "alerts/walk.rs"]
mod walk;
#[path = "alerts/wall.rs"]
mod wall;

use std::sync::OnceLock;

use answered::act;
use cluster::{NOW, draw, model, replay, text};
use crossterm::event::{KeyCode, KeyEvent};
use shtop::app::{Command, Message, Model};
use shtop::demo::Scenario;
use shtop::rules;
use shtop::rules::{Alert, AlertState, Health, Kind, Origin, Rendered, RuleStatus};
use shtop::series::Labels;
use shtop::source::{AlertReport, Event, Replay};
use shtop::theme::Depth;

/// How often rules are evaluated, ms.
const RULES: i64 = 15_000;

/// The outage with its alerts as they are after the history, made once.
fn outage() -> &'static (Replay, AlertReport) {
    static OUTAGE: OnceLock<(Replay, AlertReport)> = OnceLock::new();
    OUTAGE.get_or_init(|| {
        let mut source = replay(Scenario::S3Outage).with_rules(vec![rules::builtin()], RULES);
        let report = source.judge().expect("rules are due");
        (source, report)
    })
}

fn press(model: &mut Model, keys: &str, source: &Replay) -> Vec<Command> {
    keys.chars()
        .flat_map(|c| {
            let code = match c {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                '\u{1b}' => KeyCode::Esc,
                '↓' => KeyCode::Down,
                '↑' => KeyCode::Up,
                '⌫' => KeyCode::Backspace,
                c => KeyCode::Char(c),
            };
            act(model, Message::Key(KeyEvent::from(code)), source)
        })
        .collect()
}

/// A screen of this size over the outage, the alerts known.
fn screen(width: u16, height: u16) -> Model {
    let (source, report) = outage();
    let mut model = model(width, height);
    act(&mut model, Message::Resize(width, height), source);
    act(&mut model, Message::Source(Event::Alerts(Box::new(report.clone()))), source);
    model
}

fn shown(model: &Model) -> String {
    text(&draw(model, Depth::None))
}

/// The line of the screen that has this in it.
fn line(model: &Model, part: &str) -> String {
    let screen = shown(model);
    screen.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("no {part} in\n{screen}")).to_owned()
}

/// A rule of this severity whose alerts fire for these instances since `since`.
fn rule(name: &str, severity: &str, instances: &[&str], since: i64) -> RuleStatus {
    let alert = |instance: &&str| Alert {
        labels: Labels::from_pairs([("alertname", name), ("instance", instance), ("severity", severity)]),
        annotations: vec![("summary".to_owned(), Rendered::Text(format!("{name} on {instance}")))],
        state: AlertState::Firing { since },
        active_at: since,
        value: 1.0,
        kept_until: None,
        known_since: None,
    };
    RuleStatus {
        group: "g".to_owned(),
        name: name.to_owned(),
        kind: Kind::Alerting,
        expr: "up == 0".to_owned(),
        hold: 60_000,
        keep_firing: 0,
        labels: Labels::from_pairs([("severity", severity)]),
        annotations: Vec::new(),
        health: Health::Ok,
        last_evaluation: Some(NOW),
        evaluation_ms: None,
        alerts: instances.iter().map(alert).collect(),
        origin: Origin::Local,
    }
}

fn report(rules: Vec<RuleStatus>) -> Message {
    let report = AlertReport { at: NOW, rules, transitions: Vec::new(), trouble: None };
    Message::Source(Event::Alerts(Box::new(report)))
}
