//! A real Prometheus scrapes the demo's agents: what they serve is sound, our reader counts what Prometheus counts, and the
//! built-in dashboards are PromQL that a real server takes.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and real servers need real time"
)]

#[path = "support/port.rs"]
mod port;
#[path = "support/program.rs"]
mod program;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use port::free_address;
use program::program;
use serde_json::Value;
use shtop::exposition::{ACCEPT, Format, Reader};
use shtop::layout::{PanelQuery, Selection, builtin, interpolate};

/// How long each thing waited for may take. Generous: this is a limit for a hang, not a measurement.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);
/// The classic format; `promtool check metrics` reads no other.
const CLASSIC: &str = "text/plain;version=0.0.4";

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The program of the Debian package, started; fails with what to do where it is not installed.
#[track_caller]
fn start(program: &str, command: &mut Command) -> Child {
    command
        .spawn()
        .unwrap_or_else(|e| panic!("cannot run `{program}` ({e}): tests/run installs it (Debian package `prometheus`)"))
}

struct Member {
    addr: String,
    job: String,
}

/// `shtop demo --serve`: the process and where its members listen.
fn serve_demo() -> (Running, Vec<Member>) {
    let mut child = program()
        .args(["demo", "--scenario", "calm", "--serve", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("shtop starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
    let running = Running(child);
    let members: Vec<_> = (0..4)
        .map(|_| {
            let line = lines.next().expect("one line a member").expect("readable");
            let (url, job) = line.split_once("http://").and_then(|(_, rest)| rest.split_once("  job ")).expect(&line);
            Member { addr: url.strip_suffix("/metrics").expect(&line).to_owned(), job: job.to_owned() }
        })
        .collect();
    (running, members)
}

/// Prometheus with these targets and nothing else, ready to be asked; its address.
fn start_prometheus(dir: &Path, members: &[Member]) -> (Running, String) {
    let mut config = "global: {scrape_interval: 1s, evaluation_interval: 1s}\nscrape_configs:\n".to_owned();
    for job in ["streamhouse-agent", "resources"] {
        let targets: Vec<_> = members.iter().filter(|m| m.job == job).map(|m| format!("'{}'", m.addr)).collect();
        assert!(!targets.is_empty(), "the demo has no member under job {job}");
        let targets = targets.join(", ");
        writeln!(config, "  - job_name: {job}\n    static_configs: [{{targets: [{targets}]}}]")
            .expect("a string takes it");
    }
    let file = dir.join("prometheus.yml");
    fs::write(&file, config).expect("written");
    let log = dir.join("log");
    // Prometheus takes no listening socket, so something else may take the port between here and there.
    for _ in 0..3 {
        let free = free_address();
        let child = start(
            "prometheus",
            Command::new("prometheus")
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
                .arg(format!("--web.listen-address={free}"))
                .stdout(Stdio::null())
                .stderr(fs::File::create(&log).expect("the log can be written")),
        );
        let mut running = Running(child);
        let start = Instant::now();
        while start.elapsed() < PATIENCE && running.0.try_wait().expect("it can be waited for").is_none() {
            if get(&free, "/-/ready", "*/*").is_ok_and(|(status, ..)| status == 200) {
                return (running, free);
            }
            thread::sleep(PAUSE);
        }
    }
    panic!("Prometheus does not get ready:\n{}", fs::read_to_string(&log).unwrap_or_default());
}

/// An answer: status, Content-Type, body.
type Answer = (u16, Option<String>, Vec<u8>);

fn get(addr: &str, path: &str, accept: &str) -> std::io::Result<Answer> {
    ask(addr, &format!("GET {path} HTTP/1.0\r\nHost: {addr}\r\nAccept: {accept}\r\n\r\n"))
}

/// Asks in HTTP/1.0, whose answers come in one piece and end with the connection.
fn ask(addr: &str, request: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status line");
    let content_type = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-type").then(|| value.trim().to_owned())
    });
    Ok((status, content_type, answer[end + 4..].to_vec()))
}

/// What Prometheus says to an instant query, whatever its status.
fn query(prometheus: &str, expr: &str) -> Value {
    let escaped = expr.bytes().fold(String::new(), |mut escaped, b| {
        write!(escaped, "%{b:02X}").expect("a string takes it");
        escaped
    });
    let request = format!(
        "POST /api/v1/query HTTP/1.0\r\nHost: {prometheus}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\nquery={escaped}",
        "query=".len() + escaped.len()
    );
    let (_, _, body) = ask(prometheus, &request).expect("Prometheus answers");
    serde_json::from_slice(&body).expect("Prometheus answers in JSON")
}

/// Looks until `look` finds something; gives the last of its complaints where it never does.
#[track_caller]
fn until<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(complaint) => assert!(start.elapsed() < PATIENCE, "{what}: {complaint}"),
        }
        thread::sleep(PAUSE);
    }
}

fn all_targets_are_up(prometheus: &str, members: &[Member]) {
    until("not all targets are up", || {
        let (_, _, body) = get(prometheus, "/api/v1/targets", "*/*").map_err(|e| e.to_string())?;
        let body: Value = serde_json::from_slice(&body).map_err(|e| e.to_string())?;
        let targets = body["data"]["activeTargets"].as_array().ok_or("no list of targets")?;
        let sound = |target: &&Value| target["health"] == "up" && target["lastError"] == "";
        let up = targets.iter().filter(sound).count();
        if up == members.len() && targets.len() == up { Ok(()) } else { Err(format!("{targets:#?}")) }
    });
}

/// Fetches until Prometheus counted as many samples as our reader does; counts grow between two scrapes.
fn our_reader_counts_what_prometheus_counts(prometheus: &str, member: &Member) -> usize {
    until(&format!("{} of {}", member.addr, member.job), || {
        let (status, content_type, body) = get(&member.addr, "/metrics", ACCEPT).map_err(|e| e.to_string())?;
        if status != 200 {
            return Err(format!("status {status}"));
        }
        let format = Format::from_content_type(content_type.as_deref()).map_err(|e| e.to_string())?;
        let mut reader = Reader::new(&body, format);
        reader.by_ref().for_each(drop);
        let summary = reader.finish().map_err(|e| e.to_string())?;
        if summary.unreadable > 0 {
            return Err(format!("{} lines are unreadable: {:?}", summary.unreadable, summary.diagnoses));
        }
        let answer = query(prometheus, &format!("scrape_samples_scraped{{instance=\"{}\"}}", member.addr));
        let theirs = answer["data"]["result"][0]["value"][1].as_str().and_then(|v| v.parse().ok());
        if theirs == Some(summary.samples) && summary.samples > 0 {
            Ok(summary.samples)
        } else {
            Err(format!("we read {} samples, Prometheus {theirs:?}", summary.samples))
        }
    })
}

/// `promtool` leaves with 0 or, where it only remarks on names and missing help, with 3.
fn promtool_reads(member: &Member) {
    let (_, _, body) = get(&member.addr, "/metrics", CLASSIC).expect("the member answers");
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = start("promtool", &mut command);
    // promtool says nothing before it has read all of it, so neither waits for the other.
    child.stdin.take().expect("its input is piped").write_all(&body).expect("promtool reads to the end");
    let output = child.wait_with_output().expect("promtool ends");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 3)), "promtool on {}: {words}", member.addr);
}

#[test]
fn a_real_prometheus_scrapes_the_demo_and_takes_every_query_of_the_dashboards() {
    let dir = tempfile::tempdir().expect("a folder");
    let (_demo, members) = serve_demo();
    let (_server, prometheus) = start_prometheus(dir.path(), &members);

    all_targets_are_up(&prometheus, &members);
    for member in &members {
        let samples = our_reader_counts_what_prometheus_counts(&prometheus, member);
        println!("{} ({}): {samples} samples by both counts", member.addr, member.job);
        promtool_reads(member);
    }

    let (mut asked, mut answered) = (0, 0);
    for dashboard in builtin() {
        let all: Vec<_> = dashboard.variables.iter().map(|v| (v.name.as_str(), Selection::All)).collect();
        for panel in &dashboard.panels {
            for PanelQuery { expr, .. } in &panel.queries {
                let expr = interpolate(expr, &all);
                let answer = query(&prometheus, &expr);
                let place = format!("{} / {}", dashboard.title, panel.title);
                assert_eq!(answer["status"], "success", "{place}: {expr}\n{}", answer["error"]);
                asked += 1;
                answered += usize::from(answer["data"]["result"].as_array().is_some_and(|r| !r.is_empty()));
            }
        }
        for variable in &dashboard.variables {
            let answer = query(&prometheus, &variable.selector);
            assert_eq!(answer["status"], "success", "${}: {}", variable.name, variable.selector);
            assert_ne!(answer["data"]["result"], serde_json::json!([]), "${} has no values", variable.name);
        }
    }
    println!("Prometheus takes all {asked} queries and finds something for {answered}");
    assert!(asked >= 46, "only {asked} queries for 46 panels");
}
