//! What a Prometheus says of itself and of what it scrapes. Uses `series`, `exposition` and `source`.

use std::collections::{BTreeMap, BTreeSet};

use super::cardinality::Top;
use super::case::{Presence, metric_of, same_metric};
use crate::series::Matcher;
use crate::source::prometheus::api::{ActiveTarget, Metadata, RuleGroup};

/// What a server answered. What it keeps to itself is `None`, and why is among `silent`.
#[derive(Debug, Default)]
pub struct Server {
    /// Its URL, without anything secret.
    pub url: String,
    /// What it calls itself.
    pub version: Option<String>,
    /// What it scrapes.
    pub targets: Option<Vec<ActiveTarget>>,
    /// The rules that it has loaded.
    pub rules: Option<Vec<RuleGroup>>,
    /// Where it sends alerts to.
    pub alertmanagers: Option<Vec<String>>,
    /// How long it keeps samples, ms, where that is limited by time.
    pub retention: Option<i64>,
    /// Whether its last reading of its configuration went well.
    pub reloaded: Option<bool>,
    /// How far its clock is ahead of this machine's, ms, and how sure that is, ms.
    pub ahead: Option<(i64, i64)>,
    /// The names of all series of the last hour.
    pub names: BTreeSet<String>,
    /// Which selectors have series now, as [`selectors`](super::selectors) writes them.
    pub present: BTreeMap<String, bool>,
    /// What targets say of their metrics.
    pub metadata: BTreeMap<String, Vec<Metadata>>,
    /// The jobs that have StreamHouse's metrics.
    pub jobs: BTreeSet<String>,
    /// The names of metrics with the most series, and of labels with the most values.
    pub top: Option<Top>,
    /// The agents that were to be asked themselves and could not be, and why, in words.
    pub unreached: Vec<String>,
    /// What it would not tell, and why, in words.
    pub silent: Vec<String>,
}

impl Server {
    /// The targets of the agents' job, and of every other that has StreamHouse's metrics.
    pub fn agents(&self, job: &str) -> impl Iterator<Item = &ActiveTarget> {
        self.targets.iter().flatten().filter(move |target| self.is_agent(target, job))
    }

    pub(super) fn is_agent(&self, target: &ActiveTarget, job: &str) -> bool {
        target.labels.get("job").is_some_and(|own| own == job || self.jobs.contains(own))
    }

    pub(super) fn presence(&self, matchers: &[Matcher], selector: &str) -> Presence {
        // A selector that could not be asked for gets the benefit of the doubt.
        let answer = || {
            if self.present.get(selector).is_none_or(|there| *there) { Presence::There } else { Presence::Unmatched }
        };
        let Some(name) = metric_of(matchers) else { return answer() };
        if self.names.contains(name) {
            return answer();
        }
        let declared = self.metadata.keys().any(|family| same_metric(family, name));
        if declared { Presence::Declared } else { Presence::Missing }
    }
}
