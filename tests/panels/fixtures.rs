//! Panels and curves to draw: ordinary ones and the hard ones.

use shtop::layout::{Kind, Level, Mapping, Match, Panel, PanelQuery, Pos, Thresholds};
use shtop::panel::{AlertLine, Curve, Frame, State};
use shtop::rules::{AlertState, Severity};
use shtop::series::{GAP, Timestamp, Window};
use shtop::theme::Theme;
use shtop::unit::Unit;

/// 2026-03-01 13:05:09 UTC.
pub(crate) const NOW: Timestamp = 1_772_370_309_000;
pub(crate) const STEPS: usize = 121;

/// The last hour in steps of half a minute.
pub(crate) fn window() -> Window {
    Window::aligned(NOW, 3_600_000, 30_000)
}

pub(crate) fn panel(title: &str, kind: Kind, unit: Unit) -> Panel {
    Panel {
        title: title.to_owned(),
        kind,
        pos: Pos { x: 0, y: 0, w: 12, h: 8 },
        queries: vec![PanelQuery { expr: "up".to_owned(), ..PanelQuery::default() }],
        unit,
        unit_right: Unit::Short,
        ..Panel::default()
    }
}

pub(crate) fn thresholds(base: Level, steps: &[(f64, Level)]) -> Thresholds {
    Thresholds { base: Some(base), steps: steps.to_vec() }
}

pub(crate) fn curve(name: &str, values: Vec<f64>) -> Curve {
    let now = values.last().copied().filter(|v| v.to_bits() != GAP.to_bits());
    Curve { name: name.to_owned(), values, now, ..Curve::default() }
}

/// The same wobble at every run.
pub(crate) fn wave(base: f64, swing: f64, seed: usize) -> Vec<f64> {
    (0..STEPS)
        .map(|i| {
            let x = i as f64 / 9.0 + seed as f64;
            let noise = ((i * 7919 + seed * 104_729) % 97) as f64 / 97.0 - 0.5;
            base + swing * (x.sin() * 0.6 + (x * 2.3).cos() * 0.3 + noise * 0.25)
        })
        .collect()
}

pub(crate) fn frame<'a>(panel: &'a Panel, curves: &'a [Curve], state: &'a State, theme: &'a Theme) -> Frame<'a> {
    let alerts: Option<&[AlertLine<'_>]> = (panel.kind == Kind::Alerts).then_some(&LISTED);
    Frame { window: window(), curves, alerts, ..Frame::new(panel, state, theme, NOW) }
}

/// Alerts of every sort, the worst first.
const LISTED: [AlertLine<'static>; 5] = {
    const fn line(
        rule: &'static str,
        which: &'static str,
        severity: Severity,
        state: AlertState,
    ) -> AlertLine<'static> {
        AlertLine { rule, which, severity, state: Ok((state, false)), summary: "", muted: false }
    }
    [
        AlertLine {
            summary: "The circuit of an agent is open: it sends no PUTs to S3.",
            ..line(
                "CircuitBreakerOpen",
                "agent-7:9090",
                Severity::Critical,
                AlertState::Firing { since: NOW - 868_000 },
            )
        },
        AlertLine {
            muted: true,
            ..line("ConsumerLagHigh", "orders/3 · billing", Severity::High, AlertState::Firing { since: NOW - 61_000 })
        },
        line("日本語の警告", "トピック/7", Severity::Medium, AlertState::Firing { since: NOW - 3_000 }),
        line("WALSizeHigh", "", Severity::Low, AlertState::Pending { fires_at: NOW + 72_000 }),
        AlertLine {
            state: Err("no metric is called streamhouse_wal_size"),
            ..line("WALGrowsWithoutEnd", "", Severity::Other, AlertState::Resolved { at: NOW })
        },
    ]
};

/// PUT circuit of three operations, worst first by meaning, not by number.
pub(crate) fn circuit() -> Panel {
    let mapping =
        |value, text: &str, level| Mapping { when: Match::Value(value), text: text.to_owned(), level: Some(level) };
    Panel {
        mappings: vec![
            mapping(0.0, "Closed ✓", Level::Good),
            mapping(1.0, "Open ✗", Level::Bad),
            mapping(2.0, "HalfOpen ⚠", Level::Warn),
        ],
        ..panel("Circuit Breaker Status", Kind::Stat, Unit::Short)
    }
}

/// Cumulative buckets of a latency histogram.
pub(crate) fn buckets() -> Vec<Curve> {
    let bounds = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];
    let centre = |i: usize| if (70..95).contains(&i) { 7.5 } else { 3.2 } + (i as f64 / 11.0).sin() * 0.8;
    let mut sums = vec![0.0; STEPS];
    bounds
        .iter()
        .enumerate()
        .map(|(bucket, le)| {
            for (i, sum) in sums.iter_mut().enumerate() {
                let distance = bucket as f64 - centre(i);
                *sum += (420.0 * (-distance * distance / 2.2).exp()).floor();
            }
            let values = sums.iter().enumerate().map(|(i, v)| if (30..34).contains(&i) { GAP } else { *v }).collect();
            curve(le, values)
        })
        .collect()
}

/// What breaks charts, by name.
pub(crate) fn hard() -> Vec<(&'static str, Vec<Curve>)> {
    let one = |at: usize, v: f64| (0..STEPS).map(|i| if i == at { v } else { GAP }).collect::<Vec<_>>();
    let gap = wave(50.0, 20.0, 1).into_iter().enumerate().map(|(i, v)| if (40..70).contains(&i) { GAP } else { v });
    let odd = |v: f64| wave(50.0, 20.0, 2).into_iter().enumerate().map(move |(i, w)| if i % 40 == 20 { v } else { w });
    let mut ended = wave(5.0, 1.0, 3);
    ended.truncate(60);
    ended.resize(STEPS, GAP);
    vec![
        ("no data", Vec::new()),
        ("all gaps", vec![curve("gone", vec![GAP; STEPS])]),
        ("one point", vec![curve("lone", one(60, 7.0))]),
        ("newest only", vec![Curve { now: Some(7.0), ..curve("instant", Vec::new()) }]),
        ("a gap", vec![curve("torn", gap.collect())]),
        ("ended", vec![Curve { now: None, ..curve("ended", ended) }]),
        ("zeros", vec![curve("idle", vec![0.0; STEPS])]),
        ("all equal", vec![curve("flat", vec![42.0; STEPS])]),
        (
            "huge",
            vec![
                curve("huge", wave(1e308, 7e307, 4)),
                curve("max", vec![f64::MAX; STEPS]),
                curve("min", vec![f64::MIN; STEPS]),
            ],
        ),
        ("tiny", vec![curve("tiny", wave(1e-300, 1e-301, 5)), curve("denormal", vec![5e-324; STEPS])]),
        ("negative", vec![curve("below", wave(-500.0, 120.0, 6)), curve("above", wave(100.0, 50.0, 7))]),
        ("nan", vec![curve("0/0", vec![f64::NAN; STEPS]), curve("at times", odd(f64::NAN).collect())]),
        (
            "infinite",
            vec![
                curve("up", odd(f64::INFINITY).collect()),
                curve("down", odd(f64::NEG_INFINITY).collect()),
                curve("always", vec![f64::INFINITY; STEPS]),
            ],
        ),
        (
            "many",
            (0..40)
                .map(|i| curve(&format!("orders-europe-west-{i} (billing-consumer)"), wave(i as f64 * 3.0, 2.0, i)))
                .collect(),
        ),
        (
            "wide names",
            vec![
                curve("日本語のとても長い名前のトピック-7", wave(9.0, 3.0, 8)),
                curve("a\u{301}e\u{301}", wave(3.0, 1.0, 9)),
            ],
        ),
    ]
}
