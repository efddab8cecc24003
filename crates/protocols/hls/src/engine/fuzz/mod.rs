//! Entry points for fuzzing: any bytes may go in, and nothing may panic or grow without bound.

mod query;
mod segmenter;

pub use query::query;
pub use segmenter::segmenter;
