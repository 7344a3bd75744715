//! The source that scrapes: starts the loops, the discovery and the store's thread, and keeps the target list. Uses
//! `store` and what the source is made of.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::alarms::Alarms;
use super::control::{Control, EVENTS, Handle, SourceError, check_times};
use super::discovery::{self, News};
use super::fetch::Fetcher;
use super::inbox::{self, Message, Outlet, Roster, TargetId};
use super::owner::{Owner, Seeds};
use super::schedule::{Clock, Loop};
use super::target::{DEFAULT_JOB, DnsName, Target};
use crate::promql;
use crate::rules::{Engine, RuleFile, Settings};
use crate::store::{Created, Limits, Store};

/// Time between two evaluations of rules whose group does not say, ms.
const RULES: i64 = 15_000;

/// How many news of target files and names may wait.
const NEWS: usize = 16;

/// Longest time that a scrape may take unless it is said otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// Stack of the store's thread: queries are evaluated recursively.
const STACK: usize = 8 << 20;

/// What is scraped, and how.
pub struct ScrapeOptions {
    /// Targets given one by one.
    pub targets: Vec<Target>,
    /// Target files (`file_sd`), re-read when they change.
    pub files: Vec<PathBuf>,
    /// The job under which the agents run, which those in files whose group names none have; [`DEFAULT_JOB`] where it is
    /// not given.
    pub job: Option<String>,
    /// Names whose every address is a target.
    pub dns: Vec<DnsName>,
    /// The way to all of them. A login in a target's URL stands for the one in here.
    pub access: Access,
    /// Time between two scrapes of a target.
    pub interval: Duration,
    /// How long a scrape may take; the interval, but at most 10 s, where it is not given.
    pub timeout: Option<Duration>,
    /// What the store may hold.
    pub limits: Limits,
    /// Where a counter that appears starts from.
    pub created: Created,
    /// How old a sample an instant may still show, ms.
    pub lookback: i64,
    /// Rules that are evaluated over what was scraped.
    pub rules: Vec<RuleFile>,
    /// History that is taken in before anything else, before the first scrape too.
    pub seed: Option<Seeds>,
}

impl Default for ScrapeOptions {
    /// No targets; every 5 s; the store's default limits; 5 minutes of look-back.
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            files: Vec::new(),
            job: None,
            dns: Vec::new(),
            access: Access::default(),
            interval: Duration::from_secs(5),
            timeout: None,
            limits: Limits::default(),
            created: Created::default(),
            lookback: 300_000,
            rules: Vec::new(),
            seed: None,
        }
    }
}

/// How long a scrape may take where nobody says: the interval, but at most 10 s.
pub fn default_timeout(interval: Duration) -> Duration {
    interval.min(PATIENCE)
}

/// Starts scraping. Must be called within a tokio runtime; every task goes into `tasks` and ends with `cancel`, as does
/// the store's thread, for which one of the tasks waits.
///
/// # Errors
/// Nothing to scrape, a target file that cannot be used, or a system without threads; the texts are for the user.
pub fn start(
    options: ScrapeOptions,
    clock: Clock,
    cancel: &CancellationToken,
    tasks: &mut JoinSet<()>,
) -> Result<Handle, SourceError> {
    if options.targets.is_empty() && options.files.is_empty() && options.dns.is_empty() {
        return Err(SourceError::Nothing);
    }
    let timeout = options.timeout.unwrap_or_else(|| default_timeout(options.interval));
    check_times([(options.interval, "the scrape interval"), (timeout, "the scrape timeout")])?;
    let fetcher = Arc::new(Fetcher::new(options.access, timeout)?);
    let (news_in, news) = mpsc::channel(NEWS);
    let mut origins = vec![Origin { targets: options.targets, trouble: None }];
    let mut files = Vec::new();
    let home = options.job.unwrap_or_else(|| DEFAULT_JOB.to_owned());
    for path in options.files {
        let (file, targets) = discovery::Watched::open(path, &home)?;
        files.push((file, origins.len()));
        origins.push(Origin { targets, trouble: None });
    }
    let first_name = origins.len();
    origins.extend(options.dns.iter().map(|_| Origin { targets: Vec::new(), trouble: None }));

    let (outlet, inbox) = inbox::channel();
    let (plans, planned) = watch::channel(None);
    let (refresh, refreshed) = watch::channel(0);
    let (events_in, events) = mpsc::channel(EVENTS);
    let mut keeper = Keeper {
        origins,
        ids: FxHashMap::default(),
        last_id: 0,
        interval: options.interval,
        fetcher,
        clock: Arc::clone(&clock),
        outlet: outlet.clone(),
        refreshed,
        cancel: cancel.clone(),
        loops: JoinSet::new(),
    };
    let change = keeper.merge();
    let seeded: Vec<_> =
        keeper.origins[0].targets.iter().filter_map(|t| keeper.ids.get(t).map(|(id, _)| *id)).collect();
    let alarms = (!options.rules.is_empty()).then(|| {
        let query = promql::Options { lookback: options.lookback, ..promql::Options::default() };
        let settings = Settings { query: query.clone(), interval: RULES, ..Settings::default() };
        Alarms::new(Engine::new(options.rules, settings), query)
    });
    let owner = Owner {
        home,
        store: Store::new(options.limits),
        created: options.created,
        lookback: options.lookback,
        alarms,
        inbox,
        plans: planned,
        events: events_in,
        clock,
        cancel: cancel.clone(),
    };
    let (ended_in, ended) = oneshot::channel::<()>();
    let (taken_in, taken) = oneshot::channel::<()>();
    let (roster, seed) = (change.roster.clone(), options.seed);
    std::thread::Builder::new().name("store".to_owned()).stack_size(STACK).spawn(move || {
        owner.run(roster, seed, &seeded, taken_in);
        drop(ended_in);
    })?;
    for (file, origin) in files {
        tasks.spawn(discovery::watch(file, origin, news_in.clone(), cancel.clone()));
    }
    for (i, name) in options.dns.into_iter().enumerate() {
        tasks.spawn(discovery::resolve(name, first_name + i, discovery::lookup, news_in.clone(), cancel.clone()));
    }
    tasks.spawn(keeper.run(news, change.starts, taken));
    tasks.spawn(async move {
        // An error says that the other end is gone, which is what is waited for.
        ended.await.ok();
    });
    Ok(Handle { control: Control::new(plans, refresh, Some(outlet)), events })
}

/// A place that targets come from.
struct Origin {
    targets: Vec<Target>,
    trouble: Option<String>,
}

/// Keeps the target list and one loop a target.
struct Keeper {
    /// The flags first, then the files, then the names.
    origins: Vec<Origin>,
    ids: FxHashMap<Target, (TargetId, CancellationToken)>,
    last_id: TargetId,
    interval: Duration,
    fetcher: Arc<Fetcher>,
    clock: Clock,
    outlet: Outlet,
    refreshed: watch::Receiver<u64>,
    cancel: CancellationToken,
    loops: JoinSet<()>,
}

/// What a new target list means.
struct Change {
    roster: Roster,
    starts: Vec<Start>,
}

/// A target whose loop is to begin.
type Start = (TargetId, Target, CancellationToken);

impl Keeper {
    /// `taken` comes, or comes to nothing, when the history is in. Before that nobody is asked: what answers late because
    /// the past is still being made would look as if it were down now.
    async fn run(mut self, mut news: mpsc::Receiver<News>, first: Vec<Start>, taken: oneshot::Receiver<()>) {
        let begins = tokio::select! {
            () = self.cancel.cancelled() => false,
            _ = taken => true,
        };
        if begins {
            self.apply(first);
        }
        loop {
            tokio::select! {
                () = self.cancel.cancelled() => break,
                Some(item) = news.recv() => {
                    let origin = &mut self.origins[item.origin];
                    origin.trouble = item.trouble;
                    if let Some(targets) = item.targets {
                        origin.targets = targets;
                    }
                    let change = self.merge();
                    // First the list, then the loops: the owner drops scrapes of targets it does not know.
                    self.outlet.send(Message::Roster(change.roster)).await;
                    self.apply(change.starts);
                }
                Some(_) = self.loops.join_next() => {}
            }
        }
        self.loops.shutdown().await;
        self.outlet.nudge();
    }

    /// One list from all origins: duplicates out, loops of targets that left stopped, new ones named.
    fn merge(&mut self) -> Change {
        let mut roster = Roster::default();
        let mut starts = Vec::new();
        let mut ids = FxHashMap::default();
        let mut times: Vec<(Target, usize)> = Vec::new();
        let mut owners: FxHashMap<_, Target> = FxHashMap::default();
        for target in self.origins.iter().flat_map(|o| &o.targets) {
            if ids.contains_key(target) {
                match times.iter_mut().find(|(t, _)| t == target) {
                    Some((_, n)) => *n += 1,
                    None => times.push((target.clone(), 2)),
                }
                continue;
            }
            if let Some(other) = owners.insert(target.labels().clone(), target.clone()) {
                roster.troubles.push(format!(
                    "{other} and {target} have the same labels {}: their series cannot be told apart; give one of them \
                     another job",
                    target.labels()
                ));
            }
            let known = self.ids.remove(target).unwrap_or_else(|| {
                self.last_id += 1;
                let cancel = self.cancel.child_token();
                starts.push((self.last_id, target.clone(), cancel.clone()));
                (self.last_id, cancel)
            });
            roster.targets.push((known.0, target.clone()));
            ids.insert(target.clone(), known);
        }
        for (target, n) in times {
            roster.remarks.push(format!("{target} is given {n} times; it is scraped once"));
        }
        for (_, cancel) in std::mem::replace(&mut self.ids, ids).into_values() {
            cancel.cancel();
        }
        roster.troubles.extend(self.origins.iter().filter_map(|o| o.trouble.clone()));
        Change { roster, starts }
    }

    fn apply(&mut self, starts: Vec<Start>) {
        for (id, target, cancel) in starts {
            let one = Loop {
                id,
                target,
                interval: self.interval,
                clock: Arc::clone(&self.clock),
                outlet: self.outlet.clone(),
                refresh: self.refreshed.clone(),
                cancel,
            };
            let fetcher = Arc::clone(&self.fetcher);
            self.loops.spawn(one.run(move |target| {
                let fetcher = Arc::clone(&fetcher);
                async move { fetcher.fetch(&target).await }
            }));
        }
    }
}
