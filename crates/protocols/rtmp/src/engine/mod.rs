//! The RTMP protocol without any I/O: bytes in, events and bytes out.
//!
//! Implements Adobe's "Real-Time Messaging Protocol 1.0" and the `connect` part of Veovera's "Enhanced RTMP v2".
//! Time comes in as [`vivace_base::MonoMs`], random bytes as an array; nothing here waits, opens or looks at a clock.

pub mod chunk;
pub mod client;
mod command;
mod fault;
pub mod fuzz;
pub mod handshake;
mod link;
pub mod server;
pub mod wire;

pub use client::{Client, ClientConfig, ClientEvent, Role};
pub use fault::{Fault, Looks};
pub use server::{Counters, Event, HowEnded, Server};
pub use wire::MediaKind;

#[cfg(test)]
mod tests;
