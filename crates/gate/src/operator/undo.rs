//! The way back from a change, as far as the log of changes knows how it was.

use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;
use vivace_base::{AppId, StreamName, UnixMs};
use vivace_domain::account::Account;
use vivace_domain::channel::{Change, ChannelFault};
use vivace_domain::ip_list::{Colour, Direction, IpList, ListFault};
use vivace_domain::recording::RecordFault;
use vivace_domain::rule::{Delay, Forbid, RuleFault, StreamRule};
use vivace_store::AuditRow;

use super::{Operator, StoreFailed, failed};
use crate::lists::version_of;
use crate::{AccessChangeFault, Caller, Guarded};

/// Why a change was not undone.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UndoFault {
    /// There is no such change, or no longer.
    #[error("there is no change {id}")]
    Unknown {
        /// The number given.
        id: i64,
    },
    /// A later change touches the same subject.
    #[error("change {by} touches {subject} later: undo that one first")]
    Newer {
        /// The later change; 0 if it was made this very moment.
        by: i64,
        /// What both touch.
        subject: String,
    },
    /// Its kind has no way back.
    #[error("{operation} cannot be undone: {reason}")]
    NoWay {
        /// What was done.
        operation: String,
        /// Why.
        reason: &'static str,
    },
    /// What is to be as before cannot be so.
    #[error("it cannot be made as it was: {reason}")]
    Refused {
        /// Why.
        reason: String,
    },
    /// It is done, but the publisher's session has not ended yet.
    #[error("the media task did not answer within {ms} ms")]
    MediaSilent {
        /// How long it was waited for.
        ms: u64,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailed),
}

impl Operator {
    /// A change that no later one of its subject hides.
    ///
    /// # Errors
    /// [`UndoFault`]: `Unknown`, `Newer`, `Store`.
    pub async fn undoable(&self, app: AppId, id: i64) -> Result<AuditRow, UndoFault> {
        let change = self.change(app, id).await?.ok_or(UndoFault::Unknown { id })?;
        let newer = self.parts.store.reader().audit_newer(app, &change.change.subject, id).await;
        match newer.map_err(|fault| failed(&fault))? {
            Some(by) => Err(UndoFault::Newer { by, subject: change.change.subject }),
            None => Ok(change),
        }
    }

    /// Undoes a change that is [`undoable`](Self::undoable). What that does is a change of its own, which is noted like
    /// any other.
    ///
    /// # Errors
    /// [`UndoFault`].
    pub async fn undo(self: &Arc<Self>, app: AppId, caller: &Caller, change: &AuditRow) -> Result<(), UndoFault> {
        let (kind, name) = change.change.subject.split_once('/').unwrap_or((&change.change.subject, ""));
        match kind {
            "channel" => self.undo_channel(app, caller, change, name).await,
            "stream" => self.undo_rule(app, caller, change, name).await,
            "list" => self.undo_list(app, caller, change, name).await,
            "account" => self.undo_account(app, caller, change).await,
            "credential" => self.undo_credential(app, caller, change, name).await,
            "maintenance" => self.undo_maintenance(app, caller, change, name).await,
            "recording" => self.undo_recording(app, caller, change, name).await,
            "key" => {
                no_way(change, "the old key is not kept anywhere; where there is a second key, that is the old one")
            }
            _ => no_way(change, "what it was before is not kept"),
        }
    }

    async fn undo_channel(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        change: &AuditRow,
        id: &str,
    ) -> Result<(), UndoFault> {
        let refused = |fault: ChannelFault| match fault {
            ChannelFault::Conflict { .. } => changed(change),
            ChannelFault::Unreadable | ChannelFault::NotWritten => StoreFailed.into(),
            ChannelFault::MediaSilent { ms } => UndoFault::MediaSilent { ms },
            other => UndoFault::Refused { reason: other.to_string() },
        };
        let channels = &self.parts.channels;
        match change.change.operation.as_str() {
            "channel.stop" => channels.start(app, caller, id).await.map_err(refused),
            "channel.start" => channels.stop(app, caller, id).await.map_err(refused),
            "channel.modify" => {
                let (before, after) = (json(change.change.before.as_deref()), json(change.change.after.as_deref()));
                let text = |key: &str| before[key].as_str().map(str::to_owned);
                let wish = Change {
                    name: text("name"),
                    describe: text("describe"),
                    receiver: before["receiver"].as_i64(),
                    rates: before["rates"].as_array().map(|rates| rates.iter().filter_map(Value::as_i64).collect()),
                    watermark: Some(before["watermark"].as_u64().unwrap_or(0)),
                };
                let known = after["revision"].as_u64();
                channels.modify_known(app, caller, id, known, &wish).await.map(drop).map_err(refused)
            }
            "channel.create" => no_way(change, "stop the channel and delete it"),
            "channel.delete" => no_way(change, "its password and its source's address are not kept"),
            _ => no_way(change, "the address that it was pulled from is not kept"),
        }
    }

    async fn undo_rule(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        change: &AuditRow,
        stream: &str,
    ) -> Result<(), UndoFault> {
        let (before, after) = (&change.change.before, change.change.after.clone());
        if change.change.operation == "stream.drop" {
            return no_way(change, "the publisher comes back by itself, or not");
        }
        let Ok(stream) = StreamName::parse(stream) else { return no_way(change, "its stream has no valid name") };
        let restored = self.parts.channels.restore_rule(app, caller, &stream, after, rule(before.as_deref())).await;
        restored.map_err(|fault| match fault {
            Guarded::Changed => changed(change),
            Guarded::Fault(RuleFault::Unreadable | RuleFault::NotWritten) => StoreFailed.into(),
            Guarded::Fault(RuleFault::MediaSilent { ms }) => UndoFault::MediaSilent { ms },
            Guarded::Fault(other) => UndoFault::Refused { reason: other.to_string() },
        })
    }

    async fn undo_list(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        change: &AuditRow,
        direction: &str,
    ) -> Result<(), UndoFault> {
        let direction = if direction == "push" { Direction::Push } else { Direction::Play };
        let known = version_of(change.change.after.as_deref());
        let list = change.change.before.as_deref().map(|before| list(&json(Some(before))));
        let put = self.parts.channels.put_list(app, caller, direction, list, Some(known)).await;
        put.map(|_: Option<IpList>| ()).map_err(|fault| match fault {
            Guarded::Changed => changed(change),
            Guarded::Fault(ListFault::Unreadable | ListFault::NotWritten) => StoreFailed.into(),
            Guarded::Fault(other) => UndoFault::Refused { reason: other.to_string() },
        })
    }

    async fn undo_account(self: &Arc<Self>, app: AppId, caller: &Caller, change: &AuditRow) -> Result<(), UndoFault> {
        let read = |text: &Option<String>| {
            let was = json(text.as_deref());
            let flag = |key: &str| was[key].as_bool().unwrap_or_default();
            let (blocked, deleted, verified) = (flag("blocked"), flag("deleted"), flag("verified"));
            Account { blocked, deleted, verified, balance: was["balance"].as_i64() }
        };
        let (before, after) = (read(&change.change.before), read(&change.change.after));
        let known = Some(super::account_version(&after));
        let set = self.change_account(app, caller, known, move |account| *account = before).await;
        set.map(drop).map_err(|fault| match fault {
            Guarded::Changed => changed(change),
            Guarded::Fault(fault) => refused(fault),
        })
    }

    async fn undo_credential(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        change: &AuditRow,
        secret_id: &str,
    ) -> Result<(), UndoFault> {
        match change.change.operation.as_str() {
            "credential.add" => self.remove_credential(app, caller, secret_id).await.map_err(refused),
            "credential.set" => {
                let before = json(change.change.before.as_deref());
                let enabled = before["enabled"].as_bool().unwrap_or_default();
                let names = |names: &Vec<Value>| names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                let actions = before["actions"].as_array().map(names);
                let set = self.change_credential(app, caller, secret_id, move |rights| {
                    rights.enabled = enabled;
                    rights.actions = actions;
                });
                set.await.map(drop).map_err(refused)
            }
            _ => no_way(change, "the secret half of the credential is not kept"),
        }
    }

    async fn undo_recording(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        change: &AuditRow,
        id: &str,
    ) -> Result<(), UndoFault> {
        let recordings = &self.parts.recordings;
        let done = match change.change.operation.as_str() {
            "recording.delete" => recordings.restore_recording(app, caller, id).await,
            "recording.restore" => recordings.delete_recording(app, caller, id).await,
            _ => return no_way(change, "what it was before is not kept"),
        };
        done.map_err(|fault| match fault {
            RecordFault::NotDeleted { .. } | RecordFault::UnknownRecording { .. } => changed(change),
            RecordFault::Unreadable | RecordFault::NotWritten => StoreFailed.into(),
            other => UndoFault::Refused { reason: other.to_string() },
        })
    }

    async fn undo_maintenance(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        change: &AuditRow,
        action: &str,
    ) -> Result<(), UndoFault> {
        let on = json(change.change.before.as_deref())["on"].as_bool().unwrap_or_default();
        self.set_maintenance(app, caller, Some(action), on).await.map(drop).map_err(refused)
    }
}

fn no_way(change: &AuditRow, reason: &'static str) -> Result<(), UndoFault> {
    Err(UndoFault::NoWay { operation: change.change.operation.clone(), reason })
}

fn changed(change: &AuditRow) -> UndoFault {
    UndoFault::Newer { by: 0, subject: change.change.subject.clone() }
}

fn refused(fault: AccessChangeFault) -> UndoFault {
    match fault {
        AccessChangeFault::NotWritten => StoreFailed.into(),
        other => UndoFault::Refused { reason: other.to_string() },
    }
}

/// What was noted, or null.
fn json(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn rule(text: Option<&str>) -> StreamRule {
    let was = json(text);
    let until = |of: &Value| of["until_ms"].as_i64().map(UnixMs);
    let forbid = until(&was["forbid"]).map(|until| {
        let reason = was["forbid"]["reason"].as_str().unwrap_or_default().to_owned();
        Forbid { until, reason }
    });
    let delay = was["delay"]["ms"].as_u64().map(|ms| Delay { ms, until: until(&was["delay"]) });
    StreamRule { forbid, delay }
}

fn list(was: &Value) -> (Colour, Vec<String>) {
    let colour = if was["colour"] == "black" { Colour::Black } else { Colour::White };
    let entries = was["entries"].as_array().map_or(&[][..], Vec::as_slice);
    (colour, entries.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
