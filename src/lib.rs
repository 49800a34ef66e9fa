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
//! - `api`: the module `api`, the messages of all operations of the API in JSON and CBOR, for services that speak it.
//! - `rayon`: `Issuer::issue_batch`, many certificates on all cores.
//! - `testing`: the module `testing`, the contract of signers as a kit that tests your signer.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

// In reading order: a module knows those above it, and `error`, which gathers them all. A test holds it.
mod x509;

pub mod request;
mod template;

mod crypto;
mod csr;

mod authority;
mod plan;

mod issued;

mod idempotency;
mod issue;

#[cfg(feature = "serde")]
mod wire;

#[cfg(feature = "api")]
pub mod api;

mod error;
#[cfg(feature = "testing")]
pub mod testing;

pub use authority::csr_extensions::{AccessDescription, AccessMethod, AccessMethodType, CsrExtensions};
pub use authority::error::AuthorityError;
pub use authority::import_error::{CertificatePlace, ImportError, ImportInput};
pub use authority::import_policy::ImportPolicy;
pub use authority::name_constraints::{NameConstraintViolation, NameConstraintsError};
pub use authority::revocation::location::{CnameString, CrlPathString, S3BucketName3To255};
pub use authority::revocation::partition::{CrlPartition, CrlPartitionError};
pub use authority::revocation::{
    CrlConfiguration, CrlConfigurationBuilder, CrlDistributionPointExtensionConfiguration, CrlType, ExplicitUrls,
    OcspConfiguration, RevocationConfiguration, S3ObjectAcl,
};
pub use authority::{
    CertificateAuthority, CertificateAuthorityBuilder, CertificateAuthorityStatus, CertificateAuthorityType,
    CertificateAuthorityUsageMode,
};
pub use crypto::async_signer::{AsyncSigner, SignFuture};
#[cfg(feature = "aws-lc-rs")]
pub use crypto::aws_lc::signer::AwsLcSigner;
#[cfg(feature = "aws-lc-rs")]
pub use crypto::aws_lc::verifier::AwsLcVerifier;
pub use crypto::digest::signing_digest;
pub use crypto::fallback::{DifferentKeys, FallbackSigner, FallbackVerifier};
#[cfg(feature = "pkcs11")]
pub use crypto::pkcs11::Pkcs11Signer;
#[cfg(feature = "pkcs11")]
pub use crypto::pkcs11::builder::{Pkcs11SignerBuilder, TokenPin};
#[cfg(feature = "pkcs11")]
pub use crypto::pkcs11::error::Pkcs11Error;
#[cfg(any(feature = "aws-lc-rs", feature = "rustcrypto"))]
pub use crypto::private_key::PrivateKeyError;
#[cfg(feature = "rustcrypto")]
pub use crypto::rustcrypto::signer::RustCryptoSigner;
#[cfg(feature = "rustcrypto")]
pub use crypto::rustcrypto::verifier::RustCryptoVerifier;
pub use crypto::signer::{SignError, Signature, Signer};
pub use crypto::verifier::{SignatureVerifier, VerifyError};
pub use csr::contents::{CsrAttribute, CsrExtension};
pub use csr::error::CsrError;
pub use csr::policy::CsrPolicy;
pub use csr::{Csr, Proven, Unproven};
pub use error::source::ErrorSource;
pub use error::{AlgorithmMismatch, AwsException, Error, TemplateMisuse};
pub use idempotency::key::{Fingerprint, IdempotencyKey};
pub use idempotency::memory::MemoryStore;
pub use idempotency::waiter::Waiter;
pub use idempotency::{Claim, DEFAULT_WINDOW_SECONDS, IdempotencyMode, IdempotencyStore, StoreError};
pub use issue::async_issuer::{AsyncIssuer, AsyncIssuerBuilder};
#[cfg(feature = "rayon")]
pub use issue::batch::{Batch, BatchItem, BatchProgress};
pub use issue::check::CheckError;
pub use issue::issuer::{Issuer, IssuerBuilder};
pub use issue::offline_issuer::{OfflineIssuer, OfflineIssuerBuilder};
pub use issue::prepare::{IssuanceOptions, Preparation};
#[cfg(feature = "serde")]
pub use issue::prepared_file::{PreparedFile, PreparedFileError};
pub use issue::validity::{NOT_BEFORE_SKEW_SECONDS, SHORT_LIVED_MAX_SECONDS, ValidityError};
pub use plan::warning::Warning;
pub use plan::{CertificatePlan, Input, PlannedExtension, PlannedField, Reason, SuppressedInput};
pub use request::arn::{ArnError, CertificateArn, CertificateAuthorityArn, SerialFormat, TemplateArn};
pub use request::bounded::IdempotencyToken;
pub use request::certificate_policy::PolicyInformation;
pub use request::extended_key_usage::{ExtendedKeyUsage, ExtendedKeyUsageType};
pub use request::extensions::{CustomExtension, Extensions};
pub use request::general_name::{EdiPartyName, GeneralName, OtherName};
pub use request::issue_certificate::{
    IssueCertificateRequest, IssueCertificateRequestBuilder, IssueCertificateResponse,
};
pub use request::key_usage::KeyUsage;
pub use request::passthrough::ApiPassthrough;
pub use request::subject::{CustomAttribute, Subject};
pub use request::unused::{UnusedMember, UnusedReason};
pub use request::validity::{Validity, ValidityPeriodType};
pub use request::violation::RequestError;
pub use template::{
    BasicConstraints, CrlDistributionPoints, Fixed, Source, Template, TemplateError, TemplateKind, UnknownTemplate,
};
pub use x509::algorithm::identifier::SignatureAlgorithm;
pub use x509::algorithm::rsa_pss::{RsaPssHash, RsaPssOtherSalt};
pub use x509::algorithm::{KeyAlgorithm, SigningAlgorithm, UnknownName};
pub use x509::asn1::reader::{Asn1Error, Asn1ErrorKind};
pub use x509::name::alternative::{AlternativeName, AlternativeNames};
pub use x509::name::distinguished::{AttributeTypeAndValue, DistinguishedName};
pub use x509::oid::{Oid, OidError};
pub use x509::pem::PemError;
pub use x509::pem::found::PemContent;
pub use x509::public_key::info::SubjectPublicKeyInfo;
pub use x509::public_key::weak_rsa::RsaWeakness;
pub use x509::public_key::{KeyPolicy, PublicKeyError};
pub use x509::serial::{SerialNumber, SerialNumberError};
pub use x509::timestamp::{Timestamp, TimestampError};

pub use issue::clock::{Clock, FixedClock, SystemClock};
pub use issue::prepared::Prepared;
pub use issue::serial_source::{FixedSerial, RandomSerial, SerialSource, SerialSourceError};
pub use issued::IssuedCertificate;
pub use x509::tbs_view::Field;

/// The example of the README compiles.
#[cfg(all(doctest, feature = "rustcrypto"))]
#[doc = include_str!("../README.md")]
struct Readme;
