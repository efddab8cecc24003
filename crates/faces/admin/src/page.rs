use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

/// Nothing but our own files; the player's blobs are the media.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
     connect-src 'self'; media-src 'self' blob:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

/// One file of the page, embedded in the binary.
struct Asset {
    path: &'static str,
    media_type: &'static str,
    body: &'static str,
}

const ASSETS: [Asset; 32] = [
    Asset { path: "/", media_type: "text/html; charset=utf-8", body: include_str!("../assets/index.html") },
    Asset {
        path: "/assets/style.css",
        media_type: "text/css; charset=utf-8",
        body: include_str!("../assets/style.css"),
    },
    Asset { path: "/assets/icon.svg", media_type: "image/svg+xml", body: include_str!("../assets/icon.svg") },
    script("/assets/app.js", include_str!("../assets/app.js")),
    script("/assets/api.js", include_str!("../assets/api.js")),
    script("/assets/boxes.js", include_str!("../assets/boxes.js")),
    script("/assets/clock.js", include_str!("../assets/clock.js")),
    script("/assets/compare.js", include_str!("../assets/compare.js")),
    script("/assets/confirm.js", include_str!("../assets/confirm.js")),
    script("/assets/copy.js", include_str!("../assets/copy.js")),
    script("/assets/covers.js", include_str!("../assets/covers.js")),
    script("/assets/desk.js", include_str!("../assets/desk.js")),
    script("/assets/dom.js", include_str!("../assets/dom.js")),
    script("/assets/feeds.js", include_str!("../assets/feeds.js")),
    script("/assets/flv.js", include_str!("../assets/flv.js")),
    script("/assets/hls.js", include_str!("../assets/hls.js")),
    script("/assets/keeping.js", include_str!("../assets/keeping.js")),
    script("/assets/list.js", include_str!("../assets/list.js")),
    script("/assets/media.js", include_str!("../assets/media.js")),
    script("/assets/mux.js", include_str!("../assets/mux.js")),
    script("/assets/past.js", include_str!("../assets/past.js")),
    script("/assets/player.js", include_str!("../assets/player.js")),
    script("/assets/playlist.js", include_str!("../assets/playlist.js")),
    script("/assets/publish.js", include_str!("../assets/publish.js")),
    script("/assets/recordings.js", include_str!("../assets/recordings.js")),
    script("/assets/refusals.js", include_str!("../assets/refusals.js")),
    script("/assets/spark.js", include_str!("../assets/spark.js")),
    script("/assets/stage.js", include_str!("../assets/stage.js")),
    script("/assets/uploads.js", include_str!("../assets/uploads.js")),
    script("/assets/veil.js", include_str!("../assets/veil.js")),
    script("/assets/vod.js", include_str!("../assets/vod.js")),
    script("/assets/words.js", include_str!("../assets/words.js")),
];

const fn script(path: &'static str, body: &'static str) -> Asset {
    Asset { path, media_type: "text/javascript; charset=utf-8", body }
}

/// The file at `path`, if there is one.
pub(crate) fn asset(path: &str) -> Option<Response> {
    let asset = ASSETS.iter().find(|asset| asset.path == path)?;
    let mut response = (StatusCode::OK, asset.body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Some(response)
}
