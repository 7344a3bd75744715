//! What a screen is drawn from, in JSON.

use serde::Serialize;

use super::super::alerts::AlertWords;
use super::super::answer::{Number, time};
use super::super::targets::TargetWords;
use crate::app::{Model, PanelModel, View};
use crate::layout::Panel;
use crate::panel::{Curve, State};
use crate::series::{Window, is_gap};

/// A dashboard.
#[derive(Serialize)]
pub(super) struct Board {
    view: String,
    title: String,
    range_seconds: f64,
    panels: Vec<PanelWords>,
}

/// The alerts' screen.
#[derive(Serialize)]
pub(super) struct Alerts {
    view: &'static str,
    alerts: Vec<AlertWords>,
}

/// The targets' screen.
#[derive(Serialize)]
pub(super) struct Targets {
    view: &'static str,
    targets: Vec<TargetWords>,
}

#[derive(Serialize)]
struct PanelWords {
    title: String,
    kind: &'static str,
    unit: &'static str,
    /// `live`, `stale`, `empty`, `failed` or `waiting`.
    state: &'static str,
    /// Why it is not live.
    reason: Option<String>,
    /// The time of the newest values.
    at: Option<String>,
    step_seconds: Option<f64>,
    left_out: usize,
    queries: Vec<String>,
    series: Vec<SeriesWords>,
}

#[derive(Serialize)]
struct SeriesWords {
    name: String,
    /// Index into the panel's queries.
    query: usize,
    /// The newest value; `null` where it has none now.
    value: Option<Number>,
    /// The value in words, as the panel shows it.
    text: Option<String>,
    /// Steps without a value are left out.
    values: Vec<(String, Number)>,
}

impl Alerts {
    pub(super) const fn new(alerts: Vec<AlertWords>) -> Self {
        Self { view: "alerts", alerts }
    }
}

impl Targets {
    pub(super) const fn new(targets: Vec<TargetWords>) -> Self {
        Self { view: "targets", targets }
    }
}

impl Board {
    pub(super) fn of(view: &View, model: &Model) -> Self {
        let panels = view.dashboard.panels.iter().zip(&view.panels);
        Self {
            view: view.dashboard.id.clone(),
            title: view.dashboard.title.clone(),
            range_seconds: model.shown_range() as f64 / 1000.0,
            panels: panels.map(|(panel, data)| PanelWords::of(panel, data, model)).collect(),
        }
    }
}

impl PanelWords {
    fn of(panel: &Panel, data: &PanelModel, model: &Model) -> Self {
        let (state, reason) = match data.state(model.now) {
            State::Waiting => ("waiting", None),
            State::Live => ("live", None),
            State::Stale { reason, .. } => ("stale", Some(reason)),
            State::Empty(reason) => ("empty", Some(reason)),
            State::Failed(reason) => ("failed", Some(reason)),
        };
        let picture = data.picture.as_ref();
        let series = picture
            .map_or_else(Vec::new, |p| p.curves.iter().map(|curve| SeriesWords::of(panel, curve, p.window)).collect());
        let step = |w: Window| if w.is_instant() { None } else { Some(w.step as f64 / 1000.0) };
        Self {
            title: panel.title.clone(),
            kind: panel.kind.name(),
            unit: panel.unit.name(),
            state,
            reason,
            at: picture.map(|p| time(p.at)),
            step_seconds: picture.and_then(|p| step(p.window)),
            left_out: picture.map_or(0, |p| p.left_out),
            queries: panel.queries.iter().map(|q| q.expr.clone()).collect(),
            series,
        }
    }
}

impl SeriesWords {
    fn of(panel: &Panel, curve: &Curve, window: Window) -> Self {
        let newest = curve.newest();
        let there = curve.values.iter().enumerate().filter(|(_, v)| !is_gap(**v));
        Self {
            name: curve.name.clone(),
            query: curve.query,
            value: newest.map(Number),
            text: newest.map(|v| panel.text(v)),
            values: there.map(|(i, v)| (time(window.at(i)), Number(*v))).collect(),
        }
    }
}
