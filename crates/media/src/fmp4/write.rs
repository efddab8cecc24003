//! Boxes into bytes: the size of a box is patched in when its content stands.

/// Appends a box whose content `content` appends.
pub(crate) fn boxed(out: &mut Vec<u8>, kind: &[u8; 4], content: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0; 4]);
    out.extend(kind);
    content(out);
    // The writers hold what they are given below 4 GiB.
    let size = (out.len() - start) as u32;
    if let Some(place) = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        *place = size.to_be_bytes();
    }
}

/// Appends a box that begins with version and flags.
pub(crate) fn full(out: &mut Vec<u8>, kind: &[u8; 4], version: u8, flags: u32, content: impl FnOnce(&mut Vec<u8>)) {
    boxed(out, kind, |out| {
        u32(out, u32::from(version) << 24 | flags);
        content(out);
    });
}

/// Appends a descriptor of ISO/IEC 14496-1 (8.3.3) with a length of four bytes.
pub(crate) fn descriptor(out: &mut Vec<u8>, tag: u8, content: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    let start = out.len();
    out.extend([0; 4]);
    content(out);
    let length = (out.len() - start - 4) as u32;
    if let Some(place) = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        *place = [21, 14, 7, 0].map(|shift| (length >> shift) as u8 & 0x7f | if shift == 0 { 0 } else { 0x80 });
    }
}

pub(crate) fn u16(out: &mut Vec<u8>, value: u16) {
    out.extend(value.to_be_bytes());
}

pub(crate) fn u32(out: &mut Vec<u8>, value: u32) {
    out.extend(value.to_be_bytes());
}

pub(crate) fn u64(out: &mut Vec<u8>, value: u64) {
    out.extend(value.to_be_bytes());
}

pub(crate) fn zeros(out: &mut Vec<u8>, count: usize) {
    out.resize(out.len().saturating_add(count), 0);
}
