//! The braces of a series or an exemplar: `{a="b","quoted.name"="c"}`, checked and decoded.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::Format;
use super::diagnosis::{Complaint, Reason};

/// The most labels a series may have; real ones have a tenth of it.
const MOST: usize = 256;

/// How many bytes of a quoted text are looked at one by one first.
const NEAR: usize = 12;

/// A name or value as it stands in the body, without its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) raw: &'a str,
    pub(super) escaped: bool,
}

impl<'a> Text<'a> {
    /// A text outside quotes.
    pub(super) const fn bare(raw: &'a str) -> Self {
        Self { raw, escaped: false }
    }

    /// What it means.
    pub(super) fn decode(self) -> Cow<'a, str> {
        if self.escaped { unescape(self.raw, true) } else { Cow::Borrowed(self.raw) }
    }

    fn same(self, other: Self) -> bool {
        if self.escaped || other.escaped { self.decode() == other.decode() } else { self.raw == other.raw }
    }
}

/// `raw` with `\\` and `\n` (and `\"` where `quotes`) replaced by what they stand for; any other backslash stays, as in
/// Prometheus.
pub(super) fn unescape(raw: &str, quotes: bool) -> Cow<'_, str> {
    if memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut decoded = String::new();
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('\\') {
        let meant = match after.as_bytes().first() {
            Some(b'\\') => '\\',
            Some(b'n') => '\n',
            Some(b'"') if quotes => '"',
            _ => {
                decoded.push_str(&rest[..=before.len()]);
                rest = after;
                continue;
            }
        };
        decoded.push_str(before);
        decoded.push(meant);
        rest = &after[1..];
    }
    if decoded.is_empty() && rest.len() == raw.len() {
        return Cow::Borrowed(raw);
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// What stands between the braces.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item<'a> {
    /// A quoted text alone: the metric's name.
    Name(Text<'a>),
    /// A label.
    Label { name: Text<'a>, value: Text<'a> },
}

/// The names of one section so far, to find one that comes twice. Kept between lines for its allocation.
#[derive(Debug, Default)]
pub(super) struct Seen<'a> {
    names: Vec<Text<'a>>,
    /// A bit for every hash of a name: where it is still clear, the name is new and nothing need be compared.
    marks: u64,
    /// Whether any name has escapes, so that equal names need not look alike.
    escapes: bool,
}

impl<'a> Seen<'a> {
    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.marks = 0;
        self.escapes = false;
    }

    /// # Errors
    /// The reason why a label of this name cannot follow.
    pub(super) fn add(&mut self, name: Text<'a>) -> Result<(), Reason> {
        let mark = 1 << (hash(name.raw) & 63);
        self.escapes |= name.escaped;
        let known = (self.marks & mark != 0 || self.escapes) && self.names.iter().any(|n| n.same(name));
        if known {
            return Err(Reason::DuplicateLabel);
        }
        if name.decode() == "__name__" {
            return Err(Reason::NameAsLabel);
        }
        if self.names.len() == MOST {
            return Err(Reason::TooManyLabels);
        }
        self.marks |= mark;
        self.names.push(name);
        Ok(())
    }
}

fn hash(name: &str) -> usize {
    let b = name.as_bytes();
    let (first, last) = (b.first().map_or(0, |&b| b as usize), b.last().map_or(0, |&b| b as usize));
    first * 7 + last * 31 + b.len() * 11
}

/// Reads the braces that open at byte `open` of `line` and gives `each` what is in them, in order; the answer is the
/// byte just after the closing brace.
///
/// The text format allows blanks and tabs anywhere between the parts and does without commas between labels; OpenMetrics
/// allows neither. Both allow a comma before the closing brace.
///
/// # Errors
/// What is wrong and where; a reason that `each` gives is about the name just read.
pub(super) fn read<'a>(
    line: &'a str,
    open: usize,
    format: Format,
    mut each: impl FnMut(Item<'a>) -> Result<(), Reason>,
) -> Result<usize, Complaint> {
    let b = line.as_bytes();
    let text = format == Format::Text;
    let skip = |i| if text { blanks(b, i) } else { i };
    let mut i = skip(open + 1);
    loop {
        let start = i;
        let name = match b.get(i) {
            Some(b'}') => return Ok(i + 1),
            Some(b'"') => {
                let (name, end) = quoted(line, i)?;
                if name.raw.is_empty() {
                    return Err(Reason::EmptyName.at(i));
                }
                i = skip(end);
                if let Some(next @ (b',' | b'}')) = b.get(i) {
                    each(Item::Name(name)).map_err(|reason| reason.at(start))?;
                    i = skip(i + usize::from(*next == b','));
                    continue;
                }
                name
            }
            Some(&c) if is_label_start(c) => {
                while b.get(i).is_some_and(|&c| is_label(c)) {
                    i += 1;
                }
                let name = Text::bare(&line[start..i]);
                i = skip(i);
                name
            }
            None => return Err(Reason::BraceOpen.at(i)),
            Some(_) => return Err(wrong(b, i, Reason::LabelExpected)),
        };
        match b.get(i) {
            Some(b'=') => i = skip(i + 1),
            None => return Err(Reason::BraceOpen.at(i)),
            Some(_) => return Err(wrong(b, i, Reason::EqualsExpected)),
        }
        if b.get(i) != Some(&b'"') {
            return Err(wrong(b, i, Reason::QuoteExpected));
        }
        let (value, end) = quoted(line, i)?;
        each(Item::Label { name, value }).map_err(|reason| reason.at(start))?;
        i = skip(end);
        match b.get(i) {
            Some(b',') => i = skip(i + 1),
            Some(b'}') => {}
            None => return Err(Reason::BraceOpen.at(i)),
            Some(_) if text => {}
            Some(_) => return Err(wrong(b, i, Reason::CommaExpected)),
        }
    }
}

/// The complaint about byte `i`: `reason`, or that there is a blank where OpenMetrics wants none (the text format has
/// skipped them all).
fn wrong(b: &[u8], i: usize, reason: Reason) -> Complaint {
    if matches!(b.get(i), Some(b' ' | b'\t')) { Reason::Blanks.at(i) } else { reason.at(i) }
}

/// The text in the quotes that open at byte `open`, and the byte just after the closing one.
pub(super) fn quoted(line: &str, open: usize) -> Result<(Text<'_>, usize), Complaint> {
    let b = line.as_bytes();
    // Most values end within a few bytes, sooner than a search over many at a time gets going.
    let short = b.get(open + 1..(open + 1 + NEAR).min(b.len())).unwrap_or_default();
    let near = short.iter().position(|&c| c == b'"' || c == b'\\').unwrap_or(short.len());
    let (mut i, mut escaped) = (open + 1 + near, false);
    loop {
        match b.get(i) {
            Some(b'"' | b'\\') => {}
            _ => match b.get(i..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
                Some(n) => i += n,
                None => return Err(Reason::QuoteOpen.at(open)),
            },
        }
        if b[i] == b'"' {
            return Ok((Text { raw: &line[open + 1..i], escaped }, i + 1));
        }
        escaped = true;
        // Whatever follows a backslash cannot end the text. In a character of several bytes this lands inside it, and
        // the search goes on to the next quote or backslash, both of which are always whole characters.
        i += 2;
    }
}

/// The first byte from `i` on that is neither a blank nor a tab.
pub(super) fn blanks(b: &[u8], mut i: usize) -> usize {
    while matches!(b.get(i), Some(b' ' | b'\t')) {
        i += 1;
    }
    i
}

const LABEL_START: u8 = 1;
const LABEL: u8 = 2;
const METRIC_START: u8 = 4;
const METRIC: u8 = 8;

/// What each byte can be in a name without quotes.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut b = 0_u8;
    while b < 128 {
        if b.is_ascii_alphabetic() || b == b'_' {
            class[b as usize] = LABEL_START | LABEL | METRIC_START | METRIC;
        } else if b.is_ascii_digit() {
            class[b as usize] = LABEL | METRIC;
        } else if b == b':' {
            class[b as usize] = METRIC_START | METRIC;
        }
        b += 1;
    }
    class
};

const fn is_label_start(b: u8) -> bool {
    CLASS[b as usize] & LABEL_START != 0
}

const fn is_label(b: u8) -> bool {
    CLASS[b as usize] & LABEL != 0
}

/// Whether a metric name without quotes can start with `b`.
pub(super) const fn is_metric_start(b: u8) -> bool {
    CLASS[b as usize] & METRIC_START != 0
}

/// Whether a metric name without quotes can go on with `b`.
pub(super) const fn is_metric(b: u8) -> bool {
    CLASS[b as usize] & METRIC != 0
}

/// How many bytes [`all_metric`] looks at.
pub(super) const AT_ONCE: usize = 8;

/// Whether a metric name without quotes can go on with all of these. The same as [`is_metric`] for each.
#[expect(
    clippy::needless_bitwise_bool,
    clippy::trivially_copy_pass_by_ref,
    reason = "without a branch and from memory it is done for all at a time"
)]
pub(super) fn all_metric(bytes: &[u8; AT_ONCE]) -> bool {
    bytes.iter().fold(true, |all, &b| {
        // `:` follows `9`.
        let (letter, digit) = ((b | 0x20).wrapping_sub(b'a') < 26, b.wrapping_sub(b'0') < 11);
        all & (letter | digit | (b == b'_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The items of `line`, which starts with its brace, as `name=value`, and what follows the closing one.
    fn items(line: &str, format: Format) -> Result<(Vec<String>, &str), (usize, Reason)> {
        let (mut items, mut seen) = (Vec::new(), Seen::default());
        let end = read(line, 0, format, |item| match item {
            Item::Name(name) => {
                items.push(name.decode().into_owned());
                Ok(())
            }
            Item::Label { name, value } => {
                items.push(format!("{}={}", name.decode(), value.decode()));
                seen.add(name)
            }
        })
        .map_err(|c| (c.at, c.reason))?;
        Ok((items, &line[end..]))
    }

    #[test]
    fn both_formats_read_these_alike() {
        for (line, want, rest) in [
            ("{}", vec![], ""),
            (r#"{a="b"} 1"#, vec!["a=b"], " 1"),
            (r#"{a="b",c="d",}x"#, vec!["a=b", "c=d"], "x"),
            (r#"{a="",_b1="}{,= "}"#, vec!["a=", "_b1=}{,= "], ""),
            (r#"{"my.metric","label.one"="x"} 1"#, vec!["my.metric", "label.one=x"], " 1"),
            (r#"{"m",}"#, vec!["m"], ""),
            (r#"{q="0.9","http.status",a="b"}"#, vec!["q=0.9", "http.status", "a=b"], ""),
            (r#"{a="\\\"\n\t\é\\n"}"#, vec!["a=\\\"\n\\t\\é\\n"], ""),
            ("{a=\"\0\u{feff}größe\"}", vec!["a=\0\u{feff}größe"], ""),
            (r#"{"n\"1\\"="v"}"#, vec!["n\"1\\=v"], ""),
        ] {
            for format in [Format::Text, Format::OpenMetrics] {
                assert_eq!(items(line, format).unwrap_or_else(|e| panic!("{line}: {e:?}")).0, want, "{line}");
                assert_eq!(items(line, format).unwrap().1, rest, "{line}");
            }
        }
    }

    #[test]
    fn the_text_format_allows_blanks_and_does_without_commas() {
        for line in [r#"{ a="b", c="d" }"#, "{\ta =\t\"b\"\t,\tc = \"d\" , }", r#"{a="b" c="d"}"#, r#"{a="b"c="d"}"#] {
            assert_eq!(items(line, Format::Text).unwrap().0, ["a=b", "c=d"], "{line}");
            assert!(items(line, Format::OpenMetrics).is_err(), "{line}");
        }
        assert_eq!(items(r#"{ "m" , a="b"}"#, Format::Text).unwrap().0, ["m", "a=b"]);
    }

    #[test]
    fn what_is_wrong_is_found_where_it_stands() {
        use Format::{OpenMetrics, Text};
        use Reason::{
            BraceOpen, CommaExpected, DuplicateLabel, EmptyName, EqualsExpected, LabelExpected, NameAsLabel,
            QuoteExpected, QuoteOpen,
        };
        for (line, format, at, reason) in [
            ("{", Text, 1, BraceOpen),
            ("{a", Text, 2, BraceOpen),
            (r#"{a="b""#, Text, 6, BraceOpen),
            (r#"{a="b","#, Text, 7, BraceOpen),
            ("{,}", Text, 1, LabelExpected),
            (r#"{a="b",,}"#, Text, 7, LabelExpected),
            (r#"{1a="b"}"#, Text, 1, LabelExpected),
            (r#"{=""}"#, Text, 1, LabelExpected),
            (r#"{é="b"}"#, Text, 1, LabelExpected),
            (r#"{a:b="c"}"#, Text, 2, EqualsExpected),
            (r#"{"m" a="b"}"#, Text, 5, EqualsExpected),
            ("{a}", Text, 2, EqualsExpected),
            ("{a=b}", Text, 3, QuoteExpected),
            ("{a='b'}", Text, 3, QuoteExpected),
            ("{a=", Text, 3, QuoteExpected),
            (r#"{a="b"#, Text, 3, QuoteOpen),
            (r#"{a="b\"}"#, Text, 3, QuoteOpen),
            ("{a=\"\\", Text, 3, QuoteOpen),
            (r#"{topic="a"b\c",x="y"}"#, OpenMetrics, 10, CommaExpected),
            (r#"{topic="a"b\c",x="y"}"#, Text, 11, EqualsExpected),
            (r#"{a="1",b="2",a="1"}"#, Text, 13, DuplicateLabel),
            (r#"{a="1","a"="2"}"#, Text, 7, DuplicateLabel),
            (r#"{"a\\b"="1","a\b"="2"}"#, OpenMetrics, 12, DuplicateLabel),
            (r#"{__name__="x"}"#, Text, 1, NameAsLabel),
            (r#"{""="x"}"#, Text, 1, EmptyName),
            (r#"{"",a="x"}"#, Text, 1, EmptyName),
            (r#"{ a="b"}"#, OpenMetrics, 1, Reason::Blanks),
            (r#"{a ="b"}"#, OpenMetrics, 2, Reason::Blanks),
            (r#"{a= "b"}"#, OpenMetrics, 3, Reason::Blanks),
            (r#"{a="b" }"#, OpenMetrics, 6, Reason::Blanks),
            (r#"{a="b", c="d"}"#, OpenMetrics, 7, Reason::Blanks),
        ] {
            assert_eq!(items(line, format), Err((at, reason)), "{line}");
        }
    }

    #[test]
    fn labels_are_limited_and_a_late_duplicate_is_found() {
        let many = |n: usize| (0..n).map(|i| format!("l{i}=\"\",")).collect::<Vec<_>>().concat();
        assert_eq!(items(&format!("{{{}}}", many(MOST)), Format::Text).unwrap().0.len(), MOST);
        assert_eq!(items(&format!("{{{}}}", many(MOST + 1)), Format::Text).unwrap_err().1, Reason::TooManyLabels);
        let twice = format!("{{{}l7=\"\"}}", many(200));
        assert_eq!(items(&twice, Format::Text).unwrap_err().1, Reason::DuplicateLabel);
    }

    #[test]
    fn names_are_told_alike_one_by_one_and_many_at_a_time() {
        for b in 0..=u8::MAX {
            for at in 0..AT_ONCE {
                let mut bytes = [b'x'; AT_ONCE];
                bytes[at] = b;
                assert_eq!(all_metric(&bytes), is_metric(b), "{b} at {at}");
            }
        }
    }

    #[test]
    fn text_without_escapes_is_borrowed() {
        assert!(matches!(unescape("plain", true), Cow::Borrowed(_)));
        assert_eq!(unescape(r#"a\"b"#, false), r#"a\"b"#);
        assert_eq!(unescape(r"a\\nb\", true), "a\\nb\\");
    }
}
