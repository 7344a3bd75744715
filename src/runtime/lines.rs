//! Files of a JSON value a line, which several programs may add to. Uses nothing of the crate.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// How much of a file's end is read.
const READ: u64 = 1 << 20;

/// What was read of a file.
#[derive(Debug)]
pub(super) struct End<T> {
    /// The values at its end. Lines that are none are passed over: a run may have ended in the middle of one.
    pub(super) values: Vec<T>,
    /// Whether that is all of the file.
    pub(super) whole: bool,
    /// Whether its last line has no end.
    pub(super) torn: bool,
}

/// Opens a file to add to it, or makes it, readable by its owner only.
pub(super) fn appending(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().create(true).append(true).read(true)).open(path)
}

/// Makes a file with these values alone, readable by its owner only, and puts it in the place of the one at `path` at once.
pub(super) fn replace<T: Serialize>(path: &Path, values: &[T]) -> io::Result<()> {
    let aside = beside(path, &format!(".{}", std::process::id()));
    let mut text = Vec::new();
    for value in values {
        text.extend(line(value)?);
    }
    private(OpenOptions::new().create(true).write(true).truncate(true)).open(&aside)?.write_all(&text)?;
    std::fs::rename(&aside, path)
}

/// The path with `end` behind its name.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(end);
    PathBuf::from(name)
}

/// Reads the end of a file.
pub(super) fn end_of<T: DeserializeOwned>(file: &mut File) -> io::Result<End<T>> {
    let before = file.metadata()?.len().saturating_sub(READ);
    file.seek(SeekFrom::Start(before))?;
    let mut bytes = Vec::new();
    file.take(READ).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let values = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    Ok(End { values, whole: before == 0, torn: bytes.last().is_some_and(|b| *b != b'\n') })
}

/// Adds a value, in one write, so that two programs do not mix their lines.
pub(super) fn add<T: Serialize + ?Sized>(file: &mut File, value: &T) -> io::Result<()> {
    file.write_all(&line(value)?)
}

fn line<T: Serialize + ?Sized>(value: &T) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}
