//! What a colour of Grafana's means. Colours are named (`semi-dark-red`) or written (`#E02F44`, `rgba(…)`).

use crate::layout::Level;

/// Beginnings of names and what they mean; blue, purple and greys mean nothing.
const NAMES: &[(&str, Level)] = &[
    ("green", Level::Good),
    ("yellow", Level::Warn),
    ("orange", Level::Warn),
    ("red", Level::Bad),
    ("critical", Level::Bad),
    ("warning", Level::Warn),
    ("ok", Level::Good),
];

/// What `color` means; `None` for nothing.
pub(super) fn level(color: &str) -> Option<Level> {
    let color = color.trim().to_ascii_lowercase();
    let name = color.rsplit('-').next().unwrap_or(&color);
    if let Some((_, level)) = NAMES.iter().find(|(own, _)| *own == name) {
        return Some(*level);
    }
    by_hue(rgb(&color)?)
}

fn rgb(color: &str) -> Option<[f64; 3]> {
    if let Some(hex) = color.strip_prefix('#') {
        let digits: Vec<f64> = hex.chars().map(|c| c.to_digit(16).map(f64::from)).collect::<Option<_>>()?;
        return match digits.as_slice() {
            [r, g, b] => Some([r * 17.0, g * 17.0, b * 17.0]),
            [r1, r2, g1, g2, b1, b2, ..] => Some([r1 * 16.0 + r2, g1 * 16.0 + g2, b1 * 16.0 + b2]),
            _ => None,
        };
    }
    let inside =
        color.strip_prefix("rgb")?.trim_start_matches('a').trim_start().strip_prefix('(')?.strip_suffix(')')?;
    let numbers: Vec<f64> = inside.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    match numbers.as_slice() {
        [r, g, b, ..] => Some([*r, *g, *b]),
        _ => None,
    }
}

fn by_hue([r, g, b]: [f64; 3]) -> Option<Level> {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let chroma = max - min;
    if !chroma.is_finite() || chroma < 40.0 {
        return None;
    }
    let hue = if max == r {
        60.0 * ((g - b) / chroma).rem_euclid(6.0)
    } else if max == g {
        60.0 * ((b - r) / chroma + 2.0)
    } else {
        60.0 * ((r - g) / chroma + 4.0)
    };
    match hue {
        h if !(18.0..335.0).contains(&h) => Some(Level::Bad),
        h if h < 70.0 => Some(Level::Warn),
        h if h < 170.0 => Some(Level::Good),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_mean_what_people_take_them_for() {
        let table = [
            ("green", Some(Level::Good)),
            ("semi-dark-orange", Some(Level::Warn)),
            ("dark-red", Some(Level::Bad)),
            ("#d44a3a", Some(Level::Bad)),
            ("#299c46", Some(Level::Good)),
            ("#E5AC0E", Some(Level::Warn)),
            ("#f00", Some(Level::Bad)),
            ("rgba(237, 129, 40, 0.89)", Some(Level::Warn)),
            ("rgba(50, 172, 45, 0.97)", Some(Level::Good)),
            ("rgb(245, 54, 54)", Some(Level::Bad)),
            ("blue", None),
            ("#1F78C1", None),
            ("text", None),
            ("transparent", None),
            ("#ccc", None),
            ("#zzz", None),
            ("rgba(", None),
            ("", None),
        ];
        for (color, expected) in table {
            assert_eq!(level(color), expected, "{color}");
        }
    }
}
