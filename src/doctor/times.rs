//! Clocks, timestamps, and how long and how much a scrape is. Uses `exposition`, `series` and `unit`.

use super::case::{Case, Reading};
use super::finding::{Finding, Place, Severity, counted};
use crate::exposition::RawSample;
use crate::series::Timestamp;
use crate::unit::{Unit, duration};

/// How old a sample may be and still count as the present: Prometheus' default look-back, ms.
const LOOKBACK: i64 = 300_000;

/// How far in the future Prometheus takes samples, ms.
const AHEAD: i64 = 600_000;

/// How far two clocks may differ, ms: leases are compared with the time and live for seconds. A `Date` header tells whole
/// seconds, so that less than two of them are no difference.
const SKEW: i64 = 2_000;

/// From where on a difference of clocks spoils what is computed with `time()`, ms.
const BAD_SKEW: i64 = 30_000;

/// Of the time that a scrape may take.
const SLOW: f64 = 0.5;
const TOO_SLOW: f64 = 0.8;

/// Bytes and samples of one body. An agent of StreamHouse answers with some 50 KB.
const LARGE: usize = 5 << 20;
const HUGE: usize = 50 << 20;
const MANY: usize = 50_000;

pub(super) fn check_timestamps(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let now = |reading: &Reading<'_>| reading.visit.trip.map(|trip| trip.at);
    for reading in &case.readings {
        let stamped: Vec<_> = reading.samples.iter().filter_map(|s| Some((s, s.timestamp?))).collect();
        let Some((first, _)) = stamped.first() else { continue };
        let name = &reading.visit.name;
        findings.push(
            Finding::note(format!("{} with explicit timestamps", counted(stamped.len(), "sample")))
                .at(at_sample(name, first))
                .why("Such series get no staleness markers: when they end they linger for five minutes")
                .next("leave timestamps out where the value is that of the scrape"),
        );
        // A saved body says nothing of when it was the present.
        let Some(now) = now(reading) else { continue };
        let beyond = |severity, by: &dyn Fn(Timestamp) -> i64, most: i64, words: &str, why: &str, next: &str| {
            let beyond: Vec<_> = stamped.iter().filter(|(_, t)| by(*t) > most).collect();
            let (sample, t) = beyond.iter().max_by_key(|(_, t)| by(*t))?;
            let (n, most) = (counted(beyond.len(), "sample"), duration(by(*t)));
            let finding = Finding::of(severity, format!("{n} {words}, by up to {most}"));
            Some(finding.at(at_sample(name, sample)).why(why).next(next))
        };
        findings.extend(beyond(
            Severity::Warning,
            &|t| now.saturating_sub(t),
            LOOKBACK,
            "older than five minutes",
            "They are past the look-back: no query for the present sees them, and Prometheus may refuse them",
            "leave timestamps out, or stop exposing what is no longer updated",
        ));
        findings.extend(beyond(
            Severity::Error,
            &|t| t.saturating_sub(now),
            AHEAD,
            "in the future",
            "Prometheus drops samples that are more than ten minutes ahead",
            "set the target's clock, or write timestamps in the format's unit: ms as text, s in OpenMetrics",
        ));
    }
    findings
}

fn at_sample(target: &str, sample: &RawSample<'_>) -> Place {
    let excerpt = sample.series.chars().take(120).collect();
    Place { target: target.to_owned(), line: Some(sample.line), column: Some(1), excerpt: Some(excerpt) }
}

pub(super) fn check_clocks(case: &Case<'_>) -> Vec<Finding> {
    let of_targets = case.installation.visits.iter().filter_map(|visit| {
        let trip = visit.trip?;
        // The header was cut to the second, so on average it is half a second behind.
        Some((visit.name.as_str(), skew(trip.date? + 500 - trip.at)?))
    });
    let of_server = case.installation.server.iter().filter_map(|server| {
        let (ahead, unsure) = server.ahead?;
        Some((server.url.as_str(), (ahead.abs() > SKEW + unsure).then_some(ahead)?))
    });
    let finding = |(name, skew): (&str, Timestamp)| {
        let direction = if skew > 0 { "ahead of" } else { "behind" };
        let words = format!("its clock is {} {direction} this machine's", duration(skew.abs()));
        let finding = if skew.abs() > BAD_SKEW { Finding::error(words) } else { Finding::warning(words) };
        finding
            .on(name)
            .why("What is compared with time() is wrong by that much: LeaseExpiringSoon, lease times, uptimes, ages")
            .next("set both clocks by NTP (chronyc tracking, timedatectl) and see which of them is wrong")
    };
    of_targets.chain(of_server).map(finding).collect()
}

fn skew(found: i64) -> Option<i64> {
    (found.abs() > SKEW).then_some(found)
}

pub(super) fn check_weight(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for visit in &case.installation.visits {
        let Some(trip) = visit.trip.filter(|_| visit.body.is_ok()) else { continue };
        let share = trip.took / trip.timeout.max(1.0);
        if share <= SLOW {
            continue;
        }
        let took = Unit::Seconds.format(trip.took / 1000.0, None);
        let words = format!("the scrape took {took}, {:.0} % of the time it may take", share * 100.0);
        let finding = if share > TOO_SLOW { Finding::warning(words) } else { Finding::note(words) };
        findings.push(
            finding
                .on(&visit.name)
                .why(
                    "A little more load and it times out: the target is down for whoever scrapes, just when it matters",
                )
                .next("expose fewer series, or raise the scrape's timeout (--timeout, scrape_timeout)"),
        );
    }
    for reading in &case.readings {
        let (bytes, samples) = (reading.body.bytes.len(), reading.samples.len());
        if bytes <= LARGE && samples <= MANY {
            continue;
        }
        let size = Unit::Bytes.format(bytes as f64, None);
        let words = format!("the answer is large: {size}, {}", counted(samples, "sample"));
        let finding = if bytes > HUGE || samples > 10 * MANY { Finding::warning(words) } else { Finding::note(words) };
        findings.push(
            finding
                .on(&reading.visit.name)
                .why("Each scrape sends all of it; body_size_limit and sample_limit make such a target fail at once")
                .next("see below which metrics have the most series, and drop labels that tell nothing"),
        );
    }
    findings
}
