//! The alerts as the screen has them: counted, in the order in which they matter, filtered, with the history of what they
//! watch. Pure. Uses `rules` and `series`.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::rules::{Alert, AlertState, Phase, RuleStatus, Severity, Threshold};
use crate::series::{Labels, Series, Timestamp, Window};
use crate::source::{AlertReport, Reply};
use crate::unit;

/// The alerts and where the reader is among them.
#[derive(Debug, Default)]
pub struct Board {
    /// How every rule stands; `None` until that is known.
    pub report: Option<AlertReport>,
    /// The selected line.
    pub cursor: usize,
    /// In which order alerts of the same phase stand.
    pub sort: Sort,
    /// What is searched for; empty for everything. In lower case.
    pub filter: String,
    /// The rules whose alerts are one line.
    pub collapsed: BTreeSet<String>,
    /// Whether rules without any alert are listed too.
    pub quiet: bool,
    /// What each rule watches, over time, by the rule's index in the report.
    histories: FxHashMap<usize, History>,
}

/// What a rule watches, over time.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The steps of the values.
    pub window: Window,
    /// A series for each label set, of the compared expression where the rule compares with a constant.
    pub series: Vec<Series>,
}

/// The orders in which alerts can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The worst first, of those the oldest.
    #[default]
    Severity,
    /// The newest first.
    Age,
    /// By name.
    Name,
}

impl Sort {
    /// The next one.
    pub const fn next(self) -> Self {
        match self {
            Self::Severity => Self::Age,
            Self::Age => Self::Name,
            Self::Name => Self::Severity,
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Severity => "worst first",
            Self::Age => "newest first",
            Self::Name => "by name",
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Line<'a> {
    /// Begins the alerts of a phase: how many there are.
    Heading(Phase, usize),
    /// An alert, with the index of its rule.
    Alert(usize, &'a RuleStatus, &'a Alert),
    /// All alerts of a rule in this phase, as one line: the worst of them, and how many there are.
    Group(usize, &'a RuleStatus, &'a Alert, usize),
    /// A rule that could not be evaluated, with its index.
    Failed(usize, &'a RuleStatus),
    /// A rule without any alert, with its index.
    Quiet(usize, &'a RuleStatus),
}

/// How many alerts there are by severity, from the worst down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Firing ones, in the order of [`Severity::ALL`].
    pub firing: [usize; 5],
    /// Pending ones, in the same order.
    pub pending: [usize; 5],
    /// Rules that could not be evaluated.
    pub failed: usize,
}

impl Counts {
    /// All that fire.
    pub fn all_firing(&self) -> usize {
        self.firing.iter().sum()
    }

    /// All that are pending.
    pub fn all_pending(&self) -> usize {
        self.pending.iter().sum()
    }

    /// The worst severity that fires.
    pub fn worst(&self) -> Option<Severity> {
        Severity::ALL.into_iter().zip(self.firing).find(|(_, n)| *n > 0).map(|(severity, _)| severity)
    }
}

impl Board {
    /// The rules with their alerts; none until they are known.
    pub fn rules(&self) -> &[RuleStatus] {
        self.report.as_ref().map_or(&[], |r| &r.rules)
    }

    /// How many alerts there are.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let place = |severity| Severity::ALL.iter().position(|s| *s == severity).unwrap_or(4);
        for rule in self.rules() {
            counts.failed += usize::from(matches!(rule.health, crate::rules::Health::Failed(_)));
            for alert in &rule.alerts {
                match alert.state.phase() {
                    Phase::Firing => counts.firing[place(alert.severity())] += 1,
                    Phase::Pending => counts.pending[place(alert.severity())] += 1,
                    Phase::Resolved | Phase::Inactive => {}
                }
            }
        }
        counts
    }

    /// Every alert that fires or is pending, the worst first.
    pub fn active(&self) -> Vec<(usize, &RuleStatus, &Alert)> {
        let mut all: Vec<_> = self
            .rules()
            .iter()
            .enumerate()
            .flat_map(|(i, rule)| rule.alerts.iter().map(move |alert| (i, rule, alert)))
            .filter(|(_, _, alert)| alert.state.phase() >= Phase::Pending)
            .collect();
        all.sort_by(|a, b| by_severity(a.2, b.2).then_with(|| a.1.name.cmp(&b.1.name)));
        all
    }

    /// The list as it is shown.
    pub fn lines(&self) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        let failed: Vec<_> = self
            .rules()
            .iter()
            .enumerate()
            .filter(|(_, rule)| matches!(rule.health, crate::rules::Health::Failed(_)) && self.shows(rule, None))
            .collect();
        for phase in [Phase::Firing, Phase::Pending, Phase::Resolved] {
            self.add_phase(phase, &mut lines);
        }
        lines.extend(failed.into_iter().map(|(i, rule)| Line::Failed(i, rule)));
        if self.quiet {
            let quiet: Vec<_> = self
                .rules()
                .iter()
                .enumerate()
                .filter(|(_, rule)| rule.alerts.is_empty() && rule.kind == crate::rules::Kind::Alerting)
                .filter(|(_, rule)| self.shows(rule, None))
                .collect();
            if !quiet.is_empty() {
                lines.push(Line::Heading(Phase::Inactive, quiet.len()));
                lines.extend(quiet.into_iter().map(|(i, rule)| Line::Quiet(i, rule)));
            }
        }
        lines
    }

    fn add_phase<'a>(&'a self, phase: Phase, lines: &mut Vec<Line<'a>>) {
        let mut alerts: Vec<(usize, &RuleStatus, &Alert)> = self
            .rules()
            .iter()
            .enumerate()
            .flat_map(|(i, rule)| rule.alerts.iter().map(move |alert| (i, rule, alert)))
            .filter(|(_, rule, alert)| alert.state.phase() == phase && self.shows(rule, Some(alert)))
            .collect();
        if alerts.is_empty() {
            return;
        }
        alerts.sort_by(|a, b| {
            let first = match self.sort {
                Sort::Severity => by_severity(a.2, b.2),
                Sort::Age => began(b.2).cmp(&began(a.2)),
                Sort::Name => std::cmp::Ordering::Equal,
            };
            first.then_with(|| a.1.name.cmp(&b.1.name)).then_with(|| a.2.labels.cmp(&b.2.labels))
        });
        lines.push(Line::Heading(phase, alerts.len()));
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for &(i, rule, alert) in &alerts {
            if !self.collapsed.contains(&rule.name) {
                lines.push(Line::Alert(i, rule, alert));
            } else if told.insert(&rule.name) {
                let n = alerts.iter().filter(|(_, r, _)| r.name == rule.name).count();
                lines.push(Line::Group(i, rule, alert, n));
            }
        }
    }

    /// Whether the filter lets a rule's alert pass: every word of it is found in the name, the severity, a label or the
    /// state; a word after `!` is not.
    fn shows(&self, rule: &RuleStatus, alert: Option<&Alert>) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        let mut text = format!("{} {} {}", rule.name, rule.severity(), rule.group);
        if let Some(alert) = alert {
            text.push_str(&format!(" {} {}", alert.labels, alert.state.phase()));
        }
        let text = text.to_lowercase();
        self.filter.split_whitespace().all(|word| match word.strip_prefix('!') {
            Some(not) => not.is_empty() || !text.contains(not),
            None => text.contains(word),
        })
    }

    /// Takes in a new report; the cursor stays on its alert.
    pub(super) fn take(&mut self, report: AlertReport) {
        let at = self.lines().get(self.cursor).and_then(identity);
        self.report = Some(report);
        if let Some(found) = at.and_then(|at| self.lines().iter().position(|line| identity(line).as_ref() == Some(&at)))
        {
            self.cursor = found;
        }
        self.settle();
    }

    /// Moves the cursor by so many lines, over headings.
    pub(super) fn step(&mut self, by: i64) {
        let lines = self.lines();
        let last = lines.len().saturating_sub(1) as i64;
        let mut to = (self.cursor as i64 + by).clamp(0, last);
        while matches!(lines.get(to as usize), Some(Line::Heading(..))) && to > 0 && by < 0 {
            to -= 1;
        }
        self.cursor = to as usize;
        self.settle();
    }

    /// A heading cannot be selected: the line after it is.
    pub(super) fn settle(&mut self) {
        let lines = self.lines();
        let last = lines.len().saturating_sub(1);
        let mut cursor = self.cursor.min(last);
        while matches!(lines.get(cursor), Some(Line::Heading(..))) && cursor < last {
            cursor += 1;
        }
        self.cursor = cursor;
    }

    /// The rule under the cursor, and its alert where it has one.
    pub(super) fn under_cursor(&self) -> Option<(&RuleStatus, Option<&Alert>)> {
        match *self.lines().get(self.cursor)? {
            Line::Alert(_, rule, alert) | Line::Group(_, rule, alert, _) => Some((rule, Some(alert))),
            Line::Failed(_, rule) | Line::Quiet(_, rule) => Some((rule, None)),
            Line::Heading(..) => None,
        }
    }

    /// Takes in what a rule watches.
    pub(super) fn take_history(&mut self, rule: usize, window: Window, reply: Reply) {
        self.histories.insert(rule, History { window, series: reply.range });
    }

    /// What a rule watches, over time, as far as it is known.
    pub fn history(&self, rule: usize) -> Option<&History> {
        self.histories.get(&rule)
    }

    /// Of what a rule watches the series that an alert stems from.
    pub fn series_of(&self, rule: usize, alert: &Alert) -> Option<(&History, &Series)> {
        let history = self.histories.get(&rule)?;
        let series = history.series.iter().find(|s| stems_from(&alert.labels, &s.labels))?;
        Some((history, series))
    }

    /// The alert of a rule with these labels.
    pub fn find(&self, name: &str, labels: &Labels) -> Option<(usize, &RuleStatus, &Alert)> {
        self.rules().iter().enumerate().filter(|(_, rule)| rule.name == name).find_map(|(i, rule)| {
            rule.alerts.iter().find(|alert| alert.labels == *labels).map(|alert| (i, rule, alert))
        })
    }
}

/// What a line is about, whatever its state.
fn identity(line: &Line<'_>) -> Option<(String, Option<Labels>)> {
    match line {
        Line::Heading(..) => None,
        Line::Alert(_, rule, alert) => Some((rule.name.clone(), Some(alert.labels.clone()))),
        Line::Group(_, rule, ..) | Line::Failed(_, rule) | Line::Quiet(_, rule) => Some((rule.name.clone(), None)),
    }
}

/// Since when an alert is what it is.
fn began(alert: &Alert) -> Timestamp {
    match alert.state {
        AlertState::Pending { .. } => alert.active_at,
        AlertState::Firing { since } => since,
        AlertState::Resolved { at } => at,
    }
}

fn by_severity(a: &Alert, b: &Alert) -> std::cmp::Ordering {
    let phase = b.state.phase().cmp(&a.state.phase());
    phase.then_with(|| b.severity().cmp(&a.severity())).then_with(|| began(a).cmp(&began(b)))
}

/// Whether an alert with these labels comes from a series with those: all of the series' labels are the alert's, but for
/// the name and what the rule has overwritten.
fn stems_from(alert: &Labels, series: &Labels) -> bool {
    series.iter().filter(|l| &*l.name != Labels::NAME).all(|l| alert.get(&*l.name).is_none_or(|v| v == &*l.value))
}

/// The expression whose course tells how an alert came about, and the threshold where it has one: what is compared with a
/// constant, else the expression itself.
pub fn watched(rule: &RuleStatus) -> (String, Option<Threshold>) {
    match Threshold::of(&rule.expr) {
        Some(threshold) => (threshold.expr.clone(), Some(threshold)),
        None => (rule.expr.clone(), None),
    }
}

/// The labels that tell an alert from the others of its rule, in the order of their names: neither the alert's name nor
/// what the rule itself sets, nor, where there are several, what all of them share.
pub(super) fn telling(rule: &RuleStatus, alert: &Alert) -> Vec<(String, String)> {
    let own = |name: &str| name == "alertname" || rule.labels.get(name).is_some();
    let shared = |name: &str, value: &str| {
        rule.alerts.len() > 1 && rule.alerts.iter().all(|other| other.labels.get(name) == Some(value))
    };
    alert
        .labels
        .iter()
        .filter(|l| !own(&*l.name) && !shared(&*l.name, &*l.value))
        .map(|l| (l.name.to_string(), l.value.to_string()))
        .collect()
}

/// The same in words: the value alone where the name is understood.
pub fn told_apart(rule: &RuleStatus, alert: &Alert) -> String {
    let words = |(name, value): (String, String)| match name.as_str() {
        "job" => None,
        "instance" | "agent_id" | "topic" | "pod" | "operation" | "partition" => Some(value),
        _ => Some(format!("{name}={value}")),
    };
    telling(rule, alert).into_iter().filter_map(words).collect::<Vec<_>>().join(" · ")
}

/// Where an alert stands, in words: `fires in 1m 12s`, `firing 14m`.
pub fn standing(alert: &Alert, now: Timestamp) -> String {
    let age = |t: Timestamp| unit::duration((now - t).max(0));
    match alert.state {
        AlertState::Pending { fires_at } if fires_at <= now => "fires now".to_owned(),
        AlertState::Pending { fires_at } => format!("fires in {}", unit::duration(fires_at - now)),
        AlertState::Firing { since } if alert.may_be_older() => format!("firing {}+", age(since)),
        AlertState::Firing { since } => format!("firing {}", age(since)),
        AlertState::Resolved { at } => format!("resolved {} ago", age(at)),
    }
}
