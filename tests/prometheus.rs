//! The source that asks, against servers that answer in every way there is: what the panels get, what is said of a server
//! that is not there, how often it is asked.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking and says so")]

#[path = "prometheus/alerts.rs"]
mod alerts;
#[path = "prometheus/fake.rs"]
mod fake;
#[path = "prometheus/faults.rs"]
mod faults;
#[path = "support/port.rs"]
mod port;
#[path = "prometheus/quiet.rs"]
mod quiet;
#[path = "prometheus/real.rs"]
mod real;
#[allow(dead_code, reason = "the scrapes' tests use the rest")]
#[path = "source/server.rs"]
mod server;

use std::sync::Arc;
use std::time::Duration;

use fake::{Asked, Fake, Says, counted, good, json, series};
use shtop::promql::Query;
use shtop::runtime::system_clock;
use shtop::series::Window;
use shtop::source::prometheus::{PrometheusOptions, RulesFrom, start};
use shtop::source::{
    Absence, Answer, Ask, Control, Event, Fault, Handle, Health, Link, Listing, Plan, Reply, Shape, Status, VariableAsk,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(120);

struct Running {
    control: Control,
    events: mpsc::Receiver<Event>,
    tasks: JoinSet<()>,
    cancel: CancellationToken,
}

fn options(address: &str) -> PrometheusOptions {
    let url = format!("http://{address}").parse().expect("a URL");
    let rules = RulesFrom::Nobody;
    PrometheusOptions { interval: Duration::from_secs(1), rules, ..PrometheusOptions::new(url) }
}

/// The same, asked no more often than the steps of [`plan`] come.
fn steady(address: &str) -> PrometheusOptions {
    PrometheusOptions { interval: Duration::from_secs(20), ..options(address) }
}

fn run(options: PrometheusOptions) -> Running {
    let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
    let Handle { control, events } = start(options, system_clock(), &cancel, &mut tasks).expect("starts");
    Running { control, events, tasks, cancel }
}

fn ask(key: u32, queries: &[&str]) -> Ask {
    let queries = queries.iter().map(|q| Query::parse(q).expect("a query")).collect();
    Ask { key, queries, shape: Shape::Range }
}

/// An hour in steps of 20 s.
fn plan(revision: u64, asks: Vec<Ask>) -> Plan {
    Plan { revision, asks, variables: Vec::new(), range: 3_600_000, step: 20_000, end: None }
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

    async fn answer(&mut self, revision: u64, key: u32) -> Answer {
        self.first(|event| match event {
            Event::Answer(answer) if (answer.revision, answer.key) == (revision, key) => Some(answer),
            _ => None,
        })
        .await
    }

    async fn status(&mut self, wanted: impl Fn(&Status, &Link) -> bool) -> Status {
        self.first(|event| match event {
            Event::Status(status) if status.link.as_ref().is_some_and(|link| wanted(&status, link)) => Some(*status),
            _ => None,
        })
        .await
    }

    async fn end(mut self) {
        self.cancel.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

fn reply(answer: &Answer, query: usize) -> &Reply {
    answer.replies[query].as_ref().expect("a reply")
}

fn ranges(fake: &Fake) -> Vec<Asked> {
    fake.seen("query_range")
}

#[tokio::test]
async fn a_plan_is_answered_with_ranges_whose_last_step_is_the_present() {
    let fake = Fake::new(good).await;
    let mut source = run(steady(&fake.address));
    // A key before there is anything in sight.
    source.control.refresh();
    tokio::time::sleep(Duration::from_millis(20)).await;
    source.control.watch(plan(1, vec![ask(7, &["up"])]));
    let answer = source.answer(1, 7).await;
    let window = answer.window;
    assert_eq!((window.range(), window.step, window.end.rem_euclid(20_000)), (3_600_000, 20_000, 0));
    let reply = reply(&answer, 0);
    assert_eq!(reply.range.len(), 1);
    assert_eq!(reply.range[0].labels.to_string(), r#"{n="x"}"#);
    let expected: Vec<f64> = (0..window.steps()).map(|i| window.at(i) as f64 / 1000.0).collect();
    assert_eq!(reply.range[0].values, expected);
    assert_eq!((reply.now.len(), reply.now[0].1), (1, window.end as f64 / 1000.0));
    assert_eq!(answer.at, window.end);
    assert!(fake.seen("query").is_empty(), "the last step tells the present");
    let asked = &ranges(&fake)[0];
    assert_eq!((asked.method.as_str(), asked.field("query"), asked.field("timeout")), ("POST", "up", "5000ms"));

    let status = source.status(|status, link| !status.targets.is_empty() && link.version.is_some()).await;
    let link = status.link.expect("a link");
    assert_eq!((link.health, link.version.as_deref()), (Health::Up, Some("Prometheus 2.42.0")));
    assert_eq!((link.url, link.skew, link.next_try), (format!("http://{}", fake.address), 0, None));
    let target = &status.targets[0];
    assert_eq!((target.job.as_str(), target.instance.as_str(), &target.health), ("a", "h:1", &Health::Up));
    source.end().await;
}

#[tokio::test]
async fn what_is_asked_twice_is_asked_once_and_what_is_in_sight_first() {
    let fake = Fake::new(good).await;
    let mut source = run(PrometheusOptions { concurrency: 1, ..steady(&fake.address) });
    let asks = vec![ask(3, &["c", "a"]), ask(1, &["a", "b"]), ask(2, &["b", "c", "a"])];
    let variables = vec![VariableAsk {
        key: ("d".to_owned(), "v".to_owned()),
        selector: Query::parse("up{job=\"a\"}").expect("a query"),
        lists: Listing::Values("instance".to_owned()),
    }];
    source.control.watch(Plan { variables, end: Some(1_795_351_698_000), ..plan(1, asks) });
    let mut order = Vec::new();
    for _ in 0..3 {
        order.push(source.first(|e| if let Event::Answer(a) = e { Some(a.key) } else { None }).await);
    }
    assert_eq!(order, [3, 1, 2]);
    let (key, values) =
        source.first(|e| if let Event::Variable { key, values } = e { Some((key, values)) } else { None }).await;
    assert_eq!((key.1.as_str(), values.len()), ("v", 0));
    source.status(|s, _| !s.targets.is_empty()).await;
    let asked: Vec<String> = ranges(&fake).iter().map(|a| a.field("query").to_owned()).collect();
    assert_eq!(asked, ["c", "a", "b"]);
    // The window's end lies between two steps, but near enough to the last.
    let instants = counted(&fake.seen("query"), |a| a.field("query").to_owned());
    assert!(instants.is_empty(), "{instants:?}");
    let variable = &fake.seen("label/instance/values")[0];
    assert_eq!(variable.field("match[]"), r#"{__name__="up",job="a"}"#);
    let last = fake.all_seen().iter().rposition(|a| a.path == "query_range");
    let targets = fake.all_seen().iter().position(|a| a.path == "targets");
    assert!(last < targets, "the targets come after what is in sight");
    source.end().await;
}

#[tokio::test]
async fn a_refresh_asks_for_the_new_steps_and_the_last_two() {
    let fake = Fake::new(good).await;
    let mut source = run(options(&fake.address));
    source.control.watch(Plan { range: 600_000, step: 1_000, ..plan(1, vec![ask(1, &["up"])]) });
    let first = source.answer(1, 1).await;
    let second = source.answer(1, 1).await;
    let third = source.answer(1, 1).await;
    assert!(first.window.end < second.window.end && second.window.end < third.window.end);
    let values = &reply(&third, 0).range[0].values;
    assert_eq!(values.len(), 601);
    assert!(values.iter().enumerate().all(|(i, v)| *v == third.window.at(i) as f64 / 1000.0));
    let asked = ranges(&fake);
    assert_eq!(asked[0].ms("end") - asked[0].ms("start"), 600_000);
    for next in &asked[1..] {
        let steps = (next.ms("end") - next.ms("start")) / 1_000 + 1;
        assert!((3..=45).contains(&steps), "{steps} steps");
    }
    // The same range again, by another plan: there is nothing to ask.
    let before = ranges(&fake).len();
    source.control.watch(Plan {
        range: 600_000,
        step: 1_000,
        end: Some(third.window.end),
        ..plan(2, vec![ask(1, &["up"])])
    });
    assert_eq!(source.answer(2, 1).await.window, third.window);
    assert!(ranges(&fake).len() <= before + 1, "no more than a refresh that was under way");
    source.end().await;
}

#[tokio::test]
async fn between_two_steps_only_the_present_is_asked_for() {
    let fake = Fake::new(good).await;
    let mut source = run(options(&fake.address));
    // Steps are ten minutes apart, looks a second.
    source.control.watch(Plan { step: 600_000, range: 86_400_000, ..plan(1, vec![ask(1, &["up"])]) });
    let mut answers = Vec::new();
    while answers.len() < 4 {
        answers.push(source.answer(1, 1).await);
    }
    for pair in answers.windows(2) {
        assert!(pair[0].at < pair[1].at, "{} and {}", pair[0].at, pair[1].at);
    }
    for answer in &answers {
        let shown = reply(answer, 0);
        assert_eq!((shown.range[0].values.len(), shown.now[0].1), (145, answer.at as f64 / 1000.0));
    }
    let steps: std::collections::BTreeSet<_> = answers.iter().map(|answer| answer.window.end).collect();
    assert_eq!(ranges(&fake).len(), steps.len(), "one range a step");
    source.end().await;
}

#[tokio::test]
async fn the_present_is_asked_for_where_the_last_step_is_old() {
    let fake = Fake::new(good).await;
    let mut source = run(options(&fake.address));
    let end = 1_795_351_698_000;
    let day = Plan { range: 86_400_000, step: 600_000, end: Some(end), ..plan(1, vec![ask(1, &["up"])]) };
    source.control.watch(day);
    let answer = source.answer(1, 1).await;
    assert!(answer.window.end <= end - 60_000, "the test needs an old step");
    assert_eq!((answer.at, reply(&answer, 0).now[0].1), (end, end as f64 / 1000.0));
    let pie = Ask { shape: Shape::Instant, ..ask(1, &["up"]) };
    source.control.watch(Plan { end: Some(end), ..plan(2, vec![pie]) });
    let answer = source.answer(2, 1).await;
    assert_eq!((reply(&answer, 0).range.len(), reply(&answer, 0).now[0].1), (0, end as f64 / 1000.0));
    source.end().await;
}

#[tokio::test]
async fn a_newer_plan_cancels_what_the_older_one_asked() {
    let fake = Fake::new(|asked| if asked.field("query") == "slow" { Says::Nothing } else { good(asked) }).await;
    let mut source = run(PrometheusOptions { timeout: PATIENCE, ..steady(&fake.address) });
    source.control.watch(plan(1, vec![ask(1, &["slow"]), ask(2, &["up"])]));
    source.answer(1, 2).await;
    assert_eq!(fake.waiting(), 1);
    let began = Instant::now();
    source.control.watch(plan(2, vec![ask(1, &["up"])]));
    source.answer(2, 1).await;
    while fake.waiting() > 0 {
        assert!(began.elapsed() < PATIENCE / 2, "nobody hangs up");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    source.end().await;
}

#[tokio::test]
async fn a_query_that_fails_fails_alone() {
    let fake = Fake::new(|asked| match asked.field("query") {
        "bad" => json(400, r#"{"status":"error","errorType":"bad_data","error":"1:1: parse error"}"#),
        "heavy" => json(422, r#"{"status":"error","errorType":"execution","error":"too many samples"}"#),
        "long" => json(503, r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#),
        "odd" => json(200, r#"{"status":"success","data":{"resultType":"matrix","result":[{"values":7}]}}"#),
        "noted" => json(200, r#"{"status":"success","data":{"result":[]},"warnings":["store s3 is down"],"infos":["i"]}"#),
        "lat" => json(
            200,
            &format!(
                r#"{{"status":"success","data":{{"result":[{{"metric":{{"__name__":"lat"}},"histograms":[[{},{{"count":"4",
                   "sum":"1.5","buckets":[]}}]]}}]}}}}"#,
                asked.field("end")
            ),
        ),
        _ => good(asked),
    })
    .await;
    let mut source = run(PrometheusOptions { concurrency: 1, ..steady(&fake.address) });
    let queries = ["up", "bad", "heavy", "long", "odd", "lat", "noted"];
    let asks = queries.iter().zip(0..).map(|(q, key)| ask(key, &[q])).collect();
    source.control.watch(plan(1, asks));
    let mut words = Vec::new();
    for key in 0..5 {
        let answer = source.answer(1, key).await;
        words.push(answer.replies[0].as_ref().map_or_else(ToString::to_string, |r| r.range.len().to_string()));
    }
    assert_eq!(
        words[..4],
        ["1", "query failed: 1:1: parse error", "query failed: too many samples", "query failed: query timed out"]
    );
    assert!(
        words[4].starts_with("query failed: the answer is not that of Prometheus' API: invalid type: integer `7`"),
        "{}",
        words[4]
    );
    let lat = source.answer(1, 5).await;
    let now: Vec<_> = reply(&lat, 0).now.iter().map(|(labels, v)| (labels.to_string(), *v)).collect();
    assert_eq!(now, [("lat_count".to_owned(), 4.0), ("lat_sum".to_owned(), 1.5)]);
    let noted = source.answer(1, 6).await;
    assert_eq!(reply(&noted, 0).notes, ["i", "store s3 is down"]);
    source.end().await;
}

#[tokio::test]
async fn a_server_that_takes_no_post_is_asked_by_get_from_then_on() {
    let fake = Fake::new(|asked| if asked.method == "POST" { json(405, "{}") } else { good(asked) }).await;
    let mut source = run(PrometheusOptions { concurrency: 1, ..steady(&fake.address) });
    source.control.watch(plan(1, vec![ask(1, &["a"]), ask(2, &["b"]), ask(3, &["c"])]));
    assert_eq!(reply(&source.answer(1, 3).await, 0).range.len(), 1);
    let methods: Vec<_> = ranges(&fake).iter().map(|a| a.method.to_string()).collect();
    assert_eq!(methods[..4], ["POST", "GET", "GET", "GET"]);
    source.end().await;
}

#[tokio::test]
async fn windows_end_at_the_servers_time() {
    // A quarter of an hour behind.
    let behind = 900_000;
    let date = move || {
        let zoned = jiff::Timestamp::from_millisecond(system_clock()() - behind)
            .expect("a time")
            .to_zoned(jiff::tz::TimeZone::UTC);
        zoned.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    };
    let fake = Fake::new(move |asked| match good(asked) {
        Says::Data(body) => {
            let headers = vec![("content-type", "application/json".to_owned()), ("date", date())];
            Says::Raw(200, headers, format!(r#"{{"status":"success","data":{body}}}"#))
        }
        other => other,
    })
    .await;
    let mut source = run(options(&fake.address));
    source.control.watch(Plan { step: 1_000, range: 60_000, ..plan(1, vec![ask(1, &["up"])]) });
    let status = source.status(|status, _| !status.remarks.is_empty()).await;
    let words = &status.remarks[0];
    assert!(words.starts_with("the server's clock is ") && words.contains("s behind this machine's"), "{words}");
    let skew = status.link.expect("a link").skew;
    assert!((skew + behind).abs() <= 60_000, "{skew}");
    let answer = source.answer(1, 1).await;
    let off = system_clock()() - behind - answer.window.end;
    assert!((-60_000..=60_000).contains(&off), "the window ends {off} ms before the server's time");
    source.end().await;
}

/// Answers the questions about why there is nothing; the newest samples are `apart` (s).
fn evidence(
    names: &'static str,
    now: Option<i64>,
    ever: Option<i64>,
    count: i64,
    apart: Option<i64>,
) -> impl Fn(&Asked) -> Says + Send {
    move |asked| {
        let value = |v: Option<i64>| {
            let result = v.map_or(String::new(), |v| format!(r#"{{"metric":{{}},"value":[1,"{v}"]}}"#));
            Says::Data(format!(r#"{{"resultType":"vector","result":[{result}]}}"#))
        };
        match (asked.path.as_str(), asked.field("query")) {
            ("label/__name__/values", _) => Says::Data(names.to_owned()),
            ("query", q) if q.starts_with("max(timestamp(") => value(now),
            ("query", q) if q.starts_with("max_over_time(max(timestamp(") => value(ever),
            ("query", q) if q.starts_with("max(count_over_time(") => value(Some(count)),
            ("query", q) if q.starts_with("min(timestamp(") && q.contains(" offset 300000ms)") => value(apart),
            ("query" | "query_range", _) => series(asked, &[]),
            _ => good(asked),
        }
    }
}

#[tokio::test]
async fn an_empty_panel_says_why_it_is_empty() {
    let query = "rate(requests_total{job=\"a\"}[5m]) > 5";
    let metric = || "requests_total".to_owned();
    let there = r#"["requests_total"]"#;
    let table = [
        (evidence("[]", None, None, 0, None), Absence::NotExposed { metric: metric(), targets: 0, silent: 0 }),
        (evidence(there, None, None, 0, None), Absence::NoMatch { selector: r#"requests_total{job="a"}"#.to_owned() }),
        (
            evidence(there, None, Some(1_795_000_000), 0, None),
            Absence::Gone { metric: metric(), last: 1_795_000_000_000 },
        ),
        (evidence(there, Some(1), None, 1, None), Absence::TooFew { metric: metric(), since: None }),
        (evidence(there, Some(1), None, 9, None), Absence::Filtered),
        (
            evidence(there, Some(1), None, 1, Some(300)),
            Absence::TooSparse { metric: metric(), window: 300_000, every: 300_000 },
        ),
        (evidence(there, Some(1), None, 1, Some(15)), Absence::TooFew { metric: metric(), since: None }),
    ];
    for (rule, absence) in table {
        let fake = Fake::new(rule).await;
        let mut source = run(options(&fake.address));
        let asks = vec![ask(1, &[query]), ask(2, &[query])];
        source.control.watch(Plan { step: 1_000, range: 60_000, ..plan(1, asks) });
        for key in [1, 2, 1] {
            assert_eq!(reply(&source.answer(1, key).await, 0).absence.as_ref(), Some(&absence));
        }
        assert_eq!(fake.seen("label/__name__/values").len(), 1, "the reason is asked for once, not at each refresh");
        source.end().await;
    }
}

#[tokio::test]
async fn what_came_after_the_last_step_is_not_missing_and_not_yet_shown() {
    // Samples since ten seconds after the last step: several by now, none then.
    let step = 60_000;
    let last = system_clock()().div_euclid(step) * step - step;
    let born = last + 10_000;
    let fake = Fake::new(move |asked| {
        let value = |v: Option<i64>| {
            let result = v.map_or(String::new(), |v| format!(r#"{{"metric":{{}},"value":[1,"{}"]}}"#, v as f64 / 1e3));
            Says::Data(format!(r#"{{"resultType":"vector","result":[{result}]}}"#))
        };
        let there = |asked: &Asked| asked.ms("time") >= born;
        match (asked.path.as_str(), asked.field("query")) {
            ("label/__name__/values", _) => Says::Data(r#"["requests_total"]"#.to_owned()),
            ("query", q) if q.contains("(timestamp(") => value(there(asked).then_some(born)),
            ("query", q) if q.starts_with("max(count_over_time(") => value(there(asked).then_some(9_000)),
            ("query" | "query_range", _) => series(asked, &[]),
            _ => good(asked),
        }
    })
    .await;
    let mut source = run(PrometheusOptions { interval: Duration::from_secs(60), ..options(&fake.address) });
    let asks = || vec![ask(1, &["rate(requests_total[5m])"]), ask(2, &["requests_total"])];
    source.control.watch(Plan { step, end: Some(last + 30_000), ..plan(1, asks()) });
    let young = Absence::TooFew { metric: "requests_total".to_owned(), since: Some(born) };
    assert_eq!(reply(&source.answer(1, 1).await, 0).absence, Some(young.clone()));
    assert_eq!(young.words(last + 30_000), "needs two scrapes; 20s so far: requests_total");
    assert_eq!(reply(&source.answer(1, 2).await, 0).absence, Some(Absence::Waiting));
    source.end().await;
}

#[tokio::test]
async fn where_there_is_no_list_of_targets_up_tells_of_them() {
    let fake = Fake::new(|asked| match (asked.path.as_str(), asked.field("query")) {
        ("targets", _) => json(404, "{}"),
        ("query", r#"up{job=~"a|b"}"#) => Says::Data(
            r#"{"result":[{"metric":{"job":"a","instance":"h:1"},"value":[1,"1"]},
                          {"metric":{"job":"a","instance":"h:2"},"value":[1,"0"]}]}"#
                .to_owned(),
        ),
        _ => good(asked),
    })
    .await;
    let jobs = vec!["a".to_owned(), "b".to_owned()];
    let mut source = run(PrometheusOptions { jobs, ..options(&fake.address) });
    source.control.watch(plan(1, Vec::new()));
    let status = source.status(|status, _| status.targets.len() == 2).await;
    assert_eq!(status.targets[0].health, Health::Up);
    assert!(matches!(&status.targets[1].health, Health::Down { .. }));
    assert_eq!(fake.seen("targets").len(), 1);
    source.end().await;
}

#[tokio::test]
async fn a_gateway_that_lets_only_queries_through_is_no_outage() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "query_range" if asked.field("query") == "none" => series(asked, &[]),
        "query_range" => good(asked),
        "query" => json(404, "{}"),
        _ => json(403, "{}"),
    })
    .await;
    let mut source = run(options(&fake.address));
    let selector = Query::parse("up").expect("a query");
    let variables =
        vec![VariableAsk { key: (String::new(), String::new()), selector, lists: Listing::Values("job".to_owned()) }];
    let asks = vec![ask(1, &["up"]), ask(2, &["none"])];
    source.control.watch(Plan { variables, step: 1_000, range: 60_000, ..plan(1, asks) });
    for _ in 0..2 {
        assert_eq!(reply(&source.answer(1, 1).await, 0).now.len(), 1);
        assert_eq!(reply(&source.answer(1, 2).await, 0).absence, Some(Absence::Filtered));
    }
    let status = source.status(|_, _| true).await;
    assert_eq!(status.link.expect("a link").health, Health::Up);
    assert_eq!(fake.seen("label/__name__/values").len(), 1);
    assert_eq!(fake.seen("label/job/values").len(), 1);
    source.end().await;
}

#[tokio::test]
async fn names_of_labels_are_asked_for_by_what_has_them() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "labels" => Says::Data(r#"["topic", "__name__", "a\u001bb"]"#.to_owned()),
        _ => good(asked),
    })
    .await;
    let mut source = run(options(&fake.address));
    let selector = Query::parse("lag{topic=\"a\"} or up").expect("a query");
    let key = ("/explore".to_owned(), "names".to_owned());
    let variables = vec![VariableAsk { key: key.clone(), selector, lists: Listing::Names }];
    source.control.watch(Plan { variables, step: 1_000, range: 60_000, ..plan(1, vec![ask(1, &["up"])]) });
    let names = source
        .first(|event| match event {
            Event::Variable { key: told, values } if told == key => Some(values),
            _ => None,
        })
        .await;
    assert_eq!(names.iter().map(|n| &**n).collect::<Vec<_>>(), ["__name__", "a␛b", "topic"]);
    let asked = fake.seen("labels");
    assert!(asked[0].field("match[]").contains("lag"), "{:?}", asked[0]);
    source.end().await;
}

#[tokio::test]
async fn the_task_ends_when_nobody_listens() {
    let fake = Fake::new(good).await;
    let Running { control, events, mut tasks, cancel } = run(options(&fake.address));
    control.watch(plan(1, vec![ask(1, &["up"])]));
    drop(events);
    timeout(PATIENCE, tasks.join_next()).await.expect("it ends");
    drop(cancel);
    assert!(!format!("{control:?}").is_empty());
}

#[test]
fn options_that_cannot_work_are_refused() {
    let url: reqwest::Url = "http://prom:9090".parse().expect("a URL");
    let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
    let short = PrometheusOptions { timeout: Duration::from_millis(1), ..PrometheusOptions::new(url) };
    let fault = start(short, system_clock(), &cancel, &mut tasks).expect_err("too short");
    assert_eq!(fault.to_string(), "the timeout is too short; give at least 100ms");
}

/// What every query of the answer says.
fn down(answer: &Answer) -> Option<&str> {
    match &answer.replies[0] {
        Err(Fault::Down(reason)) => Some(reason),
        _ => None,
    }
}

/// A window that both ends of a test can name.
fn last_hour(answer: &Answer) -> Window {
    assert_eq!(answer.window.range(), 3_600_000);
    answer.window
}

/// Shared by the tests of faults.
type Shared<T> = Arc<std::sync::Mutex<T>>;
