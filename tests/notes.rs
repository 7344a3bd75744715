//! What is doubtful about answers over scraped data is told as of those of a server, and what is sound is left in peace.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[allow(dead_code, reason = "the screens' tests use the rest")]
#[path = "support/cluster.rs"]
mod cluster;
#[allow(dead_code, reason = "the servers' tests use the rest")]
#[path = "servers/panels.rs"]
mod panels;

use std::sync::Arc;

use cluster::{NOW, replay, scrape, targets};
use panels::{Panel, panels, plan};
use shtop::demo::{HISTORY, MEMBERS, Scenario, Simulation};
use shtop::promql::Query;
use shtop::source::{Answer, Ask, Event, Plan, Replay, Shape};
use shtop::store::{Created, Limits};

const STEP: i64 = 15_000;

fn answers(events: Vec<Event>) -> Vec<Answer> {
    events.into_iter().filter_map(|e| if let Event::Answer(a) = e { Some(a) } else { None }).collect()
}

/// The notes of each query of an answer.
fn notes(answer: &Answer) -> Vec<Vec<String>> {
    answer.replies.iter().map(|reply| reply.as_ref().expect("an answer").notes.clone()).collect()
}

#[test]
fn no_query_of_the_dashboards_leaves_a_note_over_the_demo() {
    let panels = panels(None);
    assert!(panels.iter().map(|p| p.queries.len()).sum::<usize>() >= 70);
    for scenario in [Scenario::S3Outage, Scenario::Calm, Scenario::SplitBrain] {
        let source = replay(scenario);
        for range in [300_000, 3_600_000] {
            let answers = answers(source.answers(&plan(1, &panels, range, STEP, None), NOW));
            assert_eq!(answers.len(), panels.len());
            for answer in answers {
                let Panel { place, queries } = &panels[answer.key as usize];
                for (query, notes) in queries.iter().zip(notes(&answer)) {
                    assert_eq!(notes, [""; 0], "{scenario} {place}: {}", query.text());
                }
            }
        }
    }
}

/// A source that is scraped as time goes on.
struct Live {
    simulation: Simulation,
    source: Replay,
    at: i64,
}

impl Live {
    fn new() -> Self {
        let begin = NOW - HISTORY;
        let source = Replay::new(targets(), Limits::default(), Created::default(), begin);
        Self { simulation: Simulation::new(Scenario::Calm, 1, begin), source, at: begin }
    }

    fn scrape(&mut self, after: i64) {
        self.at += after;
        self.simulation.advance(self.at);
        for member in 0..MEMBERS {
            self.source.feed(scrape(&self.simulation, member, self.at));
        }
    }

    fn notes(&mut self, query: &str, shape: Shape) -> Vec<String> {
        let queries: Arc<[Query]> = [Query::parse(query).expect("a query")].into();
        let asks = vec![Ask { key: 0, queries: Arc::clone(&queries), shape }, Ask { key: 1, queries, shape }];
        let plan = Plan { revision: 1, asks, variables: Vec::new(), range: 300_000, step: STEP, end: None };
        let answers = answers(self.source.refresh(&plan, self.at));
        assert_eq!(notes(&answers[0]), notes(&answers[1]), "both panels say the same");
        notes(&answers[0]).remove(0)
    }
}

#[test]
fn a_doubt_stays_while_its_query_does_though_nothing_is_evaluated_again() {
    let gauge = "sum(rate(streamhouse_agents_active[1m]))";
    let words = "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \
                 \"streamhouse_agents_active\" (1:10)";
    let sorted = "sort(streamhouse_agents_active)";
    let sort = "PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)";
    let mut live = Live::new();
    for _ in 0..8 {
        live.scrape(STEP);
    }
    for after in [0, STEP, 5_000, 5_000, 0, 5_000, STEP] {
        if after > 0 {
            live.scrape(after);
        }
        assert_eq!(live.notes(gauge, Shape::Range), [words], "after {after} ms");
        assert_eq!(live.notes(gauge, Shape::Instant), [words], "after {after} ms");
    }
    let mut young = Live::new();
    young.scrape(STEP);
    assert_eq!(young.notes(gauge, Shape::Range), [""; 0], "no rate is taken of one sample");
    for after in [0, 5_000, 5_000, STEP] {
        if after > 0 {
            live.scrape(after);
        }
        assert_eq!(live.notes(sorted, Shape::Range), [sort], "after {after} ms");
    }
    assert_eq!(live.notes("streamhouse_agents_active", Shape::Range), [""; 0]);
    assert_eq!(live.notes(sorted, Shape::Instant), [""; 0], "the order of one time is what was asked for");
}
