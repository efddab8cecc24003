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
    #[command(flatten)]
    place: Place,
}

/// Where the page is.
#[derive(Debug, Args)]
pub(super) struct PageArgs {
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
    /// RTMP.
    Rtmp,
    /// FLV over WebSocket.
    WsFlv,
    /// Fragmented MP4 over WebSocket.
    WsMp4,
}

pub(super) fn run(command: &Command) -> Result<(), Fault> {
    let (place, name) = match command {
        Command::Push(args) => (&args.place, Some(&args.name)),
        Command::Play(args) => (&args.place, Some(&args.name)),
        Command::Page(args) => (&args.place, None),
    };
    let name = name.map(|name| parse(name)).transpose()?;
    let settings = place.settings()?;
    let app = read_app(&settings)?;
    let config = &settings.values.config;
    let urls = Urls { listening: Listening::find(config)?, app: &app, config, now: machine::unix_now() };
    print::out(&match (command, name) {
        (Command::Push(_), Some(name)) => urls.push(&name),
        (Command::Play(args), Some(name)) => urls.play(&name, args.format),
        _ => urls.page(),
    });
    Ok(())
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
