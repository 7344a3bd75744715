//! `shtop export` as it is run: what it prints, what it writes, what it refuses.

use std::fs;
use std::path::Path;
use std::process::Output;

use shtop::rules;

use crate::program::program;

fn shtop(arguments: &[&str]) -> Output {
    program().args(arguments).output().expect("shtop runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn expect_status(output: &Output, status: i32) {
    assert_eq!(output.status.code(), Some(status), "\n{}\n{}", stdout(output), stderr(output));
}

fn path(dir: &Path) -> String {
    dir.to_string_lossy().into_owned()
}

#[test]
fn one_file_goes_to_standard_output() {
    let output = shtop(&["export", "rules"]);
    expect_status(&output, 0);
    assert_eq!(stdout(&output), rules::BUILTIN);
    for (name, word) in [("streamhouse-storage.json", "Storage"), ("storage", "Storage"), ("provisioning", "folder")] {
        let output = shtop(&["export", "grafana", name]);
        expect_status(&output, 0);
        assert!(stdout(&output).contains(word), "{name}");
    }
}

#[test]
fn of_several_files_one_must_be_named() {
    let output = shtop(&["export", "grafana"]);
    expect_status(&output, 2);
    let words = stderr(&output);
    assert!(
        words.contains("4 files") && words.contains("--dir") && words.contains("streamhouse-overview.json"),
        "{words}"
    );
    let output = shtop(&["export", "runbooks", "consumer-lagg"]);
    expect_status(&output, 2);
    assert!(stderr(&output).contains("did you mean consumer-lag.md?"), "{}", stderr(&output));
    expect_status(&shtop(&["export", "grafana", "streamhouse"]), 2);
    assert!(stdout(&output).is_empty());
}

#[test]
fn files_are_written_once_and_never_over_others_unless_by_force() {
    let dir = tempfile::tempdir().expect("a folder");
    let deep = path(&dir.path().join("a/b"));
    let output = shtop(&["export", "all", "--dir", &deep]);
    expect_status(&output, 0);
    let told = stdout(&output);
    assert_eq!((told.lines().count(), told.lines().filter(|l| l.starts_with("wrote ")).count()), (23, 23), "{told}");
    for line in told.lines() {
        assert!(Path::new(&line["wrote ".len()..]).is_file(), "{line}");
    }
    let again = stdout(&shtop(&["export", "all", "--dir", &deep]));
    assert!(again.lines().all(|line| line.starts_with("unchanged ")), "{again}");

    let rules = Path::new(&deep).join("rules/streamhouse.yaml");
    let config = Path::new(&deep).join("prometheus.yml");
    fs::write(&rules, "groups: []\n").expect("written");
    fs::remove_file(&config).expect("removed");
    let output = shtop(&["export", "all", "--dir", &deep]);
    expect_status(&output, 2);
    assert!(stderr(&output).contains("rules/streamhouse.yaml") && stderr(&output).contains("--force"));
    assert_eq!(fs::read_to_string(&rules).expect("there"), "groups: []\n");
    assert!(!config.exists(), "something was written although it was refused");

    let output = shtop(&["export", "all", "--dir", &deep, "--force"]);
    expect_status(&output, 0);
    assert_eq!(fs::read_to_string(&rules).expect("there"), rules::BUILTIN);
    let told = stdout(&output);
    let count = |word: &str| told.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((count("replaced "), count("wrote "), count("unchanged ")), (1, 1, 21), "{told}");
    let left: Vec<_> = fs::read_dir(Path::new(&deep).join("rules")).expect("there").collect();
    assert_eq!(left.len(), 1, "something was left behind: {left:?}");
}

#[test]
fn what_cannot_be_written_is_told_by_its_name() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("rules"), "a file where a folder should be").expect("written");
    let output = shtop(&["export", "rules", "--dir", &path(dir.path())]);
    expect_status(&output, 1);
    assert!(stderr(&output).contains("rules/streamhouse.yaml"), "{}", stderr(&output));
    assert!(stdout(&output).is_empty());
}

#[test]
fn values_that_would_break_a_file_are_refused() {
    for arguments in [
        &["--job", ""][..],
        &["--job", "a\nb"],
        &["--runbook-base", "wiki.example"],
        &["--runbook-base", "ftp://wiki.example/"],
        &["--runbook-base", "https://me:secret@wiki.example/"],
        &["--runbook-base", "https://wiki.example/{{x}}"],
        &["--datasource", "a b"],
        &["--namespace", "Monitoring"],
        &["--label", "release"],
        &["--force"],
    ] {
        let output = shtop(&[&["export", "rules"], arguments].concat());
        expect_status(&output, 2);
        assert!(stderr(&output).starts_with("error: "), "{}", stderr(&output));
    }
}

#[test]
fn any_layout_becomes_a_dashboard() {
    let dir = tempfile::tempdir().expect("a folder");
    let layout = dir.path().join("mine.toml");
    let text = "title = \"Mine\"\n[[panel]]\ntitle = \"Up\"\nkind = \"stat\"\npos = [0, 0, 6, 4]\n\
                query = [{ expr = \"up{job=\\\"streamhouse-agent\\\"}\" }]\n";
    fs::write(&layout, text).expect("written");
    let output = shtop(&["export", "grafana", "mine", "--job", "x", "--layout", &path(&layout)]);
    expect_status(&output, 0);
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!((&json["title"], &json["uid"]), (&"Mine".into(), &"streamhouse-mine".into()));
    assert_eq!(json["panels"][0]["targets"][0]["expr"], "up{job=\"x\"}");
    fs::write(&layout, "title = 3").expect("written");
    let output = shtop(&["export", "grafana", "mine", "--layout", &path(&layout)]);
    expect_status(&output, 2);
    assert!(stderr(&output).contains("mine.toml:1:9"), "{}", stderr(&output));
}
