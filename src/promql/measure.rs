//! What the values of a query are measured in, as far as the names of metrics and what is done with them tell. Uses
//! `aggregate`, `binary`, `tree`, `catalog` and `unit`.

use super::Query;
use super::aggregate::Aggregator;
use super::binary::Operator;
use super::tree::{Binary, Call, Form, Node};
use crate::catalog::{self, Measure};
use crate::series::{Labels, MatchOp, Matcher};
use crate::unit::Unit;

/// What something is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Nobody says.
    Unknown,
    /// A share of a whole, or another number without a unit.
    Ratio,
    /// The same times a hundred.
    Percent,
    /// Things counted.
    Count,
    Bytes,
    /// A duration.
    Seconds,
    /// Time that a processor was busy.
    Busy,
    /// Seconds since the Unix epoch.
    Time,
}

/// That, or that much every second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quantity {
    of: Of,
    a_second: bool,
}

const UNKNOWN: Quantity = Quantity::plain(Of::Unknown);

/// What the last word of a metric's name says of its values, by Prometheus' conventions
/// (prometheus.io/docs/practices/naming).
const SUFFIXES: [(&str, Of); 12] = [
    ("_timestamp_seconds", Of::Time),
    ("_time_seconds", Of::Time),
    ("_cpu_seconds", Of::Busy),
    ("_seconds", Of::Seconds),
    ("_bytes", Of::Bytes),
    ("_ratio", Of::Ratio),
    ("_percent", Of::Percent),
    ("_total", Of::Count),
    ("_count", Of::Count),
    ("_bucket", Of::Count),
    ("_info", Of::Ratio),
    ("_sum", Of::Unknown),
];

impl Query {
    /// The unit of its values; [`Unit::Short`] where names and functions do not tell it.
    pub fn unit(&self) -> Unit {
        let Quantity { of, a_second } = measure(&self.0.root);
        match (of, a_second) {
            (Of::Percent, false) => Unit::Percent,
            (Of::Count, false) => Unit::Count,
            (Of::Count, true) => Unit::PerSecond,
            (Of::Bytes, false) => Unit::Bytes,
            (Of::Bytes, true) => Unit::BytesPerSecond,
            (Of::Seconds | Of::Busy, false) => Unit::Seconds,
            (Of::Busy, true) => Unit::Cores,
            _ => Unit::Short,
        }
    }
}

impl Quantity {
    const fn plain(of: Of) -> Self {
        Self { of, a_second: false }
    }

    /// How much of it comes in a second.
    const fn rate(self) -> Self {
        match self.of {
            Of::Unknown | Of::Time | Of::Percent => UNKNOWN,
            _ if self.a_second => UNKNOWN,
            of => Self { of, a_second: true },
        }
    }

    /// A difference of two.
    const fn difference(self) -> Self {
        match self.of {
            Of::Time => Self::plain(Of::Seconds),
            _ => self,
        }
    }
}

fn measure(node: &Node) -> Quantity {
    match &node.form {
        Form::Number(_) => Quantity::plain(Of::Ratio),
        Form::Text(_) => UNKNOWN,
        Form::Instant(selector) | Form::Range(selector, _) => named(&selector.matchers, false),
        Form::Subquery(subquery) => measure(&subquery.of),
        Form::Negate(of) => measure(of),
        Form::Binary(binary) => combined(binary),
        Form::Aggregate(aggregate) => match aggregate.aggregator {
            Aggregator::Count | Aggregator::CountValues => Quantity::plain(Of::Count),
            Aggregator::Group => Quantity::plain(Of::Ratio),
            Aggregator::Stdvar => UNKNOWN,
            _ => measure(&aggregate.of),
        },
        Form::Call(call) => called(call),
    }
}

fn called(call: &Call) -> Quantity {
    // The vector is what a function is about; numbers and words before or behind it say how.
    let about = call.arguments.iter().find(|a| !matches!(a.form, Form::Number(_) | Form::Text(_)));
    let inner = || about.map_or(UNKNOWN, measure);
    match call.function.name {
        "rate" | "irate" | "deriv" => inner().rate(),
        "increase" | "delta" | "idelta" => inner().difference(),
        "histogram_quantile" | "histogram_quantiles" | "histogram_avg" | "histogram_stddev" => {
            about.and_then(observed).unwrap_or(UNKNOWN)
        }
        "histogram_fraction" | "absent" | "absent_over_time" | "sgn" => Quantity::plain(Of::Ratio),
        "changes" | "resets" | "count_over_time" | "present_over_time" | "histogram_count" => {
            Quantity::plain(Of::Count)
        }
        "time"
        | "timestamp"
        | "ts_of_first_over_time"
        | "ts_of_last_over_time"
        | "ts_of_max_over_time"
        | "ts_of_min_over_time"
        | "start"
        | "end" => Quantity::plain(Of::Time),
        "range" | "step" => Quantity::plain(Of::Seconds),
        "abs"
        | "ceil"
        | "floor"
        | "round"
        | "clamp"
        | "clamp_max"
        | "clamp_min"
        | "sort"
        | "sort_desc"
        | "sort_by_label"
        | "sort_by_label_desc"
        | "label_join"
        | "label_replace"
        | "scalar"
        | "vector"
        | "avg_over_time"
        | "min_over_time"
        | "max_over_time"
        | "sum_over_time"
        | "last_over_time"
        | "first_over_time"
        | "quantile_over_time"
        | "stddev_over_time"
        | "mad_over_time"
        | "predict_linear"
        | "double_exponential_smoothing"
        | "max_of"
        | "min_of" => inner(),
        _ => UNKNOWN,
    }
}

/// What the buckets below `node` have observed.
fn observed(node: &Node) -> Option<Quantity> {
    match &node.form {
        Form::Instant(selector) | Form::Range(selector, _) => Some(named(&selector.matchers, true)),
        _ => node.children().into_iter().find_map(observed),
    }
}

/// What the metric measures that `matchers` name; of a histogram's buckets that which falls into them, where it is `observed`.
fn named(matchers: &[Matcher], observed: bool) -> Quantity {
    let name = matchers.iter().find(|m| m.name == Labels::NAME && m.op == MatchOp::Equal);
    let Some(name) = name.map(|m| m.value.as_str()) else { return UNKNOWN };
    let suffix = |suffix: &str| name.strip_suffix(suffix);
    let whole = suffix("_sum").or_else(|| suffix("_bucket").filter(|_| observed)).unwrap_or(name);
    if let Some(metric) = catalog::find(whole)
        && (whole != name || !name.ends_with("_bucket") && !name.ends_with("_count"))
    {
        return match metric.measure {
            Measure::Count => Quantity::plain(Of::Count),
            Measure::Bytes => Quantity::plain(Of::Bytes),
            Measure::Seconds => Quantity::plain(Of::Seconds),
            Measure::UnixTime => Quantity::plain(Of::Time),
            Measure::PerSecond => Quantity { of: Of::Count, a_second: true },
            Measure::State => UNKNOWN,
        };
    }
    let find = |name: &str| SUFFIXES.iter().find(|(suffix, _)| name.ends_with(suffix)).map(|&(_, of)| of);
    // `_total` says that it is counted, what stands before it in what.
    let before = whole.strip_suffix("_total").and_then(find);
    Quantity::plain(before.or_else(|| find(whole)).unwrap_or(Of::Unknown))
}

fn combined(binary: &Binary) -> Quantity {
    let (left, right) = (measure(&binary.left), measure(&binary.right));
    let number = |node: &Node| match node.form {
        Form::Number(v) => Some(v),
        _ => None,
    };
    let literal = number(&binary.left).or_else(|| number(&binary.right));
    let one = if number(&binary.left).is_some() { right } else { left };
    match binary.operator {
        _ if binary.returns_bool => Quantity::plain(Of::Ratio),
        Operator::Add | Operator::Sub if literal.is_some() => one,
        Operator::Sub if left == right => left.difference(),
        Operator::Add if left == right => left,
        Operator::Sub | Operator::Add if left.of == Of::Time && right.of == Of::Seconds => left,
        Operator::Mul if literal == Some(1.0) => one,
        // Seconds every second are a share of the time, too.
        Operator::Mul if literal == Some(100.0) => match one {
            Quantity { of: Of::Ratio, .. } | Quantity { of: Of::Seconds | Of::Busy, a_second: true } => {
                Quantity::plain(Of::Percent)
            }
            _ => UNKNOWN,
        },
        Operator::Div if literal.is_none() => divided(left, right),
        Operator::Mod
        | Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::Greater
        | Operator::LessEqual
        | Operator::GreaterEqual
        | Operator::And
        | Operator::Or
        | Operator::Unless => {
            if number(&binary.left).is_some() {
                right
            } else {
                left
            }
        }
        _ => UNKNOWN,
    }
}

fn divided(left: Quantity, right: Quantity) -> Quantity {
    match (left, right) {
        (Quantity { of: Of::Unknown | Of::Time, .. }, _) | (_, Quantity { of: Of::Unknown | Of::Time, .. }) => UNKNOWN,
        (left, right) if left == right => Quantity::plain(Of::Ratio),
        // So much of it for each of them.
        (left, Quantity { of: Of::Count | Of::Ratio, a_second: false }) => left,
        (left, Quantity { of: Of::Count, a_second: true }) if left.a_second => Quantity::plain(left.of),
        (Quantity { of: Of::Bytes | Of::Count, a_second: false }, Quantity { of: Of::Seconds, a_second: false }) => {
            left.rate()
        }
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_functions_tell_the_unit() {
        for (query, unit) in [
            ("up", Unit::Short),
            ("node_memory_MemAvailable_bytes", Unit::Bytes),
            ("rate(node_network_receive_bytes_total[5m])", Unit::BytesPerSecond),
            ("sum by (device) (irate(node_network_receive_bytes_total[5m]))", Unit::BytesPerSecond),
            ("increase(node_network_receive_bytes_total[1h])", Unit::Bytes),
            ("rate(http_requests_total[5m])", Unit::PerSecond),
            ("http_requests_total", Unit::Count),
            ("rate(process_cpu_seconds_total[5m])", Unit::Cores),
            ("100 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m])) * 100", Unit::Percent),
            ("histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))", Unit::Seconds),
            ("histogram_quantile(0.9, rate(http_response_size_bytes_bucket[5m]))", Unit::Bytes),
            ("rate(http_request_duration_seconds_bucket[5m])", Unit::PerSecond),
            ("rate(x_duration_seconds_sum[5m]) / rate(x_duration_seconds_count[5m])", Unit::Seconds),
            ("rate(x_duration_seconds_sum[5m])", Unit::Short),
            ("time() - node_boot_time_seconds", Unit::Seconds),
            ("node_boot_time_seconds", Unit::Short),
            ("node_filesystem_avail_bytes / node_filesystem_size_bytes", Unit::Short),
            ("1 - node_filesystem_avail_bytes / node_filesystem_size_bytes", Unit::Short),
            ("100 * (1 - node_filesystem_avail_bytes / node_filesystem_size_bytes)", Unit::Percent),
            ("node_filesystem_avail_bytes > 1e9", Unit::Bytes),
            ("1e9 < node_filesystem_avail_bytes", Unit::Bytes),
            ("node_filesystem_avail_bytes > bool 1e9", Unit::Short),
            ("node_filesystem_avail_bytes / 1e9", Unit::Short),
            ("count by (job) (up)", Unit::Count),
            ("max_over_time(x_bytes[1h:5m])", Unit::Bytes),
            ("streamhouse_s3_latency_seconds_count", Unit::Count),
            ("histogram_quantile(0.5, streamhouse_s3_latency_seconds_bucket)", Unit::Seconds),
            ("{job=\"a\"}", Unit::Short),
            ("deriv(x_bytes[5m])", Unit::BytesPerSecond),
            ("x_timestamp_seconds - y_timestamp_seconds", Unit::Seconds),
            ("changes(x_bytes[1h])", Unit::Count),
            ("\"text\"", Unit::Short),
        ] {
            assert_eq!(Query::parse(query).expect("it is a query").unit(), unit, "{query}");
        }
    }
}
