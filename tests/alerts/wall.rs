//! A wall that nobody sits at.

use shtop::app::{Message, Model, Screen};
use shtop::layout::Density;
use shtop::rules::{Phase, RuleStatus, Transition};
use shtop::source::{AlertReport, Event};

use super::{NOW, act, outage, press, report, rule};
use crate::cluster::model;

/// Storage shows what it watches, Overview does not.
fn skipped(instances: &[&str]) -> RuleStatus {
    let expr = "streamhouse_wal_records_skipped > 2".to_owned();
    RuleStatus { expr, ..rule("Skipped", "high", instances, NOW) }
}

fn begins() -> Message {
    let rule = skipped(&["a:1"]);
    let transition = Transition {
        group: rule.group.clone(),
        rule: rule.name.clone(),
        labels: rule.alerts[0].labels.clone(),
        from: Phase::Pending,
        to: Phase::Firing,
        at: NOW,
        value: 2.0,
    };
    let report = AlertReport { at: NOW, rules: vec![rule], transitions: vec![transition], trouble: None };
    Message::Source(Event::Alerts(Box::new(report)))
}

/// The overview in that density, with nothing that fires.
fn watched(density: Density) -> Model {
    let (source, _) = outage();
    let mut model = model(200, 60);
    model.prefer(Some(density));
    act(&mut model, report(vec![skipped(&[])]), source);
    model
}

fn later(model: &mut Model, ms: i64) {
    let (source, _) = outage();
    act(model, Message::Tick(NOW + ms), source);
}

#[test]
fn a_wall_goes_to_what_begins_to_fire_and_back_when_nothing_does() {
    let (source, _) = outage();
    let mut model = watched(Density::Wall);
    later(&mut model, 60_000);
    act(&mut model, begins(), source);
    assert_eq!(model.screen, Screen::Dashboard(1));
    let notice = model.notice.clone().expect("it says why");
    assert!(notice.contains("Skipped began to fire: Storage"), "{notice}");
    later(&mut model, 120_000);
    act(&mut model, report(vec![skipped(&[])]), source);
    assert_eq!(model.screen, Screen::Dashboard(0));
}

#[test]
fn where_somebody_reads_nothing_goes_anywhere() {
    let (source, _) = outage();
    for (density, alone) in [(Density::Wall, 59_000), (Density::Grid, 600_000), (Density::Rows, 600_000)] {
        let mut model = watched(density);
        later(&mut model, alone);
        act(&mut model, begins(), source);
        assert_eq!(model.screen, Screen::Dashboard(0), "{density:?}");
    }
    let mut model = watched(Density::Wall);
    later(&mut model, 60_000);
    act(&mut model, begins(), source);
    // Whoever comes takes over, and is not led away again.
    press(&mut model, "j", source);
    later(&mut model, 240_000);
    act(&mut model, report(vec![skipped(&[])]), source);
    assert_eq!(model.screen, Screen::Dashboard(1));
}
