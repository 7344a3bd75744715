//! The open runbook: its text, with each query's value, course and verdict beneath it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Modifier;
use ratatui::widgets::{Block, BorderType, Widget};

use super::{sheet, words};
use crate::app::{Handbook, Known, Live, Model, Rows, Spot, Stop, Zones};
use crate::panel;
use crate::runbook::{Anchor, Entry, Line, Role, Runbook, Verdict, web_address};
use crate::theme::Theme;
use crate::unit::Unit;

/// Cells of a value's course.
const COURSE: u16 = 24;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let Some(handbook) = &model.handbook else { return };
    let (holds, of) = handbook.verified();
    let (verdict, style) = match (holds, of) {
        (_, 0) => (String::new(), theme.dim),
        (holds, of) if holds == of => (format!(" ✓ verified: all {of} checks hold "), theme.good),
        (holds, of) => (format!(" ✗ {holds} of {of} checks hold "), theme.bad),
    };
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(if of > 0 && holds == of { theme.good } else { theme.border })
        .title(format!(" Runbook: {} ", handbook.runbook.title))
        .title_style(theme.title)
        .render(area, buf);
    let width = verdict.chars().count() as u16;
    if width + 4 < area.width {
        let spot = Rect { x: area.right() - width - 2, y: area.bottom().saturating_sub(1), width, height: 1 };
        words::line(buf, spot, &verdict, style);
    }
    let mut inside = area.inner(Margin::new(2, 1));
    if let Some(remark) = &handbook.remark {
        words::line(buf, Rect { height: 1, ..inside }, &format!("▲ {remark}"), theme.warn);
        inside = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    }
    let lines = &handbook.lines;
    let here = handbook.selected();
    let rows = Rows { at: handbook.scroll, top: handbook.scroll };
    sheet::rows(area, inside, rows, lines.len(), theme, buf, zones);
    for (i, line) in lines.iter().enumerate().skip(handbook.scroll).take(usize::from(inside.height)) {
        let row = Rect { y: inside.y + (i - handbook.scroll) as u16, height: 1, ..inside };
        let selected = here.is_some_and(|(at, _)| at == i);
        draw_line(handbook, line, here.filter(|_| selected).map(|(_, stop)| stop), theme, row, buf, zones);
        if selected && let Some(cell) = buf.cell_mut((area.x, row.y)) {
            cell.set_char('▸').set_style(theme.selected);
        }
    }
    let (top, height) = (handbook.scroll, usize::from(inside.height));
    if lines.len() > height {
        let text = format!(" {}–{} of {} ", top + 1, (top + height).min(lines.len()), lines.len());
        let spot =
            Rect { x: area.x + 2, y: area.bottom().saturating_sub(1), width: area.width.saturating_sub(4), height: 1 };
        words::line(buf, spot, &text, theme.dim);
    }
}

/// The beginning of a runbook that is not open: what it means and what to look at first.
pub(super) fn preview(entry: &Entry, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let runbook = entry.read();
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border)
        .title(format!(" Runbook: {} ", runbook.title))
        .title_style(theme.title)
        .title_bottom(" r opens it ")
        .render(area, buf);
    let inside = area.inner(Margin::new(2, 1));
    // The title stands on the frame already.
    let lines = runbook.render(usize::from(inside.width));
    let text = lines.iter().skip_while(|l| l.spans.is_empty() || matches!(l.anchor, Some(Anchor::Heading(1, _))));
    for (i, line) in text.skip_while(|l| is_bare(l)).take(usize::from(inside.height)).enumerate() {
        let row = Rect { y: inside.y + i as u16, height: 1, ..inside };
        let mut x = row.x;
        for span in &line.spans {
            let spot = Rect { x, width: row.right().saturating_sub(x), ..row };
            let used = words::line(buf, spot, &span.text, panel::style_of(span.role, theme));
            lead(&runbook, span.role, Rect { width: used, ..spot }, theme, buf);
            x += used;
        }
    }
}

/// Whether a line has nothing to read: blank, or drawn.
fn is_bare(line: &Line) -> bool {
    line.spans.iter().all(|span| span.role == Role::Border || span.text.trim().is_empty())
}

fn draw_line(
    handbook: &Handbook,
    line: &Line,
    here: Option<Stop>,
    theme: &Theme,
    row: Rect,
    buf: &mut Buffer,
    zones: &mut Zones,
) {
    let mut x = row.x;
    let rest = |x: u16| Rect { x, width: row.right().saturating_sub(x), ..row };
    for span in &line.spans {
        let mut style = panel::style_of(span.role, theme);
        let mut text = span.text.as_str();
        if let Role::Task(id) = span.role {
            let done = handbook.is_done(id);
            text = if done { "[x]" } else { "[ ]" };
            style = if done { theme.good } else { theme.accent };
        }
        style = match (here, span.role) {
            (Some(Stop::Link(stop)), Role::Link(id)) if stop == id => theme.selected,
            (Some(Stop::Task(_) | Stop::Block(_)), role) if role != Role::Border => style.add_modifier(Modifier::BOLD),
            _ => style,
        };
        let used = words::line(buf, rest(x), text, style);
        let stop = match span.role {
            Role::Task(id) => Some(Stop::Task(id)),
            Role::Link(id) => Some(Stop::Link(id)),
            _ => None,
        };
        if let Some(index) = handbook.stops().iter().position(|(_, known)| Some(*known) == stop) {
            zones.mark(Rect { width: used, ..rest(x) }, Spot::Stop(index));
        }
        lead(&handbook.runbook, span.role, Rect { width: used, ..rest(x) }, theme, buf);
        x += used;
    }
    if let Some(Anchor::Block(id)) = line.anchor
        && let Some(live) = handbook.answers.get(id)
    {
        let unit = handbook.runbook.blocks.get(id).and_then(|b| b.live.as_ref()).map_or(Unit::Short, |l| l.unit);
        draw_live(live, unit, theme, rest(x.max(row.x + 2)), buf);
    }
}

/// Makes a link of what is written in `area` where it is one that leads to the web.
fn lead(runbook: &Runbook, role: Role, area: Rect, theme: &Theme, buf: &mut Buffer) {
    if let Role::Link(id) = role
        && let Some(url) = runbook.links.get(id).and_then(|link| web_address(&link.url))
    {
        words::link(buf, area, &url, theme);
    }
}

/// A query's value now, its course, and whether it is as it should be.
fn draw_live(live: &Live, unit: Unit, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let rest = |x: u16| Rect { x, width: area.right().saturating_sub(x), ..area };
    match live {
        Live::Still => {}
        Live::Waiting => {
            words::line(buf, area, "→ …", theme.dim);
        }
        Live::Failed(why) => {
            words::line(buf, area, &format!("→ ! {why}"), theme.bad);
        }
        Live::Known(known) => {
            let (mark, style) = match &known.verdict {
                Some(Verdict::Holds) => ("✓ holds", theme.good),
                Some(Verdict::Fails { .. }) => ("✗ does not hold", theme.bad),
                Some(Verdict::Unknown(_)) => ("? cannot be told", theme.warn),
                None => ("", theme.text),
            };
            let mut x = area.x;
            x += words::line(buf, rest(x), "→ ", theme.dim);
            if !mark.is_empty() {
                x += words::line(buf, rest(x), mark, style.add_modifier(Modifier::BOLD)) + 2;
            }
            x += words::line(buf, rest(x), &value(known, unit), theme.text.add_modifier(Modifier::BOLD)) + 2;
            if let Some(series) = worst(known)
                && area.right() > x + 8
            {
                let width = COURSE.min(area.right() - x);
                panel::course(&series.values, style, Rect { width, ..rest(x) }, buf);
            }
        }
    }
}

/// The value of the series that matters, whose it is, and how many others there are.
fn value(known: &Known, unit: Unit) -> String {
    let number = |v: f64| unit.format(v, None);
    let whose = |labels: &crate::series::Labels| {
        let labels: Vec<&str> = labels.iter().filter(|l| &*l.name != "job").map(|l| &*l.value).collect();
        labels.join(" ")
    };
    let witness = match &known.verdict {
        Some(Verdict::Fails { witness }) => witness.as_ref(),
        _ => None,
    };
    let largest = || known.now.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    match (witness.or_else(largest), known.now.len()) {
        (None, _) => match (&known.verdict, &known.absence) {
            (Some(Verdict::Unknown(why)), None) => (*why).to_owned(),
            (_, Some(absence)) => absence.clone(),
            (_, None) => "no series".to_owned(),
        },
        (Some((_, v)), 1) => number(*v),
        (Some((labels, v)), n) => format!("{} {} +{}", number(*v), whose(labels), n - 1),
    }
}

/// The series whose course is shown: that of the value.
fn worst(known: &Known) -> Option<&crate::series::Series> {
    let witness = match &known.verdict {
        Some(Verdict::Fails { witness: Some((labels, _)) }) => known.series.iter().find(|s| s.labels == *labels),
        _ => None,
    };
    let last = |s: &crate::series::Series| s.last().map_or(f64::NEG_INFINITY, |(_, v)| v);
    witness.or_else(|| known.series.iter().max_by(|a, b| last(a).total_cmp(&last(b))))
}
