//! The flags of the command line, built from the table of settings.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};

use super::setting::{Group, Key, Kind, SETTINGS, Setting};
use super::value::{Base, read};

/// What the command line says, setting by setting, as it was written.
#[derive(Clone, Default)]
pub struct Flags {
    given: BTreeMap<Key, Vec<OsString>>,
}

/// Only which flags are there: their values may hold credentials.
impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.given.keys()).finish()
    }
}

impl Flags {
    /// Flags from pairs of a setting and its value, several of the same setting in their order.
    pub fn from_pairs<V: Into<OsString>>(pairs: impl IntoIterator<Item = (Key, V)>) -> Self {
        let mut given: BTreeMap<Key, Vec<OsString>> = BTreeMap::new();
        for (key, value) in pairs {
            given.entry(key).or_default().push(value.into());
        }
        Self { given }
    }

    /// Whether no flag was given at all.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// With further values of a setting, after those that were given.
    #[must_use]
    pub fn and<V: Into<OsString>>(mut self, key: Key, values: impl IntoIterator<Item = V>) -> Self {
        let mut values = values.into_iter().map(Into::into).peekable();
        if values.peek().is_some() {
            self.given.entry(key).or_default().extend(values);
        }
        self
    }

    /// Whether there is a value for this setting.
    pub fn has(&self, key: Key) -> bool {
        self.given.contains_key(&key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, Vec<&OsStr>)> {
        self.given.iter().map(|(key, values)| (*key, values.iter().map(OsString::as_os_str).collect()))
    }

    pub(super) fn first(&self, key: Key) -> Option<&OsStr> {
        self.given.get(&key)?.first().map(OsString::as_os_str)
    }

    fn take(&mut self, settings: impl Iterator<Item = &'static Setting>, matches: &ArgMatches) {
        for setting in settings {
            let Some(flag) = setting.flag else { continue };
            let values: Vec<OsString> = matches.get_raw(flag).into_iter().flatten().map(OsStr::to_owned).collect();
            if !values.is_empty() {
                self.given.insert(setting.key, values);
            }
        }
    }
}

/// One flag as clap wants it.
fn argument(setting: &'static Setting, flag: &'static str) -> Arg {
    let help = match setting.default {
        Some(default) if !matches!(setting.kind, Kind::Switch | Kind::Proxy) => {
            format!("{} [default: {default}]", setting.help)
        }
        _ => setting.help.to_owned(),
    };
    let arg = Arg::new(flag).long(flag).value_name(setting.value).help(help).help_heading(setting.group.heading());
    let arg = setting.short.into_iter().fold(arg, Arg::short);
    let checked = move |text: &str| match read(setting.kind, &[OsStr::new(text)], &Base::default()) {
        Ok(_) => Ok(text.to_owned()),
        Err(wrong) => Err(wrong.message),
    };
    match setting.kind {
        Kind::Targets | Kind::Files if setting.flag != Some("targets") => {
            arg.action(ArgAction::Append).num_args(1..).value_parser(value_parser!(OsString))
        }
        Kind::Names | Kind::Headers | Kind::Files => {
            arg.action(ArgAction::Append).value_parser(value_parser!(OsString))
        }
        Kind::Switch => arg.num_args(0..=1).require_equals(true).default_missing_value("on").value_parser(checked),
        // clap's message repeats the value, which is harmless in these and may be a secret in the others.
        Kind::Time
        | Kind::Span
        | Kind::Size
        | Kind::Choice
        | Kind::Depth
        | Kind::Theme
        | Kind::Drawing
        | Kind::Links
        | Kind::Density => arg.value_parser(checked),
        _ => arg.value_parser(value_parser!(OsString)),
    }
}

fn arguments(command: Command, settings: impl Iterator<Item = &'static Setting>) -> Command {
    settings.filter_map(|s| Some(argument(s, s.flag?))).fold(command, Command::arg)
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.take(SETTINGS.iter(), matches);
        Ok(())
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        arguments(command, SETTINGS.iter())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The flags that mean something where the source is given already: on the configuration file, on scraping and on the
/// screen.
#[derive(Debug, Clone, Default)]
pub struct SourcelessFlags(pub Flags);

fn sourceless() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(|s| matches!(s.group, Group::Scrape | Group::Alerts | Group::Screen) || s.key == Key::Config)
}

impl FromArgMatches for SourcelessFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.take(sourceless(), matches);
        Ok(())
    }
}

impl Args for SourcelessFlags {
    fn augment_args(command: Command) -> Command {
        arguments(command, sourceless())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Flags, String> {
        let command = Flags::augment_args(Command::new("shtop"));
        let matches = command.try_get_matches_from([&["shtop"], arguments].concat()).map_err(|e| e.to_string())?;
        Flags::from_arg_matches(&matches).map_err(|e| e.to_string())
    }

    #[test]
    fn the_flags_are_a_command_line_that_clap_accepts() {
        Flags::augment_args(Command::new("shtop")).debug_assert();
        SourcelessFlags::augment_args(Command::new("demo")).debug_assert();
    }

    #[test]
    fn lists_gather_and_switches_need_no_value() {
        let flags =
            parse(&["-t", "a:1", "b:1", "--utc", "--target", "c:1", "--read-only=off", "--dns", "n:1"]).unwrap();
        let values = |key| flags.iter().find(|(k, _)| *k == key).map(|(_, v)| v).unwrap_or_default();
        assert_eq!(values(Key::Target), ["a:1", "b:1", "c:1"]);
        assert_eq!(values(Key::Utc), ["on"]);
        assert_eq!(values(Key::ReadOnly), ["off"]);
        assert_eq!(values(Key::Dns), ["n:1"]);
        assert!(!flags.is_empty() && parse(&[]).unwrap().is_empty());
    }

    #[test]
    fn a_value_that_cannot_be_read_is_claps_error() {
        let error = parse(&["--interval", "soon"]).unwrap_err();
        assert!(error.starts_with("error: ") && error.contains("write it like 30s"), "{error}");
    }

    #[test]
    fn flags_are_never_printed_with_their_values() {
        let flags = parse(&["-p", "https://u:hunter2@host", "--header", "Cookie: hunter2"]).unwrap();
        assert_eq!(format!("{flags:?}"), "{Prometheus, Header}");
    }
}
