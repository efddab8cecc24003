//! Players and the streams that are cut for them: sessions, blocking requests, responses.

mod fault;
mod file;
pub mod fuzz;
mod keeper;
mod live;
mod reply;
mod sessions;
mod start;
mod token;

pub use fault::Fault;
pub use file::File;
pub use keeper::{KeepFault, Keeper, Keeping};
pub use reply::{Body, Head};
pub use sessions::OnEnd;
pub use start::{Hls, Parts, Visit};
pub use token::{TokenFault, TokenKey, Tokens, token_key};
