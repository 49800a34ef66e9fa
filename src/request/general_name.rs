//! The forms of a subject alternative name.

use std::net::IpAddr;

use super::bounded::{Ia5Name, String256, fits};
use super::draft::{Draft, Findings, LowerCamel};
use super::given::{IntoDraft, Shape};
use super::subject::{AttributeStringType, Subject};
use super::violation::{Constraint, Violation, printed};
use crate::x509::oid::Oid;

/// One alternative name of a subject: `GeneralName` of the API and of RFC 5280 section 4.2.1.6.
///
/// ```
/// use issuance::GeneralName;
/// let name = GeneralName::dns_name("www.example.com").build()?;
/// assert!(matches!(name, GeneralName::DnsName(name) if name.as_str() == "www.example.com"));
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
///
/// On the wire exactly one option must be given (R-REQ-3: more than one is documented to be refused, none is our
/// decision).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GeneralName {
    /// A name of a form that its type identifies.
    OtherName(OtherName),
    /// An e-mail address of up to 256 characters.
    Rfc822Name(Ia5Name<256>),
    /// A DNS name of up to 253 characters.
    DnsName(Ia5Name<253>),
    /// A distinguished name, which a request takes only if it has an attribute (our decision).
    DirectoryName(Box<Subject>),
    /// A name in electronic data interchange.
    EdiPartyName(EdiPartyName),
    /// A URI of up to 253 characters.
    UniformResourceIdentifier(Ia5Name<253>),
    /// An IPv4 or IPv6 address.
    IpAddress(IpAddr),
    /// An object identifier.
    RegisteredId(Oid),
}

impl Shape for GeneralName {
    fn checked(self) -> Draft<Self> {
        match self {
            GeneralName::DirectoryName(name) if name.is_empty() => {
                Draft::wrong(Violation::new("{}", Constraint::NonEmptyName).under("directoryName"))
            }
            GeneralName::RegisteredId(oid) => {
                oid.checked().under("registeredId").and_then(|oid| Draft::right(GeneralName::RegisteredId(oid)))
            }
            name => Draft::right(name),
        }
    }
}

/// A constructor for each option, and the names of all of them.
macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $wire:literal, $variant:expr;)+) => {
        impl GeneralName {
            /// The options on the wire, in the order of the API model.
            #[cfg(feature = "serde")]
            pub(crate) const OPTIONS: [&'static str; 8] = [$($wire),+];

            $(
                $(#[$doc])*
                pub fn $name(value: impl IntoDraft<$type>) -> Draft<GeneralName> {
                    value.into_draft().under(LowerCamel($wire)).and_then(|value| $variant(value).checked())
                }
            )+
        }
    };
}

options! {
    /// A name of a form that its type identifies.
    other_name: OtherName = "OtherName", GeneralName::OtherName;
    /// An e-mail address.
    rfc822_name: Ia5Name<256> = "Rfc822Name", GeneralName::Rfc822Name;
    /// A DNS name.
    dns_name: Ia5Name<253> = "DnsName", GeneralName::DnsName;
    /// A distinguished name with at least one attribute.
    directory_name: Subject = "DirectoryName", |name| GeneralName::DirectoryName(Box::new(name));
    /// A name in electronic data interchange.
    edi_party_name: EdiPartyName = "EdiPartyName", GeneralName::EdiPartyName;
    /// A URI.
    uniform_resource_identifier: Ia5Name<253> = "UniformResourceIdentifier", GeneralName::UniformResourceIdentifier;
    /// An IPv4 or IPv6 address, also as text.
    ip_address: IpAddr = "IpAddress", GeneralName::IpAddress;
    /// An object identifier, also as dotted decimal.
    registered_id: Oid = "RegisteredId", GeneralName::RegisteredId;
}

/// A name of a form that its type identifies: `OtherName` of the API. The value has up to 256 characters, and is a string of the
/// type that the form asks for ([`OtherName::string_type`]).
///
/// ```
/// use issuance::GeneralName;
/// use issuance::request::OtherName;
/// // A user principal name.
/// let user = OtherName::new("1.3.6.1.4.1.311.20.2.3", "user@example.com").build()?;
/// assert_eq!(user.value(), "user@example.com");
/// let name = GeneralName::other_name(user).build()?;
/// # let _ = name;
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OtherName {
    pub(crate) type_id: Oid,
    pub(crate) value: String256,
}

impl Shape for OtherName {}

impl OtherName {
    /// A name of the form `type_id`.
    pub fn new(type_id: impl IntoDraft<Oid>, value: impl IntoDraft<String256>) -> Draft<OtherName> {
        OtherName::assemble(Some(type_id.into_draft()), Some(value.into_draft()))
    }

    pub(crate) fn assemble(type_id: Option<Draft<Oid>>, value: Option<Draft<String256>>) -> Draft<OtherName> {
        let mut findings = Findings::default();
        let type_id = findings.required("TypeId", type_id);
        let value = findings.required("Value", value);
        if let Some(type_id) = type_id {
            match (string_type(&type_id), &value) {
                (None, _) => {
                    findings.add(Violation::new(type_id.to_string(), Constraint::StringType).under("typeId"));
                }
                (Some(string_type), Some(value)) if !fits(value.as_str(), string_type) => {
                    let violation = Violation::new(printed(value.as_str()), Constraint::Characters(string_type));
                    findings.add(violation.under("value"));
                }
                _ => {}
            }
        }
        findings.finish(|| Some(OtherName { type_id: type_id?, value: value? }))
    }

    /// The string type of the value (R-ENC-3): UTF8String, or IA5String where the standard of the form has that.
    pub fn string_type(&self) -> AttributeStringType {
        string_type(&self.type_id).unwrap_or(AttributeStringType::Utf8String)
    }

    /// The form of the name.
    pub fn type_id(&self) -> Oid {
        self.type_id
    }

    /// The name.
    pub fn value(&self) -> &str {
        self.value.as_str()
    }
}

/// What a name of this form is as a string; `None` for forms that are not strings (R-ENC-3). Forms that nobody here knows are UTF8String, as
/// are user principal names (1.3.6.1.4.1.311.20.2.3) and SmtpUTF8Mailbox (1.3.6.1.5.5.7.8.9).
fn string_type(form: &Oid) -> Option<AttributeStringType> {
    match form.to_string().as_str() {
        // SRVName (RFC 4985), AcpNodeName (RFC 8994), BundleEID (RFC 9174).
        "1.3.6.1.5.5.7.8.7" | "1.3.6.1.5.5.7.8.10" | "1.3.6.1.5.5.7.8.11" => Some(AttributeStringType::Ia5String),
        // KRB5PrincipalName (RFC 4556), permanentIdentifier (RFC 4043), hardwareModuleName (RFC 4108).
        "1.3.6.1.5.2.2" | "1.3.6.1.5.5.7.8.3" | "1.3.6.1.5.5.7.8.4" => None,
        _ => Some(AttributeStringType::Utf8String),
    }
}

/// A name in electronic data interchange: `EdiPartyName` of the API. Each part has up to 256 characters.
/// [`GeneralName`](crate::GeneralName) has an example.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EdiPartyName {
    pub(crate) party_name: String256,
    pub(crate) name_assigner: Option<String256>,
}

impl Shape for EdiPartyName {}

impl EdiPartyName {
    /// The name of a party.
    pub fn new(party_name: impl IntoDraft<String256>) -> Draft<EdiPartyName> {
        EdiPartyName::assemble(Some(party_name.into_draft()), None)
    }

    /// The name of a party, and who assigned it.
    pub fn assigned(
        party_name: impl IntoDraft<String256>,
        name_assigner: impl IntoDraft<String256>,
    ) -> Draft<EdiPartyName> {
        EdiPartyName::assemble(Some(party_name.into_draft()), Some(name_assigner.into_draft()))
    }

    pub(crate) fn assemble(
        party_name: Option<Draft<String256>>,
        name_assigner: Option<Draft<String256>>,
    ) -> Draft<EdiPartyName> {
        let mut findings = Findings::default();
        let party_name = findings.required("PartyName", party_name);
        let name_assigner = findings.optional("NameAssigner", name_assigner);
        findings.finish(|| Some(EdiPartyName { party_name: party_name?, name_assigner }))
    }

    /// The name of the party.
    pub fn party_name(&self) -> &str {
        self.party_name.as_str()
    }

    /// Who assigned the name.
    pub fn name_assigner(&self) -> Option<&str> {
        self.name_assigner.as_ref().map(String256::as_str)
    }
}
