//! Which of many series stand out: the one picked out, else those that matter most. The others are there, but dim.

use ratatui::style::{Modifier, Style};

use super::Frame;

/// More series than this cannot be told apart by colour.
const MANY: usize = 12;
/// As many of them keep their colours.
const BRIGHT: usize = 8;

/// How much each series of a frame stands out.
pub(super) struct Emphasis {
    /// Whether each curve stands out, by its index; `None` where all are alike.
    bright: Option<Vec<bool>>,
}

impl Emphasis {
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        let mut bright = vec![false; frame.curves.len()];
        if let Some(picked) = frame.picked.and_then(|picked| bright.get_mut(picked)) {
            *picked = true;
            return Self { bright: Some(bright) };
        }
        if frame.curves.len() <= MANY {
            return Self { bright: None };
        }
        for index in frame.by_weight().into_iter().take(BRIGHT) {
            bright[index] = true;
        }
        Self { bright: Some(bright) }
    }

    /// Whether curve `index` goes before those that it meets.
    pub(super) fn is_bright(&self, index: usize) -> bool {
        self.bright.as_ref().is_none_or(|bright| bright.get(index).copied().unwrap_or(false))
    }

    /// The curves that stand out only among others.
    pub(super) fn stands_out(&self, index: usize) -> bool {
        self.bright.is_some() && self.is_bright(index)
    }

    /// The style of curve `index`.
    pub(super) fn style(&self, frame: &Frame<'_>, index: usize) -> Style {
        match (self.is_bright(index), frame.has_colours()) {
            (true, _) => frame.series_style(index),
            (false, true) => frame.theme.border,
            (false, false) => frame.series_style(index).add_modifier(Modifier::DIM),
        }
    }
}
