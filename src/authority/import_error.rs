//! What can be wrong with a certificate for an authority, and with the chain above it.

use std::fmt;

use super::ca::CertificateAuthorityStatus;
use crate::crypto::feature::Missing;
use crate::crypto::verifier::VerifyError;
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::algorithm::named::Named;
use crate::x509::asn1::reader::Asn1Error;
use crate::x509::name_constraints::{NameConstraintViolation, NameConstraintsError};
use crate::x509::oid::Oid;
use crate::x509::pem::PemError;

/// One of the two inputs of an import. [`ImportError`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "an import has these two inputs")]
pub enum ImportInput {
    /// The authority's own certificate.
    Certificate,
    /// The certificates above it.
    Chain,
}

impl fmt::Display for ImportInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ImportInput::Certificate => "the certificate",
            ImportInput::Chain => "the chain",
        })
    }
}

/// Which certificate of which input. [`ImportError`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CertificatePlace {
    position: usize,
    /// Where the chain begins.
    first_of_chain: usize,
}

impl CertificatePlace {
    /// The place in the path, of which so many certificates are in the input of the authority's own.
    pub(super) fn new(position: usize, first_of_chain: usize) -> CertificatePlace {
        CertificatePlace { position, first_of_chain }
    }

    /// The place of the authority's own certificate.
    pub(super) const OWN: CertificatePlace = CertificatePlace { position: 0, first_of_chain: 1 };

    /// The position in the path: 0 for the authority's own certificate, 1 for the one above it.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The input.
    pub fn input(&self) -> ImportInput {
        if self.position < self.first_of_chain { ImportInput::Certificate } else { ImportInput::Chain }
    }

    /// The number in the input, from 1.
    pub fn number(&self) -> usize {
        match self.input() {
            ImportInput::Certificate => self.position + 1,
            ImportInput::Chain => self.position - self.first_of_chain + 1,
        }
    }
}

impl fmt::Display for CertificatePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.input(), self.number()) {
            (ImportInput::Certificate, 1) => f.write_str("the certificate"),
            (ImportInput::Certificate, number) => write!(f, "certificate {number} of the input with the certificate"),
            (ImportInput::Chain, number) => write!(f, "certificate {number} of the chain"),
        }
    }
}

/// A certificate or chain that an authority cannot use, with the certificate that is to blame and the input that it stands in
/// (R-CA-6).
///
/// ```
/// use issuance::authority::{CertificateAuthorityType, ImportError, ImportInput};
/// let error = CertificateAuthorityType::of_certificate(b"a file of something else").unwrap_err();
/// assert_eq!(error.to_string(), "the certificate cannot be read: there is no line '-----BEGIN CERTIFICATE-----'");
/// assert_eq!(error.input(), Some(ImportInput::Certificate));
/// // A version 1 certificate is named as one, with the place that it has in its input.
/// # let v1 = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/certificate-v1.der"));
/// match CertificateAuthorityType::of_certificate(v1) {
///     Err(ImportError::NotV3 { at, found }) => assert_eq!((at.number(), found), (1, "an X.509 v1 certificate")),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The state of the authority does not allow it: `InvalidStateException`.
    #[error(
        "the certificate authority is {0}; a certificate can be imported while it is PENDING_CERTIFICATE, ACTIVE or DISABLED"
    )]
    State(CertificateAuthorityStatus),
    /// An input is neither PEM nor DER, or is something else: `MalformedCertificateException`.
    #[error("{input} cannot be read: {error}")]
    Pem {
        /// Which input.
        input: ImportInput,
        /// What is wrong.
        error: PemError,
    },
    /// The input for the authority's own certificate has more than that: `MalformedCertificateException`.
    #[error("{0} certificates are given as the authority's own, which is one; give the others as the chain")]
    NotOne(usize),
    /// The path has more certificates than the budget of [`CertificateAuthority`](crate::authority::ca::CertificateAuthority) allows:
    /// `MalformedCertificateException`.
    #[error("the path has {found} certificates; at most {max} are allowed")]
    TooManyCertificates {
        /// The certificates that were given.
        found: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// A certificate is not DER: `MalformedCertificateException`.
    #[error("{at} is malformed: {error}")]
    Malformed {
        /// Which certificate.
        at: CertificatePlace,
        /// What is wrong.
        error: Asn1Error,
    },
    /// Another structure, or a certificate of another version, is given as a certificate: `MalformedCertificateException`.
    #[error("{at} is {found}; it must be an X.509 v3 certificate")]
    NotV3 {
        /// Which certificate.
        at: CertificatePlace,
        /// What it is.
        found: &'static str,
    },
    /// A certificate is not one of a CA: `MalformedCertificateException`. One whose basicConstraints are not critical can be
    /// accepted by an [`ImportPolicy`](crate::authority::import_policy::ImportPolicy).
    #[error("{at} {problem}")]
    NotACa {
        /// Which certificate.
        at: CertificatePlace,
        /// What is wrong, as the end of a sentence.
        problem: &'static str,
    },
    /// A certificate has more extensions than the budget of [`CertificateAuthority`](crate::authority::ca::CertificateAuthority) allows:
    /// `MalformedCertificateException`.
    #[error("{at} has {found} extensions; at most {max} are allowed")]
    TooManyExtensions {
        /// Which certificate.
        at: CertificatePlace,
        /// The extensions that it has.
        found: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// A certificate has a critical extension that must not be critical (API reference of
    /// ImportCertificateAuthorityCertificate): `MalformedCertificateException`.
    #[error("{at} has the extension {oid}, which must not be critical there")]
    UnknownCritical {
        /// Which certificate.
        at: CertificatePlace,
        /// The extension.
        oid: Oid,
    },
    /// A certificate has name constraints that cannot be enforced: `MalformedCertificateException` (R-CA-5).
    #[error("{at} has name constraints that cannot be enforced: {error}")]
    NameConstraints {
        /// Which certificate.
        at: CertificatePlace,
        /// What is wrong.
        error: NameConstraintsError,
    },
    /// A certificate has a name that a certificate above it does not allow: `CertificateMismatchException` (R-CA-5, R-CA-6).
    #[error("{at} has a name that the path above it does not allow: {error}")]
    Names {
        /// The certificate with the name.
        at: CertificatePlace,
        /// What is wrong.
        error: NameConstraintViolation,
    },
    /// Holding the names of the path against the name constraints above them would take more comparisons than the budget of
    /// [`CertificateAuthority`](crate::authority::ca::CertificateAuthority) allows: `MalformedCertificateException`.
    #[error(
        "the names of the path, up to those of {at}, would be compared {found} times with the name constraints above them, \
         counting long ones several times; at most {max} comparisons are allowed"
    )]
    TooManyComparisons {
        /// The certificate with the first name that is not held against constraints any more.
        at: CertificatePlace,
        /// The comparisons that its names and those below it would take.
        found: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// The certificate is for another key: `CertificateMismatchException`.
    #[error(
        "the certificate is not for the key of the certificate authority; it must have the public key of the authority's own \
         certification request"
    )]
    KeyMismatch,
    /// A root's certificate names another issuer than itself: `CertificateMismatchException`.
    #[error(
        "the certificate of a root must name itself as its issuer: its subject is '{subject}', its issuer '{issuer}'"
    )]
    NotSelfIssued {
        /// The subject.
        subject: String,
        /// The issuer.
        issuer: String,
    },
    /// A subordinate's certificate is signed by itself: `CertificateMismatchException` (API reference).
    #[error(
        "the certificate is signed by its own key, as a root's is; that of a SUBORDINATE certificate authority must be signed by \
         the authority above it"
    )]
    SelfSigned,
    /// A root needs no chain: `MalformedCertificateException`.
    #[error(
        "the certificate is a root's, which has nothing above it, but more certificates are given; leave the chain \
         empty, or give the authority's own certificate first"
    )]
    ChainOfRoot,
    /// The chain begins with the authority's own certificate: `CertificateMismatchException`.
    #[error("the chain begins with the certificate authority's own certificate; it must begin with that of its issuer")]
    OwnCertificateInChain,
    /// A certificate names another issuer than the one that follows it: `CertificateMismatchException`.
    #[error("{above} has the subject '{subject}', but {at} names the issuer '{issuer}'")]
    IssuerName {
        /// The certificate whose issuer is another.
        at: CertificatePlace,
        /// The certificate that follows it.
        above: CertificatePlace,
        /// The issuer that the one names.
        issuer: String,
        /// The subject that the other has.
        subject: String,
    },
    /// A certificate names its issuer in another form than that has itself. RFC 5280 section 7.1 compares such names as equal, many
    /// verifiers do not: `CertificateMismatchException`.
    #[error(
        "{above} and {at} have the name of the issuer in two forms, which must be the same byte for byte: {difference}"
    )]
    IssuerNameForm {
        /// The certificate that names its issuer.
        at: CertificatePlace,
        /// The certificate of the issuer.
        above: CertificatePlace,
        /// How the forms differ.
        difference: String,
    },
    /// A certificate is signed with an algorithm, or parameters of it, that the crate does not know:
    /// `MalformedCertificateException`.
    #[error("{at} is signed with algorithm {}, which is not supported, or not with these parameters", Named(algorithm))]
    SignatureAlgorithm {
        /// Which certificate.
        at: CertificatePlace,
        /// The algorithm.
        algorithm: Oid,
    },
    /// A signature is not one by the key of the issuer: `CertificateMismatchException`.
    #[error("{at} is not signed by the key of {}: {error}", signer(at, above))]
    Signature {
        /// The certificate with the signature.
        at: CertificatePlace,
        /// The certificate with the key.
        above: CertificatePlace,
        /// What a verifier says.
        error: VerifyError,
    },
    /// A certificate is signed with a short RSA key by an algorithm that not every verifier supports for such keys (our decision:
    /// one answer, whatever verifies): `MalformedCertificateException`.
    #[error(
        "{above} has an RSA key of {bits} bits, with which {at} is signed by {algorithm}; below 2048 bits, RSA is supported with \
         PKCS#1 v1.5 and SHA-1, SHA-256 or SHA-512"
    )]
    ShortRsaKey {
        /// The certificate with the signature.
        at: CertificatePlace,
        /// The certificate with the key.
        above: CertificatePlace,
        /// The algorithm.
        algorithm: SignatureAlgorithm,
        /// The length of the modulus.
        bits: usize,
    },
    /// The verifier that the service was given does not support an algorithm of the path: `InternalFailure`. Nothing is known
    /// against the certificates.
    #[error("the verifier of this service does not support {algorithm}, which {at} is signed with{}", Missing(*.algorithm))]
    Unverifiable {
        /// Which certificate.
        at: CertificatePlace,
        /// The algorithm.
        algorithm: SignatureAlgorithm,
    },
    /// A path length constraint is exceeded already: `CertificateMismatchException`.
    #[error("more CA certificates follow {at} in the path than the pathLenConstraint of its basicConstraints allows")]
    PathLength {
        /// The certificate whose constraint is exceeded.
        at: CertificatePlace,
    },
}

fn signer(at: &CertificatePlace, above: &CertificatePlace) -> String {
    if at == above { "its own subject".to_owned() } else { above.to_string() }
}

impl ImportError {
    /// The input that is to blame, where one is: where two certificates do not fit, the one that the upper stands in.
    pub fn input(&self) -> Option<ImportInput> {
        match self {
            ImportError::State(_) => None,
            ImportError::NotOne(_)
            | ImportError::KeyMismatch
            | ImportError::NotSelfIssued { .. }
            | ImportError::SelfSigned => Some(ImportInput::Certificate),
            ImportError::TooManyCertificates { .. } | ImportError::ChainOfRoot | ImportError::OwnCertificateInChain => {
                Some(ImportInput::Chain)
            }
            ImportError::Pem { input, .. } => Some(*input),
            ImportError::Malformed { at, .. }
            | ImportError::NotV3 { at, .. }
            | ImportError::NotACa { at, .. }
            | ImportError::TooManyExtensions { at, .. }
            | ImportError::UnknownCritical { at, .. }
            | ImportError::NameConstraints { at, .. }
            | ImportError::Names { at, .. }
            | ImportError::TooManyComparisons { at, .. }
            | ImportError::PathLength { at }
            | ImportError::SignatureAlgorithm { at, .. }
            | ImportError::Unverifiable { at, .. }
            | ImportError::IssuerName { above: at, .. }
            | ImportError::IssuerNameForm { above: at, .. }
            | ImportError::Signature { above: at, .. }
            | ImportError::ShortRsaKey { above: at, .. } => Some(at.input()),
        }
    }
}
