//! Characters that are drawings, as geometry: blocks, braille and lines. Uses nothing of the crate.
//!
//! Positions are in shares of a cell, 0 to 1 from its upper left corner. The meaning of each character is that of the
//! Unicode charts (U+2500, U+2580, U+2800).

/// What a character draws in its cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A filled rectangle: x, y, width, height, opacity.
    Bar(f64, f64, f64, f64, f64),
    /// A dot of braille: its middle.
    Dot(f64, f64),
    /// A stroke between two points; whether it is a heavy one.
    Stroke((f64, f64), (f64, f64), bool),
    /// A rounded corner: from one edge's middle to another's, bent around the cell's middle.
    Corner((f64, f64), (f64, f64)),
}

/// The shapes of `c`; `None` for a character that is to be set in a font.
pub(super) fn shapes(c: char) -> Option<Vec<Shape>> {
    match c {
        '\u{2580}'..='\u{259f}' => Some(block(c)),
        '\u{2800}'..='\u{28ff}' => Some(braille(c)),
        '\u{2500}'..='\u{257f}' => line(c),
        _ => None,
    }
}

fn block(c: char) -> Vec<Shape> {
    use Shape::Bar;
    let eighth = |n: u32| f64::from(n) / 8.0;
    match c {
        '▀' => vec![Bar(0.0, 0.0, 1.0, 0.5, 1.0)],
        '\u{2581}'..='\u{2588}' => {
            let h = eighth(c as u32 - 0x2580);
            vec![Bar(0.0, 1.0 - h, 1.0, h, 1.0)]
        }
        '\u{2589}'..='\u{258f}' => vec![Bar(0.0, 0.0, eighth(0x2590 - c as u32), 1.0, 1.0)],
        '▐' => vec![Bar(0.5, 0.0, 0.5, 1.0, 1.0)],
        '░' => vec![Bar(0.0, 0.0, 1.0, 1.0, 0.25)],
        '▒' => vec![Bar(0.0, 0.0, 1.0, 1.0, 0.5)],
        '▓' => vec![Bar(0.0, 0.0, 1.0, 1.0, 0.75)],
        '▔' => vec![Bar(0.0, 0.0, 1.0, 0.125, 1.0)],
        '▕' => vec![Bar(0.875, 0.0, 0.125, 1.0, 1.0)],
        quadrants => {
            // Upper left, upper right, lower left, lower right.
            let set: [bool; 4] = match quadrants {
                '▖' => [false, false, true, false],
                '▗' => [false, false, false, true],
                '▘' => [true, false, false, false],
                '▙' => [true, false, true, true],
                '▚' => [true, false, false, true],
                '▛' => [true, true, true, false],
                '▜' => [true, true, false, true],
                '▝' => [false, true, false, false],
                '▞' => [false, true, true, false],
                _ => [false, true, true, true],
            };
            let at = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)];
            at.into_iter().zip(set).filter(|(_, on)| *on).map(|((x, y), _)| Bar(x, y, 0.5, 0.5, 1.0)).collect()
        }
    }
}

fn braille(c: char) -> Vec<Shape> {
    /// Column and row of the dots in the order of their bits.
    const DOTS: [(u8, u8); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    let bits = c as u32 - 0x2800;
    let place = |(x, y): (u8, u8)| Shape::Dot(0.25 + 0.5 * f64::from(x), 0.125 + 0.25 * f64::from(y));
    DOTS.into_iter().enumerate().filter(|(i, _)| bits & (1 << i) != 0).map(|(_, dot)| place(dot)).collect()
}

const UP: (f64, f64) = (0.5, 0.0);
const DOWN: (f64, f64) = (0.5, 1.0);
const LEFT: (f64, f64) = (0.0, 0.5);
const RIGHT: (f64, f64) = (1.0, 0.5);
const MIDDLE: (f64, f64) = (0.5, 0.5);

fn line(c: char) -> Option<Vec<Shape>> {
    let corner = |a, b| Some(vec![Shape::Corner(a, b)]);
    match c {
        '╭' => return corner(DOWN, RIGHT),
        '╮' => return corner(DOWN, LEFT),
        '╯' => return corner(UP, LEFT),
        '╰' => return corner(UP, RIGHT),
        '╱' => return Some(vec![Shape::Stroke((0.0, 1.0), (1.0, 0.0), false)]),
        '╲' => return Some(vec![Shape::Stroke((0.0, 0.0), (1.0, 1.0), false)]),
        _ => {}
    }
    if let Some(dashes) = dashes(c) {
        return Some(dashes);
    }
    // Arms from the middle: up, right, down, left; 1 light, 2 heavy.
    let arms: [u8; 4] = match c {
        '─' => [0, 1, 0, 1],
        '━' => [0, 2, 0, 2],
        '│' => [1, 0, 1, 0],
        '┃' => [2, 0, 2, 0],
        '┌' => [0, 1, 1, 0],
        '┏' => [0, 2, 2, 0],
        '┐' => [0, 0, 1, 1],
        '┓' => [0, 0, 2, 2],
        '└' => [1, 1, 0, 0],
        '┗' => [2, 2, 0, 0],
        '┘' => [1, 0, 0, 1],
        '┛' => [2, 0, 0, 2],
        '├' => [1, 1, 1, 0],
        '┣' => [2, 2, 2, 0],
        '┤' => [1, 0, 1, 1],
        '┫' => [2, 0, 2, 2],
        '┬' => [0, 1, 1, 1],
        '┳' => [0, 2, 2, 2],
        '┴' => [1, 1, 0, 1],
        '┻' => [2, 2, 0, 2],
        '┼' => [1, 1, 1, 1],
        '╋' => [2, 2, 2, 2],
        '╴' => [0, 0, 0, 1],
        '╵' => [1, 0, 0, 0],
        '╶' => [0, 1, 0, 0],
        '╷' => [0, 0, 1, 0],
        '╸' => [0, 0, 0, 2],
        '╹' => [2, 0, 0, 0],
        '╺' => [0, 2, 0, 0],
        '╻' => [0, 0, 2, 0],
        '╼' => [0, 2, 0, 1],
        '╾' => [0, 1, 0, 2],
        _ => return None,
    };
    let ends = [UP, RIGHT, DOWN, LEFT];
    Some(
        ends.into_iter()
            .zip(arms)
            .filter(|(_, arm)| *arm > 0)
            .map(|(end, arm)| Shape::Stroke(MIDDLE, end, arm == 2))
            .collect(),
    )
}

/// Dashed lines: how many dashes a cell has.
fn dashes(c: char) -> Option<Vec<Shape>> {
    let (count, upright, heavy) = match c {
        '╌' => (2, false, false),
        '╍' => (2, false, true),
        '╎' => (2, true, false),
        '╏' => (2, true, true),
        '┄' => (3, false, false),
        '┅' => (3, false, true),
        '┆' => (3, true, false),
        '┇' => (3, true, true),
        '┈' => (4, false, false),
        '┉' => (4, false, true),
        '┊' => (4, true, false),
        '┋' => (4, true, true),
        _ => return None,
    };
    let share = 1.0 / f64::from(count);
    let dash = |i: i32| {
        let (from, to) = (share * (f64::from(i) + 0.15), share * (f64::from(i) + 0.85));
        if upright {
            Shape::Stroke((0.5, from), (0.5, to), heavy)
        } else {
            Shape::Stroke((from, 0.5), (to, 0.5), heavy)
        }
    };
    Some((0..count).map(dash).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_the_floor_and_on_the_left() {
        assert_eq!(shapes('▂'), Some(vec![Shape::Bar(0.0, 0.75, 1.0, 0.25, 1.0)]));
        assert_eq!(shapes('▎'), Some(vec![Shape::Bar(0.0, 0.0, 0.25, 1.0, 1.0)]));
        assert_eq!(shapes('█'), Some(vec![Shape::Bar(0.0, 0.0, 1.0, 1.0, 1.0)]));
    }

    #[test]
    fn braille_has_a_dot_for_each_bit() {
        assert_eq!(shapes('⠁'), Some(vec![Shape::Dot(0.25, 0.125)]));
        assert_eq!(shapes('⢀'), Some(vec![Shape::Dot(0.75, 0.875)]));
        assert_eq!(shapes('⣿').map(|s| s.len()), Some(8));
        assert_eq!(shapes('\u{2800}'), Some(vec![]));
    }

    #[test]
    fn lines_meet_in_the_middle_and_letters_are_no_shapes() {
        assert_eq!(shapes('┤').map(|s| s.len()), Some(3));
        assert_eq!(shapes('╭'), Some(vec![Shape::Corner(DOWN, RIGHT)]));
        assert_eq!(shapes('┊').map(|s| s.len()), Some(4));
        assert!(shapes('x').is_none() && shapes('●').is_none() && shapes('═').is_none());
    }
}
