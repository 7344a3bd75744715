//! A line that is being typed.

use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::backend::crossterm::EventHandler as _;
use tui_input::{Input, InputRequest};

use super::incident::What;
use super::message::Command;
use super::model::Model;
use super::search::Filter;
use super::silence::Field;

/// Longest line that can be typed, in characters.
const LONGEST: usize = 1_000;

/// A line that is being typed, on the last line of the screen.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What it is for.
    pub purpose: Purpose,
    /// The line and where its cursor is.
    pub input: Input,
}

/// What a typed line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A line of the incident log.
    Note,
    /// Filters the dashboard or the alerts, while it is typed.
    Filter,
    /// A field of a silence.
    Silence(Field),
    /// The file that the screen is written into.
    Export,
}

impl Purpose {
    /// What stands before the line.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Note => "note:",
            Self::Filter => "filter:",
            Self::Export => "write to:",
            Self::Silence(Field::Matcher(_)) => "matcher:",
            Self::Silence(Field::Lasts) => "for how long:",
            Self::Silence(Field::Author) => "author:",
            Self::Silence(Field::Comment | Field::Write) => "comment:",
        }
    }

    /// What Enter and Esc do.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Note => "Enter writes it into the incident log, Esc drops it",
            Self::Filter => {
                "words that must be there, !word that must not, ~letters in their order; Enter keeps it, Esc clears it"
            }
            Self::Export => {
                "Enter writes it; .svg and .html pictures, .txt, .ansi, .csv the values of the selected panel"
            }
            Self::Silence(Field::Matcher(_)) => "name=\"value\", or with != =~ !~",
            Self::Silence(Field::Lasts) => "30m, 2h, 1d12h",
            Self::Silence(_) => "Enter takes it, Esc leaves it as it was",
        }
    }
}

impl Model {
    pub(super) fn ask(&mut self, purpose: Purpose) -> Option<Command> {
        let line = match purpose {
            Purpose::Note => String::new(),
            Purpose::Filter if self.view().is_some() => self.filter_text(),
            Purpose::Filter => self.alerts.filter.text().to_owned(),
            Purpose::Silence(field) => self.form.as_ref()?.text(field),
            Purpose::Export => self.file_name(),
        };
        self.prompt = Some(Prompt { purpose, input: Input::new(line) });
        None
    }

    /// A key while a line is typed.
    pub(super) fn typed(&mut self, key: &KeyEvent) -> Option<Command> {
        let prompt = self.prompt.as_mut()?;
        let purpose = prompt.purpose;
        match key.code {
            KeyCode::Esc => {
                self.prompt = None;
                match purpose {
                    Purpose::Filter if self.view().is_some() => self.drop_filter(),
                    Purpose::Filter => self.filter_alerts(""),
                    Purpose::Note | Purpose::Silence(_) | Purpose::Export => {}
                }
                None
            }
            KeyCode::Enter => {
                let line = prompt.input.value().trim().to_owned();
                self.prompt = None;
                match purpose {
                    Purpose::Filter => None,
                    Purpose::Note => self.note(line),
                    Purpose::Silence(field) => self.filled(field, &line),
                    Purpose::Export => self.export(&line),
                }
            }
            KeyCode::Char(_) if prompt.input.value().chars().count() >= LONGEST => None,
            _ => {
                prompt.input.handle_event(&Event::Key(*key));
                self.filter_while_typing();
                None
            }
        }
    }

    /// Takes in what was pasted, as far as there is room.
    pub(super) fn paste_into_prompt(&mut self, line: &str) {
        let Some(prompt) = &mut self.prompt else { return };
        let room = LONGEST.saturating_sub(prompt.input.value().chars().count());
        for c in line.chars().take(room) {
            prompt.input.handle(InputRequest::InsertChar(c));
        }
        self.filter_while_typing();
    }

    fn filter_while_typing(&mut self) {
        let Some(prompt) = self.prompt.as_ref().filter(|prompt| prompt.purpose == Purpose::Filter) else { return };
        let line = prompt.input.value().to_owned();
        if self.view().is_some() {
            self.filter_dashboard(&line);
        } else {
            self.filter_alerts(&line);
        }
    }

    pub(super) fn filter_alerts(&mut self, line: &str) {
        self.alerts.filter = Filter::parse(line);
        self.alerts.cursor = 0;
        self.alerts.arrange();
    }

    fn note(&mut self, text: String) -> Option<Command> {
        if text.is_empty() {
            return None;
        }
        self.notice = Some("noted in the incident log".to_owned());
        Some(self.log_entry(What::Note { text }))
    }
}
