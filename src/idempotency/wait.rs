//! Waiting for another caller, in a thread or in a task.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// One event that happens once. A thread blocks on it; a task awaits it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Event(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    happened: bool,
    waker: Option<Waker>,
}

impl Event {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes it happen.
    pub(crate) fn happen(&self) {
        let waker = {
            let mut state = self.lock();
            state.happened = true;
            state.waker.take()
        };
        self.0.1.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Blocks the thread until it has happened.
    pub(crate) fn block(&self) {
        let happened = self.0.1.wait_while(self.lock(), |state| !state.happened);
        drop(happened.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Future for Event {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.happened {
            return Poll::Ready(());
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
