//! Help that fits on one page: a command's own flags and where its data comes from; the flags that all commands share are in
//! `shtop help COMMAND` and in the manual.

use clap::{Arg, ArgAction, Command};

/// Flags under this heading are what a command is mostly used with.
const SOURCE: &str = "Where the data comes from";

/// Commands that are mostly used with others.
const INSTEAD: &[(&str, &[&str])] =
    &[("runbook", &["Rules and runbooks"]), ("demo", &[SOURCE, "The screen"]), ("snapshot", &[SOURCE, "The screen"])];

/// The command line with one page of help for each subcommand. shtop's own page has all flags: it is the place to look
/// them up.
pub(super) fn pages(command: Command) -> Command {
    let path = command.get_name().to_owned();
    subcommands(command, &path)
}

fn subcommands(mut command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(&name, |sub| subcommands(page(sub, &path), &path));
    }
    command
}

fn page(command: Command, path: &str) -> Command {
    let name = command.get_name();
    let kept = INSTEAD.iter().find(|(other, _)| *other == name).map_or(&[SOURCE][..], |(_, kept)| kept);
    let shared = |arg: &Arg| arg.get_help_heading().is_some_and(|heading| !kept.contains(&heading));
    let explained = |arg: &Arg| arg.get_possible_values().iter().any(|value| value.get_help().is_some());
    let more = command.get_arguments().any(|arg| shared(arg) || explained(arg)).then(|| further(path));
    let after =
        command.get_after_help().map(ToString::to_string).into_iter().chain(more).collect::<Vec<_>>().join("\n\n");
    let help = Arg::new("help").short('h').long("help").action(ArgAction::HelpShort).help("Print help");
    command
        .mut_args(|arg| if shared(&arg) { arg.hide_short_help(true) } else { arg })
        .disable_help_flag(true)
        .arg(help)
        .after_help(after)
}

/// `shtop config show` is explained by `shtop help config show`.
fn further(path: &str) -> String {
    let (program, command) = path.split_once(' ').unwrap_or((path, ""));
    format!("All flags, and what their values mean: {program} help {command}")
}
