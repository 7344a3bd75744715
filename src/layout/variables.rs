//! `$name` in queries and texts: where variables stand, and putting their values in. Uses `promql`.

use std::borrow::Cow;
use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::model::{All, PanelQuery};
use crate::promql::parse_duration;

/// What is chosen of a variable's values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    /// All of them, those that are still to come too.
    #[default]
    All,
    /// These. None at all restricts nothing, as [`Selection::All`].
    Values(Vec<String>),
}

/// What one variable stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Binding {
    /// Its name without `$`.
    pub name: String,
    /// What is chosen.
    pub chosen: Selection,
    /// What "all" stands for.
    pub all: All,
    /// Whether there can be several values: each is then taken literally where a regular expression is wanted. The value of
    /// a variable that has one alone is a regular expression itself.
    pub many: bool,
    /// All values that can be chosen: (what the picker calls it, the value).
    pub known: Vec<(String, String)>,
}

/// What all variables stand for at one time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// The dashboard's own; of two of one name the later one counts.
    pub bindings: Vec<Binding>,
    /// Distance between steps, ms.
    pub step: i64,
    /// Distance between scrapes, ms.
    pub interval: i64,
    /// Start and end of the time range, ms since the epoch.
    pub range: (i64, i64),
}

/// Names of what shtop itself stands in for, as Grafana has them:
/// <https://grafana.com/docs/grafana/latest/dashboards/variables/add-template-variables/#global-variables>.
pub(crate) const BUILTIN: &[&str] = &[
    "__interval",
    "__interval_ms",
    "__rate_interval",
    "__rate_interval_ms",
    "__range",
    "__range_s",
    "__range_ms",
    "__from",
    "__to",
];

/// The regular expression `text`, bounded in size; `None` where it is none.
pub(super) fn pattern(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).size_limit(1 << 20).build().ok()
}

/// `expr` with variables replaced of which nothing is known but what is chosen: several at once, or all.
pub fn interpolate<N: AsRef<str>>(expr: &str, selections: &[(N, Selection)]) -> String {
    let binding = |(name, chosen): &(N, Selection)| Binding {
        name: name.as_ref().to_owned(),
        chosen: chosen.clone(),
        many: true,
        ..Binding::default()
    };
    Scope { bindings: selections.iter().map(binding).collect(), ..Scope::default() }.query(expr)
}

/// The filter `text` of a variable; `None` where it is empty.
pub fn filter(text: &str) -> Option<Regex> {
    pattern(text).filter(|_| !text.is_empty())
}

/// Whether `expr` has the variable `name` in it.
pub fn mentions(expr: &str, name: &str) -> bool {
    expr.contains(name) && places(expr).iter().any(|place| place.name == name)
}

/// The variables that `expr` mentions, each with its bytes.
pub(crate) fn mentioned(expr: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    places(expr).into_iter().map(|place| (place.range, place.name))
}

/// Whether the variable `name` stands in `expr` outside of strings, where a name, a number or a duration is wanted.
pub(crate) fn stands_free(expr: &str, name: &str) -> bool {
    expr.contains(name) && places(expr).iter().any(|place| place.name == name && place.site == Site::Outside)
}

/// What stands for a mention.
enum Stand<'s> {
    /// This text, as it is.
    Raw(Cow<'s, str>),
    /// One value that may be a regular expression.
    One(&'s str),
    /// These values.
    Many(Vec<&'s str>),
}

impl Scope {
    /// `expr` with every variable replaced. In the string of a `=~` or `!~` matcher several values become alternatives that
    /// match literally; in other strings and outside of strings they are joined with `|`. A format (`${name:csv}`) decides
    /// otherwise. Names that are unknown stay as they are.
    pub fn query(&self, expr: &str) -> String {
        self.replaced(expr, places(expr), |place, stand| match place.site {
            Site::Regex { quote, alone } if place.format.is_empty() => alternatives(stand, quote, alone),
            site => {
                let quote = match site {
                    Site::Regex { quote, .. } | Site::Text { quote } => Some(quote),
                    Site::Outside => None,
                };
                let text = match (place.format, stand) {
                    (_, Stand::Raw(raw)) => return raw.clone().into_owned(),
                    ("raw", stand) => return formatted("csv", &stand.values()),
                    ("", stand) => formatted("pipe", &stand.values()),
                    ("text", _) => self.text_of(place.name),
                    (format, stand) => formatted(format, &stand.values()),
                };
                quote.map_or_else(|| text.clone(), |quote| quoted(&text, quote))
            }
        })
    }

    /// The scope with the distances between steps and scrapes that `query` goes by.
    pub fn for_query(&self, query: &PanelQuery) -> Cow<'_, Self> {
        let ms = |word: &str| parse_duration(&self.query(word)).filter(|ms| *ms > 0);
        let (step, interval) = (ms(&query.step), ms(&query.interval));
        if step.or(interval).is_none() {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self {
            step: self.step.max(step.unwrap_or(0)),
            interval: interval.unwrap_or(self.interval),
            ..self.clone()
        })
    }

    /// `text` with every variable replaced by what people call its values.
    pub fn text(&self, text: &str) -> String {
        self.named(text, |word| word)
    }

    /// As [`text`](Self::text) for Markdown: what a value would mean as markup it does not mean here.
    pub fn markdown(&self, markdown: &str) -> String {
        let escaped = |c: char| ["`*[]<>|#~&\\".contains(c).then_some('\\'), Some(c)].into_iter().flatten();
        self.named(markdown, |word| word.chars().flat_map(escaped).collect())
    }

    fn named(&self, text: &str, put: impl Fn(String) -> String) -> String {
        if !text.contains(['$', '[']) {
            return text.to_owned();
        }
        let mut found = Vec::new();
        each_mention(text, 0..text.len(), |range, name, format| {
            found.push(Place { name, format, range, site: Site::Outside });
        });
        self.replaced(text, found, |place, stand| {
            put(match (place.format, stand) {
                ("" | "text", _) => self.text_of(place.name),
                (_, Stand::Raw(raw)) => raw.clone().into_owned(),
                (format, stand) => formatted(format, &stand.values()),
            })
        })
    }

    fn replaced(&self, from: &str, places: Vec<Place<'_>>, word: impl Fn(&Place<'_>, &Stand<'_>) -> String) -> String {
        let mut text = String::with_capacity(from.len());
        let mut copied = 0;
        for place in places {
            let Some(stand) = self.stand(place.name) else { continue };
            text += &from[copied..place.range.start];
            text += &word(&place, &stand);
            copied = place.range.end;
        }
        text + &from[copied..]
    }

    fn binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.iter().rev().find(|b| b.name == name)
    }

    fn stand(&self, name: &str) -> Option<Stand<'_>> {
        let Some(binding) = self.binding(name) else { return self.builtin(name).map(|text| Stand::Raw(text.into())) };
        Some(match (&binding.chosen, &binding.all) {
            (Selection::Values(values), _) if !values.is_empty() => match values.as_slice() {
                // An interval that is left to the program.
                [value] if value.starts_with("$__") => {
                    Stand::Raw(self.builtin(&value[1..]).map_or(Cow::Borrowed(value), Cow::Owned))
                }
                [value] if !binding.many => Stand::One(value),
                values => Stand::Many(values.iter().map(String::as_str).collect()),
            },
            (_, All::Pattern(pattern)) => Stand::Raw(pattern.as_str().into()),
            (_, All::Listed) if binding.known.is_empty() => Stand::Raw(".*".into()),
            (_, All::Listed) => Stand::Many(binding.known.iter().map(|(_, value)| value.as_str()).collect()),
            (_, All::No) => match binding.known.first() {
                Some((_, value)) if !binding.many => Stand::One(value),
                first => Stand::Many(first.map(|(_, value)| value.as_str()).into_iter().collect()),
            },
        })
    }

    fn builtin(&self, name: &str) -> Option<String> {
        let rate = (self.step + self.interval).max(4 * self.interval);
        let (from, to) = self.range;
        Some(match name {
            "__interval" => duration(self.step),
            "__interval_ms" => self.step.to_string(),
            "__rate_interval" => duration(rate),
            "__rate_interval_ms" => rate.to_string(),
            "__range" => duration(to - from),
            "__range_s" => ((to - from) / 1_000).to_string(),
            "__range_ms" => (to - from).to_string(),
            "__from" => from.to_string(),
            "__to" => to.to_string(),
            _ => return None,
        })
    }

    /// What people call what is chosen.
    fn text_of(&self, name: &str) -> String {
        let Some(binding) = self.binding(name) else { return self.builtin(name).unwrap_or_default() };
        let called = |value: &str| {
            let known = binding.known.iter().find(|(_, v)| v == value).map(|(text, _)| text.as_str());
            known.unwrap_or(value).to_owned()
        };
        match (&binding.chosen, &binding.all) {
            (Selection::Values(values), _) if !values.is_empty() => {
                values.iter().map(|v| called(v)).collect::<Vec<_>>().join(" + ")
            }
            (_, All::No) => binding.known.first().map(|(text, _)| text.clone()).unwrap_or_default(),
            _ => "All".to_owned(),
        }
    }
}

impl Stand<'_> {
    fn values(&self) -> Vec<&str> {
        match self {
            Self::Raw(raw) => vec![raw],
            Self::One(value) => vec![value],
            Self::Many(values) => values.clone(),
        }
    }
}

/// As PromQL writes it.
fn duration(ms: i64) -> String {
    let ms = ms.max(1);
    if ms % 1_000 == 0 { format!("{}s", ms / 1_000) } else { format!("{ms}ms") }
}

/// `values` in one of the formats of `${name:format}`; an unknown format is that of globs, as in Grafana.
fn formatted(format: &str, values: &[&str]) -> String {
    let each =
        |word: fn(&str) -> String, between: &str| values.iter().map(|v| word(v)).collect::<Vec<_>>().join(between);
    let brackets = |open: &str, inside: String, close: &str| {
        if values.len() == 1 { inside } else { format!("{open}{inside}{close}") }
    };
    match format {
        "regex" => brackets("(", each(regex::escape, "|"), ")"),
        "pipe" => values.join("|"),
        "csv" => values.join(","),
        "doublequote" => each(|v| format!("\"{}\"", v.replace('"', "\\\"")), ","),
        "singlequote" => each(|v| format!("'{}'", v.replace('\'', "\\'")), ","),
        "sqlstring" => each(|v| format!("'{}'", v.replace('\'', "''")), ","),
        "json" => match values {
            [one] => format!("\"{}\"", one.replace('\\', "\\\\").replace('"', "\\\"")),
            _ => format!("[{}]", each(|v| format!("\"{}\"", v.replace('\\', "\\\\").replace('"', "\\\"")), ",")),
        },
        "text" => values.join(" + "),
        _ => brackets("{", values.join(","), "}"),
    }
}

/// `expr` with a pattern of the same length in place of each variable, so that places in it stay true.
pub(crate) fn neutral(expr: &str) -> String {
    let mut text = expr.to_owned();
    for place in places(expr) {
        text.replace_range(place.range.clone(), &".".repeat(place.range.len()));
    }
    text
}

/// One mention of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'e> {
    /// Without `$` and braces.
    pub(super) name: &'e str,
    /// How its values are to be written: `csv` of `${name:csv}`; empty for what suits the place.
    pub(super) format: &'e str,
    /// Bytes of the expression, `$` included.
    pub(super) range: Range<usize>,
    pub(super) site: Site,
}

/// What a variable stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Site {
    /// The string of a regex matcher, in these quotes; `alone` where the string is nothing else.
    Regex { quote: char, alone: bool },
    /// Any other string, in these quotes.
    Text {
        /// The quotes.
        quote: char,
    },
    /// Not in a string.
    Outside,
}

/// Every `$name`, `${name}` and `[[name]]` of `expr`, comments left out. `$1` and a `$` at the end of a pattern are none.
pub(super) fn places(expr: &str) -> Vec<Place<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = expr[at..].chars().next() {
        at = match c {
            '#' => expr[at..].find('\n').map_or(expr.len(), |i| at + i),
            '"' | '\'' | '`' => {
                let end = closing(expr, at + 1, c);
                let before = expr[..at].trim_end();
                let regex = before.ends_with("=~") || before.ends_with("!~");
                each_mention(expr, at + 1..end, |range, name, format| {
                    let alone = range == (at + 1..end);
                    let site = if regex { Site::Regex { quote: c, alone } } else { Site::Text { quote: c } };
                    found.push(Place { name, format, range, site });
                });
                (end + 1).min(expr.len())
            }
            '$' | '[' => {
                let mention = mention(expr, at);
                if let Some((end, name, format)) = mention {
                    found.push(Place { name, format, range: at..end, site: Site::Outside });
                }
                mention.map_or(at + 1, |(end, ..)| end)
            }
            _ => at + c.len_utf8(),
        };
    }
    found
}

/// The index of the quote that ends the string whose text starts at `start`; the end where there is none.
fn closing(expr: &str, start: usize, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in expr[start..].char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote != '`' {
            escaped = true;
        } else if c == quote {
            return start + i;
        }
    }
    expr.len()
}

fn each_mention<'e>(expr: &'e str, within: Range<usize>, mut visit: impl FnMut(Range<usize>, &'e str, &'e str)) {
    let mut at = within.start;
    while let Some(i) = expr[at..within.end].find(['$', '[']) {
        let start = at + i;
        at = match mention(expr, start) {
            Some((end, name, format)) if end <= within.end => {
                visit(start..end, name, format);
                end
            }
            _ => start + 1,
        };
    }
}

/// Where the mention that starts at `start` ends, its name and its format; `None` where there is no mention.
fn mention(expr: &str, start: usize) -> Option<(usize, &str, &str)> {
    let rest = &expr[start..];
    let (open, close) = if rest.starts_with("${") {
        ("${", "}")
    } else if rest.starts_with("[[") {
        ("[[", "]]")
    } else {
        ("$", "")
    };
    let inside = rest.strip_prefix(open)?;
    if !inside.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    let len = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
    let (name, behind) = inside.split_at(len);
    let mut format = "";
    let mut end = start + open.len() + len;
    if let Some(word) = behind.strip_prefix(':').filter(|_| !close.is_empty()) {
        let len = word.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(word.len());
        format = &word[..len];
        end += 1 + len;
    }
    expr[end..].starts_with(close).then_some((end + close.len(), name, format))
}

fn alternatives(stand: &Stand<'_>, quote: char, alone: bool) -> String {
    let values = match stand {
        Stand::Raw(raw) => return raw.clone().into_owned(),
        Stand::One(value) => return quoted(value, quote),
        Stand::Many(values) => values,
    };
    let escaped: Vec<String> = values.iter().map(|v| quoted(&regex::escape(v), quote)).collect();
    if alone || escaped.len() == 1 { escaped.join("|") } else { format!("(?:{})", escaped.join("|")) }
}

/// `pattern` as it is written between these quotes.
fn quoted(pattern: &str, quote: char) -> String {
    let mut text = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        match c {
            // A raw string knows no escapes, but the regular expression in it does.
            '`' if quote == '`' => text += r"\x60",
            _ if quote == '`' => text.push(c),
            '\n' => text += r"\n",
            '\r' => text += r"\r",
            '\\' => text += r"\\",
            _ if c == quote => text.extend(['\\', c]),
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests;
