//! Silences: the form of a new one, the list of those that there are, and what is asked before anything is sent.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, BorderType, Widget};

use super::{sheet, words};
use crate::app::{Asking, Field, Model, SilenceForm, Spot, Zones};
use crate::panel::{clip, wrap};
use crate::source::alertmanager::{Silence, SilenceState};
use crate::theme::Theme;
use crate::unit;

/// Columns of the form's names.
const NAMES: u16 = 10;

/// Cells of the box before a matcher.
const BOX: u16 = 3;

/// Widest question.
const WIDEST: u16 = 96;

fn frame(title: &str, border: Style, theme: &Theme, area: Rect, buf: &mut Buffer) -> Rect {
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(border)
        .title(format!(" {title} "))
        .title_style(theme.title)
        .render(area, buf);
    area.inner(Margin::new(2, 1))
}

/// A line of `area`; empty below its end.
fn row(area: Rect, y: u16) -> Rect {
    if y < area.height { Rect { y: area.y + y, height: 1, ..area } } else { Rect { width: 0, height: 0, ..area } }
}

/// The form.
pub(super) fn form(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let Some(form) = &model.form else {
        words::line(buf, area.inner(Margin::new(2, 1)), "no silence is being written; Esc leads back", theme.dim);
        return;
    };
    let verb = if form.draft.changes.is_some() { "Change" } else { "Silence" };
    let inside = frame(&format!("{verb} {}", form.of), theme.border, theme, area, buf);
    let fields = form.fields();
    // What does not fit stays below until the cursor comes there.
    let at = fields.iter().position(|f| *f == form.field).unwrap_or(0);
    let rows = usize::from(inside.height.saturating_sub(4)).max(1);
    let top = (at + 1).saturating_sub(rows);
    let mut y = 0;
    for (index, field) in fields.iter().enumerate().skip(top).take(rows) {
        let here = *field == form.field;
        let style = if here { theme.selected } else { theme.text };
        let (name, value) = entry(model, form, *field);
        let line = row(inside, y);
        words::line(buf, Rect { width: 2.min(line.width), ..line }, if here { "› " } else { "  " }, style);
        let named = Rect { x: line.x + 2, width: NAMES.min(line.width.saturating_sub(2)), ..line };
        words::line(buf, named, name, if here { style } else { theme.dim });
        let x = 2 + NAMES;
        let rest = Rect { x: line.x + x, width: line.width.saturating_sub(x), ..line };
        words::line(buf, rest, &value, style);
        zones.mark(line, Spot::Row { index, top });
        if matches!(field, Field::Matcher(_)) {
            zones.mark(Rect { width: rest.width.min(BOX), ..rest }, Spot::Tick(index));
        }
        y += 1;
    }
    y += 1;
    for (text, style) in outlook(model, form, theme) {
        for line in wrap(&text, inside.width) {
            words::line(buf, row(inside, y), &line, style);
            y += 1;
        }
    }
}

/// The name and the value of a field.
fn entry(model: &Model, form: &SilenceForm, field: Field) -> (&'static str, String) {
    let missing = |text: &str| if text.trim().is_empty() { "(missing)".to_owned() } else { one_line(text) };
    match field {
        Field::Matcher(i) => {
            let Some(matcher) = form.draft.matchers.get(i) else { return ("", String::new()) };
            let tick = if matcher.ticked { 'x' } else { ' ' };
            let remark = if matcher.is_volatile() && matcher.ticked { "  (ends with this one process)" } else { "" };
            (if i == 0 { "matchers" } else { "" }, format!("[{tick}] {}{remark}", matcher.matcher))
        }
        Field::Lasts => {
            let until = model.now.saturating_add(form.lasts);
            let until = unit::date_clock(until, model.offset(until));
            ("lasts", format!("{}, until {until}", unit::duration(form.lasts)))
        }
        Field::Comment => ("comment", missing(&form.draft.comment)),
        Field::Author => ("author", missing(&form.draft.created_by)),
        Field::Write => ("", "[ write it… ]".to_owned()),
    }
}

fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(" ")
}

/// What it would mute, and what is missing.
fn outlook(model: &Model, form: &SilenceForm, theme: &Theme) -> Vec<(String, Style)> {
    let mut lines = Vec::new();
    if let Some((text, style)) = trouble(model, theme) {
        lines.push((text, style));
    }
    lines.push((mutes(model), theme.text));
    if let Some(fault) = form.fault(model.now) {
        lines.push((format!("▲ {fault}"), theme.warn));
    }
    lines
}

fn trouble(model: &Model, theme: &Theme) -> Option<(String, Style)> {
    let muting = model.muting.as_ref()?;
    match (&muting.trouble, &muting.state) {
        (Some(trouble), _) if muting.out_of_reach().is_some() => Some((format!("▲ {trouble}"), theme.warn)),
        (Some(trouble), _) => Some((format!("✗ {trouble}"), theme.bad)),
        (None, None) => Some(("Alertmanager has not answered yet".to_owned(), theme.dim)),
        (None, Some(_)) => None,
    }
}

fn mutes(model: &Model) -> String {
    let Some(muted) = model.would_mute() else { return String::new() };
    if muted.firing == 0 {
        return "mutes no alert that Alertmanager has now, only what may come".to_owned();
    }
    let names: Vec<String> = muted.names.iter().map(|(name, n)| format!("{n} {name}")).collect();
    let told: usize = muted.names.iter().map(|(_, n)| n).sum();
    let more = if told < muted.firing { format!(", {} others", muted.firing - told) } else { String::new() };
    let noun = if muted.firing == 1 { "alert" } else { "alerts" };
    format!("mutes {} firing {noun}: {}{more}", muted.firing, names.join(", "))
}

/// What is asked, over the middle of the screen.
pub(super) fn confirm(model: &Model, asking: &Asking, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let width = area.width.min(WIDEST);
    let room = width.saturating_sub(4);
    let mut lines: Vec<(String, Style)> = Vec::new();
    let mut say = |text: &str, style: Style| lines.extend(wrap(text, room).into_iter().map(|line| (line, style)));
    let title = match asking {
        Asking::Write => {
            if let Some(form) = &model.form {
                say(&mutes(model), theme.title);
                say(&form.matchers(), theme.text);
                let until = model.now.saturating_add(form.lasts);
                let until = unit::date_clock(until, model.offset(until));
                let who = one_line(&form.draft.created_by);
                say(&format!("for {}, until {until}, by {who}", unit::duration(form.lasts)), theme.text);
                say(&one_line(&form.draft.comment), theme.text);
            }
            "Write this silence?"
        }
        Asking::Expire(id) => {
            if let Some(silence) = model.muting.as_ref().and_then(|m| m.list().iter().find(|s| s.id == *id)) {
                let muted = model.muting.as_ref().and_then(|m| m.state.as_ref()).map_or(0, |state| {
                    state.alerts.items.iter().filter(|a| a.is_firing(model.now) && a.silenced_by.contains(id)).count()
                });
                let noun = if muted == 1 { "alert is" } else { "alerts are" };
                say(&format!("{muted} firing {noun} notified of again"), theme.title);
                say(&matchers(silence), theme.text);
                say(&format!("by {}: {}", silence.created_by, one_line(&silence.comment)), theme.text);
            }
            "End this silence now?"
        }
    };
    say("", theme.text);
    match model.amtool(asking) {
        Some(command) => say(&command, theme.dim),
        None => say("no command line can say this", theme.dim),
    }
    let height = (lines.len() as u16 + 2).min(area.height);
    let popup = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    sheet::popup(popup, format!(" {title} "), theme.warn, theme, buf, zones);
    let inside = popup.inner(Margin::new(2, 1));
    for (i, (line, style)) in lines.iter().enumerate() {
        words::line(buf, row(inside, i as u16), line, *style);
    }
    sheet::foot(popup, " y does it · c copies the command · Esc does not ", theme.accent, buf);
}

fn matchers(silence: &Silence) -> String {
    silence.matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The silences that there are.
pub(super) fn list(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let inside = frame("Silences", theme.border, theme, area, buf);
    let Some(muting) = &model.muting else { return };
    let mut top = 0;
    if let Some((text, style)) = trouble(model, theme) {
        for line in wrap(&text, inside.width) {
            words::line(buf, row(inside, top), &line, style);
            top += 1;
        }
    } else if let Some(state) = &muting.state {
        let age = unit::duration((model.now - state.at).max(0));
        let more = if state.silences.left_out > 0 {
            format!("; {} more are not listed", state.silences.left_out)
        } else {
            String::new()
        };
        let found = if muting.is_found() { ", found through Prometheus" } else { "" };
        let only = if muting.alertmanager.read_only { "; read-only" } else { "" };
        let text = format!("{} at {}{found}, {age} ago{more}{only}", state.silences.items.len(), state.from);
        words::line(buf, row(inside, top), &text, theme.dim);
        top += 1;
    }
    let list = muting.list();
    if list.is_empty() && muting.state.is_some() {
        words::line(buf, row(inside, top + 1), "there are none; S on an alert writes one", theme.dim);
        return;
    }
    // Two lines each: what, and by whom and why.
    let rows = usize::from(inside.height.saturating_sub(top) / 2).max(1);
    let first = sheet::first(model.hand.top, model.silence, rows, list.len());
    let below = Rect { y: inside.y + top, height: inside.height.saturating_sub(top), ..inside };
    sheet::bar(area, below, (first, rows, list.len()), theme, buf, zones);
    for (i, silence) in list.iter().enumerate().skip(first).take(rows) {
        let y = top + 2 * (i - first) as u16;
        let here = i == model.silence;
        let active = silence.state == SilenceState::Active;
        let style = if here {
            theme.selected
        } else if active {
            theme.text
        } else {
            theme.dim
        };
        let when = match silence.state {
            SilenceState::Active => format!("ends in {}", unit::duration((silence.ends_at - model.now).max(0))),
            SilenceState::Pending => format!("begins in {}", unit::duration((silence.starts_at - model.now).max(0))),
            SilenceState::Expired => format!("ended {} ago", unit::duration((model.now - silence.ends_at).max(0))),
        };
        let line = row(inside, y);
        let head = format!("{} {:<8} {when:<20} ", if here { '›' } else { ' ' }, silence.state.to_string());
        let used = words::line(buf, line, &head, style);
        let rest = Rect { x: line.x + used, width: line.width.saturating_sub(used), ..line };
        words::line(buf, rest, &clip(&matchers(silence), rest.width), style);
        let text = format!("           by {}: {}", silence.created_by, one_line(&silence.comment));
        let style = if here { theme.text.add_modifier(Modifier::BOLD) } else { theme.dim };
        words::line(buf, row(inside, y + 1), &text, style);
        let both = Rect { height: 2, ..line }.intersection(inside);
        zones.mark(both, Spot::Row { index: i, top: first });
    }
}
