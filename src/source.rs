//! Where series come from. A source is told what to watch and answers with series; it never waits for the screen and the
//! screen never waits for it. May use everything up to `layout`.

mod absence;
pub mod access;
mod alarms;
pub mod alertmanager;
mod cache;
mod control;
mod discovery;
mod evaluate;
pub mod fetch;
pub mod file_sd;
mod holdings;
pub mod http;
mod inbox;
mod owner;
pub mod prometheus;
mod replay;
mod schedule;
mod scrape;
mod target;

use std::sync::Arc;

pub use cache::{Missing, RangeCache};
pub use control::{Control, Handle, SourceError};
pub use owner::{Seed, Seeds};
pub use replay::Replay;
pub use schedule::Clock;
pub use scrape::{ScrapeOptions, default_timeout, start};
pub use target::{DEFAULT_JOB, DEFAULT_PATH, DnsName, Target, TargetError, TargetFault};

use reqwest::Url;
use target::PREFIX;

use crate::promql::Query;
use crate::rules::{RuleStatus, Transition};
use crate::series::{Labels, Series, Timestamp, Window};

/// What is in sight, and so what is to be kept fresh. A newer plan replaces the older one; answers to an older one are
/// dropped by their revision.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Ascending; the answer carries it back.
    pub revision: u64,
    /// The panels in sight, the most wanted first.
    pub asks: Vec<Ask>,
    /// Variables whose values are wanted.
    pub variables: Vec<VariableAsk>,
    /// Length of the time range, ms.
    pub range: i64,
    /// Distance between steps, ms; windows are aligned to it.
    pub step: i64,
    /// The end of the time range: `None` for the newest data, else a fixed time (frozen or panned).
    pub end: Option<Timestamp>,
}

/// The queries of one panel.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Names the panel in the answer; means nothing to the source.
    pub key: u32,
    /// Its queries.
    pub queries: Arc<[Query]>,
    /// Whether the range is wanted besides the newest value.
    pub shape: Shape,
}

/// What of a query is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The value now, and at every step of the range.
    Range,
    /// The value now.
    Instant,
}

/// A variable whose values are wanted.
#[derive(Debug, Clone)]
pub struct VariableAsk {
    /// The dashboard's id and the variable's name, to be handed back.
    pub key: (String, String),
    /// Selects the series that carry the values.
    pub selector: Query,
    /// What of them is wanted.
    pub lists: Listing,
}

/// What of the labels of series is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// The names of all of them.
    Names,
    /// The values of the label of this name.
    Values(String),
    /// What the targets say of their metrics, whatever is selected: name, a blank, type, two blanks, help.
    Help,
}

/// What a source tells.
#[derive(Debug, Clone)]
pub enum Event {
    /// A panel's series.
    Answer(Answer),
    /// Values of a variable, sorted.
    Variable {
        /// As asked.
        key: (String, String),
        /// The values, made safe for the screen.
        values: Vec<Arc<str>>,
    },
    /// How the source itself is.
    Status(Box<Status>),
    /// How the rules stand.
    Alerts(Box<AlertReport>),
}

/// How the rules stand, and what changed since the last report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertReport {
    /// When this was put together.
    pub at: Timestamp,
    /// Every rule with its alerts, in the order of their groups.
    pub rules: Vec<RuleStatus>,
    /// What changed since the last report, in the order in which it happened.
    pub transitions: Vec<Transition>,
    /// Why the rules could not be asked for, safe for the screen; the rules are then those of the last good report.
    pub trouble: Option<String>,
}

/// The series of one panel.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Of the plan.
    pub revision: u64,
    /// Of the ask.
    pub key: u32,
    /// The steps that the range results belong to.
    pub window: Window,
    /// The time at which the newest values were taken.
    pub at: Timestamp,
    /// One for each query of the ask, in order.
    pub replies: Vec<Result<Reply, Fault>>,
}

/// The result of one query.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// One a series, over the answer's window; empty for [`Shape::Instant`].
    pub range: Vec<Series>,
    /// The values now.
    pub now: Vec<(Labels, f64)>,
    /// How many series are not in here because there are more than anyone can tell apart; those with the largest and the
    /// smallest newest values are.
    pub left_out: usize,
    /// Why there is nothing, where there is nothing at all.
    pub absence: Option<Absence>,
    /// Time of the newest sample where every series that the query reads has ended: a `rate(x[5m])` goes on for five
    /// minutes after the last of them, and is no news by then.
    pub ended: Option<Timestamp>,
    /// Warnings and remarks of the server that was asked, safe to show.
    pub notes: Vec<String>,
}

/// Why a query failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The query cannot be evaluated.
    #[error("query failed: {0}")]
    Query(String),
    /// The source did not answer.
    #[error("source down: {0}")]
    Down(String),
}

/// Why a query has no result although nothing failed. [`Absence::words`] is what the panel says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// Nothing was scraped yet.
    Waiting,
    /// Every target is down.
    AllDown {
        /// How many targets there are.
        targets: usize,
    },
    /// No target exposes the metric.
    NotExposed {
        /// The metric's name as the catalogue or the query has it.
        metric: String,
        /// How many targets are up and were looked at.
        targets: usize,
        /// How many of them expose nothing at all.
        silent: usize,
    },
    /// Targets announce the metric but have no sample of it.
    Declared {
        /// The metric's name.
        metric: String,
        /// How many targets announce it.
        targets: usize,
    },
    /// The metric is there, but no series satisfies the matchers.
    NoMatch {
        /// The selector as the query has it.
        selector: String,
    },
    /// Series are there, but a rate needs more samples than there are yet.
    TooFew {
        /// The metric's name.
        metric: String,
        /// When its first sample was taken, where that is known.
        since: Option<Timestamp>,
    },
    /// Series are there, but their samples are so far apart that no window of the query holds two.
    TooSparse {
        /// The metric's name.
        metric: String,
        /// The window's length, ms.
        window: i64,
        /// Time between two samples, ms.
        every: i64,
    },
    /// There were samples, but none lies in the window.
    Gone {
        /// The metric's name.
        metric: String,
        /// Time of the newest sample.
        last: Timestamp,
    },
    /// Samples are there, yet the query's conditions leave nothing.
    Filtered,
}

/// How the source is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// When this was put together.
    pub at: Timestamp,
    /// Every target, in the order given.
    pub targets: Vec<TargetStatus>,
    /// Series in the store.
    pub series: usize,
    /// Samples in the store.
    pub samples: u64,
    /// Bytes the store takes.
    pub bytes: usize,
    /// Time of the oldest sample in the store.
    pub oldest: Option<Timestamp>,
    /// Data before this time was dropped to stay under the memory cap.
    pub cut: Option<Timestamp>,
    /// What is wrong with the target list itself (a file that cannot be read, a name that does not resolve). Safe to
    /// show; a broken file's is several lines: place and reason, the line, a caret, a hint.
    pub troubles: Vec<String>,
    /// What is odd about the target list, though nothing is lost by it.
    pub remarks: Vec<String>,
    /// The jobs that expose StreamHouse's metrics, sorted and safe to show, where the agents' own, which is the one that was
    /// given or [`DEFAULT_JOB`], is none of them. Of a server that is asked it is known once a query about that job has found nothing.
    pub jobs: Vec<String>,
    /// The Alertmanagers that the server sends alerts to, where it was asked for them and has said so. As seen from the
    /// server: they need not be reachable from here.
    pub alertmanagers: Vec<Url>,
    /// The server that is asked; `None` where targets are scraped.
    pub link: Option<Link>,
}

/// How the server that is asked is. Times are this machine's.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Its URL without credentials or query.
    pub url: String,
    /// What it calls itself, `Prometheus 2.42.0` for example, once it has said so.
    pub version: Option<String>,
    /// Whether it answers.
    pub health: Health,
    /// Since when `health` is what it is.
    pub since: Timestamp,
    /// When it last answered.
    pub last_success: Option<Timestamp>,
    /// Since when it owes an answer, where that is longer than is usual for it. It may hang, or be slow this once; it is
    /// not down before the request's time is up.
    pub silent: Option<Timestamp>,
    /// When it is asked again; only while it is down.
    pub next_try: Option<Timestamp>,
    /// How long it took to answer all of the last plan that it answered, ms.
    pub took: f64,
    /// How far its clock is ahead of this machine's, ms; 0 while that is too little to be sure of.
    pub skew: i64,
    /// Whether its certificate is taken whatever it is.
    pub insecure: bool,
    /// Bytes that it has sent, decompressed.
    pub bytes: u64,
    /// Requests that it was sent.
    pub requests: u64,
    /// What the last plan that it answered took of both.
    pub last: Traffic,
}

/// What went over the line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes that came, decompressed.
    pub bytes: u64,
    /// Requests that went.
    pub requests: u64,
}

/// Whether a target answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Not asked yet, or the first answer is outstanding.
    Unknown,
    /// The last scrape was good.
    Up,
    /// The last scrape failed.
    Down {
        /// In words, without credentials.
        reason: String,
    },
}

/// How one target is.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetStatus {
    /// Its URL without credentials or query.
    pub url: String,
    /// Label `job`.
    pub job: String,
    /// Label `instance`.
    pub instance: String,
    /// Whether it answers.
    pub health: Health,
    /// Since when `health` is what it is.
    pub since: Timestamp,
    /// When the last scrape began.
    pub last_scrape: Option<Timestamp>,
    /// When the last good scrape began.
    pub last_success: Option<Timestamp>,
    /// How long the last scrape took, ms.
    pub took: f64,
    /// Samples in the last good body.
    pub samples: usize,
    /// Families in the last good body, and how many of them have no sample.
    pub families: (usize, usize),
    /// How many lines of the last body could not be read.
    pub unreadable: usize,
    /// The first of them, in words: `line 12, column 40: …`.
    pub diagnoses: Vec<String>,
}
