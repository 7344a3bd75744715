//! Finding things: time ranges, filters, variables and the palette, by keys and mouse over the demo's cluster. Nothing here
//! waits or touches a network.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/cluster.rs"]
mod cluster;
#[path = "find/time.rs"]
mod time;

use cluster::{draw, text};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use shtop::app::{Message, Model};
use shtop::source::{Plan, Replay};
use shtop::theme::Depth;

/// The sizes at which every popup is looked at.
const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

fn code(code: KeyCode) -> Message {
    Message::Key(KeyEvent::from(code))
}

fn ctrl(c: char) -> Message {
    Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
}

/// Types a line, one key after the other. Gives the last plan that came of it.
fn type_in(model: &mut Model, line: &str, source: &Replay) -> Option<Plan> {
    line.chars().filter_map(|c| cluster::tell(model, code(KeyCode::Char(c)), source)).last()
}

fn screen(model: &Model) -> String {
    text(&draw(model, Depth::TrueColor))
}

/// The column and line of the first place where the screen says so.
fn find(model: &Model, words: &str) -> (u16, u16) {
    let screen = screen(model);
    let mut lines = screen.lines().enumerate();
    let found = lines.find_map(|(y, line)| {
        let at = line.find(words)?;
        Some((line[..at].chars().count() as u16, y as u16))
    });
    found.unwrap_or_else(|| panic!("{words:?} is not on the screen:\n{screen}"))
}

fn click((column, row): (u16, u16)) -> Message {
    let kind = MouseEventKind::Down(MouseButton::Left);
    Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

fn wheel((column, row): (u16, u16)) -> Message {
    let kind = MouseEventKind::ScrollDown;
    Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}
