//! Rules that say which streams a watermark is for.

use std::sync::Arc;

use serde_json::json;
use vivace_base::AppId;
use vivace_domain::watermark::WatermarkRule;
use vivace_store::{RuleWritten, Store};

use super::{WatermarkFault, unreadable, unwritten};
use crate::fields::too_long;
use crate::{Audited, Caller, Channels};

impl Channels {
    /// An app's rules, by domain, path and stream.
    ///
    /// # Errors
    /// [`WatermarkFault::Unreadable`].
    pub async fn watermark_rules(&self, app: AppId) -> Result<Vec<WatermarkRule>, WatermarkFault> {
        let found = self.parts.store.reader().watermark_rules(Some(app)).await.map_err(|fault| unreadable(&fault))?;
        Ok(found.into_iter().map(|(_, rule)| rule).collect())
    }

    /// Makes a rule; its time is given here. It holds for pushes and pulls that begin from now on, of streams whose channel
    /// names no watermark. On disk, and in effect, when this returns.
    ///
    /// # Errors
    /// [`WatermarkFault`].
    pub async fn create_watermark_rule(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        rule: WatermarkRule,
    ) -> Result<(), WatermarkFault> {
        check(&rule)?;
        if !self.has_transcoder() {
            return Err(WatermarkFault::NoTranscoder);
        }
        let (this, caller) = (self.clone(), caller.clone());
        let made = self.whole(async move { this.create_watermark_rule_now(app, caller, rule).await });
        made.await.unwrap_or(Err(WatermarkFault::NotWritten))
    }

    async fn create_watermark_rule_now(
        &self,
        app: AppId,
        caller: Caller,
        rule: WatermarkRule,
    ) -> Result<(), WatermarkFault> {
        let _turn = self.turns.acquire().await;
        let mut rules = self.watermark_rules(app).await?;
        let limit = self.parts.limits.get().watermark_rules_max;
        let rule = WatermarkRule { created_at: self.parts.clock.unix(), ..rule };
        let store = self.noted_rule(app, caller, "watermark_rule.create", &rule, (None, Some(shown(&rule))));
        let written = store.create_watermark_rule(app, &rule, limit).await;
        match written.map_err(|fault| unwritten(&fault))? {
            RuleWritten::Made => {
                rules.push(rule);
                self.parts.standing.set_watermark_rules(app, rules);
                Ok(())
            }
            RuleWritten::Known => Err(WatermarkFault::RuleKnown),
            RuleWritten::NoTemplate => Err(WatermarkFault::Unknown),
            RuleWritten::Full => Err(WatermarkFault::Quota { what: "watermark rules", limit }),
        }
    }

    /// Deletes the rule for exactly these streams; its watermark and time are not looked at. What is live keeps its mark
    /// until its push ends. Gone from disk, and out of effect, when this returns.
    ///
    /// # Errors
    /// [`WatermarkFault`]: `RuleUnknown`, `Unreadable`, `NotWritten`.
    pub async fn delete_watermark_rule(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        rule: WatermarkRule,
    ) -> Result<(), WatermarkFault> {
        let (this, caller) = (self.clone(), caller.clone());
        let deleted = self.whole(async move { this.delete_watermark_rule_now(app, caller, &rule).await });
        deleted.await.unwrap_or(Err(WatermarkFault::NotWritten))
    }

    async fn delete_watermark_rule_now(
        &self,
        app: AppId,
        caller: Caller,
        rule: &WatermarkRule,
    ) -> Result<(), WatermarkFault> {
        let _turn = self.turns.acquire().await;
        let mut rules = self.watermark_rules(app).await?;
        let at = rules.iter().position(|one| one.is_for_same(rule)).ok_or(WatermarkFault::RuleUnknown)?;
        let before = rules.remove(at);
        let store = self.noted_rule(app, caller, "watermark_rule.delete", &before, (Some(shown(&before)), None));
        if !store.delete_watermark_rule(app, &before).await.map_err(|fault| unwritten(&fault))? {
            return Err(WatermarkFault::RuleUnknown);
        }
        self.parts.standing.set_watermark_rules(app, rules);
        Ok(())
    }

    /// The store for one change, which is noted with it.
    fn noted_rule(
        &self,
        app: AppId,
        caller: Caller,
        operation: &'static str,
        WatermarkRule { domain, path, stream, .. }: &WatermarkRule,
        (before, after): (Option<String>, Option<String>),
    ) -> Store {
        let subject = format!("watermark_rule/{domain}/{path}/{stream}");
        let change = Audited { app, caller, operation, subject, before, after };
        self.parts.store.noted(change.at(self.parts.clock.unix()))
    }
}

fn check(rule: &WatermarkRule) -> Result<(), WatermarkFault> {
    match too_long(&rule.domain, &rule.path, &rule.stream) {
        Some((field, _)) => Err(WatermarkFault::Value { field, expected: "a text of at most 128 bytes" }),
        None => Ok(()),
    }
}

fn shown(rule: &WatermarkRule) -> String {
    json!({ "watermark": rule.watermark }).to_string()
}
