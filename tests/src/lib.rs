//! Vivace crate `vivace-tests`.
