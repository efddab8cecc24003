use super::Fault;
use std::fmt::Write;

/// `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 5.3.3.1): what an `avcC` box and an FLV sequence header hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationRecord<'a> {
    /// `AVCProfileIndication`: `profile_idc` of the stream.
    pub profile: u8,
    /// `profile_compatibility`: the byte of constraint flags.
    pub constraints: u8,
    /// `AVCLevelIndication`: ten times the level.
    pub level: u8,
    /// Bytes of the length in front of each NAL unit: 1, 2 or 4.
    pub length_size: usize,
    /// Sequence parameter sets, each with its NAL unit header.
    pub sps: Vec<&'a [u8]>,
    /// Picture parameter sets, each with its NAL unit header.
    pub pps: Vec<&'a [u8]>,
    /// The fields of High profiles; encoders are known to leave them out.
    pub extension: Option<ChromaExtension<'a>>,
}

/// The end of a record of a High profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChromaExtension<'a> {
    /// `chroma_format`: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_format: u8,
    /// Bits of a luma sample.
    pub bit_depth_luma: u8,
    /// Bits of a chroma sample.
    pub bit_depth_chroma: u8,
    /// Sequence parameter set extensions, each with its NAL unit header.
    pub sps_extensions: Vec<&'a [u8]>,
}

impl<'a> ConfigurationRecord<'a> {
    /// Reads a record; bytes after its end are passed over.
    ///
    /// # Errors
    /// [`Fault::Version`], [`Fault::LengthSize`], [`Fault::Truncated`].
    pub fn parse(data: &'a [u8]) -> Result<Self, Fault> {
        let mut input = Input(data);
        let version = input.byte()?;
        if version != 1 {
            return Err(Fault::Version(version));
        }
        let (profile, constraints, level) = (input.byte()?, input.byte()?, input.byte()?);
        let length_size = usize::from(input.byte()? & 3) + 1;
        if length_size == 3 {
            return Err(Fault::LengthSize(length_size));
        }
        let sps_count = input.byte()? & 0x1f;
        let sps = input.units(sps_count)?;
        let pps_count = input.byte()?;
        let pps = input.units(pps_count)?;
        let extension = if has_extension(profile) && !input.0.is_empty() { Some(input.extension()?) } else { None };
        Ok(Self { profile, constraints, level, length_size, sps, pps, extension })
    }

    /// Appends the record to `out`.
    ///
    /// # Errors
    /// [`Fault::LengthSize`], [`Fault::Unwritable`]; `out` may then hold a part of the record.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), Fault> {
        if !matches!(self.length_size, 1 | 2 | 4) {
            return Err(Fault::LengthSize(self.length_size));
        }
        let length_size_minus_one = (self.length_size - 1) as u8;
        out.extend([1, self.profile, self.constraints, self.level, 0xfc | length_size_minus_one]);
        write_units(&self.sps, 0x1f, 0xe0, out)?;
        write_units(&self.pps, 0xff, 0, out)?;
        let Some(extension) = &self.extension else { return Ok(()) };
        let depth = |bits: u8| bits.checked_sub(8).filter(|bits| *bits <= 7).ok_or(Fault::Unwritable);
        out.push(0xfc | (extension.chroma_format & 3));
        out.push(0xf8 | depth(extension.bit_depth_luma)?);
        out.push(0xf8 | depth(extension.bit_depth_chroma)?);
        write_units(&extension.sps_extensions, 0xff, 0, out)
    }

    /// The codec string of RFC 6381, `avc1.PPCCLL`.
    pub fn codec_string(&self) -> String {
        let mut text = String::from("avc1.");
        for byte in [self.profile, self.constraints, self.level] {
            let _ = write!(text, "{byte:02X}");
        }
        text
    }
}

/// Whether records of this profile end with the chroma fields.
fn has_extension(profile: u8) -> bool {
    matches!(profile, 100 | 110 | 122 | 144 | 244)
}

fn write_units(units: &[&[u8]], count_max: u8, reserved: u8, out: &mut Vec<u8>) -> Result<(), Fault> {
    let count = u8::try_from(units.len()).ok().filter(|count| *count <= count_max).ok_or(Fault::Unwritable)?;
    out.push(reserved | count);
    for unit in units {
        let length = u16::try_from(unit.len()).map_err(|_| Fault::Unwritable)?;
        out.extend(length.to_be_bytes());
        out.extend_from_slice(unit);
    }
    Ok(())
}

/// What is left of a record.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Result<u8, Fault> {
        let (byte, rest) = self.0.split_first().ok_or(Fault::Truncated)?;
        self.0 = rest;
        Ok(*byte)
    }

    fn unit(&mut self) -> Result<&'a [u8], Fault> {
        let length = u16::from_be_bytes([self.byte()?, self.byte()?]);
        let (unit, rest) = self.0.split_at_checked(usize::from(length)).ok_or(Fault::Truncated)?;
        self.0 = rest;
        Ok(unit)
    }

    fn units(&mut self, count: u8) -> Result<Vec<&'a [u8]>, Fault> {
        (0..count).map(|_| self.unit()).collect()
    }

    fn extension(&mut self) -> Result<ChromaExtension<'a>, Fault> {
        let chroma_format = self.byte()? & 3;
        let bit_depth_luma = (self.byte()? & 7) + 8;
        let bit_depth_chroma = (self.byte()? & 7) + 8;
        let count = self.byte()?;
        Ok(ChromaExtension { chroma_format, bit_depth_luma, bit_depth_chroma, sps_extensions: self.units(count)? })
    }
}
