use std::panic::{AssertUnwindSafe, catch_unwind};

/// A player's own code has panicked; the panic hook has said where.
pub(super) struct Panicked;

/// Calls a player's own code, so that a fault in it ends that player and not the thread with all the others. What the
/// code has left half done belongs to its player alone, which is let go.
pub(super) fn guard<T>(call: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| Panicked)
}
