//! Answers become pictures; what is missing becomes a reason.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::alerts::Board;
use super::explore::DESK;
use super::hues;
use super::incident::{Entry, Log, What};
use super::message::Command;
use super::model::{AlertId, Model, PanelModel, Picture, Screen, Trouble, View};
use super::related::{self, Related};
use super::slot::Slot;
use crate::layout::{Level, Panel, PanelQuery};
use crate::panel::{Curve, State, adjust};
use crate::rules::{Alert, AlertState, Phase, Severity, Transition};
use crate::series::{GAP, Labels, Series, Timestamp, Window, is_gap, natural};
use crate::source::{Absence, AlertReport, Answer, Event, Reply};
use crate::unit::Unit;

impl PanelModel {
    /// The panel's state as its picture tells it: what the layout says where there is nothing, as long as that is because
    /// the queries find nothing and not because nobody answers.
    pub fn shown_state(&self, panel: &Panel, now: Timestamp) -> State {
        let finds_nothing = matches!(
            self.trouble,
            Some(Trouble::Absent(Absence::NotExposed { .. } | Absence::NoMatch { .. } | Absence::Filtered))
        );
        match self.state(now) {
            State::Empty(_) if finds_nothing && !panel.nothing.is_empty() => State::Empty(panel.nothing.clone()),
            state => state,
        }
    }
}

impl Model {
    /// Takes in what the source says; what is to be done about it comes back. Answers to an older plan are dropped.
    pub(super) fn absorb(&mut self, event: Event) -> Option<Command> {
        match event {
            Event::Status(status) => self.take_status(*status),
            Event::Alerts(report) => return self.take_report(*report),
            Event::Variable { key: (desk, key), values } if desk == DESK => self.take_names(&key, values),
            Event::Variable { key: (dashboard, variable), values } => {
                if let Some(view) = self.views.iter().position(|v| v.dashboard.id == dashboard) {
                    return self.learn(view, &variable, &values);
                }
                self.refresh_picker();
            }
            Event::Answer(answer) if answer.revision == self.revision => return self.absorb_answer(answer),
            Event::Answer(_) => {}
        }
        None
    }

    /// A new report, and what it changes: the log, the bell, the strip over the dashboards.
    fn take_report(&mut self, report: AlertReport) -> Option<Command> {
        // A report that only tells why there is none says nothing of what fires.
        let is_first = self.alerts.report.as_ref().is_none_or(|r| r.rules.is_empty());
        // What is found at the start goes on rather than begins where the log has it in that state already.
        let is_news = |t: &&Transition| {
            let labels = t.labels.to_string();
            let left = || self.log.last_of(&t.rule, &labels).map(|(state, _)| state);
            !is_first || t.to != Phase::Firing && left() != Some(t.to.name())
        };
        let mut entries: Vec<Entry> = report.transitions.iter().filter(is_news).map(entry).collect();
        if is_first {
            entries.extend(found(&report, &self.log));
        }
        // What another terminal has written already is not written again.
        entries.retain(|entry| self.log.add(entry.clone()));
        let mut commands = Vec::new();
        let silent = |t: &Transition| self.muting.as_ref().is_some_and(|m| m.silences(&t.labels));
        let new: Vec<&Transition> = report.transitions.iter().filter(|t| t.to == Phase::Firing && !silent(t)).collect();
        // What fired before anybody looked is no news that needs a bell.
        if let Some(first) = new.first().filter(|_| !is_first) {
            let more = if new.len() > 1 { format!(" and {} more", new.len() - 1) } else { String::new() };
            commands.push(Command::Alarm(format!("{} is firing{more}", first.rule)));
        }
        let news: Vec<String> = new.iter().filter(|_| !is_first).map(|t| t.rule.clone()).collect();
        if !entries.is_empty() {
            commands.push(Command::Record(entries));
        }
        let active = |board: &Board| board.active().map(|(at, ..)| at.rule).collect::<BTreeSet<_>>();
        let before = active(&self.alerts);
        let chosen = !matches!(self.screen, Screen::Dashboard(_) | Screen::Targets);
        if self.alerts.take(report, chosen) {
            self.related = related::panels(self.alerts.rules(), &self.views);
        }
        if let Some(muting) = &mut self.muting {
            muting.compare(&self.alerts);
        }
        self.mark_panels();
        let shown = matches!(self.screen, Screen::Alerts | Screen::Alert);
        if shown && before != active(&self.alerts) {
            commands.push(self.watch());
        }
        commands.extend(self.attend_to(&news));
        match commands.len() {
            0 | 1 => commands.pop(),
            _ => Some(Command::Several(commands)),
        }
    }

    /// Finds again which panels show what rules watch: they are others now.
    pub(super) fn relate(&mut self) {
        self.related = related::panels(self.alerts.rules(), &self.views);
        self.mark_panels();
    }

    /// Gives every panel that shows what an active alert watches the worst of those alerts.
    pub(super) fn mark_panels(&mut self) {
        let mut marks = FxHashMap::default();
        let mut seen = BTreeSet::new();
        for (at, rule, alert) in self.alerts.active().filter(|(at, ..)| seen.insert(at.rule)) {
            for &place in self.related.get(at.rule).map_or(&[][..], Related::marked) {
                // They come from the worst down.
                marks.entry(place).or_insert_with(|| AlertId { rule: rule.name.clone(), labels: alert.labels.clone() });
            }
        }
        self.marks = marks;
        for (i, view) in self.views.iter_mut().enumerate() {
            for (j, data) in view.panels.iter_mut().enumerate() {
                let alert = self.marks.get(&(i, j)).and_then(|id| self.alerts.find(&id.rule, &id.labels));
                data.alarm = alert.map(|(.., alert)| alarm(alert));
            }
        }
    }

    /// Takes the values of a variable; what follows from them is asked for where it is on the screen.
    fn learn(&mut self, view: usize, variable: &str, values: &[Arc<str>]) -> Option<Command> {
        let panels = self.views[view].panels.len();
        if !self.views[view].learn(variable, values) {
            return None;
        }
        if self.views[view].panels.len() != panels {
            self.relate();
        }
        (self.screen == Screen::Dashboard(view)).then(|| self.watch())
    }

    fn absorb_answer(&mut self, answer: Answer) -> Option<Command> {
        let (view, panel) = match Slot::of(answer.key) {
            Slot::Panel(view, panel) => (view, panel),
            Slot::Rule(rule) => {
                if let Some(Ok(reply)) = answer.replies.into_iter().next() {
                    self.alerts.take_history(rule, answer.window, reply);
                }
                return None;
            }
            Slot::Target => {
                self.take_sight(answer);
                return None;
            }
            Slot::Block(block) => {
                let now = self.now;
                if let Some(handbook) = &mut self.handbook {
                    handbook.take(block, answer, now);
                }
                return None;
            }
            Slot::Variable(view, variable) => {
                let name = self.views.get(view)?.dashboard.variables.get(variable)?.name.clone();
                let reply = answer.replies.into_iter().next()?;
                // A query that fails has no values; panels need not wait for them any longer.
                let values = reply.map_or_else(|_| Vec::new(), |reply| View::results(&reply, answer.at));
                return self.learn(view, &name, &values);
            }
            Slot::Explore => {
                if let Some(ran) = &mut self.explore.ran {
                    ran.take(answer);
                }
                return None;
            }
        };
        let view = self.views.get_mut(view)?;
        view.absorb(panel, answer);
        view.sift_panel(panel);
        None
    }
}

impl View {
    /// Makes the picture of a panel of the answer to its queries.
    pub(super) fn absorb(&mut self, panel: usize, answer: Answer) {
        let (Some(layout), Some(data)) = (self.dashboard.panels.get(panel), self.panels.get_mut(panel)) else { return };
        Self::fill(layout, data, &mut self.hues, answer);
    }

    /// Makes the picture of a panel of the answer to its queries; names that have a colour elsewhere keep it.
    fn fill(layout: &Panel, data: &mut PanelModel, names: &mut hues::Names, answer: Answer) {
        // One query that fails takes the panel with it: a chart that silently lacks a line would lie.
        if let Some(fault) = answer.replies.iter().find_map(|r| r.as_ref().err()) {
            data.trouble = Some(Trouble::Failed(fault.to_string()));
            return;
        }
        let replies: Vec<Reply> = answer.replies.into_iter().filter_map(Result::ok).collect();
        data.notes = notes(&replies);
        let mut curves = curves(layout, &replies, answer.window);
        let ended = ended(&replies);
        if curves.is_empty() {
            // The reason of the first query: the later ones are usually companions of the first.
            let absence = replies.into_iter().find_map(|r| r.absence).unwrap_or(Absence::Filtered);
            if !keeps_picture(&absence) {
                data.picture = None;
            }
            data.trouble = Some(Trouble::Absent(absence));
            return;
        }
        if curves.iter().all(|c| c.now.is_none()) {
            data.trouble = Some(Trouble::Ended { last: last_time(&curves, answer.window).unwrap_or(answer.at) });
            // The last known values stay, under the mark that they are old.
            for curve in &mut curves {
                curve.now = curve.values.iter().rev().copied().find(|v| !is_gap(*v));
            }
        } else {
            data.trouble = ended.map(|last| Trouble::Ended { last });
        }
        hues::assign(&mut curves, &mut data.hues, names);
        let left_out = replies.iter().map(|r| r.left_out).sum();
        data.picture = Some(Picture { window: answer.window, at: answer.at, curves, left_out });
    }
}

/// What an active alert means for the panel that shows its condition.
fn alarm(alert: &Alert) -> Level {
    match alert.state {
        AlertState::Firing { .. } if alert.severity() >= Severity::High => Level::Bad,
        _ => Level::Warn,
    }
}

/// What is doubtful about any of the replies, each thing once.
fn notes(replies: &[Reply]) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for note in replies.iter().flat_map(|r| &r.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    notes
}

/// A transition as the log has it.
fn entry(transition: &Transition) -> Entry {
    Entry {
        at: transition.at,
        what: What::Alert {
            name: transition.rule.clone(),
            labels: transition.labels.to_string(),
            state: transition.to.name().to_owned(),
            value: Some(Unit::Short.format(transition.value, None)),
        },
    }
}

/// What fired already when the program started, and the log does not know of.
fn found(report: &AlertReport, log: &Log) -> Vec<Entry> {
    let mut entries = Vec::new();
    for rule in &report.rules {
        for alert in &rule.alerts {
            let AlertState::Firing { since } = alert.state else { continue };
            let labels = alert.labels.to_string();
            // The same incident, unless the log's is from before this one began.
            let known = log.last_of(&rule.name, &labels).filter(|(state, _)| *state == Phase::Firing.name());
            if known.is_some_and(|(_, at)| alert.may_be_older() || at >= alert.active_at) {
                continue;
            }
            let value = Some(Unit::Short.format(alert.value, None));
            let state = Phase::Firing.name().to_owned();
            entries.push(Entry { at: since, what: What::Alert { name: rule.name.clone(), labels, state, value } });
        }
    }
    entries
}

/// The time of the newest sample where everything that the replies show has ended.
fn ended(replies: &[Reply]) -> Option<Timestamp> {
    let shown = || replies.iter().filter(|r| !r.now.is_empty());
    if shown().all(|r| r.ended.is_some()) { shown().filter_map(|r| r.ended).max() } else { None }
}

/// Whether the last picture still says something when there is nothing new: yes where the data stopped coming, no where
/// the question itself has no answer.
fn keeps_picture(absence: &Absence) -> bool {
    matches!(absence, Absence::AllDown { .. } | Absence::Gone { .. } | Absence::Waiting)
}

fn last_time(curves: &[Curve], window: Window) -> Option<Timestamp> {
    curves.iter().filter_map(|c| c.values.iter().rposition(|v| !is_gap(*v))).max().map(|i| window.at(i))
}

/// The curves of a panel: those of the first query first, within a query by name, so that colours stay where they are.
fn curves(panel: &Panel, replies: &[Reply], window: Window) -> Vec<Curve> {
    let mut all = Vec::new();
    for (index, (query, reply)) in panel.queries.iter().zip(replies).enumerate() {
        let mut newest: FxHashMap<&Labels, f64> = reply.now.iter().map(|(labels, v)| (labels, *v)).collect();
        let curve = |labels: &Labels, values, now| Curve {
            name: name(panel, query, labels),
            labels: labels.clone(),
            values,
            now,
            query: index,
            axis: query.axis,
            look: None,
            hue: None,
        };
        let mut of_query: Vec<Curve> = Vec::with_capacity(newest.len().max(reply.range.len()));
        for Series { labels, values } in &reply.range {
            let now = newest.remove(labels);
            let values = if query.instant { vec![GAP; values.len()] } else { values.clone() };
            of_query.push(curve(labels, values, now));
        }
        // Series that only the newest evaluation has appeared after the last step.
        let steps = if reply.range.is_empty() { 0 } else { window.steps() };
        of_query.extend(newest.into_iter().map(|(labels, v)| curve(labels, vec![GAP; steps], Some(v))));
        of_query.sort_by(|a, b| natural(&a.name, &b.name));
        all.append(&mut of_query);
    }
    adjust(panel, all)
}

/// The name of a series: as the legend says, or the panel's title where neither legend nor labels say anything.
fn name(panel: &Panel, query: &PanelQuery, labels: &Labels) -> String {
    if query.legend.is_none() && labels.is_empty() { panel.title.clone() } else { query.name(labels) }
}
