//! Everything impure: the clock, the terminal, the tasks and the event loop. May use everything.

mod clock;
mod event_loop;
mod feed;
mod journal;
mod keepsake;
mod lines;
mod outlet;
mod queries;
mod received;
mod reread;
mod signals;
mod terminal;

pub use clock::{system_clock, time_zone};
pub use event_loop::{Desk, Exit, Look, run};
pub use feed::{Feed, Finder, Opener, Opening, Silencer, SourceOptions};
pub use journal::Journal;
pub use queries::Queries;
pub use reread::Reread;
pub use signals::stopped;
pub use terminal::{Terminal, TerminalError};
