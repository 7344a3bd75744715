//! The files for other programs, judged by those programs and read back: Prometheus' and Alertmanager's own tools, YAML and
//! JSON readers that are not ours.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "exports/command.rs"]
mod command;
#[path = "exports/grafana.rs"]
mod grafana;
#[path = "exports/manifests.rs"]
mod manifests;
#[path = "support/program.rs"]
mod program;
#[path = "exports/roundtrip.rs"]
mod roundtrip;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use shtop::export::{Artefact, Family, Options, RUNBOOK_BASE};
use shtop::promql::Query;
use shtop::runbook::Runbook;
use shtop::{catalog, layout, rules};

/// A job and a base that would break whatever writes them down without care.
const JOB: &str = "s.h \"agents\" {{x}}: #1 \\ é'";
const BASE: &str = "https://wiki.example/view?page=RB:%20";

fn plain() -> Options {
    Options::new(layout::builtin())
}

fn hard() -> Options {
    Options {
        job: Some(JOB.to_owned()),
        runbook_base: BASE.to_owned(),
        datasource: Some("main".to_owned()),
        namespace: Some("monitoring".to_owned()),
        labels: vec![("release".to_owned(), "prometheus".to_owned())],
        ..plain()
    }
}

fn only(family: Family, options: &Options) -> Artefact {
    let mut artefacts = family.artefacts(options);
    assert_eq!(artefacts.len(), 1, "{family:?}");
    artefacts.remove(0)
}

fn write_all(options: &Options, dir: &Path) {
    for artefact in Family::ALL.into_iter().flat_map(|family| family.artefacts(options)) {
        let path = dir.join(&artefact.path);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        fs::write(path, artefact.text).expect("written");
    }
}

/// Runs a tool of Debian's packages and returns what it said.
#[track_caller]
fn content(tool: &str, arguments: &[&str], dir: &Path) -> String {
    let output = Command::new(tool).args(arguments).current_dir(dir).output();
    let output =
        output.unwrap_or_else(|e| panic!("cannot run `{tool}` ({e}): tests/run installs it (Debian's packages)"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool} {arguments:?}: {said}");
    said
}

#[test]
fn promtool_and_amtool_find_no_fault_whatever_the_options() {
    for options in [plain(), hard()] {
        let dir = tempfile::tempdir().expect("a folder");
        write_all(&options, dir.path());
        let said = content("promtool", &["check", "rules", "rules/streamhouse.yaml"], dir.path());
        assert!(said.contains("SUCCESS: 31 rules found"), "{said}");
        let said = content("promtool", &["check", "config", "prometheus.yml"], dir.path());
        assert!(said.contains("1 rule files found") && said.contains("31 rules found"), "{said}");
        let said = content("amtool", &["check-config", "alertmanager.yml"], dir.path());
        assert!(said.contains("SUCCESS") && said.contains("4 receivers"), "{said}");
    }
}

#[test]
fn alertmanager_sends_each_severity_where_the_specification_says() {
    let dir = tempfile::tempdir().expect("a folder");
    write_all(&plain(), dir.path());
    for (severity, receiver) in [
        ("critical", "pagerduty-critical"),
        ("high", "slack-high"),
        ("medium", "slack-medium"),
        ("low", "platform-team"),
    ] {
        let label = format!("severity={severity}");
        let said =
            content("amtool", &["config", "routes", "test", "--config.file=alertmanager.yml", &label], dir.path());
        assert_eq!(said.lines().next(), Some(receiver));
    }
}

#[test]
fn the_same_options_give_the_same_bytes() {
    for options in [plain(), hard()] {
        let all = || Family::ALL.into_iter().flat_map(|family| family.artefacts(&options)).collect::<Vec<_>>();
        assert_eq!(all(), all());
        for artefact in all() {
            assert!(artefact.text.ends_with('\n') && !artefact.text.ends_with("\n\n"), "{}", artefact.path);
            assert!(!artefact.text.contains('\r'), "{}", artefact.path);
        }
    }
}

#[test]
fn without_options_the_rules_are_those_of_the_program_byte_by_byte() {
    assert_eq!(only(Family::Rules, &plain()).text, rules::BUILTIN);
}

#[test]
fn a_job_and_a_place_for_runbooks_change_what_they_should_and_nothing_else() {
    let text = only(Family::Rules, &hard()).text;
    let written = rules::parse("exported.yaml", &text).unwrap_or_else(|e| panic!("{e}"));
    let want = rules::builtin().with_job("streamhouse-agent", JOB);
    let both = written.groups.iter().zip(&want.groups).flat_map(|(a, b)| a.rules.iter().zip(&b.rules));
    let mut renamed = 0;
    for (written, want) in both {
        assert_eq!(written.name, want.name);
        assert_eq!(written.query.text(), want.query.text(), "{}", want.name);
        assert_eq!((written.hold, written.severity()), (want.hold, want.severity()));
        renamed += usize::from(written.query.text().contains("job=~\"s\\\\.h"));
        for (name, template) in &want.annotations {
            let is = written.annotation(name).expect("as many annotations");
            match template.text().strip_prefix(RUNBOOK_BASE) {
                Some(runbook) => assert_eq!(is, format!("{BASE}{runbook}"), "{}", want.name),
                None => assert_eq!(is, template.text(), "{}", want.name),
            }
        }
    }
    assert_eq!(renamed, 3, "AgentDown, NoActiveAgents and InsufficientAgents ask for the job");
    let comments = |text: &str| text.lines().filter(|line| line.trim_start().starts_with('#')).count();
    assert_eq!(comments(&text), comments(rules::BUILTIN));
}

#[test]
fn a_base_gets_a_slash_only_where_it_needs_one() {
    let url = |base: &str| {
        let options = Options { runbook_base: base.to_owned(), ..plain() };
        let rules = rules::parse("x.yaml", &only(Family::Rules, &options).text).expect("rules");
        rules.groups[0].rules[0].annotation("runbook_url").expect("a runbook").to_owned()
    };
    assert_eq!(url("https://a/b"), "https://a/b/circuit-breaker-open");
    assert_eq!(url("https://a/b/"), "https://a/b/circuit-breaker-open");
    assert_eq!(url("https://a/b?page="), "https://a/b?page=circuit-breaker-open");
    assert_eq!(url("https://a/b#on-call-"), "https://a/b#on-call-circuit-breaker-open");
}

#[test]
fn runbooks_keep_their_words_and_their_queries_parse() {
    let all = Family::Runbooks.artefacts(&hard());
    let before = Family::Runbooks.artefacts(&plain());
    assert_eq!(all.len(), 9);
    let mut asked = 0;
    for (artefact, before) in all.iter().zip(&before) {
        let (new, old) = (Runbook::parse("x", &artefact.text), Runbook::parse("x", &before.text));
        assert_eq!((new.title, new.blocks.len(), new.tasks), (old.title, old.blocks.len(), old.tasks));
        assert_eq!(artefact.text.lines().count(), before.text.lines().count(), "{}", artefact.path);
        assert!(!artefact.text.contains("job=\"streamhouse-agent\""), "{}", artefact.path);
        for live in new.blocks.iter().filter_map(|block| block.live.as_ref()) {
            let query = live.query.as_ref().unwrap_or_else(|fault| panic!("{}: {fault}", artefact.path));
            asked += usize::from(query.text().contains("job=\"s.h"));
        }
    }
    assert_eq!(asked, 6);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    for artefact in before {
        assert_eq!(artefact.text, fs::read_to_string(source.join(&artefact.path)).expect("a runbook"));
    }
}

#[test]
fn the_list_of_metrics_knows_what_reads_each() {
    let all = Family::Metrics.artefacts(&plain());
    let [markdown, json] = all.as_slice() else { panic!("two files") };
    let list: Value = serde_json::from_str(&json.text).expect("JSON");
    let rows = list["metrics"].as_array().expect("a list");
    assert_eq!((rows.len(), &list["schema"], &list["kind"]), (47, &1.into(), &"metrics".into()));
    for (row, metric) in rows.iter().zip(catalog::METRICS) {
        assert_eq!(row["name"], metric.name);
        assert!(markdown.text.contains(&format!("| `{}`", metric.name)), "{}", metric.name);
    }
    let row = |name: &str| rows.iter().find(|row| row["name"] == name).expect("it is there");
    assert_eq!(row("streamhouse_wal_size_bytes")["alerts"], serde_json::json!(["WALSizeHigh", "WALSizeGrowing"]));
    assert_eq!(
        row("streamhouse_s3_latency_seconds")["panels"],
        serde_json::json!([
            {"dashboard": "Overview", "panel": "Latency p99"},
            {"dashboard": "Storage & S3", "panel": "S3 Latency Heatmap (PUT)"},
        ])
    );
    assert_eq!(row("streamhouse_schemas_total")["also_seen_as"], serde_json::json!(["streamhouse_schemas"]));
    // Whatever a rule asks for is in the list, if it is one of ours.
    for rule in rules::builtin().groups.iter().flat_map(|g| &g.rules) {
        for matcher in rule.query.selectors().iter().flatten().filter(|m| m.name == "__name__") {
            let Some(metric) = catalog::METRICS.iter().find(|m| m.series_names().iter().any(|n| matcher.matches(n)))
            else {
                continue;
            };
            let alerts = row(metric.name)["alerts"].as_array().expect("a list");
            assert!(alerts.iter().any(|alert| alert == rule.name.as_str()), "{}: {}", rule.name, metric.name);
        }
    }
    let queries = layout::builtin().into_iter().flat_map(|d| d.panels).flat_map(|p| p.queries);
    assert!(queries.into_iter().all(|q| Query::parse(&q.expr).is_ok()), "a query that is not looked through");
}

#[test]
fn the_configurations_are_those_that_were_looked_at() {
    insta::assert_snapshot!("alertmanager.yml", only(Family::Alertmanager, &plain()).text);
    insta::assert_snapshot!("prometheus.yml", only(Family::Prometheus, &plain()).text);
    insta::assert_snapshot!("metrics.md", Family::Metrics.artefacts(&plain())[0].text);
}
