use thiserror::Error;

/// Why a change that is bound to what its caller knew was not made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Guarded<F: std::error::Error> {
    /// The thing is not as the caller knew it.
    #[error("it was changed by another call in the meantime")]
    Changed,
    /// Anything else.
    #[error(transparent)]
    Fault(#[from] F),
}
