//! Functions of the value at a step. Uses `error`, `eval`, `tree` and `series`.

use crate::promql::error::Error;
use crate::promql::eval::{Evaluator, Row, Val, keep};
use crate::promql::tree::{Call, Form};
use crate::series::{Counted, GAP, Labels, Window, is_gap};

use super::{label, seconds};

pub(super) fn deg(v: f64) -> f64 {
    v * 180.0 / std::f64::consts::PI
}

pub(super) fn rad(v: f64) -> f64 {
    v * std::f64::consts::PI / 180.0
}

pub(super) fn sgn(v: f64) -> f64 {
    // Zero keeps its sign and NaN stays NaN.
    if v < 0.0 {
        -1.0
    } else if v > 0.0 {
        1.0
    } else {
        v
    }
}

pub(super) fn cosh(v: f64) -> f64 {
    beyond_exp(v.abs()).unwrap_or_else(|| v.cosh())
}

pub(super) fn sinh(v: f64) -> f64 {
    beyond_exp(v.abs()).map_or_else(|| v.sinh(), |large| large.copysign(v))
}

/// Large values are half of the exponential, as in Go: both are infinite from there on where it is.
fn beyond_exp(v: f64) -> Option<f64> {
    (v > 21.0).then(|| v.exp() * 0.5)
}

/// The largest, as Go's `math.Max` has it: NaN where any is, unless one is +Inf.
pub(super) fn max(values: &[f64]) -> f64 {
    extreme(values, f64::INFINITY, f64::max)
}

/// The smallest, as Go's `math.Min` has it: NaN where any is, unless one is -Inf.
pub(super) fn min(values: &[f64]) -> f64 {
    extreme(values, f64::NEG_INFINITY, f64::min)
}

fn extreme(values: &[f64], beyond_all: f64, of: fn(f64, f64) -> f64) -> f64 {
    let pair = |a: f64, b: f64| {
        if a == beyond_all || b == beyond_all {
            beyond_all
        } else if a.is_nan() || b.is_nan() {
            f64::NAN
        } else {
            of(a, b)
        }
    };
    values.iter().copied().reduce(pair).unwrap_or(f64::NAN)
}

fn between(v: f64, low: f64, high: f64) -> Option<f64> {
    // Bounds the wrong way round leave nothing; a NaN bound is no such case.
    (high >= low || high.is_nan() || low.is_nan()).then(|| max(&[low, min(&[high, v])]))
}

pub(super) fn clamp(v: f64, bounds: &[f64]) -> Option<f64> {
    between(v, bounds[0], bounds[1])
}

pub(super) fn clamp_max(v: f64, bounds: &[f64]) -> Option<f64> {
    between(v, f64::NEG_INFINITY, bounds[0])
}

pub(super) fn clamp_min(v: f64, bounds: &[f64]) -> Option<f64> {
    between(v, bounds[0], f64::INFINITY)
}

/// To the nearest multiple, halves upwards.
#[expect(clippy::unnecessary_wraps, reason = "the shape that the function table asks for")]
pub(super) fn round(v: f64, to: &[f64]) -> Option<f64> {
    // Multiplying by the inverse rounds less than dividing: round(x, 0.1) stays on tenths.
    let inverse = 1.0 / to.first().copied().unwrap_or(1.0);
    Some((v * inverse + 0.5).floor() / inverse)
}

/// 1 at the steps at which nothing of the vector is there.
pub(super) fn absent(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    let node = &call.arguments[0];
    let rows = ev.vector(node, steps)?;
    ev.spend(1, steps.steps())?;
    let value = |i: usize| if rows.iter().any(|row| !is_gap(row.values[i])) { GAP } else { 1.0 };
    let values = (0..steps.steps()).map(value).collect();
    let row = Row { labels: label::selected(node), nameless: true, values };
    Ok(Val::Vector(Some(row).filter(Row::is_there).into_iter().collect()))
}

/// The value of the only element; NaN for none or several.
pub(super) fn scalar(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    let rows = ev.vector(&call.arguments[0], steps)?;
    ev.spend(1, steps.steps())?;
    let value = |i: usize| {
        let mut there = rows.iter().map(|row| row.values[i]).filter(|&v| !is_gap(v));
        there.next().filter(|_| there.next().is_none()).unwrap_or(f64::NAN)
    };
    Ok(Val::Scalar((0..steps.steps()).map(value).collect()))
}

/// One element without labels.
pub(super) fn vector(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    let values = ev.scalar(&call.arguments[0], steps)?;
    Ok(Val::Vector(vec![Row { labels: Labels::empty(), nameless: false, values }]))
}

/// The time of the sample that a selector found; of anything computed, the time of the step.
pub(super) fn timestamp(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    let node = &call.arguments[0];
    let mut rows = if let Form::Instant(selector) = &node.form {
        let mut rows = Vec::new();
        ev.latest(selector, steps, Counted::All, |s| seconds(s.t), |series| keep(series, &mut rows))?;
        rows
    } else {
        let mut rows = ev.vector(node, steps)?;
        for row in &mut rows {
            for (i, v) in row.values.iter_mut().enumerate().filter(|(_, v)| !is_gap(**v)) {
                *v = seconds(steps.at(i));
            }
        }
        rows
    };
    for row in &mut rows {
        row.nameless = true;
    }
    Ok(Val::Vector(rows))
}
