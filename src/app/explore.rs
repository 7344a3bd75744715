//! Explore: a query is written, completed, checked while it is typed, run, and its result looked at. Pure. Uses `promql`,
//! `layout`, `panel` and `source`.

mod complete;
mod history;
mod names;

use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler as _;
use tui_input::{Input, InputRequest};

use super::handbook::Stop;
use super::keys::{Action, Place, typing};
use super::message::Command;
use super::model::{Model, PanelModel, Screen};
use super::slot::Slot;
use crate::layout::{Kind, Panel, PanelQuery};
use crate::panel::{Distance, Frame, Reading, State};
use crate::promql::{Error, Query, Type};
use crate::series::{Window, is_gap, printable};
use crate::source::{Ask, Plan, Shape, VariableAsk};
use crate::theme::Theme;

pub use complete::{Candidate, Completion};
pub use history::QUERIES;
pub(super) use names::DESK;

use complete::{complete, question};
use history::History;
use names::Names;

/// Longest query that can be typed, in characters.
const LONGEST: usize = 4_000;

/// The query that is being written, and the result of the last one that was run.
#[derive(Debug, Default)]
pub struct Explore {
    input: Input,
    /// What the text is; `None` for blank.
    pub check: Option<Result<Query, Error>>,
    /// The list at the cursor, if one is open.
    pub list: Option<List>,
    /// What was run last.
    pub ran: Option<Ran>,
    /// How results are shown.
    pub show: Show,
    /// In which order a table is.
    pub order: Sorting,
    /// Lines that a table is scrolled down.
    pub scroll: usize,
    names: Names,
    history: History,
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

/// In which order the lines of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sorting {
    /// Largest first.
    #[default]
    Largest,
    /// Smallest first.
    Smallest,
    /// By their labels.
    Labels,
}

impl Sorting {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Largest => "largest first",
            Self::Smallest => "smallest first",
            Self::Labels => "by labels",
        }
    }
}

/// The list at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// What is in it.
    pub completion: Completion,
    /// The selected line; `None` until one is chosen.
    pub selected: Option<usize>,
    /// Whether it has the queries that were run, rather than what belongs at the cursor.
    pub is_history: bool,
}

/// A query that was run.
#[derive(Debug)]
pub struct Ran {
    /// The query.
    pub query: Query,
    /// What it evaluates to, where that needs no data: a string.
    pub text: Option<String>,
    /// How its result is drawn.
    pub panel: Panel,
    /// The result.
    pub data: PanelModel,
}

impl Ran {
    fn new(query: Query) -> Self {
        let kind = if query.type_of() == Type::Scalar { Kind::Stat } else { Kind::Timeseries };
        let text = query.as_string().map(|text| printable(text).into_owned());
        let expr = query.text().to_owned();
        let queries = vec![PanelQuery { expr, legend: None, ..PanelQuery::default() }];
        let title = printable(&query.text().split_whitespace().collect::<Vec<_>>().join(" ")).into_owned();
        let panel = Panel { title, kind, queries, ..Panel::default() };
        Self { query, text, panel, data: PanelModel::default() }
    }

    /// Of what has no course over time only the newest values are asked for.
    pub fn shape(&self) -> Shape {
        if self.query.type_of() == Type::Matrix { Shape::Instant } else { Shape::Range }
    }
}

impl Explore {
    /// The query as it is written.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The byte at which the cursor is.
    pub fn cursor(&self) -> usize {
        let text = self.input.value();
        text.char_indices().nth(self.input.cursor()).map_or(text.len(), |(i, _)| i)
    }

    /// Whether the text is another than what was run.
    pub fn is_changed(&self) -> bool {
        self.ran.as_ref().is_none_or(|ran| ran.query.text() != self.text().trim())
    }

    /// What the result is drawn from; `None` where nothing was run.
    pub fn frame<'a>(&'a self, model: &Model, state: &'a State, theme: &'a Theme) -> Option<Frame<'a>> {
        let ran = self.ran.as_ref()?;
        let picture = ran.data.picture.as_ref();
        Some(Frame {
            panel: &ran.panel,
            window: picture.map_or(Window::instant(model.present()), |p| p.window),
            curves: picture.map_or(&[], |p| &p.curves),
            left_out: picture.map_or(0, |p| p.left_out),
            state,
            theme,
            now: model.present(),
            utc_offset: model.offset(picture.map_or(model.present(), |p| p.window.end)),
            notes: &[],
            selected: false,
            cursor: None,
            picked: None,
            distance: Distance::Near,
            alarm: None,
            reading: Reading::default(),
            alerts: None,
            content: "",
        })
    }

    /// The newest values in the order of the table, as indexes of the picture's curves.
    pub fn rows(&self) -> Vec<usize> {
        let Some(picture) = self.ran.as_ref().and_then(|ran| ran.data.picture.as_ref()) else { return Vec::new() };
        let mut rows: Vec<usize> = (0..picture.curves.len()).collect();
        let value = |i: &usize| picture.curves[*i].newest();
        // What has no value now, or none that can be compared, stands last.
        let rank = |i: &usize| value(i).is_none_or(|v| v.is_nan() || is_gap(v));
        let number = |i: &usize| value(i).unwrap_or(f64::NAN);
        match self.order {
            Sorting::Largest => rows.sort_by(|a, b| rank(a).cmp(&rank(b)).then(number(b).total_cmp(&number(a)))),
            Sorting::Smallest => rows.sort_by(|a, b| rank(a).cmp(&rank(b)).then(number(a).total_cmp(&number(b)))),
            Sorting::Labels => {}
        }
        rows
    }

    fn set(&mut self, text: &str) {
        self.input = Input::new(text.to_owned());
        self.check();
        self.list = None;
    }

    fn check(&mut self) {
        let text = self.input.value();
        self.check = (!text.trim().is_empty()).then(|| Query::parse(text));
    }

    /// Looks anew at what belongs at the cursor; the list comes up where it is wanted, or stays where it was asked for.
    fn look(&mut self, asked: bool) {
        let completion = complete(self.input.value(), self.cursor(), &self.names);
        let worth = !completion.candidates.is_empty() || completion.is_waiting && asked;
        let list = List { completion, selected: None, is_history: false };
        self.list = (worth && (asked || list.completion.is_wanted)).then_some(list);
    }

    /// Puts the chosen line of the list in its place.
    fn accept(&mut self) {
        let Some(List { completion, selected, is_history }) = self.list.take() else { return };
        let Some(candidate) = completion.candidates.get(selected.unwrap_or(0)) else { return };
        if is_history {
            let text = candidate.insert.clone();
            return self.set(&text);
        }
        let text = self.input.value();
        let (Some(before), Some(after)) = (text.get(..completion.replaced.start), text.get(completion.replaced.end..))
        else {
            return;
        };
        let ahead = format!("{before}{}", candidate.insert);
        let mut cursor = ahead.chars().count();
        // A closing quote that was there already is passed.
        if completion.heading == "values"
            && !candidate.insert.ends_with(['"', '\'', '`'])
            && after.starts_with(['"', '\'', '`'])
        {
            cursor += 1;
        }
        self.input = Input::new(format!("{ahead}{after}")).with_cursor(cursor);
        self.check();
        // A label's values follow its name by themselves.
        self.look(false);
    }

    /// The queries that were run and have what is written in them.
    fn search(&mut self) {
        let typed = self.text().trim().to_lowercase();
        let is_wanted = |query: &&str| typed.is_empty() || query.to_lowercase().contains(&typed);
        let candidate = |query: &str| Candidate {
            word: printable(&query.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned(),
            insert: query.to_owned(),
            about: String::new(),
        };
        let mut candidates: Vec<Candidate> = self.history.newest().filter(is_wanted).map(candidate).collect();
        if candidates.is_empty() || candidates.len() == 1 && !self.is_changed() {
            candidates = self.history.newest().map(candidate).collect();
        }
        let (found, of) = (candidates.len(), self.history.newest().len());
        let completion =
            Completion { candidates, found, of, heading: "queries that were run", ..Completion::default() };
        self.list = (found > 0).then_some(List { completion, selected: Some(0), is_history: true });
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

impl Model {
    /// Goes to the editor with the query that is on the screen, which is run; with the last one where there is none.
    pub(super) fn open_explore(&mut self) -> Command {
        if let Some(text) = self.query_in_sight() {
            self.explore.set(&text);
            self.explore.scroll = 0;
            if let Some(Ok(query)) = &self.explore.check {
                self.explore.ran = Some(Ran::new(query.clone()));
            }
        }
        self.explore.names.want(names::Question::metrics(), self.now);
        self.visit(Screen::Explore)
    }

    /// The query that the reader looks at, as it is asked.
    fn query_in_sight(&self) -> Option<String> {
        match self.screen {
            Screen::Dashboard(index) => {
                let view = self.views.get(index)?;
                let panel = view.selected;
                // What does not parse is worth mending.
                match view.panels.get(panel)?.queries.as_ref() {
                    Some((_, Ok(queries))) => queries.first().map(|query| query.text().to_owned()),
                    Some((texts, Err(_))) => texts.first().cloned(),
                    None => view.dashboard.panels.get(panel)?.queries.first().map(|query| query.expr.clone()),
                }
            }
            Screen::Alert => self.shown_alert().map(|(_, rule, _)| rule.expr.clone()),
            Screen::Alerts => self.alerts.under_cursor().map(|(rule, _)| rule.expr.clone()),
            Screen::Runbook => {
                let handbook = self.handbook.as_ref()?;
                let Some(Stop::Block(id)) = handbook.stop() else { return None };
                match handbook.runbook.query(id, &handbook.labels)? {
                    Ok(filled) => Some(self.name.at_home(filled.query).text().to_owned()),
                    Err(_) => None,
                }
            }
            Screen::Targets | Screen::Silence | Screen::Silences | Screen::Explore => None,
        }
        .map(|text| text.trim().to_owned())
    }

    /// What the editor wants to know.
    pub(super) fn ask_for_explore(&self, plan: &mut Plan) {
        if let Some(ran) = self.explore.ran.as_ref().filter(|ran| ran.text.is_none()) {
            let queries = Arc::new([ran.query.clone()]);
            plan.asks.push(Ask { key: Slot::Explore.key(), queries, shape: ran.shape() });
        }
        let names: Vec<VariableAsk> = self.explore.names.asks();
        plan.variables.extend(names);
    }

    /// Names that the editor has asked for.
    pub(super) fn take_names(&mut self, key: &str, values: Vec<Arc<str>>) {
        if !self.explore.names.take(key, values, self.now) {
            return;
        }
        // What was waited for comes up, and what is chosen stays.
        if let Some(list) = self.explore.list.as_ref().filter(|list| !list.is_history) {
            let selected = list.selected;
            self.explore.look(true);
            if let Some(list) = &mut self.explore.list {
                list.selected = selected;
            }
        } else if self.screen == Screen::Explore && self.explore.is_changed() {
            self.explore.look(false);
        }
    }

    /// The queries of sessions before.
    pub(super) fn take_queries(&mut self, queries: Vec<String>) {
        self.explore.history.load(queries);
    }

    /// A key in the editor: what the table does not have belongs to the text.
    pub(super) fn in_explore(&mut self, key: &KeyEvent) -> Option<Command> {
        let Some(action) = typing(&self.keymap, Place::Explore, key) else { return self.write(key) };
        let has_list = self.explore.list.is_some();
        match action {
            Action::Run => match self.explore.list.as_ref().and_then(|list| list.selected) {
                Some(_) => {
                    self.explore.accept();
                    self.inquire()
                }
                None => self.run(),
            },
            Action::Complete if has_list => {
                self.explore.accept();
                self.inquire()
            }
            Action::Complete => {
                self.explore.look(true);
                match self.explore.list.as_ref().map(|list| list.completion.candidates.len()) {
                    None => self.notice = Some("nothing to complete here".to_owned()),
                    Some(1) => self.explore.accept(),
                    Some(_) => {}
                }
                self.inquire()
            }
            Action::Up | Action::Down if has_list => {
                self.explore.choose(if action == Action::Up { -1 } else { 1 });
                None
            }
            Action::Up | Action::Down => {
                let explore = &mut self.explore;
                let now = explore.input.value().to_owned();
                let text = if action == Action::Up { explore.history.older(&now) } else { explore.history.newer() };
                if let Some(text) = text.map(str::to_owned) {
                    explore.set(&text);
                }
                None
            }
            Action::PageUp | Action::PageDown if has_list => {
                self.explore.choose(if action == Action::PageUp { -8 } else { 8 });
                None
            }
            Action::PageUp | Action::PageDown => {
                let page = i64::from(self.body().height / 2).max(1);
                self.scroll_result(if action == Action::PageUp { -page } else { page });
                None
            }
            Action::Search => {
                self.explore.search();
                if self.explore.list.is_none() {
                    self.notice = Some("no query was run yet".to_owned());
                }
                None
            }
            Action::Show => {
                self.explore.show = match self.explore.show {
                    Show::Chart => Show::Table,
                    Show::Table => Show::Chart,
                };
                None
            }
            Action::Sort => {
                self.explore.order = match self.explore.order {
                    Sorting::Largest => Sorting::Smallest,
                    Sorting::Smallest => Sorting::Labels,
                    Sorting::Labels => Sorting::Largest,
                };
                self.explore.scroll = 0;
                self.notice = Some(format!("the table is ordered: {}", self.explore.order.words()));
                None
            }
            Action::Copy => {
                self.notice = Some("copied the query".to_owned());
                Some(Command::Copy(self.explore.text().trim().to_owned()))
            }
            Action::CopyCommand => {
                self.notice = Some("copied the command that asks the same".to_owned());
                Some(Command::Copy(self.query_command()))
            }
            Action::Newline => {
                self.insert('\n');
                None
            }
            Action::ZoomIn => self.zoom(true),
            Action::ZoomOut => self.zoom(false),
            Action::PanBack => Some(self.pan(false)),
            Action::PanForward => Some(self.pan(true)),
            Action::Back if has_list => {
                self.explore.list = None;
                None
            }
            Action::Back => self.back(),
            Action::Quit => Some(Command::Quit),
            Action::Repaint => Some(Command::Repaint),
            Action::Suspend => Some(Command::Suspend),
            Action::Help => {
                self.overlay = Some(super::model::Overlay::Help(0));
                None
            }
            _ => None,
        }
    }

    /// Scrolls the table by so many lines.
    pub(super) fn scroll_result(&mut self, lines: i64) {
        // So many lines it has at least, whatever the editor takes; the view stops at the last one.
        let shown = usize::from((self.body().height * 3 / 4).saturating_sub(9));
        let most = self.explore.rows().len().saturating_sub(shown.max(1)) as i64;
        self.explore.scroll = (self.explore.scroll as i64).saturating_add(lines).clamp(0, most) as usize;
    }

    /// A key that belongs to the text.
    fn write(&mut self, key: &KeyEvent) -> Option<Command> {
        if let KeyCode::Char(c) = key.code
            && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER)
        {
            self.insert(c);
            return self.inquire();
        }
        let changed = self.explore.input.handle_event(&Event::Key(*key));
        match changed {
            Some(changed) if changed.value => {
                self.edited();
                self.inquire()
            }
            Some(changed) if changed.cursor => {
                self.explore.list = None;
                None
            }
            _ => None,
        }
    }

    fn insert(&mut self, c: char) {
        if self.explore.input.value().chars().count() < LONGEST {
            self.explore.input.handle(InputRequest::InsertChar(c));
            self.edited();
        }
    }

    fn edited(&mut self) {
        let explore = &mut self.explore;
        explore.history.leave();
        explore.check();
        explore.look(false);
    }

    /// Asks the source for what the list at the cursor lacks.
    fn inquire(&mut self) -> Option<Command> {
        let question = question(self.explore.input.value(), self.explore.cursor())?;
        self.explore.names.want(question, self.now).then(|| self.watch())
    }

    /// Runs what is written.
    fn run(&mut self) -> Option<Command> {
        let text = self.explore.text().trim().to_owned();
        self.explore.list = None;
        match Query::parse(&text) {
            _ if text.is_empty() => None,
            Err(error) => {
                self.notice = Some(format!("this cannot be run: {error}"));
                None
            }
            Ok(query) => {
                self.explore.scroll = 0;
                match &mut self.explore.ran {
                    // The picture stays until its successor comes.
                    Some(ran) if ran.query.text() == query.text() => {}
                    ran => *ran = Some(Ran::new(query)),
                }
                let is_new = self.explore.history.add(&text);
                let watch = self.watch();
                Some(if is_new { Command::Several(vec![watch, Command::Remember(text)]) } else { watch })
            }
        }
    }

    /// The command line that asks the same.
    fn query_command(&self) -> String {
        let quote = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let context = self.name.context.as_ref().map_or(String::new(), |name| format!(" --context {}", quote(name)));
        format!("shtop query {}{context}", quote(self.explore.text().trim()))
    }

    /// Keeps what belongs to no cluster when another takes its place.
    pub(super) fn keep_explore(&mut self, before: Explore) {
        let Explore { input, check, show, order, history, ran, .. } = before;
        let ran = ran.map(|ran| Ran::new(ran.query));
        self.explore = Explore { input, check, ran, show, order, history, ..Explore::default() };
        self.explore.names.want(names::Question::metrics(), self.now);
    }
}
