//! Border, title and the state of the data, which stands on the border so that it never covers the picture.

use ratatui::style::Style;

use super::pen::{self, Pen};
use super::{Frame, State, heatmap, worst};
use crate::layout::{Kind, Level};
use crate::unit;

/// A border costs two columns; below this nothing readable is left between them.
pub(super) const MIN_WIDTH: u16 = 8;
/// A border costs two rows.
pub(super) const MIN_HEIGHT: u16 = 3;

/// Top left, horizontal, top right, vertical, bottom left, bottom right.
type Lines = [char; 6];

const THIN: Lines = ['╭', '─', '╮', '│', '╰', '╯'];
/// The focus is a shape too, for terminals without colours and panels whose border has a level's colour.
const HEAVY: Lines = ['┏', '━', '┓', '┃', '┗', '┛'];

/// The character that stands for a level wherever its colour does.
pub(super) fn glyph(level: Level) -> char {
    match level {
        Level::Good => '●',
        Level::Warn => '▲',
        Level::Bad => '✗',
    }
}

/// The style of a panel's border: the focus before a level.
pub(super) fn border_style(frame: &Frame<'_>, alarm: Option<Level>) -> Style {
    match alarm {
        _ if frame.selected => frame.theme.selected,
        Some(_) => frame.level_style(alarm),
        None => frame.theme.border,
    }
}

/// The line that stands where `symbol` is one of a border, heavy or thin; `None` for what is none.
pub(super) fn line_like(symbol: &str, heavy: bool) -> Option<char> {
    let lines = if heavy { HEAVY } else { THIN };
    match symbol {
        "─" | "━" => Some(lines[1]),
        "│" | "┃" => Some(lines[3]),
        _ => None,
    }
}

/// What stands on the upper border: the title, and right of it what there is room for. Nothing stands on the lower one,
/// which the panel below may share.
pub(super) struct Heading {
    alarm: Option<Level>,
    /// Columns of the title without the level's mark.
    title: u16,
    /// From left to right.
    marks: Vec<(String, Style)>,
    /// The columns that are left, without those that keep texts apart: where they begin, and how many.
    pub(super) spare: (u16, u16),
}

/// Columns of a line and a blank at either side of a text.
const APART: u16 = 3;

impl Heading {
    /// What fits onto the upper border of a panel of so many columns, which are at least [`MIN_WIDTH`].
    pub(super) fn of(frame: &Frame<'_>, width: u16) -> Self {
        let alarm = worst(frame).filter(|level| *level > Level::Good);
        // Corner, line, blank … blank, line, corner.
        let room = width.saturating_sub(6);
        let glyph = if alarm.is_some() { 2 } else { 0 };
        let wanted = pen::width(&frame.panel.title) + glyph;
        // The title yields to the marks down to half of the line; marks that still do not fit are shortened.
        let mut free = room.saturating_sub(wanted.min(room / 2));
        let mut marks = Vec::new();
        let mut take = |free: &mut u16, mark: Option<(String, Style)>| {
            let Some((text, style)) = mark.filter(|(text, _)| !text.is_empty()) else { return };
            *free = free.saturating_sub(pen::width(&text) + APART);
            marks.insert(0, (text, style));
        };
        // Half of it for what the data is like, and the rest for the alert.
        let badge = frame.badge.map_or(0, |badge| pen::width(&badge.whole()) + APART).min(free / 2);
        let state = mark(frame, free.saturating_sub(badge + APART));
        take(&mut free, state);
        let badge = frame.badge.map(|badge| (badge.text(free.saturating_sub(APART)), badge.style));
        take(&mut free, badge);
        let used: u16 = marks.iter().map(|(text, _)| pen::width(text) + APART).sum();
        let title = wanted.min(room.saturating_sub(used)) - glyph.min(room.saturating_sub(used));
        let begin = 3 + glyph + title + APART;
        let spare = (begin, (width - 3).saturating_sub(used + begin));
        Self { alarm, title, marks, spare }
    }
}

/// The alert whose condition a panel shows, in the words of its border.
#[derive(Debug, Clone, PartialEq)]
pub struct Badge {
    /// What its severity looks like.
    pub glyph: char,
    /// The rule's name, safe for the screen.
    pub name: String,
    /// How it stands: `firing 3m`.
    pub standing: String,
    /// Its colour.
    pub style: Style,
}

impl Badge {
    fn whole(&self) -> String {
        format!("{} {} {}", self.glyph, self.name, self.standing)
    }

    /// In at most `room` columns; without its name where that would be cut to nothing, empty where not even the rest fits.
    pub(super) fn text(&self, room: u16) -> String {
        /// A name cut shorter than this is none.
        const TELLING: u16 = 8;
        let brief = format!("{} {}", self.glyph, self.standing);
        let (whole, least) = (self.whole(), pen::width(&brief));
        if pen::width(&whole) <= room {
            whole
        } else if room > least + TELLING {
            let name = pen::fit(&self.name, room - least - 1);
            format!("{} {name} {}", self.glyph, self.standing)
        } else if least <= room {
            brief
        } else {
            String::new()
        }
    }
}

/// Draws border, title and state around the pen's area, which is at least [`MIN_WIDTH`] by [`MIN_HEIGHT`].
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let heading = Heading::of(frame, pen.width());
    let style = border_style(frame, heading.alarm);
    border(pen, if frame.selected { HEAVY } else { THIN }, style);
    let mut x = pen.text(2, 0, " ", style);
    if let Some(level) = heading.alarm {
        pen.glyph(x, 0, glyph(level), frame.level_style(Some(level)));
        pen.glyph(x + 1, 0, ' ', style);
        x += 2;
    }
    let title_style = heading.alarm.map_or(frame.theme.title, |level| frame.level_style(Some(level)));
    x = pen.fitted(x, 0, heading.title, &frame.panel.title, title_style);
    pen.glyph(x, 0, ' ', style);
    let mut end = pen.width() - 3;
    for (text, mark_style) in heading.marks.iter().rev() {
        pen.glyph(end, 0, ' ', style);
        pen.right(end, 0, text, *mark_style);
        end = end.saturating_sub(pen::width(text) + APART);
        pen.glyph(end + APART - 1, 0, ' ', style);
    }
}

fn border(pen: &mut Pen<'_>, [top_left, across, top_right, down, bottom_left, bottom_right]: Lines, style: Style) {
    let (right, bottom) = (pen.width() - 1, pen.height() - 1);
    for x in 1..right {
        pen.glyph(x, 0, across, style);
        pen.glyph(x, bottom, across, style);
    }
    for y in 1..bottom {
        pen.glyph(0, y, down, style);
        pen.glyph(right, y, down, style);
    }
    pen.glyph(0, 0, top_left, style);
    pen.glyph(right, 0, top_right, style);
    pen.glyph(0, bottom, bottom_left, style);
    pen.glyph(right, bottom, bottom_right, style);
}

/// What the border says of the data in at most `room` columns; empty where nothing fits.
fn mark(frame: &Frame<'_>, room: u16) -> Option<(String, Style)> {
    // A reason cut to a word or two says nothing.
    const TELLING: u16 = 12;
    let longest = |words: &[String]| words.iter().find(|text| pen::width(text) <= room).cloned().unwrap_or_default();
    match frame.state {
        State::Stale { at, reason } => {
            let age = unit::duration(frame.now.saturating_sub(*at).max(0));
            let brief = format!("⚠ stale {age}");
            let full = format!("{brief}: {reason}");
            let text = if room >= pen::width(&full).min(pen::width(&brief) + 2 + TELLING) {
                pen::clip(&full, room).into_owned()
            } else {
                longest(&[brief, format!("⚠ {age}"), "⚠".to_owned()])
            };
            Some((text, frame.theme.warn))
        }
        State::Failed(reason) => {
            let what = if reason.starts_with("source down") { "✗ source down" } else { "✗ query failed" };
            Some((longest(&[what.to_owned(), "✗".to_owned()]), frame.theme.bad))
        }
        State::Live if !frame.notes.is_empty() => {
            Some((longest(&[format!("ⓘ {}", frame.notes.len()), "ⓘ".to_owned()]), frame.theme.warn))
        }
        State::Live if frame.panel.kind == Kind::Heatmap => {
            let key = heatmap::key_of_quantiles(frame);
            let brief = key.first().cloned().unwrap_or_default();
            Some((longest(&[key.join("  "), brief]), frame.theme.dim))
        }
        State::Waiting | State::Live | State::Empty(_) => None,
    }
}
