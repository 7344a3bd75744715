//! What queries answered for the present: shared by the panels of a round, and good for the next one where no sample came
//! in between. Uses `promql` and `series`.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use rustc_hash::FxHashMap;

use crate::promql::Query;
use crate::series::{Labels, Timestamp};

/// Series with their values at one time, in the order of the query.
type Values = Vec<(Labels, f64)>;

/// The answers at one time.
#[derive(Debug, Default)]
pub(in crate::source) struct Instants {
    at: Timestamp,
    by_text: FxHashMap<ByText, Answered>,
}

/// Queries of the same text are the same.
#[derive(Debug)]
struct ByText(Query);

impl Borrow<str> for ByText {
    fn borrow(&self) -> &str {
        self.0.text()
    }
}

impl PartialEq for ByText {
    fn eq(&self, other: &Self) -> bool {
        self.0.text() == other.0.text()
    }
}

impl Eq for ByText {}

impl Hash for ByText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text().hash(state);
    }
}

#[derive(Debug)]
struct Answered {
    values: Values,
    /// [`Query::lead`].
    lead: i64,
    /// [`Query::is_pinned`].
    pinned: bool,
}

impl Instants {
    /// From now on answers for `at` are kept; those for another time go.
    pub(in crate::source) fn begin(&mut self, at: Timestamp) {
        if at != self.at {
            self.by_text.clear();
            self.at = at;
        }
    }

    /// The answer of `query`, which is that of `eval` if it is not known yet.
    pub(in crate::source) fn answer<E>(
        &mut self,
        query: &Query,
        eval: impl FnOnce() -> Result<Values, E>,
    ) -> Result<Values, E> {
        if let Some(known) = self.by_text.get(query.text()) {
            return Ok(known.values.clone());
        }
        let values = eval()?;
        self.put(query, values.clone());
        Ok(values)
    }

    /// Whether the answer of `query` is known.
    pub(in crate::source) fn knows(&self, query: &Query) -> bool {
        self.by_text.contains_key(query.text())
    }

    /// Keeps the answer of `query`.
    pub(in crate::source) fn put(&mut self, query: &Query, values: Values) {
        let answered = Answered { values, lead: query.lead(), pinned: query.is_pinned() };
        self.by_text.insert(ByText(query.clone()), answered);
    }

    /// Says that there are new samples, the earliest of them at `t`.
    pub(in crate::source) fn invalidate_from(&mut self, t: Timestamp) {
        let at = self.at;
        self.by_text.retain(|_, known| !known.pinned && at < t.saturating_sub(known.lead));
    }
}
