use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use vivace_base::{Limits, Secret};
use vivace_domain::channel::Rate;
use vivace_domain::hook::{HookSuccess, HookUrl};
use vivace_domain::recording::Formats;
use vivace_domain::rendition::Sound;
use vivace_gate::RecordSettings;
use vivace_lvb::access::{DualCode, Rules};
use vivace_net::outbound::Allow;

/// Who may push, or play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Whoever holds a URL signed with the app's key (`txSecret`, `txTime`).
    Signed,
    /// Anybody. A push is then owned by the address it comes from.
    Open,
}

/// Which certificate the TLS listeners show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// The certificate's file; unset, `tls/cert.pem` in the data folder.
    pub cert: Option<PathBuf>,
    /// The key's file; unset, `tls/key.pem` in the data folder.
    pub key: Option<PathBuf>,
    /// Names and addresses in the self-signed certificate that is made where none is there; empty, those of loopback, the
    /// machine's host name, [`Config::public_host`], and those of the cloud whose API is served.
    pub names: Vec<String>,
}

/// What outgoing connections may reach and believe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboundConfig {
    /// Addresses that are not public and may be connected to all the same.
    pub allow: Allow,
    /// A PEM file of authorities that are believed besides the system's.
    pub ca: Option<PathBuf>,
}

/// The signed live video API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LvbConfig {
    /// Whether calls over plain HTTP are taken.
    pub allow_http: bool,
    /// Where a code of the video layer stands in a reply.
    pub dual_code: DualCode,
    /// Address of the CONNECT listener.
    pub connect: IpAddr,
    /// Its port; 0 takes a free one, unset there is none.
    pub connect_port: Option<u16>,
}

impl Default for LvbConfig {
    fn default() -> Self {
        let connect = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self { allow_http: false, dual_code: DualCode::Video, connect, connect_port: None }
    }
}

impl LvbConfig {
    /// Where the CONNECT listener is to be, if there is to be one.
    pub fn connect_address(&self) -> Option<SocketAddr> {
        self.connect_port.map(|port| SocketAddr::new(self.connect, port))
    }

    pub(crate) const fn rules(&self) -> Rules {
        Rules { allow_http: self.allow_http, dual_code: self.dual_code }
    }
}

/// How customers' servers are told what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackConfig {
    /// Where all events go for which no rule says otherwise.
    pub url: Option<HookUrl>,
    /// Which answers mean that the receiver has the event.
    pub success: HookSuccess,
    /// Tries after the first one that come at `interval_s`.
    pub retries: u32,
    /// Seconds between those; later ones come ever more rarely.
    pub interval_s: u64,
    /// No try comes more seconds than this after the event.
    pub give_up_s: u64,
    /// Seconds from the look-up of the host to the end of the answer.
    pub timeout_s: u64,
    /// How often it is told what goes wrong in pushes, in seconds.
    pub error_report_s: u64,
}

impl Default for CallbackConfig {
    fn default() -> Self {
        Self {
            url: None,
            success: HookSuccess::Body,
            retries: 3,
            interval_s: 60,
            give_up_s: 86_400,
            timeout_s: 20,
            error_report_s: 5,
        }
    }
}

/// Streams that the server makes of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscodeConfig {
    /// Output rates that may be made of streams that are no channel's.
    pub rates: Vec<Rate>,
    /// Sounds that may be made of streams.
    pub sounds: Vec<Sound>,
    /// How long a rate or a sound that nobody watches goes on, in milliseconds.
    pub idle_ms: u64,
}

impl Default for TranscodeConfig {
    fn default() -> Self {
        Self { rates: Vec::new(), sounds: Vec::new(), idle_ms: 20_000 }
    }
}

/// How streams are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingConfig {
    /// Whether anything is.
    pub on: bool,
    /// Where the folders of media and recordings are; unset, in the data folder.
    pub dir: Option<PathBuf>,
    /// What every push is kept in.
    pub policy: Formats,
    /// What a task is kept in that names no format.
    pub formats: Formats,
    /// Longest time of one recording where nothing else is said, in milliseconds; 0 for no such bound.
    pub interval_ms: u64,
    /// How recordings are named where nothing else is said.
    pub name: String,
    /// About how long a part is: what a crash costs.
    pub part_ms: u64,
    /// How long a media file is, in milliseconds, before another begins at a key frame.
    pub file_ms_max: u64,
    /// Bytes of the disk that are to stay free: below, no recording begins.
    pub free_bytes_min: u64,
    /// How long recordings are kept, in days; 0 for ever.
    pub keep_days: u64,
    /// Bytes of all that is kept; the oldest recordings go first. 0 for no such bound.
    pub bytes_max: u64,
    /// How long a deletion can be taken back, in milliseconds.
    pub undo_ms: u64,
}

impl Default for RecordingConfig {
    fn default() -> Self {
        let RecordSettings { on, formats, interval_ms, undo_ms, free_bytes_min, name } = RecordSettings::default();
        Self {
            on,
            dir: None,
            policy: Formats::NONE,
            formats,
            interval_ms,
            name,
            part_ms: 1_000,
            file_ms_max: 600_000,
            free_bytes_min,
            keep_days: 0,
            bytes_max: 0,
            undo_ms,
        }
    }
}

/// Whether recordings are copied to a bucket of S3-compatible storage, and what is kept on disk then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageConfig {
    /// Where the storage is, `http://HOST[:PORT]` or `https`; unset, Amazon's in `region`.
    pub endpoint: Option<String>,
    /// The bucket; unset, nothing is uploaded.
    pub bucket: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// What the names of all objects begin with; may be empty.
    pub prefix: String,
    /// Whether the bucket stands in the path of addresses, and not in the host name.
    pub path_style: bool,
    /// The key's id.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Option<Secret<String>>,
    /// How long files stay on disk behind a verified upload, in days; for ever if not said.
    pub keep_local_days: Option<u64>,
    /// Where everybody can read the bucket's objects, such as a CDN; unset, players are given signed addresses.
    pub public_url: Option<String>,
    /// Whether age and size may take away recordings that are not uploaded yet.
    pub expire_waiting: bool,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            bucket: None,
            region: "us-east-1".to_owned(),
            prefix: String::new(),
            path_style: true,
            access_key_id: String::new(),
            secret_access_key: None,
            keep_local_days: None,
            public_url: None,
            expire_waiting: false,
        }
    }
}

/// Everything that decides how a server runs. Parsed and checked; the server believes it.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address of the RTMP listener; port 0 takes a free one.
    pub rtmp: SocketAddr,
    /// Address of the HTTP listener; port 0 takes a free one.
    pub http: SocketAddr,
    /// Address of the RTMPS listener; port 0 takes a free one, unset there is none.
    pub rtmps: Option<SocketAddr>,
    /// Address of the HTTPS listener; port 0 takes a free one, unset there is none.
    pub https: Option<SocketAddr>,
    /// The certificate of both.
    pub tls: TlsConfig,
    /// Connections to other servers.
    pub outbound: OutboundConfig,
    /// Callbacks.
    pub callback: CallbackConfig,
    /// Recording.
    pub recording: RecordingConfig,
    /// The bucket.
    pub storage: StorageConfig,
    /// The signed live video API.
    pub lvb: LvbConfig,
    /// The data folder; made if it is not there.
    pub data: PathBuf,
    /// Host name or address put into URLs that are handed out; unset, the one that the request came to.
    pub public_host: Option<String>,
    /// Who may push.
    pub push_auth: Auth,
    /// Who may play.
    pub play_auth: Auth,
    /// Whether, of the names that channels have, only those of channels may be pushed to.
    pub lvb_channels_only: bool,
    /// Whether only accounts that were verified may make channels.
    pub lvb_verified_only: bool,
    /// Minutes that dates in replies of the LVB API are ahead of UTC.
    pub lvb_utc_offset_min: u64,
    /// How long a signed URL made by the command line or the page is good for, in seconds.
    pub url_validity_s: u64,
    /// Whether the page and the lists behind it are shown without the app's `api_token`.
    pub page_open: bool,
    /// Frames of a stream are sent together once in this many milliseconds; 0 sends each picture at once.
    pub merge_ms: u64,
    /// A segment of HLS ends with the first key frame behind so many milliseconds.
    pub hls_segment_ms: u64,
    /// A part of LL-HLS lasts about so many milliseconds.
    pub hls_part_ms: u64,
    /// How far players may go back in a stream's past, in milliseconds; 0 for not at all. What streams send is kept for it.
    pub timeshift_window_ms: u64,
    /// FFmpeg: a path, or a name that is looked for on `PATH`.
    pub ffmpeg: PathBuf,
    /// Streams that are made of others.
    pub transcode: TranscodeConfig,
    /// Delivery threads; unset, one per core that the process may use.
    pub delivery_threads: Option<usize>,
    /// All limits.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rtmp: SocketAddr::from(([0, 0, 0, 0], 1935)),
            http: SocketAddr::from(([0, 0, 0, 0], 8080)),
            rtmps: Some(SocketAddr::from(([0, 0, 0, 0], 1936))),
            https: Some(SocketAddr::from(([0, 0, 0, 0], 8443))),
            tls: TlsConfig::default(),
            outbound: OutboundConfig::default(),
            callback: CallbackConfig::default(),
            recording: RecordingConfig::default(),
            storage: StorageConfig::default(),
            lvb: LvbConfig::default(),
            data: PathBuf::from("vivace-data"),
            public_host: None,
            push_auth: Auth::Signed,
            play_auth: Auth::Signed,
            lvb_channels_only: false,
            lvb_verified_only: false,
            lvb_utc_offset_min: 480,
            url_validity_s: 30 * 86_400,
            page_open: false,
            merge_ms: 50,
            hls_segment_ms: 2_000,
            hls_part_ms: 200,
            timeshift_window_ms: 0,
            ffmpeg: PathBuf::from("ffmpeg"),
            transcode: TranscodeConfig::default(),
            delivery_threads: None,
            limits: Limits::default(),
        }
    }
}
