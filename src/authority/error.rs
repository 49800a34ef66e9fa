//! What can be wrong with a certificate authority, and with a certificate for it.

use super::{CertificateAuthorityStatus, CrlPartition, NameConstraintViolation, NameConstraintsError};
use crate::pem::PemError;
use crate::{ArnError, Asn1Error, KeyAlgorithm, Oid, PublicKeyError, SignatureAlgorithm};

/// A certificate authority that cannot be: what was wrong with its parts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The public key is malformed or refused.
    #[error("the public key of the certificate authority is refused: {0}")]
    Key(PublicKeyError),
    /// The public key is of none of the API's key algorithms.
    #[error("the public key of the certificate authority must be one of [{}]", KeyAlgorithm::NAMES.join(", "))]
    KeyAlgorithm,
    /// The subject is empty, which RFC 5280 section 4.1.2.6 forbids for a CA.
    #[error("the subject of a certificate authority must not be empty (RFC 5280 section 4.1.2.6)")]
    EmptySubject,
    /// The ARN leaves no room for the longest serial number in the ARNs of its certificates: it has more than 139 characters.
    #[error("the ARN of the certificate authority is too long for the ARNs of its certificates: {0}")]
    Arn(ArnError),
    /// The partitions of a CRL that are to take turns are none, or one of them stands twice.
    #[error("{}", partitions(.repeated))]
    CrlPartitions {
        /// The one that stands twice; where there is none, there was no partition at all.
        repeated: Option<CrlPartition>,
    },
    /// A state that does not follow from the present one: `InvalidStateException`.
    #[error("a certificate authority that is {from} cannot become {to}")]
    Transition {
        /// The present state.
        from: CertificateAuthorityStatus,
        /// The state that was asked for.
        to: CertificateAuthorityStatus,
    },
}

fn partitions(repeated: &Option<CrlPartition>) -> String {
    match repeated {
        Some(partition) => format!("the CRL partition {partition} is given twice; each can be in use once"),
        None => "a partitioned CRL needs at least one partition in use".to_owned(),
    }
}

// The text of the whole has that of the cause, so there is no source.
impl From<PublicKeyError> for AuthorityError {
    fn from(error: PublicKeyError) -> Self {
        AuthorityError::Key(error)
    }
}

/// A certificate or chain that an authority cannot use. Positions count from 0, the authority's own certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The state of the authority does not allow it: `InvalidStateException`.
    #[error(
        "the certificate authority is {0}; a certificate can be imported while it is PENDING_CERTIFICATE, ACTIVE or DISABLED"
    )]
    State(CertificateAuthorityStatus),
    /// The text is not PEM: `MalformedCertificateException`.
    #[error("the certificate is neither DER nor PEM: {0}")]
    Pem(PemError),
    /// There is more than one certificate where one belongs: `MalformedCertificateException`.
    #[error("there are {0} certificates where one belongs; the others belong into the chain")]
    NotOne(usize),
    /// The path has more certificates than the budget of [`CertificateAuthority`](crate::CertificateAuthority) allows:
    /// `MalformedCertificateException`.
    #[error("the path has {found} certificates; at most {max} are allowed")]
    TooManyCertificates {
        /// The certificates that were given.
        found: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// A certificate is not DER: `MalformedCertificateException`.
    #[error("certificate {position} of the path is malformed: {error}")]
    Malformed {
        /// Which certificate.
        position: usize,
        /// What is wrong.
        error: Asn1Error,
    },
    /// A certificate is not one of a CA: `MalformedCertificateException`.
    #[error("certificate {position} of the path {problem}")]
    NotACa {
        /// Which certificate.
        position: usize,
        /// What is wrong, as the end of a sentence.
        problem: &'static str,
    },
    /// A certificate has more extensions than the budget of [`CertificateAuthority`](crate::CertificateAuthority) allows:
    /// `MalformedCertificateException`.
    #[error("certificate {position} of the path has {found} extensions; at most {max} are allowed")]
    TooManyExtensions {
        /// Which certificate.
        position: usize,
        /// The extensions that it has.
        found: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// A certificate has a critical extension that is none of those that may be (API reference of
    /// ImportCertificateAuthorityCertificate): `MalformedCertificateException`.
    #[error("certificate {position} of the path has the extension {oid}, which must not be critical there")]
    UnknownCritical {
        /// Which certificate.
        position: usize,
        /// The extension.
        oid: Oid,
    },
    /// A certificate has name constraints that cannot be enforced: `MalformedCertificateException` (R-CA-5).
    #[error("certificate {position} of the path has name constraints that cannot be enforced: {error}")]
    NameConstraints {
        /// Which certificate.
        position: usize,
        /// What is wrong.
        error: NameConstraintsError,
    },
    /// A certificate has a name that a certificate above it does not allow: `CertificateMismatchException` (R-CA-5, R-CA-6).
    #[error("certificate {position} of the path has a name that the path above it does not allow: {error}")]
    Names {
        /// The certificate with the name.
        position: usize,
        /// What is wrong.
        error: NameConstraintViolation,
    },
    /// Holding the names of the path against the name constraints above them would take more comparisons than the budget of
    /// [`CertificateAuthority`](crate::CertificateAuthority) allows: `MalformedCertificateException`.
    #[error(
        "the names of the path, up to certificate {position}, would be compared {found} times with the name constraints \
         above them, counting long ones several times; at most {max} comparisons are allowed"
    )]
    TooManyComparisons {
        /// The certificate with the first name that is not held against constraints any more.
        position: usize,
        /// The comparisons that its names and those below it would take.
        found: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// The certificate is for another key: `CertificateMismatchException`.
    #[error("the certificate is not for the key of the certificate authority")]
    KeyMismatch,
    /// A root's certificate is not signed by itself: `CertificateMismatchException`.
    #[error("the certificate of a root must be signed by its own key, with issuer and subject the same")]
    NotSelfSigned,
    /// A subordinate's certificate is signed by itself: `CertificateMismatchException` (API reference).
    #[error("the certificate of a subordinate certificate authority must not be signed by its own key")]
    SelfSigned,
    /// A root needs no chain: `MalformedCertificateException`.
    #[error("a root certificate has no chain")]
    ChainOfRoot,
    /// A link of the chain does not hold: `CertificateMismatchException`.
    #[error("certificate {position} of the path was not issued by certificate {} (name or signature)", .position + 1)]
    Chain {
        /// The certificate whose issuer does not fit.
        position: usize,
    },
    /// The verifier that the service was given does not do an algorithm of the path: `InternalFailure`. Nothing is known against
    /// the certificates.
    #[error("the verifier of this service does not do {0}, which a certificate of the path is signed with")]
    Unverifiable(SignatureAlgorithm),
    /// A path length constraint is exceeded already: `CertificateMismatchException`.
    #[error("the path length constraint of certificate {position} of the path is exceeded")]
    PathLength {
        /// The certificate whose constraint is exceeded.
        position: usize,
    },
}

// The text of the whole has that of the cause, so there is no source.
impl From<PemError> for ImportError {
    fn from(error: PemError) -> Self {
        ImportError::Pem(error)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::Asn1ErrorKind;

    /// Whoever prints an error with its sources prints each text once.
    #[test]
    fn a_cause_is_in_the_text_or_the_source() {
        let malformed = Asn1Error { offset: 7, kind: Asn1ErrorKind::Truncated };
        let errors: [(Box<dyn Error>, String); 4] = [
            (Box::new(AuthorityError::from(PublicKeyError::Point)), PublicKeyError::Point.to_string()),
            (Box::new(ImportError::from(PemError::Base64)), PemError::Base64.to_string()),
            (Box::new(NameConstraintsError::from(malformed)), malformed.to_string()),
            (Box::new(NameConstraintViolation::from(malformed)), malformed.to_string()),
        ];
        for (error, cause) in errors {
            assert!(error.to_string().ends_with(&cause), "{error}");
            assert!(error.source().is_none(), "{error}");
        }
    }
}
