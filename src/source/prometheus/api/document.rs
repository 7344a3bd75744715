//! What the API answers besides series. Fields that a server leaves out are empty, and of rules and alerts also those that
//! it writes as something else: one odd field must not cost all the alerts. Uses nothing of the crate.
//!
//! Texts are as the server wrote them and not yet fit for a screen.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

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
    /// Time between two scrapes, as Prometheus writes durations: `15s`.
    pub scrape_interval: String,
    /// How long a scrape may take, likewise.
    pub scrape_timeout: String,
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

/// How a server runs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RuntimeInfo {
    /// Whether its last reading of its configuration went well; `None` where it does not say.
    pub reload_config_success: Option<bool>,
    /// How long and how much it keeps: `15d`, `15d or 1GiB`.
    pub storage_retention: String,
}

/// Where a server's series are.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TsdbStatus {
    /// The metrics with the most series.
    #[serde(deserialize_with = "or_empty")]
    pub series_count_by_metric_name: Vec<Counted>,
    /// The labels with the most values.
    #[serde(deserialize_with = "or_empty")]
    pub label_value_count_by_label_name: Vec<Counted>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Counted {
    /// What is counted.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// How many.
    #[serde(deserialize_with = "number")]
    pub value: f64,
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
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The file it was read from; Mimir's namespace.
    #[serde(deserialize_with = "text")]
    pub file: String,
    /// How often it is evaluated, seconds.
    #[serde(deserialize_with = "number")]
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
    #[serde(deserialize_with = "text")]
    pub r#type: String,
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// Its expression.
    #[serde(deserialize_with = "text")]
    pub query: String,
    /// `for` of an alerting rule, seconds.
    #[serde(deserialize_with = "number")]
    pub duration: f64,
    /// `keep_firing_for`, seconds; vmalert calls it that.
    #[serde(alias = "keep_firing_for", deserialize_with = "number")]
    pub keep_firing_for: f64,
    /// Its labels.
    #[serde(deserialize_with = "texts")]
    pub labels: BTreeMap<String, String>,
    /// Its annotations, not yet filled in.
    #[serde(deserialize_with = "texts")]
    pub annotations: BTreeMap<String, String>,
    /// What it alerts of now; a recording rule has none.
    pub alerts: Option<Vec<Alert>>,
    /// `ok`, `err` or `unknown`.
    #[serde(deserialize_with = "text")]
    pub health: String,
    /// Why it failed last, or nothing.
    #[serde(deserialize_with = "text")]
    pub last_error: String,
    /// `inactive`, `pending` or `firing`; nothing for a recording rule.
    #[serde(deserialize_with = "text")]
    pub state: String,
    /// When it was last evaluated, RFC 3339; Go's zero time where it was not.
    #[serde(deserialize_with = "text")]
    pub last_evaluation: String,
    /// How long that took, seconds.
    #[serde(deserialize_with = "number")]
    pub evaluation_time: f64,
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
    #[serde(deserialize_with = "texts")]
    pub labels: BTreeMap<String, String>,
    /// Its annotations, filled in.
    #[serde(deserialize_with = "texts")]
    pub annotations: BTreeMap<String, String>,
    /// `pending` or `firing`.
    #[serde(deserialize_with = "text")]
    pub state: String,
    /// Since when, RFC 3339.
    #[serde(deserialize_with = "text")]
    pub active_at: String,
    /// Since when only `keep_firing_for` keeps it firing, RFC 3339, or nothing.
    #[serde(deserialize_with = "text")]
    pub keep_firing_since: String,
    /// The expression's value, as text.
    #[serde(deserialize_with = "text")]
    pub value: String,
}

/// `null` for a list without anything in it, as Go writes it.
fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Text, or what stands in its place as text.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(plain(Value::deserialize(from)?))
}

fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        _ => BTreeMap::new(),
    })
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A number, as such or as text; 0 for what is none.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number.as_f64().unwrap_or_default(),
        Value::String(text) => text.parse().unwrap_or_default(),
        _ => 0.0,
    })
}
