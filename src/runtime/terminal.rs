//! The terminal: taken over, painted with only what changed, and given back whatever happens.

use std::io::{self, IsTerminal, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;

use super::outlet::{CANCEL, Outlet};
use crate::series::printable;

/// Whether the terminal is in our hands; the panic hook and the guard both give it back, but only once.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Alternate screen, hidden cursor, what is pasted told apart from what is typed (2004).
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[2J";
/// Plain text, no mouse, pasting as usual, visible cursor, the screen as it was before.
const LEAVE: &[u8] = b"\x1b[0m\x1b[?2004l\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?2026l\x1b[?25h\x1b[?1049l";
/// Clicks, drags and the wheel in SGR coordinates; not every motion (1003), which floods slow links.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// Between these a terminal that knows them shows nothing of the change until all of it has come.
const FRAME_BEGIN: &[u8] = b"\x1b[?2026h";
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// Why the terminal could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Standard output goes elsewhere.
    #[error("standard output is not a terminal: run shtop in one (over ssh: `ssh -t host shtop …`)")]
    NotATerminal,
    /// It says of itself that it can do nothing but print lines.
    #[error("this terminal cannot place text (TERM=dumb): run shtop in another, or set TERM to what it really is")]
    Dumb,
    /// The system refused.
    #[error("cannot set up the terminal: {0}")]
    Io(#[from] io::Error),
}

/// The terminal, ours until this is dropped.
#[derive(Debug)]
pub struct Terminal {
    outlet: Outlet,
    shown: Option<Buffer>,
    mouse: bool,
}

impl Terminal {
    /// Takes the terminal over: raw mode, alternate screen, mouse if wanted.
    ///
    /// # Errors
    /// Standard output is no terminal or a dumb one, or the system refuses raw mode.
    pub fn take(mouse: bool) -> Result<Self, TerminalError> {
        if !io::stdout().is_terminal() {
            return Err(TerminalError::NotATerminal);
        }
        if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
            return Err(TerminalError::Dumb);
        }
        // NO_COLOR would also take bold and reverse away; which colours are used is the theme's decision.
        crossterm::style::force_color_output(true);
        HOOK.call_once(install_panic_hook);
        let mut terminal = Self { outlet: Outlet::open()?, shown: None, mouse };
        terminal.enter()?;
        Ok(terminal)
    }

    fn enter(&mut self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        self.shown = None;
        self.outlet.push(ENTER)?;
        self.outlet.push(if self.mouse { MOUSE_ON } else { b"" })
    }

    /// The size in cells.
    ///
    /// # Errors
    /// The terminal does not say.
    pub fn size() -> io::Result<(u16, u16)> {
        crossterm::terminal::size()
    }

    /// Whether the terminal has taken all of the last frame; until then another one would only wait behind it.
    pub const fn is_settled(&self) -> bool {
        self.outlet.is_clear()
    }

    /// Waits until the terminal has taken all of the last frame. Safe to drop while waiting.
    ///
    /// # Errors
    /// The terminal is gone.
    pub async fn settle(&mut self) -> io::Result<()> {
        self.outlet.clear().await
    }

    /// Shows `next`, writing only the cells that differ from what is shown, all in one piece. Nothing is written where
    /// nothing differs. Does not wait for the terminal to take it: see [`Terminal::settle`].
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn paint(&mut self, next: Buffer) -> io::Result<()> {
        let blank;
        let mut bytes = Vec::with_capacity(16 * 1024);
        bytes.extend_from_slice(FRAME_BEGIN);
        let shown = match &self.shown {
            Some(shown) if shown.area == next.area => shown,
            _ => {
                bytes.extend_from_slice(b"\x1b[0m\x1b[2J");
                blank = Buffer::empty(next.area);
                &blank
            }
        };
        let updates = shown.diff(&next);
        let first = self.shown.as_ref().is_none_or(|s| s.area != next.area);
        if updates.is_empty() && !first {
            return Ok(());
        }
        CrosstermBackend::new(&mut bytes).draw(updates.into_iter())?;
        bytes.extend_from_slice(FRAME_END);
        self.outlet.push(&bytes)?;
        self.shown = Some(next);
        Ok(())
    }

    /// Forgets what is shown: the next frame writes every cell.
    pub fn forget(&mut self) {
        self.shown = None;
    }

    /// Captures the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn capture_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        self.outlet.push(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Sounds the bell, if wanted, and, where `notice` is given, tells the desktop (OSC 9, which terminals that do not know it leave
    /// out).
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn alarm(&mut self, bell: bool, notice: Option<&str>) -> io::Result<()> {
        self.outlet.push(if bell { b"\x07" } else { b"" })?;
        let Some(notice) = notice else { return Ok(()) };
        self.outlet.push(format!("\x1b]9;{}\x1b\\", printable(notice)).as_bytes())
    }

    /// Puts `text` into the clipboard of whoever sits before the terminal (OSC 52), over ssh too.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut bytes = Vec::new();
        crossterm::execute!(bytes, crossterm::clipboard::CopyToClipboard::to_clipboard_from(text))?;
        self.outlet.push(&bytes)
    }

    /// Gives the terminal back for as long as `meanwhile` takes, then takes it again.
    ///
    /// # Errors
    /// What `meanwhile` says, or the terminal is gone.
    pub fn lend(&mut self, meanwhile: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        restore(&mut self.outlet);
        let result = meanwhile();
        self.enter()?;
        result
    }

    /// Takes it again after something else has had it (a shell that continues us).
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn retake(&mut self) -> io::Result<()> {
        self.enter()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore(&mut self.outlet);
    }
}

/// Gives the terminal back, once. Errors have nowhere to go: the terminal may be the very thing that is gone.
fn restore(outlet: &mut Outlet) {
    if TAKEN.swap(false, Ordering::SeqCst) {
        outlet.finish(LEAVE);
        disable_raw_mode().ok();
    }
}

/// On a panic of any thread: the terminal first, then the message, then the end. A program that goes on with a part
/// of it dead would show old data as if it were live.
fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        // The one in use may have stopped in the middle of an escape sequence.
        if let Ok(mut outlet) = Outlet::open() {
            outlet.push(&[CANCEL]).ok();
            restore(&mut outlet);
        }
        let text = format!("shtop has a bug and must stop: {panic}");
        let safe: Vec<_> = text.lines().map(printable).collect();
        writeln!(io::stderr(), "{}", safe.join("\n")).ok();
        std::process::exit(101);
    }));
}
