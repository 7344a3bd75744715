//! Values as Go writes them. Uses nothing of the crate.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::value::Value;

/// Longest text that a value may be or be written as, bytes.
pub(super) const MAX_TEXT: usize = 64 << 10;

/// `%v`, cut short where it gets longer than any text may be.
pub(super) fn plain(value: &Value) -> String {
    let mut out = String::new();
    write_plain(&mut out, value);
    out
}

fn write_plain(out: &mut String, value: &Value) {
    match value {
        Value::Nil => out.push_str("<nil>"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(i) => out.push_str(&i.to_string()),
        Value::Float(f) => out.push_str(&float(*f, 'g', None)),
        Value::Text(t) => out.push_str(t),
        Value::Strings(m) => write_strings(out, m),
        Value::Map(m) => {
            let entry = |out: &mut String, (k, v): (&String, &Value)| {
                out.push_str(k);
                out.push(':');
                write_plain(out, v);
            };
            write_list(out, ["map[", "]"], m.iter(), entry);
        }
        Value::Vector(v) => write_list(out, ["[", "]"], v.iter(), write_plain),
        Value::Sample(s) => {
            out.push_str("&{");
            write_strings(out, &s.labels);
            out.push(' ');
            out.push_str(&float(s.value, 'g', None));
            out.push('}');
        }
        Value::Data(d) => {
            out.push('{');
            write_strings(out, &d.labels);
            out.push(' ');
            write_strings(out, &d.external_labels);
            out.push(' ');
            out.push_str(&d.external_url);
            out.push(' ');
            out.push_str(&float(d.value, 'g', None));
            out.push('}');
        }
        Value::Time(ms) => out.push_str(&time(*ms)),
    }
}

fn write_strings(out: &mut String, map: &BTreeMap<String, String>) {
    write_list(out, ["map[", "]"], map.iter(), |out, (k, v)| {
        out.extend([k, ":", v]);
    });
}

fn write_list<T>(
    out: &mut String,
    [open, close]: [&str; 2],
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut String, T),
) {
    out.push_str(open);
    for (i, item) in items.enumerate() {
        if out.len() > MAX_TEXT {
            break;
        }
        if i > 0 {
            out.push(' ');
        }
        write(out, item);
    }
    out.push_str(close);
}

/// A time as Go's `Time.String`, in UTC.
pub(super) fn time(ms: i64) -> String {
    let Ok(at) = jiff::Timestamp::from_millisecond(ms) else { return ms.to_string() };
    let mut out = at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let fraction = ms.rem_euclid(1_000);
    if fraction != 0 {
        let digits = format!("{fraction:03}");
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
    out + " +0000 UTC"
}

/// A float with Go's verb `e`, `f` or `g` (or in upper case); without `precision`, as many digits as it takes to tell it
/// apart from its neighbours.
pub(super) fn float(v: f64, verb: char, precision: Option<usize>) -> String {
    if v.is_nan() {
        return "NaN".to_owned();
    }
    if v.is_infinite() {
        return if v > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    let written = match (verb.to_ascii_lowercase(), precision) {
        ('f', Some(p)) => format!("{v:.p$}"),
        ('f', None) => format!("{v}"),
        ('e', Some(p)) => exponent(&format!("{v:.p$e}")),
        ('e', None) => exponent(&format!("{v:e}")),
        _ => general(v, precision),
    };
    if verb.is_ascii_uppercase() { written.to_uppercase() } else { written }
}

/// Rust's `1.5e6` as Go's `1.5e+06`.
fn exponent(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `%g`: without zeros at the end; with an exponent below 1e-4 and where the digits before the point are more than the
/// precision. Shortest digits count as a precision of 6 for this.
fn general(v: f64, precision: Option<usize>) -> String {
    let scientific = match precision {
        Some(p) => format!("{v:.*e}", p.max(1) - 1),
        None => format!("{v:e}"),
    };
    let (mantissa, exp) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exp: i32 = exp.parse().unwrap_or_default();
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count() as i32;
    let limit = match precision.map(|p| p.max(1) as i32) {
        None => 6,
        // Where there are more digits than the precision has, Go takes their number.
        Some(p) if p > digits && digits > exp => digits,
        Some(p) => p,
    };
    if exp < -4 || exp >= limit {
        return exponent(&format!("{mantissa}e{exp}"));
    }
    let mut out = String::new();
    let after = (digits - 1 - exp).max(0) as usize;
    // The digits are exact already, so nothing is rounded twice.
    let rounded: f64 = scientific.parse().unwrap_or(v);
    if write!(out, "{rounded:.after$}").is_err() {
        return scientific;
    }
    out
}

/// A string in double quotes, escaped as Go's `%q` does.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            c if (c as u32) < 0x20 || c == '\x7f' => out.extend(["\\x", &format!("{:02x}", c as u32)]),
            c if c.is_control() || c == '\u{feff}' => out.extend(["\\u", &format!("{:04x}", c as u32)]),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
