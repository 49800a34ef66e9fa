//! What a list follows from.

use super::entry::RevokedEntry;
use super::error::CrlError;
use super::list::Crl;
use super::merge::CrlBuilder;
use super::number::CrlNumber;
use super::prepared::PreparedCrl;
use super::scope::CrlScope;
use crate::authority::ca::CertificateAuthority;
use crate::crypto::verifier::SignatureVerifier;
use crate::error::source::ErrorSource;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::oid::Oid;
use crate::x509::tbs_view::TbsView;
use crate::x509::timestamp::Timestamp;

const SECONDS_A_DAY: i64 = 86_400;

/// The longest list of a partition, in bytes (R-REV-2).
const MAX_PARTITION: usize = 1_000_000;

/// The longest list at all: what four bytes of a length hold.
const MAX_COMPLETE: usize = u32::MAX as usize;

/// Everything that a list follows from beside its entries: the same entries make the same bytes. For an example see [`Crl`].
#[derive(Debug, Clone, Copy)]
pub struct CrlPreparation<'a> {
    pub(super) authority: &'a CertificateAuthority,
    pub(super) now: Timestamp,
    pub(super) scope: CrlScope,
    pub(super) last: Option<&'a Crl<'a>>,
    pub(super) number: Option<CrlNumber>,
    pub(super) first_number: CrlNumber,
    days: Option<u16>,
    algorithm: Option<SigningAlgorithm>,
}

/// What was found to be right before any entry is asked for.
pub(super) struct Terms {
    pub(super) algorithm: SigningAlgorithm,
    pub(super) number: CrlNumber,
    pub(super) next_update: Timestamp,
    pub(super) ca_not_after: Timestamp,
    pub(super) point: Option<Vec<u8>>,
    pub(super) max_bytes: usize,
}

impl<'a> CrlPreparation<'a> {
    /// How many days a list lasts where neither the caller nor the authority's configuration says it (our decision).
    pub const DEFAULT_DAYS: u16 = 7;

    /// A complete list of this authority at this time, the first one.
    pub fn new(authority: &'a CertificateAuthority, now: Timestamp) -> CrlPreparation<'a> {
        let scope = CrlScope::Complete;
        let first_number = CrlNumber::from(1);
        CrlPreparation { authority, now, scope, last: None, number: None, first_number, days: None, algorithm: None }
    }

    /// Sets which certificates the list is about; all of them if not set.
    #[must_use]
    pub fn scope(mut self, scope: CrlScope) -> Self {
        self.scope = scope;
        self
    }

    /// Sets the last list of this authority and scope. Its signature is verified, the number of the new list is one more, and its
    /// entries stay until they may leave (RFC 5280 section 3.3): once a list that was made after the certificate's end has it.
    #[must_use]
    pub fn last(mut self, last: &'a Crl<'a>) -> Self {
        self.last = Some(last);
        self
    }

    /// Sets the number, which must be above that of the last list. If not set it is one more than the last, and that of
    /// [`CrlPreparation::first_number`] for the first; with a ledger it is the ledger's.
    #[must_use]
    pub fn number(mut self, number: CrlNumber) -> Self {
        self.number = Some(number);
        self
    }

    /// Sets the number of the first list, 1 if not set: for an authority that had lists before, one above the last of these. The first number
    /// that a ledger counts for the authority and scope, 1, stands for it.
    #[must_use]
    pub fn first_number(mut self, number: CrlNumber) -> Self {
        self.first_number = number;
        self
    }

    /// Sets after how many days the next list is there, 1 to 5000. If not set it is `ExpirationInDays` of the authority's configuration,
    /// else [`CrlPreparation::DEFAULT_DAYS`]. nextUpdate is never after the end of the authority's certificate.
    #[must_use]
    pub fn days(mut self, days: u16) -> Self {
        self.days = Some(days);
        self
    }

    /// Sets the algorithm; the default of the authority's key if not set.
    #[must_use]
    pub fn signing_algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// Writes the list of these certificates, in ascending order of their serial numbers, and judges it (R-REV-3). Those that the last
    /// list has and that do not come stay in the list.
    ///
    /// # Errors
    /// [`CrlError`], which says what was wrong and what would be right.
    pub fn prepare(
        self,
        entries: impl IntoIterator<Item = RevokedEntry>,
        verifier: &dyn SignatureVerifier,
    ) -> Result<PreparedCrl, CrlError> {
        let entries = entries.into_iter();
        let mut builder = self.begin(entries.size_hint().0, verifier)?;
        for entry in entries {
            builder.push(entry)?;
        }
        builder.finish()
    }

    /// As [`CrlPreparation::prepare`], from a source that can fail.
    ///
    /// # Errors
    /// [`CrlError::Source`] with the error of the source, and as [`CrlPreparation::prepare`].
    pub fn try_prepare<E: Into<ErrorSource>>(
        self,
        entries: impl IntoIterator<Item = Result<RevokedEntry, E>>,
        verifier: &dyn SignatureVerifier,
    ) -> Result<PreparedCrl, CrlError> {
        let entries = entries.into_iter();
        let mut builder = self.begin(entries.size_hint().0, verifier)?;
        for entry in entries {
            builder.push(entry.map_err(|error| CrlError::Source(error.into()))?)?;
        }
        builder.finish()
    }

    /// Starts a list whose entries are given one by one, for sources that are awaited. `expected` is how many there will be, about: memory
    /// is set aside for them.
    ///
    /// # Errors
    /// As [`CrlPreparation::prepare`].
    pub fn begin(self, expected: usize, verifier: &dyn SignatureVerifier) -> Result<CrlBuilder<'a>, CrlError> {
        let terms = self.terms(verifier)?;
        Ok(CrlBuilder::new(self, terms, expected))
    }

    pub(super) fn terms(&self, verifier: &dyn SignatureVerifier) -> Result<Terms, CrlError> {
        let authority = self.authority;
        let (Some(not_before), Some(ca_not_after), Some(certificate)) =
            (authority.not_before(), authority.not_after(), authority.certificate_der())
        else {
            return Err(CrlError::NoCertificate);
        };
        if self.now < not_before || self.now >= ca_not_after {
            return Err(CrlError::Outside { now: self.now, not_before, not_after: ca_not_after });
        }
        if !may_sign_lists(certificate) {
            return Err(CrlError::NoCrlSign);
        }
        let key = authority.key_algorithm();
        let algorithm = self.algorithm.unwrap_or_else(|| key.default_signing_algorithm());
        if !key.supports(algorithm) {
            return Err(CrlError::Algorithm { algorithm, key });
        }
        let configured = authority.revocation_configuration().crl_configuration();
        let configured =
            configured.and_then(|crl| crl.expiration_in_days).and_then(|days| u16::try_from(days.get()).ok());
        let days = self.days.or(configured).unwrap_or(CrlPreparation::DEFAULT_DAYS);
        if !(1..=5000).contains(&days) {
            return Err(CrlError::Days(days));
        }
        let next_update = self.now.checked_add_seconds(i64::from(days) * SECONDS_A_DAY).unwrap_or(Timestamp::MAX);
        let point = self.scope.issuing_distribution_point(authority)?;
        if let Some(last) = self.last {
            last.check_follows(authority.subject_der(), point.as_deref()).map_err(CrlError::LastDiffers)?;
            if last.this_update() > self.now {
                return Err(CrlError::BeforeLast { now: self.now, last: last.this_update() });
            }
            last.verify(authority.public_key_der(), verifier).map_err(CrlError::LastSignature)?;
        }
        Ok(Terms {
            algorithm,
            number: self.next_number()?,
            next_update: next_update.min(ca_not_after),
            ca_not_after,
            point,
            max_bytes: if self.scope == CrlScope::Complete { MAX_COMPLETE } else { MAX_PARTITION },
        })
    }

    /// Lists of before RFC 5280 have no number; any is above.
    fn next_number(&self) -> Result<CrlNumber, CrlError> {
        let Some(last) = self.last.and_then(Crl::number) else {
            return Ok(self.number.unwrap_or(self.first_number));
        };
        let given = self.number.or(last.next()).unwrap_or(last);
        if given > last { Ok(given) } else { Err(CrlError::Number { given, last }) }
    }
}

/// Whether a certificate has no keyUsage, or one with cRLSign, bit 6 (RFC 5280 section 4.2.1.3).
fn may_sign_lists(certificate: &[u8]) -> bool {
    let usage = || {
        let tbs = Reader::single(certificate, tag::SEQUENCE)?.reader().read(tag::SEQUENCE)?;
        let view = TbsView::parse_in(certificate, &tbs)?;
        match view.extension(&Oid::KEY_USAGE) {
            Some(extension) => {
                let bits = Reader::single(extension.value, tag::BIT_STRING)?;
                Ok(bits.content.get(1).is_some_and(|bits| bits & 0x02 != 0))
            }
            None => Ok::<bool, crate::x509::asn1::reader::Asn1Error>(true),
        }
    };
    // The certificate was read when it was imported.
    usage().unwrap_or(false)
}
