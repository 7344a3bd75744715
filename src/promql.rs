//! PromQL: parses queries and evaluates them over anything that can select samples. Uses `series`.
//!
//! Semantics are Prometheus 3's for float samples and classic histograms: left-open windows and look-back, staleness,
//! names dropped at the end. Conformance is judged by Prometheus' own scripts (`tests/promql.rs`).
//!
//! A text becomes tokens (`lex`) and those a checked and typed tree (`parse`, `tree`), which can be written again
//! (`print`). The evaluator (`eval`) walks the tree once: every node answers for all steps of a range at the same time,
//! labels are looked at once a series. `read` selects, `binary` and `aggregate` combine, `function` is the table of
//! functions.

mod aggregate;
mod binary;
mod error;
mod eval;
mod function;
mod group;
mod guide;
mod kahan;
mod lex;
mod measure;
mod note;
mod parse;
mod possible;
mod print;
mod read;
mod reading;
mod rename;
mod share;
mod spot;
mod tree;

use std::sync::Arc;
use std::time::Duration;

use crate::series::{Counted, Labels, Matcher, Sample, Select, Series, Timestamp, Window};

pub use error::{Error, Reason};
use eval::{Evaluator, Row, Val};
pub use guide::{Guide, guide};
pub use note::{Note, Severity};
use read::Cutter;
pub use reading::{Interest, Kept, Reading};
pub use spot::{Spot, Wanted, queries, spot};
use tree::Node;
pub use tree::Type;

/// A query that was parsed and checked. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Query(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    text: String,
    root: Node,
    /// What is asked of a query at every refresh: [`Query::lead`], [`Query::is_pinned`], [`Query::is_ordered`].
    lead: i64,
    pinned: bool,
    ordered: bool,
}

/// How to evaluate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How old, in ms, a sample may be and still stand for a step; Prometheus' default is 5 minutes.
    pub lookback: i64,
    /// Since when anything was looked at, ms since the epoch; `None` where that was long enough ago for every range. Of a
    /// range that reaches further back a rate is that of the time looked at, rather than one that grows for as long as
    /// the range is; Prometheus makes no such difference.
    pub since: Option<Timestamp>,
    /// Step, in ms, of subqueries that give none; Prometheus takes its evaluation interval, 1 minute by default.
    pub subquery_step: i64,
    /// Most samples that one query may read, over all its selectors.
    pub max_samples: usize,
    /// Most values (series times steps, over all nodes of its tree) that one query may compute.
    pub max_values: usize,
    /// Longest time that one query may take.
    pub max_time: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lookback: 300_000,
            since: None,
            subquery_step: 60_000,
            max_samples: 50_000_000,
            max_values: 50_000_000,
            max_time: Duration::from_secs(10),
        }
    }
}

/// What a query evaluates to. Arrays have one value a step of the window.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number at each step.
    Scalar(Vec<f64>),
    /// A string; of instant queries only.
    String(String),
    /// Series with a value or a gap at each step, none of them without any value. Those of a range query, and of an
    /// instant query that does not sort, come in the order of their labels.
    Vector(Vec<Series>),
    /// The samples of a range selector, in the order of their series' labels; of instant queries only.
    Matrix(Vec<(Labels, Vec<Sample>)>),
}

impl Value {
    /// The series; a scalar becomes one without labels, of a matrix each series' last sample is taken, a string is none.
    pub fn into_series(self) -> Vec<Series> {
        match self {
            Self::Scalar(values) => vec![Series { labels: Labels::empty(), values }],
            Self::String(_) => Vec::new(),
            Self::Vector(series) => series,
            Self::Matrix(tracks) => tracks
                .into_iter()
                .filter_map(|(labels, samples)| samples.last().map(|s| Series { labels, values: vec![s.v] }))
                .collect(),
        }
    }
}

impl Query {
    /// Parses and checks `text`.
    ///
    /// # Errors
    /// Text that is not PromQL as Prometheus 3 takes it, with its place: syntax, types, names of functions, regular
    /// expressions, durations out of range; more than 16 KiB, 100 nested brackets or 400 operators; parts of PromQL that
    /// concern native histograms or are behind experimental flags of Prometheus' parser.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let root = parse::parse(text)?;
        let lead = root.latest().unwrap_or(0).max(0);
        let (pinned, ordered) = (root.is_pinned(), root.is_ordered());
        Ok(Self(Arc::new(Parsed { text: text.to_owned(), root, lead, pinned, ordered })))
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The matchers of each selector, in the order of the text; a metric's name is an equal matcher on `__name__`.
    pub fn selectors(&self) -> Vec<Vec<Matcher>> {
        let mut out = Vec::new();
        self.0.root.selectors(&mut |matchers| out.push(matchers.to_vec()));
        out
    }

    /// How many ms of data before a step the query reads, with the default look-back; at least 0. Fixed times (`@`) do not
    /// count.
    pub fn reach(&self) -> i64 {
        self.0.root.reach(Options::default().lookback).max(0)
    }

    /// How many ms before a step its ranges and offsets begin, at the earliest; 0 for a query of the present alone. Fixed
    /// times (`@`) do not count.
    pub fn span(&self) -> i64 {
        self.0.root.reach(0).max(0)
    }

    /// How many ms of data after a step the query may read, because of negative offsets; at least 0. Fixed times (`@`) do
    /// not count.
    pub fn lead(&self) -> i64 {
        self.0.lead
    }

    /// Whether the value at a step may depend on a fixed time or on which other steps are asked for: `@` anywhere, or a
    /// function of the whole query's start, end, range or step.
    pub fn is_pinned(&self) -> bool {
        self.0.pinned
    }

    /// Whether the order of an instant answer means something, because something in the query sorts.
    pub fn is_ordered(&self) -> bool {
        self.0.ordered
    }

    /// The query in the one spelling that all queries of the same meaning share: white space, comments, quotes, needless
    /// parentheses, the way to write numbers and the order of matchers make no difference. It parses, to the same again.
    pub fn canonical(&self) -> String {
        self.0.root.to_string()
    }

    /// The query with the job `to` wherever a matcher names the job `from`, alone or as one alternative of a pattern. The
    /// rest of the text stays as it is. What would no longer parse, because it grew past the longest text, is left alone.
    #[must_use]
    pub fn with_job(&self, from: &str, to: &str) -> Self {
        rename::job(self.text(), from, to).and_then(|text| Self::parse(&text).ok()).unwrap_or_else(|| self.clone())
    }
}

/// A duration as PromQL writes it (`1h30m`), in ms; `None` where `word` is none.
pub fn parse_duration(word: &str) -> Option<i64> {
    lex::parse_duration(word).ok()
}

/// Evaluates `query` at every step of `window` over `data`. A window of one step is an instant query.
///
/// # Errors
/// Series that cannot be paired, duplicate labels in the result, arguments that make no sense, a budget of `options`
/// that is exceeded; a range vector or string asked for at several steps.
pub fn eval(query: &Query, window: Window, data: &dyn Select, options: &Options) -> Result<Value, Error> {
    answer(query, &Evaluator::new(data, options, window), window)
}

/// The same with what is doubtful about the answer, each thing once, at most 32 of them.
///
/// # Errors
/// As [`eval()`].
pub fn eval_with_notes(
    query: &Query,
    window: Window,
    data: &dyn Select,
    options: &Options,
) -> Result<(Value, Vec<Note>), Error> {
    let ev = Evaluator::new(data, options, window);
    let value = answer(query, &ev, window)?;
    Ok((value, ev.notes.take()))
}

fn answer(query: &Query, ev: &Evaluator<'_>, window: Window) -> Result<Value, Error> {
    let root = &query.0.root;
    let kind = root.type_of();
    if !window.is_instant() && matches!(kind, Type::Matrix | Type::Text) {
        let what = format!("a query over time must be a scalar or an instant vector, this is a {}", kind.name());
        return Err(Error::mismatch(what, root.place));
    }
    ev.spend(1, window.steps())?;
    if kind == Type::Matrix {
        return matrix(ev, root, window);
    }
    Ok(match ev.eval(root, window)? {
        Val::Scalar(values) => Value::Scalar(values),
        Val::Text(text) => Value::String(text),
        Val::Vector(rows) => {
            let keeps_order = window.is_instant() && query.is_ordered();
            Value::Vector(finish(rows, keeps_order)?)
        }
    })
}

/// Drops the names that were to go, joins what is the same series then, and sorts.
fn finish(mut rows: Vec<Row>, keeps_order: bool) -> Result<Vec<Series>, Error> {
    rows.retain(Row::is_there);
    let mut renamed = false;
    for row in rows.iter_mut().filter(|row| row.nameless && row.labels.metric().is_some()) {
        row.labels = row.labels.without_metric();
        renamed = true;
    }
    if !keeps_order {
        rows.sort_by(|a, b| a.labels.cmp(&b.labels));
    }
    let neighbours = |rows: &[Row]| rows.windows(2).any(|pair| pair[0].labels == pair[1].labels);
    if renamed && (keeps_order || neighbours(&rows)) {
        rows = eval::merge(rows)?;
    }
    Ok(rows.into_iter().map(|row| Series { labels: row.labels, values: row.values }).collect())
}

fn matrix(ev: &Evaluator<'_>, root: &Node, window: Window) -> Result<Value, Error> {
    let range = root.range().unwrap_or_default();
    let until = ev.times(root, window).at(0);
    let mut tracks = Vec::new();
    ev.ranges(root, window, Counted::All, |track| {
        let samples = Cutter::new(track.samples).cut(until.saturating_sub(range), until);
        if !samples.is_empty() {
            let labels = if track.nameless { track.labels.without_metric() } else { track.labels.clone() };
            tracks.push((labels, samples.to_vec()));
        }
        Ok(())
    })?;
    tracks.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(Value::Matrix(tracks))
}

#[cfg(test)]
mod tests;
