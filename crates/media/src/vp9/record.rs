use super::Fault;

/// `VPCodecConfigurationRecord` (VP Codec ISO Media File Format Binding): what a `vpcC` box and a sequence header hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigurationRecord {
    /// Profile, 0 to 3.
    pub profile: u8,
    /// Level times ten; zero where it is not told.
    pub level: u8,
    /// Bits of a sample: 8, 10 or 12.
    pub bit_depth: u8,
    /// `chromaSubsampling`: 0 and 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_subsampling: u8,
    /// `videoFullRangeFlag`.
    pub full_range: bool,
    /// `colourPrimaries` (ISO/IEC 23091-2).
    pub primaries: u8,
    /// `transferCharacteristics`.
    pub transfer: u8,
    /// `matrixCoefficients`.
    pub matrix: u8,
}

/// Version 1 and flags of the `vpcC` box, which some senders put in front of the record.
const BOX_HEAD: [u8; 4] = [1, 0, 0, 0];

/// Pixels of the largest picture by level (VP9 levels, annex A), and the level times ten.
const LEVELS: [(u32, u8); 10] = [
    (36_864, 10),
    (73_728, 11),
    (122_880, 20),
    (245_760, 21),
    (552_960, 30),
    (983_040, 31),
    (2_228_224, 40),
    (8_912_896, 50),
    (35_651_584, 60),
    (u32::MAX, 62),
];

impl ConfigurationRecord {
    /// Reads a record, with or without the version and flags of the box around it; bytes after its end are passed over.
    ///
    /// # Errors
    /// [`Fault::Truncated`], [`Fault::Profile`], [`Fault::BitDepth`].
    pub fn parse(data: &[u8]) -> Result<Self, Fault> {
        // As a record, these bytes would tell samples of no bits.
        let record = data.strip_prefix(&BOX_HEAD).unwrap_or(data);
        let [profile, level, format, primaries, transfer, matrix, ..] =
            *record.first_chunk::<8>().ok_or(Fault::Truncated)?;
        let bit_depth = format >> 4;
        if profile > 3 {
            return Err(Fault::Profile(profile));
        }
        if !matches!(bit_depth, 8 | 10 | 12) {
            return Err(Fault::BitDepth(bit_depth));
        }
        let (chroma_subsampling, full_range) = ((format >> 1) & 7, format & 1 != 0);
        Ok(Self { profile, level, bit_depth, chroma_subsampling, full_range, primaries, transfer, matrix })
    }

    /// Appends the record, without version and flags of a box, to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        const INITIALIZATION_DATA_BYTES: [u8; 2] = [0, 0];
        let format = self.bit_depth << 4 | (self.chroma_subsampling & 7) << 1 | u8::from(self.full_range);
        out.extend([self.profile, self.level, format, self.primaries, self.transfer, self.matrix]);
        out.extend(INITIALIZATION_DATA_BYTES);
    }

    /// The record with a level: the lowest that has pictures of this size, where it told none. Players refuse a codec
    /// string without level.
    pub fn with_level_for(self, width: u16, height: u16) -> Self {
        if self.level != 0 {
            return self;
        }
        let pixels = u32::from(width) * u32::from(height);
        let level = LEVELS.iter().find(|(pixels_max, _)| pixels <= *pixels_max).map_or(0, |(_, level)| *level);
        Self { level, ..self }
    }

    /// The codec string of the binding, `vp09.PP.LL.DD`.
    pub fn codec_string(&self) -> String {
        format!("vp09.{:02}.{:02}.{:02}", self.profile, self.level, self.bit_depth)
    }
}
