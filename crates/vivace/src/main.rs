//! The command `vivace`: the server, and what its operator asks of it.

mod bench;
mod commands;
mod fault;
mod logs;
mod machine;
mod print;
mod ready;
mod settings;
mod stop;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::main()
}
