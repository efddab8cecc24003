use bytes::{BufMut, Bytes, BytesMut};
use vivace_base::MediaTime;

use crate::nal::ByteStream;
use crate::{Codec, Frame, FrameKind, h264, hevc};

/// Parameter sets of a stream: as many as a configuration record of H.264 can count, and no more bytes than this.
const SETS_BYTES_MAX: usize = 64 << 10;

/// Makes frames of a track's access units, each of which a PES packet holds, and the configuration of the parameter sets
/// among them.
#[derive(Debug)]
pub(super) struct Pictures {
    hevc: bool,
    /// The parameter sets that came last.
    sets: Vec<Bytes>,
    /// The record that was given last.
    config: Bytes,
    open: Option<Open>,
}

/// An access unit that may go on in the next PES packet, which then has no times.
#[derive(Debug)]
struct Open {
    dts: MediaTime,
    cts: MediaTime,
    stream: Vec<u8>,
}

impl Pictures {
    pub(super) fn new(codec: Codec) -> Self {
        Self { hevc: codec == Codec::Hevc, sets: Vec::new(), config: Bytes::new(), open: None }
    }

    const fn codec(&self) -> Codec {
        if self.hevc { Codec::Hevc } else { Codec::H264 }
    }

    /// Takes the next PES packet with its decoding and presentation time, if it has one; `give` gets what is whole.
    pub(super) fn add(
        &mut self,
        times: Option<(MediaTime, MediaTime)>,
        payload: Vec<u8>,
        bytes_max: usize,
        give: &mut dyn FnMut(Frame),
    ) {
        match (times, &mut self.open) {
            (Some((dts, pts)), _) => {
                self.end(give);
                self.open = Some(Open { dts, cts: pts - dts, stream: payload });
            }
            (None, Some(open)) if open.stream.len() + payload.len() <= bytes_max => open.stream.extend(payload),
            (None, _) => {}
        }
    }

    /// Nothing more comes for the access unit that is open.
    pub(super) fn end(&mut self, give: &mut dyn FnMut(Frame)) {
        let Some(Open { dts, cts, stream }) = self.open.take() else { return };
        let codec = self.codec();
        let mut sets = Vec::new();
        let mut sample = BytesMut::with_capacity(stream.len() + 16);
        let mut key = false;
        for unit in ByteStream::new(&stream) {
            match self.role(unit) {
                Role::Set => sets.push(unit),
                Role::Delimiter => {}
                role => {
                    key |= role == Role::Key;
                    sample.put_u32(u32::try_from(unit.len()).unwrap_or(0));
                    sample.put_slice(unit);
                }
            }
        }
        if let Some(config) = self.configured(&sets) {
            let kind = FrameKind::VideoConfig;
            give(Frame { kind, codec: Some(codec), dts, cts: MediaTime::ZERO, key: false, payload: config });
        }
        // Without a configuration no decoder could begin.
        if !sample.is_empty() && !self.config.is_empty() {
            give(Frame { kind: FrameKind::Video, codec: Some(codec), dts, cts, key, payload: sample.freeze() });
        }
    }

    fn role(&self, unit: &[u8]) -> Role {
        if self.hevc {
            match hevc::nal_type(unit) {
                Some(hevc::NAL_VPS | hevc::NAL_SPS | hevc::NAL_PPS) => Role::Set,
                Some(16..=21) => Role::Key,
                Some(35) => Role::Delimiter,
                _ => Role::Other,
            }
        } else {
            match h264::nal_type(unit) {
                Some(h264::NAL_SPS | h264::NAL_PPS) => Role::Set,
                Some(h264::NAL_IDR) => Role::Key,
                Some(9) => Role::Delimiter,
                _ => Role::Other,
            }
        }
    }

    /// The new configuration, if these parameter sets make one. Sets of a kind that does not stand among them stay.
    fn configured(&mut self, units: &[&[u8]]) -> Option<Bytes> {
        let bytes: usize = units.iter().map(|unit| unit.len()).sum();
        if units.is_empty() || bytes > SETS_BYTES_MAX {
            return None;
        }
        let kind = |unit: &[u8]| if self.hevc { hevc::nal_type(unit) } else { h264::nal_type(unit) };
        let kept = self.sets.iter().filter(|set| !units.iter().any(|unit| kind(unit) == kind(set)));
        let mut sets: Vec<Bytes> = kept.cloned().collect();
        for unit in units {
            // Some encoders repeat them within one access unit.
            if !sets.iter().any(|set| set == unit) {
                sets.push(Bytes::copy_from_slice(unit));
            }
        }
        if sets == self.sets {
            return None;
        }
        let given = sets.iter().map(|set| &set[..]);
        let record = if self.hevc { hevc::record_of(given).ok() } else { h264::record_of(given).ok() };
        let record = Bytes::from(record?);
        self.sets = sets;
        if record == self.config {
            return None;
        }
        self.config = record.clone();
        Some(record)
    }
}

/// What a NAL unit is to a sample.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Stands in the configuration.
    Set,
    /// Says where an access unit begins, which a sample says by itself.
    Delimiter,
    /// A slice with which decoding may begin.
    Key,
    Other,
}
