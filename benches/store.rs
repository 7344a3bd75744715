//! How fast samples go in and come out. `cargo bench --bench store`; the real scrapes need `SHTOP_TESTDATA`.

#![expect(clippy::expect_used, reason = "a bench that does not work says so")]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use shtop::exposition::{Entry, Format, Reader};
use shtop::series::{Labels, Matcher, Select};
use shtop::store::{Ingest, Limits, SeriesId, Store};

#[path = "../tests/store/history.rs"]
mod history;

fn main() {
    divan::main();
}

const SERIES: usize = 1_000;
const STEPS: i64 = 240;

fn entered(store: &mut Store) -> (shtop::store::Clock, Vec<SeriesId>) {
    let clock = store.clock();
    let ids = (0..SERIES)
        .map(|i| {
            let labels = Labels::from_pairs([
                ("__name__", "streamhouse_producer_records_total".to_owned()),
                ("topic", format!("topic-{}", i / 10)),
                ("partition", (i % 10).to_string()),
                ("instance", "agent-0:9090".to_owned()),
                ("job", "streamhouse-agent".to_owned()),
            ]);
            store.series_on(&labels, clock).id()
        })
        .collect();
    (clock, ids)
}

/// What the values of series do.
#[derive(Debug, Clone, Copy)]
enum Values {
    Counter,
    Idle,
    Float,
}

fn written(values: Values, steps: i64) -> Store {
    let mut store = Store::new(Limits::default());
    let (clock, ids) = entered(&mut store);
    let mut rng = fastrand::Rng::with_seed(1);
    let mut last = vec![0.0; ids.len()];
    for t in 0..steps {
        store.tick(clock, t * 15_000);
        for (&id, last) in ids.iter().zip(&mut last) {
            *last = match values {
                Values::Counter => *last + f64::from(rng.u8(..)),
                Values::Idle => 4_057.0,
                Values::Float => rng.f64(),
            };
            store.append(id, t * 15_000, *last).expect("in order");
        }
    }
    store
}

#[divan::bench(args = [Values::Counter, Values::Idle, Values::Float])]
fn append(bencher: Bencher<'_, '_>, values: Values) {
    bencher
        .counter(ItemsCount::new(SERIES * STEPS as usize))
        .with_inputs(|| {
            let mut rng = fastrand::Rng::with_seed(1);
            let mut store = Store::new(Limits::default());
            let (clock, ids) = entered(&mut store);
            let steps: Vec<f64> = (0..4_096)
                .map(|_| match values {
                    Values::Counter => f64::from(rng.u8(..)),
                    Values::Idle => 0.0,
                    Values::Float => rng.f64(),
                })
                .collect();
            (store, clock, ids, steps)
        })
        .bench_local_values(|(mut store, clock, ids, steps)| {
            let mut last = vec![0.0; ids.len()];
            for t in 0..STEPS {
                store.tick(clock, t * 15_000);
                for (i, (&id, last)) in ids.iter().zip(&mut last).enumerate() {
                    *last += steps[(i + t as usize * 31) % steps.len()];
                    store.append(id, t * 15_000, *last).expect("in order");
                }
            }
            store
        });
}

#[divan::bench(args = [Values::Counter, Values::Idle, Values::Float])]
fn select(bencher: Bencher<'_, '_>, values: Values) {
    // One more than two blocks, so that nearly all of it is in closed chunks.
    let store = written(values, 241);
    let matchers = [Matcher::equal("__name__", "streamhouse_producer_records_total")];
    bencher.counter(ItemsCount::new(SERIES * 241)).bench_local(|| {
        let mut n = 0;
        store.select(black_box(&matchers), i64::MIN, i64::MAX, &mut |_, samples| n += samples.len());
        assert_eq!(n, SERIES * 241);
        n
    });
}

/// Everything of an hour of an invented agent: what a real mixture costs.
#[divan::bench]
fn select_mixed(bencher: Bencher<'_, '_>) {
    let mut agent = history::Agent::new(1);
    let mut store = Store::new(Limits::default());
    let mut ingest = Ingest::new(Labels::from_pairs([("job", "streamhouse-agent"), ("instance", "a:9090")]));
    for step in 0..240 {
        let body = agent.body(15.0);
        ingest.scrape(&mut store, step * 15_000, 1.0, Format::Text, body.as_bytes()).expect("good");
    }
    bencher.counter(ItemsCount::new(store.footprint().samples)).bench_local(|| {
        let mut n = 0;
        store.select(black_box(&[]), i64::MIN, i64::MAX, &mut |_, samples| n += samples.len());
        n
    });
}

#[divan::bench]
fn select_the_last_minute_of_one_series(bencher: Bencher<'_, '_>) {
    let store = written(Values::Counter, 241);
    let matchers = [Matcher::equal("topic", "topic-50"), Matcher::equal("partition", "3")];
    bencher.bench_local(|| {
        let mut n = 0;
        store.select(black_box(&matchers), 239 * 15_000, i64::MAX, &mut |_, samples| n += samples.len());
        n
    });
}

/// Bodies of one target, known from a first round, over and over.
fn rounds(bencher: Bencher<'_, '_>, bodies: &[Vec<u8>], format: Format) {
    let samples: usize = bodies.iter().map(|b| read(b, format)).sum();
    let mut store = Store::new(Limits { retention: 3_600_000, ..Limits::default() });
    let mut ingest = Ingest::new(Labels::from_pairs([("job", "streamhouse-agent"), ("instance", "a:9090")]));
    let mut at = 0;
    let mut round = || {
        for body in bodies {
            at += 5_000;
            ingest.scrape(&mut store, at, 1.0, format, black_box(body)).expect("good");
            store.expire(at);
        }
    };
    round();
    bencher.counter(ItemsCount::new(samples)).bench_local(round);
}

fn read(body: &[u8], format: Format) -> usize {
    let mut reader = Reader::new(body, format);
    (&mut reader).filter(|e| matches!(e, Entry::Sample(_))).count()
}

fn real() -> Vec<Vec<u8>> {
    let mut scrapes = history::steady().unwrap_or_default();
    scrapes.retain(|s| s.target == "agent-0-server");
    scrapes.into_iter().map(|s| s.body).collect()
}

fn invented() -> Vec<Vec<u8>> {
    let mut agent = history::Agent::new(1);
    (0..60).map(|_| agent.body(5.0).into_bytes()).collect()
}

#[divan::bench]
fn ingest_real(bencher: Bencher<'_, '_>) {
    rounds(bencher, &real(), Format::OpenMetrics);
}

#[divan::bench]
fn ingest_invented(bencher: Bencher<'_, '_>) {
    rounds(bencher, &invented(), Format::Text);
}

/// The reader alone, to see what of the above is the store.
#[divan::bench]
fn read_real(bencher: Bencher<'_, '_>) {
    let bodies = real();
    let samples: usize = bodies.iter().map(|b| read(b, Format::OpenMetrics)).sum();
    bencher
        .counter(ItemsCount::new(samples))
        .bench_local(|| bodies.iter().map(|b| read(black_box(b), Format::OpenMetrics)).sum::<usize>());
}
