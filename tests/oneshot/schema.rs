//! The JSON of every command has the keys that the manual says, and no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{SICK, agent, json, nobody, rules, shtop};

/// Keys of these are names of somebody's own.
const MAPS: [&str; 2] = ["labels", "annotations"];

/// What the manual says of a kind: the keys of the document itself, and all words that it explains.
struct Row {
    kind: String,
    own: BTreeSet<String>,
    all: BTreeSet<String>,
}

/// The words between backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The text without what stands in parentheses.
fn outside(text: &str) -> String {
    let mut depth = 0;
    let keep = |c: char| {
        depth += i32::from(c == '(');
        let is_outside = depth == 0;
        depth -= i32::from(c == ')');
        is_outside
    };
    text.chars()
        .filter(|c| *c != '\n')
        .filter({
            let mut keep = keep;
            move |c| keep(*c)
        })
        .collect()
}

/// What the manual says of JSON: of all documents, and of each kind.
fn manual() -> (BTreeSet<String>, Vec<Row>) {
    let manual = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md");
    let (_, section) = manual.split_once("\n**JSON** ").expect("a section on JSON");
    let (common, section) = section.split_once("\n| kind | then |\n|---|---|\n").expect("a table");
    let rows = section.lines().take_while(|line| line.starts_with('|')).map(|line| {
        let (kind, text) = line.trim_matches(['|', ' ']).split_once(" | ").expect("two columns");
        Row { kind: kind.trim_matches('`').to_owned(), own: quoted(&outside(text)), all: quoted(text) }
    });
    (quoted(common), rows.collect())
}

/// All keys at any depth.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                found.insert(key.clone());
                if !MAPS.contains(&key.as_str()) || value.is_array() {
                    keys(value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[test]
fn every_command_writes_the_keys_that_the_manual_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = agent(SICK);
    let file = rules(
        folder.path(),
        &[
            ("Sick", "critical", "streamhouse_circuit_breaker_state == 1", "0s"),
            ("Broken", "high", "'evil * on () group_left () {job=~\".+\"}'", "0s"),
        ],
    );
    let saved = folder.path().join("saved.prom");
    fs::write(&saved, "# TYPE a gauge\na 1\nplain{ 2\n").expect("written");
    let (saved, gone) = (saved.to_string_lossy().into_owned(), nobody());
    let (common, rows) = manual();
    let asked: [(&str, &[&str]); 12] = [
        ("alerts", &["alerts", "-t", &target, "--rules", &file]),
        ("check", &["check", "-t", &target, "--rules", &file]),
        ("doctor", &["doctor", &saved]),
        ("lint", &["lint", &file]),
        ("targets", &["targets", "-t", &target, &gone]),
        ("query", &["query", "up", "-t", &target]),
        ("query", &["query", "up", "-t", &target, "--range", "1m", "--step", "10s"]),
        ("snapshot", &["snapshot", "-t", &target, "--rules", &file]),
        ("snapshot", &["snapshot", "alerts", "-t", &target, "--rules", &file]),
        ("runbooks", &["runbook"]),
        ("runbook", &["runbook", "consumer-lag"]),
        ("config", &["config", "show", "-t", &target]),
    ];
    let known: BTreeSet<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(asked.iter().map(|(kind, _)| *kind).collect::<BTreeSet<_>>(), known, "each kind is asked for");
    for (kind, arguments) in asked {
        let document = json(&shtop(&[arguments, &["--format", "json"]].concat()));
        assert_eq!((&document["schema"], &document["kind"]), (&1.into(), &kind.into()), "{arguments:?}");
        let row = rows.iter().find(|row| row.kind == kind).expect("known");
        // Alerts and targets are explained once.
        let elsewhere = |name: &str| rows.iter().find(|row| row.kind == name).map(|row| &row.all).expect("there");
        let mut found = BTreeSet::new();
        keys(&document, &mut found);
        let is_told = |key: &&String| {
            let shared = matches!(kind, "check" | "snapshot") && elsewhere("alerts").contains(*key)
                || kind == "snapshot" && elsewhere("targets").contains(*key)
                || kind == "runbook" && elsewhere("runbooks").contains(*key);
            row.all.contains(*key) || common.contains(*key) || shared
        };
        let untold: Vec<_> = found.iter().filter(|key| !is_told(key)).collect();
        assert!(untold.is_empty(), "{arguments:?} writes what the manual does not have: {untold:?}");
        let top = document.as_object().expect("an object");
        let missing: Vec<_> = row.own.iter().filter(|key| !top.contains_key(*key)).collect();
        // A screen is a dashboard, the alerts or the targets.
        assert!(missing.is_empty() || kind == "snapshot", "{arguments:?} lacks {missing:?}");
        for key in ["schema", "kind", "at", "remarks"] {
            assert!(top.contains_key(key), "{arguments:?} lacks {key}");
        }
    }
}
