//! Numbers for people, as Prometheus' template functions write them. Uses nothing of the crate.

use super::format::{float, time};

fn four(v: f64) -> String {
    float(v, 'g', Some(4))
}

/// Divides `v` by `base` until it is below it; with the prefix for how often.
fn large(mut v: f64, base: f64, prefixes: &[&'static str]) -> (f64, &'static str) {
    let mut prefix = "";
    for p in prefixes {
        if v.abs() < base {
            break;
        }
        prefix = p;
        v /= base;
    }
    (v, prefix)
}

/// Multiplies `v` by a thousand until it is at least 1; with the prefix for how often.
fn small(mut v: f64) -> (f64, &'static str) {
    let mut prefix = "";
    for p in ["m", "u", "n", "p", "f", "a", "z", "y"] {
        if v.abs() >= 1.0 {
            break;
        }
        prefix = p;
        v *= 1_000.0;
    }
    (v, prefix)
}

pub(super) fn humanize(v: f64) -> String {
    if v == 0.0 || !v.is_finite() {
        return four(v);
    }
    let (v, prefix) =
        if v.abs() >= 1.0 { large(v, 1_000.0, &["k", "M", "G", "T", "P", "E", "Z", "Y"]) } else { small(v) };
    four(v) + prefix
}

pub(super) fn humanize1024(v: f64) -> String {
    if v.abs() <= 1.0 || !v.is_finite() {
        return four(v);
    }
    let (v, prefix) = large(v, 1_024.0, &["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"]);
    four(v) + prefix
}

pub(super) fn humanize_percentage(v: f64) -> String {
    four(v * 100.0) + "%"
}

pub(super) fn humanize_duration(v: f64) -> String {
    if !v.is_finite() {
        return four(v);
    }
    if v.abs() < 1.0 {
        if v == 0.0 {
            return four(v) + "s";
        }
        let (v, prefix) = small(v);
        return four(v) + prefix + "s";
    }
    let sign = if v < 0.0 { "-" } else { "" };
    let v = v.abs();
    let whole = v as i64;
    let (days, hours, minutes, seconds) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60, whole % 60);
    if days != 0 {
        format!("{sign}{days}d {hours}h {minutes}m {seconds}s")
    } else if hours != 0 {
        format!("{sign}{hours}h {minutes}m {seconds}s")
    } else if minutes != 0 {
        format!("{sign}{minutes}m {seconds}s")
    } else {
        format!("{sign}{}s", four(v))
    }
}

/// The ms since the epoch of `v` seconds.
pub(super) fn timestamp(v: f64) -> Result<i64, String> {
    let nanoseconds = v * 1e9;
    if nanoseconds.is_nan() || nanoseconds.abs() > i64::MAX as f64 {
        let v = float(v, 'g', None);
        return Err(format!("{v} cannot be represented as a nanoseconds timestamp since it overflows int64"));
    }
    Ok(nanoseconds as i64 / 1_000_000)
}

pub(super) fn humanize_timestamp(v: f64) -> Result<String, String> {
    if !v.is_finite() {
        return Ok(four(v));
    }
    timestamp(v).map(time)
}
