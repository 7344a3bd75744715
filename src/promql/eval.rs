//! The evaluator: walks the tree once, each node answering for all steps at the same time. Uses `aggregate`, `binary`,
//! `error`, `function`, `note`, `read`, `tree` and `series`.

use std::cell::Cell;

use rustc_hash::FxHashMap;
use tokio::time::Instant;

use crate::series::{Counted, GAP, Labels, Select, Window, is_gap};

use super::error::{Error, Reason};
use super::note::Notes;
use super::tree::{Form, Node, Type};
use super::{Options, aggregate, binary, function};

/// One series at every step of a window.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The metric's name is still among these when `nameless` is set, so that `label_replace` can see it: Prometheus
    /// drops it at the end.
    pub(super) labels: Labels,
    /// Whether the metric's name goes when the query is done.
    pub(super) nameless: bool,
    /// One a step, [`GAP`] where the series is not there.
    pub(super) values: Vec<f64>,
}

/// One series of a vector on its way to whoever asked for the vector, who may keep it or only look.
#[derive(Clone, Copy)]
pub(super) struct Passing<'r> {
    pub(super) labels: &'r Labels,
    pub(super) nameless: bool,
    pub(super) values: &'r [f64],
}

/// The value of a node at every step of a window.
#[derive(Debug)]
pub(super) enum Val {
    Scalar(Vec<f64>),
    Text(String),
    Vector(Vec<Row>),
}

pub(super) struct Evaluator<'a> {
    pub(super) data: &'a dyn Select,
    pub(super) options: &'a Options,
    /// The steps of the whole query; those of a subquery differ.
    pub(super) query: Window,
    samples: Cell<usize>,
    values: Cell<usize>,
    pub(super) notes: Notes,
    /// `None` where the limit lies beyond all time.
    deadline: Option<Instant>,
    /// What was worked on since the clock was looked at.
    work: Cell<usize>,
}

/// After so many samples or values the clock is looked at: some ten thousandths of a second.
const LOOK: usize = 1 << 16;

impl<'a> Evaluator<'a> {
    pub(super) fn new(data: &'a dyn Select, options: &'a Options, query: Window) -> Self {
        let deadline = Instant::now().checked_add(options.max_time);
        Self {
            data,
            options,
            query,
            samples: Cell::new(0),
            values: Cell::new(0),
            notes: Notes::default(),
            deadline,
            work: Cell::new(0),
        }
    }

    /// Counts what was worked on, and now and then looks at the clock.
    pub(super) fn worked(&self, n: usize) -> Result<(), Error> {
        let work = self.work.get().saturating_add(n);
        if work < LOOK {
            self.work.set(work);
            return Ok(());
        }
        self.work.set(0);
        if self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return Err(Error::new(Reason::TooSlow { limit: self.options.max_time }));
        }
        Ok(())
    }

    /// Counts samples that were read against the budget.
    pub(super) fn spend_samples(&self, samples: usize) -> Result<(), Error> {
        self.samples.set(self.samples.get().saturating_add(samples));
        let limit = self.options.max_samples;
        if self.samples.get() > limit {
            return Err(Error::new(Reason::TooManySamples { limit }));
        }
        self.worked(samples)
    }

    /// Counts rows of a value each step against the budget, before they are computed.
    pub(super) fn spend(&self, rows: usize, steps: usize) -> Result<(), Error> {
        let values = rows.saturating_mul(steps);
        self.values.set(self.values.get().saturating_add(values));
        let limit = self.options.max_values;
        if self.values.get() > limit {
            return Err(Error::new(Reason::TooManyValues { limit }));
        }
        self.worked(values)
    }

    pub(super) fn eval(&self, node: &Node, steps: Window) -> Result<Val, Error> {
        if steps.steps() == 0 {
            return Ok(nothing(node));
        }
        let leaf = matches!(node.form, Form::Number(_) | Form::Text(_));
        if node.constant && steps.steps() > 1 && !leaf {
            let once = self.eval(node, Window::instant(steps.start))?;
            return self.spread(once, steps.steps());
        }
        let outcome = match &node.form {
            Form::Negate(of) => self.eval(of, steps).map(negate),
            Form::Binary(b) => binary::eval(self, b, steps),
            Form::Aggregate(a) => aggregate::eval(self, a, steps),
            Form::Call(call) => {
                if !self.query.is_instant() && call.function.sorts() {
                    self.notes.sorted_range(node.place);
                }
                function::eval(self, call, steps)
            }
            _ => self.leaf(node, steps),
        };
        outcome.map_err(|e| e.or_at(node.place))
    }

    fn leaf(&self, node: &Node, steps: Window) -> Result<Val, Error> {
        match &node.form {
            Form::Number(number) => {
                self.spend(1, steps.steps())?;
                Ok(Val::Scalar(vec![*number; steps.steps()]))
            }
            Form::Text(text) => Ok(Val::Text(text.clone())),
            Form::Instant(selector) => {
                let mut rows = Vec::new();
                self.latest(selector, steps, Counted::All, |s| s.v, |series| keep(series, &mut rows))?;
                Ok(Val::Vector(rows))
            }
            // Range vectors have no value a step; whoever takes one reads it through `ranges`.
            _ => Err(Error::mismatch("a range vector has no value at a step; apply a function to it", node.place)),
        }
    }

    /// What was computed for one step, for all of them.
    fn spread(&self, val: Val, n: usize) -> Result<Val, Error> {
        Ok(match val {
            Val::Scalar(values) => {
                self.spend(1, n)?;
                Val::Scalar(vec![values.first().copied().unwrap_or(f64::NAN); n])
            }
            Val::Text(text) => Val::Text(text),
            Val::Vector(mut rows) => {
                self.spend(rows.len(), n)?;
                for row in &mut rows {
                    let value = row.values.first().copied().unwrap_or(GAP);
                    row.values = vec![value; n];
                }
                Val::Vector(rows)
            }
        })
    }

    /// Calls `visit` for each series of a vector. What selectors and functions of ranges compute is passed on series by
    /// series and never kept: an aggregation of many series into few needs room for the few only. Labels that do not count
    /// may be missing: most series of a large aggregation have their labels never put together.
    pub(super) fn pass(
        &self,
        node: &Node,
        steps: Window,
        counted: Counted<'_>,
        mut visit: impl FnMut(Passing<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let many = !node.constant && steps.steps() > 0 || steps.is_instant();
        match &node.form {
            Form::Instant(selector) if many => self.latest(selector, steps, counted, |s| s.v, visit),
            Form::Call(call) if many && let Some(windows) = call.function.windows() => {
                windows.pass(self, call, steps, counted, visit).map_err(|e| e.or_at(node.place))
            }
            _ => {
                for row in self.vector(node, steps)? {
                    visit(Passing { labels: &row.labels, nameless: row.nameless, values: &row.values })?;
                }
                Ok(())
            }
        }
    }

    pub(super) fn vector(&self, node: &Node, steps: Window) -> Result<Vec<Row>, Error> {
        match self.eval(node, steps)? {
            Val::Vector(rows) => Ok(rows),
            Val::Scalar(_) | Val::Text(_) => Err(Error::mismatch("expected type instant vector", node.place)),
        }
    }

    pub(super) fn scalar(&self, node: &Node, steps: Window) -> Result<Vec<f64>, Error> {
        match self.eval(node, steps)? {
            Val::Scalar(values) => Ok(values),
            Val::Vector(_) | Val::Text(_) => Err(Error::mismatch("expected type scalar", node.place)),
        }
    }
}

/// The value of a node over no steps.
fn nothing(node: &Node) -> Val {
    match (&node.form, node.type_of()) {
        (Form::Text(text), _) => Val::Text(text.clone()),
        (_, Type::Scalar) => Val::Scalar(Vec::new()),
        _ => Val::Vector(Vec::new()),
    }
}

/// Adds a passing series to `rows`.
#[expect(clippy::unnecessary_wraps, reason = "the shape that visitors have")]
pub(super) fn keep(series: Passing<'_>, rows: &mut Vec<Row>) -> Result<(), Error> {
    rows.push(Row { labels: series.labels.clone(), nameless: series.nameless, values: series.values.to_vec() });
    Ok(())
}

fn negate(val: Val) -> Val {
    match val {
        Val::Scalar(values) => Val::Scalar(values.into_iter().map(|v| -v).collect()),
        Val::Vector(mut rows) => {
            for row in &mut rows {
                row.nameless = true;
                row.each(|v| -v);
            }
            Val::Vector(rows)
        }
        text @ Val::Text(_) => text,
    }
}

impl Row {
    /// Whether there is a value at any step.
    pub(super) fn is_there(&self) -> bool {
        self.values.iter().any(|&v| !is_gap(v))
    }

    /// Puts `f(v)` in the place of every value `v`.
    pub(super) fn each(&mut self, f: impl Fn(f64) -> f64) {
        for v in &mut self.values {
            if !is_gap(*v) {
                *v = f(*v);
            }
        }
    }
}

/// Rows with the same labels become one, as long as no two of them have a value at the same step.
///
/// # Errors
/// Two rows with the same labels at the same step.
pub(super) fn merge(rows: Vec<Row>) -> Result<Vec<Row>, Error> {
    let mut by_labels: FxHashMap<Labels, usize> = FxHashMap::default();
    let mut out: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        let at = *by_labels.entry(row.labels.clone()).or_insert(out.len());
        let Some(known) = out.get_mut(at) else {
            out.push(row);
            continue;
        };
        join(known, &row)?;
    }
    Ok(out)
}

/// Adds the values of a row with the same labels.
pub(super) fn join(known: &mut Row, row: &Row) -> Result<(), Error> {
    let first = |values: &[f64]| values.iter().position(|&v| !is_gap(v)).unwrap_or(usize::MAX);
    // The earliest value decides about the name, as it does in Prometheus, where it creates the series.
    if first(&row.values) < first(&known.values) {
        known.nameless = row.nameless;
    }
    for (into, &v) in known.values.iter_mut().zip(&row.values) {
        if is_gap(v) {
            continue;
        }
        if !is_gap(*into) {
            return Err(Error::new(Reason::Duplicate(row.labels.to_string())));
        }
        *into = v;
    }
    Ok(())
}
