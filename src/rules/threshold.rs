//! The threshold of an alert's expression: `rate(x[5m]) > 0.1`. Uses `series` and `promql`.

use std::fmt;

use crate::promql::{Options, Query, Value, eval};
use crate::series::{Labels, Matcher, Sample, Select, Timestamp, Window};

/// How a value is compared with its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

impl Comparison {
    /// As PromQL writes it.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
        }
    }

    /// The same with its sides exchanged.
    const fn turned(self) -> Self {
        match self {
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            same => same,
        }
    }

    /// Whether `value` is on the side of `threshold` that alerts.
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Equal => value == threshold,
            Self::NotEqual => value != threshold,
            Self::Greater => value > threshold,
            Self::GreaterOrEqual => value >= threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.sign())
    }
}

/// What an alert watches and where it draws the line.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The expression that is compared; it has a value where nothing is wrong, too.
    pub expr: String,
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub value: f64,
}

impl Threshold {
    /// That of `text`, where it is a comparison of series with a constant: `x > 0.1`, `0.1 < (x)`, `(x > 10 * 1024)`.
    /// None for all other expressions, and for comparisons with `bool`, which filter nothing.
    pub fn of(text: &str) -> Option<Self> {
        let mut text = text.trim();
        // Comments could hold anything; expressions with thresholds seldom have them.
        if Query::parse(text).is_err() || text.contains('#') {
            return None;
        }
        while let Some(inner) = unwrapped(text) {
            text = inner;
        }
        let (left, comparison, right) = split(text)?;
        if let Some(value) = constant(right) {
            return watched(left, comparison, value);
        }
        watched(right, comparison.turned(), constant(left)?)
    }
}

fn watched(expr: &str, comparison: Comparison, value: f64) -> Option<Threshold> {
    let query = Query::parse(expr).ok()?;
    // The other side was taken apart without looking: both must be expressions of their own.
    let is_series = constant(expr).is_none() && !query.text().is_empty();
    is_series.then(|| Threshold { expr: expr.to_owned(), comparison, value })
}

/// Without the parentheses around all of it.
fn unwrapped(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let mut depth = 0_i32;
    for (_, c) in outside_strings(inner) {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth < 0 {
            return None;
        }
    }
    Some(inner.trim())
}

/// The characters that are not part of a string, with their places.
fn outside_strings(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    let mut escaped = false;
    text.char_indices().filter(move |&(_, c)| match quote {
        Some(q) => {
            if escaped {
                escaped = false;
            } else if c == '\\' && q != '`' {
                escaped = true;
            } else if c == q {
                quote = None;
            }
            false
        }
        None if matches!(c, '"' | '\'' | '`') => {
            quote = Some(c);
            false
        }
        None => true,
    })
}

/// Both sides of the last comparison outside of brackets, if it binds weakest of all operators there.
fn split(text: &str) -> Option<(&str, Comparison, &str)> {
    const SIGNS: [(&str, Comparison); 6] = [
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<=", Comparison::LessOrEqual),
        (">", Comparison::Greater),
        ("<", Comparison::Less),
    ];
    let mut depth = 0_i32;
    let mut found = None;
    let mut word = String::new();
    let mut skip = 0;
    for (at, c) in outside_strings(text).chain([(text.len(), ' ')]) {
        if c.is_alphanumeric() || c == '_' || c == ':' {
            word.push(c);
            continue;
        }
        let weaker = matches!(std::mem::take(&mut word).to_ascii_lowercase().as_str(), "and" | "or" | "unless");
        if weaker && depth == 0 {
            return None;
        }
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ if depth == 0 && at >= skip => {
                if let Some((sign, comparison)) = SIGNS.iter().find(|(sign, _)| text[at..].starts_with(sign)) {
                    found = Some((at, at + sign.len(), *comparison));
                    skip = at + sign.len();
                }
            }
            _ => {}
        }
    }
    let (start, end, comparison) = found?;
    let (left, right) = (text[..start].trim(), text[end..].trim());
    let first = right.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
    (!matches!(first.as_str(), "bool" | "on" | "ignoring")).then_some((left, comparison, right))
}

struct Nothing;

impl Select for Nothing {
    fn select(&self, _: &[Matcher], _: Timestamp, _: Timestamp, _: &mut dyn FnMut(&Labels, &[Sample])) {}
}

/// The value of a scalar expression that is the same at any time.
fn constant(text: &str) -> Option<f64> {
    let query = Query::parse(text).ok()?;
    if !query.selectors().is_empty() {
        return None;
    }
    let at = |t| match eval(&query, Window::instant(t), &Nothing, &Options::default()) {
        Ok(Value::Scalar(values)) => values.first().copied(),
        _ => None,
    };
    // Times that differ in all that a function of time could tell.
    let (early, late) = (at(86_400_000 * 45 + 1_234_567)?, at(86_400_000 * 20_000 + 54_321_987)?);
    (early == late).then_some(early)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_with_a_constant_is_a_threshold() {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, NotEqual};
        for (text, expr, comparison, value) in [
            ("rate(x[5m]) > 0.1", "rate(x[5m])", Greater, 0.1),
            ("0.1 < x", "x", Greater, 0.1),
            ("(x) <= -5", "(x)", Comparison::LessOrEqual, -5.0),
            ("( sum(x{a=\"> or 1\"}) != 0 )", "sum(x{a=\"> or 1\"})", NotEqual, 0.0),
            ("deriv(x[10m]) > 10 * 1024 * 1024", "deriv(x[10m])", Greater, 10_485_760.0),
            ("(count(up == 1) or vector(0)) == 0", "(count(up == 1) or vector(0))", Equal, 0.0),
            ("x > 3 < 5", "x > 3", Less, 5.0),
            ("x - time() < 5", "x - time()", Less, 5.0),
            ("x{a!=\"b\"}\n  >= 1e3\n", "x{a!=\"b\"}", GreaterOrEqual, 1_000.0),
            ("a / b > 0.5", "a / b", Greater, 0.5),
        ] {
            let want = Threshold { expr: expr.to_owned(), comparison, value };
            assert_eq!(Threshold::of(text), Some(want), "{text}");
        }
    }

    #[test]
    fn all_else_is_none() {
        for text in [
            "x",
            "x > y",
            "x > on (a) y",
            "x > bool 1",
            "x > 1 and y > 2",
            "x > 1 or y",
            "x unless y > 2",
            "absent(x)",
            "x > time()",
            "x > hour()",
            "sum(x > 1)",
            "(x > 1) + (y > 2)",
            "x >",
            "x > 1 # or so",
        ] {
            assert_eq!(Threshold::of(text), None, "{text}");
        }
    }

    #[test]
    fn built_in_rules_have_thresholds_but_for_those_with_two_conditions() {
        let without: Vec<String> = crate::rules::builtin()
            .groups
            .iter()
            .flat_map(|g| &g.rules)
            .filter(|r| Threshold::of(r.query.text()).is_none())
            .map(|r| r.name.clone())
            .collect();
        assert_eq!(without, ["AgentOOMKilled", "ThroughputCollapsed"]);
    }
}
