//! Blocks: up to 120 timestamps, shared by the chunks of all series that have samples at them.
//!
//! All series of a target are scraped at the same times, so the times are kept once a target (a clock's blocks) and a
//! chunk says from which tick it runs and for how many; a sample whose time is no tick of its clock gets a block of its
//! series' own. Closed chunks of a block lie one behind the other in one buffer: no allocation a chunk, and dropping the
//! oldest data is dropping whole blocks.
//! May use `series`.

use crate::series::Timestamp;

/// No block, no clock.
pub(super) const NONE: u32 = u32::MAX;

/// Ticks and the closed chunks of the series at them.
#[derive(Debug)]
pub(super) struct Block {
    base: Timestamp,
    /// Milliseconds after `base`, ascending.
    ticks: Vec<u32>,
    /// Every series with a chunk here, each once.
    pub(super) members: Vec<u32>,
    /// The closed chunks' values.
    pub(super) data: Vec<u8>,
    /// The clock it is the newest block of; [`NONE`] for a series' own and for those already left behind.
    pub(super) clock: u32,
    /// Whether it still belongs to a clock or an open chunk.
    pub(super) growing: bool,
    /// The time under which the store's queue by age holds it; the last tick, or an earlier one while it grows.
    pub(super) queued: Timestamp,
}

impl Block {
    pub(super) fn new(base: Timestamp, clock: u32) -> Self {
        Self { base, ticks: vec![0], members: Vec::new(), data: Vec::new(), clock, growing: true, queued: base }
    }

    /// How many ticks there are, at least 1.
    #[inline]
    pub(super) const fn len(&self) -> usize {
        self.ticks.len()
    }

    /// The time of tick `i`, which has to be there.
    #[inline]
    pub(super) fn tick(&self, i: usize) -> Timestamp {
        self.base + Timestamp::from(self.ticks[i])
    }

    pub(super) const fn first(&self) -> Timestamp {
        self.base
    }

    #[inline]
    pub(super) fn last(&self) -> Timestamp {
        self.base + Timestamp::from(self.ticks.last().copied().unwrap_or(0))
    }

    /// The tick at exactly `t`.
    pub(super) fn find(&self, t: Timestamp) -> Option<usize> {
        let after = u32::try_from(t.checked_sub(self.base)?).ok()?;
        // Nearly always the newest.
        if self.ticks.last() == Some(&after) {
            return Some(self.ticks.len() - 1);
        }
        self.ticks.binary_search(&after).ok()
    }

    /// Adds a tick, which has to be later than the last; whether it fits (blocks span at most 49 days).
    pub(super) fn push(&mut self, t: Timestamp) -> bool {
        let Some(after) = t.checked_sub(self.base).and_then(|d| u32::try_from(d).ok()) else { return false };
        debug_assert!(self.ticks.last().is_none_or(|&last| last < after), "ticks ascend");
        if self.ticks.len() == self.ticks.capacity() {
            self.ticks.reserve_exact((self.ticks.len() / 4).max(4));
        }
        self.ticks.push(after);
        true
    }

    /// The ticks among `from..from + n` that lie inside `(after, until]`.
    pub(super) fn inside(&self, from: usize, n: usize, after: Timestamp, until: Timestamp) -> std::ops::Range<usize> {
        let ticks = &self.ticks[from..from + n];
        if self.base + Timestamp::from(ticks[0]) > after && self.base + Timestamp::from(ticks[n - 1]) <= until {
            return from..from + n;
        }
        let start = ticks.partition_point(|&o| self.base + Timestamp::from(o) <= after);
        let end = ticks.partition_point(|&o| self.base + Timestamp::from(o) <= until);
        from + start..from + end.max(start)
    }

    /// The times of ticks `range`.
    pub(super) fn times(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = Timestamp> {
        let base = self.base;
        self.ticks[range].iter().map(move |&o| base + Timestamp::from(o))
    }

    /// Gives back unused room once nothing more comes.
    pub(super) fn shrink(&mut self) {
        self.ticks.shrink_to_fit();
        self.members.shrink_to_fit();
        self.data.shrink_to_fit();
    }

    /// What it takes on the heap.
    pub(super) const fn bytes(&self) -> usize {
        super::heap(self.ticks.capacity() * 4)
            + super::heap(self.members.capacity() * 4)
            + super::heap(self.data.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(ticks: &[Timestamp]) -> Block {
        let mut b = Block::new(ticks[0], NONE);
        assert!(ticks[1..].iter().all(|&t| b.push(t)));
        b
    }

    #[test]
    fn inside_is_open_at_the_left_and_closed_at_the_right() {
        let b = block(&[10, 20, 30, 40]);
        assert_eq!(b.inside(0, 4, 10, 30), 1..3);
        assert_eq!(b.inside(1, 2, 0, 100), 1..3);
        assert_eq!(b.inside(0, 4, 30, 10), 3..3);
        assert_eq!(b.inside(0, 4, 40, 50), 4..4);
    }

    #[test]
    fn a_tick_is_found_by_its_exact_time() {
        let b = block(&[10, 20, 30]);
        assert_eq!(
            (b.find(10), b.find(30), b.find(25), b.find(0), b.find(i64::MIN)),
            (Some(0), Some(2), None, None, None)
        );
    }

    #[test]
    fn a_block_does_not_span_more_than_its_offsets_can_tell() {
        let mut b = block(&[0]);
        assert!(!b.push(1 << 32));
        assert!(b.push((1 << 32) - 1));
        assert_eq!(b.last(), (1 << 32) - 1);
    }
}
