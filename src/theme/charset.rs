//! Drawing for terminals and fonts without line, block and braille characters. Uses nothing of the crate.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Which characters a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Charset {
    /// All of them.
    #[default]
    Unicode,
    /// ASCII alone.
    Ascii,
}

impl Charset {
    /// What suits a terminal with this `TERM` and locale, the latter as the first of `LC_ALL`, `LC_CTYPE` and `LANG` that
    /// says anything. Linux' own console has lines and blocks but no braille; a locale that names another encoding than
    /// UTF-8 has none of it. No locale at all is what containers and cron have, and says nothing about the terminal.
    pub fn suited(term: Option<&str>, locale: Option<&str>) -> Self {
        let encoding = locale.and_then(|l| l.split_once('.')).map(|(_, rest)| rest.split('@').next().unwrap_or(rest));
        let is_utf8 = |e: &str| e.eq_ignore_ascii_case("utf-8") || e.eq_ignore_ascii_case("utf8");
        match (term, encoding) {
            (Some("linux" | "vt100" | "vt220"), _) => Self::Ascii,
            (_, Some(encoding)) if !is_utf8(encoding) => Self::Ascii,
            _ => Self::Unicode,
        }
    }

    /// Replaces what the terminal cannot show, cell by cell, so that nothing moves. Styles stay.
    pub fn simplify(self, area: Rect, buf: &mut Buffer) {
        if self == Self::Unicode {
            return;
        }
        let area = area.intersection(buf.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                let Some(cell) = buf.cell_mut((x, y)) else { continue };
                if cell.symbol().is_ascii() {
                    continue;
                }
                // What follows a wide character is a blank of its own.
                let stands_for = cell.symbol().chars().next();
                let stand_in = if cell.symbol().width() == 0 { ' ' } else { stands_for.map_or(' ', ascii) };
                cell.set_char(stand_in);
                // At least is not more than: `≥ 2` becomes `>=2`.
                if matches!(stands_for, Some('≥' | '≤'))
                    && x + 1 < area.right()
                    && let Some(next) = buf.cell_mut((x + 1, y)).filter(|next| next.symbol() == " ")
                {
                    next.set_char('=');
                }
            }
        }
    }
}

/// What stands for what, by looks. The marks of a level, the course of one line and the ways a line can go stay apart.
const STAND_INS: &[(&str, char)] = &[
    ("─┄┅┈┉╌╍╴╶╼╾–—‐−▔", '-'),
    ("│┆┇┊┋╎╏║╵╷╽╿▏▎▕¦▍", '|'),
    // Heavy lines are what is selected.
    ("━═╸╺", '='),
    ("┃╹╻┏┓┗┛┣┫┳┻╋┱┲┹┺┡┢┩┪╃╄╅╆╊╉╈╇", '#'),
    // Eighths from below: a course in one line.
    ("▁", '_'),
    ("▂▖▗", '.'),
    ("▃", '-'),
    ("▄", '='),
    ("▅", '+'),
    ("▆", '*'),
    ("▇▓", '%'),
    ("█▌▐▋▊▉▙▛▜▟", '#'),
    ("▀“”", '"'),
    ("▘▝’‘", '\''),
    ("▞╱", '/'),
    ("▚╲", '\\'),
    ("░", ':'),
    ("▒✓✔⌖", '+'),
    ("●•◉", 'o'),
    ("▲", '!'),
    ("✗✘×", 'x'),
    ("○·◌…", '.'),
    ("⚠≈", '~'),
    ("⊘", '%'),
    ("ⓘ", 'i'),
    ("◆◇■□✎", '*'),
    ("→›▸▶»≥", '>'),
    ("←‹◂◀«↵⏎≤", '<'),
    ("↑▴△", '^'),
    ("↓▾▼▽", 'v'),
    ("µμ", 'u'),
    ("\u{a0}", ' '),
];

/// The ASCII character that looks most like `c`, `?` for letters and signs that none looks like.
fn ascii(c: char) -> char {
    match c {
        ' '..='~' => c,
        '\u{2800}'..='\u{28ff}' => braille(c as u32 - 0x2800),
        _ => match STAND_INS.iter().find(|(of, _)| of.contains(c)) {
            Some(&(_, stand_in)) => stand_in,
            // Corners and crossings.
            None if ('\u{2500}'..='\u{257f}').contains(&c) => '+',
            None => '?',
        },
    }
}

/// The character with its ink about where a braille cell has its dots.
fn braille(dots: u32) -> char {
    // The rows that have a dot, from above, in the left and in the right column: dots 1 2 3 7 and 4 5 6 8.
    let column = |bits: [u32; 4]| bits.map(|bit| dots >> bit & 1 == 1);
    let (left, right) = (column([0, 1, 2, 6]), column([3, 4, 5, 7]));
    let count = dots.count_ones();
    let rows: Vec<usize> = (0..4).filter(|&row| left[row] || right[row]).collect();
    let (Some(&top), Some(&bottom)) = (rows.first(), rows.last()) else { return ' ' };
    let mean = |column: [bool; 4]| {
        let rows: Vec<usize> = (0..4).filter(|&row| column[row]).collect();
        (!rows.is_empty()).then(|| rows.iter().sum::<usize>() * 4 / rows.len())
    };
    match (count, bottom - top) {
        (7.., _) => '#',
        (_, 2..) => match (mean(left), mean(right)) {
            (Some(left), Some(right)) if left > right + 3 => '/',
            (Some(left), Some(right)) if right > left + 3 => '\\',
            (Some(_), Some(_)) if rows.len() == 2 => ':',
            _ => '|',
        },
        _ => match top + bottom {
            0..=1 => '\'',
            2..=4 => '-',
            5 => '.',
            _ => '_',
        },
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Color, Style};

    use super::*;

    #[test]
    fn the_environment_tells_what_a_terminal_can_show() {
        assert_eq!(Charset::suited(Some("xterm-256color"), Some("en_US.UTF-8")), Charset::Unicode);
        assert_eq!(Charset::suited(Some("xterm"), Some("de_DE.utf8@euro")), Charset::Unicode);
        assert_eq!(Charset::suited(Some("xterm"), None), Charset::Unicode);
        assert_eq!(Charset::suited(Some("xterm"), Some("C")), Charset::Unicode, "a locale that names no encoding");
        assert_eq!(Charset::suited(Some("xterm"), Some("de_DE.ISO-8859-1")), Charset::Ascii);
        assert_eq!(Charset::suited(Some("linux"), Some("en_US.UTF-8")), Charset::Ascii);
    }

    #[test]
    fn nothing_but_ascii_is_left_and_nothing_moves() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 2));
        buf.set_string(0, 0, "╭─┤▲ 日本│é…", Style::new().fg(Color::Red));
        buf.set_string(0, 1, "⣿⠁⢀▁▄█✗●·", Style::new());
        Charset::Ascii.simplify(buf.area, &mut buf);
        let line = |y| (0..12).map(|x| buf[(x, y)].symbol()).collect::<String>();
        assert_eq!(line(0), "+-+! ? ? |?.");
        assert_eq!(line(1), "#'__=#xo.   ");
        assert_eq!(buf[(0, 0)].fg, Color::Red);
    }

    #[test]
    fn at_least_stays_apart_from_more_than() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 1));
        buf.set_string(0, 0, "≥ 2 ≤ 5 s ≥9", Style::new());
        Charset::Ascii.simplify(buf.area, &mut buf);
        let line: String = (0..12).map(|x| buf[(x, 0)].symbol()).collect();
        assert_eq!(line, ">=2 <=5 s >9");
    }

    #[test]
    fn every_character_has_a_stand_in_that_is_ascii() {
        for c in ('\u{a0}'..='\u{ffff}').chain('\u{1f300}'..='\u{1f6ff}') {
            assert!(matches!(ascii(c), ' '..='~'), "{c:?}");
        }
    }

    #[test]
    fn marks_of_a_level_stay_apart() {
        let mut marks: Vec<char> = "●▲✗○⚠⊘✓".chars().map(ascii).collect();
        marks.sort_unstable();
        marks.dedup();
        assert_eq!(marks.len(), 7);
    }

    #[test]
    fn ink_stays_where_it_was() {
        let cell = |c: char| ascii(c);
        assert_eq!([cell('⠉'), cell('⠒'), cell('⠤'), cell('⣀')], ['\'', '-', '-', '_']);
        assert_eq!([cell('⡠'), cell('⠊'), cell('⡇'), cell('⠀')], ['.', '\'', '|', ' ']);
        // From the lower left to the upper right, and the other way.
        assert_eq!([cell('⡰'), cell('⢆')], ['/', '\\']);
    }
}
