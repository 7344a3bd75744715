//! What a layout file says of a panel's series: overrides, transforms, repeating.

use toml::de::DeValue;

use super::{AXES, mappings, thresholds};
use crate::layout::model::{GRID_COLUMNS, Variable};
use crate::layout::overrides::{Override, Which};
use crate::layout::repeat::{Flow, Repeat};
use crate::layout::section::{Section, Value, choice, suggest, text, whole, wrong_type};
use crate::layout::style::{Draw, Reduce};
use crate::layout::transform::{Operand, Operator, Pick, Transform};
use crate::layout::variables::pattern;
use crate::series::Faults;
use crate::unit::Unit;

const OVERRIDE: &[&str] = &[
    "series",
    "pattern",
    "query",
    "zero",
    "name",
    "unit",
    "factor",
    "decimals",
    "axis",
    "hidden",
    "thresholds",
    "mappings",
    "draw",
    "stacked",
];
const REPEAT: &[&str] = &["for", "across", "down"];

/// The kinds of transform with the keys that each knows.
const TRANSFORMS: &[(&str, &[&str])] = &[
    ("series", &["do", "pattern", "drop"]),
    ("queries", &["do", "pattern", "drop"]),
    ("columns", &["do", "hidden", "kept", "renamed"]),
    ("rename", &["do", "pattern", "to"]),
    ("words", &["do", "label"]),
    ("group", &["do", "by", "reduce"]),
    ("values", &["do", "of", "from", "to", "drop"]),
    ("calculate", &["do", "name", "left", "operator", "right", "alone"]),
    ("total", &["do", "name", "reduce", "of", "alone"]),
    ("sort", &["do", "by", "descending"]),
    ("limit", &["do", "count"]),
];

/// Every key of any transform.
const TRANSFORM: &[&str] = &[
    "do",
    "pattern",
    "drop",
    "hidden",
    "kept",
    "renamed",
    "name",
    "left",
    "operator",
    "right",
    "alone",
    "reduce",
    "of",
    "by",
    "descending",
    "count",
    "label",
    "from",
    "to",
];

pub(super) fn factor(section: &Section<'_, '_>, faults: &mut Faults<'_>) -> Option<f64> {
    let factor = section.number("factor", faults);
    if let (Some(0.0), Some(value)) = (factor, section.value("factor")) {
        faults.add(value.span(), "nothing is left of what is multiplied by 0", None);
    }
    factor
}

pub(super) fn overrides(section: &Section<'_, '_>, faults: &mut Faults<'_>) -> Vec<Override> {
    section.items("override", faults).iter().filter_map(|v| one(v, faults)).collect()
}

fn one(value: &Value<'_>, faults: &mut Faults<'_>) -> Option<Override> {
    let section = Section::of("an override", value, OVERRIDE, faults)?;
    let of = |key: &str, faults: &mut _| section.value(key).and_then(|_| section.text(key, faults)).map(str::to_owned);
    let is_zero = section.flag("zero", faults) == Some(true);
    let which = match (of("series", faults), of("pattern", faults), of("query", faults)) {
        (None, None, None) if is_zero => Which::Zero,
        (Some(name), None, None) => Which::Name(name),
        (None, Some(text), None) => {
            check_pattern(&section, "pattern", faults);
            Which::Pattern(text)
        }
        (None, None, Some(id)) => Which::Query(id),
        _ => {
            let hint =
                "\"series\" is a name, \"pattern\" a regular expression, \"query\" the id of one, \"zero\" is true";
            let message = "an override needs one of \"series\", \"pattern\", \"query\", \"zero\"";
            faults.add(section.place(), message, Some(hint.to_owned()));
            return None;
        }
    };
    let unit = section.value("unit").and_then(|v| {
        let word = text(v, faults)?;
        let unit = Unit::parse(word);
        if unit.is_none() {
            super::unknown("unit", word, v.span(), Unit::NAMES.iter().copied(), faults);
        }
        unit
    });
    Some(Override {
        of: which,
        name: of("name", faults),
        unit,
        factor: factor(&section, faults),
        decimals: section.value("decimals").and_then(|v| whole(v, 0..=9, faults)).map(|d| d as u8),
        axis: section.value("axis").and_then(|v| choice("axis", v, AXES, faults)),
        hidden: section.flag("hidden", faults),
        thresholds: section.value("thresholds").and_then(|v| thresholds(v, faults)),
        mappings: section.value("mappings").map(|_| mappings(&section, faults)),
        draw: section.value("draw").and_then(|v| choice("way to draw", v, Draw::NAMES, faults)),
        stacked: section.flag("stacked", faults),
    })
}

fn check_pattern(section: &Section<'_, '_>, key: &str, faults: &mut Faults<'_>) {
    if let Some(value) = section.value(key)
        && let DeValue::String(text) = value.get_ref()
        && pattern(text).is_none()
    {
        faults.add(value.span(), format!("{text:?} is no regular expression"), None);
    }
}

pub(super) fn transforms(section: &Section<'_, '_>, faults: &mut Faults<'_>) -> Vec<Transform> {
    section.items("transform", faults).iter().filter_map(|v| transform(v, faults)).collect()
}

fn transform(value: &Value<'_>, faults: &mut Faults<'_>) -> Option<Transform> {
    let section = Section::of("a transform", value, TRANSFORM, faults)?;
    let kind = section.words("do", faults)?;
    let Some((_, keys)) = TRANSFORMS.iter().find(|(name, _)| *name == kind) else {
        let place = section.value("do").map_or_else(|| section.place(), Value::span);
        super::unknown("transform", kind, place, TRANSFORMS.iter().map(|&(name, _)| name), faults);
        return None;
    };
    for key in TRANSFORM.iter().filter(|key| !keys.contains(key)) {
        if let Some(value) = section.value(key) {
            faults.add(value.span(), format!("a transform that does {kind:?} has no {key:?}"), None);
        }
    }
    let pick = |key: &str, faults: &mut _| match section.flag(key, faults) {
        Some(true) => Pick::Drop,
        _ => Pick::Keep,
    };
    let texts = |key: &str, faults: &mut Faults<'_>| -> Vec<String> {
        section.items(key, faults).iter().filter_map(|v| text(v, faults)).map(str::to_owned).collect()
    };
    let name = section.text("name", faults).unwrap_or_default().to_owned();
    Some(match kind {
        "series" | "queries" => {
            check_pattern(&section, "pattern", faults);
            let (pattern, pick) = (section.words("pattern", faults)?.to_owned(), pick("drop", faults));
            if kind == "series" { Transform::Series { pattern, pick } } else { Transform::Queries { pattern, pick } }
        }
        "columns" => Transform::Columns {
            hidden: texts("hidden", faults),
            kept: texts("kept", faults),
            renamed: renamed(&section, faults),
        },
        "rename" => {
            check_pattern(&section, "pattern", faults);
            let to = section.text("to", faults).unwrap_or_default().to_owned();
            Transform::Rename { pattern: section.words("pattern", faults)?.to_owned(), to }
        }
        "words" => {
            check_pattern(&section, "label", faults);
            Transform::Words { label: section.text("label", faults).unwrap_or_default().to_owned() }
        }
        "group" => Transform::Group { by: texts("by", faults), reduce: reduce(&section, faults)? },
        "values" => Transform::Values {
            of: section.text("of", faults).unwrap_or_default().to_owned(),
            from: section.number("from", faults),
            to: section.number("to", faults),
            pick: pick("drop", faults),
        },
        "calculate" => Transform::Calculate {
            name,
            left: section.required("left", faults).and_then(|v| operand(v, faults))?,
            operator: section
                .required("operator", faults)
                .and_then(|v| choice("operator", v, Operator::NAMES, faults))?,
            right: section.required("right", faults).and_then(|v| operand(v, faults))?,
            others: pick("alone", faults),
        },
        "total" => Transform::Total {
            name,
            reduce: reduce(&section, faults)?,
            of: texts("of", faults),
            others: pick("alone", faults),
        },
        "sort" => Transform::Sort {
            by: section.text("by", faults).unwrap_or_default().to_owned(),
            descending: section.flag("descending", faults).unwrap_or(false),
        },
        _ => Transform::Limit(section.required("count", faults).and_then(|v| whole(v, 0..=10_000, faults))?.into()),
    })
}

fn reduce(section: &Section<'_, '_>, faults: &mut Faults<'_>) -> Option<Reduce> {
    section.required("reduce", faults).and_then(|v| choice("reduction", v, Reduce::NAMES, faults))
}

/// Pairs of [label, what it is called].
fn renamed(section: &Section<'_, '_>, faults: &mut Faults<'_>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for item in section.items("renamed", faults) {
        let Some(pair) = crate::layout::section::items(item, faults) else { continue };
        if let [from, to] = pair.as_ref() {
            if let (Some(from), Some(to)) = (text(from, faults), text(to, faults)) {
                pairs.push((from.to_owned(), to.to_owned()));
            }
        } else {
            faults.add(item.span(), "write it as [\"label\", \"what it is called\"]", None);
        }
    }
    pairs
}

fn operand(value: &Value<'_>, faults: &mut Faults<'_>) -> Option<Operand> {
    match value.get_ref() {
        DeValue::String(name) => Some(Operand::Series(name.to_string())),
        DeValue::Integer(_) | DeValue::Float(_) => crate::layout::section::number(value, faults).map(Operand::Number),
        _ => wrong_type(value, "a number or the name of a series", faults),
    }
}

pub(super) fn repeat(value: &Value<'_>, variables: &[Variable], faults: &mut Faults<'_>) -> Option<Repeat> {
    let section = Section::of("a repeat", value, REPEAT, faults)?;
    let variable = section.words("for", faults)?;
    if !variables.iter().any(|v| v.name == variable) {
        let place = section.value("for").map_or_else(|| section.place(), Value::span);
        let hint = suggest(variable, variables.iter().map(|v| v.name.as_str()), "known variables");
        faults.add(place, format!("unknown variable {variable}"), Some(hint));
    }
    let flow = match section.flag("down", faults) {
        Some(true) => Flow::Down,
        _ => match section.value("across") {
            Some(value) => Flow::Across(whole(value, 1..=GRID_COLUMNS, faults)?),
            None => Flow::default(),
        },
    };
    Some(Repeat { variable: variable.to_owned(), flow })
}
