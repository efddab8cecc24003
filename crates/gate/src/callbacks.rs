//! The use cases of callbacks: where events go, which have been delivered, and sending one once more.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use vivace_base::{AppId, Clock, LiveLimits};
use vivace_domain::hook::{CallbackFault, HookKind, HookUrl};
use vivace_store::{CallbackRule, CallbackTemplate, Fault, Hook, HookFilter, HookState, NewTemplate, Note, Store};

use crate::channels::cause;
use crate::{Audited, Caller};

/// Bytes of a template's name, description and key, and of each field of a rule.
const TEXT_BYTES_MAX: usize = 128;

/// What the use cases need.
pub struct CallbackParts {
    /// Where templates, rules and events are kept.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Limits.
    pub limits: LiveLimits,
}

/// The use cases of callbacks. Each that changes something runs to its end even if its caller goes away: what is on disk
/// is noted.
pub struct CallbackRules {
    parts: CallbackParts,
    tasks: TaskTracker,
    /// Changes take turns, so that what is noted as before is what was.
    turns: Semaphore,
}

impl CallbackRules {
    /// The use cases, on these parts.
    pub fn new(parts: CallbackParts) -> Arc<Self> {
        Arc::new(Self { parts, tasks: TaskTracker::new(), turns: Semaphore::new(1) })
    }

    /// Waits for the changes that are under way.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn whole<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, CallbackFault>> + Send + 'static,
    ) -> Result<T, CallbackFault> {
        // A panic has been counted and logged as one; its caller hears that the change was not made.
        self.tasks.spawn(work).await.unwrap_or(Err(CallbackFault::NotWritten))
    }

    /// Events of an app, newest first, at most `count`: those that wait, and those that were delivered or given up, as
    /// long as they are kept.
    ///
    /// # Errors
    /// [`CallbackFault::Unreadable`].
    pub async fn events(&self, app: AppId, filter: &HookFilter, count: u32) -> Result<Vec<Hook>, CallbackFault> {
        self.parts.store.reader().hooks(app, filter, count).await.map_err(unreadable)
    }

    /// Sends an event once more that was delivered or given up; the number under which it waits now.
    ///
    /// # Errors
    /// [`CallbackFault`].
    pub async fn send_again(self: &Arc<Self>, app: AppId, caller: &Caller, seq: i64) -> Result<i64, CallbackFault> {
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move { this.send_again_now(app, &caller, seq).await }).await
    }

    async fn send_again_now(&self, app: AppId, caller: &Caller, seq: i64) -> Result<i64, CallbackFault> {
        let _turn = self.turns.acquire().await;
        let filter = HookFilter { before: Some(seq.saturating_add(1)), ..HookFilter::default() };
        let found = self.events(app, &filter, 1).await?.into_iter().next().filter(|hook| hook.seq == seq);
        match found.map(|hook| hook.state) {
            None => return Err(CallbackFault::EventUnknown { seq }),
            Some(HookState::Waiting) => return Err(CallbackFault::EventWaits { seq }),
            Some(HookState::Delivered | HookState::Dead) => {}
        }
        let (now, caller, operation) = (self.parts.clock.unix(), caller.clone(), "callback.send_again");
        let note = Note::numbered(move |again| {
            let (subject, after) = (format!("callback/{seq}"), Some(json!({ "sent_as": again }).to_string()));
            Audited { app, caller: caller.clone(), operation, subject, before: None, after }.at(now)
        });
        let again = self.parts.store.noted(note).resend_hook(app, seq, now).await.map_err(unwritten)?;
        again.ok_or(CallbackFault::OutboxFull)
    }

    /// An app's templates, or the one of this number.
    ///
    /// # Errors
    /// [`CallbackFault::Unreadable`]; `TemplateUnknown` if a number is given.
    pub async fn templates(&self, app: AppId, id: Option<i64>) -> Result<Vec<CallbackTemplate>, CallbackFault> {
        let found = self.parts.store.reader().callback_templates(app, id).await.map_err(unreadable)?;
        match id {
            Some(id) if found.is_empty() => Err(CallbackFault::TemplateUnknown { id }),
            _ => Ok(found),
        }
    }

    /// Makes a template; its number.
    ///
    /// # Errors
    /// [`CallbackFault`].
    pub async fn create_template(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        new: &NewTemplate,
    ) -> Result<i64, CallbackFault> {
        let (this, caller, new) = (self.clone(), caller.clone(), new.clone());
        self.whole(async move { this.create_template_now(app, &caller, &new).await }).await
    }

    async fn create_template_now(&self, app: AppId, caller: &Caller, new: &NewTemplate) -> Result<i64, CallbackFault> {
        check(new)?;
        let _turn = self.turns.acquire().await;
        let limit = self.parts.limits.get().callback_templates_max;
        if self.templates(app, None).await?.len() >= limit {
            return Err(CallbackFault::Quota { what: "templates", limit });
        }
        let (now, caller, operation) = (self.parts.clock.unix(), caller.clone(), "callback_template.create");
        let after = shown(new);
        let note = Note::numbered(move |id| {
            let (subject, after) = (subject(id), Some(after.clone()));
            Audited { app, caller: caller.clone(), operation, subject, before: None, after }.at(now)
        });
        self.parts.store.noted(note).create_callback_template(app, new, now).await.map_err(unwritten)
    }

    /// Puts another content into a template.
    ///
    /// # Errors
    /// [`CallbackFault`].
    pub async fn change_template(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        id: i64,
        new: &NewTemplate,
    ) -> Result<(), CallbackFault> {
        let (this, caller, new) = (self.clone(), caller.clone(), new.clone());
        self.whole(async move { this.change_template_now(app, &caller, id, &new).await }).await
    }

    async fn change_template_now(
        &self,
        app: AppId,
        caller: &Caller,
        id: i64,
        new: &NewTemplate,
    ) -> Result<(), CallbackFault> {
        check(new)?;
        let _turn = self.turns.acquire().await;
        let before = self.template(app, id).await?;
        let now = self.parts.clock.unix();
        let (before, after) = (Some(shown(&before.content)), Some(shown(new)));
        let store = self.noted(app, caller, "callback_template.change", subject(id), (before, after));
        let changed = store.change_callback_template(app, id, new, now).await.map_err(unwritten)?;
        if !changed {
            return Err(CallbackFault::TemplateUnknown { id });
        }
        Ok(())
    }

    /// Deletes a template that no rule uses.
    ///
    /// # Errors
    /// [`CallbackFault`].
    pub async fn delete_template(self: &Arc<Self>, app: AppId, caller: &Caller, id: i64) -> Result<(), CallbackFault> {
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move { this.delete_template_now(app, &caller, id).await }).await
    }

    async fn delete_template_now(&self, app: AppId, caller: &Caller, id: i64) -> Result<(), CallbackFault> {
        let _turn = self.turns.acquire().await;
        let before = self.template(app, id).await?;
        let shown = (Some(shown(&before.content)), None);
        let store = self.noted(app, caller, "callback_template.delete", subject(id), shown);
        if !store.delete_callback_template(app, id).await.map_err(unwritten)? {
            return Err(CallbackFault::TemplateUsed { id });
        }
        Ok(())
    }

    /// An app's rules, in the order in which they were made.
    ///
    /// # Errors
    /// [`CallbackFault::Unreadable`].
    pub async fn rules(&self, app: AppId) -> Result<Vec<CallbackRule>, CallbackFault> {
        self.parts.store.reader().callback_rules(app).await.map_err(unreadable)
    }

    /// Sends the events of streams by a template, in the place of the rule for exactly these streams if there is one. An
    /// empty field stands for all; the time in the rule is not looked at. It holds for events from now on.
    ///
    /// # Errors
    /// [`CallbackFault`].
    pub async fn put_rule(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        rule: &CallbackRule,
    ) -> Result<(), CallbackFault> {
        let (this, caller, rule) = (self.clone(), caller.clone(), rule.clone());
        self.whole(async move { this.put_rule_now(app, &caller, &rule).await }).await
    }

    async fn put_rule_now(&self, app: AppId, caller: &Caller, rule: &CallbackRule) -> Result<(), CallbackFault> {
        for (field, text) in [("domain", &rule.domain), ("path", &rule.path), ("stream", &rule.stream)] {
            fits(field, text)?;
        }
        let _turn = self.turns.acquire().await;
        let rules = self.rules(app).await?;
        let same = |known: &&CallbackRule| {
            (&known.domain, &known.path, &known.stream) == (&rule.domain, &rule.path, &rule.stream)
        };
        let before = rules.iter().find(same).map(|known| json!({ "template": known.template }).to_string());
        let limit = self.parts.limits.get().callback_rules_max;
        if before.is_none() && rules.len() >= limit {
            return Err(CallbackFault::Quota { what: "rules", limit });
        }
        let new = CallbackRule { created_at: self.parts.clock.unix(), ..rule.clone() };
        let (subject, after) = (subject_of(rule), json!({ "template": rule.template }).to_string());
        let store = self.noted(app, caller, "callback_rule.put", subject, (before, Some(after)));
        if !store.put_callback_rule(app, &new).await.map_err(unwritten)? {
            return Err(CallbackFault::TemplateUnknown { id: rule.template });
        }
        Ok(())
    }

    /// Deletes the rule for exactly these streams.
    ///
    /// # Errors
    /// [`CallbackFault`].
    pub async fn delete_rule(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        (domain, path, stream): (&str, &str, &str),
    ) -> Result<(), CallbackFault> {
        let (this, caller, names) = (self.clone(), caller.clone(), [domain, path, stream].map(str::to_owned));
        self.whole(async move {
            let [domain, path, stream] = names;
            this.delete_rule_now(app, &caller, (&domain, &path, &stream)).await
        })
        .await
    }

    async fn delete_rule_now(
        &self,
        app: AppId,
        caller: &Caller,
        (domain, path, stream): (&str, &str, &str),
    ) -> Result<(), CallbackFault> {
        let _turn = self.turns.acquire().await;
        let rules = self.rules(app).await?;
        let same = |known: &CallbackRule| (&*known.domain, &*known.path, &*known.stream) == (domain, path, stream);
        let before = rules.into_iter().find(same).ok_or(CallbackFault::RuleUnknown)?;
        let shown = json!({ "template": before.template }).to_string();
        let store = self.noted(app, caller, "callback_rule.delete", subject_of(&before), (Some(shown), None));
        if !store.delete_callback_rule(app, domain, path, stream).await.map_err(unwritten)? {
            return Err(CallbackFault::RuleUnknown);
        }
        Ok(())
    }

    async fn template(&self, app: AppId, id: i64) -> Result<CallbackTemplate, CallbackFault> {
        self.templates(app, Some(id)).await?.into_iter().next().ok_or(CallbackFault::TemplateUnknown { id })
    }

    /// The store for one change, which is noted with it.
    fn noted(
        &self,
        app: AppId,
        caller: &Caller,
        operation: &'static str,
        subject: String,
        (before, after): (Option<String>, Option<String>),
    ) -> Store {
        let change = Audited { app, caller: caller.clone(), operation, subject, before, after };
        self.parts.store.noted(change.at(self.parts.clock.unix()))
    }
}

fn check(new: &NewTemplate) -> Result<(), CallbackFault> {
    if new.name.is_empty() {
        return Err(CallbackFault::Empty { field: "name" });
    }
    fits("name", &new.name)?;
    fits("description", &new.description)?;
    if let Some(key) = &new.callback_key {
        if key.reveal().is_empty() {
            return Err(CallbackFault::Empty { field: "callback_key" });
        }
        fits("callback_key", key.reveal())?;
    }
    let mut seen: Vec<HookKind> = Vec::new();
    for (kind, url) in &new.urls {
        HookUrl::parse(url).map_err(|fault| CallbackFault::Url { kind: *kind, fault })?;
        if seen.contains(kind) {
            return Err(CallbackFault::TwoUrls { kind: *kind });
        }
        seen.push(*kind);
    }
    Ok(())
}

const fn fits(field: &'static str, text: &str) -> Result<(), CallbackFault> {
    let (bytes, max) = (text.len(), TEXT_BYTES_MAX);
    if bytes > max { Err(CallbackFault::TooLong { field, bytes, max }) } else { Ok(()) }
}

fn subject(id: i64) -> String {
    format!("callback_template/{id}")
}

fn subject_of(rule: &CallbackRule) -> String {
    format!("callback_rule/{}/{}/{}", rule.domain, rule.path, rule.stream)
}

/// A template without its key and without the queries of its addresses, which may be keys.
fn shown(template: &NewTemplate) -> String {
    let url = |(kind, url): &(HookKind, String)| {
        (kind.number().to_string(), HookUrl::parse(url).map_or_else(|_| String::new(), |url| url.shown()).into())
    };
    json!({
        "name": template.name,
        "description": template.description,
        "has_key": template.callback_key.is_some(),
        "urls": template.urls.iter().map(url).collect::<serde_json::Map<_, _>>(),
    })
    .to_string()
}

fn unreadable(fault: Fault) -> CallbackFault {
    tracing::error!(%fault, cause = cause(&fault), "callbacks cannot be read");
    CallbackFault::Unreadable
}

fn unwritten(fault: Fault) -> CallbackFault {
    tracing::error!(%fault, cause = cause(&fault), "callbacks cannot be written");
    CallbackFault::NotWritten
}

#[cfg(test)]
mod tests;
