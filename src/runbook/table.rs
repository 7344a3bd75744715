//! Tables in the width there is: columns shrink and wrap, and where even that does not do, rows become lists. Uses nothing
//! of the crate.

use pulldown_cmark::Alignment;

use super::document::{self, Run, Table};
use super::{Role, Span, wrap};

/// Between two columns.
const SEPARATOR: &str = " │ ";
const SEPARATOR_WIDTH: usize = 3;
/// Words up to this long are not broken to make a table fit.
const LONGEST_WORD: usize = 24;

/// The lines of a table, at most `width` cells wide, `plain` for ordinary text outside the head.
pub(super) fn lines(table: &Table, width: usize, plain: Role) -> Vec<Vec<Span>> {
    let columns = table.head.len();
    if columns == 0 {
        return Vec::new();
    }
    let natural = natural(table);
    let room = width.saturating_sub(SEPARATOR_WIDTH * (columns - 1));
    let least = least(table);
    if least.iter().sum::<usize>() > room {
        return stacked(table, width, plain);
    }
    let widths = fit(&natural, &least, room);
    let mut lines = row(&table.head, &table.alignments, &widths, Role::TableHead);
    lines.push(vec![border(&widths.iter().map(|&w| "─".repeat(w)).collect::<Vec<_>>().join("─┼─"))]);
    for cells in &table.rows {
        lines.extend(row(cells, &table.alignments, &widths, plain));
    }
    lines
}

fn border(text: &str) -> Span {
    Span { text: text.to_owned(), role: Role::Border }
}

/// The largest of what `measure` says of a column's cells, at least 1 for each.
fn widest(table: &Table, measure: impl Fn(&[Run]) -> usize) -> Vec<usize> {
    let mut widths = vec![1; table.head.len()];
    for cells in std::iter::once(&table.head).chain(&table.rows) {
        for (widest, cell) in widths.iter_mut().zip(cells) {
            *widest = (*widest).max(measure(cell));
        }
    }
    widths
}

/// What each column would take.
fn natural(table: &Table) -> Vec<usize> {
    widest(table, |cell| {
        let lines = wrap::wrap(cell, usize::MAX, Role::Text);
        lines.iter().map(|l| l.iter().map(|s| wrap::width(&s.text)).sum()).max().unwrap_or(0)
    })
}

/// What each column takes so that no ordinary word is broken.
fn least(table: &Table) -> Vec<usize> {
    widest(table, |cell| {
        let words = document::plain(cell);
        words.split(' ').map(wrap::width).max().unwrap_or(0).min(LONGEST_WORD)
    })
}

/// Widths that add up to `room` at most, from `least` up to `natural`, which are as many: narrow columns get what they would
/// take, the wide ones share the rest. `least` fits.
fn fit(natural: &[usize], least: &[usize], room: usize) -> Vec<usize> {
    let wanted = |cap: usize| natural.iter().zip(least).map(move |(&w, &l)| w.min(cap).max(l));
    let (mut low, mut high) = (1, natural.iter().copied().max().unwrap_or(1));
    while low < high {
        let middle = (low + high).div_ceil(2);
        if wanted(middle).sum::<usize>() <= room { low = middle } else { high = middle - 1 }
    }
    let mut spare = room.saturating_sub(wanted(low).sum());
    let mut widths: Vec<usize> = wanted(low).collect();
    for (width, &natural) in widths.iter_mut().zip(natural) {
        let extra = usize::from(*width < natural && spare > 0);
        spare -= extra;
        *width += extra;
    }
    widths
}

fn row(cells: &[Vec<Run>], alignments: &[Alignment], widths: &[usize], plain: Role) -> Vec<Vec<Span>> {
    let cells: Vec<Vec<Vec<Span>>> = widths
        .iter()
        .enumerate()
        .map(|(i, &w)| cells.get(i).map_or_else(Vec::new, |c| wrap::wrap(c, w, plain)))
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let mut lines = Vec::with_capacity(height);
    for y in 0..height {
        let mut line = Vec::new();
        for (i, &width) in widths.iter().enumerate() {
            if i > 0 {
                line.push(border(SEPARATOR));
            }
            let spans = cells[i].get(y).cloned().unwrap_or_default();
            let free = width.saturating_sub(spans.iter().map(|s| wrap::width(&s.text)).sum());
            let before = match alignments.get(i) {
                Some(Alignment::Right) => free,
                Some(Alignment::Center) => free / 2,
                _ => 0,
            };
            let pad = |n: usize| (n > 0).then(|| Span { text: " ".repeat(n), role: plain });
            line.extend(pad(before));
            line.extend(spans);
            line.extend(pad(free - before));
        }
        lines.push(line);
    }
    lines
}

/// Each row as lines `head: cell`, where columns would be too narrow to read.
fn stacked(table: &Table, width: usize, plain: Role) -> Vec<Vec<Span>> {
    let mut lines = Vec::new();
    for (i, cells) in table.rows.iter().enumerate() {
        if i > 0 {
            lines.push(vec![border(&"─".repeat(width.min(8)))]);
        }
        for (head, cell) in table.head.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            let head = head.iter().map(|run| match run {
                Run::Text(text, Role::Text) => Run::Text(text.clone(), Role::TableHead),
                other => other.clone(),
            });
            let colon = Run::Text(": ".to_owned(), Role::TableHead);
            let runs: Vec<Run> = head.chain([colon]).chain(cell.iter().cloned()).collect();
            lines.extend(wrap::wrap(&runs, width, plain));
        }
    }
    if lines.is_empty() {
        for head in &table.head {
            lines.extend(wrap::wrap(head, width, Role::TableHead));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_columns_keep_their_width_and_wide_ones_share_the_rest() {
        let fit = |natural: &[usize], room| fit(natural, &vec![1; natural.len()], room);
        assert_eq!(fit(&[3, 50, 4], 60), [3, 50, 4]);
        assert_eq!(fit(&[3, 50, 4], 30), [3, 23, 4]);
        assert_eq!(fit(&[40, 50, 4], 31), [14, 13, 4]);
        assert_eq!(fit(&[1], 1), [1]);
    }

    #[test]
    fn a_column_is_never_narrower_than_its_words() {
        assert_eq!(fit(&[20, 50, 4], &[18, 6, 4], 40), [18, 18, 4]);
        assert_eq!(fit(&[20, 50, 4], &[18, 6, 4], 28), [18, 6, 4]);
    }
}
