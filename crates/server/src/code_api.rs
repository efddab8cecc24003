//! What carries out the calls of the LVB-code API. A channel is a stream here: its id is the stream's name.

mod records;
mod statistics;

use std::sync::Arc;

use serde_json::{Value, json};
use vivace_base::{AppId, StreamName};
use vivace_domain::channel::{Channel, ChannelFault, ChannelId, Receiver};
use vivace_domain::picture::Picture;
use vivace_domain::rule::Delay;
use vivace_gate::Caller as Who;
use vivace_hub::StreamState;
use vivace_lvb::code_api::{Caller, Command, Execute, Fault, ListChannels, State};
use vivace_store::{KnownAsk, KnownState};

use self::records::{Files, Tape};
use crate::pictures;
use crate::shared::Shared;

/// The face's name in the log of changes.
const FACE: &str = "lvb-code";

/// Carries out the command of one request.
pub(crate) struct Executor<'a> {
    pub(crate) shared: &'a Shared,
    /// What the client calls this server, without a port.
    pub(crate) host: &'a str,
}

impl Execute for Executor<'_> {
    async fn execute(&self, caller: &Caller, command: Command) -> Result<Value, Fault> {
        let (shared, app) = (self.shared, caller.tenant.app.id);
        let channels = &shared.channels;
        let who = Who { face: FACE, who: caller.tenant.app.keys.appid.to_string(), peer: Some(caller.peer) };
        match command {
            Command::Status(channel) => return self.status(app, &channel).await,
            Command::Forbid { channel, until } => {
                let stream = self.stream(app, channel).await?;
                channels.forbid(app, &who, &stream, until, "").await?;
            }
            Command::Allow(channel) => {
                let stream = self.stream(app, channel).await?;
                channels.permit(app, &who, &stream).await?;
            }
            Command::Drop(channel) => {
                let stream = self.stream(app, channel).await?;
                channels.drop_stream(app, &who, &stream).await?;
            }
            Command::List(list) => return self.list(app, &list).await,
            Command::ListLive => {
                let live = self.live(app);
                return Ok(shown(live.iter().map(StreamName::as_str), live.len() as u64));
            }
            Command::Delay { channel, ms } => {
                let stream = self.stream(app, channel).await?;
                channels.set_delay(app, &who, &stream, Delay { ms, until: None }).await?;
            }
            Command::Queue(count) => {
                let taken = shared.picture_rules.take_queue(app, count).await?;
                let data: Vec<Value> = taken.iter().map(|picture| self.picture(caller, picture)).collect();
                return Ok(json!({ "count": data.len(), "data": data }));
            }
            Command::StartTape { channel, begin, end, is_clip } => {
                return self.start_tape(caller, &who, channel, Tape { begin, end, is_clip }).await;
            }
            Command::StopTape { channel, task } => return self.stop_tape(caller, &who, channel, &task).await,
            Command::TapeFiles { channel, from, to, descending, page } => {
                return self.tape_files(caller, channel, Files { from, to, descending, page }).await;
            }
            Command::Statistics { part, stream, page } => {
                return Ok(statistics::now(shared, app, part, (stream.as_ref(), page)));
            }
            Command::PushHistory { stream, from, to } => {
                return statistics::push_history(shared, app, &stream, (from, to)).await;
            }
            Command::PlayHistory { stream, from, to } => {
                return statistics::play_history(shared, app, stream.as_ref(), (from, to)).await;
            }
        }
        Ok(Value::Null)
    }
}

impl Executor<'_> {
    /// A message of the queue of screenshots.
    fn picture(&self, caller: &Caller, picture: &Picture) -> Value {
        json!({
            "stream_id": picture.stream.as_str(),
            "pic_full_url": pictures::url(self.shared, &caller.tenant.app, self.host, picture),
            "create_time": picture.taken_at.0.div_euclid(1_000),
        })
    }

    /// The channel of the hosting API that is meant, by its number or by the name of its stream.
    async fn channel(&self, app: AppId, id: &StreamName) -> Result<Option<Channel>, Fault> {
        if ChannelId::parse(id.as_str()).is_some() {
            match self.shared.channels.describe(app, id.as_str()).await {
                Ok(found) => return Ok(Some(Arc::unwrap_or_clone(found.channel))),
                Err(ChannelFault::Unknown { .. }) => {}
                Err(_) => return Err(Fault::Unreadable),
            }
        }
        self.shared.reader().channel_of(app, id).await.map_err(|fault| unreadable(&fault, Fault::Unreadable))
    }

    /// The stream that is meant.
    async fn stream(&self, app: AppId, id: StreamName) -> Result<StreamName, Fault> {
        // Any other name is its stream's own.
        if ChannelId::parse(id.as_str()).is_none() {
            return Ok(id);
        }
        Ok(self.channel(app, &id).await?.map_or(id, |channel| channel.stream))
    }

    async fn status(&self, app: AppId, id: &StreamName) -> Result<Value, Fault> {
        let (shared, channel) = (self.shared, self.channel(app, id).await?);
        let name = channel.as_ref().map_or(id, |channel| &channel.stream);
        let is_live = shared.hub.stream(app, name).is_some_and(|stream| stream.state() == StreamState::Live);
        let rule = shared.gate.standing().rule(app, name);
        let is_forbidden = rule.is_some_and(|rule| rule.forbidden(shared.clock.unix()).is_some());
        let state = if is_live {
            State::Live
        } else if is_forbidden || channel.as_ref().is_some_and(|channel| channel.closed) {
            State::Closed
        } else {
            let pushed = shared.reader().was_pushed(app, name).await;
            if !pushed.map_err(|fault| unreadable(&fault, Fault::Unreadable))? {
                return Err(Fault::NeverPushed);
            }
            State::Idle
        };
        let receiver = channel.map_or(Receiver::Both, |channel| channel.receiver);
        Ok(json!([{ "rate_type": 0, "recv_type": receiver.number(), "status": state.number() }]))
    }

    /// The streams that are live, by name.
    fn live(&self, app: AppId) -> Vec<StreamName> {
        let streams = self.shared.hub.streams().into_iter();
        let pushed = streams.filter(|stream| stream.app() == app && !stream.is_derived());
        let live = pushed.filter(|stream| stream.state() == StreamState::Live);
        let mut names: Vec<StreamName> = live.map(|stream| stream.name().clone()).collect();
        names.sort();
        names
    }

    async fn list(&self, app: AppId, list: &ListChannels) -> Result<Value, Fault> {
        let (live, now) = (self.live(app), self.shared.clock.unix());
        let forbidden: Vec<StreamName> =
            self.shared.gate.standing().forbidden(app, now).into_iter().map(|(name, _)| name).collect();
        let state = list.state.map(|state| match state {
            State::Idle => KnownState::Idle,
            State::Live => KnownState::Live,
            State::Closed => KnownState::Closed,
        });
        let (offset, limit) = (list.page.offset(), list.page.size);
        let descending = list.descending;
        let ask = KnownAsk { live: &live, forbidden: &forbidden, now, state, descending, offset, limit };
        let found = self.shared.reader().known_streams(app, &ask).await;
        let (found, total) = found.map_err(|fault| unreadable(&fault, Fault::ListUnreadable))?;
        Ok(shown(found.iter().map(String::as_str), total))
    }
}

fn shown<'a>(names: impl Iterator<Item = &'a str>, total: u64) -> Value {
    let list: Vec<Value> = names.map(|name| json!({ "channel_id": name })).collect();
    json!({ "all_count": total, "channel_list": list })
}

/// What could not be read; the log has the reason.
fn unreadable(fault: &vivace_store::Fault, told: Fault) -> Fault {
    tracing::error!(%fault, "the store cannot be read: a call is refused");
    told
}
