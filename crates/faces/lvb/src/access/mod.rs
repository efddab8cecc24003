//! The access layer of version 2: `/v2/index.php` (dossier `lvb_api`, section a).
//!
//! [`admit_transport`] judges a call before its body is read, [`serve`] everything else, in the order of section a.5. The
//! server brings the bytes and sends the answer; no socket is known here.

mod fault;
mod form;
mod multipart;
mod parameters;
mod reply;
mod serve;
#[cfg(test)]
mod tests;
mod tree;

pub use fault::{ApiFault, ParameterFault};
pub use parameters::{Members, Parameters};
pub use reply::{Answer, DualCode};
pub use serve::{PATH, Request, Rules, admit_transport, refuse, serve};
