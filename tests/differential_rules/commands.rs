//! `shtop alerts` and `shtop check` on a real Prometheus: one that has the rules loaded, one that has none, one before
//! and one after S3 is back; and rules that record, which only shtop or only the server can evaluate.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use shtop::runtime::system_clock;
use shtop::series::Window;

use super::program::program;
use super::server::{Asked, Server};
use super::{everything, rules, samples};

/// How long a state may take to come about. Generous: this is a limit for a hang, not a measurement.
const PATIENCE: Duration = Duration::from_secs(120);

/// Seconds from the end of the demo's history at which S3 refuses, and at which all is well again.
const REFUSAL: i64 = -120;
const CALM: i64 = 1_200;

/// A Prometheus with the story at `seconds`, and these rules where there are any.
async fn told(seconds: i64, rules: Option<&str>) -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().expect("a folder");
    // Everything is there before the first evaluation.
    let server = Server::start(dir.path()).await;
    server.write(&everything(&samples(system_clock()(), seconds))).await;
    let Some(rules) = rules else { return (dir, server) };
    drop(server);
    std::fs::write(dir.path().join("own.rules.yml"), rules).expect("written");
    let server = Server::start(dir.path()).await;
    (dir, server)
}

/// Runs shtop on it, beside the server's own work.
async fn shtop(server: &Server, arguments: &[&str]) -> Output {
    let url = format!("http://{}", server.address());
    let mut command = program();
    command.args(arguments).args(["-p", &url]);
    tokio::task::spawn_blocking(move || command.output().expect("it runs")).await.expect("it ends")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("{e}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    })
}

/// Name, instance and state of every alert that runs, as the server's own alert series say.
async fn running(server: &Server) -> BTreeSet<String> {
    let asked = [Asked { text: "ALERTS".to_owned(), window: Window::instant(system_clock()()) }];
    let said = server.ask(&asked).await.remove(0);
    let word = |labels: &Value, name: &str| labels[name].as_str().unwrap_or_default().to_owned();
    let result = said["data"]["result"].as_array().expect("a vector").iter();
    let told = result.map(|series| &series["metric"]).filter(|labels| word(labels, "alertname") != "Tick");
    told.map(|l| format!("{} {} {}", word(l, "alertname"), word(l, "instance"), word(l, "alertstate"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_and_check_say_what_a_prometheus_with_the_rules_says() {
    let (_dir, server) = told(REFUSAL, Some(&rules())).await;
    let begin = Instant::now();
    // States change every second: what it says before and after must be the same to be compared with.
    let (mut compared, mut differs) = (0, None);
    while compared < 2 {
        assert!(
            begin.elapsed() < PATIENCE,
            "it never stays the same for the time of a command, or differs: {differs:#?}"
        );
        let before = running(&server).await;
        let output = shtop(&server, &["alerts", "--format", "json", "--state", "firing,pending"]).await;
        let fires = |alerts: &BTreeSet<String>| alerts.iter().any(|a| a.starts_with("CircuitBreakerOpen"));
        if running(&server).await != before || !fires(&before) {
            continue;
        }
        let found = json(&output);
        let alerts = found["alerts"].as_array().expect("alerts");
        assert!(alerts.iter().all(|a| a["evaluated_by"] == "prometheus"), "{found}");
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let of = |a: &Value| format!("{} {} {}", word(&a["name"]), word(&a["labels"]["instance"]), word(&a["state"]));
        let ours: BTreeSet<String> = alerts.iter().filter(|a| a["name"] != "Tick").map(of).collect();
        // What changed and changed back meanwhile was another for the command; what is really another always is.
        if ours == before {
            compared += 1;
        } else {
            differs = Some((ours, before));
        }
    }
    let output = shtop(&server, &["check", "--alert", "CircuitBreakerOpen,S3ErrorRateHigh"]).await;
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).starts_with("shtop CRITICAL: ") && text(&output).contains("CircuitBreakerOpen 10.0.0."));
    drop(server);

    let (_dir, server) = told(CALM, Some(&rules())).await;
    let begin = Instant::now();
    // Without what tells the time, which always fires.
    let check = ["check", "--severity", "low+"];
    let output = loop {
        let output = shtop(&server, &check).await;
        // Before its first evaluations it knows nothing, which is not well.
        if output.status.code() == Some(0) || begin.elapsed() > PATIENCE {
            break output;
        }
        assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    };
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).starts_with("shtop OK: nothing firing, "), "{}", text(&output));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prometheus_without_rules_is_judged_by_the_built_in_ones_with_its_own_past() {
    let (_dir, server) = told(REFUSAL, None).await;
    let output =
        shtop(&server, &["alerts", "--format", "json", "--state", "firing", "--alert", "CircuitBreakerOpen"]).await;
    let found = json(&output);
    let alerts = found["alerts"].as_array().expect("alerts");
    assert!(!alerts.is_empty(), "the circuit has been open for longer than two minutes: {found}");
    assert!(alerts.iter().all(|a| a["evaluated_by"] == "shtop" && a["for_seconds"] == 120.0), "{found}");
    let output = shtop(&server, &["check"]).await;
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    drop(server);

    let (_dir, server) = told(CALM, None).await;
    let output = shtop(&server, &["check"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

/// An alert on what another rule records, one without any detour.
const RECORDING: &str = "groups:
- name: records
  interval: 1s
  rules:
  - {record: 'cluster:lag:sum', expr: sum(streamhouse_consumer_lag), labels: {by: record}}
- name: alerts
  interval: 1s
  rules:
  - {alert: LagRecorded, expr: 'cluster:lag:sum{by=\"record\"} > 0', labels: {severity: high}}
  - {alert: LagItself, expr: 'sum(streamhouse_consumer_lag) > 0', labels: {severity: medium}}
";

fn recording(folder: &Path) -> String {
    let file = folder.join("recording.yaml");
    std::fs::write(&file, RECORDING).expect("written");
    file.display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_the_server_could_record_is_unknown_until_it_does() {
    let (dir, server) = told(REFUSAL, None).await;
    let file = recording(dir.path());
    let output = shtop(&server, &["check", "--rules", &file]).await;
    // The other one fires; that nothing is known of the first is said, and counts more than a warning.
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(
        text(&output).contains("LagRecorded: what is read there is what recording rules record"),
        "{}",
        text(&output)
    );
    assert!(text(&output).contains("firing  medium  LagItself"), "{}", text(&output));
    drop(server);
    std::fs::write(dir.path().join("own.rules.yml"), RECORDING).expect("written");
    let server = Server::start(dir.path()).await;
    let begin = Instant::now();
    let output = loop {
        let output = shtop(&server, &["check", "--rules", &file]).await;
        if output.status.code() == Some(2) || begin.elapsed() > PATIENCE {
            break output;
        }
    };
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("firing  high    LagRecorded"), "{}", text(&output));
}

#[test]
fn what_agents_say_is_recorded_here_and_alerts_read_it() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let target = listener.local_addr().expect("bound").to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            if matches!(stream.read(&mut request), Ok(1..)) {
                let body = "# TYPE streamhouse_consumer_lag gauge\nstreamhouse_consumer_lag 7\n";
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close";
                stream.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).ok();
            }
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = recording(folder.path());
    let run = |arguments: &[&str]| {
        program().args(arguments).args(["--target", &target, "--rules", &file]).output().expect("it runs")
    };
    let output = run(&["check"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let found = json(&run(&["query", "cluster:lag:sum", "--format", "json"]));
    assert_eq!(found["series"][0]["labels"]["by"], "record", "{found}");
}
