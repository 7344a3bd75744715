//! The alerts as the screen has them: counted, in the order in which they matter, filtered, with the history of what they
//! watch. Pure. Uses `rules`, `series` and `panel`.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::search::{Filter, Sieve, label_words};
use crate::panel;
use crate::rules::{Alert, AlertState, Health, Kind, Phase, RuleStatus, Severity, Threshold};
use crate::series::{Labels, Series, Timestamp, Window};
use crate::source::{AlertReport, Reply};

/// The alerts and where the reader is among them.
#[derive(Debug, Default)]
pub struct Board {
    /// How every rule stands; `None` until that is known.
    pub report: Option<AlertReport>,
    /// The selected line.
    pub cursor: usize,
    /// In which order alerts of the same phase stand.
    pub sort: Sort,
    /// What is searched for.
    pub filter: Filter,
    /// The rules whose alerts are one line.
    pub collapsed: BTreeSet<String>,
    /// Whether rules without any alert are listed too.
    pub quiet: bool,
    /// What each rule watches, over time, by the rule's index in the report.
    histories: FxHashMap<usize, History>,
    /// The list as it is shown; made anew where the report, the filter or the order changes.
    rows: Vec<Row>,
    /// Those that fire or are pending, the worst first.
    active: Vec<At>,
    counts: Counts,
    /// What tells each alert from the others of its rule, by the indexes of rule and alert.
    apart: Vec<Vec<String>>,
    /// What each rule watches, by its index.
    watched: Vec<(String, Option<Threshold>)>,
}

/// Where an alert stands in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct At {
    /// The index of its rule.
    pub rule: usize,
    /// Its own among the rule's alerts.
    pub alert: usize,
}

/// One line of the list, by indexes.
#[derive(Debug, Clone, Copy)]
enum Row {
    Heading(Phase, usize),
    Alert(At),
    Group(At, usize),
    Failed(usize),
    Quiet(usize),
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
    #[must_use]
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
    /// An alert.
    Alert(At, &'a RuleStatus, &'a Alert),
    /// All alerts of a rule in this phase, as one line: the worst of them, and how many there are.
    Group(At, &'a RuleStatus, &'a Alert, usize),
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
    /// Rules that have not been evaluated once: of what they are about nobody knows anything yet.
    pub unevaluated: usize,
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
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Every alert that fires or is pending, the worst first.
    pub fn active(&self) -> impl ExactSizeIterator<Item = (At, &RuleStatus, &Alert)> {
        // Made with the report, whose indexes they are.
        self.active.iter().map(|&at| (at, &self.rules()[at.rule], &self.rules()[at.rule].alerts[at.alert]))
    }

    /// The list as it is shown.
    pub fn lines(&self) -> Vec<Line<'_>> {
        self.rows.iter().map(|row| self.line(*row)).collect()
    }

    /// The line of this index.
    fn line_at(&self, index: usize) -> Option<Line<'_>> {
        self.rows.get(index).map(|row| self.line(*row))
    }

    fn line(&self, row: Row) -> Line<'_> {
        let rules = self.rules();
        match row {
            Row::Heading(phase, n) => Line::Heading(phase, n),
            Row::Alert(at) => Line::Alert(at, &rules[at.rule], &rules[at.rule].alerts[at.alert]),
            Row::Group(at, n) => Line::Group(at, &rules[at.rule], &rules[at.rule].alerts[at.alert], n),
            Row::Failed(rule) => Line::Failed(rule, &rules[rule]),
            Row::Quiet(rule) => Line::Quiet(rule, &rules[rule]),
        }
    }

    /// What tells an alert from the others of its rule, in words.
    pub fn told_apart(&self, at: At) -> &str {
        self.apart.get(at.rule).and_then(|alerts| alerts.get(at.alert)).map_or("", String::as_str)
    }

    /// The expression whose course tells how an alert of the rule came about, and the threshold where it has one.
    pub fn watched(&self, rule: usize) -> Option<&(String, Option<Threshold>)> {
        self.watched.get(rule)
    }

    /// Puts the list together; the cursor stays on its line's number, or on the last one.
    pub(super) fn arrange(&mut self) {
        let mut rows = Vec::new();
        let mut sieve = self.filter.sieve();
        for phase in [Phase::Firing, Phase::Pending, Phase::Resolved] {
            self.add_phase(phase, &mut sieve, &mut rows);
        }
        let rules: Vec<_> = self.rules().iter().enumerate().filter(|(_, rule)| shows(rule, None, &mut sieve)).collect();
        let failed = rules.iter().filter(|(_, r)| matches!(r.health, Health::Failed(_)));
        rows.extend(failed.map(|(i, _)| Row::Failed(*i)));
        if self.quiet {
            let quiet: Vec<_> = rules
                .iter()
                .filter(|(_, r)| {
                    r.alerts.is_empty() && r.kind == Kind::Alerting && !matches!(r.health, Health::Failed(_))
                })
                .map(|(i, _)| Row::Quiet(*i))
                .collect();
            if !quiet.is_empty() {
                rows.push(Row::Heading(Phase::Inactive, quiet.len()));
                rows.extend(quiet);
            }
        }
        self.rows = rows;
        self.settle();
    }

    fn add_phase(&self, phase: Phase, sieve: &mut Sieve<'_>, rows: &mut Vec<Row>) {
        let rules = self.rules();
        let alert = |at: &At| &rules[at.rule].alerts[at.alert];
        let mut found: Vec<At> = Vec::new();
        for (rule, status) in rules.iter().enumerate() {
            let of_phase = status.alerts.iter().enumerate().filter(|(_, a)| a.state.phase() == phase);
            found.extend(of_phase.filter(|(_, a)| shows(status, Some(a), sieve)).map(|(alert, _)| At { rule, alert }));
        }
        if found.is_empty() {
            return;
        }
        found.sort_by(|a, b| {
            let first = match self.sort {
                Sort::Severity => by_severity(alert(a), alert(b)),
                Sort::Age => began(alert(b)).cmp(&began(alert(a))),
                Sort::Name => std::cmp::Ordering::Equal,
            };
            // Of one rule the alerts stand in the order of their labels already.
            first.then_with(|| rules[a.rule].name.cmp(&rules[b.rule].name)).then_with(|| a.cmp(b))
        });
        rows.push(Row::Heading(phase, found.len()));
        let mut sizes: FxHashMap<&str, usize> = FxHashMap::default();
        for at in &found {
            *sizes.entry(&rules[at.rule].name).or_default() += 1;
        }
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for at in found {
            let name = rules[at.rule].name.as_str();
            if !self.collapsed.contains(name) {
                rows.push(Row::Alert(at));
            } else if told.insert(name) {
                rows.push(Row::Group(at, sizes.get(name).copied().unwrap_or(1)));
            }
        }
    }

    /// Counts, orders and names what the report has: once, so that drawing need not.
    fn digest(&mut self) {
        let place = |severity| Severity::ALL.iter().position(|s| *s == severity).unwrap_or(4);
        let (mut counts, mut active, mut all_apart) = (Counts::default(), Vec::new(), Vec::new());
        for (rule, status) in self.rules().iter().enumerate() {
            counts.failed += usize::from(matches!(status.health, Health::Failed(_)));
            counts.unevaluated += usize::from(status.health == Health::Unknown && status.last_evaluation.is_none());
            let shared = shared(status);
            all_apart.push(status.alerts.iter().map(|alert| apart(status, alert, &shared)).collect());
            for (alert, of) in status.alerts.iter().enumerate() {
                match of.state.phase() {
                    Phase::Firing => counts.firing[place(of.severity())] += 1,
                    Phase::Pending => counts.pending[place(of.severity())] += 1,
                    Phase::Resolved | Phase::Inactive => continue,
                }
                active.push(At { rule, alert });
            }
        }
        let rules = self.rules();
        let alert = |at: &At| &rules[at.rule].alerts[at.alert];
        active.sort_by(|a, b| {
            by_severity(alert(a), alert(b)).then_with(|| rules[a.rule].name.cmp(&rules[b.rule].name)).then(a.cmp(b))
        });
        (self.counts, self.active, self.apart) = (counts, active, all_apart);
    }

    /// The board of one report.
    pub fn of(report: AlertReport) -> Self {
        let mut board = Self::default();
        board.take(report, false);
        board
    }

    /// Takes in a new report; the cursor stays on its alert where somebody has `chosen` it, else it goes to the worst.
    /// Whether its rules are others than before.
    pub(super) fn take(&mut self, report: AlertReport, chosen: bool) -> bool {
        let at = self.line_at(self.cursor).as_ref().and_then(identity).filter(|_| chosen);
        let same = |(old, new): (&RuleStatus, &RuleStatus)| old.name == new.name && old.expr == new.expr;
        let rules = self.rules();
        let others = rules.len() != report.rules.len() || !rules.iter().zip(&report.rules).all(same);
        if others {
            self.watched = report.rules.iter().map(watched).collect();
            // They go by the rules' places.
            self.histories.clear();
        }
        self.report = Some(report);
        self.digest();
        self.arrange();
        let found = at.and_then(|at| self.rows.iter().position(|row| identity(&self.line(*row)).as_ref() == Some(&at)));
        self.cursor = found.unwrap_or(if chosen { self.cursor } else { 0 });
        self.settle();
        others
    }

    /// Moves the cursor by so many lines, over headings.
    pub(super) fn step(&mut self, by: i64) {
        let last = self.rows.len().saturating_sub(1) as i64;
        let mut to = (self.cursor as i64).saturating_add(by).clamp(0, last);
        while matches!(self.rows.get(to as usize), Some(Row::Heading(..))) && to > 0 && by < 0 {
            to -= 1;
        }
        self.cursor = to as usize;
        self.settle();
    }

    /// Puts the cursor on a line.
    pub(super) fn put(&mut self, index: usize) {
        self.cursor = index;
        self.settle();
    }

    /// A heading cannot be selected: the line after it is.
    fn settle(&mut self) {
        let last = self.rows.len().saturating_sub(1);
        let mut cursor = self.cursor.min(last);
        while matches!(self.rows.get(cursor), Some(Row::Heading(..))) && cursor < last {
            cursor += 1;
        }
        self.cursor = cursor;
    }

    /// The line under the cursor.
    pub(super) fn here(&self) -> Option<Line<'_>> {
        self.line_at(self.cursor)
    }

    /// Puts the cursor on the first line of a rule.
    pub(super) fn seek(&mut self, name: &str) {
        let at = self.rows.iter().position(|row| match *row {
            Row::Alert(at) | Row::Group(at, _) => self.rules()[at.rule].name == name,
            _ => false,
        });
        self.cursor = at.unwrap_or(0);
        self.settle();
    }

    /// The rule under the cursor, and its alert where it has one.
    pub(super) fn under_cursor(&self) -> Option<(&RuleStatus, Option<&Alert>)> {
        match self.here()? {
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
    pub fn find(&self, name: &str, labels: &Labels) -> Option<(At, &RuleStatus, &Alert)> {
        self.rules().iter().enumerate().filter(|(_, rule)| rule.name == name).find_map(|(i, rule)| {
            let alert = rule.alerts.iter().position(|alert| alert.labels == *labels)?;
            Some((At { rule: i, alert }, rule, &rule.alerts[alert]))
        })
    }
}

/// Whether a rule's alert passes: by the name, the group, the severity, a label or the state.
fn shows(rule: &RuleStatus, alert: Option<&Alert>, sieve: &mut Sieve<'_>) -> bool {
    let severity = rule.severity().to_string();
    let labels = alert.map(|alert| label_words(&alert.labels)).unwrap_or_default();
    let state = alert.map(|alert| alert.state.phase().to_string()).unwrap_or_default();
    sieve.passes(&[&rule.name, &rule.group, &severity, &labels, &state])
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
    series.iter().filter(|l| &*l.name != Labels::NAME).all(|l| alert.get(&l.name).is_none_or(|v| *v == *l.value))
}

/// The expression whose course tells how an alert came about, and the threshold where it has one: what is compared with a
/// constant, else the expression itself.
pub fn watched(rule: &RuleStatus) -> (String, Option<Threshold>) {
    match Threshold::of(&rule.expr) {
        Some(threshold) => (threshold.expr.clone(), Some(threshold)),
        None => (rule.expr.clone(), None),
    }
}

/// Labels whose values say by themselves what they are of, the most telling first; only a partition's number needs its
/// name.
const PLAIN: [&str; 6] = ["pod", "instance", "agent_id", "topic", "partition", "operation"];

/// The labels that all alerts of a rule share, where it has several.
fn shared(rule: &RuleStatus) -> BTreeSet<&str> {
    let Some((first, others)) = rule.alerts.split_first().filter(|(_, others)| !others.is_empty()) else {
        return BTreeSet::new();
    };
    let in_all = |name: &str, value: &str| others.iter().all(|other| other.labels.get(name) == Some(value));
    first.labels.iter().filter(|l| in_all(&l.name, &l.value)).map(|l| &*l.name).collect()
}

/// The labels that tell an alert from the others of its rule, in the order of their names, the value alone where the name
/// is understood: neither the alert's name nor what the rule itself sets, nor what all of them share.
fn apart(rule: &RuleStatus, alert: &Alert, shared: &BTreeSet<&str>) -> String {
    let own = |name: &str| matches!(name, "alertname" | "job") || rule.labels.get(name).is_some();
    let place = |name: &str| PLAIN.iter().position(|plain| *plain == name).unwrap_or(PLAIN.len());
    // A partition is named with its topic, as people do, whether or not the others are of the same.
    let by_partition = alert.labels.get("partition").is_some() && !shared.contains("partition");
    let tells = |name: &str| !own(name) && (!shared.contains(name) || name == "topic" && by_partition);
    let mut telling: Vec<_> = alert.labels.iter().filter(|l| tells(&l.name)).collect();
    // What says most stands first: the end is what is cut. The sort is stable.
    telling.sort_by_key(|l| place(&l.name));
    let topic = telling.iter().any(|l| &*l.name == "topic");
    let partition = telling.iter().find(|l| &*l.name == "partition" && topic).map(|l| &*l.value);
    let words = telling.iter().filter_map(|l| match (&*l.name, partition) {
        ("partition", Some(_)) => None,
        ("topic", Some(partition)) => Some(format!("{}/{partition}", l.value)),
        (name, _) if name != "partition" && place(name) < PLAIN.len() => Some(l.value.to_string()),
        (name, _) => Some(format!("{name}={}", l.value)),
    });
    words.collect::<Vec<_>>().join(" · ")
}

/// What tells an alert from the others of its rule, in words; [`Board::told_apart`] has it made already.
pub fn told_apart(rule: &RuleStatus, alert: &Alert) -> String {
    apart(rule, alert, &shared(rule))
}

/// For how long an alert has been what it is, without the word that its heading has: `14m 02s`, `in 1m 12s`.
pub fn lasting(alert: &Alert, now: Timestamp) -> String {
    let words = standing(alert, now);
    match alert.state {
        AlertState::Pending { .. } => words.trim_start_matches("fires ").to_owned(),
        AlertState::Firing { .. } => words.trim_start_matches("firing ").to_owned(),
        AlertState::Resolved { .. } => words.trim_start_matches("resolved ").to_owned(),
    }
}

/// Where an alert stands, in words: `fires in 1m 12s`, `firing 14m`.
pub fn standing(alert: &Alert, now: Timestamp) -> String {
    panel::standing(alert.state, alert.may_be_older(), now)
}
