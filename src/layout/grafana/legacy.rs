//! What panels said before Grafana 7: `graph`, `singlestat`, the old `table`, and alerts that belonged to a panel.

use serde_json::Value;

use super::color::level;
use super::json::{flag, get, items, number, regex, safe, text, whole, word};
use super::{Draft, Import};
use crate::layout::model::{Axis, Kind, Level, Mapping, Match, Panel, Thresholds};
use crate::layout::overrides::{Override, Which};
use crate::layout::style::{Draw, Marking, Reduce, Spacing, Stacking};
use crate::layout::transform::Transform;
use crate::layout::variables::pattern;

impl Import {
    /// A `graph`.
    pub(super) fn graph(&mut self, draft: &Draft, panel: &mut Panel) {
        let json = &draft.json;
        let axis = |i: usize| items(json, "yaxes").get(i);
        if let Some(left) = axis(0) {
            let id = text(left, "format").unwrap_or_default();
            (panel.unit, panel.factor) = self.unit(draft, "yaxes[0].format", id);
            let scale = panel.factor.unwrap_or(1.0);
            panel.min = left.get("min").and_then(number).map(|v| v * scale);
            panel.max = left.get("max").and_then(number).map(|v| v * scale);
            panel.decimals = left.get("decimals").and_then(whole).map(|d| d.clamp(0, 9) as u8);
            panel.spacing = match left.get("logBase").and_then(whole) {
                Some(2) => Spacing::Log2,
                Some(10 | 32 | 1024) => Spacing::Log10,
                _ => Spacing::Linear,
            };
        }
        panel.decimals = json.get("decimals").and_then(whole).map(|d| d.clamp(0, 9) as u8).or(panel.decimals);
        let (right_unit, right_factor) = match axis(1).and_then(|a| text(a, "format")) {
            Some(id) if uses_right(json) => self.unit(draft, "yaxes[1].format", id),
            _ => Default::default(),
        };
        panel.unit_right = right_unit;
        panel.draw = if flag(json, "bars") && json.get("lines") != Some(&Value::Bool(true)) {
            Draw::Bars
        } else if flag(json, "points") && json.get("lines") == Some(&Value::Bool(false)) {
            Draw::Points
        } else if flag(json, "steppedLine") {
            Draw::Steps
        } else {
            Draw::Lines
        };
        panel.filled = json.get("fill").and_then(number).is_some_and(|fill| fill > 0.0);
        panel.stacking = match (flag(json, "stack"), flag(json, "percentage")) {
            (true, true) => Stacking::Percent,
            (true, false) => Stacking::Sum,
            _ => Stacking::None,
        };
        if let Some(mode @ ("histogram" | "series")) = get(json, &["xaxis", "mode"]).and_then(Value::as_str) {
            panel.kind = Kind::Bars;
            panel.stacking = Stacking::None;
            if mode == "histogram" {
                self.ignored(draft, "xaxis.mode", "the histogram: one bar a series instead");
            }
        }
        panel.legend = graph_legend(json);
        for (i, one) in items(json, "seriesOverrides").iter().enumerate() {
            self.series_override(draft, i, one, right_factor, panel);
        }
        let (thresholds, marking) = graph_thresholds(items(json, "thresholds"), panel.factor.unwrap_or(1.0));
        if !thresholds.is_empty() {
            (panel.thresholds, panel.marking) = (thresholds, marking);
        }
    }

    fn series_override(&mut self, draft: &Draft, i: usize, one: &Value, right: Option<f64>, panel: &mut Panel) {
        let alias = one.get("alias").and_then(word).unwrap_or_default();
        let of = if alias.starts_with('/') { Which::Pattern(regex(&alias)) } else { Which::Name(safe(&alias)) };
        if let Which::Pattern(text) = &of
            && pattern(text).is_none()
        {
            self.ignored(draft, &format!("seriesOverrides[{i}].alias"), "a regular expression that shtop cannot read");
            return;
        }
        let mut own = Override { of, ..Override::default() };
        let is_on = |key: &str| one.get(key).and_then(Value::as_bool);
        if is_on("bars").or(is_on("lines")).or(is_on("points")).is_some() {
            let of_panel = |draw: Draw| panel.draw == draw;
            let lines = is_on("lines").unwrap_or(of_panel(Draw::Lines) || of_panel(Draw::Steps));
            let of = match (is_on("bars").unwrap_or(of_panel(Draw::Bars)), lines, is_on("points")) {
                (true, ..) => Some(Draw::Bars),
                (_, true, _) => Some(if of_panel(Draw::Steps) { Draw::Steps } else { Draw::Lines }),
                (.., points) if points.unwrap_or(of_panel(Draw::Points)) => Some(Draw::Points),
                // Neither a line nor anything else: it is there for its number.
                _ => None,
            };
            own.draw = of.filter(|draw| *draw != panel.draw);
            own.hidden = of.is_none().then_some(true);
        }
        for (key, value) in one.as_object().into_iter().flatten() {
            match key.as_str() {
                "yaxis" if value.as_i64() == Some(2) && panel.kind == Kind::Timeseries => {
                    own.axis = Some(Axis::Right);
                    if right != panel.factor {
                        own.factor = Some(right.unwrap_or(1.0));
                    }
                }
                "hiddenSeries" => own.hidden = value.as_bool(),
                "transform" if value == "negative-Y" => {}
                "stack" if value == &Value::Bool(panel.stacking != Stacking::None) => {}
                "stack" if value == &Value::Bool(false) => own.stacked = Some(false),
                // A group of its own that nothing else stands on.
                "stack" if panel.stacking != Stacking::None && value.is_string() => own.stacked = Some(false),
                "stack" => {
                    let at = format!("seriesOverrides[{i}].{key}");
                    self.ignored(draft, &at, format!("{key:?} of some series"));
                }
                // How thick, how transparent, in which colour, on which layer.
                _ => {}
            }
        }
        if text(one, "transform") == Some("negative-Y") {
            own.factor = Some(-own.factor.or(panel.factor).unwrap_or(1.0));
        }
        if own != (Override { of: own.of.clone(), ..Override::default() }) {
            panel.overrides.push(own);
        }
    }

    /// A `singlestat`.
    pub(super) fn singlestat(&mut self, draft: &Draft, panel: &mut Panel) {
        let json = &draft.json;
        (panel.unit, panel.factor) = self.unit(draft, "format", text(json, "format").unwrap_or_default());
        let scale = panel.factor.unwrap_or(1.0);
        panel.decimals = json.get("decimals").and_then(whole).map(|d| d.clamp(0, 9) as u8);
        if get(json, &["gauge", "show"]) == Some(&Value::Bool(true)) {
            let end = |key| get(json, &["gauge", key]).and_then(number).map(|v| v * scale);
            panel.kind = Kind::Gauge;
            (panel.min, panel.max) = (end("minValue").or(Some(0.0)), end("maxValue").or(Some(100.0)));
        }
        match text(json, "valueName") {
            Some("name") => panel.transforms.push(Transform::Words { label: String::new() }),
            Some(name) => panel.reduce = self.reduce(draft, "valueName", name).unwrap_or_default(),
            None => panel.reduce = Reduce::Mean,
        }
        let is_coloured = flag(json, "colorValue") || flag(json, "colorBackground") || panel.kind == Kind::Gauge;
        let steps = json.get("thresholds").and_then(Value::as_str).unwrap_or_default();
        let colors: Vec<Option<Level>> = items(json, "colors").iter().map(|c| c.as_str().and_then(level)).collect();
        if is_coloured && !steps.is_empty() {
            let mut values: Vec<f64> =
                steps.split(',').filter_map(|v| v.trim().parse().ok()).filter(|v: &f64| v.is_finite()).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            let step = |(i, value): (usize, f64)| Some((value * scale, colors.get(i + 1).copied().flatten()?));
            panel.thresholds = Thresholds {
                base: colors.first().copied().flatten(),
                steps: values.into_iter().enumerate().filter_map(step).collect(),
            };
        }
        panel.mappings = self.old_mappings(draft, scale);
        for (key, what) in [("prefix", "text before the number"), ("postfix", "text behind the number")] {
            if let Some(words) = text(json, key).filter(|words| !words.trim().is_empty()) {
                self.ignored(draft, key, format!("{what}: {:?}", safe(words)));
            }
        }
    }

    fn old_mappings(&mut self, draft: &Draft, scale: f64) -> Vec<Mapping> {
        let mut found: Vec<Mapping> = Vec::new();
        let is_range = draft.json.get("mappingType").and_then(whole) == Some(2);
        let key = if is_range { "rangeMaps" } else { "valueMaps" };
        for (i, one) in items(&draft.json, key).iter().enumerate() {
            let words = safe(text(one, "text").unwrap_or_default()).trim().to_owned();
            let end = |key: &str| one.get(key).and_then(number).map(|v| v * scale);
            let value = one.get("value").and_then(word).unwrap_or_default();
            let when = match (is_range, end("from"), end("to"), value.as_str()) {
                (true, from, to, _) if from.is_some() || to.is_some() => {
                    Match::Range { from: from.unwrap_or(f64::NEG_INFINITY), to: to.unwrap_or(f64::INFINITY) }
                }
                (_, _, _, "null") => Match::Nan,
                (false, .., word) => {
                    let Some(value) = word.parse::<f64>().ok().filter(|v| v.is_finite()) else {
                        self.ignored(draft, &format!("{key}[{i}]"), format!("the mapping of {:?}", safe(word)));
                        continue;
                    };
                    Match::Value(value * scale)
                }
                // Both ends are "null": what it is for is a missing value.
                _ => Match::Nan,
            };
            let is_empty = matches!(when, Match::Range { from, to } if from > to);
            if !words.is_empty() && !is_empty && !found.iter().any(|m| m.when == when) {
                found.push(Mapping { when, text: words, level: None });
            }
        }
        found
    }

    /// The `styles` of an old table.
    pub(super) fn styles(&mut self, draft: &Draft, panel: &mut Panel) {
        let (mut hidden, mut renamed) = (Vec::new(), Vec::new());
        for (i, style) in items(&draft.json, "styles").iter().enumerate() {
            let name = text(style, "pattern").unwrap_or_default();
            let alias = text(style, "alias").filter(|alias| !alias.is_empty()).map(safe);
            let is_hidden = text(style, "type") == Some("hidden");
            let query = super::transform::query_of_column(name, &panel.queries);
            let is_all = name.starts_with('/');
            match (query, is_hidden) {
                (None, _) if name.is_empty() || name == "Time" => {}
                (None, true) if !is_all => hidden.push(safe(name)),
                (None, _) if !is_all => renamed.extend(alias.map(|alias| (safe(name), alias))),
                (query, false) => {
                    if let Some(unit) = text(style, "unit").filter(|_| text(style, "type") == Some("number")) {
                        let (unit, factor) = self.unit(draft, &format!("styles[{i}].unit"), unit);
                        let decimals = style.get("decimals").and_then(whole).map(|d| d.clamp(0, 9) as u8);
                        if let Some(query) = query.filter(|_| panel.queries.len() > 1) {
                            panel.overrides.push(Override {
                                of: Which::Query(panel.queries[query].id.clone()),
                                unit: Some(unit),
                                factor,
                                decimals,
                                ..Override::default()
                            });
                        } else {
                            (panel.unit, panel.factor, panel.decimals) = (unit, factor, decimals);
                        }
                    }
                    if let (Some(query), Some(alias)) = (query, alias) {
                        panel.queries[query].legend = Some(alias);
                    }
                }
                (Some(query), true) => panel.overrides.push(Override {
                    of: Which::Query(panel.queries[query].id.clone()),
                    hidden: Some(true),
                    ..Override::default()
                }),
                (None, true) => {
                    self.ignored(draft, &format!("styles[{i}]"), "hiding columns by a regular expression");
                }
            }
        }
        if !hidden.is_empty() || !renamed.is_empty() {
            panel.transforms.push(Transform::Columns { hidden, kept: Vec::new(), renamed });
        }
    }

    /// The alert that belonged to a panel: its name, and what it compared with where the panel marks nothing.
    pub(super) fn alert(draft: &Draft, panel: &mut Panel) {
        let Some(alert) = draft.json.get("alert") else { return };
        if let Some(name) = text(alert, "name").map(safe).filter(|name| !name.is_empty()) {
            panel.alerts.push(name);
        }
        let scale = panel.factor.unwrap_or(1.0);
        let evaluator = items(alert, "conditions").first().and_then(|c| c.get("evaluator"));
        let (Some(evaluator), true) = (evaluator, panel.thresholds.is_empty()) else { return };
        let Some(value) = items(evaluator, "params").first().and_then(number).map(|v| v * scale) else { return };
        match text(evaluator, "type") {
            Some("gt") => panel.thresholds.steps = vec![(value, Level::Bad)],
            Some("lt") => panel.thresholds = Thresholds { base: Some(Level::Bad), steps: vec![(value, Level::Good)] },
            _ => return,
        }
        panel.marking = Marking::Lines;
    }
}

/// What the legend of a graph tells of each series.
fn graph_legend(json: &Value) -> Vec<Reduce> {
    let Some(legend) = json.get("legend").filter(|legend| flag(legend, "values")) else { return Vec::new() };
    let table = [
        ("min", Reduce::Min),
        ("max", Reduce::Max),
        ("avg", Reduce::Mean),
        ("current", Reduce::Last),
        ("total", Reduce::Sum),
    ];
    table.into_iter().filter(|(key, _)| flag(legend, key)).map(|(_, reduce)| reduce).collect()
}

fn uses_right(json: &Value) -> bool {
    items(json, "seriesOverrides").iter().any(|o| o.get("yaxis").and_then(whole) == Some(2))
}

/// What the thresholds of a graph come to: those above which it is bad as steps, one below which it is as the base.
fn graph_thresholds(all: &[Value], scale: f64) -> (Thresholds, Marking) {
    let mut thresholds = Thresholds::default();
    let (mut lines, mut bands) = (false, false);
    for one in all {
        let Some(value) = one.get("value").and_then(number).map(|v| v * scale) else { continue };
        let own = match text(one, "colorMode") {
            Some("custom") => text(one, "fillColor").or(text(one, "lineColor")).and_then(level),
            Some(mode) => level(mode),
            None => Some(Level::Bad),
        };
        let Some(own) = own else { continue };
        lines |= one.get("line") != Some(&Value::Bool(false));
        bands |= flag(one, "fill");
        if text(one, "op") == Some("lt") {
            thresholds.base = Some(thresholds.base.map_or(own, |base| base.max(own)));
            thresholds.steps.push((value, Level::Good));
        } else {
            thresholds.steps.push((value, own));
        }
    }
    thresholds.steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    thresholds.steps.dedup_by(|b, a| a.0 == b.0);
    let marking = match (lines, bands) {
        (true, true) => Marking::Both,
        (false, true) => Marking::Bands,
        _ => Marking::Lines,
    };
    (thresholds, marking)
}
