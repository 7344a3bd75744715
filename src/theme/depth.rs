//! How many colours a terminal has, and the nearest colour that it can show.

use ratatui::style::Color;

/// Colours that a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// None: bold, dim and reverse only.
    None,
    /// The 16 of the terminal's own palette.
    Ansi,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    TrueColor,
}

/// What the environment says about the terminal, handed in so that the decision is a pure function.
#[derive(Debug, Clone, Default)]
pub struct TerminalHints {
    /// `NO_COLOR`, if set (<https://no-color.org>: any value but the empty one counts).
    pub no_color: Option<String>,
    /// `COLORTERM`.
    pub colorterm: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
}

impl Depth {
    /// The depth that the environment promises.
    pub fn detect(hints: &TerminalHints) -> Self {
        let term = hints.term.as_deref().unwrap_or_default();
        let colorterm = hints.colorterm.as_deref().unwrap_or_default();
        if hints.no_color.as_deref().is_some_and(|v| !v.is_empty()) || term == "dumb" {
            Self::None
        } else if matches!(colorterm, "truecolor" | "24bit") || term.ends_with("-direct") {
            Self::TrueColor
        } else if matches!(term, "" | "linux" | "ansi" | "vt100" | "vt220" | "xterm-16color") {
            Self::Ansi
        } else {
            Self::Indexed
        }
    }

    /// The colour nearest to `r`, `g`, `b` that this depth can show.
    pub fn color(self, r: u8, g: u8, b: u8) -> Color {
        match self {
            Self::None => Color::Reset,
            Self::Ansi => ansi(r, g, b),
            Self::Indexed => Color::Indexed(indexed(r, g, b)),
            Self::TrueColor => Color::Rgb(r, g, b),
        }
    }
}

/// The levels of xterm's 6×6×6 cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.iter().zip(b).map(|(&x, y)| u32::from(x.abs_diff(y)).pow(2)).sum()
}

/// The nearest of xterm's colours 16–255: the cube or the grey ramp, whichever is closer.
fn indexed(r: u8, g: u8, b: u8) -> u8 {
    let nearest = |v: u8| (0..6u8).min_by_key(|&i| CUBE[usize::from(i)].abs_diff(v)).unwrap_or(0);
    let (ri, gi, bi) = (nearest(r), nearest(g), nearest(b));
    let cube = [CUBE[usize::from(ri)], CUBE[usize::from(gi)], CUBE[usize::from(bi)]];
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let step = (mean.saturating_sub(3) / 10).min(23) as u8;
    let grey = 8 + 10 * step;
    if distance([grey; 3], [r, g, b]) < distance(cube, [r, g, b]) { 232 + step } else { 16 + 36 * ri + 6 * gi + bi }
}

/// One of the 16 colours of the terminal's palette, by hue and lightness: palettes differ too much for distances.
fn ansi(r: u8, g: u8, b: u8) -> Color {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    if max - min < 48 {
        return match max {
            0..=47 => Color::Black,
            48..=127 => Color::DarkGray,
            128..=199 => Color::Gray,
            _ => Color::White,
        };
    }
    let high = |v: u8| u16::from(v) * 10 > u16::from(max) * 7;
    match (high(r), high(g), high(b)) {
        (true, true, false) => Color::Yellow,
        (true, false, true) => Color::Magenta,
        (false, true, true) => Color::Cyan,
        (true, false, false) => Color::LightRed,
        (false, true, false) => Color::Green,
        (false, false, _) => Color::LightBlue,
        (true, true, true) => Color::White,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_follows_the_environment() {
        let hints = |no: Option<&str>, colorterm: &str, term: &str| TerminalHints {
            no_color: no.map(str::to_owned),
            colorterm: Some(colorterm.to_owned()),
            term: Some(term.to_owned()),
        };
        assert_eq!(Depth::detect(&hints(Some("1"), "truecolor", "xterm")), Depth::None);
        assert_eq!(Depth::detect(&hints(Some(""), "truecolor", "xterm")), Depth::TrueColor);
        assert_eq!(Depth::detect(&hints(None, "", "dumb")), Depth::None);
        assert_eq!(Depth::detect(&hints(None, "", "linux")), Depth::Ansi);
        assert_eq!(Depth::detect(&hints(None, "", "screen")), Depth::Indexed);
        assert_eq!(Depth::detect(&TerminalHints::default()), Depth::Ansi);
        assert_eq!(Depth::detect(&hints(None, "", "xterm-256color")), Depth::Indexed);
    }

    #[test]
    fn colours_fall_back_to_the_nearest() {
        assert_eq!(Depth::Indexed.color(255, 0, 0), Color::Indexed(196));
        assert_eq!(Depth::Indexed.color(128, 128, 128), Color::Indexed(244));
        assert_eq!(Depth::Ansi.color(0xff, 0x6b, 0x6b), Color::LightRed);
        assert_eq!(Depth::Ansi.color(0xf2, 0xc5, 0x4b), Color::Yellow);
        assert_eq!(Depth::Ansi.color(0x6c, 0xc6, 0x7a), Color::Green);
    }
}
