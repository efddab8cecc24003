use super::vps::{skip_ordering, timing};
use super::{Fault, NAL_SPS, ProfileTierLevel, parameter_set, ranged, reference};
use crate::FrameRate;
use crate::bits::BitReader;

/// What a sequence parameter set tells about the stream (ISO/IEC 23008-2, 7.3.2.2 and annex E).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sps {
    /// `sps_seq_parameter_set_id`.
    pub id: u8,
    /// Temporal sub-layers, 1 to 7.
    pub sub_layers: u8,
    /// Profile, tier and level.
    pub profile: ProfileTierLevel,
    /// `chroma_format_idc`: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_format: u8,
    /// Bits of a luma sample.
    pub bit_depth_luma: u8,
    /// Bits of a chroma sample.
    pub bit_depth_chroma: u8,
    /// Luma samples in a row inside the conformance window.
    pub width: u16,
    /// Rows of luma samples inside the conformance window.
    pub height: u16,
    /// `sps_max_num_reorder_pics` of the highest sub-layer: pictures that may be decoded before an earlier one is shown.
    pub reorder_pictures_max: u8,
    /// Pictures per second from the timing in the VUI.
    pub frame_rate: Option<FrameRate>,
}

impl Sps {
    /// Reads a sequence parameter set with its NAL unit header.
    ///
    /// Damage behind the fields that tell the size costs only the frame rate, which is then `None`.
    ///
    /// # Errors
    /// [`Fault`] where the set ends before the coding tools, a field is out of range, or the picture has no size.
    pub fn parse(unit: &[u8]) -> Result<Self, Fault> {
        let bits = &mut parameter_set(unit, NAL_SPS)?;
        bits.skip(4)?; // sps_video_parameter_set_id
        let sub_layers_max_minus1 = bits.small(3)?;
        if sub_layers_max_minus1 > 6 {
            return Err(Fault::Range { field: "sps_max_sub_layers_minus1", value: 7 });
        }
        bits.flag()?; // sps_temporal_id_nesting_flag
        let profile = ProfileTierLevel::parse(bits, sub_layers_max_minus1)?;
        let id = ranged(bits, "sps_seq_parameter_set_id", 15)? as u8;
        let (chroma_format, width, height) = picture(bits)?;
        let bit_depth_luma = ranged(bits, "bit_depth_luma_minus8", 8)? as u8 + 8;
        let bit_depth_chroma = ranged(bits, "bit_depth_chroma_minus8", 8)? as u8 + 8;
        let order_count_bits = ranged(bits, "log2_max_pic_order_cnt_lsb_minus4", 12)? + 4;
        let reorder_pictures_max = skip_ordering(bits, sub_layers_max_minus1)?;
        let frame_rate = frame_rate(bits, order_count_bits).unwrap_or(None);
        Ok(Self {
            id,
            sub_layers: sub_layers_max_minus1 + 1,
            profile,
            chroma_format,
            bit_depth_luma,
            bit_depth_chroma,
            width,
            height,
            reorder_pictures_max,
            frame_rate,
        })
    }
}

/// Chroma format, width and height inside the conformance window.
fn picture(bits: &mut BitReader<'_>) -> Result<(u8, u16, u16), Fault> {
    let chroma_format = ranged(bits, "chroma_format_idc", 3)? as u8;
    if chroma_format == 3 {
        bits.flag()?; // separate_colour_plane_flag
    }
    let (unit_x, unit_y) = match chroma_format {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let (width, height) = (u64::from(bits.ue()?), u64::from(bits.ue()?));
    let (mut crop_x, mut crop_y) = (0, 0);
    if bits.flag()? {
        crop_x = (u64::from(bits.ue()?) + u64::from(bits.ue()?)) * unit_x;
        crop_y = (u64::from(bits.ue()?) + u64::from(bits.ue()?)) * unit_y;
    }
    Ok((chroma_format, cropped(width, crop_x)?, cropped(height, crop_y)?))
}

/// What cropping leaves, where it leaves something that containers can tell.
fn cropped(coded: u64, crop: u64) -> Result<u16, Fault> {
    let left = coded.checked_sub(crop).ok_or(Fault::Dimensions)?;
    u16::try_from(left).ok().filter(|left| *left != 0).ok_or(Fault::Dimensions)
}

/// From the coding tools to the timing in the VUI.
fn frame_rate(bits: &mut BitReader<'_>, order_count_bits: u32) -> Result<Option<FrameRate>, Fault> {
    for _ in 0..6 {
        bits.ue()?; // block sizes and depths of the transform hierarchy
    }
    if bits.flag()? && bits.flag()? {
        skip_scaling_lists(bits)?;
    }
    bits.skip(2)?; // amp_enabled_flag, sample_adaptive_offset_enabled_flag
    if bits.flag()? {
        bits.skip(8)?; // pcm_sample_bit_depth_luma_minus1, pcm_sample_bit_depth_chroma_minus1
        bits.ue()?; // log2_min_pcm_luma_coding_block_size_minus3
        bits.ue()?; // log2_diff_max_min_pcm_luma_coding_block_size
        bits.flag()?; // pcm_loop_filter_disabled_flag
    }
    reference::skip_sets(bits, order_count_bits)?;
    bits.skip(2)?; // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
    if bits.flag()? { vui_timing(bits) } else { Ok(None) }
}

/// `scaling_list_data` (7.3.4).
fn skip_scaling_lists(bits: &mut BitReader<'_>) -> Result<(), Fault> {
    for size in 0..4u32 {
        let matrices = if size == 3 { 2 } else { 6 };
        for _ in 0..matrices {
            if !bits.flag()? {
                bits.ue()?; // scaling_list_pred_matrix_id_delta
                continue;
            }
            if size > 1 {
                bits.se()?; // scaling_list_dc_coef_minus8
            }
            for _ in 0..(1u32 << (4 + 2 * size)).min(64) {
                bits.se()?; // scaling_list_delta_coef
            }
        }
    }
    Ok(())
}

/// `vui_parameters` (E.2.1) as far as the timing.
fn vui_timing(bits: &mut BitReader<'_>) -> Result<Option<FrameRate>, Fault> {
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
    bits.skip(3)?; // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
    if bits.flag()? {
        for _ in 0..4 {
            bits.ue()?; // the default display window
        }
    }
    if bits.flag()? { timing(bits) } else { Ok(None) }
}
