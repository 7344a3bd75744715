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
use Unit::{Bytes, Cores, Count, Messages, OpsPerSecond, PerSecond, Percent, Seconds, Short};

const KI: f64 = 1024.0;

/// Every identifier that has a row of its own. The first row of a unit is the identifier that it is exported under.
const IDS: &[(&str, Unit, Fidelity)] = &[
    ("short", Short, Same),
    ("none", Short, Same),
    ("string", Short, Same),
    ("sci", Short, Same),
    ("hex", Short, Lossy),
    ("hex0x", Short, Lossy),
    ("bool", Short, Lossy),
    ("bool_yes_no", Short, Lossy),
    ("bool_on_off", Short, Lossy),
    ("dB", Short, Lossy),
    ("dBm", Short, Lossy),
    ("pixel", Short, Lossy),
    ("ppm", Short, Lossy),
    ("locale", Count, Same),
    ("percent", Percent, Same),
    ("percentunit", Percent, Scaled(100.0)),
    ("humidity", Percent, Lossy),
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
    ("Bps", Bytes, Lossy),
    ("binBps", Bytes, Lossy),
    ("bits", Short, Lossy),
    ("decbits", Short, Lossy),
    ("bps", PerSecond, Lossy),
    ("binbps", PerSecond, Lossy),
    ("KBs", Short, Lossy),
    ("KiBs", Short, Lossy),
    ("Kbits", Short, Lossy),
    ("Kibits", Short, Lossy),
    ("MBs", Short, Lossy),
    ("MiBs", Short, Lossy),
    ("Mbits", Short, Lossy),
    ("Mibits", Short, Lossy),
    ("GBs", Short, Lossy),
    ("GiBs", Short, Lossy),
    ("Gbits", Short, Lossy),
    ("Gibits", Short, Lossy),
    ("TBs", Short, Lossy),
    ("TiBs", Short, Lossy),
    ("Tbits", Short, Lossy),
    ("Tibits", Short, Lossy),
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
    ("hertz", PerSecond, Lossy),
    ("rothz", PerSecond, Lossy),
    ("cps", PerSecond, Same),
    ("eps", PerSecond, Same),
    ("reqps", PerSecond, Same),
    ("rps", PerSecond, Same),
    ("mps", PerSecond, Same),
    ("recps", PerSecond, Same),
    ("rowsps", PerSecond, Same),
    ("pps", PerSecond, Same),
    ("flops", PerSecond, Lossy),
    ("Hs", PerSecond, Lossy),
    ("ops", OpsPerSecond, Same),
    ("iops", OpsPerSecond, Same),
    ("wps", OpsPerSecond, Same),
    // What is counted by the minute keeps its number.
    ("cpm", Short, Lossy),
    ("opm", Short, Lossy),
    ("reqpm", Short, Lossy),
    ("rpm", Short, Lossy),
    ("wpm", Short, Lossy),
    ("epm", Short, Lossy),
    ("mpm", Short, Lossy),
    ("recpm", Short, Lossy),
    ("rowspm", Short, Lossy),
    ("rotrpm", Short, Lossy),
    ("suffix:cores", Cores, Same),
    ("suffix:core", Cores, Same),
    ("count:msg", Messages, Same),
    ("suffix:msg", Messages, Same),
    ("suffix:messages", Messages, Same),
    ("celsius", Short, Lossy),
    ("fahrenheit", Short, Lossy),
    ("kelvin", Short, Lossy),
    ("degree", Short, Lossy),
    ("radian", Short, Lossy),
    ("watt", Short, Lossy),
    ("kwatt", Short, Lossy),
    ("megwatt", Short, Lossy),
    ("mwatt", Short, Lossy),
    ("watth", Short, Lossy),
    ("kwatth", Short, Lossy),
    ("joule", Short, Lossy),
    ("volt", Short, Lossy),
    ("mvolt", Short, Lossy),
    ("amp", Short, Lossy),
    ("mamp", Short, Lossy),
    ("voltamp", Short, Lossy),
    ("ohm", Short, Lossy),
    ("lux", Short, Lossy),
    ("litre", Short, Lossy),
    ("m3", Short, Lossy),
    ("rotrads", Short, Lossy),
    ("dateTimeAsIso", Short, Lossy),
    ("dateTimeAsIsoNoDateIfToday", Short, Lossy),
    ("dateTimeAsUS", Short, Lossy),
    ("dateTimeAsUSNoDateIfToday", Short, Lossy),
    ("dateTimeAsLocal", Short, Lossy),
    ("dateTimeAsLocalNoDateIfToday", Short, Lossy),
    ("dateTimeAsSystem", Short, Lossy),
    ("dateTimeFromNow", Short, Lossy),
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
        assert_eq!(unit_of("Bps"), Some((Bytes, Lossy)));
        assert_eq!(unit_of("currencyEUR"), Some((Short, Lossy)));
        assert_eq!(unit_of("suffix:widgets"), Some((Short, Lossy)));
        assert_eq!(unit_of("widgets"), None);
        assert_eq!(unit_of(""), None);
    }
}
