//! Which entries fit a line, and how well: every word must be in the title by its letters in their order, or as it is in the
//! detail or the kind. Titles count most. Uses nothing of the crate but the entries.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Entry, Found};

/// How many are listed: nobody looks further.
const MOST: usize = 500;

/// The entries that fit, the best first, those that fit equally well as they came.
pub(super) fn rank<'e>(entries: impl Iterator<Item = &'e Entry>, text: &str) -> Vec<Found> {
    let words = words(text);
    if words.is_empty() {
        let plain = |entry: &Entry| Found { entry: entry.clone(), title: Vec::new(), detail: Vec::new() };
        return entries.take(MOST).map(plain).collect();
    }
    let mut config = Config::DEFAULT;
    config.prefer_prefix = true;
    let mut matcher = Matcher::new(config);
    let mut fitting: Vec<(u32, usize, &Entry)> = entries
        .filter_map(|entry| Some((score(entry, &words, &mut matcher)?, entry.title.chars().count(), entry)))
        .collect();
    // Of two that have it all the shorter is the nearer one. The sort is stable.
    fitting.sort_by_key(|&(score, length, _)| (std::cmp::Reverse(score), length));
    fitting.truncate(MOST);
    fitting.into_iter().map(|(_, _, entry)| found(entry, &words, &mut matcher)).collect()
}

/// A word by its letters, and as it is; where the letters lie so far apart that they earn less than this, they were found by
/// chance.
struct Word {
    letters: Atom,
    least: u32,
    whole: Atom,
}

/// What the matcher gives for a letter, before it takes some off for gaps.
const LETTER: u32 = 16;

/// What it adds where one follows the other.
const NEXT: u32 = 4;

fn words(text: &str) -> Vec<Word> {
    let atoms = |kind| Pattern::new(text, CaseMatching::Ignore, Normalization::Smart, kind).atoms;
    let both = atoms(AtomKind::Fuzzy).into_iter().zip(atoms(AtomKind::Substring));
    let word = |(letters, whole): (Atom, Atom)| {
        let count = letters.needle_text().len() as u32;
        let least = count * LETTER + count.saturating_sub(1) * NEXT;
        Word { letters, least, whole }
    };
    both.map(word).collect()
}

fn score(entry: &Entry, words: &[Word], matcher: &mut Matcher) -> Option<u32> {
    let mut characters = Vec::new();
    let mut of = |atom: &Atom, text: &str| atom.score(Utf32Str::new(text, &mut characters), matcher).map(u32::from);
    let mut sum = 0;
    for word in words {
        let title = of(&word.letters, &entry.title).filter(|score| *score >= word.least).map(|score| score * 2);
        sum += title.or_else(|| of(&word.whole, &entry.detail)).or_else(|| of(&word.whole, entry.kind()))?;
    }
    Some(sum)
}

/// The entry with the places that the words were found at.
fn found(entry: &Entry, words: &[Word], matcher: &mut Matcher) -> Found {
    let mut characters = Vec::new();
    let (mut title, mut detail) = (Vec::new(), Vec::new());
    for word in words {
        let mut places = Vec::new();
        let found = word.letters.indices(Utf32Str::new(&entry.title, &mut characters), matcher, &mut places);
        if found.is_some_and(|score| u32::from(score) >= word.least) {
            title.append(&mut places);
        } else {
            word.whole.indices(Utf32Str::new(&entry.detail, &mut characters), matcher, &mut detail);
        }
    }
    for places in [&mut title, &mut detail] {
        places.sort_unstable();
        places.dedup();
    }
    Found { entry: entry.clone(), title, detail }
}

#[cfg(test)]
mod tests {
    use super::super::Id;
    use super::*;

    fn titles(names: &[(&str, &str)], text: &str) -> Vec<String> {
        let entries: Vec<Entry> = names
            .iter()
            .map(|(title, detail)| Entry {
                kind: 0,
                title: (*title).to_owned(),
                detail: (*detail).to_owned(),
                key: "".into(),
                id: Id::Index(0),
            })
            .collect();
        rank(entries.iter(), text).into_iter().map(|found| found.entry.title).collect()
    }

    #[test]
    fn the_nearest_name_comes_first_and_what_lacks_a_word_is_left_out() {
        let names = [
            ("one level back; never quits", ""),
            ("quit", ""),
            ("Consumer Lag", "Overview"),
            ("consumer-lag", "built in"),
            ("Lease Conflicts", "Coordination & Schema"),
            ("half a range into the past", "loud and glad"),
        ];
        assert_eq!(titles(&names, "quit"), ["quit", "one level back; never quits"]);
        assert_eq!(titles(&names, "cnslag")[..2], ["Consumer Lag", "consumer-lag"]);
        assert_eq!(titles(&names, "lag over"), ["Consumer Lag"]);
        assert_eq!(titles(&names, "lag"), ["Consumer Lag", "consumer-lag"], "letters far apart are chance");
        assert_eq!(titles(&names, "LEASE schema"), ["Lease Conflicts"]);
        assert_eq!(titles(&names, "zzz"), [""; 0]);
        assert_eq!(titles(&names, "").len(), names.len());
        // What other searches take for signs are letters here.
        assert_eq!(titles(&[("a!b^c$'", ""), ("b", "")], "!^$'"), ["a!b^c$'"]);
    }

    #[test]
    fn the_letters_that_were_found_are_told() {
        let entry = Entry {
            kind: 0,
            title: "é Lag".to_owned(),
            detail: "Overview".to_owned(),
            key: "".into(),
            id: Id::Index(0),
        };
        let found = rank(std::iter::once(&entry), "lg vie");
        assert_eq!((&found[0].title[..], &found[0].detail[..]), (&[2, 4][..], &[4, 5, 6][..]));
    }
}
