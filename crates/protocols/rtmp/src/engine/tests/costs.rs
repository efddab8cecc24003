//! What a hostile peer can make the engine do, counted: events, allocations and bytes per byte that it sends.

use std::sync::Arc;

use vivace_base::{Limits, MonoMs};
use vivace_media::amf;

use super::peer::Peer;
use crate::engine::chunk::{ChunkReader, write_message};
use crate::engine::wire::message_type;
use crate::engine::{Event, Fault};

/// A part of an aggregate message.
fn part(type_id: u8, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(body.len()).unwrap();
    [&[type_id, 0, 0, length, 0, 0, 0, 0, 0, 0, 0][..], body, &[0, 0, 0, length + 11]].concat()
}

fn publishing() -> Peer {
    let mut peer = Peer::connected();
    peer.publish(1, "a");
    peer
}

fn events(peer: &mut Peer) -> usize {
    std::iter::from_fn(|| peer.event()).count()
}

#[test]
fn an_aggregate_of_many_parts_ends_the_session_before_they_cost_more_than_they_weigh() {
    let allowed = Limits::default().rtmp_aggregate_parts_max;
    let mut peer = publishing();
    peer.send(message_type::AGGREGATE, 0, 1, &part(message_type::AUDIO, &[7]).repeat(allowed)).unwrap();
    assert_eq!(events(&mut peer), allowed);
    let sent = peer.send(message_type::AGGREGATE, 0, 1, &part(message_type::AUDIO, &[7]).repeat(allowed + 1));
    assert_eq!(sent, Err(Fault::AggregateParts { allowed }));
    assert!(events(&mut peer) <= allowed);
}

#[test]
fn an_aggregate_within_an_aggregate_is_left_alone() {
    let mut peer = publishing();
    let inner = part(message_type::AUDIO, &[7]).repeat(3);
    peer.send(message_type::AGGREGATE, 0, 1, &part(message_type::AGGREGATE, &inner)).unwrap();
    assert_eq!((events(&mut peer), peer.server.counters().ignored), (0, 1));
}

#[test]
fn ten_thousand_levels_of_amf_end_the_session_at_the_sixteenth() {
    let deep = [&[2, 0, 1, b'x'][..], &[3, 0, 1, b'a'].repeat(10_000)].concat();
    let sent = Peer::new().send(message_type::COMMAND_AMF0, 0, 0, &deep);
    assert!(matches!(sent, Err(Fault::Amf { fault: amf::Fault::TooDeep { depth_max: 16, .. }, .. })), "{sent:?}");
}

#[test]
fn a_message_in_pieces_of_one_byte_costs_no_allocation_per_byte() {
    let mut wire = Vec::new();
    write_message(&mut wire, 6, message_type::VIDEO, 0, 1, &[&vec![7; 1 << 20]], 128).unwrap();
    let mut peer = publishing();
    let taken = allocation_counter::measure(|| {
        wire.chunks(1).for_each(|byte| peer.server.handle_input(MonoMs(2), byte).unwrap());
    });
    // The body doubles its room, and there is the event's queue.
    assert!(taken.count_total < 40, "{taken:?}");
    assert!(taken.bytes_max < 3 << 20, "{taken:?}");
    assert!(matches!(peer.event(), Some(Event::Media { body, .. }) if body.len() == 1 << 20));
}

#[test]
fn messages_of_one_byte_cost_no_more_memory_than_a_hundred_times_their_own() {
    let mut peer = publishing();
    let mut wire = Vec::new();
    write_message(&mut wire, 6, message_type::AUDIO, 0, 1, &[&[7]], 128).unwrap();
    // A header of type 3 and a byte: no message is shorter.
    wire.extend([0xc6, 7].repeat(8_000));
    let taken = allocation_counter::measure(|| peer.server.handle_input(MonoMs(2), &wire).unwrap());
    assert!(taken.bytes_max < 100 * wire.len() as u64 * 2, "{taken:?}");
    assert_eq!(events(&mut peer), 8_001);
}

#[test]
fn a_window_of_nothing_makes_one_acknowledgement_for_each_piece_that_arrives() {
    for window in [0_u32, 1, u32::MAX] {
        let mut peer = Peer::new();
        peer.send(message_type::WINDOW_ACK_SIZE, 0, 0, &window.to_be_bytes()).unwrap();
        peer.answers();
        let empty = [3, 0, 0, 0, 0, 0, 0, message_type::AUDIO, 1, 0, 0, 0];
        for piece in empty.repeat(100).chunks(12) {
            peer.server.handle_input(MonoMs(2), piece).unwrap();
            assert!(peer.server.take_output().map_or(0, |out| out.len()) <= 16, "window {window}");
        }
    }
}

#[test]
fn thousands_of_chunk_streams_end_the_session_at_the_limit() {
    let allowed = Limits::default().rtmp_chunk_streams_max;
    let mut reader = ChunkReader::new(Arc::new(Limits::default()));
    let mut ended = None;
    let taken = allocation_counter::measure(|| {
        ended = (3..4_003_u32).find_map(|on| {
            let id = u16::try_from(on).unwrap().to_le_bytes();
            // The form with two bytes of id, a message of 4 MiB, and one chunk of it.
            let head = [1, id[0], id[1], 0, 0, 0, 0x3f, 0xff, 0xff, message_type::VIDEO, 1, 0, 0, 0];
            reader.read(&mut &[&head[..], &[0; 128]].concat()[..]).err()
        });
    });
    assert!(matches!(ended, Some(Fault::ChunkStreams { allowed: max, .. }) if max == allowed), "{ended:?}");
    assert!(taken.bytes_max < 1 << 20, "{taken:?}");
    assert!(reader.held_bytes() <= allowed * 128);
}

/// A stamp that does not fit 24 bits follows the header of each type, and each chunk of type 3 may repeat it.
#[test]
fn extended_timestamps_are_read_with_every_type_of_header_at_any_split() {
    let fields = [0xff, 0xff, 0xff, 0, 0, 1, message_type::AUDIO, 1, 0, 0, 0];
    let stamp = 0x0100_0000_u32.to_be_bytes();
    let header = |format: u8, fields: &[u8]| [&[format << 6 | 4], fields, &stamp, &[7]].concat();
    let wire = [header(0, &fields), header(1, &fields[..7]), header(2, &fields[..3]), header(3, &[])].concat();
    for step in 1..=wire.len() {
        let mut reader = ChunkReader::new(Arc::new(Limits::default()));
        let mut stamps = Vec::new();
        for mut piece in wire.chunks(step) {
            while let Some(message) = reader.read(&mut piece).unwrap() {
                assert_eq!(&message.payload[..], [7]);
                stamps.push(message.timestamp);
            }
        }
        assert_eq!(stamps, [0x0100_0000, 0x0200_0000, 0x0300_0000, 0x0400_0000], "step {step}");
    }
}

#[test]
fn aborts_of_anything_leave_the_session_alone() {
    let mut peer = publishing();
    for chunk_stream in [0, 2, 3, 64, 65_599, u32::MAX] {
        peer.send(2, 0, 0, &u32::to_be_bytes(chunk_stream)).unwrap();
    }
    peer.send(message_type::AUDIO, 5, 1, &[1]).unwrap();
    assert!(matches!(peer.event(), Some(Event::Media { timestamp: 5, .. })));
}

#[test]
fn whole_messages_are_counted_and_unfinished_ones_are_not() {
    let mut peer = publishing();
    let before = peer.server.counters().messages;
    let mut wire = Vec::new();
    write_message(&mut wire, 6, message_type::VIDEO, 0, 1, &[&[7; 200]], 128).unwrap();
    let (last, first) = wire.split_last().unwrap();
    peer.server.handle_input(MonoMs(2), first).unwrap();
    assert_eq!(peer.server.counters().messages, before);
    peer.server.handle_input(MonoMs(2), &[*last]).unwrap();
    assert_eq!(peer.server.counters().messages, before + 1);
}

#[test]
fn a_peer_that_has_been_granted_nothing_holds_little() {
    let allowed = Limits::default().rtmp_pending_partial_bytes_max;
    let piece = vec![0; 16 << 10];
    let sent = |peer: &mut Peer| {
        // A message of 4 MiB that is announced in full and sent in chunks of 64 KiB.
        peer.send(message_type::SET_CHUNK_SIZE, 0, 0, &65_536_u32.to_be_bytes()).unwrap();
        let head = [6, 0, 0, 0, 0x3f, 0xff, 0xff, message_type::VIDEO, 1, 0, 0, 0];
        peer.server.handle_input(MonoMs(2), &head).unwrap();
        (0..200).find_map(|turn| {
            let ended = peer.server.handle_input(MonoMs(2), &piece).err();
            if turn % 4 == 3 && ended.is_none() {
                peer.server.handle_input(MonoMs(2), &[0xc6]).unwrap();
            }
            ended
        })
    };
    let ended = sent(&mut Peer::connected());
    assert!(matches!(ended, Some(Fault::PartialBytes { allowed: max, .. }) if max == allowed), "{ended:?}");
    assert_eq!(sent(&mut publishing()), None);
}
