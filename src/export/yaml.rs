//! YAML as people write it: block style, plain words where they are safe, `|` for text of several lines, comments. Uses
//! nothing of the crate.
//!
//! Only what other programs' configuration needs. Whatever text goes in comes out of any YAML 1.1 or 1.2 reader as it was:
//! <https://yaml.org/spec/1.2.2/>

use std::fmt::Write as _;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Yaml {
    Text(String),
    Number(i64),
    Flag(bool),
    List(Vec<Yaml>),
    Map(Vec<Field>),
}

/// A key of a map with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    key: String,
    value: Yaml,
    /// Lines of a comment above it.
    note: &'static str,
}

/// A key and its value.
pub(super) fn field(key: impl Into<String>, value: impl Into<Yaml>) -> Field {
    Field { key: key.into(), value: value.into(), note: "" }
}

impl Field {
    /// With a comment above it, of one or more lines.
    pub(super) fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Yaml {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Yaml {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl<T: Into<Yaml>> From<Vec<T>> for Yaml {
    fn from(list: Vec<T>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Yaml>, const N: usize> From<[T; N]> for Yaml {
    fn from(list: [T; N]) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

/// A map of these fields.
pub(super) fn map(fields: impl IntoIterator<Item = Field>) -> Yaml {
    Yaml::Map(fields.into_iter().collect())
}

/// A document whose root is a map of these fields.
pub(super) fn document(fields: impl IntoIterator<Item = Field>) -> String {
    let mut out = String::new();
    write_map(&mut out, &fields.into_iter().collect::<Vec<_>>(), 0);
    out
}

/// `text` with every line that is not empty moved to the right: YAML within YAML.
pub(super) fn indented(text: &str, by: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive('\n') {
        if !line.trim_end_matches('\n').is_empty() {
            out.extend(std::iter::repeat_n(' ', by));
        }
        out.push_str(line);
    }
    out
}

fn write_map(out: &mut String, fields: &[Field], indent: usize) {
    for field in fields {
        write_note(out, field.note, indent);
        write_field(out, field, indent);
    }
}

fn write_note(out: &mut String, note: &str, indent: usize) {
    for line in note.lines() {
        out.push_str(&indented(&format!("# {line}\n"), indent));
    }
}

fn write_field(out: &mut String, Field { key, value, .. }: &Field, indent: usize) {
    out.push_str(&indented(&scalar(key), indent));
    out.push(':');
    write_value(out, value, indent);
}

/// What stands behind a key's colon or an item's dash, up to the end of its last line.
fn write_value(out: &mut String, value: &Yaml, indent: usize) {
    match value {
        Yaml::Text(text) => match block(text, indent + 2) {
            Some(block) => {
                out.push(' ');
                out.push_str(&block);
            }
            None => writeln(out, &scalar(text)),
        },
        Yaml::Number(number) => writeln(out, &number.to_string()),
        Yaml::Flag(flag) => writeln(out, if *flag { "true" } else { "false" }),
        Yaml::List(list) if list.is_empty() => writeln(out, "[]"),
        Yaml::Map(fields) if fields.is_empty() => writeln(out, "{}"),
        Yaml::List(list) => {
            out.push('\n');
            for item in list {
                // A comment behind the dash would belong to the first key alone.
                if let Yaml::Map(fields) = item {
                    write_note(out, fields.first().map_or("", |field| field.note), indent + 2);
                }
                out.extend(std::iter::repeat_n(' ', indent + 2));
                out.push('-');
                write_item(out, item, indent + 2);
            }
        }
        Yaml::Map(fields) => {
            out.push('\n');
            write_map(out, fields, indent + 2);
        }
    }
}

/// What stands behind an item's dash. A map begins on the same line.
fn write_item(out: &mut String, item: &Yaml, indent: usize) {
    match item {
        Yaml::Map(fields) if !fields.is_empty() => {
            let mut text = String::new();
            write_field(&mut text, &fields[0], indent + 2);
            write_map(&mut text, &fields[1..], indent + 2);
            out.push(' ');
            out.push_str(&text[indent + 2..]);
        }
        item => write_value(out, item, indent),
    }
}

fn writeln(out: &mut String, word: &str) {
    out.push(' ');
    out.push_str(word);
    out.push('\n');
}

/// Text of several lines as a literal block whose lines stand at `indent`; `None` for text of one line, and for what
/// such a block cannot hold.
fn block(text: &str, indent: usize) -> Option<String> {
    let body = text.trim_end_matches('\n');
    let representable = |c: char| c == '\n' || c == '\t' || is_printable(c);
    if !text.contains('\n') || body.is_empty() || !text.chars().all(representable) {
        return None;
    }
    // A first line that begins with a blank would be taken for a deeper indent.
    let indicator = if body.starts_with([' ', '\n', '\t']) { "2" } else { "" };
    let chomping = match text.len() - body.len() {
        0 => "-",
        1 => "",
        _ => "+",
    };
    let mut out = format!("|{indicator}{chomping}\n");
    out.push_str(&indented(text, indent));
    if !text.ends_with('\n') {
        out.push('\n');
    }
    Some(out)
}

/// Whether a character may stand in YAML as it is.
fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Text on one line: plain where every reader takes it for text, else in quotes.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if text.chars().all(is_printable) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => {
                // Writing to a string cannot fail.
                write!(out, "\\U{:08x}", u32::from(c)).ok();
            }
        }
    }
    out.push('"');
    out
}

/// Whether text without quotes is text to every reader: not a number, a date, a truth value or nothing, and without
/// signs that mean something.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let inner = |c: char| c.is_ascii_alphanumeric() || "_-./:=@,()+$%?!*&;\" ".contains(c);
    let Some(first) = text.chars().next() else { return false };
    let begins = first.is_ascii_alphabetic() || matches!(first, '/' | '_') || is_duration(text);
    begins
        && text.chars().all(inner)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && text.parse::<f64>().is_err()
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// `10s`: digits and a unit of time.
fn is_duration(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && matches!(unit, "ms" | "s" | "m" | "h" | "d")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> BTreeMap<String, Vec<String>> {
        serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{e}:\n{text}"))
    }

    #[test]
    fn words_are_plain_and_what_means_something_is_quoted() {
        let table = [
            ("streamhouse-agent", "streamhouse-agent"),
            ("10s", "10s"),
            ("/etc/x.yaml", "/etc/x.yaml"),
            ("severity=\"critical\"", "severity=\"critical\""),
            ("#alerts", "'#alerts'"),
            ("", "''"),
            ("1", "'1'"),
            ("1e3", "'1e3'"),
            ("0x1f", "'0x1f'"),
            ("2026-11-22", "'2026-11-22'"),
            ("Yes", "'Yes'"),
            ("inf", "'inf'"),
            ("a: b", "'a: b'"),
            ("{{ $value }}", "'{{ $value }}'"),
            ("it's #1", "'it''s #1'"),
            ("a\u{1b}\"", "\"a\\U0000001b\\\"\""),
        ];
        for (text, written) in table {
            assert_eq!(scalar(text), written);
        }
    }

    #[test]
    fn a_document_reads_like_one_written_by_hand() {
        let text = document([
            field("route", map([field("group_by", ["a", "b"]), field("wait", "10s").note("Long enough.\nReally.")])),
            field("list", vec![map([field("name", "x").note("One."), field("on", true)]), map([field("n", 1)])]),
            field("empty", Vec::<String>::new()),
            field("text", "{{ range }}\n  x: 'y'\n"),
        ]);
        let want = "route:\n  group_by:\n    - a\n    - b\n  # Long enough.\n  # Really.\n  wait: 10s\n\
                    list:\n  # One.\n  - name: x\n    'on': true\n  - 'n': 1\nempty: []\ntext: |\n  {{ range }}\n    x: 'y'\n";
        assert_eq!(text, want);
    }

    #[test]
    fn text_of_several_lines_keeps_its_ends_and_its_indents() {
        for text in ["a\nb", "a\nb\n", "a\n\n\nb\n\n", "  a\nb\n", "\na", "\t a\nb", "a\n  \nb", "\n", "a\r\nb", " \n"]
        {
            let yaml = document([field("k", [text])]);
            assert_eq!(read(&yaml)["k"], [text], "{yaml}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(text in "(?s).{0,40}", key in "[ -~äß]{1,8}") {
            let yaml = document([field(key.clone(), [text.clone()])]);
            prop_assert_eq!(&read(&yaml)[&key], &[text], "{}", yaml);
        }

        #[test]
        fn text_that_looks_like_yaml_is_read_back_as_it_was(text in "[-:#|>'\"{}\\[\\]&*!%@`?, \\n\\ta1~.]{0,24}") {
            let yaml = document([field("k", [text.clone()])]);
            prop_assert_eq!(&read(&yaml)["k"], &[text], "{}", yaml);
        }
    }
}
