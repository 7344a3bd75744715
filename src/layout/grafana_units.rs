//! Grafana's unit identifiers and shtop's units, both ways. Uses `unit`.
//!
//! The identifiers are those that Grafana's panels carry in `fieldConfig.defaults.unit` (or `format` in older ones), of
//! its unit picker: <https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit>

use crate::unit::Unit;

/// What becomes of a value that Grafana shows in one unit and shtop in another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fidelity {
    /// Nothing: both mean the same.
    Same,
    /// The same after multiplying by this: thresholds, limits and mapped values too.
    Scaled(f64),
    /// It can be read, but the unit that stands behind it is another or none.
    Lossy,
}

use Fidelity::{Lossy, Same, Scaled};
use Unit::{
    Amperes, Bits, BitsPerSecond, Bytes, BytesPerSecond, Celsius, Cores, Count, Date, DecibelMilliwatts, Decibels,
    Degrees, Dollars, Euros, Fahrenheit, Hertz, IoPerSecond, Joules, Kelvin, Messages, OnOff, OpsPerSecond,
    PacketsPerSecond, PerMinute, PerSecond, Percent, Pounds, RequestsPerSecond, Seconds, Short, TrueFalse, Turns,
    VoltAmperes, Volts, WattHours, Watts, Yen, YesNo,
};

const KI: f64 = 1024.0;

/// Every identifier that has a row of its own. The first row of a unit is the identifier that it is exported under.
const IDS: &[(&str, Unit, Fidelity)] = &[
    ("short", Short, Same),
    ("none", Short, Same),
    ("string", Short, Same),
    ("sci", Short, Same),
    ("hex", Short, Lossy),
    ("hex0x", Short, Lossy),
    ("bool", TrueFalse, Same),
    ("bool_yes_no", YesNo, Same),
    ("bool_on_off", OnOff, Same),
    ("dB", Decibels, Same),
    ("dBm", DecibelMilliwatts, Same),
    ("pixel", Short, Lossy),
    ("ppm", Short, Lossy),
    ("locale", Count, Same),
    ("percent", Percent, Same),
    ("percentunit", Percent, Scaled(100.0)),
    ("humidity", Percent, Same),
    ("bytes", Bytes, Same),
    ("kbytes", Bytes, Scaled(KI)),
    ("mbytes", Bytes, Scaled(KI * KI)),
    ("gbytes", Bytes, Scaled(KI * KI * KI)),
    ("tbytes", Bytes, Scaled(KI * KI * KI * KI)),
    ("pbytes", Bytes, Scaled(KI * KI * KI * KI * KI)),
    // Bytes by the thousand: the number is right, in steps of 1024.
    ("decbytes", Bytes, Same),
    ("deckbytes", Bytes, Scaled(1e3)),
    ("decmbytes", Bytes, Scaled(1e6)),
    ("decgbytes", Bytes, Scaled(1e9)),
    ("dectbytes", Bytes, Scaled(1e12)),
    ("decpbytes", Bytes, Scaled(1e15)),
    // As with bytes: the number is right, in steps of 1024.
    ("binBps", BytesPerSecond, Same),
    ("Bps", BytesPerSecond, Same),
    ("bps", BitsPerSecond, Same),
    ("binbps", BitsPerSecond, Same),
    ("decbits", Bits, Same),
    ("bits", Bits, Same),
    ("KBs", BytesPerSecond, Scaled(1e3)),
    ("KiBs", BytesPerSecond, Scaled(KI)),
    ("Kbits", BitsPerSecond, Scaled(1e3)),
    ("Kibits", BitsPerSecond, Scaled(KI)),
    ("MBs", BytesPerSecond, Scaled(1e6)),
    ("MiBs", BytesPerSecond, Scaled(KI * KI)),
    ("Mbits", BitsPerSecond, Scaled(1e6)),
    ("Mibits", BitsPerSecond, Scaled(KI * KI)),
    ("GBs", BytesPerSecond, Scaled(1e9)),
    ("GiBs", BytesPerSecond, Scaled(KI * KI * KI)),
    ("Gbits", BitsPerSecond, Scaled(1e9)),
    ("Gibits", BitsPerSecond, Scaled(KI * KI * KI)),
    ("TBs", BytesPerSecond, Scaled(1e12)),
    ("TiBs", BytesPerSecond, Scaled(KI * KI * KI * KI)),
    ("Tbits", BitsPerSecond, Scaled(1e12)),
    ("Tibits", BitsPerSecond, Scaled(KI * KI * KI * KI)),
    ("PBs", BytesPerSecond, Scaled(1e15)),
    ("PiBs", BytesPerSecond, Scaled(KI * KI * KI * KI * KI)),
    ("Pbits", BitsPerSecond, Scaled(1e15)),
    ("Pibits", BitsPerSecond, Scaled(KI * KI * KI * KI * KI)),
    ("s", Seconds, Same),
    ("ns", Seconds, Scaled(1e-9)),
    ("µs", Seconds, Scaled(1e-6)),
    // The same with the Greek letter, and as old dashboards have it.
    ("μs", Seconds, Scaled(1e-6)),
    ("us", Seconds, Scaled(1e-6)),
    ("ms", Seconds, Scaled(1e-3)),
    ("m", Seconds, Scaled(60.0)),
    ("h", Seconds, Scaled(3_600.0)),
    ("d", Seconds, Scaled(86_400.0)),
    ("dtdurations", Seconds, Same),
    ("dtdurationms", Seconds, Scaled(1e-3)),
    ("dthms", Seconds, Same),
    ("dtdhms", Seconds, Same),
    ("timeticks", Seconds, Scaled(1e-2)),
    ("clocks", Seconds, Same),
    ("clockms", Seconds, Scaled(1e-3)),
    ("hertz", Hertz, Same),
    ("rothz", Hertz, Same),
    ("cps", PerSecond, Same),
    ("eps", PerSecond, Same),
    ("reqps", RequestsPerSecond, Same),
    ("rps", PerSecond, Same),
    ("mps", PerSecond, Same),
    ("recps", PerSecond, Same),
    ("rowsps", PerSecond, Same),
    ("pps", PacketsPerSecond, Same),
    ("flops", PerSecond, Lossy),
    ("Hs", PerSecond, Lossy),
    ("ops", OpsPerSecond, Same),
    ("iops", IoPerSecond, Same),
    // Written out by hand, as some do.
    ("io/s", IoPerSecond, Same),
    ("read/s", IoPerSecond, Same),
    ("write/s", IoPerSecond, Same),
    ("wps", OpsPerSecond, Same),
    ("cpm", PerMinute, Same),
    ("opm", PerMinute, Same),
    ("reqpm", PerMinute, Same),
    ("rpm", PerMinute, Same),
    ("wpm", PerMinute, Same),
    ("epm", PerMinute, Same),
    ("mpm", PerMinute, Same),
    ("recpm", PerMinute, Same),
    ("rowspm", PerMinute, Same),
    ("rotrpm", Turns, Same),
    ("suffix:cores", Cores, Same),
    ("suffix:core", Cores, Same),
    ("count:msg", Messages, Same),
    ("suffix:msg", Messages, Same),
    ("suffix:messages", Messages, Same),
    ("celsius", Celsius, Same),
    ("fahrenheit", Fahrenheit, Same),
    ("kelvin", Kelvin, Same),
    ("degree", Degrees, Same),
    ("radian", Short, Lossy),
    ("watt", Watts, Same),
    ("kwatt", Watts, Scaled(1e3)),
    ("megwatt", Watts, Scaled(1e6)),
    ("gwatt", Watts, Scaled(1e9)),
    ("mwatt", Watts, Scaled(1e-3)),
    ("watth", WattHours, Same),
    ("kwatth", WattHours, Scaled(1e3)),
    ("joule", Joules, Same),
    ("volt", Volts, Same),
    ("kvolt", Volts, Scaled(1e3)),
    ("mvolt", Volts, Scaled(1e-3)),
    ("amp", Amperes, Same),
    ("kamp", Amperes, Scaled(1e3)),
    ("mamp", Amperes, Scaled(1e-3)),
    ("voltamp", VoltAmperes, Same),
    ("kvoltamp", VoltAmperes, Scaled(1e3)),
    ("ohm", Short, Lossy),
    ("lux", Short, Lossy),
    ("litre", Short, Lossy),
    ("m3", Short, Lossy),
    ("rotrads", Short, Lossy),
    ("dateTimeAsIso", Date, Same),
    ("dateTimeAsIsoNoDateIfToday", Date, Same),
    ("dateTimeAsUS", Date, Same),
    ("dateTimeAsUSNoDateIfToday", Date, Same),
    ("dateTimeAsLocal", Date, Same),
    ("dateTimeAsLocalNoDateIfToday", Date, Same),
    ("dateTimeAsSystem", Date, Same),
    // How long ago that is: shown as when.
    ("dateTimeFromNow", Date, Lossy),
    ("currencyUSD", Dollars, Same),
    ("currencyEUR", Euros, Same),
    ("currencyGBP", Pounds, Same),
    ("currencyJPY", Yen, Same),
];

/// Beginnings of identifiers whose many members all become plain numbers: currencies, physical measures, and the units
/// that a dashboard makes up for itself.
const FAMILIES: &[&str] = &[
    "currency", "mass", "length", "pressure", "area", "flow", "force", "velocity", "acc", "con", "rad", "prefix:",
    "suffix:", "count:", "si:", "time:",
];

/// The unit that comes nearest to Grafana's `id`, and how near. `None` for identifiers that Grafana does not document:
/// it shows those behind a plain number.
pub(crate) fn unit_of(id: &str) -> Option<(Unit, Fidelity)> {
    let row = IDS.iter().find(|(own, ..)| *own == id).map(|&(_, unit, fidelity)| (unit, fidelity));
    row.or_else(|| FAMILIES.iter().any(|family| id.starts_with(family)).then_some((Short, Lossy)))
}

/// The identifier under which Grafana shows values of `unit` as nearly as it can.
pub(crate) fn id_of(unit: Unit) -> &'static str {
    IDS.iter().find(|(_, own, fidelity)| *own == unit && *fidelity == Same).map_or("short", |&(id, ..)| id)
}

/// The identifier of values that, multiplied by `factor`, are of `unit`.
pub(crate) fn scaled_id_of(unit: Unit, factor: f64) -> Option<&'static str> {
    IDS.iter().find(|(_, own, fidelity)| *own == unit && *fidelity == Scaled(factor)).map(|&(id, ..)| id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_unit_survives_the_way_to_grafana_and_back() {
        for &name in Unit::NAMES {
            let unit = Unit::parse(name).unwrap();
            assert_eq!(unit_of(id_of(unit)), Some((unit, Same)), "{name}");
        }
        assert_eq!([Percent, Bytes, Seconds, OpsPerSecond].map(id_of), ["percent", "bytes", "s", "ops"]);
    }

    #[test]
    fn no_identifier_has_two_rows() {
        let ids: BTreeSet<_> = IDS.iter().map(|(id, ..)| id).collect();
        assert_eq!(ids.len(), IDS.len());
    }

    #[test]
    fn what_layout_files_may_call_a_unit_too_means_the_same_here() {
        for (id, unit, fidelity) in IDS {
            if let Some(named) = Unit::parse(id) {
                assert_eq!((named, Same), (*unit, *fidelity), "{id}");
            }
        }
    }

    #[test]
    fn values_in_other_sizes_are_scaled_and_others_are_marked() {
        assert_eq!(unit_of("percentunit"), Some((Percent, Scaled(100.0))));
        assert_eq!(unit_of("ms"), Some((Seconds, Scaled(1e-3))));
        assert_eq!(unit_of("mbytes"), Some((Bytes, Scaled(1_048_576.0))));
        assert_eq!(unit_of("Bps"), Some((BytesPerSecond, Same)));
        assert_eq!(unit_of("MBs"), Some((BytesPerSecond, Scaled(1e6))));
        assert_eq!(unit_of("bool_yes_no"), Some((YesNo, Same)));
        assert_eq!(unit_of("dateTimeFromNow"), Some((Date, Lossy)));
        assert_eq!(unit_of("currencyCHF"), Some((Short, Lossy)));
        assert_eq!(unit_of("suffix:widgets"), Some((Short, Lossy)));
        assert_eq!(unit_of("widgets"), None);
        assert_eq!(unit_of(""), None);
    }
}
