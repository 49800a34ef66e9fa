//! Why a request is not read, or not answered.

use crate::crypto::signer::SignError;
use crate::crypto::verifier::VerifyError;
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::asn1::reader::Asn1Error;
use crate::x509::timestamp::Timestamp;

/// Why bytes are not a request that is answered. [`OcspRequest`](crate::ocsp::OcspRequest) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OcspRequestError {
    /// The request is longer than [`OcspRequest::MAX_BYTES`](crate::ocsp::OcspRequest::MAX_BYTES).
    #[error("the OCSP request has {0} bytes; at most {max} are read", max = crate::ocsp::request::OcspRequest::MAX_BYTES)]
    TooLong(usize),
    /// The request asks for more certificates than [`OcspRequest::MAX_CERTIFICATES`](crate::ocsp::OcspRequest::MAX_CERTIFICATES), or none.
    #[error("the OCSP request must ask for 1 to {max} certificates", max = crate::ocsp::request::OcspRequest::MAX_CERTIFICATES)]
    Certificates,
    /// The nonce is not 1 to 128 bytes long.
    #[error("the nonce of the OCSP request has {0} bytes; RFC 9654 section 2.1 allows 1 to 128")]
    Nonce(usize),
    /// The bytes are not the DER of an OCSPRequest.
    #[error("the OCSP request: {0}")]
    Malformed(#[from] Asn1Error),
}

/// Why a request is not answered. [`OcspResponder`](crate::ocsp::OcspResponder) has an example.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum OcspError {
    /// The authority has no certificate yet.
    #[error("the authority has no certificate, and so nothing to answer for; import its certificate first")]
    NoCertificate,
    /// The certificate of the responder does not entitle it to answer for the authority (RFC 6960 section 4.2.2.2).
    #[error("the responder's certificate does not entitle it to answer for the authority: it {0}")]
    NotEntitled(&'static str),
    /// The certificate of the responder is not one.
    #[error("the responder's certificate: {0}")]
    Certificate(#[from] Asn1Error),
    /// The signature of the responder's certificate.
    #[error("the signature of the responder's certificate is not the authority's: {0}")]
    CertificateSignature(#[source] VerifyError),
    /// The certificate that answers would be verified with is not valid at this time.
    #[error("at {now} the certificate of who answers is not valid: it is from {not_before} to {not_after}")]
    Outside {
        /// The time of the answer.
        now: Timestamp,
        /// The beginning of the certificate.
        not_before: Timestamp,
        /// Its end.
        not_after: Timestamp,
    },
    /// The responder's key is not one that answers are signed with.
    #[error("the responder's key is of no algorithm that answers are signed with")]
    KeyAlgorithm,
    /// The responder's key does not sign with this algorithm.
    #[error("a {key} key does not sign with {algorithm}")]
    Algorithm {
        /// What was asked for.
        algorithm: SigningAlgorithm,
        /// The algorithm of the key.
        key: KeyAlgorithm,
    },
    /// The signer has another key than the responder's certificate.
    #[error("the signer has another key than the certificate of who answers")]
    SignerKey,
    /// The signer did not sign.
    #[error(transparent)]
    Signer(#[from] SignError),
    /// The signature is not one of who answers.
    #[error("the signature of the answer: {0}")]
    Signature(#[source] VerifyError),
}
