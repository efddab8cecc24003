use bytes::Bytes;
use vivace_media::fmp4::{Fault, InputSample, Reader};

/// The samples of a part in order of decoding time. In the part, the samples of each track stand together.
pub(super) fn interleaved(reader: &mut Reader, part: &Bytes) -> Result<Vec<InputSample>, Fault> {
    let mut samples = reader.samples(part, 0).collect::<Result<Vec<_>, _>>()?;
    samples.sort_by_key(|sample| sample.dts);
    Ok(samples)
}
