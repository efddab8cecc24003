use vivace_base::MediaTime;
use vivace_hub::{Config, Format, FormatKind, Tracks};
use vivace_media::fmp4::{Sample, Track, fragment, init_segment};
use vivace_media::{Frame, FrameKind};

use crate::websocket::framed;

/// Fragmented MP4 over HTTP.
pub const MP4: FormatKind = FormatKind { name: "mp4", make: || Box::new(Mp4::default()) };
/// Fragmented MP4 over WebSocket: one message per fragment.
pub const WS_MP4: FormatKind = FormatKind { name: "ws-mp4", make: || Box::new(WsMp4(Mp4::default())) };

const VIDEO_ID: u32 = 1;
const AUDIO_ID: u32 = 2;

/// One fragment per frame: a browser gets a picture as soon as there is one.
#[derive(Default)]
struct Mp4 {
    sequence: u32,
    video: Option<Lane>,
    audio: Option<Lane>,
}

/// One track with what its next fragment needs to know.
struct Lane {
    config: Config,
    /// `None` if MP4 has no word for the configuration: it is looked at once, and said once.
    track: Option<Track>,
    /// A frame that could not be written has been said.
    warned: bool,
    last: Option<MediaTime>,
    interval: MediaTime,
}

/// Duration of a frame until two frames have shown it: 25 pictures a second, 1,024 samples at 44.1 kHz.
const VIDEO_INTERVAL: MediaTime = MediaTime::from_ms(40);
const AUDIO_INTERVAL: MediaTime = MediaTime::from_ms(23);
/// A longer step is a gap, not a frame's duration.
const INTERVAL_MAX: MediaTime = MediaTime::from_ms(500);

impl Lane {
    fn of(config: Option<&Config>, id: u32, interval: MediaTime) -> Option<Self> {
        let config = config?;
        let track = Track::from_config(config.codec, &config.record, id);
        if let Err(fault) = &track {
            tracing::warn!(%fault, codec = ?config.codec, "a track cannot be written as MP4 and is left out");
        }
        Some(Self { config: config.clone(), track: track.ok(), warned: false, last: None, interval })
    }

    fn duration(&mut self, dts: MediaTime) -> MediaTime {
        if let Some(last) = self.last.replace(dts) {
            let seen = dts - last;
            if seen > MediaTime::ZERO && seen <= INTERVAL_MAX {
                self.interval = seen;
            }
        }
        self.interval
    }
}

impl Mp4 {
    /// Follows the stream's configurations.
    fn follow(&mut self, tracks: &Tracks) {
        renew(&mut self.video, tracks.video.as_ref(), VIDEO_ID, VIDEO_INTERVAL);
        renew(&mut self.audio, tracks.audio.as_ref(), AUDIO_ID, AUDIO_INTERVAL);
    }

    fn init(&self, out: &mut Vec<u8>) {
        let lanes = [&self.video, &self.audio];
        let tracks: Vec<Track> = lanes.into_iter().flatten().filter_map(|lane| lane.track.clone()).collect();
        if !tracks.is_empty() {
            out.extend_from_slice(&init_segment(&tracks));
        }
    }
}

fn renew(lane: &mut Option<Lane>, config: Option<&Config>, id: u32, interval: MediaTime) {
    if lane.as_ref().map(|lane| &lane.config) != config {
        *lane = Lane::of(config, id, interval);
    }
}

impl Format for Mp4 {
    /// An MP4 stream has no header but its initialisation segment, which comes with the others of its kind.
    fn preamble(&mut self, _: &Tracks, _: &mut Vec<u8>) {}

    fn headers(&mut self, tracks: &Tracks, _: MediaTime, out: &mut Vec<u8>) {
        self.follow(tracks);
        self.init(out);
    }

    fn frame(&mut self, frame: &Frame, tracks: &Tracks, out: &mut Vec<u8>) {
        self.follow(tracks);
        // The hub passes on a configuration only where it changed something. Whether `follow` has seen the change before
        // says nothing: a newcomer's headers, or frames of the same batch, may have shown it.
        if matches!(frame.kind, FrameKind::VideoConfig | FrameKind::AudioConfig) {
            self.init(out);
        }
        let lane = match frame.kind {
            FrameKind::Video => self.video.as_mut(),
            FrameKind::Audio => self.audio.as_mut(),
            FrameKind::VideoConfig | FrameKind::AudioConfig | FrameKind::Metadata => None,
        };
        let Some(lane) = lane else { return };
        let duration = lane.duration(frame.dts);
        let Some(track) = &lane.track else { return };
        self.sequence = self.sequence.wrapping_add(1).max(1);
        let sample =
            Sample { dts: frame.dts, cts: frame.cts, duration, key: frame.key, payload: frame.payload.as_ref() };
        if let Err(fault) = fragment(self.sequence, track, &[sample], out)
            && !std::mem::replace(&mut lane.warned, true)
        {
            tracing::warn!(%fault, "frames cannot be written as MP4 and are left out");
        }
    }

    /// The gap in the decoding times says it all.
    fn skip_notice(&mut self, _: MediaTime, _: &mut Vec<u8>) {}
}

struct WsMp4(Mp4);

impl Format for WsMp4 {
    fn preamble(&mut self, tracks: &Tracks, out: &mut Vec<u8>) {
        framed(out, |out| self.0.preamble(tracks, out));
    }

    fn headers(&mut self, tracks: &Tracks, start: MediaTime, out: &mut Vec<u8>) {
        framed(out, |out| self.0.headers(tracks, start, out));
    }

    fn frame(&mut self, frame: &Frame, tracks: &Tracks, out: &mut Vec<u8>) {
        framed(out, |out| self.0.frame(frame, tracks, out));
    }

    fn skip_notice(&mut self, skipped: MediaTime, out: &mut Vec<u8>) {
        framed(out, |out| self.0.skip_notice(skipped, out));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use tracing::{Event, Metadata, Subscriber, span};
    use vivace_base::MediaTime;
    use vivace_hub::{Config, Tracks};
    use vivace_media::{Codec, Frame, FrameKind};

    use super::MP4;

    /// Counts what is logged.
    struct Lines(Arc<AtomicU64>);

    impl Subscriber for Lines {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Relaxed);
        }

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    #[test]
    fn a_configuration_without_a_track_is_looked_at_and_said_once() {
        let lines = Arc::new(AtomicU64::new(0));
        let mut format = (MP4.make)();
        let broken = |junk: &'static [u8]| {
            let mut tracks = Tracks::default();
            tracks.video = Some(Config { codec: Codec::H264, record: junk.into() });
            tracks
        };
        let mut out = Vec::new();
        tracing::subscriber::with_default(Lines(lines.clone()), || {
            for (junk, said) in [(b"no record", 1), (b"nor this.", 2)] {
                for number in 0..100 {
                    let frame = Frame {
                        kind: FrameKind::Video,
                        codec: Some(Codec::H264),
                        dts: MediaTime::from_ms(number * 40),
                        cts: MediaTime::ZERO,
                        key: number == 0,
                        payload: b"picture".as_slice().into(),
                    };
                    format.frame(&frame, &broken(junk), &mut out);
                }
                assert_eq!(lines.load(Relaxed), said);
            }
        });
        assert!(out.is_empty());
    }
}
