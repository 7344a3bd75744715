//! What an examination says of bodies that were recorded, and of bodies that were made to be bad.

use std::path::{Path, PathBuf};

use super::*;
use crate::exposition::Format;
use crate::source::DEFAULT_JOB;
use crate::source::fetch::Body;
use crate::source::prometheus::api::{ActiveTarget, Rule as LoadedRule, RuleGroup};
use crate::{layout, rules};

const NOW: i64 = 1_795_351_818_000;

pub(super) fn installation(visits: Vec<Visit>) -> Installation {
    Installation {
        now: NOW,
        job: DEFAULT_JOB.to_owned(),
        interval: 15_000,
        visits,
        server: None,
        rules: vec![rules::builtin()],
        dashboards: layout::builtin(),
        troubles: Vec::new(),
    }
}

fn trip() -> Trip {
    Trip { took: 20.0, timeout: 10_000.0, at: NOW, date: Some(NOW - 400) }
}

/// The same where nobody asks for anything.
pub(super) fn bare(visits: Vec<Visit>) -> Installation {
    Installation { rules: Vec::new(), dashboards: Vec::new(), ..installation(visits) }
}

pub(super) fn visit(name: &str, body: &str) -> Visit {
    let format = if body.ends_with("# EOF\n") { Format::OpenMetrics } else { Format::Text };
    let body = Ok(Body::new(format, body.as_bytes().to_vec()));
    Visit { name: name.to_owned(), labels: labels(DEFAULT_JOB, name), body, trip: Some(trip()) }
}

fn labels(job: &str, instance: &str) -> Labels {
    Labels::from_pairs([("job", job), ("instance", instance)])
}

/// What is said of one text, by these checks alone.
pub(super) fn said(body: &str, checks: &[&str]) -> Vec<String> {
    told(&examine(&bare(vec![visit("a:1", body)])), checks)
}

pub(super) fn told(report: &Report, checks: &[&str]) -> Vec<String> {
    let of = report.findings.iter().filter(|f| checks.contains(&f.check));
    of.map(|f| {
        let place = f.place.as_ref().and_then(|p| Some(format!("{}:{} ", p.line?, p.column?))).unwrap_or_default();
        let items = if f.items.is_empty() { String::new() } else { format!(" [{}]", f.items.join(" | ")) };
        format!("{} {place}{}{items}", f.severity.name(), f.what)
    })
    .collect()
}

/// The recorded bodies in a folder of the data beside this crate whose names begin so. Where there are none, says aloud that
/// they are not looked at.
pub(super) fn recorded(folder: &str, beginning: &str) -> Vec<(String, String)> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/testdata");
    let folder = std::env::var_os("SHTOP_TESTDATA").map_or_else(beside, PathBuf::from).join(folder);
    if !folder.is_dir() {
        let notice = format!("\nNOTICE: {} is absent: set SHTOP_TESTDATA; NOT TESTED\n", folder.display());
        // Not through the harness, which keeps what passing tests print to itself.
        std::io::Write::write_all(&mut std::io::stdout(), notice.as_bytes()).expect("standard output is there");
        return Vec::new();
    }
    let entries = std::fs::read_dir(&folder).expect("can be read");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().expect("named").to_string_lossy().into_owned();
    let wanted =
        paths.into_iter().filter(|p| name(p).starts_with(beginning) && p.extension().is_some_and(|e| e == "txt"));
    let found: Vec<_> =
        wanted.map(|p| (name(&p), String::from_utf8_lossy(&std::fs::read(&p).expect("read")).into_owned())).collect();
    assert!(!found.is_empty(), "{} holds no {beginning}", folder.display());
    found
}

#[test]
fn the_checks_have_names_of_their_own() {
    let mut ids: Vec<_> = CHECKS.iter().map(|check| check.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CHECKS.len());
    assert!(CHECKS.iter().all(|check| !check.about.is_empty()));
}

#[test]
fn a_running_system_has_no_errors_and_what_it_does_not_record_is_told() {
    let bodies = ["agent-0-server-1795351818", "agent-1-1795351818", "agent-2-1795351818", "agent-3-1795351818"];
    let visits: Vec<_> =
        bodies.iter().flat_map(|name| recorded("streamhouse/steady", name)).map(|(n, b)| visit(&n, &b)).collect();
    if visits.is_empty() {
        return;
    }
    let report = examine(&installation(visits));
    assert_eq!(report.read, 4);
    assert_eq!((report.count(Severity::Error), report.count(Severity::Warning)), (0, 0), "{:#?}", report.findings);
    let row = |name: &str| report.coverage.iter().find(|row| row.component == name).expect("a row");
    assert_eq!((row("Lease Manager").exposed, row("Lease Manager").declared.len()), (0, 5));
    assert_eq!(row("S3 & Storage").exposed, 8);
    assert!(row("WAL").missing.is_empty(), "announced is not missing");
    assert_eq!(report.top.metrics[0].0, "streamhouse_producer_latency_seconds_bucket");
    // All of it is read alike by the second reader.
    assert_eq!(told(&report, &["readers"]), Vec::<String>::new());
}

#[test]
fn the_matrix_has_the_rows_of_the_documentation() {
    let report = examine(&installation(vec![visit("a:1", "up 1\n")]));
    let rows: Vec<_> = report.coverage.iter().map(|row| (row.component, row.metrics)).collect();
    let wanted = [
        ("Throttle & Circuit Breaker", 6),
        ("Lease Manager", 5),
        ("WAL", 6),
        ("Schema Registry", 7),
        ("S3 & Storage", 9),
        ("Producer/Consumer", 9),
        ("System & Resources", 5),
    ];
    assert_eq!(rows, wanted);
    assert_eq!(told(&report, &["coverage"]), ["error none of StreamHouse's 47 metrics is exposed by any target"]);
}

#[test]
fn an_injected_sample_is_told_from_a_misplaced_one() {
    let body = "# TYPE streamhouse_producer_errors counter\n\
                streamhouse_producer_errors_total{topic=\"nl\nstreamhouse_uptime_seconds 99999999\n\u{1b}[31mred\"} 1\n\
                streamhouse_producer_errors_total{topic=\"a\"b\\c\"} 1\n\
                # TYPE streamhouse_uptime_seconds gauge\nstreamhouse_uptime_seconds 30\n# EOF\n";
    let report = examine(&installation(vec![visit("a:1", body)]));
    let outside = told(&report, &["outside"]);
    assert!(outside[0].starts_with("error 3:1 1 sample stands right after a line that breaks off"), "{outside:?}");
    assert!(outside[1].contains("with another value (99999999 on line 3, then 30)"), "{outside:?}");
    assert!(told(&report, &["lines"])[0].starts_with("error 2:41 3 lines cannot be read"));
    let text = format!("{report:?}");
    assert!(!text.contains('\u{1b}'), "hostile bytes got through");

    let misplaced = "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{x=\"1\"} 2\n";
    assert_eq!(
        said(misplaced, &["outside"]),
        ["warning 5:1 1 sample stands in the block of another family, though described elsewhere"]
    );
    assert_eq!(said("# TYPE a gauge\na 1\nplain 2\n", &["outside"]), Vec::<String>::new());
}

#[test]
fn series_that_come_twice_are_found_however_their_labels_are_written() {
    let body = "x{a=\"1\",b=\"2\"} 1\nx{b=\"2\",a=\"1\"} 1\nx{a=\"1\",b=\"2\",c=\"\"} 1\nx{a=\"1\"} 1\ny 1\ny 2\n";
    assert_eq!(
        said(body, &["outside"]),
        [
            "error 6:1 1 sample of a series that was there before, with another value (1 on line 5, then 2)",
            "warning 2:1 2 samples of a series that was there before, with the same value (line 1) \
             [3: as line 1: x{a=\"1\",b=\"2\",c=\"\"}]",
        ]
    );
    // Of the same series at other times there may be more than one.
    assert_eq!(said("x 1 1795351817000\nx 2 1795351818000\n", &["outside"]), Vec::<String>::new());
}

#[test]
fn what_prometheus_refuses_is_an_error_though_it_can_be_read() {
    assert_eq!(
        said("# TYPE x gauge\r\nx 1\r\n", &["lines"]),
        ["error 1:15 1 line: lines end in CR LF, which Prometheus refuses"]
    );
    assert_eq!(
        said("# TYPE x gauge\n\nx 1\n# EOF\n", &["lines"]),
        ["error 2:1 1 line: OpenMetrics has no empty lines; Prometheus refuses this"]
    );
    assert_eq!(said("<html>no</html>", &["lines"]).len(), 1);
    let many = "x{ 1\n".repeat(150);
    let lines = said(&format!("y 1\n{many}"), &["lines"]);
    assert!(lines[0].starts_with("error 2:4 100 lines cannot be read"), "{lines:?}");
    assert_eq!(lines[1], "error 50 lines more cannot be read");
}

#[test]
fn timestamps_are_compared_with_the_time_of_the_scrape() {
    let at = |ms: i64| NOW + ms;
    let body = format!("old 1 {}\nnow 1 {}\nahead 1 {}\n", at(-3_600_000), at(-1_000), at(3_600_000));
    assert_eq!(
        said(&body, &["timestamps"]),
        [
            "error 3:1 1 sample in the future, by up to 1h 00m",
            "warning 1:1 1 sample older than five minutes, by up to 1h 00m",
            "note 1:1 3 samples with explicit timestamps",
        ]
    );
    let mut saved = visit("saved", &body);
    saved.trip = None;
    let report = examine(&installation(vec![saved]));
    assert_eq!(told(&report, &["timestamps"]).len(), 1, "a saved answer is of any time");
}

#[test]
fn clocks_and_slow_scrapes_are_told_with_how_bad_it_is() {
    let with = |change: fn(&mut Trip)| {
        let mut one = visit("a:1", "up 1\n");
        one.trip.as_mut().map(change);
        told(&examine(&installation(vec![one])), &["clocks", "weight"])
    };
    assert_eq!(with(|_| {}), Vec::<String>::new());
    assert_eq!(with(|t| t.date = Some(NOW - 2_400)), Vec::<String>::new(), "the header is cut to the second");
    assert_eq!(with(|t| t.date = Some(NOW - 10_500)), ["warning its clock is 10s behind this machine's"]);
    assert_eq!(with(|t| t.date = Some(NOW + 59_500)), ["error its clock is 1m 00s ahead of this machine's"]);
    assert_eq!(with(|t| t.took = 6_000.0), ["note the scrape took 6 s, 60 % of the time it may take"]);
    assert_eq!(with(|t| t.took = 9_000.0), ["warning the scrape took 9 s, 90 % of the time it may take"]);
}

#[test]
fn labels_without_bounds_are_told_by_what_they_hold() {
    let ids: Vec<String> = (0..25)
        .map(|i| format!("x{{user=\"ann{i}@example.com\",trace=\"4bf92f3577b34da6a3ce929d0e0e47{i:02}\"}} 1\n"))
        .collect();
    let ids = ids.concat();
    let body = format!("{ids}x{{org_id=\"5da3b9c2-31cc-4061-a875-3b67ff730c4d\",__tmp=\"1\",job=\"y\"}} 1\n");
    assert_eq!(
        said(&body, &["cardinality"]),
        [
            "warning 2 labels whose values have no bounds \
             [trace: 25 hexadecimal ids on x | user: 25 e-mail addresses on x]",
            "warning 1 label with a name that Prometheus keeps to itself (__…) [__tmp on x]",
            "warning 1 label that belongs to the target, not to its series [job on x]",
            "note 1 label of ids, fewer than 20 so far [org_id: 1 UUID on x]",
        ]
    );
    let many: Vec<String> = (0..2_001).map(|i| format!("y{{n=\"v{i}\"}} 1\n")).collect();
    let said = said(&many.concat(), &["cardinality"]);
    assert_eq!(said[0], "note 1 metric of more than 2000 series on one target [y: 2001 on one target]");
    assert!(said[1].starts_with("note 1 label with more than 500 values [n: 2001 values"), "{said:?}");
}

#[test]
fn a_missing_metric_blinds_what_cannot_do_without_it() {
    let body = "# TYPE streamhouse_wal_size_bytes gauge\nstreamhouse_wal_size_bytes{topic=\"a\",partition=\"0\"} 1\n\
                # TYPE streamhouse_lease_conflicts_total counter\n";
    let report = examine(&installation(vec![visit("a:1", body)]));
    let find = |check: &str, words: &str| {
        let found = report.findings.iter().find(|f| f.check == check && f.what.contains(words));
        found.unwrap_or_else(|| panic!("{check} {words}: {:#?}", report.findings))
    };
    let names =
        |f: &Finding| f.items.iter().map(|i| i.split(':').next().unwrap_or_default().to_owned()).collect::<Vec<_>>();
    let never = names(find("alerts", "that nobody exposes"));
    assert!(
        never.contains(&"CircuitBreakerOpen".to_owned()) && !never.contains(&"WALSizeHigh".to_owned()),
        "{never:?}"
    );
    // It asks whether agents are absent: that can always be answered.
    assert!(!never.contains(&"NoActiveAgents".to_owned()));
    assert_eq!(names(find("alerts", "cannot fire yet")), ["PartitionLeaseConflicts"]);
    let panels = find("panels", "that nobody exposes");
    assert!(panels.items.iter().any(|i| i == "Active Leases (coordination): streamhouse_lease_epoch_current"));
    assert!(!panels.items.iter().any(|i| i.starts_with("WAL Size by Partition")));
    assert_eq!(find("alerts", "exporters").severity, Severity::Note, "who scrapes agents by hand knows");
    assert!(find("coverage", "WAL: 5 of 6 metrics").items.contains(&"streamhouse_wal_appends_total".to_owned()));
}

#[test]
fn types_and_labels_are_compared_with_the_catalogue() {
    let body = "# TYPE streamhouse_wal_records_skipped gauge\nstreamhouse_wal_records_skipped 1\n\
                # TYPE streamhouse_s3_requests counter\nstreamhouse_s3_requests_total 3\n# EOF\n";
    let coverage = said(body, &["coverage"]).join("\n");
    assert!(coverage.contains("[streamhouse_wal_records_skipped is a gauge, not a counter]"), "{coverage}");
    assert!(coverage.contains("streamhouse_s3_requests_total: operation"), "{coverage}");
    assert!(!coverage.contains("streamhouse_s3_requests is"), "{coverage}");
}

#[test]
fn targets_that_do_not_answer_or_say_nothing_are_errors() {
    let mut down = visit("b:1", "");
    down.body = Err("connection refused".to_owned());
    let body = "# TYPE streamhouse_topics gauge\nstreamhouse_topics 1\n";
    let report = examine(&installation(vec![visit("a:1", body), down, visit("c:1", "# EOF\n"), visit("a:1", body)]));
    assert_eq!(
        told(&report, &["answers", "targets"]),
        [
            "error down: connection refused",
            "error up, and exposes nothing at all",
            "error 1 instance shared by several targets of one job [a:1 of job streamhouse-agent: 2 targets]",
        ]
    );
}

#[test]
fn targets_of_one_job_are_compared_with_each_other() {
    let body =
        |version: &str, more: &str| format!("build_info{{version=\"{version}\"}} 1\nstreamhouse_topics 1\n{more}");
    let report = examine(&installation(vec![
        visit("a:1", &body("1.0", "streamhouse_uptime_seconds 1\n")),
        visit("b:1", &body("1.1", "")),
    ]));
    assert_eq!(
        told(&report, &["targets"]),
        [
            "warning the targets of job streamhouse-agent run different versions, by build_info [1.0: a:1 | 1.1: b:1]",
            "note 1 of 2 targets of job streamhouse-agent expose fewer metrics than the others \
             [b:1 lacks streamhouse_uptime_seconds]",
        ]
    );
}

#[test]
fn the_one_job_that_has_the_metrics_is_named() {
    let mut other = visit("a:1", "streamhouse_topics 1\n");
    other.labels = labels("streamhouse", "a:1");
    let report = examine(&installation(vec![other]));
    let words =
        "error no agent runs under job streamhouse-agent; the one job that has StreamHouse's metrics is streamhouse";
    assert_eq!(told(&report, &["jobs"]), [words]);
    let next = &report.findings.iter().find(|f| f.check == "jobs").expect("there").next;
    assert!(next.starts_with("say --job streamhouse,"), "{next}");
}

fn server() -> Server {
    let target = |job: &str, instance: &str, health: &str| ActiveTarget {
        labels: [("job", job), ("instance", instance)].map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
        health: health.to_owned(),
        last_error: if health == "down" { "connection \u{1b}refused".to_owned() } else { String::new() },
        last_scrape_duration: 0.01,
        scrape_interval: "1m".to_owned(),
        scrape_timeout: "10s".to_owned(),
        ..ActiveTarget::default()
    };
    Server {
        url: "http://prom:9090".to_owned(),
        targets: Some(vec![
            target(DEFAULT_JOB, "a:1", "up"),
            target(DEFAULT_JOB, "b:1", "down"),
            target("node", "n:1", "down"),
        ]),
        jobs: [DEFAULT_JOB.to_owned()].into(),
        names: ["streamhouse_topics".to_owned()].into(),
        ..Server::default()
    }
}

#[test]
fn a_server_is_asked_for_its_targets_rules_and_times() {
    let mut server = server();
    let failing = LoadedRule {
        name: "WALSizeHigh".to_owned(),
        health: "err".to_owned(),
        last_error: "many-to-many".to_owned(),
        ..LoadedRule::default()
    };
    server.rules = Some(vec![RuleGroup { name: "g".to_owned(), rules: vec![failing], ..RuleGroup::default() }]);
    server.alertmanagers = Some(Vec::new());
    server.reloaded = Some(false);
    server.retention = Some(3_600_000);
    server.ahead = Some((-5_000, 20));
    let mut installation = installation(Vec::new());
    installation.server = Some(server);
    let report = examine(&installation);
    let said = told(&report, &["server-targets", "server-rules", "server-times", "clocks"]);
    let starts = [
        "error down: connection ␛refused",
        "error rule WALSizeHigh of group g fails: many-to-many",
        "error no Alertmanager is known to the server",
        "error the last reading of its configuration failed",
        "error samples are kept for 1h, and 1 query looks back up to 1h5m [ThroughputCollapsed]",
        "error 2 queries have windows shorter than two scrapes, one every 1m",
        "warning 1 target down that belongs to other jobs",
        "warning its clock is 5s behind this machine's",
        "warning 30 of 31 alerts are not loaded",
        "note ",
    ];
    for (said, start) in said.iter().zip(starts) {
        assert!(said.starts_with(start), "{said}\n{start}");
    }
}

#[test]
fn a_server_that_keeps_things_to_itself_is_no_error() {
    let mut installation = installation(Vec::new());
    let silent = vec!["targets: 403 Forbidden".to_owned()];
    installation.server = Some(Server { silent, targets: None, ..server() });
    let report = examine(&installation);
    assert_eq!(told(&report, &["server-targets"]), ["note not told by the server: targets: 403 Forbidden"]);
}

#[test]
fn selectors_are_promql_and_each_is_there_once() {
    let all = selectors(&[rules::builtin()], &layout::builtin(), DEFAULT_JOB, 15_000);
    assert!(all.len() > 60, "{}", all.len());
    for (selector, name) in &all {
        let query = Query::parse(selector).unwrap_or_else(|e| panic!("{selector}: {e}"));
        assert_eq!(case::selector(&query.selectors()[0]), *selector);
        assert!(name.is_none() || selector.contains(name.as_deref().unwrap_or_default()));
    }
    let quoted = [Matcher::equal("a.b", "x\"y\\z")];
    let written = case::selector(&quoted);
    assert_eq!(
        Query::parse(&format!("{{__name__=\"m\",{}", &written[1..])).expect(&written).selectors()[0][1],
        quoted[0]
    );
}

#[test]
fn hostile_bodies_are_survived() {
    let deep = format!("x{} 1\n", "{".repeat(100_000));
    let long = format!("x{{a=\"{}\"}} 1\n", "é".repeat(200_000));
    let many = "x{a=\"b\"} 1 1 1\n".repeat(1_000);
    let nul = "\0\0\0\nx 1\n\u{202e}evil 1\n";
    for body in
        ["", "\n", "{", "x", "# TYPE", "# HELP x \u{1b}[2J\nx 1\n", &deep, &long, &many, nul, "x{le=\"NaN\"} NaN\n"]
    {
        let report = examine(&bare(vec![visit("a\u{1b}:1", body)]));
        let text = format!("{report:?}");
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\0']), "{}", &text[..text.len().min(300)]);
    }
}

/// Panels of a dashboard from elsewhere, one an expression as it stands in JSON.
fn foreign(exprs: &[&str]) -> Vec<Dashboard> {
    let panel = |(i, expr): (usize, &&str)| {
        format!("{{\"type\": \"stat\", \"title\": \"P{i}\", \"targets\": [{{\"expr\": \"{expr}\"}}]}}")
    };
    let panels: Vec<_> = exprs.iter().enumerate().map(panel).collect();
    let variables = "{\"name\": \"job\", \"type\": \"query\", \"query\": \"label_values(up, job)\", \"current\": {\"value\": \"theirs\"}}, \
                     {\"name\": \"window\", \"type\": \"interval\", \"query\": \"2m,1h\"}, \
                     {\"name\": \"n\", \"type\": \"textbox\"}";
    let text = format!(
        "{{\"title\": \"T\", \"templating\": {{\"list\": [{variables}]}}, \"panels\": [{}]}}",
        panels.join(", ")
    );
    vec![layout::import("x.json", text.as_bytes()).expect("a dashboard").dashboard]
}

#[test]
fn a_dashboard_from_elsewhere_sees_what_its_variables_may_stand_for() {
    let all = [
        "rate(a_total{job=\\\"$job\\\"}[$__rate_interval])",
        "topk($n, increase(a_total{instance=~\\\"$job.*\\\", job!=\\\"$job\\\"}[$window]))",
        "a_total{job=\\\"${job}\\\", instance=\\\"b:1\\\"}",
        "b_total{job=~\\\"$job\\\"}",
    ];
    let dashboards = foreign(&all);
    let visits = vec![visit("a:1", "# TYPE a_total counter\na_total 1\n")];
    let report = examine(&Installation { rules: Vec::new(), dashboards, ..installation(visits) });
    let found = told(&report, &["panels"]);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].contains("1 of 4 panels can never show anything") && found[0].contains("P3 (x): b_total"),
        "{found:#?}"
    );
    assert!(found[1].contains("1 of 4 panels show nothing yet") && found[1].contains("P2 (x): "), "{found:#?}");
    assert!(!format!("{report:?}").contains('\u{f8ff}'), "what stands for anything is not shown");
}

#[test]
fn windows_that_follow_the_scrape_interval_are_never_too_short() {
    let dashboards = foreign(&["rate(a_total[$__rate_interval])", "rate(a_total[$window])", "rate(a_total[20s])"]);
    let labels = [("job", DEFAULT_JOB), ("instance", "a:1")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    let target = ActiveTarget {
        labels: labels.into(),
        health: "up".to_owned(),
        scrape_interval: "15s".to_owned(),
        scrape_timeout: "10s".to_owned(),
        ..ActiveTarget::default()
    };
    let server = Server { targets: Some(vec![target]), ..Server::default() };
    let installation = Installation { rules: Vec::new(), dashboards, server: Some(server), ..installation(Vec::new()) };
    let found = told(&examine(&installation), &["server-times"]);
    assert_eq!(found, ["error 1 query has a window shorter than two scrapes, one every 15s [P2 (x): [20s]]"]);
}

#[test]
fn a_timestamp_at_the_end_of_time_is_only_far_off() {
    let body = format!("a 1 {}\nb 1 {}\n", i64::MIN, i64::MAX);
    let found = told(&examine(&bare(vec![visit("a:1", &body)])), &["timestamps"]);
    assert!(found.iter().any(|f| f.contains("in the future")) && found.len() == 3, "{found:#?}");
}
