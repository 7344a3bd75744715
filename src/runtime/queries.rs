//! The file of the queries that were run: a JSON string a line, the newest last.

use std::fs::{File, OpenOptions, create_dir_all, rename};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::app::QUERIES;

/// How much of the file's end is read.
const READ: u64 = 1 << 20;

/// The file. It is opened for each query, so that several programs may add to it and one may put it in order.
#[derive(Debug, Clone)]
pub struct Queries {
    path: PathBuf,
}

impl Queries {
    /// The file at `path`, which need not be there.
    pub const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The queries in it, each once, at most [`QUERIES`], the newest last; none where it cannot be read. Lines that are no
    /// strings are passed over. A file with many more lines is put in order.
    pub fn read(&self) -> Vec<String> {
        let Ok((text, whole)) = end_of(&self.path) else { return Vec::new() };
        let lines: Vec<String> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let mut newest: Vec<String> = Vec::new();
        for query in lines.iter().rev() {
            if newest.len() < QUERIES && !newest.contains(query) {
                newest.push(query.clone());
            }
        }
        newest.reverse();
        if !whole || lines.len() > 2 * QUERIES {
            // Where that fails the file is as good as before.
            self.rewrite(&newest).ok();
        }
        newest
    }

    /// Adds a query, in one write, so that two programs do not mix their lines.
    ///
    /// # Errors
    /// The file, or the folders above it, cannot be made or written to.
    pub fn add(&self, query: &str) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            create_dir_all(folder)?;
        }
        let mut line = serde_json::to_vec(query)?;
        line.push(b'\n');
        open(&self.path, true)?.write_all(&line)
    }

    fn rewrite(&self, queries: &[String]) -> io::Result<()> {
        let mut aside = self.path.clone().into_os_string();
        aside.push(format!(".{}", std::process::id()));
        let aside = PathBuf::from(aside);
        let mut text = Vec::new();
        for query in queries {
            text.extend(serde_json::to_vec(query)?);
            text.push(b'\n');
        }
        open(&aside, false)?.write_all(&text)?;
        rename(&aside, &self.path)
    }
}

/// The end of the file, from the beginning of a line on, and whether that is all of it.
fn end_of(path: &Path) -> io::Result<(String, bool)> {
    let mut file = File::open(path)?;
    let before = file.metadata()?.len().saturating_sub(READ);
    file.seek(SeekFrom::Start(before))?;
    let mut bytes = Vec::new();
    file.take(READ).read_to_end(&mut bytes)?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), before == 0))
}

/// Readable by its owner only: queries name what an organisation runs.
fn open(path: &Path, append: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true);
    if append {
        options.append(true)
    } else {
        options.write(true).truncate(true)
    };
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

    #[test]
    fn queries_come_back_each_once_the_newest_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let queries = Queries::new(folder.path().join("state/shtop/queries.jsonl"));
        assert_eq!(queries.read(), Vec::<String>::new());
        for query in ["up", "rate(x{a=\"\\n\"}[5m])\n+ 1", "up"] {
            queries.add(query).expect("it can be written");
        }
        assert_eq!(queries.read(), ["rate(x{a=\"\\n\"}[5m])\n+ 1", "up"]);
    }

    #[test]
    fn a_torn_line_costs_no_other_and_a_long_file_is_put_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let queries = Queries::new(folder.path().join("queries.jsonl"));
        queries.add("first").expect("it can be written");
        let mut file = open(&queries.path, true).expect("it is there");
        file.write_all(b"\"torn\nnot json\n\xff\xfe\n").expect("it can be written");
        queries.add("second").expect("it can be written");
        assert_eq!(queries.read(), ["first", "second"]);
        for i in 0..=2 * QUERIES {
            queries.add(&format!("q{i}")).expect("it can be written");
        }
        let newest = queries.read();
        assert_eq!((newest.len(), newest.last().map(String::as_str)), (QUERIES, Some("q1000")));
        let lines = std::fs::read_to_string(&queries.path).expect("it is there").lines().count();
        assert_eq!(lines, QUERIES);
        assert_eq!(queries.read(), newest);
    }
}
