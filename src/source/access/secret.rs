//! Where passwords and tokens come from: each is had when it is first needed and kept until there is reason to ask again.
//! Uses `access`.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use rustc_hash::FxHashMap;
use tokio::time::Instant;

use super::Secret;

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A command is not run again sooner than this, however often its secret is refused.
const APART: Duration = Duration::from_secs(5);

/// Longest secret, in bytes.
const LONGEST: usize = 64 << 10;

/// Why a secret cannot be had. Says where it comes from, never what it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret {from}: {reason}")]
pub(crate) struct SecretFault {
    from: String,
    reason: String,
}

impl SecretFault {
    fn of(secret: &Secret, reason: String) -> Self {
        Self { from: secret.to_string(), reason }
    }
}

/// A secret's value.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Value {
    text: Arc<str>,
    /// Which run of its command printed it.
    run: u64,
}

impl Value {
    /// For the header or URL it goes into, and nothing else.
    pub(crate) fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// The secrets that were had so far.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    cells: Mutex<FxHashMap<Secret, Arc<Cell>>>,
}

/// What is known of one secret.
#[derive(Debug, Default)]
struct Cell {
    /// Held while the secret is asked for, so that many requests ask once.
    asking: Arc<tokio::sync::Mutex<()>>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    value: Option<Value>,
    /// The file as it was when it was read.
    stamp: Option<Stamp>,
    /// When a command was last run.
    ran: Option<Instant>,
    runs: u64,
}

/// A file's length and time of change: another one means that it is to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    /// # Errors
    /// There is no such file, or nobody may look.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self { length: metadata.len(), changed: metadata.modified().ok() })
    }
}

impl Secrets {
    /// The value of `secret`. A command goes on when this is dropped, and its value is there the next time.
    ///
    /// # Errors
    /// Where it comes from and why it is not to be had from there.
    pub(crate) async fn value(&self, secret: &Secret) -> Result<Value, SecretFault> {
        let value = match secret {
            Secret::Plain(text) => Ok(text.clone()),
            Secret::Environment(name) => match std::env::var(name) {
                Ok(text) => first_line(&text).map(str::to_owned).ok_or_else(|| "the variable is empty".to_owned()),
                Err(_) => Err("the variable is not set".to_owned()),
            },
            Secret::File(path) => {
                let path = path.clone();
                return self.asked(secret, move |cell| cell.read(&path)).await;
            }
            Secret::Command(command) => {
                let command = command.clone();
                return self.asked(secret, move |cell| cell.run(&command)).await;
            }
        };
        value.map(|text| Value { text: Arc::from(text), run: 0 }).map_err(|reason| SecretFault::of(secret, reason))
    }

    /// Has `ask` look in a thread that may wait, one at a time.
    async fn asked(
        &self,
        secret: &Secret,
        ask: impl FnOnce(&Cell) -> Result<Value, String> + Send + 'static,
    ) -> Result<Value, SecretFault> {
        let cell = Arc::clone(lock(&self.cells).entry(secret.clone()).or_default());
        let asking = Arc::clone(&cell.asking).lock_owned().await;
        let asked = tokio::task::spawn_blocking(move || {
            let result = ask(&cell);
            drop(asking);
            result
        });
        asked.await.map_err(|e| e.to_string()).and_then(|r| r).map_err(|reason| SecretFault::of(secret, reason))
    }

    /// The server does not believe `value`: whether another one may be had by asking again.
    pub(crate) fn refused(&self, secret: &Secret, value: &Value) -> bool {
        let Secret::Command(_) = secret else { return false };
        let Some(cell) = lock(&self.cells).get(secret).map(Arc::clone) else { return false };
        let mut kept = lock(&cell.kept);
        // Many requests are refused at the same time; the first of them has it asked for anew.
        let Some(current) = kept.value.as_ref() else { return true };
        if current.run != value.run {
            return true;
        }
        let again = kept.ran.is_none_or(|ran| ran.elapsed() >= APART);
        if again {
            kept.value = None;
        }
        again
    }
}

impl Cell {
    /// What the file says, if it has changed since it was last read.
    fn read(&self, path: &Path) -> Result<Value, String> {
        let stamp = Stamp::of(path).map_err(|e| cannot("looked at", &e))?;
        let mut kept = lock(&self.kept);
        if let (Some(value), true) = (&kept.value, kept.stamp == Some(stamp)) {
            return Ok(value.clone());
        }
        let mut text = String::new();
        let file = File::open(path).map_err(|e| cannot("opened", &e))?;
        file.take(LONGEST as u64).read_to_string(&mut text).map_err(|e| cannot("read", &e))?;
        let value = Value { text: Arc::from(first_line(&text).ok_or("its first line is empty")?), run: 0 };
        (kept.value, kept.stamp) = (Some(value.clone()), Some(stamp));
        Ok(value)
    }

    /// What the command printed when it was last run, or prints now.
    fn run(&self, command: &str) -> Result<Value, String> {
        if let Some(value) = &lock(&self.kept).value {
            return Ok(value.clone());
        }
        let printed = run(command, PATIENCE);
        let mut kept = lock(&self.kept);
        kept.ran = Some(Instant::now());
        kept.runs += 1;
        let value = Value { text: Arc::from(printed?), run: kept.runs };
        kept.value = Some(value.clone());
        Ok(value)
    }
}

/// The first line that `command` prints. Nobody can answer its questions: the terminal is not its own.
fn run(command: &str, patience: Duration) -> Result<String, String> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    let mut child = shell.spawn().map_err(|e| cannot("run", &e))?;
    let Some(output) = child.stdout.take() else { return Err("it cannot be listened to".to_owned()) };
    let (said, heard) = sync_channel(1);
    thread::Builder::new()
        .name("secret".to_owned())
        .spawn(move || {
            let mut text = Vec::new();
            let read = output.take(LONGEST as u64).read_to_end(&mut text);
            // Nobody listens any more once it has taken too long.
            said.send(read.map(|_| text)).ok();
        })
        .map_err(|e| cannot("listened to", &e))?;
    let heard = heard.recv_timeout(patience);
    if heard.is_err() {
        #[cfg(unix)]
        if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
        }
        child.kill().ok();
    }
    let status = child.wait().map_err(|e| cannot("waited for", &e))?;
    let text = heard.map_err(|_| format!("it did not end within {}s", patience.as_secs()))?;
    if !status.success() {
        return Err(format!("it failed ({status}); run it in a shell to see why"));
    }
    let text = String::from_utf8(text.map_err(|e| cannot("read", &e))?).map_err(|_| "it printed no text")?;
    first_line(&text).map(str::to_owned).ok_or_else(|| "its first line is empty".to_owned())
}

fn cannot(what: &str, error: &io::Error) -> String {
    format!("it cannot be {what}: {}", error.to_string().split(" (os error").next().unwrap_or_default())
}

/// The first line, if there is anything in it.
fn first_line(text: &str) -> Option<&str> {
    text.lines().next().map(str::trim_end).filter(|line| !line.is_empty())
}

/// What a panicking thread left behind is as good as any: nothing is written in steps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn text(secrets: &Secrets, secret: &Secret) -> String {
        secrets.value(secret).await.map_or_else(|e| e.to_string(), |v| v.reveal().to_owned())
    }

    #[tokio::test]
    async fn a_file_is_read_again_when_it_changes() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("token");
        let (secrets, secret) = (Secrets::default(), Secret::File(path.clone()));
        assert_eq!(
            text(&secrets, &secret).await,
            format!("the secret (from file {}): it cannot be looked at: No such file or directory", path.display())
        );
        fs::write(&path, "one \r\nsecond line\n").expect("written");
        assert_eq!(text(&secrets, &secret).await, "one");
        fs::write(&path, "three\n").expect("written");
        assert_eq!(text(&secrets, &secret).await, "three");
        fs::write(&path, "\n").expect("written");
        assert!(text(&secrets, &secret).await.ends_with("its first line is empty"));
    }

    #[tokio::test]
    async fn a_command_runs_once_however_many_ask_and_again_when_its_answer_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let log = dir.path().join("runs");
        let command = format!("echo x >> {0}; wc -l < {0} | tr -d ' '; echo more", log.display());
        let (secrets, secret) = (Secrets::default(), Secret::Command(command));
        let all = futures_util::future::join_all((0..8).map(|_| text(&secrets, &secret))).await;
        assert_eq!(all, ["1"; 8]);
        let value = secrets.value(&secret).await.expect("there");
        assert!(!secrets.refused(&secret, &value), "it was run a moment ago");
        lock(&secrets.cells)[&secret].kept.lock().expect("whole").ran = Instant::now().checked_sub(APART);
        assert!(secrets.refused(&secret, &value));
        assert_eq!(text(&secrets, &secret).await, "2");
        assert!(secrets.refused(&secret, &value), "another value is there already");
        assert_eq!(text(&secrets, &secret).await, "2");
    }

    #[test]
    fn a_command_that_hangs_fails_or_says_nothing_is_told_apart() {
        assert_eq!(run("echo a; echo b", PATIENCE), Ok("a".to_owned()));
        assert_eq!(run("sleep 60 | cat", Duration::from_millis(50)), Err("it did not end within 0s".to_owned()));
        assert_eq!(
            run("echo hunter2; exit 3", PATIENCE),
            Err("it failed (exit status: 3); run it in a shell to see why".to_owned())
        );
        assert_eq!(run("true", PATIENCE), Err("its first line is empty".to_owned()));
    }

    #[tokio::test]
    async fn no_error_and_no_debug_text_holds_the_secret() {
        let secrets = Secrets::default();
        let value = secrets.value(&Secret::Plain("hunter2".to_owned())).await.expect("there");
        assert_eq!(format!("{value:?}"), "(hidden)");
        let missing = Secret::Environment("SHTOP_TEST_NOT_SET".to_owned());
        assert_eq!(text(&secrets, &missing).await, "the secret (from $SHTOP_TEST_NOT_SET): the variable is not set");
    }
}
