use super::{Fault, OBU_SEQUENCE_HEADER, obus};
use crate::bits::BitReader;

/// `sequence_header_obu` (5.5), as far as files and players ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceHeader {
    /// `seq_profile`: 0 Main, 1 High, 2 Professional.
    pub profile: u8,
    /// `seq_level_idx[0]`.
    pub level: u8,
    /// `seq_tier[0]`.
    pub high_tier: bool,
    /// `reduced_still_picture_header`: every frame is a key frame that is shown.
    pub reduced_still_picture: bool,
    /// Width of the largest frame in pixels.
    pub width: u16,
    /// Height of the largest frame in pixels.
    pub height: u16,
    /// Bits of a sample: 8, 10 or 12.
    pub bit_depth: u8,
    /// No chroma.
    pub monochrome: bool,
    /// `subsampling_x` and `_y`.
    pub subsampling: (bool, bool),
}

/// What an operating point needs to know of the fields before it.
struct Timing {
    /// `buffer_delay_length_minus_1` plus one, where there is a decoder model.
    delay_bits: Option<u32>,
    initial_display_delay: bool,
}

impl SequenceHeader {
    /// The first sequence header among these OBUs.
    ///
    /// # Errors
    /// [`Fault`] of the OBUs in front of it, or of the header.
    pub fn find(data: &[u8]) -> Result<Option<Self>, Fault> {
        for obu in obus(data) {
            let obu = obu?;
            if obu.kind == OBU_SEQUENCE_HEADER {
                return Self::parse(obu.payload).map(Some);
            }
        }
        Ok(None)
    }

    /// Reads the payload of a sequence header OBU.
    ///
    /// # Errors
    /// [`Fault::Truncated`], [`Fault::Code`], [`Fault::Profile`], [`Fault::Dimensions`].
    pub fn parse(payload: &[u8]) -> Result<Self, Fault> {
        let bits = &mut BitReader::new(payload);
        let profile = bits.small(3)?;
        if profile > 2 {
            return Err(Fault::Profile(profile));
        }
        bits.skip(1)?; // still_picture
        let reduced_still_picture = bits.flag()?;
        let (level, high_tier) = if reduced_still_picture { (bits.small(5)?, false) } else { operating_points(bits)? };
        let (width_bits, height_bits) = (bits.bits(4)? + 1, bits.bits(4)? + 1);
        let (width, height) = (dimension(bits, width_bits)?, dimension(bits, height_bits)?);
        coding_tools(bits, reduced_still_picture)?;
        let Color { bit_depth, monochrome, subsampling } = color(bits, profile)?;
        Ok(Self { profile, level, high_tier, reduced_still_picture, width, height, bit_depth, monochrome, subsampling })
    }
}

/// Up to the operating points (5.5.1); level and tier of the first one.
fn operating_points(bits: &mut BitReader<'_>) -> Result<(u8, bool), Fault> {
    let delay_bits = if bits.flag()? { timing(bits)? } else { None };
    let timing = Timing { delay_bits, initial_display_delay: bits.flag()? };
    let count = bits.bits(5)? + 1;
    let first = operating_point(bits, &timing)?;
    (1..count).try_for_each(|_| operating_point(bits, &timing).map(drop))?;
    Ok(first)
}

/// `timing_info` (5.5.3) and `decoder_model_info` (5.5.4).
fn timing(bits: &mut BitReader<'_>) -> Result<Option<u32>, Fault> {
    bits.skip(64)?; // num_units_in_display_tick, time_scale
    if bits.flag()? {
        bits.ue()?; // num_ticks_per_picture_minus_1
    }
    if !bits.flag()? {
        return Ok(None);
    }
    let delay_bits = bits.bits(5)? + 1;
    bits.skip(32 + 5 + 5)?;
    Ok(Some(delay_bits))
}

fn operating_point(bits: &mut BitReader<'_>, timing: &Timing) -> Result<(u8, bool), Fault> {
    const LEVEL_WITH_TIER_MIN: u8 = 8;
    bits.skip(12)?; // operating_point_idc
    let level = bits.small(5)?;
    let high_tier = level >= LEVEL_WITH_TIER_MIN && bits.flag()?;
    if let Some(delay_bits) = timing.delay_bits
        && bits.flag()?
    {
        bits.skip(2 * delay_bits + 1)?;
    }
    if timing.initial_display_delay && bits.flag()? {
        bits.skip(4)?;
    }
    Ok((level, high_tier))
}

fn dimension(bits: &mut BitReader<'_>, width: u32) -> Result<u16, Fault> {
    u16::try_from(bits.bits(width)? + 1).map_err(|_| Fault::Dimensions)
}

/// From the frame ids to the restoration filter: nothing of this is asked for, and it has to be read to be passed.
fn coding_tools(bits: &mut BitReader<'_>, reduced_still_picture: bool) -> Result<(), Fault> {
    if !reduced_still_picture && bits.flag()? {
        bits.skip(4 + 3)?; // lengths of frame ids
    }
    bits.skip(3)?; // 128x128 superblocks, filter intra, intra edge filter
    if !reduced_still_picture {
        inter_tools(bits)?;
    }
    Ok(bits.skip(3)?) // superres, cdef, restoration
}

fn inter_tools(bits: &mut BitReader<'_>) -> Result<(), Fault> {
    bits.skip(4)?; // interintra compound, masked compound, warped motion, dual filter
    let order_hint = bits.flag()?;
    if order_hint {
        bits.skip(2)?; // jnt_comp, ref_frame_mvs
    }
    let choose_screen_content = bits.flag()?;
    let screen_content = choose_screen_content || bits.flag()?;
    if screen_content && !bits.flag()? {
        bits.skip(1)?; // seq_force_integer_mv
    }
    if order_hint {
        bits.skip(3)?; // order_hint_bits_minus_1
    }
    Ok(())
}

struct Color {
    bit_depth: u8,
    monochrome: bool,
    subsampling: (bool, bool),
}

/// `color_config` (5.5.2) up to the subsampling.
fn color(bits: &mut BitReader<'_>, profile: u8) -> Result<Color, Fault> {
    /// `color_primaries` BT.709, `transfer_characteristics` sRGB, `matrix_coefficients` identity.
    const SRGB: [u8; 3] = [1, 13, 0];
    let high = bits.flag()?;
    let bit_depth = match (high, profile) {
        (true, 2) if bits.flag()? => 12,
        (true, _) => 10,
        (false, _) => 8,
    };
    let monochrome = profile != 1 && bits.flag()?;
    let description = if bits.flag()? { Some([bits.small(8)?, bits.small(8)?, bits.small(8)?]) } else { None };
    let subsampling = if monochrome {
        (true, true)
    } else if description == Some(SRGB) {
        (false, false)
    } else {
        bits.skip(1)?; // color_range
        match profile {
            0 => (true, true),
            1 => (false, false),
            _ if bit_depth == 12 => {
                let across = bits.flag()?;
                (across, across && bits.flag()?)
            }
            _ => (true, false),
        }
    };
    Ok(Color { bit_depth, monochrome, subsampling })
}
