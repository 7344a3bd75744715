//! The text of the queries, wrapped, with its cursor and what is wrong with it under the place where it is wrong.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, BorderType, Widget};
use unicode_width::UnicodeWidthStr;

use crate::app::{Explore, Focus, Page, Spot, Zones};
use crate::series::printable;
use crate::theme::Theme;
use crate::view::words;

/// Draws the editor; returns the cell of the beginning of what is typed at the cursor.
pub(super) fn draw(explore: &Explore, page: &Page, theme: &Theme, buf: &mut Buffer, zones: &mut Zones) -> Position {
    let (text, rows, frame) = (explore.text(), &page.rows, page.editor);
    if frame.height == 0 {
        return frame.as_position();
    }
    let has_focus = explore.focus == Focus::Editor;
    let (verdict, style) = match &explore.check {
        None => (String::new(), theme.dim),
        Some(Ok(queries)) => match queries.as_slice() {
            [only] => (format!(" ✓ {} ", only.type_of().name()), theme.good),
            several => (format!(" ✓ {} queries ", several.len()), theme.good),
        },
        Some(Err(_)) => (" ✗ not yet a query ".to_owned(), theme.warn),
    };
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(if has_focus { theme.selected } else { theme.border })
        .title(" Explore ")
        .title_style(theme.title)
        .render(frame, buf);
    let wide = verdict.width() as u16;
    if wide > 0 && wide + 14 < frame.width {
        let spot = Rect { x: frame.right() - wide - 2, y: frame.y, width: wide, height: 1 };
        words::line(buf, spot, &verdict, style);
    }
    let inside = frame.inner(Margin::new(2, 1));
    let (at, column) = explore.place(page, explore.cursor());
    let top = explore.top(page);
    let hidden = rows.len().saturating_sub(top + page.shown);
    if top > 0 || hidden > 0 {
        let more = format!(" lines {}–{} of {} ", top + 1, top + page.shown, rows.len());
        let spot = Rect { x: frame.x + 2, y: frame.bottom() - 1, width: frame.width.saturating_sub(4), height: 1 };
        words::line(buf, spot, &more, theme.dim);
    }
    let wrong = explore.check.as_ref().and_then(|check| check.as_ref().err());
    let caret = wrong.and_then(|wrong| wrong.place.clone()).map(|place| (explore.place(page, place.start), place));
    let mut y = inside.y;
    let mut cursor = Position { x: inside.x, y };
    let anchor = explore.list.as_ref().filter(|l| l.search.is_none()).map_or(0, |l| l.completion.replaced.start);
    for (i, row) in rows.iter().enumerate().skip(top).take(page.shown) {
        if y >= inside.bottom() {
            break;
        }
        let line = Rect { y, height: 1, ..inside };
        words::line(buf, line, &printable(&text[row.clone()]), if has_focus { theme.text } else { theme.dim });
        zones.mark(line, Spot::Text(row.start));
        if i == at {
            let x = inside.x + (column as u16).min(inside.width);
            let begin = explore.place(page, anchor);
            cursor = Position { x: if begin.0 == i { inside.x + begin.1 as u16 } else { inside.x }, y };
            if let Some(cell) = buf.cell_mut((x, y)).filter(|_| has_focus) {
                cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
            }
        }
        y += 1;
        if let Some(((row_at, from), range)) = &caret
            && *row_at == i
            && y < inside.bottom()
        {
            let marked =
                text.get(range.start..range.end.min(row.end).max(range.start)).map_or(0, UnicodeWidthStr::width);
            let carets = format!("{}{}", " ".repeat(*from), "^".repeat(marked.max(1)));
            words::line(buf, Rect { y, height: 1, ..inside }, &carets, theme.bad);
            y += 1;
        }
    }
    let last = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside };
    if inside.height > page.shown as u16 {
        match (&explore.check, wrong) {
            (_, Some(wrong)) => words::line(buf, last, &wrong.error.to_string(), theme.warn),
            (None, _) => words::line(buf, last, "type a query: Tab completes, ↑ brings back what was run", theme.dim),
            _ if explore.is_changed() => words::line(buf, last, "Enter runs it", theme.dim),
            _ => 0,
        };
    }
    cursor
}
