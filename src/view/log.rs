//! The incident log as a timeline, the newest last.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};
use unicode_width::UnicodeWidthStr;

use super::words;
use crate::app::{Entry, Model, What};
use crate::theme::Theme;

/// Lines that the log would fill.
pub(super) fn wanted(model: &Model) -> u16 {
    (model.log.entries().len() as u16).max(1)
}

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border)
        .title(" Incident log ")
        .title_style(theme.title)
        .title_bottom(" n adds a line ")
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
