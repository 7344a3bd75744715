//! Where time runs on a drawn panel, for whoever points at it: crosshair, zoom, a click.

use ratatui::layout::Rect;

use super::{Frame, State, axis, chrome, courses, heatmap, inside, last_step, states, timeseries};
use crate::layout::Kind;
use crate::series::Timestamp;

/// The cells of a panel on which time runs from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plot {
    /// The cells, at least one.
    pub area: Rect,
    /// The time of the leftmost column, ms since the epoch.
    pub start: Timestamp,
    /// The time of the rightmost column.
    pub end: Timestamp,
}

impl Plot {
    /// The time of screen column `x`; columns outside count as the nearest end.
    pub fn time_at(&self, x: u16) -> Timestamp {
        let last = self.area.width.saturating_sub(1);
        if last == 0 {
            return self.end;
        }
        let share = f64::from(x.saturating_sub(self.area.x).min(last)) / f64::from(last);
        self.start.saturating_add((self.end.saturating_sub(self.start) as f64 * share).round() as i64)
    }

    /// The screen column of a time; `None` for times outside.
    pub fn column_of(&self, at: Timestamp) -> Option<u16> {
        axis::column_at(at, (self.start, self.end), self.area.width).map(|column| self.area.x + column)
    }
}

/// The plot of what [`draw`](super::draw) draws in `area`; `None` for panels without a time axis, and where there is no
/// picture.
pub fn plot(frame: &Frame<'_>, area: Rect) -> Option<Plot> {
    let has_picture = matches!(frame.state, State::Live | State::Stale { .. }) && !frame.curves.is_empty();
    if !has_picture || area.width < chrome::MIN_WIDTH || area.height < chrome::MIN_HEIGHT {
        return None;
    }
    let (margin, width, height) = inside(area.width, area.height);
    let part = match frame.panel.kind {
        Kind::Timeseries => timeseries::plot(frame, width, height, area.width)?,
        Kind::Heatmap => heatmap::plot(frame, width, height)?,
        Kind::States => states::plot(frame, width, height)?,
        Kind::Stat => {
            let (above, below) = courses::divide(frame, height)?;
            let plot = states::plot(frame, width, below)?;
            Rect { y: plot.y + above, ..plot }
        }
        _ => return None,
    };
    let area = Rect { x: area.x + 1 + margin + part.x, y: area.y + 1 + part.y, ..part };
    (!area.is_empty()).then_some(Plot { area, start: frame.window.start, end: last_step(frame) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_times_agree() {
        let plot = Plot { area: Rect::new(10, 2, 61, 5), start: 1_000, end: 61_000 };
        for x in 10..71 {
            assert_eq!(plot.column_of(plot.time_at(x)), Some(x));
        }
        assert_eq!((plot.time_at(0), plot.time_at(500)), (1_000, 61_000));
        assert_eq!((plot.column_of(999), plot.column_of(61_001)), (None, None));
    }
}
