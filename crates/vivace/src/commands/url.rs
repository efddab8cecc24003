//! `vivace url`: one URL on stdout that works as it is.

use clap::{Args, Subcommand, ValueEnum};
use vivace_base::{Secret, StreamName, UnixMs};
use vivace_domain::App;
use vivace_domain::url::{PlayFormat, Stamp, play_url, push_url};
use vivace_server::Config;

use super::place::{Place, read_app};
use crate::fault::Fault;
use crate::ready::{Listening, authority};
use crate::{machine, print};

/// Which URL.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// To push a stream to, for OBS, ffmpeg and other encoders.
    Push(PushArgs),
    /// To play a stream from.
    Play(PlayArgs),
    /// Of the page that shows what is live, with the key that opens it.
    Page(PageArgs),
}

/// What to push.
#[derive(Debug, Args)]
pub(super) struct PushArgs {
    /// The stream's name: letters, digits, `_`, `-` and inner dots.
    name: String,
    /// Over TLS: `rtmps://`.
    #[arg(long)]
    tls: bool,
    #[command(flatten)]
    place: Place,
}

/// What to play.
#[derive(Debug, Args)]
pub(super) struct PlayArgs {
    /// The stream's name.
    name: String,
    /// How to play it.
    #[arg(long, value_enum, default_value_t = Format::Flv)]
    format: Format,
    /// Over TLS: `https://`, `wss://` or `rtmps://`.
    #[arg(long)]
    tls: bool,
    #[command(flatten)]
    place: Place,
}

/// Where the page is.
#[derive(Debug, Args)]
pub(super) struct PageArgs {
    /// Over TLS: `https://`.
    #[arg(long)]
    tls: bool,
    #[command(flatten)]
    place: Place,
}

/// How a stream is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// FLV over HTTP.
    Flv,
    /// Fragmented MP4 over HTTP.
    Mp4,
    /// HLS.
    Hls,
    /// HLS with parts, for low latency.
    Llhls,
    /// RTMP.
    Rtmp,
    /// FLV over WebSocket.
    WsFlv,
    /// Fragmented MP4 over WebSocket.
    WsMp4,
}

pub(super) fn run(command: &Command) -> Result<(), Fault> {
    let (place, name, tls) = match command {
        Command::Push(args) => (&args.place, Some(&args.name), args.tls),
        Command::Play(args) => (&args.place, Some(&args.name), args.tls),
        Command::Page(args) => (&args.place, None, args.tls),
    };
    let name = name.map(|name| parse(name)).transpose()?;
    let settings = place.settings()?;
    let app = read_app(&settings)?;
    let config = &settings.values.config;
    let listening = Listening::find(config)?;
    let urls = Urls { listening, app: &app, config, now: machine::unix_now() };
    let of_rtmp = match command {
        Command::Push(_) => true,
        Command::Play(args) => args.format == Format::Rtmp,
        Command::Page(_) => false,
    };
    let urls = if tls { urls.over_tls(of_rtmp)? } else { urls };
    let url = match (command, name) {
        (Command::Push(_), Some(name)) => urls.push(&name),
        (Command::Play(args), Some(name)) => urls.play(&name, args.format),
        _ => urls.page(),
    };
    print::out(&if tls { secure(&url) } else { url });
    Ok(())
}

/// The URL with the scheme that stands for TLS: `rtmps`, `https`, `wss`.
fn secure(url: &str) -> String {
    url.replacen("://", "s://", 1)
}

fn parse(name: &str) -> Result<StreamName, Fault> {
    StreamName::parse(name).map_err(|source| Fault::Name { name: name.to_owned(), source })
}

/// What URLs are made from.
pub(super) struct Urls<'a> {
    /// Where the server listens.
    pub(super) listening: Listening,
    /// Whose keys sign.
    pub(super) app: &'a App,
    /// Public host and validity.
    pub(super) config: &'a Config,
    /// The time of signing.
    pub(super) now: UnixMs,
}

impl Urls<'_> {
    /// The same with the listener that has TLS in the place of the plain one.
    ///
    /// # Errors
    /// There is no such listener.
    fn over_tls(mut self, of_rtmp: bool) -> Result<Self, Fault> {
        let no = |setting| Fault::NoTls { setting };
        if of_rtmp {
            self.listening.rtmp = self.listening.rtmps.ok_or_else(|| no("rtmps"))?;
        } else {
            self.listening.http = self.listening.https.ok_or_else(|| no("https"))?;
        }
        Ok(self)
    }

    /// To push a stream to.
    pub(super) fn push(&self, name: &StreamName) -> String {
        push_url(&self.rtmp(), name, self.app.keys.bizid, Some(self.stamp(&self.app.keys.push_key)))
    }

    /// To play a stream from.
    pub(super) fn play(&self, name: &StreamName, format: Format) -> String {
        let stamp = Some(self.stamp(&self.app.keys.play_key));
        let http = |format| play_url(format, &self.http(), name, stamp);
        match format {
            Format::Rtmp => play_url(PlayFormat::Rtmp, &self.rtmp(), name, stamp),
            Format::Flv => http(PlayFormat::Flv),
            Format::Mp4 => http(PlayFormat::Mp4),
            Format::Hls => http(PlayFormat::Hls),
            Format::Llhls => http(PlayFormat::LlHls),
            Format::WsFlv => http(PlayFormat::Flv).replacen("http", "ws", 1),
            Format::WsMp4 => http(PlayFormat::Mp4).replacen("http", "ws", 1),
        }
    }

    /// The page; the key stands behind `#`, which browsers do not send.
    pub(crate) fn page(&self) -> String {
        let token = self.app.keys.api_token.reveal();
        ["http://", &self.http(), "/#token=", token].concat()
    }

    fn stamp<'k>(&self, key: &'k Secret<String>) -> Stamp<'k> {
        let validity_ms = i64::try_from(self.config.url_validity_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Stamp { key, expires_at: UnixMs(self.now.0.saturating_add(validity_ms)) }
    }

    fn rtmp(&self) -> String {
        authority(self.listening.rtmp, self.config.public_host.as_deref())
    }

    fn http(&self) -> String {
        authority(self.listening.http, self.config.public_host.as_deref())
    }
}
