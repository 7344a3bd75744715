//! Numbers for people: `1.2 GiB`, `35 ms`, `12.3 k/s`. Uses nothing of the crate.

/// The unit of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unit {
    /// A plain number, SI-shortened: `12.3 k`.
    #[default]
    Short,
    /// Things counted, whole where they are whole.
    Count,
    /// Bytes, IEC: `1.2 GiB`.
    Bytes,
    /// A duration in seconds: `35 ms`, `2m 10s`.
    Seconds,
    /// 0–100: `97.3 %`.
    Percent,
    /// Events per second: `12.3 k/s`.
    PerSecond,
    /// Operations per second: `2.5 k op/s`.
    OpsPerSecond,
    /// Processor cores: `0.35 cores`.
    Cores,
    /// Messages: `1.2 k msg`.
    Messages,
}

impl Unit {
    /// `value` with its unit, with `decimals` digits after the point or as many as matter.
    pub fn format(self, value: f64, decimals: Option<u8>) -> String {
        match decimals {
            Some(d) => format!("{value:.*}", usize::from(d)),
            None => format!("{value}"),
        }
    }
}
