//! Rules evaluated here through queries, because the server has none: which queries that takes, and what becomes of their
//! answers. Uses `series`, `promql` and `rules`; asks nobody.
//!
//! A rule's first query is over as long as its alerts may take to fire or to go on firing: going through its steps gives
//! the state that a server would be in which had evaluated the rule all along. From then on one value is asked for at each
//! evaluation. While the server does not answer there are no evaluations, and states stay as they are.
//!
//! Times are this machine's; only queries are asked for by the server's clock.

use super::api::{ApiFault, MOST_STEPS};
use crate::promql::Query;
use crate::rules::{Engine, Kind, RuleFile, RuleStatus, Settings, Transition};
use crate::series::{Labels, Series, Timestamp, Window, is_gap};

/// Most values of a range that are gone through step by step; of larger ones only the last run of each series counts.
const WALKED: usize = 200_000;

/// As many rules are asked for in each interval; with more of them it becomes longer.
const SCREEN: usize = 50;

/// A query that a rule takes.
#[derive(Debug, Clone)]
pub(super) struct RuleQuery {
    pub(super) group: usize,
    pub(super) rule: usize,
    pub(super) query: Query,
    /// By the server's clock. One step where the rule's past is known.
    pub(super) window: Window,
}

/// The rules and how they stand.
#[derive(Debug)]
pub(super) struct Reckoned {
    engine: Engine,
    /// Whether the past of each rule of each group is known.
    known: Vec<Vec<bool>>,
    /// The time of the evaluation.
    at: Timestamp,
    /// How far the server's clock is ahead.
    skew: i64,
    transitions: Vec<Transition>,
    /// How many queries of this evaluation were answered, and the first fault that is not about a query.
    answered: usize,
    fault: Option<ApiFault>,
}

impl Reckoned {
    /// The alerting rules of `files`; groups that do not say are evaluated every `interval` ms.
    pub(super) fn new(mut files: Vec<RuleFile>, interval: i64) -> Self {
        let mut count = 0;
        for file in &mut files {
            for group in &mut file.groups {
                group.rules.retain(|r| r.kind == Kind::Alerting);
                count += group.rules.len();
            }
            file.groups.retain(|g| !g.rules.is_empty());
        }
        let interval = interval.max(1) * count.div_ceil(SCREEN).max(1) as i64;
        let engine = Engine::new(files, Settings { interval, ..Settings::default() });
        let known = engine.groups().map(|g| vec![false; g.rules.len()]).collect();
        Self { engine, known, at: 0, skew: 0, transitions: Vec::new(), answered: 0, fault: None }
    }

    pub(super) fn statuses(&self) -> Vec<RuleStatus> {
        self.engine.statuses()
    }

    /// When an evaluation is due next, were none missed; none for at once, or where there are no rules.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.engine.next_due()
    }

    /// The queries of an evaluation at `now`: of the groups whose turn it is, or of all.
    pub(super) fn begin(&mut self, now: Timestamp, skew: i64, all: bool) -> Vec<RuleQuery> {
        (self.at, self.skew, self.answered, self.fault) = (now, skew, 0, None);
        let due = if all { (0..self.known.len()).collect() } else { self.engine.due(now) };
        let mut queries = Vec::new();
        for (group, of) in self.engine.groups().enumerate().filter(|(g, _)| due.contains(g)) {
            let end = now + skew - of.query_offset.unwrap_or(0);
            for (rule, found) in of.rules.iter().enumerate() {
                let window = if self.known[group][rule] {
                    Window::instant(end)
                } else {
                    past(end, found.hold.max(found.keep_firing), self.engine.interval(group))
                };
                queries.push(RuleQuery { group, rule, query: found.query.clone(), window });
            }
        }
        queries
    }

    /// Takes in the answer to one of them.
    pub(super) fn take(&mut self, asked: &RuleQuery, answer: Result<Vec<Series>, ApiFault>) {
        let RuleQuery { group, rule, window, .. } = *asked;
        match answer {
            Ok(series) => {
                self.answered += 1;
                if !std::mem::replace(&mut self.known[group][rule], true) {
                    self.walk(group, rule, window, &series);
                }
                let last = window.steps().saturating_sub(1);
                self.observe(group, rule, Ok(at_step(&series, last)));
            }
            Err(fault) => {
                if fault.is_general() == Some(false) {
                    self.answered += 1;
                    // A range may be too much where one value is not.
                    self.known[group][rule] = true;
                } else if self.fault.is_none() {
                    self.fault = Some(fault.clone());
                }
                self.observe(group, rule, Err(fault.words()));
            }
        }
    }

    fn observe(&mut self, group: usize, rule: usize, answer: Result<Vec<(Labels, f64)>, String>) {
        let changes = self.engine.observe(group, rule, self.at, answer);
        self.transitions.extend(changes);
    }

    /// All steps of the past, the present among them. What changed there is no news.
    fn walk(&mut self, group: usize, rule: usize, window: Window, series: &[Series]) {
        if window.steps().saturating_mul(series.len()) > WALKED {
            let shift = window.end - self.at;
            let here = Window { start: window.start - shift, end: self.at, ..window };
            // What cannot be restored begins now.
            self.engine.restore(group, rule, here, series.to_vec()).ok();
            return;
        }
        for step in 0..window.steps() {
            let at = self.at - (window.end - window.at(step));
            self.engine.observe(group, rule, at, Ok(at_step(series, step)));
        }
    }

    /// All queries came back: what changed since the evaluation before, or why there was none.
    pub(super) fn finish(&mut self) -> Result<Vec<Transition>, String> {
        match self.fault.take() {
            Some(fault) if self.answered == 0 => Err(fault.words()),
            _ => Ok(std::mem::take(&mut self.transitions)),
        }
    }
}

/// The steps before `end` over which the state of a rule is found: as far back as it takes, and two intervals more.
fn past(end: Timestamp, reach: i64, interval: i64) -> Window {
    let most = (MOST_STEPS - 1) as i64;
    // No longer than its interval, unless that would be more steps than a server takes.
    let reach = reach.saturating_add(2 * interval);
    let step = interval.max((reach / most).saturating_add(1)).max(1);
    Window { start: end - (reach / step).min(most) * step, end, step }
}

fn at_step(series: &[Series], step: usize) -> Vec<(Labels, f64)> {
    let value = |s: &Series| s.values.get(step).filter(|v| !is_gap(**v)).map(|v| (s.labels.clone(), *v));
    series.iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{AlertState, Health, Phase, parse};
    use crate::series::GAP;

    fn reckoned(rules: &str) -> Reckoned {
        let text = format!("groups:\n  - name: g\n    rules:\n      {}\n", rules.replace('\n', "\n      "));
        Reckoned::new(vec![parse("r.yaml", &text).expect("rules")], 10_000)
    }

    fn series(values: Vec<f64>) -> Vec<Series> {
        vec![Series { labels: Labels::from_pairs([("i", "1")]), values }]
    }

    #[test]
    fn the_past_is_asked_for_in_no_more_steps_than_a_server_takes() {
        assert_eq!(past(1_000_000, 60_000, 15_000), Window { start: 910_000, end: 1_000_000, step: 15_000 });
        assert_eq!(past(1_000_000, 0, 15_000).steps(), 3);
        for reach in [30 * 86_400_000, i64::MAX / 4, 164_940_000, 164_970_000] {
            let window = past(i64::MAX / 2, reach, 15_000);
            assert!(window.steps() <= MOST_STEPS && window.range() > reach - 2 * window.step, "{reach}: {window:?}");
        }
    }

    #[test]
    fn the_past_tells_what_fires_and_what_is_kept_firing() {
        let mut rules =
            reckoned("- alert: A\n  expr: x\n  for: 20s\n- alert: B\n  expr: y\n  for: 10s\n  keep_firing_for: 1m");
        let asked = rules.begin(1_000_000, 5_000, false);
        assert_eq!((asked.len(), asked[0].window), (2, Window { start: 965_000, end: 1_005_000, step: 10_000 }));
        rules.take(&asked[0], Ok(series(vec![GAP, 1.0, 1.0, 1.0, 7.0])));
        assert_eq!(asked[1].window.steps(), 9);
        rules.take(&asked[1], Ok(series(vec![1.0, 1.0, 1.0, GAP, GAP, GAP, GAP, GAP, GAP])));
        assert_eq!(rules.finish(), Ok(Vec::new()), "the past is no news");
        let found = rules.statuses();
        let alert = &found[0].alerts[0];
        assert_eq!((alert.state, alert.active_at, alert.value), (AlertState::Firing { since: 990_000 }, 970_000, 7.0));
        assert_eq!((alert.known_since, alert.may_be_older()), (Some(960_000), false));
        let kept = &found[1].alerts[0];
        assert_eq!((kept.state.phase(), kept.kept_until), (Phase::Firing, Some(1_010_000)));

        assert!(rules.begin(1_009_999, 0, false).is_empty());
        let asked = rules.begin(1_010_000, 0, false);
        assert_eq!(asked[0].window, Window::instant(1_010_000));
        let down = || ApiFault::Content("no".to_owned());
        rules.take(&asked[0], Err(down()));
        rules.take(&asked[1], Err(down()));
        assert_eq!(rules.finish(), Err("no".to_owned()));
        let asked = rules.begin(1_020_000, 0, false);
        rules.take(&asked[0], Err(down()));
        rules.take(&asked[1], Ok(Vec::new()));
        let changes = rules.finish().expect("an answer");
        assert_eq!(changes.iter().map(|t| (t.rule.as_str(), t.to)).collect::<Vec<_>>(), [("B", Phase::Resolved)]);
        let found = rules.statuses();
        assert_eq!((&found[0].health, found[0].alerts.len()), (&Health::Failed("no".to_owned()), 1));
    }

    #[test]
    fn a_past_that_is_too_much_is_not_asked_for_again() {
        let mut rules = reckoned("- alert: A\n  expr: x\n- record: r\n  expr: x");
        let heavy = ApiFault::Query { kind: "execution".to_owned(), message: "too many samples".to_owned() };
        for window in [Window { start: 980_000, end: 1_000_000, step: 10_000 }, Window::instant(1_000_000)] {
            let asked = rules.begin(1_000_000, 0, true);
            assert_eq!((asked.len(), asked[0].window), (1, window));
            rules.take(&asked[0], Err(heavy.clone()));
            assert_eq!(rules.finish(), Ok(Vec::new()));
        }
        assert_eq!(rules.statuses()[0].health, Health::Failed("too many samples".to_owned()));
    }

    #[test]
    fn more_rules_than_a_screen_asks_for_are_evaluated_less_often() {
        let many: Vec<String> = (0..120).map(|n| format!("- alert: A{n}\n  expr: x")).collect();
        let mut rules = reckoned(&many.join("\n"));
        let asked = rules.begin(1_000_000, 0, false);
        assert_eq!((asked.len(), asked[0].window.step), (120, 30_000));
    }
}
