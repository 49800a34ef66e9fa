//! An async ledger, polled on the thread that calls it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::thread;

use crate::authority::revocation::partition::CrlPartition;
use crate::ledger::answer::{Abandon, Ended, Reserved, Signed};
use crate::ledger::awaited::AsyncLedger;
use crate::ledger::blocking::{Keeps, Ledger};
use crate::ledger::error::LedgerError;
use crate::ledger::intent::Intent;
use crate::ledger::key::IdempotencyKey;
use crate::ledger::record::{Cursor, Page, Record};
use crate::ledger::revocation::{Revocation, Revoked, RevokedPage};
use crate::ledger::waiter::Waiter;
use crate::request::arn::{CertificateArn, CertificateAuthorityArn};
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// Runs a future to its end on this thread, as the `block_on` of an executor does.
type BlockOn = dyn Fn(Pin<Box<dyn Future<Output = ()> + Send + '_>>) + Send + Sync;

/// An [`AsyncLedger`] as a [`Ledger`], for [`check_ledger`](super::check_ledger) and other tests: each call polls its future to the
/// end on its own thread, and whoever waits for a key has a thread.
///
/// ```
/// # fn run() -> Result<(), issuance::testing::LedgerContractError> {
/// use issuance::ledger::MemoryLedger;
/// use issuance::testing::{Polled, check_ledger};
///
/// /// What an executor brings, for futures that are ready at once.
/// fn block_on(mut future: std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
///     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
///     while future.as_mut().poll(&mut context).is_pending() {
///         std::thread::yield_now();
///     }
/// }
/// check_ledger(|| Polled::new(MemoryLedger::new(300), block_on))
/// # }
/// # run().unwrap();
/// ```
pub struct Polled<L> {
    ledger: Arc<L>,
    block_on: Arc<BlockOn>,
}

impl<L: AsyncLedger> Polled<L> {
    /// A ledger whose futures are run by `block_on`, such as `move |future| runtime.block_on(future)` with tokio.
    pub fn new(
        ledger: L,
        block_on: impl Fn(Pin<Box<dyn Future<Output = ()> + Send + '_>>) + Send + Sync + 'static,
    ) -> Polled<L> {
        Polled { ledger: Arc::new(ledger), block_on: Arc::new(block_on) }
    }

    fn run<T: Send>(&self, future: impl Future<Output = Result<T, LedgerError>> + Send) -> Result<T, LedgerError> {
        let mut outcome = None;
        (self.block_on)(Box::pin(async { outcome = Some(future.await) }));
        outcome.unwrap_or_else(|| Err(LedgerError::new("block_on left a future unfinished")))
    }
}

impl<L> fmt::Debug for Polled<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polled").finish_non_exhaustive()
    }
}

impl<L: AsyncLedger + 'static> Ledger for Polled<L> {
    fn keeps(&self) -> Keeps {
        self.ledger.keeps()
    }

    fn window_seconds(&self) -> u32 {
        self.ledger.window_seconds()
    }

    fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
        self.run(self.ledger.reserve(intents, now))
    }

    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        self.run(self.ledger.commit(signed, now))
    }

    fn abandon(&self, abandoned: &[Abandon], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        self.run(self.ledger.abandon(abandoned, now))
    }

    fn renew(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
        self.run(self.ledger.renew(intents, now))
    }

    fn free(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
        self.run(self.ledger.free(intents, now))
    }

    fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
        let (ledger, block_on, key) = (Arc::clone(&self.ledger), Arc::clone(&self.block_on), *key);
        thread::spawn(move || {
            block_on(ledger.when_free(&key, None, 0));
            waiter.wake();
        });
    }

    fn by_token(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Record>, LedgerError> {
        self.run(self.ledger.by_token(key, now))
    }

    fn by_arn(&self, arn: &CertificateArn) -> Result<Option<Record>, LedgerError> {
        self.run(self.ledger.by_arn(arn))
    }

    fn by_serial(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> Result<Option<Record>, LedgerError> {
        self.run(self.ledger.by_serial(authority, serial))
    }

    fn page(
        &self,
        authority: &CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, LedgerError> {
        self.run(self.ledger.page(authority, from, until, after, limit))
    }

    fn take_up(
        &self,
        authority: &CertificateAuthorityArn,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Intent>, LedgerError> {
        self.run(self.ledger.take_up(authority, now, limit))
    }

    fn revoke(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> Result<Revoked, LedgerError> {
        self.run(self.ledger.revoke(authority, serial, revocation))
    }

    fn revoked(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> Result<RevokedPage, LedgerError> {
        self.run(self.ledger.revoked(authority, partition, after, limit))
    }

    fn next_crl_number(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> Result<u64, LedgerError> {
        self.run(self.ledger.next_crl_number(authority, partition))
    }

    fn take_crl_places(&self, authority: &CertificateAuthorityArn, count: u32) -> Result<u64, LedgerError> {
        self.run(self.ledger.take_crl_places(authority, count))
    }

    fn crl_partitions(&self, authority: &CertificateAuthorityArn) -> Result<Vec<CrlPartition>, LedgerError> {
        self.run(self.ledger.crl_partitions(authority))
    }

    fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, LedgerError> {
        self.run(self.ledger.prune(before, limit))
    }
}
