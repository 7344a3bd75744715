//! Round ticks and the labels beside them.

use super::Unit;
use super::number::{self, IEC, Mark, SECONDS, SI, TINY};

/// What clocks are divided into, seconds.
const CLOCK: &[f64] = &[
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 10_800.0, 21_600.0,
    43_200.0, 86_400.0,
];

const DAY: f64 = 86_400.0;

pub(super) fn ticks(unit: Unit, min: f64, max: f64, max_count: usize) -> Vec<f64> {
    let (min, max) = if min <= max { (min, max) } else { (max, min) };
    if max_count == 0 || !min.is_finite() || !max.is_finite() {
        return Vec::new();
    }
    let Some(step) = step(unit, min, max, max_count) else { return vec![min] };
    let (first, count) = step.within(min, max);
    (0..count).map(|i| step.multiple(first + i as f64)).collect()
}

pub(super) fn round_out(unit: Unit, min: f64, max: f64, max_count: usize) -> (f64, f64) {
    let (min, max) = if min <= max { (min, max) } else { (max, min) };
    if !min.is_finite() || !max.is_finite() {
        return (min, max);
    }
    let Some(step) = step(unit, min, max, max_count.max(2)) else { return (min, max) };
    let low = step.multiple((step.quotient(min) + NEAR).floor());
    let high = step.multiple((step.quotient(max) - NEAR).ceil());
    if low.is_finite() && high.is_finite() { (low.min(min), high.max(max)) } else { (min, max) }
}

pub(super) fn labels(unit: Unit, values: &[f64]) -> Vec<String> {
    let largest = values.iter().filter(|v| v.is_finite()).fold(0.0_f64, |m, v| m.max(v.abs()));
    let scale = scale(unit, largest);
    let decimals = scale.and_then(|(scale, _)| decimals(values, scale));
    let label = |value: f64| -> String {
        if let Some(word) = number::word(value) {
            return word.to_owned();
        }
        if unit == Unit::Seconds && largest >= 60.0 {
            return parts(value).unwrap_or_else(|| unit.format(value, None));
        }
        if value == 0.0 {
            return unit.format(0.0, None);
        }
        let (Some((scale, prefix)), Some(decimals)) = (scale, decimals) else { return unit.format(value, None) };
        let mut number = format!("{:.decimals$}", value / scale);
        if unit == Unit::Count && prefix.is_empty() {
            number = number::grouped(&number);
        }
        let text = number::put_together(unit, &number, prefix);
        if number::width(&text) > Unit::WIDTH { unit.format(value, None) } else { text }
    };
    values.iter().map(|&v| label(v)).collect()
}

/// Closer to a multiple than this part of a step is on it: what floating point leaves of an exact division.
const NEAR: f64 = 1e-9;

/// The distance between ticks, kept so that multiples of 0.1 come out as they are written.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// This many units.
    Whole(f64),
    /// One unit divided by this whole number.
    Part(f64),
}

impl Step {
    fn quotient(self, value: f64) -> f64 {
        match self {
            Self::Whole(step) => value / step,
            Self::Part(parts) => value * parts,
        }
    }

    fn multiple(self, i: f64) -> f64 {
        // A negative zero would be labelled as such.
        let value = match self {
            Self::Whole(step) => i * step,
            Self::Part(parts) => i / parts,
        };
        if value == 0.0 { 0.0 } else { value }
    }

    /// The number of the first multiple within the range, and how many there are.
    fn within(self, min: f64, max: f64) -> (f64, usize) {
        let first = (self.quotient(min) - NEAR).ceil();
        let last = (self.quotient(max) + NEAR).floor();
        (first, (last - first + 1.0).max(0.0) as usize)
    }
}

/// The smallest round step of which at most `max_count` multiples lie in the range; `None` where the range is too narrow
/// for floating point to tell multiples apart.
fn step(unit: Unit, min: f64, max: f64, max_count: usize) -> Option<Step> {
    // Halved first: the difference of the largest numbers is not one.
    let half = max / 2.0 - min / 2.0;
    if half <= (min.abs().max(max.abs())) * 1e-12 || half < f64::MIN_POSITIVE * 1e6 {
        return None;
    }
    // At least this is the step, since n + 1 multiples span n steps.
    let least = half / (max_count as f64 + 1.0) * 2.0;
    let fits = |step: &Step| step.within(min, max).1 <= max_count && step.multiple(1.0).is_finite();
    candidates(unit, least, half * 2.0 >= 1.0).find(fits)
}

/// Round steps from about `least` on, ascending.
fn candidates(unit: Unit, least: f64, spans_whole: bool) -> Box<dyn Iterator<Item = Step>> {
    let from = least.log10().floor() as i32;
    let decimal = (from..from.saturating_add(8)).flat_map(|e| [1.0, 2.0, 5.0].map(|m| decimal(m, e)));
    match unit {
        Unit::Bytes | Unit::BytesPerSecond if spans_whole => {
            let from = least.log2().floor().max(0.0) as i32;
            Box::new((from..from.saturating_add(16)).map(|e| Step::Whole(2_f64.powi(e))))
        }
        Unit::Seconds if least >= 0.5 => {
            let clock = CLOCK.iter().map(|&s| Step::Whole(s));
            let from = (least / DAY).log10().floor().max(0.0) as i32;
            let days = (from..from.saturating_add(8))
                .flat_map(|e| [1.0, 2.0, 5.0].map(|m| Step::Whole(m * 10_f64.powi(e) * DAY)));
            Box::new(clock.chain(days))
        }
        Unit::Count | Unit::Messages if spans_whole => Box::new(decimal.filter(|step| matches!(step, Step::Whole(_)))),
        _ => Box::new(decimal),
    }
}

/// `mantissa × 10^exponent`.
fn decimal(mantissa: f64, exponent: i32) -> Step {
    if exponent >= 0 {
        return Step::Whole(mantissa * 10_f64.powi(exponent));
    }
    let parts = 10_f64.powi(-exponent) / mantissa;
    if parts.is_finite() { Step::Part(parts) } else { Step::Whole(mantissa * 10_f64.powi(exponent)) }
}

/// The divisor and its name for an axis that reaches up to `largest`; `None` where each label stands for itself.
fn scale(unit: Unit, largest: f64) -> Option<(f64, &'static str)> {
    let pick = |steps: &'static [(f64, &'static str)]| {
        let fitting = steps.iter().rev().find(|(scale, _)| largest >= *scale * (1.0 - NEAR));
        fitting.or(steps.first()).copied()
    };
    match unit {
        Unit::Seconds => pick(SECONDS).filter(|_| largest >= 1e-9),
        Unit::Date => None,
        _ if largest < TINY => None,
        Unit::Bytes | Unit::BytesPerSecond => pick(IEC).filter(|_| largest < 1024.0 * 1_152_921_504_606_846_976.0),
        unit if matches!(number::mark(unit), Mark::Word(..)) => None,
        unit if matches!(number::mark(unit), Mark::Alone(_)) => Some((1.0, "")).filter(|_| largest < 1e6),
        Unit::Count if largest < 10_000.0 => Some((1.0, "")),
        _ => pick(SI).filter(|_| largest < 1e21),
    }
}

/// How many digits after the point tell every value from its neighbours and from what was rounded off.
fn decimals(values: &[f64], scale: f64) -> Option<usize> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).map(|v| v / scale).collect();
    sorted.sort_by(f64::total_cmp);
    let gaps = sorted.windows(2).map(|w| w[1] - w[0]).filter(|gap| *gap > 0.0);
    let gap = gaps.fold(f64::INFINITY, f64::min);
    let largest = sorted.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    // A hundredth of the distance is less than a cell of any axis; a lone value keeps three digits.
    let allowed = if gap.is_finite() { gap * 0.01 } else { largest * 0.001 };
    (0..=9)
        .find(|&d| {
            let power = 10_f64.powi(d);
            sorted.iter().all(|v| ((v * power).round() / power - v).abs() <= allowed)
        })
        .map(|d| d as usize)
}

/// A tick of a minute or more in its parts, those that are zero left out: `1m 30s`, `2h`, `1d 12h`; `None` where it is no
/// whole number of seconds.
fn parts(seconds: f64) -> Option<String> {
    if seconds.fract() != 0.0 || seconds.abs() >= 1e10 {
        return None;
    }
    let mut rest = seconds.abs() as u64;
    let mut written = Vec::with_capacity(4);
    for (size, name) in [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')] {
        if rest >= size {
            written.push(format!("{}{name}", rest / size));
        }
        rest %= size;
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    let text = if written.is_empty() { "0s".to_owned() } else { format!("{sign}{}", written.join(" ")) };
    (number::width(&text) <= Unit::WIDTH).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn axis(unit: Unit, min: f64, max: f64, count: usize) -> Vec<String> {
        unit.format_axis(&unit.ticks(min, max, count))
    }

    #[test]
    fn an_axis_reads_evenly() {
        assert_eq!(axis(Unit::Percent, 0.0, 100.0, 6), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(axis(Unit::PerSecond, 0.0, 1_300.0, 4), ["0/s", "0.5 k/s", "1.0 k/s"]);
        assert_eq!(axis(Unit::PerSecond, 0.0, 0.0034, 4), ["0/s", "0.001/s", "0.002/s", "0.003/s"]);
        assert_eq!(axis(Unit::Bytes, 0.0, 1.1 * 1_073_741_824.0, 4), ["0 B", "0.5 GiB", "1.0 GiB"]);
        assert_eq!(axis(Unit::Bytes, 0.0, 800e6, 4), ["0 B", "256 MiB", "512 MiB"]);
        assert_eq!(axis(Unit::Seconds, 0.0, 0.035, 4), ["0 s", "10 ms", "20 ms", "30 ms"]);
        assert_eq!(axis(Unit::Seconds, 0.0, 100.0, 4), ["0s", "30s", "1m", "1m 30s"]);
        assert_eq!(axis(Unit::Seconds, 0.0, 8_000.0, 5), ["0s", "30m", "1h", "1h 30m", "2h"]);
        assert_eq!(axis(Unit::Seconds, -10.0, 45.0, 5), ["0 s", "15 s", "30 s", "45 s"]);
        assert_eq!(axis(Unit::Count, 0.0, 3.0, 9), ["0", "1", "2", "3"]);
        assert_eq!(axis(Unit::Count, 0.0, 9_000.0, 4), ["0", "5,000"]);
        assert_eq!(axis(Unit::Short, -1.0, 1.0, 5), ["-1.0", "-0.5", "0", "0.5", "1.0"]);
        assert_eq!(axis(Unit::Short, 1e21, 3e21, 3), ["1.00e21", "2.00e21", "3.00e21"]);
        assert_eq!(axis(Unit::Messages, 0.0, 45_000.0, 3), ["0 msg", "20 k msg", "40 k msg"]);
    }

    #[test]
    fn multiples_of_a_tenth_are_written_as_such() {
        assert_eq!(Unit::Short.ticks(0.0, 0.7, 8), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    }

    #[test]
    fn a_range_that_is_none_has_one_tick_or_none() {
        assert_eq!(Unit::Short.ticks(5.0, 5.0, 4), [5.0]);
        assert_eq!(Unit::Short.ticks(0.0, 0.0, 4), [0.0]);
        assert_eq!(Unit::Short.ticks(0.0, f64::INFINITY, 4), [0.0; 0]);
        assert_eq!(Unit::Short.ticks(f64::NAN, 1.0, 4), [0.0; 0]);
        assert_eq!(Unit::Short.ticks(0.0, 1.0, 0), [0.0; 0]);
        assert_eq!(Unit::Short.ticks(4.0, 0.0, 3), [0.0, 2.0, 4.0]);
    }

    #[test]
    fn an_axis_with_odd_values_says_so() {
        assert_eq!(Unit::Bytes.format_axis(&[0.0, f64::NAN, f64::INFINITY, 1024.0]), ["0 B", "NaN", "+Inf", "1 KiB"]);
        assert_eq!(Unit::Short.format_axis(&[]), [""; 0]);
    }

    #[test]
    fn bounds_are_rounded_outwards() {
        assert_eq!(Unit::Percent.round_out(3.0, 97.0, 5), (0.0, 100.0));
        assert_eq!(Unit::Bytes.round_out(0.0, 700e6, 4), (0.0, 768.0 * 1_048_576.0));
        assert_eq!(Unit::Short.round_out(2.0, 2.0, 4), (2.0, 2.0));
    }

    /// All but those that write no number.
    fn unit() -> impl Strategy<Value = Unit> {
        let all: Vec<Unit> = Unit::NAMES.iter().filter_map(|name| Unit::parse(name)).collect();
        let all = all.into_iter().filter(|&u| u != Unit::Date && !matches!(number::mark(u), Mark::Word(..)));
        prop::sample::select(all.collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn ticks_ascend_within_the_range_and_their_labels_differ(
            unit in unit(), min in -1e9_f64..1e9, span in 1e-6_f64..1e9, count in 1_usize..20
        ) {
            let max = min + span;
            let ticks = unit.ticks(min, max, count);
            prop_assert!(ticks.len() <= count.max(1));
            prop_assert!(ticks.iter().all(|t| *t >= min - span * 1e-6 && *t <= max + span * 1e-6), "{ticks:?}");
            prop_assert!(ticks.windows(2).all(|w| w[0] < w[1]), "{ticks:?}");
            prop_assert!(unit.format_axis(&ticks).iter().all(|l| number::width(l) <= Unit::WIDTH));
            let (low, high) = unit.round_out(min, max, count);
            prop_assert!(low <= min && high >= max);
        }

        #[test]
        fn no_bounds_break_it(unit in unit(), a in any::<u64>(), b in any::<u64>(), count in 0_usize..9) {
            let (a, b) = (f64::from_bits(a), f64::from_bits(b));
            let ticks = unit.ticks(a, b, count);
            prop_assert!(ticks.len() <= count.max(1));
            prop_assert_eq!(unit.format_axis(&ticks).len(), ticks.len());
            let _bounds = unit.round_out(a, b, count);
        }

        #[test]
        fn labels_of_round_ticks_are_all_different(unit in unit(), max in 1e-3_f64..1e12, count in 2_usize..10) {
            let labels = unit.format_axis(&unit.ticks(0.0, max, count));
            let mut unique = labels.clone();
            unique.dedup();
            prop_assert_eq!(labels, unique);
        }
    }
}
