//! Alerts as Alertmanager has them, and which of them belong to an alert of Prometheus. Uses `series`.

use std::fmt;

use rustc_hash::FxHashMap;

use super::Exact;
use crate::series::{Labels, Timestamp};

/// The label that names an alert.
pub(super) const ALERTNAME: &str = "alertname";

/// An alert as Alertmanager has it. Every text is safe to show.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertmanagerAlert {
    /// What tells it from others: the rule's labels and the external labels of the Prometheus that sent it.
    pub labels: Labels,
    /// What it says; texts longer than 8 KiB are cut.
    pub annotations: Labels,
    /// When it began to fire.
    pub starts_at: Timestamp,
    /// When it ended, or is taken to have ended unless it is sent again.
    pub ends_at: Timestamp,
    /// When it was last sent.
    pub updated_at: Timestamp,
    /// Whether it is notified of.
    pub state: AlertState,
    /// The ids of the active silences that match it.
    pub silenced_by: Vec<String>,
    /// The fingerprints of the alerts that inhibit it.
    pub inhibited_by: Vec<String>,
    /// The time intervals that mute it (Alertmanager 0.28 and newer).
    pub muted_by: Vec<String>,
    /// The receivers it is routed to.
    pub receivers: Vec<String>,
    /// Alertmanager's hash of the labels.
    pub fingerprint: String,
    /// Where the expression can be seen; empty where the sender gave none.
    pub generator_url: String,
    /// The labels as the server has them, where they are not safe to show.
    pub exact: Exact<Labels>,
}

/// Whether an alert is notified of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertState {
    /// It is; also whatever state a newer Alertmanager may have that is not known here.
    Active,
    /// It is silenced, inhibited or muted by a time interval.
    Suppressed,
    /// It has come, and nothing was done about it yet.
    Unprocessed,
}

impl AlertmanagerAlert {
    /// Its `alertname`, empty where it has none.
    pub fn name(&self) -> &str {
        self.labels.get(ALERTNAME).unwrap_or_default()
    }

    /// Whether it fires at `now`.
    pub fn is_firing(&self, now: Timestamp) -> bool {
        self.ends_at > now
    }

    /// The labels as the server has them: for matchers only, never for the screen.
    pub(super) fn exact_labels(&self) -> &Labels {
        self.exact.or(&self.labels)
    }
}

/// Alertmanager's word for it.
impl fmt::Display for AlertState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Suppressed => "suppressed",
            Self::Unprocessed => "unprocessed",
        })
    }
}

/// Whether the alert that Alertmanager knows as `theirs` is the one that Prometheus, or shtop, knows as `ours`: the same
/// `alertname`, and every label of ours is among theirs. They have more: external labels are added on the way.
///
/// `__name__` and `alertstate`, which the `ALERTS` series has besides, are left out of it.
pub fn is_same_alert(ours: &Labels, theirs: &Labels) -> bool {
    ours.get(ALERTNAME).is_some_and(|name| theirs.get(ALERTNAME) == Some(name))
        && counted(ours).all(|l| theirs.get(&l.name) == Some(&l.value))
}

fn counted(labels: &Labels) -> impl Iterator<Item = &crate::series::Label> {
    labels.iter().filter(|l| !matches!(&*l.name, Labels::NAME | "alertstate"))
}

/// Alertmanager's alerts by name, for finding those that belong to many alerts of Prometheus.
#[derive(Debug)]
pub struct AlertsByName<'a>(FxHashMap<&'a str, Vec<&'a AlertmanagerAlert>>);

impl<'a> AlertsByName<'a> {
    /// An index of `alerts`.
    pub fn new(alerts: &'a [AlertmanagerAlert]) -> Self {
        let mut by_name: FxHashMap<_, Vec<_>> = FxHashMap::default();
        for alert in alerts {
            by_name.entry(alert.name()).or_default().push(alert);
        }
        Self(by_name)
    }

    /// The alerts that are the one labelled `ours` ([`is_same_alert`]), in their order. Where one rule fires for
    /// `{a="1"}` and `{a="1", b="2"}`, both have the labels of the first: so only those with the fewest labels besides
    /// ours are taken. There may still be several, one for each of a pair of Prometheus servers.
    pub fn find(&self, ours: &Labels) -> Vec<&'a AlertmanagerAlert> {
        let candidates = ours.get(ALERTNAME).and_then(|name| self.0.get(name));
        let mut found: Vec<_> =
            candidates.into_iter().flatten().copied().filter(|a| is_same_alert(ours, &a.labels)).collect();
        let fewest = found.iter().map(|a| a.labels.len()).min();
        found.retain(|a| Some(a.labels.len()) == fewest);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Labels {
        Labels::from_pairs(text.split(',').filter_map(|pair| pair.split_once('=')))
    }

    fn alert(text: &str) -> AlertmanagerAlert {
        AlertmanagerAlert {
            labels: labels(text),
            annotations: Labels::empty(),
            starts_at: 0,
            ends_at: 1,
            updated_at: 0,
            state: AlertState::Active,
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            receivers: Vec::new(),
            fingerprint: text.to_owned(),
            generator_url: String::new(),
            exact: Exact::default(),
        }
    }

    #[test]
    fn an_alert_is_the_same_under_external_labels() {
        let table = [
            ("alertname=A,instance=x", "alertname=A,instance=x", true),
            ("alertname=A,instance=x", "alertname=A,instance=x,cluster=eu,replica=0", true),
            ("alertname=A,instance=x", "alertname=A,instance=y,cluster=eu", false),
            ("alertname=A,instance=x", "alertname=A,cluster=eu", false),
            ("alertname=A", "alertname=B", false),
            ("alertname=A,alertstate=firing,__name__=ALERTS", "alertname=A,cluster=eu", true),
            ("instance=x", "instance=x", false),
            ("", "", false),
        ];
        for (ours, theirs, expected) in table {
            assert_eq!(is_same_alert(&labels(ours), &labels(theirs)), expected, "{ours} and {theirs}");
        }
    }

    #[test]
    fn the_closest_alerts_are_found_one_for_each_sender() {
        let alerts = [
            alert("alertname=A,cluster=eu,replica=0"),
            alert("alertname=A,cluster=eu,replica=1"),
            alert("alertname=A,instance=x,cluster=eu,replica=0"),
            alert("alertname=B,cluster=eu,replica=0"),
        ];
        let index = AlertsByName::new(&alerts);
        let find = |ours| index.find(&labels(ours)).iter().map(|a| a.fingerprint.clone()).collect::<Vec<_>>();
        assert_eq!(find("alertname=A"), ["alertname=A,cluster=eu,replica=0", "alertname=A,cluster=eu,replica=1"]);
        assert_eq!(find("alertname=A,instance=x"), ["alertname=A,instance=x,cluster=eu,replica=0"]);
        assert_eq!(find("alertname=C"), [""; 0]);
        assert_eq!(find("cluster=eu"), [""; 0]);
    }

    #[test]
    fn an_alert_fires_until_its_end() {
        let alert = alert("alertname=A");
        assert!(alert.is_firing(0) && !alert.is_firing(1));
    }
}
