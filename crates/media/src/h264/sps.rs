use super::{Fault, NAL_SPS, nal_type};
use crate::FrameRate;
use crate::bits::BitReader;

/// What a sequence parameter set tells about the stream (ISO/IEC 14496-10, 7.3.2.1.1 and annex E).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sps {
    /// `profile_idc`.
    pub profile: u8,
    /// The byte of constraint flags behind the profile.
    pub constraints: u8,
    /// `level_idc`: ten times the level.
    pub level: u8,
    /// `seq_parameter_set_id`.
    pub id: u8,
    /// `chroma_format_idc`: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_format: u8,
    /// Bits of a luma sample.
    pub bit_depth_luma: u8,
    /// Bits of a chroma sample.
    pub bit_depth_chroma: u8,
    /// Luma samples in a row after cropping.
    pub width: u16,
    /// Rows of luma samples in a frame after cropping.
    pub height: u16,
    /// `frame_mbs_only_flag`: no picture is coded as fields.
    pub progressive: bool,
    /// Frames per second from the timing in the VUI.
    pub frame_rate: Option<FrameRate>,
    /// `max_num_reorder_frames` from the VUI: frames that may be decoded before an earlier one is shown.
    pub reorder_frames_max: Option<u8>,
}

impl Sps {
    /// Reads a sequence parameter set with its NAL unit header.
    ///
    /// A VUI that ends too early is an encoder's common mistake: what was read of it until there counts.
    ///
    /// # Errors
    /// [`Fault`] where the set ends before the VUI, a field is out of range, or the picture has no size.
    pub fn parse(unit: &[u8]) -> Result<Self, Fault> {
        let (_, payload) = unit.split_first().ok_or(Fault::Truncated)?;
        match nal_type(unit) {
            Some(NAL_SPS) => read(&mut BitReader::of_nal(payload)),
            other => Err(Fault::UnitType(other.unwrap_or(0))),
        }
    }
}

fn read(bits: &mut BitReader<'_>) -> Result<Sps, Fault> {
    let (profile, constraints, level) = (bits.small(8)?, bits.small(8)?, bits.small(8)?);
    let id = ranged(bits, "seq_parameter_set_id", 31)? as u8;
    let format = if has_chroma_fields(profile) { chroma(bits)? } else { Chroma::OF_PLAIN_PROFILES };
    ranged(bits, "log2_max_frame_num_minus4", 12)?;
    picture_order(bits)?;
    bits.ue()?; // max_num_ref_frames
    bits.flag()?; // gaps_in_frame_num_value_allowed_flag
    let size = size(bits, &format)?;
    let mut sps = Sps {
        profile,
        constraints,
        level,
        id,
        chroma_format: format.format,
        bit_depth_luma: format.bit_depth_luma,
        bit_depth_chroma: format.bit_depth_chroma,
        width: size.width,
        height: size.height,
        progressive: size.progressive,
        frame_rate: None,
        reorder_frames_max: None,
    };
    if bits.flag().unwrap_or(false) {
        // The size stands already: see the note about a VUI that ends too early.
        let _ = vui(bits, &mut sps);
    }
    Ok(sps)
}

/// Reads `ue(v)` and holds it to the standard's range.
fn ranged(bits: &mut BitReader<'_>, field: &'static str, max: u32) -> Result<u32, Fault> {
    match bits.ue()? {
        value if value <= max => Ok(value),
        value => Err(Fault::Range { field, value }),
    }
}

fn has_chroma_fields(profile: u8) -> bool {
    matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135)
}

struct Chroma {
    format: u8,
    separate_planes: bool,
    bit_depth_luma: u8,
    bit_depth_chroma: u8,
}

impl Chroma {
    /// Inferred where the fields are absent (7.4.2.1.1).
    const OF_PLAIN_PROFILES: Self = Self { format: 1, separate_planes: false, bit_depth_luma: 8, bit_depth_chroma: 8 };
}

fn chroma(bits: &mut BitReader<'_>) -> Result<Chroma, Fault> {
    let format = ranged(bits, "chroma_format_idc", 3)? as u8;
    let separate_planes = format == 3 && bits.flag()?;
    let bit_depth_luma = ranged(bits, "bit_depth_luma_minus8", 6)? as u8 + 8;
    let bit_depth_chroma = ranged(bits, "bit_depth_chroma_minus8", 6)? as u8 + 8;
    bits.flag()?; // qpprime_y_zero_transform_bypass_flag
    if bits.flag()? {
        let lists = if format == 3 { 12 } else { 8 };
        for list in 0..lists {
            if bits.flag()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Ok(Chroma { format, separate_planes, bit_depth_luma, bit_depth_chroma })
}

/// Passes over one list (7.3.2.1.1.1): it ends early where the next scale becomes zero.
fn skip_scaling_list(bits: &mut BitReader<'_>, size: u32) -> Result<(), Fault> {
    let mut last = 8i32;
    for _ in 0..size {
        let next = last.wrapping_add(bits.se()?) & 0xff;
        if next == 0 {
            break;
        }
        last = next;
    }
    Ok(())
}

fn picture_order(bits: &mut BitReader<'_>) -> Result<(), Fault> {
    match ranged(bits, "pic_order_cnt_type", 2)? {
        0 => {
            ranged(bits, "log2_max_pic_order_cnt_lsb_minus4", 12)?;
        }
        1 => {
            bits.flag()?; // delta_pic_order_always_zero_flag
            bits.se()?; // offset_for_non_ref_pic
            bits.se()?; // offset_for_top_to_bottom_field
            for _ in 0..ranged(bits, "num_ref_frames_in_pic_order_cnt_cycle", 255)? {
                bits.se()?;
            }
        }
        _ => {}
    }
    Ok(())
}

struct Size {
    width: u16,
    height: u16,
    progressive: bool,
}

fn size(bits: &mut BitReader<'_>, chroma: &Chroma) -> Result<Size, Fault> {
    let columns = u64::from(bits.ue()?) + 1;
    let map_units = u64::from(bits.ue()?) + 1;
    let progressive = bits.flag()?;
    if !progressive {
        bits.flag()?; // mb_adaptive_frame_field_flag
    }
    bits.flag()?; // direct_8x8_inference_flag
    let fields = if progressive { 1 } else { 2 };
    let (unit_x, unit_y) = match (chroma.format, chroma.separate_planes) {
        (1, _) => (2, 2),
        (2, _) => (2, 1),
        _ => (1, 1),
    };
    let (mut crop_x, mut crop_y) = (0, 0);
    if bits.flag()? {
        crop_x = (u64::from(bits.ue()?) + u64::from(bits.ue()?)) * unit_x;
        crop_y = (u64::from(bits.ue()?) + u64::from(bits.ue()?)) * unit_y * fields;
    }
    let width = cropped(columns * 16, crop_x)?;
    let height = cropped(map_units * 16 * fields, crop_y)?;
    Ok(Size { width, height, progressive })
}

/// What cropping leaves, where it leaves something that containers can tell.
fn cropped(coded: u64, crop: u64) -> Result<u16, Fault> {
    let left = coded.checked_sub(crop).ok_or(Fault::Dimensions)?;
    u16::try_from(left).ok().filter(|left| *left != 0).ok_or(Fault::Dimensions)
}

/// `vui_parameters` (E.1.1).
fn vui(bits: &mut BitReader<'_>, sps: &mut Sps) -> Result<(), Fault> {
    const EXTENDED_SAR: u32 = 255;
    if bits.flag()? && bits.bits(8)? == EXTENDED_SAR {
        bits.skip(32)?;
    }
    if bits.flag()? {
        bits.flag()?; // overscan_appropriate_flag
    }
    if bits.flag()? {
        bits.skip(4)?; // video_format, video_full_range_flag
        if bits.flag()? {
            bits.skip(24)?;
        }
    }
    if bits.flag()? {
        bits.ue()?; // chroma_sample_loc_type_top_field
        bits.ue()?; // chroma_sample_loc_type_bottom_field
    }
    if bits.flag()? {
        let units_in_tick = bits.bits(32)?;
        let time_scale = bits.bits(32)?;
        bits.flag()?; // fixed_frame_rate_flag
        // A tick is the time of a field (E.2.1), so a frame takes two.
        sps.frame_rate = FrameRate::new(time_scale, u64::from(units_in_tick) * 2);
    }
    let nal_hrd = bits.flag()?;
    if nal_hrd {
        skip_hrd(bits)?;
    }
    let vcl_hrd = bits.flag()?;
    if vcl_hrd {
        skip_hrd(bits)?;
    }
    if nal_hrd || vcl_hrd {
        bits.flag()?; // low_delay_hrd_flag
    }
    bits.flag()?; // pic_struct_present_flag
    if bits.flag()? {
        bits.flag()?; // motion_vectors_over_pic_boundaries_flag
        for _ in 0..4 {
            bits.ue()?; // max_bytes_per_pic_denom .. log2_max_mv_length_vertical
        }
        sps.reorder_frames_max = Some(ranged(bits, "max_num_reorder_frames", 16)? as u8);
    }
    Ok(())
}

/// `hrd_parameters` (E.1.2).
fn skip_hrd(bits: &mut BitReader<'_>) -> Result<(), Fault> {
    let buffers = ranged(bits, "cpb_cnt_minus1", 31)? + 1;
    bits.skip(8)?;
    for _ in 0..buffers {
        bits.ue()?; // bit_rate_value_minus1
        bits.ue()?; // cpb_size_value_minus1
        bits.flag()?; // cbr_flag
    }
    Ok(bits.skip(20)?)
}
