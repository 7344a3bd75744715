//! The alerts that fire or are about to, the worst first.

use ratatui::style::{Modifier, Style};

use super::list;
use super::pen::{self, Pen};
use super::{Frame, message};
use crate::layout::Level;
use crate::rules::{AlertState, Severity};
use crate::series::Timestamp;
use crate::theme::Theme;
use crate::unit;

/// Columns that a sentence needs.
const SENTENCE: u16 = 24;

/// One alert, or a rule that could not be evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertLine<'a> {
    /// The name of its rule.
    pub rule: &'a str,
    /// What tells it from the others of its rule, in words; empty where it is the only one.
    pub which: &'a str,
    /// How severe it is.
    pub severity: Severity,
    /// Its state and whether it may be older than it says; why, where its rule could not be evaluated.
    pub state: Result<(AlertState, bool), &'a str>,
    /// What it means, in a sentence; empty where nobody has written one.
    pub summary: &'a str,
    /// Whether somebody has silenced it, or another alert inhibits it.
    pub muted: bool,
}

impl AlertLine<'_> {
    fn level(&self) -> Option<Level> {
        match (self.muted, self.severity, &self.state) {
            (true, ..) => None,
            (false, Severity::Critical | Severity::High, Ok((AlertState::Firing { .. }, _))) => Some(Level::Bad),
            (false, ..) => Some(Level::Warn),
        }
    }
}

/// The mark of a severity, and its colour.
pub fn severity(severity: Severity, theme: &Theme) -> (char, Style) {
    match severity {
        Severity::Critical | Severity::High => ('✗', theme.bad),
        Severity::Medium => ('▲', theme.warn),
        Severity::Low => ('▽', theme.accent),
        Severity::Other => ('◇', theme.text),
    }
}

/// Where an alert stands, in words: `fires in 1m 12s`, `firing 14m`; `firing 14m+` where it may be older.
pub fn standing(state: AlertState, may_be_older: bool, now: Timestamp) -> String {
    let age = |t: Timestamp| unit::duration((now - t).max(0));
    match state {
        AlertState::Pending { fires_at } if fires_at <= now => "fires now".to_owned(),
        AlertState::Pending { fires_at } => format!("fires in {}", unit::duration(fires_at - now)),
        AlertState::Firing { since } if may_be_older => format!("firing {}+", age(since)),
        AlertState::Firing { since } => format!("firing {}", age(since)),
        AlertState::Resolved { at } => format!("resolved {} ago", age(at)),
    }
}

/// The alerts of the panel: those whose rules its layout names, all of them where it names none.
fn listed<'a>(frame: &Frame<'a>) -> Option<Vec<&'a AlertLine<'a>>> {
    let names = &frame.panel.alerts;
    let wanted = |line: &&AlertLine<'_>| names.is_empty() || names.iter().any(|name| name == line.rule);
    frame.alerts.map(|lines| lines.iter().filter(wanted).collect())
}

/// The worst level among the alerts; good where there are none, `None` where that is not known.
pub(super) fn worst(frame: &Frame<'_>) -> Option<Level> {
    let lines = listed(frame)?;
    Some(lines.iter().filter_map(|line| line.level()).max().unwrap_or(Level::Good))
}

/// How many alerts there are, and how many of them are shown.
pub(super) fn lines(frame: &Frame<'_>, height: u16) -> (usize, usize) {
    let count = listed(frame).map_or(0, |lines| lines.len());
    (count, list::excerpt(frame, count, 0, height, "alerts").shown)
}

/// All alerts in few words: `2 firing, 1 pending`.
pub(super) fn summary(frame: &Frame<'_>) -> String {
    let Some(lines) = listed(frame) else { return "the rules have not been evaluated yet".to_owned() };
    let count = |wanted: fn(&AlertLine<'_>) -> bool| lines.iter().filter(|line| wanted(line)).count();
    let firing = count(|line| matches!(line.state, Ok((AlertState::Firing { .. }, _))));
    let pending = count(|line| matches!(line.state, Ok((AlertState::Pending { .. }, _))));
    let failed = count(|line| line.state.is_err());
    let words = [(firing, "firing"), (pending, "pending"), (failed, "not evaluated")];
    let words: Vec<String> = words.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if words.is_empty() { "no alert fires or is pending".to_owned() } else { words.join(", ") }
}

/// Mark, name and state of an alert, and how they look.
fn words(frame: &Frame<'_>, line: &AlertLine<'_>) -> (char, Style, String) {
    let (glyph, style) = severity(line.severity, frame.theme);
    match &line.state {
        Err(why) => ('!', frame.theme.warn, format!("cannot be evaluated: {why}")),
        Ok((state, older)) => {
            let text = standing(*state, *older, frame.now);
            let fires = matches!(state, AlertState::Firing { .. });
            match (line.muted, fires) {
                (true, _) => ('⊘', frame.theme.dim, text),
                (false, true) => (glyph, style, text),
                (false, false) => (glyph, style.add_modifier(Modifier::DIM), text),
            }
        }
    }
}

/// All of it on one line: how many, and the first ones by name.
pub(super) fn brief(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let width = pen.width();
    let style = match worst(frame) {
        Some(Level::Good) => frame.theme.good,
        None => frame.theme.dim,
        level => frame.level_style(level),
    };
    let mut x = pen.text(0, 0, &pen::clip(&summary(frame), width), style);
    for line in listed(frame).unwrap_or_default() {
        let (glyph, style, state) = words(frame, line);
        let text = if line.state.is_ok() {
            format!("{glyph} {} {state}", line.rule)
        } else {
            format!("{glyph} {}", line.rule)
        };
        if x + 3 + pen::width(&text) > width {
            return;
        }
        x = pen.text(x + 3, 0, &text, style);
    }
}

/// Draws the panel's inside.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    if width == 0 || height == 0 {
        return;
    }
    let lines = listed(frame).unwrap_or_default();
    if lines.is_empty() {
        let style = if frame.alerts.is_some() { frame.theme.good } else { frame.theme.dim };
        let mark = if frame.alerts.is_some() { "● " } else { "" };
        message::draw(pen, &format!("{mark}{}", summary(frame)), style);
        return;
    }
    let excerpt = list::excerpt(frame, lines.len(), 0, height, "alerts");
    let shown = &lines[excerpt.first..excerpt.first + excerpt.shown];
    let texts: Vec<(char, Style, String)> = shown.iter().map(|line| words(frame, line)).collect();
    let widest = |of: &mut dyn Iterator<Item = u16>| of.max().unwrap_or(0);
    // A rule that cannot be evaluated has a sentence for a state; it has the room of the labels too.
    let regular = || shown.iter().zip(&texts).filter(|(line, _)| line.state.is_ok());
    let state = widest(&mut regular().map(|(_, (.., text))| pen::width(text)));
    let name = widest(&mut shown.iter().map(|line| pen::width(line.rule)));
    let which = widest(&mut shown.iter().map(|line| pen::width(line.which)));
    // The state is short and never cut; the name's beginning comes before what tells alerts of one rule apart.
    let room = width.saturating_sub(2);
    let state = state.min(room.saturating_sub(6));
    let left = room.saturating_sub(if state > 0 { state + 2 } else { 0 });
    let name = if name + 2 + which.min(8) <= left {
        name
    } else {
        name.min(left.saturating_sub(if which > 0 { 10 } else { 0 }).max(left / 2))
    };
    let which = which.min(left.saturating_sub(name + 2));
    let rules: Vec<&str> = shown.iter().map(|line| line.rule).collect();
    let rules = pen::fit_all(&rules, name);
    for (y, ((line, rule), (glyph, style, text))) in (0..).zip(shown.iter().zip(&rules).zip(&texts)) {
        pen.glyph(0, y, *glyph, *style);
        pen.text(2, y, rule, *style);
        let mut x = 2 + name + 2;
        if line.state.is_err() {
            let room = width.saturating_sub(x);
            pen.text(x, y, &pen::clip(text, room), *style);
            continue;
        }
        if which > 0 {
            pen.fitted(x, y, which, line.which, if line.muted { frame.theme.dim } else { frame.theme.text });
            x += which + 2;
        }
        x = pen.fitted(x, y, width.saturating_sub(x), text, *style).max(x + state) + 2;
        // A sentence cut after a word or two says nothing.
        if width.saturating_sub(x) >= SENTENCE {
            pen.text(x, y, &pen::clip(line.summary, width - x), frame.theme.dim);
        }
    }
    if !excerpt.rest.is_empty() {
        pen.text(0, height - 1, &pen::clip(&excerpt.rest, width), frame.theme.dim);
    }
}
