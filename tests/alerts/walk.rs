//! The walk: from the firing alert to its runbook, whose checks turn when S3 is back.

use shtop::app::{Cluster, Command, Entry, Live, Message, Model, Screen, What};
use shtop::demo::{HISTORY, MEMBERS, Scenario, Simulation};
use shtop::rules;
use shtop::runbook::{Library, Verdict};
use shtop::series::Labels;
use shtop::source::{Event, Replay};
use shtop::store::{Created, Limits};

use super::{NOW, RULES, act, line, outage, press, screen, shown};
use crate::cluster::{scrape, targets};

const STEP: i64 = 15_000;

#[test]
fn from_the_alert_to_the_fix_by_keys_alone() {
    let mut simulation = Simulation::new(Scenario::S3Outage, 1, NOW - HISTORY);
    let source = Replay::new(targets(), Limits::default(), Created::default(), NOW - HISTORY);
    let mut source = source.with_rules(vec![rules::builtin()], RULES);
    let mut feed = |source: &mut Replay, at: i64| {
        simulation.advance(at);
        for member in 0..MEMBERS {
            source.feed(scrape(&simulation, member, at));
        }
    };
    for at in (NOW - HISTORY..=NOW).step_by(STEP as usize) {
        feed(&mut source, at);
    }
    let mut model = crate::cluster::model(80, 24);
    act(&mut model, Message::Resize(80, 24), &source);
    let report = source.judge().expect("rules are due");
    act(&mut model, Message::Source(Event::Alerts(Box::new(report))), &source);

    // To the alerts, down to the circuit breaker, into it, to its runbook.
    press(&mut model, "a", &source);
    for _ in 0..30 {
        if line(&model, "›").contains("CircuitBreakerOpen") {
            break;
        }
        press(&mut model, "↓", &source);
    }
    assert!(line(&model, "›").contains("CircuitBreakerOpen"), "{}", shown(&model));
    press(&mut model, "\n", &source);
    assert_eq!(model.screen, Screen::Alert);
    press(&mut model, "r", &source);
    assert_eq!(model.screen, Screen::Runbook);
    let handbook = model.handbook.as_ref().expect("open");
    assert_eq!(handbook.runbook.name, "circuit-breaker-open");
    let (holds, of) = handbook.verified();
    assert!(of >= 4 && holds < of, "{holds} of {of} hold in the outage");
    assert!(shown(&model).contains(&format!("✗ {holds} of {of} checks hold")), "{}", shown(&model));
    assert!(model.handbook.as_ref().expect("open").answers.iter().all(|a| !matches!(a, Live::Waiting)));

    // A step is ticked, and the log has it.
    for _ in 0..20 {
        if !press(&mut model, "\t ", &source).is_empty() {
            break;
        }
    }
    assert!(matches!(&model.log.entries().last().expect("ticked").what, What::Ticked { done: true, .. }));

    // S3 comes back.
    for at in (NOW + STEP..=NOW + 24 * 60_000).step_by(STEP as usize) {
        feed(&mut source, at);
        act(&mut model, Message::Tick(at), &source);
        if let Some(report) = source.judge() {
            act(&mut model, Message::Source(Event::Alerts(Box::new(report))), &source);
        }
    }
    // What is watched is answered anew, as a running source does.
    let size = model.size;
    act(&mut model, Message::Resize(size.0, size.1), &source);
    let handbook = model.handbook.as_ref().expect("open");
    let open: Vec<_> = handbook
        .runbook
        .expecting("verify")
        .filter(|b| !matches!(&handbook.answers[b.id], Live::Known(known) if known.verdict == Some(Verdict::Holds)))
        .map(|b| (&b.text, &handbook.answers[b.id]))
        .collect();
    assert!(open.is_empty(), "{open:#?}");
    assert!(shown(&model).contains(&format!("✓ verified: all {of} checks hold")), "{}", shown(&model));
    press(&mut model, "\u{1b}\u{1b}", &source);
    assert_eq!(model.screen, Screen::Alerts);
    assert!(model.log.entries().iter().any(|e| {
        matches!(&e.what, What::Alert { name, state, .. } if name == "CircuitBreakerOpen" && state == "resolved")
    }));
}

#[test]
fn the_steps_of_the_walk_at_two_sizes() {
    let (source, _) = outage();
    for (width, height) in [(80, 24), (120, 40)] {
        let mut model = screen(width, height);
        press(&mut model, "a", source);
        insta::assert_snapshot!(format!("alerts_{width}x{height}"), shown(&model));
        press(&mut model, "/circuitbreakeropen\n\n", source);
        insta::assert_snapshot!(format!("alert_{width}x{height}"), shown(&model));
        press(&mut model, "r", source);
        insta::assert_snapshot!(format!("runbook_{width}x{height}"), shown(&model));
        press(&mut model, "v", source);
        insta::assert_snapshot!(format!("verify_{width}x{height}"), shown(&model));
    }
}

/// A screen with these runbooks besides ours and this log.
pub(crate) fn with(own: &[(&str, &str)], log: Vec<Entry>) -> Model {
    let own = own.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let base = crate::cluster::model(100, 30);
    let cluster = Cluster { library: Library::new(own), log, ..crate::cluster::cluster(base.origin) };
    crate::cluster::opened(cluster, NOW, (100, 30))
}

const OWN: &str = "# Ours\n\n- [ ] look\n- [ ] listen\n\nSee [the breaker](circuit-breaker-open.md#verify) or \
[a site](https://example.org/x).\n\n## Verify\n\n```promql\n# expect: none\nno_such_metric > 0\n```\n\n```promql\n# expect: \
none\nup > 5\n```\n";

#[test]
fn what_nobody_exposes_is_no_sign_of_health() {
    let (source, _) = outage();
    let mut model = with(&[("ours.md", OWN)], Vec::new());
    press(&mut model, "Bours\n", source);
    assert_eq!(model.screen, Screen::Runbook);
    let handbook = model.handbook.as_ref().expect("open");
    let verdict = |i: usize| match &handbook.answers[i] {
        Live::Known(known) => known.verdict.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(verdict(0), Some(Verdict::Unknown("no target exposes the metric")));
    assert_eq!(verdict(1), Some(Verdict::Holds));
    assert_eq!(handbook.verified(), (1, 2));
    assert!(shown(&model).contains("? cannot be told"), "{}", shown(&model));
}

#[test]
fn every_runbook_can_be_opened_by_a_part_of_its_name_and_its_links_followed() {
    let (source, _) = outage();
    let mut model = with(&[("ours.md", OWN)], Vec::new());
    press(&mut model, "B", source);
    assert!(shown(&model).contains("producer-errors") && shown(&model).contains("built in"), "{}", shown(&model));
    press(&mut model, "lagx⌫", source);
    assert!(shown(&model).contains("consumer-lag") && !shown(&model).contains("producer-errors"));
    press(&mut model, "\n", source);
    assert_eq!(model.handbook.as_ref().expect("open").runbook.name, "consumer-lag");
    press(&mut model, "Bours\n", source);
    // Two steps, then the link to another runbook.
    press(&mut model, "\t\t\t", source);
    let copied = press(&mut model, "y", source);
    assert!(matches!(&copied[..], [Command::Copy(url)] if url == "circuit-breaker-open.md#verify"), "{copied:?}");
    press(&mut model, "\n", source);
    assert_eq!(model.handbook.as_ref().expect("open").runbook.name, "circuit-breaker-open");
    assert!(shown(&model).contains("Verify"), "{}", shown(&model));
    press(&mut model, "\u{1b}", source);
    assert_eq!(model.handbook.as_ref().expect("open").runbook.name, "ours");
    press(&mut model, "\t\n", source);
    assert!(shown(&model).contains("leads out of the terminal"), "{}", shown(&model));
    let copied = press(&mut model, "\ty", source);
    assert!(matches!(&copied[..], [Command::Copy(query)] if query.contains("no_such_metric > 0")), "{copied:?}");
    press(&mut model, "\u{1b}", source);
    assert_eq!(model.handbook.as_ref().expect("open").runbook.name, "consumer-lag");
}

#[test]
fn what_was_ticked_in_this_incident_is_ticked_after_a_restart() {
    let (source, report) = outage();
    let tick = |at, step: &str| Entry {
        at,
        what: What::Ticked { runbook: "CircuitBreakerOpen".to_owned(), step: step.to_owned(), done: true },
    };
    // One of this incident, one of an earlier one.
    let log = vec![tick(NOW - 1_000, "look"), tick(NOW - 86_400_000, "listen")];
    let mut model = with(&[("CircuitBreakerOpen.md", OWN), ("circuit-breaker-open.md", OWN)], log);
    act(&mut model, Message::Source(Event::Alerts(Box::new(report.clone()))), source);
    press(&mut model, "a/circuitbreakeropen\nr", source);
    let handbook = model.handbook.as_ref().expect("open");
    assert!(!handbook.labels.is_empty() && handbook.labels != Labels::empty());
    let name = handbook.runbook.name.clone();
    let expected = if name == "CircuitBreakerOpen" { [true, false] } else { [false, false] };
    assert_eq!([handbook.is_done(0), handbook.is_done(1)], expected, "{name}");
    // Ticked now, it is ticked for who opens it next.
    let recorded = press(&mut model, "\t\t ", source);
    let [Command::Record(entries)] = &recorded[..] else { panic!("{recorded:?}") };
    let mut next = with(&[("CircuitBreakerOpen.md", OWN), ("circuit-breaker-open.md", OWN)], entries.clone());
    act(&mut next, Message::Source(Event::Alerts(Box::new(report.clone()))), source);
    press(&mut next, "a/circuitbreakeropen\nr", source);
    assert!(next.handbook.as_ref().expect("open").is_done(1));
}
