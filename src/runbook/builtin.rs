//! The runbooks that are part of the program. Uses nothing of the crate.

macro_rules! runbooks {
    ($($name:literal,)*) => {
        /// Name and text of each, in the order in which they are listed.
        pub(super) const BUILTIN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../assets/runbooks/", $name, ".md"))),)*];
    };
}

runbooks! {
    "agent-availability",
    "circuit-breaker-open",
    "consumer-lag",
    "high-s3-throttling-rate",
    "partition-lease-conflicts",
    "producer-errors",
    "resource-pressure",
    "schema-registry-errors",
    "wal-recovery-failures",
}
