//! Which state each series was in over time: a row a series, runs of one state as one band with its name in it. What a state
//! means is its colour and its shape: a line where all is well, shaded where one should look soon, solid where one should
//! look now.

mod ledger;

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::list::{self, Excerpt};
use super::pen::{self, Pen};
use super::{Frame, axis, last_step, message, timeseries};
use crate::layout::Level;
use crate::series::is_gap;
use crate::unit;

use ledger::{Ledger, Run, State};

/// Patterns of states without a level, for eyes and terminals without colours.
const PATTERNS: [char; 6] = ['━', '▒', '█', '░', '═', '▓'];

/// From this width on the state of now stands beside the rows, with the time since when.
const BESIDE: u16 = 60;

/// How the inside is shared out.
struct Parts {
    /// Curves, in the order of the rows.
    order: Vec<usize>,
    excerpt: Excerpt,
    /// Rows from one series to the next.
    pitch: u16,
    /// Rows of a band.
    band: u16,
    /// Columns before the bands: names and a blank.
    left: u16,
    /// Columns after them.
    right: u16,
    columns: u16,
    has_times: bool,
    has_legend: bool,
}

impl Parts {
    fn of(frame: &Frame<'_>, ledger: &Ledger, width: u16, height: u16) -> Self {
        let has_times = height >= 4 && width >= 16;
        let has_legend = height >= 5 && width >= 24;
        let rows = rows(height);
        let count = frame.curves.len();
        let excerpt = excerpt(frame, height);
        let order = order(frame, ledger, &excerpt);
        let fits = u16::try_from(count).unwrap_or(u16::MAX);
        let pitch = if excerpt.rest.is_empty() { (rows / fits.max(1)).clamp(1, 4) } else { 1 };
        let band = if pitch >= 4 { 3 } else { 1 };
        let names = order.iter().map(|&index| pen::width(name(frame, index)));
        let widest = names.max().unwrap_or(0).min((width / 3).min(32));
        let left = if widest > 0 && width >= 12 { widest + 1 } else { 0 };
        let words = order.iter().map(|&index| standing(frame, ledger, index).map_or(0, |(text, _)| pen::width(&text)));
        let right = words.max().filter(|w| *w > 0 && width >= BESIDE).map_or(0, |w| w.min(width / 4) + 2);
        let columns = width.saturating_sub(left + right);
        Self { order, excerpt, pitch, band, left, right, columns, has_times, has_legend }
    }

    /// The row of the i-th shown series.
    fn row(&self, i: usize) -> u16 {
        (i as u16).saturating_mul(self.pitch)
    }

    /// Rows from the first to the last band.
    fn rows(&self) -> u16 {
        match self.order.len() {
            0 => 0,
            n => self.row(n - 1) + self.band,
        }
    }
}

/// Rows for series, and the words on those that have none.
fn rows(height: u16) -> u16 {
    height - u16::from(height >= 4) - u16::from(height >= 5)
}

fn excerpt(frame: &Frame<'_>, height: u16) -> Excerpt {
    list::excerpt(frame, frame.curves.len(), frame.left_out, rows(height), "series")
}

/// How many series there are, and how many of them are shown.
pub(super) fn lines(frame: &Frame<'_>, height: u16) -> (usize, usize) {
    (frame.curves.len(), excerpt(frame, height).shown)
}

/// The series in their own order, because a row that changes places cannot be found again. Where there are too many, those
/// that matter now or that changed most are chosen first, unless somebody scrolls through all.
fn order(frame: &Frame<'_>, ledger: &Ledger, excerpt: &Excerpt) -> Vec<usize> {
    let all = frame.curves.len();
    if excerpt.shown >= all || frame.reading.whole {
        return (excerpt.first..excerpt.first + excerpt.shown).collect();
    }
    let mut chosen: Vec<usize> = (0..all).collect();
    let alarm = |index: usize| {
        let worst = (0..ledger.states.len()).filter(|&state| ledger.count(index, state) > 0);
        let worst = worst.filter_map(|state| ledger.states[state].level).max();
        let now = frame.level_of(&frame.curves[index]);
        let kinds = (0..ledger.states.len()).filter(|&state| ledger.count(index, state) > 0).count();
        (now.filter(|l| *l > Level::Good), worst.filter(|l| *l > Level::Good), kinds)
    };
    chosen.sort_by_key(|&index| std::cmp::Reverse(alarm(index)));
    chosen.truncate(excerpt.shown);
    chosen.sort_unstable();
    chosen
}

/// What a row is called; nothing where it is the only one and says what the title does.
fn name<'a>(frame: &'a Frame<'_>, index: usize) -> &'a str {
    let name = frame.curves[index].name.as_str();
    let is_alone = frame.curves.len() == 1;
    if is_alone && (name == "{}" || frame.panel.title.to_lowercase().contains(&name.to_lowercase())) {
        ""
    } else {
        name
    }
}

/// The step under the crosshair, else the last one.
fn step(frame: &Frame<'_>, index: usize) -> Option<usize> {
    let last = frame.curves[index].values.len().max(1) - 1;
    match frame.cursor {
        None => Some(last),
        Some(cursor) => {
            let step = (cursor - frame.window.start).div_euclid(frame.window.step.max(1));
            usize::try_from(step).ok().filter(|step| *step <= last)
        }
    }
}

/// The state of a series now, or under the crosshair, and for how long it has been in it: `Open ✗ 12m 30s`.
fn standing(frame: &Frame<'_>, ledger: &Ledger, index: usize) -> Option<(String, usize)> {
    let step = step(frame, index)?;
    let state = ledger.at(index, step)?;
    let (since, is_seen) = ledger.since(index, step)?;
    let text = &ledger.states[state].text;
    let lasts = frame.window.step.saturating_mul((step - since) as i64);
    if frame.curves[index].values.is_empty() || (lasts == 0 && !is_seen) {
        return Some((text.clone(), state));
    }
    let lasts = match (lasts, is_seen) {
        // It began between the last two steps.
        (0, _) => format!("<{}", unit::duration(frame.window.step)),
        (lasts, true) => unit::duration(lasts),
        (lasts, false) => format!("{}+", unit::duration(lasts)),
    };
    Some((format!("{text} {lasts}"), state))
}

/// Draws the panel's inside.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    if width == 0 || height == 0 {
        return;
    }
    let is_known = |v: &f64| !is_gap(*v);
    if !frame.curves.iter().any(|c| c.values.iter().any(is_known) || c.now.is_some()) {
        message::draw(pen, "no values in this range", frame.theme.dim);
        return;
    }
    let ledger = Ledger::of(frame);
    let parts = Parts::of(frame, &ledger, width, height);
    let names: Vec<&str> = parts.order.iter().map(|&index| name(frame, index)).collect();
    let names = pen::fit_all(&names, parts.left.saturating_sub(1));
    for (i, (&index, name)) in parts.order.iter().zip(&names).enumerate() {
        let y = parts.row(i);
        let middle = y + parts.band / 2;
        let now = standing(frame, &ledger, index);
        let level = now.as_ref().and_then(|(_, state)| ledger.states[*state].level);
        let is_bad = level > Some(Level::Good);
        pen.text(0, middle, name, if is_bad { frame.theme.text } else { frame.theme.dim });
        draw_band(frame, &mut pen.part(parts.left, y, parts.columns, parts.band), &ledger, index);
        if parts.right > 0 {
            let (text, style) = match &now {
                Some((text, state)) => (text.as_str(), plain_style(frame, &ledger.states[*state])),
                None => ("–", frame.theme.dim),
            };
            pen.fitted(parts.left + parts.columns + 2, middle, parts.right - 2, text, style);
        }
    }
    let used = parts.rows();
    timeseries::draw_cursor(frame, &mut pen.part(parts.left, 0, parts.columns, used));
    let mut y = used;
    if !parts.excerpt.rest.is_empty() {
        pen.text(0, y, &pen::clip(&parts.excerpt.rest, width), frame.theme.dim);
        y += 1;
    }
    if parts.has_times {
        let span = (frame.window.start, last_step(frame));
        axis::draw_time(pen, (parts.left, parts.columns, y), span, frame.zone, frame.theme.dim);
        y += 1;
    }
    if parts.has_legend {
        // A blank row tells it from the times, where there is one.
        let y = if y + 1 < height { y + 1 } else { height - 1 };
        draw_legend(frame, &mut pen.part(0, y, width, 1), &ledger, &parts.order);
    }
}

/// The part of the panel's inside, from its top left corner, on which time runs; `None` where there is no picture.
pub(super) fn plot(frame: &Frame<'_>, width: u16, height: u16) -> Option<Rect> {
    if width == 0 || height == 0 || !frame.curves.iter().any(|c| c.values.iter().any(|v| !is_gap(*v))) {
        return None;
    }
    let ledger = Ledger::of(frame);
    let parts = Parts::of(frame, &ledger, width, height);
    let area = Rect { x: parts.left, y: 0, width: parts.columns, height: parts.rows() };
    (!area.is_empty()).then_some(area)
}

/// The pattern of a state, and its colour.
fn pattern(frame: &Frame<'_>, state: &State) -> (char, Style) {
    let plain = |level: Level| frame.level_style(Some(level)).remove_modifier(Modifier::BOLD);
    match state.level {
        Some(Level::Good) => ('━', plain(Level::Good)),
        Some(Level::Warn) => ('▒', plain(Level::Warn)),
        Some(Level::Bad) => ('█', plain(Level::Bad)),
        None if state.text == "NaN" => ('╌', frame.theme.dim),
        None => (PATTERNS[state.rank % PATTERNS.len()], frame.theme.series(state.rank)),
    }
}

/// The style of a state's name outside its band.
fn plain_style(frame: &Frame<'_>, state: &State) -> Style {
    match state.level {
        Some(level) => frame.level_style(Some(level)),
        None => frame.theme.text,
    }
}

/// One series: its runs, each with its name where that fits.
fn draw_band(frame: &Frame<'_>, pen: &mut Pen<'_>, ledger: &Ledger, index: usize) {
    let (columns, rows) = (pen.width(), pen.height());
    for run in ledger.runs(index, frame.window.steps(), columns) {
        let Some(state) = ledger.states.get(run.state) else { continue };
        let (glyph, style) = pattern(frame, state);
        let is_line = matches!(glyph, '━' | '═' | '╌');
        for y in 0..rows {
            if is_line && y != rows / 2 {
                continue;
            }
            (run.from..run.to).for_each(|x| pen.glyph(x, y, glyph, style));
        }
        draw_name(pen, run, rows / 2, state, style.add_modifier(Modifier::BOLD), is_line);
    }
}

/// A state's name in its run: on a line as it is, in a filled band as a label cut out of it.
fn draw_name(pen: &mut Pen<'_>, run: Run, y: u16, state: &State, style: Style, is_line: bool) {
    let room = run.to - run.from;
    let text = format!(" {} ", state.text);
    if pen::width(&text) + 1 > room {
        return;
    }
    let style = if is_line { style } else { style.add_modifier(Modifier::REVERSED) };
    pen.text(run.from + 1, y, &text, style);
}

/// What the patterns mean, and of a lone series how long it was in each state.
fn draw_legend(frame: &Frame<'_>, pen: &mut Pen<'_>, ledger: &Ledger, shown: &[usize]) {
    let width = pen.width();
    let occurs = |state: &usize| shown.iter().any(|&index| ledger.count(index, *state) > 0);
    let states: Vec<usize> = ledger.in_order().into_iter().filter(occurs).collect();
    let mut x = 0;
    for (i, &index) in states.iter().enumerate() {
        let Some(state) = ledger.states.get(index) else { continue };
        let (glyph, style) = pattern(frame, state);
        let lasted = match shown {
            [curve] if frame.window.step > 0 && frame.curves[*curve].values.len() > 1 => {
                let lasted = frame.window.step.saturating_mul(ledger.count(*curve, index) as i64);
                format!(" {}", unit::duration(lasted))
            }
            _ => String::new(),
        };
        let text = format!("{}{lasted}", state.text);
        let left = states.len() - i;
        let reserve = if left > 1 { pen::width(&format!("+{left} more")) + 2 } else { 0 };
        if x + 3 + pen::width(&text) + reserve > width {
            pen.text(x, 0, &pen::clip(&format!("+{left} more"), width.saturating_sub(x)), frame.theme.dim);
            return;
        }
        pen.glyph(x, 0, glyph, style);
        pen.glyph(x + 1, 0, glyph, style);
        x = pen.text(x + 3, 0, &text, frame.theme.dim) + 2;
    }
}

/// One series on one line without names: what a row of a list has room for.
pub(super) fn strip(frame: &Frame<'_>, pen: &mut Pen<'_>, index: usize) {
    if pen.width() > 0 && pen.height() > 0 {
        draw_band(frame, pen, &Ledger::of(frame), index);
    }
}
