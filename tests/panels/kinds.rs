//! Tables, bars, state timelines, texts and lists of alerts: what they look like and what they mean.

use std::fmt::Write as _;

use ratatui::layout::Rect;
use ratatui::style::Modifier;
use shtop::layout::{Axis, Kind, Level, Panel, PanelQuery, Reduce};
use shtop::panel::{Curve, Frame, Reading, RowColumns, State, draw_row, hidden, plot, worst};
use shtop::series::{GAP, Labels};
use shtop::theme::{Depth, Theme};
use shtop::unit::Unit;

use super::fixtures::{STEPS, buckets, circuit, curve, frame, hard, panel, thresholds, wave, window};
use super::{DEPTHS, drawn, lines, text, theme};

/// A text that would break what writes it as it is.
pub(super) const HOSTILE: &str = "# Over\u{1b}[2J\u{1b}]0;x\u{7}view <b>\n\n> a\u{202e}b quote\n\n- [ ] step\n- `code \u{9b}31m`\n\n\
    | a | b |\n|---|---|\n| 日本語 | [x](javascript:alert) |\n\n```promql\nup == 1\n# expect: all\n```\n\n\
    a-word-that-is-longer-than-most-panels-are-wide-so-that-it-has-to-be-cut-somewhere\n";

const SIZES: [(u16, u16); 3] = [(24, 6), (48, 9), (100, 14)];

fn labelled<const N: usize>(query: usize, labels: [(&str, &str); N], values: Vec<f64>) -> Curve {
    let labels = Labels::from_pairs(labels);
    Curve { labels: labels.clone(), query, ..curve(&labels.to_string(), values) }
}

fn query(legend: &str) -> PanelQuery {
    PanelQuery { expr: "up".to_owned(), legend: Some(legend.to_owned()), ..PanelQuery::default() }
}

/// Lag and its growth, of topics, partitions and groups.
fn lag() -> (Panel, Vec<Curve>) {
    let mut curves = Vec::new();
    for (i, topic) in ["orders", "clickstream-europe-west-1", "audit"].into_iter().enumerate() {
        for (j, partition) in ["0", "1", "10"].into_iter().enumerate() {
            let labels = [
                ("topic", topic),
                ("partition", partition),
                ("consumer_group", "billing"),
                ("job", "streamhouse-agent"),
            ];
            let seed = i * 3 + j;
            curves.push(labelled(0, labels, wave(seed as f64 * 2_000.0, 500.0, seed)));
        }
    }
    for i in [0, 4] {
        let Curve { labels, .. } = curves[i].clone();
        curves.push(Curve { labels, query: 1, axis: Axis::Right, ..curve("growth", vec![0.25; STEPS]) });
    }
    let table = Panel {
        queries: vec![query("{{topic}} {{partition}} lag"), PanelQuery { axis: Axis::Right, ..query("growth") }],
        unit_right: Unit::PerSecond,
        thresholds: thresholds(Level::Good, &[(5_000.0, Level::Warn), (12_000.0, Level::Bad)]),
        ..panel("Consumer lag", Kind::Table, Unit::Count)
    };
    (table, curves)
}

/// The circuits of three agents: one that opened, one that flaps, one that was away for a while.
fn circuits() -> (Panel, Vec<Curve>) {
    let values = |of: &dyn Fn(usize) -> f64| (0..STEPS).map(of).collect::<Vec<_>>();
    let opened = values(&|i| if i < 70 { 0.0 } else { 1.0 });
    let flaps = values(&|i| if i % 40 == 39 { 2.0 } else { f64::from(i % 40 > 20) });
    let away = values(&|i| if (50..65).contains(&i) { GAP } else { 0.0 });
    let curves = vec![curve("agent-0:9090", opened), curve("agent-1:9090", flaps), curve("agent-2:9090", away)];
    (Panel { kind: Kind::States, title: "S3 circuit".to_owned(), ..circuit() }, curves)
}

fn balance() -> (Panel, Vec<Curve>) {
    let of = |name: &str, v: f64| curve(name, vec![v; STEPS]);
    let curves =
        vec![of("billing", 120.0), of("fraud", -45.0), of("search", 0.0), of("audit", -0.4), of("idle", f64::NAN)];
    let bars = Panel {
        thresholds: thresholds(Level::Good, &[(50.0, Level::Warn), (100.0, Level::Bad)]),
        ..panel("Growing or draining", Kind::Bars, Unit::PerSecond)
    };
    (bars, curves)
}

fn notes() -> Panel {
    let content = "## First\n\nLook at the *circuit*, then at [S3](https://health.example).\n\n1. `shtop alerts`\n2. **wait**\n\n\
                   > [!WARNING]\n> Do not restart.\n\n| when | what |\n|---|---|\n| open | hold |\n";
    Panel { content: content.to_owned(), ..panel("Notes", Kind::Text, Unit::Short) }
}

/// Each of the new kinds over ordinary data.
fn gallery() -> Vec<(Panel, Vec<Curve>)> {
    let histogram = Panel {
        thresholds: thresholds(Level::Good, &[(0.5, Level::Warn), (2.0, Level::Bad)]),
        ..panel("Latency", Kind::Bars, Unit::Seconds)
    };
    let alerts = panel("Alerts", Kind::Alerts, Unit::Short);
    vec![lag(), balance(), (histogram, buckets()), circuits(), (notes(), Vec::new()), (alerts, Vec::new())]
}

// What it looks like -------------------------------------------------------------------------------------------------

/// Every hard set with the same panel at three sizes, each under its name.
fn all_hard(kind: Kind) -> String {
    let mut all = String::new();
    for (width, height) in SIZES {
        for (name, curves) in hard() {
            all += &text(&panel(name, kind, Unit::Short), &curves, width, height);
        }
    }
    all
}

#[test]
fn tables_of_hard_values() {
    insta::assert_snapshot!(all_hard(Kind::Table));
}

#[test]
fn bars_of_hard_values() {
    insta::assert_snapshot!(all_hard(Kind::Bars));
}

#[test]
fn state_timelines_of_hard_values() {
    insta::assert_snapshot!(all_hard(Kind::States));
}

#[test]
fn every_new_kind_at_three_sizes() {
    let mut all = String::new();
    for (width, height) in SIZES {
        for (panel, curves) in gallery() {
            all += &text(&panel, &curves, width, height);
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn every_new_kind_in_styles_at_every_depth() {
    let mut all = String::new();
    for depth in DEPTHS {
        let theme = Theme::dark(depth);
        for (panel, curves) in gallery() {
            let buf = drawn(&frame(&panel, &curves, &State::Live, &theme), 46, 8);
            writeln!(all, "{depth:?} {}\n{buf:#?}", panel.title).expect("a string takes everything");
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn every_new_kind_on_one_line() {
    let theme = theme();
    let mut all = String::new();
    for width in [40, 80, 120] {
        for (panel, curves) in gallery() {
            let area = Rect::new(0, 0, width, 1);
            let mut buf = ratatui::buffer::Buffer::empty(area);
            draw_row(&frame(&panel, &curves, &State::Live, &theme), &RowColumns::fit(width), area, &mut buf);
            all += &lines(&buf);
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_state_on_the_whole_screen_has_its_course_beneath() {
    let (_, mut curves) = circuits();
    curves.truncate(1);
    let panel = circuit();
    let theme = theme();
    let live = frame(&panel, &curves, &State::Live, &theme);
    let whole = Frame { reading: Reading { whole: true, ..Reading::default() }, ..live.clone() };
    insta::assert_snapshot!(lines(&drawn(&whole, 80, 24)));
    let place = plot(&whole, Rect::new(0, 0, 80, 24)).expect("time runs on it");
    assert_eq!((place.start, place.end), (window().start, window().end));
    assert_eq!(plot(&live, Rect::new(0, 0, 80, 24)), None);
}

// Tables -------------------------------------------------------------------------------------------------------------

#[test]
fn a_narrow_table_says_which_columns_it_lacks_and_keeps_the_first_value() {
    let (panel, curves) = lag();
    let wide = text(&panel, &curves, 70, 13);
    assert!(wide.contains("topic") && wide.contains("partition") && wide.contains("growth"), "{wide}");
    assert!(!wide.contains("more column"), "{wide}");
    assert!(wide.contains("consumer_group billing · job streamhouse-agent"), "{wide}");
    let narrow = text(&panel, &curves, 36, 13);
    assert!(narrow.contains("topic") && narrow.contains("lag") && !narrow.contains("growth"), "{narrow}");
    assert!(narrow.contains("1 more column"), "{narrow}");
    let narrower = text(&panel, &curves, 24, 13);
    assert!(narrower.contains("16.2 k") && narrower.contains("2 more columns"), "{narrower}");
}

#[test]
fn a_table_has_the_worst_first_and_says_how_many_are_below() {
    let (panel, curves) = lag();
    let shown = text(&panel, &curves, 60, 6);
    let first = shown.lines().nth(2).expect("a row");
    assert!(first.contains("✗ audit") && first.contains("10"), "{shown}");
    assert!(shown.contains("+7 more of 9 series"), "{shown}");
}

#[test]
fn on_the_whole_screen_a_table_scrolls_and_sorts() {
    let (panel, curves) = lag();
    let theme = theme();
    let with = |scroll, sort| Frame {
        reading: Reading { whole: true, scroll, sort },
        ..frame(&panel, &curves, &State::Live, &theme)
    };
    let area = Rect::new(0, 0, 60, 7);
    let last = hidden(&with(0, None), area);
    assert_eq!(last, 6, "nine rows, three of them shown");
    let end = lines(&drawn(&with(last, None), 60, 7));
    assert!(end.contains("7–9 of 9 series"), "{end}");
    assert_eq!(end, lines(&drawn(&with(500, None), 60, 7)), "scrolling ends there");
    let by_topic = lines(&drawn(&with(0, Some(0)), 60, 12));
    assert!(by_topic.contains("topic▾"), "{by_topic}");
    let rows: Vec<&str> = by_topic.lines().skip(2).take(9).collect();
    assert!(rows[0].contains("audit") && rows[8].contains("orders"), "{by_topic}");
}

#[test]
fn a_table_shows_what_its_series_are_reduced_to() {
    let mut values = vec![1.0; STEPS];
    values[30] = 77.0;
    let panel = Panel { reduce: Reduce::Max, ..panel("Peak", Kind::Table, Unit::Short) };
    let shown = text(&panel, &[labelled(0, [("t", "a")], values)], 50, 6);
    assert!(shown.contains("value, max") && shown.contains("77"), "{shown}");
}

// Bars ---------------------------------------------------------------------------------------------------------------

#[test]
fn what_is_below_zero_goes_to_the_left_of_it_and_no_value_is_no_bar() {
    let (panel, curves) = balance();
    let shown = text(&panel, &curves, 70, 9);
    let row = |name: &str| shown.lines().find(|l| l.contains(name)).expect("a row");
    let at = |name: &str, wanted: fn(char) -> bool| row(name).chars().position(wanted);
    let block = |c: char| "█▄▖▗▐".contains(c);
    let zero = at("search", |c| c == '▏').expect("a zero is seen");
    assert!(at("billing", block).expect("a bar") >= zero, "{shown}");
    assert!(at("fraud", block).expect("a bar") < zero && at("audit", block).expect("a bar") == zero - 1, "{shown}");
    assert_eq!(at("idle", block), None, "{shown}");
    assert!(row("idle").contains("NaN"), "{shown}");
}

#[test]
fn a_bar_has_the_colours_of_the_thresholds_that_it_passes() {
    let (panel, curves) = balance();
    let theme = theme();
    let buf = drawn(&frame(&panel, &curves[..1], &State::Live, &theme), 60, 5);
    let row: Vec<_> = (0..60).map(|x| &buf[(x, 1)]).filter(|cell| cell.symbol() == "█").map(|cell| cell.fg).collect();
    let mut seen = row.clone();
    seen.dedup();
    assert_eq!(seen, [theme.good.fg, theme.warn.fg, theme.bad.fg].map(|c| c.expect("a colour")), "{row:?}");
}

#[test]
fn buckets_stand_beside_each_other() {
    let shown = text(&panel("Latency", Kind::Bars, Unit::Seconds), &buckets(), 60, 12);
    assert!(shown.contains("+Inf") && shown.contains('█') && !shown.contains("more of"), "{shown}");
}

// State timelines ----------------------------------------------------------------------------------------------------

#[test]
fn a_state_is_a_shape_and_a_word_not_only_a_colour() {
    let (panel, curves) = circuits();
    let theme = Theme::dark(Depth::None);
    let shown = lines(&drawn(&frame(&panel, &curves, &State::Live, &theme), 80, 9));
    let row = shown.lines().find(|l| l.contains("agent-0")).expect("a row");
    assert!(row.contains("━ Closed ✓ ━") && row.contains("█ Open ✗ █"), "{shown}");
    assert!(shown.contains("██ Open ✗  ▒▒ HalfOpen ⚠  ━━ Closed ✓"), "{shown}");
    let away = shown.lines().find(|l| l.contains("agent-2")).expect("a row");
    assert!(away.contains("━     "), "a gap is a gap: {away}");
}

#[test]
fn the_state_of_now_stands_beside_with_its_age() {
    let (panel, curves) = circuits();
    let shown = text(&panel, &curves, 90, 9);
    let end =
        |name: &str| shown.lines().find(|l| l.contains(name)).expect("a row").trim_end_matches(['│', ' ']).to_owned();
    assert!(end("agent-0").ends_with("Open ✗ 25m 00s"), "{shown}");
    assert!(end("agent-2").ends_with("Closed ✓ 27m 30s"), "{shown}");
}

#[test]
fn a_state_timeline_shares_its_time_with_the_crosshair() {
    let (panel, curves) = circuits();
    let theme = theme();
    let live = frame(&panel, &curves, &State::Live, &theme);
    let plot = plot(&live, Rect::new(0, 0, 90, 9)).expect("time runs on it");
    let at = plot.time_at(plot.area.x + 10);
    let pointed = Frame { cursor: Some(at), ..live };
    let buf = drawn(&pointed, 90, 9);
    assert_eq!(buf[(plot.area.x + 10, plot.area.y)].symbol(), "▼");
    assert!(lines(&buf).contains("Closed ✓ "), "the states of that time stand beside");
}

#[test]
fn of_more_series_than_rows_those_that_matter_are_shown_in_their_order() {
    let mut curves: Vec<Curve> = (0..20).map(|i| curve(&format!("agent-{i}"), vec![0.0; STEPS])).collect();
    curves[17] = curve("agent-17", vec![1.0; STEPS]);
    curves[5] = curve("agent-5", vec![2.0; STEPS]);
    let panel = Panel { kind: Kind::States, ..circuit() };
    let shown = text(&panel, &curves, 60, 8);
    let at = |name: &str| shown.lines().position(|l| l.contains(name)).expect("shown");
    assert!(at("agent-5 ") < at("agent-17"), "{shown}");
    assert!(shown.contains("+17 more of 20 series"), "{shown}");
}

// Texts --------------------------------------------------------------------------------------------------------------

#[test]
fn a_hostile_text_writes_nothing_but_cells() {
    let panel = Panel { content: HOSTILE.to_owned(), ..panel("x", Kind::Text, Unit::Short) };
    let shown = text(&panel, &[], 80, 30);
    assert!(shown.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')), "{shown:?}");
    assert!(shown.contains("javascript:alert"), "where a link leads is seen: {shown}");
    assert!(!shown.contains('╰') || shown.matches('╰').count() == 1, "no row waits for a query's answer: {shown}");
}

#[test]
fn a_long_text_says_how_much_is_below_and_scrolls_on_the_whole_screen() {
    let content = (1..=40).map(|i| format!("- line {i}")).collect::<Vec<_>>().join("\n");
    let panel = Panel { content, ..panel("x", Kind::Text, Unit::Short) };
    assert!(text(&panel, &[], 40, 8).contains("+35 more of 40 lines"));
    let theme = theme();
    let live = frame(&panel, &[], &State::Live, &theme);
    let whole = Frame { reading: Reading { whole: true, scroll: 35, sort: None }, ..live };
    assert_eq!(hidden(&whole, Rect::new(0, 0, 40, 8)), 35);
    assert!(lines(&drawn(&whole, 40, 8)).contains("36–40 of 40 lines"));
}

// Lists of alerts ----------------------------------------------------------------------------------------------------

#[test]
fn a_list_of_alerts_is_as_bad_as_the_worst_that_is_not_muted() {
    let all = panel("Alerts", Kind::Alerts, Unit::Short);
    let theme = theme();
    let of = |panel: &Panel| worst(&frame(panel, &[], &State::Live, &theme));
    assert_eq!(of(&all), Some(Level::Bad));
    let only = |name: &str| Panel { alerts: vec![name.to_owned()], ..all.clone() };
    assert_eq!(of(&only("ConsumerLagHigh")), Some(Level::Good), "it is muted");
    assert_eq!(of(&only("WALSizeHigh")), Some(Level::Warn));
    assert_eq!(of(&only("NoSuchAlert")), Some(Level::Good));
    let unknown = Frame { alerts: None, ..frame(&all, &[], &State::Live, &theme) };
    assert_eq!(worst(&unknown), None);
    assert!(lines(&drawn(&unknown, 60, 5)).contains("not been evaluated yet"));
    assert!(text(&only("NoSuchAlert"), &[], 60, 5).contains("● no alert fires or is pending"));
}

#[test]
fn an_alert_has_its_state_its_age_and_what_tells_it_apart() {
    let shown = text(&panel("Alerts", Kind::Alerts, Unit::Short), &[], 120, 8);
    assert!(
        shown.contains("✗ CircuitBreakerOpen  agent-7:9090        firing 14m 28s   The circuit of an agent"),
        "{shown}"
    );
    assert!(shown.contains("⊘ ConsumerLagHigh"), "{shown}");
    assert!(shown.contains("fires in 1m 12s"), "{shown}");
    assert!(shown.contains("! WALGrowsWithoutEnd  cannot be evaluated: no metric is called"), "{shown}");
    let theme = theme();
    let all = panel("Alerts", Kind::Alerts, Unit::Short);
    let buf = drawn(&frame(&all, &[], &State::Live, &theme), 120, 8);
    assert!(buf[(2, 4)].modifier.contains(Modifier::DIM), "what is only pending is not loud");
}
