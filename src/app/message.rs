//! What comes in and what goes out.

use crossterm::event::KeyEvent;

use super::cluster::Cluster;
use super::incident::Entry;
use super::keepsake::Keepsake;
use super::muting::Alertmanager;
use super::pointer::Pointer;
use crate::layout::Dashboard;
use crate::series::Timestamp;
use crate::source::alertmanager;
use crate::source::{Event, Plan};
use crate::theme::Charset;

/// Everything that can happen to the program.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was clicked or drawn, or its wheel turned.
    Mouse(Pointer),
    /// Text was pasted, all of it.
    Paste(String),
    /// The terminal has this size now, in cells.
    Resize(u16, u16),
    /// Time has passed; it is now this late.
    Tick(Timestamp),
    /// The incident log could not be written, and why.
    Unrecorded(String),
    /// The screen was written into this file, or why it could not be.
    Exported(Result<String, String>),
    /// The queries of sessions before, the newest last.
    Queries(Vec<String>),
    /// The layouts were read again, or why they could not be.
    Layouts(Result<Vec<Dashboard>, String>),
    /// The theme was read again, or why it could not be.
    Theme(Result<(), String>),
    /// Another cluster's source runs now, instead of the one before.
    Opened(Box<Cluster>),
    /// Another cluster cannot be shown, and why; the one before still is.
    Unopened(String),
    /// The source has something to say.
    Source(Event),
    /// The source has named an Alertmanager, which is asked from now on.
    Found(Box<Alertmanager>),
    /// Alertmanager has something to say.
    Alertmanager(alertmanager::Event),
}

/// Which cluster is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The context; `None` for what the command line names.
    pub context: Option<String>,
    /// The job under which its agents run, where it is another than the context says.
    pub job: Option<String>,
}

/// What the program wants done.
#[derive(Debug, Clone)]
pub enum Command {
    /// Keep these panels fresh from now on.
    Watch(Plan),
    /// Write these into the incident log's file.
    Record(Vec<Entry>),
    /// Tell this to Alertmanager.
    Alertmanager(alertmanager::Command),
    /// An alert began to fire: sound the bell, and tell the desktop in these words.
    Alarm(String),
    /// Keep this query for sessions to come.
    Remember(String),
    /// Write what is on the screen into a new file.
    Export(Keepsake),
    /// Put this into the clipboard.
    Copy(String),
    /// All of these, in order.
    Several(Vec<Command>),
    /// Scrape every target now instead of at its next turn.
    Refresh,
    /// Show another cluster, or this one otherwise.
    Open(Wish),
    /// Capture the mouse, or leave it to the terminal so that text can be selected.
    Mouse(bool),
    /// Draw in the theme of this name from now on: one of [`crate::theme::NAMES`], or one of the reader's own.
    Theme(String),
    /// Draw with these characters from now on.
    Charset(Charset),
    /// Stop as Ctrl-Z does.
    Suspend,
    /// Draw every cell anew: the terminal shows something else than it was told.
    Repaint,
    /// End.
    Quit,
}
