//! How the rules stand, whoever evaluates them: the server, or shtop where the server has none. Decides what is to be asked
//! and reports what changed; asks nobody. Uses `series` and `rules`.

use std::collections::{BTreeSet, VecDeque};

use super::api::{ApiFault, RuleGroups, Told};
use super::reckoned::{Reckoned, RuleQuery};
use super::served::{Served, alerting};
use crate::rules::{Kind, Rule, RuleFile};
use crate::series::{Labels, Series, Timestamp};
use crate::source::{AlertReport, DEFAULT_JOB};

use super::RulesFrom;

/// How often a server without rules is asked whether it has some now, ms.
const RELOOK: i64 = 120_000;

/// How often a server that had rules must say that it has none before that is believed: rulers that start, or lose sight of
/// their shards, say so for a while.
const CONVINCED: u32 = 3;

/// How much of a long list may be sent in a second, bytes: longer ones are asked for less often.
const BYTES_A_SECOND: i64 = 65_536;

/// What all of StreamHouse's metrics begin with.
const PREFIX: &str = "streamhouse_";

/// Something to ask.
#[derive(Debug, Clone)]
pub(super) enum Question {
    /// The list of alerting rules.
    List,
    /// The value of one rule's expression.
    Rule(RuleQuery),
}

/// What was said.
#[derive(Debug)]
pub(super) enum Said {
    List(Result<Told<RuleGroups>, ApiFault>),
    Rule(Result<Told<Vec<Series>>, ApiFault>),
}

/// Who evaluates the rules.
#[derive(Debug)]
enum Truth {
    /// Nobody has said yet.
    Unknown,
    Server(Served),
    Local(Box<Reckoned>),
}

/// How the rules stand.
#[derive(Debug)]
pub(super) struct Alerts {
    /// What is evaluated where the server has nothing; `None` where alerts are not wanted.
    otherwise: Option<Vec<RuleFile>>,
    /// ms.
    interval: i64,
    truth: Truth,
    waiting: VecDeque<Question>,
    /// How many questions have not come back.
    open: usize,
    /// When the list came last, and how long it was, bytes.
    listed: Option<Timestamp>,
    bytes: usize,
    /// How often in a row the server has said that it has no rules any more.
    empty: u32,
    /// The last good report, and what was wrong in the last one.
    last: Option<AlertReport>,
    trouble: Option<String>,
    /// What is odd about the list.
    remarks: Vec<String>,
}

impl Alerts {
    /// `job` is what the agents' job is called instead of its usual name. Evaluations are `interval` ms apart.
    pub(super) fn new(from: RulesFrom, job: Option<&str>, interval: i64) -> Self {
        let otherwise = match from {
            RulesFrom::Nobody => None,
            RulesFrom::Server { mut otherwise } => {
                let rules = otherwise.iter_mut().flat_map(|f| &mut f.groups).flat_map(|g| &mut g.rules);
                for (rule, job) in rules.filter_map(|rule| job.map(|job| (rule, job))) {
                    rule.query = rule.query.with_job(DEFAULT_JOB, job);
                }
                Some(otherwise)
            }
        };
        Self {
            otherwise,
            interval,
            truth: Truth::Unknown,
            waiting: VecDeque::new(),
            open: 0,
            listed: None,
            bytes: 0,
            empty: 0,
            last: None,
            trouble: None,
            remarks: Vec::new(),
        }
    }

    pub(super) const fn are_wanted(&self) -> bool {
        self.otherwise.is_some()
    }

    pub(super) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Whether all that was to be asked has been answered.
    pub(super) fn are_settled(&self) -> bool {
        self.open == 0 && self.waiting.is_empty()
    }

    /// Something is due at `now`, or `hurried`: everything is.
    pub(super) fn begin(&mut self, now: Timestamp, skew: i64, hurried: bool) {
        self.waiting.clear();
        let old = self.listed.is_none_or(|at| now - at >= RELOOK || now < at);
        match &mut self.truth {
            Truth::Local(reckoned) => {
                self.waiting.extend((old || hurried).then_some(Question::List));
                self.waiting.extend(reckoned.begin(now, skew, hurried).into_iter().map(Question::Rule));
            }
            Truth::Unknown | Truth::Server(_) => self.waiting.push_back(Question::List),
        }
    }

    /// The next question to ask.
    pub(super) fn next_question(&mut self) -> Option<Question> {
        let question = self.waiting.pop_front()?;
        self.open += 1;
        Some(question)
    }

    /// Nothing of what was asked will come.
    pub(super) fn abandon(&mut self) {
        self.waiting.clear();
        self.open = 0;
    }

    /// In how many ms something is due again.
    pub(super) fn wait(&self, now: Timestamp) -> i64 {
        match &self.truth {
            Truth::Local(reckoned) => {
                let relook = self.listed.map_or(0, |at| at + RELOOK - now);
                reckoned.next_due().map_or(relook, |at| (at - now).min(relook)).clamp(0, RELOOK)
            }
            Truth::Unknown | Truth::Server(_) => {
                self.interval.max(i64::try_from(self.bytes).unwrap_or(0) * 1_000 / BYTES_A_SECOND)
            }
        }
    }

    /// Takes in an answer; a report, where it completes one.
    pub(super) fn take(&mut self, asked: &Question, said: Said, now: Timestamp, skew: i64) -> Option<AlertReport> {
        self.open = self.open.saturating_sub(1);
        match (asked, said) {
            (Question::List, Said::List(Ok(told))) => {
                self.bytes = told.bytes;
                self.listed = Some(now);
                if alerting(&told.data).next().is_none() {
                    return self.none(None, now, skew);
                }
                return Some(self.listed(&told, now, skew));
            }
            (Question::List, Said::List(Err(fault))) => {
                if fault.is_unknown() {
                    self.listed = Some(now);
                    return self.none(Some(&fault), now, skew);
                }
                // Rules that are evaluated here need no list.
                if matches!(self.truth, Truth::Local(_)) {
                    self.listed = Some(now);
                } else {
                    return self.fail(&format!("the rules cannot be asked for: {}", fault.words()), now);
                }
            }
            (Question::Rule(asked), Said::Rule(answer)) => {
                let Truth::Local(reckoned) = &mut self.truth else { return None };
                reckoned.take(asked, answer.map(|told| told.data));
            }
            // A question brings nothing but its own.
            _ => {}
        }
        self.finish(now)
    }

    /// The server has these rules.
    fn listed(&mut self, told: &Told<RuleGroups>, now: Timestamp, skew: i64) -> AlertReport {
        self.empty = 0;
        self.waiting.clear();
        if !matches!(self.truth, Truth::Server(_)) {
            self.truth = Truth::Server(Served::default());
        }
        // Only a server that asks others for their rules warns here: of those that did not answer.
        let partial = !told.notes.is_empty();
        let (mut transitions, mut rules) = (Vec::new(), Vec::new());
        if let Truth::Server(served) = &mut self.truth {
            transitions = served.take(&told.data, partial, now, skew);
            rules = served.rules().to_vec();
        }
        self.remarks = told.notes.iter().map(|note| format!("the list of rules: {note}")).collect();
        if !self.knows_streamhouse(&told.data) {
            self.remarks.push(
                "the server has no rules for streamhouse_ metrics, so nothing of StreamHouse can fire there; shtop's own \
                 rules (assets/rules/streamhouse.yaml) can be loaded into it"
                    .to_owned(),
            );
        }
        self.report(AlertReport { at: now, rules, transitions, trouble: None })
    }

    /// Whether the server's rules are about StreamHouse, by what they read or what they are called.
    fn knows_streamhouse(&self, groups: &RuleGroups) -> bool {
        let own = self.otherwise.iter().flatten().flat_map(|f| &f.groups).flat_map(|g| &g.rules);
        let names: BTreeSet<&str> = own.map(|r| r.name.as_str()).collect();
        alerting(groups).any(|(_, rule)| rule.query.contains(PREFIX) || names.contains(rule.name.as_str()))
    }

    /// The server has no alerting rules, or does not know what that is.
    fn none(&mut self, fault: Option<&ApiFault>, now: Timestamp, skew: i64) -> Option<AlertReport> {
        match &self.truth {
            Truth::Local(_) => return self.finish(now),
            Truth::Server(_) if self.empty + 1 < CONVINCED => {
                self.empty += 1;
                return self.fail("the server lists no alerting rules any more; it is asked again", now);
            }
            Truth::Server(_) | Truth::Unknown => self.empty = 0,
        }
        let files = self.otherwise.clone().unwrap_or_default();
        let unfed = unfed(&files);
        let mut reckoned = Box::new(Reckoned::new(files, self.interval));
        self.remarks.clear();
        self.remarks.extend(unfed);
        if let Some(fault) = fault.filter(|f| f.is_refusal()) {
            let words = fault.words();
            self.remarks.push(format!("the server does not show its rules, shtop evaluates its own: {words}"));
        }
        self.waiting.extend(reckoned.begin(now, skew, true).into_iter().map(Question::Rule));
        self.truth = Truth::Local(reckoned);
        self.finish(now)
    }

    /// The report of an evaluation of which everything has come back.
    fn finish(&mut self, now: Timestamp) -> Option<AlertReport> {
        let Truth::Local(reckoned) = &mut self.truth else { return None };
        if self.open > 0 || !self.waiting.is_empty() {
            return None;
        }
        match reckoned.finish() {
            Ok(transitions) => {
                let rules = reckoned.statuses();
                Some(self.report(AlertReport { at: now, rules, transitions, trouble: None }))
            }
            Err(words) => self.fail(&format!("the rules cannot be evaluated: {words}"), now),
        }
    }

    fn report(&mut self, report: AlertReport) -> AlertReport {
        self.trouble = None;
        self.last = Some(AlertReport { transitions: Vec::new(), ..report.clone() });
        report
    }

    /// There is no news for this reason; a report, if that is news itself.
    pub(super) fn fail(&mut self, words: &str, now: Timestamp) -> Option<AlertReport> {
        if !self.are_wanted() || self.trouble.as_deref() == Some(words) {
            return None;
        }
        self.trouble = Some(words.to_owned());
        let last = self.last.clone().unwrap_or_else(|| AlertReport { at: now, ..AlertReport::default() });
        Some(AlertReport { trouble: self.trouble.clone(), ..last })
    }
}

/// What to say of alerts that read what recording rules of the same files record: only the server could do that.
fn unfed(files: &[RuleFile]) -> Option<String> {
    let rules = || files.iter().flat_map(|f| &f.groups).flat_map(|g| &g.rules);
    let recorded: Vec<&str> = rules().filter(|r| r.kind == Kind::Recording).map(|r| r.name.as_str()).collect();
    let reads = |rule: &&Rule| {
        let selectors = rule.query.selectors();
        let mut names = selectors.iter().flatten().filter(|m| m.name == Labels::NAME);
        names.any(|m| recorded.iter().any(|name| m.matches(name)))
    };
    let hungry: Vec<&str> =
        rules().filter(|r| r.kind == Kind::Alerting).filter(reads).map(|r| r.name.as_str()).collect();
    let first = hungry.first()?;
    let more = if hungry.len() > 1 { format!(" and {} more", hungry.len() - 1) } else { String::new() };
    Some(format!(
        "{first}{more}: what is read there is what recording rules record, and those are the server's to evaluate; \
         unless it does, nothing of it fires"
    ))
}

#[cfg(test)]
mod tests;
