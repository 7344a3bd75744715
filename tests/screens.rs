//! Whole screens of any size with any dashboard: no panel is lost or covered, nothing breaks.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "panels/fixtures.rs"]
#[allow(dead_code, reason = "other tests draw more of them")]
mod fixtures;

#[path = "support/cluster.rs"]
#[expect(dead_code, reason = "the recorded cluster is for others")]
mod cluster;

use crossterm::event::{KeyCode, KeyEvent};
use fixtures::{NOW, hard, panel, thresholds, window};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use shtop::app::{Cluster, Message, Model, Origin, Picture, update};
use shtop::layout::{Dashboard, Density, Kind, Level, Panel, PanelQuery, Pos};
use shtop::theme::{Depth, Theme};
use shtop::unit::Unit;
use shtop::view::view;

const KINDS: [Kind; 5] = [Kind::Stat, Kind::Gauge, Kind::Timeseries, Kind::Pie, Kind::Heatmap];

/// A dashboard of these panels, with pictures of hard data.
fn model(size: (u16, u16), panels: Vec<Panel>) -> Model {
    let dashboard =
        Dashboard { id: "any".to_owned(), title: "Any".to_owned(), panels, range: 3_600_000, ..Dashboard::default() };
    let cluster = Cluster { dashboards: vec![dashboard], ..cluster::cluster(Origin::Prometheus) };
    let mut model = cluster::opened(cluster, NOW, size);
    let sets = hard();
    for (i, data) in model.views[0].panels.iter_mut().enumerate() {
        let (_, curves) = &sets[i % sets.len()];
        if i % 7 != 6 {
            data.picture = Some(Picture { window: window(), at: NOW, curves: curves.clone(), left_out: i % 3 });
        }
    }
    model
}

/// Panels at these places; those that lie on another one go below everything.
fn panels(spots: Vec<(u16, u16, u16, u16, usize)>) -> Vec<Panel> {
    let mut panels: Vec<Panel> = Vec::new();
    for (i, (x, y, w, h, kind)) in spots.into_iter().enumerate() {
        let mut pos = Pos { x, y, w: w.min(24 - x), h };
        if panels.iter().any(|p| p.pos.overlaps(pos)) {
            pos.y = panels.iter().map(|p| p.pos.y + p.pos.h).max().unwrap_or(0);
        }
        let query = PanelQuery { expr: "up".to_owned(), ..PanelQuery::default() };
        panels.push(Panel {
            pos,
            queries: vec![query],
            thresholds: thresholds(Level::Good, &[(20.0, Level::Warn), (90.0, Level::Bad)]),
            ..panel(&format!("Panel {i}"), KINDS[kind], Unit::Short)
        });
    }
    panels
}

fn drawn(model: &Model) -> Buffer {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buf = Buffer::empty(area);
    view(model, &Theme::dark(Depth::Indexed), area, &mut buf);
    buf
}

fn press(model: &mut Model, code: KeyCode) {
    update(model, Message::Key(KeyEvent::from(code)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_panel_of_any_dashboard_has_its_place_on_a_screen_of_any_size(
        spots in prop::collection::vec((0_u16..24, 0_u16..60, 1_u16..=24, 1_u16..16, 0..KINDS.len()), 1..24),
        size in (1_u16..=400, 1_u16..=120), density in 0..4_usize, worst in any::<bool>(), full in any::<bool>(),
    ) {
        let mut model = model(size, panels(spots));
        model.prefer([None, Some(Density::Rows), Some(Density::Grid), Some(Density::Wall)][density]);
        if worst {
            press(&mut model, KeyCode::Char('s'));
        }
        drawn(&model);
        let count = model.views[0].panels.len();
        press(&mut model, KeyCode::Home);
        for _ in 0..count {
            let body = model.body();
            let view = &model.views[0];
            let placement = view.placement(body);
            for (i, a) in placement.rows.iter().enumerate() {
                prop_assert!(a.cells.w > 0 && a.cells.h > 0 && a.cells.right() <= body.width.max(1));
                for b in &placement.rows[..i] {
                    // Panels that touch share the line between them.
                    let line = u16::from(matches!(placement.density, Density::Grid | Density::Compact));
                    let apart = a.cells.right() <= b.cells.x + line || b.cells.right() <= a.cells.x + line
                        || a.cells.bottom() <= b.cells.y + line || b.cells.bottom() <= a.cells.y + line;
                    prop_assert!(apart, "{:?} {:?}", a, b);
                }
            }
            // What is selected is in sight, as far as there is a screen.
            let cells = placement.cells(view.selected).expect("none is lost");
            let seen = cells.y < view.scroll.saturating_add(body.height) && cells.bottom() > view.scroll;
            prop_assert!(seen || body.height == 0, "{cells:?} at scroll {} of {body:?}", view.scroll);
            press(&mut model, KeyCode::Tab);
        }
        if full {
            press(&mut model, KeyCode::Char('f'));
            for code in [KeyCode::Down, KeyCode::Down, KeyCode::Up, KeyCode::Right, KeyCode::Esc] {
                drawn(&model);
                press(&mut model, code);
            }
        }
        for _ in 0..3 {
            press(&mut model, KeyCode::Char('d'));
            drawn(&model);
        }
    }
}

#[test]
fn a_screen_too_small_says_what_it_needs() {
    for (size, words) in [((39, 30), "shtop needs 40x8; this is 39x30"), ((60, 7), "shtop needs 40x8; this is 60x7")] {
        let buf = drawn(&model(size, panels(vec![(0, 0, 24, 8, 2)])));
        let text: String = buf.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(text.contains(words), "{text}");
    }
}
