//! One line of either format, without its end.

use memchr::{memchr3, memrchr};

use crate::series::Timestamp;

use super::diagnosis::{Complaint, Reason, TimeUnit};
use super::number::{self, Number};
use super::sample::{Exemplar, Memory};
use super::section::{self, Item, Seen, Text, blanks, is_metric, is_metric_start};
use super::{Format, Type};

/// What a line says.
#[derive(Debug)]
pub(super) enum Line<'a> {
    /// Nothing.
    Blank,
    /// `#` and anything else than the next four.
    Comment,
    /// `# EOF` of OpenMetrics; `surplus` is where anything follows it on its line.
    Eof { surplus: Option<usize> },
    /// `# HELP`, the text still escaped.
    Help { family: Text<'a>, text: &'a str },
    /// `# TYPE`
    Type { family: Text<'a>, kind: Type, remark: Option<Complaint> },
    /// `# UNIT`, the unit still escaped.
    Unit { family: Text<'a>, unit: &'a str, remark: Option<Complaint> },
    /// Anything else.
    Sample(Sample<'a>),
}

/// A sample line.
#[derive(Debug)]
pub(super) struct Sample<'a> {
    pub(super) series: &'a str,
    pub(super) name: Text<'a>,
    pub(super) value: f64,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) exemplar: Option<Exemplar<'a>>,
    pub(super) remark: Option<Complaint>,
}

impl<'a> Sample<'a> {
    fn new(series: &'a str, name: Text<'a>, tail: &Tail<'a>) -> Self {
        let &Tail { value, timestamp, exemplar, remark } = tail;
        Self { series, name, value, timestamp, exemplar, remark }
    }
}

/// Reads a line; `seen` is only lent for its allocation.
///
/// # Errors
/// What is wrong with it and where.
pub(super) fn parse<'a>(line: &'a str, format: Format, seen: &mut Seen<'a>) -> Result<Line<'a>, Complaint> {
    let b = line.as_bytes();
    let start = if format == Format::Text { blanks(b, 0) } else { 0 };
    match b.get(start) {
        None => Ok(Line::Blank),
        Some(b'#') if format == Format::Text => described_text(line, start + 1),
        Some(b'#') => described_openmetrics(line),
        Some(&c) if c == b'{' || is_metric_start(c) => sample(line, start, format, seen).map(Line::Sample),
        Some(b' ' | b'\t') if blanks(b, 0) == b.len() => Ok(Line::Blank),
        Some(b' ' | b'\t') => Err(Reason::Blanks.at(start)),
        Some(_) => Err(Reason::NameExpected.at(start)),
    }
}

/// A sample of a series that `memory` knows, and what it knows of it. `None` says nothing about the line: [`parse`]
/// judges it.
///
/// What is asked for is the line up to its last brace or, without any, its first blank. If that is a series, then it is
/// the one that [`parse`] would find: that reads from left to right, and where a series ends never hangs on what follows.
/// The one exception is a name before a blank, which may have braces behind it; but none of that is a value. If it is no
/// series, as where an exemplar's brace is the last, no memory knows it.
pub(super) fn recall<'a, M: Memory>(
    line: &'a str,
    format: Format,
    seen: &mut Seen<'a>,
    memory: &M,
) -> Option<(Sample<'a>, M::Known)> {
    let b = line.as_bytes();
    // A name inside the braces would have to be looked for there.
    if !is_metric_start(*b.first()?) {
        return None;
    }
    let end = memrchr(b'}', b).map_or_else(|| token_end(b, 0), |close| close + 1);
    let series = &line[..end];
    let known = memory.recall(series, format)?;
    let tail = if format == Format::Text { tail_text(line, end) } else { tail_openmetrics(line, end, seen) };
    let name = &series[..memchr3(b'{', b' ', b'\t', series.as_bytes()).unwrap_or(end)];
    Some((Sample::new(series, Text::bare(name), &tail.ok()?), known))
}

/// A `#` line of the text format, read from the byte after the `#`. Only `HELP` and `TYPE` mean anything, and only
/// between blanks; all else is a comment.
fn described_text(line: &str, at: usize) -> Result<Line<'_>, Complaint> {
    let b = line.as_bytes();
    let word = blanks(b, at);
    let is = |keyword: &str| {
        word > at && line[word..].starts_with(keyword) && matches!(b.get(word + keyword.len()), Some(b' ' | b'\t'))
    };
    if is("HELP") {
        let (family, text) = family(line, blanks(b, word + 4))?;
        Ok(Line::Help { family, text: line.get(text..).unwrap_or_default() })
    } else if is("TYPE") {
        let (family, text) = family(line, blanks(b, word + 4))?;
        kind(line, family, text, Format::Text)
    } else {
        Ok(Line::Comment)
    }
}

/// A `#` line of OpenMetrics, which must look exactly like one of four.
fn described_openmetrics(line: &str) -> Result<Line<'_>, Complaint> {
    const WORD: usize = "# HELP ".len();
    if line.starts_with("# EOF") {
        return Ok(Line::Eof { surplus: (line.len() > 5).then_some(5) });
    }
    if line.starts_with("# HELP ") {
        let (family, text) = family(line, WORD)?;
        Ok(Line::Help { family, text: line.get(text..).unwrap_or_default() })
    } else if line.starts_with("# TYPE ") {
        let (family, text) = family(line, WORD)?;
        kind(line, family, text, Format::OpenMetrics)
    } else if line.starts_with("# UNIT ") {
        let (family, at) = family(line, WORD)?;
        let unit = line.get(at..).ok_or(Reason::UnitExpected.at(line.len()))?;
        let named = family.decode();
        let fits = unit.is_empty() || named.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'));
        Ok(Line::Unit { family, unit, remark: (!fits).then_some(Reason::UnitNotInName.at(at)) })
    } else {
        Ok(Line::Comment)
    }
}

/// The family's name at byte `at`, quoted or not, and where the text after the one blank behind it starts (beyond the
/// line's end when not even the blank is there).
fn family(line: &str, at: usize) -> Result<(Text<'_>, usize), Complaint> {
    let b = line.as_bytes();
    let (name, end) = match b.get(at) {
        Some(b'"') => section::quoted(line, at)?,
        Some(&c) if is_metric_start(c) => {
            let end = metric_end(b, at);
            (Text::bare(&line[at..end]), end)
        }
        _ => return Err(Reason::NameExpected.at(at)),
    };
    if name.raw.is_empty() {
        return Err(Reason::EmptyName.at(at));
    }
    match b.get(end) {
        None | Some(b' ' | b'\t') => Ok((name, end + 1)),
        Some(_) => Err(stray(line, end)),
    }
}

/// The end of the metric name that starts at `at`.
fn metric_end(b: &[u8], at: usize) -> usize {
    let mut end = at;
    // Names are long, and so many bytes at a time are compared at once.
    while b.get(end..).and_then(<[u8]>::first_chunk).is_some_and(section::all_metric) {
        end += section::AT_ONCE;
    }
    end + b[end..].iter().position(|&c| !is_metric(c)).unwrap_or(b.len() - end)
}

/// The complaint about the character at byte `at`, just behind a metric name.
fn stray(line: &str, at: usize) -> Complaint {
    match line.get(at..).and_then(|rest| rest.chars().next()) {
        Some(c) => Reason::NameCharacter(c).at(at),
        None => Reason::ValueExpected.at(at),
    }
}

/// The rest of a `# TYPE` line from byte `at`.
fn kind<'a>(line: &'a str, family: Text<'a>, at: usize, format: Format) -> Result<Line<'a>, Complaint> {
    let word = line.get(at..).unwrap_or_default();
    let start = at + (word.len() - word.trim_start_matches([' ', '\t']).len());
    let trimmed = word.trim_matches([' ', '\t']);
    let (kind, native) = Type::from_word(trimmed, format).ok_or(Reason::UnknownType.at(start.min(line.len())))?;
    let remark = if native {
        (trimmed.len() != word.len()).then_some(Reason::Blanks.at(at))
    } else {
        Some(Reason::TypeOfOtherFormat.at(start))
    };
    Ok(Line::Type { family, kind, remark })
}

/// A sample whose name or brace stands at byte `start`.
fn sample<'a>(line: &'a str, start: usize, format: Format, seen: &mut Seen<'a>) -> Result<Sample<'a>, Complaint> {
    let b = line.as_bytes();
    let text = format == Format::Text;
    let mut name = None;
    let mut end = start;
    if b[start] != b'{' {
        end = metric_end(b, start);
        name = Some(Text::bare(&line[start..end]));
    }
    let open = if text { blanks(b, end) } else { end };
    if b.get(open) == Some(&b'{') {
        seen.clear();
        end = section::read(line, open, format, |item| match item {
            Item::Name(quoted) => name.replace(quoted).map_or(Ok(()), |_| Err(Reason::TwoNames)),
            Item::Label { name, .. } => seen.add(name),
        })?;
    } else if open == end && b.get(end).is_some_and(|&c| c != b' ' && c != b'\t') {
        return Err(stray(line, end));
    }
    let Some(name) = name else { return Err(Reason::NoName.at(start)) };
    let series = &line[start..end];
    let tail = if text { tail_text(line, end)? } else { tail_openmetrics(line, end, seen)? };
    Ok(Sample::new(series, name, &tail))
}

/// What follows the series.
struct Tail<'a> {
    value: f64,
    timestamp: Option<Timestamp>,
    exemplar: Option<Exemplar<'a>>,
    remark: Option<Complaint>,
}

/// `value timestamp` of the text format, blanks and tabs as one likes, none needed behind a brace.
fn tail_text(line: &str, at: usize) -> Result<Tail<'_>, Complaint> {
    let b = line.as_bytes();
    let at = blanks(b, at);
    let end = token_end(b, at);
    let (value, mut remark) = value(line, at, end)?;
    let start = blanks(b, end);
    if start == b.len() {
        return Ok(Tail { value, timestamp: None, exemplar: None, remark });
    }
    let end = token_end(b, start);
    let token = &line[start..end];
    let bad = Reason::BadTimestamp(TimeUnit::Milliseconds).at(start);
    let timestamp = token.parse::<Timestamp>().map_err(|_| bad)?;
    if token.starts_with(['+', '-']) {
        remark = remark.or(Some(Reason::SignedTimestamp.at(start)));
    }
    let rest = blanks(b, end);
    if rest < b.len() {
        return Err(Reason::Surplus.at(rest));
    }
    Ok(Tail { value, timestamp: Some(timestamp), exemplar: None, remark })
}

/// ` value timestamp # {…} value timestamp` of OpenMetrics, exactly one blank before each part.
fn tail_openmetrics<'a>(line: &'a str, at: usize, seen: &mut Seen<'a>) -> Result<Tail<'a>, Complaint> {
    let b = line.as_bytes();
    let start = part(b, at, Reason::ValueExpected)?;
    let mut end = token_end(b, start);
    let (value, mut remark) = value(line, start, end)?;
    let mut tail = Tail { value, timestamp: None, exemplar: None, remark: None };
    if end < b.len() && b.get(end + 1) != Some(&b'#') {
        (tail.timestamp, end) = seconds(line, end)?;
    }
    if end < b.len() {
        let open = end + 3;
        if !line[end..].starts_with(" # {") {
            let reason = if line[end..].starts_with(" #") { Reason::BadExemplar } else { Reason::Surplus };
            return Err(reason.at(end + 1));
        }
        seen.clear();
        let close = section::read(line, open, Format::OpenMetrics, |item| match item {
            Item::Name(_) => Err(Reason::LabelExpected),
            Item::Label { name, .. } => seen.add(name),
        })?;
        let start = part(b, close, Reason::ValueExpected)?;
        end = token_end(b, start);
        let (value, hexadecimal) = self::value(line, start, end)?;
        remark = remark.or(hexadecimal);
        let mut timestamp = None;
        if end < b.len() {
            (timestamp, end) = seconds(line, end)?;
        }
        if end < b.len() {
            return Err(Reason::Surplus.at(end + 1));
        }
        tail.exemplar = Some(Exemplar { raw: &line[open..close], value, timestamp });
    }
    tail.remark = remark;
    Ok(tail)
}

/// Where the part starts that must follow at `at` after exactly one blank.
fn part(b: &[u8], at: usize, missing: Reason) -> Result<usize, Complaint> {
    match (b.get(at), b.get(at + 1)) {
        (None, _) | (Some(b' '), None) => Err(missing.at(b.len())),
        (Some(b' '), Some(b' ' | b'\t')) => Err(Reason::Blanks.at(at + 1)),
        (Some(b' '), Some(_)) => Ok(at + 1),
        (Some(_), _) => Err(Reason::Blanks.at(at)),
    }
}

/// The end of the token that starts at `at`.
fn token_end(b: &[u8], at: usize) -> usize {
    at + b[at..].iter().position(|&c| c == b' ' || c == b'\t').unwrap_or(b.len() - at)
}

fn value(line: &str, start: usize, end: usize) -> Result<(f64, Option<Complaint>), Complaint> {
    if start == end {
        return Err(Reason::ValueExpected.at(start));
    }
    match number::parse(&line[start..end]) {
        Ok(Number::Plain(v)) => Ok((v, None)),
        Ok(Number::Hexadecimal(v)) => Ok((v, Some(Reason::Hexadecimal.at(start)))),
        Err(reason) => Err(reason.at(start)),
    }
}

/// The timestamp in seconds behind the blank at `at`, as milliseconds, and where it ends.
fn seconds(line: &str, at: usize) -> Result<(Option<Timestamp>, usize), Complaint> {
    let b = line.as_bytes();
    let start = part(b, at, Reason::Blanks)?;
    let end = token_end(b, start);
    match number::parse(&line[start..end]) {
        Ok(Number::Plain(s)) if s.is_finite() => Ok((Some((s * 1000.0) as Timestamp), end)),
        _ => Err(Reason::BadTimestamp(TimeUnit::Seconds).at(start)),
    }
}
