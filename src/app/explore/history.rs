//! The queries that were run, of this session and of those before. Pure.

/// Most queries that are kept.
pub const QUERIES: usize = 500;

/// The queries that were run, each once, the newest last.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    queries: Vec<String>,
    /// How far back the reader is, 1 for the newest; 0 for what is being written.
    back: usize,
    /// What was being written when the reader went back.
    draft: String,
}

impl History {
    /// Those of sessions before, the newest last, come before what this one has already.
    pub(super) fn load(&mut self, queries: Vec<String>) {
        let own = std::mem::take(&mut self.queries);
        for query in queries.into_iter().chain(own) {
            self.put(query);
        }
    }

    /// A query was run; whether that is news.
    pub(super) fn add(&mut self, query: &str) -> bool {
        self.back = 0;
        if self.queries.last().is_some_and(|last| last == query) {
            return false;
        }
        self.put(query.to_owned());
        true
    }

    fn put(&mut self, query: String) {
        if query.trim().is_empty() {
            return;
        }
        self.queries.retain(|known| *known != query);
        self.queries.push(query);
        let over = self.queries.len().saturating_sub(QUERIES);
        self.queries.drain(..over);
    }

    /// All of them, the newest first.
    pub(super) fn newest(&self) -> impl ExactSizeIterator<Item = &str> {
        self.queries.iter().rev().map(String::as_str)
    }

    /// The query before the one on the screen, which is `now`; `None` where there is none.
    pub(super) fn older(&mut self, now: &str) -> Option<&str> {
        if self.back == 0 {
            now.clone_into(&mut self.draft);
        }
        // What is on the screen already is no step back.
        let mut back = self.back + 1;
        while self.queries.iter().rev().nth(back - 1).is_some_and(|query| query == now) {
            back += 1;
        }
        let query = self.queries.iter().rev().nth(back - 1)?;
        self.back = back;
        Some(query)
    }

    /// The query after the one on the screen, in the end what was being written; `None` where nobody went back.
    pub(super) fn newer(&mut self) -> Option<&str> {
        self.back = self.back.checked_sub(1)?;
        match self.back {
            0 => Some(&self.draft),
            back => self.queries.iter().rev().nth(back - 1).map(String::as_str),
        }
    }

    /// The text was changed: the next step back begins at the newest again.
    pub(super) fn leave(&mut self) {
        self.back = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(queries: &[&str]) -> History {
        let mut history = History::default();
        history.load(queries.iter().map(|q| (*q).to_owned()).collect());
        history
    }

    #[test]
    fn each_query_is_kept_once_and_the_oldest_go() {
        let mut history = history(&["a", "b", "a", " "]);
        assert_eq!(history.newest().collect::<Vec<_>>(), ["a", "b"]);
        assert!(!history.add("a"), "nothing new");
        assert!(history.add("b"));
        assert_eq!(history.newest().collect::<Vec<_>>(), ["b", "a"]);
        for i in 0..2 * QUERIES {
            history.add(&i.to_string());
        }
        assert_eq!(history.newest().len(), QUERIES);
        assert_eq!(history.newest().next(), Some("999"));
    }

    #[test]
    fn going_back_and_forth_ends_at_what_was_being_written() {
        let mut history = history(&["a", "b"]);
        assert_eq!(history.newer(), None);
        assert_eq!(history.older("half"), Some("b"));
        assert_eq!(history.older("b"), Some("a"));
        assert_eq!(history.older("a"), None);
        assert_eq!(history.newer(), Some("b"));
        assert_eq!(history.newer(), Some("half"));
        assert_eq!(history.newer(), None);
        assert_eq!(history.older("b"), Some("a"), "the newest is on the screen already");
    }

    #[test]
    fn what_was_run_before_the_file_was_read_stays_the_newest() {
        let mut history = History::default();
        history.add("mine");
        history.load(vec!["old".to_owned(), "mine".to_owned(), "older".to_owned()]);
        assert_eq!(history.newest().next(), Some("mine"));
    }
}
