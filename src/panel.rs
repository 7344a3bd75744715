//! Panels: one file a kind. A panel gets a [`Frame`], which is plain data, and writes cells; it knows nothing of the
//! application. May use `series`, `unit`, `theme`, `layout`.

use crate::layout::{Axis, Panel};
use crate::series::{Timestamp, Window};
use crate::theme::Theme;

/// All that a panel is drawn from.
#[derive(Debug, Clone)]
pub struct Frame<'a> {
    /// What the layout says.
    pub panel: &'a Panel,
    /// The steps that the curves' values belong to.
    pub window: Window,
    /// One a series, in the order of queries, then of labels.
    pub curves: &'a [Curve],
    /// Whether the data is good.
    pub state: &'a State,
    /// Colours.
    pub theme: &'a Theme,
    /// The present, for ages.
    pub now: Timestamp,
    /// Offset of the displayed time zone from UTC at `now`, seconds east.
    pub utc_offset: i32,
    /// Whether the panel has the focus.
    pub selected: bool,
}

/// One named series of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// From the legend template; safe for the screen.
    pub name: String,
    /// One value a step, `series::GAP` for none; empty where only the newest value was asked for.
    pub values: Vec<f64>,
    /// The newest value; `None` where the series has none now.
    pub now: Option<f64>,
    /// Which of the panel's queries it belongs to.
    pub query: usize,
    /// The scale it belongs to.
    pub axis: Axis,
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
