//! Everything that can be done or gone to, found by a few letters of its name. What there is comes from one table, a row a
//! kind; see `kinds`. Pure. Uses the model.

mod kinds;

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use rustc_hash::FxHashMap;

use super::keys::{Action, Place, typing};
use super::message::Command;
use super::model::{AlertId, Model, Overlay};
use super::search::Filter;
use super::sheet::{Rows, Sheet, Typed};
use kinds::KINDS;

/// Widest popup, in cells.
const WIDTH: u16 = 96;

/// Most lines of the list.
const LINES: usize = 18;

/// How many entries are listed: nobody looks further.
const MOST: usize = 500;

/// How many lines that were run are remembered.
const REMEMBERED: usize = 50;

/// Where the reader is in the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    /// The line that is typed.
    pub typed: Typed,
    /// The place in the list.
    pub rows: Rows,
    /// What fits the line, the best first.
    pub found: Vec<Found>,
    /// Everything there was when the palette was opened.
    entries: Vec<Entry>,
    /// Which of the remembered lines is on the line, the last one being 0.
    recalled: Option<usize>,
}

/// Something that can be done or gone to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Index of its row in the table of kinds.
    kind: usize,
    /// What it is called.
    pub title: String,
    /// What tells it from others of that name, or what it is like now.
    pub detail: String,
    /// The key that does the same here; empty for none.
    pub key: Cow<'static, str>,
    /// Whether it is what there is already: the theme that is drawn in.
    pub is_current: bool,
    /// Why it cannot be done now.
    pub hindrance: Option<String>,
    id: Id,
}

impl Entry {
    /// What it is, in a word: `panel`.
    pub fn kind(&self) -> &'static str {
        KINDS[self.kind].word
    }
}

/// Which one of its kind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Id {
    Action(Action),
    Index(usize),
    Panel(usize, usize),
    Name(String),
    Alert(AlertId),
}

/// An entry that fits what is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The entry.
    pub entry: Entry,
    /// Which graphemes of its title were found, ascending.
    pub title: Vec<u32>,
    /// Which of its detail.
    pub detail: Vec<u32>,
}

impl Palette {
    fn new(model: &Model) -> Self {
        let mut entries = kinds::entries(model);
        // What was run before comes first, the last one of it before all.
        let lines: Vec<String> = entries.iter().map(line).collect();
        let recent: FxHashMap<&str, usize> = model.ran.iter().enumerate().map(|(i, line)| (line.as_str(), i)).collect();
        let mut order: Vec<(usize, Entry)> = lines
            .iter()
            .zip(entries.drain(..))
            .map(|(line, entry)| (recent.get(line.as_str()).copied().unwrap_or(usize::MAX), entry))
            .collect();
        order.sort_by_key(|(place, _)| *place);
        entries.extend(order.into_iter().map(|(_, entry)| entry));
        let mut palette =
            Self { typed: Typed::default(), rows: Rows::default(), found: Vec::new(), entries, recalled: None };
        palette.search(model);
        palette
    }

    fn search(&mut self, model: &Model) {
        let text = self.typed.text().trim_start();
        // `range 6h`: the kind, and what of it.
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        let kind = KINDS.iter().position(|kind| kind.word.eq_ignore_ascii_case(first)).filter(|_| text.contains(' '));
        let text = if kind.is_some() { rest } else { text };
        let of_kind = self.entries.iter().filter(|entry| kind.is_none_or(|kind| entry.kind == kind));
        self.found = rank(of_kind, text);
        // What is typed may itself be one, and nothing can be nearer to it.
        let typed = (0..KINDS.len()).filter(|i| kind.is_none_or(|kind| kind == *i));
        for entry in typed.filter_map(|i| kinds::typed(model, i, text.trim())) {
            self.found.insert(0, Found { entry, title: Vec::new(), detail: Vec::new() });
        }
        self.rows = Rows::default();
    }
}

impl Model {
    /// Where the popup stands in `body`: always of one size, so that typing does not move it.
    pub fn palette_sheet(&self, body: Rect) -> Sheet {
        // A rest of a panel above and below would say nothing.
        let rows = if usize::from(body.height) < LINES + 9 { usize::from(body.height) } else { LINES };
        Sheet::place(body, WIDTH, 0, rows)
    }

    pub(super) fn open_palette(&mut self) -> Option<Command> {
        self.overlay = Some(Overlay::Palette(Box::new(Palette::new(self))));
        None
    }

    /// A key in the palette.
    pub(super) fn in_palette(&mut self, key: &KeyEvent) -> Option<Command> {
        let Some(Overlay::Palette(mut palette)) = self.overlay.take() else { return None };
        let height = self.palette_sheet(self.body_area()).list.height;
        match typing(&self.keymap, Place::Palette, key) {
            Some(Action::Confirm) => return self.run_entry(&palette, palette.rows.at),
            Some(Action::Complete) => {
                if let Some(found) = palette.found.get(palette.rows.at) {
                    palette.typed = Typed::new(line(&found.entry));
                    palette.search(self);
                }
            }
            Some(Action::Up | Action::Down) if self.recall(&mut palette, key.code == KeyCode::Up) => {}
            Some(action) => {
                let last = palette.found.len().saturating_sub(1);
                let Some(at) = action.step(palette.rows.at, last) else {
                    self.overlay = Some(Overlay::Palette(palette));
                    return self.beyond(action);
                };
                palette.rows.put(at, last + 1, height);
            }
            None => {
                if palette.typed.take(key) {
                    palette.recalled = None;
                    palette.search(self);
                }
            }
        }
        self.overlay = Some(Overlay::Palette(palette));
        None
    }

    /// Up on an empty line brings back what was run before, and goes on from there; whether it did.
    fn recall(&self, palette: &mut Palette, older: bool) -> bool {
        let next = match (palette.recalled, older) {
            (None, true) if palette.typed.text().is_empty() && palette.rows.at == 0 => Some(0),
            (Some(at), true) => Some((at + 1).min(self.ran.len().saturating_sub(1))),
            (Some(at), false) => at.checked_sub(1),
            (None, _) => return false,
        };
        let Some(line) = next.map_or(Some(""), |at| self.ran.get(at).map(String::as_str)) else { return false };
        palette.typed = Typed::new(line);
        palette.recalled = next;
        palette.search(self);
        true
    }

    /// A click runs an entry.
    pub(super) fn click_palette(&mut self, row: usize) -> Option<Command> {
        let Some(Overlay::Palette(palette)) = self.overlay.take() else { return None };
        self.run_entry(&palette, row)
    }

    /// Searches for what was pasted.
    pub(super) fn paste_into_palette(&mut self, line: &str) {
        let Some(Overlay::Palette(mut palette)) = self.overlay.take() else { return };
        palette.typed.paste(line);
        palette.recalled = None;
        palette.search(self);
        self.overlay = Some(Overlay::Palette(palette));
    }

    fn run_entry(&mut self, palette: &Palette, at: usize) -> Option<Command> {
        let entry = palette.found.get(at)?.entry.clone();
        let line = line(&entry);
        self.ran.retain(|known| *known != line);
        self.ran.insert(0, line);
        self.ran.truncate(REMEMBERED);
        // A command says itself what keeps it from what its key would do.
        if let (Some(why), false) = (&entry.hindrance, matches!(entry.id, Id::Action(_))) {
            self.overlay = None;
            self.notice = Some(format!("{}: {why}", entry.title));
            return None;
        }
        (KINDS[entry.kind].run)(self, &entry.id)
    }
}

/// The entries that fit, the nearest first, those that are equally near as they came. What cannot be done now comes behind.
fn rank<'e>(entries: impl Iterator<Item = &'e Entry>, text: &str) -> Vec<Found> {
    let search = Filter::near(text);
    let mut sieve = search.sieve();
    let distance = |entry: &'e Entry| Some((sieve.distance_of(&entry.title, &[&entry.detail, entry.kind()])?, entry));
    let mut fitting: Vec<(u32, &Entry)> = entries.filter_map(distance).collect();
    // Of two that have it all the shorter is the nearer one, unless nothing is searched for. The sort is stable.
    let length = |entry: &Entry| if search.is_empty() { 0 } else { entry.title.chars().count() };
    fitting.sort_by_key(|&(distance, entry)| (entry.hindrance.is_some(), distance, length(entry)));
    fitting.truncate(MOST);
    let found = |(_, entry): (u32, &Entry)| {
        let (title, detail) = sieve.places(&entry.title, &entry.detail);
        Found { entry: entry.clone(), title, detail }
    };
    fitting.into_iter().map(found).collect()
}

/// The line that finds an entry: `theme light`.
fn line(entry: &Entry) -> String {
    format!("{} {}", entry.kind(), entry.title)
}
