//! Every command where something is not as it should be: what it says, where, and with which status.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{SICK, agent, command, expect_status, json, nobody, serve, shtop, stderr, stdout};

/// The commands that ask a source.
const ASKING: [&[&str]; 6] =
    [&["alerts"], &["check"], &["targets"], &["query", "up"], &["snapshot", "--size", "80x24"], &["doctor"]];

#[test]
fn a_server_that_does_not_answer_is_named_by_every_command_and_no_login_is() {
    let page = serve(|_| (200, "<!DOCTYPE html><p>\u{1b}[31mLog in".to_owned())).to_string();
    let closed = serve(|_| (401, "denied".to_owned())).to_string();
    let broken = serve(|_| (200, "{\"status\":\"success\",\"data\":".to_owned())).to_string();
    for (address, why) in
        [(nobody(), "connection refused"), (page, "not"), (closed, "HTTP 401"), (broken, "breaks off after 27 bytes")]
    {
        let url = format!("http://ann:hunter2@{address}");
        for words in ASKING {
            let wait: &[&str] = if words == ["doctor"] { &[] } else { &["--wait", "20s"] };
            let arguments = [words, &["-p", &url], wait].concat();
            let output = shtop(&arguments);
            let (out, err) = (stdout(&output), stderr(&output));
            let status = if matches!(words[0], "check" | "doctor") { 3 } else { 1 };
            assert_eq!(output.status.code(), Some(status), "{arguments:?}\n{out}\n{err}");
            let told = if words == ["check"] { &out } else { &err };
            assert!(told.contains(&address) && told.contains(why), "{arguments:?}\n{out}\n{err}");
            assert!(!out.contains("hunter2") && !err.contains("hunter2"), "{arguments:?}\n{out}\n{err}");
            assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{arguments:?}\n{out}\n{err}");
            let output = shtop(&[&arguments[..], &["--format", "json"]].concat());
            assert_eq!(output.status.code(), Some(status), "{arguments:?}");
            assert_eq!(json(&output)["kind"], words[0], "{arguments:?}");
        }
    }
}

#[test]
fn json_says_why_there_is_no_answer() {
    let output = shtop(&["query", "up", "-p", &format!("http://{}", nobody()), "--format", "json"]);
    let found = json(&output);
    assert_eq!((&found["schema"], &found["kind"], &found["exit_status"]), (&1.into(), &"query".into(), &1.into()));
    assert!(found["error"].as_str().is_some_and(|words| words.contains("connection refused")), "{found}");
    for arguments in [
        &["runbook", "no-such-thing"][..],
        &["alerts", "--context", "nowhere"],
        &["config", "show", "--config", "/nowhere.toml"],
        &["snapshot", "--layout", "/nowhere.toml", "-t", "127.0.0.1:1"],
    ] {
        let output = shtop(&[arguments, &["--format", "json"]].concat());
        expect_status(&output, 2);
        assert_eq!(json(&output)["exit_status"], 2, "{arguments:?}");
    }
    let output = shtop(&["check", "--format", "json", "--severity", "awful"]);
    expect_status(&output, 3);
    assert!(json(&output)["unknown"][0].as_str().is_some_and(|words| words.contains("awful")), "{}", stdout(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_told_by_every_command() {
    let target = agent(SICK);
    for (arguments, status) in [
        (&["--help"][..], 1),
        (&["--version"], 1),
        (&["help", "query"], 1),
        (&["runbook"], 1),
        (&["export", "rules"], 1),
        (&["completions", "bash"], 1),
        (&["man"], 1),
        (&["config", "keys"], 1),
        (&["query", "up", "-t", &target], 1),
        // To whoever monitors, 1 is a warning.
        (&["check", "-t", &target], 3),
        (&["doctor", &target], 3),
    ] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let output = command(arguments).stdout(full).stderr(Stdio::piped()).output().expect("shtop runs");
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("cannot write to standard output: No space left"), "{}", stderr(&output));
    }
}

#[cfg(unix)]
#[test]
fn files_that_never_end_are_not_read_to_their_end() {
    for arguments in [
        &["snapshot", "--layout", "/dev/zero", "-t", "127.0.0.1:1"][..],
        &["alerts", "--rules", "/dev/zero", "-t", "127.0.0.1:1"],
        &["snapshot", "--theme", "./dev/../../../../../../../../../dev/zero", "-t", "127.0.0.1:1"],
        &["config", "show", "--config", "/dev/zero"],
        &["import", "/dev/zero"],
        &["lint", "/dev/zero"],
        &["export", "grafana", "--layout", "/dev/zero"],
    ] {
        let mut command = command(arguments);
        let output = command.current_dir("/").output().expect("shtop runs");
        expect_status(&output, 2);
        assert!(stderr(&output).contains("it is larger than "), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn flags_before_a_command_are_told_to_stand_behind_it() {
    let output = shtop(&["--context", "prod", "alerts"]);
    expect_status(&output, 2);
    assert!(stderr(&output).contains("shtop alerts …"), "{}", stderr(&output));
    let output = shtop(&["-t", "a:1", "lint", "x.yaml"]);
    expect_status(&output, 2);
    assert!(stderr(&output).contains("write the command first, as in shtop lint"), "{}", stderr(&output));
}

#[test]
fn a_folder_is_no_target() {
    let output = command(&["doctor", "src"]).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("shtop runs");
    expect_status(&output, 3);
    assert!(stderr(&output).contains("cannot read src: "), "{}", stderr(&output));
}

#[test]
fn colours_are_forced_and_forbidden_by_the_environment() {
    let target = agent(SICK);
    let colours = |pairs: &[(&str, &str)]| {
        let mut command = command(&["targets", "-t", &target]);
        let output = command.env_remove("CLICOLOR_FORCE").envs(pairs.iter().copied()).output().expect("shtop runs");
        output.stdout.contains(&0x1b)
    };
    assert!(!colours(&[]));
    assert!(colours(&[("CLICOLOR_FORCE", "1")]) && colours(&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")]));
    assert!(!colours(&[("CLICOLOR_FORCE", "0")]) && !colours(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn a_pipe_gets_whole_labels() {
    let long = "x".repeat(300);
    let body: &'static str = Box::leak(format!("long{{label=\"{long}\"}} 1\n").into_boxed_str());
    let output = shtop(&["query", "long", "-t", &agent(body)]);
    assert!(stdout(&output).contains(&long), "{}", stdout(&output));
}

#[test]
fn a_range_may_be_said_in_words_wherever_it_may_be_said() {
    let target = agent(SICK);
    let seconds = |found: &Value, key: &str| {
        found[key].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()).expect("a time").as_second()
    };
    let found = json(&shtop(&[
        "query",
        "vector(1)",
        "-t",
        &target,
        "--range",
        "2h to 1h ago",
        "--step",
        "10m",
        "--format",
        "json",
    ]));
    let (at, start, end) = (seconds(&found, "at"), seconds(&found, "start"), seconds(&found, "end"));
    assert!((3_500..=3_700).contains(&(end - start)) && (3_000..=4_300).contains(&(at - end)), "{found}");
    let found = json(&shtop(&["snapshot", "-t", &target, "--range", "2h to 1h ago", "--format", "json"]));
    assert_eq!(found["range_seconds"], 3600.0);
    let output =
        shtop(&["snapshot", "-t", &target, "--range", "2026-11-22 03:10 to 03:40", "--utc", "--size", "120x30"]);
    assert!(stdout(&output).contains("03:40"), "{}", stdout(&output));

    for (arguments, words) in [
        (&["--range", "2h to 1h ago", "--at", "-5m"][..], "has an end of its own"),
        (&["--range", "1h to 2h ago"], "the end lies before the begin"),
        (&["--range", "2099-01-01 to 2099-01-02"], "still to come"),
        (&["--range", "soon"], "write it like 1h, '2h to 1h ago'"),
    ] {
        for words_of in [&["query", "up"][..], &["snapshot"]] {
            let output = shtop(&[words_of, &["-t", &target], arguments].concat());
            expect_status(&output, 2);
            assert!(stderr(&output).contains(words), "{arguments:?}: {}", stderr(&output));
        }
    }
    let output = shtop(&["query", "up", "-t", &target, "--at", "2099-01-01"]);
    assert!(stderr(&output).contains("from now: what is still to come has no samples"), "{}", stderr(&output));
}

#[test]
fn a_dashboard_may_come_from_standard_input() {
    let text = r#"{"title": "T", "panels": [{"type": "stat", "title": "P", "targets": [{"expr": "up"}]}]}"#;
    let mut child = Command::new(env!("CARGO_BIN_EXE_shtop"));
    let child = child.args(["import", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("shtop runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), text.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    expect_status(&output, 0);
    assert!(stdout(&output).contains("title = \"T\""), "{}", stdout(&output));
}
