//! A ledger in memory: window, single flight, and no growth beyond what the window and the limit hold.

mod awaited;
mod book;
mod row;
mod state;

use std::sync::PoisonError;

use self::book::Book;
use self::row::{Progress, Row};
use self::state::{Bounds, Ledgers};
use super::DEFAULT_WINDOW_SECONDS;
use super::answer::{Abandon, Ended, Reserved, Signed};
use super::blocking::{Keeps, Ledger};
use super::error::LedgerError;
use super::intent::Intent;
use super::key::IdempotencyKey;
use super::locks::{Mutex, MutexGuard};
use super::record::{Abandonment, Cursor, Page, Record};
use super::revocation::{Revocation, Revoked, RevokedCertificate, RevokedPage};
use super::waiter::Waiter;
use crate::authority::revocation::partition::CrlPartition;
use crate::request::arn::{CertificateArn, CertificateAuthorityArn, SerialFormat};
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// A ledger in memory, for one process: the default of every issuer.
///
/// It keeps idempotency tokens within their window and nothing else, so requests without a token are issued without it. With
/// [`keep_everything`](MemoryLedger::keep_everything) it keeps every intent and certificate and answers all questions, until the process ends:
/// for tests, and to try a service out.
///
/// What has left the window is forgotten as new certificates come in, so memory is bounded by what one window issues, and by
/// [`MemoryLedger::max_bytes`]. A ledger that is full refuses tokens that it does not know
/// ([`Error::TooManyTokens`](crate::error::Error::TooManyTokens), `ThrottlingException`) until others leave the window: were a token
/// forgotten earlier, a retry would get a second certificate. Requests without a token are issued all the same.
///
/// An issuer whose signer fails leaves its intent behind: a retry within the window gets the certificate over the recorded bytes
/// (R-IDM-3). Leases end with the work of their callers, and not by themselves.
///
/// It never blocks for longer than a step in memory takes, and so is an [`AsyncLedger`](super::awaited::AsyncLedger) as well.
#[derive(Debug)]
pub struct MemoryLedger {
    keeps: Keeps,
    bounds: Bounds,
    state: Mutex<Ledgers>,
}

impl Default for MemoryLedger {
    fn default() -> Self {
        MemoryLedger::new(DEFAULT_WINDOW_SECONDS)
    }
}

impl MemoryLedger {
    /// How many bytes are kept by default: 256 MiB, which is some 70,000 certificates of the usual size in a window.
    pub const DEFAULT_MAX_BYTES: usize = 256 << 20;

    /// A ledger with this window, in seconds.
    pub fn new(window_seconds: u32) -> Self {
        let bounds = Bounds { window_seconds, max_bytes: Self::DEFAULT_MAX_BYTES };
        MemoryLedger { keeps: Keeps::Tokens, bounds, state: Mutex::default() }
    }

    /// Sets how many bytes may be kept, about; [`MemoryLedger::DEFAULT_MAX_BYTES`] by default. Who issues `n` certificates a second
    /// under tokens needs some 4 KiB for each of `n` times the window, and more for long CSRs of which little is used.
    ///
    /// What is in flight when the limit is reached is finished and kept: the limit can be exceeded by the certificates that are
    /// being issued at the time.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.bounds.max_bytes = bytes;
        self
    }

    /// Keeps every intent and every certificate, within [`max_bytes`](MemoryLedger::max_bytes), until they are
    /// [pruned](Ledger::prune).
    #[must_use]
    pub fn keep_everything(mut self) -> Self {
        self.keeps = Keeps::Everything;
        self.lock().book = Some(Book::default());
        self
    }

    /// How many tokens are held, in flight or within the window.
    pub fn len(&self) -> usize {
        self.lock().tokens.len()
    }

    /// Whether no token is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Ledgers> {
        // No code that could panic runs under the lock, and each change of the state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, intent: &Intent, end: Progress, now: Timestamp) -> Ended {
        let (ended, waiting) = self.lock().end(intent, end, self.bounds, now);
        // Not under the lock: what those do who are woken is theirs.
        if let Some(waiting) = waiting {
            waiting.wake();
        }
        ended
    }

    fn row<T>(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
        read: impl FnOnce(&Row) -> T,
    ) -> Option<T> {
        let state = self.lock();
        let place = state.book.as_ref()?.place(authority, serial)?;
        state.at(place).map(read)
    }
}

impl Ledger for MemoryLedger {
    fn keeps(&self) -> Keeps {
        self.keeps
    }

    fn window_seconds(&self) -> u32 {
        self.bounds.window_seconds
    }

    fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
        Ok(intents.iter().map(|intent| self.lock().reserve(intent, self.bounds, now)).collect())
    }

    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        let end = |signed: &Signed| {
            let certificate = signed.certificate.clone();
            self.end(&signed.intent, Progress::Issued { certificate, at: now }, now)
        };
        Ok(signed.iter().map(end).collect())
    }

    fn abandon(&self, abandoned: &[Abandon], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        let end = |abandon: &Abandon| {
            let abandonment = Abandonment::new(abandon.reason.as_str(), abandon.may_be_signed, now);
            self.end(&abandon.intent, Progress::Abandoned(abandonment), now)
        };
        Ok(abandoned.iter().map(end).collect())
    }

    fn renew(&self, intents: &[Intent], _: Timestamp) -> Result<(), LedgerError> {
        intents.iter().for_each(|intent| self.lock().renew(intent));
        Ok(())
    }

    fn free(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
        for intent in intents {
            let waiting = self.lock().free(intent, now);
            if let Some(waiting) = waiting {
                waiting.wake();
            }
        }
        Ok(())
    }

    fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
        let kept = self.lock().wait(key, waiter);
        // Outside the lock, both.
        match kept {
            Ok(gone) => drop(gone),
            Err(waiter) => waiter.wake(),
        }
    }

    fn by_token(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Record>, LedgerError> {
        Ok(self.lock().by_token(key, self.bounds, now).map(Row::record))
    }

    fn by_arn(&self, arn: &CertificateArn) -> Result<Option<Record>, LedgerError> {
        let found = |format| {
            let record = self.row(&arn.authority(), arn.serial_number(format)?, Row::record);
            record.filter(|record| record.intent.id() == arn)
        };
        Ok(found(SerialFormat::Hex).or_else(|| found(SerialFormat::Decimal)))
    }

    fn by_serial(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> Result<Option<Record>, LedgerError> {
        Ok(self.row(authority, serial, Row::record))
    }

    fn page(
        &self,
        authority: &CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, LedgerError> {
        let state = self.lock();
        let places = state.book.iter().flat_map(|book| book.in_time(authority, from, until, after));
        let records = places.filter_map(|place| state.at(place)).take(limit.saturating_add(1)).map(Row::record);
        Ok(Page::of(records.collect(), limit))
    }

    fn take_up(
        &self,
        authority: &CertificateAuthorityArn,
        _: Timestamp,
        limit: usize,
    ) -> Result<Vec<Intent>, LedgerError> {
        Ok(self.lock().take_up(authority, limit))
    }

    fn revoke(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> Result<Revoked, LedgerError> {
        let mut state = self.lock();
        let place = state.book.as_ref().and_then(|book| book.place(authority, serial));
        let Some((place, row)) = place.and_then(|place| Some((place, state.at(place)?))) else {
            return Ok(Revoked::Unknown);
        };
        if let Some(before) = row.revocation {
            return Ok(Revoked::Before(before));
        }
        state.revoke(place, revocation);
        Ok(Revoked::Now)
    }

    fn revoked(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> Result<RevokedPage, LedgerError> {
        let state = self.lock();
        let rows = state.book.iter().flat_map(|book| book.in_order(authority, after));
        let entries = rows.filter_map(|place| {
            let Row { intent, revocation, .. } = state.at(place)?;
            let listed_by = intent.crl_partition();
            let is_asked_for = partition.is_none() || partition == listed_by;
            let entry =
                |revocation| RevokedCertificate::new(intent.serial(), revocation, intent.not_after(), listed_by);
            (*revocation).filter(|_| is_asked_for).map(entry)
        });
        Ok(RevokedPage::of(entries.take(limit.saturating_add(1)).collect(), limit))
    }

    fn next_crl_number(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> Result<u64, LedgerError> {
        match &mut self.lock().book {
            Some(book) => Ok(book.next_crl_number(authority, partition)),
            None => Err(LedgerError::new("a memory ledger that keeps tokens alone has no CRL numbers")),
        }
    }

    fn crl_partitions(&self, authority: &CertificateAuthorityArn) -> Result<Vec<CrlPartition>, LedgerError> {
        Ok(self.lock().book.as_ref().map_or_else(Vec::new, |book| book.partitions(authority)))
    }

    fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, LedgerError> {
        Ok(self.lock().prune(before, limit))
    }
}
