//! Players and the streams that are cut for them: sessions, blocking requests, responses.

mod fault;
mod file;
pub mod fuzz;
mod keeper;
mod kept;
mod live;
mod reply;
mod sending;
mod sessions;
mod start;
mod token;

pub use fault::Fault;
pub use file::File;
pub use keeper::{KeepFault, Keeper, Keeping};
pub use kept::{ArchiveName, KeptFile, RecordingPart, RecordingPath, SHIFTED, WHOLE};
pub use reply::{Body, Head, Keep, kept_playlist, packed, ranged};
pub use sending::{OnCut, Sending};
pub use sessions::{Admit, OnEnd};
pub use start::{Hls, Parts, Rate, Visit};
pub use token::{TokenFault, TokenKey, Tokens, token_key};
