//! What a context comes to: everything that is needed to show one cluster.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use super::address::origin;
use super::layer::Origin;
use super::paint::Paint;
use crate::source::access::Access;
use crate::source::{DnsName, Target, default_timeout};
use crate::store::Created;
use crate::unit::Span;

/// Everything that is needed to show one cluster.
#[derive(Debug, Clone)]
pub struct Context {
    /// Its name, safe for the screen; `None` where no context is used.
    pub name: Option<String>,
    /// Its colour in the header.
    pub color: Option<Paint>,
    /// Where the data comes from; `None` where nobody says.
    pub source: Option<Source>,
    /// How to reach the source.
    pub access: Access,
    /// The Alertmanager and how to reach it, where one is named.
    pub alertmanager: Option<Alertmanager>,
    /// Whether, where none is named, the one that the source sends alerts to may be asked.
    pub finds_alertmanager: bool,
    /// The job under which the agents run, where it is said; targets that name none have it already.
    pub job: Option<String>,
    /// Whether nothing may be written anywhere: no silences.
    pub read_only: bool,
    /// Who writes silences, where it is said.
    pub author: Option<String>,
    /// Rule files instead of the built-in alerts; empty for those.
    pub rules: Vec<PathBuf>,
    /// Where runbooks are looked for before the built-in ones.
    pub runbook_dir: Option<PathBuf>,
    /// Dashboards instead of the built-in ones; empty for those.
    pub layouts: Vec<PathBuf>,
    /// The time range at first, ms; `None` for each dashboard's own.
    pub range: Option<i64>,
    /// The time range at first where it is not the last while: `2h to 1h ago`. Then there is no `range`.
    pub span: Option<Span>,
    /// Scraping and keeping.
    pub scraping: Scraping,
    /// Each setting that has a value, in the order of the manual, secrets masked.
    pub settings: Vec<Resolved>,
    /// What was given and is not used, and why; safe for the screen.
    pub notes: Vec<String>,
}

/// Where the data comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A server that speaks Prometheus' HTTP API; a URL without userinfo and query, `/` or a path prefix at its end.
    Prometheus(Url),
    /// Agents, scraped directly. At least one of the three is not empty.
    Scrape {
        /// Targets one by one.
        targets: Vec<Target>,
        /// Target files (`file_sd`).
        files: Vec<PathBuf>,
        /// Names whose every address is a target.
        dns: Vec<DnsName>,
    },
}

/// An Alertmanager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alertmanager {
    /// Its URL without userinfo and query.
    pub url: Url,
    /// How to reach it. The source's credentials are among it only where both are the same server.
    pub access: Access,
}

/// How targets are scraped and samples kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scraping {
    /// Time between two scrapes of a target, or between two refreshes from a server, ms.
    pub interval: i64,
    /// How long an answer may take, where it is said, ms.
    pub timeout: Option<i64>,
    /// How old a sample may be and still count as the present, ms.
    pub lookback: i64,
    /// How long samples are kept, ms.
    pub retention: i64,
    /// How many bytes samples may take.
    pub memory: usize,
    /// Where a counter that appears between two scrapes starts from.
    pub created: Created,
}

/// A setting as it comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The key as in the file: `prometheus`, `auth.user`, `headers.X-Scope-OrgID`, `alertmanager-tls.ca`.
    pub name: String,
    /// The value in words, secrets masked, safe for the screen.
    pub value: String,
    /// Who says so.
    pub origin: Origin,
}

impl Scraping {
    /// How long an answer may take, ms: as said, else the interval but at most 10 s; never longer than the interval.
    pub fn deadline(&self) -> i64 {
        let usual = || default_timeout(Duration::from_millis(self.interval.unsigned_abs())).as_millis() as i64;
        self.timeout.unwrap_or_else(usual).min(self.interval)
    }
}

impl Context {
    /// How to reach a server that was found rather than named (an Alertmanager that Prometheus tells of): with
    /// credentials only where they were given for that very scheme, host and port.
    pub fn access_to(&self, url: &Url) -> Access {
        let alertmanager = self.alertmanager.as_ref().filter(|a| origin(&a.url) == origin(url));
        if let Some(alertmanager) = alertmanager {
            return alertmanager.access.clone();
        }
        match &self.source {
            Some(Source::Prometheus(own)) if origin(own) == origin(url) => self.access.clone(),
            _ => Access::default(),
        }
    }

    /// Who says what the setting `name` (as in [`Resolved::name`]) is; `None` where it has no value.
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.settings.iter().find(|s| s.name == name).map(|s| &s.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_longer_than_the_interval() {
        let scraping = |interval, timeout| Scraping {
            interval,
            timeout,
            lookback: 300_000,
            retention: 1,
            memory: 1,
            created: Created::FromZero,
        };
        assert_eq!(scraping(5_000, None).deadline(), 5_000);
        assert_eq!(scraping(60_000, None).deadline(), 10_000);
        assert_eq!(scraping(60_000, Some(30_000)).deadline(), 30_000);
        assert_eq!(scraping(5_000, Some(30_000)).deadline(), 5_000);
    }
}
