use vivace_base::MediaTime;
use vivace_hub::{Config, Format, FormatKind, Tracks};
use vivace_media::fmp4::{Fault, Sample, Track, fragment, init_segment};
use vivace_media::{Container, Frame, FrameKind};

use crate::websocket::framed;

/// Fragmented MP4 over HTTP.
pub const MP4: FormatKind = FormatKind { name: "mp4", container: Container::Fmp4, make: || Box::new(Mp4::default()) };
/// Fragmented MP4 over WebSocket: one message per fragment.
pub const WS_MP4: FormatKind =
    FormatKind { name: "ws-mp4", container: Container::Fmp4, make: || Box::new(WsMp4(Mp4::default())) };

const VIDEO_ID: u32 = 1;
const AUDIO_ID: u32 = 2;

/// One fragment per frame: a browser gets a picture as soon as there is one.
#[derive(Default)]
struct Mp4 {
    sequence: u32,
    video: Option<Lane>,
    audio: Option<Lane>,
    /// The pictures' configuration as the shared bytes describe it to those who read on.
    described: Option<Config>,
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
        let track = config.track(id);
        match &track {
            // The next key frame tells it. What MP4 does not carry has been refused where the play was asked for.
            Ok(_) | Err(Fault::SizeUnknown | Fault::NotCarried(_)) => {}
            Err(fault) => {
                tracing::warn!(%fault, codec = ?config.codec, "a track cannot be written as MP4 and is left out");
            }
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

    /// Whether those who read on need a new initialisation segment before this frame.
    ///
    /// The hub passes on a configuration only where it changed something. Whether `follow` has seen the change before says
    /// nothing: a newcomer's headers, or frames of the same batch, may have shown it. Where the record does not tell the
    /// size, the key frame behind it does.
    fn describes(&self, frame: &Frame, tracks: &Tracks) -> bool {
        match frame.kind {
            FrameKind::AudioConfig => true,
            FrameKind::VideoConfig => self.video.as_ref().is_some_and(|lane| lane.track.is_some()),
            FrameKind::Video if frame.key => {
                let in_band = tracks.video.as_ref().filter(|video| video.size.is_some());
                // The very first frames are described by the headers with which everybody begins.
                self.sequence > 0 && in_band.is_some() && in_band != self.described.as_ref()
            }
            FrameKind::Video | FrameKind::Audio | FrameKind::Metadata => false,
        }
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
        if self.describes(frame, tracks) {
            self.init(out);
        }
        if frame.kind == FrameKind::Video && frame.key {
            self.described.clone_from(&tracks.video);
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

    use bytes::Bytes;
    use tracing::{Event, Metadata, Subscriber, span};
    use vivace_base::MediaTime;
    use vivace_hub::{Config, Tracks};
    use vivace_media::fmp4::{boxes, find};
    use vivace_media::{Codec, Frame, FrameKind};

    use super::MP4;

    fn frame(kind: FrameKind, codec: Codec, key: bool) -> Frame {
        let (dts, cts) = (MediaTime::ZERO, MediaTime::ZERO);
        Frame { kind, codec: Some(codec), dts, cts, key, payload: Bytes::from_static(b"x") }
    }

    fn config(codec: Codec, record: &'static [u8], size: Option<(u16, u16)>) -> Config {
        Config { codec, record: Bytes::from_static(record), size }
    }

    /// The types of the boxes, and the tracks of each `moov`.
    fn kinds(bytes: &[u8]) -> (String, Vec<usize>) {
        let found: Vec<_> = boxes(bytes).map(|found| found.expect("whole boxes")).collect();
        let tracks = |moov: &[u8]| boxes(moov).filter(|found| found.is_ok_and(|found| found.kind == *b"trak")).count();
        let moovs = found.iter().filter(|found| found.kind == *b"moov").map(|found| tracks(found.payload));
        let names = found.iter().map(|found| String::from_utf8_lossy(&found.kind).into_owned());
        (names.collect::<Vec<_>>().join(" "), moovs.collect())
    }

    #[test]
    fn pictures_whose_size_stands_in_their_key_frames_are_described_by_these() {
        let vpcc = b"\x00\x0b\x82\x02\x02\x02\0\0";
        let aac = config(Codec::Aac, b"\x12\x10", None);
        let mut tracks = Tracks::default();
        tracks.audio = Some(aac);
        let mut format = (MP4.make)();
        let mut write = |tracks: &Tracks, frame: Frame| {
            let mut out = Vec::new();
            format.frame(&frame, tracks, &mut out);
            out
        };
        // A stream of sound, to which pictures come.
        assert_eq!(kinds(&write(&tracks, frame(FrameKind::Audio, Codec::Aac, true))).0, "moof mdat");
        tracks.video = Some(config(Codec::Vp9, vpcc, None));
        assert!(write(&tracks, frame(FrameKind::VideoConfig, Codec::Vp9, false)).is_empty());
        assert!(write(&tracks, frame(FrameKind::Video, Codec::Vp9, false)).is_empty());
        tracks.video = Some(config(Codec::Vp9, vpcc, Some((320, 180))));
        let key = write(&tracks, frame(FrameKind::Video, Codec::Vp9, true));
        assert_eq!(kinds(&key), ("ftyp moov moof mdat".to_owned(), vec![2]));
        assert_eq!(kinds(&write(&tracks, frame(FrameKind::Video, Codec::Vp9, true))).0, "moof mdat");
        // Another size.
        tracks.video = Some(config(Codec::Vp9, vpcc, Some((640, 360))));
        let key = write(&tracks, frame(FrameKind::Video, Codec::Vp9, true));
        let tkhd = find(&key, &[b"moov", b"trak", b"tkhd"]).expect("a track header");
        assert_eq!(&tkhd[76..], b"\x02\x80\0\0\x01\x68\0\0");
    }

    #[test]
    fn a_track_that_is_not_carried_is_left_out() {
        let mut tracks = Tracks::default();
        tracks.audio = Some(config(Codec::G711A, b"", None));
        let mut format = (MP4.make)();
        let mut out = Vec::new();
        format.headers(&tracks, MediaTime::ZERO, &mut out);
        format.frame(&frame(FrameKind::Audio, Codec::G711A, true), &tracks, &mut out);
        assert!(out.is_empty());
    }

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
            tracks.video = Some(Config { codec: Codec::H264, record: junk.into(), size: None });
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
