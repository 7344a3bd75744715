//! The time range in words: presets and what is typed, said back before it is taken. Pure. Uses `unit`.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::keys::{Action, Place, typing};
use super::message::Command;
use super::model::{Model, Overlay};
use super::sheet::{Rows, Sheet, Typed};
use crate::unit::{Period, Span, TimeFault};

/// Ranges to choose from.
pub(super) const PRESETS: [&str; 9] = ["5m", "15m", "1h", "3h", "6h", "12h", "1d", "2d", "7d"];

/// How many typed ranges are remembered.
const RECENT: usize = 5;

/// Widest popup, in cells.
const WIDTH: u16 = 66;

/// Lines that say what the text means.
const TOLD: u16 = 3;

/// Where the reader is among the time ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimePicker {
    /// The line that is typed.
    pub typed: Typed,
    /// The place in the list.
    pub rows: Rows,
    /// Whether the list is meant rather than the line.
    pub listed: bool,
}

impl Model {
    /// The ranges of the list: those typed before, then the presets.
    pub fn ranges(&self) -> impl Iterator<Item = &str> {
        self.spans.iter().map(String::as_str).chain(PRESETS)
    }

    /// What a written range means here and now.
    ///
    /// # Errors
    /// It cannot be read, or is no range.
    pub fn period(&self, text: &str) -> Result<Period, TimeFault> {
        Span::parse(text)?.resolve(self.present(), &self.zone, self.shown_range())
    }

    /// The range that Enter would take.
    pub fn meant(&self, picker: &TimePicker) -> String {
        if picker.listed { self.ranges().nth(picker.rows.at).unwrap_or_default() } else { picker.typed.text() }
            .to_owned()
    }

    /// Where the popup stands in `body`.
    pub fn time_sheet(&self, body: Rect) -> Sheet {
        Sheet::place(body, WIDTH, TOLD, self.ranges().count())
    }

    pub(super) fn open_time(&mut self) -> Option<Command> {
        let shown = self.shown_range();
        let is_shown =
            |text: &str| self.end.is_none() && self.period(text).is_ok_and(|p| p.live && p.length() == shown);
        let at = self.ranges().position(is_shown).unwrap_or(self.spans.len());
        let mut rows = Rows::default();
        rows.put(at, self.ranges().count(), self.time_sheet(self.body_area()).list.height);
        self.overlay = Some(Overlay::Time(TimePicker { typed: Typed::default(), rows, listed: true }));
        None
    }

    /// A key while a time range is chosen.
    pub(super) fn in_time(&mut self, key: &KeyEvent) -> Option<Command> {
        let Some(Overlay::Time(picker)) = &self.overlay else { return None };
        let mut picker = picker.clone();
        let (last, height) = (self.ranges().count() - 1, self.time_sheet(self.body_area()).list.height);
        match typing(&self.keymap, Place::Time, key) {
            Some(Action::Confirm) => return self.take_time(&self.meant(&picker)),
            Some(action) => match action.step(picker.rows.at, last) {
                Some(at) => {
                    // The first arrow takes up the list where it stood.
                    picker.rows.put(if picker.listed { at } else { picker.rows.at }, last + 1, height);
                    picker.listed = true;
                }
                None => return self.beyond(action),
            },
            None => {
                if picker.typed.take(key) {
                    picker.listed = picker.typed.text().is_empty();
                }
            }
        }
        self.overlay = Some(Overlay::Time(picker));
        None
    }

    /// A click on a range takes it.
    pub(super) fn click_time(&mut self, row: usize) -> Option<Command> {
        let text = self.ranges().nth(row)?.to_owned();
        self.take_time(&text)
    }

    /// Shows a range, where the text is one.
    pub(super) fn take_time(&mut self, text: &str) -> Option<Command> {
        // What is wrong is on the screen already, beneath the line.
        let period = self.period(text).ok()?;
        let text = text.trim();
        if !PRESETS.contains(&text) {
            self.spans.retain(|known| known != text);
            self.spans.insert(0, text.to_owned());
            self.spans.truncate(RECENT);
        }
        self.overlay = None;
        Some(self.look_at(period))
    }

    /// Shows a range on all dashboards.
    pub(super) fn look_at(&mut self, period: Period) -> Command {
        self.range = Some((period.length() / 1_000 * 1_000).max(1_000));
        self.end = (!period.live).then_some(period.end);
        self.cursor = period.around;
        self.watch()
    }
}
