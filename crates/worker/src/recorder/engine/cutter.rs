use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_hub::{Batch, Config, Tracks};
use vivace_media::fmp4::{Fault, Track, init_segment, mime_codecs};
use vivace_media::{Codec, Frame, FrameKind};

use super::lane::Lane;

/// How a stream is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutRules {
    /// About how long a part is.
    pub part: MediaTime,
    /// Most bytes of frames that are in no part yet; a part is cut early where more would wait.
    pub bytes_max: usize,
}

/// What a stream's frames become on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A media file begins: parts that follow are described by this.
    File(FileCut),
    /// Bytes for the end of the file that was begun last.
    Part(PartCut),
}

/// The begin of a media file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCut {
    /// The initialization segment. A file that is begun because the one before is long enough takes the same again.
    pub init: Bytes,
    /// The codec string of RFC 6381.
    pub codecs: String,
    /// Width and height; `None` without pictures.
    pub size: Option<(u16, u16)>,
    /// It does not go on where the one before ended: the configuration is another.
    pub discontinuity: bool,
}

/// A part: one `moof` and `mdat` for each track that has frames in it, pictures first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartCut {
    /// Its bytes.
    pub bytes: Bytes,
    /// When it begins, on the stream's timeline.
    pub dts: MediaTime,
    /// Until the next begins.
    pub duration: MediaTime,
    /// Decoding may begin here: its first picture is a key frame, or there are no pictures.
    pub key: bool,
    /// Frames are missing before it, or another publisher goes on.
    pub discontinuity: bool,
}

/// Cuts a stream into parts, without I/O and without a clock. Timestamps are those of the hub's timeline, frame by frame.
#[derive(Debug)]
pub struct Cutter {
    rules: CutRules,
    video: Option<Lane>,
    audio: Option<Lane>,
    configs: Option<[Option<Config>; 2]>,
    /// No further track is going to come.
    settled: bool,
    /// The file of this configuration has been told.
    told: bool,
    files: u64,
    uncarried: Vec<Codec>,
    epoch: Option<u64>,
    /// Of `mfhd`.
    sequence: u32,
    part: Option<Open>,
    parts: u64,
    /// Where the newest part ends: none begins before.
    until: MediaTime,
    discontinuity: bool,
    /// Pictures mean nothing before the next key frame.
    awaits_key: bool,
    /// When the newest frame ends.
    end: Option<MediaTime>,
    last_key: Option<MediaTime>,
    gop: MediaTime,
}

/// The part in the making.
#[derive(Clone, Copy, Debug)]
struct Open {
    start: MediaTime,
    /// It begins with a key frame.
    key: bool,
}

const VIDEO_ID: u32 = 1;
const AUDIO_ID: u32 = 2;
/// Times that senders round to milliseconds cost no further frame.
const SLACK: MediaTime = MediaTime::from_ms(5);
/// Sound that is this much ahead of the pictures cuts the parts in their place.
const VIDEO_LATE: MediaTime = MediaTime::from_ms(700);
/// Where nothing at all comes for longer, the timeline has a hole.
const HOLE: MediaTime = MediaTime::from_ms(1_000);
/// Frames that wait; more come only where timestamps stand still.
const WAITING_MAX: usize = 4_096;

impl Cutter {
    /// A cutter that has seen nothing.
    pub const fn new(rules: CutRules) -> Self {
        Self {
            rules,
            video: None,
            audio: None,
            configs: None,
            settled: false,
            told: false,
            files: 0,
            uncarried: Vec::new(),
            epoch: None,
            sequence: 0,
            part: None,
            parts: 0,
            until: MediaTime::ZERO,
            discontinuity: false,
            awaits_key: true,
            end: None,
            last_key: None,
            gop: MediaTime::ZERO,
        }
    }

    /// Takes frames that came together.
    pub fn push(&mut self, batch: &Batch, out: &mut Vec<Cut>) {
        if self.epoch.replace(batch.epoch).is_some_and(|before| before != batch.epoch) {
            self.interrupt(out);
        }
        self.configure(&batch.tracks, out);
        for frame in &batch.frames {
            self.frame(frame, out);
        }
    }

    /// Frames have been lost before those that follow.
    pub fn lost(&mut self, out: &mut Vec<Cut>) {
        self.interrupt(out);
        self.awaits_key = true;
    }

    /// Cuts what waits into a last part: the stream has ended, or nobody wants more of it.
    pub fn flush(&mut self, out: &mut Vec<Cut>) {
        self.open_at_waiting();
        let Some(open) = self.part.take() else { return };
        // Sound may be ahead of the pictures, which decide where they are there.
        let driving = self.video.as_ref().and_then(Lane::end).filter(|end| *end > open.start);
        let newest = self.lanes().filter_map(Lane::end).max();
        self.close(open, driving.or(newest).unwrap_or(open.start), None, true, out);
    }

    /// Bytes of frames that are in no part yet.
    pub fn waiting_bytes(&self) -> usize {
        self.lanes().map(|lane| lane.waiting_bytes).sum()
    }

    /// Codecs of the stream whose configuration cannot be written as MP4: their frames are left out.
    pub fn uncarried(&self) -> &[Codec] {
        &self.uncarried
    }

    fn lanes(&self) -> impl Iterator<Item = &Lane> {
        [&self.video, &self.audio].into_iter().flatten()
    }

    fn interrupt(&mut self, out: &mut Vec<Cut>) {
        self.flush(out);
        self.discontinuity |= self.parts > 0;
        (self.end, self.last_key) = (None, None);
    }

    fn configure(&mut self, tracks: &Tracks, out: &mut Vec<Cut>) {
        self.settled = tracks.settled();
        let same = |[video, audio]: &[Option<Config>; 2]| *video == tracks.video && *audio == tracks.audio;
        if self.configs.as_ref().is_some_and(same) {
            return;
        }
        let goes_on = |lane: &Option<Lane>, config: &Option<Config>| {
            lane.as_ref().is_none_or(|lane| lane.waiting.is_empty() || Some(&lane.config) == config.as_ref())
        };
        if self.told || !goes_on(&self.video, &tracks.video) || !goes_on(&self.audio, &tracks.audio) {
            self.flush(out);
            self.told = false;
        }
        self.configs = Some([tracks.video.clone(), tracks.audio.clone()]);
        self.uncarried.clear();
        let before = self.video.as_ref().map(|lane| lane.config.clone());
        self.video = renew(self.video.take(), tracks.video.as_ref(), VIDEO_ID, &mut self.uncarried);
        self.audio = renew(self.audio.take(), tracks.audio.as_ref(), AUDIO_ID, &mut self.uncarried);
        if self.video.is_some() && self.video.as_ref().map(|lane| &lane.config) != before.as_ref() {
            (self.awaits_key, self.last_key) = (true, None);
        }
    }

    fn frame(&mut self, frame: &Frame, out: &mut Vec<Cut>) {
        let video = match frame.kind {
            FrameKind::Video => true,
            FrameKind::Audio => false,
            FrameKind::VideoConfig | FrameKind::AudioConfig | FrameKind::Metadata => return,
        };
        let lane = if video { &self.video } else { &self.audio };
        if lane.is_none() || (video && self.awaits_key && !frame.key) {
            return;
        }
        if self.end.is_some_and(|end| frame.dts - end > HOLE) {
            self.interrupt(out);
        }
        if video {
            self.awaits_key = false;
            self.drive(frame.dts, frame.key, out);
        } else if self.video.is_none() {
            self.drive(frame.dts, false, out);
        } else {
            self.follow(frame.dts, out);
        }
        let lane = if video { &mut self.video } else { &mut self.audio };
        if let Some(lane) = lane {
            lane.hold(frame);
            self.end = self.end.max(lane.end());
        }
        if self.waiting_bytes() > self.rules.bytes_max
            || self.lanes().map(|lane| lane.waiting.len()).sum::<usize>() > WAITING_MAX
        {
            self.flush(out);
        }
    }

    /// A frame of the track that decides: a picture, or sound where there are no pictures.
    fn drive(&mut self, dts: MediaTime, key: bool, out: &mut Vec<Cut>) {
        let Some(open) = self.part else {
            let first = self.first_waiting().map_or(dts, |first| first.min(dts));
            self.part = Some(Open { start: first.max(self.until), key });
            self.note_key(dts, key);
            return;
        };
        let pictures = self.video.as_ref().is_some_and(|lane| !lane.waiting.is_empty());
        // A little sound in front of a GOP stands in its part.
        let sounds = self.audio.as_ref().is_some_and(|lane| lane.before(dts) > 0);
        let waits = pictures || (sounds && dts - open.start >= self.half());
        if waits && self.may_tell() && self.is_due(open, dts, key) {
            self.close(open, dts, Some(dts), false, out);
            self.part = Some(Open { start: dts.max(open.start), key });
        } else if !pictures && key {
            self.part = Some(Open { key, ..open });
        }
        self.note_key(dts, key);
    }

    /// Whether the part in the making ends before this frame.
    fn is_due(&self, open: Open, dts: MediaTime, key: bool) -> bool {
        let half = self.half();
        let elapsed = dts - open.start;
        if key {
            return !open.key || elapsed >= half;
        }
        // A GOP that ends soon ends this part too, so that no short one is left before the next key frame.
        let next_key = self.last_key.filter(|_| self.gop > MediaTime::ZERO).map(|last| last + self.gop);
        let soon = next_key.is_some_and(|next| next > dts && next - dts < half);
        elapsed >= self.rules.part - SLACK && (!soon || elapsed >= self.rules.part + half)
    }

    const fn half(&self) -> MediaTime {
        MediaTime::from_ticks(self.rules.part.ticks() / 2)
    }

    /// Sound beside pictures cuts only where these are late.
    fn follow(&mut self, dts: MediaTime, out: &mut Vec<Cut>) {
        if self.part.is_none() {
            let Some(first) = self.first_waiting().filter(|first| dts - *first > VIDEO_LATE) else { return };
            self.part = Some(Open { start: first.max(self.until), key: false });
        }
        while let Some(open) = self.part.filter(|_| self.may_tell()) {
            let pictures = self.video.as_ref().filter(|lane| !lane.waiting.is_empty()).and_then(Lane::end);
            let end = (open.start + self.rules.part).max(pictures.unwrap_or(open.start));
            if dts - end <= VIDEO_LATE {
                return;
            }
            self.part = self.close(open, end, None, false, out).then_some(Open { start: end, key: false });
        }
    }

    fn note_key(&mut self, dts: MediaTime, key: bool) {
        if key && let Some(before) = self.last_key.replace(dts) {
            self.gop = dts - before;
        }
    }

    /// A file is told when all its tracks are known.
    const fn may_tell(&self) -> bool {
        self.told || self.settled
    }

    fn first_waiting(&self) -> Option<MediaTime> {
        self.lanes().filter_map(|lane| lane.waiting.first()).map(|held| held.dts).min()
    }

    /// Opens a part at the first frame that waits, if none is open.
    fn open_at_waiting(&mut self) {
        if let (None, Some(first)) = (self.part, self.first_waiting()) {
            self.part = Some(Open { start: first.max(self.until), key: false });
        }
    }

    /// Makes a part of the pictures that wait and of the sound before `end`, or of `all` of it. `next` is when the next
    /// picture is decoded. False if nothing waits.
    fn close(&mut self, open: Open, end: MediaTime, next: Option<MediaTime>, all: bool, out: &mut Vec<Cut>) -> bool {
        let alone = self.video.is_none();
        let pictures = self.video.as_ref().map_or(0, |lane| lane.waiting.len());
        let sounds =
            self.audio.as_ref().map_or(0, |lane| if all || alone { lane.waiting.len() } else { lane.before(end) });
        if pictures + sounds == 0 {
            return false;
        }
        self.tell_file(out);
        let first = self.video.as_ref().and_then(|lane| lane.waiting.first());
        let key = alone || first.is_some_and(|held| held.key);
        let mut bytes = Vec::with_capacity(self.waiting_bytes() + 256);
        for (lane, count, next) in
            [(&mut self.video, pictures, next), (&mut self.audio, sounds, next.filter(|_| alone))]
        {
            let Some(lane) = lane.as_mut().filter(|_| count > 0) else { continue };
            self.sequence = self.sequence.wrapping_add(1).max(1);
            if let Err(fault) = lane.write(count, next, self.sequence, &mut bytes) {
                tracing::warn!(%fault, "frames cannot be written as MP4 and are left out");
            }
        }
        self.parts += 1;
        self.until = end.max(open.start);
        out.push(Cut::Part(PartCut {
            bytes: Bytes::from(bytes.into_boxed_slice()),
            dts: open.start,
            duration: self.until - open.start,
            key,
            discontinuity: std::mem::take(&mut self.discontinuity),
        }));
        true
    }

    fn tell_file(&mut self, out: &mut Vec<Cut>) {
        if std::mem::replace(&mut self.told, true) {
            return;
        }
        let tracks: Vec<Track> = self.lanes().map(|lane| lane.track.clone()).collect();
        out.push(Cut::File(FileCut {
            init: init_segment(&tracks).into(),
            codecs: mime_codecs(&tracks),
            size: self.video.as_ref().map(|lane| lane.track.size()),
            discontinuity: self.files > 0,
        }));
        self.files += 1;
    }
}

/// The lane of a track: the same as before if its configuration is.
fn renew(lane: Option<Lane>, config: Option<&Config>, id: u32, uncarried: &mut Vec<Codec>) -> Option<Lane> {
    let config = config?;
    if let Some(lane) = lane.filter(|lane| lane.config == *config) {
        return Some(lane);
    }
    match Lane::new(config, id) {
        Ok(lane) => Some(lane),
        // The first key frame tells it.
        Err(Fault::SizeUnknown) => None,
        Err(fault) => {
            tracing::warn!(%fault, codec = ?config.codec, "a track cannot be written as MP4 and is left out");
            uncarried.push(config.codec);
            None
        }
    }
}
