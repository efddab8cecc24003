use std::sync::Arc;

use vivace_admin::{
    Astray, AudioView, ChannelView, Cover, Done, Live, NewestView, PictureView, PlayUrls, RateUrls, RecordingView,
    Relays, Status, StreamView, VideoView,
};
use vivace_base::{AppId, Limits, MonoMs, StreamName, UnixMs};
use vivace_domain::app::App;
use vivace_domain::hex;
use vivace_domain::picture::Picture;
use vivace_domain::recording::{RecordFormat, RecordState, Recording};
use vivace_domain::url::{PlayFormat, Stamp, play_url, push_url};
use vivace_gate::{Channels, Described, Gate, Operator, PictureRules, Recordings};
use vivace_hls::engine::date;
use vivace_hub::{Config as TrackConfig, Stream, StreamState};
use vivace_lvb::channels::Downstream;
use vivace_media::{Codec, aac, g711, mp3, opus};
use vivace_worker::recorder::RecordCounts;

use crate::Auth;
use crate::channels::places;
use crate::metrics;
use crate::pictures;
use crate::records;
use crate::shared::Shared;

/// The server as the page and the API see it.
pub(crate) struct View(pub(crate) Arc<Shared>);

impl Live for View {
    fn status(&self) -> Status {
        let shared = &self.0;
        let sum = shared.hub.totals();
        Status {
            version: env!("CARGO_PKG_VERSION"),
            now_ms: shared.clock.unix().0,
            uptime_ms: shared.clock.mono().since(shared.started),
            rtmp_port: shared.addresses.rtmp.port(),
            streams: shared.hub.streams().len(),
            readers: sum.readers,
            bytes_in: sum.bytes_in,
            bytes_out: sum.bytes_out,
            skips: sum.skips,
            lag_ms: sum.lag_ms,
            timeshift_window_ms: shared.config().timeshift_window_ms,
            screenshots: shared.pictures.is_there(),
            restart_needed: shared.running.restart_needed(),
        }
    }

    fn streams(&self, host: &str) -> Vec<StreamView> {
        let now = self.0.clock.mono();
        let app = self.0.gate.app();
        self.0.hub.streams().iter().map(|stream| self.stream(stream, &app, host, now)).collect()
    }

    fn channel(&self, host: &str, found: &Described) -> ChannelView {
        let (channel, config, app) = (&found.channel, self.0.config(), self.0.gate.app());
        let places = places(&self.0, &config, &app, host);
        let given = |address: String| (!address.is_empty()).then_some(address);
        let play = channel.rates.iter().map(|rate| {
            let Downstream { rtmp, flv, hls } = places.downstream(channel, *rate);
            RateUrls { rate: rate.number(), rtmp: given(rtmp), flv: given(flv), hls: given(hls) }
        });
        ChannelView::of(found, given(places.upstream(channel)), play.collect())
    }

    fn push_url(&self, host: &str, name: &StreamName) -> String {
        let app = self.0.gate.app();
        let stamp = Stamp { key: &app.keys.push_key, expires_at: self.expiry() };
        let signed = self.0.config().push_auth == Auth::Signed;
        push_url(&self.rtmp_authority(host), name, app.keys.bizid, signed.then_some(stamp))
    }

    fn metrics(&self) -> String {
        metrics::render(&self.0)
    }

    fn is_open(&self) -> bool {
        self.0.config().page_open
    }

    fn is_ready(&self) -> bool {
        !self.0.stop.is_cancelled()
    }

    fn is_leaving(&self) -> bool {
        self.0.leaving.is_cancelled()
    }

    fn relays(&self) -> &dyn Relays {
        self
    }

    fn gate(&self) -> &Gate {
        &self.0.gate
    }

    fn channels(&self) -> &Arc<Channels> {
        &self.0.channels
    }

    fn operator(&self) -> &Arc<Operator> {
        &self.0.operator
    }

    fn pictures(&self) -> &Arc<PictureRules> {
        &self.0.picture_rules
    }

    fn picture(&self, host: &str, picture: &Picture) -> PictureView {
        PictureView {
            id: picture.id.to_string(),
            stream: picture.stream.to_string(),
            taken_at_ms: picture.taken_at.0,
            width: picture.size.0,
            height: picture.size.1,
            size_bytes: picture.bytes,
            name: pictures::path(&self.0.config(), picture),
            url: pictures::url(&self.0, &self.0.gate.app(), host, picture),
        }
    }

    fn recordings(&self) -> &Arc<Recordings> {
        &self.0.recordings
    }

    fn recording(&self, host: &str, recording: &Recording) -> RecordingView {
        let Recording { state, started_at, ended_at, deleted_at, .. } = recording;
        let file = records::url(&self.0, host, recording);
        let undo_ms = i64::try_from(self.0.recordings.settings().undo_ms).unwrap_or(i64::MAX);
        let is_there = deleted_at.is_none();
        let play_url = match state {
            RecordState::Stored | RecordState::Uploaded => Some(file.clone()),
            RecordState::Recording | RecordState::Finalizing => Some(records::playlist_url(&self.0, host, recording)),
            RecordState::Failed => None,
        };
        RecordingView {
            id: recording.id.to_string(),
            stream: recording.stream.to_string(),
            task: recording.task.map(|task| task.to_string()),
            kind: recording.kind.as_str(),
            format: recording.format.as_str(),
            state: state.as_str(),
            name: records::name(&self.0, recording),
            started_at: date(*started_at),
            started_at_ms: started_at.0,
            ended_at_ms: ended_at.map(|end| end.0),
            duration_ms: recording.duration_ms,
            size_bytes: recording.bytes,
            sha256: recording.sha256.filter(|_| recording.format != RecordFormat::Hls).map(|sum| hex(&sum)),
            download_url: Some(file).filter(|_| is_there && state.is_readable()),
            play_url: play_url.filter(|_| is_there),
            failure: recording.failure.clone(),
            deleted_at_ms: deleted_at.map(|at| at.0),
            restorable_until_ms: deleted_at.map(|at| at.0.saturating_add(undo_ms)),
        }
    }

    fn free_bytes(&self) -> Option<u64> {
        Some(self.0.recorder.counts().free_bytes).filter(|free| *free < u64::MAX)
    }

    fn astray(&self) -> Astray {
        let RecordCounts { stray_files, stray_bytes, missing_files, .. } = self.0.recorder.counts();
        Astray { stray_files, stray_bytes, missing_files }
    }

    fn bucket(&self) -> Option<String> {
        self.0.uploads.place()
    }

    fn cover<'a>(&'a self, app: AppId, stream: &'a StreamName) -> Cover<'a> {
        Box::pin(self.0.pictures.cover(app, stream))
    }

    fn flush_events(&self) -> Done<'_> {
        Box::pin(self.0.events.flush())
    }

    fn wake_callbacks(&self) {
        self.0.callbacks.wake();
    }

    fn limits(&self) -> Arc<Limits> {
        self.0.limits.get()
    }

    fn now(&self) -> UnixMs {
        self.0.clock.unix()
    }
}

impl View {
    fn stream(&self, stream: &Stream, app: &App, host: &str, now: MonoMs) -> StreamView {
        let totals = stream.counters.read();
        let rate = self.0.rates.of(stream.serial());
        let (session, _, begun_at, _) = stream.publisher();
        let tracks = stream.tracks();
        StreamView {
            name: stream.name().to_string(),
            state: if stream.state() == StreamState::Live { "live" } else { "grace" },
            session: session.to_string(),
            uptime_ms: now.since(begun_at),
            newest: self.newest(stream, now),
            video: tracks.video.as_ref().and_then(|config| video(config, rate.pictures_per_second)),
            audio: tracks.audio.as_ref().and_then(audio),
            bits_per_second: rate.bits_per_second,
            readers: totals.readers,
            skips: totals.skips,
            lag_ms: totals.lag_ms,
            bytes_in: totals.bytes_in,
            bytes_out: totals.bytes_out,
            play: self.play_urls(stream.name(), app, host),
        }
    }

    fn newest(&self, stream: &Stream, now: MonoMs) -> NewestView {
        let (newest, heard_at) = stream.newest();
        let ago_ms = i64::try_from(now.since(heard_at)).unwrap_or(i64::MAX);
        NewestView { timestamp_ms: newest.ms(), at_ms: self.0.clock.unix().0.saturating_sub(ago_ms) }
    }

    fn play_urls(&self, name: &StreamName, app: &App, host: &str) -> PlayUrls {
        let signed = self.0.config().play_auth == Auth::Signed;
        let stamp = || signed.then(|| Stamp { key: &app.keys.play_key, expires_at: self.expiry() });
        // Relative, so that the page works behind whatever stands in front of the server.
        let relative = |format| play_url(format, "", name, stamp()).replacen("http://", "", 1);
        PlayUrls {
            mp4: relative(PlayFormat::Mp4),
            flv: relative(PlayFormat::Flv),
            hls: relative(PlayFormat::Hls),
            llhls: relative(PlayFormat::LlHls),
            rtmp: play_url(PlayFormat::Rtmp, &self.rtmp_authority(host), name, stamp()),
        }
    }

    fn rtmp_authority(&self, host: &str) -> String {
        let config = self.0.config();
        let host = config.public_host.as_deref().unwrap_or(host);
        format!("{host}:{}", self.0.addresses.rtmp.port())
    }

    fn expiry(&self) -> UnixMs {
        let validity_ms = i64::try_from(self.0.config().url_validity_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
        UnixMs(self.0.clock.unix().0.saturating_add(validity_ms))
    }
}

fn video(config: &TrackConfig, fps: u64) -> Option<VideoView> {
    let track = config.track(1).ok()?;
    let (width, height) = track.size();
    Some(VideoView { codec: track.codec_string().to_owned(), name: config.codec.name(), width, height, fps })
}

fn audio(config: &TrackConfig) -> Option<AudioView> {
    let name = config.codec.name();
    let (codec, channels) = match config.codec {
        // No standard gives them a codec string; these are the names of their sample entries.
        Codec::G711A => ("alaw".to_owned(), g711::CHANNELS),
        Codec::G711U => ("ulaw".to_owned(), g711::CHANNELS),
        _ => {
            let track = config.track(1).ok()?;
            (track.codec_string().to_owned(), track.channels())
        }
    };
    Some(AudioView { codec, name, sample_rate: sample_rate(config)?, channels })
}

fn sample_rate(config: &TrackConfig) -> Option<u32> {
    match config.codec {
        Codec::Aac => Some(aac::AudioSpecificConfig::parse(&config.record).ok()?.output_sample_rate()),
        Codec::Mp3 => Some(mp3::FrameHeader::parse(&config.record).ok()?.sample_rate),
        Codec::Opus => Some(opus::SAMPLE_RATE),
        Codec::G711A | Codec::G711U => Some(g711::SAMPLE_RATE),
        Codec::H264 | Codec::Hevc | Codec::Av1 | Codec::Vp9 => None,
    }
}
