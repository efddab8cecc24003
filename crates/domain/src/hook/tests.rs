use vivace_base::UnixMs;

use super::{HookAnswer, HookFault, HookKind, HookSuccess, HookUrl, Retry};

#[test]
fn an_address_falls_into_its_parts() {
    for (text, tls, host, port, target, header) in [
        ("http://a.example", false, "a.example", 80, "/", "a.example"),
        ("https://A.example/x/y?k=1", true, "a.example", 443, "/x/y?k=1", "a.example"),
        ("http://127.0.0.1:8080?k=1", false, "127.0.0.1", 8_080, "/?k=1", "127.0.0.1:8080"),
        ("https://[::1]:443/", true, "::1", 443, "/", "[::1]"),
        ("http://[::1]:443/", false, "::1", 443, "/", "[::1]:443"),
    ] {
        let url = HookUrl::parse(text).unwrap();
        let parts = (url.tls(), url.host(), url.port(), url.target(), url.host_header());
        assert_eq!(parts, (tls, host, port, target, header.to_owned()), "{text}");
        assert_eq!(url.text(), text);
    }
}

#[test]
fn what_is_no_address_is_told_by_its_part() {
    for (text, fault) in [
        ("", HookFault::Scheme),
        ("a.example", HookFault::Scheme),
        ("ftp://a", HookFault::Scheme),
        ("http://", HookFault::Host),
        ("http:///x", HookFault::Host),
        ("http://a b/", HookFault::Character { at: 8 }),
        ("http://a/\u{e4}", HookFault::Character { at: 9 }),
        ("http://u:p@a/", HookFault::UserInfo),
        ("http://a:0/", HookFault::Port),
        ("http://a:65536/", HookFault::Port),
        ("http://a:+1/", HookFault::Port),
        ("http://[::1/", HookFault::Host),
        ("http://[a]/", HookFault::Host),
        ("http://a/#b", HookFault::Fragment),
    ] {
        assert_eq!(HookUrl::parse(text), Err(fault), "{text}");
    }
    let long = format!("http://a/{}", "x".repeat(HookUrl::BYTES_MAX));
    assert!(matches!(HookUrl::parse(&long), Err(HookFault::TooLong { .. })));
}

#[test]
fn a_query_is_not_shown() {
    let url = HookUrl::parse("http://a.example/x?token=hunter2").unwrap();
    assert_eq!((url.shown().as_str(), format!("{url:?}").as_str()), ("http://a.example/x?…", "http://a.example/x?…"));
}

#[test]
fn kinds_are_found_by_their_number() {
    for kind in HookKind::ALL {
        assert_eq!(HookKind::of(kind.number()), Some(kind));
    }
    assert_eq!(HookKind::of(2), None);
}

#[test]
fn tries_come_at_the_interval_then_ever_more_rarely_until_they_are_given_up() {
    let retry = Retry { retries: 3, interval_ms: 60_000, backoff_ms_max: 3_600_000, give_up_ms: 86_400_000 };
    let (mut now, mut waits, mut attempts) = (UnixMs(0), Vec::new(), 1);
    while let Some(next) = retry.next(attempts, UnixMs(0), now) {
        waits.push((next.0 - now.0) / 60_000);
        (now, attempts) = (next, attempts + 1);
    }
    assert_eq!(waits[..9], [1, 1, 1, 2, 4, 8, 16, 32, 60]);
    assert!(waits[9..].iter().all(|wait| *wait == 60));
    assert!(now.0 <= 86_400_000 && now.0 > 82_800_000, "{now:?}");
    // Whatever is set, nothing overflows.
    let odd = Retry { retries: 0, interval_ms: u64::MAX, backoff_ms_max: u64::MAX, give_up_ms: u64::MAX };
    assert_eq!(odd.next(u32::MAX, UnixMs(i64::MAX), UnixMs(i64::MAX)), Some(UnixMs(i64::MAX)));
    let none = Retry { give_up_ms: 0, ..retry };
    assert_eq!(none.next(1, UnixMs(0), UnixMs(0)), None);
}

#[test]
fn success_is_200_and_no_other_code_than_0() {
    for (answer, by_body) in [
        (HookAnswer::NoObject, true),
        (HookAnswer::Object { code: None }, true),
        (HookAnswer::Object { code: Some(0) }, true),
        (HookAnswer::Object { code: Some(-1) }, false),
        (HookAnswer::TooLong, false),
    ] {
        assert_eq!(HookSuccess::Body.holds(200, answer), by_body, "{answer:?}");
        assert!(HookSuccess::Status.holds(200, answer));
        assert!(!HookSuccess::Body.holds(204, answer) && !HookSuccess::Status.holds(500, answer));
    }
}
