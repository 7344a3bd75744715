//! All runbooks there are, and the one that an alert means. Uses `series` of the crate.

use std::sync::Arc;

use super::builtin::BUILTIN;
use super::reference::{self, Placeholder, Reference};
use super::{Runbook, mentioned, placeholder};
use crate::series::printable;

/// All runbooks there are: an organisation's own before those of the program. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Library(Arc<[Entry]>);

/// One runbook, not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, as in `:runbook NAME`: the file's without folder and `.md`.
    pub name: String,
    /// Whose it is.
    pub origin: Origin,
    text: Arc<str>,
}

/// Whose a runbook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The organisation's, from a folder it named.
    Own,
    /// Part of the program.
    Builtin,
}

/// A runbook that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'l> {
    /// Which.
    pub entry: &'l Entry,
    /// The fragment of the reference, for [`Runbook::section`]; empty where there is none.
    pub fragment: String,
}

/// What led to an alert's runbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The last part of its `runbook_url`.
    Url,
    /// A mention in its description.
    Description,
    /// Its name.
    Name,
}

/// The answer to "what is this alert's runbook".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<'l> {
    /// This one is here.
    Here {
        /// Which.
        found: Found<'l>,
        /// What led to it.
        via: Via,
        /// What is wrong with the URL all the same.
        placeholder: Option<Placeholder>,
    },
    /// It is not here; the URL may lead to it.
    Elsewhere(String),
    /// It has a URL that leads nowhere.
    Placeholder(Placeholder),
    /// The alert names none.
    Missing,
}

impl Entry {
    /// Reads it.
    pub fn read(&self) -> Runbook {
        Runbook::parse(&self.name, &self.text)
    }

    /// The markdown itself; that of an organisation's own has not been made safe for the screen.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Library {
    /// The runbooks of the program and `own`, as (file name, text). Of two of `own` with the same name the first is found.
    pub fn new(own: Vec<(String, String)>) -> Self {
        let entry = |name: &str, origin, text: Arc<str>| Entry {
            name: printable(&reference::stem(name)).into_owned(),
            origin,
            text,
        };
        let own = own.into_iter().map(|(name, text)| entry(&name, Origin::Own, text.into()));
        let builtin = BUILTIN.iter().map(|&(name, text)| entry(name, Origin::Builtin, text.into()));
        Self(own.chain(builtin).collect())
    }

    /// Those that can be found by their name, own ones first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let hidden = |i: usize, entry: &Entry| self.0[..i].iter().any(|e| key(&e.name) == key(&entry.name));
        self.0.iter().enumerate().filter(move |&(i, entry)| !hidden(i, entry)).map(|(_, entry)| entry)
    }

    /// The runbook of that name, or at the end of that URL or path, with or without `.md`, trailing slash, query and
    /// fragment. Case, `-`, `_` and spaces make no difference: `CircuitBreakerOpen` is `circuit-breaker-open`.
    pub fn find(&self, reference: &str) -> Option<Found<'_>> {
        let Reference { name, fragment } = reference::last_part(reference)?;
        let wanted = key(&name);
        let exact = self.0.iter().find(|entry| entry.name == name);
        let entry =
            exact.filter(|e| e.origin == Origin::Own).or_else(|| self.0.iter().find(|e| key(&e.name) == wanted))?;
        (!wanted.is_empty()).then_some(Found { entry, fragment })
    }

    /// The runbook of an alert: by its `runbook_url`, else by what its description mentions, else by the alert's own name.
    /// Where it has a real URL that is not here, its name finds only an organisation's own: ours would hide what they wrote.
    pub fn of_alert(&self, url: Option<&str>, description: Option<&str>, name: &str) -> Lookup<'_> {
        let mention = description.and_then(mentioned);
        let wrong = url.and_then(placeholder);
        let real = [url, mention].into_iter().flatten().find(|url| placeholder(url).is_none());
        let ways = [(url, Via::Url), (mention, Via::Description), (Some(name), Via::Name)];
        let here = ways.into_iter().find_map(|(reference, via)| {
            let found = self.find(reference?)?;
            let meant = via != Via::Name || real.is_none() || found.entry.origin == Origin::Own;
            meant.then_some((found, via))
        });
        if let Some((found, via)) = here {
            return Lookup::Here { found, via, placeholder: wrong };
        }
        match (real, wrong.or_else(|| mention.and_then(placeholder))) {
            (Some(url), _) => Lookup::Elsewhere(printable(url).into_owned()),
            (None, Some(placeholder)) => Lookup::Placeholder(placeholder),
            (None, None) => Lookup::Missing,
        }
    }
}

/// A name without what people write differently.
fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library() -> Library {
        let own = [("consumer-lag.md", "# Ours\n"), ("DiskSpaceLow.md", "# Disk\n"), ("disk_space_low", "# Other\n")];
        Library::new(own.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect())
    }

    fn title(reference: &str) -> Option<String> {
        library().find(reference).map(|found| found.entry.read().title)
    }

    #[test]
    fn a_runbook_is_found_by_name_and_by_the_end_of_a_url() {
        let library = library();
        for reference in [
            "circuit-breaker-open",
            "Circuit-Breaker-Open.md",
            "CircuitBreakerOpen",
            "https://a.io/runbooks/circuit-breaker-open.md",
            "https://a.io/runbooks/circuit_breaker_open/?plain=1#verify",
            "runbooks/circuit%2Dbreaker%2Dopen.html",
        ] {
            let found = library.find(reference).unwrap_or_else(|| panic!("{reference}"));
            assert_eq!((found.entry.name.as_str(), found.entry.origin), ("circuit-breaker-open", Origin::Builtin));
            assert_eq!(found.fragment, if reference.contains('#') { "verify" } else { "" });
        }
        assert!(library.find("https://a.io/").is_none());
        assert!(library.find("---").is_none());
        assert!(library.find("no-such-thing").is_none());
    }

    #[test]
    fn an_organisations_own_come_first() {
        assert_eq!(title("consumer-lag").as_deref(), Some("Ours"));
        assert_eq!(title("DiskSpaceLow").as_deref(), Some("Disk"));
        assert_eq!(title("disk_space_low").as_deref(), Some("Other"));
        assert_eq!(title("disk-space-low").as_deref(), Some("Disk"));
        let library = library();
        let names: Vec<_> = library.entries().map(|e| e.name.as_str()).collect();
        assert_eq!(names[..3], ["consumer-lag", "DiskSpaceLow", "agent-availability"]);
        assert_eq!(names.len(), 10, "{names:?}");
    }

    #[test]
    fn an_alert_is_told_where_its_runbook_is_or_what_is_wrong_with_its_url() {
        let library = library();
        let seed = "https://github.com/YOUR_ORG/x/blob/main/docs/runbooks/consumer-lag.md";
        let Lookup::Here { found, via, placeholder } = library.of_alert(Some(seed), None, "X") else {
            panic!("not here")
        };
        assert_eq!((found.entry.name.as_str(), via), ("consumer-lag", Via::Url));
        assert_eq!(placeholder, Some(Placeholder::Blank("YOUR_ORG".to_owned())));

        let way = |url, description, name| match library.of_alert(url, description, name) {
            Lookup::Here { via, .. } => format!("{via:?}"),
            Lookup::Elsewhere(url) => url,
            Lookup::Placeholder(p) => p.to_string(),
            Lookup::Missing => "missing".to_owned(),
        };
        assert_eq!(way(Some("TODO"), Some("Runbook: https://a.io/consumer-lag"), "X"), "Description");
        assert_eq!(way(Some("https://a.io/other"), None, "DiskSpaceLow"), "Name");
        assert_eq!(way(Some("https://a.io/other"), None, "CircuitBreakerOpen"), "https://a.io/other");
        assert_eq!(way(Some("https://example.com/"), None, "CircuitBreakerOpen"), "Name");
        assert_eq!(way(None, Some("Runbook: https://a.io/other"), "X"), "https://a.io/other");
        assert_eq!(way(Some("TODO"), None, "X"), "the runbook URL is a placeholder: TODO");
        assert_eq!(way(None, Some("Runbook: <link>"), "X"), "the runbook URL is a placeholder: <link>");
        assert_eq!(way(None, Some("all is lost"), "X"), "missing");
        assert_eq!(way(Some(""), None, "X"), "the runbook URL is empty");
    }
}
