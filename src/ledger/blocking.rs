//! Ledgers whose calls block for a moment.

use std::sync::Arc;

use super::answer::{Abandon, Ended, Reserved, Signed};
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

/// What a ledger records.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keeps {
    /// Idempotency tokens within their window: a request without one is signed without a word to the ledger.
    Tokens,
    /// Every intent and every certificate.
    Everything,
}

/// Records what is to be signed before it is signed, and what became of it (R-LED); one certificate under one token (R-IDM).
///
/// Implementations are held to this by `testing::check_ledger` (feature `testing`). [`AsyncLedger`](super::awaited::AsyncLedger) has the
/// same methods for stores behind a network.
///
/// # What an implementation promises
/// - **Durable before the answer.** When [`reserve`](Ledger::reserve), [`commit`](Ledger::commit) or [`abandon`](Ledger::abandon) returns
///   `Ok`, what it recorded survives whatever dies. When it returns `Err`, each item may have been recorded or not; the
///   caller asks again with the same arguments, or lets the lease end.
/// - **One step.** Each item takes effect at one moment, whoever else calls. The items of a call may share a transaction, and one that
///   is refused changes nothing about the others.
/// - **The recorded bytes are what is signed.** At most one intent is in flight or issued under a token's key within its window, and
///   at most one under an authority's serial number, ever.
/// - **The first end counts.** An intent that was issued or abandoned stays so, and [`commit`](Ledger::commit) gives the
///   certificate that is recorded, not the one that it was given.
///
/// Nothing rests on a lease: it only says when another caller may take an intent up. Two callers that both believe to have it sign the
/// same bytes, and the first commit wins.
///
/// # Time
/// Time is always the caller's (R-IDM-4). The window of a token begins when its intent ends, or, if it is in flight, when its lease
/// ends. A time that is further from the window's beginning than the window is long, in either direction, is outside of it:
/// so a clock that was set back does not keep a token for as long as it was ahead.
///
/// An intent whose lease and window are over and which was not ended gives way to a new one under its token: it is abandoned, with
/// `may_be_signed`, in the same step.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use issuance::{CertificateAuthority, IssueCertificateRequest, Issuer, RustCryptoSigner, Timestamp};
/// use issuance::ledger::{Ledger, MemoryLedger, Revocation, Revoked, State};
/// use issuance::x509::RevocationReason;
/// # fn run(ca: CertificateAuthority, key: RustCryptoSigner, request: IssueCertificateRequest, now: Timestamp)
/// #     -> Result<(), Box<dyn std::error::Error>> {
///
/// let ledger = Arc::new(MemoryLedger::default().keep_everything());
/// let issuer = Issuer::builder(ca, key).ledger(Arc::clone(&ledger)).build()?.for_caller("order 4711");
/// let certificate = issuer.issue(&request)?;
///
/// let record = ledger.by_arn(certificate.arn())?.ok_or("not recorded")?;
/// assert!(matches!(&record.state, State::Issued { certificate: recorded, .. } if *recorded == certificate));
/// assert_eq!(record.intent.caller(), Some("order 4711"));
///
/// let authority = issuer.authority().arn();
/// let revocation = Revocation::new(RevocationReason::Superseded, now);
/// assert_eq!(ledger.revoke(authority, certificate.serial(), revocation)?, Revoked::Now);
/// let list = ledger.revoked(authority, certificate.crl_partition(), None, 1000)?;
/// println!("CRL {} has {}", ledger.next_crl_number(authority, None)?, list.certificates.len());
///
/// // All that there is, a hundred at a time.
/// let mut after = None;
/// loop {
///     let page = ledger.page(authority, Timestamp::MIN, Timestamp::MAX, after, 100)?;
///     page.records.iter().for_each(|record| println!("{}", record.intent.id()));
///     after = page.next;
///     if after.is_none() {
///         break;
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub trait Ledger: Send + Sync {
    /// What the ledger records. Always the same.
    fn keeps(&self) -> Keeps;

    /// How long a token counts, in seconds.
    fn window_seconds(&self) -> u32;

    /// Records intents, in this order, and gives their leases to the caller; one answer for each: see [`Reserved`]. Does not wait for
    /// other callers.
    ///
    /// An intent that [is the same](Intent::is_same) as a recorded one that is in flight is answered with [`Reserved::Sign`]: a caller
    /// that did not get the answer asks again.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used. Nothing is signed then.
    fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError>;

    /// Records certificates of intents that were reserved, and ends these; one answer for each. Callers that wait for them are woken.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used. No caller gets a certificate then; the intents are in flight or issued.
    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError>;

    /// Ends intents without a certificate; one answer for each. Callers that wait for them are woken.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used.
    fn abandon(&self, abandoned: &[Abandon], now: Timestamp) -> Result<Vec<Ended>, LedgerError>;

    /// Gives intents in flight a whole lease from now on, for signers that take longer.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used.
    fn renew(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError>;

    /// Ends the leases of intents in flight, whose callers have failed: others may take them up. Callers that wait for them are woken.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used. The leases end by themselves.
    fn free(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError>;

    /// Wakes `waiter` as soon as the key may have become free: its intent has ended, its lease was freed or is over, or nothing is recorded
    /// under it (R-IDM-3). At once if that is so already, and rather too early than never. Not under a lock of the ledger: what a
    /// waiter does is short, and foreign. Callers give up: a ledger should forget those that are [gone](Waiter::is_gone), now and then.
    fn when_free(&self, key: &IdempotencyKey, waiter: Waiter);

    /// What is recorded under a token's key, if its window is not over.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used, or the record does not decode.
    fn by_token(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Record>, LedgerError>;

    /// The record of a certificate.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used, or the record does not decode.
    fn by_arn(&self, arn: &CertificateArn) -> Result<Option<Record>, LedgerError>;

    /// The record of an authority's serial number.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used, or the record does not decode.
    fn by_serial(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> Result<Option<Record>, LedgerError>;

    /// What an authority has recorded with a time of issuance from `from` until before `until`, after the cursor if there is one: at most
    /// `limit` records, in whatever state.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used, or a record does not decode.
    fn page(
        &self,
        authority: &CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, LedgerError>;

    /// Intents of an authority that are in flight and whose lease is over, at most `limit`, with new leases for the caller: for
    /// recovery. Those of [offline ceremonies](Intent::is_offline) are not among them.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used, or a record does not decode.
    fn take_up(
        &self,
        authority: &CertificateAuthorityArn,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Intent>, LedgerError>;

    /// Records the revocation of a certificate, issued or not: what may have been signed may be revoked.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used.
    fn revoke(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> Result<Revoked, LedgerError>;

    /// The revoked certificates of an authority, of one partition of its CRL or, if none is given, of all, after the serial number if
    /// there is one: at most `limit`.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used.
    fn revoked(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> Result<RevokedPage, LedgerError>;

    /// The next number of an authority's CRL, or of a partition of it: 1, then 2, and no number twice, whatever dies.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used.
    fn next_crl_number(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> Result<u64, LedgerError>;

    /// Gives places in the partitions of an authority's CRL away, so many that follow each other, and says the first: 0, then the one
    /// after the last that was given, and no place twice, whatever dies (R-REV-2). An answer that was lost may leave a gap.
    ///
    /// Issuers ask for some places at once, and need about one for each certificate.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used.
    fn take_crl_places(&self, authority: &CertificateAuthorityArn, count: u32) -> Result<u64, LedgerError>;

    /// The partitions that certificates of an authority were put into, sorted: each needs a list.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used.
    fn crl_partitions(&self, authority: &CertificateAuthorityArn) -> Result<Vec<CrlPartition>, LedgerError>;

    /// Forgets records whose certificate ended before this time (notAfter) and which are not in flight, with their revocations and
    /// tokens, at most `limit`; says how many. Their serial numbers are free again.
    ///
    /// # Errors
    /// When the ledger cannot be reached or used.
    fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, LedgerError>;
}

macro_rules! forward_ledger {
    ($($pointer:ty),+) => {$(
        impl<T: Ledger + ?Sized> Ledger for $pointer {
            fn keeps(&self) -> Keeps {
                (**self).keeps()
            }

            fn window_seconds(&self) -> u32 {
                (**self).window_seconds()
            }

            fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
                (**self).reserve(intents, now)
            }

            fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
                (**self).commit(signed, now)
            }

            fn abandon(&self, abandoned: &[Abandon], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
                (**self).abandon(abandoned, now)
            }

            fn renew(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
                (**self).renew(intents, now)
            }

            fn free(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
                (**self).free(intents, now)
            }

            fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
                (**self).when_free(key, waiter);
            }

            fn by_token(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Record>, LedgerError> {
                (**self).by_token(key, now)
            }

            fn by_arn(&self, arn: &CertificateArn) -> Result<Option<Record>, LedgerError> {
                (**self).by_arn(arn)
            }

            fn by_serial(&self, authority: &CertificateAuthorityArn, serial: SerialNumber) -> Result<Option<Record>, LedgerError> {
                (**self).by_serial(authority, serial)
            }

            fn page(&self, authority: &CertificateAuthorityArn, from: Timestamp, until: Timestamp, after: Option<Cursor>, limit: usize) -> Result<Page, LedgerError> {
                (**self).page(authority, from, until, after, limit)
            }

            fn take_up(&self, authority: &CertificateAuthorityArn, now: Timestamp, limit: usize) -> Result<Vec<Intent>, LedgerError> {
                (**self).take_up(authority, now, limit)
            }

            fn revoke(&self, authority: &CertificateAuthorityArn, serial: SerialNumber, revocation: Revocation) -> Result<Revoked, LedgerError> {
                (**self).revoke(authority, serial, revocation)
            }

            fn revoked(&self, authority: &CertificateAuthorityArn, partition: Option<CrlPartition>, after: Option<SerialNumber>, limit: usize) -> Result<RevokedPage, LedgerError> {
                (**self).revoked(authority, partition, after, limit)
            }

            fn next_crl_number(&self, authority: &CertificateAuthorityArn, partition: Option<CrlPartition>) -> Result<u64, LedgerError> {
                (**self).next_crl_number(authority, partition)
            }

            fn take_crl_places(&self, authority: &CertificateAuthorityArn, count: u32) -> Result<u64, LedgerError> {
                (**self).take_crl_places(authority, count)
            }

            fn crl_partitions(&self, authority: &CertificateAuthorityArn) -> Result<Vec<CrlPartition>, LedgerError> {
                (**self).crl_partitions(authority)
            }

            fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, LedgerError> {
                (**self).prune(before, limit)
            }
        }
    )+};
}
forward_ledger!(&T, Box<T>, Arc<T>);
