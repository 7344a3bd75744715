//! What a source holds: the store and its targets. Bodies go in; answers come out through `evaluate`. No tasks, no
//! channels, no clock. Uses `series`, `exposition` and `store`.

use super::absence::{Scene, Seen};
use super::fetch::{Body, ScrapeFault};
use super::inbox::{Roster, TargetId};
use super::target::{PREFIX, Target};
use super::{Health, Status, TargetStatus};
use crate::series::Timestamp;
use crate::store::{Created, Ingest, Report, Store};

/// How much data time passes between two looks for expired data, ms.
const EXPIRE: i64 = 10_000;

/// How many diagnoses of a target a status lists.
const DIAGNOSES: usize = 20;

/// The store and the targets whose scrapes are in it.
pub(super) struct Holdings {
    pub(super) store: Store,
    created: Created,
    watched: Vec<Watched>,
    troubles: Vec<String>,
    remarks: Vec<String>,
    /// The job under which the agents are said to run.
    home: String,
    /// Time of the newest scrape.
    pub(super) newest: Option<Timestamp>,
    expired: Timestamp,
}

/// One target.
struct Watched {
    id: TargetId,
    ingest: Ingest,
    status: TargetStatus,
    /// Time of the newest sample.
    last: Timestamp,
    /// Whether it answered since the last evaluation began.
    fresh: bool,
    /// Whether an evaluation has seen anything of it.
    shown: bool,
}

impl Holdings {
    pub(super) fn new(store: Store, created: Created, home: String) -> Self {
        Self {
            home,
            store,
            created,
            watched: Vec::new(),
            troubles: Vec::new(),
            remarks: Vec::new(),
            newest: None,
            expired: 0,
        }
    }

    /// Since when counts were looked at, where rates are those of the time that was; `None` for Prometheus' own reading, whose
    /// ranges are as long as they are written.
    pub(super) fn seen_since(&self) -> Option<Timestamp> {
        match self.created {
            Created::FromZero => self.store.oldest(),
            Created::AsIs => None,
        }
    }

    /// Takes a scrape in; whether the target went up or down by it, `None` for a target that is not (or no longer) known.
    pub(super) fn scraped(
        &mut self,
        id: TargetId,
        at: Timestamp,
        took_ms: f64,
        outcome: Result<Body, ScrapeFault>,
    ) -> Option<bool> {
        // A target that left the list while it was being scraped has nothing to say any more.
        let watched = self.watched.iter_mut().find(|w| w.id == id)?;
        // History may reach up to this very moment.
        let at = at.max(watched.last.saturating_add(1));
        let changed = watched.take(&mut self.store, at, took_ms, outcome);
        self.newest = self.newest.max(Some(at));
        if at >= self.expired + EXPIRE {
            self.expired = at;
            self.store.expire(at);
        }
        Some(changed)
    }

    /// Follows a new target list; whether a target left.
    pub(super) fn replace(&mut self, roster: Roster, now: Timestamp) -> bool {
        let mut before = std::mem::take(&mut self.watched);
        for (id, target) in roster.targets {
            let known = before.iter().position(|w| w.id == id).map(|i| before.swap_remove(i));
            self.watched.push(known.unwrap_or_else(|| Watched::new(id, &target, now, self.created)));
        }
        let left = !before.is_empty();
        for mut gone in before {
            let at = now.max(gone.last.saturating_add(1));
            gone.ingest.forget(&mut self.store, at);
        }
        (self.troubles, self.remarks) = (roster.troubles, roster.remarks);
        left
    }

    /// Whether every target answered since [`Holdings::seen`].
    pub(super) fn all_fresh(&self) -> bool {
        self.watched.iter().all(|w| w.fresh)
    }

    /// Whether a target answered of which nothing has been seen yet.
    pub(super) fn has_newcomer(&self) -> bool {
        self.watched.iter().any(|w| w.fresh && !w.shown)
    }

    /// From here on no answer counts as new.
    pub(super) fn seen(&mut self) {
        for watched in &mut self.watched {
            watched.shown |= watched.fresh;
            watched.fresh = false;
        }
    }

    /// What absences are explained in.
    pub(super) fn scene(&self, live: bool) -> Scene<'_> {
        let targets = self
            .watched
            .iter()
            .map(|w| Seen { health: &w.status.health, families: w.ingest.families(), samples: w.status.samples })
            .collect();
        Scene { data: &self.store, targets, live }
    }

    /// How everything is.
    pub(super) fn status(&self, now: Timestamp) -> Status {
        let footprint = self.store.footprint();
        Status {
            at: now,
            targets: self.watched.iter().map(|w| w.status.clone()).collect(),
            series: footprint.series,
            samples: footprint.samples as u64,
            bytes: footprint.bytes + self.watched.iter().map(|w| w.ingest.bytes()).sum::<usize>(),
            oldest: footprint.oldest,
            cut: footprint.cut,
            troubles: self.troubles.clone(),
            remarks: self.remarks.clone(),
            jobs: self.jobs(),
            alertmanagers: Vec::new(),
            link: None,
        }
    }

    /// The jobs that expose StreamHouse's metrics, where the agents' own has no target.
    fn jobs(&self) -> Vec<String> {
        if self.watched.iter().any(|w| w.status.job == self.home) {
            return Vec::new();
        }
        let exposes = |w: &&Watched| w.ingest.families().iter().any(|f| f.name.starts_with(PREFIX));
        let mut jobs: Vec<_> = self.watched.iter().filter(exposes).map(|w| w.status.job.clone()).collect();
        jobs.sort_unstable();
        jobs.dedup();
        jobs
    }
}

impl Watched {
    fn new(id: TargetId, target: &Target, now: Timestamp, created: Created) -> Self {
        let status = TargetStatus {
            url: target.to_string(),
            job: target.job().to_owned(),
            instance: target.instance().to_owned(),
            health: Health::Unknown,
            since: now,
            last_scrape: None,
            last_success: None,
            took: 0.0,
            samples: 0,
            families: (0, 0),
            unreadable: 0,
            diagnoses: Vec::new(),
        };
        let ingest = Ingest::new(target.labels().clone()).created(created);
        Self { id, ingest, status, last: Timestamp::MIN, fresh: false, shown: false }
    }

    /// Takes a scrape in; whether the target went up or down by it.
    fn take(&mut self, store: &mut Store, at: Timestamp, took_ms: f64, outcome: Result<Body, ScrapeFault>) -> bool {
        let report = match outcome {
            Ok(body) => {
                let report = self.ingest.scrape(store, at, took_ms, body.format, &body.bytes);
                report.map_err(|fault| ScrapeFault::content(&fault))
            }
            Err(fault) => {
                self.ingest.fail(store, at, took_ms);
                Err(fault)
            }
        };
        let status = &mut self.status;
        (self.last, self.fresh) = (at, true);
        (status.last_scrape, status.took) = (Some(at), took_ms);
        let health = match report {
            Ok(report) => {
                let families = &report.summary.families;
                status.last_success = Some(at);
                status.samples = report.samples;
                status.families = (families.len(), families.iter().filter(|f| f.samples == 0).count());
                status.unreadable = report.summary.unreadable;
                status.diagnoses = diagnoses(&report);
                Health::Up
            }
            Err(fault) => Health::Down { reason: fault.to_string() },
        };
        let changed = std::mem::discriminant(&health) != std::mem::discriminant(&status.health);
        if changed {
            status.since = at;
        }
        status.health = health;
        changed
    }
}

/// What was wrong with a body that was read: first what was not stored, then the lines that could not be read.
fn diagnoses(report: &Report) -> Vec<String> {
    let refused = &report.refused;
    let reasons = [
        (refused.duplicate, "duplicates of others"),
        (refused.out_of_order, "older than the last of their series"),
        (refused.out_of_bounds, "with a time too old or too far ahead"),
        (refused.over_limit, "of new series on a target that has too many"),
        (refused.reserved, "under names that scrapes write themselves"),
    ];
    let refused = reasons.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{n} samples not kept: {why}"));
    refused.chain(report.summary.diagnoses.iter().map(ToString::to_string)).take(DIAGNOSES).collect()
}
