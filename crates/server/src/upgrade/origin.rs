use std::net::SocketAddr;
use std::sync::Arc;

use vivace_base::{AppId, StreamName};
use vivace_hls::serve::TokenKey;
use vivace_net::{BindFault, Listener, Quota};

use super::take::{Inheritance, Predecessor};
use crate::lock::FolderLock;

/// Where a server has its lock and its listeners from.
pub(crate) enum Origin {
    /// Its own.
    Fresh(FolderLock),
    /// The process before it.
    Inherited(Inheritance),
}

impl Origin {
    /// Opens a listener, or goes on with that of the process before.
    pub(crate) fn open(
        &mut self,
        role: &'static str,
        at: SocketAddr,
        seats: &Arc<Quota>,
        pending: &Arc<Quota>,
    ) -> Result<Listener, BindFault> {
        let (seats, pending) = (seats.clone(), pending.clone());
        let inherited = if let Self::Inherited(inherited) = self { inherited.listener(role, at) } else { None };
        match inherited {
            None => Listener::bind(role, at, seats, pending),
            Some(open) => Listener::adopt(role, open, seats, pending).map_err(|source| BindFault::Other {
                role,
                address: at,
                source,
            }),
        }
    }

    /// The key of the tokens that players hold, and the streams that come from the process before.
    pub(crate) fn take_sessions(&mut self) -> (Option<TokenKey>, Vec<(AppId, StreamName)>) {
        match self {
            Self::Fresh(_) => Default::default(),
            Self::Inherited(inherited) => (Some(inherited.token_key.clone()), std::mem::take(&mut inherited.streams)),
        }
    }

    /// The process before, if there is one.
    pub(crate) const fn before(&self) -> Option<u32> {
        match self {
            Self::Fresh(_) => None,
            Self::Inherited(inherited) => Some(inherited.pid()),
        }
    }

    /// The lock, and the process before; listeners that have not been opened are let go.
    pub(crate) fn settle(self) -> (FolderLock, Option<Predecessor>) {
        match self {
            Self::Fresh(lock) => (lock, None),
            Self::Inherited(inherited) => {
                let (lock, predecessor) = inherited.settle();
                (lock, Some(predecessor))
            }
        }
    }
}
