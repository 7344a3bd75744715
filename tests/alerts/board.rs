//! The list of alerts, one alert, and what every other screen tells of them.

use std::time::Duration;

use shtop::app::{Command, Line, Message, Screen, What, told_apart, update};
use shtop::rules::{AlertState, Health as RuleHealth, Phase, Rendered, RuleStatus, Transition};
use shtop::series::Labels;
use shtop::source::{AlertReport, Event, Health, Status, TargetStatus};
use tokio::time::Instant;

use super::{NOW, act, draw, line, outage, press, report, rule, screen, shown, text};
use crate::cluster::model;
use shtop::theme::Depth;

#[test]
fn every_screen_says_what_fires_and_panels_carry_their_alerts() {
    let (source, _) = outage();
    let mut model = screen(120, 40);
    let counts = model.alerts.counts();
    let header = shown(&model).lines().next().expect("a header").to_owned();
    assert!(header.contains("firing"), "{header}");
    assert!(counts.all_firing() >= 3, "{counts:?}");
    let strip = shown(&model).lines().nth(1).expect("a strip").to_owned();
    let (_, worst, _) = model.alerts.active().next().expect("one is active");
    assert!(strip.contains(&worst.name) && strip.contains("more: a"), "{strip}");
    press(&mut model, "2", source);
    let is_marked = |rule: &str| model.marks.values().any(|id| id.rule == rule);
    assert!(is_marked("CircuitBreakerOpen") && is_marked("WALSizeHigh"), "{:?}", model.marks);
    // Where the title leaves room for it the border names the alert.
    let named = shown(&model).lines().skip(2).any(|l| l.starts_with('├') && l.contains("WALSizeHigh firing"));
    assert!(named, "no panel is marked:\n{}", shown(&model));
    // On the list itself the strip would say it twice.
    press(&mut model, "a", source);
    assert!(!model.has_strip());
}

#[test]
fn the_worst_come_first_and_the_oldest_of_those() {
    let (source, _) = outage();
    let mut model = screen(80, 24);
    press(&mut model, "a", source);
    let lines = model.alerts.lines();
    let firing: Vec<_> = lines
        .iter()
        .filter_map(|line| match line {
            Line::Alert(_, _, alert) if alert.state.phase() == Phase::Firing => {
                Some((std::cmp::Reverse(alert.severity()), alert.active_at))
            }
            _ => None,
        })
        .collect();
    assert!(firing.len() >= 3 && firing.is_sorted_by_key(|(severity, _)| *severity), "{firing:?}");
    assert!(matches!(lines[0], Line::Heading(Phase::Firing, n) if n == firing.len()));
    // What, where, since when, how far off: on the smallest common screen.
    let row = line(&model, "S3ErrorRateHigh");
    assert!(row.contains("high") && row.contains('m') && row.contains("> 0.05"), "{row}");
    let row = line(&model, "CircuitBreakerOpen ");
    assert!(row.contains("10.0.0."), "it says where: {row}");
}

#[test]
fn a_partition_is_named_with_its_topic_even_where_all_are_of_one() {
    let mut rule = rule("Lag", "high", &["x", "y"], NOW);
    for (alert, partition) in rule.alerts.iter_mut().zip(["0", "1"]) {
        alert.labels = Labels::from_pairs([("alertname", "Lag"), ("topic", "orders"), ("partition", partition)]);
    }
    assert_eq!(told_apart(&rule, &rule.alerts[1]), "orders/1");
    for (alert, group) in rule.alerts.iter_mut().zip(["a", "b"]) {
        alert.labels = Labels::from_pairs([("alertname", "Lag"), ("topic", "orders"), ("consumer_group", group)]);
    }
    assert_eq!(told_apart(&rule, &rule.alerts[1]), "consumer_group=b");
}

#[test]
fn the_list_is_filtered_sorted_and_folded() {
    let (source, _) = outage();
    let mut model = screen(80, 24);
    press(&mut model, "a/circuit !flapping\n", source);
    let names = |model: &shtop::app::Model| {
        let lines = model.alerts.lines();
        let name = |line: &Line<'_>| match line {
            Line::Alert(_, rule, _) | Line::Group(_, rule, ..) => Some(rule.name.clone()),
            _ => None,
        };
        lines.iter().filter_map(name).collect::<Vec<_>>()
    };
    let found = names(&model);
    assert!(found.len() >= 2 && found.iter().all(|n| n == "CircuitBreakerOpen"), "{found:?}");
    assert!(shown(&model).contains("circuit !flapping"), "the filter is told");
    press(&mut model, " ", source);
    assert_eq!(names(&model).len(), 1, "one line for all of the rule");
    assert!(shown(&model).contains(&format!("{} alerts", found.len())));
    // Enter on such a line shows them again.
    press(&mut model, "\n", source);
    assert_eq!((names(&model).len(), model.screen), (found.len(), Screen::Alerts));
    // Escape while typing takes the filter away.
    press(&mut model, "/\u{1b}", source);
    let all = names(&model).len();
    assert!(all > found.len());
    press(&mut model, "ss", source);
    let by_name = names(&model);
    let firing = model.alerts.counts().all_firing();
    assert!(by_name[..firing].is_sorted(), "{by_name:?}");
    press(&mut model, "i", source);
    assert!(model.alerts.lines().iter().any(|l| matches!(l, Line::Quiet(..))));
    press(&mut model, "/nothing has this\n", source);
    assert!(shown(&model).contains("no alert has what the filter asks for"));
}

#[test]
fn one_alert_says_what_why_and_how_far_with_its_panels_alive() {
    let (source, _) = outage();
    for (width, height) in [(80, 24), (120, 40)] {
        let mut model = screen(width, height);
        press(&mut model, "a/s3errorrate\n\n", source);
        assert_eq!(model.screen, Screen::Alert);
        let screen = shown(&model);
        for part in ["S3ErrorRateHigh", "firing", "since", "expr", "value", "alerts when > 0.05", "for      5m 00s"] {
            assert!(screen.contains(part), "no {part} at {width}x{height}:\n{screen}");
        }
        let (_, _, alert) = model.shown_alert().expect("shown");
        let description = alert.and_then(|a| a.annotation("description")).expect("it has one").text().to_owned();
        let last = description.split_whitespace().last().expect("words").to_owned();
        assert!(screen.contains(&last), "the description is cut at {width}x{height}: {last}\n{screen}");
        assert!(screen.contains("What it compares"), "{screen}");
        if height == 40 {
            let (rule, ..) = model.shown_alert().expect("shown");
            let (view, panel) = model.related(rule)[0];
            assert!(model.views[view].panels[panel].picture.is_some(), "the related panel is asked for");
            assert!(screen.contains(&model.views[view].dashboard.panels[panel].title), "{screen}");
        }
        press(&mut model, "p", source);
        assert!(matches!(model.screen, Screen::Dashboard(_)));
        press(&mut model, "\u{1b}", source);
        assert_eq!(model.screen, Screen::Alert, "and back");
    }
}

#[test]
fn the_bell_rings_once_for_what_begins_to_fire_and_the_log_has_it_once() {
    let (source, _) = outage();
    let mut model = model(80, 24);
    let alarms = |commands: &[Command]| commands.iter().filter(|c| matches!(c, Command::Alarm(_))).count();
    let first = act(&mut model, report(vec![rule("A", "high", &["x"], NOW - 60_000)]), source);
    assert_eq!(alarms(&first), 0, "what was found firing is no news");
    assert!(first.iter().any(|c| matches!(c, Command::Record(entries) if entries.len() == 1)));
    let transition = Transition {
        group: "g".to_owned(),
        rule: "B".to_owned(),
        labels: Labels::from_pairs([("alertname", "B"), ("instance", "\u{1b}]0;x\u{7}"), ("severity", "high")]),
        from: Phase::Pending,
        to: Phase::Firing,
        at: NOW,
        value: 1.0,
    };
    let rules = vec![rule("A", "high", &["x"], NOW - 60_000), rule("B", "high", &["y"], NOW)];
    let fired = AlertReport { at: NOW, rules, transitions: vec![transition], trouble: None };
    let told = |report: &AlertReport| Message::Source(Event::Alerts(Box::new(report.clone())));
    let second = act(&mut model, told(&fired), source);
    assert_eq!(alarms(&second), 1);
    let entries = model.log.entries().len();
    // Told again, it is no second transition.
    let again = act(&mut model, told(&AlertReport { transitions: Vec::new(), ..fired }), source);
    assert_eq!((alarms(&again), model.log.entries().len()), (0, entries));
    press(&mut model, "na customer called\n", source);
    assert!(
        matches!(&model.log.entries().last().expect("noted").what, What::Note { text } if text == "a customer called")
    );
    press(&mut model, "a", source);
    assert!(shown(&model).contains("a customer called"));
    assert!(!text(&draw(&model, Depth::TrueColor)).contains('\u{1b}'), "no label steers the terminal");
}

/// How the only two targets are.
fn targets(health: &Health) -> Message {
    let one = |instance: &str| TargetStatus {
        url: format!("http://{instance}/metrics"),
        job: "streamhouse-agent".to_owned(),
        instance: instance.to_owned(),
        health: health.clone(),
        since: NOW,
        last_scrape: Some(NOW),
        last_success: Some(NOW),
        took: 1.0,
        samples: 1,
        families: (1, 0),
        unreadable: 0,
        diagnoses: Vec::new(),
    };
    let status = Status { at: NOW, targets: vec![one("a:1"), one("b:1")], ..Status::default() };
    Message::Source(Event::Status(Box::new(status)))
}

#[test]
fn a_trend_over_seconds_says_on_how_little_it_rests() {
    let (source, _) = outage();
    let told = |expr: &str, age: i64| {
        let mut model = model(80, 24);
        let trend = RuleStatus { expr: expr.to_owned(), ..rule("Lag", "medium", &["a:1"], NOW) };
        act(&mut model, report(vec![trend]), source);
        press(&mut model, "a\n", source);
        let status = Status { at: NOW, oldest: Some(NOW - age), ..Status::default() };
        // What it then wants to watch is not asked: the source has all of the past.
        drop(update(&mut model, Message::Source(Event::Status(Box::new(status)))));
        let sentence = shown(&model).lines().find(|l| l.contains("it rests on")).map(str::to_owned);
        sentence.map(|l| l.trim_matches(['│', ' ']).to_owned())
    };
    let short = told("deriv(lag[10m]) > 100", 12_345);
    assert_eq!(short.as_deref(), Some("▲ it rests on 12s of data; its expression looks back 10m 00s"));
    assert_eq!(told("deriv(lag[10m]) > 100", 600_000), None);
    // The present alone needs no past.
    assert_eq!(told("up == 0", 12_345), None);
}

#[test]
fn when_every_target_dies_what_fires_is_unknown_at_once() {
    let (source, _) = outage();
    let mut model = model(120, 40);
    let quiet = RuleStatus { alerts: Vec::new(), ..rule("A", "high", &[], NOW) };
    act(&mut model, report(vec![quiet]), source);
    act(&mut model, targets(&Health::Up), source);
    assert!(line(&model, "DEMO").contains("● no alerts"), "{}", shown(&model));
    let down = Health::Down { reason: "connection refused".to_owned() };
    act(&mut model, targets(&down), source);
    // No rule has been evaluated since.
    assert!(line(&model, "DEMO").contains("alerts unknown"), "{}", shown(&model));
    press(&mut model, "a", source);
    // Going there asked the source, which is well.
    act(&mut model, targets(&down), source);
    assert!(shown(&model).contains("all 2 targets are down: what fires now is not known"), "{}", shown(&model));
    assert!(!shown(&model).contains("nothing fires and nothing"));
    // What fired then may still do so, and there may be more.
    act(&mut model, report(vec![rule("A", "high", &["a:1"], NOW - 60_000)]), source);
    act(&mut model, targets(&down), source);
    assert!(line(&model, "DEMO").contains("✗ firing: 1 high; others unknown"), "{}", shown(&model));
    press(&mut model, "\n", source);
    act(&mut model, targets(&down), source);
    assert!(shown(&model).contains("whether it still is cannot be told"), "{}", shown(&model));
    act(&mut model, targets(&Health::Up), source);
    assert!(line(&model, "DEMO").contains("✗ firing: 1 high ") && !shown(&model).contains("cannot be told"));
    // A source that has gone silent without a word is as good as dead.
    act(&mut model, Message::Tick(NOW + 60_000), source);
    assert!(line(&model, "DEMO").contains("others unknown"), "{}", shown(&model));
}

#[test]
fn before_the_first_evaluation_nobody_says_that_nothing_fires() {
    let (source, _) = outage();
    let mut model = model(120, 40);
    let young = |name| RuleStatus {
        health: RuleHealth::Unknown,
        last_evaluation: None,
        alerts: Vec::new(),
        ..rule(name, "high", &[], NOW)
    };
    act(&mut model, report(vec![young("A"), young("B")]), source);
    assert!(line(&model, "DEMO").contains("… 2 rules not evaluated yet"), "{}", shown(&model));
    press(&mut model, "a", source);
    act(&mut model, report(vec![young("A"), young("B")]), source);
    assert!(shown(&model).contains("the rules were not evaluated yet: whether they fire is not known"));
    assert!(!shown(&model).contains("nothing fires and nothing"), "{}", shown(&model));
    let quiet = RuleStatus { alerts: Vec::new(), ..rule("B", "high", &[], NOW) };
    act(&mut model, report(vec![young("A"), quiet.clone()]), source);
    assert!(line(&model, "DEMO").contains("… 1 rule not evaluated yet"), "{}", shown(&model));
    act(&mut model, report(vec![quiet]), source);
    assert!(line(&model, "DEMO").contains("● no alerts"), "{}", shown(&model));
    // A server that was never there has told no rules either.
    let trouble = Some("connection refused".to_owned());
    let lost = AlertReport { at: NOW, rules: Vec::new(), transitions: Vec::new(), trouble };
    act(&mut model, Message::Source(Event::Alerts(Box::new(lost))), source);
    assert!(shown(&model).contains("the rules are not known"), "{}", shown(&model));
}

#[test]
fn older_rules_say_by_other_names_what_they_mean_and_where_the_runbook_is() {
    let (source, _) = outage();
    for annotation in
        [("runbook", "https://wiki.corp/rb/CONSUMER-LAG"), ("message", "Runbook: https://w.corp/consumer-lag")]
    {
        let mut old = rule("Behind", "P1", &["a:1"], NOW - 60_000);
        old.alerts[0].annotations = vec![(annotation.0.to_owned(), Rendered::Text(annotation.1.to_owned()))];
        let mut model = model(120, 40);
        act(&mut model, report(vec![old]), source);
        press(&mut model, "a\n", source);
        assert!(shown(&model).contains("Runbook: Consumer lag"), "{}", shown(&model));
        press(&mut model, "r", source);
        assert_eq!(model.handbook.as_ref().expect("open").runbook.name, "consumer-lag");
    }
}

#[test]
fn the_header_counts_by_severity_as_far_as_there_is_room() {
    let (source, _) = outage();
    for (width, told) in [(80, "✗ 7 firing"), (120, "✗ 1 critical, "), (200, "✗ firing: 1 critical, ")] {
        let mut model = screen(width, 24);
        let header = shown(&model).lines().next().expect("a header").to_owned();
        let counts = model.alerts.counts();
        let told = told.replace("7 firing", &format!("{} firing", counts.all_firing()));
        assert!(header.contains(&told) && header.contains("live"), "{width}: {header}");
        assert!(width < 200 || header.contains("; pending: "), "{width}: {header}");
        let pending = rule("P", "low", &["x"], NOW);
        let mut pending = RuleStatus { hold: 60_000, ..pending };
        pending.alerts[0].state = AlertState::Pending { fires_at: NOW + 60_000 };
        act(&mut model, report(vec![pending]), source);
        let told = if width == 80 { "pending" } else { "… pending: 1 low" };
        assert!(line(&model, "DEMO").contains(told), "{width}: {}", shown(&model));
    }
}

#[test]
fn the_whole_log_is_read_and_written_from_anywhere() {
    let (source, _) = outage();
    let mut model = model(80, 24);
    let entries = |model: &mut shtop::app::Model, from: usize, to: usize| {
        for i in from..to {
            press(model, &format!("nnote {i:03}\n"), source);
        }
    };
    press(&mut model, "L", source);
    assert!(shown(&model).contains("nothing has happened yet"));
    press(&mut model, "\u{1b}", source);
    entries(&mut model, 0, 60);
    press(&mut model, "L", source);
    let screen = shown(&model);
    assert!(screen.contains("60 of 60") && screen.contains("note 059") && !screen.contains("note 030"), "{screen}");
    press(&mut model, "↑↑", source);
    let screen = shown(&model);
    assert!(screen.contains("58 of 60") && screen.contains("note 057") && !screen.contains("note 058"), "{screen}");
    press(&mut model, "g", source);
    let screen = shown(&model);
    assert!(screen.contains("note 000") && screen.contains("note 015"), "the oldest, and as many as fit: {screen}");
    press(&mut model, "G", source);
    assert!(shown(&model).contains("note 059"));
    // A long note is read in full, and one can be written while reading.
    press(&mut model, &format!("n{} the end\n", "long ".repeat(60)), source);
    let screen = shown(&model);
    assert!(screen.contains("the end") && screen.contains("61 of 61"), "{screen}");
    press(&mut model, "L", source);
    assert!(!shown(&model).contains("61 of 61"), "the same key closes it");
}

#[test]
fn a_thousand_alerts_are_drawn_and_walked_through_at_once() {
    let (source, _) = outage();
    let names: Vec<String> = (0..1_000).map(|i| format!("agent-{i:04}.example:9090")).collect();
    let instances: Vec<&str> = names.iter().map(String::as_str).collect();
    let rules = || vec![rule("AgentDown", "critical", &instances, NOW - 60_000), rule("Slow", "low", &instances, NOW)];
    let mut model = model(120, 40);
    press(&mut model, "a", source);
    act(&mut model, report(rules()), source);
    let begin = Instant::now();
    for _ in 0..20 {
        press(&mut model, "↓", source);
        draw(&model, Depth::TrueColor);
    }
    let each = begin.elapsed() / 20;
    assert!(each < Duration::from_secs(1), "{each:?} for a key and a frame, unoptimised");
    assert!(shown(&model).contains("agent-0020"), "{}", shown(&model));
    let begin = Instant::now();
    act(&mut model, report(rules()), source);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?} for a report", begin.elapsed());
    press(&mut model, " ", source);
    assert_eq!(model.alerts.lines().len(), 1_002, "a heading, one line for a thousand, a thousand");
}
