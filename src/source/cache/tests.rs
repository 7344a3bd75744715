//! What is asked for and what is kept, window by window.

use std::convert::Infallible;

use super::*;
use crate::series::{GAP, Labels, is_gap};

const STEP: i64 = 10;

fn query(text: &str) -> Query {
    Query::parse(text).expect(text)
}

fn window(start: i64, end: i64) -> Window {
    Window { start, end, step: STEP }
}

fn labels(name: &str) -> Labels {
    Labels::from_pairs([("i", name)])
}

/// A series whose value is the time of the step.
fn clock(name: &str, window: Window) -> Series {
    Series { labels: labels(name), values: (0..window.steps()).map(|i| window.at(i) as f64).collect() }
}

fn cache() -> RangeCache {
    RangeCache::new(1 << 20)
}

/// A cache that knows `x` over `window`.
fn knows(window: Window) -> (RangeCache, Query) {
    let (mut cache, x) = (cache(), query("x"));
    cache.put(&x, window, vec![clock("a", window)]);
    (cache, x)
}

/// The values of the one series that is known over `window`; gaps as -1.
fn values(cache: &RangeCache, query: &Query, window: Window) -> Vec<f64> {
    let mut series = cache.read(query, window).expect("is known");
    assert_eq!(series.len(), 1);
    series.remove(0).values.into_iter().map(|v| if is_gap(v) { -1.0 } else { v }).collect()
}

#[test]
fn only_what_is_new_is_missing() {
    let (mut cache, x) = knows(window(100, 200));
    for (asked, missing) in [
        (window(100, 200), Missing::Nothing),
        (window(120, 180), Missing::Nothing),
        (window(110, 220), Missing::Tail(window(210, 220))),
        (window(60, 200), Missing::Head(window(60, 90))),
        (window(90, 210), Missing::Ends(window(90, 90), window(210, 210))),
        (window(300, 400), Missing::All(window(300, 400))),
        (window(210, 220), Missing::All(window(210, 220))),
        (window(0, 90), Missing::All(window(0, 90))),
        (window(150, 140), Missing::Nothing),
    ] {
        assert_eq!(cache.missing(&x, asked), missing, "{asked:?}");
    }
    let ends: Vec<_> = Missing::Ends(window(0, 10), window(50, 60)).windows().collect();
    assert_eq!(ends, [window(0, 10), window(50, 60)]);
}

#[test]
fn an_end_between_two_steps_is_the_step_before() {
    let (mut cache, x) = (cache(), query("x"));
    let odd = Window { start: 100, end: 199, step: STEP };
    cache.put(&x, odd, vec![clock("a", odd)]);
    assert_eq!(cache.missing(&x, window(100, 190)), Missing::Nothing);
    assert_eq!(cache.missing(&x, Window { end: 209, ..odd }), Missing::Tail(window(200, 200)));
    assert_eq!(values(&cache, &x, Window { start: 180, ..odd }), [180.0, 190.0]);
}

#[test]
fn other_texts_steps_and_phases_are_other_answers() {
    let (mut cache, x) = knows(window(100, 200));
    for (query, asked) in [
        (query("x{a=\"1\"}"), window(100, 200)),
        (x.clone(), Window { start: 100, end: 200, step: 20 }),
        (x.clone(), window(101, 191)),
    ] {
        assert_eq!(cache.missing(&query, asked), Missing::All(asked));
    }
    assert_eq!(cache.missing(&query("x"), window(100, 200)), Missing::Nothing, "the first is still there");
}

#[test]
fn pieces_are_put_together_with_gaps_where_a_series_was_not() {
    let (mut cache, x) = knows(window(100, 120));
    cache.put(&x, window(130, 140), vec![clock("b", window(130, 140)), clock("a", window(130, 140))]);
    cache.put(&x, window(90, 90), vec![clock("b", window(90, 90))]);
    let read = cache.read(&x, window(90, 140)).expect("is known");
    let shown: Vec<(_, Vec<_>)> = read
        .iter()
        .map(|s| (s.labels.get("i").expect("i"), s.present().map(|(i, v)| (i, v as i64)).collect()))
        .collect();
    assert_eq!(
        shown,
        [("a", vec![(1, 100), (2, 110), (3, 120), (4, 130), (5, 140)]), ("b", vec![(0, 90), (4, 130), (5, 140)])]
    );
}

#[test]
fn a_series_without_a_value_in_the_window_is_left_out() {
    let (mut cache, x) = knows(window(100, 120));
    cache.put(&x, window(130, 150), vec![clock("b", window(130, 150))]);
    let names =
        |w| -> Vec<String> { cache.read(&x, w).expect("is known").iter().map(|s| s.labels.to_string()).collect() };
    assert_eq!(names(window(100, 120)), [r#"{i="a"}"#]);
    assert_eq!(names(window(130, 150)), [r#"{i="b"}"#]);
    assert_eq!(names(window(120, 130)), [r#"{i="a"}"#, r#"{i="b"}"#]);
}

#[test]
fn what_is_put_again_replaces_what_was_there() {
    let (mut cache, x) = knows(window(100, 140));
    let again = Series { labels: labels("a"), values: vec![1.0, GAP] };
    cache.put(&x, window(110, 120), vec![again]);
    assert_eq!(values(&cache, &x, window(100, 140)), [100.0, 1.0, -1.0, 130.0, 140.0]);
}

#[test]
fn an_answer_without_series_is_an_answer() {
    let (mut cache, x) = (cache(), query("x"));
    cache.put(&x, window(100, 200), Vec::new());
    assert_eq!(cache.missing(&x, window(110, 210)), Missing::Tail(window(210, 210)));
    assert_eq!(cache.read(&x, window(100, 200)), Some(Vec::new()));
    assert_eq!(cache.read(&x, window(100, 210)), None);
}

#[test]
fn a_sample_makes_the_steps_from_it_on_unknown() {
    for (touched, missing) in [
        (201, Missing::Nothing),
        (200, Missing::Tail(window(200, 200))),
        (191, Missing::Tail(window(200, 200))),
        (150, Missing::Tail(window(150, 200))),
        (101, Missing::Tail(window(110, 200))),
        (100, Missing::All(window(100, 200))),
        (i64::MIN, Missing::All(window(100, 200))),
    ] {
        let (mut cache, x) = knows(window(100, 200));
        cache.invalidate_from(touched);
        assert_eq!(cache.missing(&x, window(100, 200)), missing, "{touched}");
    }
}

#[test]
fn a_query_that_looks_ahead_loses_as_many_steps_more() {
    let (mut cache, ahead) = (cache(), query("x offset -35ms"));
    cache.put(&ahead, window(100, 200), Vec::new());
    cache.invalidate_from(195);
    assert_eq!(cache.missing(&ahead, window(100, 200)), Missing::Tail(window(160, 200)));
}

#[test]
fn a_query_with_a_fixed_time_is_kept_for_its_window_until_a_sample_comes() {
    let (mut cache, pinned) = (cache(), query("x @ 0.05"));
    cache.put(&pinned, window(100, 200), vec![clock("a", window(100, 200))]);
    assert_eq!(cache.missing(&pinned, window(100, 200)), Missing::Nothing);
    assert_eq!(cache.missing(&pinned, window(100, 210)), Missing::All(window(100, 210)));
    assert_eq!(cache.read(&pinned, window(110, 200)), None);
    cache.invalidate_from(10_000);
    assert_eq!(cache.missing(&pinned, window(100, 200)), Missing::All(window(100, 200)));
}

#[test]
fn steps_far_from_what_is_looked_at_are_forgotten() {
    let (mut cache, x) = knows(window(0, 1_000));
    assert_eq!(cache.missing(&x, window(500, 590)), Missing::Nothing);
    assert_eq!(cache.read(&x, window(390, 590)), None);
    assert_eq!(values(&cache, &x, window(400, 690)).len(), 30);
    assert_eq!(values(&cache, &x, window(400, 400)), [400.0]);
    // A live window that moves on and on does not grow.
    for end in (600..100_000).step_by(10) {
        let live = window(end - 90, end);
        let asked = cache.answer(&x, live, |w| Ok::<_, Infallible>(vec![clock("a", w)]));
        assert_eq!(asked.map(|s| s[0].values.len()), Ok(10));
    }
    assert!(cache.bytes() < 2_000, "{}", cache.bytes());
}

#[test]
fn what_was_not_asked_for_the_longest_goes_first_and_of_those_the_largest() {
    let window = window(0, 10 * 99);
    let texts = ["a", "b", "c", "d"];
    let mut cache = RangeCache::new(5_000);
    for text in texts {
        let many = if text == "c" { 4 } else { 1 };
        let series = (0..many).map(|i| clock(&i.to_string(), window)).collect();
        cache.put(&query(text), window, series);
    }
    // In the next turn all but the first are looked at.
    cache.turn += 1;
    for text in &texts[1..] {
        assert_eq!(cache.missing(&query(text), window), Missing::Nothing);
    }
    cache.forget_unused();
    let left: Vec<_> = texts.iter().filter(|t| cache.read(&query(t), window).is_some()).collect();
    assert_eq!(left, [&"b", &"d"]);
    assert!(cache.bytes() <= 5_000 && cache.len() == 2);
    cache.clear();
    assert!(cache.is_empty());
}

#[test]
fn what_failed_is_asked_for_again_and_the_rest_is_not() {
    let (mut cache, x) = knows(window(100, 200));
    let mut asked = Vec::new();
    let wide = window(90, 210);
    let failed = cache.answer(&x, wide, |w| {
        asked.push(w);
        if w.start > 200 { Err("down") } else { Ok(vec![clock("a", w)]) }
    });
    assert_eq!(failed, Err("down"));
    let answer = cache.answer(&x, wide, |w| {
        asked.push(w);
        Ok::<_, Infallible>(vec![clock("a", w)])
    });
    assert_eq!(answer, Ok(vec![clock("a", wide)]));
    assert_eq!(asked, [window(90, 90), window(210, 210), window(210, 210)]);
}

#[test]
fn instants_are_shared_until_time_moves_or_a_sample_comes() {
    let mut instants = Instants::default();
    let (x, pinned) = (query("x"), query("x @ 1"));
    let mut asked = 0;
    let mut ask = |instants: &mut Instants, query: &Query| {
        let values = instants.answer(query, || {
            asked += 1;
            Ok::<_, Infallible>(vec![(labels("a"), 1.0)])
        });
        assert_eq!(values, Ok(vec![(labels("a"), 1.0)]));
        asked
    };
    instants.begin(1_000);
    assert_eq!([ask(&mut instants, &x), ask(&mut instants, &x), ask(&mut instants, &pinned)], [1, 1, 2]);
    instants.invalidate_from(1_001);
    assert_eq!([ask(&mut instants, &x), ask(&mut instants, &pinned)], [2, 3]);
    instants.invalidate_from(1_000);
    assert_eq!(ask(&mut instants, &x), 4);
    instants.begin(1_001);
    assert_eq!(ask(&mut instants, &x), 5);
    let failed = instants.answer(&query("y"), || Err("no"));
    assert_eq!(failed, Err("no"));
}
