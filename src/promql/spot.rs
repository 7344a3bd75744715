//! What belongs at the cursor of a query that is being written. Uses nothing of the crate but `aggregate`'s names.
//!
//! The text may be wrong anywhere: this reads what stands before the cursor as far as it makes sense and never refuses.

use std::ops::Range;

use super::aggregate::Aggregator;

/// What belongs at a place of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A metric, a function or an aggregation; or one of these words.
    Expression(&'static [&'static str]),
    /// What comes behind an expression: one of these words.
    Word(&'static [&'static str]),
    /// The name of a label, of what this selector selects; it is empty where nothing is known of it.
    Matcher(String),
    /// The name of a label, to group or to pair by, of any of these metrics.
    Grouping(Vec<String>),
    /// A value of this label, of what this selector selects.
    Value {
        /// What is selected without it; empty where nothing is known of it.
        selector: String,
        /// The label.
        label: String,
        /// The quote that is open; `None` where there is none yet.
        quote: Option<char>,
        /// Whether it is a part of a regular expression.
        regex: bool,
    },
    /// A duration.
    Duration,
    /// Nothing that can be listed.
    Nothing,
}

/// A place of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// What belongs there.
    pub wanted: Wanted,
    /// The bytes that it would replace: what is typed of it, and what of it stands behind the cursor.
    pub replaced: Range<usize>,
    /// What is typed of it, as it stands before the cursor.
    pub typed: String,
}

/// Behind an operand.
const BEHIND: &[&str] = &["and", "or", "unless", "offset", "atan2"];
/// Behind an aggregation's name.
const AGGREGATING: &[&str] = &["by", "without"];
/// Behind an aggregation.
const AGGREGATED: &[&str] = &["by", "without", "and", "or", "unless", "atan2"];
/// Behind an operator.
const PAIRING: &[&str] = &["on", "ignoring", "bool"];
/// Behind the labels to pair by.
const MANY: &[&str] = &["group_left", "group_right"];

/// Most metrics of a query whose labels are offered for grouping.
const METRICS: usize = 8;

/// What belongs at byte `cursor` of `text`.
pub fn spot(text: &str, cursor: usize) -> Spot {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let mut reader = Reader::default();
    let tokens = tokens(&text[..cursor]);
    // The word at the cursor is what is being typed, not what it follows.
    let (typed, before) = match tokens.split_last() {
        Some((last, before)) if last.end == cursor && last.kind != Kind::Sign && last.kind != Kind::Closed => {
            (Some(last), before)
        }
        _ => (None, tokens.as_slice()),
    };
    for token in before {
        reader.read(token, &text[token.start..token.end]);
    }
    reader.spot(text, cursor, typed)
}

/// The queries of `text`, which `;` parts from each other, as its bytes without the blanks around them; at least one, and
/// empty ones where nothing stands.
pub fn queries(text: &str) -> Vec<Range<usize>> {
    let signs =
        tokens(text).into_iter().filter(|token| token.kind == Kind::Sign && text[token.start..].starts_with(';'));
    let ends = signs.map(|token| token.start).chain([text.len()]);
    let mut start = 0;
    let trimmed = ends.map(|end| {
        let query = &text[start..end];
        let from = start + query.len() - query.trim_start().len();
        start = end + 1;
        from..from + query.trim().len()
    });
    trimmed.collect()
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    /// A string with its end.
    Closed,
    /// A string without one.
    Open(char),
    Comment,
    Sign,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

const fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// Cuts `text` up; whatever it is, every byte that is no blank is in one token.
fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut at = 0;
    let mut bracket = false;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let run = |is: fn(char) -> bool| rest.find(|c: char| !is(c)).unwrap_or(rest.len());
        let (kind, len) = match c {
            _ if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '#' => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
            '"' | '\'' | '`' => string(rest, c),
            ':' if bracket => (Kind::Sign, 1),
            '0'..='9' | '.' => (Kind::Number, run(|c| c.is_ascii_alphanumeric() || c == '.')),
            _ if in_word(c) => (Kind::Word, run(in_word)),
            '=' | '!' | '<' | '>' if rest[1..].starts_with(['=', '~']) => (Kind::Sign, 2),
            _ => (Kind::Sign, c.len_utf8()),
        };
        match c {
            '[' => bracket = true,
            ']' => bracket = false,
            _ => {}
        }
        found.push(Token { kind, start: at, end: at + len });
        at += len;
    }
    found
}

fn string(rest: &str, quote: char) -> (Kind, usize) {
    let mut chars = rest.char_indices().skip(1);
    while let Some((i, c)) = chars.next() {
        match c {
            _ if c == quote => return (Kind::Closed, i + 1),
            '\\' if quote != '`' => drop(chars.next()),
            _ => {}
        }
    }
    (Kind::Open(quote), rest.len())
}

/// What the cursor is inside of.
#[derive(Debug)]
enum Inside {
    /// Parentheses of an expression or of arguments; whether they are an aggregation's.
    Parentheses(bool),
    /// Parentheses with the names of labels.
    Names,
    /// Braces: the metric before them, the matchers so far and the one that is begun.
    Braces { metric: String, matchers: Vec<String>, label: String, op: String, has_value: bool },
    /// Brackets.
    Brackets,
}

/// What stands last before the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Last {
    #[default]
    Nothing,
    /// An operator, or a comma: an expression follows.
    Operator,
    /// The same, but what it follows is not an operator between two expressions.
    Opening,
    Metric(String),
    Aggregation,
    /// Arguments of an aggregation, closed.
    Aggregated,
    Operand,
    /// `by`, `on`, …: names in parentheses follow.
    Grouping(bool),
    /// Names in parentheses, closed; whether they are those of `on` or `ignoring`.
    Grouped(bool),
    Offset,
}

#[derive(Debug, Default)]
struct Reader {
    inside: Vec<Inside>,
    last: Last,
    /// Whether the names in the innermost parentheses pair, rather than group.
    pairs: bool,
}

impl Reader {
    fn read(&mut self, token: &Token, text: &str) {
        if token.kind == Kind::Comment {
            return;
        }
        if let Some(Inside::Braces { .. }) = self.inside.last() {
            return self.in_braces(token, text);
        }
        match (token.kind, text) {
            (Kind::Sign, "(") => {
                self.inside.push(match &self.last {
                    Last::Grouping(pairs) => {
                        self.pairs = *pairs;
                        Inside::Names
                    }
                    last => Inside::Parentheses(*last == Last::Aggregation),
                });
                self.last = Last::Opening;
            }
            (Kind::Sign, ")") => {
                self.last = match self.inside.pop() {
                    Some(Inside::Names) => Last::Grouped(self.pairs),
                    Some(Inside::Parentheses(true)) => Last::Aggregated,
                    _ => Last::Operand,
                };
            }
            (Kind::Sign, "{") => {
                let metric = match std::mem::take(&mut self.last) {
                    Last::Metric(name) => name,
                    _ => String::new(),
                };
                let (matchers, label, op) = (Vec::new(), String::new(), String::new());
                self.inside.push(Inside::Braces { metric, matchers, label, op, has_value: false });
            }
            (Kind::Sign, "[") => self.inside.push(Inside::Brackets),
            (Kind::Sign, "]") => {
                self.inside.pop();
                self.last = Last::Operand;
            }
            (Kind::Sign, ",") => self.last = Last::Opening,
            (Kind::Sign, _) => self.last = Last::Operator,
            (Kind::Word, word) => self.last = Self::after_word(word),
            (Kind::Number | Kind::Closed | Kind::Open(_) | Kind::Comment, _) => self.last = Last::Operand,
        }
    }

    fn after_word(word: &str) -> Last {
        match word.to_ascii_lowercase().as_str() {
            "by" | "without" => Last::Grouping(false),
            "on" | "ignoring" | "group_left" | "group_right" => Last::Grouping(true),
            "and" | "or" | "unless" | "atan2" | "bool" => Last::Operator,
            "offset" => Last::Offset,
            lower if Aggregator::parse(lower).is_some() => Last::Aggregation,
            _ => Last::Metric(word.to_owned()),
        }
    }

    fn in_braces(&mut self, token: &Token, text: &str) {
        let Some(Inside::Braces { metric, matchers, label, op, has_value }) = self.inside.last_mut() else { return };
        match (token.kind, text) {
            (Kind::Sign, "}") => {
                self.inside.pop();
                self.last = Last::Operand;
            }
            (Kind::Sign, ",") => {
                label.clear();
                op.clear();
                *has_value = false;
            }
            (Kind::Sign, "=" | "!=" | "=~" | "!~") => text.clone_into(op),
            (Kind::Word, name) if op.is_empty() => name.clone_into(label),
            (Kind::Closed, name) if op.is_empty() => {
                // A quoted name is the metric's, unless an operator follows it.
                name.clone_into(label);
                if metric.is_empty() && matchers.is_empty() {
                    matchers.push(name.to_owned());
                }
            }
            (Kind::Closed, value) => {
                matchers.retain(|m| m != label);
                matchers.push(format!("{label}{op}{value}"));
                *has_value = true;
            }
            _ => {}
        }
    }

    fn spot(self, text: &str, cursor: usize, typed: Option<&Token>) -> Spot {
        let at = |wanted, start: usize, end: usize| Spot {
            wanted,
            replaced: start..end,
            typed: text[start..cursor].to_owned(),
        };
        let nothing = || at(Wanted::Nothing, cursor, cursor);
        let rest = &text[cursor..];
        let until = |is: fn(char) -> bool| cursor + rest.find(|c: char| !is(c)).unwrap_or(rest.len());
        match typed.map(|t| t.kind) {
            Some(Kind::Comment) => return nothing(),
            Some(Kind::Open(quote)) => {
                let start = typed.map_or(cursor, |t| t.start + 1);
                return match self.inside.last() {
                    Some(Inside::Braces { label, op, .. }) if !op.is_empty() => {
                        let regex = op.ends_with('~');
                        let wanted = Wanted::Value {
                            selector: self.selector(),
                            label: unquoted(label),
                            quote: Some(quote),
                            regex,
                        };
                        // Of several alternatives the last one is being typed.
                        let start = match text[start..cursor].rfind('|').filter(|_| regex) {
                            Some(bar) => start + bar + 1,
                            None => start,
                        };
                        at(wanted, start, until(|c| c.is_alphanumeric() || "_-./:".contains(c)))
                    }
                    _ => nothing(),
                };
            }
            _ => {}
        }
        let start = typed.map_or(cursor, |t| t.start);
        let end = until(in_word);
        let is_number = typed.is_some_and(|t| t.kind == Kind::Number);
        match self.inside.last() {
            Some(Inside::Brackets) => at(Wanted::Duration, start, until(|c| c.is_ascii_alphanumeric())),
            Some(Inside::Braces { op, has_value, label, .. }) => match (op.is_empty(), *has_value) {
                (true, _) if label.is_empty() && !is_number => at(Wanted::Matcher(self.selector()), start, end),
                (false, false) => {
                    let regex = op.ends_with('~');
                    let (selector, label) = (self.selector(), unquoted(label));
                    at(Wanted::Value { selector, label, quote: None, regex }, start, end)
                }
                _ => nothing(),
            },
            Some(Inside::Names) if self.last != Last::Opening || is_number => nothing(),
            Some(Inside::Names) => at(Wanted::Grouping(metrics(text)), start, end),
            Some(Inside::Parentheses(_)) | None if self.last == Last::Offset => {
                at(Wanted::Duration, start, until(|c| c.is_ascii_alphanumeric()))
            }
            Some(Inside::Parentheses(_)) | None if is_number => nothing(),
            Some(Inside::Parentheses(_)) | None => {
                let wanted = match self.last {
                    Last::Nothing | Last::Opening | Last::Grouped(false) => Wanted::Expression(&[]),
                    Last::Operator => Wanted::Expression(PAIRING),
                    Last::Grouped(true) => Wanted::Expression(MANY),
                    Last::Aggregation => Wanted::Word(AGGREGATING),
                    Last::Aggregated => Wanted::Word(AGGREGATED),
                    Last::Metric(_) | Last::Operand => Wanted::Word(BEHIND),
                    Last::Grouping(_) | Last::Offset => Wanted::Nothing,
                };
                at(wanted, start, end)
            }
        }
    }

    /// The selector around the cursor, with the matchers before it.
    fn selector(&self) -> String {
        let Some(Inside::Braces { metric, matchers, .. }) = self.inside.last() else { return String::new() };
        match (metric.is_empty(), matchers.is_empty()) {
            (true, true) => String::new(),
            (_, true) => metric.clone(),
            _ => format!("{metric}{{{}}}", matchers.join(",")),
        }
    }
}

/// A label's name without quotes.
fn unquoted(label: &str) -> String {
    label.trim_matches(['"', '\'', '`']).to_owned()
}

/// The metrics that `text` names, the first few of them.
fn metrics(text: &str) -> Vec<String> {
    let all = tokens(text);
    let mut found: Vec<String> = Vec::new();
    let (mut braces, mut brackets) = (0_u32, 0_u32);
    let mut names = false;
    for (i, token) in all.iter().enumerate() {
        let word = &text[token.start..token.end];
        let next = all.get(i + 1).map_or("", |t| &text[t.start..t.end]);
        match word {
            "{" => braces += 1,
            "}" => braces = braces.saturating_sub(1),
            "[" => brackets += 1,
            "]" => brackets = brackets.saturating_sub(1),
            ")" => names = false,
            _ => {}
        }
        if token.kind != Kind::Word || braces + brackets > 0 || names {
            continue;
        }
        match (Reader::after_word(word), next) {
            (Last::Grouping(_), "(") => names = true,
            (Last::Metric(_), after)
                if after != "(" && found.len() < METRICS && !found.iter().any(|known| known == word) =>
            {
                found.push(word.to_owned());
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests;
