use vivace_base::MediaTime;

use super::annexb::AnnexB;
use super::packets::{Opening, Packets, clock_only};
use super::psi::{self, Listed};
use super::{Fault, PID_AUDIO, PID_VIDEO, TIME_MASK};
use crate::aac::{AdtsHeader, AudioSpecificConfig};
use crate::fmp4::Sample;
use crate::{Codec, mp3};

/// Writes one program. Continuity counters and the tables' version go on over segments and changes of configuration.
///
/// The tables stand before each key frame and again when they are 400 ms old. The clock stands in the first packet of
/// each picture (of each PES packet of sound, if there is no picture), and where these are rare in packets of its own: every
/// 40 ms while there is sound beside pictures, and every 100 ms at least.
#[derive(Debug, Default)]
pub struct Writer {
    video: Option<Video>,
    audio: Option<Audio>,
    version: u8,
    counters: Counters,
    tables_at: Option<MediaTime>,
    clock_at: Option<MediaTime>,
}

#[derive(Debug, Default)]
struct Counters {
    association: u8,
    map: u8,
    video: u8,
    audio: u8,
}

#[derive(Debug)]
struct Video {
    stream_type: u8,
    annexb: AnnexB,
}

#[derive(Debug)]
struct Audio {
    stream_type: u8,
    /// Of AAC, which is carried in ADTS: a header without the frame's length.
    adts: Option<[u8; AdtsHeader::BYTES]>,
}

/// All times on the wire are this much later, so that the clock is never negative at the start of a timeline.
const START: MediaTime = MediaTime::from_ms(1_000);
/// How far the clock runs ahead of decoding: room for the bytes of a large picture to arrive.
const CLOCK_LEAD: MediaTime = MediaTime::from_ms(100);
const CLOCK_INTERVAL: MediaTime = MediaTime::from_ms(40);
/// The longest time between two references of the clock (ISO/IEC 13818-1, 2.7.2).
const CLOCK_INTERVAL_MAX: MediaTime = MediaTime::from_ms(100);
/// A longer hole is not filled with the clock.
const BRIDGED_MAX: MediaTime = MediaTime::from_ms(10_000);
const TABLES_INTERVAL: MediaTime = MediaTime::from_ms(400);

const STREAM_ID_VIDEO: u8 = 0xe0;
const STREAM_ID_AUDIO: u8 = 0xc0;
/// Flags, and the length of what follows them.
const PES_FLAGS_BYTES: usize = 3;
/// Most bytes of a PES packet that says its length, behind the length field.
const PES_BYTES_MAX: usize = u16::MAX as usize;
/// An ADTS frame says its length in 13 bits.
const ADTS_FRAME_BYTES_MAX: usize = (1 << 13) - 1;

impl Writer {
    /// A writer without tracks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the tracks by codec and configuration record (of MP3, the first frame). The next sample is preceded by tables.
    ///
    /// # Errors
    /// [`Fault`] of the codec; [`Fault::Codec`] where a transport stream has no place for it. Nothing is changed then.
    pub fn configure(&mut self, video: Option<(Codec, &[u8])>, audio: Option<(Codec, &[u8])>) -> Result<(), Fault> {
        let video = video.map(|(codec, record)| Video::new(codec, record)).transpose()?;
        let audio = audio.map(|(codec, record)| Audio::new(codec, record)).transpose()?;
        let before = self.listed();
        (self.video, self.audio) = (video, audio);
        if before != self.listed() {
            self.version = (self.version + 1) & 31;
        }
        self.tables_at = None;
        Ok(())
    }

    /// Tables stand before the next sample: a segment begins.
    pub const fn begin_segment(&mut self) {
        self.tables_at = None;
    }

    /// Appends one picture.
    ///
    /// # Errors
    /// [`Fault::NoTrack`], or the sample's own fault; `out` is then as before.
    pub fn video(&mut self, sample: &Sample<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        let Some(video) = &self.video else { return Err(Fault::NoTrack) };
        let mut bytes = 0usize;
        video.annexb.pieces(sample.payload, sample.key, |piece| bytes = bytes.saturating_add(piece.len()))?;
        self.bridge(sample.dts, out);
        self.tables_if_due(sample.dts, sample.key, out);
        let pcr = Some(self.clock(sample.dts));
        let Some(video) = &self.video else { return Err(Fault::NoTrack) };
        let header = PesHeader::new(STREAM_ID_VIDEO, sample.dts, sample.cts, bytes);
        let opening = Opening { pcr, random_access: sample.key };
        let counter = &mut self.counters.video;
        let mut packets = Packets::begin(out, PID_VIDEO, counter, header.used + bytes, opening);
        packets.write(header.bytes());
        video.annexb.pieces(sample.payload, sample.key, |piece| packets.write(piece))
    }

    /// Appends frames of sound, several in one PES packet.
    ///
    /// # Errors
    /// [`Fault::NoTrack`], [`Fault::AudioFrame`], [`Fault::Aac`]; `out` may then hold the frames before.
    pub fn audio(&mut self, samples: &[Sample<'_>], out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut rest = samples;
        while let Some(first) = rest.first() {
            let Some(audio) = &self.audio else { return Err(Fault::NoTrack) };
            let (count, bytes) = audio.group(rest)?;
            let Some((group, later)) = rest.split_at_checked(count) else { return Ok(()) };
            rest = later;
            let alone = self.video.is_none();
            self.bridge(first.dts, out);
            self.tables_if_due(first.dts, false, out);
            let pcr = self.clock_if_due(first.dts, alone, out);
            let Some(audio) = &self.audio else { return Err(Fault::NoTrack) };
            let header = PesHeader::new(STREAM_ID_AUDIO, first.dts, MediaTime::ZERO, bytes);
            let opening = Opening { pcr, random_access: alone };
            let counter = &mut self.counters.audio;
            let mut packets = Packets::begin(out, PID_AUDIO, counter, header.used + bytes, opening);
            packets.write(header.bytes());
            group.iter().for_each(|sample| audio.write(sample.payload, &mut packets));
        }
        Ok(())
    }

    fn listed(&self) -> [Option<Listed>; 2] {
        let video = self.video.as_ref().map(|video| Listed { stream_type: video.stream_type, pid: PID_VIDEO });
        let audio = self.audio.as_ref().map(|audio| Listed { stream_type: audio.stream_type, pid: PID_AUDIO });
        [video, audio]
    }

    fn tables_if_due(&mut self, now: MediaTime, key: bool, out: &mut Vec<u8>) {
        if !key && self.tables_at.is_some_and(|at| now - at < TABLES_INTERVAL) {
            return;
        }
        self.tables_at = Some(now);
        let none = Listed { stream_type: 0, pid: 0 };
        let (mut tracks, mut count) = ([none; 2], 0);
        for (place, track) in tracks.iter_mut().zip(self.listed().into_iter().flatten()) {
            *place = track;
            count += 1;
        }
        let pcr_pid = if self.video.is_some() { PID_VIDEO } else { PID_AUDIO };
        psi::association(out, &mut self.counters.association);
        let tracks = tracks.get(..count).unwrap_or_default();
        psi::map(out, &mut self.counters.map, self.version, pcr_pid, tracks);
    }

    /// The clock at a decoding time. It never goes back, whatever the order in which two tracks come.
    fn clock(&mut self, dts: MediaTime) -> u64 {
        let at = self.clock_at.map_or(dts, |before| before.max(dts));
        self.clock_at = Some(at);
        wire(at - CLOCK_LEAD)
    }

    /// Tells the clock, and the tables with it, where nothing has come for longer than the standard lets it rest.
    fn bridge(&mut self, until: MediaTime, out: &mut Vec<u8>) {
        let Some(before) = self.clock_at.filter(|before| until - *before <= BRIDGED_MAX) else { return };
        let mut at = before + CLOCK_INTERVAL_MAX;
        while at < until {
            self.tables_if_due(at, false, out);
            let pcr = self.clock(at);
            let Counters { video, audio, .. } = self.counters;
            let (pid, counter) = if self.video.is_some() { (PID_VIDEO, video) } else { (PID_AUDIO, audio) };
            clock_only(out, pid, counter, pcr);
            at = at + CLOCK_INTERVAL_MAX;
        }
    }

    /// What the sound's own packet says of the clock; beside pictures, it stands in a packet of theirs if it is due.
    fn clock_if_due(&mut self, dts: MediaTime, alone: bool, out: &mut Vec<u8>) -> Option<u64> {
        if alone {
            return Some(self.clock(dts));
        }
        if self.clock_at.is_some_and(|at| dts - at >= CLOCK_INTERVAL) {
            let pcr = self.clock(dts);
            clock_only(out, PID_VIDEO, self.counters.video, pcr);
        }
        None
    }
}

impl Video {
    fn new(codec: Codec, record: &[u8]) -> Result<Self, Fault> {
        let stream_type = if codec == Codec::Hevc { 0x24 } else { 0x1b };
        Ok(Self { stream_type, annexb: AnnexB::new(codec, record)? })
    }
}

impl Audio {
    fn new(codec: Codec, record: &[u8]) -> Result<Self, Fault> {
        match codec {
            Codec::Aac => {
                let mut header = Vec::with_capacity(AdtsHeader::BYTES);
                AdtsHeader::write(&AudioSpecificConfig::parse(record)?, 0, &mut header)?;
                Ok(Self { stream_type: 0x0f, adts: header.first_chunk().copied() })
            }
            Codec::Mp3 => {
                let header = mp3::FrameHeader::parse(record)?;
                let stream_type = if header.version == mp3::Version::Mpeg1 { 3 } else { 4 };
                Ok(Self { stream_type, adts: None })
            }
            _ => Err(Fault::Codec),
        }
    }

    /// How many frames fit into one PES packet, and their bytes.
    fn group(&self, samples: &[Sample<'_>]) -> Result<(usize, usize), Fault> {
        let head = if self.adts.is_some() { AdtsHeader::BYTES } else { 0 };
        let room = PES_BYTES_MAX - PES_FLAGS_BYTES - PesHeader::TIMES_BYTES_MAX;
        let (mut count, mut bytes) = (0, 0usize);
        for sample in samples {
            let more = sample.payload.len().saturating_add(head);
            if more > room || (self.adts.is_some() && more > ADTS_FRAME_BYTES_MAX) {
                return Err(Fault::AudioFrame(sample.payload.len()));
            }
            if bytes + more > room {
                break;
            }
            (count, bytes) = (count + 1, bytes + more);
        }
        Ok((count, bytes))
    }

    fn write(&self, payload: &[u8], packets: &mut Packets<'_>) {
        if let Some([a, b, c, d, _, f, g]) = self.adts {
            let bytes = payload.len() + AdtsHeader::BYTES;
            let (d, f) = (d & 0xfc | (bytes >> 11) as u8, f & 0x1f | (bytes << 5) as u8);
            packets.write(&[a, b, c, d, (bytes >> 3) as u8, f, g]);
        }
        packets.write(payload);
    }
}

/// A time as the wire has it.
fn wire(time: MediaTime) -> u64 {
    (time + START).ticks().cast_unsigned() & TIME_MASK
}

/// The header of a PES packet (2.4.3.6).
struct PesHeader {
    bytes: [u8; 19],
    used: usize,
}

impl PesHeader {
    const TIMES_BYTES_MAX: usize = 10;

    fn new(stream_id: u8, dts: MediaTime, cts: MediaTime, payload_bytes: usize) -> Self {
        let pts = dts + cts;
        let both = pts > dts;
        let times_bytes = if both { Self::TIMES_BYTES_MAX } else { 5 };
        let length = payload_bytes.saturating_add(PES_FLAGS_BYTES + times_bytes);
        // Zero is for video that is too long for the field.
        let [high, low] = u16::try_from(length).unwrap_or(0).to_be_bytes();
        let flags = if both { 0xc0 } else { 0x80 };
        let [p0, p1, p2, p3, p4] = timestamp(if both { 3 } else { 2 }, wire(pts.max(dts)));
        let [d0, d1, d2, d3, d4] = timestamp(1, wire(dts));
        let bytes =
            [0, 0, 1, stream_id, high, low, 0x84, flags, times_bytes as u8, p0, p1, p2, p3, p4, d0, d1, d2, d3, d4];
        Self { bytes, used: 9 + times_bytes }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }
}

/// 33 bits in five bytes with marker bits.
const fn timestamp(prefix: u8, time: u64) -> [u8; 5] {
    [
        prefix << 4 | (time >> 29) as u8 & 0x0e | 1,
        (time >> 22) as u8,
        (time >> 14) as u8 | 1,
        (time >> 7) as u8,
        (time << 1) as u8 | 1,
    ]
}
