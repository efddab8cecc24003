//! The use cases of rules: a stream is forbidden for a time, or its players are kept behind its live edge.

use std::sync::Arc;

use vivace_base::{AppId, StreamName, UnixMs};
use vivace_domain::rule::{Delay, Forbid, RuleFault, StreamRule};
use vivace_hub::Cut;

use crate::channels::cause;
use crate::{Audited, Caller, Channels, Guarded};

impl Channels {
    /// Cuts a stream's push and refuses further ones until a time; for as long as may be without one. On disk, and
    /// nothing of it is live, when this returns.
    ///
    /// # Errors
    /// [`RuleFault`]; with `MediaSilent` the stream is forbidden, and its publisher's session has not ended yet.
    pub async fn forbid(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        stream: &StreamName,
        until: Option<UnixMs>,
        reason: &str,
    ) -> Result<(), RuleFault> {
        let limits = self.parts.limits.get();
        let now = self.parts.clock.unix();
        let latest = UnixMs(now.0.saturating_add_unsigned(limits.forbid_ms_max));
        let until = until.unwrap_or(latest);
        if until <= now || until > latest {
            return Err(RuleFault::Time { field: "abstime_end", max_ms: limits.forbid_ms_max });
        }
        let (bytes, max) = (reason.len(), limits.channel_describe_bytes_max);
        if bytes > max {
            return Err(RuleFault::TooLong { field: "Reason", bytes, max });
        }
        let forbid = Forbid { until, reason: reason.to_owned() };
        let (this, caller, stream) = (self.clone(), caller.clone(), stream.clone());
        let done = self.whole(async move {
            let change = |rule: &mut StreamRule| rule.forbid = Some(forbid);
            this.change_rule(app, &caller, "stream.forbid", &stream, change).await?;
            this.parts.standing.closes();
            let cut = this.cut(app, &stream, Cut::Disabled).await;
            cut.map(drop).map_err(|ms| RuleFault::MediaSilent { ms })
        });
        done.await.unwrap_or(Err(RuleFault::NotWritten))
    }

    /// Lets a stream be pushed again.
    ///
    /// # Errors
    /// [`RuleFault`].
    pub async fn permit(self: &Arc<Self>, app: AppId, caller: &Caller, stream: &StreamName) -> Result<(), RuleFault> {
        let (this, caller, stream) = (self.clone(), caller.clone(), stream.clone());
        let done = self.whole(async move {
            this.change_rule(app, &caller, "stream.permit", &stream, |rule| rule.forbid = None).await.map(drop)
        });
        done.await.unwrap_or(Err(RuleFault::NotWritten))
    }

    /// Cuts a stream's push; it may be pushed again at once.
    ///
    /// # Errors
    /// [`RuleFault`]: `NotLive`, `MediaSilent`.
    pub async fn drop_stream(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        stream: &StreamName,
    ) -> Result<(), RuleFault> {
        self.drop_stream_for(app, caller, stream, "").await
    }

    /// [`drop_stream`](Self::drop_stream) for a reason that is noted.
    ///
    /// # Errors
    /// [`RuleFault`]: `NotLive`, `MediaSilent`, `TooLong`.
    pub async fn drop_stream_for(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        stream: &StreamName,
        reason: &str,
    ) -> Result<(), RuleFault> {
        let (bytes, max) = (reason.len(), self.parts.limits.get().channel_describe_bytes_max);
        if bytes > max {
            return Err(RuleFault::TooLong { field: "reason", bytes, max });
        }
        let reason = (!reason.is_empty()).then(|| serde_json::json!({ "reason": reason }).to_string());
        let (this, caller, stream) = (self.clone(), caller.clone(), stream.clone());
        let done = self.whole(async move {
            if !this.cut(app, &stream, Cut::Requested).await.map_err(|ms| RuleFault::MediaSilent { ms })? {
                return Err(RuleFault::NotLive);
            }
            let (operation, subject) = ("stream.drop", subject(&stream));
            // It may be pushed again at once, so there is nothing on disk that this could be one with.
            this.parts.audit.audit(Audited { app, caller, operation, subject, before: None, after: reason }).await;
            Ok(())
        });
        done.await.unwrap_or(Err(RuleFault::NotWritten))
    }

    /// Keeps the players of a stream behind its live edge by so much, until a time or for good; 0 goes back to the edge.
    /// On disk, and in effect, when this returns.
    ///
    /// # Errors
    /// [`RuleFault`].
    pub async fn set_delay(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        stream: &StreamName,
        delay: Delay,
    ) -> Result<(), RuleFault> {
        let limits = self.parts.limits.get();
        if delay.ms > limits.delay_ms_max {
            let (ms, max_ms) = (delay.ms, limits.delay_ms_max);
            return Err(RuleFault::DelayTooLong { field: "time_length", ms, max_ms });
        }
        let now = self.parts.clock.unix();
        let latest = UnixMs(now.0.saturating_add_unsigned(limits.forbid_ms_max));
        if delay.until.is_some_and(|until| until <= now || until > latest) {
            return Err(RuleFault::Time { field: "ExpireTime", max_ms: limits.forbid_ms_max });
        }
        let (this, caller, stream) = (self.clone(), caller.clone(), stream.clone());
        let done = self.whole(async move {
            let change = |rule: &mut StreamRule| rule.delay = (delay.ms > 0).then_some(delay);
            this.change_rule(app, &caller, "stream.delay", &stream, change).await?;
            this.apply_delay(app, &stream);
            Ok(())
        });
        done.await.unwrap_or(Err(RuleFault::NotWritten))
    }

    /// Makes a stream's rule what it was before a change that made it `known`; the part of it whose time is over stays
    /// away. On disk, and in effect, when this returns.
    ///
    /// # Errors
    /// [`RuleFault`], or the word that the rule is another one now.
    pub(crate) async fn restore_rule(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        stream: &StreamName,
        known: Option<String>,
        rule: StreamRule,
    ) -> Result<(), Guarded<RuleFault>> {
        let (this, caller, stream) = (self.clone(), caller.clone(), stream.clone());
        let done = self.whole(async move {
            let forbids = rule.forbidden(this.parts.clock.unix()).is_some();
            let change = |now: &mut StreamRule| {
                if shown(now) != known {
                    return Err(Guarded::Changed);
                }
                *now = rule;
                Ok(())
            };
            this.try_change_rule(app, &caller, "stream.restore", &stream, change).await?;
            this.apply_delay(app, &stream);
            if !forbids {
                return Ok(());
            }
            this.parts.standing.closes();
            let cut = this.cut(app, &stream, Cut::Disabled).await;
            cut.map(drop).map_err(|ms| RuleFault::MediaSilent { ms }.into())
        });
        done.await.unwrap_or(Err(RuleFault::NotWritten.into()))
    }

    /// Ends what a time has ended. Called about once a second.
    pub fn handle_timeout(&self) {
        let delayed = self.parts.standing.delayed();
        self.parts.standing.expire(self.parts.clock.unix());
        delayed.iter().for_each(|(app, stream)| self.apply_delay(*app, stream));
    }

    fn apply_delay(&self, app: AppId, stream: &StreamName) {
        let ms = self.parts.standing.delay_ms(app, stream, self.parts.clock.unix());
        self.parts.hub.set_delay(app, stream, ms);
    }

    /// Changes a rule as it is in memory, which is what is on disk.
    async fn change_rule(
        &self,
        app: AppId,
        caller: &Caller,
        operation: &'static str,
        stream: &StreamName,
        change: impl FnOnce(&mut StreamRule),
    ) -> Result<(), RuleFault> {
        let change = |rule: &mut StreamRule| {
            change(rule);
            Ok::<(), RuleFault>(())
        };
        self.try_change_rule(app, caller, operation, stream, change).await
    }

    async fn try_change_rule<E: From<RuleFault>>(
        &self,
        app: AppId,
        caller: &Caller,
        operation: &'static str,
        stream: &StreamName,
        change: impl FnOnce(&mut StreamRule) -> Result<(), E>,
    ) -> Result<(), E> {
        // One after the other: of two changes at once neither is lost.
        let _turn = self.turns.acquire().await;
        let before = self.parts.standing.rule(app, stream).as_deref().cloned().unwrap_or_default();
        let mut after = before.clone();
        change(&mut after)?;
        let (limit, now) = (self.parts.limits.get().stream_rules_max, self.parts.clock.unix());
        let (caller, subject) = (caller.clone(), subject(stream));
        let change = Audited { app, caller, operation, subject, before: shown(&before), after: shown(&after) };
        let written = self.parts.store.noted(change.at(now)).set_rule(app, stream, &after, limit, now).await;
        let written = written.map_err(|fault| {
            tracing::error!(%fault, cause = cause(&fault), "a rule cannot be written");
            RuleFault::NotWritten
        })?;
        if !written {
            return Err(RuleFault::Quota { limit }.into());
        }
        self.parts.standing.set_rule(app, stream, after.clone());
        Ok(())
    }
}

fn subject(stream: &StreamName) -> String {
    format!("stream/{stream}")
}

fn shown(rule: &StreamRule) -> Option<String> {
    let forbid =
        rule.forbid.as_ref().map(|forbid| serde_json::json!({ "until_ms": forbid.until.0, "reason": forbid.reason }));
    let delay =
        rule.delay.map(|delay| serde_json::json!({ "ms": delay.ms, "until_ms": delay.until.map(|until| until.0) }));
    (!rule.is_empty()).then(|| serde_json::json!({ "forbid": forbid, "delay": delay }).to_string())
}
