//! What moved most at one time: series ranked by how far they left what they were before, so that a spike leads to its
//! cause. Pure. Uses `series` and the model.

use rustc_hash::FxHashMap;

use super::model::{Model, Picture};
use crate::series::{Timestamp, is_gap};

/// How many are listed.
const MOST: usize = 40;

/// How many series of one panel are listed.
const OF_ONE: usize = 3;

/// Fewest values before the time from which a usual value can be told.
const LEAST: usize = 3;

/// A series that moved.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// Index of the dashboard.
    pub view: usize,
    /// Index of the panel.
    pub panel: usize,
    /// Index of the curve in the panel's picture.
    pub curve: usize,
    /// The mean of its values before.
    pub before: f64,
    /// Its value at the time.
    pub at: f64,
    /// By how many of its usual deviations it left its mean; more is stranger. Infinite for what had never moved.
    pub score: f64,
}

impl Model {
    /// The series of all pictures that moved most at the crosshair, or now where there is none: compared is the value with
    /// the quarter of the range that lies before it. The strangest first, three of a panel at most; what did not move is not listed.
    pub fn moved(&self) -> Vec<Moved> {
        let mut all = Vec::new();
        for (v, view) in self.views.iter().enumerate() {
            for (p, data) in view.panels.iter().enumerate() {
                let Some(picture) = &data.picture else { continue };
                let window = picture.window;
                let last = window.at(window.steps().saturating_sub(1));
                let at = self.cursor.unwrap_or(last);
                // Pictures of a dashboard that was left long ago do not reach up to now.
                if self.cursor.is_none() && self.now - last > window.range() / 4 {
                    continue;
                }
                all.extend(moves(picture, at).map(|(curve, before, at, score)| Moved {
                    view: v,
                    panel: p,
                    curve,
                    before,
                    at,
                    score,
                }));
            }
        }
        all.sort_by(|a, b| b.score.total_cmp(&a.score));
        // Twenty partitions of one panel are one piece of news.
        let mut told: FxHashMap<(usize, usize), usize> = FxHashMap::default();
        all.retain(|m| {
            let n = told.entry((m.view, m.panel)).or_default();
            *n += 1;
            *n <= OF_ONE
        });
        all.truncate(MOST);
        all
    }
}

/// Curve, mean before, value then, and score of each curve that moved.
fn moves(picture: &Picture, at: Timestamp) -> impl Iterator<Item = (usize, f64, f64, f64)> + '_ {
    let window = picture.window;
    let step = (at - window.start).div_euclid(window.step.max(1));
    picture.curves.iter().enumerate().filter_map(move |(index, curve)| {
        let step = usize::try_from(step).ok()?;
        let value = curve.values.get(step).copied().filter(|v| v.is_finite() && !is_gap(*v))?;
        let span = (window.steps() / 4).max(LEAST);
        let before: Vec<f64> =
            curve.values[step.saturating_sub(span)..step].iter().copied().filter(|v| v.is_finite()).collect();
        if before.len() < LEAST {
            return None;
        }
        let mean = before.iter().sum::<f64>() / before.len() as f64;
        let deviation = (before.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / before.len() as f64).sqrt();
        let change = (value - mean).abs();
        // A change of a hundredth of what it was is none, however steady the series had been.
        let floor = mean.abs() * 0.01;
        (change > floor && change > deviation).then(|| {
            let usual = deviation.max(floor);
            (index, mean, value, if usual > 0.0 { change / usual } else { f64::INFINITY })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Curve;
    use crate::series::{GAP, Window};

    fn picture(curves: &[&[f64]]) -> Picture {
        let curve = |values: &&[f64]| Curve { values: values.to_vec(), ..Curve::default() };
        Picture {
            window: Window { start: 0, end: 7_000, step: 1_000 },
            at: 7_000,
            curves: curves.iter().map(curve).collect(),
            left_out: 0,
        }
    }

    fn at(curves: &[&[f64]], at: Timestamp) -> Vec<(usize, f64, f64, f64)> {
        moves(&picture(curves), at).collect()
    }

    #[test]
    fn a_spike_is_found_where_it_is_and_nowhere_else() {
        let spike: &[f64] = &[1.0, 1.1, 0.9, 1.0, 1.0, 50.0, 1.0, 1.0];
        let steady: &[f64] = &[5.0, 5.0, 5.1, 4.9, 5.0, 5.0, 5.0, 5.0];
        let found = at(&[spike, steady], 5_400);
        assert_eq!(found.iter().map(|m| m.0).collect::<Vec<_>>(), [0]);
        assert!(found[0].3 > 100.0, "{found:?}");
        assert!(at(&[spike, steady], 4_000).is_empty());
    }

    #[test]
    fn what_had_never_moved_is_the_strangest() {
        let found = at(&[&[0.0, 0.0, 0.0, 0.0, 3.0, 3.0, 3.0, 3.0]], 4_000);
        assert_eq!(found[0].3, f64::INFINITY);
    }

    #[test]
    fn without_a_past_or_a_value_there_is_nothing_to_compare() {
        assert!(at(&[&[1.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0]], 1_000).is_empty());
        assert!(at(&[&[1.0, 1.0, 1.0, 1.0, GAP, 9.0, 9.0, 9.0]], 4_000).is_empty());
        assert!(at(&[&[1.0; 8]], 90_000).is_empty());
    }
}
