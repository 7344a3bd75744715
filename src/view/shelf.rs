//! The popup that lists all runbooks.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Modifier;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::words;
use crate::app::{Model, Shelf, whose};
use crate::theme::Theme;

pub(super) fn draw(model: &Model, shelf: &Shelf, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let found = shelf.found(&model.library);
    let width = area.width.min(64);
    // As high as all of them, so that typing does not move it.
    let all = model.library.entries().count() as u16;
    let height = area.height.min(all.saturating_add(4));
    let popup = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    Clear.render(popup, buf);
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.selected)
        .title(" Runbooks ")
        .title_style(theme.title)
        .title_bottom(" type a part of the name · Enter opens · Esc closes ")
        .render(popup, buf);
    let inside = popup.inner(Margin::new(2, 1));
    if inside.height < 2 {
        return;
    }
    let line = Rect { height: 1, ..inside };
    let used = words::line(buf, line, &format!("> {}", shelf.typed), theme.accent);
    if let Some(cell) = buf.cell_mut((line.x + used.min(line.width.saturating_sub(1)), line.y)) {
        cell.set_style(ratatui::style::Style::new().add_modifier(Modifier::REVERSED));
    }
    let below = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
    if found.is_empty() {
        words::line(buf, below, "no runbook has that in its name", theme.dim);
        return;
    }
    let rows = usize::from(below.height).max(1);
    let top = (shelf.cursor + 1).saturating_sub(rows);
    for (i, entry) in found.iter().enumerate().skip(top).take(rows) {
        let here = i == shelf.cursor;
        let row = Rect { y: below.y + (i - top) as u16, height: 1, ..below };
        let style = if here { theme.selected } else { theme.text };
        let used = words::line(buf, row, &format!("{} {}", if here { '›' } else { ' ' }, entry.name), style) + 2;
        let rest = Rect { x: row.x + used.min(row.width), width: row.width.saturating_sub(used), ..row };
        words::line(buf, rest, whose(entry), theme.dim);
    }
}
