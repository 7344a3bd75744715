//! JSON with the place of everything in it. What is no JSON is told by whoever reads it first; here it is nothing. Uses
//! nothing of the crate.

use std::ops::Range;

/// How deep values are followed.
const DEEPEST: usize = 128;

/// A value and the bytes that it is written in.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Range<usize>,
    pub(super) tree: Tree,
}

#[derive(Debug)]
pub(super) enum Tree {
    /// In the order of the text; a key may be there more than once.
    Object(Vec<Entry>),
    List(Vec<Node>),
    Text(String),
    /// A number, `true`, `false` or `null`.
    Plain(String),
}

/// A key with its place and its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Range<usize>,
    pub(super) value: Node,
}

/// Reads `text`; `None` where it is no JSON.
pub(super) fn parse(text: &str) -> Option<Node> {
    let start = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    let mut reader = Reader { text, at: start };
    let node = reader.value(DEEPEST)?;
    reader.skip();
    (reader.at == text.len()).then_some(node)
}

impl Node {
    pub(super) fn entries(&self) -> &[Entry] {
        if let Tree::Object(entries) = &self.tree { entries } else { &[] }
    }

    pub(super) fn items(&self) -> &[Self] {
        if let Tree::List(items) = &self.tree { items } else { &[] }
    }

    /// The value of the last entry of this key, which is the one that counts.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().rev().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The value at the end of `keys`.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Tree::Text(text) = &self.tree { Some(text) } else { None }
    }

    /// The text of `key`, where it is one and says anything.
    pub(super) fn word(&self, key: &str) -> Option<&str> {
        self.get(key)?.text().filter(|text| !text.trim().is_empty())
    }

    pub(super) fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key).map(|node| &node.tree), Some(Tree::Plain(word)) if word == "true")
    }

    /// This value and all in it.
    pub(super) fn each<'n>(&'n self, visit: &mut impl FnMut(&'n Self)) {
        visit(self);
        self.entries().iter().map(|entry| &entry.value).chain(self.items()).for_each(|node| node.each(visit));
    }
}

/// Which byte of `text` byte `offset` of the string written at `place` is.
pub(super) fn inside(text: &str, place: &Range<usize>, offset: usize) -> usize {
    // Behind the quote.
    let mut at = place.start + 1;
    let mut decoded = 0;
    while decoded < offset && at + 1 < place.end {
        let rest = &text[at..place.end];
        let (written, stands_for) = if rest.starts_with("\\u") { unicode(rest) } else { plain(rest) };
        (at, decoded) = (at + written, decoded + stands_for);
    }
    at
}

/// How many bytes a character is written with, and how many it has.
fn plain(rest: &str) -> (usize, usize) {
    match rest.chars().next() {
        Some('\\') => (2, 1),
        Some(c) => (c.len_utf8(), c.len_utf8()),
        None => (1, 1),
    }
}

fn unicode(rest: &str) -> (usize, usize) {
    let unit = |text: &str| text.get(2..6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match unit(rest) {
        // The first half of a pair.
        Some(0xd800..=0xdbff) => (12, 4),
        Some(code) => (6, char::from_u32(code).map_or(1, char::len_utf8)),
        None => (2, 1),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn skip(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn next(&mut self) -> Option<u8> {
        self.skip();
        self.text.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.next() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth == 0 {
            return None;
        }
        let first = self.next()?;
        let start = self.at;
        let tree = match first {
            b'{' => Tree::Object(self.entries(depth)?),
            b'[' => Tree::List(self.items(depth)?),
            b'"' => Tree::Text(self.string()?),
            _ => Tree::Plain(self.word()?),
        };
        Some(Node { place: start..self.at, tree })
    }

    fn entries(&mut self, depth: usize) -> Option<Vec<Entry>> {
        let mut entries = Vec::new();
        self.at += 1;
        if self.takes(b'}') {
            return Some(entries);
        }
        loop {
            self.skip();
            let start = self.at;
            let key = self.string()?;
            let place = start..self.at;
            if !self.takes(b':') {
                return None;
            }
            entries.push(Entry { key, place, value: self.value(depth - 1)? });
            if self.takes(b'}') {
                return Some(entries);
            }
            if !self.takes(b',') {
                return None;
            }
        }
    }

    fn items(&mut self, depth: usize) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        self.at += 1;
        if self.takes(b']') {
            return Some(items);
        }
        loop {
            items.push(self.value(depth - 1)?);
            if self.takes(b']') {
                return Some(items);
            }
            if !self.takes(b',') {
                return None;
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let rest = self.text[self.at..].strip_prefix('"')?;
        let mut escaped = false;
        let end = rest.bytes().position(|byte| {
            let is_end = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            is_end
        })?;
        let start = self.at;
        self.at += end + 2;
        serde_json::from_str(&self.text[start..self.at]).ok()
    }

    fn word(&mut self) -> Option<String> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| rest[..end].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_its_place() {
        let text = "\u{feff}{\"a\": [1, true, {\"b\\n\": \"x\"}], \"a\": null}";
        let root = parse(text).expect("JSON");
        let said = |node: &Node| text[node.place.clone()].to_owned();
        assert_eq!(root.get("a").map(said).as_deref(), Some("null"), "the last one counts");
        let list = &root.entries()[0].value;
        assert_eq!(list.items().iter().map(said).collect::<Vec<_>>(), ["1", "true", "{\"b\\n\": \"x\"}"]);
        assert_eq!(list.items()[2].word("b\n"), Some("x"));
    }

    #[test]
    fn a_place_in_a_string_is_found_behind_escapes() {
        let text = r#"{"e": "aä\"\u00e4\ud83d\ude00\\z"}"#;
        let root = parse(text).expect("JSON");
        let node = root.get("e").expect("there");
        let decoded = node.text().expect("a text");
        for (i, c) in decoded.char_indices() {
            let at = inside(text, &node.place, i);
            let wanted = match c {
                'a' | 'ä' if i < 3 => c.to_string(),
                '"' => "\\\"".to_owned(),
                'ä' => "\\u00e4".to_owned(),
                '\\' => "\\\\".to_owned(),
                'z' => "z".to_owned(),
                _ => "\\ud83d".to_owned(),
            };
            assert!(text[at..].starts_with(&wanted), "{c} {i} {at}");
        }
        assert_eq!(&text[inside(text, &node.place, decoded.len())..], "\"}");
    }

    #[test]
    fn what_is_no_json_is_nothing() {
        let deep = "[".repeat(5_000);
        for text in ["", "{", "{\"a\"}", "[1,]x", "{\"a\": 1} b", "\"\\x\"", "{\"a\": }", "[\"a", &deep] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
