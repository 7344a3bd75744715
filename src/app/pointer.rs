//! Where on the screen is what, for the mouse. Whoever draws a part that can be clicked marks it as it draws, and nobody
//! works it out a second time. Uses nothing of the crate but the names of the model and the keys.

use std::mem::{Discriminant, discriminant};

use crossterm::event::MouseEvent;
use ratatui::layout::Rect;

use super::keys::{Action, Key};
use super::model::{AlertId, Model, Overlay, Screen};
use crate::series::Timestamp;

/// What a part of the screen is to the mouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// Does what this key does there.
    Key(Key),
    /// Does this.
    Action(Action),
    /// Opens this alert.
    Alert(AlertId),
    /// A panel of the dashboard.
    Panel {
        /// Its index.
        index: usize,
        /// Whether all of it is in sight and drawn as a panel, so that its picture stands where a panel's picture stands.
        whole: bool,
    },
    /// A panel of a dashboard that is not on the screen, by the indexes of dashboard and panel: leads there.
    Elsewhere(usize, usize),
    /// A line of the list on top.
    Row {
        /// Its index in the list.
        index: usize,
        /// The first line in sight.
        top: usize,
    },
    /// The box before a line of the list on top.
    Tick(usize),
    /// A task, block or link of the runbook, by its index among them.
    Stop(usize),
    /// The scroll bar of the list on top, which has so many lines.
    Bar(usize),
    /// A part of the text of the editor, as the byte at which it begins.
    Text(usize),
    /// Something that lies on top and does nothing.
    Still,
    /// What lies around a popup: a click closes it.
    Beside,
}

impl Spot {
    /// Whether it is the same thing, wherever the list is scrolled.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Row { index, .. }, Self::Row { index: other, .. }) => index == other,
            _ => self == other,
        }
    }
}

/// A part of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its cells.
    pub area: Rect,
    /// What it is.
    pub spot: Spot,
}

/// What fills the screen and what lies over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layer(Screen, Option<Discriminant<Overlay>>);

impl Layer {
    fn of(model: &Model) -> Self {
        Self(model.screen, model.overlay.as_ref().map(discriminant))
    }
}

/// The parts of a screen that was drawn, each over those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zones {
    layer: Layer,
    zones: Vec<Zone>,
}

impl Zones {
    /// None yet, of what the model shows.
    pub fn of(model: &Model) -> Self {
        Self { layer: Layer::of(model), zones: Vec::new() }
    }

    /// Marks `area`, over whatever was marked before.
    pub fn mark(&mut self, area: Rect, spot: Spot) {
        if !area.is_empty() {
            self.zones.push(Zone { area, spot });
        }
    }

    /// What is at a place on the screen.
    pub fn at(&self, place: (u16, u16)) -> Option<&Zone> {
        self.zones.iter().rev().find(|zone| zone.area.contains(place.into()))
    }

    /// What the mouse does `at` that time, over these parts.
    pub fn point(&self, event: MouseEvent, at: Timestamp) -> Pointer {
        Pointer { event, at, zone: self.at((event.column, event.row)).cloned(), layer: self.layer }
    }
}

/// What the mouse did, when, and what the reader saw there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// What it did and where.
    pub event: MouseEvent,
    /// When, in ms since the epoch.
    pub at: Timestamp,
    /// What is there.
    pub zone: Option<Zone>,
    layer: Layer,
}

impl Pointer {
    /// The column and the line.
    pub(super) const fn place(&self) -> (u16, u16) {
        (self.event.column, self.event.row)
    }

    /// What is there; `None` where something else fills the screen by now.
    pub(super) fn on(&self, model: &Model) -> Option<&Zone> {
        self.zone.as_ref().filter(|_| self.layer == Layer::of(model))
    }
}
