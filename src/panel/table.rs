//! Tables: a row a series, a column for each label that tells rows apart and for each query. Columns that do not fit go from
//! the right, and are said to be missing; the first label and the first value stay.

mod grid;

use std::borrow::Cow;

use ratatui::style::{Modifier, Style};

use super::list::{self, Excerpt};
use super::pen::{self, Pen};
use super::{Frame, chrome, spark};
use crate::layout::Level;

pub use grid::{Cell, Column, Grid, Holds, Row};

/// Blank columns between columns.
const BETWEEN: u16 = 2;

/// A column of words is never wider than this.
const WIDEST: u16 = 48;

/// A column of words that has less says nothing.
const LEAST: u16 = 8;

/// A picture of the range beside the rows is worth it from here on.
const COURSE: u16 = 12;

/// A table as it is laid out.
struct Sheet {
    grid: Grid,
    /// Rows of the grid, in the order in which they stand.
    order: Vec<usize>,
    /// Each cell in words, by the grid's row and column.
    texts: Vec<Vec<String>>,
    /// The columns that are shown: index in the grid, and width.
    columns: Vec<(usize, u16)>,
    /// Whether a mark of what the row means stands before it.
    marks: bool,
    header: bool,
    excerpt: Excerpt,
    /// The line below the rows; empty for none.
    footer: String,
}

impl Sheet {
    fn of(frame: &Frame<'_>, width: u16, height: u16) -> Self {
        let panel = frame.panel;
        let grid = Grid::of(panel, frame.curves, |curve| frame.value(curve));
        let order = match frame.reading.sort {
            Some(column) => grid.by_column(panel, column),
            None => grid.by_weight(panel),
        };
        let texts: Vec<Vec<String>> = grid
            .rows
            .iter()
            .map(|row| grid.columns.iter().zip(&row.cells).map(|(column, cell)| words(frame, column, cell)).collect())
            .collect();
        let marks = grid.rows.iter().any(|row| meaning(frame, &grid, row).is_some()) && width >= 16;
        let columns = columns(&grid, &texts, frame.reading.sort, width.saturating_sub(if marks { 2 } else { 0 }));
        let header = height >= 3;
        let rows = height.saturating_sub(u16::from(header));
        let dropped = grid.columns.len() - columns.len();
        let missing = match dropped {
            0 => String::new(),
            1 => "1 more column".to_owned(),
            n => format!("{n} more columns"),
        };
        let whole = list::excerpt(frame, order.len(), frame.left_out, rows, "series");
        // The words on the rest and on columns share a line; where the rows would all fit without it, it costs one.
        let is_crowded = dropped > 0 && whole.rest.is_empty() && order.len() >= usize::from(rows) && rows > 1;
        let excerpt =
            if is_crowded { list::excerpt(frame, order.len(), frame.left_out, rows - 1, "series") } else { whole };
        let has_line = excerpt.shown < usize::from(rows);
        let shared: Vec<String> = grid.shared.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let said = |words: &[&str]| {
            let said = words.iter().copied().filter(|words| !words.is_empty());
            said.collect::<Vec<_>>().join(" · ")
        };
        // What is missing comes before what is only the same everywhere.
        let mut footer = said(&[&excerpt.rest, &missing]);
        if pen::width(&footer) > width {
            let missing = if dropped > 0 { format!("+{dropped} columns") } else { missing };
            footer = said(&[&excerpt.brief, &missing]);
        }
        footer = said(&[&footer, &shared.join(" · ")]);
        if !has_line {
            footer.clear();
        }
        Self { grid, order, texts, columns, marks, header, excerpt, footer }
    }

    /// Columns taken from the left.
    fn width(&self) -> u16 {
        let gaps = BETWEEN * (self.columns.len().saturating_sub(1)) as u16;
        self.columns.iter().map(|(_, width)| width).sum::<u16>() + gaps + if self.marks { 2 } else { 0 }
    }
}

/// How many rows there are, and how many of them are shown.
pub(super) fn lines(frame: &Frame<'_>, width: u16, height: u16) -> (usize, usize) {
    let sheet = Sheet::of(frame, width, height);
    (sheet.order.len(), sheet.excerpt.shown)
}

fn words(frame: &Frame<'_>, column: &Column, cell: &Cell) -> String {
    match cell {
        Cell::Number(v) if v.is_nan() && frame.panel.mapping(*v).is_none() => "NaN".to_owned(),
        Cell::Nothing if matches!(column.holds, Holds::Numbers(_)) => "–".to_owned(),
        cell => column.text(frame.panel, cell),
    }
}

/// The worst that a row's values mean.
fn meaning(frame: &Frame<'_>, grid: &Grid, row: &Row) -> Option<Level> {
    grid.columns.iter().zip(&row.cells).filter_map(|(column, cell)| column.level(frame.panel, cell.number()?)).max()
}

/// The columns that fit into `room`, each with its width. Columns of words are narrowed before one is dropped.
fn columns(grid: &Grid, texts: &[Vec<String>], sort: Option<usize>, room: u16) -> Vec<(usize, u16)> {
    let is_words = |i: usize| grid.columns.get(i).is_some_and(|c| c.holds == Holds::Words);
    let natural = |i: usize| {
        let widest = texts.iter().filter_map(|row| row.get(i)).map(|text| pen::width(text)).max().unwrap_or(0);
        let name = grid.columns.get(i).map_or(0, |c| pen::width(&c.name).min(if is_words(i) { WIDEST } else { 16 }));
        // The column that orders the rows has a mark behind its name.
        widest.max(name + u16::from(sort == Some(i))).min(WIDEST)
    };
    let mut kept: Vec<(usize, u16)> = (0..grid.columns.len()).map(|i| (i, natural(i))).collect();
    let first_value = (0..grid.columns.len()).find(|&i| !is_words(i));
    let total = |kept: &[(usize, u16)]| {
        kept.iter().map(|(_, width)| width).sum::<u16>() + BETWEEN * kept.len().saturating_sub(1) as u16
    };
    loop {
        // The widest words give way first, down to what still says something.
        let capped = |cap: u16| -> Vec<(usize, u16)> {
            kept.iter().map(|&(i, width)| (i, if is_words(i) { width.min(cap) } else { width })).collect()
        };
        if let Some(fitting) = (LEAST..=WIDEST).rev().map(capped).find(|columns| total(columns) <= room) {
            return fitting;
        }
        match kept.iter().rposition(|(i, _)| *i > 0 && Some(*i) != first_value) {
            Some(last) => drop(kept.remove(last)),
            None => break,
        }
    }
    // Not even two fit: the value as far as it goes, the words with what is left.
    let value = kept.iter().filter(|(i, _)| !is_words(*i)).map(|(_, width)| *width).sum::<u16>().min(room);
    let left = room.saturating_sub(value + BETWEEN);
    kept.retain_mut(|(i, width)| {
        *width = (*width).min(if is_words(*i) { left } else { value });
        *width > 0
    });
    kept
}

/// The row that matters most: its first value, what it is called, and how many rows there are.
pub(super) fn headline(frame: &Frame<'_>) -> Option<(String, Style, String, usize)> {
    let grid = Grid::of(frame.panel, frame.curves, |curve| frame.value(curve));
    let row = grid.rows.get(*grid.by_weight(frame.panel).first()?)?;
    let (column, cell) = grid.columns.iter().zip(&row.cells).find(|(c, _)| matches!(c.holds, Holds::Numbers(_)))?;
    let named = row.cells.iter().filter_map(|cell| match cell {
        Cell::Words(words) => Some(words.as_str()),
        Cell::Number(_) | Cell::Nothing => None,
    });
    let name = named.collect::<Vec<_>>().join(" ");
    Some((words(frame, column, cell), style(frame, column, cell.number()), name, grid.rows.len()))
}

/// Draws the panel's inside.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    if width == 0 || height == 0 {
        return;
    }
    let sheet = Sheet::of(frame, width, height);
    if sheet.header {
        draw_header(frame, pen, &sheet);
    }
    let top = u16::from(sheet.header);
    let shown = &sheet.order[sheet.excerpt.first..sheet.excerpt.first + sheet.excerpt.shown];
    let mut x = if sheet.marks { 2 } else { 0 };
    for &(index, column_width) in &sheet.columns {
        draw_column(frame, &mut pen.part(x, top, column_width, height - top), &sheet, index, shown);
        x += column_width + BETWEEN;
    }
    for (y, &row) in (top..).zip(shown) {
        let Some(row) = sheet.grid.rows.get(row) else { continue };
        if let Some(level) = meaning(frame, &sheet.grid, row).filter(|_| sheet.marks) {
            pen.glyph(0, y, chrome::glyph(level), frame.level_style(Some(level)));
        }
    }
    draw_courses(frame, pen, &sheet, shown);
    if !sheet.footer.is_empty() {
        let y = top + sheet.excerpt.shown as u16;
        pen.text(0, y, &pen::clip(&sheet.footer, width), frame.theme.dim);
    }
}

fn draw_header(frame: &Frame<'_>, pen: &mut Pen<'_>, sheet: &Sheet) {
    let mut x = if sheet.marks { 2 } else { 0 };
    for &(index, width) in &sheet.columns {
        let Some(column) = sheet.grid.columns.get(index) else { continue };
        let sorted = frame.reading.sort == Some(index);
        let style = if sorted { frame.theme.accent } else { frame.theme.dim.add_modifier(Modifier::UNDERLINED) };
        let name: Cow<'_, str> = if sorted {
            Cow::Owned(format!("{}▾", pen::fit(&column.name, width.saturating_sub(1))))
        } else {
            pen::fit(&column.name, width)
        };
        let mut cell = pen.part(x, 0, width, 1);
        match column.holds {
            Holds::Words => {
                cell.text(0, 0, &name, style);
            }
            Holds::Numbers(_) => cell.right(width, 0, &name, style),
        }
        x += width + BETWEEN;
    }
}

fn draw_column(frame: &Frame<'_>, pen: &mut Pen<'_>, sheet: &Sheet, index: usize, shown: &[usize]) {
    let width = pen.width();
    let Some(column) = sheet.grid.columns.get(index) else { return };
    let texts: Vec<&str> = shown.iter().map(|&row| sheet.texts[row][index].as_str()).collect();
    if column.holds == Holds::Words {
        for (y, text) in (0..).zip(pen::fit_all(&texts, width)) {
            let level = sheet.grid.rows.get(shown[usize::from(y)]).and_then(|row| meaning(frame, &sheet.grid, row));
            pen.text(0, y, &text, if level > Some(Level::Good) { frame.theme.text } else { frame.theme.dim });
        }
        return;
    }
    for ((y, text), &row) in (0..).zip(&texts).zip(shown) {
        let value = sheet.grid.rows[row].cells.get(index).and_then(Cell::number);
        pen.right(width, y, text, style(frame, column, value));
    }
}

fn style(frame: &Frame<'_>, column: &Column, value: Option<f64>) -> Style {
    match value {
        None => frame.theme.dim,
        Some(v) => match column.level(frame.panel, v) {
            Some(level) => frame.level_style(Some(level)).add_modifier(Modifier::BOLD),
            None if v.is_nan() => frame.theme.dim,
            None => frame.theme.text.add_modifier(Modifier::BOLD),
        },
    }
}

/// The range of each row's first value, where there is room to spare.
fn draw_courses(frame: &Frame<'_>, pen: &mut Pen<'_>, sheet: &Sheet, shown: &[usize]) {
    let (left, top) = (sheet.width() + BETWEEN, u16::from(sheet.header));
    let room = pen.width().saturating_sub(left);
    if room < COURSE {
        return;
    }
    let room = room.min(60);
    for (y, &row) in (top..).zip(shown) {
        if let Some(curve) = sheet.grid.rows.get(row).and_then(|row| frame.curves.get(row.curve?)) {
            spark::draw(frame, &mut pen.part(left, y, room, 1), curve, frame.theme.series(0));
        }
    }
}
