//! The mouse: what clicks, the wheel and a drawn line do, wherever they do it. Pure. Uses `layout` and `panel`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEventKind};

use super::keys::Action;
use super::message::Command;
use super::model::{Model, Overlay, Screen};
use super::pointer::{Pointer, Spot, Zone};
use super::prompt::Purpose;
use super::update::pressed;
use crate::layout::Kind;
use crate::panel::{self, Plot};
use crate::series::Timestamp;
use crate::theme::{Depth, Theme};

/// Lines that one notch of the wheel scrolls.
const WHEEL: i32 = 3;

/// Two clicks on one thing within this many ms are a double click.
const DOUBLE: i64 = 400;

/// Columns by which the pointer must be moved before a click becomes a line.
const DRAWN: u16 = 2;

/// The shortest range that can be drawn with the mouse, ms.
const SHORTEST: i64 = 10_000;

/// The reader's hand on the mouse.
#[derive(Debug, Clone, Default)]
pub struct Hand {
    /// Whether `m` has left the mouse to the terminal.
    pub lent: bool,
    /// The first line in sight when a line of the list on the screen was clicked: it stays where it is.
    pub top: usize,
    press: Option<Press>,
}

/// The button went down.
#[derive(Debug, Clone)]
struct Press {
    pointer: Pointer,
    /// Whether it was the second of two.
    second: bool,
    /// Whether it is still down.
    held: bool,
    /// The chart on which it did, as long as it is down.
    line: Option<Line>,
}

/// A line that is being drawn along a chart.
#[derive(Debug, Clone, Copy)]
struct Line {
    plot: Plot,
    from: u16,
    to: u16,
}

impl Line {
    fn is_drawn(self) -> bool {
        self.from.abs_diff(self.to) >= DRAWN
    }

    fn times(self) -> (Timestamp, Timestamp) {
        let (a, b) = (self.plot.time_at(self.from), self.plot.time_at(self.to));
        (a.min(b), a.max(b))
    }
}

impl Hand {
    fn line(&self) -> Option<Line> {
        self.press.as_ref()?.line.filter(|line| line.is_drawn())
    }

    /// Gives up the range that is being drawn; whether one was.
    pub(super) fn drop_line(&mut self) -> bool {
        let drawn = self.line().is_some();
        if let Some(press) = self.press.as_mut().filter(|_| drawn) {
            press.line = None;
        }
        drawn
    }
}

impl Model {
    /// From when to when the range is that is being drawn with the mouse, if one is.
    pub fn drawn_range(&self) -> Option<(Timestamp, Timestamp)> {
        self.hand.line().map(Line::times)
    }

    pub(super) fn moused(&mut self, pointer: &Pointer) -> Option<Command> {
        let place = pointer.place();
        match pointer.event.kind {
            MouseEventKind::ScrollDown => self.wheel(pointer, true),
            MouseEventKind::ScrollUp => self.wheel(pointer, false),
            MouseEventKind::Down(MouseButton::Left) => self.press(pointer),
            MouseEventKind::Drag(MouseButton::Left) => self.draw_to(place),
            MouseEventKind::Up(MouseButton::Left) => self.release(place),
            _ => None,
        }
    }

    /// The button goes down: whatever is there does what it does.
    fn press(&mut self, pointer: &Pointer) -> Option<Command> {
        self.notice = None;
        let place = pointer.place();
        let zone = pointer.on(self).cloned();
        let is_again = |b: &Press| b.pointer.place() == place && pointer.at - b.pointer.at <= DOUBLE && !b.second;
        let before = self.hand.press.take().filter(is_again).map(|before| before.pointer.zone);
        let is_same = |before: &Option<Zone>| match (before, &zone) {
            (Some(before), Some(zone)) => before.spot.is(&zone.spot),
            _ => false,
        };
        let second = before.as_ref().is_some_and(is_same);
        self.hand.press = Some(Press { pointer: pointer.clone(), second, held: true, line: None });
        let zone = zone?;
        // The second click was meant for what the first one has closed.
        if before.is_some() && !second {
            return None;
        }
        match self.prompt.as_ref().map(|prompt| prompt.purpose) {
            // What was typed so far holds.
            Some(Purpose::Filter) => self.prompt = None,
            // It is not to be lost by a click beside it.
            Some(Purpose::Note | Purpose::Silence(_) | Purpose::Export) => return None,
            None => {}
        }
        self.clicked(&zone, place, second)
    }

    fn clicked(&mut self, zone: &Zone, place: (u16, u16), second: bool) -> Option<Command> {
        match zone.spot.clone() {
            Spot::Key(key) => pressed(self, &key.event()),
            // Where one is already there is nowhere to go.
            Spot::Action(Action::Alerts) if self.screen == Screen::Alerts => None,
            Spot::Action(action) if matches!(self.overlay, Some(Overlay::Help(_))) => {
                self.in_manual(&KeyEvent::from(KeyCode::Null), Some(action))
            }
            Spot::Action(action) => self.perform(action),
            Spot::Alert(id) => {
                self.alert = Some(id);
                self.alert_scroll = 0;
                Some(self.visit(Screen::Alert))
            }
            Spot::Panel { index, .. } => self.click_panel(index, zone, place, second),
            Spot::Elsewhere(view, panel) => {
                self.point_at(view, panel);
                Some(self.visit(Screen::Dashboard(view)))
            }
            Spot::Row { index, top } => self.click_row(index, top, second),
            Spot::Tick(index) => self.click_tick(index),
            Spot::Stop(index) => self.click_stop(index),
            Spot::Bar(of) => self.slide(zone, of, place.1),
            Spot::Text(byte) => {
                let page = self.explore.page(self.body_area());
                self.explore.click(&page, byte, place.0.saturating_sub(zone.area.x));
                None
            }
            Spot::Still => None,
            Spot::Beside => self.back(),
        }
    }

    fn click_panel(&mut self, index: usize, zone: &Zone, place: (u16, u16), second: bool) -> Option<Command> {
        if self.screen == Screen::Explore {
            self.explore.look_at_result();
        }
        let view = self.view_mut()?;
        if !view.full && view.dashboard.panels.get(index).is_some_and(|p| p.kind == Kind::Row) {
            view.selected = index;
            return self.fold().then(|| self.watch());
        }
        if second {
            self.cursor = None;
            return self.full();
        }
        if !view.full {
            view.selected = index;
        }
        self.begin_line(zone, place);
        None
    }

    fn begin_line(&mut self, zone: &Zone, place: (u16, u16)) {
        let plot = self.plot_in(zone).filter(|plot| plot.area.contains(place.into()));
        if let Some(press) = &mut self.hand.press {
            press.line = plot.map(|plot| Line { plot, from: place.0, to: place.0 });
        }
    }

    /// The line goes on, wherever the pointer is: what lies beside the chart counts as its end.
    fn draw_to(&mut self, place: (u16, u16)) -> Option<Command> {
        let press = self.hand.press.as_mut().filter(|press| press.held)?;
        if let Some(line) = &mut press.line {
            let last = line.plot.area.right().saturating_sub(1);
            line.to = place.0.clamp(line.plot.area.x, last);
            return None;
        }
        let pointer = press.pointer.clone();
        let Some(zone @ Zone { spot: Spot::Bar(of), .. }) = pointer.on(self) else { return None };
        self.slide(zone, *of, place.1)
    }

    /// A press that stayed where it was is a click, and points; one that was drawn along is a range.
    fn release(&mut self, place: (u16, u16)) -> Option<Command> {
        self.draw_to(place);
        let press = self.hand.press.as_mut()?;
        press.held = false;
        let line = press.line.take()?;
        let (start, end) = line.times();
        if !line.is_drawn() {
            if self.view().is_some() {
                self.cursor = Some(start);
                return Some(self.watch());
            }
            return None;
        }
        self.range = Some((end - start).max(SHORTEST) / 1_000 * 1_000);
        self.end = Some(end);
        self.cursor = None;
        Some(self.watch())
    }

    /// A line of the list on top: a popup is a menu, whose lines do what they are for; of a list on the screen the second
    /// click does what Enter does.
    fn click_row(&mut self, index: usize, top: usize, second: bool) -> Option<Command> {
        match self.overlay {
            Some(Overlay::Time(_)) => return self.click_time(index),
            Some(Overlay::Picker(_)) => return self.click_picker(index),
            Some(Overlay::Palette(_)) => return self.click_palette(index),
            Some(Overlay::Shelf(_)) => return self.click_shelf(index),
            Some(Overlay::Moved(_)) => return self.in_moved(index, Action::Go),
            Some(Overlay::Contexts(_)) => return self.in_contexts(index, Action::Go),
            Some(Overlay::Help(_) | Overlay::Log(_) | Overlay::Confirm(_)) => return None,
            None => {}
        }
        self.hand.top = top;
        match self.screen {
            Screen::Explore => self.click_candidate(index),
            Screen::Alerts => {
                self.alerts.put(index);
                if second { self.open_alert() } else { None }
            }
            Screen::Targets => {
                self.target = index;
                None
            }
            Screen::Silences => {
                self.silence = index;
                if second { self.change_silence() } else { None }
            }
            Screen::Silence => {
                let is_button = self.put_field(index)?;
                if second || is_button { self.edit_field() } else { None }
            }
            Screen::Runbook => {
                self.select_line(index);
                None
            }
            Screen::Dashboard(_) | Screen::Alert => None,
        }
    }

    fn click_tick(&mut self, index: usize) -> Option<Command> {
        self.put_field(index)?;
        self.tick_matcher()
    }

    /// A step is ticked, a link followed, a block selected.
    fn click_stop(&mut self, index: usize) -> Option<Command> {
        self.handbook.as_mut()?.cursor = Some(index);
        self.follow_stop()
    }

    /// The wheel, over what is under the pointer; a popup takes it wherever the pointer is.
    fn wheel(&mut self, pointer: &Pointer, down: bool) -> Option<Command> {
        let lines = if down { WHEEL } else { -WHEEL };
        if pointer.event.modifiers.contains(KeyModifiers::CONTROL) && self.overlay.is_none() {
            return self.wheel_time(pointer, !down);
        }
        let key = KeyEvent::from(if down { KeyCode::Down } else { KeyCode::Up });
        let step = if down { Action::Down } else { Action::Up };
        match &self.overlay {
            Some(Overlay::Time(_)) => return self.in_time(&key),
            Some(Overlay::Picker(_)) => return self.in_picker(&key),
            // At the top the key would bring back what was run before.
            Some(Overlay::Palette(palette)) if !down && palette.rows.at == 0 => return None,
            Some(Overlay::Palette(_)) => return self.in_palette(&key),
            Some(Overlay::Shelf(_)) => return self.in_shelf(&key),
            Some(Overlay::Moved(cursor)) => return self.in_moved(*cursor, step),
            Some(Overlay::Contexts(cursor)) => return self.in_contexts(*cursor, step),
            Some(Overlay::Log(back)) => {
                self.scroll_log(*back, -i64::from(lines));
                return None;
            }
            Some(Overlay::Confirm(_)) => return None,
            Some(Overlay::Help(_)) | None => {}
        }
        if self.screen == Screen::Explore && self.overlay.is_none() && self.explore.list.is_some() {
            return self.in_explore(&key);
        }
        if let Some(Zone { area, spot: Spot::Panel { index, whole: true } }) = pointer.on(self)
            && self.scroll_inside(*index, *area, i64::from(lines))
        {
            return None;
        }
        self.scroll(lines)
    }

    /// A shorter or longer range, in which what is under the pointer stays where it is.
    fn wheel_time(&mut self, pointer: &Pointer, closer: bool) -> Option<Command> {
        if !matches!(self.screen, Screen::Dashboard(_) | Screen::Explore) {
            return None;
        }
        let place = pointer.place();
        let plot = pointer.on(self).and_then(|zone| self.plot_in(zone));
        let around = plot.filter(|plot| plot.area.contains(place.into())).map(|plot| plot.time_at(place.0));
        self.zoom_around(closer, around)
    }

    /// Puts the list where its scroll bar was clicked, or drawn to.
    fn slide(&mut self, zone: &Zone, of: usize, y: u16) -> Option<Command> {
        let cells = usize::from(zone.area.height.saturating_sub(1).max(1));
        let down = usize::from(y.clamp(zone.area.y, zone.area.bottom().saturating_sub(1)) - zone.area.y);
        let (last, share) = (of.saturating_sub(1), down * of.saturating_sub(1) / cells);
        match &mut self.overlay {
            Some(Overlay::Help(_)) => {
                self.scroll(i32::MIN / 2);
                return self.scroll(i32::try_from(share).unwrap_or(i32::MAX));
            }
            Some(Overlay::Log(back)) => *back = last - share,
            Some(Overlay::Moved(cursor) | Overlay::Contexts(cursor)) => *cursor = share,
            Some(Overlay::Time(_) | Overlay::Picker(_) | Overlay::Palette(_) | Overlay::Shelf(_)) => {
                self.put_row(share);
            }
            Some(Overlay::Confirm(_)) => {}
            None => match self.screen {
                Screen::Alerts => self.alerts.put(share),
                Screen::Targets => self.target = share,
                Screen::Silences => self.silence = share,
                Screen::Runbook => self.scroll_runbook_to(share),
                Screen::Alert => {
                    self.scroll_alert(i64::MIN / 2);
                    self.scroll_alert(share as i64);
                }
                Screen::Dashboard(_) | Screen::Silence | Screen::Explore => {}
            },
        }
        None
    }

    /// Where time runs in a part of the screen, where it does.
    fn plot_in(&self, zone: &Zone) -> Option<Plot> {
        // Colours do not decide where anything stands.
        let theme = Theme::dark(Depth::TrueColor);
        match zone.spot {
            Spot::Panel { index, whole: true } => {
                let view = self.view()?;
                let state = view.panels.get(index)?.state(self.present());
                panel::plot(&view.frame(index, self, &state, &theme)?, zone.area)
            }
            _ => None,
        }
    }
}
