//! Borders that panels share: which of them a shared line shows, and how lines meet.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::chrome;
use super::{Frame, worst};
use crate::layout::{Cells, Kind, Level};

/// Every way in which lines meet: the weights up, down, left and right are the digits of its place to the base of three,
/// where 0 is none, 1 thin and 2 heavy.
const MEETINGS: &str = " ╶╺╴─╼╸╾━╷┌┍┐┬┮┑┭┯╻┎┏┒┰┲┓┱┳╵└┕┘┴┶┙┵┷│├┝┤┼┾┥┽┿╽┟┢┧╁╆┪╅╈╹┖┗┚┸┺┛┹┻╿┞┡┦╀╄┩╃╇┃┠┣┨╂╊┫╉╋";

const UP: usize = 27;
const DOWN: usize = 9;
const LEFT: usize = 3;
const RIGHT: usize = 1;

/// The border of one panel, the more urgent ones greater.
struct Outline {
    cells: Cells,
    is_selected: bool,
    level: Option<Level>,
    style: Style,
}

impl Outline {
    fn of(frame: &Frame<'_>, cells: Cells) -> Self {
        let level = worst(frame).filter(|level| *level > Level::Good);
        Self { cells, is_selected: frame.selected, level, style: chrome::border_style(frame, level) }
    }

    fn urgency(&self) -> (bool, Option<Level>) {
        (self.is_selected, self.level)
    }

    /// 1 for a thin line, 2 for a heavy one.
    fn weight(&self) -> usize {
        if self.is_selected { 2 } else { 1 }
    }

    /// The lines of this border that leave a place of it; 0 for places that are not on it.
    fn arms(&self, x: u16, y: u16) -> usize {
        let Cells { x: left, y: top, .. } = self.cells;
        let (right, bottom) = (self.cells.right() - 1, self.cells.bottom() - 1);
        let (is_beside, is_level) = (x == left || x == right, y == top || y == bottom);
        if !(left..=right).contains(&x) || !(top..=bottom).contains(&y) {
            return 0;
        }
        let arm = |is_there: bool, value: usize| if is_there { value * self.weight() } else { 0 };
        arm(is_beside && y > top, UP)
            + arm(is_beside && y < bottom, DOWN)
            + arm(is_level && x > left, LEFT)
            + arm(is_level && x < right, RIGHT)
    }

    /// The places of this border that are no corners.
    fn sides(&self) -> impl Iterator<Item = (u16, u16)> + '_ {
        let Cells { x, y, .. } = self.cells;
        let (right, bottom) = (self.cells.right() - 1, self.cells.bottom() - 1);
        let level = (x + 1..right).flat_map(move |x| [(x, y), (x, bottom)]);
        level.chain((y + 1..bottom).flat_map(move |y| [(x, y), (right, y)]))
    }

    fn corners(&self) -> [(u16, u16); 4] {
        let Cells { x, y, .. } = self.cells;
        let (right, bottom) = (self.cells.right() - 1, self.cells.bottom() - 1);
        [(x, y), (right, y), (x, bottom), (right, bottom)]
    }
}

/// Both sums of arms, each arm with the greater weight.
fn together(a: usize, b: usize) -> usize {
    [UP, DOWN, LEFT, RIGHT].into_iter().map(|arm| (a / arm % 3).max(b / arm % 3) * arm).sum()
}

/// Joins the borders of panels that were drawn, those higher up and further left first, where the placement puts them,
/// scrolled up by so many rows in `area`. A line that several share is that of the selected one, else of the one whose
/// level is worse. What else stands on a border, such as titles, stays.
pub fn join(panels: &[(&Frame<'_>, Cells)], scroll: u16, area: Rect, buf: &mut Buffer) {
    let bordered = |(frame, cells): &&(&Frame<'_>, Cells)| {
        frame.panel.kind != Kind::Row && cells.w >= chrome::MIN_WIDTH && cells.h >= chrome::MIN_HEIGHT
    };
    let mut outlines: Vec<Outline> =
        panels.iter().filter(bordered).map(|(frame, cells)| Outline::of(frame, *cells)).collect();
    outlines.sort_by_key(Outline::urgency);
    let seen = |(x, y): (u16, u16)| {
        let y = y.checked_sub(scroll).filter(|y| *y < area.height && x < area.width)?;
        Some((area.x + x, area.y + y))
    };
    for outline in outlines.iter().filter(|outline| outline.urgency() > (false, None)) {
        for place in outline.sides() {
            let Some(cell) = seen(place).and_then(|at| buf.cell_mut(at)) else { continue };
            if let Some(line) = chrome::line_like(cell.symbol(), outline.is_selected) {
                cell.set_char(line).set_style(outline.style);
            }
        }
    }
    let mut corners: Vec<(u16, u16)> = outlines.iter().flat_map(Outline::corners).collect();
    corners.sort_unstable();
    corners.dedup();
    for (x, y) in corners {
        let Some(cell) = seen((x, y)).and_then(|at| buf.cell_mut(at)) else { continue };
        let (mut arms, mut style, mut count) = (0, Style::new(), 0);
        for outline in &outlines {
            let own = outline.arms(x, y);
            if own > 0 {
                (arms, style, count) = (together(arms, own), outline.style, count + 1);
            }
        }
        // A corner of one panel alone is as it was drawn, and a title may stand where a panel above ends.
        let is_line = cell.symbol().chars().all(|c| ('\u{2500}'..'\u{2580}').contains(&c));
        if count > 1
            && is_line
            && let Some(meeting) = MEETINGS.chars().nth(arms)
        {
            cell.set_char(meeting).set_style(style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Panel, Thresholds};
    use crate::panel::{Curve, State, draw};
    use crate::theme::{Charset, Depth, Theme};

    fn cells([x, y, w, h]: [u16; 4]) -> Cells {
        Cells { x, y, w, h }
    }

    /// The panels at their places, the selected one by its index, those of `bad` alarming.
    fn drawn(places: &[[u16; 4]], selected: Option<usize>, bad: &[usize], scroll: u16) -> (Buffer, Theme) {
        drawn_as(&["A", "B", "C", "D"], places, selected, bad, scroll)
    }

    fn drawn_as(
        titles: &[&str],
        places: &[[u16; 4]],
        selected: Option<usize>,
        bad: &[usize],
        scroll: u16,
    ) -> (Buffer, Theme) {
        let theme = Theme::dark(Depth::TrueColor);
        let thresholds = Thresholds { base: Some(Level::Good), steps: vec![(5.0, Level::Bad)] };
        let panel =
            |i: usize| Panel { title: titles[i].to_owned(), thresholds: thresholds.clone(), ..Panel::default() };
        let panels: Vec<Panel> = (0..places.len()).map(panel).collect();
        let curve = |i: usize| vec![Curve { now: Some(if bad.contains(&i) { 9.0 } else { 1.0 }), ..Curve::default() }];
        let curves: Vec<Vec<Curve>> = (0..places.len()).map(curve).collect();
        let frames: Vec<Frame<'_>> = (panels.iter().zip(&curves).enumerate())
            .map(|(i, (panel, curves))| Frame {
                curves,
                selected: Some(i) == selected,
                ..Frame::new(panel, &State::Live, &theme, 0)
            })
            .collect();
        let area = Rect::new(0, 0, 24, 9 - scroll);
        let mut whole = Buffer::empty(Rect::new(0, 0, 24, 9));
        for (frame, place) in frames.iter().zip(places) {
            draw(frame, Rect::new(place[0], place[1], place[2], place[3]), &mut whole);
        }
        let mut buf = Buffer::empty(area);
        for position in area.positions() {
            buf[position] = whole[(position.x, position.y + scroll)].clone();
        }
        let spots: Vec<(&Frame<'_>, Cells)> = frames.iter().zip(places.iter().map(|p| cells(*p))).collect();
        join(&spots, scroll, area, &mut buf);
        (buf, theme)
    }

    /// The borders alone.
    fn lines(buf: &Buffer) -> Vec<String> {
        let keep = |c: &ratatui::buffer::Cell| {
            let c = c.symbol().chars().next().unwrap_or(' ');
            if (('\u{2500}'..'\u{2580}').contains(&c) && c != '╌') || c.is_ascii_uppercase() || "=#+|-".contains(c) {
                c
            } else {
                ' '
            }
        };
        buf.content().chunks(24).map(|row| row.iter().map(keep).collect::<String>().trim_end().to_owned()).collect()
    }

    const FOUR: [[u16; 4]; 4] = [[0, 0, 13, 5], [12, 0, 12, 5], [0, 4, 10, 5], [9, 4, 15, 5]];

    #[test]
    fn every_meeting_of_lines_has_its_character() {
        assert_eq!(MEETINGS.chars().count(), 81);
        for (arms, meeting) in [(UP + DOWN, '│'), (2 * (LEFT + RIGHT), '━'), (UP + DOWN + LEFT + RIGHT, '┼')] {
            assert_eq!(MEETINGS.chars().nth(arms), Some(meeting));
        }
    }

    #[test]
    fn panels_that_touch_share_one_line() {
        let (buf, _) = drawn(&FOUR, None, &[], 0);
        assert_eq!(
            lines(&buf),
            [
                "╭─ A ───────┬─ B ──────╮",
                "│           │          │",
                "│           │          │",
                "│           │          │",
                "├─ C ────┬─ D ─────────┤",
                "│        │             │",
                "│        │             │",
                "│        │             │",
                "╰────────┴─────────────╯"
            ]
        );
    }

    #[test]
    fn the_selected_panel_keeps_a_heavy_border_and_its_neighbours_their_titles() {
        let (buf, theme) = drawn(&FOUR, Some(0), &[1, 2], 0);
        assert_eq!(
            lines(&buf),
            [
                "┏━ A ━━━━━━━┱─ ✗ B ────╮".replace('✗', " "),
                "┃           ┃          │".to_owned(),
                "┃           ┃          │".to_owned(),
                "┃           ┃          │".to_owned(),
                "┡━ ✗ C ━━┯━ D ─────────┤".replace('✗', " "),
                "│        │             │".to_owned(),
                "│        │             │".to_owned(),
                "│        │             │".to_owned(),
                "╰────────┴─────────────╯".to_owned()
            ]
        );
        assert_eq!(Some(buf[(12, 2)].fg), theme.selected.fg);
        assert_eq!(Some(buf[(23, 2)].fg), theme.bad.fg);
        assert_eq!(Some(buf[(9, 6)].fg), theme.bad.fg, "the worse of two");
        assert_eq!(Some(buf[(12, 6)].fg), Style::reset().fg, "nothing is drawn inside");
    }

    #[test]
    fn a_line_that_ends_above_a_title_leaves_it_whole() {
        let (buf, _) = drawn_as(&["A", "B", "LONG TITLE"], &[[0, 0, 8, 5], [7, 0, 17, 5], [0, 4, 24, 5]], None, &[], 0);
        assert_eq!(lines(&buf)[4], format!("├─ LONG TITLE {}┤", "─".repeat(9)));
    }

    #[test]
    fn what_is_scrolled_away_is_joined_all_the_same() {
        let (buf, _) = drawn(&FOUR, Some(2), &[], 3);
        assert_eq!(lines(&buf)[..2], ["│           │          │", "┢━ C ━━━━┱─ D ─────────┤"]);
    }

    #[test]
    fn in_ascii_the_selected_panel_is_told_by_its_shape_too() {
        let (mut buf, _) = drawn(&FOUR, Some(1), &[], 0);
        let area = buf.area;
        Charset::Ascii.simplify(area, &mut buf);
        assert_eq!(lines(&buf)[..2], ["+- A -------#= B ======#", "|           #          #"]);
        assert!(lines(&buf)[4].ends_with("=#"), "{:?}", lines(&buf));
    }
}
