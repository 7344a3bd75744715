//! What panels look like, and that no size and no value breaks one.

#[path = "panels/depths.rs"]
mod depths;
#[path = "panels/fixtures.rs"]
mod fixtures;
#[path = "panels/kinds.rs"]
mod kinds;
#[path = "panels/manners.rs"]
mod manners;

use fixtures::{NOW, STEPS, buckets, circuit, curve, frame, hard, panel, thresholds, wave, window};
use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use shtop::layout::{Axis, Draw, Kind, Level, Marking, Panel, Reduce, Spacing, Stacking, Thresholds, Trend};
use shtop::panel::{Badge, Curve, Frame, Reading, RowColumns, State, draw, draw_row, draw_tile, hidden, plot, worst};
use shtop::series::{GAP, Window};
use shtop::theme::{Depth, Theme};
use shtop::unit::Unit;

const KINDS: [Kind; 10] = [
    Kind::Stat,
    Kind::Gauge,
    Kind::Timeseries,
    Kind::Pie,
    Kind::Heatmap,
    Kind::Table,
    Kind::Bars,
    Kind::States,
    Kind::Text,
    Kind::Alerts,
];
const DEPTHS: [Depth; 4] = [Depth::None, Depth::Ansi, Depth::Indexed, Depth::TrueColor];

pub(crate) fn theme() -> Theme {
    Theme::dark(Depth::TrueColor)
}

pub(crate) fn drawn(frame: &Frame<'_>, width: u16, height: u16) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    draw(frame, area, &mut buf);
    buf
}

pub(crate) fn lines(buf: &Buffer) -> String {
    if buf.area.is_empty() {
        return String::new();
    }
    let rows = buf.content().chunks(usize::from(buf.area.width));
    rows.map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned() + "\n").collect()
}

pub(crate) fn text(panel: &Panel, curves: &[Curve], width: u16, height: u16) -> String {
    lines(&drawn(&frame(panel, curves, &State::Live, &theme()), width, height))
}

/// Every hard set drawn with the same panel, each under its name.
fn all_hard(kind: Kind, unit: Unit, width: u16, height: u16) -> String {
    hard().iter().map(|(name, curves)| text(&panel(name, kind, unit), curves, width, height)).collect()
}

/// Draws inside a larger buffer and says whether every cell inside was written and none outside.
fn keeps_to_its_area(frame: &Frame<'_>, width: u16, height: u16) -> Result<(), String> {
    // Of the private use area, so that no drawn cell is the same by chance.
    let untouched = Cell::new("\u{e000}");
    let area = Rect::new(3, 2, width, height);
    let whole = Rect::new(0, 0, width + 6, height + 4);
    for way in ["line", "tile", "panel"] {
        let mut buf = Buffer::filled(whole, untouched.clone());
        let mut written = area;
        if way == "line" {
            written.height = area.height.min(1);
            draw_row(frame, &RowColumns::fit(width), area, &mut buf);
        } else if way == "tile" {
            draw_tile(frame, area, &mut buf);
        } else {
            draw(frame, area, &mut buf);
            if plot(frame, area).is_some_and(|plot| plot.area.intersection(area) != plot.area) {
                return Err(format!("plot outside {area}"));
            }
        }
        for position in whole.positions() {
            let same = buf[position] == untouched;
            if same == written.contains(position) {
                return Err(format!("{position} of {area} for {:?} {:?}", frame.panel.kind, frame.panel.title));
            }
        }
    }
    Ok(())
}

// What it looks like -------------------------------------------------------------------------------------------------

#[test]
fn timeseries_of_hard_values() {
    insta::assert_snapshot!(all_hard(Kind::Timeseries, Unit::Short, 44, 10));
}

#[test]
fn stats_of_hard_values() {
    insta::assert_snapshot!(all_hard(Kind::Stat, Unit::Short, 34, 7));
}

#[test]
fn gauges_of_hard_values() {
    insta::assert_snapshot!(all_hard(Kind::Gauge, Unit::Short, 34, 6));
}

#[test]
fn pies_of_hard_values() {
    insta::assert_snapshot!(all_hard(Kind::Pie, Unit::Count, 46, 10));
}

#[test]
fn a_heatmap_at_several_sizes_and_depths() {
    let panel = panel("S3 Latency Heatmap (PUT)", Kind::Heatmap, Unit::Seconds);
    let curves = buckets();
    let mut all = String::new();
    for depth in [Depth::TrueColor, Depth::None] {
        for (width, height) in [(30, 6), (60, 10)] {
            all += &lines(&drawn(&frame(&panel, &curves, &State::Live, &Theme::dark(depth)), width, height));
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn rows_of_a_small_terminal() {
    let theme = theme();
    let columns = RowColumns::fit(80);
    let mut buf = Buffer::empty(Rect::new(0, 0, 80, 9));
    let lease = Panel {
        thresholds: thresholds(Level::Bad, &[(5.0, Level::Warn), (10.0, Level::Good)]),
        ..panel("Lease Time to Expiration", Kind::Timeseries, Unit::Seconds)
    };
    let circuit = circuit();
    let heat = panel("S3 Latency Heatmap (PUT)", Kind::Heatmap, Unit::Seconds);
    let pie = panel("Throttle Decisions Breakdown", Kind::Pie, Unit::Count);
    let plain = panel("Active Leases", Kind::Stat, Unit::Count);
    let leases = [curve("orders-3", wave(3.9, 0.4, 1)), curve("orders-4", wave(24.0, 4.0, 2))];
    let open = [curve("PUT circuit", (0..STEPS).map(|i| if i < 80 { 0.0 } else { 1.0 }).collect())];
    let decisions = [curve("rate_limited", vec![120.0; STEPS]), curve("allow", vec![880.0; STEPS])];
    let stale = State::Stale { at: NOW - 130_000, reason: "connection refused".to_owned() };
    let empty = State::Empty("no target exposes streamhouse_lease_epoch_current".to_owned());
    let failed = State::Failed("source down: timed out after 5s".to_owned());
    let buckets = buckets();
    let frames = [
        Frame { selected: true, ..frame(&lease, &leases, &State::Live, &theme) },
        frame(&circuit, &open, &State::Live, &theme),
        frame(&heat, &buckets, &State::Live, &theme),
        frame(&pie, &decisions, &State::Live, &theme),
        frame(&lease, &leases, &stale, &theme),
        frame(&plain, &[], &State::Waiting, &theme),
        frame(&plain, &[], &empty, &theme),
        frame(&plain, &[], &failed, &theme),
        frame(&plain, &[], &State::Live, &theme),
    ];
    for (y, frame) in (0..).zip(&frames) {
        draw_row(frame, &columns, Rect::new(0, y, 80, 1), &mut buf);
    }
    insta::assert_snapshot!(lines(&buf));
}

#[test]
fn a_panel_that_alarms_is_marked_in_styles_too() {
    let memory = Panel {
        min: Some(0.0),
        max: Some(100.0),
        thresholds: thresholds(Level::Good, &[(85.0, Level::Bad)]),
        ..panel("Memory Usage by Pod", Kind::Timeseries, Unit::Percent)
    };
    let curves = [curve("agent-0", vec![40.0; STEPS]), curve("agent-1", vec![92.0; STEPS])];
    insta::assert_debug_snapshot!(drawn(&frame(&memory, &curves, &State::Live, &theme()), 40, 9));
}

#[test]
fn a_gauge_in_styles() {
    let gauge = Panel {
        min: Some(0.0),
        max: Some(5000.0),
        thresholds: thresholds(Level::Bad, &[(1000.0, Level::Warn), (2500.0, Level::Good)]),
        ..panel("Current PUT Rate Limit", Kind::Gauge, Unit::OpsPerSecond)
    };
    let curves = [curve("limit", vec![1600.0; STEPS])];
    insta::assert_debug_snapshot!(drawn(&frame(&gauge, &curves, &State::Live, &theme()), 32, 6));
}

#[test]
fn a_stale_panel_in_styles() {
    let stale = State::Stale { at: NOW - 130_000, reason: "connection refused by 10.0.3.7".to_owned() };
    let panel = circuit();
    let curves = [curve("PUT circuit", vec![0.0; STEPS])];
    insta::assert_debug_snapshot!(drawn(&frame(&panel, &curves, &stale, &theme()), 60, 4));
}

// What it means ------------------------------------------------------------------------------------------------------

#[test]
fn a_gap_is_not_a_zero_and_not_a_line() {
    let mut values = vec![50.0; STEPS];
    values[40..80].fill(GAP);
    let shown = text(&panel("torn", Kind::Timeseries, Unit::Short), &[curve("torn", values)], 62, 8);
    let line =
        shown.lines().find(|line| line.contains('⠤') || line.contains('⠒') || line.contains('⣀') || line.contains('⠉'));
    let braille: String =
        line.unwrap().chars().map(|c| if ('\u{2801}'..='\u{28ff}').contains(&c) { '#' } else { ' ' }).collect();
    assert_eq!(braille.split_whitespace().count(), 2, "{shown}");
    let drawn_rows = shown.lines().filter(|line| line.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c))).count();
    assert_eq!(drawn_rows, 1, "{shown}");
}

#[test]
fn a_spike_between_two_columns_is_seen() {
    let steps = 5_000;
    let window = Window { start: NOW, end: NOW + (steps - 1) * 1000, step: 1000 };
    let mut values = vec![1.0; steps as usize];
    values[2_345] = 1_000.0;
    let panel = panel("spike", Kind::Timeseries, Unit::Short);
    let curves = [curve("spike", values)];
    let theme = theme();
    let frame = Frame { window, ..frame(&panel, &curves, &State::Live, &theme) };
    let buf = drawn(&frame, 40, 12);
    let columns = (0..40)
        .filter(|&x| (2..8).all(|y| buf[(x, y)].symbol().chars().all(|c| ('\u{2801}'..='\u{28ff}').contains(&c))));
    assert_eq!(columns.count(), 1, "{}", lines(&buf));
}

#[test]
fn infinities_are_arrows_at_the_edge_and_nan_is_nothing() {
    let mut values = vec![5.0; STEPS];
    (values[20], values[60], values[100]) = (f64::INFINITY, f64::NEG_INFINITY, f64::NAN);
    let shown = text(&panel("odd", Kind::Timeseries, Unit::Short), &[curve("odd", values)], 60, 9);
    assert_eq!((shown.matches('↑').count(), shown.matches('↓').count()), (1, 1), "{shown}");
}

#[test]
fn a_lone_point_is_a_dot() {
    let values = (0..STEPS).map(|i| if i == 60 { 7.0 } else { GAP }).collect();
    let shown = text(&panel("lone", Kind::Timeseries, Unit::Short), &[curve("lone", values)], 60, 9);
    assert_eq!(shown.chars().filter(|c| ('\u{2801}'..='\u{28ff}').contains(c)).count(), 1, "{shown}");
}

#[test]
fn the_legend_shows_each_series_own_newest_value_largest_first() {
    let curves =
        [curve("small", vec![1.0; STEPS]), curve("large", vec![9.0; STEPS]), curve("middle", vec![5.0; STEPS])];
    let shown = text(&panel("three", Kind::Timeseries, Unit::Short), &curves, 60, 9);
    let legend = shown.lines().find(|line| line.contains('●')).unwrap();
    assert!(legend.contains("● large 9  ● middle 5  ● small 1"), "{legend}");
    let low = Panel {
        thresholds: thresholds(Level::Bad, &[(0.5, Level::Good)]),
        ..panel("three", Kind::Timeseries, Unit::Short)
    };
    assert!(text(&low, &curves, 60, 9).contains("● small 1  ● middle 5  ● large 9"));
}

#[test]
fn a_series_that_ended_has_no_newest_value() {
    let mut values = vec![5.0; STEPS];
    values[100..].fill(GAP);
    let ended = curve("ended", values);
    assert_eq!(ended.newest(), None);
    let shown = text(&panel("ended", Kind::Stat, Unit::Short), &[ended], 40, 8);
    assert!(shown.contains("no value now") && shown.contains("last 5 at 12:54"), "{shown}");
}

#[test]
fn the_worst_level_counts_only_newest_values_with_a_meaning() {
    let theme = theme();
    let panel = Panel {
        thresholds: thresholds(Level::Good, &[(10.0, Level::Warn), (20.0, Level::Bad)]),
        ..panel("levels", Kind::Timeseries, Unit::Short)
    };
    let of = |curves: &[Curve], state: &State| worst(&frame(&panel, curves, state, &theme));
    let mut recovered = vec![50.0; STEPS];
    recovered[STEPS - 1] = 1.0;
    assert_eq!(of(&[curve("was bad", recovered)], &State::Live), Some(Level::Good));
    assert_eq!(of(&[curve("a", vec![1.0]), curve("b", vec![15.0])], &State::Live), Some(Level::Warn));
    assert_eq!(of(&[curve("nan", vec![f64::NAN])], &State::Live), None);
    let right = Curve { axis: Axis::Right, ..curve("right", vec![99.0]) };
    assert_eq!(of(&[right], &State::Live), None);
    let stale = State::Stale { at: NOW, reason: String::new() };
    assert_eq!(of(&[curve("b", vec![25.0])], &stale), Some(Level::Bad));
    assert_eq!(of(&[curve("b", vec![25.0])], &State::Waiting), None);
}

#[test]
fn an_open_circuit_is_worse_than_a_half_open_one() {
    let circuit = circuit();
    let theme = theme();
    let curves = [curve("get", vec![2.0]), curve("put", vec![1.0]), curve("list", vec![0.0])];
    let frame = frame(&circuit, &curves, &State::Live, &theme);
    let mut buf = Buffer::empty(Rect::new(0, 0, 80, 1));
    draw_row(&frame, &RowColumns::fit(80), buf.area, &mut buf);
    assert!(lines(&buf).contains("Open ✗ put +2"), "{}", lines(&buf));
}

#[test]
fn level_and_focus_are_shapes_not_only_colours() {
    let theme = Theme::dark(Depth::None);
    let panel = Panel {
        thresholds: thresholds(Level::Bad, &[(1.0, Level::Warn), (2.0, Level::Good)]),
        ..panel("Health", Kind::Stat, Unit::Count)
    };
    for (value, mark) in [(0.0, "─ ✗ Health "), (1.0, "─ ▲ Health "), (2.0, "─ Health ")] {
        let curves = [curve("agents", vec![value])];
        let shown = lines(&drawn(&frame(&panel, &curves, &State::Live, &theme), 30, 5));
        assert!(shown.contains(mark), "{shown}");
    }
    let curves = [curve("agents", vec![2.0])];
    let selected = Frame { selected: true, ..frame(&panel, &curves, &State::Live, &theme) };
    assert!(lines(&drawn(&selected, 30, 5)).starts_with("┏━ Health ━"));
}

#[test]
fn without_colours_lines_carry_the_letters_of_the_legend() {
    let theme = Theme::dark(Depth::None);
    let panel = panel("letters", Kind::Timeseries, Unit::Short);
    let curves = [curve("one", vec![1.0; STEPS]), curve("two", vec![2.0; STEPS])];
    let shown = lines(&drawn(&frame(&panel, &curves, &State::Live, &theme), 50, 10));
    assert!(shown.contains("b two 2  a one 1"), "{shown}");
    assert!(shown.lines().any(|l| l.ends_with("b │")) && shown.lines().any(|l| l.ends_with("a │")), "{shown}");
}

#[test]
fn the_state_of_the_data_is_said_in_words() {
    let theme = theme();
    let panel = panel("Leases", Kind::Stat, Unit::Count);
    let say = |state: &State, curves: &[Curve]| lines(&drawn(&frame(&panel, curves, state, &theme), 70, 6));
    assert!(say(&State::Waiting, &[]).contains("waiting for the first answer"));
    assert!(say(&State::Empty("no target exposes x".to_owned()), &[]).contains("no target exposes x"));
    let failed = say(&State::Failed("source down: timed out".to_owned()), &[]);
    assert!(failed.contains("source down: timed out") && failed.contains("✗ source down"), "{failed}");
    let stale = State::Stale { at: NOW - 130_000, reason: "connection refused".to_owned() };
    let shown = say(&stale, &[curve("leases", vec![7.0; STEPS])]);
    assert!(shown.contains("⚠ stale 2m 10s: connection refused") && shown.contains("▀▀█"), "{shown}");
    let buf = drawn(&frame(&panel, &[curve("leases", vec![7.0; STEPS])], &stale, &theme), 70, 6);
    assert!(buf[(35, 1)].modifier.contains(Modifier::DIM), "the old picture is dimmed");
}

#[test]
fn nothing_shown_for_no_data_reads_as_a_zero() {
    for kind in KINDS.into_iter().filter(|kind| kind.asks()) {
        for (name, curves) in hard().into_iter().filter(|(name, _)| matches!(*name, "no data" | "all gaps")) {
            let shown = text(&panel(name, kind, Unit::Short), &curves, 40, 9);
            assert!(!shown.contains('0'), "{kind:?}\n{shown}");
        }
    }
}

#[test]
fn a_whole_of_nothing_says_so_and_what_has_no_share_is_left_out() {
    let pie = panel("Decisions", Kind::Pie, Unit::Count);
    let zero = text(&pie, &[curve("allow", vec![0.0]), curve("deny", vec![0.0])], 60, 12);
    assert!(zero.contains("all zero"), "{zero}");
    let odd = text(&pie, &[curve("allow", vec![3.0]), curve("deny", vec![-2.0]), curve("nan", vec![f64::NAN])], 60, 12);
    assert!(odd.contains("2 left out") && odd.contains("100 %"), "{odd}");
}

#[test]
fn stacked_areas_end_at_their_sum() {
    let stacked = Panel {
        stacking: Stacking::Sum,
        max: Some(4.0),
        min: Some(0.0),
        ..panel("stack", Kind::Timeseries, Unit::Short)
    };
    let curves = [curve("a", vec![1.0; STEPS]), curve("b", vec![GAP; STEPS]), curve("c", vec![1.0; STEPS])];
    let theme = theme();
    let buf = drawn(&frame(&stacked, &curves, &State::Live, &theme), 50, 11);
    let column: Vec<_> = (1..8).map(|y| (buf[(30, y)].symbol().to_owned(), buf[(30, y)].fg)).collect();
    let of = |index: usize| column.iter().filter(|(s, fg)| s == "█" && Some(*fg) == theme.series(index).fg).count();
    assert!(of(0) >= 1 && of(2) >= 1 && of(1) == 0, "{}", lines(&buf));
}

#[test]
fn an_alert_has_a_place_beside_the_title() {
    let panel = panel("Memory", Kind::Stat, Unit::Percent);
    let theme = theme();
    let (name, standing) = ("AgentMemoryHigh".to_owned(), "firing 3m".to_owned());
    let badge = Badge { glyph: '✗', name, standing, style: theme.bad };
    let curves = [curve("a", vec![9.0])];
    let top = |width| {
        let frame = Frame { badge: Some(&badge), ..frame(&panel, &curves, &State::Live, &theme) };
        lines(&drawn(&frame, width, 5)).lines().next().map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(top(44), "╭─ Memory ─── ✗ AgentMemoryHigh firing 3m ─╮");
    assert_eq!(top(36), "╭─ Memory ─ ✗ Agen…High firing 3m ─╮", "the name yields");
    assert_eq!(top(28), "╭─ Memory ─── ✗ firing 3m ─╮", "before it says nothing");
    assert_eq!(top(20), "╭─ Memory ─────────╮");
}

#[test]
fn the_plot_is_where_the_lines_are() {
    let panel = panel("plot", Kind::Timeseries, Unit::Short);
    let theme = theme();
    let curves = [curve("flat", vec![5.0; STEPS])];
    let live = frame(&panel, &curves, &State::Live, &theme);
    let area = Rect::new(0, 0, 60, 10);
    let buf = drawn(&live, 60, 10);
    let plot = plot(&live, area).unwrap();
    let braille = |x: u16, y: u16| ('\u{2801}'..='\u{28ff}').contains(&buf[(x, y)].symbol().chars().next().unwrap());
    let lit: Vec<(u16, u16)> = area.positions().map(|p| (p.x, p.y)).filter(|&(x, y)| braille(x, y)).collect();
    assert_eq!(lit.first().map(|p| p.0), Some(plot.area.left()));
    assert_eq!(lit.last().map(|p| p.0), Some(plot.area.right() - 1));
    assert!(lit.iter().all(|&place| plot.area.contains(place.into())));
    assert_eq!((plot.start, plot.end), (window().start, window().end));
    let stat = Panel { kind: Kind::Stat, ..panel.clone() };
    assert_eq!(shtop::panel::plot(&frame(&stat, &curves, &State::Live, &theme), area), None);
    assert_eq!(shtop::panel::plot(&frame(&panel, &[], &State::Waiting, &theme), area), None);
}

// What must never happen ---------------------------------------------------------------------------------------------

fn variants(kind: Kind) -> Vec<Panel> {
    let content = kinds::HOSTILE.to_owned();
    let plain = Panel { content, ..panel("Request Throughput of Everything", kind, Unit::PerSecond) };
    let levels = thresholds(Level::Good, &[(10.0, Level::Warn), (50.0, Level::Bad)]);
    let low = thresholds(Level::Bad, &[(10.0, Level::Warn), (50.0, Level::Good)]);
    vec![
        Panel { thresholds: levels, stacking: Stacking::Sum, unit: Unit::Bytes, ..plain.clone() },
        Panel { thresholds: low, min: Some(0.0), max: Some(100.0), unit: Unit::Percent, ..plain.clone() },
        Panel {
            min: Some(5.0),
            max: Some(5.0),
            unit: Unit::Seconds,
            thresholds: Thresholds::default(),
            ..plain.clone()
        },
        Panel { mappings: circuit().mappings, ..plain.clone() },
        Panel { spacing: Spacing::Log10, draw: Draw::Points, marking: Marking::Both, min: Some(-1.0), ..plain.clone() },
        Panel { stacking: Stacking::Percent, marking: Marking::Bands, reduce: Reduce::Count, ..plain.clone() },
        Panel {
            trend: Trend::Drain,
            draw: Draw::Steps,
            filled: true,
            legend: Reduce::NAMES.iter().map(|&(_, reduce)| reduce).collect(),
            reduce: Reduce::Difference,
            ..plain.clone()
        },
        Panel { spacing: Spacing::Log2, draw: Draw::Bars, max: Some(f64::INFINITY), filled: true, ..plain },
    ]
}

#[test]
fn every_small_size_draws_and_keeps_to_its_area() {
    let theme = theme();
    let sets = hard();
    let buckets = buckets();
    for kind in KINDS {
        let panels = variants(kind);
        for width in 0..60_u16 {
            for height in 0..30_u16 {
                let pick = usize::from(width) * 7 + usize::from(height) * 3;
                let is_histogram = kind == Kind::Heatmap || (kind == Kind::Bars && pick % 3 == 0);
                let curves = if is_histogram { &buckets } else { &sets[pick % sets.len()].1 };
                let frame = frame(&panels[pick % panels.len()], curves, &State::Live, &theme);
                keeps_to_its_area(&frame, width, height).unwrap();
            }
        }
    }
}

#[test]
fn every_hard_set_draws_in_every_kind_state_and_depth() {
    let states = [
        State::Live,
        State::Stale { at: NOW + 5_000, reason: "the source did not answer within five seconds, twice".to_owned() },
        State::Waiting,
        State::Empty("no target exposes it".to_owned()),
        State::Failed(String::new()),
    ];
    for depth in DEPTHS {
        let theme = Theme::dark(depth);
        for kind in KINDS {
            for panel in variants(kind) {
                for (i, (_, curves)) in hard().iter().enumerate() {
                    for (width, height) in [(0, 0), (1, 1), (8, 3), (23, 5), (60, 10), (120, 20)] {
                        let state = &states[if width > 8 { i % 2 } else { i % states.len() }];
                        let mut frame = frame(&panel, curves, state, &theme);
                        frame.selected = i % 3 == 0;
                        keeps_to_its_area(&frame, width, height).unwrap();
                    }
                }
            }
        }
    }
}

#[test]
fn an_area_beyond_the_buffer_is_cut_to_it() {
    let panel = panel("far", Kind::Timeseries, Unit::Short);
    let theme = theme();
    let curves = [curve("a", wave(5.0, 2.0, 1))];
    let frame = frame(&panel, &curves, &State::Live, &theme);
    let mut buf = Buffer::empty(Rect::new(0, 0, 20, 8));
    draw(&frame, Rect::new(10, 4, 500, 500), &mut buf);
    draw(&frame, Rect::new(400, 400, 10, 10), &mut buf);
    draw_row(&frame, &RowColumns::fit(500), Rect::new(5, 7, 500, 1), &mut buf);
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e4_f64..1e4,
        1 => any::<f64>(),
        1 => prop_oneof![Just(GAP), Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(0.0), Just(f64::MAX)],
    ]
}

fn curves() -> impl Strategy<Value = Vec<Curve>> {
    let one =
        ("\\PC{0,24}|[0-9.]{1,4}", prop::collection::vec(value(), 0..90), prop::option::of(value()), any::<bool>());
    let one = one.prop_map(|(name, values, now, right)| Curve {
        // Everything that reaches a panel has passed the gate.
        name: shtop::series::printable(&name).into_owned(),
        values,
        now,
        axis: if right { Axis::Right } else { Axis::Left },
        ..Curve::default()
    });
    prop::collection::vec(one, 0..9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_size_and_no_value_breaks_a_panel(
        curves in curves(), kind in 0..KINDS.len(), variant in 0..8_usize, depth in 0..DEPTHS.len(),
        width in 0..140_u16, height in 0..50_u16, steps in 0..90_i64, min in prop::option::of(value()),
        picked in prop::option::of(0..9_usize), ahead in 0..40_i64, cursor in prop::option::of(0..90_i64),
        whole in any::<bool>(), scroll in 0..300_usize, sort in prop::option::of(0..4_usize),
    ) {
        let theme = Theme::dark(DEPTHS[depth]);
        let mut panel = variants(KINDS[kind]).swap_remove(variant);
        panel.min = min.or(panel.min);
        let window = Window { end: window().start + steps * 30_000, ..window() };
        let reading = Reading { whole, scroll, sort };
        let (now, cursor) = (window.end - ahead * 30_000, cursor.map(|step| window.start + step * 30_000));
        let frame = Frame { window, now, cursor, picked, reading, ..frame(&panel, &curves, &State::Live, &theme) };
        prop_assert!(hidden(&frame, Rect::new(0, 0, width, height)) <= 400);
        prop_assert_eq!(keeps_to_its_area(&frame, width, height), Ok(()));
    }
}
