//! The list at the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::widgets::{Block, BorderType, Clear, Widget};
use unicode_width::UnicodeWidthStr;

use crate::app::{List, Rows, Spot, Zones};
use crate::panel::clip;
use crate::theme::Theme;
use crate::view::{sheet, words};

/// Most lines of it.
const LINES: u16 = 8;

/// Widest, in cells.
const WIDEST: u16 = 110;

/// Draws the list below `cursor`, or above where there is more room.
pub(super) fn draw(list: &List, cursor: Position, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let completion = &list.completion;
    let n = (completion.candidates.len() as u16).min(LINES);
    let rows = n.max(1);
    let height = (rows + 2).min(area.bottom().saturating_sub(cursor.y + 1));
    if height < 3 {
        return;
    }
    let lines = usize::from(height - 2);
    let top = list.selected.map_or(0, |at| (at + 1).saturating_sub(lines));
    let seen = || completion.candidates.iter().enumerate().skip(top).take(lines);
    let word = seen().map(|(_, c)| c.word.width()).max().unwrap_or(0) as u16;
    let about = seen().map(|(_, c)| c.about.width()).max().unwrap_or(0) as u16;
    let searched = list.search.as_ref().map(|typed| format!(" for: {}", typed.text())).unwrap_or_default();
    let count = match (completion.found, completion.of) {
        (found, of) if list.search.is_some() => format!(" {found} of {of} {}{searched}▏", completion.heading),
        _ if completion.is_waiting && completion.found == 0 => " asking the source… ".to_owned(),
        (found, of) if found == of => format!(" {found} {} ", completion.heading),
        (found, of) => format!(" {found} of {of} {} ", completion.heading),
    };
    let keys = match list.search {
        Some(_) => " type to search · Enter takes it · ↑ ↓ choose · Esc closes ",
        None => " Tab takes it · ↑ ↓ choose · Esc closes ",
    };
    let wanted = (word + 2 + about).max(count.width() as u16).max(if n > 0 { keys.width() as u16 } else { 0 }) + 5;
    let width = wanted.min(WIDEST).min(area.width);
    // Its words stand under what they continue, as far as there is room.
    let x = cursor.x.saturating_sub(2).max(area.x).min(area.right().saturating_sub(width));
    let popup = Rect { x, y: cursor.y + 1, width, height };
    Clear.render(popup, buf);
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.selected).title(count);
    let block = block.title_style(theme.title);
    if n > 0 { block.title_bottom(keys) } else { block }.render(popup, buf);
    let inside = popup.inner(Margin::new(1, 1));
    zones.mark(popup, Spot::Still);
    let rows = Rows { at: top, top };
    sheet::rows(popup, inside, rows, completion.candidates.len(), theme, buf, zones);
    for (i, candidate) in seen() {
        let line = Rect { y: inside.y + (i - top) as u16, height: 1, ..inside };
        let here = list.selected.map_or(i == 0, |at| at == i);
        let chosen = list.selected == Some(i);
        let style = if chosen { theme.selected } else { theme.text };
        let mark = if here { '›' } else { ' ' };
        // What it is stands in a column of its own, unless the words are too long for that.
        let room = if about > 0 { word.min(inside.width * 3 / 5) } else { inside.width.saturating_sub(1) };
        let used = words::line(buf, line, &format!("{mark}{}", clip(&candidate.word, room)), style);
        let start = used.max(room + 1) + 2;
        let rest = Rect { x: line.x + start, width: line.width.saturating_sub(start), ..line };
        words::line(buf, rest, &candidate.about, theme.dim);
    }
}
