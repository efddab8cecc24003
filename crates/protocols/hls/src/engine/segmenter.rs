mod parts;

use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{MediaTime, UnixMs};
use vivace_hub::{Config, Tracks};
use vivace_media::fmp4::{self, Track, init_segment};
use vivace_media::{Codec, Frame, FrameKind};

use super::lane::{INTERVAL_MAX, Lane};
use super::transport::Transport;
use super::{Container, Init, Resume, Segment, Settings, Window};

const VIDEO_ID: u32 = 1;
const AUDIO_ID: u32 = 2;
/// How far a key frame may come before a segment's wanted end, so that rounded times do not cost a whole GOP.
const SLACK: MediaTime = MediaTime::from_ms(100);
/// Sound that is this much ahead of the pictures cuts the parts in their place.
const VIDEO_LATE: MediaTime = MediaTime::from_ms(700);
/// Frames that wait for a part's end; more come only where timestamps stand still.
const WAITING_MAX: usize = 4_096;
/// A duration is rounded to seconds for the target duration, which it must not exceed.
const HALF_SECOND: MediaTime = MediaTime::from_ms(499);
/// A date that is so much later than the durations say: the stream stood still, and its timeline does not know of it.
const STILL_MS: i64 = 500;
/// How far a segment's date may be from what the durations say, so that they follow a clock that is not the encoder's: what
/// dates creep in a segment of ten seconds at most.
const CREEP_MS: i64 = 19;

/// Cuts a stream into segments and parts.
#[derive(Debug)]
pub struct Segmenter {
    window: Window,
    video: Option<Lane>,
    audio: Option<Lane>,
    /// What the tracks were made from, also where one cannot be written.
    configs: Option<[Option<Config>; 2]>,
    epoch: Option<u64>,
    init: Option<Arc<Init>>,
    inits: u64,
    /// Of `mfhd`.
    fragments: u32,
    open: Option<Open>,
    transport: Option<Transport>,
    /// The next segment is of another encoder or configuration.
    discontinuity: bool,
    discontinuity_sequence: u64,
    /// Date of the end of the newest segment: the next one's is not before it.
    dated_until: UnixMs,
    part_fixed: bool,
    last_key: Option<MediaTime>,
    gop: MediaTime,
}

/// The segment in the making.
#[derive(Clone, Copy, Debug)]
struct Open {
    start: MediaTime,
    part_start: MediaTime,
    begins_at: UnixMs,
    bytes: usize,
}

impl Segmenter {
    /// A segmenter whose numbers go on at `resume`.
    pub fn new(settings: Settings, resume: Resume) -> Self {
        Self {
            window: Window::new(settings, resume.media_sequence),
            video: None,
            audio: None,
            configs: None,
            epoch: None,
            init: None,
            inits: 0,
            fragments: 0,
            open: None,
            transport: None,
            discontinuity: false,
            discontinuity_sequence: resume.discontinuity_sequence,
            dated_until: resume.program_date_time,
            part_fixed: false,
            last_key: None,
            gop: MediaTime::ZERO,
        }
    }

    /// What there is now.
    pub const fn window(&self) -> &Window {
        &self.window
    }

    /// Pieces of segments that the window has let go of since the last call while somebody else held them.
    pub fn take_gone(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.window.gone)
    }

    /// Lets go of everything; what somebody else holds of it.
    pub fn into_gone(self) -> Vec<Bytes> {
        let Window { mut gone, segments, .. } = self.window;
        gone.extend(segments.into_iter().flat_map(Segment::into_held));
        gone
    }

    /// The numbers at which another run may go on.
    pub fn resume(&self) -> Resume {
        Resume {
            media_sequence: self.window.next_sequence,
            discontinuity_sequence: self.discontinuity_sequence.saturating_add(1),
            program_date_time: self.dated_until,
        }
    }

    /// Counts the configurations that were met.
    pub const fn configurations(&self) -> u64 {
        self.inits
    }

    /// Bytes of frames that are in no part yet.
    pub fn waiting_bytes(&self) -> usize {
        [&self.video, &self.audio].into_iter().flatten().map(|lane| lane.waiting_bytes).sum()
    }

    /// Makes transport streams too, from the next segment on, or no longer.
    pub fn set_transport(&mut self, wanted: bool) {
        if wanted && self.transport.is_none() {
            let mut transport = Transport::default();
            if self.video.is_some() || self.audio.is_some() {
                transport.configure(self.video.as_ref(), self.audio.as_ref());
            }
            self.transport = Some(transport);
        } else if !wanted {
            self.transport = None;
        }
    }

    /// Takes frames that arrived together at `now`. Another `epoch` is another publisher.
    pub fn push(&mut self, frames: &[Frame], tracks: &Tracks, epoch: u64, now: UnixMs) {
        if self.epoch.replace(epoch).is_some_and(|before| before != epoch) {
            self.interrupt();
        }
        self.configure(tracks);
        let newest = frames.iter().map(|frame| frame.dts).max().unwrap_or_default();
        for frame in frames {
            self.frame(frame, UnixMs(now.0.saturating_sub((newest - frame.dts).ms())));
        }
    }

    /// Frames are missing, or another encoder follows: what there is becomes a segment, and the next one begins anew.
    pub fn interrupt(&mut self) {
        self.close_at_end();
        self.discontinuity |= self.window.newest().is_some();
        self.video.iter_mut().chain(&mut self.audio).for_each(Lane::forget);
        self.last_key = None;
    }

    /// The stream is over.
    pub fn end(&mut self) {
        self.close_at_end();
        self.window.ended = true;
        self.fix_target();
    }

    fn configure(&mut self, tracks: &Tracks) {
        let same = |[video, audio]: &[Option<Config>; 2]| *video == tracks.video && *audio == tracks.audio;
        if self.configs.as_ref().is_some_and(same) {
            return;
        }
        self.interrupt();
        self.configs = Some([tracks.video.clone(), tracks.audio.clone()]);
        // Until the first key frame tells how large the pictures are, there is nothing to begin with.
        let unknown = tracks.video.as_ref().is_some_and(|video| video.track(VIDEO_ID) == Err(fmp4::Fault::SizeUnknown));
        let (video, audio) = if unknown { (None, None) } else { (tracks.video.as_ref(), tracks.audio.as_ref()) };
        self.video = lane(video, VIDEO_ID);
        self.audio = lane(audio, AUDIO_ID);
        let described = [&self.video, &self.audio].into_iter().flatten().map(|lane| lane.track.clone());
        let described: Vec<_> = described.collect();
        self.init = (!described.is_empty()).then(|| {
            Arc::new(Init {
                number: self.inits,
                bytes: init_segment(&described).into(),
                codecs: codecs(&described),
                size: self.video.as_ref().map(|lane| lane.track.size()),
            })
        });
        self.inits += 1;
        if let Some(transport) = &mut self.transport {
            transport.configure(self.video.as_ref(), self.audio.as_ref());
        }
    }

    fn frame(&mut self, frame: &Frame, at: UnixMs) {
        let video = match frame.kind {
            FrameKind::Video => true,
            FrameKind::Audio => false,
            FrameKind::VideoConfig | FrameKind::AudioConfig | FrameKind::Metadata => return,
        };
        let drives = video || self.video.is_none();
        let key = frame.key || self.video.is_none();
        if drives && self.leaves_hole(frame.dts) {
            self.interrupt();
        }
        let lane = if video { &mut self.video } else { &mut self.audio };
        let Some(lane) = lane else { return };
        let dts = lane.place(frame.dts);
        if drives {
            self.drive(dts, key, at);
        } else {
            self.follow(dts);
        }
        let lane = if video { &mut self.video } else { &mut self.audio };
        if let Some(lane) = lane.as_mut().filter(|_| self.open.is_some()) {
            lane.hold(frame, dts);
        }
        self.bound();
    }

    /// A frame of the track that decides: a picture, or sound where there are no pictures.
    fn drive(&mut self, dts: MediaTime, key: bool, at: UnixMs) {
        let Some(open) = self.open else {
            if key {
                self.begin(dts, at, key);
                self.note_key(dts, key);
            }
            return;
        };
        let elapsed = dts - open.start;
        let interval = self.interval();
        let latest = self.latest();
        let due = elapsed >= self.window.settings.segment - SLACK || elapsed + self.gop > latest;
        let full = open.bytes > self.window.settings.bytes_max / 3;
        // The first segment sets the targets, and is not cut short for that.
        let off_ms = at.0.saturating_sub(open.begins_at.0).saturating_sub(elapsed.ms());
        let stood = self.window.target_s.is_some() && off_ms > STILL_MS;
        if elapsed > MediaTime::ZERO && ((key && (due || stood)) || full || elapsed + interval > latest) {
            // A frame that is late leaves the rest of its time to the next segment, and takes no part back that is told.
            let end = dts.min(open.start + latest).max(open.part_start);
            self.fix_part_if_due(end);
            self.close_parts_before(end);
            if !self.close_part(end) {
                self.gap(end);
            }
            self.close_segment(end);
            self.fix_target();
            self.begin(end, UnixMs(at.0.saturating_sub((dts - end).ms())), key);
        } else {
            self.close_parts_before(dts);
            self.close_part_if_due(dts, interval);
        }
        self.note_key(dts, key);
    }

    /// Whether a frame at `dts` comes so late that the segment in the making cannot last until then.
    fn leaves_hole(&self, dts: MediaTime) -> bool {
        let driving = self.video.as_ref().or(self.audio.as_ref()).and_then(Lane::end);
        let late = driving.is_some_and(|end| dts - end > INTERVAL_MAX);
        late && self.open.is_some_and(|open| dts - open.start > self.latest())
    }

    /// Sound beside pictures only cuts where these are late.
    fn follow(&mut self, dts: MediaTime) {
        while let Some(open) = self.open {
            let end = (open.part_start + self.window.part_target).min(open.start + self.latest());
            if dts - end <= VIDEO_LATE || !self.close_part(end) {
                return;
            }
            if end - open.start + self.window.part_target > self.latest() {
                self.close_segment(end);
                self.fix_target();
                let passed = (end - open.start).ms();
                self.begin(end, UnixMs(open.begins_at.0.saturating_add(passed)), false);
            }
        }
    }

    fn note_key(&mut self, dts: MediaTime, key: bool) {
        if !key || self.video.is_none() {
            return;
        }
        if let Some(before) = self.last_key.replace(dts) {
            self.gop = dts - before;
        }
    }

    /// Longest a segment may become: what the target duration allows, which never changes once it has been told.
    fn latest(&self) -> MediaTime {
        let told = self.window.target_s.and_then(|seconds| i64::try_from(seconds).ok());
        told.map_or(self.window.settings.segment_max, |seconds| {
            MediaTime::from_ms(seconds.saturating_mul(1_000)) + HALF_SECOND
        })
    }

    fn interval(&self) -> MediaTime {
        self.video.as_ref().or(self.audio.as_ref()).map_or(MediaTime::ZERO, |lane| lane.interval)
    }

    /// Without a `key` frame it follows the clock by what dates creep, however far that is: a player that begins anew at a
    /// discontinuity needs a key frame there.
    fn begin(&mut self, start: MediaTime, at: UnixMs, key: bool) {
        let Some(init) = self.init.clone() else { return };
        let (before, off_ms) = (self.window.newest(), at.0.saturating_sub(self.dated_until.0));
        self.discontinuity |= key && before.is_some() && off_ms > STILL_MS;
        // Within one encoder's time the dates follow the frames; else the clock tells, and never goes back.
        let begins_at = match before {
            Some(before) if !self.discontinuity => {
                let creep_ms = off_ms.clamp(-CREEP_MS, CREEP_MS);
                UnixMs(self.dated_until.0.saturating_add(creep_ms)).max(before.begins_at)
            }
            _ => self.dated_until.max(at),
        };
        let discontinuity = std::mem::take(&mut self.discontinuity);
        self.discontinuity_sequence += u64::from(discontinuity);
        self.open = Some(Open { start, part_start: start, begins_at, bytes: 0 });
        if let Some(transport) = &mut self.transport {
            transport.begin();
        }
        self.window.segments.push_back(Segment {
            sequence: self.window.next_sequence,
            discontinuity_sequence: self.discontinuity_sequence,
            discontinuity,
            begins_at,
            init,
            parts: Vec::new(),
            duration: MediaTime::ZERO,
            ts: None,
            whole: false,
        });
        self.window.next_sequence += 1;
        self.window.trim();
    }

    fn close_segment(&mut self, end: MediaTime) {
        let Some(open) = self.open.take() else { return };
        let ts = self.transport.as_mut().and_then(Transport::end);
        let Some(segment) = self.window.segments.back_mut().filter(|segment| !segment.whole) else { return };
        if segment.parts.is_empty() {
            // Its number was never told as a segment's, and no part of it.
            self.discontinuity |= segment.discontinuity;
            self.discontinuity_sequence -= u64::from(segment.discontinuity);
            self.window.segments.pop_back();
            self.window.next_sequence -= 1;
            return;
        }
        segment.duration = end - open.start;
        segment.whole = true;
        segment.ts = ts;
        self.dated_until = UnixMs(open.begins_at.0.saturating_add(segment.duration.ms()));
        // A rate is measured over half a target duration at least (RFC 8216bis, 4.4.6.2, BANDWIDTH).
        if segment.duration.ms().saturating_mul(2) >= self.window.settings.segment.ms() {
            let ms = segment.duration.ms().unsigned_abs().max(1);
            for (peak, container) in self.window.peaks.iter_mut().zip([Container::Mp4, Container::Ts]) {
                let bits = segment.bytes_in(container) as u64 * 8;
                *peak = (*peak).max(bits.saturating_mul(1_000) / ms);
            }
        }
        self.window.trim();
    }

    /// The first segment that was not cut short sets the target duration for good.
    fn fix_target(&mut self) {
        let Some(whole) = self.window.newest_whole().filter(|_| self.window.target_s.is_none()) else { return };
        // One that was cut short may still be longer, where another encoder's key frames were rare.
        let listed = self.window.segments.iter().map(|segment| segment.duration).max().unwrap_or(whole.duration);
        let longest = listed.max(self.window.settings.segment).max(self.gop);
        self.window.target_s = Some((longest - SLACK).ms().unsigned_abs().div_ceil(1_000).max(1));
        // From here on playlists are told, and with them the part target.
        if !self.part_fixed {
            self.fix_part(self.window.part_target);
        }
    }

    fn close_at_end(&mut self) {
        let Some(open) = self.open else { return };
        let lanes = [&self.video, &self.audio];
        let driving = self.video.as_ref().or(self.audio.as_ref()).and_then(Lane::end);
        let newest = lanes.into_iter().flatten().filter_map(Lane::end).max();
        let end = driving.or(newest).map_or(open.part_start, |end| end.max(open.part_start));
        self.close_parts_before(end);
        let end = if self.close_part(end) { end } else { self.open.map_or(end, |open| open.part_start) };
        self.close_segment(end);
    }

    /// Frames that wait are few, unless their times stand still: then they are of no use to anybody.
    fn bound(&mut self) {
        let lanes = || [&self.video, &self.audio].into_iter().flatten();
        let count: usize = lanes().map(|lane| lane.waiting.len()).sum();
        let bytes = self.waiting_bytes();
        if count > WAITING_MAX || bytes > self.window.settings.bytes_max / 3 {
            tracing::warn!(count, bytes, "frames whose times stand still are dropped");
            self.video.iter_mut().chain(&mut self.audio).for_each(Lane::forget);
            self.interrupt();
        }
    }
}

/// What `CODECS` says. The names differ from those of media types where Apple's players know others (HLS Authoring
/// Specification for Apple Devices, 1.2 and 2.1; RFC 6381 has the sample entry's own letters for Opus).
fn codecs(tracks: &[Track]) -> String {
    let one = |track: &Track| match track.codec() {
        Codec::Mp3 => "mp4a.40.34".to_owned(),
        Codec::Opus => "Opus".to_owned(),
        _ => track.codec_string().to_owned(),
    };
    tracks.iter().map(one).collect::<Vec<_>>().join(",")
}

fn lane(config: Option<&Config>, id: u32) -> Option<Lane> {
    let config = config?;
    Lane::new(config, id)
        .inspect_err(
            |fault| tracing::warn!(%fault, codec = ?config.codec, "a track cannot be written as MP4 and is left out"),
        )
        .ok()
}
