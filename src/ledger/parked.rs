//! An awaited ledger under a blocking issuer: its calls run on an executor, and the calling thread waits.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, mpsc};

use super::answer::{Abandon, Ended, Reserved, Signed};
use super::awaited::AsyncLedger;
use super::blocking::{Keeps, Ledger};
use super::error::LedgerError;
use super::intent::Intent;
use super::key::IdempotencyKey;
use super::record::{Cursor, Page, Record};
use super::revocation::{Revocation, Revoked, RevokedPage};
use super::waiter::Waiter;
use crate::authority::revocation::partition::CrlPartition;
use crate::request::arn::{CertificateArn, CertificateAuthorityArn};
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// A call, for an executor.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An [`AsyncLedger`] for a blocking issuer, the counterpart of [`Offloaded`](super::offloaded::Offloaded). Each call is a task for an
/// executor of your choice, and the thread that calls waits for it: it must not be one that polls.
///
/// ```no_run
/// # #[cfg(feature = "postgres")] {
/// # use issuance::ledger::{LedgerError, Parked, PostgresLedger};
/// # async fn run(ledger: PostgresLedger) {
/// # struct Handle;
/// # impl Handle { fn spawn<T>(&self, _: T) {} }
/// # let handle = Handle;
/// // `tokio::runtime::Handle::current()`, with tokio.
/// let ledger = Parked::new(ledger, move |task| drop(handle.spawn(task)));
/// # }
/// # }
/// ```
pub struct Parked<L> {
    ledger: Arc<L>,
    run: Arc<dyn Fn(Task) + Send + Sync>,
}

impl<L: AsyncLedger + 'static> Parked<L> {
    /// A ledger whose calls are run by `run`: on other threads, or on the thread that calls, before it returns. A task that it drops fails.
    pub fn new(ledger: L, run: impl Fn(Task) + Send + Sync + 'static) -> Parked<L> {
        Parked { ledger: Arc::new(ledger), run: Arc::new(run) }
    }

    /// The result of a future that `call` makes, once the executor has run it.
    ///
    /// # Errors
    /// Those of the future, and one that is [retryable](LedgerError::retryable) if the executor dropped it.
    pub fn call<T: Send + 'static, F: Future<Output = Result<T, LedgerError>> + Send + 'static>(
        &self,
        call: impl FnOnce(Arc<L>) -> F,
    ) -> Result<T, LedgerError> {
        let (sender, receiver) = mpsc::channel();
        let future = call(Arc::clone(&self.ledger));
        (self.run)(Box::pin(async move {
            // The caller waits as long as this is there.
            let _ = sender.send(future.await);
        }));
        let dropped = || LedgerError::new("a call was dropped before it ended").retryable();
        receiver.recv().unwrap_or_else(|_| Err(dropped()))
    }
}

impl<L> fmt::Debug for Parked<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parked").finish_non_exhaustive()
    }
}

impl<L: AsyncLedger + 'static> Ledger for Parked<L> {
    fn keeps(&self) -> Keeps {
        self.ledger.keeps()
    }

    fn window_seconds(&self) -> u32 {
        self.ledger.window_seconds()
    }

    /// Too early rather than late: without knowing how often the caller has waited, the ledger is asked often.
    fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
        let (ledger, key) = (Arc::clone(&self.ledger), *key);
        (self.run)(Box::pin(async move {
            ledger.when_free(&key, None, 0).await;
            waiter.wake();
        }));
    }

    fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
        let intents = intents.to_vec();
        self.call(|ledger| async move { ledger.reserve(&intents, now).await })
    }

    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        let signed = signed.to_vec();
        self.call(|ledger| async move { ledger.commit(&signed, now).await })
    }

    fn abandon(&self, abandoned: &[Abandon], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        let abandoned = abandoned.to_vec();
        self.call(|ledger| async move { ledger.abandon(&abandoned, now).await })
    }

    fn renew(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
        let intents = intents.to_vec();
        self.call(|ledger| async move { ledger.renew(&intents, now).await })
    }

    fn free(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
        let intents = intents.to_vec();
        self.call(|ledger| async move { ledger.free(&intents, now).await })
    }

    fn by_token(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Record>, LedgerError> {
        let key = *key;
        self.call(|ledger| async move { ledger.by_token(&key, now).await })
    }

    fn by_arn(&self, arn: &CertificateArn) -> Result<Option<Record>, LedgerError> {
        let arn = arn.clone();
        self.call(|ledger| async move { ledger.by_arn(&arn).await })
    }

    fn by_serial(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> Result<Option<Record>, LedgerError> {
        let authority = authority.clone();
        self.call(|ledger| async move { ledger.by_serial(&authority, serial).await })
    }

    fn page(
        &self,
        authority: &CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, LedgerError> {
        let authority = authority.clone();
        self.call(|ledger| async move { ledger.page(&authority, from, until, after, limit).await })
    }

    fn take_up(
        &self,
        authority: &CertificateAuthorityArn,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Intent>, LedgerError> {
        let authority = authority.clone();
        self.call(|ledger| async move { ledger.take_up(&authority, now, limit).await })
    }

    fn revoke(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> Result<Revoked, LedgerError> {
        let authority = authority.clone();
        self.call(|ledger| async move { ledger.revoke(&authority, serial, revocation).await })
    }

    fn revoked(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> Result<RevokedPage, LedgerError> {
        let authority = authority.clone();
        self.call(|ledger| async move { ledger.revoked(&authority, partition, after, limit).await })
    }

    fn next_crl_number(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> Result<u64, LedgerError> {
        let authority = authority.clone();
        self.call(|ledger| async move { ledger.next_crl_number(&authority, partition).await })
    }

    fn take_crl_places(&self, authority: &CertificateAuthorityArn, count: u32) -> Result<u64, LedgerError> {
        let authority = authority.clone();
        self.call(|ledger| async move { ledger.take_crl_places(&authority, count).await })
    }

    fn crl_partitions(&self, authority: &CertificateAuthorityArn) -> Result<Vec<CrlPartition>, LedgerError> {
        let authority = authority.clone();
        self.call(|ledger| async move { ledger.crl_partitions(&authority).await })
    }

    fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, LedgerError> {
        self.call(|ledger| async move { ledger.prune(before, limit).await })
    }
}
