use vivace_base::{AppId, SessionId, StreamName};
use vivace_domain::hook::{HookKind, HookUrl};
use vivace_store::{EventKind, Fault, LiveEvent, NewHook};

use crate::Callbacks;
use crate::callbacks::Shared;

/// What an event is about: by this it is found where it goes.
#[derive(Clone, Copy, Debug)]
pub struct HookAbout<'a> {
    /// Whose stream.
    pub app: AppId,
    /// The host name that was pushed to.
    pub domain: &'a str,
    /// The application name that was pushed to.
    pub path: &'a str,
    /// The stream.
    pub stream: &'a StreamName,
    /// What happened.
    pub kind: HookKind,
}

impl Callbacks {
    /// An event for the outbox, to be written by its caller together with what it tells of; none if nobody wants to hear
    /// of it. [`Callbacks::wake`] once it is written.
    ///
    /// # Errors
    /// [`Fault`]: the rules cannot be read.
    pub async fn hook(&self, about: HookAbout<'_>, body: &str) -> Result<Option<NewHook>, Fault> {
        self.shared().hook(about, body).await
    }

    /// Events were left out, because the outbox had no place for them: counted, logged and noted.
    pub fn left_out(&self, count: u64) {
        self.shared().left_out(count);
    }
}

impl Shared {
    pub(crate) async fn hook(&self, about: HookAbout<'_>, body: &str) -> Result<Option<NewHook>, Fault> {
        let HookAbout { app, domain, path, stream, kind } = about;
        let target = match self.store.reader().callback_target(app, domain, path, stream, kind).await {
            Err(fault @ Fault::Damaged { .. }) => {
                // It would never be read: the others are not to wait for it.
                let cause = std::error::Error::source(&fault).map(ToString::to_string);
                tracing::error!(%fault, cause, %stream, "a rule of callbacks is damaged: callback.url is told");
                None
            }
            read => read?,
        };
        let (template, url) = match target {
            Some(target) => (Some(target.template), target.url),
            None => (None, self.settings.read().url.as_ref().map(|url| url.text().to_owned())),
        };
        let Some(url) = url else { return Ok(None) };
        let host = match HookUrl::parse(&url) {
            Ok(parsed) => parsed.host_header(),
            Err(fault) => {
                tracing::error!(template, %fault, "a template of callbacks has an address that is none");
                return Ok(None);
            }
        };
        Ok(Some(NewHook { app, stream: stream.clone(), kind, url, host, template, body: body.to_owned() }))
    }

    pub(crate) fn left_out(&self, count: u64) {
        self.tally.dropped(count);
        let detail = format!("{count} callbacks are left out: limits.outbox_rows_max events wait already");
        tracing::error!(count, "callbacks are left out: outbox_rows_max events wait already");
        self.events.record(LiveEvent {
            at: self.clock.unix(),
            session: SessionId(0),
            stream: None,
            peer: String::new(),
            kind: EventKind::CallbackDropped,
            table: None,
            code: None,
            detail,
        });
    }
}
