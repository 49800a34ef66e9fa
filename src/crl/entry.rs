//! Entries: what is to be listed, and what a list says.

use crate::authority::revocation::partition::CrlPartition;
use crate::x509::revocation_reason::RevocationReason;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// A revoked certificate that is to be listed.
///
/// ```
/// use issuance::crl::RevokedEntry;
/// use issuance::x509::RevocationReason;
/// use issuance::{SerialNumber, Timestamp};
/// let (at, ends) = (Timestamp::from_unix(1_795_253_415), Timestamp::from_unix(1_803_029_415));
/// let (at, ends) = at.zip(ends).ok_or("after the year 9999")?;
/// let entry = RevokedEntry::new(SerialNumber::from_hex("0a0b")?, at, RevocationReason::Superseded, ends);
/// assert_eq!(entry.serial().to_hex(), "0a0b");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedEntry {
    pub(super) serial: SerialNumber,
    pub(super) revoked_at: Timestamp,
    pub(super) reason: RevocationReason,
    pub(super) not_after: Timestamp,
    pub(super) partition: Option<CrlPartition>,
}

impl RevokedEntry {
    /// A certificate with this serial number and end that was revoked.
    pub const fn new(
        serial: SerialNumber,
        revoked_at: Timestamp,
        reason: RevocationReason,
        not_after: Timestamp,
    ) -> RevokedEntry {
        RevokedEntry { serial, revoked_at, reason, not_after, partition: None }
    }

    /// Says which partition the certificate names in its CRL distribution point; a list of another partition refuses the entry.
    #[must_use]
    pub const fn in_partition(mut self, partition: CrlPartition) -> RevokedEntry {
        self.partition = Some(partition);
        self
    }

    /// The serial number.
    pub const fn serial(&self) -> SerialNumber {
        self.serial
    }
}

/// An entry of a list. The [module](crate::crl) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrlEntry {
    pub(super) serial: SerialNumber,
    pub(super) revoked_at: Timestamp,
    pub(super) code: u8,
}

impl CrlEntry {
    /// The serial number.
    pub const fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// When the certificate was revoked.
    pub const fn revoked_at(&self) -> Timestamp {
        self.revoked_at
    }

    /// Why: the code of RFC 5280 section 5.3.1, 0 (unspecified) where the entry has none.
    pub const fn reason_code(&self) -> u8 {
        self.code
    }

    /// Why, where it is a reason of the API; `None` for certificateHold (6) and removeFromCRL (8).
    pub fn reason(&self) -> Option<RevocationReason> {
        RevocationReason::ALL.iter().copied().find(|reason| code_of(*reason) == self.code)
    }
}

/// `CRLReason` of RFC 5280 section 5.3.1.
pub(crate) const fn code_of(reason: RevocationReason) -> u8 {
    match reason {
        RevocationReason::Unspecified => 0,
        RevocationReason::KeyCompromise => 1,
        RevocationReason::CertificateAuthorityCompromise => 2,
        RevocationReason::AffiliationChanged => 3,
        RevocationReason::Superseded => 4,
        RevocationReason::CessationOfOperation => 5,
        RevocationReason::PrivilegeWithdrawn => 9,
        RevocationReason::AaCompromise => 10,
    }
}
