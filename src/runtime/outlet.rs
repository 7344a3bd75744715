//! The way out to the terminal: hands over what it takes at once and keeps the rest, so that a terminal that is slow or
//! has stopped reading holds up neither keys nor signals.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::termios::{QueueSelector, tcflush, ttyname};

/// The first pause before the terminal is tried again, doubled up to the longest.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(20);
/// How many of the longest pauses the last words wait for what is before them: a third of a second.
const PATIENCE: u32 = 16;
/// Ends an escape sequence that was cut in the middle.
pub(super) const CANCEL: u8 = 0x18;

/// What is on its way to the terminal.
#[derive(Debug)]
pub(super) struct Outlet {
    terminal: File,
    bytes: Vec<u8>,
    taken: usize,
}

impl Outlet {
    /// Opens the terminal of standard output a second time: that it does not wait is then between the system and us, and
    /// no surprise for the shell, with which standard output is shared.
    pub(super) fn open() -> io::Result<Self> {
        let stdout = rustix::stdio::stdout();
        let again = |path: &Path| {
            let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
            OpenOptions::new().write(true).custom_flags(flags.bits() as i32).open(path)
        };
        let named = ttyname(stdout, Vec::new()).map_err(io::Error::from);
        let terminal = named
            .and_then(|name| again(Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()))))
            .or_else(|_| again(Path::new("/dev/tty")))
            // A terminal that this process cannot open, as in some containers: as it is, waiting included.
            .or_else(|_| rustix::io::dup(stdout).map(File::from).map_err(io::Error::from))?;
        Ok(Self { terminal, bytes: Vec::new(), taken: 0 })
    }

    /// Whether the terminal has taken everything.
    pub(super) const fn is_clear(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Hands over `bytes` after what is still on its way, as much as the terminal takes now.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        self.advance()
    }

    /// Waits until the terminal has taken everything. Safe to drop while waiting.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) async fn clear(&mut self) -> io::Result<()> {
        let mut pause = SHORTEST;
        while !self.is_clear() {
            tokio::time::sleep(pause).await;
            pause = LONGEST.min(pause * 2);
            self.advance()?;
        }
        Ok(())
    }

    /// Hands over the last words. Where the terminal does not take in time what is before them, that is thrown away.
    pub(super) fn finish(&mut self, words: &[u8]) {
        if !self.drain() {
            self.discard();
        }
        self.bytes.extend_from_slice(words);
        if !self.drain() {
            self.discard();
            self.bytes.extend_from_slice(words);
            self.drain();
        }
    }

    fn advance(&mut self) -> io::Result<()> {
        while self.taken < self.bytes.len() {
            match self.terminal.write(&self.bytes[self.taken..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => self.taken += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) => return Err(e),
            }
        }
        self.bytes.clear();
        self.taken = 0;
        Ok(())
    }

    /// Gives the terminal a moment; whether nothing is left, be it because the terminal is gone.
    fn drain(&mut self) -> bool {
        for _ in 0..PATIENCE {
            if self.advance().is_err() || self.is_clear() {
                return true;
            }
            thread::sleep(LONGEST);
        }
        false
    }

    /// Throws away what the terminal has not taken, here and in the system.
    fn discard(&mut self) {
        // Where this fails, the words after it fail too, and there is nobody left to tell.
        tcflush(&self.terminal, QueueSelector::OFlush).ok();
        self.taken = 0;
        self.bytes.clear();
        self.bytes.push(CANCEL);
    }
}
