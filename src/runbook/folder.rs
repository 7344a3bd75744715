//! An organisation's own runbooks, from a folder. Uses `series` of the crate.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::MAX_BYTES;
use crate::series::printable;

/// Most files that are read.
const MOST_FILES: usize = 500;
/// Folders in folders that are looked into.
const DEEPEST: usize = 4;
/// Most entries that are looked at, so that `/` does not take an hour.
const MOST_ENTRIES: usize = 20_000;

/// The folder itself cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the runbooks in {}: {cause}", printable(&.folder.display().to_string()))]
pub struct FolderError {
    /// As it was given.
    pub folder: PathBuf,
    /// What the system says.
    #[source]
    pub cause: io::Error,
}

/// Something in the folder that was left out.
#[derive(Debug, thiserror::Error)]
pub enum FolderFault {
    /// A file or folder cannot be read.
    #[error("cannot read {}: {cause}", printable(&.path.display().to_string()))]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// A file is larger than [`MAX_BYTES`].
    #[error("{} is larger than 1 MiB and was left out; a runbook is shorter", printable(&.path.display().to_string()))]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// There are more than are read.
    #[error("{} holds more than {MOST_FILES} runbooks; the others were left out", printable(&.folder.display().to_string()))]
    TooMany {
        /// Where.
        folder: PathBuf,
    },
}

/// The `.md` and `.markdown` files in `folder` and in folders inside it, four deep, as (file name, text), in the order of
/// their paths; and what was left out. Hidden files and folders, and links to folders, are not looked at; text that is not
/// UTF-8 is read as far as it is.
///
/// # Errors
/// The folder cannot be listed.
#[expect(clippy::type_complexity, reason = "files and faults, each named above")]
pub fn read_folder(folder: &Path) -> Result<(Vec<(String, String)>, Vec<FolderFault>), FolderError> {
    let mut faults = Vec::new();
    let mut paths = Vec::new();
    let mut budget = MOST_ENTRIES;
    walk(folder, 0, &mut budget, &mut paths, &mut faults)
        .map_err(|cause| FolderError { folder: folder.to_owned(), cause })?;
    paths.sort();
    if paths.len() > MOST_FILES || budget == 0 {
        paths.truncate(MOST_FILES);
        faults.push(FolderFault::TooMany { folder: folder.to_owned() });
    }
    let mut files = Vec::new();
    for path in paths {
        match read(&path) {
            Ok(Some(text)) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.push((name, text));
            }
            Ok(None) => faults.push(FolderFault::TooLarge { path }),
            Err(cause) => faults.push(FolderFault::Unreadable { path, cause }),
        }
    }
    Ok((files, faults))
}

fn walk(
    folder: &Path,
    depth: usize,
    budget: &mut usize,
    paths: &mut Vec<PathBuf>,
    faults: &mut Vec<FolderFault>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        if *budget == 0 {
            return Ok(());
        }
        *budget -= 1;
        let entry = entry?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            if depth < DEEPEST
                && let Err(cause) = walk(&path, depth + 1, budget, paths, faults)
            {
                faults.push(FolderFault::Unreadable { path, cause });
            }
            continue;
        }
        let extension = path.extension().unwrap_or_default();
        if ["md", "markdown"].iter().any(|known| extension.eq_ignore_ascii_case(known)) {
            paths.push(path);
        }
    }
    Ok(())
}

/// The text of a file; `None` where it is too large.
fn read(path: &Path) -> io::Result<Option<String>> {
    // A pipe would be waited for; a link to a file is one.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= MAX_BYTES).then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runbooks_are_read_and_what_is_left_out_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("s3")).unwrap();
        fs::create_dir_all(at(".git")).unwrap();
        fs::write(at("b.md"), "# B").unwrap();
        fs::write(at("s3/a.Markdown"), b"# A \xff").unwrap();
        fs::write(at(".git/c.md"), "hidden").unwrap();
        fs::write(at("notes.txt"), "other").unwrap();
        fs::write(at("big.md"), vec![b'x'; MAX_BYTES + 1]).unwrap();
        fs::create_dir_all(at("folder.md")).unwrap();
        let (files, faults) = read_folder(dir.path()).unwrap();
        let wanted = [("b.md", "# B"), ("a.Markdown", "# A \u{fffd}")];
        assert_eq!(files, wanted.map(|(n, t)| (n.to_owned(), t.to_owned())));
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults.len(), 1);
        assert!(
            faults[0].ends_with("big.md is larger than 1 MiB and was left out; a runbook is shorter"),
            "{faults:?}"
        );
    }

    #[test]
    fn more_than_anyone_reads_are_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..=MOST_FILES {
            fs::write(dir.path().join(format!("{i:04}.md")), "x").unwrap();
        }
        let (files, faults) = read_folder(dir.path()).unwrap();
        assert_eq!((files.len(), files[0].0.as_str()), (MOST_FILES, "0000.md"));
        assert!(matches!(faults.as_slice(), [FolderFault::TooMany { .. }]));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = read_folder(Path::new("/nowhere/run\nbooks")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read the runbooks in /nowhere/run␊books: "), "{error}");
    }
}
