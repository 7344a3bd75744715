//! The server's own rules as it lists them, and what changed from one list to the next. Uses `series` and `rules`.
//!
//! The list does not say since when an alert fires; that is reckoned as the moment at which it had been active for as long
//! as its rule wants. An alert that fired and is not listed any more is resolved, and kept for a while. What an alert was
//! before is found by its labels alone, as Alertmanager does: a rule that moves to another group changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::api;
use crate::rules::{Alert, AlertState, Health, Kind, Origin, Phase, RESOLVED_KEPT, Rendered, RuleStatus, Transition};
use crate::series::{Labels, Timestamp, printable};

/// Longest text that is kept of an expression or an annotation, in characters.
const LONGEST: usize = 8_000;

/// Most alerts of one rule that are kept, the firing ones first.
const MOST: usize = 10_000;

/// How Prometheus begins an annotation whose template failed.
const BROKEN: &str = "<error expanding template: ";

/// The last list.
#[derive(Debug, Default)]
pub(super) struct Served {
    rules: Vec<RuleStatus>,
    /// When it came; none yet.
    at: Option<Timestamp>,
}

/// The alerting rules of a list.
pub(super) fn alerting(groups: &api::RuleGroups) -> impl Iterator<Item = (&api::RuleGroup, &api::Rule)> {
    groups.groups.iter().flat_map(|g| g.rules.iter().map(move |r| (g, r))).filter(|(_, r)| is_alerting(r))
}

/// Not every server says of which kind a rule is.
fn is_alerting(rule: &api::Rule) -> bool {
    match rule.r#type.as_str() {
        "alerting" | "alert" => true,
        "recording" | "record" => false,
        _ => rule.alerts.is_some() || !rule.state.is_empty() || !rule.annotations.is_empty(),
    }
}

impl Served {
    pub(super) fn rules(&self) -> &[RuleStatus] {
        &self.rules
    }

    /// Takes in a list that came at `now` from a server whose clock is ahead by `skew`; what changed since the one before,
    /// in the order in which it happened. Of a list that is `partial`, what is missing counts as what it was.
    pub(super) fn take(
        &mut self,
        groups: &api::RuleGroups,
        partial: bool,
        now: Timestamp,
        skew: i64,
    ) -> Vec<Transition> {
        let mut rules: Vec<RuleStatus> = alerting(groups).map(|(group, r)| rule(group, r, now, skew)).collect();
        let before = std::mem::take(&mut self.rules);
        let last = self.at.replace(now);
        if partial {
            let listed: BTreeSet<(String, String)> = rules.iter().map(name).collect();
            rules.extend(before.iter().filter(|r| !listed.contains(&name(r))).cloned());
        }
        let mut transitions = Vec::new();
        if let Some(last) = last {
            changes(&before, &mut rules, last, now, &mut transitions);
        }
        self.rules = rules;
        transitions
    }
}

fn name(rule: &RuleStatus) -> (String, String) {
    (rule.group.clone(), rule.name.clone())
}

/// Compares two lists, of `last` and of `now`, and keeps the alerts that were resolved.
fn changes(
    before: &[RuleStatus],
    rules: &mut [RuleStatus],
    last: Timestamp,
    now: Timestamp,
    transitions: &mut Vec<Transition>,
) {
    // Two rules may have an alert with the same labels: it is what the worse of the two is.
    let mut known: BTreeMap<&Labels, Phase> = BTreeMap::new();
    for alert in before.iter().flat_map(|r| &r.alerts) {
        let phase = alert.state.phase();
        known.entry(&alert.labels).and_modify(|p| *p = (*p).max(phase)).or_insert(phase);
    }
    let mut listed: BTreeMap<Labels, (Phase, usize, usize)> = BTreeMap::new();
    for (r, rule) in rules.iter().enumerate() {
        for (a, alert) in rule.alerts.iter().enumerate() {
            let phase = alert.state.phase();
            let found = listed.entry(alert.labels.clone()).or_insert((phase, r, a));
            if phase > found.0 {
                *found = (phase, r, a);
            }
        }
    }
    for (labels, &(to, r, a)) in &listed {
        let from = known.get(labels).copied().unwrap_or(Phase::Inactive);
        let (rule, alert) = (&rules[r], &rules[r].alerts[a]);
        let at = match alert.state {
            AlertState::Firing { since } => since,
            AlertState::Pending { .. } => alert.active_at,
            AlertState::Resolved { at } => at,
        };
        if from != to {
            transitions.push(transition(rule, alert, from, to, at.clamp(last.min(now), now)));
        }
    }
    let mut told = BTreeSet::new();
    for (rule, alert) in before.iter().flat_map(|rule| rule.alerts.iter().map(move |alert| (rule, alert))) {
        let from = known[&alert.labels];
        if listed.contains_key(&alert.labels) || alert.state.phase() != from || !told.insert(&alert.labels) {
            continue;
        }
        let place = rules.iter().position(|r| name(r) == name(rule));
        let place = place.or_else(|| rules.iter().position(|r| r.name == rule.name));
        let evaluated = place.and_then(|r| rules[r].last_evaluation).unwrap_or(now).clamp(last.min(now), now);
        let at = match alert.state {
            AlertState::Resolved { at } => at,
            AlertState::Firing { .. } => {
                transitions.push(transition(rule, alert, from, Phase::Resolved, evaluated));
                evaluated
            }
            AlertState::Pending { .. } => {
                transitions.push(transition(rule, alert, from, Phase::Inactive, evaluated));
                continue;
            }
        };
        if let Some(r) = place.filter(|_| now - at <= RESOLVED_KEPT) {
            let kept = Alert { state: AlertState::Resolved { at }, kept_until: None, ..alert.clone() };
            rules[r].alerts.push(kept);
            rules[r].alerts.sort_by(|a, b| a.labels.cmp(&b.labels));
        }
    }
    transitions.sort_by_key(|t| t.at);
}

fn transition(rule: &RuleStatus, alert: &Alert, from: Phase, to: Phase, at: Timestamp) -> Transition {
    let (group, name) = (rule.group.clone(), rule.name.clone());
    Transition { group, rule: name, labels: alert.labels.clone(), from, to, at, value: alert.value }
}

fn rule(group: &api::RuleGroup, rule: &api::Rule, now: Timestamp, skew: i64) -> RuleStatus {
    let (hold, keep_firing) = (ms(rule.duration), ms(rule.keep_firing_for));
    let mut alerts: Vec<Alert> =
        rule.alerts.iter().flatten().filter_map(|a| alert(rule, a, (hold, keep_firing), now, skew)).collect();
    // Of alerts with the same labels the worst; the firing ones first, for what there is no room for.
    alerts.sort_by(|a, b| a.labels.cmp(&b.labels).then(b.state.phase().cmp(&a.state.phase())));
    alerts.dedup_by(|next, kept| next.labels == kept.labels);
    if alerts.len() > MOST {
        alerts.sort_by_key(|a| std::cmp::Reverse(a.state.phase()));
        alerts.truncate(MOST);
        alerts.sort_by(|a, b| a.labels.cmp(&b.labels));
    }
    let error = shown(&rule.last_error);
    RuleStatus {
        group: shown(&group.name),
        name: shown(&rule.name),
        kind: Kind::Alerting,
        expr: shown(rule.query.trim_end()),
        hold,
        keep_firing,
        labels: labels(&rule.labels),
        annotations: rule.annotations.iter().map(|(name, text)| (shown(name), shown(text))).collect(),
        health: match rule.health.as_str() {
            "ok" => Health::Ok,
            "err" | "error" | "bad" => Health::Failed(error),
            // vmalert tells only the error of a rule that has one.
            _ if !error.is_empty() => Health::Failed(error),
            _ => Health::Unknown,
        },
        last_evaluation: time(&rule.last_evaluation, skew),
        evaluation_ms: time(&rule.last_evaluation, skew).map(|_| rule.evaluation_time * 1e3),
        alerts,
        origin: Origin::Server,
    }
}

/// One that is neither pending nor firing is none.
fn alert(
    rule: &api::Rule,
    alert: &api::Alert,
    (hold, keep_firing): (i64, i64),
    now: Timestamp,
    skew: i64,
) -> Option<Alert> {
    let active_at = time(&alert.active_at, skew).unwrap_or(now);
    let state = match alert.state.to_ascii_lowercase().as_str() {
        "pending" => AlertState::Pending { fires_at: active_at.saturating_add(hold) },
        // It fires, whatever the clocks say of when it was to begin.
        "firing" => AlertState::Firing { since: active_at.saturating_add(hold).min(now) },
        _ => return None,
    };
    let mut own = labels(&alert.labels);
    if own.get("alertname").is_none() {
        own = own.with("alertname", &shown(&rule.name));
    }
    let rendered = |(name, text): (&String, &String)| {
        let text = match text.strip_prefix(BROKEN) {
            Some(error) => Rendered::Failed {
                raw: shown(rule.annotations.get(name).unwrap_or(text)),
                error: shown(error.trim_end_matches('>')),
            },
            None => Rendered::Text(shown(text)),
        };
        (shown(name), text)
    };
    Some(Alert {
        labels: own,
        annotations: alert.annotations.iter().map(rendered).collect(),
        state,
        active_at,
        value: alert.value.trim().parse().unwrap_or(f64::NAN),
        kept_until: time(&alert.keep_firing_since, skew).map(|since| since.saturating_add(keep_firing)),
        known_since: None,
    })
}

fn labels(labels: &BTreeMap<String, String>) -> Labels {
    Labels::from_pairs(labels.iter().map(|(name, value)| (printable(name), printable(value))))
}

/// Safe for the screen, with its newlines, and not without end.
fn shown(text: &str) -> String {
    let end = text.char_indices().nth(LONGEST);
    let kept = end.map_or(text, |(end, _)| &text[..end]);
    let mut shown = kept.split('\n').map(printable).collect::<Vec<_>>().join("\n");
    if end.is_some() {
        shown.push('…');
    }
    shown
}

/// A time of the server by this machine's clock; none for Go's zero time.
fn time(text: &str, skew: i64) -> Option<Timestamp> {
    let at = text.trim().parse::<jiff::Timestamp>().ok()?.as_millisecond();
    (at > 0).then_some(at - skew)
}

/// A duration in seconds, in whole ms.
fn ms(seconds: f64) -> i64 {
    (seconds * 1e3).round().clamp(0.0, 1e15) as i64
}

#[cfg(test)]
mod tests;
