//! Silences as Alertmanager has them. Uses `series`.

use std::fmt;

use super::Exact;
use super::matcher::SilenceMatcher;
use crate::series::Timestamp;

/// A silence as Alertmanager has it. Every text is safe to show.
#[derive(Debug, Clone, PartialEq)]
pub struct Silence {
    /// Its id, a UUID.
    pub id: String,
    /// It mutes the alerts that satisfy all of these.
    pub matchers: Vec<SilenceMatcher>,
    /// From when on it mutes.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// Whether it mutes now.
    pub state: SilenceState,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The author as the server has it.
    pub exact_author: Exact<String>,
    /// The comment as the server has it: it may be several lines.
    pub exact_comment: Exact<String>,
}

/// Whether a silence mutes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SilenceState {
    /// It does; also whatever state a newer Alertmanager may have that is not known here.
    Active,
    /// It will.
    Pending,
    /// It did: its time is over, or it was expired by hand. Alertmanager forgets it after some days.
    Expired,
}

/// Alertmanager's word for it.
impl fmt::Display for SilenceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Expired => "expired",
        })
    }
}
