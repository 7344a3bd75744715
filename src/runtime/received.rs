//! Waiting for somebody who may not be there. Uses nothing of the crate.

use std::future::pending;

use tokio::sync::mpsc::Receiver;

/// What `receiver` gets next, `None` where its senders are gone; waits for ever where there is no receiver.
pub(super) async fn received<T>(receiver: Option<&mut Receiver<T>>) -> Option<T> {
    match receiver {
        Some(receiver) => receiver.recv().await,
        None => pending().await,
    }
}
