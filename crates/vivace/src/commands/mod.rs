//! The subcommands, one file each.

mod app;
mod channel;
mod check_config;
mod demo;
mod doctor;
mod explain;
mod formats;
mod list;
mod place;
mod record;
mod relay;
mod serve;
mod stream;
mod url;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

const AFTER: &str = "Exit codes: 0 done, 1 a fault, 2 wrong usage. Start with `vivace demo`.";

/// A live video cloud in one binary.
#[derive(Debug, Parser)]
#[command(name = "vivace", version, after_help = AFTER, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::Args),
    /// Show a moving picture in the browser: a server in a temporary folder, with a clip that is pushed to it.
    Demo(demo::Args),
    /// The app and its keys.
    #[command(subcommand)]
    App(app::Command),
    /// One URL that works as it is: to push, to play, or of the page.
    #[command(subcommand)]
    Url(url::Command),
    /// Streams that the running server pulls from other servers, or pushes to them.
    #[command(subcommand)]
    Relay(relay::Command),
    /// Channels of the running server.
    #[command(subcommand)]
    Channel(channel::Command),
    /// Recordings of the running server.
    #[command(subcommand)]
    Record(record::Command),
    /// Live streams of the running server, and bans.
    #[command(subcommand)]
    Stream(stream::Command),
    /// Black and white lists of addresses of the running server.
    #[command(subcommand)]
    List(list::Command),
    /// Show every setting in effect and where it comes from, or all that is wrong.
    CheckConfig(check_config::Args),
    /// Look whether this machine is fit to serve: ports, folder, space, clock, limits, certificate, addresses.
    Doctor(doctor::Args),
    /// Tell cause and remedy of an error code.
    Explain(explain::Args),
    /// Show which codec passes through which protocol.
    Formats(formats::Args),
    /// Become another program, with limits. The server starts it so.
    #[command(hide = true)]
    Worker(worker::Args),
    /// Measure a live server: publish and play in numbers, and report delay and cost as JSON.
    Bench(crate::bench::Args),
}

/// Reads the command line and does what it says.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to stdout, a usage error to stderr; where that is closed, there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let done = match cli.command {
        Command::Bench(args) => return crate::bench::run(args),
        Command::Serve(args) => serve::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::App(command) => app::run(&command),
        Command::Url(command) => url::run(&command),
        Command::Relay(command) => relay::run(&command),
        Command::Channel(command) => channel::run(&command),
        Command::Record(command) => record::run(&command),
        Command::Stream(command) => stream::run(&command),
        Command::List(command) => list::run(&command),
        Command::CheckConfig(args) => check_config::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Formats(args) => formats::run(&args),
        Command::Worker(args) => worker::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => fault.report(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
