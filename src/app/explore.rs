//! Explore: queries are written, completed, checked while they are typed, run, and their result looked at. Pure. Uses
//! `promql`, `layout`, `panel` and `source`.

mod complete;
mod editor;
mod history;
mod names;
mod result;
mod writing;

use std::ops::Range;
use std::sync::Arc;

use ratatui::layout::Rect;

use super::handbook::Stop;
use super::message::Command;
use super::model::{Model, Screen};
use super::search::Filter;
use super::sheet::Typed;
use super::slot::Slot;
use crate::promql::{self, Error, Query};
use crate::series::printable;
use crate::source::{Ask, Plan};

pub use complete::{Candidate, Completion};
pub use history::QUERIES;
pub(super) use names::DESK;
pub use result::Ran;

use complete::{VALUES, complete};
use history::History;
use names::{Names, Question};
use result::Origin;
use writing::Writing;

/// From this many lines on the caret and the words below the text have lines of their own.
const ROOMY: u16 = 16;

/// From this many lines of a result on one is given to facts about it.
const FACTS_FROM: u16 = 9;

/// Cells of the frame around the text and for the cursor behind it.
const AROUND: u16 = 5;

/// The queries that are being written, and the result of the last ones that were run.
#[derive(Debug, Default)]
pub struct Explore {
    writing: Writing,
    /// What the text is; `None` for blank.
    pub check: Option<Result<Vec<Query>, Mistake>>,
    /// The list at the cursor, if one is open.
    pub list: Option<List>,
    /// What was run last.
    pub ran: Option<Ran>,
    /// How results are shown.
    pub show: Show,
    /// What keys belong to.
    pub focus: Focus,
    origin: Option<Origin>,
    names: Names,
    history: History,
}

/// What keys belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The text.
    #[default]
    Editor,
    /// The result below it.
    Result,
    /// The result, which has the whole screen.
    Whole,
}

/// How a result is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// Its course over the time range.
    #[default]
    Chart,
    /// Its newest values, a line a series.
    Table,
}

/// Why a text cannot be run.
#[derive(Debug, Clone)]
pub struct Mistake {
    /// What is wrong.
    pub error: Error,
    /// Which bytes of the text are, where that is known.
    pub place: Option<Range<usize>>,
}

/// The list at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// What is in it.
    pub completion: Completion,
    /// The selected line; `None` until one is chosen.
    pub selected: Option<usize>,
    /// What is searched for among the queries that were run; `None` where the list has what belongs at the cursor.
    pub search: Option<Typed>,
}

/// Where the parts of the screen stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The text with its frame.
    pub editor: Rect,
    /// The lines of the text as they are wrapped, as ranges of its bytes.
    pub rows: Vec<Range<usize>>,
    /// How many of them are in sight.
    pub shown: usize,
    /// The result.
    pub result: Rect,
    /// The line of facts about it.
    pub facts: Rect,
}

impl Explore {
    /// The text as it is written.
    pub fn text(&self) -> &str {
        self.writing.text()
    }

    /// The byte at which the cursor is.
    pub fn cursor(&self) -> usize {
        self.writing.cursor()
    }

    /// The row and column of a byte in the lines of a [`Page`].
    pub fn place(&self, page: &Page, byte: usize) -> (usize, usize) {
        writing::place(self.text(), &page.rows, byte)
    }

    /// The first line of the text that is in sight.
    pub fn top(&self, page: &Page) -> usize {
        (self.place(page, self.cursor()).0 + 1).saturating_sub(page.shown)
    }

    /// Whether the text is another than what was run.
    pub fn is_changed(&self) -> bool {
        self.ran.as_ref().is_none_or(|ran| ran.text != self.text().trim())
    }

    /// How the screen is divided.
    pub fn page(&self, area: Rect) -> Page {
        let rows = writing::rows(self.text(), text_width(area.width));
        // A quarter of the screen at most; then it scrolls. One line is for the caret and one for words, so that nothing moves
        // as one types; where lines are few they are there when they are needed.
        let shown = rows.len().clamp(1, usize::from(area.height / 4).max(1));
        let says = area.height >= ROOMY || matches!(self.check, Some(Err(_)));
        let height = match self.focus {
            Focus::Whole => 0,
            Focus::Editor | Focus::Result => (shown as u16 + if says { 4 } else { 2 }).min(area.height),
        };
        let editor = Rect { height, ..area };
        let below = Rect { y: area.y + height, height: area.height - height, ..area };
        let facts = u16::from(below.height >= FACTS_FROM);
        let result = Rect { height: below.height - facts, ..below };
        let facts = Rect { x: below.x + 1, y: result.bottom(), width: below.width.saturating_sub(2), height: facts };
        Page { editor, rows, shown, result, facts }
    }

    fn set(&mut self, text: &str) {
        self.writing.put(text, text.len());
        self.check();
        self.list = None;
    }

    fn check(&mut self) {
        let text = self.writing.text();
        let mut queries = Vec::new();
        for place in promql::queries(text).into_iter().filter(|place| !place.is_empty()) {
            match Query::parse(&text[place.clone()]) {
                Ok(query) => queries.push(query),
                Err(error) => {
                    let within = |at: usize| (place.start + at).min(text.len());
                    let wrong = error.place().map(|p| within(p.start)..within(p.end));
                    self.check = Some(Err(Mistake { error, place: wrong }));
                    return;
                }
            }
        }
        self.check = (!text.trim().is_empty()).then_some(Ok(queries));
    }

    /// The query that the cursor is in, as bytes of the text.
    fn here(&self) -> Range<usize> {
        let (text, cursor) = (self.text(), self.cursor());
        let mut end = text.len();
        for place in promql::queries(text).into_iter().rev() {
            // Blanks around a query are its own.
            let start = text[..place.start].trim_end().len();
            if start <= cursor && (start == 0 || text[..start].ends_with(';')) {
                return start..end;
            }
            end = start.saturating_sub(1);
        }
        0..end
    }

    fn completion(&self) -> Completion {
        let here = self.here();
        let mut completion = complete(&self.text()[here.clone()], self.cursor() - here.start, &self.names);
        completion.replaced = completion.replaced.start + here.start..completion.replaced.end + here.start;
        completion
    }

    /// Puts the cursor so many cells into the line that begins at a byte of the text, and the keys into the editor.
    pub(super) fn click(&mut self, page: &Page, byte: usize, cells: u16) {
        self.focus = Focus::Editor;
        self.list = None;
        if let Some(row) = page.rows.iter().find(|row| row.start == byte) {
            let to = writing::byte(self.text(), row, usize::from(cells));
            self.writing.go(to);
        }
    }

    /// Gives the keys to the result, where there is one.
    pub(super) fn look_at_result(&mut self) {
        self.list = None;
        if self.focus == Focus::Editor && self.ran.is_some() {
            self.focus = Focus::Result;
        }
    }

    /// Looks anew at what belongs at the cursor; the list comes up where it is wanted, or stays where it was asked for.
    fn look(&mut self, asked: bool) {
        let completion = self.completion();
        let worth = !completion.candidates.is_empty() || completion.is_waiting && asked;
        let list = List { completion, selected: None, search: None };
        self.list = (worth && (asked || list.completion.is_wanted)).then_some(list);
    }

    /// Puts the chosen line of the list in its place.
    fn accept(&mut self) {
        let Some(List { completion, selected, search }) = self.list.take() else { return };
        let Some(candidate) = completion.candidates.get(selected.unwrap_or(0)) else { return };
        if search.is_some() {
            let text = candidate.insert.clone();
            return self.set(&text);
        }
        let text = self.text();
        let (Some(before), Some(after)) = (text.get(..completion.replaced.start), text.get(completion.replaced.end..))
        else {
            return;
        };
        let ahead = format!("{before}{}", candidate.insert);
        let mut cursor = ahead.len();
        // A closing quote that was there already is passed.
        if completion.heading == VALUES
            && !candidate.insert.ends_with(['"', '\'', '`'])
            && after.starts_with(['"', '\'', '`'])
        {
            cursor += 1;
        }
        self.writing.put(&format!("{ahead}{after}"), cursor);
        self.check();
        // A label's values follow its name by themselves.
        self.look(false);
    }

    /// Lists the queries that were run and have what is typed, the newest of those that are equally near first; whether there
    /// are any.
    fn search(&mut self, typed: Typed) -> bool {
        let search = Filter::near(typed.text());
        let mut sieve = search.sieve();
        let of = self.history.newest().len();
        let mut found: Vec<(u32, &str)> =
            self.history.newest().filter_map(|query| Some((sieve.distance_of(query, &[])?, query))).collect();
        // How near something is matters less than how long ago it was, as long as it is there as it was typed.
        found.sort_by_key(|(distance, _)| *distance >= Filter::FAR);
        let candidate = |(_, query): (u32, &str)| Candidate {
            word: printable(&query.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned(),
            insert: query.to_owned(),
            about: String::new(),
        };
        let candidates: Vec<Candidate> = found.into_iter().map(candidate).collect();
        let found = candidates.len();
        let completion =
            Completion { candidates, found, of, heading: "queries that were run", ..Completion::default() };
        self.list = (of > 0).then_some(List { completion, selected: Some(0), search: Some(typed) });
        found > 0
    }

    /// Moves the cursor of the list by so many lines.
    fn choose(&mut self, lines: i64) {
        if let Some(list) = &mut self.list {
            let last = list.completion.candidates.len().saturating_sub(1) as i64;
            let to = match list.selected {
                None if lines > 0 => lines - 1,
                None => last + 1 + lines,
                Some(at) => at as i64 + lines,
            };
            list.selected = Some(to.clamp(0, last) as usize);
        }
    }
}

/// Cells that a line of the text has on a screen so wide.
fn text_width(screen: u16) -> usize {
    usize::from(screen.saturating_sub(AROUND).max(1))
}

impl Model {
    /// Goes to the editor with the queries that are on the screen, which are run; with the last ones where there are none.
    pub(super) fn open_explore(&mut self) -> Command {
        if let Some(origin) = self.queries_in_sight() {
            self.explore.set(&origin.texts.join(";\n"));
            self.explore.origin = Some(origin);
            if let Some(Ok(queries)) = &self.explore.check {
                let (text, queries) = (self.explore.text().to_owned(), queries.clone());
                self.explore.ran = Some(Ran::new(&text, queries, self.explore.origin.as_ref(), self.explore.show));
            }
        }
        self.explore.focus = Focus::Editor;
        self.explore.names.want(Question::metrics(), self.now);
        self.explore.names.want(Question::help(), self.now);
        self.visit(Screen::Explore)
    }

    /// The queries that the reader looks at, as they are asked, and the panel that they are from.
    fn queries_in_sight(&self) -> Option<Origin> {
        let alone = |text: &str| Origin { texts: vec![text.trim().to_owned()], panel: None };
        match self.screen {
            Screen::Dashboard(index) => {
                let view = self.views.get(index)?;
                let panel = view.dashboard.panels.get(view.selected)?;
                let texts: Vec<String> = match view.panels.get(view.selected)?.queries.as_ref() {
                    Some((_, Ok(queries))) => queries.iter().map(|query| query.text().trim().to_owned()).collect(),
                    // What does not parse is worth mending.
                    Some((texts, Err(_))) => texts.iter().map(|text| text.trim().to_owned()).collect(),
                    None => panel.queries.iter().map(|query| query.expr.trim().to_owned()).collect(),
                };
                (!texts.is_empty()).then(|| Origin { texts, panel: Some(panel.clone()) })
            }
            Screen::Alert => self.shown_alert().map(|(_, rule, _)| alone(&rule.expr)),
            Screen::Alerts => self.alerts.under_cursor().map(|(rule, _)| alone(&rule.expr)),
            Screen::Runbook => {
                let handbook = self.handbook.as_ref()?;
                let Some(Stop::Block(id)) = handbook.stop() else { return None };
                match handbook.runbook.query(id, &handbook.labels)? {
                    Ok(filled) => Some(alone(self.name.at_home(filled.query).text())),
                    Err(_) => None,
                }
            }
            Screen::Targets | Screen::Silence | Screen::Silences | Screen::Explore => None,
        }
    }

    /// What the editor wants to know.
    pub(super) fn ask_for_explore(&self, plan: &mut Plan) {
        if let Some(ran) = self.explore.ran.as_ref().filter(|ran| ran.words.is_none()) {
            plan.asks.push(Ask { key: Slot::Explore.key(), queries: Arc::clone(&ran.queries), shape: ran.shape() });
        }
        plan.variables.extend(self.explore.names.asks());
    }

    /// Names that the editor has asked for.
    pub(super) fn take_names(&mut self, key: &str, values: Vec<Arc<str>>) {
        if !self.explore.names.take(key, values, self.now) {
            return;
        }
        // What was waited for comes up, and what is chosen stays.
        if let Some(list) = self.explore.list.as_ref() {
            if list.search.is_none() {
                let selected = list.selected;
                self.explore.look(true);
                if let Some(list) = &mut self.explore.list {
                    list.selected = selected;
                }
            }
        } else if self.screen == Screen::Explore && self.explore.is_changed() {
            self.explore.look(false);
        }
    }

    /// The queries of sessions before.
    pub(super) fn take_queries(&mut self, queries: Vec<String>) {
        self.explore.history.load(queries);
    }

    /// Keeps what belongs to no cluster when another takes its place.
    pub(super) fn keep_explore(&mut self, before: Explore) {
        let Explore { writing, check, show, focus, history, origin, ran, .. } = before;
        let ran = ran.map(|ran| Ran::new(&ran.text, ran.queries.to_vec(), origin.as_ref(), show));
        self.explore = Explore { writing, check, ran, show, focus, origin, history, ..Explore::default() };
        self.explore.names.want(Question::metrics(), self.now);
        self.explore.names.want(Question::help(), self.now);
    }
}
