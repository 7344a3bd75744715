//! A popup with a line to type into and a list beneath: the line, the place in the list, and where its parts stand on the
//! screen. Pure. Uses nothing of the crate.

use crossterm::event::{Event, KeyCode, KeyEvent};
use ratatui::layout::{Margin, Rect};
use tui_input::backend::crossterm::EventHandler as _;
use tui_input::{Input, InputRequest};

/// Longest line that can be typed, in characters.
const LONGEST: usize = 1_000;

/// Lines that the list keeps where there is hardly room.
const LEAST: u16 = 3;

/// A line that is being typed.
#[derive(Debug, Clone, Default)]
pub struct Typed(Input);

impl PartialEq for Typed {
    fn eq(&self, other: &Self) -> bool {
        self.0.value() == other.0.value() && self.0.cursor() == other.0.cursor()
    }
}

impl Eq for Typed {}

impl Typed {
    /// A line with this in it, the cursor at its end.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(Input::new(text.into()))
    }

    /// What stands on the line.
    pub fn text(&self) -> &str {
        self.0.value()
    }

    /// The part of the line that is in sight where it has so many cells, and the cell of the cursor in it.
    pub fn seen(&self, cells: u16) -> (String, u16) {
        let room = usize::from(cells.saturating_sub(1).max(1));
        let scroll = self.0.visual_scroll(room);
        let text = self.0.value().chars().skip(scroll).collect();
        (text, self.0.visual_cursor().saturating_sub(scroll) as u16)
    }

    /// Takes in what was pasted, as far as there is room.
    pub(super) fn paste(&mut self, line: &str) {
        let room = LONGEST.saturating_sub(self.0.value().chars().count());
        for c in line.chars().take(room) {
            self.0.handle(InputRequest::InsertChar(c));
        }
    }

    /// Takes a key; whether the text is another one now.
    pub(super) fn take(&mut self, key: &KeyEvent) -> bool {
        if matches!(key.code, KeyCode::Char(_)) && self.0.value().chars().count() >= LONGEST {
            return false;
        }
        self.0.handle_event(&Event::Key(*key)).is_some_and(|change| change.value)
    }
}

/// The place in a list: which row is under the cursor, and which is the first in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rows {
    /// The row under the cursor.
    pub at: usize,
    /// The first row in sight.
    pub top: usize,
}

impl Rows {
    /// Puts the cursor on a row of a list of so many, of which `height` are in sight; scrolls no more than it takes.
    pub(super) fn put(&mut self, at: usize, of: usize, height: u16) {
        let height = usize::from(height.max(1));
        self.at = at.min(of.saturating_sub(1));
        self.top = self.top.clamp((self.at + 1).saturating_sub(height), self.at).min(of.saturating_sub(height));
    }
}

/// Where the parts of the popup stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sheet {
    /// The popup with its border.
    pub frame: Rect,
    /// The line to type into.
    pub line: Rect,
    /// What is said of the line.
    pub told: Rect,
    /// The list.
    pub list: Rect,
}

impl Sheet {
    /// In the middle of `body`, at most so wide, with so many lines for what is said of the line and so many for the list. Where
    /// there is no room, words and list give way in turn.
    pub fn place(body: Rect, width: u16, told: u16, rows: usize) -> Self {
        let rows = u16::try_from(rows).unwrap_or(u16::MAX).max(1);
        let width = width.min(body.width);
        let height = rows.saturating_add(told + 3).min(body.height);
        let frame =
            Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
        let inside = frame.inner(Margin::new(2, 1));
        let line = Rect { height: inside.height.min(1), ..inside };
        let below = inside.height - line.height;
        let told = told.min(below.saturating_sub(LEAST.min(rows)));
        Self {
            frame,
            line,
            told: Rect { y: line.bottom(), height: told, ..inside },
            list: Rect { y: line.bottom() + told, height: below - told, ..inside },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_scrolls_no_more_than_it_must() {
        let mut rows = Rows::default();
        for (to, top) in [(4, 0), (5, 1), (3, 1), (0, 0), (99, 5), (6, 5), (4, 4)] {
            rows.put(to, 10, 5);
            assert_eq!((rows.at, rows.top), (to.min(9), top));
        }
        rows.put(3, 0, 5);
        assert_eq!(rows, Rows::default());
    }

    #[test]
    fn nothing_of_a_popup_stands_outside_it() {
        for width in 0..90 {
            for height in 0..30 {
                let body = Rect { x: 0, y: 1, width, height };
                for (told, rows) in [(0, 1), (2, 9), (3, 100_000)] {
                    let sheet = Sheet::place(body, 60, told, rows);
                    for part in [sheet.line, sheet.told, sheet.list] {
                        assert_eq!(part.intersection(sheet.frame).area(), part.area(), "{body:?} {sheet:?}");
                    }
                    assert_eq!(sheet.frame.intersection(body), sheet.frame);
                    assert!(height < 6 || width < 6 || sheet.list.height >= LEAST.min(rows as u16), "{sheet:?}");
                }
            }
        }
    }
}
