//! The picker of a dashboard's variables.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::words;
use crate::app::{Model, Picker};
use crate::layout::{All, Selection, Values};
use crate::theme::Theme;

pub(super) fn draw(model: &Model, picker: Picker, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(view) = model.view() else { return };
    let Some(variable) = view.dashboard.variables.get(picker.variable) else { return };
    let none = Vec::new();
    let values = view.values.get(&variable.name).unwrap_or(&none);
    let chosen = view.selection.get(&variable.name);

    let height = area.height.min(values.len() as u16 + 4).max(5).min(area.height);
    let width = area.width.min(56);
    let popup = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    Clear.render(popup, buf);
    let open: Vec<usize> =
        (0..view.dashboard.variables.len()).filter(|&i| !view.dashboard.variables[i].hidden).collect();
    let of = open.len();
    let which = if of > 1 {
        let number = open.iter().position(|&i| i == picker.variable).unwrap_or(0) + 1;
        format!(" {} ({number} of {of}) ", variable.label)
    } else {
        format!(" {} ", variable.label)
    };
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.selected)
        .title(which)
        .title_style(theme.title)
        .render(popup, buf);
    let inside = popup.inner(Margin::new(2, 1));
    let top = picker.cursor.saturating_sub(usize::from(inside.height).saturating_sub(1));
    let all = (variable.all != All::No).then(|| (chosen.is_none(), "all".to_owned()));
    let rows = all.into_iter().chain(values.iter().enumerate().map(|(i, known)| {
        let on = match chosen {
            Some(Selection::Values(chosen)) => chosen.iter().any(|x| **x == *known.value),
            _ => variable.all == All::No && i == 0,
        };
        (on, known.text.to_string())
    }));
    for (i, (on, text)) in rows.enumerate().skip(top).take(usize::from(inside.height)) {
        let line = Rect { y: inside.y + (i - top) as u16, height: 1, ..inside };
        let here = i == picker.cursor;
        let style = if here { theme.selected } else { theme.text };
        let text = format!("{} [{}] {text}", if here { '›' } else { ' ' }, if on { 'x' } else { ' ' });
        words::line(buf, line, &text, style);
    }
    if values.is_empty() && inside.height > 1 {
        let line = Rect { y: inside.y + 1, height: 1, ..inside };
        let text = match (&variable.values, chosen) {
            (Values::Labels, _) => format!("no series has the label {}", variable.values_of),
            (Values::Typed, Some(Selection::Values(typed))) => format!("{:?}: Enter changes it", typed.join(",")),
            (Values::Typed, _) => "Enter takes what is to be typed".to_owned(),
            (Values::Query(_) | Values::Given(_), _) => "it has no values".to_owned(),
        };
        words::line(buf, line, &text, theme.dim);
    }
}
