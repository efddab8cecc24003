use super::Fault;
use crate::{Codec, aac, av1, g711, h264, hevc, mp3, opus, vp9};
use bytes::Bytes;
use vivace_base::MediaTime;

/// One track of a file, as its sequence header describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    pub(super) id: u32,
    pub(super) codec: Codec,
    pub(super) timescale: u32,
    /// Content of the configuration box, or of the decoder specific descriptor in `esds`.
    pub(super) config: Bytes,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) channels: u8,
    /// Object type indication of `esds`; zero where there is none.
    pub(super) object_type: u8,
    codec_string: String,
}

impl Track {
    /// From the payload of a [`VideoConfig`](crate::FrameKind::VideoConfig) or
    /// [`AudioConfig`](crate::FrameKind::AudioConfig) frame; for MP3, which has none, from the first frame of audio.
    ///
    /// A record of VP9 does not tell the size, one of AV1 may not: see [`Track::sized`].
    ///
    /// # Errors
    /// [`Fault::TrackId`] for id 0, [`Fault::NoParameterSet`], [`Fault::SizeUnknown`], [`Fault::NotCarried`], or the
    /// fault of the codec.
    pub fn from_config(codec: Codec, payload: &Bytes, id: u32) -> Result<Self, Fault> {
        Self::sized(codec, payload, None, id)
    }

    /// The same, with the width and height that the newest key frame tells (see [`size_in_band`](crate::size_in_band)).
    ///
    /// # Errors
    /// Those of [`Track::from_config`].
    pub fn sized(codec: Codec, payload: &Bytes, in_band: Option<(u16, u16)>, id: u32) -> Result<Self, Fault> {
        if id == 0 {
            return Err(Fault::TrackId);
        }
        match codec {
            Codec::H264 => {
                let record = h264::ConfigurationRecord::parse(payload)?;
                let sps = h264::Sps::parse(record.sps.first().ok_or(Fault::NoParameterSet)?)?;
                Ok(Self::video(codec, payload, id, (sps.width, sps.height), record.codec_string()))
            }
            Codec::Hevc => {
                let record = hevc::ConfigurationRecord::parse(payload)?;
                let sps = hevc::Sps::parse(record.sps().ok_or(Fault::NoParameterSet)?)?;
                Ok(Self::video(codec, payload, id, (sps.width, sps.height), record.codec_string()))
            }
            Codec::Av1 => {
                let record = av1::ConfigurationRecord::parse(payload)?;
                let told = record.sequence_header()?.map(|header| (header.width, header.height));
                let size = told.or(in_band).ok_or(Fault::SizeUnknown)?;
                Ok(Self::video(codec, payload, id, size, record.codec_string()))
            }
            Codec::Vp9 => Self::vp9(payload, in_band.ok_or(Fault::SizeUnknown)?, id),
            Codec::Aac => Self::aac(payload, id),
            Codec::Mp3 => Self::mp3(payload, id),
            Codec::Opus => Self::opus(payload, id),
            Codec::G711A | Codec::G711U => Err(Fault::NotCarried(codec)),
        }
    }

    /// G.711, for files that this server keeps for itself: [`Track::sized`] refuses it, because no browser plays it.
    ///
    /// # Errors
    /// [`Fault::TrackId`] for id 0, [`Fault::NotCarried`] for another codec.
    pub fn g711(codec: Codec, id: u32) -> Result<Self, Fault> {
        let codec_string = match codec {
            Codec::G711A => "alaw",
            Codec::G711U => "ulaw",
            _ => return Err(Fault::NotCarried(codec)),
        };
        Self::sound(codec, id, g711::SAMPLE_RATE, 1, codec_string.to_owned())
    }

    /// MPEG audio as `esds` tells it, without a frame.
    pub(super) fn mpeg_audio(object_type: u8, channels: u8, id: u32) -> Result<Self, Fault> {
        let codec_string = format!("mp4a.{object_type:02X}");
        Ok(Self { object_type, ..Self::sound(Codec::Mp3, id, 0, channels, codec_string)? })
    }

    /// The same with the time scale of the file that it is read from.
    pub(super) fn with_timescale(self, timescale: u32) -> Self {
        Self { timescale, ..self }
    }

    /// The id, from one.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The codec.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Ticks in one second: 90,000 for video, the frequency that is heard for audio.
    pub fn timescale(&self) -> u32 {
        self.timescale
    }

    /// Width and height in pixels; zero for audio.
    pub fn size(&self) -> (u16, u16) {
        (self.width, self.height)
    }

    /// Channels that are heard; zero for video.
    pub fn channels(&self) -> u8 {
        self.channels
    }

    /// The codec string of RFC 6381.
    pub fn codec_string(&self) -> &str {
        &self.codec_string
    }

    /// Whether the track is video.
    pub fn is_video(&self) -> bool {
        self.codec.is_video()
    }

    /// Bytes of the configuration in its sample entry.
    pub(crate) const fn config_bytes(&self) -> usize {
        self.config.len()
    }

    /// A time in ticks of the track, rounded to the nearest.
    ///
    /// Points in time are converted, never spans: the error stays below one tick however long the stream runs.
    pub fn ticks(&self, time: MediaTime) -> i64 {
        let timescale = i64::from(self.timescale);
        if timescale == MediaTime::HZ {
            return time.ticks();
        }
        let seconds = time.ticks().div_euclid(MediaTime::HZ);
        let part = time.ticks().rem_euclid(MediaTime::HZ);
        let part = (part * timescale + MediaTime::HZ / 2) / MediaTime::HZ;
        seconds.saturating_mul(timescale).saturating_add(part)
    }

    /// A time in ticks of the track as media time, rounded to the nearest.
    pub(crate) fn time(&self, ticks: i64) -> MediaTime {
        let timescale = i64::from(self.timescale).max(1);
        if timescale == MediaTime::HZ {
            return MediaTime::from_ticks(ticks);
        }
        let seconds = ticks.div_euclid(timescale).saturating_mul(MediaTime::HZ);
        let part = (ticks.rem_euclid(timescale) * MediaTime::HZ + timescale / 2) / timescale;
        MediaTime::from_ticks(seconds.saturating_add(part))
    }

    fn video(codec: Codec, config: &Bytes, id: u32, size: (u16, u16), codec_string: String) -> Self {
        let (width, height) = size;
        let timescale = MediaTime::HZ as u32;
        Self { id, codec, timescale, config: config.clone(), width, height, channels: 0, object_type: 0, codec_string }
    }

    fn sound(codec: Codec, id: u32, timescale: u32, channels: u8, codec_string: String) -> Result<Self, Fault> {
        if id == 0 {
            return Err(Fault::TrackId);
        }
        let (config, width, height) = (Bytes::new(), 0, 0);
        Ok(Self { id, codec, timescale, config, width, height, channels, object_type: 0, codec_string })
    }

    fn vp9(payload: &Bytes, size: (u16, u16), id: u32) -> Result<Self, Fault> {
        const VERSION_AND_FLAGS: [u8; 4] = [1, 0, 0, 0];
        let record = vp9::ConfigurationRecord::parse(payload)?.with_level_for(size.0, size.1);
        let mut config = VERSION_AND_FLAGS.to_vec();
        record.write(&mut config);
        Ok(Self::video(Codec::Vp9, &config.into(), id, size, record.codec_string()))
    }

    fn opus(payload: &Bytes, id: u32) -> Result<Self, Fault> {
        let head = opus::Head::parse(payload)?;
        let mut config = Vec::new();
        head.write_dops(&mut config);
        Ok(Self {
            id,
            codec: Codec::Opus,
            timescale: opus::SAMPLE_RATE,
            config: config.into(),
            width: 0,
            height: 0,
            channels: head.channels,
            object_type: 0,
            codec_string: "opus".to_owned(),
        })
    }

    fn aac(config: &Bytes, id: u32) -> Result<Self, Fault> {
        const AUDIO_ISO_14496_3: u8 = 0x40;
        let parsed = aac::AudioSpecificConfig::parse(config)?;
        Ok(Self {
            id,
            codec: Codec::Aac,
            timescale: parsed.output_sample_rate(),
            config: config.clone(),
            width: 0,
            height: 0,
            channels: parsed.output_channels(),
            object_type: AUDIO_ISO_14496_3,
            codec_string: parsed.codec_string(),
        })
    }

    fn mp3(frame: &Bytes, id: u32) -> Result<Self, Fault> {
        let header = mp3::FrameHeader::parse(frame)?;
        Ok(Self {
            id,
            codec: Codec::Mp3,
            timescale: header.sample_rate,
            config: Bytes::new(),
            width: 0,
            height: 0,
            channels: header.channels,
            object_type: header.object_type(),
            codec_string: header.codec_string(),
        })
    }
}

/// The value of the `codecs` parameter of a media type (RFC 6381), such as `avc1.42C01F,mp4a.40.2`.
pub fn mime_codecs(tracks: &[Track]) -> String {
    tracks.iter().map(Track::codec_string).collect::<Vec<_>>().join(",")
}
