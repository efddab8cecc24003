use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::RwLock;
use vivace_store::Fault;

/// What was read from the store, kept until something is written. Only what is there is kept, so that a peer that asks
/// for what is not cannot fill it.
pub(super) struct Cache<K, V> {
    inner: RwLock<Inner<K, V>>,
}

struct Inner<K, V> {
    known: HashMap<K, Arc<V>>,
    /// Counts the times that everything was let go.
    epoch: u64,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { inner: RwLock::new(Inner { known: HashMap::new(), epoch: 0 }) }
    }
}

impl<K: Eq + Hash, V> Cache<K, V> {
    /// The value of a key, read if it is not known.
    pub(super) async fn get<Q>(
        &self,
        key: &Q,
        read: impl AsyncFnOnce() -> Result<Option<V>, Fault>,
    ) -> Result<Option<Arc<V>>, Fault>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let epoch = {
            let inner = self.inner.read();
            if let Some(value) = inner.known.get(key) {
                return Ok(Some(value.clone()));
            }
            inner.epoch
        };
        let Some(value) = read().await?.map(Arc::new) else { return Ok(None) };
        let mut inner = self.inner.write();
        // What was read before a write is answered, and not kept.
        if inner.epoch == epoch {
            inner.known.insert(key.to_owned(), value.clone());
        }
        Ok(Some(value))
    }

    /// Lets everything go. Called when a write is on disk, and before its success is told.
    pub(super) fn clear(&self) {
        let mut inner = self.inner.write();
        inner.epoch += 1;
        inner.known.clear();
    }
}
