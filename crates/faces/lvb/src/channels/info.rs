//! `channelInfo` of `DescribeLVBChannel`, written straight into the reply: it is what clients ask for most.

use std::fmt::Display;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use vivace_domain::channel::{Channel, ChannelId, Status};

use super::Downstream;

/// A channel as `DescribeLVBChannel` shows it: an array of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelInfo {
    pub(super) channel: Arc<Channel>,
    pub(super) status: Status,
    /// Where it is pushed to.
    pub(super) upstream: String,
    pub(super) downstream: Downstream,
    /// Why its source is not to be had.
    pub(super) failure: Option<String>,
}

impl Serialize for ChannelInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { channel, status, upstream, downstream, failure } = self;
        let source = &channel.source;
        let address = source.address.as_ref().map_or(upstream, |address| address.reveal());
        let shown = Shown {
            channel_id: channel.id,
            channel_name: &channel.name,
            channel_describe: &channel.describe,
            channel_status: status.number(),
            upstream_list: [Source { name: &source.name, id: source.id, kind: source.kind.number(), address }],
            hls_downstream_address: &downstream.hls,
            rtmp_downstream_address: &downstream.rtmp,
            flv_downstream_address: &downstream.flv,
            player_id: channel.id,
            resolution: (),
            password: channel.password.as_ref().map(|password| password.reveal().as_str()),
            status_reason: failure.as_deref(),
        };
        [shown].serialize(serializer)
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(serialize_with = "text")]
    channel_id: ChannelId,
    channel_name: &'a str,
    channel_describe: &'a str,
    #[serde(serialize_with = "text")]
    channel_status: i64,
    upstream_list: [Source<'a>; 1],
    hls_downstream_address: &'a str,
    rtmp_downstream_address: &'a str,
    flv_downstream_address: &'a str,
    #[serde(serialize_with = "text")]
    player_id: ChannelId,
    /// Always `null`.
    resolution: (),
    password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Source<'a> {
    #[serde(rename = "sourceName")]
    name: &'a str,
    #[serde(rename = "sourceID", serialize_with = "text")]
    id: u64,
    #[serde(rename = "sourceType", serialize_with = "text")]
    kind: i64,
    #[serde(rename = "sourceAddress")]
    address: &'a str,
}

/// A number as a text.
fn text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
