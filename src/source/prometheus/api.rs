//! Prometheus' HTTP API (prometheus.io/docs/prometheus/latest/querying/api), as its kin speak it too. Uses `http` and
//! `series`.

mod document;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Url;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

pub use document::{
    ActiveAlertmanager, ActiveTarget, Alert, Alertmanagers, Alerts, BuildInfo, Counted, Metadata, Rule, RuleGroup,
    RuleGroups, RuntimeInfo, Targets, TsdbStatus,
};

use super::parse::{self, Said};
use crate::series::{Series, Timestamp, Window};
use crate::source::http::{Body, Client, HttpFault, Request};

/// Largest body that is read, after decompression.
const MAX_BODY: usize = 64 << 20;

/// A body beyond this size is read in a thread of its own: it would hold up the others.
const LARGE: usize = 256 << 10;

/// Most steps that a query may ask for; Prometheus refuses 11,000 and more.
pub const MOST_STEPS: usize = 10_999;

/// Kinds of error that are about the query, whatever the HTTP status.
const ABOUT_QUERY: [&str; 5] = ["bad_data", "execution", "timeout", "canceled", "query"];

/// Why the API did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiFault {
    /// No answer of the API came.
    #[error(transparent)]
    Http(HttpFault),
    /// The API refuses this query, or failed at it; it answers others.
    #[error("{message}")]
    Query {
        /// Prometheus' word for the kind: `bad_data`, `execution`, `timeout`, …
        kind: String,
        /// Its text, safe to show.
        message: String,
    },
    /// What came is not an answer of this API.
    #[error("{0}")]
    Content(String),
}

impl ApiFault {
    /// The reason and what to do about it.
    pub fn words(&self) -> String {
        match self {
            Self::Http(fault) => match fault.hint() {
                Some(hint) => format!("{fault}; {hint}"),
                None => fault.to_string(),
            },
            other => other.to_string(),
        }
    }

    /// Whether any other request would fare the same: `None` where only time can tell, as of one that took too long.
    pub(super) fn is_general(&self) -> Option<bool> {
        match self {
            Self::Query { .. } | Self::Http(HttpFault::TooLarge(_)) => Some(false),
            Self::Http(
                HttpFault::NoAnswer(_)
                | HttpFault::Incomplete(_)
                | HttpFault::Cut
                | HttpFault::Closed
                | HttpFault::Encoding
                | HttpFault::Crowded
                | HttpFault::Content(_)
                | HttpFault::Other(_),
            )
            | Self::Content(_) => None,
            Self::Http(HttpFault::Status { code, .. }) => {
                (!matches!(code, 400 | 413 | 414 | 422 | 500)).then_some(true)
            }
            Self::Http(_) => Some(true),
        }
    }

    /// For how long the server asks to be left alone.
    pub fn rest(&self) -> Option<Duration> {
        match self {
            Self::Http(fault) => fault.rest(),
            _ => None,
        }
    }

    /// Whether the server keeps it from us.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Http(HttpFault::Status { code: 403, .. } | HttpFault::Denied { code: 403, .. }))
    }

    /// Whether the server has no such thing or keeps it from us, rather than failing at it.
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Query { .. } => true,
            Self::Http(HttpFault::Status { code, .. } | HttpFault::Denied { code, .. }) => {
                matches!(code, 400 | 403 | 404 | 405 | 422 | 501)
            }
            Self::Http(_) | Self::Content(_) => false,
        }
    }
}

/// An answer, and what came with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told<T> {
    /// What was asked for.
    pub data: T,
    /// Warnings and remarks of the server, safe to show.
    pub notes: Vec<String>,
    /// Size of the body, in bytes.
    pub bytes: usize,
    /// The server's time when it answered, ms since the epoch, to the second; and when that was here.
    pub date: Option<(Timestamp, Instant)>,
}

impl<T> Told<T> {
    /// The same with something else made of the data.
    pub(super) fn map<U>(self, make: impl FnOnce(T) -> U) -> Told<U> {
        Told { data: make(self.data), notes: self.notes, bytes: self.bytes, date: self.date }
    }
}

/// A server's API.
#[derive(Debug)]
pub struct Api {
    client: Client,
    base: Url,
    /// Whether the server takes no POST.
    only_get: AtomicBool,
}

impl Api {
    /// The API of the server at `url`: with a path prefix or not, with `/api/v1` behind it or not.
    pub fn new(client: Client, url: &Url) -> Self {
        Self { client, base: base(url), only_get: AtomicBool::new(false) }
    }

    /// The server's URL, without `/api/v1` and without anything secret.
    pub fn url(&self) -> String {
        let text = self.base.as_str().trim_end_matches('/');
        text.strip_suffix("/api/v1").unwrap_or(text).to_owned()
    }

    /// The same as a URL, as it was given.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// The value of `query` at `at`: one series each, of one step.
    ///
    /// # Errors
    /// See [`ApiFault`]; the same for all the others.
    pub async fn query(&self, query: &str, at: Timestamp) -> Result<Told<Vec<Series>>, ApiFault> {
        let fields = [("query", query.to_owned()), ("time", seconds(at)), self.patience()];
        self.series("query", &fields, Window::instant(at)).await
    }

    /// The values of `query` at the steps of `window`, of which there may be [`MOST_STEPS`].
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn query_range(&self, query: &str, window: Window) -> Result<Told<Vec<Series>>, ApiFault> {
        let step = seconds(window.step);
        let fields = [
            ("query", query.to_owned()),
            ("start", seconds(window.start)),
            ("end", seconds(window.end)),
            ("step", step),
            self.patience(),
        ];
        self.series("query_range", &fields, window).await
    }

    /// The label sets of the series that match any of `matches` and have samples from `from` to `to`.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn find(
        &self,
        matches: &[String],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Told<Vec<BTreeMap<String, String>>>, ApiFault> {
        self.get(&["series"], &among(matches, from, to)).await
    }

    /// The names of the labels of those series.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn labels(
        &self,
        matches: &[String],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Told<Vec<String>>, ApiFault> {
        self.get(&["labels"], &among(matches, from, to)).await
    }

    /// The values that label `name` has in those series.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn label_values(
        &self,
        name: &str,
        matches: &[String],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Told<Vec<String>>, ApiFault> {
        self.get(&["label", name, "values"], &among(matches, from, to)).await
    }

    /// What the targets say of their metrics: of `metric`, or of all.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn metadata(&self, metric: Option<&str>) -> Result<Told<BTreeMap<String, Vec<Metadata>>>, ApiFault> {
        let fields: Vec<_> = metric.map(|m| ("metric", m.to_owned())).into_iter().collect();
        self.get(&["metadata"], &fields).await
    }

    /// The rules that are loaded, with their alerts.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn rules(&self) -> Result<Told<RuleGroups>, ApiFault> {
        self.get(&["rules"], &[]).await
    }

    /// The alerting rules alone; a server that does not know the difference answers with all.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn alerting_rules(&self) -> Result<Told<RuleGroups>, ApiFault> {
        self.get(&["rules"], &[("type", "alert".to_owned())]).await
    }

    /// What is pending or firing.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn alerts(&self) -> Result<Told<Alerts>, ApiFault> {
        self.get(&["alerts"], &[]).await
    }

    /// Where alerts are sent to.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn alertmanagers(&self) -> Result<Told<Alertmanagers>, ApiFault> {
        self.get(&["alertmanagers"], &[]).await
    }

    /// What is scraped.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn targets(&self) -> Result<Told<Targets>, ApiFault> {
        self.get(&["targets"], &[("state", "active".to_owned())]).await
    }

    /// What the server is.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn build_info(&self) -> Result<Told<BuildInfo>, ApiFault> {
        self.get(&["status", "buildinfo"], &[]).await
    }

    /// How the server runs.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn runtime_info(&self) -> Result<Told<RuntimeInfo>, ApiFault> {
        self.get(&["status", "runtimeinfo"], &[]).await
    }

    /// Where the server's series are.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn tsdb_status(&self) -> Result<Told<TsdbStatus>, ApiFault> {
        self.get(&["status", "tsdb"], &[]).await
    }

    /// The server's time, ms since the epoch, to the ms.
    ///
    /// # Errors
    /// See [`ApiFault`].
    pub async fn now(&self) -> Result<Told<Option<Timestamp>>, ApiFault> {
        let fields = [("query", "time()".to_owned()), self.patience()];
        let told = self.series("query", &fields, Window::instant(0)).await?;
        let seconds = told.data.first().and_then(Series::last).map(|(_, seconds)| seconds);
        let data = seconds.map(|seconds| (seconds * 1000.0) as Timestamp);
        Ok(Told { data, notes: told.notes, bytes: told.bytes, date: told.date })
    }

    /// The server is to give up when nobody waits any more.
    fn patience(&self) -> (&'static str, String) {
        ("timeout", format!("{}ms", self.client.timeout().as_millis().max(1)))
    }

    async fn series(
        &self,
        path: &str,
        fields: &[(&str, String)],
        window: Window,
    ) -> Result<Told<Vec<Series>>, ApiFault> {
        let url = self.at(&[path]);
        if !self.only_get.load(Ordering::Relaxed) {
            let asked = self.ask(&Request::post_form(url.clone(), fields), move |b| parse::series(b, window)).await;
            match asked {
                Err(ApiFault::Http(HttpFault::Status { code: 405 | 501, .. })) => {
                    self.only_get.store(true, Ordering::Relaxed);
                }
                other => return other,
            }
        }
        self.ask(&Request::get(with(url, fields)), move |body| parse::series(body, window)).await
    }

    async fn get<T>(&self, path: &[&str], fields: &[(&str, String)]) -> Result<Told<T>, ApiFault>
    where
        T: DeserializeOwned + Default + Send + 'static,
    {
        self.ask(&Request::get(with(self.at(path), fields)), parse::document).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        request: &Request,
        read: impl Fn(&[u8]) -> Result<Said<T>, String> + Send + 'static,
    ) -> Result<Told<T>, ApiFault> {
        let answer = self.client.send(request).await.map_err(ApiFault::Http)?;
        let date = answer.date.map(|date| (date, Instant::now()));
        let (fault, body) = answer.json(MAX_BODY).await.map_err(ApiFault::Http)?;
        let bytes = body.len();
        let (kind, message, fault) = match (apart(body, read).await, fault) {
            (Ok(Said::Success { data, notes }), None) => return Ok(Told { data, notes, bytes, date }),
            (Ok(Said::Error { kind, message }), fault) => (kind, message, fault),
            // JSON, but of something else: the status is all there is to say.
            (_, Some(fault)) => return Err(ApiFault::Http(fault)),
            (Err(words), None) => return Err(ApiFault::Content(words)),
        };
        Err(match fault {
            Some(fault) if !is_about_query(&fault, &kind) => ApiFault::Http(fault.saying(&message)),
            _ if message.is_empty() => ApiFault::Query { message: format!("the server says only {kind:?}"), kind },
            _ => ApiFault::Query { kind, message },
        })
    }

    fn at(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // Fails for URLs that have no path, which neither http nor https is.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

fn is_about_query(fault: &HttpFault, kind: &str) -> bool {
    ABOUT_QUERY.contains(&kind) || matches!(fault, HttpFault::Status { code: 400 | 422, .. })
}

async fn apart<T: Send + 'static>(
    body: Body,
    read: impl Fn(&[u8]) -> Result<Said<T>, String> + Send + 'static,
) -> Result<Said<T>, String> {
    if body.len() < LARGE {
        return read(&body);
    }
    tokio::task::spawn_blocking(move || read(&body)).await.unwrap_or_else(|e| Err(e.to_string()))
}

/// `https://host/prefix/api/v1` from what people paste.
fn base(url: &Url) -> Url {
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    // Neither fails: there is a host.
    base.set_username("").ok();
    base.set_password(None).ok();
    let path = url.path().trim_end_matches('/');
    let path = ["/api/v1", "/api", "/graph"].into_iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
    base.set_path(&format!("{}/api/v1", path.trim_end_matches('/')));
    base
}

fn with(mut url: Url, fields: &[(&str, String)]) -> Url {
    if !fields.is_empty() {
        url.query_pairs_mut().extend_pairs(fields);
    }
    url
}

fn among(matches: &[String], from: Timestamp, to: Timestamp) -> Vec<(&'static str, String)> {
    let matches = matches.iter().map(|m| ("match[]", m.clone()));
    matches.chain([("start", seconds(from)), ("end", seconds(to))]).collect()
}

/// A time or duration in seconds, exact to the ms.
fn seconds(ms: i64) -> String {
    match ms.rem_euclid(1000) {
        0 => (ms / 1000).to_string(),
        part => format!("{}.{part:03}", ms.div_euclid(1000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_found_however_the_url_is_written() {
        let table = [
            ("http://prom:9090", "http://prom:9090/api/v1"),
            ("http://prom:9090/", "http://prom:9090/api/v1"),
            ("https://host/prometheus", "https://host/prometheus/api/v1"),
            ("https://host/prometheus/", "https://host/prometheus/api/v1"),
            ("https://host/prometheus/api/v1", "https://host/prometheus/api/v1"),
            ("https://host/prometheus/api/v1/", "https://host/prometheus/api/v1"),
            ("https://host/select/0/prometheus/api", "https://host/select/0/prometheus/api/v1"),
            ("https://host/graph?g0.expr=up#x", "https://host/api/v1"),
            ("https://dev:hunter2@host", "https://host/api/v1"),
        ];
        for (written, found) in table {
            assert_eq!(base(&written.parse().expect("a URL")).as_str(), found, "{written}");
        }
    }

    #[test]
    fn times_are_exact() {
        for (ms, text) in [(0, "0"), (1_500, "1.500"), (1_795_351_698_007, "1795351698.007"), (15_000, "15")] {
            assert_eq!(seconds(ms), text);
        }
    }
}
