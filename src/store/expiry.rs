//! What goes when data has to go: whole blocks, by age or because memory runs out; and what all of it weighs.
//!
//! May use `series` and the rest of the store.

use super::block::{Block, NONE};
use super::open::Open;
use super::{Entry, Footprint, Store, hash_of};
use crate::series::Timestamp;

/// Ticks a block holds: the more, the less its headers weigh; the fewer, the finer old data can be dropped.
const TICKS: usize = 120;

/// Ticks a block holds while memory is over the cap and there is no older block left to drop.
pub(super) const TICKS_PRESSED: usize = 8;

/// How long after its last tick a block that grows no more is still taken for alive: Prometheus' look-back, after
/// which a query sees nothing of it either.
const QUIET: i64 = 5 * 60_000;

impl Store {
    fn drop_series(&mut self, slot: u32) {
        let Some(entry) = self.entries.get_mut(slot as usize).filter(|e| e.live) else { return };
        self.heap -= entry.heap();
        entry.live = false;
        self.population += 1;
        let pairs = std::mem::take(&mut entry.pairs);
        (entry.chunks, entry.open) = (Vec::new(), Open::default());
        if let Ok(found) = self.by_labels.find_entry(hash_of(&pairs), |&s| s == slot) {
            found.remove();
        }
        self.index.remove(slot, &pairs);
        // A number whose generations are used up is not given out again, lest an old id fit by accident.
        if let Some(generation) = entry.generation.checked_add(1) {
            entry.generation = generation;
            self.free.push(slot);
        }
    }

    /// Drops a block with all chunks in it, and the series that have no other.
    pub(super) fn drop_block(&mut self, number: u32) {
        let Some(block) = self.blocks.remove(number) else { return };
        self.heap -= block.bytes();
        self.sealed.remove(&(block.queued, number));
        self.growing.remove(&(block.queued, number));
        if let Some(current) = self.clocks.get_mut(block.clock) {
            *current = NONE;
        }
        for &slot in &block.members {
            let Some(entry) = self.entries.get_mut(slot as usize) else { continue };
            let before = entry.heap();
            let mut dropped = 0;
            entry.chunks.retain(|c| {
                let keep = c.block != number;
                dropped += if keep { 0 } else { usize::from(c.n) };
                keep
            });
            if entry.block == number {
                dropped += entry.open.len();
                entry.open.clear();
            }
            self.samples -= dropped;
            self.heap = self.heap + entry.heap() - before;
            if entry.is_empty() {
                self.drop_series(slot);
            }
        }
    }

    /// Drops what is older than retention, and the oldest of the rest while memory is over the cap. To be called every few
    /// seconds.
    pub fn expire(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        let horizon = now.saturating_sub(self.limits.retention);
        while let Some(number) = self.oldest_before(horizon) {
            self.drop_block(number);
        }
        self.cut = self.cut.filter(|&cut| cut > horizon);
        for slot in std::mem::take(&mut self.fresh) {
            if self.entries.get(slot as usize).is_some_and(|e| e.live && e.is_empty()) {
                self.drop_series(slot);
            }
        }
        self.compact();
        self.enforce();
    }

    /// Gives back the room of series that are gone, once they are most of all: what a burst of short-lived series took
    /// would count against the cap for ever.
    fn compact(&mut self) {
        let end = self.entries.iter().rposition(|e| e.live).map_or(0, |last| last + 1);
        if end * 2 < self.entries.len() {
            // Ids of the old entries must not fit the ones that come in their place.
            let used = self.entries.drain(end..).map(|e| e.generation).max();
            self.floor = self.floor.max(used.unwrap_or(0)).saturating_add(1);
            self.entries.shrink_to_fit();
            self.free.retain(|&slot| (slot as usize) < end);
            self.free.shrink_to_fit();
        }
        if self.by_labels.len() * 4 < self.by_labels.capacity() {
            let entries = &self.entries;
            self.by_labels.shrink_to_fit(|&s| entries.get(s as usize).map_or(0, |e| hash_of(&e.pairs)));
        }
    }

    /// The block with the oldest last tick, if that is not after `horizon`.
    fn oldest_before(&mut self, horizon: Timestamp) -> Option<u32> {
        let sealed = self.sealed.first().copied().filter(|&(t, _)| t <= horizon);
        self.oldest_growing(sealed.map_or(horizon, |(t, _)| t)).or(sealed.map(|(_, number)| number))
    }

    /// The growing block with the oldest last tick, if that is not after `horizon`.
    fn oldest_growing(&mut self, horizon: Timestamp) -> Option<u32> {
        while let Some((t, number)) = self.growing.first().copied().filter(|&(t, _)| t <= horizon) {
            let block = self.blocks.get_mut(number)?;
            if block.last() == t {
                return Some(number);
            }
            block.queued = block.last();
            self.growing.remove(&(t, number));
            self.growing.insert((block.queued, number));
        }
        None
    }

    /// Drops the oldest blocks while memory is over the cap. Blocks that grow are spared as long as they are alive: they
    /// hold the newest sample of their series.
    pub(super) fn enforce(&mut self) {
        while self.bytes() > self.limits.max_bytes {
            let quiet = self.now.saturating_sub(QUIET);
            let sealed = self.sealed.first().copied();
            let quiet = sealed.map_or(quiet, |(t, _)| t.min(quiet));
            let Some(number) = self.oldest_growing(quiet).or(sealed.map(|(_, number)| number)) else { return };
            self.cut = self.cut.max(self.blocks.get(number).map(Block::last));
            self.drop_block(number);
        }
    }

    /// How many ticks a block may have.
    pub(super) fn full(&self) -> usize {
        if self.bytes() > self.limits.max_bytes { TICKS_PRESSED } else { TICKS }
    }

    fn bytes(&self) -> usize {
        // B-tree nodes are between half full and full.
        let queues = (self.sealed.len() + self.growing.len()) * size_of::<(Timestamp, u32)>() * 3 / 2;
        size_of::<Self>()
            + self.heap
            + self.index.bytes()
            + self.entries.capacity() * size_of::<Entry>()
            + self.by_labels.allocation_size()
            + (self.free.capacity() + self.fresh.capacity() + self.numbers.capacity()) * size_of::<u32>()
            + self.blocks.bytes()
            + self.clocks.bytes()
            + queues
            + self.values.capacity() * size_of::<f64>()
            + self.scratch.bytes()
    }

    /// What is in the store.
    pub fn footprint(&self) -> Footprint {
        Footprint {
            series: self.by_labels.len(),
            samples: self.samples,
            bytes: self.bytes(),
            oldest: self.oldest(),
            cut: self.cut,
        }
    }

    /// When the oldest sample that is held was taken.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.blocks.iter().filter(|(_, b)| !b.members.is_empty()).map(|(_, b)| b.first()).min()
    }
}
