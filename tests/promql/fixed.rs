//! A query with `@ time` on every selector and subquery that has none, as Prometheus' own runner rewrites each instant
//! query: its answer must then be the same at any time.

use regex::Regex;

/// Functions whose answer follows the step even where their arguments do not.
const FOLLOWS: &str = r"\b(days_in_month|day_of_(?:month|week|year)|hour|minute|month|year|predict_linear|time|timestamp|start|end|range|step)\s*\(";
/// Words that stand where a selector could.
const WORDS: [&str; 17] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "offset",
    "and",
    "or",
    "unless",
    "atan2",
    "inf",
    "nan",
    "default",
    "smoothed",
    "anchored",
];
/// Words before a list of labels.
const LISTS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// `query` at the fixed time `at` (ms); nothing where its answer is not the same at any other time.
pub(crate) fn fixed(query: &str, at: i64) -> Option<String> {
    if Regex::new(FOLLOWS).unwrap().is_match(query) {
        return None;
    }
    let tokens = tokens(query);
    let mut places: Vec<usize> = Vec::new();
    // For each bracket that is open, where it began; and where what was last closed or read began.
    let (mut open, mut primary) = (Vec::new(), 0);
    let mut i = 0;
    while let Some(&(start, text)) = tokens.get(i) {
        let next = tokens.get(i + 1).map_or("", |t| t.1);
        let lower = text.to_lowercase();
        let word = text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == ':');
        // A function or aggregation, whose grouping may come first.
        let begins = ["(", "by", "without"].iter().any(|w| next.eq_ignore_ascii_case(w));
        if LISTS.contains(&lower.as_str()) && next == "(" {
            i += tokens[i..].iter().position(|t| t.1 == ")").unwrap_or(0);
        } else if text == "(" {
            open.push(start);
        } else if text == ")" {
            primary = open.pop().unwrap_or(0);
        } else if text.starts_with('[') && text.contains(':') {
            // What is inside of a subquery keeps the times of its steps.
            places.retain(|place| *place <= primary);
            note(&tokens, i, &mut places);
        } else if text.starts_with('{') || (word && !begins && !WORDS.contains(&lower.as_str())) {
            primary = start;
            i += usize::from(word && next.starts_with('{'));
            let is_range = |t: &&(usize, &str)| t.1.starts_with('[') && !t.1.contains(':');
            i += usize::from(tokens.get(i + 1).as_ref().is_some_and(is_range));
            note(&tokens, i, &mut places);
        }
        i += 1;
    }
    let time = format!(" @ {}.{:03}", at.div_euclid(1_000), at.rem_euclid(1_000));
    let mut out = query.to_owned();
    places.into_iter().rev().for_each(|place| out.insert_str(place, &time));
    Some(out)
}

/// Notes the end of token `i`, unless an `@` comes with what modifies it.
fn note(tokens: &[(usize, &str)], i: usize, places: &mut Vec<usize>) {
    let modifiers = tokens[i + 1..].iter().take_while(|(_, text)| {
        let part_of_time = text.starts_with(|c: char| c.is_ascii_digit());
        part_of_time || *text == "-" || text.eq_ignore_ascii_case("offset") || *text == "@"
    });
    // A minus after what is no modifier yet is an operator.
    let first = tokens.get(i + 1).map_or("", |t| t.1);
    let modified = first == "@" || first.eq_ignore_ascii_case("offset");
    if !(modified && modifiers.into_iter().any(|t| t.1 == "@")) {
        places.push(tokens[i].0 + tokens[i].1.len());
    }
}

/// Words and numbers, strings, braces and square brackets with what is in them, other signs; each with its place.
fn tokens(query: &str) -> Vec<(usize, &str)> {
    let token = Regex::new(
        r#"\{(?:[^}"'`]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)*\}|\[[^\]]*\]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|[\w:.]+|\S"#,
    );
    token.unwrap().find_iter(query).map(|m| (m.start(), m.as_str())).collect()
}
