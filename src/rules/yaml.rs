//! YAML as a tree of nodes with their places, and places inside of scalars. Uses nothing of the crate.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{NonFiniteFloatPolicy, Spanned};

/// A value and the bytes of the file that it stands in.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) tree: Tree,
    pub(crate) place: Range<usize>,
}

#[derive(Debug)]
pub(crate) enum Tree {
    /// Nothing, or `~` or `null`.
    Null,
    /// Numbers and the like as they are written.
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) place: Range<usize>,
}

/// What is wrong with the YAML itself, and where.
pub(crate) struct Broken {
    pub(crate) message: String,
    pub(crate) place: Range<usize>,
    pub(crate) hint: Option<String>,
}

pub(crate) fn parse(text: &str) -> Result<Node, Broken> {
    let options = serde_saphyr::options! { non_finite_float_policy: NonFiniteFloatPolicy::AsString };
    let raw: Result<Spanned<Raw>, _> = serde_saphyr::from_str_with_options(text, options);
    raw.map(|raw| node(raw, text)).map_err(|error| broken(&error, text))
}

/// A value before its place is looked up. Of what is no string, the kind is forgotten: it is read from the file again.
enum Raw {
    Null,
    Text(String),
    Other,
    List(Vec<Spanned<Self>>),
    Map(Vec<(Spanned<String>, Spanned<Self>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
                Ok(Raw::Text(text.to_owned()))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
                Ok(Raw::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
                Ok(Raw::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
                Ok(Raw::Other)
            }

            fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
                Ok(Raw::Other)
            }

            fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
                Ok(Raw::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
                Ok(Raw::Other)
            }

            fn visit_unit<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }

            fn visit_none<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
                Raw::deserialize(deserializer)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = seq.next_element()? {
                    list.push(item);
                }
                Ok(Raw::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Raw::Map(entries))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

fn place<T>(spanned: &Spanned<T>) -> Range<usize> {
    let span = spanned.defined.span();
    let start = span.byte_offset().unwrap_or_default() as usize;
    start..start + span.byte_len().unwrap_or_default() as usize
}

fn node(raw: Spanned<Raw>, text: &str) -> Node {
    let place = place(&raw);
    let written = || text.get(place.clone()).unwrap_or_default().trim_end().to_owned();
    let tree = match raw.value {
        Raw::Null => Tree::Null,
        Raw::Text(text) => Tree::Scalar(text),
        Raw::Other => Tree::Scalar(written()),
        Raw::List(list) => Tree::List(list.into_iter().map(|item| node(item, text)).collect()),
        Raw::Map(entries) => Tree::Map(entries.into_iter().map(|(k, v)| (key(k), node(v, text))).collect()),
    };
    Node { tree, place }
}

fn key(key: Spanned<String>) -> Key {
    let place = place(&key);
    Key { text: key.value, place }
}

fn broken(error: &serde_saphyr::Error, text: &str) -> Broken {
    let location = error.location();
    let number = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or(1).max(1);
    let (line, column) = (number(location.map(|l| l.line())), number(location.map(|l| l.column())));
    let line_start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
    let source = text[line_start..].lines().next().unwrap_or_default();
    let before: usize = source.chars().take(column - 1).map(char::len_utf8).sum();
    let message = error.without_snippet().to_string();
    let message = message.lines().next().unwrap_or_default();
    // The place stands in front already, and the library's options are nobody's business.
    let message = message.split(" at line ").next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let message = match message.split_once(": ") {
        Some((place, rest)) if place.starts_with("line ") => rest,
        _ => message,
    };
    let message = message.split(", set ").next().unwrap_or_default();
    let braces = source[before..].starts_with('{') || source[..before].ends_with('{');
    let hint = if braces && source.contains("{{") {
        Some("a value that begins with {{ must stand in quotes".to_owned())
    } else if source[..before].contains('\t') || source[before..].starts_with('\t') {
        Some("YAML is indented with blanks, not with tabs".to_owned())
    } else {
        None
    };
    let start = line_start + before;
    Broken { message: message.to_owned(), place: start..start, hint }
}

/// Where in the file the byte `offset` of a scalar's value stands. `place` is the scalar's; its value was made from what
/// stands there by taking quotes, escapes, indentation and folded lines away.
pub(crate) fn inside(text: &str, place: &Range<usize>, value: &str, offset: usize) -> usize {
    let source = text.get(place.clone()).unwrap_or_default();
    let quote = source.chars().next().filter(|c| matches!(c, '"' | '\''));
    let line_start = text[..place.start].rfind('\n').map_or(0, |i| i + 1);
    let indent = place.start - line_start;
    // Only a block scalar keeps the blanks that stand further in than its first line.
    let block = quote.is_none() && text[line_start..place.start].bytes().all(|b| b == b' ');
    let mut walk = Walk { source, at: usize::from(quote.is_some()), quote, indent: block.then_some(indent) };
    let mut chars = value.get(..offset.min(value.len())).unwrap_or(value).chars().peekable();
    let after = value.get(offset.min(value.len())..).unwrap_or_default().chars().next();
    while let Some(c) = chars.next() {
        walk.step(c, chars.peek().copied().or(after));
    }
    place.start + walk.at.min(source.len())
}

struct Walk<'a> {
    source: &'a str,
    at: usize,
    quote: Option<char>,
    /// Blanks that do not belong to the value at the start of a line; none where no blank does.
    indent: Option<usize>,
}

impl Walk<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Over what stands for `c`, and over what stands for nothing before `next`.
    fn step(&mut self, c: char, next: Option<char>) {
        let rest = self.rest();
        if self.quote == Some('"') && rest.starts_with('\\') {
            let digits = match rest[1..].chars().next() {
                Some('x') => 2,
                Some('u') => 4,
                Some('U') => 8,
                Some('\n' | '\r') => {
                    let rest = &rest[1..];
                    self.at += 1 + rest.len() - rest.trim_start().len();
                    return self.step(c, next);
                }
                _ => 0,
            };
            let escaped = rest[1..].chars().next().map_or(0, char::len_utf8);
            self.at += 1 + escaped + digits;
        } else if self.quote == Some('\'') && rest.starts_with("''") {
            self.at += 2;
        } else if c == '\n' || (c == ' ' && rest.trim_start_matches([' ', '\r']).starts_with('\n')) {
            self.line_end(next);
        } else if rest.starts_with(c) {
            self.at += c.len_utf8();
        }
        // A line that is folded before a word that follows directly stands for the blank before it already.
    }

    /// Over the end of a line and the indentation of the next.
    fn line_end(&mut self, next: Option<char>) {
        let rest = self.rest();
        let Some(end) = rest.find('\n') else { return };
        self.at += end + 1;
        let rest = self.rest();
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        match (self.indent, next) {
            (_, Some(next)) if !next.is_whitespace() => self.at += rest.len() - rest.trim_start().len(),
            (Some(indent), _) => self.at += blanks.min(indent),
            (None, _) => self.at += blanks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of the only key and, for each `needle`, what stands in the file where the needle is in the value.
    fn found(text: &str, needle: &str) -> String {
        let Tree::Map(entries) = parse(text).unwrap_or_else(|b| panic!("{}", b.message)).tree else { panic!("a map") };
        let (_, node) = &entries[0];
        let Tree::Scalar(value) = &node.tree else { panic!("a scalar") };
        let offset = value.find(needle).unwrap_or_else(|| panic!("{needle} is not in {value:?}"));
        let at = inside(text, &node.place, value, offset);
        text[at..].chars().take(needle.chars().count()).collect()
    }

    #[test]
    fn places_inside_of_scalars_are_those_of_the_file() {
        for text in [
            "e: one two WORD three\n",
            "e: one\n  two\n  WORD\n",
            "e: 'it''s a WORD'\n",
            "e: \"a\\tb \\u00e9 \\\"q\\\" WORD\"\n",
            "e: \"a \\\n    b WORD\"\n",
            "e: 'one\n  two\n\n  three WORD'\n",
            "e: |\n  one\n    two\n\n  three WORD\n",
            "e: |-\r\n  one\r\n  two WORD\r\n",
            "e: >-\n  one\n  two\n\n  three\n  WORD\n",
            "e: >\n  größe\n  日本 WORD x\n",
            "e:\n  |\n      one\n      WORD\n",
        ] {
            assert_eq!(found(text, "WORD"), "WORD", "{text}");
        }
        assert_eq!(found("e: |2\n    two\n  one\n", "one"), "one");
    }

    #[test]
    fn what_is_no_string_is_what_is_written() {
        let text = "a: [1.50, 0755, yes, 5m, 0x1F, 12345678901234567890123, .inf, 2024-01-01]\n";
        let Ok(Node { tree: Tree::Map(entries), .. }) = parse(text) else { panic!("a map") };
        let Tree::List(list) = &entries[0].1.tree else { panic!("a list") };
        let written: Vec<_> = list
            .iter()
            .map(|n| match &n.tree {
                Tree::Scalar(text) => text.as_str(),
                _ => "",
            })
            .collect();
        let want = ["1.50", "0755", "yes", "5m", "0x1F", "12345678901234567890123", ".inf", "2024-01-01"];
        assert_eq!(written, want);
    }
}
