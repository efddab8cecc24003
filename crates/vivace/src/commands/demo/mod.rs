//! `vivace demo`: a server in a temporary folder and a clip that is pushed to it, so that there is a picture to see.

mod clip;
mod folder;
mod push;

use std::net::{SocketAddr, TcpListener};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use vivace_base::StreamName;
use vivace_domain::App;
use vivace_server::{Config, Server};

use super::serve::block_on;
use super::url::{Format, Urls};
use crate::fault::Fault;
use crate::logs::Logs;
use crate::ready::Listening;
use crate::settings::{Setting, SettingFlags, Settings, Source, Values, Variables};
use crate::stop::Signals;
use crate::{machine, print};
use clip::Clip;
use folder::Folder;
use push::Target;

/// The stream that the clip is.
const CLIP_NAME: &str = "demo";
/// The stream that the visitor is invited to push.
const OWN_NAME: &str = "mine";

const RTMP: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1_935);
const HTTP: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8_080);

/// Where to listen.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Address and port of the RTMP listener [default: 127.0.0.1:1935, or a free port].
    #[arg(long, value_name = "ADDR")]
    rtmp: Option<SocketAddr>,
    /// Address and port of the HTTP listener [default: 127.0.0.1:8080, or a free port].
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
}

pub(super) fn run(args: &Args) -> Result<(), Fault> {
    let clip = Clip::load()?;
    let folder = Folder::make()?;
    let values = values(args, &folder)?;
    let (_logs, end) = Logs::start(&values)?;
    let ended = block_on(demo(values.config, clip));
    end.end();
    // Not before the server has gone.
    drop(folder);
    ended
}

/// Settings of the demo: variables count, but neither for the place of the data nor for who may look.
fn values(args: &Args, folder: &Folder) -> Result<Values, Fault> {
    let settings = Settings::load(None, &Variables::of_process(), &SettingFlags::default())?;
    let is_default = |key| Setting::find(key).is_none_or(|setting| *settings.source(setting) == Source::Default);
    let quiet = is_default("log.level");
    let mut values = settings.values;
    if quiet {
        "warn".clone_into(&mut values.log_level);
    }
    values.config.data = folder.path().to_owned();
    values.config.page_open = true;
    values.config.rtmp = args.rtmp.unwrap_or_else(|| free(RTMP));
    values.config.http = args.http.unwrap_or_else(|| free(HTTP));
    // It is for this machine alone.
    (values.config.rtmps, values.config.https) = (None, None);
    Ok(values)
}

/// The address, or another port if that one is taken.
fn free(address: SocketAddr) -> SocketAddr {
    match TcpListener::bind(address) {
        Ok(_) => address,
        Err(cause) => {
            print::note(&format!("note: {address} cannot be had ({cause}); a free port is taken instead"));
            SocketAddr::new(address.ip(), 0)
        }
    }
}

async fn demo(config: Config, clip: Clip) -> Result<(), Fault> {
    let mut signals = Signals::listen().map_err(|source| Fault::System { what: "signal handlers", source })?;
    let stop = CancellationToken::new();
    let work = async {
        let server = Server::load(config.clone()).await?;
        let app = server.created_app().cloned().ok_or_else(|| Fault::NoApp { data: config.data.clone() })?;
        let taken = server.addresses();
        let listening = Listening { rtmp: taken.rtmp, http: taken.http, rtmps: None, https: None };
        let target = target(&app, &config, listening)?;
        let (granted, live) = oneshot::channel();
        let pushing = tokio::spawn(push::push(target, clip, stop.clone(), granted));
        let announcing = tokio::spawn(async move {
            // The push says so once; where it never does, the demo is being ended.
            if live.await.is_ok() {
                print::out(&announcement(&app, &config, listening));
            }
        });
        let ended = server.run(stop.clone()).await;
        stop.cancel();
        let _ = tokio::join!(pushing, announcing);
        Ok(ended?)
    };
    signals.during(&stop, work).await.unwrap_or(Err(Fault::Insisted))
}

fn target(app: &App, config: &Config, listening: Listening) -> Result<Target, Fault> {
    let here = Config { public_host: None, ..config.clone() };
    let urls = Urls { listening, app, config: &here, now: machine::unix_now() };
    Ok(Target::new(&urls.push(&name(CLIP_NAME)?), config.limits.clone()))
}

fn name(name: &str) -> Result<StreamName, Fault> {
    StreamName::parse(name).map_err(|source| Fault::Name { name: name.to_owned(), source })
}

/// What to open and what to do next.
fn announcement(app: &App, config: &Config, listening: Listening) -> String {
    let urls = Urls { listening, app, config, now: machine::unix_now() };
    let (Ok(clip), Ok(own)) = (name(CLIP_NAME), name(OWN_NAME)) else { return String::new() };
    // The lists are open in a demo; the token goes along for the page's push addresses.
    let page = format!("{}&compare={clip}", urls.page());
    let play = |format| urls.play(&clip, format);
    format!(
        "\
Vivace is live. Open this page in a browser:

  page  {page}

It plays the stream \"{CLIP_NAME}\", a clip that is pushed over RTMP, with three protocols side by side, and shows the
delay of each. Play it elsewhere too, with VLC, mpv or ffplay:

  flv    {}
  mp4    {}
  hls    {}
  llhls  {}
  rtmp   {}

Push a stream of your own from OBS or ffmpeg (-f flv), and it appears on the page:

  push  {}

Ctrl-C ends the demo and removes its folder, {}.
",
        play(Format::Flv),
        play(Format::Mp4),
        play(Format::Hls),
        play(Format::Llhls),
        play(Format::Rtmp),
        urls.push(&own),
        config.data.display(),
    )
}
