use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::mpegts::Writer;

use super::lane::{Held, Lane};
use super::open::samples;

/// The segment in the making as a transport stream: its frames wait until it is whole.
#[derive(Debug, Default)]
pub(super) struct Transport {
    writer: Writer,
    video: Vec<Held>,
    audio: Vec<Held>,
    configured: bool,
    /// It begins with a segment, not within one.
    begun: bool,
}

/// Sound of this much time shares a PES packet.
const AUDIO_GROUP: MediaTime = MediaTime::from_ms(100);

impl Transport {
    /// Takes the tracks of the segments that follow. False if a codec has no place in a transport stream.
    pub(super) fn configure(&mut self, video: Option<&Lane>, audio: Option<&Lane>) -> bool {
        let given = |lane: Option<&Lane>| lane.map(|lane| (lane.config.codec, lane.config.record.clone()));
        let (video, audio) = (given(video), given(audio));
        let video = video.as_ref().map(|(codec, record)| (*codec, record.as_ref()));
        let audio = audio.as_ref().map(|(codec, record)| (*codec, record.as_ref()));
        let done = self.writer.configure(video, audio);
        if let Err(fault) = &done {
            tracing::warn!(%fault, "the stream has no form as a transport stream");
        }
        self.configured = done.is_ok();
        self.configured
    }

    pub(super) fn begin(&mut self) {
        self.video.clear();
        self.audio.clear();
        self.begun = self.configured;
    }

    pub(super) fn add(&mut self, video: &[Held], audio: &[Held]) {
        if self.begun {
            self.video.extend_from_slice(video);
            self.audio.extend_from_slice(audio);
        }
    }

    /// The whole segment's bytes; `None` if it was begun before somebody asked for it.
    pub(super) fn end(&mut self) -> Option<Bytes> {
        let (video, audio) = (std::mem::take(&mut self.video), std::mem::take(&mut self.audio));
        if !std::mem::take(&mut self.begun) {
            return None;
        }
        self.writer.begin_segment();
        let pictures = samples(&video, None, MediaTime::ZERO);
        let sound = samples(&audio, None, MediaTime::ZERO);
        let payload: usize = video.iter().chain(&audio).map(|held| held.payload.len() + 64).sum();
        let mut out = Vec::with_capacity(payload + payload / 32 + 1_024);
        let mut rest = sound.as_slice();
        let mut left_out = 0;
        for picture in &pictures {
            // Sound that is decoded before this picture goes before it, once enough has come together.
            while rest.first().is_some_and(|first| first.dts + AUDIO_GROUP <= picture.dts) {
                left_out += u32::from(!group(&mut rest, &mut self.writer, &mut out));
            }
            left_out += u32::from(self.writer.video(picture, &mut out).is_err());
        }
        while !rest.is_empty() {
            left_out += u32::from(!group(&mut rest, &mut self.writer, &mut out));
        }
        if left_out > 0 {
            tracing::warn!(left_out, "frames cannot be written as a transport stream and are left out");
        }
        Some(Bytes::from(out.into_boxed_slice()))
    }
}

/// Writes the next group of sound.
fn group(rest: &mut &[vivace_media::fmp4::Sample<'_>], writer: &mut Writer, out: &mut Vec<u8>) -> bool {
    let Some(first) = rest.first() else { return true };
    let end = first.dts + AUDIO_GROUP;
    let count = rest.partition_point(|sample| sample.dts + sample.duration <= end).max(1);
    let (now, later) = rest.split_at(count.min(rest.len()));
    *rest = later;
    writer.audio(now, out).is_ok()
}
