//! What an authority's own certification request asks for besides being a CA.

use crate::request::bounded::enum_shapes;
use crate::request::encode;
use crate::request::encode::KeyUsageForm;
use crate::request::general_name::GeneralName;
use crate::request::given::Shape;
use crate::request::key_usage::KeyUsage;
use crate::x509::algorithm::api_enum;
use crate::x509::asn1::writer::Writer;
use crate::x509::oid::Oid;

/// Extensions of an authority's own certification request: `CsrExtensions` of the API.
///
/// ```
/// use issuance::{GeneralName, KeyUsage};
/// use issuance::authority::{AccessDescription, AccessMethod, AccessMethodType, CsrExtensions};
/// let extensions = CsrExtensions {
///     key_usage: Some(KeyUsage::KEY_CERT_SIGN.with(KeyUsage::CRL_SIGN)),
///     subject_information_access: vec![AccessDescription {
///         access_method: AccessMethod::Type(AccessMethodType::CaRepository),
///         access_location: GeneralName::uniform_resource_identifier("http://pki.example.com/issued/").build()?,
///     }],
/// };
/// assert_eq!(extensions.subject_information_access[0].access_method.oid().to_string(), "1.3.6.1.5.5.7.48.5");
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(clippy::exhaustive_structs, reason = "the members of the API, given as a literal")]
pub struct CsrExtensions {
    /// The keyUsage extension, critical (RFC 5280 section 4.2.1.3).
    pub key_usage: Option<KeyUsage>,
    /// The subjectInfoAccess extension (RFC 5280 section 4.2.2.2); absent where empty.
    pub subject_information_access: Vec<AccessDescription>,
}

impl Shape for CsrExtensions {}

/// Where something about the authority is found: `AccessDescription` of the API. [`CsrExtensions`] has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "the members of the API, given as a literal")]
pub struct AccessDescription {
    /// What is found there.
    pub access_method: AccessMethod,
    /// Where.
    pub access_location: GeneralName,
}

impl Shape for AccessDescription {}

/// What is found at a location: `AccessMethod` of the API, exactly one of its members. [`CsrExtensions`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a purpose has a name or an identifier, as in the API")]
pub enum AccessMethod {
    /// `AccessMethodType`.
    Type(AccessMethodType),
    /// `CustomObjectIdentifier`.
    Oid(Oid),
}

impl Shape for AccessMethod {}

api_enum! {
    /// What is found at a location: `AccessMethodType` of the API. [`CsrExtensions`] has an example.
    #[non_exhaustive]
    pub enum AccessMethodType {
        /// id-ad-caRepository (RFC 5280 section 4.2.2.2).
        CaRepository = "CA_REPOSITORY",
        /// id-ad-rpkiManifest (RFC 6487 section 4.8.8.1).
        ResourcePkiManifest = "RESOURCE_PKI_MANIFEST",
        /// id-ad-rpkiNotify (RFC 8182 section 3.2).
        ResourcePkiNotify = "RESOURCE_PKI_NOTIFY",
    }
}
enum_shapes!(AccessMethodType);

impl AccessMethod {
    /// The object identifier in the extension.
    pub fn oid(self) -> Oid {
        match self {
            AccessMethod::Type(AccessMethodType::CaRepository) => Oid::AD_CA_REPOSITORY,
            AccessMethod::Type(AccessMethodType::ResourcePkiManifest) => Oid::AD_RPKI_MANIFEST,
            AccessMethod::Type(AccessMethodType::ResourcePkiNotify) => Oid::AD_RPKI_NOTIFY,
            AccessMethod::Oid(oid) => oid,
        }
    }
}

impl CsrExtensions {
    /// Writes the extensions.
    pub(super) fn write(&self, w: &mut Writer) {
        if let Some(usage) = self.key_usage {
            w.extension(Oid::KEY_USAGE.by_ref(), true, |w| encode::key_usage(w, usage, KeyUsageForm::Der));
        }
        if !self.subject_information_access.is_empty() {
            w.extension(Oid::SUBJECT_INFO_ACCESS.by_ref(), false, |w| {
                w.sequence(|w| {
                    for description in &self.subject_information_access {
                        w.sequence(|w| {
                            w.oid(&description.access_method.oid());
                            encode::general_name(w, &description.access_location);
                        });
                    }
                });
            });
        }
    }
}
