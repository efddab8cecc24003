//! Entry points for fuzzing: any bytes may go in, and nothing may panic.

use vivace_base::{Limits, Secret, StreamName, UnixMs};

use super::{KeyPair, Past, Shift, Signature, Stamp, StreamQuery, WhichKey, play_url, push_url, split_file};
use super::{PlayFormat, sign, verify_play, verify_push};

/// Any text as what an address carries behind its name: what is read keeps its promises, and a signature holds for the
/// key, the name and the time that it was made with and for no other.
///
/// # Panics
/// If a promise is broken.
pub fn query(data: &[u8]) {
    let raw = String::from_utf8_lossy(data);
    let small = Limits { url_bytes_max: 24, ..Limits::default() };
    assert_eq!(StreamQuery::parse(&raw, &small).is_ok(), raw.len() <= 24 && parsed(&raw).is_some());
    let Some(query) = parsed(&raw) else { return };
    assert_eq!(query.signature, Signature::from_query(&raw, &Limits::default()).expect("it was read before"));
    let mut other = query.clone();
    other.signature.tx_secret = other.signature.tx_secret.map(|_| "another".to_owned());
    assert_eq!(format!("{query:?}"), format!("{other:?}"), "a secret is shown");
    let encoded = encoded(&raw);
    if encoded.len() <= Limits::default().url_bytes_max {
        assert_eq!(parsed(&encoded).as_ref(), Some(&query), "two spellings of one query differ");
    }
    signatures(&query.signature);
}

/// Any text as the query of a request for a stream's past: what is refused says why, and what was read is read again from
/// the way that our own playlists write it.
///
/// # Panics
/// If it is not.
pub fn shift(data: &[u8]) {
    let Some(Past { parameter, shift }) = parsed(&String::from_utf8_lossy(data)).and_then(|query| query.past) else {
        return;
    };
    assert!(["txTimeshift", "from", "to"].contains(&parameter));
    let shift = match shift {
        Ok(shift) => shift,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    if let Shift::Between { from, to } = shift {
        assert!(to.is_none_or(|to| from < to), "the end is not later than the begin");
        // Times before 1970 or of more digits are not written so.
        if from.0 < 0 || to.unwrap_or(from).0 > 9_999_999_999_999 {
            return;
        }
    }
    let written = shift.query();
    assert_eq!(parsed(&written).and_then(|query| query.past).map(|past| past.shift), Some(Ok(shift)), "{written}");
}

/// Any text as the last part of a play's path and as a stream name: what is accepted is written again as it was, and an
/// address made for it is accepted.
///
/// # Panics
/// If a promise is broken.
pub fn file(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok((name, format)) = split_file(&text) {
        let extension = match format {
            PlayFormat::Flv => "flv",
            PlayFormat::Mp4 => "mp4",
            _ => "m3u8",
        };
        assert_eq!(text, format!("{name}.{extension}"));
    }
    let Ok(name) = StreamName::parse(&text) else { return };
    assert_eq!(name.as_str(), text);
    assert!(text.len() <= StreamName::BYTES_MAX && !text.contains("..") && !text.contains('/'));
    let key = Secret::new("key".to_owned());
    let stamp = Some(Stamp { key: &key, expires_at: UnixMs(1_546_064_025_000) });
    let keys = KeyPair { main: &key, backup: &key };
    let made = [
        push_url("h:1", &name, 7, stamp),
        play_url(PlayFormat::Flv, "h:1", &name, stamp),
        play_url(PlayFormat::LlHls, "h:1", &name, stamp),
    ];
    for url in made {
        let (path, query) = url.split_once('?').expect("a stamped address has a query");
        assert!(path.contains(name.as_str()));
        let signature = Signature::from_query(query, &Limits::default()).expect("our own query is read");
        let verified = verify_push(&signature, &name, keys, 0, UnixMs(0)).expect("our own signature holds");
        assert_eq!(verified.expires_at, UnixMs(1_546_064_025_000));
    }
}

fn parsed(raw: &str) -> Option<StreamQuery> {
    match StreamQuery::parse(raw, &Limits::default()) {
        Ok(query) => Some(query),
        Err(fault) => {
            assert!(!fault.to_string().is_empty());
            None
        }
    }
}

/// The query with each plain byte of a name or value percent-encoded.
fn encoded(raw: &str) -> String {
    let mut out = String::new();
    let mut bytes = raw.bytes();
    let mut in_value = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'&' => in_value = false,
            b'=' if !in_value => in_value = true,
            b'+' => {}
            b'%' => {
                out.push('%');
                out.extend(bytes.by_ref().take(2).map(char::from));
                continue;
            }
            plain => {
                out.push_str(&format!("%{plain:02x}"));
                continue;
            }
        }
        out.push(char::from(byte));
    }
    out
}

fn signatures(given: &Signature) {
    let (main, backup) = (Secret::new("main".to_owned()), Secret::new("backup".to_owned()));
    let keys = KeyPair { main: &main, backup: &backup };
    let name = StreamName::parse("cam_550").expect("a good name");
    let check = |signature: &Signature, now| {
        let push = verify_push(signature, &name, keys, 1_000, now);
        let play = verify_play(signature, &name, None, keys, 1_000, now);
        assert!(push.is_err() || push == play, "a player is asked for more than a publisher");
        push
    };
    assert!(check(given, UnixMs(i64::MIN)).is_err(), "a signature was guessed");
    let Some(tx_time) = given.tx_time.clone() else { return };
    let signature = Signature { tx_secret: Some(sign(&backup, name.as_str(), &tx_time)), tx_time: Some(tx_time) };
    if let Ok(verified) = check(&signature, UnixMs(0)) {
        assert_eq!(verified.key, WhichKey::Backup);
        assert!(check(&signature, verified.expires_at).is_ok());
        assert!(check(&signature, UnixMs(verified.expires_at.0.saturating_add(1))).is_err(), "good for too long");
    }
}
