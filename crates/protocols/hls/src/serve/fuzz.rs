//! Entry points for fuzzing: any bytes may go in, and nothing may panic.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use vivace_base::{AppId, Rng, StreamName, UnixMs};

use super::{ArchiveName, Fault, File, Head, KeptFile, RecordingPart, RecordingPath, Tokens, reply};
use crate::engine::{Container, Flavor};

/// Any text as the name of a file and as a token: a name has one spelling, and only a token that was issued holds.
///
/// # Panics
/// If a promise is broken.
pub fn file(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(file) = File::parse(&text) {
        let name = match file {
            File::Playlist(flavor) => File::playlist(flavor).to_owned(),
            File::Init(run, number) => format!("i{run}-{number}.mp4"),
            File::Segment(sequence, Container::Mp4) => format!("s{sequence}.m4s"),
            File::Segment(sequence, Container::Ts) => format!("s{sequence}.ts"),
            File::Part(run, number) => format!("p{run}-{number}.m4s"),
        };
        assert_eq!(name, text, "two names of one file");
    }
    for flavor in [Flavor::Mp4, Flavor::LowLatency, Flavor::Ts] {
        assert_eq!(File::parse(File::playlist(flavor)), Some(File::Playlist(flavor)));
    }
    token(data, &text);
}

/// Any text as a path below what has been kept: a file has one name, and no path leads anywhere else.
///
/// # Panics
/// If a promise is broken.
pub fn kept(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match KeptFile::parse(&text) {
        Some(KeptFile::Playlist) => assert_eq!(text, super::SHIFTED),
        Some(KeptFile::Whole) => assert_eq!(text, super::WHOLE),
        Some(KeptFile::Media(name)) => assert_eq!(written(name), text, "two names of one file"),
        None => assert_eq!(ArchiveName::parse(&text), None),
    }
    let Some(path) = RecordingPath::parse(&text) else { return };
    let (id, rest) = text.split_at_checked(26).expect("an id has 26 letters");
    assert_eq!(path.id.to_string(), id.to_ascii_uppercase());
    match path.part {
        RecordingPart::Whole { extension } => assert!(rest == format!(".{extension}") && !extension.contains('/')),
        RecordingPart::Below(name) => assert_eq!(format!("/{}", written(name)), rest, "two names of one file"),
    }
}

fn written(name: ArchiveName) -> String {
    match name {
        ArchiveName::Init(file) => format!("a-{file}.mp4"),
        ArchiveName::Segment { file, offset, bytes } => format!("a-{file}-{offset}-{bytes}.m4s"),
    }
}

struct Fixed;

impl Rng for Fixed {
    fn fill(&self, out: &mut [u8]) {
        out.fill(3);
    }
}

fn token(data: &[u8], text: &str) {
    let (tokens, name) = (Tokens::new(&Fixed), StreamName::parse("cam").expect("a good name"));
    let number = |at: usize| {
        data.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes: &[u8; 8]| u64::from_be_bytes(*bytes))
    };
    let (session, expires_at) = (number(0), UnixMs(number(8).cast_signed()));
    let issued = tokens.issue(AppId(1), &name, session, expires_at);
    assert_eq!(tokens.check(AppId(1), &name, &issued, expires_at), Ok(session));
    assert!(tokens.check(AppId(2), &name, &issued, expires_at).is_err(), "a token of another app holds");
    let given = tokens.check(AppId(1), &name, text, UnixMs(i64::MIN));
    assert!(given.is_err() || text == issued, "a token was guessed");
}

/// The first byte as the sizes of a file's pieces, the rest as the headers `Range` and `Accept-Encoding`: what is sent is
/// what RFC 9110 (14.2) says of the range.
///
/// # Panics
/// If it is not.
pub fn head(data: &[u8]) {
    let Some((sizes, rest)) = data.split_first() else { return };
    let mut lines = rest.splitn(2, |byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in [header::RANGE, header::ACCEPT_ENCODING] {
        if let Some(value) = lines.next().and_then(|line| HeaderValue::from_bytes(line).ok()) {
            headers.insert(name, value);
        }
    }
    let head = Head::of(&Method::GET, &headers);
    let whole: Vec<u8> = (0..sizes % 32).collect();
    let pieces = whole.chunks(usize::from(sizes >> 5) + 1).map(Bytes::copy_from_slice).collect();
    match reply::media(&head, "video/mp4", pieces) {
        Ok(response) => {
            let body = response.body().concat();
            let told = response.headers().get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
            match response.status() {
                StatusCode::OK => assert!(body == whole && told.is_none()),
                status => {
                    assert_eq!(status, StatusCode::PARTIAL_CONTENT);
                    let told = told.expect("a part says which");
                    let at = whole.windows(body.len().max(1)).position(|window| window == body);
                    let at = at.expect("a part is a part");
                    assert_eq!(told, format!("bytes {at}-{}/{}", at + body.len() - 1, whole.len()));
                }
            }
        }
        Err(fault) => assert!(matches!(fault, Fault::Range { bytes } if bytes == whole.len()), "{fault}"),
    }
    let list = reply::playlist(&head, "#EXTM3U\n".repeat(usize::from(*sizes)), reply::Keep::Never);
    let gzip = list.headers().contains_key(header::CONTENT_ENCODING);
    assert!(!gzip || headers.contains_key(header::ACCEPT_ENCODING), "compressed for nobody");
}
