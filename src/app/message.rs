//! What comes in and what goes out.

use crossterm::event::{KeyEvent, MouseEvent};

use super::incident::Entry;
use crate::series::Timestamp;
use crate::source::{Event, Plan};

/// Everything that can happen to the program.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was clicked or its wheel turned.
    Mouse(MouseEvent),
    /// The terminal has this size now, in cells.
    Resize(u16, u16),
    /// Time has passed; it is now this late.
    Tick(Timestamp),
    /// The incident log could not be written, and why.
    Unrecorded(String),
    /// The source has something to say.
    Source(Event),
}

/// What the program wants done.
#[derive(Debug, Clone)]
pub enum Command {
    /// Keep these panels fresh from now on.
    Watch(Plan),
    /// Write these into the incident log's file.
    Record(Vec<Entry>),
    /// An alert began to fire: sound the bell, and tell the desktop in these words.
    Alarm(String),
    /// Put this into the clipboard.
    Copy(String),
    /// All of these, in order.
    Several(Vec<Command>),
    /// Scrape every target now instead of at its next turn.
    Refresh,
    /// Capture the mouse, or leave it to the terminal so that text can be selected.
    Mouse(bool),
    /// Stop as Ctrl-Z does.
    Suspend,
    /// Draw every cell anew: the terminal shows something else than it was told.
    Repaint,
    /// End.
    Quit,
}
