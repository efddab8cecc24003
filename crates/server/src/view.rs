use std::sync::Arc;

use vivace_admin::{AudioView, Live, PlayUrls, RefusalView, Status, StreamView, VideoView, Words};
use vivace_base::{MonoMs, Secret, StreamName, UnixMs};
use vivace_codes::Text;
use vivace_domain::app::App;
use vivace_domain::url::{PlayFormat, Stamp, play_url, push_url};
use vivace_hub::{Config as TrackConfig, Stream, StreamState};
use vivace_media::fmp4::Track;
use vivace_media::{Codec, aac, mp3};

use crate::Auth;
use crate::metrics;
use crate::refusals::Refused;
use crate::shared::Shared;

/// The server as the page and the API see it.
pub(crate) struct View(pub(crate) Arc<Shared>);

impl Live for View {
    fn status(&self) -> Status {
        let shared = &self.0;
        let sum = shared.hub.totals();
        Status {
            version: env!("CARGO_PKG_VERSION"),
            uptime_ms: shared.clock.mono().since(shared.started),
            rtmp_port: shared.addresses.rtmp.port(),
            streams: shared.hub.streams().len(),
            readers: sum.readers,
            bytes_in: sum.bytes_in,
            bytes_out: sum.bytes_out,
            skips: sum.skips,
            lag_ms: sum.lag_ms,
        }
    }

    fn streams(&self, host: &str) -> Vec<StreamView> {
        let now = self.0.clock.mono();
        let app = self.0.gate.app();
        self.0.hub.streams().iter().map(|stream| self.stream(stream, &app, host, now)).collect()
    }

    fn refusals(&self) -> Vec<RefusalView> {
        self.0.refusals.last().into_iter().map(refusal).collect()
    }

    fn push_url(&self, host: &str, name: &StreamName) -> String {
        let app = self.0.gate.app();
        let stamp = Stamp { key: &app.keys.push_key, expires_at: self.expiry() };
        let signed = self.0.config.push_auth == Auth::Signed;
        push_url(&self.rtmp_authority(host), name, app.keys.bizid, signed.then_some(stamp))
    }

    fn metrics(&self) -> String {
        metrics::render(&self.0)
    }

    fn token(&self) -> Secret<String> {
        self.0.gate.app().keys.api_token.clone()
    }

    fn is_open(&self) -> bool {
        self.0.config.page_open
    }

    fn is_ready(&self) -> bool {
        !self.0.stop.is_cancelled()
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

    fn play_urls(&self, name: &StreamName, app: &App, host: &str) -> PlayUrls {
        let signed = self.0.config.play_auth == Auth::Signed;
        let stamp = || signed.then(|| Stamp { key: &app.keys.play_key, expires_at: self.expiry() });
        // Relative, so that the page works behind whatever stands in front of the server.
        let relative = |format| play_url(format, "", name, stamp()).replacen("http://", "", 1);
        PlayUrls {
            mp4: relative(PlayFormat::Mp4),
            flv: relative(PlayFormat::Flv),
            rtmp: play_url(PlayFormat::Rtmp, &self.rtmp_authority(host), name, stamp()),
        }
    }

    fn rtmp_authority(&self, host: &str) -> String {
        let host = self.0.config.public_host.as_deref().unwrap_or(host);
        format!("{host}:{}", self.0.addresses.rtmp.port())
    }

    fn expiry(&self) -> UnixMs {
        let validity_ms = i64::try_from(self.0.config.url_validity_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
        UnixMs(self.0.clock.unix().0.saturating_add(validity_ms))
    }
}

fn video(config: &TrackConfig, fps: u64) -> Option<VideoView> {
    let track = Track::from_config(config.codec, &config.record, 1).ok()?;
    let (width, height) = track.size();
    Some(VideoView { codec: track.codec_string().to_owned(), name: name_of(config.codec), width, height, fps })
}

fn audio(config: &TrackConfig) -> Option<AudioView> {
    let track = Track::from_config(config.codec, &config.record, 1).ok()?;
    let sample_rate = match config.codec {
        Codec::Mp3 => mp3::FrameHeader::parse(&config.record).ok()?.sample_rate,
        _ => aac::AudioSpecificConfig::parse(&config.record).ok()?.output_sample_rate(),
    };
    let name = name_of(config.codec);
    Some(AudioView { codec: track.codec_string().to_owned(), name, sample_rate, channels: track.channels() })
}

const fn name_of(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "H.264",
        Codec::Hevc => "HEVC",
        Codec::Aac => "AAC",
        Codec::Mp3 => "MP3",
    }
}

fn refusal(refused: Refused) -> RefusalView {
    RefusalView {
        at_ms: refused.at.0,
        operation: refused.operation.name(),
        stream: refused.stream,
        peer: refused.peer,
        session: refused.session.to_string(),
        table: refused.row.table.name(),
        code: refused.row.number,
        message: refused.row.en.message,
        detail: refused.detail,
        en: words(&refused.row.en),
        zh: words(&refused.row.zh),
    }
}

const fn words(text: &Text) -> Words {
    Words { message: text.message, cause: text.cause, remedy: text.remedy }
}
