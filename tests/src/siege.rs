use std::io::Write;

use crate::{Scene, Server, wait_for};

/// What a server holds with a small stream and its player. The derivations of these four stand in docs/hostile.md.
pub const BASE_BYTES: u64 = 56 << 20;
/// What a connection costs that has been granted nothing and sends nothing, TLS included.
pub const PENDING_BYTES: u64 = 32 << 10;
/// What one costs that sends whatever it likes and is granted nothing.
pub const UNGRANTED_BYTES: u64 = 640 << 10;
/// What a stream costs whose publisher sends whatever it likes, under the limits of these scenarios.
pub const STREAM_BYTES: u64 = 48 << 20;

/// A server under attack, with a publisher and a player that nobody may touch.
pub struct Siege {
    scene: Scene,
}

impl Siege {
    /// Starts it with these flags.
    #[track_caller]
    pub fn new(flags: &[&str]) -> Self {
        Self { scene: Scene::new(flags) }
    }

    /// The server.
    pub fn server(&self) -> &Server {
        &self.scene.server
    }

    /// Waits until connections have been closed so often for this reason, and looks for the line in the log.
    ///
    /// # Panics
    /// They are not, or more of them.
    #[track_caller]
    pub fn closes(&self, reason: &str, count: u64) {
        self.turns_away(reason, count);
        let log = self.server().log();
        let named = log.lines().any(|line| line.contains(reason) && line.contains("peer") && line.contains("remedy"));
        assert!(named, "no line of the log tells of {reason}");
    }

    /// The same for what is met before there is a session, which the log sums up.
    ///
    /// # Panics
    /// They are not, or more of them.
    #[track_caller]
    pub fn turns_away(&self, reason: &str, count: u64) {
        wait_for(&format!("{count} times {reason}"), || self.server().closed(reason) >= count);
        assert_eq!(self.server().closed(reason), count, "{reason}");
    }

    /// Whether the server held less memory than this at any time, and the neighbour got every frame.
    ///
    /// # Panics
    /// It did not.
    #[track_caller]
    pub fn ends_within(mut self, bytes_max: u64) {
        self.scene.witness.goes_on();
        let seen = self.scene.witness.seen();
        assert_eq!((seen.skips, &seen.ended), (0, &None), "the neighbour was disturbed");
        // 25 pictures a second: one that is missing leaves 80 ms.
        assert!(seen.gap_ms < 80, "the neighbour misses pictures over {} ms", seen.gap_ms);
        let peak = self.server().memory_peak_bytes();
        println!("the server held at most {} of {} KiB", peak >> 10, bytes_max >> 10);
        assert!(peak < bytes_max, "the server held {peak} bytes, more than {bytes_max}");
        assert_eq!(self.server().metric("panics_total"), 0, "the server's own code failed");
        assert!(self.scene.encoder.is_running(), "the neighbour's encoder was cut off");
        assert!(self.scene.server.is_running(), "the server has ended");
    }
}

/// Bytes that look like nothing, the same in each run.
pub fn garbage(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..bytes).map(|_| next()).collect()
}

/// Sends bytes that the server may cut off at any point; false once it has.
pub fn throw(socket: &mut impl Write, bytes: &[u8]) -> bool {
    socket.write_all(bytes).and_then(|()| socket.flush()).is_ok()
}
