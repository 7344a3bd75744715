//! The runbooks: what is in them, whether their queries tell a healthy cluster from a sick one, and how markdown from
//! anywhere becomes lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/aloud.rs"]
mod aloud;
#[allow(dead_code, reason = "the screens in there are for other tests")]
#[path = "support/cluster.rs"]
mod cluster;

#[path = "runbook/markdown.rs"]
mod markdown;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use aloud::aloud;
use cluster::{NOW, scrape, targets};
use shtop::catalog;
use shtop::demo::{HISTORY, MEMBERS, Scenario, Simulation};
use shtop::promql::Query;
use shtop::runbook::{Anchor, Block, Entry, Library, Line, Live, Lookup, Runbook, Verdict, Via};
use shtop::series::Labels;
use shtop::source::{Ask, Event, Plan, Replay, Shape};
use shtop::store::{Created, Limits};
use unicode_width::UnicodeWidthStr;

const MINUTE: i64 = 60_000;

/// Every alert of the rules and its runbook.
const ALERTS: &[(&str, &str)] = &[
    ("CircuitBreakerOpen", "circuit-breaker-open"),
    ("CircuitBreakerFlapping", "circuit-breaker-open"),
    ("HighS3ThrottlingRate", "high-s3-throttling-rate"),
    ("S3ErrorRateHigh", "circuit-breaker-open"),
    ("S3LatencyHigh", "high-s3-throttling-rate"),
    ("SegmentFlushFailures", "circuit-breaker-open"),
    ("WALSizeHigh", "wal-recovery-failures"),
    ("PartitionLeaseConflicts", "partition-lease-conflicts"),
    ("LeaseRenewalFailures", "partition-lease-conflicts"),
    ("LeaseAcquisitionFailures", "partition-lease-conflicts"),
    ("LeaseExpiringSoon", "partition-lease-conflicts"),
    ("WALRecoveryFailures", "wal-recovery-failures"),
    ("WALCorruptionRate", "wal-recovery-failures"),
    ("WALSizeGrowing", "wal-recovery-failures"),
    ("SchemaRegistrationFailures", "schema-registry-errors"),
    ("SchemaNotFoundErrors", "schema-registry-errors"),
    ("SchemaCompatibilityCheckFailures", "schema-registry-errors"),
    ("HighMemoryUsage", "resource-pressure"),
    ("AgentOOMKilled", "resource-pressure"),
    ("DiskSpaceLow", "resource-pressure"),
    ("DiskSpaceCritical", "resource-pressure"),
    ("HighCPUUsage", "resource-pressure"),
    ("ProducerLatencyHigh", "high-s3-throttling-rate"),
    ("ProducerErrorRateHigh", "producer-errors"),
    ("ConsumerErrorRateHigh", "producer-errors"),
    ("ThroughputCollapsed", "producer-errors"),
    ("ConsumerLagIncreasing", "consumer-lag"),
    ("AgentDown", "agent-availability"),
    ("NoActiveAgents", "agent-availability"),
    ("InsufficientAgents", "agent-availability"),
    ("DatabaseConnectionFailures", "partition-lease-conflicts"),
];

/// What is not of the agents' catalogue: a cluster's exporters, and the scrape itself.
const OTHERS: &[&str] = &[
    "up",
    "container_memory_usage_bytes",
    "container_spec_memory_limit_bytes",
    "container_cpu_usage_seconds_total",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "kube_pod_container_status_restarts_total",
    "kube_pod_container_status_last_terminated_reason",
    // Named by the alert on the metadata database, exposed by builds that count its errors.
    "streamhouse_database_errors_total",
];

fn all() -> Vec<Runbook> {
    Library::new(Vec::new()).entries().map(Entry::read).collect()
}

fn book(name: &str) -> Runbook {
    Library::new(Vec::new()).find(name).expect("a runbook of the program").entry.read()
}

fn lives(book: &Runbook) -> impl Iterator<Item = (&Block, &Live)> {
    book.blocks.iter().filter_map(|block| Some((block, block.live.as_ref()?)))
}

/// A source that has seen a scenario from its beginning to `until`.
fn history(scenario: Scenario, until: i64) -> Replay {
    let mut simulation = Simulation::new(scenario, 1, NOW - HISTORY);
    let mut source = Replay::new(targets(), Limits::default(), Created::default(), NOW - HISTORY);
    for at in (NOW - HISTORY..=until).step_by(15_000) {
        simulation.advance(at);
        for member in 0..MEMBERS {
            source.feed(scrape(&simulation, member, at));
        }
    }
    source
}

fn calm() -> &'static Replay {
    static CALM: OnceLock<Replay> = OnceLock::new();
    CALM.get_or_init(|| history(Scenario::Calm, NOW))
}

fn outage() -> &'static Replay {
    static OUTAGE: OnceLock<Replay> = OnceLock::new();
    OUTAGE.get_or_init(|| history(Scenario::S3Outage, NOW))
}

/// What a query gives at `at`, as the program asks it.
fn ask(source: &Replay, query: &Query, at: i64) -> Result<Vec<(Labels, f64)>, String> {
    let ask = Ask { key: 0, queries: Arc::from([query.clone()]), shape: Shape::Instant };
    let plan = Plan { revision: 1, asks: vec![ask], variables: Vec::new(), range: MINUTE, step: MINUTE, end: Some(at) };
    let answer = source.answers(&plan, at).into_iter().find_map(|event| match event {
        Event::Answer(answer) => Some(answer),
        _ => None,
    });
    let reply = answer.expect("an answer").replies.remove(0);
    reply.map(|reply| reply.now).map_err(|fault| fault.to_string())
}

/// Whether a block's expectation holds at `at`.
fn verdict(source: &Replay, block: &Block, at: i64) -> Verdict {
    let live = block.live.as_ref().expect("a live block");
    let expect = live.expect.as_ref().expect("an expectation that reads").expect("an expectation");
    let vector = ask(source, live.query.as_ref().expect("a query"), at);
    expect.judge(&vector.unwrap_or_else(|fault| panic!("{}: {fault}", block.text)))
}

/// The expectations under headings with `word` that do not hold, as (line, verdict).
fn unmet(source: &Replay, book: &Runbook, word: &str, at: i64) -> Vec<(usize, Verdict)> {
    book.expecting(word)
        .map(|block| (block.line, verdict(source, block, at)))
        .filter(|(_, verdict)| *verdict != Verdict::Holds)
        .collect()
}

/// Lines with their anchors, for snapshots.
fn annotated(lines: &[Line]) -> String {
    let mut out = String::new();
    for line in lines {
        let anchor = line.anchor.map_or(String::new(), |anchor| format!("{anchor:?}"));
        writeln!(out, "{anchor:>16} |{}", line.text()).unwrap();
    }
    out
}

#[test]
fn a_runbook_at_two_widths() {
    let library = Library::new(Vec::new());
    let book = library.find("circuit-breaker-open").unwrap().entry.read();
    insta::assert_snapshot!("circuit_breaker_open_80", annotated(&book.render(80)));
    insta::assert_snapshot!("circuit_breaker_open_120", annotated(&book.render(120)));
}

#[test]
fn every_alert_finds_its_runbook_by_url_and_the_runbook_names_the_alert() {
    let library = Library::new(Vec::new());
    assert_eq!(library.entries().count(), 9);
    for (alert, name) in ALERTS {
        let url = format!("https://runbooks.acme.io/streamhouse/{name}.md");
        let Lookup::Here { found, via, placeholder } = library.of_alert(Some(&url), None, alert) else {
            panic!("{alert}")
        };
        assert_eq!((found.entry.name.as_str(), via, placeholder), (*name, Via::Url, None));
        assert!(found.entry.text().contains(&format!("| {alert} |")), "{name} does not name {alert}");
    }
}

#[test]
fn a_runbooks_links_lead_to_other_runbooks() {
    let library = Library::new(Vec::new());
    let mut count = 0;
    for book in all() {
        for link in &book.links {
            count += 1;
            let found = library.find(&link.url).unwrap_or_else(|| panic!("{}: {}", book.name, link.url));
            assert_eq!(found.entry.name, link.text, "{}", book.name);
        }
        assert!(!book.render(80).iter().any(|line| line.text().contains("]:")), "{}: a link to nowhere", book.name);
    }
    assert!(count > 10, "only {count} links");
}

#[test]
fn every_runbook_has_the_same_parts_and_a_length_that_can_be_read_at_night() {
    for book in all() {
        let text = Library::new(Vec::new()).find(&book.name).unwrap().entry.text().to_owned();
        let parts: Vec<&str> = book.sections.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(
            parts[1..],
            ["What fires it", "Impact", "Investigate", "Resolve", "Verify", "Escalate"],
            "{}",
            book.name
        );
        assert!((80..=160).contains(&text.lines().count()), "{}: {}", book.name, text.lines().count());
        let wide = text.lines().position(|line| line.width() > 90);
        assert_eq!(wide, None, "{}: a line wider than 90", book.name);
        let in_part = |part: &str| book.expecting(part).count();
        assert!(in_part("Investigate") >= 4 && in_part("Verify") >= 3, "{}", book.name);
        let tasks = |part: &str| book.tasks.iter().filter(|t| book.sections[t.section.unwrap()].text == part).count();
        assert!(tasks("Resolve") >= 4 && tasks("Verify") == in_part("Verify"), "{}", book.name);
        assert!(book.tasks.iter().all(|task| !task.ticked_in_source && !task.text.is_empty()));
    }
}

#[test]
fn every_block_parses_expects_something_and_asks_only_for_metrics_that_exist() {
    let mut seen = BTreeSet::new();
    for book in all() {
        for (block, live) in lives(&book) {
            let query = live.query.as_ref().unwrap_or_else(|fault| panic!("{}", fault.display()));
            assert!(matches!(live.expect, Ok(Some(_))), "{}:{}: {:?}", book.name, block.line, live.expect);
            assert!(!block.text.contains('$'), "{}:{}: runs as it stands nowhere but here", book.name, block.line);
            for matchers in query.selectors() {
                let name = matchers.iter().find(|m| m.name == "__name__").map(|m| m.value.clone());
                let name = name.unwrap_or_else(|| panic!("{}:{}: a selector without a name", book.name, block.line));
                assert!(
                    catalog::find(&name).is_some() || OTHERS.contains(&name.as_str()),
                    "{}:{}: nothing exposes {name}",
                    book.name,
                    block.line
                );
                let known = catalog::find(&name).map_or(&[][..], |metric| metric.labels);
                let common = ["__name__", "job", "instance", "pod", "mountpoint", "reason"];
                for matcher in matchers {
                    let label = matcher.name.as_str();
                    assert!(known.contains(&label) || common.contains(&label), "{name} has no label {label}");
                }
                seen.insert(name);
            }
        }
    }
    assert!(seen.len() > 40, "only {} metrics are looked at", seen.len());
}

#[test]
fn every_block_loads_in_a_real_prometheus_as_it_stands() {
    let mut rules = "groups:\n- name: runbooks\n  rules:\n".to_owned();
    let mut count = 0;
    for book in all() {
        for (block, _) in lives(&book) {
            count += 1;
            let code = block.text.replace('\n', "\n      ");
            writeln!(rules, "  - record: runbook:block:{count}\n    expr: |\n      {code}").unwrap();
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rules.yaml");
    std::fs::write(&file, rules.replace("block:", "block_")).unwrap();
    let Ok(output) = std::process::Command::new("promtool").args(["check", "rules"]).arg(&file).output() else {
        aloud(format!("NOTICE: promtool is not there; {count} blocks are NOT TESTED with it"));
        return;
    };
    let words = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && words.contains(&format!("{count} rules found")), "{words}");
}

#[test]
fn no_query_of_a_runbook_is_cut_on_the_narrowest_usual_terminal() {
    for book in all() {
        let lines = book.render(80);
        let cut: Vec<String> =
            lines.iter().map(Line::text).filter(|text| text.contains('│') && text.ends_with('…')).collect();
        assert!(cut.is_empty(), "{}: {cut:#?}", book.name);
        let slots = lines.iter().filter(|l| matches!(l.anchor, Some(Anchor::Block(_)))).count();
        assert_eq!(slots, lives(&book).count());
    }
}

#[test]
fn in_a_healthy_cluster_every_expectation_holds() {
    let mut wrong = Vec::new();
    for (book, minutes) in all().iter().flat_map(|book| [0, 4, 8].map(|minutes| (book, minutes))) {
        for (line, verdict) in unmet(calm(), book, "", NOW - minutes * MINUTE) {
            wrong.push(format!("{}:{line}, {minutes} minutes ago: {verdict:?}", book.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn in_the_incident_that_fires_it_a_runbook_does_not_verify() {
    let split = history(Scenario::SplitBrain, NOW + 12 * MINUTE);
    for (name, source) in [
        ("circuit-breaker-open", outage()),
        ("high-s3-throttling-rate", outage()),
        ("wal-recovery-failures", outage()),
        ("resource-pressure", outage()),
        ("consumer-lag", outage()),
        ("producer-errors", outage()),
        ("agent-availability", outage()),
        ("partition-lease-conflicts", &split),
    ] {
        let book = book(name);
        let failing = |part| {
            let unmet = unmet(source, &book, part, NOW);
            unmet.into_iter().filter(|(_, v)| matches!(v, Verdict::Fails { .. })).count()
        };
        assert!(failing("Verify") > 0, "{name} verifies in the middle of its incident");
        assert!(failing("Investigate") > 0, "{name} finds nothing in the middle of its incident");
    }
    // The divided network troubles the registry now and then only.
    let (registry, minutes) = (book("schema-registry-errors"), 0..12);
    let troubled = minutes.filter(|m| !unmet(&split, &registry, "Verify", NOW + m * MINUTE).is_empty()).count();
    assert!(troubled > 0, "schema-registry-errors verifies all through the split");
}

#[test]
fn runbooks_verify_by_themselves_once_s3_is_back() {
    let over = NOW + 40 * MINUTE;
    let source = history(Scenario::S3Outage, over);
    let unmet = |book: &Runbook, at| unmet(&source, book, "Verify", at);
    for book in all() {
        assert_eq!(unmet(&book, over), [], "{}", book.name);
    }
    // The circuit closes within minutes, and its runbook says so long before everything else has recovered.
    let book = book("circuit-breaker-open");
    assert!(unmet(&book, NOW).len() >= 3, "{:?}", unmet(&book, NOW));
    assert_eq!(unmet(&book, NOW + 15 * MINUTE), []);
}

#[test]
fn an_alerts_labels_narrow_a_block_that_names_them() {
    let text = "```promql\n# expect: == 1\nup{job=\"streamhouse-agent\", instance=\"$instance\"}\n```\n";
    let book = Runbook::parse("own", text);
    let query = |labels: &Labels| book.query(0, labels).expect("live").expect("a query");
    let filled = query(&Labels::from_pairs([("instance", "10.0.0.2:9090")]));
    assert_eq!(ask(calm(), &filled.query, NOW).unwrap().len(), 1);
    assert!(filled.unknown.is_empty());
    let open = query(&Labels::empty());
    assert_eq!(ask(calm(), &open.query, NOW).unwrap().len(), 3);
    assert_eq!(open.unknown, ["instance"]);
}
