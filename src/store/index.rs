//! Label pairs, each kept once, and which series carry them.
//!
//! A series is the list of its pairs' numbers, in order of the labels' names, so a label set costs four bytes a label
//! here; its strings are shared by all. A pair whose last series goes is dropped with its strings.
//! May use `series`.

use std::collections::HashMap;
use std::sync::Arc;

use super::slab::Slab;
use crate::series::{Label, Labels};

/// A label name and value with the series that have it.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) label: Label,
    /// The numbers of the series, ascending.
    pub(super) series: Vec<u32>,
}

/// The index. The standard hasher is on purpose: label values come from outside, and this is no hot path.
#[derive(Debug, Default)]
pub(super) struct Index {
    pairs: Slab<Pair>,
    names: HashMap<Arc<str>, HashMap<Arc<str>, u32>>,
    /// Strings, posting lists and inner tables; the outer tables are added when asked.
    heap: usize,
}

/// What an inner table of `capacity` takes: keys, values and a control byte each, at the load that std allows.
const fn table<K, V>(capacity: usize) -> usize {
    super::heap(capacity * 8 / 7 * (size_of::<(K, V)>() + 1))
}

/// What an `Arc<str>` takes: the text behind two counters.
const fn string(text: &str) -> usize {
    super::heap(text.len() + 16)
}

impl Index {
    /// The pair's number, if any series has it.
    pub(super) fn find(&self, name: &str, value: &str) -> Option<u32> {
        self.names.get(name)?.get(value).copied()
    }

    /// The numbers of `labels` in order, if there are such pairs: if not, no series has these labels.
    pub(super) fn known(&self, labels: &Labels, numbers: &mut Vec<u32>) -> bool {
        numbers.clear();
        for l in labels {
            match self.find(&l.name, &l.value) {
                Some(pair) => numbers.push(pair),
                None => return false,
            }
        }
        true
    }

    /// Enters series `slot` under each of `labels` and returns the pairs' numbers.
    pub(super) fn insert(&mut self, slot: u32, labels: &Labels) -> Box<[u32]> {
        labels
            .iter()
            .map(|l| {
                let number = self.intern(l);
                if let Some(pair) = self.pairs.get_mut(number) {
                    self.heap -= super::heap(pair.series.capacity() * 4);
                    if pair.series.len() == pair.series.capacity() {
                        pair.series.reserve_exact((pair.series.len() / 4).max(2));
                    }
                    // Numbers are reused, so the new one need not be the highest.
                    let at = pair.series.partition_point(|&s| s < slot);
                    pair.series.insert(at, slot);
                    self.heap += super::heap(pair.series.capacity() * 4);
                }
                number
            })
            .collect()
    }

    fn intern(&mut self, label: &Label) -> u32 {
        if let Some(number) = self.find(&label.name, &label.value) {
            return number;
        }
        let (name, value) = match self.names.get_key_value(&label.name) {
            Some((name, _)) => (Arc::clone(name), Arc::clone(&label.value)),
            None => (Arc::clone(&label.name), Arc::clone(&label.value)),
        };
        if !self.names.contains_key(&name) {
            self.heap += string(&name);
        }
        self.heap += string(&value);
        let values = self.names.entry(Arc::clone(&name)).or_default();
        let number = self.pairs.insert(Pair { label: Label { name, value: Arc::clone(&value) }, series: Vec::new() });
        self.heap -= table::<Arc<str>, u32>(values.capacity());
        values.insert(value, number);
        self.heap += table::<Arc<str>, u32>(values.capacity());
        number
    }

    /// Takes series `slot` out from under `pairs`.
    pub(super) fn remove(&mut self, slot: u32, pairs: &[u32]) {
        for &number in pairs {
            let Some(pair) = self.pairs.get_mut(number) else { continue };
            if let Ok(at) = pair.series.binary_search(&slot) {
                pair.series.remove(at);
            }
            self.heap -= super::heap(pair.series.capacity() * 4);
            if pair.series.len() * 2 < pair.series.capacity() {
                pair.series.shrink_to(pair.series.len() * 5 / 4);
            }
            self.heap += super::heap(pair.series.capacity() * 4);
            if pair.series.is_empty() {
                self.forget(number);
            }
        }
    }

    fn forget(&mut self, number: u32) {
        let Some(pair) = self.pairs.remove(number) else { return };
        self.heap -= super::heap(pair.series.capacity() * 4) + string(&pair.label.value);
        let Some(values) = self.names.get_mut(&pair.label.name) else { return };
        self.heap -= table::<Arc<str>, u32>(values.capacity());
        values.remove(&pair.label.value);
        if values.len() * 4 < values.capacity() {
            values.shrink_to_fit();
        }
        self.heap += table::<Arc<str>, u32>(values.capacity());
        if values.is_empty() {
            self.heap -= table::<Arc<str>, u32>(values.capacity()) + string(&pair.label.name);
            self.names.remove(&pair.label.name);
        }
    }

    /// A pair, and the series that carry it.
    pub(super) fn pair(&self, number: u32) -> Option<&Pair> {
        self.pairs.get(number)
    }

    /// Every value that a label has, with its pair's number.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = (&Arc<str>, u32)> {
        self.names.get(name).into_iter().flatten().map(|(value, &number)| (value, number))
    }

    /// One more than the highest pair number.
    pub(super) const fn bound(&self) -> usize {
        self.pairs.bound()
    }

    /// The label set that `pairs`, those of one series, stand for.
    pub(super) fn labels(&self, pairs: &[u32]) -> Labels {
        #[expect(clippy::expect_used, reason = "a pair is dropped with the last of its series")]
        let label = |&pair: &u32| self.pair(pair).expect("a series' pairs are there as long as it is").label.clone();
        Labels::from_sorted(pairs.iter().map(label))
    }

    /// What the index takes on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.heap + self.pairs.bytes() + table::<Arc<str>, HashMap<Arc<str>, u32>>(self.names.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_a_dropped_series() {
        let mut index = Index::default();
        let one = Labels::from_pairs([("__name__", "up"), ("job", "a")]);
        let two = Labels::from_pairs([("__name__", "up"), ("job", "b")]);
        let pairs = index.insert(0, &one);
        let shared = index.insert(1, &two);
        assert_eq!(index.labels(&pairs), one);
        index.remove(0, &pairs);
        assert_eq!((index.find("job", "a"), index.values("job").count()), (None, 1));
        index.remove(1, &shared);
        assert_eq!((index.pairs.iter().count(), index.names.len(), index.heap), (0, 0, 0));
    }

    #[test]
    fn strings_are_shared_across_series() {
        let mut index = Index::default();
        let one = index.insert(0, &Labels::from_pairs([("__name__", "up"), ("job", "a")]));
        let two = index.insert(1, &Labels::from_pairs([("__name__", "up"), ("job", "b")]));
        let (one, two) = (index.labels(&one), index.labels(&two));
        let both = |name| (one.label(name).expect("is there"), two.label(name).expect("is there"));
        assert!(Arc::ptr_eq(&both("__name__").0.value, &both("__name__").1.value));
        assert!(Arc::ptr_eq(&both("job").0.name, &both("job").1.name));
    }

    #[test]
    fn posting_lists_stay_sorted_when_numbers_are_reused() {
        let mut index = Index::default();
        let labels = Labels::from_pairs([("a", "b")]);
        for slot in [5, 1, 3] {
            index.insert(slot, &labels);
        }
        let pair = index.find("a", "b").and_then(|p| index.pair(p)).expect("is there");
        assert_eq!(pair.series, [1, 3, 5]);
    }
}
