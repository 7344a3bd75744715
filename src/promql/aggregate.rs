//! Aggregations: many series to one a group, or to some of them. Uses `error`, `eval`, `group`, `kahan`, `share`, `tree`
//! and `series`.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::series::{GAP, Labels, Window, is_gap};

use super::error::{Error, Reason};
use super::eval::{Evaluator, Row, Val};
use super::group::{Grouping, Groups};
use super::kahan::{Mean, Sum};
use super::share::share;
use super::tree::{Aggregate, Form, Type};

/// An aggregation operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregator {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    Quantile,
    CountValues,
    Limitk,
    LimitRatio,
}

impl Aggregator {
    /// All of them with their names.
    pub(super) const NAMES: [(&str, Self); 14] = [
        ("sum", Self::Sum),
        ("avg", Self::Avg),
        ("min", Self::Min),
        ("max", Self::Max),
        ("count", Self::Count),
        ("group", Self::Group),
        ("stddev", Self::Stddev),
        ("stdvar", Self::Stdvar),
        ("topk", Self::Topk),
        ("bottomk", Self::Bottomk),
        ("quantile", Self::Quantile),
        ("count_values", Self::CountValues),
        ("limitk", Self::Limitk),
        ("limit_ratio", Self::LimitRatio),
    ];

    /// The one of this name, in upper or lower case.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, aggregator)| aggregator)
    }

    /// The type of its parameter, where it takes one.
    pub(super) fn parameter(self) -> Option<Type> {
        match self {
            Self::Topk | Self::Bottomk | Self::Quantile | Self::Limitk | Self::LimitRatio => Some(Type::Scalar),
            Self::CountValues => Some(Type::Text),
            _ => None,
        }
    }

    /// Whether its answer comes in a meaningful order.
    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Self::Topk | Self::Bottomk)
    }
}

/// The rows of a vector, each with the number of its group.
struct Grouped<'g> {
    rows: Vec<Row>,
    group_of: Vec<usize>,
    groups: Groups<'g>,
    steps: usize,
}

/// Nested aggregations recurse through here, so little else stands in this frame.
pub(super) fn eval(ev: &Evaluator<'_>, a: &Aggregate, steps: Window) -> Result<Val, Error> {
    let fold = Fold { ev, a, steps };
    let rows = match a.aggregator {
        Aggregator::Sum => fold.run(|v| Sum { sum: v, rest: 0.0 }, Sum::add, Sum::total),
        Aggregator::Avg => fold.run(Mean::new, Mean::add, Mean::value),
        Aggregator::Min => fold.run(|v| v, |min, v| *min = if *min > v || min.is_nan() { v } else { *min }, |v| v),
        Aggregator::Max => fold.run(|v| v, |max, v| *max = if *max < v || max.is_nan() { v } else { *max }, |v| v),
        Aggregator::Count => fold.run(|_| 1.0, |count, _| *count += 1.0, |v| v),
        Aggregator::Group => fold.run(|_| 1.0, |_, _| {}, |v| v),
        Aggregator::Stddev => fold.run(Spread::new, Spread::add, |s| s.variance().sqrt()),
        Aggregator::Stdvar => fold.run(Spread::new, Spread::add, Spread::variance),
        _ => with_parameter(ev, a, steps),
    };
    rows.map(Val::Vector)
}

/// Those aggregations that look at all values of a group at once.
fn with_parameter(ev: &Evaluator<'_>, a: &Aggregate, steps: Window) -> Result<Vec<Row>, Error> {
    let parameter = match (&a.parameter, a.aggregator.parameter()) {
        (Some(node), Some(Type::Scalar)) => {
            let values = ev.scalar(node, steps)?;
            match a.aggregator {
                Aggregator::Quantile => ev.notes.quantiles(&values, node.place),
                Aggregator::LimitRatio => ev.notes.ratios(&values, node.place),
                _ => {}
            }
            values
        }
        _ => Vec::new(),
    };
    let rows = ev.vector(&a.of, steps)?;
    select(ev, a, steps.steps(), rows, &parameter)
}

fn select(ev: &Evaluator<'_>, a: &Aggregate, n: usize, rows: Vec<Row>, parameter: &[f64]) -> Result<Vec<Row>, Error> {
    if a.aggregator == Aggregator::CountValues {
        let label = match a.parameter.as_ref().map(|p| &p.form) {
            Some(Form::Text(label)) if !label.is_empty() => label,
            _ => return Err(Error::new(Reason::Argument("invalid label name \"\"".to_owned()))),
        };
        return count_values(ev, rows, &a.grouping, label, n);
    }
    let mut groups = Groups::new(&a.grouping);
    let group_of = rows.iter().map(|row| groups.place(&row.labels)).collect();
    let grouped = Grouped { rows, group_of, groups, steps: n };
    ev.spend(grouped.groups.len(), n)?;
    match a.aggregator {
        Aggregator::Topk => choose(grouped, parameter, descending),
        Aggregator::Bottomk => choose(grouped, parameter, ascending),
        Aggregator::Limitk => choose(grouped, parameter, |_, _| Ordering::Equal),
        Aggregator::LimitRatio => limit_ratio(grouped, parameter),
        _ => Ok(grouped.quantile(parameter)),
    }
}

/// An aggregation that needs one running state a group and step.
struct Fold<'e> {
    ev: &'e Evaluator<'e>,
    a: &'e Aggregate,
    steps: Window,
}

impl Fold<'_> {
    /// One row a group: `first` of a step's first value, then `add` the others, `end` makes the result.
    fn run<A: Copy>(
        &self,
        first: impl Fn(f64) -> A,
        add: impl Fn(&mut A, f64),
        end: impl Fn(A) -> f64,
    ) -> Result<Vec<Row>, Error> {
        let n = self.steps.steps();
        let mut groups = Groups::new(&self.a.grouping);
        let mut cells: Vec<Option<A>> = Vec::new();
        let mut nameless: Vec<bool> = Vec::new();
        self.ev.pass(&self.a.of, self.steps, self.a.grouping.counted(), |series| {
            let group = groups.place_shared(series.labels);
            if group == nameless.len() {
                self.ev.spend(1, n)?;
                nameless.push(false);
                cells.resize(groups.len() * n, None);
            }
            nameless[group] |= series.nameless;
            for (cell, &v) in cells[group * n..].iter_mut().zip(series.values) {
                if is_gap(v) {
                    continue;
                }
                match cell {
                    Some(state) => add(state, v),
                    None => *cell = Some(first(v)),
                }
            }
            Ok(())
        })?;
        let row = |(group, nameless): (usize, bool)| Row {
            labels: groups.labels(group),
            nameless,
            values: cells[group * n..(group + 1) * n].iter().map(|cell| cell.map_or(GAP, &end)).collect(),
        };
        Ok(nameless.into_iter().enumerate().map(row).filter(Row::is_there).collect())
    }
}

/// Large before small, NaN last.
fn descending(a: f64, b: f64) -> Ordering {
    a.is_nan().cmp(&b.is_nan()).then(b.partial_cmp(&a).unwrap_or(Ordering::Equal))
}

/// Small before large, NaN last.
fn ascending(a: f64, b: f64) -> Ordering {
    a.is_nan().cmp(&b.is_nan()).then(a.partial_cmp(&b).unwrap_or(Ordering::Equal))
}

/// Running variance after Welford.
#[derive(Clone, Copy)]
struct Spread {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Spread {
    fn new(first: f64) -> Self {
        // Infinities have no distance from their mean.
        Self { count: 1.0, mean: first, squares: if first.is_finite() { 0.0 } else { f64::NAN } }
    }

    fn add(&mut self, v: f64) {
        self.count += 1.0;
        let delta = v - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (v - self.mean);
    }

    fn variance(self) -> f64 {
        self.squares / self.count
    }
}

impl Grouped<'_> {
    fn collect(&self, value: impl Fn(usize, usize) -> f64) -> Vec<Row> {
        let mut nameless = vec![false; self.groups.len()];
        for (row, &group) in self.rows.iter().zip(&self.group_of) {
            nameless[group] |= row.nameless;
        }
        let row = |(group, nameless): (usize, bool)| Row {
            labels: self.groups.labels(group),
            nameless,
            values: (0..self.steps).map(|i| value(group, i)).collect(),
        };
        nameless.into_iter().enumerate().map(row).filter(Row::is_there).collect()
    }

    /// The rows of each group.
    fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.groups.len()];
        for (row, &group) in self.group_of.iter().enumerate() {
            members[group].push(row);
        }
        members
    }

    fn quantile(&self, q: &[f64]) -> Vec<Row> {
        let mut values = Vec::new();
        let mut results = vec![GAP; self.groups.len() * self.steps];
        for (group, members) in self.members().into_iter().enumerate() {
            for (i, &q) in q.iter().enumerate() {
                values.clear();
                values.extend(members.iter().map(|&m| self.rows[m].values[i]).filter(|&v| !is_gap(v)));
                if !values.is_empty() {
                    results[group * self.steps + i] = quantile(q, &mut values);
                }
            }
        }
        self.collect(|group, i| results[group * self.steps + i])
    }
}

/// The `q`-quantile of `values`, interpolated between neighbours; NaN counts as the smallest value. Sorts `values`.
/// NaN for none, -Inf below 0 and +Inf above 1.
pub(super) fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_unstable_by(|a, b| b.is_nan().cmp(&a.is_nan()).then(a.partial_cmp(b).unwrap_or(Ordering::Equal)));
    let rank = q * (values.len() - 1) as f64;
    let lower = rank.floor();
    let upper = (lower as usize + 1).min(values.len() - 1);
    let weight = rank - lower;
    values[lower as usize] * (1.0 - weight) + values[upper] * weight
}

/// `k` of each group at each step, the first ones by `order`; of equals those that were selected first.
fn choose(grouped: Grouped<'_>, k: &[f64], order: impl Fn(f64, f64) -> Ordering) -> Result<Vec<Row>, Error> {
    if let Some(k) = k.iter().find(|k| k.is_nan() || k.abs() >= i64::MAX as f64) {
        return Err(Error::new(Reason::Argument(if k.is_nan() {
            "parameter value is NaN".to_owned()
        } else {
            format!("scalar value {k} {} int64", if *k < 0.0 { "underflows" } else { "overflows" })
        })));
    }
    let members = grouped.members();
    let mut rows = grouped.rows;
    let mut chosen: Vec<Vec<f64>> = vec![Vec::new(); rows.len()];
    // The order of the last step is the order of the answer, which only an instant query shows.
    let mut answer = Vec::new();
    let mut heap: Vec<(f64, usize)> = Vec::new();
    for (i, &k) in k.iter().enumerate() {
        let k = if k < 1.0 { 0 } else { k as usize };
        answer.clear();
        for members in &members {
            heap.clear();
            heap.extend(members.iter().map(|&m| (rows[m].values[i], m)).filter(|(v, _)| !is_gap(*v)));
            let by = |a: &(f64, usize), b: &(f64, usize)| order(a.0, b.0).then(a.1.cmp(&b.1));
            if k < heap.len() {
                if k > 0 {
                    heap.select_nth_unstable_by(k - 1, by);
                }
                heap.truncate(k);
            }
            heap.sort_unstable_by(by);
            for &(v, m) in &heap {
                let into = &mut chosen[m];
                if into.is_empty() {
                    into.resize(grouped.steps, GAP);
                }
                into[i] = v;
                answer.push(m);
            }
        }
    }
    for (row, values) in rows.iter_mut().zip(chosen) {
        row.values = values;
    }
    if grouped.steps == 1 {
        let taken = answer.into_iter().map(|m| Row {
            labels: rows[m].labels.clone(),
            nameless: rows[m].nameless,
            values: std::mem::take(&mut rows[m].values),
        });
        return Ok(taken.collect());
    }
    rows.retain(|row| !row.values.is_empty());
    Ok(rows)
}

/// About this share of the series, always the same ones; a negative share is the rest of them.
fn limit_ratio(grouped: Grouped<'_>, ratio: &[f64]) -> Result<Vec<Row>, Error> {
    if ratio.iter().any(|r| r.is_nan()) {
        return Err(Error::new(Reason::Argument("ratio value is NaN".to_owned())));
    }
    let mut rows = grouped.rows;
    for row in &mut rows {
        let offset = share(&row.labels);
        for (v, &r) in row.values.iter_mut().zip(ratio) {
            let r = r.clamp(-1.0, 1.0);
            let taken = if r >= 0.0 { offset < r } else { offset >= 1.0 + r };
            if !taken {
                *v = GAP;
            }
        }
    }
    rows.retain(Row::is_there);
    Ok(rows)
}

/// How often each value occurs at each step; the value becomes label `label`.
fn count_values(
    ev: &Evaluator<'_>,
    rows: Vec<Row>,
    grouping: &Grouping,
    label: &str,
    steps: usize,
) -> Result<Vec<Row>, Error> {
    let mut out: Vec<Row> = Vec::new();
    let mut by_labels: FxHashMap<Labels, usize> = FxHashMap::default();
    for row in rows {
        let base = grouping.project(&row.labels);
        let mut known: FxHashMap<u64, usize> = FxHashMap::default();
        for (i, &v) in row.values.iter().enumerate() {
            if is_gap(v) {
                continue;
            }
            let at = if let Some(&at) = known.get(&v.to_bits()) {
                at
            } else {
                // `without` drops the new label too where it names it.
                let dropped = matches!(grouping, Grouping::Without(names) if names.iter().any(|n| n == label));
                let labels = if dropped { base.clone() } else { base.with(label, &format_value(v)) };
                let at = *by_labels.entry(labels.clone()).or_insert(out.len());
                if at == out.len() {
                    ev.spend(1, steps)?;
                    out.push(Row { labels, nameless: false, values: vec![GAP; steps] });
                }
                known.insert(v.to_bits(), at);
                at
            };
            let count = &mut out[at].values[i];
            *count = if is_gap(*count) { 1.0 } else { *count + 1.0 };
        }
    }
    Ok(out)
}

/// The shortest decimal that reads back as `v`, without an exponent, as Go writes it.
pub(super) fn format_value(v: f64) -> String {
    if v.is_infinite() { (if v > 0.0 { "+Inf" } else { "-Inf" }).to_owned() } else { v.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_and_take_nan_for_smallest() {
        assert_eq!(quantile(0.75, &mut [4.0, 0.0, 1.0]), 2.5);
        assert!(quantile(0.2, &mut [0.0, f64::NAN, 1.0]).is_nan());
        assert_eq!(quantile(0.8, &mut [0.0, f64::NAN, 1.0]), 0.600_000_000_000_000_1);
        assert_eq!(quantile(-0.1, &mut [1.0]), f64::NEG_INFINITY);
        assert_eq!(quantile(1.1, &mut [1.0]), f64::INFINITY);
        assert!(quantile(0.5, &mut []).is_nan());
    }

    #[test]
    fn values_are_written_as_go_writes_them() {
        assert_eq!(format_value(6.0), "6");
        assert_eq!(format_value(1e21), "1000000000000000000000");
        assert_eq!(format_value(f64::NEG_INFINITY), "-Inf");
        assert_eq!(format_value(f64::NAN), "NaN");
    }
}
