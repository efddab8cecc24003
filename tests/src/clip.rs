use std::fs::File;
use std::io::BufReader;
use std::process::Command;

use crate::binary::Finished;
use crate::{AAC, Flv, Folder, H264, Kind, Tag, Tool, ffmpeg, ffmpeg_new};

/// A few seconds of media as FLV tags.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Headers and media, in order.
    pub tags: Vec<Tag>,
}

impl Clip {
    /// Two seconds of H.264 in this size, such as `320x180`, with AAC.
    #[track_caller]
    pub fn h264(size: &str) -> Self {
        let picture = format!("testsrc2=size={size}:rate=25");
        let mut command = ffmpeg();
        command.args(["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", "sine=sample_rate=44100"]);
        Self::encode(&mut command, &[H264, AAC])
    }

    /// Two seconds of H.264 with MP3, as another encoder sends it.
    #[track_caller]
    pub fn h264_with_mp3(size: &str) -> Self {
        let picture = format!("testsrc2=size={size}:rate=25");
        let mut command = ffmpeg();
        command.args(["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", "sine=sample_rate=44100"]);
        Self::encode(&mut command, &[H264, &["-c:a", "libmp3lame", "-b:a", "64k"]])
    }

    /// Two seconds of H.264 in this size with AAC, at this rate for both together.
    #[track_caller]
    pub fn h264_at(size: &str, kbps: u32) -> Self {
        let picture = format!("testsrc2=size={size}:rate=25,noise=alls=40:allf=t");
        let rate = format!("{}k", kbps.saturating_sub(70));
        let mut command = ffmpeg();
        command.args(["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", "sine=sample_rate=44100"]);
        let constant = ["-b:v", &rate, "-maxrate", &rate, "-bufsize", &rate, "-preset", "medium"];
        Self::encode(&mut command, &[H264, AAC, &constant])
    }

    /// Two seconds of these inputs, as H.264 with AAC.
    #[track_caller]
    pub fn of(inputs: &[&str]) -> Self {
        Self::encode(ffmpeg().args(inputs), &[H264, AAC])
    }

    /// Two seconds of HEVC, without sound, as enhanced RTMP has it.
    #[track_caller]
    pub fn hevc() -> Self {
        let mut command = ffmpeg_new();
        command.args(["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"]);
        let x265 =
            ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params", "keyint=25:bframes=0"];
        Self::encode(&mut command, &[&x265])
    }

    /// The same pictures as encoders of before enhanced RTMP send HEVC: with codec id 12.
    pub fn with_codec_id_12(mut self) -> Self {
        for tag in self.tags.iter_mut().filter(|tag| tag.kind == Kind::Video) {
            tag.body = codec_id_12(&tag.body);
        }
        self
    }

    /// Length in milliseconds.
    pub fn length_ms(&self) -> u32 {
        self.tags.iter().map(|tag| tag.time_ms).max().unwrap_or(0) + 40
    }

    fn encode(command: &mut Command, options: &[&[&str]]) -> Self {
        let folder = Folder::new();
        let file = folder.join("clip.flv");
        Finished::of(Tool::start(command.args(options.concat()).args(["-t", "2"]).arg(&file))).ok();
        let mut tags = Flv::open(BufReader::new(File::open(&file).unwrap())).whole_tags();
        tags.retain(|tag| tag.is_media() || tag.is_video_header() || tag.kind == Kind::Audio);
        assert!(tags.len() > 40, "the clip has {} tags", tags.len());
        Self { tags }
    }
}

/// From the enhanced header (frame type and packet type, FourCC) to that of annex E with codec id 12.
fn codec_id_12(body: &[u8]) -> Vec<u8> {
    assert_eq!(&body[1..5], b"hvc1");
    let head = (body[0] & 0x70) | 12;
    let rest = &body[5..];
    match body[0] & 15 {
        0 => [&[head, 0, 0, 0, 0], rest].concat(),
        // The composition offset is there already.
        1 => [&[head, 1], rest].concat(),
        3 => [&[head, 1, 0, 0, 0], rest].concat(),
        2 => vec![head, 2, 0, 0, 0],
        other => panic!("packet type {other}"),
    }
}
