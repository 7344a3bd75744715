//! Ours against a real Prometheus, on the same samples in the same run: `cargo bench --bench prometheus`.
//!
//! Needs `prometheus` and `promtool`. Of Prometheus only its own account of the evaluation counts (`evalTotalTime`), of
//! ours the time of `promql::eval`; neither has HTTP or JSON in it. Both are measured by turns, so that what else the
//! machine does hits both.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench that does not work says so"
)]
#![expect(clippy::disallowed_methods, reason = "this measures durations")]

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use shtop::promql::{self, Options};
use shtop::series::{Labels, Select, Window, is_stale};
use shtop::store::{Ingest, Limits, Store};

#[path = "support/demo.rs"]
mod demo;

use demo::{Demo, NOW, Views};

/// Runs that count; one more before them does not.
const RUNS: usize = 9;

/// How long Prometheus may take to get ready.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    for program in ["prometheus", "promtool"] {
        let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if found.is_err() {
            eprintln!("NOTHING WAS MEASURED: `{program}` is not installed (Debian package `prometheus`)");
            return ExitCode::FAILURE;
        }
    }
    let dir = tempfile::tempdir().expect("a folder");
    let (store, views) = (stored(), Views::new());
    let server = Prometheus::start(dir.path(), &store);
    range_queries(&store, &views, &server);
    refreshes(&views);
    ExitCode::SUCCESS
}

/// An hour of the demo in a store of its own, as the sources' store has it.
fn stored() -> Store {
    let mut store = Store::new(Limits::default());
    let mut targets: Vec<_> = Demo::labels()
        .map(|(job, instance)| Ingest::new(Labels::from_pairs([("job", job), ("instance", &instance)])))
        .collect();
    Demo::bodies(|member, at, body| {
        let target = &mut targets[member];
        match body {
            Some(body) => drop(target.scrape(&mut store, at, 1.0, body.format, &body.bytes).expect("a good body")),
            None => target.fail(&mut store, at, 1.0),
        }
    });
    store
}

/// Every query over the hour in 240 steps: ours and theirs.
fn range_queries(store: &Store, views: &Views, server: &Prometheus) {
    let queries = views.range_queries();
    let window = Window::aligned(NOW, views.0.range, views.0.step);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut alike = 0;
    for run in 0..=RUNS {
        let mut sizes: Vec<usize> = Vec::new();
        let eval = |q| promql::eval(q, window, store, &Options::default()).expect("evaluates").into_series().len();
        let took = time(|| sizes.extend(queries.iter().map(eval)));
        let answers: Vec<_> = queries.iter().map(|q| server.query_range(q.text(), window)).collect();
        if run > 0 {
            ours.push(took);
            theirs.push(answers.iter().map(|(_, seconds)| seconds * 1e3).sum());
        }
        alike = sizes.iter().zip(&answers).filter(|(ours, (theirs, _))| *ours == theirs).count();
    }
    println!("{} range queries, {} steps; {alike} have as many series in both", queries.len(), window.steps());
    show("Prometheus, evalTotalTime", &theirs);
    show("shtop, promql::eval", &ours);
    println!(
        "Prometheus / shtop: {:.1} by median, {:.1} by minimum",
        median(&theirs) / median(&ours),
        least(&theirs) / least(&ours)
    );
}

/// All answers of the three views, newest values included, with and without what was known.
fn refreshes(views: &Views) {
    let mut demo = Demo::after_an_hour();
    views.refresh(&mut demo);
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for run in 0..=RUNS * 4 {
        demo.scrape();
        let took = time(|| views.cold(&demo));
        let again = time(|| views.refresh(&mut demo));
        if run > 0 {
            cold.push(took);
            warm.push(again);
        }
    }
    println!("three views, newest values and {} steps, after each further scrape", views.0.range / views.0.step + 1);
    show("cold", &cold);
    show("refresh", &warm);
    println!(
        "cold / refresh: {:.1} by median, {:.1} by minimum",
        median(&cold) / median(&warm),
        least(&cold) / least(&warm)
    );
}

/// The milliseconds that `f` takes. What it makes is dropped outside of them.
fn time<R>(f: impl FnOnce() -> R) -> f64 {
    let began = Instant::now();
    let made = f();
    let took = began.elapsed();
    drop(made);
    took.as_secs_f64() * 1e3
}

fn sorted(of: &[f64]) -> Vec<f64> {
    let mut of = of.to_vec();
    of.sort_by(f64::total_cmp);
    of
}

fn median(of: &[f64]) -> f64 {
    sorted(of)[of.len() / 2]
}

fn least(of: &[f64]) -> f64 {
    sorted(of)[0]
}

fn show(what: &str, ms: &[f64]) {
    let sorted = sorted(ms);
    println!(
        "  {what:<28} median {:8.2} ms   {:.2} – {:.2} ms in {} runs",
        median(ms),
        sorted[0],
        sorted[sorted.len() - 1],
        ms.len()
    );
}

/// A server that ends with this.
struct Prometheus {
    child: Child,
    address: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Prometheus {
    /// Prometheus over the samples of `store` and nothing else.
    fn start(dir: &Path, store: &Store) -> Self {
        let (text, data, config) = (dir.join("samples.txt"), dir.join("data"), dir.join("prometheus.yml"));
        fs::write(&text, open_metrics(store)).expect("written");
        let made = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([&text, &data])
            .stdout(Stdio::null())
            .status();
        assert!(made.expect("promtool runs").success(), "promtool takes the samples");
        fs::write(&config, "global: {scrape_interval: 1h}\n").expect("written");
        let address =
            TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("bound").to_string();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            // The demo's hour may be long ago.
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let server = Self { child: child.expect("prometheus starts"), address };
        let began = Instant::now();
        while server.get("/-/ready").is_none_or(|answer| !answer.starts_with("HTTP/1.0 200")) {
            assert!(began.elapsed() < PATIENCE, "Prometheus does not get ready");
            thread::sleep(Duration::from_millis(100));
        }
        server
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address).as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// How many series the answer has, and how many seconds it took to evaluate it.
    fn query_range(&self, query: &str, window: Window) -> (usize, f64) {
        let escaped = query.bytes().fold(String::new(), |mut text, b| {
            write!(text, "%{b:02X}").expect("a string takes it");
            text
        });
        let seconds = |ms: i64| ms as f64 / 1e3;
        let (start, end, step) = (seconds(window.start), seconds(window.end), seconds(window.step));
        let path = format!("/api/v1/query_range?query={escaped}&start={start}&end={end}&step={step}&stats=all");
        let answer = self.get(&path).expect("Prometheus answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        let body: Value = serde_json::from_str(body).expect("JSON");
        let seconds = body["data"]["stats"]["timings"]["evalTotalTime"].as_f64();
        match (body["data"]["result"].as_array(), seconds) {
            (Some(series), Some(seconds)) => (series.len(), seconds),
            _ => panic!("{query}: {body}"),
        }
    }
}

/// Every sample, for `promtool`. Staleness markers cannot be written down.
fn open_metrics(store: &Store) -> String {
    let mut text = String::new();
    store.select(&[], i64::MIN, i64::MAX, &mut |labels, samples| {
        for s in samples.iter().filter(|s| !is_stale(s.v)) {
            let value = if s.v.is_infinite() { "+Inf".to_owned() } else { s.v.to_string() };
            writeln!(text, "{labels} {value} {}", s.t as f64 / 1e3).expect("a string takes it");
        }
    });
    text + "# EOF\n"
}
