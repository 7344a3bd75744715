//! How well colours can be told from each other. Uses nothing of the crate but colours.

use super::palette::{Palette, Rgb};

/// The least contrast of text on its ground: WCAG 2.1, success criterion 1.4.3.
const TEXT: f64 = 4.5;

/// The least contrast of a line on its ground: WCAG 2.1, success criterion 1.4.11.
const SERIES: f64 = 3.0;

/// Contrast ratio of two colours, 1 to 21 (WCAG 2.1, "contrast ratio").
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let channel = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = |(r, g, b): Rgb| 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

impl Palette {
    /// What of the palette is hard to read or to see, in words, with its contrast and the least that there should be.
    pub fn weaknesses(&self) -> Vec<String> {
        let ground = self.ground();
        let mut found = Vec::new();
        let mut check = |what: &str, color, on: &str, back, least: f64| {
            let ratio = contrast(color, back);
            if ratio < least {
                found.push(format!("{what} on {on} has a contrast of {ratio:.1}, less than {least}"));
            }
        };
        for (what, color) in [
            ("text", self.text),
            ("dim", self.dim),
            ("title", self.title),
            ("accent", self.accent),
            ("good", self.good),
            ("warn", self.warn),
            ("bad", self.bad),
        ] {
            check(what, color, "the ground", ground, TEXT);
            check(what, color, "the bars", self.bar_back, TEXT);
        }
        check("bar-text", self.bar_text, "the bars", self.bar_back, TEXT);
        check("banner-text", self.banner_text, "banner-back", self.banner_back, TEXT);
        for (i, color) in self.series.iter().enumerate() {
            check(&format!("series {}", i + 1), *color, "the ground", ground, SERIES);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::NAMES;

    #[test]
    fn text_can_be_read_and_series_be_seen_in_every_theme() {
        for name in NAMES {
            let palette = Palette::named(name).expect("a built-in name");
            assert_eq!(palette.weaknesses(), [""; 0], "{name}");
        }
    }

    #[test]
    fn black_on_white_is_the_most_and_a_weak_colour_is_told() {
        assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 1e-9);
        assert!((contrast((9, 9, 9), (9, 9, 9)) - 1.0).abs() < 1e-9);
        let weak = Palette { text: (0x30, 0x30, 0x40), ..Palette::dark() }.weaknesses();
        assert!(weak[0].starts_with("text on the ground has a contrast of 1."), "{weak:?}");
    }
}
