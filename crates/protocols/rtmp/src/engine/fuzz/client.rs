use std::sync::Arc;

use vivace_base::{Limits, MonoMs};

use super::cuts::Cuts;
use crate::engine::handshake::{PACKET_BYTES, RANDOM_BYTES, VERSION};
use crate::engine::{Client, ClientConfig, ClientEvent, Fault, MediaKind, Role};

/// Puts a server's handshake in front of `data` and gives both to a client that publishes and to one that plays, whole
/// and cut into pieces of pseudo-random length.
///
/// # Panics
/// If cuts change the events, media is given out that did not come in, or the end is told twice.
pub fn client(data: &[u8]) {
    for role in [Role::Publish, Role::Play] {
        let whole = events(role, &[data]);
        assert_eq!(whole, events(role, &Cuts::new(data).parts(data)), "cuts change events");
        let ends = whole.0.iter().filter(|event| **event == ClientEvent::Ended).count();
        assert!(ends <= 1, "the end is told {ends} times");
        let bodies = whole.0.iter().filter_map(|event| match event {
            ClientEvent::Media { body, .. } => Some(body.len()),
            _ => None,
        });
        assert!(bodies.sum::<usize>() <= data.len(), "more media than came in");
    }
}

fn events(role: Role, parts: &[&[u8]]) -> (Vec<ClientEvent>, Option<Fault>) {
    let config = ClientConfig {
        app: "live".to_owned(),
        tc_url: "rtmp://host/live".to_owned(),
        name: "a?b=c".to_owned(),
        role,
        chunk_bytes_out: 4_096,
        digest: false,
    };
    let mut client = Client::new(Arc::new(Limits::default()), config, [0x5a; RANDOM_BYTES], MonoMs(0));
    let mut handshake = vec![0; 1 + 2 * PACKET_BYTES];
    if let Some(first) = handshake.first_mut() {
        *first = VERSION;
    }
    let (mut events, mut fault) = (Vec::new(), None);
    for (at, part) in [handshake.as_slice()].iter().chain(parts).enumerate() {
        fault = client.handle_input(MonoMs(at as u64), part).err();
        events.extend(std::iter::from_fn(|| client.poll_event()));
        let _sent = client.take_output();
        if fault.is_some() {
            break;
        }
    }
    if fault.is_none() {
        let written = client.write_media(MediaKind::Audio, 1, &[b"sound"]).expect("nothing waits");
        assert!(!written || role == Role::Publish, "a player sends media");
        client.ping(MonoMs(1));
        client.finish();
        assert_eq!(client.write_media(MediaKind::Audio, 2, &[b"late"]), Ok(false), "media behind the end");
    }
    (events, fault)
}
