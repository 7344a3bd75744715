//! Which labels put series into the same group or pair them. Uses `series`.

use std::hash::{Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::{FxHashMap, FxHasher};

use crate::series::{Counted, Label, Labels};

/// `by (…)`/`on (…)` or `without (…)`/`ignoring (…)`. The metric's name never counts in the second form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Grouping {
    /// Only these labels count.
    By(Vec<String>),
    /// All but these count.
    Without(Vec<String>),
}

impl Grouping {
    /// Whether a label of this name counts.
    pub(super) fn counts(&self, name: &str) -> bool {
        self.counted().counts(name)
    }

    /// Which labels count.
    pub(super) fn counted(&self) -> Counted<'_> {
        match self {
            Self::By(names) => Counted::Only(names),
            Self::Without(names) => Counted::AllBut(names),
        }
    }

    /// The labels that count.
    pub(super) fn project(&self, labels: &Labels) -> Labels {
        labels.filtered(|name| self.counts(name))
    }

    fn those_of<'l>(&'l self, labels: &'l Labels) -> impl Iterator<Item = &'l Label> {
        labels.iter().filter(|l| self.counts(&l.name))
    }
}

/// Numbers groups of series from 0 in the order in which they are first seen. No label set is built for a series that
/// falls into a known group.
pub(super) struct Groups<'g> {
    grouping: &'g Grouping,
    by_hash: HashTable<(u64, usize)>,
    /// Sets that were met, by where they lie, held so that no other can come to lie there; and their groups.
    by_address: FxHashMap<usize, (Labels, usize)>,
    /// A member of each group.
    members: Vec<Labels>,
}

impl<'g> Groups<'g> {
    pub(super) fn new(grouping: &'g Grouping) -> Self {
        Self { grouping, by_hash: HashTable::new(), by_address: FxHashMap::default(), members: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// The number of the group of `labels`, a new one where none fits.
    pub(super) fn place(&mut self, labels: &Labels) -> usize {
        let mut hasher = FxHasher::default();
        for label in self.grouping.those_of(labels) {
            label.hash(&mut hasher);
        }
        let hash = hasher.finish();
        let same = |&(of, group): &(u64, usize)| {
            of == hash && self.grouping.those_of(&self.members[group]).eq(self.grouping.those_of(labels))
        };
        if let Some(&(_, group)) = self.by_hash.find(hash, same) {
            return group;
        }
        let group = self.members.len();
        self.members.push(labels.clone());
        self.by_hash.insert_unique(hash, (hash, group), |&(of, _)| of);
        group
    }

    /// The same for sets that many series share, of which each is looked at once.
    pub(super) fn place_shared(&mut self, labels: &Labels) -> usize {
        if let Some((_, group)) = self.by_address.get(&labels.address()) {
            return *group;
        }
        let group = self.place(labels);
        self.by_address.insert(labels.address(), (labels.clone(), group));
        group
    }

    /// The labels that the members of a group share.
    pub(super) fn labels(&self, group: usize) -> Labels {
        self.grouping.project(&self.members[group])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_do_not_count_do_not_separate() {
        let grouping = Grouping::By(vec!["a".into(), "b".into()]);
        let mut groups = Groups::new(&grouping);
        let one = Labels::from_pairs([("a", "aa"), ("b", "bb"), ("c", "1")]);
        let two = Labels::from_pairs([("a", "a"), ("b", "abb")]);
        assert_eq!([groups.place(&one), groups.place(&two), groups.place(&one.with("c", "2"))], [0, 1, 0]);
        assert_eq!(groups.labels(0), Labels::from_pairs([("a", "aa"), ("b", "bb")]));
    }

    #[test]
    fn a_set_met_again_is_in_its_group_and_a_new_one_at_its_place_is_not() {
        let grouping = Grouping::By(vec!["a".into()]);
        let mut groups = Groups::new(&grouping);
        for i in 0..100 {
            // Dropped at once: the next one would lie in the same place if nobody held this one.
            let set = Labels::from_pairs([("a", i.to_string())]);
            assert_eq!([groups.place_shared(&set), groups.place_shared(&set.clone()), groups.place(&set)], [i; 3]);
        }
    }

    #[test]
    fn without_leaves_the_name_out_too() {
        let grouping = Grouping::Without(vec!["c".into()]);
        let labels = Labels::from_pairs([("__name__", "m"), ("a", "1"), ("c", "2")]);
        assert_eq!(grouping.project(&labels), Labels::from_pairs([("a", "1")]));
    }
}
