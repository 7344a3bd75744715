//! Where our answers are not meant to be those of Prometheus 2.42.

use crate::judge::Answer;

/// One thing that is not the same.
pub(crate) struct Difference {
    pub(crate) what: &'static str,
    pub(crate) theirs: &'static str,
    pub(crate) ours: &'static str,
    pub(crate) reason: Reason,
    pub(crate) around: Around,
}

/// Why it is so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reason {
    /// Prometheus 3 defines it as we do.
    Version3,
    /// The documentation says what we do; what Prometheus does, in 3 too, contradicts it.
    Documented,
    /// Go leaves it to the processor.
    Processor,
    /// What reaches a screen is made safe.
    Screen,
}

/// How the test gets around it.
#[derive(Clone, Copy)]
pub(crate) enum Around {
    /// Samples and times are chosen so that it does not show.
    Data,
    /// No such query is asked.
    Grammar,
    /// Our side is asked with this for that.
    Renamed(&'static str, &'static str),
    /// An answer of theirs and one of ours that this explains are set apart and counted.
    SetApart(fn(&str, &Answer, &Answer) -> bool),
}

pub(crate) const DIFFERENCES: [Difference; 18] = [
    Difference {
        what: "a sample exactly a range or a look-back before the step",
        theirs: "is in the window",
        ours: "is not: windows are open on the left",
        reason: Reason::Version3,
        around: Around::Data,
    },
    Difference {
        what: "a step of a subquery exactly its range before the outer step",
        theirs: "is in the window",
        ours: "is not",
        reason: Reason::Version3,
        around: Around::Grammar,
    },
    Difference {
        what: "a counter that is young and not zero, begun longer than a sample's distance after the window",
        theirs: "is extrapolated to where it was zero, if that is within 1.1 distances",
        ours: "by half a distance at most",
        reason: Reason::Version3,
        around: Around::Data,
    },
    Difference {
        what: "the name of the metric after functions and arithmetic",
        theirs: "goes at once, so that label functions, `by`, `on` and `or` do not see it",
        ours: "goes at the end",
        reason: Reason::Version3,
        around: Around::Grammar,
    },
    Difference {
        what: "the name of the metric after atan2",
        theirs: "stays",
        ours: "goes",
        reason: Reason::Version3,
        around: Around::Grammar,
    },
    Difference {
        what: "double_exponential_smoothing",
        theirs: "is called holt_winters",
        ours: "is called so",
        reason: Reason::Version3,
        around: Around::Renamed("holt_winters", "double_exponential_smoothing"),
    },
    Difference {
        what: "stddev and stdvar over the series of a group that begins with an infinity or NaN",
        theirs: "begin with 0",
        ours: "are NaN",
        reason: Reason::Version3,
        around: Around::Grammar,
    },
    Difference {
        what: "sums and spreads that overflow over time",
        theirs: "are NaN: the correction of rounding is infinite too",
        ours: "are infinite",
        reason: Reason::Version3,
        around: Around::Data,
    },
    Difference {
        what: "histogram_quantile over counts that are NaN, or that differ by rounding only",
        theirs: "takes them as they are",
        ours: "gives NaN; levels them",
        reason: Reason::Version3,
        around: Around::Data,
    },
    Difference {
        what: "histogram_fraction",
        theirs: "is for native histograms only",
        ours: "takes classic ones too",
        reason: Reason::Version3,
        around: Around::Grammar,
    },
    Difference {
        what: "two series that meet the same partner where a comparison drops one of them",
        theirs: "are not looked at",
        ours: "are an error",
        reason: Reason::Version3,
        around: Around::SetApart(|text, theirs, ours| {
            let compares = ["<", ">", "==", "!="].iter().any(|sign| text.contains(sign));
            compares && !theirs.is_refused() && ours.is_refused_with("multiple matches for labels")
        }),
    },
    Difference {
        what: "numbers as durations, durations as numbers, `offset +5m`, underscores between digits",
        theirs: "are syntax errors",
        ours: "are taken",
        reason: Reason::Version3,
        around: Around::SetApart(|_, theirs, ours| {
            [
                "unexpected duration",
                "in offset, expected duration",
                "missing unit character in duration",
                "bad number or duration syntax",
            ]
            .iter()
            .any(|words| theirs.is_refused_with(words) && !ours.is_refused())
        }),
    },
    Difference {
        what: "names of metrics and labels in quotes, any text as a label's name",
        theirs: "are errors",
        ours: "are taken",
        reason: Reason::Version3,
        around: Around::SetApart(|text, theirs, ours| {
            let quoted = text.contains("{\"") || text.contains("{ \"") || text.contains("{'");
            (quoted || theirs.is_refused_with("label name")) && theirs.is_refused() && !ours.is_refused()
        }),
    },
    Difference {
        what: "`.` and a line break in a label's value",
        theirs: "does not match",
        ours: "matches",
        reason: Reason::Version3,
        around: Around::Data,
    },
    Difference {
        what: "the date of a value that is no time (NaN, infinities, beyond 64 bits)",
        theirs: "is what the processor makes of it",
        ours: "is some date",
        reason: Reason::Processor,
        around: Around::Grammar,
    },
    Difference {
        what: "`@` on a range vector under a function that follows the step: predict_linear, varying arguments",
        theirs: "holds at the first step only, the window then moves with the steps",
        ours: "holds at all steps: a step of a range is the instant query at that time",
        reason: Reason::Documented,
        around: Around::Grammar,
    },
    Difference {
        what: "timestamp(x @ t offset d); topk(k, x @ t) with a k that varies",
        theirs: "forgets the offset; takes the first k for all steps",
        ours: "as at any other place",
        reason: Reason::Documented,
        around: Around::Grammar,
    },
    Difference {
        what: "control characters in strings of a query",
        theirs: "are themselves",
        ours: "become their pictures, as they do in labels when they are scraped",
        reason: Reason::Screen,
        around: Around::Data,
    },
];

/// The query as our side is asked.
pub(crate) fn ours_of(text: &str) -> String {
    DIFFERENCES.iter().fold(text.to_owned(), |text, d| match d.around {
        Around::Renamed(theirs, ours) => text.replace(theirs, ours),
        _ => text,
    })
}

/// Whether a known difference explains these two answers.
pub(crate) fn explained(text: &str, theirs: &Answer, ours: &Answer) -> bool {
    DIFFERENCES.iter().any(|d| matches!(d.around, Around::SetApart(explains) if explains(text, theirs, ours)))
}
