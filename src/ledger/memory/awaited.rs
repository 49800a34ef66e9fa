//! The ledger in memory for async issuers: every future is ready, but that of who waits for another caller.

use std::future::{Future, ready};
use std::pin::Pin;

use super::MemoryLedger;
use crate::authority::revocation::partition::CrlPartition;
use crate::ledger::answer::{Abandon, Ended, Reserved, Signed};
use crate::ledger::awaited::{AsyncLedger, LedgerFuture};
use crate::ledger::blocking::{Keeps, Ledger};
use crate::ledger::intent::Intent;
use crate::ledger::key::IdempotencyKey;
use crate::ledger::record::{Cursor, Page, Record};
use crate::ledger::revocation::{Revocation, Revoked, RevokedPage};
use crate::ledger::wait::Event;
use crate::request::arn::{CertificateArn, CertificateAuthorityArn};
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

impl AsyncLedger for MemoryLedger {
    fn keeps(&self) -> Keeps {
        Ledger::keeps(self)
    }

    fn window_seconds(&self) -> u32 {
        Ledger::window_seconds(self)
    }

    fn reserve<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, Vec<Reserved>> {
        Box::pin(ready(Ledger::reserve(self, intents, now)))
    }

    fn commit<'a>(&'a self, signed: &'a [Signed], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>> {
        Box::pin(ready(Ledger::commit(self, signed, now)))
    }

    fn abandon<'a>(&'a self, abandoned: &'a [Abandon], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>> {
        Box::pin(ready(Ledger::abandon(self, abandoned, now)))
    }

    fn renew<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()> {
        Box::pin(ready(Ledger::renew(self, intents, now)))
    }

    fn free<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()> {
        Box::pin(ready(Ledger::free(self, intents, now)))
    }

    fn when_free<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        _: Option<Timestamp>,
        _: u32,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        let event = Event::default();
        Ledger::when_free(self, key, event.waiter());
        Box::pin(event)
    }

    fn forsake(&self, intent: &Intent, now: Timestamp) {
        let waiting = self.lock().free(intent, now);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    fn by_token<'a>(&'a self, key: &'a IdempotencyKey, now: Timestamp) -> LedgerFuture<'a, Option<Record>> {
        Box::pin(ready(Ledger::by_token(self, key, now)))
    }

    fn by_arn<'a>(&'a self, arn: &'a CertificateArn) -> LedgerFuture<'a, Option<Record>> {
        Box::pin(ready(Ledger::by_arn(self, arn)))
    }

    fn by_serial<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> LedgerFuture<'a, Option<Record>> {
        Box::pin(ready(Ledger::by_serial(self, authority, serial)))
    }

    fn page<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
        limit: usize,
    ) -> LedgerFuture<'a, Page> {
        Box::pin(ready(Ledger::page(self, authority, from, until, after, limit)))
    }

    fn take_up<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        now: Timestamp,
        limit: usize,
    ) -> LedgerFuture<'a, Vec<Intent>> {
        Box::pin(ready(Ledger::take_up(self, authority, now, limit)))
    }

    fn revoke<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> LedgerFuture<'a, Revoked> {
        Box::pin(ready(Ledger::revoke(self, authority, serial, revocation)))
    }

    fn revoked<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> LedgerFuture<'a, RevokedPage> {
        Box::pin(ready(Ledger::revoked(self, authority, partition, after, limit)))
    }

    fn next_crl_number<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> LedgerFuture<'a, u64> {
        Box::pin(ready(Ledger::next_crl_number(self, authority, partition)))
    }

    fn take_crl_places<'a>(&'a self, authority: &'a CertificateAuthorityArn, count: u32) -> LedgerFuture<'a, u64> {
        Box::pin(ready(Ledger::take_crl_places(self, authority, count)))
    }

    fn crl_partitions<'a>(&'a self, authority: &'a CertificateAuthorityArn) -> LedgerFuture<'a, Vec<CrlPartition>> {
        Box::pin(ready(Ledger::crl_partitions(self, authority)))
    }

    fn prune<'a>(&'a self, before: Timestamp, limit: usize) -> LedgerFuture<'a, usize> {
        Box::pin(ready(Ledger::prune(self, before, limit)))
    }
}
