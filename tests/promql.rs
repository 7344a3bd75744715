//! PromQL against scripts: Prometheus' own conformance scripts, and ours for the queries of the layouts and rules.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a runner of tests fails by panicking and prints its table"
)]

#[path = "support/aloud.rs"]
mod aloud;
#[path = "promql/fixed.rs"]
mod fixed;
#[path = "promql/memory.rs"]
mod memory;
#[path = "promql/script.rs"]
mod script;

use std::path::{Path, PathBuf};

use aloud::aloud;
use memory::Memory;
use script::{Command, Eval, Expect, Noted, Wanted, When};
use shtop::promql::{self, Options, Query, Reason, Value};
use shtop::series::{Labels, Matcher, Series, Timestamp, Window, is_gap};

/// How many queries of each of Prometheus' scripts are known to pass, so that none can be lost by skipping more of them.
const FLOORS: [(&str, usize); 14] = [
    ("aggregators.test", 126),
    ("at_modifier.test", 78),
    ("collision.test", 2),
    ("functions.test", 333),
    ("histograms.test", 93),
    ("limit.test", 1),
    ("literals.test", 25),
    ("name_label_dropping.test", 30),
    ("operators.test", 142),
    ("range_queries.test", 17),
    ("selectors.test", 31),
    ("staleness.test", 17),
    ("subquery.test", 32),
    ("trig_functions.test", 19),
];

/// How a script went.
#[derive(Default)]
struct Tally {
    passed: usize,
    /// In how many ways these were asked.
    ways: usize,
    /// Left out because they are about native histograms.
    native: usize,
    /// Left out because they need an experimental parser flag.
    experimental: usize,
    failures: Vec<String>,
}

fn run(path: &Path) -> Tally {
    let text = std::fs::read_to_string(path).unwrap();
    let file = path.file_name().unwrap().to_string_lossy();
    let mut tally = Tally::default();
    let mut data = Memory::default();
    let mut natives: Vec<(Labels, Vec<Timestamp>)> = Vec::new();
    for command in script::parse(&text) {
        match command {
            Command::Clear => {
                data = Memory::default();
                natives.clear();
            }
            Command::Load(series) => {
                for s in series {
                    data.add(&s.labels, &s.samples);
                    if !s.natives.is_empty() {
                        natives.push((s.labels, s.natives));
                    }
                }
            }
            Command::Eval(eval) => match judge(&eval, &data, &natives) {
                Verdict::Passed(ways) => {
                    tally.passed += 1;
                    tally.ways += ways;
                }
                Verdict::Native => tally.native += 1,
                Verdict::Experimental => tally.experimental += 1,
                Verdict::Failed(why) => {
                    tally.failures.push(format!("{file}:{}: {}\n    {why}", eval.line, eval.query));
                }
            },
        }
    }
    tally
}

enum Verdict {
    /// In so many ways.
    Passed(usize),
    Native,
    Experimental,
    Failed(String),
}

fn judge(eval: &Eval, data: &Memory, natives: &[(Labels, Vec<Timestamp>)]) -> Verdict {
    if matches!(eval.expect, Expect::Native) {
        return Verdict::Native;
    }
    let query = match Query::parse(&eval.query) {
        Ok(query) => query,
        Err(e) if matches!(e.reason, Reason::Unsupported(_)) => return Verdict::Experimental,
        Err(e) => return check_failure(&eval.expect, &e).map_or_else(Verdict::Failed, |()| Verdict::Passed(1)),
    };
    if query.selectors().iter().any(|matchers| natives.iter().any(|native| sees(eval, &query, matchers, native))) {
        return Verdict::Native;
    }
    check(eval, &query, data).map_or_else(Verdict::Failed, Verdict::Passed)
}

/// Whether a selector of the query finds a native histogram.
fn sees(eval: &Eval, query: &Query, matchers: &[Matcher], (labels, times): &(Labels, Vec<Timestamp>)) -> bool {
    let (start, end) = match eval.when {
        When::Instant(at) => (at, at),
        When::Range { start, end, .. } => (start, end),
    };
    // Where times are moved, any time may be meant.
    let anywhere = ["@", "offset"].iter().any(|word| query.text().contains(word));
    let within = |t: &Timestamp| anywhere || (start - query.reach() < *t && *t <= end);
    matches(matchers, labels) && times.iter().any(within)
}

fn matches(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|m| m.matches(labels.get(&m.name).unwrap_or_default()))
}

fn check_failure(expect: &Expect, error: &promql::Error) -> Result<(), String> {
    match expect {
        Expect::Failure(None) => Ok(()),
        // Our messages start in lower case and may say more.
        Expect::Failure(Some(message)) if error.to_string().to_lowercase().starts_with(&message.to_lowercase()) => {
            Ok(())
        }
        Expect::Failure(Some(message)) => Err(format!("failed with {error:?}, expected {message:?}")),
        _ => Err(format!("failed: {error}")),
    }
}

/// As it stands, and as Prometheus' runner varies it: as a range query, and with its time fixed at other times. In how many
/// ways that is.
fn check(eval: &Eval, query: &Query, data: &Memory) -> Result<usize, String> {
    let window = match eval.when {
        When::Instant(at) => Window::instant(at),
        When::Range { start, end, step } => Window { start, end, step },
    };
    notes_fit(eval, query, window, data)?;
    let When::Instant(at) = eval.when else { return ask(eval, query, window, 0, data) };
    let mut ways = everywhere(eval, query, at, data)?;
    let Some(text) = fixed::fixed(&eval.query, at) else { return Ok(ways) };
    let query = Query::parse(&text).map_err(|e| format!("as {text}: {e}"))?;
    for other in if at == 0 { vec![-1_000, 0, 1_000] } else { vec![-10 * at, 0, at / 5, at, 10 * at] } {
        ways += everywhere(eval, &query, other, data).map_err(|why| format!("as {text} at {other}: {why}"))?;
    }
    Ok(ways)
}

/// Whether what is noted beside the answer is what should be, and nothing that should not.
fn notes_fit(eval: &Eval, query: &Query, window: Window, data: &Memory) -> Result<(), String> {
    let Ok((_, notes)) = promql::eval_with_notes(query, window, data, &Options::default()) else { return Ok(()) };
    for Noted { severity, wanted } in &eval.notes {
        let of_it = notes.iter().filter(|note| note.severity == *severity);
        let found: Vec<String> = of_it.map(|note| note.display(query.text())).collect();
        let fits = match wanted {
            Wanted::Nothing => found.is_empty(),
            Wanted::Anything => !found.is_empty(),
            Wanted::Text(text) => found.contains(text),
            Wanted::Pattern(pattern) => found.iter().any(|note| pattern.is_match(note)),
        };
        if !fits {
            return Err(format!("other notes: {found:?}"));
        }
    }
    Ok(())
}

/// As an instant query, and as the middle step of a range query.
fn everywhere(eval: &Eval, query: &Query, at: i64, data: &Memory) -> Result<usize, String> {
    let once = ask(eval, query, Window::instant(at), 0, data)?;
    let of_the_query = ["start()", "end()", "range()", "step()"].iter().any(|f| eval.query.contains(f));
    let instant_only = matches!(eval.expect, Expect::Text(_) | Expect::Matrix { .. } | Expect::Failure(_));
    if eval.ordered || of_the_query || instant_only {
        return Ok(once);
    }
    let window = Window { start: at - 60_000, end: at + 60_000, step: 60_000 };
    ask(eval, query, window, 1, data).map(|ways| once + ways).map_err(|why| format!("as a range: {why}"))
}

/// What is expected must be at step `middle`, or at every step of a range query's own expectation.
fn ask(eval: &Eval, query: &Query, window: Window, middle: usize, data: &Memory) -> Result<usize, String> {
    let outcome = match promql::eval(query, window, data, &Options::default()) {
        Ok(value) => compare(eval, value, middle),
        Err(e) => check_failure(&eval.expect, &e),
    };
    outcome.map(|()| 1)
}

/// Compares with what is expected; of an instant query's expectation with step `middle`.
fn compare(eval: &Eval, value: Value, middle: usize) -> Result<(), String> {
    let instant = matches!(eval.when, When::Instant(_));
    match (&eval.expect, value) {
        (Expect::Failure(_), value) => Err(format!("expected a failure, got {value:?}")),
        (Expect::Scalar(want), Value::Scalar(got)) if close(*want, got[middle]) => Ok(()),
        (Expect::Text(want), Value::String(got)) if *want == got => Ok(()),
        // A scalar over time is written as a series without labels.
        (Expect::Series(want), value @ (Value::Vector(_) | Value::Scalar(_)))
            if !matches!((instant, &value), (true, Value::Scalar(_))) =>
        {
            let got: Vec<Series> = if instant {
                let at = |s: Series| Series { labels: s.labels, values: vec![s.values[middle]] };
                value.into_series().into_iter().map(at).filter(|s| !is_gap(s.values[0])).collect()
            } else {
                value.into_series()
            };
            same(want, &got, eval.ordered)
        }
        (Expect::Matrix { start, step, series }, Value::Matrix(got)) => {
            let want: Vec<_> = series
                .iter()
                .map(|(labels, values)| {
                    let times = values.iter().enumerate().filter_map(|(i, v)| v.map(|v| (start + i as i64 * step, v)));
                    (labels.clone(), times.collect::<Vec<_>>())
                })
                .collect();
            let got: Vec<_> =
                got.into_iter().map(|(l, s)| (l, s.iter().map(|s| (s.t, s.v)).collect::<Vec<_>>())).collect();
            let equal = want.len() == got.len() && want.iter().all(|w| got.contains(w));
            if equal { Ok(()) } else { Err(format!("expected {want:?}\n    got      {got:?}")) }
        }
        // Nothing was expected, so nothing says of which type.
        (Expect::Series(want), Value::Matrix(got)) if want.is_empty() && got.is_empty() => Ok(()),
        (_, value) => Err(format!("another type: got {value:?}")),
    }
}

fn same(want: &[(Labels, Vec<Option<f64>>)], got: &[Series], ordered: bool) -> Result<(), String> {
    let fail = || {
        let want: Vec<String> = want.iter().map(|(l, v)| format!("{l} {v:?}")).collect();
        let got: Vec<String> = got
            .iter()
            .map(|s| {
                format!("{} {:?}", s.labels, s.values.iter().map(|&v| (!is_gap(v)).then_some(v)).collect::<Vec<_>>())
            })
            .collect();
        Err(format!("expected {want:#?}\n    got      {got:#?}"))
    };
    // A line without any value expects nothing.
    let want: Vec<_> = want.iter().filter(|(_, v)| v.iter().any(Option::is_some)).collect();
    if want.len() != got.len() {
        return fail();
    }
    for (i, s) in got.iter().enumerate() {
        let found =
            if ordered { want.get(i).filter(|w| w.0 == s.labels) } else { want.iter().find(|w| w.0 == s.labels) };
        let Some((_, values)) = found else { return fail() };
        for (step, &v) in s.values.iter().enumerate() {
            let fits = match values.get(step).copied().flatten() {
                Some(want) => !is_gap(v) && close(want, v),
                None => is_gap(v),
            };
            if !fits {
                return fail();
            }
        }
        if values.iter().skip(s.values.len()).any(Option::is_some) {
            return fail();
        }
    }
    Ok(())
}

/// Prometheus' own tolerance: a millionth of the sum of both.
fn close(a: f64, b: f64) -> bool {
    const EPSILON: f64 = 1e-6;
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < EPSILON * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < EPSILON
}

/// Runs every script of a directory and prints the table; the tallies by file name.
fn run_all(directory: &Path) -> Vec<(String, Tally)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "test"))
        .collect();
    paths.sort();
    let mut table = format!("{:<28} passed   ways failed  native  experimental\n", "script");
    let mut all = Vec::new();
    let mut sum = [0; 5];
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let tally = run(&path);
        let counts = [tally.passed, tally.ways, tally.failures.len(), tally.native, tally.experimental];
        table += &line(&name, counts);
        table.push('\n');
        sum.iter_mut().zip(counts).for_each(|(s, c)| *s += c);
        all.push((name, tally));
    }
    aloud(table + &line("all", sum));
    assert!(sum[1] > 4 * sum[0], "{} queries were asked in {} ways only", sum[0], sum[1]);
    all
}

fn line(name: &str, [passed, ways, failed, native, experimental]: [usize; 5]) -> String {
    format!("{name:<28} {passed:>6} {ways:>6} {failed:>6} {native:>7} {experimental:>13}")
}

fn failures(tallies: &[(String, Tally)]) -> String {
    tallies.iter().flat_map(|(_, t)| t.failures.iter().map(String::as_str)).collect::<Vec<_>>().join("\n")
}

#[test]
fn prometheus_own_scripts_pass() {
    let data = std::env::var_os("SHTOP_TESTDATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/testdata"), PathBuf::from);
    let directory = data.join("promqltest");
    if !directory.is_dir() {
        aloud(format!("NOTICE: no conformance scripts at {}: set SHTOP_TESTDATA; NOT TESTED", directory.display()));
        return;
    }
    let tallies = run_all(&directory);
    assert_eq!(failures(&tallies), "");
    for (name, floor) in FLOORS {
        let passed = tallies.iter().find(|(n, _)| n == name).map_or(0, |(_, t)| t.passed);
        assert!(passed >= floor, "{name}: {passed} passed, {floor} are known to");
    }
}

#[test]
fn our_own_scripts_pass() {
    let tallies = run_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promql"));
    assert_eq!(failures(&tallies), "");
}
