use std::io::Write;
use std::ops::Range;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};

use super::Fault;

/// The body of a response: pieces that all players share, one after the other.
pub type Body = Vec<Bytes>;

/// What of a request's head decides about the response.
#[derive(Clone, Debug, Default)]
pub struct Head {
    gzip: bool,
    bodiless: bool,
    range: Option<(Option<u64>, Option<u64>)>,
    if_range: Option<HeaderValue>,
    if_none_match: Vec<HeaderValue>,
}

impl Head {
    /// Whether the response has no body: the request is a HEAD.
    pub const fn is_bodiless(&self) -> bool {
        self.bodiless
    }

    /// Whether a text may be sent [`packed`].
    pub const fn takes_gzip(&self) -> bool {
        self.gzip
    }

    /// Reads the head. A range counts in a GET only (RFC 9110, 14.2).
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let ranged = *method == Method::GET;
        Self {
            gzip: takes_gzip(text(header::ACCEPT_ENCODING)),
            bodiless: *method == Method::HEAD,
            range: range(text(header::RANGE)).filter(|_| ranged),
            if_range: headers.get(header::IF_RANGE).cloned(),
            if_none_match: headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect(),
        }
    }

    /// Whether the player has these very bytes: compared weakly (RFC 9110, 13.1.2).
    fn has(&self, etag: &HeaderValue) -> bool {
        let lists = self.if_none_match.iter().filter_map(|list| list.to_str().ok());
        lists
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one).as_bytes() == etag.as_bytes())
    }

    /// The range that counts: where it hangs on a validator, only if that is the bytes' strong one (RFC 9110, 13.1.5). A
    /// date is none here.
    fn range_of(&self, etag: Option<&HeaderValue>) -> Option<(Option<u64>, Option<u64>)> {
        self.range.filter(|_| self.if_range.is_none() || self.if_range.as_ref() == etag)
    }
}

/// How long a response may be kept by the player and by those between.
#[derive(Clone, Copy, Debug)]
pub enum Keep {
    /// The bytes never change.
    Immutable,
    /// Another one comes soon.
    Short,
    /// Asked for at the very moment.
    Never,
}

impl Keep {
    const fn value(self) -> &'static str {
        match self {
            Self::Immutable => "public, max-age=86400, immutable",
            // Playlists hold a session's token, so they are nobody else's.
            Self::Short => "private, max-age=1",
            Self::Never => "private, no-cache",
        }
    }
}

/// The response without its body where the request is a HEAD: HTTP/2 would send it otherwise.
pub(super) fn finish(head: &Head, mut response: Response<Body>) -> Response<Body> {
    if head.bodiless {
        let bytes: usize = std::mem::take(response.body_mut()).iter().map(Bytes::len).sum();
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    }
    response
}

/// A playlist of what has been kept, [`packed`] or not: of a `whole` one, nothing changes any more.
pub fn kept_playlist(head: &Head, body: Bytes, is_packed: bool, whole: bool) -> Response<Body> {
    finish(head, list(body, is_packed, if whole { Keep::Short } else { Keep::Never }))
}

/// A playlist, compressed if the player takes it so.
pub(super) fn playlist(head: &Head, text: impl Into<Bytes>, keep: Keep) -> Response<Body> {
    let text = text.into();
    match head.gzip.then(|| packed(&text)).flatten() {
        Some(packed) => list(packed, true, keep),
        None => list(text, false, keep),
    }
}

fn list(body: Bytes, is_packed: bool, keep: Keep) -> Response<Body> {
    let mut response = response(StatusCode::OK, "application/vnd.apple.mpegurl", keep, vec![body]);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Media bytes, or the range of them that is asked for.
///
/// # Errors
/// [`Fault::Range`].
pub(super) fn media(head: &Head, content_type: &'static str, pieces: Body) -> Result<Response<Body>, Fault> {
    let bytes: usize = pieces.iter().map(Bytes::len).sum();
    let (response, range) = ranged(head, content_type, bytes, None, Keep::Immutable)?;
    let body = if range.len() == bytes { pieces } else { cut(pieces, range) };
    Ok(response.map(|()| body))
}

/// The head of a response with bytes that never change, and which of them its body has; 304 says that the player has them,
/// by their entity tag.
///
/// # Errors
/// [`Fault::Range`].
pub fn ranged(
    head: &Head,
    content_type: &'static str,
    bytes: usize,
    etag: Option<&HeaderValue>,
    keep: Keep,
) -> Result<(Response<()>, Range<usize>), Fault> {
    let (mut response, range) = match head.range_of(etag).map(|asked| within(asked, bytes)) {
        _ if etag.is_some_and(|etag| head.has(etag)) => {
            (response(StatusCode::NOT_MODIFIED, content_type, keep, ()), 0..0)
        }
        None => (response(StatusCode::OK, content_type, keep, ()), 0..bytes),
        Some(None) => return Err(Fault::Range { bytes }),
        Some(Some(range)) => {
            let told = format!("bytes {}-{}/{bytes}", range.start, range.end - 1);
            let mut response = response(StatusCode::PARTIAL_CONTENT, content_type, keep, ());
            if let Ok(value) = HeaderValue::from_str(&told) {
                response.headers_mut().insert(header::CONTENT_RANGE, value);
            }
            (response, range)
        }
    };
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(etag) = etag {
        response.headers_mut().insert(header::ETAG, etag.clone());
    }
    Ok((response, range))
}

fn response<B>(status: StatusCode, content_type: &'static str, keep: Keep, body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep.value()));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let exposed = HeaderValue::from_static("X-Vivace-Session, Content-Length, Content-Range, Date, ETag");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A text as gzip (RFC 1952).
pub fn packed(text: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 3), Compression::fast());
    encoder.write_all(text).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Whether `Accept-Encoding` names gzip, and not with the weight zero (RFC 9110, 12.5.3).
fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
        named && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// One range of bytes; several, and other units, count as none (RFC 9110, 14.2).
fn range(text: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| -> Option<Option<u64>> {
        // A number beyond all files is one all the same.
        let digits = || text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().unwrap_or(u64::MAX));
        if text.is_empty() { Some(None) } else { digits().map(Some) }
    };
    let (first, last) = (number(first.trim())?, number(last.trim())?);
    (first.is_some() || last.is_some()).then_some((first, last))
}

/// The range within a file of so many bytes; `None` if it has none of them.
fn within((first, last): (Option<u64>, Option<u64>), bytes: usize) -> Option<Range<usize>> {
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let range = match (first, last) {
        (None, suffix) => bytes.saturating_sub(size(suffix?))..bytes,
        (Some(first), last) => size(first)..last.map_or(bytes, |last| size(last).saturating_add(1)).min(bytes),
    };
    (range.start < range.end).then_some(range)
}

/// The pieces' bytes in a range, still shared.
fn cut(pieces: Body, range: Range<usize>) -> Body {
    let mut at = 0;
    let mut out = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let (start, end) = (range.start.clamp(at, at + piece.len()), range.end.clamp(at, at + piece.len()));
        if start < end {
            out.push(piece.slice(start - at..end - at));
        }
        at += piece.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method, header};

    use super::{Fault, Head, Keep, finish, media, playlist, ranged};

    fn head(name: header::HeaderName, value: &'static str) -> Head {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        Head::of(&Method::GET, &headers)
    }

    fn pieces() -> Vec<Bytes> {
        vec![Bytes::from_static(b"0123"), Bytes::from_static(b"45"), Bytes::from_static(b"6789")]
    }

    #[test]
    fn ranges_are_cut_out_of_the_pieces() {
        for (asked, told, body) in [
            ("bytes=0-0", "bytes 0-0/10", "0"),
            ("bytes=3-6", "bytes 3-6/10", "3456"),
            ("bytes=4-", "bytes 4-9/10", "456789"),
            ("bytes=-3", "bytes 7-9/10", "789"),
            ("bytes=-99", "bytes 0-9/10", "0123456789"),
            ("bytes=8-99999999999999999999", "bytes 8-9/10", "89"),
            ("bytes=-99999999999999999999", "bytes 0-9/10", "0123456789"),
            ("bytes=8-18446744073709551615", "bytes 8-9/10", "89"),
        ] {
            let response = media(&head(header::RANGE, asked), "video/mp4", pieces()).unwrap();
            let range = response.headers().get(header::CONTENT_RANGE).map_or("", |value| value.to_str().unwrap());
            assert_eq!((range, response.status().as_u16()), (told, if told.is_empty() { 200 } else { 206 }), "{asked}");
            assert_eq!(response.body().concat(), body.as_bytes(), "{asked}");
        }
        for asked in ["bytes=10-", "bytes=99999999999999999999-", "bytes=-0", "bytes=5-4"] {
            let refused = media(&head(header::RANGE, asked), "video/mp4", pieces());
            assert_eq!(refused.map(|_| ()), Err(Fault::Range { bytes: 10 }), "{asked}");
        }
        for asked in ["bytes=1-2,4-5", "lines=1-2", "bytes=-", "bytes=a-b", "bytes=+1-2", ""] {
            assert_eq!(media(&head(header::RANGE, asked), "video/mp4", pieces()).unwrap().status(), 200, "{asked}");
        }
    }

    #[test]
    fn a_head_is_answered_with_the_length_alone_and_a_range_that_hangs_on_a_validator_is_passed_over() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1"));
        let head = Head::of(&Method::HEAD, &headers);
        let response = finish(&head, media(&head, "video/mp4", pieces()).unwrap());
        assert_eq!((response.status().as_u16(), response.body().len()), (200, 0));
        assert_eq!(response.headers()[header::CONTENT_LENGTH], "10");
        headers.insert(header::IF_RANGE, HeaderValue::from_static("\"a\""));
        let head = Head::of(&Method::GET, &headers);
        let response = finish(&head, media(&head, "video/mp4", pieces()).unwrap());
        assert_eq!((response.status().as_u16(), response.body().concat().len()), (200, 10));
    }

    #[test]
    fn a_tag_says_whether_a_player_has_the_bytes_and_whether_its_range_is_of_them() {
        let tag = HeaderValue::from_static("\"a-1\"");
        let asked = |name: header::HeaderName, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1"));
            headers.insert(name, HeaderValue::from_static(value));
            let head = Head::of(&Method::GET, &headers);
            let (response, range) = ranged(&head, "video/mp4", 10, Some(&tag), Keep::Never).unwrap();
            assert_eq!(response.headers()[header::ETAG], tag);
            assert_eq!(response.headers()[header::CACHE_CONTROL], "private, no-cache");
            (response.status().as_u16(), range.len())
        };
        for (value, told) in
            [("\"a-1\"", 206), ("W/\"a-1\"", 200), ("\"a-2\"", 200), ("Sat, 21 Nov 2026 16:00:00 GMT", 200)]
        {
            assert_eq!(asked(header::IF_RANGE, value), (told, if told == 206 { 2 } else { 10 }), "{value}");
        }
        for value in ["\"a-1\"", "\"b\", W/\"a-1\"", "*"] {
            assert_eq!(asked(header::IF_NONE_MATCH, value), (304, 0), "{value}");
        }
        assert_eq!(asked(header::IF_NONE_MATCH, "\"b\", \"a-10\""), (206, 2));
    }

    #[test]
    fn playlists_are_compressed_for_those_who_take_it() {
        for (accepted, packed) in [("gzip", true), ("br, GZIP;q=0.5", true), ("gzip;q=0", false), ("identity", false)] {
            let response = playlist(&head(header::ACCEPT_ENCODING, accepted), "#EXTM3U\n".repeat(50), Keep::Short);
            assert_eq!(response.headers().contains_key(header::CONTENT_ENCODING), packed, "{accepted}");
            let mut text = response.body().concat();
            if packed {
                let mut unpacked = Vec::new();
                flate2::read::GzDecoder::new(text.as_slice()).read_to_end(&mut unpacked).unwrap();
                text = unpacked;
            }
            assert_eq!(text, "#EXTM3U\n".repeat(50).as_bytes());
        }
    }
}
