//! Numbers and durations as Prometheus reads them. Uses `lex`.

use super::Kind;

/// Prometheus keeps durations as 64 bits of nanoseconds; in ms.
pub(in crate::promql) const MAX_DURATION: i64 = i64::MAX / 1_000_000;

/// The number or duration that `text` starts with, and its length in bytes; where it cannot be read, what is wrong and
/// how long what looks like one is.
pub(super) fn scan(text: &str) -> (usize, Result<Kind, String>) {
    if let Some(len) = number_len(text.as_bytes()) {
        let word = &text[..len];
        let number = parse_number(word).map(Kind::Number);
        return (len, number.ok_or_else(|| format!("bad number or duration {word:?}")));
    }
    let end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let len = text.find(end).unwrap_or(text.len());
    (len, parse_duration(&text[..len]).map(Kind::Duration))
}

/// How far a number goes that ends where no letter or digit follows. What is cut out may still be none: `0xfe` has an
/// exponent here, as it has in Prometheus, which does not take it either.
fn number_len(text: &[u8]) -> Option<usize> {
    let at = |i: usize| text.get(i).copied();
    let is_hex = at(0) == Some(b'0') && matches!(at(1), Some(b'x' | b'X'));
    let is_digit = |b: Option<u8>| b.is_some_and(|b| if is_hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() });
    let mut i = if is_hex { 2 } else { 0 };
    i += usize::from(is_hex && at(i) == Some(b'_'));
    i += usize::from(at(i) == Some(b'.'));
    i += usize::from(is_digit(at(i)));
    let (mut has_dot, mut has_exponent) = (false, false);
    loop {
        match at(i) {
            Some(b'.') => {
                if has_dot || is_hex || matches!(at(i + 1), Some(b'_' | b'.')) {
                    return None;
                }
                has_dot = true;
                i += 1;
            }
            Some(b @ (b'e' | b'E' | b'_')) => {
                let is_exponent = b != b'_';
                if is_exponent && has_exponent {
                    return None;
                }
                has_exponent |= is_exponent;
                i += 1;
                i += usize::from(is_exponent && matches!(at(i), Some(b'+' | b'-')));
                if matches!(at(i), None | Some(b'.' | b'_' | b'e' | b'E')) {
                    return None;
                }
            }
            b if is_digit(b) => {
                while is_digit(at(i)) {
                    i += 1;
                }
            }
            b => return (!b.is_some_and(|b| b.is_ascii_alphanumeric())).then_some(i),
        }
    }
}

/// A number as Go's `strconv` reads it with base 0, which is what Prometheus does: hexadecimal, octal with a leading 0,
/// else decimal; what is too large for a float is none.
fn parse_number(word: &str) -> Option<f64> {
    let hex = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    if !underscores_separate(word, hex.is_some()) {
        return None;
    }
    let digits = word.replace('_', "");
    let whole = match (hex, digits.strip_prefix('0')) {
        (Some(_), _) => return i64::from_str_radix(&digits[2..], 16).ok().map(|n| n as f64),
        (None, Some(octal)) if !octal.is_empty() => i64::from_str_radix(octal, 8),
        _ => digits.parse(),
    };
    let decimal = || digits.parse().ok().filter(|n: &f64| n.is_finite());
    whole.ok().map(|n| n as f64).or_else(decimal)
}

/// Whether every `_` stands between digits, or between `0x` and a digit.
fn underscores_separate(word: &str, is_hex: bool) -> bool {
    let bytes = word.as_bytes();
    let is_digit = |b: &u8| if is_hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() };
    let mut places = bytes.iter().enumerate().filter(|(_, b)| **b == b'_').map(|(i, _)| i);
    places.all(|i| {
        let before = i.checked_sub(1).and_then(|i| bytes.get(i)).is_some_and(is_digit) || (is_hex && i == 2);
        before && bytes.get(i + 1).is_some_and(is_digit)
    })
}

/// A duration such as `1h30m` in ms: units from large to small, each once.
///
/// # Errors
/// In words, where it is none or does not fit into 64 bits of nanoseconds, as Prometheus' own must.
pub(in crate::promql) fn parse_duration(word: &str) -> Result<i64, String> {
    let mut units = UNITS.iter();
    let mut rest = word;
    let mut sum = 0_i64;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (count, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let Some(&(_, ms)) = units.find(|(name, _)| *name == unit).filter(|_| !count.is_empty()) else {
            return Err(format!("bad number or duration {word:?}"));
        };
        sum = count
            .parse::<i64>()
            .ok()
            .and_then(|n| n.checked_mul(ms))
            .and_then(|part| sum.checked_add(part))
            .filter(|&ms| ms <= MAX_DURATION)
            .ok_or_else(|| format!("duration {word:?} is too long, at most 292 years fit"))?;
        rest = tail;
        if rest.is_empty() {
            return Ok(sum);
        }
    }
}

/// The units of durations in ms, from large to small.
pub(in crate::promql) const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// A duration as a number of seconds, rounded as Go rounds it: whole seconds and the rest apart.
pub(in crate::promql) fn seconds(ms: i64) -> f64 {
    (ms / 1_000) as f64 + (ms % 1_000) as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(word: &str) -> Option<f64> {
        match scan(word) {
            (len, Ok(Kind::Number(number))) if len == word.len() => Some(number),
            _ => None,
        }
    }

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        for (word, want) in [
            ("0x1F", 31.0),
            ("0X_1_f", 31.0),
            ("017", 15.0),
            ("0_17", 15.0),
            ("089", 89.0),
            ("1e3", 1e3),
            ("1_000", 1e3),
            ("1_0.5_0e1_0", 10.5e10),
            (".5", 0.5),
            ("2.", 2.0),
            ("0e5", 0.0),
            ("12.34e-6", 12.34e-6),
            ("99999999999999999999", 1e20),
            ("1e-999", 0.0),
        ] {
            assert_eq!(number(word), Some(want), "{word}");
        }
        let none =
            ["1e999", "1__0", "1_", "1_.5", "1._5", "2.5.", "1e", "1e+", "0x", "0xg", "0x1.5", "0o17", "0b1", "1a"];
        for word in none {
            assert_eq!(number(word), None, "{word}");
        }
    }

    #[test]
    fn durations_go_from_large_to_small_and_must_fit() {
        assert_eq!(parse_duration("1h30m"), Ok(5_400_000));
        assert_eq!(parse_duration("1y2w3d4h5m6s7ms"), Ok(31_536_000_000 + 1_209_600_000 + 259_200_000 + 14_706_007));
        for word in ["1m1h", "1m1m", "m", "5", "", "1.5h", "5 m", "5mm", "5M"] {
            assert!(parse_duration(word).is_err_and(|e| e.contains("bad")), "{word}");
        }
        assert!(parse_duration("99999999999y").is_err_and(|e| e.contains("too long")));
        assert!(parse_duration("99999999999999999999s").is_err_and(|e| e.contains("too long")));
        assert_eq!(scan("292y]"), (4, Ok(Kind::Duration(292 * 365 * 86_400_000))));
    }

    #[test]
    fn a_duration_is_a_number_of_seconds() {
        assert_eq!([seconds(1), seconds(1_001), seconds(5_400_000)], [0.001, 1.001, 5_400.0]);
    }
}
