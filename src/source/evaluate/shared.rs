//! Samples that are selected once for two evaluations of the same query: for the newest values and for the last few
//! steps, which read nearly the same. Uses `series`.

use std::cell::RefCell;
use std::ops::Range;

use crate::series::{Counted, Labels, Matcher, Sample, Select, Timestamp};

/// Reads what it is asked for, and a bit of the past with it; who asks again for a part of that is given it from here.
pub(super) struct Shared<'s> {
    data: &'s dyn Select,
    /// How much more of the past is read, ms.
    before: i64,
    selected: RefCell<Vec<Selected>>,
}

/// What one selector was given.
struct Selected {
    place: Place,
    after: Timestamp,
    until: Timestamp,
    samples: Vec<Sample>,
    series: Vec<(Labels, Range<usize>)>,
}

/// Which selector of the query it is: where its matchers lie in memory, and the names of the labels that it asks for. Both
/// stay where they are as long as the query does.
#[derive(PartialEq, Eq)]
struct Place {
    matchers: usize,
    names: Option<usize>,
}

impl Place {
    fn new(matchers: &[Matcher], counted: Counted<'_>) -> Self {
        let names = match counted {
            Counted::All => None,
            Counted::Only(names) | Counted::AllBut(names) => Some(names.as_ptr().addr()),
        };
        Self { matchers: matchers.as_ptr().addr(), names }
    }
}

impl<'s> Shared<'s> {
    /// `before` is by how much the first step of the second evaluation is older than that of the first, ms.
    pub(super) fn new(data: &'s dyn Select, before: i64) -> Self {
        Self { data, before, selected: RefCell::default() }
    }
}

impl Selected {
    fn read(data: &dyn Select, matchers: &[Matcher], after: Timestamp, until: Timestamp, counted: Counted<'_>) -> Self {
        let (mut samples, mut series) = (Vec::new(), Vec::new());
        data.select_counted(matchers, after, until, counted, &mut |labels, found| {
            let start = samples.len();
            samples.extend_from_slice(found);
            series.push((labels.clone(), start..samples.len()));
        });
        Self { place: Place::new(matchers, counted), after, until, samples, series }
    }

    fn visit(&self, after: Timestamp, until: Timestamp, visit: &mut dyn FnMut(&Labels, &[Sample])) {
        for (labels, range) in &self.series {
            let samples = self.samples.get(range.clone()).unwrap_or_default();
            let from = samples.partition_point(|s| s.t <= after);
            let to = samples.partition_point(|s| s.t <= until);
            if from < to {
                visit(labels, &samples[from..to]);
            }
        }
    }
}

impl Select for Shared<'_> {
    fn select(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    ) {
        self.select_counted(matchers, after, until, Counted::All, visit);
    }

    fn select_counted(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        counted: Counted<'_>,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    ) {
        let place = Place::new(matchers, counted);
        let mut selected = self.selected.borrow_mut();
        match selected.iter().find(|s| s.place == place) {
            Some(known) if known.after <= after && until <= known.until => known.visit(after, until, visit),
            // A subquery's steps lie where they do: it may reach further back than was thought.
            Some(_) => self.data.select_counted(matchers, after, until, counted, visit),
            None => {
                let further = after.saturating_sub(self.before);
                let known = Selected::read(self.data, matchers, further, until, counted);
                known.visit(after, until, visit);
                selected.push(known);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::promql::{self, Options, Query};
    use crate::series::{InMemory, Window};

    /// Counts how often it is asked.
    struct Counting(InMemory, Cell<usize>);

    impl Select for Counting {
        fn select(
            &self,
            matchers: &[Matcher],
            after: Timestamp,
            until: Timestamp,
            visit: &mut dyn FnMut(&Labels, &[Sample]),
        ) {
            self.1.set(self.1.get() + 1);
            self.0.select(matchers, after, until, visit);
        }
    }

    #[test]
    fn the_second_evaluation_selects_nothing_and_says_the_same() {
        let series = |i: i64| {
            let labels = Labels::from_pairs([("__name__", "x"), ("i", &i.to_string()), ("job", "a")]);
            // One series ends early, one begins late.
            let samples = (0..100).filter(|n| i != 1 || *n < 80).filter(|n| i != 2 || *n > 97);
            (labels, samples.map(|n| Sample { t: n * 10_000, v: (n * (i + 3) % 37) as f64 }).collect())
        };
        let data = Counting(InMemory((0..4).map(series).collect()), Cell::new(0));
        let (at, tail) = (987_000, Window { start: 960_000, end: 980_000, step: 10_000 });
        for (text, selectors) in [
            ("x", 1),
            ("sum by (job) (rate(x[1m])) / sum by (i) (x offset 20s)", 2),
            ("sum by (job) (x) + sum without (job) (x)", 2),
            ("topk(2, x) or x offset -10s", 2),
            ("max_over_time(rate(x[30s])[2m:10s])", 1),
        ] {
            let query = Query::parse(text).expect(text);
            let shared = Shared::new(&data, at - tail.start);
            for window in [Window::instant(at), tail] {
                let ask = |data: &dyn Select| promql::eval(&query, window, data, &Options::default());
                let (direct, through) = (ask(&data.0), ask(&shared));
                assert_eq!(format!("{direct:?}"), format!("{through:?}"), "{text}");
            }
            assert_eq!(data.1.take(), selectors, "{text}");
        }
    }
}
