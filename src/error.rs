//! What can go wrong, by who is to blame; the exception name of the API follows from it.

pub(crate) mod source;

use crate::authority::ca::CertificateAuthorityStatus;
use crate::authority::error::AuthorityError;
use crate::authority::import_error::ImportError;
use crate::crypto::feature::Advice;
use crate::crypto::signer::SignError;
use crate::crypto::verifier::VerifyError;
use crate::csr::error::CsrError;
use crate::issue::check::{CheckError, SIZE};
use crate::issue::serial_source::SerialSourceError;
use crate::issue::validity::ValidityError;
use crate::ledger::error::LedgerError;
use crate::policy::refusal::PolicyRefusal;
use crate::request::arn::{ArnError, CertificateAuthorityArn};
use crate::request::violation::{RequestError, ViolationClass};
use crate::template::definition::{Source, UnknownTemplate};
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm, api_enum};
use crate::x509::name_constraints::NameConstraintViolation;

api_enum! {
    /// The exceptions of the API, as clients see them (R-ERR-1). Issuance leads to some of them; the others are for services
    /// that do the other operations.
    ///
    /// ```
    /// use issuance::{AwsException, IssueCertificateRequest};
    /// let error = issuance::Error::from(IssueCertificateRequest::builder().build().unwrap_err());
    /// assert_eq!(error.aws_exception(), AwsException::Validation);
    /// assert_eq!(error.aws_exception().to_string(), "ValidationException");
    /// ```
    #[non_exhaustive]
    pub enum AwsException {
        /// A quota is used up.
        LimitExceeded = "LimitExceededException",
        /// There is no such certificate authority.
        ResourceNotFound = "ResourceNotFoundException",
        /// The certificate authority's state does not allow it.
        InvalidState = "InvalidStateException",
        /// An ARN has the wrong form.
        InvalidArn = "InvalidArnException",
        /// An argument is wrong in a way that no bound of the model catches.
        InvalidArgs = "InvalidArgsException",
        /// The certification request is wrong.
        MalformedCsr = "MalformedCSRException",
        /// A bound, pattern or enumeration of the model is violated, or a limit of the certificate authority.
        Validation = "ValidationException",
        /// The caller may not ask for this, or not from where it asks.
        AccessDenied = "AccessDeniedException",
        /// Too many requests.
        Throttling = "ThrottlingException",
        /// An imported certificate is for another key.
        CertificateMismatch = "CertificateMismatchException",
        /// An imported certificate is wrong.
        MalformedCertificate = "MalformedCertificateException",
        /// What was asked for is not finished yet.
        RequestInProgress = "RequestInProgressException",
        /// What was asked for has failed.
        RequestFailed = "RequestFailedException",
        /// What is asked for was done before.
        RequestAlreadyProcessed = "RequestAlreadyProcessedException",
        /// What is asked for is not done.
        InvalidRequest = "InvalidRequestException",
        /// The token for the next page of a list is wrong.
        InvalidNextToken = "InvalidNextTokenException",
        /// A tag is wrong.
        InvalidTag = "InvalidTagException",
        /// There would be more tags than a certificate authority can have.
        TooManyTags = "TooManyTagsException",
        /// A policy is wrong.
        InvalidPolicy = "InvalidPolicyException",
        /// A policy would keep its owner out.
        LockoutPrevented = "LockoutPreventedException",
        /// The permission exists.
        PermissionAlreadyExists = "PermissionAlreadyExistsException",
        /// Another change was made at the same time.
        ConcurrentModification = "ConcurrentModificationException",
        /// There is no such operation.
        UnknownOperation = "UnknownOperationException",
        /// The request has no signature.
        MissingAuthenticationToken = "MissingAuthenticationTokenException",
        /// The signature lacks a part, or has one that cannot be read.
        IncompleteSignature = "IncompleteSignatureException",
        /// The service does not know the access key.
        UnrecognizedClient = "UnrecognizedClientException",
        /// The signature is not that of the request, or is for another time, region or service.
        InvalidSignature = "InvalidSignatureException",
        /// The fault is on the service's side.
        InternalFailure = "InternalFailure",
    }
}

/// A signing algorithm that the key cannot be used with (R-CA-4; the words are those of the service).
/// [`Error`](crate::Error) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Signing algorithm {signing_algorithm} cannot be used with key type {key_algorithm}. Valid signing algorithms are: {}.",
    names(.key_algorithm)
)]
#[non_exhaustive]
pub struct AlgorithmMismatch {
    /// What was asked for.
    pub signing_algorithm: SigningAlgorithm,
    /// The certificate authority's key.
    pub key_algorithm: KeyAlgorithm,
}

fn names(key: &KeyAlgorithm) -> String {
    let names: Vec<&str> = key.signing_algorithms().iter().map(|algorithm| algorithm.as_str()).collect();
    names.join(", ")
}

impl AlgorithmMismatch {
    /// Whether the algorithm fits the key (R-CA-4).
    ///
    /// # Errors
    /// Where it does not.
    pub fn check(key_algorithm: KeyAlgorithm, signing_algorithm: SigningAlgorithm) -> Result<(), AlgorithmMismatch> {
        if key_algorithm.supports(signing_algorithm) {
            Ok(())
        } else {
            Err(AlgorithmMismatch { signing_algorithm, key_algorithm })
        }
    }
}

/// Why a template cannot be used with a certificate authority. [`Error`](crate::Error) has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateMisuse {
    /// A root template with a subordinate CA (R-CA-2): `InvalidArgsException`.
    #[error("template {0} is for root certificate authorities; this one is SUBORDINATE")]
    NotARoot(String),
    /// A root template with the CSR of another key (R-CA-2): `InvalidArgsException`.
    #[error("template {0} signs the certificate authority's own certificate; the CSR must be for its own key")]
    NotItsOwnKey(String),
    /// A root template that would give a root with a certificate another subject (R-CA-2, our decision): `InvalidArgsException`.
    #[error(
        "template {template} renews the certificate of a root, whose subject stays as it is, '{present}' byte for byte; the \
         request gives '{subject}'"
    )]
    NewRootSubject {
        /// The template.
        template: String,
        /// The subject of the root's certificate.
        present: String,
        /// The subject that the request gives.
        subject: String,
    },
    /// A CA template that the issuer's path length constraint does not leave room for (R-CA-3): `ValidationException`.
    #[error(
        "template {template} would make a CA of path length {}, which must be smaller than the issuer's path length {left}",
        .path_len.unwrap_or(0)
    )]
    PathLength {
        /// The template.
        template: String,
        /// Its path length.
        path_len: Option<u8>,
        /// How many CA certificates may follow the issuer's.
        left: u32,
    },
}

/// Everything that can keep a certificate from being issued, by who is to blame.
///
/// The text of an error says what was wrong, where, and what would be right; [`Error::aws_exception`] is the name that a
/// client of the API would see. A cause that is not in the text is its [`source`](std::error::Error::source). An error can be cloned, so
/// that several callers who waited for one certificate can have it.
///
/// ```
/// use issuance::{AwsException, Error, IssueCertificateRequest, Validity};
///
/// let error: Error = IssueCertificateRequest::builder().validity(Validity::days(90)).build().unwrap_err().into();
/// assert_eq!(error.aws_exception(), AwsException::Validation);
/// assert!(error.to_string().starts_with("3 validation errors detected: "));
/// assert!(!error.is_retryable());
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request is wrong in itself.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// An ARN is malformed (R-ARN-3).
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// The request is for another certificate authority (R-ARN-3).
    #[error("there is no certificate authority {0} here")]
    NotThisAuthority(CertificateAuthorityArn),
    /// The request names no known template.
    #[error(transparent)]
    UnknownTemplate(#[from] UnknownTemplate),
    /// The template does not fit the certificate authority or the CSR.
    #[error(transparent)]
    Template(#[from] TemplateMisuse),
    /// The signing algorithm does not fit the certificate authority's key.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmMismatch),
    /// The validity is refused.
    #[error(transparent)]
    Validity(#[from] ValidityError),
    /// Strict mode, and inputs that would not reach the certificate (R-MRG-7), with the warnings after them.
    #[error("strict mode refuses inputs that would not reach the certificate: {}", .0.join("; "))]
    Suppressed(Vec<String>),
    /// Strict mode, and nothing but warnings (R-MRG-10).
    #[error("strict mode refuses what a verifier may refuse or misread: {}", .0.join("; "))]
    Warned(Vec<String>),
    /// A name is outside the certificate authority's name constraints (R-CA-5).
    #[error(transparent)]
    NameConstraint(#[from] NameConstraintViolation),
    /// A policy refuses the certificate, or the service's own judge (R-POL-3).
    #[error(transparent)]
    Policy(#[from] PolicyRefusal),
    /// The idempotency token was used for another request (R-IDM-2, strict mode).
    #[error("idempotencyToken was used for a request with other parameters less than {window_seconds} seconds ago")]
    IdempotencyMismatch {
        /// The window, in seconds.
        window_seconds: u32,
    },
    /// The ledger has no room for another certificate. Nothing was signed; tokens leave a ledger in memory with the window.
    #[error(
        "the ledger is full; try again later (a token is kept for {window_seconds} seconds), or give the ledger more room"
    )]
    LedgerFull {
        /// The window, in seconds.
        window_seconds: u32,
    },
    /// The partitions of the certificate authority's CRL have no place for another certificate (R-REV-2).
    #[error(
        "the partitioned CRL of the certificate authority is full: it lists at most {limit} certificates; issue from another \
         certificate authority"
    )]
    CrlFull {
        /// How many certificates it lists.
        limit: u64,
    },
    /// The certificate that was to be made under the idempotency token was given up (R-LED-2), and the window is not over.
    #[error("the certificate of this idempotencyToken was given up: {reason}")]
    Abandoned {
        /// Why it was given up.
        reason: String,
    },
    /// The certification request is wrong.
    #[error(transparent)]
    Csr(#[from] CsrError),
    /// The certificate authority is not in a state to issue (R-CA-1; the words are those of the service).
    #[error("The certificate authority is not in a valid state for issuing certificates")]
    AuthorityState {
        /// The certificate authority.
        arn: CertificateAuthorityArn,
        /// Its state.
        status: CertificateAuthorityStatus,
    },
    /// The certificate authority cannot be made, or cannot be brought into a state.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The certificate authority's certificate cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The finished certificate would break a rule.
    #[error(transparent)]
    Check(Box<CheckError>),
    /// A preparation that is taken up again gives other bytes: what was kept of it, the authority or the options changed.
    #[error("preparing the request again gives other bytes than those that were to be signed")]
    PreparationChanged,
    /// What was recorded to be signed was prepared for another key or another certificate of the authority (R-LED-2).
    #[error("the certificate authority has another key or certificate than when the certificate was prepared")]
    AuthorityChanged,
    /// A prepared file was finished before. A file makes one certificate.
    #[error("the prepared file was finished before, as the certificate with the SHA-256 digest {certificate_sha256}")]
    PreparationFinished {
        /// The digest of the certificate in DER, in hexadecimal.
        certificate_sha256: String,
    },
    /// The signer does not have the certificate authority's key.
    #[error("the signer's public key is not that of the certificate authority")]
    SignerKey,
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignError),
    /// The signer returned a signature that does not verify under the certificate authority's key. No certificate left.
    #[error("the signer returned a signature that is not valid under the certificate authority's key: {0}")]
    Signature(VerifyError),
    /// The verifier that the service was given does not support the algorithm that the certificate authority is to sign with,
    /// so that no signature could be verified.
    #[error(
        "the certificate authority is to sign with {0}, which the signature verifier of this service does not support{advice}",
        advice = Advice(*.0)
    )]
    Unverifiable(SignatureAlgorithm),
    /// No serial number could be had.
    #[error(transparent)]
    Serial(#[from] SerialSourceError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A signer, a verifier, a ledger or another part that is not of this crate panicked over one item of a batch.
    #[error("issuance was broken off by a panic: {0}")]
    Panic(String),
}

impl Error {
    /// What a verifier says of a signature that a signer made.
    pub(crate) fn of_signature(error: VerifyError) -> Error {
        match error {
            VerifyError::UnsupportedAlgorithm(algorithm) => Error::Unverifiable(algorithm),
            error => Error::Signature(error),
        }
    }

    /// The exception that a client of the API would see (R-ERR-1).
    pub fn aws_exception(&self) -> AwsException {
        match self {
            Error::Request(error) => match error.class() {
                ViolationClass::Validation => AwsException::Validation,
                ViolationClass::Arn => AwsException::InvalidArn,
                ViolationClass::Args => AwsException::InvalidArgs,
            },
            Error::Arn(_) => AwsException::InvalidArn,
            Error::NotThisAuthority(_) => AwsException::ResourceNotFound,
            Error::UnknownTemplate(_)
            | Error::Algorithm(_)
            | Error::Suppressed(_)
            | Error::Warned(_)
            | Error::IdempotencyMismatch { .. }
            | Error::Template(
                TemplateMisuse::NotARoot(_) | TemplateMisuse::NotItsOwnKey(_) | TemplateMisuse::NewRootSubject { .. },
            ) => AwsException::InvalidArgs,
            Error::Template(TemplateMisuse::PathLength { .. }) | Error::Validity(_) | Error::NameConstraint(_) => {
                AwsException::Validation
            }
            // One of R-CSR-3: what this service lacks is not the caller's fault.
            Error::Csr(CsrError::Unverifiable(_)) | Error::Import(ImportError::Unverifiable { .. }) => {
                AwsException::InternalFailure
            }
            Error::Csr(_) => AwsException::MalformedCsr,
            Error::Policy(_) => AwsException::AccessDenied,
            Error::LedgerFull { .. } => AwsException::Throttling,
            Error::CrlFull { .. } => AwsException::LimitExceeded,
            Error::Abandoned { .. } => AwsException::RequestFailed,
            Error::AuthorityState { .. }
            | Error::AuthorityChanged
            | Error::PreparationFinished { .. }
            | Error::Authority(AuthorityError::Transition { .. })
            | Error::Import(ImportError::State(_)) => AwsException::InvalidState,
            Error::Authority(_) => AwsException::InvalidArgs,
            Error::Import(
                ImportError::KeyMismatch
                | ImportError::NotSelfIssued { .. }
                | ImportError::SelfSigned
                | ImportError::OwnCertificateInChain
                | ImportError::IssuerName { .. }
                | ImportError::IssuerNameForm { .. }
                | ImportError::Signature { .. }
                | ImportError::PathLength { .. }
                | ImportError::Names { .. },
            ) => AwsException::CertificateMismatch,
            Error::Import(_) => AwsException::MalformedCertificate,
            Error::Check(check) if check.rule == SIZE => AwsException::LimitExceeded,
            Error::Check(check) => match check.input.as_ref().map(|input| input.source()) {
                Some(Source::Csr) => AwsException::MalformedCsr,
                Some(_) => AwsException::InvalidArgs,
                None => AwsException::InternalFailure,
            },
            Error::PreparationChanged
            | Error::SignerKey
            | Error::Signer(_)
            | Error::Signature(_)
            | Error::Unverifiable(_)
            | Error::Serial(_)
            | Error::Ledger(_)
            | Error::Panic(_) => AwsException::InternalFailure,
        }
    }

    /// Whether the same request may succeed later without a change: [`Error::Signer`] and [`Error::Ledger`] if what was busy or away
    /// said so, [`Error::LedgerFull`], and [`Error::Serial`].
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Signer(error) => error.is_retryable(),
            Error::Ledger(error) => error.retryable,
            Error::Serial(_) | Error::LedgerFull { .. } => true,
            _ => false,
        }
    }
}
