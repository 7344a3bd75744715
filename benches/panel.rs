//! How long panels take to draw. A frame of the screen is drawn at most 30 times a second and shares that time.

#![expect(clippy::expect_used, reason = "a bench that does not work says so")]

#[path = "../tests/support/cluster.rs"]
#[allow(dead_code, reason = "the tests tell it more")]
mod cluster;
#[path = "../tests/panels/fixtures.rs"]
#[allow(dead_code, reason = "the tests draw more of them")]
mod fixtures;

use divan::Bencher;
use fixtures::{NOW, STEPS, buckets, circuit, curve, frame, panel, thresholds, wave};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use shtop::app::Message;
use shtop::layout::{Density, Kind, Level, Panel, Stacking};
use shtop::panel::{Curve, Frame, State, draw};
use shtop::series::Window;
use shtop::theme::{Depth, Theme};
use shtop::unit::Unit;
use shtop::view::view;

fn main() {
    divan::main();
}

/// 20 series of 5,000 steps on 200 by 50 cells.
#[divan::bench(args = [false, true])]
fn long_timeseries(bencher: Bencher<'_, '_>, stacked: bool) {
    let steps = 5_000;
    let curves: Vec<Curve> = (0..20)
        .map(|i| {
            let base = wave(100.0 * (i + 1) as f64, 60.0, i);
            curve(&format!("orders-{i} (billing)"), (0..steps).map(|s| base[(s * 31 + i) % STEPS]).collect())
        })
        .collect();
    let panel = Panel {
        stacking: if stacked { Stacking::Sum } else { Stacking::None },
        ..panel("Consumer Lag", Kind::Timeseries, Unit::Messages)
    };
    let theme = Theme::dark(Depth::TrueColor);
    let window = Window { start: NOW - 1000 * (steps as i64 - 1), end: NOW, step: 1000 };
    let frame = Frame { window, ..frame(&panel, &curves, &State::Live, &theme) };
    let area = Rect::new(0, 0, 200, 50);
    let mut buf = Buffer::empty(area);
    bencher.bench_local(|| draw(&frame, area, &mut buf));
}

/// 200 series of which one is picked out, as on the whole screen.
#[divan::bench]
fn two_hundred_series(bencher: Bencher<'_, '_>) {
    let curves: Vec<Curve> = (0..200).map(|i| curve(&format!("topic-{i}"), wave(i as f64, 3.0, i))).collect();
    let panel = panel("Consumer Lag", Kind::Timeseries, Unit::Messages);
    let theme = Theme::dark(Depth::TrueColor);
    let frame = Frame { picked: Some(17), ..frame(&panel, &curves, &State::Live, &theme) };
    let area = Rect::new(0, 0, 200, 50);
    let mut buf = Buffer::empty(area);
    bencher.bench_local(|| draw(&frame, area, &mut buf));
}

/// A full redraw of the Overview in the demo's outage on 200 by 60 cells: header, panels, footer.
#[divan::bench(args = ["grid", "wall", "rows"])]
fn the_overview(bencher: Bencher<'_, '_>, density: &str) {
    let source = cluster::outage();
    let mut model = cluster::model(200, 60);
    model.prefer(Density::NAMES.iter().find(|(name, _)| *name == density).map(|&(_, density)| density));
    cluster::tell(&mut model, Message::Resize(200, 60), source).expect("a plan");
    let theme = Theme::dark(Depth::TrueColor);
    let area = Rect::new(0, 0, 200, 60);
    let mut buf = Buffer::empty(area);
    bencher.bench_local(|| {
        buf.reset();
        view(&model, &theme, area, &mut buf);
    });
}

/// 15 panels, as a dashboard has them, on 200 by 60 cells.
#[divan::bench]
fn a_dashboard(bencher: Bencher<'_, '_>) {
    let theme = Theme::dark(Depth::TrueColor);
    let levels = thresholds(Level::Good, &[(50.0, Level::Warn), (85.0, Level::Bad)]);
    let mut panels = vec![
        (circuit(), vec![curve("put", vec![1.0; STEPS])]),
        (panel("System Health", Kind::Stat, Unit::Count), vec![curve("agents", vec![3.0; STEPS])]),
        (panel("Active Leases", Kind::Stat, Unit::Count), vec![curve("leases", wave(120.0, 9.0, 1))]),
        (
            Panel { thresholds: levels.clone(), ..panel("Cache Hit Rate", Kind::Gauge, Unit::Percent) },
            vec![curve("", wave(80.0, 9.0, 1))],
        ),
    ];
    for i in 0..8 {
        let panel = Panel {
            thresholds: levels.clone(),
            stacking: if i == 3 { Stacking::Sum } else { Stacking::None },
            ..panel("Request Throughput", Kind::Timeseries, Unit::PerSecond)
        };
        panels.push((panel, (0..4).map(|s| curve(&format!("series {s}"), wave(40.0, 30.0, s + i))).collect()));
    }
    panels.push((panel("Latency", Kind::Heatmap, Unit::Seconds), buckets()));
    for i in 0..2 {
        let slices = (0..4).map(|s| curve(&format!("result {s}"), wave(40.0, 3.0, s + i))).collect();
        panels.push((panel("Decisions", Kind::Pie, Unit::Count), slices));
    }
    let area = Rect::new(0, 0, 200, 60);
    let mut buf = Buffer::empty(area);
    bencher.bench_local(|| {
        for (i, (panel, curves)) in (0..).zip(&panels) {
            let place = Rect::new(i % 3 * 66, i / 3 * 12, 66, 12);
            draw(&frame(panel, curves, &State::Live, &theme), place, &mut buf);
        }
    });
}
