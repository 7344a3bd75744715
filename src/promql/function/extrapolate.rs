//! Increases of counters and gauges over a window. The rules are Prometheus' own (`extrapolatedRate`).

use super::{Over, seconds};

/// What the samples are taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Only grows; a fall is a restart from zero.
    Counter,
    Gauge,
}

pub(super) fn rate(w: &Over<'_>) -> Option<f64> {
    extrapolated(w, Kind::Counter, seconds(w.until - w.after))
}

pub(super) fn increase(w: &Over<'_>) -> Option<f64> {
    extrapolated(w, Kind::Counter, 1.0)
}

pub(super) fn delta(w: &Over<'_>) -> Option<f64> {
    extrapolated(w, Kind::Gauge, 1.0)
}

/// The difference over the window, by `per`.
fn extrapolated(w: &Over<'_>, kind: Kind, per: f64) -> Option<f64> {
    let [first, .., last] = w.samples else { return None };
    let mut difference = last.v - first.v;
    if kind == Kind::Counter {
        // A counter that went down was restarted: what it had counted until then is missing from the difference.
        for fall in w.falls {
            difference += fall.from;
        }
    }
    let sampled = seconds(last.t - first.t);
    if sampled == 0.0 {
        return Some(difference / per);
    }
    let spacing = sampled / (w.samples.len() - 1) as f64;
    // Where the next sample would be expected no further than 10 % beyond the boundary, the series is taken to go on up
    // to the boundary. Where there is more room, it is taken to have begun (or ended) inside of the window, and half a
    // spacing is the best guess of when.
    let reach = |room: f64| if room >= spacing * 1.1 { spacing / 2.0 } else { room };
    let mut before = reach(seconds(first.t - w.after));
    let after = reach(seconds(w.until - last.t));
    if kind == Kind::Counter && difference > 0.0 && first.v >= 0.0 {
        // A counter cannot have been negative: it was zero where its slope leads to zero, so it did not begin earlier.
        before = before.min(sampled * (first.v / difference));
    }
    // Multiplied last, as in Prometheus, so that the last digit is the same too.
    Some(difference * ((sampled + before + after) / sampled / per))
}

pub(super) fn irate(w: &Over<'_>) -> Option<f64> {
    let (difference, seconds) = last_two(w, Kind::Counter)?;
    Some(difference / seconds)
}

pub(super) fn idelta(w: &Over<'_>) -> Option<f64> {
    last_two(w, Kind::Gauge).map(|(difference, _)| difference)
}

/// The difference between the last two samples and the seconds between them.
fn last_two(w: &Over<'_>, kind: Kind) -> Option<(f64, f64)> {
    let [.., before, last] = w.samples else { return None };
    // After a restart all of the last value is new.
    let restarted = kind == Kind::Counter && last.v < before.v;
    let difference = if restarted { last.v } else { last.v - before.v };
    (last.t != before.t).then(|| (difference, seconds(last.t - before.t)))
}

#[cfg(test)]
mod tests {
    use crate::series::Sample;

    use super::*;

    fn over(samples: &[(i64, f64)], after: i64, until: i64, f: fn(&Over<'_>) -> Option<f64>) -> Option<f64> {
        let samples: Vec<Sample> = samples.iter().map(|&(t, v)| Sample { t: t * 1_000, v }).collect();
        f(&Over {
            samples: &samples,
            falls: &[],
            after: after * 1_000,
            until: until * 1_000,
            time: until * 1_000,
            scalars: &[],
        })
    }

    #[test]
    fn close_boundaries_are_reached_and_far_ones_by_half_a_spacing() {
        // Samples at 10, 20, 30 in (5, 35]: both boundaries are within 11 s.
        assert_eq!(over(&[(10, 100.0), (20, 110.0), (30, 120.0)], 5, 35, increase), Some(30.0));
        // In (-60, 90] both are further away.
        assert_eq!(over(&[(10, 100.0), (20, 110.0), (30, 120.0)], -60, 90, increase), Some(30.0));
    }

    #[test]
    fn a_counter_is_not_extrapolated_below_zero_but_a_gauge_is() {
        let samples = [(10, 1.0), (20, 11.0), (30, 21.0)];
        assert_eq!(over(&samples, 4, 30, increase), Some(21.0));
        assert_eq!(over(&samples, 4, 30, delta), Some(26.0));
    }

    #[test]
    fn one_sample_has_no_rate() {
        assert_eq!(over(&[(10, 1.0)], 0, 30, rate), None);
        assert_eq!(over(&[(10, 1.0)], 0, 30, irate), None);
    }

    #[test]
    fn a_restart_counts_from_zero() {
        assert_eq!(over(&[(10, 5.0), (20, 2.0)], 0, 20, irate), Some(0.2));
        assert_eq!(over(&[(10, 5.0), (20, 2.0)], 0, 20, idelta), Some(-3.0));
    }
}
