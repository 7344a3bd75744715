//! Numbers and times for programs: nothing is rounded, nothing depends on where one is.

use crate::series::Timestamp;

/// A float in full, as Prometheus writes it.
pub fn exact(value: f64) -> String {
    let size = value.abs();
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ if size != 0.0 && !(1e-6..1e21).contains(&size) => format!("{value:e}"),
        _ => value.to_string(),
    }
}

/// A time in ms since the Unix epoch as RFC 3339 has it, in UTC.
pub fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_and_as_prometheus_writes_them() {
        assert_eq!(exact(1e300), "1e300");
        assert_eq!(exact(1_795_355_100.25), "1795355100.25");
        assert_eq!(exact(f64::NEG_INFINITY), "-Inf");
    }

    #[test]
    fn times_are_rfc_3339_in_utc() {
        assert_eq!(rfc3339(1_795_355_100_000), "2026-11-22T13:45:00Z");
        assert_eq!(rfc3339(1_795_355_100_120), "2026-11-22T13:45:00.12Z");
    }
}
