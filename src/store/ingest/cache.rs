//! Which series a text in a body stands for, so that labels are checked and decoded once, not at every scrape.
//!
//! Uses the store's ids and what the reader asks a [`Memory`]. A text is known by its [`Digest`] alone, as the texts would
//! outweigh the samples. It is taken for sound on the strength of that, so a mix-up would not only put a sample into the
//! wrong series but let a malformed line pass; 128 bits under secret keys leave none to be met: two of 200,000 texts
//! agree once in 10²⁸ targets.

use hashbrown::HashTable;

use super::digest::{Digest, Keys};
use crate::exposition::{Format, Memory};
use crate::store::{SeriesId, heap};

/// How many scrapes a text is remembered that is not there any more: series that come and go keep their place, those of
/// a restarted process do not pile up.
const REMEMBERED: u8 = 10;

/// What is known of a text. Twenty-four bytes, as there is one for every series.
#[derive(Debug, Clone, Copy)]
struct Known {
    digest: Digest,
    slot: u32,
    generation: u16,
    /// The turn in which it was there last, modulo 256.
    seen: u8,
    /// Whether its last sample brought its own time.
    own_time: bool,
}

impl Known {
    const fn id(&self) -> SeriesId {
        SeriesId { slot: self.slot, generation: self.generation }
    }
}

/// Where a known text is kept, until another is learned or any forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot(usize);

/// All texts of a target.
#[derive(Debug, Default)]
pub(super) struct Cache {
    known: HashTable<Known>,
    keys: Keys,
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

impl Memory for Cache {
    type Known = Spot;

    #[inline]
    fn recall(&self, series: &str, format: Format) -> Option<Spot> {
        let digest = self.digest(series, format);
        self.known.find_bucket_index(digest.hash, |k| k.digest == digest).map(Spot)
    }
}

impl Cache {
    /// What stands for a text in a format: the same text may mean another series in the other one, or none at all.
    #[inline]
    fn digest(&self, text: &str, format: Format) -> Digest {
        self.keys.digest(text.as_bytes(), u8::from(format == Format::OpenMetrics))
    }

    /// The series of a known text, and where it was; marks it as here.
    #[inline]
    pub(super) fn meet(&mut self, spot: Spot, own_time: bool) -> Option<(SeriesId, Was)> {
        let known = self.known.get_bucket_mut(spot.0)?;
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
    pub(super) fn learn(&mut self, series: &str, format: Format, id: SeriesId, own_time: bool) {
        let digest = self.digest(series, format);
        let known = Known { digest, slot: id.slot, generation: id.generation, seen: self.turn, own_time };
        if let Some(old) = self.known.find_mut(digest.hash, |k| k.digest == digest) {
            *old = known;
        } else {
            self.known.insert_unique(digest.hash, known, |k| k.digest.hash);
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
                self.known.shrink_to_fit(|k| k.digest.hash);
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

    fn learn(cache: &mut Cache, text: &str, slot: u32, own_time: bool) {
        cache.learn(text, Format::Text, id(slot), own_time);
    }

    fn meet(cache: &mut Cache, text: &str) -> Option<(SeriesId, Was)> {
        let spot = cache.recall(text, Format::Text)?;
        cache.meet(spot, false)
    }

    #[test]
    fn what_leaves_is_reported_once_and_forgotten_later() {
        let mut cache = Cache::default();
        learn(&mut cache, "a", 1, false);
        learn(&mut cache, "b", 2, false);
        learn(&mut cache, "c", 3, true);
        cache.end_turn(|_| panic!("nothing is gone"));
        let mut gone = Vec::new();
        for _ in 0..300 {
            assert_eq!(meet(&mut cache, "a"), Some((id(1), Was::There)));
            cache.end_turn(|id| gone.push(id));
        }
        assert_eq!(gone, [id(2)], "a series with its own times is nobody's to end");
        assert_eq!((cache.len(), meet(&mut cache, "b")), (1, None));
    }

    #[test]
    fn what_comes_back_soon_is_known() {
        let mut cache = Cache::default();
        learn(&mut cache, "a", 1, false);
        assert_eq!(meet(&mut cache, "a"), Some((id(1), Was::Here)));
        for _ in 0..4 {
            cache.end_turn(|_| ());
        }
        assert_eq!(meet(&mut cache, "a"), Some((id(1), Was::Away)));
    }

    #[test]
    fn an_entry_is_twenty_four_bytes() {
        assert_eq!(size_of::<Known>(), 24);
    }

    #[test]
    fn formats_do_not_share_texts() {
        let mut cache = Cache::default();
        learn(&mut cache, "a", 1, false);
        assert_eq!(cache.recall("a", Format::OpenMetrics), None);
        cache.learn("a", Format::OpenMetrics, id(2), false);
        assert_eq!((cache.len(), meet(&mut cache, "a")), (2, Some((id(1), Was::Here))));
    }
}
