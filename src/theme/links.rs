//! Whether the terminal makes links of text that names where it leads (OSC 8).

/// What becomes of a link on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// Text like any other.
    #[default]
    Plain,
    /// Text that the terminal opens.
    Live,
}

/// Parts of `TERM` at whose beginning a terminal gives itself away as one that knows links.
const TERMS: [&str; 8] = ["xterm-kitty", "xterm-ghostty", "ghostty", "alacritty", "foot", "wezterm", "contour", "rio"];

/// Values of `TERM_PROGRAM` of terminals that know them.
const PROGRAMS: [&str; 7] = ["iTerm.app", "WezTerm", "vscode", "ghostty", "mintty", "rio", "Tabby"];

/// The first VTE (GNOME Terminal, Tilix, Xfce and others) whose links are sound, as `VTE_VERSION` says it.
const VTE: u32 = 5_002;

/// The first Konsole that has links, as `KONSOLE_VERSION` says it.
const KONSOLE: u32 = 201_200;

impl Links {
    /// Whether the terminal is known to make links, as far as the environment tells; `variable` gives a variable's value.
    /// Where it cannot be known there are none: a terminal that does not know them may print their addresses in between.
    /// Multiplexers take them away, whatever terminal is behind.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let word = |name: &str| variable(name).unwrap_or_default();
        let number = |name: &str| word(name).parse::<u32>().unwrap_or(0);
        let term = word("TERM");
        let is_multiplexed = ["tmux", "screen"].iter().any(|name| term.starts_with(name))
            || ["TMUX", "STY", "ZELLIJ"].iter().any(|name| !word(name).is_empty());
        if is_multiplexed || matches!(term.as_str(), "" | "dumb" | "linux") {
            return Self::Plain;
        }
        let is_known = TERMS.iter().any(|known| term.starts_with(known))
            || PROGRAMS.contains(&word("TERM_PROGRAM").as_str())
            || number("VTE_VERSION") >= VTE
            || number("KONSOLE_VERSION") >= KONSOLE
            || !word("WT_SESSION").is_empty();
        if is_known { Self::Live } else { Self::Plain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(set: &[(&str, &str)]) -> Links {
        Links::detect(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn only_terminals_that_are_known_to_make_links_get_them() {
        const XTERM: (&str, &str) = ("TERM", "xterm-256color");
        for set in [
            &[("TERM", "xterm-kitty")][..],
            &[("TERM", "foot-extra")],
            &[XTERM, ("TERM_PROGRAM", "iTerm.app")],
            &[XTERM, ("VTE_VERSION", "7006")],
            &[XTERM, ("KONSOLE_VERSION", "220401")],
            &[XTERM, ("WT_SESSION", "0-1")],
        ] {
            assert_eq!(detect(set), Links::Live, "{set:?}");
        }
        for set in [
            &[][..],
            &[XTERM],
            &[XTERM, ("TERM_PROGRAM", "Apple_Terminal")],
            &[XTERM, ("VTE_VERSION", "4800")],
            &[XTERM, ("VTE_VERSION", "new")],
            &[("TERM", "linux"), ("VTE_VERSION", "7006")],
        ] {
            assert_eq!(detect(set), Links::Plain, "{set:?}");
        }
    }

    #[test]
    fn a_multiplexer_takes_them_away() {
        for set in [
            &[("TERM", "tmux-256color"), ("TERM_PROGRAM", "iTerm.app")][..],
            &[("TERM", "screen.xterm-kitty"), ("VTE_VERSION", "7006")],
            &[("TERM", "xterm-kitty"), ("TMUX", "/tmp/tmux-0/default,1,0")],
        ] {
            assert_eq!(detect(set), Links::Plain, "{set:?}");
        }
    }
}
