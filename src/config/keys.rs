//! The table `[keys]` of the configuration file: other keys for what shtop does. Uses `app` and `layout`.

use std::ops::Range;

use toml::de::DeValue;

use crate::app::{Action, Clash, Key, Keymap, Place, Remap};
use crate::layout::{TomlValue, suggest, wrong_type};
use crate::series::Faults;

/// The word that leaves an action without a key.
const NONE: &str = "none";

/// Reads the table. `text` is the file's, to say where the other of two rows stands.
pub(super) fn read(value: &TomlValue<'_>, text: &str, faults: &mut Faults<'_>) -> Keymap {
    let DeValue::Table(table) = value.get_ref() else {
        wrong_type::<()>(value, "a table: [keys]", faults);
        return Keymap::default();
    };
    let (mut wishes, mut places): (Vec<Remap>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    for (name, value) in table {
        let Some((place, action)) = named(name.get_ref(), name.span(), faults) else { continue };
        let Some(keys) = keys(value, faults) else { continue };
        let line = text.get(..value.span().start).unwrap_or(text).matches('\n').count() + 1;
        wishes.push(Remap { place, action, keys, line });
        places.push(value.span());
    }
    let clashes = match Keymap::new(&wishes) {
        Ok(keymap) => return keymap,
        Err(clashes) => clashes,
    };
    let at = |wish: usize| places.get(wish).cloned().unwrap_or_default();
    for clash in clashes {
        match clash {
            Clash::Twice { wish, key, other, place, by } => {
                let there = match by {
                    Some(by) => format!("in {}", line_column(text, at(by).start)),
                    None => "built in".to_owned(),
                };
                let message =
                    format!("{key} would do two things: this, and {}.{} ({there})", place.name(), other.name());
                let hint = format!("choose another key, or give {:?} another one, or \"none\"", other.name());
                faults.add(at(wish), message, Some(hint));
            }
            Clash::Without { wish, action } => {
                let hint = "without it nobody gets out; give it some key".to_owned();
                faults.add(at(wish), format!("{:?} needs a key", action.name()), Some(hint));
            }
        }
    }
    Keymap::default()
}

/// `freeze`, or `alerts.silence`.
fn named(name: &str, at: Range<usize>, faults: &mut Faults<'_>) -> Option<(Option<Place>, Action)> {
    let (place, word) = match name.split_once('.') {
        None => (None, name),
        Some((place, word)) => {
            let found = Place::NAMES.iter().find(|(name, _)| *name == place).map(|&(_, place)| place);
            if found.is_none() {
                let hint = suggest(place, Place::NAMES.iter().map(|&(name, _)| name), "there are");
                faults.add(at, format!("there is no place {place:?} with keys of its own"), Some(hint));
                return None;
            }
            (found, word)
        }
    };
    let builtin = Keymap::default();
    let known: Vec<(&str, Action)> = Action::NAMES
        .iter()
        .copied()
        .filter(|(_, action)| builtin.rows().any(|r| r.action == *action && place.is_none_or(|p| p == r.place)))
        .collect();
    let found = known.iter().find(|(name, _)| *name == word);
    if found.is_none() {
        let hint = suggest(word, known.iter().map(|&(name, _)| name), "there are");
        faults.add(at, format!("nothing is called {name:?} that keys do"), Some(hint));
    }
    found.map(|&(_, action)| (place, action))
}

/// A key, a list of them, or none.
fn keys(value: &TomlValue<'_>, faults: &mut Faults<'_>) -> Option<Vec<Key>> {
    let mut key = |value: &TomlValue<'_>| match value.get_ref() {
        DeValue::String(word) => Key::parse(word).map_err(|why| faults.add(value.span(), why, None)).ok(),
        _ => wrong_type(value, "a key in quotes", faults),
    };
    match value.get_ref() {
        DeValue::String(word) if *word == NONE => Some(Vec::new()),
        DeValue::Array(items) => {
            let keys: Vec<Key> = items.iter().filter_map(&mut key).collect();
            (keys.len() == items.len()).then_some(keys)
        }
        _ => key(value).map(|key| vec![key]),
    }
}

fn line_column(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{}:{column}", before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::faults;

    fn errors(text: &str) -> String {
        faults(Path::new("c.toml"), text).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn keys_that_can_be_are_taken() {
        for text in [
            "[keys]\nfreeze = \"p\"\n",
            "[keys]\n\"alerts.silence\" = [\"X\", \"ctrl-s\"]\nmoved = \"none\"\n",
            "keys = { quit = \"ctrl-q\", zoom-in = [\"+\", \"f5\"] }\n",
        ] {
            assert_eq!(errors(text), "");
        }
    }

    #[test]
    fn a_key_that_is_bound_twice_names_both_places() {
        let built_in = errors("[keys]\nfreeze = \"f\"\n");
        assert!(
            built_in.contains("c.toml:2:10: f would do two things: this, and dashboard.full (built in)"),
            "{built_in}"
        );
        let both = errors("[keys]\nfreeze = \"p\"\nfull = \"p\"\n");
        assert!(both.contains("2:10") && both.contains("3:8"), "{both}");
        assert!(errors("[keys]\nquit = \"none\"\n").contains("2:8: \"quit\" needs a key"));
    }

    #[test]
    fn what_is_no_action_no_place_or_no_key_is_told_where_it_stands() {
        for (text, wanted) in [
            ("[keys]\nfreze = \"p\"\n", "2:1: nothing is called \"freze\" that keys do"),
            ("[keys]\nfreze = \"p\"\n", "did you mean \"freeze\"?"),
            ("[keys]\n\"alert.freeze\" = \"p\"\n", "2:1: nothing is called \"alert.freeze\""),
            ("[keys]\n\"alrts.silence\" = \"p\"\n", "did you mean \"alerts\"?"),
            ("[keys]\nfreeze = \"ctrl-i\"\n", "2:10: terminals cannot tell ctrl-i from tab"),
            ("[keys]\nfreeze = [\"p\", 3]\n", "2:16: expected a key in quotes"),
            ("keys = 3\n", "1:8: expected a table: [keys]"),
        ] {
            assert!(errors(text).contains(wanted), "{text}\n{}", errors(text));
        }
    }
}
