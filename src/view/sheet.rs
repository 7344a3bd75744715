//! What popups and lists have in common: the frame, the line to type into, the lines, the scroll bar, and what they are to
//! the mouse.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget};
use unicode_width::UnicodeWidthStr;

use super::words;
use crate::app::{Rows, Sheet, Spot, Typed, Zones};
use crate::theme::Theme;

/// The bare frame of a popup with its title. Whatever lies beside it is covered for the mouse.
pub(super) fn popup<'t>(
    area: Rect,
    title: impl Into<Line<'t>>,
    border: Style,
    theme: &Theme,
    buf: &mut Buffer,
    zones: &mut Zones,
) {
    Clear.render(area, buf);
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(border)
        .title(title)
        .title_style(theme.title)
        .render(area, buf);
    zones.mark(buf.area, Spot::Beside);
    zones.mark(area, Spot::Still);
}

/// Words on the lower border of a popup.
pub(super) fn foot(area: Rect, text: &str, style: Style, buf: &mut Buffer) {
    let spot =
        Rect { x: area.x + 2, y: area.bottom().saturating_sub(1), width: area.width.saturating_sub(4), height: 1 };
    words::line(buf, spot.intersection(area), text, style);
}

/// Marks each line of a list in sight, and draws the scroll bar on the border at the right of `frame` where there are more.
pub(super) fn rows(frame: Rect, list: Rect, rows: Rows, of: usize, theme: &Theme, buf: &mut Buffer, zones: &mut Zones) {
    for (index, y) in (rows.top..of).zip(list.y..list.bottom()) {
        zones.mark(Rect { y, height: 1, ..list }, Spot::Row { index, top: rows.top });
    }
    bar(frame, list, (rows.top, usize::from(list.height), of), theme, buf, zones);
}

/// The first line in sight of a list that was clicked when `kept` was, so that the cursor is in sight.
pub(super) fn first(kept: usize, cursor: usize, rows: usize, of: usize) -> usize {
    kept.clamp((cursor + 1).saturating_sub(rows.max(1)), cursor).min(of.saturating_sub(rows))
}

/// Draws on the border at the right of `frame`, beside `list`, where in a list one is: the first line in sight, how many
/// are, and of how many.
pub(super) fn bar(
    frame: Rect,
    list: Rect,
    (top, seen, of): (usize, usize, usize),
    theme: &Theme,
    buf: &mut Buffer,
    zones: &mut Zones,
) {
    let height = usize::from(list.height);
    if of <= seen || height < 2 || frame.width < 2 {
        return;
    }
    let track = Rect { x: frame.right() - 1, width: 1, ..list };
    let long = (height * seen / of).max(1);
    let most = of - seen;
    let from = (top.min(most) * (height - long) + most / 2) / most;
    for y in from..from + long {
        if let Some(cell) = buf.cell_mut((track.x, track.y + y as u16)) {
            cell.set_char('▐').set_style(theme.accent);
        }
    }
    zones.mark(track, Spot::Bar(of));
}

/// The frame with its title, and on its lower border where in the list one is.
pub(super) fn frame(
    sheet: &Sheet,
    title: &str,
    at: Rows,
    of: usize,
    theme: &Theme,
    buf: &mut Buffer,
    zones: &mut Zones,
) {
    popup(sheet.frame, title, theme.selected, theme, buf, zones);
    rows(sheet.frame, sheet.list, at, of, theme, buf, zones);
    let rows = at;
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
