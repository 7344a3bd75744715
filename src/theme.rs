//! Colours with a meaning, for terminals with 16 million, 256, 16 or no colours. May use nothing of the crate.

mod depth;

pub use depth::{Depth, TerminalHints};

use ratatui::style::{Color, Modifier, Style};

/// Every colour on the screen, by what it means. Built once for a terminal's colour depth; with [`Depth::None`] all
/// colours are the terminal's own and only bold, dim and reverse are left, so meaning must never rest on colour alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// How many colours the terminal has.
    pub depth: Depth,
    /// Ordinary text.
    pub text: Style,
    /// Text that matters less: units, axis labels, help.
    pub dim: Style,
    /// Panel borders.
    pub border: Style,
    /// The border of the selected panel.
    pub selected: Style,
    /// Panel titles.
    pub title: Style,
    /// Key names in the footer, links.
    pub accent: Style,
    /// The header and footer bars.
    pub bar: Style,
    /// As it should be.
    pub good: Style,
    /// Look soon.
    pub warn: Style,
    /// Look now.
    pub bad: Style,
    /// The DEMO mark and other banners that nobody may miss.
    pub banner: Style,
    series: Vec<Style>,
    heat: Vec<Style>,
}

/// Series colours: distinct from each other on a dark ground, none of them the green, yellow or red that means a level.
const SERIES: [(u8, u8, u8); 12] = [
    (0x5a, 0xb0, 0xf6),
    (0xe8, 0x9c, 0x4f),
    (0xb0, 0x8c, 0xf2),
    (0x4f, 0xc9, 0xc0),
    (0xf0, 0x82, 0xb4),
    (0xa9, 0xc4, 0x6c),
    (0x8f, 0xa4, 0xff),
    (0xd6, 0xb4, 0x8c),
    (0x7c, 0xd1, 0xf2),
    (0xd7, 0x8c, 0xe0),
    (0x93, 0xcf, 0xa4),
    (0xc4, 0xc8, 0xd4),
];

/// Heat, from few to many.
const HEAT: [(u8, u8, u8); 9] = [
    (0x1d, 0x23, 0x3a),
    (0x2a, 0x2f, 0x5e),
    (0x45, 0x34, 0x80),
    (0x6d, 0x37, 0x93),
    (0x98, 0x3d, 0x96),
    (0xc2, 0x48, 0x86),
    (0xe3, 0x63, 0x6d),
    (0xf7, 0x91, 0x56),
    (0xfd, 0xc8, 0x5e),
];

impl Theme {
    /// The dark theme for a terminal with this many colours.
    pub fn dark(depth: Depth) -> Self {
        let fg = |r, g, b| Style::new().fg(depth.color(r, g, b));
        let plain = depth == Depth::None;
        let bold = |s: Style| s.add_modifier(Modifier::BOLD);
        let bar = if plain {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            fg(0xd8, 0xde, 0xe9).bg(depth.color(0x26, 0x2b, 0x3a))
        };
        let dim = if plain { Style::new().add_modifier(Modifier::DIM) } else { fg(0x8b, 0x93, 0xa7) };
        Self {
            depth,
            text: if plain { Style::new() } else { fg(0xd8, 0xde, 0xe9) },
            dim,
            border: if plain { Style::new() } else { fg(0x4a, 0x52, 0x66) },
            selected: bold(fg(0x6c, 0xb6, 0xff)),
            title: bold(if plain { Style::new() } else { fg(0xe6, 0xea, 0xf2) }),
            accent: bold(fg(0x6c, 0xb6, 0xff)),
            bar,
            good: fg(0x6c, 0xc6, 0x7a),
            warn: bold(fg(0xf2, 0xc5, 0x4b)),
            bad: bold(fg(0xff, 0x6b, 0x6b)),
            banner: bold(if plain {
                Style::new().add_modifier(Modifier::REVERSED)
            } else {
                fg(0x14, 0x16, 0x1f).bg(depth.color(0xf2, 0xc5, 0x4b))
            }),
            series: SERIES.iter().map(|&(r, g, b)| fg(r, g, b)).collect(),
            heat: HEAT.iter().map(|&(r, g, b)| fg(r, g, b)).collect(),
        }
    }

    /// The style of the `i`-th series of a panel; colours repeat after twelve.
    pub fn series(&self, i: usize) -> Style {
        self.series[i % self.series.len()]
    }

    /// The colour of a heatmap cell, `share` from 0 (fewest) to 1 (most); values outside are clamped, NaN is 0.
    pub fn heat(&self, share: f64) -> Color {
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        let i = (share * (self.heat.len() - 1) as f64).round() as usize;
        self.heat[i].fg.unwrap_or(Color::Reset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_no_style_has_one() {
        let t = Theme::dark(Depth::None);
        for s in [
            t.text,
            t.dim,
            t.border,
            t.selected,
            t.title,
            t.accent,
            t.bar,
            t.good,
            t.warn,
            t.bad,
            t.banner,
            t.series(3),
        ] {
            assert!(matches!(s.fg, None | Some(Color::Reset)) && matches!(s.bg, None | Some(Color::Reset)), "{s:?}");
        }
    }

    #[test]
    fn heat_takes_any_share() {
        let t = Theme::dark(Depth::TrueColor);
        assert_eq!(t.heat(f64::NAN), t.heat(-3.0));
        assert_eq!(t.heat(2.0), t.heat(1.0));
        assert_ne!(t.heat(0.0), t.heat(1.0));
    }
}
