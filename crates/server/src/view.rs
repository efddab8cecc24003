use std::sync::Arc;

use vivace_admin::{AudioView, Live, PlayUrls, RefusalView, Status, StreamView, VideoView, Words};
use vivace_base::{MonoMs, Secret, StreamName, UnixMs};
use vivace_codes::Text;
use vivace_domain::app::App;
use vivace_domain::url::{PlayFormat, Stamp, play_url, push_url};
use vivace_hub::{Config as TrackConfig, Stream, StreamState};
use vivace_media::{Codec, aac, g711, mp3, opus};

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
