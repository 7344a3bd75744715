//! From the text of a layout file to a checked [`Dashboard`]. Every fault of the file is reported, not the first alone.

mod series;
mod variable;

use std::ops::Range;

use rustc_hash::FxHashSet;
use toml::de::{DeTable, DeValue};

use super::arrange::apart;
use super::fault::LayoutError;
use super::model::{
    All, Axis, Dashboard, GRID_COLUMNS, Kind, Level, Mapping, Match, Panel, PanelQuery, Pos, Thresholds, Variable,
    letter,
};
use super::probe::{Flaw, probe};
use super::section::{Section, Value, choice, items, number, suggest, text, unknown, whole};
use super::style::{Draw, Marking, Reduce, Spacing, Stacking, Trend};
use super::variables::{BUILTIN, Site, places};
use crate::promql;
use crate::series::Faults;
use crate::unit::Unit;

const DASHBOARD: &[&str] = &["title", "description", "range", "variable", "panel"];
const PANEL: &[&str] = &[
    "title",
    "description",
    "kind",
    "pos",
    "query",
    "factor",
    "unit",
    "unit_right",
    "decimals",
    "min",
    "max",
    "thresholds",
    "mappings",
    "reduce",
    "legend",
    "draw",
    "filled",
    "stacked",
    "spacing",
    "marking",
    "override",
    "transform",
    "trend",
    "nothing",
    "span",
    "content",
    "collapsed",
    "repeat",
    "alerts",
    "drill",
    "runbook",
];
const QUERY: &[&str] = &["id", "expr", "instant", "legend", "axis", "step", "interval"];
const THRESHOLDS: &[&str] = &["base", "steps"];
const MAPPING: &[&str] = &["value", "from", "to", "special", "text", "color"];
const DRILL: &[&str] = &["view", "panel"];

pub(super) const COLORS: &[(&str, Level)] = &[("green", Level::Good), ("yellow", Level::Warn), ("red", Level::Bad)];
pub(super) const STACKING: &[(&str, Stacking)] =
    &[("none", Stacking::None), ("sum", Stacking::Sum), ("percent", Stacking::Percent)];
const SPECIAL: &[(&str, Match)] = &[("nan", Match::Nan)];
pub(super) const AXES: &[(&str, Axis)] = &[("left", Axis::Left), ("right", Axis::Right)];

/// The range shown at first where the file does not say: one hour.
pub(super) const RANGE: i64 = 3_600_000;

/// Grid rows that a dashboard may reach down to.
pub(super) const MAX_ROW: u16 = 50_000;

/// Reads the layout file `path_name`, whose stem becomes the dashboard's id, with the content `text`.
///
/// # Errors
/// With every place of the file that is wrong: TOML that cannot be read, unknown keys, kinds, units and colours, panels
/// outside the 24 columns or on top of each other, queries that do not parse, variables that do not exist.
pub fn parse(path_name: &str, text: &str) -> Result<Dashboard, LayoutError> {
    let mut faults = Faults::new(path_name, text);
    let (root, broken) = DeTable::parse_recoverable(text);
    for error in &broken {
        faults.add(error.span().unwrap_or_default(), error.message(), None);
    }
    if !broken.is_empty() {
        // What is left of a file with broken syntax would be full of faults that are none.
        return faults.finish(Dashboard::default()).map_err(|faults| LayoutError { faults });
    }
    let root = Section::new("a dashboard", root.get_ref(), 0..0, DASHBOARD, &mut faults);
    let dashboard = dashboard(path_name, &root, &mut faults);
    faults.finish(dashboard).map_err(|faults| LayoutError { faults })
}

fn dashboard(path_name: &str, root: &Section<'_, '_>, faults: &mut Faults<'_>) -> Dashboard {
    let variables = variable::variables(root.items("variable", faults), faults);
    let mut panels: Vec<(Panel, Range<usize>, Range<usize>)> = Vec::new();
    if root.required("panel", faults).is_some() {
        for value in root.items("panel", faults) {
            if let Some(panel) = panel(value, &variables, faults) {
                panels.push(panel);
            }
        }
    }
    check_together(&panels, faults);
    Dashboard {
        id: stem(path_name).to_owned(),
        title: root.words("title", faults).unwrap_or_default().to_owned(),
        description: root.text("description", faults).unwrap_or_default().to_owned(),
        range: length(root, "range", faults).unwrap_or(RANGE),
        panels: panels.into_iter().map(|(panel, ..)| panel).collect(),
        variables,
    }
}

/// `layouts/overview.toml` → `overview`.
pub(super) fn stem(path_name: &str) -> &str {
    let file = path_name.rsplit(['/', '\\']).next().unwrap_or(path_name);
    file.rsplit_once('.').map_or(file, |(stem, _)| if stem.is_empty() { file } else { stem })
}

/// A duration, ms.
fn length(section: &Section<'_, '_>, key: &str, faults: &mut Faults<'_>) -> Option<i64> {
    let value = section.value(key)?;
    let word = text(value, faults)?;
    let parsed = promql::parse_duration(word);
    if parsed.is_none_or(|ms| ms == 0) {
        let hint = "write it as Prometheus does: 30m, 1h, 1d".to_owned();
        faults.add(value.span(), format!("{word:?} is no duration"), Some(hint));
        return None;
    }
    parsed
}

/// The panel, and the places of its title and of its position.
fn panel(
    value: &Value<'_>,
    variables: &[Variable],
    faults: &mut Faults<'_>,
) -> Option<(Panel, Range<usize>, Range<usize>)> {
    let section = Section::of("a panel", value, PANEL, faults)?;
    let place = |key: &str| section.value(key).map_or_else(|| section.place(), Value::span);
    let title = section.words("title", faults).unwrap_or_default();
    let kind = section.required("kind", faults).and_then(|v| choice("kind", v, Kind::NAMES, faults));
    let pos = section.required("pos", faults).and_then(|v| pos(v, faults));
    let queries = match kind {
        Some(kind) if !kind.asks() => {
            if let Some(query) = section.value("query") {
                faults.add(query.span(), format!("a panel of kind {:?} asks nothing", kind.name()), None);
            }
            Vec::new()
        }
        _ => queries(&section, variables, faults),
    };
    let (min, max) = (section.number("min", faults), section.number("max", faults));
    if let (Some(min), Some(max)) = (min, max)
        && min >= max
    {
        faults.add(place("max"), format!("max {max} is not above min {min}"), None);
    }
    let stacking = section.value("stacked").and_then(|v| stacking(v, faults)).unwrap_or_default();
    let content = section.text("content", faults).unwrap_or_default().to_owned();
    match kind {
        Some(Kind::Text) if content.trim().is_empty() => {
            faults.add(place("kind"), "a text needs \"content\", its words in Markdown", None);
        }
        Some(Kind::Gauge) if min.is_none() || max.is_none() => {
            faults.add(place("kind"), "a gauge needs \"min\" and \"max\", the ends of its scale", None);
        }
        Some(Kind::Heatmap) if queries.len() > 1 => {
            faults.add(place("query"), "a heatmap takes one query, its buckets by le", None);
        }
        Some(Kind::Row) if pos.is_some_and(|pos| pos.x != 0 || pos.w != GRID_COLUMNS || pos.h != 1) => {
            faults.add(place("pos"), "a row is [0, y, 24, 1]: one line as wide as the grid", None);
        }
        Some(kind) if kind != Kind::Timeseries => {
            if stacking != Stacking::None {
                faults.add(place("stacked"), "only a timeseries can be stacked", None);
            }
            // A table's numbers of another unit belong to it too.
            if kind != Kind::Table && queries.iter().any(|q| q.axis == Axis::Right) {
                faults.add(place("query"), "only a timeseries or a table has a right axis", None);
            }
        }
        _ => {}
    }
    let unit_right = unit(&section, "unit_right", faults);
    let panel = Panel {
        title: title.to_owned(),
        description: section.text("description", faults).unwrap_or_default().to_owned(),
        kind: kind.unwrap_or(Kind::Timeseries),
        pos: pos.unwrap_or(Pos { x: 0, y: 0, w: 0, h: 0 }),
        queries,
        factor: series::factor(&section, faults),
        unit: unit(&section, "unit", faults),
        unit_right,
        decimals: section.value("decimals").and_then(|v| whole(v, 0..=9, faults)).map(|d| d as u8),
        min,
        max,
        thresholds: section.value("thresholds").and_then(|v| thresholds(v, faults)).unwrap_or_default(),
        mappings: mappings(&section, faults),
        reduce: section.value("reduce").and_then(|v| choice("reduction", v, Reduce::NAMES, faults)).unwrap_or_default(),
        legend: section
            .items("legend", faults)
            .iter()
            .filter_map(|v| choice("reduction", v, Reduce::NAMES, faults))
            .collect(),
        draw: section.value("draw").and_then(|v| choice("way to draw", v, Draw::NAMES, faults)).unwrap_or_default(),
        filled: section.flag("filled", faults).unwrap_or(false),
        stacking,
        spacing: section
            .value("spacing")
            .and_then(|v| choice("spacing", v, Spacing::NAMES, faults))
            .unwrap_or_default(),
        marking: section
            .value("marking")
            .and_then(|v| choice("marking", v, Marking::NAMES, faults))
            .unwrap_or_default(),
        overrides: series::overrides(&section, faults),
        transforms: series::transforms(&section, faults),
        trend: section.value("trend").and_then(|v| choice("trend", v, Trend::NAMES, faults)).unwrap_or_default(),
        nothing: section.text("nothing", faults).unwrap_or_default().to_owned(),
        span: length(&section, "span", faults),
        content,
        collapsed: section.flag("collapsed", faults).unwrap_or(false),
        repeat: section.value("repeat").and_then(|v| series::repeat(v, variables, faults)),
        bound: Vec::new(),
        alerts: section.items("alerts", faults).iter().filter_map(|v| text(v, faults)).map(str::to_owned).collect(),
        drill: section.value("drill").and_then(|v| drill(v, faults)),
        runbook: section.value("runbook").and_then(|_| section.words("runbook", faults)).map(str::to_owned),
    };
    Some((panel, place("title"), place("pos")))
}

/// `true`, `false`, or how.
fn stacking(value: &Value<'_>, faults: &mut Faults<'_>) -> Option<Stacking> {
    match value.get_ref() {
        DeValue::Boolean(true) => Some(Stacking::Sum),
        DeValue::Boolean(false) => Some(Stacking::None),
        _ => choice("stacking", value, STACKING, faults),
    }
}

pub(super) fn unit(section: &Section<'_, '_>, key: &str, faults: &mut Faults<'_>) -> Unit {
    let Some(value) = section.value(key) else { return Unit::default() };
    let Some(word) = text(value, faults) else { return Unit::default() };
    Unit::parse(word).unwrap_or_else(|| {
        unknown("unit", word, value.span(), Unit::NAMES.iter().copied(), faults);
        Unit::default()
    })
}

fn pos(value: &Value<'_>, faults: &mut Faults<'_>) -> Option<Pos> {
    let [x, y, w, h] = items(value, faults)?.as_ref() else {
        faults.add(value.span(), "a position is [x, y, width, height]", None);
        return None;
    };
    let x = whole(x, 0..=GRID_COLUMNS - 1, faults);
    let y = whole(y, 0..=MAX_ROW, faults);
    let w = whole(w, 1..=GRID_COLUMNS, faults);
    let h = whole(h, 1..=MAX_ROW, faults);
    let pos = Pos { x: x?, y: y?, w: w?, h: h? };
    if pos.x + pos.w > GRID_COLUMNS {
        let end = pos.x + pos.w;
        faults.add(
            value.span(),
            format!("reaches column {end}, but the grid ends at {GRID_COLUMNS}"),
            Some(format!("x plus width is {GRID_COLUMNS} at most")),
        );
        return None;
    }
    Some(pos)
}

fn queries(section: &Section<'_, '_>, variables: &[Variable], faults: &mut Faults<'_>) -> Vec<PanelQuery> {
    let Some(list) = section.required("query", faults) else { return Vec::new() };
    let values = section.items("query", faults);
    if values.is_empty() && matches!(list.get_ref(), DeValue::Array(_)) {
        faults.add(list.span(), "a panel needs at least one query", None);
    }
    let parse = |value| {
        let section = Section::of("a query", value, QUERY, faults)?;
        let expr = section.words("expr", faults)?;
        let place = section.value("expr").map_or_else(|| section.place(), Value::span);
        query(expr, place, variables, faults);
        let legend = section.text("legend", faults);
        if let (Some(legend), Some(value)) = (legend, section.value("legend"))
            && legend.matches("{{").count() != legend.matches("}}").count()
        {
            let hint = "labels are written {{name}}".to_owned();
            faults.add(value.span(), "braces of the legend do not match", Some(hint));
        }
        let axis = section.value("axis").and_then(|v| choice("axis", v, AXES, faults)).unwrap_or_default();
        let (step, interval) = (distance(&section, "step", faults), distance(&section, "interval", faults));
        Some(PanelQuery {
            step,
            interval,
            id: section.text("id", faults).unwrap_or_default().to_owned(),
            expr: expr.trim().to_owned(),
            instant: section.flag("instant", faults).unwrap_or(false),
            legend: legend.map(str::to_owned),
            axis,
        })
    };
    let mut queries: Vec<PanelQuery> = values.iter().filter_map(parse).collect();
    letter(&mut queries);
    queries
}

/// A duration or a variable that is one; empty where the file does not say.
fn distance(section: &Section<'_, '_>, key: &str, faults: &mut Faults<'_>) -> String {
    let word = section.text(key, faults).unwrap_or_default();
    let is_one = places(word).len() == 1 || promql::parse_duration(word).is_some_and(|ms| ms > 0);
    if let (Some(value), false) = (section.value(key), is_one || word.is_empty()) {
        let hint = "write it as Prometheus does: 15s, 1m; or name a variable: $interval".to_owned();
        faults.add(value.span(), format!("{word:?} is no duration"), Some(hint));
    }
    word.to_owned()
}

/// Checks one expression: its variables, then that it parses.
fn query(expr: &str, value: Range<usize>, variables: &[Variable], faults: &mut Faults<'_>) {
    let origin = origin(expr, &value, faults);
    let within = |range: Range<usize>| match origin {
        Some(start) => start + range.start..start + range.end,
        None => value.clone(),
    };
    let mut is_known = true;
    for place in places(expr) {
        let name = place.name;
        let known = variables.iter().find(|v| v.name == name);
        let at = within(place.range.clone());
        match known {
            // A character class looks just like it.
            None if BUILTIN.contains(&name) || expr[place.range.clone()].starts_with('[') => {}
            None => {
                let hint = if variables.is_empty() {
                    "no variables are known here".to_owned()
                } else {
                    suggest(name, variables.iter().map(|v| v.name.as_str()), "known variables")
                };
                is_known = false;
                faults.add(at, format!("unknown variable ${name}"), Some(hint));
            }
            Some(v) if v.all == All::default() && !matches!(place.site, Site::Regex { .. }) => {
                let hint = format!("write label=~\"${name}\": several values, or all, are a regular expression");
                is_known = false;
                faults.add(at, format!("variable ${name} outside a =~ matcher"), Some(hint));
            }
            Some(_) => {}
        }
    }
    if let (Err(Flaw { place, message }), true) = (probe(expr), is_known) {
        let at = place.map_or_else(|| value.clone(), within);
        faults.add(at, format!("query does not parse: {message}"), None);
    }
}

/// Where the text of a string value begins in the file, if it stands there as it is, without escapes.
fn origin(expr: &str, value: &Range<usize>, faults: &Faults<'_>) -> Option<usize> {
    let source = faults.source(value.clone());
    // One quote or three, and behind three the line break that TOML drops.
    (1..=5).find(|&i| source.get(i..).is_some_and(|rest| rest.starts_with(expr))).map(|i| value.start + i)
}

pub(super) fn thresholds(value: &Value<'_>, faults: &mut Faults<'_>) -> Option<Thresholds> {
    let section = Section::of("thresholds", value, THRESHOLDS, faults)?;
    let base = section.value("base").and_then(|v| choice("color", v, COLORS, faults));
    let mut steps: Vec<(f64, Level)> = Vec::new();
    for step in section.items("steps", faults) {
        let Some(pair) = items(step, faults) else { continue };
        let [from, color] = pair.as_ref() else {
            faults.add(step.span(), "a step is [from value, \"color\"]", None);
            continue;
        };
        let (Some(from_value), Some(level)) = (number(from, faults), choice("color", color, COLORS, faults)) else {
            continue;
        };
        if let Some(&(last, _)) = steps.last()
            && from_value <= last
        {
            faults.add(from.span(), format!("{from_value} is not above the step before, {last}"), None);
        }
        steps.push((from_value, level));
    }
    Some(Thresholds { base, steps })
}

pub(super) fn mappings(section: &Section<'_, '_>, faults: &mut Faults<'_>) -> Vec<Mapping> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for item in section.items("mappings", faults) {
        let Some(section) = Section::of("a mapping", item, MAPPING, faults) else { continue };
        let when = when(&section, faults);
        let level = section.value("color").and_then(|v| choice("color", v, COLORS, faults));
        // Without a text the value stands for itself, in that colour.
        let text =
            if level.is_some() { section.text("text", faults).or(Some("")) } else { section.words("text", faults) };
        let (Some(when), Some(text)) = (when, text) else { continue };
        if mappings.iter().any(|m| m.when == when) {
            let what = match when {
                Match::Value(value) => value.to_string(),
                Match::Range { from, to } => format!("the range from {from} to {to}"),
                Match::Nan => "NaN".to_owned(),
            };
            faults.add(section.place(), format!("{what} is mapped twice"), None);
        }
        mappings.push(Mapping { when, text: text.to_owned(), level });
    }
    mappings
}

/// The values that a mapping is for.
fn when(section: &Section<'_, '_>, faults: &mut Faults<'_>) -> Option<Match> {
    let (from, to) = (section.number("from", faults), section.number("to", faults));
    let ways = [section.value("value").is_some(), from.or(to).is_some(), section.value("special").is_some()];
    if ways.into_iter().filter(|way| *way).count() > 1 {
        let hint = "write it as several mappings".to_owned();
        faults.add(section.place(), "a mapping is for a value, for a range or for a special value", Some(hint));
        return None;
    }
    if let Some(special) = section.value("special") {
        return choice("special value", special, SPECIAL, faults);
    }
    if from.or(to).is_none() {
        return section.required("value", faults).and_then(|v| number(v, faults)).map(Match::Value);
    }
    let (from, to) = (from.unwrap_or(f64::NEG_INFINITY), to.unwrap_or(f64::INFINITY));
    if from > to {
        faults.add(section.place(), format!("the range ends at {to}, before it begins at {from}"), None);
    }
    Some(Match::Range { from, to })
}

fn drill(value: &Value<'_>, faults: &mut Faults<'_>) -> Option<(String, String)> {
    let section = Section::of("a drill", value, DRILL, faults)?;
    let (view, panel) = (section.words("view", faults), section.text("panel", faults));
    Some((view?.to_owned(), panel.unwrap_or_default().to_owned()))
}

/// What no panel can be wrong about alone.
fn check_together(panels: &[(Panel, Range<usize>, Range<usize>)], faults: &mut Faults<'_>) {
    let row = |y: u16| panels.iter().filter(|(p, ..)| p.kind == Kind::Row && p.pos.y <= y).map(|(p, ..)| p.pos.y).max();
    let mut titles = FxHashSet::default();
    for (panel, title_place, _) in panels {
        if !panel.title.is_empty() && !titles.insert((row(panel.pos.y), panel.title.as_str())) {
            let hint = "a drill names its panel by title: give each its own".to_owned();
            faults.add(title_place.clone(), format!("a second panel called {:?}", panel.title), Some(hint));
        }
    }
    if apart(panels.iter().map(|(p, ..)| p.pos)) {
        return;
    }
    for (i, (panel, _, pos_place)) in panels.iter().enumerate() {
        if let Some((other, ..)) = panels[..i].iter().find(|(other, ..)| other.pos.overlaps(panel.pos)) {
            let Pos { x, y, w, h } = other.pos;
            let hint = format!("that one has [{x}, {y}, {w}, {h}]");
            faults.add(pos_place.clone(), format!("overlaps {:?}", other.title), Some(hint));
        }
    }
}

#[cfg(test)]
mod tests;
