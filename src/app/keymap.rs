//! The key table as it is used: the built-in rows with the keys that the configuration puts in their place. Uses nothing
//! of the crate but the table.

use std::fmt;

use crossterm::event::KeyCode;

use super::keys::{Action, BINDINGS, Key, Place};

/// A wish of the configuration: other keys for an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remap {
    /// Where; `None` for everywhere that the action has a key.
    pub place: Option<Place>,
    /// What the keys do.
    pub action: Action,
    /// The keys, none to leave the action without.
    pub keys: Vec<Key>,
    /// The line of the configuration file, from 1.
    pub line: usize,
}

/// One row of a keymap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it does.
    pub action: Action,
    /// Where.
    pub place: Place,
    /// The keys, any of which does it.
    pub keys: Vec<Key>,
    /// How the help calls the keys.
    pub shown: String,
    /// What it does, in words.
    pub help: &'static str,
    /// The footer's short word; empty for keys that the footer leaves out.
    pub footer: &'static str,
    /// Which wish gave it its keys; `None` for a row as it is built in.
    pub by: Option<usize>,
    /// The line of the configuration file in which that stands, from 1.
    pub line: Option<usize>,
}

/// Why wishes cannot be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// Two rows would have the same key in one place; the first of them has it by a wish.
    Twice {
        /// The wish, by its index.
        wish: usize,
        /// The key.
        key: Key,
        /// What else the key does.
        other: Action,
        /// And where.
        place: Place,
        /// The wish of that, where it is one.
        by: Option<usize>,
    },
    /// No key would be left for what is needed to leave a screen or the program.
    Without {
        /// The wish, by its index.
        wish: usize,
        /// What would have no key.
        action: Action,
    },
}

/// Every key and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap(Vec<Row>);

impl Default for Keymap {
    fn default() -> Self {
        let row = |b: &super::keys::Binding| Row {
            action: b.action,
            place: b.place,
            keys: b.keys.to_vec(),
            shown: b.shown.to_owned(),
            help: b.help,
            footer: b.footer,
            by: None,
            line: None,
        };
        Self(BINDINGS.iter().map(row).collect())
    }
}

impl Keymap {
    /// The built-in keys with these wishes; one that names a place wins over one that does not.
    ///
    /// # Errors
    /// With every wish that cannot be granted.
    pub fn new(wishes: &[Remap]) -> Result<Self, Vec<Clash>> {
        let Self(mut rows) = Self::default();
        for named in [false, true] {
            for (index, wish) in wishes.iter().enumerate().filter(|(_, wish)| wish.place.is_some() == named) {
                let meant = |row: &&mut Row| row.action == wish.action && wish.place.is_none_or(|p| p == row.place);
                for row in rows.iter_mut().filter(meant) {
                    row.keys.clone_from(&wish.keys);
                    row.shown = wish.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                    row.by = Some(index);
                    row.line = Some(wish.line);
                }
            }
        }
        let mut clashes = twice(&rows);
        for action in [Action::Quit, Action::Back] {
            let of_it = || rows.iter().filter(move |row| row.action == action && row.place == Place::Anywhere);
            let wish = of_it().find_map(|row| row.by);
            if let Some(wish) = wish.filter(|_| of_it().all(|row| row.keys.is_empty())) {
                clashes.push(Clash::Without { wish, action });
            }
        }
        if clashes.is_empty() { Ok(Self(rows)) } else { Err(clashes) }
    }

    /// Every row, those without keys too, in the order of the help.
    pub fn all(&self) -> &[Row] {
        &self.0
    }

    /// The rows that have keys, in the order of the help.
    pub fn rows(&self) -> impl Iterator<Item = &Row> + Clone {
        self.0.iter().filter(|row| !row.keys.is_empty())
    }
}

/// Rows with the same key in one place, or on a dashboard with one that holds anywhere.
fn twice(rows: &[Row]) -> Vec<Clash> {
    let mut found = Vec::new();
    for (i, a) in rows.iter().enumerate() {
        for b in &rows[i + 1..] {
            let hides = |x: Place, y: Place| x == Place::Dashboard && y == Place::Anywhere;
            if a.place != b.place && !hides(a.place, b.place) && !hides(b.place, a.place) || a.action == b.action {
                continue;
            }
            let (first, other) = if a.by.is_some() { (a, b) } else { (b, a) };
            let key = first.keys.iter().find(|key| other.keys.contains(key));
            if let (Some(wish), Some(&key)) = (first.by, key) {
                found.push(Clash::Twice { wish, key, other: other.action, place: other.place, by: other.by });
            }
        }
    }
    found
}

/// Keys that have names, as the configuration writes them and as the help shows them.
const NAMED: &[(&str, &str, Key)] = &[
    ("enter", "Enter", Key::Code(KeyCode::Enter)),
    ("esc", "Esc", Key::Code(KeyCode::Esc)),
    ("tab", "Tab", Key::Code(KeyCode::Tab)),
    ("shift-tab", "Shift-Tab", Key::Code(KeyCode::BackTab)),
    ("space", "Space", Key::Char(' ')),
    ("backspace", "Backspace", Key::Code(KeyCode::Backspace)),
    ("delete", "Del", Key::Code(KeyCode::Delete)),
    ("insert", "Ins", Key::Code(KeyCode::Insert)),
    ("left", "←", Key::Code(KeyCode::Left)),
    ("right", "→", Key::Code(KeyCode::Right)),
    ("up", "↑", Key::Code(KeyCode::Up)),
    ("down", "↓", Key::Code(KeyCode::Down)),
    ("home", "Home", Key::Code(KeyCode::Home)),
    ("end", "End", Key::Code(KeyCode::End)),
    ("pgup", "PgUp", Key::Code(KeyCode::PageUp)),
    ("pgdn", "PgDn", Key::Code(KeyCode::PageDown)),
];

impl Key {
    /// The key that the configuration calls `word`: `a`, `A`, `ctrl-a`, `f5`, `enter`, `pgup`.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn parse(word: &str) -> Result<Self, String> {
        let mut chars = word.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return match c {
                ' ' => Ok(Self::Char(' ')),
                c if c.is_control() || c.is_whitespace() => Err("that key has no sign; write its name".to_owned()),
                c => Ok(Self::Char(c)),
            };
        }
        let lower = word.to_lowercase();
        if let Some((.., key)) = NAMED.iter().find(|(name, ..)| *name == lower) {
            return Ok(*key);
        }
        if let Some(letter) = lower.strip_prefix("ctrl-") {
            return match letter.as_bytes() {
                // Terminals send the same for both.
                b"i" => Err("terminals cannot tell ctrl-i from tab".to_owned()),
                b"m" | b"j" => Err(format!("terminals cannot tell {lower} from enter")),
                b"h" => Err("terminals cannot tell ctrl-h from backspace".to_owned()),
                [letter] if letter.is_ascii_lowercase() => Ok(Self::Ctrl(char::from(*letter))),
                _ => Err(format!("{word:?} is no key: ctrl goes with a letter")),
            };
        }
        if let Some(n @ 1..=12) = lower.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
            return Ok(Self::Code(KeyCode::F(n)));
        }
        let names: Vec<_> = NAMED.iter().map(|(name, ..)| *name).collect();
        Err(format!("{word:?} is no key; write a, A, ctrl-a, f5 or one of {}", names.join(", ")))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, shown, _)) = NAMED.iter().find(|(.., key)| key == self) {
            return f.write_str(shown);
        }
        match self {
            Self::Char(c) => write!(f, "{c}"),
            Self::Ctrl(c) => write!(f, "Ctrl-{}", c.to_ascii_uppercase()),
            Self::Code(code) => write!(f, "{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyEvent, KeyModifiers};

    use super::*;
    use crate::app::keys::action;

    fn wish(place: Option<Place>, action: Action, keys: &[&str]) -> Remap {
        Remap { place, action, keys: keys.iter().map(|key| Key::parse(key).expect("a key")).collect(), line: 1 }
    }

    fn press(map: &Keymap, place: Place, code: KeyCode) -> Option<Action> {
        action(map, place, &KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn a_remapped_key_does_it_and_the_old_one_no_longer() {
        let map = Keymap::new(&[wish(None, Action::Freeze, &["p", "f5"])]).expect("no clash");
        assert_eq!(press(&map, Place::Dashboard, KeyCode::Char('p')), Some(Action::Freeze));
        assert_eq!(press(&map, Place::Dashboard, KeyCode::F(5)), Some(Action::Freeze));
        assert_eq!(press(&map, Place::Dashboard, KeyCode::Char(' ')), None);
        assert_eq!(press(&map, Place::Alert, KeyCode::Char('p')), Some(Action::Panel));
        assert!(map.rows().any(|row| row.shown == "p F5" && row.action == Action::Freeze && row.by == Some(0)));
    }

    #[test]
    fn a_place_wins_over_everywhere_and_none_unbinds() {
        let wishes = [wish(Some(Place::Alerts), Action::Copy, &["Y"]), wish(None, Action::Copy, &["o"])];
        let map = Keymap::new(&wishes).expect("no clash");
        assert_eq!(press(&map, Place::Alerts, KeyCode::Char('Y')), Some(Action::Copy));
        assert_eq!(press(&map, Place::Alert, KeyCode::Char('o')), Some(Action::Copy));
        let map = Keymap::new(&[wish(None, Action::Moved, &[])]).expect("no clash");
        assert_eq!(press(&map, Place::Dashboard, KeyCode::Char('w')), None);
        assert!(map.rows().all(|row| row.action != Action::Moved));
    }

    #[test]
    fn a_key_is_refused_that_does_something_else_there_already() {
        let twice = |wishes: &[Remap]| match Keymap::new(wishes).expect_err("a clash")[..] {
            [Clash::Twice { wish, other, place, by, .. }, ..] => (wish, other, place, by),
            ref other => panic!("{other:?}"),
        };
        assert_eq!(twice(&[wish(None, Action::Freeze, &["f"])]), (0, Action::Full, Place::Dashboard, None));
        // On a dashboard it would hide what holds anywhere.
        assert_eq!(twice(&[wish(None, Action::Freeze, &["q"])]), (0, Action::Quit, Place::Anywhere, None));
        assert_eq!(twice(&[wish(None, Action::Quit, &["f"])]), (0, Action::Full, Place::Dashboard, None));
        let both = [wish(None, Action::Freeze, &["p"]), wish(None, Action::Full, &["p"])];
        assert!(matches!(Keymap::new(&both).expect_err("a clash")[..], [Clash::Twice { by: Some(_), .. }, ..]));
        // Two that change places are no clash.
        assert!(Keymap::new(&[wish(None, Action::Freeze, &["f"]), wish(None, Action::Full, &["space"])]).is_ok());
    }

    #[test]
    fn the_program_can_always_be_left() {
        for action in [Action::Quit, Action::Back] {
            let clash = Keymap::new(&[wish(None, action, &[])]).expect_err("a clash");
            assert_eq!(clash, [Clash::Without { wish: 0, action }]);
        }
        assert!(Keymap::new(&[wish(None, Action::Quit, &["ctrl-q"])]).is_ok());
    }

    #[test]
    fn keys_are_read_as_they_are_written() {
        for (word, shown) in [
            ("a", "a"),
            ("A", "A"),
            ("ctrl-a", "Ctrl-A"),
            ("F5", "F5"),
            ("shift-tab", "Shift-Tab"),
            (" ", "Space"),
            ("é", "é"),
        ] {
            assert_eq!(Key::parse(word).map(|key| key.to_string()), Ok(shown.to_owned()));
        }
        for word in ["", "ctrl-", "ctrl-1", "f13", "f0", "nonsense", "ctrl-i", "ctrl-m", "\t", "\u{1b}", "alt-a"] {
            assert!(Key::parse(word).is_err(), "{word:?}");
        }
        for (.., key) in NAMED {
            assert_eq!(Key::parse(NAMED.iter().find(|n| n.2 == *key).expect("itself").0), Ok(*key));
        }
    }
}
