//! How many connections there are at a time. If there is no place for another, the one that has kept the service waiting longest goes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// How soon somebody who waits for a place looks again for a connection that can go.
const LOOKS_AGAIN: Duration = Duration::from_millis(50);

/// How long every client has to say something, in milliseconds: a request may be on its way.
const GRACE: u64 = 250;

/// The places for connections.
pub(super) struct Places {
    free: Arc<Semaphore>,
    taken: Mutex<HashMap<u64, Arc<State>>>,
    next: AtomicU64,
    start: Instant,
}

/// What is known of a connection from elsewhere.
pub(super) struct State {
    serving: AtomicBool,
    /// Since when it has been waiting for a request, in milliseconds.
    since: AtomicU64,
    start: Instant,
    dismissed: AtomicBool,
    dismissal: Notify,
}

/// The place of one connection; free again when it is dropped.
pub(super) struct Place {
    pub(super) state: Arc<State>,
    number: u64,
    places: Arc<Places>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Places {
    pub(super) fn new(most: usize) -> Arc<Places> {
        Arc::new(Places {
            free: Arc::new(Semaphore::new(most)),
            taken: Mutex::default(),
            next: AtomicU64::new(0),
            start: Instant::now(),
        })
    }

    /// A place, as soon as there is one.
    pub(super) async fn take(self: &Arc<Places>) -> Place {
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
                break Some(permit);
            }
            self.dismiss_one();
            match timeout(LOOKS_AGAIN, Arc::clone(&self.free).acquire_owned()).await {
                // Fails only for a semaphore that is closed, which this one never is.
                Ok(permit) => break permit.ok(),
                Err(_) => continue,
            }
        };
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let state = Arc::new(State {
            serving: AtomicBool::new(false),
            since: AtomicU64::new(0),
            start: self.start,
            dismissed: AtomicBool::new(false),
            dismissal: Notify::new(),
        });
        state.waits();
        self.taken().insert(number, Arc::clone(&state));
        Place { state, number, places: Arc::clone(self), _permit: permit }
    }

    fn dismiss_one(&self) {
        let taken = self.taken();
        let latest = milliseconds(self.start).saturating_sub(GRACE);
        let since = |state: &&Arc<State>| state.since.load(Ordering::Relaxed);
        let waiting = taken.values().filter(|state| !state.is_serving() && !state.dismissed.load(Ordering::Relaxed));
        if let Some(longest) = waiting.min_by_key(since).filter(|state| since(state) <= latest) {
            longest.dismissed.store(true, Ordering::Relaxed);
            longest.dismissal.notify_one();
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<u64, Arc<State>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn milliseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().remove(&self.number);
    }
}

impl State {
    pub(super) fn is_serving(&self) -> bool {
        self.serving.load(Ordering::Acquire)
    }

    pub(super) fn set_serving(&self, serving: bool) {
        self.serving.store(serving, Ordering::Release);
    }

    /// From now on it waits for a request.
    pub(super) fn waits(&self) {
        self.since.store(milliseconds(self.start), Ordering::Relaxed);
    }

    /// Until another connection needs the place. A request that has come meanwhile is answered first.
    pub(super) async fn dismissed(&self) {
        loop {
            self.dismissal.notified().await;
            if !self.is_serving() {
                return;
            }
            self.dismissed.store(false, Ordering::Relaxed);
        }
    }
}
