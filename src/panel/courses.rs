//! A number that stands for a state, on the whole screen: the state now, and beneath it when it was which.

use super::pen::Pen;
use super::{Curve, Frame, stat, states};
use crate::series::is_gap;

/// Rows under which there is no room for both.
const LEAST: u16 = 16;

/// The rows of the number and of what is beneath it; `None` where there is only the number.
pub(super) fn divide(frame: &Frame<'_>, height: u16) -> Option<(u16, u16)> {
    let has_range = || frame.curves.iter().any(|c| c.values.iter().filter(|v| !is_gap(**v)).count() > 1);
    if !frame.reading.whole || frame.panel.mappings.is_empty() || height < LEAST || !has_range() {
        return None;
    }
    // A row a series, its times and its legend, with a blank row above; more only where the bands grow by it.
    let wanted = u16::try_from(frame.curves.len()).unwrap_or(u16::MAX).saturating_mul(4).saturating_add(3);
    let below = wanted.clamp(7, (height / 2).max(7));
    Some((height - below, below))
}

/// Draws the panel's inside.
pub(super) fn draw(frame: &Frame<'_>, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    let Some((above, below)) = divide(frame, height) else {
        stat::draw(frame, pen);
        return;
    };
    // The number alone: its course is what is beneath.
    let now = |curve: &Curve| Curve {
        name: curve.name.clone(),
        labels: curve.labels.clone(),
        values: Vec::new(),
        look: curve.look.clone(),
        now: frame.value(curve),
        ..*curve
    };
    let curves: Vec<Curve> = frame.curves.iter().map(now).collect();
    let number = Frame { curves: &curves, cursor: None, ..frame.clone() };
    stat::draw(&number, &mut pen.part(0, 0, width, above - 1));
    states::draw(frame, &mut pen.part(0, above, width, below));
}
