//! What is searched for: words that must be there, `!word` that must not, `~word` whose letters must be there in their
//! order. One filter for everything that can be searched. Pure. Uses `series`.

use std::fmt::Write as _;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::series::Labels;

/// Words, all of which must hold; none of them lets everything pass. Upper and lower case are alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    /// Whether it must be there, or must not.
    wanted: bool,
    how: How,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum How {
    /// As it is, in lower case.
    Whole(String),
    /// Its letters in their order.
    Letters(Atom),
}

/// A filter at work.
pub(super) struct Sieve<'f> {
    filter: &'f Filter,
    /// Its tables are large: made where a word asks for them.
    matcher: Option<Matcher>,
    characters: Vec<char>,
}

impl Filter {
    /// Reads what was typed. A `!` or `~` alone is a word that is still being typed, and asks for nothing.
    pub(super) fn parse(text: &str) -> Self {
        // Labels are compared as name=value, however they are quoted.
        let bare = text.replace('"', "");
        let words = bare.split_whitespace().filter_map(|word| {
            let (wanted, word) = word.strip_prefix('!').map_or((true, word), |word| (false, word));
            let how = match word.strip_prefix('~') {
                Some("") => return None,
                Some(letters) => {
                    How::Letters(Atom::new(letters, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false))
                }
                None if word.is_empty() => return None,
                None => How::Whole(word.to_lowercase()),
            };
            Some(Word { wanted, how })
        });
        Self { words: words.collect(), text: text.trim().to_owned() }
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything pass.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(super) fn sieve(&self) -> Sieve<'_> {
        Sieve { filter: self, matcher: None, characters: Vec::new() }
    }
}

impl Sieve<'_> {
    /// Whether something with these texts passes: each wanted word is in one of them, each unwanted in none.
    pub(super) fn passes(&mut self, texts: &[&str]) -> bool {
        let lower: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
        let Self { filter, matcher, characters } = self;
        filter.words.iter().all(|word| {
            let found = match &word.how {
                How::Whole(whole) => lower.iter().any(|text| text.contains(whole)),
                How::Letters(atom) => {
                    let matcher = matcher.get_or_insert_with(|| Matcher::new(Config::DEFAULT));
                    texts.iter().any(|text| atom.score(Utf32Str::new(text, characters), matcher).is_some())
                }
            };
            found == word.wanted
        })
    }
}

/// Labels as they are searched: `topic=orders partition=3`.
pub(super) fn label_words(labels: &Labels) -> String {
    let mut text = String::new();
    for label in labels {
        // Writing into a string cannot fail.
        write!(text, "{}={} ", label.name, label.value).ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(filter: &str, texts: &[&str]) -> bool {
        Filter::parse(filter).sieve().passes(texts)
    }

    #[test]
    fn every_word_must_hold_in_one_text_or_another() {
        let texts = ["Consumer Lag", "orders-3 (billing)", "topic=orders partition=3 "];
        for filter in
            ["", "  ", "lag", "LAG orders", "!audit", "lag !audit", "~csmlg", "~ordbill lag", "!~xyz", "!", "~", "!~"]
        {
            assert!(passes(filter, &texts), "{filter:?}");
        }
        for filter in ["audit", "lag audit", "!lag", "orders !billing", "~gal", "!~csmlg", "lagorders"] {
            assert!(!passes(filter, &texts), "{filter:?}");
        }
        assert!(passes("topic=\"orders\"", &texts));
        assert!(!passes("topic=orders-3", &texts));
    }

    #[test]
    fn what_is_foreign_or_hostile_is_searched_like_anything_else() {
        assert!(passes("größe", &["GRÖßE der Segmente"]));
        assert!(passes("日本", &["topic 日本"]));
        assert!(passes("~grsse", &["Grösse"]));
        assert!(!passes("[31m(", &["a"]));
        assert!(passes(&"~".repeat(900), &["~".repeat(899).as_str()]));
    }

    #[test]
    fn what_asks_for_nothing_is_empty_and_keeps_its_text() {
        assert!(Filter::parse(" ! ").is_empty());
        assert_eq!(Filter::parse(" Lag !audit ").text(), "Lag !audit");
        assert!(!Filter::parse("x").is_empty());
    }
}
