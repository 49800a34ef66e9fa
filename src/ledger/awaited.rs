//! Ledgers behind a network.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::answer::{Abandon, Ended, Reserved, Signed};
use super::blocking::Keeps;
#[cfg(doc)]
use super::blocking::Ledger;
use super::error::LedgerError;
use super::intent::Intent;
use super::key::IdempotencyKey;
use super::record::{Cursor, Page, Record};
use super::revocation::{Revocation, Revoked, RevokedPage};
use crate::authority::revocation::partition::CrlPartition;
use crate::request::arn::{CertificateArn, CertificateAuthorityArn};
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// What the methods of an [`AsyncLedger`] return. A future that is dropped leaves its items recorded or not, as a failed call
/// does.
pub type LedgerFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, LedgerError>> + Send + 'a>>;

/// [`Ledger`] for stores behind a network, on any executor (R-LED-4). All that is said there holds here; no method blocks the thread that calls it or
/// that polls its future.
///
/// For an example see [`Ledger`], which has its answers, and [`Offloaded`](super::offloaded::Offloaded) for an issuer that awaits one.
pub trait AsyncLedger: Send + Sync {
    /// As [`Ledger::keeps`].
    fn keeps(&self) -> Keeps;

    /// As [`Ledger::window_seconds`].
    fn window_seconds(&self) -> u32;

    /// As [`Ledger::reserve`].
    ///
    /// # Errors
    /// As [`Ledger::reserve`].
    fn reserve<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, Vec<Reserved>>;

    /// As [`Ledger::commit`].
    ///
    /// # Errors
    /// As [`Ledger::commit`].
    fn commit<'a>(&'a self, signed: &'a [Signed], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>>;

    /// As [`Ledger::abandon`].
    ///
    /// # Errors
    /// As [`Ledger::abandon`].
    fn abandon<'a>(&'a self, abandoned: &'a [Abandon], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>>;

    /// As [`Ledger::renew`].
    ///
    /// # Errors
    /// As [`Ledger::renew`].
    fn renew<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()>;

    /// As [`Ledger::free`].
    ///
    /// # Errors
    /// As [`Ledger::free`].
    fn free<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()>;

    /// Is ready as soon as the key may have become free, as [`Ledger::when_free`] says, and rather too early than never: the caller reserves
    /// again. `until` is when its lease ends, as [`Reserved::Busy`] has it; `waits` is how often this caller has waited for the key
    /// before, for a ledger that asks its store with growing pauses.
    fn when_free<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        until: Option<Timestamp>,
        waits: u32,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

    /// The future of a caller was dropped while it had the lease of an intent, or panicked. Ends the lease as [`Ledger::free`] does if that
    /// takes no waiting, wakes those in this process who wait for it, or leaves it to end by itself.
    fn forsake(&self, intent: &Intent, now: Timestamp);

    /// As [`Ledger::by_token`].
    ///
    /// # Errors
    /// As [`Ledger::by_token`].
    fn by_token<'a>(&'a self, key: &'a IdempotencyKey, now: Timestamp) -> LedgerFuture<'a, Option<Record>>;

    /// As [`Ledger::by_arn`].
    ///
    /// # Errors
    /// As [`Ledger::by_arn`].
    fn by_arn<'a>(&'a self, arn: &'a CertificateArn) -> LedgerFuture<'a, Option<Record>>;

    /// As [`Ledger::by_serial`].
    ///
    /// # Errors
    /// As [`Ledger::by_serial`].
    fn by_serial<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> LedgerFuture<'a, Option<Record>>;

    /// As [`Ledger::page`].
    ///
    /// # Errors
    /// As [`Ledger::page`].
    fn page<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
        limit: usize,
    ) -> LedgerFuture<'a, Page>;

    /// As [`Ledger::take_up`].
    ///
    /// # Errors
    /// As [`Ledger::take_up`].
    fn take_up<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        now: Timestamp,
        limit: usize,
    ) -> LedgerFuture<'a, Vec<Intent>>;

    /// As [`Ledger::revoke`].
    ///
    /// # Errors
    /// As [`Ledger::revoke`].
    fn revoke<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> LedgerFuture<'a, Revoked>;

    /// As [`Ledger::revoked`].
    ///
    /// # Errors
    /// As [`Ledger::revoked`].
    fn revoked<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> LedgerFuture<'a, RevokedPage>;

    /// As [`Ledger::next_crl_number`].
    ///
    /// # Errors
    /// As [`Ledger::next_crl_number`].
    fn next_crl_number<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> LedgerFuture<'a, u64>;

    /// As [`Ledger::take_crl_places`].
    ///
    /// # Errors
    /// As [`Ledger::take_crl_places`].
    fn take_crl_places<'a>(&'a self, authority: &'a CertificateAuthorityArn, count: u32) -> LedgerFuture<'a, u64>;

    /// As [`Ledger::crl_partitions`].
    ///
    /// # Errors
    /// As [`Ledger::crl_partitions`].
    fn crl_partitions<'a>(&'a self, authority: &'a CertificateAuthorityArn) -> LedgerFuture<'a, Vec<CrlPartition>>;

    /// As [`Ledger::prune`].
    ///
    /// # Errors
    /// As [`Ledger::prune`].
    fn prune<'a>(&'a self, before: Timestamp, limit: usize) -> LedgerFuture<'a, usize>;
}

macro_rules! forward_ledger {
    ($($pointer:ty),+) => {$(
        impl<T: AsyncLedger + ?Sized> AsyncLedger for $pointer {
            fn keeps(&self) -> Keeps {
                (**self).keeps()
            }

            fn window_seconds(&self) -> u32 {
                (**self).window_seconds()
            }

            fn reserve<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, Vec<Reserved>> {
                (**self).reserve(intents, now)
            }

            fn commit<'a>(&'a self, signed: &'a [Signed], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>> {
                (**self).commit(signed, now)
            }

            fn abandon<'a>(&'a self, abandoned: &'a [Abandon], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>> {
                (**self).abandon(abandoned, now)
            }

            fn renew<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()> {
                (**self).renew(intents, now)
            }

            fn free<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()> {
                (**self).free(intents, now)
            }

            fn when_free<'a>(
                &'a self,
                key: &'a IdempotencyKey,
                until: Option<Timestamp>,
                waits: u32,
            ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
                (**self).when_free(key, until, waits)
            }

            fn forsake(&self, intent: &Intent, now: Timestamp) {
                (**self).forsake(intent, now);
            }

            fn by_token<'a>(&'a self, key: &'a IdempotencyKey, now: Timestamp) -> LedgerFuture<'a, Option<Record>> {
                (**self).by_token(key, now)
            }

            fn by_arn<'a>(&'a self, arn: &'a CertificateArn) -> LedgerFuture<'a, Option<Record>> {
                (**self).by_arn(arn)
            }

            fn by_serial<'a>(&'a self, authority: &'a CertificateAuthorityArn, serial: SerialNumber) -> LedgerFuture<'a, Option<Record>> {
                (**self).by_serial(authority, serial)
            }

            fn page<'a>(&'a self, authority: &'a CertificateAuthorityArn, from: Timestamp, until: Timestamp, after: Option<Cursor>, limit: usize) -> LedgerFuture<'a, Page> {
                (**self).page(authority, from, until, after, limit)
            }

            fn take_up<'a>(&'a self, authority: &'a CertificateAuthorityArn, now: Timestamp, limit: usize) -> LedgerFuture<'a, Vec<Intent>> {
                (**self).take_up(authority, now, limit)
            }

            fn revoke<'a>(&'a self, authority: &'a CertificateAuthorityArn, serial: SerialNumber, revocation: Revocation) -> LedgerFuture<'a, Revoked> {
                (**self).revoke(authority, serial, revocation)
            }

            fn revoked<'a>(&'a self, authority: &'a CertificateAuthorityArn, partition: Option<CrlPartition>, after: Option<SerialNumber>, limit: usize) -> LedgerFuture<'a, RevokedPage> {
                (**self).revoked(authority, partition, after, limit)
            }

            fn next_crl_number<'a>(&'a self, authority: &'a CertificateAuthorityArn, partition: Option<CrlPartition>) -> LedgerFuture<'a, u64> {
                (**self).next_crl_number(authority, partition)
            }

            fn take_crl_places<'a>(&'a self, authority: &'a CertificateAuthorityArn, count: u32) -> LedgerFuture<'a, u64> {
                (**self).take_crl_places(authority, count)
            }

            fn crl_partitions<'a>(&'a self, authority: &'a CertificateAuthorityArn) -> LedgerFuture<'a, Vec<CrlPartition>> {
                (**self).crl_partitions(authority)
            }

            fn prune<'a>(&'a self, before: Timestamp, limit: usize) -> LedgerFuture<'a, usize> {
                (**self).prune(before, limit)
            }
        }
    )+};
}
forward_ledger!(&T, Box<T>, Arc<T>);
