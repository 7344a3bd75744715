//! Keys and clicks in the editor of queries. Pure. Uses `promql`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::complete::question;
use super::result::Ran;
use super::writing::Change;
use super::{Focus, List, text_width};
use crate::app::keys::{self, Action, Place, typing};
use crate::app::message::Command;
use crate::app::model::Model;
use crate::app::sheet::Typed;
use crate::promql::{self, Query};

impl Model {
    /// A key in the editor, or where its result is looked at.
    pub(in crate::app) fn in_explore(&mut self, key: &KeyEvent) -> Option<Command> {
        if self.explore.focus != Focus::Editor {
            let action = keys::action(&self.keymap, Place::Result, key)?;
            return self.in_result(action);
        }
        if key.code == KeyCode::Enter && key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SHIFT) {
            return self.in_editor(Action::Newline);
        }
        // What the table does not have belongs to the text, or to what is searched for.
        match typing(&self.keymap, Place::Explore, key) {
            Some(action) => self.in_editor(action),
            None => self.write(key),
        }
    }

    /// Does what a key of the editor or of the result would do.
    pub(in crate::app) fn explore_with(&mut self, action: Action) -> Option<Command> {
        if self.explore.focus == Focus::Editor { self.in_editor(action) } else { self.in_result(action) }
    }

    /// What a key of the table asks for in the editor.
    pub(in crate::app) fn in_editor(&mut self, action: Action) -> Option<Command> {
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
                let (width, explore) = (text_width(self.size.0), &mut self.explore);
                if explore.writing.climb(action == Action::Up, width) {
                    return None;
                }
                let now = explore.text().to_owned();
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
            Action::PageUp | Action::PageDown => self.page(action == Action::PageDown),
            Action::Search => self.search_history(),
            Action::Undo => {
                if self.explore.writing.undo() {
                    self.explore.history.leave();
                    self.explore.check();
                    self.explore.list = None;
                } else {
                    self.notice = Some("nothing to take back".to_owned());
                }
                None
            }
            Action::Focus if self.explore.ran.is_none() => {
                self.notice = Some("there is no result yet: Enter runs what is written".to_owned());
                None
            }
            Action::Focus => {
                self.explore.list = None;
                self.explore.focus = Focus::Result;
                None
            }
            Action::Show => self.show_otherwise(),
            Action::Sort => self.sort_panel(),
            Action::Copy => {
                self.notice = Some("copied the query".to_owned());
                Some(Command::Copy(self.explore.text().trim().to_owned()))
            }
            Action::CopyCommand => {
                self.notice = Some("copied the command that asks the same".to_owned());
                Some(Command::Copy(self.query_command()))
            }
            Action::Newline => {
                self.explore.writing.insert('\n');
                self.edited();
                None
            }
            Action::Back if has_list => {
                self.explore.list = None;
                None
            }
            Action::Back
            | Action::ZoomIn
            | Action::ZoomOut
            | Action::PanBack
            | Action::PanForward
            | Action::Time
            | Action::Quit
            | Action::Repaint
            | Action::Suspend
            | Action::Help => self.perform(action),
            _ => None,
        }
    }

    /// Lists the queries that were run, those like what is written where there are any.
    fn search_history(&mut self) -> Option<Command> {
        let typed = if self.explore.is_changed() { self.explore.text().trim() } else { "" };
        let typed = Typed::new(typed);
        if !self.explore.search(typed) && !self.explore.search(Typed::default()) {
            self.notice = Some("no query was run yet".to_owned());
        }
        None
    }

    /// A click on a line of the list takes it.
    pub(in crate::app) fn click_candidate(&mut self, index: usize) -> Option<Command> {
        self.explore.list.as_mut()?.selected = Some(index);
        self.explore.accept();
        self.inquire()
    }

    /// Takes in what was pasted: into what is searched for among the queries that were run, else into the text.
    pub(in crate::app) fn paste_into_explore(&mut self, text: &str) -> Option<Command> {
        if self.explore.focus != Focus::Editor {
            return None;
        }
        if let Some(List { search: Some(typed), .. }) = &self.explore.list {
            let mut typed = typed.clone();
            typed.paste(&text.replace('\n', " "));
            self.explore.search(typed);
            return None;
        }
        self.explore.writing.paste(text);
        self.edited();
        self.inquire()
    }

    /// A key that belongs to the text, or to what is searched for among the queries that were run.
    fn write(&mut self, key: &KeyEvent) -> Option<Command> {
        if let Some(List { search: Some(typed), .. }) = &self.explore.list {
            let mut typed = typed.clone();
            if typed.take(key) {
                self.explore.search(typed);
            }
            return None;
        }
        match self.explore.writing.take(key, text_width(self.size.0)) {
            Change::Text => {
                self.edited();
                self.inquire()
            }
            Change::Cursor => {
                self.explore.list = None;
                None
            }
            Change::Nothing => None,
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
        let (explore, here) = (&self.explore, self.explore.here());
        let question = question(&explore.text()[here.clone()], explore.cursor() - here.start)?;
        self.explore.names.want(question, self.now).then(|| self.watch())
    }

    /// Runs what is written.
    fn run(&mut self) -> Option<Command> {
        let text = self.explore.text().trim().to_owned();
        self.explore.list = None;
        match self.explore.check.clone()? {
            Err(mistake) => {
                self.notice = Some(format!("this cannot be run: {}", mistake.error));
                None
            }
            Ok(queries) if queries.is_empty() => None,
            Ok(queries) => {
                let explore = &mut self.explore;
                match &mut explore.ran {
                    // The picture stays until its successor comes.
                    Some(ran) if ran.queries.iter().map(Query::text).eq(queries.iter().map(Query::text)) => {
                        ran.text.clone_from(&text);
                    }
                    ran => *ran = Some(Ran::new(&text, queries, explore.origin.as_ref(), explore.show)),
                }
                let is_new = explore.history.add(&text);
                let watch = self.watch();
                Some(if is_new { Command::Several(vec![watch, Command::Remember(text)]) } else { watch })
            }
        }
    }

    /// The command line that asks the same.
    fn query_command(&self) -> String {
        let quote = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let context = self.name.context.as_ref().map_or(String::new(), |name| format!(" --context {}", quote(name)));
        let text = self.explore.text();
        let queries = promql::queries(text).into_iter().filter(|place| !place.is_empty());
        let lines = queries.map(|place| format!("shtop query {}{context}", quote(&text[place])));
        lines.collect::<Vec<_>>().join("\n")
    }
}
