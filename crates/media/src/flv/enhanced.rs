//! What enhanced audio and video headers have in common (Enhanced RTMP v2, "ModEx").

use vivace_base::MediaTime;

use super::Fault;
use super::body::Body;

pub(super) const SEQUENCE_START: u8 = 0;
pub(super) const CODED_FRAMES: u8 = 1;
pub(super) const SEQUENCE_END: u8 = 2;
pub(super) const MULTITRACK: u8 = 5;
pub(super) const MOD_EX: u8 = 7;

const TIMESTAMP_OFFSET_NANO: u8 = 0;
/// The offset refines a timestamp below its millisecond and never reaches the next one.
const NANO_OFFSET_MAX: i64 = 999_999;

/// What stands between the first byte of an enhanced header and its FourCC.
pub(super) struct Prefix {
    /// The packet type behind all modifiers.
    pub(super) packet_type: u8,
    /// What the modifiers add to the message's timestamp: less than one millisecond.
    pub(super) offset: MediaTime,
}

/// Reads the modifiers while the packet type is "ModEx"; those of unknown kinds are skipped.
pub(super) fn prefix(body: &mut Body<'_>, first_packet_type: u8) -> Result<Prefix, Fault> {
    let mut prefix = Prefix { packet_type: first_packet_type, offset: MediaTime::ZERO };
    while prefix.packet_type == MOD_EX {
        let mut data_bytes = usize::from(body.u8()?) + 1;
        if data_bytes == 256 {
            data_bytes = usize::from(body.u16()?) + 1;
        }
        let data = body.take(data_bytes)?;
        let kinds = body.u8()?;
        if let (TIMESTAMP_OFFSET_NANO, [high, middle, low, ..]) = (kinds >> 4, data) {
            let nanos = i64::from(u32::from_be_bytes([0, *high, *middle, *low])).min(NANO_OFFSET_MAX);
            prefix.offset = MediaTime::from_ticks(nanos * MediaTime::HZ / 1_000_000_000);
        }
        prefix.packet_type = kinds & 0x0F;
    }
    Ok(prefix)
}
