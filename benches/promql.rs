//! PromQL over samples in memory and over the store: `cargo bench --bench promql`.

#![allow(clippy::expect_used, reason = "a bench fails by panicking")]

use std::collections::HashMap;
use std::sync::Arc;

use divan::Bencher;
use shtop::layout::{self, Selection};
use shtop::promql::{self, Options, Query, Value};
use shtop::series::{Label, Labels, Matcher, Sample, Select, Timestamp, Window};
use shtop::store::{Limits, Store};

const SERIES: usize = 28_000;
const HOUR: i64 = 3_600_000;
const SCRAPE: i64 = 15_000;
const END: i64 = 1_700_000_000_000;

fn main() {
    divan::main();
}

/// An hour of counters of 28 instances, a thousand each. Strings are shared between series, as a store shares them; all
/// series have samples at the same times, so finding a window costs next to nothing and the evaluator is what is timed.
struct Fleet {
    times: Vec<Timestamp>,
    series: Vec<(Labels, Vec<Sample>)>,
}

impl Fleet {
    fn new() -> Self {
        let mut strings: HashMap<String, Arc<str>> = HashMap::new();
        let mut shared = |text: String| Arc::clone(strings.entry(text).or_insert_with_key(|t| Arc::from(t.as_str())));
        let times: Vec<Timestamp> = (1..=HOUR / SCRAPE).map(|n| END - HOUR + n * SCRAPE).collect();
        let mut rng = fastrand::Rng::with_seed(1);
        let series = (0..SERIES).map(|i| {
            let labels = [
                ("__name__", "x".to_owned()),
                ("instance", format!("10.0.0.{}:8080", i % 28)),
                ("job", "streamhouse-agent".to_owned()),
                ("partition", (i / 28).to_string()),
                ("topic", format!("orders-{}", i / 2_800)),
            ];
            let labels = labels.map(|(name, value)| Label { name: shared(name.to_owned()), value: shared(value) });
            let mut v = i as f64;
            // Steps that no formula tells, as counters have them: a store cannot pack them into nothing.
            let sample = |&t: &Timestamp| {
                v += f64::from(rng.u8(..));
                Sample { t, v }
            };
            (Labels::from_labels(labels.to_vec()), times.iter().map(sample).collect())
        });
        let series = series.collect();
        Self { times, series }
    }
}

impl Select for Fleet {
    fn select(&self, _: &[Matcher], after: Timestamp, until: Timestamp, visit: &mut dyn FnMut(&Labels, &[Sample])) {
        let from = self.times.partition_point(|&t| t <= after);
        let to = self.times.partition_point(|&t| t <= until);
        for (labels, samples) in &self.series {
            visit(labels, &samples[from..to]);
        }
    }
}

/// The same samples in a real store: compressed, and behind its index.
fn stored() -> Store {
    let Fleet { times, series } = Fleet::new();
    let mut store = Store::new(Limits::default());
    let clock = store.clock();
    let ids: Vec<_> = series.iter().map(|(labels, _)| store.series_on(labels, clock).id()).collect();
    for (n, &t) in times.iter().enumerate() {
        store.tick(clock, t);
        for (&id, (_, samples)) in ids.iter().zip(&series) {
            store.append(id, t, samples[n].v).expect("in order");
        }
    }
    store
}

fn run(bencher: Bencher<'_, '_>, text: &str, window: Window) {
    run_over(bencher, &Fleet::new(), text, window);
}

fn run_over(bencher: Bencher<'_, '_>, data: &dyn Select, text: &str, window: Window) {
    let query = Query::parse(text).expect("the text of a bench is PromQL");
    let options = Options::default();
    let ask = || promql::eval(&query, window, data, &options);
    assert!(matches!(ask(), Ok(Value::Vector(series)) if !series.is_empty()), "{text} has an answer");
    bencher.bench_local(ask);
}

const OVER_TIME: Window = Window { start: END - 49 * 60_000, end: END, step: 60_000 };

#[divan::bench(sample_count = 20, sample_size = 1)]
fn sum_of_rates_instant(bencher: Bencher<'_, '_>) {
    run(bencher, "sum by (instance) (rate(x[5m]))", Window::instant(END));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn sum_of_rates_50_steps(bencher: Bencher<'_, '_>) {
    run(bencher, "sum by (instance) (rate(x[5m]))", OVER_TIME);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn stored_sum_of_rates_instant(bencher: Bencher<'_, '_>) {
    run_over(bencher, &stored(), "sum by (instance) (rate(x[5m]))", Window::instant(END));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn stored_sum_of_rates_50_steps(bencher: Bencher<'_, '_>) {
    run_over(bencher, &stored(), "sum by (instance) (rate(x[5m]))", OVER_TIME);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn ratio_of_matched_series_50_steps(bencher: Bencher<'_, '_>) {
    run(bencher, "max by (topic) (rate(x[5m]) / on (instance, partition) x)", OVER_TIME);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn topk_50_steps(bencher: Bencher<'_, '_>) {
    run(bencher, "topk by (topic) (5, x)", OVER_TIME);
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let text = r#"histogram_quantile(0.99, sum by (le) (rate(streamhouse_s3_latency_seconds_bucket{operation=~"(?i)put"}[5m])))"#;
    bencher.bench_local(|| Query::parse(divan::black_box(text)));
}

/// Every query of the layouts, all agents selected, once each.
#[divan::bench]
fn parse_the_layouts(bencher: Bencher<'_, '_>) {
    let all = |d: &layout::Dashboard| d.variables.iter().map(|v| (v.name.clone(), Selection::All)).collect::<Vec<_>>();
    let texts: Vec<String> = layout::builtin()
        .iter()
        .flat_map(|d| d.panels.iter().flat_map(|p| &p.queries).map(|q| layout::interpolate(&q.expr, &all(d))))
        .collect();
    bencher.counter(divan::counter::ItemsCount::new(texts.len())).bench_local(|| {
        for text in &texts {
            assert!(divan::black_box(Query::parse(divan::black_box(text))).is_ok(), "{text} is PromQL");
        }
    });
}
