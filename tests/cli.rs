//! The command line without a terminal: statuses and words.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::process::Output;

use program::program;

fn shtop(arguments: &[&str]) -> Output {
    program().args(arguments).output().expect("shtop runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn without_a_source_it_explains_and_shows_nothing() {
    let output = shtop(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let words = stderr(&output);
    for way in ["--target", "--targets", "--dns", "shtop demo"] {
        assert!(words.contains(way), "{way} is not offered:\n{words}");
    }
}

#[test]
fn a_bad_flag_is_claps_message_and_status_2() {
    for arguments in [&["--nonsense"][..], &["demo", "--scenario", "party"], &["--target", "x:1", "--interval", "soon"]]
    {
        let output = shtop(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).starts_with("error: "), "{}", stderr(&output));
    }
}

#[test]
fn help_lists_the_scenarios_and_the_exit_statuses() {
    let output = shtop(&["demo", "--help"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success());
    for scenario in ["s3-outage", "calm", "split-brain"] {
        assert!(text.contains(scenario), "{text}");
    }
    assert!(String::from_utf8_lossy(&shtop(&["--help"]).stdout).contains("Exit status"));
}

#[test]
fn a_broken_layout_is_shown_with_place_and_caret() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("mine.toml");
    fs::write(&file, "title = \"Mine\"\n\n[[panel]]\ntitle = \"A\"\nkind = \"statt\"\n").expect("written");
    let output = shtop(&["--layout", &file.to_string_lossy(), "--target", "127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(2));
    let words = stderr(&output);
    assert!(words.contains("mine.toml:5:8"), "{words}");
    assert!(words.contains('^') && words.contains("stat"), "{words}");
}

#[test]
fn a_broken_targets_file_is_shown_with_place_and_caret() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("agents.json");
    fs::write(&file, "[\n  {\"targets\": [\"a:1\"],}\n]\n").expect("written");
    let output = shtop(&["--targets", &file.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(2));
    let words = stderr(&output);
    assert!(words.contains("agents.json:2:") && words.contains('^'), "{words}");
}

#[test]
fn a_bad_target_says_what_to_write_instead() {
    let output = shtop(&["--target", "ftp://host/metrics"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("ftp"), "{}", stderr(&output));
}

#[test]
fn into_a_pipe_it_refuses_instead_of_writing_escapes() {
    let output = shtop(&["--target", "127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(stderr(&output).contains("not a terminal"), "{}", stderr(&output));
}
