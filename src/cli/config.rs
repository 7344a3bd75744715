//! `shtop config`: what the configuration comes to and where it lies; and how every other command reads it.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use etcetera::BaseStrategy as _;

use super::answer::{Document, Format, SCHEMA, json, put, remark, time};
use super::{Failure, opening};
use crate::config::{Config, ConfigError, Environment, FileText, Flags, Input, Key, Location, Origin, show};
use crate::runtime::system_clock;
use crate::series::printable;

/// Shows what flags, environment and configuration file come to.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop config show --context prod
  shtop config contexts
  shtop config path

Exit status: 0 printed; 2 wrong use, or a configuration that cannot be used.")]
pub(super) struct ConfigCommand {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Every setting with its value and who says so; secrets are masked
    Show(Show),
    /// The contexts, the one in use marked with *
    #[command(after_help = "Examples:
  shtop config contexts
  shtop config contexts --config team.toml

Exit status: 0 printed; 2 wrong use, or a configuration that cannot be used.")]
    Contexts(Plain),
    /// Everything that keys do, by the names that the table `[keys]` has for it
    #[command(after_help = "Examples:
  shtop config keys
  shtop config keys | grep silence

Exit status: 0 printed; 2 wrong use, or a configuration that cannot be used.")]
    Keys(Plain),
    /// Where the configuration file is, or would be
    #[command(after_help = "Examples:
  shtop config path
  vi \"$(shtop config path)\"

Exit status: 0 printed; 2 wrong use, or no home directory to look in.")]
    Path(Plain),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop config show
  shtop config show --context prod --format json
  SHTOP_JOB=streamhouse shtop config show              who says what, the environment too

Exit status: 0 printed; 2 wrong use, or a configuration that cannot be used.")]
struct Show {
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Args)]
struct Plain {
    #[command(flatten)]
    flags: Flags,
}

/// The context that a command takes something of which needs no source. Only who names one has the configuration read: files
/// that are written and checked are the same for everybody.
#[derive(Debug, Args)]
pub(super) struct Told {
    /// A context of the configuration file to take what there is of it
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// The configuration file, instead of the usual one
    #[arg(long, value_name = "FILE", requires = "context")]
    config: Option<PathBuf>,
}

impl Told {
    /// What the context comes to; `None` where none is named.
    pub(super) fn config(&self) -> Result<Option<Config>, Failure> {
        let Some(context) = &self.context else { return Ok(None) };
        let config = self.config.iter().map(|file| (Key::Config, file.clone().into_os_string()));
        let flags = Flags::from_pairs([(Key::Context, context.into())].into_iter().chain(config));
        load_telling(&flags, Config::resolve).map(Some)
    }
}

impl ConfigCommand {
    pub(super) fn is_json(&self) -> bool {
        matches!(&self.question, Question::Show(show) if show.format == Format::Json)
    }
}

pub(super) fn run(command: &ConfigCommand) -> Result<u8, Failure> {
    let words = match &command.question {
        Question::Show(show) => {
            let config = load(&show.flags, Config::resolve)?;
            match show.format {
                Format::Text => show::text(&config),
                Format::Json => json(&Document {
                    schema: SCHEMA,
                    kind: "config",
                    at: time(system_clock()()),
                    source: None,
                    remarks: show::notes(&config),
                    body: show::json(&config),
                })?,
            }
        }
        Question::Contexts(plain) => {
            let config = load(&plain.flags, Config::resolve)?;
            if config.contexts().next().is_none() {
                remark("there are no contexts: shtop config path tells where they would be");
            }
            show::contexts(&config)
        }
        Question::Keys(plain) => show::key_names(&load(&plain.flags, Config::resolve)?),
        Question::Path(plain) => {
            let (location, _) = locate(&plain.flags, &environment());
            let location = location.ok_or_else(|| Failure::Usage(NOWHERE.to_owned()))?;
            format!("{}\n", printable(&location.path.display().to_string()))
        }
    };
    put(&words)?;
    Ok(0)
}

const NOWHERE: &str = "there is no home directory to look for a configuration file in; give --config FILE";

/// What `resolve` makes of the flags, this process' environment and the configuration file.
pub(super) fn load(flags: &Flags, resolve: impl Fn(Input) -> Result<Config, ConfigError>) -> Result<Config, Failure> {
    let environment = environment();
    let (location, home) = locate(flags, &environment);
    let file = location.map(read).transpose()?.flatten();
    let input = Input { flags: flags.clone(), environment, home, file };
    resolve(input).map_err(|e| Failure::Usage(e.to_string()))
}

/// What [`load`] gives, its remarks told on standard error, before a screen takes the terminal.
pub(super) fn load_telling(
    flags: &Flags,
    resolve: impl Fn(Input) -> Result<Config, ConfigError>,
) -> Result<Config, Failure> {
    let config = load(flags, resolve)?;
    config.remarks.iter().for_each(|words| remark(words));
    Ok(config)
}

fn environment() -> Environment {
    Environment::from_pairs(std::env::vars_os())
}

fn locate(flags: &Flags, environment: &Environment) -> (Option<Location>, Option<PathBuf>) {
    let folders = etcetera::choose_base_strategy().ok();
    let home = folders.as_ref().map(|f| f.home_dir().to_path_buf());
    (Location::find(flags, environment, home.clone(), folders.map(|f| f.config_dir())), home)
}

/// Larger files are no configuration.
const LARGEST: u64 = 1 << 20;

fn read(location: Location) -> Result<Option<FileText>, Failure> {
    let Location { path, origin } = location;
    let refuse = |reason: String| Failure::Usage(format!("cannot read configuration {}: {reason}", path.display()));
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound && origin == Origin::Default => return Ok(None),
        Err(error) => return Err(refuse(error.to_string())),
    };
    let text = opening::bytes(&path, LARGEST).and_then(opening::utf8).map_err(|e| refuse(e.to_string()))?;
    Ok(Some(FileText { mode: mode(&metadata), path, text }))
}

/// The permission bits, where the system has them.
fn mode(metadata: &fs::Metadata) -> Option<u32> {
    #[cfg(unix)]
    let mode = Some(std::os::unix::fs::MetadataExt::mode(metadata));
    #[cfg(not(unix))]
    let mode = metadata.permissions().readonly().then_some(0);
    mode
}
