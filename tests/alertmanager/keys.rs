//! A screen of alerts that is driven by keys.

use crossterm::event::{KeyCode, KeyEvent};
use shtop::app::{self, Cluster, Message, Model, Origin, update};
use shtop::rules::{Alert, AlertState, Health, Kind, Origin as Who, RuleStatus};
use shtop::series::Labels;
use shtop::source::alertmanager::Command;
use shtop::source::{AlertReport, Event};

use super::{cluster, now, url};

/// A screen with an alert `Down` that fires for `a:1` and `b:1`, and the Alertmanager at this address.
pub(crate) fn screen(address: &str) -> Model {
    let now = now();
    let alertmanager = app::Alertmanager {
        url: url(address),
        read_only: false,
        author: "ana".to_owned(),
        named_by: app::NamedBy::Settings,
    };
    let cluster = Cluster { alertmanager: Some(alertmanager), ..cluster::cluster(Origin::Scrape) };
    let mut model = cluster::opened(cluster, now, (80, 24));
    let alert = |instance: &str| Alert {
        labels: Labels::from_pairs([("alertname", "Down"), ("instance", instance)]),
        annotations: Vec::new(),
        state: AlertState::Firing { since: now - 60_000 },
        active_at: now - 60_000,
        value: 0.0,
        kept_until: None,
        known_since: None,
    };
    let rule = RuleStatus {
        group: "g".to_owned(),
        name: "Down".to_owned(),
        kind: Kind::Alerting,
        expr: "up == 0".to_owned(),
        hold: 0,
        keep_firing: 0,
        labels: Labels::empty(),
        annotations: Vec::new(),
        health: Health::Ok,
        last_evaluation: Some(now),
        evaluation_ms: None,
        alerts: vec![alert("a:1"), alert("b:1")],
        origin: Who::Local,
    };
    let report = AlertReport { at: now, rules: vec![rule], transitions: Vec::new(), trouble: None };
    tell(&mut model, Message::Source(Event::Alerts(Box::new(report))));
    model
}

/// Tells the model something; what it then wants Alertmanager to do.
pub(crate) fn tell(model: &mut Model, message: Message) -> Option<Command> {
    let mut waiting: Vec<_> = update(model, message).into_iter().collect();
    let mut wanted = None;
    while let Some(command) = waiting.pop() {
        match command {
            app::Command::Several(more) => waiting.extend(more),
            app::Command::Alertmanager(command) => wanted = Some(command),
            _ => {}
        }
    }
    wanted
}

/// The same with keys; the last thing wanted.
pub(crate) fn press(model: &mut Model, keys: &str) -> Option<Command> {
    let key = |c| KeyEvent::from(if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) });
    keys.chars().filter_map(|c| tell(model, Message::Key(key(c)))).last()
}
