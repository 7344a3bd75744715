//! The text that is being written: keys, lines as they are wrapped, steps back. Pure. Uses `series`.

use std::ops::Range;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler as _;
use tui_input::{Input, InputRequest};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::series::printable;

/// Longest text that can be typed, in characters.
const LONGEST: usize = 16_000;

/// Most steps that can be taken back.
const STEPS: usize = 200;

/// A text with a cursor.
#[derive(Debug, Default)]
pub(super) struct Writing {
    input: Input,
    /// The text and the cursor before each change, the newest last.
    before: Vec<(String, usize)>,
    /// Whether the last change was a letter behind the one before it: a word is taken back as one.
    in_word: bool,
}

/// What a key did to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It is another one.
    Text,
    /// The cursor stands elsewhere.
    Cursor,
    /// Nothing.
    Nothing,
}

impl Writing {
    pub(super) fn text(&self) -> &str {
        self.input.value()
    }

    /// The byte at which the cursor is.
    pub(super) fn cursor(&self) -> usize {
        let text = self.input.value();
        text.char_indices().nth(self.input.cursor()).map_or(text.len(), |(i, _)| i)
    }

    /// Puts another text in the place of this one, the cursor at byte `cursor`.
    pub(super) fn put(&mut self, text: &str, cursor: usize) {
        self.remember(false);
        let at = text.get(..cursor).map_or(usize::MAX, |before| before.chars().count());
        self.input = Input::new(text.to_owned()).with_cursor(at.min(text.chars().count()));
    }

    /// A key that belongs to the text.
    pub(super) fn take(&mut self, key: &KeyEvent, width: usize) -> Change {
        let bare = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER);
        match key.code {
            KeyCode::Char(c) if bare => return self.insert(c),
            KeyCode::Home | KeyCode::End if bare && self.text().contains('\n') => {
                let (rows, at) = (rows(self.text(), width), self.cursor());
                let row = rows.iter().rposition(|row| row.start <= at).unwrap_or(0);
                let to = if key.code == KeyCode::Home { rows[row].start } else { rows[row].end };
                return self.go(to);
            }
            _ => {}
        }
        let (text, cursor) = (self.text().to_owned(), self.input.cursor());
        match self.input.handle_event(&Event::Key(*key)) {
            Some(change) if change.value => {
                self.in_word = false;
                self.keep(text, cursor);
                Change::Text
            }
            Some(change) if change.cursor => Change::Cursor,
            _ => Change::Nothing,
        }
    }

    /// Types a character.
    pub(super) fn insert(&mut self, c: char) -> Change {
        if self.text().chars().count() >= LONGEST {
            return Change::Nothing;
        }
        self.remember(c.is_alphanumeric() || c == '_');
        self.input.handle(InputRequest::InsertChar(c));
        Change::Text
    }

    /// Takes in what was pasted, as far as there is room; it is taken back as one.
    pub(super) fn paste(&mut self, text: &str) {
        self.remember(false);
        let room = LONGEST.saturating_sub(self.text().chars().count());
        for c in text.chars().take(room) {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// Takes the last change back; whether there was one.
    pub(super) fn undo(&mut self) -> bool {
        self.in_word = false;
        let Some((text, cursor)) = self.before.pop() else { return false };
        self.input = Input::new(text).with_cursor(cursor);
        true
    }

    /// Moves the cursor a line up or down; whether there is one.
    pub(super) fn climb(&mut self, up: bool, width: usize) -> bool {
        let text = self.text();
        let rows = rows(text, width);
        let (row, column) = place(text, &rows, self.cursor());
        let Some(to) = (if up { row.checked_sub(1) } else { Some(row + 1).filter(|to| *to < rows.len()) }) else {
            return false;
        };
        let to = byte(text, &rows[to], column);
        self.go(to);
        true
    }

    /// Puts the cursor at a byte.
    pub(super) fn go(&mut self, to: usize) -> Change {
        self.in_word = false;
        let at = self.text().get(..to).map_or(0, |before| before.chars().count());
        self.input.handle(InputRequest::SetCursor(at));
        Change::Cursor
    }

    fn remember(&mut self, in_word: bool) {
        if !(in_word && self.in_word) {
            self.keep(self.text().to_owned(), self.input.cursor());
        }
        self.in_word = in_word;
    }

    fn keep(&mut self, text: String, cursor: usize) {
        if self.before.len() >= STEPS {
            self.before.remove(0);
        }
        self.before.push((text, cursor));
    }
}

/// The lines of `text` as they fit into so many cells, as ranges of its bytes; at least one. They break behind blanks and
/// commas, or behind what opens, where that is near the end.
pub(super) fn rows(text: &str, width: usize) -> Vec<Range<usize>> {
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
pub(super) fn place(text: &str, rows: &[Range<usize>], byte: usize) -> (usize, usize) {
    let row = rows.iter().rposition(|row| row.start <= byte).unwrap_or(0);
    let column = rows.get(row).and_then(|r| text.get(r.start..byte.min(r.end))).map_or(0, |t| printable(t).width());
    (row, column)
}

/// The byte of a row that stands in this column, or the nearest one before it.
pub(super) fn byte(text: &str, row: &Range<usize>, column: usize) -> usize {
    let mut used = 0;
    for (i, c) in text[row.clone()].char_indices() {
        used += c.width().unwrap_or(1);
        if used > column {
            return row.start + i;
        }
    }
    row.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, width: usize) -> Vec<&str> {
        rows(text, width).into_iter().map(|row| &text[row]).collect()
    }

    fn written(text: &str) -> Writing {
        let mut writing = Writing::default();
        for c in text.chars() {
            writing.insert(c);
        }
        writing
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
        for at in [0, 1, 3, 4, 6, 7] {
            let (row, column) = place(text, &rows, at);
            assert_eq!(byte(text, &rows[row], column), at);
        }
    }

    #[test]
    fn words_are_taken_back_one_by_one() {
        let mut writing = written("sum(日本_x) +");
        let mut seen = Vec::new();
        while writing.undo() {
            seen.push(writing.text().to_owned());
        }
        assert_eq!(seen, ["sum(日本_x) ", "sum(日本_x)", "sum(日本_x", "sum(", "sum", ""]);
        let mut writing = written("up");
        writing.put("sum(up)", 7);
        writing.take(&KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL), 80);
        assert_ne!(writing.text(), "sum(up)");
        assert!(writing.undo() && writing.text() == "sum(up)");
        assert!(writing.undo() && writing.text() == "up");
    }

    #[test]
    fn the_cursor_goes_up_and_down_through_lines_and_to_their_ends() {
        let mut writing = written("rate(x[5m])\n/\n日本语语语语");
        assert!(writing.climb(true, 80));
        assert_eq!(writing.cursor(), "rate(x[5m])\n/".len());
        assert!(writing.climb(true, 80));
        assert_eq!(writing.cursor(), 1, "it stands where it stood in the line below");
        assert!(!writing.climb(true, 80));
        writing.take(&KeyEvent::from(KeyCode::End), 80);
        assert_eq!(writing.cursor(), "rate(x[5m])".len());
        writing.take(&KeyEvent::from(KeyCode::Home), 80);
        assert_eq!(writing.cursor(), 0);
        assert!(writing.climb(false, 80) && writing.climb(false, 80) && !writing.climb(false, 80));
    }

    #[test]
    fn a_text_ends_somewhere() {
        let mut writing = written(&"x".repeat(LONGEST));
        assert_eq!(writing.insert('y'), Change::Nothing);
        assert_eq!(writing.text().len(), LONGEST);
    }
}
