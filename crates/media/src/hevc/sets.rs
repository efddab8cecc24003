use super::{ConfigurationRecord, Fault, NAL_PPS, NAL_SPS, NAL_VPS, NalArray, Sps, nal_type};

/// The configuration record of a stream that carries its parameter sets among its pictures, for samples with lengths of
/// four bytes: `units` are the sets with their NAL unit headers, units of other types are passed over.
///
/// # Errors
/// [`Fault::Truncated`] without a sequence parameter set, what [`Sps::parse`] finds in the first one, and
/// [`Fault::Unwritable`].
pub fn record_of<'a>(units: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Vec<u8>, Fault> {
    let of = |kind: u8| units.clone().filter(move |unit| nal_type(unit) == Some(kind)).collect::<Vec<_>>();
    let array = |nal_type: u8| NalArray { complete: true, nal_type, units: of(nal_type) };
    let arrays = [NAL_VPS, NAL_SPS, NAL_PPS].map(array);
    let [_, sps, _] = &arrays;
    let first = Sps::parse(sps.units.first().ok_or(Fault::Truncated)?)?;
    let record = ConfigurationRecord {
        profile: first.profile,
        min_spatial_segmentation: 0,
        parallelism: 0,
        chroma_format: first.chroma_format,
        bit_depth_luma: first.bit_depth_luma,
        bit_depth_chroma: first.bit_depth_chroma,
        average_frame_rate: 0,
        constant_frame_rate: 0,
        temporal_layers: first.sub_layers,
        temporal_id_nested: false,
        length_size: 4,
        arrays: arrays.into(),
    };
    let mut out = Vec::new();
    record.write(&mut out)?;
    Ok(out)
}
