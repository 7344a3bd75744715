//! The source against real loopback servers: what they answer, what the panels get, what is said of those that fail.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking and says so")]

#[path = "support/aloud.rs"]
mod aloud;
#[path = "source/fetch.rs"]
mod fetch;
#[path = "source/server.rs"]
mod server;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aloud::aloud;
use server::{Server, ok, send};
use shtop::promql::Query;
use shtop::source::{
    Absence, Answer, Ask, Clock, Control, DnsName, Event, Handle, Health, Listing, Plan, Reply, ScrapeOptions, Seed,
    Shape, Status, Target, VariableAsk, start,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(120);
const EPOCH: i64 = 1_795_351_698_000;

struct Running {
    control: Control,
    events: mpsc::Receiver<Event>,
    tasks: JoinSet<()>,
    cancel: CancellationToken,
}

fn clock() -> Clock {
    let began = Instant::now();
    Arc::new(move || EPOCH + began.elapsed().as_millis() as i64)
}

fn target(value: &str) -> Target {
    Target::parse(value).expect("a target")
}

fn run(options: ScrapeOptions) -> Running {
    let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
    let Handle { control, events } = start(options, clock(), &cancel, &mut tasks).expect("starts");
    Running { control, events, tasks, cancel }
}

fn scraping(targets: &[&str]) -> ScrapeOptions {
    ScrapeOptions { targets: targets.iter().map(|t| target(t)).collect(), ..ScrapeOptions::default() }
}

fn ask(key: u32, queries: &[&str]) -> Ask {
    let queries = queries.iter().map(|q| Query::parse(q).expect("a query")).collect();
    Ask { key, queries, shape: Shape::Range }
}

fn plan(revision: u64, asks: Vec<Ask>) -> Plan {
    Plan { revision, asks, variables: Vec::new(), range: 60_000, step: 1000, end: None }
}

impl Running {
    /// The first event that `wanted` makes something of. The whole wait has one deadline: events come all the time.
    async fn first<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        let mut last = None;
        let found = timeout(PATIENCE, async {
            loop {
                let event = self.events.recv().await.expect("the source is running");
                last = Some(event.clone());
                if let Some(found) = wanted(event) {
                    return found;
                }
            }
        })
        .await;
        found.unwrap_or_else(|_| panic!("not what was waited for: {last:?}"))
    }

    async fn status(&mut self, wanted: impl Fn(&Status) -> bool) -> Status {
        self.first(|event| match event {
            Event::Status(status) if wanted(&status) => Some(*status),
            _ => None,
        })
        .await
    }

    async fn answer(&mut self, wanted: impl Fn(&Answer) -> bool) -> Answer {
        self.first(|event| match event {
            Event::Answer(answer) if wanted(&answer) => Some(answer),
            _ => None,
        })
        .await
    }

    /// Everything ends on its own when it is told to.
    async fn end(mut self) {
        self.cancel.cancel();
        timeout(PATIENCE, async { while self.tasks.join_next().await.is_some() {} }).await.expect("tasks end");
        // The thread too: nobody is left to send.
        while timeout(PATIENCE, self.events.recv()).await.expect("the thread ends").is_some() {}
    }
}

fn reply(answer: &Answer, query: usize) -> &Reply {
    answer.replies[query].as_ref().expect("no fault")
}

fn now(answer: &Answer, query: usize) -> Option<f64> {
    reply(answer, query).now.first().map(|(_, v)| *v)
}

fn absence(answer: &Answer, query: usize) -> String {
    reply(answer, query).absence.as_ref().map(Absence::to_string).unwrap_or_default()
}

fn reason(status: &Status, target: usize) -> String {
    match &status.targets[target].health {
        Health::Down { reason } => reason.clone(),
        other => format!("{other:?}"),
    }
}

const SHORT: Duration = Duration::from_millis(300);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_targets_say_why_and_leave_the_others_alone() {
    let good = Server::text(|n| format!("orders_total {n}\n")).await;
    let broken = Server::raw("HTTP/1.1 500 Internal Server Error\r\n\r\n").await;
    let hanging = Server::new(|_, _, stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let page = Server::raw(ok("text/plain", "<!DOCTYPE html><html><body>hello</body></html>\n")).await;
    let garbage = Server::raw(ok("text/plain", "!!\n@@@\n***\n")).await;
    let silent = Server::raw(ok("text/plain; version=0.0.4", "# EOF\n")).await;
    let addresses: Vec<_> = [&good, &broken, &hanging, &page, &garbage, &silent].iter().map(|s| s.address()).collect();
    let addresses: Vec<_> = addresses.iter().map(String::as_str).collect();
    // Long enough for those that do answer.
    let mut source = run(ScrapeOptions { timeout: Some(Duration::from_secs(5)), ..scraping(&addresses) });
    source.control.watch(plan(1, vec![ask(0, &["orders_total", "up", "sum(rate(nothing_here_total[5m]))"])]));
    let answer = source.answer(|a| now(a, 0).is_some()).await;
    assert!(absence(&answer, 2).starts_with("not exposed by "), "{}", absence(&answer, 2));
    let status = source.status(|s| s.targets.iter().all(|t| t.health != Health::Unknown)).await;
    assert_eq!(status.targets[0].health, Health::Up);
    assert_eq!(reason(&status, 1), "HTTP 500 Internal Server Error");
    assert_eq!(reason(&status, 2), "no answer within 5s");
    assert!(reason(&status, 3).contains("web page"), "{}", reason(&status, 3));
    assert!(reason(&status, 4).contains("none of its 3 lines can be read"), "{}", reason(&status, 4));
    let silent = &status.targets[5];
    assert_eq!((&silent.health, silent.samples, silent.families), (&Health::Up, 0, (0, 0)));
    assert!(status.targets.iter().all(|t| t.last_scrape.is_some() && t.since >= EPOCH), "{status:?}");
    assert_eq!(status.targets[1].last_success, None);

    let answer = source.answer(|a| reply(a, 1).now.len() == 6).await;
    let up: Vec<_> = reply(&answer, 1).now.iter().map(|(_, v)| *v).collect();
    assert_eq!(up.iter().sum::<f64>(), 2.0, "{up:?}");
    assert_eq!(
        absence(&answer, 2),
        "not exposed by either of the 2 targets: nothing_here_total (1 of 2 up targets exposes nothing at all)"
    );
    source.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_come_with_the_first_scrape_and_rates_within_the_first_second() {
    let server = Server::text(|n| format!("# TYPE orders_total counter\norders_total {}\n", 1000 * n)).await;
    let began = Instant::now();
    let rarely = Duration::from_secs(120);
    let mut source = run(ScrapeOptions { interval: rarely, ..scraping(&[&server.address()]) });
    source.control.watch(plan(1, vec![ask(7, &["rate(orders_total[1m])", "orders_total"])]));
    let first = source.answer(|a| now(a, 1).is_some()).await;
    println!("first values after {:?}", began.elapsed());
    assert_eq!((first.revision, first.key), (1, 7));
    // Nothing waited for the second scrape.
    assert_eq!(absence(&first, 0), "needs two scrapes: orders_total");
    let second = source.answer(|a| now(a, 0).is_some()).await;
    // Well before the first scheduled one. The two clocks round to milliseconds on their own.
    assert!((690..60_000).contains(&(second.at - first.at)), "{} ms after the first", second.at - first.at);
    assert!(now(&second, 0) > Some(0.0));
    source.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_that_appears_later_counts_from_zero() {
    let server = Server::text(|n| {
        let error = if n == 0 { "" } else { "# TYPE errors_total counter\nerrors_total 3\n" };
        format!("# TYPE orders_total counter\norders_total {n}\n{error}")
    })
    .await;
    let mut source = run(scraping(&[&server.address()]));
    source.control.watch(plan(1, vec![ask(0, &["increase(errors_total[1m])"])]));
    let answer = source.answer(|a| now(a, 0).is_some()).await;
    assert!(now(&answer, 0) >= Some(3.0), "{answer:?}");
    source.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_file_is_followed_and_a_broken_one_changes_nothing() {
    let (a, b) = (Server::text(|_| "x 1\n".to_owned()).await, Server::text(|_| "x 1\n".to_owned()).await);
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("agents.yml");
    let write = |text: String| {
        let new = dir.path().join("new");
        std::fs::write(&new, text).expect("written");
        std::fs::rename(&new, &file).expect("renamed");
    };
    let entry = |s: &Server| format!("- targets: ['{}']\n  labels: {{zone: eu}}\n", s.address());
    write(entry(&a));
    let mut source = run(ScrapeOptions { files: vec![file.clone()], ..ScrapeOptions::default() });
    source.control.watch(plan(1, vec![ask(0, &["x", "up"])]));
    let status = source.status(|s| s.targets.iter().all(|t| t.health == Health::Up)).await;
    assert_eq!((status.targets.len(), status.troubles.len()), (1, 0));
    let since = status.targets[0].since;

    write(format!("{}{}", entry(&a), entry(&b)));
    let status = source.status(|s| s.targets.len() == 2 && s.targets[1].health == Health::Up).await;
    assert_eq!((status.targets[0].since, &status.targets[0].health), (since, &Health::Up), "the old one just goes on");

    write(format!("{}  typo: 1\n", entry(&a)));
    let status = source.status(|s| !s.troubles.is_empty()).await;
    assert_eq!(status.targets.len(), 2, "{status:?}");
    let place = format!("{}:3:", file.display());
    assert!(status.troubles[0].starts_with(&place) && status.troubles[0].contains("^\n"), "{}", status.troubles[0]);

    write(entry(&b));
    let status = source.status(|s| s.troubles.is_empty() && s.targets.len() == 1).await;
    assert_eq!(status.targets[0].instance, b.address());
    // The target that left is stale at once, its `up` too.
    let answer = source.answer(|a| reply(a, 1).now.len() == 1).await;
    assert_eq!(reply(&answer, 0).now[0].0.get("instance"), Some(b.address().as_str()));
    source.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_broken_at_the_start_is_an_error_with_its_place() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("agents.json");
    std::fs::write(&file, "[\n  {\"targets\": [\"a:1\"],}\n]").expect("written");
    let options = ScrapeOptions { files: vec![file.clone()], ..ScrapeOptions::default() };
    let error = start(options, clock(), &CancellationToken::new(), &mut JoinSet::new()).expect_err("broken");
    assert!(error.to_string().starts_with(&format!("{}:2:23: trailing comma\n", file.display())), "{error}");
    let error = start(ScrapeOptions::default(), clock(), &CancellationToken::new(), &mut JoinSet::new());
    assert!(error.expect_err("nothing").to_string().contains("--target host:port"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_becomes_a_target_an_address() {
    let server = Server::text(|_| "x 1\n".to_owned()).await;
    let name = DnsName::parse(&format!("web=localhost:{}", server.port)).expect("a name");
    let mut source = run(ScrapeOptions { dns: vec![name], ..ScrapeOptions::default() });
    let status = source.status(|s| s.targets.iter().any(|t| t.health == Health::Up)).await;
    let up = status.targets.iter().find(|t| t.health == Health::Up).expect("one");
    assert_eq!((up.instance.as_str(), up.job.as_str()), (server.address().as_str(), "web"));
    source.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duplicates_are_scraped_once_and_said_once() {
    let server = Server::text(|_| "x 1\n".to_owned()).await;
    let (a, b) = (server.address(), format!("http://{}/metrics", server.address()));
    let clash = format!("http://{}/other", server.address());
    let mut source = run(scraping(&[&a, &b, &a, &clash]));
    let status = source.status(|_| true).await;
    assert_eq!((status.targets.len(), status.troubles.len()), (2, 1), "{:?}", status.troubles);
    assert!(status.troubles[0].contains("have the same labels"), "{:?}", status.troubles);
    assert_eq!(status.remarks, [format!("{b} is given 3 times; it is scraped once")]);
    source.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_plan_drops_what_is_left_of_the_older_one() {
    let server = Server::text(|_| "x 1\n".to_owned()).await;
    let mut source = run(scraping(&[&server.address()]));
    source.status(|s| s.targets[0].health == Health::Up).await;
    // Nobody reads: the way to the screen fills up, and the rest of the plan waits.
    let many = 5000;
    source.control.watch(plan(1, (0..many).map(|key| ask(key, &["x"])).collect()));
    while source.events.len() < 256 {
        tokio::task::yield_now().await;
    }
    source.control.watch(plan(2, vec![ask(0, &["x"]), ask(1, &["x"])]));
    let mut answers = Vec::new();
    while answers.last() != Some(&(2, 1)) {
        let answer = source.answer(|_| true).await;
        answers.push((answer.revision, answer.key));
    }
    let first = answers.iter().filter(|(revision, _)| *revision == 1).count();
    assert!(first < 300, "{first} answers of a plan that was replaced");
    assert!(answers.is_sorted_by_key(|(revision, _)| *revision), "no old answer after a new one");
    source.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_screen_that_stops_reading_stops_no_scrape() {
    let server = Server::text(|n| format!("x {n}\n")).await;
    let mut source = run(scraping(&[&server.address()]));
    source.control.watch(plan(1, (0..2000).map(|key| ask(key, &["x"])).collect()));
    while source.events.len() < 256 {
        tokio::task::yield_now().await;
    }
    let before = server.requests();
    for n in 1..=100 {
        source.control.refresh();
        timeout(PATIENCE, async {
            while server.requests() < before + n {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("scraped although nobody reads");
    }
    let status = source.status(|s| s.samples >= 100).await;
    assert_eq!(status.targets[0].health, Health::Up);
    source.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_is_there_before_the_first_answer() {
    let server = Server::text(|_| "# TYPE orders_total counter\norders_total 3600\n".to_owned()).await;
    let hour = (0..720).map(|i| Seed {
        target: 0,
        at: EPOCH - 3_600_000 + i * 5000,
        body: (i % 100 != 50).then(|| {
            let text = format!("# TYPE orders_total counter\norders_total {}\n", i * 5);
            shtop::source::fetch::Body::new(shtop::exposition::Format::Text, text.into_bytes())
        }),
    });
    let mut source = run(ScrapeOptions { seed: Some(Box::new(hour)), ..scraping(&[&server.address()]) });
    let hour = Plan { range: 3_600_000, step: 15_000, ..plan(1, vec![ask(0, &["rate(orders_total[1m])", "up"])]) };
    let variable = VariableAsk {
        key: ("overview".to_owned(), "instance".to_owned()),
        selector: Query::parse("up").expect("a query"),
        lists: Listing::Values("instance".to_owned()),
    };
    source.control.watch(Plan { variables: vec![variable], ..hour });
    let mut values = Vec::new();
    let answer = source
        .first(|event| match event {
            Event::Variable { key, values: found } => {
                assert_eq!(key, ("overview".to_owned(), "instance".to_owned()));
                values = found;
                None
            }
            Event::Answer(answer) => Some(answer),
            Event::Status(_) | Event::Alerts(_) => None,
        })
        .await;
    assert_eq!(values.iter().map(|v| &**v).collect::<Vec<_>>(), [server.address()]);
    let rates: Vec<_> = reply(&answer, 0).range[0].present().map(|(_, v)| v).collect();
    assert!(rates.len() > 200 && rates[5..].iter().all(|r| (r - 1.0).abs() < 0.1), "{rates:?}");
    let downs = reply(&answer, 1).range[0].present().filter(|(_, v)| *v == 0.0).count();
    assert!(downs > 0, "the gaps of the history are data");
    source.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_scraped_before_the_history_is_in() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let is_in = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_in);
    let server = Server::text(move |_| format!("came_after {}\n", u8::from(seen.load(Ordering::SeqCst)))).await;
    let hour = (0..40_u32).map(move |i| {
        // The history takes its time, as when a machine has too much to do.
        std::thread::sleep(Duration::from_millis(5));
        is_in.store(i == 39, Ordering::SeqCst);
        Seed { target: 0, at: EPOCH - 600_000 + i64::from(i) * 15_000, body: None }
    });
    let mut source = run(ScrapeOptions { seed: Some(Box::new(hour)), ..scraping(&[&server.address()]) });
    source.control.watch(plan(1, vec![ask(0, &["min_over_time(came_after[1h])"])]));
    let answer = source.answer(|a| now(a, 0).is_some()).await;
    assert_eq!(now(&answer, 0), Some(1.0));
    source.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_window_is_answered_as_of_its_end() {
    let server = Server::text(|_| "x 2\n".to_owned()).await;
    let end = EPOCH - 60_000;
    let history = [(end - 10_000, "x 1\n"), (EPOCH - 1000, "x 2\n")].map(|(at, body)| Seed {
        target: 0,
        at,
        body: Some(shtop::source::fetch::Body::new(shtop::exposition::Format::Text, body.into())),
    });
    let mut source = run(ScrapeOptions { seed: Some(Box::new(history.into_iter())), ..scraping(&[&server.address()]) });
    source.control.watch(Plan { end: Some(end), ..plan(1, vec![ask(0, &["x", "y"])]) });
    let answer = source.answer(|_| true).await;
    assert_eq!((answer.at, now(&answer, 0)), (end, Some(1.0)));
    assert_eq!(absence(&answer, 1), "not exposed by the target: y");
    source.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_fails_is_a_fault_of_its_panel_only() {
    let server = Server::text(|_| "x{a=\"1\"} 1\nx{a=\"2\"} 2\n".to_owned()).await;
    let mut source = run(scraping(&[&server.address()]));
    source.control.watch(plan(1, vec![ask(0, &["x + on(instance) x", "sum(x)"])]));
    let answer = source.answer(|a| now(a, 1).is_some()).await;
    let fault = answer.replies[0].as_ref().expect_err("many to many").to_string();
    assert!(fault.starts_with("query failed: "), "{fault}");
    assert_eq!(now(&answer, 1), Some(3.0));
    source.end().await;
}

/// Where the recorded scrapes are, if this machine has them.
fn testdata() -> Option<PathBuf> {
    let named = std::env::var_os("SHTOP_TESTDATA").map(PathBuf::from);
    let dir = named.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/testdata")));
    let steady = dir.join("streamhouse/steady");
    if !steady.is_dir() {
        aloud(format!("NOTICE: {} is not there; the replay of recorded scrapes is NOT TESTED", steady.display()));
        return None;
    }
    Some(steady)
}

/// The bodies of one recorded target, in order.
fn recorded(dir: &std::path::Path, name: &str) -> Vec<String> {
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "txt"))
        .filter(|p| p.file_name().is_some_and(|f| f.to_string_lossy().starts_with(name)))
        .collect();
    files.sort();
    files.iter().map(|p| std::fs::read_to_string(p).expect("text")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_installation_shows_its_newest_values() {
    let Some(dir) = testdata() else { return };
    let mut servers = Vec::new();
    let mut newest = Vec::new();
    for name in ["agent-0-server", "agent-1", "agent-2", "agent-3"] {
        let bodies = recorded(&dir, name);
        assert!(bodies.len() >= 50, "{name}: {}", bodies.len());
        newest.push(bodies.last().cloned().expect("one"));
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let bodies: Arc<Vec<_>> = Arc::new(bodies.iter().map(|b| ok(content_type, b)).collect());
        servers.push(
            Server::new(move |n, _, mut stream| {
                let bodies = Arc::clone(&bodies);
                async move { send(&mut stream, bodies[n.min(bodies.len() - 1)].as_bytes()).await }
            })
            .await,
        );
    }
    let addresses: Vec<_> = servers.iter().map(Server::address).collect();
    let mut source = run(scraping(&addresses.iter().map(String::as_str).collect::<Vec<_>>()));
    for _ in 0..70 {
        let before: Vec<_> = servers.iter().map(Server::requests).collect();
        source.control.refresh();
        timeout(PATIENCE, async {
            while servers.iter().zip(&before).any(|(s, b)| s.requests() <= *b) {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("scraped");
    }
    // The sums as the last bodies have them, read without shtop's reader.
    let total = |metric: &str| -> f64 {
        let lines = newest.iter().flat_map(|b| b.lines());
        let of_metric = lines.filter(|l| l.strip_prefix(metric).is_some_and(|rest| rest.starts_with(['{', ' '])));
        of_metric.filter_map(|l| l.rsplit(' ').next()).map(|v| v.parse::<f64>().expect("a number")).sum()
    };
    let metrics =
        ["streamhouse_producer_records_total", "streamhouse_s3_requests_total", "streamhouse_segment_writes_total"];
    let queries: Vec<_> = metrics.iter().map(|m| format!("sum({m})")).collect();
    let queries: Vec<_> = queries.iter().map(String::as_str).collect();
    source.control.watch(plan(1, vec![ask(0, &queries), ask(1, &["streamhouse_nothing", "count(up == 1)"])]));
    let answer = source.answer(|a| a.key == 0).await;
    for (i, metric) in metrics.iter().enumerate() {
        assert!(total(metric) > 0.0, "{metric} is in the recording");
        assert_eq!(now(&answer, i), Some(total(metric)), "{metric}");
    }
    let answer = source.answer(|a| a.key == 1).await;
    assert!(absence(&answer, 0).starts_with("not exposed by any of the 4 targets: streamhouse_nothing"), "{answer:?}");
    assert_eq!(now(&answer, 1), Some(4.0));
    source.end().await;
}
