//! Selectors and subqueries: from stored samples to values at steps, and to windows of samples. Uses `error`, `eval`,
//! `tree` and `series`.

use std::ops::Range;

use crate::series::{Counted, GAP, Labels, Sample, Timestamp, Window, is_gap, is_stale};

use super::error::Error;
use super::eval::{Evaluator, Passing};
use super::tree::{At, Form, Node, Selector, Shift, Subquery};

/// The times that a selector looks at instead of the steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    steps: Window,
    fixed: Option<Timestamp>,
    offset: i64,
}

impl Times {
    fn new(steps: Window, shift: Shift, query: Window) -> Self {
        let fixed = shift.at.map(|at| match at {
            At::Start => query.start,
            At::End => query.end,
            At::Time(t) => t,
        });
        Self { steps, fixed, offset: shift.offset }
    }

    /// What step `i` looks at.
    pub(super) fn at(&self, i: usize) -> Timestamp {
        self.fixed.unwrap_or_else(|| self.steps.at(i)).saturating_sub(self.offset)
    }

    fn last(&self) -> Timestamp {
        self.at(self.steps.steps().saturating_sub(1))
    }
}

/// Samples of one series from which windows are cut, staleness markers gone.
pub(super) struct Track<'s> {
    pub(super) labels: &'s Labels,
    pub(super) nameless: bool,
    pub(super) samples: &'s [Sample],
}

/// Cuts the window `(end - range, end]` of ascending `end`s out of ascending samples, moving only forward.
pub(super) struct Cutter<'s> {
    samples: &'s [Sample],
    from: usize,
    to: usize,
}

impl<'s> Cutter<'s> {
    pub(super) fn new(samples: &'s [Sample]) -> Self {
        Self { samples, from: 0, to: 0 }
    }

    pub(super) fn cut(&mut self, after: Timestamp, until: Timestamp) -> &'s [Sample] {
        while self.samples.get(self.from).is_some_and(|s| s.t <= after) {
            self.from += 1;
        }
        self.to = self.to.max(self.from);
        // Of the last step, and so of an only one, usually everything that is left.
        if self.samples.last().is_some_and(|s| s.t <= until) {
            self.to = self.samples.len();
        }
        while self.samples.get(self.to).is_some_and(|s| s.t <= until) {
            self.to += 1;
        }
        &self.samples[self.from..self.to]
    }

    /// Where the last cut lies among the samples.
    pub(super) const fn place(&self) -> Range<usize> {
        self.from..self.to
    }
}

impl Evaluator<'_> {
    /// An instant selector: at each step `of` the last sample that is at most the look-back old. Series may come without
    /// the labels that do not count.
    pub(super) fn latest(
        &self,
        selector: &Selector,
        steps: Window,
        counted: Counted<'_>,
        of: impl Fn(Sample) -> f64,
        mut visit: impl FnMut(Passing<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let times = Times::new(steps, selector.shift, self.query);
        let lookback = self.options.lookback;
        let mut values = Vec::new();
        self.select(selector, times, lookback, counted, |labels, samples| {
            self.spend(1, steps.steps())?;
            values.clear();
            let mut seen = 0;
            let mut any = false;
            for i in 0..steps.steps() {
                let at = times.at(i);
                while samples.get(seen).is_some_and(|s| s.t <= at) {
                    seen += 1;
                }
                let found = seen.checked_sub(1).map(|i| samples[i]);
                // A sample exactly a look-back old is too old: windows are open on the left.
                let found = found.filter(|s| s.t > at.saturating_sub(lookback) && !is_stale(s.v));
                any |= found.is_some();
                values.push(found.map_or(GAP, &of));
            }
            if any { visit(Passing { labels, nameless: false, values: &values }) } else { Ok(()) }
        })
    }

    /// Visits each series of a range vector once, with all the samples that any step needs. Series may come without the
    /// labels that do not count.
    pub(super) fn ranges(
        &self,
        node: &Node,
        steps: Window,
        counted: Counted<'_>,
        mut visit: impl FnMut(Track<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match &node.form {
            Form::Range(selector, range) => {
                let times = Times::new(steps, selector.shift, self.query);
                let mut fresh = Vec::new();
                self.select(selector, times, *range, counted, |labels, samples| {
                    // All of them without a stop: that takes fewer instructions than stopping would spare.
                    let samples = if samples.iter().fold(false, |any, s| any | is_stale(s.v)) {
                        fresh.clear();
                        fresh.extend(samples.iter().filter(|s| !is_stale(s.v)));
                        &fresh
                    } else {
                        samples
                    };
                    visit(Track { labels, nameless: false, samples })
                })
            }
            Form::Subquery(subquery) => self.subquery(subquery, steps, visit),
            _ => Err(Error::mismatch("expected type range vector", node.place)),
        }
    }

    fn subquery(
        &self,
        subquery: &Subquery,
        steps: Window,
        mut visit: impl FnMut(Track<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let times = Times::new(steps, subquery.shift, self.query);
        let step = subquery.step.unwrap_or(self.options.subquery_step).max(1);
        // Inner steps lie on multiples of the step, whatever the outer steps are, so that the same ones come again.
        let after = times.at(0).saturating_sub(subquery.range);
        let start = after.div_euclid(step).saturating_mul(step).saturating_add(step);
        let inner = Window { start, end: times.last(), step };
        self.spend(1, inner.steps())?;
        let mut samples = Vec::new();
        for row in self.vector(&subquery.of, inner)? {
            samples.clear();
            let present = row.values.iter().enumerate().filter(|(_, v)| !is_gap(**v));
            samples.extend(present.map(|(i, &v)| Sample { t: inner.at(i), v }));
            if !samples.is_empty() {
                visit(Track { labels: &row.labels, nameless: row.nameless, samples: &samples })?;
            }
        }
        Ok(())
    }

    /// What step `i` of a range vector looks at.
    pub(super) fn times(&self, node: &Node, steps: Window) -> Times {
        let shift = match &node.form {
            Form::Range(selector, _) => selector.shift,
            Form::Subquery(subquery) => subquery.shift,
            _ => Shift::default(),
        };
        Times::new(steps, shift, self.query)
    }

    fn select(
        &self,
        selector: &Selector,
        times: Times,
        reach: i64,
        counted: Counted<'_>,
        mut visit: impl FnMut(&Labels, &[Sample]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut outcome = Ok(());
        // The visitor cannot stop the store, but once over budget it does nothing any more.
        let mut visit = |labels: &Labels, samples: &[Sample]| {
            if outcome.is_ok() {
                outcome = self.spend_samples(samples.len()).and_then(|()| visit(labels, samples));
            }
        };
        let (after, until) = (times.at(0).saturating_sub(reach), times.last());
        self.data.select_counted(&selector.matchers, after, until, counted, &mut visit);
        outcome
    }
}
