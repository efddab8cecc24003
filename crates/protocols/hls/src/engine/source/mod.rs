//! A stream of a stranger's that is followed by its playlists: which one, what to ask for and when, and the frames of what
//! comes, let go at their time (RFC 8216, 6.3). No I/O: whoever owns a [`Source`] asks it what to load, loads it, and
//! gives it the bytes.

mod attributes;
mod demux;
mod fault;
pub mod fuzz;
mod master;
mod pacer;
mod playlist;
mod rendition;
#[cfg(test)]
mod tests;
mod timeline;

use bytes::Bytes;
use vivace_base::{Limits, MonoMs};
use vivace_domain::relay::HttpUrl;
use vivace_media::Frame;

pub use fault::{SegmentFault, SourceFault};
pub use playlist::{Encryption, PlaylistFault, Range};

use master::Choice;
use pacer::Pacer;
use playlist::{Map, Playlist};
use rendition::Rendition;
use timeline::Timeline;

/// What a source may cost.
#[derive(Clone, Copy, Debug)]
pub struct SourceLimits {
    /// Bytes of an address.
    pub url_bytes_max: usize,
    /// Bytes of a playlist.
    pub playlist_bytes_max: usize,
    /// Bytes of a segment, and of frames that wait.
    pub segment_bytes_max: usize,
    /// Frames of a segment.
    pub frames_max: usize,
    /// Bytes of a frame.
    pub frame_bytes_max: usize,
    /// How far times may step without a discontinuity, in milliseconds.
    pub jump_ms_max: u64,
    /// Without a new segment for this long and for three target durations, the source is lost.
    pub idle_ms_max: u64,
    /// For each thing that is loaded; for segments at least three target durations.
    pub load_ms_max: u64,
}

impl From<&Limits> for SourceLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            url_bytes_max: limits.url_bytes_max,
            playlist_bytes_max: limits.hls_pull_playlist_bytes_max,
            segment_bytes_max: limits.hls_pull_segment_bytes_max,
            frames_max: limits.hls_pull_frames_max,
            frame_bytes_max: limits.rtmp_video_message_bytes_max,
            jump_ms_max: limits.timestamp_jump_ms_max,
            idle_ms_max: limits.relay_idle_ms_max,
            load_ms_max: limits.relay_start_ms_max,
        }
    }
}

/// What is to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// From where; what it leads to is told to [`Source::loaded`].
    pub url: HttpUrl,
    /// Which bytes of it; all without one.
    pub range: Option<Range>,
    /// More bytes are refused.
    pub bytes_max: usize,
    /// From the connection to the last byte, in milliseconds.
    pub within_ms: u64,
    /// What it is.
    pub what: What,
    asked_at: MonoMs,
    rendition: usize,
    map: Option<std::sync::Arc<Map>>,
    discontinuity_sequence: u64,
}

/// What a load is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A playlist.
    Playlist,
    /// An initialization segment.
    Map,
    /// A segment, by its number.
    Segment(u64),
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// This is to be loaded, and nothing else meanwhile.
    Load(Box<Load>),
    /// Nothing before this time.
    Wait(MonoMs),
}

/// A source that is followed.
#[derive(Debug)]
pub struct Source {
    limits: SourceLimits,
    /// The address that the operator gave, until the playlist behind it has come.
    opening: Option<HttpUrl>,
    /// The pictures, or all of it; and the sound where it is a rendition of its own.
    renditions: Vec<Rendition>,
    timeline: Timeline,
    pacer: Pacer,
}

/// How much is had before it is due, in target durations.
const TARGETS_AHEAD: u64 = 2;
/// With more than this had and listed, in target durations, frames are let go a little faster.
const TARGETS_BEHIND: u64 = 5;
/// Target durations without a new segment.
const TARGETS_STUCK: u64 = 3;

impl Source {
    /// Follows the playlist at an address.
    pub fn new(url: HttpUrl, limits: SourceLimits) -> Self {
        let (timeline, pacer) = (Timeline::new(limits.jump_ms_max), Pacer::new(limits.jump_ms_max));
        Self { limits, opening: Some(url), renditions: Vec::new(), timeline, pacer }
    }

    /// Whether frames have come, or are about to.
    pub fn has_frames(&self) -> bool {
        !self.pacer.is_empty()
    }

    /// Segments that were passed over.
    pub fn skipped(&self) -> u64 {
        self.renditions.iter().map(|rendition| rendition.skipped).sum()
    }

    /// What to do now. Not asked while something is being loaded.
    ///
    /// # Errors
    /// [`SourceFault`]: it is not followed any more.
    pub fn poll(&mut self, now: MonoMs) -> Result<Step, SourceFault> {
        if let Some(url) = &self.opening {
            return Ok(Step::Load(Box::new(self.playlist(url.clone(), 0, now))));
        }
        if self.pacer.is_empty() && self.renditions.iter().all(Rendition::is_over) {
            return Err(SourceFault::Ended);
        }
        self.stuck(now)?;
        self.pacer.set_hurry(self.is_behind());
        let mut wait = MonoMs(now.0.saturating_add(1_000));
        // The one that has least goes first, so that the other does not wait for it.
        let mut order: Vec<usize> = (0..self.renditions.len()).collect();
        order.sort_by_key(|at| self.renditions.get(*at).map_or(0, |one| self.had_ms(one)));
        for at in order {
            match self.poll_one(at, now)? {
                Step::Wait(until) => wait = wait.min(until),
                load => return Ok(load),
            }
        }
        Ok(Step::Wait(wait))
    }

    /// Milliseconds of a rendition that wait to be let go.
    fn had_ms(&self, rendition: &Rendition) -> u64 {
        rendition.end.map_or(0, |end| self.pacer.lasts_ms(end))
    }

    fn is_behind(&self) -> bool {
        self.renditions.first().is_some_and(|first| {
            let ahead_ms = self.had_ms(first).saturating_add(first.listed_ms());
            ahead_ms > first.target_ms().saturating_mul(TARGETS_BEHIND)
        })
    }

    fn stuck(&self, now: MonoMs) -> Result<(), SourceFault> {
        for rendition in &self.renditions {
            let ms_max = self.limits.idle_ms_max.max(rendition.target_ms().saturating_mul(TARGETS_STUCK));
            let ms = now.since(rendition.heard_at);
            if ms >= ms_max && !rendition.is_over() {
                return Err(SourceFault::Stuck { ms, last: rendition.last.clone() });
            }
        }
        Ok(())
    }

    fn poll_one(&mut self, at: usize, now: MonoMs) -> Result<Step, SourceFault> {
        let limits = self.limits;
        let Some(rendition) = self.renditions.get(at) else { return Ok(Step::Wait(now)) };
        let had_ms = self.had_ms(rendition);
        let Some(rendition) = self.renditions.get_mut(at) else { return Ok(Step::Wait(now)) };
        let ahead_ms = rendition.target_ms().saturating_mul(TARGETS_AHEAD);
        let has_room = had_ms < ahead_ms && self.pacer.bytes() < limits.segment_bytes_max;
        let mut wait = rendition.poll_at;
        let over = rendition.is_over();
        if let Some((again_at, segment)) = rendition.wanted()? {
            if !has_room {
                rendition.heard_at = now;
                // Looked at again when some of it has gone.
                wait = wait.min(MonoMs(now.0.saturating_add(had_ms.saturating_sub(ahead_ms).clamp(20, 1_000))));
            } else if again_at <= now {
                let segment = segment.clone();
                return self.segment(at, segment, now);
            } else {
                wait = wait.min(again_at);
            }
        }
        let Some(rendition) = self.renditions.get(at) else { return Ok(Step::Wait(now)) };
        if over {
            return Ok(Step::Wait(MonoMs(now.0.saturating_add(had_ms.clamp(20, 1_000)))));
        }
        if rendition.poll_at <= now {
            return Ok(Step::Load(Box::new(self.playlist(rendition.url.clone(), at, now))));
        }
        Ok(Step::Wait(wait))
    }

    fn playlist(&self, url: HttpUrl, rendition: usize, now: MonoMs) -> Load {
        Load {
            url,
            range: None,
            bytes_max: self.limits.playlist_bytes_max,
            within_ms: self.limits.load_ms_max,
            what: What::Playlist,
            asked_at: now,
            rendition,
            map: None,
            discontinuity_sequence: 0,
        }
    }

    /// Asks for a segment, or before it for the initialization segment that it needs.
    fn segment(&self, at: usize, segment: playlist::Segment, now: MonoMs) -> Result<Step, SourceFault> {
        let Some(rendition) = self.renditions.get(at) else { return Ok(Step::Wait(now)) };
        let known = rendition.map.as_ref().map(|(map, _)| map);
        let map = segment.map.clone().filter(|map| known != Some(map));
        let (uri, range, what) = match &map {
            Some(map) => (&map.uri, map.range, What::Map),
            None => (&segment.uri, segment.range, What::Segment(segment.sequence)),
        };
        Ok(Step::Load(Box::new(Load {
            url: rendition.resolve(uri, self.limits.url_bytes_max)?,
            range,
            bytes_max: self.limits.segment_bytes_max,
            within_ms: self.limits.load_ms_max.max(rendition.target_ms().saturating_mul(TARGETS_STUCK)),
            what,
            asked_at: now,
            rendition: at,
            map: segment.map,
            discontinuity_sequence: segment.discontinuity_sequence,
        })))
    }

    /// What was to be loaded has come, in the end from `base`.
    ///
    /// # Errors
    /// [`SourceFault`]: the source is not followed any more.
    pub fn loaded(&mut self, load: &Load, base: HttpUrl, body: Bytes, now: MonoMs) -> Result<(), SourceFault> {
        match load.what {
            What::Playlist => self.on_playlist(load, base, &body, now),
            What::Map => {
                if let (Some(rendition), Some(map)) = (self.renditions.get_mut(load.rendition), &load.map) {
                    rendition.map = Some((map.clone(), body));
                }
                Ok(())
            }
            What::Segment(_) => self.on_segment(load, &body, now),
        }
    }

    /// What was to be loaded did not come. False if the source cannot be followed without it.
    #[must_use]
    pub fn failed(&mut self, load: &Load, now: MonoMs) -> bool {
        match (load.what, self.renditions.get_mut(load.rendition)) {
            (What::Playlist, Some(rendition)) if rendition.is_open() => rendition.list_failed(load.asked_at),
            (What::Map | What::Segment(_), Some(rendition)) => rendition.segment_failed(now),
            _ => return false,
        }
        true
    }

    fn on_playlist(&mut self, load: &Load, base: HttpUrl, body: &[u8], now: MonoMs) -> Result<(), SourceFault> {
        let parsed = Playlist::parse(&String::from_utf8_lossy(body));
        if self.opening.is_some() {
            let url = load.url.clone();
            return self.on_first(parsed?, url, base, load.asked_at, now);
        }
        let Some(rendition) = self.renditions.get_mut(load.rendition) else { return Ok(()) };
        match parsed {
            Ok(Playlist::Media(list)) => rendition.on_list(list, base, load.asked_at),
            Ok(Playlist::Master(_)) => Err(SourceFault::Nested),
            // Half a file, or a page of errors: the next one may be whole.
            Err(_) if rendition.is_open() => {
                rendition.list_failed(load.asked_at);
                Ok(())
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// The playlist at the operator's address.
    fn on_first(
        &mut self,
        list: Playlist,
        url: HttpUrl,
        base: HttpUrl,
        asked_at: MonoMs,
        now: MonoMs,
    ) -> Result<(), SourceFault> {
        match list {
            Playlist::Master(master) => {
                let Choice { uri, audio } = master.choose()?;
                for uri in [Some(uri), audio].into_iter().flatten() {
                    let url = base.resolve(&uri, self.limits.url_bytes_max)?;
                    self.renditions.push(Rendition::new(url, &self.limits, now));
                }
            }
            Playlist::Media(list) => {
                let mut rendition = Rendition::new(url, &self.limits, now);
                rendition.on_list(list, base, asked_at)?;
                self.renditions.push(rendition);
            }
        }
        self.opening = None;
        Ok(())
    }

    fn on_segment(&mut self, load: &Load, body: &Bytes, now: MonoMs) -> Result<(), SourceFault> {
        let Some(rendition) = self.renditions.get_mut(load.rendition) else { return Ok(()) };
        // The playlist has not moved on meanwhile: nothing else was loaded.
        if load.what != What::Segment(rendition.next()) {
            return Ok(());
        }
        let era = rendition.enter(load.discontinuity_sequence);
        let map = rendition.map.as_ref().filter(|_| load.map.is_some()).map(|(_, body)| body);
        let frames = rendition.demux.segment(map, body);
        match frames {
            Ok(mut frames) => {
                rendition.advance();
                rendition.end = Some(self.timeline.place(era, rendition.end, &mut frames));
                rendition.heard_at = now;
                rendition.last = None;
                self.pacer.add(frames);
                Ok(())
            }
            Err(fault) if fault.is_lasting() => Err(SourceFault::Segment(fault)),
            Err(fault) => {
                rendition.left_out(now);
                rendition.last = Some(fault);
                Ok(())
            }
        }
    }

    /// The next frame that is due.
    pub fn pop(&mut self, now: MonoMs) -> Option<Frame> {
        self.pacer.pop(now)
    }

    /// When the next frame is due; `None` while none waits.
    pub fn due_at(&self) -> Option<MonoMs> {
        self.pacer.due_at()
    }
}
