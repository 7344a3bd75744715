//! Whether a backlog grows or drains, and how long it takes to be gone at the present pace.

use std::borrow::Cow;

use ratatui::style::Style;

use super::{Frame, pen};
use crate::layout::{Axis, Trend};
use crate::series::is_gap;
use crate::unit;

/// Over how long the pace is taken, ms.
const SPAN: i64 = 600_000;
/// Fewer sums than this make no line.
const LEAST: usize = 4;
/// The part of the whole that has to come or go within [`SPAN`] to be a change.
const CHANGE: f64 = 0.02;
/// How much of the ups and downs a straight line has to explain to be believed (R²).
const BELIEVED: f64 = 0.5;
/// What takes longer than this does not drain, ms.
const ENDLESS: f64 = 7.0 * 86_400_000.0;

/// Where a backlog is going.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pace {
    /// There is none.
    Empty,
    /// So much a second comes in addition.
    Growing(f64),
    /// So much a second goes, and in so many ms the rest.
    Draining(f64, i64),
    /// No longer and no shorter.
    Level,
    /// Up and down, without a line through it.
    Restless,
    /// Too few values, or series that come and go.
    Unknown,
}

/// How a panel's backlog stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Drain {
    pace: Pace,
    total: f64,
    /// The curve with most of it.
    hottest: usize,
}

impl Drain {
    /// `None` where the layout asks for no such thing, under a crosshair, and where nothing is known now.
    pub(super) fn of(frame: &Frame<'_>) -> Option<Self> {
        if frame.panel.trend != Trend::Drain || frame.cursor.is_some() {
            return None;
        }
        let present = frame.curves.iter().enumerate().filter(|(_, curve)| curve.axis == Axis::Left);
        let present: Vec<(usize, f64)> =
            present.filter_map(|(i, c)| Some((i, c.newest().filter(|v| v.is_finite())?))).collect();
        let &(hottest, _) = present.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let total: f64 = present.iter().map(|(_, v)| v).sum();
        let step = frame.window.step.max(1);
        let steps = frame.window.steps();
        let wanted = usize::try_from(SPAN / step + 1).unwrap_or(usize::MAX).max(LEAST);
        // A step at which one of them is missing would look like a fall.
        let sum_at = |at: usize| -> Option<(f64, f64)> {
            let mut sum = 0.0;
            for (i, _) in &present {
                sum += frame.curves[*i].values.get(at).copied().filter(|v| !is_gap(*v) && v.is_finite())?;
            }
            Some((at as f64 * step as f64 / 1000.0, sum))
        };
        let sums: Vec<(f64, f64)> = (steps.saturating_sub(wanted)..steps).filter_map(sum_at).collect();
        Some(Self { pace: pace(&sums, total), total, hottest })
    }

    /// In a few words, and how they look.
    pub(super) fn words(&self, frame: &Frame<'_>) -> (String, Style) {
        let rate = |v: f64| format!("{}/s", frame.panel.unit.format(v, None));
        match self.pace {
            Pace::Empty => ("nothing waits".to_owned(), frame.theme.good),
            Pace::Growing(v) => (format!("▲ growing by {}, not draining", rate(v)), frame.theme.warn),
            Pace::Draining(v, left) => {
                (format!("▼ draining by {}, empty in ~{}", rate(v), unit::duration(left)), frame.theme.good)
            }
            Pace::Level => ("= level, not draining".to_owned(), frame.theme.text),
            Pace::Restless => ("≈ up and down, not draining".to_owned(), frame.theme.text),
            Pace::Unknown => ("too little data to tell whether it drains".to_owned(), frame.theme.dim),
        }
    }

    /// In at most eight columns.
    pub(super) fn brief(&self, frame: &Frame<'_>) -> (String, Style) {
        let (_, style) = self.words(frame);
        let text = match self.pace {
            Pace::Empty => "none".to_owned(),
            Pace::Growing(_) => "▲ grows".to_owned(),
            Pace::Draining(_, left) => format!("▼ ~{}", unit::age(-left, 0)),
            Pace::Level => "= level".to_owned(),
            Pace::Restless => "≈ level".to_owned(),
            Pace::Unknown => String::new(),
        };
        (text, style)
    }

    /// Who has most of it, in at most `room` columns; empty where there is nothing, or only one who could.
    pub(super) fn hottest<'a>(&self, frame: &'a Frame<'_>, room: u16) -> Cow<'a, str> {
        let curve = &frame.curves[self.hottest];
        let Some(value) = curve.newest().filter(|v| *v > 0.0 && frame.curves.len() > 1) else {
            return Cow::Borrowed("");
        };
        let share = if self.total > 0.0 { format!(" ({:.0} %)", value / self.total * 100.0) } else { String::new() };
        let number = format!("hottest {} ", frame.text(curve, value));
        let name = pen::fit(&curve.name, room.saturating_sub(pen::width(&number) + pen::width(&share)));
        if name.is_empty() { Cow::Borrowed("") } else { Cow::Owned(format!("{number}{name}{share}")) }
    }
}

/// The pace of sums by their times in seconds, of which the last is `total` or nearly so.
fn pace(sums: &[(f64, f64)], total: f64) -> Pace {
    if total <= 0.0 {
        return Pace::Empty;
    }
    if sums.len() < LEAST {
        return Pace::Unknown;
    }
    let n = sums.len() as f64;
    let (mean_t, mean_v) = (sums.iter().map(|(t, _)| t).sum::<f64>() / n, sums.iter().map(|(_, v)| v).sum::<f64>() / n);
    let covariance: f64 = sums.iter().map(|(t, v)| (t - mean_t) * (v - mean_v)).sum();
    let spread_t: f64 = sums.iter().map(|(t, _)| (t - mean_t).powi(2)).sum();
    let spread_v: f64 = sums.iter().map(|(_, v)| (v - mean_v).powi(2)).sum();
    if spread_t <= 0.0 || !covariance.is_finite() || !spread_v.is_finite() {
        return Pace::Unknown;
    }
    let slope = covariance / spread_t;
    if spread_v <= 0.0 || slope.abs() * (SPAN as f64 / 1000.0) < CHANGE * mean_v.abs().max(total) {
        return Pace::Level;
    }
    if covariance * covariance / (spread_t * spread_v) < BELIEVED {
        return Pace::Restless;
    }
    if slope > 0.0 {
        return Pace::Growing(slope);
    }
    let left = total / -slope * 1000.0;
    if left > ENDLESS { Pace::Level } else { Pace::Draining(-slope, left as i64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(from: f64, slope: f64, noise: f64) -> Vec<(f64, f64)> {
        let wobble = |i: i32| if i % 2 == 0 { noise } else { -noise };
        (0..41).map(|i| (f64::from(i) * 15.0, from + slope * f64::from(i) * 15.0 + wobble(i))).collect()
    }

    fn of(sums: &[(f64, f64)]) -> Pace {
        pace(sums, sums.last().map_or(0.0, |(_, v)| *v))
    }

    #[test]
    fn a_backlog_that_falls_says_when_it_is_gone() {
        match of(&line(10_000.0, -10.0, 20.0)) {
            Pace::Draining(rate, left) => {
                assert!((rate - 10.0).abs() < 0.2, "{rate}");
                assert!((395_000..=410_000).contains(&left), "{left}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_grows_or_stands_or_wobbles_has_no_end() {
        assert!(matches!(of(&line(100.0, 2.0, 1.0)), Pace::Growing(rate) if (rate - 2.0).abs() < 0.1));
        assert_eq!(of(&line(5_000.0, 0.01, 0.0)), Pace::Level);
        assert_eq!(of(&line(5_000.0, -0.001, 0.0)), Pace::Level);
        assert_eq!(of(&line(5_000.0, -1.0, 4_000.0)), Pace::Restless);
        assert_eq!(of(&line(0.0, 0.0, 0.0)), Pace::Empty);
    }

    #[test]
    fn too_few_values_and_odd_ones_tell_nothing() {
        assert_eq!(pace(&[], 7.0), Pace::Unknown);
        assert_eq!(pace(&line(10.0, 1.0, 0.0)[..3], 7.0), Pace::Unknown);
        assert_eq!(pace(&line(1e308, 1e305, 0.0), f64::INFINITY), Pace::Unknown);
    }
}
