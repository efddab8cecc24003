use bytes::Bytes;
use vivace_base::MediaTime;

use crate::{Codec, Frame, FrameKind, aac, mp3};

/// Makes frames of a track of ADTS or MP3, whose frames stand anyhow in PES packets.
#[derive(Debug)]
pub(super) struct Sounds {
    codec: Codec,
    /// The begin of a frame whose end comes with the next PES packet.
    open: Vec<u8>,
    /// When the next frame begins, as far as the frames before it tell.
    next: Option<MediaTime>,
    /// The record that was given last.
    config: Bytes,
}

/// One frame as its header describes it.
struct Head {
    bytes: usize,
    /// Where the payload begins.
    header_bytes: usize,
    samples: u32,
    sample_rate: u32,
    config: Option<aac::AudioSpecificConfig>,
}

impl Sounds {
    pub(super) const fn new(codec: Codec) -> Self {
        Self { codec, open: Vec::new(), next: None, config: Bytes::new() }
    }

    /// Takes the next PES packet, with its time if it has one; `give` gets the whole frames.
    pub(super) fn add(&mut self, time: Option<MediaTime>, payload: &[u8], give: &mut dyn FnMut(Frame)) {
        let open = std::mem::take(&mut self.open);
        // The time is that of the first frame that begins in this packet (2.4.3.7): what is open has its own.
        let split = if self.next.is_some() { open.len() } else { 0 };
        let bytes = if split > 0 { [open.as_slice(), payload].concat() } else { payload.to_vec() };
        let (mut rest, mut at) = (bytes.as_slice(), 0);
        let mut time = time;
        while !rest.is_empty() {
            if at >= split
                && let Some(time) = time.take()
            {
                self.next = Some(time);
            }
            let taken = match self.head(rest) {
                Ok(Some(head)) if head.bytes <= rest.len() => {
                    self.frame(&head, rest, give);
                    head.bytes
                }
                Ok(_) => break,
                // Noise, until something looks like a frame again.
                Err(()) => rest.iter().skip(1).position(|byte| *byte == 0xff).map_or(rest.len(), |skipped| skipped + 1),
            };
            at += taken;
            rest = rest.get(taken..).unwrap_or_default();
        }
        self.open = rest.to_vec();
    }

    /// What is open is lost: packets are missing, or the segment ends.
    pub(super) fn reset(&mut self) {
        self.open.clear();
        self.next = None;
    }

    fn frame(&mut self, head: &Head, bytes: &[u8], give: &mut dyn FnMut(Frame)) {
        let Some(dts) = self.next else { return };
        let ticks = i64::from(head.samples) * MediaTime::HZ / i64::from(head.sample_rate.max(1));
        self.next = Some(dts + MediaTime::from_ticks(ticks));
        let Some(payload) = bytes.get(head.header_bytes..head.bytes).filter(|payload| !payload.is_empty()) else {
            return;
        };
        let (codec, cts) = (Some(self.codec), MediaTime::ZERO);
        let mut record = Vec::new();
        if head.config.as_ref().is_some_and(|config| config.write(&mut record).is_ok()) && record != self.config {
            self.config = record.into();
            let payload = self.config.clone();
            give(Frame { kind: FrameKind::AudioConfig, codec, dts, cts, key: false, payload });
        }
        if self.codec == Codec::Mp3 || !self.config.is_empty() {
            let payload = Bytes::copy_from_slice(payload);
            give(Frame { kind: FrameKind::Audio, codec, dts, cts, key: false, payload });
        }
    }

    /// The header at the start; `None` if it is not whole yet.
    fn head(&self, bytes: &[u8]) -> Result<Option<Head>, ()> {
        if self.codec == Codec::Mp3 {
            return match mp3::FrameHeader::parse(bytes) {
                Ok(header) => Ok(Some(Head {
                    bytes: header.frame_bytes,
                    header_bytes: 0,
                    samples: header.samples_per_frame(),
                    sample_rate: header.sample_rate,
                    config: None,
                })),
                Err(mp3::Fault::Truncated) => Ok(None),
                Err(_) => Err(()),
            };
        }
        match aac::AdtsHeader::parse(bytes) {
            // Where they end is told nowhere but in them.
            Ok(header) if header.access_units > 1 => Err(()),
            Ok(header) => Ok(Some(Head {
                bytes: header.frame_bytes,
                header_bytes: header.header_bytes(),
                samples: 1_024,
                sample_rate: header.sample_rate,
                config: header.config().ok(),
            })),
            Err(aac::Fault::Truncated) => Ok(None),
            Err(_) => Err(()),
        }
    }
}
