//! Scrapes against what Prometheus would have stored.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::series::{Matcher, Select, is_stale};
use crate::store::Limits;

fn target() -> Ingest {
    Ingest::new(Labels::from_pairs([("job", "streamhouse-agent"), ("instance", "a:9090")]))
}

fn store() -> Store {
    Store::new(Limits::default())
}

fn scrape(ingest: &mut Ingest, store: &mut Store, at: Timestamp, body: &str) -> Report {
    ingest.scrape(store, at, 12.0, Format::Text, body.as_bytes()).expect("a good body")
}

/// All samples of a metric as `time=value`, `stale` for markers; series by their labels.
fn samples(store: &Store, metric: &str) -> Vec<String> {
    let mut found = Vec::new();
    store.select(&[Matcher::equal(Labels::NAME, metric)], i64::MIN, i64::MAX, &mut |labels, samples| {
        let mut line = labels.filtered(|n| !matches!(n, "job" | "instance")).to_string();
        for s in samples {
            if is_stale(s.v) {
                write!(line, " {}=stale", s.t).expect("a string");
            } else {
                write!(line, " {}={}", s.t, s.v).expect("a string");
            }
        }
        found.push(line);
    });
    found.sort();
    found
}

#[test]
fn a_scrape_leaves_its_samples_and_its_own_measurements() {
    let (mut i, mut s) = (target(), store());
    let report = scrape(&mut i, &mut s, 1_000, "# TYPE a gauge\na{x=\"1\"} 4\na{x=\"2\"} 5\n");
    assert_eq!((report.samples, report.series_added, report.rejected), (2, 2, 0));
    assert_eq!(samples(&s, "a"), [r#"a{x="1"} 1000=4"#, r#"a{x="2"} 1000=5"#]);
    assert_eq!(samples(&s, "up"), ["up 1000=1"]);
    assert_eq!(samples(&s, "scrape_duration_seconds"), ["scrape_duration_seconds 1000=0.012"]);
    assert_eq!(samples(&s, "scrape_samples_scraped"), ["scrape_samples_scraped 1000=2"]);
    assert_eq!(samples(&s, "scrape_series_added"), ["scrape_series_added 1000=2"]);
    assert_eq!(s.label_values("instance", &[], i64::MIN, i64::MAX).join(","), "a:9090");
    assert_eq!(i.families().len(), 1);
}

#[test]
fn a_series_that_leaves_is_marked_stale_once() {
    let (mut i, mut s) = (target(), store());
    for (at, body) in [(1, "a 1\nb 1\n"), (2, "b 2\n"), (3, "b 3\n"), (4, "a 4\nb 4\n")] {
        scrape(&mut i, &mut s, at, body);
    }
    assert_eq!(samples(&s, "a"), ["a 1=1 2=stale 4=4"]);
    assert_eq!(samples(&s, "b"), ["b 1=1 2=2 3=3 4=4"]);
    assert_eq!(samples(&s, "scrape_series_added"), ["scrape_series_added 1=2 2=0 3=0 4=1"]);
}

#[test]
fn a_failed_scrape_makes_all_stale_and_is_data() {
    let (mut i, mut s) = (target(), store());
    scrape(&mut i, &mut s, 1, "# TYPE a gauge\na 1\n");
    i.fail(&mut s, 2, 5_000.0);
    i.fail(&mut s, 3, 5_000.0);
    let fault = i.scrape(&mut s, 4, 1.0, Format::Text, b"<html>no</html>");
    assert!(fault.is_err());
    assert_eq!(samples(&s, "a"), ["a 1=1 2=stale"]);
    assert_eq!(samples(&s, "up"), ["up 1=1 2=0 3=0 4=0"]);
    assert_eq!(samples(&s, "scrape_duration_seconds"), ["scrape_duration_seconds 1=0.012 2=5 3=5 4=0.001"]);
    assert_eq!(samples(&s, "scrape_samples_scraped"), ["scrape_samples_scraped 1=1 2=0 3=0 4=0"]);
    assert_eq!(i.families().len(), 1, "of the last good body");
}

#[test]
fn an_unfinished_body_is_a_failed_scrape() {
    let (mut i, mut s) = (target(), store());
    i.scrape(&mut s, 1, 1.0, Format::OpenMetrics, b"a 1\n# EOF\n").expect("whole");
    i.scrape(&mut s, 2, 1.0, Format::OpenMetrics, b"a 2\n").expect_err("cut off");
    assert_eq!(samples(&s, "a"), ["a 1=1 2=stale"]);
    assert_eq!(samples(&s, "up"), ["up 1=1 2=0"]);
}

#[test]
fn a_forgotten_target_is_stale_even_in_the_millisecond_of_its_last_scrape() {
    let (mut i, mut s) = (target(), store());
    scrape(&mut i, &mut s, 5, "a 1\n");
    i.forget(&mut s, 5);
    assert_eq!(samples(&s, "a"), ["a 5=1 6=stale"]);
    assert_eq!(samples(&s, "up"), ["up 5=1 6=stale"]);
    scrape(&mut i, &mut s, 10, "a 2\nb_total 7\n");
    assert_eq!(samples(&s, "a"), ["a 5=1 6=stale 10=2"]);
    assert_eq!(samples(&s, "b_total"), ["b_total 10=7"], "a new start");
}

#[test]
fn a_scraped_label_makes_way_for_the_targets() {
    let (mut i, mut s) = (target(), store());
    scrape(&mut i, &mut s, 1, "a{job=\"x\",exported_job=\"y\",instance=\"\",z=\"1\"} 1\n");
    assert_eq!(samples(&s, "a"), [r#"a{exported_exported_job="x",exported_job="y",z="1"} 1=1"#]);
    assert_eq!(s.label_values("job", &[], 0, 9).join(","), "streamhouse-agent");
}

#[test]
fn hostile_text_is_safe_before_it_is_kept() {
    let mut s = store();
    let mut i = Ingest::new(Labels::from_pairs([("job", "j\x1b[2J"), ("instance", "i")]));
    scrape(&mut i, &mut s, 1, "a{x=\"\x1b[31m\u{202e}\"} 1\n");
    assert_eq!(s.label_values("x", &[], 0, 9).join(","), "␛[31m\u{fffd}");
    assert_eq!(s.label_values("job", &[], 0, 9).join(","), "j␛[2J");
}

#[test]
fn a_counter_that_appears_starts_from_zero() {
    let (mut i, mut s) = (target(), store());
    scrape(&mut i, &mut s, 10, "# TYPE old counter\nold 5\n");
    let body = "# TYPE old counter\nold 5\n# TYPE new counter\nnew{x=\"1\"} 3\n# TYPE g gauge\ng 4\nplain_total 2\nplain 1\n\
                # TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 2\nh_sum 1.5\nh_count 2\n\
                # TYPE q summary\nq{quantile=\"0.5\"} 9\nq_sum 7\nq_count 1\n";
    let report = scrape(&mut i, &mut s, 20, body);
    assert_eq!(report.samples, 12, "injected zeros are not the body's");
    for (metric, want) in [
        ("old", "old 10=5 20=5"),
        ("new", r#"new{x="1"} 10=0 20=3"#),
        ("g", "g 20=4"),
        ("plain_total", "plain_total 10=0 20=2"),
        ("plain", "plain 20=1"),
        ("h_sum", "h_sum 10=0 20=1.5"),
        ("h_count", "h_count 10=0 20=2"),
        ("q", r#"q{quantile="0.5"} 20=9"#),
        ("q_sum", "q_sum 10=0 20=7"),
    ] {
        assert_eq!(samples(&s, metric), [want]);
    }
    assert_eq!(samples(&s, "h_bucket"), [r#"h_bucket{le="+Inf"} 10=0 20=2"#, r#"h_bucket{le="1"} 10=0 20=2"#]);
}

#[test]
fn no_zero_is_made_up_where_the_count_before_is_unknown() {
    let (mut i, mut s) = (target(), store());
    scrape(&mut i, &mut s, 10, "a_total 5\n");
    i.fail(&mut s, 20, 1.0);
    scrape(&mut i, &mut s, 30, "a_total 6\nb_total 5\n");
    assert_eq!(samples(&s, "b_total"), ["b_total 30=5"], "after a failed scrape");
    scrape(&mut i, &mut s, 40, "a_total 7\n");
    scrape(&mut i, &mut s, 50, "a_total 7\nb_total 9\n");
    assert_eq!(samples(&s, "b_total"), ["b_total 30=5 40=stale 50=9"], "it was there before");
    scrape(&mut i, &mut s, 60, "a_total 7\nb_total 9\nc_total 1 55\nd_total 1 45\n");
    assert_eq!(samples(&s, "c_total"), ["c_total 50=0 55=1"]);
    assert_eq!(samples(&s, "d_total"), ["d_total 45=1"], "its own time is before the last scrape");
    let mut as_is = target().created(Created::AsIs);
    let mut s = store();
    scrape(&mut as_is, &mut s, 10, "a_total 5\n");
    scrape(&mut as_is, &mut s, 20, "a_total 5\nb_total 1\n");
    assert_eq!(samples(&s, "b_total"), ["b_total 20=1"]);
}

#[test]
fn times_of_its_own_are_honoured_and_never_end_a_series() {
    let (mut i, mut s) = (target(), store());
    scrape(&mut i, &mut s, 1_000, "a 1 900\nb 1\n");
    scrape(&mut i, &mut s, 2_000, "a 1 900\nb 1\n");
    scrape(&mut i, &mut s, 3_000, "b 1\n");
    i.fail(&mut s, 4_000, 1.0);
    assert_eq!(samples(&s, "a"), ["a 900=1"]);
    assert_eq!(samples(&s, "b"), ["b 1000=1 2000=1 3000=1 4000=stale"]);
    let report = scrape(&mut i, &mut s, 5_000, "a 2 4000\na 3 4500\na 4 4200\n");
    assert_eq!((report.samples, report.refused.out_of_order), (2, 1));
    assert_eq!(samples(&s, "a"), ["a 900=1 4000=2 4500=3"]);
}

#[test]
fn times_beyond_reason_are_refused() {
    let (mut i, mut s) = (target(), store());
    let now = 1_800_000_000_000;
    let report = scrape(&mut i, &mut s, now, &format!("a 1 {}\nb 1 1\nc 1 {}\n", now * 1_000, now + 60_000));
    assert_eq!((report.refused.out_of_bounds, report.rejected, report.samples), (2, 2, 1));
}

#[test]
fn the_first_of_two_equal_series_counts() {
    let (mut i, mut s) = (target(), store());
    let report = scrape(&mut i, &mut s, 1, "a{x=\"1\",y=\"2\"} 1\na{x=\"1\",y=\"2\"} 2\na{y=\"2\",x=\"1\"} 3\n");
    assert_eq!((report.samples, report.rejected, report.refused.duplicate), (1, 2, 2));
    assert_eq!(samples(&s, "a"), [r#"a{x="1",y="2"} 1=1"#]);
}

#[test]
fn another_spelling_of_a_series_does_not_end_it() {
    let (mut i, mut s) = (target(), store());
    scrape(&mut i, &mut s, 1, "a{x=\"1\",y=\"2\"} 1\n");
    scrape(&mut i, &mut s, 2, "a{y=\"2\",x=\"1\"} 2\n");
    scrape(&mut i, &mut s, 3, "a{y=\"2\", x=\"1\"} 3\n");
    assert_eq!(samples(&s, "a"), [r#"a{x="1",y="2"} 1=1 2=2 3=3"#]);
}

#[test]
fn a_body_cannot_say_that_it_is_up() {
    let (mut i, mut s) = (target(), store());
    for at in 1..4 {
        let report = scrape(&mut i, &mut s, at, "up 7\nup{x=\"1\"} 7\na 1\n");
        assert_eq!((report.refused.reserved, report.samples), (1, 2));
        assert_eq!(report.series_added, if at == 1 { 2 } else { 0 });
    }
    assert_eq!(samples(&s, "up"), ["up 1=1 2=1 3=1", r#"up{x="1"} 1=7 2=7 3=7"#]);
}

#[test]
fn times_of_creation_are_no_series() {
    let (mut i, mut s) = (target(), store());
    let body = "# TYPE a counter\na_total 1\na_created 1.5\n# EOF\n";
    let report = i.scrape(&mut s, 1, 1.0, Format::OpenMetrics, body.as_bytes()).expect("good");
    assert_eq!((report.samples, report.rejected, report.summary.samples), (1, 0, 2));
    assert!(samples(&s, "a_created").is_empty());
    assert_eq!(samples(&s, "scrape_samples_scraped"), ["scrape_samples_scraped 1=2"]);
}

#[test]
fn a_target_has_room_for_so_many_series_and_known_ones_keep_theirs() {
    let (mut i, mut s) = (target().max_series(3), store());
    let report = scrape(&mut i, &mut s, 1, "a 1\nb 1\nc 1\nd 1\ne 1\n");
    assert_eq!((report.samples, report.refused.over_limit, report.rejected), (3, 2, 2));
    let report = scrape(&mut i, &mut s, 2, "e 1\nd 1\nc 1\nb 1\na 1\n");
    assert_eq!((report.samples, report.refused.over_limit), (3, 2));
    assert_eq!(samples(&s, "a"), ["a 1=1 2=1"]);
    // Those that leave make room, one scrape later.
    scrape(&mut i, &mut s, 3, "d 1\n");
    let report = scrape(&mut i, &mut s, 4, "d 1\ne 1\n");
    assert_eq!(report.samples, 2);
}

#[test]
fn churn_leaves_nothing_behind() {
    let (mut i, mut s) = (target(), Store::new(Limits { retention: 60_000, ..Limits::default() }));
    let mut sizes = Vec::new();
    for round in 0..400 {
        let mut body = String::new();
        for n in 0..50 {
            writeln!(body, "a{{pod=\"pod-{round}-{n}\"}} 1").expect("a string");
        }
        scrape(&mut i, &mut s, round * 5_000, &body);
        s.expire(round * 5_000);
        sizes.push((s.footprint().bytes, i.bytes(), s.footprint().series));
    }
    let (early, late) = (sizes[150], sizes[399]);
    assert!(late.0 <= early.0 * 2 && late.1 <= early.1 && late.2 <= early.2 * 2, "{early:?} {late:?}");
    assert_eq!(i.cache.len(), 50 * 10);
}

#[test]
fn a_series_that_the_store_dropped_is_entered_again() {
    let (mut i, mut s) = (target(), Store::new(Limits { retention: 1_000, ..Limits::default() }));
    scrape(&mut i, &mut s, 1_000, "a_total 1\n");
    s.expire(1_000_000);
    assert_eq!(s.footprint().samples, 0);
    scrape(&mut i, &mut s, 1_000_000, "a_total 5\n");
    assert_eq!(samples(&s, "a_total"), ["a_total 1000000=5"], "and not from zero: it was there a scrape ago");
    assert_eq!(samples(&s, "up"), ["up 1000000=1"]);
}

#[test]
fn a_clock_set_back_stores_nothing_until_it_has_caught_up() {
    let (mut i, mut s) = (target(), store());
    scrape(&mut i, &mut s, 10_000, "a 1\n");
    let report = scrape(&mut i, &mut s, 5_000, "a 2\n");
    assert_eq!((report.samples, report.refused.out_of_order), (0, 1));
    scrape(&mut i, &mut s, 15_000, "a 3\n");
    assert_eq!(samples(&s, "a"), ["a 10000=1 15000=3"]);
    assert_eq!(samples(&s, "up"), ["up 10000=1 15000=1"]);
}

#[test]
fn what_is_sound_in_one_format_is_not_trusted_in_the_other() {
    let (mut i, mut s) = (target(), store());
    let body = "a{x=\"1\", y=\"2\"} 1\nb 1\n# EOF\n";
    assert_eq!(scrape(&mut i, &mut s, 1, body).samples, 2);
    let report = i.scrape(&mut s, 2, 1.0, Format::OpenMetrics, body.as_bytes()).expect("a good body");
    assert_eq!((report.samples, report.summary.unreadable), (1, 1));
    assert_eq!(samples(&s, "a"), [r#"a{x="1",y="2"} 1=1 2=stale"#]);
    assert_eq!(samples(&s, "b"), ["b 1=1 2=1"]);
}

#[test]
fn targets_on_one_store_do_not_mix() {
    let mut s = store();
    let mut targets: Vec<Ingest> =
        ["a", "b"].iter().map(|i| Ingest::new(Labels::from_pairs([("job", "j"), ("instance", *i)]))).collect();
    for (n, i) in targets.iter_mut().enumerate() {
        for at in [10, 20, 30] {
            scrape(i, &mut s, at + n as i64, "m 1\n");
        }
    }
    targets[0].fail(&mut s, 40, 1.0);
    assert_eq!(samples(&s, "m"), ["m 10=1 20=1 30=1 40=stale", "m 11=1 21=1 31=1"]);
}

/// A few scrapes of few series: absent, or with a value.
fn scrapes() -> impl Strategy<Value = Vec<Vec<Option<u8>>>> {
    prop::collection::vec(prop::collection::vec(prop::option::weighted(0.8, 0u8..5), 8), 1..30)
}

proptest! {
    #[test]
    fn the_order_of_series_does_not_matter(scrapes in scrapes(), seed in any::<u64>()) {
        let (mut plain, mut shuffled) = ((target(), store()), (target(), store()));
        let mut rng = fastrand::Rng::with_seed(seed);
        for (n, values) in scrapes.iter().enumerate() {
            let mut lines: Vec<String> = values.iter().enumerate()
                .filter_map(|(i, v)| Some(format!("m_total{{i=\"{i}\"}} {}\n", (*v)?)))
                .collect();
            scrape(&mut plain.0, &mut plain.1, n as i64 * 5_000, &lines.concat());
            rng.shuffle(&mut lines);
            scrape(&mut shuffled.0, &mut shuffled.1, n as i64 * 5_000, &lines.concat());
        }
        prop_assert_eq!(samples(&plain.1, "m_total"), samples(&shuffled.1, "m_total"));
        prop_assert_eq!(samples(&plain.1, "scrape_series_added"), samples(&shuffled.1, "scrape_series_added"));
    }

    #[test]
    fn what_a_body_comes_to_does_not_hang_on_what_was_there_before(
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&b"{}\"\\, \n#12x"[..])), 1..6),
    ) {
        let sound = "# TYPE a counter\na_total{x=\"1\",y=\"}\"} 1\na_total{x=\"2\"} 2 # {id=\"}\"} 1\nb 3\nc{} 4\n# EOF\n";
        let mut body = sound.as_bytes().to_vec();
        for (at, byte) in damage {
            let at = at.index(body.len() - 7);
            body[at] = byte;
        }
        let [fresh, mut knowing] = [(); 2].map(|()| (target().created(Created::AsIs), store()));
        // No time that damage can make of these digits is as early.
        knowing.0.scrape(&mut knowing.1, 500, 1.0, Format::OpenMetrics, sound.as_bytes()).expect("good");
        let reports = [fresh, knowing].map(|(mut i, mut s)| {
            let report = i.scrape(&mut s, 2_000, 1.0, Format::OpenMetrics, &body);
            let mut stored = Vec::new();
            s.select(&[], 1_999, 2_000, &mut |labels, samples| {
                let own = labels.get(Labels::NAME) == Some("scrape_series_added");
                stored.extend(samples.iter().filter(|p| !own && !is_stale(p.v)).map(|p| format!("{labels} {p:?}")));
            });
            stored.sort();
            (report.map(|r| (r.samples, r.rejected, r.refused, r.summary)), stored)
        });
        prop_assert_eq!(&reports[0], &reports[1]);
    }

    #[test]
    fn a_marker_stands_exactly_where_a_series_left(scrapes in scrapes()) {
        let (mut i, mut s) = (target().created(Created::AsIs), store());
        let mut want = vec![String::new(); 8];
        for (n, values) in scrapes.iter().enumerate() {
            let at = n as i64 * 5_000;
            let mut body = String::new();
            for (i, v) in values.iter().enumerate() {
                if let Some(v) = v {
                    writeln!(body, "m{{i=\"{i}\"}} {v}").expect("a string");
                    write!(want[i], " {at}={v}").expect("a string");
                } else if n > 0 && scrapes[n - 1][i].is_some() {
                    write!(want[i], " {at}=stale").expect("a string");
                }
            }
            scrape(&mut i, &mut s, at, &body);
        }
        let want: Vec<String> = want.into_iter().enumerate()
            .filter(|(_, line)| !line.is_empty())
            .map(|(i, line)| format!("m{{i=\"{i}\"}}{line}"))
            .collect();
        prop_assert_eq!(samples(&s, "m"), want);
    }
}
