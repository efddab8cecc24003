use super::{PACKET_BYTES, TIME_MASK};

/// What the first packet of a PES packet says beside its payload.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Opening {
    /// Program clock reference in 1/90,000 s.
    pub(super) pcr: Option<u64>,
    /// Decoding may begin here.
    pub(super) random_access: bool,
}

/// Cuts the bytes of one PES packet, whose length is known before, into packets at the end of `out`.
pub(super) struct Packets<'a> {
    out: &'a mut Vec<u8>,
    pid: u16,
    counter: &'a mut u8,
    /// Bytes that are still to come.
    left: usize,
    /// Room in the packet that is open.
    room: usize,
    opening: Option<Opening>,
}

const HEADER_BYTES: usize = 4;
const PAYLOAD_BYTES: usize = PACKET_BYTES - HEADER_BYTES;
/// Length, flags and clock reference.
const PCR_FIELD_BYTES: usize = 8;

impl<'a> Packets<'a> {
    pub(super) fn begin(out: &'a mut Vec<u8>, pid: u16, counter: &'a mut u8, bytes: usize, opening: Opening) -> Self {
        out.reserve((bytes + PCR_FIELD_BYTES).div_ceil(PAYLOAD_BYTES) * PACKET_BYTES);
        Self { out, pid, counter, left: bytes, room: 0, opening: Some(opening) }
    }

    /// Appends the next bytes; all calls together give what was announced.
    pub(super) fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.room == 0 {
                self.open();
            }
            let (now, later) = bytes.split_at(bytes.len().min(self.room));
            self.out.extend_from_slice(now);
            self.room -= now.len();
            self.left = self.left.saturating_sub(now.len());
            bytes = later;
        }
    }

    /// Header and adaptation field of the next packet, with as much stuffing as the last one needs.
    fn open(&mut self) {
        let opening = self.opening.take();
        let wanted = opening.map_or(0, |opening| match opening {
            Opening { pcr: Some(_), .. } => PCR_FIELD_BYTES,
            Opening { random_access: true, .. } => 2,
            Opening { .. } => 0,
        });
        self.room = (PAYLOAD_BYTES - wanted).min(self.left.max(1));
        let field = PAYLOAD_BYTES - self.room;
        header(self.out, self.pid, opening.is_some(), if field > 0 { 3 } else { 1 }, *self.counter);
        *self.counter = (*self.counter + 1) & 15;
        adaptation(self.out, field, opening.unwrap_or_default());
    }
}

/// A packet without payload that only tells the clock (2.4.3.4); it does not count.
pub(super) fn clock_only(out: &mut Vec<u8>, pid: u16, counter: u8, pcr: u64) {
    header(out, pid, false, 2, counter.wrapping_sub(1) & 15);
    adaptation(out, PAYLOAD_BYTES, Opening { pcr: Some(pcr), random_access: false });
}

/// A packet with one section of a table.
pub(super) fn section(out: &mut Vec<u8>, pid: u16, counter: &mut u8, section: &[u8]) {
    let begun = out.len();
    header(out, pid, true, 1, *counter);
    *counter = (*counter + 1) & 15;
    out.push(0); // pointer_field
    out.extend_from_slice(section);
    out.resize(begun + PACKET_BYTES, 0xff);
}

fn header(out: &mut Vec<u8>, pid: u16, starts: bool, control: u8, counter: u8) {
    let [high, low] = pid.to_be_bytes();
    out.extend([0x47, u8::from(starts) << 6 | (high & 0x1f), low, control << 4 | counter]);
}

/// An adaptation field of `bytes` bytes in all (2.4.3.4).
fn adaptation(out: &mut Vec<u8>, bytes: usize, opening: Opening) {
    let Some(length) = bytes.checked_sub(1) else { return };
    let end = out.len() + bytes;
    out.push(length as u8);
    if length == 0 {
        return;
    }
    out.push(u8::from(opening.random_access) << 6 | u8::from(opening.pcr.is_some()) << 4);
    if let Some(pcr) = opening.pcr {
        // 33 bits of base, six reserved, nine of extension, which is zero.
        let bits = (pcr & TIME_MASK) << 15 | 0x7e00;
        out.extend_from_slice(bits.to_be_bytes().get(2..).unwrap_or_default());
    }
    out.resize(end, 0xff);
}
