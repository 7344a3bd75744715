//! Configuration: every setting from every layer, what is wrong with a file, and which credentials may go where.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "config/command.rs"]
mod command;
#[path = "config/credentials.rs"]
mod credentials;
#[path = "config/faults.rs"]
mod faults;
#[path = "config/precedence.rs"]
mod precedence;

use std::path::PathBuf;

use shtop::config::{Config, ConfigError, Environment, FileText, Flags, Input, Key};

/// What is told in one test.
#[derive(Default, Clone)]
struct Told<'a> {
    flags: Vec<(Key, &'a str)>,
    environment: Vec<(&'a str, &'a str)>,
    file: &'a str,
}

impl Told<'_> {
    fn input(&self) -> Input {
        let file = (!self.file.is_empty()).then(|| FileText {
            path: PathBuf::from("/etc/shtop/config.toml"),
            text: self.file.to_owned(),
            mode: Some(0o600),
        });
        Input {
            flags: Flags::from_pairs(self.flags.iter().copied()),
            environment: Environment::from_pairs(self.environment.iter().copied()),
            home: Some(PathBuf::from("/home/ann")),
            file,
        }
    }

    fn resolve(&self) -> Result<Config, ConfigError> {
        Config::resolve(self.input())
    }

    fn config(&self) -> Config {
        self.resolve().unwrap_or_else(|e| panic!("{e}"))
    }

    fn error(&self) -> String {
        self.resolve().expect_err("it is wrong").to_string()
    }
}

/// What a file alone comes to.
fn file(text: &str) -> Told<'_> {
    Told { file: text, ..Told::default() }
}

/// The value of a setting as it is shown, and its origin in words.
fn shown(config: &Config, name: &str) -> Option<(String, String)> {
    let setting = config.context.settings.iter().find(|s| s.name == name)?;
    Some((setting.value.clone(), setting.origin.to_string()))
}
