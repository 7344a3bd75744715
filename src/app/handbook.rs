//! The open runbook: where the reader is in it, what its queries say now, which of its steps are done. Pure. Uses
//! `runbook`, `promql`, `rules` and `series`.

use std::collections::BTreeMap;

use super::incident::What;
use super::message::Command;
use super::model::{Model, Screen};
use super::slot::Slot;
use crate::promql::Query;
use crate::rules::{Alert, Rendered};
use crate::runbook::{Anchor, Expect, Line, Lookup, Role, Runbook, Verdict, Via};
use crate::series::{Labels, Series, Timestamp, Window};
use crate::source::{Absence, Answer, Reply};

/// Widest text of a runbook, in cells: longer lines cannot be read.
const WIDEST: u16 = 100;

/// An open runbook.
#[derive(Debug)]
pub struct Handbook {
    /// The text.
    pub runbook: Runbook,
    /// The labels of the alert from which it was opened; its queries are about them.
    pub labels: Labels,
    /// Since when the alert from which it was opened is active; its ticks are of that incident.
    pub since: Option<Timestamp>,
    /// What is odd about how it was found: a `runbook_url` that leads nowhere.
    pub remark: Option<String>,
    /// Its lines as the terminal has room for them.
    pub lines: Vec<Line>,
    width: usize,
    /// Where the cursor can stop, with the line of each.
    stops: Vec<(usize, Stop)>,
    /// Lines scrolled down.
    pub scroll: usize,
    /// The selected stop, an index into [`Handbook::stops`].
    pub(super) cursor: Option<usize>,
    /// What each block's query says, by the block's id.
    pub answers: Vec<Live>,
    /// When each task was ticked, by the task's id.
    pub ticked: BTreeMap<usize, Timestamp>,
}

/// What the query of a block says.
#[derive(Debug, Clone, Default)]
pub enum Live {
    /// It is no query.
    #[default]
    Still,
    /// It has not been answered yet.
    Waiting,
    /// It cannot be asked or failed, in words.
    Failed(String),
    /// It was answered.
    Known(Box<Known>),
}

/// The answer to a block's query.
#[derive(Debug, Clone)]
pub struct Known {
    /// The values now.
    pub now: Vec<(Labels, f64)>,
    /// The steps of the course.
    pub window: Window,
    /// The course.
    pub series: Vec<Series>,
    /// Whether it is as it should be; `None` where the block does not say how that is.
    pub verdict: Option<Verdict>,
    /// Why there is nothing, where there is nothing.
    pub absence: Option<String>,
}

/// Where the cursor can stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// A task, by its id.
    Task(usize),
    /// A block of code, by its id.
    Block(usize),
    /// A link, by its id.
    Link(usize),
}

impl Handbook {
    /// Lays the text out for a body of so many cells, unless it is already.
    pub(super) fn fit(&mut self, body: u16) {
        let width = usize::from(body.saturating_sub(4).min(WIDEST));
        if self.width != width {
            self.width = width;
            self.lines = self.runbook.render(width);
            self.stops = stops(&self.lines);
            self.scroll = self.scroll.min(self.lines.len().saturating_sub(1));
        }
    }

    /// Tasks, blocks and links in the order of the text, with the line on which each stands.
    pub fn stops(&self) -> &[(usize, Stop)] {
        &self.stops
    }

    /// The selected task, block or link and its line, if one is.
    pub fn selected(&self) -> Option<(usize, Stop)> {
        self.stops.get(self.cursor?).copied()
    }

    pub(super) fn stop(&self) -> Option<Stop> {
        self.selected().map(|(_, stop)| stop)
    }

    /// The line to begin with: behind the title, which stands on the frame.
    fn first(&self) -> usize {
        let is_title = |line: &&Line| matches!(line.anchor, Some(Anchor::Heading(1, 0)));
        if self.lines.first().as_ref().is_none_or(|line| !is_title(line)) {
            return 0;
        }
        let says = |line: &Line| line.anchor.is_some() || line.spans.iter().any(|s| s.role != Role::Border);
        self.lines.iter().skip(1).position(says).map_or(0, |i| i + 1)
    }

    /// The line on which a section begins.
    pub(super) fn line_of(&self, section: usize) -> Option<usize> {
        let begins = |line: &Line| matches!(line.anchor, Some(Anchor::Heading(_, i)) if i == section);
        self.lines.iter().position(begins)
    }

    /// How many lines of a body of this height the text has: less the frame, and the remark where there is one.
    pub fn rows(&self, body: u16) -> usize {
        usize::from(body.saturating_sub(2 + u16::from(self.remark.is_some()))).max(1)
    }

    /// How many of the blocks that state how it should be when all is well hold, of how many: those under a heading that
    /// speaks of verifying.
    pub fn verified(&self) -> (usize, usize) {
        let mut of = (0, 0);
        for block in self.runbook.expecting("verify") {
            of.1 += 1;
            if let Some(Live::Known(known)) = self.answers.get(block.id)
                && known.verdict == Some(Verdict::Holds)
            {
                of.0 += 1;
            }
        }
        of
    }

    /// Whether a task is done: ticked here, or in the text.
    pub fn is_done(&self, task: usize) -> bool {
        self.ticked.contains_key(&task) || self.runbook.tasks.get(task).is_some_and(|t| t.ticked_in_source)
    }

    /// The queries to be asked, by the id of their block.
    pub(super) fn queries(&mut self) -> Vec<(usize, Query)> {
        let mut queries = Vec::new();
        for id in 0..self.runbook.blocks.len() {
            match self.runbook.query(id, &self.labels) {
                None => {}
                Some(Ok(filled)) => {
                    if matches!(self.answers[id], Live::Still) {
                        self.answers[id] = Live::Waiting;
                    }
                    queries.push((id, filled.query));
                }
                Some(Err(fault)) => self.answers[id] = Live::Failed(fault.message),
            }
        }
        queries
    }

    pub(super) fn take(&mut self, block: usize, answer: Answer, now: Timestamp) {
        let Some(slot) = self.answers.get_mut(block) else { return };
        let live = self.runbook.blocks.get(block).and_then(|b| b.live.as_ref());
        let expect = live.and_then(|l| l.expect.as_ref().ok()).and_then(Option::as_ref);
        *slot = match answer.replies.into_iter().next() {
            None => return,
            Some(Err(fault)) => Live::Failed(fault.to_string()),
            Some(Ok(Reply { range, now: values, absence, .. })) => Live::Known(Box::new(Known {
                verdict: expect.map(|e| judge(e, &values, absence.as_ref())),
                absence: absence.map(|a| a.words(now)),
                now: values,
                window: answer.window,
                series: range,
            })),
        };
    }
}

/// Whether the values are as expected. That there is no series says nothing where there is nothing to have one: a metric
/// that nobody exposes is no sign of health.
fn judge(expect: &Expect, values: &[(Labels, f64)], absence: Option<&Absence>) -> Verdict {
    match absence {
        Some(Absence::Waiting) => Verdict::Unknown("nothing was scraped yet"),
        Some(Absence::AllDown { .. }) => Verdict::Unknown("every target is down"),
        Some(Absence::NotExposed { .. }) => Verdict::Unknown("no target exposes the metric"),
        Some(Absence::TooFew { .. }) => Verdict::Unknown("there are too few samples yet"),
        Some(Absence::TooSparse { .. }) => Verdict::Unknown("it is scraped too seldom for this window"),
        Some(Absence::Gone { .. }) => Verdict::Unknown("its series have ended"),
        // An error counter that was only announced, or has other labels only, counts nothing.
        Some(Absence::Declared { .. } | Absence::NoMatch { .. } | Absence::Filtered) | None => expect.judge(values),
    }
}

/// Where the cursor can stop in these lines.
fn stops(lines: &[Line]) -> Vec<(usize, Stop)> {
    let mut found = Vec::new();
    let mut linked = std::collections::BTreeSet::new();
    for (i, line) in lines.iter().enumerate() {
        match line.anchor {
            Some(Anchor::Task(id)) => found.push((i, Stop::Task(id))),
            Some(Anchor::Code(id)) => found.push((i, Stop::Block(id))),
            _ => {}
        }
        for span in &line.spans {
            // A link that goes on in the next line is one stop.
            if let Role::Link(id) = span.role
                && linked.insert(id)
            {
                found.push((i, Stop::Link(id)));
            }
        }
    }
    found
}

impl Model {
    /// Opens the runbook of what is on the screen: of the alert, or of the selected panel's.
    pub(super) fn open_runbook(&mut self) -> Option<Command> {
        let subject = self.subject()?;
        let lookup = self.library.of_alert(subject.url.as_deref(), subject.description.as_deref(), &subject.name);
        let (name, text, remark) = match lookup {
            Lookup::Here { found, via, placeholder } => {
                let remark = match (placeholder, via) {
                    (Some(wrong), _) => Some(format!("{wrong}; this one was found by name")),
                    (None, Via::Name) if subject.url.is_none() => Some("it names no runbook; found by name".to_owned()),
                    _ => None,
                };
                (found.entry.name.clone(), found.entry.text().to_owned(), remark)
            }
            Lookup::Elsewhere(url) => {
                self.notice = Some(format!("not one of the runbooks here; y copies its link: {url}"));
                return None;
            }
            Lookup::Placeholder(wrong) => {
                self.notice = Some(format!("{} has no runbook: {wrong}", subject.name));
                return None;
            }
            Lookup::Missing => {
                self.notice = Some(format!("{} names no runbook", subject.name));
                return None;
            }
        };
        self.shelved.clear();
        Some(self.read_runbook(&name, &text, subject.labels, subject.since, remark))
    }

    /// Opens a runbook about an alert with these labels that is active `since` then.
    pub(super) fn read_runbook(
        &mut self,
        name: &str,
        text: &str,
        labels: Labels,
        since: Option<Timestamp>,
        remark: Option<String>,
    ) -> Command {
        let is_same = |h: &Handbook| h.runbook.name == name && h.labels == labels && h.since == since;
        let same = self.handbook.as_ref().is_some_and(is_same);
        // Who comes back to a runbook finds it where it was left, ticks included.
        if !same {
            let runbook = Runbook::parse(name, text);
            let answers = vec![Live::Still; runbook.blocks.len()];
            // What was done in this incident stays done, whatever ended the program.
            let tick =
                |task: &crate::runbook::Task| Some((task.id, self.log.ticked(&runbook.name, &task.text, since?)?));
            let ticked = runbook.tasks.iter().filter_map(tick).collect();
            self.handbook = Some(Handbook {
                runbook,
                labels,
                since,
                remark,
                lines: Vec::new(),
                width: 0,
                stops: Vec::new(),
                scroll: 0,
                cursor: None,
                answers,
                ticked,
            });
        }
        self.fit_runbook();
        if let Some(handbook) = self.handbook.as_mut().filter(|_| !same) {
            handbook.scroll = handbook.first();
            self.scroll_runbook(0);
        }
        self.visit(Screen::Runbook)
    }

    /// Scrolls to the checks that tell whether the fix has worked.
    pub(super) fn find_checks(&mut self) -> Option<Command> {
        let handbook = self.handbook.as_ref()?;
        let is_verify = |s: &crate::runbook::Section| s.text.to_lowercase().contains("verify");
        match handbook.runbook.sections.iter().position(is_verify).and_then(|section| handbook.line_of(section)) {
            Some(line) => self.scroll_runbook_to(line),
            None => self.notice = Some("this runbook has no section on verifying".to_owned()),
        }
        None
    }

    /// Lays the open runbook out for the terminal as it is.
    pub(super) fn fit_runbook(&mut self) {
        let width = self.size.0;
        if let Some(handbook) = &mut self.handbook {
            handbook.fit(width);
        }
    }

    /// What a runbook is looked for.
    fn subject(&mut self) -> Option<Subject> {
        let (rule, alert) = match self.screen {
            Screen::Alert => self.shown_alert().map(|(_, rule, alert)| (rule, alert))?,
            Screen::Alerts => {
                let found = self.alerts.under_cursor();
                found?
            }
            Screen::Dashboard(view) => return self.subject_of_panel(view),
            _ => {
                self.notice = Some("r opens the runbook of an alert or of a panel; B lists all runbooks".to_owned());
                return None;
            }
        };
        let raw = |names: [&str; 2]| names.iter().find_map(|name| rule.annotation(name)).map(str::to_owned);
        let text = |rendered: Option<&Rendered>| rendered.map(|text| text.text().to_owned());
        let (url, description) = (alert.and_then(Alert::runbook_url), alert.and_then(Alert::description));
        Some(Subject {
            name: rule.name.clone(),
            url: text(url).or_else(|| raw(["runbook_url", "runbook"])),
            description: text(description).or_else(|| raw(["description", "message"])),
            labels: alert.map_or_else(Labels::empty, |a| a.labels.clone()),
            since: alert.map(|a| a.active_at),
        })
    }

    fn subject_of_panel(&mut self, view: usize) -> Option<Subject> {
        let selected = self.views.get(view)?.selected;
        if let Some(id) = self.marks.get(&(view, selected)).cloned()
            && let Some((_, rule, alert)) = self.alerts.find(&id.rule, &id.labels)
        {
            let text = |rendered: Option<&Rendered>| rendered.map(|text| text.text().to_owned());
            return Some(Subject {
                name: rule.name.clone(),
                url: text(alert.runbook_url()),
                description: text(alert.description()),
                labels: alert.labels.clone(),
                since: Some(alert.active_at),
            });
        }
        let panel = self.views.get(view)?.dashboard.panels.get(selected)?;
        let Some(name) = &panel.runbook else {
            self.notice = Some(format!("{} has no runbook, and no alert of it is active", panel.title));
            return None;
        };
        Some(Subject { name: name.clone(), url: None, description: None, labels: Labels::empty(), since: None })
    }

    /// Scrolls the runbook by so many lines.
    pub(super) fn scroll_runbook(&mut self, lines: i64) {
        let body = self.body();
        let Some(handbook) = &mut self.handbook else { return };
        let most = handbook.lines.len().saturating_sub(handbook.rows(body.height));
        handbook.scroll = (handbook.scroll as i64).saturating_add(lines).clamp(0, most as i64) as usize;
    }

    /// Puts a line of the runbook at the top.
    pub(super) fn scroll_runbook_to(&mut self, line: usize) {
        let Some(handbook) = &mut self.handbook else { return };
        handbook.scroll = line;
        self.scroll_runbook(0);
    }

    /// Selects the next or the previous task, block or link, and scrolls to it.
    pub(super) fn next_stop(&mut self, forward: bool) {
        let body = self.body();
        let Some(handbook) = &mut self.handbook else { return };
        let height = handbook.rows(body.height);
        let stops = &handbook.stops;
        if stops.is_empty() {
            return;
        }
        let last = stops.len() - 1;
        let in_sight = |line: usize| (handbook.scroll..handbook.scroll + height).contains(&line);
        let next = match handbook.cursor.filter(|c| stops.get(*c).is_some_and(|(line, _)| in_sight(*line))) {
            Some(cursor) if forward => (cursor + 1).min(last),
            Some(cursor) => cursor.saturating_sub(1),
            // Who has scrolled away goes on from where they look.
            None if forward => stops.iter().position(|(line, _)| *line >= handbook.scroll).unwrap_or(last),
            None => stops.iter().rposition(|(line, _)| *line < handbook.scroll + height).unwrap_or(0),
        };
        handbook.cursor = Some(next);
        let line = stops[next].0;
        if line < handbook.scroll + 1 {
            handbook.scroll = line.saturating_sub(2);
        } else if line + 6 > handbook.scroll + height {
            handbook.scroll = (line + 6).saturating_sub(height).min(handbook.lines.len().saturating_sub(height));
        }
    }

    /// Selects what the cursor can stop at on a line, if there is something.
    pub(super) fn select_line(&mut self, line: usize) {
        let Some(handbook) = &mut self.handbook else { return };
        handbook.cursor = handbook.stops.iter().position(|(at, _)| *at == line).or(handbook.cursor);
    }

    /// Ticks the selected task, or takes the tick back.
    pub(super) fn tick(&mut self) -> Option<Command> {
        let Some(Stop::Task(id)) = self.handbook.as_ref().and_then(Handbook::stop) else {
            self.notice = Some("Tab goes to the next step; Space ticks it".to_owned());
            return None;
        };
        let now = self.now;
        let handbook = self.handbook.as_mut()?;
        let step = handbook.runbook.tasks.get(id)?.text.clone();
        let done = handbook.ticked.remove(&id).is_none();
        if done {
            handbook.ticked.insert(id, now);
        }
        let runbook = handbook.runbook.name.clone();
        Some(self.log_entry(What::Ticked { runbook, step, done }))
    }

    /// Copies the selected query, step or link, else the runbook's name.
    pub(super) fn copy_from_runbook(&mut self) -> Option<Command> {
        let handbook = self.handbook.as_ref()?;
        let (what, text) = match handbook.stop() {
            // With the alert's labels filled in, as it runs here.
            Some(Stop::Block(id)) => match handbook.runbook.query(id, &handbook.labels) {
                Some(Ok(filled)) => ("the query", filled.query.text().to_owned()),
                _ => ("the code", handbook.runbook.blocks.get(id)?.text.clone()),
            },
            Some(Stop::Task(id)) => ("the step", handbook.runbook.tasks.get(id)?.text.clone()),
            Some(Stop::Link(id)) => ("the link", handbook.runbook.links.get(id)?.url.clone()),
            None => ("the runbook's name; Tab goes to a query, step or link", handbook.runbook.name.clone()),
        };
        self.notice = Some(format!("copied {what}"));
        Some(Command::Copy(text))
    }

    /// The queries of the open runbook, as asks of a plan.
    pub(super) fn block_queries(&mut self) -> Vec<(u32, Query)> {
        let Some(handbook) = &mut self.handbook else { return Vec::new() };
        handbook.queries().into_iter().map(|(id, query)| (Slot::Block(id).key(), query)).collect()
    }
}

/// What a runbook is looked for.
struct Subject {
    since: Option<Timestamp>,
    name: String,
    url: Option<String>,
    description: Option<String>,
    labels: Labels,
}
