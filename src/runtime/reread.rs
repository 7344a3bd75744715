//! Files that are read again when they change. Uses nothing of the crate.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often the files are looked at. Polling works on every file system, and for files that are replaced by renaming.
const LOOK: Duration = Duration::from_secs(1);

/// Files, and what they come to. `T` is whatever reading them gives; the error says in words what is wrong with them.
pub struct Reread<T> {
    files: Vec<PathBuf>,
    read: Arc<dyn Fn() -> Result<T, String> + Send + Sync>,
}

/// What tells one version of a file from another; `None` for a file that is not there, and for a pipe, which has none.
type Stamp = Option<(SystemTime, u64)>;

impl<T> Clone for Reread<T> {
    fn clone(&self) -> Self {
        Self { files: self.files.clone(), read: Arc::clone(&self.read) }
    }
}

impl<T: Send + 'static> Reread<T> {
    /// `read` runs beside everything else and may take its time.
    pub fn new(files: Vec<PathBuf>, read: impl Fn() -> Result<T, String> + Send + Sync + 'static) -> Self {
        Self { files, read: Arc::new(read) }
    }

    /// Reads the files now.
    ///
    /// # Errors
    /// In words, what is wrong with them.
    pub fn read(&self) -> Result<T, String> {
        (self.read)()
    }

    /// Reads the files again whenever one of them has changed and come to rest, until `cancel`; what comes of it can be
    /// received.
    pub fn start(self, cancel: &CancellationToken, tasks: &mut JoinSet<()>) -> mpsc::Receiver<Result<T, String>> {
        let (sender, receiver) = mpsc::channel(1);
        let cancel = cancel.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = self.run(sender) => {}
            }
        });
        receiver
    }

    async fn run(self, sender: mpsc::Sender<Result<T, String>>) {
        let files = Arc::new(self.files);
        let mut known = stamps(&files).await;
        let mut before = known.clone();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.tick().await;
        loop {
            looks.tick().await;
            let now = stamps(&files).await;
            // A file in the middle of being written changes between two looks.
            let is_at_rest = now == before;
            before.clone_from(&now);
            if now == known || !is_at_rest {
                continue;
            }
            known = now;
            let (read, files) = (Arc::clone(&self.read), Arc::clone(&files));
            // Who opens a pipe waits for its writer, and nothing after it would ever be read.
            let is_pipe = move || files.iter().any(|file| fs::metadata(file).is_ok_and(|f| f.file_type().is_fifo()));
            let read = move || if is_pipe() { Err("a pipe cannot be read again".to_owned()) } else { read() };
            let result = spawn_blocking(read).await.unwrap_or_else(|e| Err(format!("cannot be read: {e}")));
            if sender.send(result).await.is_err() {
                return;
            }
        }
    }
}

/// Looks at the files on a thread where waiting holds up nobody: a folder on a network may hang.
async fn stamps(files: &Arc<Vec<PathBuf>>) -> Vec<Stamp> {
    let files = Arc::clone(files);
    let look = move || files.iter().map(stamp).collect();
    spawn_blocking(look).await.unwrap_or_default()
}

fn stamp(file: &PathBuf) -> Stamp {
    let about = fs::metadata(file).ok().filter(|about| !about.file_type().is_fifo())?;
    Some((about.modified().ok()?, about.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(name: &str) -> (PathBuf, Reread<String>) {
        let file = std::env::temp_dir().join(format!("shtop-reread-{name}-{}", std::process::id()));
        fs::write(&file, "one").unwrap();
        let read = {
            let file = file.clone();
            move || fs::read_to_string(&file).map_err(|e| e.kind().to_string())
        };
        (file.clone(), Reread::new(vec![file], read))
    }

    #[tokio::test]
    async fn a_change_is_read_once_and_a_missing_file_is_told() {
        let (file, reread) = watched("change");
        let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let mut changes = reread.start(&cancel, &mut tasks);
        let soon = Duration::from_secs(20);
        // Long enough for the first look, so that what follows is a change.
        tokio::time::sleep(Duration::from_millis(200)).await;
        fs::write(&file, "two, which is longer").unwrap();
        let told = tokio::time::timeout(soon, changes.recv()).await.expect("within the deadline");
        assert_eq!(told, Some(Ok("two, which is longer".to_owned())));
        fs::remove_file(&file).unwrap();
        let told = tokio::time::timeout(soon, changes.recv()).await.expect("within the deadline");
        assert_eq!(told, Some(Err("entity not found".to_owned())));
        cancel.cancel();
        tasks.join_all().await;
        assert_eq!(changes.recv().await, None);
    }

    #[tokio::test]
    async fn a_pipe_in_the_place_of_a_file_holds_nothing_up() {
        let (file, reread) = watched("pipe");
        let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let mut changes = reread.start(&cancel, &mut tasks);
        let soon = Duration::from_secs(20);
        tokio::time::sleep(Duration::from_millis(200)).await;
        fs::remove_file(&file).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        let told = tokio::time::timeout(soon, changes.recv()).await.expect("within the deadline");
        assert_eq!(told, Some(Err("a pipe cannot be read again".to_owned())));
        fs::remove_file(&file).unwrap();
        fs::write(&file, "a file again").unwrap();
        let told = tokio::time::timeout(soon, changes.recv()).await.expect("within the deadline");
        assert_eq!(told, Some(Ok("a file again".to_owned())));
        cancel.cancel();
        fs::remove_file(&file).unwrap();
    }

    #[tokio::test]
    async fn what_does_not_change_is_not_read_again() {
        let (file, reread) = watched("rest");
        let (cancel, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let mut changes = reread.start(&cancel, &mut tasks);
        assert!(tokio::time::timeout(Duration::from_millis(2_500), changes.recv()).await.is_err());
        cancel.cancel();
        fs::remove_file(&file).unwrap();
    }
}
