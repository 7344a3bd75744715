//! What all commands that answer once share: how they write, what their JSON looks like, when and how much is meant.
//!
//! Results go to standard output, remarks to standard error. Text is made safe for a terminal, JSON holds it as it is.

use std::collections::BTreeMap;
use std::io::{ErrorKind, IsTerminal as _, Write};

use clap::ValueEnum;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};
use unicode_width::UnicodeWidthStr;

use super::{Failure, screen};
use crate::config::{ColorFlag, Config, Origin};
use crate::panel::clip;
use crate::runtime::system_clock;
use crate::series::{Labels, Timestamp, printable};
use crate::theme::Depth;
use crate::unit::{Moment, Period, Span, duration};
pub(super) use crate::unit::{exact as number, rfc3339 as time};

/// The version of the JSON that all commands write: it grows when something in it is renamed, removed or means something
/// else; new keys may come without that.
pub(super) const SCHEMA: u32 = 1;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Lines for people.
    Text,
    /// JSON for programs.
    Json,
}

/// What every JSON document begins with.
#[derive(Serialize)]
pub(super) struct Document<T: Serialize> {
    pub(super) schema: u32,
    /// Which command's answer it is.
    pub(super) kind: &'static str,
    /// When it was put together.
    pub(super) at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<SourceWords>,
    pub(super) remarks: Vec<String>,
    #[serde(flatten)]
    pub(super) body: T,
}

/// Where the data comes from.
#[derive(Serialize)]
pub(super) struct SourceWords {
    /// `scrape`, `prometheus` or `demo`.
    pub(super) kind: &'static str,
    /// The context, where one is used.
    pub(super) context: Option<String>,
    /// The server that is asked.
    pub(super) url: Option<String>,
    pub(super) targets: usize,
    pub(super) up: usize,
    pub(super) down: usize,
}

impl<T: Serialize> Document<T> {
    /// The document as text, indented, with a newline at its end.
    pub(super) fn json(&self) -> Result<String, Failure> {
        json(self)
    }
}

/// What a document says where there is no answer.
#[derive(Serialize)]
pub(super) struct NoAnswer {
    /// Why.
    pub(super) error: String,
    pub(super) exit_status: u8,
}

/// The document of a command that has no answer, and why.
pub(super) fn no_answer(kind: &'static str, why: &str, exit_status: u8) -> Result<String, Failure> {
    let body = NoAnswer { error: why.to_owned(), exit_status };
    json(&Document { schema: SCHEMA, kind, at: time(system_clock()()), source: None, remarks: Vec::new(), body })
}

/// Any value as indented JSON with a newline at its end.
pub(super) fn json<T: Serialize>(value: &T) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(value).map_err(|e| Failure::Run(e.into()))?;
    text.push('\n');
    Ok(text)
}

/// A float in JSON: a number, or a string where JSON has none: `"NaN"`, `"+Inf"`, `"-Inf"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number(pub(super) f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { serializer.serialize_f64(self.0) } else { serializer.serialize_str(&number(self.0)) }
    }
}

/// Labels as JSON has them, exactly as they are.
pub(super) fn label_map(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|l| (l.name.to_string(), l.value.to_string())).collect()
}

/// Reads a time of the command line.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    Moment::parse(text).map_err(|fault| fault.to_string())
}

/// The time that is meant.
///
/// # Errors
/// No calendar has it.
pub(super) fn meant(at: &Moment, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Failure> {
    at.resolve(now, zone).ok_or_else(|| Failure::Usage("--at is out of the calendar's range".to_owned()))
}

/// The range of time that `--range` or a setting says in more words than a length.
///
/// # Errors
/// It is none that there can be, or `--at` says another end.
pub(super) fn spanned(
    span: Option<&Span>,
    at: Option<&Moment>,
    now: Timestamp,
    zone: &TimeZone,
    usual: i64,
) -> Result<Option<Period>, Failure> {
    let Some(span) = span else { return Ok(None) };
    if at.is_some() {
        return Err(Failure::Usage(format!(
            "--at is the end of a --range that is a length; {:?} has an end of its own",
            printable(span.text())
        )));
    }
    span.resolve(now, zone, usual).map(Some).map_err(|fault| Failure::Usage(format!("--range: {fault}")))
}

/// What is odd about an end of time: `--at` that is still to come.
pub(super) fn to_come(end: Option<Timestamp>, now: Timestamp) -> Option<String> {
    let end = end.filter(|end| *end > now)?;
    Some(format!("--at is {} from now: what is still to come has no samples", duration(end - now)))
}

/// Whether text is coloured, and with which colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink(bool);

/// What a colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Warn,
    Bad,
    Dim,
    Bold,
}

impl Ink {
    /// Colours as `--color` asks for; without it only on a terminal that has some.
    pub(super) fn of(config: &Config) -> Self {
        Self(depth(config) != Depth::None)
    }

    pub(super) const NONE: Self = Self(false);

    /// `text` in a colour.
    pub(super) fn put(self, tone: Tone, text: &str) -> String {
        if !self.0 || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Warn => "33",
            Tone::Bad => "1;31",
            Tone::Dim => "2",
            Tone::Bold => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// How many colours the output has: what a flag says holds anywhere, everything else only on a terminal, or where
/// `CLICOLOR_FORCE` takes everything for one.
pub(super) fn depth(config: &Config) -> Depth {
    let by_flag = config.context.settings.iter().any(|s| s.name == "color" && matches!(s.origin, Origin::Flag(_)));
    let told = by_flag && config.screen.color != ColorFlag::Auto;
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|word| !word.is_empty() && word != "0");
    if !told && !forced && !std::io::stdout().is_terminal() {
        return Depth::None;
    }
    let hints = screen::hints();
    let forbidden = hints.no_color.as_deref().is_some_and(|word| !word.is_empty());
    match config.screen.color.depth(&hints) {
        // A dumb terminal is none where it is not one that is written to.
        Depth::None if forced && !forbidden && config.screen.color == ColorFlag::Auto => Depth::Ansi,
        depth => depth,
    }
}

/// Cells across that text may take: the terminal's. What reads a pipe wants whole words.
pub(super) fn columns() -> u16 {
    const PLENTY: u16 = 10_000;
    let terminal = std::io::stdout().is_terminal().then(|| crossterm::terminal::size().ok()).flatten();
    terminal.map_or(PLENTY, |(width, _)| width.max(40))
}

/// Writes a result.
pub(super) fn put(words: &str) -> Result<(), Failure> {
    put_bytes(words.as_bytes())
}

/// The same of what is no text.
pub(super) fn put_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    written(out.write_all(bytes).and_then(|()| out.flush()))
}

/// What came of writing to standard output. Whoever closes the pipe has read enough.
pub(super) fn written(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Run(anyhow::Error::new(error).context("cannot write to standard output")))
        }
        _ => Ok(()),
    }
}

/// Says something on standard error, made safe for a terminal.
pub(super) fn remark(words: &str) {
    for line in words.lines() {
        writeln!(std::io::stderr(), "shtop: {}", printable(line)).ok();
    }
}

/// Columns of text, as wide as what is in them, the last as it is. Every cell is made safe for a terminal and cut to
/// `most` cells; a tone colours one cell.
pub(super) struct Table {
    rows: Vec<Vec<(String, Option<Tone>)>>,
    most: u16,
}

impl Table {
    pub(super) const fn new(most: u16) -> Self {
        Self { rows: Vec::new(), most }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = (String, Option<Tone>)>) {
        let safe = |(text, tone): (String, Option<Tone>)| (printable(&text).into_owned(), tone);
        self.rows.push(cells.into_iter().map(safe).collect());
    }

    /// The lines. A column with nothing in it is left out.
    pub(super) fn text(&self, ink: Ink) -> String {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..count)
            .map(|i| self.rows.iter().filter_map(|r| r.get(i)).map(|(t, _)| t.width()).max().unwrap_or(0))
            .map(|width| width.min(usize::from(self.most)))
            .collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut line = String::new();
            let mut blanks = 0;
            for (i, (text, tone)) in row.iter().enumerate().filter(|(i, _)| widths[*i] > 0) {
                let last = i + 1 == count;
                let text = if last { text.clone() } else { clip(text, self.most).into_owned() };
                if text.is_empty() {
                    blanks += widths[i] + 2;
                    continue;
                }
                line.push_str(&" ".repeat(blanks));
                line.push_str(&tone.map_or_else(|| text.clone(), |tone| ink.put(tone, &text)));
                blanks = widths[i].saturating_sub(text.width()) + 2;
            }
            out.push_str(&line);
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_has_no_number_for_is_a_string() {
        let text = serde_json::to_string(&[1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Number)).unwrap();
        assert_eq!(text, r#"[1.5,"NaN","+Inf","-Inf"]"#);
    }

    #[test]
    fn a_table_is_safe_and_has_no_blanks_at_the_ends_of_lines() {
        let mut table = Table::new(20);
        table.row([("a".to_owned(), None), (String::new(), None), ("x\u{1b}[31m".to_owned(), None)]);
        table.row([("longer".to_owned(), Some(Tone::Bad)), (String::new(), None), (String::new(), None)]);
        assert_eq!(table.text(Ink::NONE), "a       x␛[31m\nlonger\n");
        assert_eq!(table.text(Ink(true)), "a       x␛[31m\n\u{1b}[1;31mlonger\u{1b}[0m\n");
    }
}
