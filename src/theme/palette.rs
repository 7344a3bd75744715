//! The colours of each theme, in 24 bits. Uses nothing of the crate.

/// A colour in 24 bits: red, green, blue.
pub type Rgb = (u8, u8, u8);

/// Everything that a theme colours, before it is fitted to what a terminal can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    /// The ground that is painted behind everything; `None` leaves the terminal's own, which is taken to be dark.
    pub back: Option<Rgb>,
    /// Ordinary text.
    pub text: Rgb,
    /// Text that matters less.
    pub dim: Rgb,
    /// Panel borders.
    pub border: Rgb,
    /// Panel titles.
    pub title: Rgb,
    /// Key names, links, the selected thing.
    pub accent: Rgb,
    /// Text of the header and footer bars.
    pub bar_text: Rgb,
    /// Ground of the header and footer bars.
    pub bar_back: Rgb,
    /// As it should be.
    pub good: Rgb,
    /// Look soon.
    pub warn: Rgb,
    /// Look now.
    pub bad: Rgb,
    /// Text of banners that nobody may miss.
    pub banner_text: Rgb,
    /// Ground of those banners.
    pub banner_back: Rgb,
    /// Series, in the order in which they are given out; at least one.
    pub series: Vec<Rgb>,
    /// Heat, from few to many; at least two.
    pub heat: Vec<Rgb>,
}

/// The names of the built-in themes.
pub const NAMES: [&str; 6] = ["dark", "light", "high-contrast", "color-blind", "color-blind-light", "mono"];

/// The ground that text is read on where a theme paints none.
pub const DARK_GROUND: Rgb = (0x12, 0x14, 0x1c);

impl Palette {
    /// The palette of a built-in theme; `None` for a name that is none. `mono` has the dark one's, of which a theme
    /// without colours shows nothing.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "dark" | "mono" => Some(Self::dark()),
            "light" => Some(Self::light()),
            "high-contrast" => Some(Self::high_contrast()),
            "color-blind" => Some(Self::color_blind()),
            "color-blind-light" => Some(Self::color_blind_light()),
            _ => None,
        }
    }

    /// Series colours are distinct from each other, and none of them is the green, yellow or red that means a level.
    pub fn dark() -> Self {
        Self {
            back: None,
            text: (0xd8, 0xde, 0xe9),
            dim: (0x8b, 0x93, 0xa7),
            border: (0x4a, 0x52, 0x66),
            title: (0xe6, 0xea, 0xf2),
            accent: (0x6c, 0xb6, 0xff),
            bar_text: (0xd8, 0xde, 0xe9),
            bar_back: (0x26, 0x2b, 0x3a),
            good: (0x6c, 0xc6, 0x7a),
            warn: (0xf2, 0xc5, 0x4b),
            bad: (0xff, 0x6b, 0x6b),
            banner_text: (0x14, 0x16, 0x1f),
            banner_back: (0xf2, 0xc5, 0x4b),
            series: vec![
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
            ],
            heat: vec![
                (0x1d, 0x23, 0x3a),
                (0x2a, 0x2f, 0x5e),
                (0x45, 0x34, 0x80),
                (0x6d, 0x37, 0x93),
                (0x98, 0x3d, 0x96),
                (0xc2, 0x48, 0x86),
                (0xe3, 0x63, 0x6d),
                (0xf7, 0x91, 0x56),
                (0xfd, 0xc8, 0x5e),
            ],
        }
    }

    fn light() -> Self {
        Self {
            back: Some((0xfa, 0xfa, 0xfa)),
            text: (0x1c, 0x22, 0x30),
            dim: (0x4e, 0x56, 0x68),
            border: (0xb4, 0xbb, 0xca),
            title: (0x0b, 0x0f, 0x1a),
            accent: (0x0b, 0x4f, 0xb0),
            bar_text: (0x1c, 0x22, 0x30),
            bar_back: (0xe3, 0xe7, 0xef),
            good: (0x17, 0x6f, 0x30),
            warn: (0x7a, 0x4f, 0x00),
            bad: (0xb5, 0x18, 0x24),
            banner_text: (0xff, 0xff, 0xff),
            banner_back: (0x7a, 0x4f, 0x00),
            series: vec![
                (0x1f, 0x6f, 0xc4),
                (0xb3, 0x5a, 0x00),
                (0x7a, 0x3f, 0xc7),
                (0x00, 0x79, 0x7a),
                (0xc2, 0x24, 0x7c),
                (0x4f, 0x7a, 0x00),
                (0x44, 0x55, 0xd0),
                (0x8a, 0x5a, 0x2b),
                (0x00, 0x80, 0xa8),
                (0xa3, 0x3b, 0xb5),
                (0x1d, 0x7f, 0x46),
                (0x5a, 0x62, 0x70),
            ],
            heat: vec![
                (0xe4, 0xe6, 0xf2),
                (0xc9, 0xcb, 0xe8),
                (0xb0, 0xa8, 0xdb),
                (0xa0, 0x83, 0xc9),
                (0x97, 0x5f, 0xb4),
                (0x8f, 0x3c, 0x9a),
                (0x80, 0x22, 0x7d),
                (0x66, 0x12, 0x60),
                (0x48, 0x07, 0x42),
            ],
        }
    }

    fn high_contrast() -> Self {
        Self {
            back: Some((0x00, 0x00, 0x00)),
            text: (0xff, 0xff, 0xff),
            dim: (0xd0, 0xd0, 0xd0),
            border: (0xa0, 0xa0, 0xa0),
            title: (0xff, 0xff, 0xff),
            accent: (0x66, 0xd9, 0xff),
            bar_text: (0xff, 0xff, 0xff),
            bar_back: (0x30, 0x30, 0x30),
            good: (0x66, 0xff, 0x66),
            warn: (0xff, 0xe1, 0x00),
            bad: (0xff, 0x90, 0x90),
            banner_text: (0x00, 0x00, 0x00),
            banner_back: (0xff, 0xe1, 0x00),
            series: vec![
                (0x66, 0xcc, 0xff),
                (0xff, 0xb3, 0x66),
                (0xd9, 0xb3, 0xff),
                (0x66, 0xff, 0xe0),
                (0xff, 0x99, 0xcc),
                (0xcc, 0xff, 0x66),
                (0xb3, 0xc6, 0xff),
                (0xff, 0xe0, 0xb3),
                (0x99, 0xe6, 0xff),
                (0xf2, 0xb3, 0xff),
                (0xb3, 0xff, 0xcc),
                (0xff, 0xff, 0xff),
            ],
            heat: vec![
                (0x30, 0x30, 0x50),
                (0x50, 0x40, 0x90),
                (0x80, 0x50, 0xc0),
                (0xb8, 0x58, 0xd0),
                (0xf0, 0x60, 0xb0),
                (0xff, 0x88, 0x70),
                (0xff, 0xb8, 0x50),
                (0xff, 0xe0, 0x60),
                (0xff, 0xff, 0xd0),
            ],
        }
    }

    /// The colours of Okabe and Ito (<https://jfly.uni-koeln.de/color/>) that can be seen on dark.
    fn color_blind() -> Self {
        Self {
            accent: (0x56, 0xb4, 0xe9),
            good: (0x00, 0xb8, 0x86),
            warn: (0xf0, 0xe4, 0x42),
            bad: (0xf0, 0x74, 0x1a),
            banner_back: (0xf0, 0xe4, 0x42),
            series: vec![
                (0x56, 0xb4, 0xe9),
                (0xe6, 0x9f, 0x00),
                (0xcc, 0x79, 0xa7),
                (0xf0, 0xe4, 0x42),
                (0x00, 0x9e, 0x73),
                (0xd5, 0x5e, 0x00),
                (0xd8, 0xde, 0xe9),
            ],
            // Brightness alone tells few from many.
            heat: vec![
                (0x00, 0x22, 0x4e),
                (0x20, 0x35, 0x6c),
                (0x43, 0x49, 0x6d),
                (0x60, 0x5d, 0x71),
                (0x7c, 0x72, 0x74),
                (0x9b, 0x88, 0x6e),
                (0xbb, 0xa1, 0x60),
                (0xdd, 0xbd, 0x48),
                (0xfe, 0xe8, 0x38),
            ],
            ..Self::dark()
        }
    }

    /// Those of them that can be seen on light, the levels darkened until they can be read.
    fn color_blind_light() -> Self {
        Self {
            accent: (0x00, 0x56, 0x87),
            good: (0x00, 0x6b, 0x4e),
            warn: (0x7a, 0x52, 0x00),
            bad: (0x9c, 0x3d, 0x00),
            series: vec![
                (0x00, 0x72, 0xb2),
                (0xd5, 0x5e, 0x00),
                (0x00, 0x9e, 0x73),
                (0x00, 0x00, 0x00),
                (0xb0, 0x53, 0x85),
            ],
            heat: Self::color_blind().heat.into_iter().rev().collect(),
            ..Self::light()
        }
    }

    /// The ground that text is read on.
    pub fn ground(&self) -> Rgb {
        self.back.unwrap_or(DARK_GROUND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_a_theme_differ() {
        for name in NAMES {
            let mut series = Palette::named(name).expect("a built-in name").series;
            let before = series.len();
            series.sort_unstable();
            series.dedup();
            assert_eq!(series.len(), before, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_none_has_no_palette() {
        assert_eq!(Palette::named("solarized"), None);
    }
}
