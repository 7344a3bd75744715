//! Lists that are longer than their panel: how much of them is shown, and what is said of the rest.

use ratatui::layout::Rect;

use super::{Frame, alerts, bars, chrome, inside, states, table, text};
use crate::layout::Kind;

/// The lines that a panel in `area` has and does not show, which it can be scrolled by on the whole screen. 0 for kinds that
/// have no lines.
pub fn hidden(frame: &Frame<'_>, area: Rect) -> usize {
    if area.width < chrome::MIN_WIDTH || area.height < chrome::MIN_HEIGHT {
        return 0;
    }
    let (_, width, height) = inside(area.width, area.height);
    let (count, shown) = match frame.panel.kind {
        Kind::Table => table::lines(frame, width, height),
        Kind::Bars => bars::lines(frame, width, height),
        Kind::States => states::lines(frame, height),
        Kind::Text => text::lines(frame, width, height),
        Kind::Alerts => alerts::lines(frame, height),
        Kind::Stat | Kind::Gauge | Kind::Timeseries | Kind::Pie | Kind::Heatmap | Kind::Row => return 0,
    };
    count.saturating_sub(shown)
}

/// Which lines of a list are shown, and what the line after them says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The first line shown.
    pub(super) first: usize,
    /// How many are shown.
    pub(super) shown: usize,
    /// What is said of the rest, on a line of its own; empty where there is none.
    pub(super) rest: String,
    /// The same in fewer words.
    pub(super) brief: String,
}

/// So many lines of `count` as `rows` rows have room for, one of them for the words on the rest where there is a rest.
/// `left_out` of them are not at hand at all; `what` are they.
pub(super) fn excerpt(frame: &Frame<'_>, count: usize, left_out: usize, rows: u16, what: &str) -> Excerpt {
    let rows = usize::from(rows);
    if count <= rows && (left_out == 0 || count < rows) {
        let (rest, brief) = match left_out {
            0 => (String::new(), String::new()),
            n => (format!("+{n} more of {} {what}", count + n), format!("+{n} more")),
        };
        return Excerpt { first: 0, shown: count, rest, brief };
    }
    let shown = rows.saturating_sub(1).min(count);
    let first = frame.reading.scroll.min(count - shown);
    let all = count + left_out;
    let brief = if (frame.reading.whole || first > 0) && shown > 0 {
        format!("{}–{}", first + 1, first + shown)
    } else {
        format!("+{} more", all - shown)
    };
    Excerpt { first, shown, rest: format!("{brief} of {all} {what}"), brief }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Panel;
    use crate::panel::{Reading, State};
    use crate::theme::{Depth, Theme};

    fn of(count: usize, left_out: usize, rows: u16, reading: Reading) -> Excerpt {
        let (panel, theme) = (Panel::default(), Theme::dark(Depth::None));
        let frame = Frame { reading, ..Frame::new(&panel, &State::Live, &theme, 0) };
        excerpt(&frame, count, left_out, rows, "series")
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let here = Reading::default();
        assert_eq!(of(3, 0, 3, here), Excerpt { first: 0, shown: 3, rest: String::new(), brief: String::new() });
        assert_eq!(
            of(9, 0, 3, here),
            Excerpt { first: 0, shown: 2, rest: "+7 more of 9 series".to_owned(), brief: "+7 more".to_owned() }
        );
        assert_eq!(of(3, 40, 3, here).rest, "+41 more of 43 series");
        assert_eq!(of(3, 40, 9, here).rest, "+40 more of 43 series");
        assert_eq!((of(3, 0, 0, here).shown, of(3, 0, 0, here).brief.as_str()), (0, "+3 more"));
    }

    #[test]
    fn scrolling_ends_at_the_last_line() {
        let at = |scroll| of(9, 0, 4, Reading { whole: true, scroll, sort: None });
        assert_eq!((at(0).first, at(0).rest.as_str()), (0, "1–3 of 9 series"));
        assert_eq!(at(2).rest, "3–5 of 9 series");
        assert_eq!((at(500).first, at(500).brief.as_str()), (6, "7–9"));
    }
}
