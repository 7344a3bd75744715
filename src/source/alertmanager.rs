//! Alertmanager as a source: its alerts with what mutes them, its silences, and writing silences. Speaks API v2, as
//! Alertmanager 0.22 and newer do. Uses `series` and, of the sources, `access`, `http` and `schedule`.
//!
//! [`AlertmanagerClient`] asks once; [`start`] keeps asking. [`SilenceDraft`] is a silence before it is written,
//! [`write_command`] the `amtool` command that would write it, [`AlertsByName`] finds the alerts of a Prometheus among
//! those of an Alertmanager.

mod alert;
mod amtool;
mod client;
mod draft;
mod found;
mod matcher;
mod pattern;
mod reading;
mod running;
mod silence;
mod wire;

pub use alert::{AlertState, AlertmanagerAlert, AlertsByName, is_same_alert};
pub use amtool::{expire_command, write_command};
pub use client::{AlertFilter, AlertmanagerClient, Kind};
pub use draft::{DraftFault, DraftMatcher, SilenceDraft};
pub use found::from_prometheus;
pub use matcher::SilenceMatcher;
pub use running::{AlertmanagerOptions, Busy, Command, Control, Event, Handle, StartError, start};
pub use silence::{Silence, SilenceState};
pub use wire::{MAX_ALERTS, MAX_SILENCES};

use std::sync::Arc;

use crate::series::Timestamp;

/// What the server has, where what is shown of it is not the same: for the server alone, so that it cannot be looked at
/// from elsewhere. The default: it is the same.
#[derive(Clone, PartialEq, Eq)]
pub struct Exact<T>(Option<Box<T>>);

impl<T> Exact<T> {
    fn new(exact: Option<T>) -> Self {
        Self(exact.map(Box::new))
    }

    fn or<'a>(&'a self, shown: &'a T) -> &'a T {
        self.0.as_deref().unwrap_or(shown)
    }
}

impl<T> Default for Exact<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// Only whether there is something.
impl<T> std::fmt::Debug for Exact<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "(differs)" } else { "(the same)" })
    }
}

/// A list that was cut where it grew too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// What was kept.
    pub items: Vec<T>,
    /// How many more there are.
    pub left_out: usize,
}

/// What Alertmanager has, as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The alerts of every state, at most [`MAX_ALERTS`], in the server's order.
    pub alerts: Listed<AlertmanagerAlert>,
    /// The silences, at most [`MAX_SILENCES`]: active, pending, expired, in each the one that ends next first, and of the
    /// expired the one that ended last. Expired ones are left out first.
    pub silences: Listed<Silence>,
    /// The server itself; `None` where it does not say (a proxy may forbid it). Up to a minute older than the rest.
    pub status: Option<Arc<ServerStatus>>,
    /// When it was read.
    pub at: Timestamp,
    /// Which one of a cluster it was read from: its URL without credentials.
    pub from: String,
    /// How far the server's clock is ahead of ours, ms, to about a second; `None` where it does not say.
    pub skew: Option<i64>,
}

/// How the server itself is. Every text is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerStatus {
    /// Its version, such as `0.27.0`; empty where it does not say.
    pub version: String,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// `ready`, `settling`, or `disabled` where it is alone.
    pub cluster: String,
    /// Its name in the cluster.
    pub name: String,
    /// The members of the cluster, itself among them.
    pub peers: Listed<Peer>,
    /// A hash of its configuration's text: another one means another configuration, the number means nothing.
    pub config: Option<u64>,
}

/// A member of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its name, a ULID.
    pub name: String,
    /// Its address for gossip, `host:port`.
    pub address: String,
}
