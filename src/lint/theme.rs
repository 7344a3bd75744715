//! What is wrong and what is hard to read in a theme. Uses `config` and `series`.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{Doubts, Source};
use crate::config::parse_theme;
use crate::series::Fault;

pub(super) fn check(file: &Source, doubts: &mut Doubts<'_>) -> Vec<Fault> {
    let palette = match parse_theme(&file.name, &file.text) {
        Ok(palette) => palette,
        Err(faults) => return faults,
    };
    let (root, _) = DeTable::parse_recoverable(&file.text);
    for weakness in palette.weaknesses() {
        let place = place(root.get_ref(), &weakness);
        doubts.add(place, weakness, "it is hard to see: choose a colour further from its ground".to_owned());
    }
    Vec::new()
}

/// The colour that a weakness is about, or the ground or base that makes it weak.
fn place(root: &DeTable<'_>, weakness: &str) -> Range<usize> {
    let mut words = weakness.split(' ');
    let name = words.next().unwrap_or_default();
    let written = root.get(name).map(|value| match (value.get_ref(), words.next().map(str::parse::<usize>)) {
        (DeValue::Array(items), Some(Ok(number))) => items.get(number - 1).unwrap_or(value).span(),
        _ => value.span(),
    });
    let ground = if weakness.contains("on the bars") { "bar-back" } else { "back" };
    let otherwise = || [ground, "base"].iter().find_map(|key| root.get(*key)).map(toml::Spanned::span);
    written.or_else(otherwise).unwrap_or_default()
}
