//! A panel's series as rows and columns: what a table shows, before anybody thinks of cells of a terminal.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::layout::{Axis, Level, Panel, PanelQuery, Reduce};
use crate::panel::Curve;
use crate::panel::adjust::is_left_out;
use crate::series::{Labels, natural};

/// Rows and columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grid {
    /// From left to right: first what tells rows apart, then a column of values for each query.
    pub columns: Vec<Column>,
    /// Each with one cell a column.
    pub rows: Vec<Row>,
    /// Labels that are the same in all rows, name and value; they have no column.
    pub shared: Vec<(String, String)>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name of the label, or what the query is called.
    pub name: String,
    /// What is in it.
    pub holds: Holds,
}

/// What a column has in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Words.
    Words,
    /// Numbers in the unit of this axis.
    Numbers(Axis),
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// One a column.
    pub cells: Vec<Cell>,
    /// The curve of its first value, as an index; `None` for rows that stem from none.
    pub curve: Option<usize>,
}

/// What stands where row and column meet.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// Nothing: the series has no such label, or no value now.
    #[default]
    Nothing,
    /// Words.
    Words(String),
    /// A number, which may be NaN or infinite.
    Number(f64),
}

/// What a row is joined by: its labels, and which it is where a query has several with the same.
type Key = (Labels, usize);

impl Grid {
    /// A row for each label set: series of several queries that share theirs stand in one row. `value` gives the number that
    /// stands for a curve. Rows are in the order of the curves.
    pub fn of(panel: &Panel, curves: &[Curve], value: impl Fn(&Curve) -> Option<f64>) -> Self {
        let named = is_named(curves);
        let mut found: Vec<(Key, Vec<usize>)> = Vec::new();
        let mut places: FxHashMap<Key, usize> = FxHashMap::default();
        let mut seen: FxHashMap<(usize, Labels), usize> = FxHashMap::default();
        let mut doubled = false;
        for (index, curve) in curves.iter().enumerate() {
            let labels = if named { curve.labels.clone() } else { curve.labels.without_metric() };
            let nth = seen.entry((curve.query, labels.clone())).or_default();
            let key = (labels, *nth);
            doubled |= *nth > 0;
            *nth += 1;
            let place = *places.entry(key.clone()).or_insert(found.len());
            match found.get_mut(place) {
                Some((_, of)) => of.push(index),
                None => found.push((key, vec![index])),
            }
        }
        let queries: BTreeSet<usize> =
            curves.iter().map(|c| c.query).filter(|query| !is_left_out(panel, *query)).collect();
        let (telling, shared) = divide(panel, &found);
        let mut columns: Vec<Column> = Vec::new();
        if doubled {
            // Labels do not tell the series of a query apart; their names may.
            columns.push(Column { name: "series".to_owned(), holds: Holds::Words });
        }
        let title = |name: &String| if name == Labels::NAME { "metric".to_owned() } else { name.clone() };
        columns.extend(telling.iter().map(|name| Column { name: title(name), holds: Holds::Words }));
        columns.extend(value_columns(panel, curves, &queries));
        let rows = found.iter().map(|((labels, _), of)| {
            let mut cells = Vec::with_capacity(columns.len());
            if doubled {
                cells.extend(of.first().map(|&i| Cell::Words(curves[i].name.clone())));
            }
            let word = |name: &String| labels.get(name).map_or(Cell::Nothing, |v| Cell::Words(v.to_owned()));
            cells.extend(telling.iter().map(word));
            cells.extend(queries.iter().map(|query| {
                let curve = of.iter().map(|&i| &curves[i]).find(|c| c.query == *query);
                curve.and_then(&value).map_or(Cell::Nothing, Cell::Number)
            }));
            Row { cells, curve: of.first().copied() }
        });
        Self { rows: rows.collect(), shared, columns }
    }

    /// The rows in the order in which they matter, as indexes: the worst level first, then the largest value of the first
    /// column that has values (the smallest where small is bad), those without a value last.
    pub fn by_weight(&self, panel: &Panel) -> Vec<usize> {
        let low_is_bad = panel.thresholds.low_is_bad();
        let key = |row: &Row| {
            let values = || self.columns.iter().zip(&row.cells).filter_map(|(c, cell)| Some((c, cell.number()?)));
            let worst = values().filter_map(|(column, v)| column.level(panel, v)).filter(|l| *l > Level::Good).max();
            // Only the first column orders: the others are in other units, or of another meaning.
            let first = self.columns.iter().position(|c| matches!(c.holds, Holds::Numbers(_)));
            let value = first.and_then(|i| row.cells.get(i)?.number()).filter(|v| !v.is_nan());
            (worst, value.map(|v| if low_is_bad { -v } else { v }))
        };
        let keys: Vec<_> = self.rows.iter().map(key).collect();
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by(|&a, &b| {
            let ((level_a, value_a), (level_b, value_b)) = (keys[a], keys[b]);
            level_b.cmp(&level_a).then_with(|| match (value_a, value_b) {
                (Some(a), Some(b)) => b.total_cmp(&a),
                (a, b) => b.is_some().cmp(&a.is_some()),
            })
        });
        order
    }

    /// The rows in the order of one column, as indexes: words as people order them, numbers from the largest down, cells
    /// with nothing last. The order of [`by_weight`](Self::by_weight) where there is no such column.
    pub fn by_column(&self, panel: &Panel, column: usize) -> Vec<usize> {
        let mut order = self.by_weight(panel);
        if column >= self.columns.len() {
            return order;
        }
        order.sort_by(|&a, &b| compare(self.rows[a].cells.get(column), self.rows[b].cells.get(column)));
        order
    }
}

impl Column {
    /// What a value in this column means.
    pub fn level(&self, panel: &Panel, value: f64) -> Option<Level> {
        match self.holds {
            Holds::Numbers(Axis::Left) => panel.level(value),
            Holds::Numbers(Axis::Right) | Holds::Words => None,
        }
    }

    /// A cell of this column in words; empty for one with nothing.
    pub fn text(&self, panel: &Panel, cell: &Cell) -> String {
        match (cell, self.holds) {
            (Cell::Nothing, _) => String::new(),
            (Cell::Words(words), _) => words.clone(),
            (Cell::Number(v), Holds::Numbers(Axis::Right)) => panel.unit_right.format(*v, panel.decimals),
            (Cell::Number(v), _) => panel.text(*v),
        }
    }
}

impl Cell {
    /// The number, if it is one.
    pub const fn number(&self) -> Option<f64> {
        match self {
            Self::Number(v) => Some(*v),
            Self::Nothing | Self::Words(_) => None,
        }
    }
}

fn compare(a: Option<&Cell>, b: Option<&Cell>) -> Ordering {
    let rank = |cell: Option<&Cell>| match cell {
        Some(Cell::Number(v)) if !v.is_nan() => 0,
        Some(Cell::Words(_)) => 1,
        Some(Cell::Number(_)) => 2,
        Some(Cell::Nothing) | None => 3,
    };
    match (a, b) {
        (Some(Cell::Words(a)), Some(Cell::Words(b))) => natural(a, b),
        (Some(Cell::Number(a)), Some(Cell::Number(b))) if !a.is_nan() && !b.is_nan() => b.total_cmp(a),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// Whether the metric's name is needed to tell series of one query apart.
fn is_named(curves: &[Curve]) -> bool {
    let mut names: FxHashMap<(usize, Labels), &str> = FxHashMap::default();
    curves.iter().any(|curve| {
        let name = curve.labels.get(Labels::NAME).unwrap_or_default();
        *names.entry((curve.query, curve.labels.without_metric())).or_insert(name) != name
    })
}

/// The names of the labels that tell rows apart, those that the legends name first; and the labels that all rows share. Of a
/// lone row every label tells something.
fn divide(panel: &Panel, found: &[(Key, Vec<usize>)]) -> (Vec<String>, Vec<(String, String)>) {
    let all = || found.iter().map(|((labels, _), _)| labels);
    let mut names: Vec<String> = Vec::new();
    for query in &panel.queries {
        names.extend(mentioned(query).filter(|name| all().any(|labels| labels.get(name).is_some())));
    }
    let rest: BTreeSet<&str> = all().flat_map(|labels| labels.iter().map(|l| &*l.name)).collect();
    names.extend(rest.into_iter().map(str::to_owned));
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let same = |name: &String| {
        let mut values = all().map(|labels| labels.get(name));
        let first = values.next().flatten();
        first.filter(|_| found.len() > 1 && values.all(|v| v == first)).map(str::to_owned)
    };
    let mut shared = Vec::new();
    names.retain(|name| match same(name) {
        Some(value) => {
            shared.push((name.clone(), value));
            false
        }
        None => true,
    });
    (names, shared)
}

/// The labels that a legend names, in its order.
fn mentioned(query: &PanelQuery) -> impl Iterator<Item = String> {
    let legend = query.legend.as_deref().unwrap_or_default();
    legend.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.trim().to_owned()))
}

/// A column for each query: called as its legend is apart from labels, else `value`; and after what the curves are reduced
/// to, where that is not the newest value.
fn value_columns(panel: &Panel, curves: &[Curve], queries: &BTreeSet<usize>) -> Vec<Column> {
    let bare = |query: usize| {
        let legend = panel.queries.get(query).and_then(|q| q.legend.as_deref()).unwrap_or_default();
        let words = legend.split("{{").enumerate().map(|(i, part)| match part.split_once("}}") {
            Some((_, after)) if i > 0 => after,
            _ => part,
        });
        let words = words.collect::<Vec<_>>().join(" ");
        let words = words.split(|c: char| !c.is_alphanumeric() && !"%/.'_".contains(c));
        let words = words.filter(|w| w.chars().any(char::is_alphanumeric)).collect::<Vec<_>>().join(" ");
        if words.is_empty() { "value".to_owned() } else { words }
    };
    let names: Vec<String> = queries.iter().map(|&query| bare(query)).collect();
    let suffix = if panel.reduce == Reduce::Last { String::new() } else { format!(", {}", panel.reduce.name()) };
    let columns = queries.iter().zip(&names).map(|(&query, name)| {
        let number =
            if names.iter().filter(|n| *n == name).count() > 1 { format!(" {}", query + 1) } else { String::new() };
        let axis = curves.iter().find(|c| c.query == query).map_or(Axis::Left, |c| c.axis);
        Column { name: format!("{name}{number}{suffix}"), holds: Holds::Numbers(axis) }
    });
    columns.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Kind, Thresholds, Transform};

    fn query(legend: Option<&str>) -> PanelQuery {
        PanelQuery {
            expr: "up".to_owned(),
            legend: legend.map(str::to_owned),
            axis: Axis::Left,
            ..PanelQuery::default()
        }
    }

    fn panel(legends: &[Option<&str>]) -> Panel {
        Panel { kind: Kind::Table, queries: legends.iter().map(|l| query(*l)).collect(), ..Panel::default() }
    }

    fn curve<const N: usize>(query: usize, labels: [(&str, &str); N], now: f64) -> Curve {
        Curve { labels: Labels::from_pairs(labels), now: Some(now), query, ..Curve::default() }
    }

    fn table(panel: &Panel, curves: &[Curve]) -> Vec<Vec<String>> {
        let grid = Grid::of(panel, curves, Curve::newest);
        let head = grid.columns.iter().map(|c| c.name.clone()).collect();
        let text = |row: &Row| grid.columns.iter().zip(&row.cells).map(|(c, cell)| c.text(panel, cell)).collect();
        std::iter::once(head).chain(grid.rows.iter().map(text)).collect()
    }

    #[test]
    fn series_of_several_queries_with_the_same_labels_are_one_row() {
        let curves = [
            curve(0, [("__name__", "a"), ("topic", "orders"), ("job", "x")], 1.0),
            curve(0, [("__name__", "a"), ("topic", "audit"), ("job", "x")], 2.0),
            curve(1, [("__name__", "b"), ("topic", "audit"), ("job", "x")], 3.0),
        ];
        let panel = panel(&[Some("Writes {{topic}}"), Some("Reads {{topic}}")]);
        assert_eq!(table(&panel, &curves), [["topic", "Writes", "Reads"], ["orders", "1", ""], ["audit", "2", "3"]]);
        let grid = Grid::of(&panel, &curves, Curve::newest);
        assert_eq!(grid.shared, [("job".to_owned(), "x".to_owned())]);
        assert_eq!(grid.rows[1].curve, Some(1));
    }

    #[test]
    fn the_legend_orders_columns_and_all_that_differs_has_one() {
        let curves = [
            curve(0, [("a", "1"), ("partition", "3"), ("topic", "orders")], 1.0),
            curve(0, [("a", "2"), ("partition", "4"), ("topic", "orders-eu")], 1.0),
        ];
        assert_eq!(table(&panel(&[Some("{{topic}}-{{partition}}")]), &curves)[0], ["topic", "partition", "a", "value"]);
    }

    #[test]
    fn a_lone_row_shows_all_of_its_labels() {
        let curves = [curve(0, [("version", "1.4.2"), ("commit", "abc")], 1.0)];
        assert_eq!(table(&panel(&[None]), &curves), [["commit", "version", "value"], ["abc", "1.4.2", "1"]]);
    }

    #[test]
    fn series_that_labels_do_not_tell_apart_have_names_and_rows_of_their_own() {
        let named = |name: &str, v| Curve { name: name.to_owned(), now: Some(v), ..Curve::default() };
        let shown = table(&panel(&[None]), &[named("one", 1.0), named("two", 2.0)]);
        assert_eq!(shown, [["series", "value"], ["one", "1"], ["two", "2"]]);
        let metrics = [curve(0, [("__name__", "a")], 1.0), curve(0, [("__name__", "b")], 2.0)];
        assert_eq!(table(&panel(&[None]), &metrics), [["metric", "value"], ["a", "1"], ["b", "2"]]);
    }

    #[test]
    fn a_column_of_values_can_be_left_out_and_its_rows_stay() {
        let hide =
            |name: &str| Transform::Columns { hidden: vec![name.to_owned()], kept: Vec::new(), renamed: Vec::new() };
        let curves = [curve(0, [("version", "1.4.2")], 1.0), curve(0, [("version", "1.5.0")], 1.0)];
        let one = Panel { transforms: vec![hide("Value")], ..panel(&[None]) };
        assert_eq!(table(&one, &curves), [["version"], ["1.4.2"], ["1.5.0"]]);
        let mut two = Panel { transforms: vec![hide("Value #B")], ..panel(&[None, None]) };
        two.queries[1].id = "B".to_owned();
        let curves = [curve(0, [("t", "a")], 1.0), curve(1, [("t", "a")], 2.0), curve(1, [("t", "b")], 2.0)];
        assert_eq!(table(&two, &curves), [["t", "value"], ["a", "1"], ["b", ""]]);
    }

    #[test]
    fn columns_of_one_name_are_numbered_and_a_reduction_is_named() {
        let curves = [curve(0, [("t", "a")], 1.0), curve(1, [("t", "a")], 2.0), curve(1, [("t", "b")], 2.0)];
        let panel = Panel { reduce: Reduce::Max, ..panel(&[None, None]) };
        assert_eq!(table(&panel, &curves)[0], ["t", "value 1, max", "value 2, max"]);
    }

    #[test]
    fn the_worst_come_first_and_what_has_no_value_last() {
        let low = Thresholds { base: Some(Level::Bad), steps: vec![(2.0, Level::Good)] };
        let values = [("a", 3.0), ("b", f64::NAN), ("c", 1.0), ("d", 9.0)];
        let mut curves: Vec<Curve> = values.iter().map(|(t, v)| curve(0, [("t", t)], *v)).collect();
        curves.insert(0, Curve { now: None, ..curve(0, [("t", "gone")], 0.0) });
        let order = |panel: &Panel| Grid::of(panel, &curves, Curve::newest).by_weight(panel);
        assert_eq!(order(&panel(&[None])), [4, 1, 3, 0, 2]);
        assert_eq!(order(&Panel { thresholds: low, ..panel(&[None]) }), [3, 1, 4, 0, 2]);
    }

    #[test]
    fn a_column_orders_words_as_people_do_and_numbers_from_the_largest() {
        let values = [("x-10", 3.0), ("x-9", f64::NAN), ("x-2", 7.0)];
        let mut curves: Vec<Curve> = values.iter().map(|(t, v)| curve(0, [("t", t)], *v)).collect();
        curves.push(Curve { now: None, ..curve(0, [("t", "x-1")], 0.0) });
        let panel = panel(&[None]);
        let grid = Grid::of(&panel, &curves, Curve::newest);
        assert_eq!(grid.by_column(&panel, 0), [3, 2, 1, 0]);
        assert_eq!(grid.by_column(&panel, 1), [2, 0, 1, 3]);
        assert_eq!(grid.by_column(&panel, 9), grid.by_weight(&panel));
    }
}
