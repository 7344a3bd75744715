//! What is doubtful about an answer that is no error: Prometheus' annotations, in its words. Uses `aggregate`, `error` and
//! `series`.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use crate::series::printable;

use super::aggregate::format_value;
use super::error::{Error, Span};

/// Most notes that one query leaves; a pattern for names may match thousands of metrics.
const MOST: usize = 32;

/// How doubtful it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It may be meant so.
    Info,
    /// It is hardly meant so.
    Warning,
}

/// Something doubtful about an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How doubtful it is.
    pub severity: Severity,
    /// What it is, in Prometheus' words, safe for a terminal.
    pub text: String,
    place: Span,
}

impl Note {
    /// The bytes of the query's text that it is about.
    pub fn place(&self) -> Range<usize> {
        self.place.start as usize..self.place.end as usize
    }

    /// The note as Prometheus writes it, with line and column in `text`, which is the query's.
    pub fn display(&self, text: &str) -> String {
        match Error::syntax("", self.place).line_column(text) {
            Some((line, column)) => format!("{self} ({line}:{column})"),
            None => self.to_string(),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
        };
        write!(f, "PromQL {severity}: {}", self.text)
    }
}

/// The notes of a query that is being evaluated.
#[derive(Debug, Default)]
pub(super) struct Notes(RefCell<Vec<Note>>);

impl Notes {
    /// All of them, in the order in which they came up.
    pub(super) fn take(&self) -> Vec<Note> {
        self.0.take()
    }

    fn add(&self, severity: Severity, text: &str, place: Span) {
        let note = Note { severity, text: printable(text).into_owned(), place };
        let mut notes = self.0.borrow_mut();
        if notes.len() < MOST && !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// A rate is taken of this metric, whose name is not that of a counter.
    pub(super) fn rate_of(&self, metric: &str, place: Span) {
        if !metric.is_empty() && !["_total", "_sum", "_count", "_bucket"].iter().any(|end| metric.ends_with(end)) {
            let what = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket";
            self.add(Severity::Info, &format!("{what}: {metric:?}"), place);
        }
    }

    /// Quantiles are asked for; those that are none are noted.
    pub(super) fn quantiles(&self, quantiles: &[f64], place: Span) {
        for &q in quantiles.iter().filter(|q| !(0.0..=1.0).contains(*q)) {
            let text = format!("quantile value should be between 0 and 1, got {}", format_value(q));
            self.add(Severity::Warning, &text, place);
        }
    }

    /// Shares are asked for; those of more than all are noted.
    pub(super) fn ratios(&self, ratios: &[f64], place: Span) {
        for &r in ratios.iter().filter(|r| r.abs() > 1.0) {
            let text = format!(
                "ratio value should be between -1 and 1, got {}, capping to {}",
                format_value(r),
                format_value(r.signum())
            );
            self.add(Severity::Warning, &text, place);
        }
    }

    /// A series that should be a bucket has this for a bound.
    pub(super) fn bound(&self, bound: &str, metric: Option<&str>, place: Span) {
        let what = format!("bucket label \"le\" is missing or has a malformed value of {bound:?}");
        self.add(Severity::Warning, &(what + &for_metric(metric)), place);
    }

    /// Counts of buckets fell, and were lifted.
    pub(super) fn lifted(&self, metric: Option<&str>, place: Span) {
        let what = "input to histogram_quantile needed to be fixed for monotonicity (see \
                    https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";
        self.add(Severity::Info, &(what.to_owned() + &for_metric(metric)), place);
    }

    /// A range query sorts.
    pub(super) fn sorted_range(&self, place: Span) {
        let what = "sort is ineffective for range queries since results are always ordered by labels";
        self.add(Severity::Warning, what, place);
    }
}

fn for_metric(metric: Option<&str>) -> String {
    metric.map(|metric| format!(" for metric name {metric:?}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::promql::{Options, Query, eval_with_notes};
    use crate::series::{InMemory, Labels, Sample, Window};

    fn notes(text: &str, window: Window) -> Vec<String> {
        let series = |labels: &[(&str, &str)], v: f64| {
            let samples = (0..9).map(|i| Sample { t: i * 15_000, v: v * i as f64 });
            (Labels::from_pairs(labels.iter().copied()), samples.collect())
        };
        let data = InMemory(vec![
            series(&[("__name__", "load")], 1.0),
            series(&[("__name__", "x_total")], 1.0),
            series(&[("__name__", "h_bucket"), ("le", "1")], 3.0),
            series(&[("__name__", "h_bucket"), ("le", "2")], 1.0),
            series(&[("__name__", "h_bucket"), ("le", "+Inf")], 4.0),
        ]);
        let query = Query::parse(text).expect(text);
        let (_, notes) = eval_with_notes(&query, window, &data, &Options::default()).expect(text);
        notes.iter().map(|note| note.display(text)).collect()
    }

    #[test]
    fn what_is_doubtful_is_noted_once_with_its_place() {
        let now = Window::instant(100_000);
        let range = Window { start: 60_000, end: 120_000, step: 15_000 };
        let rate =
            "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"load\"";
        for window in [now, range] {
            assert_eq!(notes("sum(rate(load[1m]))", window), [format!("{rate} (1:10)")]);
            assert_eq!(notes("rate(load[1m])\n + rate(load[1m])", window).len(), 2);
            assert_eq!(notes("sum(rate(x_total[1m])) + sum(load)", window), [""; 0]);
            let quantile = "PromQL warning: quantile value should be between 0 and 1, got 2";
            assert_eq!(notes("quantile(2, load)", window), [format!("{quantile} (1:10)")]);
            assert_eq!(notes("quantile_over_time(2, load[1m])", window), [format!("{quantile} (1:20)")]);
            let bucket =
                "PromQL warning: bucket label \"le\" is missing or has a malformed value of \"\" for metric name";
            assert_eq!(notes("histogram_quantile(0.5, load)", window), [format!("{bucket} \"load\" (1:25)")]);
            let lifted = notes("histogram_quantile(0.5, h_bucket)", window);
            assert!(lifted.len() == 1 && lifted[0].contains("needed to be fixed for monotonicity"), "{lifted:?}");
        }
        assert_eq!(notes("sort(load)", now), [""; 0]);
        assert_eq!(notes("sort(load)", range).len(), 1);
    }
}
