//! The picker of a dashboard's variables.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{sheet, words};
use crate::app::{Item, Model, Picker, Zones};
use crate::layout::Values;
use crate::theme::Theme;
use crate::unit::Unit;

pub(super) fn draw(model: &Model, picker: &Picker, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let Some(view) = model.view() else { return };
    let Some(variable) = view.dashboard.variables.get(picker.variable) else { return };
    let place = model.picker_sheet(picker, area);
    let open: Vec<usize> =
        (0..view.dashboard.variables.len()).filter(|&i| !view.dashboard.variables[i].hidden).collect();
    let title = if open.len() > 1 {
        let number = open.iter().position(|&i| i == picker.variable).unwrap_or(0) + 1;
        format!(" {} ({number} of {}) ", variable.label, open.len())
    } else {
        format!(" {} ", variable.label)
    };
    sheet::frame(&place, &title, picker.rows, picker.items.len(), theme, buf, zones);
    sheet::typed(&place, &picker.typed, "type a part of the value", theme, buf);

    let chosen = picker.chosen(view);
    let known = view.known(picker.variable).len();
    let count = |n: usize| Unit::Count.format(n as f64, None);
    let mut told = if variable.values == Values::Typed {
        "type its value; Enter takes it".to_owned()
    } else if chosen.is_empty() {
        format!("all {}", count(known))
    } else {
        format!("{} chosen of {}", count(chosen.len()), count(known))
    };
    if !picker.typed.text().is_empty() {
        told = format!("{told} · {} found", count(picker.items.len()));
    }
    if place.told.height > 0 {
        words::line(buf, sheet::rest(place.told, place.told.x + 2), &told, theme.dim);
    }

    for (row, line) in sheet::lines(&place, picker.rows, picker.items.len()) {
        let item = &picker.items[row];
        let here = row == picker.rows.at;
        let style = if here { theme.selected } else { theme.text };
        let (on, text) = match item {
            Item::All => (chosen.is_empty(), "all"),
            Item::Gone(value) => (chosen.contains(value), &**value),
            Item::Value(known) => (chosen.contains(&known.value), &*known.text),
        };
        let mark = format!("{} [{}] ", if here { '›' } else { ' ' }, if on { 'x' } else { ' ' });
        let used = words::line(buf, line, &mark, style);
        // What is amiss keeps its room.
        let note = if matches!(item, Item::Gone(_)) { " no series now" } else { "" };
        let room = line.width.saturating_sub(used + note.len() as u16);
        let used = used + words::line(buf, Rect { width: room, ..sheet::rest(line, line.x + used) }, text, style);
        words::line(buf, sheet::rest(line, line.x + used), note, theme.warn);
    }
    if known == 0 && variable.values != Values::Typed {
        let line = Rect { y: place.list.y + picker.items.len() as u16, height: 1, ..place.list };
        let text = match &variable.values {
            Values::Labels => format!("no series has the label {}", variable.values_of),
            Values::Query(_) | Values::Given(_) | Values::Typed => "it has no values".to_owned(),
        };
        words::line(buf, line.intersection(place.list), &text, theme.dim);
    } else if picker.items.is_empty() && variable.values != Values::Typed {
        words::line(buf, place.list, "no value has that", theme.dim);
    }
}
