//! Writing and ending silences: the form, and what is asked before anything is sent. Pure. Uses `source`.

use std::collections::BTreeMap;

use super::alerts::Line;
use super::message::Command;
use super::model::{Model, Overlay, Screen};
use super::muting::Muting;
use super::prompt::Purpose;
use crate::rules::duration;
use crate::series::{Labels, MatchOp, Timestamp, printable};
use crate::source::alertmanager::{self, AlertsByName, SilenceDraft, SilenceMatcher, SilenceState};

/// How long a silence lasts unless it is said, ms.
const USUAL: i64 = 2 * 3_600_000;

/// How many kinds of alerts that a silence mutes are named.
const NAMED: usize = 6;

/// A silence that is being written.
#[derive(Debug, Clone, PartialEq)]
pub struct SilenceForm {
    /// The silence as far as it is filled in.
    pub draft: SilenceDraft,
    /// What it is of, in words.
    pub of: String,
    /// The labels of the alert that it is of; none where it changes a silence.
    labels: Labels,
    /// How long it is to last from the moment of writing, ms.
    pub lasts: i64,
    /// The selected field.
    pub field: Field,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A condition, by its index.
    Matcher(usize),
    /// How long it lasts.
    Lasts,
    /// Why.
    Comment,
    /// Who.
    Author,
    /// The button.
    Write,
}

/// What is asked before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asking {
    /// To write the silence of the form.
    Write,
    /// To end the silence of this id.
    Expire(String),
}

/// What a silence would mute now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Muted {
    /// How many alerts that fire.
    pub firing: usize,
    /// Their names with how many there are of each, the most first; at most six.
    pub names: Vec<(String, usize)>,
}

impl SilenceForm {
    fn new(draft: SilenceDraft, of: String, labels: Labels, lasts: i64) -> Self {
        Self { draft, of, labels, lasts, field: Field::Comment }
    }

    /// The fields from the top down.
    pub fn fields(&self) -> Vec<Field> {
        let matchers = (0..self.draft.matchers.len()).map(Field::Matcher);
        matchers.chain([Field::Lasts, Field::Comment, Field::Author, Field::Write]).collect()
    }

    /// The conditions that count, in words.
    pub fn matchers(&self) -> String {
        self.draft.ticked().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    /// What keeps it from being written at `now`, in words.
    pub fn fault(&self, now: Timestamp) -> Option<String> {
        self.at(now).faults(now).first().map(ToString::to_string)
    }

    /// The draft as it is written at `now`.
    pub fn at(&self, now: Timestamp) -> SilenceDraft {
        let mut draft = self.draft.clone();
        if draft.changes.is_none() {
            draft.starts_at = now;
        }
        draft.ends_at = now.saturating_add(self.lasts);
        draft
    }

    /// What stands in a field, to be changed.
    pub(super) fn text(&self, field: Field) -> String {
        match field {
            Field::Matcher(i) => self.draft.matchers.get(i).map_or_else(String::new, |m| m.matcher.to_string()),
            Field::Lasts => duration::format(self.lasts),
            Field::Comment => self.draft.comment.clone(),
            Field::Author => self.draft.created_by.clone(),
            Field::Write => String::new(),
        }
    }

    /// Puts what was typed into a field; the words say why that cannot be.
    fn fill(&mut self, field: Field, text: &str) -> Result<(), String> {
        // What is shown may not be what the server has, so what was left as it is shown stays what it is.
        if text == self.text(field) {
            return Ok(());
        }
        match field {
            Field::Matcher(i) => {
                let matcher = matcher(text)?;
                matcher.check().map_err(|e| e.to_string())?;
                if let Some(slot) = self.draft.matchers.get_mut(i) {
                    slot.matcher = matcher;
                    slot.ticked = true;
                }
            }
            Field::Lasts => {
                let lasts =
                    duration::parse(text).map_err(|_| format!("{text} is no duration; write it like 2h or 1d12h"))?;
                if lasts < 60_000 {
                    return Err("a silence of less than a minute ends before it helps".to_owned());
                }
                self.lasts = lasts;
            }
            Field::Comment => text.clone_into(&mut self.draft.comment),
            Field::Author => text.clone_into(&mut self.draft.created_by),
            Field::Write => {}
        }
        Ok(())
    }
}

/// Reads `name="value"`, with any of the four operators, quotes or none.
fn matcher(text: &str) -> Result<SilenceMatcher, String> {
    let wrong = || format!("{} is no matcher; write it like instance=~\"agent-.*\"", printable(text));
    let at = text.find(['=', '!']).filter(|at| *at > 0).ok_or_else(wrong)?;
    let (name, rest) = text.split_at(at);
    let operators =
        [("=~", MatchOp::Regex), ("!~", MatchOp::NotRegex), ("!=", MatchOp::NotEqual), ("=", MatchOp::Equal)];
    let (op, value) =
        operators.into_iter().find_map(|(sign, op)| Some((op, rest.strip_prefix(sign)?))).ok_or_else(wrong)?;
    let value = value.trim();
    let value = match value.strip_prefix('"') {
        None => value.to_owned(),
        Some(quoted) => unquote(quoted).ok_or_else(wrong)?,
    };
    Ok(SilenceMatcher::new(name.trim(), op, value))
}

/// What stands before the closing quote, which must be the last character.
fn unquote(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return characters.next().is_none().then_some(out),
            '\\' => match characters.next()? {
                'n' => out.push('\n'),
                c @ ('"' | '\\') => out.push(c),
                // A pattern's own: `\d` stays what it is.
                c => out.extend(['\\', c]),
            },
            c => out.push(c),
        }
    }
}

impl Model {
    /// Begins a silence of the alert on the screen, or goes on with it.
    pub(super) fn begin_silence(&mut self) -> Option<Command> {
        if let Err(why) = self.may_silence() {
            self.notice = Some(why);
            return None;
        }
        let (of, labels) = match self.screen {
            Screen::Alert => {
                let (_, rule, alert) = self.shown_alert()?;
                (rule.name.clone(), alert.map(|a| a.labels.clone()))
            }
            Screen::Alerts => match self.alerts.here()? {
                Line::Alert(_, rule, alert) => (rule.name.clone(), Some(alert.labels.clone())),
                Line::Group(_, rule, _, n) => {
                    let all = rule.alerts.iter().map(|a| &a.labels);
                    (format!("{n} × {}", rule.name), all.cloned().reduce(|a, b| shared(&a, &b)))
                }
                Line::Failed(_, rule) | Line::Quiet(_, rule) => (rule.name.clone(), None),
                Line::Heading(..) => return None,
            },
            _ => {
                self.notice = Some("S silences an alert: a lists them".to_owned());
                return None;
            }
        };
        let Some(labels) = labels else {
            self.notice = Some(format!("{of} is not active: there is nothing to silence"));
            return None;
        };
        if self.form.as_ref().is_none_or(|form| form.of != of || form.labels != labels) {
            let muting = self.muting.as_ref()?;
            let author = muting.alertmanager.author.as_str();
            let theirs = muting.state.as_ref().map_or(&[][..], |s| &s.alerts.items);
            let theirs = AlertsByName::new(theirs).find(&labels).first().copied().filter(|_| !of.contains('×'));
            let draft = match theirs {
                Some(alert) => SilenceDraft::of_alert(alert, self.now, USUAL, author),
                None => SilenceDraft::of_labels(&labels, self.now, USUAL, author),
            };
            self.form = Some(SilenceForm::new(draft, of, labels, USUAL));
        }
        Some(self.visit(Screen::Silence))
    }

    /// Why no silence can be written, if none can.
    fn may_silence(&self) -> Result<(), String> {
        match &self.muting {
            None => Err("there is no Alertmanager to silence at; --alertmanager URL names it".to_owned()),
            Some(muting) if muting.alertmanager.read_only => {
                Err("this context is read-only: silences can be seen, not written".to_owned())
            }
            Some(muting) => muting.out_of_reach().map_or(Ok(()), |why| Err(why.to_owned())),
        }
    }

    pub(super) fn open_silences(&mut self) -> Option<Command> {
        if self.muting.is_none() {
            self.notice = Some("there is no Alertmanager to ask for silences; --alertmanager URL names it".to_owned());
            return None;
        }
        if let Some(why) = self.muting.as_ref().and_then(Muting::out_of_reach) {
            self.notice = Some(why.to_owned());
            return None;
        }
        Some(self.visit(Screen::Silences))
    }

    /// Changes the silence under the cursor.
    pub(super) fn change_silence(&mut self) -> Option<Command> {
        if let Err(why) = self.may_silence() {
            self.notice = Some(why);
            return None;
        }
        let silence = self.selected_silence()?;
        let left = silence.ends_at - self.now;
        let form = SilenceForm::new(
            SilenceDraft::of_silence(silence),
            format!("silence {}", silence.id),
            Labels::empty(),
            if left > 60_000 { left } else { USUAL },
        );
        self.form = Some(SilenceForm { field: Field::Lasts, ..form });
        Some(self.visit(Screen::Silence))
    }

    pub(super) fn move_field(&mut self, by: i64) {
        let Some(form) = &mut self.form else { return };
        let fields = form.fields();
        let here = fields.iter().position(|f| *f == form.field).unwrap_or(0) as i64;
        let to = here.saturating_add(by).clamp(0, fields.len() as i64 - 1);
        form.field = fields[to as usize];
    }

    /// Selects the field of this index; whether it is the button.
    pub(super) fn put_field(&mut self, index: usize) -> Option<bool> {
        let form = self.form.as_mut()?;
        form.field = *form.fields().get(index)?;
        Some(form.field == Field::Write)
    }

    /// Counts the selected condition, or no more.
    pub(super) fn tick_matcher(&mut self) -> Option<Command> {
        let form = self.form.as_mut()?;
        let Field::Matcher(i) = form.field else { return self.edit_field() };
        let matcher = form.draft.matchers.get_mut(i)?;
        matcher.ticked = !matcher.ticked;
        None
    }

    /// Types into the selected field; on the button, asks whether to write.
    pub(super) fn edit_field(&mut self) -> Option<Command> {
        let field = self.form.as_ref()?.field;
        if field != Field::Write {
            return self.ask(Purpose::Silence(field));
        }
        match self.form.as_ref()?.fault(self.now) {
            Some(fault) => self.notice = Some(fault),
            None => self.overlay = Some(Overlay::Confirm(Asking::Write)),
        }
        None
    }

    /// Takes in what was typed into a field.
    pub(super) fn filled(&mut self, field: Field, text: &str) -> Option<Command> {
        let form = self.form.as_mut()?;
        match form.fill(field, text) {
            // On to the next one: who has typed the last word is at the button.
            Ok(()) if matches!(field, Field::Comment | Field::Author | Field::Lasts) => {
                let now = self.now;
                let next = if form.draft.comment.is_empty() { Field::Comment } else { Field::Write };
                form.field =
                    if form.draft.created_by.is_empty() && next == Field::Write { Field::Author } else { next };
                if form.field == Field::Write {
                    self.notice = form.fault(now);
                }
            }
            Ok(()) => {}
            Err(why) => self.notice = Some(why),
        }
        None
    }

    pub(super) fn ask_to_expire(&mut self) -> Option<Command> {
        if let Err(why) = self.may_silence() {
            self.notice = Some(why);
            return None;
        }
        let silence = self.selected_silence()?;
        if silence.state == SilenceState::Expired {
            self.notice = Some("it is over already; Enter makes a new one of it".to_owned());
            return None;
        }
        self.overlay = Some(Overlay::Confirm(Asking::Expire(silence.id.clone())));
        None
    }

    /// Does what was asked.
    pub(super) fn confirmed(&mut self, asking: &Asking) -> Option<Command> {
        self.overlay = None;
        let now = self.now;
        let muting = self.muting.as_mut()?;
        match asking {
            Asking::Expire(id) => {
                self.notice = Some("expiring the silence…".to_owned());
                Some(Command::Alertmanager(alertmanager::Command::ExpireSilence(id.clone())))
            }
            Asking::Write => {
                let mut form = self.form.take()?;
                form.draft = form.at(now);
                let command = alertmanager::Command::CreateSilence(Box::new(form.draft.clone()));
                muting.sent = Some(form);
                self.notice = Some("writing the silence…".to_owned());
                let mut commands = vec![Command::Alertmanager(command)];
                commands.extend(self.back());
                Some(Command::Several(commands))
            }
        }
    }

    /// The command that would do what is asked, to be copied.
    pub(super) fn copy_command(&mut self, asking: &Asking) -> Option<Command> {
        let text = self.amtool(asking)?;
        self.notice = Some("copied the amtool command".to_owned());
        Some(Command::Copy(text))
    }

    /// The `amtool` command that does what is asked; `None` where no command line can say it.
    pub fn amtool(&self, asking: &Asking) -> Option<String> {
        let url = &self.muting.as_ref()?.alertmanager.url;
        match asking {
            Asking::Expire(id) => alertmanager::expire_command(id, url),
            Asking::Write => alertmanager::write_command(&self.form.as_ref()?.at(self.now), url, self.now),
        }
    }

    /// What the silence of the form would mute now, of Alertmanager's alerts and of those that only shtop knows.
    pub fn would_mute(&self) -> Option<Muted> {
        let form = self.form.as_ref()?;
        let state = self.muting.as_ref()?.state.as_ref();
        let theirs = state.map_or(&[][..], |s| &s.alerts.items);
        let firing = form.draft.muted(theirs).into_iter().filter(|a| a.is_firing(self.now));
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for alert in firing {
            *names.entry(alert.name().to_owned()).or_default() += 1;
        }
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let firing = names.iter().map(|(_, n)| n).sum();
        names.truncate(NAMED);
        Some(Muted { firing, names })
    }
}

/// The labels that two sets share.
fn shared(a: &Labels, b: &Labels) -> Labels {
    Labels::from_pairs(a.iter().filter(|l| b.get(&l.name) == Some(&*l.value)).map(|l| (&*l.name, &*l.value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matcher_is_read_as_it_is_shown() {
        for (text, shown) in [
            (r#"a="b""#, r#"a="b""#),
            ("a=b", r#"a="b""#),
            (r#"a =~ "x.*|y""#, r#"a=~"x.*|y""#),
            (r#"a!="q\"uo\\te""#, r#"a!="q\"uo\\te""#),
            (r#"a!~"\\d+""#, r#"a!~"\\d+""#),
        ] {
            assert_eq!(matcher(text).expect(text).to_string(), shown);
        }
        for text in ["", "a", "=b", "!b", r#"a="b"#, r#"a="b"c"#, "a!b"] {
            assert!(matcher(text).expect_err(text).contains("is no matcher"), "{text}");
        }
    }

    #[test]
    fn what_is_left_as_it_is_shown_stays_what_it_is() {
        let labels = Labels::from_pairs([("alertname", "A"), ("x", "\u{1b}[2J")]);
        let mut form =
            SilenceForm::new(SilenceDraft::of_labels(&labels, 0, 1, "ana"), "A".to_owned(), labels.clone(), USUAL);
        let shown = form.text(Field::Matcher(1));
        assert!(!shown.contains('\u{1b}'));
        form.fill(Field::Matcher(1), &shown).expect("unchanged");
        assert!(form.draft.matches(&labels));
        assert!(form.fill(Field::Matcher(1), "x=~\"(\"").is_err());
        assert!(form.fill(Field::Lasts, "soon").is_err() && form.fill(Field::Lasts, "1s").is_err());
        form.fill(Field::Lasts, "1d12h").expect("a duration");
        assert_eq!(form.at(1_000).ends_at, 1_000 + 36 * 3_600_000);
    }
}
