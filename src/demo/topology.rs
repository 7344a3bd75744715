//! What the simulated cluster consists of: agents, topics, partitions, consumer groups, schema subjects.
//!
//! Uses nothing of the crate.

/// The agents, by their `agent_id`.
pub(super) const AGENTS: [&str; 3] = ["agent-1", "agent-2", "agent-3"];

/// One topic and its ordinary traffic.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: &'static str,
    /// The tenant that owns it.
    pub(super) org: &'static str,
    pub(super) partitions: usize,
    /// Records per second over the whole topic.
    pub(super) records_per_second: f64,
    /// Mean bytes of a record.
    pub(super) record_bytes: f64,
    /// Mean records of a produce request.
    pub(super) batch: f64,
}

/// The topics.
pub(super) const TOPICS: [Topic; 5] = [
    Topic { name: "orders", org: "acme", partitions: 6, records_per_second: 1_080.0, record_bytes: 600.0, batch: 24.0 },
    Topic { name: "payments", org: "acme", partitions: 4, records_per_second: 480.0, record_bytes: 700.0, batch: 9.0 },
    Topic {
        name: "clickstream",
        org: "globex",
        partitions: 6,
        records_per_second: 5_400.0,
        record_bytes: 300.0,
        batch: 200.0,
    },
    Topic { name: "audit-log", org: "acme", partitions: 2, records_per_second: 60.0, record_bytes: 900.0, batch: 3.0 },
    Topic {
        name: "iot.telemetry",
        org: "globex",
        partitions: 4,
        records_per_second: 4_800.0,
        record_bytes: 120.0,
        batch: 420.0,
    },
];

/// How many partitions there are over all topics.
pub(super) const PARTITION_COUNT: usize = 22;

/// One partition: its topic, as an index into [`TOPICS`], and its number there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Partition {
    pub(super) topic: usize,
    pub(super) number: usize,
}

/// All partitions, topic by topic.
pub(super) const PARTITIONS: [Partition; PARTITION_COUNT] = {
    let mut all = [Partition { topic: 0, number: 0 }; PARTITION_COUNT];
    let (mut at, mut topic) = (0, 0);
    while topic < TOPICS.len() {
        let mut number = 0;
        while number < TOPICS[topic].partitions {
            all[at] = Partition { topic, number };
            at += 1;
            number += 1;
        }
        topic += 1;
    }
    assert!(at == PARTITION_COUNT, "PARTITION_COUNT is the sum over TOPICS");
    all
};

/// The partition that takes half as much again as its share: every cluster has one.
pub(super) const HOT_PARTITION: usize = 10;

/// One consumer group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: &'static str,
    /// Indices into [`TOPICS`].
    pub(super) topics: &'static [usize],
    /// Share of its backlog that a healthy member fetches in a second.
    pub(super) eagerness: f64,
    /// The most it can process, as a multiple of ordinary production.
    pub(super) headroom: f64,
    /// How much of its speed depends on reads from S3, 0 to 1.
    pub(super) coldness: f64,
}

/// The consumer groups.
pub(super) const GROUPS: [Group; 3] = [
    Group { name: "orders-workers", topics: &[0], eagerness: 0.8, headroom: 2.2, coldness: 0.45 },
    Group { name: "fraud-detection", topics: &[0, 1], eagerness: 0.6, headroom: 1.9, coldness: 0.6 },
    Group { name: "analytics", topics: &[2, 4], eagerness: 0.2, headroom: 2.4, coldness: 1.0 },
];

/// The schema subjects that clients register.
pub(super) const SUBJECTS: [&str; 7] = [
    "orders-value",
    "orders-key",
    "payments-value",
    "payments-key",
    "clickstream-value",
    "audit-log-value",
    "iot.telemetry-value",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hot_partition_is_the_first_of_clickstream() {
        let hot = PARTITIONS[HOT_PARTITION];
        assert_eq!((TOPICS[hot.topic].name, hot.number), ("clickstream", 0));
    }

    #[test]
    fn groups_read_topics_that_exist() {
        assert!(GROUPS.iter().flat_map(|g| g.topics).all(|&t| t < TOPICS.len()));
    }
}
