//! A silence before it is written: prefilled from an alert, checked, and what it would mute. Uses `series`.

use super::alert::{ALERTNAME, AlertmanagerAlert};
use super::matcher::SilenceMatcher;
use super::silence::Silence;
use crate::series::{Labels, MatchOp, MatcherError, Timestamp};

/// Labels that name one process of many, so that a silence with them ends when that process is replaced.
const VOLATILE: [&str; 8] = ["container_id", "id", "instance", "ip", "pod", "pod_ip", "pod_name", "uid"];

/// A silence before it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct SilenceDraft {
    /// The conditions, of which only those that are ticked count.
    pub matchers: Vec<DraftMatcher>,
    /// From when on it is to mute; a time that has passed means at once.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Who makes it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// The silence that this one changes.
    pub changes: Option<Box<Silence>>,
}

/// A condition that can be unticked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftMatcher {
    /// The condition.
    pub matcher: SilenceMatcher,
    /// Whether it counts.
    pub ticked: bool,
}

impl DraftMatcher {
    /// Whether its label names one process of many (`instance`, `pod`, …): a silence with it ends when that process is
    /// replaced, one without it mutes the others too.
    pub fn is_volatile(&self) -> bool {
        VOLATILE.contains(&self.matcher.exact_name())
    }
}

/// What is wrong with a draft, in words for its form.
#[derive(Debug, thiserror::Error)]
pub enum DraftFault {
    /// No condition is ticked.
    #[error("a silence without matchers would mute everything; tick at least one")]
    NoMatcher,
    /// Alertmanager wants one condition that an alert without the label does not satisfy.
    #[error(
        "these matchers take alerts that have none of the labels too; at least one must not match the empty string"
    )]
    OnlyEmpty,
    /// A condition on nothing.
    #[error("a matcher has no label name")]
    NoName,
    /// A pattern that cannot be read.
    #[error(transparent)]
    Pattern(#[from] MatcherError),
    /// It ends before it starts.
    #[error("the silence ends before it starts; give a later end")]
    EndBeforeStart,
    /// It is over already.
    #[error("the silence ends in the past; give a later end")]
    EndInPast,
    /// Nobody makes it.
    #[error("who makes the silence is missing; give an author")]
    NoAuthor,
    /// There is no reason.
    #[error("why the silence is made is missing; give a comment")]
    NoComment,
}

impl SilenceDraft {
    /// A draft that mutes `alert` for `duration` ms from `now` on: every label is a condition, `alertname` first, the
    /// others by name, all ticked. The comment is left to be written.
    pub fn of_alert(alert: &AlertmanagerAlert, now: Timestamp, duration: i64, author: &str) -> Self {
        Self::of_labels(alert.exact_labels(), now, duration, author)
    }

    /// The same for an alert that Alertmanager does not have, or not yet. Where it has it, [`SilenceDraft::of_alert`] is
    /// better: labels that were made safe to show match only themselves. `__name__` and `alertstate` are no labels of
    /// an alert.
    pub fn of_labels(labels: &Labels, now: Timestamp, duration: i64, author: &str) -> Self {
        let (name, rest): (Vec<_>, Vec<_>) = labels
            .iter()
            .filter(|l| !matches!(&*l.name, Labels::NAME | "alertstate"))
            .partition(|l| &*l.name == ALERTNAME);
        let matchers = name
            .into_iter()
            .chain(rest)
            .map(|l| DraftMatcher { matcher: SilenceMatcher::new(&*l.name, MatchOp::Equal, &*l.value), ticked: true });
        Self {
            matchers: matchers.collect(),
            starts_at: now,
            ends_at: now.saturating_add(duration),
            created_by: author.to_owned(),
            comment: String::new(),
            changes: None,
        }
    }

    /// A draft that changes `silence`. Alertmanager keeps the id where only the end and the words change; else, and
    /// where the silence is over, it makes a new one of it.
    pub fn of_silence(silence: &Silence) -> Self {
        let ticked = |matcher: &SilenceMatcher| DraftMatcher { matcher: matcher.clone(), ticked: true };
        Self {
            matchers: silence.matchers.iter().map(ticked).collect(),
            starts_at: silence.starts_at,
            ends_at: silence.ends_at,
            created_by: silence.created_by.clone(),
            comment: silence.comment.clone(),
            changes: Some(Box::new(silence.clone())),
        }
    }

    /// The conditions that count.
    pub fn ticked(&self) -> impl Iterator<Item = &SilenceMatcher> {
        self.matchers.iter().filter(|m| m.ticked).map(|m| &m.matcher)
    }

    /// The author to be written: the silence's own where it was left as it is shown.
    pub(super) fn exact_author(&self) -> &str {
        let kept = self.changes.as_ref().filter(|s| s.created_by == self.created_by);
        kept.map_or(&self.created_by, |s| s.exact_author.or(&self.created_by))
    }

    /// The comment, likewise.
    pub(super) fn exact_comment(&self) -> &str {
        let kept = self.changes.as_ref().filter(|s| s.comment == self.comment);
        kept.map_or(&self.comment, |s| s.exact_comment.or(&self.comment))
    }

    /// What keeps it from being written at `now`, the most basic first; empty where nothing does.
    pub fn faults(&self, now: Timestamp) -> Vec<DraftFault> {
        let mut faults = Vec::new();
        if self.ticked().next().is_none() {
            faults.push(DraftFault::NoMatcher);
        } else {
            if self.ticked().any(|m| m.exact_name().is_empty()) {
                faults.push(DraftFault::NoName);
            }
            faults.extend(self.ticked().filter_map(|m| m.check().err()).map(DraftFault::Pattern));
            if self.ticked().all(SilenceMatcher::takes_empty) {
                faults.push(DraftFault::OnlyEmpty);
            }
        }
        if self.ends_at <= self.starts_at {
            faults.push(DraftFault::EndBeforeStart);
        } else if self.ends_at <= now {
            faults.push(DraftFault::EndInPast);
        }
        if self.created_by.trim().is_empty() {
            faults.push(DraftFault::NoAuthor);
        }
        if self.comment.trim().is_empty() {
            faults.push(DraftFault::NoComment);
        }
        faults
    }

    /// Whether an alert with these labels would be muted. Without a condition nothing is.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.ticked().next().is_some() && self.ticked().all(|m| m.matches_set(labels))
    }

    /// Those of `alerts` that would be muted, whatever their state, in their order.
    pub fn muted<'a>(&self, alerts: &'a [AlertmanagerAlert]) -> Vec<&'a AlertmanagerAlert> {
        alerts.iter().filter(|a| self.matches(a.exact_labels())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Exact;
    use super::super::silence::SilenceState;
    use super::*;

    const NOW: Timestamp = 1_795_364_738_000;
    const HOUR: i64 = 3_600_000;

    fn draft(pairs: &[(&str, &str)]) -> SilenceDraft {
        let labels = Labels::from_pairs(pairs.iter().copied());
        let mut draft = SilenceDraft::of_labels(&labels, NOW, 2 * HOUR, "ana");
        draft.comment = "disk swap".to_owned();
        draft
    }

    fn words(draft: &SilenceDraft) -> Vec<String> {
        draft.faults(NOW).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_label_is_a_condition_and_the_name_comes_first() {
        let draft = draft(&[
            ("__name__", "ALERTS"),
            ("alertstate", "firing"),
            ("agent", "1"),
            ("alertname", "A"),
            ("pod", "p"),
        ]);
        let shown: Vec<_> = draft.ticked().map(ToString::to_string).collect();
        assert_eq!(shown, [r#"alertname="A""#, r#"agent="1""#, r#"pod="p""#]);
        let volatile: Vec<_> = draft.matchers.iter().map(DraftMatcher::is_volatile).collect();
        assert_eq!(volatile, [false, false, true]);
        assert_eq!((draft.starts_at, draft.ends_at), (NOW, NOW + 2 * HOUR));
        assert!(words(&draft).is_empty(), "{:?}", words(&draft));
    }

    #[test]
    fn an_unticked_condition_does_not_count() {
        let mut draft = draft(&[("alertname", "A"), ("pod", "p")]);
        let other = Labels::from_pairs([("alertname", "A"), ("pod", "q")]);
        assert!(!draft.matches(&other));
        draft.matchers[1].ticked = false;
        assert!(draft.matches(&other));
        draft.matchers[0].ticked = false;
        assert!(!draft.matches(&other), "no condition is no silence of everything");
        assert_eq!(words(&draft), ["a silence without matchers would mute everything; tick at least one"]);
    }

    #[test]
    fn what_alertmanager_would_refuse_is_told_before() {
        let with = |op, value: &str| {
            let mut draft = draft(&[]);
            draft.matchers = vec![DraftMatcher { matcher: SilenceMatcher::new("x", op, value), ticked: true }];
            words(&draft)
        };
        for (op, value) in [(MatchOp::Equal, ""), (MatchOp::Regex, ".*"), (MatchOp::Regex, "a|")] {
            let words = with(op, value);
            assert!(words.len() == 1 && words[0].ends_with("must not match the empty string"), "{value}: {words:?}");
        }
        // Alertmanager takes these, though an alert without the label satisfies them.
        for (op, value) in [(MatchOp::NotEqual, "a"), (MatchOp::NotRegex, ".+"), (MatchOp::Regex, ".+")] {
            assert_eq!(with(op, value), [""; 0], "{value}");
        }
        assert!(with(MatchOp::Regex, "a(")[0].starts_with("invalid regular expression"));
    }

    #[test]
    fn times_and_words_are_checked() {
        let mut draft = draft(&[("alertname", "A")]);
        draft.ends_at = draft.starts_at;
        assert_eq!(words(&draft), ["the silence ends before it starts; give a later end"]);
        (draft.starts_at, draft.ends_at) = (NOW - 2, NOW - 1);
        assert_eq!(words(&draft), ["the silence ends in the past; give a later end"]);
        draft.ends_at = NOW + 1;
        assert_eq!(words(&draft), [""; 0]);
        (draft.created_by, draft.comment) = (" ".to_owned(), "\n".to_owned());
        assert_eq!(
            words(&draft),
            ["who makes the silence is missing; give an author", "why the silence is made is missing; give a comment"]
        );
    }

    #[test]
    fn a_draft_of_a_silence_has_what_it_has() {
        let silence = Silence {
            id: "1".to_owned(),
            matchers: vec![SilenceMatcher::new("a", MatchOp::NotRegex, "b.*")],
            starts_at: NOW,
            ends_at: NOW + 1,
            created_by: "bo".to_owned(),
            comment: "why".to_owned(),
            state: SilenceState::Active,
            updated_at: NOW,
            exact_author: Exact::default(),
            exact_comment: Exact::new(Some("why\n".to_owned())),
        };
        let draft = SilenceDraft::of_silence(&silence);
        assert!(draft.ticked().eq(&silence.matchers));
        assert_eq!((draft.starts_at, draft.ends_at), (silence.starts_at, silence.ends_at));
        assert_eq!(draft.changes.as_deref(), Some(&silence));
        assert_eq!((draft.exact_author(), draft.exact_comment()), ("bo", "why\n"));
        let draft = SilenceDraft { comment: "why not".to_owned(), ..draft };
        assert_eq!(draft.exact_comment(), "why not");
    }
}
