use thiserror::Error;
use vivace_domain::access::ClockFault;
use vivace_domain::account::AccountFault;

/// Why a signed call is not let in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AccessFault {
    /// The action, or the whole API, is under maintenance.
    #[error("the action is under maintenance")]
    Maintenance,
    /// There is no such credential.
    #[error("there is no credential of this SecretId")]
    CredentialUnknown,
    /// The signature is not that of the credential's key.
    #[error("the signature does not match")]
    SignatureWrong,
    /// The call is signed with temporary credentials, which nobody hands out here.
    #[error("temporary credentials are not supported: sign with a SecretId of the app, without Token")]
    TemporaryCredential,
    /// The account, or what the credential may do.
    #[error(transparent)]
    Account(#[from] AccountFault),
    /// The call is not of now.
    #[error(transparent)]
    Clock(#[from] ClockFault),
    /// The same call was let in before.
    #[error("a call with this SecretId, Timestamp and Nonce has been received before")]
    Replayed,
    /// No room is left to remember the call.
    #[error("{max} calls are remembered, the most that there is room for")]
    MemoryFull {
        /// Calls that there is room for: `limits.api_replay_keys_max`.
        max: usize,
    },
    /// Too many calls in this minute.
    #[error("the app has made {max} calls of this class in this minute; the next begins in {wait_ms} ms")]
    RateQuota {
        /// Calls allowed in a minute.
        max: u32,
        /// Until the next minute.
        wait_ms: u64,
    },
    /// The store could not be read; the log has the reason.
    #[error("the store could not be read")]
    Unreadable,
    /// The call could not be put on record; the log has the reason.
    #[error("the call could not be put on record")]
    NotRecorded,
}
