//! What Alertmanager says of the alerts: which are silenced or inhibited, by whom and until when. Pure. Uses `source`.

use std::sync::Arc;

use jiff::tz::TimeZone;
use reqwest::Url;
use rustc_hash::FxHashMap;

use super::alerts::{At, Board};
use super::incident::{Entry, What};
use super::message::Command;
use super::model::{Model, Screen};
use super::silence::SilenceForm;
use crate::rules::Phase;
use crate::series::{Labels, Timestamp, printable};
use crate::source::alertmanager::{AlertmanagerAlert, AlertsByName, Event, Silence, SilenceState, State};
use crate::unit;

/// The Alertmanager that is asked.
#[derive(Debug, Clone)]
pub struct Alertmanager {
    /// Its URL without credentials.
    pub url: Url,
    /// Whether nothing may be written to it.
    pub read_only: bool,
    /// Who writes silences from here.
    pub author: String,
    /// Who says that it is this one.
    pub named_by: NamedBy,
}

/// Who says which Alertmanager is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// The configuration.
    Settings,
    /// The Prometheus that is asked, which may see it where it cannot be seen from here.
    Prometheus,
}

/// What Alertmanager says.
#[derive(Debug)]
pub struct Muting {
    /// Whom it is asked of.
    pub alertmanager: Alertmanager,
    /// What it said last; `None` until it first does.
    pub state: Option<Arc<State>>,
    /// Why it does not answer, in words.
    pub trouble: Option<String>,
    mutes: FxHashMap<At, Mute>,
    /// The silence that was sent and not answered yet.
    pub(super) sent: Option<SilenceForm>,
}

/// Why nobody is notified of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mute {
    /// A silence matches it.
    Silenced {
        /// Whose; of several the one that ends last.
        by: String,
        /// Until when.
        until: Timestamp,
        /// Why, in the author's words.
        comment: String,
        /// How many more silences match it.
        more: usize,
    },
    /// Another alert inhibits it.
    Inhibited {
        /// The name of that alert, empty where it is not known.
        by: String,
    },
    /// A time interval mutes it.
    Timed {
        /// The interval's name.
        by: String,
    },
}

impl Mute {
    /// In few words.
    pub fn brief(&self, now: Timestamp) -> String {
        match self {
            Self::Silenced { until, .. } => format!("⊘ silenced {}", unit::duration((until - now).max(0))),
            Self::Inhibited { .. } => "⊘ inhibited".to_owned(),
            Self::Timed { .. } => "⊘ muted".to_owned(),
        }
    }

    /// As a sentence; times of day as in `zone`.
    pub fn sentence(&self, now: Timestamp, zone: &TimeZone) -> String {
        match self {
            Self::Silenced { by, until, comment, more } => {
                let left = unit::duration((until - now).max(0));
                let more = if *more > 0 { format!(", and by {more} more") } else { String::new() };
                let until = unit::date_clock(*until, unit::offset(zone, *until));
                format!("⊘ silenced by {by} until {until} (for {left} more): {comment}{more}")
            }
            Self::Inhibited { by } if by.is_empty() => "⊘ inhibited by another alert".to_owned(),
            Self::Inhibited { by } => format!("⊘ inhibited by {by}"),
            Self::Timed { by } => format!("⊘ muted by the time interval {by}"),
        }
    }
}

impl Muting {
    pub(super) fn new(alertmanager: Alertmanager) -> Self {
        Self { alertmanager, state: None, trouble: None, mutes: FxHashMap::default(), sent: None }
    }

    /// Why it cannot be asked from here at all, though Prometheus sends it alerts: no outage, for it never answered, and
    /// names inside of a cluster are not meant for the outside.
    pub fn out_of_reach(&self) -> Option<&str> {
        self.trouble.as_deref().filter(|_| self.is_found() && self.state.is_none())
    }

    /// Whether Prometheus named it.
    pub fn is_found(&self) -> bool {
        self.alertmanager.named_by == NamedBy::Prometheus
    }

    /// Why nobody is notified of an alert; `None` where they are.
    pub fn of(&self, at: At) -> Option<&Mute> {
        self.mutes.get(&at)
    }

    /// The silences: active, pending, then expired ones.
    pub fn list(&self) -> &[Silence] {
        self.state.as_ref().map_or(&[], |state| &state.silences.items)
    }

    /// Whether an active silence matches these labels.
    pub fn silences(&self, labels: &Labels) -> bool {
        let active = |s: &&Silence| s.state == SilenceState::Active && !s.matchers.is_empty();
        self.list().iter().filter(active).any(|s| s.matchers.iter().all(|m| m.matches_set(labels)))
    }

    /// Finds the alerts of the board among Alertmanager's.
    pub(super) fn compare(&mut self, board: &Board) {
        self.mutes.clear();
        let Some(state) = &self.state else { return };
        let alerts = AlertsByName::new(&state.alerts.items);
        for (rule, status) in board.rules().iter().enumerate() {
            for (alert, ours) in status.alerts.iter().enumerate() {
                if ours.state.phase() != Phase::Firing {
                    continue;
                }
                // A pair of Prometheus servers sends each alert twice; both are muted alike.
                let found = alerts.find(&ours.labels);
                if let Some(mute) = found.iter().find_map(|theirs| mute(theirs, state)) {
                    self.mutes.insert(At { rule, alert }, mute);
                }
            }
        }
    }
}

fn mute(alert: &AlertmanagerAlert, state: &State) -> Option<Mute> {
    let by_silence = || {
        let found = state.silences.items.iter().filter(|s| alert.silenced_by.contains(&s.id));
        let last = found.max_by_key(|s| s.ends_at)?;
        Some(Mute::Silenced {
            by: last.created_by.clone(),
            until: last.ends_at,
            comment: last.comment.lines().collect::<Vec<_>>().join(" "),
            more: alert.silenced_by.len() - 1,
        })
    };
    let by_alert = || {
        let first = alert.inhibited_by.first()?;
        let found = state.alerts.items.iter().find(|a| a.fingerprint == *first);
        Some(Mute::Inhibited { by: found.map_or_else(String::new, |a| a.name().to_owned()) })
    };
    let by_time = || alert.muted_by.first().map(|by| Mute::Timed { by: by.clone() });
    by_silence().or_else(by_alert).or_else(by_time)
}

impl Model {
    /// Another Alertmanager is asked from now on.
    pub(super) fn find(&mut self, alertmanager: Alertmanager) {
        let before = self.muting.replace(Muting::new(alertmanager));
        // Nobody will say what became of it.
        if let Some(form) = before.and_then(|m| m.sent)
            && self.form.is_none()
        {
            self.notice =
                Some("Alertmanager moved before it answered; z tells whether the silence is there".to_owned());
            self.form = Some(form);
        }
    }

    /// Takes in what Alertmanager says; what is to be done about it comes back.
    pub(super) fn hear(&mut self, event: Event) -> Option<Command> {
        let now = self.now;
        let muting = self.muting.as_mut()?;
        match event {
            Event::State(state) => {
                muting.state = Some(state);
                muting.trouble = None;
                muting.compare(&self.alerts);
                self.silence = self.silence.min(muting.list().len().saturating_sub(1));
                None
            }
            Event::Failed { reason, .. } if muting.is_found() && muting.state.is_none() => {
                let words = format!(
                    "{}, which Prometheus sends its alerts to, cannot be asked for silences from here ({reason}); \
                     --alertmanager URL names a way to it",
                    printable(muting.alertmanager.url.as_str().trim_end_matches('/'))
                );
                // Once is enough; whoever wants silences is told again.
                if muting.trouble.replace(words.clone()).is_none() && self.notice.is_none() {
                    self.notice = Some(words);
                }
                None
            }
            Event::Failed { reason, hint, since, .. } => {
                let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
                let since = unit::duration((now - since).max(0));
                muting.trouble = Some(format!("Alertmanager does not answer (for {since}): {reason}{hint}"));
                None
            }
            Event::SilenceCreated(id) => {
                let form = muting.sent.take();
                let what = match &form {
                    Some(form) => What::Silenced {
                        id: id.clone(),
                        matchers: form.matchers(),
                        until: form.draft.ends_at,
                        comment: form.draft.comment.clone(),
                    },
                    None => return None,
                };
                self.notice = Some(format!("silence {id} is written; z lists the silences"));
                Some(self.log_entry(what))
            }
            Event::SilenceExpired(id) => {
                self.notice = Some(format!("silence {id} is expired"));
                Some(self.log_entry(What::Expired { id }))
            }
            Event::Refused(words) => {
                // What was filled in is not lost.
                if let Some(form) = muting.sent.take()
                    && self.form.is_none()
                {
                    self.form = Some(form);
                }
                self.notice = Some(format!("✗ {words}"));
                None
            }
        }
    }

    /// Adds to the incident log what happens now.
    pub(super) fn log_entry(&mut self, what: What) -> Command {
        let entry = Entry { at: self.now, what };
        self.log.add(entry.clone());
        Command::Record(vec![entry])
    }

    /// The silence under the cursor of the list.
    pub fn selected_silence(&self) -> Option<&Silence> {
        if self.screen != Screen::Silences {
            return None;
        }
        self.muting.as_ref()?.list().get(self.silence)
    }
}
