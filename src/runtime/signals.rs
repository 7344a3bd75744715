//! Signals as values.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that the screen answers.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    hang_up: Signal,
    stop: Signal,
    resume: Signal,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caught {
    /// End, with this exit status: 128 and the signal's number, as shells report it.
    End(u8),
    /// The terminal is gone: end without touching it.
    HangUp,
    /// Suspend.
    Stop,
    /// Running again.
    Continue,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hang_up: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            resume: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// The next one. Safe to drop while waiting.
    pub(super) async fn next(&mut self) -> Caught {
        tokio::select! {
            _ = self.terminate.recv() => Caught::End(143),
            _ = self.interrupt.recv() => Caught::End(130),
            _ = self.quit.recv() => Caught::End(131),
            _ = self.hang_up.recv() => Caught::HangUp,
            _ = self.stop.recv() => Caught::Stop,
            _ = self.resume.recv() => Caught::Continue,
        }
    }
}

/// Waits for SIGINT, SIGTERM, SIGQUIT or SIGHUP; for commands without a screen. Returns the exit status.
///
/// # Errors
/// Where the signals cannot be caught.
pub async fn stopped() -> io::Result<u8> {
    let mut signals = Signals::listen()?;
    loop {
        match signals.next().await {
            Caught::End(status) => return Ok(status),
            Caught::HangUp => return Ok(129),
            Caught::Stop => stop_this_process()?,
            Caught::Continue => {}
        }
    }
}

/// Stops the whole job, as Ctrl-Z does; returns when it goes on.
pub(super) fn stop_job() -> io::Result<()> {
    Ok(rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?)
}

/// Stops this process alone; returns when it goes on.
pub(super) fn stop_this_process() -> io::Result<()> {
    Ok(rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?)
}
