//! Alerts from a server that is asked: its own, those that are evaluated through its queries, and what is said of them when
//! it is not there.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use shtop::rules::{AlertState, Origin, Phase, parse};
use shtop::source::AlertReport;
use shtop::source::prometheus::RulesFrom;

fn alerting(address: &str) -> PrometheusOptions {
    let text = "groups:\n  - name: own\n    rules:\n      - {alert: Own, expr: 'up{job=\"streamhouse-agent\"} == 0', for: 2s}\n      - {alert: Other, expr: quiet}\n";
    let otherwise = vec![parse("own.yaml", text).expect("rules")];
    PrometheusOptions {
        rules: RulesFrom::Server { otherwise },
        evaluation_interval: Duration::from_millis(300),
        ..options(address)
    }
}

impl Running {
    pub(super) async fn report(&mut self, wanted: impl Fn(&AlertReport) -> bool) -> AlertReport {
        self.first(|event| match event {
            Event::Alerts(report) if wanted(&report) => Some(*report),
            _ => None,
        })
        .await
    }
}

/// The list of a server with one rule, whose alerts are these.
fn listing(alerts: &str) -> Says {
    Says::Data(format!(
        r#"{{"groups":[{{"name":"g","rules":[{{"name":"A","query":"streamhouse_x > 1","duration":60,"type":"alerting","health":"ok",
           "alerts":[{alerts}]}}]}}]}}"#
    ))
}

const FIRING: &str =
    r#"{"labels":{"alertname":"A","i":"1"},"state":"firing","activeAt":"2026-11-22T10:00:00Z","value":"3e+00"}"#;

/// No rules, and series only for what asks for `up`.
fn without_rules(asked: &Asked) -> Says {
    match asked.path.as_str() {
        "rules" => Says::Data(r#"{"groups":[]}"#.to_owned()),
        "query" | "query_range" if asked.field("query").starts_with("quiet") => series(asked, &[]),
        _ => good(asked),
    }
}

#[tokio::test]
async fn the_servers_alerts_come_after_the_panels_and_changes_are_told() {
    let firing = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&firing);
    let fake = Fake::new(move |asked| match asked.path.as_str() {
        "rules" => listing(if switch.load(Ordering::SeqCst) { FIRING } else { "" }),
        _ => good(asked),
    })
    .await;
    let mut source = run(PrometheusOptions { interval: Duration::from_secs(20), ..alerting(&fake.address) });
    source.control.watch(plan(1, vec![ask(1, &["a"]), ask(2, &["b"])]));
    let report = source.report(|_| true).await;
    assert_eq!((report.rules.len(), report.transitions.len(), report.trouble), (1, 0, None));
    assert_eq!((report.rules[0].origin, report.rules[0].alerts[0].value), (Origin::Server, 3.0));
    assert!(matches!(report.rules[0].alerts[0].state, AlertState::Firing { .. }));
    let paths: Vec<String> = fake.all_seen().into_iter().map(|a| a.path).collect();
    assert_eq!(paths[..2], ["query_range", "query_range"], "what is in sight comes first");
    assert_eq!(fake.seen("rules")[0].field("type"), "alert");
    assert!(fake.seen("query").is_empty(), "nothing is evaluated that the server evaluates");
    firing.store(false, Ordering::SeqCst);
    let report = source.report(|r| !r.transitions.is_empty()).await;
    assert_eq!((report.transitions[0].from, report.transitions[0].to), (Phase::Firing, Phase::Resolved));
    assert_eq!(report.rules[0].alerts[0].state.phase(), Phase::Resolved);
    source.end().await;
}

#[tokio::test]
async fn a_server_without_rules_is_asked_what_they_need_and_an_alert_fires_in_the_first_report() {
    for (status, body) in
        [(200, r#"{"status":"success","data":{"groups":[]}}"#), (404, "404 page not found"), (501, "")]
    {
        let fake = Fake::new(move |asked| match asked.path.as_str() {
            "rules" => Says::Raw(status, Vec::new(), body.to_owned()),
            _ => without_rules(asked),
        })
        .await;
        let job = Some("streamhouse".to_owned());
        let mut source = run(PrometheusOptions { job, ..alerting(&fake.address) });
        source.control.watch(plan(1, Vec::new()));
        let report = source.report(|_| true).await;
        let own = &report.rules[0];
        assert_eq!((own.origin, report.rules.len(), report.transitions.len()), (Origin::Local, 2, 0));
        let alert = &own.alerts[0];
        assert!(matches!(alert.state, AlertState::Firing { since } if since <= report.at), "{alert:?}");
        assert!(alert.known_since.is_some_and(|since| (2_000..60_000).contains(&(report.at - since))), "{alert:?}");
        let past = ranges(&fake);
        assert_eq!(past.len(), 2, "one range for each rule");
        assert_eq!(past[0].field("query"), r#"up{job="streamhouse"} == 0"#);
        assert_eq!((past[0].ms("end") - past[0].ms("start"), past[0].ms("step")), (2_400, 300));
        let next = source.report(|r| r.at > report.at).await;
        assert_eq!((next.transitions.len(), next.rules[0].alerts[0].active_at), (0, alert.active_at));
        assert_eq!(ranges(&fake).len(), 2, "from then on a value is enough");
        // Nobody keeps it from evaluating once more before this is looked at.
        assert!(fake.seen("query").len() >= 2);
        source.end().await;
    }
}

#[tokio::test]
async fn an_outage_keeps_the_last_report_and_ends_without_a_key() {
    let rules: [fn(&Asked) -> Says; 2] =
        [|asked| if asked.path == "rules" { listing(FIRING) } else { good(asked) }, without_rules];
    for (rule, asks) in rules.into_iter().flat_map(|rule| [(rule, vec![ask(1, &["a"])]), (rule, Vec::new())]) {
        let fake = Fake::new(rule).await;
        let mut source = run(alerting(&fake.address));
        source.control.watch(Plan { step: 1_000, range: 60_000, ..plan(1, asks) });
        let before = source.report(|r| r.trouble.is_none()).await;
        assert_eq!(before.rules[0].alerts.len(), 1);
        fake.now_says(|_| json(503, "{}"));
        let lost = source.report(|r| r.trouble.is_some()).await;
        assert!(lost.trouble.is_some_and(|words| words.contains("HTTP 503 Service Unavailable")));
        assert_eq!((lost.rules[0].alerts.len(), lost.transitions.len()), (1, 0));
        assert!(lost.at >= before.at && lost.at <= system_clock()());
        fake.now_says(rule);
        let back = source.report(|r| r.trouble.is_none()).await;
        assert!(back.at > lost.at && back.transitions.is_empty());
        source.end().await;
    }
}

#[tokio::test]
async fn a_query_that_fails_fails_its_rule_alone() {
    let fake = Fake::new(|asked| match asked.field("query") {
        q if q.starts_with("quiet") => {
            json(422, r#"{"status":"error","errorType":"execution","error":"many-to-many \u001b[2J"}"#)
        }
        _ => without_rules(asked),
    })
    .await;
    let mut source = run(alerting(&fake.address));
    source.control.watch(plan(1, Vec::new()));
    let report = source.report(|_| true).await;
    let health: Vec<_> = report.rules.iter().map(|r| r.health.clone()).collect();
    assert_eq!(health[0], shtop::rules::Health::Ok);
    assert_eq!(health[1], shtop::rules::Health::Failed("many-to-many ␛[2J".to_owned()));
    source.end().await;
}

#[tokio::test]
async fn alerts_are_asked_for_anew_on_a_key_and_without_anything_in_sight() {
    let fake = Fake::new(|asked| if asked.path == "rules" { listing(FIRING) } else { good(asked) }).await;
    let slow = Duration::from_secs(3_600);
    let mut source = run(PrometheusOptions { evaluation_interval: slow, ..alerting(&fake.address) });
    let first = source.report(|_| true).await;
    assert_eq!(fake.all_seen().len(), 1, "there is no plan yet");
    tokio::time::sleep(Duration::from_millis(20)).await;
    source.control.refresh();
    assert!(source.report(|_| true).await.at > first.at);
    source.end().await;
    let mut source = run(PrometheusOptions { rules: RulesFrom::Nobody, ..alerting(&fake.address) });
    let seen = fake.seen("rules").len();
    source.control.watch(plan(1, vec![ask(1, &["a"])]));
    source.status(|s, _| !s.targets.is_empty()).await;
    source.control.refresh();
    source.answer(1, 1).await;
    assert_eq!(fake.seen("rules").len(), seen);
    source.end().await;
}

#[tokio::test]
async fn rules_leave_room_for_what_is_in_sight() {
    let many: Vec<String> = (0..40).map(|n| format!("      - {{alert: A{n}, expr: slow}}\n")).collect();
    let text = format!("groups:\n  - name: own\n    rules:\n{}", many.concat());
    let otherwise = vec![parse("own.yaml", &text).expect("rules")];
    let fake =
        Fake::new(|asked| if asked.field("query") == "slow" { Says::Nothing } else { without_rules(asked) }).await;
    let mut source = run(PrometheusOptions {
        rules: RulesFrom::Server { otherwise },
        concurrency: 8,
        timeout: PATIENCE,
        ..alerting(&fake.address)
    });
    source.control.watch(plan(1, Vec::new()));
    let began = Instant::now();
    while fake.waiting() < 2 {
        assert!(began.elapsed() < PATIENCE, "the rules are never asked for");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    source.control.watch(plan(2, vec![ask(1, &["a"])]));
    source.answer(2, 1).await;
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    assert_eq!(fake.waiting(), 2, "a quarter of the requests at a time");
    source.end().await;
}

#[tokio::test]
async fn what_a_report_is_worth_is_known_before_it() {
    let text = "groups: [{name: own, rules: [{record: r, expr: up}, {alert: A, expr: r > 0}]}]";
    let otherwise = vec![parse("own.yaml", text).expect("rules")];
    for _ in 0..5 {
        let fake = Fake::new(without_rules).await;
        let rules = RulesFrom::Server { otherwise: otherwise.clone() };
        let mut source = run(PrometheusOptions { rules, ..alerting(&fake.address) });
        source.control.watch(plan(1, vec![ask(1, &["a"])]));
        let mut remarks = Vec::new();
        source
            .first(|event| match event {
                Event::Status(status) => {
                    remarks.clone_from(&status.remarks);
                    None
                }
                Event::Alerts(_) => Some(()),
                _ => None,
            })
            .await;
        assert!(remarks.iter().any(|words| words.contains("what recording rules record")), "{remarks:?}");
        source.end().await;
    }
}
