//! Screenshots: what is told of them, and the way from the use cases to the one who takes them.

use std::sync::{Arc, OnceLock, Weak};

use vivace_base::{AppId, StreamName};
use vivace_domain::App;
use vivace_domain::live::APP_NAME;
use vivace_domain::picture::{Picture, PictureKey};
use vivace_gate::{PictureDesk, Taking};
use vivace_hub::Stream;
use vivace_lvb::callbacks::{ScreenshotFacts, screenshot};
use vivace_worker::pictures::{PictureFace, PictureOrigin, Pictures};

use crate::shared::Shared;
use crate::{Config, records};

/// Where pictures are fetched from.
pub(crate) const PICTURES: &str = "/pictures/";

/// The words of screenshots.
#[derive(Default)]
pub(crate) struct LvbPictures {
    shared: OnceLock<Weak<Shared>>,
}

impl LvbPictures {
    /// From now on streams, settings and keys are those of this server.
    pub(crate) fn follow(&self, shared: &Arc<Shared>) {
        // Set once only: there is one server.
        let _ = self.shared.set(Arc::downgrade(shared));
    }

    fn shared(&self) -> Option<Arc<Shared>> {
        self.shared.get().and_then(Weak::upgrade)
    }
}

impl PictureFace for LvbPictures {
    fn origin(&self, stream: &Stream) -> PictureOrigin {
        let pusher = self.shared().map(|shared| shared.statistics.pusher(stream)).unwrap_or_default();
        let channel = pusher.channel.map_or_else(|| stream.name().to_string(), |id| id.to_string());
        PictureOrigin { domain: pusher.domain, path: APP_NAME.to_owned(), channel }
    }

    fn told(&self, picture: &Picture, origin: &PictureOrigin) -> String {
        let Some(shared) = self.shared() else { return "{}".to_owned() };
        let (config, app) = (shared.config(), shared.gate.app());
        // Without a name of its own the server is called as the publisher called it.
        let host = if origin.domain.is_empty() { "127.0.0.1" } else { &origin.domain };
        screenshot(ScreenshotFacts {
            appid: app.keys.appid,
            domain: &origin.domain,
            path: &origin.path,
            stream: picture.stream.as_str(),
            channel: &picture.channel,
            taken_at: picture.taken_at,
            bytes: picture.bytes,
            size: picture.size,
            pic_url: &path(&config, picture),
            pic_full_url: &url(&shared, &app, host, picture),
        })
    }
}

/// What a picture is called.
pub(crate) fn path(config: &Config, picture: &Picture) -> String {
    picture.path(i64::try_from(config.lvb_utc_offset_min).unwrap_or_default())
}

/// Where a picture is fetched from; `host` is what the client calls this server, without a port.
pub(crate) fn url(shared: &Shared, app: &App, host: &str, picture: &Picture) -> String {
    let (config, port) = (shared.config(), shared.addresses.http.port());
    let at = records::origin(config.public_host.as_deref().unwrap_or(host), port);
    let file = PictureKey(&app.keys.api_token).file(picture.id);
    format!("{at}{PICTURES}{file}")
}

/// The one who takes pictures, as the use cases see it.
pub(crate) struct ShotDesk(pub(crate) Pictures);

impl PictureDesk for ShotDesk {
    fn changed(&self) {
        self.0.changed();
    }

    fn is_there(&self) -> bool {
        self.0.is_there()
    }

    fn failing(&self, task: i64) -> bool {
        self.0.failing(task)
    }

    fn take<'a>(&'a self, app: AppId, stream: &'a StreamName) -> Taking<'a> {
        Box::pin(self.0.take(app, stream))
    }
}
