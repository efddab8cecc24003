//! A channel as the log of changes shows it: without passwords and without the addresses of sources, which hold keys.

use serde_json::json;
use vivace_domain::channel::Channel;
use vivace_store::Store;

use super::Channels;
use crate::{Audited, Caller};

impl Channels {
    /// The store for one change of a channel, which is noted with it.
    pub(super) fn noted(
        &self,
        caller: &Caller,
        operation: &'static str,
        channel: &Channel,
        (before, after): (Option<&Channel>, Option<&Channel>),
    ) -> Store {
        let change = Audited {
            app: channel.app,
            caller: caller.clone(),
            operation,
            subject: format!("channel/{}", channel.id),
            before: before.map(shown),
            after: after.map(shown),
        };
        self.parts.store.noted(change.at(self.parts.clock.unix()))
    }
}

fn shown(channel: &Channel) -> String {
    let source = &channel.source;
    json!({
        "name": channel.name,
        "describe": channel.describe,
        "stream": channel.stream.as_str(),
        "source": {
            "id": source.id.to_string(),
            "name": source.name,
            "kind": source.kind.number(),
            "has_address": source.address.is_some(),
        },
        "receiver": channel.receiver.number(),
        "rates": channel.rates.iter().map(|rate| rate.number()).collect::<Vec<_>>(),
        "watermark": channel.watermark,
        "has_password": channel.password.is_some(),
        "closed": channel.closed,
        "revision": channel.revision,
    })
    .to_string()
}
