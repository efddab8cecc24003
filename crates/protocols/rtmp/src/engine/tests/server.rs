//! What the server answers to each command.

use vivace_media::amf::Value;

use super::peer::{Peer, commands};
use crate::engine::wire::{encode, message_type, object};
use crate::engine::{Event, HowEnded, MediaKind};

fn types(messages: &[crate::engine::chunk::Message]) -> Vec<u8> {
    messages.iter().map(|message| message.type_id).collect()
}

#[test]
fn connect_is_answered_in_order() {
    let mut peer = Peer::new();
    let answers = peer.connect();
    // Set Chunk Size takes effect in the reader and is not seen here; the `_result` behind it was read with it.
    assert_eq!(
        types(&answers),
        [
            message_type::WINDOW_ACK_SIZE,
            message_type::SET_PEER_BANDWIDTH,
            message_type::USER_CONTROL,
            message_type::COMMAND_AMF0,
        ]
    );
    let result = &commands(&answers)[0];
    assert_eq!((result[0].as_str(), result[1].as_f64()), (Some("_result"), Some(1.0)));
    assert_eq!(result[3].get("code").and_then(Value::as_str), Some("NetConnection.Connect.Success"));
    assert_eq!(result[3].get("objectEncoding").and_then(Value::as_f64), Some(0.0));
    assert_eq!(result[2].get("capsEx"), None);
}

#[test]
fn enhanced_rtmp_is_answered_as_far_as_it_was_offered() {
    let mut peer = Peer::new();
    let given = object([
        ("app", "live".into()),
        ("objectEncoding", 3.0.into()),
        ("fourCcList", Value::StrictArray(vec!["vvc1".into(), "av01".into(), "hvc1".into(), 7.0.into()])),
        ("videoFourCcInfoMap", object([("*", 7.0.into())])),
        ("audioFourCcInfoMap", object([("fLaC", 7.0.into()), ("Opus", 7.0.into()), ("mp4a", 7.0.into())])),
        ("capsEx", 15.0.into()),
    ]);
    peer.call(0, &["connect".into(), 1.0.into(), given]);
    let result = peer.answer();
    assert_eq!(result[3].get("objectEncoding").and_then(Value::as_f64), Some(3.0));
    assert_eq!(result[2].get("fourCcList"), Some(&Value::StrictArray(vec!["hvc1".into(), "av01".into()])));
    let video = object(["avc1", "hvc1", "av01", "vp09"].map(|fourcc| (fourcc, 4.0.into())));
    assert_eq!(result[2].get("videoFourCcInfoMap"), Some(&video));
    assert_eq!(result[2].get("audioFourCcInfoMap"), Some(&object(["mp4a", "Opus"].map(|fourcc| (fourcc, 4.0.into())))));
    assert_eq!(result[2].get("capsEx"), Some(&Value::Number(1.0)));
}

#[test]
fn commands_in_amf3_messages_are_read() {
    let mut peer = Peer::new();
    let body = [&[0], &encode(&["connect".into(), 1.0.into(), object([("app", "x".into())])])[..]].concat();
    peer.send(message_type::COMMAND_AMF3, 0, 0, &body).unwrap();
    assert!(matches!(peer.event(), Some(Event::Connect { app, .. }) if app == "x"));
    assert_eq!(peer.codes(), ["NetConnection.Connect.Success"]);
}

#[test]
fn a_connect_refused_after_its_answer_is_still_told() {
    let mut peer = Peer::new();
    peer.connect();
    peer.server.refuse_connect("NetConnection.Connect.Rejected", "no");
    assert_eq!(peer.codes(), ["NetConnection.Connect.Rejected"]);
    assert_eq!(peer.create_stream(), None);
}

#[test]
fn message_stream_1_is_given_until_it_is_used() {
    let mut peer = Peer::new();
    peer.connect();
    assert_eq!((peer.create_stream(), peer.create_stream()), (Some(1), Some(1)));
    peer.publish(1, "a");
    for id in 2..=8 {
        assert_eq!(peer.create_stream(), Some(id));
    }
    assert_eq!(peer.create_stream(), None);
    peer.publish(2, "b");
    peer.call(0, &["deleteStream".into(), 0.0.into(), Value::Null, 1.0.into()]);
    assert_eq!(peer.event(), Some(Event::Unpublish { stream_id: 1, how: HowEnded::DeleteStream }));
    assert_eq!(peer.codes(), ["NetStream.Unpublish.Success"]);
    assert_eq!(peer.create_stream(), Some(1));
}

#[test]
fn calls_of_encoders_and_players_are_answered() {
    let mut peer = Peer::connected();
    for (name, answers) in [
        ("releaseStream", &["_result"][..]),
        ("FCPublish", &["_result", "onFCPublish"]),
        ("FCSubscribe", &["_result", "onFCSubscribe"]),
        ("FCUnpublish", &["onFCUnpublish", "_result"]),
        ("getStreamLength", &["_result"]),
        ("_checkbw", &["_result"]),
        ("somethingElse", &["_error"]),
    ] {
        peer.call(0, &[name.into(), 9.0.into(), Value::Null, "a".into()]);
        let got = commands(&peer.answers());
        let names: Vec<_> = got.iter().map(|values| values[0].as_str().unwrap()).collect();
        assert_eq!(names, answers);
    }
    peer.call(0, &["somethingElse".into(), 0.0.into(), Value::Null]);
    peer.call(0, &["_result".into(), 9.0.into(), Value::Null]);
    assert_eq!(peer.answers(), []);
    assert_eq!(peer.server.counters().ignored, 2);
    assert_eq!(peer.event(), None);
}

#[test]
fn media_is_given_out_only_after_the_publish_was_accepted() {
    let mut peer = Peer::connected();
    peer.send(message_type::AUDIO, 1, 1, b"early").unwrap();
    peer.call(1, &["publish".into(), 3.0.into(), Value::Null, "a".into()]);
    peer.send(message_type::VIDEO, 2, 1, b"early").unwrap();
    assert!(matches!(peer.event(), Some(Event::Publish { .. })));
    assert!(peer.server.accept_publish(1));
    peer.send(message_type::AUDIO, 3, 1, b"in time").unwrap();
    peer.send(message_type::AUDIO, 4, 1, b"").unwrap();
    peer.send(message_type::AUDIO, 5, 2, b"elsewhere").unwrap();
    peer.send(message_type::DATA_AMF3, 6, 0, b"\0data").unwrap();
    let media =
        |kind, timestamp, body: &'static str| Some(Event::Media { stream_id: 1, kind, timestamp, body: body.into() });
    assert_eq!(peer.event(), media(MediaKind::Audio, 3, "in time"));
    assert_eq!(peer.event(), media(MediaKind::Data, 6, "data"));
    assert_eq!(peer.event(), None);
    let counters = peer.server.counters();
    assert_eq!((counters.media_not_accepted, counters.media_empty), (3, 1));
}

#[test]
fn two_publishes_of_one_connection_are_kept_apart() {
    let mut peer = Peer::connected();
    peer.publish(1, "a");
    assert_eq!(peer.create_stream(), Some(2));
    peer.publish(2, "b");
    peer.send(message_type::AUDIO, 3, 2, b"b").unwrap();
    peer.send(message_type::AUDIO, 3, 1, b"a").unwrap();
    for id in [2, 1] {
        assert!(matches!(peer.event(), Some(Event::Media { stream_id, .. }) if stream_id == id));
    }
    peer.call(0, &["FCUnpublish".into(), 0.0.into(), Value::Null, "b".into()]);
    assert_eq!(peer.event(), Some(Event::Unpublish { stream_id: 2, how: HowEnded::FcUnpublish }));
    peer.call(1, &["closeStream".into(), 0.0.into(), Value::Null]);
    assert_eq!(peer.event(), Some(Event::Unpublish { stream_id: 1, how: HowEnded::CloseStream }));
}

#[test]
fn aggregates_are_split_and_their_timestamps_rebased() {
    let part = |type_id: u8, stamp: u8, body: &[u8]| {
        let head = [type_id, 0, 0, body.len() as u8, 0, 0, stamp, 0, 0, 0, 0];
        [&head[..], body, &[0, 0, 0, 11 + body.len() as u8]].concat()
    };
    let mut peer = Peer::connected();
    peer.publish(1, "a");
    let whole = [part(8, 100, b"one"), part(9, 120, b"two"), part(99, 1, b"?"), part(18, 90, b"three")].concat();
    peer.send(message_type::AGGREGATE, 1_000, 1, &whole).unwrap();
    for (kind, timestamp, body) in
        [(MediaKind::Audio, 1_000, "one"), (MediaKind::Video, 1_020, "two"), (MediaKind::Data, 990, "three")]
    {
        assert_eq!(peer.event(), Some(Event::Media { stream_id: 1, kind, timestamp, body: body.into() }));
    }
    peer.send(message_type::AGGREGATE, 7, 1, &part(8, 0, b"no pointer")[..21]).unwrap();
    assert!(matches!(peer.event(), Some(Event::Media { timestamp: 7, .. })));
}

#[test]
fn a_player_pauses_and_chooses_what_it_receives() {
    let mut peer = Peer::connected();
    let flag = |name: &str, flag: bool| [name.into(), 0.0.into(), Value::Null, flag.into(), 500.0.into()];
    peer.call(1, &["play".into(), 0.0.into(), Value::Null, "a".into(), (-1_000.0).into(), 5.0.into(), false.into()]);
    assert!(matches!(
        peer.event(),
        Some(Event::Play { stream_id: 1, start_ms: -1_000, duration_ms: 5, reset: false, .. })
    ));
    assert!(peer.server.accept_play(1));
    assert_eq!(peer.codes(), ["NetStream.Play.Reset", "NetStream.Play.Start"]);
    peer.call(1, &flag("pause", true));
    assert_eq!(peer.event(), Some(Event::Pause { stream_id: 1, paused: true, at_ms: 500 }));
    peer.call(1, &flag("receiveAudio", false));
    assert_eq!(peer.event(), Some(Event::ReceiveAudio { stream_id: 1, wanted: false }));
    peer.call(1, &flag("receiveVideo", true));
    assert_eq!(peer.event(), Some(Event::ReceiveVideo { stream_id: 1, wanted: true }));
    peer.call(1, &["seek".into(), 0.0.into(), Value::Null, 9.0.into()]);
    assert_eq!(peer.codes(), ["NetStream.Pause.Notify", "NetStream.Seek.Failed"]);
    peer.call(1, &["play".into(), 0.0.into(), Value::Null, "b".into()]);
    assert_eq!(peer.event(), Some(Event::StopPlay { stream_id: 1 }));
    assert!(matches!(peer.event(), Some(Event::Play { stream_id: 1, start_ms: -2_000, reset: true, .. })));
}

#[test]
fn the_peers_window_is_acknowledged() {
    let mut peer = Peer::connected();
    peer.publish(1, "a");
    peer.send(message_type::WINDOW_ACK_SIZE, 0, 0, &5_000u32.to_be_bytes()).unwrap();
    peer.send(message_type::AUDIO, 0, 1, &[1; 4_000]).unwrap();
    peer.send(message_type::AUDIO, 0, 1, &[1; 4_000]).unwrap();
    let answers = peer.answers();
    assert_eq!(types(&answers), [message_type::ACKNOWLEDGEMENT]);
    assert!(u32::from_be_bytes(answers[0].payload[..].try_into().unwrap()) > 8_000);
    peer.send(message_type::ACKNOWLEDGEMENT, 0, 0, &77u32.to_be_bytes()).unwrap();
    let acknowledged = std::iter::from_fn(|| peer.event()).last();
    assert_eq!(acknowledged, Some(Event::Acknowledged(77)));
}

#[test]
fn a_peer_that_limits_us_is_told_the_window() {
    let mut peer = Peer::connected();
    peer.send(message_type::SET_PEER_BANDWIDTH, 0, 0, &[0, 0, 0x10, 0, 2]).unwrap();
    peer.send(message_type::SET_PEER_BANDWIDTH, 0, 0, &[0, 0, 0x10, 0, 2]).unwrap();
    let answers = peer.answers();
    assert_eq!(types(&answers), [message_type::WINDOW_ACK_SIZE]);
    assert_eq!(answers[0].payload, [0, 0, 0x10, 0][..]);
}
