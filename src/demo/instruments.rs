//! The instruments of one simulated agent: a prometheus-client registry built by going through the catalogue.
//!
//! Names, kinds, labels, help and bucket bounds come from [`catalog::METRICS`] and from nowhere else. prometheus-client's
//! own `Family` keeps its series in a randomly seeded hash map; the demo must give the same bytes for the same seed, so
//! the families here are tables in a fixed order that speak the crate's encoding traits.
//!
//! Uses `catalog` of the crate.

mod vocabulary;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, LabelSetEncoder, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Registry;

use crate::catalog::{self, Bound, Component, Kind, Measure, Metric};
use crate::demo::topology::{PARTITIONS, TOPICS};
pub(super) use vocabulary::{Cause, Decision, Operation, Outcome, SchemaFault, State};
use vocabulary::{Dimension, dimensions};

/// One series' state.
#[derive(Debug, Clone)]
enum Cell {
    Number(f64),
    Buckets { sum: f64, buckets: Vec<(f64, u64)> },
}

/// One metric of one agent, with a slot for every combination of label values, empty until its first use.
#[derive(Debug)]
pub(super) struct Meter {
    metric: &'static Metric,
    dimensions: Vec<Dimension>,
    with_org: bool,
    agent: usize,
    cells: Mutex<Vec<Option<Cell>>>,
}

impl Meter {
    fn new(metric: &'static Metric, agent: usize) -> Self {
        let dimensions = dimensions(metric.labels);
        let slots = dimensions.iter().map(|d| d.size()).product();
        Self {
            metric,
            // Today's builds say whose traffic it is on what clients do.
            with_org: matches!(metric.component, Component::Producer | Component::Consumer)
                && metric.labels.contains(&"topic"),
            dimensions,
            agent,
            cells: Mutex::new(vec![None; slots]),
        }
    }

    fn cells(&self) -> MutexGuard<'_, Vec<Option<Cell>>> {
        // A number half written is still a number.
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slot of these label values, one index for each dimension, in the catalogue's order of labels.
    fn slot<const N: usize>(&self, at: [usize; N]) -> usize {
        debug_assert_eq!(N, self.dimensions.len(), "{} takes one index a dimension", self.metric.name);
        at.iter().zip(&self.dimensions).fold(0, |slot, (&i, d)| slot * d.size() + i)
    }

    /// Adds to a counter or gauge, which starts to exist with it.
    pub(super) fn add<const N: usize>(&self, at: [usize; N], v: f64) {
        let slot = self.slot(at);
        match self.cells().get_mut(slot) {
            Some(Some(Cell::Number(n))) => *n += v,
            Some(cell @ None) => *cell = Some(Cell::Number(v)),
            _ => debug_assert!(false, "{} does not count", self.metric.name),
        }
    }

    /// Sets a gauge.
    pub(super) fn set<const N: usize>(&self, at: [usize; N], v: f64) {
        let slot = self.slot(at);
        if let Some(cell) = self.cells().get_mut(slot) {
            *cell = Some(Cell::Number(v));
        }
    }

    /// Observes `v`, in the metric's unit.
    pub(super) fn observe<const N: usize>(&self, at: [usize; N], v: f64) {
        let Kind::Histogram(bounds) = self.metric.kind else {
            debug_assert!(false, "{} has no buckets", self.metric.name);
            return;
        };
        let slot = self.slot(at);
        let mut cells = self.cells();
        let Some(cell) = cells.get_mut(slot) else { return };
        if let Cell::Buckets { sum, buckets } = cell.get_or_insert_with(|| empty_buckets(bounds)) {
            *sum += v;
            let i = buckets.iter().position(|&(bound, _)| v <= bound);
            if let Some((_, count)) = i.and_then(|i| buckets.get_mut(i)) {
                *count += 1;
            }
        }
    }

    /// Takes every series away.
    fn clear(&self) {
        self.cells().fill(None);
    }

    /// Makes all that was counted `factor` times as much.
    fn scale(&self, factor: f64) {
        for cell in self.cells().iter_mut().flatten() {
            match cell {
                Cell::Number(n) => *n = (*n * factor).round(),
                Cell::Buckets { sum, buckets } => {
                    *sum *= factor;
                    for (_, count) in buckets {
                        *count = (*count as f64 * factor).round() as u64;
                    }
                }
            }
        }
    }
}

fn empty_buckets(bounds: &[Bound]) -> Cell {
    let bounds = bounds.iter().map(|&b| b as f64 / 1_000.0).chain([f64::INFINITY]);
    Cell::Buckets { sum: 0.0, buckets: bounds.map(|b| (b, 0)).collect() }
}

/// The labels of one slot of a meter.
#[derive(Debug)]
struct Place<'a> {
    meter: &'a Meter,
    slot: usize,
}

impl EncodeLabelSet for Place<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder) -> fmt::Result {
        let mut label = |name: &str, value: &str| {
            prometheus_client::encoding::EncodeLabel::encode(&(name, value), encoder.encode_label())
        };
        let mut unread = self.slot;
        let mut stride: usize = self.meter.dimensions.iter().map(|d| d.size()).product();
        for dimension in &self.meter.dimensions {
            stride /= dimension.size();
            let i = unread / stride;
            unread %= stride;
            let topic = match dimension {
                Dimension::Topic => TOPICS.get(i),
                Dimension::Partition => PARTITIONS.get(i).and_then(|p| TOPICS.get(p.topic)),
                _ => None,
            };
            if let Some(topic) = topic {
                if self.meter.with_org {
                    label("org_id", topic.org)?;
                }
                label("topic", topic.name)?;
            }
            match dimension {
                Dimension::Topic => {}
                Dimension::Partition => label("partition", vocabulary::partition_number(i))?,
                Dimension::Agent => label("agent_id", vocabulary::agent_name(self.meter.agent))?,
                Dimension::Word(name, words) => label(name, words.get(i).copied().unwrap_or_default())?,
            }
        }
        Ok(())
    }
}

/// What the registry holds of a meter.
#[derive(Debug)]
struct Registered(Arc<Meter>);

impl Registered {
    fn encode_cell(&self, encoder: &mut MetricEncoder, cell: &Cell) -> fmt::Result {
        const NO_EXEMPLAR: Option<&Exemplar<NoLabelSet, f64>> = None;
        match (cell, self.0.metric.kind, self.0.metric.measure) {
            (Cell::Buckets { sum, buckets }, ..) => {
                let count = buckets.iter().map(|(_, n)| n).sum();
                encoder.encode_histogram::<NoLabelSet>(*sum, count, buckets, None)
            }
            (Cell::Number(n), Kind::Counter, _) => encoder.encode_counter(&(*n as u64), NO_EXEMPLAR),
            (Cell::Number(n), _, Measure::Count | Measure::Bytes | Measure::State) => {
                encoder.encode_gauge(&(*n as i64))
            }
            (Cell::Number(n), ..) => encoder.encode_gauge(n),
        }
    }
}

impl EncodeMetric for Registered {
    fn encode(&self, mut encoder: MetricEncoder) -> fmt::Result {
        for (slot, cell) in self.0.cells().iter().enumerate() {
            match cell {
                None => {}
                Some(cell) if self.0.dimensions.is_empty() => self.encode_cell(&mut encoder, cell)?,
                Some(cell) => {
                    let place = Place { meter: &self.0, slot };
                    self.encode_cell(&mut encoder.encode_family(&place)?, cell)?;
                }
            }
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        match self.0.metric.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
            Kind::Histogram(_) => MetricType::Histogram,
        }
    }
}

/// Declares [`Instruments`]: one field a metric of the catalogue, by its name there without `streamhouse_`.
macro_rules! instruments {
    ($($field:ident: $name:literal,)*) => {
        /// All meters of one run of one agent; a restart begins with new ones.
        #[derive(Debug)]
        pub(super) struct Instruments {
            registry: Registry,
            meters: Vec<Arc<Meter>>,
            $(pub(super) $field: Arc<Meter>,)*
        }

        impl Instruments {
            /// Registers every metric of the catalogue for the agent of this index.
            pub(super) fn new(agent: usize) -> Self {
                let mut registry = Registry::default();
                let mut meters = Vec::with_capacity(catalog::METRICS.len());
                for metric in catalog::METRICS {
                    let meter = Arc::new(Meter::new(metric, agent));
                    // The client puts back what it wants itself: a counter's suffix and the help's full stop.
                    let name = match metric.kind {
                        Kind::Counter => metric.name.strip_suffix("_total").unwrap_or(metric.name),
                        Kind::Gauge | Kind::Histogram(_) => metric.name,
                    };
                    let help = metric.help.strip_suffix('.').unwrap_or(metric.help);
                    registry.register(name, help, Registered(Arc::clone(&meter)));
                    meters.push(meter);
                }
                Self { $($field: find(&meters, concat!("streamhouse_", $name)),)* registry, meters }
            }
        }
    };
}

#[expect(clippy::expect_used, reason = "the names below are literals and a test reads every one of them")]
fn find(meters: &[Arc<Meter>], name: &str) -> Arc<Meter> {
    Arc::clone(
        meters.iter().find(|m| m.metric.name == name).expect("the catalogue has every metric that the demo moves"),
    )
}

instruments! {
    producer_records: "producer_records_total",
    producer_bytes: "producer_bytes_total",
    producer_latency: "producer_latency_seconds",
    producer_batch: "producer_batch_size",
    producer_errors: "producer_errors_total",
    consumer_records: "consumer_records_total",
    consumer_lag: "consumer_lag",
    consumer_rebalances: "consumer_rebalances_total",
    consumer_errors: "consumer_errors_total",
    segment_writes: "segment_writes_total",
    segment_flushes: "segment_flushes_total",
    segment_buffer: "segment_buffer_records",
    s3_requests: "s3_requests_total",
    s3_errors: "s3_errors_total",
    s3_latency: "s3_latency_seconds",
    cache_hits: "cache_hits_total",
    cache_misses: "cache_misses_total",
    cache_size: "cache_size_bytes",
    connections: "connections_active",
    partitions: "partitions_total",
    topics: "topics_total",
    agents_active: "agents_active",
    uptime: "uptime_seconds",
    throttle_decisions: "throttle_decisions_total",
    throttle_rate: "throttle_rate_current",
    breaker_state: "circuit_breaker_state",
    breaker_transitions: "circuit_breaker_transitions_total",
    breaker_failures: "circuit_breaker_failures",
    breaker_successes: "circuit_breaker_successes",
    lease_acquisitions: "lease_acquisitions_total",
    lease_renewals: "lease_renewals_total",
    lease_conflicts: "lease_conflicts_total",
    lease_epoch: "lease_epoch_current",
    lease_expires: "lease_expires_at",
    wal_appends: "wal_appends_total",
    wal_recoveries: "wal_recoveries_total",
    wal_recovered: "wal_records_recovered",
    wal_skipped: "wal_records_skipped",
    wal_size: "wal_size_bytes",
    wal_truncates: "wal_truncates_total",
    schema_registrations: "schema_registrations_total",
    schema_errors: "schema_registry_errors_total",
    schema_checks: "schema_compatibility_checks_total",
    schema_cache: "schema_cache_entries",
    schema_lookups: "schema_lookups_total",
    schemas: "schemas_total",
    subjects: "subjects_total",
}

impl Instruments {
    /// Takes every gauge away, so that only what holds now is set again: a lease that was lost leaves no series behind.
    pub(super) fn clear_gauges(&self) {
        self.meters.iter().filter(|m| m.metric.kind == Kind::Gauge).for_each(|m| m.clear());
    }

    /// Makes everything counted so far `factor` times as much: the past of an agent that has been up for long.
    pub(super) fn scale_counts(&self, factor: f64) {
        self.meters.iter().filter(|m| m.metric.kind != Kind::Gauge).for_each(|m| m.scale(factor));
    }

    /// Appends the exposition to `body`, OpenMetrics text with its `# EOF`.
    pub(super) fn encode(&self, body: &mut String) {
        let written = text::encode(body, &self.registry);
        debug_assert!(written.is_ok(), "writing to a String does not fail");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(instruments: &Instruments) -> String {
        let mut body = String::new();
        instruments.encode(&mut body);
        body
    }

    #[test]
    fn every_metric_of_the_catalogue_is_declared_before_its_first_sample() {
        let body = encoded(&Instruments::new(0));
        assert_eq!(body.lines().filter(|l| l.starts_with("# TYPE ")).count(), catalog::METRICS.len());
        assert!(body.lines().all(|l| l.starts_with("# ")), "no samples yet");
        assert!(body.ends_with("# EOF\n"));
        assert!(body.contains("# HELP streamhouse_producer_records Records accepted from producers.\n"));
        assert!(body.contains("# TYPE streamhouse_partitions_total gauge\n"));
    }

    #[test]
    fn labels_are_those_of_the_catalogue_and_the_org() {
        let m = Instruments::new(1);
        m.consumer_lag.set([10, 2], 17.0);
        m.lease_epoch.set([0, 0], 3.0);
        m.breaker_transitions.add([Operation::Put.into(), State::Closed.into(), State::Open.into()], 1.0);
        m.cache_hits.add([], 2.0);
        let body = encoded(&m);
        for line in [
            "streamhouse_consumer_lag{org_id=\"globex\",topic=\"clickstream\",partition=\"0\",consumer_group=\"analytics\"} 17",
            "streamhouse_lease_epoch_current{topic=\"orders\",partition=\"0\",agent_id=\"agent-2\"} 3",
            "streamhouse_circuit_breaker_transitions_total{operation=\"PUT\",from_state=\"closed\",to_state=\"open\"} 1",
            "streamhouse_cache_hits_total 2",
        ] {
            assert!(body.lines().any(|l| l == line), "{line} is not in\n{body}");
        }
    }

    #[test]
    fn buckets_are_cumulative_and_end_with_the_count() {
        let m = Instruments::new(0);
        for v in [0.0005, 0.004, 0.3, 99.0] {
            m.producer_latency.observe([0], v);
        }
        let body = encoded(&m);
        let buckets: Vec<u64> = body
            .lines()
            .filter(|l| l.starts_with("streamhouse_producer_latency_seconds_bucket"))
            .filter_map(|l| l.rsplit(' ').next()?.parse().ok())
            .collect();
        assert_eq!(buckets, [1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4]);
        assert!(body.contains("streamhouse_producer_latency_seconds_count{org_id=\"acme\",topic=\"orders\"} 4\n"));
    }

    #[test]
    fn cleared_gauges_are_gone_and_counters_stay() {
        let m = Instruments::new(0);
        m.wal_size.set([3], 1.0);
        m.cache_hits.add([], 1.0);
        m.clear_gauges();
        let body = encoded(&m);
        assert!(!body.contains("wal_size_bytes{") && body.contains("cache_hits_total 1"));
    }
}
