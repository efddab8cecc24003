use crate::{Codec, av1, vp9};

/// Width and height that a key frame tells where its configuration record does not: always for VP9, for AV1 where the
/// record holds no sequence header. `None` where the record tells them, or nothing does.
pub fn size_in_band(codec: Codec, record: &[u8], key_frame: &[u8]) -> Option<(u16, u16)> {
    match codec {
        Codec::Vp9 => {
            let header = vp9::FrameHeader::parse(key_frame).ok()?;
            header.key.map(|key| (key.width, key.height))
        }
        Codec::Av1 => {
            let told =
                av1::ConfigurationRecord::parse(record).ok()?.sequence_header().is_ok_and(|found| found.is_some());
            if told {
                return None;
            }
            av1::SequenceHeader::find(key_frame).ok()?.map(|header| (header.width, header.height))
        }
        Codec::H264 | Codec::Hevc | Codec::Aac | Codec::Mp3 | Codec::Opus | Codec::G711A | Codec::G711U => None,
    }
}
