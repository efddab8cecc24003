//! Entry points for fuzzing: any bytes may go in, and nothing may panic or grow without bound.

mod chunk;
mod client;
mod cuts;
mod handshake;
mod server;

pub use chunk::{chunk, chunk_write};
pub use client::client;
pub use handshake::handshake;
pub use server::server;
