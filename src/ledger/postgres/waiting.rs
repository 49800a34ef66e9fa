//! Waiting for another caller: woken at once by one of this process, and by the clock for those of others.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::ledger::key::IdempotencyKey;

/// The first pause before the database is asked again.
const FIRST: Duration = Duration::from_millis(10);

/// The longest pause. So long, and no longer, the end of another process or of its lease can stay unnoticed.
const LONGEST: Duration = Duration::from_millis(640);

/// Those of this process who wait for a key.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<HashMap<IdempotencyKey, Arc<Notify>>>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, HashMap<IdempotencyKey, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the key is free or the pause is over, which grows with each time that the caller has waited.
    pub(super) async fn wait(&self, key: &IdempotencyKey, waits: u32) {
        // Without a clock there is no waiting; what the caller does next will say so.
        if tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let place = Place { waiting: self, key, notify: Arc::clone(self.lock().entry(*key).or_default()) };
        let pause = FIRST.saturating_mul(1 << waits.min(16)).min(LONGEST);
        // Woken or not, the caller asks again.
        let _ = tokio::time::timeout(jittered(pause), place.notify.notified()).await;
    }

    /// Wakes those who wait for a key.
    pub(super) fn wake(&self, key: &IdempotencyKey) {
        let notify = self.lock().remove(key);
        if let Some(notify) = notify {
            notify.notify_waiters();
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.lock().len()
    }
}

/// One who waits. The last to leave clears the place.
struct Place<'w> {
    waiting: &'w Waiting,
    key: &'w IdempotencyKey,
    notify: Arc<Notify>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut keys = self.waiting.lock();
        // The map's and this one's.
        let is_last = |kept: &Arc<Notify>| Arc::ptr_eq(kept, &self.notify) && Arc::strong_count(kept) == 2;
        if keys.get(self.key).is_some_and(is_last) {
            keys.remove(self.key);
        }
    }
}

/// A duration between half of this one and the whole, so that callers that failed together do not meet again.
pub(super) fn jittered(whole: Duration) -> Duration {
    // The state of a hasher is random, and that is all that is asked here.
    let random = RandomState::new().hash_one(0u8) % 1024;
    whole / 2 + whole / 2 * u32::try_from(random).unwrap_or_default() / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
    }

    #[test]
    fn those_who_wait_are_woken_together_and_leave_nothing_behind() {
        let (waiting, key) = (Waiting::default(), IdempotencyKey::from_bytes([7; 32]));
        runtime().block_on(async {
            let mut first = Box::pin(waiting.wait(&key, 16));
            let mut second = Box::pin(waiting.wait(&key, 16));
            let pending = |future: &mut std::pin::Pin<Box<_>>| {
                std::future::Future::poll(
                    std::pin::Pin::as_mut(future),
                    &mut std::task::Context::from_waker(std::task::Waker::noop()),
                )
                .is_pending()
            };
            assert!(pending(&mut first));
            assert!(pending(&mut second));
            assert_eq!(waiting.len(), 1);
            waiting.wake(&IdempotencyKey::from_bytes([8; 32]));
            assert!(pending(&mut first));
            waiting.wake(&key);
            assert!(!pending(&mut first));
            assert!(!pending(&mut second));
        });
        assert_eq!(waiting.len(), 0);
    }

    #[test]
    fn one_who_gives_up_clears_the_place_and_one_who_is_not_woken_asks_again() {
        let (waiting, key) = (Waiting::default(), IdempotencyKey::from_bytes([7; 32]));
        runtime().block_on(async {
            let limit = Duration::from_millis(1);
            assert!(tokio::time::timeout(limit, waiting.wait(&key, 16)).await.is_err());
            assert_eq!(waiting.len(), 0);
            waiting.wait(&key, 0).await;
        });
        assert_eq!(waiting.len(), 0);
    }

    #[test]
    fn jitter_stays_between_half_and_whole() {
        let whole = Duration::from_millis(100);
        let drawn: std::collections::BTreeSet<_> = (0..64).map(|_| jittered(whole)).collect();
        assert!(drawn.iter().all(|pause| (whole / 2..=whole).contains(pause)));
        assert!(drawn.len() > 8);
    }
}
