//! Who evaluates the rules, and what is said when nobody can.

use super::*;
use crate::rules::{self, Origin};
use crate::series::Labels;
use crate::source::http::HttpFault;
use crate::source::prometheus::parse::{self, Said as Read};

const NOW: Timestamp = 1_795_351_698_000;
const RULE: &str = r#"[{"name":"g","rules":[{"name":"A","query":"streamhouse_x","type":"alerting","alerts":[]}]}]"#;

fn told(groups: &str, notes: &[&str]) -> Said {
    let body = format!(r#"{{"status":"success","data":{{"groups":{groups}}}}}"#);
    let Ok(Read::Success { data, .. }) = parse::document(body.as_bytes()) else { panic!("{body}") };
    Said::List(Ok(Told { data, notes: notes.iter().map(|n| (*n).to_owned()).collect(), bytes: body.len(), date: None }))
}

fn status(code: u16) -> ApiFault {
    ApiFault::Http(HttpFault::Status { code, words: "Sorry", rest: None, says: String::new() })
}

fn own(rules: &str) -> RulesFrom {
    let text = format!("groups:\n  - name: own\n    rules:\n{rules}");
    RulesFrom::Server { otherwise: vec![rules::parse("own.yaml", &text).expect("rules")] }
}

fn two() -> Alerts {
    Alerts::new(
        own("      - {alert: Own, expr: 'up{job=\"streamhouse-agent\"}'}\n      - {record: r, expr: up}\n"),
        None,
        15_000,
    )
}

/// Asks for what is due and gives every question the answer that `says` has for it.
fn asked(alerts: &mut Alerts, at: Timestamp, says: impl Fn(&Question) -> Said) -> Vec<AlertReport> {
    let mut reports = Vec::new();
    alerts.begin(at, 0, false);
    while let Some(question) = alerts.next_question() {
        reports.extend(alerts.take(&question, says(&question), at, 0));
    }
    assert!(alerts.are_settled());
    reports
}

/// One series that has a value at every step.
fn holding(asked: &RuleQuery) -> Said {
    let series = Series { labels: Labels::from_pairs([("i", "1")]), values: vec![1.0; asked.window.steps()] };
    Said::Rule(Ok(Told { data: vec![series], notes: Vec::new(), bytes: 9, date: None }))
}

fn without_list(groups: &'static str) -> impl Fn(&Question) -> Said {
    move |question| match question {
        Question::List => told(groups, &[]),
        Question::Rule(asked) => holding(asked),
    }
}

#[test]
fn the_servers_rules_are_the_truth() {
    let mut alerts = two();
    let reports = asked(&mut alerts, NOW, |_| told(RULE, &[]));
    assert_eq!((reports.len(), reports[0].rules[0].origin, alerts.wait(NOW)), (1, Origin::Server, 15_000));
    assert!(alerts.remarks().is_empty());
    let foreign =
        r#"[{"name":"g","rules":[{"name":"HighLoad","query":"node_load1 > 5","type":"alerting","alerts":[]}]}]"#;
    asked(&mut alerts, NOW, move |_| told(foreign, &["store eu is down"]));
    let remarks = alerts.remarks();
    assert_eq!(remarks[0], "the list of rules: store eu is down");
    assert!(remarks[1].starts_with("the server has no rules for streamhouse_ metrics, "), "{remarks:?}");
    let named = foreign.replace("HighLoad", "Own");
    asked(&mut alerts, NOW, move |_| told(&named, &[]));
    assert!(alerts.remarks().is_empty(), "known by its name");
}

#[test]
fn where_the_server_has_no_rules_they_are_evaluated_here() {
    let recording = r#"[{"name":"g","rules":[{"name":"r","query":"x","type":"recording"}]}]"#;
    for groups in ["[]", recording] {
        let mut alerts = two();
        let reports = asked(&mut alerts, NOW, without_list(groups));
        assert_eq!(reports.len(), 1);
        let rule = &reports[0].rules[0];
        assert_eq!((rule.name.as_str(), rule.origin, rule.alerts.len()), ("Own", Origin::Local, 1));
        assert!(alerts.remarks().is_empty(), "no alert reads what is recorded: {:?}", alerts.remarks());
        assert_eq!(alerts.wait(NOW), 15_000);
    }
    for code in [404, 405, 501, 403] {
        let mut alerts = two();
        let reports = asked(&mut alerts, NOW, |question| match question {
            Question::List => Said::List(Err(status(code))),
            Question::Rule(asked) => holding(asked),
        });
        assert_eq!(reports[0].rules[0].origin, Origin::Local);
        assert_eq!(alerts.remarks().len(), usize::from(code == 403), "{:?}", alerts.remarks());
    }
}

#[test]
fn alerts_that_read_what_is_only_recorded_are_told() {
    let rules = "      - {record: 'a:b:sum', expr: sum(up)}\n      - {alert: Own, expr: 'rate(up[5m]) > 0'}\n      \
                 - {alert: Fed, expr: 'a:b:sum > 1'}\n      - {alert: Too, expr: '{__name__=~\"a:.*\"} > 2'}\n";
    let mut alerts = Alerts::new(own(rules), None, 15_000);
    asked(&mut alerts, NOW, without_list("[]"));
    let remarks = alerts.remarks();
    assert!(remarks.len() == 1 && remarks[0].starts_with("Fed and 1 more: "), "{remarks:?}");
}

#[test]
fn rules_that_are_loaded_later_are_found_and_rules_that_vanish_are_missed() {
    let mut alerts = two();
    asked(&mut alerts, NOW, without_list("[]"));
    let mut lists = 0;
    let mut at = NOW;
    while lists == 0 {
        at += 15_000;
        alerts.begin(at, 0, false);
        while let Some(question) = alerts.next_question() {
            lists += usize::from(matches!(question, Question::List));
            alerts.take(&question, without_list(RULE)(&question), at, 0);
        }
    }
    assert_eq!(at - NOW, 120_000);
    let gone = |alerts: &mut Alerts| asked(alerts, at, without_list("[]"));
    let first = gone(&mut alerts);
    assert_eq!(first[0].trouble.as_deref(), Some("the server lists no alerting rules any more; it is asked again"));
    assert_eq!(first[0].rules[0].name, "A");
    assert!(gone(&mut alerts).is_empty(), "said once");
    assert_eq!(gone(&mut alerts)[0].rules[0].origin, Origin::Local);
}

#[test]
fn an_outage_leaves_the_last_report_with_its_reason() {
    let mut alerts = two();
    asked(&mut alerts, NOW, |_| told(RULE, &[]));
    let reports = asked(&mut alerts, NOW + 15_000, |_| Said::List(Err(status(503))));
    let report = &reports[0];
    assert_eq!((report.at, report.rules.len(), report.transitions.len()), (NOW, 1, 0));
    let words = report.trouble.as_deref().expect("a reason");
    assert!(words.starts_with("the rules cannot be asked for: HTTP 503 Sorry"), "{words}");
    assert!(asked(&mut alerts, NOW + 30_000, |_| Said::List(Err(status(503)))).is_empty(), "said once");
    assert_eq!(asked(&mut alerts, NOW + 45_000, |_| told(RULE, &[]))[0].trouble, None);

    let mut alerts = two();
    asked(&mut alerts, NOW, without_list("[]"));
    let reports = asked(&mut alerts, NOW + 15_000, |_| Said::Rule(Err(status(503))));
    let words = reports[0].trouble.as_deref().expect("a reason");
    assert!(words.starts_with("the rules cannot be evaluated: HTTP 503"), "{words}");
    assert_eq!((reports[0].at, reports[0].rules[0].alerts.len()), (NOW, 1));
}

#[test]
fn rules_name_the_job_that_the_agents_have() {
    let mut alerts =
        Alerts::new(own("      - {alert: Own, expr: 'up{job=\"streamhouse-agent\"}'}\n"), Some("sh"), 15_000);
    alerts.begin(NOW, 0, false);
    alerts.next_question();
    alerts.take(&Question::List, told("[]", &[]), NOW, 0);
    let Some(Question::Rule(asked)) = alerts.next_question() else { panic!("no question") };
    assert_eq!(asked.query.text(), r#"up{job="sh"}"#);
}

#[test]
fn alerts_that_nobody_wants_are_not_spoken_of() {
    let mut alerts = Alerts::new(RulesFrom::Nobody, None, 15_000);
    assert!(!alerts.are_wanted());
    assert_eq!(alerts.fail("down", NOW), None);
}
