//! The simplest thing that can be asked for samples.

use shtop::series::{Labels, Matcher, Sample, Select, Timestamp};

/// Series in the order in which they came.
#[derive(Default)]
pub(crate) struct Memory(pub(crate) Vec<(Labels, Vec<Sample>)>);

impl Memory {
    /// Adds samples; of two at the same time the first one stays.
    pub(crate) fn add(&mut self, labels: &Labels, samples: &[Sample]) {
        let at = self.0.iter().position(|(l, _)| l == labels).unwrap_or_else(|| {
            self.0.push((labels.clone(), Vec::new()));
            self.0.len() - 1
        });
        let kept = &mut self.0[at].1;
        kept.extend_from_slice(samples);
        kept.sort_by_key(|s| s.t);
        kept.dedup_by_key(|s| s.t);
    }
}

impl Select for Memory {
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
