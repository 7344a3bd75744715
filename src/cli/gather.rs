//! Asking once: starts the source that the configuration names, waits until it has answered, and ends it.

use std::ops::AsyncFnOnce;
use std::time::Duration;

use clap::Args;
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::answer::{Document, SCHEMA, SourceWords, remark, time};
use super::{Failure, config, demo, opening, screen};
use crate::app;
use crate::config::{Config, Flags, Source, duration};
use crate::demo::Scenario;
use crate::promql::{Query, parse_duration};
use crate::runtime::{system_clock, time_zone};
use crate::series::Timestamp;
use crate::source::prometheus::{self, PrometheusOptions, RulesFrom};
use crate::source::{
    Clock, Control, DEFAULT_JOB, Event, Handle, Health, Plan, ScrapeOptions, SourceError, Status, TargetStatus, start,
};

/// Longest time between two scrapes while something is waited for: the second one tells the first rates.
const OFTEN: Duration = Duration::from_secs(2);

/// How long the demo may take to make its history, besides what is waited for answers.
const HISTORY: Duration = Duration::from_secs(60);

/// Whom to ask, and how long to wait.
#[derive(Debug, Args)]
pub(super) struct Asking {
    /// A simulated cluster with its history, instead of a source: s3-outage, calm or split-brain
    #[arg(
        long,
        value_name = "SCENARIO",
        conflicts_with_all = ["target", "targets", "dns", "prometheus", "context"]
    )]
    demo: Option<Scenario>,
    /// How long to wait for answers; what is not known by then is told as not known
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    wait: i64,
    /// Scrape for so long before answering: rates over minutes and `for` need to have seen them
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "demo")]
    watch: Option<i64>,
    #[command(flatten)]
    flags: Flags,
}

/// What of the source is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// The targets, each with its state.
    Targets,
    /// Series.
    Series,
    /// The rules with their alerts.
    Alerts,
}

/// A source that is asked, and what is known about it.
pub(super) struct Session {
    pub(super) config: Config,
    pub(super) origin: app::Origin,
    pub(super) clock: Clock,
    /// How the source is, once it has said so.
    pub(super) status: Option<Status>,
    /// Whether time ran out before all was answered.
    pub(super) late: bool,
    control: Control,
    events: tokio::sync::mpsc::Receiver<Event>,
    needs: Needs,
    /// Whether more targets may be found than there are.
    may_grow: bool,
    /// The first good scrape of each target, and whether there was another.
    scraped: FxHashMap<(String, String), (Timestamp, bool)>,
    began: Instant,
    /// When that was by the clock; of the demo, when its history was made.
    opened: Timestamp,
    /// Distance of the times at which subqueries of the rules look, ms; 0 where there are none.
    grid: i64,
    patience: Duration,
    deadline: Instant,
    watched: Instant,
}

impl Asking {
    /// Whether the answer is about invented data.
    pub(super) const fn is_demo(&self) -> bool {
        self.demo.is_some()
    }

    /// What the flags, environment and file come to. Remarks go to standard error.
    fn config(&self) -> Result<Config, Failure> {
        let resolve = if self.is_demo() { Config::without_context } else { Config::resolve };
        config::load_telling(&self.flags, resolve)
    }
}

/// Starts the source, lets `work` ask it, and ends it.
pub(super) fn ask<T>(
    asking: &Asking,
    needs: Needs,
    work: impl AsyncFnOnce(&mut Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let config = asking.config()?;
    let runtime = screen::runtime()?;
    let result = runtime.block_on(async {
        let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let mut session = Session::open(asking, config, needs, &cancel, &mut tasks).await?;
        let result = work(&mut session).await;
        cancel.cancel();
        drop(session);
        tasks.shutdown().await;
        result
    });
    screen::end(runtime);
    result
}

impl Session {
    async fn open(
        asking: &Asking,
        config: Config,
        needs: Needs,
        cancel: &CancellationToken,
        tasks: &mut JoinSet<()>,
    ) -> Result<Self, Failure> {
        let clock = system_clock();
        let opened = clock();
        let mut origin = app::Origin::Scrape;
        let mut options = opening::scrape_options(&config.context.scraping);
        options.access.clone_from(&config.context.access);
        options.rules = if needs == Needs::Targets { Vec::new() } else { opening::rule_files(&config.context)? };
        let most = asking.wait / 2;
        let rules = options.rules.clone();
        let each = rules.iter().flat_map(|f| &f.groups).flat_map(|g| &g.rules);
        let grid = each.filter_map(|r| subquery_step(r.query.text())).filter(|s| *s <= most).max().unwrap_or(0);
        let mut may_grow = false;
        let handle = match (&asking.demo, &config.context.source) {
            (Some(scenario), _) => {
                origin = app::Origin::Demo(scenario.to_string());
                demo::attach(*scenario, 1, &clock, &mut options, tasks).await?;
                start(options, clock.clone(), cancel, tasks)
            }
            (None, Some(Source::Scrape { targets, files, dns })) => {
                options.targets.clone_from(targets);
                options.files.clone_from(files);
                options.dns.clone_from(dns);
                options.job.clone_from(&config.context.job);
                may_grow = !dns.is_empty();
                hurry(&mut options, asking.watch.is_some());
                start(options, clock.clone(), cancel, tasks)
            }
            (None, Some(Source::Prometheus(url))) => {
                let scraping = &config.context.scraping;
                let mut options = PrometheusOptions::new(url.clone());
                options.access.clone_from(&config.context.access);
                options.timeout = Duration::from_millis(scraping.deadline().unsigned_abs());
                options.rules = match needs {
                    Needs::Targets => RulesFrom::Nobody,
                    Needs::Series | Needs::Alerts => RulesFrom::Server { otherwise: rules },
                };
                prometheus::start(options, clock.clone(), cancel, tasks)
            }
            (None, None) => return Err(Failure::Usage(screen::ways(&config))),
        };
        let Handle { control, events } = handle.map_err(|e| match e {
            SourceError::Nothing | SourceError::TooShort(_) | SourceError::File(_) => Failure::Usage(e.to_string()),
            SourceError::Http(_) | SourceError::Thread(_) => Failure::Run(e.into()),
        })?;
        // A server is not asked for anything, not even its targets, before there is a plan. Where one comes anyway it is not
        // to be forestalled by questions about alerts, which not every server takes.
        if needs != Needs::Series || asking.is_demo() || !matches!(config.context.source, Some(Source::Prometheus(_))) {
            control.watch(nothing());
        }
        let began = Instant::now();
        let patience = Duration::from_millis(asking.wait.unsigned_abs());
        let watch = Duration::from_millis(asking.watch.unwrap_or(0).unsigned_abs());
        Ok(Self {
            config,
            origin,
            clock,
            status: None,
            late: false,
            control,
            events,
            needs,
            may_grow,
            scraped: FxHashMap::default(),
            began,
            opened,
            grid,
            patience,
            deadline: began + if asking.is_demo() { HISTORY } else { watch + patience },
            watched: began + watch,
        })
    }

    /// Watches `plan` from now on.
    pub(super) fn watch(&self, plan: Plan) {
        self.control.watch(plan);
    }

    /// The next event; `None` when there is none before time is up.
    pub(super) async fn next(&mut self) -> Option<Event> {
        let event = self.next_until(self.deadline).await;
        self.late |= event.is_none();
        event
    }

    async fn next_until(&mut self, until: Instant) -> Option<Event> {
        let event = timeout_at(until, self.events.recv()).await.ok().flatten()?;
        if let Event::Status(status) = &event {
            if self.status.is_none() && self.is_demo() {
                // The history is made, and no agent has answered before: what counts begins here.
                self.deadline = Instant::now() + self.patience;
                self.opened = (self.clock)();
                self.control.refresh();
            }
            for target in &status.targets {
                let Some(at) = target.last_success else { continue };
                let seen = self.scraped.entry(key(target)).or_insert((at, false));
                seen.1 |= at > seen.0;
            }
            self.status = Some((**status).clone());
        }
        Some(event)
    }

    /// Waits until the source has said how it is: each target was scraped twice or failed, the server has answered or not.
    /// Every event goes to `heard`.
    pub(super) async fn settle(&mut self, mut heard: impl FnMut(Event)) {
        while !self.is_settled() {
            let Some(event) = self.next().await else { return };
            heard(event);
        }
        while Instant::now() < self.watched {
            if let Some(event) = self.next_until(self.watched).await {
                heard(event);
            }
        }
    }

    /// After [`Session::settle`]: waits until what was scraped can be judged, and scrapes once more. A report on the rules
    /// counts if it is newer than the time that comes back; `None` where any does.
    pub(super) async fn ripen(&mut self, mut heard: impl FnMut(Event)) -> Option<Timestamp> {
        let newest = self.newest().filter(|_| self.gathered().is_some() && self.outage().is_none())?;
        let mut after = newest;
        if self.grid > 0 {
            // A subquery looks at multiples of its step only: the first of them that has samples must have passed.
            let seen = self.scraped.values().map(|(first, _)| *first).max().unwrap_or(newest);
            let look = (seen / self.grid + 1) * self.grid;
            let left = Duration::from_millis((look - (self.clock)()).max(0).unsigned_abs());
            let until = (Instant::now() + left).min(self.deadline);
            while Instant::now() < until {
                if let Some(event) = self.next_until(until).await {
                    heard(event);
                }
            }
            after = after.max(look);
        }
        self.control.refresh();
        Some(after)
    }

    fn is_settled(&self) -> bool {
        let Some(status) = &self.status else { return false };
        let wants_targets = self.needs == Needs::Targets;
        match &status.link {
            Some(link) => match link.health {
                Health::Down { .. } => true,
                Health::Up => !wants_targets || !status.targets.is_empty(),
                // Whatever is asked next waits for the server anyway.
                Health::Unknown => !wants_targets,
            },
            None if status.targets.is_empty() => !self.may_grow || !status.troubles.is_empty(),
            None => status.targets.iter().all(|t| self.is_known(t)),
        }
    }

    fn is_known(&self, target: &TargetStatus) -> bool {
        if self.is_demo() && target.last_scrape.is_none_or(|at| at < self.opened) {
            // What is known of it is history.
            return false;
        }
        match target.health {
            Health::Unknown => false,
            Health::Down { .. } => true,
            Health::Up => {
                let again = self.scraped.get(&key(target)).is_some_and(|(_, again)| *again);
                again || self.is_demo() || self.needs == Needs::Targets
            }
        }
    }

    /// When the newest scrape of any target began.
    fn newest(&self) -> Option<Timestamp> {
        self.status.as_ref()?.targets.iter().filter_map(|t| t.last_scrape).max()
    }

    pub(super) fn is_demo(&self) -> bool {
        matches!(self.origin, app::Origin::Demo(_))
    }

    /// Whether a server is asked.
    pub(super) fn is_server(&self) -> bool {
        !self.is_demo() && matches!(self.config.context.source, Some(Source::Prometheus(_)))
    }

    /// For how long data was gathered here, ms; `None` where others have gathered it.
    pub(super) fn gathered(&self) -> Option<i64> {
        let is_fresh = !self.is_demo() && !self.is_server();
        is_fresh.then(|| self.began.elapsed().as_millis() as i64)
    }

    /// The time zone in which times are shown and read.
    pub(super) fn zone(&self) -> TimeZone {
        time_zone(self.config.screen.utc)
    }

    /// How many targets there are, and how many of them are up and down.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let targets = self.status.as_ref().map_or(&[][..], |s| &s.targets);
        let up = targets.iter().filter(|t| t.health == Health::Up).count();
        let down = targets.iter().filter(|t| matches!(t.health, Health::Down { .. })).count();
        (targets.len(), up, down)
    }

    /// After the rules could not be asked for: waits a moment for what the source says of itself.
    pub(super) async fn hear_of_outage(&mut self) {
        let until = Instant::now() + OFTEN;
        while self.outage().is_none() && Instant::now() < until {
            self.next_until(until).await;
        }
    }

    /// Why nothing can be known, in words; `None` where something can.
    pub(super) fn outage(&self) -> Option<String> {
        let Some(status) = &self.status else { return Some(format!("no answer within {}", self.waited())) };
        if let Some(link) = &status.link {
            return match &link.health {
                Health::Down { reason } => Some(format!("{} does not answer: {reason}", link.url)),
                Health::Unknown if self.late => Some(format!("{} did not answer within {}", link.url, self.waited())),
                _ => None,
            };
        }
        let (all, up, down) = self.counts();
        let reason = || {
            status.targets.iter().find_map(|t| match &t.health {
                Health::Down { reason } => Some(format!("{}: {reason}", t.instance)),
                _ => None,
            })
        };
        match (all, up) {
            (0, _) => Some(status.troubles.first().cloned().unwrap_or_else(|| "there are no targets".to_owned())),
            (_, 1..) => None,
            (1, 0) if down == 1 => Some(format!("the only target is down ({})", reason().unwrap_or_default())),
            (n, 0) if down == n => Some(format!("all {n} targets are down ({})", reason().unwrap_or_default())),
            (n, 0) => Some(format!("none of {n} targets answered within {}", self.waited())),
        }
    }

    fn waited(&self) -> String {
        crate::unit::duration(self.patience.as_millis() as i64)
    }

    /// What is not quite as it should be, though there is an answer.
    pub(super) fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        let Some(status) = &self.status else { return doubts };
        let (all, up, down) = self.counts();
        if status.link.is_none() && up > 0 {
            if down > 0 {
                doubts.push(format!("{down} of {all} targets are down; shtop targets tells why"));
            }
            if all > up + down {
                doubts.push(format!("{} of {all} targets have not answered within {}", all - up - down, self.waited()));
            }
        }
        // Why nothing can be known is told by itself.
        let outage = self.outage();
        let others = status.troubles.iter().chain(&status.remarks).filter(|words| Some(*words) != outage.as_ref());
        doubts.extend(others.cloned());
        doubts
    }

    /// A document of this kind, remarks told on standard error too.
    pub(super) fn document<T: serde::Serialize>(
        &self,
        kind: &'static str,
        remarks: Vec<String>,
        body: T,
    ) -> Document<T> {
        let (targets, up, down) = self.counts();
        let link = self.status.as_ref().and_then(|s| s.link.as_ref());
        let source = SourceWords {
            kind: match (&self.origin, self.is_server()) {
                (app::Origin::Demo(_), _) => "demo",
                (_, true) => "prometheus",
                (_, false) => "scrape",
            },
            context: self.config.context.name.clone(),
            url: link.map(|l| l.url.clone()),
            targets,
            up,
            down,
        };
        Document { schema: SCHEMA, kind, at: time((self.clock)()), source: Some(source), remarks, body }
    }

    /// The query as it is meant for the job under which the agents run.
    pub(super) fn for_job(&self, query: Query) -> Query {
        match &self.config.context.job {
            Some(job) if job != DEFAULT_JOB => query.with_job(DEFAULT_JOB, job),
            _ => query,
        }
    }
}

/// Tells remarks on standard error.
pub(super) fn tell(remarks: &[String]) {
    for words in remarks {
        remark(words);
    }
}

fn key(target: &TargetStatus) -> (String, String) {
    (target.url.clone(), target.job.clone())
}

/// A plan that asks for nothing.
const fn nothing() -> Plan {
    Plan { revision: 0, asks: Vec::new(), variables: Vec::new(), range: 60_000, step: 60_000, end: None }
}

/// Where an answer is waited for, the second scrape comes soon and every scrape is judged.
fn hurry(options: &mut ScrapeOptions, patient: bool) {
    if !patient {
        options.interval = options.interval.min(OFTEN);
    }
    for group in options.rules.iter_mut().flat_map(|file| &mut file.groups) {
        group.interval = Some(1);
    }
}

/// The longest step of the subqueries in `text`, ms; `None` where there is none that says its step.
fn subquery_step(text: &str) -> Option<i64> {
    let steps = text.split('[').skip(1).filter_map(|rest| {
        let (_, step) = rest.split_once(']')?.0.split_once(':')?;
        parse_duration(step.trim())
    });
    steps.max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    #[test]
    fn a_subquery_tells_when_it_looks() {
        assert_eq!(subquery_step("max_over_time(x[1m:5s]) + y[5m]"), Some(5_000));
        assert_eq!(subquery_step("rate(x{a=\"b\"}[5m])"), None);
        assert_eq!(subquery_step("x[1m:]"), None);
        let rules = rules::builtin().groups.into_iter().flat_map(|g| g.rules);
        let steps: Vec<_> = rules.filter_map(|r| subquery_step(r.query.text())).collect();
        // Half of the usual --wait. What looks at minutes cannot be waited for, and says so by having no alert yet.
        assert!(steps.iter().any(|step| *step <= 5_000), "{steps:?}");
    }
}
