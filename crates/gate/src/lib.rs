//! The use cases of the live path and of channels: every decision passes here, once, whatever protocol or face it came by.

pub mod access;
mod address;
mod audit;
mod callbacks;
mod channels;
mod fields;
pub mod fuzz;
mod guarded;
mod hosts;
mod lists;
mod live;
mod operator;
mod pictures;
mod pulls;
mod rates;
mod recordings;
mod rules;
mod standing;
mod watermarks;

pub use access::{
    Access, AccessChangeFault, AccessFault, AccountNumber, NumberKind, SignedCall, StampFault, StampedCall, Tenant,
};
pub use address::Asked;
pub use audit::{Audit, AuditLog, Audited, Caller, Noting};
pub use callbacks::{CallbackParts, CallbackRules};
pub use channels::{
    ChannelList, ChannelParts, Channels, CreateFault, Described, ListAsk, Listed, Online, StatusFilter,
};
pub use guarded::Guarded;
pub use lists::{entry, version as list_version};
pub use live::{Gate, Play, Policy, Published, Watched};
pub use operator::{KeyFault, Operator, OperatorParts, ResendFault, StoreFailed, UndoFault, account_version};
pub use pictures::{NewStreamTask, PictureDesk, PictureRuleParts, PictureRules, PictureTaskNow, Taking};
pub use pulls::{PullFault, Pulling, Pulls};
pub use recordings::{
    CreateTaskFault, NewTask, RecordSettings, RecorderDesk, RecordingList, RecordingParts, Recordings, TaskLine,
    TaskLines, TaskTarget,
};
pub use standing::Standing;
/// Facts of the store that the use cases answer with, for faces that may not know the store.
pub use vivace_store::{
    AuditFilter, AuditRow, CallbackRule, CallbackTemplate, Credential, EventFilter, EventKind, EventRow, Hook,
    HookFilter, HookState, NewTemplate, PictureTaskAsk, RecordingFilter, RecordingPage, StorageUse, TaskFilter,
    UploadLine, UploadState,
};
pub use watermarks::{Marks, NewWatermark, WatermarkFault};
