//! Series in a plain list: what the tests of later modules are asked for data from.

use super::{Labels, Matcher, Sample, Select, Timestamp};

/// Series with their samples, ascending in time.
#[derive(Default)]
pub(crate) struct InMemory(pub(crate) Vec<(Labels, Vec<Sample>)>);

impl Select for InMemory {
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
