//! What is searched for, one piece of code for everything that can be searched: words that must be there, `!word` that must
//! not, `~word` whose letters must be there in their order. A word with a capital in it means that case. Lists that one
//! chooses from take every word by its letters where it is not there as it is, and have the nearest first. Pure. Uses `series`.

use std::fmt::Write as _;

use memchr::memchr2_iter;
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::series::Labels;

/// From so many letters on they may lie apart in a list that one chooses from: fewer are in everything.
const LOOSE: usize = 3;

/// What the matcher gives for a letter, before it takes some off for gaps.
const LETTER: u32 = 16;

/// What it adds where one follows the other.
const NEXT: u32 = 4;

/// How much farther a text is where a word fits it one way worse. No score of the matcher is as large.
const TIER: u32 = 10_000;

/// What fits beside the name only is farther than any name.
const BESIDE: u32 = 5;

/// Words, all of which must hold; none of them lets everything pass.
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
    /// In lower case, unless its case is meant.
    needle: String,
    cased: bool,
    letters: Atom,
    /// Where the letters lie so far apart that they earn less than this, they were found by chance.
    least: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// As it is.
    Whole,
    /// Its letters in their order.
    Letters,
    /// As it is, or its letters in their order where they are near each other.
    Near,
}

/// A filter at work.
pub(super) struct Sieve<'f> {
    filter: &'f Filter,
    /// Its tables are large: made where a word asks for them.
    matcher: Option<Matcher>,
    characters: Vec<char>,
}

impl Filter {
    /// From this distance on something was found by letters that lie apart, or beside its name.
    pub(super) const FAR: u32 = 4 * TIER;

    /// Reads what was typed to leave out what lacks it. A `!` or `~` alone is a word that is still being typed, and asks for
    /// nothing.
    pub(super) fn parse(text: &str) -> Self {
        // Labels are compared as name=value, however they are quoted.
        Self::read(text, &text.replace('"', ""), How::Whole)
    }

    /// Reads what was typed to find something in a list.
    pub(super) fn near(text: &str) -> Self {
        Self::read(text, text, How::Near)
    }

    /// One word, whatever is in it, to find something in a list.
    pub(super) fn word(text: &str) -> Self {
        let words = if text.is_empty() { Vec::new() } else { vec![Word::new(true, How::Near, text)] };
        Self { words, text: text.to_owned() }
    }

    fn read(text: &str, bare: &str, usual: How) -> Self {
        let words = bare.split_whitespace().filter_map(|word| {
            let (wanted, word) = word.strip_prefix('!').map_or((true, word), |word| (false, word));
            let (how, word) = match word.strip_prefix('~') {
                Some(letters) => (How::Letters, letters),
                // What lies apart by chance is not meant to be left out.
                None => (if wanted { usual } else { How::Whole }, word),
            };
            (!word.is_empty()).then(|| Word::new(wanted, how, word))
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

impl Word {
    fn new(wanted: bool, how: How, word: &str) -> Self {
        let cased = word.chars().any(char::is_uppercase);
        let case = if cased { CaseMatching::Respect } else { CaseMatching::Ignore };
        let count = word.chars().count() as u32;
        Self {
            wanted,
            how,
            needle: if cased { word.to_owned() } else { word.to_lowercase() },
            cased,
            letters: Atom::new(word, case, Normalization::Smart, AtomKind::Fuzzy, false),
            least: count * LETTER + count.saturating_sub(1) * NEXT,
        }
    }

    /// How well it fits `text` as it is: 0 is all of it, 1 its beginning, 2 the beginning of one of its parts, 3 anywhere.
    fn tier(&self, text: &str) -> Option<u32> {
        if !self.cased && text.is_ascii() {
            let (text, needle) = (text.as_bytes(), self.needle.as_bytes());
            let first = *needle.first()?;
            let found = memchr2_iter(first, first.to_ascii_uppercase(), text);
            let at = |&i: &usize| text.get(i..i + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle));
            return tier(found.filter(at), text.len() == needle.len(), |i| !text[i - 1].is_ascii_alphanumeric());
        }
        let lower;
        let text = if self.cased {
            text
        } else {
            lower = text.to_lowercase();
            &lower
        };
        let found = text.match_indices(&self.needle).map(|(i, _)| i);
        tier(found, text.len() == self.needle.len(), |i| !text[..i].ends_with(char::is_alphanumeric))
    }
}

fn tier(mut found: impl Iterator<Item = usize>, is_whole: bool, begins: impl Fn(usize) -> bool) -> Option<u32> {
    match found.next()? {
        0 if is_whole => Some(0),
        0 => Some(1),
        first => Some(if begins(first) || found.any(begins) { 2 } else { 3 }),
    }
}

impl Sieve<'_> {
    /// Whether something with these texts passes: each wanted word is in one of them, each unwanted in none.
    pub(super) fn passes(&mut self, texts: &[&str]) -> bool {
        let filter = self.filter;
        filter.words.iter().all(|word| texts.iter().any(|text| self.distance(word, text).is_some()) == word.wanted)
    }

    /// How far something of this name is from what is searched for, 0 for nothing nearer; `None` where it does not pass. What
    /// stands beside the name counts where a word is in it as it is.
    pub(super) fn distance_of(&mut self, name: &str, beside: &[&str]) -> Option<u32> {
        let filter = self.filter;
        let mut sum = 0;
        for word in &filter.words {
            let behind = || beside.iter().any(|text| word.tier(text).is_some()).then_some(BESIDE * TIER);
            match (self.distance(word, name).or_else(behind), word.wanted) {
                (Some(distance), true) => sum += distance,
                (None, false) => {}
                _ => return None,
            }
        }
        Some(sum)
    }

    /// The same, but only where every word is in the name as it is; which takes far less time.
    pub(super) fn distance_whole(&self, name: &str) -> Option<u32> {
        self.filter.words.iter().try_fold(0, |sum, word| Some(sum + word.tier(name)? * TIER))
    }

    fn distance(&mut self, word: &Word, text: &str) -> Option<u32> {
        match word.how {
            How::Whole => word.tier(text).map(|tier| tier * TIER),
            How::Letters => self.letters(word, text),
            How::Near => match word.tier(text) {
                Some(tier) => Some(tier * TIER),
                None if word.needle.chars().nth(LOOSE - 1).is_none() => None,
                None => self.letters(word, text),
            },
        }
    }

    fn letters(&mut self, word: &Word, text: &str) -> Option<u32> {
        let matcher = self.matcher.get_or_insert_with(|| Matcher::new(Config::DEFAULT));
        let score = word.letters.score(Utf32Str::new(text, &mut self.characters), matcher).map(u32::from)?;
        let is_near = word.how == How::Letters || score >= word.least;
        is_near.then(|| 4 * TIER + (TIER - 1).saturating_sub(score))
    }

    /// The graphemes of `name` and of what stands beside it where the words were found, ascending.
    pub(super) fn places(&mut self, name: &str, beside: &str) -> (Vec<u32>, Vec<u32>) {
        let filter = self.filter;
        let (mut here, mut there) = (Vec::new(), Vec::new());
        for word in filter.words.iter().filter(|word| word.wanted) {
            let in_name = self.distance(word, name).is_some();
            let (text, places) = if in_name { (name, &mut here) } else { (beside, &mut there) };
            let case = if word.cased { CaseMatching::Respect } else { CaseMatching::Ignore };
            let whole = Atom::new(&word.needle, case, Normalization::Smart, AtomKind::Substring, false);
            let matcher = self.matcher.get_or_insert_with(|| Matcher::new(Config::DEFAULT));
            let text = Utf32Str::new(text, &mut self.characters);
            if whole.indices(text, matcher, places).is_none() && in_name {
                word.letters.indices(text, matcher, places);
            }
        }
        for places in [&mut here, &mut there] {
            places.sort_unstable();
            places.dedup();
        }
        (here, there)
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
            ["", "  ", "lag", "Lag orders", "!audit", "lag !audit", "~csmlg", "~ordbill lag", "!~xyz", "!", "~", "!~"]
        {
            assert!(passes(filter, &texts), "{filter:?}");
        }
        for filter in ["audit", "lag audit", "!lag", "LAG", "orders !billing", "~gal", "!~csmlg", "lagorders"] {
            assert!(!passes(filter, &texts), "{filter:?}");
        }
        assert!(passes("topic=\"orders\"", &texts));
        assert!(!passes("topic=orders-3", &texts));
    }

    #[test]
    fn what_is_foreign_or_hostile_is_searched_like_anything_else() {
        assert!(passes("größe", &["GRÖßE der Segmente"]));
        assert!(!passes("Größe", &["GRÖßE der Segmente"]));
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

    fn ranked<'n>(search: &Filter, names: &[&'n str]) -> Vec<&'n str> {
        let mut sieve = search.sieve();
        let mut found: Vec<_> = names.iter().filter_map(|n| Some((sieve.distance_of(n, &[])?, *n))).collect();
        found.sort_by_key(|(distance, _)| *distance);
        found.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn the_nearest_comes_first_and_letters_far_apart_are_chance() {
        let names = ["irate", "s3_rate", "rate", "rates", "xrxxxxaxxxxtxxxxe", "rxate", "up"];
        assert_eq!(ranked(&Filter::near("rate"), &names), ["rate", "rates", "s3_rate", "irate", "rxate"]);
        assert_eq!(ranked(&Filter::near("ra !s3"), &names), ["rate", "rates", "irate"]);
        assert_eq!(ranked(&Filter::near("~rae"), &["up", "read_after_the_event"]), ["read_after_the_event"]);
        assert_eq!(ranked(&Filter::near("Rate"), &["rate", "Rate"]), ["Rate"]);
        assert_eq!(ranked(&Filter::word("!a b"), &["a b", "x!a by"]), ["x!a by"]);
    }

    #[test]
    fn what_is_found_at_once_is_as_near_as_what_is_found_by_letters_too() {
        let search = Filter::word("rat");
        for name in ["rate", "Irate", "s3-rate", "RAT", "öRat", "r_a_t", "up"] {
            let whole = search.sieve().distance_whole(name);
            assert!(whole.is_none() || whole == search.sieve().distance_of(name, &[]), "{name}");
        }
    }

    #[test]
    fn the_places_of_words_are_told_as_graphemes() {
        let search = Filter::near("lag vie");
        assert_eq!(search.sieve().places("é Lag", "Overview"), (vec![2, 3, 4], vec![4, 5, 6]));
        assert_eq!(Filter::near("cnslag").sieve().places("Consumer Lag", ""), (vec![0, 2, 3, 9, 10, 11], vec![]));
    }
}
