//! What the program is told to do: flags, environment and file into one checked value, by a pure function. May use
//! `series`, `unit`, `layout`, `source`, `store`, `theme` and of `app` the keys.

mod address;
mod amount;
mod context;
mod file;
mod flags;
mod keys;
mod layer;
mod mask;
mod paint;
mod reach;
mod resolve;
mod setting;
pub mod show;
mod theme_file;
mod typed;
mod value;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

pub use amount::{bytes, duration};
pub use context::{Alertmanager, Context, Resolved, Scraping, Source};
pub use flags::{Flags, SourcelessFlags};
pub use layer::Origin;
pub use paint::Paint;
pub use setting::{Key, reference};
pub use theme_file::parse_theme;

use crate::app::Keymap;
use crate::layout::Density;
use crate::series::{Fault, nearest, printable};
use crate::theme::{self, Charset, Depth, Links, TerminalHints, Theme};
use layer::Layer;
use resolve::{Choice, Layers};
use setting::SETTINGS;
use value::Base;

/// Everything that the program is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// The cluster to show at first.
    pub context: Context,
    /// The screen, the same for all contexts.
    pub screen: Screen,
    /// The configuration file that was read.
    pub file: Option<PathBuf>,
    /// What the user should know, though it stops nothing; safe for the screen.
    pub remarks: Vec<String>,
    layers: Layers,
}

/// What the screen is like.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four switches that have nothing to do with each other")]
pub struct Screen {
    /// How many colours to use.
    pub color: ColorFlag,
    /// Which colours mean what.
    pub theme: ThemeFlag,
    /// Which characters are drawn with.
    pub drawing: DrawingFlag,
    /// Whether links are the terminal's to open.
    pub links: LinkFlag,
    /// How much of each panel is shown at first.
    pub density: DensityFlag,
    /// What each key does.
    pub keymap: Keymap,
    /// Whether times are in UTC instead of the local time zone.
    pub utc: bool,
    /// Whether the mouse is captured at first.
    pub mouse: bool,
    /// Whether the bell sounds when an alert begins to fire.
    pub bell: bool,
    /// Whether the desktop is told then (OSC 9).
    pub notify: bool,
}

/// What is told, by whom. Reading it is somebody else's.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The command line.
    pub flags: Flags,
    /// The environment.
    pub environment: Environment,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// The configuration file, if there is one.
    pub file: Option<FileText>,
}

/// A configuration file as read.
#[derive(Clone)]
pub struct FileText {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
    /// Its permission bits, where the system has them.
    pub mode: Option<u32>,
}

impl std::fmt::Debug for FileText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileText").field("path", &self.path).field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// The environment: the variables that are shtop's own with their values, of all others only the names.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// Keeps what is wanted of these variables.
    pub fn from_pairs<N: Into<OsString>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let keep = |(name, value): (N, V)| {
            let name = name.into().into_string().ok()?;
            let value = if name.starts_with("SHTOP_") { value.into() } else { OsString::new() };
            Some((name, value))
        };
        Self { variables: pairs.into_iter().filter_map(keep).collect() }
    }

    fn get(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).cloned()
    }

    /// Variables that look like a slip of the finger; others may be somebody else's.
    fn slips(&self) -> Vec<String> {
        let known: Vec<String> = SETTINGS.iter().flat_map(|s| [s.variable(), s.secret_variable()]).flatten().collect();
        let own = self.variables.keys().filter(|name| name.starts_with("SHTOP_") && !known.contains(name));
        let slip = |name: &String| {
            let near = nearest(&name[6..], known.iter().map(|k| &k[6..]))?;
            Some(format!("environment variable {name} is unknown; did you mean SHTOP_{near}?"))
        };
        own.filter_map(slip).collect()
    }
}

/// Where the configuration file is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub path: PathBuf,
    /// Who says so. Only a file that nobody names need not be there.
    pub origin: Origin,
}

impl Location {
    /// `--config`, else `SHTOP_CONFIG`, else `shtop/config.toml` in the folder of configuration files, if that is known.
    pub fn find(
        flags: &Flags,
        environment: &Environment,
        home: Option<PathBuf>,
        folder: Option<PathBuf>,
    ) -> Option<Self> {
        let base = Base { folder: PathBuf::new(), home };
        let named = |text: &OsStr, origin| Self { path: base.path(text), origin };
        if let Some(text) = flags.first(Key::Config) {
            return Some(named(text, Origin::Flag("config")));
        }
        if let Some(text) = environment.get("SHTOP_CONFIG").filter(|text| !text.is_empty()) {
            return Some(named(&text, Origin::Environment("SHTOP_CONFIG".to_owned())));
        }
        let path = folder?.join("shtop").join("config.toml");
        Some(Self { path, origin: Origin::Default })
    }
}

/// The configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file has faults, each with its place; at least one.
    #[error("{}", lines(.0))]
    File(Vec<Fault>),
    /// Values that cannot be read, or not together; at least one, without secrets.
    #[error("{}", .0.join("\n"))]
    Values(Vec<String>),
    /// A context that is not there.
    #[error("{}there is no context {name:?}; {hint}", by.as_ref().map(|by| format!("{by}: ")).unwrap_or_default())]
    NoContext {
        /// Its name, safe for the screen.
        name: String,
        /// Who asks for it.
        by: Option<Origin>,
        /// What there is instead.
        hint: String,
    },
}

/// Everything that is wrong with the configuration file at `path` with the content `text`; secrets are not quoted.
pub(crate) fn faults(path: &Path, text: &str) -> Vec<Fault> {
    file::parse(path, text, None).err().unwrap_or_default()
}

/// What can stand at the top of a configuration file.
pub(crate) fn top_keys() -> Vec<String> {
    file::top_keys().chain(["contexts", "keys"].map(str::to_owned)).collect()
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

impl Config {
    /// The configuration that `input` comes to. Flags win over the environment, the environment over the context, the
    /// context over the top of the file, that over the defaults.
    ///
    /// # Errors
    /// With everything that is wrong with the file, or else with everything that is wrong with flags and environment.
    pub fn resolve(input: Input) -> Result<Self, ConfigError> {
        Self::with(input, Choice::Start)
    }

    /// The same without any context: for what has a source of its own.
    ///
    /// # Errors
    /// As [`Config::resolve`].
    pub fn without_context(input: Input) -> Result<Self, ConfigError> {
        Self::with(input, Choice::Nothing)
    }

    fn with(input: Input, choice: Choice<'_>) -> Result<Self, ConfigError> {
        let Input { flags, environment, home, file } = input;
        let mut remarks = environment.slips();
        let mut layers = Layers { defaults: Layer::defaults(), ..Layers::default() };
        if let Some(file) = &file {
            layers.file = file::parse(&file.path, &file.text, home.clone()).map_err(ConfigError::File)?;
            if let Some(mode) = file.mode.filter(|mode| layers.file.secrets && is_exposed(*mode)) {
                let path = file.path.display();
                remarks.push(format!(
                    "{path} holds secrets and others may read it (mode {:04o}): chmod 600 {path}",
                    mode & 0o7777
                ));
            }
        }
        let base = Base { folder: PathBuf::new(), home };
        let mut wrong = Vec::new();
        layers.flags = Layer::from_flags(&flags, &base, &mut wrong);
        layers.environment = Layer::from_environment(&|name| environment.get(name), &base, &mut wrong);
        if !wrong.is_empty() {
            return Err(ConfigError::Values(wrong));
        }
        layers.variables = environment.variables.into_keys().collect();
        let context = layers.resolve(choice)?;
        Ok(Self { context, screen: layers.screen(), file: file.map(|f| f.path), remarks, layers })
    }

    /// The names of all contexts, sorted, safe for the screen.
    pub fn contexts(&self) -> impl Iterator<Item = &str> {
        self.layers.file.contexts.keys().map(String::as_str)
    }

    /// The context `name`, to switch to. Of flags and environment it gets what is meant for any source; what they say
    /// about a source and how to reach it was given for the one that shtop began with, and stays with that.
    ///
    /// # Errors
    /// There is no such context, or it is incomplete.
    pub fn context(&self, name: &str) -> Result<Context, ConfigError> {
        if self.context.name.as_deref() == Some(name) {
            return Ok(self.context.clone());
        }
        self.layers.resolve(Choice::Named(name))
    }
}

/// Whether a file with these permission bits can be read by others than its owner.
fn is_exposed(mode: u32) -> bool {
    mode & 0o044 != 0
}

/// The word for one of a few values on the command line.
fn flag_value<T: ValueEnum>(flag: &T) -> String {
    flag.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// How many colours to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorFlag {
    /// As `NO_COLOR`, `COLORTERM` and `TERM` say.
    Auto,
    /// 24 bits.
    True,
    /// 256.
    #[value(name = "256")]
    Indexed,
    /// 16.
    #[value(name = "16")]
    Ansi,
    /// None.
    None,
}

impl ColorFlag {
    /// The depth: as the flag says, else as the environment does.
    pub fn depth(self, hints: &TerminalHints) -> Depth {
        match self {
            Self::Auto => Depth::detect(hints),
            Self::True => Depth::TrueColor,
            Self::Indexed => Depth::Indexed,
            Self::Ansi => Depth::Ansi,
            Self::None => Depth::None,
        }
    }
}

/// Which characters to draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DrawingFlag {
    /// As `TERM` and the locale say.
    Auto,
    /// Lines, blocks and braille.
    Unicode,
    /// ASCII alone.
    Ascii,
}

impl DrawingFlag {
    /// The characters: as the flag says, else as the environment does.
    pub fn charset(self, term: Option<&str>, locale: Option<&str>) -> Charset {
        match self {
            Self::Auto => Charset::suited(term, locale),
            Self::Unicode => Charset::Unicode,
            Self::Ascii => Charset::Ascii,
        }
    }
}

/// Which colours mean what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThemeFlag {
    /// What suits the terminal's ground, as far as `COLORFGBG` tells.
    Auto,
    /// The built-in theme of this name, one of [`theme::NAMES`].
    Named(&'static str),
    /// The theme in this file.
    File(PathBuf),
}

impl ThemeFlag {
    /// Reads `auto`, the name of a theme, or the path of a file: what ends in `.toml` or has a slash.
    ///
    /// # Errors
    /// In words: what would do.
    pub(crate) fn parse(word: &str, path: impl Fn(&str) -> PathBuf) -> Result<Self, String> {
        let word = word.trim();
        if word.contains('/') || Path::new(word).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
            return Ok(Self::File(path(word)));
        }
        if word.eq_ignore_ascii_case("auto") {
            return Ok(Self::Auto);
        }
        if let Some(name) = theme::NAMES.iter().find(|name| word.eq_ignore_ascii_case(name)) {
            return Ok(Self::Named(name));
        }
        let near = nearest(word, theme::NAMES.into_iter().chain(["auto"]));
        let near = near.map(|near| format!(" did you mean {near}?")).unwrap_or_default();
        let (last, others) = theme::NAMES.split_last().unwrap_or((&"", &[]));
        Err(format!(
            "{:?} is no theme;{near} Write auto, {}, {last}, or the path of a theme file",
            printable(word),
            others.join(", ")
        ))
    }

    /// The built-in theme: as the flag says, else as the environment's `COLORFGBG` does. `None` for a file, which has to
    /// be read first.
    pub fn builtin(&self, depth: Depth, colorfgbg: Option<&str>) -> Option<Theme> {
        let name = match self {
            Self::Auto => theme::suited(colorfgbg),
            Self::Named(name) => name,
            Self::File(_) => return None,
        };
        Theme::named(name, depth)
    }
}

/// How much of each panel is shown at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DensityFlag {
    /// What suits the size of the terminal.
    Auto,
    /// A line.
    Rows,
    /// A part of the grid.
    Grid,
    /// A tile to be read from across a room.
    Wall,
}

impl DensityFlag {
    /// The density; `None` for what suits the size of the terminal.
    pub const fn density(self) -> Option<Density> {
        match self {
            Self::Auto => None,
            Self::Rows => Some(Density::Rows),
            Self::Grid => Some(Density::Grid),
            Self::Wall => Some(Density::Wall),
        }
    }
}

impl std::fmt::Display for ThemeFlag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Named(name) => f.write_str(name),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// Whether links are the terminal's to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LinkFlag {
    /// Where the terminal is known to have them.
    Auto,
    /// Always.
    #[value(aliases = ["true", "yes", "1"])]
    On,
    /// Never.
    #[value(aliases = ["false", "no", "0"])]
    Off,
}

impl LinkFlag {
    /// What becomes of links: as the flag says, else as the environment does; `variable` gives a variable's value.
    pub fn links(self, variable: impl Fn(&str) -> Option<String>) -> Links {
        match self {
            Self::Auto => Links::detect(variable),
            Self::On => Links::Live,
            Self::Off => Links::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(no_color: Option<&str>) -> TerminalHints {
        TerminalHints {
            no_color: no_color.map(str::to_owned),
            colorterm: None,
            term: Some("xterm-256color".to_owned()),
        }
    }

    #[test]
    fn a_color_flag_wins_over_the_environment() {
        assert_eq!(ColorFlag::Auto.depth(&hints(Some("1"))), Depth::None);
        assert_eq!(ColorFlag::True.depth(&hints(Some("1"))), Depth::TrueColor);
        assert_eq!(ColorFlag::Auto.depth(&hints(None)), Depth::Indexed);
    }

    #[test]
    fn a_theme_is_named_or_suits_the_ground() {
        let parse = |word: &str| ThemeFlag::parse(word, |path| PathBuf::from(path)).unwrap();
        let theme = |word: &str, ground| parse(word).builtin(Depth::Indexed, ground).unwrap();
        assert_eq!(theme("auto", Some("0;15")), Theme::named("light", Depth::Indexed).unwrap());
        assert_eq!(theme("auto", None), Theme::dark(Depth::Indexed));
        assert_eq!(theme("Dark", Some("0;15")), Theme::dark(Depth::Indexed));
        assert!(theme::NAMES.iter().all(|name| parse(name).to_string() == *name));
        assert_eq!(parse("mine.toml"), ThemeFlag::File(PathBuf::from("mine.toml")));
        assert_eq!(parse("./dark"), ThemeFlag::File(PathBuf::from("./dark")));
        assert_eq!(parse("mine.toml").builtin(Depth::Indexed, None), None);
    }

    #[test]
    fn links_are_as_said_or_as_the_terminal_is() {
        let kitty = |name: &str| (name == "TERM").then(|| "xterm-kitty".to_owned());
        let links = |flag: LinkFlag| flag.links(kitty);
        assert_eq!(links(LinkFlag::Auto), Links::Live);
        assert_eq!((links(LinkFlag::On), links(LinkFlag::Off)), (Links::Live, Links::Plain));
        assert_eq!(LinkFlag::Auto.links(|_| None), Links::Plain);
    }

    #[test]
    fn every_density_that_can_be_asked_for_has_a_flag_of_its_name() {
        let flags: Vec<_> = DensityFlag::value_variants().iter().map(|f| (flag_value(f), f.density())).collect();
        let known = Density::NAMES.iter().map(|&(name, density)| (name.to_owned(), Some(density)));
        let wanted: Vec<_> = [("auto".to_owned(), None)].into_iter().chain(known).collect();
        assert_eq!(flags, wanted);
    }

    #[test]
    fn a_file_is_exposed_when_group_or_others_may_read_it() {
        for (mode, exposed) in [(0o600, false), (0o100_644, true), (0o640, true), (0o604, true), (0o711, false)] {
            assert_eq!(is_exposed(mode), exposed, "{mode:o}");
        }
    }
}
