//! Label matchers: `=`, `!=`, `=~`, `!~`.

use std::fmt;

use regex::Regex;

use super::pattern::anchored;

/// How a matcher compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`, anchored at both ends, `.` matches newlines
    Regex,
    /// `!~`, likewise
    NotRegex,
}

impl fmt::Display for MatchOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        })
    }
}

/// One condition on one label. A label that is absent counts as the empty string, as in Prometheus.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The label's name, `__name__` for the metric's.
    pub name: String,
    /// The comparison.
    pub op: MatchOp,
    /// The value or the pattern, as written.
    pub value: String,
    regex: Option<Regex>,
}

/// A pattern that is no regular expression.
#[derive(Debug, thiserror::Error)]
#[error("invalid regular expression {pattern:?} for label {label}: {reason}")]
pub struct MatcherError {
    /// The label it was meant for.
    pub label: String,
    /// The pattern as written.
    pub pattern: String,
    /// The regex library's own words, last line only.
    pub reason: String,
}

impl Matcher {
    /// A matcher; patterns are compiled here.
    ///
    /// # Errors
    /// A pattern that does not compile.
    pub fn new(name: impl Into<String>, op: MatchOp, value: impl Into<String>) -> Result<Self, MatcherError> {
        let (name, value) = (name.into(), value.into());
        let regex = match op {
            MatchOp::Equal | MatchOp::NotEqual => None,
            MatchOp::Regex | MatchOp::NotRegex => match anchored(&value) {
                Ok(regex) => Some(regex),
                Err(reason) => return Err(MatcherError { label: name, pattern: value, reason }),
            },
        };
        Ok(Self { name, op, value, regex })
    }

    /// `name="value"`, which cannot fail.
    pub fn equal(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), op: MatchOp::Equal, value: value.into(), regex: None }
    }

    /// Whether a label with this value (empty: absent) satisfies the condition.
    pub fn matches(&self, value: &str) -> bool {
        let hit = match &self.regex {
            Some(regex) => regex.is_match(value),
            None => self.value == value,
        };
        hit == matches!(self.op, MatchOp::Equal | MatchOp::Regex)
    }

    /// Whether a series without the label satisfies the condition.
    pub fn matches_absent(&self) -> bool {
        self.matches("")
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.op, &self.value) == (&other.name, other.op, &other.value)
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:?}", self.name, self.op, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_anchored_and_dots_match_newlines() {
        let m = Matcher::new("op", MatchOp::Regex, "a|b.").expect("compiles");
        assert!(m.matches("a") && m.matches("b\n"));
        assert!(!m.matches("xa") && !m.matches("ab"));
    }

    #[test]
    fn an_absent_label_is_the_empty_string() {
        assert!(Matcher::new("x", MatchOp::NotEqual, "y").expect("compiles").matches_absent());
        assert!(Matcher::new("x", MatchOp::Regex, ".*").expect("compiles").matches_absent());
        assert!(!Matcher::new("x", MatchOp::Regex, ".+").expect("compiles").matches_absent());
    }

    #[test]
    fn a_bad_pattern_names_label_and_pattern() {
        let e = Matcher::new("x", MatchOp::Regex, "a(").expect_err("does not compile");
        assert!(e.to_string().starts_with("invalid regular expression \"a(\" for label x: "), "{e}");
    }
}
