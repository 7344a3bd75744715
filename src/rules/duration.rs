//! Durations as rule files write them: `1h30m`. Uses nothing of the crate.
//!
//! Facts: <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#generic-placeholders>

const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Prometheus keeps durations as 64 bits of nanoseconds.
const LONGEST: i64 = i64::MAX / 1_000_000;

/// The ms of `text`: units from large to small, each once; `0` needs none.
///
/// # Errors
/// In words, what is wrong with it.
pub fn parse(text: &str) -> Result<i64, String> {
    if text == "0" {
        return Ok(0);
    }
    if text.is_empty() {
        return Err("empty duration string".to_owned());
    }
    let bad = || format!("not a valid duration string: {text:?}; write it like 30s, 5m or 1h30m");
    let mut units = UNITS.iter();
    let mut rest = text;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let letters = rest[digits..].find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len() - digits);
        let (number, unit) = (&rest[..digits], &rest[digits..digits + letters]);
        let (_, ms) = units.find(|(name, _)| *name == unit).ok_or_else(bad)?;
        if number.is_empty() {
            return Err(bad());
        }
        total = number
            .parse::<i64>()
            .ok()
            .and_then(|n| n.checked_mul(*ms)?.checked_add(total))
            .filter(|total| *total <= LONGEST)
            .ok_or_else(|| format!("duration out of range: {text:?}"))?;
        rest = &rest[digits + letters..];
    }
    Ok(total)
}

/// `ms` as a rule file would say it.
pub fn format(ms: i64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut rest = ms.unsigned_abs();
    let mut out = String::from(if ms < 0 { "-" } else { "" });
    for (name, unit) in UNITS {
        let unit = unit.unsigned_abs();
        // As Prometheus: years and weeks only where nothing is left over.
        if matches!(name, "y" | "w") && !rest.is_multiple_of(unit) {
            continue;
        }
        if rest >= unit {
            out.push_str(&(rest / unit).to_string());
            out.push_str(name);
            rest %= unit;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_come_from_large_to_small_each_once() {
        for (text, ms) in [
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("0", 0),
            ("0s", 0),
            ("1d500ms", 86_400_500),
            ("1y2w", 32_745_600_000),
        ] {
            assert_eq!(parse(text), Ok(ms), "{text}");
        }
        for text in ["", "5", "m", "5m1h", "5m5m", "-5m", "1.5h", "5 m", "5x", "999999999999y", "٣s", "1h2"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn written_as_read() {
        for text in ["5m", "1h30m", "1d12h", "500ms", "1w", "2m30s", "0s"] {
            assert_eq!(format(parse(text).expect(text)), text);
        }
    }
}
