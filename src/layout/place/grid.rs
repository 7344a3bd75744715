//! The 24-column grid. Panels that touch share the line between them: lines lie between the columns and rows of the grid,
//! and a panel reaches from one line to another with both of them.

use std::cmp::Ordering;

use super::super::arrange::apart;
use super::super::model::{GRID_COLUMNS, Pos};
use super::{Cells, Density, Placed, Placement, end};

/// A panel narrower than this shows nothing but its border.
const MIN_PANEL_WIDTH: u16 = 8;

/// Lines above and below a panel that are nearer than this leave no row between them.
const MIN_DISTANCE: u32 = 2;

/// Places `panels`, of which those that `is_row` says are lines between parts of the dashboard, so that `height` rows end
/// between two rows of panels where they can, or are all filled. `None` where they do not fit, and for one line a panel.
pub(super) fn place(
    panels: &[(usize, Pos)],
    is_row: impl Fn(usize) -> bool,
    width: u16,
    height: u16,
    mode: Density,
) -> Option<Placement> {
    // Charts are 8 grid rows high: 9 to 12 cells in the full grid, 8 to 10 in the compact one.
    let range = match mode {
        Density::Grid => [Stretch::new(1, 1), Stretch::new(9, 8), Stretch::new(11, 8)],
        Density::Compact => [Stretch::new(7, 8), Stretch::new(1, 1), Stretch::new(9, 8)],
        Density::Rows | Density::Wall => return None,
    };
    let fits = panels.iter().all(|&(panel, pos)| {
        let cells = columns(pos, width, is_row(panel));
        let is_counted = pos.y.checked_add(pos.h).is_some();
        is_counted && pos.w > 0 && pos.h > 0 && cells.right() <= width && cells.w >= MIN_PANEL_WIDTH
    });
    // Panels on top of each other can be built in memory, though not read from a file.
    if !fits || !apart(panels.iter().map(|&(_, pos)| pos)) {
        return None;
    }
    let parts = Parts::of(panels, &is_row);
    let lines = parts.lines(panels, &is_row, parts.stretch(panels, u32::from(height), range));
    // A grid too high for a screen to count.
    u16::try_from(lines.last().copied().unwrap_or_default()).ok().filter(|last| *last < u16::MAX)?;
    let line = |b: u16| lines[usize::from(b)] as u16;
    let placed = |&(panel, pos): &(usize, Pos)| {
        let cells = columns(pos, width, is_row(panel));
        if is_row(panel) {
            return Placed { panel, cells: Cells { y: line(pos.y + 1) - 1, h: 1, ..cells } };
        }
        let (y, last) = (line(pos.y), line(pos.y + pos.h));
        Placed { panel, cells: Cells { y, h: last - y + 1, ..cells } }
    };
    let rows: Vec<Placed> = panels.iter().map(placed).collect();
    Some(Placement { density: mode, total_height: end(&rows), rows })
}

/// The columns of a panel, with the lines at both sides; a line between parts has none, and keeps off those of others.
fn columns(pos: Pos, width: u16, is_row: bool) -> Cells {
    let lines = u32::from(width.saturating_sub(1));
    let line = |column: u32| u16::try_from(column * lines / u32::from(GRID_COLUMNS)).unwrap_or(u16::MAX);
    let (from, to) = (u32::from(pos.x), u32::from(pos.x) + u32::from(pos.w));
    let (mut x, mut right) = (line(from), line(to).saturating_add(1));
    if is_row {
        x += u16::from(from > 0);
        right -= u16::from(to < u32::from(GRID_COLUMNS));
    }
    Cells { x, y: 0, w: right.saturating_sub(x), h: 0 }
}

/// What lies above each line of a grid, but for the stretched rows of panels.
struct Parts {
    /// Rows of the grid above each line that panels with borders stand in, from the line above the first row on.
    stretched: Vec<u32>,
    /// Cells above it that are the same whatever the stretch: lines between parts, and what closes the part before.
    fixed: Vec<u32>,
    /// Whether a panel ends there whose lower border the line is.
    closes: Vec<bool>,
}

impl Parts {
    fn of(panels: &[(usize, Pos)], is_row: &impl Fn(usize) -> bool) -> Self {
        let total = panels.iter().map(|(_, pos)| usize::from(pos.y) + usize::from(pos.h)).max().unwrap_or(0);
        let mut begins = vec![false; total + 1];
        let mut ends = vec![false; total + 1];
        for &(panel, pos) in panels {
            if is_row(panel) {
                begins[usize::from(pos.y)] = true;
            } else {
                ends[usize::from(pos.y + pos.h)] = true;
            }
        }
        let (mut stretched, mut fixed, mut closes) = (vec![0], vec![0], vec![false]);
        for b in 1..=total {
            let is_closed = closes[b - 1];
            if begins[b - 1] {
                stretched.push(stretched[b - 1]);
                fixed.push(fixed[b - 1] + 1 + u32::from(is_closed));
                closes.push(ends[b]);
            } else {
                stretched.push(stretched[b - 1] + 1);
                fixed.push(fixed[b - 1]);
                closes.push(is_closed || ends[b]);
            }
        }
        Self { stretched, fixed, closes }
    }

    /// The stretch with which `height` rows are all filled, or end where panels do.
    fn stretch(&self, panels: &[(usize, Pos)], height: u32, [least, usual, most]: [Stretch; 3]) -> Stretch {
        /// No chart needs more than 24 cells.
        const UTMOST: Stretch = Stretch::new(3, 1);
        let bottom = self.stretched.len() - 1;
        // So that the line, with its own row where it is a border, is the last of the screen.
        let filling = |line: usize| {
            let cells = height.checked_sub(self.fixed[line] + u32::from(self.closes[line]))?;
            (self.stretched[line] > 0).then(|| Stretch::new(cells, self.stretched[line]))
        };
        match filling(bottom) {
            Some(stretch) if height > 0 && stretch >= most => stretch.min(UTMOST),
            _ => {
                let mut ends = borders(panels).into_iter().rev().filter_map(filling);
                ends.find(|stretch| least <= *stretch && *stretch <= most).unwrap_or(usual)
            }
        }
    }

    /// The row of each line.
    fn lines(&self, panels: &[(usize, Pos)], is_row: &impl Fn(usize) -> bool, stretch: Stretch) -> Vec<u32> {
        let bordered = panels.iter().filter(|(panel, _)| !is_row(*panel));
        let mut ends: Vec<(u16, u16)> = bordered.map(|(_, pos)| (pos.y + pos.h, pos.y)).collect();
        ends.sort_unstable();
        let mut ends = ends.into_iter().peekable();
        let mut lines = Vec::with_capacity(self.stretched.len());
        let mut pushed = 0;
        for (b, (rows, fixed)) in self.stretched.iter().zip(&self.fixed).enumerate() {
            let usual = stretch.row(*rows) + fixed + pushed;
            let mut line = usual;
            while let Some((_, from)) = ends.next_if(|(end, _)| usize::from(*end) == b) {
                let top: u32 = lines[usize::from(from)];
                line = line.max(top + MIN_DISTANCE);
            }
            pushed += line - usual;
            lines.push(line);
        }
        lines
    }
}

/// How many cells a grid row is high, as a fraction.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    cells: u32,
    rows: u32,
}

impl Stretch {
    /// `rows` is not 0.
    const fn new(cells: u32, rows: u32) -> Self {
        Self { cells, rows }
    }

    fn row(self, grid_row: u32) -> u32 {
        let cell = u64::from(grid_row) * u64::from(self.cells) / u64::from(self.rows);
        u32::try_from(cell).unwrap_or(u32::MAX / 4)
    }
}

impl Ord for Stretch {
    fn cmp(&self, other: &Self) -> Ordering {
        (u64::from(self.cells) * u64::from(other.rows)).cmp(&(u64::from(other.cells) * u64::from(self.rows)))
    }
}

impl PartialOrd for Stretch {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Stretch {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Stretch {}

/// Grid rows at which panels end and none is cut, ascending.
fn borders(panels: &[(usize, Pos)]) -> Vec<usize> {
    let mut spans: Vec<(usize, usize)> =
        panels.iter().map(|(_, pos)| (usize::from(pos.y), usize::from(pos.y) + usize::from(pos.h))).collect();
    spans.sort_unstable();
    let mut borders = Vec::new();
    let mut reach = 0;
    for (from, end) in spans {
        if from >= reach && reach > 0 {
            borders.push(reach);
        }
        reach = reach.max(end);
    }
    borders.extend(Some(reach).filter(|&reach| reach > 0));
    borders
}
