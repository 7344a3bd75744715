//! Which metrics, labels and values there are, as far as the source was asked. Pure. Uses `promql` and `source`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::promql::Query;
use crate::series::Timestamp;
use crate::source::{Listing, VariableAsk};

/// How long an answer is good for, ms.
const GOOD: i64 = 60_000;

/// How long what metrics are is good for, ms: it is long, and seldom changes.
const GOOD_HELP: i64 = 1_800_000;

/// Most answers that are kept.
const LISTS: usize = 32;

/// Most questions that are open at a time.
const OPEN: usize = 4;

/// Most names that are kept of one.
const NAMES: usize = 200_000;

/// Under which dashboard's name the questions are asked: a file's name has no slash, so no dashboard has this one.
pub(in crate::app) const DESK: &str = "/explore";

/// Selects everything.
const ALL: &str = "{__name__!=\"\"}";

/// What the source is asked about what a selector selects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    selector: String,
    lists: Lists,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Lists {
    /// What the targets say of their metrics.
    Help,
    /// The names of labels.
    Names,
    /// The values of this label.
    Values(String),
}

impl Question {
    /// Which metrics there are.
    pub(super) fn metrics() -> Self {
        Self { selector: ALL.to_owned(), lists: Lists::Values("__name__".to_owned()) }
    }

    /// What the metrics are.
    pub(super) fn help() -> Self {
        Self { selector: ALL.to_owned(), lists: Lists::Help }
    }

    /// Which labels what `selector` selects has; of everything where it is empty.
    pub(super) fn names(selector: &str) -> Self {
        Self { selector: usable(selector), lists: Lists::Names }
    }

    /// Which values `label` has in what `selector` selects.
    pub(super) fn values(selector: &str, label: &str) -> Option<Self> {
        (!label.is_empty()).then(|| Self { selector: usable(selector), lists: Lists::Values(label.to_owned()) })
    }

    fn key(&self) -> (String, String) {
        let lists = match &self.lists {
            Lists::Help => "help",
            Lists::Names => "names",
            Lists::Values(label) => &format!("values {label}"),
        };
        (DESK.to_owned(), format!("{lists}\n{}", self.selector))
    }

    fn ask(&self) -> Option<VariableAsk> {
        let selector = Query::parse(&self.selector).ok()?;
        let lists = match &self.lists {
            Lists::Help => Listing::Help,
            Lists::Names => Listing::Names,
            Lists::Values(label) => Listing::Values(label.clone()),
        };
        Some(VariableAsk { key: self.key(), selector, lists })
    }

    /// For how long an answer is good, ms.
    const fn good(&self) -> i64 {
        match self.lists {
            Lists::Help => GOOD_HELP,
            Lists::Names | Lists::Values(_) => GOOD,
        }
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
    /// What a metric is, by its name.
    help: FxHashMap<Box<str>, Arc<str>>,
    lists: BTreeMap<Question, Told>,
    /// What is being asked, the newest last.
    open: Vec<Question>,
}

impl Names {
    /// What there is; `None` where the source has not said so yet.
    pub(super) fn of(&self, question: &Question) -> Option<Arc<[Arc<str>]>> {
        self.lists.get(question).map(|(_, names)| Arc::clone(names))
    }

    /// What a metric is: its type, and its help behind two blanks; `None` where nobody says.
    pub(super) fn help(&self, metric: &str) -> Option<&str> {
        let base =
            || ["_bucket", "_sum", "_count", "_total"].iter().find_map(|end| self.help.get(metric.strip_suffix(end)?));
        self.help.get(metric).or_else(base).map(|about| &**about)
    }

    /// Notes that an answer is wanted; whether the source must be asked for it.
    pub(super) fn want(&mut self, question: Question, now: Timestamp) -> bool {
        let is_good = self.lists.get(&question).is_some_and(|(at, _)| now - at < question.good());
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
        let Some(question) = self.open.iter().find(|question| question.key().1 == key).cloned() else { return false };
        values.truncate(NAMES);
        if question.lists == Lists::Help {
            let about = |line: Arc<str>| {
                let (name, about) = line.split_once(' ')?;
                Some((Box::from(name), Arc::from(about)))
            };
            self.help = values.drain(..).filter_map(about).collect();
        }
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
