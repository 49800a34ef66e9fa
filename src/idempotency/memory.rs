//! A store in memory: window, single flight, and no growth beyond what the window holds.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{Claim, DEFAULT_WINDOW_SECONDS, Fingerprint, IdempotencyKey, IdempotencyStore, StoreError};
use crate::{IssuedCertificate, Timestamp};

/// Keeps tokens in memory, for one process.
///
/// What has left the window is removed as new certificates come in, so memory is bounded by what one window issues.
#[derive(Debug)]
pub struct MemoryStore {
    window_seconds: u32,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<IdempotencyKey, Entry>,
    /// Finished entries, oldest first, with the time they were finished.
    finished: VecDeque<(i64, IdempotencyKey)>,
}

#[derive(Debug)]
enum Entry {
    InFlight(Fingerprint),
    Issued { certificate: Arc<IssuedCertificate>, fingerprint: Fingerprint, at: i64 },
}

impl Default for MemoryStore {
    fn default() -> Self {
        MemoryStore::new(DEFAULT_WINDOW_SECONDS)
    }
}

impl MemoryStore {
    /// A store with this window, in seconds.
    pub fn new(window_seconds: u32) -> Self {
        MemoryStore { window_seconds, state: Mutex::default(), changed: Condvar::new() }
    }

    /// How many tokens are held, in flight or within the window.
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Whether no token is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock, and each change of the state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what was finished at `at` has left the window. What was finished in the future by more than the window was
    /// finished before the clock was set back, and must not count for as long as the clock was ahead.
    fn is_over(&self, at: i64, now: Timestamp) -> bool {
        now.unix().abs_diff(at) >= u64::from(self.window_seconds)
    }

    fn remove_what_is_over(&self, state: &mut State, now: Timestamp) {
        while let Some((at, _)) = state.finished.front() {
            if !self.is_over(*at, now) {
                return;
            }
            let Some((finished_at, key)) = state.finished.pop_front() else { return };
            if matches!(state.entries.get(&key), Some(Entry::Issued { at, .. }) if *at == finished_at) {
                state.entries.remove(&key);
            }
        }
    }
}

impl IdempotencyStore for MemoryStore {
    fn claim(&self, key: &IdempotencyKey, fingerprint: Fingerprint, now: Timestamp) -> Result<Claim, StoreError> {
        let mut state = self.lock();
        loop {
            match state.entries.get(key) {
                Some(Entry::InFlight(other)) if *other != fingerprint => return Ok(Claim::Mismatch),
                Some(Entry::InFlight(_)) => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                Some(Entry::Issued { certificate, fingerprint: other, at }) if !self.is_over(*at, now) => {
                    return Ok(if *other == fingerprint {
                        Claim::Issued(Arc::clone(certificate))
                    } else {
                        Claim::Mismatch
                    });
                }
                _ => {
                    state.entries.insert(key.clone(), Entry::InFlight(fingerprint));
                    return Ok(Claim::Issue);
                }
            }
        }
    }

    fn complete(
        &self,
        key: &IdempotencyKey,
        certificate: Arc<IssuedCertificate>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut state = self.lock();
        self.remove_what_is_over(&mut state, now);
        let at = now.unix();
        if let Some(entry) = state.entries.get_mut(key) {
            let (Entry::InFlight(fingerprint) | Entry::Issued { fingerprint, .. }) = entry;
            *entry = Entry::Issued { certificate, fingerprint: *fingerprint, at };
            state.finished.push_back((at, key.clone()));
        }
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    fn release(&self, key: &IdempotencyKey) {
        let mut state = self.lock();
        if matches!(state.entries.get(key), Some(Entry::InFlight(_))) {
            state.entries.remove(key);
        }
        drop(state);
        self.changed.notify_all();
    }

    fn window_seconds(&self) -> u32 {
        self.window_seconds
    }
}
