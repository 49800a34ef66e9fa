//! What a ledger knows of revocations and lists of them.

use crate::authority::revocation::partition::CrlPartition;
use crate::x509::revocation_reason::RevocationReason;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// Why and when a certificate was revoked.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revocation {
    /// Why.
    pub reason: RevocationReason,
    /// When.
    pub at: Timestamp,
}

impl Revocation {
    /// A revocation.
    pub fn new(reason: RevocationReason, at: Timestamp) -> Revocation {
        Revocation { reason, at }
    }
}

/// What a ledger says to a revocation.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revoked {
    /// It is recorded now.
    Now,
    /// The certificate was revoked before; that revocation stays.
    Before(Revocation),
    /// The authority has no certificate of this serial number.
    Unknown,
}

/// An entry of a list of revoked certificates.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevokedCertificate {
    /// The serial number.
    pub serial: SerialNumber,
    /// Why and when.
    pub revocation: Revocation,
    /// When the certificate ends: an entry may leave the list after that.
    pub not_after: Timestamp,
    /// The partition that lists it.
    pub partition: Option<CrlPartition>,
}

impl RevokedCertificate {
    /// An entry.
    pub fn new(
        serial: SerialNumber,
        revocation: Revocation,
        not_after: Timestamp,
        partition: Option<CrlPartition>,
    ) -> RevokedCertificate {
        RevokedCertificate { serial, revocation, not_after, partition }
    }
}

/// A part of the revoked certificates of an authority, in the order of their serial numbers.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevokedPage {
    /// The entries.
    pub certificates: Vec<RevokedCertificate>,
    /// The serial number after which the next page begins; `None` after the last page.
    pub next: Option<SerialNumber>,
}

impl RevokedPage {
    /// A page of at most `limit` entries, of which `certificates` has one more if there is a next page.
    pub fn of(mut certificates: Vec<RevokedCertificate>, limit: usize) -> RevokedPage {
        let more = certificates.len() > limit;
        certificates.truncate(limit);
        let next = certificates.last().filter(|_| more).map(|last| last.serial);
        RevokedPage { certificates, next }
    }
}
