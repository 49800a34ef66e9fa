//! What can be wrong with a certification request.

use crate::crypto::feature::Missing;
use crate::crypto::verifier::VerifyError;
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::algorithm::named::Named;
use crate::x509::asn1::reader::Asn1Error;
use crate::x509::oid::Oid;
use crate::x509::pem::PemError;
use crate::x509::pem::found::PemContent;
use crate::x509::public_key::PublicKeyError;

/// A certification request that is refused: `MalformedCSRException`, but for [`CsrError::Unverifiable`], which is
/// `InternalFailure`.
///
/// ```
/// use issuance::Csr;
/// use issuance::csr::CsrError;
/// let error = Csr::decode(&[0x30, 0x80]).unwrap_err();
/// assert!(matches!(error, CsrError::Malformed { element: "CertificationRequest", .. }), "{error}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsrError {
    /// The request is empty or too long.
    #[error("CSR has {octets} bytes; 1 to {max} are allowed")]
    Size {
        /// The octets that were given.
        octets: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// The request is neither one PEM block with the right label nor DER, or is something else (R-CSR-1).
    #[error("CSR cannot be read: {0}")]
    Pem(PemError),
    /// An element is not the DER that PKCS#10 asks for (R-CSR-2). Offsets count from the start of the DER.
    #[error("CSR has a malformed {element}: {error}")]
    Malformed {
        /// The element of RFC 2986 or RFC 5280.
        element: &'static str,
        /// What is wrong with it.
        error: Asn1Error,
    },
    /// The version is not v1 (R-CSR-2).
    #[error("CSR must have version v1 (0)")]
    Version,
    /// The `[0]` attributes element is absent (R-CSR-2; the words are those of the service).
    #[error("CSR is missing required element 'attributes'.")]
    MissingAttributes,
    /// An attribute type stands twice (R-CSR-6; for attributes that are not about extensions our decision).
    #[error("CSR has the attribute {0} more than once")]
    DuplicateAttribute(Oid),
    /// An extension is requested twice (R-CSR-6).
    #[error("CSR requests the extension {0} more than once")]
    DuplicateExtension(Oid),
    /// There is more of something than the budget of [`Csr`](crate::csr::certification_request::Csr) allows.
    #[error("CSR has more than {max} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The most that is allowed.
        max: usize,
    },
    /// The algorithm of the request's signature, or its parameters, is not one of R-CSR-3.
    #[error("CSR is signed with algorithm {}, which is not supported, or not with these parameters", Named(algorithm))]
    UnsupportedSignatureAlgorithm {
        /// The identifier of the algorithm.
        algorithm: Oid,
    },
    /// The key is refused (R-CSR-4).
    #[error("CSR has an unacceptable key: {0}")]
    Key(PublicKeyError),
    /// Possession of the private key is not shown (R-CSR-3).
    #[error("CSR does not prove possession of its private key: {0}")]
    Proof(VerifyError),
    /// The request's algorithm is one of R-CSR-3, and the verifier that the service was given does not support it: nothing is known
    /// against the request (our decision).
    #[error(
        "the CSR is signed with {0}, which the signature verifier of this service does not support{missing}",
        missing = Missing(*.0)
    )]
    Unverifiable(SignatureAlgorithm),
    /// Neither the request nor the template's other sources give a subject or a subject alternative name (R-CSR-7).
    #[error("CSR must provide a subject or a subject alternative name")]
    NoName,
    /// The effective subject is empty, and the request's SAN is not critical (R-CSR-7; the words are those of the service).
    #[error("CSR must mark the SAN extension critical when it has an empty subject")]
    SanNotCritical,
    /// A CA certificate would have an empty subject (RFC 5280 section 4.1.2.6).
    #[error("CSR must provide a subject for a CA certificate")]
    EmptyCaSubject,
}

impl CsrError {
    /// An extension that would reach a certificate, and cannot be read.
    pub(crate) fn of_extension(oid: &Oid, error: Asn1Error) -> CsrError {
        CsrError::Malformed { element: oid.name().unwrap_or("extension"), error }
    }
}

impl CsrError {
    /// That octets that cannot be read as a request are something else, where that can be told.
    pub(super) fn or_other_content(self, der: &[u8]) -> CsrError {
        PemContent::instead(der, PemContent::CertificationRequest).map_or(self, CsrError::Pem)
    }
}

// By hand: `#[from]` would make sources of causes whose text the message has already.

impl From<PemError> for CsrError {
    fn from(error: PemError) -> CsrError {
        CsrError::Pem(error)
    }
}

impl From<PublicKeyError> for CsrError {
    fn from(error: PublicKeyError) -> CsrError {
        CsrError::Key(error)
    }
}

/// Whose limit it is decides the exception.
impl From<VerifyError> for CsrError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::UnsupportedAlgorithm(algorithm) => CsrError::Unverifiable(algorithm),
            error => CsrError::Proof(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let malformed = Asn1Error { offset: 7, kind: crate::x509::asn1::reader::Asn1ErrorKind::Truncated };
        for (error, cause) in [
            (CsrError::from(PemError::Base64), "is not base64"),
            (PublicKeyError::Malformed(malformed).into(), "at byte 7"),
            (VerifyError::InvalidSignature.into(), "does not verify"),
            (CsrError::Malformed { element: "version", error: malformed }, "at byte 7"),
        ] {
            let mut told = error.to_string();
            let mut source = error.source();
            while let Some(error) = source {
                told = format!("{told}: {error}");
                source = error.source();
            }
            assert_eq!(told.matches(cause).count(), 1, "{told}");
        }
    }
}
