use super::{Fault, NAL_SPS, NAL_VPS, ProfileTierLevel};
use crate::bits::BitReader;

/// The parameter set ids there are (16 video, 16 sequence, 64 picture) and as many SEI messages again, rounded up.
const UNITS_MAX: usize = 256;

/// `HEVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 8.3.3.1): what an `hvcC` box and a sequence header hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationRecord<'a> {
    /// Profile, tier and level.
    pub profile: ProfileTierLevel,
    /// `min_spatial_segmentation_idc`, 12 bits.
    pub min_spatial_segmentation: u16,
    /// `parallelismType`, 2 bits.
    pub parallelism: u8,
    /// `chroma_format_idc`: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_format: u8,
    /// Bits of a luma sample.
    pub bit_depth_luma: u8,
    /// Bits of a chroma sample.
    pub bit_depth_chroma: u8,
    /// `avgFrameRate` in frames per 256 seconds; zero where it is not told.
    pub average_frame_rate: u16,
    /// `constantFrameRate`, 2 bits.
    pub constant_frame_rate: u8,
    /// `numTemporalLayers`, 3 bits; zero where it is not told.
    pub temporal_layers: u8,
    /// `temporalIdNested`.
    pub temporal_id_nested: bool,
    /// Bytes of the length in front of each NAL unit: 1, 2 or 4.
    pub length_size: usize,
    /// Parameter sets and SEI messages by type.
    pub arrays: Vec<NalArray<'a>>,
}

/// NAL units of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NalArray<'a> {
    /// All units of this type stand here and none in the samples.
    pub complete: bool,
    /// `NAL_unit_type`, 6 bits.
    pub nal_type: u8,
    /// The units, each with its header.
    pub units: Vec<&'a [u8]>,
}

impl<'a> ConfigurationRecord<'a> {
    /// Reads a record; bytes after its end are passed over.
    ///
    /// # Errors
    /// [`Fault::Version`], [`Fault::LengthSize`], [`Fault::Truncated`], [`Fault::TooManyUnits`].
    pub fn parse(data: &'a [u8]) -> Result<Self, Fault> {
        const HEAD_BYTES: usize = 22;
        let (head, arrays) = data.split_at_checked(HEAD_BYTES).ok_or(Fault::Truncated)?;
        let bits = &mut BitReader::new(head);
        let version = bits.small(8)?;
        // Version 0 is what encoders wrote before the record was standardised, with the same fields.
        if version > 1 {
            return Err(Fault::Version(version));
        }
        let profile = ProfileTierLevel::parse_general(bits)?;
        let record = Self {
            profile,
            min_spatial_segmentation: bits.bits(16)? as u16 & 0xfff,
            parallelism: bits.small(8)? & 3,
            chroma_format: bits.small(8)? & 3,
            bit_depth_luma: (bits.small(8)? & 7) + 8,
            bit_depth_chroma: (bits.small(8)? & 7) + 8,
            average_frame_rate: bits.bits(16)? as u16,
            constant_frame_rate: bits.small(2)?,
            temporal_layers: bits.small(3)?,
            temporal_id_nested: bits.flag()?,
            length_size: usize::from(bits.small(2)?) + 1,
            arrays: Input(arrays).arrays()?,
        };
        if record.length_size == 3 {
            return Err(Fault::LengthSize(record.length_size));
        }
        Ok(record)
    }

    /// Appends the record to `out`.
    ///
    /// # Errors
    /// [`Fault::LengthSize`], [`Fault::Unwritable`]; `out` may then hold a part of the record.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), Fault> {
        if !matches!(self.length_size, 1 | 2 | 4) {
            return Err(Fault::LengthSize(self.length_size));
        }
        let depth = |bits: u8| bits.checked_sub(8).filter(|bits| *bits <= 7).ok_or(Fault::Unwritable);
        out.push(1);
        self.profile.write(out);
        out.extend((0xf000 | (self.min_spatial_segmentation & 0xfff)).to_be_bytes());
        out.push(0xfc | (self.parallelism & 3));
        out.push(0xfc | (self.chroma_format & 3));
        out.push(0xf8 | depth(self.bit_depth_luma)?);
        out.push(0xf8 | depth(self.bit_depth_chroma)?);
        out.extend(self.average_frame_rate.to_be_bytes());
        let nested = u8::from(self.temporal_id_nested) << 2;
        let layers = (self.temporal_layers & 7) << 3;
        out.push((self.constant_frame_rate & 3) << 6 | layers | nested | (self.length_size - 1) as u8);
        out.push(u8::try_from(self.arrays.len()).map_err(|_| Fault::Unwritable)?);
        self.arrays.iter().try_for_each(|array| array.write(out))
    }

    /// The NAL units of one type, in order.
    pub fn units(&self, nal_type: u8) -> impl Iterator<Item = &'a [u8]> {
        self.arrays.iter().filter(move |array| array.nal_type == nal_type).flat_map(|array| array.units.iter().copied())
    }

    /// The first sequence parameter set.
    pub fn sps(&self) -> Option<&'a [u8]> {
        self.units(NAL_SPS).next()
    }

    /// The first video parameter set.
    pub fn vps(&self) -> Option<&'a [u8]> {
        self.units(NAL_VPS).next()
    }

    /// The codec string of RFC 6381, `hvc1.A.B.LX.CC`.
    pub fn codec_string(&self) -> String {
        self.profile.codec_string()
    }
}

impl NalArray<'_> {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Fault> {
        out.push(u8::from(self.complete) << 7 | (self.nal_type & 0x3f));
        out.extend(u16::try_from(self.units.len()).map_err(|_| Fault::Unwritable)?.to_be_bytes());
        for unit in &self.units {
            out.extend(u16::try_from(unit.len()).map_err(|_| Fault::Unwritable)?.to_be_bytes());
            out.extend_from_slice(unit);
        }
        Ok(())
    }
}

/// What is left of a record.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn arrays(mut self) -> Result<Vec<NalArray<'a>>, Fault> {
        let mut units_left = UNITS_MAX;
        (0..self.byte()?).map(|_| self.array(&mut units_left)).collect()
    }

    fn array(&mut self, units_left: &mut usize) -> Result<NalArray<'a>, Fault> {
        let head = self.byte()?;
        let count = self.short()?;
        *units_left = units_left.checked_sub(usize::from(count)).ok_or(Fault::TooManyUnits(UNITS_MAX))?;
        let units = (0..count).map(|_| self.unit()).collect::<Result<_, _>>()?;
        Ok(NalArray { complete: head & 0x80 != 0, nal_type: head & 0x3f, units })
    }

    fn unit(&mut self) -> Result<&'a [u8], Fault> {
        let length = self.short()?;
        let (unit, rest) = self.0.split_at_checked(usize::from(length)).ok_or(Fault::Truncated)?;
        self.0 = rest;
        Ok(unit)
    }

    fn short(&mut self) -> Result<u16, Fault> {
        Ok(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let (byte, rest) = self.0.split_first().ok_or(Fault::Truncated)?;
        self.0 = rest;
        Ok(*byte)
    }
}
