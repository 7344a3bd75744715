//! All runbooks, to choose one by a part of its name; and what a link of a runbook leads to. Pure. Uses `runbook`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::handbook::{Handbook, Stop};
use super::message::Command;
use super::model::{Model, Overlay, Screen};
use super::search::Filter;
use crate::runbook::{Entry, Library, Origin};
use crate::series::Labels;

/// Longest part of a name that can be typed, in characters.
const LONGEST: usize = 60;

/// Where the reader is among the runbooks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shelf {
    /// What was typed.
    pub typed: String,
    /// The selected one of those that have it in their names.
    pub cursor: usize,
}

impl Shelf {
    /// The runbooks whose names have what was typed, the nearest first.
    pub fn found<'l>(&self, library: &'l Library) -> Vec<&'l Entry> {
        let search = Filter::near(&self.typed);
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

    /// A key while the runbooks are listed: what types a character belongs to the name.
    pub(super) fn in_shelf(&mut self, key: &KeyEvent) -> Option<Command> {
        let Some(Overlay::Shelf(mut at)) = self.overlay.take() else { return None };
        let found = at.found(&self.library);
        let last = found.len().saturating_sub(1);
        match key.code {
            KeyCode::Esc => return None,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Some(Command::Quit),
            KeyCode::Enter => {
                if let Some(name) = found.get(at.cursor).map(|entry| entry.name.clone()) {
                    return self.open_by_name(&name);
                }
            }
            KeyCode::Up | KeyCode::BackTab => at.cursor = at.cursor.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => at.cursor = (at.cursor + 1).min(last),
            KeyCode::Backspace => {
                at.typed.pop();
                at.cursor = 0;
            }
            KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
                if at.typed.chars().count() < LONGEST {
                    at.typed.push(c);
                }
                at.cursor = 0;
            }
            _ => {}
        }
        self.overlay = Some(Overlay::Shelf(at));
        None
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
