//! The way to the thread that owns the store: bounded, awaited by senders, received with a deadline by a plain thread.
//!
//! tokio's channels cannot be received from with a deadline outside a runtime, and std's cannot be awaited on; so a std
//! channel carries the messages and a semaphore with as many permits as it has places is what senders wait for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::fetch::{Body, ScrapeFault};
use super::target::Target;
use crate::series::Timestamp;

/// How many messages may wait for the owner.
const PLACES: usize = 64;

/// Names a target from when it appears in the list until it leaves it; never used again.
pub(super) type TargetId = u32;

/// What the owner is told.
#[derive(Debug)]
pub(super) enum Message {
    /// A scrape ended.
    Scraped {
        target: TargetId,
        /// When it began.
        at: Timestamp,
        took_ms: f64,
        outcome: Result<Body, ScrapeFault>,
    },
    /// The target list is now this one.
    Roster(Roster),
}

/// The target list.
#[derive(Debug, Clone, Default)]
pub(super) struct Roster {
    pub(super) targets: Vec<(TargetId, Target)>,
    pub(super) troubles: Vec<String>,
    pub(super) remarks: Vec<String>,
}

enum Parcel {
    Message(Message, OwnedSemaphorePermit),
    Nudge,
}

/// The senders' end.
#[derive(Clone)]
pub(super) struct Outlet {
    sender: SyncSender<Parcel>,
    places: Arc<Semaphore>,
    nudged: Arc<AtomicBool>,
}

/// The owner's end.
pub(super) struct Inbox {
    receiver: Receiver<Parcel>,
    nudged: Arc<AtomicBool>,
}

/// What the owner found.
#[derive(Debug)]
pub(super) enum Found {
    Message(Message),
    /// Nothing to read, but a reason to look around: a new plan, or the end.
    Nudge,
    /// Nothing until the deadline.
    Nothing,
    /// Nobody is left who could send.
    Closed,
}

pub(super) fn channel() -> (Outlet, Inbox) {
    // One place more than permits: for the one nudge that there can be.
    let (sender, receiver) = sync_channel(PLACES + 1);
    let nudged = Arc::new(AtomicBool::new(false));
    let outlet = Outlet { sender, places: Arc::new(Semaphore::new(PLACES)), nudged: Arc::clone(&nudged) };
    (outlet, Inbox { receiver, nudged })
}

impl Outlet {
    /// Sends once there is a place; does nothing once the owner has ended.
    pub(super) async fn send(&self, message: Message) {
        if let Ok(place) = Arc::clone(&self.places).acquire_owned().await {
            self.sender.try_send(Parcel::Message(message, place)).ok();
        }
    }

    /// Makes the owner look around; never waits.
    pub(super) fn nudge(&self) {
        if !self.nudged.swap(true, Ordering::AcqRel) {
            self.sender.try_send(Parcel::Nudge).ok();
        }
    }
}

impl Inbox {
    /// The next message, waiting for it at most `patience`; without a `patience` as long as it takes.
    pub(super) fn next(&self, patience: Option<Duration>) -> Found {
        let found = match patience {
            None => self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(Duration::ZERO) => self.receiver.try_recv().map_err(|e| match e {
                TryRecvError::Empty => RecvTimeoutError::Timeout,
                TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            }),
            Some(patience) => self.receiver.recv_timeout(patience),
        };
        match found {
            Ok(Parcel::Message(message, _place)) => Found::Message(message),
            Ok(Parcel::Nudge) => {
                self.nudged.store(false, Ordering::Release);
                Found::Nudge
            }
            Err(RecvTimeoutError::Timeout) => Found::Nothing,
            Err(RecvTimeoutError::Disconnected) => Found::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scraped(at: Timestamp) -> Message {
        Message::Scraped { target: 0, at, took_ms: 1.0, outcome: Err(ScrapeFault::Refused) }
    }

    #[tokio::test]
    async fn senders_wait_for_a_place_and_nudges_never_take_one() {
        let (outlet, inbox) = channel();
        for at in 0..PLACES {
            outlet.nudge();
            outlet.send(scraped(at as i64)).await;
        }
        let mut waiting = Box::pin(outlet.send(scraped(-1)));
        assert!(futures_util::poll!(&mut waiting).is_pending(), "there is no place left");
        assert!(matches!(inbox.next(None), Found::Nudge));
        assert!(futures_util::poll!(&mut waiting).is_pending(), "a nudge holds no place");
        assert!(matches!(inbox.next(None), Found::Message(Message::Scraped { at: 0, .. })));
        waiting.await;
        outlet.nudge();
        let mut messages = 0;
        while let Found::Message(_) | Found::Nudge = inbox.next(Some(Duration::ZERO)) {
            messages += 1;
        }
        assert_eq!(messages, PLACES + 1);
        drop(outlet);
        assert!(matches!(inbox.next(None), Found::Closed));
    }
}
