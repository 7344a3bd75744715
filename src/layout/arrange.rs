//! Panels that must not lie on one another: each falls until it stands on one above it. Uses nothing of the crate.

use super::model::{GRID_COLUMNS, Pos};

/// What becomes of free space above a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gaps {
    /// It stays.
    Keep,
    /// The panel moves up into it, as Grafana does it.
    Close,
}

/// Moves `places` down until none overlaps another, those that begin higher first, and tells the first grid row beneath
/// them all. None begins above `top`; none reaches over the right edge.
pub(super) fn drop_down(places: &mut [Pos], top: u16, gaps: Gaps) -> u16 {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|&i| (places[i].y, places[i].x));
    let mut floor = [top; GRID_COLUMNS as usize];
    for i in order {
        let pos = &mut places[i];
        pos.w = pos.w.clamp(1, GRID_COLUMNS);
        pos.h = pos.h.max(1);
        pos.x = pos.x.min(GRID_COLUMNS - pos.w);
        let columns = usize::from(pos.x)..usize::from(pos.x + pos.w);
        let under = floor[columns.clone()].iter().copied().max().unwrap_or(top);
        pos.y = if gaps == Gaps::Close { under } else { under.max(pos.y) };
        floor[columns].fill(pos.y.saturating_add(pos.h));
    }
    floor.into_iter().max().unwrap_or(top)
}

/// Whether no two of `places` overlap, and none is empty or reaches over the right edge.
pub(super) fn apart(places: impl Iterator<Item = Pos>) -> bool {
    let mut places: Vec<Pos> = places.collect();
    places.sort_by_key(|pos| (pos.y, pos.x));
    let mut floor = [0u16; GRID_COLUMNS as usize];
    for pos in places {
        let columns = usize::from(pos.x)..usize::from(pos.x.saturating_add(pos.w));
        let Some(under) = floor.get_mut(columns) else { return false };
        if under.iter().any(|&end| end > pos.y) {
            return false;
        }
        under.fill(pos.y.saturating_add(pos.h));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pos([x, y, w, h]: [u16; 4]) -> Pos {
        Pos { x, y, w, h }
    }

    #[test]
    fn panels_fall_onto_those_above() {
        let mut places = [[0, 5, 12, 4], [12, 5, 12, 2], [0, 6, 24, 3], [20, 90, 24, 1]].map(pos);
        assert_eq!(drop_down(&mut places, 2, Gaps::Close), 10);
        assert_eq!(places, [[0, 2, 12, 4], [12, 2, 12, 2], [0, 6, 24, 3], [0, 9, 24, 1]].map(pos));
        let mut places = [[0, 5, 12, 4], [0, 6, 24, 3]].map(pos);
        assert_eq!(drop_down(&mut places, 2, Gaps::Keep), 12);
        assert_eq!(places, [[0, 5, 12, 4], [0, 9, 24, 3]].map(pos));
    }

    #[test]
    fn what_overlaps_is_found() {
        assert!(apart([[0, 0, 12, 4], [12, 0, 12, 4], [0, 4, 24, 1]].map(pos).into_iter()));
        assert!(!apart([[0, 0, 12, 4], [11, 3, 12, 4]].map(pos).into_iter()));
        assert!(!apart([[20, 0, 12, 4]].map(pos).into_iter()));
    }
}
