//! The incident log's file: one JSON object a line, only ever added to.

use std::fs::{File, OpenOptions, create_dir_all, rename};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::app::Entry;

/// How much of the file's end is read at the start.
const READ: u64 = 1 << 20;

/// The size at which the file is put aside as `NAME.1` and a new one begun.
const FULL: u64 = 8 << 20;

/// The file, open for adding.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens or makes the file, with the folders above it, readable by its owner only; gives the entries at its end. Lines
    /// that are no entries are passed over: a run may have ended in the middle of one.
    ///
    /// # Errors
    /// The folder or file cannot be made, read or written to.
    pub fn open(path: &Path) -> io::Result<(Self, Vec<Entry>)> {
        if let Some(folder) = path.parent() {
            create_dir_all(folder)?;
        }
        let mut file = appending(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(READ)))?;
        let mut bytes = Vec::new();
        (&mut file).take(READ).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let entries = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if bytes.last().is_some_and(|b| *b != b'\n') {
            file.write_all(b"\n")?;
        }
        Ok((Self { path: path.to_owned(), file }, entries))
    }

    /// Adds an entry, in one write, so that two programs do not mix their lines.
    ///
    /// # Errors
    /// The file cannot be written to.
    pub fn add(&mut self, entry: &Entry) -> io::Result<()> {
        if self.file.metadata()?.len() > FULL {
            let mut aside = self.path.clone().into_os_string();
            aside.push(".1");
            rename(&self.path, aside)?;
            self.file = appending(&self.path)?;
        }
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

fn appending(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::What;

    fn note(at: i64, text: &str) -> Entry {
        Entry { at, what: What::Note { text: text.to_owned() } }
    }

    #[test]
    fn what_was_added_is_there_at_the_next_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/shtop/prod.jsonl");
        let (mut journal, before) = Journal::open(&path).expect("opens");
        assert!(before.is_empty());
        journal.add(&note(1, "one")).expect("writes");
        journal.add(&note(2, "two\nlines")).expect("writes");
        let (_, after) = Journal::open(&path).expect("opens again");
        assert_eq!(after, [note(1, "one"), note(2, "two\nlines")]);
    }

    #[test]
    fn a_line_that_was_cut_costs_only_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.jsonl");
        let whole = serde_json::to_string(&note(1, "one")).expect("serialises");
        std::fs::write(&path, format!("{whole}\nnot json\n{{\"at\":2,\"wh")).expect("writes");
        let (mut journal, entries) = Journal::open(&path).expect("opens");
        assert_eq!(entries, [note(1, "one")]);
        journal.add(&note(3, "three")).expect("writes");
        let (_, entries) = Journal::open(&path).expect("opens");
        assert_eq!(entries, [note(1, "one"), note(3, "three")]);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.jsonl");
        Journal::open(&path).expect("opens");
        let mode = std::fs::metadata(&path).expect("is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}
