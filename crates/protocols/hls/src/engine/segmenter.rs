use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{MediaTime, UnixMs};
use vivace_hub::{Config, Tracks};
use vivace_media::fmp4::{init_segment, mime_codecs};
use vivace_media::{Frame, FrameKind};

use super::lane::Lane;
use super::open::{Taken, part_bytes};
use super::transport::Transport;
use super::{Init, Part, Resume, Segment, Settings, Window};

const VIDEO_ID: u32 = 1;
const AUDIO_ID: u32 = 2;
/// How far a key frame may come before a segment's wanted end, so that rounded times do not cost a whole GOP.
const SLACK: MediaTime = MediaTime::from_ms(100);
/// Above a part's nominal duration, for times that were rounded to milliseconds.
const JITTER: MediaTime = MediaTime::from_ms(3);
/// Sound that is this much ahead of the pictures cuts the parts in their place.
const VIDEO_LATE: MediaTime = MediaTime::from_ms(700);
/// Frames that wait for a part's end; more come only where timestamps stand still.
const WAITING_MAX: usize = 4_096;
/// A duration is rounded to seconds for the target duration, which it must not exceed.
const HALF_SECOND: MediaTime = MediaTime::from_ms(499);

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

    /// The numbers at which another run may go on.
    pub fn resume(&self) -> Resume {
        Resume {
            media_sequence: self.window.next_sequence,
            discontinuity_sequence: self.discontinuity_sequence.saturating_add(1),
            program_date_time: self.dated_until,
        }
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
        self.video = lane(tracks.video.as_ref(), VIDEO_ID);
        self.audio = lane(tracks.audio.as_ref(), AUDIO_ID);
        let described = [&self.video, &self.audio].into_iter().flatten().map(|lane| lane.track.clone());
        let described: Vec<_> = described.collect();
        self.init = (!described.is_empty()).then(|| {
            Arc::new(Init {
                number: self.inits,
                bytes: init_segment(&described).into(),
                codecs: mime_codecs(&described),
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
                self.begin(dts, at);
                self.note_key(dts, key);
            }
            return;
        };
        let elapsed = dts - open.start;
        let interval = self.interval();
        let latest = self.latest();
        let due = elapsed >= self.window.settings.segment - SLACK || elapsed + self.gop > latest;
        let full = open.bytes > self.window.settings.bytes_max / 3;
        if elapsed > MediaTime::ZERO && ((key && due) || full || elapsed + interval > latest) {
            self.close_parts_before(dts);
            self.close_part(dts);
            self.close_segment(dts);
            self.fix_target();
            self.begin(dts, at);
        } else {
            self.close_parts_before(dts);
            self.close_part_if_due(dts, interval);
        }
        self.note_key(dts, key);
    }

    /// Sound beside pictures only cuts where these are late.
    fn follow(&mut self, dts: MediaTime) {
        while let Some(open) = self.open {
            let end = open.part_start + self.window.part_target;
            if dts - end <= VIDEO_LATE || !self.close_part(end) {
                return;
            }
            if end - open.start + self.window.part_target > self.latest() {
                self.close_segment(end);
                let passed = (end - open.start).ms();
                self.begin(end, UnixMs(open.begins_at.0.saturating_add(passed)));
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

    /// Parts that end before a frame that is late.
    fn close_parts_before(&mut self, dts: MediaTime) {
        while self.part_fixed
            && let Some(open) = self.open
        {
            let end = open.part_start + self.window.part_target;
            if dts <= end + JITTER || !self.close_part(end) {
                return;
            }
        }
    }

    fn close_part_if_due(&mut self, dts: MediaTime, interval: MediaTime) {
        let Some(open) = self.open else { return };
        let elapsed = dts - open.part_start;
        let due = if self.part_fixed {
            elapsed + interval > self.window.part_target
        } else {
            elapsed >= self.window.settings.part - JITTER
        };
        if due && self.close_part(dts) && !self.part_fixed {
            self.part_fixed = true;
            self.window.part_target = elapsed + JITTER;
        }
    }

    /// Makes a part of what lies before `end`. False if there is nothing.
    fn close_part(&mut self, end: MediaTime) -> bool {
        let Some(open) = &mut self.open else { return false };
        let taken = Taken {
            video: self.video.as_mut().map(|lane| lane.take_before(end)).unwrap_or_default(),
            audio: self.audio.as_mut().map(|lane| lane.take_before(end)).unwrap_or_default(),
        };
        let duration = end - open.part_start;
        if taken.is_empty() || duration <= MediaTime::ZERO {
            return false;
        }
        open.part_start = end;
        let bytes = part_bytes(&taken, self.video.as_ref(), self.audio.as_ref(), &mut self.fragments);
        open.bytes += bytes.len();
        if let Some(transport) = &mut self.transport {
            transport.add(&taken.video, &taken.audio);
        }
        self.add(duration, taken.is_independent(self.video.is_some()), bytes);
        true
    }

    fn add(&mut self, duration: MediaTime, independent: bool, bytes: Bytes) {
        let number = self.window.next_part;
        let Some(segment) = self.window.segments.back_mut().filter(|segment| !segment.whole) else { return };
        segment.duration = segment.duration + duration;
        segment.parts.push(Part { number, duration, independent, bytes });
        self.window.next_part += 1;
        if self.part_fixed {
            self.window.part_target = self.window.part_target.max(duration);
        }
        self.window.frame_interval = self.video.as_ref().map(|lane| lane.interval);
    }

    fn begin(&mut self, start: MediaTime, at: UnixMs) {
        let Some(init) = self.init.clone() else { return };
        let discontinuity = std::mem::take(&mut self.discontinuity);
        self.discontinuity_sequence += u64::from(discontinuity);
        // Within one encoder's time the dates follow the frames; else the clock tells, and never goes back.
        let follows = !discontinuity && self.window.newest().is_some();
        let begins_at = if follows { self.dated_until } else { self.dated_until.max(at) };
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
        let bits = segment.mp4_bytes() as u64 * 8;
        let ms = segment.duration.ms().unsigned_abs().max(1);
        self.window.peak_bits_per_second = self.window.peak_bits_per_second.max(bits.saturating_mul(1_000) / ms);
        self.window.trim();
    }

    /// The first segment that was not cut short sets the target duration for good.
    fn fix_target(&mut self) {
        let Some(whole) = self.window.newest_whole().filter(|_| self.window.target_s.is_none()) else { return };
        let longest = whole.duration.max(self.window.settings.segment).max(self.gop);
        self.window.target_s = Some((longest - SLACK).ms().unsigned_abs().div_ceil(1_000).max(1));
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

fn lane(config: Option<&Config>, id: u32) -> Option<Lane> {
    let config = config?;
    Lane::new(config, id)
        .inspect_err(
            |fault| tracing::warn!(%fault, codec = ?config.codec, "a track cannot be written as MP4 and is left out"),
        )
        .ok()
}
