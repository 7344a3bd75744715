//! The built-in rules in a real Prometheus and in shtop's own engine, over the same samples: an outage of S3 as the demo
//! plays it. Every state of every alert must be the same at every evaluation of the real one.
//!
//! All samples, those of the time to come among them, are in Prometheus before it evaluates anything, so that an evaluation
//! sees the same whenever it comes. What the rules wait for is shortened from minutes to seconds.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, prints what it found, and real servers need real time"
)]

#[path = "differential_rules/commands.rs"]
mod commands;
#[path = "support/port.rs"]
mod port;
#[path = "support/program.rs"]
mod program;
#[allow(dead_code, reason = "another test asks for the version")]
#[path = "differential/server.rs"]
mod server;
#[path = "differential/wire.rs"]
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;
use server::{Asked, Server};
use shtop::demo::{EXPORTER, HISTORY, MEMBERS, Scenario, Simulation};
use shtop::exposition::Format;
use shtop::rules::{AlertState, BUILTIN, Engine, Ground, Health, Origin, Phase, RuleStatus, Settings, parse};
use shtop::runtime::system_clock;
use shtop::series::{Labels, MatchOp, Matcher, Sample, Select, Timestamp, Window};
use shtop::source::Event;
use shtop::source::prometheus::{PrometheusOptions, RulesFrom, start};
use shtop::store::{Ingest, Limits, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const MINUTE: i64 = 60_000;
/// How much of the past the rules have.
const PAST: i64 = 12 * MINUTE;
/// At how many evaluations of each group both are compared.
const COMPARED: usize = 15;
/// How much is written of the time to come: a loaded machine is slow to start.
const AHEAD: i64 = 120_000;
/// How long that many evaluations may take.
const PATIENCE: Duration = Duration::from_secs(240);
/// How often a server is started that turns out to have been too slow to evaluate each second.
const TRIES: usize = 5;

/// The built-in rules, evaluated every second, with seconds for minutes, and one alert a group that tells when.
fn rules() -> String {
    let mut text = String::new();
    let mut group = "";
    for line in BUILTIN.lines() {
        if let Some(name) = line.strip_prefix("  - name: ") {
            group = name;
        }
        match line.trim().strip_prefix("for: ").and_then(|hold| hold.strip_suffix('m')) {
            Some(minutes) => writeln!(text, "        for: {minutes}s"),
            None => writeln!(text, "{line}"),
        }
        .expect("a string takes it");
        if line == "    rules:" {
            writeln!(text, "      - {{alert: Tick, expr: vector(1), labels: {{tick: {group}}}}}")
                .expect("a string takes it");
        } else if line.starts_with("  - name: ") {
            text.push_str("    interval: 1s\n");
        }
    }
    text
}

/// What the demo's members would be scraped for, when the story is `seconds` after its end of history now.
fn samples(now: Timestamp, seconds: i64) -> Store {
    let begin = now - HISTORY - seconds * 1_000;
    let mut simulation = Simulation::new(Scenario::S3Outage, 1, begin);
    let mut store = Store::new(Limits::default());
    let mut targets: Vec<Ingest> = (0..MEMBERS)
        .map(|m| {
            let job = if m == EXPORTER { "resources" } else { "streamhouse-agent" };
            Ingest::new(Labels::from_pairs([("job", job), ("instance", &format!("10.0.0.{}:9090", m + 1))]))
        })
        .collect();
    let mut at = now - PAST;
    while at < now + AHEAD {
        for (member, target) in targets.iter_mut().enumerate() {
            // At milliseconds of its own, which no evaluation's window ends at.
            let at = at + 117 + member as i64 * 51;
            simulation.advance(at);
            let format = if member == EXPORTER { Format::Text } else { Format::OpenMetrics };
            match simulation.expose(member) {
                Some(body) => drop(target.scrape(&mut store, at, 12.0, format, body.as_bytes()).expect("a body")),
                None => target.fail(&mut store, at, 12.0),
            }
        }
        at += if at < now { 5_000 } else { 1_000 };
    }
    store
}

fn everything(store: &Store) -> Vec<(Labels, Vec<Sample>)> {
    let any = Matcher::new(Labels::NAME, MatchOp::Regex, ".+").expect("a pattern");
    let mut all = Vec::new();
    store.select(&[any], Timestamp::MIN, Timestamp::MAX, &mut |labels, samples| {
        all.push((labels.clone(), samples.to_vec()));
    });
    all
}

/// Data that rules cannot change.
struct Fixed<'a>(&'a Store);

impl Select for Fixed<'_> {
    fn select(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    ) {
        self.0.select(matchers, after, until, visit);
    }
}

impl Ground for Fixed<'_> {
    fn write(&mut self, _: &Labels, _: Timestamp, _: f64) {}
}

/// The samples of a range selector at `now`: labels without name, and values by their times.
async fn tracks(server: &Server, text: &str, now: Timestamp) -> Vec<(Labels, BTreeMap<Timestamp, f64>)> {
    let asked = [Asked { text: text.to_owned(), window: Window::instant(now) }];
    let said = server.ask(&asked).await.remove(0);
    let result = said["data"]["result"].as_array().unwrap_or_else(|| panic!("{text}: {said}"));
    let track = |series: &Value| {
        let labels = series["metric"].as_object().expect("labels").iter();
        let labels = Labels::from_pairs(labels.map(|(n, v)| (n.as_str(), v.as_str().expect("text"))));
        let values = series["values"].as_array().expect("values").iter().map(|pair| {
            let at = (pair[0].as_f64().expect("seconds") * 1e3).round() as i64;
            (at, pair[1].as_str().and_then(|v| v.parse().ok()).expect("a value"))
        });
        (labels.without_metric(), values.collect())
    };
    result.iter().map(track).collect()
}

/// An alert at an evaluation: labels, state, active since (s).
type Seen = BTreeSet<(String, &'static str, i64)>;

/// Whoever asks a server without rules finds every alert in the state that it has for an engine that watched all along.
async fn a_first_look_finds_what_watching_would_have_found(address: &str, text: &str, store: &Store) {
    let file = || parse("own.rules.yml", text).expect("rules");
    let url = format!("http://{address}").parse().expect("a URL");
    let options =
        PrometheusOptions { rules: RulesFrom::Server { otherwise: vec![file()] }, ..PrometheusOptions::new(url) };
    let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
    let mut source = start(options, system_clock(), &cancel, &mut tasks).expect("starts");
    let report = tokio::time::timeout(Duration::from_secs(120), async {
        loop {
            if let Event::Alerts(report) = source.events.recv().await.expect("it runs") {
                return report;
            }
        }
    });
    let report = report.await.expect("a report in time");
    cancel.cancel();
    assert_eq!((&report.trouble, report.transitions.len()), (&None, 0));
    let at = report.rules[0].last_evaluation.expect("evaluated");
    let mut engine = Engine::new(vec![file()], Settings::default());
    let groups = engine.groups().len();
    for back in (0..60).rev() {
        for group in 0..groups {
            engine.evaluate(group, at - back * 1_000, &mut Fixed(store));
        }
    }
    let found = |rules: &[RuleStatus]| {
        let alerts = rules.iter().flat_map(|r| r.alerts.iter().map(|a| (r.group.clone(), a)));
        let running = alerts.filter(|(_, a)| a.state.phase() > Phase::Resolved);
        running.map(|(group, a)| format!("{group} {} {}", a.labels, a.state.phase())).collect::<BTreeSet<_>>()
    };
    assert!(report.rules.iter().all(|r| r.health == Health::Ok && r.origin == Origin::Local));
    let (asked, watched) = (found(&report.rules), found(&engine.statuses()));
    assert_eq!(asked, watched);
    println!("rules, a first look: {} alerts as if watched for a minute", asked.len());
}

/// The alerts of a group that tell when it was evaluated.
fn of_tick<'a, T>(tracks: &'a [(Labels, T)], group: &str) -> Option<&'a T> {
    tracks.iter().find(|(labels, _)| labels.get("tick") == Some(group)).map(|(_, track)| track)
}

/// Lets both evaluate while the story is at `seconds`; how many evaluations agreed, and on which alerts in which states.
async fn agree(seconds: i64) -> (usize, BTreeSet<(String, &'static str)>) {
    for _ in 0..TRIES {
        if let Some(found) = compared(seconds).await {
            return found;
        }
    }
    panic!("{TRIES} times Prometheus skips its first evaluations: this machine has too much to do")
}

/// The same, once; `None` where it cannot be known when the server first evaluated.
async fn compared(seconds: i64) -> Option<(usize, BTreeSet<(String, &'static str)>)> {
    let dir = tempfile::tempdir().expect("a folder");
    let store = samples(system_clock()(), seconds);
    let first = Server::start(dir.path()).await;
    first.write(&everything(&store)).await;
    let text = rules();
    a_first_look_finds_what_watching_would_have_found(first.address(), &text, &store).await;
    drop(first);
    std::fs::write(dir.path().join("own.rules.yml"), &text).expect("written");
    let server = Server::start(dir.path()).await;
    let mut engine = Engine::new(vec![parse("own.rules.yml", &text).expect("rules")], Settings::default());
    let names: Vec<String> = engine.groups().map(|g| g.name.clone()).collect();
    let waiting = tokio::time::Instant::now();
    let (alerts, since) = loop {
        let now = system_clock()();
        let alerts = tracks(&server, "ALERTS[10m]", now).await;
        let since = tracks(&server, "ALERTS_FOR_STATE[10m]", now).await;
        let enough = |group: &String| of_tick(&alerts, group).is_some_and(|ticks| ticks.len() > COMPARED);
        if names.iter().all(enough) {
            break (alerts, since);
        }
        assert!(waiting.elapsed() < PATIENCE, "Prometheus does not evaluate");
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    drop(server);

    let (mut evaluations, mut states) = (0, BTreeSet::new());
    for (number, group) in names.iter().enumerate() {
        let own: BTreeSet<String> =
            engine.groups().nth(number).expect("a group").rules.iter().map(|r| r.name.clone()).collect();
        let of_group = |labels: &Labels| match labels.get("tick") {
            Some(tick) => tick == group,
            None => labels.get("alertname").is_some_and(|name| own.contains(name)),
        };
        let ticks = of_tick(&alerts, group).expect("evaluated");
        // Prometheus keeps its first evaluations to itself: until it knows the states from before its start, it writes none.
        let written = *ticks.keys().next().expect("it lives");
        let began = of_tick(&since, group).expect("active")[&written];
        let first = (written.div_euclid(1_000) - began as i64).max(0);
        // There are two of them: which ones of more seconds they were, nobody knows.
        if first > 2 {
            println!("NOTICE: Prometheus skips evaluations; once more");
            return None;
        }
        for back in (1..=first).rev() {
            engine.evaluate(number, written - back * 1_000, &mut Fixed(&store));
        }
        // The newest evaluation may still be going on: its tick is written before what comes after it in the group.
        let done: Vec<Timestamp> = ticks.keys().copied().collect();
        for &at in &done[..done.len() - 1] {
            let mut theirs = Seen::new();
            for (labels, _) in alerts.iter().filter(|(labels, values)| of_group(labels) && values.contains_key(&at)) {
                let state = if labels.get("alertstate") == Some("firing") { "firing" } else { "pending" };
                let labels = labels.filtered(|name| name != "alertstate");
                let since = since.iter().find(|(l, values)| *l == labels && values.contains_key(&at));
                let since = since.unwrap_or_else(|| panic!("{labels} at {at} is active since nothing")).1[&at];
                theirs.insert((labels.to_string(), state, since as i64));
            }
            engine.evaluate(number, at, &mut Fixed(&store));
            let mut ours = Seen::new();
            for rule in engine.statuses().iter().filter(|r| r.group == *group) {
                assert_eq!(rule.health, Health::Ok, "{} at {at}", rule.name);
                for alert in &rule.alerts {
                    let state = match alert.state {
                        AlertState::Pending { .. } => "pending",
                        AlertState::Firing { .. } => "firing",
                        AlertState::Resolved { .. } => {
                            states.insert((rule.name.clone(), "resolved"));
                            continue;
                        }
                    };
                    ours.insert((alert.labels.to_string(), state, alert.active_at.div_euclid(1_000)));
                    states.insert((rule.name.clone(), state));
                }
            }
            let (of_theirs, of_ours) = (theirs.difference(&ours), ours.difference(&theirs));
            assert!(
                theirs == ours,
                "group {group} at {at}, evaluation {evaluations}:\nonly Prometheus has {:#?}\nonly shtop has {:#?}",
                of_theirs.collect::<Vec<_>>(),
                of_ours.collect::<Vec<_>>()
            );
            evaluations += 1;
        }
    }
    Some((evaluations, states))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_are_those_of_prometheus_at_every_evaluation() {
    // Throttling turns into refusal; an agent that was killed comes back; S3 comes back.
    let (refusal, restart, recovery) = tokio::join!(agree(-540), agree(-336), agree(540));
    let mut changed = 0;
    for (part, (evaluations, states)) in [("refusal", refusal), ("an agent restarts", restart), ("recovery", recovery)]
    {
        let count = |wanted: &str| states.iter().filter(|(name, state)| *state == wanted && name != "Tick").count();
        let (pending, firing, resolved) = (count("pending"), count("firing"), count("resolved"));
        println!(
            "rules, {part}: {evaluations} evaluations agree; rules that were pending: {pending}, firing: {firing}, \
             resolved: {resolved}"
        );
        assert!(evaluations >= 35 && firing > 0, "{part}: {evaluations} evaluations, {firing} firing");
        changed += pending.min(firing);
    }
    assert!(changed >= 5, "only {changed} alerts go from pending to firing");
}
