//! What every source hands out: a way to tell it what to do, and what it tells. Uses what sources are made of.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::file_sd::FileError;
use super::http::HttpFault;
use super::inbox::Outlet;
use super::{Event, Plan};

/// How many events may wait for the screen.
pub(super) const EVENTS: usize = 256;

/// Shortest interval between two looks at one server, and shortest deadline.
const SHORTEST: Duration = Duration::from_millis(100);

/// Refuses what is too short to work with.
pub(super) fn check_times<const N: usize>(times: [(Duration, &'static str); N]) -> Result<(), SourceError> {
    match times.into_iter().find(|(time, _)| *time < SHORTEST) {
        Some((_, name)) => Err(SourceError::TooShort(name)),
        None => Ok(()),
    }
}

/// Why a source cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Neither targets nor a place to find them.
    #[error("there is nothing to scrape; give --target host:port, --targets FILE or --dns NAME:PORT")]
    Nothing,
    /// An interval too short, or a deadline of nothing.
    #[error("{0} is too short; give at least 100ms")]
    TooShort(&'static str),
    /// A target file that cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Http(#[from] HttpFault),
    /// The system gives no thread.
    #[error("no thread for the store: {0}")]
    Thread(#[from] std::io::Error),
}

/// A running source.
#[derive(Debug)]
pub struct Handle {
    /// Tells it what to do.
    pub control: Control,
    /// What it tells. When the receiver is dropped, the source ends.
    pub events: mpsc::Receiver<Event>,
}

/// Tells a source what to do; never waits.
#[derive(Clone)]
pub struct Control {
    plans: Arc<watch::Sender<Option<Arc<Plan>>>>,
    refresh: watch::Sender<u64>,
    /// Wakes a thread that cannot wait for a plan and for something else at the same time.
    outlet: Option<Outlet>,
}

impl Control {
    pub(super) fn new(
        plans: watch::Sender<Option<Arc<Plan>>>,
        refresh: watch::Sender<u64>,
        outlet: Option<Outlet>,
    ) -> Self {
        Self { plans: Arc::new(plans), refresh, outlet }
    }

    /// Watches `plan` from now on; one before it that is not yet answered is dropped.
    pub fn watch(&self, plan: Plan) {
        self.plans.send_replace(Some(Arc::new(plan)));
        if let Some(outlet) = &self.outlet {
            outlet.nudge();
        }
    }

    /// Scrapes every target or asks the server now, besides the schedule and whatever is waited for.
    pub fn refresh(&self) {
        self.refresh.send_modify(|asked| *asked = asked.wrapping_add(1));
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}
