use super::{AudioSpecificConfig, Fault, channels, frequency, frequency_index};
use crate::bits::{BitReader, BitWriter};

/// The header of one ADTS frame (ISO/IEC 14496-3, 1.A.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdtsHeader {
    /// `ID`: MPEG-2 AAC, not MPEG-4.
    pub mpeg2: bool,
    /// A checksum follows the header.
    pub checksum: bool,
    /// Audio object type, 1 to 4.
    pub object_type: u8,
    /// Frequency in Hz.
    pub sample_rate: u32,
    /// `channel_configuration`, 0 to 7; zero where a program config element in the frame lays the channels out.
    pub channel_configuration: u8,
    /// Bytes of the whole frame with its header.
    pub frame_bytes: usize,
    /// Access units in the frame, 1 to 4.
    pub access_units: u8,
}

impl AdtsHeader {
    /// Bytes of a header without checksum.
    pub const BYTES: usize = 7;

    /// Reads the header at the start of `data`.
    ///
    /// # Errors
    /// [`Fault::SyncWord`], [`Fault::Truncated`], [`Fault::SamplingFrequency`], [`Fault::FrameLength`].
    pub fn parse(data: &[u8]) -> Result<Self, Fault> {
        let bits = &mut BitReader::new(data);
        if bits.bits(12)? != 0xfff {
            return Err(Fault::SyncWord);
        }
        let mpeg2 = bits.flag()?;
        if bits.bits(2)? != 0 {
            return Err(Fault::SyncWord); // layer: a frame of MPEG audio, not of AAC
        }
        let checksum = !bits.flag()?;
        let object_type = bits.small(2)? + 1;
        let sample_rate = frequency(bits.small(4)?)?;
        bits.flag()?; // private_bit
        let channel_configuration = bits.small(3)?;
        bits.skip(4)?; // original_copy, home, copyright_identification_bit, copyright_identification_start
        let frame_bytes = bits.bits(13)? as usize;
        bits.skip(11)?; // adts_buffer_fullness
        let access_units = bits.small(2)? + 1;
        let header =
            Self { mpeg2, checksum, object_type, sample_rate, channel_configuration, frame_bytes, access_units };
        if frame_bytes < header.header_bytes() { Err(Fault::FrameLength(frame_bytes)) } else { Ok(header) }
    }

    /// Bytes in front of the first access unit.
    pub fn header_bytes(&self) -> usize {
        let checksum = if self.checksum { 2 * usize::from(self.access_units) } else { 0 };
        Self::BYTES + checksum
    }

    /// Appends a header without checksum for one access unit of `payload_bytes`.
    ///
    /// # Errors
    /// [`Fault::Unwritable`] where ADTS has no room for the configuration (object types after 4, a frequency out of the
    /// table, more than 7 channel configurations) or the length.
    pub fn write(config: &AudioSpecificConfig, payload_bytes: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        let index = frequency_index(config.sample_rate).ok_or(Fault::Unwritable)?;
        let frame_bytes = payload_bytes.checked_add(Self::BYTES).filter(|bytes| *bytes < 1 << 13);
        let frame_bytes = frame_bytes.ok_or(Fault::Unwritable)?;
        if !matches!(config.object_type, 1..=4) || !matches!(config.channel_configuration, 1..=7) {
            return Err(Fault::Unwritable);
        }
        let bits = &mut BitWriter::new(out);
        bits.bits(12, 0xfff);
        bits.bits(4, 1); // MPEG-4, layer 0, no checksum
        bits.bits(2, u32::from(config.object_type) - 1);
        bits.bits(4, u32::from(index));
        bits.bits(1, 0);
        bits.bits(3, u32::from(config.channel_configuration));
        bits.bits(4, 0);
        bits.bits(13, frame_bytes as u32);
        bits.bits(11, 0x7ff); // variable rate
        bits.bits(2, 0); // one access unit
        Ok(())
    }

    /// The configuration that the header tells; it cannot tell extensions.
    ///
    /// # Errors
    /// [`Fault::ChannelConfiguration`] where the frame itself lays the channels out.
    pub fn config(&self) -> Result<AudioSpecificConfig, Fault> {
        let channel_count = channels(self.channel_configuration)?;
        if channel_count == 0 {
            return Err(Fault::ChannelConfiguration(0));
        }
        Ok(AudioSpecificConfig {
            object_type: self.object_type,
            sample_rate: self.sample_rate,
            channel_configuration: self.channel_configuration,
            channels: channel_count,
            short_frames: false,
            sbr: None,
        })
    }
}
