use super::{Fault, SAMPLE_RATE, packet};

/// The identification header (RFC 7845, 5.1): `OpusHead` in Ogg and in a sequence header, `dOps` in MP4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// Channels that are heard.
    pub channels: u8,
    /// Samples at 48 kHz that a decoder drops at the start of the whole sound.
    pub pre_skip: u16,
    /// Frequency in Hz of what the encoder was given; zero where it is not told.
    pub input_sample_rate: u32,
    /// Gain in 1/256 dB.
    pub gain: i16,
    /// How streams become channels; `None` for family 0, which is mono or stereo.
    pub mapping: Option<Mapping<'a>>,
}

/// The channel mapping table (5.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping<'a> {
    /// `Channel Mapping Family`, not 0.
    pub family: u8,
    /// Streams in one packet.
    pub streams: u8,
    /// How many of them are stereo.
    pub coupled: u8,
    /// For each channel, which decoded one it is.
    pub table: &'a [u8],
}

const MAGIC: &[u8; 8] = b"OpusHead";
const VERSION: u8 = 1;
const DOPS_VERSION: u8 = 0;
/// Bytes behind the version up to the mapping table.
const FIELDS_BYTES: usize = 10;

impl<'a> Head<'a> {
    /// Reads `OpusHead`; bytes after its end are passed over.
    ///
    /// # Errors
    /// [`Fault::Magic`], [`Fault::Truncated`], [`Fault::Version`], [`Fault::Channels`].
    pub fn parse(data: &'a [u8]) -> Result<Self, Fault> {
        let rest = data.strip_prefix(MAGIC).ok_or(Fault::Magic)?;
        let (version, rest) = rest.split_first().ok_or(Fault::Truncated)?;
        // The upper half of the version counts incompatible changes.
        if version >> 4 != 0 {
            return Err(Fault::Version(*version));
        }
        let (fields, table) = rest.split_first_chunk().ok_or(Fault::Truncated)?;
        Self::of_fields(*fields, table)
    }

    /// Reads the content of a `dOps` box.
    ///
    /// # Errors
    /// [`Fault::Truncated`], [`Fault::Version`], [`Fault::Channels`].
    pub fn parse_dops(data: &'a [u8]) -> Result<Self, Fault> {
        let (version, rest) = data.split_first().ok_or(Fault::Truncated)?;
        if *version != DOPS_VERSION {
            return Err(Fault::Version(*version));
        }
        let (fields, table) = rest.split_first_chunk().ok_or(Fault::Truncated)?;
        let [channels, s0, s1, r0, r1, r2, r3, g0, g1, family] = *fields;
        Self::of_fields([channels, s1, s0, r3, r2, r1, r0, g1, g0, family], table)
    }

    /// From the fields behind the version, least significant byte first, and what follows them.
    fn of_fields(fields: [u8; FIELDS_BYTES], table: &'a [u8]) -> Result<Self, Fault> {
        let [channels, skip0, skip1, rate0, rate1, rate2, rate3, gain0, gain1, family] = fields;
        let mapping = match family {
            0 => None,
            family => Some(Mapping::parse(family, channels, table)?),
        };
        if channels == 0 || (mapping.is_none() && channels > 2) {
            return Err(Fault::Channels(channels));
        }
        let input_sample_rate = u32::from_le_bytes([rate0, rate1, rate2, rate3]);
        let (pre_skip, gain) = (u16::from_le_bytes([skip0, skip1]), i16::from_le_bytes([gain0, gain1]));
        Ok(Self { channels, pre_skip, input_sample_rate, gain, mapping })
    }

    /// The header of a sender that sends none: what a packet of mono or stereo tells of itself.
    ///
    /// # Errors
    /// [`Fault::Truncated`] for an empty packet.
    pub fn of_packet(packet: &[u8]) -> Result<Self, Fault> {
        let channels = packet::channels(packet)?;
        Ok(Self { channels, pre_skip: 0, input_sample_rate: SAMPLE_RATE, gain: 0, mapping: None })
    }

    /// Appends `OpusHead` to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend(MAGIC);
        out.extend([VERSION, self.channels]);
        out.extend(self.pre_skip.to_le_bytes());
        out.extend(self.input_sample_rate.to_le_bytes());
        out.extend(self.gain.to_le_bytes());
        self.write_mapping(out);
    }

    /// Appends the content of a `dOps` box (Encapsulation of Opus in ISO Base Media File Format, 4.3.2) to `out`: the
    /// same fields, most significant byte first.
    pub fn write_dops(&self, out: &mut Vec<u8>) {
        out.extend([DOPS_VERSION, self.channels]);
        out.extend(self.pre_skip.to_be_bytes());
        out.extend(self.input_sample_rate.to_be_bytes());
        out.extend(self.gain.to_be_bytes());
        self.write_mapping(out);
    }

    fn write_mapping(&self, out: &mut Vec<u8>) {
        out.push(self.mapping.map_or(0, |mapping| mapping.family));
        if let Some(mapping) = self.mapping {
            out.extend([mapping.streams, mapping.coupled]);
            out.extend_from_slice(mapping.table);
        }
    }
}

impl<'a> Mapping<'a> {
    fn parse(family: u8, channels: u8, data: &'a [u8]) -> Result<Self, Fault> {
        let (&[streams, coupled], rest) = data.split_first_chunk().ok_or(Fault::Truncated)?;
        let table = rest.get(..usize::from(channels)).ok_or(Fault::Truncated)?;
        Ok(Self { family, streams, coupled, table })
    }
}
