//! The matchers of silences. Uses `series`.
//!
//! They compare as Alertmanager does, which is not quite as Prometheus does: in a pattern `.` matches no newline
//! (<https://github.com/prometheus/alertmanager/blob/main/pkg/labels/matcher.go>).

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use regex::Regex;

use super::pattern::compile;
use crate::series::{Labels, MatchOp, MatcherError, printable};

/// One condition on one label. A label that is absent counts as the empty string.
///
/// Name and value are kept as they are, because the silence must mean the same to the server; what can be seen of them
/// is made safe.
#[derive(Clone)]
pub struct SilenceMatcher {
    name: String,
    op: MatchOp,
    value: String,
    /// Compiled when first needed: most silences of a list are only looked at.
    pattern: OnceLock<Option<Regex>>,
}

impl SilenceMatcher {
    /// A matcher; a pattern that does not compile matches nothing until [`check`](Self::check) tells.
    pub fn new(name: impl Into<String>, op: MatchOp, value: impl Into<String>) -> Self {
        Self { name: name.into(), op, value: value.into(), pattern: OnceLock::new() }
    }

    /// The label's name, safe to show.
    pub fn name(&self) -> Cow<'_, str> {
        printable(&self.name)
    }

    /// How it compares; patterns are anchored at both ends.
    pub fn op(&self) -> MatchOp {
        self.op
    }

    /// The value or pattern, safe to show.
    pub fn value(&self) -> Cow<'_, str> {
        printable(&self.value)
    }

    /// The name as the server has it: for the server and for comparisons only.
    pub(super) fn exact_name(&self) -> &str {
        &self.name
    }

    /// The value as the server has it: for the server and for comparisons only.
    pub(super) fn exact_value(&self) -> &str {
        &self.value
    }

    /// Whether the pattern, if it is one, can be read.
    ///
    /// # Errors
    /// It cannot, with the regex library's reason. Alertmanager may still take it: its library knows a little more.
    pub fn check(&self) -> Result<(), MatcherError> {
        if !matches!(self.op, MatchOp::Regex | MatchOp::NotRegex) {
            return Ok(());
        }
        compile(&self.value).map(drop).map_err(|e| MatcherError {
            label: self.name().into_owned(),
            pattern: self.value().into_owned(),
            reason: printable(e.to_string().lines().last().unwrap_or_default().trim()).into_owned(),
        })
    }

    /// Whether a label with this value (empty: absent) satisfies the condition. A pattern that cannot be read is
    /// satisfied by nothing.
    pub fn matches(&self, value: &str) -> bool {
        let pattern = || self.pattern.get_or_init(|| compile(&self.value).ok());
        match self.op {
            MatchOp::Equal => self.value == value,
            MatchOp::NotEqual => self.value != value,
            MatchOp::Regex => pattern().as_ref().is_some_and(|p| p.is_match(value)),
            MatchOp::NotRegex => pattern().as_ref().is_some_and(|p| !p.is_match(value)),
        }
    }

    /// Whether a label set satisfies the condition.
    pub fn matches_set(&self, labels: &Labels) -> bool {
        self.matches(labels.get(&self.name).unwrap_or_default())
    }

    /// Whether Alertmanager counts this matcher as one that would take anything: it looks at the positive ones only.
    pub(super) fn takes_empty(&self) -> bool {
        matches!(self.op, MatchOp::Equal | MatchOp::Regex) && self.matches("")
    }
}

impl PartialEq for SilenceMatcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.op, &self.value) == (&other.name, other.op, &other.value)
    }
}

impl Eq for SilenceMatcher {}

/// `name="value"`, safe to show.
impl fmt::Display for SilenceMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value().replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "{}{}\"{value}\"", self.name(), self.op)
    }
}

impl fmt::Debug for SilenceMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_compare_as_alertmanagers_do() {
        use MatchOp::{Equal, NotEqual, NotRegex, Regex};
        let table: &[(MatchOp, &str, &str, bool)] = &[
            (Equal, "a", "a", true),
            (Equal, "a", "ab", false),
            (Equal, "", "", true),
            (NotEqual, "a", "", true),
            (NotEqual, "a", "a", false),
            (Regex, "a|b.", "bc", true),
            (Regex, "a|b.", "xa", false),
            (Regex, "a|b", "ab", false),
            (Regex, ".*", "", true),
            (Regex, ".+", "", false),
            (Regex, "a.b", "a\nb", false),
            (Regex, "(?s)a.b", "a\nb", true),
            (Regex, "a$", "a\n", false),
            (Regex, "(?i)ABC", "abc", true),
            (NotRegex, "a.*", "", true),
            (NotRegex, "a.*", "abc", false),
            (Regex, "a(", "a(", false),
            (NotRegex, "a(", "b", false),
        ];
        for (op, ours, theirs, expected) in table {
            let matcher = SilenceMatcher::new("x", *op, *ours);
            assert_eq!(matcher.matches(theirs), *expected, "{matcher} on {theirs:?}");
        }
    }

    #[test]
    fn an_absent_label_is_the_empty_string() {
        let labels = Labels::from_pairs([("a", "1")]);
        assert!(SilenceMatcher::new("b", MatchOp::Equal, "").matches_set(&labels));
        assert!(SilenceMatcher::new("b", MatchOp::NotEqual, "1").matches_set(&labels));
        assert!(!SilenceMatcher::new("a", MatchOp::NotEqual, "1").matches_set(&labels));
    }

    #[test]
    fn what_is_shown_is_safe_and_what_is_compared_is_exact() {
        let matcher = SilenceMatcher::new("x", MatchOp::Equal, "a\x1b[31m\"\\");
        assert_eq!(matcher.to_string(), r#"x="a␛[31m\"\\""#);
        assert!(matcher.matches("a\x1b[31m\"\\") && !matcher.matches("a␛[31m\"\\"));
    }

    #[test]
    fn a_pattern_that_cannot_be_read_says_so() {
        let error = SilenceMatcher::new("x", MatchOp::Regex, "a(").check().expect_err("not a pattern");
        assert!(error.to_string().starts_with("invalid regular expression \"a(\" for label x: "), "{error}");
        assert!(SilenceMatcher::new("x", MatchOp::Equal, "a(").check().is_ok());
        // What would take a megabyte and more is refused before it does.
        assert!(SilenceMatcher::new("x", MatchOp::Regex, "(a{1000}){1000}").check().is_err());
    }
}
