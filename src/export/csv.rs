//! Values as RFC 4180 has them: a line a value, with a head.

use std::fmt::Write as _;

use crate::series::{Labels, Timestamp, printable};
use crate::unit::{exact, rfc3339};

/// A series with what is said of it besides its labels.
pub struct Column<'a> {
    /// Columns before those of the labels: name and value, the same names for all series.
    pub lead: Vec<(&'static str, &'a str)>,
    /// Its labels.
    pub labels: &'a Labels,
    /// Its values, steps without one left out.
    pub values: Vec<(Timestamp, f64)>,
}

/// The time, what leads, a column for each label name of any of the series, the value; lines end in CR LF. Texts are safe for a
/// terminal, numbers and times exact.
pub fn csv(series: &[Column<'_>]) -> String {
    let mut names: Vec<&str> = series.iter().flat_map(|s| s.labels.iter()).map(|l| &*l.name).collect();
    names.sort_unstable();
    names.dedup();
    let lead = series.first().map_or(&[][..], |s| &s.lead).iter().map(|(name, _)| *name);
    let head = std::iter::once("time").chain(lead).chain(names.iter().copied()).chain(["value"]);
    let mut out = head.map(field).collect::<Vec<_>>().join(",");
    out.push_str("\r\n");
    for series in series {
        let lead = series.lead.iter().map(|(_, text)| *text);
        let labels = names.iter().map(|name| series.labels.get(name).unwrap_or_default());
        let told: Vec<String> = lead.chain(labels).map(field).collect();
        for &(at, value) in &series.values {
            let (at, value) = (rfc3339(at), exact(value));
            let cells = std::iter::once(at.as_str()).chain(told.iter().map(String::as_str)).chain([value.as_str()]);
            // Writing into a string cannot fail.
            write!(out, "{}\r\n", cells.collect::<Vec<_>>().join(",")).ok();
        }
    }
    out
}

fn field(text: &str) -> String {
    let text = printable(text);
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_neither_ends_the_line_nor_reaches_the_terminal() {
        assert_eq!(field("a,\"b\"\n\u{1b}"), "\"a,\"\"b\"\"␊␛\"");
    }

    #[test]
    fn every_series_has_every_column() {
        let (one, two) = (Labels::from_pairs([("a", "1")]), Labels::from_pairs([("b", "2")]));
        let series = [(&one, 1.5), (&two, f64::NAN)].map(|(labels, v)| Column {
            lead: vec![("series", "x,y")],
            labels,
            values: vec![(0, v)],
        });
        let wanted =
            "time,series,a,b,value\r\n1970-01-01T00:00:00Z,\"x,y\",1,,1.5\r\n1970-01-01T00:00:00Z,\"x,y\",,2,NaN\r\n";
        assert_eq!(csv(&series), wanted);
        assert_eq!(csv(&[]), "time,value\r\n");
    }
}
