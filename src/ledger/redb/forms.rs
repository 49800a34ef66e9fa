//! Values of the tables, but for intents, which have a form of their own.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::authority::revocation::partition::CrlPartition;
use crate::ledger::form::{FormError, Octets, read, written};
use crate::ledger::record::Abandonment;
use crate::ledger::revocation::{Revocation, RevokedCertificate};
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// How an intent has ended.
#[derive(Serialize, Deserialize)]
pub(super) enum EndForm<'a> {
    Issued {
        #[serde(borrow)]
        signature: Octets<'a>,
        at: i64,
    },
    Abandoned {
        reason: Cow<'a, str>,
        may_be_signed: bool,
        at: i64,
    },
}

impl<'a> EndForm<'a> {
    pub(super) fn issued(signature: &'a [u8], at: Timestamp) -> EndForm<'a> {
        EndForm::Issued { signature: Octets(Cow::Borrowed(signature)), at: at.unix() }
    }

    pub(super) fn abandoned(abandonment: &'a Abandonment) -> EndForm<'a> {
        let Abandonment { reason, may_be_signed, at } = abandonment;
        EndForm::Abandoned { reason: Cow::Borrowed(reason), may_be_signed: *may_be_signed, at: at.unix() }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        written(self)
    }

    pub(super) fn read(bytes: &'a [u8]) -> Result<EndForm<'a>, FormError> {
        read(bytes)
    }

    /// When it ended, in seconds.
    pub(super) fn at(&self) -> i64 {
        match self {
            EndForm::Issued { at, .. } | EndForm::Abandoned { at, .. } => *at,
        }
    }
}

/// The lease of an intent in flight. It ends with its caller's work or with the process, and not by itself.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct LeaseForm {
    pub(super) is_held: bool,
    /// Whether a ceremony is to end it.
    pub(super) is_offline: bool,
    /// Since when it is held or free, in seconds.
    pub(super) since: i64,
}

impl LeaseForm {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        written(&self)
    }

    pub(super) fn read(bytes: &[u8]) -> Result<LeaseForm, FormError> {
        read(bytes)
    }
}

/// A revocation, with what a list says of its certificate.
#[derive(Serialize, Deserialize)]
pub(super) struct RevocationForm<'a> {
    reason: &'a str,
    at: i64,
    not_after: i64,
    partition: Option<CrlPartition>,
}

impl<'a> RevocationForm<'a> {
    pub(super) fn new(
        revocation: Revocation,
        not_after: Timestamp,
        partition: Option<CrlPartition>,
    ) -> RevocationForm<'static> {
        let Revocation { reason, at } = revocation;
        RevocationForm { reason: reason.as_str(), at: at.unix(), not_after: not_after.unix(), partition }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        written(self)
    }

    pub(super) fn read(bytes: &'a [u8]) -> Result<RevocationForm<'a>, FormError> {
        read(bytes)
    }

    pub(super) fn revocation(&self) -> Result<Revocation, FormError> {
        let reason = self.reason.parse().map_err(|error| FormError::Form(format!("{error}")))?;
        Ok(Revocation::new(reason, time(self.at)?))
    }

    pub(super) fn entry(&self, serial: SerialNumber) -> Result<RevokedCertificate, FormError> {
        Ok(RevokedCertificate::new(serial, self.revocation()?, time(self.not_after)?, self.partition))
    }

    pub(super) fn partition(&self) -> Option<CrlPartition> {
        self.partition
    }
}

/// A time that was written as its seconds.
pub(super) fn time(seconds: i64) -> Result<Timestamp, FormError> {
    Timestamp::from_unix(seconds).ok_or_else(|| FormError::Form("a time is out of range".to_owned()))
}
