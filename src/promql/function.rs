//! The functions: one table, a row each. Uses `error`, `eval`, `read`, `tree` and `series`.
//!
//! A new function is a new row of [`TABLE`]; what it computes lives in the file of its kind.

mod date;
mod extrapolate;
mod histogram;
mod label;
mod order;
mod over_time;
mod point;

use std::ops::Range;

use crate::series::{Counted, GAP, Labels, Sample, Timestamp, Window, is_gap};

use super::error::{Error, Reason};
use super::eval::{Evaluator, Passing, Row, Val, keep};
use super::read::Cutter;
use super::tree::{Call, Node, Type};
use date::Moment;

/// One function of PromQL.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    takes: &'static [Type],
    more: More,
    pub(super) returns: Type,
    run: Run,
}

/// How many arguments beside those of `takes`.
#[derive(Debug, Clone, Copy)]
enum More {
    /// Exactly the listed ones.
    None,
    /// The last one may be left out or stand up to so many times.
    UpTo(usize),
    /// The last one may be left out or stand any number of times.
    Any,
}

/// How a function is computed.
#[derive(Debug, Clone, Copy)]
enum Run {
    /// A number from a number.
    Each(fn(f64) -> f64),
    /// A number, or nothing, from a number and the scalar arguments.
    EachWith(fn(f64, &[f64]) -> Option<f64>),
    /// A part of a date, of the step's time where there is no argument.
    Date(fn(&Moment) -> f64),
    /// A number, or nothing, from the samples of a window.
    Over(fn(&Over<'_>) -> Option<f64>),
    /// The same for functions of counters, which want to know where these were restarted.
    Count(fn(&Over<'_>) -> Option<f64>),
    /// The same for functions that keep the metric's name, because they pick a sample rather than compute one.
    Pick(fn(&Over<'_>) -> Option<f64>),
    /// A scalar from scalars.
    Scalar(fn(&Clock, &[f64]) -> f64),
    /// Anything else.
    Whole(fn(&Evaluator<'_>, &Call, Window) -> Result<Val, Error>),
}

/// A window of samples of one series and what is known about it.
pub(super) struct Over<'a> {
    /// At least one, ascending, no staleness markers.
    samples: &'a [Sample],
    /// Where the series falls from one of `samples` to the next; of [`Run::Count`] only.
    falls: &'a [Fall],
    /// The window is `(after, until]`, ms.
    after: Timestamp,
    until: Timestamp,
    /// The step's time, which `@` and `offset` leave alone, ms.
    time: Timestamp,
    /// The scalar arguments at this step.
    scalars: &'a [f64],
}

/// A sample that is lower than the one before it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fall {
    /// Its place among the samples of the series.
    at: usize,
    /// The value before.
    from: f64,
}

/// The time of a step and of the query, ms.
struct Clock {
    time: Timestamp,
    query: Window,
}

/// The shortest time, ms, that a rate is taken over where no more was looked at.
const LEAST: i64 = 5_000;

const SCALAR: &[Type] = &[Type::Scalar];
const VECTOR: &[Type] = &[Type::Vector];
const MATRIX: &[Type] = &[Type::Matrix];
const NOTHING: &[Type] = &[];

const fn row(name: &'static str, takes: &'static [Type], more: More, returns: Type, run: Run) -> Function {
    Function { name, takes, more, returns, run }
}

const fn each(name: &'static str, f: fn(f64) -> f64) -> Function {
    row(name, VECTOR, More::None, Type::Vector, Run::Each(f))
}

const fn date(name: &'static str, f: fn(&Moment) -> f64) -> Function {
    row(name, VECTOR, More::UpTo(1), Type::Vector, Run::Date(f))
}

const fn over(name: &'static str, f: fn(&Over<'_>) -> Option<f64>) -> Function {
    row(name, MATRIX, More::None, Type::Vector, Run::Over(f))
}

const fn count(name: &'static str, f: fn(&Over<'_>) -> Option<f64>) -> Function {
    row(name, MATRIX, More::None, Type::Vector, Run::Count(f))
}

const fn clock(name: &'static str, f: fn(&Clock, &[f64]) -> f64) -> Function {
    row(name, NOTHING, More::None, Type::Scalar, Run::Scalar(f))
}

const fn whole(
    name: &'static str,
    takes: &'static [Type],
    more: More,
    f: fn(&Evaluator<'_>, &Call, Window) -> Result<Val, Error>,
) -> Function {
    row(name, takes, more, Type::Vector, Run::Whole(f))
}

use Type::{Matrix, Scalar, Text, Vector};

/// Every function, by name.
static TABLE: &[Function] = &[
    each("abs", f64::abs),
    whole("absent", VECTOR, More::None, point::absent),
    whole("absent_over_time", MATRIX, More::None, over_time::absent),
    each("acos", f64::acos),
    each("acosh", f64::acosh),
    each("asin", f64::asin),
    each("asinh", f64::asinh),
    each("atan", f64::atan),
    each("atanh", f64::atanh),
    over("avg_over_time", over_time::avg),
    each("ceil", f64::ceil),
    over("changes", over_time::changes),
    row("clamp", &[Vector, Scalar, Scalar], More::None, Vector, Run::EachWith(point::clamp)),
    row("clamp_max", &[Vector, Scalar], More::None, Vector, Run::EachWith(point::clamp_max)),
    row("clamp_min", &[Vector, Scalar], More::None, Vector, Run::EachWith(point::clamp_min)),
    each("cos", f64::cos),
    each("cosh", point::cosh),
    over("count_over_time", |w| Some(w.samples.len() as f64)),
    date("day_of_month", |m| f64::from(m.day)),
    date("day_of_week", |m| f64::from(m.weekday())),
    date("day_of_year", |m| f64::from(m.day_of_year())),
    date("days_in_month", |m| f64::from(m.days_in_month())),
    each("deg", point::deg),
    over("delta", extrapolate::delta),
    over("deriv", over_time::deriv),
    row(
        "double_exponential_smoothing",
        &[Matrix, Scalar, Scalar],
        More::None,
        Vector,
        Run::Over(over_time::double_exponential_smoothing),
    ),
    clock("end", |c, _| seconds(c.query.end)),
    each("exp", f64::exp),
    row("first_over_time", MATRIX, More::None, Vector, Run::Pick(|w| w.samples.first().map(|s| s.v))),
    each("floor", f64::floor),
    whole("histogram_avg", VECTOR, More::None, histogram::native_only),
    whole("histogram_count", VECTOR, More::None, histogram::native_only),
    whole("histogram_fraction", &[Scalar, Scalar, Vector], More::None, histogram::fraction),
    whole("histogram_quantile", &[Scalar, Vector], More::None, histogram::quantile),
    whole("histogram_quantiles", &[Vector, Text, Scalar, Scalar], More::UpTo(9), histogram::quantiles),
    whole("histogram_stddev", VECTOR, More::None, histogram::native_only),
    whole("histogram_stdvar", VECTOR, More::None, histogram::native_only),
    whole("histogram_sum", VECTOR, More::None, histogram::native_only),
    date("hour", |m| f64::from(m.hour)),
    over("idelta", extrapolate::idelta),
    count("increase", extrapolate::increase),
    over("irate", extrapolate::irate),
    whole("label_join", &[Vector, Text, Text, Text], More::Any, label::join),
    whole("label_replace", &[Vector, Text, Text, Text, Text], More::None, label::replace),
    row("last_over_time", MATRIX, More::None, Vector, Run::Pick(|w| w.samples.last().map(|s| s.v))),
    each("ln", f64::ln),
    each("log10", f64::log10),
    each("log2", f64::log2),
    over("mad_over_time", over_time::mad),
    row("max_of", &[Scalar, Scalar], More::None, Scalar, Run::Scalar(|_, v| point::max(v))),
    over("max_over_time", over_time::max),
    row("min_of", &[Scalar, Scalar], More::None, Scalar, Run::Scalar(|_, v| point::min(v))),
    over("min_over_time", over_time::min),
    date("minute", |m| f64::from(m.minute)),
    date("month", |m| f64::from(m.month)),
    clock("pi", |_, _| std::f64::consts::PI),
    row("predict_linear", &[Matrix, Scalar], More::None, Vector, Run::Over(over_time::predict_linear)),
    over("present_over_time", |_| Some(1.0)),
    row("quantile_over_time", &[Scalar, Matrix], More::None, Vector, Run::Over(over_time::quantile)),
    each("rad", point::rad),
    clock("range", |c, _| seconds(c.query.range())),
    count("rate", extrapolate::rate),
    over("resets", over_time::resets),
    row("round", &[Vector, Scalar], More::UpTo(1), Vector, Run::EachWith(point::round)),
    row("scalar", VECTOR, More::None, Scalar, Run::Whole(point::scalar)),
    each("sgn", point::sgn),
    each("sin", f64::sin),
    each("sinh", point::sinh),
    whole("sort", VECTOR, More::None, order::sort),
    whole("sort_by_label", &[Vector, Text], More::Any, order::sort_by_label),
    whole("sort_by_label_desc", &[Vector, Text], More::Any, order::sort_by_label_desc),
    whole("sort_desc", VECTOR, More::None, order::sort_desc),
    each("sqrt", f64::sqrt),
    clock("start", |c, _| seconds(c.query.start)),
    over("stddev_over_time", |w| over_time::variance(w).map(f64::sqrt)),
    over("stdvar_over_time", over_time::variance),
    clock("step", |c, _| if c.query.is_instant() { 0.0 } else { seconds(c.query.step) }),
    over("sum_over_time", over_time::sum),
    each("tan", f64::tan),
    each("tanh", f64::tanh),
    clock("time", |c, _| seconds(c.time)),
    whole("timestamp", VECTOR, More::None, point::timestamp),
    over("ts_of_first_over_time", |w| w.samples.first().map(|s| seconds(s.t))),
    over("ts_of_last_over_time", |w| w.samples.last().map(|s| seconds(s.t))),
    over("ts_of_max_over_time", over_time::ts_of_max),
    over("ts_of_min_over_time", over_time::ts_of_min),
    whole("vector", SCALAR, More::None, point::vector),
    date("year", |m| m.year as f64),
];

fn seconds(ms: Timestamp) -> f64 {
    ms as f64 / 1e3
}

/// The function of this name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    TABLE.iter().find(|f| f.name == name)
}

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|f| f.name)
}

impl Function {
    /// Whether the result changes with the step even where the arguments do not. Those of the query's start, end, range
    /// and step do not change, but cost nothing either.
    pub(super) fn follows_time(&self) -> bool {
        matches!(self.run, Run::Date(_) | Run::Scalar(_)) || matches!(self.name, "timestamp" | "predict_linear")
    }

    /// Whether it does nothing but sort.
    pub(super) fn sorts(&self) -> bool {
        self.name.starts_with("sort")
    }

    /// What it computes of each window, where it is a function of a range vector.
    pub(super) fn windows(&self) -> Option<Windows> {
        match self.run {
            Run::Over(f) => Some(Windows { f, nameless: true, counts: false }),
            Run::Count(f) => Some(Windows { f, nameless: true, counts: true }),
            Run::Pick(f) => Some(Windows { f, nameless: false, counts: false }),
            _ => None,
        }
    }

    /// How many arguments it takes: at least, and at most where there is a limit.
    pub(super) fn arity(&self) -> (usize, Option<usize>) {
        let listed = self.takes.len();
        match self.more {
            More::None => (listed, Some(listed)),
            More::UpTo(n) => (listed - 1, Some(listed - 1 + n)),
            More::Any => (listed - 1, None),
        }
    }

    /// The type of argument number `i` from 0; of none that it does not take.
    pub(super) fn takes(&self, i: usize) -> Option<Type> {
        self.takes.get(i).or(self.takes.last()).copied()
    }
}

pub(super) fn eval(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    match call.function.run {
        Run::Each(f) => {
            let rows = ev.vector(&call.arguments[0], steps)?;
            Ok(map(rows, f))
        }
        Run::EachWith(f) => {
            let rows = ev.vector(&call.arguments[0], steps)?;
            let scalars = Scalars::eval(ev, &call.arguments[1..], steps)?;
            Ok(map_with(rows, &scalars, steps, f))
        }
        Run::Date(f) => match call.arguments.first() {
            Some(argument) => {
                let rows = ev.vector(argument, steps)?;
                Ok(map(rows, |v| f(&Moment::at(v))))
            }
            None => now(ev, steps, f),
        },
        Run::Over(_) | Run::Count(_) | Run::Pick(_) => {
            let mut rows = Vec::new();
            if let Some(windows) = call.function.windows() {
                windows.pass(ev, call, steps, Counted::All, |series| keep(series, &mut rows))?;
            }
            Ok(Val::Vector(rows))
        }
        Run::Scalar(f) => {
            let scalars = Scalars::eval(ev, &call.arguments, steps)?;
            ev.spend(1, steps.steps())?;
            let mut at = Vec::new();
            let value = |i| f(&Clock { time: steps.at(i), query: ev.query }, scalars.at(i, &mut at));
            Ok(Val::Scalar((0..steps.steps()).map(value).collect()))
        }
        Run::Whole(f) => f(ev, call, steps),
    }
}

fn map(mut rows: Vec<Row>, f: impl Fn(f64) -> f64) -> Val {
    for row in &mut rows {
        row.nameless = true;
        row.each(&f);
    }
    Val::Vector(rows)
}

fn map_with(mut rows: Vec<Row>, scalars: &Scalars, steps: Window, f: fn(f64, &[f64]) -> Option<f64>) -> Val {
    let mut at = Vec::new();
    for i in 0..steps.steps() {
        let scalars = scalars.at(i, &mut at);
        for v in rows.iter_mut().map(|row| &mut row.values[i]).filter(|v| !is_gap(**v)) {
            *v = f(*v, scalars).unwrap_or(GAP);
        }
    }
    for row in &mut rows {
        row.nameless = true;
    }
    rows.retain(Row::is_there);
    Val::Vector(rows)
}

/// A part of each step's own date.
fn now(ev: &Evaluator<'_>, steps: Window, f: fn(&Moment) -> f64) -> Result<Val, Error> {
    ev.spend(1, steps.steps())?;
    let values = (0..steps.steps()).map(|i| f(&Moment::at(seconds(steps.at(i))))).collect();
    Ok(Val::Vector(vec![Row { labels: Labels::empty(), nameless: false, values }]))
}

/// Scalar arguments at every step.
struct Scalars(Vec<Vec<f64>>);

impl Scalars {
    fn eval(ev: &Evaluator<'_>, arguments: &[Node], steps: Window) -> Result<Self, Error> {
        arguments
            .iter()
            .filter(|a| a.type_of() == Scalar)
            .map(|a| ev.scalar(a, steps))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Those of step `i`, put into `out`.
    fn at<'o>(&self, i: usize, out: &'o mut Vec<f64>) -> &'o [f64] {
        out.clear();
        out.extend(self.0.iter().map(|values| values[i]));
        out
    }
}

/// A function of a range vector.
#[derive(Clone, Copy)]
pub(super) struct Windows {
    f: fn(&Over<'_>) -> Option<f64>,
    nameless: bool,
    counts: bool,
}

impl Windows {
    /// Series by series, all steps of each.
    pub(super) fn pass(
        self,
        ev: &Evaluator<'_>,
        call: &Call,
        steps: Window,
        counted: Counted<'_>,
        mut visit: impl FnMut(Passing<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some((range, node)) = call.arguments.iter().find_map(|a| a.range().map(|r| (r, a))) else {
            return Err(Error::new(Reason::Type("expected type range vector".to_owned())));
        };
        let scalars = Scalars::eval(ev, &call.arguments, steps)?;
        let times = ev.times(node, steps);
        let since = ev.options.since.unwrap_or(Timestamp::MIN);
        let mut at = Vec::new();
        let mut values = Vec::new();
        let counts = matches!(call.function.name, "rate" | "increase");
        let mut found = false;
        let mut falls = Vec::new();
        ev.ranges(node, steps, counted, |track| {
            ev.spend(1, steps.steps())?;
            let mut cutter = Cutter::new(track.samples);
            values.clear();
            falls.clear();
            if self.counts && has_falls(track.samples) {
                let pairs = track.samples.windows(2).enumerate();
                falls.extend(pairs.filter(|(_, p)| p[1].v < p[0].v).map(|(i, p)| Fall { at: i + 1, from: p[0].v }));
            }
            let mut any = false;
            for i in 0..steps.steps() {
                let until = times.at(i);
                let after = until.saturating_sub(range);
                let samples = cutter.cut(after, until);
                let mut value = None;
                if !samples.is_empty() {
                    ev.worked(samples.len())?;
                    let scalars = scalars.at(i, &mut at);
                    if !scalars.is_empty() {
                        over_time::check(call.function.name, scalars)?;
                    }
                    let falls = inside(&falls, cutter.place());
                    // The counts of a moment are no rate: a burst in it would stand above everything that follows.
                    let after = after.max(since.min(until.saturating_sub(LEAST)));
                    value = (self.f)(&Over { samples, falls, after, until, time: steps.at(i), scalars });
                }
                any |= value.is_some();
                values.push(value.unwrap_or(GAP));
            }
            found |= !track.samples.is_empty();
            if !any {
                return Ok(());
            }
            if counts {
                // The labels may leave the name out.
                let metric = node.metric().or(track.labels.metric());
                ev.notes.rate_of(metric.unwrap_or_default(), node.place);
            }
            visit(Passing { labels: track.labels, nameless: self.nameless || track.nameless, values: &values })
        })?;
        if let ("quantile_over_time", true, [q]) = (call.function.name, found, scalars.0.as_slice()) {
            ev.notes.quantiles(q, call.arguments[0].place);
        }
        Ok(())
    }
}

/// Whether any sample is lower than the one before it.
#[expect(clippy::needless_bitwise_bool, reason = "restarts are rare: never to stop is cheaper than to ask each time")]
fn has_falls(samples: &[Sample]) -> bool {
    let next = samples.get(1..).unwrap_or_default();
    samples.iter().zip(next).fold(false, |any, (a, b)| any | (b.v < a.v))
}

/// Those of `falls` whose both samples are among those of `range`.
fn inside(falls: &[Fall], range: Range<usize>) -> &[Fall] {
    // Restarts are rare.
    if falls.is_empty() {
        return falls;
    }
    let from = falls.partition_point(|f| f.at <= range.start);
    let to = falls.partition_point(|f| f.at < range.end);
    falls.get(from..to).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_counts_where_both_its_samples_are_in_the_window() {
        let falls = [1, 3, 4].map(|at| Fall { at, from: 0.0 });
        let found = |range| inside(&falls, range).iter().map(|f| f.at).collect::<Vec<_>>();
        assert_eq!(
            [found(0..5), found(1..4), found(3..5), found(0..1), found(4..4)],
            [vec![1, 3, 4], vec![3], vec![4], vec![], vec![]]
        );
    }

    #[test]
    fn the_table_is_sorted_and_has_no_name_twice() {
        assert!(TABLE.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn only_a_listed_argument_can_be_left_out() {
        for f in TABLE {
            assert!(matches!(f.more, More::None) || !f.takes.is_empty(), "{}", f.name);
        }
    }
}
