//! Text into cells: one line, cut with an ellipsis where it does not fit.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Writes `text` into the first line of `area`; returns how many cells it took. Longer text ends in `…`.
pub(super) fn line(buf: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return 0;
    }
    let fitted = fit(text, usize::from(area.width));
    let (end, _) = buf.set_stringn(area.x, area.y, &fitted, usize::from(area.width), style);
    end - area.x
}

/// `text`, or as much of it as fits into `width` cells with an ellipsis.
pub(super) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut fitted = String::new();
    let mut used = 0;
    for g in text.graphemes(true) {
        if used + g.width() > width.saturating_sub(1) {
            break;
        }
        used += g.width();
        fitted.push_str(g);
    }
    if width > 0 {
        fitted.push('…');
    }
    fitted
}

/// `text` in lines of at most `width` cells, broken between words where it can be.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_word_bounds() {
        let w = word.width();
        if used + w > width && used > 0 {
            lines.push(String::new());
            used = 0;
            if word.trim().is_empty() {
                continue;
            }
        }
        if w > width {
            // A word longer than a line is cut into pieces.
            for g in word.graphemes(true) {
                if used + g.width() > width && used > 0 {
                    lines.push(String::new());
                    used = 0;
                }
                if let Some(last) = lines.last_mut() {
                    last.push_str(g);
                }
                used += g.width();
            }
            continue;
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(word);
        }
        used += w;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_does_not_fit_says_so() {
        assert_eq!(fit("circuit breaker", 8), "circuit…");
        assert_eq!(fit("circuit", 7), "circuit");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("x", 0), "");
    }

    #[test]
    fn lines_break_between_words_and_long_words_anywhere() {
        assert_eq!(wrap("not exposed by any target", 12), ["not exposed ", "by any ", "target"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
    }
}
