//! One target's scrapes into the store.
//!
//! May use `series`, `exposition` and the rest of the store. The rules are those of Prometheus' scrape loop: labels of
//! the target win over those of the body (which keep theirs as `exported_…`), series that leave are marked stale, and
//! every scrape leaves `up` and its measurements.

mod cache;
mod digest;

use std::borrow::Cow;
use std::sync::Arc;

use self::cache::{Cache, Spot, Was};
use super::{Clock, Found, Rejected, SeriesId, Store};
use crate::exposition::{Entry, Family, Fault, Format, Memory, Part, RawSample, Reader, Summary, Type};
use crate::series::{Label, Labels, Timestamp, printable, stale_marker};

/// How far ahead of the scrape a line's own time may be, as in Prometheus: beyond lies a mistaken unit, and samples that
/// would never expire.
const AHEAD: i64 = 10 * 60_000;

/// Series a target may have unless told otherwise.
const MAX_SERIES: usize = 200_000;

/// What a counter starts from that appears on a target which was scraped before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Created {
    /// From 0 at the scrape before, so that its first increase counts: a counter that was not there a scrape ago had
    /// counted nothing, and an error that happened once would otherwise never show in `rate()` or `increase()`.
    #[default]
    FromZero,
    /// From the value it appears with, as Prometheus does without created timestamps.
    AsIs,
}

/// What one scrape came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Samples of the body that are in the store now.
    pub samples: usize,
    /// Series that were not in the scrape before.
    pub series_added: usize,
    /// What the reader had to say of the body.
    pub summary: Summary,
    /// Samples that were read and not stored, whatever the reason.
    pub rejected: usize,
    /// The same by reason.
    pub refused: Refused,
}

/// Samples that were read and not stored. `_created` lines are not among them: they are no observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refused {
    /// A series that was in the body before, or has another value at this time; the first one counts.
    pub duplicate: usize,
    /// Older than the last one of the series.
    pub out_of_order: usize,
    /// A time of its own that is older than retention or more than ten minutes ahead.
    pub out_of_bounds: usize,
    /// A new series on a target that has as many as it may.
    pub over_limit: usize,
    /// A series under the name and labels of one that the scrape itself writes, such as `up`.
    pub reserved: usize,
}

impl Refused {
    const fn all(self) -> usize {
        self.duplicate + self.out_of_order + self.out_of_bounds + self.over_limit + self.reserved
    }
}

/// The series that every scrape writes.
const REPORTED: [&str; 4] = ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_series_added"];

/// One target.
pub struct Ingest {
    target: Labels,
    created: Created,
    max_series: usize,
    clock: Option<Clock>,
    /// The series of [`REPORTED`], as long as the store has them.
    reported: Option<[SeriesId; 4]>,
    cache: Cache,
    /// When the scrape before was, if that was a good one.
    previous: Option<Timestamp>,
    /// When anything was written last.
    latest: Timestamp,
    families: Vec<Family>,
}

/// One scrape while it is taken in.
struct Scrape<'a> {
    store: &'a mut Store,
    clock: Clock,
    at: Timestamp,
    format: Format,
    reported: [SeriesId; 4],
    taken: usize,
    added: usize,
    refused: Refused,
}

impl Ingest {
    /// A target with these labels: `job`, `instance` and what else tells it from others. They are made safe to show.
    #[expect(clippy::needless_pass_by_value, reason = "a target's labels are made for it")]
    pub fn new(target: Labels) -> Self {
        let safe = target.iter().map(|l| Label { name: safe(&l.name), value: safe(&l.value) });
        Self {
            target: Labels::from_labels(safe.collect()),
            created: Created::default(),
            max_series: MAX_SERIES,
            clock: None,
            reported: None,
            cache: Cache::default(),
            previous: None,
            latest: Timestamp::MIN,
            families: Vec::new(),
        }
    }

    /// The same with another start for new counters.
    #[must_use]
    pub const fn created(mut self, created: Created) -> Self {
        self.created = created;
        self
    }

    /// The same with room for so many series; 200,000 by default. Further ones are refused and counted.
    #[must_use]
    pub const fn max_series(mut self, max: usize) -> Self {
        self.max_series = max;
        self
    }

    /// The target's labels.
    pub const fn target(&self) -> &Labels {
        &self.target
    }

    /// The families of the last good body, also those that it only declared.
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// What it takes beside the store, in bytes: the texts it knows.
    pub fn bytes(&self) -> usize {
        self.cache.bytes()
    }

    /// Takes in a body that was scraped at `at` (ms since the epoch) in `took_ms` milliseconds.
    ///
    /// # Errors
    /// A body that is no exposition; it has been recorded as a failed scrape, as by [`fail`](Self::fail).
    pub fn scrape(
        &mut self,
        store: &mut Store,
        at: Timestamp,
        took_ms: f64,
        format: Format,
        body: &[u8],
    ) -> Result<Report, Fault> {
        let (clock, reported) = self.begin(store, at);
        let mut scrape = Scrape { store, clock, at, format, reported, taken: 0, added: 0, refused: Refused::default() };
        let mut reader = Reader::new(body, format);
        while let Some(entry) = reader.next_with(&self.cache) {
            if let Entry::Sample(raw) = entry {
                self.take(&mut scrape, &raw);
            }
        }
        let Scrape { taken, added, refused, .. } = scrape;
        match reader.finish() {
            Ok(summary) => {
                self.end(store, at, reported, [1.0, took_ms / 1e3, summary.samples as f64, added as f64]);
                self.previous = Some(at);
                keep(&mut self.families, &summary.families);
                Ok(Report { samples: taken, series_added: added, summary, rejected: refused.all(), refused })
            }
            Err(fault) => {
                // A faulty body has given out no sample, so all that was there has left.
                self.end(store, at, reported, [0.0, took_ms / 1e3, 0.0, 0.0]);
                self.previous = None;
                Err(fault)
            }
        }
    }

    /// Records that a scrape at `at` failed after `took_ms` milliseconds: `up` is 0 and all other series are stale.
    pub fn fail(&mut self, store: &mut Store, at: Timestamp, took_ms: f64) {
        let (_, reported) = self.begin(store, at);
        self.end(store, at, reported, [0.0, took_ms / 1e3, 0.0, 0.0]);
        self.previous = None;
    }

    /// Records that the target is no more: all its series are stale, `up` too. What comes after is a new start.
    pub fn forget(&mut self, store: &mut Store, at: Timestamp) {
        // A target can be dropped in the very millisecond of its last scrape, and a series has one value a time.
        let at = at.max(self.latest.saturating_add(1));
        let Some(clock) = self.clock else { return };
        let (_, reported) = self.begin(store, at);
        self.end(store, at, reported, [stale_marker(); 4]);
        store.release(clock);
        *self = Self::new(self.target.clone()).created(self.created).max_series(self.max_series);
    }

    fn begin(&mut self, store: &mut Store, at: Timestamp) -> (Clock, [SeriesId; 4]) {
        let clock = *self.clock.get_or_insert_with(|| store.clock());
        store.tick(clock, at);
        self.latest = self.latest.max(at);
        let reported = self.reported.filter(|ids| ids.iter().all(|&id| store.holds(id)));
        let reported = reported
            .unwrap_or_else(|| REPORTED.map(|name| store.series_on(&self.target.with(Labels::NAME, name), clock).id()));
        self.reported = Some(reported);
        (clock, reported)
    }

    fn end(&mut self, store: &mut Store, at: Timestamp, reported: [SeriesId; 4], values: [f64; 4]) {
        self.cache.end_turn(|id| {
            // A series that is here under another spelling has a sample at this time, which stands.
            store.append(id, at, stale_marker()).ok();
        });
        for (id, v) in reported.into_iter().zip(values) {
            // Refused when the clock was set back: until it has caught up there is nothing to be recorded.
            store.append(id, at, v).ok();
        }
    }

    #[inline]
    fn take(&mut self, scrape: &mut Scrape<'_>, raw: &RawSample<'_, Spot>) {
        if raw.part == Part::Created {
            return;
        }
        let (t, own_time) = (raw.timestamp.unwrap_or(scrape.at), raw.timestamp.is_some());
        let oldest = scrape.at.saturating_sub(scrape.store.limits().retention);
        if own_time && !(oldest..=scrape.at.saturating_add(AHEAD)).contains(&t) {
            scrape.refused.out_of_bounds += 1;
            return;
        }
        let spot = raw.known.or_else(|| self.cache.recall(raw.series, scrape.format));
        let outcome = match spot.and_then(|spot| self.cache.meet(spot, own_time)) {
            // Samples with times of their own may come several to a body.
            Some((_, Was::Here)) if !own_time => Err(Rejected::Duplicate),
            Some((id, was)) => {
                scrape.added += usize::from(was == Was::Away);
                match scrape.store.append(id, t, raw.value) {
                    // It was there before, so whatever it counted by then is no increase now.
                    Err(Rejected::Gone) => self.take_new(scrape, raw, t, None),
                    outcome => outcome,
                }
            }
            None => {
                if !self.has_room() {
                    scrape.refused.over_limit += 1;
                    return;
                }
                let outcome = self.take_new(scrape, raw, t, self.previous);
                scrape.added += usize::from(outcome != Err(Rejected::Gone));
                outcome
            }
        };
        match outcome {
            Ok(()) => scrape.taken += 1,
            Err(Rejected::OutOfOrder) => scrape.refused.out_of_order += 1,
            Err(Rejected::Duplicate) => scrape.refused.duplicate += 1,
            Err(Rejected::Gone) => scrape.refused.reserved += 1,
        }
    }

    fn has_room(&mut self) -> bool {
        if self.cache.len() >= self.max_series {
            self.cache.trim();
        }
        self.cache.len() < self.max_series
    }

    /// Takes a sample of a series whose labels have to be decoded; `absent` is when a good scrape did without it.
    /// [`Rejected::Gone`] is a series that may not be had.
    #[cold]
    fn take_new(
        &mut self,
        scrape: &mut Scrape<'_>,
        raw: &RawSample<'_, Spot>,
        t: Timestamp,
        absent: Option<Timestamp>,
    ) -> Result<(), Rejected> {
        // The reader gives out no sample whose labels cannot be decoded.
        let labels = raw.labels().map_err(|_| Rejected::Gone)?;
        let found = scrape.store.series_on(&self.labels(labels), scrape.clock);
        if scrape.reported.contains(&found.id()) {
            return Err(Rejected::Gone);
        }
        self.cache.learn(raw.series, scrape.format, found.id(), raw.timestamp.is_some());
        if let Found::New(id) = found
            && let Some(absent) = absent.filter(|&a| a < t)
            && self.created == Created::FromZero
            && counts(raw)
        {
            // Only a series that is nowhere in the store starts from zero. One that is back after a while either went on
            // counting, and then a zero would make its whole count an increase that never was; or it started anew, and
            // then its lower value is a reset, which rate() and increase() count from zero by themselves.
            scrape.store.append(id, absent, 0.0)?;
        }
        scrape.store.append(found.id(), t, raw.value)
    }

    /// The labels of a line with those of the target.
    fn labels(&self, scraped: Vec<(Cow<'_, str>, Cow<'_, str>)>) -> Labels {
        let mut labels: Vec<Label> = Vec::with_capacity(scraped.len() + self.target.len());
        let mut clashing = Vec::new();
        for (name, value) in scraped {
            let label = Label { name: safe(&name), value: safe(&value) };
            if label.value.is_empty() {
                // No label at all, as far as Prometheus is concerned, and so no clash either.
            } else if self.target.get(&label.name).is_some() {
                clashing.push(label);
            } else {
                labels.push(label);
            }
        }
        labels.extend(self.target.iter().cloned());
        // As Prometheus does: the prefix is put before the name until nothing else has it, shortest names first.
        clashing.sort_by_key(|l| l.name.len());
        for Label { name, value } in clashing {
            let mut name = format!("exported_{name}");
            while labels.iter().any(|l| *l.name == *name) {
                name.insert_str(0, "exported_");
            }
            labels.push(Label { name: Arc::from(name), value });
        }
        Labels::from_labels(labels)
    }
}

/// Whether a sample only ever grows from zero: a counter, or the counting parts of a histogram or summary.
fn counts<K>(raw: &RawSample<'_, K>) -> bool {
    match raw.kind {
        Type::Counter => true,
        Type::Histogram | Type::Summary => matches!(raw.part, Part::Bucket | Part::Sum | Part::Count),
        // Agents leave types out, and by every convention this name is a counter's.
        Type::Unknown => raw.metric().ends_with("_total"),
        Type::Gauge | Type::GaugeHistogram | Type::Info | Type::StateSet => false,
    }
}

/// Makes `kept` a copy of `families`, in the room it has: scrape after scrape declares the same.
fn keep(kept: &mut Vec<Family>, families: &[Family]) {
    kept.truncate(families.len());
    let (again, new) = families.split_at(kept.len());
    for (old, Family { name, kind, help, unit, samples }) in kept.iter_mut().zip(again) {
        old.name.clone_from(name);
        old.help.clone_from(help);
        old.unit.clone_from(unit);
        (old.kind, old.samples) = (*kind, *samples);
    }
    kept.extend_from_slice(new);
}

fn safe(text: &str) -> Arc<str> {
    Arc::from(&*printable(text))
}

#[cfg(test)]
mod tests;
