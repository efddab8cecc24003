//! What carries out the Actions of the LVB API.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::{Map, Value, json};
use vivace_base::{AppId, UnixMs};
use vivace_domain::app::App;
use vivace_domain::channel::Status;
use vivace_domain::ip_list::{Colour, Direction, IpList, ListFault};
use vivace_gate::{Caller as Who, CreateFault, ListAsk, StatusFilter, entry};
use vivace_lvb::actions::{
    ActionFault, Caller, ChannelFilter, Command, Execute, ListChannels, OrderBy, Outcome, Reply,
};
use vivace_lvb::channels::Places;

use crate::Auth;
use crate::connect::CLOUD_NAMES;
use crate::shared::Shared;

/// Carries out the Actions of one request.
pub(crate) struct Executor<'a> {
    pub(crate) shared: &'a Shared,
    /// The host that the request came to, perhaps with a port; addresses lead there unless it is set where to.
    pub(crate) host: &'a str,
}

/// The face's name in the log of changes.
const FACE: &str = "lvb-v2";

impl Execute for Executor<'_> {
    async fn execute(&self, caller: &Caller, command: Command) -> Result<Reply, ActionFault> {
        let (tenant, channels) = (&caller.tenant, &self.shared.channels);
        let (app, who) = (tenant.app.id, who(caller));
        match command {
            Command::CreateChannel(new) => {
                let made = channels.create(&tenant.app, &tenant.account, &who, &new).await.map_err(not_created)?;
                let info = self.places(&tenant.app).created(&made);
                Ok(fields([("channel_id", made.id.to_string().into()), ("channelInfo", info)]))
            }
            Command::DescribeChannelList(list) => self.list(&tenant.app, &list).await,
            Command::DescribeChannel { channel } => {
                let found = channels.describe(app, &channel).await?;
                let status = found.channel.status(found.media);
                let info = self.places(&tenant.app).described(&found.channel, status, found.failure);
                Ok(Reply::Channel(Box::new(info)))
            }
            Command::ModifyChannel { channel, change } => {
                channels.modify(app, &who, &channel, &change).await?;
                Ok(Reply::Done)
            }
            Command::ModifyUpstream(modify) => {
                channels.modify_source(app, &who, &modify.channel, modify.source, &modify.change).await?;
                Ok(Reply::Done)
            }
            Command::StartChannels(ids) => Ok(self.each(app, &who, ids, Life::Start).await),
            Command::StopChannels(ids) => Ok(self.each(app, &who, ids, Life::Stop).await),
            Command::DeleteChannels(ids) => Ok(self.each(app, &who, ids, Life::Delete).await),
            Command::DescribeOnlineUsers(ids) => {
                let online = channels.online(app, &ids).await?;
                let shown = online.iter().map(|one| {
                    let channel = one.channel.map_or_else(|| "-1".to_owned(), |id| id.to_string());
                    json!({ "channelId": channel, "online": one.online.to_string() })
                });
                Ok(fields([("list", shown.collect())]))
            }
            Command::AddIpList { direction, colour, entries } => {
                let list = channels.set_list(app, &who, direction, colour, &entries).await?;
                Ok(fields([("ipList", json!([shown(direction, &list)]))]))
            }
            Command::DeleteIpList { direction, entries } => {
                channels.delete_list(app, &who, direction, entries.as_deref()).await?;
                Ok(Reply::Done)
            }
            Command::DescribeIpList(direction) => {
                let mut lists = Vec::new();
                for one in direction.map_or_else(|| vec![Direction::Push, Direction::Play], |one| vec![one]) {
                    match channels.describe_list(app, one).await {
                        Ok(list) => lists.push(shown(one, &list)),
                        Err(ListFault::Unknown) if direction.is_none() => {}
                        Err(fault) => return Err(fault.into()),
                    }
                }
                Ok(fields([("ipList", lists.into())]))
            }
        }
    }
}

/// A step in a channel's life.
#[derive(Clone, Copy)]
enum Life {
    Start,
    Stop,
    Delete,
}

impl Executor<'_> {
    async fn list(&self, app: &App, list: &ListChannels) -> Result<Reply, ActionFault> {
        let filter = match list.filter {
            None => StatusFilter::All,
            Some(ChannelFilter::Idle) => StatusFilter::Of(Status::Idle),
            Some(ChannelFilter::Live) => StatusFilter::Of(Status::Live),
            Some(ChannelFilter::Abnormal) => StatusFilter::Of(Status::Abnormal),
            Some(ChannelFilter::Closed) => StatusFilter::Of(Status::Closed),
            Some(ChannelFilter::Incomplete) => StatusFilter::Incomplete,
        };
        let ask = ListAsk {
            filter,
            by_name: list.order_by == OrderBy::Name,
            descending: list.descending,
            offset: list.page.offset(),
            limit: u32::try_from(list.page.size).unwrap_or(u32::MAX),
        };
        let (places, found) = (self.places(app), self.shared.channels.list(app.id, &ask).await?);
        let channels = found.channels.iter().map(|channel| {
            json!({
                "channel_id": channel.id.to_string(),
                "channel_name": channel.name,
                "channel_status": channel.status.number().to_string(),
                "create_time": places.date(channel.created_at),
            })
        });
        Ok(fields([("all_count", found.total.to_string().into()), ("channelSet", channels.collect())]))
    }

    /// One after the other, in the order of the request.
    async fn each(&self, app: AppId, who: &Who, ids: Vec<String>, life: Life) -> Reply {
        let channels = &self.shared.channels;
        let mut outcomes = Vec::with_capacity(ids.len());
        for id in ids {
            let done = match life {
                Life::Start => channels.start(app, who, &id).await,
                Life::Stop => channels.stop(app, who, &id).await,
                Life::Delete => channels.delete(app, who, &id).await,
            };
            outcomes.push(Outcome { id, result: done.map_err(ActionFault::from) });
        }
        Reply::Batch(outcomes)
    }

    fn places(&self, app: &App) -> Places {
        places(self.shared, app, self.host)
    }
}

/// Where the client reached this server: the host that it names, unless that is one of the cloud's own, which it has
/// come by through the CONNECT listener and which lead elsewhere for everybody else.
pub(crate) fn reached(host: &str, local: IpAddr) -> Cow<'_, str> {
    let name = without_port(host);
    if !CLOUD_NAMES.iter().any(|cloud| cloud.eq_ignore_ascii_case(name)) {
        return Cow::Borrowed(host);
    }
    Cow::Owned(match local.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    })
}

/// The host of a `Host` header.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Where an app's addresses lead; `host` is what the client calls this server.
pub(crate) fn places(shared: &Shared, app: &App, host: &str) -> Places {
    let (config, addresses) = (shared.config(), shared.addresses);
    let host = config.public_host.as_deref().unwrap_or_else(|| without_port(host));
    let at = |port: u16, usual: u16| if port == usual { host.to_owned() } else { format!("{host}:{port}") };
    let validity_ms = i64::try_from(config.url_validity_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
    Places {
        rtmp: at(addresses.rtmp.port(), 1_935),
        http: format!("http://{}", at(addresses.http.port(), 80)),
        bizid: app.keys.bizid,
        push_key: (config.push_auth == Auth::Signed).then(|| app.keys.push_key.clone()),
        play_key: (config.play_auth == Auth::Signed).then(|| app.keys.play_key.clone()),
        expires_at: UnixMs(shared.clock.unix().0.saturating_add(validity_ms)),
        utc_offset_min: i32::try_from(config.lvb_utc_offset_min).unwrap_or_default(),
    }
}

fn who(caller: &Caller) -> Who {
    Who { face: FACE, who: caller.secret_id.clone(), peer: Some(caller.peer) }
}

fn not_created(fault: CreateFault) -> ActionFault {
    match fault {
        CreateFault::Channel(fault) => fault.into(),
        CreateFault::Account(fault) => fault.into(),
    }
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Reply {
    Reply::Fields(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

fn shown(direction: Direction, list: &IpList) -> Value {
    json!({
        "direction": if direction == Direction::Push { "push" } else { "play" },
        "colour": if list.colour == Colour::Black { "black" } else { "white" },
        "ips": list.blocks.iter().map(entry).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::reached;

    #[test]
    fn addresses_never_lead_to_the_cloud_whose_names_are_served() {
        let at = |host, local: &str| reached(host, local.parse().expect("an address")).into_owned();
        assert_eq!(at("live.api.qcloud.com", "192.0.2.1"), "192.0.2.1");
        assert_eq!(at("LIVE.API.qcloud.com:443", "::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(at("live.api.qcloud.com", "2001:db8::1"), "[2001:db8::1]");
        assert_eq!(at("live.example:8443", "192.0.2.1"), "live.example:8443");
        assert_eq!(at("127.0.0.1:8443", "192.0.2.1"), "127.0.0.1:8443");
    }
}
