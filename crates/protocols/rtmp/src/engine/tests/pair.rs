//! The server's engine against the client's.

use std::sync::Arc;

use vivace_base::{Limits, MonoMs};

use crate::engine::handshake::RANDOM_BYTES;
use crate::engine::{Client, ClientConfig, ClientEvent, Event, HowEnded, MediaKind, Role, Server};

struct Pair {
    client: Client,
    server: Server,
    now: MonoMs,
    step: usize,
}

impl Pair {
    fn new(role: Role, digest: bool, step: usize) -> Self {
        let limits = Arc::new(Limits::default());
        let config = ClientConfig {
            app: "live?vhost=a".to_owned(),
            tc_url: "rtmp://host/live?vhost=a".to_owned(),
            name: "room-1?sign=abc".to_owned(),
            role,
            chunk_bytes_out: 4_096,
            digest,
        };
        let client = Client::new(Arc::clone(&limits), config, [3; RANDOM_BYTES], MonoMs(1));
        let server = Server::new(limits, std::array::from_fn(|at| at as u8));
        Self { client, server, now: MonoMs(1), step }
    }

    /// Carries bytes both ways until none are left.
    fn settle(&mut self) {
        loop {
            let (up, down) = (self.client.take_output(), self.server.take_output());
            if up.is_none() && down.is_none() {
                return;
            }
            for part in up.unwrap_or_default().chunks(self.step) {
                self.server.handle_input(self.now, part).unwrap();
            }
            for part in down.unwrap_or_default().chunks(self.step) {
                self.client.handle_input(self.now, part).unwrap();
            }
        }
    }

    fn server_events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.server.poll_event()).collect()
    }

    fn client_events(&mut self) -> Vec<ClientEvent> {
        std::iter::from_fn(|| self.client.poll_event()).collect()
    }
}

#[test]
fn a_reconnect_request_reaches_those_who_announced_that_they_follow_it() {
    for follows in [true, false] {
        let mut pair = Pair::new(Role::Publish, false, 9_999);
        if follows {
            pair.client = pair.client.with_reconnects();
        }
        pair.settle();
        let publish = pair.server_events().into_iter().find_map(|event| match event {
            Event::Publish { stream_id, .. } => Some(stream_id),
            _ => None,
        });
        assert!(pair.server.accept_publish(publish.unwrap()));
        assert_eq!(pair.server.request_reconnect("Elsewhere."), follows);
        pair.settle();
        let asked = ClientEvent::ReconnectRequest { tc_url: String::new(), description: "Elsewhere.".to_owned() };
        assert_eq!(pair.client_events().contains(&asked), follows);
        // The stream goes on until the client leaves.
        assert!(pair.client.write_media(MediaKind::Video, 0, &[&[0x17, 1, 0, 0, 0]]).unwrap());
        pair.settle();
        assert!(pair.server_events().iter().any(|event| matches!(event, Event::Media { .. })));
    }
}

const BOTH_HANDSHAKES_AND_SPLITS: [(bool, usize); 4] = [(false, 1), (false, 9_999), (true, 13), (true, 9_999)];

#[test]
fn a_publish_is_granted_and_its_media_arrives() {
    for (digest, step) in BOTH_HANDSHAKES_AND_SPLITS {
        let mut pair = Pair::new(Role::Publish, digest, step);
        pair.settle();
        let events = pair.server_events();
        let (app, tc_url) = ("live?vhost=a".to_owned(), "rtmp://host/live?vhost=a".to_owned());
        let flash_ver = "FMLE/3.0 (compatible; Vivace)".to_owned();
        assert_eq!(events[0], Event::Connect { app: app.clone(), tc_url: tc_url.clone(), flash_ver });
        let (name, publish_type) = ("room-1?sign=abc".to_owned(), "live".to_owned());
        assert_eq!(events[1..], [Event::Publish { stream_id: 1, name, publish_type, app, tc_url }]);

        assert_eq!(pair.client.write_media(MediaKind::Audio, 0, &[b"early"]), Ok(false));
        assert!(pair.server.accept_publish(1));
        assert!(!pair.server.accept_publish(1));
        pair.settle();
        assert_eq!(pair.client_events(), [ClientEvent::Ready { stream_id: 1 }]);

        let video = vec![9; 200_000];
        assert_eq!(pair.client.write_media(MediaKind::Data, 0, &[b"meta", b"data"]), Ok(true));
        assert_eq!(pair.client.write_media(MediaKind::Video, u32::MAX, &[b"head", &video]), Ok(true));
        pair.settle();
        let body = [&b"head"[..], &video].concat().into();
        assert_eq!(
            pair.server_events(),
            [
                Event::Media { stream_id: 1, kind: MediaKind::Data, timestamp: 0, body: "metadata".into() },
                Event::Media { stream_id: 1, kind: MediaKind::Video, timestamp: u32::MAX, body },
            ]
        );

        pair.client.finish();
        pair.settle();
        assert_eq!(pair.server_events(), [Event::Unpublish { stream_id: 1, how: HowEnded::FcUnpublish }]);
        assert!(pair.client_events().contains(&ClientEvent::Ended));
        assert_eq!(pair.client.write_media(MediaKind::Audio, 0, &[b"late"]), Ok(false));
    }
}

#[test]
fn a_play_is_granted_and_the_shared_bytes_are_read() {
    for (digest, step) in BOTH_HANDSHAKES_AND_SPLITS {
        let mut pair = Pair::new(Role::Play, digest, step);
        pair.settle();
        let events = pair.server_events();
        assert!(matches!(&events[1], Event::Play { stream_id: 1, start_ms: -2_000, reset: true, name, .. }
            if name == "room-1?sign=abc"));
        assert_eq!(events[2..], [Event::BufferLength { stream_id: 1, ms: 1_000 }]);
        assert!(pair.server.accept_play(1));
        pair.settle();
        let events = pair.client_events();
        assert!(matches!(&events[0], ClientEvent::Status { code, .. } if code == "NetStream.Play.Reset"));
        assert_eq!(events[1], ClientEvent::Ready { stream_id: 1 });
        assert_eq!(events.len(), 2);

        let (mut shared, body) = (Vec::new(), vec![5; 150_000]);
        let (type_id, on) = MediaKind::Video.message_type_and_chunk_stream();
        let chunk_bytes = pair.server.chunk_bytes_out();
        assert_eq!(chunk_bytes, vivace_base::RTMP_CHUNK_BYTES_OUT);
        crate::engine::chunk::write_message(&mut shared, on, type_id, 77, 1, &[&body], chunk_bytes).unwrap();
        pair.client.handle_input(pair.now, &shared).unwrap();
        let media = ClientEvent::Media { kind: MediaKind::Video, timestamp: 77, body: body.into() };
        assert_eq!(pair.client_events(), [media]);

        assert!(pair.server.end_play(1));
        pair.settle();
        assert_eq!(pair.client_events().last(), Some(&ClientEvent::Ended));
        pair.client.finish();
        pair.settle();
        assert_eq!(pair.server_events(), [Event::StopPlay { stream_id: 1 }]);
    }
}

#[test]
fn refusals_reach_the_client_with_their_code() {
    let refusal = |code: &str| ClientEvent::Refused { code: code.to_owned(), description: "no".to_owned() };
    let mut publish = Pair::new(Role::Publish, false, 500);
    publish.settle();
    assert!(publish.server.refuse_publish(1, "NetStream.Publish.Denied", "no"));
    publish.settle();
    assert_eq!(publish.client_events(), [refusal("NetStream.Publish.Denied")]);

    let mut play = Pair::new(Role::Play, false, 500);
    play.settle();
    assert!(play.server.refuse_play(1, "NetStream.Play.StreamNotFound", "no"));
    play.settle();
    assert_eq!(play.client_events(), [refusal("NetStream.Play.StreamNotFound")]);
    assert!(!play.server.accept_play(1));
}

#[test]
fn connect_is_refused_before_it_is_answered() {
    let mut pair = Pair::new(Role::Publish, false, 9_999);
    for _ in 0..2 {
        let up = pair.client.take_output().unwrap();
        pair.server.handle_input(pair.now, &up).unwrap();
        if pair.server.poll_event().is_some() {
            pair.server.refuse_connect("NetConnection.Connect.Rejected", "no");
        }
        let down = pair.server.take_output().unwrap();
        pair.client.handle_input(pair.now, &down).unwrap();
    }
    let code = "NetConnection.Connect.Rejected".to_owned();
    assert_eq!(pair.client_events(), [ClientEvent::Refused { code, description: "no".to_owned() }]);
}

#[test]
fn both_sides_acknowledge_and_answer_pings() {
    let mut pair = Pair::new(Role::Publish, false, 60_000);
    pair.settle();
    assert!(pair.server.accept_publish(1));
    pair.settle();
    let _ = (pair.server_events(), pair.client_events());
    for _ in 0..6 {
        pair.client.write_media(MediaKind::Video, 0, &[&vec![1; 500_000]]).unwrap();
        pair.settle();
    }
    let acknowledged = pair.client_events();
    assert!(matches!(acknowledged[..], [ClientEvent::Acknowledged(bytes)] if bytes >= 2_500_000), "{acknowledged:?}");

    pair.server.ping(MonoMs(100));
    pair.client.ping(MonoMs(100));
    assert_eq!(pair.server.ping_waits_since(), Some(MonoMs(100)));
    pair.now = MonoMs(130);
    pair.settle();
    assert_eq!((pair.server.round_trip_ms(), pair.client.round_trip_ms()), (Some(30), Some(30)));
    assert_eq!((pair.server.ping_waits_since(), pair.client.ping_waits_since()), (None, None));
}
