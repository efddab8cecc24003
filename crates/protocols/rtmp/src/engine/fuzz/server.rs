use std::sync::Arc;

use vivace_base::{Limits, MonoMs};

use super::cuts::Cuts;
use crate::engine::handshake::{PACKET_BYTES, RANDOM_BYTES, VERSION};
use crate::engine::{Event, Fault, Server};

/// What one message, at most, is answered with beyond the limit that is checked before and after it.
const ANSWER_BYTES_MAX: usize = 128 << 10;

/// Puts the handshake in front of `data` and gives both to a session, cut into pieces of pseudo-random length.
///
/// Publishes and plays are accepted or refused in turn, so that the states behind them are reached.
///
/// # Panics
/// If the output that waits is beyond its limit, media is given out that did not come in, or cuts change the events of a
/// session that is not answered.
pub fn server(data: &[u8]) {
    let limits = Arc::new(Limits::default());
    answered(&limits, data);
    // What is answered meanwhile depends on the cuts, so the two sides of this comparison answer nothing.
    let patient = Arc::new(Limits { player_reply_bytes_max: usize::MAX, ..Limits::default() });
    let parts = Cuts::new(data).parts(data);
    assert_eq!(unanswered(&patient, [data].into_iter()), unanswered(&patient, parts.into_iter()), "cuts change events");
}

fn answered(limits: &Arc<Limits>, data: &[u8]) {
    let mut cuts = Cuts::new(data);
    let mut server = Server::new(Arc::clone(limits), [0x5a; RANDOM_BYTES]);
    let handshake = handshake();
    let (mut now, mut media_bytes) = (MonoMs(0), 0usize);
    for part in cuts.parts(&handshake).into_iter().chain(cuts.parts(data)) {
        now = MonoMs(now.0.saturating_add(1));
        let is_over = server.handle_input(now, part).is_err();
        answer(&mut server, &mut cuts, &mut media_bytes);
        assert!(media_bytes <= data.len(), "more media than came in");
        if cuts.one_in(64) {
            server.ping(now);
        }
        if cuts.one_in(2) {
            let sent = server.take_output().map_or(0, |sent| sent.len());
            assert!(sent <= limits.player_reply_bytes_max.saturating_add(ANSWER_BYTES_MAX), "{sent} bytes wait");
        }
        if is_over {
            break;
        }
    }
}

fn answer(server: &mut Server, cuts: &mut Cuts, media_bytes: &mut usize) {
    while let Some(event) = server.poll_event() {
        match event {
            Event::Connect { .. } if cuts.one_in(8) => {
                server.refuse_connect("NetConnection.Connect.Rejected", "refused");
            }
            Event::Publish { stream_id, .. } if cuts.one_in(4) => {
                server.refuse_publish(stream_id, "NetStream.Publish.Denied", "refused");
            }
            Event::Publish { stream_id, .. } => {
                let _asked = server.accept_publish(stream_id);
            }
            Event::Play { stream_id, .. } if cuts.one_in(4) => {
                server.refuse_play(stream_id, "NetStream.Play.StreamNotFound", "refused");
            }
            Event::Play { stream_id, .. } => {
                let _asked = server.accept_play(stream_id);
                if cuts.one_in(4) {
                    server.end_play(stream_id);
                }
            }
            Event::Media { body, .. } => {
                assert!(!body.is_empty(), "media without a body is given out");
                *media_bytes = media_bytes.saturating_add(body.len());
            }
            _ => {}
        }
    }
}

fn unanswered<'a>(limits: &Arc<Limits>, parts: impl Iterator<Item = &'a [u8]>) -> (Vec<Event>, Option<Fault>) {
    let mut server = Server::new(Arc::clone(limits), [0x5a; RANDOM_BYTES]);
    server.handle_input(MonoMs(0), &handshake()).expect("a handshake is taken");
    assert!(server.is_handshake_done());
    let mut fault = None;
    for part in parts {
        fault = server.handle_input(MonoMs(0), part).err();
        if fault.is_some() {
            break;
        }
    }
    (std::iter::from_fn(|| server.poll_event()).collect(), fault)
}

fn handshake() -> Vec<u8> {
    let mut handshake = vec![0; 1 + 2 * PACKET_BYTES];
    if let Some(first) = handshake.first_mut() {
        *first = VERSION;
    }
    handshake
}
