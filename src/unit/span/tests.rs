//! What the module does, text by text.

use super::*;

/// 2026-11-22 13:45:00 UTC, a Sunday.
const NOW: i64 = 1_795_355_100_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

fn show(at: i64, zone: &TimeZone) -> String {
    zoned(at, zone).unwrap().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// What a text means: begin, end, and whether it goes on or what it is around.
fn read(text: &str, now: i64, zone: &TimeZone) -> String {
    let period = Span::parse(text).and_then(|span| span.resolve(now, zone, HOUR));
    let period = match period {
        Ok(period) => period,
        Err(fault) => return format!("error: {fault}"),
    };
    let how = match period {
        Period { around: Some(at), .. } => format!(" around {}", &show(at, zone)[11..]),
        Period { live: true, .. } => " live".to_owned(),
        _ => String::new(),
    };
    format!("{} to {}{how}", show(period.start, zone), show(period.end, zone))
}

#[test]
fn ranges_are_read_as_people_write_them() {
    let table = [
        ("1h", "2026-11-22 12:45:00 to 2026-11-22 13:45:00 live"),
        (" 1h30m ", "2026-11-22 12:15:00 to 2026-11-22 13:45:00 live"),
        ("1.5 hours", "2026-11-22 12:15:00 to 2026-11-22 13:45:00 live"),
        ("last 2 days", "2026-11-20 13:45:00 to 2026-11-22 13:45:00 live"),
        ("past 90s", "2026-11-22 13:43:30 to 2026-11-22 13:45:00 live"),
        ("2h to 1h ago", "2026-11-22 11:45:00 to 2026-11-22 12:45:00"),
        ("2h ago to 1h ago", "2026-11-22 11:45:00 to 2026-11-22 12:45:00"),
        ("-2h to -1h", "2026-11-22 11:45:00 to 2026-11-22 12:45:00"),
        ("2h..1h", "2026-11-22 11:45:00 to 2026-11-22 12:45:00"),
        ("2h to now", "2026-11-22 11:45:00 to 2026-11-22 13:45:00 live"),
        ("from 2h ago until now", "2026-11-22 11:45:00 to 2026-11-22 13:45:00 live"),
        ("now-6h to now-1h", "2026-11-22 07:45:00 to 2026-11-22 12:45:00"),
        ("now-6h", "2026-11-22 07:45:00 to 2026-11-22 13:45:00 live"),
        ("now", "2026-11-22 12:45:00 to 2026-11-22 13:45:00 live"),
        ("now-1d/d to now-1d/d", "2026-11-21 00:00:00 to 2026-11-22 00:00:00"),
        ("now/d", "2026-11-22 00:00:00 to 2026-11-22 13:45:00 live"),
        ("now/w to now", "2026-11-16 00:00:00 to 2026-11-22 13:45:00 live"),
        ("now-1M/M", "2026-10-01 00:00:00 to 2026-11-01 00:00:00"),
        ("now-1y/y", "2025-01-01 00:00:00 to 2026-01-01 00:00:00"),
        ("from=now-30m&to=now-10m", "2026-11-22 13:15:00 to 2026-11-22 13:35:00"),
        ("?orgId=1&from=1795344300000&to=1795347900000", "2026-11-22 10:45:00 to 2026-11-22 11:45:00"),
        ("03:10 to 03:40", "2026-11-22 03:10:00 to 2026-11-22 03:40:00"),
        ("3:10 – 3:40", "2026-11-22 03:10:00 to 2026-11-22 03:40:00"),
        ("03:10-03:40", "2026-11-22 03:10:00 to 2026-11-22 03:40:00"),
        ("03:10 - 03:40", "2026-11-22 03:10:00 to 2026-11-22 03:40:00"),
        ("2026-11-22 03:10 - 04:00", "2026-11-22 03:10:00 to 2026-11-22 04:00:00"),
        ("2026-11-22 03:10-04:00", "2026-11-22 06:40:00 to 2026-11-22 07:40:00 around 07:10:00"),
        ("23:40 to 00:20", "2026-11-21 23:40:00 to 2026-11-22 00:20:00"),
        ("13:30 to 14:30", "2026-11-22 13:30:00 to 2026-11-22 13:45:00 live"),
        ("14:00 to 15:00", "2026-11-21 14:00:00 to 2026-11-21 15:00:00"),
        ("2026-11-22 03:10 to 04:00", "2026-11-22 03:10:00 to 2026-11-22 04:00:00"),
        ("2026-11-20 23:50 to 00:10", "2026-11-20 23:50:00 to 2026-11-21 00:10:00"),
        ("2026-11-22 03:10", "2026-11-22 02:40:00 to 2026-11-22 03:40:00 around 03:10:00"),
        ("13:30", "2026-11-22 12:45:00 to 2026-11-22 13:45:00 around 13:30:00"),
        ("20 minutes ago", "2026-11-22 12:45:00 to 2026-11-22 13:45:00 around 13:25:00"),
        ("2026-11-20", "2026-11-20 00:00:00 to 2026-11-21 00:00:00"),
        ("2026/11/20 to 2026-11-21", "2026-11-20 00:00:00 to 2026-11-22 00:00:00"),
        ("today", "2026-11-22 00:00:00 to 2026-11-22 13:45:00 live"),
        ("Yesterday", "2026-11-21 00:00:00 to 2026-11-22 00:00:00"),
        ("yesterday 22:00 to today 01:00", "2026-11-21 22:00:00 to 2026-11-22 01:00:00"),
        ("since 12:00", "2026-11-22 12:00:00 to 2026-11-22 13:45:00 live"),
        ("2026-11-22T03:10:00Z to 2026-11-22T05:10:00+01:00", "2026-11-22 03:10:00 to 2026-11-22 04:10:00"),
        ("2026-11-22 03:10 UTC to 2026-11-22 04:10 +0030", "2026-11-22 03:10:00 to 2026-11-22 03:40:00"),
        ("1795344300 to 1795347900", "2026-11-22 10:45:00 to 2026-11-22 11:45:00"),
        ("1795344300", "2026-11-22 10:15:00 to 2026-11-22 11:15:00 around 10:45:00"),
    ];
    for (text, meant) in table {
        assert_eq!(read(text, NOW, &TimeZone::UTC), meant, "{text}");
    }
}

#[test]
fn times_without_a_zone_are_those_of_the_zone_shown_also_where_clocks_change() {
    // 2026-03-29 12:00 in Berlin: clocks went from 02:00 to 03:00 that night.
    let spring = 1_774_778_400_000;
    // 2026-10-25 12:00 in Berlin: clocks went from 03:00 back to 02:00.
    let autumn = 1_792_926_000_000;
    let zone = berlin();
    let table = [
        (spring, "today", "2026-03-29 00:00:00 to 2026-03-29 12:00:00 live", 11 * HOUR),
        (spring, "01:30 to 03:30", "2026-03-29 01:30:00 to 2026-03-29 03:30:00", HOUR),
        // What clocks never showed lies as long after the gap's begin.
        (spring, "02:30 to 04:00", "2026-03-29 03:30:00 to 2026-03-29 04:00:00", 30 * MINUTE),
        (spring, "now-1d to now", "2026-03-28 12:00:00 to 2026-03-29 12:00:00 live", 23 * HOUR),
        (spring, "1d", "2026-03-28 11:00:00 to 2026-03-29 12:00:00 live", 24 * HOUR),
        (autumn, "today", "2026-10-25 00:00:00 to 2026-10-25 12:00:00 live", 13 * HOUR),
        (autumn, "01:30 to 03:30", "2026-10-25 01:30:00 to 2026-10-25 03:30:00", 3 * HOUR),
        // What clocks showed twice is the first time, unless the offset says which.
        (autumn, "02:10 to 02:40", "2026-10-25 02:10:00 to 2026-10-25 02:40:00", 30 * MINUTE),
        (
            autumn,
            "2026-10-25T02:10+02:00 to 2026-10-25T02:10+01:00",
            "2026-10-25 02:10:00 to 2026-10-25 02:10:00",
            HOUR,
        ),
        (autumn, "2026-10-25", "2026-10-25 00:00:00 to 2026-10-25 12:00:00 live", 13 * HOUR),
        (autumn, "yesterday", "2026-10-24 00:00:00 to 2026-10-25 00:00:00", 24 * HOUR),
    ];
    for (now, text, meant, length) in table {
        assert_eq!(read(text, now, &zone), meant, "{text}");
        assert_eq!(Span::parse(text).unwrap().resolve(now, &zone, HOUR).unwrap().length(), length, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let table = [
        ("2h to tomorrow", "no time is written so\n  2h to tomorrow\n        ^^^^^^^^"),
        ("yesterdy", "no time is written so; did you mean yesterday?\n  yesterdy\n  ^^^^^^^^"),
        ("5", "5 of what? Write 5m, 5h or 5d\n  5\n  ^"),
        ("1h5", "5 of what? Write 5m, 5h or 5d\n  1h5\n    ^"),
        ("5 parsecs", "parsecs is no unit of time; there are ms, s, m, h, d, w and y\n  5 parsecs\n    ^^^^^^^"),
        ("1M", "M is no unit here: m is minutes; months are written now-1M\n  1M\n   ^"),
        ("0s", "that is no time at all\n  0s\n  ^^"),
        ("2026-02-30", "there is no 2026-02-30\n  2026-02-30\n  ^^^^^^^^^^"),
        ("2026-11", "a date is written like 2026-11-22\n  2026-11\n  ^^^^^^^"),
        ("2026-11-22 25:10", "no clock shows 25:10\n  2026-11-22 25:10\n             ^^^^^"),
        ("03:10 pm", "only Z, UTC or an offset such as +01:00 may follow a time of day\n  03:10 pm\n        ^^"),
        ("now-6x", "after now the units are s, m, h, d, w, M and y\n  now-6x\n       ^"),
        ("now 6h", "after now come - and a length, or / and a unit: now-6h, now-1d/d\n  now 6h\n      ^^"),
        ("2h to ", "a time is missing here\n  2h to \n       ^"),
        ("1h ago to 2h ago", "the end lies before the begin\n  1h ago to 2h ago\n            ^^^^^^"),
        ("2027-01-01", "that is still to come\n  2027-01-01\n  ^^^^^^^^^^"),
        ("now+1h", "that is still to come\n  now+1h\n  ^^^^^^"),
        ("2s", "that is shorter than 10s\n  2s\n  ^^"),
        ("11y", "that is longer than ten years\n  11y\n  ^^^"),
        ("9999999999999y", "that is longer than ten years\n  9999999999999y\n  ^^^^^^^^^^^^^^"),
        ("日本 to now", "no time is written so\n  日本 to now\n  ^^^^"),
        ("\u{1b}[31m", "no time is written so\n  ␛[31m\n  ^^^^^"),
    ];
    for (text, fault) in table {
        assert_eq!(read(text, NOW, &TimeZone::UTC), format!("error: {fault}"), "{text:?}");
    }
    assert_eq!(Span::parse("  ").unwrap_err().message, "a time range is missing");
}

#[test]
fn every_way_that_hints_name_can_be_read() {
    for way in WAYS.split(" · ").filter(|way| *way != "Unix seconds") {
        assert!(Span::parse(way).is_ok_and(|span| span.resolve(NOW, &TimeZone::UTC, HOUR).is_ok()), "{way}");
    }
}

#[test]
fn one_time_is_read_in_every_spelling() {
    let table = [
        ("2026-11-22T13:45:00Z", NOW),
        ("1795355100.5", NOW + 500),
        ("1795355100500", NOW + 500),
        ("-15m", NOW - 15 * MINUTE),
        ("15m", NOW - 15 * MINUTE),
        ("15m ago", NOW - 15 * MINUTE),
        ("now-15m", NOW - 15 * MINUTE),
        ("13:30", NOW - 15 * MINUTE),
        ("13:46", NOW - 24 * HOUR + MINUTE),
        ("2026-11-22", NOW - 13 * HOUR - 45 * MINUTE),
        ("yesterday at 13:45:00.250", NOW - 24 * HOUR + 250),
    ];
    for (text, at) in table {
        assert_eq!(Moment::parse(text).map(|m| m.resolve(NOW, &TimeZone::UTC)), Ok(Some(at)), "{text}");
    }
    for text in ["", "noon", "-soon", "1e30", "12345678"] {
        assert!(Moment::parse(text).is_err(), "{text}");
    }
    assert_eq!(Moment::parse("now-19999y").map(|m| m.resolve(NOW, &TimeZone::UTC)), Ok(None));
}

#[test]
fn no_text_and_no_present_is_too_odd() {
    let parts =
        ["", " ", "now", "-", "to", "/", "d", "2h", "9999-12-31", "24:00", "é", "..", "9".repeat(30).leak(), ":"];
    for a in parts {
        for b in parts {
            for glue in ["", " ", " to "] {
                let text = format!("{a}{glue}{b}");
                for now in [i64::MIN, -1, 0, NOW, i64::MAX] {
                    if let Ok(span) = Span::parse(&text) {
                        span.resolve(now, &TimeZone::UTC, HOUR).ok();
                    }
                    if let Ok(moment) = Moment::parse(&text) {
                        moment.resolve(now, &TimeZone::UTC);
                    }
                }
            }
        }
    }
}
