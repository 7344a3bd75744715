//! Text that stays inside an area, whatever its length. Names are cut in the middle, because both ends tell them apart:
//! `orders-…-17 (billing)`.

use std::borrow::Cow;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use unicode_segmentation::UnicodeSegmentation;

/// Writes cells of one area and of nothing outside it. Coordinates are relative to the area's top left corner.
pub(super) struct Pen<'b> {
    buf: &'b mut Buffer,
    area: Rect,
}

impl<'b> Pen<'b> {
    /// A pen for the part of `area` that `buf` has.
    pub(super) fn new(buf: &'b mut Buffer, area: Rect) -> Self {
        let area = area.intersection(buf.area);
        Self { buf, area }
    }

    pub(super) fn width(&self) -> u16 {
        self.area.width
    }

    pub(super) fn height(&self) -> u16 {
        self.area.height
    }

    /// A pen for a part of this one's area; what of it lies outside is cut off.
    pub(super) fn part(&mut self, x: u16, y: u16, width: u16, height: u16) -> Pen<'_> {
        let x = x.min(self.area.width);
        let y = y.min(self.area.height);
        let area = Rect {
            x: self.area.x + x,
            y: self.area.y + y,
            width: width.min(self.area.width - x),
            height: height.min(self.area.height - y),
        };
        Pen { buf: self.buf, area }
    }

    /// Writes `text` as far as it fits and returns the column after it.
    pub(super) fn text(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        if x >= self.area.width || y >= self.area.height {
            return x;
        }
        let room = usize::from(self.area.width - x);
        let (end, _) = self.buf.set_stringn(self.area.x + x, self.area.y + y, text, room, style);
        end - self.area.x
    }

    /// Writes `text`, cut in the middle to `width`, and returns the column after it.
    pub(super) fn fitted(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        self.text(x, y, &fit(text, width), style)
    }

    /// Writes `text` so that it ends before column `end`; cut in the middle where it is longer than `end`.
    pub(super) fn right(&mut self, end: u16, y: u16, text: &str, style: Style) {
        let text = fit(text, end);
        self.text(end - width(&text).min(end), y, &text, style);
    }

    /// Writes `text` in the middle of row `y`.
    pub(super) fn centred(&mut self, y: u16, text: &str, style: Style) {
        let text = fit(text, self.area.width);
        self.text((self.area.width - width(&text).min(self.area.width)) / 2, y, &text, style);
    }

    /// Writes one narrow character.
    pub(super) fn glyph(&mut self, x: u16, y: u16, glyph: char, style: Style) {
        if x < self.area.width
            && y < self.area.height
            && let Some(cell) = self.buf.cell_mut((self.area.x + x, self.area.y + y))
        {
            cell.set_char(glyph).set_style(style);
        }
    }

    /// Writes one narrow character onto a picture of blocks, whose colour becomes its ground; `style` is for that ground.
    pub(super) fn over(&mut self, x: u16, y: u16, glyph: char, style: impl Fn(Color) -> Style) {
        if x < self.area.width
            && y < self.area.height
            && let Some(cell) = self.buf.cell_mut((self.area.x + x, self.area.y + y))
        {
            let ground = if matches!(cell.symbol(), "█" | "▀" | "▄") { cell.fg } else { cell.bg };
            cell.set_char(glyph).set_style(style(ground));
        }
    }

    /// Whether nothing is written at a place yet; outside the area something always is.
    pub(super) fn is_blank(&self, x: u16, y: u16) -> bool {
        x < self.area.width
            && y < self.area.height
            && self.buf.cell((self.area.x + x, self.area.y + y)).is_some_and(|cell| cell.symbol() == " ")
    }

    /// Copies the first row of `from`, as far as the area reaches.
    pub(super) fn copy(&mut self, from: &Buffer) {
        for (position, cell) in self.area.rows().take(1).flat_map(Rect::columns).zip(from.content()) {
            if let Some(place) = self.buf.cell_mut(position.as_position()) {
                *place = cell.clone();
            }
        }
    }

    /// Adds `style` to every cell of the area.
    pub(super) fn tint(&mut self, style: Style) {
        self.buf.set_style(self.area, style);
    }

    /// Makes every cell of the area blank, with the terminal's own colours.
    pub(super) fn clear(&mut self) {
        for position in self.area.positions() {
            if let Some(cell) = self.buf.cell_mut(position) {
                cell.reset();
            }
        }
    }
}

/// Wider than any screen; widths stop here, so that a few of them can be added up.
const WIDEST: u16 = 9_999;

/// How many columns `text` takes once written; at most 9999.
pub(super) fn width(text: &str) -> u16 {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return text.len().min(usize::from(WIDEST)) as u16;
    }
    text.graphemes(true).map(grapheme_width).fold(0, u16::saturating_add).min(WIDEST)
}

fn grapheme_width(grapheme: &str) -> u16 {
    // Ratatui leaves such graphemes out, and its own width function refuses them in debug builds.
    if grapheme.contains(char::is_control) { 0 } else { grapheme.cell_width() }
}

/// `text` in at most `room` columns, with `…` in place of the middle where it is longer.
pub(super) fn fit(text: &str, room: u16) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    match room {
        0 => return Cow::Borrowed(""),
        1 => return Cow::Borrowed("…"),
        _ => {}
    }
    let head_room = room / 2;
    let tail_room = room - 1 - head_room;
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let mut fitted = String::with_capacity(text.len().min(usize::from(room) * 4));
    let mut used = 0;
    for grapheme in &graphemes {
        used += grapheme_width(grapheme);
        if used > head_room {
            break;
        }
        fitted.push_str(grapheme);
    }
    fitted.push('…');
    let mut used = 0;
    let from = graphemes.iter().rposition(|grapheme| {
        used += grapheme_width(grapheme);
        used > tail_room
    });
    for grapheme in &graphemes[from.map_or(0, |i| i + 1)..] {
        fitted.push_str(grapheme);
    }
    Cow::Owned(fitted)
}

/// Names that stand beside each other, each in at most `room` columns. Where cutting their middles would make two of them
/// look the same, what all have in common is cut instead: `…europe-12 (bil…`.
pub(super) fn fit_all<'a>(names: &[&'a str], room: u16) -> Vec<Cow<'a, str>> {
    let fitted: Vec<Cow<'a, str>> = names.iter().map(|name| fit(name, room)).collect();
    let count = |texts: &mut Vec<&str>| {
        texts.sort_unstable();
        texts.dedup();
        texts.len()
    };
    if count(&mut names.to_vec()) == count(&mut fitted.iter().map(AsRef::as_ref).collect()) {
        return fitted;
    }
    let common = |reverse: bool| {
        let Some((first, rest)) = names.split_first() else { return 0 };
        let graphemes = |name: &'a str| -> Box<dyn Iterator<Item = &'a str>> {
            if reverse { Box::new(name.graphemes(true).rev()) } else { Box::new(name.graphemes(true)) }
        };
        let equal = |name: &&'a str| graphemes(first).zip(graphemes(name)).take_while(|(a, b)| a == b).count();
        rest.iter().map(equal).min().unwrap_or(0)
    };
    let (head, tail) = (common(false), common(true));
    names.iter().map(|name| fit_around(name, head, tail, room)).collect()
}

/// `text` in at most `room` columns, with what lies between its first `head` and its last `tail` graphemes kept.
fn fit_around(text: &str, head: usize, tail: usize, room: u16) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let head = head.min(graphemes.len());
    let tail = tail.min(graphemes.len() - head);
    let core = graphemes[head..graphemes.len() - tail].concat();
    let spare = room.saturating_sub(width(&core));
    if spare < 2 {
        return Cow::Owned(fit(&core, room).into_owned());
    }
    let before = graphemes[..head].concat();
    let after = graphemes[graphemes.len() - tail..].concat();
    // What one side does not need the other may have.
    let after_room = (spare / 2).max(spare.saturating_sub(width(&before)));
    let after = clip(&after, after_room);
    let before_room = spare - width(&after);
    let before: Vec<&str> = before.graphemes(true).collect();
    let all: u16 = before.iter().map(|g| grapheme_width(g)).sum();
    if all <= before_room {
        return Cow::Owned(before.concat() + &core + &after);
    }
    let mut used = u16::from(before_room > 0);
    let from = before.iter().rposition(|grapheme| {
        used += grapheme_width(grapheme);
        used > before_room
    });
    let mark = if before_room > 0 { "…" } else { "" };
    Cow::Owned(format!("{mark}{}{core}{after}", before[from.map_or(0, |i| i + 1)..].concat()))
}

/// `text` cut at its end to `room` columns, with `…` for what is missing: for sentences, whose start says most.
pub fn clip(text: &str, room: u16) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    if room == 0 {
        return Cow::Borrowed("");
    }
    let mut clipped = String::new();
    let mut used = 1;
    for grapheme in text.graphemes(true) {
        used += grapheme_width(grapheme);
        if used > room {
            break;
        }
        clipped.push_str(grapheme);
    }
    clipped.truncate(clipped.trim_end().len());
    clipped.push('…');
    Cow::Owned(clipped)
}

/// `text` in lines of at most `room` columns, broken between words, inside a word only where it is longer than a line.
pub fn wrap(text: &str, room: u16) -> Vec<String> {
    let mut lines = Vec::new();
    if room == 0 {
        return lines;
    }
    let mut line = String::new();
    let mut used: u16 = 0;
    for word in text.split_whitespace() {
        let word_width = width(word);
        if used > 0 && used.saturating_add(1).saturating_add(word_width) > room {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        if word_width <= room {
            line.push_str(word);
            used += word_width;
            continue;
        }
        for grapheme in word.graphemes(true) {
            let grapheme_width = grapheme_width(grapheme);
            if used + grapheme_width > room {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(grapheme);
            used += grapheme_width;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_both_ends() {
        assert_eq!(fit("orders-eu-17 (billing)", 11), "order…ling)");
        assert_eq!(fit("orders", 6), "orders");
        assert_eq!(fit("orders", 1), "…");
        assert_eq!(fit("orders", 0), "");
    }

    #[test]
    fn names_that_differ_in_the_middle_still_do_when_cut() {
        let names = ["orders-europe-7 (billing)", "orders-europe-12 (billing)", "orders-europe-13 (billing)"];
        assert_eq!(fit_all(&names, 14), ["…urope-7 (bil…", "…rope-12 (bil…", "…rope-13 (bil…"]);
        assert_eq!(fit_all(&names, 30), names);
        assert_eq!(fit_all(&["left-side-a", "right-side-b"], 8), ["left…e-a", "righ…e-b"]);
        assert_eq!(fit_all(&["same-long-name", "same-long-name"], 5), ["sa…me", "sa…me"]);
        for room in 0..40 {
            let wide = ["日本語-europe-1-終わりの言葉", "日本語-europe-2-終わりの言葉"];
            assert!(fit_all(&wide, room).iter().all(|name| width(name) <= room), "{room}");
        }
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(width("日本"), 4);
        for room in 0..12 {
            assert!(width(&fit("日本語の名前", room)) <= room, "{room}");
            assert!(width(&clip("日本語の名前", room)) <= room, "{room}");
        }
    }

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        assert_eq!(wrap("no target exposes it", 10), ["no target", "exposes it"]);
        assert_eq!(wrap("abcdefgh ij", 5), ["abcde", "fgh", "ij"]);
        assert!(wrap("anything", 0).is_empty());
    }

    #[test]
    fn a_sentence_keeps_its_start() {
        assert_eq!(clip("connection refused", 11), "connection…");
    }

    #[test]
    fn nothing_is_written_outside_the_area() {
        let mut buf = Buffer::filled(Rect::new(0, 0, 8, 3), ratatui::buffer::Cell::new("#"));
        let mut pen = Pen::new(&mut buf, Rect::new(2, 1, 4, 1));
        pen.text(1, 0, "abcdefgh", Style::new());
        pen.text(0, 5, "x", Style::new());
        pen.right(9, 0, "z", Style::new());
        pen.glyph(4, 0, 'q', Style::new());
        assert_eq!(buf, Buffer::with_lines(["########", "###abc##", "########"]));
    }
}
