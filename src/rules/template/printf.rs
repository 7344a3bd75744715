//! `printf`: Go's verbs and flags. Uses nothing of the crate.

use super::format::{MAX_TEXT, float, plain, quoted};
use super::value::Value;

/// Widths and precisions beyond this are refused by Go too.
const MAX_WIDTH: usize = 10_000;

#[derive(Default, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of Go's verbs, and all go together")]
struct Flags {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// `template` with its verbs filled in from `values`; cut short where it gets longer than any text may be.
pub(super) fn printf(template: &str, values: &[Value]) -> String {
    let mut out = String::new();
    let mut chars = template.chars().peekable();
    let mut next = 0;
    let mut reordered = false;
    while let Some(c) = chars.next() {
        if out.len() > MAX_TEXT {
            return out;
        }
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = Flags::default();
        while let Some(&c) = chars.peek() {
            match c {
                '+' => flags.plus = true,
                '-' => flags.minus = true,
                '#' => flags.sharp = true,
                ' ' => flags.space = true,
                '0' => flags.zero = true,
                _ => break,
            }
            chars.next();
        }
        let mut bad = None;
        reordered |= index(&mut chars, &mut next, values.len(), &mut bad);
        flags.width = match number(&mut chars, &mut next, values, &mut bad, "%!(BADWIDTH)") {
            Some(width) if width < 0 => {
                flags.minus = true;
                Some(width.unsigned_abs() as usize)
            }
            width => width.map(|w| w as usize),
        };
        if chars.peek() == Some(&'.') {
            chars.next();
            reordered |= index(&mut chars, &mut next, values.len(), &mut bad);
            let precision = number(&mut chars, &mut next, values, &mut bad, "%!(BADPREC)");
            flags.precision = Some(precision.and_then(|p| usize::try_from(p).ok()).unwrap_or(0));
        }
        reordered |= index(&mut chars, &mut next, values.len(), &mut bad);
        let Some(verb) = chars.next() else {
            out.push_str("%!(NOVERB)");
            break;
        };
        match (verb, bad, values.get(next)) {
            ('%', ..) => out.push('%'),
            (_, Some("%!(BADINDEX)"), _) => out += &complaint(verb, "BADINDEX"),
            (_, _, None) => out += &complaint(verb, "MISSING"),
            (_, bad, Some(value)) => {
                out.push_str(bad.unwrap_or_default());
                out.push_str(&one(verb, &flags, value));
                next += 1;
            }
        }
    }
    if !reordered && next < values.len() {
        let extra: Vec<String> = values[next..].iter().map(typed).collect();
        out.extend(["%!(EXTRA ", &extra.join(", "), ")"]);
    }
    out
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// `[3]`: which value comes next, counted from 1.
fn index(chars: &mut Chars<'_>, next: &mut usize, count: usize, bad: &mut Option<&'static str>) -> bool {
    if chars.peek() != Some(&'[') {
        return false;
    }
    chars.next();
    let digits: String = std::iter::from_fn(|| chars.next_if(|c| *c != ']')).take(10).collect();
    chars.next_if_eq(&']');
    match digits.parse::<usize>() {
        Ok(i) if (1..=count).contains(&i) => *next = i - 1,
        _ => *bad = Some("%!(BADINDEX)"),
    }
    true
}

/// A width or precision: digits, or `*` for the next value.
fn number(
    chars: &mut Chars<'_>,
    next: &mut usize,
    values: &[Value],
    bad: &mut Option<&'static str>,
    complaint: &'static str,
) -> Option<i64> {
    if chars.next_if_eq(&'*').is_some() {
        let value = values.get(*next);
        *next += 1;
        return match value {
            Some(Value::Int(i)) if i.unsigned_abs() as usize <= MAX_WIDTH => Some(*i),
            _ => {
                *bad = Some(complaint);
                None
            }
        };
    }
    let digits: String = std::iter::from_fn(|| chars.next_if(char::is_ascii_digit)).take(6).collect();
    digits.parse().ok().map(|n: i64| n.min(MAX_WIDTH as i64))
}

fn typed(value: &Value) -> String {
    match value {
        Value::Nil => "<nil>".to_owned(),
        value => format!("{}={}", value.type_name(), plain(value)),
    }
}

fn one(verb: char, flags: &Flags, value: &Value) -> String {
    match (verb, value) {
        ('T', value) => pad(value.type_name().to_owned(), flags),
        ('v', Value::Text(text)) if flags.sharp => pad(quoted(text), flags),
        ('t' | 'v', Value::Bool(b)) => pad(b.to_string(), flags),
        (_, Value::Int(i)) => integer(verb, flags, *i).unwrap_or_else(|| wrong(verb, value)),
        ('v' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G', Value::Float(f)) => decimal(verb, flags, *f),
        (_, Value::Text(text)) => string(verb, flags, text).unwrap_or_else(|| wrong(verb, value)),
        (_, Value::Strings(map)) if verb == 'q' || verb == 's' => {
            let parts: Vec<String> = map
                .iter()
                .map(|(k, v)| {
                    format!(
                        "{}:{}",
                        string(verb, flags, k).unwrap_or_default(),
                        string(verb, flags, v).unwrap_or_default()
                    )
                })
                .collect();
            format!("map[{}]", parts.join(" "))
        }
        ('v', value) => pad(plain(value), flags),
        ('s', Value::Time(_)) => pad(plain(value), flags),
        _ => wrong(verb, value),
    }
}

/// How Go says that a verb does not work.
fn complaint(verb: char, what: &str) -> String {
    format!("%!{verb}({what})")
}

fn wrong(verb: char, value: &Value) -> String {
    match value {
        Value::Nil => complaint(verb, "<nil>"),
        value => complaint(verb, &typed(value)),
    }
}

fn pad(text: String, flags: &Flags) -> String {
    let missing = flags.width.unwrap_or(0).saturating_sub(text.chars().count());
    if missing == 0 {
        text
    } else if flags.minus {
        text + &" ".repeat(missing)
    } else if flags.zero {
        "0".repeat(missing) + &text
    } else {
        " ".repeat(missing) + &text
    }
}

/// A number whose sign stands before the zeros that fill it up.
fn pad_number(negative: bool, digits: &str, flags: &Flags) -> String {
    let sign = if negative {
        "-"
    } else if flags.plus {
        "+"
    } else if flags.space {
        " "
    } else {
        ""
    };
    if flags.zero && !flags.minus {
        let missing = flags.width.unwrap_or(0).saturating_sub(sign.len() + digits.chars().count());
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    pad(format!("{sign}{digits}"), &Flags { width: flags.width, minus: flags.minus, ..Flags::default() })
}

fn integer(verb: char, flags: &Flags, i: i64) -> Option<String> {
    let n = i.unsigned_abs();
    let character = || u32::try_from(i).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    let (prefix, mut digits) = match verb {
        'd' | 'v' => ("", n.to_string()),
        'b' => ("0b", format!("{n:b}")),
        'o' => ("0", format!("{n:o}")),
        'O' => return Some(pad_number(i < 0, &format!("0o{n:o}"), flags)),
        'x' => ("0x", format!("{n:x}")),
        'X' => ("0X", format!("{n:X}")),
        'c' => return Some(pad(character().to_string(), flags)),
        'q' => return Some(pad(format!("'{}'", character()), flags)),
        'U' => return Some(pad(format!("U+{n:04X}"), flags)),
        _ => return None,
    };
    if let Some(precision) = flags.precision {
        digits = "0".repeat(precision.saturating_sub(digits.len())) + &digits;
        if precision == 0 && i == 0 {
            digits.clear();
        }
    }
    if flags.sharp {
        digits = prefix.to_owned() + &digits;
    }
    let zero = flags.zero && flags.precision.is_none();
    Some(pad_number(i < 0, &digits, &Flags { zero, ..*flags }))
}

fn decimal(verb: char, flags: &Flags, f: f64) -> String {
    let precision = flags.precision.or(if matches!(verb, 'e' | 'E' | 'f' | 'F') { Some(6) } else { None });
    let text = float(f, if verb == 'v' { 'g' } else { verb }, precision);
    if f.is_finite() {
        let digits = text.strip_prefix('-').unwrap_or(&text);
        return pad_number(text.starts_with('-'), digits, flags);
    }
    // What is no number keeps its sign, NaN only where one is asked for, and is not filled up with zeros.
    let sign = match (f.is_nan(), f < 0.0) {
        (_, true) => "-",
        (true, _) if !flags.plus && !flags.space => "",
        _ if flags.space && !flags.plus => " ",
        _ => "+",
    };
    let blanks = Flags { width: flags.width, minus: flags.minus, ..Flags::default() };
    pad(format!("{sign}{}", text.trim_start_matches(['+', '-'])), &blanks)
}

fn string(verb: char, flags: &Flags, text: &str) -> Option<String> {
    let cut: String = match flags.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    };
    let hex = |upper: bool| -> String {
        cut.bytes().map(|b| if upper { format!("{b:02X}") } else { format!("{b:02x}") }).collect()
    };
    Some(match verb {
        's' | 'v' => pad(cut, flags),
        'q' if flags.sharp && !cut.contains('`') => pad(format!("`{cut}`"), flags),
        'q' => pad(quoted(&cut), flags),
        'x' => pad(hex(false), flags),
        'X' => pad(hex(true), flags),
        _ => return None,
    })
}
