//! Panels: one file a kind. A panel gets a [`Frame`], which is plain data, and writes cells; it knows nothing of the
//! application. May use `series`, `unit`, `theme`, `rules`, `runbook`, `layout`.
//!
//! Everything here is a pure function of the frame and the area: nothing is kept between frames, nothing is written
//! outside the area, and no size or value is refused. A value that is not there is never shown as a zero.

mod adjust;
mod alerts;
mod axis;
mod bars;
mod canvas;
mod chrome;
mod courses;
mod digits;
mod drain;
mod emphasis;
mod gauge;
mod heatmap;
mod joints;
mod legend;
mod line;
mod list;
mod marking;
mod message;
mod pen;
mod pie;
mod plot;
mod row;
mod scale;
mod section;
mod spark;
mod stack;
mod stat;
mod states;
pub mod table;
mod text;
mod timeseries;
mod wall;

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::layout::{Axis, Kind, Level, Look, Panel, Reduce};
use crate::series::{Labels, Timestamp, Window, is_gap};
use crate::theme::{Depth, Theme};
use crate::unit::Unit;

pub use adjust::adjust;
pub use alerts::{AlertLine, severity, standing};
pub use chrome::Badge;
pub use joints::join;
pub use list::hidden;
pub use pen::{clip, wrap};
pub use plot::{Plot, plot};
pub use row::{RowColumns, draw_row};
pub use spark::course;
pub use text::style_of;
pub use wall::draw_tile;

use pen::Pen;

/// All that a panel is drawn from.
#[derive(Debug, Clone)]
pub struct Frame<'a> {
    /// What the layout says.
    pub panel: &'a Panel,
    /// The steps that the curves' values belong to.
    pub window: Window,
    /// One a series, in the order of queries, then of labels.
    pub curves: &'a [Curve],
    /// How many series are not among the curves because there are too many.
    pub left_out: usize,
    /// Whether the data is good.
    pub state: &'a State,
    /// Colours.
    pub theme: &'a Theme,
    /// The present, for ages.
    pub now: Timestamp,
    /// The time zone in which times are shown.
    pub zone: &'a TimeZone,
    /// What the source finds doubtful about the data, safe for the screen.
    pub notes: &'a [String],
    /// Whether the panel has the focus.
    pub selected: bool,
    /// The time under the crosshair; `None` where there is none. Values are then those of that time, and the newest
    /// nowhere.
    pub cursor: Option<Timestamp>,
    /// The series that the reader has picked out, by its index in `curves`; the others step back.
    pub picked: Option<usize>,
    /// From how far it is read.
    pub distance: Distance,
    /// What the worst active alert means whose condition it shows.
    pub alarm: Option<Level>,
    /// That alert in words, if it is to be named.
    pub badge: Option<&'a Badge>,
    /// How somebody looks at it.
    pub reading: Reading,
    /// What [`Kind::Alerts`] lists, the worst first; `None` until that is known.
    pub alerts: Option<&'a [AlertLine<'a>]>,
    /// What [`Kind::Text`] says: Markdown with the variables' values put in.
    pub content: &'a str,
}

/// From how far a panel is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Distance {
    /// At the desk: fine lines, every word.
    #[default]
    Near,
    /// Across a room: thick lines, few words.
    Far,
}

/// How somebody looks at a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Whether it has the whole screen.
    pub whole: bool,
    /// Lines scrolled away above; only of a panel on the whole screen.
    pub scroll: usize,
    /// The column, from 0, by which a table's rows stand; `None` for the order in which they matter.
    pub sort: Option<usize>,
}

/// One named series of a panel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// From the legend template; safe for the screen.
    pub name: String,
    /// What tells it from the others of its query.
    pub labels: Labels,
    /// One value a step, `series::GAP` for none; empty where only the newest value was asked for.
    pub values: Vec<f64>,
    /// The newest value; `None` where the series has none now.
    pub now: Option<f64>,
    /// Which of the panel's queries it belongs to.
    pub query: usize,
    /// The scale it belongs to.
    pub axis: Axis,
    /// How its values are shown, where that is not how the panel's are.
    pub look: Option<Arc<Look>>,
    /// Which of the colours and letters of series it has, so that it keeps them whoever comes and goes; `None` for those of
    /// its place among the curves.
    pub hue: Option<u16>,
}

/// Whether a panel's data is good.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum State {
    /// No answer yet.
    #[default]
    Waiting,
    /// Fresh.
    Live,
    /// The last good picture, and why there is no newer one.
    Stale {
        /// The time of the data.
        at: Timestamp,
        /// In words.
        reason: String,
    },
    /// The query worked and there is nothing; why, in words.
    Empty(String),
    /// The query failed and there is no earlier picture; why, in words.
    Failed(String),
}

impl Curve {
    /// The newest value: `now`, else that of the last step. `None` where the series has ended, even if it had values
    /// earlier in the window.
    pub fn newest(&self) -> Option<f64> {
        self.now.or_else(|| self.values.last().copied()).filter(|v| !is_gap(*v))
    }

    /// Whether it is a line of its own where the others stand on each other.
    pub fn stands_apart(&self) -> bool {
        self.axis == Axis::Right || self.look.as_ref().is_some_and(|look| look.is_apart)
    }
}

/// Where nobody says where they are.
static UTC: TimeZone = TimeZone::UTC;

impl<'a> Frame<'a> {
    /// A panel of which there is no data, as it looks when nobody looks closely: the rest is put in by name.
    pub fn new(panel: &'a Panel, state: &'a State, theme: &'a Theme, now: Timestamp) -> Self {
        Self {
            panel,
            window: Window::instant(now),
            curves: &[],
            left_out: 0,
            state,
            theme,
            now,
            zone: &UTC,
            notes: &[],
            selected: false,
            cursor: None,
            picked: None,
            distance: Distance::default(),
            alarm: None,
            badge: None,
            reading: Reading::default(),
            alerts: None,
            content: &panel.content,
        }
    }
}

impl Frame<'_> {
    /// The unit of an axis.
    fn unit(&self, axis: Axis) -> Unit {
        match axis {
            Axis::Left => self.panel.unit,
            Axis::Right => self.panel.unit_right,
        }
    }

    /// A value of `curve` in words: its mapping's text, else the number with its unit.
    fn text(&self, curve: &Curve, value: f64) -> String {
        let own = curve.look.as_ref().and_then(|look| look.text(value, self.unit(curve.axis), self.panel.decimals));
        own.unwrap_or_else(|| match curve.axis {
            // How many there are is a number of its own, whatever they measure.
            Axis::Left if self.panel.reduce == Reduce::Count && is_reduced(self.panel) && self.cursor.is_none() => {
                Unit::Count.format(value, Some(0))
            }
            Axis::Left => self.panel.text(value),
            Axis::Right => self.panel.unit_right.format(value, self.panel.decimals),
        })
    }

    /// What a value of `curve` means. Thresholds are in the left axis' unit, and say nothing of shares and buckets.
    fn level(&self, curve: &Curve, value: f64) -> Option<Level> {
        let is_bucket = |name| heatmap::bound(name).is_some() && bars::are_buckets(self);
        if self.panel.kind == Kind::Bars && is_bucket(&curve.name) {
            return None;
        }
        level(self.panel, curve, value)
    }

    /// The value that stands for a curve: what the layout reduces it to where one number is shown for it, else the newest;
    /// under a crosshair that of the last step up to it. `None` where it has none there.
    fn value(&self, curve: &Curve) -> Option<f64> {
        let Some(cursor) = self.cursor else { return reduced(self.panel, curve) };
        let step = usize::try_from((cursor - self.window.start).div_euclid(self.window.step.max(1))).ok()?;
        curve.values.get(step).copied().filter(|v| !is_gap(*v))
    }

    /// Every curve's name and value in words, those that matter most first; a value that is not there is a dash.
    pub fn values(&self) -> Vec<(&str, String)> {
        let line = |i: usize| {
            let curve = &self.curves[i];
            (curve.name.as_str(), self.value(curve).map_or_else(|| "–".to_owned(), |v| self.text(curve, v)))
        };
        self.by_weight().into_iter().map(line).collect()
    }

    /// What that value means.
    fn level_of(&self, curve: &Curve) -> Option<Level> {
        self.level(curve, self.value(curve)?)
    }

    /// The style of a level; ordinary text for none.
    fn level_style(&self, level: Option<Level>) -> Style {
        match level {
            Some(Level::Good) => self.theme.good,
            Some(Level::Warn) => self.theme.warn,
            Some(Level::Bad) => self.theme.bad,
            None => self.theme.text,
        }
    }

    /// Which of the colours and letters of series a curve has.
    fn hue(&self, index: usize) -> usize {
        self.curves.get(index).and_then(|curve| curve.hue).map_or(index, usize::from)
    }

    /// The colour of a curve.
    fn series_style(&self, index: usize) -> Style {
        self.theme.series(self.hue(index))
    }

    /// Whether series can be told apart by colour.
    fn has_colours(&self) -> bool {
        self.theme.depth != Depth::None
    }

    /// The curves of a chart in the order of its legend: of many those that stand out first, else as
    /// [`by_weight`](Self::by_weight) has them.
    pub fn by_prominence(&self) -> Vec<usize> {
        emphasis::order(self)
    }

    /// The curves in the order in which they matter: those on the left axis first, worst level first, then the largest
    /// newest value (the smallest where small is bad), those without a value last.
    pub fn by_weight(&self) -> Vec<usize> {
        let low_is_bad = self.panel.thresholds.low_is_bad();
        let mut order: Vec<usize> = (0..self.curves.len()).collect();
        let key = |&i: &usize| {
            let curve = &self.curves[i];
            let value = self.value(curve);
            let newest = value.filter(|v| !v.is_nan());
            let weight = newest.map_or(f64::NEG_INFINITY, |v| if low_is_bad { -v } else { v });
            let alarming = self.level_of(curve).filter(|level| *level > Level::Good);
            (curve.axis == Axis::Left, value.is_some(), newest.is_some(), alarming, weight)
        };
        order.sort_by(|a, b| {
            let (a, b) = (key(a), key(b));
            (b.0, b.1, b.2, b.3).cmp(&(a.0, a.1, a.2, a.3)).then(b.4.total_cmp(&a.4))
        });
        order
    }
}

/// Whether a panel shows one number of each curve, which the layout may choose.
const fn is_reduced(panel: &Panel) -> bool {
    matches!(panel.kind, Kind::Stat | Kind::Gauge | Kind::Pie | Kind::Table | Kind::Bars)
}

/// The number that stands for a curve now.
fn reduced(panel: &Panel, curve: &Curve) -> Option<f64> {
    if is_reduced(panel) { panel.reduce.of(&curve.values, curve.newest()) } else { curve.newest() }
}

/// A value beside one that carries the unit: without it where the number alone is understood.
fn brief(unit: Unit, value: f64) -> String {
    match unit {
        Unit::PerSecond | Unit::OpsPerSecond | Unit::Cores | Unit::Messages => Unit::Short.format(value, None),
        unit => unit.format(value, None),
    }
}

fn level(panel: &Panel, curve: &Curve, value: f64) -> Option<Level> {
    let own = curve.look.as_ref().and_then(|look| look.level(value));
    match (panel.kind, curve.axis) {
        (kind, _) if own.is_some() && !matches!(kind, Kind::Pie | Kind::Heatmap) => own.flatten(),
        (Kind::Pie | Kind::Heatmap, _) | (_, Axis::Right) => None,
        (_, Axis::Left) => panel.level(value),
    }
}

/// The worst level among the present values of `curves`, wherever a crosshair stands; `None` where none of them has one.
pub fn worst_now(panel: &Panel, curves: &[Curve]) -> Option<Level> {
    curves.iter().filter_map(|curve| level(panel, curve, reduced(panel, curve)?)).max()
}

/// The worst level among the values shown and of the alerts on them; `None` where none has a level, or none is shown.
pub fn worst(frame: &Frame<'_>) -> Option<Level> {
    if frame.panel.kind == Kind::Alerts {
        return alerts::worst(frame);
    }
    match frame.state {
        State::Live | State::Stale { .. } => {
            frame.curves.iter().filter_map(|c| frame.level_of(c)).max().max(frame.alarm)
        }
        State::Waiting | State::Empty(_) | State::Failed(_) => None,
    }
}

/// Draws a panel with its border; a single line where there are fewer than three rows. Every cell of `area` is written,
/// none outside it; any size from 0×0 will do.
pub fn draw(frame: &Frame<'_>, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, area);
    pen.clear();
    if frame.panel.kind == Kind::Row {
        section::draw(frame, &mut pen);
        return;
    }
    if pen.width() < chrome::MIN_WIDTH || pen.height() < chrome::MIN_HEIGHT {
        row::draw_alone(frame, &mut pen);
        return;
    }
    chrome::draw(frame, &mut pen);
    let (width, height) = (pen.width() - 2, pen.height() - 2);
    let mut inside = pen.part(1, 1, width, height);
    match frame.state {
        State::Waiting => message::draw(&mut inside, "waiting for the first answer", frame.theme.dim),
        State::Empty(reason) => message::draw(&mut inside, reason, frame.theme.dim),
        State::Failed(reason) => message::draw(&mut inside, reason, frame.theme.bad),
        State::Live | State::Stale { .. } if frame.curves.is_empty() && frame.panel.kind.asks() => {
            message::draw(&mut inside, "no series", frame.theme.dim);
        }
        State::Live => draw_kind(frame, &mut pen),
        State::Stale { .. } => {
            draw_kind(frame, &mut pen);
            pen.part(1, 1, width, height).tint(Style::new().add_modifier(Modifier::DIM));
        }
    }
}

/// The margin beside text, and the width and height between border and margins. One blank column on either side keeps text
/// off the border where there is room for it.
fn inside(width: u16, height: u16) -> (u16, u16, u16) {
    let margin = u16::from(width >= 18);
    (margin, width - 2 - 2 * margin, height - 2)
}

/// The time of the last step.
fn last_step(frame: &Frame<'_>) -> Timestamp {
    frame.window.at(frame.window.steps().saturating_sub(1))
}

/// Draws what is inside the border; charts put their legend beside the title where that has room for it.
fn draw_kind(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (margin, width, height) = inside(pen.width(), pen.height());
    let mut part = pen.part(1 + margin, 1, width, height);
    match frame.panel.kind {
        Kind::Stat => courses::draw(frame, &mut part),
        Kind::Gauge => gauge::draw(frame, &mut part),
        Kind::Timeseries => timeseries::draw(frame, pen, margin),
        Kind::Table => table::draw(frame, &mut part),
        Kind::Bars => bars::draw(frame, &mut part),
        Kind::States => states::draw(frame, &mut part),
        Kind::Text => text::draw(frame, &mut part),
        Kind::Alerts => alerts::draw(frame, &mut part),
        Kind::Row => {}
        Kind::Pie => pie::draw(frame, &mut part),
        Kind::Heatmap => heatmap::draw(frame, pen, margin),
    }
}
