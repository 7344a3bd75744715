//! Answers become pictures; what is missing becomes a reason.

use super::model::{Model, Picture, Trouble};
use crate::layout::{Panel, PanelQuery};
use crate::panel::Curve;
use crate::series::{GAP, Labels, Series, Timestamp, Window, is_gap};
use crate::source::{Absence, Answer, Event, Reply};

/// Panel keys of a plan: the view's index and the panel's in one number.
pub(super) fn key(view: usize, panel: usize) -> u32 {
    (view as u32) << 16 | panel as u32
}

impl Model {
    /// Takes in what the source says. Answers to an older plan are dropped.
    pub(super) fn absorb(&mut self, event: Event) {
        match event {
            Event::Status(status) => self.status = Some(*status),
            Event::Variable { key: (dashboard, variable), values } => {
                if let Some(view) = self.views.iter_mut().find(|v| v.dashboard.id == dashboard) {
                    view.values.insert(variable, values);
                }
            }
            Event::Answer(answer) if answer.revision == self.revision => self.absorb_answer(answer),
            Event::Answer(_) => {}
        }
    }

    fn absorb_answer(&mut self, answer: Answer) {
        let (view, panel) = ((answer.key >> 16) as usize, (answer.key & 0xffff) as usize);
        let Some(view) = self.views.get_mut(view) else { return };
        let (Some(layout), Some(data)) = (view.dashboard.panels.get(panel), view.panels.get_mut(panel)) else { return };

        // One query that fails takes the panel with it: a chart that silently lacks a line would lie.
        if let Some(fault) = answer.replies.iter().find_map(|r| r.as_ref().err()) {
            data.trouble = Some(Trouble::Failed(fault.to_string()));
            return;
        }
        let replies: Vec<Reply> = answer.replies.into_iter().filter_map(Result::ok).collect();
        let mut curves = curves(layout, &replies, answer.window);
        let ended = ended(&replies);
        if curves.is_empty() {
            // The reason of the first query: the later ones are usually companions of the first.
            let absence = replies.into_iter().find_map(|r| r.absence).unwrap_or(Absence::Filtered);
            if !keeps_picture(&absence) {
                data.picture = None;
            }
            data.trouble = Some(Trouble::Absent(absence));
            return;
        }
        if curves.iter().all(|c| c.now.is_none()) {
            data.trouble = Some(Trouble::Ended { last: last_time(&curves, answer.window).unwrap_or(answer.at) });
            // The last known values stay, under the mark that they are old.
            for curve in &mut curves {
                curve.now = curve.values.iter().rev().copied().find(|v| !is_gap(*v));
            }
        } else {
            data.trouble = ended.map(|last| Trouble::Ended { last });
        }
        data.picture = Some(Picture { window: answer.window, at: answer.at, curves });
    }
}

/// The time of the newest sample where everything that the replies show has ended.
fn ended(replies: &[Reply]) -> Option<Timestamp> {
    let shown = || replies.iter().filter(|r| !r.now.is_empty());
    if shown().all(|r| r.ended.is_some()) { shown().filter_map(|r| r.ended).max() } else { None }
}

/// Whether the last picture still says something when there is nothing new: yes where the data stopped coming, no where
/// the question itself has no answer.
fn keeps_picture(absence: &Absence) -> bool {
    matches!(absence, Absence::AllDown { .. } | Absence::Gone { .. } | Absence::Waiting)
}

fn last_time(curves: &[Curve], window: Window) -> Option<Timestamp> {
    curves.iter().filter_map(|c| c.values.iter().rposition(|v| !is_gap(*v))).max().map(|i| window.at(i))
}

/// The curves of a panel: those of the first query first, within a query by name, so that colours stay where they are.
fn curves(panel: &Panel, replies: &[Reply], window: Window) -> Vec<Curve> {
    let mut all = Vec::new();
    for (index, (query, reply)) in panel.queries.iter().zip(replies).enumerate() {
        let mut of_query: Vec<Curve> = reply
            .range
            .iter()
            .map(|series| Curve {
                name: name(panel, query, &series.labels),
                values: series.values.clone(),
                now: newest(reply, series),
                query: index,
                axis: query.axis,
            })
            .collect();
        // Series that only the newest evaluation has: they appeared after the last step.
        of_query.extend(reply.now.iter().filter(|(labels, _)| !reply.range.iter().any(|s| s.labels == *labels)).map(
            |(labels, value)| Curve {
                name: name(panel, query, labels),
                values: if reply.range.is_empty() { Vec::new() } else { vec![GAP; window.steps()] },
                now: Some(*value),
                query: index,
                axis: query.axis,
            },
        ));
        of_query.sort_by(|a, b| natural(&a.name, &b.name));
        all.append(&mut of_query);
    }
    all
}

fn newest(reply: &Reply, series: &Series) -> Option<f64> {
    reply.now.iter().find(|(labels, _)| *labels == series.labels).map(|&(_, v)| v)
}

/// The name of a series: as the legend says, or the panel's title where neither legend nor labels say anything.
fn name(panel: &Panel, query: &PanelQuery, labels: &Labels) -> String {
    if query.legend.is_none() && labels.is_empty() { panel.title.clone() } else { query.name(labels) }
}

/// Orders names as people do: `orders-2` before `orders-10`, bucket bounds by size.
fn natural(a: &str, b: &str) -> std::cmp::Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
        let (da, db) = (digits(a), digits(b));
        if da > 0 && db > 0 {
            let (na, nb) = (a[..da].trim_start_matches('0'), b[..db].trim_start_matches('0'));
            match na.len().cmp(&nb.len()).then_with(|| na.cmp(nb)) {
                std::cmp::Ordering::Equal => (a, b) = (&a[da..], &b[db..]),
                other => return other,
            }
            continue;
        }
        match (a.chars().next(), b.chars().next()) {
            (Some(x), Some(y)) if x == y => (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]),
            (x, y) => return x.cmp(&y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_sort_them() {
        let mut names = ["orders-10", "orders-2", "audit-1", "orders-02b", "orders"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["audit-1", "orders", "orders-2", "orders-02b", "orders-10"]);
    }
}
