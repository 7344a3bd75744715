//! Where targets come from besides flags: target files, watched, and names, resolved again and again. Uses `series`.

use std::fs::Metadata;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::file_sd::{self, FileError};
use super::http::Unresolved;
use super::target::{DnsName, Target};
use crate::series::printable;

/// How often a target file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How often a name is resolved, while it resolves and while it does not.
const RESOLVE: Duration = Duration::from_secs(30);
const RESOLVE_AGAIN: Duration = Duration::from_secs(5);

/// How long a resolver may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one origin of targets has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct News {
    /// Which origin, as counted by whoever started it.
    pub(super) origin: usize,
    /// Its targets; `None` where those of before stay.
    pub(super) targets: Option<Vec<Target>>,
    /// What is wrong there.
    pub(super) trouble: Option<String>,
}

/// A target file and how it looked when it was last read.
#[derive(Debug)]
pub(super) struct Watched {
    path: PathBuf,
    /// The job of those that the file gives none.
    job: String,
    stamp: Option<Stamp>,
    /// Whether the last reading failed; then it is tried again although nothing seems to have changed.
    broken: bool,
}

/// What changes when a file does. The file system's own number tells a new file renamed over the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
    number: u64,
}

impl Stamp {
    fn of(path: &std::path::Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { modified: metadata.modified().ok(), len: metadata.len(), number: number(&metadata) })
    }
}

#[cfg(unix)]
fn number(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}

impl Watched {
    /// Reads the file for the first time.
    ///
    /// # Errors
    /// As [`file_sd::read`].
    pub(super) fn open(path: PathBuf, job: &str) -> Result<(Self, Vec<Target>), FileError> {
        // Before it is read: a change in between is then seen as one.
        let stamp = Stamp::of(&path);
        let targets = file_sd::read(&path, job)?;
        Ok((Self { path, job: job.to_owned(), stamp, broken: false }, targets))
    }

    /// What the file says, if it changed.
    fn look(&mut self) -> Option<Result<Vec<Target>, FileError>> {
        let stamp = Stamp::of(&self.path);
        if stamp == self.stamp && !self.broken {
            return None;
        }
        self.stamp = stamp;
        let read = file_sd::read(&self.path, &self.job);
        self.broken = read.is_err();
        Some(read)
    }
}

/// Watches a target file until cancelled. A version that cannot be used leaves the targets as they are.
pub(super) async fn watch(mut file: Watched, origin: usize, news: mpsc::Sender<News>, cancel: CancellationToken) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = None;
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let looked = tokio::task::spawn_blocking(move || {
            let found = file.look();
            (file, found)
        });
        let Ok((back, found)) = looked.await else { return };
        file = back;
        let item = match found {
            None => continue,
            Some(Ok(targets)) => News { origin, targets: Some(targets), trouble: None },
            Some(Err(e)) => {
                News { origin, targets: None, trouble: Some(format!("{e}\nThe targets it named before are kept.")) }
            }
        };
        if last.as_ref() != Some(&item) {
            last = Some(item.clone());
            if news.send(item).await.is_err() {
                return;
            }
        }
    }
}

/// The system's resolver, as [`resolve`] takes it.
pub(super) async fn lookup(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((host.as_str(), port)).await?.collect())
}

/// Resolves `name` with `lookup` until cancelled; every address is a target. Where it does not resolve, the addresses
/// of before stay.
pub(super) async fn resolve<L, F>(
    name: DnsName,
    origin: usize,
    lookup: L,
    news: mpsc::Sender<News>,
    cancel: CancellationToken,
) where
    L: Fn(String, u16) -> F,
    F: Future<Output = io::Result<Vec<SocketAddr>>>,
{
    let (mut last, mut kept) = (None, 0);
    loop {
        let found = tokio::select! {
            () = cancel.cancelled() => return,
            found = timeout(PATIENCE, lookup(name.host().to_owned(), name.port())) => found,
        };
        let found = found.unwrap_or_else(|_| Err(io::Error::other("no answer from the resolver within 10s")));
        let found =
            found.and_then(|found| if found.is_empty() { Err(io::Error::other("no addresses")) } else { Ok(found) });
        let item = match found {
            Ok(found) => {
                let mut addresses: Vec<_> = found.iter().map(SocketAddr::ip).collect();
                addresses.sort_unstable();
                addresses.dedup();
                kept = addresses.len();
                let targets = addresses.into_iter().filter_map(|ip| name.at(ip).ok()).collect();
                News { origin, targets: Some(targets), trouble: None }
            }
            Err(e) => {
                let kept = match kept {
                    0 => String::new(),
                    1 => "; its last address is kept".to_owned(),
                    n => format!("; its last {n} addresses are kept"),
                };
                let trouble = format!("--dns {name}: {}{kept}", Unresolved::new(name.host(), &e));
                News { origin, targets: None, trouble: Some(printable(&trouble).into_owned()) }
            }
        };
        let pause = if item.trouble.is_some() { RESOLVE_AGAIN } else { RESOLVE };
        if last.as_ref() != Some(&item) {
            last = Some(item.clone());
            if news.send(item).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = sleep(pause) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn shown(news: &News) -> Option<Vec<String>> {
        news.targets.as_ref().map(|targets| targets.iter().map(|t| t.instance().to_owned()).collect())
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_follows_its_addresses_and_keeps_them_while_it_does_not_resolve() {
        let name = DnsName::parse("agents:9090").expect("good");
        let calls = Cell::new(0);
        let answers: [&[&str]; 5] =
            [&[], &["10.0.0.2:1", "10.0.0.1:1", "10.0.0.2:1"], &[], &["10.0.0.3:1"], &["10.0.0.3:1"]];
        let lookup = |host: String, port| {
            assert_eq!((host.as_str(), port), ("agents", 9090));
            let answer = answers.get(calls.get()).copied().unwrap_or_default();
            calls.set(calls.get() + 1);
            async move {
                match answer {
                    [] => Err(io::Error::other("failed to lookup address information: Name or service not known")),
                    some => Ok(some.iter().map(|a| a.parse().expect("an address")).collect()),
                }
            }
        };
        let (news, mut heard) = mpsc::channel::<News>(8);
        let cancel = CancellationToken::new();
        let began = tokio::time::Instant::now();
        let check = async {
            let first = heard.recv().await.expect("news");
            assert_eq!(
                first.trouble.as_deref(),
                Some("--dns agents:9090: cannot resolve host agents: name or service not known")
            );
            let second = heard.recv().await.expect("news");
            assert_eq!(
                (shown(&second), second.trouble),
                (Some(vec!["10.0.0.1:9090".into(), "10.0.0.2:9090".into()]), None)
            );
            assert_eq!(began.elapsed().as_secs(), 5);
            let third = heard.recv().await.expect("news");
            assert_eq!(shown(&third), None);
            assert!(third.trouble.expect("a trouble").ends_with("; its last 2 addresses are kept"));
            assert_eq!(began.elapsed().as_secs(), 35);
            let fourth = heard.recv().await.expect("news");
            assert_eq!(shown(&fourth), Some(vec!["10.0.0.3:9090".into()]));
            assert_eq!(began.elapsed().as_secs(), 40);
            // The same addresses again are no news.
            let fifth = heard.recv().await.expect("news");
            assert_eq!((fifth.trouble.is_some(), began.elapsed().as_secs()), (true, 100));
            cancel.cancel();
        };
        tokio::join!(resolve(name, 3, lookup, news, cancel.clone()), check);
    }

    #[tokio::test]
    async fn localhost_resolves() {
        assert!(lookup("localhost".to_owned(), 80).await.expect("resolves").iter().all(|a| a.ip().is_loopback()));
    }

    #[test]
    fn a_file_is_read_again_only_when_it_changed() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("t.yml");
        std::fs::write(&path, "- targets: [a:1]\n").expect("written");
        let (mut file, targets) = Watched::open(path.clone(), "agents").expect("reads");
        assert_eq!(targets.len(), 1);
        assert!(file.look().is_none());

        // A rename over it, of the same length and age.
        let other = dir.path().join("new");
        std::fs::write(&other, "- targets: [b:1]\n").expect("written");
        let age = std::fs::metadata(&path).and_then(|m| m.modified()).expect("has one");
        std::fs::File::options().write(true).open(&other).and_then(|f| f.set_modified(age)).expect("set");
        std::fs::rename(&other, &path).expect("renamed");
        let again = file.look().expect("changed").expect("reads");
        assert_eq!((again[0].instance(), again[0].job()), ("b:1", "agents"));
        assert!(file.look().is_none());

        std::fs::write(&path, "- targets: [b:1\n").expect("written");
        assert!(matches!(file.look(), Some(Err(FileError::Syntax(_)))));
        assert!(file.look().is_some(), "a broken file is read again");
        std::fs::remove_file(&path).expect("removed");
        assert!(matches!(file.look(), Some(Err(FileError::Read { .. }))));
        std::fs::write(&path, "- targets: [c:1]\n").expect("written");
        assert_eq!(file.look().expect("changed").expect("reads")[0].instance(), "c:1");
        assert!(file.look().is_none());
    }
}
