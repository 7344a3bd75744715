//! Times and evenly spaced steps.

/// Milliseconds since the Unix epoch.
pub type Timestamp = i64;

/// The steps of a range query: `start`, `start + step`, … up to and including `end` where it falls on a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// First step, ms since the epoch.
    pub start: Timestamp,
    /// Last possible step, ms since the epoch, inclusive.
    pub end: Timestamp,
    /// Distance between steps in ms, at least 1.
    pub step: i64,
}

impl Window {
    /// A window of one step: an instant query.
    pub const fn instant(at: Timestamp) -> Self {
        Self { start: at, end: at, step: 1 }
    }

    /// The steps of about the last `range` ms before `now`, both ends aligned to multiples of `step`, so that the same
    /// absolute step is asked for again at the next refresh.
    pub const fn aligned(now: Timestamp, range: i64, step: i64) -> Self {
        let step = if step < 1 { 1 } else { step };
        let end = now.div_euclid(step) * step;
        Self { start: end - range.div_euclid(step) * step, end, step }
    }

    /// How many steps there are; 0 when `end` lies before `start`.
    pub const fn steps(&self) -> usize {
        if self.end < self.start { 0 } else { ((self.end - self.start) / self.step) as usize + 1 }
    }

    /// The time of step `i`.
    pub const fn at(&self, i: usize) -> Timestamp {
        self.start + self.step * i as i64
    }

    /// The length from the first to the last possible step, ms.
    pub const fn range(&self) -> i64 {
        self.end - self.start
    }

    /// Whether this is an instant query.
    pub const fn is_instant(&self) -> bool {
        self.start == self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aligned_window_ends_on_the_last_step_before_now() {
        let w = Window::aligned(1_003_999, 60_000, 15_000);
        assert_eq!((w.start, w.end), (930_000, 990_000));
        assert_eq!(w.steps(), 5);
        assert_eq!(w.at(4), w.end);
    }

    #[test]
    fn the_end_is_a_step_only_where_it_falls_on_one() {
        assert_eq!(Window { start: 0, end: 10, step: 4 }.steps(), 3);
        assert_eq!(Window { start: 0, end: 12, step: 4 }.steps(), 4);
        assert_eq!(Window { start: 1, end: 0, step: 4 }.steps(), 0);
        assert_eq!(Window::instant(7).steps(), 1);
    }
}
