//! Themes of one's own: a TOML file of colours on top of a built-in theme. Uses `layout` for reading tables, `theme`.

use toml::de::{DeTable, DeValue};

use super::paint::Paint;
use crate::layout::{Section, TomlValue, suggest, wrong_type};
use crate::series::{Fault, Faults};
use crate::theme::{NAMES, Palette, Rgb};

/// A theme file without its colours.
const BASE: &str = "base";
const BACK: &str = "back";
const SERIES: &str = "series";
const HEAT: &str = "heat";

/// The colours that are one value each, by their keys.
type Slot = fn(&mut Palette) -> &mut Rgb;
const SLOTS: [(&str, Slot); 12] = [
    ("text", |p| &mut p.text),
    ("dim", |p| &mut p.dim),
    ("border", |p| &mut p.border),
    ("title", |p| &mut p.title),
    ("accent", |p| &mut p.accent),
    ("bar-text", |p| &mut p.bar_text),
    ("bar-back", |p| &mut p.bar_back),
    ("good", |p| &mut p.good),
    ("warn", |p| &mut p.warn),
    ("bad", |p| &mut p.bad),
    ("banner-text", |p| &mut p.banner_text),
    ("banner-back", |p| &mut p.banner_back),
];

/// Reads a theme file: `base`, the name of a built-in theme (`dark` where it is missing), and colours that replace the
/// base's, `#rrggbb` or a name: `back` (`"terminal"` for the terminal's own ground), `text`, `dim`, `border`, `title`,
/// `accent`, `bar-text`, `bar-back`, `good`, `warn`, `bad`, `banner-text`, `banner-back`, and the lists `series` (at least
/// one) and `heat` (at least two, from few to many).
///
/// # Errors
/// With every place of the file that is wrong.
pub fn parse_theme(file: &str, text: &str) -> Result<Palette, Vec<Fault>> {
    let mut faults = Faults::new(file, text);
    let (root, broken) = DeTable::parse_recoverable(text);
    for error in &broken {
        faults.add(error.span().unwrap_or_default(), error.message(), None);
    }
    let mut palette = Palette::dark();
    if !broken.is_empty() {
        return faults.finish(palette);
    }
    let known: Vec<&'static str> =
        [BASE, BACK, SERIES, HEAT].into_iter().chain(SLOTS.iter().map(|&(name, _)| name)).collect();
    let root = Section::new("a theme", root.get_ref(), 0..0, &known, &mut faults);
    if let Some(value) = root.value(BASE)
        && let Some(name) = root.text(BASE, &mut faults)
    {
        if let Some(base) = Palette::named(name) {
            palette = base;
        } else {
            let hint = suggest(name, NAMES.into_iter(), "use one of");
            faults.add(value.span(), format!("unknown theme {name:?}"), Some(hint));
        }
    }
    match root.value(BACK).map(|value| (value, value.get_ref())) {
        Some((_, DeValue::String(word))) if word.eq_ignore_ascii_case("terminal") => palette.back = None,
        Some((value, _)) => palette.back = color(value, &mut faults).or(palette.back),
        None => {}
    }
    for (name, slot) in SLOTS {
        if let Some(rgb) = root.value(name).and_then(|value| color(value, &mut faults)) {
            *slot(&mut palette) = rgb;
        }
    }
    for (name, least, list) in [(SERIES, 1, &mut palette.series), (HEAT, 2, &mut palette.heat)] {
        let Some(value) = root.value(name) else { continue };
        let colors: Vec<Rgb> = root.items(name, &mut faults).iter().filter_map(|v| color(v, &mut faults)).collect();
        match value.get_ref() {
            DeValue::Array(given) if given.len() < least => {
                faults.add(value.span(), format!("{name:?} needs at least {least}"), None);
            }
            _ if colors.len() >= least => *list = colors,
            _ => {}
        }
    }
    faults.finish(palette)
}

fn color(value: &TomlValue<'_>, faults: &mut Faults<'_>) -> Option<Rgb> {
    let DeValue::String(word) = value.get_ref() else { return wrong_type(value, "a colour in quotes", faults) };
    match Paint::parse(word) {
        Ok(Paint(r, g, b)) => Some((r, g, b)),
        Err(why) => {
            faults.add(value.span(), why, None);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> String {
        let faults = parse_theme("t.toml", text).expect_err("it is wrong");
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_theme_changes_what_it_names_and_keeps_the_rest() {
        let light = Palette::named("light").unwrap();
        let text = "base = \"light\"\nback = \"#ffffff\"\nbad = \"red\"\nseries = [\"#010203\", \"blue\"]\n";
        let mine = parse_theme("t.toml", text).unwrap();
        assert_eq!((mine.back, mine.bad, mine.text), (Some((255, 255, 255)), (0xe5, 0x48, 0x4d), light.text));
        assert_eq!(mine.series, [(1, 2, 3), (0x4a, 0x8f, 0xf0)]);
        assert_eq!(mine.heat, light.heat);
        assert_eq!(parse_theme("t.toml", "").unwrap(), Palette::dark());
        assert_eq!(parse_theme("t.toml", "base = \"light\"\nback = \"terminal\"").unwrap().back, None);
    }

    #[test]
    fn every_colour_of_a_theme_can_be_changed() {
        for (name, slot) in SLOTS {
            let mut mine = parse_theme("t.toml", &format!("{name} = \"#010203\"")).unwrap();
            assert_eq!(*slot(&mut mine), (1, 2, 3), "{name}");
        }
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        assert_eq!(
            errors("txet = \"#ffffff\""),
            "t.toml:1:1: unknown key \"txet\" in a theme\n  txet = \"#ffffff\"\n  ^^^^\n  did you mean \"text\"?"
        );
        assert!(errors("base = \"drak\"").contains("1:8: unknown theme \"drak\""));
        assert!(errors("text = 7").contains("1:8: expected a colour in quotes, found a number"));
        assert!(errors("text = \"#12\"").contains("write #rrggbb"));
        assert!(errors("series = []").contains("1:10: \"series\" needs at least 1"));
        assert!(errors("heat = [\"#000000\"]").contains("\"heat\" needs at least 2"));
        assert!(errors("text = [").starts_with("t.toml:1:"));
    }
}
