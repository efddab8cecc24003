use super::Fault;

/// The longest packet: 120 ms.
const SAMPLES_MAX: u32 = 5_760;

/// Samples of each channel in one packet, at 48 kHz (RFC 6716, 3.1 and 3.2).
///
/// # Errors
/// [`Fault::Truncated`] for a packet without its head, [`Fault::Frames`] for one that is empty or too long.
pub fn samples(packet: &[u8]) -> Result<u32, Fault> {
    let (toc, rest) = packet.split_first().ok_or(Fault::Truncated)?;
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => rest.first().ok_or(Fault::Truncated)? & 0x3f,
    };
    let total = frame_samples(toc >> 3) * u32::from(frames);
    if frames == 0 || total > SAMPLES_MAX { Err(Fault::Frames(frames)) } else { Ok(total) }
}

/// Channels in the first stream of a packet: one or two.
///
/// # Errors
/// [`Fault::Truncated`] for an empty packet.
pub fn channels(packet: &[u8]) -> Result<u8, Fault> {
    packet.first().map(|toc| if toc & 4 == 0 { 1 } else { 2 }).ok_or(Fault::Truncated)
}

/// Samples at 48 kHz of one frame by its configuration (table 2).
fn frame_samples(config: u8) -> u32 {
    match (config, config & 3) {
        (0..12, 3) => 2_880, // SILK: 60 ms, the others from 10 ms on
        (0..12, step) => 480 << step,
        (12..16, _) => 480 << (config & 1), // hybrid
        (_, step) => 120 << step,           // CELT
    }
}
