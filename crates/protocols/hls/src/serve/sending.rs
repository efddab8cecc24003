#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use vivace_base::LiveLimits;

/// Breaks the connection that a response is sent over.
pub type OnCut = Arc<dyn Fn() + Send + Sync>;

/// Responses that are being sent, and the pieces of segments that only they hold: slow clients keep in memory what has long
/// left its playlist.
pub struct Sending {
    limits: LiveLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What has left its playlist and is held by others, the oldest first.
    gone: VecDeque<Bytes>,
    /// By their numbers, which count up.
    responses: BTreeMap<u64, Response>,
    next: u64,
}

struct Response {
    /// Where its pieces stand in memory.
    at: Vec<Range<usize>>,
    on_cut: OnCut,
}

/// A response; its pieces hold it, wherever on their way they are.
struct Ticket {
    number: u64,
    sending: Arc<Sending>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let response = self.sending.state.lock().responses.remove(&self.number);
        drop(response);
    }
}

/// A piece on its way.
struct Piece {
    bytes: Bytes,
    _ticket: Arc<Ticket>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Sending {
    pub(super) fn new(limits: LiveLimits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default() })
    }

    /// The pieces of a response, to be sent over a connection that `on_cut` breaks.
    pub(super) fn send(self: &Arc<Self>, pieces: Vec<Bytes>, on_cut: OnCut) -> Vec<Bytes> {
        let response = Response { at: pieces.iter().map(place).collect(), on_cut };
        let number = {
            let mut state = self.state.lock();
            let number = state.next;
            state.next += 1;
            state.responses.insert(number, response);
            number
        };
        let ticket = Arc::new(Ticket { number, sending: self.clone() });
        let piece = |bytes| Bytes::from_owner(Piece { bytes, _ticket: ticket.clone() });
        pieces.into_iter().map(piece).collect()
    }

    /// Takes pieces that have left their playlists.
    pub(super) fn let_go(&self, pieces: Vec<Bytes>) {
        if pieces.is_empty() {
            return;
        }
        self.state.lock().gone.extend(pieces);
        self.look();
    }

    /// Forgets what nobody holds any more, and cuts the connections that hold the oldest of the rest if it is too much; its
    /// bytes.
    pub(super) fn look(&self) -> usize {
        let bytes_max = self.limits.get().hls_let_go_bytes_max;
        let (bytes, cut) = self.state.lock().look(bytes_max);
        cut.iter().for_each(|on_cut| on_cut());
        bytes
    }
}

impl State {
    fn look(&mut self, bytes_max: usize) -> (usize, Vec<OnCut>) {
        self.gone.retain(|piece| !piece.is_unique());
        let bytes = self.gone.iter().map(Bytes::len).sum::<usize>();
        let over = bytes.saturating_sub(bytes_max);
        if over == 0 {
            return (bytes, Vec::new());
        }
        let (mut oldest, mut oldest_bytes) = (Vec::new(), 0);
        for piece in &self.gone {
            if oldest_bytes >= over {
                break;
            }
            oldest_bytes += piece.len();
            oldest.push(place(piece));
        }
        oldest.sort_unstable_by_key(|place| place.start);
        let is_old = |place: &Range<usize>| {
            let before = oldest.partition_point(|old| old.start <= place.start);
            before.checked_sub(1).and_then(|at| oldest.get(at)).is_some_and(|old| place.start < old.end)
        };
        let holders = self.responses.values().filter(|response| response.at.iter().any(is_old));
        (bytes, holders.map(|response| response.on_cut.clone()).collect())
    }
}

/// Where a piece stands in memory.
fn place(piece: &Bytes) -> Range<usize> {
    let start = piece.as_ptr().addr();
    start..start.saturating_add(piece.len())
}
