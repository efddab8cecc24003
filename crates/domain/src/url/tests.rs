mod shift;

use vivace_base::{Limits, Secret, StreamName, UnixMs};

use super::{
    FileFault, KeyPair, PlayFormat, QueryFault, Signature, SignatureFault, Stamp, StartAt, StreamQuery, Verified,
    WhichKey, play_url, push_url, sign, split_file, verify_play, verify_push,
};

const KEY: &str = "e12c46f2612d5106e2034781ab261ca3";
const OTHER: &str = "0123456789abcdef0123456789abcdef";
/// 0x5C271099 seconds.
const EXPIRY: UnixMs = UnixMs(1_546_064_025_000);

fn key(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn name(text: &str) -> StreamName {
    StreamName::parse(text).unwrap()
}

fn signature(tx_secret: &str, tx_time: &str) -> Signature {
    Signature { tx_secret: Some(tx_secret.to_owned()), tx_time: Some(tx_time.to_owned()) }
}

fn signed(by: &str, stream: &str, tx_time: &str) -> Signature {
    signature(&sign(&key(by), stream, tx_time), tx_time)
}

fn check(signature: &Signature, now: UnixMs) -> Result<Verified, SignatureFault> {
    let (main, backup) = (key(KEY), key(OTHER));
    verify_push(signature, &name("test"), KeyPair { main: &main, backup: &backup }, 0, now)
}

fn check_play(signature: &Signature, stream: &str) -> Result<WhichKey, SignatureFault> {
    let (main, backup) = (key(KEY), key(OTHER));
    let keys = KeyPair { main: &main, backup: &backup };
    let base = stream.strip_suffix("_550").map(name);
    verify_play(signature, &name(stream), base.as_ref(), keys, 0, EXPIRY).map(|verified| verified.key)
}

fn parse(raw: &str) -> Result<StreamQuery, QueryFault> {
    StreamQuery::parse(raw, &Limits::default())
}

#[test]
fn the_published_vector_is_met() {
    assert_eq!(sign(&key(KEY), "test", "5C271099"), "f85a2ab363fe4deaffef9754d79da6fe");
    let good = signature("f85a2ab363fe4deaffef9754d79da6fe", "5C271099");
    assert_eq!(check(&good, EXPIRY), Ok(Verified { key: WhichKey::Main, expires_at: EXPIRY }));
    let upper = signature("F85A2AB363FE4DEAFFEF9754D79DA6FE", "5C271099");
    assert!(check(&upper, EXPIRY).is_ok());
}

#[test]
fn the_backup_key_is_accepted_and_named() {
    let verified = check(&signed(OTHER, "test", "5C271099"), EXPIRY).unwrap();
    assert_eq!(verified.key, WhichKey::Backup);
}

#[test]
fn a_signature_of_another_key_name_or_time_is_wrong() {
    let wrong = Err(SignatureFault::SignatureWrong);
    assert_eq!(check(&signed("another", "test", "5C271099"), EXPIRY), wrong);
    assert_eq!(check(&signed(KEY, "test2", "5C271099"), EXPIRY), wrong);
    let moved = signature(&sign(&key(KEY), "test", "5C271099"), "6C271099");
    assert_eq!(check(&moved, EXPIRY), wrong);
    // The text is hashed, not the number.
    let lower = signature(&sign(&key(KEY), "test", "5C271099"), "5c271099");
    assert_eq!(check(&lower, EXPIRY), wrong);
    for odd in ["x", "f85a2ab363fe4deaffef9754d79da6f", "+85a2ab363fe4deaffef9754d79da6fe", &"ä".repeat(16)] {
        assert_eq!(check(&signature(odd, "5C271099"), EXPIRY), wrong, "{odd}");
    }
}

#[test]
fn an_empty_key_opens_nothing() {
    let (main, backup) = (key(""), key(""));
    let forged = signed("", "test", "5C271099");
    let answer = verify_push(&forged, &name("test"), KeyPair { main: &main, backup: &backup }, 0, EXPIRY);
    assert_eq!(answer, Err(SignatureFault::SignatureWrong));
}

#[test]
fn steps_are_taken_in_their_order() {
    let nothing = Signature::default();
    assert_eq!(check(&nothing, EXPIRY), Err(SignatureFault::ExpiryMissing));
    assert_eq!(check(&signature("ab", ""), EXPIRY), Err(SignatureFault::ExpiryMissing));
    assert_eq!(check(&signature("", "zz"), EXPIRY), Err(SignatureFault::SignatureMissing));
    assert_eq!(check(&signature("ab", "zz"), EXPIRY), Err(SignatureFault::ExpiryMalformed));
    // Expired and forged: the clock is not spoken of.
    assert_eq!(check(&signature("ab", "5C271099"), UnixMs(i64::MAX)), Err(SignatureFault::SignatureWrong));
}

#[test]
fn an_address_is_good_up_to_its_last_millisecond() {
    let good = signed(KEY, "test", "5C271099");
    assert!(check(&good, EXPIRY).is_ok());
    assert_eq!(check(&good, UnixMs(EXPIRY.0 + 1)), Err(SignatureFault::Expired { ago_ms: 1 }));
    let (main, backup) = (key(KEY), key(OTHER));
    let keys = KeyPair { main: &main, backup: &backup };
    let later = |ms| verify_push(&good, &name("test"), keys, 60_000, UnixMs(EXPIRY.0 + ms));
    assert!(later(60_000).is_ok());
    assert_eq!(later(60_001), Err(SignatureFault::Expired { ago_ms: 1 }));
    let forever = verify_push(&good, &name("test"), keys, u64::MAX, UnixMs(i64::MAX));
    assert_eq!(forever.map(|verified| verified.expires_at), Ok(UnixMs(i64::MAX)));
}

#[test]
fn tx_time_is_hex_or_ten_decimal_digits() {
    assert!(check(&signed(KEY, "test", "5c271099"), EXPIRY).is_ok());
    assert!(check(&signed(KEY, "test", "1546064025"), EXPIRY).is_ok());
    assert!(check(&signed(KEY, "test", "FFFFFFFF"), EXPIRY).is_ok());
    for odd in ["1546064025000", "5C2710990", "0x5C271099", "-1", "+5C27109", "5C27 099", "15460640A5"] {
        assert_eq!(check(&signed(KEY, "test", odd), EXPIRY), Err(SignatureFault::ExpiryMalformed), "{odd}");
    }
}

#[test]
fn a_play_of_a_rate_is_signed_with_or_without_its_suffix() {
    let (with, without) = (signed(KEY, "test_550", "5C271099"), signed(KEY, "test", "5C271099"));
    assert_eq!(check_play(&with, "test_550"), Ok(WhichKey::Main));
    assert_eq!(check_play(&without, "test_550"), Ok(WhichKey::Main));
    assert_eq!(check_play(&without, "test"), Ok(WhichKey::Main));
    let wrong = Err(SignatureFault::SignatureWrong);
    assert_eq!(check_play(&with, "test"), wrong);
    assert_eq!(check_play(&without, "test_700"), wrong);
    // Whose name is not one of a rate: `Rendition::of_name` says which are.
    assert_eq!(check_play(&without, "test_opus"), wrong);
}

#[test]
fn a_query_is_decoded() {
    let query =
        parse("bizid=8888&txSecret=ab&txTime=5C271099&record=mp4%7Chls&mix=a+b%3A1&&start=fast&odd&x=y").unwrap();
    assert_eq!(query.signature, signature("ab", "5C271099"));
    assert_eq!(query.record.as_deref(), Some("mp4|hls"));
    assert_eq!(query.mix.as_deref(), Some("a b:1"));
    assert_eq!(query.start, Some(StartAt::Fast));
    assert!(query.bizid_fits(8888) && !query.bizid_fits(888));
    let past = |raw| parse(raw).unwrap().past.map(|past| past.parameter);
    assert_eq!(
        [past("to=1700000002&from=1700000001000"), past("txTimeshift=on&tsDelay=5")],
        [Some("from"), Some("txTimeshift")]
    );
    assert_eq!([past("txTimeshift=off"), past("tsDelay=5"), past("from=singlemessage"), past("from")], [None; 4]);
    assert_eq!(parse(""), Ok(StreamQuery::default()));
    assert!(StreamQuery::default().bizid_fits(1));
    assert_eq!(Signature::from_query("txTime=1", &Limits::default()).unwrap().tx_time.as_deref(), Some("1"));
}

#[test]
fn a_query_that_can_be_read_in_two_ways_is_refused() {
    let twice = |name: &str| Err(QueryFault::Duplicate { name: name.to_owned() });
    assert_eq!(parse("txTime=1&txTime=1"), twice("txTime"));
    assert_eq!(parse("txTime=1&tx%54ime=2"), twice("txTime"));
    assert_eq!(parse("a&a"), twice("a"));
    assert_eq!(parse("ab=1&c=%4"), Err(QueryFault::Encoding { at: 5 }));
    assert_eq!(parse("a=%zz"), Err(QueryFault::Encoding { at: 0 }));
    assert_eq!(parse("a=%ff"), Err(QueryFault::Encoding { at: 0 }));
    assert_eq!(parse("start=now"), Err(QueryFault::Value { name: "start", wanted: "live or fast" }));
}

#[test]
fn what_is_said_twice_of_recording_keeps_no_stream_off_the_air() {
    let query = parse("record=mp4&a=1&record=flv%7Cx&record_interval=60&record_interval=90").unwrap();
    assert_eq!((query.record.as_deref(), query.record_interval.as_deref()), (Some("mp4|flv|x"), Some("60")));
    assert_eq!(query.repeated, Some("record"));
    assert_eq!(parse("record=mp4&a=1&a=1"), Err(QueryFault::Duplicate { name: "a".to_owned() }));
}

#[test]
fn a_fault_keeps_the_beginning_of_a_long_name() {
    for (letter, written) in [("a", "a"), ("ä", "%C3%A4")] {
        let long = written.repeat(300);
        assert_eq!(parse(&format!("{long}&{long}")), Err(QueryFault::Duplicate { name: letter.repeat(64) }));
    }
}

#[test]
fn debug_shows_no_tx_secret() {
    let query = parse("txSecret=f85a2ab363fe4deaffef9754d79da6fe&txTime=5C271099&mix=a").unwrap();
    for shown in [format!("{query:?}"), format!("{query:#?}"), format!("{:?}", query.signature)] {
        assert!(!shown.contains("f85a2ab3"), "{shown}");
        assert!(shown.contains("[secret]") && shown.contains("5C271099"), "{shown}");
    }
    let without = format!("{:?}", Signature::default());
    assert!(without.contains("tx_secret: None"), "{without}");
}

#[test]
fn a_query_ends_at_its_limit() {
    let max = Limits::default().url_bytes_max;
    assert!(parse(&"&".repeat(max)).is_ok());
    assert_eq!(parse(&"&".repeat(max + 1)), Err(QueryFault::TooLong { bytes: max + 1, max }));
}

#[test]
fn the_extension_tells_the_format_and_dots_stay_in_the_name() {
    assert_eq!(split_file("test.flv"), Ok((name("test"), PlayFormat::Flv)));
    assert_eq!(split_file("cam.1.mp4"), Ok((name("cam.1"), PlayFormat::Mp4)));
    assert_eq!(split_file("cam.m3u8"), Ok((name("cam"), PlayFormat::Hls)));
    for odd in ["test", "test.m3u", "test.FLV", "test.", ""] {
        assert_eq!(split_file(odd), Err(FileFault::UnsupportedFormat), "{odd}");
    }
    for odd in [".flv", "..flv", "../x.flv", "a b.mp4"] {
        assert!(matches!(split_file(odd), Err(FileFault::BadName(_))), "{odd}");
    }
}

#[test]
fn built_addresses_are_accepted_by_the_checks() {
    let main = key(KEY);
    let stamp = Some(Stamp { key: &main, expires_at: UnixMs(EXPIRY.0 + 999) });
    let signature = "txSecret=f85a2ab363fe4deaffef9754d79da6fe&txTime=5C271099";
    let base = "127.0.0.1:1935";
    let push = push_url(base, &name("test"), 8888, stamp);
    assert_eq!(push, format!("rtmp://127.0.0.1:1935/live/test?bizid=8888&{signature}"));
    let play = |format| play_url(format, base, &name("test"), stamp);
    assert_eq!(play(PlayFormat::Rtmp), format!("rtmp://127.0.0.1:1935/live/test?{signature}"));
    assert_eq!(play(PlayFormat::Flv), format!("http://127.0.0.1:1935/live/test.flv?{signature}"));
    assert_eq!(play(PlayFormat::Mp4), format!("http://127.0.0.1:1935/live/test.mp4?{signature}"));
    assert_eq!(play(PlayFormat::Hls), format!("http://127.0.0.1:1935/live/test.m3u8?{signature}"));
    assert_eq!(play(PlayFormat::LlHls), format!("http://127.0.0.1:1935/live/test.m3u8?hls=ll&{signature}"));
    let query = parse(push.split_once('?').unwrap().1).unwrap();
    assert!(check(&query.signature, EXPIRY).is_ok());
}

#[test]
fn an_unsigned_push_address_can_be_appended_to() {
    assert_eq!(push_url("h:1", &name("a"), 7, None), "rtmp://h:1/live/a?bizid=7");
    assert_eq!(play_url(PlayFormat::Flv, "h:1", &name("a"), None), "http://h:1/live/a.flv");
    assert_eq!(play_url(PlayFormat::LlHls, "h:1", &name("a"), None), "http://h:1/live/a.m3u8?hls=ll");
}

#[test]
fn an_expiry_outside_the_range_of_tx_time_is_kept_within_it() {
    let main = key(KEY);
    let at = |ms| push_url("h:1", &name("a"), 7, Some(Stamp { key: &main, expires_at: UnixMs(ms) }));
    assert!(at(-5).ends_with("&txTime=0"));
    assert!(at(i64::MAX).ends_with("&txTime=FFFFFFFF"));
}
