//! Functions of the samples of a window. Uses `aggregate`, `error`, `eval`, `kahan` and `series`.

use crate::promql::aggregate;
use crate::promql::error::{Error, Reason};
use crate::promql::eval::{Evaluator, Row, Val};
use crate::promql::kahan::{Mean, Sum};
use crate::promql::read::Cutter;
use crate::promql::tree::Call;
use crate::series::{Counted, GAP, Sample, Timestamp, Window};

use super::{Over, label, seconds};

/// Refuses scalar arguments that a function cannot work with, once there is something to work on.
pub(super) fn check(name: &str, scalars: &[f64]) -> Result<(), Error> {
    if name != "double_exponential_smoothing" {
        return Ok(());
    }
    for (factor, what) in scalars.iter().zip(["smoothing", "trend"]) {
        if *factor <= 0.0 || *factor >= 1.0 {
            let what = format!("invalid {what} factor, expected: 0 < factor < 1, got: {factor}");
            return Err(Error::new(Reason::Argument(what)));
        }
    }
    Ok(())
}

pub(super) fn avg(w: &Over<'_>) -> Option<f64> {
    let (first, rest) = w.samples.split_first()?;
    let mut mean = Mean::new(first.v);
    for s in rest {
        mean.add(s.v);
    }
    Some(mean.value())
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that the function table asks for")]
pub(super) fn sum(w: &Over<'_>) -> Option<f64> {
    let mut sum = Sum::default();
    for s in w.samples {
        sum.add(s.v);
    }
    Some(sum.total())
}

/// The sample that `beats` all before it; any number beats NaN.
fn best(w: &Over<'_>, beats: impl Fn(f64, f64) -> bool) -> Option<Sample> {
    w.samples.iter().copied().reduce(|best, s| if best.v.is_nan() || beats(s.v, best.v) { s } else { best })
}

pub(super) fn max(w: &Over<'_>) -> Option<f64> {
    best(w, |a, b| a > b).map(|s| s.v)
}

pub(super) fn min(w: &Over<'_>) -> Option<f64> {
    best(w, |a, b| a < b).map(|s| s.v)
}

/// Of equals the latest.
pub(super) fn ts_of_max(w: &Over<'_>) -> Option<f64> {
    best(w, |a, b| a >= b).map(|s| seconds(s.t))
}

/// Of equals the latest.
pub(super) fn ts_of_min(w: &Over<'_>) -> Option<f64> {
    best(w, |a, b| a <= b).map(|s| seconds(s.t))
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that the function table asks for")]
pub(super) fn variance(w: &Over<'_>) -> Option<f64> {
    let (mut count, mut mean, mut squares) = (0.0, Sum::default(), Sum::default());
    for s in w.samples {
        count += 1.0;
        let delta = s.v - mean.total();
        mean.add(delta / count);
        squares.add(delta * (s.v - mean.total()));
    }
    Some(squares.total() / count)
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that the function table asks for")]
pub(super) fn changes(w: &Over<'_>) -> Option<f64> {
    let differ = |p: &&[Sample]| p[0].v != p[1].v && !(p[0].v.is_nan() && p[1].v.is_nan());
    Some(w.samples.windows(2).filter(differ).count() as f64)
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that the function table asks for")]
pub(super) fn resets(w: &Over<'_>) -> Option<f64> {
    Some(w.samples.windows(2).filter(|p| p[1].v < p[0].v).count() as f64)
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that the function table asks for")]
pub(super) fn quantile(w: &Over<'_>) -> Option<f64> {
    let mut values: Vec<f64> = w.samples.iter().map(|s| s.v).collect();
    Some(aggregate::quantile(w.scalars.first().copied().unwrap_or(f64::NAN), &mut values))
}

/// The median distance from the median.
#[expect(clippy::unnecessary_wraps, reason = "the shape that the function table asks for")]
pub(super) fn mad(w: &Over<'_>) -> Option<f64> {
    let mut values: Vec<f64> = w.samples.iter().map(|s| s.v).collect();
    if values.iter().any(|v| v.is_nan()) {
        return Some(f64::NAN);
    }
    let median = aggregate::quantile(0.5, &mut values);
    for v in &mut values {
        *v = (*v - median).abs();
    }
    Some(aggregate::quantile(0.5, &mut values))
}

/// Slope per second and value at `origin` of the straight line with the least squares.
fn regression(samples: &[Sample], origin: Timestamp) -> (f64, f64) {
    let first = samples[0].v;
    if samples.iter().all(|s| s.v == first) {
        // A constant has no slope, exactly; rounding would give it a little one.
        return if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) };
    }
    let n = samples.len() as f64;
    let (mut x, mut y, mut xy, mut xx) = (Sum::default(), Sum::default(), Sum::default(), Sum::default());
    for s in samples {
        let at = seconds(s.t - origin);
        x.add(at);
        y.add(s.v);
        xy.add(at * s.v);
        xx.add(at * at);
    }
    let (x, y) = (x.total(), y.total());
    let covariance = xy.total() - x * y / n;
    let variance = xx.total() - x * x / n;
    let slope = covariance / variance;
    (slope, y / n - slope * x / n)
}

pub(super) fn deriv(w: &Over<'_>) -> Option<f64> {
    // An origin near the samples keeps the squares small, and with them the rounding.
    (w.samples.len() > 1).then(|| regression(w.samples, w.samples[0].t).0)
}

pub(super) fn predict_linear(w: &Over<'_>) -> Option<f64> {
    let ahead = w.scalars.first().copied().unwrap_or(f64::NAN);
    (w.samples.len() > 1).then(|| {
        let (slope, now) = regression(w.samples, w.time);
        slope * ahead + now
    })
}

pub(super) fn double_exponential_smoothing(w: &Over<'_>) -> Option<f64> {
    let (&[smoothing, trend_factor], [first, second, ..]) = (w.scalars, w.samples) else { return None };
    let mut trend = second.v - first.v;
    let (mut before, mut level) = (0.0, first.v);
    for (i, s) in w.samples.iter().enumerate().skip(1) {
        if i > 1 {
            trend = trend_factor * (level - before) + (1.0 - trend_factor) * trend;
        }
        let next = smoothing * s.v + (1.0 - smoothing) * (level + trend);
        (before, level) = (level, next);
    }
    Some(level)
}

/// 1 at the steps at which no series of the range has a sample.
pub(super) fn absent(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    let node = &call.arguments[0];
    let range = node.range().unwrap_or_default();
    let times = ev.times(node, steps);
    ev.spend(1, steps.steps())?;
    let mut values = vec![1.0; steps.steps()];
    ev.ranges(node, steps, Counted::All, |track| {
        let mut cutter = Cutter::new(track.samples);
        for (i, v) in values.iter_mut().enumerate() {
            let until = times.at(i);
            if !cutter.cut(until.saturating_sub(range), until).is_empty() {
                *v = GAP;
            }
        }
        Ok(())
    })?;
    let row = Row { labels: label::selected(node), nameless: true, values };
    Ok(Val::Vector(Some(row).filter(Row::is_there).into_iter().collect()))
}
