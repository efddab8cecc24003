use std::collections::BTreeSet;

use vivace_base::MediaTime;

use super::pictures::Pictures;
use super::sounds::Sounds;
use super::{Fault, PACKET_BYTES, Reader, TIME_MASK, Unit};
use crate::{Codec, Frame};

/// Makes frames of transport streams that strangers have cut into segments: the first track of pictures and the first one
/// of sound whose codecs are carried. Each segment has tables of its own (RFC 8216, 3.2); what was configured and the
/// clock go on over them.
#[derive(Debug)]
pub struct Demuxer {
    pes_bytes_max: usize,
    frames_max: usize,
    video: Option<(Codec, Pictures)>,
    audio: Option<(Codec, Sounds)>,
    clock: Unwrap,
    left_out: u64,
}

/// What a segment holds beside what it is made of.
struct Picked {
    video: Option<(u16, Codec)>,
    audio: Option<(u16, Codec)>,
}

impl Demuxer {
    /// One that takes PES packets of at most `pes_bytes_max` bytes and segments of at most `frames_max` frames.
    pub const fn new(pes_bytes_max: usize, frames_max: usize) -> Self {
        Self { pes_bytes_max, frames_max, video: None, audio: None, clock: Unwrap { last: None }, left_out: 0 }
    }

    /// Packets and PES packets that were left out since they are damaged.
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// From now on times do not follow those before.
    pub const fn discontinuity(&mut self) {
        self.clock.last = None;
    }

    /// The frames of a segment, whose tables may stand in `init`; those of each track in the order of their decoding.
    ///
    /// # Errors
    /// [`Fault::Sync`], [`Fault::NoMap`], [`Fault::StreamType`], [`Fault::Scrambled`], [`Fault::Frames`]: there is nothing
    /// in it that could be taken. Damage to single packets costs only the frames that it is in.
    pub fn segment(&mut self, init: &[u8], data: &[u8]) -> Result<Vec<Frame>, Fault> {
        if data.first() != Some(&0x47) {
            return Err(Fault::Sync);
        }
        let mut reader = Reader::new(self.pes_bytes_max);
        let mut frames = Vec::new();
        let mut scrambled = false;
        for packet in init.chunks_exact(PACKET_BYTES).chain(data.chunks_exact(PACKET_BYTES)) {
            match reader.packet(packet) {
                Ok(told) => {
                    if let Some(unit) = told.unit {
                        self.unit(&reader, unit, &mut frames);
                    }
                }
                Err(fault) => {
                    scrambled |= fault == Fault::Scrambled;
                    self.left_out += 1;
                }
            }
            if frames.len() > self.frames_max {
                return Err(Fault::Frames(self.frames_max));
            }
        }
        for unit in reader.finish() {
            match unit {
                Ok(unit) => self.unit(&reader, unit, &mut frames),
                Err(_) => self.left_out += 1,
            }
        }
        self.end(&mut frames);
        if frames.len() > self.frames_max {
            return Err(Fault::Frames(self.frames_max));
        }
        if frames.is_empty() {
            return Err(why_nothing(&reader, scrambled));
        }
        Ok(frames)
    }

    fn end(&mut self, frames: &mut Vec<Frame>) {
        if let Some((_, pictures)) = &mut self.video {
            pictures.end(&mut |frame| frames.push(frame));
        }
        if let Some((_, sounds)) = &mut self.audio {
            sounds.reset();
        }
    }

    fn unit(&mut self, reader: &Reader, unit: Unit, frames: &mut Vec<Frame>) {
        let Picked { video, audio } = pick(reader);
        let give = &mut |frame| frames.push(frame);
        if let Some((_, codec)) = video.filter(|(pid, _)| *pid == unit.pid) {
            let pts = unit.pts.map(|pts| self.clock.time(unit.dts.unwrap_or(pts), pts));
            let pictures = of_codec(&mut self.video, codec, Pictures::new);
            pictures.add(pts, unit.payload, self.pes_bytes_max, give);
        } else if let Some((_, codec)) = audio.filter(|(pid, _)| *pid == unit.pid) {
            let pts = unit.pts.map(|pts| self.clock.time(pts, pts).1);
            of_codec(&mut self.audio, codec, Sounds::new).add(pts, &unit.payload, give);
        }
    }
}

/// What makes frames of a track, made anew if its codec has changed.
fn of_codec<T>(place: &mut Option<(Codec, T)>, codec: Codec, make: impl FnOnce(Codec) -> T) -> &mut T {
    if place.as_ref().is_some_and(|(before, _)| *before != codec) {
        *place = None;
    }
    &mut place.get_or_insert_with(|| (codec, make(codec))).1
}

/// The first track of each kind whose codec is carried.
fn pick(reader: &Reader) -> Picked {
    let tracks = || reader.tracks().filter_map(|(pid, stream_type)| Some((pid, codec_of(stream_type)?)));
    Picked { video: tracks().find(|(_, codec)| codec.is_video()), audio: tracks().find(|(_, codec)| !codec.is_video()) }
}

/// ISO/IEC 13818-1, table 2-34. MPEG audio of other layers than III is found out by its frames.
const fn codec_of(stream_type: u8) -> Option<Codec> {
    match stream_type {
        0x1b => Some(Codec::H264),
        0x24 => Some(Codec::Hevc),
        0x0f => Some(Codec::Aac),
        0x03 | 0x04 => Some(Codec::Mp3),
        _ => None,
    }
}

fn why_nothing(reader: &Reader, scrambled: bool) -> Fault {
    /// Tracks of encrypted samples, as HLS numbers them (MPEG-2 Stream Encryption Format for HLS, 2.4.1).
    const ENCRYPTED: [u8; 4] = [0xdb, 0xcf, 0xc1, 0xc2];
    let types: BTreeSet<u8> = reader.tracks().map(|(_, stream_type)| stream_type).collect();
    if scrambled || types.iter().any(|stream_type| ENCRYPTED.contains(stream_type)) {
        return Fault::Scrambled;
    }
    match reader.tracks().next() {
        None => Fault::NoMap,
        Some((_, first)) if types.iter().all(|stream_type| codec_of(*stream_type).is_none()) => {
            Fault::StreamType(first)
        }
        Some(_) => Fault::Truncated,
    }
}

/// Follows times of 33 bits past their end (26.5 hours), either way.
#[derive(Debug)]
struct Unwrap {
    /// The newest decoding time.
    last: Option<i64>,
}

impl Unwrap {
    /// Decoding and presentation time on one line that goes on.
    fn time(&mut self, dts: u64, pts: u64) -> (MediaTime, MediaTime) {
        let dts = match self.last {
            None => (dts & TIME_MASK).cast_signed(),
            Some(last) => nearest(dts, last),
        };
        self.last = Some(dts);
        (MediaTime::from_ticks(dts), MediaTime::from_ticks(nearest(pts, dts)))
    }
}

/// The time of these 33 bits that is nearest to another one.
const fn nearest(bits: u64, to: i64) -> i64 {
    const SPAN: i64 = 1 << 33;
    let step = (bits.cast_signed().wrapping_sub(to)).rem_euclid(SPAN);
    to.saturating_add(if step >= SPAN / 2 { step - SPAN } else { step })
}

#[cfg(test)]
mod tests;
