//! A blocking ledger under an async issuer: its calls run where they block nobody.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::{Abandon, Ended, Reserved, Signed};
use super::awaited::{AsyncLedger, LedgerFuture};
use super::blocking::{Keeps, Ledger};
use super::error::LedgerError;
use super::intent::Intent;
use super::key::IdempotencyKey;
use super::record::{Cursor, Page, Record};
use super::revocation::{Revocation, Revoked, RevokedPage};
use super::wait::Event;
use super::waiter::Waiter;
use crate::authority::revocation::partition::CrlPartition;
use crate::request::arn::{CertificateArn, CertificateAuthorityArn};
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// A piece of work that may block for a moment.
pub type Work = Box<dyn FnOnce() + Send>;

/// A blocking [`Ledger`] for an async issuer (R-LED-4). Each call is a piece of work for an executor of your choice, and its future waits for
/// that.
///
/// ```no_run
/// # #[cfg(feature = "redb")] {
/// # use issuance::ledger::{LedgerError, Offloaded, RedbLedger};
/// # struct Runtime;
/// # impl Runtime { fn spawn_blocking(&self, _: impl FnOnce() + Send + 'static) {} }
/// # let tokio = Runtime;
/// // `tokio::task::spawn_blocking`, with tokio.
/// let ledger = Offloaded::new(RedbLedger::open("issuance.redb")?, move |work| drop(tokio.spawn_blocking(work)));
/// # }
/// # Ok::<(), issuance::ledger::LedgerError>(())
/// ```
pub struct Offloaded<L> {
    ledger: Arc<L>,
    run: Arc<dyn Fn(Work) + Send + Sync>,
}

impl<L: Ledger + 'static> Offloaded<L> {
    /// A ledger whose calls are run by `run`, on another thread than those that poll futures. Work that it drops fails.
    pub fn new(ledger: L, run: impl Fn(Work) + Send + Sync + 'static) -> Offloaded<L> {
        Offloaded { ledger: Arc::new(ledger), run: Arc::new(run) }
    }

    fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&L) -> Result<T, LedgerError> + Send + 'static,
    ) -> LedgerFuture<'_, T> {
        let (event, slot) = (Event::default(), Arc::new(Mutex::new(None)));
        let (done, answer, ledger) = (Done(Some(event.waiter())), Arc::clone(&slot), Arc::clone(&self.ledger));
        (self.run)(Box::new(move || {
            // Whatever becomes of the call, its caller is woken.
            let _done = done;
            let outcome = call(&ledger);
            *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        }));
        Box::pin(async move {
            event.await;
            let outcome = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
            outcome.unwrap_or_else(|| Err(LedgerError::new("a call was dropped before it was run").retryable()))
        })
    }
}

/// Wakes when it is dropped.
struct Done(Option<Waiter>);

impl Drop for Done {
    fn drop(&mut self) {
        if let Some(waiter) = self.0.take() {
            waiter.wake();
        }
    }
}

impl<L> fmt::Debug for Offloaded<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offloaded").finish_non_exhaustive()
    }
}

impl<L: Ledger + 'static> AsyncLedger for Offloaded<L> {
    fn keeps(&self) -> Keeps {
        self.ledger.keeps()
    }

    fn window_seconds(&self) -> u32 {
        self.ledger.window_seconds()
    }

    fn reserve<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, Vec<Reserved>> {
        let intents = intents.to_vec();
        self.call(move |ledger| ledger.reserve(&intents, now))
    }

    fn commit<'a>(&'a self, signed: &'a [Signed], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>> {
        let signed = signed.to_vec();
        self.call(move |ledger| ledger.commit(&signed, now))
    }

    fn abandon<'a>(&'a self, abandoned: &'a [Abandon], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>> {
        let abandoned = abandoned.to_vec();
        self.call(move |ledger| ledger.abandon(&abandoned, now))
    }

    fn renew<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()> {
        let intents = intents.to_vec();
        self.call(move |ledger| ledger.renew(&intents, now))
    }

    fn free<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()> {
        let intents = intents.to_vec();
        self.call(move |ledger| ledger.free(&intents, now))
    }

    fn when_free<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        _: Option<Timestamp>,
        _: u32,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        let event = Event::default();
        let (mut done, ledger, key) = (Done(Some(event.waiter())), Arc::clone(&self.ledger), *key);
        (self.run)(Box::new(move || {
            if let Some(waiter) = done.0.take() {
                ledger.when_free(&key, waiter);
            }
        }));
        Box::pin(event)
    }

    fn forsake(&self, intent: &Intent, now: Timestamp) {
        let (ledger, intent) = (Arc::clone(&self.ledger), intent.clone());
        (self.run)(Box::new(move || {
            // Where this fails, the lease ends by itself or with the process.
            let _ = ledger.free(&[intent], now);
        }));
    }

    fn by_token<'a>(&'a self, key: &'a IdempotencyKey, now: Timestamp) -> LedgerFuture<'a, Option<Record>> {
        let key = *key;
        self.call(move |ledger| ledger.by_token(&key, now))
    }

    fn by_arn<'a>(&'a self, arn: &'a CertificateArn) -> LedgerFuture<'a, Option<Record>> {
        let arn = arn.clone();
        self.call(move |ledger| ledger.by_arn(&arn))
    }

    fn by_serial<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> LedgerFuture<'a, Option<Record>> {
        let authority = authority.clone();
        self.call(move |ledger| ledger.by_serial(&authority, serial))
    }

    fn page<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
        limit: usize,
    ) -> LedgerFuture<'a, Page> {
        let authority = authority.clone();
        self.call(move |ledger| ledger.page(&authority, from, until, after, limit))
    }

    fn take_up<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        now: Timestamp,
        limit: usize,
    ) -> LedgerFuture<'a, Vec<Intent>> {
        let authority = authority.clone();
        self.call(move |ledger| ledger.take_up(&authority, now, limit))
    }

    fn revoke<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> LedgerFuture<'a, Revoked> {
        let authority = authority.clone();
        self.call(move |ledger| ledger.revoke(&authority, serial, revocation))
    }

    fn revoked<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> LedgerFuture<'a, RevokedPage> {
        let authority = authority.clone();
        self.call(move |ledger| ledger.revoked(&authority, partition, after, limit))
    }

    fn next_crl_number<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> LedgerFuture<'a, u64> {
        let authority = authority.clone();
        self.call(move |ledger| ledger.next_crl_number(&authority, partition))
    }

    fn take_crl_places<'a>(&'a self, authority: &'a CertificateAuthorityArn, count: u32) -> LedgerFuture<'a, u64> {
        let authority = authority.clone();
        self.call(move |ledger| ledger.take_crl_places(&authority, count))
    }

    fn crl_partitions<'a>(&'a self, authority: &'a CertificateAuthorityArn) -> LedgerFuture<'a, Vec<CrlPartition>> {
        let authority = authority.clone();
        self.call(move |ledger| ledger.crl_partitions(&authority))
    }

    fn prune<'a>(&'a self, before: Timestamp, limit: usize) -> LedgerFuture<'a, usize> {
        self.call(move |ledger| ledger.prune(before, limit))
    }
}
