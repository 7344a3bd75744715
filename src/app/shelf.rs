//! All runbooks, to choose one by a part of its name; and what a link of a runbook leads to. Pure. Uses `runbook`.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::handbook::{Handbook, Stop};
use super::keys::{Action, Place, typing};
use super::message::Command;
use super::model::{Model, Overlay, Screen};
use super::search::Filter;
use super::sheet::{Rows, Sheet, Typed};
use crate::runbook::{Entry, Library, Origin};
use crate::series::Labels;

/// Widest popup, in cells.
const WIDTH: u16 = 64;

/// Where the reader is among the runbooks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shelf {
    /// The line that is typed.
    pub typed: Typed,
    /// The place among those that have it in their names.
    pub rows: Rows,
}

impl Shelf {
    /// The runbooks whose names have what was typed, the nearest first.
    pub fn found<'l>(&self, library: &'l Library) -> Vec<&'l Entry> {
        let search = Filter::near(self.typed.text());
        let mut sieve = search.sieve();
        let distance = |entry: &'l Entry| Some((sieve.distance_of(&entry.name, &[])?, entry));
        let mut found: Vec<_> = library.entries().filter_map(distance).collect();
        found.sort_by_key(|(distance, _)| *distance);
        found.into_iter().map(|(_, entry)| entry).collect()
    }
}

impl Model {
    pub(super) fn open_shelf(&mut self) -> Option<Command> {
        self.overlay = Some(Overlay::Shelf(Shelf::default()));
        None
    }

    /// Where the popup stands in `body`: as high as all of them, so that typing does not move it.
    pub fn shelf_sheet(&self, body: Rect) -> Sheet {
        Sheet::place(body, WIDTH, 0, self.library.entries().count())
    }

    /// A key while the runbooks are listed: what types a character belongs to the name. The keys are the palette's, which
    /// finds them too.
    pub(super) fn in_shelf(&mut self, key: &KeyEvent) -> Option<Command> {
        let Some(Overlay::Shelf(mut books)) = self.overlay.take() else { return None };
        let count = books.found(&self.library).len();
        let height = self.shelf_sheet(self.body_area()).list.height;
        match typing(&self.keymap, Place::Palette, key) {
            Some(Action::Confirm) if count > 0 => return self.open_found(&books, books.rows.at),
            Some(Action::Confirm) => {}
            Some(Action::Complete) => {
                if let Some(entry) = books.found(&self.library).get(books.rows.at) {
                    books = Shelf { typed: Typed::new(entry.name.clone()), rows: Rows::default() };
                }
            }
            Some(action) => {
                let Some(at) = action.step(books.rows.at, count.saturating_sub(1)) else {
                    self.overlay = Some(Overlay::Shelf(books));
                    return self.beyond(action);
                };
                books.rows.put(at, count, height);
            }
            None => {
                if books.typed.take(key) {
                    books.rows = Rows::default();
                }
            }
        }
        self.overlay = Some(Overlay::Shelf(books));
        None
    }

    /// A click opens a runbook.
    pub(super) fn click_shelf(&mut self, row: usize) -> Option<Command> {
        let Some(Overlay::Shelf(books)) = self.overlay.take() else { return None };
        self.open_found(&books, row)
    }

    fn open_found(&mut self, books: &Shelf, at: usize) -> Option<Command> {
        let name = books.found(&self.library).get(at).map(|entry| entry.name.clone())?;
        self.open_by_name(&name)
    }

    /// Puts the cursor of the popup's list on a row.
    pub(super) fn put_row(&mut self, row: usize) {
        let body = self.body_area();
        let (ranges, time) = (self.ranges().count(), self.time_sheet(body).list.height);
        let (palette, books) = (self.palette_sheet(body).list.height, self.shelf_sheet(body).list.height);
        match &mut self.overlay {
            Some(Overlay::Time(picker)) => {
                picker.rows.put(row, ranges, time);
                picker.listed = true;
            }
            Some(Overlay::Palette(at)) => at.rows.put(row, at.found.len(), palette),
            Some(Overlay::Shelf(at)) => {
                let count = at.found(&self.library).len();
                at.rows.put(row, count, books);
            }
            Some(Overlay::Picker(_)) => self.put_in_picker(row),
            _ => {}
        }
    }

    /// Opens a runbook that no alert leads to.
    pub(super) fn open_by_name(&mut self, name: &str) -> Option<Command> {
        let entry = self.library.entries().find(|entry| entry.name == name)?;
        let text = entry.text().to_owned();
        self.shelve();
        Some(self.read_runbook(name, &text, Labels::empty(), None, None))
    }

    /// Enter in a runbook: ticks the selected step, follows the selected link, copies the selected query.
    pub(super) fn follow_stop(&mut self) -> Option<Command> {
        let handbook = self.handbook.as_ref()?;
        let Some(Stop::Link(id)) = handbook.stop() else { return self.tick() };
        let url = handbook.runbook.links.get(id)?.url.clone();
        if url.starts_with('#') {
            return self.scroll_to_section(&url);
        }
        // A page of another site that only has the name of one of ours is not ours.
        let is_runbook = !url.contains("://") || url.contains("runbook");
        let Some(found) = self.library.find(&url).filter(|_| is_runbook) else {
            self.notice = Some(format!("it leads out of the terminal; y copies it: {url}"));
            return None;
        };
        let (name, text, fragment) = (found.entry.name.clone(), found.entry.text().to_owned(), found.fragment.clone());
        let (labels, since) = (handbook.labels.clone(), handbook.since);
        self.shelve();
        let command = self.read_runbook(&name, &text, labels, since, None);
        if !fragment.is_empty() {
            self.scroll_to_section(&fragment);
        }
        Some(command)
    }

    /// Puts the open runbook where Esc finds it again.
    fn shelve(&mut self) {
        if self.screen == Screen::Runbook {
            self.shelved.extend(self.handbook.take());
        }
    }

    /// The runbook from which the open one was opened, if that was one.
    pub(super) fn unshelve(&mut self) -> Option<Command> {
        if self.screen != Screen::Runbook {
            return None;
        }
        let handbook: Handbook = self.shelved.pop()?;
        self.handbook = Some(handbook);
        self.fit_runbook();
        Some(self.watch())
    }

    fn scroll_to_section(&mut self, fragment: &str) -> Option<Command> {
        let handbook = self.handbook.as_ref()?;
        match handbook.runbook.section(fragment).and_then(|section| handbook.line_of(section)) {
            Some(line) => self.scroll_runbook_to(line),
            None => self.notice = Some(format!("there is no section {fragment}")),
        }
        None
    }
}

/// Whose a runbook is, in words.
pub fn whose(entry: &Entry) -> &'static str {
    match entry.origin {
        Origin::Own => "yours",
        Origin::Builtin => "built in",
    }
}
