//! The incident log: what happened and what was done about it, in the order of time. Pure; `runtime` keeps it in a file.
//! Uses `series`.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::series::{Timestamp, printable};

/// How many entries are kept in sight; the file has them all.
const KEPT: usize = 1_000;

/// Longest text of an entry, in characters.
const LONGEST: usize = 2_000;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it happened, ms since the epoch.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What an entry tells of. Texts are safe for the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum What {
    /// Somebody wrote a line.
    Note {
        /// The line.
        text: String,
    },
    /// An alert changed its state.
    Alert {
        /// The alert's name.
        name: String,
        /// Its labels as Prometheus writes them.
        labels: String,
        /// The state that it has since then: `pending`, `firing`, `resolved` or `inactive`.
        state: String,
        /// The value of its expression, where it had one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
    /// Alerts were silenced.
    Silenced {
        /// The silence's id.
        id: String,
        /// What it matches.
        matchers: String,
        /// Until when, ms since the epoch.
        until: Timestamp,
        /// Why, in the author's words.
        comment: String,
    },
    /// A silence was ended.
    Expired {
        /// The silence's id.
        id: String,
    },
    /// A step of a runbook was ticked, or the tick was taken back.
    Ticked {
        /// The runbook's name.
        runbook: String,
        /// The step.
        step: String,
        /// Whether it is done.
        done: bool,
    },
}

/// The log as far as it is in sight, ascending in time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    entries: Vec<Entry>,
}

impl Log {
    /// The log with what an earlier run left, in any order.
    pub fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|e| e.at);
        for entry in &mut entries {
            entry.make_safe();
        }
        // Two terminals that watch the same alerts write each change twice.
        let mut states: FxHashMap<(String, String), String> = FxHashMap::default();
        entries.retain(|entry| match &entry.what {
            What::Alert { name, labels, state, .. } => {
                states.insert((name.clone(), labels.clone()), state.clone()).as_ref() != Some(state)
            }
            _ => true,
        });
        let mut log = Self { entries };
        log.trim();
        log
    }

    /// Adds an entry where its time puts it; `false` where the log has it already.
    pub fn add(&mut self, mut entry: Entry) -> bool {
        entry.make_safe();
        let at = self.entries.partition_point(|e| e.at <= entry.at);
        let equal = self.entries[..at].iter().rev().take_while(|e| e.at == entry.at);
        if matches!(entry.what, What::Alert { .. }) && equal.clone().any(|e| *e == entry) {
            return false;
        }
        self.entries.insert(at, entry);
        self.trim();
        true
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The state in which the log left an alert, by its name and labels, and since when.
    pub fn last_of(&self, alert: &str, its_labels: &str) -> Option<(&str, Timestamp)> {
        self.entries.iter().rev().find_map(|e| match &e.what {
            What::Alert { name, labels, state, .. } if name == alert && labels == its_labels => {
                Some((state.as_str(), e.at))
            }
            _ => None,
        })
    }

    /// When a step of a runbook was ticked, if that was at `since` or later and was not taken back.
    pub fn ticked(&self, book: &str, text: &str, since: Timestamp) -> Option<Timestamp> {
        let of_step =
            |e: &&Entry| matches!(&e.what, What::Ticked { runbook, step, .. } if runbook == book && step == text);
        let last = self.entries.iter().rev().find(of_step)?;
        (last.at >= since && matches!(last.what, What::Ticked { done: true, .. })).then_some(last.at)
    }

    fn trim(&mut self) {
        let beyond = self.entries.len().saturating_sub(KEPT);
        self.entries.drain(..beyond);
    }
}

impl Entry {
    /// The file may have been written by anybody.
    fn make_safe(&mut self) {
        let safe = |text: &mut String| {
            let short: String = text.chars().take(LONGEST).collect();
            *text = printable(&short).into_owned();
        };
        match &mut self.what {
            What::Note { text } => safe(text),
            What::Alert { name, labels, state, value } => {
                [name, labels, state].into_iter().for_each(safe);
                value.iter_mut().for_each(safe);
            }
            What::Silenced { id, matchers, comment, .. } => [id, matchers, comment].into_iter().for_each(safe),
            What::Expired { id } => safe(id),
            What::Ticked { runbook, step, .. } => [runbook, step].into_iter().for_each(safe),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(at: Timestamp, text: &str) -> Entry {
        Entry { at, what: What::Note { text: text.to_owned() } }
    }

    #[test]
    fn entries_stand_in_the_order_of_time_and_the_oldest_go() {
        let mut log = Log::new(vec![note(30, "c"), note(10, "a")]);
        log.add(note(20, "b"));
        let texts = |log: &Log| log.entries().iter().map(|e| e.at).collect::<Vec<_>>();
        assert_eq!(texts(&log), [10, 20, 30]);
        for at in 0..KEPT as i64 {
            log.add(note(100 + at, "x"));
        }
        assert_eq!((log.entries().len(), log.entries()[0].at), (KEPT, 100));
    }

    #[test]
    fn an_entry_survives_its_file_and_cannot_bring_escapes_with_it() {
        let entry = Entry {
            at: 7,
            what: What::Alert {
                name: "CircuitBreakerOpen".to_owned(),
                labels: "{instance=\"a\u{1b}[2J\"}".to_owned(),
                state: "firing".to_owned(),
                value: None,
            },
        };
        let text = serde_json::to_string(&entry).expect("serialises");
        assert_eq!(serde_json::from_str::<Entry>(&text).expect("reads back"), entry);
        let log = Log::new(vec![entry]);
        assert!(!format!("{:?}", log.entries()).contains('\u{1b}'));
    }

    #[test]
    fn the_last_word_on_an_alert_is_its_state() {
        let alert = |at, state: &str| Entry {
            at,
            what: What::Alert { name: "A".into(), labels: "{}".into(), state: state.into(), value: None },
        };
        let log = Log::new(vec![alert(1, "pending"), alert(2, "firing"), note(3, "on it")]);
        assert_eq!(log.last_of("A", "{}"), Some(("firing", 2)));
        assert_eq!(log.last_of("A", "{x=\"1\"}"), None);
    }

    #[test]
    fn what_two_terminals_wrote_stands_there_once() {
        let alert = |at, state: &str| Entry {
            at,
            what: What::Alert { name: "A".into(), labels: "{}".into(), state: state.into(), value: None },
        };
        let twice = vec![alert(1, "firing"), alert(2, "firing"), alert(9, "resolved"), alert(9, "resolved")];
        let mut log = Log::new([twice, vec![alert(12, "firing")]].concat());
        assert_eq!(log.entries().iter().map(|e| e.at).collect::<Vec<_>>(), [1, 9, 12]);
        assert!(!log.add(alert(12, "firing")) && log.add(note(12, "x")) && log.add(note(12, "x")));
    }

    #[test]
    fn a_tick_counts_for_its_incident_until_it_is_taken_back() {
        let tick = |at, done| Entry { at, what: What::Ticked { runbook: "lag".into(), step: "look".into(), done } };
        let mut log = Log::new(vec![tick(10, true)]);
        assert_eq!((log.ticked("lag", "look", 5), log.ticked("lag", "look", 11)), (Some(10), None));
        assert_eq!(log.ticked("lag", "listen", 5), None);
        log.add(tick(20, false));
        assert_eq!(log.ticked("lag", "look", 5), None);
    }
}
