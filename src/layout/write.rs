//! From a [`Dashboard`] to the text of a layout file that is read as the same again. Uses `unit`.

use std::fmt::Write as _;

use super::model::{
    All, Axis, Dashboard, Level, Mapping, Match, Order, Panel, PanelQuery, Thresholds, Values, Variable, letter_of,
};
use super::overrides::{Override, Which};
use super::parse::{COLORS, RANGE, STACKING};
use super::repeat::Flow;
use super::style::{Draw, Marking, Reduce, Spacing, Stacking, Trend};
use super::transform::{Operand, Pick, Transform};
use super::variables::Selection;
use crate::unit::Unit;

/// The layout file of `dashboard`. Reading it under a name whose stem is the dashboard's id gives the dashboard again; what
/// [repeated panels](Panel::bound) are bound to is not part of a file.
pub fn write(dashboard: &Dashboard) -> String {
    let mut page = Page::default();
    page.text("title", &dashboard.title);
    page.text_if("description", &dashboard.description);
    if dashboard.range != RANGE {
        page.line("range", &quoted(&duration(dashboard.range)));
    }
    for one in &dashboard.variables {
        page.table("variable");
        variable(&mut page, one);
    }
    for one in &dashboard.panels {
        page.table("panel");
        panel(&mut page, one);
    }
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn table(&mut self, name: &str) {
        self.0.extend(["\n[[", name, "]]\n"]);
    }

    fn line(&mut self, key: &str, value: &str) {
        self.0.extend([key, " = ", value, "\n"]);
    }

    fn text(&mut self, key: &str, value: &str) {
        self.line(key, &quoted(value));
    }

    fn text_if(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.text(key, value);
        }
    }

    fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.line(key, "true");
        }
    }

    fn number(&mut self, key: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.line(key, &number(value));
        }
    }

    /// The name of `value` in `table`, unless it is what goes without saying.
    fn choice<T: Copy + PartialEq + Default>(&mut self, key: &str, table: &[(&str, T)], value: T) {
        if value != T::default() {
            self.text(key, name(table, value));
        }
    }
}

fn name<'n, T: Copy + PartialEq>(table: &[(&'n str, T)], value: T) -> &'n str {
    table.iter().find(|(_, own)| *own == value).map_or("", |&(name, _)| name)
}

/// A TOML string: as it is where that is possible, for queries are full of quotes.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c != '\'' && !c.is_control();
    if text.contains(['"', '\\']) && text.chars().all(is_plain) {
        return format!("'{text}'");
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            c if c.is_control() => {
                // Writing into a string cannot fail.
                write!(out, "\\u{:04X}", u32::from(c)).ok();
            }
            c => out.push(c),
        }
    }
    out + "\""
}

fn number(value: f64) -> String {
    // Whole numbers without a point, as people write them; beyond 2^53 they would claim digits that are none.
    if value.fract() == 0.0 && value.abs() < 9e15 && (value.is_sign_positive() || value != 0.0) {
        format!("{value:.0}")
    } else {
        format!("{value:?}")
    }
}

fn duration(ms: i64) -> String {
    const UNITS: [(i64, &str); 5] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let fits = UNITS.into_iter().find(|(length, _)| ms % length == 0);
    fits.map_or_else(|| format!("{ms}ms"), |(length, unit)| format!("{}{unit}", ms / length))
}

fn list<T>(values: &[T], word: impl Fn(&T) -> String) -> String {
    format!("[{}]", values.iter().map(word).collect::<Vec<_>>().join(", "))
}

fn texts(values: &[String]) -> String {
    list(values, |v| quoted(v))
}

fn pairs(values: &[(String, String)]) -> String {
    list(values, |(from, to)| format!("[{}, {}]", quoted(from), quoted(to)))
}

fn variable(page: &mut Page, v: &Variable) {
    page.text("name", &v.name);
    if v.label != v.name {
        page.text("label", &v.label);
    }
    let of_labels = v.values == Values::Labels;
    match &v.values {
        Values::Labels => {
            page.text("selector", &v.selector);
            page.text_if("values_of", &v.values_of);
            page.flag("names", v.values_of.is_empty());
        }
        Values::Query(expr) => page.text("query", expr),
        Values::Given(values) => {
            page.line(
                "values",
                &list(values, |(text, value)| {
                    if text == value { quoted(value) } else { format!("[{}, {}]", quoted(text), quoted(value)) }
                }),
            );
        }
        Values::Typed => page.flag("typed", true),
    }
    if v.multi != of_labels {
        page.line("multi", if v.multi { "true" } else { "false" });
    }
    let usual = if of_labels { All::default() } else { All::No };
    if v.all != usual {
        match &v.all {
            All::No => page.line("all", "false"),
            All::Listed => page.line("all", "true"),
            All::Pattern(pattern) => page.text("all", pattern),
        }
    }
    page.text_if("filter", &v.filter);
    page.choice("order", Order::NAMES, v.order);
    if let Selection::Values(values) = &v.initial {
        page.line("initial", &texts(values));
    }
    page.flag("hidden", v.hidden);
}

fn panel(page: &mut Page, p: &Panel) {
    page.text("title", &p.title);
    page.text_if("description", &p.description);
    page.text("kind", p.kind.name());
    page.line("pos", &format!("[{}, {}, {}, {}]", p.pos.x, p.pos.y, p.pos.w, p.pos.h));
    page.number("factor", p.factor);
    for (key, unit) in [("unit", p.unit), ("unit_right", p.unit_right)] {
        if unit != Unit::default() {
            page.text(key, unit.name());
        }
    }
    page.number("decimals", p.decimals.map(f64::from));
    page.number("min", p.min);
    page.number("max", p.max);
    if !p.thresholds.is_empty() {
        page.line("thresholds", &thresholds(&p.thresholds));
    }
    if !p.mappings.is_empty() {
        page.line("mappings", &list(&p.mappings, mapping));
    }
    page.choice("reduce", Reduce::NAMES, p.reduce);
    if !p.legend.is_empty() {
        page.line("legend", &list(&p.legend, |r| quoted(r.name())));
    }
    page.choice("draw", Draw::NAMES, p.draw);
    page.flag("filled", p.filled);
    match p.stacking {
        Stacking::None => {}
        Stacking::Sum => page.flag("stacked", true),
        Stacking::Percent => page.text("stacked", name(STACKING, Stacking::Percent)),
    }
    page.choice("spacing", Spacing::NAMES, p.spacing);
    page.choice("marking", Marking::NAMES, p.marking);
    page.choice("trend", Trend::NAMES, p.trend);
    page.text_if("nothing", &p.nothing);
    if let Some(span) = p.span {
        page.text("span", &duration(span));
    }
    page.text_if("content", &p.content);
    page.flag("collapsed", p.collapsed);
    if let Some(repeat) = &p.repeat {
        let flow = match repeat.flow {
            Flow::Across(most) => format!("across = {most}"),
            Flow::Down => "down = true".to_owned(),
        };
        page.line("repeat", &format!("{{ for = {}, {flow} }}", quoted(&repeat.variable)));
    }
    if !p.alerts.is_empty() {
        page.line("alerts", &texts(&p.alerts));
    }
    if let Some((view, panel)) = &p.drill {
        page.line("drill", &format!("{{ view = {}, panel = {} }}", quoted(view), quoted(panel)));
    }
    page.text_if("runbook", p.runbook.as_deref().unwrap_or_default());
    for one in &p.overrides {
        page.table("panel.override");
        over(page, one);
    }
    for one in &p.transforms {
        page.table("panel.transform");
        transform(page, one);
    }
    for (i, one) in p.queries.iter().enumerate() {
        page.table("panel.query");
        // Its letter goes without saying.
        if one.id != letter_of(i) || p.queries.iter().filter(|q| q.id == one.id).count() > 1 {
            page.text_if("id", &one.id);
        }
        query(page, one);
    }
}

fn query(page: &mut Page, q: &PanelQuery) {
    page.text("expr", &q.expr);
    page.flag("instant", q.instant);
    if let Some(legend) = &q.legend {
        page.text("legend", legend);
    }
    if q.axis == Axis::Right {
        page.text("axis", "right");
    }
    page.text_if("step", &q.step);
    page.text_if("interval", &q.interval);
}

fn color(level: Level) -> &'static str {
    name(COLORS, level)
}

fn thresholds(t: &Thresholds) -> String {
    let base = t.base.map(|level| format!("base = {}, ", quoted(color(level)))).unwrap_or_default();
    let steps = list(&t.steps, |&(from, level)| format!("[{}, {}]", number(from), quoted(color(level))));
    format!("{{ {base}steps = {steps} }}")
}

fn mapping(m: &Mapping) -> String {
    let mut parts = match m.when {
        Match::Value(value) => vec![format!("value = {}", number(value))],
        Match::Range { from, to } => [("from", from), ("to", to)]
            .into_iter()
            .filter(|(_, end)| end.is_finite())
            .map(|(key, end)| format!("{key} = {}", number(end)))
            .collect(),
        Match::Nan => vec![r#"special = "nan""#.to_owned()],
    };
    parts.push(format!("text = {}", quoted(&m.text)));
    parts.extend(m.level.map(|level| format!("color = {}", quoted(color(level)))));
    format!("{{ {} }}", parts.join(", "))
}

fn over(page: &mut Page, o: &Override) {
    match &o.of {
        Which::Name(name) => page.text("series", name),
        Which::Pattern(pattern) => page.text("pattern", pattern),
        Which::Query(id) => page.text("query", id),
        Which::Zero => page.flag("zero", true),
    }
    if let Some(name) = &o.name {
        page.text("name", name);
    }
    if let Some(unit) = o.unit {
        page.text("unit", unit.name());
    }
    page.number("factor", o.factor);
    page.number("decimals", o.decimals.map(f64::from));
    if let Some(axis) = o.axis {
        page.text("axis", if axis == Axis::Right { "right" } else { "left" });
    }
    if let Some(hidden) = o.hidden {
        page.line("hidden", if hidden { "true" } else { "false" });
    }
    if let Some(own) = &o.thresholds {
        page.line("thresholds", &thresholds(own));
    }
    if let Some(own) = &o.mappings {
        page.line("mappings", &list(own, mapping));
    }
    if let Some(draw) = o.draw {
        page.text("draw", name(Draw::NAMES, draw));
    }
    if let Some(stacked) = o.stacked {
        page.line("stacked", if stacked { "true" } else { "false" });
    }
}

fn transform(page: &mut Page, t: &Transform) {
    let start = |page: &mut Page, kind: &str| page.text("do", kind);
    match t {
        Transform::Series { pattern, pick } | Transform::Queries { pattern, pick } => {
            start(page, if matches!(t, Transform::Series { .. }) { "series" } else { "queries" });
            page.text("pattern", pattern);
            page.flag("drop", *pick == Pick::Drop);
        }
        Transform::Columns { hidden, kept, renamed } => {
            start(page, "columns");
            for (key, names) in [("hidden", hidden), ("kept", kept)] {
                if !names.is_empty() {
                    page.line(key, &texts(names));
                }
            }
            if !renamed.is_empty() {
                page.line("renamed", &pairs(renamed));
            }
        }
        Transform::Rename { pattern, to } => {
            start(page, "rename");
            page.text("pattern", pattern);
            page.text_if("to", to);
        }
        Transform::Words { label } => {
            start(page, "words");
            page.text_if("label", label);
        }
        Transform::Group { by, reduce } => {
            start(page, "group");
            page.line("by", &texts(by));
            page.text("reduce", reduce.name());
        }
        Transform::Values { of, from, to, pick } => {
            start(page, "values");
            page.text_if("of", of);
            page.number("from", *from);
            page.number("to", *to);
            page.flag("drop", *pick == Pick::Drop);
        }
        Transform::Calculate { name, left, operator, right, others } => {
            start(page, "calculate");
            page.text_if("name", name);
            page.line("left", &operand(left));
            page.text("operator", operator.name());
            page.line("right", &operand(right));
            page.flag("alone", *others == Pick::Drop);
        }
        Transform::Total { name, reduce, of, others } => {
            start(page, "total");
            page.text_if("name", name);
            page.text("reduce", reduce.name());
            if !of.is_empty() {
                page.line("of", &texts(of));
            }
            page.flag("alone", *others == Pick::Drop);
        }
        Transform::Sort { by, descending } => {
            start(page, "sort");
            page.text_if("by", by);
            page.flag("descending", *descending);
        }
        Transform::Limit(count) => {
            start(page, "limit");
            page.line("count", &count.to_string());
        }
    }
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Number(value) => number(*value),
        Operand::Series(name) => quoted(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{builtin, parse};

    #[test]
    fn the_built_in_dashboards_survive_being_written_and_read() {
        for dashboard in builtin() {
            let text = write(&dashboard);
            let again = parse(&format!("{}.toml", dashboard.id), &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
            assert_eq!(again, dashboard);
        }
    }

    #[test]
    fn text_is_written_as_it_is_where_it_can_be() {
        assert_eq!(quoted(r#"up{a="b"}"#), r#"'up{a="b"}'"#);
        assert_eq!(quoted("it's \"x\"\n\u{7f}\\"), r#""it's \"x\"\n\u007F\\""#);
        assert_eq!([0.0, -0.0, 1e3, 1.5, 1e300, -2.0].map(number), ["0", "-0.0", "1000", "1.5", "1e300", "-2"]);
        assert_eq!([3_600_000, 90_000, 1, 604_800_000].map(duration), ["1h", "90s", "1ms", "7d"]);
    }
}
