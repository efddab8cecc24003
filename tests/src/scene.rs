use crate::{Server, Tool, Witness, push};

/// How much memory an attack may make the server keep.
const GROWTH_BYTES_MAX: u64 = 40 << 20;

/// A server with a stream and a player that nothing may touch.
pub struct Scene {
    /// A player of `other`.
    pub witness: Witness,
    /// The encoder that pushes `other`.
    pub encoder: Tool,
    /// The server.
    pub server: Server,
    memory_bytes: u64,
}

impl Scene {
    /// Starts a server with these flags, pushes `other` and plays it.
    #[track_caller]
    pub fn new(flags: &[&str]) -> Self {
        let server = Server::start(flags);
        let encoder = push(&server.push_url("other"));
        server.wait_live("other");
        let witness = Witness::watch(&server, "other");
        witness.goes_on();
        let memory_bytes = server.memory_bytes();
        Self { witness, encoder, server, memory_bytes }
    }

    /// Whether the server is as it was for everybody else.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn is_untouched(&mut self) {
        self.witness.goes_on();
        assert!(self.server.is_running(), "the server has ended");
        assert!(self.encoder.is_running(), "the encoder was cut off");
        let grown = self.server.memory_bytes().saturating_sub(self.memory_bytes);
        assert!(grown < GROWTH_BYTES_MAX, "the server holds {grown} bytes more than before");
    }
}
