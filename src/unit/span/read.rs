//! From text to what it says, without knowing when that is. Faults are the bytes that are meant and what is wrong with them.

use std::ops::Range;

use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use super::{Day, Moment, Placed, Step, When, Written};
use crate::series::nearest;

type Fault = (Range<usize>, String);

/// Words between the two ends of a range; those of letters are words of their own.
const BETWEEN: [&str; 7] = ["to", "until", "till", "..", "–", "—", "→"];

/// What stands before a length or a time and says how it is meant.
const BEFORE: [&str; 6] = ["last", "past", "since", "from", "at", "around"];

/// The units of a length, in ms.
const LENGTHS: &[(&[&str], i64)] = &[
    (&["ms"], 1),
    (&["s", "sec", "secs", "second", "seconds"], 1_000),
    (&["m", "min", "mins", "minute", "minutes"], 60_000),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600_000),
    (&["d", "day", "days"], 86_400_000),
    (&["w", "week", "weeks"], 7 * 86_400_000),
    (&["y", "year", "years"], 365 * 86_400_000),
];

/// Part of a text, and where in it it begins.
#[derive(Clone, Copy)]
struct Part<'t> {
    text: &'t str,
    at: usize,
}

impl Part<'_> {
    fn trimmed(self) -> Self {
        let text = self.text.trim_start();
        Self { text: text.trim_end(), at: self.at + self.text.len() - text.len() }
    }

    /// From byte `from` on.
    fn rest(self, from: usize) -> Self {
        Self { text: &self.text[from..], at: self.at + from }
    }

    fn until(self, end: usize) -> Self {
        Self { text: &self.text[..end], at: self.at }
    }

    fn place(self) -> Range<usize> {
        self.at..self.at + self.text.len()
    }

    fn fault<T>(self, message: impl Into<String>) -> Result<T, Fault> {
        Err((self.place(), message.into()))
    }

    /// What follows `word`, where it begins with it and the word ends there.
    fn after(self, word: &str) -> Option<Self> {
        let head = self.text.get(..word.len())?;
        let rest = self.rest(word.len());
        let ends = !rest.text.starts_with(|c: char| c.is_alphanumeric());
        (head.eq_ignore_ascii_case(word) && ends).then(|| rest.trimmed())
    }

    /// What stands before `word` at the end.
    fn before(self, word: &str) -> Option<Self> {
        let split = self.text.len().checked_sub(word.len())?;
        let tail = self.text.get(split..)?;
        let ends = !self.text[..split].ends_with(char::is_alphabetic);
        (tail.eq_ignore_ascii_case(word) && ends).then(|| self.until(split).trimmed())
    }

    /// The digits at the begin and what follows them.
    fn digits(self) -> (Self, Self) {
        let end = self.text.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.text.len());
        (self.until(end), self.rest(end))
    }
}

pub(super) fn span(text: &str) -> Result<Written, Fault> {
    let whole = Part { text, at: 0 }.trimmed();
    if whole.text.is_empty() {
        return whole.fault("a time range is missing");
    }
    if let Some((from, to)) = ends(whole) {
        let from = from.after("from").unwrap_or(from);
        return Ok(Written::Between(placed(from)?, placed(to)?));
    }
    if let Some(length) = whole.after("last").or_else(|| whole.after("past")) {
        return Ok(Written::Last(length_of(length)?));
    }
    if let Some(from) = whole.after("since").or_else(|| whole.after("from")) {
        return Ok(Written::Since(placed(from)?));
    }
    if let Some(at) = whole.after("at").or_else(|| whole.after("around")) {
        return Ok(Written::Around(placed(at)?));
    }
    if is_length(whole) {
        return Ok(Written::Last(length_of(whole)?));
    }
    Ok(Written::Around(placed(whole)?))
}

pub(super) fn length(text: &str) -> Result<i64, Fault> {
    length_of(Part { text, at: 0 })
}

pub(super) fn moment(text: &str) -> Result<When, Fault> {
    when(Part { text, at: 0 }.trimmed())
}

/// Both ends of a range, where there are two.
fn ends(whole: Part<'_>) -> Option<(Part<'_>, Part<'_>)> {
    // As in the address of a Grafana dashboard.
    if let (Some(from), Some(to)) = (parameter(whole, "from="), parameter(whole, "to=")) {
        return Some((from, to));
    }
    let text = whole.text;
    let bounds = text.char_indices().map(|(i, _)| i);
    for i in bounds {
        for word in BETWEEN {
            let Some(found) = text.get(i..i + word.len()) else { continue };
            let after = &text[i + word.len()..];
            let is_word = word.starts_with(char::is_alphabetic);
            let alone = !text[..i].ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
            if found.eq_ignore_ascii_case(word) && (!is_word || alone) {
                return Some((whole.until(i).trimmed(), whole.rest(i + word.len()).trimmed()));
            }
        }
    }
    hyphened(whole)
}

/// Both ends of `03:10-03:40` and of `2026-11-22 03:10 - 04:00`. Behind a date and without spaces it is an offset from UTC.
fn hyphened(whole: Part<'_>) -> Option<(Part<'_>, Part<'_>)> {
    let is_clock =
        |part: Part<'_>| part.text.contains(':') && !part.text.contains(|c: char| !c.is_ascii_digit() && c != ':');
    whole.text.match_indices('-').find_map(|(i, _)| {
        let (before, after) = (whole.until(i), whole.rest(i + 1));
        let (from, to) = (before.trimmed(), after.trimmed());
        let spaced = from.text.len() < before.text.len() && to.text.len() < after.text.len();
        let is_range = if spaced { from.text.contains(':') } else { is_clock(from) };
        (is_range && to.text.contains(':')).then_some((from, to))
    })
}

/// The value of a parameter of an address.
fn parameter<'t>(whole: Part<'t>, name: &str) -> Option<Part<'t>> {
    let begins = |i: usize| i == 0 || whole.text[..i].ends_with(['&', '?']);
    let at = whole.text.match_indices(name).map(|(i, _)| i).find(|&i| begins(i))?;
    let value = whole.rest(at + name.len());
    Some(value.until(value.text.find('&').unwrap_or(value.text.len())).trimmed())
}

fn placed(part: Part<'_>) -> Result<Placed, Fault> {
    Ok(Placed { moment: Moment(when(part)?), place: part.place() })
}

/// Whether it reads as a length: begins with a number and has a unit right after it.
fn is_length(part: Part<'_>) -> bool {
    let (_, rest) = part.digits();
    let rest = rest.text.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).trim_start();
    part.text.starts_with(|c: char| c.is_ascii_digit())
        && rest.starts_with(char::is_alphabetic)
        && !part.text.contains([':', '-'])
        && part.before("ago").is_none()
}

fn when(part: Part<'_>) -> Result<When, Fault> {
    if part.text.is_empty() {
        return part.fault("a time is missing here");
    }
    if let Some(length) = part.before("ago") {
        return length_of(length).map(When::Ago);
    }
    if part.text.starts_with('-') {
        return length_of(part.rest(1).trimmed()).map(When::Ago);
    }
    if part.text.get(..3).is_some_and(|now| now.eq_ignore_ascii_case("now")) {
        return from_now(part);
    }
    for (word, days) in [("today", 0), ("yesterday", 1)] {
        if let Some(rest) = part.after(word) {
            let day = Some(Day::Before(days));
            let rest = rest.after("at").unwrap_or(rest);
            if rest.text.is_empty() {
                return Ok(When::Local { day, time: None, offset: None });
            }
            let (time, offset) = time(rest)?;
            return Ok(When::Local { day, time: Some(time), offset });
        }
    }
    if part.text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return unix(part);
    }
    let (digits, rest) = part.digits();
    match (digits.text.len(), rest.text.chars().next()) {
        (4, Some('-' | '/')) => dated(part),
        (1 | 2, Some(':')) => {
            let (time, offset) = time(part)?;
            Ok(When::Local { day: None, time: Some(time), offset })
        }
        (1.., _) => length_of(part).map(When::Ago),
        _ => {
            let word = part.text.split_whitespace().next().unwrap_or(part.text);
            let known = ["now", "today", "yesterday", "ago"].into_iter().chain(BEFORE);
            let near = nearest(word, known).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            part.fault(format!("no time is written so{near}"))
        }
    }
}

/// `90s`, `1h30m`, `1.5h`, `2 hours`.
fn length_of(part: Part<'_>) -> Result<i64, Fault> {
    let mut rest = part.trimmed();
    if rest.text.is_empty() {
        return rest.fault("a length is missing here, such as 15m or 2h");
    }
    let mut ms = 0_i64;
    while !rest.text.is_empty() {
        let end = rest.text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.text.len());
        let (number, after) = (rest.until(end), rest.rest(end));
        let Ok(count) = number.text.parse::<f64>() else {
            return rest.fault("no time is written so; a length is 15m or 1h30m");
        };
        let after = after.trimmed();
        let end = after.text.find(|c: char| !c.is_alphabetic()).unwrap_or(after.text.len());
        let unit = after.until(end);
        if unit.text.is_empty() {
            let n = number.text;
            return number.fault(format!("{n} of what? Write {n}m, {n}h or {n}d"));
        }
        if unit.text == "M" {
            return unit.fault("M is no unit here: m is minutes; months are written now-1M");
        }
        let spelt = unit.text.to_ascii_lowercase();
        let Some((_, length)) = LENGTHS.iter().find(|(names, _)| names.contains(&spelt.as_str())) else {
            return unit.fault(format!("{} is no unit of time; there are ms, s, m, h, d, w and y", unit.text));
        };
        let more = count * *length as f64;
        ms = ms.saturating_add(if more < 1e17 { more.round() as i64 } else { i64::MAX });
        rest = after.rest(end).trimmed();
    }
    if ms == 0 { part.fault("that is no time at all") } else { Ok(ms) }
}

/// `now`, `now-6h`, `now-1d/d`.
fn from_now(part: Part<'_>) -> Result<When, Fault> {
    let mut rest = part.rest(3).trimmed();
    let (mut steps, mut floor) = (Vec::new(), None);
    while let Some(sign) = rest.text.chars().next() {
        if floor.is_some() || !matches!(sign, '+' | '-' | '/') {
            return rest.fault("after now come - and a length, or / and a unit: now-6h, now-1d/d");
        }
        let mut after = rest.rest(1).trimmed();
        let mut count = 1;
        if sign != '/' {
            let (digits, behind) = after.digits();
            let Ok(n) = digits.text.parse::<i64>() else {
                return after.until(digits.text.len()).fault("a whole number is missing here: now-6h");
            };
            (count, after) = (if sign == '-' { -n } else { n }, behind);
        }
        let end = after.text.find(|c: char| !c.is_alphabetic()).unwrap_or(after.text.len());
        let unit = after.until(end);
        let step = match unit.text {
            "s" => Step::Second,
            "m" => Step::Minute,
            "h" | "H" => Step::Hour,
            "d" | "D" => Step::Day,
            "w" | "W" => Step::Week,
            "M" => Step::Month,
            "y" | "Y" => Step::Year,
            _ => return unit.fault("after now the units are s, m, h, d, w, M and y"),
        };
        if sign == '/' {
            floor = Some(step);
        } else {
            steps.push((count, step));
        }
        rest = after.rest(end).trimmed();
    }
    Ok(When::Now { steps, floor })
}

/// Seconds since the epoch, or milliseconds where there are so many digits.
fn unix(part: Part<'_>) -> Result<When, Fault> {
    let whole = part.digits().0.text.len();
    let number = part.text.parse::<f64>().ok();
    match (whole, number) {
        (9..=11, Some(seconds)) => Ok(When::At((seconds * 1000.0).round() as i64)),
        (12..=14, Some(ms)) => Ok(When::At(ms.round() as i64)),
        (..=6, Some(_)) => part.fault(format!("{0} of what? Write {0}m, {0}h or {0}d", part.text)),
        _ => part.fault("Unix times are seconds with 9 to 11 digits, or milliseconds with 12 to 14"),
    }
}

/// `2026-11-22`, with a time of day behind it or without.
fn dated(part: Part<'_>) -> Result<When, Fault> {
    let end = part.text.find(|c: char| !c.is_ascii_digit() && c != '-' && c != '/').unwrap_or(part.text.len());
    let (day, rest) = (part.until(end), part.rest(end));
    let numbers: Vec<i16> = day.text.split(['-', '/']).map_while(|n| n.parse().ok()).collect();
    let date = match numbers[..] {
        [y, m, d] if day.text.split(['-', '/']).count() == 3 => {
            i8::try_from(m).ok().zip(i8::try_from(d).ok()).and_then(|(m, d)| Date::new(y, m, d).ok())
        }
        _ => return day.fault("a date is written like 2026-11-22"),
    };
    let Some(date) = date else { return day.fault(format!("there is no {}", day.text)) };
    let rest = match rest.text.strip_prefix(['T', 't']) {
        Some(_) => rest.rest(1),
        None => rest,
    }
    .trimmed();
    let rest = rest.after("at").unwrap_or(rest);
    let day = Some(Day::Date(date));
    if rest.text.is_empty() {
        return Ok(When::Local { day, time: None, offset: None });
    }
    let (time, offset) = time(rest)?;
    Ok(When::Local { day, time: Some(time), offset })
}

/// `03:10`, `03:10:05.25`, with `Z`, `UTC` or an offset behind it or without.
fn time(part: Part<'_>) -> Result<(Time, Option<Offset>), Fault> {
    let end = part.text.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(part.text.len());
    let (clock, rest) = (part.until(end), part.rest(end).trimmed());
    let written = |part: Part<'_>| part.fault("a time of day is written like 03:10 or 03:10:05");
    if clock.text.is_empty() {
        return written(part);
    }
    let mut fields = clock.text.split(':');
    let mut field = || fields.next().map(str::parse::<i8>);
    let (Some(Ok(hour)), Some(Ok(minute))) = (field(), field()) else { return written(clock) };
    let seconds = match fields.next().map(str::parse::<f64>) {
        None => 0.0,
        Some(Ok(seconds)) if fields.next().is_none() => seconds,
        _ => return written(clock),
    };
    let nanoseconds = (seconds.fract() * 1e9) as i32;
    let Ok(time) = Time::new(hour, minute, seconds as i8, nanoseconds) else {
        return clock.fault(format!("no clock shows {}", clock.text));
    };
    Ok((time, offset(rest)?))
}

fn offset(part: Part<'_>) -> Result<Option<Offset>, Fault> {
    if part.text.is_empty() {
        return Ok(None);
    }
    if ["z", "utc", "gmt"].iter().any(|utc| part.text.eq_ignore_ascii_case(utc)) {
        return Ok(Some(Offset::UTC));
    }
    let wrong = || part.fault("only Z, UTC or an offset such as +01:00 may follow a time of day");
    let sign = match part.text.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        _ => return wrong(),
    };
    let digits: String = part.text[1..].chars().filter(|c| *c != ':').collect();
    let minutes = match (digits.len(), digits.parse::<i32>()) {
        (1 | 2, Ok(hours)) => hours * 60,
        (4, Ok(both)) => both / 100 * 60 + both % 100,
        _ => return wrong(),
    };
    match Offset::from_seconds(sign * minutes * 60) {
        Ok(offset) if minutes <= 18 * 60 => Ok(Some(offset)),
        _ => wrong(),
    }
}
