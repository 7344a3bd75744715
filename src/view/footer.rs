//! The last line: the answer to the last key, or the keys that matter here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::words;
use crate::app::{BINDINGS, Model, Overlay, Place};
use crate::panel::State;
use crate::theme::Theme;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    buf.set_style(area, theme.bar);
    if let Some(notice) = &model.notice {
        words::line(buf, Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area }, notice, theme.bar);
        return;
    }
    let here = match (&model.overlay, model.view()) {
        (Some(Overlay::Picker(_)), _) => Some(Place::Picker),
        (Some(Overlay::Help(_)), _) => None,
        (None, None) => Some(Place::Targets),
        (None, Some(_)) => Some(Place::Dashboard),
    };
    let mut x = area.x + 1;
    let rows =
        BINDINGS.iter().filter(|b| !b.footer.is_empty() && (Some(b.place) == here || b.place == Place::Anywhere));
    for binding in rows {
        let needed = (binding.shown.chars().count() + binding.footer.chars().count() + 3) as u16;
        if x + needed > area.right() {
            break;
        }
        x += words::line(buf, rest(area, x), binding.shown, theme.bar.patch(theme.accent)) + 1;
        x += words::line(buf, rest(area, x), binding.footer, theme.bar) + 2;
    }
    // What the selected panel is for, where there is room.
    if let Some(view) = model.view().filter(|v| model.overlay.is_none() && !v.full)
        && let Some(panel) = view.dashboard.panels.get(view.selected)
        && area.right().saturating_sub(x) > 24
    {
        // What is wrong comes before what is right: a small panel has no room to say it.
        let says = match view.panels[view.selected].state(model.now) {
            State::Empty(reason) | State::Failed(reason) | State::Stale { reason, .. } => reason,
            State::Waiting | State::Live => panel.description.clone(),
        };
        words::line(buf, rest(area, x), &format!("│ {}: {says}", panel.title), theme.bar.patch(theme.dim));
    }
}

fn rest(area: Rect, x: u16) -> Rect {
    Rect { x, width: area.right().saturating_sub(x), ..area }
}
