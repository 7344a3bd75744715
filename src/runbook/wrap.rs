//! Flowing text into lines by display width. Uses nothing of the crate.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::document::Run;
use super::{Role, Span};

/// What stands for a sign that is wider than the whole line.
const TOO_WIDE: &str = "\u{fffd}";

/// Signs that do not begin a line in scripts without spaces.
const NEVER_FIRST: &str = "、。，．：；！？）］｝」』】〉》〕…ー～々ゝ％";

/// The width of `text` in cells, sign by sign, as a terminal's cells are filled.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// One sign.
#[derive(Clone, Copy)]
struct Atom<'r> {
    text: &'r str,
    width: usize,
    role: Role,
}

/// Runs as lines of at most `width` cells, at least 1. Ordinary text gets the role `plain`. Words are kept together where
/// they fit on a line; wide signs may be parted as in scripts without spaces; spaces at line ends are dropped. No runs
/// are no lines.
pub(super) fn wrap(runs: &[Run], width: usize, plain: Role) -> Vec<Vec<Span>> {
    let mut flow = Flow { width, lines: Vec::new(), line: Vec::new(), used: 0, gap: Vec::new(), word: Vec::new() };
    for run in runs {
        let (text, role) = match run {
            Run::Break => {
                flow.end_line();
                continue;
            }
            Run::Text(text, Role::Text) => (text, plain),
            Run::Text(text, role) => (text, *role),
        };
        for sign in text.graphemes(true) {
            let atom = Atom { text: sign, width: UnicodeWidthStr::width(sign), role };
            // A sign that cannot be shown at all must not make a line too wide.
            flow.push(if atom.width > width { Atom { text: TOO_WIDE, width: 1, role } } else { atom });
        }
    }
    flow.finish()
}

struct Flow<'r> {
    width: usize,
    lines: Vec<Vec<Span>>,
    line: Vec<Atom<'r>>,
    used: usize,
    /// Spaces between the line and the word.
    gap: Vec<Atom<'r>>,
    word: Vec<Atom<'r>>,
}

impl<'r> Flow<'r> {
    fn push(&mut self, atom: Atom<'r>) {
        if atom.text == " " {
            self.end_word();
            // Text flows, so spaces in a row are one; code is kept as it is.
            if self.gap.is_empty() || atom.role == Role::Code {
                self.gap.push(atom);
            }
            return;
        }
        let parts = self.word.last().is_some_and(|last| {
            (last.width > 1 || atom.width > 1) && !atom.text.chars().all(|c| NEVER_FIRST.contains(c)) && atom.width > 0
        });
        if parts {
            self.end_word();
        }
        self.word.push(atom);
    }

    fn end_word(&mut self) {
        let wide: usize = self.word.iter().map(|a| a.width).sum();
        let gap: usize = self.gap.iter().map(|a| a.width).sum();
        if self.word.is_empty() {
            return;
        }
        if self.line.is_empty() {
            self.gap.clear();
        } else if self.used + gap + wide <= self.width {
            self.used += gap;
            self.line.append(&mut self.gap);
        } else {
            self.turn();
        }
        for atom in std::mem::take(&mut self.word) {
            if self.used + atom.width > self.width {
                self.turn();
            }
            self.used += atom.width;
            self.line.push(atom);
        }
    }

    /// Goes on in a new line.
    fn turn(&mut self) {
        self.lines.push(spans(&self.line));
        self.line.clear();
        self.gap.clear();
        self.used = 0;
    }

    fn end_line(&mut self) {
        self.end_word();
        self.turn();
    }

    fn finish(mut self) -> Vec<Vec<Span>> {
        self.end_word();
        if !self.line.is_empty() {
            self.turn();
        }
        while self.lines.last().is_some_and(Vec::is_empty) {
            self.lines.pop();
        }
        self.lines
    }
}

fn spans(line: &[Atom<'_>]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for atom in line {
        match spans.last_mut() {
            Some(span) if span.role == atom.role => span.text.push_str(atom.text),
            _ => spans.push(Span { text: atom.text.to_owned(), role: atom.role }),
        }
    }
    spans
}

/// The beginning of `text` in at most `width` cells, and whether anything was left out.
pub(super) fn head(text: &str, width: usize) -> (&str, bool) {
    let mut used = 0;
    for (at, sign) in text.grapheme_indices(true) {
        used += UnicodeWidthStr::width(sign);
        if used > width {
            return (&text[..at], true);
        }
    }
    (text, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Run {
        Run::Text(words.to_owned(), Role::Text)
    }

    fn lines(runs: &[Run], width: usize) -> Vec<String> {
        let lines = wrap(runs, width, Role::Text);
        lines.iter().map(|line| line.iter().map(|s| s.text.as_str()).collect()).collect()
    }

    #[test]
    fn words_stay_together_where_they_fit() {
        let runs = [text("the circuit  breaker is open")];
        assert_eq!(lines(&runs, 12), ["the circuit", "breaker is", "open"]);
        assert_eq!(lines(&runs, 80), ["the circuit breaker is open"]);
        assert_eq!(lines(&[], 10), Vec::<String>::new());
    }

    #[test]
    fn a_word_longer_than_a_line_is_cut() {
        assert_eq!(lines(&[text("a https://x.example/abc b")], 8), ["a", "https://", "x.exampl", "e/abc b"]);
        assert_eq!(lines(&[text("abc")], 1), ["a", "b", "c"]);
    }

    #[test]
    fn a_word_of_several_roles_is_one_word() {
        let runs = [text("see "), Run::Text("un".to_owned(), Role::Strong), text("known"), text(" x")];
        assert_eq!(lines(&runs, 8), ["see", "unknown", "x"]);
        let spans = wrap(&runs, 80, Role::Quote);
        let roles: Vec<_> = spans[0].iter().map(|s| (s.text.as_str(), s.role)).collect();
        assert_eq!(roles, [("see ", Role::Quote), ("un", Role::Strong), ("known x", Role::Quote)]);
    }

    #[test]
    fn wide_signs_break_anywhere_but_before_a_full_stop() {
        assert_eq!(lines(&[text("日本語。日本")], 6), ["日本", "語。日", "本"]);
        assert_eq!(lines(&[text("ab日本")], 3), ["ab", "日", "本"]);
        assert_eq!(lines(&[text("日x")], 1), ["\u{fffd}", "x"]);
        assert_eq!(lines(&[text("🔥🔥🔥")], 4), ["🔥🔥", "🔥"]);
    }

    #[test]
    fn breaks_are_kept_and_spaces_at_ends_are_not() {
        assert_eq!(lines(&[text("a "), Run::Break, text(" b")], 9), ["a", "b"]);
        assert_eq!(lines(&[Run::Text("a  b".to_owned(), Role::Code)], 9), ["a  b"]);
    }

    #[test]
    fn the_head_of_a_text_never_cuts_a_sign_in_two() {
        assert_eq!(head("日本", 3), ("日", true));
        assert_eq!(head("e\u{301}x", 1), ("e\u{301}", true));
        assert_eq!(head("ab", 2), ("ab", false));
    }
}
