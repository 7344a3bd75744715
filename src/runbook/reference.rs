//! What an alert calls its runbook: a URL, a name, a placeholder, words in a description. Uses `series` of the crate.

use std::fmt;

use crate::series::printable;

/// Why a `runbook_url` leads nowhere although it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placeholder {
    /// It is empty.
    Empty,
    /// It is a word that stands for one: `TODO`, `n/a`, `changeme`.
    Word(String),
    /// A part of it was never filled in: `<link>`, `YOUR_ORG`, `{{ … }}`.
    Blank(String),
    /// Its host is one of the names reserved for examples.
    Example(String),
    /// It leads to whatever machine it is read on.
    Local(String),
    /// It has a scheme and nothing behind it.
    NoHost,
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the runbook URL is empty"),
            Self::Word(word) => write!(f, "the runbook URL is a placeholder: {word}"),
            Self::Blank(part) => write!(f, "the runbook URL was never filled in: {part}"),
            Self::Example(host) => write!(f, "the runbook URL is a placeholder: {host} is for examples"),
            Self::Local(host) => write!(f, "the runbook URL is a placeholder: {host} is the reader's own machine"),
            Self::NoHost => f.write_str("the runbook URL has no host"),
        }
    }
}

/// Whole values that stand for a URL.
const WORDS: &[&str] = &[
    "todo",
    "tbd",
    "tba",
    "fixme",
    "xxx",
    "none",
    "null",
    "nil",
    "n/a",
    "na",
    "no",
    "-",
    "--",
    "?",
    "...",
    "…",
    "#",
    "/",
    "link",
    "url",
    "runbook",
    "runbook_url",
    "placeholder",
    "changeme",
    "change-me",
    "unknown",
    "coming soon",
    "missing",
];

/// Parts of a host or path, letters only, that somebody was to replace.
const BLANKS: &[&str] = &[
    "yourorg",
    "yourorganization",
    "yourorganisation",
    "yourcompany",
    "yourdomain",
    "yourteam",
    "yourrepo",
    "yourwiki",
    "yourusername",
    "yourproject",
    "yourhost",
    "myorg",
    "mycompany",
    "orgname",
    "companyname",
    "changeme",
    "replaceme",
    "placeholder",
    "todo",
    "tbd",
    "fixme",
    "xxx",
];

/// Why `url` is no runbook's URL, if it is none; `None` for one that may lead somewhere, and for a plain name or path.
pub fn placeholder(url: &str) -> Option<Placeholder> {
    let url = url.trim().trim_matches(['"', '\'', '`']).trim();
    // Mail and markdown put a real URL into angle brackets too.
    let url = url.strip_prefix('<').and_then(|u| u.strip_suffix('>')).filter(|u| u.contains("://")).unwrap_or(url);
    if url.is_empty() {
        return Some(Placeholder::Empty);
    }
    let lower = url.to_lowercase();
    let bare = lower.trim_matches(['<', '>', '[', ']', '(', ')', '{', '}', '.', ':', '!']).trim();
    let starts = ["todo", "tbd", "fixme"]
        .iter()
        .any(|w| bare.strip_prefix(w).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)));
    if WORDS.contains(&lower.as_str()) || WORDS.contains(&bare) || starts {
        return Some(Placeholder::Word(shown(url)));
    }
    if let Some(part) = unfilled(url) {
        return Some(Placeholder::Blank(shown(part)));
    }
    let (scheme, rest) = lower.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    if host.is_empty() {
        return (scheme != "file").then_some(Placeholder::NoHost);
    }
    if is_example(host) {
        return Some(Placeholder::Example(shown(host)));
    }
    let local = matches!(host, "localhost" | "::1" | "0.0.0.0" | "::")
        || host.starts_with("127.")
        || host.ends_with(".localhost");
    if local {
        return Some(Placeholder::Local(shown(host)));
    }
    let letters = |part: &str| part.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let blank = rest.split(['/', '.', '?', '#', '&', '=']).find(|part| BLANKS.contains(&letters(part).as_str()))?;
    let at = lower.find(blank)?;
    Some(Placeholder::Blank(shown(url.get(at..at + blank.len()).unwrap_or(blank))))
}

fn shown(text: &str) -> String {
    printable(&text.chars().take(80).collect::<String>()).into_owned()
}

/// Names that RFC 2606 and RFC 6761 keep for examples and tests, and what people take for such.
fn is_example(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let under = |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    ["example.com", "example.org", "example.net", "example.edu", "example", "test", "invalid", "domain.com"]
        .into_iter()
        .any(under)
}

/// The first part of `url` in angle or template brackets.
fn unfilled(url: &str) -> Option<&str> {
    [("{{", "}}"), ("${", "}"), ("<", ">"), ("%(", ")s")].into_iter().find_map(|(open, close)| {
        let start = url.find(open)?;
        let inside = url[start..].find(close)?;
        Some(&url[start..start + inside + close.len()])
    })
}

/// A reference by parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// The last part of the path, decoded, without `.md`.
    pub(super) name: String,
    /// What follows `#`, decoded; empty where there is nothing.
    pub(super) fragment: String,
}

/// The name that a URL, a path or a plain name ends in; `None` for a URL without a path.
pub(super) fn last_part(reference: &str) -> Option<Reference> {
    let (address, fragment) = reference.trim().split_once('#').unwrap_or((reference.trim(), ""));
    let address = address.split('?').next().unwrap_or_default();
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => address,
    };
    let mut parts = path.rsplit(['/', '\\']).filter(|part| !part.is_empty());
    let name = parts.next().map(|part| stem(&decoded(part)))?;
    // A folder's page is called after the folder.
    let name = match name.to_lowercase().as_str() {
        "index" | "readme" => parts.next().map(decoded).unwrap_or(name),
        _ => name,
    };
    (!name.is_empty()).then(|| Reference { name, fragment: decoded(fragment) })
}

/// A file's name without what says that it is a page.
pub(super) fn stem(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let end = [".md", ".markdown", ".mdx", ".html", ".htm"].iter().find(|end| lower.ends_with(**end));
    name[..name.len() - end.map_or(0, |end| end.len())].to_owned()
}

/// `%41` is `A`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |b: &u8| char::from(*b).to_digit(16);
        rest = match (first, tail) {
            (b'%', [a, b, after @ ..]) if hex(a).is_some() && hex(b).is_some() => {
                bytes.push((hex(a).unwrap_or_default() * 16 + hex(b).unwrap_or_default()) as u8);
                after
            }
            _ => {
                bytes.push(*first);
                tail
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The runbook that a description mentions: what follows `Runbook:` (in any case, also `runbook_url:` or `Runbook URL:`), up
/// to the next space, brackets and full stops around it left out. The first one that is not empty.
pub fn mentioned(description: &str) -> Option<&str> {
    // Only ASCII letters are looked for, and lowering those moves no byte.
    let lower = description.to_ascii_lowercase();
    lower.match_indices("runbook").find_map(|(at, word)| {
        let rest = &description[at + word.len()..];
        let rest = ["s", "_url", " url", "-url", " link"]
            .into_iter()
            .find_map(|tail| {
                let (head, after) = rest.split_at_checked(tail.len())?;
                head.eq_ignore_ascii_case(tail).then_some(after)
            })
            .unwrap_or(rest);
        let rest = rest.trim_start_matches(['*', '_', ' ']).strip_prefix([':', '='])?;
        let rest = rest.trim_start_matches(['*', '_', ' ', '\t', '\n', '\r', '"', '\'', '`']);
        // A markdown link says the URL in its second half.
        let rest = rest
            .strip_prefix('[')
            .and_then(|link| link.split_once("]("))
            .map_or(rest, |(_, url)| url.split(')').next().unwrap_or_default());
        let word = rest.split(char::is_whitespace).next().unwrap_or_default();
        let word = word
            .trim_start_matches(['(', '['])
            .trim_end_matches(['.', ',', ';', ':', '!', ')', ']', '"', '\'', '`', '*']);
        let word =
            word.strip_prefix('<').and_then(|w| w.strip_suffix('>')).filter(|w| w.contains("://")).unwrap_or(word);
        (!word.is_empty()).then_some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_called_what_they_are() {
        use Placeholder::{Blank, Empty, Example, Local, NoHost, Word};
        let word = |w: &str| Some(Word(w.to_owned()));
        let blank = |w: &str| Some(Blank(w.to_owned()));
        let example = |w: &str| Some(Example(w.to_owned()));
        let local = |w: &str| Some(Local(w.to_owned()));
        for (url, wanted) in [
            ("", Some(Empty)),
            ("  \"\" ", Some(Empty)),
            ("TODO", word("TODO")),
            ("TODO: write it", word("TODO: write it")),
            ("<link>", word("<link>")),
            ("n/a", word("n/a")),
            ("<your runbook>", blank("<your runbook>")),
            ("https://wiki.acme.io/{{ $labels.alertname }}", blank("{{ $labels.alertname }}")),
            ("https://github.com/YOUR_ORG/streamhouse/blob/main/x.md", blank("YOUR_ORG")),
            ("https://runbooks.your-company.com/x", blank("your-company")),
            ("https://example.com/runbooks/x", example("example.com")),
            ("http://wiki.Example.ORG:8080/x", example("wiki.example.org")),
            ("https://runbooks.test/x", example("runbooks.test")),
            ("http://localhost:3000/x", local("localhost")),
            ("http://127.0.0.1/x", local("127.0.0.1")),
            ("http://[::1]:80/x", local("::1")),
            ("https://", Some(NoHost)),
            ("https:///x.md", Some(NoHost)),
            ("https://wiki.acme.io/x", None),
            ("https://notexample.com/x", None),
            ("<https://wiki.acme.io/x>", None),
            ("<https://example.com/x>", example("example.com")),
            ("https://latest.io/x", None),
            ("circuit-breaker-open", None),
            ("docs/runbooks/consumer-lag.md#verify", None),
            ("file:///etc/runbooks/a.md", None),
        ] {
            assert_eq!(placeholder(url), wanted, "{url}");
        }
    }

    #[test]
    fn the_last_part_of_a_path_is_the_name() {
        for (reference, name, fragment) in [
            ("https://a.io/docs/consumer-lag.md", "consumer-lag", ""),
            ("https://a.io/docs/consumer-lag/?v=1/2#Verify%20it", "consumer-lag", "Verify it"),
            ("https://a.io/docs/consumer-lag/index.html", "consumer-lag", ""),
            ("https://a.io/docs/Consumer%20Lag.MD", "Consumer Lag", ""),
            ("consumer-lag", "consumer-lag", ""),
            ("./consumer-lag.markdown#a", "consumer-lag", "a"),
            ("README.md", "README", ""),
            ("a%zz%4", "a%zz%4", ""),
        ] {
            let wanted = Reference { name: name.to_owned(), fragment: fragment.to_owned() };
            assert_eq!(last_part(reference), Some(wanted), "{reference}");
        }
        for nothing in ["https://a.io", "https://a.io/", "", "///", "#x", ".md"] {
            assert_eq!(last_part(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_description_may_mention_its_runbook() {
        for (text, wanted) in [
            ("S3 is slow. Runbook: https://a.io/x.md.", Some("https://a.io/x.md")),
            ("runbook_url=https://a.io/x", Some("https://a.io/x")),
            ("**Runbook:** [here](https://a.io/x_(1)) now", Some("https://a.io/x_(1")),
            ("RUNBOOK URL: <https://a.io/x>", Some("https://a.io/x")),
            ("see the runbook. Runbook:\n  consumer-lag", Some("consumer-lag")),
            ("Runbook: TODO", Some("TODO")),
            ("Runbook: <link>", Some("<link>")),
            ("Runbook:", None),
            ("the runbook says so", None),
            ("große Runbook\u{a0}: x", None),
        ] {
            assert_eq!(mentioned(text), wanted, "{text}");
        }
    }
}
