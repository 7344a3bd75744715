//! What a panel's layout does with its series before they are drawn: transforms, then overrides and factors.

use std::sync::Arc;

use regex::Regex;

use super::Curve;
use crate::layout::{Look, Mapping, Match, Operand, Overrides, Panel, Pick, Reduce, Transform, filter};
use crate::series::{GAP, Labels, is_gap};

/// `curves` as `panel` wants them, by its transforms, overrides and factor.
pub fn adjust(panel: &Panel, mut curves: Vec<Curve>) -> Vec<Curve> {
    for transform in &panel.transforms {
        curves = transformed(panel, transform, curves);
    }
    if panel.overrides.is_empty() && panel.factor.is_none() {
        return curves;
    }
    let overrides = Overrides::new(&panel.overrides);
    let mut kept = Vec::with_capacity(curves.len());
    for mut curve in curves {
        let own = overrides.of(&curve.name, id(panel, &curve), || is_zero(&curve));
        if own.hidden {
            continue;
        }
        scale(&mut curve, own.factor.or(panel.factor));
        curve.axis = own.axis.unwrap_or(curve.axis);
        if let Some(name) = own.name {
            curve.name = name;
        }
        if own.look != Look::default() {
            // What it is called in words came first.
            let words = curve.look.as_ref().and_then(|look| look.mappings.clone());
            curve.look = Some(Arc::new(Look { mappings: words.or(own.look.mappings), ..own.look }));
        }
        kept.push(curve);
    }
    kept
}

/// The id of the query that a curve is from.
fn id<'p>(panel: &'p Panel, curve: &Curve) -> &'p str {
    panel.queries.get(curve.query).map_or("", |q| &q.id)
}

/// Whether a curve has no value but zero.
fn is_zero(curve: &Curve) -> bool {
    curve.values.iter().copied().chain(curve.now).filter(|v| !is_gap(*v)).all(|v| v == 0.0)
}

fn scale(curve: &mut Curve, factor: Option<f64>) {
    let Some(factor) = factor else { return };
    // A gap is a NaN of its own, and stays one.
    curve.values.iter_mut().filter(|v| !is_gap(**v)).for_each(|v| *v *= factor);
    curve.now = curve.now.map(|v| v * factor);
}

fn transformed(panel: &Panel, transform: &Transform, mut curves: Vec<Curve>) -> Vec<Curve> {
    match transform {
        Transform::Series { pattern, pick } => {
            if let Some(pattern) = filter(pattern) {
                curves.retain(|c| pattern.is_match(&c.name) == (*pick == Pick::Keep));
            }
            curves
        }
        Transform::Queries { pattern, pick } => {
            if let Some(pattern) = filter(&format!("^(?:{pattern})$")) {
                curves.retain(|c| pattern.is_match(id(panel, c)) == (*pick == Pick::Keep));
            }
            curves
        }
        Transform::Columns { hidden, kept, renamed } => {
            let (hidden, kept) = (Names::of(hidden), Names::of(kept));
            for curve in &mut curves {
                curve.labels = columns(&curve.labels, &hidden, &kept, renamed);
            }
            curves
        }
        Transform::Rename { pattern, to } => {
            if let Some(pattern) = filter(pattern) {
                for curve in &mut curves {
                    curve.name = pattern.replace_all(&curve.name, to.as_str()).into_owned();
                }
            }
            curves
        }
        Transform::Words { label } => {
            for curve in &mut curves {
                say(curve, label);
            }
            curves
        }
        Transform::Group { by, reduce } => grouped(curves, by, *reduce),
        Transform::Values { of, from, to, pick } => {
            let is_meant = |c: &Curve| of.is_empty() || id(panel, c) == of;
            let is_inside = |v: f64| from.is_none_or(|from| v >= from) && to.is_none_or(|to| v <= to) && !v.is_nan();
            let found: Vec<Labels> = curves
                .iter()
                .filter(|c| is_meant(c) && c.newest().is_some_and(is_inside))
                .map(|c| c.labels.without_metric())
                .collect();
            curves.retain(|c| found.contains(&c.labels.without_metric()) == (*pick == Pick::Keep));
            curves
        }
        Transform::Calculate { name, left, operator, right, others } => {
            let mut more = Vec::new();
            let of = |a: Option<f64>, b: Option<f64>| Some(operator.of(a?, b?)).filter(|v| !is_gap(*v));
            for one in side(panel, left, &curves) {
                let rights = side(panel, right, &curves);
                let Some(other) = counterpart(&one, &rights) else { continue };
                let values = together(&one, other, |a, b| of(a, b).unwrap_or(GAP));
                let now = of(one.now, other.now);
                let called = match name.as_str() {
                    "" => format!("{} {} {}", one.name, operator.name(), other.name),
                    name => name.to_owned(),
                };
                let base = if matches!(left, Operand::Number(_)) { other } else { &one };
                let base = Curve { values: Vec::new(), ..base.clone() };
                more.push(Curve { name: called, values, now, ..base });
            }
            with(curves, more, *others)
        }
        Transform::Total { name, reduce, of, others } => {
            let counts: Vec<&Curve> = curves.iter().filter(|c| of.is_empty() || of.contains(&c.name)).collect();
            let (values, now) = across(&counts, *reduce);
            let total = counts.first().map(|first| Curve {
                name: name.clone(),
                labels: Labels::empty(),
                values,
                now,
                query: first.query,
                ..Curve::default()
            });
            with(curves, total.into_iter().collect(), *others)
        }
        Transform::Sort { by, descending } => {
            curves.sort_by(|a, b| {
                let order = if by.is_empty() {
                    let value = |c: &Curve| c.newest().unwrap_or(f64::NEG_INFINITY);
                    value(a).total_cmp(&value(b))
                } else {
                    a.labels.get(by).cmp(&b.labels.get(by))
                };
                if *descending { order.reverse() } else { order }
            });
            curves
        }
        Transform::Limit(count) => {
            curves.truncate(*count);
            curves
        }
    }
}

fn with(mut curves: Vec<Curve>, mut more: Vec<Curve>, others: Pick) -> Vec<Curve> {
    match others {
        Pick::Keep => {
            curves.append(&mut more);
            curves
        }
        Pick::Drop => more,
    }
}

/// Puts the value of a label in place of a curve's numbers, or its name.
fn say(curve: &mut Curve, label: &str) {
    let text = match filter(label) {
        None => Some(curve.name.clone()),
        Some(pattern) => curve.labels.iter().find(|l| pattern.is_match(&l.name)).map(|l| l.value.to_string()),
    };
    let Some(text) = text.filter(|text| !text.is_empty()) else { return };
    let all = Match::Range { from: f64::NEG_INFINITY, to: f64::INFINITY };
    let words = [all, Match::Nan].map(|when| Mapping { when, text: text.clone(), level: None });
    curve.look = Some(Arc::new(Look { mappings: Some(words.to_vec()), ..Look::default() }));
}

/// One curve for all of a query with the same values of the labels `by`.
fn grouped(curves: Vec<Curve>, by: &[String], reduce: Reduce) -> Vec<Curve> {
    let mut groups: Vec<(Curve, Vec<Curve>)> = Vec::new();
    for curve in curves {
        let pairs = by.iter().filter_map(|name| Some((name.clone(), curve.labels.get(name)?.to_owned())));
        let labels = Labels::from_pairs(pairs.collect::<Vec<_>>());
        let is_its = |(group, _): &&mut (Curve, Vec<Curve>)| group.query == curve.query && group.labels == labels;
        if let Some((_, all)) = groups.iter_mut().find(is_its) {
            all.push(curve);
        } else {
            let name = labels.iter().map(|l| l.value.to_string()).collect::<Vec<_>>().join(" ");
            groups.push((Curve { name, labels, values: Vec::new(), ..curve.clone() }, vec![curve]));
        }
    }
    let one = |(group, all): (Curve, Vec<Curve>)| {
        let (values, now) = across(&all.iter().collect::<Vec<_>>(), reduce);
        Curve { values, now, ..group }
    };
    groups.into_iter().map(one).collect()
}

/// At every step, and now, one number of all the curves.
fn across(curves: &[&Curve], reduce: Reduce) -> (Vec<f64>, Option<f64>) {
    let steps = curves.iter().map(|c| c.values.len()).max().unwrap_or(0);
    let at = |values: Vec<f64>| {
        let newest = values.last().copied();
        reduce.of(&values, newest)
    };
    let column = |i| curves.iter().filter_map(|c| c.values.get(i)).copied().filter(|v| !is_gap(*v)).collect();
    let values = (0..steps).map(|i| at(column(i)).unwrap_or(GAP)).collect();
    (values, at(curves.iter().filter_map(|c| c.now).collect()))
}

/// Names of columns, some of them regular expressions.
struct Names<'n> {
    plain: &'n [String],
    patterns: Vec<Regex>,
}

impl<'n> Names<'n> {
    fn of(plain: &'n [String]) -> Self {
        let pattern = |name: &String| filter(name.strip_prefix('/')?.strip_suffix('/')?);
        Self { plain, patterns: plain.iter().filter_map(pattern).collect() }
    }

    fn has(&self, name: &str) -> bool {
        self.plain.iter().any(|own| own == name) || self.patterns.iter().any(|p| p.is_match(name))
    }
}

/// Whether the column of the values of query `index` is left out of a table.
pub(super) fn is_left_out(panel: &Panel, index: usize) -> bool {
    let id = panel.queries.get(index).map_or("", |q| &q.id);
    let is_lone = panel.queries.len() == 1;
    panel.transforms.iter().any(|transform| match transform {
        Transform::Columns { hidden, .. } => {
            let hidden = Names::of(hidden);
            is_lone && hidden.has("Value") || !id.is_empty() && hidden.has(&format!("Value #{id}"))
        }
        _ => false,
    })
}

fn columns(labels: &Labels, hidden: &Names<'_>, kept: &Names<'_>, renamed: &[(String, String)]) -> Labels {
    let is_kept = |name: &str| !hidden.has(name) && (kept.plain.is_empty() || kept.has(name));
    let called = |name: &str| {
        let other = renamed.iter().find(|(from, _)| from == name).map(|(_, to)| to.as_str());
        other.unwrap_or(name).to_owned()
    };
    let pairs = labels.iter().filter(|l| is_kept(&l.name)).map(|l| (called(&l.name), l.value.to_string()));
    Labels::from_pairs(pairs.collect::<Vec<_>>())
}

/// The series of one side of a calculation; a number is one series that always has it.
fn side(panel: &Panel, operand: &Operand, curves: &[Curve]) -> Vec<Curve> {
    match operand {
        Operand::Number(value) => {
            let steps = curves.iter().map(|c| c.values.len()).max().unwrap_or(0);
            vec![Curve { name: value.to_string(), values: vec![*value; steps], now: Some(*value), ..Curve::default() }]
        }
        Operand::Series(name) => {
            let named: Vec<Curve> = curves.iter().filter(|c| c.name == *name).cloned().collect();
            if named.is_empty() { curves.iter().filter(|c| id(panel, c) == name).cloned().collect() } else { named }
        }
    }
}

/// The one of `others` that belongs to `one`: with the same labels, else the only one there is.
fn counterpart<'c>(one: &Curve, others: &'c [Curve]) -> Option<&'c Curve> {
    let plain = one.labels.without_metric();
    let same = others.iter().find(|other| other.labels.without_metric() == plain);
    same.or_else(|| others.first().filter(|_| others.len() == 1))
}

fn together(a: &Curve, b: &Curve, of: impl Fn(Option<f64>, Option<f64>) -> f64) -> Vec<f64> {
    let at = |curve: &Curve, i: usize| curve.values.get(i).copied().filter(|v| !is_gap(*v));
    (0..a.values.len().max(b.values.len())).map(|i| of(at(a, i), at(b, i))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Operator, Override, PanelQuery, Reduce, Which};
    use crate::unit::Unit;

    fn curve(name: &str, query: usize, host: &str, values: &[f64]) -> Curve {
        let labels = Labels::from_pairs([("host", host), ("job", "x")]);
        let now = values.last().copied().filter(|v| !is_gap(*v));
        Curve { name: name.to_owned(), labels, values: values.to_vec(), now, query, ..Curve::default() }
    }

    fn curves() -> Vec<Curve> {
        vec![
            curve("used a", 0, "a", &[1.0, GAP, 3.0]),
            curve("used b", 0, "b", &[4.0, 5.0, 6.0]),
            curve("all a", 1, "a", &[10.0, 10.0, 10.0]),
        ]
    }

    fn panel(transforms: Vec<Transform>, overrides: Vec<Override>) -> Panel {
        let query = |id: &str| PanelQuery { id: id.to_owned(), ..PanelQuery::default() };
        Panel { queries: vec![query("A"), query("B")], transforms, overrides, ..Panel::default() }
    }

    fn shown(panel: &Panel) -> Vec<String> {
        let word = |v: &f64| if is_gap(*v) { "-".to_owned() } else { v.to_string() };
        let one = |c: Curve| {
            let values: Vec<String> = c.values.iter().map(word).collect();
            format!("{} {}: {} ({:?})", c.name, c.labels, values.join(" "), c.now.unwrap_or(GAP))
        };
        adjust(panel, curves()).into_iter().map(one).collect()
    }

    fn names(transform: Transform) -> Vec<String> {
        adjust(&panel(vec![transform], Vec::new()), curves()).into_iter().map(|c| c.name).collect()
    }

    #[test]
    fn series_are_chosen_ordered_and_counted() {
        let text = str::to_owned;
        assert_eq!(names(Transform::Series { pattern: text("^used"), pick: Pick::Keep }), ["used a", "used b"]);
        assert_eq!(names(Transform::Series { pattern: text("^used"), pick: Pick::Drop }), ["all a"]);
        assert_eq!(names(Transform::Queries { pattern: text("A|C"), pick: Pick::Keep }), ["used a", "used b"]);
        assert_eq!(names(Transform::Sort { by: String::new(), descending: true }), ["all a", "used b", "used a"]);
        assert_eq!(names(Transform::Sort { by: text("host"), descending: true }), ["used b", "used a", "all a"]);
        assert_eq!(names(Transform::Limit(1)), ["used a"]);
    }

    #[test]
    fn a_calculation_pairs_series_by_their_labels_and_leaves_gaps() {
        let share = Transform::Calculate {
            name: "share".to_owned(),
            left: Operand::Series("A".to_owned()),
            operator: Operator::Divide,
            right: Operand::Series("B".to_owned()),
            others: Pick::Drop,
        };
        // The only series of the other side is everybody's counterpart.
        assert_eq!(
            shown(&panel(vec![share], Vec::new())),
            [r#"share {host="a",job="x"}: 0.1 - 0.3 (0.3)"#, r#"share {host="b",job="x"}: 0.4 0.5 0.6 (0.6)"#]
        );
        let total = |reduce| Transform::Total { name: "t".to_owned(), reduce, of: Vec::new(), others: Pick::Drop };
        assert_eq!(shown(&panel(vec![total(Reduce::Sum)], Vec::new())), ["t {}: 15 15 19 (19.0)"]);
        assert_eq!(shown(&panel(vec![total(Reduce::Count)], Vec::new())), ["t {}: 3 2 3 (3.0)"]);
    }

    #[test]
    fn series_are_renamed_and_shown_in_words() {
        let rename = Transform::Rename { pattern: "^(\\w+) (.*)$".to_owned(), to: "$2".to_owned() };
        assert_eq!(names(rename), ["a", "b", "a"]);
        let words = |label: &str| {
            let panel = panel(vec![Transform::Words { label: label.to_owned() }], Vec::new());
            let look = adjust(&panel, curves()).remove(0).look;
            look.and_then(|look| look.text(3.0, Unit::Bytes, None))
        };
        assert_eq!(words("").as_deref(), Some("used a"));
        assert_eq!(words("^host$").as_deref(), Some("a"));
        assert_eq!(words("^version$"), None);
    }

    #[test]
    fn series_are_grouped_and_chosen_by_their_values() {
        let group = Transform::Group { by: vec!["job".to_owned()], reduce: Reduce::Sum };
        assert_eq!(
            shown(&panel(vec![group], Vec::new())),
            [r#"x {job="x"}: 5 5 9 (9.0)"#, r#"x {job="x"}: 10 10 10 (10.0)"#]
        );
        let values = |of: &str, from, to, pick| Transform::Values { of: of.to_owned(), from, to, pick };
        // With the query's series go those of others with the same labels.
        assert_eq!(names(values("A", Some(4.0), None, Pick::Keep)), ["used b"]);
        assert_eq!(names(values("A", None, Some(3.0), Pick::Keep)), ["used a", "all a"]);
        assert_eq!(names(values("", Some(10.0), None, Pick::Drop)), ["used b"]);
    }

    #[test]
    fn what_is_always_zero_can_be_left_out_and_lines_can_stand_alone() {
        let all = vec![
            Override { of: Which::Zero, hidden: Some(true), ..Override::default() },
            Override { of: Which::Query("B".to_owned()), stacked: Some(false), ..Override::default() },
        ];
        let mut some = curves();
        some.push(curve("idle", 0, "c", &[0.0, GAP, 0.0]));
        let found = adjust(&panel(Vec::new(), all), some);
        assert_eq!(found.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["used a", "used b", "all a"]);
        assert_eq!(found.iter().map(Curve::stands_apart).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn labels_are_left_out_and_renamed() {
        let columns = Transform::Columns {
            hidden: vec!["job".to_owned()],
            kept: Vec::new(),
            renamed: vec![("host".to_owned(), "Host".to_owned())],
        };
        let found = adjust(&panel(vec![columns], Vec::new()), curves());
        assert_eq!(found[0].labels.to_string(), r#"{Host="a"}"#);
        let patterns = Transform::Columns { hidden: Vec::new(), kept: vec!["/^h/".to_owned()], renamed: Vec::new() };
        assert_eq!(adjust(&panel(vec![patterns], Vec::new()), curves())[0].labels.to_string(), r#"{host="a"}"#);
    }

    #[test]
    fn overrides_scale_name_hide_and_style() {
        let all = vec![
            Override { of: Which::Query("B".to_owned()), hidden: Some(true), ..Override::default() },
            Override {
                of: Which::Name("used b".to_owned()),
                name: Some("b".to_owned()),
                factor: Some(-1.0),
                unit: Some(Unit::Bytes),
                ..Override::default()
            },
        ];
        let panel = Panel { factor: Some(100.0), ..panel(Vec::new(), all) };
        let found = adjust(&panel, curves());
        assert_eq!(
            found.iter().map(|c| (c.name.as_str(), c.now)).collect::<Vec<_>>(),
            [("used a", Some(300.0)), ("b", Some(-6.0))]
        );
        assert!(is_gap(found[0].values[1]));
        assert_eq!(found[1].look.as_ref().and_then(|look| look.unit), Some(Unit::Bytes));
    }
}
