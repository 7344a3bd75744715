//! Amounts on the command line: `90s`, `1h30m`, `512MB`.

use jiff::SignedDuration;

use crate::unit::parse_length;

/// A positive duration in ms (`90s`, `5m`, `1h30m`, `7d`, also ISO 8601's `PT1H`), up to 31 days.
///
/// # Errors
/// In words: what was given and what would do.
pub fn duration(text: &str) -> Result<i64, String> {
    let iso = || text.trim().parse::<SignedDuration>().map(|d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
    let ms = parse_length(text)
        .or_else(|_| iso())
        .map_err(|_| format!("{text:?} is not a duration; write it like 30s, 5m or 1h30m"))?;
    within_reason(text, ms)
}

/// A duration in ms, written as `text`, where it is neither too short nor too long to be meant.
pub(super) fn within_reason(text: &str, ms: i64) -> Result<i64, String> {
    match ms {
        100..=2_678_400_000 => Ok(ms),
        _ => Err(format!("{text:?} is out of range; from 100ms to 744h will do")),
    }
}

/// A size in bytes: `512MB`, `1GiB`, `300000000`.
///
/// # Errors
/// In words: what was given and what would do.
pub fn bytes(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let factor: usize = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "kib" => 1 << 10,
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        "g" | "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return Err(format!("{text:?} is not a size; write it like 512MB or 1GiB")),
    };
    let number: usize =
        text[..digits].parse().map_err(|_| format!("{text:?} is not a size; write it like 512MB or 1GiB"))?;
    match number.checked_mul(factor) {
        Some(n) if n >= 1_000_000 => Ok(n),
        Some(_) => Err(format!("{text:?} is too little to work with; 1MB is the least")),
        None => Err(format!("{text:?} is more than this machine can address")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, ms) in [
            ("5s", 5_000),
            ("1h30m", 5_400_000),
            ("2h", 7_200_000),
            ("500ms", 500),
            ("90 s", 90_000),
            ("7d", 604_800_000),
            ("PT1H", 3_600_000),
        ] {
            assert_eq!(duration(text), Ok(ms), "{text}");
        }
        for text in ["", "5", "soon", "-5s", "0s", "10ms", "9999h"] {
            assert!(duration(text).is_err_and(|e| e.starts_with(&format!("{text:?} is "))), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_in_both_systems() {
        assert_eq!(bytes("512MB"), Ok(512_000_000));
        assert_eq!(bytes("1GiB"), Ok(1 << 30));
        assert_eq!(bytes("2000000"), Ok(2_000_000));
        for text in ["", "MB", "12QB", "1.5GB", "5k", "99999999999999999999G"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
