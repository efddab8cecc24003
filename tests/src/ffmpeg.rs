use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::binary::{Finished, target};
use crate::{Tool, wait_some};

/// A moving test picture, 25 times a second.
pub const PICTURE: &[&str] = &["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"];
/// A tone.
pub const TONE: &[&str] = &["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"];
/// H.264 with a key frame each second or so.
pub const H264: &[&str] = &[
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-tune",
    "zerolatency",
    "-pix_fmt",
    "yuv420p",
    "-g",
    "30",
    "-bf",
    "0",
    "-threads",
    "1",
];
/// AAC.
pub const AAC: &[&str] = &["-c:a", "aac", "-b:a", "64k"];

/// Debian's ffmpeg.
pub fn ffmpeg() -> Command {
    quiet(Command::new("ffmpeg"))
}

/// An ffmpeg that knows enhanced RTMP: `VIVACE_FFMPEG_NEW`, else the one that `cargo xtask test` has prepared.
///
/// # Panics
/// There is none.
#[track_caller]
pub fn ffmpeg_new() -> Command {
    let path = std::env::var_os("VIVACE_FFMPEG_NEW").map_or_else(prepared, PathBuf::from);
    quiet(Command::new(path))
}

/// The python with the packages of `tests/requirements.txt`.
///
/// # Panics
/// It has not been prepared.
#[track_caller]
pub fn python() -> Command {
    let python = target().join("prepared/python/bin/python");
    assert!(python.is_file(), "no prepared python: run `cargo xtask test` once");
    Command::new(python)
}

fn prepared() -> PathBuf {
    let python = target().join("prepared/python/bin/python");
    let ask = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())";
    assert!(python.is_file(), "no newer ffmpeg: run `cargo xtask test` once, or set VIVACE_FFMPEG_NEW");
    PathBuf::from(Finished::of(Tool::start(Command::new(python).args(["-c", ask]))).ok().trim())
}

fn quiet(mut command: Command) -> Command {
    command.args(["-hide_banner", "-nostdin", "-nostats", "-loglevel", "info"]);
    command
}

/// Pushes the test picture with the tone, in H.264 and AAC, until it is dropped.
#[track_caller]
pub fn push(url: &str) -> Tool {
    encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC], url)
}

/// Pushes these inputs in real time with these output options.
#[track_caller]
pub fn encode(mut ffmpeg: Command, inputs: &[&[&str]], options: &[&[&str]], url: &str) -> Tool {
    for input in inputs {
        ffmpeg.arg("-re").args(*input);
    }
    Tool::start(ffmpeg.args(options.concat()).args(["-f", "flv", url]))
}

/// What ffprobe found.
#[derive(Clone, Debug)]
pub struct Probe(Vec<Value>);

impl Probe {
    /// The stream of a kind: `video`, `audio`.
    pub fn stream(&self, kind: &str) -> Option<&Value> {
        self.0.iter().find(|stream| stream["codec_type"] == kind)
    }

    /// The codec of a kind of stream.
    pub fn codec(&self, kind: &str) -> Option<&str> {
        self.stream(kind)?["codec_name"].as_str()
    }

    /// Width and height of the picture.
    pub fn size(&self) -> Option<(u64, u64)> {
        let video = self.stream("video")?;
        Some((video["width"].as_u64()?, video["height"].as_u64()?))
    }
}

/// Reads a live URL with ffprobe.
///
/// # Panics
/// ffprobe fails.
#[track_caller]
pub fn ffprobe(url: &str) -> Probe {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-of", "json", "-show_streams", "-analyzeduration", "1500000", url]);
    let said = Finished::of(Tool::start(&mut command)).ok();
    let found: Value = serde_json::from_str(&said).unwrap();
    Probe(found["streams"].as_array().unwrap().clone())
}

/// Decodes three seconds of a live URL; how many pictures there were.
///
/// # Panics
/// The bytes cannot be decoded.
#[track_caller]
pub fn count_frames(mut ffmpeg: Command, url: &str) -> u64 {
    let args = ["-xerror", "-i", url, "-t", "3", "-map", "0:v", "-f", "null", "-progress", "pipe:1", "-"];
    let said = Finished::of(Tool::start(ffmpeg.args(args))).ok();
    said.lines().rev().find_map(|line| line.strip_prefix("frame=")?.trim().parse().ok()).unwrap()
}

/// The lines in which the newer ffmpeg, which comes without ffprobe, describes the streams of a live URL.
#[track_caller]
pub fn describe_new(url: &str) -> String {
    let tool = Tool::start(ffmpeg_new().args(["-i", url, "-t", "0.5", "-f", "null", "-"]));
    let said = wait_some("the description of a stream", || {
        let said = tool.stderr();
        said.contains("Stream mapping:").then_some(said)
    });
    let input = said.split("Stream mapping:").next().unwrap_or_default();
    input.lines().filter(|line| line.contains("Stream #0:")).collect::<Vec<_>>().join("\n")
}
