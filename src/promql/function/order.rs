//! Functions that sort. They have an effect on instant queries only. Uses `error`, `eval`, `tree` and `series`.

use std::cmp::Ordering;

use crate::promql::error::Error;
use crate::promql::eval::{Evaluator, Row, Val};
use crate::promql::tree::Call;
use crate::series::Window;

use super::label::text;

pub(super) fn sort(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    by_value(ev, call, steps, |a, b| a.partial_cmp(&b))
}

pub(super) fn sort_desc(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    by_value(ev, call, steps, |a, b| b.partial_cmp(&a))
}

fn by_value(
    ev: &Evaluator<'_>,
    call: &Call,
    steps: Window,
    order: impl Fn(f64, f64) -> Option<Ordering>,
) -> Result<Val, Error> {
    let mut rows = ev.vector(&call.arguments[0], steps)?;
    let key = |row: &Row| row.values.first().copied().unwrap_or(f64::NAN);
    // NaN goes last, whichever way numbers are sorted.
    rows.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        a.is_nan().cmp(&b.is_nan()).then(order(a, b).unwrap_or(Ordering::Equal))
    });
    Ok(Val::Vector(rows))
}

pub(super) fn sort_by_label(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    by_label(ev, call, steps, |order| order)
}

pub(super) fn sort_by_label_desc(ev: &Evaluator<'_>, call: &Call, steps: Window) -> Result<Val, Error> {
    by_label(ev, call, steps, Ordering::reverse)
}

fn by_label(ev: &Evaluator<'_>, call: &Call, steps: Window, turn: fn(Ordering) -> Ordering) -> Result<Val, Error> {
    let mut rows = ev.vector(&call.arguments[0], steps)?;
    let names: Vec<&str> = call.arguments[1..].iter().map(text).collect();
    rows.sort_by(|a, b| {
        let value = |row: &Row, name: &str| row.labels.get(name).unwrap_or_default().to_owned();
        let by_names = names.iter().map(|name| natural(&value(a, name), &value(b, name))).find(|o| o.is_ne());
        turn(by_names.unwrap_or_else(|| a.labels.cmp(&b.labels)))
    });
    Ok(Val::Vector(rows))
}

/// Compares runs of digits as numbers and everything else as text: `4m5` before `4m600`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (Some((x, rest_a)), Some((y, rest_b))) = (run(a), run(b)) else {
            return a.len().min(1).cmp(&b.len().min(1));
        };
        let numbers = x.parse::<u64>().ok().zip(y.parse::<u64>().ok());
        let order = numbers.map_or_else(|| x.cmp(y), |(x, y)| x.cmp(&y));
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

/// The first run of digits or of anything else, and the rest.
fn run(text: &str) -> Option<(&str, &str)> {
    let digit = text.chars().next()?.is_ascii_digit();
    Some(text.split_at(text.find(|c: char| c.is_ascii_digit() != digit).unwrap_or(text.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_compared_as_numbers() {
        let mut names = ["4m1000", "4m600", "4m5", "4m", "1.111.3", "1.2.3", "1.11.3", ""];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["", "1.2.3", "1.11.3", "1.111.3", "4m", "4m5", "4m600", "4m1000"]);
    }
}
