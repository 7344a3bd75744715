//! Tests of the rules as a whole: files, states, templates.

mod files;
mod states;
mod templates;

use std::collections::BTreeMap;

use crate::series::{Labels, Matcher, Sample, Select, Timestamp, is_stale};

use super::Ground;

/// Samples that rules read and write.
#[derive(Default)]
struct Samples(BTreeMap<Labels, Vec<Sample>>);

impl Select for Samples {
    fn select(
        &self,
        matchers: &[Matcher],
        after: Timestamp,
        until: Timestamp,
        visit: &mut dyn FnMut(&Labels, &[Sample]),
    ) {
        for (labels, samples) in &self.0 {
            let from = samples.partition_point(|s| s.t <= after);
            let to = samples.partition_point(|s| s.t <= until);
            if from < to && matchers.iter().all(|m| m.matches(labels.get(&m.name).unwrap_or_default())) {
                visit(labels, &samples[from..to]);
            }
        }
    }
}

impl Ground for Samples {
    fn write(&mut self, labels: &Labels, t: Timestamp, v: f64) {
        self.0.entry(labels.clone()).or_default().push(Sample { t, v });
    }
}

impl Samples {
    /// The samples of the only series of this name, `None` for a staleness marker.
    fn track(&self, name: &str) -> Vec<(Timestamp, Option<f64>)> {
        let mut found = self.0.iter().filter(|(labels, _)| labels.metric() == Some(name));
        let (_, samples) = found.next().unwrap_or_else(|| panic!("no series {name}"));
        assert!(found.next().is_none(), "more than one series {name}");
        samples.iter().map(|s| (s.t, (!is_stale(s.v)).then_some(s.v))).collect()
    }
}

#[test]
fn the_built_in_rules_parse() {
    let file = super::builtin();
    assert_eq!((file.groups.len(), file.groups.iter().map(|g| g.rules.len()).sum()), (7, 31));
}
