//! A certificate issuance engine.
#![forbid(unsafe_code)]

mod algorithm;
mod arn;
mod oid;
mod serial;

pub use algorithm::{KeyAlgorithm, SignatureAlgorithm, SigningAlgorithm, UnknownName};
pub use arn::{ArnError, CertificateArn, CertificateAuthorityArn, SerialFormat, TemplateArn};
pub use oid::{Oid, OidError};
pub use serial::{FixedSerial, RandomSerial, SerialNumber, SerialNumberError, SerialSource, SerialSourceError};
