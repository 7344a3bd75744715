//! The crosshair: one time on all panels.

use super::message::Command;
use super::model::{Model, View};
use crate::panel;

/// Steps that the long move takes.
const LEAP: i64 = 10;

impl Model {
    /// Shows the crosshair on the newest data, or takes it away.
    pub(super) fn toggle_crosshair(&mut self) -> Option<Command> {
        if self.cursor.take().is_none() {
            let view = self.view()?;
            let window = view.panels.get(view.selected)?.picture.as_ref().map(|p| p.window);
            self.cursor = window.map(|w| w.at(w.steps().saturating_sub(1)));
            if self.cursor.is_none() {
                self.notice = Some("there is nothing to point at yet".to_owned());
                return None;
            }
        }
        Some(self.watch())
    }

    /// Moves the crosshair by so many of its moves; `false` where there is none.
    pub(super) fn move_crosshair(&mut self, moves: i64, leap: bool) -> bool {
        let Some(cursor) = self.cursor else { return false };
        let window =
            self.view().and_then(|v| v.panels.get(v.selected)).and_then(|p| p.picture.as_ref()).map(|p| p.window);
        if let Some(window) = window {
            let last = window.at(window.steps().saturating_sub(1));
            let by = window.step * moves * if leap { LEAP } else { 1 };
            self.cursor = Some((cursor + by).clamp(window.start, last.max(window.start)));
        }
        true
    }
}

impl View {
    /// Lines beneath a panel on the whole screen that say what it is for and what is doubtful about it.
    pub fn note_lines(&self, body: super::model::Body) -> u16 {
        let Some(panel) = self.dashboard.panels.get(self.selected).filter(|_| body.height >= 12) else { return 0 };
        let width = body.width.saturating_sub(2);
        let notes = self.panels.get(self.selected).map_or(0, |data| data.notes.len());
        (panel::wrap(&panel.description, width).len() as u16).min(3) + (notes as u16).min(body.height / 4)
    }
}
