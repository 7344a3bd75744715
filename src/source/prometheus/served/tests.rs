//! Lists of rules as servers of every kind write them.

use super::*;
use crate::source::prometheus::parse::{Said, document};

const NOW: Timestamp = 1_795_351_698_000;
const SKEW: i64 = 10_000;

fn list(groups: &str) -> api::RuleGroups {
    let body = format!(r#"{{"status":"success","data":{{"groups":{groups}}}}}"#);
    match document(body.as_bytes()) {
        Ok(Said::Success { data, .. }) => data,
        other => panic!("{body}: {other:?}"),
    }
}

fn read(groups: &str) -> Vec<RuleStatus> {
    let mut served = Served::default();
    assert_eq!(served.take(&list(groups), false, NOW, SKEW), []);
    served.rules().to_vec()
}

/// RFC 3339, so many seconds before now by the server's clock.
fn ago(seconds: i64) -> String {
    jiff::Timestamp::from_millisecond(NOW + SKEW - seconds * 1_000).expect("a time").to_string()
}

fn one(alerts: &str) -> String {
    format!(
        r#"[{{"name":"g","file":"f.yml","rules":[{{"name":"A","type":"alerting","duration":60,"lastEvaluation":"{}","alerts":[{alerts}]}}]}}]"#,
        ago(2)
    )
}

fn alert(i: u32, state: &str, active: i64) -> String {
    let active = ago(active);
    format!(
        r#"{{"labels":{{"alertname":"A","i":"{i}"}},"annotations":{{}},"state":"{state}","activeAt":"{active}","value":"1e+00"}}"#
    )
}

#[test]
fn prometheus_3_and_2_tell_everything() {
    let (active, kept, evaluated) = (ago(100), ago(30), ago(5));
    for newer in ["", r#","keepFiringFor":120"#] {
        let groups = format!(
            r#"[{{"name":"g","file":"/etc/f.yml","interval":15,"limit":0,"evaluationTime":0.001,"lastEvaluation":"{evaluated}","rules":[
              {{"state":"firing","name":"A","query":"up == 0","duration":60{newer},"labels":{{"severity":"page"}},
                "annotations":{{"summary":"{{{{ $labels.instance }}}} is down"}},
                "alerts":[{{"labels":{{"alertname":"A","instance":"h:1","severity":"page"}},
                  "annotations":{{"summary":"h:1 is down","b":"<error expanding template: template: __alert_A:1: oops>"}},
                  "state":"firing","activeAt":"{active}","keepFiringSince":"{kept}","value":"0e+00"}}],
                "health":"ok","evaluationTime":0.0005,"lastEvaluation":"{evaluated}","type":"alerting"}},
              {{"name":"r:s","query":"sum(up)","health":"ok","evaluationTime":0.1,"lastEvaluation":"{evaluated}","type":"recording"}}]}}]"#
        );
        let rules = read(&groups);
        assert_eq!(rules.len(), 1, "what records alerts of nothing");
        let rule = &rules[0];
        assert_eq!((rule.group.as_str(), rule.name.as_str(), rule.expr.as_str()), ("g", "A", "up == 0"));
        assert_eq!((rule.hold, rule.origin, &rule.health), (60_000, Origin::Server, &Health::Ok));
        assert_eq!((rule.last_evaluation, rule.evaluation_ms), (Some(NOW - 5_000), Some(0.5)));
        assert_eq!(rule.annotations, [("summary".to_owned(), "{{ $labels.instance }} is down".to_owned())]);
        assert_eq!(rule.severity(), crate::rules::Severity::Critical);
        let keep = if newer.is_empty() { 0 } else { 120_000 };
        let alert = &rule.alerts[0];
        assert_eq!((rule.keep_firing, alert.kept_until), (keep, Some(NOW - 30_000 + keep)));
        assert_eq!((alert.active_at, alert.state), (NOW - 100_000, AlertState::Firing { since: NOW - 40_000 }));
        assert_eq!((alert.value, alert.known_since), (0.0, None));
        assert_eq!(alert.annotation("summary").map(Rendered::text), Some("h:1 is down"));
        let Some(Rendered::Failed { error, .. }) = alert.annotation("b") else { panic!("{alert:?}") };
        assert_eq!(error, "template: __alert_A:1: oops");
    }
}

#[test]
fn thanos_mimir_and_vmalert_leave_out_and_add() {
    let table = [
        // Thanos: an unevaluated rule, the strategy besides.
        (
            r#"[{"name":"g","file":"f","rules":[{"state":"inactive","name":"A","query":"x","duration":300,"labels":{},"annotations":{},
               "alerts":[],"health":"unknown","evaluationTime":0,"lastEvaluation":"0001-01-01T00:00:00Z","type":"alerting"}],
               "interval":60,"limit":0,"partialResponseStrategy":"ABORT"}]"#,
            (300_000, Health::Unknown, 0),
        ),
        // Mimir: null for what there is none of, an error of the last evaluation.
        (
            r#"[{"name":"g","file":"tenant","rules":[{"state":"firing","name":"A","query":"x","duration":0,"keepFiringFor":0,"labels":null,
               "annotations":null,"alerts":[{"labels":{"alertname":"A"},"state":"firing","activeAt":"2026-11-22T10:00:00.1+01:00",
               "value":"1e+00","annotations":null}],"health":"err","lastError":"query timed out\u001b[2J","type":"alerting"}],
               "sourceTenants":null}]"#,
            (0, Health::Failed("query timed out␛[2J".to_owned()), 1),
        ),
        // vmalert: names of its own, numbers where others write text, alerts that are over.
        (
            r#"[{"id":"1","name":"g","type":"prometheus","file":"f","interval":15,"rules":[{"id":"7","state":"firing","name":"A","query":"x",
               "duration":30,"keep_firing_for":60,"health":"err","lastError":"no such host","lastSamples":1,"type":"alerting",
               "datasourceType":"prometheus","alerts":[{"state":"firing","labels":{"alertname":"A","alertgroup":"g"},"value":3,
               "activeAt":"2026-11-22T09:00:00Z","id":"9","restored":false},
               {"state":"inactive","labels":{"alertname":"A","i":"2"},"value":"0"}]}]}]"#,
            (30_000, Health::Failed("no such host".to_owned()), 1),
        ),
        // A kind that nobody names, a duration as text.
        (
            r#"[{"name":"g","rules":[{"name":"A","query":"x","state":"inactive","duration":"30"},{"name":"r","query":"y"}]}]"#,
            (30_000, Health::Unknown, 0),
        ),
        (r#"[{"rules":null},{"rules":[{"alerts":null,"annotations":{"a":7},"labels":[]}]}]"#, (0, Health::Unknown, 0)),
    ];
    for (groups, wanted) in table {
        let rules = read(groups);
        assert_eq!(rules.len(), 1, "{groups}");
        let rule = &rules[0];
        assert_eq!((rule.hold, rule.health.clone(), rule.alerts.len()), wanted, "{groups}");
        assert_eq!((rule.last_evaluation, rule.evaluation_ms), (None, None), "{groups}");
    }
    assert!(read("null").is_empty() && read("[]").is_empty());
}

#[test]
fn what_is_hostile_is_made_safe_and_short() {
    let rules = read(&one(&format!(
        r#"{{"labels":{{"alertname":"A","e":"\u001b]0;x\u0007","b":"\u202e"}},"state":"FIRING","activeAt":"yesterday","value":"no",
            "annotations":{{"long":"{}","\u001b":"a\nb\u009b"}}}}"#,
        "x".repeat(20_000)
    )));
    let alert = &rules[0].alerts[0];
    assert_eq!((alert.labels.get("e"), alert.labels.get("b")), (Some("␛]0;x␇"), Some("\u{fffd}")));
    assert_eq!((alert.annotations[0].0.as_str(), alert.annotations[0].1.text()), ("␛", "a\nb\u{fffd}"));
    let long = alert.annotation("long").expect("there").text();
    assert_eq!((long.chars().count(), long.chars().last()), (8_001, Some('…')));
    // What has no time has begun now; and nothing begins in the future.
    assert_eq!((alert.active_at, alert.state), (NOW, AlertState::Firing { since: NOW }));
    assert!(alert.value.is_nan());
}

#[test]
fn a_nameless_alert_is_that_of_its_rule_and_of_the_same_the_worst_counts() {
    let twice = r#"{"labels":{"i":"1"},"state":"pending"},{"labels":{"i":"1","alertname":"A"},"state":"firing"}"#;
    let rules = read(&one(twice));
    assert_eq!(rules[0].alerts.len(), 1);
    assert_eq!(rules[0].alerts[0].labels, Labels::from_pairs([("alertname", "A"), ("i", "1")]));
    assert_eq!(rules[0].alerts[0].state.phase(), Phase::Firing);
}

/// What two lists in a row change, the second one 15 s after the first.
fn changed(first: &str, then: &str, partial: bool) -> (Vec<(String, Phase, Phase, i64)>, Served) {
    let mut served = Served::default();
    served.take(&list(first), false, NOW - 15_000, SKEW);
    let changes = served.take(&list(then), partial, NOW, SKEW);
    let changes = changes.into_iter().map(|t| {
        assert_eq!((t.rule.as_str(), t.group.is_empty()), ("A", false));
        (t.labels.get("i").unwrap_or_default().to_owned(), t.from, t.to, t.at - NOW)
    });
    (changes.collect(), served)
}

#[test]
fn two_lists_tell_what_changed_and_when() {
    use Phase::{Firing, Inactive, Pending, Resolved};
    let first = [alert(1, "pending", 62), alert(2, "firing", 500), alert(3, "pending", 20), alert(4, "firing", 500)];
    // The third is pending no more, the fourth fires on, the fifth fired without being seen pending.
    let then = [alert(1, "firing", 62), alert(4, "firing", 500), alert(5, "firing", 300), alert(6, "pending", 4)];
    let (changes, mut served) = changed(&one(&first.join(",")), &one(&then.join(",")), false);
    let named = |changes: Vec<(String, Phase, Phase, i64)>| {
        changes.into_iter().map(|(i, from, to, at)| format!("{i} {from} {to} {at}")).collect::<Vec<_>>()
    };
    assert_eq!(
        named(changes),
        [
            format!("5 {Inactive} {Firing} -15000"),
            format!("6 {Inactive} {Pending} -4000"),
            format!("1 {Pending} {Firing} -2000"),
            format!("2 {Firing} {Resolved} -2000"),
            format!("3 {Pending} {Inactive} -2000"),
        ]
    );
    let resolved = |served: &Served| {
        let of = served.rules()[0].alerts.iter();
        of.filter(|a| a.state.phase() == Resolved).map(|a| a.labels.get("i").map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(resolved(&served), [Some("2".to_owned())]);
    let again = one(&then.join(","));
    assert_eq!(served.take(&list(&again), false, NOW + 890_000, SKEW), []);
    assert_eq!(resolved(&served).len(), 1);
    assert_eq!(served.take(&list(&again), false, NOW + 899_000, SKEW), []);
    assert!(resolved(&served).is_empty(), "kept for a quarter of an hour");
    // It fires again.
    let (_, mut served) = changed(&one(&alert(2, "firing", 500)), &one(""), false);
    let back = served.take(&list(&one(&alert(2, "pending", 1))), false, NOW + 15_000, SKEW);
    assert_eq!((back[0].from, back[0].to, back.len()), (Resolved, Pending, 1));
}

#[test]
fn an_alert_whose_rule_moves_goes_on_firing() {
    let first = one(&alert(1, "firing", 500));
    let moved = first.replace(r#""name":"g""#, r#""name":"other""#);
    assert!(changed(&first, &moved, false).0.is_empty());
}

#[test]
fn what_a_partial_list_leaves_out_is_what_it_was() {
    let first = one(&alert(1, "firing", 500));
    let (changes, served) = changed(&first, "[]", true);
    assert!(changes.is_empty());
    assert_eq!(served.rules()[0].alerts[0].state.phase(), Phase::Firing);
    let (changes, served) = changed(&first, "[]", false);
    assert_eq!((changes[0].1, changes[0].2, served.rules().len()), (Phase::Firing, Phase::Resolved, 0));
}
