//! What a query could answer at best, told from the selectors that have series, without evaluating anything. Uses `binary`,
//! `series` and `tree`.

use crate::series::Matcher;

use super::Query;
use super::binary::Operator;
use super::tree::{Form, Node};

impl Query {
    /// Whether there can be any result while of all its selectors those have series for which `there` says so: an `or`
    /// needs one side, `and` and arithmetic both, and `absent` can always answer.
    pub fn can_answer(&self, there: &dyn Fn(&[Matcher]) -> bool) -> bool {
        can_answer(&self.0.root, there)
    }

    /// The lengths of the windows of its range selectors (`[5m]`), ms, in the order of the text. Subqueries are none: they
    /// choose their own steps.
    pub fn windows(&self) -> Vec<i64> {
        let mut found = Vec::new();
        windows(&self.0.root, &mut found);
        found
    }
}

fn can_answer(node: &Node, there: &dyn Fn(&[Matcher]) -> bool) -> bool {
    let each = |node: &Node| can_answer(node, there);
    match &node.form {
        Form::Number(_) | Form::Text(_) => true,
        Form::Instant(s) | Form::Range(s, _) => there(&s.matchers),
        Form::Subquery(s) => each(&s.of),
        Form::Negate(of) => each(of),
        Form::Binary(b) => match b.operator {
            Operator::Or => each(&b.left) || each(&b.right),
            Operator::Unless => each(&b.left),
            _ => each(&b.left) && each(&b.right),
        },
        Form::Aggregate(a) => each(&a.of),
        Form::Call(call) => match call.function.name {
            // What is there now may be gone later, and a scalar of nothing is NaN.
            "absent" | "absent_over_time" | "scalar" => true,
            _ => call.arguments.iter().all(each),
        },
    }
}

fn windows(node: &Node, found: &mut Vec<i64>) {
    if let Form::Range(_, range) = &node.form {
        found.push(*range);
    }
    for child in node.children() {
        windows(child, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_can_answer_when_what_it_cannot_do_without_is_there() {
        for (text, can) in [
            ("a", true),
            ("x", false),
            ("1", true),
            ("vector(1)", true),
            ("a / x", false),
            ("a or x", true),
            ("x or y", false),
            ("a and x", false),
            ("x unless a", false),
            ("a unless x", true),
            ("sum(rate(x[5m])) or 0 * sum(rate(a[5m]))", true),
            ("sum by (le) (max_over_time(x[1h:1m]))", false),
            ("-x", false),
            ("absent(a)", true),
            ("absent(x) == 1", true),
            ("x or vector(0)", true),
            ("scalar(x) > bool 1", true),
            ("label_replace(x, \"a\", \"b\", \"c\", \"d\")", false),
            ("topk(scalar(x), a)", true),
        ] {
            let query = Query::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(query.can_answer(&|matchers| matchers.iter().any(|m| m.value == "a")), can, "{text}");
        }
    }

    #[test]
    fn windows_are_those_of_range_selectors() {
        let query = Query::parse("rate(a[5m]) / max_over_time(rate(b[1m])[1h:30s]) + c").expect("parses");
        assert_eq!(query.windows(), [300_000, 60_000]);
    }
}
