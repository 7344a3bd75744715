//! What a dashboard is, once read and checked.

use super::overrides::Override;
use super::repeat::Repeat;
use super::style::{Draw, Marking, Reduce, Spacing, Stacking, Trend};
use super::transform::Transform;
use super::variables::Selection;
use crate::series::Labels;
use crate::unit::Unit;

/// Columns of the grid that positions count in.
pub const GRID_COLUMNS: u16 = 24;

/// One dashboard: a title, variables and panels on a grid.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dashboard {
    /// Short name, unique among the open dashboards: the file's stem (`overview`).
    pub id: String,
    /// The title in full.
    pub title: String,
    /// What the dashboard is for, one sentence.
    pub description: String,
    /// Time range shown at first, ms.
    pub range: i64,
    /// Variables in the order of the picker.
    pub variables: Vec<Variable>,
    /// Panels in reading order.
    pub panels: Vec<Panel>,
}

impl Dashboard {
    /// The index of the panel with this title.
    pub fn panel(&self, title: &str) -> Option<usize> {
        self.panels.iter().position(|p| p.title == title)
    }
}

/// A name that queries, titles and texts may use as `$name`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Variable {
    /// The name without `$`.
    pub name: String,
    /// What the picker calls it.
    pub label: String,
    /// Where its values come from.
    pub values: Values,
    /// For [`Values::Labels`] the selector whose series carry the values, `up{job="streamhouse-agent"}`.
    pub selector: String,
    /// For [`Values::Labels`] the label of those series that holds the values; empty where the names of their labels are
    /// the values.
    pub values_of: String,
    /// Whether several values may be chosen at once.
    pub multi: bool,
    /// Whether "all" can be chosen, and what it stands for.
    pub all: All,
    /// Keeps of the values those in which this regular expression is found: its group `value` or first group where it has
    /// any, else what it matched; its group `text` is what the picker calls it. Empty keeps all.
    pub filter: String,
    /// The order of the values.
    pub order: Order,
    /// What is chosen at first: where that is "all" and cannot be, the first value.
    pub initial: Selection,
    /// Whether the picker leaves it out.
    pub hidden: bool,
}

/// Where the values of a variable come from.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Values {
    /// A label of the series that [`Variable::selector`] selects.
    #[default]
    Labels,
    /// The results of this PromQL, as `name{labels} value time`.
    Query(String),
    /// These: (what the picker calls it, the value).
    Given(Vec<(String, String)>),
    /// Whatever is typed.
    Typed,
}

/// What "all values" of a variable stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum All {
    /// It cannot be chosen.
    No,
    /// All known values, each listed.
    Listed,
    /// This text, taken as it is: usually a regular expression.
    Pattern(String),
}

impl Default for All {
    fn default() -> Self {
        Self::Pattern(".*".to_owned())
    }
}

/// The order of a variable's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// As they come.
    #[default]
    None,
    /// By their letters.
    Name,
    /// By their letters, backwards.
    NameDown,
    /// By the first number in them.
    Number,
    /// By the first number in them, the largest first.
    NumberDown,
}

impl Order {
    /// Every one with its name in a layout file.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("none", Self::None),
        ("name", Self::Name),
        ("name, descending", Self::NameDown),
        ("number", Self::Number),
        ("number, descending", Self::NumberDown),
    ];
}

/// One panel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    /// The title.
    pub title: String,
    /// What it shows and why one looks at it, one or two sentences, for the full-screen view.
    pub description: String,
    /// How it is drawn.
    pub kind: Kind,
    /// Where it stands on the 24-column grid.
    pub pos: Pos,
    /// What it asks: at least one, none for kinds that do not [ask](Kind::asks).
    pub queries: Vec<PanelQuery>,
    /// What values are multiplied by before anything else is done with them: 100 makes percent of ratios.
    pub factor: Option<f64>,
    /// Unit of the left axis and of all numbers shown.
    pub unit: Unit,
    /// Unit of the right axis, for queries on it.
    pub unit_right: Unit,
    /// Digits after the decimal point; `None` for as many as matter.
    pub decimals: Option<u8>,
    /// Lower end of the scale, where it is fixed.
    pub min: Option<f64>,
    /// Upper end of the scale, where it is fixed.
    pub max: Option<f64>,
    /// Colours by value.
    pub thresholds: Thresholds,
    /// Texts that stand for values.
    pub mappings: Vec<Mapping>,
    /// Which number of a series stands for it where one is shown.
    pub reduce: Reduce,
    /// What the legend tells of each series beside its name; empty for what suits the kind.
    pub legend: Vec<Reduce>,
    /// What stands for a value of a timeseries.
    pub draw: Draw,
    /// Whether the area under a line is filled.
    pub filled: bool,
    /// Whether the series stand on each other.
    pub stacking: Stacking,
    /// How the left scale is divided.
    pub spacing: Spacing,
    /// How thresholds are marked on a chart.
    pub marking: Marking,
    /// What is otherwise for some of the series, in order: a later one wins.
    pub overrides: Vec<Override>,
    /// What is done with the series before they are drawn, in order.
    pub transforms: Vec<Transform>,
    /// What is told of where a timeseries is going.
    pub trend: Trend,
    /// What is said where the queries work and there is nothing; empty for why that is.
    pub nothing: String,
    /// The time that `$__range` stands for here, ms; `None` for the dashboard's range.
    pub span: Option<i64>,
    /// Markdown, for [`Kind::Text`].
    pub content: String,
    /// Whether the panels of a [`Kind::Row`] are folded away.
    pub collapsed: bool,
    /// The variable for each of whose chosen values the panel, or the row with its panels, is shown once.
    pub repeat: Option<Repeat>,
    /// What variables stand for in this panel alone: the value that a repeated one is for, as (name, value).
    pub bound: Vec<(String, String)>,
    /// Names of the alerts whose condition this panel shows.
    pub alerts: Vec<String>,
    /// The panel that explains this one: (dashboard id, panel title).
    pub drill: Option<(String, String)>,
    /// The runbook that belongs to it, by name.
    pub runbook: Option<String>,
}

/// The kinds of panel that can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// Big number(s), a sparkline behind.
    Stat,
    /// A number on a scale.
    Gauge,
    /// Lines over time.
    #[default]
    Timeseries,
    /// Shares of a whole.
    Pie,
    /// Counts per bucket over time.
    Heatmap,
    /// A line a series: its labels and its numbers.
    Table,
    /// A bar a series.
    Bars,
    /// Which state each series was in, over time.
    States,
    /// Words, from Markdown.
    Text,
    /// The alerts that fire or are about to.
    Alerts,
    /// A line above the panels that follow it, up to the next one; it can fold them away.
    Row,
}

impl Kind {
    /// Every one with its name in a layout file.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("stat", Self::Stat),
        ("gauge", Self::Gauge),
        ("timeseries", Self::Timeseries),
        ("pie", Self::Pie),
        ("heatmap", Self::Heatmap),
        ("table", Self::Table),
        ("bars", Self::Bars),
        ("states", Self::States),
        ("text", Self::Text),
        ("alerts", Self::Alerts),
        ("row", Self::Row),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("timeseries", |&(name, _)| name)
    }

    /// Whether it is drawn from the answers to queries.
    pub const fn asks(self) -> bool {
        !matches!(self, Self::Text | Self::Alerts | Self::Row)
    }
}

/// A place on the 24-column grid, Grafana's convention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Pos {
    /// Column, 0–23.
    pub x: u16,
    /// Row, from 0.
    pub y: u16,
    /// Width in columns, 1–24.
    pub w: u16,
    /// Height in rows, at least 1.
    pub h: u16,
}

impl Pos {
    /// Whether the two have a place in common.
    pub const fn overlaps(self, other: Self) -> bool {
        self.x < other.x.saturating_add(other.w)
            && other.x < self.x.saturating_add(self.w)
            && self.y < other.y.saturating_add(other.h)
            && other.y < self.y.saturating_add(self.h)
    }
}

/// One query of a panel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PanelQuery {
    /// What overrides and transforms call it: in a layout file its letter, `A` for the first, where that says nothing else.
    pub id: String,
    /// PromQL, with `$variables` not yet replaced.
    pub expr: String,
    /// Whether its newest values alone are wanted, not their course.
    pub instant: bool,
    /// Name of each resulting series, `{{label}}` replaced by its labels; `None` for the labels themselves.
    pub legend: Option<String>,
    /// The axis its values belong to.
    pub axis: Axis,
    /// The least that `$__interval` stands for, a duration or a variable; empty for the distance between steps.
    pub step: String,
    /// What `$__rate_interval` takes for the distance between scrapes, as `step`; empty for what it really is.
    pub interval: String,
}

impl PanelQuery {
    /// What a resulting series is called: the legend with each `{{label}}` replaced by the value it has in `labels`, by
    /// `(no label)` where it has none; without a legend the labels as Prometheus writes them.
    pub fn name(&self, labels: &Labels) -> String {
        let Some(legend) = &self.legend else { return labels.to_string() };
        let mut name = String::with_capacity(legend.len());
        let mut rest = legend.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((label, behind)) = after.split_once("}}") else { break };
            name += before;
            match labels.get(label.trim()) {
                Some(value) => name += value,
                None => name.extend(["(no ", label.trim(), ")"]),
            }
            rest = behind;
        }
        name + rest
    }
}

/// Gives the queries without an id that of their place: `A` to `Z`, then `A1` and so on, or the next that is free.
pub(super) fn letter(queries: &mut [PanelQuery]) {
    for i in 0..queries.len() {
        if queries[i].id.is_empty() {
            let free = (i..=i + queries.len()).map(letter_of).find(|id| queries.iter().all(|q| q.id != *id));
            queries[i].id = free.unwrap_or_default();
        }
    }
}

/// What a query is called by its place.
pub(super) fn letter_of(index: usize) -> String {
    let letter = char::from(b'A' + (index % 26) as u8);
    if index < 26 { letter.to_string() } else { format!("{letter}{}", index / 26) }
}

/// Left or right scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Axis {
    /// The scale on the left, [`Panel::unit`].
    #[default]
    Left,
    /// The scale on the right, [`Panel::unit_right`].
    Right,
}

/// What a value means for whoever is on call. Shown as colour, glyph and word, never colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Green: as it should be.
    Good,
    /// Yellow: look soon.
    Warn,
    /// Red: look now.
    Bad,
}

/// Levels by value: `base` below the first step, then the level of the last step that the value reaches.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Thresholds {
    /// The level of values below every step; `None` where the panel has no thresholds or the base has no colour.
    pub base: Option<Level>,
    /// (from value, level), ascending in value.
    pub steps: Vec<(f64, Level)>,
}

impl Thresholds {
    /// The level of `value`; `None` for NaN or where no threshold says anything.
    pub fn level(&self, value: f64) -> Option<Level> {
        if value.is_nan() {
            return None;
        }
        self.steps.iter().rev().find(|(from, _)| value >= *from).map(|&(_, level)| level).or(self.base)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.base.is_none() && self.steps.is_empty()
    }

    /// Whether small values are the bad ones: the base is worse than the last step.
    pub fn low_is_bad(&self) -> bool {
        match (self.base, self.steps.last()) {
            (Some(base), Some(&(_, last))) => base > last,
            _ => false,
        }
    }
}

/// A text that stands for a value: `1 → "Open ✗"`, with a level of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// The values that are replaced.
    pub when: Match,
    /// The text shown instead; empty for the value itself.
    pub text: String,
    /// Its level, which wins over the thresholds.
    pub level: Option<Level>,
}

/// Which values a mapping is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Match {
    /// This one, compared exactly.
    Value(f64),
    /// Those from `from` to `to`, both included; infinite ends are open.
    Range {
        /// The lower end.
        from: f64,
        /// The upper end.
        to: f64,
    },
    /// NaN.
    Nan,
}

impl Match {
    /// Whether the mapping is for `value`.
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::Value(wanted) => value == wanted,
            Self::Range { from, to } => from <= value && value <= to,
            Self::Nan => value.is_nan(),
        }
    }
}

impl Panel {
    /// Gives the queries without an id the letter of their place, or the next that is free.
    pub(crate) fn letter(&mut self) {
        letter(&mut self.queries);
    }

    /// The first mapping of `value`, if there is one.
    pub fn mapping(&self, value: f64) -> Option<&Mapping> {
        self.mappings.iter().find(|m| m.when.holds(value))
    }

    /// What `value` means: by its mapping, else by the thresholds.
    pub fn level(&self, value: f64) -> Option<Level> {
        match self.mapping(value) {
            Some(m) => m.level,
            None => self.thresholds.level(value),
        }
    }

    /// `value` in words: its mapping's text, else the number in the panel's unit.
    pub fn text(&self, value: f64) -> String {
        match self.mapping(value) {
            Some(m) if !m.text.is_empty() => m.text.clone(),
            _ => self.unit.format(value, self.decimals),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legend_names_a_series_by_its_labels() {
        let labels =
            Labels::from_pairs([("__name__", "x"), ("topic", "orders"), ("partition", "3"), ("odd", "{{topic}}")]);
        let name = |legend: Option<&str>| {
            PanelQuery { legend: legend.map(str::to_owned), ..PanelQuery::default() }.name(&labels)
        };
        assert_eq!(name(Some("{{topic}}-{{ partition }}")), "orders-3");
        assert_eq!(name(Some("{{odd}}!")), "{{topic}}!");
        assert_eq!(name(Some("S3: {{error_type}}")), "S3: (no error_type)");
        assert_eq!(name(Some("plain")), "plain");
        assert_eq!(name(Some("{{topic")), "{{topic");
        assert_eq!(name(None), r#"x{odd="{{topic}}",partition="3",topic="orders"}"#);
    }

    #[test]
    fn queries_are_lettered_and_never_the_same() {
        assert_eq!([0, 25, 26, 52].map(letter_of), ["A", "Z", "A1", "A2"]);
        let mut queries = ["", "A", "", "x", ""].map(|id| PanelQuery { id: id.to_owned(), ..PanelQuery::default() });
        letter(&mut queries);
        assert_eq!(queries.map(|q| q.id), ["B", "A", "C", "x", "E"]);
    }

    #[test]
    fn positions_overlap_only_where_they_share_a_cell() {
        let pos = |x, y, w, h| Pos { x, y, w, h };
        assert!(pos(0, 0, 6, 4).overlaps(pos(5, 3, 1, 1)));
        assert!(!pos(0, 0, 6, 4).overlaps(pos(6, 0, 6, 4)));
        assert!(!pos(0, 0, 6, 4).overlaps(pos(0, 4, 6, 4)));
    }
}
