//! The source that asks a Prometheus, or whatever speaks its HTTP API: Thanos, Mimir, Cortex, VictoriaMetrics. Uses
//! `series`, `promql`, `rules` and what sources are made of.
//!
//! All queries of a plan are asked at once, as many at a time as [`PrometheusOptions::concurrency`] says and in the plan's
//! order; each panel is answered when its queries are. What is asked twice is asked once, and of a range only the steps
//! that are not known yet, plus the last two of those that are: samples may have come late.
//!
//! The newest values are not asked for besides the range: they are those of the range's last step, and the plan is asked
//! again shortly after each step, so that they are new. Only where that step is older than a minute and the interval (a
//! range of days has steps of many minutes) an instant query tells them.
//!
//! Alerts are the server's own where it has alerting rules, evaluated through queries where it has none; both are asked for
//! when the panels have what they want.
//!
//! Time is the server's: windows end at what its `Date` headers say, however wrong the clock of this machine is.

mod alerts;
pub mod api;
mod asker;
mod explain;
mod line;
mod parse;
mod reckoned;
mod round;
mod served;
mod targets;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use parse::PART;

use super::access::Access;
use super::control::{Control, EVENTS, Handle, SourceError, check_times};
use super::http::{Client, Options};
use super::schedule::Clock;
use crate::rules::{self, RuleFile};
use alerts::Alerts;
use api::Api;
use asker::Asker;

/// Most requests in flight where nobody says.
const CONCURRENCY: usize = 16;

/// Which server is asked, and how.
#[derive(Debug, Clone)]
pub struct PrometheusOptions {
    /// The server: `http://prometheus:9090`, or with a path such as Mimir's `/prometheus`. No userinfo: it belongs into
    /// `access`.
    pub url: Url,
    /// The way to it.
    pub access: Access,
    /// Time between two refreshes. Where steps are further apart, one without a new step asks for the present alone.
    pub interval: Duration,
    /// How long a request may take.
    pub timeout: Duration,
    /// Most requests in flight.
    pub concurrency: usize,
    /// The jobs whose targets are listed; all where none is named, or there is no target of any of them. What the agents are
    /// said to run under, else [`DEFAULT_JOB`](super::DEFAULT_JOB).
    pub jobs: Vec<String>,
    /// Who evaluates the rules whose alerts are reported.
    pub rules: RulesFrom,
    /// Time between two evaluations of rules whose group does not say, and between two looks at the server's.
    pub evaluation_interval: Duration,
    /// Whether it is asked which Alertmanagers it sends alerts to ([`Status::alertmanagers`](super::Status::alertmanagers)).
    pub finds_alertmanagers: bool,
    /// The job that the agents run under here, where it is not [`DEFAULT_JOB`](super::DEFAULT_JOB): rules that are evaluated
    /// here name it instead.
    pub job: Option<String>,
}

/// Who evaluates the rules.
#[derive(Debug, Clone)]
pub enum RulesFrom {
    /// Nobody: there are no alerts.
    Nobody,
    /// The server. Each [`RuleStatus`](crate::rules::RuleStatus) says by its origin whether that is so.
    Server {
        /// Where it has no alerting rules at all, these are evaluated through queries, but for those that record.
        otherwise: Vec<RuleFile>,
    },
}

impl PrometheusOptions {
    /// The server at `url`, asked every 15 s with 16 requests at a time, each of which may take 5 s. Userinfo is dropped.
    /// Alerts are those of its own rules or, where it has none, of the built-in ones, evaluated every 15 s.
    pub fn new(mut url: Url) -> Self {
        // Neither fails for a URL with a host.
        url.set_username("").ok();
        url.set_password(None).ok();
        Self {
            url,
            access: Access::default(),
            interval: Duration::from_secs(15),
            timeout: Duration::from_secs(5),
            concurrency: CONCURRENCY,
            jobs: Vec::new(),
            rules: RulesFrom::Server { otherwise: vec![rules::builtin()] },
            evaluation_interval: Duration::from_secs(15),
            finds_alertmanagers: false,
            job: None,
        }
    }
}

/// Starts asking. Must be called within a tokio runtime; the task goes into `tasks` and ends with `cancel`, or when nobody
/// reads the events any more. The server need not be there: that is told, and it is tried until it is.
///
/// # Errors
/// Times too short to work with, a header that cannot be one; the texts are for the user.
pub fn start(
    options: PrometheusOptions,
    clock: Clock,
    cancel: &CancellationToken,
    tasks: &mut JoinSet<()>,
) -> Result<Handle, SourceError> {
    check_times([
        (options.interval, "the refresh interval"),
        (options.timeout, "the timeout"),
        (options.evaluation_interval, "the evaluation interval"),
    ])?;
    let insecure = options.access.tls.insecure;
    let concurrency = options.concurrency.max(1);
    let http = Options { timeout: options.timeout, idle: concurrency, zstd: true };
    let api = Api::new(Client::new(options.access, http)?, &options.url);
    let (plans, planned) = watch::channel(None);
    let (refresh, refreshed) = watch::channel(0);
    let (events_in, events) = mpsc::channel(EVENTS);
    let line = line::Line::new(api.url(), insecure, clock());
    let asker = Asker::new(
        asker::Setup {
            api: Arc::new(api),
            interval: ms(options.interval),
            concurrency,
            jobs: options.jobs,
            finds_alertmanagers: options.finds_alertmanagers,
            alerts: Alerts::new(options.rules, options.job.as_deref(), ms(options.evaluation_interval)),
            plans: planned,
            refreshed,
            clock,
            cancel: cancel.clone(),
        },
        line,
    );
    tasks.spawn(asker.run(events_in));
    Ok(Handle { control: Control::new(plans, refresh, None), events })
}

/// In ms, at most a year.
fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).min(365 * 86_400_000)
}
