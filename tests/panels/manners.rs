//! What layouts ask of panels beyond their kind, and what is told of where things are going.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use shtop::layout::{Kind, Level, Marking, Panel, Reduce, Spacing, Stacking, Trend};
use shtop::panel::{Curve, Frame, RowColumns, State, draw_row, draw_tile, worst, worst_now};
use shtop::series::GAP;
use shtop::theme::{Depth, Theme};
use shtop::unit::Unit;

use super::fixtures::{STEPS, buckets, circuit, curve, frame, panel, thresholds, wave, window};
use super::{drawn, lines, text, theme};

#[test]
fn shares_of_a_whole_end_at_a_hundred_percent() {
    let share = Panel { stacking: Stacking::Percent, ..panel("share", Kind::Timeseries, Unit::Bytes) };
    let curves = [curve("a", vec![1e9; STEPS]), curve("below", vec![-5.0; STEPS]), curve("b", vec![3e9; STEPS])];
    let theme = theme();
    let buf = drawn(&frame(&share, &curves, &State::Live, &theme), 60, 12);
    let shown = lines(&buf);
    assert!(shown.contains("100 % ┤") && shown.contains("0 % ┤") && !shown.contains("GiB ┤"), "{shown}");
    let top = (20..40).all(|x| buf[(x, 1)].symbol() == "█" && Some(buf[(x, 1)].fg) == theme.series(2).fg);
    assert!(top, "the whole is always full:\n{shown}");
}

#[test]
fn a_logarithmic_scale_says_what_it_cannot_show() {
    let log = Panel { spacing: Spacing::Log10, ..panel("log", Kind::Timeseries, Unit::Seconds) };
    let wide = [curve("wide", (0..STEPS).map(|i| 10_f64.powf(i as f64 / 30.0 - 3.0)).collect())];
    let shown = text(&log, &wide, 60, 14);
    for tick in ["1 ms ┤", "10 ms ┤", "100 ms ┤", "1 s ┤"] {
        assert!(shown.contains(tick), "{tick}\n{shown}");
    }
    let some = [curve("idle at times", (0..STEPS).map(|i| if i < 60 { 0.0 } else { 5.0 }).collect())];
    assert!(text(&log, &some, 60, 14).contains('↓'), "a zero is beneath every logarithm");
    let none = text(&log, &[curve("idle", vec![0.0; STEPS])], 60, 14);
    assert!(none.contains("no value is above 0"), "{none}");
}

#[test]
fn of_many_series_those_that_matter_keep_their_colours() {
    let many: Vec<Curve> =
        (0..200).map(|i| curve(&format!("topic-{i}"), wave(f64::from(i), 3.0, i as usize))).collect();
    let (panel, theme) = (panel("many", Kind::Timeseries, Unit::Short), theme());
    let live = frame(&panel, &many, &State::Live, &theme);
    let buf = drawn(&live, 100, 24);
    let shown = lines(&buf);
    assert!(shown.contains("more"), "{shown}");
    let braille = |cell: &Cell| cell.symbol().chars().all(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
    let dim = buf.content().iter().filter(|c| braille(c) && Some(c.fg) == theme.border.fg).count();
    let bright = buf.content().iter().filter(|c| braille(c) && Some(c.fg) != theme.border.fg).count();
    assert!(dim > 200 && bright > 50, "{dim} dim, {bright} bright");
    // One that is picked out is named with its numbers, and is all that is bright.
    let picked = Frame { picked: Some(3), ..live };
    let buf = drawn(&picked, 100, 24);
    let row = lines(&buf).lines().find(|line| line.contains('▸')).map(str::to_owned).unwrap_or_default();
    assert!(row.contains("topic-3"), "{row}");
    assert!(
        buf.content()
            .iter()
            .filter(|c| braille(c))
            .all(|c| [theme.border.fg, theme.series(3).fg].contains(&Some(c.fg)))
    );
    let narrow = lines(&drawn(&picked, 60, 10));
    assert!(narrow.contains("▸● topic-3") && narrow.contains("max"), "{narrow}");
}

#[test]
fn the_legend_has_the_numbers_that_the_layout_names() {
    let ramp = [
        curve("up", (0..STEPS).map(|i| i as f64).collect()),
        curve("down", (0..STEPS).map(|i| 500.0 - i as f64).collect()),
    ];
    let plain = panel("ramp", Kind::Timeseries, Unit::Short);
    let shown = text(&plain, &ramp, 80, 24);
    assert!(shown.contains("last   max  min  mean") || shown.contains("last  max  min  mean"), "{shown}");
    assert!(shown.contains("380") && shown.contains("500") && shown.contains("440"), "{shown}");
    let named = Panel { legend: vec![Reduce::First, Reduce::Count], ..plain };
    let shown = text(&named, &ramp, 80, 24);
    assert!(shown.contains("first  count") && shown.contains("121"), "{shown}");
}

#[test]
fn where_the_window_goes_beyond_the_present_the_present_is_a_line() {
    let (panel, theme) = (panel("ahead", Kind::Timeseries, Unit::Short), theme());
    let curves = [curve("a", (0..STEPS).map(|i| if i < 90 { 5.0 } else { GAP }).collect())];
    let live = frame(&panel, &curves, &State::Live, &theme);
    assert!(!lines(&drawn(&live, 60, 10)).contains('┊'));
    let ahead = Frame { now: window().start + 90 * 30_000, ..live };
    let shown = lines(&drawn(&ahead, 60, 10));
    assert!(shown.contains('┊') && shown.contains("now"), "{shown}");
}

#[test]
fn bands_give_each_row_the_ground_of_its_level() {
    let banded = Panel {
        marking: Marking::Bands,
        min: Some(0.0),
        max: Some(100.0),
        thresholds: thresholds(Level::Good, &[(50.0, Level::Bad)]),
        ..panel("bands", Kind::Timeseries, Unit::Percent)
    };
    let curves = [curve("a", vec![20.0; STEPS])];
    let theme = theme();
    let buf = drawn(&frame(&banded, &curves, &State::Live, &theme), 60, 12);
    let (upper, lower) = (buf[(40, 2)].bg, buf[(40, 7)].bg);
    assert!(upper != lower && upper != ratatui::style::Color::Reset, "{upper:?} {lower:?}");
    assert!(!lines(&buf).contains('╌'), "bands instead of lines");
    let plain = lines(&drawn(&frame(&banded, &curves, &State::Live, &Theme::dark(Depth::None)), 60, 12));
    assert!(plain.contains("· · · ·"), "{plain}");
}

#[test]
fn a_stat_says_how_it_has_changed_and_since_when() {
    let stat = panel("Active Leases", Kind::Stat, Unit::Count);
    let ramp = |from: f64, to: f64| (0..STEPS).map(|i| from + (to - from) * i as f64 / 120.0).collect::<Vec<_>>();
    let say = |panel: &Panel, values: Vec<f64>| text(panel, &[curve("leases", values)], 50, 8);
    assert!(say(&stat, ramp(100.0, 112.0)).contains("▲ +12 % in 1h"));
    assert!(say(&stat, ramp(200.0, 50.0)).contains("▼ −75 % in 1h"));
    assert!(say(&stat, vec![7.0; STEPS]).contains("= as 1h ago"));
    assert!(say(&stat, ramp(0.0, 5.0)).contains("▲ +5 in 1h"));
    assert!(say(&stat, ramp(1.0, 50.0)).contains("▲ ×50 in 1h"));
    let late: Vec<f64> =
        ramp(100.0, 110.0).into_iter().enumerate().map(|(i, v)| if i < 60 { GAP } else { v }).collect();
    assert!(say(&stat, late).contains("in 30m"));
    let percent = Panel { unit: Unit::Percent, ..stat.clone() };
    assert!(say(&percent, ramp(99.0, 24.0)).contains("▼ −75.0 points in 1h"));
    assert!(!say(&circuit(), ramp(0.0, 1.0)).contains("in 1h"), "states have no size");
}

#[test]
fn a_number_is_what_the_layout_reduces_its_series_to() {
    let theme = theme();
    let curves = [curve("lag", (0..STEPS).map(|i| if i == 30 { 90.0 } else { 5.0 }).collect())];
    let levels = thresholds(Level::Good, &[(50.0, Level::Bad)]);
    for kind in [Kind::Stat, Kind::Gauge] {
        let most = Panel { reduce: Reduce::Max, thresholds: levels.clone(), ..panel("most", kind, Unit::Short) };
        let frame = frame(&most, &curves, &State::Live, &theme);
        assert_eq!(worst(&frame), Some(Level::Bad), "{kind:?}");
        assert_eq!(worst_now(&most, &curves), Some(Level::Bad), "{kind:?}");
        let mut buf = Buffer::empty(Rect::new(0, 0, 80, 1));
        draw_row(&frame, &RowColumns::fit(80), buf.area, &mut buf);
        assert!(lines(&buf).contains("90"), "{}", lines(&buf));
    }
    let lines_of = Panel { reduce: Reduce::Max, thresholds: levels, ..panel("line", Kind::Timeseries, Unit::Short) };
    assert_eq!(worst(&frame(&lines_of, &curves, &State::Live, &theme)), Some(Level::Good), "a chart shows it all");
}

#[test]
fn a_backlog_says_whether_it_drains_and_who_has_most_of_it() {
    let lag = Panel { trend: Trend::Drain, ..panel("Consumer Lag", Kind::Timeseries, Unit::Messages) };
    let ramp = |from: f64, slope: f64| (0..STEPS).map(|i| from + slope * i as f64).collect::<Vec<_>>();
    let growing = text(&lag, &[curve("orders-0", ramp(0.0, 30.0)), curve("orders-1", ramp(900.0, 0.0))], 90, 12);
    assert!(growing.contains("▲ growing by 1 msg/s, not draining"), "{growing}");
    assert!(growing.contains("hottest 3.6 k msg orders-0 (80 %)"), "{growing}");
    let draining = text(&lag, &[curve("orders-0", ramp(12_000.0, -75.0))], 90, 12);
    assert!(draining.contains("▼ draining by 2.5 msg/s, empty in ~20m 00s"), "{draining}");
    let mut buf = Buffer::empty(Rect::new(0, 0, 80, 1));
    let (theme, curves) = (theme(), [curve("orders-0", ramp(12_000.0, -75.0))]);
    draw_row(&frame(&lag, &curves, &State::Live, &theme), &RowColumns::fit(80), buf.area, &mut buf);
    assert!(lines(&buf).contains("▼ ~20m"), "{}", lines(&buf));
}

#[test]
fn a_tile_is_read_from_afar() {
    let theme = theme();
    let memory = Panel {
        thresholds: thresholds(Level::Good, &[(85.0, Level::Bad)]),
        ..panel("Memory Usage by Pod", Kind::Timeseries, Unit::Percent)
    };
    let curves = [curve("agent-0", wave(40.0, 9.0, 1)), curve("agent-1", wave(91.0, 4.0, 2))];
    let lag = Panel { trend: Trend::Drain, ..panel("Consumer Lag", Kind::Timeseries, Unit::Messages) };
    let failed = State::Failed("source down: timed out after 5s".to_owned());
    let buckets = buckets();
    let heat = panel("S3 Latency Heatmap (PUT)", Kind::Heatmap, Unit::Seconds);
    let mut buf = Buffer::empty(Rect::new(0, 0, 120, 36));
    draw_tile(&frame(&memory, &curves, &State::Live, &theme), Rect::new(0, 0, 60, 18), &mut buf);
    draw_tile(&frame(&circuit(), &curves[..1], &State::Live, &theme), Rect::new(60, 0, 60, 9), &mut buf);
    draw_tile(&frame(&memory, &[], &failed, &theme), Rect::new(60, 9, 60, 9), &mut buf);
    draw_tile(&frame(&heat, &buckets, &State::Live, &theme), Rect::new(0, 18, 40, 9), &mut buf);
    draw_tile(&frame(&lag, &curves, &State::Live, &theme), Rect::new(40, 18, 40, 9), &mut buf);
    draw_tile(&frame(&memory, &curves[..1], &State::Live, &theme), Rect::new(80, 18, 40, 9), &mut buf);
    draw_tile(&frame(&memory, &curves, &State::Live, &theme), Rect::new(0, 27, 24, 5), &mut buf);
    insta::assert_snapshot!(lines(&buf));
}

#[test]
fn a_series_has_its_own_colour_wherever_it_stands() {
    let (panel, theme) = (panel("kept", Kind::Timeseries, Unit::Short), theme());
    let kept = [Curve { hue: Some(7), ..curve("eighth", vec![5.0; STEPS]) }];
    let buf = drawn(&frame(&panel, &kept, &State::Live, &theme), 60, 10);
    let drawn_in =
        |c: &&Cell| c.symbol() == "●" || ('\u{2801}'..='\u{28ff}').contains(&c.symbol().chars().next().unwrap());
    let colours: Vec<_> = buf.content().iter().filter(drawn_in).map(|c| Some(c.fg)).collect();
    assert!(colours.len() > 20 && colours.iter().all(|fg| *fg == theme.series(7).fg), "{colours:?}");
}

#[test]
fn a_gauge_with_room_is_an_arc_that_names_its_thresholds() {
    let levels = thresholds(Level::Good, &[(70.0, Level::Warn), (90.0, Level::Bad)]);
    let gauge = Panel { thresholds: levels, ..panel("Disk", Kind::Gauge, Unit::Percent) };
    let at = |values: &[f64], width, height| {
        let curves: Vec<Curve> = (1..).zip(values).map(|(i, v)| curve(&format!("/data{i}"), vec![*v])).collect();
        text(&gauge, &curves, width, height)
    };
    insta::assert_snapshot!([at(&[62.0], 50, 12), at(&[95.5], 16, 7), at(&[12.0, 81.0, 95.5], 80, 10)].concat());
    assert!(at(&[62.0], 50, 6).contains('█'), "too low for an arc");
    assert!(at(&[62.0; 20], 80, 24).contains('░'), "too many for arcs");
}
