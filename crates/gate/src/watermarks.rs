//! The use cases of watermarks: pictures that streams may carry, by their channel or by a rule.

mod rules;

use std::sync::Arc;

use thiserror::Error;
use vivace_base::AppId;
use vivace_store::{Note, Store, Watermark};

use crate::channels::cause;
use crate::{Audited, Caller, Channels};

/// Who keeps the pictures of watermarks.
pub trait Marks: Send + Sync {
    /// A watermark has been deleted. Must not wait.
    fn gone(&self, id: u64);
}

/// A watermark that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWatermark {
    /// Its name for people.
    pub name: String,
    /// Where its picture is: `http://` or `https://`.
    pub picture: String,
    /// Its place from the left, in percent of the width.
    pub x: i64,
    /// Its place from the top, in percent of the height.
    pub y: i64,
}

/// Why a watermark was not made, shown or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WatermarkFault {
    /// A value lies outside its range.
    #[error("{field} must be {expected}")]
    Value {
        /// The parameter.
        field: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// The app has as many as it may.
    #[error("the app has {limit} {what}, the most that are allowed")]
    Quota {
        /// Of what.
        what: &'static str,
        /// How many are allowed.
        limit: u64,
    },
    /// It takes FFmpeg, which is not there.
    #[error("a watermark takes ffmpeg, which this server does not find")]
    NoTranscoder,
    /// The app has no such watermark.
    #[error("there is no such watermark")]
    Unknown,
    /// A rule names the watermark.
    #[error("a rule names this watermark: delete the rule first")]
    Used,
    /// There is a rule for exactly these streams.
    #[error("there is a rule for this domain, path and stream already")]
    RuleKnown,
    /// There is none.
    #[error("there is no rule for exactly this domain, path and stream")]
    RuleUnknown,
    /// The store could not be read; the log has the reason.
    #[error("the watermarks could not be read")]
    Unreadable,
    /// The store could not be written; the log has the reason.
    #[error("the watermark could not be written")]
    NotWritten,
}

impl Channels {
    /// Makes a watermark. On disk when this returns.
    ///
    /// # Errors
    /// [`WatermarkFault`].
    pub async fn create_watermark(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        new: &NewWatermark,
    ) -> Result<Watermark, WatermarkFault> {
        let limits = self.parts.limits.get();
        self.check_watermark(new, limits.channel_name_bytes_max, limits.url_bytes_max)?;
        if !self.has_transcoder() {
            return Err(WatermarkFault::NoTranscoder);
        }
        let limit = limits.watermarks_per_app_max;
        let created_at = self.parts.clock.unix();
        let NewWatermark { name, picture, x, y } = new.clone();
        let (this, caller) = (self.clone(), caller.clone());
        let made = self.whole(async move {
            let new = Watermark { id: 0, name, picture, x, y, created_at };
            let store = this.noted_watermark(app, caller, "watermark.create", None, (None, Some(&new)));
            let id = store.create_watermark(app, &new, limit).await.map_err(|fault| unwritten(&fault))?;
            Ok(Watermark { id: id.ok_or(WatermarkFault::Quota { what: "watermarks", limit })?, ..new })
        });
        made.await.unwrap_or(Err(WatermarkFault::NotWritten))
    }

    /// The watermarks of an app behind number `after`, at most `limit`.
    ///
    /// # Errors
    /// [`WatermarkFault::Unreadable`].
    pub async fn watermarks(&self, app: AppId, after: u64, limit: u32) -> Result<Vec<Watermark>, WatermarkFault> {
        self.parts.store.reader().watermarks(app, after, limit).await.map_err(|fault| unreadable(&fault))
    }

    /// Changes a watermark. The next push of each channel that names it shows it so. On disk when this returns.
    ///
    /// # Errors
    /// [`WatermarkFault`].
    pub async fn change_watermark(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        id: u64,
        new: &NewWatermark,
    ) -> Result<(), WatermarkFault> {
        let limits = self.parts.limits.get();
        self.check_watermark(new, limits.channel_name_bytes_max, limits.url_bytes_max)?;
        let NewWatermark { name, picture, x, y } = new.clone();
        let (this, caller) = (self.clone(), caller.clone());
        let changed = self.whole(async move {
            let before = this.watermarks(app, id.saturating_sub(1), 1).await?.into_iter().find(|one| one.id == id);
            let before = before.ok_or(WatermarkFault::Unknown)?;
            let after = Watermark { id, name, picture, x, y, created_at: before.created_at };
            let store = this.noted_watermark(app, caller, "watermark.modify", Some(id), (Some(&before), Some(&after)));
            match store.change_watermark(app, &after).await.map_err(|fault| unwritten(&fault))? {
                true => Ok(()),
                false => Err(WatermarkFault::Unknown),
            }
        });
        changed.await.unwrap_or(Err(WatermarkFault::NotWritten))
    }

    /// Deletes a watermark that no rule names. Channels that name it go on without its picture, and each push of them says
    /// so. Gone from disk when this returns.
    ///
    /// # Errors
    /// [`WatermarkFault`]: `Unknown`, `Used`, `Unreadable`, `NotWritten`.
    pub async fn delete_watermark(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        id: u64,
    ) -> Result<(), WatermarkFault> {
        let (this, caller) = (self.clone(), caller.clone());
        let deleted = self.whole(async move {
            // Numbers are not given twice.
            let before = this.watermarks(app, id.saturating_sub(1), 1).await?.into_iter().find(|one| one.id == id);
            let before = before.ok_or(WatermarkFault::Unknown)?;
            let store = this.noted_watermark(app, caller, "watermark.delete", Some(id), (Some(&before), None));
            if store.delete_watermark(app, id).await.map_err(|fault| unwritten(&fault))? {
                this.parts.marks.gone(id);
                return Ok(());
            }
            let names_it = this.watermark_rules(app).await?.iter().any(|rule| rule.watermark == id);
            Err(if names_it { WatermarkFault::Used } else { WatermarkFault::Unknown })
        });
        deleted.await.unwrap_or(Err(WatermarkFault::NotWritten))
    }

    fn check_watermark(&self, new: &NewWatermark, name_max: usize, picture_max: usize) -> Result<(), WatermarkFault> {
        let wrong = |field, expected| Err(WatermarkFault::Value { field, expected });
        if new.name.trim().is_empty() || new.name.len() > name_max {
            return wrong("name", "a name of at most limits.channel_name_bytes_max bytes");
        }
        let lower = new.picture.to_ascii_lowercase();
        if !(lower.starts_with("http://") || lower.starts_with("https://")) || lower.len() > picture_max {
            return wrong("picture", "an http:// or https:// address of at most limits.url_bytes_max bytes");
        }
        match (new.x, new.y) {
            (0..=100, 0..=100) => Ok(()),
            (0..=100, _) => wrong("y", "from 0 to 100"),
            _ => wrong("x", "from 0 to 100"),
        }
    }

    /// `id` is none for a new one, which the store gives its number.
    fn noted_watermark(
        &self,
        app: AppId,
        caller: Caller,
        operation: &'static str,
        id: Option<u64>,
        (before, after): (Option<&Watermark>, Option<&Watermark>),
    ) -> Store {
        let shown = |one: &Watermark| serde_json::json!({ "name": one.name, "x": one.x, "y": one.y }).to_string();
        let (before, after) = (before.map(shown), after.map(shown));
        let now = self.parts.clock.unix();
        self.parts.store.noted(Note::numbered(move |made| {
            let subject = format!("watermark/{}", id.unwrap_or(made.cast_unsigned()));
            let (caller, before, after) = (caller.clone(), before.clone(), after.clone());
            Audited { app, caller, operation, subject, before, after }.at(now)
        }))
    }
}

fn unreadable(fault: &vivace_store::Fault) -> WatermarkFault {
    tracing::error!(%fault, cause = cause(fault), "watermarks cannot be read");
    WatermarkFault::Unreadable
}

fn unwritten(fault: &vivace_store::Fault) -> WatermarkFault {
    tracing::error!(%fault, cause = cause(fault), "a watermark, or a rule of one, cannot be written");
    WatermarkFault::NotWritten
}
