//! What has been kept of streams, as players of the past see it: segments of media files, and the playlists over them.

mod bounds;
mod index;
#[cfg(test)]
mod tests;
mod texts;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use vivace_base::{AppId, Limits, MediaTime, StreamName, Ulid, UnixMs};
use vivace_domain::live::PlayFault;
use vivace_domain::recording::{RecordFormat, Recording};
use vivace_domain::url::Shift;
use vivace_hls::engine::archive::{Entry, Growth, Numbers, Rendition, SliceSettings, archive, archive_master};
use vivace_hls::engine::reels::{behind, between, onward};
use vivace_hls::serve::ArchiveName;
use vivace_net::{Quota, Share};
use vivace_store::Store;
use vivace_worker::recorder::PastNow;

use bounds::{Bounds, Listing, SPAN_MS_MAX};
use index::{Found, Index, Need, Shelf};
pub(crate) use texts::{GROWING_MS, PlaylistText, Text, Texts, WHOLE_MS};

use crate::http::file_body::Sending;

/// A segment of the past ends at the first key frame behind this, and at the second at the latest.
const CUT: SliceSettings = SliceSettings { target: MediaTime::from_ms(4_000), longest: MediaTime::from_ms(8_000) };
/// What a playlist that moves on with the clock lists: five target durations.
const SLIDING: MediaTime = MediaTime::from_ms(40_000);
/// How long behind a time something of it may still come to the index, where an encoder has just come back.
const INDEXED_MS: i64 = 30_000;

/// What has been kept.
pub(crate) struct Archive {
    index: Index,
    folder: PathBuf,
    window_ms: AtomicU64,
    places: Arc<Quota>,
    sending: Sending,
    texts: Texts,
    sent: AtomicU64,
}

/// Where bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// The file.
    pub(crate) path: PathBuf,
    /// The first byte.
    pub(crate) offset: u64,
    /// Their number.
    pub(crate) bytes: u64,
}

/// What a playlist is made of.
pub(crate) struct Listed {
    entries: Vec<Entry>,
    numbers: Numbers,
    growth: Growth,
    rendition: Rendition,
}

impl Listed {
    /// Whether nothing more comes.
    pub(crate) fn is_whole(&self) -> bool {
        self.growth == Growth::Ended
    }

    /// The same for a player that came while something was to come: what it was told stays as it was.
    pub(crate) fn followed(mut self) -> Self {
        if self.is_whole() {
            self.growth = Growth::Over;
        }
        self
    }

    /// The media playlist.
    pub(crate) fn media(&self) -> String {
        archive(&self.entries, self.numbers, &CUT, self.growth)
    }

    /// The master playlist that leads to the one at `uri`.
    pub(crate) fn master(&self, uri: &str) -> String {
        archive_master(&self.entries, &self.rendition, uri)
    }
}

impl Archive {
    /// What is kept stands in `folder`; players may go back by `window_ms`.
    pub(crate) fn new(store: Store, folder: PathBuf, window_ms: u64, limits: &Limits) -> Self {
        let (all, one) = (limits.kept_reads_max, limits.kept_reads_per_address_max);
        Self {
            index: Index::new(store, CUT),
            folder,
            window_ms: AtomicU64::new(window_ms),
            places: Quota::per_address("kept_reads_max", all, "kept_reads_per_address_max", one),
            sending: Sending::default(),
            texts: Texts::default(),
            sent: AtomicU64::new(0),
        }
    }

    /// The right of an address to be sent a file or a list, if not too many are sent.
    pub(crate) fn place(&self, address: IpAddr) -> Option<Share> {
        self.places.try_take_from(address).ok()
    }

    /// The files that are being sent.
    pub(crate) const fn sending(&self) -> &Sending {
        &self.sending
    }

    /// Playlists of recordings that were made a moment ago.
    pub(crate) const fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Counts bytes that are sent.
    pub(crate) fn sends(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Relaxed);
    }

    /// Bytes that have been sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    /// The file of a recording.
    pub(crate) fn file(&self, id: Ulid, extension: &str) -> PathBuf {
        self.folder.join("recordings").join(format!("{id}.{extension}"))
    }

    /// How far players may go back from now on.
    pub(crate) fn set_window(&self, window_ms: u64) {
        self.window_ms.store(window_ms, Relaxed);
    }

    /// Whether a player may begin so far back.
    ///
    /// # Errors
    /// [`PlayFault::NoTimeShift`], [`PlayFault::BeyondTimeShift`], [`PlayFault::StretchTooLong`].
    pub(crate) fn admit(&self, shift: Shift, past: PastNow) -> Result<(), PlayFault> {
        self.bounds(past)?.admit(shift)
    }

    fn bounds(&self, past: PastNow) -> Result<Bounds, PlayFault> {
        Bounds::new(past, self.window_ms.load(Relaxed))
    }

    /// What a player of a stream's past is shown. `is_live`: whether more is to come.
    ///
    /// # Errors
    /// [`PlayFault::NoTimeShift`], [`PlayFault::BeyondTimeShift`], [`PlayFault::StretchTooLong`], [`PlayFault::NotKept`],
    /// [`PlayFault::KeptUnreadable`].
    pub(crate) async fn shifted(
        &self,
        app: AppId,
        stream: &StreamName,
        shift: Shift,
        past: PastNow,
        is_live: bool,
    ) -> Result<Listed, PlayFault> {
        match self.bounds(past)?.listing(shift)? {
            Listing::Behind { from, until } => {
                let need = Need::Behind { from, until, least: SLIDING };
                let shelf = self.index.numbered(app, stream, need).await?;
                let (entries, numbers) = behind(&shelf.reels, from, until, SLIDING);
                listed(&shelf, entries, numbers, Growth::FromNewest)
            }
            Listing::Between { from, to } => {
                let shelf = self.index.numbered(app, stream, Need::Between { from, to }).await?;
                let (entries, numbers) = between(&shelf.reels, from, Some(to));
                let comes = shelf.grows() || (is_live && past.now.0 < to.0.saturating_add(INDEXED_MS));
                let is_over = !comes || shelf.ends_at().is_some_and(|ends_at| ends_at >= to);
                listed(&shelf, entries, numbers, if is_over { Growth::Ended } else { Growth::FromFirst })
            }
            Listing::Onward { from } => {
                let shelf = self.index.numbered(app, stream, Need::Onward { from }).await?;
                let (entries, numbers) = onward(&shelf.reels, from);
                let growth = if shelf.grows() || is_live { Growth::FromFirst } else { Growth::Ended };
                listed(&shelf, entries, numbers, growth)
            }
        }
    }

    /// What a player of a recording is shown: all of it, and of one that is still made at `now` as much as one playlist of the
    /// past lists.
    ///
    /// # Errors
    /// [`PlayFault::NotKept`], [`PlayFault::KeptUnreadable`].
    pub(crate) async fn recorded(&self, recording: &Recording, now: UnixMs) -> Result<Listed, PlayFault> {
        let (growth, from) = match recording.last {
            Some(_) => (Growth::Ended, UnixMs(i64::MIN)),
            None => (Growth::FromFirst, UnixMs(now.0.saturating_sub_unsigned(SPAN_MS_MAX))),
        };
        let shelf = self.index.of_recording(recording, from).await?;
        let (entries, numbers) = onward(&shelf.reels, from);
        listed(&shelf, entries, numbers, growth)
    }

    /// Whether any of the files that a playlist leads to is on this disk. One that is not is told by its own address.
    pub(crate) async fn is_there(&self, listed: &Listed) -> bool {
        let media = self.folder.join("media");
        let mut files: Vec<PathBuf> =
            listed.entries.iter().map(|entry| media.join(format!("{}.mp4", entry.file))).collect();
        files.dedup();
        let looked = tokio::task::spawn_blocking(move || files.iter().any(|file| file.exists()));
        // What cannot be looked for is taken to be there.
        looked.await.unwrap_or(true)
    }

    /// Where the bytes of a segment or of an initialisation segment are, of a stream's past.
    ///
    /// # Errors
    /// [`PlayFault::NoTimeShift`], [`PlayFault::NotKept`], [`PlayFault::KeptUnreadable`].
    pub(crate) async fn stretch(
        &self,
        app: AppId,
        stream: &StreamName,
        name: ArchiveName,
        past: PastNow,
    ) -> Result<Stretch, PlayFault> {
        let leaving = self.bounds(past)?.leaving();
        let found = self.index.find(app, stream, name).await?.ok_or(PlayFault::NotKept)?;
        if found.ends_at.is_some_and(|ends_at| ends_at < leaving) {
            return Err(PlayFault::NotKept);
        }
        Ok(self.at(name, found))
    }

    /// Where the bytes of a segment or of an initialisation segment of a recording are.
    ///
    /// # Errors
    /// [`PlayFault::NotKept`], [`PlayFault::KeptUnreadable`].
    pub(crate) async fn stretch_of(&self, recording: &Recording, name: ArchiveName) -> Result<Stretch, PlayFault> {
        let found = self.index.find_of_recording(recording, name).await?;
        found.map(|found| self.at(name, found)).ok_or(PlayFault::NotKept)
    }

    fn at(&self, name: ArchiveName, found: Found) -> Stretch {
        let Found { offset, bytes, .. } = found;
        Stretch { path: self.folder.join("media").join(format!("{}.mp4", name.file())), offset, bytes }
    }
}

fn listed(shelf: &Shelf, entries: Vec<Entry>, numbers: Numbers, growth: Growth) -> Result<Listed, PlayFault> {
    let newest = entries.last().ok_or(PlayFault::NotKept)?;
    let rendition = shelf.rendition(&newest.file).ok_or(PlayFault::NotKept)?;
    // Kept for the formats that carry it, which HLS is not among.
    if let Some(codec) = RecordFormat::not_in_hls(&rendition.codecs) {
        return Err(PlayFault::UnsupportedCodec { codec });
    }
    Ok(Listed { entries, numbers, growth, rendition })
}
