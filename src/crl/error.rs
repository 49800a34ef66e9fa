//! Why a list is not made, or not read.

use std::fmt;

use super::number::CrlNumber;
use crate::authority::revocation::partition::CrlPartition;
use crate::crypto::signer::SignError;
use crate::crypto::verifier::VerifyError;
use crate::error::source::ErrorSource;
use crate::ledger::error::LedgerError;
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::asn1::reader::Asn1Error;
use crate::x509::public_key::PublicKeyError;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// Why bytes are not a list that can be read. [`Crl`](crate::crl::Crl) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CrlReadError {
    /// The bytes are not the DER of a CertificateList.
    #[error("{element}: {error}")]
    Malformed {
        /// Which part of the list.
        element: &'static str,
        /// What is wrong there; the place counts from the first byte of the list.
        error: Asn1Error,
    },
    /// The list has a form that this crate does not read.
    #[error("the CRL {0}")]
    Unsupported(&'static str),
}

/// What of a list differs from what it should be.
///
/// ```
/// use issuance::crl::{CrlDifference, CrlError};
/// fn which(error: &CrlError) -> Option<&'static str> {
///     match error {
///         CrlError::LastDiffers(CrlDifference { field, .. }) => Some(field),
///         _ => None,
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CrlDifference {
    /// The field or extension, as RFC 5280 names it.
    pub field: &'static str,
    /// What the list has.
    pub found: String,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for CrlDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, and {} would be right", self.field, self.found, self.expected)
    }
}

/// Why a list is not made.
///
/// ```
/// # #[cfg(feature = "rustcrypto")] {
/// # use issuance::{CertificateAuthority, KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, Subject, Timestamp, Validity};
/// use issuance::crl::{CrlError, CrlPreparation, CrlScope};
/// # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// # let name = Subject::builder().common_name("Example Root").build()?;
/// # let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
/// # let now = Timestamp::from(std::time::SystemTime::now());
/// let partition = CrlScope::Partition("EoNIZbjA9td".parse()?);
/// let refused = CrlPreparation::new(&root, now).scope(partition).prepare([], &RustCryptoVerifier);
/// assert!(matches!(refused, Err(CrlError::NotPartitioned)));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrlError {
    /// The authority has no certificate yet.
    #[error("the authority has no certificate, and so no lists; import its certificate first")]
    NoCertificate,
    /// The certificate of the authority has ended, or has not begun.
    #[error("at {now} the authority's certificate is not valid: it is from {not_before} to {not_after}")]
    Outside {
        /// The time of the list.
        now: Timestamp,
        /// The beginning of the authority's certificate.
        not_before: Timestamp,
        /// Its end.
        not_after: Timestamp,
    },
    /// The authority's certificate does not let its key sign lists.
    #[error(
        "the authority's certificate has a keyUsage without cRLSign: verifiers refuse its lists (RFC 5280 section 6.3.3)"
    )]
    NoCrlSign,
    /// The number of days until the next list is not 1 to 5000.
    #[error("a list lasts 1 to 5000 days, not {0}")]
    Days(u16),
    /// The authority's key does not sign with this algorithm.
    #[error("a {key} key does not sign with {algorithm}")]
    Algorithm {
        /// What was asked for.
        algorithm: SigningAlgorithm,
        /// The algorithm of the key.
        key: KeyAlgorithm,
    },
    /// A list of a partition was asked for, and the authority's configuration is not `PARTITIONED`.
    #[error("the authority's revocation configuration is not PARTITIONED: only a complete list can be made")]
    NotPartitioned,
    /// The authority's certificates have no CRL distribution point, which the list of a partition must name.
    #[error("the authority's certificates have no CRL distribution point, which the list of a partition must name")]
    NoDistributionPoint,
    /// The number is not above that of the last list, or there is no number above it.
    #[error("the CRL number must be above that of the last list, {last}; it is {given}")]
    Number {
        /// The number that was to be.
        given: CrlNumber,
        /// That of the last list.
        last: CrlNumber,
    },
    /// The last list is of a later time.
    #[error("the last list is of {last}, after {now}: either the clock is wrong or the list is not the last one")]
    BeforeLast {
        /// The time of the list.
        now: Timestamp,
        /// thisUpdate of the last list.
        last: Timestamp,
    },
    /// The last list is not one that this list follows.
    #[error("the last list is not one of this authority and scope: {0}")]
    LastDiffers(CrlDifference),
    /// The signature of the last list.
    #[error("the signature of the last list: {0}")]
    LastSignature(#[source] VerifyError),
    /// The entries do not come in the order of their serial numbers, or one comes twice.
    #[error("entries must come in ascending order, each serial number once: {serial} came after {after}")]
    Order {
        /// The entry.
        serial: SerialNumber,
        /// The entry before it.
        after: SerialNumber,
    },
    /// An entry is of a certificate in another partition.
    #[error("the certificate {serial} is in partition {found}, not in that of the list, {expected}")]
    OtherPartition {
        /// The certificate.
        serial: SerialNumber,
        /// Its partition.
        found: CrlPartition,
        /// That of the list.
        expected: CrlPartition,
    },
    /// A certificate is revoked after the time of the list.
    #[error("the certificate {serial} was revoked at {revoked_at}, which is after the time of the list, {now}")]
    Future {
        /// The certificate.
        serial: SerialNumber,
        /// When it was revoked.
        revoked_at: Timestamp,
        /// The time of the list.
        now: Timestamp,
    },
    /// The source of the entries failed.
    #[error("the entries could not be read: {0}")]
    Source(ErrorSource),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger keeps tokens alone, and so does not know who was revoked.
    #[error("the ledger keeps tokens alone, not certificates and revocations; a list needs one that keeps everything")]
    LedgerKeepsTokens,
    /// The list became too long.
    #[error("the list has more than {max} bytes, the most that one of its scope may have (R-REV-2)")]
    TooLong {
        /// The bound, in bytes.
        max: usize,
    },
    /// The finished bytes are not the list that was asked for; nothing is signed.
    #[error("the list that was to be signed is wrong: {0}")]
    Judged(CrlDifference),
    /// The finished bytes, or what a prepared file has, cannot be read.
    #[error("the list that was to be signed cannot be read: {0}")]
    Unreadable(#[from] CrlReadError),
    /// A prepared file has other bytes than were prepared.
    #[error("the bytes to be signed are not those that were prepared: their SHA-256 digest is {found}, not {expected}")]
    PreparationChanged {
        /// The digest of the bytes that the file has.
        found: String,
        /// That of the bytes that were prepared.
        expected: String,
    },
    /// The signer has another key than the authority.
    #[error("the signer has another key than the authority")]
    SignerKey,
    /// The signer did not sign.
    #[error(transparent)]
    Signer(#[from] SignError),
    /// The signature is not one of the authority over the list.
    #[error("the signature of the list: {0}")]
    Signature(#[source] VerifyError),
    /// No digest can be made for the authority's key.
    #[error(transparent)]
    Key(#[from] PublicKeyError),
}
