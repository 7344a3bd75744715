//! PromQL for whoever writes it: what each function and aggregation takes and does, and what a query comes to. Uses
//! `aggregate`, `function` and `tree`.

use super::aggregate::Aggregator;
use super::tree::{Form, Type};
use super::{Query, function};

/// A function or an aggregation, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// Its name.
    pub name: &'static str,
    /// What it takes: `rate(range)`, `topk(scalar, vector)`.
    pub signature: String,
    /// What it does, in a few words.
    pub help: &'static str,
    /// Whether it aggregates, so that `by` and `without` may follow.
    pub aggregates: bool,
}

impl Query {
    /// What it evaluates to.
    pub fn type_of(&self) -> Type {
        self.0.root.type_of()
    }

    /// The string that it is, where it is one; no data is needed for it.
    pub fn as_string(&self) -> Option<&str> {
        match &self.0.root.form {
            Form::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Every aggregation, then every function, each by name.
pub fn guide() -> Vec<Guide> {
    let mut all: Vec<Guide> = Aggregator::NAMES
        .iter()
        .map(|&(name, aggregator)| {
            let parameter = aggregator.parameter().map_or(String::new(), |t| format!("{}, ", brief(t)));
            Guide { name, signature: format!("{name}({parameter}vector)"), help: help(name), aggregates: true }
        })
        .collect();
    all.sort_by_key(|g| g.name);
    all.extend(function::names().filter_map(function::find).map(|f| Guide {
        name: f.name,
        signature: format!("{}({})", f.name, arguments(f)),
        help: help(f.name),
        aggregates: false,
    }));
    all
}

fn arguments(f: &function::Function) -> String {
    let (least, most) = f.arity();
    let word = |i: usize| f.takes(i).map_or("", brief);
    let mut words: Vec<String> = (0..least).map(|i| word(i).to_owned()).collect();
    match most {
        None => words.push(format!("[{}…]", word(least))),
        Some(most) if most > least + 1 => words.push(format!("[{}…]", word(least))),
        Some(most) if most > least => words.push(format!("[{}]", word(least))),
        Some(_) => {}
    }
    words.join(", ")
}

const fn brief(kind: Type) -> &'static str {
    match kind {
        Type::Scalar => "scalar",
        Type::Vector => "vector",
        Type::Matrix => "range",
        Type::Text => "string",
    }
}

/// Empty for none; a test sees to it that there is none.
fn help(name: &str) -> &'static str {
    HELP.iter().find(|(known, _)| *known == name).map_or("", |(_, help)| help)
}

#[rustfmt::skip]
const HELP: &[(&str, &str)] = &[
    ("sum", "the sum of each group"),
    ("avg", "the mean of each group"),
    ("min", "the smallest of each group"),
    ("max", "the largest of each group"),
    ("count", "how many series each group has"),
    ("group", "1 for each group that there is"),
    ("stddev", "the standard deviation in each group"),
    ("stdvar", "the variance in each group"),
    ("topk", "the k largest series of each group"),
    ("bottomk", "the k smallest series of each group"),
    ("quantile", "a quantile (0 to 1) over the series of each group"),
    ("count_values", "how many series have each value; the value becomes a label"),
    ("limitk", "any k series of each group"),
    ("limit_ratio", "that share of the series of each group"),
    ("abs", "the absolute value"),
    ("absent", "1 where there is no such series, nothing otherwise"),
    ("absent_over_time", "1 where there was no such series in the range"),
    ("acos", "arc cosine, in radians"),
    ("acosh", "inverse hyperbolic cosine"),
    ("asin", "arc sine, in radians"),
    ("asinh", "inverse hyperbolic sine"),
    ("atan", "arc tangent, in radians"),
    ("atanh", "inverse hyperbolic tangent"),
    ("avg_over_time", "the mean over the range"),
    ("ceil", "rounded up"),
    ("changes", "how often the value changed in the range"),
    ("clamp", "no smaller than the first, no larger than the second"),
    ("clamp_max", "no larger than that"),
    ("clamp_min", "no smaller than that"),
    ("cos", "cosine of radians"),
    ("cosh", "hyperbolic cosine"),
    ("count_over_time", "how many samples are in the range"),
    ("day_of_month", "day of the month, 1 to 31, UTC"),
    ("day_of_week", "day of the week, 0 is Sunday, UTC"),
    ("day_of_year", "day of the year, 1 to 366, UTC"),
    ("days_in_month", "how many days the month has, UTC"),
    ("deg", "radians as degrees"),
    ("delta", "how far a gauge moved over the range"),
    ("deriv", "slope of a gauge a second, by linear regression"),
    ("double_exponential_smoothing", "a smoothed gauge; level factor, trend factor"),
    ("end", "end of the query's range, Unix seconds"),
    ("exp", "e to the power of the value"),
    ("first_over_time", "the oldest value of the range"),
    ("floor", "rounded down"),
    ("histogram_avg", "mean of a native histogram"),
    ("histogram_count", "count of a native histogram"),
    ("histogram_fraction", "share of observations between two bounds"),
    ("histogram_quantile", "a quantile (0 to 1) of buckets; sum by (le) them first"),
    ("histogram_quantiles", "several quantiles at once, each with a label"),
    ("histogram_stddev", "standard deviation of a native histogram"),
    ("histogram_stdvar", "variance of a native histogram"),
    ("histogram_sum", "sum of a native histogram"),
    ("hour", "hour of the day, 0 to 23, UTC"),
    ("idelta", "difference of the last two samples of a gauge"),
    ("increase", "by how much a counter grew over the range"),
    ("irate", "growth a second of a counter, from its last two samples"),
    ("label_join", "several labels joined into one: new, separator, labels"),
    ("label_replace", "a label made from another by a pattern: new, value, label, pattern"),
    ("last_over_time", "the newest value of the range"),
    ("ln", "natural logarithm"),
    ("log10", "decimal logarithm"),
    ("log2", "binary logarithm"),
    ("mad_over_time", "median absolute deviation over the range"),
    ("max_of", "the larger of two scalars"),
    ("max_over_time", "the largest of the range"),
    ("min_of", "the smaller of two scalars"),
    ("min_over_time", "the smallest of the range"),
    ("minute", "minute of the hour, 0 to 59, UTC"),
    ("month", "month of the year, 1 to 12, UTC"),
    ("pi", "π"),
    ("predict_linear", "a gauge so many seconds from now, by linear regression"),
    ("present_over_time", "1 for each series with a sample in the range"),
    ("quantile_over_time", "a quantile (0 to 1) over the range"),
    ("rad", "degrees as radians"),
    ("range", "length of the query's range, seconds"),
    ("rate", "growth a second of a counter, over the range"),
    ("resets", "how often a counter was reset in the range"),
    ("round", "to the nearest whole, or to that multiple"),
    ("scalar", "the only series of a vector as a number"),
    ("sgn", "-1, 0 or 1: the sign"),
    ("sin", "sine of radians"),
    ("sinh", "hyperbolic sine"),
    ("sort", "smallest first"),
    ("sort_by_label", "ordered by these labels"),
    ("sort_by_label_desc", "ordered by these labels, backwards"),
    ("sort_desc", "largest first"),
    ("sqrt", "square root"),
    ("start", "start of the query's range, Unix seconds"),
    ("stddev_over_time", "standard deviation over the range"),
    ("stdvar_over_time", "variance over the range"),
    ("step", "distance of the query's steps, seconds"),
    ("sum_over_time", "the sum over the range"),
    ("tan", "tangent of radians"),
    ("tanh", "hyperbolic tangent"),
    ("time", "time of the step, Unix seconds"),
    ("timestamp", "time of the newest sample, Unix seconds"),
    ("ts_of_first_over_time", "time of the oldest sample of the range"),
    ("ts_of_last_over_time", "time of the newest sample of the range"),
    ("ts_of_max_over_time", "time of the largest sample of the range"),
    ("ts_of_min_over_time", "time of the smallest sample of the range"),
    ("vector", "a number as a vector of one series"),
    ("year", "the year, UTC"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_explained_and_nothing_else() {
        let guide = guide();
        for g in &guide {
            assert!(!g.help.is_empty(), "{} is not explained", g.name);
        }
        assert_eq!(guide.len(), HELP.len());
    }

    #[test]
    fn signatures_say_what_may_be_left_out() {
        let signature = |name: &str| guide().into_iter().find(|g| g.name == name).map(|g| g.signature);
        assert_eq!(signature("rate").as_deref(), Some("rate(range)"));
        assert_eq!(signature("topk").as_deref(), Some("topk(scalar, vector)"));
        assert_eq!(signature("round").as_deref(), Some("round(vector, [scalar])"));
        assert_eq!(signature("hour").as_deref(), Some("hour([vector])"));
        assert_eq!(signature("pi").as_deref(), Some("pi()"));
        assert_eq!(signature("sort_by_label").as_deref(), Some("sort_by_label(vector, [string…])"));
    }
}
