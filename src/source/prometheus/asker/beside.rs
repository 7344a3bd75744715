//! What is asked besides the plan, when there is room for it: the targets, and what the server is. Uses `series`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Asker;
use crate::series::{Labels, MatchOp, Series, printable};
use crate::source::PREFIX;
use crate::source::alertmanager::from_prometheus;
use crate::source::prometheus::api::{Alertmanagers, ApiFault, BuildInfo, Targets, Told};
use crate::source::prometheus::explain::among;

/// How often the targets are asked for while all are up and while some are not, and how much less often the longer their
/// list is.
const TARGETS: Duration = Duration::from_secs(30);
const TARGETS_AMISS: Duration = Duration::from_secs(5);
const BYTES_A_SECOND: f64 = 16_384.0;

/// How often it is asked where it sends alerts: it may move, and one that has just started has yet to find it.
const ALERTMANAGERS: Duration = Duration::from_secs(300);
const NO_ALERTMANAGER: Duration = Duration::from_secs(30);

/// How far back jobs are looked for, ms: servers look in whole blocks anyway.
const RECENT: i64 = 3_600_000;

/// What is asked besides the plan, and what was said.
pub(super) enum Beside {
    Targets(Result<Told<Targets>, ApiFault>),
    Up(Result<Told<Vec<Series>>, ApiFault>),
    Version(Result<Told<BuildInfo>, ApiFault>),
    Jobs(Result<Told<Vec<String>>, ApiFault>),
    Alertmanagers(Result<Told<Alertmanagers>, ApiFault>),
    Pulse(Result<Told<Vec<Series>>, ApiFault>),
}

impl Asker {
    pub(super) fn ask_beside(&mut self) {
        let (api, at) = (Arc::clone(&self.api), self.line.theirs(self.now()));
        self.line.asked();
        if self.only_up {
            let query = format!("up{}", among(&self.jobs));
            self.beside.spawn(async move { Beside::Up(api.query(&query, at).await) });
        } else {
            self.beside.spawn(async move { Beside::Targets(api.targets().await) });
        }
        if self.asks_version {
            let api = Arc::clone(&self.api);
            self.line.asked();
            self.beside.spawn(async move { Beside::Version(api.build_info().await) });
        }
        if self.alertmanagers_due.is_some_and(|due| due <= Instant::now()) {
            let api = Arc::clone(&self.api);
            self.line.asked();
            self.beside.spawn(async move { Beside::Alertmanagers(api.alertmanagers().await) });
        }
    }

    /// Asks for next to nothing, to see whether it answers.
    pub(super) fn feel_pulse(&mut self) {
        let (api, at) = (Arc::clone(&self.api), self.line.theirs(self.now()));
        self.line.asked();
        self.beside.spawn(async move { Beside::Pulse(api.query("vector(1)", at).await) });
    }

    /// Asks which jobs have StreamHouse's metrics: the one that is asked for has none.
    pub(super) fn ask_for_jobs(&mut self) {
        let (api, to) = (Arc::clone(&self.api), self.line.theirs(self.now()));
        self.line.asked();
        self.found_jobs = Some(Vec::new());
        self.beside.spawn(async move {
            let metrics = format!("{{{}{}\"{PREFIX}.+\"}}", Labels::NAME, MatchOp::Regex);
            Beside::Jobs(api.label_values("job", &[metrics], to - RECENT, to).await)
        });
    }

    pub(super) fn take_beside(&mut self, beside: Beside) {
        let now = self.now();
        // That it goes on as before is no news.
        self.status_is_new |= !matches!(beside, Beside::Pulse(Ok(_)));
        match beside {
            Beside::Targets(Ok(told)) => {
                self.heard_beside(&told);
                self.targets.listed(&told.data, &self.jobs, now, self.line.link().skew);
                self.targets_due = Instant::now() + self.patience(told.bytes);
                self.ask_up_if(self.targets.targets().is_empty());
            }
            Beside::Up(Ok(told)) => {
                self.heard_beside(&told);
                self.targets.told(&told.data, now);
                self.targets_due = Instant::now() + self.patience(told.bytes);
            }
            Beside::Version(Ok(told)) => {
                self.heard_beside(&told);
                self.asks_version = false;
                self.line.set_version(version(&told.data));
            }
            Beside::Targets(Err(fault)) => {
                self.targets_due = Instant::now() + TARGETS;
                self.failed_beside(&fault);
                self.ask_up_if(fault.is_unknown());
            }
            Beside::Up(Err(fault)) => {
                self.targets_due = Instant::now() + TARGETS;
                self.failed_beside(&fault);
            }
            Beside::Jobs(Ok(told)) => {
                self.heard_beside(&told);
                let mut jobs: Vec<_> = told.data.iter().map(|job| printable(job).into_owned()).collect();
                jobs.sort_unstable();
                jobs.dedup();
                if jobs.iter().any(|job| self.homes().any(|home| home == job)) {
                    jobs.clear();
                }
                self.found_jobs = Some(jobs);
            }
            Beside::Alertmanagers(Ok(told)) => {
                self.heard_beside(&told);
                let urls = told.data.active_alertmanagers.iter().map(|a| a.url.as_str());
                let found = from_prometheus(urls, self.api.base());
                let wait = if found.is_empty() { NO_ALERTMANAGER } else { ALERTMANAGERS };
                self.alertmanagers_due = Some(Instant::now() + wait);
                if !found.is_empty() {
                    self.alertmanagers = found;
                }
            }
            // Of its kin only some send alerts.
            Beside::Alertmanagers(Err(fault)) => {
                self.alertmanagers_due = (!fault.is_unknown()).then(|| Instant::now() + NO_ALERTMANAGER);
            }
            Beside::Pulse(Ok(told)) => self.heard_beside(&told),
            Beside::Pulse(Err(fault)) if fault.is_unknown() => self.heard = Instant::now(),
            Beside::Pulse(Err(fault)) => self.fall(&fault),
            // It is only an offer: the panels tell what is missing.
            Beside::Jobs(Err(_)) => {}
            // Whoever does not say what it is is asked no more.
            Beside::Version(Err(fault)) => self.asks_version &= !fault.is_unknown(),
        }
    }

    /// How long the targets are good for, by the size of their list.
    fn patience(&self, bytes: usize) -> Duration {
        let usual = if self.targets.all_up() { TARGETS } else { TARGETS_AMISS };
        usual.max(Duration::from_secs_f64(bytes as f64 / BYTES_A_SECOND))
    }

    pub(super) fn heard_beside<T>(&mut self, told: &Told<T>) {
        let now = self.now();
        self.heard = Instant::now();
        self.status_is_new |= self.line.up(now);
        if self.line.heard(told, now) && self.round.is_none() {
            self.due = Some(Instant::now());
        }
    }

    /// Where nothing else is asked, this is what tells how the line is.
    fn failed_beside(&mut self, fault: &ApiFault) {
        if !self.asks_anything() && !fault.is_unknown() {
            self.fall(fault);
        }
    }

    fn ask_up_if(&mut self, has_no_list: bool) {
        if has_no_list {
            self.only_up = true;
            self.targets_due = Instant::now();
        }
    }
}

fn version(build: &BuildInfo) -> Option<String> {
    if build.version.is_empty() {
        return None;
    }
    let name = if build.application.is_empty() { "Prometheus" } else { &build.application };
    Some(printable(&format!("{name} {}", build.version)).trim().chars().take(60).collect())
}
