//! Where the panels of a dashboard stand on a terminal of any size. Pure: sizes in, rectangles out.
//!
//! Rows of a placement are virtual: it may be higher than the screen, which then shows a part of it.

mod wall;

use std::cmp::Ordering;

use super::arrange::apart;
use super::model::{Dashboard, GRID_COLUMNS, Kind, Level, Pos};

/// How much of a panel there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Density {
    /// Every panel a tile with large digits, the worst first and largest: to be read from across a room.
    Wall,
    /// The 24-column grid at full height: charts 9 cells high and more.
    Grid,
    /// The 24-column grid for middle widths: charts at least 8 cells high.
    Compact,
    /// One line a panel.
    Rows,
}

impl Density {
    /// Every one that can be asked for, with its name.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("rows", Self::Rows), ("grid", Self::Grid), ("wall", Self::Wall)];
}

/// Below this width, panels beside each other no longer say anything.
const COMPACT_WIDTH: u16 = 100;

/// From this width on, the grid is drawn at full height.
const GRID_WIDTH: u16 = 160;

/// Below this height, charts crowd out the panels beneath them.
const GRID_HEIGHT: u16 = 30;

/// A panel narrower than this in a grid shows nothing but its border.
const MIN_PANEL_WIDTH: u16 = 8;

/// The density of a grid on so many columns.
pub const fn grid_density(width: u16) -> Density {
    if width < GRID_WIDTH { Density::Compact } else { Density::Grid }
}

/// A terminal's density where nobody asked for another: `width` and `height` are those of the whole terminal, in cells.
pub const fn auto_density(width: u16, height: u16) -> Density {
    if width < COMPACT_WIDTH || height < GRID_HEIGHT { Density::Rows } else { grid_density(width) }
}

/// A rectangle of cells in a placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Cells {
    /// Cells from the left edge.
    pub x: u16,
    /// Rows from the top of the whole placement, not of the screen.
    pub y: u16,
    /// Width, at least 1 inside a placement.
    pub w: u16,
    /// Height, at least 1 inside a placement.
    pub h: u16,
}

impl Cells {
    /// The first column to the right of it.
    pub const fn right(self) -> u16 {
        self.x.saturating_add(self.w)
    }

    /// The first row below it.
    pub const fn bottom(self) -> u16 {
        self.y.saturating_add(self.h)
    }

    const fn contains(self, x: u16, y: u16) -> bool {
        x >= self.x && x < self.right() && y >= self.y && y < self.bottom()
    }
}

/// One panel and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Placed {
    /// Index into [`Dashboard::panels`].
    pub panel: usize,
    /// Its rectangle.
    pub cells: Cells,
}

/// Where every panel of a dashboard stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// As asked for, or [`Density::Rows`] where the grid does not fit the width.
    pub density: Density,
    /// One a panel that is not folded away, in the order of the dashboard.
    pub rows: Vec<Placed>,
    /// Rows in all; more than the screen has means that it scrolls.
    pub total_height: u16,
}

/// In which order panels stand where the grid does not say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    /// Every panel's index once.
    pub order: Vec<usize>,
    /// How many of the first ones alarm.
    pub alarming: usize,
}

impl Ranking {
    /// The dashboard's own order, in which nothing alarms.
    pub fn as_written(panels: usize) -> Self {
        Self { order: (0..panels).collect(), alarming: 0 }
    }

    /// The same order of the panels in `shown` alone, each called by its place in that list.
    #[must_use]
    pub fn renamed(&self, shown: &[usize]) -> Self {
        self.mapped(|i| shown.iter().position(|panel| *panel == i))
    }

    /// The order of the panels that `name` has a name for, under that name.
    fn mapped(&self, name: impl Fn(usize) -> Option<usize>) -> Self {
        let names: Vec<Option<usize>> = self.order.iter().map(|&i| name(i)).collect();
        let alarming = names.iter().take(self.alarming).flatten().count();
        Self { order: names.into_iter().flatten().collect(), alarming }
    }

    /// The worst first; of equally bad ones in the order of the dashboard.
    pub fn worst_first(levels: &[Option<Level>]) -> Self {
        let alarm = |i: usize| levels[i].filter(|level| *level > Level::Good);
        let mut order: Vec<usize> = (0..levels.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(alarm(i)));
        Self { alarming: order.iter().filter(|&&i| alarm(i).is_some()).count(), order }
    }
}

/// A step from one panel to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the panel above.
    Up,
    /// To the panel below.
    Down,
    /// To the panel on the left.
    Left,
    /// To the panel on the right.
    Right,
}

/// Places all panels on `width` columns, but for those that a row has folded away; none overlaps another, none is wider
/// than the screen. The grid is stretched so that `height_available` rows end between two rows of panels where they can, or
/// are all filled. Lines and tiles stand in the order of `ranking`, which names every panel once.
pub fn place(dashboard: &Dashboard, ranking: &Ranking, width: u16, height_available: u16, mode: Density) -> Placement {
    let width = width.max(1);
    let panels = unfolded(dashboard);
    let is_shown = |i: usize| panels.binary_search_by_key(&i, |&(panel, _)| panel).is_ok();
    let ranking = ranking.mapped(|i| is_shown(i).then_some(i));
    if mode == Density::Wall {
        // Lines between parts of a dashboard have nothing to show on a wall.
        let tiles = ranking.mapped(|i| (dashboard.panels[i].kind != Kind::Row).then_some(i));
        if let Some(placement) = wall::tiles(&tiles, width, height_available) {
            return placement;
        }
    }
    let fits = panels.iter().all(|(_, pos)| {
        let cells = columns(*pos, width);
        pos.w > 0 && pos.h > 0 && cells.right() <= width && cells.w >= MIN_PANEL_WIDTH
    });
    // Panels on top of each other can be built in memory, though not read from a file.
    let grid =
        Stretch::of(&panels, height_available, mode).filter(|_| fits && apart(panels.iter().map(|&(_, pos)| pos)));
    match grid {
        Some(stretch) => on_grid(&panels, width, stretch, mode),
        None => in_lines(&ranking, width),
    }
}

/// The panels that are not folded away, in the order of the dashboard, moved up over those that are.
fn unfolded(dashboard: &Dashboard) -> Vec<(usize, Pos)> {
    let panels = &dashboard.panels;
    // (first grid row, the one behind the last), ascending.
    let mut folds: Vec<(u16, u16)> = Vec::new();
    let mut rows: Vec<(u16, bool)> =
        panels.iter().filter(|p| p.kind == Kind::Row).map(|p| (p.pos.y, p.collapsed)).collect();
    rows.sort_unstable();
    for (i, &(y, collapsed)) in rows.iter().enumerate() {
        let end = rows.get(i + 1).map_or(u16::MAX, |&(next, _)| next);
        if collapsed && y < end {
            folds.push((y + 1, end));
        }
    }
    if folds.is_empty() {
        return panels.iter().map(|p| p.pos).enumerate().collect();
    }
    let hidden = |y: u16| folds.iter().any(|&(from, end)| from <= y && y < end);
    let above = |y: u16| -> u16 { folds.iter().filter(|&&(_, end)| end <= y).map(|&(from, end)| end - from).sum() };
    let shown = panels.iter().map(|p| p.pos).enumerate().filter(|(_, pos)| !hidden(pos.y));
    shown.map(|(i, pos)| (i, Pos { y: pos.y - above(pos.y), ..pos })).collect()
}

fn in_lines(ranking: &Ranking, width: u16) -> Placement {
    let line = |(line, &panel): (usize, &usize)| Placed {
        panel,
        cells: Cells { x: 0, y: u16::try_from(line).unwrap_or(u16::MAX), w: width, h: 1 },
    };
    let mut rows: Vec<Placed> = ranking.order.iter().enumerate().map(line).collect();
    rows.sort_by_key(|placed| placed.panel);
    Placement { density: Density::Rows, total_height: end(&rows), rows }
}

fn on_grid(panels: &[(usize, Pos)], width: u16, stretch: Stretch, density: Density) -> Placement {
    let place = |&(panel, pos): &(usize, Pos)| {
        let y = stretch.row(u32::from(pos.y));
        let h = stretch.row(u32::from(pos.y) + u32::from(pos.h)).saturating_sub(y);
        Placed { panel, cells: Cells { y, h, ..columns(pos, width) } }
    };
    let rows: Vec<Placed> = panels.iter().map(place).collect();
    Placement { density, total_height: end(&rows), rows }
}

fn end(rows: &[Placed]) -> u16 {
    rows.iter().map(|r| r.cells.bottom()).max().unwrap_or_default()
}

/// The columns of a panel. Both edges come from the same division, so neighbours meet without gap or overlap and the last
/// column of the grid ends at the last of the screen.
fn columns(pos: Pos, width: u16) -> Cells {
    let cell = |column: u32| u16::try_from(column * u32::from(width) / u32::from(GRID_COLUMNS)).unwrap_or(u16::MAX);
    let (from, to) = (u32::from(pos.x), u32::from(pos.x) + u32::from(pos.w));
    Cells { x: cell(from), y: 0, w: cell(to).saturating_sub(cell(from)), h: 0 }
}

/// How many cells a grid row is high, as a fraction, never under 1.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    cells: u32,
    rows: u32,
}

impl Stretch {
    /// `None` for one line a panel, and for grids too high for a screen to count.
    fn of(panels: &[(usize, Pos)], height: u16, mode: Density) -> Option<Self> {
        // Charts are 8 grid rows high: 9 to 12 cells in the full grid, 8 to 10 in the compact one.
        let (least, usual, most) = match mode {
            Density::Grid => (Self::new(9, 8), Self::new(5, 4), Self::new(3, 2)),
            Density::Compact => (Self::new(1, 1), Self::new(9, 8), Self::new(5, 4)),
            Density::Rows | Density::Wall => return None,
        };
        let height = u32::from(height);
        let borders = borders(panels);
        let total = borders.last().copied().unwrap_or_default();
        let stretch = if height > 0 && u32::from(most.row(total)) <= height {
            // There is room for everything: fill it, but no chart needs more than 24 cells.
            Self::new(height, total.max(1)).min(Self::new(3, 1))
        } else {
            let ends = borders.iter().rev().map(|&rows| Self::new(height, rows));
            ends.into_iter().find(|s| least <= *s && *s <= most).unwrap_or(usual)
        };
        let counted = u64::from(total) * u64::from(stretch.cells) / u64::from(stretch.rows);
        u16::try_from(counted).is_ok().then_some(stretch)
    }

    /// `rows` is not 0.
    const fn new(cells: u32, rows: u32) -> Self {
        Self { cells, rows }
    }

    fn row(self, grid_row: u32) -> u16 {
        let cell = u64::from(grid_row) * u64::from(self.cells) / u64::from(self.rows);
        u16::try_from(cell).unwrap_or(u16::MAX)
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
fn borders(panels: &[(usize, Pos)]) -> Vec<u32> {
    let mut spans: Vec<(u32, u32)> =
        panels.iter().map(|(_, pos)| (u32::from(pos.y), u32::from(pos.y) + u32::from(pos.h))).collect();
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

impl Placement {
    /// Where `panel` stands.
    pub fn cells(&self, panel: usize) -> Option<Cells> {
        self.rows.iter().find(|r| r.panel == panel).map(|r| r.cells)
    }

    /// The panel at column `x` and virtual row `y`, as under the mouse.
    pub fn at(&self, x: u16, y: u16) -> Option<usize> {
        self.rows.iter().find(|r| r.cells.contains(x, y)).map(|r| r.panel)
    }

    /// The scroll offset nearest to `scroll` at which `panel` is seen on a screen of `height` rows: whole where it fits, else
    /// its top.
    pub fn reveal(&self, panel: usize, scroll: u16, height: u16) -> u16 {
        let scroll = self.clamp(scroll, height);
        let Some(cells) = self.cells(panel) else { return scroll };
        if cells.y < scroll || cells.h >= height {
            return self.clamp(cells.y, height);
        }
        self.clamp(scroll.max(cells.bottom().saturating_sub(height)), height)
    }

    /// `scroll`, but not past the point at which the last row is at the bottom of a screen of `height` rows.
    pub fn clamp(&self, scroll: u16, height: u16) -> u16 {
        scroll.min(self.total_height.saturating_sub(height))
    }
}

/// The panel next to `panel` in `direction`; `None` at the edge.
pub fn neighbour(placement: &Placement, panel: usize, direction: Direction) -> Option<usize> {
    let from = placement.cells(panel)?;
    let ranked = placement.rows.iter().filter(|r| r.panel != panel).filter_map(|r| {
        let to = r.cells;
        // Distance ahead, whether it lies straight ahead, and how far the near edges are apart across.
        let (ahead, straight, across) = match direction {
            Direction::Down => {
                (to.y.checked_sub(from.bottom()), meet(from.x, from.right(), to.x, to.right()), to.x.abs_diff(from.x))
            }
            Direction::Up => {
                (from.y.checked_sub(to.bottom()), meet(from.x, from.right(), to.x, to.right()), to.x.abs_diff(from.x))
            }
            Direction::Right => {
                (to.x.checked_sub(from.right()), meet(from.y, from.bottom(), to.y, to.bottom()), to.y.abs_diff(from.y))
            }
            Direction::Left => {
                (from.x.checked_sub(to.right()), meet(from.y, from.bottom(), to.y, to.bottom()), to.y.abs_diff(from.y))
            }
        };
        let sideways = matches!(direction, Direction::Left | Direction::Right);
        // Sideways never changes the row of panels; up and down may, where nothing lies straight ahead.
        (straight || !sideways).then_some((!straight, ahead?, across, r.panel))
    });
    ranked.min().map(|(.., panel)| panel)
}

fn meet(a: u16, a_end: u16, b: u16, b_end: u16) -> bool {
    a < b_end && b < a_end
}

#[cfg(test)]
mod tests;
