//! What a filter leaves of a dashboard: the panels whose title or series it finds, closed up, and of their series those it
//! finds. Only what is drawn changes, never what is asked. Pure. Uses `layout` and `panel`.

use super::model::{Model, PanelModel, View};
use super::search::{Filter, Sieve, label_words};
use crate::layout::{Dashboard, GRID_COLUMNS, Kind, Pos};
use crate::panel::Curve;

/// What a filter leaves of a dashboard.
#[derive(Debug)]
pub struct Sifted {
    /// What is searched for.
    pub filter: Filter,
    /// What is left of each panel.
    left: Vec<Left>,
    /// The panels of which something is left, in their order.
    shown: Vec<usize>,
    /// Those panels alone, closed up.
    closed: Dashboard,
    /// The panel that was selected before.
    before: usize,
}

/// What is left of a panel.
#[derive(Debug, Clone, PartialEq)]
enum Left {
    Nothing,
    Everything,
    Some(Vec<Curve>),
}

impl View {
    /// The dashboard as it is placed, and the index of each of its panels among those of the whole one.
    pub(super) fn placed(&self) -> (&Dashboard, Option<&[usize]>) {
        self.sifted.as_ref().map_or((&self.dashboard, None), |sifted| (&sifted.closed, Some(&sifted.shown)))
    }

    /// Whether a panel has a place on the dashboard as it is shown.
    pub fn shows(&self, panel: usize) -> bool {
        self.sifted.as_ref().is_none_or(|sifted| sifted.shown.contains(&panel))
    }

    /// The curves of a panel that are shown.
    pub(super) fn curves(&self, panel: usize) -> &[Curve] {
        match self.sifted.as_ref().and_then(|sifted| sifted.left.get(panel)) {
            Some(Left::Nothing) => &[],
            Some(Left::Some(curves)) => curves,
            Some(Left::Everything) | None => {
                let picture = self.panels.get(panel).and_then(|data| data.picture.as_ref());
                picture.map_or(&[], |picture| &picture.curves)
            }
        }
    }

    /// Shows what `filter` finds; everything for an empty one.
    fn sift(&mut self, filter: Filter) {
        if filter.is_empty() {
            self.sifted = None;
            return;
        }
        let mut sieve = filter.sieve();
        let panels = self.dashboard.panels.iter().zip(&self.panels);
        let left: Vec<Left> = panels.map(|(panel, data)| left(&panel.title, data, &mut sieve)).collect();
        let before = self.sifted.as_ref().map_or(self.selected, |sifted| sifted.before);
        let mut sifted = Sifted { filter, left, shown: Vec::new(), closed: Dashboard::default(), before };
        sifted.close_up(&self.dashboard);
        self.sifted = Some(sifted);
        self.select_shown();
    }

    /// Looks at all panels again.
    pub(super) fn sift_again(&mut self) {
        if let Some(filter) = self.sifted.as_ref().map(|sifted| sifted.filter.clone()) {
            self.sift(filter);
        }
    }

    /// Looks at a panel again, after its data has changed.
    pub(super) fn sift_panel(&mut self, panel: usize) {
        let Some(sifted) = &mut self.sifted else { return };
        let (Some(layout), Some(data), Some(slot)) =
            (self.dashboard.panels.get(panel), self.panels.get(panel), sifted.left.get_mut(panel))
        else {
            return;
        };
        let now = left(&layout.title, data, &mut sifted.filter.sieve());
        let moves = (now == Left::Nothing) != (*slot == Left::Nothing);
        *slot = now;
        if moves {
            sifted.close_up(&self.dashboard);
            self.select_shown();
        }
    }

    /// A panel that is not shown cannot be selected, unless it fills the screen.
    pub(super) fn select_shown(&mut self) {
        if !self.full
            && !self.shows(self.selected)
            && let Some(first) = self.sifted.as_ref().and_then(|sifted| sifted.shown.first())
        {
            self.selected = *first;
        }
    }
}

impl Sifted {
    /// How many panels are left, of how many.
    pub fn count(&self) -> (usize, usize) {
        (self.shown.len(), self.left.len())
    }

    /// Puts the panels that are left together, without the gaps that the others leave.
    fn close_up(&mut self, dashboard: &Dashboard) {
        // Lines between parts have nothing to part here.
        let is_line = |i: usize| dashboard.panels[i].kind == Kind::Row;
        let has_place = |(i, left): &(usize, &Left)| **left != Left::Nothing && !is_line(*i);
        self.shown = self.left.iter().enumerate().filter(has_place).map(|(panel, _)| panel).collect();
        let mut panels: Vec<_> = self.shown.iter().map(|&i| dashboard.panels[i].clone()).collect();
        let spots = close_up(&panels.iter().map(|panel| panel.pos).collect::<Vec<_>>());
        for (panel, pos) in panels.iter_mut().zip(spots) {
            panel.pos = pos;
        }
        self.closed = Dashboard { panels, ..Dashboard::default() };
    }
}

/// Places of the same heights in the same order, in rows that fill the grid's width; only places of one height share a row.
fn close_up(places: &[Pos]) -> Vec<Pos> {
    let mut rows: Vec<Vec<Pos>> = Vec::new();
    for &pos in places {
        match rows.last_mut() {
            Some(row) if row[0].h == pos.h && row.iter().map(|p| p.w).sum::<u16>() + pos.w <= GRID_COLUMNS => {
                row.push(pos);
            }
            _ => rows.push(vec![pos]),
        }
    }
    let mut y = 0_u16;
    let mut closed = Vec::with_capacity(places.len());
    for row in rows {
        let (taken, mut before) = (row.iter().map(|p| p.w).sum::<u16>().max(1), 0);
        let column = |w: u16| w * GRID_COLUMNS / taken;
        for pos in &row {
            closed.push(Pos { x: column(before), y, w: column(before + pos.w) - column(before), h: pos.h });
            before += pos.w;
        }
        y = y.saturating_add(row[0].h);
    }
    closed
}

/// What is left of a panel: everything where its title has all that is asked for, else the series that have it, with or
/// without the title's help. An unwanted word in the title leaves nothing.
fn left(title: &str, data: &PanelModel, sieve: &mut Sieve<'_>) -> Left {
    let Some(picture) = data.picture.as_ref().filter(|picture| !picture.curves.is_empty()) else {
        return if sieve.passes(&[title]) { Left::Everything } else { Left::Nothing };
    };
    let mut finds = |curve: &&Curve| sieve.passes(&[title, &curve.name, &label_words(&curve.labels)]);
    let curves: Vec<Curve> = picture.curves.iter().filter(|curve| finds(curve)).cloned().collect();
    match curves.len() {
        0 => Left::Nothing,
        n if n == picture.curves.len() => Left::Everything,
        _ => Left::Some(curves),
    }
}

impl Model {
    /// What the dashboard on the screen is filtered by, as it was typed.
    pub(super) fn filter_text(&self) -> String {
        self.view().and_then(|view| view.sifted.as_ref()).map_or_else(String::new, |s| s.filter.text().to_owned())
    }

    /// Shows what of the dashboard has these words.
    pub(super) fn filter_dashboard(&mut self, text: &str) {
        let body = self.body();
        let Some(view) = self.view_mut() else { return };
        view.sift(Filter::parse(text));
        view.reveal(body);
    }

    /// Gives up a filter that is being typed: everything is as it was before.
    pub(super) fn drop_filter(&mut self) {
        let body = self.body();
        let Some(view) = self.view_mut() else { return };
        if let Some(sifted) = view.sifted.take()
            && !view.full
        {
            view.selected = sifted.before;
        }
        view.reveal(body);
    }

    /// Shows everything again; whether there was a filter. The selected panel, which it may have found, stays selected.
    pub(super) fn unfilter(&mut self) -> bool {
        let body = self.body();
        let Some(view) = self.view_mut() else { return false };
        let was = view.sifted.take().is_some();
        view.reveal(body);
        was
    }

    /// Selects a panel that somebody wants to see, whatever the filter says.
    pub(super) fn point_at(&mut self, view: usize, panel: usize) {
        let Some(at) = self.views.get_mut(view) else { return };
        if !at.shows(panel) {
            at.sifted = None;
            self.notice = Some("the filter hid that panel: it is cleared".to_owned());
        }
        at.selected = panel.min(at.panels.len().saturating_sub(1));
        at.full = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pos(x: u16, y: u16, w: u16, h: u16) -> Pos {
        Pos { x, y, w, h }
    }

    #[test]
    fn what_is_left_fills_the_width_without_gaps() {
        let closed =
            close_up(&[pos(6, 0, 6, 4), pos(18, 0, 6, 4), pos(12, 4, 12, 8), pos(0, 12, 12, 8), pos(0, 20, 8, 8)]);
        assert_eq!(
            closed,
            [pos(0, 0, 12, 4), pos(12, 0, 12, 4), pos(0, 4, 12, 8), pos(12, 4, 12, 8), pos(0, 12, 24, 8)]
        );
        assert_eq!(close_up(&[]), []);
    }

    #[test]
    fn closed_up_places_never_overlap_nor_leave_the_grid() {
        let sizes = [(1, 1), (5, 4), (7, 4), (24, 2), (23, 2), (13, 9), (11, 9)];
        for a in 0..sizes.len() * sizes.len() * sizes.len() {
            let picked = [a % 7, a / 7 % 7, a / 49].map(|i| pos(0, 0, sizes[i].0, sizes[i].1));
            let closed = close_up(&picked);
            for (i, p) in closed.iter().enumerate() {
                assert!(p.w > 0 && p.x + p.w <= GRID_COLUMNS, "{closed:?}");
                assert!(closed[..i].iter().all(|other| !other.overlaps(*p)), "{closed:?}");
            }
        }
    }
}
