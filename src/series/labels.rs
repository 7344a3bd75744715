//! Label sets: sorted, unique, cheap to clone.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// One label: a name and a value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Label {
    /// The name, `__name__` for the metric's.
    pub name: Arc<str>,
    /// The value, never empty inside a [`Labels`].
    pub value: Arc<str>,
}

impl Ord for Label {
    fn cmp(&self, other: &Self) -> Ordering {
        // Labels of one store share their strings.
        let compare = |a: &Arc<str>, b: &Arc<str>| if Arc::ptr_eq(a, b) { Ordering::Equal } else { a.cmp(b) };
        compare(&self.name, &other.name).then_with(|| compare(&self.value, &other.value))
    }
}

impl PartialOrd for Label {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={:?}", self.name, self.value)
    }
}

/// A label set: sorted by name, names unique, no empty values (an empty value means the label is absent, as in
/// Prometheus' data model). Cloning shares it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Labels(Arc<[Label]>);

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        // Answers of the same query share their sets from one refresh to the next.
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self::empty()
    }
}

impl Labels {
    /// The name under which the metric's name is kept.
    pub const NAME: &'static str = "__name__";

    /// The empty set.
    pub fn empty() -> Self {
        Self(Arc::from([]))
    }

    /// Sorts `labels` and drops empty values; of labels with the same name the last one wins.
    pub fn from_labels(mut labels: Vec<Label>) -> Self {
        if !labels.is_sorted_by(|a, b| a.name < b.name) {
            // Stable, so that among equal names the last one given stays last.
            labels.sort_by(|a, b| a.name.cmp(&b.name));
            labels.dedup_by(|next, kept| {
                let same = next.name == kept.name;
                if same {
                    kept.value = Arc::clone(&next.value);
                }
                same
            });
        }
        labels.retain(|l| !l.value.is_empty());
        Self(labels.into())
    }

    /// The set of `labels`, which are sorted by name, unique and have no empty values. One allocation where their number
    /// is known.
    pub(crate) fn from_sorted(labels: impl Iterator<Item = Label>) -> Self {
        let labels: Arc<[Label]> = labels.collect();
        debug_assert!(labels.is_sorted_by(|a, b| a.name < b.name), "sorted and unique");
        debug_assert!(labels.iter().all(|l| !l.value.is_empty()), "no empty values");
        Self(labels)
    }

    /// The same from string pairs, each copied.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self::from_labels(
            pairs
                .into_iter()
                .map(|(n, v)| Label { name: Arc::from(n.as_ref()), value: Arc::from(v.as_ref()) })
                .collect(),
        )
    }

    /// The value of label `name`, if there is one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.label(name).map(|l| &*l.value)
    }

    /// Label `name`, if there is one.
    pub fn label(&self, name: &str) -> Option<&Label> {
        // Label sets are short: a scan beats a binary search on string comparisons.
        self.0.iter().find(|l| &*l.name == name)
    }

    /// The metric's name, if it was kept.
    pub fn metric(&self) -> Option<&str> {
        self.get(Self::NAME)
    }

    /// Where the set lies in memory: of clones that are alive at the same time, the same.
    pub(crate) fn address(&self) -> usize {
        self.0.as_ptr().addr()
    }

    /// The labels in order of their names.
    pub fn iter(&self) -> std::slice::Iter<'_, Label> {
        self.0.iter()
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The set with only those labels for which `keep` says so. Shares this one where nothing is dropped.
    #[must_use]
    pub fn filtered(&self, mut keep: impl FnMut(&str) -> bool) -> Self {
        if self.0.iter().all(|l| keep(&l.name)) {
            return self.clone();
        }
        Self(self.0.iter().filter(|l| keep(&l.name)).cloned().collect())
    }

    /// The set without the metric's name.
    #[must_use]
    pub fn without_metric(&self) -> Self {
        self.filtered(|n| n != Self::NAME)
    }

    /// The set with `name` set to `value` (removed where `value` is empty).
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut labels: Vec<Label> = self.0.iter().filter(|l| &*l.name != name).cloned().collect();
        labels.push(Label { name: Arc::from(name), value: Arc::from(value) });
        Self::from_labels(labels)
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = &'a Label;
    type IntoIter = std::slice::Iter<'a, Label>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Prometheus' notation: `name{a="b",c="d"}`, values escaped.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.metric().unwrap_or_default())?;
        let mut rest = self.0.iter().filter(|l| &*l.name != Self::NAME).peekable();
        if rest.peek().is_none() {
            return if self.metric().is_none() { f.write_str("{}") } else { Ok(()) };
        }
        for (i, l) in rest.enumerate() {
            write!(f, "{}{}={:?}", if i == 0 { '{' } else { ',' }, l.name, l.value)?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_unique_and_never_empty() {
        let l = Labels::from_pairs([("z", "1"), ("a", "x"), ("m", ""), ("a", "y"), ("__name__", "up")]);
        assert_eq!(l.to_string(), r#"up{a="y",z="1"}"#);
        assert_eq!(l.get("m"), None);
        assert_eq!(l.metric(), Some("up"));
    }

    #[test]
    fn with_replaces_and_an_empty_value_removes() {
        let l = Labels::from_pairs([("a", "1"), ("b", "2")]);
        assert_eq!(l.with("a", "3").to_string(), r#"{a="3",b="2"}"#);
        assert_eq!(l.with("a", "").to_string(), r#"{b="2"}"#);
        assert_eq!(Labels::empty().to_string(), "{}");
    }
}
