//! The text of the query, wrapped, with its cursor and what is wrong with it under the place where it is wrong.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, BorderType, Widget};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::app::Explore;
use crate::series::printable;
use crate::theme::Theme;
use crate::view::words;

/// From this many lines on the caret and the words below the text have lines of their own.
const ROOMY: u16 = 16;

/// What of the area the editor takes, and where its cursor is.
pub(super) struct Place {
    pub(super) height: u16,
    /// The cell of the beginning of what is typed at the cursor.
    pub(super) cursor: Position,
}

/// Draws the editor at the top of `area`.
pub(super) fn draw(explore: &Explore, theme: &Theme, area: Rect, buf: &mut Buffer) -> Place {
    let text = explore.text();
    let width = area.width.saturating_sub(5).max(1);
    let rows = rows(text, usize::from(width));
    // A quarter of the screen at most; then it scrolls. One line is for the caret and one for words, so that nothing moves
    // as one types; where lines are few they are there when they are needed.
    let shown = rows.len().clamp(1, usize::from(area.height / 4).max(1));
    let says = area.height >= ROOMY || matches!(explore.check, Some(Err(_)));
    let height = (shown as u16 + if says { 4 } else { 2 }).min(area.height);
    let frame = Rect { height, ..area };
    let (verdict, style) = match &explore.check {
        None => (String::new(), theme.dim),
        Some(Ok(query)) => (format!(" ✓ {} ", query.type_of().name()), theme.good),
        Some(Err(_)) => (" ✗ not yet a query ".to_owned(), theme.warn),
    };
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.selected)
        .title(" Explore ")
        .title_style(theme.title)
        .render(frame, buf);
    let wide = verdict.width() as u16;
    if wide > 0 && wide + 14 < frame.width {
        let spot = Rect { x: frame.right() - wide - 2, y: frame.y, width: wide, height: 1 };
        words::line(buf, spot, &verdict, style);
    }
    let inside = frame.inner(Margin::new(2, 1));
    let (at, column) = place(text, &rows, explore.cursor());
    let top = (at + 1).saturating_sub(shown);
    let wrong = explore.check.as_ref().and_then(|check| check.as_ref().err());
    let wrong_at = wrong.and_then(crate::promql::Error::place).map(|p| p.start.min(text.len())..p.end.min(text.len()));
    let caret = wrong_at.as_ref().map(|p| (place(text, &rows, p.start), p.clone()));
    let mut y = inside.y;
    let mut cursor = Position { x: inside.x, y };
    let anchor = explore.list.as_ref().filter(|l| !l.is_history).map_or(0, |l| l.completion.replaced.start);
    for (i, row) in rows.iter().enumerate().skip(top).take(shown) {
        if y >= inside.bottom() {
            break;
        }
        let line = Rect { y, height: 1, ..inside };
        words::line(buf, line, &printable(&text[row.clone()]), theme.text);
        if i == at {
            let x = inside.x + (column as u16).min(inside.width);
            let begin = place(text, &rows, anchor);
            cursor = Position { x: if begin.0 == i { inside.x + begin.1 as u16 } else { inside.x }, y };
            if let Some(cell) = buf.cell_mut((x, y)) {
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
    if inside.height > shown as u16 {
        match (&explore.check, wrong) {
            (_, Some(error)) => words::line(buf, last, &error.to_string(), theme.warn),
            (None, _) => words::line(buf, last, "type a query: Tab completes, ↑ brings back what was run", theme.dim),
            _ if explore.is_changed() => words::line(buf, last, "Enter runs it", theme.dim),
            _ => 0,
        };
    }
    Place { height, cursor }
}

/// The lines of `text` as they fit into so many cells, as ranges of its bytes; at least one. They break behind blanks and
/// commas, or behind what opens, where that is near the end.
fn rows(text: &str, width: usize) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut start = 0;
    let mut used = 0;
    let mut good: Option<usize> = None;
    for (i, c) in text.char_indices() {
        if c == '\n' {
            rows.push(start..i);
            (start, used, good) = (i + 1, 0, None);
            continue;
        }
        let wide = c.width().unwrap_or(1);
        if used + wide > width {
            let at = good.filter(|at| text[start..*at].width() * 2 > width).unwrap_or(i);
            rows.push(start..at);
            start = at;
            used = text[start..i].width();
            good = None;
        }
        used += wide;
        if matches!(c, ' ' | ',' | '(' | '{') {
            good = Some(i + c.len_utf8());
        }
    }
    rows.push(start..text.len());
    rows
}

/// The row and column of a byte.
fn place(text: &str, rows: &[Range<usize>], byte: usize) -> (usize, usize) {
    let row = rows.iter().rposition(|row| row.start <= byte).unwrap_or(0);
    let column = rows.get(row).and_then(|r| text.get(r.start..byte.min(r.end))).map_or(0, |t| printable(t).width());
    (row, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, width: usize) -> Vec<&str> {
        rows(text, width).into_iter().map(|row| &text[row]).collect()
    }

    #[test]
    fn every_byte_is_in_one_row_and_breaks_are_behind_blanks() {
        assert_eq!(lines("", 10), [""]);
        assert_eq!(lines("sum by (topic) (rate(x[5m]))", 18), ["sum by (topic) (", "rate(x[5m]))"]);
        assert_eq!(lines("a\n\nb", 5), ["a", "", "b"]);
        assert_eq!(lines("aaaaaaaaaa", 4), ["aaaa", "aaaa", "aa"]);
        assert_eq!(lines("日本語日本語", 5), ["日本", "語日", "本語"]);
    }

    #[test]
    fn the_cursor_stands_behind_what_was_typed() {
        let text = "ab cd\nef";
        let rows = rows(text, 4);
        assert_eq!(place(text, &rows, 0), (0, 0));
        assert_eq!(place(text, &rows, 3), (1, 0));
        assert_eq!(place(text, &rows, 5), (1, 2));
        assert_eq!(place(text, &rows, 8), (2, 2));
    }
}
