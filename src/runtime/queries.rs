//! The file of the queries that were run: a JSON string a line, the newest last.

use std::fs::{File, create_dir_all};
use std::io;
use std::path::PathBuf;

use super::lines::{self, End};
use crate::app::QUERIES;

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
        let Ok(end) = File::open(&self.path).and_then(|mut file| lines::end_of::<String>(&mut file)) else {
            return Vec::new();
        };
        let End { values: lines, whole, .. } = end;
        let mut newest: Vec<String> = Vec::new();
        for query in lines.iter().rev() {
            if newest.len() < QUERIES && !newest.contains(query) {
                newest.push(query.clone());
            }
        }
        newest.reverse();
        if !whole || lines.len() > 2 * QUERIES {
            // Where that fails the file is as good as before.
            lines::replace(&self.path, &newest).ok();
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
        lines::add(&mut lines::appending(&self.path)?, query)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

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
        let mut file = lines::appending(&queries.path).expect("it is there");
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
