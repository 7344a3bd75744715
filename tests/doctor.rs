//! `shtop doctor` as it is run: what it prints, with which status, of saved answers, agents and a real Prometheus.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "a real program is waited for in real time")]

#[path = "support/port.rs"]
mod port;
#[path = "support/program.rs"]
mod program;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use port::free_address;
use program::program;
use serde_json::Value;
use snapbox::{IntoData as _, assert_data_eq, str};

/// An agent whose client escapes nothing: a topic's name breaks its line and injects another.
const INJECTED: &str = "# HELP streamhouse_producer_errors_total Produce requests that failed.\n\
    # TYPE streamhouse_producer_errors_total counter\n\
    streamhouse_producer_errors_total{topic=\"nl\n\
    streamhouse_uptime_seconds 99999999\n\
    # HELP streamhouse_uptime_seconds Time since the process started.\n\
    # TYPE streamhouse_uptime_seconds gauge\n\
    streamhouse_uptime_seconds 30\n";

fn shtop(arguments: &[&str]) -> Command {
    let mut command = program();
    command.arg("doctor").args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    shtop(arguments).output().expect("shtop runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[track_caller]
fn expect_status(output: &Output, status: i32) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "\n{}\n{stderr}", stdout(output));
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}:\n{}", stdout(output)))
}

/// What these checks say, in short.
fn findings(document: &Value, checks: &[&str]) -> Vec<String> {
    let all = document["findings"].as_array().expect("a list").iter();
    let wanted = all.filter(|f| checks.iter().any(|check| f["check"] == *check));
    wanted.map(|f| format!("{} {}", f["severity"].as_str().unwrap_or("?"), f["what"].as_str().unwrap_or("?"))).collect()
}

fn saved(body: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("saved.prom");
    fs::write(&path, body).expect("written");
    let name = path.to_string_lossy().into_owned();
    (folder, name)
}

/// Serves `body` with these header lines, until the tests end.
fn agent(body: &str, headers: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            respond(stream, &answer).ok();
        }
    });
    address
}

fn respond(mut stream: TcpStream, answer: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    stream.write_all(answer.as_bytes())
}

#[test]
fn help_tells_examples_and_exit_statuses_on_one_page() {
    let output = run(&["--help"]);
    expect_status(&output, 0);
    let text = stdout(&output);
    assert!(
        text.contains("Examples:") && text.contains("Exit status:") && text.contains("promtool check metrics"),
        "{text}"
    );
}

#[test]
fn an_injected_line_is_an_error_with_its_place_and_what_to_do() {
    let mut child = shtop(&["-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("shtop runs");
    child.stdin.take().expect("piped").write_all(INJECTED.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("ends");
    expect_status(&output, 2);
    let text = stdout(&output);
    let head = text.split("\n\nwarning").next().expect("a head").to_owned() + "\n";
    assert_data_eq!(
        head,
        str![[r#"
1 saved answer, 1 readable, 2 series

error    standard input line 3:41  1 line cannot be read: the quoted text does not end on this line; a quote or line
         feed inside it must be escaped
         │ streamhouse_producer_errors_total{topic="nl
         Prometheus drops the whole scrape for one such line; shtop loses no more than the line.
         → the client must escape \, " and line feeds in label values: update its library, and keep what users choose
           (topics) to plain names until then

error    standard input line 4:1  1 sample stands right after a line that breaks off, in the block of another family:
         injected through a label value
         │ streamhouse_uptime_seconds 99999999
         Whoever can choose a topic's name can write any metric of this target, and does.
         → escape label values in the client; do not trust this target's numbers until then

error    standard input line 7:1  1 sample of a series that was there before, with another value (99999999 on line 4,
         then 30)
         │ streamhouse_uptime_seconds 30
         Prometheus keeps the first and counts the scrape's duplicates; which value is true nobody can tell.
         → register each metric once, or give the series a label that tells them apart

"#]]
        .raw()
    );
    assert!(
        text.contains("component                   metrics  declared  missing  alerts  panels  dashboards\n"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "colours come on a terminal only");
}

#[test]
fn every_status_has_its_meaning() {
    // Nothing but what no rule and no panel asks for: everything is missing.
    let (_folder, file) = saved("up 1\n");
    expect_status(&run(&[&file]), 2);
    let rules = |folder: &Path, expr: &str| {
        let path = folder.join("rules.yaml");
        fs::write(&path, format!("groups: [{{name: g, rules: [{{alert: A, expr: '{expr}'}}]}}]\n")).expect("written");
        path.to_string_lossy().into_owned()
    };
    let body: String =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/agent.om.txt")).expect("read");
    let (folder, file) = saved(&body);
    let quiet = rules(folder.path(), "streamhouse_topics > 1e9 or vector(0) > 1");
    let output = run(&[&file, "--format", "json", "--rules", &quiet]);
    let document = json(&output);
    assert_eq!(document["exit_status"], output.status.code().expect("a status"));
    assert_eq!((document["kind"].as_str(), document["schema"].as_u64()), (Some("doctor"), Some(1)));
    assert_eq!(document["source"]["kind"], "file");
    assert_eq!(document["coverage"].as_array().map(Vec::len), Some(7));
    let never = rules(folder.path(), "nothing_of_that_name > 1");
    let output = run(&[&file, "--format", "json", "--rules", &never]);
    assert_eq!(findings(&json(&output), &["alerts"]).len(), 1, "{}", stdout(&output));
    for wrong in [&["--nonsense"][..], &["/nowhere/to/be/found"], &["--target", ":0"]] {
        expect_status(&run(wrong), 3);
    }
    assert!(stdout(&run(&["/nowhere/to/be/found"])).is_empty());
}

#[test]
fn strict_counts_each_finding_one_step_worse() {
    let body: String =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/agent.om.txt")).expect("read");
    let (_folder, file) = saved(&body);
    let usual = run(&[&file]).status.code().expect("a status");
    let strict = run(&[&file, "--strict"]).status.code().expect("a status");
    assert_eq!((usual, strict), (1, 2));
}

#[test]
fn agents_are_asked_once_and_a_wrong_clock_is_told() {
    let body = "# HELP streamhouse_topics Topics.\n# TYPE streamhouse_topics gauge\nstreamhouse_topics 3\n";
    let good = agent(body, "").to_string();
    let late = agent(body, "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n").to_string();
    let silent = agent("# EOF\n", "").to_string();
    let output = run(&[&good, &late, &silent, "--format", "json"]);
    expect_status(&output, 2);
    let document = json(&output);
    assert_eq!(document["source"]["up"], 3);
    let clocks = findings(&document, &["clocks"]);
    assert_eq!(clocks.len(), 1);
    assert!(clocks[0].starts_with("error its clock is") && clocks[0].ends_with("behind this machine's"), "{clocks:?}");
    assert_eq!(findings(&document, &["answers"]), ["error up, and exposes nothing at all"]);
    let under_job = run(&[&format!("other={good}"), "--format", "json"]);
    let words = "error no agent runs under job streamhouse-agent; the one job that has StreamHouse's metrics is other";
    assert_eq!(findings(&json(&under_job), &["jobs"]), [words]);
}

#[test]
fn nobody_there_is_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    drop(listener);
    let output = run(&[&address]);
    expect_status(&output, 3);
    assert!(stdout(&output).contains("down: "), "{}", stdout(&output));
    let output = run(&["-p", &format!("http://{address}")]);
    expect_status(&output, 3);
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not answer"));
}

/// A server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn a_real_prometheus_is_asked_for_what_it_has_loaded() {
    let body = "# TYPE streamhouse_topics gauge\nstreamhouse_topics 3\n\
                # TYPE streamhouse_wal_size_bytes gauge\nstreamhouse_wal_size_bytes{topic=\"a\",partition=\"0\"} 1\n";
    let agent = agent(body, "");
    let folder = tempfile::tempdir().expect("a folder");
    let address = free_address();
    let configuration = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yaml]\nscrape_configs:\n\
         - job_name: streamhouse\n  static_configs: [{{targets: ['{agent}', '127.0.0.1:1']}}]\n"
    );
    fs::write(folder.path().join("prometheus.yml"), configuration).expect("written");
    let rule = "groups: [{name: g, rules: [{alert: WALSizeHigh, expr: streamhouse_wal_size_bytes > 1e8}]}]\n";
    fs::write(folder.path().join("rules.yaml"), rule).expect("written");
    let child = Command::new("prometheus")
        .current_dir(folder.path())
        .arg("--config.file=prometheus.yml")
        .arg("--storage.tsdb.path=data")
        .arg("--storage.tsdb.retention.time=1h")
        .arg(format!("--web.listen-address={address}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("prometheus runs (Debian package prometheus)");
    let _server = Server(child);
    let url = format!("http://{address}");
    let deadline = Instant::now() + Duration::from_secs(120);
    let document = loop {
        let output = run(&["-p", &url, "--job", "streamhouse", "--format", "json"]);
        if output.status.code() == Some(2) {
            let document = json(&output);
            // Until both targets were scraped it knows less.
            if document["source"]["up"] == 1 && document["source"]["down"] == 1 {
                break document;
            }
        }
        assert!(Instant::now() < deadline, "{}{}", stdout(&output), String::from_utf8_lossy(&output.stderr));
        thread::sleep(Duration::from_millis(200));
    };
    let has = |checks: &[&str], words: &str| {
        let found = findings(&document, checks);
        assert!(found.iter().any(|f| f.contains(words)), "{words}: {found:#?}");
    };
    has(&["server-targets"], "error down: ");
    has(&["server-rules"], "warning 30 of 31 alerts are not loaded");
    has(&["server-rules"], "error no Alertmanager is known to the server");
    has(&["server-times"], "error samples are kept for 1h, and 1 query looks back up to 1h5m");
    has(&["names"], "note 2 metrics without HELP");
    assert_eq!(findings(&document, &["jobs", "clocks"]), Vec::<String>::new());
    let with_bodies = json(&run(&["-p", &url, "--job", "streamhouse", "--bodies", "--format", "json"]));
    let found = findings(&with_bodies, &["server-targets", "names", "targets"]);
    assert!(found.iter().any(|f| f.contains("1 agent does not answer this machine")), "{found:#?}");
    assert!(found.contains(&"note 2 metrics without HELP".to_owned()), "{found:#?}");
    assert!(!found.iter().any(|f| f.contains("shared by several")), "{found:#?}");
    let rows = document["coverage"].as_array().expect("rows");
    let wal = rows.iter().find(|row| row["component"] == "WAL").expect("there");
    assert_eq!((wal["exposed"].as_u64(), wal["alerts"]["able"].as_u64()), (Some(1), Some(2)), "{wal}");
}

/// Serves what `answer` gives for the head of each request, until the tests end.
fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let length =
                head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            // What was sent with the request is read, or closing would reset the connection.
            stream.read_exact(&mut vec![0; length.unwrap_or(0)]).ok();
            stream.write_all(answer(&head).as_bytes()).ok();
        }
    });
    address
}

#[test]
fn agents_that_a_server_names_are_asked_without_what_was_meant_for_the_server() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&heads);
    let agent = serve(move |request| {
        heard.lock().expect("whole").push(request.to_owned());
        let body = "# TYPE streamhouse_topics gauge\nstreamhouse_topics{a=\"nl\n 3\n";
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
    });
    let elsewhere = serve(|_| {
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            .to_owned()
    });
    let target = |url: &str, instance: &str| {
        let labels = format!("{{\"job\": \"streamhouse-agent\", \"instance\": \"{instance}\"}}");
        format!("{{\"labels\": {labels}, \"scrapeUrl\": \"{url}\", \"health\": \"up\", \"scrapeInterval\": \"15s\"}}")
    };
    let targets = [
        target(&format!("http://{agent}/metrics"), "a:1"),
        target(&format!("http://{elsewhere}/metrics"), "b:1"),
        target(&format!("http://x:y@{agent}/metrics"), "c:1"),
        target("file:///etc/passwd", "d:1"),
    ];
    let targets = format!("{{\"activeTargets\": [{}]}}", targets.join(", "));
    let server = serve(move |request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        let data = match path.split('?').next().unwrap_or_default() {
            "/api/v1/targets" => targets.clone(),
            "/api/v1/label/job/values" => "[\"streamhouse-agent\"]".to_owned(),
            "/api/v1/label/__name__/values" => "[\"streamhouse_topics\"]".to_owned(),
            _ => "{\"resultType\": \"scalar\", \"result\": [1795355100, \"1795355100\"]}".to_owned(),
        };
        let body = format!("{{\"status\": \"success\", \"data\": {data}}}");
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
    });
    let url = format!("http://ann:hunter2@{server}");
    let output = run(&["-p", &url, "--header", "X-Key: hunter2", "--bodies", "--format", "json"]);
    let document = json(&output);
    let lines = findings(&document, &["lines"]);
    assert!(lines.iter().any(|f| f.starts_with("error ")), "{document:#}");
    let all = document["findings"].as_array().expect("a list");
    let unreached = all.iter().find(|f| f["what"].as_str().is_some_and(|w| w.contains("do not answer this machine")));
    let items = format!("{}", unreached.expect("told")["items"]);
    for words in ["b:1: HTTP 302", "c:1: there is a login in its URL", "d:1: "] {
        assert!(items.contains(words), "{items}");
    }
    let heads = heads.lock().expect("whole");
    assert_eq!(heads.len(), 1, "asked once: {heads:?}");
    let request = heads[0].to_lowercase();
    assert!(
        !request.contains("authorization") && !request.contains("x-key") && !request.contains("hunter2"),
        "{request}"
    );
    assert!(!String::from_utf8_lossy(&output.stdout).contains("hunter2"));
}
