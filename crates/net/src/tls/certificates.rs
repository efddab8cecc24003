use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::{Mutex, RwLock};
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use vivace_base::UnixMs;

use super::pair::{Pair, Stamp};
use super::{Files, TlsFault, make};

/// The certificate in use. It follows its files: a new pair is used from the next handshake on, and connections that
/// are open stay as they are.
pub struct Certificates {
    files: RwLock<Files>,
    made: bool,
    provider: Arc<CryptoProvider>,
    pub(super) current: RwLock<Arc<Pair>>,
    seen: Mutex<Seen>,
    swaps: AtomicU64,
    faults: AtomicU64,
}

/// What the looks at the files have seen.
struct Seen {
    /// The files as they were when they were read last.
    read: Option<Stamp>,
    /// The files at the last look. One that is still being written looks different at the next.
    last: Stamp,
}

/// What a look at the files came to.
#[derive(Debug)]
pub enum Look {
    /// They are as before, or are being written.
    Same,
    /// A new pair is in use.
    Swapped,
    /// A new pair cannot be used; the old one stays.
    Kept(TlsFault),
}

impl Certificates {
    /// Reads the pair. `names`, if given, are those of a self-signed pair that is made if neither file is there.
    ///
    /// # Errors
    /// A file that is missing or cannot be used.
    pub fn open(files: Files, names: Option<&[String]>, now: UnixMs) -> Result<Self, TlsFault> {
        let made = match names {
            Some(names) if files.are_missing() => {
                make::write(&files, names, now)?;
                true
            }
            _ => false,
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let stamp = files.stamp();
        let pair = files.load(&provider)?;
        Ok(Self {
            files: RwLock::new(files),
            made,
            provider,
            current: RwLock::new(Arc::new(pair)),
            seen: Mutex::new(Seen { read: Some(stamp), last: stamp }),
            swaps: AtomicU64::new(0),
            faults: AtomicU64::new(0),
        })
    }

    /// Where the pair is.
    pub fn files(&self) -> Files {
        self.files.read().clone()
    }

    /// From now on follows these files. The pair in use stays until a [`look`](Self::look) finds that theirs can be used.
    pub fn follow(&self, files: Files) {
        let mut current = self.files.write();
        if *current != files {
            *current = files;
            self.seen.lock().read = None;
        }
    }

    /// Whether the pair has been made, self-signed, by [`open`](Self::open).
    pub const fn were_made(&self) -> bool {
        self.made
    }

    /// Looks whether the files have changed, and takes the new pair if it can be used. A change is taken up when two
    /// looks in a row see the same, so that no half-written file is read.
    pub fn look(&self) -> Look {
        let files = self.files();
        let stamp = files.stamp();
        {
            let mut seen = self.seen.lock();
            let settled = std::mem::replace(&mut seen.last, stamp) == stamp;
            if !settled || seen.read == Some(stamp) {
                return Look::Same;
            }
            seen.read = Some(stamp);
        }
        match files.load(&self.provider) {
            Ok(pair) => {
                *self.current.write() = Arc::new(pair);
                self.swaps.fetch_add(1, Relaxed);
                Look::Swapped
            }
            Err(fault) => {
                self.faults.fetch_add(1, Relaxed);
                Look::Kept(fault)
            }
        }
    }

    /// Seconds until the certificate in use ends; negative once it has.
    pub fn expires_in_s(&self, now: UnixMs) -> i64 {
        self.current.read().expires_at.0.saturating_sub(now.0).div_euclid(1_000)
    }

    /// New pairs taken into use since the start.
    pub fn swaps(&self) -> u64 {
        self.swaps.load(Relaxed)
    }

    /// New pairs that could not be used since the start.
    pub fn faults(&self) -> u64 {
        self.faults.load(Relaxed)
    }

    pub(super) fn provider(&self) -> Arc<CryptoProvider> {
        self.provider.clone()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().key.clone())
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("files", &self.files).finish_non_exhaustive()
    }
}
