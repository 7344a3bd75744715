//! Moving about: selection, scrolling, screens, time.

use super::explore::Focus;
use super::keys::Action;
use super::message::Command;
use super::model::{Body, Model, Order, Overlay, PanelModel, Screen, Trouble, View};
use crate::layout::{self, Density, Direction, Kind, Level, Panel, Placement, Ranking};
use crate::panel;
use crate::rules::duration;
use crate::series::Timestamp;

/// Time ranges for zooming, ms.
const RANGES: [i64; 8] = [60_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000];

/// The share of a range, as its inverse, that its end may lie before now and still count as now.
const NOW: i64 = 20;

impl View {
    /// Where every panel of the dashboard stands in a body of this size.
    pub fn placement(&self, body: Body) -> Placement {
        let density = match self.density {
            None => layout::auto_density(body.width, body.height.saturating_add(2)),
            Some(Density::Grid) => layout::grid_density(body.width),
            Some(density) => density,
        };
        let (dashboard, shown) = self.placed();
        let ranking = match shown {
            Some(shown) => self.ranking(density).renamed(shown),
            None => self.ranking(density),
        };
        let mut placement = layout::place(dashboard, &ranking, body.width, body.height, density);
        for placed in &mut placement.rows {
            placed.panel = shown.map_or(placed.panel, |shown| shown[placed.panel]);
        }
        placement
    }

    /// The order in which panels stand where the grid does not say it.
    fn ranking(&self, density: Density) -> Ranking {
        if density != Density::Wall && self.order == Order::Written {
            return Ranking::as_written(self.panels.len());
        }
        let level = |(panel, data): (&Panel, &PanelModel)| {
            let curves = data.picture.as_ref().map_or(&[][..], |picture| &picture.curves);
            // What nobody knows is worth a look, but less than what is known to be bad.
            let unknown = matches!(data.trouble, Some(Trouble::Failed(_))).then_some(Level::Warn);
            panel::worst_now(panel, curves).max(data.alarm).max(unknown)
        };
        let levels: Vec<Option<Level>> = self.dashboard.panels.iter().zip(&self.panels).map(level).collect();
        Ranking::worst_first(&levels)
    }

    /// The panels that can be seen, at least partly.
    pub(super) fn in_sight(&self, body: Body) -> Vec<usize> {
        let (top, bottom) = (self.scroll, self.scroll.saturating_add(body.height));
        let placement = self.placement(body);
        placement.rows.iter().filter(|p| p.cells.y < bottom && p.cells.bottom() > top).map(|p| p.panel).collect()
    }

    /// Scrolls just so far that the selected panel is in sight, its top before its bottom.
    pub(super) fn reveal(&mut self, body: Body) {
        let mut placement = self.placement(body);
        if placement.cells(self.selected).is_none() && self.unfold() {
            placement = self.placement(body);
        }
        self.scroll = placement.reveal(self.selected, self.scroll, body.height);
    }

    /// Unfolds the row that hides the selected panel.
    fn unfold(&mut self) -> bool {
        let Some(y) = self.dashboard.panels.get(self.selected).map(|p| p.pos.y) else { return false };
        let rows = self.dashboard.panels.iter_mut().filter(|p| p.kind == Kind::Row && p.pos.y < y);
        rows.max_by_key(|p| p.pos.y).map(|row| row.collapsed = false).is_some()
    }

    /// The panels that can be selected, in reading order.
    fn selectable(&self, body: Body) -> Vec<usize> {
        self.placement(body).rows.iter().map(|p| p.panel).collect()
    }

    fn scroll_by(&mut self, lines: i32, body: Body) {
        let wanted = i32::from(self.scroll).saturating_add(lines).clamp(0, i32::from(u16::MAX));
        self.scroll = self.placement(body).clamp(wanted as u16, body.height);
        let seen = self.in_sight(body);
        if !seen.contains(&self.selected)
            && let Some(&first) = seen.first()
        {
            self.selected = first;
        }
    }
}

impl Model {
    pub(super) fn go(&mut self, screen: usize) -> Command {
        self.trail.clear();
        self.turn_to(match screen {
            i if i < self.views.len() => Screen::Dashboard(i),
            _ => Screen::Targets,
        })
    }

    /// Goes to a screen from which Esc leads back.
    pub(super) fn visit(&mut self, screen: Screen) -> Command {
        if self.screen != screen {
            self.trail.push(self.screen);
        }
        self.turn_to(screen)
    }

    fn turn_to(&mut self, screen: Screen) -> Command {
        self.screen = screen;
        self.overlay = None;
        self.hand.top = 0;
        let body = self.body();
        if let Some(view) = self.view_mut() {
            view.reveal(body);
        }
        self.watch()
    }

    pub(super) fn step_panel(&mut self, forward: bool) -> Option<Command> {
        let body = self.body();
        let view = self.view_mut()?;
        let mut all = view.selectable(body);
        if view.full {
            all.retain(|&i| view.dashboard.panels[i].kind != Kind::Row);
        }
        let (n, here) = (all.len(), all.iter().position(|&i| i == view.selected).unwrap_or(0));
        let next = (here + if forward { 1 } else { n.saturating_sub(1) }) % n.max(1);
        view.selected = all.get(next).copied().unwrap_or(0);
        view.picked = None;
        view.reveal(body);
        self.view()?.full.then(|| self.watch())
    }

    pub(super) fn steer(&mut self, direction: Direction) -> Option<Command> {
        let body = self.body();
        if self.walk(if matches!(direction, Direction::Up | Direction::Left) { -1 } else { 1 }) {
            return None;
        }
        if self.screen == Screen::Targets {
            let n = self.status.as_ref().map_or(0, |s| s.targets.len());
            self.target = match direction {
                Direction::Up | Direction::Left => self.target.saturating_sub(1),
                Direction::Down | Direction::Right => (self.target + 1).min(n.saturating_sub(1)),
            };
            return None;
        }
        if matches!(direction, Direction::Up | Direction::Down) && self.pick_series(direction == Direction::Down) {
            return None;
        }
        let view = self.view_mut()?;
        if view.full {
            let lines = match direction {
                Direction::Up => -1,
                Direction::Down => 1,
                Direction::Left | Direction::Right => 0,
            };
            if lines != 0 && self.scroll_panel(lines) {
                return None;
            }
            return self.step_panel(matches!(direction, Direction::Down | Direction::Right));
        }
        if let Some(panel) = layout::neighbour(&view.placement(body), view.selected, direction) {
            view.selected = panel;
        }
        view.reveal(body);
        None
    }

    /// Moves the cursor, or scrolls, by so many lines on a screen of lines; `false` on another one.
    fn walk(&mut self, lines: i64) -> bool {
        match self.screen {
            Screen::Runbook => self.scroll_runbook(lines),
            Screen::Alerts => self.alerts.step(lines),
            Screen::Alert => self.scroll_alert(lines),
            Screen::Silence => self.move_field(lines),
            Screen::Silences => {
                let last = self.muting.as_ref().map_or(0, |m| m.list().len().saturating_sub(1)) as i64;
                self.silence = (self.silence as i64).saturating_add(lines).clamp(0, last) as usize;
            }
            Screen::Dashboard(_) | Screen::Targets | Screen::Explore => return false,
        }
        true
    }

    pub(super) fn page(&mut self, forward: bool) -> Option<Command> {
        let body = self.body();
        let lines = i32::from(body.height.saturating_sub(1).max(1)) * if forward { 1 } else { -1 };
        self.scroll(lines)
    }

    pub(super) fn scroll(&mut self, lines: i32) -> Option<Command> {
        let body = self.body();
        if self.scroll_manual(lines) {
            return None;
        }
        if self.walk(i64::from(lines)) {
            return None;
        }
        if self.screen == Screen::Targets {
            let n = self.status.as_ref().map_or(0, |s| s.targets.len());
            self.target = (self.target as i64 + i64::from(lines)).clamp(0, n.saturating_sub(1) as i64) as usize;
            return None;
        }
        let view = self.view_mut()?;
        if view.full {
            self.scroll_panel(i64::from(lines));
        } else {
            view.scroll_by(lines, body);
        }
        None
    }

    pub(super) fn end_of_list(&mut self, last: bool) -> Option<Command> {
        let body = self.body();
        if self.walk(if last { i64::MAX / 2 } else { i64::MIN / 2 }) {
            return None;
        }
        if self.scroll_panel(if last { i64::MAX / 2 } else { i64::MIN / 2 }) {
            return None;
        }
        let targets = self.status.as_ref().map_or(0, |s| s.targets.len());
        self.target = if last { targets.saturating_sub(1) } else { 0 };
        let view = self.view_mut()?;
        let all = view.selectable(body);
        view.selected = if last { all.last() } else { all.first() }.copied().unwrap_or(0);
        view.reveal(body);
        if view.full { Some(self.watch()) } else { None }
    }

    /// To the panel that explains the selected one; where there is none, the panel itself in full.
    pub(super) fn drill(&mut self) -> Option<Command> {
        if self.fold() {
            return Some(self.watch());
        }
        if let Some(command) = self.open_listed_alerts() {
            return Some(command);
        }
        let view = self.view().filter(|view| view.full || view.shows(view.selected))?;
        let Some((dashboard, title)) = view.dashboard.panels.get(view.selected)?.drill.clone() else {
            return self.full();
        };
        let Some(target) = self.views.iter().position(|v| v.dashboard.id == dashboard) else {
            self.notice = Some(format!("dashboard {dashboard} is not open"));
            return None;
        };
        let panel = self.views[target].dashboard.panels.iter().position(|p| p.title == title);
        self.point_at(target, panel.unwrap_or(0));
        Some(self.go(target))
    }

    pub(super) fn full(&mut self) -> Option<Command> {
        // A row has nothing to fill the screen with.
        if self.fold() {
            return Some(self.watch());
        }
        if self.screen == Screen::Explore {
            self.explore.focus = if self.explore.focus == Focus::Whole { Focus::Result } else { Focus::Whole };
            return None;
        }
        let body = self.body();
        let view = self.view_mut()?;
        if !view.full && !view.shows(view.selected) {
            return None;
        }
        view.full = !view.full;
        view.picked = None;
        view.select_shown();
        view.reveal(body);
        Some(self.watch())
    }

    pub(super) fn toggle_density(&mut self) -> Option<Command> {
        let shown = self.view()?.placement(self.body()).density;
        self.take_density(Some(match shown {
            Density::Rows => Density::Grid,
            Density::Grid | Density::Compact => Density::Wall,
            Density::Wall => Density::Rows,
        }))
    }

    /// Shows the dashboard on the screen with this density; `None` for what suits the size.
    pub(super) fn take_density(&mut self, density: Option<Density>) -> Option<Command> {
        let body = self.body();
        self.overlay = None;
        let view = self.view_mut()?;
        view.density = density;
        view.reveal(body);
        Some(self.watch())
    }

    /// Puts the rows of a dashboard in another order; the grid has its own, and on a wall the worst is first anyway.
    pub(super) fn sort_panels(&mut self) -> Option<Command> {
        let body = self.body();
        let view = self.view_mut()?;
        if view.placement(body).density != Density::Rows {
            self.notice = Some("s puts rows in order; d shows panels as rows".to_owned());
            return None;
        }
        (view.order, self.notice) = match view.order {
            Order::Written => (Order::Worst, Some("the worst panels first".to_owned())),
            Order::Worst => (Order::Written, Some("panels in the order of the dashboard".to_owned())),
        };
        let view = self.view_mut()?;
        if view.order == Order::Worst {
            // The worst is what one wants to look at next.
            view.selected = view.placement(body).at(0, 0).unwrap_or(view.selected);
        }
        view.reveal(body);
        Some(self.watch())
    }

    pub(super) fn zoom(&mut self, closer: bool) -> Option<Command> {
        self.zoom_around(closer, None)
    }

    /// A shorter or longer range; the time `around` which it is stays where it is on the charts.
    pub(super) fn zoom_around(&mut self, closer: bool, around: Option<Timestamp>) -> Option<Command> {
        let range = self.shown_range();
        let next = if closer {
            RANGES.into_iter().rev().find(|r| *r < range)
        } else {
            RANGES.into_iter().find(|r| *r > range)
        };
        self.range = Some(next?);
        if let (Some(around), Some(next)) = (around, next) {
            let after = self.end.unwrap_or(self.present()) - around;
            let end = around + (after as f64 * next as f64 / range.max(1) as f64) as i64;
            // Who points at now goes on seeing what comes.
            self.end = (end < self.present() - next / NOW).then_some(end);
        }
        if let (true, Some(range)) = (self.is_cut_off(), next) {
            // The charts stay what they are, and the header has no room for the range beside what is wrong.
            self.notice = Some(format!("the last {} are shown when the server answers", duration::format(range)));
        }
        Some(self.watch())
    }

    pub(super) fn pan(&mut self, forward: bool) -> Command {
        let half = self.shown_range() / 2;
        let end = self.end.unwrap_or(self.present()) + if forward { half } else { -half };
        self.end = (end < self.present()).then_some(end);
        self.watch()
    }

    pub(super) fn freeze(&mut self) -> Command {
        self.end = match self.end {
            Some(_) => None,
            None => Some(self.newest().unwrap_or(self.now) + self.present() - self.now),
        };
        self.watch()
    }

    pub(super) fn reset_time(&mut self) -> Command {
        self.end = None;
        self.cursor = None;
        self.range = self.initial_range;
        self.watch()
    }

    /// One level back; nothing where there is no level left.
    pub(super) fn back(&mut self) -> Option<Command> {
        if self.overlay.take().is_some() {
            return None;
        }
        if self.offered_job().is_some() {
            self.declined = true;
            return None;
        }
        if self.screen == Screen::Explore {
            if self.explore.focus != Focus::Editor {
                return self.leave_result();
            }
            let screen = self.trail.pop().unwrap_or(Screen::Dashboard(0));
            return Some(self.turn_to(screen));
        }
        if self.view().is_some() && self.cursor.take().is_some() {
            return Some(self.watch());
        }
        if self.view_mut().is_some_and(|v| v.full && v.picked.take().is_some()) {
            return None;
        }
        if self.view().is_some_and(|v| v.full) {
            return self.full();
        }
        if self.screen == Screen::Alerts && !self.alerts.filter.is_empty() {
            self.filter_alerts("");
            return None;
        }
        if self.unfilter() {
            return None;
        }
        if let Some(command) = self.unshelve() {
            return Some(command);
        }
        if let Some(screen) = self.trail.pop() {
            return Some(self.turn_to(screen));
        }
        (!matches!(self.screen, Screen::Dashboard(_))).then(|| self.go(0))
    }

    /// Keys in the list of what moved.
    pub(super) fn in_moved(&mut self, cursor: usize, action: Action) -> Option<Command> {
        let moved = self.moved();
        let last = moved.len().saturating_sub(1);
        match action {
            Action::Moved | Action::Back => self.back(),
            Action::Go => {
                let found = moved.get(cursor)?;
                let (view, panel) = (found.view, found.panel);
                self.point_at(view, panel);
                Some(self.go(view))
            }
            Action::Quit => Some(Command::Quit),
            _ => {
                self.overlay = Some(Overlay::Moved(action.step(cursor, last)?));
                None
            }
        }
    }
}
