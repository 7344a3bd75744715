//! Regular expressions in the dialect of Prometheus (RE2 as Go reads it), told to the regex library in its own.
//!
//! Nearly all patterns are spelt alike in both. Here is what differs: the library's `\d`, `\w`, `\s` and `\b` know all of
//! Unicode and Go's ASCII alone; `&&`, `--`, `~~` and `[` mean something in its classes; it wants braces escaped that
//! repeat nothing, knows no `\Q…\E` and no octal escapes; and it takes flags, nested repetitions and escapes of its own.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

/// Compiles a pattern as Prometheus does: anchored at both ends, `.` matching newlines too
/// (<https://prometheus.io/docs/prometheus/latest/querying/basics/>).
///
/// # Errors
/// In words, why it does not compile.
pub(crate) fn anchored(pattern: &str) -> Result<Regex, String> {
    let translated = translate(pattern)?;
    Regex::new(&format!("^(?s:{translated})$"))
        .map_err(|e| e.to_string().lines().last().unwrap_or_default().trim().to_owned())
}

fn translate(pattern: &str) -> Result<String, String> {
    let mut reader = Reader { rest: pattern.chars().peekable(), out: String::with_capacity(pattern.len()) };
    let mut repeats = false;
    while let Some(c) = reader.rest.next() {
        let is_repetition = match c {
            '*' | '+' | '?' => {
                reader.out.push(c);
                true
            }
            '{' => reader.repetition()?,
            _ => false,
        };
        if is_repetition && repeats {
            return Err("invalid nested repetition operator".to_owned());
        }
        repeats = is_repetition;
        match c {
            _ if is_repetition => reader.out.extend(reader.rest.next_if_eq(&'?')),
            '{' => reader.out.push_str("\\{"),
            '\\' => reader.escape()?,
            '[' => reader.class()?,
            '(' => reader.group()?,
            c => reader.out.push(c),
        }
    }
    Ok(reader.out)
}

struct Reader<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
}

impl Reader<'_> {
    /// What stands before `end`, taken with it; nothing is taken where there is no end.
    fn until(&mut self, end: &str) -> Option<String> {
        let rest: String = self.rest.clone().collect();
        let (inside, _) = rest.split_once(end)?;
        self.rest.by_ref().take(inside.chars().count() + end.chars().count()).for_each(drop);
        Some(inside.to_owned())
    }

    /// Behind `{`: takes a repetition if there is one.
    fn repetition(&mut self) -> Result<bool, String> {
        /// Go's own limit.
        const MOST: u32 = 1_000;
        let rest: String = self.rest.clone().take(12).collect();
        let Some((counts, _)) = rest.split_once('}') else { return Ok(false) };
        let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
        let is_number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
        let plain = |n: &str| n == "0" || !n.starts_with('0');
        if !(is_number(least) && plain(least) && (most.is_empty() || is_number(most) && plain(most))) {
            return Ok(false);
        }
        let (least, most) = (least.parse().unwrap_or(u32::MAX), most.parse().unwrap_or(0));
        if least.max(most) > MOST {
            return Err("invalid repeat count".to_owned());
        }
        self.out.push('{');
        self.out.push_str(counts);
        self.out.push('}');
        self.rest.by_ref().take(counts.len() + 1).for_each(drop);
        Ok(true)
    }

    /// Behind `(`: of flags, only those that Go knows.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        self.out.push('?');
        if matches!(self.rest.peek(), Some('P' | '<')) {
            return Ok(());
        }
        for c in self.rest.by_ref() {
            self.out.push(c);
            match c {
                'i' | 'm' | 's' | 'U' | '-' => {}
                ':' | ')' => return Ok(()),
                _ => return Err("invalid or unsupported flag of a group".to_owned()),
            }
        }
        Ok(())
    }

    /// Behind `\`, outside of classes.
    fn escape(&mut self) -> Result<(), String> {
        match self.rest.peek() {
            Some('b') => self.out.push_str("(?-u:\\b)"),
            Some(c @ ('A' | 'z' | 'B')) => self.out.extend(['\\', *c]),
            Some('Q') => {
                self.rest.next();
                // Without an end it takes in what Prometheus puts behind the pattern, which then does not compile.
                let quoted = self.until("\\E").ok_or("\\Q without \\E")?;
                self.out.push_str(&regex::escape(&quoted));
                return Ok(());
            }
            Some(c @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                let class = ascii_class(*c);
                self.out.push_str(&class);
            }
            _ => return self.character(),
        }
        self.rest.next();
        Ok(())
    }

    /// Behind `\`, anywhere: one character, or a Unicode class.
    fn character(&mut self) -> Result<(), String> {
        let fault = |c: Option<char>| format!("invalid escape sequence \\{}", c.map_or(String::new(), String::from));
        let first = self.rest.next();
        let c = match first {
            Some(c @ ('p' | 'P')) => {
                if self.rest.next_if_eq(&'{').is_none() {
                    self.out.extend(['\\', c]);
                    return Ok(());
                }
                let name = self.until("}").ok_or_else(|| fault(first))?;
                // A caret turns the class around once more.
                let (c, name) = match name.strip_prefix('^') {
                    Some(name) => (if c == 'p' { "P" } else { "p" }, name),
                    None => (if c == 'p' { "p" } else { "P" }, name.as_str()),
                };
                self.out.extend(["\\", c, "{", name, "}"]);
                return Ok(());
            }
            Some('x') => {
                let braced = self.rest.next_if_eq(&'{').is_some();
                let digits: Option<String> =
                    if braced { self.until("}") } else { Some(self.rest.by_ref().take(2).collect()) };
                let digits = digits.filter(|d| !d.is_empty() && (braced || d.len() == 2)).unwrap_or_default();
                let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| is_hex);
                code.and_then(char::from_u32).ok_or_else(|| fault(first))?
            }
            Some(c @ '0'..='7') => {
                let mut code = u32::from(c) - u32::from('0');
                // A single digit other than 0 would refer back to a group, which neither can.
                if c != '0' && !self.rest.peek().is_some_and(|c| ('0'..='7').contains(c)) {
                    return Err(fault(first));
                }
                for _ in 0..2 {
                    let Some(digit) = self.rest.next_if(|c| ('0'..='7').contains(c)) else { break };
                    code = code * 8 + (u32::from(digit) - u32::from('0'));
                }
                char::from_u32(code).ok_or_else(|| fault(first))?
            }
            Some('a') => '\x07',
            Some('f') => '\x0c',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\x0b',
            Some(c) if c.is_ascii_punctuation() || c.is_ascii_control() || c == ' ' => c,
            _ => return Err(fault(first)),
        };
        self.literal(c);
        Ok(())
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_punctuation() && !matches!(c, '<' | '>' | '_' | '"' | '\'' | '`') {
            self.out.push('\\');
        }
        self.out.push(c);
    }

    /// Behind `[`, up to and with its `]`.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        self.out.extend(self.rest.next_if_eq(&'^'));
        let mut is_first = true;
        while let Some(c) = self.rest.next() {
            match c {
                ']' if !is_first => {
                    self.out.push(']');
                    return Ok(());
                }
                '[' if self.rest.peek() == Some(&':') => self.named_class()?,
                '\\' if matches!(self.rest.peek(), Some('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                    let class = self.rest.next().map(ascii_class).unwrap_or_default();
                    self.out.push_str(&class);
                }
                _ => self.range(c)?,
            }
            is_first = false;
        }
        Err("missing closing ]".to_owned())
    }

    /// `[:alpha:]` and the like; without an end it is the characters that it is written with.
    fn named_class(&mut self) -> Result<(), String> {
        match self.until(":]") {
            Some(name) => {
                self.out.extend(["[", &name, ":]"]);
                Ok(())
            }
            None => self.range('['),
        }
    }

    /// The character `c` of a class, and the end of the range that starts with it if one does.
    fn range(&mut self, c: char) -> Result<(), String> {
        self.member(c)?;
        let mut ahead = self.rest.clone();
        if ahead.next() == Some('-') && ahead.next().is_some_and(|end| end != ']') {
            self.rest.next();
            self.out.push('-');
            let end = self.rest.next().unwrap_or('-');
            self.member(end)?;
        }
        Ok(())
    }

    fn member(&mut self, c: char) -> Result<(), String> {
        if c == '\\' {
            return self.character();
        }
        self.literal(c);
        Ok(())
    }
}

/// Go's class of this letter, in ASCII.
fn ascii_class(letter: char) -> String {
    let members = match letter.to_ascii_lowercase() {
        'd' => "0-9",
        's' => "\\t\\n\\x0c\\r ",
        _ => "0-9A-Za-z_",
    };
    format!("[{}{members}]", if letter.is_ascii_uppercase() { "^" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_prometheus() {
        for (pattern, hits, misses) in [
            ("a|b.", &["a", "b\n"][..], &["xa", "ab"][..]),
            ("\\d+", &["42"], &["٤٢", ""]),
            ("\\w+", &["a_1"], &["é", "a-b"]),
            ("\\W", &["é", "-"], &["a"]),
            ("[\\w.]+\\s", &["a.b "], &["é ", "a\u{a0}"]),
            ("[^\\D]", &["1"], &["a"]),
            ("a{,3}", &["a{,3}"], &["aa"]),
            ("a{2}b{1,}", &["aab", "aabb"], &["ab"]),
            ("{x}", &["{x}"], &["x"]),
            ("\\Qa.b\\E+|\\Q*\\E", &["a.b", "a.bb", "*"], &["axb"]),
            ("\\101\\x42\\x{43}\\0", &["ABC\0"], &["abc"]),
            ("[a&&b]", &["a", "b", "&"], &["c"]),
            ("[a[b]+", &["a[b"], &["]"]),
            ("[]a]", &["]", "a"], &["b"]),
            ("[a-]", &["a", "-"], &["b"]),
            ("[+--]", &["+", ",", "-"], &["."]),
            ("[[:alpha:]1]", &["a", "1"], &["é", "2"]),
            ("\\<a\\>", &["<a>"], &["a"]),
            ("\\p{Greek}[\\p{^Greek}]", &["αa"], &["aα"]),
            ("(?i)A.*?", &["ab", "A"], &["b"]),
            ("(?:a|(?P<n>b))c", &["ac", "bc"], &["c"]),
            ("a\\.b\\-c\\_", &["a.b-c_"], &["axb-c_"]),
            ("\\bé", &[][..], &["é"]),
        ] {
            let regex = anchored(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
            assert!(hits.iter().all(|text| regex.is_match(text)), "{pattern}");
            assert!(!misses.iter().any(|text| regex.is_match(text)), "{pattern}");
        }
    }

    #[test]
    fn what_go_does_not_compile_is_refused() {
        for pattern in [
            "(", "a**", "a{2}{3}", "a{1001}", "a{2,1}", "[b-a]", "[a", "*", "(?x)a", "\\1", "\\y", "\\C", "\\u{41}",
            "\\x4", "\\pX", "\\Qa", "[\\b]", "(?=a)", "a\\",
        ] {
            assert!(anchored(pattern).is_err(), "{pattern}");
        }
    }
}
