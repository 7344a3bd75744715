//! The real binary in a real pseudo-terminal.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::environment;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long a screen may take to show what it must. Generous: this is a limit for a hang, not a measurement.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Screen {
    pub(crate) master: Box<dyn MasterPty + Send>,
    pub(crate) writer: Box<dyn Write + Send>,
    pub(crate) child: Box<dyn Child + Send + Sync>,
    pub(crate) parser: Arc<Mutex<vt100::Parser>>,
    pub(crate) raw: Arc<Mutex<Vec<u8>>>,
    /// Reads until the program is gone.
    reading: thread::JoinHandle<()>,
    _state: tempfile::TempDir,
}

impl Screen {
    pub(crate) fn open(arguments: &[&str], cols: u16, rows: u16) -> Self {
        Self::open_as(arguments, cols, rows, &[("TERM", "xterm-256color")])
    }

    pub(crate) fn open_as(arguments: &[&str], cols: u16, rows: u16, environment: &[(&str, &str)]) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })
            .expect("a pseudo-terminal can be opened");
        let mut command = command();
        // What one test leaves for the next start is none of another's.
        let state = tempfile::tempdir().expect("a folder");
        command.env("XDG_STATE_HOME", state.path());
        command.args(arguments);
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("shtop starts");
        drop(pair.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(rows, cols, 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let (feed, keep) = (Arc::clone(&parser), Arc::clone(&raw));
        let reading = thread::spawn(move || {
            let mut bytes = vec![0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                feed.lock().expect("not poisoned").process(&bytes[..n]);
                keep.lock().expect("not poisoned").extend_from_slice(&bytes[..n]);
            }
        });
        let writer = pair.master.take_writer().expect("the terminal can be written");
        Self { master: pair.master, writer, child, parser, raw, reading, _state: state }
    }

    pub(crate) fn text(&self) -> String {
        self.parser.lock().expect("not poisoned").screen().contents()
    }

    /// Waits until the screen satisfies `is`; fails with the screen as it is.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let text = self.text();
            if is(&text) {
                return text;
            }
            assert!(start.elapsed() < PATIENCE, "the screen never showed {what}:\n{text}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.writer.flush().expect("the terminal takes keys");
    }

    pub(crate) fn resize(&self, cols: u16, rows: u16) {
        self.parser.lock().expect("not poisoned").screen_mut().set_size(rows, cols);
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).expect("it can be resized");
    }

    pub(crate) fn pid(&self) -> rustix::process::Pid {
        let id = self.child.process_id().expect("it runs");
        rustix::process::Pid::from_raw(i32::try_from(id).expect("a pid fits")).expect("not zero")
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.pid(), signal).expect("the signal is sent");
    }

    /// Waits for the end; gives the exit status.
    #[track_caller]
    pub(crate) fn end(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for")
                // What it wrote last may still be on its way.
                && self.reading.is_finished()
            {
                return status.exit_code();
            }
            assert!(start.elapsed() < PATIENCE, "shtop does not end:\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Everything that was switched on is off again, in the terminal and in its line discipline; soon, where the program
    /// goes on.
    #[track_caller]
    pub(crate) fn assert_restored(&self) {
        let start = Instant::now();
        while let Err(left) = self.restored() {
            assert!(start.elapsed() < PATIENCE, "left {left}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What is not as it was.
    fn restored(&self) -> Result<(), &'static str> {
        let parser = self.parser.lock().expect("not poisoned");
        let screen = parser.screen();
        let is_raw = self.master.get_termios().is_some_and(|modes| {
            use nix_flags::{ECHO, ICANON};
            modes.local_flags.bits() & (ECHO | ICANON) != ECHO | ICANON
        });
        match () {
            () if screen.alternate_screen() => Err("in the alternate screen"),
            () if screen.hide_cursor() => Err("without a cursor"),
            () if screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None => Err("with mouse reports on"),
            () if screen.bracketed_paste() => Err("with pastes in brackets"),
            () if is_raw => Err("in raw mode"),
            () => Ok(()),
        }
    }
}

/// The program without its arguments, in the environment that all tests give it.
pub(crate) fn command() -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_shtop"));
    command.env_clear();
    for (name, value) in environment() {
        command.env(name, value);
    }
    command
}

/// The two bits of the line discipline that raw mode takes away.
mod nix_flags {
    pub(super) const ECHO: u32 = 0o10;
    pub(super) const ICANON: u32 = 0o2;
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
