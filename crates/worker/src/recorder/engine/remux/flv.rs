use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::flv::{TAG_OVERHEAD_BYTES, TagKind, body_header, file_header, tag_kind, write_tag};
use vivace_media::fmp4::{InputSample, Reader};
use vivace_media::{Codec, Frame, FrameKind, amf, flv};

use super::interleave::interleaved;
use super::timeline::Timeline;
use super::{Indexed, RemuxFault, alike};

/// Tags in order of decoding time, with an index of the key frames in front.
#[derive(Debug, Default)]
pub(super) struct Flv {
    reader: Option<Reader>,
    /// The sequence headers have not been written since the configuration changed.
    headers_due: bool,
    /// Which becomes 0.
    begin: Option<MediaTime>,
    timeline: Timeline,
    /// The tags of frames.
    body_bytes: u64,
    end_ms: u32,
    last_ms: u32,
    keys: Keys,
    /// What the head tells of the first configuration.
    described: Described,
}

#[derive(Debug, Default)]
struct Described {
    video: Option<(Codec, (u16, u16))>,
    audio: Option<(Codec, u32, u8)>,
}

/// The key frames: time and place. Of very many, every second one is forgotten, as often as need be.
#[derive(Debug, Default)]
pub(super) struct Keys {
    kept: Vec<(u32, u64)>,
    /// One of so many is kept, as a power of two.
    thinned: u32,
    seen: u64,
    last_ms: u32,
}

/// What players read in well under a second, and 45 hours of a key frame every five seconds.
const KEYS_MAX: usize = 1 << 15;

impl Flv {
    pub(super) fn init(&mut self, reader: Reader) -> Result<(), RemuxFault> {
        let same = self.reader.as_ref().is_some_and(|before| alike(before, &reader));
        self.headers_due |= !same;
        for track in reader.tracks().iter().map(vivace_media::fmp4::InputTrack::track) {
            if track.is_video() {
                self.described.video.get_or_insert((track.codec(), track.size()));
            } else {
                self.described.audio.get_or_insert((track.codec(), track.timescale(), track.channels()));
            }
        }
        self.reader = Some(reader);
        Ok(())
    }

    pub(super) fn index(&mut self, part: &Bytes) -> Result<(), RemuxFault> {
        let mut header = Vec::new();
        self.tags(part, |flv, frame, timestamp_ms, duration| {
            header.clear();
            body_header(frame, &mut header);
            let body_bytes = header.len().saturating_add(frame.payload.len());
            if body_bytes > TAG_BODY_BYTES_MAX {
                return Err(flv::Fault::TagTooLong { kind: tag_kind(frame), bytes: body_bytes }.into());
            }
            if frame.kind == FrameKind::Video && frame.key {
                flv.keys.add(timestamp_ms, flv.body_bytes);
            }
            flv.body_bytes = flv.body_bytes.saturating_add((body_bytes + TAG_OVERHEAD_BYTES) as u64);
            flv.last_ms = flv.last_ms.max(timestamp_ms);
            flv.end_ms = flv.end_ms.max(timestamp_ms.saturating_add(duration));
            Ok(())
        })
    }

    pub(super) fn finish(&mut self) -> Result<Indexed, RemuxFault> {
        if self.begin.is_none() {
            return Err(RemuxFault::Empty);
        }
        // Numbers have a fixed length, so the tag is as long with the right ones.
        let tag_bytes = self.metadata_tag(0)?.len();
        let mut head = file_header(self.described.audio.is_some(), self.described.video.is_some()).to_vec();
        let head_bytes = (head.len() + tag_bytes) as u64;
        head.extend_from_slice(&self.metadata_tag(head_bytes)?);
        // The second pass begins as the first did.
        (self.headers_due, self.reader, self.timeline) = (true, None, Timeline::default());
        let bytes = head_bytes.saturating_add(self.body_bytes);
        self.keys = Keys::default();
        Ok(Indexed { head: head.into(), bytes, duration: MediaTime::from_ms(i64::from(self.end_ms)) })
    }

    pub(super) fn write(&mut self, part: &Bytes, out: &mut Vec<u8>) -> Result<(), RemuxFault> {
        out.reserve(part.len());
        self.tags(part, |_, frame, timestamp_ms, _| Ok(write_tag(frame, timestamp_ms, out)?))
    }

    /// Gives the tags of a part, sequence headers first where the configuration is new, with timestamp and duration in
    /// milliseconds.
    fn tags(
        &mut self,
        part: &Bytes,
        mut give: impl FnMut(&mut Self, &Frame, u32, u32) -> Result<(), RemuxFault>,
    ) -> Result<(), RemuxFault> {
        let mut reader = self.reader.take().ok_or(RemuxFault::NoInit)?;
        let samples = interleaved(&mut reader, part);
        let done = samples.map_err(RemuxFault::from).and_then(|samples| {
            let Some(first) = samples.first() else { return Ok(()) };
            let begin = *self.begin.get_or_insert(first.dts) - self.timeline.begin_part(first);
            if std::mem::take(&mut self.headers_due) {
                let at = milliseconds(first.dts - begin);
                for header in reader.tracks().iter().filter_map(|track| track.header(MediaTime::ZERO)) {
                    give(self, &header, at, 0)?;
                }
            }
            for sample in &samples {
                self.timeline.note(sample);
                let Some(track) = reader.tracks().get(sample.track) else { continue };
                let frame = frame(sample, track.track().codec(), begin, part);
                let duration = milliseconds(sample.duration);
                give(self, &frame, milliseconds(sample.dts - begin), duration)?;
            }
            Ok(())
        });
        self.reader = Some(reader);
        done
    }

    /// The tag of `onMetaData`, with the places of key frames moved by `head_bytes`.
    fn metadata_tag(&self, head_bytes: u64) -> Result<Vec<u8>, RemuxFault> {
        let mut payload = Vec::new();
        amf::encode_str(&mut payload, "onMetaData");
        amf::encode_ecma_array(&mut payload, |object| self.metadata(head_bytes, object));
        let (dts, cts) = (MediaTime::ZERO, MediaTime::ZERO);
        let kind = FrameKind::Metadata;
        let frame = Frame { kind, codec: None, dts, cts, key: false, payload: payload.into() };
        debug_assert_eq!(tag_kind(&frame), TagKind::Script);
        let mut out = Vec::new();
        write_tag(&frame, 0, &mut out)?;
        Ok(out)
    }

    fn metadata(&self, head_bytes: u64, object: &mut amf::ObjectEncoder<'_>) {
        object.number("duration", seconds(self.end_ms));
        object.number("filesize", head_bytes.saturating_add(self.body_bytes) as f64);
        object.bool("hasVideo", self.described.video.is_some()).bool("hasAudio", self.described.audio.is_some());
        if let Some((codec, (width, height))) = self.described.video {
            object.number("width", f64::from(width)).number("height", f64::from(height));
            object.number("videocodecid", video_id(codec));
        }
        if let Some((codec, sample_rate, channels)) = self.described.audio {
            object.number("audiosamplerate", f64::from(sample_rate)).bool("stereo", channels > 1);
            object.number("audiocodecid", audio_id(codec));
        }
        object.number("lasttimestamp", seconds(self.last_ms));
        object.bool("canSeekToEnd", false).bool("hasKeyframes", !self.keys.kept.is_empty());
        if self.keys.kept.is_empty() {
            return;
        }
        object.number("lastkeyframetimestamp", seconds(self.keys.last_ms));
        let times = self.keys.kept.iter().map(|(ms, _)| amf::Value::Number(seconds(*ms)));
        let places = self.keys.kept.iter().map(|(_, at)| amf::Value::Number(at.saturating_add(head_bytes) as f64));
        let (times, places) = (amf::Value::StrictArray(times.collect()), amf::Value::StrictArray(places.collect()));
        object.object("keyframes", |object| {
            object.value("times", &times).value("filepositions", &places);
        });
    }
}

impl Keys {
    #[cfg(test)]
    pub(super) fn kept(&self) -> &[(u32, u64)] {
        &self.kept
    }

    pub(super) fn add(&mut self, ms: u32, at: u64) {
        self.last_ms = ms;
        if self.seen & ((1 << self.thinned) - 1) == 0 {
            self.kept.push((ms, at));
        }
        self.seen += 1;
        if self.kept.len() >= KEYS_MAX {
            let mut place = 0usize;
            self.kept.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.thinned += 1;
        }
    }
}

/// A tag says the length of its body in 24 bits.
const TAG_BODY_BYTES_MAX: usize = 0xFF_FFFF;

/// The frame with its times as a tag can hold them, counted from the begin.
fn frame(sample: &InputSample, codec: Codec, begin: MediaTime, part: &Bytes) -> Frame {
    let video = codec.is_video();
    let dts = nearest(sample.dts - begin);
    Frame {
        kind: if video { FrameKind::Video } else { FrameKind::Audio },
        codec: Some(codec),
        dts,
        cts: nearest(sample.dts + sample.cts - begin) - dts,
        key: video && sample.key,
        payload: part.slice(sample.at..sample.at.saturating_add(sample.bytes)),
    }
}

/// The nearest whole millisecond: times that were whole ones may have been rounded to the time scale of a track.
fn nearest(time: MediaTime) -> MediaTime {
    let half = MediaTime::from_ticks(MediaTime::HZ / 2_000);
    MediaTime::from_ms((time + half).ms())
}

/// A time in milliseconds of 32 bits, which start over after 49.7 days.
fn milliseconds(time: MediaTime) -> u32 {
    nearest(time).ms().max(0) as u32
}

fn seconds(ms: u32) -> f64 {
    f64::from(ms) / 1_000.0
}

/// `videocodecid`: the number of annex E.4.3.1, or the FourCC of the enhanced header.
fn video_id(codec: Codec) -> f64 {
    match codec {
        Codec::Hevc => fourcc(b"hvc1"),
        Codec::Av1 => fourcc(b"av01"),
        Codec::Vp9 => fourcc(b"vp09"),
        _ => 7.0,
    }
}

/// `audiocodecid`: the number of annex E.4.2.1, or the FourCC of the enhanced header.
fn audio_id(codec: Codec) -> f64 {
    match codec {
        Codec::Mp3 => 2.0,
        Codec::G711A => 7.0,
        Codec::G711U => 8.0,
        Codec::Opus => fourcc(b"Opus"),
        _ => 10.0,
    }
}

fn fourcc(code: &[u8; 4]) -> f64 {
    f64::from(u32::from_be_bytes(*code))
}
