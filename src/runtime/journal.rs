//! The incident log's file: one JSON object a line, only ever added to.

use std::fs::{File, create_dir_all, rename};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::lines::{self, appending};
use crate::app::Entry;

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
        let end = lines::end_of(&mut file)?;
        if end.torn {
            file.write_all(b"\n")?;
        }
        let entries = end.values;
        Ok((Self { path: path.to_owned(), file }, entries))
    }

    /// Adds an entry, in one write, so that two programs do not mix their lines.
    ///
    /// # Errors
    /// The file cannot be written to.
    pub fn add(&mut self, entry: &Entry) -> io::Result<()> {
        if self.file.metadata()?.len() > FULL {
            rename(&self.path, lines::beside(&self.path, ".1"))?;
            self.file = appending(&self.path)?;
        }
        lines::add(&mut self.file, entry)
    }
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
