//! Clients that are wrong, out of order or hostile.

use std::sync::Arc;

use vivace_base::{Limits, MonoMs, StreamName};
use vivace_media::amf::{self, Value};

use super::peer::Peer;
use crate::engine::handshake::RANDOM_BYTES;
use crate::engine::wire::{message_type, object};
use crate::engine::{Event, Fault, Looks, Server};

#[test]
fn commands_before_connect_are_refused() {
    let mut peer = Peer::new();
    for name in ["publish", "play", "createStream", "releaseStream"] {
        peer.call(1, &[name.into(), 3.0.into(), Value::Null, "a".into()]);
        assert_eq!(peer.answer()[0].as_str(), Some("_error"), "{name}");
    }
    peer.call(1, &["publish".into(), 0.0.into(), Value::Null, "a".into()]);
    assert_eq!(peer.codes(), ["NetStream.Failed"]);
    assert_eq!(peer.event(), None);
    peer.connect();
}

#[test]
fn connect_with_wrong_types_is_refused_and_may_be_repeated() {
    let long = "x".repeat(Limits::default().url_bytes_max + 1);
    let mut peer = Peer::new();
    for given in [
        Value::Null,
        7.0.into(),
        Value::StrictArray(vec![]),
        object([("app", 7.0.into())]),
        object([("app", "live".into()), ("tcUrl", true.into())]),
        object([("app", long.as_str().into())]),
    ] {
        peer.call(0, &["connect".into(), 1.0.into(), given]);
        assert_eq!(peer.event(), None);
        assert_eq!(peer.codes(), ["NetConnection.Connect.Rejected"]);
    }
    peer.call(0, &["connect".into()]);
    assert_eq!(peer.codes(), ["NetConnection.Connect.Rejected"]);
    peer.connect();
    peer.call(0, &["connect".into(), 5.0.into(), object([("app", "again".into())])]);
    assert_eq!(peer.codes(), ["NetConnection.Call.Failed"]);
    assert_eq!(peer.event(), None);
}

#[test]
fn publish_and_play_with_wrong_names_are_refused_and_the_session_goes_on() {
    let mut peer = Peer::connected();
    for (command, code) in [("publish", "NetStream.Publish.BadName"), ("play", "NetStream.Play.Failed")] {
        for name in [7.0.into(), Value::Null, object([]), true.into()] {
            peer.call(1, &[command.into(), 3.0.into(), Value::Null, name]);
            assert_eq!(peer.codes(), [code]);
        }
        peer.call(1, &[command.into(), 3.0.into()]);
        assert_eq!(peer.codes(), [code]);
    }
    assert_eq!(peer.event(), None);
    peer.publish(1, "a");
}

#[test]
fn names_of_any_length_are_left_to_the_caller_who_refuses_them_and_long_ones_are_cut() {
    let max = Limits::default().url_bytes_max;
    let long = "x".repeat(max * 3);
    let mut peer = Peer::connected();
    // The longest name, its question mark, and a query of one byte too many.
    for (name, length) in [("", 0), (long.as_str(), StreamName::BYTES_MAX + 1 + max + 1)] {
        peer.call(1, &["publish".into(), 3.0.into(), Value::Null, name.into()]);
        assert!(matches!(peer.event(), Some(Event::Publish { name, .. }) if name.len() == length));
        assert!(peer.server.refuse_publish(1, "NetStream.Publish.BadName", "too long"));
        assert_eq!(peer.codes(), ["NetStream.Publish.BadName"]);
    }
}

#[test]
fn a_message_stream_does_one_thing() {
    let call = |name: &str| [name.into(), 0.0.into(), Value::Null, "b".into()];
    let mut peer = Peer::connected();
    peer.publish(1, "a");
    for name in ["publish", "play"] {
        peer.call(1, &call(name));
        assert_eq!(peer.codes(), ["NetStream.Failed"]);
    }
    assert_eq!(peer.create_stream(), Some(2));
    peer.call(2, &call("play"));
    assert!(matches!(peer.event(), Some(Event::Play { stream_id: 2, .. })));
    peer.call(2, &call("publish"));
    assert_eq!(peer.codes(), ["NetStream.Failed"]);
    assert_eq!(peer.event(), None);
}

#[test]
fn message_streams_that_were_not_created_are_refused() {
    let mut peer = Peer::connected();
    for (name, stream_id) in [("publish", 0), ("publish", 2), ("play", u32::MAX)] {
        peer.call(stream_id, &[name.into(), 3.0.into(), Value::Null, "a".into()]);
        assert_eq!(peer.codes(), ["NetConnection.Call.Failed"]);
    }
    for wrong in [99.0.into(), (-1.0).into(), f64::NAN.into(), 1.5.into(), "1".into()] {
        peer.call(0, &["deleteStream".into(), 0.0.into(), Value::Null, wrong]);
    }
    peer.call(1, &["pause".into(), 3.0.into(), Value::Null, true.into()]);
    assert_eq!(peer.codes(), ["NetConnection.Call.Failed"]);
    assert_eq!(peer.event(), None);
    let server = &mut peer.server;
    assert!(!server.accept_publish(1) && !server.accept_play(7) && !server.end_play(1));
    assert!(!server.refuse_publish(1, "x", "y") && !server.refuse_play(7, "x", "y"));
    assert_eq!(peer.answers(), []);
}

#[test]
fn a_publish_that_was_taken_back_cannot_be_granted() {
    let mut peer = Peer::connected();
    peer.call(1, &["publish".into(), 3.0.into(), Value::Null, "a".into()]);
    peer.call(1, &["publish".into(), 3.0.into(), Value::Null, false.into()]);
    assert!(!peer.server.accept_publish(1));
}

#[test]
fn what_is_not_a_command_ends_the_session() {
    let refused = |body: &[u8]| Peer::new().send(message_type::COMMAND_AMF0, 0, 0, body);
    assert_eq!(refused(&[]), Err(Fault::CommandWithoutName));
    assert_eq!(refused(&[5]), Err(Fault::CommandWithoutName));
    let unknown = amf::Fault::UnknownMarker { at: 0, marker: 0x77 };
    assert_eq!(refused(&[0x77]), Err(Fault::Amf { message_type: 20, fault: unknown }));
    assert!(matches!(refused(&[2, 0, 9, b'x']), Err(Fault::Amf { fault: amf::Fault::Truncated { .. }, .. })));
    let deep = [&[2, 0, 1, b'x'][..], &[3, 0, 1, b'a'].repeat(1_000)].concat();
    assert!(matches!(refused(&deep), Err(Fault::Amf { fault: amf::Fault::TooDeep { .. }, .. })));
}

#[test]
fn control_messages_without_their_fields_end_the_session() {
    for (type_id, body, needed) in [
        (message_type::ACKNOWLEDGEMENT, &[0, 0][..], 4),
        (message_type::WINDOW_ACK_SIZE, &[], 4),
        (message_type::SET_PEER_BANDWIDTH, &[1], 4),
        (message_type::USER_CONTROL, &[6], 2),
        (message_type::USER_CONTROL, &[0, 6, 1], 6),
        (message_type::USER_CONTROL, &[0, 3, 0, 0, 0, 1], 10),
    ] {
        let expected = Fault::ControlTooShort { message_type: type_id, received: body.len(), needed };
        assert_eq!(Peer::new().send(type_id, 0, 0, body), Err(expected));
    }
}

#[test]
fn aggregates_that_lie_about_their_parts_end_the_session() {
    let mut peer = Peer::connected();
    peer.publish(1, "a");
    let long = [8, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3];
    let sent = peer.send(message_type::AGGREGATE, 0, 1, &long);
    assert_eq!(sent, Err(Fault::Aggregate { at: 0, needed: 61, left: 14 }));
    let mut peer = Peer::connected();
    let sent = peer.send(message_type::AGGREGATE, 0, 1, &[8, 0, 0]);
    assert_eq!(sent, Err(Fault::Aggregate { at: 0, needed: 11, left: 3 }));
}

#[test]
fn a_peer_that_asks_and_does_not_read_is_ended() {
    let mut peer = Peer::new();
    let ended = (0..100_000).find_map(|_| peer.send(message_type::USER_CONTROL, 0, 0, &[0, 6, 1, 2, 3, 4]).err());
    let allowed = Limits::default().player_reply_bytes_max;
    assert!(matches!(ended, Some(Fault::OutputFull { held, allowed: max }) if max == allowed && held < allowed + 100));
}

#[test]
fn what_is_not_rtmp_is_told_at_once() {
    let refused = |input: &[u8]| {
        Server::new(Arc::new(Limits::default()), [0; RANDOM_BYTES]).handle_input(MonoMs(0), input).unwrap_err()
    };
    assert_eq!(refused(b"GET / HTTP/1.1\r\n\r\n"), Fault::NotRtmp { first: b'G', looks: Looks::Http });
    assert_eq!(refused(&[0x16, 3, 1]), Fault::NotRtmp { first: 0x16, looks: Looks::Tls });
    assert_eq!(refused(&[6]), Fault::EncryptedHandshake { version: 6 });
}

#[test]
fn garbage_after_the_handshake_is_a_typed_fault() {
    let mut peer = Peer::new();
    let sent = peer.server.handle_input(MonoMs(2), &[0xff; 64]);
    assert_eq!(sent, Err(Fault::ChunkStreamUnknown { chunk_stream: 63, format: 3 }));
}
