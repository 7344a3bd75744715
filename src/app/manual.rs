//! The help as it is read: what the keys do, those of the place first, searched and laid out in columns. Pure. Uses `panel`
//! for breaking lines.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Margin, Rect};
use unicode_width::UnicodeWidthStr;

use super::keymap::Row;
use super::keys::{Action, BINDINGS, Key, Place, action};
use super::message::Command;
use super::model::{Model, Overlay};
use super::search::{Filter, Sieve};
use super::sheet::Typed;
use crate::panel::wrap;

/// Cells of the keys' column.
const KEYS: usize = 12;

/// From this width on there are two columns.
const TWO: u16 = 124;

/// Widest popup with one column, and with two, in cells.
const WIDEST: [u16; 2] = [84, 176];

/// Cells between two columns.
const GAP: u16 = 3;

/// What the mouse does, where it is ours.
const MOUSE: &[(&str, &str)] = &[
    ("click", "selects; on a chart it sets the crosshair; words of the header and the footer are buttons"),
    ("twice", "a panel on the whole screen; in a list what Enter does"),
    ("beside", "a click beside a popup closes it"),
    ("draw", "along a chart: shows that range"),
    ("wheel", "scrolls what is under it"),
    ("Ctrl-wheel", "shorter or longer time range around the pointer"),
    ("Shift", "held, most terminals select text all the same"),
];

/// The places, each with its heading.
const HEADINGS: &[(Place, &str)] = &[
    (Place::Dashboard, "On a dashboard"),
    (Place::Targets, "On the targets"),
    (Place::Alerts, "On the alerts"),
    (Place::Alert, "On one alert"),
    (Place::Runbook, "In a runbook"),
    (Place::Silence, "In the form of a silence"),
    (Place::Silences, "In the list of silences"),
    (Place::Confirm, "Where something is asked"),
    (Place::Palette, "In the palette, of runbooks too"),
    (Place::Time, "Among the time ranges"),
    (Place::Explore, "In the editor of queries"),
    (Place::Result, "On the result of queries"),
    (Place::Picker, "In the variable picker"),
    (Place::Moved, "In the list of what moved"),
    (Place::Contexts, "In the list of contexts"),
    (Place::Log, "In the incident log"),
    (Place::Help, "In this help"),
];

/// Where the reader is in the help.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manual {
    /// What is searched for.
    pub typed: Typed,
    /// Whether that is being typed.
    pub typing: bool,
    /// Lines scrolled down.
    pub top: usize,
}

/// One line of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualLine {
    /// The keys; empty for headings, and where a text goes on.
    pub keys: String,
    /// What they do.
    pub text: String,
    /// What kind of line it is.
    pub sort: Sort,
}

/// Kinds of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Begins a group.
    Heading,
    /// What keys do, as built in.
    Own,
    /// What keys do that the configuration has given other keys.
    Changed,
}

/// The help as it is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualSheet {
    /// The popup with its border.
    pub frame: Rect,
    /// The line that is searched with; empty where nothing is.
    pub line: Rect,
    /// Where the columns stand, each with its lines; all are scrolled together.
    pub columns: Vec<(Rect, Vec<ManualLine>)>,
    /// Lines of the longest column.
    pub lines: usize,
}

impl ManualSheet {
    /// How many lines are in sight at once.
    pub fn height(&self) -> usize {
        self.columns.first().map_or(0, |(column, _)| usize::from(column.height))
    }

    /// How far it can be scrolled.
    pub fn most(&self) -> usize {
        self.lines.saturating_sub(self.height())
    }
}

impl Model {
    /// The help in `body`.
    pub fn manual_sheet(&self, manual: &Manual, body: Rect) -> ManualSheet {
        let two = body.width >= TWO;
        let width = body.width.min(WIDEST[usize::from(two)]);
        let inner = width.saturating_sub(4);
        let each = if two { (inner - GAP) / 2 } else { inner };
        let groups = self.groups(manual, usize::from(each));
        let mut lines: Vec<Vec<ManualLine>> = vec![Vec::new()];
        let whole: usize = groups.iter().map(Vec::len).sum();
        for group in groups {
            let last = lines.len() - 1;
            // A group goes where it makes the columns most alike.
            let (before, after) = (lines[last].len(), lines[last].len() + group.len());
            if two && last == 0 && before > 0 && after.abs_diff(whole - after) > before.abs_diff(whole - before) {
                lines.push(group);
            } else {
                lines[last].extend(group);
            }
        }
        let longest = lines.iter().map(Vec::len).max().unwrap_or(0);
        let searched = u16::from(manual.typing || !manual.typed.text().is_empty());
        // As high as all of it, so that searching does not move it.
        let all = if searched > 0 { body.height } else { u16::try_from(longest).unwrap_or(u16::MAX).saturating_add(2) };
        let height = all.min(body.height);
        let frame =
            Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
        let inside = frame.inner(Margin::new(2, 1));
        let searched = searched.min(inside.height);
        let below = Rect { y: inside.y + searched, height: inside.height - searched, ..inside };
        let column = |i: usize| Rect { x: below.x + i as u16 * (each + GAP), width: each.min(below.width), ..below };
        ManualSheet {
            frame,
            line: Rect { height: searched, ..inside },
            columns: lines.into_iter().enumerate().map(|(i, lines)| (column(i), lines)).collect(),
            lines: longest,
        }
    }

    /// The groups of lines that have what is searched for, in a column of so many cells.
    fn groups(&self, manual: &Manual, width: usize) -> Vec<Vec<ManualLine>> {
        let here = self.place();
        let rows = || self.keymap.all().iter().zip(BINDINGS.iter().map(|binding| binding.shown));
        let of = |place: Place| rows().filter(move |(row, _)| row.place == place);
        let (holds, not): (Vec<_>, Vec<_>) = of(Place::Anywhere).partition(|(row, _)| self.holds(row, here));
        let filter = Filter::parse(manual.typed.text());
        let mut sieve = filter.sieve();
        let mut groups = Vec::new();
        let heading = HEADINGS.iter().find(|(place, _)| *place == here).map_or("", |(_, heading)| heading);
        let mut first = heading.chars();
        let heading = first.next().map_or(String::new(), |c| format!("Here: {}{}", c.to_lowercase(), first.as_str()));
        groups.extend(group(&heading, of(here), &mut sieve, width));
        groups.extend(group("Everywhere", holds.into_iter(), &mut sieve, width));
        groups.extend(plain("With the mouse", MOUSE, &mut sieve, width));
        for (place, heading) in HEADINGS.iter().filter(|(place, _)| *place != here) {
            groups.extend(group(heading, of(*place), &mut sieve, width));
        }
        if here.types() {
            groups.extend(group("Where no text is typed", not.into_iter(), &mut sieve, width));
        }
        let marks = [("●", "good"), ("▲", "look soon"), ("✗", "look now"), ("○", "nothing to show"), ("⚠", "old data")];
        groups.extend(plain("Marks", &marks, &mut sieve, width));
        groups
    }

    /// Whether a key that holds anywhere does so at this place.
    fn holds(&self, row: &Row, here: Place) -> bool {
        let own = |key: &Key| self.keymap.rows().any(|other| other.place == here && other.keys.contains(key));
        let free = |key: &&Key| !(own(key) || here.types() && matches!(key, Key::Char(_)));
        row.keys.is_empty() && !here.types() || row.keys.iter().any(|key| free(&key))
    }

    pub(super) fn open_manual(&mut self) -> Option<Command> {
        self.overlay = Some(Overlay::Help(Box::default()));
        None
    }

    /// A key in the help. Only what belongs to reading it works; any other key is not meant for what lies beneath.
    pub(super) fn in_manual(&mut self, key: &KeyEvent, asked: Option<Action>) -> Option<Command> {
        let Some(Overlay::Help(manual)) = &mut self.overlay else { return None };
        if manual.typing {
            match (key.code, action(&self.keymap, Place::Help, key)) {
                (KeyCode::Esc, _) => **manual = Manual::default(),
                (KeyCode::Enter, _) => manual.typing = false,
                (KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown, Some(action)) => {
                    return self.read_on(action);
                }
                (KeyCode::Char(_), Some(Action::Quit | Action::Suspend | Action::Repaint)) if is_ctrl(key) => {
                    return asked.and_then(|asked| self.perform(asked));
                }
                _ => {
                    if manual.typed.take(key) {
                        manual.top = 0;
                    }
                }
            }
            return None;
        }
        match asked? {
            Action::Filter => {
                manual.typing = true;
                None
            }
            // First what was searched for, then the help.
            Action::Back if !manual.typed.text().is_empty() => {
                **manual = Manual::default();
                None
            }
            Action::Help | Action::Back => self.back(),
            action @ (Action::Quit | Action::Suspend | Action::Repaint | Action::Screen(_)) => self.perform(action),
            action => self.read_on(action),
        }
    }

    fn read_on(&mut self, action: Action) -> Option<Command> {
        match action {
            Action::Up | Action::Previous => self.scroll(-1),
            Action::Down | Action::Next => self.scroll(1),
            Action::PageUp => self.page(false),
            Action::PageDown => self.page(true),
            Action::First => self.scroll(i32::MIN / 2),
            Action::Last => self.scroll(i32::MAX / 2),
            _ => None,
        }
    }

    /// Scrolls the help by so many lines; whether it is open.
    pub(super) fn scroll_manual(&mut self, lines: i32) -> bool {
        let Some(Overlay::Help(manual)) = &self.overlay else { return false };
        let most = self.manual_sheet(manual, self.body_area()).most();
        let Some(Overlay::Help(manual)) = &mut self.overlay else { return false };
        let to = (manual.top.min(most) as i64).saturating_add(i64::from(lines)).clamp(0, most as i64);
        manual.top = to as usize;
        true
    }
}

fn is_ctrl(key: &KeyEvent) -> bool {
    matches!(Key::of(key), Some(Key::Ctrl(_)))
}

/// A heading with the rows of the table that have what is searched for, and a blank line; `None` where there are none.
fn group<'r>(
    heading: &str,
    rows: impl Iterator<Item = (&'r Row, &'r str)>,
    sieve: &mut Sieve<'_>,
    width: usize,
) -> Option<Vec<ManualLine>> {
    let mut lines = Vec::new();
    for (row, built_in) in rows.filter(|(row, _)| row.by.is_some() || !row.keys.is_empty()) {
        let (keys, text, sort) = match row.by {
            None => (row.shown.as_str(), row.help.to_owned(), Sort::Own),
            Some(_) if row.keys.is_empty() => {
                ("–", format!("{} (no key; built in: {built_in})", row.help), Sort::Changed)
            }
            Some(_) => (row.shown.as_str(), format!("{} (built in: {built_in})", row.help), Sort::Changed),
        };
        // Also by what the footer and the configuration call it.
        if sieve.passes(&[keys, &text, heading, row.footer, row.action.name()]) {
            lines.extend(entry(keys, &text, sort, width));
        }
    }
    headed(heading, lines)
}

/// The same of what is no row of the table.
fn plain(heading: &str, rows: &[(&str, &str)], sieve: &mut Sieve<'_>, width: usize) -> Option<Vec<ManualLine>> {
    let found = rows.iter().filter(|(keys, text)| sieve.passes(&[keys, text, heading]));
    headed(heading, found.flat_map(|(keys, text)| entry(keys, text, Sort::Own, width)).collect())
}

fn headed(heading: &str, lines: Vec<ManualLine>) -> Option<Vec<ManualLine>> {
    if lines.is_empty() {
        return None;
    }
    let line = |text: &str| ManualLine { keys: String::new(), text: text.to_owned(), sort: Sort::Heading };
    Some(std::iter::once(line(heading)).chain(lines).chain([line("")]).collect())
}

/// Keys and what they do, on as many lines as it takes.
fn entry(keys: &str, text: &str, sort: Sort, width: usize) -> Vec<ManualLine> {
    let before = KEYS.max(keys.width() + 2);
    let room = u16::try_from(width.saturating_sub(before)).unwrap_or(u16::MAX).max(1);
    let lines = wrap(text, room).into_iter().enumerate();
    let before = |i: usize| format!("{:before$}", if i == 0 { keys } else { "" });
    lines.map(|(i, text)| ManualLine { keys: before(i), text, sort }).collect()
}
