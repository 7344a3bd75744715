//! The line above the panels of a row: its title, and whether they are folded away.

use ratatui::style::Modifier;

use super::Frame;
use super::pen::{self, Pen};

/// Draws it on the first line of the pen's area.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let theme = frame.theme;
    let (mark, hint) = if frame.panel.collapsed { ("▸", "Enter unfolds") } else { ("▾", "Enter folds") };
    let style = if frame.selected { theme.selected } else { theme.title.add_modifier(Modifier::BOLD) };
    let width = pen.width();
    let x = pen.text(0, 0, if frame.selected { "›" } else { " " }, style);
    let x = pen.text(x, 0, &format!("{mark} "), style);
    let end = pen.fitted(x, 0, width.saturating_sub(x), &frame.panel.title, style);
    if frame.selected && end.saturating_add(pen::width(hint) + 2) < width {
        pen.right(width.saturating_sub(1), 0, hint, theme.dim);
    }
}
