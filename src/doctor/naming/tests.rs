//! The same complaints as promtool's about the same metrics.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;
use crate::doctor::case::Case;
use crate::doctor::{Installation, Visit};
use crate::series::Labels;
use crate::source::fetch::Body;

/// Metrics with every fault that promtool knows, and some that look faulty and are not.
const BAD: &str = include_str!("bad.prom");

fn complaints(text: &str) -> BTreeSet<(String, &'static str)> {
    let body = Ok(Body::new(Format::Text, text.as_bytes().to_vec()));
    let visit = Visit { name: "a".to_owned(), labels: Labels::empty(), body, trip: None };
    let installation = Installation {
        now: 0,
        job: String::new(),
        interval: 15_000,
        visits: vec![visit],
        server: None,
        rules: Vec::new(),
        dashboards: Vec::new(),
        troubles: Vec::new(),
    };
    let case = Case::new(&installation);
    let families = families(&case.readings[0]);
    families.iter().flat_map(|(name, f)| faults(name, f).into_iter().map(|(id, _)| (name.clone(), id))).collect()
}

/// What promtool says, by our names for it.
fn promtool(text: &str) -> BTreeSet<(String, &'static str)> {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("promtool runs (Debian package prometheus)");
    let mut stdin = child.stdin.take().expect("piped");
    let owned = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(owned.as_bytes()));
    let output = child.wait_with_output().expect("ends");
    writer.join().expect("does not panic").expect("written");
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{said}");
    let known = [
        ("no help text", "no-help"),
        ("\"_bucket\" suffix", "bucket"),
        ("\"_count\" suffix", "count"),
        ("\"_sum\" suffix", "sum"),
        ("\"le\" label", "le"),
        ("\"quantile\" label", "quantile"),
        ("non-counter metrics should not have", "total"),
        ("counter metrics should have", "counter-total"),
        ("use base unit", "base-unit"),
        ("abbreviated units", "abbreviated-unit"),
        ("should not include type", "type-in-name"),
        ("contain ':'", "colon"),
        ("label names should be written", "camel-case-label"),
        ("metric names should be written", "camel-case"),
    ];
    let read = |line: &str| {
        let (name, words) = line.split_once(' ').expect("a name and words");
        let id = known.iter().find(|(part, _)| words.contains(part)).unwrap_or_else(|| panic!("unknown: {line}")).1;
        (name.to_owned(), id)
    };
    said.lines().map(read).collect()
}

fn compare(text: &str) {
    let mut ours = complaints(text);
    // Promtool has nothing to say about these.
    ours.retain(|(_, id)| !matches!(*id, "no-type" | "illegal-name"));
    assert_eq!(ours, promtool(text));
}

#[test]
fn promtool_says_the_same_about_bad_metrics() {
    compare(BAD);
    let found: BTreeSet<_> = complaints(BAD).into_iter().map(|(_, id)| id).collect();
    let missing: Vec<_> =
        RULES.iter().map(|r| r.id).filter(|id| !found.contains(id) && *id != "illegal-name").collect();
    assert_eq!(missing, Vec::<&str>::new(), "a rule that no metric breaks is not tested");
}

#[test]
fn promtool_says_the_same_about_recorded_bodies() {
    for (name, body) in crate::doctor::tests::recorded("exposition", "alltypes.237mfs") {
        assert!(body.len() > 10_000, "{name}");
        compare(&body);
    }
    // Promtool knows no OpenMetrics: counters are given the names of the older format.
    for (name, body) in crate::doctor::tests::recorded("streamhouse/steady", "agent-0-server-179535181") {
        let mut text = String::new();
        for line in body.lines().filter(|line| *line != "# EOF") {
            let counter = line.strip_prefix("# TYPE ").and_then(|rest| rest.strip_suffix(" counter"));
            match counter {
                Some(family) => text.extend(["# HELP ", family, "_total Said.\n# TYPE ", family, "_total counter\n"]),
                None => text.extend([line, "\n"]),
            }
        }
        compare(&text);
        assert!(!name.is_empty());
    }
}

#[test]
fn a_counter_of_openmetrics_is_named_without_total_and_sampled_with_it() {
    let om = "# HELP x_requests R.\n# TYPE x_requests counter\nx_requests_total 1\n# EOF\n";
    let body = Ok(Body::new(Format::OpenMetrics, om.as_bytes().to_vec()));
    let visit = Visit { name: "a".to_owned(), labels: Labels::empty(), body, trip: None };
    let installation = Installation {
        now: 0,
        job: String::new(),
        interval: 15_000,
        visits: vec![visit],
        server: None,
        rules: Vec::new(),
        dashboards: Vec::new(),
        troubles: Vec::new(),
    };
    let case = Case::new(&installation);
    let families = families(&case.readings[0]);
    assert_eq!(families.keys().collect::<Vec<_>>(), ["x_requests_total"]);
    assert!(families.iter().all(|(name, f)| faults(name, f).is_empty()));
}

#[test]
fn units_are_words_of_the_name() {
    for (name, found) in [
        ("took_milliseconds", Some(("milliseconds", "seconds"))),
        ("took_seconds_total", Some(("seconds", "seconds"))),
        ("len_kilometres", Some(("kilometres", "metres"))),
        ("len_metres", Some(("metres", "metres"))),
        ("k_kelvins", Some(("kelvins", "kelvin"))),
        ("a_kilo_b", None),
        ("seconds_", Some(("seconds", "seconds"))),
        ("nanosecondsx", None),
    ] {
        assert_eq!(unit(name), found, "{name}");
    }
}
