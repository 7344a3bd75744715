//! How alerts go from state to state.

use crate::promql::Options;
use crate::rules::{AlertState, Engine, Health, Phase, Rendered, Settings, Severity, Transition, parse};
use crate::series::{GAP, Labels, Series, Window};

use super::Samples;

const M: i64 = 60_000;

/// An engine with one group of these rules, its lines indented by six.
fn engine(rules: &str) -> Engine {
    let text = format!("groups:\n  - name: g\n    rules:\n      {}\n", rules.replace('\n', "\n      "));
    Engine::new(vec![parse("r.yaml", &text).unwrap_or_else(|e| panic!("{e}"))], Settings::default())
}

fn alert(extra: &str) -> Engine {
    engine(&format!("- alert: A\n  expr: x > 0\n  {extra}"))
}

fn x(value: f64) -> (Labels, f64) {
    (Labels::from_pairs([("__name__", "x"), ("i", "1")]), value)
}

/// Tells the engine what holds at a minute; what changes.
fn at(engine: &mut Engine, minute: i64, series: &[(Labels, f64)]) -> Vec<(Phase, Phase)> {
    let changes = engine.observe(0, 0, minute * M, Ok(series.to_vec()));
    assert!(changes.iter().all(|t| t.at == minute * M && t.rule == "A" && t.group == "g"), "{changes:?}");
    changes.iter().map(|t| (t.from, t.to)).collect()
}

fn state(engine: &Engine) -> Option<AlertState> {
    let alerts = &engine.statuses()[0].alerts;
    assert!(alerts.len() < 2);
    alerts.first().map(|a| a.state)
}

#[test]
fn an_alert_is_pending_for_as_long_as_its_rule_wants_and_then_fires() {
    let mut engine = alert("for: 2m");
    assert_eq!(at(&mut engine, 1, &[x(3.0)]), [(Phase::Inactive, Phase::Pending)]);
    assert_eq!(state(&engine), Some(AlertState::Pending { fires_at: 3 * M }));
    assert_eq!(at(&mut engine, 2, &[x(4.0)]), []);
    assert_eq!(at(&mut engine, 3, &[x(5.0)]), [(Phase::Pending, Phase::Firing)]);
    assert_eq!(state(&engine), Some(AlertState::Firing { since: 3 * M }));
    let alert = &engine.statuses()[0].alerts[0];
    assert_eq!((alert.active_at, alert.value, alert.known_since), (M, 5.0, Some(M)));
    assert!(alert.may_be_older());
    assert_eq!(alert.labels, Labels::from_pairs([("alertname", "A"), ("i", "1")]));
}

#[test]
fn without_for_an_alert_fires_at_once() {
    let mut engine = alert("labels: {severity: high}");
    assert_eq!(at(&mut engine, 0, &[]), []);
    assert_eq!(at(&mut engine, 1, &[x(1.0)]), [(Phase::Inactive, Phase::Firing)]);
    let alert = &engine.statuses()[0].alerts[0];
    assert_eq!((alert.severity(), alert.may_be_older()), (Severity::High, false));
}

#[test]
fn a_gap_while_pending_starts_the_wait_anew() {
    let mut engine = alert("for: 2m");
    at(&mut engine, 0, &[x(1.0)]);
    assert_eq!(at(&mut engine, 1, &[]), [(Phase::Pending, Phase::Inactive)]);
    assert_eq!(state(&engine), None);
    assert_eq!(at(&mut engine, 2, &[x(1.0)]), [(Phase::Inactive, Phase::Pending)]);
    assert_eq!(state(&engine), Some(AlertState::Pending { fires_at: 4 * M }));
}

#[test]
fn a_resolved_alert_is_kept_for_a_quarter_of_an_hour() {
    let mut engine = alert("for: 0s");
    at(&mut engine, 0, &[x(1.0)]);
    assert_eq!(at(&mut engine, 1, &[]), [(Phase::Firing, Phase::Resolved)]);
    assert_eq!(at(&mut engine, 16, &[]), []);
    assert_eq!(state(&engine), Some(AlertState::Resolved { at: M }));
    // That it is forgotten is no news.
    assert_eq!(at(&mut engine, 17, &[]), []);
    assert_eq!(state(&engine), None);
}

#[test]
fn an_alert_that_comes_back_after_it_was_resolved_is_a_new_one() {
    let mut engine = alert("for: 1m");
    at(&mut engine, 0, &[x(1.0)]);
    at(&mut engine, 1, &[x(1.0)]);
    at(&mut engine, 2, &[]);
    assert_eq!(at(&mut engine, 3, &[x(1.0)]), [(Phase::Resolved, Phase::Pending)]);
    assert_eq!(engine.statuses()[0].alerts[0].active_at, 3 * M);
}

#[test]
fn keep_firing_for_bridges_a_gap_and_ends() {
    let mut engine = alert("keep_firing_for: 3m");
    at(&mut engine, 0, &[x(7.0)]);
    assert_eq!(at(&mut engine, 1, &[]), []);
    let kept = engine.statuses()[0].alerts[0].clone();
    assert_eq!((kept.kept_until, kept.value, kept.state), (Some(4 * M), 7.0, AlertState::Firing { since: 0 }));
    // It holds again, and the clock starts over.
    assert_eq!(at(&mut engine, 2, &[x(8.0)]), []);
    assert_eq!(engine.statuses()[0].alerts[0].kept_until, None);
    assert_eq!(at(&mut engine, 3, &[]), []);
    assert_eq!(at(&mut engine, 5, &[]), []);
    assert_eq!(at(&mut engine, 6, &[]), [(Phase::Firing, Phase::Resolved)]);
}

#[test]
fn keep_firing_for_keeps_nothing_that_is_pending() {
    let mut engine = alert("for: 5m\n  keep_firing_for: 3m");
    at(&mut engine, 0, &[x(7.0)]);
    assert_eq!(at(&mut engine, 1, &[]), [(Phase::Pending, Phase::Inactive)]);
}

#[test]
fn a_failed_evaluation_changes_no_state() {
    let mut engine = alert("for: 1m");
    at(&mut engine, 0, &[x(1.0)]);
    assert_eq!(engine.observe(0, 0, M, Err("no \x1b answer".to_owned())), []);
    let status = engine.statuses()[0].clone();
    assert_eq!((status.health, status.last_evaluation), (Health::Failed("no ␛ answer".to_owned()), Some(M)));
    assert_eq!(status.alerts[0].state, AlertState::Pending { fires_at: M });
    assert_eq!(at(&mut engine, 2, &[x(1.0)]), [(Phase::Pending, Phase::Firing)]);
    assert_eq!(engine.statuses()[0].health, Health::Ok);
}

#[test]
fn more_alerts_than_the_limit_are_none() {
    let text = "groups: [{name: g, limit: 1, rules: [{alert: A, expr: x}]}]";
    let mut engine = Engine::new(vec![parse("r.yaml", text).expect("parses")], Settings::default());
    at(&mut engine, 0, &[x(1.0)]);
    let two = [x(1.0), (Labels::from_pairs([("i", "2")]), 1.0)];
    assert_eq!(at(&mut engine, 1, &two), [(Phase::Firing, Phase::Inactive)]);
    let status = &engine.statuses()[0];
    assert_eq!(status.health, Health::Failed("exceeded limit of 1 with 2 alerts".to_owned()));
    assert!(status.alerts.is_empty());
}

#[test]
fn series_that_become_the_same_alert_are_an_error() {
    let mut engine = alert("labels: {i: same}");
    at(&mut engine, 0, &[x(1.0)]);
    assert_eq!(at(&mut engine, 1, &[x(1.0), (Labels::from_pairs([("i", "2")]), 1.0)]), []);
    let Health::Failed(why) = &engine.statuses()[0].health else { panic!("it fails") };
    assert!(why.contains("same labelset"), "{why}");
    assert_eq!(state(&engine), Some(AlertState::Firing { since: 0 }));
}

#[test]
fn labels_and_annotations_are_filled_in() {
    let mut engine = alert(
        "labels: {severity: '{{ if gt $value 5.0 }}high{{ else }}low{{ end }}', i: ''}\n  annotations: {a: \"{{ $labels.i }}\\n\
         {{ $value }}\", b: '{{ eq $value 1 }}', c: '{{ query \"x\" }}'}",
    );
    at(&mut engine, 0, &[x(7.5)]);
    let alert = &engine.statuses()[0].alerts[0];
    assert_eq!(alert.labels, Labels::from_pairs([("alertname", "A"), ("severity", "high")]));
    assert_eq!(alert.annotation("a"), Some(&Rendered::Text("1\n7.5".to_owned())));
    let failed = |raw: &str, error: &str| Rendered::Failed { raw: raw.to_owned(), error: error.to_owned() };
    let want = failed("{{ eq $value 1 }}", "1:4: error calling eq: incompatible types for comparison");
    assert_eq!(alert.annotation("b"), Some(&want));
    let want = failed("{{ query \"x\" }}", "1:4: error calling query: there is no data here that could be queried");
    assert_eq!(alert.annotation("c"), Some(&want));
}

#[test]
fn states_are_written_as_series_and_end_with_them() {
    let mut engine = alert("for: 1m");
    let mut samples = Samples::default();
    let labels = x(0.0).0;
    for (minute, value) in [(0, 1.0), (1, 1.0), (2, 0.0), (3, 0.0)] {
        crate::rules::Ground::write(&mut samples, &labels, minute * M, value);
        engine.evaluate(0, minute * M, &mut samples);
    }
    assert_eq!(samples.track("ALERTS_FOR_STATE"), [(0, Some(0.0)), (M, Some(0.0)), (2 * M, None)]);
    let written: Vec<_> = samples.0.keys().filter(|l| l.metric() == Some("ALERTS")).map(ToString::to_string).collect();
    assert_eq!(
        written,
        [r#"ALERTS{alertname="A",alertstate="firing",i="1"}"#, r#"ALERTS{alertname="A",alertstate="pending",i="1"}"#]
    );
    let status = &engine.statuses()[0];
    assert!(status.evaluation_ms.is_some_and(|ms| ms >= 0.0));
}

#[test]
fn later_rules_see_what_earlier_ones_recorded() {
    let mut engine = engine(
        "- record: double\n  expr: x * 2\n  labels: {from: rule}\n- alert: A\n  expr: double > 5\n- record: broken\n  expr: \
         '\"text\"'",
    );
    let mut samples = Samples::default();
    crate::rules::Ground::write(&mut samples, &x(0.0).0, 0, 3.0);
    let transitions = engine.evaluate(0, 1_000, &mut samples);
    let [Transition { to: Phase::Firing, labels, value: 6.0, .. }] = &transitions[..] else {
        panic!("{transitions:?}")
    };
    assert_eq!(labels.to_string(), r#"{alertname="A",from="rule",i="1"}"#);
    assert_eq!(samples.track("double"), [(1_000, Some(6.0))]);
    let health = &engine.statuses()[2].health;
    assert_eq!(*health, Health::Failed("rule result is not a vector or scalar".to_owned()));
    // The series is gone, and so is what was recorded of it.
    samples.0.remove(&x(0.0).0);
    engine.evaluate(0, 61_000, &mut samples);
    assert_eq!(samples.track("double"), [(1_000, Some(6.0)), (61_000, None)]);
    assert_eq!(engine.statuses()[1].alerts[0].state, AlertState::Resolved { at: 61_000 });
}

#[test]
fn one_missed_scrape_resolves_nothing() {
    let mut engine = alert("for: 2m");
    let mut samples = Samples::default();
    for minute in 0..6 {
        if minute != 3 {
            crate::rules::Ground::write(&mut samples, &x(0.0).0, minute * M, 1.0);
        }
        engine.evaluate(0, minute * M, &mut samples);
    }
    assert_eq!(state(&engine), Some(AlertState::Firing { since: 2 * M }));
    let impatient = Settings { query: Options { lookback: 30_000, ..Options::default() }, ..Settings::default() };
    let text = "groups: [{name: g, rules: [{alert: A, expr: x, for: 2m}]}]";
    let mut engine = Engine::new(vec![parse("r.yaml", text).expect("parses")], impatient);
    for minute in 0..4 {
        engine.evaluate(0, minute * M, &mut samples);
    }
    assert_eq!(state(&engine), Some(AlertState::Resolved { at: 3 * M }));
}

#[test]
fn a_query_offset_asks_for_the_past() {
    let text = "groups: [{name: g, query_offset: 1m, rules: [{record: y, expr: x}]}]";
    let mut engine = Engine::new(vec![parse("r.yaml", text).expect("parses")], Settings::default());
    let mut samples = Samples::default();
    for minute in 0..3 {
        crate::rules::Ground::write(&mut samples, &x(0.0).0, minute * M, minute as f64);
    }
    engine.evaluate(0, 2 * M, &mut samples);
    assert_eq!(samples.track("y"), [(M, Some(1.0))]);
}

#[test]
fn a_wait_that_was_under_way_is_taken_up_after_a_restart() {
    let alerts = Labels::from_pairs([("__name__", "ALERTS_FOR_STATE"), ("alertname", "A"), ("i", "1")]);
    // It had waited for 10 minutes of 30 when the last state was written, at minute 20.
    for (hold, now, active_at) in [
        // The 15 minutes in between do not count.
        ("30m", 35, 25),
        // It fired already.
        ("10m", 35, 10),
        // Two minutes were left: it waits for ten.
        ("12m", 35, 33),
        // Shorter waits start anew, and so does what is too long ago.
        ("9m", 35, 35),
        ("30m", 90, 90),
    ] {
        let mut engine = alert(&format!("for: {hold}"));
        let mut samples = Samples::default();
        crate::rules::Ground::write(&mut samples, &alerts, 20 * M, 600.0);
        crate::rules::Ground::write(&mut samples, &x(0.0).0, now * M, 1.0);
        engine.evaluate(0, now * M, &mut samples);
        assert_eq!(engine.statuses()[0].alerts[0].active_at, active_at * M, "{hold} {now}");
    }
}

#[test]
fn states_are_reconstructed_from_the_answer_to_a_range_query() {
    let window = Window { start: 0, end: 5 * M, step: M };
    let series = |i: &str, values: [f64; 6]| Series { labels: Labels::from_pairs([("i", i)]), values: values.to_vec() };
    let answer = vec![
        series("from the start", [1.0, 1.0, 1.0, 1.0, 1.0, 9.0]),
        series("after a gap", [1.0, 1.0, GAP, 1.0, 1.0, 1.0]),
        series("just now", [GAP, GAP, GAP, GAP, GAP, 1.0]),
        series("no more", [1.0, 1.0, 1.0, 1.0, 1.0, GAP]),
    ];
    let mut engine = alert("for: 150s");
    engine.restore(0, 0, window, answer).expect("restores");
    let alerts = engine.statuses().remove(0).alerts;
    let found: Vec<_> = alerts.iter().map(|a| (a.labels.get("i").unwrap(), a.state, a.may_be_older())).collect();
    let want = [
        ("after a gap", AlertState::Pending { fires_at: 3 * M + 150_000 }, false),
        // The first step after 2m30s.
        ("from the start", AlertState::Firing { since: 3 * M }, true),
        ("just now", AlertState::Pending { fires_at: 5 * M + 150_000 }, false),
    ];
    assert_eq!(found, want);
    assert_eq!(alerts[1].value, 9.0);
    // From here on it goes as if it had always been watched.
    let there = |i: &str| (Labels::from_pairs([("i", i)]), 1.0);
    assert_eq!(
        at(&mut engine, 6, &[there("after a gap"), there("just now")]),
        [(Phase::Pending, Phase::Firing), (Phase::Firing, Phase::Resolved)]
    );
}

#[test]
fn what_is_known_is_not_reconstructed() {
    let mut engine = alert("for: 10m");
    at(&mut engine, 3, &[x(1.0)]);
    let window = Window { start: 0, end: 5 * M, step: M };
    let series = Series { labels: x(0.0).0, values: vec![1.0; 6] };
    engine.restore(0, 0, window, vec![series]).expect("restores");
    assert_eq!(state(&engine), Some(AlertState::Pending { fires_at: 13 * M }));
    engine.restore(0, 0, Window { start: 1, end: 0, step: 1 }, Vec::new()).expect("nothing to do");
    engine.restore(7, 0, window, Vec::new()).expect("no such group");
}

#[test]
fn groups_are_due_by_their_own_intervals() {
    let text = "groups: [{name: a, interval: 30s}, {name: b}]";
    let mut engine = Engine::new(vec![parse("r.yaml", text).expect("parses")], Settings::default());
    assert_eq!(
        (engine.due(0), engine.next_due(), engine.interval(0), engine.interval(1)),
        (vec![0, 1], None, 30_000, M)
    );
    let mut samples = Samples::default();
    engine.evaluate(0, 0, &mut samples);
    engine.evaluate(1, 0, &mut samples);
    assert_eq!((engine.due(29_999), engine.due(30_000), engine.next_due()), (vec![], vec![0], Some(30_000)));
    assert_eq!(engine.due(M), [0, 1]);
    assert_eq!(engine.evaluate(9, 0, &mut samples), []);
}

#[test]
fn severities_are_ordered_and_known_by_other_words() {
    let mut all = Severity::ALL;
    all.sort();
    all.reverse();
    assert_eq!(all, Severity::ALL);
    for (word, want) in [("Critical", Severity::Critical), ("page", Severity::Critical), ("warning", Severity::Medium)]
    {
        assert_eq!(Severity::parse(word), want);
    }
    for severity in Severity::ALL {
        assert_eq!(Severity::parse(severity.name()), severity);
    }
}
