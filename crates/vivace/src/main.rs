//! The command `vivace`: the server, and what its operator asks of it.

mod api;
mod bench;
mod commands;
mod fault;
mod logs;
mod machine;
#[cfg(feature = "otel")]
mod otlp;
mod print;
mod ready;
mod reload;
mod settings;
mod stop;
mod systemd;

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// Gives memory back when many have left, which the C library's allocator does not: docs/performance.md has the numbers.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    commands::main()
}
