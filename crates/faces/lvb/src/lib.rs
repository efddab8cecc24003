//! The face of the live video API: what its clients, its players and its callbacks are told.

pub mod access;
pub mod actions;
pub mod callbacks;
pub mod channels;
pub mod code_api;
pub mod codes;
pub mod connect;
pub mod fuzz;
pub mod v3;
