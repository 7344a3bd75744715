//! The one place that knows where recorded bodies lie: some are part of this crate, more may lie beside it.

#![allow(dead_code, reason = "every test and bench includes all of this file and uses a part")]

use std::path::{Path, PathBuf};

/// A body and the path by which tests name it.
pub(crate) struct Body {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// The directory of recorded data beside the crate (`../shared/testdata`, or where `SHTOP_TESTDATA` says). Where there is
/// none, says aloud that `checks` checks are not run.
pub(crate) fn beside(checks: usize) -> Option<PathBuf> {
    let directory = std::env::var_os("SHTOP_TESTDATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/testdata"), PathBuf::from);
    if directory.is_dir() {
        return Some(directory);
    }
    let notice = format!("\nNOTICE: {} is absent, {checks} checks not run\n", directory.display());
    // Not through the harness, which keeps what passing tests print to itself.
    std::io::Write::write_all(&mut std::io::stdout(), notice.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    None
}

/// The bodies of this crate whose names end in `suffix`, in order of their names.
pub(crate) fn own(suffix: &str) -> Vec<Body> {
    bodies(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data"), suffix)
}

/// The files in `directory` whose names end in `suffix`, in order of their names.
pub(crate) fn bodies(directory: &Path, suffix: &str) -> Vec<Body> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap_or_else(|e| panic!("{}: {e}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(suffix))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no {suffix}", directory.display());
    paths
        .into_iter()
        .map(|path| Body {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            bytes: std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())),
        })
        .collect()
}
