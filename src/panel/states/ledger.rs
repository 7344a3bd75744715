//! Which state each series was in, and when: values as states, states as runs of columns.

use rustc_hash::FxHashMap;

use crate::layout::{Axis, Level};
use crate::panel::{Curve, Frame, axis};
use crate::series::is_gap;

/// Values without a meaning of their own are told apart up to here; those beyond share a state.
const MOST: usize = 48;

/// A state.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    /// In words.
    pub(super) text: String,
    /// What it means.
    pub(super) level: Option<Level>,
    /// The place among the states without a level, ascending in value; decides colour and pattern.
    pub(super) rank: usize,
    /// The value that it was first seen with, for the order.
    value: f64,
}

/// What makes values the same state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Mapping(usize),
    /// From this step of the thresholds on; `None` beneath all of them.
    Threshold(Option<usize>),
    Text(String),
    Other,
}

/// A state for so many columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) from: u16,
    /// The column after it.
    pub(super) to: u16,
    pub(super) state: usize,
}

/// The states of all series, step by step.
pub(super) struct Ledger {
    /// Every state that occurs.
    pub(super) states: Vec<State>,
    /// For each curve the state at each step; `None` for a gap.
    steps: Vec<Vec<Option<usize>>>,
    /// For each curve how many of its steps are in each state.
    counts: Vec<Vec<usize>>,
}

impl Ledger {
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        let mut states: Vec<State> = Vec::new();
        let mut by_key: FxHashMap<Key, usize> = FxHashMap::default();
        let mut by_bits: FxHashMap<(u64, bool), usize> = FxHashMap::default();
        let mut plain = 0;
        let mut steps = Vec::with_capacity(frame.curves.len());
        for curve in frame.curves {
            let mut state = |v: f64| {
                let bits = (v.to_bits(), curve.axis == Axis::Right);
                if let Some(&known) = by_bits.get(&bits) {
                    return known;
                }
                let key = key(frame, curve, v, plain >= MOST);
                let found = *by_key.entry(key.clone()).or_insert_with(|| {
                    plain += usize::from(matches!(key, Key::Text(_)));
                    states.push(describe(frame, curve, v, &key));
                    states.len() - 1
                });
                by_bits.insert(bits, found);
                found
            };
            // Newest values alone make a state too: that of now.
            let lone = curve.now.filter(|_| curve.values.is_empty());
            let values = curve.values.iter().copied().chain(lone);
            steps.push(values.map(|v| (!is_gap(v)).then(|| state(v))).collect::<Vec<_>>());
        }
        rank(&mut states);
        let count = |steps: &Vec<Option<usize>>| {
            let mut counts = vec![0; states.len()];
            steps.iter().flatten().for_each(|&state| counts[state] += 1);
            counts
        };
        let counts = steps.iter().map(count).collect();
        Self { states, steps, counts }
    }

    /// The states as they are explained: those with a level from the worst down, then the others by value.
    pub(super) fn in_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.states.len()).collect();
        order.sort_by(|&a, &b| {
            let (a, b) = (&self.states[a], &self.states[b]);
            b.level.cmp(&a.level).then(a.rank.cmp(&b.rank)).then(a.value.total_cmp(&b.value))
        });
        order
    }

    /// At how many steps a curve is in a state.
    pub(super) fn count(&self, curve: usize, state: usize) -> usize {
        self.counts.get(curve).and_then(|counts| counts.get(state)).copied().unwrap_or(0)
    }

    /// The state of a curve at a step.
    pub(super) fn at(&self, curve: usize, step: usize) -> Option<usize> {
        self.steps.get(curve)?.get(step).copied().flatten()
    }

    /// Since which step, up to `step`, a curve is in the state that it has there; and whether that is seen, as opposed to it
    /// being so from the first step on.
    pub(super) fn since(&self, curve: usize, step: usize) -> Option<(usize, bool)> {
        let state = self.at(curve, step)?;
        let steps = self.steps.get(curve)?;
        let before = steps[..step].iter().rposition(|s| *s != Some(state));
        Some(before.map_or((0, false), |before| (before + 1, true)))
    }

    /// A curve's runs on a picture of so many columns. Of several states in one column the one that matters is shown: the
    /// worst, and of those with the same meaning the one that is rarest, so that what was short is seen.
    pub(super) fn runs(&self, curve: usize, window_steps: usize, columns: u16) -> Vec<Run> {
        let Some(steps) = self.steps.get(curve).filter(|steps| !steps.is_empty() && columns > 0) else {
            return Vec::new();
        };
        // A curve of one value stands where now is.
        let last = if steps.len() == 1 { 0 } else { window_steps.max(steps.len()) - 1 };
        let column = |step: usize| axis::column(step, last, usize::from(columns));
        let mut shown: Vec<Option<usize>> = vec![None; usize::from(columns)];
        let matters = |state: usize| {
            let alarming = self.states[state].level.filter(|level| *level > Level::Good);
            (alarming, std::cmp::Reverse(self.count(curve, state)))
        };
        for (step, state) in steps.iter().enumerate() {
            let Some(state) = *state else { continue };
            let from = column(step);
            if shown[from].is_none_or(|have| matters(state) > matters(have)) {
                shown[from] = Some(state);
            }
            // It holds until the next step.
            let until = if step + 1 < steps.len() { column(step + 1) } else { from + 1 };
            for cell in shown.iter_mut().take(until).skip(from + 1) {
                *cell = Some(state);
            }
        }
        let mut runs: Vec<Run> = Vec::new();
        for (x, state) in (0..).zip(shown) {
            let Some(state) = state else { continue };
            match runs.last_mut() {
                Some(run) if run.to == x && run.state == state => run.to = x + 1,
                _ => runs.push(Run { from: x, to: x + 1, state }),
            }
        }
        runs
    }
}

fn key(frame: &Frame<'_>, curve: &Curve, v: f64, is_full: bool) -> Key {
    if curve.axis == Axis::Left {
        if let Some(mapping) = frame.panel.mappings.iter().position(|m| m.when.holds(v)) {
            // Several values may be called the same.
            let first = frame.panel.mappings.iter().position(|m| m.text == frame.panel.mappings[mapping].text);
            return Key::Mapping(first.unwrap_or(mapping));
        }
        if !frame.panel.thresholds.is_empty() && !v.is_nan() {
            return Key::Threshold(frame.panel.thresholds.steps.iter().rposition(|(from, _)| v >= *from));
        }
    }
    if is_full { Key::Other } else { Key::Text(frame.text(curve, v)) }
}

fn describe(frame: &Frame<'_>, curve: &Curve, v: f64, key: &Key) -> State {
    let steps = &frame.panel.thresholds.steps;
    let number = |v: f64| frame.panel.unit.format(v, frame.panel.decimals);
    let text = match key {
        Key::Mapping(_) => frame.text(curve, v),
        Key::Threshold(None) => {
            steps.first().map_or_else(|| "any value".to_owned(), |(at, _)| format!("< {}", number(*at)))
        }
        Key::Threshold(Some(step)) => match steps.get(step + 1) {
            Some((next, _)) => format!("{} – {}", number(steps[*step].0), number(*next)),
            None => format!("≥ {}", number(steps[*step].0)),
        },
        Key::Text(text) => text.clone(),
        Key::Other => "other values".to_owned(),
    };
    let level = match key {
        Key::Mapping(_) | Key::Threshold(_) => frame.level(curve, v),
        Key::Text(_) | Key::Other => None,
    };
    let value = if *key == Key::Other { f64::INFINITY } else { v };
    State { text, level, rank: 0, value }
}

/// Numbers the states without a level in the order of their values.
fn rank(states: &mut [State]) {
    let mut plain: Vec<usize> = (0..states.len()).filter(|&i| states[i].level.is_none()).collect();
    plain.sort_by(|&a, &b| states[a].value.total_cmp(&states[b].value));
    for (rank, index) in plain.into_iter().enumerate() {
        states[index].rank = rank;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Kind, Mapping, Match, Panel, Thresholds};
    use crate::panel::State as Data;
    use crate::series::GAP;
    use crate::theme::{Depth, Theme};

    fn ledger(panel: &Panel, curves: &[Curve]) -> Ledger {
        let theme = Theme::dark(Depth::None);
        Ledger::of(&Frame { curves, ..Frame::new(panel, &Data::Live, &theme, 0) })
    }

    fn curve(values: &[f64]) -> Curve {
        Curve { values: values.to_vec(), ..Curve::default() }
    }

    fn circuit() -> Panel {
        let mapping =
            |value, text: &str, level| Mapping { when: Match::Value(value), text: text.to_owned(), level: Some(level) };
        Panel {
            kind: Kind::States,
            mappings: vec![
                mapping(0.0, "Closed", Level::Good),
                mapping(1.0, "Open", Level::Bad),
                mapping(2.0, "HalfOpen", Level::Warn),
            ],
            ..Panel::default()
        }
    }

    fn shown(ledger: &Ledger, steps: usize, columns: u16) -> String {
        let mut text = vec!['·'; usize::from(columns)];
        for run in ledger.runs(0, steps, columns) {
            let c = ledger.states[run.state].text.chars().next().unwrap_or('?');
            text[usize::from(run.from)..usize::from(run.to)].fill(c);
        }
        text.into_iter().collect()
    }

    #[test]
    fn equal_neighbours_are_one_run_and_a_gap_is_a_gap() {
        let ledger = ledger(&circuit(), &[curve(&[0.0, 0.0, GAP, GAP, 1.0, 1.0, 2.0, 0.0])]);
        assert_eq!(shown(&ledger, 8, 8), "CC··OOHC");
        assert_eq!(ledger.runs(0, 8, 8).len(), 4);
        assert_eq!(shown(&ledger, 8, 15), "CCCC····OOOOHHC");
    }

    #[test]
    fn what_happened_between_two_columns_is_seen() {
        let mut values = vec![0.0; 1000];
        values[501] = 2.0;
        values[503] = 1.0;
        let ledger = ledger(&circuit(), &[curve(&values)]);
        assert_eq!(shown(&ledger, 1000, 9), "CCCCOCCCC");
        // Without levels the rarest is what one looks for.
        let plain = Panel { mappings: Vec::new(), ..circuit() };
        let mut values = vec![7.0; 100];
        values[40] = 3.0;
        assert_eq!(shown(&self::ledger(&plain, &[curve(&values)]), 100, 5).matches('3').count(), 1);
    }

    #[test]
    fn values_are_states_by_mapping_by_threshold_or_by_themselves() {
        let names = |panel: &Panel, values: &[f64]| {
            let ledger = ledger(panel, &[curve(values)]);
            ledger.in_order().into_iter().map(|i| ledger.states[i].text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&circuit(), &[0.0, 1.0, 2.0, 5.0]), ["Open", "HalfOpen", "Closed", "5"]);
        let steps = vec![(10.0, Level::Warn), (50.0, Level::Bad)];
        let thresholds = Thresholds { base: Some(Level::Good), steps };
        let by_level = Panel { thresholds, ..Panel::default() };
        assert_eq!(names(&by_level, &[3.0, 4.0, 20.0, 90.0]), ["≥ 50", "10 – 50", "< 10"]);
        assert_eq!(names(&Panel::default(), &[3.0, 1.0, 2.0, 1.0, f64::NAN]), ["1", "2", "3", "NaN"]);
        let many: Vec<f64> = (0..500).map(f64::from).collect();
        let all = names(&Panel::default(), &many);
        assert_eq!((all.len(), all.last().map(String::as_str)), (MOST + 1, Some("other values")));
    }

    #[test]
    fn a_state_is_known_to_hold_since_it_was_seen_to_begin() {
        let ledger = ledger(&circuit(), &[curve(&[0.0, 0.0, 1.0, 1.0])]);
        assert_eq!(ledger.since(0, 3), Some((2, true)));
        assert_eq!(ledger.since(0, 1), Some((0, false)));
        assert_eq!(ledger.since(0, 9), None);
    }

    #[test]
    fn a_lone_value_stands_where_now_is() {
        let ledger = ledger(&circuit(), &[Curve { now: Some(1.0), ..Curve::default() }]);
        assert_eq!(shown(&ledger, 60, 6), "·····O");
    }
}
