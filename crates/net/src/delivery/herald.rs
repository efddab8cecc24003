//! Who wakes the bodies that a delivery thread has given bytes: one task of their runtime for all of them. Woken one by one
//! from outside, the runtime's threads would wake and sleep again for each.

#[cfg(test)]
mod tests;

use std::mem::take;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use super::mailbox::Mailbox;

/// Bodies that wait to be woken, and the task that wakes them.
#[derive(Default)]
pub(super) struct Calls {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    due: Vec<Waker>,
    /// The herald's task while it waits.
    herald: Option<Waker>,
    heralds: usize,
    /// The thread has ended.
    over: bool,
}

impl Calls {
    /// Has a body woken at the next [`call`](Self::call).
    pub(super) fn later(&self, body: Waker) {
        self.state.lock().due.push(body);
    }

    /// Wakes the bodies that are due: by the herald where there are several, else here.
    pub(super) fn call(&self) {
        let mut state = self.state.lock();
        if state.heralds > 0 && state.due.len() > 1 {
            let herald = state.herald.take();
            drop(state);
            herald.into_iter().for_each(Waker::wake);
            return;
        }
        let due = take(&mut state.due);
        drop(state);
        due.into_iter().for_each(Waker::wake);
    }

    /// Ends the herald.
    pub(super) fn end(&self) {
        let mut state = self.state.lock();
        state.over = true;
        let herald = state.herald.take();
        drop(state);
        herald.into_iter().for_each(Waker::wake);
    }
}

/// Wakes bodies for a delivery thread from within the runtime that polls it. It ends with the thread. Without one, bodies are
/// woken by the thread itself.
pub struct Herald {
    mailbox: Arc<Mailbox>,
}

impl Herald {
    pub(super) fn new(mailbox: Arc<Mailbox>) -> Self {
        mailbox.calls.state.lock().heralds += 1;
        Self { mailbox }
    }
}

impl Future for Herald {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.mailbox.calls.state.lock();
        let due = take(&mut state.due);
        let over = state.over;
        let before = state.herald.replace(context.waker().clone());
        drop(state);
        drop(before);
        due.into_iter().for_each(Waker::wake);
        if over { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Herald {
    fn drop(&mut self) {
        let mut state = self.mailbox.calls.state.lock();
        state.heralds -= 1;
        let (due, herald) = (take(&mut state.due), state.herald.take());
        drop(state);
        drop(herald);
        due.into_iter().for_each(Waker::wake);
    }
}
