//! Which metrics, labels and values there are, as far as the source was asked. Pure. Uses `promql` and `source`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::promql::Query;
use crate::series::Timestamp;
use crate::source::{Listing, VariableAsk};

/// How long an answer is good for, ms.
const GOOD: i64 = 60_000;

/// Most answers that are kept.
const LISTS: usize = 32;

/// Most questions that are open at a time.
const OPEN: usize = 4;

/// Most names that are kept of one.
const NAMES: usize = 50_000;

/// Under which dashboard's name the questions are asked: a file's name has no slash, so no dashboard has this one.
pub(in crate::app) const DESK: &str = "/explore";

/// Selects everything.
const ALL: &str = "{__name__!=\"\"}";

/// What the source is asked: the names of labels, or the values of one, of what a selector selects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    selector: String,
    /// The label whose values are wanted; `None` for the names of labels.
    label: Option<String>,
}

impl Question {
    /// Which metrics there are.
    pub(super) fn metrics() -> Self {
        Self { selector: ALL.to_owned(), label: Some("__name__".to_owned()) }
    }

    /// Which labels what `selector` selects has; of everything where it is empty.
    pub(super) fn names(selector: &str) -> Self {
        Self { selector: usable(selector), label: None }
    }

    /// Which values `label` has in what `selector` selects.
    pub(super) fn values(selector: &str, label: &str) -> Option<Self> {
        (!label.is_empty()).then(|| Self { selector: usable(selector), label: Some(label.to_owned()) })
    }

    fn key(&self) -> (String, String) {
        let label = self.label.as_deref().unwrap_or_default();
        (DESK.to_owned(), format!("{label}\n{}", self.selector))
    }

    fn of_key(key: &str) -> Option<Self> {
        let (label, selector) = key.split_once('\n')?;
        let label = (!label.is_empty()).then(|| label.to_owned());
        Some(Self { selector: selector.to_owned(), label })
    }

    fn ask(&self) -> Option<VariableAsk> {
        let selector = Query::parse(&self.selector).ok()?;
        let lists = match &self.label {
            Some(label) => Listing::Values(label.clone()),
            None => Listing::Names,
        };
        Some(VariableAsk { key: self.key(), selector, lists })
    }
}

/// A selector that can be asked about: itself, its metric alone, everything.
fn usable(selector: &str) -> String {
    let metric = selector.split('{').next().unwrap_or_default();
    let parses = |text: &&str| !text.is_empty() && Query::parse(text).is_ok();
    [selector, metric].into_iter().find(parses).unwrap_or(ALL).to_owned()
}

/// An answer, and when it came.
type Told = (Timestamp, Arc<[Arc<str>]>);

/// What the source said there is.
#[derive(Debug, Default)]
pub(super) struct Names {
    lists: BTreeMap<Question, Told>,
    /// What is being asked, the newest last.
    open: Vec<Question>,
}

impl Names {
    /// What there is; `None` where the source has not said so yet.
    pub(super) fn of(&self, question: &Question) -> Option<Arc<[Arc<str>]>> {
        self.lists.get(question).map(|(_, names)| Arc::clone(names))
    }

    /// Notes that an answer is wanted; whether the source must be asked for it.
    pub(super) fn want(&mut self, question: Question, now: Timestamp) -> bool {
        let is_good = self.lists.get(&question).is_some_and(|(at, _)| now - at < GOOD);
        if is_good || self.open.contains(&question) {
            return false;
        }
        self.open.push(question);
        // What a server is slow to say of a query that has gone on since is not waited for.
        let over = self.open.len().saturating_sub(OPEN);
        self.open.drain(..over);
        true
    }

    /// What is to be asked.
    pub(super) fn asks(&self) -> Vec<VariableAsk> {
        self.open.iter().filter_map(Question::ask).collect()
    }

    /// Takes an answer in; `false` where nobody asked.
    pub(super) fn take(&mut self, key: &str, mut values: Vec<Arc<str>>, now: Timestamp) -> bool {
        let Some(question) = Question::of_key(key).filter(|q| self.open.contains(q)) else { return false };
        values.truncate(NAMES);
        self.lists.insert(question.clone(), (now, values.into()));
        self.open.retain(|open| *open != question);
        if self.lists.len() > LISTS
            && let Some(oldest) = self.lists.iter().min_by_key(|(_, (at, _))| *at).map(|(q, _)| q.clone())
        {
            self.lists.remove(&oldest);
        }
        true
    }
}
