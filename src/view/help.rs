//! The help, written from the key table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{sheet, words};
use crate::app::{Action, Manual, ManualLine, ManualSort, Model, Spot, Zones};
use crate::theme::Theme;

pub(super) fn draw(model: &Model, manual: &Manual, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let place = model.manual_sheet(manual, area);
    sheet::popup(place.frame, " Keys ", theme.selected, theme, buf, zones);
    let (height, top) = (place.height(), manual.top.min(place.most()));
    if place.most() > 0 {
        let text = format!(" {}–{} of {} ", top + 1, (top + height).min(place.lines), place.lines);
        let width = text.width() as u16;
        let x = place.frame.right().saturating_sub(width + 2).max(place.frame.x);
        let spot = Rect { x, y: place.frame.bottom().saturating_sub(1), width, height: 1 };
        words::line(buf, spot.intersection(place.frame), &text, theme.dim);
    }
    searched(manual, place.line, theme, buf);
    // Beside the first column, which is as high as the others.
    if let Some((column, _)) = place.columns.first() {
        sheet::bar(place.frame, *column, (top, height, place.lines), theme, buf, zones);
    }
    if place.lines == 0 {
        let spot = Rect { y: place.line.bottom(), ..place.line };
        words::line(buf, spot, "no key does that", theme.dim);
    }
    let found = marks(manual);
    for (column, lines) in &place.columns {
        for (line, y) in lines.iter().skip(top).zip(column.y..column.bottom()) {
            draw_line(line, &found, theme, Rect { y, height: 1, ..*column }, buf);
        }
    }
    zones.mark(place.line, Spot::Action(Action::Filter));
}

/// The line that is searched with; its cursor reversed while it is typed.
fn searched(manual: &Manual, line: Rect, theme: &Theme, buf: &mut Buffer) {
    if line.is_empty() {
        return;
    }
    let used = words::line(buf, line, "/ ", theme.accent);
    let rest = sheet::rest(line, line.x + used);
    let (text, cursor) = manual.typed.seen(rest.width);
    words::line(buf, rest, &text, theme.accent);
    if !manual.typing {
        return;
    }
    if text.is_empty() {
        let hint = "words that must be there, !word that must not, ~letters; Enter keeps them, Esc drops them";
        words::line(buf, sheet::rest(rest, rest.x + 2), hint, theme.dim);
    }
    if let Some(cell) = buf.cell_mut((rest.x + cursor.min(rest.width.saturating_sub(1)), rest.y)) {
        cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
    }
}

/// The words that are marked where they are found, in lower case.
fn marks(manual: &Manual) -> Vec<String> {
    let words = manual.typed.text().split_whitespace();
    words.filter(|word| !word.starts_with(['!', '~'])).map(str::to_lowercase).collect()
}

fn draw_line(line: &ManualLine, found: &[String], theme: &Theme, row: Rect, buf: &mut Buffer) {
    let (keys, text) = match line.sort {
        ManualSort::Heading => (theme.title, theme.title),
        ManualSort::Own => (theme.accent, theme.text),
        ManualSort::Changed => (theme.warn, theme.text),
    };
    let used = marked(&line.keys, found, keys, row, buf);
    marked(&line.text, found, text, sheet::rest(row, row.x + used), buf);
}

/// Writes `text`, what is searched for in it underlined; gives the cells it took.
fn marked(text: &str, found: &[String], style: Style, area: Rect, buf: &mut Buffer) -> u16 {
    let used = words::line(buf, area, text, style);
    if found.is_empty() {
        return used;
    }
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let lower: Vec<String> = graphemes.iter().map(|grapheme| grapheme.to_lowercase()).collect();
    let mark = style.add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
    for start in 0..lower.len() {
        let rest = lower[start..].concat();
        let Some(word) = found.iter().filter(|word| rest.starts_with(word.as_str())).max_by_key(|word| word.len())
        else {
            continue;
        };
        let before: usize = graphemes[..start].iter().map(|grapheme| grapheme.width()).sum();
        let spot = Rect { x: area.x + (before as u16).min(area.width), width: word.width() as u16, height: 1, ..area };
        buf.set_style(spot.intersection(Rect { width: used, ..area }), mark);
    }
    used
}
