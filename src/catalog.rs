//! The 47 metrics of a StreamHouse agent, as data.
//!
//! The one place that knows their names, kinds, units, labels and help. The demo's instruments, the answers to "why is
//! this panel empty" and every export read it. Uses nothing of the crate.

mod metrics;

pub use metrics::METRICS;

/// What a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only grows, restarts at zero.
    Counter,
    /// Goes both ways.
    Gauge,
    /// Cumulative buckets with these upper bounds (`+Inf` not listed), a sum and a count.
    Histogram(&'static [Bound]),
}

/// An upper bucket bound in thousandths of the metric's unit, so that the table stays exact.
pub type Bound = u64;

/// The unit of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Things counted: records, requests, errors.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds, as a duration.
    Seconds,
    /// Seconds since the Unix epoch; some agents export milliseconds.
    UnixTime,
    /// Operations per second.
    PerSecond,
    /// A state: 0, 1, 2.
    State,
}

/// The part of StreamHouse that a metric belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Component {
    /// Clients that write.
    Producer,
    /// Clients that read.
    Consumer,
    /// Segments, S3 requests and the segment cache.
    Storage,
    /// The process and what it serves.
    System,
    /// The adaptive throttle and the circuit breaker in front of S3.
    Throttle,
    /// The partition leases.
    Lease,
    /// The write-ahead log.
    Wal,
    /// The schema registry.
    Schema,
}

/// One metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// The name that the dashboards and alerts use first.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// The unit of its values.
    pub measure: Measure,
    /// The labels that dashboards and alerts rely on; series may carry more.
    pub labels: &'static [&'static str],
    /// One sentence.
    pub help: &'static str,
    /// Where it belongs.
    pub component: Component,
    /// Other names under which builds have been seen to expose it.
    pub aliases: &'static [&'static str],
}

impl Metric {
    /// Every name of the metric, the first one first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// The names of its series in an exposition: the name itself, or `_bucket`, `_sum` and `_count` of a histogram.
    pub fn series_names(&self) -> Vec<String> {
        let suffixes: &[&str] = match self.kind {
            Kind::Histogram(_) => &["_bucket", "_sum", "_count"],
            Kind::Counter | Kind::Gauge => &[""],
        };
        self.names().flat_map(|n| suffixes.iter().map(move |s| format!("{n}{s}"))).collect()
    }
}

/// The metric that exposes series of this name, by any of its names, a histogram's suffixes included.
pub fn find(series_name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|m| {
        m.names().any(|n| match (m.kind, series_name.strip_prefix(n)) {
            (_, Some("")) => true,
            (Kind::Histogram(_), Some(rest)) => matches!(rest, "_bucket" | "_sum" | "_count"),
            _ => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_are_47_metrics_with_47_names() {
        let names: HashSet<_> = METRICS.iter().flat_map(Metric::names).collect();
        assert_eq!(METRICS.len(), 47);
        assert_eq!(names.len(), 47 + METRICS.iter().map(|m| m.aliases.len()).sum::<usize>());
        assert!(names.iter().all(|n| n.starts_with("streamhouse_")));
    }

    #[test]
    fn each_component_has_as_many_metrics_as_the_seed_says() {
        use Component::{Consumer, Lease, Producer, Schema, Storage, System, Throttle, Wal};
        let count = |c| METRICS.iter().filter(|m| m.component == c).count();
        let counts = [Producer, Consumer, Storage, System, Throttle, Lease, Wal, Schema].map(count);
        assert_eq!(counts, [5, 4, 9, 5, 6, 5, 6, 7]);
    }

    #[test]
    fn series_are_found_by_every_name_and_suffix() {
        assert_eq!(find("streamhouse_partitions").map(|m| m.name), Some("streamhouse_partitions_total"));
        assert_eq!(
            find("streamhouse_s3_latency_seconds_bucket").map(|m| m.name),
            Some("streamhouse_s3_latency_seconds")
        );
        assert_eq!(
            find("streamhouse_wal_records_skipped_total").map(|m| m.name),
            Some("streamhouse_wal_records_skipped")
        );
        assert!(find("streamhouse_cache_size_bytes_sum").is_none());
        assert!(find("up").is_none());
    }

    #[test]
    fn bucket_bounds_ascend() {
        for m in METRICS {
            if let Kind::Histogram(bounds) = m.kind {
                assert!(bounds.is_sorted() && !bounds.is_empty(), "{}", m.name);
            }
        }
    }
}
