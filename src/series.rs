//! The words every later module speaks: labels, samples, windows, series and matchers.
//!
//! Uses nothing of the crate. Times are milliseconds since the Unix epoch everywhere ([`Timestamp`]); durations are
//! milliseconds too unless a name says otherwise.

mod fault;
#[cfg(test)]
mod in_memory;
mod labels;
mod matcher;
mod natural;
mod nearest;
mod pattern;
mod printable;
mod window;

pub use fault::Fault;
pub(crate) use fault::Faults;
#[cfg(test)]
pub(crate) use in_memory::InMemory;
pub use labels::{Label, Labels};
pub use matcher::{MatchOp, Matcher, MatcherError};
pub use natural::natural;
pub(crate) use nearest::nearest;
pub(crate) use pattern::anchored;
pub use printable::printable;
pub use window::{Timestamp, Window};

/// One observation: a value at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Milliseconds since the Unix epoch.
    pub t: Timestamp,
    /// Any float; [`is_stale`] tells a staleness marker from an ordinary NaN.
    pub v: f64,
}

/// The NaN that marks the end of a series, bit for bit Prometheus' own (`value.StaleNaN`).
pub const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// The staleness marker: "this series was not there any more".
pub const fn stale_marker() -> f64 {
    f64::from_bits(STALE_BITS)
}

/// Whether `v` is the staleness marker, as opposed to an ordinary NaN, which is a value.
pub const fn is_stale(v: f64) -> bool {
    v.to_bits() == STALE_BITS
}

/// The value of a step at which a series has no sample. It shares its bits with the staleness marker, which no query
/// can return, so a real NaN (0/0) stays distinguishable from "nothing here".
pub const GAP: f64 = f64::from_bits(STALE_BITS);

/// Whether a step of a [`Series`] holds no sample.
pub const fn is_gap(v: f64) -> bool {
    is_stale(v)
}

/// One series evaluated at every step of a [`Window`].
///
/// `values.len() == window.steps()`, the i-th value belongs to `window.at(i)`; [`GAP`] where there is none. An instant
/// query is a window of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The label set, the metric name included as `__name__` where the query kept it.
    pub labels: Labels,
    /// One value a step, [`GAP`] for none.
    pub values: Vec<f64>,
}

impl Series {
    /// The last step that has a value, as (step index, value).
    pub fn last(&self) -> Option<(usize, f64)> {
        self.values.iter().copied().enumerate().rev().find(|&(_, v)| !is_gap(v))
    }

    /// The values that are there, gaps left out, with their step index, ascending.
    pub fn present(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.values.iter().copied().enumerate().filter(|&(_, v)| !is_gap(v))
    }
}

/// Which labels of a series count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted<'a> {
    /// All of them.
    All,
    /// Those of these names.
    Only(&'a [String]),
    /// All but those of these names and the metric's name.
    AllBut(&'a [String]),
}

impl Counted<'_> {
    /// Whether a label of this name counts.
    pub fn counts(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|n| n == name),
            Self::AllBut(names) => name != Labels::NAME && !names.iter().any(|n| n == name),
        }
    }
}

/// Whatever stores samples and can be asked for them; the evaluator knows nothing else of a store.
pub trait Select {
    /// Calls `visit` once for every series that satisfies all `matchers` and has at least one sample in
    /// `(after, until]`, with that series' samples in it, ascending in time, staleness markers included.
    ///
    /// The order of series is unspecified but the same for the same store and matchers.
    fn select(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    );

    /// The same for who only looks at the labels that count: series may come without the others.
    fn select_counted(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        _counted: Counted<'_>,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    ) {
        self.select(matchers, after, until, visit);
    }
}
