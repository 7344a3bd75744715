//! Placements of every size, and of the built-in dashboards at the sizes people have.

use proptest::prelude::*;

use std::sync::LazyLock;

use super::*;
use crate::layout::Panel;

static BUILTIN: LazyLock<Vec<Dashboard>> = LazyLock::new(crate::layout::builtin);

/// In the dashboard's own order.
fn placed(dashboard: &Dashboard, width: u16, height: u16, mode: Density) -> Placement {
    place(dashboard, &Ranking::as_written(dashboard.panels.len()), width, height, mode)
}

fn overview() -> Dashboard {
    BUILTIN[0].clone()
}

#[test]
fn the_density_follows_the_terminal() {
    assert_eq!(auto_density(80, 24), Density::Rows);
    assert_eq!(auto_density(99, 60), Density::Rows);
    assert_eq!(auto_density(200, 29), Density::Rows);
    assert_eq!(auto_density(100, 30), Density::Compact);
    assert_eq!(auto_density(159, 60), Density::Compact);
    assert_eq!(auto_density(160, 30), Density::Grid);
}

#[test]
fn eighty_by_twenty_four_shows_every_panel_at_once() {
    for dashboard in BUILTIN.iter() {
        let placement = placed(dashboard, 80, 22, Density::Rows);
        assert_eq!(usize::from(placement.total_height), dashboard.panels.len());
        assert!(placement.total_height <= 22);
        assert!(placement.rows.iter().all(|r| r.cells.w == 80 && r.cells.h == 1));
    }
}

#[test]
fn a_wall_screen_shows_the_whole_overview_at_once() {
    for height in 55..=58 {
        let placement = placed(&overview(), 200, height, Density::Grid);
        assert_eq!(placement.total_height, height);
        assert_eq!(placement.cells(0).map(|c| (c.x, c.w)), Some((0, 50)));
        assert_eq!(placement.cells(1).map(|c| c.x), Some(49), "the line is of both");
        assert_eq!(placement.cells(4).map(|c| (c.x, c.w)), Some((0, 100)));
        assert_eq!(placement.cells(14).map(|c| (c.x, c.right())), Some((132, 200)));
        for row in &placement.rows[..4] {
            assert!((4..=6).contains(&row.cells.h), "stat {row:?}");
        }
        for row in &placement.rows[4..] {
            assert!((9..=12).contains(&row.cells.h), "chart {row:?}");
        }
    }
}

#[test]
fn what_is_seen_ends_between_panels_where_it_can() {
    for (width, height, mode) in [(120, 37, Density::Compact), (200, 36, Density::Grid), (200, 27, Density::Grid)] {
        for dashboard in BUILTIN.iter() {
            let placement = placed(dashboard, width, height, mode);
            let cut = placement.rows.iter().find(|r| r.cells.y + 1 < height && r.cells.bottom() > height);
            assert_eq!(cut, None, "{} at {width}x{height}", dashboard.id);
            assert!(placement.total_height > height);
        }
    }
}

#[test]
fn a_high_screen_is_filled() {
    let placement = placed(&overview(), 400, 117, Density::Grid);
    assert_eq!(placement.total_height, 117);
    let small = Dashboard { panels: overview().panels[..4].to_vec(), ..overview() };
    assert_eq!(placed(&small, 200, 60, Density::Grid).total_height, 13);
}

#[test]
fn a_grid_that_does_not_fit_becomes_lines() {
    assert_eq!(placed(&overview(), 28, 60, Density::Grid).density, Density::Rows);
    assert_eq!(placed(&overview(), 29, 60, Density::Grid).density, Density::Grid);
    let mut twisted = overview();
    twisted.panels[1].pos = twisted.panels[0].pos;
    assert_eq!(placed(&twisted, 200, 60, Density::Grid).density, Density::Rows);
    twisted.panels[1].pos = Pos { x: 60_000, y: 60_000, w: 60_000, h: 60_000 };
    assert_eq!(placed(&twisted, 200, 60, Density::Grid).density, Density::Rows);
    let empty = Dashboard::default();
    assert_eq!(placed(&empty, 200, 60, Density::Grid).total_height, 0);
}

#[test]
fn arrows_go_to_the_panel_that_one_sees_there() {
    use Direction::{Down, Left, Right, Up};
    let grid = placed(&overview(), 200, 57, Density::Grid);
    let table = [
        (0, Right, Some(1)),
        (3, Right, None),
        (0, Left, None),
        (0, Up, None),
        (0, Down, Some(4)),
        (1, Down, Some(4)),
        (2, Down, Some(5)),
        (4, Right, Some(5)),
        (4, Up, Some(0)),
        (5, Up, Some(2)),
        (10, Down, Some(12)),
        (11, Down, Some(13)),
        (12, Up, Some(10)),
        (13, Up, Some(11)),
        (14, Up, Some(11)),
        (14, Down, None),
    ];
    for (from, direction, to) in table {
        assert_eq!(neighbour(&grid, from, direction), to, "{from} {direction:?}");
    }
    let lines = placed(&overview(), 80, 22, Density::Rows);
    assert_eq!(neighbour(&lines, 3, Down), Some(4));
    assert_eq!(neighbour(&lines, 3, Up), Some(2));
    assert_eq!(neighbour(&lines, 3, Right), None);
    assert_eq!(neighbour(&lines, 99, Down), None);
}

#[test]
fn scrolling_brings_a_panel_into_sight_and_no_further() {
    let placement = placed(&overview(), 120, 20, Density::Compact);
    let last = placement.rows.len() - 1;
    assert_eq!(placement.reveal(0, 0, 20), 0);
    assert_eq!(placement.reveal(last, 0, 20), placement.total_height - 20);
    assert_eq!(placement.reveal(0, 15, 20), 0);
    let chart = placement.cells(6).unwrap();
    assert_eq!(placement.reveal(6, 0, 20), chart.bottom() - 20);
    assert_eq!(placement.reveal(6, 0, 3), chart.y);
    assert_eq!(placement.clamp(u16::MAX, 20), placement.total_height - 20);
    assert_eq!(placement.clamp(5, 10_000), 0);
}

#[test]
fn the_worst_stand_first_and_equals_as_written() {
    let (warn, bad, good) = (Some(Level::Warn), Some(Level::Bad), Some(Level::Good));
    let ranking = Ranking::worst_first(&[None, warn, good, bad, warn, bad]);
    assert_eq!(ranking, Ranking { order: vec![3, 5, 1, 4, 0, 2], alarming: 4 });
    assert_eq!(Ranking::worst_first(&[]).order, [0; 0]);
}

#[test]
fn on_a_wall_what_alarms_is_first_and_largest_and_everything_on_one_screen() {
    let dashboard = overview();
    let mut levels = vec![Some(Level::Good); dashboard.panels.len()];
    (levels[9], levels[1]) = (Some(Level::Bad), Some(Level::Warn));
    let placement = place(&dashboard, &Ranking::worst_first(&levels), 200, 57, Density::Wall);
    assert_eq!(placement.total_height, 57);
    let area = |panel: usize| placement.cells(panel).map_or(0, |c| u32::from(c.w) * u32::from(c.h));
    assert_eq!(placement.at(0, 0), Some(9));
    for calm in (0..15).filter(|p| ![1, 9].contains(p)) {
        assert!(area(calm) * 2 < area(9), "{calm}");
    }
    // Where nothing alarms, or everything, tiles are equal.
    for level in [Level::Good, Level::Bad] {
        let placement = place(&dashboard, &Ranking::worst_first(&[Some(level); 15]), 200, 57, Density::Wall);
        let widths: Vec<u16> = placement.rows.iter().map(|r| r.cells.w).collect();
        assert!(widths.iter().all(|w| w.abs_diff(widths[0]) <= 17), "{widths:?}");
        assert_eq!(placement.total_height, 57);
    }
}

#[test]
fn a_wall_too_low_for_all_scrolls_and_one_too_narrow_is_rows() {
    let placement = placed(&overview(), 80, 22, Density::Wall);
    assert!(placement.total_height > 22 && placement.rows.iter().all(|r| r.cells.h >= 5));
    assert_eq!(placed(&overview(), 23, 60, Density::Wall).density, Density::Rows);
}

#[test]
fn rows_stand_in_the_order_asked_for() {
    let dashboard = overview();
    let mut levels = vec![None; 15];
    levels[7] = Some(Level::Bad);
    let placement = place(&dashboard, &Ranking::worst_first(&levels), 80, 22, Density::Rows);
    assert_eq!((placement.at(0, 0), placement.at(0, 1)), (Some(7), Some(0)));
}

fn check(placement: &Placement, panels: usize, width: u16) -> Result<(), TestCaseError> {
    let mut seen: Vec<usize> = placement.rows.iter().map(|r| r.panel).collect();
    seen.sort_unstable();
    prop_assert_eq!(seen, (0..panels).collect::<Vec<_>>());
    for (i, a) in placement.rows.iter().enumerate() {
        prop_assert!(a.cells.w > 0 && a.cells.h > 0 && a.cells.right() <= width);
        prop_assert!(a.cells.bottom() <= placement.total_height);
        for b in &placement.rows[..i] {
            let shared = placement.shared();
            let apart = !meet(a.cells.x, a.cells.right(), b.cells.x, b.cells.right(), shared)
                || !meet(a.cells.y, a.cells.bottom(), b.cells.y, b.cells.bottom(), shared);
            prop_assert!(apart, "{:?} {:?}", a, b);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_panel_is_lost_cut_or_covered(
        width in 1_u16..=400, height in 0_u16..=120, view in 0_usize..3,
        mode in prop_oneof![Just(Density::Grid), Just(Density::Compact), Just(Density::Rows), Just(Density::Wall)],
        alarms in proptest::collection::vec(0_u8..9, 20)
    ) {
        let dashboard = &BUILTIN[view];
        let level = |alarm: &u8| match alarm { 0 => Some(Level::Bad), 1 => Some(Level::Warn), 2 => None, _ => Some(Level::Good) };
        let levels: Vec<Option<Level>> = alarms.iter().take(dashboard.panels.len()).map(level).collect();
        let placement = place(dashboard, &Ranking::worst_first(&levels), width, height, mode);
        check(&placement, dashboard.panels.len(), width)?;
        // Every row of panels reaches the right edge: the built-in grids have no holes.
        for row in &placement.rows {
            let edge = placement.rows.iter().filter(|r| r.cells.y == row.cells.y).map(|r| r.cells.right()).max();
            prop_assert_eq!(edge, Some(width));
        }
        if matches!(placement.density, Density::Grid | Density::Compact) {
            let least = if mode == Density::Grid { 9 } else { 8 };
            let charts = dashboard.panels.iter().zip(&placement.rows).filter(|(p, _)| p.pos.h == 8);
            for (_, row) in charts {
                prop_assert!(row.cells.h >= least, "{:?}", row);
            }
        }
    }

    #[test]
    fn odd_grids_neither(
        width in 1_u16..=400, height in 0_u16..=120,
        spots in proptest::collection::vec((0_u16..30, 0_u16..3000, 0_u16..26, 0_u16..50), 0..12),
        mode in prop_oneof![Just(Density::Grid), Just(Density::Wall)]
    ) {
        let one = overview().panels.swap_remove(0);
        let panels = spots.into_iter().map(|(x, y, w, h)| Panel { pos: Pos { x, y, w, h }, ..one.clone() }).collect();
        let dashboard = Dashboard { panels, ..overview() };
        let placement = placed(&dashboard, width, height, mode);
        check(&placement, dashboard.panels.len(), width)?;
    }

    #[test]
    fn every_panel_can_be_reached_by_arrows(
        width in 1_u16..=400, height in 0_u16..=120, view in 0_usize..3, wall in any::<bool>(), alarms in 0_usize..15
    ) {
        let dashboard = &BUILTIN[view];
        let mode = if wall { Density::Wall } else { auto_density(width, height) };
        let ranking = Ranking { alarming: alarms, ..Ranking::as_written(dashboard.panels.len()) };
        let placement = place(dashboard, &ranking, width, height, mode);
        let mut reached = vec![0];
        let mut next = 0;
        while let Some(&panel) = reached.get(next) {
            for direction in [Direction::Up, Direction::Down, Direction::Left, Direction::Right] {
                if let Some(to) = neighbour(&placement, panel, direction) && !reached.contains(&to) {
                    reached.push(to);
                }
            }
            next += 1;
        }
        prop_assert_eq!(reached.len(), dashboard.panels.len());
    }
}
