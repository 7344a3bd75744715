//! The colour that marks a context in the header.

/// Red, green and blue, each 0–255. A terminal with fewer colours shows the nearest that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Paint(pub u8, pub u8, pub u8);

const NAMES: [(&str, Paint); 9] = [
    ("red", Paint(0xe5, 0x48, 0x4d)),
    ("orange", Paint(0xf0, 0x8c, 0x2e)),
    ("yellow", Paint(0xf2, 0xc5, 0x4b)),
    ("green", Paint(0x4c, 0xb0, 0x5f)),
    ("cyan", Paint(0x3f, 0xb8, 0xc6)),
    ("blue", Paint(0x4a, 0x8f, 0xf0)),
    ("magenta", Paint(0xd2, 0x6a, 0xc8)),
    ("white", Paint(0xe6, 0xea, 0xf2)),
    ("gray", Paint(0x8b, 0x93, 0xa7)),
];

impl Paint {
    /// Reads a name or `#rrggbb`.
    ///
    /// # Errors
    /// In words: what would do.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(&(_, paint)) = NAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)) {
            return Ok(paint);
        }
        let part = |range| text.get(range).filter(|hex: &&str| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = |range| part(range).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let (7, true, Some(r), Some(g), Some(b)) =
            (text.len(), text.starts_with('#'), byte(1..3), byte(3..5), byte(5..7))
        {
            return Ok(Self(r, g, b));
        }
        let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        Err(format!("{text:?} is no colour; write #rrggbb or one of {}", names.join(", ")))
    }
}

impl std::fmt::Display for Paint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match NAMES.iter().find(|(_, paint)| paint == self) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_names_or_hexadecimal() {
        assert_eq!(Paint::parse("#0aF1ff"), Ok(Paint(0x0a, 0xf1, 0xff)));
        assert_eq!(Paint::parse("Red").map(|p| p.to_string()), Ok("red".to_owned()));
        assert_eq!(Paint(1, 2, 3).to_string(), "#010203");
        for text in ["", "#12345", "#1234567", "#+1+2+3", "reddish", "#ääá"] {
            assert!(Paint::parse(text).is_err_and(|e| e.contains("#rrggbb")), "{text}");
        }
    }
}
