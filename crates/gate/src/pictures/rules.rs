//! Templates of screenshots, and the rules that say which streams they are for.

use std::sync::Arc;

use serde_json::json;
use vivace_base::{AppId, UnixMs};
use vivace_domain::picture::{NewPictureTemplate, PictureFault, PictureRule, PictureTemplate};
use vivace_store::{Note, PutPictureRule};

use super::{PictureRules, unreadable, unwritten};
use crate::{Audited, Caller};

/// Bytes of each field of a rule.
const TEXT_BYTES_MAX: usize = 128;

impl PictureRules {
    /// An app's templates, or the one of this number.
    ///
    /// # Errors
    /// [`PictureFault::Unreadable`]; `TemplateUnknown` if a number is given.
    pub async fn templates(&self, app: AppId, id: Option<i64>) -> Result<Vec<PictureTemplate>, PictureFault> {
        let found = self.parts.store.reader().picture_templates(app, id).await.map_err(unreadable)?;
        match id {
            Some(id) if found.is_empty() => Err(PictureFault::TemplateUnknown { id }),
            _ => Ok(found),
        }
    }

    /// The template of this number.
    ///
    /// # Errors
    /// [`PictureFault`]: `Unreadable`, `TemplateUnknown`.
    pub async fn template(&self, app: AppId, id: i64) -> Result<PictureTemplate, PictureFault> {
        self.templates(app, Some(id)).await?.into_iter().next().ok_or(PictureFault::TemplateUnknown { id })
    }

    /// Makes a template; its number.
    ///
    /// # Errors
    /// [`PictureFault`].
    pub async fn create_template(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        new: NewPictureTemplate,
    ) -> Result<i64, PictureFault> {
        new.check()?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move {
            let (limit, now) = (this.parts.limits.get().picture_templates_max, this.parts.clock.unix());
            let after = shown(&new);
            let note = Note::numbered(move |id| {
                let (operation, subject, after) = ("screenshot_template.create", subject(id), Some(after.clone()));
                Audited { app, caller: caller.clone(), operation, subject, before: None, after }.at(now)
            });
            let store = this.parts.store.noted(note);
            let id = store.create_picture_template(app, &new, limit, now).await.map_err(unwritten)?;
            id.ok_or(PictureFault::Quota { what: "screenshot templates", limit })
        })
        .await
    }

    /// Puts another content into a template: in effect for rules at once, and not for the tasks that there are.
    ///
    /// # Errors
    /// [`PictureFault`].
    pub async fn change_template(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        id: i64,
        new: NewPictureTemplate,
    ) -> Result<(), PictureFault> {
        new.check()?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move {
            let _turn = this.turns.acquire().await;
            let before = this.template(app, id).await?;
            let now = this.parts.clock.unix();
            let change = (Some(shown(&before.content)), Some(shown(&new)));
            let store = this.noted(app, &caller, "screenshot_template.change", subject(id), change);
            if !store.change_picture_template(app, id, &new, now).await.map_err(unwritten)? {
                return Err(PictureFault::TemplateUnknown { id });
            }
            this.parts.desk.changed();
            Ok(())
        })
        .await
    }

    /// Deletes a template that no rule uses.
    ///
    /// # Errors
    /// [`PictureFault`].
    pub async fn delete_template(self: &Arc<Self>, app: AppId, caller: &Caller, id: i64) -> Result<(), PictureFault> {
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move {
            let _turn = this.turns.acquire().await;
            let before = this.template(app, id).await?;
            let change = (Some(shown(&before.content)), None);
            let store = this.noted(app, &caller, "screenshot_template.delete", subject(id), change);
            if !store.delete_picture_template(app, id).await.map_err(unwritten)? {
                return Err(PictureFault::TemplateUsed { id });
            }
            Ok(())
        })
        .await
    }

    /// An app's rules, in the order in which they were made.
    ///
    /// # Errors
    /// [`PictureFault::Unreadable`].
    pub async fn rules(&self, app: AppId) -> Result<Vec<PictureRule>, PictureFault> {
        self.parts.store.reader().picture_rules(app).await.map_err(unreadable)
    }

    /// Takes pictures of streams by a template, whenever they are live. An empty field stands for all; the time in the
    /// rule is not looked at. In effect at once.
    ///
    /// # Errors
    /// [`PictureFault`].
    pub async fn create_rule(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        rule: PictureRule,
    ) -> Result<(), PictureFault> {
        for (field, text) in [("DomainName", &rule.domain), ("AppName", &rule.path), ("StreamName", &rule.stream)] {
            let (bytes, max) = (text.len(), TEXT_BYTES_MAX);
            if bytes > max {
                return Err(PictureFault::TooLong { field, bytes, max });
            }
        }
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move {
            let _turn = this.turns.acquire().await;
            let rule = PictureRule { created_at: this.parts.clock.unix(), ..rule };
            this.template(app, rule.template).await?;
            let rules_max = this.parts.limits.get().picture_rules_max;
            let after = json!({ "template": rule.template }).to_string();
            let store = this.noted(app, &caller, "screenshot_rule.create", subject_of(&rule), (None, Some(after)));
            let put = store.put_picture_rule(PutPictureRule { app, rule: &rule, rules_max }).await;
            if !put.map_err(unwritten)? {
                let is_known = this.rules(app).await?.iter().any(|known| same(known, &rule));
                let quota = PictureFault::Quota { what: "screenshot rules", limit: rules_max };
                return Err(if is_known { PictureFault::RuleKnown } else { quota });
            }
            this.parts.desk.changed();
            Ok(())
        })
        .await
    }

    /// Deletes the rule for exactly these streams.
    ///
    /// # Errors
    /// [`PictureFault`].
    pub async fn delete_rule(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        (domain, path, stream): (&str, &str, &str),
    ) -> Result<(), PictureFault> {
        let [domain, path, stream] = [domain, path, stream].map(str::to_owned);
        let asked = PictureRule { domain, path, stream, template: 0, created_at: UnixMs(0) };
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move {
            let _turn = this.turns.acquire().await;
            let known = this.rules(app).await?.into_iter().find(|known| same(known, &asked));
            let before = known.ok_or(PictureFault::RuleUnknown)?;
            let PictureRule { domain, path, stream, .. } = &before;
            let was = json!({ "template": before.template }).to_string();
            let store = this.noted(app, &caller, "screenshot_rule.delete", subject_of(&before), (Some(was), None));
            if !store.delete_picture_rule(app, domain, path, stream).await.map_err(unwritten)? {
                return Err(PictureFault::RuleUnknown);
            }
            this.parts.desk.changed();
            Ok(())
        })
        .await
    }
}

fn same(one: &PictureRule, other: &PictureRule) -> bool {
    (&one.domain, &one.path, &one.stream) == (&other.domain, &other.path, &other.stream)
}

fn subject(id: i64) -> String {
    format!("screenshot_template/{id}")
}

fn subject_of(rule: &PictureRule) -> String {
    format!("screenshot_rule/{}/{}/{}", rule.domain, rule.path, rule.stream)
}

fn shown(template: &NewPictureTemplate) -> String {
    json!({
        "name": template.name,
        "description": template.description,
        "interval_s": template.interval_s,
        "width": template.width,
        "height": template.height,
    })
    .to_string()
}
