//! The use cases of watermarks: pictures that channels may carry.

use std::sync::Arc;

use thiserror::Error;
use vivace_base::AppId;
use vivace_store::Watermark;

use crate::channels::cause;
use crate::{Audited, Caller, Channels};

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
    #[error("the app has {limit} watermarks, the most that are allowed")]
    Quota {
        /// Watermarks allowed.
        limit: u64,
    },
    /// The app has no such watermark.
    #[error("there is no such watermark")]
    Unknown,
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
        let limit = limits.watermarks_per_app_max;
        let created_at = self.parts.clock.unix();
        let NewWatermark { name, picture, x, y } = new.clone();
        let (this, caller) = (self.clone(), caller.clone());
        let made = self.whole(async move {
            let new = Watermark { id: 0, name, picture, x, y, created_at };
            let id = this.parts.store.create_watermark(app, &new, limit).await.map_err(|fault| unwritten(&fault))?;
            let made = Watermark { id: id.ok_or(WatermarkFault::Quota { limit })?, ..new };
            this.note_watermark(app, caller, "watermark.create", made.id, (None, Some(&made))).await;
            Ok(made)
        });
        made.await.unwrap_or(Err(WatermarkFault::NotWritten))
    }

    /// The watermarks of an app behind number `after`, at most `limit`.
    ///
    /// # Errors
    /// [`WatermarkFault::Unreadable`].
    pub async fn watermarks(&self, app: AppId, after: u64, limit: u32) -> Result<Vec<Watermark>, WatermarkFault> {
        self.parts.store.reader().watermarks(app, after, limit).await.map_err(|fault| {
            tracing::error!(%fault, cause = cause(&fault), "watermarks cannot be read");
            WatermarkFault::Unreadable
        })
    }

    /// Deletes a watermark. Channels that name it go on without its picture. Gone from disk when this returns.
    ///
    /// # Errors
    /// [`WatermarkFault`]: `Unknown`, `NotWritten`.
    pub async fn delete_watermark(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        id: u64,
    ) -> Result<(), WatermarkFault> {
        let (this, caller) = (self.clone(), caller.clone());
        let deleted = self.whole(async move {
            // Numbers are not given twice, and what is behind one never changes.
            let before = this.watermarks(app, id.saturating_sub(1), 1).await?.into_iter().find(|one| one.id == id);
            if !this.parts.store.delete_watermark(app, id).await.map_err(|fault| unwritten(&fault))? {
                return Err(WatermarkFault::Unknown);
            }
            this.note_watermark(app, caller, "watermark.delete", id, (before.as_ref(), None)).await;
            Ok(())
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

    async fn note_watermark(
        &self,
        app: AppId,
        caller: Caller,
        operation: &'static str,
        id: u64,
        (before, after): (Option<&Watermark>, Option<&Watermark>),
    ) {
        let shown = |one: &Watermark| serde_json::json!({ "name": one.name, "x": one.x, "y": one.y }).to_string();
        let (before, after) = (before.map(shown), after.map(shown));
        let subject = format!("watermark/{id}");
        self.parts.audit.audit(Audited { app, caller, operation, subject, before, after }).await;
    }
}

fn unwritten(fault: &vivace_store::Fault) -> WatermarkFault {
    tracing::error!(%fault, cause = cause(fault), "a watermark cannot be written");
    WatermarkFault::NotWritten
}
