//! What is wrong with a text that somebody wrote, and where: places as bytes of it, shown with line, column and a caret.

use std::fmt;
use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::printable;

/// One thing wrong in one place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file as it was named, safe for the screen.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The line, safe for the screen; the part around the place where it is long.
    pub excerpt: String,
    /// Cells of the excerpt before the place.
    pub indent: usize,
    /// Cells of the excerpt that are meant, at least 1.
    pub extent: usize,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, excerpt, indent, extent, hint } = self;
        write!(f, "{file}:{line}:{column}: {message}\n  {excerpt}\n  {:indent$}{}", "", "^".repeat(*extent))?;
        hint.as_ref().map_or(Ok(()), |hint| write!(f, "\n  {hint}"))
    }
}

/// Cells of an excerpt; a longer line shows the part around its place.
const EXCERPT: usize = 100;

/// Cells shown before the place in a longer line.
const BEFORE: usize = 40;

/// Bytes of a line from where on it is one that a program wrote.
const ENDLESS: usize = 4096;

/// Gathers the faults of one file.
pub(crate) struct Faults<'t> {
    file: &'t str,
    text: &'t str,
    found: Vec<(Range<usize>, String, Option<String>)>,
}

impl<'t> Faults<'t> {
    pub(crate) fn new(file: &'t str, text: &'t str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    /// `message` and `hint` may quote the file; they are made safe here.
    pub(crate) fn add(&mut self, place: Range<usize>, message: impl Into<String>, hint: Option<String>) {
        self.found.push((place, message.into(), hint));
    }

    /// The bytes of the file at `place`.
    pub(crate) fn source(&self, place: Range<usize>) -> &'t str {
        self.text.get(place).unwrap_or_default()
    }

    /// `value` if nothing was wrong, else at least one fault, in the order of the file.
    pub(crate) fn finish<T>(mut self, value: T) -> Result<T, Vec<Fault>> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by_key(|(place, ..)| (place.start, place.end));
        let (file, text) = (self.file, self.text);
        let fault =
            |(place, message, hint): (Range<usize>, String, Option<String>)| locate(file, text, &place, &message, hint);
        Err(self.found.into_iter().map(fault).collect())
    }
}

fn locate(file: &str, text: &str, place: &Range<usize>, message: &str, hint: Option<String>) -> Fault {
    let start = boundary(text, place.start);
    let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
    let line = text[line_start..line_end].trim_end_matches('\r');
    // An error at the very end of a line lies behind its last character.
    let at = (start - line_start).min(line.len());
    let end = boundary(text, place.end.clamp(start, line_start + line.len().max(at))) - line_start;
    let (before, meant, after) = (&line[..at], &line[at..end.max(at)], &line[end.max(at)..]);
    let column = before.chars().count() + 1;

    // Of a line that no screen has room for, only what is near the place is looked at.
    let is_endless = line.len() > ENDLESS;
    let near = |text: &str| boundary(text, ENDLESS);
    let before = if is_endless { &before[boundary(before, before.len().saturating_sub(ENDLESS))..] } else { before };
    let (meant, after) = (&meant[..near(meant)], &after[..near(after)]);
    let (before, meant, after) = (printable(before), printable(meant), printable(after));
    let is_long = is_endless || before.width() + meant.width() + after.width() > EXCERPT;
    let before = if is_long { tail(&before, BEFORE) } else { before.into_owned() };
    let meant = head(&meant, EXCERPT - BEFORE);
    let rest = if is_long { EXCERPT.saturating_sub(before.width() + meant.width()) } else { usize::MAX };
    let (indent, extent) = (before.width(), meant.width().max(1));
    Fault {
        file: printable(file).into_owned(),
        line: text[..line_start].matches('\n').count() + 1,
        column,
        message: printable(message).into_owned(),
        excerpt: format!("{before}{meant}{}", head(&after, rest)).trim_end().to_owned(),
        indent,
        extent,
        hint: hint.map(|h| printable(&h).into_owned()),
    }
}

/// The last boundary between characters at or before byte `at`.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or_default()
}

/// The beginning of `text`, at most `cells` wide, `…` for what was cut.
fn head(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    let mut used = 1;
    let kept = text.chars().take_while(|c| {
        used += c.width().unwrap_or_default();
        used <= cells
    });
    let kept: String = kept.collect();
    if cells == 0 { kept } else { kept + "…" }
}

/// The end of `text`, at most `cells` wide, `…` for what was cut.
fn tail(text: &str, cells: usize) -> String {
    let reversed: String = text.chars().rev().collect();
    head(&reversed, cells).chars().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, place: Range<usize>) -> String {
        let mut faults = Faults::new("a.toml", text);
        faults.add(place, "wrong", Some("do this".to_owned()));
        faults.finish(()).unwrap_err()[0].to_string()
    }

    #[test]
    fn a_fault_points_at_its_place() {
        assert_eq!(
            shown("a = 1\r\nbb = xyz # c\n", 12..15),
            "a.toml:2:6: wrong\n  bb = xyz # c\n       ^^^\n  do this"
        );
    }

    #[test]
    fn wide_and_hostile_characters_keep_the_caret_in_place() {
        let caret = format!("  {}^", " ".repeat("?日日? = ".width()));
        assert_eq!(shown("\t日本\x1b = x", 11..12), format!("a.toml:1:8: wrong\n  ␉日本␛ = x\n{caret}\n  do this"));
    }

    #[test]
    fn places_outside_the_text_are_its_end() {
        assert_eq!(shown("ab", 7..9), "a.toml:1:3: wrong\n  ab\n    ^\n  do this");
        assert_eq!(shown("", 0..0), "a.toml:1:1: wrong\n  \n  ^\n  do this");
        assert_eq!(shown("a\n", 1..2), "a.toml:1:2: wrong\n  a\n   ^\n  do this");
    }

    #[test]
    fn a_place_over_several_lines_is_marked_on_its_first() {
        assert_eq!(shown("a = [\n1,\n]", 4..10), "a.toml:1:5: wrong\n  a = [\n      ^\n  do this");
    }

    #[test]
    fn a_long_line_is_cut_around_its_place() {
        let line = format!("{} here {}", "x".repeat(300), "y".repeat(300));
        let text = shown(&line, 301..305);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "a.toml:1:302: wrong");
        assert!(lines[1].width() <= EXCERPT + 2, "{text}");
        let caret = lines[2].find('^').unwrap();
        assert_eq!(lines[1].chars().skip(caret).take(4).collect::<String>(), "here");
    }

    #[test]
    fn faults_come_in_the_order_of_the_file() {
        let mut faults = Faults::new("f", "a\nb\n");
        faults.add(2..3, "second", None);
        faults.add(0..1, "first", None);
        let error = faults.finish(()).unwrap_err();
        assert_eq!(error.iter().map(|f| f.line).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(error[1].to_string(), "f:2:1: second\n  b\n  ^");
    }
}
