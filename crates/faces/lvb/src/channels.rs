//! Channels as the API shows them: the addresses that are given out, and the two shapes of `channelInfo`.

mod info;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};
use vivace_base::calendar::civil;
use vivace_base::{Secret, UnixMs};
use vivace_domain::channel::{Channel, Rate, SourceKind, Status};
use vivace_domain::url::sign;

pub use info::ChannelInfo;

/// Where the addresses that are given out lead, and how they are signed.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The host of all of them.
    pub host: &'a str,
    /// The port of RTMP addresses, which have none if it is 1935.
    pub rtmp_port: u16,
    /// The port of HTTP addresses, which have none if it is 80.
    pub http_port: u16,
    /// The app's `bizid`.
    pub bizid: u32,
    /// The key that push addresses are signed with; none where pushing is open.
    pub push_key: Option<&'a Secret<String>>,
    /// The key that play addresses are signed with; none where playing is open.
    pub play_key: Option<&'a Secret<String>>,
    /// Until when signed addresses are good.
    pub expires_at: UnixMs,
    /// Minutes that dates are ahead of UTC.
    pub utc_offset_min: i32,
}

/// Where a rate is played; empty where the channel's receivers have no such address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downstream {
    /// RTMP.
    pub rtmp: String,
    /// HTTP-FLV.
    pub flv: String,
    /// HLS.
    pub hls: String,
}

/// Bytes that most addresses have room in.
const ADDRESS_BYTES: usize = 192;

impl Places<'_> {
    /// The address that a channel is pushed to; empty if it is pulled. It always has a query, which others add to.
    pub fn upstream(&self, channel: &Channel) -> String {
        if channel.source.kind != SourceKind::Push {
            return String::new();
        }
        let name = channel.stream.as_str();
        let mut address = self.rtmp([name]);
        // Writing to a string cannot fail.
        let _ = write!(address, "?bizid={}", self.bizid);
        if let Some(key) = self.push_key {
            self.add_signature(&mut address, '&', key, name);
        }
        address
    }

    /// The addresses that a rate is played from; the three of them have one signature.
    pub fn downstream(&self, channel: &Channel, rate: Rate) -> Downstream {
        let (stream, suffix) = (channel.stream.as_str(), rate.suffix());
        let mut query = String::new();
        if let Some(key) = self.play_key {
            let name = if suffix.is_empty() { Cow::Borrowed(stream) } else { Cow::Owned(format!("{stream}{suffix}")) };
            self.add_signature(&mut query, '?', key, &name);
        }
        let (has_rtmp, has_hls) = (channel.receiver.has_rtmp(), channel.receiver.has_hls());
        let given = |is_given: bool, address: &dyn Fn() -> String| if is_given { address() } else { String::new() };
        Downstream {
            rtmp: given(has_rtmp, &|| self.rtmp([stream, suffix, &query])),
            flv: given(has_rtmp, &|| self.http([stream, suffix, ".flv", &query])),
            hls: given(has_hls, &|| self.http([stream, suffix, ".m3u8", &query])),
        }
    }

    fn rtmp<const N: usize>(&self, parts: [&str; N]) -> String {
        self.address("rtmp", self.rtmp_port, 1_935, parts)
    }

    fn http<const N: usize>(&self, parts: [&str; N]) -> String {
        self.address("http", self.http_port, 80, parts)
    }

    /// An address in `live`, whose name is given in parts.
    fn address<const N: usize>(&self, scheme: &str, port: u16, usual: u16, parts: [&str; N]) -> String {
        let mut address = String::with_capacity(ADDRESS_BYTES);
        [scheme, "://", self.host].into_iter().for_each(|part| address.push_str(part));
        if port != usual {
            // Writing to a string cannot fail.
            let _ = write!(address, ":{port}");
        }
        address.push_str("/live/");
        parts.into_iter().for_each(|part| address.push_str(part));
        address
    }

    fn add_signature(&self, address: &mut String, before: char, key: &Secret<String>, name: &str) {
        let tx_time = format!("{:X}", self.expires_at.0.div_euclid(1_000));
        let tx_secret = sign(key, name, &tx_time);
        address.push(before);
        ["txSecret=", &tx_secret, "&txTime=", &tx_time].into_iter().for_each(|part| address.push_str(part));
    }

    /// `channelInfo` of `CreateLVBChannel`: an object.
    pub fn created(&self, channel: &Channel) -> Value {
        let rates = channel.rates.iter().map(|rate| {
            let downstream = self.downstream(channel, *rate);
            json!({
                "rate_type": rate.number(),
                "rtmp_downstream_address": downstream.rtmp,
                "hls_downstream_address": downstream.hls,
                "flv_downstream_address": downstream.flv,
            })
        });
        json!({ "upstream_address": self.upstream(channel), "downstream_address": rates.collect::<Vec<_>>() })
    }

    /// `channelInfo` of `DescribeLVBChannel`. `failure` tells why a source is not to be had.
    pub fn described(&self, channel: &Arc<Channel>, status: Status, failure: Option<String>) -> ChannelInfo {
        let (upstream, downstream) = (self.upstream(channel), self.downstream(channel, Rate::Original));
        ChannelInfo { channel: channel.clone(), status, upstream, downstream, failure }
    }

    /// A time as `YYYY-MM-DD HH:MM:SS`.
    pub fn date(&self, at: UnixMs) -> String {
        let seconds = at.0.div_euclid(1_000).saturating_add(i64::from(self.utc_offset_min).saturating_mul(60));
        let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil(day);
        format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vivace_base::{AppId, Secret, StreamName, UnixMs};
    use vivace_domain::channel::{Channel, ChannelId, Rate, Receiver, Source, SourceKind, Status};

    use super::Places;

    fn places() -> Places<'static> {
        Places {
            host: "live.example",
            rtmp_port: 1_935,
            http_port: 8_080,
            bizid: 2_000,
            push_key: None,
            play_key: None,
            expires_at: UnixMs(1_546_067_865_000),
            utc_offset_min: 480,
        }
    }

    fn channel() -> Channel {
        Channel {
            id: ChannelId(16_093_104_850_681_751_595),
            app: AppId(1),
            name: "n".to_owned(),
            describe: "d".to_owned(),
            source: Source { id: 7, name: "v".to_owned(), kind: SourceKind::Push, address: None },
            receiver: Receiver::Both,
            rates: vec![Rate::Original, Rate::Sd],
            watermark: None,
            password: None,
            stream: StreamName::parse("2000_f3d360679eeb11e5b91fa4dcbef5e35a").expect("a name"),
            closed: false,
            created_at: UnixMs(0),
            revision: 0,
        }
    }

    #[test]
    fn the_two_shapes_are_an_object_and_an_array() {
        let created = places().created(&channel());
        let name = "2000_f3d360679eeb11e5b91fa4dcbef5e35a";
        assert_eq!(created["upstream_address"], format!("rtmp://live.example/live/{name}?bizid=2000"));
        let sd = &created["downstream_address"][1];
        assert_eq!(sd["rate_type"], 10);
        assert_eq!(sd["flv_downstream_address"], format!("http://live.example:8080/live/{name}_550.flv"));
        let described = |channel| {
            let info = places().described(&Arc::new(channel), Status::Idle, None);
            serde_json::to_value(info).expect("JSON")
        };
        let idle = described(channel());
        assert_eq!(idle[0]["channel_id"], "16093104850681751595");
        assert_eq!(idle[0]["channel_status"], "0");
        assert_eq!(idle[0]["upstream_list"][0]["sourceType"], "1");
        let rtmp = Channel { receiver: Receiver::Rtmp, ..channel() };
        assert_eq!(described(rtmp)[0]["hls_downstream_address"], "");
    }

    #[test]
    fn a_signed_address_keeps_the_query_that_others_add_to() {
        let key = Secret::new("k".to_owned());
        let upstream = Places { push_key: Some(&key), ..places() }.upstream(&channel());
        assert!(upstream.contains("?bizid=2000&txSecret=") && upstream.ends_with("&txTime=5C271F99"), "{upstream}");
    }

    #[test]
    fn dates_are_those_of_the_zone() {
        for (at, text) in [
            (0, "1970-01-01 08:00:00"),
            (951_782_400_000, "2000-02-29 08:00:00"),
            (1_735_660_799_000, "2024-12-31 23:59:59"),
            (-1_000, "1970-01-01 07:59:59"),
        ] {
            assert_eq!(places().date(UnixMs(at)), text);
        }
    }
}
