//! Requests to one Alertmanager. Uses `access`, `http` and `series`.

use std::sync::Arc;

use reqwest::Url;

use super::draft::SilenceDraft;
use super::matcher::SilenceMatcher;
use super::silence::Silence;
use super::{AlertmanagerAlert, Listed, ServerStatus, amtool, wire};
use crate::series::Timestamp;
use crate::source::access::{Login, Secret};
use crate::source::http::{Body, Client, HttpFault, Request};
use crate::source::target::percent_decoded;

/// Largest answer that is read, bytes.
const MAX_BODY: usize = 32 << 20;

/// Largest answer to a write that is read, bytes.
const MAX_RECEIPT: usize = 64 << 10;

/// What a URL may end in that someone copied from somewhere: the API is below what comes before it.
const ENDS: [&str; 2] = ["/api/v2", "/api/v1"];

/// Asks one Alertmanager.
#[derive(Clone)]
pub struct AlertmanagerClient {
    http: Arc<Client>,
    base: Url,
    login: Option<Login>,
}

/// Which alerts are asked for. The default: all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertFilter {
    /// Alerts of these kinds are left out.
    pub without: Vec<Kind>,
    /// Only alerts that satisfy all of these.
    pub matchers: Vec<SilenceMatcher>,
    /// Only alerts that go to receivers whose name matches this pattern, anchored at both ends.
    pub receiver: Option<String>,
}

/// What can be left out of the alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Those that are notified of.
    Active,
    /// Those that a silence mutes.
    Silenced,
    /// Those that other alerts mute.
    Inhibited,
    /// Those about which nothing was done yet.
    Unprocessed,
}

impl Kind {
    fn parameter(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Silenced => "silenced",
            Self::Inhibited => "inhibited",
            Self::Unprocessed => "unprocessed",
        }
    }
}

impl AlertmanagerClient {
    /// Asks the Alertmanager at `base`, which may have a path and end in a slash or not. Credentials in it are used instead
    /// of the login that `http` has, and are never shown.
    pub fn new(base: &Url, http: Arc<Client>) -> Self {
        let login = (!base.username().is_empty() || base.password().is_some()).then(|| Login::Basic {
            user: percent_decoded(base.username()),
            password: Secret::Plain(percent_decoded(base.password().unwrap_or_default())),
        });
        let mut base = amtool::without_credentials(base);
        let path = base.path().trim_end_matches('/');
        let path = ENDS.iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path).to_owned();
        base.set_path(&path);
        Self { http, base, login }
    }

    /// The URL below which the API is, without credentials.
    pub fn url(&self) -> &Url {
        &self.base
    }

    /// The alerts that are not over, at most [`MAX_ALERTS`](super::MAX_ALERTS).
    ///
    /// # Errors
    /// Whatever kept them from coming; safe to show.
    pub async fn alerts(&self, filter: &AlertFilter) -> Result<Listed<AlertmanagerAlert>, HttpFault> {
        self.dated_alerts(filter).await.map(|(alerts, _)| alerts)
    }

    /// The same, and what time the server has.
    pub(super) async fn dated_alerts(
        &self,
        filter: &AlertFilter,
    ) -> Result<(Listed<AlertmanagerAlert>, Option<Timestamp>), HttpFault> {
        let mut url = self.endpoint(&["alerts"]);
        for kind in &filter.without {
            url.query_pairs_mut().append_pair(kind.parameter(), "false");
        }
        append_matchers(&mut url, &filter.matchers);
        if let Some(receiver) = &filter.receiver {
            url.query_pairs_mut().append_pair("receiver", receiver);
        }
        self.read(url, "list of alerts", wire::alerts).await
    }

    /// The silences, those that are over too, at most [`MAX_SILENCES`](super::MAX_SILENCES); only those that
    /// have all of `matchers` among their own, as they are written.
    ///
    /// # Errors
    /// Whatever kept them from coming; safe to show.
    pub async fn silences(&self, matchers: &[SilenceMatcher]) -> Result<Listed<Silence>, HttpFault> {
        let mut url = self.endpoint(&["silences"]);
        append_matchers(&mut url, matchers);
        self.read(url, "list of silences", wire::silences).await.map(|(silences, _)| silences)
    }

    /// One silence.
    ///
    /// # Errors
    /// Whatever kept it from coming, 404 where there is none of this id; safe to show.
    pub async fn silence(&self, id: &str) -> Result<Silence, HttpFault> {
        self.read(self.endpoint(&["silence", id]), "silence", wire::silence).await.map(|(silence, _)| silence)
    }

    /// How the server itself is.
    ///
    /// # Errors
    /// Whatever kept it from being told; safe to show.
    pub async fn status(&self) -> Result<ServerStatus, HttpFault> {
        self.read(self.endpoint(&["status"]), "status", wire::status).await.map(|(status, _)| status)
    }

    /// The names of the receivers.
    ///
    /// # Errors
    /// Whatever kept them from coming; safe to show.
    pub async fn receivers(&self) -> Result<Listed<String>, HttpFault> {
        self.read(self.endpoint(&["receivers"]), "list of receivers", wire::receivers).await.map(|(names, _)| names)
    }

    /// Writes a silence, or changes the one that the draft is of; returns its id, which for a change may be another one.
    /// Sent once, whatever happens. What [`SilenceDraft::faults`] says is not looked at.
    ///
    /// # Errors
    /// Whatever kept it from being written, or from being known to be written; safe to show.
    pub async fn write(&self, draft: &SilenceDraft) -> Result<String, HttpFault> {
        let body = self.send(Request::post_json(self.endpoint(&["silences"]), wire::draft(draft)), MAX_RECEIPT).await?;
        wire::written(&body.0).map_err(|e| not_a("receipt for a silence", &e))
    }

    /// Ends a silence now.
    ///
    /// # Errors
    /// Whatever kept it from being ended, or from being known to be ended; safe to show.
    pub async fn expire(&self, id: &str) -> Result<(), HttpFault> {
        self.send(Request::delete(self.endpoint(&["silence", id])), MAX_RECEIPT).await.map(drop)
    }

    /// The URL of what the API calls `path`.
    fn endpoint(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // Fails only on URLs that name no host; those are not asked at all.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v2"]).extend(path);
        }
        url
    }

    /// Gets `url` and reads the answer off the runtime's threads: a long list takes a while.
    async fn read<T: Send + 'static>(
        &self,
        url: Url,
        what: &'static str,
        read: fn(&[u8]) -> Result<T, serde_json::Error>,
    ) -> Result<(T, Option<Timestamp>), HttpFault> {
        let (body, date) = self.send(Request::get(url), MAX_BODY).await?;
        let read = tokio::task::spawn_blocking(move || read(&body).map_err(|e| not_a(what, &e))).await;
        Ok((read.map_err(|e| HttpFault::Other(e.to_string()))??, date))
    }

    /// The body of an answer that is none of a failure, and what time the server has.
    async fn send(&self, request: Request, cap: usize) -> Result<(Body, Option<Timestamp>), HttpFault> {
        let request = match &self.login {
            Some(login) => request.login(login.clone()),
            None => request,
        };
        let answer = self.http.send(&request).await?;
        let date = answer.date;
        match answer.json(cap).await? {
            (None, body) => Ok((body, date)),
            (Some(fault), body) => Err(match wire::reason(&body) {
                Some(reason) => fault.saying(&reason),
                None => fault,
            }),
        }
    }
}

impl std::fmt::Debug for AlertmanagerClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AlertmanagerClient").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

fn append_matchers(url: &mut Url, matchers: &[SilenceMatcher]) {
    for matcher in matchers {
        url.query_pairs_mut().append_pair("filter", &amtool::notation(matcher));
    }
}

fn not_a(what: &str, error: &serde_json::Error) -> HttpFault {
    HttpFault::Content(if error.is_eof() {
        format!("the answer breaks off before the {what} is complete")
    } else {
        format!("the answer is no {what}: {error}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::MatchOp;
    use crate::source::access::Access;
    use crate::source::http::Options;

    fn client(base: &str) -> AlertmanagerClient {
        let options = Options { timeout: std::time::Duration::from_secs(1), idle: 1, zstd: false };
        let http = Client::new(Access::default(), options).expect("a client");
        AlertmanagerClient::new(&Url::parse(base).expect("a URL"), Arc::new(http))
    }

    #[test]
    fn the_api_is_found_below_any_base() {
        let table = [
            ("http://am:9093", "http://am:9093/api/v2/alerts"),
            ("http://am:9093/", "http://am:9093/api/v2/alerts"),
            ("http://am:9093/#/alerts?silenced=true", "http://am:9093/api/v2/alerts"),
            ("https://host/alertmanager", "https://host/alertmanager/api/v2/alerts"),
            ("https://host/a/b//", "https://host/a/b/api/v2/alerts"),
            ("https://host/a/api/v2/", "https://host/a/api/v2/alerts"),
            ("https://u:p@host/a?b=c", "https://host/a/api/v2/alerts"),
        ];
        for (base, expected) in table {
            assert_eq!(client(base).endpoint(&["alerts"]).as_str(), expected);
        }
    }

    #[test]
    fn an_id_stays_one_part_of_the_path() {
        let url = |id| client("http://am/x").endpoint(&["silence", id]).to_string();
        assert_eq!(url("a/../b?c#d"), "http://am/x/api/v2/silence/a%2F..%2Fb%3Fc%23d");
        assert_eq!(url(".."), "http://am/x/api/v2/silence");
    }

    #[test]
    fn credentials_of_a_url_become_a_login_and_are_never_shown() {
        let client = client("http://op%40s:hunt%2Fer2%@am");
        assert!(!format!("{client:?}").contains("hunt"), "{client:?}");
        let password = Secret::Plain("hunt/er2%".to_owned());
        assert_eq!(client.login, Some(Login::Basic { user: "op@s".to_owned(), password }));
    }

    #[test]
    fn matchers_are_encoded_into_the_query() {
        let mut url = Url::parse("http://am/").expect("a URL");
        append_matchers(&mut url, &[SilenceMatcher::new("a", MatchOp::NotRegex, "b&\"c")]);
        assert_eq!(url.as_str(), "http://am/?filter=a%21%7E%22b%26%5C%22c%22");
    }
}
