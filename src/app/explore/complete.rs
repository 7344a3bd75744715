//! What may stand at the cursor of a query: the words that belong there, those that are typed first. Pure. Uses `catalog`
//! and `promql`.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::names::{Names, Question};
use crate::catalog::{self, Kind};
use crate::promql::{Guide, Spot, Wanted, guide, spot};

/// Most words that are kept of a list: nobody scrolls further, more typing does.
const MOST: usize = 200;

/// From so many typed characters on they may lie apart in a word.
const LOOSE: usize = 3;

/// Durations that are worth listing.
const DURATIONS: [(&str, &str); 9] = [
    ("1m", "one minute"),
    ("5m", "five minutes"),
    ("15m", "a quarter of an hour"),
    ("30m", "half an hour"),
    ("1h", "one hour"),
    ("6h", "six hours"),
    ("1d", "one day"),
    ("1w", "one week"),
    ("30s", "half a minute"),
];

/// What the keywords do.
const KEYWORDS: [(&str, &str); 13] = [
    ("and", "what is on the left and on the right"),
    ("or", "what is on the left, and what only the right has"),
    ("unless", "what is on the left and not on the right"),
    ("offset", "as it was so long ago"),
    ("atan2", "arc tangent of two values"),
    ("by", "keep these labels"),
    ("without", "drop these labels"),
    ("on", "pair by these labels"),
    ("ignoring", "pair by all labels but these"),
    ("bool", "0 or 1 instead of leaving out"),
    ("group_left", "many on the left to one"),
    ("group_right", "one to many on the right"),
    ("inf", "infinity"),
];

/// A word that may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// As it is shown.
    pub word: String,
    /// What comes in its place.
    pub insert: String,
    /// What it is, in a few words; empty where there is nothing to say.
    pub about: String,
}

/// The words that may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// The best first.
    pub candidates: Vec<Candidate>,
    /// How many there are, also beyond those.
    pub found: usize,
    /// How many there would be, were nothing typed.
    pub of: usize,
    /// The bytes of the query that a candidate replaces.
    pub replaced: Range<usize>,
    /// What they are, as a heading.
    pub heading: &'static str,
    /// Whether the source has not said yet what there is.
    pub is_waiting: bool,
    /// Whether it comes up by itself: something is typed, or what belongs there is a short list.
    pub is_wanted: bool,
}

/// What may stand at byte `cursor` of `text`.
pub(super) fn complete(text: &str, cursor: usize, names: &Names) -> Completion {
    let Spot { wanted, replaced, typed } = spot(text, cursor);
    let rest = text.get(replaced.end..).unwrap_or_default();
    let mut out = Sieve { typed: &typed, found: Vec::new(), of: 0 };
    let mut is_waiting = false;
    let mut take = |question: Option<Question>| -> Arc<[Arc<str>]> {
        let known = question.and_then(|q| names.of(&q));
        is_waiting |= known.is_none();
        known.unwrap_or_default()
    };
    let has_prefix = typed.chars().next().is_some_and(|c| !c.is_ascii_digit());
    let (heading, is_wanted) = match &wanted {
        Wanted::Nothing => return Completion::default(),
        Wanted::Expression(words) => {
            for g in guide() {
                out.offer(g.name, || function(&g, rest));
            }
            for word in *words {
                out.offer(word, || keyword(word, rest));
            }
            for name in &*take(Some(Question::metrics())) {
                out.offer(name, || metric(name));
            }
            ("metrics and functions", has_prefix)
        }
        Wanted::Word(words) => {
            for word in *words {
                out.offer(word, || keyword(word, rest));
            }
            ("words", has_prefix)
        }
        Wanted::Matcher(selector) => {
            for name in &*take(Some(Question::names(selector))) {
                out.offer(name, || label(name, rest));
            }
            ("labels", true)
        }
        Wanted::Grouping(metrics) => {
            for name in take(Some(Question::names(&metrics.join(" or ")))).iter().filter(|n| ***n != *"__name__") {
                out.offer(name, || Candidate::plain(name, quoted_name(name)));
            }
            ("labels", true)
        }
        Wanted::Value { selector, label, quote, regex } => {
            for value in take(Question::values(selector, label)).iter().filter(|v| is_faithful(v)) {
                if let Some(insert) = quoted(value, *quote, *regex, rest) {
                    out.offer(value, || Candidate::plain(value, insert));
                }
            }
            ("values", true)
        }
        Wanted::Duration => {
            let (digits, _) = typed.split_at(typed.find(|c: char| !c.is_ascii_digit()).unwrap_or(typed.len()));
            let close = if rest.starts_with([']', ':']) || !in_brackets(text, replaced.start) { "" } else { "]" };
            let made = ["s", "m", "h", "d"].map(|unit| format!("{digits}{unit}"));
            let given = DURATIONS.iter().map(|&(word, about)| (Cow::Borrowed(word), about));
            let typed_ones = made.iter().zip(["seconds", "minutes", "hours", "days"]);
            let typed_ones = typed_ones.map(|(word, about)| (Cow::Borrowed(word.as_str()), about));
            let all: Vec<_> = if digits.is_empty() { given.collect() } else { typed_ones.collect() };
            for (word, about) in &all {
                let insert = format!("{word}{close}");
                out.offer(word, || Candidate { word: word.to_string(), insert, about: (*about).to_owned() });
            }
            ("durations", true)
        }
    };
    let of = out.of;
    let (candidates, found) = out.best();
    // A word that stands there whole needs no list.
    let is_whole =
        matches!(candidates.as_slice(), [only] if only.word == typed && text.get(replaced.clone()) == Some(&typed));
    let is_wanted = is_wanted && !is_whole;
    Completion { candidates, found, of, replaced, heading, is_waiting, is_wanted }
}

/// The questions that the list at the cursor needs answered.
pub(super) fn question(text: &str, cursor: usize) -> Option<Question> {
    match spot(text, cursor).wanted {
        Wanted::Expression(_) => Some(Question::metrics()),
        Wanted::Matcher(selector) => Some(Question::names(&selector)),
        Wanted::Grouping(metrics) => Some(Question::names(&metrics.join(" or "))),
        Wanted::Value { selector, label, .. } => Question::values(&selector, &label),
        Wanted::Word(_) | Wanted::Duration | Wanted::Nothing => None,
    }
}

/// Keeps what goes with what is typed.
struct Sieve<'t> {
    typed: &'t str,
    /// How well each goes with it, the place in the list, and what it is.
    found: Vec<(u8, usize, Candidate)>,
    of: usize,
}

impl Sieve<'_> {
    fn offer(&mut self, word: &str, make: impl FnOnce() -> Candidate) {
        self.of += 1;
        if let Some(rank) = rank(word, self.typed) {
            self.found.push((rank, self.of, make()));
        }
    }

    /// The best ones, and how many there are.
    fn best(mut self) -> (Vec<Candidate>, usize) {
        let found = self.found.len();
        self.found.sort_by_key(|(rank, place, _)| (*rank, *place));
        self.found.truncate(MOST);
        (self.found.into_iter().map(|(.., candidate)| candidate).collect(), found)
    }
}

/// How well `word` goes with what is typed: 0 is all of it, 1 its beginning, 2 the beginning of one of its parts, 3 anywhere,
/// 4 the characters with others between them; `None` not at all.
fn rank(word: &str, typed: &str) -> Option<u8> {
    if typed.is_empty() {
        return Some(1);
    }
    let (word, typed) = (word.to_lowercase(), typed.to_lowercase());
    if word == typed {
        return Some(0);
    }
    match word.find(&typed) {
        Some(0) => Some(1),
        Some(_) => {
            let begins = |i: usize| word[..i].ends_with(|c: char| !c.is_alphanumeric());
            let part = word.match_indices(&typed).any(|(i, _)| begins(i));
            Some(if part { 2 } else { 3 })
        }
        None if typed.chars().count() < LOOSE => None,
        None => {
            let mut rest = word.chars();
            typed.chars().all(|c| rest.any(|w| w == c)).then_some(4)
        }
    }
}

impl Candidate {
    fn plain(word: &str, insert: String) -> Self {
        Self { word: word.to_owned(), insert, about: String::new() }
    }
}

fn function(g: &Guide, rest: &str) -> Candidate {
    let open = if rest.trim_start().starts_with('(') { "" } else { "(" };
    let insert = format!("{}{open}", g.name);
    Candidate { word: g.name.to_owned(), insert, about: format!("{}  {}", g.signature, g.help) }
}

fn keyword(word: &str, rest: &str) -> Candidate {
    let about = KEYWORDS.iter().find(|(known, _)| *known == word).map_or("", |(_, about)| about);
    let groups = matches!(word, "by" | "without" | "on" | "ignoring" | "group_left" | "group_right");
    let after = match rest.trim_start().starts_with('(') {
        false if groups => " (",
        false if !rest.starts_with(' ') => " ",
        _ => "",
    };
    Candidate { word: word.to_owned(), insert: format!("{word}{after}"), about: about.to_owned() }
}

fn metric(name: &str) -> Candidate {
    let about = catalog::find(name).map_or(String::new(), |m| {
        let kind = match m.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        format!("{kind}  {}", m.help)
    });
    // Prometheus 3 takes any name, in quotes and braces.
    let insert = if is_name(name, true) { name.to_owned() } else { format!("{{{}}}", string(name, '"')) };
    Candidate { word: name.to_owned(), insert, about }
}

fn label(name: &str, rest: &str) -> Candidate {
    let op = if rest.trim_start().starts_with(['=', '!']) { "" } else { "=\"" };
    Candidate::plain(name, format!("{}{op}", quoted_name(name)))
}

fn quoted_name(name: &str) -> String {
    if is_name(name, false) { name.to_owned() } else { string(name, '"') }
}

fn is_name(name: &str, colons: bool) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || colons && c == ':';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

/// Whether a value is as the source has it: what a terminal cannot show was replaced on the way, and would match nothing.
fn is_faithful(value: &str) -> bool {
    !value.chars().any(|c| ('\u{2400}'..='\u{2426}').contains(&c) || c == '\u{fffd}')
}

/// A value as it stands in the query, up to and with the closing quote where `rest` does not have it; `None` where the open
/// quote cannot hold it.
fn quoted(value: &str, quote: Option<char>, regex: bool, rest: &str) -> Option<String> {
    let pattern = if regex { Cow::Owned(escaped(value)) } else { Cow::Borrowed(value) };
    let Some(quote) = quote else { return Some(string(&pattern, '"')) };
    if quote == '`' && pattern.contains('`') {
        return None;
    }
    let whole = string(&pattern, quote);
    let end = if rest.starts_with(quote) || regex && rest.starts_with('|') { whole.len() - 1 } else { whole.len() };
    whole.get(1..end).map(str::to_owned)
}

/// `text` between quotes, as PromQL reads it.
fn string(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        if quote != '`' && (c == '\\' || c == quote) {
            out.push('\\');
        }
        out.push(c);
    }
    out.push(quote);
    out
}

/// `value` as a pattern that nothing else matches.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Whether a bracket is open before byte `at`.
fn in_brackets(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.rfind('[') > before.rfind(']')
}

#[cfg(test)]
mod tests;
