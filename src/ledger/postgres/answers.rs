//! The calls of a ledger: which of them are repeated, and who is woken.

use std::future::Future;
use std::pin::Pin;
use std::slice;
use std::sync::Arc;

use super::failure::repeated;
use super::{Inner, PostgresLedger};
use crate::authority::revocation::partition::CrlPartition;
use crate::ledger::answer::{Abandon, Ended, Reserved, Signed};
use crate::ledger::awaited::{AsyncLedger, LedgerFuture};
use crate::ledger::blocking::Keeps;
use crate::ledger::intent::Intent;
use crate::ledger::key::IdempotencyKey;
use crate::ledger::record::{Cursor, Page, Record};
use crate::ledger::revocation::{Revocation, Revoked, RevokedPage};
use crate::request::arn::{CertificateArn, CertificateAuthorityArn};
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

impl Inner {
    /// Wakes those in this process who wait for intents.
    pub(super) fn wake<'i>(&self, intents: impl Iterator<Item = &'i Intent>) {
        intents.filter_map(Intent::token).for_each(|token| self.waiting.wake(&token.key));
    }
}

impl AsyncLedger for PostgresLedger {
    fn keeps(&self) -> Keeps {
        Keeps::Everything
    }

    fn window_seconds(&self) -> u32 {
        self.0.window_seconds
    }

    fn reserve<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, Vec<Reserved>> {
        Box::pin(self.gathered(intents, now))
    }

    fn commit<'a>(&'a self, signed: &'a [Signed], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>> {
        Box::pin(self.gathered(signed, now))
    }

    fn abandon<'a>(&'a self, abandoned: &'a [Abandon], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>> {
        Box::pin(async move {
            let ended = repeated(|| self.0.try_abandon(abandoned, now)).await?;
            self.0.wake(abandoned.iter().map(|abandon| &abandon.intent));
            Ok(ended)
        })
    }

    fn renew<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()> {
        Box::pin(repeated(move || self.0.try_renew(intents, now)))
    }

    fn free<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()> {
        Box::pin(async move {
            let freed = repeated(|| self.0.try_free(intents, now)).await;
            self.0.wake(intents.iter());
            freed
        })
    }

    fn when_free<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        _: Option<Timestamp>,
        waits: u32,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(self.0.waiting.wait(key, waits))
    }

    fn forsake(&self, intent: &Intent, now: Timestamp) {
        // Outside a runtime, or in one that ends, the lease ends by itself.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (inner, intent) = (Arc::clone(&self.0), intent.clone());
        runtime.spawn(async move {
            let _ = repeated(|| inner.try_free(slice::from_ref(&intent), now)).await;
            inner.wake(slice::from_ref(&intent).iter());
        });
    }

    fn by_token<'a>(&'a self, key: &'a IdempotencyKey, now: Timestamp) -> LedgerFuture<'a, Option<Record>> {
        Box::pin(repeated(move || self.0.try_by_token(key, now)))
    }

    fn by_arn<'a>(&'a self, arn: &'a CertificateArn) -> LedgerFuture<'a, Option<Record>> {
        Box::pin(repeated(move || self.0.try_by_arn(arn)))
    }

    fn by_serial<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> LedgerFuture<'a, Option<Record>> {
        Box::pin(repeated(move || self.0.try_by_serial(authority, serial)))
    }

    fn page<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
        limit: usize,
    ) -> LedgerFuture<'a, Page> {
        Box::pin(repeated(move || self.0.try_page(authority, from, until, after, limit)))
    }

    fn take_up<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        now: Timestamp,
        limit: usize,
    ) -> LedgerFuture<'a, Vec<Intent>> {
        // Leases whose answer was lost would be asked for in vain.
        Box::pin(async move { Ok(self.0.take_up(authority, now, limit).await?) })
    }

    fn revoke<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> LedgerFuture<'a, Revoked> {
        Box::pin(async move {
            let mut attempts = 0;
            let revoked = repeated(|| {
                attempts += 1;
                self.0.try_revoke(authority, serial, revocation)
            });
            let revoked = revoked.await?;
            // The answer to the first attempt may be lost, and this is what it recorded.
            let is_this = attempts > 1 && revoked == Revoked::Before(revocation);
            Ok(if is_this { Revoked::Now } else { revoked })
        })
    }

    fn revoked<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> LedgerFuture<'a, RevokedPage> {
        Box::pin(repeated(move || self.0.try_revoked(authority, partition, after, limit)))
    }

    fn next_crl_number<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> LedgerFuture<'a, u64> {
        // A number whose answer was lost is left out; the numbers of CRLs increase, and may have gaps (RFC 5280 section 5.2.3).
        Box::pin(repeated(move || self.0.try_next_crl_number(authority, partition)))
    }

    fn take_crl_places<'a>(&'a self, authority: &'a CertificateAuthorityArn, count: u32) -> LedgerFuture<'a, u64> {
        // Places whose answer was lost stay empty.
        Box::pin(repeated(move || self.0.try_take_crl_places(authority, count)))
    }

    fn crl_partitions<'a>(&'a self, authority: &'a CertificateAuthorityArn) -> LedgerFuture<'a, Vec<CrlPartition>> {
        Box::pin(repeated(move || self.0.try_crl_partitions(authority)))
    }

    fn prune<'a>(&'a self, before: Timestamp, limit: usize) -> LedgerFuture<'a, usize> {
        // Not repeated: what was pruned by an attempt whose answer was lost would not be counted.
        Box::pin(async move { Ok(self.0.try_prune(before, limit).await?) })
    }
}
