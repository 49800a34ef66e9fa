//! Extended key usages.

use super::bounded::enum_shapes;
use super::draft::Draft;
use super::given::{IntoDraft, Shape, given};
use crate::x509::algorithm::api_enum;
use crate::x509::oid::Oid;

api_enum! {
    /// A purpose of a key that the API has a name for: `ExtendedKeyUsageType` of the API.
    /// [`ExtendedKeyUsage`](crate::ExtendedKeyUsage) has an example.
    #[non_exhaustive]
    pub enum ExtendedKeyUsageType {
        /// TLS servers.
        ServerAuth = "SERVER_AUTH",
        /// TLS clients.
        ClientAuth = "CLIENT_AUTH",
        /// Signing of code.
        CodeSigning = "CODE_SIGNING",
        /// E-mail.
        EmailProtection = "EMAIL_PROTECTION",
        /// Time stamps.
        TimeStamping = "TIME_STAMPING",
        /// OCSP responses.
        OcspSigning = "OCSP_SIGNING",
        /// Log-on with a smart card (Microsoft).
        SmartCardLogin = "SMART_CARD_LOGIN",
        /// Signing of documents (Microsoft).
        DocumentSigning = "DOCUMENT_SIGNING",
        /// Signing of precertificates (RFC 6962).
        CertificateTransparency = "CERTIFICATE_TRANSPARENCY",
    }
}
enum_shapes!(ExtendedKeyUsageType);

impl ExtendedKeyUsageType {
    /// The object identifier of the purpose (R-ENC-4).
    pub const fn oid(self) -> Oid {
        match self {
            ExtendedKeyUsageType::ServerAuth => Oid::SERVER_AUTH,
            ExtendedKeyUsageType::ClientAuth => Oid::CLIENT_AUTH,
            ExtendedKeyUsageType::CodeSigning => Oid::CODE_SIGNING,
            ExtendedKeyUsageType::EmailProtection => Oid::EMAIL_PROTECTION,
            ExtendedKeyUsageType::TimeStamping => Oid::TIME_STAMPING,
            ExtendedKeyUsageType::OcspSigning => Oid::OCSP_SIGNING,
            ExtendedKeyUsageType::SmartCardLogin => Oid::SMART_CARD_LOGIN,
            ExtendedKeyUsageType::DocumentSigning => Oid::DOCUMENT_SIGNING,
            ExtendedKeyUsageType::CertificateTransparency => Oid::CERTIFICATE_TRANSPARENCY,
        }
    }
}

/// One purpose of a key: `ExtendedKeyUsage` of the API. On the wire exactly one of the two members must be given
/// (R-REQ-3, our decision).
///
/// ```
/// use issuance::ExtendedKeyUsage;
/// use issuance::request::ExtendedKeyUsageType;
/// let named = ExtendedKeyUsage::purpose(ExtendedKeyUsageType::ServerAuth).build()?;
/// let numbered = ExtendedKeyUsage::object_identifier("1.3.6.1.5.5.7.3.1").build()?;
/// assert_eq!(named.oid(), numbered.oid());
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a purpose has a name or an identifier, as in the API")]
pub enum ExtendedKeyUsage {
    /// A purpose that the API has a name for.
    Purpose(ExtendedKeyUsageType),
    /// Any other purpose, by its object identifier.
    Oid(Oid),
}

impl Shape for ExtendedKeyUsage {
    fn checked(self) -> Draft<Self> {
        match self {
            ExtendedKeyUsage::Purpose(_) => Draft::right(self),
            ExtendedKeyUsage::Oid(oid) => ExtendedKeyUsage::object_identifier(oid),
        }
    }
}

given! {
    [] ExtendedKeyUsageType => ExtendedKeyUsage, |purpose| ExtendedKeyUsage::purpose(purpose);
}

impl ExtendedKeyUsage {
    /// The members on the wire.
    #[cfg(feature = "serde")]
    pub(crate) const OPTIONS: [&'static str; 2] = ["ExtendedKeyUsageType", "ExtendedKeyUsageObjectIdentifier"];

    /// A purpose that the API has a name for, also by its wire name.
    pub fn purpose(purpose: impl IntoDraft<ExtendedKeyUsageType>) -> Draft<ExtendedKeyUsage> {
        let purpose = purpose.into_draft().under("extendedKeyUsageType");
        purpose.and_then(|purpose| Draft::right(ExtendedKeyUsage::Purpose(purpose)))
    }

    /// Any purpose by its object identifier, also in dotted decimal.
    pub fn object_identifier(oid: impl IntoDraft<Oid>) -> Draft<ExtendedKeyUsage> {
        let oid = oid.into_draft().under("extendedKeyUsageObjectIdentifier");
        oid.and_then(|oid| Draft::right(ExtendedKeyUsage::Oid(oid)))
    }

    /// The named purpose, where it was given so.
    pub fn extended_key_usage_type(&self) -> Option<ExtendedKeyUsageType> {
        match self {
            ExtendedKeyUsage::Purpose(purpose) => Some(*purpose),
            ExtendedKeyUsage::Oid(_) => None,
        }
    }

    /// The object identifier, where the purpose was given so.
    pub fn extended_key_usage_object_identifier(&self) -> Option<Oid> {
        match self {
            ExtendedKeyUsage::Purpose(_) => None,
            ExtendedKeyUsage::Oid(oid) => Some(*oid),
        }
    }

    /// The object identifier of the purpose, however it was given.
    pub const fn oid(&self) -> Oid {
        match self {
            ExtendedKeyUsage::Purpose(purpose) => purpose.oid(),
            ExtendedKeyUsage::Oid(oid) => *oid,
        }
    }
}
