//! The request for a certificate, as the API's `IssueCertificate` takes it.
//!
//! A value of any type here is right by construction: within the bounds, patterns and enumerations of the API model
//! (R-REQ-2) and within the rules R-REQ-3 to R-REQ-9. Builders gather everything that is wrong and report it at once,
//! with the path of each value and in the words of the service.

pub(crate) mod arn;
pub(crate) mod bounded;
pub(crate) mod certificate_policy;
pub(crate) mod draft;
pub(crate) mod encode;
pub(crate) mod extended_key_usage;
pub(crate) mod extensions;
pub(crate) mod general_name;
pub(crate) mod given;
pub(crate) mod issue_certificate;
pub(crate) mod key_usage;
pub(crate) mod near;
pub(crate) mod passthrough;
pub(crate) mod pattern;
pub(crate) mod subject;
pub(crate) mod template_reference;
pub(crate) mod unused;
pub(crate) mod validity;
pub(crate) mod violation;

pub use self::arn::{ArnError, SerialFormat};
pub use self::bounded::{
    Blob, BoundedString, CountryCode, CsrBlob, DerValue, Ia5Name, IdempotencyToken, Integer, PrintableString64,
    String1To256, String3, String5, String16, String40, String64, String128, String256,
};
pub use self::certificate_policy::{
    PolicyInformation, PolicyInformationBuilder, PolicyQualifierId, PolicyQualifierInfo, Qualifier,
};
pub use self::draft::Draft;
pub use self::extended_key_usage::ExtendedKeyUsageType;
pub use self::extensions::{CustomExtension, Extensions, ExtensionsBuilder};
pub use self::general_name::{EdiPartyName, OtherName};
pub use self::given::{BytesShape, Given, IntoDraft, Shape, TextShape};
pub use self::issue_certificate::{IssueCertificateRequestBuilder, IssueCertificateResponse};
pub use self::passthrough::ApiPassthroughBuilder;
pub use self::subject::{AttributeStringType, CustomAttribute, SubjectBuilder};
pub use self::template_reference::TemplateReference;
pub use self::unused::{UnusedMember, UnusedReason};
pub use self::validity::ValidityPeriodType;
pub use self::violation::{Constraint, RequestError, Violation, ViolationClass};
