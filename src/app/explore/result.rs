//! What was run and its result, which is a panel like any other: how it is drawn, moved about in and copied. Pure. Uses
//! `promql`, `layout`, `panel` and `source`.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Focus, Show};
use crate::app::keys::Action;
use crate::app::message::Command;
use crate::app::model::{Model, PanelModel, View};
use crate::app::reading::Place;
use crate::layout::{Axis, Dashboard, Kind, Panel, PanelQuery};
use crate::panel::table::{Cell, Grid};
use crate::panel::{Curve, Reading};
use crate::promql::{Query, Type};
use crate::series::{Labels, is_gap, printable};
use crate::source::{Answer, Shape};
use crate::unit::Unit;

/// How long a range is that nobody has chosen, ms.
const RANGE: i64 = 3_600_000;

/// Queries that were run.
#[derive(Debug)]
pub struct Ran {
    /// As they were written.
    pub text: String,
    /// Each of them.
    pub queries: Arc<[Query]>,
    /// What it evaluates to, where that needs no data: a string.
    pub words: Option<String>,
    /// The result, as the only panel of a dashboard.
    pub view: View,
}

/// What queries were taken from: a panel tells better than their text what they measure.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The queries.
    pub(super) texts: Vec<String>,
    /// The panel; `None` where they come from somewhere else.
    pub(super) panel: Option<Panel>,
}

impl Ran {
    pub(super) fn new(text: &str, queries: Vec<Query>, origin: Option<&Origin>, show: Show) -> Self {
        let words = match queries.as_slice() {
            [only] => only.as_string().map(|text| printable(text).into_owned()),
            _ => None,
        };
        let is_its = |o: &&Origin| o.texts.iter().map(String::as_str).eq(queries.iter().map(Query::text));
        let origin = origin.filter(is_its).and_then(|origin| origin.panel.as_ref());
        let title = printable(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned();
        let panel = Panel { title, ..origin.map_or_else(|| measured(&queries), lent) };
        let dashboard = Dashboard { range: RANGE, panels: vec![panel], ..Dashboard::default() };
        let mut view = View::new(dashboard);
        view.full = true;
        let mut ran = Self { text: text.to_owned(), queries: queries.into(), words, view };
        ran.show(show);
        ran
    }

    /// The result.
    pub fn data(&self) -> Option<&PanelModel> {
        self.view.panels.first()
    }

    /// How the result is drawn.
    pub fn panel(&self) -> Option<&Panel> {
        self.view.dashboard.panels.first()
    }

    /// How many series a filter leaves of the result.
    pub fn shown(&self) -> usize {
        self.view.curves(0).len()
    }

    /// Whether it has no course over time, so that a table is all there is.
    fn is_timeless(&self) -> bool {
        self.queries.iter().any(|query| query.type_of() == Type::Matrix)
    }

    /// Of what is shown as it is now the newest values alone are asked for.
    pub fn shape(&self) -> Shape {
        if self.panel().is_some_and(|panel| panel.kind == Kind::Table) { Shape::Instant } else { Shape::Range }
    }

    /// Shows the result this way, as far as it can be.
    pub(super) fn show(&mut self, show: Show) {
        let is_number = self.queries.iter().all(|query| query.type_of() == Type::Scalar);
        let kind = match show {
            _ if self.is_timeless() => Kind::Table,
            Show::Table => Kind::Table,
            Show::Chart if is_number => Kind::Stat,
            Show::Chart => Kind::Timeseries,
        };
        if let Some(panel) = self.view.dashboard.panels.first_mut() {
            panel.kind = kind;
        }
    }

    /// Takes an answer.
    pub(in crate::app) fn take(&mut self, answer: Answer) {
        self.view.absorb(0, answer);
        let several = self.queries.len() > 1;
        if let (Some(panel), Some(data)) = (self.view.dashboard.panels.first(), self.view.panels.first_mut())
            && let Some(picture) = &mut data.picture
        {
            name(panel, &mut picture.curves, several);
        }
        self.view.sift_panel(0);
    }

    /// The labels that all series of the result have alike, where several series have any.
    pub fn common(&self) -> String {
        let curves = self.data().and_then(|data| data.picture.as_ref()).map_or(&[][..], |picture| &picture.curves);
        let mut text = String::new();
        for (name, value) in shared(curves) {
            // Writing into a string cannot fail.
            write!(text, "{}{name}={value:?}", if text.is_empty() { "" } else { " " }).ok();
        }
        text
    }
}

/// A panel for queries of which only their text is known. Where two units meet, the second has the right axis.
fn measured(queries: &[Query]) -> Panel {
    let units: Vec<Unit> = queries.iter().map(Query::unit).collect();
    let unit = units.first().copied().unwrap_or_default();
    let unit_right = units.iter().copied().find(|other| *other != unit).unwrap_or_default();
    let query = |(query, own): (&Query, &Unit)| PanelQuery {
        expr: query.text().to_owned(),
        axis: if *own == unit { Axis::Left } else { Axis::Right },
        ..PanelQuery::default()
    };
    // A third one has no axis of its own, and would be told in the unit of another.
    let unit_right = if units.iter().all(|own| *own == unit || *own == unit_right) { unit_right } else { Unit::Short };
    Panel { queries: queries.iter().zip(&units).map(query).collect(), unit, unit_right, ..Panel::default() }
}

/// What the panel that queries come from tells of their values. How it draws them is its own unless it draws a chart, too.
fn lent(panel: &Panel) -> Panel {
    let whole = Panel { drill: None, runbook: None, repeat: None, alerts: Vec::new(), ..panel.clone() };
    if panel.kind == Kind::Timeseries {
        return whole;
    }
    Panel {
        queries: whole.queries,
        factor: whole.factor,
        unit: whole.unit,
        unit_right: whole.unit_right,
        decimals: whole.decimals,
        min: whole.min,
        max: whole.max,
        thresholds: whole.thresholds,
        mappings: whole.mappings,
        marking: whole.marking,
        ..Panel::default()
    }
}

/// The labels that all of several series have alike.
fn shared(curves: &[Curve]) -> Vec<(&str, &str)> {
    let [first, rest @ ..] = curves else { return Vec::new() };
    if rest.is_empty() {
        return Vec::new();
    }
    let everywhere = |name: &str, value: &str| rest.iter().all(|curve| curve.labels.get(name) == Some(value));
    first.labels.iter().map(|l| (&*l.name, &*l.value)).filter(|(name, value)| everywhere(name, value)).collect()
}

/// Names series by what tells them apart, where no legend says otherwise; those of several queries by the query, too.
fn name(panel: &Panel, curves: &mut [Curve], several: bool) {
    for (query, own) in panel.queries.iter().enumerate() {
        let all: Vec<Curve> = curves.iter().filter(|curve| curve.query == query).cloned().collect();
        let common = shared(&all);
        // One label that all have needs no name: its value says which it is.
        let only = match all.as_slice() {
            [first, _, ..] => telling(&first.labels, &common),
            _ => None,
        };
        let only = only.filter(|name| all.iter().all(|curve| telling(&curve.labels, &common) == Some(*name)));
        for curve in curves.iter_mut().filter(|curve| curve.query == query) {
            if own.legend.is_none() {
                match only.and_then(|name| curve.labels.get(name)) {
                    Some(value) => curve.name = value.to_owned(),
                    None if !common.is_empty() => curve.name = apart(&curve.labels, &common),
                    None => {}
                }
            }
            if several {
                let letter = char::from(b'A' + (query % 26) as u8);
                let name = if curve.labels.is_empty() && own.legend.is_none() { "" } else { &curve.name };
                format!("{letter} {name}").trim_end().clone_into(&mut curve.name);
            }
        }
    }
}

/// The name of the only label that is not common to all; `None` where there are others.
fn telling<'l>(labels: &'l Labels, common: &[(&str, &str)]) -> Option<&'l str> {
    let mut own = labels.iter().map(|l| &*l.name).filter(|name| !common.iter().any(|(known, _)| known == name));
    own.next().filter(|_| own.next().is_none())
}

/// Labels as Prometheus writes them, without those that all have.
fn apart(labels: &Labels, common: &[(&str, &str)]) -> String {
    let own = |name: &str| !common.iter().any(|(known, _)| *known == name);
    let metric = labels.get(Labels::NAME).filter(|_| own(Labels::NAME)).unwrap_or_default();
    let rest = labels.iter().filter(|l| *l.name != *Labels::NAME && own(&l.name));
    let rest: Vec<String> = rest.map(|l| format!("{}={:?}", l.name, &*l.value)).collect();
    if rest.is_empty() && !metric.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", rest.join(", ")) }
}

impl Model {
    /// A key where the result is looked at; what the table does not have does nothing.
    pub(in crate::app) fn in_result(&mut self, action: Action) -> Option<Command> {
        match action {
            Action::Focus | Action::Explore => {
                self.explore.focus = Focus::Editor;
                None
            }
            Action::Show => self.show_otherwise(),
            Action::CopyValues => self.copy_values(),
            Action::Left | Action::Right if self.cursor.is_none() => self.toggle_crosshair(),
            action => self.perform(action),
        }
    }

    /// A chart becomes a table of the newest values, and back.
    pub(super) fn show_otherwise(&mut self) -> Option<Command> {
        self.explore.show = match self.explore.show {
            Show::Chart => Show::Table,
            Show::Table => Show::Chart,
        };
        let show = self.explore.show;
        let ran = self.explore.ran.as_mut()?;
        ran.show(show);
        ran.view.place = Place::default();
        Some(self.watch())
    }

    /// One level back from the result: what was pointed at, picked and searched for, then the editor.
    pub(in crate::app) fn leave_result(&mut self) -> Option<Command> {
        if self.explore.focus == Focus::Whole {
            self.explore.focus = Focus::Result;
            return None;
        }
        if self.cursor.take().is_some() {
            return Some(self.watch());
        }
        let unpicked = self.view_mut().is_some_and(|view| view.picked.take().is_some());
        if !unpicked && !self.unfilter() {
            self.explore.focus = Focus::Editor;
        }
        None
    }

    /// The values on the screen, a line a series and a tab between columns, as spreadsheets take them.
    fn copy_values(&mut self) -> Option<Command> {
        let ran = self.explore.ran.as_ref()?;
        let (panel, picture) = (ran.panel()?, ran.data()?.picture.as_ref()?);
        let cursor = self.cursor.filter(|_| ran.shape() == Shape::Range);
        let window = picture.window;
        let step = |at: i64| usize::try_from((at - window.start).div_euclid(window.step.max(1))).ok();
        let value = |curve: &Curve| match cursor {
            Some(at) => step(at).and_then(|i| curve.values.get(i).copied()).filter(|v| !is_gap(*v)),
            None => curve.newest(),
        };
        let curves = ran.view.curves(0);
        let grid = Grid::of(panel, curves, value);
        let order = match ran.view.reading(0) {
            Reading { sort: Some(column), .. } => grid.by_column(panel, column),
            _ => grid.by_weight(panel),
        };
        let mut text = grid.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join("\t");
        for &row in &order {
            let cells = grid.rows[row].cells.iter().map(|cell| match cell {
                Cell::Nothing => String::new(),
                Cell::Words(words) => words.clone(),
                Cell::Number(v) => v.to_string(),
            });
            // Writing into a string cannot fail.
            write!(text, "\n{}", cells.collect::<Vec<_>>().join("\t")).ok();
        }
        self.notice = Some(format!("copied {} rows with their labels", order.len()));
        Some(Command::Copy(text))
    }
}
