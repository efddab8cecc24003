//! Record templates, and the rules that say which streams they are for.

use std::sync::Arc;

use serde_json::{Value, json};
use vivace_base::AppId;
use vivace_domain::recording::{RecordFault, RecordRule, RecordTemplate};
use vivace_store::RuleWritten;

use super::{Recordings, unreadable, unwritten};
use crate::Caller;
use crate::fields::{FIELD_BYTES_MAX, too_long};

impl Recordings {
    /// An app's templates in the order of their numbers, or the one of this number.
    ///
    /// # Errors
    /// [`RecordFault::Unreadable`].
    pub async fn templates(&self, app: AppId, id: Option<u64>) -> Result<Vec<RecordTemplate>, RecordFault> {
        self.parts.store.reader().record_templates(app, id).await.map_err(|fault| unreadable(&fault))
    }

    /// One template.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownTemplate`, `Unreadable`.
    pub async fn template(&self, app: AppId, id: u64) -> Result<RecordTemplate, RecordFault> {
        let found = self.templates(app, Some(id)).await?.into_iter().next();
        found.ok_or_else(|| RecordFault::UnknownTemplate { id: id.to_string() })
    }

    /// Makes a template; its number and times are given here. On disk when this returns.
    ///
    /// # Errors
    /// [`RecordFault`]: a value out of its range, `Quota`, and those of the store.
    pub async fn create_template(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        new: RecordTemplate,
    ) -> Result<u64, RecordFault> {
        new.check()?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move { this.create_template_now(app, &caller, new).await }).await
    }

    async fn create_template_now(&self, app: AppId, caller: &Caller, new: RecordTemplate) -> Result<u64, RecordFault> {
        let (limit, now) = (self.parts.limits.get().record_templates_max, self.now());
        let new = RecordTemplate { created_at: now, updated_at: now, ..new };
        let store = self.noted_new(app, caller, "record_template.create", "record_template", &shown(&new));
        let made = store.create_record_template(app, &new, limit).await;
        let id = made.map_err(|fault| unwritten(&fault))?;
        id.ok_or(RecordFault::Quota { what: "record templates", limit })
    }

    /// Changes a template; it holds for pushes that begin from now on. On disk when this returns.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownTemplate`, a value out of its range, and those of the store.
    pub async fn change_template(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        changed: RecordTemplate,
    ) -> Result<(), RecordFault> {
        let before = self.template(app, changed.id).await?;
        changed.check()?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move { this.change_template_now(app, &caller, &before, changed).await }).await
    }

    async fn change_template_now(
        &self,
        app: AppId,
        caller: &Caller,
        before: &RecordTemplate,
        changed: RecordTemplate,
    ) -> Result<(), RecordFault> {
        let changed = RecordTemplate { created_at: before.created_at, updated_at: self.now(), ..changed };
        let subject = format!("record_template/{}", changed.id);
        let both = (Some(&shown(before)), Some(&shown(&changed)));
        let store = self.noted(app, caller, "record_template.change", subject, both);
        let done = store.change_record_template(app, &changed).await;
        if !done.map_err(|fault| unwritten(&fault))? {
            return Err(RecordFault::UnknownTemplate { id: changed.id.to_string() });
        }
        Ok(())
    }

    /// Deletes a template that no rule names. On disk when this returns.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownTemplate`, `TemplateUsed`, and those of the store.
    pub async fn delete_template(self: &Arc<Self>, app: AppId, caller: &Caller, id: u64) -> Result<(), RecordFault> {
        let before = self.template(app, id).await?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move { this.delete_template_now(app, &caller, &before).await }).await
    }

    async fn delete_template_now(
        &self,
        app: AppId,
        caller: &Caller,
        before: &RecordTemplate,
    ) -> Result<(), RecordFault> {
        let subject = format!("record_template/{}", before.id);
        let store = self.noted(app, caller, "record_template.delete", subject, (Some(&shown(before)), None));
        let done = store.delete_record_template(app, before.id).await;
        if !done.map_err(|fault| unwritten(&fault))? {
            return Err(RecordFault::TemplateUsed { id: before.id });
        }
        Ok(())
    }

    /// An app's rules.
    ///
    /// # Errors
    /// [`RecordFault::Unreadable`].
    pub async fn rules(&self, app: AppId) -> Result<Vec<RecordRule>, RecordFault> {
        self.parts.store.reader().record_rules(app).await.map_err(|fault| unreadable(&fault))
    }

    /// Makes a rule; it holds for pushes that begin from now on. On disk when this returns.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownTemplate`, `RuleKnown`, `Quota`, and those of the store.
    pub async fn create_rule(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        rule: RecordRule,
    ) -> Result<(), RecordFault> {
        check(&rule)?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move { this.create_rule_now(app, &caller, rule).await }).await
    }

    async fn create_rule_now(&self, app: AppId, caller: &Caller, rule: RecordRule) -> Result<(), RecordFault> {
        let rule = RecordRule { created_at: self.now(), ..rule };
        let limit = self.parts.limits.get().record_rules_max;
        let after = json!({ "template": rule.template });
        let store = self.noted(app, caller, "record_rule.create", subject_of(&rule), (None, Some(&after)));
        let written = store.create_record_rule(app, &rule, limit).await;
        match written.map_err(|fault| unwritten(&fault))? {
            RuleWritten::Made => Ok(()),
            RuleWritten::Known => Err(RecordFault::RuleKnown),
            RuleWritten::NoTemplate => Err(RecordFault::UnknownTemplate { id: rule.template.to_string() }),
            RuleWritten::Full => Err(RecordFault::Quota { what: "record rules", limit }),
        }
    }

    /// Deletes the rule for exactly these streams; its template and time are not looked at. On disk when this returns.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownRule`, and those of the store.
    pub async fn delete_rule(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        rule: RecordRule,
    ) -> Result<(), RecordFault> {
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move { this.delete_rule_now(app, &caller, &rule).await }).await
    }

    async fn delete_rule_now(&self, app: AppId, caller: &Caller, rule: &RecordRule) -> Result<(), RecordFault> {
        let same = |one: &RecordRule| (&one.domain, &one.path, &one.stream) == (&rule.domain, &rule.path, &rule.stream);
        let before = self.rules(app).await?.into_iter().find(same).ok_or(RecordFault::UnknownRule)?;
        let shown = json!({ "template": before.template });
        let store = self.noted(app, caller, "record_rule.delete", subject_of(rule), (Some(&shown), None));
        let done = store.delete_record_rule(app, rule).await;
        if !done.map_err(|fault| unwritten(&fault))? {
            return Err(RecordFault::UnknownRule);
        }
        Ok(())
    }
}

fn check(rule: &RecordRule) -> Result<(), RecordFault> {
    let long = too_long(&rule.domain, &rule.path, &rule.stream);
    long.map_or(Ok(()), |(field, bytes)| Err(RecordFault::TooLong { field, bytes, max: FIELD_BYTES_MAX }))
}

fn subject_of(rule: &RecordRule) -> String {
    format!("record_rule/{}/{}/{}", rule.domain, rule.path, rule.stream)
}

fn shown(template: &RecordTemplate) -> Value {
    let formats = template.formats.iter().map(|setting| {
        json!({
            "format": setting.format.as_str(),
            "interval_ms": setting.interval_ms,
            "keep_ms": setting.keep_ms,
            "name": setting.name,
        })
    });
    json!({
        "name": template.name,
        "description": template.description,
        "formats": formats.collect::<Vec<_>>(),
    })
}
