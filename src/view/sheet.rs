//! What popups with a line to type into and a list beneath have in common.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, BorderType, Clear, Widget};
use unicode_width::UnicodeWidthStr;

use super::words;
use crate::app::{Rows, Sheet, Typed};
use crate::theme::Theme;

/// The frame with its title, and on its lower border where in the list one is.
pub(super) fn frame(sheet: &Sheet, title: &str, rows: Rows, of: usize, theme: &Theme, buf: &mut Buffer) {
    Clear.render(sheet.frame, buf);
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.selected)
        .title(title)
        .title_style(theme.title)
        .render(sheet.frame, buf);
    let height = usize::from(sheet.list.height);
    if of > height && height > 0 {
        let text = format!(" {}–{} of {of} ", rows.top + 1, (rows.top + height).min(of));
        let width = text.width() as u16;
        let x = sheet.frame.right().saturating_sub(width + 2).max(sheet.frame.x);
        let spot = Rect { x, y: sheet.frame.bottom().saturating_sub(1), width, height: 1 };
        words::line(buf, spot.intersection(sheet.frame), &text, theme.dim);
    }
}

/// The line that is typed, after `>`; `hint` where nothing is.
pub(super) fn typed(sheet: &Sheet, typed: &Typed, hint: &str, theme: &Theme, buf: &mut Buffer) {
    let mut line = sheet.line;
    if line.is_empty() {
        return;
    }
    let used = words::line(buf, line, "> ", theme.accent);
    line = Rect { x: line.x + used, width: line.width - used, ..line };
    let (text, cursor) = typed.seen(line.width);
    words::line(buf, line, &text, theme.accent);
    if text.is_empty() {
        let rest = Rect { x: line.x + 2, width: line.width.saturating_sub(2), ..line };
        words::line(buf, rest, hint, theme.dim);
    }
    if let Some(cell) = buf.cell_mut((line.x + cursor.min(line.width.saturating_sub(1)), line.y)) {
        cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
    }
}

/// The lines of the list in sight, each with the index of its row.
pub(super) fn lines(sheet: &Sheet, rows: Rows, of: usize) -> impl Iterator<Item = (usize, Rect)> {
    let list = sheet.list;
    (rows.top..of).zip(list.y..list.bottom()).map(move |(row, y)| (row, Rect { y, height: 1, ..list }))
}

/// What is left of a line after `x`.
pub(super) fn rest(line: Rect, x: u16) -> Rect {
    Rect { x, width: line.right().saturating_sub(x), ..line }
}
