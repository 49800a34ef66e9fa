//! What a ledger answers about an intent.

use std::sync::Arc;

use super::intent::Intent;
use super::revocation::Revocation;
use crate::issued::IssuedCertificate;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// An intent, and what became of it. One record is one row of the audit trail (R-LED-9).
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Record {
    /// What was to be signed, who asked for it, and when.
    pub intent: Intent,
    /// What became of it.
    pub state: State,
    /// Its revocation, if it was revoked.
    pub revocation: Option<Revocation>,
}

/// What became of an intent. It leaves [`State::InFlight`] once and for good.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum State {
    /// Recorded, and neither issued nor abandoned.
    InFlight {
        /// Until when its caller has it to itself; `None` if nobody has.
        lease_until: Option<Timestamp>,
    },
    /// The certificate was committed.
    Issued {
        /// The certificate that every caller gets.
        certificate: Arc<IssuedCertificate>,
        /// When it was committed.
        at: Timestamp,
    },
    /// There will be no certificate.
    Abandoned(Abandonment),
}

/// Why, and when, an intent was given up.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Abandonment {
    /// Why, for an operator to read.
    pub reason: String,
    /// Whether the signer may have been asked. The certificate then counts as issued for revocation, OCSP and serial numbers: someone
    /// may have it.
    pub may_be_signed: bool,
    /// When it was given up.
    pub at: Timestamp,
}

impl Record {
    /// A record.
    pub fn new(intent: Intent, state: State, revocation: Option<Revocation>) -> Record {
        Record { intent, state, revocation }
    }

    /// The certificate, if it was issued.
    pub fn certificate(&self) -> Option<&Arc<IssuedCertificate>> {
        match &self.state {
            State::Issued { certificate, .. } => Some(certificate),
            _ => None,
        }
    }

    /// Whether the certificate exists or may exist, so that a status service must answer for it (R-LED-3).
    pub fn counts_as_issued(&self) -> bool {
        match &self.state {
            State::InFlight { .. } | State::Issued { .. } => true,
            State::Abandoned(abandonment) => abandonment.may_be_signed,
        }
    }
}

impl Abandonment {
    /// An abandonment.
    pub fn new(reason: impl Into<String>, may_be_signed: bool, at: Timestamp) -> Abandonment {
        Abandonment { reason: reason.into(), may_be_signed, at }
    }
}

/// A part of what an authority has recorded, in the order of the times of issuance, and of serial numbers within a second.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
}

impl Page {
    /// A page of at most `limit` records, of which `records` has one more if there is a next page.
    pub fn of(mut records: Vec<Record>, limit: usize) -> Page {
        let more = records.len() > limit;
        records.truncate(limit);
        let next = records.last().filter(|_| more).map(|last| Cursor::after(&last.intent));
        Page { records, next }
    }
}

/// A place between two records of an authority.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Cursor {
    /// The time of issuance of the record before it.
    pub issued_at: Timestamp,
    /// The serial number of the record before it.
    pub serial: SerialNumber,
}

impl Cursor {
    /// The place after a record with this time of issuance and this serial number.
    pub fn new(issued_at: Timestamp, serial: SerialNumber) -> Cursor {
        Cursor { issued_at, serial }
    }

    /// The place after an intent.
    pub fn after(intent: &Intent) -> Cursor {
        Cursor { issued_at: intent.issued_at(), serial: intent.serial() }
    }
}
