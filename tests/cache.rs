//! The range cache against evaluating afresh: whatever is scraped, zoomed, panned and frozen in between, both say the same.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use proptest::prelude::*;
use shtop::demo::{EXPORTER, HISTORY, MEMBERS, Scenario, Simulation};
use shtop::exposition::Format;
use shtop::layout::{self, Selection, builtin};
use shtop::promql::{self, Options, Query};
use shtop::series::{GAP, Labels, Series, Window, is_gap, stale_marker};
use shtop::source::fetch::Body;
use shtop::source::{Answer, Ask, Event, Plan, RangeCache, Replay, Seed, Shape, Target};
use shtop::store::{Created, Limits, SeriesId, Store};

/// Of every kind that reads, combines or chooses. All are compared to the bit: a step's sums run over the same series in
/// the same order, whatever the window.
const EXACT: [&str; 17] = [
    "x",
    "rate(x[1m])",
    "sum by (job) (rate(x[1m]))",
    "sum(increase(x[45s] offset 30s))",
    "quantile by (job) (0.7, x)",
    "avg_over_time(x[1m] offset -20s)",
    "sum(x offset -45s) - sum(x)",
    "max_over_time(rate(x[40s])[2m:15s])",
    "max_over_time(sum(x offset -1m)[1m:20s] offset 10s)",
    "topk(2, x)",
    "absent(x{i=\"3\"})",
    "x / on (i) group_left y",
    "x > 40 or y",
    "sum by (job) (x) unless on (job) y",
    "histogram_quantile(0.9, sum by (le) (rate(h_bucket[2m])))",
    "timestamp(x) - time()",
    "label_replace(x, \"job\", \"$1\", \"i\", \"(.)\") and on (i) y",
];

/// Of what depends on the whole window, or on fixed times.
const PINNED: [&str; 3] = ["x - on (i) x @ end()", "sum(rate(x[1m] @ 1700000000))", "x * 0 + start()"];

/// Sums of sums: in which order the inner ones come depends on which series are first in the window, so the last bits may
/// differ.
const NESTED: [&str; 2] = ["sum(avg by (job) (rate(x[1m])))", "stddev(sum by (i) (x / 7))"];

const START: i64 = 1_700_000_000_000;

/// What happens between two looks.
#[derive(Debug, Clone)]
enum Deed {
    /// All series that are there get a sample so many ms after the last: by how much each grew; 0 is a restart.
    Scrape { after: i64, growth: Vec<u8> },
    /// One that is not scraped with the others gets a sample so many ms before the last scrape.
    Late { back: i64, value: u8 },
    /// One leaves, or comes back.
    Toggle { series: usize },
    /// The view is another.
    Look { range: i64, step: usize },
    /// The view ends so many ms before the newest sample, or follows it again.
    Freeze { back: Option<i64> },
}

fn deed() -> impl Strategy<Value = Deed> {
    let growth = prop::collection::vec(0u8..30, SERIES.len());
    prop_oneof![
        6 => (prop_oneof![Just(15_000), 1_000i64..40_000, Just(400_000)], growth)
            .prop_map(|(after, growth)| Deed::Scrape { after, growth }),
        2 => (1i64..120_000, any::<u8>()).prop_map(|(back, value)| Deed::Late { back, value }),
        1 => (0..SERIES.len()).prop_map(|series| Deed::Toggle { series }),
        2 => (0i64..600_000, 0..STEPS.len()).prop_map(|(range, step)| Deed::Look { range, step }),
        2 => prop::option::of(0i64..300_000).prop_map(|back| Deed::Freeze { back }),
    ]
}

const STEPS: [i64; 3] = [5_000, 15_000, 60_000];

const SERIES: [&[(&str, &str)]; 9] = [
    &[("__name__", "x"), ("i", "1"), ("job", "a")],
    &[("__name__", "x"), ("i", "2"), ("job", "b")],
    &[("__name__", "x"), ("i", "3"), ("job", "b")],
    &[("__name__", "x"), ("i", "4"), ("job", "a")],
    &[("__name__", "y"), ("i", "1"), ("job", "a")],
    &[("__name__", "y"), ("i", "2"), ("job", "c")],
    &[("__name__", "h_bucket"), ("le", "1")],
    &[("__name__", "h_bucket"), ("le", "5")],
    &[("__name__", "h_bucket"), ("le", "+Inf")],
];

/// A store in which things happen, and the view on it.
struct World {
    store: Store,
    now: i64,
    clock: shtop::store::Clock,
    series: Vec<Option<(SeriesId, f64)>>,
    late: SeriesId,
    range: i64,
    step: i64,
    end: Option<i64>,
}

impl World {
    fn new() -> Self {
        let mut store = Store::new(Limits { retention: i64::MAX / 4, ..Limits::default() });
        let clock = store.clock();
        let late = store.series(Labels::from_pairs([("__name__", "x"), ("i", "late"), ("job", "a")]));
        let series = vec![None; SERIES.len()];
        let mut world = Self { store, now: START, clock, series, late, range: 120_000, step: 15_000, end: None };
        for series in [0, 1, 4, 6, 7, 8] {
            world.act(&Deed::Toggle { series });
        }
        world
    }

    fn act(&mut self, deed: &Deed) {
        match deed {
            Deed::Scrape { after, growth } => {
                self.now += after;
                self.store.tick(self.clock, self.now);
                for ((id, value), growth) in
                    self.series.iter_mut().zip(growth).filter_map(|(s, g)| Some((s.as_mut()?, g)))
                {
                    // No two alike, so that no choice between equals hangs on the order in which they came.
                    *value = if *growth == 0 { id_of(*id) } else { *value + f64::from(*growth) * 1.37 };
                    self.store.append(*id, self.now, *value).expect("in order");
                }
            }
            Deed::Late { back, value } => {
                // Refused where it is not after the one before, and then it changes nothing.
                self.store.append(self.late, self.now - back, f64::from(*value) + 0.011).ok();
            }
            Deed::Toggle { series } => {
                if let Some((id, _)) = self.series[*series].take() {
                    self.now += 1_000;
                    self.store.append(id, self.now, stale_marker()).expect("in order");
                } else {
                    let labels = Labels::from_pairs(SERIES[*series].iter().copied());
                    let id = self.store.series_on(&labels, self.clock).id();
                    self.series[*series] = Some((id, id_of(id)));
                }
            }
            Deed::Look { range, step } => (self.range, self.step) = (*range, STEPS[*step]),
            Deed::Freeze { back } => self.end = back.map(|back| self.now - back),
        }
    }

    fn window(&self) -> Window {
        Window::aligned(self.end.unwrap_or(self.now), self.range, self.step)
    }

    fn eval(&self, query: &Query, window: Window) -> Result<Vec<Series>, promql::Error> {
        let mut series = promql::eval(query, window, &self.store, &Options::default())?.into_series();
        // A window of one step is an instant query, whose order may mean something.
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(series)
    }
}

/// A small value that is different for each series.
fn id_of(id: SeriesId) -> f64 {
    let digits: String = format!("{id:?}").chars().filter(char::is_ascii_digit).collect();
    digits.parse::<f64>().expect("digits") / 1e3
}

/// Whether both are the same; `slack` is how far values may be apart, relative to their size.
fn same(a: &[Series], b: &[Series], slack: f64) -> bool {
    let value = |a: f64, b: f64| {
        a.to_bits() == b.to_bits() || !is_gap(a) && !is_gap(b) && (a - b).abs() <= slack * a.abs().max(b.abs()).max(1.0)
    };
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            a.labels == b.labels
                && a.values.len() == b.values.len()
                && a.values.iter().zip(&b.values).all(|(&a, &b)| value(a, b))
        })
}

fn queries(texts: &[&str], slack: f64) -> Vec<(Query, f64)> {
    texts.iter().map(|text| (Query::parse(text).expect(text), slack)).collect()
}

fn every_query() -> Vec<(Query, f64)> {
    [queries(&EXACT, 0.0), queries(&PINNED, 0.0), queries(&NESTED, 1e-12)].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cached_is_what_evaluating_afresh_gives(deeds in prop::collection::vec((deed(), 0u8..4), 1..40)) {
        let queries = every_query();
        let mut world = World::new();
        let mut cache = RangeCache::new(64 << 10);
        for (deed, look) in deeds {
            world.act(&deed);
            if look == 0 {
                continue;
            }
            if let Some(touched) = world.store.take_touched() {
                cache.invalidate_from(touched);
            }
            let window = world.window();
            for (query, slack) in &queries {
                let fresh = world.eval(query, window);
                let cached = cache.answer(query, window, |missing| world.eval(query, missing));
                match (&cached, &fresh) {
                    (Ok(a), Ok(b)) => {
                        prop_assert!(same(a, b, *slack), "{} over {window:?}\n{a:?}\n{b:?}", query.text());
                    }
                    (Err(a), Err(b)) => prop_assert_eq!(&a.reason, &b.reason),
                    _ => prop_assert!(false, "{}: {cached:?} but {fresh:?}", query.text()),
                }
            }
            cache.forget_unused();
        }
    }

    #[test]
    fn every_step_of_a_range_is_the_instant_answer_at_its_time(deeds in prop::collection::vec(deed(), 1..30)) {
        let mut world = World::new();
        for deed in &deeds {
            world.act(deed);
        }
        let window = world.window();
        for (query, slack) in [queries(&EXACT, 0.0), queries(&NESTED, 1e-12)].concat() {
            let Ok(range) = world.eval(&query, window) else { continue };
            for i in 0..window.steps() {
                let at_step: Vec<_> = range
                    .iter()
                    .filter(|s| !is_gap(s.values[i]))
                    .map(|s| Series { labels: s.labels.clone(), values: vec![s.values[i]] })
                    .collect();
                let instant = world.eval(&query, Window::instant(window.at(i))).expect("as the range did");
                prop_assert!(same(&at_step, &instant, slack), "{} at step {i}", query.text());
            }
        }
    }
}

#[test]
fn the_comparison_tells_a_gap_from_a_value() {
    let series = |v| vec![Series { labels: Labels::empty(), values: vec![1.0, v] }];
    assert!(same(&series(GAP), &series(GAP), 0.0) && same(&series(f64::NAN), &series(f64::NAN), 0.0));
    assert!(!same(&series(GAP), &series(f64::NAN), 1.0) && !same(&series(GAP), &series(0.0), 1.0));
    assert!(!same(&series(1.0), &series(1.0 + 1e-9), 1e-12) && same(&series(1.0), &series(1.0 + 1e-13), 1e-12));
}

const NOW: i64 = 1_795_355_100_000;

fn targets() -> Vec<Target> {
    let url = |m| format!("{}http://10.0.0.{m}:9090/metrics", if m == EXPORTER { "resources=" } else { "" });
    (0..MEMBERS).map(|m| Target::parse(&url(m)).expect("a target")).collect()
}

fn feed(simulation: &mut Simulation, source: &mut Replay, at: i64) {
    simulation.advance(at);
    for target in 0..MEMBERS {
        let format = if target == EXPORTER { Format::Text } else { Format::OpenMetrics };
        let body = simulation.expose(target).map(|text| Body::new(format, text.into_bytes()));
        source.feed(Seed { target, at, body });
    }
}

/// Every panel of the dashboards; all values of the variables, or the first of them only.
fn plan(range: i64, step: i64, end: Option<i64>, chosen: &Selection) -> Plan {
    let mut asks = Vec::new();
    for dashboard in builtin() {
        let chosen: Vec<_> = dashboard.variables.iter().map(|v| (v.name.as_str(), chosen.clone())).collect();
        for panel in &dashboard.panels {
            let parse = |expr: &str| Query::parse(&layout::interpolate(expr, &chosen)).expect("a built-in query");
            let queries: Arc<[Query]> = panel.queries.iter().map(|q| parse(&q.expr)).collect();
            asks.push(Ask { key: asks.len() as u32, queries, shape: Shape::Range });
        }
    }
    Plan { revision: 1, asks, variables: Vec::new(), range, step, end }
}

fn answers(events: Vec<Event>) -> Vec<Answer> {
    events.into_iter().filter_map(|e| if let Event::Answer(answer) = e { Some(answer) } else { None }).collect()
}

#[test]
fn a_source_that_refreshes_says_what_one_that_starts_afresh_says() {
    let mut simulation = Simulation::new(Scenario::S3Outage, 1, NOW - HISTORY);
    let mut source = Replay::new(targets(), Limits::default(), Created::default(), NOW - HISTORY);
    for at in (NOW - HISTORY..=NOW).step_by(15_000) {
        feed(&mut simulation, &mut source, at);
    }
    let all = Selection::All;
    let some = Selection::Values(vec!["orders".to_owned()]);
    let mut now = NOW;
    for (advance, plan) in [
        (0, plan(HISTORY, 60_000, None, &all)),
        (5_000, plan(HISTORY, 60_000, None, &all)),
        (15_000, plan(HISTORY, 60_000, None, &all)),
        (0, plan(900_000, 15_000, None, &all)),
        (60_000, plan(900_000, 15_000, None, &all)),
        (0, plan(900_000, 15_000, Some(NOW - 300_000), &all)),
        (15_000, plan(900_000, 15_000, Some(NOW - 400_000), &some)),
        (15_000, plan(1_200_000, 15_000, None, &all)),
        (0, plan(HISTORY, 60_000, None, &all)),
    ] {
        for at in (now..now + advance).skip(1).step_by(5_000) {
            feed(&mut simulation, &mut source, at + 4_999);
        }
        now += advance;
        let (fresh, cached) = (answers(source.answers(&plan, now)), answers(source.refresh(&plan, now)));
        assert_eq!(fresh.len(), cached.len());
        for (fresh, cached) in fresh.iter().zip(&cached) {
            assert_eq!((fresh.window, fresh.at, fresh.key), (cached.window, cached.at, cached.key));
            for (fresh, cached) in fresh.replies.iter().zip(&cached.replies) {
                let (fresh, cached) = (fresh.as_ref().expect("answers"), cached.as_ref().expect("answers"));
                assert!(same(&cached.range, &fresh.range, 1e-12), "{cached:?}\n{fresh:?}");
                let shown = |now: &[(Labels, f64)]| format!("{now:?}");
                assert_eq!(shown(&fresh.now), shown(&cached.now));
                assert_eq!(
                    (&fresh.absence, fresh.left_out, fresh.ended),
                    (&cached.absence, cached.left_out, cached.ended)
                );
            }
        }
    }
}
