//! One reading of a cluster: whichever member answers first. And one write, which goes to one member. Uses the client.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep};

use super::client::{AlertFilter, AlertmanagerClient};
use super::draft::SilenceDraft;
use super::{AlertmanagerAlert, Listed, ServerStatus, Silence};
use crate::series::Timestamp;
use crate::source::http::HttpFault;

/// What a member said.
pub(super) struct Reading {
    pub(super) member: usize,
    pub(super) alerts: Listed<AlertmanagerAlert>,
    pub(super) silences: Listed<Silence>,
    /// `None` where it was not asked for or not told.
    pub(super) status: Option<ServerStatus>,
    /// What time the server had, and when that was told.
    pub(super) date: Option<(Timestamp, Instant)>,
}

/// Why nobody answered: one fault a member, in the order in which they failed.
pub(super) type Faults = Vec<(usize, HttpFault)>;

/// The members of a cluster.
pub(super) type Members = Arc<[AlertmanagerClient]>;

/// Asks member `first`, then, when it fails or has not answered after `turn`, the next one too, and so on; the first
/// answer counts. The server's status is asked for of `first` where `status` says so, and of the others always.
pub(super) async fn read(members: Members, first: usize, status: bool, turn: Duration) -> Result<Reading, Faults> {
    let mut waiting = (0..members.len()).map(|i| (first + i) % members.len());
    let mut asked = FuturesUnordered::new();
    let mut faults = Faults::new();
    loop {
        if asked.is_empty() {
            match waiting.next() {
                Some(member) => asked.push(read_one(&members[member], member, status || member != first)),
                None => return Err(faults),
            }
        }
        tokio::select! {
            Some((member, outcome)) = asked.next() => match outcome {
                Ok(reading) => return Ok(reading),
                Err(fault) => faults.push((member, fault)),
            },
            () = sleep(turn), if waiting.len() > 0 => {
                asked.extend(waiting.next().map(|m| read_one(&members[m], m, status || m != first)));
            }
        }
    }
}

async fn read_one(client: &AlertmanagerClient, member: usize, status: bool) -> (usize, Result<Reading, HttpFault>) {
    let told = async { if status { Ok(client.status().await.ok()) } else { Ok(None) } };
    let alerts = async {
        let (alerts, date) = client.dated_alerts(&AlertFilter::default()).await?;
        Ok((alerts, date.map(|date| (date, Instant::now()))))
    };
    let outcome = tokio::try_join!(alerts, client.silences(&[]), told);
    (member, outcome.map(|((alerts, date), silences, status)| Reading { member, alerts, silences, status, date }))
}

/// What is to be written.
pub(super) enum Write {
    Silence(Box<SilenceDraft>),
    Expire(String),
}

/// What became of a write: who was asked last, and the silence's id or what to say.
pub(super) struct Written {
    pub(super) member: usize,
    pub(super) outcome: Result<String, String>,
}

/// Hands `write` to member `first`, to the next one only where it certainly did not get it.
pub(super) async fn write(members: Members, first: usize, write: &Write) -> Written {
    let mut failed = Vec::new();
    for member in (0..members.len()).map(|i| (first + i) % members.len()) {
        let client = &members[member];
        let outcome = match write {
            Write::Silence(draft) => client.write(draft).await,
            Write::Expire(id) => client.expire(id).await.map(|()| id.clone()),
        };
        let fault = match outcome {
            Ok(id) => return Written { member, outcome: Ok(id) },
            Err(fault) => fault,
        };
        let done = match write {
            Write::Silence(_) => "written",
            Write::Expire(_) => "expired",
        };
        let at = authority(client);
        let words = match reach(&fault) {
            Reach::Unreached => {
                failed.push(format!("{at}: {fault}"));
                continue;
            }
            Reach::Answered => format!("the silence was not {done}: {at}: {fault}"),
            Reach::Unknown => format!("the silence may or may not be {done}, see the list: {at}: {fault}"),
        };
        return Written { member, outcome: Err(words) };
    }
    Written { member: first, outcome: Err(format!("nothing was changed: {}", failed.join("; "))) }
}

/// The host and port of a member, by which people tell them apart.
pub(super) fn authority(client: &AlertmanagerClient) -> String {
    let host = client.url().host_str().unwrap_or_default();
    client.url().port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// How far a write got.
enum Reach {
    /// It certainly was not sent.
    Unreached,
    /// The server said no.
    Answered,
    /// It was sent, and what became of it is not known.
    Unknown,
}

fn reach(fault: &HttpFault) -> Reach {
    use HttpFault as F;
    match fault {
        F::NotResolved(_)
        | F::Refused
        | F::Unreachable(_)
        | F::NoConnection(_)
        | F::NoAuthorities
        | F::Tls(_)
        | F::Proxy(_)
        | F::Secret(_) => Reach::Unreached,
        // What a proxy says of a server that does not answer it.
        F::Status { code: 502 | 504, .. } => Reach::Unknown,
        F::Status { .. } | F::Denied { .. } | F::Redirect { .. } | F::Page(_) => Reach::Answered,
        _ => Reach::Unknown,
    }
}
