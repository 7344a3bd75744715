//! The key table: what each key does, in one place that the help, the footer and the dispatcher read.

mod action;
mod table;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::keymap::Keymap;

pub use action::Action;
pub use table::BINDINGS;

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Everywhere, unless a popup has the key itself.
    Anywhere,
    /// On a dashboard.
    Dashboard,
    /// On the targets.
    Targets,
    /// In the variable picker.
    Picker,
    /// Among the time ranges.
    Time,
    /// In the palette.
    Palette,
    /// In the list of what moved.
    Moved,
    /// In the list of contexts.
    Contexts,
    /// On the alerts.
    Alerts,
    /// On one alert.
    Alert,
    /// In a runbook.
    Runbook,
    /// In the form of a silence.
    Silence,
    /// In the list of silences.
    Silences,
    /// Where something is asked.
    Confirm,
    /// In the editor of queries.
    Explore,
    /// On the result of the editor's queries.
    Result,
    /// In the incident log.
    Log,
    /// In the help.
    Help,
}

impl Place {
    /// Whether keys that type a character are typed there.
    pub const fn types(self) -> bool {
        matches!(self, Self::Time | Self::Picker | Self::Palette | Self::Explore)
    }
}

impl Place {
    /// Every one with its name in the configuration.
    pub const NAMES: &[(&'static str, Self)] = &[
        ("anywhere", Self::Anywhere),
        ("dashboard", Self::Dashboard),
        ("targets", Self::Targets),
        ("picker", Self::Picker),
        ("moved", Self::Moved),
        ("contexts", Self::Contexts),
        ("alerts", Self::Alerts),
        ("alert", Self::Alert),
        ("runbook", Self::Runbook),
        ("silence", Self::Silence),
        ("silences", Self::Silences),
        ("confirm", Self::Confirm),
        ("time", Self::Time),
        ("palette", Self::Palette),
        ("explore", Self::Explore),
        ("result", Self::Result),
        ("log", Self::Log),
        ("help", Self::Help),
    ];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, place)| *place == self).map_or("anywhere", |&(name, _)| name)
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// Where.
    pub place: Place,
    /// The keys, any of which does it.
    pub keys: &'static [Key],
    /// How the help calls the keys.
    pub shown: &'static str,
    /// What it does, in words.
    pub help: &'static str,
    /// The footer's short word; empty for keys that the footer leaves out.
    pub footer: &'static str,
}

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A key that types a character; shift is in the character.
    Char(char),
    /// A character with Ctrl.
    Ctrl(char),
    /// Any other key.
    Code(KeyCode),
}

impl Key {
    /// The event of its being pressed.
    pub(super) fn event(self) -> KeyEvent {
        match self {
            Self::Char(c) => KeyEvent::from(KeyCode::Char(c)),
            Self::Ctrl(c) => KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL),
            Self::Code(code) => KeyEvent::from(code),
        }
    }

    /// The key of an event, `None` for combinations that no table has.
    pub fn of(event: &KeyEvent) -> Option<Self> {
        match event.code {
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::CONTROL) => {
                Some(Self::Ctrl(c.to_ascii_lowercase()))
            }
            KeyCode::Char(_) if event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER) => None,
            KeyCode::Char(c) => Some(Self::Char(c)),
            KeyCode::BackTab => Some(Self::Code(KeyCode::BackTab)),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => Some(Self::Code(KeyCode::BackTab)),
            code => Some(Self::Code(code)),
        }
    }
}

/// The keys of the screens, in their order.
const SCREENS: &[Key] = &[
    Key::Char('1'),
    Key::Char('2'),
    Key::Char('3'),
    Key::Char('4'),
    Key::Char('5'),
    Key::Char('6'),
    Key::Char('7'),
    Key::Char('8'),
    Key::Char('9'),
];

/// What `key` asks for at `place`; a binding of the place itself wins over one that holds anywhere.
pub(super) fn action(keymap: &Keymap, place: Place, event: &KeyEvent) -> Option<Action> {
    let key = Key::of(event)?;
    let find = |place| keymap.rows().find(|b| b.place == place && b.keys.contains(&key)).map(|b| b.action);
    match find(place).or_else(|| find(Place::Anywhere))? {
        // One row for all of them: which one is in the key.
        Action::Screen(_) => SCREENS.iter().position(|k| *k == key).map(Action::Screen),
        action => Some(action),
    }
}

/// What `key` asks for at a `place` where a line is typed; `None` for what belongs to the line.
pub(super) fn typing(keymap: &Keymap, place: Place, event: &KeyEvent) -> Option<Action> {
    use KeyCode::{Backspace, Delete, End, Home, Left, Right};
    let key = Key::of(event)?;
    if matches!(key, Key::Code(Backspace | Delete | End | Home | Left | Right) | Key::Ctrl('d' | 'u')) {
        return None;
    }
    let own = keymap.rows().any(|b| b.place == place && b.keys.contains(&key));
    if own || !matches!(key, Key::Char(_)) { action(keymap, place, event) } else { None }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_is_bound_twice_in_one_place() {
        let mut seen = HashSet::new();
        for b in BINDINGS {
            for &key in b.keys {
                assert!(seen.insert((b.place, key)), "{key:?} is bound twice in {:?}", b.place);
                let shadowed = b.place == Place::Dashboard && seen.contains(&(Place::Anywhere, key));
                assert!(!shadowed, "{key:?} on a dashboard hides the one that holds anywhere");
            }
        }
    }

    #[test]
    fn every_action_and_every_place_of_the_table_has_a_name_of_its_own() {
        for b in BINDINGS.iter().filter(|b| !matches!(b.action, Action::Screen(_))) {
            assert!(Action::NAMES.iter().any(|(_, action)| *action == b.action), "{:?}", b.action);
            assert!(Place::NAMES.iter().any(|(_, place)| *place == b.place), "{:?}", b.place);
        }
        let names: HashSet<_> = Action::NAMES.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), Action::NAMES.len());
    }

    #[test]
    fn every_binding_is_explained() {
        assert!(BINDINGS.iter().all(|b| !b.keys.is_empty() && !b.shown.is_empty() && !b.help.is_empty()));
    }

    #[test]
    fn escape_goes_back_and_only_q_and_ctrl_c_quit() {
        let press = |code, mods| action(&Keymap::default(), Place::Dashboard, &KeyEvent::new(code, mods));
        assert_eq!(press(KeyCode::Esc, KeyModifiers::NONE), Some(Action::Back));
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Action::Quit));
        assert_eq!(press(KeyCode::Char('q'), KeyModifiers::ALT), None);
        assert_eq!(press(KeyCode::Tab, KeyModifiers::SHIFT), Some(Action::Previous));
        assert_eq!(press(KeyCode::Char('3'), KeyModifiers::NONE), Some(Action::Screen(2)));
    }
}
