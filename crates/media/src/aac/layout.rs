use super::Fault;
use crate::bits::BitReader;

/// Reads `program_config_element` (ISO/IEC 14496-3, 4.4.1.1): the number of channels it lays out.
pub(super) fn channels(bits: &mut BitReader<'_>) -> Result<u8, Fault> {
    bits.skip(10)?; // element_instance_tag, object_type, sampling_frequency_index
    let (front, side, back) = (bits.bits(4)?, bits.bits(4)?, bits.bits(4)?);
    let (effects, data, coupling) = (bits.bits(2)?, bits.bits(3)?, bits.bits(4)?);
    for width in [4, 4, 3] {
        // mono_mixdown, stereo_mixdown, matrix_mixdown
        if bits.flag()? {
            bits.skip(width)?;
        }
    }
    let mut channels = effects;
    for _ in 0..front + side + back {
        channels += if bits.flag()? { 2 } else { 1 };
        bits.skip(4)?; // the element's tag
    }
    bits.skip(4 * effects + 4 * data + 5 * coupling)?;
    bits.align();
    let comment_bytes = bits.bits(8)?;
    bits.skip(8 * comment_bytes)?;
    // Three groups of at most 15 pairs and 3 effects channels: at most 93.
    Ok(channels as u8)
}
