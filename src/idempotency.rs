//! One certificate per idempotency token (R-IDM).

pub(crate) mod key;
mod locks;
pub(crate) mod memory;
pub(crate) mod unwind;
pub(crate) mod wait;
pub(crate) mod waiter;

pub use self::key::{Fingerprint, IdempotencyKey};
pub use self::memory::MemoryStore;
pub use self::waiter::Waiter;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crate::error::source::ErrorSource;
use crate::issued::IssuedCertificate;
use crate::x509::timestamp::Timestamp;

use self::unwind::discard;

/// How long a token counts by default: 5 minutes (R-IDM-1).
pub const DEFAULT_WINDOW_SECONDS: u32 = 5 * 60;

/// What makes two requests with one token the same (R-IDM-2, our decision).
/// [`MemoryStore`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IdempotencyMode {
    /// The same CSR: a retry with a recomputed validity gets the first certificate, another CSR gets its own.
    #[default]
    PerCsr,
    /// Every member: any difference under one token is an error.
    Strict,
}

/// What a store says to a request. [`MemoryStore`] has an example.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Claim {
    /// Nobody has the key: the caller issues, and then calls [`IdempotencyStore::complete`] or
    /// [`IdempotencyStore::release`].
    Issue,
    /// The certificate was issued under this key within the window.
    Issued(Arc<IssuedCertificate>),
    /// The key belongs to a request with another fingerprint.
    Mismatch,
    /// Another caller holds the key: wait with [`IdempotencyStore::when_free`], then claim again.
    Busy,
    /// The store does not know the key and has no room for it: nothing is issued, and the caller may come again
    /// ([`Error::TooManyTokens`](crate::error::Error::TooManyTokens)).
    Full,
}

/// Keeps what was issued under which token.
///
/// At most one caller at a time may hold a key between [`claim`](IdempotencyStore::claim) and
/// [`complete`](IdempotencyStore::complete) or [`release`](IdempotencyStore::release); where `complete` fails, `release` follows.
/// Time is always given by the caller (R-IDM-4). The methods are called on the thread that issues, also by
/// [`AsyncIssuer`](crate::issue::async_issuer::AsyncIssuer): a store that waits for a network blocks there.
///
/// A store that several processes share keeps [`IdempotencyKey::as_bytes`], [`Fingerprint::as_bytes`] and, with the feature
/// `serde`, the certificate as serde writes it. It must end the claims of processes that died.
/// [`MemoryStore`] has an example.
pub trait IdempotencyStore: Send + Sync {
    /// Claims a key. Does not wait.
    ///
    /// # Errors
    /// When the store cannot be reached. Nothing is issued then.
    fn claim(&self, key: &IdempotencyKey, fingerprint: Fingerprint, now: Timestamp) -> Result<Claim, StoreError>;

    /// Stores the certificate under a claimed key, and ends the claim.
    ///
    /// # Errors
    /// When the store cannot be reached. The issuer then reports the failure and not the certificate.
    fn complete(
        &self,
        key: &IdempotencyKey,
        certificate: Arc<IssuedCertificate>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Wakes `waiter`, as soon as nobody holds the key (R-IDM-3); at once where that is so already. Not under a lock of the store: what
    /// a waiter does is short, and foreign. Callers give up: a store should forget those that are
    /// [gone](Waiter::is_gone), now and then, since a key may be held for long.
    fn when_free(&self, key: &IdempotencyKey, waiter: Waiter);

    /// Ends a claim without a certificate: a failed attempt frees the key (R-IDM-3).
    fn release(&self, key: &IdempotencyKey);

    /// How long a certificate is kept, in seconds.
    fn window_seconds(&self) -> u32;
}

macro_rules! forward_store {
    ($($pointer:ty),+) => {$(
        impl<T: IdempotencyStore + ?Sized> IdempotencyStore for $pointer {
            fn claim(
                &self,
                key: &IdempotencyKey,
                fingerprint: Fingerprint,
                now: Timestamp,
            ) -> Result<Claim, StoreError> {
                (**self).claim(key, fingerprint, now)
            }

            fn complete(
                &self,
                key: &IdempotencyKey,
                certificate: Arc<IssuedCertificate>,
                now: Timestamp,
            ) -> Result<(), StoreError> {
                (**self).complete(key, certificate, now)
            }

            fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
                (**self).when_free(key, waiter);
            }

            fn release(&self, key: &IdempotencyKey) {
                (**self).release(key);
            }

            fn window_seconds(&self) -> u32 {
                (**self).window_seconds()
            }
        }
    )+};
}
forward_store!(&T, Box<T>, Arc<T>);

/// The store failed.
///
/// ```
/// use std::error::Error;
/// use std::io;
///
/// use issuance::idempotency::StoreError;
///
/// let away = io::Error::from(io::ErrorKind::ConnectionRefused);
/// let error = StoreError::new("the database cannot be reached").retryable().caused_by(away);
/// assert_eq!(error.to_string(), "the idempotency store failed: the database cannot be reached");
/// assert!(error.source().is_some_and(|cause| cause.is::<io::Error>()));
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[error("the idempotency store failed: {reason}")]
#[non_exhaustive]
pub struct StoreError {
    /// What failed, for an operator to read; what `source` says need not be said again.
    pub reason: String,
    /// Whether a retry may help: false, unless [`StoreError::retryable`] says so.
    pub retryable: bool,
    /// The error of the store's library or service.
    pub source: Option<ErrorSource>,
}

impl StoreError {
    /// A failure that a retry does not mend, without a cause.
    pub fn new(reason: impl Into<String>) -> StoreError {
        StoreError { reason: reason.into(), retryable: false, source: None }
    }

    /// A retry may help: the store was busy or away.
    #[must_use]
    pub fn retryable(self) -> StoreError {
        StoreError { retryable: true, ..self }
    }

    /// The error of the store's library or service.
    #[must_use]
    pub fn caused_by(self, cause: impl Into<ErrorSource>) -> StoreError {
        StoreError { source: Some(cause.into()), ..self }
    }
}

/// Holds a claimed key; dropped without [`Held::complete`], on an error or a panic, it frees the key.
pub(crate) struct Held<'s> {
    store: &'s dyn IdempotencyStore,
    key: Option<IdempotencyKey>,
}

impl<'s> Held<'s> {
    pub(crate) fn new(store: &'s dyn IdempotencyStore, key: IdempotencyKey) -> Self {
        Held { store, key: Some(key) }
    }

    pub(crate) fn complete(mut self, certificate: Arc<IssuedCertificate>, now: Timestamp) -> Result<(), StoreError> {
        match &self.key {
            Some(key) => self.store.complete(key, certificate, now)?,
            None => return Ok(()),
        }
        self.key = None;
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key.take() else { return };
        if thread::panicking() {
            // A store that panics as well must not end the process: the panic that is under way is the one to be told.
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.store.release(&key))) {
                discard(payload);
            }
        } else {
            self.store.release(&key);
        }
    }
}
