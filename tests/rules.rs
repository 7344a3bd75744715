//! The built-in rules and the rule engine against Prometheus' own tool: the same file of tests passes there and here, and
//! the same templates come out alike.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a runner of tests fails by panicking and prints what differs"
)]

#[path = "rules/promtool.rs"]
mod promtool;
#[allow(dead_code, reason = "of the scripts of PromQL tests only series are loaded here")]
#[path = "promql/script.rs"]
mod script;
#[path = "rules/templates.rs"]
mod templates;

use std::path::Path;

use promtool::{File, promtool};
use shtop::rules::{Kind, builtin};

const TESTS: [&str; 3] =
    ["tests/rules/streamhouse.test.yaml", "tests/rules/milliseconds.test.yaml", "tests/rules/states.test.yaml"];

fn in_crate(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).to_string_lossy().into_owned()
}

#[test]
fn promtool_finds_no_fault_with_the_built_in_rules() {
    let (content, said) = promtool(&["check", "rules", &in_crate("assets/rules/streamhouse.yaml")]);
    assert!(content && said.contains("SUCCESS: 31 rules found"), "{said}");
}

#[test]
fn promtool_and_shtop_agree_on_every_case() {
    for test in TESTS {
        let path = in_crate(test);
        let (content, said) = promtool(&["test", "rules", &path]);
        assert!(content, "{test}: {said}");
        let (cases, complaints) = File::read(Path::new(&path)).run();
        assert!(complaints.is_empty(), "{test}: {} of {cases}:\n{}", complaints.len(), complaints.join("\n"));
        println!("{test}: {cases} cases");
    }
}

#[test]
fn every_alert_has_a_case_that_fires_and_one_that_stays_quiet() {
    let file = File::read(Path::new(&in_crate(TESTS[0])));
    let (fires, quiet) = file.covered();
    for rule in builtin().groups.iter().flat_map(|g| &g.rules) {
        assert!(fires.contains(&rule.name.as_str()), "{} never fires", rule.name);
        assert!(quiet.contains(&rule.name.as_str()), "{} is never quiet", rule.name);
    }
}

#[test]
fn every_alert_says_how_bad_it_is_what_it_is_about_and_what_to_do() {
    let runbooks = [
        "circuit-breaker-open",
        "high-s3-throttling-rate",
        "wal-recovery-failures",
        "partition-lease-conflicts",
        "schema-registry-errors",
        "resource-pressure",
        "consumer-lag",
        "agent-availability",
        "producer-errors",
    ];
    let file = builtin();
    let groups: Vec<&str> = file.groups.iter().map(|g| g.name.as_str()).collect();
    let want = [
        "s3-storage",
        "lease-coordination",
        "wal-durability",
        "schema-registry",
        "resource-pressure",
        "performance",
        "availability",
    ];
    assert_eq!(groups, want);
    for rule in file.groups.iter().flat_map(|g| &g.rules) {
        let name = &rule.name;
        assert_eq!(rule.kind, Kind::Alerting, "{name}");
        assert!(rule.hold > 0, "{name}");
        assert!(["critical", "high", "medium", "low"].contains(&rule.severity().name()), "{name}");
        assert!(rule.label("component").is_some_and(|c| !c.is_empty()), "{name}");
        for annotation in ["summary", "description"] {
            assert!(rule.annotation(annotation).is_some_and(|t| t.len() > 10), "{name} has no {annotation}");
        }
        let url = rule.annotation("runbook_url").unwrap_or_default();
        let runbook = url.strip_prefix("https://runbooks.streamhouse.internal/").unwrap_or_default();
        assert!(runbooks.contains(&runbook), "{name}: {url}");
    }
}
