//! `shtop completions`: what a shell needs to complete shtop's commands, flags and their values.

use clap::Args;
use clap_complete::{Shell, generate};

use super::Failure;
use super::answer::put;

/// Prints the completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shtop completions bash > ~/.local/share/bash-completion/completions/shtop
  shtop completions zsh > ~/.zfunc/_shtop               with fpath+=~/.zfunc before compinit
  shtop completions fish > ~/.config/fish/completions/shtop.fish
  shtop completions powershell >> $PROFILE
  shtop completions elvish > ~/.config/elvish/lib/shtop.elv

Exit status: 0 printed; 2 wrong use.")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(command: &Completions) -> Result<u8, Failure> {
    let mut script = Vec::new();
    generate(command.shell, &mut super::reference(), "shtop", &mut script);
    put(&String::from_utf8_lossy(&script))?;
    Ok(0)
}
