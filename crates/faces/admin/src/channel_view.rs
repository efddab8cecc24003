use schemars::JsonSchema;
use serde::Serialize;
use vivace_domain::channel::{Receiver, SourceKind, Status};
use vivace_gate::{Described, Listed};

/// Words for the kinds of sources, in the order of their numbers.
pub(crate) const KINDS: [&str; 3] = ["push", "rtmp_pull", "hls_pull"];
/// Words for what viewers get, likewise.
pub(crate) const RECEIVERS: [&str; 3] = ["rtmp", "hls", "both"];

/// A channel in a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChannelLine")]
pub struct ChannelLineView {
    /// Its number.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The name of its stream.
    pub stream: String,
    /// `idle`, `live`, `abnormal` (its source cannot be pulled) or `closed`.
    pub status: &'static str,
    /// When it was made, in milliseconds since 1970.
    pub created_at_ms: i64,
}

/// A channel.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Channel")]
pub struct ChannelView {
    /// Its number.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its description.
    pub describe: String,
    /// The name of its stream.
    pub stream: String,
    /// `idle`, `live`, `abnormal` (its source cannot be pulled) or `closed`.
    pub status: &'static str,
    /// Why its source cannot be pulled, if it cannot.
    pub failure: Option<String>,
    /// `push`, `rtmp_pull` or `hls_pull`.
    pub source_kind: &'static str,
    /// The source's name for people.
    pub source_name: String,
    /// `rtmp`, `hls` or `both`: which addresses viewers get.
    pub receiver: &'static str,
    /// Output rates.
    pub rates: Vec<i64>,
    /// The number of the watermark in its picture.
    pub watermark: Option<u64>,
    /// Whether players ask for a password.
    pub has_password: bool,
    /// When it was made, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// Counts its changes; the ETag.
    pub revision: u64,
    /// The signed address to push to; null if it is pulled.
    pub push: Option<String>,
    /// Addresses to play it from.
    pub play: Vec<RateUrls>,
}

/// Addresses of one output rate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RateUrls {
    /// The rate.
    pub rate: i64,
    /// RTMP; null if viewers get none.
    pub rtmp: Option<String>,
    /// FLV over HTTP; null if viewers get none.
    pub flv: Option<String>,
    /// HLS; null if viewers get none.
    pub hls: Option<String>,
}

impl ChannelLineView {
    /// A row of the list.
    pub(crate) fn of(listed: Listed) -> Self {
        Self {
            id: listed.id.to_string(),
            name: listed.name,
            stream: listed.stream.to_string(),
            status: word(listed.status),
            created_at_ms: listed.created_at.0,
        }
    }
}

impl ChannelView {
    /// A channel; the addresses are the server's to say.
    pub fn of(found: &Described, push: Option<String>, play: Vec<RateUrls>) -> Self {
        let channel = &found.channel;
        Self {
            id: channel.id.to_string(),
            name: channel.name.clone(),
            describe: channel.describe.clone(),
            stream: channel.stream.to_string(),
            status: word(channel.status(found.media)),
            failure: found.failure.clone(),
            source_kind: match channel.source.kind {
                SourceKind::Push => KINDS[0],
                SourceKind::RtmpPull => KINDS[1],
                SourceKind::HlsPull => KINDS[2],
            },
            source_name: channel.source.name.clone(),
            receiver: match channel.receiver {
                Receiver::Rtmp => RECEIVERS[0],
                Receiver::Hls => RECEIVERS[1],
                Receiver::Both => RECEIVERS[2],
            },
            rates: channel.rates.iter().map(|rate| rate.number()).collect(),
            watermark: channel.watermark,
            has_password: channel.password.is_some(),
            created_at_ms: channel.created_at.0,
            revision: channel.revision,
            push,
            play,
        }
    }
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Idle => "idle",
        Status::Live => "live",
        Status::Abnormal => "abnormal",
        Status::Closed => "closed",
    }
}
