//! `shtop lint` as it is run: what it prints, where, and with which status.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use program::program;
use serde_json::Value;
use snapbox::{assert_data_eq, str};

const RULES: &str = "groups:\n  - name: g\n    rules:\n      - alert: Slow\n        expr: sum(rate(streamhouse_wal_size_byte[5m])) > 1\n        for: 5m\n        labels: {severity: high}\n        annotations: {summary: s, runbook_url: https://wiki.corp.net/slow}\n";

const BOARD: &str = r#"{
  "title": "Board", "schemaVersion": 39,
  "panels": [
    {
      "id": 1, "type": "stat", "title": "Up", "gridPos": { "x": 0, "y": 0, "w": 6, "h": 4 }, "targets": [
      { "refId": "A", "expr": "up" }
    ]}
  ]
}
"#;

/// Runs in `folder`, so that names are the same everywhere.
fn lint(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = program();
    command.arg("lint").args(arguments).current_dir(folder);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("shtop runs");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).ok();
    child.wait_with_output().expect("it ends")
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("in the folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn what_shtop_brings_along_is_clean_when_strict() {
    let output =
        lint(Path::new(env!("CARGO_MANIFEST_DIR")), &["--strict", "layouts", "assets/rules", "assets/runbooks"], "");
    let shown = words(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}{}", words(&output.stderr));
    assert!(shown.lines().count() == 1 && shown.ends_with("0 errors, 0 warnings\n"), "{shown}");
}

#[test]
fn a_finding_is_shown_with_its_place_and_what_to_do() {
    let folder = folder(&[("team.yaml", RULES), ("t.toml", "base = \"drak\"\n")]);
    let output = lint(folder.path(), &["team.yaml", "t.toml"], "");
    assert_eq!(output.status.code(), Some(1));
    assert_data_eq!(
        words(&output.stdout),
        str![[r#"
team.yaml:5:24: warning: StreamHouse has no metric streamhouse_wal_size_byte
          expr: sum(rate(streamhouse_wal_size_byte[5m])) > 1
                         ^^^^^^^^^^^^^^^^^^^^^^^^^
  did you mean streamhouse_wal_size_bytes?

t.toml:1:8: error: unknown theme "drak"
  base = "drak"
         ^^^^^^
  did you mean "dark"?

2 files (1 rules, 1 theme): 1 error, 1 warning

"#]]
    );
}

#[test]
fn warnings_fail_only_when_strict_and_a_file_may_come_from_standard_input() {
    let folder = folder(&[]);
    for (arguments, status) in [(&["-"][..], 0), (&["--strict", "-"], 1), (&["--kind", "theme", "-"], 1)] {
        let output = lint(folder.path(), arguments, RULES);
        assert_eq!(output.status.code(), Some(status), "{arguments:?} {}", words(&output.stdout));
        assert!(words(&output.stdout).starts_with("standard input:"), "{}", words(&output.stdout));
    }
}

#[test]
fn json_says_the_same_for_programs() {
    let folder = folder(&[("team.yaml", RULES)]);
    let output = lint(folder.path(), &["--format", "json", "--strict", "team.yaml"], "");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&document["schema"], &document["kind"]), (&Value::from(1), &Value::from("lint")));
    assert_eq!((&document["exit_status"], output.status.code()), (&Value::from(1), Some(1)));
    assert_eq!(document["files"][0]["kind"], "rules");
    let finding = &document["findings"][0];
    assert_eq!((&finding["severity"], &finding["file"]), (&Value::from("warning"), &Value::from("team.yaml")));
    assert_eq!((&finding["line"], &finding["column"]), (&Value::from(5), &Value::from(24)));
    assert_eq!(finding["hint"], "did you mean streamhouse_wal_size_bytes?");
}

#[test]
fn what_cannot_be_read_or_told_is_wrong_use() {
    let folder = folder(&[
        ("board.json", BOARD),
        ("Cargo.toml", "[package]\nname = \"x\"\n"),
        ("sub/rules.yaml", &RULES.replace("byte[", "bytes[").replace("rate", "delta")),
    ]);
    for (arguments, complaint) in [
        (&["nowhere.toml"][..], "cannot read nowhere.toml: No such file"),
        (&["Cargo.toml"], "--kind says what it is"),
        (&["-"], "--kind says what it is"),
        (&[], "<FILE>"),
        (&["--kind", "nonsense", "-"], "nonsense"),
    ] {
        let output = lint(folder.path(), arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(words(&output.stderr).contains(complaint), "{arguments:?}: {}", words(&output.stderr));
    }
    // In a folder they are only told.
    let output = lint(folder.path(), &["--strict", "."], "");
    let told = words(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}{}", words(&output.stdout));
    assert!(told.contains("Cargo.toml is not checked"), "{told}");
    assert!(words(&output.stdout).contains("2 files (1 grafana, 1 rules)"), "{}", words(&output.stdout));
}

#[test]
fn what_cannot_be_read_does_not_hide_what_is_wrong_elsewhere() {
    let folder = folder(&[("team.yaml", RULES), ("t.toml", "base = \"drak\"\n")]);
    let output = lint(folder.path(), &["nowhere.yaml", "team.yaml", "t.toml"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(words(&output.stderr).contains("cannot read nowhere.yaml"), "{}", words(&output.stderr));
    assert!(words(&output.stdout).contains("1 error, 1 warning"), "{}", words(&output.stdout));
    let output = lint(folder.path(), &["--format", "json", "nowhere.yaml", "team.yaml"], "");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&document["exit_status"], &document["warnings"]), (&Value::from(2), &Value::from(1)));
    assert!(document["remarks"][0].as_str().is_some_and(|r| r.contains("nowhere.yaml")), "{document}");
    let output = lint(folder.path(), &["--format", "json", "nowhere.yaml"], "");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(document["error"].as_str().is_some_and(|e| e.contains("nowhere.yaml")), "{document}");
}

#[test]
fn a_grafana_dashboard_is_checked_inside_its_strings() {
    let text = BOARD.replace("up\"", "sum(rate(streamhouse_wal_size_byte[5m])\"");
    let folder = folder(&[("board.json", &text)]);
    let output = lint(folder.path(), &["board.json"], "");
    assert_eq!(output.status.code(), Some(1));
    assert_data_eq!(
        words(&output.stdout),
        str![[r#"
board.json:6:35: error: no PromQL: unclosed `(`
        { "refId": "A", "expr": "sum(rate(streamhouse_wal_size_byte[5m])" }
                                    ^

1 file (1 grafana): 1 error, 0 warnings

"#]]
    );
}

#[test]
fn in_what_shtop_exports_for_grafana_nothing_is_doubted_but_the_marks_of_alerts() {
    let folder = folder(&[]);
    let mut export = program();
    let exported = export.args(["export", "all", "--dir"]).arg(folder.path()).output().expect("shtop runs");
    assert!(exported.status.success(), "{}", words(&exported.stderr));
    let output = lint(folder.path(), &["--format", "json", "grafana", "rules", "runbooks"], "");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let kinds = document["files"].as_array().expect("files").iter().filter(|file| file["kind"] == "grafana");
    assert_eq!(kinds.count(), 3, "{document:#}");
    // Grafana draws when alerts fired, which the screen has its own way to do.
    let is_mark = |finding: &&Value| finding["message"].as_str().is_some_and(|words| words.contains("annotations"));
    let others: Vec<_> = document["findings"].as_array().expect("findings").iter().filter(|f| !is_mark(f)).collect();
    assert!(others.is_empty() && document["errors"] == 0, "{others:#?}");
}

#[test]
fn a_context_lends_what_its_files_have_and_only_where_it_is_named() {
    let layout = "title = \"T\"\n[[panel]]\ntitle = \"P\"\nkind = \"stat\"\npos = [0, 0, 6, 4]\nalerts = [\"Slow\"]\n\
                  [[panel.query]]\nexpr = \"up\"\n";
    let config = "[contexts.prod]\ntargets = [\"a:1\"]\nrules = [\"team.yaml\"]\njob = \"ours\"\n";
    let folder = folder(&[("t.toml", layout), ("team.yaml", RULES), ("shtop.toml", config)]);
    let output = lint(folder.path(), &["--strict", "t.toml"], "");
    assert!(words(&output.stdout).contains("there is no alert \"Slow\""), "{}", words(&output.stdout));
    let output = lint(folder.path(), &["--strict", "--context", "prod", "--config", "shtop.toml", "t.toml"], "");
    assert_eq!(output.status.code(), Some(0), "{}{}", words(&output.stdout), words(&output.stderr));
    let mut export = program();
    export.current_dir(folder.path()).args(["export", "rules", "--context", "prod", "--config", "shtop.toml"]);
    let exported = words(&export.output().expect("shtop runs").stdout);
    assert!(exported.contains("job=~\"ours\"") && !exported.contains("\"streamhouse-agent\""), "{exported}");
}
