//! Asking the store: which series satisfy matchers, and their samples in a range.
//!
//! May use `series` and the rest of the store.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::block::{Block, NONE};
use super::index::Index;
use super::{Entry, Store, chunk};
use crate::series::{Counted, Labels, MatchOp, Matcher, Sample, Select, Timestamp};

/// Pair numbers as bits.
struct Pairs(Vec<u64>);

impl Pairs {
    fn none(bound: usize) -> Self {
        Self(vec![0; bound.div_ceil(64)])
    }

    fn insert(&mut self, pair: u32) {
        if let Some(word) = self.0.get_mut(pair as usize / 64) {
            *word |= 1 << (pair % 64);
        }
    }

    fn has(&self, pair: u32) -> bool {
        self.0.get(pair as usize / 64).is_some_and(|word| word >> (pair % 64) & 1 == 1)
    }
}

/// What a matcher asks of a series' pairs. One that the empty string satisfies is met by a series without the label too,
/// so it can only forbid pairs; any other can only be met by a pair.
enum Demand {
    /// One of these is there; with how many series have one, and the pairs themselves.
    Any(Pairs, usize, Vec<u32>),
    /// None of these is there.
    No(Pairs),
    /// Whatever is there.
    Nothing,
}

fn demand(index: &Index, matcher: &Matcher) -> Demand {
    let absent = matcher.matches_absent();
    let mut numbers = Vec::new();
    if let Some(literals) = literals(matcher) {
        // The values that satisfy `=` and `=~`, or that fail `!=` and `!~`: looked up, not searched for.
        numbers.extend(literals.iter().filter_map(|v| index.find(&matcher.name, v)));
        numbers.sort_unstable();
        numbers.dedup();
        let positive = matches!(matcher.op, MatchOp::Equal | MatchOp::Regex);
        if positive == absent {
            // `x=""`, `x=~"|a"`, `x!=""`, `x!~"|a"`: what was found is the rest's opposite.
            let found = numbers;
            let rest = index.values(&matcher.name).map(|(_, n)| n).filter(|n| found.binary_search(n).is_err());
            numbers = rest.collect();
        }
    } else if matches!((matcher.op, &*matcher.value), (MatchOp::Regex, ".*")) {
        return Demand::Nothing;
    } else {
        // A pattern is asked once a value, however many series have it.
        numbers.extend(index.values(&matcher.name).filter(|(v, _)| matcher.matches(v) != absent).map(|(_, n)| n));
    }
    let mut pairs = Pairs::none(index.bound());
    for &n in &numbers {
        pairs.insert(n);
    }
    if absent {
        return if numbers.is_empty() { Demand::Nothing } else { Demand::No(pairs) };
    }
    let series = numbers.iter().filter_map(|&n| index.pair(n)).map(|p| p.series.len()).sum();
    Demand::Any(pairs, series, numbers)
}

/// The values a matcher names, if it names them: `a` of `="a"`, `a`, `b`, `c.d` of `=~"(a|b|c\\.d)"`.
fn literals(matcher: &Matcher) -> Option<Vec<String>> {
    let mut pattern = &*matcher.value;
    if matches!(matcher.op, MatchOp::Equal | MatchOp::NotEqual) {
        return Some(vec![pattern.to_owned()]);
    }
    if let Some(inner) = pattern.strip_prefix("(?:").or_else(|| pattern.strip_prefix('('))
        && let Some(inner) = inner.strip_suffix(')')
        && !inner.ends_with('\\')
    {
        pattern = inner;
    }
    let mut all = vec![String::new()];
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '|' => {
                all.push(String::new());
                continue;
            }
            // Only punctuation stands for itself behind a backslash; letters and digits are classes.
            '\\' => chars.next().filter(char::is_ascii_punctuation).filter(|c| !matches!(c, '<' | '>'))?,
            '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$' => return None,
            c => c,
        };
        all.last_mut()?.push(literal);
    }
    Some(all)
}

impl Store {
    /// The numbers of all series that satisfy `matchers`, ascending.
    pub(super) fn matching(&self, matchers: &[Matcher]) -> Vec<u32> {
        let mut wanted = Vec::new();
        let mut unwanted = Vec::new();
        for matcher in matchers {
            match demand(&self.index, matcher) {
                Demand::Any(_, 0, _) => return Vec::new(),
                Demand::Any(pairs, series, numbers) => wanted.push((pairs, series, numbers)),
                Demand::No(pairs) => unwanted.push(pairs),
                Demand::Nothing => {}
            }
        }
        // The rarest demand gives the candidates; the others are looked for among their few pairs.
        wanted.sort_by_key(|&(_, series, _)| series);
        let mut candidates = if let Some((_, series, numbers)) = wanted.first() {
            let mut all = Vec::with_capacity(*series);
            for pair in numbers.iter().filter_map(|&n| self.index.pair(n)) {
                all.extend_from_slice(&pair.series);
            }
            if numbers.len() > 1 {
                all.sort_unstable();
            }
            all
        } else {
            (0..self.entries.len() as u32).filter(|&s| self.entries[s as usize].live).collect()
        };
        let others = wanted.get(1..).unwrap_or_default();
        if !others.is_empty() || !unwanted.is_empty() {
            candidates.retain(|&slot| {
                let pairs = self.entries.get(slot as usize).map_or(&[][..], |e| &e.pairs);
                others.iter().all(|(any, ..)| pairs.iter().any(|&p| any.has(p)))
                    && unwanted.iter().all(|no| !pairs.iter().any(|&p| no.has(p)))
            });
        }
        candidates
    }

    /// Visits the series that satisfy `matchers` and have samples in `(after, until]`, with these.
    fn each(&self, matchers: &[Matcher], after: Timestamp, until: Timestamp, visit: &mut dyn FnMut(&Entry, &[Sample])) {
        let mut reading = Reading::new(self, after, until);
        for entry in self.matching(matchers).into_iter().filter_map(|slot| self.entries.get(slot as usize)) {
            let samples = reading.samples(entry);
            if !samples.is_empty() {
                visit(entry, samples);
            }
        }
    }

    /// Whether `entry` has a sample inside `(after, until]`.
    fn reaches(&self, entry: &Entry, after: Timestamp, until: Timestamp) -> bool {
        let runs = entry.chunks.iter().map(|c| (c.block, c.start, usize::from(c.n)));
        let open = (!entry.open.is_empty()).then(|| (entry.block, entry.start, entry.open.len()));
        runs.chain(open).any(|(block, start, n)| {
            self.blocks.get(block).is_some_and(|b| !b.inside(usize::from(start), n, after, until).is_empty())
        })
    }

    /// The values that label `label` has in the series that satisfy all `matchers` and have a sample inside
    /// `(after, until]`, sorted.
    pub fn label_values(&self, label: &str, matchers: &[Matcher], after: Timestamp, until: Timestamp) -> Vec<Arc<str>> {
        let numbers: Vec<u32> = self.index.values(label).map(|(_, n)| n).collect();
        let mut wanted = Pairs::none(self.index.bound());
        for &n in &numbers {
            wanted.insert(n);
        }
        let mut found = Pairs::none(self.index.bound());
        for entry in self.matching(matchers).into_iter().filter_map(|slot| self.entries.get(slot as usize)) {
            // One look at the samples a value is enough.
            if let Some(&pair) = entry.pairs.iter().find(|&&p| wanted.has(p))
                && !found.has(pair)
                && self.reaches(entry, after, until)
            {
                found.insert(pair);
            }
        }
        let found = numbers.into_iter().filter(|&n| found.has(n)).filter_map(|n| self.index.pair(n));
        let mut values: Vec<Arc<str>> = found.map(|p| Arc::clone(&p.label.value)).collect();
        values.sort_unstable();
        values
    }

    /// The names of the labels of the series that satisfy all `matchers` and have a sample inside `(after, until]`,
    /// sorted.
    pub fn label_names(&self, matchers: &[Matcher], after: Timestamp, until: Timestamp) -> Vec<Arc<str>> {
        let mut found = Pairs::none(self.index.bound());
        let mut names: Vec<Arc<str>> = Vec::new();
        for entry in self.matching(matchers).into_iter().filter_map(|slot| self.entries.get(slot as usize)) {
            // Series with nothing new need no look at their samples.
            if entry.pairs.iter().all(|&pair| found.has(pair)) || !self.reaches(entry, after, until) {
                continue;
            }
            for &number in &entry.pairs {
                found.insert(number);
                if let Some(pair) = self.index.pair(number)
                    && !names.contains(&pair.label.name)
                {
                    names.push(Arc::clone(&pair.label.name));
                }
            }
        }
        names.sort_unstable();
        names
    }
}

/// Reads the samples inside `(after, until]` of one series after the other.
pub(super) struct Reading<'s> {
    store: &'s Store,
    after: Timestamp,
    until: Timestamp,
    samples: Vec<Sample>,
    values: Vec<f64>,
    /// Which ticks of a block are inside. The series of a target lie one behind the other, and in the same blocks.
    inside: Inside,
}

/// The ticks inside of the run of `n` ticks of `block` from `start` on.
struct Inside {
    block: u32,
    start: u8,
    n: usize,
    ticks: Range<usize>,
}

impl<'s> Reading<'s> {
    pub(super) fn new(store: &'s Store, after: Timestamp, until: Timestamp) -> Self {
        let inside = Inside { block: NONE, start: 0, n: 0, ticks: 0..0 };
        Self { store, after, until, samples: Vec::new(), values: Vec::new(), inside }
    }

    /// Those of `entry`, ascending.
    pub(super) fn samples(&mut self, entry: &Entry) -> &[Sample] {
        self.samples.clear();
        let open = self.store.blocks.get(entry.block).filter(|_| !entry.open.is_empty());
        // What is older than the open chunk is seldom asked for.
        if open.is_none_or(|block| block.tick(usize::from(entry.start)) > self.after) {
            self.closed(entry);
        }
        if let Some(block) = open {
            let inside = &mut self.inside;
            let n = entry.open.len();
            if (inside.block, inside.start, inside.n) != (entry.block, entry.start, n) {
                let ticks = block.inside(usize::from(entry.start), n, self.after, self.until);
                *inside = Inside { block: entry.block, start: entry.start, n, ticks };
            }
            let ticks = inside.ticks.clone();
            if !ticks.is_empty() {
                let start = usize::from(entry.start);
                self.values.clear();
                entry.open.decode_part(ticks.start - start..ticks.end - start, &mut self.values);
                self.take(block, ticks, 0);
            }
        }
        &self.samples
    }

    fn closed(&mut self, entry: &Entry) {
        for c in &entry.chunks {
            if let Some(block) = self.store.blocks.get(c.block)
                && let Some(data) = block.data.get(c.offset as usize..)
            {
                let start = usize::from(c.start);
                let inside = block.inside(start, usize::from(c.n), self.after, self.until);
                if !inside.is_empty() {
                    // A closed chunk can only be read from its first value on, but need not be to the last.
                    self.values.clear();
                    chunk::decode(data, inside.end - start, &mut self.values);
                    self.take(block, inside.clone(), inside.start - start);
                }
            }
        }
    }

    /// Pairs the times of `ticks` with the values from number `skip` on.
    fn take(&mut self, block: &Block, ticks: Range<usize>, skip: usize) {
        let values = self.values.get(skip..).unwrap_or_default();
        self.samples.extend(block.times(ticks).zip(values).map(|(t, &v)| Sample { t, v }));
    }
}

/// Label sets of the labels that count, each built once however many series share it.
pub(super) struct Projection<'i> {
    index: &'i Index,
    counted: Counted<'i>,
    /// Whether a pair counts, once that was asked.
    pairs: Vec<Option<bool>>,
    /// Where the set of these pairs is.
    built: FxHashMap<Vec<u32>, u32>,
    numbers: Vec<u32>,
}

impl<'i> Projection<'i> {
    pub(super) fn new(index: &'i Index, counted: Counted<'i>) -> Self {
        Self { index, counted, pairs: vec![None; index.bound()], built: FxHashMap::default(), numbers: Vec::new() }
    }

    /// Where among `sets` the labels of a series are that count; they are added if they are not there yet.
    pub(super) fn place(&mut self, entry: &Entry, sets: &mut Vec<Labels>) -> u32 {
        let Self { index, counted, pairs, built, numbers } = self;
        if *counted == Counted::All {
            // No two series have the same labels.
            sets.push(index.labels(&entry.pairs));
            return sets.len() as u32 - 1;
        }
        numbers.clear();
        numbers.extend(entry.pairs.iter().copied().filter(|&pair| {
            let Some(known) = pairs.get_mut(pair as usize) else { return false };
            *known.get_or_insert_with(|| index.pair(pair).is_some_and(|pair| counted.counts(&pair.label.name)))
        }));
        if let Some(&known) = built.get(numbers) {
            return known;
        }
        let place = sets.len() as u32;
        sets.push(index.labels(numbers));
        built.insert(numbers.clone(), place);
        place
    }
}

impl Select for Store {
    fn select_counted(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        counted: Counted<'_>,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    ) {
        if counted == Counted::All {
            return self.select(matchers, after, until, visit);
        }
        let (mut projection, mut sets) = (Projection::new(&self.index, counted), Vec::new());
        self.each(matchers, after, until, &mut |entry, samples| {
            let place = projection.place(entry, &mut sets);
            if let Some(labels) = sets.get(place as usize) {
                visit(labels, samples);
            }
        });
    }

    fn select(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    ) {
        self.each(matchers, after, until, &mut |entry, samples| visit(&self.index.labels(&entry.pairs), samples));
    }
}
