use crate::Codec;

/// What frames are wrapped in on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// FLV tags and RTMP messages, with the headers of Enhanced RTMP v2 where the legacy ones have no number.
    Flv,
    /// Fragmented MP4 (ISO/IEC 14496-12).
    Fmp4,
    /// MPEG transport stream (ISO/IEC 13818-1).
    MpegTs,
}

impl Container {
    /// Whether players that read the container can be expected to play the codec from it.
    ///
    /// MP4 has sample entries for G.711 that no browser plays. A transport stream has no standard mapping of AV1 and
    /// VP9, and that of Opus is read by no player of HLS.
    pub const fn carries(self, codec: Codec) -> bool {
        match (self, codec) {
            (_, Codec::H264 | Codec::Hevc | Codec::Aac | Codec::Mp3)
            | (Self::Flv | Self::Fmp4, Codec::Av1 | Codec::Vp9 | Codec::Opus)
            | (Self::Flv, Codec::G711A | Codec::G711U) => true,
            (Self::Fmp4 | Self::MpegTs, Codec::G711A | Codec::G711U)
            | (Self::MpegTs, Codec::Av1 | Codec::Vp9 | Codec::Opus) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Container;
    use crate::Codec;

    #[test]
    fn what_is_not_carried_is_known() {
        let not = |container: Container| Codec::ALL.into_iter().filter(move |codec| !container.carries(*codec));
        assert_eq!(not(Container::Flv).count(), 0);
        assert!(not(Container::Fmp4).eq([Codec::G711A, Codec::G711U]));
        assert!(not(Container::MpegTs).eq([Codec::Av1, Codec::Vp9, Codec::Opus, Codec::G711A, Codec::G711U]));
    }
}
