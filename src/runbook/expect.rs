//! What a `promql` block is expected to give, and whether it does. Uses `series` and `unit` of the crate.

use std::fmt;

use crate::series::Labels;
use crate::unit::Unit;

/// What the instant vector of a query is expected to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expect {
    /// `none`: no series at all.
    None,
    /// `any`: some series, whatever their values.
    Any,
    /// `< 5%`, `all < 5%`, `any > 0`: how values compare with a bound.
    Compare {
        /// Of how many series it must be true.
        quantifier: Quantifier,
        /// How a value compares with the bound.
        comparison: Comparison,
        /// The bound, in the query's own unit: bytes, seconds, percent from 0 to 100.
        bound: f64,
        /// The unit that the bound was written in, to show the bound and the values with.
        unit: Unit,
    },
}

/// Of how many series a comparison must be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quantifier {
    /// Of each of them.
    #[default]
    All,
    /// Of one at least.
    Any,
}

/// How a value compares with a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`, or `=`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
}

/// Whether an expectation holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not.
    Fails {
        /// The series that is furthest from what was expected, with its value; where one series would have been enough,
        /// the one that is nearest. `None` where there is no series and some were expected.
        witness: Option<(Labels, f64)>,
    },
    /// There is nothing to judge; why.
    Unknown(&'static str),
}

/// The longest first, so that none hides another.
const COMPARISONS: &[(&str, Comparison)] = &[
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("=", Comparison::Equal),
];

/// What may follow a number, by what it multiplies.
const UNITS: &[(&str, f64, Unit)] = &[
    ("", 1.0, Unit::Short),
    ("%", 1.0, Unit::Percent),
    ("B", 1.0, Unit::Bytes),
    ("kB", 1e3, Unit::Bytes),
    ("KB", 1e3, Unit::Bytes),
    ("MB", 1e6, Unit::Bytes),
    ("GB", 1e9, Unit::Bytes),
    ("TB", 1e12, Unit::Bytes),
    ("KiB", 1_024.0, Unit::Bytes),
    ("MiB", 1_048_576.0, Unit::Bytes),
    ("GiB", 1_073_741_824.0, Unit::Bytes),
    ("TiB", 1_099_511_627_776.0, Unit::Bytes),
    ("ns", 1e-9, Unit::Seconds),
    ("us", 1e-6, Unit::Seconds),
    ("µs", 1e-6, Unit::Seconds),
    ("ms", 1e-3, Unit::Seconds),
    ("s", 1.0, Unit::Seconds),
    ("m", 60.0, Unit::Seconds),
    ("min", 60.0, Unit::Seconds),
    ("h", 3_600.0, Unit::Seconds),
    ("d", 86_400.0, Unit::Seconds),
    ("w", 604_800.0, Unit::Seconds),
    ("k", 1e3, Unit::Short),
    ("M", 1e6, Unit::Short),
    ("G", 1e9, Unit::Short),
    ("/s", 1.0, Unit::PerSecond),
    ("k/s", 1e3, Unit::PerSecond),
    ("M/s", 1e6, Unit::PerSecond),
    ("op/s", 1.0, Unit::OpsPerSecond),
    ("ops/s", 1.0, Unit::OpsPerSecond),
    ("core", 1.0, Unit::Cores),
    ("cores", 1.0, Unit::Cores),
    ("msg", 1.0, Unit::Messages),
    ("messages", 1.0, Unit::Messages),
];

/// What is wrong with an expectation, and at which of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misread {
    pub(super) at: usize,
    pub(super) message: String,
}

impl Expect {
    /// Reads what follows `expect:`.
    pub(super) fn parse(text: &str) -> Result<Self, Misread> {
        let fail = |rest: &str, message: String| Err(Misread { at: text.len() - rest.len(), message });
        let rest = text.trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let alone = rest[letters..].trim_end().is_empty();
        let (quantifier, rest) = match rest[..letters].to_ascii_lowercase().as_str() {
            "none" if alone => return Ok(Self::None),
            "any" | "some" if alone => return Ok(Self::Any),
            "any" => (Quantifier::Any, tail(rest, letters)),
            "all" => (Quantifier::All, tail(rest, letters)),
            _ => (Quantifier::All, rest),
        };
        let Some(&(sign, comparison)) = COMPARISONS.iter().find(|(sign, _)| rest.starts_with(sign)) else {
            return fail(rest, "expected none, any, or one of == != < <= > >= and a number".to_owned());
        };
        let rest = tail(rest, sign.len());
        let digits = number(rest);
        let Ok(value) = rest[..digits].parse::<f64>() else {
            return fail(rest, format!("expected a number after {sign}"));
        };
        let rest = tail(rest, digits);
        let suffix = rest.trim_end();
        let Some(&(_, factor, unit)) = UNITS.iter().find(|(name, ..)| *name == suffix) else {
            let message = format!("unknown unit {suffix:?}: use one of % B KiB MiB GiB MB GB ms s m h k M /s, or none");
            return fail(rest, message);
        };
        Ok(Self::Compare { quantifier, comparison, bound: value * factor, unit })
    }

    /// The unit in which it speaks of values.
    pub fn unit(&self) -> Option<Unit> {
        match self {
            Self::None | Self::Any => None,
            Self::Compare { unit, .. } => Some(*unit),
        }
    }

    /// Whether an instant vector is as expected. Without any series only what speaks of series at all is decided: `none`
    /// holds, `any` fails, a comparison is [`Verdict::Unknown`], since a query that finds nothing has measured nothing.
    /// NaN is never as expected.
    pub fn judge(&self, vector: &[(Labels, f64)]) -> Verdict {
        let fails = |witness: Option<&(Labels, f64)>| Verdict::Fails { witness: witness.cloned() };
        match *self {
            Self::None if vector.is_empty() => Verdict::Holds,
            Self::None => fails(vector.first()),
            Self::Any if vector.is_empty() => fails(None),
            Self::Any => Verdict::Holds,
            Self::Compare { .. } if vector.is_empty() => Verdict::Unknown("no series to judge"),
            Self::Compare { quantifier, comparison, bound, .. } => {
                let wrong = |sample: &&(Labels, f64)| !comparison.holds(sample.1, bound);
                let distance = |sample: &&(Labels, f64)| (sample.1 - bound).abs();
                let by = |a: &&(Labels, f64), b: &&(Labels, f64)| distance(a).total_cmp(&distance(b));
                let witness = match quantifier {
                    Quantifier::All => vector.iter().filter(wrong).max_by(by),
                    Quantifier::Any if vector.iter().all(|s| wrong(&s)) => vector.iter().min_by(by),
                    Quantifier::Any => None,
                };
                if witness.is_some() { fails(witness) } else { Verdict::Holds }
            }
        }
    }
}

impl Comparison {
    /// As `PromQL` writes it.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether `value` compares so with `bound`; NaN never does.
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Equal => value == bound,
            Self::NotEqual => !value.is_nan() && value != bound,
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
            Self::Greater => value > bound,
            Self::GreaterOrEqual => value >= bound,
        }
    }
}

/// For people: `none`, `any`, `< 100 MiB`, `any > 0`.
impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Any => f.write_str("any"),
            Self::Compare { quantifier, comparison, bound, unit } => {
                let any = if *quantifier == Quantifier::Any { "any " } else { "" };
                write!(f, "{any}{} {}", comparison.sign(), unit.format(*bound, None))
            }
        }
    }
}

fn tail(text: &str, from: usize) -> &str {
    text[from..].trim_start()
}

/// How many bytes at the start of `text` are a number.
fn number(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = usize::from(text.starts_with(['+', '-']));
    end += digits(end);
    if text[end..].starts_with('.') {
        end += 1 + digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(values: &[f64]) -> Vec<(Labels, f64)> {
        values.iter().enumerate().map(|(i, &v)| (Labels::from_pairs([("i", i.to_string())]), v)).collect()
    }

    fn judge(expect: &str, values: &[f64]) -> Verdict {
        Expect::parse(expect).unwrap().judge(&vector(values))
    }

    fn fails_at(expect: &str, values: &[f64]) -> Option<f64> {
        match judge(expect, values) {
            Verdict::Fails { witness } => witness.map(|(_, v)| v),
            other => panic!("{expect} of {values:?} is {other:?}"),
        }
    }

    #[test]
    fn expectations_read_as_they_are_written() {
        for (text, shown) in [
            ("== 0", "== 0"),
            ("= 0", "== 0"),
            (" >2 ", "> 2"),
            ("none", "none"),
            ("NONE", "none"),
            ("any", "any"),
            ("some", "any"),
            ("all < 5%", "< 5 %"),
            ("any >= 1.5e3", "any >= 1.5 k"),
            ("< 100MiB", "< 100 MiB"),
            ("< 100 MB", "< 95.4 MiB"),
            ("<= 250ms", "<= 250 ms"),
            ("< 5m", "< 5m 00s"),
            ("!= -1", "!= -1"),
            ("> .5/s", "> 0.5/s"),
            ("< 3.5 cores", "< 3.5 cores"),
            ("> 1k", "> 1 k"),
        ] {
            assert_eq!(Expect::parse(text).map(|e| e.to_string()), Ok(shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        for (text, at, message) in [
            ("", 0, "expected none, any, or one of"),
            ("about 5", 0, "expected none, any, or one of"),
            ("any five", 4, "expected none, any, or one of"),
            ("none of them", 0, "expected none"),
            ("< ", 2, "expected a number after <"),
            ("=> 5", 1, "expected a number after ="),
            ("< 5 apples", 4, "unknown unit \"apples\": use one of"),
            ("< 5% because", 3, "unknown unit \"% because\""),
            ("< e5", 2, "expected a number"),
        ] {
            let misread = Expect::parse(text).unwrap_err();
            assert!(misread.at == at && misread.message.starts_with(message), "{text}: {misread:?}");
        }
    }

    #[test]
    fn every_series_must_hold_unless_one_is_enough() {
        assert_eq!(judge("< 5", &[1.0, 4.0]), Verdict::Holds);
        assert_eq!(fails_at("< 5", &[1.0, 6.0, 9.0, 7.0]), Some(9.0));
        assert_eq!(judge("any > 5", &[1.0, 6.0]), Verdict::Holds);
        assert_eq!(fails_at("any > 5", &[1.0, 4.0]), Some(4.0));
        assert_eq!(judge("!= 3", &[2.0]), Verdict::Holds);
    }

    #[test]
    fn nothing_is_not_a_measurement_unless_it_is_what_was_asked_for() {
        assert_eq!(judge("== 0", &[]), Verdict::Unknown("no series to judge"));
        assert_eq!(judge("any > 0", &[]), Verdict::Unknown("no series to judge"));
        assert_eq!(judge("none", &[]), Verdict::Holds);
        assert_eq!(fails_at("none", &[7.0]), Some(7.0));
        assert_eq!(judge("any", &[0.0]), Verdict::Holds);
        assert_eq!(judge("any", &[]), Verdict::Fails { witness: None });
    }

    #[test]
    fn nan_is_never_as_expected() {
        for expect in ["== 0", "!= 0", "< 1", "> 1", "<= 1", ">= 1", "any < 1"] {
            assert!(fails_at(expect, &[f64::NAN]).is_some_and(f64::is_nan), "{expect}");
        }
        assert_eq!(judge("> 1", &[f64::INFINITY]), Verdict::Holds);
    }
}
