//! The face of the live video API: what its clients, its players and its callbacks are told.

pub mod codes;
