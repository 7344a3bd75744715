//! Numbers for people: `1.2 GiB`, `35 ms`, `12.3 k/s`, round ticks, durations and clocks; and times as people write them. May
//! use `series`.

mod axis;
mod exact;
mod number;
mod span;
mod time;

use std::str::FromStr;

pub use exact::{exact, rfc3339};
pub use span::{Moment, Period, Span, TimeFault, WAYS, parse_length};
pub use time::{age, clock, clock_short, clock_ticks, date_clock, duration, length, offset};

/// The unit of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unit {
    /// A plain number, SI-shortened: `12.3 k`.
    #[default]
    Short,
    /// Things counted, whole where they are whole: `9,431`, `12.3 k`.
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
    /// Bytes per second, IEC: `1.2 MiB/s`.
    BytesPerSecond,
    /// Bits by the thousand: `12.3 Mb`.
    Bits,
    /// Bits per second: `12.3 Mb/s`.
    BitsPerSecond,
    /// Requests per second: `12 req/s`.
    RequestsPerSecond,
    /// Reads and writes of a disk per second: `1.2 k io/s`.
    IoPerSecond,
    /// Packets per second: `1.2 k p/s`.
    PacketsPerSecond,
    /// Events per minute: `12/min`.
    PerMinute,
    /// A frequency: `2.4 GHz`.
    Hertz,
    /// A temperature: `47.5 °C`.
    Celsius,
    /// A temperature: `117 °F`.
    Fahrenheit,
    /// A temperature: `320 K`.
    Kelvin,
    /// Power: `1.2 kW`.
    Watts,
    /// Energy: `1.2 kWh`.
    WattHours,
    /// Energy: `4.2 MJ`.
    Joules,
    /// Voltage: `12.1 V`.
    Volts,
    /// Current: `0.5 A`.
    Amperes,
    /// Apparent power: `1.2 kVA`.
    VoltAmperes,
    /// Revolutions per minute: `1850 rpm`.
    Turns,
    /// An angle: `45°`.
    Degrees,
    /// A level: `-3 dB`.
    Decibels,
    /// A level of power: `-61 dBm`.
    DecibelMilliwatts,
    /// Money: `$12.3 k`.
    Dollars,
    /// Money: `€12.3 k`.
    Euros,
    /// Money: `£12.3 k`.
    Pounds,
    /// Money: `¥12.3 k`.
    Yen,
    /// `false` for 0, `true` for anything else.
    TrueFalse,
    /// `No` for 0, `Yes` for anything else.
    YesNo,
    /// `Off` for 0, `On` for anything else.
    OnOff,
    /// A time, ms since 1970: `2026-03-01 13:05Z`.
    Date,
}

/// Every name of every unit: shtop's own, then the identifiers that Grafana's panels carry.
const SPELLINGS: &[(&str, Unit)] = &[
    ("short", Unit::Short),
    ("count", Unit::Count),
    ("bytes", Unit::Bytes),
    ("seconds", Unit::Seconds),
    ("percent", Unit::Percent),
    ("per second", Unit::PerSecond),
    ("ops/s", Unit::OpsPerSecond),
    ("cores", Unit::Cores),
    ("messages", Unit::Messages),
    ("bytes/s", Unit::BytesPerSecond),
    ("bits", Unit::Bits),
    ("bits/s", Unit::BitsPerSecond),
    ("requests/s", Unit::RequestsPerSecond),
    ("io/s", Unit::IoPerSecond),
    ("packets/s", Unit::PacketsPerSecond),
    ("per minute", Unit::PerMinute),
    ("hertz", Unit::Hertz),
    ("celsius", Unit::Celsius),
    ("fahrenheit", Unit::Fahrenheit),
    ("kelvin", Unit::Kelvin),
    ("watts", Unit::Watts),
    ("watt hours", Unit::WattHours),
    ("joules", Unit::Joules),
    ("volts", Unit::Volts),
    ("amperes", Unit::Amperes),
    ("volt amperes", Unit::VoltAmperes),
    ("turns/min", Unit::Turns),
    ("degrees", Unit::Degrees),
    ("dB", Unit::Decibels),
    ("dBm", Unit::DecibelMilliwatts),
    ("dollars", Unit::Dollars),
    ("euros", Unit::Euros),
    ("pounds", Unit::Pounds),
    ("yen", Unit::Yen),
    ("true/false", Unit::TrueFalse),
    ("yes/no", Unit::YesNo),
    ("on/off", Unit::OnOff),
    ("date", Unit::Date),
    ("none", Unit::Short),
    ("number", Unit::Short),
    ("locale", Unit::Count),
    ("records", Unit::Count),
    ("leases", Unit::Count),
    ("epoch", Unit::Count),
    ("decbytes", Unit::Bytes),
    ("s", Unit::Seconds),
    ("dtdurations", Unit::Seconds),
    ("cps", Unit::PerSecond),
    ("eps", Unit::PerSecond),
    ("mps", Unit::PerSecond),
    ("reqps", Unit::RequestsPerSecond),
    ("pps", Unit::PacketsPerSecond),
    ("rps", Unit::PerSecond),
    ("/s", Unit::PerSecond),
    ("ops", Unit::OpsPerSecond),
    ("iops", Unit::IoPerSecond),
    ("Bps", Unit::BytesPerSecond),
    ("bps", Unit::BitsPerSecond),
    ("watt", Unit::Watts),
    ("volt", Unit::Volts),
    ("wps", Unit::OpsPerSecond),
];

impl Unit {
    /// The names that layout files use, for messages; [`Unit::parse`] also knows Grafana's identifiers.
    pub const NAMES: &[&str] = &[
        "short",
        "count",
        "bytes",
        "seconds",
        "percent",
        "per second",
        "ops/s",
        "cores",
        "messages",
        "bytes/s",
        "bits",
        "bits/s",
        "requests/s",
        "io/s",
        "packets/s",
        "per minute",
        "hertz",
        "celsius",
        "fahrenheit",
        "kelvin",
        "watts",
        "watt hours",
        "joules",
        "volts",
        "amperes",
        "volt amperes",
        "turns/min",
        "degrees",
        "dB",
        "dBm",
        "dollars",
        "euros",
        "pounds",
        "yen",
        "true/false",
        "yes/no",
        "on/off",
        "date",
    ];

    /// The unit called `name` in a layout file or by Grafana's identifier for it; `None` for unknown ones and for those
    /// whose values would have to be scaled first (`ms`, `percentunit`).
    pub fn parse(name: &str) -> Option<Self> {
        SPELLINGS.iter().find(|(n, _)| *n == name).map(|&(_, unit)| unit)
    }

    /// The first of its names.
    pub fn name(self) -> &'static str {
        SPELLINGS.iter().find(|(_, u)| *u == self).map_or("short", |&(n, _)| n)
    }

    /// `value` with its unit, at most [`Unit::WIDTH`] cells wide, a [date](Unit::Date) excepted. With `decimals` digits after the point where they fit,
    /// else with three significant ones; what is not zero never reads as zero. `NaN`, `+Inf` and `-Inf` stand alone.
    pub fn format(self, value: f64, decimals: Option<u8>) -> String {
        number::format(self, value, decimals)
    }

    /// Labels for `values` along one axis: the same prefix and the same number of digits after the point for all of
    /// them, as many as it takes to tell them apart. Zero is plain `0` with the unit.
    pub fn format_axis(self, values: &[f64]) -> Vec<String> {
        axis::labels(self, values)
    }

    /// At most `max_count` round values within `[min, max]`, ascending and evenly spaced: multiples of 1, 2 or 5 times a
    /// power of ten, of a power of two for bytes, of what clocks are divided into for seconds, and never fractions of
    /// things that are counted once the range spans whole ones. Empty where a bound is not finite or `max_count` is 0; a
    /// range too narrow for a step yields `min` alone.
    pub fn ticks(self, min: f64, max: f64, max_count: usize) -> Vec<f64> {
        axis::ticks(self, min, max, max_count)
    }

    /// The narrowest range around `[min, max]` whose ends are round in the sense of [`Unit::ticks`] with about
    /// `max_count` ticks. Unchanged where a bound is not finite.
    pub fn round_out(self, min: f64, max: f64, max_count: usize) -> (f64, f64) {
        axis::round_out(self, min, max, max_count)
    }

    /// The width in cells that no formatted value exceeds but a date.
    pub const WIDTH: usize = 12;
}

/// No unit goes by that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown unit {0:?}: use one of {names}", names = Unit::NAMES.join(", "))]
pub struct UnknownUnit(pub String);

impl FromStr for Unit {
    type Err = UnknownUnit;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name).ok_or_else(|| UnknownUnit(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_found_by_its_names() {
        for &name in Unit::NAMES {
            assert_eq!(Unit::parse(name).map(Unit::name), Some(name));
        }
        assert_eq!("reqps".parse(), Ok(Unit::RequestsPerSecond));
        assert_eq!("none".parse(), Ok(Unit::Short));
    }

    #[test]
    fn an_unknown_name_is_told_what_there_is() {
        let error = "percentunit".parse::<Unit>().unwrap_err().to_string();
        assert!(error.starts_with("unknown unit \"percentunit\": use one of short, count"), "{error}");
        for name in Unit::NAMES {
            assert!(error.contains(name), "{name} missing in: {error}");
        }
    }
}
