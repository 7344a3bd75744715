//! Which series a text in a body stands for, so that labels are decoded once, not at every scrape.
//!
//! Uses the store's ids only. A text is known by its hash alone: 64 good bits make a mix-up among 200,000 texts as likely
//! as one in a billion, a target that forges one confuses only itself, and the texts would outweigh the samples.

use std::hash::{BuildHasher, Hasher};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::exposition::Format;
use crate::store::{SeriesId, heap};

/// How many scrapes a text is remembered that is not there any more: series that come and go keep their place, those of
/// a restarted process do not pile up.
const REMEMBERED: u8 = 10;

/// What is known of a text. Sixteen bytes, as there is one for every series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    hash: u64,
    slot: u32,
    generation: u16,
    /// The turn in which it was there last, modulo 256.
    seen: u8,
    /// Whether its last sample brought its own time.
    own_time: bool,
}

impl Known {
    pub(super) const fn id(&self) -> SeriesId {
        SeriesId { slot: self.slot, generation: self.generation }
    }
}

/// All texts of a target.
#[derive(Debug, Default)]
pub(super) struct Cache {
    known: HashTable<Known>,
    /// The scrape it is, counted modulo 256; no text is older than [`REMEMBERED`] scrapes, so there is no mistaking.
    turn: u8,
    /// How many texts have been seen in this turn.
    present: usize,
}

/// Where a text was at the scrape before this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Was {
    /// Seen in this one already.
    Here,
    /// In the scrape before.
    There,
    /// Only in an earlier one, or in none.
    Away,
}

/// The hash of a text in a format: the same text may mean another series in the other one.
#[inline]
pub(super) fn hash(text: &str, format: Format) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    hasher.write(text.as_bytes());
    hasher.write_u8(u8::from(format == Format::OpenMetrics));
    hasher.finish()
}

impl Cache {
    /// The series of a text, and where it was; marks it as here.
    #[inline]
    pub(super) fn meet(&mut self, hash: u64, own_time: bool) -> Option<(SeriesId, Was)> {
        let known = self.known.find_mut(hash, |k| k.hash == hash)?;
        let was = match self.turn.wrapping_sub(known.seen) {
            0 => Was::Here,
            1 => Was::There,
            _ => Was::Away,
        };
        if was != Was::Here {
            known.seen = self.turn;
            self.present += 1;
        }
        known.own_time = own_time;
        Some((known.id(), was))
    }

    /// Notes the series of a text that is here, for the first time or under a new id.
    pub(super) fn learn(&mut self, hash: u64, id: SeriesId, own_time: bool) {
        let known = Known { hash, slot: id.slot, generation: id.generation, seen: self.turn, own_time };
        if let Some(old) = self.known.find_mut(hash, |k| k.hash == hash) {
            *old = known;
        } else {
            self.known.insert_unique(hash, known, |k| k.hash);
            self.present += 1;
        }
    }

    /// How many texts are known.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Forgets the texts that were neither here nor in the scrape before.
    pub(super) fn trim(&mut self) {
        let turn = self.turn;
        self.known.retain(|k| turn.wrapping_sub(k.seen) <= 1);
    }

    /// Calls `gone` with every series that was there in the scrape before and is not in this one, those with times of their
    /// own aside, and ends this turn.
    pub(super) fn end_turn(&mut self, mut gone: impl FnMut(SeriesId)) {
        // Usually all are here, and there is nothing to look for.
        if self.known.len() > self.present {
            let turn = self.turn;
            self.known.retain(|k| {
                let age = turn.wrapping_sub(k.seen);
                if age == 1 && !k.own_time {
                    gone(k.id());
                }
                age < REMEMBERED
            });
            if self.known.len() * 4 < self.known.capacity() {
                self.known.shrink_to_fit(|k| k.hash);
            }
        }
        self.turn = self.turn.wrapping_add(1);
        self.present = 0;
    }

    /// Room on the heap, in bytes.
    pub(super) fn bytes(&self) -> usize {
        heap(self.known.allocation_size())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn id(slot: u32) -> SeriesId {
        SeriesId { slot, generation: 0 }
    }

    #[test]
    fn what_leaves_is_reported_once_and_forgotten_later() {
        let mut cache = Cache::default();
        cache.learn(1, id(1), false);
        cache.learn(2, id(2), false);
        cache.learn(3, id(3), true);
        cache.end_turn(|_| panic!("nothing is gone"));
        let mut gone = Vec::new();
        for _ in 0..300 {
            assert_eq!(cache.meet(1, false), Some((id(1), Was::There)));
            cache.end_turn(|id| gone.push(id));
        }
        assert_eq!(gone, [id(2)], "a series with its own times is nobody's to end");
        assert_eq!((cache.len(), cache.meet(2, false)), (1, None));
    }

    #[test]
    fn what_comes_back_soon_is_known() {
        let mut cache = Cache::default();
        cache.learn(1, id(1), false);
        assert_eq!(cache.meet(1, false), Some((id(1), Was::Here)));
        for _ in 0..4 {
            cache.end_turn(|_| ());
        }
        assert_eq!(cache.meet(1, false), Some((id(1), Was::Away)));
    }

    #[test]
    fn an_entry_is_sixteen_bytes() {
        assert_eq!(size_of::<Known>(), 16);
    }

    #[test]
    fn formats_do_not_share_texts() {
        assert_ne!(hash("a", Format::Text), hash("a", Format::OpenMetrics));
    }
}
