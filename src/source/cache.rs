//! What range queries have answered, kept step by step, so that a refresh asks only for the steps that are new. Knows no
//! clock, no store and no server: whoever evaluates asks what is [`missing`](RangeCache::missing), gets that from wherever
//! it comes, [`put`](RangeCache::put)s it here and [`read`](RangeCache::read)s the whole. Uses `promql` and `series`.
//!
//! It rests on this: the answer at a step depends on the samples up to the step (up to [`Query::lead`] after it) and on
//! nothing else, in particular not on the other steps of the window. So an answer stands until a sample comes that is not
//! after its step, and the owner of the samples says when that happens
//! ([`invalidate_from`](RangeCache::invalidate_from)). Queries with fixed times depend on more ([`Query::is_pinned`]): they
//! are kept for exactly the window they were asked for, until any sample comes.
//!
//! Samples that go, because they are old or memory is short, invalidate nothing: what was evaluated from all of them is
//! truer than what could be evaluated from the rest, so a step keeps its values for as long as it is remembered.
//!
//! A cache belongs to one source and to one set of evaluation options. Answers under other steps or other texts (a
//! variable that changed) stay beside the current ones for as long as there is room, so that zooming back is instant.

mod held;
mod instants;

use std::hash::{Hash, Hasher};

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use self::held::Held;
pub(super) use self::instants::Instants;
use crate::promql::Query;
use crate::series::{Series, Timestamp, Window};

/// Answers of range queries by query and step.
#[derive(Debug)]
pub struct RangeCache {
    entries: HashMap<Key, Entry, FxBuildHasher>,
    max_bytes: usize,
    /// Counts calls of [`RangeCache::forget_unused`].
    turn: u64,
}

/// Which steps of a window have to be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// All of them are known.
    Nothing,
    /// The first ones.
    Head(Window),
    /// The last ones.
    Tail(Window),
    /// Those on both sides of what is known: the window grew in both directions.
    Ends(Window, Window),
    /// None is known.
    All(Window),
}

impl Missing {
    /// The windows to be evaluated, ascending.
    pub fn windows(self) -> impl Iterator<Item = Window> {
        let (first, second) = match self {
            Self::Nothing => (None, None),
            Self::Head(window) | Self::Tail(window) | Self::All(window) => (Some(window), None),
            Self::Ends(head, tail) => (Some(head), Some(tail)),
        };
        first.into_iter().chain(second)
    }
}

/// Windows of one query whose steps can coincide.
#[derive(Debug, Clone)]
struct Key {
    query: Query,
    step: i64,
    /// Where steps lie between two multiples of `step`; 0 for aligned windows.
    phase: i64,
}

impl Key {
    fn new(query: &Query, window: Window) -> Self {
        Self { query: query.clone(), step: window.step, phase: window.start.rem_euclid(window.step.max(1)) }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        (self.step, self.phase, self.query.text()) == (other.step, other.phase, other.query.text())
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.step, self.phase, self.query.text()).hash(state);
    }
}

#[derive(Debug)]
struct Entry {
    held: Held,
    /// [`Query::lead`].
    lead: i64,
    /// [`Query::is_pinned`].
    pinned: bool,
    /// The turn in which it was asked for last.
    used: u64,
}

impl RangeCache {
    /// An empty cache that keeps about `max_bytes` from one turn to the next.
    pub fn new(max_bytes: usize) -> Self {
        Self { entries: HashMap::default(), max_bytes, turn: 0 }
    }

    /// Which steps of `window` have to be evaluated and [`put`](Self::put) before `query` can be read over it. Steps that
    /// are known and lie more than the window's length outside of it are forgotten: only what is near may be looked at
    /// next.
    pub fn missing(&mut self, query: &Query, window: Window) -> Missing {
        if window.steps() == 0 {
            return Missing::Nothing;
        }
        let Some(entry) = self.entries.get_mut(&Key::new(query, window)) else { return Missing::All(window) };
        entry.used = self.turn;
        if entry.pinned {
            return if entry.held.is_exactly(window) { Missing::Nothing } else { Missing::All(window) };
        }
        entry.held.stay_near(window);
        entry.held.missing(window)
    }

    /// Keeps the answer of `query` over `window`: what is known of other steps stays where it adjoins, else it goes.
    /// `series` have one value for each step of `window`, and different labels.
    pub fn put(&mut self, query: &Query, window: Window, series: Vec<Series>) {
        if window.steps() == 0 {
            return;
        }
        let key = Key::new(query, window);
        match self.entries.get_mut(&key) {
            Some(entry) if !entry.pinned => entry.held.put(window, series),
            _ => {
                let held = Held::new(window, series);
                let entry = Entry { held, lead: query.lead(), pinned: query.is_pinned(), used: self.turn };
                self.entries.insert(key, entry);
            }
        }
    }

    /// The answer of `query` over `window` in the order of the labels, series without any value left out; `None` while
    /// steps are [`missing`](Self::missing).
    pub fn read(&self, query: &Query, window: Window) -> Option<Vec<Series>> {
        if window.steps() == 0 {
            return Some(Vec::new());
        }
        let entry = self.entries.get(&Key::new(query, window))?;
        if entry.pinned && !entry.held.is_exactly(window) {
            return None;
        }
        entry.held.read(window)
    }

    /// The answer of `query` over `window`, where `eval` gives those of the missing steps.
    ///
    /// # Errors
    /// Those of `eval`. What it gave before is kept.
    pub fn answer<E>(
        &mut self,
        query: &Query,
        window: Window,
        mut eval: impl FnMut(Window) -> Result<Vec<Series>, E>,
    ) -> Result<Vec<Series>, E> {
        for part in self.missing(query, window).windows() {
            let series = eval(part)?;
            self.put(query, part, series);
        }
        Ok(self.read(query, window).unwrap_or_default())
    }

    /// Says that there are new samples, the earliest of them at `t`: steps that may have read it become unknown.
    pub fn invalidate_from(&mut self, t: Timestamp) {
        self.entries.retain(|_, entry| !entry.pinned && entry.held.keep_before(t.saturating_sub(entry.lead)));
    }

    /// Forgets everything: the source is another one, or its past has changed.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Ends a turn (all that is in sight has been asked for once). While there is more than the cache may keep, what was
    /// not asked for the longest goes; of what was asked for in the same turn, the largest.
    pub fn forget_unused(&mut self) {
        self.turn += 1;
        let mut bytes = self.bytes();
        if bytes <= self.max_bytes {
            return;
        }
        let mut all: Vec<_> = self.entries.iter().map(|(key, e)| (e.used, e.bytes(key), key.clone())).collect();
        all.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        for (_, size, key) in all {
            if bytes <= self.max_bytes {
                break;
            }
            self.entries.remove(&key);
            bytes -= size;
        }
    }

    /// What it takes, in bytes; labels are shared with others and not counted.
    pub fn bytes(&self) -> usize {
        self.entries.iter().map(|(key, entry)| entry.bytes(key)).sum()
    }

    /// Under how many queries and steps there is anything.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Entry {
    fn bytes(&self, key: &Key) -> usize {
        size_of::<(Key, Self)>() + key.query.text().len() + self.held.bytes()
    }
}

#[cfg(test)]
mod tests;
