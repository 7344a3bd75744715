//! What somebody takes along: the screen as a file, the selected panel as text. Pure: what is written where is a command. Uses
//! `panel`, `theme` and `unit`.

use std::fmt::Write as _;

use super::message::Command;
use super::model::{Model, Origin, Screen, View};
use crate::panel::State;
use crate::series::printable;
use crate::theme::{Depth, Theme};
use crate::unit;

/// Most series that a panel is copied with: what is pasted into a chat should be read there.
const LINES: usize = 50;

/// The screen as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keepsake {
    /// The file's path, as it was typed.
    pub path: String,
    /// As what.
    pub form: Form,
}

/// As what a screen is kept. The ending of the file's name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Characters.
    Text,
    /// Characters with colours, for terminals.
    Ansi,
    /// A picture.
    Svg,
    /// A page.
    Html,
    /// The values of the selected panel, or of the editor's result.
    Csv,
}

impl Form {
    const ENDINGS: [(&'static str, Self); 6] = [
        ("svg", Self::Svg),
        ("html", Self::Html),
        ("txt", Self::Text),
        ("ansi", Self::Ansi),
        ("csv", Self::Csv),
        ("htm", Self::Html),
    ];

    fn of(path: &str) -> Option<Self> {
        let (_, ending) = path.rsplit_once('.')?;
        Self::ENDINGS.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)).map(|(_, form)| *form)
    }
}

impl Model {
    /// What a picture of the screen is called.
    pub fn caption(&self) -> String {
        let name = match (self.screen, self.view()) {
            (_, Some(view)) => view.dashboard.title.as_str(),
            (Screen::Targets, _) => "Targets",
            (Screen::Runbook, _) => "Runbook",
            (Screen::Explore, _) => "Explore",
            (Screen::Silence | Screen::Silences, _) => "Silences",
            _ => "Alerts",
        };
        let demo = match &self.origin {
            Origin::Demo(scenario) => format!(" (DEMO {scenario})"),
            Origin::Scrape | Origin::Prometheus => String::new(),
        };
        let at = self.end.unwrap_or(self.now);
        printable(&format!("shtop: {name}{demo}, {}", unit::date_clock(at, self.offset(at)))).into_owned()
    }

    /// A name for a file with the screen in it: what is on it and when, without anything that a shell or a file system reads
    /// otherwise.
    pub(super) fn file_name(&self) -> String {
        let screen = match (self.screen, self.view()) {
            (_, Some(view)) => view.dashboard.id.as_str(),
            (Screen::Targets, _) => "targets",
            (Screen::Runbook, _) => "runbook",
            (Screen::Explore, _) => "explore",
            (Screen::Silence | Screen::Silences, _) => "silences",
            _ => "alerts",
        };
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
        let screen: String = screen.chars().take(60).map(plain).collect();
        // Values without a screen around them say nowhere else that they are invented.
        let demo = if matches!(self.origin, Origin::Demo(_)) { "demo-" } else { "" };
        let at = self.end.unwrap_or(self.now);
        let at: String = unit::date_clock(at, self.offset(at)).replace(' ', "T").replace(['-', ':'], "");
        format!("shtop-{demo}{screen}-{at}.svg")
    }

    /// Has the screen written into the file of this name.
    pub(super) fn export(&mut self, path: &str) -> Option<Command> {
        let Some(form) = Form::of(path) else {
            let endings = Form::ENDINGS.map(|(ending, _)| ending)[..5].join(", .");
            let path = printable(path);
            self.notice = Some(format!("{path:?} does not end in what it should be: .{endings}"));
            return None;
        };
        let has_values = self.view().is_some() || self.screen == Screen::Explore;
        if form == Form::Csv && !has_values {
            self.notice =
                Some(".csv has the values of a panel, and here is none: .svg, .html, .txt or .ansi".to_owned());
            return None;
        }
        Some(Command::Export(Keepsake { path: path.to_owned(), form }))
    }

    /// Puts the selected panel into the clipboard: its title, the time, its values and what they are from.
    pub(super) fn copy_panel(&mut self) -> Option<Command> {
        let text = self.view().and_then(|view| self.told(view))?;
        self.notice = Some("copied the panel with its values and queries".to_owned());
        Some(Command::Copy(text))
    }

    fn told(&self, view: &View) -> Option<String> {
        let (panel, data) = (view.dashboard.panels.get(view.selected)?, view.panels.get(view.selected)?);
        let (state, theme) = (data.state(self.present()), Theme::dark(Depth::None));
        let frame = view.frame(view.selected, self, &state, &theme)?;
        let at = self.cursor.or(self.end).unwrap_or_else(|| self.present());
        let mut text = format!("{}, {}", panel.title, unit::date_clock(at, self.offset(at)));
        // Writing into a string cannot fail.
        match &state {
            State::Stale { reason, .. } | State::Empty(reason) | State::Failed(reason) => {
                write!(text, " ({reason})").ok();
            }
            State::Waiting | State::Live => {}
        }
        let lines = frame.values();
        for (name, value) in lines.iter().take(LINES) {
            write!(text, "\n{name}: {value}").ok();
        }
        let more = lines.len().saturating_sub(LINES) + frame.left_out;
        if more > 0 {
            write!(text, "\n… and {more} more").ok();
        }
        for query in &panel.queries {
            write!(text, "\n{}", query.expr).ok();
        }
        if matches!(self.origin, Origin::Demo(_)) {
            text.push_str("\n(invented by shtop demo)");
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_tells_what_is_written() {
        for (path, form) in [
            ("a.svg", Some(Form::Svg)),
            ("/tmp/x.y/a.HTML", Some(Form::Html)),
            ("a.txt", Some(Form::Text)),
            (".csv", Some(Form::Csv)),
            ("svg", None),
            ("a.png", None),
            ("", None),
            ("a.svg/b", None),
        ] {
            assert_eq!(Form::of(path), form, "{path}");
        }
    }
}
