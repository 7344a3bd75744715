//! Numbers and words large enough to be read across a room: a font of five pixel rows, a pixel as wide as high.

use ratatui::style::Style;

use super::pen::Pen;
use super::pie::QUARTERS;

/// Width and five rows of pixels of a character, the leftmost pixel in the highest of the `width` bits.
type Glyph = (u16, [u8; 5]);

/// The font. Letters are capitals except those of durations, where `m` must not read as `M`.
const FONT: &[(char, Glyph)] = &[
    ('0', (3, [0b111, 0b101, 0b101, 0b101, 0b111])),
    ('1', (3, [0b010, 0b110, 0b010, 0b010, 0b111])),
    ('2', (3, [0b111, 0b001, 0b111, 0b100, 0b111])),
    ('3', (3, [0b111, 0b001, 0b111, 0b001, 0b111])),
    ('4', (3, [0b101, 0b101, 0b111, 0b001, 0b001])),
    ('5', (3, [0b111, 0b100, 0b111, 0b001, 0b111])),
    ('6', (3, [0b111, 0b100, 0b111, 0b101, 0b111])),
    ('7', (3, [0b111, 0b001, 0b001, 0b001, 0b001])),
    ('8', (3, [0b111, 0b101, 0b111, 0b101, 0b111])),
    ('9', (3, [0b111, 0b101, 0b111, 0b001, 0b111])),
    ('.', (1, [0, 0, 0, 0, 1])),
    (',', (1, [0, 0, 0, 1, 1])),
    (':', (1, [0, 1, 0, 1, 0])),
    ('-', (2, [0, 0, 0b11, 0, 0])),
    ('+', (3, [0, 0b010, 0b111, 0b010, 0])),
    (' ', (1, [0; 5])),
    ('%', (5, [0b11001, 0b11010, 0b00100, 0b01011, 0b10011])),
    ('/', (3, [0b001, 0b001, 0b010, 0b100, 0b100])),
    ('(', (2, [0b01, 0b10, 0b10, 0b10, 0b01])),
    (')', (2, [0b10, 0b01, 0b01, 0b01, 0b10])),
    ('&', (4, [0b0100, 0b1010, 0b0101, 0b1010, 0b0101])),
    ('_', (3, [0, 0, 0, 0, 0b111])),
    ('µ', (4, [0, 0b1001, 0b1001, 0b1110, 0b1000])),
    ('c', (3, [0, 0b111, 0b100, 0b100, 0b111])),
    ('d', (3, [0b001, 0b001, 0b111, 0b101, 0b111])),
    ('e', (3, [0, 0b111, 0b101, 0b110, 0b111])),
    ('g', (3, [0, 0b111, 0b101, 0b111, 0b011])),
    ('h', (3, [0b100, 0b100, 0b111, 0b101, 0b101])),
    ('i', (1, [1, 0, 1, 1, 1])),
    ('k', (3, [0b100, 0b101, 0b110, 0b110, 0b101])),
    ('m', (5, [0, 0, 0b11111, 0b10101, 0b10101])),
    ('n', (3, [0, 0, 0b111, 0b101, 0b101])),
    ('o', (3, [0, 0b111, 0b101, 0b101, 0b111])),
    ('p', (3, [0, 0b111, 0b101, 0b111, 0b100])),
    ('r', (2, [0, 0b11, 0b10, 0b10, 0b10])),
    ('s', (2, [0, 0b11, 0b10, 0b01, 0b11])),
    ('A', (3, [0b111, 0b101, 0b111, 0b101, 0b101])),
    ('B', (3, [0b110, 0b101, 0b110, 0b101, 0b110])),
    ('C', (3, [0b111, 0b100, 0b100, 0b100, 0b111])),
    ('D', (3, [0b110, 0b101, 0b101, 0b101, 0b110])),
    ('E', (3, [0b111, 0b100, 0b110, 0b100, 0b111])),
    ('F', (3, [0b111, 0b100, 0b110, 0b100, 0b100])),
    ('G', (3, [0b111, 0b100, 0b101, 0b101, 0b111])),
    ('H', (3, [0b101, 0b101, 0b111, 0b101, 0b101])),
    ('I', (1, [1; 5])),
    ('J', (3, [0b001, 0b001, 0b001, 0b101, 0b111])),
    ('K', (3, [0b101, 0b101, 0b110, 0b101, 0b101])),
    ('L', (3, [0b100, 0b100, 0b100, 0b100, 0b111])),
    ('M', (5, [0b10001, 0b11011, 0b10101, 0b10001, 0b10001])),
    ('N', (4, [0b1001, 0b1101, 0b1011, 0b1001, 0b1001])),
    ('O', (3, [0b111, 0b101, 0b101, 0b101, 0b111])),
    ('P', (3, [0b111, 0b101, 0b111, 0b100, 0b100])),
    ('Q', (4, [0b1110, 0b1010, 0b1010, 0b1110, 0b0001])),
    ('R', (3, [0b111, 0b101, 0b110, 0b101, 0b101])),
    ('S', (3, [0b111, 0b100, 0b111, 0b001, 0b111])),
    ('T', (3, [0b111, 0b010, 0b010, 0b010, 0b010])),
    ('U', (3, [0b101, 0b101, 0b101, 0b101, 0b111])),
    ('V', (3, [0b101, 0b101, 0b101, 0b101, 0b010])),
    ('W', (5, [0b10001, 0b10001, 0b10101, 0b11011, 0b10001])),
    ('X', (3, [0b101, 0b101, 0b010, 0b101, 0b101])),
    ('Y', (3, [0b101, 0b101, 0b010, 0b010, 0b010])),
    ('Z', (3, [0b111, 0b001, 0b010, 0b100, 0b111])),
    ('✓', (5, [0b00001, 0b00010, 0b10100, 0b01000, 0])),
    ('✗', (5, [0b10001, 0b01010, 0b00100, 0b01010, 0b10001])),
    ('⚠', (5, [0b00100, 0b01010, 0b01010, 0b11011, 0b11111])),
];

fn glyph(c: char) -> Option<Glyph> {
    FONT.iter().find(|(known, _)| *known == c).map(|&(_, glyph)| glyph)
}

/// A text that can be written large, and the rest that stays small beside it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Large {
    glyphs: Vec<Glyph>,
    small: String,
}

impl Large {
    /// A formatted number: its digits large, its unit small. Durations (`2m 10s`) are large as a whole. `None` where
    /// there is no number in front.
    pub(super) fn number(text: &str) -> Option<Self> {
        let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ':' | '-' | '+');
        let digits = text.find(|c| !is_number(c)).unwrap_or(text.len());
        let (large, small) = text.split_at(digits);
        if !large.contains(|c: char| c.is_ascii_digit()) {
            return None;
        }
        if small.contains(|c: char| c.is_ascii_digit()) {
            let glyphs = text.chars().map(glyph).collect::<Option<Vec<_>>>()?;
            return Some(Self { glyphs, small: String::new() });
        }
        let glyphs = large.chars().map(glyph).collect::<Option<Vec<_>>>()?;
        Some(Self { glyphs, small: small.trim().to_owned() })
    }

    /// A word or two, in capitals; `None` where the font lacks a character.
    pub(super) fn words(text: &str) -> Option<Self> {
        let capitals = text.to_uppercase();
        let glyphs = capitals.chars().map(glyph).collect::<Option<Vec<_>>>()?;
        (!glyphs.is_empty()).then(|| Self { glyphs, small: String::new() })
    }

    /// Columns taken where a pixel is `scale` columns wide.
    pub(super) fn width(&self, scale: u16) -> u16 {
        let pixels: u16 = self.glyphs.iter().map(|(width, _)| width + 1).sum();
        let small = super::pen::width(&self.small);
        (pixels.saturating_sub(1) * scale).saturating_add(if small > 0 { small + 1 } else { 0 })
    }

    /// Rows taken where a pixel is `scale` half rows high.
    pub(super) const fn height(scale: u16) -> u16 {
        (5 * scale).div_ceil(2)
    }

    /// The largest scale, up to three, at which the text fits.
    pub(super) fn scale(&self, width: u16, height: u16) -> Option<u16> {
        (1..=3).rev().find(|&scale| self.width(scale) <= width && Self::height(scale) <= height)
    }

    /// Writes the text with its top left corner at `x`, `y`.
    pub(super) fn draw(&self, pen: &mut Pen<'_>, (x, y): (u16, u16), scale: u16, style: Style, small: Style) {
        let mut left = x;
        for &(width, rows) in &self.glyphs {
            for column in 0..width {
                let lit = |half: u16| {
                    rows.get(usize::from(half / scale)).is_some_and(|row| row >> (width - 1 - column) & 1 == 1)
                };
                for row in 0..Self::height(scale) {
                    let block = match (lit(row * 2), lit(row * 2 + 1)) {
                        (true, true) => '█',
                        (true, false) => '▀',
                        (false, true) => '▄',
                        (false, false) => continue,
                    };
                    for dx in 0..scale {
                        pen.glyph(left + column * scale + dx, y + row, block, style);
                    }
                }
            }
            left += (width + 1) * scale;
        }
        if self.small.is_empty() {
            return;
        }
        // On the line on which the digits stand.
        pen.text(left.saturating_sub(scale) + 1, y + Self::height(scale) - 1, &self.small, small);
    }
}

/// A number for reading from afar: its unit is large too, half as high as the digits, because `345` is not `345 k`.
pub(super) struct Measure {
    digits: Large,
    unit: Option<Large>,
}

impl Measure {
    /// `None` where there is no number in front.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut digits = Large::number(text)?;
        let glyphs = digits.small.chars().map(glyph).collect::<Option<Vec<_>>>();
        let unit = glyphs.filter(|glyphs| !glyphs.is_empty()).map(|glyphs| Large { glyphs, small: String::new() });
        if unit.is_some() {
            digits.small.clear();
        }
        Some(Self { digits, unit })
    }

    /// The same with a small unit, where there is no room for a large one.
    pub(super) fn digits(text: &str) -> Option<Self> {
        Large::number(text).map(|digits| Self { digits, unit: None })
    }

    /// A word in place of a number.
    pub(super) fn words(text: &str) -> Option<Self> {
        Large::words(text).map(|digits| Self { digits, unit: None })
    }

    const fn of_unit(scale: u16) -> u16 {
        scale.div_ceil(2)
    }

    /// Columns taken where a pixel of the digits is `scale` columns wide.
    pub(super) fn width(&self, scale: u16) -> u16 {
        let unit = self.unit.as_ref().map_or(0, |unit| scale + 1 + unit.width(Self::of_unit(scale)));
        self.digits.width(scale).saturating_add(unit)
    }

    /// Writes it with its top left corner at `x`, `y`, unit and digits on one line.
    pub(super) fn draw(&self, pen: &mut Pen<'_>, (x, y): (u16, u16), scale: u16, style: Style, small: Style) {
        self.digits.draw(pen, (x, y), scale, style, small);
        if let Some(unit) = &self.unit {
            let down = Large::height(scale) - Large::height(Self::of_unit(scale));
            let right = x + self.digits.width(scale) + scale + 1;
            unit.draw(pen, (right, y + down), Self::of_unit(scale), small, small);
        }
    }
}

/// Rows that narrow words take.
pub(super) const NARROW_ROWS: u16 = 3;

/// A word or two in capitals whose pixels are half as wide and half as high as a cell, for titles that are read from afar:
/// two columns a letter, three rows. `None` where the font lacks a character.
pub(super) struct Narrow {
    /// Columns of pixels, the highest pixel in the lowest bit.
    columns: Vec<u8>,
}

impl Narrow {
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut columns = Vec::new();
        for c in text.to_uppercase().chars() {
            let (width, rows) = glyph(c)?;
            let column = |x: u16| (0..5).fold(0, |bits, y| bits | (rows[y] >> (width - 1 - x) & 1) << y);
            columns.extend((0..width).map(column));
            columns.push(0);
        }
        columns.pop();
        (!columns.is_empty()).then_some(Self { columns })
    }

    /// Columns of cells taken.
    pub(super) fn width(&self) -> u16 {
        self.columns.len().div_ceil(2).min(9_999) as u16
    }

    /// Writes the words with their top left corner at `x`, `y`.
    pub(super) fn draw(&self, pen: &mut Pen<'_>, (x, y): (u16, u16), style: Style) {
        for (column, pair) in (0..).zip(self.columns.chunks(2)) {
            let (left, right) = (pair[0], pair.get(1).copied().unwrap_or(0));
            for row in 0..NARROW_ROWS {
                let upper = |bits: u8| usize::from(bits >> (row * 2) & 1);
                let lower = |bits: u8| usize::from(bits >> (row * 2 + 1) & 1);
                let quarters = upper(left) | upper(right) << 1 | lower(left) << 2 | lower(right) << 3;
                if quarters > 0 {
                    pen.glyph(x + column, y + row, QUARTERS[quarters], style);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn digits_stand_on_one_line_with_their_unit() {
        let area = Rect::new(0, 0, 18, 3);
        let mut buf = Buffer::empty(area);
        let large = Large::number("12.3 k/s").unwrap();
        assert_eq!(large.width(1), 17);
        large.draw(&mut Pen::new(&mut buf, area), (0, 0), 1, Style::new(), Style::new());
        assert_eq!(buf, Buffer::with_lines(["▄█  ▀▀█   ▀▀█     ", " █  █▀▀   ▀▀█     ", "▀▀▀ ▀▀▀ ▀ ▀▀▀ k/s ",]));
    }

    #[test]
    fn what_cannot_be_large_is_not() {
        assert_eq!(Large::number("NaN"), None);
        assert_eq!(Large::number(""), None);
        assert_eq!(Large::words("größe"), None);
        assert!(Large::number("2m 10s").unwrap().small.is_empty());
        assert!(Large::words("Open ✗").is_some());
    }

    #[test]
    fn from_afar_the_unit_is_large_where_the_font_has_it() {
        for text in ["345 k", "12.5 MiB/s", "9.86 s", "40 µs", "23.9 %", "1.2 cores", "70 k ops/s"] {
            let measure = Measure::new(text).unwrap();
            assert!(measure.unit.is_some() && measure.digits.small.is_empty(), "{text}");
            assert!(measure.width(2) > measure.digits.width(2), "{text}");
        }
        let unknown = Measure::new("7 yaks").unwrap();
        assert!(unknown.unit.is_none() && unknown.digits.small == "yaks");
        assert!(Measure::new("no value").is_none());
    }

    #[test]
    fn narrow_words_are_two_columns_a_letter() {
        let area = Rect::new(0, 0, 6, 3);
        let mut buf = Buffer::empty(area);
        let words = Narrow::new("s3 %").unwrap();
        assert_eq!(words.width(), 8);
        Narrow::new("hi").unwrap().draw(&mut Pen::new(&mut buf, area), (0, 0), Style::new());
        assert_eq!(buf, Buffer::with_lines(["▌▌▌   ", "▛▌▌   ", "▘▘▘   "]));
        assert!(Narrow::new("größe").is_none());
    }

    #[test]
    fn every_glyph_keeps_to_its_width() {
        for (c, (width, rows)) in FONT {
            assert!(rows.iter().all(|row| u16::from(*row) < 1 << width), "{c}");
        }
    }

    #[test]
    fn the_scale_grows_with_the_room() {
        let large = Large::number("42").unwrap();
        assert_eq!(large.scale(6, 3), None);
        assert_eq!(large.scale(7, 3), Some(1));
        assert_eq!(large.scale(40, 5), Some(2));
        assert_eq!(large.scale(40, 20), Some(3));
    }
}
