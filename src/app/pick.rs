//! One series of a panel on the whole screen, picked out of the others.

use super::model::{Model, View};
use crate::layout::Kind;
use crate::theme::{Depth, Theme};

impl View {
    /// The index of the picked series among the curves of panel `index`; `None` where none of this panel is picked, or the
    /// series is gone.
    pub(super) fn picked_of(&self, index: usize) -> Option<usize> {
        let (query, labels) = self.picked.as_ref().filter(|_| self.full && index == self.selected)?;
        self.curves(index).iter().position(|curve| curve.query == *query && curve.labels == *labels)
    }
}

impl Model {
    /// Picks the next series, or the one before, of a timeseries on the whole screen, in the order of its legend; before the
    /// first there is none. `false` where there is nothing to pick from.
    pub(super) fn pick_series(&mut self, down: bool) -> bool {
        let Some(view) = self.view().filter(|view| view.full) else { return false };
        let Some(data) = view.panels.get(view.selected) else { return false };
        let state = data.state(self.present());
        // Colours do not decide the order.
        let theme = Theme::dark(Depth::TrueColor);
        let Some(frame) = view.frame(view.selected, self, &state, &theme) else { return false };
        if frame.panel.kind != Kind::Timeseries || frame.curves.len() < 2 {
            return false;
        }
        let order = frame.by_prominence();
        let at = frame.picked.and_then(|picked| order.iter().position(|&i| i == picked));
        let next = match (at, down) {
            (None, true) => Some(0),
            (None, false) => None,
            (Some(at), true) => Some((at + 1).min(order.len() - 1)),
            (Some(at), false) => at.checked_sub(1),
        };
        let picked = next.map(|at| &frame.curves[order[at]]).map(|curve| (curve.query, curve.labels.clone()));
        if let Some(view) = self.view_mut() {
            view.picked = picked;
        }
        true
    }
}
