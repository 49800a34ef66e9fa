//! Waiting for another caller, in a thread or in a task.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use super::locks::{Condvar, Mutex, MutexGuard};
use super::waiter::{Wait, Waiter};

/// One event that happens once. A thread blocks on it; a task awaits it.
#[derive(Debug, Default)]
pub(crate) struct Event(Arc<Shared>);

type Shared = (Mutex<State>, Condvar);

/// Whom an event is for. Without the event, nobody waits for it.
struct ForEvent(Weak<Shared>);

impl Wait for ForEvent {
    fn wake(self: Box<Self>) {
        if let Some(event) = self.0.upgrade() {
            Event(event).happen();
        }
    }

    fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}

#[derive(Debug, Default)]
struct State {
    happened: bool,
    waker: Option<Waker>,
}

impl Event {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes it happen when it is woken.
    pub(crate) fn waiter(&self) -> Waiter {
        Waiter::of(ForEvent(Arc::downgrade(&self.0)))
    }

    /// Makes it happen.
    fn happen(&self) {
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
        let mut state = self.lock();
        while !state.happened {
            state = self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Future for Event {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // Wakers are cloned and dropped outside the lock: what they do then is theirs.
        let waker = context.waker().clone();
        let mut state = self.lock();
        if state.happened {
            return Poll::Ready(());
        }
        let before = state.waker.replace(waker);
        drop(state);
        drop(before);
        Poll::Pending
    }
}
