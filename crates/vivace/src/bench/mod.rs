//! `vivace bench`: measures a live server from outside, over its own protocols.
//!
//! One publisher sends a file in real time with a time stamp in front of every picture; many players join, and most of
//! them let the kernel drop what they receive, so that the load is the server's and not the measurement's.

mod clip;
mod clock;
mod fault;
mod hls;
mod media;
mod percentiles;
mod play;
mod process;
mod publish;
mod push;
mod reasons;
mod stamp;
mod target;

use std::process::ExitCode;

/// What is measured, or made for a measurement.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(clap::Subcommand, Debug)]
enum Task {
    /// Publish an FLV file in real time, over and over, to one or many streams
    Publish(publish::Args),
    /// Play a stream many times and report what it costs the server and how late it arrives
    Play(play::Args),
    /// Watch an HLS stream many times and report what its playlists and segments cost the server
    Hls(hls::Args),
    /// Make the FLV file that the published figures were measured with (needs ffmpeg in PATH)
    Media(media::Args),
}

/// Runs one task. Its result is one line of JSON on standard output; everything else goes to standard error.
pub(crate) fn run(args: Args) -> ExitCode {
    let done = match args.task {
        Task::Publish(args) => publish::run(&args),
        Task::Play(args) => play::run(&args),
        Task::Hls(args) => hls::run(&args),
        Task::Media(args) => media::run(&args),
    };
    done.unwrap_or_else(|fault| {
        eprintln!("vivace bench: {fault}");
        ExitCode::FAILURE
    })
}
