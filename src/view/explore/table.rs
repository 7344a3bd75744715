//! The newest values as a table: a line a series, a column a label that tells them apart.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::widgets::{Block, BorderType, Widget};
use unicode_width::UnicodeWidthStr;

use crate::app::{Explore, Ran};
use crate::panel::{Curve, clip};
use crate::theme::Theme;
use crate::unit::Unit;
use crate::view::words;

/// Widest column, in cells.
const WIDEST: u16 = 40;

/// Cells between two columns.
const GAP: u16 = 2;

pub(super) fn draw(explore: &Explore, ran: &Ran, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let rows = explore.rows();
    let curves: Vec<&Curve> = ran.data.picture.iter().flat_map(|picture| &picture.curves).collect();
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border)
        .title(format!(" {} ", clip(&ran.panel.title, area.width.saturating_sub(6))))
        .title_style(theme.title);
    let lines = usize::from(area.height.saturating_sub(3)).max(1);
    let top = explore.scroll.min(rows.len().saturating_sub(lines));
    let bottom = (top + lines).min(rows.len());
    let order = explore.order.words();
    let words = if rows.len() > lines {
        format!(" {}–{bottom} of {} · {order} ", top + 1, rows.len())
    } else {
        format!(" {order} ")
    };
    block.title_bottom(words).render(area, buf);
    let inside = area.inner(Margin::new(2, 1));
    let values: Vec<String> = curves.iter().map(|curve| value(curve)).collect();
    let seen = rows.get(top..bottom).unwrap_or_default();
    let wide = seen.iter().map(|&i| values[i].width()).max().unwrap_or(0).max("value".len()) as u16;
    let columns = columns(&curves, inside.width.saturating_sub(wide + GAP));
    let head = Rect { height: 1, ..inside };
    let mut x = inside.x;
    for (name, width) in &columns.shown {
        let title = if *name == "__name__" { "metric" } else { name };
        words::line(buf, Rect { x, width: *width, ..head }, title, theme.dim);
        x += width + GAP;
    }
    let at = if columns.shown.is_empty() && columns.common.is_empty() { inside.x } else { x };
    let at = at.max(inside.x);
    put_right(buf, Rect { x: at, width: wide, ..head }, "value", theme.dim);
    let after = at + wide + GAP + 1;
    let mut rest = columns.common.clone();
    if columns.hidden > 0 {
        rest = format!("{} more columns  {rest}", columns.hidden);
    }
    let spot = Rect { x: after, width: inside.right().saturating_sub(after), ..head };
    words::line(buf, spot, &rest, theme.dim);
    for (line, &i) in seen.iter().enumerate() {
        let y = inside.y + 1 + line as u16;
        if y >= inside.bottom() {
            break;
        }
        let mut x = inside.x;
        for (name, width) in &columns.shown {
            let text = curves[i].labels.get(name).unwrap_or("–");
            words::line(buf, Rect { x, y, width: *width, height: 1 }, text, theme.text);
            x += width + GAP;
        }
        put_right(buf, Rect { x: at, y, width: wide, height: 1 }, &values[i], theme.accent);
    }
}

fn value(curve: &Curve) -> String {
    curve.newest().map_or_else(|| "–".to_owned(), |v| Unit::Short.format(v, None))
}

fn put_right(buf: &mut Buffer, spot: Rect, text: &str, style: ratatui::style::Style) {
    let used = (text.width() as u16).min(spot.width);
    words::line(buf, Rect { x: spot.x + spot.width - used, width: used, ..spot }, text, style);
}

/// The columns that fit, and what is not in one.
struct Columns<'c> {
    shown: Vec<(&'c str, u16)>,
    hidden: usize,
    /// The labels that all series have alike.
    common: String,
}

fn columns<'c>(curves: &[&'c Curve], room: u16) -> Columns<'c> {
    // Of each label: its widest value, one of its values, whether it has others, and how many series have it.
    let mut labels: BTreeMap<&str, (usize, &str, bool, usize)> = BTreeMap::new();
    for curve in curves {
        for label in &curve.labels {
            let entry = labels.entry(&label.name).or_insert((0, &label.value, false, 0));
            entry.0 = entry.0.max(label.value.width());
            entry.2 |= *entry.1 != *label.value;
            entry.3 += 1;
        }
    }
    let several = curves.len() > 1;
    let (mut apart, mut common) = (Vec::new(), Vec::new());
    for (name, (widest, value, differs, n)) in labels {
        if !several || differs || n < curves.len() {
            let title = if name == "__name__" { "metric".len() } else { name.width() };
            apart.push((name, (widest.max(title) as u16).min(WIDEST)));
        } else {
            common.push(format!("{name}={value:?}"));
        }
    }
    let (mut shown, mut used, mut hidden) = (Vec::new(), 0, 0);
    for (name, width) in apart {
        let left = room.saturating_sub(used);
        if width <= left || shown.is_empty() && left > 0 {
            let width = width.min(left);
            shown.push((name, width));
            used += width + GAP;
        } else {
            hidden += 1;
        }
    }
    let common = if common.is_empty() { String::new() } else { format!("all: {}", common.join(" ")) };
    Columns { shown, hidden, common }
}
