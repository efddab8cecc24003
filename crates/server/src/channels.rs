//! What carries out the Actions of the LVB API.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::{Map, Value, json};
use vivace_base::{AppId, UnixMs};
use vivace_domain::app::App;
use vivace_domain::channel::Status;
use vivace_domain::ip_list::{Colour, Direction, IpList, ListFault};
use vivace_domain::picture::{Picture, PictureFault, ShotTimes, TimesFault};
use vivace_gate::{Caller as Who, CreateFault, ListAsk, PictureTaskNow, StatusFilter, entry};
use vivace_lvb::actions::{
    ActionFault, Caller, ChannelFilter, Command, Execute, ListChannels, OrderBy, Outcome, Reply,
};
use vivace_lvb::channels::Places;
use vivace_lvb::connect::CLOUD_NAMES;
use vivace_lvb::v3::{Form, Moment};

use crate::pictures;
use crate::records::Records;
use crate::shared::Shared;
use crate::{Auth, Config};

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
                let info = places(self.shared, &self.shared.config(), &tenant.app, self.host).created(&made);
                Ok(fields([("channel_id", made.id.to_string().into()), ("channelInfo", info)]))
            }
            Command::DescribeChannelList(list) => self.list(&tenant.app, &list).await,
            Command::DescribeChannel { channel } => {
                let found = channels.describe(app, &channel).await?;
                let status = found.channel.status(found.media);
                let config = self.shared.config();
                let places = places(self.shared, &config, &tenant.app, self.host);
                let info = places.described(&found.channel, status, found.failure);
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
            Command::CreateShot { channel, begin, end } => {
                let times = self.shot_times(begin.as_deref(), end.as_deref())?;
                let id = self.shared.picture_rules.create_shot(app, &who, &channel, times).await?;
                Ok(fields([("task_id", id.to_string().into())]))
            }
            Command::StopShot { channel, task } => {
                self.shared.picture_rules.stop_task(app, &who, Some(&channel), &task).await?;
                Ok(Reply::Done)
            }
            Command::DeleteShot { channel, task } => {
                self.shared.picture_rules.delete_task(app, &who, Some(&channel), &task).await?;
                Ok(Reply::Done)
            }
            Command::DescribeShotList { channel, page } => {
                let limit = u32::try_from(page.size).unwrap_or(u32::MAX);
                let (tasks, total) = self.shared.picture_rules.shots(app, &channel, page.offset(), limit).await?;
                let zone = self.zone();
                let shown = tasks.iter().map(|now| shot(now, zone)).collect();
                Ok(fields([("totalCount", total.to_string().into()), ("taskSet", shown)]))
            }
            Command::Record(command) => {
                let records = Records { shared: self.shared, host: without_port(self.host) };
                records.execute(caller, &who, command).await
            }
            Command::DescribeQueueLog(count) => {
                let taken = self.shared.picture_rules.take_queue(app, count).await?;
                let host = without_port(self.host);
                let message = |picture: &Picture| {
                    let url = pictures::url(self.shared, &tenant.app, host, picture);
                    json!({ "stream_id": picture.stream.as_str(), "pic_url": url })
                };
                Ok(fields([("data", taken.iter().map(message).collect())]))
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
        let found = self.shared.channels.list(app.id, &ask).await?;
        let config = self.shared.config();
        let places = places(self.shared, &config, app, self.host);
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

    /// The zone of times in requests and replies.
    fn zone(&self) -> Form {
        Form::Zone { ahead_min: i64::try_from(self.shared.config().lvb_utc_offset_min).unwrap_or_default() }
    }

    fn shot_times(&self, begin: Option<&str>, end: Option<&str>) -> Result<ShotTimes, PictureFault> {
        let Form::Zone { ahead_min } = self.zone() else { return Ok(ShotTimes::default()) };
        let read = |field, text: Option<&str>| {
            let moment = text.map(|text| Moment::parse(text, ahead_min).ok_or(TimesFault::Malformed { field }));
            Ok::<_, TimesFault>(moment.transpose()?.map(|moment| moment.at))
        };
        Ok(ShotTimes { begin: read("startTime", begin)?, end: read("endTime", end)? })
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
pub(crate) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Where an app's addresses lead; `host` is what the client calls this server.
pub(crate) fn places<'a>(shared: &Shared, config: &'a Config, app: &'a App, host: &'a str) -> Places<'a> {
    let addresses = shared.addresses;
    let validity_ms = i64::try_from(config.url_validity_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
    Places {
        host: config.public_host.as_deref().unwrap_or_else(|| without_port(host)),
        rtmp_port: addresses.rtmp.port(),
        http_port: addresses.http.port(),
        bizid: app.keys.bizid,
        push_key: (config.push_auth == Auth::Signed).then_some(&app.keys.push_key),
        play_key: (config.play_auth == Auth::Signed).then_some(&app.keys.play_key),
        expires_at: UnixMs(shared.clock.unix().0.saturating_add(validity_ms)),
        utc_offset_min: i32::try_from(config.lvb_utc_offset_min).unwrap_or_default(),
    }
}

/// A task of screenshots as its list shows it; numbers are texts there.
fn shot(now: &PictureTaskNow, zone: Form) -> Value {
    json!({
        "id": now.task.id.to_string(),
        "startTime": zone.write(now.task.begin_at),
        "endTime": zone.write(now.task.end_at),
        "status": now.state.number().to_string(),
    })
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

pub(crate) fn fields<const N: usize>(fields: [(&str, Value); N]) -> Reply {
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
