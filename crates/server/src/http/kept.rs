//! What has been kept, over HTTP: a stream's past as HLS, and recordings to play and to download.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::json;
use vivace_base::{AppId, StreamName, Ulid};
use vivace_domain::hex;
use vivace_domain::live::PlayFault;
use vivace_domain::recording::{RecordFormat, RecordState, Recording};
use vivace_domain::url::{Shift, StreamQuery};
use vivace_hls::engine::TOKEN;
use vivace_hls::serve::{
    Fault, Head, Keep, KeptFile, RecordingPart, RecordingPath, SHIFTED, WHOLE, kept_playlist, ranged,
};
use vivace_hub::StreamState;
use vivace_net::Share;
use vivace_worker::uploads::{UploadFault, UploadedAt};

use super::file_body::{FileBody, Part};
use super::{Body, Denied, Service, empty};
use crate::archive::{GROWING_MS, Listed, PlaylistText, Stretch, Text, WHOLE_MS};
use crate::closed::Reason;
use crate::shared::Shared;

/// Where recordings stand.
pub(crate) const RECORDINGS: &str = "/recordings/";

/// A stretch of a file, and what is said of it.
pub(super) struct Sent {
    pub(super) stretch: Stretch,
    pub(super) content_type: &'static str,
    /// What a browser saves it under.
    pub(super) name: Option<String>,
    pub(super) etag: Option<HeaderValue>,
    pub(super) keep: Keep,
}

impl Service {
    /// The address of a stream's past, which the gate has granted like every play: answered with a master playlist.
    pub(super) async fn shift_begin(
        &self,
        request: &Request<Incoming>,
        app: AppId,
        name: &StreamName,
        shift: Shift,
    ) -> Result<Response<Body>, Denied> {
        let past = self.shared.recorder.past_now(app, name);
        self.shared.archive.admit(shift, past).map_err(Denied::Play)?;
        let Some(place) = self.shared.archive.place(self.peer.address.ip()) else { return Ok(self.busy()) };
        let listed = self.shifted(app, name, shift).await.map_err(Denied::Play)?;
        if !self.shared.archive.is_there(&listed).await {
            return Ok(self.hls_denied(&Fault::Gone));
        }
        self.place.lock().take();
        let session = self.peer.session;
        self.shared.counts.plays.fetch_add(1, Relaxed);
        tracing::info!(%session, peer = %self.peer.address, stream = %name, format = "hls-shift", "play begins");
        let query = format!("?k={}&{}", self.shared.hls.admit(app, name), shift.query());
        let file = if listed.is_whole() { WHOLE } else { SHIFTED };
        let text = PlaylistText::new(listed.master(&format!("{name}/{file}")).replace(TOKEN, &query));
        Ok(self.kept_text(request, &text, false, place).await)
    }

    /// A file of a stream's past; its token says that the gate has granted it.
    pub(super) async fn shift_file(
        &self,
        request: &Request<Incoming>,
        name: &StreamName,
        kept: KeptFile,
        query: &str,
    ) -> Result<Response<Body>, Denied> {
        let app = self.shared.gate.app().id;
        let token = match self.shared.hls.check(app, name, query) {
            Ok(token) => token,
            Err(fault) => return Ok(self.hls_denied(&fault)),
        };
        let answer = match kept {
            KeptFile::Playlist | KeptFile::Whole => {
                let shift = self.shift_of(query).map_err(Denied::Play)?;
                let Some(place) = self.shared.archive.place(self.peer.address.ip()) else { return Ok(self.busy()) };
                let listed = self.shifted(app, name, shift).await.map_err(Denied::Play)?;
                let listed = if kept == KeptFile::Whole { listed } else { listed.followed() };
                let text = PlaylistText::new(listed.media().replace(TOKEN, &format!("?k={token}")));
                self.kept_text(request, &text, false, place).await
            }
            KeptFile::Media(file) => {
                let past = self.shared.recorder.past_now(app, name);
                let stretch = self.shared.archive.stretch(app, name, file, past).await.map_err(Denied::Play)?;
                let sent = Sent { stretch, content_type: "video/mp4", name: None, etag: None, keep: Keep::Immutable };
                self.stretch(request, sent).await
            }
        };
        self.place.lock().take();
        Ok(answer)
    }

    /// The stretch that the query of a playlist asks for.
    fn shift_of(&self, query: &str) -> Result<Shift, PlayFault> {
        let past = StreamQuery::parse(query, &self.shared.limits.get())?.past;
        Ok(past.ok_or(PlayFault::ParameterMissing { name: "from" })?.shift?)
    }

    async fn shifted(&self, app: AppId, name: &StreamName, shift: Shift) -> Result<Listed, PlayFault> {
        let stream = self.shared.hub.stream(app, name);
        let is_live = stream.is_some_and(|stream| stream.state() == StreamState::Live);
        let past = self.shared.recorder.past_now(app, name);
        self.shared.archive.shifted(app, name, shift, past, is_live).await
    }

    /// `ID.EXTENSION`, the playlist or the file of a recording, or `ID/FILE` below its playlist. Who has the id may have
    /// the recording, also where plays must be signed: nobody guesses its 80 random bits, and nobody in between keeps it.
    pub(super) async fn recording(&self, request: &Request<Incoming>, path: &str) -> Response<Body> {
        if request.method() == Method::OPTIONS {
            return self.preflight("GET, HEAD, OPTIONS");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = self.answer(StatusCode::METHOD_NOT_ALLOWED, &json!({"message": "read it with GET"}));
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
            return response;
        }
        match self.try_recording(request, path).await {
            Ok(response) => {
                self.place.lock().take();
                response
            }
            Err(PlayFault::NotKept) => {
                let message = json!({"error": "not_found", "message": "there is no such recording"});
                self.answer(StatusCode::NOT_FOUND, &message)
            }
            Err(fault @ PlayFault::UnsupportedCodec { .. }) => {
                let message = json!({"error": "not_carried", "message": fault.to_string()});
                self.answer(StatusCode::NOT_ACCEPTABLE, &message)
            }
            Err(fault) => {
                let message = json!({"error": "unavailable", "message": fault.to_string()});
                self.answer(StatusCode::SERVICE_UNAVAILABLE, &message)
            }
        }
    }

    async fn try_recording(&self, request: &Request<Incoming>, path: &str) -> Result<Response<Body>, PlayFault> {
        let RecordingPath { id, part } = RecordingPath::parse(path).ok_or(PlayFault::NotKept)?;
        let app = self.shared.gate.app().id;
        let recording = self.shared.store.reader().recording(app, id).await.map_err(|fault| {
            tracing::error!(%fault, recording = %id, "a recording cannot be looked up");
            PlayFault::KeptUnreadable
        })?;
        let recording = recording.filter(|one| one.deleted_at.is_none()).ok_or(PlayFault::NotKept)?;
        let extension = match part {
            RecordingPart::Whole { extension } => extension,
            RecordingPart::Below(_) => "",
        };
        if extension == recording.format.extension()
            && recording.state == RecordState::Uploaded
            && let Some(response) = self.uploaded(request, &recording).await?
        {
            return Ok(response);
        }
        if let RecordingPart::Below(name) = part {
            let stretch = self.shared.archive.stretch_of(&recording, name).await?;
            let etag = etag_of(format_args!("{}-{}-{}", name.file(), stretch.offset, stretch.bytes));
            let sent = Sent { stretch, content_type: "video/mp4", name: None, etag, keep: Keep::Never };
            return Ok(self.stretch(request, sent).await);
        }
        if extension == RecordFormat::Hls.extension() {
            let Some(place) = self.shared.archive.place(self.peer.address.ip()) else { return Ok(self.busy()) };
            let Some(text) = self.playlist_of(&recording).await? else { return Ok(self.hls_denied(&Fault::Gone)) };
            return Ok(self.kept_text(request, &text, recording.last.is_some(), place).await);
        }
        if extension != recording.format.extension() || !recording.state.is_readable() {
            return Err(PlayFault::NotKept);
        }
        let path = self.file_of(&recording);
        let stretch = Stretch { path, offset: 0, bytes: recording.bytes };
        let zone_ms = i64::try_from(self.shared.running.config().lvb_utc_offset_min).unwrap_or(0) * 60_000;
        let name = format!("{}.{extension}", recording.file_name(zone_ms));
        let sum = recording.sha256.map_or_else(String::new, |sum| hex(&sum));
        let etag = etag_of(format_args!("{id}-{sum}"));
        let content_type = content_type(recording.format);
        Ok(self.stretch(request, Sent { stretch, content_type, name: Some(name), etag, keep: Keep::Never }).await)
    }

    /// The playlist of a recording over what is on this disk; `None` if nothing of it is.
    async fn playlist_of(&self, recording: &Recording) -> Result<Option<Arc<PlaylistText>>, PlayFault> {
        let (id, archive) = (recording.id, &self.shared.archive);
        let keep_ms = if recording.last.is_some() { WHOLE_MS } else { GROWING_MS };
        let now = self.shared.recorder.past_now(recording.app, &recording.stream).now;
        let text = archive.texts().get(Text::Disk(id), (self.shared.clock.as_ref(), keep_ms), async {
            let listed = archive.recorded(recording, now).await.map_err(Some)?;
            // What is not there is looked for anew the next time.
            if !archive.is_there(&listed).await {
                return Err(None);
            }
            Ok(in_folder(&listed.media(), id).replace(TOKEN, "").into())
        });
        match text.await {
            Ok(text) => Ok(Some(text)),
            Err(None) => Ok(None),
            Err(Some(fault)) => Err(fault),
        }
    }

    /// An uploaded recording whose files are not here any more; `None` if they are.
    async fn uploaded(
        &self,
        request: &Request<Incoming>,
        recording: &Recording,
    ) -> Result<Option<Response<Body>>, PlayFault> {
        let (id, uploads) = (recording.id, &self.shared.uploads);
        let unread = |fault: UploadFault| {
            tracing::error!(%fault, recording = %id, "an uploaded recording cannot be read");
            PlayFault::KeptUnreadable
        };
        // Before anything is asked of the bucket.
        let Some(place) = self.shared.archive.place(self.peer.address.ip()) else { return Ok(Some(self.busy())) };
        match uploads.elsewhere(recording).await.map_err(unread)? {
            None => Ok(None),
            Some(UploadedAt::Address(address)) => Ok(Some(self.redirect(&address))),
            Some(UploadedAt::Playlist) => {
                let keep = (self.shared.clock.as_ref(), WHOLE_MS);
                let text = self.shared.archive.texts().get(Text::Bucket(id), keep, async {
                    let text = uploads.playlist(recording).await.map_err(unread)?;
                    text.map(Bytes::from).ok_or(PlayFault::NotKept)
                });
                Ok(Some(self.kept_text(request, text.await?.as_ref(), false, place).await))
            }
        }
    }

    /// Sends a player to an address that may hold a signature, so nobody keeps it.
    fn redirect(&self, address: &str) -> Response<Body> {
        let Ok(location) = HeaderValue::from_str(address) else { return self.hls_denied(&Fault::NoFile) };
        let mut response = Response::new(empty());
        *response.status_mut() = StatusCode::FOUND;
        let headers = response.headers_mut();
        headers.insert(header::LOCATION, location);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        self.sign(headers);
        response
    }

    fn file_of(&self, recording: &Recording) -> PathBuf {
        self.shared.archive.file(recording.id, recording.format.extension())
    }

    /// A playlist that holds its place until it is sent.
    async fn kept_text(
        &self,
        request: &Request<Incoming>,
        text: &PlaylistText,
        whole: bool,
        place: Share,
    ) -> Response<Body> {
        let head = Head::of(request.method(), request.headers());
        let packed = if head.takes_gzip() { text.packed().await } else { None };
        let is_packed = packed.is_some();
        let body = packed.unwrap_or_else(|| text.plain());
        let mut response = kept_playlist(&head, body, is_packed, whole).map(|text| {
            let text = text.into_iter().next().unwrap_or_default();
            let to = (self.peer, request.version() == Version::HTTP_2);
            FileBody::text(self.shared.archive.sending(), to, text, place).boxed_unsync()
        });
        self.sign(response.headers_mut());
        response
    }

    pub(super) async fn stretch(&self, request: &Request<Incoming>, sent: Sent) -> Response<Body> {
        let Sent { stretch, content_type, name, etag, keep } = sent;
        let head = Head::of(request.method(), request.headers());
        let Ok(bytes) = usize::try_from(stretch.bytes) else { return self.hls_denied(&Fault::NoFile) };
        let (response, range) = match ranged(&head, content_type, bytes, etag.as_ref(), keep) {
            Ok(found) => found,
            Err(fault) => return self.hls_denied(&fault),
        };
        if response.status() == StatusCode::NOT_MODIFIED {
            let mut response = response.map(|()| empty());
            self.sign(response.headers_mut());
            return response;
        }
        let length = range.len() as u64;
        let body = if head.is_bodiless() {
            empty()
        } else {
            let Some(place) = self.shared.archive.place(self.peer.address.ip()) else { return self.busy() };
            let part = Part {
                path: &stretch.path,
                offset: stretch.offset.saturating_add(range.start as u64),
                bytes: length,
                peer: self.peer,
                is_shared: request.version() == Version::HTTP_2,
            };
            match FileBody::open(self.shared.archive.sending(), part, place).await {
                Ok(body) => body.boxed_unsync(),
                Err(error) => {
                    // The name on disk is an id, and nothing of a client's.
                    tracing::error!(%error, file = %stretch.path.display(), "what has been kept cannot be read");
                    return self.hls_denied(&Fault::Gone);
                }
            }
        };
        self.shared.archive.sends(length);
        let mut response = response.map(|()| body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        if let Some(disposition) = name.as_deref().and_then(disposition) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        self.sign(headers);
        response
    }

    fn busy(&self) -> Response<Body> {
        let message = json!({"error": "busy", "message": "too many files are being read: ask again"});
        let mut response = self.answer(StatusCode::SERVICE_UNAVAILABLE, &message);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        response
    }
}

impl Shared {
    /// Ends the sending of files of which nobody takes anything, and forgets old playlists.
    pub(crate) fn let_go_of_files(&self) {
        let (now, stall_ms) = (self.clock.mono(), self.limits.get().kept_read_stall_ms_max);
        for peer in self.archive.sending().look(now, stall_ms) {
            let detail = format_args!("nothing of a file was taken for {stall_ms} ms");
            self.closed.note(now, peer, "http", Reason::KeptStalled, &detail);
        }
        self.archive.texts().look(now);
    }
}

/// A playlist whose files stand in a folder of the recording's id.
fn in_folder(text: &str, id: Ulid) -> String {
    text.lines().fold(String::with_capacity(text.len() * 2), |mut out, line| {
        if let Some((tag, uri)) = line.split_once("URI=\"") {
            out.extend([tag, "URI=\"", &id.to_string(), "/", uri]);
        } else if line.starts_with('#') {
            out.push_str(line);
        } else {
            out.extend([&id.to_string(), "/", line]);
        }
        out.push('\n');
        out
    })
}

/// What tells the bytes of a file from all others: named by an id that is made once, so they never change under it.
fn etag_of(name: fmt::Arguments<'_>) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"{name}\"")).ok()
}

const fn content_type(format: RecordFormat) -> &'static str {
    match format {
        RecordFormat::Flv => "video/x-flv",
        RecordFormat::Mp4 => "video/mp4",
        RecordFormat::Aac => "audio/aac",
        RecordFormat::Hls => "application/vnd.apple.mpegurl",
    }
}

/// The name that a browser saves the file under (RFC 6266, RFC 8187).
fn disposition(name: &str) -> Option<HeaderValue> {
    let encoded = name.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    });
    HeaderValue::from_str(&format!("inline; filename*=UTF-8''{encoded}")).ok()
}
