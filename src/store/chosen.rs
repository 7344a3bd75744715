//! Which series selectors chose, kept for who selects the same again and again: as long as no series comes or goes, there
//! is nothing to look up, and no labels to be put together. May use `series` and the rest of the store.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::Store;
use super::select::{Projection, Reading};
use crate::series::{Counted, Labels, Matcher, Sample, Select, Timestamp};

/// How many series are kept, over all selectors.
const MOST: usize = 100_000;

/// What was chosen. It belongs to one store.
#[derive(Debug, Default)]
pub struct Chosen {
    /// [`Store`]'s population at that time.
    population: u64,
    choices: HashTable<Arc<Choice>>,
    /// How many series all choices name.
    series: usize,
}

/// What one selector chose.
#[derive(Debug)]
struct Choice {
    matchers: Vec<Matcher>,
    labels: Wanted,
    /// Slots, and where their labels are among `sets`.
    series: Vec<(u32, u32)>,
    sets: Vec<Labels>,
}

/// [`Counted`] with names of its own.
#[derive(Debug)]
enum Wanted {
    All,
    Only(Vec<String>),
    AllBut(Vec<String>),
}

impl Wanted {
    fn counted(&self) -> Counted<'_> {
        match self {
            Self::All => Counted::All,
            Self::Only(names) => Counted::Only(names),
            Self::AllBut(names) => Counted::AllBut(names),
        }
    }
}

impl From<Counted<'_>> for Wanted {
    fn from(counted: Counted<'_>) -> Self {
        match counted {
            Counted::All => Self::All,
            Counted::Only(names) => Self::Only(names.to_vec()),
            Counted::AllBut(names) => Self::AllBut(names.to_vec()),
        }
    }
}

fn hash(matchers: &[Matcher], counted: Counted<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    for m in matchers {
        (&m.name, m.op, &m.value).hash(&mut hasher);
    }
    counted.hash(&mut hasher);
    hasher.finish()
}

impl Choice {
    fn new(store: &Store, matchers: &[Matcher], counted: Counted<'_>) -> Self {
        let (mut series, mut sets) = (Vec::new(), Vec::new());
        let mut projection = Projection::new(&store.index, counted);
        for slot in store.matching(matchers) {
            if let Some(entry) = store.entries.get(slot as usize) {
                series.push((slot, projection.place(entry, &mut sets)));
            }
        }
        Self { matchers: matchers.to_vec(), labels: counted.into(), series, sets }
    }

    fn is_of(&self, matchers: &[Matcher], counted: Counted<'_>) -> bool {
        let same = |(a, b): (&Matcher, &Matcher)| (&a.name, a.op, &a.value) == (&b.name, b.op, &b.value);
        self.labels.counted() == counted
            && self.matchers.len() == matchers.len()
            && self.matchers.iter().zip(matchers).all(same)
    }
}

impl Chosen {
    fn choose(&mut self, store: &Store, matchers: &[Matcher], counted: Counted<'_>) -> Arc<Choice> {
        if self.population != store.population || self.series > MOST {
            *self = Self { population: store.population, ..Self::default() };
        }
        let hash = hash(matchers, counted);
        if let Some(known) = self.choices.find(hash, |c| c.is_of(matchers, counted)) {
            return Arc::clone(known);
        }
        let choice = Arc::new(Choice::new(store, matchers, counted));
        self.series += choice.series.len();
        self.choices.insert_unique(hash, Arc::clone(&choice), |c| self::hash(&c.matchers, c.labels.counted()));
        choice
    }
}

/// A store that is asked the same again and again.
pub struct Remembering<'s> {
    store: &'s Store,
    chosen: RefCell<&'s mut Chosen>,
}

impl Store {
    /// This store, answering from what was `chosen` before where it can.
    pub const fn remembering<'s>(&'s self, chosen: &'s mut Chosen) -> Remembering<'s> {
        Remembering { store: self, chosen: RefCell::new(chosen) }
    }
}

impl Select for Remembering<'_> {
    fn select(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    ) {
        self.select_counted(matchers, after, until, Counted::All, visit);
    }

    fn select_counted(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        counted: Counted<'_>,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    ) {
        let choice = self.chosen.borrow_mut().choose(self.store, matchers, counted);
        let mut reading = Reading::new(self.store, after, until);
        for &(slot, set) in &choice.series {
            if let (Some(entry), Some(labels)) = (self.store.entries.get(slot as usize), choice.sets.get(set as usize))
            {
                let samples = reading.samples(entry);
                if !samples.is_empty() {
                    visit(labels, samples);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Limits;

    fn all(data: &dyn Select, matchers: &[Matcher], after: Timestamp, counted: Counted<'_>) -> String {
        let mut found = Vec::new();
        data.select_counted(matchers, after, 1_000_000, counted, &mut |l, s| found.push((l.clone(), s.to_vec())));
        format!("{found:?}")
    }

    #[test]
    fn what_was_chosen_is_the_same_as_what_would_be_until_series_come_or_go() {
        let (mut store, mut chosen) =
            (Store::new(Limits { retention: 500_000, ..Limits::default() }), Chosen::default());
        let labels = |i: i64| Labels::from_pairs([("__name__", "x"), ("i", &i.to_string()), ("job", "a")]);
        let matchers = [Matcher::equal("__name__", "x")];
        let names = ["job".to_owned()];
        let mut sizes = Vec::new();
        for round in 0..8 {
            // One series more in every second round, and those before it fall silent and out of retention.
            let id = store.series(labels(round / 2));
            for n in 0..30 {
                store.append(id, round * 100_000 + n * 3_000, n as f64).expect("in order");
            }
            store.expire(round * 100_000 + 90_000);
            for counted in [Counted::All, Counted::Only(&names), Counted::AllBut(&names), Counted::Only(&[])] {
                for after in [-1, round * 100_000 + 45_000, 2_000_000] {
                    let direct = all(&store, &matchers, after, counted);
                    for _ in 0..2 {
                        assert_eq!(all(&store.remembering(&mut chosen), &matchers, after, counted), direct);
                    }
                }
            }
            sizes.push((chosen.choices.len(), chosen.series));
        }
        assert!(sizes.iter().all(|&(choices, series)| choices == 4 && series > 0), "{sizes:?}");
        assert!(!all(&store, &matchers, -1, Counted::All).contains("i=\"0\""), "the first one is gone");
    }
}
