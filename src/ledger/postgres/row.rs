//! Rows of the database as records, and records as parameters of statements.

use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::failure::Failure;
use crate::ledger::error::LedgerError;
use crate::ledger::intent::{AuthorityRecord, Intent};
use crate::ledger::record::{Abandonment, Record, State};
use crate::ledger::revocation::Revocation;
use crate::request::arn::CertificateAuthorityArn;
use crate::x509::algorithm::UnknownName;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// How many bytes of the digest of its ARN stand for an authority.
const AUTHORITY_BYTES: usize = 16;

/// The digest of an authority's ARN, as the tables have it.
pub(super) fn authority_key(arn: &CertificateAuthorityArn) -> [u8; AUTHORITY_BYTES] {
    Sha256::digest(arn.as_str()).first_chunk().copied().unwrap_or_default()
}

/// A serial number whose order as bytes is that of numbers.
pub(super) fn serial_key(serial: SerialNumber) -> [u8; 20] {
    let significant = serial.as_be_bytes();
    let mut padded = [0; 20];
    if let Some(place) = padded.get_mut(20 - significant.len()..) {
        place.copy_from_slice(significant);
    }
    padded
}

/// The identity of an intent, as the tables have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id {
    pub(super) authority: [u8; AUTHORITY_BYTES],
    pub(super) serial: [u8; 20],
}

impl Id {
    pub(super) fn of(intent: &Intent) -> Id {
        Id::new(intent.authority(), intent.serial())
    }

    pub(super) fn new(authority: &CertificateAuthorityArn, serial: SerialNumber) -> Id {
        Id { authority: authority_key(authority), serial: serial_key(serial) }
    }

    /// The identity in two columns of a row.
    pub(super) fn read(row: &Row, at: usize) -> Result<Id, Failure> {
        let bytes = |at| value::<&[u8]>(row, at, "authority or serial");
        match (bytes(at)?.try_into(), bytes(at + 1)?.try_into()) {
            (Ok(authority), Ok(serial)) => Ok(Id { authority, serial }),
            _ => Err(undecodable("an identity", &"the authority must have 16 bytes, and the serial number 20")),
        }
    }
}

/// A column of a row.
pub(super) fn value<'r, T: FromSql<'r>>(row: &'r Row, at: usize, what: &str) -> Result<T, Failure> {
    row.try_get(at).map_err(|error| undecodable(&format!("the column of {what}"), &error))
}

/// A time, or why the number is none.
pub(super) fn timestamp(seconds: i64) -> Result<Timestamp, String> {
    Timestamp::from_unix(seconds).ok_or_else(|| format!("the time {seconds} is not in the years 0000 to 9999"))
}

/// A row that is not what this crate wrote.
pub(super) fn undecodable(what: &str, why: &dyn std::fmt::Display) -> Failure {
    LedgerError::new(format!("{what} in the database does not decode: {why}")).into()
}

/// A row with the columns of a record, before its authority is known.
pub(super) struct Stored<'r> {
    row: &'r Row,
    /// Where the columns begin.
    at: usize,
}

/// A record, and what only a ledger knows of it.
pub(super) struct Entry {
    pub(super) record: Record,
    /// The lease as it stands in the table.
    pub(super) lease_until: Option<i64>,
    /// When the lease was first freed.
    pub(super) free_since: Option<i64>,
}

impl<'r> Stored<'r> {
    pub(super) fn new(row: &'r Row, at: usize) -> Stored<'r> {
        Stored { row, at }
    }

    fn column<T: FromSql<'r>>(&self, column: usize, what: &str) -> Result<T, Failure> {
        value(self.row, self.at + column, what)
    }

    /// Whether an outer join found nothing.
    pub(super) fn is_missing(&self) -> Result<bool, Failure> {
        Ok(self.column::<Option<&[u8]>>(0, "serial")?.is_none())
    }

    pub(super) fn authority_sha256(&self) -> Result<[u8; 32], Failure> {
        let digest: &[u8] = self.column(1, "authority_sha256")?;
        digest.try_into().map_err(|_| undecodable("authority_sha256", &"it must have 32 bytes"))
    }

    /// The serial number in hexadecimal, to name the row.
    fn name(&self) -> Result<String, Failure> {
        let serial: &[u8] = self.column(0, "serial")?;
        let serial = SerialNumber::from_be_bytes(serial).map(|serial| serial.to_hex());
        serial.map_err(|error| undecodable("a serial number", &error))
    }

    /// The record, with that of its authority if it is there.
    pub(super) fn entry(&self, authority: Option<&AuthorityRecord>) -> Result<Entry, Failure> {
        let name = self.name()?;
        let wrong = |why: &dyn std::fmt::Display| {
            let authority = authority.map_or("an unknown authority", |authority| authority.arn().as_str());
            undecodable(&format!("the record of serial number {name} of {authority}"), why)
        };
        let authority = authority.ok_or_else(|| wrong(&"the table of authorities does not have its authority"))?;
        let intent = Intent::from_bytes(self.column(2, "record")?, authority).map_err(|error| wrong(&error))?;
        if intent.serial().to_hex() != name {
            return Err(wrong(&format_args!("it is that of serial number {}", intent.serial().to_hex())));
        }
        let lease_until: Option<i64> = self.column(4, "lease_until")?;
        let free_since: Option<i64> = self.column(5, "free_since")?;
        let ended_at: Option<i64> = self.column(6, "ended_at")?;
        let time = |seconds| timestamp(seconds).map_err(|why| wrong(&why));
        let state = match (self.column::<i16>(3, "state")?, ended_at) {
            (0, None) => {
                let lease_until = lease_until.map(time).transpose()?;
                State::InFlight { lease_until }
            }
            (1, Some(at)) => {
                let signature: Option<&[u8]> = self.column(7, "signature")?;
                let signature = signature.ok_or_else(|| wrong(&"it was issued without a signature"))?;
                let certificate = intent.with_recorded_signature(signature).into();
                State::Issued { certificate, at: time(at)? }
            }
            (2, Some(at)) => {
                let reason: Option<String> = self.column(8, "reason")?;
                let may_be_signed: Option<bool> = self.column(9, "may_be_signed")?;
                // What is missing is taken for the worse.
                let may_be_signed = may_be_signed.unwrap_or(true);
                State::Abandoned(Abandonment::new(reason.unwrap_or_default(), may_be_signed, time(at)?))
            }
            (state, ended_at) => {
                return Err(wrong(&format_args!("its state is {state} and it ended at {ended_at:?}")));
            }
        };
        let reason: Option<&str> = self.column(10, "the reason of a revocation")?;
        let revoked_at: Option<i64> = self.column(11, "revoked_at")?;
        let revocation = reason.zip(revoked_at).map(|(reason, at)| revocation(reason, at)).transpose();
        let revocation = revocation.map_err(|why| wrong(&why))?;
        Ok(Entry { record: Record::new(intent, state, revocation), lease_until, free_since })
    }
}

/// A revocation, or why the columns are none.
pub(super) fn revocation(reason: &str, at: i64) -> Result<Revocation, String> {
    let reason = reason.parse().map_err(|error: UnknownName| error.to_string())?;
    Ok(Revocation::new(reason, timestamp(at)?))
}
