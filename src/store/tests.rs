//! The store as a whole, against a naive one.

use proptest::prelude::*;

use super::expiry::TICKS_PRESSED;
use super::*;
use crate::series::{MatchOp, Matcher, Select, stale_marker};

fn store() -> Store {
    Store::new(Limits::default())
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::from_pairs(pairs.iter().copied())
}

fn all(store: &Store, matchers: &[Matcher]) -> Vec<(Labels, Vec<(Timestamp, u64)>)> {
    between(store, matchers, i64::MIN, i64::MAX)
}

fn between(
    store: &Store,
    matchers: &[Matcher],
    after: Timestamp,
    until: Timestamp,
) -> Vec<(Labels, Vec<(Timestamp, u64)>)> {
    let mut found = Vec::new();
    store.select(matchers, after, until, &mut |labels, samples| {
        found.push((labels.clone(), samples.iter().map(|s| (s.t, s.v.to_bits())).collect()));
    });
    found.sort();
    found
}

/// What `footprint` says, computed from scratch.
fn check(store: &Store) {
    let heap: usize = store.entries.iter().filter(|e| e.live).map(Entry::heap).sum::<usize>()
        + store.blocks.iter().map(|(_, b)| b.bytes()).sum::<usize>();
    assert_eq!(store.heap, heap, "heap is counted right");
    let samples: usize =
        store.entries.iter().map(|e| e.open.len() + e.chunks.iter().map(|c| usize::from(c.n)).sum::<usize>()).sum();
    assert_eq!(store.samples, samples, "samples are counted right");
    assert_eq!(store.blocks.iter().count(), store.sealed.len() + store.growing.len(), "every block is queued once");
    for e in store.entries.iter().filter(|e| e.live) {
        for c in &e.chunks {
            assert!(store.blocks.get(c.block).is_some(), "no chunk outlives its block");
        }
    }
}

#[test]
fn the_same_labels_are_the_same_series() {
    let mut s = store();
    let a = s.series(labels(&[("__name__", "up"), ("job", "a")]));
    let b = s.series(labels(&[("__name__", "up"), ("job", "b")]));
    assert_ne!(a, b);
    assert_eq!(s.series(labels(&[("job", "a"), ("__name__", "up")])), a);
    assert_eq!(s.labels(b).expect("is there").to_string(), r#"up{job="b"}"#);
}

#[test]
fn samples_come_in_order_or_not_at_all() {
    let mut s = store();
    let id = s.series(labels(&[("a", "b")]));
    assert_eq!(s.append(id, 10, 1.0), Ok(()));
    assert_eq!(s.append(id, 20, 2.0), Ok(()));
    assert_eq!(s.append(id, 15, 2.0), Err(Rejected::OutOfOrder));
    assert_eq!(s.append(id, 20, 2.0), Ok(()), "the same again");
    assert_eq!(s.append(id, 20, 3.0), Err(Rejected::Duplicate));
    assert_eq!(s.append(id, 20, stale_marker()), Err(Rejected::Duplicate));
    assert_eq!(all(&s, &[])[0].1, [(10, 1f64.to_bits()), (20, 2f64.to_bits())]);
    check(&s);
}

#[test]
fn a_range_is_open_at_its_start_and_closed_at_its_end() {
    let mut s = store();
    let id = s.series(labels(&[("a", "b")]));
    for t in 1..=500 {
        s.append(id, t * 10, t as f64).expect("in order");
    }
    let got = between(&s, &[], 1_000, 3_000);
    let want: Vec<(i64, u64)> = (101..=300).map(|t| (t * 10, (t as f64).to_bits())).collect();
    assert_eq!(got[0].1, want);
    assert!(between(&s, &[], 5_000, 9_000).is_empty(), "no sample, no visit");
}

#[test]
fn series_of_one_clock_keep_their_times_once() {
    let mut s = store();
    let clock = s.clock();
    let ids: Vec<_> = (0..50).map(|i| s.series_on(&labels(&[("i", &i.to_string())]), clock).id()).collect();
    for t in 0..240 {
        s.tick(clock, t * 5_000 + t % 7);
        for &id in &ids {
            s.append(id, t * 5_000 + t % 7, t as f64).expect("in order");
        }
    }
    assert_eq!(s.blocks.iter().count(), 2);
    assert!(all(&s, &[]).iter().all(|(_, samples)| samples.len() == 240));
    check(&s);
}

#[test]
fn a_series_that_misses_a_tick_has_a_gap_there() {
    let mut s = store();
    let clock = s.clock();
    let id = s.series_on(&labels(&[("a", "b")]), clock).id();
    for t in [10, 20, 30, 40] {
        s.tick(clock, t);
        if t != 30 {
            s.append(id, t, t as f64).expect("in order");
        }
    }
    let times: Vec<_> = all(&s, &[])[0].1.iter().map(|&(t, _)| t).collect();
    assert_eq!(times, [10, 20, 40]);
    // Between its clock's times and times of its own.
    s.append(id, 45, 1.0).expect("in order");
    s.tick(clock, 50);
    s.append(id, 50, 1.0).expect("in order");
    s.append(id, 55, 1.0).expect("in order");
    let times: Vec<_> = all(&s, &[])[0].1.iter().map(|&(t, _)| t).collect();
    assert_eq!(times, [10, 20, 40, 45, 50, 55]);
    assert_eq!(s.append(id, 44, 1.0), Err(Rejected::OutOfOrder));
    check(&s);
}

#[test]
fn a_sample_at_the_tick_before_still_shares_it() {
    let mut s = store();
    let clock = s.clock();
    s.tick(clock, 10);
    s.tick(clock, 20);
    let id = s.series_on(&labels(&[("a", "b")]), clock).id();
    s.append(id, 10, 0.0).expect("in order");
    s.append(id, 20, 3.0).expect("in order");
    assert_eq!(s.blocks.iter().count(), 1);
    assert_eq!(all(&s, &[])[0].1, [(10, 0), (20, 3f64.to_bits())]);
}

#[test]
fn whole_chunks_go_when_their_last_sample_is_too_old() {
    let mut s = Store::new(Limits { retention: 1_000, max_bytes: usize::MAX });
    let id = s.series(labels(&[("a", "b")]));
    let dead = s.series(labels(&[("a", "c")]));
    s.append(dead, 5, 1.0).expect("in order");
    for t in 1..=300 {
        s.append(id, t * 10, 1.0).expect("in order");
    }
    s.expire(2_205);
    let left = all(&s, &[]);
    assert_eq!(left.len(), 1, "a series without samples is gone");
    assert_eq!(left[0].1.first().map(|s| s.0), Some(1_210), "the block that ends at 1200 went");
    assert_eq!(s.append(dead, 3_000, 1.0), Err(Rejected::Gone));
    assert_eq!(s.footprint().oldest, Some(1_210));
    check(&s);
    s.expire(i64::MAX);
    let f = s.footprint();
    assert_eq!((f.series, f.samples, f.oldest), (0, 0, None));
    assert!(s.label_values("a", &[], i64::MIN, i64::MAX).is_empty());
    check(&s);
}

#[test]
fn an_id_of_a_dropped_series_never_means_another() {
    let mut s = Store::new(Limits { retention: 1_000, max_bytes: usize::MAX });
    let old = s.series(labels(&[("a", "b")]));
    s.append(old, 5, 1.0).expect("in order");
    s.expire(10_000);
    let new = s.series(labels(&[("a", "c")]));
    assert_eq!(s.append(old, 10_000, 1.0), Err(Rejected::Gone));
    assert_eq!((s.labels(old), s.last(old)), (None, None));
    assert_eq!(s.append(new, 10_000, 1.0), Ok(()));
    // After a burst the room is given back, and ids of the burst stay invalid.
    let burst: Vec<_> = (0..1_000).map(|i| s.series(labels(&[("i", &i.to_string())]))).collect();
    s.expire(10_000);
    let again: Vec<_> = (0..1_000).map(|i| s.series(labels(&[("j", &i.to_string())]))).collect();
    assert!(burst.iter().all(|id| !again.contains(id) && s.labels(*id).is_none()));
    check(&s);
}

#[test]
fn a_series_that_was_entered_and_never_written_does_not_stay() {
    let mut s = store();
    let id = s.series(labels(&[("a", "b")]));
    s.expire(0);
    assert_eq!(s.append(id, 5, 1.0), Err(Rejected::Gone));
    assert_eq!(s.footprint().series, 0);
}

#[test]
fn the_oldest_chunks_of_all_go_when_memory_runs_out() {
    let mut s = Store::new(Limits { retention: i64::MAX, max_bytes: 400_000 });
    let clocks = [s.clock(), s.clock()];
    let ids: Vec<_> = (0..400).map(|i| s.series_on(&labels(&[("i", &i.to_string())]), clocks[i % 2]).id()).collect();
    let mut rng = fastrand::Rng::with_seed(7);
    let mut t = 0;
    for _ in 0..3_000 {
        t += 5_000;
        for (i, clock) in clocks.into_iter().enumerate() {
            s.tick(clock, t);
            for &id in ids.iter().skip(i).step_by(2) {
                s.append(id, t, f64::from(rng.u16(..))).expect("in order");
            }
        }
    }
    check(&s);
    let f = s.footprint();
    // The blocks that grow are spared.
    assert!(f.bytes < 400_000 + 400 * 120 * 3, "{f:?}");
    let cut = f.cut.expect("something was cut");
    let got = all(&s, &[]);
    assert_eq!(got.len(), 400);
    for (_, samples) in got {
        assert_eq!(samples.last().map(|s| s.0), Some(t), "the newest is there");
        let complete = samples.iter().filter(|s| s.0 > cut).count() as i64;
        assert_eq!(complete, (t - cut) / 5_000, "what is after the cut is all there");
    }
    s.expire(cut + 1);
    assert_eq!(s.footprint().cut, Some(cut), "for ever, if everything is kept for ever");
}

#[test]
fn a_cap_too_small_for_anything_keeps_the_newest_samples() {
    let mut s = Store::new(Limits { retention: i64::MAX, max_bytes: 1 });
    let clock = s.clock();
    let a = s.series_on(&labels(&[("a", "1")]), clock).id();
    let b = s.series(labels(&[("a", "2")]));
    for t in 1..1_000 {
        s.tick(clock, t);
        s.append(a, t, 1.5).expect("in order");
        s.append(b, t, 1.5).expect("in order");
        assert_eq!((s.last(a).map(|s| s.t), s.last(b).map(|s| s.t)), (Some(t), Some(t)));
    }
    let f = s.footprint();
    assert!(f.samples <= 4 * TICKS_PRESSED, "{f:?}");
    check(&s);
}

#[test]
fn a_released_clock_leaves_its_samples() {
    let mut s = store();
    let clock = s.clock();
    let id = s.series_on(&labels(&[("a", "b")]), clock).id();
    s.tick(clock, 10);
    s.append(id, 10, 1.0).expect("in order");
    s.release(clock);
    s.append(id, 20, 2.0).expect("in order");
    assert_eq!(all(&s, &[])[0].1.len(), 2);
    let next = s.clock();
    s.tick(next, 5);
    s.release(next);
    assert_eq!(s.blocks.iter().count(), 2, "ticks nobody used are dropped");
    check(&s);
}

#[test]
fn label_values_are_those_of_series_with_samples_in_range() {
    let mut s = store();
    for (i, v) in ["b", "a", "c"].iter().enumerate() {
        let id = s.series(labels(&[("__name__", "m"), ("v", v), ("even", if i % 2 == 0 { "yes" } else { "" })]));
        s.append(id, 10 * i as i64, 1.0).expect("in order");
    }
    let values = |m: &[Matcher], after, until| s.label_values("v", m, after, until).join(",");
    assert_eq!(values(&[], i64::MIN, i64::MAX), "a,b,c");
    assert_eq!(values(&[], 0, 15), "a");
    assert_eq!(values(&[Matcher::equal("even", "yes")], i64::MIN, i64::MAX), "b,c");
    assert_eq!(values(&[Matcher::equal("__name__", "n")], i64::MIN, i64::MAX), "");
    assert!(s.label_values("none", &[], i64::MIN, i64::MAX).is_empty());
}

#[test]
fn label_names_are_those_of_series_with_samples_in_range() {
    let mut s = store();
    for (i, (metric, own)) in [("m", "a"), ("m", "b"), ("n", "c")].iter().enumerate() {
        let id = s.series(labels(&[("__name__", metric), (own, "1"), ("job", "x")]));
        s.append(id, 10 * i as i64, 1.0).expect("in order");
    }
    let names = |m: &[Matcher], after, until| s.label_names(m, after, until).join(",");
    assert_eq!(names(&[], i64::MIN, i64::MAX), "__name__,a,b,c,job");
    assert_eq!(names(&[], 5, i64::MAX), "__name__,b,c,job");
    assert_eq!(names(&[Matcher::equal("__name__", "m")], i64::MIN, i64::MAX), "__name__,a,b,job");
    assert_eq!(names(&[Matcher::equal("__name__", "none")], i64::MIN, i64::MAX), "");
}

fn matcher() -> impl Strategy<Value = Matcher> {
    let op = prop_oneof![Just(MatchOp::Equal), Just(MatchOp::NotEqual), Just(MatchOp::Regex), Just(MatchOp::NotRegex)];
    let value = prop_oneof![
        Just(""),
        Just("a"),
        Just("b"),
        Just("c.d"),
        Just("a|b"),
        Just("(a|c\\.d)"),
        Just("(?:a|b)"),
        Just("|a"),
        Just("a|"),
        Just(".*"),
        Just(".+"),
        Just("a.*"),
        Just("[ab]"),
        Just("(a|b"),
        Just("a)|(b"),
        Just("\\d"),
        Just("x|\\."),
        Just("b|b"),
        Just("c.d"),
        Just("(a)|(b)"),
        Just("\\ba"),
        Just("a\\|b"),
        Just("\\<a"),
    ];
    let name = prop_oneof![Just("x"), Just("y"), Just("__name__"), Just("none")];
    (name, op, value).prop_filter_map("a pattern", |(n, o, v)| Matcher::new(n, o, v).ok())
}

proptest! {
    #[test]
    fn matchers_select_what_a_naive_filter_does(
        sets in prop::collection::vec(
            (prop_oneof![Just("m"), Just("n"), Just("a")], "(a|b|c\\.d|cxd|7|)", "(a|b|ab|a\\|b|)"), 0..30),
        matchers in prop::collection::vec(matcher(), 0..4),
    ) {
        let mut s = store();
        let mut naive = Vec::new();
        for (name, x, y) in sets {
            let labels = labels(&[("__name__", name), ("x", &x), ("y", &y)]);
            let id = s.series(labels.clone());
            s.append(id, 1, 1.0).expect("the same again is fine");
            if matchers.iter().all(|m| m.matches(labels.get(&m.name).unwrap_or_default())) {
                naive.push(labels);
            }
        }
        naive.sort();
        naive.dedup();
        let found: Vec<_> = all(&s, &matchers).into_iter().map(|(labels, _)| labels).collect();
        prop_assert_eq!(found, naive);
    }

    /// Any mix of clocks, own times, gaps and jumps in time against a list of samples.
    #[test]
    fn the_store_keeps_what_a_list_would(
        steps in prop::collection::vec((0usize..4, 0i64..20, any::<bool>(), -3i64..60), 1..600),
        after in -10i64..3_000, span in 0i64..3_000,
    ) {
        let mut s = Store::new(Limits { retention: i64::MAX, max_bytes: usize::MAX });
        let clock = s.clock();
        let ids: Vec<_> = (0..4).map(|i| {
            let labels = labels(&[("i", &i.to_string())]);
            if i == 3 { s.series(labels) } else { s.series_on(&labels, clock).id() }
        }).collect();
        let mut naive: Vec<Vec<(i64, u64)>> = vec![Vec::new(); 4];
        let mut now = 0;
        for (i, step, tick, v) in steps {
            let t = if tick { now += step; s.tick(clock, now); now } else { now - step / 2 };
            let v = if v < 0 { stale_marker() } else { v as f64 / 4.0 };
            let want = match naive[i].last() {
                Some(&(last, _)) if t < last => Err(Rejected::OutOfOrder),
                Some(&(last, bits)) if t == last =>
                    if bits == v.to_bits() { Ok(()) } else { Err(Rejected::Duplicate) },
                _ => { naive[i].push((t, v.to_bits())); Ok(()) }
            };
            prop_assert_eq!(s.append(ids[i], t, v), want);
        }
        check(&s);
        for (i, samples) in naive.iter().enumerate() {
            let got = all(&s, &[Matcher::equal("i", i.to_string())]);
            prop_assert_eq!(got.first().map(|g| &g.1), Some(samples).filter(|s| !s.is_empty()));
            let inside: Vec<_> = samples.iter().copied().filter(|s| s.0 > after && s.0 <= after + span).collect();
            let got = between(&s, &[Matcher::equal("i", i.to_string())], after, after + span);
            prop_assert_eq!(got.first().map(|g| &g.1), Some(&inside).filter(|s| !s.is_empty()));
        }
    }

    #[test]
    fn neither_retention_nor_cap_loses_what_is_newer(
        max_bytes in 1usize..60_000, retention in 1i64..3_000,
        steps in prop::collection::vec((0usize..6, 1i64..20), 1..1_500),
    ) {
        let mut s = Store::new(Limits { retention, max_bytes });
        let clock = s.clock();
        let mut naive: Vec<Vec<i64>> = vec![Vec::new(); 6];
        let mut now = 0;
        for (i, step) in steps {
            now += step;
            s.tick(clock, now);
            s.expire(now);
            let labels = labels(&[("i", &i.to_string())]);
            let id = if i > 3 { s.series(labels) } else { s.series_on(&labels, clock).id() };
            s.append(id, now, (now * 7919 % 1_000) as f64).expect("in order");
            naive[i].push(now);
        }
        check(&s);
        let f = s.footprint();
        prop_assert!(f.samples <= naive.iter().map(Vec::len).sum());
        let horizon = (now - retention).max(f.cut.unwrap_or(i64::MIN));
        for (i, times) in naive.iter().enumerate() {
            let want: Vec<i64> = times.iter().copied().filter(|&t| t > horizon).collect();
            let got = between(&s, &[Matcher::equal("i", i.to_string())], horizon, i64::MAX);
            let got: Vec<i64> = got.first().map(|g| g.1.iter().map(|s| s.0).collect()).unwrap_or_default();
            prop_assert_eq!(got, want);
        }
        // Six series' growing chunks, their headers and blocks, and the tables, which do not shrink at once.
        prop_assert!(f.bytes < max_bytes + 6 * (120 * 8 + 1_000) + 25_000, "{f:?}");
    }
}
