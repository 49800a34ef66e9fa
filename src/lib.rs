//! A certificate issuance engine: what AWS Private CA's `IssueCertificate` does, as a library.
//!
//! A typed [`IssueCertificateRequest`] goes through proof of possession, template selection, validity resolution and the
//! order-of-operations merge, and becomes a DER TBSCertificate that a pluggable [`Signer`] signs. The crate does no I/O and
//! keeps no clock; what it needs of the world are the traits [`Signer`], [`SignatureVerifier`], [`Clock`],
//! [`SerialSource`] and [`IdempotencyStore`].
//!
//! # The way through
//!
//! 1. A [`CertificateAuthority`] is built around a public key and waits for its certificate. Its
//!    [own CSR](CertificateAuthority::certificate_signing_request) goes to the authority above it, or, with a root template,
//!    to itself; the certificate comes back by [import](CertificateAuthority::import_certificate).
//! 2. An [`Issuer`] joins the authority with its signer. [`Issuer::issue`] answers requests; [`Issuer::prepare`] stops before
//!    the signature, for dry runs and for keys that are elsewhere.
//! 3. The [`IssuedCertificate`] has the certificate, its chain, its ARN, and the [`CertificatePlan`]: where each field and
//!    extension came from, and which inputs did not reach the certificate, and why.
//!
//! ```
//! use issuance::*;
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # #[cfg(feature = "rustcrypto")] {
//! let arn = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
//! let key = Arc::new(RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?);
//! let name = Subject::builder().common_name("Example Root").build()?;
//! let mut root = CertificateAuthority::builder(arn.parse()?, CertificateAuthorityType::Root)
//!     .build(&name, key.public_key_der())?;
//!
//! let csr = root.certificate_signing_request(&key, SigningAlgorithm::Sha256WithEcdsa)?;
//! let request = IssueCertificateRequest::builder()
//!     .certificate_authority_arn(arn)
//!     .csr(csr)
//!     .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
//!     .template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1")
//!     .validity(Validity::years(10))
//!     .build()?;
//! let certificate = Issuer::builder(root.clone(), key.clone()).build()?.issue(&request)?;
//! root.import_certificate(certificate.der(), b"", &RustCryptoVerifier)?;
//! assert_eq!(root.status(SystemClock.now()), CertificateAuthorityStatus::Active);
//! # }
//! # Ok(())
//! # }
//! ```
//!
//! # Rules
//!
//! Documentation cites rules by number, such as `R-VAL-3`: `R-REQ` (request), `R-ARN`, `R-CSR`, `R-VAL`
//! (validity), `R-CA` (state and hierarchy), `R-MRG` (merge), `R-ENC` (encoding), `R-IDM` (idempotency),
//! `R-ERR` (errors). [`docs/rules.md`](https://docs.rs/crate/issuance/latest/source/docs/rules.md) has each
//! rule with its source: documented behaviour of the service, a standard, certificates that the service
//! issued, or a decision of this crate.
//!
//! # Features
//!
//! - `rustcrypto` (default): `RustCryptoSigner` and `RustCryptoVerifier`, in pure Rust.
//! - `aws-lc-rs`: `AwsLcSigner` and `AwsLcVerifier`, several times as fast; needs a C compiler. With `rustcrypto` it adds and
//!   changes nothing: who wants both says so, with a [`FallbackVerifier`] for example.
//! - `serde` (default): the wire form of requests, AWS JSON with PascalCase names and base64 blobs, and the plan as JSON;
//!   object identifiers, serial numbers, times and algorithms as text.
//! - `pkcs11`: `Pkcs11Signer`, a signer whose key is on a PKCS#11 token.
//! - `api` (default): the module `api`, the messages of all operations of the API in JSON and CBOR, for services that speak it.
//! - `rayon`: `Issuer::issue_batch`, many certificates on all cores.
//! - `testing`: the module `testing`, the contract of signers as a kit to test one's own signer with.
#![forbid(unsafe_code)]

mod algorithm;
#[cfg(feature = "api")]
pub mod api;
mod arn;
mod asn1;
mod authority;
mod check;
mod clock;
mod csr;
mod describe;
mod encode;
mod error;
mod extension;
mod idempotency;
mod issue;
mod merge;
mod name;
mod near;
mod oid;
mod pem;
mod plan;
mod public_key;
pub mod request;
mod serial;
mod sign;
mod tbs;
mod template;
#[cfg(feature = "testing")]
pub mod testing;
mod unwind;
mod validity;
mod verify;
mod warn;
#[cfg(feature = "serde")]
mod wire;

pub use algorithm::{KeyAlgorithm, RsaPssHash, RsaPssOtherSalt, SignatureAlgorithm, SigningAlgorithm, UnknownName};
pub use arn::{ArnError, CertificateArn, CertificateAuthorityArn, SerialFormat, TemplateArn};
pub use asn1::{Asn1Error, Asn1ErrorKind};
pub use authority::{
    AccessDescription, AccessMethod, AccessMethodType, AuthorityError, CertificateAuthority,
    CertificateAuthorityBuilder, CertificateAuthorityStatus, CertificateAuthorityType, CertificateAuthorityUsageMode,
    CertificatePlace, CnameString, CrlConfiguration, CrlConfigurationBuilder,
    CrlDistributionPointExtensionConfiguration, CrlPartition, CrlPartitionError, CrlPathString, CrlType, CsrExtensions,
    ExplicitUrls, ImportError, ImportInput, NameConstraintViolation, NameConstraintsError, OcspConfiguration,
    RevocationConfiguration, S3BucketName3To255, S3ObjectAcl,
};
pub use check::CheckError;
pub use clock::{Clock, FixedClock, SystemClock, Timestamp};
pub use csr::{Csr, CsrAttribute, CsrError, CsrExtension, CsrPolicy, Proven, Unproven};
pub use error::{AlgorithmMismatch, AwsException, Error, TemplateMisuse};
pub use idempotency::{
    Claim, DEFAULT_WINDOW_SECONDS, Fingerprint, IdempotencyKey, IdempotencyMode, IdempotencyStore, MemoryStore,
    StoreError, Waiter,
};
#[cfg(feature = "rayon")]
pub use issue::{Batch, BatchItem, BatchProgress};
pub use issue::{IssuanceOptions, IssuedCertificate, Issuer, IssuerBuilder, Preparation, Prepared};
#[cfg(feature = "serde")]
pub use issue::{PreparedFile, PreparedFileError};
pub use oid::{Oid, OidError};
pub use pem::{PemContent, PemError};
pub use plan::{CertificatePlan, Field, Input, PlannedExtension, PlannedField, Reason, SuppressedInput, Warning};
pub use public_key::{KeyPolicy, PublicKeyError, RsaWeakness};
pub use request::{
    ApiPassthrough, CustomAttribute, CustomExtension, EdiPartyName, ExtendedKeyUsage, ExtendedKeyUsageType, Extensions,
    GeneralName, IdempotencyToken, IssueCertificateRequest, IssueCertificateRequestBuilder, IssueCertificateResponse,
    KeyUsage, OtherName, PolicyInformation, RequestError, Subject, UnusedMember, UnusedReason, Validity,
    ValidityPeriodType,
};
pub use serial::{FixedSerial, RandomSerial, SerialNumber, SerialNumberError, SerialSource, SerialSourceError};
#[cfg(feature = "aws-lc-rs")]
pub use sign::AwsLcSigner;
#[cfg(any(feature = "aws-lc-rs", feature = "rustcrypto"))]
pub use sign::PrivateKeyError;
#[cfg(feature = "rustcrypto")]
pub use sign::RustCryptoSigner;
pub use sign::{AsyncSigner, SignError, SignFuture, Signature, Signer, signing_digest};
#[cfg(feature = "pkcs11")]
pub use sign::{Pkcs11Error, Pkcs11Signer, Pkcs11SignerBuilder, TokenPin};
pub use template::{
    BasicConstraints, CrlDistributionPoints, Fixed, Source, Template, TemplateError, TemplateKind, UnknownTemplate,
};
pub use validity::{NOT_BEFORE_SKEW_SECONDS, SHORT_LIVED_MAX_SECONDS, ValidityError};
#[cfg(feature = "aws-lc-rs")]
pub use verify::AwsLcVerifier;
#[cfg(feature = "rustcrypto")]
pub use verify::RustCryptoVerifier;
pub use verify::{FallbackVerifier, SignatureVerifier, VerifyError};

/// The example of the README compiles.
#[cfg(all(doctest, feature = "rustcrypto"))]
#[doc = include_str!("../README.md")]
struct Readme;
