//! What can be wrong with a body ([`Fault`]) or with one of its lines ([`Diagnosis`], [`Reason`]), in words.

use std::fmt;

use crate::series::printable;

/// How many bytes of a line an excerpt shows before and after the place that the reason is about.
const BEFORE: usize = 48;
const AFTER: usize = 72;

/// Why a whole body is unusable: the scrape has failed. No entry of such a body is given out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The Content-Type names something else than an exposition.
    #[error("the answer is `{content_type}`, not metrics: check the target's port and path")]
    NotText {
        /// The media type, lower case, safe to show, cut after 80 characters.
        content_type: String,
    },
    /// The body is an HTML or XML page, whatever its Content-Type says.
    #[error("the answer is a web page, not metrics: check the target's port and path")]
    Html,
    /// The body is still compressed: the agent did not say so in Content-Encoding.
    #[error("the answer is packed with {encoding} but does not say so: a proxy dropped its Content-Encoding header")]
    Compressed {
        /// `gzip` or `zstd`.
        encoding: &'static str,
    },
    /// The body's bytes are hardly any text.
    #[error("the answer is not text but binary data, no metrics: check the target's port and path")]
    Binary,
    /// The last line has no end and makes no sense as it stands: the rest is missing, or never was an exposition.
    #[error("the answer stops in the middle of a line, at {at}; the agent or a proxy closed the connection too early")]
    Truncated {
        /// What is wrong with the last line as it stands.
        at: Box<Diagnosis>,
    },
    /// OpenMetrics without its last line.
    #[error("the answer does not end with `# EOF`, so part of it is missing: the agent stopped in the middle of it")]
    NoEof,
    /// There are lines, and not one of them can be read.
    #[error("the answer holds no metrics, none of its {lines} lines can be read; {first}")]
    Garbage {
        /// How many lines.
        lines: usize,
        /// What is wrong with the first one.
        first: Box<Diagnosis>,
    },
}

/// What is wrong with one line, or remarkable about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The line, counted from 1.
    pub line: u32,
    /// The place in it, counted in characters from 1; one more than there are characters when something is missing at
    /// the end.
    pub column: u32,
    /// What it is.
    pub reason: Reason,
    /// The line around that place, safe to show, at most about 120 characters.
    pub excerpt: String,
}

impl Diagnosis {
    /// `line` is the whole line without its end, of which `complaint` speaks.
    pub(super) fn new(number: u32, line: &[u8], complaint: Complaint) -> Self {
        let at = complaint.at.min(line.len());
        let column = String::from_utf8_lossy(&line[..at]).chars().count() + 1;
        Self {
            line: number,
            column: u32::try_from(column).unwrap_or(u32::MAX),
            reason: complaint.reason,
            excerpt: excerpt(line, at),
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}: {}", self.line, self.column, self.reason, self.excerpt)
    }
}

fn excerpt(line: &[u8], at: usize) -> String {
    let boundary = |mut i: usize| {
        while i > 0 && line.get(i).is_some_and(|b| b & 0xc0 == 0x80) {
            i -= 1;
        }
        i
    };
    let (from, to) = (boundary(at.saturating_sub(BEFORE)), boundary((at + AFTER).min(line.len())));
    // A run of stray continuation bytes can pull the end back before the start.
    let shown = String::from_utf8_lossy(&line[from..to.max(from)]);
    let (head, tail) = (if from > 0 { "…" } else { "" }, if to < line.len() { "…" } else { "" });
    format!("{head}{}{tail}", printable(&shown))
}

/// A reason and the byte of its line that it is about; becomes a [`Diagnosis`] only where it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) at: usize,
    pub(super) reason: Reason,
}

impl Reason {
    /// The complaint that this is so at byte `at` of the line.
    pub(super) const fn at(self, at: usize) -> Complaint {
        Complaint { at, reason: self }
    }
}

/// Why a line could not be read, or what is remarkable about one that could.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// The line's bytes are no UTF-8.
    #[error("not valid UTF-8")]
    NotUtf8,
    /// Neither a metric name, nor `{`, nor `#` starts the line.
    #[error("expected a metric name, `{{` or `#`")]
    NameExpected,
    /// A metric name without quotes holds this.
    #[error("a metric name cannot hold {0:?} unless it is quoted inside the braces")]
    NameCharacter(char),
    /// The braces hold labels and no name, and none stands before them.
    #[error("there is no metric name")]
    NoName,
    /// A quoted name in the braces, and one before them or another in them.
    #[error("a second metric name")]
    TwoNames,
    /// A quoted name of no characters.
    #[error("an empty name")]
    EmptyName,
    /// `__name__` given as a label.
    #[error("`__name__` cannot be given as a label")]
    NameAsLabel,
    /// Something else where a label must start.
    #[error("expected a label name or `}}`")]
    LabelExpected,
    /// Something else than `=` after a label's name.
    #[error("expected `=` after the label name; an unescaped quote in the value before it looks like this")]
    EqualsExpected,
    /// A label value without quotes.
    #[error("expected a label value in double quotes")]
    QuoteExpected,
    /// A quoted text has no end on its line.
    #[error("the quoted text does not end on this line; a quote or line feed inside it must be escaped")]
    QuoteOpen,
    /// Something else after a label value.
    #[error("expected `,` or `}}` after the label value; a quote inside it must be escaped")]
    CommaExpected,
    /// The line ends inside the braces.
    #[error("`}}` is missing")]
    BraceOpen,
    /// The same label twice.
    #[error("the label is given twice")]
    DuplicateLabel,
    /// More labels than any series has.
    #[error("more than 256 labels")]
    TooManyLabels,
    /// The line ends before its value.
    #[error("expected a value")]
    ValueExpected,
    /// The value is no number.
    #[error("the value is not a number")]
    NotANumber,
    /// The value is a number that a 64-bit float cannot hold.
    #[error("the value is out of range")]
    OutOfRange,
    /// The timestamp is none.
    #[error("the timestamp is not a number of {0}")]
    BadTimestamp(TimeUnit),
    /// `#` after the value, and no exemplar after it.
    #[error("expected an exemplar, `# {{…}} value`")]
    BadExemplar,
    /// More text after everything a line can hold.
    #[error("nothing more can follow here")]
    Surplus,
    /// A blank too many, too few, or a tab.
    #[error("the format wants exactly one blank between the parts of a line and none elsewhere")]
    Blanks,
    /// `# TYPE` with a word that is no type.
    #[error("no such type")]
    UnknownType,
    /// `# UNIT` without a unit.
    #[error("the unit is missing")]
    UnitExpected,
    /// Lines after the one that says that there are none.
    #[error("data after `# EOF` is not read")]
    AfterEof,

    /// Remark: the line ends in CR LF.
    #[error("lines end in CR LF, which Prometheus refuses")]
    CarriageReturn,
    /// Remark: the last line is complete as it stands but has no line feed; its value may be cut short.
    #[error("the last line has no line feed: its last number may be cut short")]
    NotTerminated,
    /// Remark: the sample stands in the block of a family that it does not belong to.
    #[error(
        "the sample stands in the block of another family; an unescaped line feed in a label value looks like this"
    )]
    OutsideFamily,
    /// Remark: `# HELP`, `# TYPE` or `# UNIT` of a family whose block had ended.
    #[error("the family was described before, and others since")]
    FamilyAgain,
    /// Remark: a `#` line of OpenMetrics that is none of HELP, TYPE, UNIT and EOF.
    #[error("OpenMetrics has no comments; Prometheus refuses this")]
    Comment,
    /// Remark: an empty line in OpenMetrics.
    #[error("OpenMetrics has no empty lines; Prometheus refuses this")]
    EmptyLine,
    /// Remark: a hexadecimal float.
    #[error("Prometheus refuses hexadecimal numbers")]
    Hexadecimal,
    /// Remark: a timestamp of the text format with a sign.
    #[error("Prometheus refuses a sign before a timestamp")]
    SignedTimestamp,
    /// Remark: a type that only the other format knows.
    #[error("Prometheus refuses this type in this format")]
    TypeOfOtherFormat,
    /// Remark: the family's name does not end in its unit.
    #[error("the unit is not the end of the family's name; Prometheus refuses this")]
    UnitNotInName,
    /// Remark: more families than the summary lists.
    #[error("too many families to list; the rest are read but not listed")]
    TooManyFamilies,
}

/// The unit of a timestamp, which differs between the formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// Text format.
    Milliseconds,
    /// OpenMetrics.
    Seconds,
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Milliseconds => "milliseconds",
            Self::Seconds => "seconds",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_excerpts_are_safe() {
        let line = "größe\x1b[31m 日本 x";
        let at = line.find('x').unwrap();
        let d = Diagnosis::new(7, line.as_bytes(), Reason::NotANumber.at(at));
        assert_eq!(d.to_string(), "line 7, column 15: the value is not a number: größe␛[31m 日本 x");
    }

    #[test]
    fn an_excerpt_of_a_huge_line_is_short_and_shows_the_place() {
        let line = format!("{}HERE{}", "ä".repeat(1 << 20), "ö".repeat(1 << 20));
        let d = Diagnosis::new(1, line.as_bytes(), Reason::Surplus.at(line.find("HERE").unwrap()));
        assert_eq!(d.column, (1 << 20) + 1);
        assert!(
            d.excerpt.starts_with("…ä") && d.excerpt.contains("äHEREö") && d.excerpt.ends_with("ö…"),
            "{}",
            d.excerpt
        );
        assert!(d.excerpt.chars().count() < 130, "{}", d.excerpt);
    }

    #[test]
    fn an_excerpt_of_bytes_that_are_no_text_does_not_fail() {
        for at in [0, 1, 99, 100, 200] {
            let d = Diagnosis::new(1, &[0x80; 100], Reason::NotUtf8.at(at));
            assert!(d.excerpt.chars().all(|c| c == '\u{fffd}' || c == '…'), "{}", d.excerpt);
        }
    }
}
