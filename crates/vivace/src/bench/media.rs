//! The workload that the published figures were measured with, made by ffmpeg.

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use super::fault::Fault;

/// `vivace bench media`.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// FLV file to make; one that exists is not touched
    #[arg(long)]
    out: PathBuf,
    /// Length in seconds
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(2..=3_600))]
    secs: u32,
}

/// 1080p30 test pattern with noise, so that the encoder needs its bit rate.
const PICTURE: &str = "testsrc2=size=1920x1080:rate=30,noise=alls=20:allf=t";
const SOUND: &str = "sine=frequency=440:sample_rate=44100";
/// x264 superfast, constrained baseline, no B frames, a key frame every 60 frames and nowhere else, 2.5 Mbit/s constant.
const VIDEO: [&str; 24] = [
    "-c:v",
    "libx264",
    "-preset",
    "superfast",
    "-profile:v",
    "baseline",
    "-pix_fmt",
    "yuv420p",
    "-bf",
    "0",
    "-g",
    "60",
    "-keyint_min",
    "60",
    "-sc_threshold",
    "0",
    "-b:v",
    "2500k",
    "-minrate",
    "2500k",
    "-maxrate",
    "2500k",
    "-bufsize",
    "2500k",
];
const AUDIO: [&str; 6] = ["-c:a", "aac", "-b:a", "128k", "-ac", "2"];

/// Runs ffmpeg. Its own words go to standard error.
pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    if args.out.exists() {
        return Err(Fault::Exists(args.out.clone()));
    }
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-hide_banner", "-loglevel", "warning", "-n"]);
    ffmpeg.args(["-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", SOUND, "-t", &args.secs.to_string()]);
    ffmpeg.args(VIDEO).args(AUDIO).args(["-f", "flv"]);
    // A name with a colon or a leading dash is a file too.
    let mut out = std::ffi::OsString::from("file:");
    out.push(&args.out);
    let status = ffmpeg.arg(out).stdin(Stdio::null()).stdout(Stdio::null()).status().map_err(Fault::NoFfmpeg)?;
    if status.success() { Ok(ExitCode::SUCCESS) } else { Err(Fault::Ffmpeg(status)) }
}
