use super::Fault;
use crate::bits::BitReader;

/// The beginning of `uncompressed_header` (6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Profile, 0 to 3.
    pub profile: u8,
    /// `show_frame`, or a frame that was decoded before is shown.
    pub shown: bool,
    /// What only a key frame tells.
    pub key: Option<KeyHeader>,
}

/// What a key frame tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHeader {
    /// Bits of a sample: 8, 10 or 12.
    pub bit_depth: u8,
    /// `subsampling_x` and `_y`.
    pub subsampling: (bool, bool),
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
}

impl FrameHeader {
    /// Reads the header of a frame, or of the first frame of a superframe.
    ///
    /// # Errors
    /// [`Fault::FrameMarker`], [`Fault::Truncated`], [`Fault::Profile`], [`Fault::SyncCode`], [`Fault::Dimensions`].
    pub fn parse(frame: &[u8]) -> Result<Self, Fault> {
        const FRAME_MARKER: u32 = 2;
        let bits = &mut BitReader::new(frame);
        if bits.bits(2)? != FRAME_MARKER {
            return Err(Fault::FrameMarker);
        }
        let profile = bits.small(1)? | bits.small(1)? << 1;
        if profile == 3 && bits.flag()? {
            return Err(Fault::Profile(4));
        }
        if bits.flag()? {
            // show_existing_frame
            return Ok(Self { profile, shown: true, key: None });
        }
        let is_key = !bits.flag()?;
        let shown = bits.flag()?;
        bits.skip(1)?; // error_resilient_mode
        let key = if is_key { Some(KeyHeader::parse(bits, profile)?) } else { None };
        Ok(Self { profile, shown, key })
    }
}

impl KeyHeader {
    fn parse(bits: &mut BitReader<'_>, profile: u8) -> Result<Self, Fault> {
        const SYNC_CODE: u32 = 0x49_8342;
        if bits.bits(24)? != SYNC_CODE {
            return Err(Fault::SyncCode);
        }
        let bit_depth = match profile {
            0 | 1 => 8,
            _ if bits.flag()? => 12,
            _ => 10,
        };
        let subsampling = subsampling(bits, profile)?;
        Ok(Self { bit_depth, subsampling, width: dimension(bits)?, height: dimension(bits)? })
    }
}

/// `color_config` (6.2.2) behind the bit depth.
fn subsampling(bits: &mut BitReader<'_>, profile: u8) -> Result<(bool, bool), Fault> {
    const RGB: u32 = 7;
    let is_rgb = bits.bits(3)? == RGB;
    if !is_rgb {
        bits.skip(1)?; // color_range
    }
    match (profile % 2 == 1, is_rgb) {
        (true, false) => {
            let subsampling = (bits.flag()?, bits.flag()?);
            bits.skip(1)?;
            Ok(subsampling)
        }
        (true, true) => {
            bits.skip(1)?;
            Ok((false, false))
        }
        (false, _) => Ok((true, true)),
    }
}

fn dimension(bits: &mut BitReader<'_>) -> Result<u16, Fault> {
    u16::try_from(bits.bits(16)? + 1).map_err(|_| Fault::Dimensions)
}
