//! Times and ranges of time as people write them: `1h`, `2h to 1h ago`, `now-6h to now`, `2026-11-22 03:10 to 04:00`,
//! `yesterday`. Reading needs no clock; what was read is resolved against a present and a time zone. Uses `series` for the
//! nearest known word.

mod read;

use std::fmt;
use std::ops::Range;

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{RoundMode, Timestamp, ToSpan, Unit, Zoned, ZonedRound};
use unicode_width::UnicodeWidthStr;

use crate::series::printable;

/// What can be written, for hints.
pub const WAYS: &str =
    "1h · 2h to 1h ago · now-6h to now-1h · 03:10 to 03:40 · 2026-11-22 03:10 · yesterday · Unix seconds";

/// The shortest range that is one, ms.
const SHORTEST: i64 = 10_000;

/// The longest, ms: ten years.
const LONGEST: i64 = 10 * 365 * 86_400_000;

/// A range as it was written, and the places of its ends in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    text: String,
    written: Written,
}

#[derive(Debug, Clone, PartialEq)]
enum Written {
    /// `1h`: the last so many ms.
    Last(i64),
    /// `03:10`: around this time.
    Around(Placed),
    /// `since 03:10`.
    Since(Placed),
    /// `03:10 to 03:40`.
    Between(Placed, Placed),
}

/// A time and the bytes of the text that say it.
#[derive(Debug, Clone, PartialEq)]
struct Placed {
    moment: Moment,
    place: Range<usize>,
}

/// One time as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment(When);

#[derive(Debug, Clone, PartialEq)]
enum When {
    /// `15m ago`, in ms.
    Ago(i64),
    /// `now-1d/d`: calendar steps from now, and the unit whose beginning is meant.
    Now { steps: Vec<(i64, Step)>, floor: Option<Step> },
    /// Unix time, ms.
    At(i64),
    /// A date, a time of day or both; the zone shown where it names none.
    Local { day: Option<Day>, time: Option<Time>, offset: Option<Offset> },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Day {
    Date(Date),
    /// So many days before today.
    Before(i64),
}

/// The units that may follow `now`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// A range in ms since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its begin.
    pub start: i64,
    /// Its end, after the begin and never after the present.
    pub end: i64,
    /// Whether the end is the present, and goes on with it.
    pub live: bool,
    /// The one time that was written, where the range is only what lies around it.
    pub around: Option<i64>,
}

impl Period {
    /// Its length, ms.
    pub const fn length(&self) -> i64 {
        self.end - self.start
    }
}

/// What is wrong with a written time, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct TimeFault {
    /// What is wrong and what would do, safe for the screen.
    pub message: String,
    /// The text, safe for the screen.
    pub text: String,
    /// Cells of the text before the place that is meant.
    pub indent: usize,
    /// Cells that are meant, at least 1.
    pub extent: usize,
}

impl fmt::Display for TimeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, text, indent, extent } = self;
        write!(f, "{message}\n  {text}\n  {:indent$}{}", "", "^".repeat(*extent))
    }
}

impl TimeFault {
    fn new(text: &str, place: Range<usize>, message: &str) -> Self {
        let cells = |range: Range<usize>| text.get(range).map_or(0, |part| printable(part).width());
        Self {
            message: printable(message).into_owned(),
            text: printable(text).into_owned(),
            indent: cells(0..place.start.min(text.len())),
            extent: cells(place).max(1),
        }
    }
}

/// Reads a length of time in ms: `90s`, `1h30m`, `1.5h`, `2 days`.
///
/// # Errors
/// It is written in no known way.
pub fn parse_length(text: &str) -> Result<i64, TimeFault> {
    read::length(text).map_err(|(place, message)| TimeFault::new(text, place, &message))
}

impl Moment {
    /// Reads one time. A length such as `15m` or `-15m` is so long ago.
    ///
    /// # Errors
    /// It is written in no known way.
    pub fn parse(text: &str) -> Result<Self, TimeFault> {
        read::moment(text).map(Self).map_err(|(place, message)| TimeFault::new(text, place, &message))
    }

    /// The time that is meant, ms since the epoch: of a day its begin, of a time of day the last one before `now`. `None`
    /// where the calendar does not go so far.
    pub fn resolve(&self, now: i64, zone: &TimeZone) -> Option<i64> {
        self.0.begin(now, zone)
    }
}

impl Span {
    /// Reads a range.
    ///
    /// # Errors
    /// It is written in no known way.
    pub fn parse(text: &str) -> Result<Self, TimeFault> {
        let written = read::span(text).map_err(|(place, message)| TimeFault::new(text, place, &message))?;
        Ok(Self { text: text.to_owned(), written })
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its length in ms where it is the last while and nothing else: `1h`, `last 1h`.
    pub const fn last(&self) -> Option<i64> {
        match self.written {
            Written::Last(ms) => Some(ms),
            _ => None,
        }
    }

    /// The range that is meant. Around a single time it is as long as `usual`, in ms. What has not happened yet is cut off.
    ///
    /// # Errors
    /// It ends before it begins, lies in the future, or is too short or too long.
    pub fn resolve(&self, now: i64, zone: &TimeZone, usual: i64) -> Result<Period, TimeFault> {
        let fault = |place: &Range<usize>, message: &str| TimeFault::new(&self.text, place.clone(), message);
        let whole = 0..self.text.len();
        let far = |place: &Range<usize>| fault(place, "the calendar does not go so far");
        let live = |start| Period { start, end: now, live: true, around: None };
        let (period, first, last) = match &self.written {
            Written::Last(length) => (live(now.saturating_sub(*length)), &whole, &whole),
            Written::Since(from) => {
                (live(from.moment.0.begin(now, zone).ok_or_else(|| far(&from.place))?), &from.place, &from.place)
            }
            Written::Around(at) => {
                let period = at.moment.0.around(now, zone, usual).ok_or_else(|| far(&at.place))?;
                (period, &at.place, &at.place)
            }
            Written::Between(from, to) => {
                let start = from.moment.0.begin(now, zone).ok_or_else(|| far(&from.place))?;
                let end = to.moment.0.end(now, zone, start).ok_or_else(|| far(&to.place))?;
                (Period { start, end, live: end >= now, around: None }, &from.place, &to.place)
            }
        };
        if period.start >= now || period.around.is_some_and(|at| at > now) {
            return Err(fault(first, "that is still to come"));
        }
        let period = Period { end: period.end.min(now), ..period };
        match period.end.saturating_sub(period.start) {
            ..=0 => Err(fault(last, "the end lies before the begin")),
            1..SHORTEST => Err(fault(last, "that is shorter than 10s")),
            length if length > LONGEST => Err(fault(first, "that is longer than ten years")),
            _ => Ok(period),
        }
    }
}

impl When {
    /// The time, of a day or a rounded unit its begin.
    fn begin(&self, now: i64, zone: &TimeZone) -> Option<i64> {
        match self {
            Self::Ago(ms) => now.checked_sub(*ms),
            Self::At(at) => Some(*at),
            Self::Now { steps, floor } => Some(ms(&rounded(&stepped(now, zone, steps)?, *floor)?)),
            Self::Local { day, time, offset } => {
                let zone = offset.map_or_else(|| zone.clone(), TimeZone::fixed);
                let today = zoned(now, &zone)?.date();
                match (date(*day, today)?, time) {
                    (None, None) => None,
                    (Some(date), time) => at(date, time.unwrap_or_default(), &zone),
                    (None, Some(time)) => {
                        // The last time that clocks showed it.
                        let then = at(today, *time, &zone)?;
                        if then <= now { Some(then) } else { at(today.yesterday().ok()?, *time, &zone) }
                    }
                }
            }
        }
    }

    /// The time as the end of a range from `start` on: of a day or a rounded unit its end, of a time of day the first one
    /// after the start.
    fn end(&self, now: i64, zone: &TimeZone, start: i64) -> Option<i64> {
        match self {
            Self::Now { steps, floor: Some(floor) } => {
                next(&rounded(&stepped(now, zone, steps)?, Some(*floor))?, *floor)
            }
            Self::Local { day: Some(day), time: None, offset } => {
                let zone = offset.map_or_else(|| zone.clone(), TimeZone::fixed);
                let date = date(Some(*day), zoned(now, &zone)?.date())??;
                at(date.tomorrow().ok()?, Time::midnight(), &zone)
            }
            Self::Local { day: None, time: Some(time), offset } => {
                let zone = offset.map_or_else(|| zone.clone(), TimeZone::fixed);
                let date = zoned(start, &zone)?.date();
                let then = at(date, *time, &zone)?;
                if then > start { Some(then) } else { at(date.tomorrow().ok()?, *time, &zone) }
            }
            _ => self.begin(now, zone),
        }
    }

    /// The range around the time: all of a day or a rounded unit, else as long as `usual`.
    fn around(&self, now: i64, zone: &TimeZone, usual: i64) -> Option<Period> {
        let start = self.begin(now, zone)?;
        let is_whole = match self {
            Self::Now { floor, .. } => floor.is_some(),
            Self::Local { time, .. } => time.is_none(),
            Self::Ago(_) | Self::At(_) => false,
        };
        if is_whole {
            let end = self.end(now, zone, start)?;
            return Some(Period { start, end, live: end >= now, around: None });
        }
        // `now` is the present, and `now-6h` begins what ends with it, as Grafana has it.
        if let Self::Now { steps, .. } = self {
            let start = if steps.is_empty() { now.checked_sub(usual)? } else { start };
            return Some(Period { start, end: now, live: true, around: None });
        }
        let end = start.checked_add(usual / 2)?.min(now.max(start));
        Some(Period { start: end.checked_sub(usual)?, end, live: end >= now, around: Some(start) })
    }
}

/// The date of a day; `Some(None)` where there is none.
#[expect(clippy::option_option, reason = "no day and a day beyond the calendar are two things")]
fn date(day: Option<Day>, today: Date) -> Option<Option<Date>> {
    match day {
        None => Some(None),
        Some(Day::Date(date)) => Some(Some(date)),
        Some(Day::Before(days)) => Some(Some(today.checked_sub(days.days()).ok()?)),
    }
}

fn zoned(at: i64, zone: &TimeZone) -> Option<Zoned> {
    Some(Timestamp::from_millisecond(at).ok()?.to_zoned(zone.clone()))
}

fn ms(at: &Zoned) -> i64 {
    at.timestamp().as_millisecond()
}

/// Where clocks show it twice the first time, where they skip it as long after the gap's begin.
fn at(date: Date, time: Time, zone: &TimeZone) -> Option<i64> {
    date.to_datetime(time).to_zoned(zone.clone()).ok().as_ref().map(ms)
}

fn stepped(now: i64, zone: &TimeZone, steps: &[(i64, Step)]) -> Option<Zoned> {
    let mut at = zoned(now, zone)?;
    for (count, step) in steps {
        let span = jiff::Span::new();
        let span = match step {
            Step::Second => span.try_seconds(*count),
            Step::Minute => span.try_minutes(*count),
            Step::Hour => span.try_hours(*count),
            Step::Day => span.try_days(*count),
            Step::Week => span.try_weeks(*count),
            Step::Month => span.try_months(*count),
            Step::Year => span.try_years(*count),
        };
        at = at.checked_add(span.ok()?).ok()?;
    }
    Some(at)
}

/// The begin of the unit that `at` is in.
fn rounded(at: &Zoned, floor: Option<Step>) -> Option<Zoned> {
    let Some(floor) = floor else { return Some(at.clone()) };
    let unit = match floor {
        Step::Second => Unit::Second,
        Step::Minute => Unit::Minute,
        Step::Hour => Unit::Hour,
        Step::Day => Unit::Day,
        // Weeks begin on Mondays.
        Step::Week => {
            let days = i64::from(at.weekday().to_monday_zero_offset());
            return at.checked_sub(days.days()).ok()?.start_of_day().ok();
        }
        Step::Month => return at.first_of_month().ok()?.start_of_day().ok(),
        Step::Year => return at.first_of_year().ok()?.start_of_day().ok(),
    };
    at.round(ZonedRound::new().smallest(unit).mode(RoundMode::Trunc)).ok()
}

/// The end of the unit that begins at `at`.
fn next(at: &Zoned, unit: Step) -> Option<i64> {
    let span = match unit {
        Step::Second => 1.second(),
        Step::Minute => 1.minute(),
        Step::Hour => 1.hour(),
        Step::Day => 1.day(),
        Step::Week => 1.week(),
        Step::Month => 1.month(),
        Step::Year => 1.year(),
    };
    at.checked_add(span).ok().as_ref().map(ms)
}

#[cfg(test)]
mod tests;
