//! How a panel draws what it has: the choices of a layout file beside kind, unit and thresholds.

use crate::series::is_gap;

/// One number for a whole series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reduce {
    /// The newest value; none where the series has ended.
    #[default]
    Last,
    /// The oldest value of the range.
    First,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The arithmetic mean.
    Mean,
    /// The sum of all.
    Sum,
    /// How many values there are.
    Count,
    /// The newest less the oldest.
    Difference,
    /// The largest less the smallest.
    Spread,
}

impl Reduce {
    /// Every one with its name in a layout file.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("last", Self::Last),
        ("first", Self::First),
        ("min", Self::Min),
        ("max", Self::Max),
        ("mean", Self::Mean),
        ("sum", Self::Sum),
        ("count", Self::Count),
        ("difference", Self::Difference),
        ("spread", Self::Spread),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, reduce)| *reduce == self).map_or("last", |&(name, _)| name)
    }

    /// The number of a series with these `values`, one a step with gaps left out, and this newest one. `None` where there
    /// is nothing to reduce. NaN counts as a value, as in PromQL: it makes a mean or a sum NaN, but is neither the smallest
    /// nor the largest beside another value.
    pub fn of(self, values: &[f64], newest: Option<f64>) -> Option<f64> {
        if self == Self::Last {
            return newest;
        }
        let stands = values.iter().copied().filter(|v| !is_gap(*v));
        // A series that was asked for its newest value alone has just that one.
        let lone = newest.filter(|_| values.is_empty());
        let all = || stands.clone().chain(lone);
        let extreme = |pick: fn(f64, f64) -> f64| all().reduce(pick);
        let first = all().next()?;
        match self {
            Self::Last => newest,
            Self::First => Some(first),
            Self::Min => extreme(f64::min),
            Self::Max => extreme(f64::max),
            Self::Mean => Some(all().sum::<f64>() / all().count() as f64),
            Self::Sum => Some(all().sum()),
            Self::Count => Some(all().count() as f64),
            Self::Difference => all().last().map(|last| last - first),
            Self::Spread => Some(extreme(f64::max)? - extreme(f64::min)?),
        }
    }
}

/// What stands for a value of a timeseries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Draw {
    /// A line from each value to the next.
    #[default]
    Lines,
    /// A line that holds each value until the next.
    Steps,
    /// A bar from zero.
    Bars,
    /// A dot.
    Points,
}

impl Draw {
    /// Every one with its name in a layout file.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("lines", Self::Lines), ("steps", Self::Steps), ("bars", Self::Bars), ("points", Self::Points)];
}

/// Whether series stand on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Stacking {
    /// Each on its own.
    #[default]
    None,
    /// The values add up.
    Sum,
    /// The values add up to 100 % at every step.
    Percent,
}

/// What is told of where a timeseries is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Trend {
    /// Nothing.
    #[default]
    None,
    /// Of a backlog: whether it grows or drains, when it will be gone, and who has most of it.
    Drain,
}

impl Trend {
    /// Every one with its name in a layout file.
    pub const NAMES: &'static [(&'static str, Self)] = &[("none", Self::None), ("drain", Self::Drain)];
}

/// How a scale is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Spacing {
    /// Equal distances are equal differences.
    #[default]
    Linear,
    /// Equal distances are equal ratios, ticks at powers of 2.
    Log2,
    /// Equal distances are equal ratios, ticks at powers of 10.
    Log10,
}

impl Spacing {
    /// Every one with its name in a layout file.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("linear", Self::Linear), ("log2", Self::Log2), ("log10", Self::Log10)];
}

/// How thresholds are marked on a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Marking {
    /// A line at each.
    #[default]
    Lines,
    /// A coloured band behind the values they hold for.
    Bands,
    /// Lines and bands.
    Both,
    /// Not at all; they colour numbers only.
    None,
}

impl Marking {
    /// Every one with its name in a layout file.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("lines", Self::Lines), ("bands", Self::Bands), ("both", Self::Both), ("none", Self::None)];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::GAP;

    #[test]
    fn a_series_is_reduced_to_one_number() {
        let values = [GAP, 2.0, 6.0, GAP, 4.0];
        let table = [
            (Reduce::Last, 5.0),
            (Reduce::First, 2.0),
            (Reduce::Min, 2.0),
            (Reduce::Max, 6.0),
            (Reduce::Mean, 4.0),
            (Reduce::Sum, 12.0),
            (Reduce::Count, 3.0),
            (Reduce::Difference, 2.0),
            (Reduce::Spread, 4.0),
        ];
        for (reduce, expected) in table {
            assert_eq!(reduce.of(&values, Some(5.0)), Some(expected), "{}", reduce.name());
        }
        assert_eq!(table.len(), Reduce::NAMES.len());
    }

    #[test]
    fn nothing_reduces_to_nothing_and_a_lone_value_to_itself() {
        for &(name, reduce) in Reduce::NAMES {
            assert_eq!(reduce.of(&[GAP, GAP], None), None, "{name}");
        }
        assert_eq!(Reduce::Mean.of(&[], Some(3.0)), Some(3.0));
        assert_eq!(Reduce::Last.of(&[1.0], None), None);
        assert_eq!(Reduce::Max.of(&[f64::NAN, 1.0], None), Some(1.0));
    }
}
