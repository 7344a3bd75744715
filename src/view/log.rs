//! The incident log as a timeline, the newest last.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};
use unicode_width::UnicodeWidthStr;

use super::{sheet, words};
use crate::app::{Action, Entry, Model, Spot, What, Zones};
use crate::panel::wrap;
use crate::theme::Theme;

/// Lines that the log would fill.
pub(super) fn wanted(model: &Model) -> u16 {
    (model.log.entries().len() as u16).max(1)
}

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    zones.mark(area, Spot::Action(Action::Log));
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border)
        .title(" Incident log ")
        .title_style(theme.title)
        .title_bottom(" n adds a line · L shows all ")
        .render(area, buf);
    let inside = area.inner(Margin::new(2, 1));
    let entries = model.log.entries();
    if entries.is_empty() {
        words::line(buf, inside, "nothing has happened yet", theme.dim);
        return;
    }
    let top = entries.len().saturating_sub(usize::from(inside.height));
    for (i, entry) in entries[top..].iter().enumerate() {
        let row = Rect { y: inside.y + i as u16, height: 1, ..inside };
        let (text, style) = sentence(entry, model, theme);
        let at = model.time_of(entry.at);
        let used = words::line(buf, row, &at, theme.dim) + 2;
        let rest = Rect { x: row.x + used, width: row.width.saturating_sub(used), ..row };
        words::line(buf, rest, &text, style);
    }
}

/// The log over the whole screen, every entry in full, without the `back` newest ones.
pub(super) fn whole(model: &Model, back: usize, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let entries = model.log.entries();
    let shown = entries.len() - back.min(entries.len());
    let title = format!(" Incident log, {shown} of {} ", entries.len());
    sheet::popup(area, title, theme.selected, theme, buf, zones);
    let inside = area.inner(Margin::new(2, 1));
    if entries.is_empty() {
        words::line(buf, inside, "nothing has happened yet", theme.dim);
        return;
    }
    let rows = usize::from(inside.height);
    let mut lines: Vec<Told> = Vec::new();
    // From the bottom up as far as there is room; what is left then is filled with what is newer.
    for entry in entries[..shown].iter().rev() {
        if lines.len() >= rows {
            break;
        }
        lines.splice(0..0, told(entry, model, theme, inside.width));
    }
    let top = lines.len().saturating_sub(rows);
    for entry in &entries[shown..] {
        if lines.len() >= rows {
            break;
        }
        lines.extend(told(entry, model, theme, inside.width));
    }
    // Entries are of one line or several: the bar goes by entries, the last in sight being `shown`.
    let first = shown.saturating_sub(rows);
    sheet::bar(area, inside, (first, rows, entries.len()), theme, buf, zones);
    for (i, (at, text, style)) in lines.iter().skip(top).take(rows).enumerate() {
        let row = Rect { y: inside.y + i as u16, height: 1, ..inside };
        words::line(buf, row, at, theme.dim);
        let used = (at.width() as u16).min(row.width);
        words::line(buf, Rect { x: row.x + used, width: row.width - used, ..row }, text, *style);
    }
}

/// Part of an entry on one line: what stands before it, its words and their style.
type Told = (String, String, Style);

/// An entry on as many lines as it takes.
fn told(entry: &Entry, model: &Model, theme: &Theme, width: u16) -> Vec<Told> {
    let (text, style) = sentence(entry, model, theme);
    let at = format!("{}  ", model.time_of(entry.at));
    let before = at.width() as u16;
    let lines = wrap(&text, width.saturating_sub(before).max(1));
    let indent = |i| if i == 0 { at.clone() } else { " ".repeat(usize::from(before)) };
    lines.into_iter().enumerate().map(|(i, line)| (indent(i), line, style)).collect()
}

fn sentence(entry: &Entry, model: &Model, theme: &Theme) -> (String, Style) {
    match &entry.what {
        What::Note { text } => (format!("✎ {text}"), theme.accent),
        What::Alert { name, labels, state, value } => {
            let style = match state.as_str() {
                "firing" => theme.bad,
                "pending" => theme.warn,
                "resolved" | "inactive" => theme.good,
                _ => theme.text,
            };
            let glyph = match state.as_str() {
                "firing" => '✗',
                "pending" => '…',
                _ => '●',
            };
            // What is over has no value any more, only a last one.
            let (word, at) = match state.as_str() {
                "inactive" => ("no longer pending", ", last at"),
                "resolved" => ("resolved", ", last at"),
                other => (other, " at"),
            };
            let value = value.as_ref().map_or_else(String::new, |v| format!("{at} {v}"));
            (format!("{glyph} {name} {word}{value}  {}", short(labels)), style)
        }
        What::Silenced { id, matchers, until, comment } => {
            (format!("⊘ silenced until {} ({comment}) {matchers}, silence {id}", model.time_of(*until)), theme.text)
        }
        What::Expired { id } => (format!("⊘ silence {id} expired by hand"), theme.text),
        What::Ticked { runbook, step, done: true } => (format!("[x] {step} ({runbook})"), theme.text),
        What::Ticked { runbook, step, done: false } => (format!("[ ] {step} ({runbook}), taken back"), theme.dim),
    }
}

/// The labels without those that the name says already.
fn short(labels: &str) -> String {
    let inside = labels.trim_start_matches('{').trim_end_matches('}');
    let says = |part: &&str| !["alertname=", "severity=", "component=", "job="].iter().any(|p| part.starts_with(p));
    let text = inside.split(',').filter(says).collect::<Vec<_>>().join(" ");
    if text.width() > 200 { String::new() } else { text }
}
