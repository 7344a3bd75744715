//! Words: Markdown in lines, by the reader of runbooks, which makes it safe.

use ratatui::style::{Modifier, Style};

use super::Frame;
use super::list;
use super::pen::{self, Pen};
use crate::runbook::{Anchor, Line, Role, Runbook};
use crate::theme::Theme;

/// Most bytes of a text that are read, so that drawing it again and again costs nothing to speak of.
const MOST: usize = 64 << 10;

/// The style of what stands in a text.
pub fn style_of(role: Role, theme: &Theme) -> Style {
    match role {
        Role::Text | Role::CodeBlock => theme.text,
        Role::Emphasis => theme.text.add_modifier(Modifier::ITALIC),
        Role::Struck => theme.dim.add_modifier(Modifier::CROSSED_OUT),
        Role::Code | Role::Link(_) => theme.accent.remove_modifier(Modifier::BOLD),
        Role::Heading(1 | 2) => theme.title.add_modifier(Modifier::UNDERLINED),
        Role::Strong | Role::TableHead | Role::Heading(_) => theme.title,
        Role::Quote | Role::Comment => theme.dim,
        Role::Label | Role::Notice => theme.warn,
        Role::Marker | Role::Task(_) | Role::Expect => theme.accent,
        Role::Border => theme.border,
    }
}

/// The text in lines of at most so many columns.
fn rendered(frame: &Frame<'_>, width: u16) -> Vec<Line> {
    let content = frame.content;
    let end = (0..=MOST.min(content.len())).rev().find(|&i| content.is_char_boundary(i)).unwrap_or_default();
    let mut lines = Runbook::parse(&frame.panel.title, &content[..end]).render(usize::from(width));
    // Here nothing is asked, so nothing stands beneath a query.
    lines.retain(|line| !matches!(line.anchor, Some(Anchor::Block(_))));
    while lines.last().is_some_and(|line| line.spans.is_empty()) {
        lines.pop();
    }
    if end < content.len() {
        let span = crate::runbook::Span {
            text: "… the rest is left out: the text is too long".to_owned(),
            role: Role::Notice,
        };
        lines.push(Line { spans: vec![span], anchor: None });
    }
    lines
}

/// How many lines there are, and how many of them are shown.
pub(super) fn lines(frame: &Frame<'_>, width: u16, height: u16) -> (usize, usize) {
    let count = rendered(frame, width).len();
    (count, list::excerpt(frame, count, 0, height, "lines").shown)
}

/// Draws the panel's inside.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    if width == 0 || height == 0 {
        return;
    }
    let lines = rendered(frame, width);
    let excerpt = list::excerpt(frame, lines.len(), 0, height, "lines");
    for (y, line) in (0..).zip(lines.iter().skip(excerpt.first).take(excerpt.shown)) {
        let mut x = 0;
        for span in &line.spans {
            x = pen.text(x, y, &span.text, style_of(span.role, frame.theme));
        }
    }
    if !excerpt.rest.is_empty() {
        pen.text(0, height - 1, &pen::clip(&excerpt.rest, width), frame.theme.dim);
    }
}

/// The first words of the text: what a single line has room for.
pub(super) fn beginning(frame: &Frame<'_>) -> String {
    let lines = rendered(frame, 400);
    let says = |line: &&Line| line.spans.iter().any(|s| s.role != Role::Border && !s.text.trim().is_empty());
    lines.iter().find(says).map(|line| line.text().trim().to_owned()).unwrap_or_default()
}
