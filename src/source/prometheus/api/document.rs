//! What the API answers besides series. Fields that a server leaves out are empty. Uses nothing of the crate.
//!
//! Texts are as the server wrote them and not yet fit for a screen.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Which targets Prometheus scrapes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Targets {
    /// Those that are scraped now.
    #[serde(deserialize_with = "or_empty")]
    pub active_targets: Vec<ActiveTarget>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ActiveTarget {
    /// Its labels, `job` and `instance` among them.
    #[serde(deserialize_with = "or_empty")]
    pub labels: BTreeMap<String, String>,
    /// What is scraped.
    pub scrape_url: String,
    /// `up`, `down` or `unknown`.
    pub health: String,
    /// Why the last scrape failed, or nothing.
    pub last_error: String,
    /// When the last scrape began, RFC 3339.
    pub last_scrape: String,
    /// How long it took, seconds.
    pub last_scrape_duration: f64,
}

/// Which Alertmanagers Prometheus sends to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Alertmanagers {
    /// Those that it has found.
    #[serde(deserialize_with = "or_empty")]
    pub active_alertmanagers: Vec<ActiveAlertmanager>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ActiveAlertmanager {
    /// Where alerts are sent to: `http://…/api/v2/alerts`.
    pub url: String,
}

/// What a server says it is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct BuildInfo {
    /// Its version.
    pub version: String,
    /// Its name, where it is not Prometheus itself.
    pub application: String,
}

/// What is known of a metric.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// `counter`, `gauge`, …
    pub r#type: String,
    /// Its description.
    pub help: String,
    /// Its unit, or nothing.
    pub unit: String,
}

/// The loaded rule groups.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RuleGroups {
    /// In the order of their files.
    #[serde(deserialize_with = "or_empty")]
    pub groups: Vec<RuleGroup>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RuleGroup {
    /// Its name.
    pub name: String,
    /// The file it was read from.
    pub file: String,
    /// How often it is evaluated, seconds.
    pub interval: f64,
    /// Its rules.
    #[serde(deserialize_with = "or_empty")]
    pub rules: Vec<Rule>,
}

/// A loaded rule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Rule {
    /// `alerting` or `recording`.
    pub r#type: String,
    /// Its name.
    pub name: String,
    /// Its expression.
    pub query: String,
    /// `for` of an alerting rule, seconds.
    pub duration: f64,
    /// `keep_firing_for`, seconds.
    pub keep_firing_for: f64,
    /// Its labels.
    #[serde(deserialize_with = "or_empty")]
    pub labels: BTreeMap<String, String>,
    /// Its annotations, not yet filled in.
    #[serde(deserialize_with = "or_empty")]
    pub annotations: BTreeMap<String, String>,
    /// What it alerts of now.
    #[serde(deserialize_with = "or_empty")]
    pub alerts: Vec<Alert>,
    /// `ok`, `err` or `unknown`.
    pub health: String,
    /// Why it failed last, or nothing.
    pub last_error: String,
    /// `inactive`, `pending` or `firing`; nothing for a recording rule.
    pub state: String,
}

/// The active alerts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Alerts {
    /// All that are pending or firing.
    #[serde(deserialize_with = "or_empty")]
    pub alerts: Vec<Alert>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Alert {
    /// Its labels, `alertname` among them.
    #[serde(deserialize_with = "or_empty")]
    pub labels: BTreeMap<String, String>,
    /// Its annotations, filled in.
    #[serde(deserialize_with = "or_empty")]
    pub annotations: BTreeMap<String, String>,
    /// `pending` or `firing`.
    pub state: String,
    /// Since when, RFC 3339.
    pub active_at: Option<String>,
    /// The expression's value, as text.
    pub value: String,
}

/// `null` for a list without anything in it, as Go writes it.
fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}
