//! The wall: every panel a tile, those that alarm first and larger, all of them on one screen as far as that can be read.

use super::{Cells, Density, Placed, Placement, Ranking, end};

/// A tile narrower than this has no room for large digits.
const LEAST_WIDTH: u16 = 24;
/// Rows of a title, a number and a blank.
const LEAST_HEIGHT: u16 = 5;
/// How much wider than high, in cells, a tile is at best.
const ASPECT: f64 = 3.4;
/// More large tiles than this are no longer large.
const LARGE: usize = 6;
/// How much more room a large tile gets.
const WEIGHT: usize = 4;

/// `None` where not even one tile fits the width.
pub(super) fn tiles(ranking: &Ranking, width: u16, height: u16) -> Option<Placement> {
    if width < LEAST_WIDTH {
        return None;
    }
    let count = ranking.order.len();
    let large = if ranking.alarming * 2 > count { 0 } else { ranking.alarming.min(LARGE) };
    let (first, rest) = ranking.order.split_at(large);
    let share = (usize::from(height) * WEIGHT * large) / (WEIGHT * large + rest.len()).max(1);
    let share = (share as u16).clamp(height / 3, height / 3 * 2);
    let least = rows_of(rest.len(), usize::from(width / LEAST_WIDTH)) * LEAST_HEIGHT;
    let upper = if large == 0 { 0 } else { share.min(height.saturating_sub(least)).max(LEAST_HEIGHT * 2) };
    let mut rows = zone(first, width, 0, upper);
    let below = end(&rows);
    rows.extend(zone(rest, width, below, height.saturating_sub(below)));
    // As everywhere, one a panel in the order of the dashboard.
    rows.sort_by_key(|placed| placed.panel);
    Some(Placement { density: Density::Wall, total_height: end(&rows), rows })
}

/// Tiles of one size that fill so many rows from `top` on, and more rows where they would be too low.
fn zone(panels: &[usize], width: u16, top: u16, height: u16) -> Vec<Placed> {
    if panels.is_empty() {
        return Vec::new();
    }
    let fitting = |columns: u16| {
        let rows = rows_of(panels.len(), usize::from(columns));
        (f64::from(width / columns) / ASPECT).min(f64::from(height) / f64::from(rows))
    };
    let most = (width / LEAST_WIDTH).max(1).min(panels.len().min(usize::from(u16::MAX)) as u16);
    // Of equal ones the fewer columns.
    let columns = (1..=most).rev().max_by(|a, b| fitting(*a).total_cmp(&fitting(*b))).unwrap_or(1);
    let rows = rows_of(panels.len(), usize::from(columns));
    let height = height.max(rows.saturating_mul(LEAST_HEIGHT));
    let mut placed = Vec::with_capacity(panels.len());
    for (row, chunk) in (0..).zip(panels.chunks(usize::from(columns))) {
        let (y, next) = (part(height, row, rows), part(height, row + 1, rows));
        // The last row shares the width among fewer.
        let across = chunk.len() as u16;
        for (column, &panel) in (0..).zip(chunk) {
            let (x, right) = (part(width, column, across), part(width, column + 1, across));
            placed.push(Placed { panel, cells: Cells { x, y: top + y, w: right - x, h: next - y } });
        }
    }
    placed
}

fn rows_of(count: usize, columns: usize) -> u16 {
    count.div_ceil(columns.max(1)).min(4_096) as u16
}

/// Where the `i`-th of `n` equal parts of `whole` begins.
fn part(whole: u16, i: u16, n: u16) -> u16 {
    (u32::from(whole) * u32::from(i) / u32::from(n.max(1))) as u16
}
