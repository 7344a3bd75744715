//! Classic histograms: series with a label `le`, counts cumulative. Uses `error`, `eval`, `tree` and `series`.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::promql::aggregate::format_value;
use crate::promql::error::{Error, Reason};
use crate::promql::eval::{Evaluator, Row, Val};
use crate::promql::tree::{Call, Node};
use crate::series::{GAP, Labels, Window, is_gap};

use super::Scalars;
use super::label::text;

/// The label with a bucket's upper bound.
const BOUND: &str = "le";

/// One bucket at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bucket {
    /// Inclusive upper bound.
    bound: f64,
    /// Observations up to the bound.
    count: f64,
}

/// The series of one histogram, by ascending bound.
struct Histogram {
    labels: Labels,
    buckets: Vec<(f64, Vec<f64>)>,
}

/// The histograms of a vector; series without a readable `le` are left out and noted, as in Prometheus.
fn histograms(ev: &Evaluator<'_>, node: &Node, steps: Window) -> Result<Vec<Histogram>, Error> {
    let mut by_labels: FxHashMap<Labels, usize> = FxHashMap::default();
    let mut out: Vec<Histogram> = Vec::new();
    for row in ev.vector(node, steps)? {
        let text = row.labels.get(BOUND).unwrap_or_default();
        let Some(bound) = text.parse::<f64>().ok().filter(|b| !b.is_nan()) else {
            ev.notes.bound(text, row.labels.metric(), node.place);
            continue;
        };
        let labels = row.labels.filtered(|name| name != BOUND);
        let at = *by_labels.entry(labels.clone()).or_insert(out.len());
        if at == out.len() {
            out.push(Histogram { labels, buckets: Vec::new() });
        }
        out[at].buckets.push((bound, row.values));
    }
    for histogram in &mut out {
        histogram.buckets.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal));
    }
    Ok(out)
}

/// A quantile of classic buckets, noted where they had to be lifted for it.
struct Quantile<'e> {
    ev: &'e Evaluator<'e>,
    /// The buckets.
    of: &'e Node,
}

impl Quantile<'_> {
    fn row(&self, h: &Histogram, labels: Labels, q: &[f64]) -> Option<Row> {
        let mut lifted = false;
        let row = h.row(labels, q.len(), |i, buckets| bucket_quantile(q[i], buckets, &mut lifted));
        if lifted {
            self.ev.notes.lifted(h.labels.metric(), self.of.place);
        }
        row
    }
}

impl Histogram {
    /// The buckets that are there at step `i`, those with the same bound added up.
    fn at(&self, i: usize, out: &mut Vec<Bucket>) {
        out.clear();
        for (bound, values) in &self.buckets {
            let count = values[i];
            match out.last_mut() {
                _ if is_gap(count) => {}
                Some(last) if last.bound == *bound => last.count += count,
                _ => out.push(Bucket { bound: *bound, count }),
            }
        }
    }

    fn row(&self, labels: Labels, steps: usize, mut of: impl FnMut(usize, &mut [Bucket]) -> f64) -> Option<Row> {
        let mut buckets = Vec::new();
        let value = |i| {
            self.at(i, &mut buckets);
            if buckets.is_empty() { GAP } else { of(i, &mut buckets) }
        };
        let values = (0..steps).map(value).collect();
        Some(Row { labels, nameless: true, values }).filter(Row::is_there)
    }
}

/// `histogram_quantile(q, v)`
pub(super) fn quantile(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    let q = ev.scalar(&call.arguments[0], steps)?;
    ev.notes.quantiles(&q, call.arguments[0].place);
    let histograms = histograms(ev, &call.arguments[1], steps)?;
    ev.spend(histograms.len(), steps.steps())?;
    let quantile = Quantile { ev, of: &call.arguments[1] };
    Ok(Val::Vector(histograms.iter().filter_map(|h| quantile.row(h, h.labels.clone(), &q)).collect()))
}

/// `histogram_quantiles(v, label, q…)`: one series a quantile, which becomes a label.
pub(super) fn quantiles(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    let histograms = histograms(ev, &call.arguments[0], steps)?;
    let label = text(&call.arguments[1]);
    let quantiles = Scalars::eval(ev, &call.arguments[2..], steps)?;
    ev.spend(histograms.len() * quantiles.0.len(), steps.steps())?;
    let mut rows = Vec::new();
    let quantile = Quantile { ev, of: &call.arguments[0] };
    for (q, node) in quantiles.0.iter().zip(&call.arguments[2..]) {
        ev.notes.quantiles(q, node.place);
        for h in &histograms {
            let first = q.first().copied().unwrap_or(f64::NAN);
            let labels = h.labels.with(label, &format_quantile(first));
            rows.extend(quantile.row(h, labels, q));
        }
    }
    Ok(Val::Vector(rows))
}

/// As OpenMetrics writes it: whole numbers with `.0`.
fn format_quantile(q: f64) -> String {
    let text = format_value(q);
    if q.is_finite() && q.fract() == 0.0 { format!("{text}.0") } else { text }
}

/// `histogram_fraction(lower, upper, v)`
pub(super) fn fraction(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    let lower = ev.scalar(&call.arguments[0], steps)?;
    let upper = ev.scalar(&call.arguments[1], steps)?;
    let histograms = histograms(ev, &call.arguments[2], steps)?;
    ev.spend(histograms.len(), steps.steps())?;
    let row = |h: &Histogram| {
        h.row(h.labels.clone(), steps.steps(), |i, buckets| bucket_fraction(lower[i], upper[i], buckets))
    };
    Ok(Val::Vector(histograms.iter().filter_map(row).collect()))
}

/// Functions of native histograms, of which a store of floats has none: nothing, as in Prometheus.
pub(super) fn native_only(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    match call.arguments.first() {
        Some(argument) => ev.vector(argument, steps).map(|_| Val::Vector(Vec::new())),
        None => Err(Error::new(Reason::Argument(format!("{}() takes a vector", call.function.name)))),
    }
}

/// The value below which the share `q` of the observations lies, linear inside of a bucket. NaN without observations or
/// without a bucket up to +Inf. Says in `lifted` where counts fell.
fn bucket_quantile(q: f64, buckets: &mut [Bucket], lifted: &mut bool) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let Some(last) = buckets.len().checked_sub(1).filter(|&last| buckets[last].bound == f64::INFINITY) else {
        return f64::NAN;
    };
    *lifted |= make_monotonic(buckets);
    let observations = buckets[last].count;
    if last == 0 || observations == 0.0 || observations.is_nan() {
        return f64::NAN;
    }
    let rank = q * observations;
    let at = buckets[..last].partition_point(|b| b.count < rank);
    if at == last {
        // How far up the last bucket reaches is not known: its lower bound is the best there is.
        return buckets[last - 1].bound;
    }
    if at == 0 && buckets[0].bound <= 0.0 {
        return buckets[0].bound;
    }
    // The first bucket is taken to start at zero.
    let below = if at == 0 { Bucket { bound: 0.0, count: 0.0 } } else { buckets[at - 1] };
    let share = (rank - below.count) / (buckets[at].count - below.count);
    below.bound + (buckets[at].bound - below.bound) * share
}

/// Cumulative counts that fall were scraped or summed inconsistently. They are lifted to the count before; so are those
/// that differ only by rounding, but that is not worth a word: whether more than rounding was mended.
fn make_monotonic(buckets: &mut [Bucket]) -> bool {
    const TOLERANCE: f64 = 1e-12;
    let mut before = match buckets.first() {
        Some(first) => first.count,
        None => return false,
    };
    let mut lifted = false;
    for bucket in &mut buckets[1..] {
        let same = almost_equal(before, bucket.count, TOLERANCE);
        if same || bucket.count < before {
            lifted |= !same;
            bucket.count = before;
        } else {
            before = bucket.count;
        }
    }
    lifted
}

/// Whether two numbers differ by less than `tolerance` of their sum.
fn almost_equal(a: f64, b: f64, tolerance: f64) -> bool {
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < tolerance * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < tolerance
}

/// The share of observations in `(lower, upper]`, linear inside of a bucket.
fn bucket_fraction(lower: f64, upper: f64, buckets: &[Bucket]) -> f64 {
    let Some(last) = buckets.last().filter(|b| b.bound == f64::INFINITY) else { return f64::NAN };
    let count = last.count;
    if count == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    (rank_of(upper, buckets) - rank_of(lower, buckets)) / count
}

/// How many observations are at most `v`.
fn rank_of(v: f64, buckets: &[Bucket]) -> f64 {
    let count = buckets.last().map_or(0.0, |b| b.count);
    // Buckets that start above zero hold nothing negative, so the first one starts at zero.
    let mut from = if buckets.first().is_some_and(|b| b.bound > 0.0) { 0.0 } else { f64::NEG_INFINITY };
    let mut rank = 0.0;
    for b in buckets {
        if from >= v {
            return f64::min(rank, count);
        }
        if b.bound > v {
            // A bucket of infinite width says nothing about where in it its observations are: below, all of them count;
            // above, none.
            let inside = if from == f64::NEG_INFINITY {
                b.count
            } else {
                rank + (b.count - rank) * (v - from) / (b.bound - from)
            };
            return f64::min(inside, count);
        }
        rank = b.count;
        from = b.bound;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(pairs: &[(f64, f64)]) -> Vec<Bucket> {
        pairs.iter().map(|&(bound, count)| Bucket { bound, count }).collect()
    }

    fn bucket_quantile(q: f64, buckets: &mut [Bucket]) -> f64 {
        super::bucket_quantile(q, buckets, &mut false)
    }

    #[test]
    fn quantiles_need_a_bucket_without_upper_bound_and_observations() {
        assert!(bucket_quantile(0.5, &mut buckets(&[(1.0, 1.0), (2.0, 2.0)])).is_nan());
        assert!(bucket_quantile(0.5, &mut buckets(&[(1.0, 0.0), (f64::INFINITY, 0.0)])).is_nan());
        assert!(bucket_quantile(0.5, &mut buckets(&[(f64::INFINITY, 3.0)])).is_nan());
        assert!(bucket_quantile(0.5, &mut buckets(&[(1.0, f64::NAN), (f64::INFINITY, f64::NAN)])).is_nan());
    }

    #[test]
    fn a_quantile_in_the_last_bucket_is_its_lower_bound() {
        assert_eq!(bucket_quantile(0.99, &mut buckets(&[(1.0, 1.0), (5.0, 2.0), (f64::INFINITY, 10.0)])), 5.0);
    }

    #[test]
    fn falling_counts_are_lifted() {
        let mut falling = buckets(&[(0.1, 20.0), (1.0, 10.0), (10.0, 50.0), (100.0, 40.0), (f64::INFINITY, 80.0)]);
        assert!(make_monotonic(&mut falling));
        assert_eq!(falling.iter().map(|b| b.count).collect::<Vec<_>>(), [20.0, 20.0, 50.0, 50.0, 80.0]);
    }
}
