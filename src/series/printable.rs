//! The one gate through which text from outside passes before anything of shtop keeps it.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// How many combining marks in a row are kept; more only serve to smear over neighbouring lines.
const MARKS: usize = 4;

/// `text` with nothing in it that could move a terminal's cursor, change its state or hide what is written: C0 controls
/// and DEL become their visible pictures (U+2400…), C1 controls, bidirectional controls and other invisible characters
/// U+FFFD, runs of combining marks are cut after four. Borrowed where nothing had to change.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        let c = safe_char(c);
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        if marks <= MARKS {
            safe.push(c);
        }
    }
    if safe == text { Cow::Borrowed(text) } else { Cow::Owned(safe) }
}

fn safe_char(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(printable("orders-3 (kafka)"), Cow::Borrowed(_)));
        assert!(matches!(printable("größe 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn nothing_that_steers_a_terminal_passes() {
        assert_eq!(printable("a\x1b[31mred\n\x7f"), "a␛[31mred␊␡");
        assert_eq!(printable("x\u{9b}31m\u{202e}y\u{200d}\u{feff}"), "x\u{fffd}31m\u{fffd}y\u{fffd}\u{fffd}");
    }

    #[test]
    fn combining_marks_are_capped() {
        let zalgo = format!("a{}b", "\u{301}".repeat(40));
        assert_eq!(printable(&zalgo), format!("a{}b", "\u{301}".repeat(MARKS)));
    }
}
