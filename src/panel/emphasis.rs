//! Which of many series stand out: the one picked out, else those that matter most. The others are there, but dim.

use ratatui::style::{Modifier, Style};

use super::Frame;
use crate::layout::{Axis, Level};

/// More series than this cannot be told apart by colour.
const MANY: usize = 12;
/// As many of them keep their colours.
const BRIGHT: usize = 8;
/// What matters of many is judged by the last part of what is drawn, of so many: by the newest values alone, lines of noise
/// would take and lose their colours with every scrape, back to where they begin.
const PARTS: usize = 4;

/// See [`Frame::by_prominence`].
pub(super) fn order(frame: &Frame<'_>) -> Vec<usize> {
    let mut order = frame.by_weight();
    if order.len() > MANY {
        let first = prominent(frame);
        // They keep their places as they keep their colours: what changes places with every scrape cannot be read.
        order.sort_by_key(|index| first.iter().position(|i| i == index).unwrap_or(BRIGHT));
    }
    order
}

/// The few of many that keep their colours: those that alarm, then those that are largest (smallest, where small is bad) over
/// the last part of the range.
fn prominent(frame: &Frame<'_>) -> Vec<usize> {
    let sign = if frame.panel.thresholds.low_is_bad() { -1.0 } else { 1.0 };
    let key = |index: usize| {
        let curve = &frame.curves[index];
        let alarming = frame.level_of(curve).filter(|level| *level > Level::Good);
        let late = &curve.values[curve.values.len() - curve.values.len().div_ceil(PARTS)..];
        let there = late.iter().copied().chain(curve.now.filter(|_| late.is_empty())).filter(|v| v.is_finite());
        let (count, sum) = there.fold((0.0, 0.0), |(count, sum), v| (count + 1.0, sum + v));
        (curve.axis == Axis::Left, alarming, if count > 0.0 { sign * sum / count } else { f64::NEG_INFINITY })
    };
    let mut keyed: Vec<_> = (0..frame.curves.len()).map(|index| (key(index), index)).collect();
    keyed.sort_by(|((a, x, u), _), ((b, y, v), _)| (b, y).cmp(&(a, x)).then(v.total_cmp(u)));
    keyed.into_iter().take(BRIGHT).map(|(_, index)| index).collect()
}

/// How much each series of a frame stands out.
pub(super) struct Emphasis {
    /// Whether each curve stands out, by its index; `None` where all are alike.
    bright: Option<Vec<bool>>,
}

impl Emphasis {
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        let mut bright = vec![false; frame.curves.len()];
        if let Some(picked) = frame.picked.and_then(|picked| bright.get_mut(picked)) {
            *picked = true;
            return Self { bright: Some(bright) };
        }
        if frame.curves.len() <= MANY {
            return Self { bright: None };
        }
        for index in prominent(frame) {
            bright[index] = true;
        }
        Self { bright: Some(bright) }
    }

    /// Whether curve `index` goes before those that it meets.
    pub(super) fn is_bright(&self, index: usize) -> bool {
        self.bright.as_ref().is_none_or(|bright| bright.get(index).copied().unwrap_or(false))
    }

    /// The curves that stand out only among others.
    pub(super) fn stands_out(&self, index: usize) -> bool {
        self.bright.is_some() && self.is_bright(index)
    }

    /// The style of curve `index`.
    pub(super) fn style(&self, frame: &Frame<'_>, index: usize) -> Style {
        match (self.is_bright(index), frame.has_colours()) {
            (true, _) => frame.series_style(index),
            (false, true) => frame.theme.border,
            (false, false) => frame.series_style(index).add_modifier(Modifier::DIM),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Panel;
    use crate::panel::{Curve, State};
    use crate::series::Window;
    use crate::theme::{Depth, Theme};

    fn curves(count: usize, newest: impl Fn(usize) -> f64) -> Vec<Curve> {
        let values = |i: usize| [vec![2.0 * i as f64; 39], vec![newest(i)]].concat();
        (0..count).map(|i| Curve { name: i.to_string(), values: values(i), ..Curve::default() }).collect()
    }

    fn bright(curves: &[Curve]) -> (Vec<usize>, Vec<usize>) {
        let (panel, state, theme) = (Panel::default(), State::Live, Theme::dark(Depth::TrueColor));
        let window = Window { start: 0, end: 39_000, step: 1_000 };
        let frame = Frame { window, curves, ..Frame::new(&panel, &state, &theme, 39_000) };
        let emphasis = Emphasis::of(&frame);
        ((0..curves.len()).filter(|i| emphasis.is_bright(*i)).collect(), frame.by_prominence())
    }

    #[test]
    fn one_noisy_sample_takes_nobodys_colour() {
        let (calm, order) = bright(&curves(20, |i| 2.0 * i as f64));
        assert_eq!(calm, (12..20).collect::<Vec<_>>());
        assert_eq!(order[..2], [19, 18]);
        // The newest value of the ninth is above all for once.
        let (noisy, order) = bright(&curves(20, |i| if i == 11 { 41.0 } else { 2.0 * i as f64 }));
        assert_eq!(noisy, calm);
        assert_eq!((order[0], order[8]), (19, 11), "those with colours come first");
        // Few are told apart anyway, and stand by their newest values.
        let (few, order) = bright(&curves(12, |i| if i == 3 { 41.0 } else { 2.0 * i as f64 }));
        assert_eq!((few.len(), order[0]), (12, 3));
    }
}
