//! The request for a certificate, as the API's `IssueCertificate` takes it.
//!
//! A value of any type here is right by construction: within the bounds, patterns and enumerations of the API model
//! (R-REQ-2) and within the rules R-REQ-3 to R-REQ-9. Builders gather everything that is wrong and report it at once,
//! with the path of each value and in the words of the service.

pub(crate) mod bounded;
pub(crate) mod draft;
mod extended_key_usage;
mod extension;
mod general_name;
mod issue;
mod key_usage;
mod passthrough;
pub(crate) mod pattern;
mod policy;
mod subject;
pub(crate) mod unused;
mod validity;
pub(crate) mod violation;
#[cfg(feature = "serde")]
mod wire;

pub(crate) use violation::printed;

pub use bounded::{
    Blob, BoundedString, CountryCode, CsrBlob, DerValue, Ia5Name, IdempotencyToken, Integer, PrintableString64,
    String1To256, String3, String5, String16, String40, String64, String128, String256,
};
pub use draft::Draft;
pub use extended_key_usage::{ExtendedKeyUsage, ExtendedKeyUsageType};
pub use extension::{CustomExtension, Extensions, ExtensionsBuilder};
pub use general_name::{EdiPartyName, GeneralName, OtherName};
pub use issue::{IssueCertificateRequest, IssueCertificateRequestBuilder, IssueCertificateResponse};
pub use key_usage::KeyUsage;
pub use passthrough::{ApiPassthrough, ApiPassthroughBuilder};
pub use policy::{PolicyInformation, PolicyInformationBuilder, PolicyQualifierId, PolicyQualifierInfo, Qualifier};
pub use subject::{AttributeStringType, CustomAttribute, Subject, SubjectBuilder};
pub use unused::{UnusedMember, UnusedReason};
pub use validity::{Validity, ValidityPeriodType};
pub use violation::{Constraint, RequestError, Violation, ViolationClass};
