//! Values as Go's `ParseFloat` spells them, which is what both formats refer to.

use super::Reason;

/// A number, and whether Prometheus would have taken its spelling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// A spelling that Prometheus takes.
    Plain(f64),
    /// `0x1.8p3`: Go takes it, Prometheus does not.
    Hexadecimal(f64),
}

/// Powers of ten that a 64-bit float holds exactly.
const EXACT: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Reads a whole token.
///
/// # Errors
/// [`Reason::NotANumber`], or [`Reason::OutOfRange`] for a finite spelling that only infinity could stand for: Go
/// refuses what Rust would round to infinity. Underscores and `-NaN` are refused as Go does.
pub(super) fn parse(token: &str) -> Result<Number, Reason> {
    if let Some(v) = short(token.as_bytes()) {
        return Ok(Number::Plain(v));
    }
    let unsigned = token.strip_prefix(['+', '-']).unwrap_or(token);
    let spelled = |word: &str| unsigned.eq_ignore_ascii_case(word);
    match unsigned.as_bytes().first() {
        Some(b'i' | b'I') if spelled("inf") || spelled("infinity") => {
            Ok(Number::Plain(if token.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }))
        }
        Some(b'n' | b'N') if token.eq_ignore_ascii_case("nan") => Ok(Number::Plain(f64::NAN)),
        Some(b'0') if unsigned.as_bytes().get(1).is_some_and(|b| b | 0x20 == b'x') => {
            let v = hexadecimal(&unsigned.as_bytes()[2..])?;
            Ok(Number::Hexadecimal(if token.starts_with('-') { -v } else { v }))
        }
        Some(b'0'..=b'9' | b'.') => match token.parse::<f64>() {
            Ok(v) if v.is_finite() => Ok(Number::Plain(v)),
            Ok(_) => Err(Reason::OutOfRange),
            Err(_) => Err(Reason::NotANumber),
        },
        _ => Err(Reason::NotANumber),
    }
}

/// The exact value of a short decimal: up to 18 digits whose number fits 53 bits, scaled by at most 10²², so that one
/// multiplication or division rounds once. `None` leaves the token to the general reader.
fn short(token: &[u8]) -> Option<f64> {
    let (negative, digits) = match token {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, token),
    };
    let (mut number, mut count, mut scale, mut point) = (0_u64, 0_u32, 0_i32, false);
    let mut i = 0;
    while let Some(&b) = digits.get(i) {
        i += 1;
        match b {
            b'0'..=b'9' => {
                number = number * 10 + u64::from(b - b'0');
                count += 1;
                scale -= i32::from(point);
                if count > 18 {
                    return None;
                }
            }
            b'.' if !point => point = true,
            b'e' | b'E' => {
                scale += exponent(&digits[i..])?;
                break;
            }
            _ => return None,
        }
    }
    if count == 0 || number > 1 << 53 {
        return None;
    }
    let power = EXACT.get(scale.unsigned_abs() as usize)?;
    let v = if scale < 0 { number as f64 / power } else { number as f64 * power };
    Some(if negative { -v } else { v })
}

/// A decimal exponent of one to three digits, the whole of `token`.
fn exponent(token: &[u8]) -> Option<i32> {
    let (sign, digits) = match token {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, token),
    };
    if digits.is_empty() || digits.len() > 3 {
        return None;
    }
    digits.iter().try_fold(0, |n, &b| b.is_ascii_digit().then(|| n * 10 + i32::from(b - b'0'))).map(|n| sign * n)
}

/// `h.hhhp±d` without sign and `0x`. The exponent is obligatory, as in Go.
fn hexadecimal(token: &[u8]) -> Result<f64, Reason> {
    let p = token.iter().position(|b| b | 0x20 == b'p').ok_or(Reason::NotANumber)?;
    let power = std::str::from_utf8(&token[p + 1..]).map_err(|_| Reason::NotANumber)?;
    let power = power.strip_prefix('+').filter(|p| !p.starts_with(['+', '-'])).unwrap_or(power);
    if !power.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) {
        return Err(Reason::NotANumber);
    }
    // Six digits are far beyond any float, and keep the sums below small.
    let mut power: i64 = power.parse::<i64>().map_err(|_| Reason::NotANumber)?.clamp(-999_999, 999_999);
    let (mut number, mut digits, mut point) = (0_u64, 0_usize, false);
    for &b in &token[..p] {
        if b == b'.' && !point {
            point = true;
            continue;
        }
        let digit = (b as char).to_digit(16).ok_or(Reason::NotANumber)?;
        digits += 1;
        if number >> 60 == 0 {
            number = number << 4 | u64::from(digit);
            power -= i64::from(point) * 4;
        } else {
            // Further digits only tell whether the number lies above a rounding boundary.
            number |= u64::from(digit != 0);
            power += i64::from(!point) * 4;
        }
    }
    if digits == 0 {
        return Err(Reason::NotANumber);
    }
    scaled(number, power).ok_or(Reason::OutOfRange)
}

/// `number` · 2^`power`, rounded once to nearest, ties to even; `None` where that is beyond the largest float.
fn scaled(number: u64, power: i64) -> Option<f64> {
    if number == 0 {
        return Some(0.0);
    }
    let width = 64 - i64::from(number.leading_zeros());
    // Where the last bit that a float keeps stands: 53 bits of it, fewer near zero.
    let last = (power + width - 53).max(-1074);
    let surplus = last - power;
    let kept = match surplus {
        i64::MIN..=0 => u128::from(number) << -surplus,
        1..=64 => {
            let wide = u128::from(number);
            let (whole, rest, half) = (wide >> surplus, wide & ((1 << surplus) - 1), 1 << (surplus - 1));
            whole + u128::from(rest > half || (rest == half && whole & 1 == 1))
        }
        _ => 0,
    };
    // `kept` fits 53 bits (or is 2^53 after rounding up) and `last` is at least -1074, so each step below is exact.
    let low = last.clamp(-1074, -1022) as i32;
    let v = kept as f64 * 2_f64.powi(if last < -1022 { 0 } else { last.min(1023) as i32 });
    let v = if last < -1022 { v * f64::from_bits(1 << (low + 1074)) } else { v };
    let v = if last > 1023 { f64::INFINITY } else { v };
    v.is_finite().then_some(v)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(token: &str) -> f64 {
        match parse(token).unwrap_or_else(|e| panic!("{token}: {e}")) {
            Number::Plain(v) | Number::Hexadecimal(v) => v,
        }
    }

    #[test]
    fn every_spelling_that_go_takes_is_read() {
        for (token, v) in [
            ("0", 0.0),
            ("1", 1.0),
            ("+1", 1.0),
            ("-1.5", -1.5),
            ("5.", 5.0),
            (".5", 0.5),
            ("1e3", 1000.0),
            ("1E+3", 1000.0),
            ("1.e-3", 0.001),
            ("0001", 1.0),
            ("1e-400", 0.0),
            ("9007199254740993", 9_007_199_254_740_992.0),
            ("123456789012345678901234567890", 123_456_789_012_345_678_901_234_567_890.0),
            ("20.627903278000045", 20.627_903_278_000_045),
            ("1.7976931348623157e308", f64::MAX),
            ("4.9e-324", f64::from_bits(1)),
            ("Inf", f64::INFINITY),
            ("+Inf", f64::INFINITY),
            ("-inf", f64::NEG_INFINITY),
            ("INFINITY", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("0x1p-2", 0.25),
            ("0X1.8P3", 12.0),
            ("-0x.8p+1", -1.0),
            ("0x1p-1074", f64::from_bits(1)),
            ("0x1p-1075", 0.0),
            ("0x1.8p-1075", f64::from_bits(1)),
            ("0x1.fffffffffffffp1023", f64::MAX),
            ("0x1.00000000000008p0", 1.0),
            ("0x1.000000000000080000000000001p0", 1.000_000_000_000_000_2),
            ("0x123456789abcdef0123p0", 5_373_003_642_731_685_151_011.0),
            ("0x1p-99999999", 0.0),
        ] {
            assert_eq!(value(token).to_bits(), v.to_bits(), "{token}");
        }
        assert!(value("-0").is_sign_negative());
        assert!(["NaN", "nan", "NAN"].iter().all(|t| value(t).is_nan()));
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for token in [
            "",
            "+",
            "-",
            ".",
            "e5",
            "1e",
            "1e+",
            "1_000",
            "0x_1p0",
            "0x10",
            "0x1p",
            "0x1p+-1",
            "0xp1",
            "0x1.2.3p1",
            "0x1p1_0",
            "+nan",
            "-NaN",
            "nanx",
            "in",
            "infin",
            "infinit",
            "true",
            "1,5",
            "1.2.3",
            "--1",
            "+-1",
            "1f",
            "١",
            "1\r",
            "1\t2",
            "\0",
        ] {
            assert_eq!(parse(token), Err(Reason::NotANumber), "{token:?}");
        }
        for token in ["1e309", "-1e400", "0x1p1024", "0x1.fffffffffffff8p1023", "0x1p99999999"] {
            assert_eq!(parse(token), Err(Reason::OutOfRange), "{token}");
        }
    }

    #[test]
    fn hexadecimal_numbers_are_told_apart() {
        assert_eq!(parse("0x1p4"), Ok(Number::Hexadecimal(16.0)));
        assert_eq!(parse("16"), Ok(Number::Plain(16.0)));
    }

    proptest! {
        #[test]
        fn the_fast_path_never_differs_from_the_general_one(
            token in "[+-]?[0-9]{0,17}\\.?[0-9]{0,6}([eE][+-]?[0-9]{1,2})?"
        ) {
            if let Some(v) = short(token.as_bytes()) {
                prop_assert_eq!(v.to_bits(), token.parse::<f64>().unwrap().to_bits());
            }
        }

        #[test]
        fn any_float_survives_being_written(bits: u64) {
            let v = f64::from_bits(bits);
            prop_assume!(v.is_finite());
            prop_assert_eq!(value(&v.to_string()).to_bits(), bits);
            prop_assert_eq!(value(&format!("{v:e}")).to_bits(), bits);
        }

        #[test]
        fn hexadecimal_floats_are_exact(bits: u64) {
            let v = f64::from_bits(bits & !(1 << 63));
            prop_assume!(v.is_finite());
            let (fraction, exponent) = (bits & ((1 << 52) - 1), bits >> 52 & 0x7ff);
            let token = if exponent == 0 {
                format!("0x0.{fraction:013x}p-1022")
            } else {
                format!("0x1.{fraction:013x}p{}", exponent as i64 - 1023)
            };
            prop_assert_eq!(value(&token).to_bits(), v.to_bits());
        }
    }
}
