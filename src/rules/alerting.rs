//! The states of one alerting rule's alerts. Uses `series`.
//!
//! Facts: <https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/> and how Prometheus 3 behaves:
//! an alert that does not hold is dropped while pending; while firing it is resolved, and kept for 15 minutes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::series::{Label, Labels, Sample, Timestamp, is_stale, printable};

use super::Settings;
use super::file::Rule;
use super::status::{Alert, AlertState, Phase, Rendered};
use super::template::{Ask, Scope, Template};

/// How long a resolved alert is kept, ms.
pub const RESOLVED_KEPT: i64 = 15 * 60_000;

/// Most alerts of one rule; each has its annotations filled in at every evaluation.
const MAX_ALERTS: usize = 10_000;

/// Rules that wait shorter than this before they fire start their wait anew after a restart, ms; the others wait for
/// this long at least, so that a restart fires nothing by itself.
const GRACE: i64 = 10 * 60_000;

/// How long ago, in ms, a state may have been written and still be taken up.
pub(super) const OUTAGE_TOLERANCE: i64 = 60 * 60_000;

#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "`active_at` is Prometheus' name for it")]
struct Active {
    annotations: Vec<(String, Rendered)>,
    value: f64,
    active_at: Timestamp,
    state: State,
    /// When the expression was first seen not to hold any more while the alert fires.
    kept_since: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Pending,
    Firing(Timestamp),
    Resolved(Timestamp),
}

impl State {
    const fn phase(self) -> Phase {
        match self {
            Self::Pending => Phase::Pending,
            Self::Firing(_) => Phase::Firing,
            Self::Resolved(_) => Phase::Resolved,
        }
    }
}

/// A change: labels, from, to, value.
pub(super) type Change = (Labels, Phase, Phase, f64);

/// The alerts of one rule.
#[derive(Debug, Default)]
pub(super) struct Alerting {
    active: BTreeMap<Labels, Active>,
    /// What was written of these alerts before a restart: labels without name, last time, then active since.
    remembered: BTreeMap<Labels, (Timestamp, Timestamp)>,
}

impl Alerting {
    /// Takes up the state that `ALERTS_FOR_STATE` had before a restart, for alerts that begin at the next evaluation.
    pub(super) fn remember(&mut self, rule: &Rule, labels: &Labels, samples: &[Sample]) {
        if rule.hold < GRACE {
            return;
        }
        if let Some(last) = samples.last().filter(|s| !is_stale(s.v) && s.v.is_finite()) {
            self.remembered.insert(labels.without_metric(), (last.t, last.v as i64 * 1_000));
        }
    }

    /// Since when an alert counts as active that begins at `at`, seen that it may have been so before a restart.
    fn active_since(&self, rule: &Rule, labels: &Labels, at: Timestamp) -> Timestamp {
        let Some(&(down_at, active_at)) = self.remembered.get(labels) else { return at };
        let remaining = rule.hold - (down_at - active_at);
        if remaining <= 0 {
            active_at
        } else if remaining < GRACE {
            at + GRACE - rule.hold
        } else {
            // The time that nobody looked does not count.
            active_at + (at - down_at)
        }
    }

    /// The alerts after an evaluation at `at` with these series. Changes come in the order of labels.
    ///
    /// # Errors
    /// Series that become the same alert, more alerts than `limit` (0 for none); then what has changed already.
    pub(super) fn advance(
        &mut self,
        rule: &Rule,
        limit: usize,
        at: Timestamp,
        series: &[(Labels, f64)],
        settings: &Settings,
        ask: &mut dyn Ask,
    ) -> Result<Vec<Change>, (String, Vec<Change>)> {
        let holding = fresh(rule, at, series, settings, ask).map_err(|why| (why, Vec::new()))?;
        let mut before: BTreeMap<Labels, Phase> =
            self.active.iter().map(|(labels, a)| (labels.clone(), a.state.phase())).collect();
        let mut seen = BTreeSet::new();
        for (labels, (annotations, value)) in holding {
            before.entry(labels.clone()).or_insert(Phase::Inactive);
            let since = self.active_since(rule, &labels, at);
            match self.active.get_mut(&labels) {
                Some(known) if !matches!(known.state, State::Resolved(_)) => {
                    (known.annotations, known.value) = (annotations, value);
                }
                _ => {
                    let new = Active { annotations, value, active_at: since, state: State::Pending, kept_since: None };
                    self.active.insert(labels.clone(), new);
                }
            }
            seen.insert(labels);
        }
        self.remembered.clear();
        let mut count = 0;
        let mut values = BTreeMap::new();
        self.active.retain(|labels, alert| {
            values.insert(labels.clone(), alert.value);
            if seen.contains(labels) {
                alert.kept_since = None;
            } else if !alert.stays(rule, at) {
                return alert.is_worth_keeping(at);
            }
            count += 1;
            if matches!(alert.state, State::Pending) && at - alert.active_at >= rule.hold {
                alert.state = State::Firing(at);
            }
            true
        });
        let exceeded = limit > 0 && count > limit;
        if exceeded {
            self.active.clear();
        }
        let changes = before
            .into_iter()
            .filter_map(|(labels, from)| {
                let to = self.active.get(&labels).map_or(Phase::Inactive, |a| a.state.phase());
                // That a resolved alert is forgotten is no news.
                let news = from != to && !(from == Phase::Resolved && to == Phase::Inactive);
                let value = values.get(&labels).copied().unwrap_or(f64::NAN);
                news.then_some((labels, from, to, value))
            })
            .collect();
        if exceeded {
            return Err((format!("exceeded limit of {limit} with {count} alerts"), changes));
        }
        Ok(changes)
    }

    /// Alerts as if the rule had been evaluated at every step of a range that ends with `end`, for those that are not
    /// known. `run` has each series' labels, since when it has been there without a gap, and its last value.
    pub(super) fn restore(
        &mut self,
        rule: &Rule,
        end: Timestamp,
        step: i64,
        runs: &[(Labels, Timestamp, f64)],
        settings: &Settings,
        ask: &mut dyn Ask,
    ) -> Result<(), String> {
        let step = step.max(1);
        let mut since = BTreeMap::new();
        for (labels, start, value) in runs {
            let alone = [(labels.clone(), *value)];
            for labels in fresh(rule, end, &alone, settings, ask)?.into_keys() {
                since.entry(labels).and_modify(|s: &mut Timestamp| *s = (*s).min(*start)).or_insert(*start);
            }
        }
        let series: Vec<(Labels, f64)> = runs.iter().map(|(labels, _, value)| (labels.clone(), *value)).collect();
        for (labels, (annotations, value)) in fresh(rule, end, &series, settings, ask)? {
            let active_at = since.get(&labels).copied().unwrap_or(end);
            let state = if end - active_at >= rule.hold {
                // The first step at which it had held for long enough.
                State::Firing(active_at + (rule.hold + step - 1) / step * step)
            } else {
                State::Pending
            };
            let alert = Active { annotations, value, active_at, state, kept_since: None };
            if let Entry::Vacant(entry) = self.active.entry(labels) {
                entry.insert(alert);
            }
        }
        Ok(())
    }

    /// The alerts that are pending or firing: labels, phase, active since.
    pub(super) fn running(&self) -> impl Iterator<Item = (&Labels, Phase, Timestamp)> {
        let running = |a: &Active| !matches!(a.state, State::Resolved(_));
        self.active.iter().filter(move |(_, a)| running(a)).map(|(l, a)| (l, a.state.phase(), a.active_at))
    }

    /// All alerts, for others to see.
    pub(super) fn alerts(&self, rule: &Rule, known_since: Option<Timestamp>) -> Vec<Alert> {
        let alert = |(labels, a): (&Labels, &Active)| Alert {
            labels: labels.clone(),
            annotations: a.annotations.clone(),
            state: match a.state {
                State::Pending => AlertState::Pending { fires_at: a.active_at + rule.hold },
                State::Firing(since) => AlertState::Firing { since },
                State::Resolved(at) => AlertState::Resolved { at },
            },
            active_at: a.active_at,
            value: a.value,
            kept_until: a.kept_since.map(|since| since + rule.keep_firing),
            known_since,
        };
        self.active.iter().map(alert).collect()
    }
}

impl Active {
    /// Whether it goes on firing though the expression does not hold at `at`; it is resolved if not.
    fn stays(&mut self, rule: &Rule, at: Timestamp) -> bool {
        if !matches!(self.state, State::Firing(_)) {
            return false;
        }
        if rule.keep_firing > 0 && at - *self.kept_since.get_or_insert(at) < rule.keep_firing {
            return true;
        }
        self.kept_since = None;
        self.state = State::Resolved(at);
        false
    }

    fn is_worth_keeping(&self, at: Timestamp) -> bool {
        matches!(self.state, State::Resolved(resolved) if at - resolved <= RESOLVED_KEPT)
    }
}

/// Filled-in annotations and value.
type Fresh = (Vec<(String, Rendered)>, f64);

/// Labels, filled-in annotations and value of each series.
fn fresh(
    rule: &Rule,
    at: Timestamp,
    series: &[(Labels, f64)],
    settings: &Settings,
    ask: &mut dyn Ask,
) -> Result<BTreeMap<Labels, Fresh>, String> {
    if series.len() > MAX_ALERTS {
        return Err(format!("expression returns {} series, at most {MAX_ALERTS} can be alerts", series.len()));
    }
    let mut fresh = BTreeMap::new();
    for (labels, value) in series {
        let scope = Scope {
            labels,
            value: *value,
            external_labels: &settings.external_labels,
            external_url: &settings.external_url,
            at,
        };
        let alert = alert_labels(rule, &scope, ask);
        let annotations =
            rule.annotations.iter().map(|(name, template)| (name.clone(), rendered(template, &scope, ask))).collect();
        if fresh.insert(alert, (annotations, *value)).is_some() {
            return Err("vector contains metrics with the same labelset after applying alert labels".to_owned());
        }
    }
    Ok(fresh)
}

/// The labels of the alert that a series becomes: the series' own without its name, the rule's, and `alertname`.
fn alert_labels(rule: &Rule, scope: &Scope<'_>, ask: &mut dyn Ask) -> Labels {
    let mut labels: Vec<Label> = scope.labels.iter().filter(|l| &*l.name != Labels::NAME).cloned().collect();
    for (name, template) in &rule.labels {
        let value = template.render(scope, ask).unwrap_or_else(|e| format!("<error expanding template: {e}>"));
        labels.push(Label { name: printable(name).into(), value: printable(&value).into() });
    }
    labels.push(Label { name: "alertname".into(), value: printable(&rule.name).into() });
    Labels::from_labels(labels)
}

fn rendered(template: &Template, scope: &Scope<'_>, ask: &mut dyn Ask) -> Rendered {
    match template.render(scope, ask) {
        Ok(text) => Rendered::Text(printable_lines(&text)),
        Err(error) => Rendered::Failed { raw: printable_lines(template.text()), error: error.to_string() },
    }
}

/// Safe for the screen, with its newlines.
pub(super) fn printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}
