use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bytes::Bytes;
use vivace_base::{Limits, LiveLimits};

use super::{OnCut, Sending};

const PIECE_BYTES: usize = 1_000;

fn sending() -> Arc<Sending> {
    Sending::new(LiveLimits::from(Limits { hls_let_go_bytes_max: 3 * PIECE_BYTES, ..Limits::default() }))
}

fn piece() -> Bytes {
    vec![7; PIECE_BYTES].into()
}

/// A response of these pieces, and how often its connection was cut.
fn send(sending: &Arc<Sending>, pieces: &[Bytes]) -> (Vec<Bytes>, Arc<AtomicUsize>) {
    let cuts = Arc::new(AtomicUsize::default());
    let on_cut: OnCut = {
        let cuts = cuts.clone();
        Arc::new(move || {
            cuts.fetch_add(1, Relaxed);
        })
    };
    (sending.send(pieces.to_vec(), on_cut), cuts)
}

#[test]
fn what_nobody_is_sent_is_not_held() {
    let sending = sending();
    let (one, other) = (piece(), piece());
    let (sent, _) = send(&sending, std::slice::from_ref(&one));
    assert_eq!(sent, std::slice::from_ref(&one));
    assert_eq!(sent[0].as_ptr(), one.as_ptr(), "a client gets a copy of its own");
    sending.let_go(vec![one, other]);
    assert_eq!(sending.look(), PIECE_BYTES);
    // A slice on its way holds the piece, and the response.
    let slice = sent[0].slice(10..20);
    drop(sent);
    assert_eq!((sending.look(), sending.state.lock().responses.len()), (PIECE_BYTES, 1));
    drop(slice);
    assert_eq!((sending.look(), sending.state.lock().responses.len()), (0, 0));
}

#[test]
fn connections_that_hold_the_oldest_are_cut_when_it_is_too_much() {
    let sending = sending();
    let pieces: Vec<Bytes> = (0..5).map(|_| piece()).collect();
    // The second of them is sent to two clients, to one of them only a part of it; the newest is still in its playlist.
    let all: Vec<_> = pieces.iter().map(|piece| send(&sending, std::slice::from_ref(piece))).collect();
    let (_part, of_part) = send(&sending, &[pieces[1].slice(10..20)]);
    let cuts = || all.iter().map(|(_, cuts)| cuts.load(Relaxed)).collect::<Vec<_>>();
    sending.let_go(pieces[..3].to_vec());
    assert_eq!((sending.look(), cuts()), (3 * PIECE_BYTES, vec![0; 5]));
    let mut pieces = pieces;
    let newest = pieces.split_off(4);
    let last = pieces.pop().unwrap();
    drop(pieces);
    sending.let_go(vec![last]);
    assert_eq!((cuts(), of_part.load(Relaxed)), (vec![1, 0, 0, 0, 0], 0));
    let mut all = all;
    drop(all.remove(0));
    sending.let_go(newest);
    let cuts: Vec<usize> = all.iter().map(|(_, cuts)| cuts.load(Relaxed)).collect();
    assert_eq!((cuts, of_part.load(Relaxed)), (vec![1, 0, 0, 0], 1));
}
