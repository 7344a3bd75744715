//! Counting series and label values: what takes room, and which labels look as if they had no end. Uses `series`.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::case::Reading;
use crate::exposition::{Pair, RawSample};

/// What a label's values look like, where that says that there may be ever more of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Shape {
    Email,
    Url,
    Uuid,
    Hex,
    LongNumber,
}

impl Shape {
    pub(super) const ALL: [Self; 5] = [Self::Email, Self::Url, Self::Uuid, Self::Hex, Self::LongNumber];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Email => "e-mail address",
            Self::Url => "URL",
            Self::Uuid => "UUID",
            Self::Hex => "hexadecimal id",
            Self::LongNumber => "long number",
        }
    }

    /// The shape of `value`, if it is one of these.
    pub(super) fn of(value: &str) -> Option<Self> {
        let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
        let parts: Vec<&str> = value.split('-').collect();
        if parts.iter().map(|p| p.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|p| is_hex(p)) {
            return Some(Self::Uuid);
        }
        if value.len() >= 10 && value.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Self::LongNumber);
        }
        if value.len() >= 16 && is_hex(value) {
            return Some(Self::Hex);
        }
        if value.contains("://") || value.starts_with('/') && value.contains(['?', '&']) {
            return Some(Self::Url);
        }
        let (user, host) = value.split_once('@')?;
        let is_word =
            |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '@' || c == '/');
        (is_word(user) && is_word(host) && host.contains('.') && !host.starts_with('.') && !host.ends_with('.'))
            .then_some(Self::Email)
    }
}

/// What is known of the values of one label.
#[derive(Debug, Default)]
pub(super) struct LabelCount<'a> {
    pub(super) values: FxHashSet<Cow<'a, str>>,
    /// Series that have it.
    pub(super) series: usize,
    /// Bytes of the longest value.
    pub(super) longest: usize,
    /// Metrics that have it, a few of them.
    pub(super) metrics: Vec<String>,
    pub(super) shapes: FxHashMap<Shape, usize>,
}

/// Two samples of one series at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Twice {
    /// Index of the reading, and of both samples in it.
    pub(super) reading: usize,
    pub(super) first: usize,
    pub(super) second: usize,
}

/// What was counted over all bodies.
#[derive(Debug, Default)]
pub(super) struct Census<'a> {
    pub(super) series: usize,
    /// Series by the name of their metric, and the most that one target has.
    pub(super) metrics: FxHashMap<String, (usize, usize)>,
    pub(super) labels: FxHashMap<Cow<'a, str>, LabelCount<'a>>,
    pub(super) twice: Vec<Twice>,
}

/// How many metrics are named for a label.
const NAMED: usize = 3;

impl<'a> Census<'a> {
    pub(super) fn of(readings: &[Reading<'a>]) -> Self {
        let mut census = Self::default();
        for (i, reading) in readings.iter().enumerate() {
            let mut seen: FxHashMap<u64, usize> = FxHashMap::default();
            for (j, sample) in reading.samples.iter().enumerate() {
                census.series += 1;
                let Ok(pairs) = sample.labels() else { continue };
                let hash = identity(&pairs, sample.timestamp);
                match seen.get(&hash) {
                    Some(first) if same(&reading.samples[*first], sample) => {
                        census.twice.push(Twice { reading: i, first: *first, second: j });
                    }
                    // Of two series with one hash the later one is not looked for: they are rarer than anything found here.
                    Some(_) => {}
                    None => {
                        seen.insert(hash, j);
                    }
                }
                census.count(pairs);
            }
            for name in reading.names() {
                let here = reading.named(name).count();
                let (all, most) = census.metrics.entry(name.to_owned()).or_default();
                *all += here;
                *most = (*most).max(here);
            }
        }
        census
    }

    fn count(&mut self, pairs: Vec<Pair<'a>>) {
        let mut pairs = pairs.into_iter();
        let Some((_, metric)) = pairs.next() else { return };
        for (name, value) in pairs.filter(|(_, value)| !value.is_empty()) {
            let label = self.labels.entry(name).or_default();
            label.series += 1;
            label.longest = label.longest.max(value.len());
            if label.metrics.len() < NAMED && !label.metrics.iter().any(|m| *m == metric) {
                label.metrics.push(metric.clone().into_owned());
            }
            if !label.values.contains(&value) {
                if let Some(shape) = Shape::of(&value) {
                    *label.shapes.entry(shape).or_default() += 1;
                }
                label.values.insert(value);
            }
        }
    }
}

/// The labels in one order, empty ones left out: that is what makes two series the same.
fn sorted<'s, 'a>(pairs: &'s [Pair<'a>]) -> Vec<&'s Pair<'a>> {
    let mut pairs: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).collect();
    pairs.sort_unstable();
    pairs
}

fn identity(pairs: &[Pair<'_>], timestamp: Option<i64>) -> u64 {
    let mut hasher = FxHasher::default();
    timestamp.hash(&mut hasher);
    sorted(pairs).hash(&mut hasher);
    hasher.finish()
}

fn same(a: &RawSample<'_>, b: &RawSample<'_>) -> bool {
    let (Ok(left), Ok(right)) = (a.labels(), b.labels()) else { return false };
    a.timestamp == b.timestamp && sorted(&left) == sorted(&right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_an_end_are_known_by_their_shape() {
        for (value, shape) in [
            ("5da3b9c2-31cc-4061-a875-3b67ff730c4d", Some(Shape::Uuid)),
            ("ann@example.com", Some(Shape::Email)),
            ("https://example.com/a", Some(Shape::Url)),
            ("/search?q=x", Some(Shape::Url)),
            ("4bf92f3577b34da6a3ce929d0e0e4736", Some(Shape::Hex)),
            ("1795351818", Some(Shape::LongNumber)),
            ("orders", None),
            ("agent-1", None),
            ("10.0.0.7:9090", None),
            ("0.005", None),
            ("PUT_MULTIPART", None),
            ("a@b", None),
            ("@", None),
            ("/data", None),
            ("123456", None),
            ("feed", None),
            ("", None),
        ] {
            assert_eq!(Shape::of(value), shape, "{value}");
        }
    }
}
