//! The program as tests run it: nothing in the environment of whoever runs the tests has a say in what it does.

#![allow(dead_code, reason = "every test includes all of this file and uses a part")]

use std::ffi::OsString;
use std::process::{Command, Stdio};

/// The variables it gets, and no others. Its configuration and its state are those of nobody.
pub(crate) fn environment() -> Vec<(&'static str, OsString)> {
    let here = env!("CARGO_TARGET_TMPDIR");
    let mut all: Vec<(&str, OsString)> = vec![
        ("HOME", here.into()),
        ("XDG_CONFIG_HOME", here.into()),
        ("XDG_STATE_HOME", here.into()),
        ("TERM", "xterm-256color".into()),
        ("LANG", "C.UTF-8".into()),
        ("TZ", "UTC".into()),
    ];
    // To find other programs, and room for files, is the machine's affair.
    all.extend(["PATH", "TMPDIR"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    all
}

/// The program without a terminal, with nothing to read.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shtop"));
    command.env_clear().envs(environment()).stdin(Stdio::null());
    command
}
