//! Merges what is to be listed with the last list, entry by entry (R-REV-1, R-REV-3).

use std::iter::Peekable;

use super::entry::{CrlEntry, RevokedEntry, code_of};
use super::error::CrlError;
use super::judge::{Expected, judge};
use super::list::Crl;
use super::preparation::{CrlPreparation, Terms};
use super::prepared::PreparedCrl;
use super::scope::CrlScope;
use super::tbs::{Buffer, Fields};
use crate::x509::serial::SerialNumber;

/// What became of the entries of a list. [`CrlBuilder`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CrlCounts {
    /// The entries of the list.
    pub entries: u64,
    /// Those of them that the last list does not have.
    pub new: u64,
    /// Those of them that only the last list has: nobody said when the certificates end, so they stay.
    pub carried: u64,
    /// Entries of the last list that left, since it was made after the certificate's end.
    pub left: u64,
}

/// A list that takes its entries one by one. [`CrlPreparation::prepare`] does it for an iterator.
///
/// ```
/// # #[cfg(feature = "rustcrypto")] {
/// use issuance::crl::{CrlPreparation, RevokedEntry};
/// use issuance::x509::RevocationReason;
/// # use issuance::{CertificateAuthority, KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, SerialNumber, Subject, Timestamp, Validity};
/// # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// # let name = Subject::builder().common_name("Example Root").build()?;
/// # let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
/// # let now = Timestamp::from(std::time::SystemTime::now());
/// let mut list = CrlPreparation::new(&root, now).begin(2, &RustCryptoVerifier)?;
/// for serial in ["0a", "0b"] {
///     // Your database is awaited here.
///     list.push(RevokedEntry::new(SerialNumber::from_hex(serial)?, now, RevocationReason::Superseded, Timestamp::MAX))?;
/// }
/// let prepared = list.finish()?;
/// assert_eq!((prepared.counts().entries, prepared.counts().new), (2, 2));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CrlBuilder<'a> {
    preparation: CrlPreparation<'a>,
    terms: Terms,
    old: Peekable<Box<dyn Iterator<Item = CrlEntry> + Send + 'a>>,
    buffer: Buffer,
    after: Option<SerialNumber>,
    counts: CrlCounts,
}

impl std::fmt::Debug for CrlBuilder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CrlBuilder").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl<'a> CrlBuilder<'a> {
    pub(super) fn new(preparation: CrlPreparation<'a>, terms: Terms, expected: usize) -> CrlBuilder<'a> {
        let fields = Fields {
            algorithm: terms.algorithm.algorithm_identifier(),
            issuer: preparation.authority.subject_der(),
            this_update: preparation.now,
            next_update: terms.next_update,
            key_identifier: preparation.authority.key_identifier(),
            number: terms.number,
            point: terms.point.as_deref(),
        };
        let buffer = Buffer::new(&fields, expected, preparation.last.map_or(0, Crl::tbs_bytes));
        let old: Box<dyn Iterator<Item = CrlEntry> + Send + 'a> = match preparation.last {
            Some(last) => last.ascending_entries(),
            None => Box::new(std::iter::empty()),
        };
        CrlBuilder { preparation, terms, old: old.peekable(), buffer, after: None, counts: CrlCounts::default() }
    }

    /// Takes the next entry, whose serial number is above that of the one before.
    ///
    /// # Errors
    /// [`CrlError::Order`], [`CrlError::Future`], [`CrlError::OtherPartition`] and [`CrlError::TooLong`].
    pub fn push(&mut self, entry: RevokedEntry) -> Result<(), CrlError> {
        self.check(&entry)?;
        while let Some(old) = self.old.next_if(|old| old.serial < entry.serial) {
            self.counts.carried += 1;
            self.write(&old)?;
        }
        let old = self.old.next_if(|old| old.serial == entry.serial);
        if self.may_leave(&entry, old.is_some()) {
            self.counts.left += u64::from(old.is_some());
            return Ok(());
        }
        self.counts.new += u64::from(old.is_none());
        // A revocation never gets later than it was published.
        let revoked_at = old.map_or(entry.revoked_at, |old| old.revoked_at.min(entry.revoked_at));
        self.write(&CrlEntry { serial: entry.serial, revoked_at, code: code_of(entry.reason) })
    }

    fn check(&mut self, entry: &RevokedEntry) -> Result<(), CrlError> {
        let serial = entry.serial;
        match self.after {
            Some(after) if after >= serial => return Err(CrlError::Order { serial, after }),
            _ => self.after = Some(serial),
        }
        let now = self.preparation.now;
        if entry.revoked_at > now {
            return Err(CrlError::Future { serial, revoked_at: entry.revoked_at, now });
        }
        match (self.preparation.scope, entry.partition) {
            (CrlScope::Partition(expected), Some(found)) if expected != found => {
                Err(CrlError::OtherPartition { serial, found, expected })
            }
            _ => Ok(()),
        }
    }

    /// A list that was made after the end of the certificate has had the entry (RFC 5280 section 3.3): the last one, or one before it.
    fn may_leave(&self, entry: &RevokedEntry, is_in_last: bool) -> bool {
        self.preparation.last.is_some_and(|last| {
            let made = last.this_update();
            entry.not_after < made && (is_in_last || entry.revoked_at < made)
        })
    }

    fn write(&mut self, entry: &CrlEntry) -> Result<(), CrlError> {
        self.counts.entries += 1;
        self.buffer.entry(entry);
        if self.buffer.len() > self.terms.max_bytes { Err(self.too_long()) } else { Ok(()) }
    }

    fn too_long(&self) -> CrlError {
        CrlError::TooLong { max: self.terms.max_bytes }
    }

    /// The list, judged (R-REV-3): the finished bytes are read back and compared with what they were made from and with the last
    /// list.
    ///
    /// # Errors
    /// [`CrlError::TooLong`]; [`CrlError::Judged`] and [`CrlError::Unreadable`] for what would be a fault of this crate.
    pub fn finish(mut self) -> Result<PreparedCrl, CrlError> {
        while let Some(old) = self.old.next() {
            self.counts.carried += 1;
            self.write(&old)?;
        }
        let CrlBuilder { preparation, terms, buffer, counts, .. } = self;
        let tbs = buffer.finish();
        if tbs.der().len() > terms.max_bytes {
            return Err(CrlError::TooLong { max: terms.max_bytes });
        }
        judge(
            tbs.der(),
            &Expected {
                algorithm: terms.algorithm.algorithm_identifier(),
                issuer: preparation.authority.subject_der(),
                key_identifier: preparation.authority.key_identifier(),
                point: terms.point.as_deref(),
                number: terms.number,
                this_update: preparation.now,
                next_update: terms.next_update,
                ca_not_after: terms.ca_not_after,
                last: preparation.last,
                entries: counts.entries,
                left: counts.left,
            },
        )?;
        let public_key = preparation.authority.public_key_der().to_vec();
        let algorithm = terms.algorithm;
        Ok(PreparedCrl { tbs, algorithm, public_key, number: terms.number, counts })
    }
}
