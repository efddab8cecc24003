//! The command `vivace`: the server, and what its operator asks of it.

mod api;
mod bench;
mod commands;
mod fault;
mod logs;
mod machine;
mod memory;
#[cfg(feature = "otel")]
mod otlp;
mod print;
mod ready;
mod reload;
mod settings;
mod stop;
mod systemd;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::main()
}
