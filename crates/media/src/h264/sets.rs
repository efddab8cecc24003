use super::{ChromaExtension, ConfigurationRecord, Fault, NAL_PPS, NAL_SPS, Sps, nal_type};

/// The configuration record of a stream that carries its parameter sets among its pictures, for samples with lengths of
/// four bytes: `units` are the sets with their NAL unit headers, units of other types are passed over.
///
/// # Errors
/// [`Fault::Truncated`] without a sequence parameter set, what [`Sps::parse`] finds in the first one, and
/// [`Fault::Unwritable`].
pub fn record_of<'a>(units: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Vec<u8>, Fault> {
    let of = |kind: u8| units.clone().filter(move |unit| nal_type(unit) == Some(kind)).collect::<Vec<_>>();
    let (sps, pps) = (of(NAL_SPS), of(NAL_PPS));
    let first = Sps::parse(sps.first().ok_or(Fault::Truncated)?)?;
    let high = matches!(first.profile, 100 | 110 | 122 | 144 | 244);
    let extension = high.then_some(ChromaExtension {
        chroma_format: first.chroma_format,
        bit_depth_luma: first.bit_depth_luma,
        bit_depth_chroma: first.bit_depth_chroma,
        sps_extensions: Vec::new(),
    });
    let Sps { profile, constraints, level, .. } = first;
    let mut out = Vec::new();
    ConfigurationRecord { profile, constraints, level, length_size: 4, sps, pps, extension }.write(&mut out)?;
    Ok(out)
}
