//! The samples of the last hours, compressed in memory, with an index over their labels.
//!
//! [`Ingest`] puts scraped bodies in, [`Select`](crate::series::Select) gets samples out. May use `series` and `exposition`.
//!
//! A series is a list of chunks; a chunk is a run of values (`chunk`, closed; `open`, still growing) at consecutive
//! ticks of a `block`, and all series of a target share the blocks of one [`Clock`]. Blocks are also what goes when data
//! has to go: by age (retention), or the oldest of all when memory runs out.

mod bits;
mod block;
mod chosen;
mod chunk;
mod expiry;
mod index;
mod ingest;
mod open;
mod select;
mod slab;

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher};

pub use chosen::{Chosen, Remembering};
pub use ingest::{Created, Ingest, Refused, Report};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use self::block::{Block, NONE};
use self::chunk::Scratch;
use self::index::Index;
use self::open::Open;
use self::slab::Slab;
use crate::series::{Labels, Sample, Timestamp};

/// What an allocation of `n` bytes takes: glibc's header of 8, rounded up to 16, at least 32.
const fn heap(n: usize) -> usize {
    if n == 0 {
        0
    } else if n < 24 {
        32
    } else {
        (n + 8).next_multiple_of(16)
    }
}

/// How much the store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Age beyond which chunks are dropped, ms.
    pub retention: i64,
    /// Size of everything beyond which the oldest chunks are dropped, bytes.
    pub max_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { retention: 2 * 3_600_000, max_bytes: 512 << 20 }
    }
}

/// A series of a [`Store`]. It stays valid until the series' last sample has been dropped (or, if none was written at all,
/// until the next [`Store::expire`]), and then stays invalid: numbers are reused under a new generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId {
    slot: u32,
    generation: u16,
}

/// Timestamps that series share; see [`Store::clock`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock(u32);

/// What [`Store::series_on`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// There was no such series within retention: this is a new one.
    New(SeriesId),
    /// The series has samples, if perhaps old ones.
    Known(SeriesId),
}

impl Found {
    /// The series.
    pub const fn id(self) -> SeriesId {
        match self {
            Self::New(id) | Self::Known(id) => id,
        }
    }
}

/// Why a sample was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Series only grow forwards.
    #[error("sample is older than the last one of its series")]
    OutOfOrder,
    /// A series has one value at a time.
    #[error("series has another value at this time already")]
    Duplicate,
    /// All samples of the series were dropped and it with them.
    #[error("series is not in the store any more, enter its labels again")]
    Gone,
}

/// What is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Footprint {
    /// Series with at least one sample, or just entered.
    pub series: usize,
    /// Samples, staleness markers included.
    pub samples: usize,
    /// Bytes of memory for all of it: samples, labels, index, tables, headers and what the allocator is estimated to add.
    pub bytes: usize,
    /// Time of the oldest sample.
    pub oldest: Option<Timestamp>,
    /// The memory cap dropped samples up to this time; later ones are all there. None once retention has passed it.
    pub cut: Option<Timestamp>,
}

/// A run of values of one series, closed.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    block: u32,
    /// Where in the block's data it starts.
    offset: u32,
    /// Its first tick in the block.
    start: u8,
    /// How many samples.
    n: u8,
}

#[derive(Debug)]
struct Entry {
    /// The labels, as numbers of the index.
    pairs: Box<[u32]>,
    /// Closed chunks, ascending in time.
    chunks: Vec<Chunk>,
    /// The chunk that grows, at ticks of `block` from `start` on. Empty: there is none.
    open: Open,
    block: u32,
    start: u8,
    live: bool,
    generation: u16,
    /// The clock whose ticks it shares where it can, [`NONE`] for none.
    home: u32,
}

impl Entry {
    const fn is_empty(&self) -> bool {
        self.open.is_empty() && self.chunks.is_empty()
    }

    const fn heap(&self) -> usize {
        heap(size_of_val(&*self.pairs)) + heap(self.chunks.capacity() * size_of::<Chunk>()) + heap(self.open.capacity())
    }
}

/// The store. It has one owner, who writes and reads by turns; there are no locks.
pub struct Store {
    limits: Limits,
    index: Index,
    entries: Vec<Entry>,
    free: Vec<u32>,
    /// Counts the series that came and went.
    population: u64,
    /// The generation that entries at the end of `entries` start with.
    floor: u16,
    /// Entries by the hash of their pairs.
    by_labels: HashTable<u32>,
    blocks: Slab<Block>,
    /// The newest block of each clock, [`NONE`] before its first tick.
    clocks: Slab<u32>,
    /// Blocks that are complete, by their last tick.
    sealed: BTreeSet<(Timestamp, u32)>,
    /// Blocks that grow, by a last tick they had; brought up to date when their turn comes, not at every tick.
    growing: BTreeSet<(Timestamp, u32)>,
    /// Series entered since the last [`Store::expire`], to be dropped if nothing came.
    fresh: Vec<u32>,
    /// What entries and blocks take on the heap.
    heap: usize,
    samples: usize,
    /// The latest time that a clock or a caller gave; times that samples bring along do not count.
    now: Timestamp,
    cut: Option<Timestamp>,
    /// The earliest sample since [`Store::take_touched`].
    touched: Option<Timestamp>,
    scratch: Scratch,
    values: Vec<f64>,
    numbers: Vec<u32>,
}

impl Store {
    /// An empty store.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            index: Index::default(),
            entries: Vec::new(),
            free: Vec::new(),
            population: 0,
            floor: 0,
            by_labels: HashTable::new(),
            blocks: Slab::default(),
            clocks: Slab::default(),
            sealed: BTreeSet::new(),
            growing: BTreeSet::new(),
            fresh: Vec::new(),
            heap: 0,
            samples: 0,
            now: Timestamp::MIN,
            cut: None,
            touched: None,
            scratch: Scratch::default(),
            values: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// How much it keeps.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// The series with these labels, entered if there was none. Its samples have timestamps of their own: several series
    /// written at the same times are smaller on a [`Clock`].
    #[expect(clippy::needless_pass_by_value, reason = "who enters a series seldom needs its labels any longer")]
    pub fn series(&mut self, labels: Labels) -> SeriesId {
        self.enter(&labels, NONE).id()
    }

    /// The same for a series that is written at the ticks of `clock`.
    pub fn series_on(&mut self, labels: &Labels, clock: Clock) -> Found {
        let found = self.enter(labels, clock.0);
        if let Some(entry) = self.entries.get_mut(found.id().slot as usize) {
            entry.home = clock.0;
        }
        found
    }

    /// A new clock: the timestamps that the series of one target share, kept once for all of them.
    pub fn clock(&mut self) -> Clock {
        Clock(self.clocks.insert(NONE))
    }

    /// Announces the time at which samples come next. Times that do not ascend are not taken; samples can be appended all
    /// the same, each series then keeps its own time for them.
    pub fn tick(&mut self, clock: Clock, t: Timestamp) {
        self.now = self.now.max(t);
        self.enforce();
        let Some(&current) = self.clocks.get(clock.0) else { return };
        let full = self.full();
        if let Some(block) = self.blocks.get_mut(current) {
            if t <= block.last() {
                return;
            }
            let before = block.bytes();
            let taken = block.len() < full && block.push(t);
            self.heap = self.heap + block.bytes() - before;
            if taken {
                return;
            }
            self.seal(current);
        }
        let next = self.open_block(Block::new(t, clock.0));
        if let Some(current) = self.clocks.get_mut(clock.0) {
            *current = next;
        }
    }

    /// Gives a clock back. Its series stay; what is written to them from now on has its own timestamps.
    pub fn release(&mut self, clock: Clock) {
        if let Some(current) = self.clocks.remove(clock.0)
            && current != NONE
        {
            self.seal(current);
        }
    }

    /// Appends a sample.
    ///
    /// # Errors
    /// A time before the series' last one, another value at its last time, or a series that is gone. The same sample
    /// again is no error and changes nothing.
    #[inline]
    pub fn append(&mut self, id: SeriesId, t: Timestamp, v: f64) -> Result<(), Rejected> {
        let entry = self
            .entries
            .get_mut(id.slot as usize)
            .filter(|e| e.generation == id.generation && e.live)
            .ok_or(Rejected::Gone)?;
        // The usual case: the next tick of the block that the open chunk is in.
        let next = usize::from(entry.start) + entry.open.len();
        if !entry.open.is_empty()
            && let Some(block) = self.blocks.get(entry.block)
            && next < block.len()
            && block.tick(next) == t
        {
            self.push(id.slot, t, v);
            return Ok(());
        }
        self.append_elsewhere(id.slot, t, v)
    }

    fn append_elsewhere(&mut self, slot: u32, t: Timestamp, v: f64) -> Result<(), Rejected> {
        if let Some(last) = self.last_time(slot) {
            if t < last {
                return Err(Rejected::OutOfOrder);
            }
            if t == last {
                let same = self.last_of(slot).is_some_and(|last| last.v.to_bits() == v.to_bits());
                return if same { Ok(()) } else { Err(Rejected::Duplicate) };
            }
        }
        let Some(entry) = self.entries.get(slot as usize) else { return Err(Rejected::Gone) };
        let home = self.clocks.get(entry.home).copied().unwrap_or(NONE);
        if let Some(tick) = self.blocks.get(home).and_then(|b| b.find(t)) {
            self.close(slot);
            self.open(slot, home, tick);
        } else if !self.extend_own(slot, t) {
            self.enforce();
            self.close(slot);
            let own = self.open_block(Block::new(t, NONE));
            self.open(slot, own, 0);
        }
        self.push(slot, t, v);
        Ok(())
    }

    /// Adds tick `t` to the block that the series has for itself, if it has one and there is room.
    fn extend_own(&mut self, slot: u32, t: Timestamp) -> bool {
        let full = self.full();
        let Some(entry) = self.entries.get(slot as usize) else { return false };
        let Some(block) = self.blocks.get_mut(entry.block) else { return false };
        if entry.open.is_empty() || block.clock != NONE || block.len() >= full {
            return false;
        }
        let before = block.bytes();
        let taken = block.push(t);
        self.heap = self.heap + block.bytes() - before;
        taken
    }

    fn open_block(&mut self, block: Block) -> u32 {
        let t = block.last();
        self.heap += block.bytes();
        let number = self.blocks.insert(block);
        self.growing.insert((t, number));
        number
    }

    fn open(&mut self, slot: u32, number: u32, tick: usize) {
        let (Some(entry), Some(block)) = (self.entries.get_mut(slot as usize), self.blocks.get_mut(number)) else {
            return;
        };
        (entry.block, entry.start) = (number, tick as u8);
        // A series that comes back within the block is a member already, by the chunk it closed.
        if entry.chunks.last().is_none_or(|c| c.block != number) {
            let before = block.bytes();
            if block.members.len() == block.members.capacity() {
                block.members.reserve_exact((block.members.len() / 4).max(1));
            }
            block.members.push(slot);
            self.heap = self.heap + block.bytes() - before;
        }
    }

    #[inline]
    fn push(&mut self, slot: u32, t: Timestamp, v: f64) {
        let Some(entry) = self.entries.get_mut(slot as usize) else { return };
        let before = entry.open.capacity();
        entry.open.push(v, &mut self.values);
        let after = entry.open.capacity();
        if after != before {
            self.heap = self.heap + heap(after) - heap(before);
        }
        self.samples += 1;
        self.touched = Some(self.touched.map_or(t, |touched| touched.min(t)));
    }

    /// The earliest time of a sample that was appended since this was last called, ms since the epoch: what only reads
    /// samples before it is as it was. Samples that were dropped do not count.
    pub const fn take_touched(&mut self) -> Option<Timestamp> {
        self.touched.take()
    }

    /// Closes the series' open chunk, if it has one; the block it had for itself is complete then.
    fn close(&mut self, slot: u32) {
        let Some(entry) = self.entries.get_mut(slot as usize).filter(|e| !e.open.is_empty()) else { return };
        let Some(block) = self.blocks.get_mut(entry.block) else { return };
        let before = entry.heap() + block.bytes();
        self.values.clear();
        entry.open.decode(&mut self.values);
        if entry.chunks.len() == entry.chunks.capacity() {
            entry.chunks.reserve_exact((entry.chunks.len() / 2).max(2));
        }
        entry.chunks.push(Chunk {
            block: entry.block,
            offset: block.data.len() as u32,
            start: entry.start,
            n: entry.open.len() as u8,
        });
        chunk::encode(&self.values, &mut self.scratch, &mut block.data);
        entry.open.clear();
        self.heap = self.heap + entry.heap() + block.bytes() - before;
        let (number, own) = (entry.block, block.clock == NONE && block.growing);
        if own {
            self.complete(number);
        }
    }

    /// Closes all chunks of a clock's block.
    fn seal(&mut self, number: u32) {
        let Some(block) = self.blocks.get_mut(number) else { return };
        let members = std::mem::take(&mut block.members);
        // Not the series' own for the time being: what is closed here is not complete before the last of them is.
        for &slot in &members {
            if self.entries.get(slot as usize).is_some_and(|e| e.block == number) {
                self.close(slot);
            }
        }
        if let Some(block) = self.blocks.get_mut(number) {
            block.clock = NONE;
            block.members = members;
        }
        self.complete(number);
    }

    fn complete(&mut self, number: u32) {
        let Some(block) = self.blocks.get_mut(number) else { return };
        let before = block.bytes();
        block.growing = false;
        block.shrink();
        self.heap = self.heap + block.bytes() - before;
        let empty = block.members.is_empty();
        self.growing.remove(&(block.queued, number));
        block.queued = block.last();
        self.sealed.insert((block.queued, number));
        if empty {
            self.drop_block(number);
        }
    }

    /// Whether a series is still there.
    fn holds(&self, id: SeriesId) -> bool {
        self.entries.get(id.slot as usize).is_some_and(|e| e.live && e.generation == id.generation)
    }

    /// The labels of a series.
    pub fn labels(&self, id: SeriesId) -> Option<Labels> {
        let entry = self.entries.get(id.slot as usize).filter(|e| e.live && e.generation == id.generation)?;
        Some(self.index.labels(&entry.pairs))
    }

    /// The last sample of a series.
    pub fn last(&self, id: SeriesId) -> Option<Sample> {
        if self.holds(id) { self.last_of(id.slot) } else { None }
    }

    fn last_of(&self, slot: u32) -> Option<Sample> {
        let t = self.last_time(slot)?;
        let entry = self.entries.get(slot as usize)?;
        if let Some(v) = entry.open.last() {
            return Some(Sample { t, v });
        }
        let chunk = entry.chunks.last()?;
        let mut values = Vec::new();
        let data = self.blocks.get(chunk.block)?.data.get(chunk.offset as usize..)?;
        chunk::decode(data, usize::from(chunk.n), &mut values);
        Some(Sample { t, v: *values.last()? })
    }

    fn last_time(&self, slot: u32) -> Option<Timestamp> {
        let entry = self.entries.get(slot as usize)?;
        let (block, after) = if entry.open.is_empty() {
            let chunk = entry.chunks.last()?;
            (chunk.block, usize::from(chunk.start) + usize::from(chunk.n))
        } else {
            (entry.block, usize::from(entry.start) + entry.open.len())
        };
        Some(self.blocks.get(block)?.tick(after - 1))
    }

    fn enter(&mut self, labels: &Labels, home: u32) -> Found {
        let mut numbers = std::mem::take(&mut self.numbers);
        let found = self.index.known(labels, &mut numbers).then(|| self.by_pairs(&numbers)).flatten();
        self.numbers = numbers;
        if let Some(slot) = found {
            let generation = self.entries.get(slot as usize).map_or(0, |e| e.generation);
            return Found::Known(SeriesId { slot, generation });
        }
        let slot = self.free.pop().unwrap_or(self.entries.len() as u32);
        self.population += 1;
        let pairs = self.index.insert(slot, labels);
        let generation = self.entries.get(slot as usize).map_or(self.floor, |e| e.generation);
        let entry = Entry {
            pairs,
            chunks: Vec::new(),
            open: Open::default(),
            block: NONE,
            start: 0,
            live: true,
            generation,
            home,
        };
        self.heap += entry.heap();
        let hash = hash_of(&entry.pairs);
        if let Some(place) = self.entries.get_mut(slot as usize) {
            *place = entry;
        } else {
            if self.entries.len() == self.entries.capacity() {
                self.entries.reserve_exact((self.entries.len() / 4).max(64));
            }
            self.entries.push(entry);
        }
        let entries = &self.entries;
        self.by_labels.insert_unique(hash, slot, |&s| entries.get(s as usize).map_or(0, |e| hash_of(&e.pairs)));
        self.fresh.push(slot);
        Found::New(SeriesId { slot, generation })
    }

    fn by_pairs(&self, pairs: &[u32]) -> Option<u32> {
        let same = |&slot: &u32| self.entries.get(slot as usize).is_some_and(|e| *e.pairs == *pairs);
        self.by_labels.find(hash_of(pairs), same).copied()
    }
}

fn hash_of(pairs: &[u32]) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    for &pair in pairs {
        hasher.write_u32(pair);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
