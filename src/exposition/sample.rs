//! What a body consists of.

use std::borrow::Cow;

use crate::series::{Labels, Timestamp};

use super::diagnosis::{Complaint, Diagnosis};
use super::section::{self, Item, Text};
use super::{Format, Part, Place, Type};

/// A label's name and value, decoded, not made safe to show.
pub type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// What a reader may ask instead of checking a series anew: nearly every line of a scrape names a series that was in the
/// scrape before, letter for letter.
pub trait Memory {
    /// What is known of a series.
    type Known;

    /// What is known of `series`, or nothing.
    ///
    /// May only be something where [`RawSample::series`] of a sample in this `format` was exactly this text: the reader
    /// takes it for a sound series then, and checks no more than what follows it on its line.
    fn recall(&self, series: &str, format: Format) -> Option<Self::Known>;
}

/// One readable line that says something. Names and texts are decoded but not made safe to show.
#[derive(Debug, Clone)]
pub enum Entry<'a, K = ()> {
    /// `# HELP family text`
    Help {
        /// The family's name.
        family: Cow<'a, str>,
        /// What it is about; may be empty.
        text: Cow<'a, str>,
    },
    /// `# TYPE family kind`
    Type {
        /// The family's name.
        family: Cow<'a, str>,
        /// Its type.
        kind: Type,
    },
    /// `# UNIT family unit`, OpenMetrics only
    Unit {
        /// The family's name.
        family: Cow<'a, str>,
        /// The unit; may be empty.
        unit: Cow<'a, str>,
    },
    /// `name{labels} value timestamp`
    Sample(RawSample<'a, K>),
}

/// One sample, its labels checked but not decoded yet.
#[derive(Debug, Clone)]
pub struct RawSample<'a, K = ()> {
    /// `name{…}` exactly as it stands in the body, from the name's (or, without one before it, the brace's) first byte
    /// to the closing brace. Equal text means an equal series, in the same format; the reverse does not hold.
    pub series: &'a str,
    /// Any float; never the staleness marker, as no spelling stands for it.
    pub value: f64,
    /// Milliseconds since the epoch in both formats, where the line gives a time. OpenMetrics' seconds are cut, not
    /// rounded, to milliseconds, as Prometheus does.
    pub timestamp: Option<Timestamp>,
    /// The line, counted from 1.
    pub line: u32,
    /// The type of the family that the sample belongs to; [`Type::Unknown`] where no family declared so far takes it.
    pub kind: Type,
    /// What the sample is within its family. [`Part::Created`] is a time, not an observation: Prometheus does not store
    /// it as a series of OpenMetrics when it makes use of created timestamps.
    pub part: Part,
    /// Where it stands with regard to its family's block.
    pub place: Place,
    /// The example observation that came with it, OpenMetrics only.
    pub exemplar: Option<Exemplar<'a>>,
    /// What the [`Memory`] that was asked knows of the series; `None` also where it was not asked, as the line did not
    /// look like most.
    pub known: Option<K>,
    pub(super) name: Text<'a>,
    pub(super) format: Format,
}

impl<'a, K> RawSample<'a, K> {
    /// The metric's name, decoded, suffixes included.
    pub fn metric(&self) -> Cow<'a, str> {
        self.name.decode()
    }

    /// The labels, decoded, the metric's name first as `__name__`, the others in the order of the body. Names are
    /// unique; values may be empty, which Prometheus' data model takes for no label.
    ///
    /// # Errors
    /// The reader has checked the labels of every sample that it gives out, so none; were there one, it would be what
    /// is wrong, with the column counted from the start of [`series`](Self::series).
    pub fn labels(&self) -> Result<Vec<Pair<'a>>, Diagnosis> {
        let mut labels = Vec::with_capacity(8);
        labels.push((Cow::Borrowed(Labels::NAME), self.metric()));
        // A name before the braces cannot hold one.
        if let Some(open) = self.series.find('{') {
            decode(self.series, open, self.format, &mut labels)
                .map_err(|complaint| Diagnosis::new(self.line, self.series.as_bytes(), complaint))?;
        }
        Ok(labels)
    }
}

/// An example of what a sample counts, usually with the id of a trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar<'a> {
    /// `{…}` exactly as it stands in the body.
    pub raw: &'a str,
    /// The observation.
    pub value: f64,
    /// When it was made, milliseconds since the epoch.
    pub timestamp: Option<Timestamp>,
}

impl<'a> Exemplar<'a> {
    /// The labels, decoded, in the order of the body. Names are unique. Empty where [`raw`](Self::raw) is no section.
    pub fn labels(&self) -> Vec<Pair<'a>> {
        let mut labels = Vec::new();
        match decode(self.raw, 0, Format::OpenMetrics, &mut labels) {
            Ok(_) => labels,
            // Only for an exemplar that no reader has checked.
            Err(_) => Vec::new(),
        }
    }
}

fn decode<'a>(line: &'a str, open: usize, format: Format, labels: &mut Vec<Pair<'a>>) -> Result<usize, Complaint> {
    section::read(line, open, format, |item| {
        if let Item::Label { name, value } = item {
            labels.push((name.decode(), value.decode()));
        }
        Ok(())
    })
}
