//! What a panel says of its values, in the standard options of Grafana's panels: units, limits, thresholds, mappings, and
//! what is otherwise for some of the series.

use serde_json::{Value, json};

use super::color::level;
use super::json::{flag, get, items, number, regex, safe, text, whole, word};
use super::transform::query_of_column;
use super::{Draft, Import};
use crate::layout::grafana_units::{Fidelity, unit_of};
use crate::layout::model::{Axis, Kind, Level, Mapping, Match, Panel, Thresholds};
use crate::layout::overrides::{Override, Which};
use crate::layout::style::{Draw, Marking, Spacing, Stacking};
use crate::layout::transform::Transform;
use crate::layout::variables::pattern;
use crate::unit::Unit;

/// Parts of `custom` that change nothing but looks.
const LOOKS: &[&str] = &[
    "lineWidth",
    "lineStyle",
    "lineInterpolation",
    "gradientMode",
    "pointSize",
    "showPoints",
    "spanNulls",
    "insertNulls",
    "barAlignment",
    "barMaxWidth",
    "barWidthFactor",
    "axisLabel",
    "axisColorMode",
    "axisGridShow",
    "axisBorderShow",
    "axisWidth",
    "axisCenteredZero",
    "axisSoftMin",
    "axisSoftMax",
    "width",
    "minWidth",
    "align",
    "displayMode",
    "cellOptions",
    "filterable",
    "inspect",
    "fillBelowTo",
    "lineColor",
    "fillColor",
    "showValues",
    "group",
    "wrapText",
    "wrapHeaderText",
    "footer",
    "thresholdsStyle",
    "drawStyle",
    "fillOpacity",
    "stacking",
    "showLegend",
    "color",
    "links",
    "noValue",
    "description",
    "actions",
    "hideFrom.legend",
    "hideFrom.tooltip",
];

/// A factor and a unit.
pub(super) type Scale = (Unit, Option<f64>);

impl Import {
    /// The unit that `id` names; unknown ones are noted.
    pub(super) fn unit(&mut self, draft: &Draft, part: &str, id: &str) -> Scale {
        if id.is_empty() {
            return (Unit::Short, None);
        }
        match unit_of(id) {
            Some((unit, Fidelity::Same)) => (unit, None),
            Some((unit, Fidelity::Scaled(factor))) => (unit, Some(factor)),
            Some((unit, Fidelity::Lossy)) => {
                self.ignored(draft, part, format!("unit {:?}, shown as {}", safe(id), unit.name()));
                (unit, None)
            }
            None => {
                self.ignored(draft, part, format!("unit {:?}", safe(id)));
                (Unit::Short, None)
            }
        }
    }

    /// Takes `fieldConfig` over into `panel`.
    pub(super) fn fields(&mut self, draft: &Draft, panel: &mut Panel) {
        let Some(defaults) = get(&draft.json, &["fieldConfig", "defaults"]) else { return };
        let at = "fieldConfig.defaults";
        if let Some(id) = text(defaults, "unit") {
            (panel.unit, panel.factor) = self.unit(draft, &format!("{at}.unit"), id);
        }
        let scale = panel.factor.unwrap_or(1.0);
        panel.decimals = defaults.get("decimals").and_then(whole).map(|d| d.clamp(0, 9) as u8);
        panel.min = defaults.get("min").and_then(number).map(|v| v * scale).or(panel.min);
        panel.max = defaults.get("max").and_then(number).map(|v| v * scale).or(panel.max);
        if let Some(own) = defaults.get("mappings") {
            panel.mappings = self.mappings(draft, &format!("{at}.mappings"), own, scale);
        }
        panel.nothing = defaults.get("noValue").and_then(word).map(|words| safe(&words)).unwrap_or_default();
        let is_plain =
            panel.kind == Kind::Stat && get(&draft.json, &["options", "colorMode"]).is_some_and(|m| m == "none");
        if is_plain {
            // Nothing is coloured, whatever the values are.
            panel.mappings.iter_mut().for_each(|mapping| mapping.level = None);
            panel.mappings.retain(|mapping| !mapping.text.is_empty());
        }
        let coloured = !is_plain && shows_thresholds(panel.kind, defaults);
        if let Some(own) = defaults.get("thresholds").filter(|_| coloured) {
            let ends = (panel.min, panel.max);
            panel.thresholds = self.thresholds(draft, &format!("{at}.thresholds"), own, scale, ends);
        }
        if let Some(name) = text(defaults, "displayName").filter(|name| !name.is_empty()) {
            self.display_name(draft, name, panel);
        }
        if let Some(custom) = defaults.get("custom") {
            self.custom(draft, custom, panel);
        }
    }

    /// A name for all series alike.
    fn display_name(&mut self, draft: &Draft, name: &str, panel: &mut Panel) {
        if matches!(name, "${__series.name}" | "${__field.displayName}" | "${__field.name}") {
            return;
        }
        match legend_of(name) {
            Some(legend) => panel.queries.iter_mut().for_each(|q| q.legend = Some(legend.clone())),
            None => self.ignored(draft, "fieldConfig.defaults.displayName", format!("display name {:?}", safe(name))),
        }
    }

    fn custom(&mut self, draft: &Draft, custom: &Value, panel: &mut Panel) {
        let at = "fieldConfig.defaults.custom";
        if panel.kind == Kind::Timeseries {
            panel.draw = draw(custom).unwrap_or_default();
            panel.filled = custom.get("fillOpacity").and_then(number).is_some_and(|opacity| opacity > 0.0);
            panel.stacking = stacking(custom).unwrap_or_default();
            if text(custom, "axisPlacement") == Some("right") {
                panel.unit_right = panel.unit;
                panel.queries.iter_mut().for_each(|q| q.axis = Axis::Right);
            }
        }
        panel.marking = match get(custom, &["thresholdsStyle", "mode"]).and_then(Value::as_str) {
            Some("area") => Marking::Bands,
            Some(mode) if mode.ends_with("+area") => Marking::Both,
            Some("line" | "dashed") => Marking::Lines,
            _ if panel.kind == Kind::Timeseries => Marking::None,
            _ => Marking::default(),
        };
        let scale = custom.get("scaleDistribution");
        panel.spacing = match scale.and_then(|s| text(s, "type")) {
            Some("log") => match scale.and_then(|s| s.get("log")).and_then(number) {
                Some(10.0) => Spacing::Log10,
                _ => Spacing::Log2,
            },
            Some("symlog") => {
                self.ignored(draft, &format!("{at}.scaleDistribution"), "the symmetric logarithmic scale");
                Spacing::Log10
            }
            _ => Spacing::Linear,
        };
        if flag_of(custom, "transform", "negative-Y") {
            panel.factor = Some(-panel.factor.unwrap_or(1.0));
        }
    }

    /// Grafana's thresholds as levels; of percentages those that the `ends` of the scale make numbers.
    pub(super) fn thresholds(
        &mut self,
        draft: &Draft,
        at: &str,
        own: &Value,
        scale: f64,
        ends: (Option<f64>, Option<f64>),
    ) -> Thresholds {
        let place: Box<dyn Fn(f64) -> f64> = match (text(own, "mode"), ends) {
            (Some("percentage"), (min, Some(max))) => {
                let min = min.unwrap_or(0.0);
                Box::new(move |share| min + (max - min) * share / 100.0)
            }
            (Some("percentage"), (_, None)) if draft.json.get("type").is_some_and(|t| t == "gauge") || scale != 1.0 => {
                Box::new(|share| share)
            }
            (Some("percentage"), (_, None)) => {
                self.ignored(draft, at, "thresholds in percent of a scale without a maximum");
                return Thresholds::default();
            }
            _ => Box::new(move |value| value * scale),
        };
        let mut thresholds = Thresholds::default();
        let mut steps: Vec<(f64, Option<Level>)> = Vec::new();
        for step in items(own, "steps") {
            let level = text(step, "color").and_then(level);
            match step.get("value").and_then(number) {
                Some(value) => steps.push((place(value), level)),
                None => thresholds.base = level,
            }
        }
        steps.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Of several at one value the last counts; a colour that means nothing goes on as the one before.
        let mut last = thresholds.base;
        for (value, level) in steps {
            if level.is_none() && last.is_some() {
                self.ignored(draft, at, format!("the colour at {value}, which means no level"));
            }
            let Some(level) = level.or(last) else { continue };
            if thresholds.steps.last().is_some_and(|&(before, _)| before >= value) {
                thresholds.steps.pop();
            }
            thresholds.steps.push((value, level));
            last = Some(level);
        }
        thresholds
    }

    /// Grafana's value mappings; those of texts say nothing here, where every value is a number.
    pub(super) fn mappings(&mut self, draft: &Draft, at: &str, own: &Value, scale: f64) -> Vec<Mapping> {
        let mut found: Vec<Mapping> = Vec::new();
        let mut add = |when: Match, result: &Value| {
            let words = safe(text(result, "text").unwrap_or_default());
            let level = text(result, "color").and_then(level);
            if (!words.trim().is_empty() || level.is_some()) && !found.iter().any(|m| m.when == when) {
                found.push(Mapping { when, text: words.trim().to_owned(), level });
            }
        };
        for (i, one) in super::list(own).iter().enumerate() {
            let at = format!("{at}[{i}]");
            let options = one.get("options").unwrap_or(one);
            // Before Grafana 8 the kind was a number and everything stood beside it.
            let kind = one.get("type").and_then(word).unwrap_or_default();
            match kind.as_str() {
                "value" => {
                    for (key, result) in options.as_object().into_iter().flatten() {
                        match key.trim().parse::<f64>() {
                            Ok(value) if value.is_nan() => add(Match::Nan, result),
                            Ok(value) if value.is_finite() => add(Match::Value(value * scale), result),
                            _ => self.ignored(draft, &at, format!("the mapping of the text {:?}", safe(key))),
                        }
                    }
                }
                "1" => match text(one, "value").map(str::trim) {
                    Some("null") => add(Match::Nan, one),
                    Some(value) => match value.parse::<f64>().ok().filter(|v| v.is_finite()) {
                        Some(value) => add(Match::Value(value * scale), one),
                        None => self.ignored(draft, &at, format!("the mapping of the text {:?}", safe(value))),
                    },
                    None => {}
                },
                "range" | "2" => {
                    let end = |key: &str| options.get(key).and_then(number).map(|v| v * scale);
                    let (from, to) = (end("from"), end("to"));
                    if from.is_none() && to.is_none() || from > to && to.is_some() {
                        self.ignored(draft, &at, "the mapping of a range without ends");
                        continue;
                    }
                    let when =
                        Match::Range { from: from.unwrap_or(f64::NEG_INFINITY), to: to.unwrap_or(f64::INFINITY) };
                    add(when, options.get("result").unwrap_or(one));
                }
                "special" => match text(options, "match") {
                    Some("nan" | "null" | "null+nan") => add(Match::Nan, options.get("result").unwrap_or(options)),
                    // Numbers are neither.
                    Some("true" | "false" | "empty") => {}
                    other => self.ignored(draft, &at, format!("the mapping of {:?}", safe(other.unwrap_or("?")))),
                },
                "regex" => self.ignored(draft, &at, "the mapping by a regular expression, which is for texts"),
                other => self.ignored(draft, &at, format!("the mapping of kind {:?}", safe(other))),
            }
        }
        found
    }

    /// Takes `fieldConfig.overrides` over into `panel`.
    pub(super) fn overrides(&mut self, draft: &Draft, panel: &mut Panel) {
        let Some(all) = get(&draft.json, &["fieldConfig", "overrides"]) else { return };
        for (i, json) in super::list(all).iter().enumerate() {
            let at = format!("fieldConfig.overrides[{i}]");
            let properties = items(json, "properties");
            if panel.kind == Kind::Table {
                self.column(draft, &at, json, properties, panel);
            } else if let Some(names) = others(json).filter(|_| hides(properties)) {
                // Somebody picked a few in the legend: all go, and those come back.
                let hide = |of, hidden| Override { of, hidden: Some(hidden), ..Override::default() };
                panel.overrides.push(hide(Which::Pattern(String::new()), true));
                panel.overrides.extend(names.into_iter().map(|name| hide(Which::Name(name), false)));
            } else if let Some(of) = self.which(draft, &at, json, is_idle(properties)) {
                self.one(draft, &at, of, properties, panel);
            }
        }
        if panel.kind == Kind::Timeseries {
            turn_right(panel);
        }
    }

    fn which(&mut self, draft: &Draft, at: &str, json: &Value, is_idle: bool) -> Option<Which> {
        let matcher = json.get("matcher")?;
        let options = matcher.get("options");
        let name = options.and_then(Value::as_str);
        match (text(matcher, "id").unwrap_or_default(), name) {
            ("byName", Some(name)) => Some(Which::Name(safe(name))),
            ("byRegexp", Some(text)) if pattern(&regex(text)).is_some() => Some(Which::Pattern(regex(text))),
            ("byFrameRefID" | "byQuery" | "byRefId", Some(id)) => Some(Which::Query(id.to_owned())),
            ("byNames", _) if options.and_then(|o| text(o, "mode")) != Some("exclude") => {
                let names: Vec<String> = options
                    .map(|o| items(o, "names"))
                    .unwrap_or_default()
                    .iter()
                    .filter_map(Value::as_str)
                    .map(regex::escape)
                    .collect();
                Some(Which::Pattern(format!("^(?:{})$", names.join("|"))))
            }
            // All fields are numbers here, and those of time have no options.
            ("byType", Some("number")) => Some(Which::Pattern(String::new())),
            ("byType", Some("time" | "string" | "boolean" | "other") | None) => None,
            ("byValue", _) => match options.and_then(|o| text(o, "reducer")) {
                Some("allIsZero") => Some(Which::Zero),
                // A series without any value is none here.
                Some("allIsNull") => None,
                _ if is_idle => None,
                reducer => {
                    let words = format!("an override of series by their {:?}", safe(reducer.unwrap_or("value")));
                    self.ignored(draft, &format!("{at}.matcher"), words);
                    None
                }
            },
            (id, _) => {
                if !is_idle {
                    self.ignored(draft, &format!("{at}.matcher"), format!("an override {:?}", safe(id)));
                }
                None
            }
        }
    }

    fn one(&mut self, draft: &Draft, at: &str, of: Which, properties: &[Value], panel: &mut Panel) {
        let mut own = Override { of, ..Override::default() };
        let ends = |key: &str| properties.iter().find(|p| text(p, "id") == Some(key))?.get("value").and_then(number);
        let mut sign = 1.0;
        for (i, property) in properties.iter().enumerate() {
            let at = format!("{at}.properties[{i}]");
            let (id, value) = (text(property, "id").unwrap_or_default(), property.get("value").unwrap_or(&Value::Null));
            let factor = own.factor.or(panel.factor).unwrap_or(1.0);
            match id {
                "unit" => {
                    let (unit, factor) = self.unit(draft, &at, value.as_str().unwrap_or_default());
                    own.unit = Some(unit);
                    if factor != panel.factor {
                        own.factor = Some(factor.unwrap_or(1.0));
                    }
                }
                "decimals" => own.decimals = whole(value).map(|d| d.clamp(0, 9) as u8),
                "displayName" => own.name = value.as_str().map(safe).filter(|name| !name.is_empty()),
                "custom.axisPlacement" => match value.as_str() {
                    Some("right") if panel.kind == Kind::Timeseries => own.axis = Some(Axis::Right),
                    Some("left") => own.axis = Some(Axis::Left),
                    _ => {}
                },
                "custom.hideFrom" => own.hidden = Some(flag(value, "viz")),
                "custom.hidden" | "custom.hideFrom.viz" => own.hidden = value.as_bool(),
                "custom.transform" => sign = if value.as_str() == Some("negative-Y") { -1.0 } else { 1.0 },
                "thresholds" => {
                    let (min, max) = (ends("min").or(panel.min), ends("max").or(panel.max));
                    own.thresholds = Some(self.thresholds(draft, &at, value, factor, (min, max)));
                }
                "mappings" => own.mappings = Some(self.mappings(draft, &at, value, factor)),
                // A scale is the panel's; lines on it, of whatever kind, are where they belong.
                "min" | "max" if panel.kind == Kind::Timeseries => {}
                "custom.stacking" => match stacking(&json!({ "stacking": value })) {
                    Some(Stacking::None) if panel.stacking != Stacking::None => own.stacked = Some(false),
                    Some(mode) if mode == panel.stacking && mode != Stacking::None => {
                        own.stacked = is_alone(&draft.json, value).then_some(false);
                    }
                    Some(other) if other != panel.stacking && other != Stacking::None => {
                        self.ignored(draft, &at, format!("{id:?} of some series"));
                    }
                    _ => {}
                },
                "custom.drawStyle" => own.draw = draw(&json!({ "drawStyle": value })).filter(|d| *d != panel.draw),
                id if LOOKS.contains(&id.strip_prefix("custom.").unwrap_or(id)) => {}
                id => self.ignored(draft, &at, format!("{:?} of some series", safe(id))),
            }
        }
        if sign < 0.0 {
            own.factor = Some(-own.factor.or(panel.factor).unwrap_or(1.0));
        }
        if own.axis == Some(Axis::Right) {
            panel.unit_right =
                own.unit.unwrap_or(if panel.unit_right == Unit::default() { panel.unit } else { panel.unit_right });
        }
        if own != (Override { of: own.of.clone(), ..Override::default() }) {
            panel.overrides.push(own);
        }
    }

    /// An override of a table is for one of its columns: a label, or the values of a query.
    fn column(&mut self, draft: &Draft, at: &str, json: &Value, properties: &[Value], panel: &mut Panel) {
        let name = get(json, &["matcher", "options"]).and_then(Value::as_str).unwrap_or_default();
        let is_name = get(json, &["matcher", "id"]).and_then(Value::as_str) == Some("byName");
        let Some(query) = query_of_column(name, &panel.queries).filter(|_| is_name) else {
            if !is_name {
                if let Some(of) = self.which(draft, at, json, is_idle(properties)) {
                    self.one(draft, at, of, properties, panel);
                }
                return;
            }
            // Labels can be called otherwise and left out; the rest is how wide they are.
            let property =
                |id: &str| properties.iter().find(|p| text(p, "id") == Some(id)).and_then(|p| p.get("value"));
            let mut renamed = Vec::new();
            if let Some(title) = property("displayName").and_then(Value::as_str).filter(|title| !title.is_empty()) {
                match panel.queries.iter_mut().find(|q| q.legend.as_deref() == Some(name)) {
                    Some(query) => query.legend = Some(safe(title)),
                    None => renamed.push((safe(name), safe(title))),
                }
            }
            let is_hidden = property("custom.hidden").and_then(Value::as_bool) == Some(true);
            let hidden = if is_hidden { vec![safe(name)] } else { Vec::new() };
            if !renamed.is_empty() || !hidden.is_empty() {
                panel.transforms.push(Transform::Columns { hidden, kept: Vec::new(), renamed });
            }
            // What was renamed before is a column of values after all.
            if panel.queries.iter().any(|q| q.legend.as_deref() == Some(name)) {
                self.one(draft, at, Which::Name(safe(name)), properties, panel);
            }
            return;
        };
        let id = panel.queries[query].id.clone();
        if let Some(title) = properties.iter().find(|p| text(p, "id") == Some("displayName")) {
            panel.queries[query].legend =
                title.get("value").and_then(Value::as_str).map(safe).filter(|t| !t.is_empty());
        }
        let rest: Vec<Value> = properties.iter().filter(|p| text(p, "id") != Some("displayName")).cloned().collect();
        let of = if panel.queries.len() == 1 { Which::Pattern(String::new()) } else { Which::Query(id) };
        self.one(draft, at, of, &rest, panel);
    }
}

/// An override that puts a query on the right axis and says nothing else is what queries themselves say.
fn turn_right(panel: &mut Panel) {
    let Panel { overrides, queries, unit_right, .. } = panel;
    overrides.retain(|own| {
        let Override { of, axis: Some(Axis::Right), unit, .. } = own else { return true };
        let alone = Override { of: of.clone(), axis: own.axis, unit: *unit, ..Override::default() };
        let query = queries.iter_mut().find(|q| matches!(of, Which::Query(id) if *id == q.id));
        let Some(query) = query.filter(|_| *own == alone && unit.is_none_or(|unit| unit == *unit_right)) else {
            return true;
        };
        query.axis = Axis::Right;
        false
    });
}

/// Whether what stacks as `own` says has a group of its own, and so stands on nothing.
fn is_alone(panel: &Value, own: &Value) -> bool {
    let config = panel.get("fieldConfig").unwrap_or(&Value::Null);
    let group = own.get("group");
    let of_all = get(config, &["defaults", "custom", "stacking", "group"]);
    let stacks = items(config, "overrides").iter().flat_map(|o| items(o, "properties"));
    let stacks = stacks.filter(|p| text(p, "id") == Some("custom.stacking"));
    let sharing = stacks.filter(|p| get(p, &["value", "group"]) == group).count();
    group.is_some() && of_all.is_some_and(|of| Some(of) != group) && sharing == 1
}

/// Whether properties say nothing but how things look.
fn is_idle(properties: &[Value]) -> bool {
    properties.iter().all(|p| {
        let id = text(p, "id").unwrap_or_default();
        LOOKS.contains(&id.strip_prefix("custom.").unwrap_or(id))
            && !matches!(id, "custom.stacking" | "custom.drawStyle")
    })
}

/// Whether properties leave series out, and do nothing else.
fn hides(properties: &[Value]) -> bool {
    let is_hidden =
        |p: &Value| text(p, "id") == Some("custom.hideFrom") && get(p, &["value", "viz"]) == Some(&Value::Bool(true));
    !properties.is_empty() && properties.iter().all(is_hidden)
}

/// The names that an override is not for, where it is for all others.
fn others(json: &Value) -> Option<Vec<String>> {
    let matcher = json.get("matcher").filter(|m| text(m, "id") == Some("byNames"))?;
    let options = matcher.get("options").filter(|o| text(o, "mode") == Some("exclude"))?;
    Some(items(options, "names").iter().filter_map(Value::as_str).map(safe).collect())
}

/// Whether a panel of this kind shows its thresholds anywhere.
fn shows_thresholds(kind: Kind, defaults: &Value) -> bool {
    let color = get(defaults, &["color", "mode"]).and_then(Value::as_str).unwrap_or("thresholds");
    let style = get(defaults, &["custom", "thresholdsStyle", "mode"]).and_then(Value::as_str).unwrap_or("off");
    let cell = get(defaults, &["custom", "cellOptions", "type"]).or_else(|| get(defaults, &["custom", "displayMode"]));
    match kind {
        Kind::Timeseries => style != "off",
        Kind::Table => {
            cell.and_then(Value::as_str).is_some_and(|cell| cell.starts_with("color") || cell.contains("gauge"))
        }
        Kind::Pie | Kind::Heatmap => false,
        _ => color == "thresholds" || color.starts_with("continuous"),
    }
}

/// The legend template that a display name comes to; `None` where it needs what there is not.
fn legend_of(name: &str) -> Option<String> {
    let mut legend = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("${__") {
        let (inside, behind) = after.split_once('}')?;
        legend += before;
        let label = ["field.labels.", "field.labels[\"", "series.labels.", "field.labels['"];
        let label = label.into_iter().find_map(|start| inside.strip_prefix(start));
        legend.extend(["{{", label?.trim_end_matches(['"', '\'', ']']), "}}"]);
        rest = behind;
    }
    Some(safe(&(legend + rest)))
}

fn flag_of(value: &Value, key: &str, wanted: &str) -> bool {
    text(value, key) == Some(wanted)
}

fn draw(custom: &Value) -> Option<Draw> {
    Some(match text(custom, "drawStyle")? {
        "bars" => Draw::Bars,
        "points" => Draw::Points,
        _ if text(custom, "lineInterpolation").is_some_and(|word| word.starts_with("step")) => Draw::Steps,
        _ => Draw::Lines,
    })
}

fn stacking(custom: &Value) -> Option<Stacking> {
    Some(match get(custom, &["stacking", "mode"]).and_then(Value::as_str)? {
        "normal" => Stacking::Sum,
        "percent" => Stacking::Percent,
        _ => Stacking::None,
    })
}
