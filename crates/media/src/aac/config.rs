use super::{AOT_LC, AOT_PS, AOT_SBR, Fault, channels, frequency, frequency_index, layout};
use crate::bits::{BitReader, BitWriter};

/// Sampling frequency index that announces 24 bits with the frequency itself.
const EXPLICIT: u8 = 15;

/// `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1): the decoder configuration of an AAC stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioSpecificConfig {
    /// Audio object type of the core coder (table 1.17), such as 2 for AAC LC; never 5 or 29.
    pub object_type: u8,
    /// Frequency of the core coder in Hz.
    pub sample_rate: u32,
    /// `channelConfiguration`; zero where a program config element lays the channels out.
    pub channel_configuration: u8,
    /// Channels of the core coder.
    pub channels: u8,
    /// `frameLengthFlag`: 960 samples in a frame of the core coder, not 1,024.
    pub short_frames: bool,
    /// Spectral band replication that the configuration signals; a stream may hold it without a signal.
    pub sbr: Option<SpectralBandReplication>,
}

/// What a configuration signals of HE-AAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpectralBandReplication {
    /// Frequency after replication in Hz.
    pub sample_rate: u32,
    /// Parametric stereo: two channels come out of a mono core.
    pub parametric_stereo: bool,
    /// Signalled in front of the core coder (1.6.5.2, hierarchical), not behind it (backward compatible).
    pub hierarchical: bool,
}

impl AudioSpecificConfig {
    /// AAC LC without extensions.
    ///
    /// # Errors
    /// [`Fault::ChannelConfiguration`] for zero and reserved configurations, [`Fault::SamplingFrequency`] for 0 Hz and
    /// for 2^24 Hz and more.
    pub fn lc(sample_rate: u32, channel_configuration: u8) -> Result<Self, Fault> {
        if channel_configuration == 0 {
            return Err(Fault::ChannelConfiguration(0));
        }
        if sample_rate == 0 || sample_rate >= 1 << 24 {
            return Err(Fault::SamplingFrequency(EXPLICIT));
        }
        let channels = channels(channel_configuration)?;
        Ok(Self { object_type: AOT_LC, sample_rate, channel_configuration, channels, short_frames: false, sbr: None })
    }

    /// Reads a configuration; bytes after its end are passed over.
    ///
    /// # Errors
    /// [`Fault`] where the bytes end too early or tell a reserved value.
    pub fn parse(data: &[u8]) -> Result<Self, Fault> {
        let bits = &mut BitReader::new(data);
        let mut object_type = read_object_type(bits)?;
        let sample_rate = read_frequency(bits)?;
        let channel_configuration = bits.small(4)?;
        let mut sbr = None;
        if matches!(object_type, AOT_SBR | AOT_PS) {
            let parametric_stereo = object_type == AOT_PS;
            sbr = Some(SpectralBandReplication {
                sample_rate: read_frequency(bits)?,
                parametric_stereo,
                hierarchical: true,
            });
            object_type = read_object_type(bits)?;
            if object_type == 22 {
                bits.skip(4)?; // extensionChannelConfiguration
            }
        }
        if matches!(object_type, 0 | AOT_SBR | AOT_PS) {
            return Err(Fault::ObjectType(object_type));
        }
        let mut config = Self {
            object_type,
            sample_rate,
            channel_configuration,
            channels: channels(channel_configuration)?,
            short_frames: false,
            sbr,
        };
        if is_general_audio(object_type) {
            config.read_general_audio(bits)?;
            if config.sbr.is_none() && !is_protected(object_type, bits)? {
                // What follows is optional, and many a record is filled up with zeros.
                config.sbr = read_sync_extension(bits, sample_rate).unwrap_or(None);
            }
        }
        Ok(config)
    }

    /// Appends the configuration to `out`, extensions signalled as `hierarchical` tells.
    ///
    /// # Errors
    /// [`Fault::Unwritable`] for object types other than AAC Main, LC, SSR and LTP, and for a channel layout of its own.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let plain = matches!(self.object_type, 1..=4) && matches!(self.channel_configuration, 1..=15);
        let rates_fit = [Some(self.sample_rate), self.sbr.map(|sbr| sbr.sample_rate)]
            .into_iter()
            .flatten()
            .all(|hz| hz != 0 && hz < 1 << 24);
        if !plain || !rates_fit {
            return Err(Fault::Unwritable);
        }
        let bits = &mut BitWriter::new(out);
        let ahead = self.sbr.filter(|sbr| sbr.hierarchical);
        bits.bits(5, u32::from(ahead.map_or(self.object_type, |sbr| sbr.object_type())));
        write_frequency(bits, self.sample_rate);
        bits.bits(4, u32::from(self.channel_configuration));
        if let Some(sbr) = ahead {
            write_frequency(bits, sbr.sample_rate);
            bits.bits(5, u32::from(self.object_type));
        }
        bits.flag(self.short_frames);
        bits.bits(2, 0); // dependsOnCoreCoder, extensionFlag
        if let Some(sbr) = self.sbr.filter(|sbr| !sbr.hierarchical) {
            bits.bits(11, SYNC_SBR);
            bits.bits(5, u32::from(AOT_SBR));
            bits.flag(true);
            write_frequency(bits, sbr.sample_rate);
            bits.bits(11, SYNC_PS);
            bits.flag(sbr.parametric_stereo);
        }
        Ok(())
    }

    /// Samples of each channel in one frame, at [`output_sample_rate`](Self::output_sample_rate).
    pub fn samples_per_frame(&self) -> u32 {
        let core = match (self.object_type, self.short_frames) {
            (23 | 39, false) => 512,
            (23 | 39, true) => 480,
            (_, false) => 1_024,
            (_, true) => 960,
        };
        match self.sbr {
            Some(sbr) if u64::from(sbr.sample_rate) == 2 * u64::from(self.sample_rate) => 2 * core,
            _ => core,
        }
    }

    /// Frequency that is heard, in Hz.
    pub fn output_sample_rate(&self) -> u32 {
        self.sbr.map_or(self.sample_rate, |sbr| sbr.sample_rate)
    }

    /// Channels that are heard.
    pub fn output_channels(&self) -> u8 {
        match self.sbr {
            Some(sbr) if sbr.parametric_stereo && self.channels == 1 => 2,
            _ => self.channels,
        }
    }

    /// The codec string of RFC 6381, `mp4a.40.N`.
    pub fn codec_string(&self) -> String {
        format!("mp4a.40.{}", self.sbr.map_or(self.object_type, |sbr| sbr.object_type()))
    }

    /// `GASpecificConfig` (4.4.1).
    fn read_general_audio(&mut self, bits: &mut BitReader<'_>) -> Result<(), Fault> {
        self.short_frames = bits.flag()?;
        if bits.flag()? {
            bits.skip(14)?; // coreCoderDelay
        }
        let extension = bits.flag()?;
        if self.channel_configuration == 0 {
            self.channels = layout::channels(bits)?;
        }
        if matches!(self.object_type, 6 | 20) {
            bits.skip(3)?; // layerNr
        }
        if extension {
            match self.object_type {
                22 => bits.skip(16)?,               // numOfSubFrame, layer_length
                17 | 19 | 20 | 23 => bits.skip(3)?, // the three resilience flags
                _ => {}
            }
            bits.flag()?; // extensionFlag3
        }
        Ok(())
    }
}

impl SpectralBandReplication {
    fn object_type(self) -> u8 {
        if self.parametric_stereo { AOT_PS } else { AOT_SBR }
    }
}

/// Object types whose configuration is `GASpecificConfig` (1.6.2.1).
fn is_general_audio(object_type: u8) -> bool {
    matches!(object_type, 1 | 2 | 3 | 4 | 6 | 7 | 17 | 19 | 20 | 21 | 22 | 23)
}

/// Whether an error protection configuration follows, behind which nothing is read.
fn is_protected(object_type: u8, bits: &mut BitReader<'_>) -> Result<bool, Fault> {
    Ok(object_type >= 17 && bits.bits(2)? >= 2)
}

fn read_object_type(bits: &mut BitReader<'_>) -> Result<u8, Fault> {
    const ESCAPE: u8 = 31;
    match bits.small(5)? {
        ESCAPE => Ok(32 + bits.small(6)?),
        object_type => Ok(object_type),
    }
}

fn read_frequency(bits: &mut BitReader<'_>) -> Result<u32, Fault> {
    match bits.small(4)? {
        EXPLICIT => Some(bits.bits(24)?).filter(|hz| *hz != 0).ok_or(Fault::SamplingFrequency(EXPLICIT)),
        index => frequency(index),
    }
}

fn write_frequency(bits: &mut BitWriter<'_>, hz: u32) {
    match frequency_index(hz) {
        Some(index) => bits.bits(4, u32::from(index)),
        None => {
            bits.bits(4, u32::from(EXPLICIT));
            bits.bits(24, hz);
        }
    }
}

/// `syncExtensionType` in front of the signal of spectral band replication.
const SYNC_SBR: u32 = 0x2b7;
/// `syncExtensionType` in front of the signal of parametric stereo.
const SYNC_PS: u32 = 0x548;

/// The backward compatible signal behind the configuration of the core coder (1.6.2.1).
fn read_sync_extension(bits: &mut BitReader<'_>, core_rate: u32) -> Result<Option<SpectralBandReplication>, Fault> {
    if bits.bits_left() < 16 || bits.bits(11)? != SYNC_SBR || read_object_type(bits)? != AOT_SBR || !bits.flag()? {
        return Ok(None);
    }
    let sample_rate = read_frequency(bits)?;
    let parametric_stereo = bits.bits_left() >= 12 && bits.bits(11)? == SYNC_PS && bits.flag()?;
    // The same frequency is a downsampled replication and a signal all the same; a lower one is damage.
    Ok((sample_rate >= core_rate).then_some(SpectralBandReplication {
        sample_rate,
        parametric_stereo,
        hierarchical: false,
    }))
}
