//! One query's answer over the steps that are known of it. Uses `series`.

use std::cmp::Ordering;

use super::Missing;
use crate::series::{GAP, Series, Timestamp, Window, is_gap};

/// So many times the steps asked for may be held before those far off are dropped.
const SPREAD: usize = 3;

/// Series over consecutive steps, at least one.
#[derive(Debug)]
pub(super) struct Held {
    /// Its end is a step.
    window: Window,
    /// In the order of their labels, one value for each step of `window`.
    series: Vec<Series>,
    /// What the series take.
    bytes: usize,
}

/// `window` with its last step for an end.
fn trimmed(window: Window) -> Window {
    Window { end: window.at(window.steps().saturating_sub(1)), ..window }
}

fn is_there(values: &[f64]) -> bool {
    values.iter().any(|&v| !is_gap(v))
}

impl Held {
    pub(super) fn new(window: Window, mut series: Vec<Series>) -> Self {
        sort(&mut series);
        let mut held = Self { window: trimmed(window), series, bytes: 0 };
        held.weigh();
        held
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    fn weigh(&mut self) {
        let values: usize = self.series.iter().map(|s| s.values.capacity()).sum();
        self.bytes = values * size_of::<f64>() + self.series.capacity() * size_of::<Series>();
    }

    pub(super) fn is_exactly(&self, window: Window) -> bool {
        self.window == trimmed(window)
    }

    /// Where step `t` lies among the held ones; `t` is not before the first.
    const fn place(&self, t: Timestamp) -> usize {
        ((t - self.window.start) / self.window.step) as usize
    }

    /// Whether `window` overlaps what is held or begins or ends right beside it.
    fn adjoins(&self, window: Window) -> bool {
        let (held, step) = (self.window, self.window.step);
        window.start <= held.end.saturating_add(step) && held.start <= window.end.saturating_add(step)
    }

    pub(super) fn missing(&self, window: Window) -> Missing {
        let (held, window) = (self.window, trimmed(window));
        if window.end < held.start || held.end < window.start {
            return Missing::All(window);
        }
        let before = Window { end: held.start.saturating_sub(held.step), ..window };
        let after = Window { start: held.end.saturating_add(held.step), ..window };
        match (before.steps() > 0, after.steps() > 0) {
            (false, false) => Missing::Nothing,
            (true, false) => Missing::Head(before),
            (false, true) => Missing::Tail(after),
            (true, true) => Missing::Ends(before, after),
        }
    }

    pub(super) fn put(&mut self, window: Window, mut series: Vec<Series>) {
        let window = trimmed(window);
        if !self.adjoins(window) {
            *self = Self::new(window, series);
            return;
        }
        sort(&mut series);
        let (start, end) = (self.window.start.min(window.start), self.window.end.max(window.end));
        let before = ((self.window.start - start) / window.step) as usize;
        self.window = Window { start, end, ..self.window };
        let steps = self.window.steps();
        let (from, n) = (self.place(window.start), window.steps());
        for Series { values, .. } in &mut self.series {
            if before > 0 {
                values.splice(..0, std::iter::repeat_n(GAP, before));
            }
            values.resize(steps, GAP);
            values[from..from + n].fill(GAP);
        }
        let known = self.series.len();
        let mut at = 0;
        for new in series {
            while at < known && self.series[at].labels < new.labels {
                at += 1;
            }
            if at < known && self.series[at].labels == new.labels {
                self.series[at].values[from..from + n].copy_from_slice(&new.values);
            } else {
                let mut values = vec![GAP; steps];
                values[from..from + n].copy_from_slice(&new.values);
                self.series.push(Series { labels: new.labels, values });
            }
        }
        if self.series.len() > known {
            sort(&mut self.series);
        }
        self.weigh();
    }

    pub(super) fn read(&self, window: Window) -> Option<Vec<Series>> {
        if self.missing(window) != Missing::Nothing {
            return None;
        }
        let from = self.place(window.start);
        let range = from..from + window.steps();
        let values = self.series.iter().map(|s| (&s.labels, &s.values[range.clone()]));
        let there = values.filter(|(_, values)| is_there(values));
        Some(there.map(|(labels, values)| Series { labels: labels.clone(), values: values.to_vec() }).collect())
    }

    /// Forgets the steps from `t` on; whether any are left.
    pub(super) fn keep_before(&mut self, t: Timestamp) -> bool {
        if t <= self.window.start {
            return false;
        }
        if t <= self.window.end {
            // The end of a window need not be a step.
            self.window = trimmed(Window { end: t - 1, ..self.window });
            self.cut();
        }
        true
    }

    /// Forgets the steps that lie more than the length of `window` outside of it, once there are many of them.
    pub(super) fn stay_near(&mut self, window: Window) {
        let window = trimmed(window);
        if self.window.steps() <= SPREAD * window.steps() || !self.adjoins(window) {
            return;
        }
        let length = window.range().saturating_add(window.step);
        let start = self.window.start.max(window.start.saturating_sub(length));
        let end = self.window.end.min(window.end.saturating_add(length));
        let gone = self.place(start);
        self.window = Window { start, end, ..self.window };
        for series in &mut self.series {
            series.values.drain(..gone);
        }
        self.cut();
    }

    /// Makes the series as long as the window; those without any value go.
    fn cut(&mut self) {
        let steps = self.window.steps();
        self.series.retain_mut(|s| {
            s.values.truncate(steps);
            if s.values.capacity() > 2 * SPREAD * steps {
                s.values.shrink_to_fit();
            }
            is_there(&s.values)
        });
        self.weigh();
    }
}

fn sort(series: &mut [Series]) {
    // Nearly always in order already.
    if !series.is_sorted_by(|a, b| a.labels.cmp(&b.labels) != Ordering::Greater) {
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
    }
}
