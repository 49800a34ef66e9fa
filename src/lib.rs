//! A certificate issuance engine.
#![forbid(unsafe_code)]

mod algorithm;
mod arn;
mod asn1;
mod authority;
mod check;
mod clock;
mod csr;
mod describe;
mod encode;
mod error;
mod idempotency;
mod issue;
mod merge;
mod name;
mod oid;
mod pem;
mod plan;
mod public_key;
pub mod request;
mod serial;
mod sign;
mod tbs;
mod template;
mod validity;
mod verify;

pub use algorithm::{KeyAlgorithm, SignatureAlgorithm, SigningAlgorithm, UnknownName};
pub use arn::{ArnError, CertificateArn, CertificateAuthorityArn, SerialFormat, TemplateArn};
pub use asn1::{Asn1Error, Asn1ErrorKind};
pub use authority::{
    AuthorityError, CertificateAuthority, CertificateAuthorityBuilder, CertificateAuthorityStatus,
    CertificateAuthorityType, CertificateAuthorityUsageMode, CrlConfiguration, CrlConfigurationBuilder, ExplicitUrls,
    ImportError, NameConstraintViolation, NameConstraintsError, OcspConfiguration, RevocationConfiguration,
    RevocationError,
};
pub use check::CheckError;
pub use clock::{Clock, FixedClock, SystemClock, Timestamp};
pub use csr::{Csr, CsrAttribute, CsrError, CsrExtension, Proven, Unproven};
pub use error::{AlgorithmMismatch, AwsException, Error, TemplateMisuse};
pub use idempotency::{
    Claim, DEFAULT_WINDOW_SECONDS, Fingerprint, IdempotencyKey, IdempotencyMode, IdempotencyStore, MemoryStore,
    StoreError,
};
pub use issue::{IssuanceOptions, IssuedCertificate, Issuer, IssuerBuilder, Preparation, Prepared};
pub use oid::{Oid, OidError};
pub use pem::PemError;
pub use plan::{CertificatePlan, Field, Input, PlannedExtension, PlannedField, Reason, SuppressedInput};
pub use public_key::{KeyPolicy, PublicKeyError};
pub use request::{
    ApiPassthrough, CustomAttribute, CustomExtension, EdiPartyName, ExtendedKeyUsage, ExtendedKeyUsageType, Extensions,
    GeneralName, IdempotencyToken, IssueCertificateRequest, IssueCertificateRequestBuilder, IssueCertificateResponse,
    KeyUsage, OtherName, PolicyInformation, RequestError, Subject, Validity, ValidityPeriodType,
};
pub use serial::{FixedSerial, RandomSerial, SerialNumber, SerialNumberError, SerialSource, SerialSourceError};
#[cfg(feature = "rustcrypto")]
pub use sign::{PrivateKeyError, RustCryptoSigner};
pub use sign::{SignError, Signature, Signer};
pub use template::{
    BasicConstraints, CrlDistributionPoints, Fixed, Source, Template, TemplateError, TemplateKind, UnknownTemplate,
};
pub use validity::{NOT_BEFORE_SKEW_SECONDS, SHORT_LIVED_MAX_SECONDS, ValidityError, ValidityPeriod};
#[cfg(feature = "rustcrypto")]
pub use verify::RustCryptoVerifier;
pub use verify::{SignatureVerifier, VerifyError};
