//! The crosshair and the mouse on pictures: one time on all panels, and ranges drawn with the mouse.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::message::Command;
use super::model::{Model, Overlay, Screen, View};
use crate::layout::Kind;
use crate::panel::{self, Plot};
use crate::series::Timestamp;
use crate::theme::{Depth, Theme};

/// Lines that one notch of the mouse wheel scrolls.
const WHEEL: i32 = 3;

/// Steps that the long move takes.
const LEAP: i64 = 10;

/// Two clicks on one place within this many ms are a double click. Time comes in ticks of a second.
const DOUBLE: i64 = 1_000;

/// The shortest range that can be drawn with the mouse, ms.
const SHORTEST: i64 = 10_000;

/// A mouse button held down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press {
    /// Where it went down.
    at: (u16, u16),
    /// When.
    time: Timestamp,
    /// The plot under it.
    plot: Option<Plot>,
    /// Whether it is still down.
    held: bool,
}

impl Model {
    /// Shows the crosshair on the newest data, or takes it away.
    pub(super) fn toggle_crosshair(&mut self) -> Option<Command> {
        if self.cursor.take().is_none() {
            let view = self.view()?;
            let window = view.panels.get(view.selected)?.picture.as_ref().map(|p| p.window);
            self.cursor = window.map(|w| w.at(w.steps().saturating_sub(1)));
            if self.cursor.is_none() {
                self.notice = Some("there is nothing to point at yet".to_owned());
                return None;
            }
        }
        Some(self.watch())
    }

    /// Moves the crosshair by so many of its moves; `false` where there is none.
    pub(super) fn move_crosshair(&mut self, moves: i64, leap: bool) -> bool {
        let Some(cursor) = self.cursor else { return false };
        let window =
            self.view().and_then(|v| v.panels.get(v.selected)).and_then(|p| p.picture.as_ref()).map(|p| p.window);
        if let Some(window) = window {
            let last = window.at(window.steps().saturating_sub(1));
            let by = window.step * moves * if leap { LEAP } else { 1 };
            self.cursor = Some((cursor + by).clamp(window.start, last.max(window.start)));
        }
        true
    }

    pub(super) fn moused(&mut self, event: MouseEvent) -> Option<Command> {
        let zooms = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.kind {
            MouseEventKind::ScrollDown if self.wheel(true) => None,
            MouseEventKind::ScrollUp if self.wheel(false) => None,
            MouseEventKind::ScrollDown if zooms => self.zoom(false),
            MouseEventKind::ScrollUp if zooms => self.zoom(true),
            MouseEventKind::ScrollDown => self.scroll(WHEEL),
            MouseEventKind::ScrollUp => self.scroll(-WHEEL),
            MouseEventKind::Down(MouseButton::Left) if self.overlay.is_none() => self.press((event.column, event.row)),
            MouseEventKind::Down(MouseButton::Left) => self.click((event.column, event.row)),
            MouseEventKind::Up(MouseButton::Left) => self.release((event.column, event.row)),
            _ => None,
        }
    }

    /// A click on what lies over the screen.
    fn click(&mut self, at: (u16, u16)) -> Option<Command> {
        match &self.overlay {
            Some(Overlay::Time(_)) => self.click_time(at),
            Some(Overlay::Picker(_)) => self.click_picker(at),
            Some(Overlay::Palette(_)) => self.click_palette(at),
            _ => None,
        }
    }

    /// The wheel over a popup with a list moves its cursor; whether there is one.
    fn wheel(&mut self, down: bool) -> bool {
        let key = KeyEvent::from(if down { KeyCode::Down } else { KeyCode::Up });
        match &self.overlay {
            Some(Overlay::Time(_)) => self.in_time(&key),
            Some(Overlay::Picker(_)) => self.in_picker(&key),
            // At the top the key would bring back what was run before.
            Some(Overlay::Palette(palette)) if !down && palette.rows.at == 0 => None,
            Some(Overlay::Palette(_)) => self.in_palette(&key),
            _ => return false,
        };
        true
    }

    fn press(&mut self, at: (u16, u16)) -> Option<Command> {
        let before = self.press.replace(Press { at, time: self.now, plot: None, held: true });
        if self.screen == Screen::Explore && !self.press_explore(at) {
            return None;
        }
        let hit = self.hit(at)?;
        let again = before.is_some_and(|b| b.at == at && self.now - b.time <= DOUBLE);
        let view = self.view_mut()?;
        if !view.full && view.dashboard.panels.get(hit).is_some_and(|p| p.kind == Kind::Row) {
            view.selected = hit;
            return self.fold().then(|| self.watch());
        }
        if again {
            self.press = None;
            self.cursor = None;
            return self.full();
        }
        view.selected = hit;
        let plot = self.plot_of(hit).filter(|p| p.area.contains(at.into()));
        if let Some(press) = &mut self.press {
            press.plot = plot;
        }
        None
    }

    /// A press that stayed where it was is a click, and points; one that was drawn along is a range.
    fn release(&mut self, at: (u16, u16)) -> Option<Command> {
        let press = self.press.as_mut().filter(|p| p.held)?;
        press.held = false;
        let plot = press.plot?;
        let (from, to) = (plot.time_at(press.at.0), plot.time_at(at.0));
        if press.at.0.abs_diff(at.0) < 2 {
            self.cursor = Some(from);
            return Some(self.watch());
        }
        let (start, end) = (from.min(to), from.max(to));
        self.range = Some((end - start).max(SHORTEST) / 1_000 * 1_000);
        self.end = Some(end);
        self.cursor = None;
        Some(self.watch())
    }

    /// The panel at a place on the screen.
    fn hit(&self, (x, y): (u16, u16)) -> Option<usize> {
        let body = self.body();
        let view = self.view()?;
        let y = y.checked_sub(self.top()).filter(|y| *y < body.height)?;
        if view.full { Some(view.selected) } else { view.placement(body).at(x, y + view.scroll) }
    }

    /// Where time runs on a panel that is wholly in sight.
    fn plot_of(&self, index: usize) -> Option<Plot> {
        let body = self.body();
        let view = self.view()?;
        let area = if view.full {
            self.whole_area()?
        } else {
            let placed = view.placement(body).rows.into_iter().find(|p| p.panel == index)?.cells;
            let y = placed.y.checked_sub(view.scroll).filter(|y| y + placed.h <= body.height)?;
            Rect { x: placed.x, y: y + self.top(), width: placed.w, height: placed.h }
        };
        let state = view.panels.get(index)?.state(self.present());
        // Colours do not decide where anything stands.
        let theme = Theme::dark(Depth::TrueColor);
        panel::plot(&view.frame(index, self, &state, &theme)?, area)
    }
}

impl View {
    /// Lines beneath a panel on the whole screen that say what it is for and what is doubtful about it.
    pub fn note_lines(&self, body: super::model::Body) -> u16 {
        let Some(panel) = self.dashboard.panels.get(self.selected).filter(|_| body.height >= 12) else { return 0 };
        let width = body.width.saturating_sub(2);
        let notes = self.panels.get(self.selected).map_or(0, |data| data.notes.len());
        (panel::wrap(&panel.description, width).len() as u16).min(3) + (notes as u16).min(body.height / 4)
    }
}
