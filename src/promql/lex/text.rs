//! Quoted strings, read and written.

/// The bytes that a quoted string's body stands for, by Go's rules.
///
/// # Errors
/// In words, what is wrong with an escape.
pub(super) fn unquote(body: &str, quote: char) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let c = after.chars().next().ok_or("escape at the end of a string")?;
        rest = &after[c.len_utf8()..];
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '0'..='7' => 3,
            _ => 0,
        };
        if digits == 0 {
            out.push(match c {
                'a' => 0x07,
                'b' => 0x08,
                'f' => 0x0c,
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                'v' => 0x0b,
                '\\' => b'\\',
                c if c == quote => c as u8,
                c => return Err(format!("unknown escape \\{c} in a string")),
            });
            continue;
        }
        let (source, radix) = if c.is_ascii_digit() { (after, 8) } else { (rest, 16) };
        let code = source
            .get(..digits)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|d| u32::from_str_radix(d, radix).ok())
            .ok_or_else(|| format!("escape \\{c} needs {digits} digits"))?;
        rest = &source[digits..];
        if digits < 4 {
            out.push(u8::try_from(code).map_err(|_| format!("escape \\{c} is above 255"))?);
        } else {
            let c = char::from_u32(code).ok_or_else(|| format!("escape \\{c} is no character"))?;
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

/// `text` as a string of PromQL, in double quotes.
pub(in crate::promql) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_read_back() {
        for text in ["", "a", "a\"b", "\\", "a\\nb\nc", "日本", "'`'"] {
            let quoted = quote(text);
            assert_eq!(unquote(&quoted[1..quoted.len() - 1], '"').as_deref(), Ok(text.as_bytes()), "{quoted}");
        }
    }

    #[test]
    fn escapes_that_say_nothing_are_named() {
        for (body, why) in [
            ("\\q", "unknown escape \\q in a string"),
            ("\\'", "unknown escape \\' in a string"),
            ("\\x4", "escape \\x needs 2 digits"),
            ("\\xzz", "escape \\x needs 2 digits"),
            ("\\x+4", "escape \\x needs 2 digits"),
            ("\\400", "escape \\4 is above 255"),
            ("\\ud800", "escape \\u is no character"),
            ("\\U00110000", "escape \\U is no character"),
        ] {
            assert_eq!(unquote(body, '"'), Err(why.to_owned()), "{body}");
        }
    }
}
