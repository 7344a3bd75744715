//! One value in one unit.

use super::{Unit, time};

/// Steps of a thousand.
pub(super) const SI: &[(f64, &str)] =
    &[(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"), (1e15, "P"), (1e18, "E")];

/// Steps of 1024.
pub(super) const IEC: &[(f64, &str)] = &[
    (1.0, "B"),
    (1_024.0, "KiB"),
    (1_048_576.0, "MiB"),
    (1_073_741_824.0, "GiB"),
    (1_099_511_627_776.0, "TiB"),
    (1_125_899_906_842_624.0, "PiB"),
    (1_152_921_504_606_846_976.0, "EiB"),
];

/// Parts of a second.
pub(super) const SECONDS: &[(f64, &str)] = &[(1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s")];

/// From here on a plain count is shortened to thousands.
const COUNT_SHORTENS: f64 = 10_000.0;

/// Below this, and above the last prefix, only the scientific notation still says something.
pub(super) const TINY: f64 = 1e-4;

/// Times from here on, either side of 1970, are no dates but mistakes, ms.
const LAST_DATE: f64 = 250_000_000_000_000.0;

/// How many digits to write.
#[derive(Debug, Clone, Copy)]
enum Digits {
    /// This many that matter, trailing zeros after the point left out.
    Significant(usize),
    /// Exactly this many after the point.
    Decimals(usize),
}

pub(super) fn format(unit: Unit, value: f64, decimals: Option<u8>) -> String {
    if let Some(word) = word(value) {
        return word.to_owned();
    }
    // A negative zero is a zero.
    let value = if value == 0.0 { 0.0 } else { value };
    match mark(unit) {
        Mark::Word(zero, other) => return (if value == 0.0 { zero } else { other }).to_owned(),
        _ if unit == Unit::Date && value.abs() < LAST_DATE => return time::date(value as i64),
        _ => {}
    }
    let asked = decimals.map(usize::from).filter(|&d| !rounds_to_zero(unit, value, d));
    let wanted = (0..=asked.unwrap_or_default()).rev().map(Digits::Decimals).filter(|_| asked.is_some());
    let fallback = [3, 2, 1].map(Digits::Significant);
    let mut text = String::new();
    for digits in wanted.chain(fallback) {
        text = render(unit, value, digits);
        if width(&text) <= Unit::WIDTH {
            return text;
        }
    }
    text.retain(|c| c != ' ');
    text
}

/// What is written for a value that is not a number with digits.
pub(super) fn word(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        None
    }
}

/// How what is written of a unit is put together with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Behind number and prefix: `1.2 k msg`.
    Behind(&'static str),
    /// One word with the prefix: `1.2 kW`.
    Joined(&'static str),
    /// In front: `$1.2 k`.
    Before(&'static str),
    /// Behind a number that never has a prefix: `47 °C`.
    Alone(&'static str),
    /// In place of the number: for zero, and for all else.
    Word(&'static str, &'static str),
}

pub(super) fn mark(unit: Unit) -> Mark {
    use Mark::{Alone, Before, Behind, Joined, Word};
    match unit {
        Unit::Short | Unit::Count | Unit::Bytes | Unit::Seconds | Unit::Date => Behind(""),
        Unit::Percent => Alone(" %"),
        Unit::PerSecond | Unit::BytesPerSecond => Behind("/s"),
        Unit::OpsPerSecond => Behind(" op/s"),
        Unit::Cores => Behind(" cores"),
        Unit::Messages => Behind(" msg"),
        Unit::RequestsPerSecond => Behind(" req/s"),
        Unit::IoPerSecond => Behind(" io/s"),
        Unit::PacketsPerSecond => Behind(" p/s"),
        Unit::PerMinute => Behind("/min"),
        Unit::Bits => Joined("b"),
        Unit::BitsPerSecond => Joined("b/s"),
        Unit::Hertz => Joined("Hz"),
        Unit::Watts => Joined("W"),
        Unit::WattHours => Joined("Wh"),
        Unit::Joules => Joined("J"),
        Unit::Volts => Joined("V"),
        Unit::Amperes => Joined("A"),
        Unit::VoltAmperes => Joined("VA"),
        Unit::Dollars => Before("$"),
        Unit::Euros => Before("€"),
        Unit::Pounds => Before("£"),
        Unit::Yen => Before("¥"),
        Unit::Celsius => Alone(" °C"),
        Unit::Fahrenheit => Alone(" °F"),
        Unit::Kelvin => Alone(" K"),
        Unit::Turns => Alone(" rpm"),
        Unit::Degrees => Alone("°"),
        Unit::Decibels => Alone(" dB"),
        Unit::DecibelMilliwatts => Alone(" dBm"),
        Unit::TrueFalse => Word("false", "true"),
        Unit::YesNo => Word("No", "Yes"),
        Unit::OnOff => Word("Off", "On"),
    }
}

/// `number` with a prefix, which may be empty, and its unit.
pub(super) fn put_together(unit: Unit, number: &str, prefix: &str) -> String {
    match (mark(unit), prefix) {
        (Mark::Behind(tail) | Mark::Alone(tail), "") => format!("{number}{tail}"),
        (Mark::Behind(tail) | Mark::Alone(tail), prefix) => format!("{number} {prefix}{tail}"),
        (Mark::Joined(symbol), prefix) => format!("{number} {prefix}{symbol}"),
        (Mark::Before(symbol), prefix) => {
            let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
            let gap = if prefix.is_empty() { "" } else { " " };
            format!("{sign}{symbol}{number}{gap}{prefix}")
        }
        (Mark::Word(..), _) => number.to_owned(),
    }
}

pub(super) fn width(text: &str) -> usize {
    // Everything written here is ASCII or µ, ° and signs of currencies, one cell each.
    text.chars().count()
}

/// `123456.7` as `123,457`; digits after a point stay as they are.
pub(super) fn grouped(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, fraction) = rest.find('.').map_or((rest, ""), |i| rest.split_at(i));
    let mut text = String::from(sign);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    text + fraction
}

fn render(unit: Unit, value: f64, digits: Digits) -> String {
    match unit {
        Unit::Bytes | Unit::BytesPerSecond => {
            let (number, prefix) =
                scaled(value, IEC, 1024.0, digits).unwrap_or_else(|| (scientific(value, digits), "B"));
            put_together(unit, &number, prefix)
        }
        Unit::Seconds => seconds(value, digits),
        unit if matches!(mark(unit), Mark::Alone(_)) => match fixed(value, digits) {
            number if magnitude(&number) < 1e6 && !is_tiny(value) => put_together(unit, &number, ""),
            _ => put_together(unit, &scientific(value, digits), ""),
        },
        Unit::Count if magnitude(&whole(value, digits)) < COUNT_SHORTENS && !is_tiny(value) => {
            grouped(&whole(value, digits))
        }
        unit => match scaled(value, SI, 1000.0, digits) {
            Some((number, "")) if unit == Unit::Cores && number == "1" => "1 core".to_owned(),
            Some((number, prefix)) => put_together(unit, &number, prefix),
            None => put_together(unit, &scientific(value, digits), ""),
        },
    }
}

fn seconds(value: f64, digits: Digits) -> String {
    for &(scale, name) in SECONDS {
        let number = fixed(value / scale, digits);
        let limit = if scale == 1.0 { 60.0 } else { 1000.0 };
        let too_small = value != 0.0 && (value / scale).abs() < 0.001;
        if magnitude(&number) < limit && !too_small && (value != 0.0 || scale == 1.0) {
            return format!("{number} {name}");
        }
        if too_small {
            break;
        }
    }
    // A million days and more are no duration but a mistake, shown as it is.
    if value.abs() < 59.0 || value.abs() >= 86_400e6 {
        return format!("{} s", scientific(value, digits));
    }
    time::duration((value.round() * 1000.0) as i64)
}

/// The number and prefix of the smallest step in which it stays under `base`; `None` where no step can say it.
fn scaled(
    value: f64,
    steps: &'static [(f64, &'static str)],
    base: f64,
    digits: Digits,
) -> Option<(String, &'static str)> {
    if is_tiny(value) {
        return None;
    }
    steps.iter().find_map(|&(scale, prefix)| {
        let number = fixed(value / scale, digits);
        (magnitude(&number) < base).then_some((number, prefix))
    })
}

fn is_tiny(value: f64) -> bool {
    value != 0.0 && value.abs() < TINY
}

/// Whether `decimals` digits would make a zero of something that is none.
fn rounds_to_zero(unit: Unit, value: f64, decimals: usize) -> bool {
    // Seconds are scaled down to the part of a second that shows them.
    unit != Unit::Seconds && value != 0.0 && magnitude(&format!("{value:.decimals$}")) == 0.0
}

/// Without a prefix or an exponent.
fn fixed(value: f64, digits: Digits) -> String {
    match digits {
        Digits::Decimals(decimals) => format!("{value:.decimals$}"),
        Digits::Significant(n) => {
            let decimals = (n as i64 - 1 - exponent(value, n)).clamp(0, 12) as usize;
            let text = format!("{value:.decimals$}");
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        }
    }
}

/// As [`fixed`], but whole from a hundred on, where a fraction of one is an artefact of extrapolation.
fn whole(value: f64, digits: Digits) -> String {
    match digits {
        Digits::Significant(_) if value.abs() >= 100.0 => format!("{value:.0}"),
        _ => fixed(value, digits),
    }
}

fn scientific(value: f64, digits: Digits) -> String {
    let decimals = match digits {
        Digits::Significant(n) => n.saturating_sub(1),
        Digits::Decimals(_) => 2,
    };
    format!("{value:.decimals$e}")
}

/// The power of ten of the first digit once `value` is rounded to `n` significant ones.
fn exponent(value: f64, n: usize) -> i64 {
    let text = format!("{value:.*e}", n.saturating_sub(1));
    text.rsplit_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or_default()
}

/// The size of a number as it was written, so that rounding up to the next prefix is seen.
fn magnitude(number: &str) -> f64 {
    number.parse::<f64>().map_or(0.0, f64::abs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use Unit::{Bytes, Cores, Count, Messages, OpsPerSecond, PerSecond, Percent, Seconds, Short};

    /// All but those that write no number.
    fn any_unit() -> impl Strategy<Value = Unit> {
        let all: Vec<Unit> = Unit::NAMES.iter().filter_map(|name| Unit::parse(name)).collect();
        let all = all.into_iter().filter(|&unit| unit != Unit::Date && !matches!(mark(unit), Mark::Word(..)));
        prop::sample::select(all.collect::<Vec<_>>())
    }

    #[test]
    fn values_read_as_people_write_them() {
        let table: &[(Unit, f64, &str)] = &[
            (Short, 0.0, "0"),
            (Short, -0.0, "0"),
            (Short, 1.0, "1"),
            (Short, 1.5, "1.5"),
            (Short, 0.0034, "0.0034"),
            (Short, 0.003_412_9, "0.00341"),
            (Short, 1e-12, "1.00e-12"),
            (Short, 42.25, "42.2"),
            (Short, 999.4, "999"),
            (Short, 999.6, "1 k"),
            (Short, 12_345.0, "12.3 k"),
            (Short, 999_950.0, "1 M"),
            (Short, -12_345.0, "-12.3 k"),
            (Short, 1e18, "1 E"),
            (Short, 1e21, "1.00e21"),
            (Short, f64::MAX, "1.80e308"),
            (Short, f64::NAN, "NaN"),
            (Short, f64::INFINITY, "+Inf"),
            (PerSecond, f64::NEG_INFINITY, "-Inf"),
            (Count, 0.0, "0"),
            (Count, 3.0, "3"),
            (Count, 4.27, "4.27"),
            (Count, 104.27, "104"),
            (Count, 1_234.5, "1,234"),
            (Count, 9_431.0, "9,431"),
            (Count, -9_431.0, "-9,431"),
            (Count, 9_999.7, "10 k"),
            (Count, 12_345.0, "12.3 k"),
            (Bytes, 0.0, "0 B"),
            (Bytes, 512.0, "512 B"),
            (Bytes, 1023.0, "1023 B"),
            (Bytes, 1023.9, "1 KiB"),
            (Bytes, 1536.0, "1.5 KiB"),
            (Bytes, 1_048_575.0, "1 MiB"),
            (Bytes, 1.2 * 1_073_741_824.0, "1.2 GiB"),
            (Bytes, 100e6, "95.4 MiB"),
            (Bytes, -2048.0, "-2 KiB"),
            (Bytes, 1e21, "867 EiB"),
            (Bytes, 1e24, "1.00e24 B"),
            (Seconds, 0.0, "0 s"),
            (Seconds, 3e-9, "3 ns"),
            (Seconds, 1e-12, "0.001 ns"),
            (Seconds, 1e-15, "1.00e-15 s"),
            (Seconds, 0.000_250, "250 µs"),
            (Seconds, 0.035, "35 ms"),
            (Seconds, 0.999_9, "1 s"),
            (Seconds, 1.234, "1.23 s"),
            (Seconds, 59.94, "59.9 s"),
            (Seconds, 59.97, "1m 00s"),
            (Seconds, 130.0, "2m 10s"),
            (Seconds, 11_100.0, "3h 05m"),
            (Seconds, 183_600.0, "2d 3h"),
            (Seconds, -4.0, "-4 s"),
            (Seconds, -130.0, "-2m 10s"),
            (Seconds, 1.7e12, "1.70e12 s"),
            (Percent, 0.0, "0 %"),
            (Percent, 97.3, "97.3 %"),
            (Percent, 99.96, "100 %"),
            (Percent, 0.01, "0.01 %"),
            (Percent, 12_345.6, "12346 %"),
            (Percent, 1e9, "1.00e9 %"),
            (PerSecond, 0.0, "0/s"),
            (PerSecond, 0.0034, "0.0034/s"),
            (PerSecond, 950.0, "950/s"),
            (PerSecond, 12_345.0, "12.3 k/s"),
            (PerSecond, 1e-12, "1.00e-12/s"),
            (OpsPerSecond, 2500.0, "2.5 k op/s"),
            (OpsPerSecond, -12_345.0, "-12.3 k op/s"),
            (OpsPerSecond, -1e-12, "-1e-12 op/s"),
            (Cores, 0.35, "0.35 cores"),
            (Cores, 1.0, "1 core"),
            (Cores, 3.5, "3.5 cores"),
            (Messages, 1.0, "1 msg"),
            (Messages, 1234.0, "1.23 k msg"),
        ];
        for &(unit, value, text) in table {
            assert_eq!(unit.format(value, None), text, "{unit:?} {value:?}");
        }
    }

    #[test]
    fn the_units_of_other_peoples_dashboards_are_read_as_people_write_them() {
        let table: &[(Unit, f64, &str)] = &[
            (Unit::BytesPerSecond, 0.0, "0 B/s"),
            (Unit::BytesPerSecond, 1_258_291.2, "1.2 MiB/s"),
            (Unit::BytesPerSecond, 1e24, "1.00e24 B/s"),
            (Unit::Bits, 12_300_000.0, "12.3 Mb"),
            (Unit::BitsPerSecond, 999.0, "999 b/s"),
            (Unit::BitsPerSecond, 1e9, "1 Gb/s"),
            (Unit::RequestsPerSecond, 0.5, "0.5 req/s"),
            (Unit::IoPerSecond, 1200.0, "1.2 k io/s"),
            (Unit::PacketsPerSecond, 12.0, "12 p/s"),
            (Unit::PerMinute, 30.0, "30/min"),
            (Unit::Hertz, 2.4e9, "2.4 GHz"),
            (Unit::Celsius, 47.5, "47.5 °C"),
            (Unit::Celsius, -40.0, "-40 °C"),
            (Unit::Kelvin, 1e7, "1.00e7 K"),
            (Unit::Watts, 1234.0, "1.23 kW"),
            (Unit::Volts, 0.0, "0 V"),
            (Unit::Turns, 18_500.0, "18500 rpm"),
            (Unit::Degrees, 45.0, "45°"),
            (Unit::DecibelMilliwatts, -61.0, "-61 dBm"),
            (Unit::Dollars, 12_345.0, "$12.3 k"),
            (Unit::Euros, -3.5, "-€3.5"),
            (Unit::YesNo, 0.0, "No"),
            (Unit::YesNo, 2.0, "Yes"),
            (Unit::TrueFalse, f64::NAN, "NaN"),
            (Unit::OnOff, 1.0, "On"),
            (Unit::Date, 1_772_370_309_000.0, "2026-03-01 13:05Z"),
            (Unit::Date, 1e15, "1 P"),
        ];
        for &(unit, value, text) in table {
            assert_eq!(unit.format(value, None), text, "{unit:?} {value:?}");
        }
    }

    #[test]
    fn decimals_are_kept_where_they_fit_and_never_hide_a_value() {
        assert_eq!(Percent.format(97.34, Some(1)), "97.3 %");
        assert_eq!(Percent.format(97.0, Some(2)), "97.00 %");
        assert_eq!(Percent.format(0.004, Some(1)), "0.004 %");
        assert_eq!(Short.format(1_234_567.0, Some(2)), "1.23 M");
        assert_eq!(Short.format(999.96, Some(1)), "1.0 k");
        assert_eq!(Count.format(1.02, Some(0)), "1");
        assert_eq!(Count.format(0.3, Some(0)), "0.3");
        assert_eq!(Bytes.format(0.0, Some(1)), "0.0 B");
        assert_eq!(Seconds.format(0.035_26, Some(1)), "35.3 ms");
        assert_eq!(Messages.format(-123_456.0, Some(9)), "-123.5 k msg");
        assert_eq!(Short.format(f64::NAN, Some(3)), "NaN");
    }

    #[test]
    fn groups_of_three() {
        assert_eq!(grouped("0"), "0");
        assert_eq!(grouped("100"), "100");
        assert_eq!(grouped("-1000"), "-1,000");
        assert_eq!(grouped("1234567.25"), "1,234,567.25");
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_promised_and_only_zero_reads_as_zero(
            bits in any::<u64>(), unit in any_unit(), decimals in proptest::option::of(0_u8..20)
        ) {
            let value = f64::from_bits(bits);
            let text = unit.format(value, decimals);
            prop_assert!(width(&text) <= Unit::WIDTH, "{unit:?} {value:?} → {text:?}");
            if value != 0.0 && value.is_finite() {
                prop_assert!(text.chars().any(|c| ('1'..='9').contains(&c)), "{unit:?} {value:?} → {text:?}");
            }
        }

        #[test]
        fn ordinary_values_too(value in -1e7_f64..1e7, unit in any_unit(), decimals in proptest::option::of(0_u8..4)) {
            let text = unit.format(value, decimals);
            prop_assert!(width(&text) <= Unit::WIDTH, "{value:?} → {text:?}");
            prop_assert!(text.chars().any(|c| ('1'..='9').contains(&c)), "{value:?} → {text:?}");
        }
    }
}
