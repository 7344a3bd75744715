//! shtop, the on-call terminal for StreamHouse.

use std::process::ExitCode;

fn main() -> ExitCode {
    shtop::cli::main(std::env::args_os())
}
