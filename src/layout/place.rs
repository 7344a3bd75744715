//! Where the panels of a dashboard stand on a terminal of any size. Pure: sizes in, rectangles out.
//!
//! Rows of a placement are virtual: it may be higher than the screen, which then shows a part of it.

mod grid;
mod wall;

use super::model::{Dashboard, Kind, Level, Pos};

/// How much of a panel there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Density {
    /// Every panel a tile with large digits, the worst first and largest: to be read from across a room.
    Wall,
    /// The 24-column grid at full height: charts 9 cells high and more. Panels that touch share the line between them.
    Grid,
    /// The 24-column grid for middle widths: charts at least 8 cells high. Panels that touch share the line between them.
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

/// Places all panels on `width` columns, but for those that a row has folded away; none overlaps another by more than the
/// border that both have there, none is wider than the screen. The grid is stretched so that `height_available` rows end between two rows of panels where they can, or
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
    let is_row = |i: usize| dashboard.panels[i].kind == Kind::Row;
    grid::place(&panels, is_row, width, height_available, mode).unwrap_or_else(|| in_lines(&ranking, width))
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

fn end(rows: &[Placed]) -> u16 {
    rows.iter().map(|r| r.cells.bottom()).max().unwrap_or_default()
}

impl Placement {
    /// Where `panel` stands.
    pub fn cells(&self, panel: usize) -> Option<Cells> {
        self.rows.iter().find(|r| r.panel == panel).map(|r| r.cells)
    }

    /// The panel at column `x` and virtual row `y`, as under the mouse. A line that panels share belongs to the lower one,
    /// whose title stands on it, and of two beside each other to the one on the right.
    pub fn at(&self, x: u16, y: u16) -> Option<usize> {
        let there = self.rows.iter().filter(|r| r.cells.contains(x, y));
        there.max_by_key(|r| (r.cells.y, r.cells.x)).map(|r| r.panel)
    }

    /// How many lines panels that touch have in common.
    const fn shared(&self) -> u16 {
        match self.density {
            Density::Grid | Density::Compact => 1,
            Density::Wall | Density::Rows => 0,
        }
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
    let shared = placement.shared();
    let meet = |a: u16, a_end: u16, b: u16, b_end: u16| meet(a, a_end, b, b_end, shared);
    let past = |to: u16, from_end: u16| (to + shared).checked_sub(from_end);
    let ranked = placement.rows.iter().filter(|r| r.panel != panel).filter_map(|r| {
        let to = r.cells;
        // Distance ahead, whether it lies straight ahead, and how far the near edges are apart across.
        let (ahead, straight, across) = match direction {
            Direction::Down => {
                (past(to.y, from.bottom()), meet(from.x, from.right(), to.x, to.right()), to.x.abs_diff(from.x))
            }
            Direction::Up => {
                (past(from.y, to.bottom()), meet(from.x, from.right(), to.x, to.right()), to.x.abs_diff(from.x))
            }
            Direction::Right => {
                (past(to.x, from.right()), meet(from.y, from.bottom(), to.y, to.bottom()), to.y.abs_diff(from.y))
            }
            Direction::Left => {
                (past(from.x, to.right()), meet(from.y, from.bottom(), to.y, to.bottom()), to.y.abs_diff(from.y))
            }
        };
        let sideways = matches!(direction, Direction::Left | Direction::Right);
        // Sideways never changes the row of panels; up and down may, where nothing lies straight ahead.
        (straight || !sideways).then_some((!straight, ahead?, across, r.panel))
    });
    ranked.min().map(|(.., panel)| panel)
}

/// Whether two spans have more than a shared line in common.
fn meet(a: u16, a_end: u16, b: u16, b_end: u16, shared: u16) -> bool {
    a_end.min(b_end) > a.max(b).saturating_add(shared)
}

#[cfg(test)]
mod tests;
