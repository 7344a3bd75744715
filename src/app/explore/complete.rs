//! What may stand at the cursor of a query: the words that belong there, those that are typed first. Pure. Uses `catalog`
//! and `promql`.

use std::borrow::Cow;
use std::ops::Range;

use super::names::{Names, Question};
use crate::app::search::Filter;
use crate::catalog::{self, Kind};
use crate::promql::{Guide, Spot, Wanted, guide, spot};

/// Most words that are kept of a list: nobody scrolls further, more typing does.
const MOST: usize = 200;

/// What the list of a label's values is called.
pub(super) const VALUES: &str = "values";

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
    let is_duration = wanted == Wanted::Duration;
    let digits = typed.find(|c: char| !c.is_ascii_digit() || !is_duration).unwrap_or(typed.len());
    let made = ["s", "m", "h", "d"].map(|unit| format!("{}{unit}", &typed[..digits]));
    let guide = if matches!(wanted, Wanted::Expression(_)) { guide() } else { Vec::new() };
    let question = asked(&wanted);
    let told = question.as_ref().map(|question| names.of(question));
    let is_waiting = told.as_ref().is_some_and(Option::is_none);
    let told = told.flatten().unwrap_or_default();
    let told = || told.iter().map(|name| &**name);
    let has_prefix = typed.chars().next().is_some_and(|c| !c.is_ascii_digit());
    let mut offers: Vec<Offer<'_>> = Vec::with_capacity(told().len());
    let (heading, is_wanted) = match &wanted {
        Wanted::Nothing => return Completion::default(),
        Wanted::Expression(words) => {
            offers.extend(guide.iter().map(Offer::Function));
            offers.extend(words.iter().map(|word| Offer::Keyword(word)));
            offers.extend(told().map(Offer::Metric));
            ("metrics and functions", has_prefix)
        }
        Wanted::Word(words) => {
            offers.extend(words.iter().map(|word| Offer::Keyword(word)));
            ("words", has_prefix)
        }
        Wanted::Matcher(_) => {
            offers.extend(told().map(Offer::Label));
            ("labels", true)
        }
        Wanted::Grouping(_) => {
            offers.extend(told().filter(|name| *name != "__name__").map(Offer::Group));
            ("labels", true)
        }
        Wanted::Value { quote, .. } => {
            // A raw string has no way to write what ends it.
            let fits = |value: &&str| is_faithful(value) && (*quote != Some('`') || !value.contains('`'));
            offers.extend(told().filter(fits).map(Offer::Value));
            (VALUES, true)
        }
        Wanted::Duration => {
            let units = made.iter().zip(["seconds", "minutes", "hours", "days"]);
            match digits {
                0 => offers.extend(DURATIONS.iter().map(|&(word, about)| Offer::Duration(word, about))),
                _ => offers.extend(units.map(|(word, about)| Offer::Duration(word, about))),
            }
            ("durations", true)
        }
    };
    let (best, found) = best(&offers, &typed);
    let write = |offer: &Offer<'_>| match (*offer, &wanted) {
        (Offer::Function(guide), _) => Some(function(guide, rest)),
        (Offer::Keyword(word), _) => Some(keyword(word, rest)),
        (Offer::Metric(name), _) => Some(metric(name, names)),
        (Offer::Label(name), _) => Some(label(name, rest)),
        (Offer::Group(name), _) => Some(Candidate::plain(name, quoted_name(name))),
        (Offer::Value(value), Wanted::Value { quote, regex, .. }) => {
            Some(Candidate::plain(value, quoted(value, *quote, *regex, rest)?))
        }
        (Offer::Value(_), _) => None,
        (Offer::Duration(word, about), _) => {
            let is_closed = rest.starts_with([']', ':']) || !in_brackets(text, replaced.start);
            let insert = format!("{word}{}", if is_closed { "" } else { "]" });
            Some(Candidate { word: word.to_owned(), insert, about: about.to_owned() })
        }
    };
    let candidates: Vec<Candidate> = best.iter().filter_map(write).collect();
    // A word that stands there whole needs no list.
    let is_whole =
        matches!(candidates.as_slice(), [only] if only.word == typed && text.get(replaced.clone()) == Some(&typed));
    let is_wanted = is_wanted && !is_whole;
    Completion { candidates, found, of: offers.len(), replaced, heading, is_waiting, is_wanted }
}

/// The question that the list at the cursor needs answered.
pub(super) fn question(text: &str, cursor: usize) -> Option<Question> {
    asked(&spot(text, cursor).wanted)
}

fn asked(wanted: &Wanted) -> Option<Question> {
    match wanted {
        Wanted::Expression(_) => Some(Question::metrics()),
        Wanted::Matcher(selector) => Some(Question::names(selector)),
        Wanted::Grouping(metrics) => Some(Question::names(&metrics.join(" or "))),
        Wanted::Value { selector, label, .. } => Question::values(selector, label),
        Wanted::Word(_) | Wanted::Duration | Wanted::Nothing => None,
    }
}

/// Something that may stand at the cursor, before anybody writes it out.
#[derive(Clone, Copy)]
enum Offer<'a> {
    Function(&'a Guide),
    Keyword(&'a str),
    Metric(&'a str),
    Label(&'a str),
    /// A label to group or to pair by.
    Group(&'a str),
    Value(&'a str),
    /// A duration, and what it is in words.
    Duration(&'a str, &'static str),
}

impl<'a> Offer<'a> {
    fn word(self) -> &'a str {
        match self {
            Self::Function(guide) => guide.name,
            Self::Keyword(word)
            | Self::Metric(word)
            | Self::Label(word)
            | Self::Group(word)
            | Self::Value(word)
            | Self::Duration(word, _) => word,
        }
    }
}

/// The offers that go with what is typed, the best of them first and no more than are kept; and how many there are.
fn best<'a>(offers: &[Offer<'a>], typed: &str) -> (Vec<Offer<'a>>, usize) {
    let search = Filter::word(typed);
    let mut sieve = search.sieve();
    let place = |(place, distance): (usize, u32)| (distance, place);
    let offered = || offers.iter().map(|offer| offer.word()).enumerate();
    let mut found: Vec<(u32, usize)> =
        offered().filter_map(|(i, word)| Some((i, sieve.distance_whole(word)?))).map(place).collect();
    // Letters are looked for where words alone do not fill the list: among very many names that takes its time.
    if found.len() < MOST && typed.chars().count() > 2 {
        found = offered().filter_map(|(i, word)| Some((i, sieve.distance_of(word, &[])?))).map(place).collect();
    }
    let count = found.len();
    if count > MOST {
        found.select_nth_unstable(MOST);
        found.truncate(MOST);
    }
    found.sort_unstable();
    (found.into_iter().map(|(_, place)| offers[place]).collect(), count)
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

fn metric(name: &str, names: &Names) -> Candidate {
    let known = catalog::find(name).map(|m| {
        let kind = match m.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        format!("{kind}  {}", m.help)
    });
    let about = known.or_else(|| names.help(name).map(str::to_owned)).unwrap_or_default();
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
