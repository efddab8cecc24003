use super::{Fault, NAL_VPS, ProfileTierLevel, parameter_set, ranged};
use crate::FrameRate;
use crate::bits::BitReader;

/// What a video parameter set tells about the stream (ISO/IEC 23008-2, 7.3.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vps {
    /// `vps_video_parameter_set_id`.
    pub id: u8,
    /// Temporal sub-layers, 1 to 7.
    pub sub_layers: u8,
    /// Profile, tier and level of the base layer.
    pub profile: ProfileTierLevel,
    /// Pictures per second, where the set tells its timing.
    pub frame_rate: Option<FrameRate>,
}

impl Vps {
    /// Reads a video parameter set with its NAL unit header.
    ///
    /// # Errors
    /// [`Fault`] where the set ends too early or a field is out of range.
    pub fn parse(unit: &[u8]) -> Result<Self, Fault> {
        let bits = &mut parameter_set(unit, NAL_VPS)?;
        let id = bits.small(4)?;
        bits.skip(8)?; // vps_base_layer_internal_flag, vps_base_layer_available_flag, vps_max_layers_minus1
        let sub_layers_max_minus1 = bits.small(3)?;
        if sub_layers_max_minus1 > 6 {
            return Err(Fault::Range { field: "vps_max_sub_layers_minus1", value: 7 });
        }
        bits.skip(17)?; // vps_temporal_id_nesting_flag, vps_reserved_0xffff_16bits
        let profile = ProfileTierLevel::parse(bits, sub_layers_max_minus1)?;
        skip_ordering(bits, sub_layers_max_minus1)?;
        skip_layer_sets(bits)?;
        let frame_rate = if bits.flag()? { timing(bits)? } else { None };
        Ok(Self { id, sub_layers: sub_layers_max_minus1 + 1, profile, frame_rate })
    }
}

/// Passes over the sub-layer ordering that stands alike in both sets; the last `num_reorder_pics` is the answer.
pub(super) fn skip_ordering(bits: &mut BitReader<'_>, sub_layers_max_minus1: u8) -> Result<u8, Fault> {
    let first = if bits.flag()? { 0 } else { sub_layers_max_minus1 };
    let mut reorder = 0;
    for _ in first..=sub_layers_max_minus1 {
        bits.ue()?; // max_dec_pic_buffering_minus1
        reorder = ranged(bits, "max_num_reorder_pics", 16)? as u8;
        bits.ue()?; // max_latency_increase_plus1
    }
    Ok(reorder)
}

/// `num_units_in_tick` and `time_scale`, alike in both sets.
pub(super) fn timing(bits: &mut BitReader<'_>) -> Result<Option<FrameRate>, Fault> {
    let units_in_tick = bits.bits(32)?;
    let time_scale = bits.bits(32)?;
    Ok(FrameRate::new(time_scale, u64::from(units_in_tick)))
}

fn skip_layer_sets(bits: &mut BitReader<'_>) -> Result<(), Fault> {
    let layers = bits.bits(6)? + 1;
    let sets = ranged(bits, "vps_num_layer_sets_minus1", 1_023)?;
    Ok(bits.skip(layers * sets)?)
}
