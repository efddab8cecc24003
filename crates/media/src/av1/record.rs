use super::{Fault, SequenceHeader};
use crate::bits::{BitReader, BitWriter};

/// `AV1CodecConfigurationRecord` (ISO Media File Format Binding, 2.3.3): what an `av1C` box and a sequence header hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigurationRecord<'a> {
    /// `seq_profile`: 0 Main, 1 High, 2 Professional.
    pub profile: u8,
    /// `seq_level_idx_0`, 5 bits.
    pub level: u8,
    /// `seq_tier_0`.
    pub high_tier: bool,
    /// Bits of a sample: 8, 10 or 12.
    pub bit_depth: u8,
    /// No chroma.
    pub monochrome: bool,
    /// `chroma_subsampling_x` and `_y`.
    pub subsampling: (bool, bool),
    /// `chroma_sample_position`, 2 bits.
    pub chroma_sample_position: u8,
    /// `initial_presentation_delay_minus_one`, 4 bits.
    pub presentation_delay_minus_one: Option<u8>,
    /// `configOBUs`: a sequence header, metadata, or nothing.
    pub obus: &'a [u8],
}

/// Marker and version 1.
const HEAD: u8 = 0x81;

impl<'a> ConfigurationRecord<'a> {
    /// Reads a record; the OBUs in it are not looked at.
    ///
    /// # Errors
    /// [`Fault::Version`], [`Fault::Truncated`], [`Fault::Profile`].
    pub fn parse(data: &'a [u8]) -> Result<Self, Fault> {
        let (head, obus) = data.split_first_chunk::<4>().ok_or(Fault::Truncated)?;
        let bits = &mut BitReader::new(head);
        let version = bits.small(8)?;
        if version != HEAD {
            return Err(Fault::Version(version));
        }
        let profile = bits.small(3)?;
        if profile > 2 {
            return Err(Fault::Profile(profile));
        }
        let (level, high_tier) = (bits.small(5)?, bits.flag()?);
        let bit_depth = match (bits.flag()?, bits.flag()?) {
            (false, _) => 8,
            (true, false) => 10,
            (true, true) => 12,
        };
        let monochrome = bits.flag()?;
        let subsampling = (bits.flag()?, bits.flag()?);
        let chroma_sample_position = bits.small(2)?;
        bits.skip(3)?;
        let (present, delay) = (bits.flag()?, bits.small(4)?);
        let presentation_delay_minus_one = present.then_some(delay);
        Ok(Self {
            profile,
            level,
            high_tier,
            bit_depth,
            monochrome,
            subsampling,
            chroma_sample_position,
            presentation_delay_minus_one,
            obus,
        })
    }

    /// Appends the record to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(HEAD);
        let mut bits = BitWriter::new(out);
        bits.bits(3, u32::from(self.profile));
        bits.bits(5, u32::from(self.level));
        bits.flag(self.high_tier);
        bits.flag(self.bit_depth > 8);
        bits.flag(self.bit_depth > 10);
        bits.flag(self.monochrome);
        bits.flag(self.subsampling.0);
        bits.flag(self.subsampling.1);
        bits.bits(2, u32::from(self.chroma_sample_position));
        bits.bits(3, 0);
        bits.flag(self.presentation_delay_minus_one.is_some());
        bits.bits(4, u32::from(self.presentation_delay_minus_one.unwrap_or(0)));
        out.extend_from_slice(self.obus);
    }

    /// The sequence header in the record; `None` where there is none, as the standard allows.
    ///
    /// # Errors
    /// [`Fault`] of the OBUs.
    pub fn sequence_header(&self) -> Result<Option<SequenceHeader>, Fault> {
        SequenceHeader::find(self.obus)
    }

    /// The codec string of the ISO Media File Format Binding (section 5), `av01.P.LLT.DD`.
    pub fn codec_string(&self) -> String {
        let tier = if self.high_tier { 'H' } else { 'M' };
        format!("av01.{}.{:02}{tier}.{:02}", self.profile, self.level, self.bit_depth)
    }
}
