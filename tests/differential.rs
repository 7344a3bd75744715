//! Our evaluator against a real Prometheus with the same samples: the queries of the dashboards, the conditions of the
//! alerts and queries from a grammar, each as instant and as range queries. What is meant to differ stands in
//! `differences.rs`.
//!
//! `SHTOP_DIFFERENTIAL_SEED=7 cargo test --test differential -- --nocapture` tries other queries.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, prints what it found, and real servers need real time"
)]

#[path = "support/aloud.rs"]
mod aloud;
#[path = "differential/data.rs"]
mod data;
#[path = "differential/differences.rs"]
mod differences;
#[path = "differential/grammar.rs"]
mod grammar;
#[path = "differential/judge.rs"]
mod judge;
#[path = "support/port.rs"]
mod port;
#[path = "differential/queries.rs"]
mod queries;
#[allow(dead_code, reason = "the rules' test asks for the address")]
#[path = "differential/server.rs"]
mod server;
#[path = "differential/wire.rs"]
mod wire;
#[path = "differential/words.rs"]
mod words;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Instant;

use aloud::aloud;
use differences::{DIFFERENCES, explained, ours_of};
use grammar::Grammar;
use judge::Answer;
use server::{Asked, Server};
use shtop::promql::{self, Options, Query};
use shtop::series::Window;
use shtop::store::Store;

const SEED: u64 = 2_042;
/// How many queries the grammar writes.
const GENERATED: usize = 1_500;
/// How many differences are told in full.
const TOLD: usize = 25;
const MINUTE: i64 = 60_000;

/// Seven seconds past a minute of the data.
fn at(minutes: i64) -> i64 {
    data::BEGIN + minutes * MINUTE + 7_000
}

/// When the n-th query is asked for: at two instants and over two ranges.
fn windows(n: usize) -> [Window; 4] {
    let early = if n.is_multiple_of(2) { at(21) } else { at(38) };
    [
        Window::instant(early),
        Window::instant(at(66)),
        Window { start: at(10), end: at(30), step: 30_000 },
        Window { start: at(6), end: at(85), step: 170_000 },
    ]
}

fn texts(seed: u64) -> Vec<String> {
    let mut grammar = Grammar::new(seed, [5, 33, 64].map(|minutes| at(minutes) / 1_000).to_vec());
    let mut known = BTreeSet::new();
    let shipped = queries::dashboards()
        .into_iter()
        .chain(queries::rules())
        .chain(queries::runbooks())
        .chain(queries::ALERTS.map(str::to_owned))
        .chain(queries::EDGES.map(str::to_owned));
    let generated = std::iter::repeat_with(|| grammar.query());
    let mut texts: Vec<String> = shipped.filter(|text| known.insert(text.clone())).collect();
    texts.extend(generated.filter(|text| known.insert(text.clone())).take(GENERATED));
    texts
}

fn ours(text: &str, window: Window, store: &Store) -> Answer {
    let outcome = Query::parse(&ours_of(text)).and_then(|q| promql::eval(&q, window, store, &Options::default()));
    Answer::ours(outcome, window)
}

/// How a query went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Refused,
    /// Agreed on nothing being there.
    Empty,
    Agreed,
    /// Not what 2.42 answers, and known why.
    Outside,
    Differs,
}

fn judge(asked: &Asked, theirs: &Answer, ours: &Answer) -> Result<Verdict, String> {
    let sorted = asked.window.is_instant() && asked.text.starts_with("sort");
    match Answer::difference(theirs, ours, sorted) {
        None if theirs.is_refused() => Ok(Verdict::Refused),
        None if theirs.is_empty() => Ok(Verdict::Empty),
        None => Ok(Verdict::Agreed),
        Some(_) if explained(&asked.text, theirs, ours) => Ok(Verdict::Outside),
        Some(why) => Err(why),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_is_answered_as_prometheus_answers_it() {
    let start = Instant::now();
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path()).await;
    let version = server.version().await;
    let store = data::store(SEED);
    let all = data::everything(&store);
    server.write(&all).await;
    let samples: usize = all.iter().map(|(_, samples)| samples.len()).sum();

    let seed = std::env::var("SHTOP_DIFFERENTIAL_SEED").map_or(SEED, |seed| seed.parse().expect("a seed is a number"));
    let texts = texts(seed);
    let windows_of = |(n, text): (usize, &String)| windows(n).map(|window| Asked { text: text.clone(), window });
    let asked: Vec<Asked> = texts.iter().enumerate().flat_map(windows_of).collect();
    let theirs = server.ask(&asked).await;
    let mut verdicts = Vec::new();
    let mut told = String::new();
    for (asked, theirs) in asked.chunks(4).zip(theirs.chunks(4)) {
        let mut verdict = Verdict::Refused;
        for (asked, theirs) in asked.iter().zip(theirs) {
            let (theirs, ours) = (Answer::theirs(theirs), ours(&asked.text, asked.window, &store));
            verdict = verdict.max(judge(asked, &theirs, &ours).unwrap_or_else(|why| {
                let why: String = why.chars().take(600).collect();
                writeln!(told, "\n{}\n  {:?}\n  {why}", asked.text, asked.window).expect("a string takes it");
                Verdict::Differs
            }));
        }
        verdicts.push(verdict);
    }

    let count = |wanted: &[Verdict]| verdicts.iter().filter(|v| wanted.contains(v)).count();
    let (agree, empty) = (count(&[Verdict::Agreed, Verdict::Empty]), count(&[Verdict::Empty]));
    let (refused, outside, differ) =
        (count(&[Verdict::Refused]), count(&[Verdict::Outside]), count(&[Verdict::Differs]));
    let mut summary = format!(
        "differential: Prometheus {version}, {} series, {samples} samples, {:.0} s\n\
         differential: {agree} queries × instant and range agree ({empty} of them on nothing), {differ} differ, \
         {refused} refused by both, {outside} outside of 2.42's language\n\
         differential: {} known differences:",
        all.len(),
        start.elapsed().as_secs_f64(),
        DIFFERENCES.len(),
    );
    for d in &DIFFERENCES {
        write!(summary, "\n  {}: theirs {}; ours {} ({:?})", d.what, d.theirs, d.ours, d.reason)
            .expect("a string takes it");
    }
    aloud(summary);
    let first: Vec<&str> = told.split_inclusive("\n\n").take(TOLD).collect();
    assert_eq!(differ, 0, "{}", first.concat());
    assert!(agree - empty > texts.len() / 2, "only {} queries of {} find anything", agree - empty, texts.len());
    assert!(refused > texts.len() / 50, "only {refused} queries are wrong: the grammar no longer breaks any");
}

#[test]
fn the_grammar_writes_every_function_and_operator() {
    let texts = texts(SEED).join("\n");
    for word in words::FUNCTIONS.iter().chain(&words::OPERATORS) {
        assert!(texts.contains(word), "{word} is in no query");
    }
}
