use std::sync::Arc;

use vivace_base::{AppId, Clock, StreamName};
use vivace_hls::engine::Resume;
use vivace_hls::serve::{KeepFault, Keeper, Keeping};
use vivace_store::{HlsChange, HlsLog, HlsNumbers, Store};

/// Keeps the numbers of HLS playlists in the store.
pub(crate) struct StoreKeeper {
    pub(crate) store: Store,
    pub(crate) log: HlsLog,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Keeper for StoreKeeper {
    fn take<'a>(&'a self, app: AppId, stream: &'a StreamName, count: u64) -> Keeping<'a, Result<Resume, KeepFault>> {
        Box::pin(async move {
            // What the last run gave back may still be on its way.
            self.log.flush().await;
            match self.store.hls_take(app, stream, count, self.clock.unix()).await {
                Ok(first) => Ok(Resume {
                    media_sequence: first.media_sequence,
                    discontinuity_sequence: first.discontinuity_sequence,
                    program_date_time: first.program_date_time,
                }),
                Err(fault) => {
                    tracing::error!(%stream, %fault, "the numbers of a playlist cannot be kept: HLS is refused");
                    Err(KeepFault)
                }
            }
        })
    }

    fn raise(&self, app: AppId, stream: &StreamName, taken: Resume) {
        self.record(app, stream, HlsChange::Raise(numbers(taken)));
    }

    fn give_back(&self, app: AppId, stream: &StreamName, taken: Resume, unused: Resume) {
        self.record(app, stream, HlsChange::GiveBack { taken: numbers(taken), unused: numbers(unused) });
    }
}

impl StoreKeeper {
    fn record(&self, app: AppId, stream: &StreamName, change: HlsChange) {
        if !self.log.record(app, stream, change, self.clock.unix()) {
            tracing::warn!(%stream, "the store is too slow for the numbers of a playlist");
        }
    }
}

const fn numbers(resume: Resume) -> HlsNumbers {
    HlsNumbers {
        media_sequence: resume.media_sequence,
        discontinuity_sequence: resume.discontinuity_sequence,
        program_date_time: resume.program_date_time,
    }
}
