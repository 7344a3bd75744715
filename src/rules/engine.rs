//! Evaluates groups of rules and keeps the state of their alerts. Uses `series` and `promql`.

use std::collections::BTreeSet;

use tokio::time::Instant;

use crate::promql::{self, Query, Value, eval};
use crate::series::{Labels, Matcher, Select, Series, Timestamp, Window, is_gap, printable, stale_marker};

use super::Settings;
use super::alerting::{Alerting, Change, OUTAGE_TOLERANCE, printable_lines};
use super::file::{Group, Rule, RuleFile};
use super::status::{Health, Kind, Origin, Phase, RuleStatus, Transition};
use super::template::{Ask, NoData};

/// Where rules find their data and leave their results.
pub trait Ground: Select {
    /// Takes a sample of the series `labels`, its name among them; staleness markers too.
    fn write(&mut self, labels: &Labels, t: Timestamp, v: f64);
}

/// Rules and the state of their alerts.
///
/// Pure: when and over what it evaluates is for others to say. Either all data is at hand ([`Engine::evaluate`]), or the
/// answers to the rules' queries come from elsewhere ([`Engine::observe`]).
#[derive(Debug)]
pub struct Engine {
    groups: Vec<GroupState>,
    settings: Settings,
}

#[derive(Debug)]
struct GroupState {
    group: Group,
    rules: Vec<RuleState>,
    last: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct RuleState {
    alerting: Alerting,
    health: Health,
    last: Option<Timestamp>,
    evaluation_ms: Option<f64>,
    known_since: Option<Timestamp>,
    /// The series that the last evaluation wrote.
    written: BTreeSet<Labels>,
}

/// What a rule wrote: series and values.
type Written = Vec<(Labels, f64)>;

impl Engine {
    /// The groups of `files` in their order, no alert active.
    pub fn new(files: Vec<RuleFile>, settings: Settings) -> Self {
        let groups = files
            .into_iter()
            .flat_map(|file| file.groups)
            .map(|group| GroupState {
                rules: group.rules.iter().map(|_| RuleState::default()).collect(),
                group,
                last: None,
            })
            .collect();
        Self { groups, settings }
    }

    /// The groups, in the order by which they are numbered here.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &Group> {
        self.groups.iter().map(|g| &g.group)
    }

    /// ms between evaluations of group number `group`.
    pub fn interval(&self, group: usize) -> i64 {
        self.groups.get(group).and_then(|g| g.group.interval).unwrap_or(self.settings.interval)
    }

    /// The numbers of the groups whose turn it is at `at`.
    pub fn due(&self, at: Timestamp) -> Vec<usize> {
        (0..self.groups.len()).filter(|&g| self.next(g).is_none_or(|next| next <= at)).collect()
    }

    /// When the first group is due next; none where one has not been evaluated at all or there is none.
    pub fn next_due(&self) -> Option<Timestamp> {
        (0..self.groups.len()).map(|g| self.next(g)).min().flatten()
    }

    fn next(&self, group: usize) -> Option<Timestamp> {
        self.groups.get(group).and_then(|g| g.last).map(|last| last + self.interval(group))
    }

    /// Evaluates the rules of group number `group` one after the other, writes what they record and the state of their
    /// alerts (`ALERTS`, `ALERTS_FOR_STATE`), and ends series that are not written any more. A rule that fails keeps its
    /// state. Transitions come in the order of rules and labels; none for a number that no group has.
    pub fn evaluate(&mut self, group: usize, at: Timestamp, ground: &mut dyn Ground) -> Vec<Transition> {
        let Some(GroupState { group, rules, last }) = self.groups.get_mut(group) else { return Vec::new() };
        *last = Some(at);
        let shifted = at - group.query_offset.unwrap_or(self.settings.query_offset);
        let mut transitions = Vec::new();
        for (rule, state) in group.rules.iter().zip(rules) {
            let start = Instant::now();
            let answer = instant(&rule.query, shifted, ground, &self.settings.query);
            if state.known_since.is_none() && rule.kind == Kind::Alerting {
                remember(&mut state.alerting, rule, at, ground);
            }
            let done = match (answer, rule.kind) {
                (Err(why), _) => Err(why),
                (Ok(series), Kind::Recording) => recorded(rule, group.limit, series),
                (Ok(series), Kind::Alerting) => {
                    let mut ask = Querier { ground: &*ground, options: &self.settings.query };
                    let done = state.alerting.advance(rule, group.limit, at, &series, &self.settings, &mut ask);
                    let (failed, changes) = match done {
                        Ok(changes) => (None, changes),
                        Err((why, changes)) => (Some(why), changes),
                    };
                    transitions.extend(changes.into_iter().map(|c| transition(group, rule, at, c)));
                    failed.map_or_else(|| Ok(alert_series(&state.alerting)), Err)
                }
            };
            let health = match done {
                Ok(series) => {
                    state.write(&series, shifted, ground);
                    Health::Ok
                }
                Err(why) => Health::Failed(printable(&why).into_owned()),
            };
            state.finish(health, at);
            state.evaluation_ms = Some(start.elapsed().as_secs_f64() * 1e3);
        }
        transitions
    }

    /// Takes the answer of rule number `rule` of group number `group` that somebody else was asked for at `at`: its
    /// series, or why there is no answer, which changes no state.
    pub fn observe(
        &mut self,
        group: usize,
        rule: usize,
        at: Timestamp,
        answer: Result<Vec<(Labels, f64)>, String>,
    ) -> Vec<Transition> {
        let Some(GroupState { group, rules, last }) = self.groups.get_mut(group) else { return Vec::new() };
        let (Some(state), Some(rule)) = (rules.get_mut(rule), group.rules.get(rule)) else { return Vec::new() };
        *last = Some(at);
        let (health, changes) = match answer {
            Err(why) => (Health::Failed(printable(&why).into_owned()), Vec::new()),
            Ok(_) if rule.kind == Kind::Recording => (Health::Ok, Vec::new()),
            Ok(series) => match state.alerting.advance(rule, group.limit, at, &series, &self.settings, &mut NoData) {
                Ok(changes) => (Health::Ok, changes),
                Err((why, changes)) => (Health::Failed(printable(&why).into_owned()), changes),
            },
        };
        state.finish(health, at);
        changes.into_iter().map(|c| transition(group, rule, at, c)).collect()
    }

    /// Reconstructs the alerts of rule number `rule` of group number `group` from the answer to its expression over
    /// `window`, which should reach back at least as far as the rule's `for` and have steps no longer than its interval. An
    /// alert counts as active since the first step of the run without a gap that reaches the last step. Alerts that are
    /// known already stay as they are. Causes no transitions: what happened, happened before.
    ///
    /// # Errors
    /// Series that become the same alert, or too many of them; then nothing is taken.
    pub fn restore(&mut self, group: usize, rule: usize, window: Window, series: Vec<Series>) -> Result<(), String> {
        let Some(GroupState { group, rules, .. }) = self.groups.get_mut(group) else { return Ok(()) };
        let (Some(state), Some(rule)) = (rules.get_mut(rule), group.rules.get(rule)) else { return Ok(()) };
        let Some(last) = window.steps().checked_sub(1).filter(|_| rule.kind == Kind::Alerting) else { return Ok(()) };
        let runs: Vec<(Labels, Timestamp, f64)> = series
            .into_iter()
            .filter_map(|s| {
                let value = *s.values.get(last).filter(|v| !is_gap(**v))?;
                let start = s.values[..last].iter().rposition(|v| is_gap(*v)).map_or(0, |gap| gap + 1);
                Some((s.labels, window.at(start), value))
            })
            .collect();
        let end = window.at(last);
        state.alerting.restore(rule, end, window.step, &runs, &self.settings, &mut NoData)?;
        state.known_since = Some(state.known_since.map_or(window.start, |known| known.min(window.start)));
        Ok(())
    }

    /// All rules and how they stand, in their order.
    pub fn statuses(&self) -> Vec<RuleStatus> {
        let statuses = self.groups.iter().flat_map(|g| {
            g.group.rules.iter().zip(&g.rules).map(|(rule, state)| RuleStatus {
                group: printable(&g.group.name).into_owned(),
                name: printable(&rule.name).into_owned(),
                kind: rule.kind,
                expr: printable_lines(rule.query.text().trim_end()),
                hold: rule.hold,
                keep_firing: rule.keep_firing,
                labels: Labels::from_pairs(rule.labels.iter().map(|(n, t)| (printable(n), printable(t.text())))),
                annotations: rule
                    .annotations
                    .iter()
                    .map(|(name, text)| (printable(name).into_owned(), printable_lines(text.text())))
                    .collect(),
                health: state.health.clone(),
                last_evaluation: state.last,
                evaluation_ms: state.evaluation_ms,
                alerts: state.alerting.alerts(rule, state.known_since),
                origin: Origin::Local,
            })
        });
        statuses.collect()
    }
}

impl RuleState {
    fn finish(&mut self, health: Health, at: Timestamp) {
        if health == Health::Ok {
            self.known_since.get_or_insert(at);
        }
        self.health = health;
        self.last = Some(at);
    }

    /// Writes `series`, and ends those of the evaluation before that are not among them.
    fn write(&mut self, series: &[(Labels, f64)], at: Timestamp, ground: &mut dyn Ground) {
        for (labels, value) in series {
            ground.write(labels, at, *value);
        }
        let written: BTreeSet<Labels> = series.iter().map(|(labels, _)| labels.clone()).collect();
        for gone in self.written.difference(&written) {
            ground.write(gone, at, stale_marker());
        }
        self.written = written;
    }
}

fn transition(group: &Group, rule: &Rule, at: Timestamp, (labels, from, to, value): Change) -> Transition {
    let name = |name: &str| printable(name).into_owned();
    Transition { group: name(&group.name), rule: name(&rule.name), labels, from, to, at, value }
}

/// The series of an instant query.
fn instant(
    query: &Query,
    at: Timestamp,
    data: &dyn Select,
    options: &promql::Options,
) -> Result<Vec<(Labels, f64)>, String> {
    let answer = eval(query, Window::instant(at), data, options).map_err(|e| e.to_string())?;
    if matches!(answer, Value::String(_) | Value::Matrix(_)) {
        return Err("rule result is not a vector or scalar".to_owned());
    }
    Ok(answer.into_series().into_iter().filter_map(|s| s.values.first().map(|v| (s.labels, *v))).collect())
}

struct Querier<'a> {
    ground: &'a dyn Ground,
    options: &'a promql::Options,
}

impl Ask for Querier<'_> {
    fn ask(&mut self, query: &str, at: Timestamp) -> Result<Vec<(Labels, f64)>, String> {
        let query = Query::parse(query).map_err(|e| e.to_string())?;
        instant(&query, at, self.ground, self.options)
    }
}

/// Takes up what was written of a rule's alerts before a restart.
fn remember(alerting: &mut Alerting, rule: &Rule, at: Timestamp, ground: &dyn Ground) {
    let matchers = [Matcher::equal(Labels::NAME, "ALERTS_FOR_STATE"), Matcher::equal("alertname", rule.name.as_str())];
    ground.select(&matchers, at - OUTAGE_TOLERANCE, at, &mut |labels, samples| {
        alerting.remember(rule, labels, samples);
    });
}

/// The series under the rule's name and with its labels.
fn recorded(rule: &Rule, limit: usize, series: Vec<(Labels, f64)>) -> Result<Written, String> {
    if limit > 0 && series.len() > limit {
        return Err(format!("exceeded limit of {limit} with {} series", series.len()));
    }
    let mut seen = BTreeSet::new();
    let mut out = Vec::with_capacity(series.len());
    for (labels, value) in series {
        let mut labels = labels.with(Labels::NAME, &printable(&rule.name));
        for (name, text) in &rule.labels {
            labels = labels.with(&printable(name), &printable(text.text()));
        }
        if !seen.insert(labels.clone()) {
            return Err("vector contains metrics with the same labelset after applying rule labels".to_owned());
        }
        out.push((labels, value));
    }
    Ok(out)
}

/// `ALERTS` and `ALERTS_FOR_STATE` of all alerts that are pending or firing.
fn alert_series(alerting: &Alerting) -> Written {
    let mut out = Vec::new();
    for (labels, phase, active_at) in alerting.running() {
        let state = if phase == Phase::Firing { "firing" } else { "pending" };
        out.push((labels.with(Labels::NAME, "ALERTS").with("alertstate", state), 1.0));
        out.push((labels.with(Labels::NAME, "ALERTS_FOR_STATE"), active_at.div_euclid(1_000) as f64));
    }
    out
}
