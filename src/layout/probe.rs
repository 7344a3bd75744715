//! Whether a query with variables in it can become PromQL at all. Uses `promql`.

use std::ops::Range;

use super::variables::{BUILTIN, Place, Site, neutral, places};
use crate::promql::Query;

/// What is wrong with an expression, and which bytes of it, where that is known.
pub(crate) struct Flaw {
    pub(crate) place: Option<Range<usize>>,
    pub(crate) message: String,
}

/// What may stand for a variable that is not in a string: a name, a number, a duration.
const GUESSES: [&str; 3] = ["x", "1", "5m"];

/// Tries `expr` with something in place of its variables. Where one stands outside of strings, only its value decides; an
/// expression that no guess makes right may still be.
pub(crate) fn probe(expr: &str) -> Result<(), Flaw> {
    let places = places(expr);
    if places.iter().all(|p| p.site != Site::Outside) {
        return parse(&neutral(expr)).map_err(|(place, message)| Flaw { place, message });
    }
    let is_open = places.iter().any(|p| p.site == Site::Outside && !BUILTIN.contains(&p.name));
    let mut flaw = None;
    for guess in GUESSES {
        let word = |i: usize| {
            let place: &Place<'_> = &places[i];
            match place.site {
                Site::Outside if is_span(expr, place) => "5m",
                Site::Outside if BUILTIN.contains(&place.name) => "1",
                Site::Outside => guess,
                Site::Regex { .. } | Site::Text { .. } => "x",
            }
        };
        match parse(&with(expr, &places, word)) {
            Ok(()) => return Ok(()),
            Err((_, message)) => flaw = Some(Flaw { place: None, message }),
        }
    }
    flaw.filter(|_| !is_open).map_or(Ok(()), Err)
}

/// Whether a duration is wanted at `place`.
fn is_span(expr: &str, place: &Place<'_>) -> bool {
    let before = expr[..place.range.start].trim_end();
    before.ends_with('[') || before.ends_with(':') || before.ends_with("offset")
}

fn parse(text: &str) -> Result<(), (Option<Range<usize>>, String)> {
    Query::parse(text).map(|_| ()).map_err(|e| (e.place(), e.to_string()))
}

fn with<'w>(expr: &str, places: &[Place<'_>], word: impl Fn(usize) -> &'w str) -> String {
    let mut text = String::with_capacity(expr.len());
    let mut copied = 0;
    for (i, place) in places.iter().enumerate() {
        text += &expr[copied..place.range.start];
        text += word(i);
        copied = place.range.end;
    }
    text + &expr[copied..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_may_stand_wherever_their_value_fits() {
        for expr in [
            r#"rate(x{a=~"$a",b="${b}"}[$__rate_interval])"#,
            "sum by ($by) (rate(x[$window])) / $__range_s",
            "topk($n, $metric{a=\"b\"}) offset $shift",
            "max_over_time(x[$__range:$__interval])",
            "$everything",
        ] {
            assert!(probe(expr).is_ok(), "{expr}");
        }
    }

    #[test]
    fn what_no_value_can_mend_is_wrong() {
        let place = |expr| probe(expr).err().map(|flaw| flaw.place);
        assert_eq!(place(r#"up{a=~"$a"} +"#), Some(Some(13..13)));
        assert_eq!(place("rate(x[$__interval]"), Some(None));
        assert_eq!(place("sum(x) by ($y"), None);
    }
}
