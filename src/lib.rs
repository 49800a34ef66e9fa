//! A certificate issuance engine.
#![forbid(unsafe_code)]

mod algorithm;
mod arn;
mod oid;
pub mod request;
mod serial;

pub use algorithm::{KeyAlgorithm, SignatureAlgorithm, SigningAlgorithm, UnknownName};
pub use arn::{ArnError, CertificateArn, CertificateAuthorityArn, SerialFormat, TemplateArn};
pub use oid::{Oid, OidError};
pub use request::{
    ApiPassthrough, CustomAttribute, CustomExtension, EdiPartyName, ExtendedKeyUsage, ExtendedKeyUsageType, Extensions,
    GeneralName, IdempotencyToken, IssueCertificateRequest, IssueCertificateRequestBuilder, IssueCertificateResponse,
    KeyUsage, OtherName, PolicyInformation, RequestError, Subject, Validity, ValidityPeriodType,
};
pub use serial::{FixedSerial, RandomSerial, SerialNumber, SerialNumberError, SerialSource, SerialSourceError};
