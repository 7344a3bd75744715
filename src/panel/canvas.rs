//! Lines in braille: two by four dots a cell, one colour a cell.
//!
//! All series share one canvas, because separate layers would wipe each other's dots where lines cross. A cell takes the
//! colour of the series with most dots in it, of the later one where they are equal.

use ratatui::style::Style;

use super::Distance;
use super::pen::Pen;
use super::pie::QUARTERS;

/// The bit of each dot of a braille cell, by row and column, from Unicode's U+2800 block.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

#[derive(Debug, Clone, Copy, Default)]
struct Braille {
    /// Every series' dots.
    dots: u8,
    /// The dots of the series being drawn.
    layer: u8,
    /// How many dots the owner has here.
    share: u32,
    owner: usize,
    /// Whether the owner goes before others, however many dots they have.
    is_first: bool,
}

/// Dots, not yet on the screen. Dot (0, 0) is at the top left.
pub(super) struct Canvas {
    columns: usize,
    rows: usize,
    cells: Vec<Braille>,
    /// Cells of the current layer, each once.
    touched: Vec<usize>,
}

impl Canvas {
    /// An empty canvas of so many cells.
    pub(super) fn new(columns: u16, rows: u16) -> Self {
        let (columns, rows) = (usize::from(columns), usize::from(rows));
        Self { columns, rows, cells: vec![Braille::default(); columns * rows], touched: Vec::new() }
    }

    /// How many dots fit side by side.
    pub(super) fn dot_columns(&self) -> usize {
        self.columns * 2
    }

    /// How many dots fit above each other.
    pub(super) fn dot_rows(&self) -> usize {
        self.rows * 4
    }

    /// Sets a dot of the current layer; outside the canvas nothing happens.
    pub(super) fn dot(&mut self, x: i32, y: i32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        let (column, row) = (x / 2, y / 4);
        if column >= self.columns || row >= self.rows {
            return;
        }
        let index = row * self.columns + column;
        let cell = &mut self.cells[index];
        if cell.layer == 0 {
            self.touched.push(index);
        }
        cell.layer |= BITS[y % 4][x % 2];
    }

    /// Sets the dots of column `x` from row `a` to row `b`, both included, in any order.
    pub(super) fn vertical(&mut self, x: i32, a: i32, b: i32) {
        let last = self.dot_rows() as i32 - 1;
        for y in a.min(b).max(0)..=a.max(b).min(last) {
            self.dot(x, y);
        }
    }

    /// Sets the dots of a straight line, both ends included.
    pub(super) fn line(&mut self, (x0, y0): (i32, i32), (x1, y1): (i32, i32)) {
        let (dx, dy) = ((x1 - x0).abs(), -(y1 - y0).abs());
        let (sx, sy) = ((x1 - x0).signum(), (y1 - y0).signum());
        let (mut x, mut y, mut error) = (x0, y0, dx + dy);
        loop {
            self.dot(x, y);
            if (x, y) == (x1, y1) {
                return;
            }
            let doubled = 2 * error;
            if doubled >= dy {
                error += dy;
                x += sx;
            }
            if doubled <= dx {
                error += dx;
                y += sy;
            }
        }
    }

    /// Ends the layer: its dots belong to series `owner`, which takes the colour of every cell that it touches if it `is_first`.
    pub(super) fn merge(&mut self, owner: usize, is_first: bool) {
        for index in self.touched.drain(..) {
            let cell = &mut self.cells[index];
            let share = cell.layer.count_ones();
            if is_first && !cell.is_first || is_first == cell.is_first && share >= cell.share {
                (cell.share, cell.owner, cell.is_first) = (share, owner, is_first);
            }
            cell.dots |= cell.layer;
            cell.layer = 0;
        }
    }

    /// Writes every cell that has a dot.
    pub(super) fn write(&self, pen: &mut Pen<'_>, stroke: Distance, style: impl Fn(usize) -> Style) {
        for (index, cell) in self.cells.iter().enumerate().filter(|(_, cell)| cell.dots != 0) {
            let glyph = match stroke {
                Distance::Near => char::from_u32(0x2800 + u32::from(cell.dots)).unwrap_or(' '),
                Distance::Far => quarters(cell.dots),
            };
            pen.glyph((index % self.columns) as u16, (index / self.columns) as u16, glyph, style(cell.owner));
        }
    }
}

/// The quarters of a cell in which a dot lies: solid, so that a line is seen from across a room.
fn quarters(dots: u8) -> char {
    let any = |row: usize, column: usize| usize::from(dots & (BITS[row][column] | BITS[row + 1][column]) != 0);
    QUARTERS[any(0, 0) | any(0, 1) << 1 | any(2, 0) << 2 | any(2, 1) << 3]
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Color;

    use super::*;

    fn drawn(canvas: &Canvas, columns: u16, rows: u16) -> Buffer {
        let area = Rect::new(0, 0, columns, rows);
        let mut buf = Buffer::empty(area);
        canvas
            .write(&mut Pen::new(&mut buf, area), Distance::Near, |owner| Style::new().fg(Color::Indexed(owner as u8)));
        buf
    }

    #[test]
    fn lines_that_cross_keep_their_dots_and_the_bigger_share_its_colour() {
        let mut canvas = Canvas::new(1, 1);
        canvas.vertical(0, 0, 3);
        canvas.merge(1, false);
        canvas.dot(1, 0);
        canvas.merge(2, false);
        let buf = drawn(&canvas, 1, 1);
        assert_eq!(buf[(0, 0)].symbol(), "⡏");
        assert_eq!(buf[(0, 0)].fg, Color::Indexed(1));
    }

    #[test]
    fn from_afar_a_dot_is_a_quarter_of_a_cell() {
        let mut canvas = Canvas::new(2, 1);
        canvas.dot(0, 1);
        canvas.line((2, 2), (3, 3));
        canvas.merge(0, false);
        let area = Rect::new(0, 0, 2, 1);
        let mut buf = Buffer::empty(area);
        canvas.write(&mut Pen::new(&mut buf, area), Distance::Far, |_| Style::new());
        assert_eq!(buf, Buffer::with_lines(["▘▄"]));
    }

    #[test]
    fn of_equal_shares_the_later_one_is_seen() {
        let mut canvas = Canvas::new(1, 1);
        canvas.dot(0, 0);
        canvas.merge(1, false);
        canvas.dot(1, 3);
        canvas.merge(2, false);
        assert_eq!(drawn(&canvas, 1, 1)[(0, 0)].fg, Color::Indexed(2));
    }

    #[test]
    fn what_goes_first_has_the_colour_wherever_it_is() {
        let mut canvas = Canvas::new(1, 1);
        canvas.dot(0, 0);
        canvas.merge(1, true);
        canvas.vertical(1, 0, 3);
        canvas.merge(2, false);
        assert_eq!(drawn(&canvas, 1, 1)[(0, 0)].fg, Color::Indexed(1));
    }

    #[test]
    fn a_line_is_unbroken_and_what_leaves_the_canvas_is_cut() {
        let mut canvas = Canvas::new(2, 1);
        canvas.line((0, 3), (3, 0));
        canvas.line((0, -3), (-4, 9));
        canvas.merge(0, false);
        let buf = drawn(&canvas, 2, 1);
        assert_eq!((buf[(0, 0)].symbol(), buf[(1, 0)].symbol()), ("⡠", "⠊"));
    }
}
