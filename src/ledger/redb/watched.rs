//! A disk that remembers how it failed: redb says afterwards that something has failed, and not what.

use std::io;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use redb::{BackendError, StorageBackend};

use crate::ledger::error::LedgerError;

/// The first failure of a disk, since the file was opened.
#[derive(Debug, Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<(io::ErrorKind, String)>>>);

impl Failure {
    fn note<T>(&self, outcome: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &outcome {
            let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| (error.kind(), error.to_string()));
        }
        outcome
    }

    /// An error of the ledger, with what the disk said before it, if it said something. With room on the disk, or another disk, and the
    /// file opened again, a retry may help.
    pub(super) fn explain(&self, error: LedgerError) -> LedgerError {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((kind, text)) => {
                let reason = format!("the disk failed, and the file must be opened again: {text} ({})", error.reason);
                LedgerError::new(reason).retryable().caused_by(io::Error::new(*kind, text.clone()))
            }
            None => error,
        }
    }
}

/// A disk, and its first failure.
#[derive(Debug)]
pub(super) struct Watched<B> {
    pub(super) backend: B,
    pub(super) failure: Failure,
}

impl<B: StorageBackend> StorageBackend for Watched<B> {
    fn len(&self) -> io::Result<u64> {
        self.failure.note(self.backend.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.failure.note(self.backend.read(offset, out))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.failure.note(self.backend.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.failure.note(self.backend.sync_data())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.failure.note(self.backend.write(offset, data))
    }

    fn close(&self) -> io::Result<()> {
        self.backend.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.query_lock_range(start, end)
    }
}
