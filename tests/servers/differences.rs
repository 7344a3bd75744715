//! Where the same samples do not give the same panel through another server, and why.

use crate::equal::{Found, Through};
use crate::past::SPACING;

/// One thing that is not the same.
pub(crate) struct Difference {
    pub(crate) what: &'static str,
    pub(crate) theirs: &'static str,
    pub(crate) ours: &'static str,
    pub(crate) through: Through,
    pub(crate) around: Around,
}

/// How the test gets around it.
#[derive(Clone, Copy)]
pub(crate) enum Around {
    /// Our side is asked something else, which gives what theirs gives.
    Asked(fn(&str) -> String),
    /// What this explains is set apart and counted; of all values, it is no larger share than this.
    SetApart(f64, fn(&Found) -> bool),
    /// The server is started, or asked, so that it does not show.
    Setting,
}

pub(crate) const DIFFERENCES: [Difference; 9] = [
    Difference {
        what: "the rate of a counter that is young and not zero",
        theirs: "is extrapolated to where it was zero, if that is within 1.1 distances of samples (3 does what we do)",
        ours: "by half a distance at most, and over no more time than there are samples of anything",
        through: Through::Prometheus,
        around: Around::SetApart(0.02, |found| {
            !found.uneven && found.begins && reads_rates(&found.query) && found.apart() < stretch(found)
        }),
    },
    Difference {
        what: "rates and increases",
        theirs: "are those between the last sample before the window and the last one in it, and are not extrapolated",
        ours: "are those between the first and the last sample in the window, extrapolated to its length",
        through: Through::VictoriaMetrics,
        around: Around::Asked(wider),
    },
    Difference {
        what: "rates and increases of a counter that begins or ends within the window",
        theirs: "are over the time for which there are samples, or count its first value as an increase",
        ours: "are over the whole window, by the samples in it",
        through: Through::VictoriaMetrics,
        around: Around::SetApart(0.2, |found| (found.begins || found.ends) && reads_rates(&found.query)),
    },
    Difference {
        what: "rates and increases of a counter that is near zero",
        theirs: "are not extrapolated",
        ours: "are extrapolated no further than to where it was zero, half a distance short of the window at most",
        through: Through::VictoriaMetrics,
        around: Around::SetApart(0.01, |found| {
            reads_rates(&found.query) && found.ours < found.theirs && found.apart() < share(found) / 2.0
        }),
    },
    Difference {
        what: "rates and increases over samples at uneven distances, some of which each scraped at moments of its own",
        theirs: "are extrapolated by the mean distance of their samples",
        ours: "by that of ours; the distance of the history's samples is the most that this can make",
        through: Through::Prometheus,
        around: Around::SetApart(0.5, |found| {
            found.uneven && reads_rates(&found.query) && found.apart() < share(found)
        }),
    },
    Difference {
        what: "rates and increases over samples at uneven distances",
        theirs: "are between samples, however far they lie from the window's ends",
        ours: "are extrapolated by the mean distance of the samples, on both sides",
        through: Through::VictoriaMetrics,
        around: Around::SetApart(0.5, |found| {
            found.uneven && reads_rates(&found.query) && found.apart() < 2.0 * share(found)
        }),
    },
    Difference {
        what: "samples of the last 30 s",
        theirs: "are not shown unless `-search.latencyOffset` says so",
        ours: "are",
        through: Through::VictoriaMetrics,
        around: Around::Setting,
    },
    Difference {
        what: "samples that were just written",
        theirs: "are found about a second later",
        ours: "at once",
        through: Through::VictoriaMetrics,
        around: Around::Setting,
    },
    Difference {
        what: "the first increase of a counter that begins within the window on a target that is known already",
        theirs: "is not seen: the value that it begins with is where they count from",
        ours: "is counted from 0 at the scrape before (`--created-zero`)",
        through: Through::Prometheus,
        around: Around::SetApart(0.02, |found| found.begins && reads_rates(&found.query) && found.ours > found.theirs),
    },
];

/// By how much extrapolating by 1.1 distances of samples instead of by half a one changes the increase of the youngest counter
/// in a window: the fewer samples it has, the more.
fn stretch(found: &Found) -> f64 {
    let spacing = SPACING as f64;
    let sampled = (found.age - SPACING).max(SPACING) as f64;
    (1.1 - 0.5) * spacing / (sampled + 0.5 * spacing)
}

/// What we are asked where a server is asked `text`.
pub(crate) fn ours_of(through: Through, text: &str) -> String {
    DIFFERENCES.iter().filter(|d| d.through == through).fold(text.to_owned(), |text, d| match d.around {
        Around::Asked(other) => other(&text),
        Around::SetApart(..) | Around::Setting => text,
    })
}

/// The number of the known difference that explains this one.
pub(crate) fn explained(found: &Found) -> Option<usize> {
    let explains = |d: &Difference| matches!(d.around, Around::SetApart(_, explains) if explains(found));
    DIFFERENCES.iter().position(|d| d.through == found.through && explains(d))
}

/// Over windows that are longer by one distance of samples the sample before the window is the first one in it, and the
/// extrapolation by half a distance on both sides is exact.
fn wider(text: &str) -> String {
    let mut text = text.to_owned();
    for (window, seconds) in [("[1m]", 60), ("[5m]", 300), ("[1h]", 3_600)] {
        if text.contains(window) {
            text = text.replace("increase(", &format!("{seconds} * rate("));
            text = text.replace(window, &format!("[{}s]", seconds + SPACING / 1_000));
        }
    }
    text
}

fn reads_rates(query: &str) -> bool {
    ["rate(", "increase("].iter().any(|function| query.contains(function))
}

/// The share that the distance of the history's samples has in the window of a rate.
fn share(found: &Found) -> f64 {
    let window = if found.query.contains("[1m]") { 60_000.0 } else { 300_000.0 };
    SPACING as f64 / window
}
