//! The commands that answer once, as scripts run them: what they print, where, and with which status.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "a real program is waited for in real time")]

#[path = "oneshot/hostile.rs"]
mod hostile;
#[path = "support/program.rs"]
mod program;
#[path = "oneshot/schema.rs"]
mod schema;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use program::program;
use serde_json::Value;

/// What an agent of the tests exposes: a sick circuit, and a label that would colour a terminal.
const SICK: &str = "# TYPE streamhouse_circuit_breaker_state gauge\n\
    streamhouse_circuit_breaker_state{operation=\"put\"} 1\n\
    streamhouse_active_agents 3\n\
    evil{label=\"\u{1b}[31mred\u{202e}|, \\\"quoted\\\"\"} 1\n";

/// Serves what `answer` gives for each path, on a port of its own, until the tests end.
fn serve(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            respond(stream, &answer).ok();
        }
    });
    addr
}

fn respond(mut stream: TcpStream, answer: &impl Fn(&str) -> (u16, String)) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, body) = answer(path);
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        if body.starts_with('{') { "application/json" } else { "text/plain; version=0.0.4" },
        body.len()
    )?;
    // What was sent with the request is read, or closing would reset the connection.
    stream.shutdown(std::net::Shutdown::Write)?;
    stream.read_to_end(&mut head.into_bytes()).map(drop)
}

fn agent(body: &'static str) -> String {
    serve(move |_| (200, body.to_owned())).to_string()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(arguments);
    command
}

fn shtop(arguments: &[&str]) -> Output {
    command(arguments).output().expect("shtop runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}:\n{}{}", stdout(output), stderr(output)))
}

#[track_caller]
fn expect_status(output: &Output, status: i32) {
    assert_eq!(output.status.code(), Some(status), "\n{}\n{}", stdout(output), stderr(output));
}

/// A rule file with one rule each of these names, severities, expressions and `for`.
fn rules(folder: &Path, rules: &[(&str, &str, &str, &str)]) -> String {
    let rule = |(name, severity, expr, hold): &(&str, &str, &str, &str)| {
        format!(
            "  - alert: {name}\n    expr: {expr}\n    for: {hold}\n    labels: {{severity: {severity}}}\n    \
             annotations: {{summary: 'on {{{{ $labels.instance }}}}'}}\n"
        )
    };
    let rules: Vec<String> = rules.iter().map(rule).collect();
    let text = format!("groups:\n- name: test\n  rules:\n{}", rules.concat());
    let file = folder.join("rules.yaml");
    fs::write(&file, text).expect("written");
    file.to_string_lossy().into_owned()
}

/// Nobody listens here: the port is bound and kept, or the server of another test might get it.
fn nobody() -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    let _here = runtime.enter();
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let address = socket.local_addr().expect("bound").to_string();
    std::mem::forget(socket);
    address
}

#[test]
fn every_command_tells_its_examples_and_exit_statuses() {
    for name in ["alerts", "check", "doctor", "query", "runbook", "snapshot", "targets"] {
        let output = shtop(&[name, "--help"]);
        expect_status(&output, 0);
        let text = stdout(&output);
        assert!(text.contains("Examples:") && text.contains("Exit status:"), "{name}:\n{text}");
        assert!(text.contains("--format"), "{name}");
    }
}

#[test]
fn check_is_0_1_2_by_the_worst_that_fires_and_filters_choose() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = agent(SICK);
    let file = rules(
        folder.path(),
        &[
            ("Sick", "critical", "streamhouse_circuit_breaker_state == 1", "0s"),
            ("Small", "low", "streamhouse_active_agents < 5", "0s"),
            ("Slow", "high", "streamhouse_active_agents < 4", "5m"),
            ("Quiet", "high", "streamhouse_active_agents > 9", "0s"),
        ],
    );
    let check = |more: &[&str]| shtop(&[&["check", "-t", &target, "--rules", &file], more].concat());

    let output = check(&[]);
    expect_status(&output, 2);
    let text = stdout(&output).replace(&target, "AGENT");
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some(
            "shtop CRITICAL: 2 firing (1 critical: Sick AGENT · put; 1 low: Small AGENT), 1 pending \
             | critical=1 high=0 medium=0 low=1 other=0 pending=1"
        )
    );
    assert!(lines.next().is_some_and(|l| l.starts_with("firing   critical  Sick")), "{text}");
    assert!(text.contains("pending  high      Slow"), "{text}");
    assert!(!output.stdout.contains(&0x1b), "colours in a pipe");

    let output = check(&["--severity", "low"]);
    expect_status(&output, 1);
    assert!(stdout(&output).starts_with("shtop WARNING: 1 firing (1 low: Small"), "{}", stdout(&output));
    let output = check(&["--alert", "Quiet,Slow"]);
    expect_status(&output, 0);
    assert!(stdout(&output).starts_with("shtop OK: nothing firing, 1 pending, 2 rules |"), "{}", stdout(&output));
    expect_status(&check(&["--alert", "Slow", "--pending"]), 2);

    let output = check(&["--format", "json", "--severity", "high+"]);
    expect_status(&output, 2);
    let found = json(&output);
    assert_eq!((&found["schema"], &found["kind"]), (&Value::from(1), &Value::from("check")));
    assert_eq!((&found["status"], &found["exit_status"]), (&Value::from("critical"), &Value::from(2)));
    assert_eq!(found["alerts"][0]["annotations"]["summary"], format!("on {target}"));
    assert!(found["alerts"].as_array().expect("alerts").iter().all(|a| a["severity"] != "low"), "{found}");
}

#[test]
fn check_is_3_for_whatever_cannot_be_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let (target, gone) = (agent(SICK), nobody());
    let unknown = |arguments: &[&str], words: &str| {
        let output = shtop(&[&["check"], arguments].concat());
        expect_status(&output, 3);
        let text = stdout(&output);
        assert!(text.starts_with("shtop UNKNOWN: ") && text.contains(words), "{arguments:?}:\n{text}");
    };
    unknown(&["-t", &gone], "connection refused");
    unknown(&["-p", &format!("http://{gone}")], "does not answer");
    unknown(&[], "name a source");
    unknown(&["--frobnicate"], "wrong use: unexpected argument '--frobnicate'");
    unknown(&["--severity", "awful", "-t", &target], "wrong use");
    unknown(&["-t", &target, "--rules", "/nowhere.yaml"], "cannot read");
    let file = rules(folder.path(), &[("Fine", "high", "streamhouse_active_agents > 9", "0s")]);
    unknown(&["-t", &target, "--rules", &file, "--alert", "Fime"], "did you mean Fine?");
    // Of three agents one does not answer: nobody knows how that one is.
    unknown(&["-t", &target, &gone, "--rules", &file], "1 of 2 targets are down");
    let file = rules(folder.path(), &[("Broken", "high", "'evil * on () group_left () {job=~\".+\"}'", "0s")]);
    unknown(&["-t", &target, "--rules", &file], "rule Broken failed");

    let output = shtop(&["check", "-t", &gone, "--format", "json"]);
    expect_status(&output, 3);
    assert_eq!(json(&output)["status"], "unknown");
    expect_status(&shtop(&["check", "--help"]), 0);
}

#[test]
fn a_target_that_hangs_is_not_waited_for_longer_than_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = listener.local_addr().expect("bound").to_string();
    let began = Instant::now();
    let output = shtop(&["check", "-t", &target, "--wait", "1s"]);
    expect_status(&output, 3);
    assert!(stdout(&output).contains("within 1s"), "{}", stdout(&output));
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn alerts_are_lines_and_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = agent(SICK);
    let file = rules(
        folder.path(),
        &[("Sick", "critical", "streamhouse_circuit_breaker_state == 1", "0s"), ("Evil", "medium", "evil == 1", "10m")],
    );
    let alerts = |more: &[&str]| shtop(&[&["alerts", "-t", &target, "--rules", &file], more].concat());
    let output = alerts(&[]);
    expect_status(&output, 0);
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.starts_with("firing   critical  Sick  ") && text.contains("1 == 1"), "{text}");
    assert!(text.contains("pending  medium    Evil") && text.contains("fires in 9m"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");

    let found = json(&alerts(&["--format", "json", "--state", "pending"]));
    assert_eq!(found["counts"]["pending"], 1);
    assert_eq!(found["alerts"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["alerts"][0]["for_seconds"], 600.0);
    assert_eq!(found["alerts"][0]["evaluated_by"], "shtop");
    let at = found["alerts"][0]["fires_at"].as_str().expect("a time");
    assert!(at.parse::<jiff::Timestamp>().is_ok(), "{at}");

    expect_status(&alerts(&["--alert", "Sikc"]), 2);
    assert!(stdout(&alerts(&["--color", "16"])).starts_with("\u{1b}[1;31mfiring\u{1b}[0m"));
    expect_status(&shtop(&["alerts", "-p", &format!("http://{}", nobody())]), 1);
}

#[test]
fn targets_tell_who_answers_and_who_does_not() {
    let (good, gone) = (agent(SICK), nobody());
    let output = shtop(&["targets", "-t", &good, &gone]);
    expect_status(&output, 0);
    let text = stdout(&output).replace(&good, "GOOD").replace(&gone, "GONE");
    let words: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(words[0][..3], ["up", "streamhouse-agent", "GOOD"], "{text}");
    assert_eq!(words[1][..4], ["down", "streamhouse-agent", "GONE", "never"], "{text}");

    let output = shtop(&["targets", "-t", &good, &gone, "--format", "json"]);
    let found = json(&output);
    assert_eq!(found["source"]["up"], 1);
    assert_eq!(found["targets"][1]["reason"], "connection refused");
    assert_eq!(found["targets"][0]["samples"], 3);
    expect_status(&shtop(&["targets", "-t", &gone]), 1);
    expect_status(&shtop(&["targets"]), 2);
}

#[test]
fn a_query_is_a_table_csv_or_json() {
    let target = agent(SICK);
    let query = |more: &[&str]| shtop(&[&["query"], more, &["-t", &target]].concat());
    let output = query(&["streamhouse_active_agents * 2"]);
    expect_status(&output, 0);
    let labels = format!("{{instance=\"{target}\",job=\"streamhouse-agent\"}}");
    assert_eq!(stdout(&output), format!("{labels}  6\n"));

    let output = query(&["streamhouse_active_agents", "--format", "csv"]);
    let text = stdout(&output);
    let mut lines = text.split("\r\n");
    assert_eq!(lines.next(), Some("time,__name__,instance,job,value"));
    let row = lines.next().expect("a row");
    assert!(row.ends_with(&format!("Z,streamhouse_active_agents,{target},streamhouse-agent,3")), "{row}");

    let found = json(&query(&["1/0", "--format", "json"]));
    assert_eq!(found["series"][0]["values"][0][1], "+Inf");
    let output = query(&["streamhouse_active_agents", "--range", "1m", "--step", "1s", "--format", "sparkline"]);
    expect_status(&output, 0);
    let found = json(&query(&["vector(7)", "--range", "1m", "--step", "15s", "--format", "json"]));
    assert_eq!(found["step_seconds"], 15.0);
    assert_eq!(found["series"][0]["values"].as_array().map(Vec::len), Some(5));

    let output = query(&["no_such_metric"]);
    expect_status(&output, 0);
    assert!(output.stdout.is_empty() && stderr(&output).contains("not exposed"), "{}", stderr(&output));
    let output = query(&["rate(streamhouse_active_agents[5m])"]);
    assert!(stderr(&output).contains("--watch"), "{}", stderr(&output));
}

#[test]
fn a_query_that_is_none_is_wrong_use_with_a_caret() {
    // Nothing is asked: a target that is not there makes no difference.
    let output = shtop(&["query", "sum(rate(x[5m]) by (job)", "-t", &nobody()]);
    expect_status(&output, 2);
    assert!(output.stdout.is_empty() && stderr(&output).lines().any(|l| l.trim() == "^" || l.contains('^')));
    let target = agent(SICK);
    let output = shtop(&["query", "-t", &target, "up"]);
    expect_status(&output, 2);
    assert!(stderr(&output).contains("give the expression first"), "{}", stderr(&output));
    let output = shtop(&["query", "evil + on () group_left () {job=~\".+\"}", "-t", &target]);
    expect_status(&output, 2);
    expect_status(&shtop(&["query", "up", "-t", &target, "--step", "1s"]), 2);
    expect_status(&shtop(&["query", "up", "-t", &target, "--range", "24h", "--step", "1s"]), 2);
    expect_status(&shtop(&["query", "up", "-t", &target, "--at", "noon"]), 2);
}

#[test]
fn hostile_text_is_safe_in_lines_and_valid_in_json() {
    let target = agent(SICK);
    for arguments in
        [&["query", "evil"][..], &["query", "evil", "--format", "csv"], &["query", "evil", "--format", "json"]]
    {
        let output = shtop(&[arguments, &["-t", &target]].concat());
        expect_status(&output, 0);
        let text = stdout(&output);
        assert!(text.contains("quoted") && !text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }
    assert!(!shtop(&["query", "\u{1b}[31m", "-t", &target]).stderr.contains(&0x1b));
}

#[test]
fn a_server_is_asked_as_agents_are() {
    let vector = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1795355100,"42"]}]}}"#;
    let addr = serve(move |path| match path.split('?').next() {
        Some("/api/v1/query") => (200, vector.to_owned()),
        _ => (404, "not here".to_owned()),
    });
    let url = format!("http://{addr}");
    let output = shtop(&["query", "-p", &url, "anything"]);
    expect_status(&output, 0);
    assert_eq!(stdout(&output), "{a=\"b\"}  42\n");
    let found = json(&shtop(&["query", "-p", &url, "anything", "--format", "json"]));
    assert_eq!((&found["source"]["kind"], &found["source"]["url"]), (&"prometheus".into(), &url.clone().into()));
    let broken = serve(|_| (503, "out of order".to_owned()));
    expect_status(&shtop(&["query", "-p", &format!("http://{broken}"), "up", "--wait", "2s"]), 1);
}

#[test]
fn a_snapshot_is_the_screen_in_five_formats() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = agent(SICK);
    let file = rules(folder.path(), &[("Sick", "critical", "streamhouse_circuit_breaker_state == 1", "0s")]);
    let shot =
        |more: &[&str]| shtop(&[&["snapshot", "-t", &target, "--rules", &file, "--size", "80x24"], more].concat());
    let output = shot(&[]);
    expect_status(&output, 0);
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 24, "{text}");
    assert!(text.contains("[1 Overview]") && text.contains("Open ✗") && text.contains("Sick"), "{text}");
    assert!(!text.contains('\u{1b}'));
    assert!(stdout(&shot(&["--format", "ansi"])).contains("\u{1b}["));
    let page = stdout(&shot(&["--format", "html", "--theme", "light"]));
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("shtop: Overview, 2"), "{page}");

    let picture = folder.path().join("a.svg");
    let output = shot(&["alerts", "--format", "svg", "--output", &picture.to_string_lossy()]);
    expect_status(&output, 0);
    assert!(output.stdout.is_empty());
    let svg = fs::read_to_string(&picture).expect("a picture");
    assert!(svg.starts_with("<svg ") && svg.contains(">Sick"), "{svg}");

    let found = json(&shot(&["--format", "json"]));
    let panels = found["panels"].as_array().expect("panels");
    let circuit = panels.iter().find(|p| p["title"] == "Circuit Breaker Status").expect("a panel");
    assert_eq!((&circuit["state"], &circuit["series"][0]["text"]), (&"live".into(), &"Open ✗".into()));
    assert!(
        panels.iter().any(|p| p["state"] == "empty" && p["reason"].as_str().is_some_and(|r| r.contains("exposed")))
    );
    assert!(panels.iter().all(|p| p["state"] != "waiting"), "{found}");
    assert_eq!(json(&shot(&["targets", "--format", "json"]))["targets"][0]["health"], "up");
}

#[test]
fn a_snapshot_of_nothing_is_status_1_and_of_no_view_2() {
    let output = shtop(&["snapshot", "-t", &nobody(), "--size", "80x24"]);
    expect_status(&output, 1);
    assert!(stdout(&output).contains("the only target is down"), "{}", stdout(&output));
    let output = shtop(&["snapshot", "overveiw", "-t", &agent(SICK)]);
    expect_status(&output, 2);
    assert!(stderr(&output).contains("did you mean overview?"), "{}", stderr(&output));
    expect_status(&shtop(&["snapshot", "--size", "12"]), 2);
}

#[test]
fn runbooks_are_read_without_a_source() {
    let output = shtop(&["runbook"]);
    expect_status(&output, 0);
    insta::assert_snapshot!(stdout(&output), @r"
    agent-availability         Agent availability
    circuit-breaker-open       Circuit breaker open
    consumer-lag               Consumer lag
    high-s3-throttling-rate    High S3 throttling rate
    partition-lease-conflicts  Partition lease conflicts
    producer-errors            Producer and consumer errors
    resource-pressure          Resource pressure
    schema-registry-errors     Schema registry errors
    wal-recovery-failures      WAL recovery failures
    ");
    let output = shtop(&["runbook", "CircuitBreakerOpen", "--width", "60"]);
    expect_status(&output, 0);
    let text = stdout(&output);
    assert!(text.starts_with("Circuit breaker open\n═"), "{text}");
    assert!(text.lines().all(|l| l.chars().count() <= 60 && l == l.trim_end()), "{text}");
    // By the URL of an alert whose name is no runbook's.
    assert!(stdout(&shtop(&["runbook", "agentdown"])).starts_with("Agent availability\n"));

    let found = json(&shtop(&["runbook", "circuit-breaker-open", "--format", "json"]));
    assert_eq!((&found["kind"], &found["origin"]), (&"runbook".into(), &"builtin".into()));
    let queries = found["queries"].as_array().expect("queries");
    assert!(queries.iter().any(|q| q["expect"].is_string()), "{found}");
    assert!(queries.iter().all(|q| q["error"].is_null()), "{found}");

    let output = shtop(&["runbook", "circuit-braker-open"]);
    expect_status(&output, 2);
    let words = stderr(&output);
    assert!(words.contains("did you mean circuit-breaker-open?") && words.contains("consumer-lag"), "{words}");
}

#[test]
fn an_own_runbook_comes_first_and_cannot_colour_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("consumer-lag.md"), "# Our lag\n\n\u{1b}[31mred\n").expect("written");
    let dir = folder.path().to_string_lossy();
    for format in ["text", "markdown"] {
        let text = stdout(&shtop(&["runbook", "consumer-lag", "--runbook-dir", &dir, "--format", format]));
        assert!(text.contains("Our lag") && text.contains("red") && !text.contains('\u{1b}'), "{text:?}");
    }
    assert!(stdout(&shtop(&["runbook", "--runbook-dir", &dir])).contains("own  Our lag"));
    expect_status(&shtop(&["runbook", "--runbook-dir", "/nowhere"]), 2);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = command(&["runbook", "consumer-lag", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("shtop starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    expect_status(&output, 0);
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
}

#[test]
fn the_demos_outage_is_critical_and_marked() {
    let output = shtop(&["check", "--demo", "s3-outage", "--wait", "60s", "--alert", "CircuitBreakerOpen"]);
    expect_status(&output, 2);
    assert!(
        stdout(&output).starts_with("shtop CRITICAL: 3 firing (3 high: CircuitBreakerOpen "),
        "{}",
        stdout(&output)
    );
    let output = shtop(&["snapshot", "storage", "--demo", "calm", "--wait", "60s", "--size", "120x40"]);
    expect_status(&output, 0);
    let text = stdout(&output);
    assert!(text.contains("DEMO calm") && text.contains("[2 Storage"), "{text}");
    expect_status(&shtop(&["check", "--demo", "calm", "-t", "a:1"]), 3);
    expect_status(&shtop(&["alerts", "--demo", "party"]), 2);
}

#[test]
fn targets_of_a_file_run_under_the_job_that_is_given_unless_the_file_says_another() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("agents.json");
    let (first, second) = (agent(SICK), agent(SICK));
    let text = format!(r#"[{{"targets": ["{first}"]}}, {{"targets": ["{second}"], "labels": {{"job": "other"}}}}]"#);
    fs::write(&file, text).expect("written");
    let file = file.display().to_string();
    let output = shtop(&["targets", "--targets", &file, "--job", "agents", "--format", "json"]);
    let jobs: Vec<_> = json(&output)["targets"]
        .as_array()
        .unwrap_or_else(|| panic!("{}{}", stdout(&output), stderr(&output)))
        .iter()
        .map(|target| (target["instance"].as_str().map(str::to_owned), target["job"].as_str().map(str::to_owned)))
        .collect();
    let of = |instance: String, job: &str| (Some(instance), Some(job.to_owned()));
    assert_eq!(jobs, [of(first, "agents"), of(second, "other")]);
}

#[test]
fn a_png_is_a_picture_or_says_how_to_get_one() {
    let arguments = ["snapshot", "--demo", "calm", "--size", "60x12", "--wait", "60s", "--format", "png"];
    if cfg!(feature = "png") {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("screen.png");
        let file = file.to_string_lossy();
        let output = shtop(&[&arguments[..], &["--output", &file]].concat());
        expect_status(&output, 0);
        let bytes = fs::read(&*file).expect("written");
        assert!(bytes.starts_with(b"\x89PNG\r\n") && bytes.len() > 5_000, "{} bytes", bytes.len());
    } else {
        let output = shtop(&arguments);
        expect_status(&output, 2);
        assert!(output.stdout.is_empty());
        assert!(stderr(&output).contains("--features png") && stderr(&output).contains("svg"), "{}", stderr(&output));
    }
}
