//! What is doubtful about the answers, from one round to the next: a round evaluates only what is new, and a doubt about
//! what it does not evaluate again is none the smaller. Uses `promql`.

use rustc_hash::FxHashMap;

use crate::promql::{Note, Query};
use crate::source::Shape;

/// Most notes of one query that are handed on.
const MOST: usize = 5;

/// Notes by query.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    by_text: FxHashMap<String, Remarked>,
    round: u64,
}

/// The notes of the last evaluation of each part of an answer.
#[derive(Debug, Default)]
struct Remarked {
    now: Vec<String>,
    range: Vec<String>,
    /// The round in which it was last asked for.
    used: u64,
}

impl Remarks {
    /// A round begins: what the last one did not ask for is forgotten.
    pub(super) fn begin(&mut self) {
        let last = self.round;
        self.by_text.retain(|_, remarked| remarked.used == last);
        self.round += 1;
    }

    /// The present was evaluated, or the steps of the range were, or both, with these notes; the others stay. Gives those of
    /// an answer of this shape, safe for the screen, each once.
    pub(super) fn hear(
        &mut self,
        query: &Query,
        shape: Shape,
        now: Option<Vec<Note>>,
        range: Option<Vec<Note>>,
    ) -> Vec<String> {
        let silent = |notes: &Option<Vec<Note>>| notes.as_ref().is_none_or(Vec::is_empty);
        if silent(&now) && silent(&range) && !self.by_text.contains_key(query.text()) {
            return Vec::new();
        }
        let remarked = self.by_text.entry(query.text().to_owned()).or_default();
        remarked.used = self.round;
        let words = |notes: Vec<Note>| notes.iter().map(|note| note.display(query.text())).collect();
        if let Some(now) = now {
            remarked.now = words(now);
        }
        // A single new step is no range, so nothing is said of its order; the range that it joins has none all the same.
        if let Some(range) = range.filter(|notes| !(query.is_ordered() && notes.is_empty())) {
            remarked.range = words(range);
        }
        let mut all = remarked.now.clone();
        if shape == Shape::Range {
            all.extend(remarked.range.iter().filter(|note| !remarked.now.contains(note)).cloned());
        }
        all.truncate(MOST);
        all
    }
}
