//! The values that labels can take, and which labels make up a dimension of a metric.
//!
//! Uses nothing of the crate but the topology.

use crate::demo::topology::{AGENTS, GROUPS, PARTITION_COUNT, PARTITIONS, SUBJECTS, TOPICS};

/// Declares an enum whose variants are the values of a label, in the words that agents use.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::demo) enum $name { $($variant,)* }

        impl $name {
            const WORDS: &'static [&'static str] = &[$($word,)*];
        }

        impl From<$name> for usize {
            fn from(word: $name) -> usize {
                word as usize
            }
        }
    };
}

words! {
    /// An operation on S3.
    Operation { Put = "PUT", Get = "GET", List = "LIST", Delete = "DELETE", }
}
words! {
    /// What the throttle and the circuit breaker answer.
    Decision { Allow = "allow", RateLimited = "rate_limited", CircuitOpen = "circuit_open", }
}
words! {
    /// The state of a circuit breaker.
    State { Closed = "closed", Open = "open", HalfOpen = "half_open", }
}
words! {
    /// The result of a lease, WAL or schema operation.
    Outcome {
        Success = "success",
        Failure = "failure",
        Conflict = "conflict",
        Error = "error",
        Compatible = "compatible",
        Incompatible = "incompatible",
        Hit = "hit",
        Miss = "miss",
    }
}
words! {
    /// Why a request of a client, or one to S3, failed.
    Cause {
        SlowDown = "slow_down",
        InternalError = "internal_error",
        Timeout = "timeout",
        Backpressure = "backpressure",
        NotLeader = "not_leader",
        StaleEpoch = "stale_epoch",
        Storage = "storage",
    }
}
words! {
    /// Why the schema registry refused.
    SchemaFault { NotFound = "not_found", Incompatible = "incompatible", Store = "store", }
}

const GROUP_NAMES: [&str; GROUPS.len()] = {
    let mut names = [""; GROUPS.len()];
    let mut i = 0;
    while i < GROUPS.len() {
        names[i] = GROUPS[i].name;
        i += 1;
    }
    names
};

/// One dimension of a metric's table of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    /// `topic`.
    Topic,
    /// `topic` and `partition` together, since only existing pairs have series.
    Partition,
    /// `agent_id`, always the agent's own.
    Agent,
    /// A label with a list of values.
    Word(&'static str, &'static [&'static str]),
}

impl Dimension {
    /// How many values it has.
    pub(super) fn size(self) -> usize {
        match self {
            Self::Topic => TOPICS.len(),
            Self::Partition => PARTITION_COUNT,
            Self::Agent => 1,
            Self::Word(_, words) => words.len(),
        }
    }
}

/// The dimensions of a metric with these labels, in their order. A label that the demo knows no values for is left out.
pub(super) fn dimensions(labels: &[&'static str]) -> Vec<Dimension> {
    let by_partition = labels.contains(&"partition");
    labels
        .iter()
        .filter_map(|&label| match label {
            "topic" if by_partition => None,
            "topic" => Some(Dimension::Topic),
            "partition" => Some(Dimension::Partition),
            "agent_id" => Some(Dimension::Agent),
            _ => words(label).map(|words| Dimension::Word(label, words)),
        })
        .collect()
}

fn words(label: &str) -> Option<&'static [&'static str]> {
    Some(match label {
        "consumer_group" => &GROUP_NAMES,
        "operation" => Operation::WORDS,
        "decision" => Decision::WORDS,
        "from_state" | "to_state" => State::WORDS,
        "result" => Outcome::WORDS,
        "error_type" => Cause::WORDS,
        "type" => SchemaFault::WORDS,
        "subject" => &SUBJECTS,
        _ => return None,
    })
}

/// The number of a partition within its topic, as a label value.
pub(super) fn partition_number(partition: usize) -> &'static str {
    const NUMBERS: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];
    PARTITIONS.get(partition).and_then(|p| NUMBERS.get(p.number)).copied().unwrap_or_default()
}

/// The `agent_id` of an agent.
pub(super) fn agent_name(agent: usize) -> &'static str {
    AGENTS.get(agent).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::METRICS;

    #[test]
    fn the_demo_knows_values_for_every_label_of_the_catalogue() {
        for metric in METRICS {
            let pairs = usize::from(metric.labels.contains(&"partition"));
            assert_eq!(dimensions(metric.labels).len() + pairs, metric.labels.len(), "{}", metric.name);
        }
    }

    #[test]
    fn every_partition_has_a_number() {
        assert!((0..PARTITION_COUNT).all(|p| !partition_number(p).is_empty()));
    }
}
