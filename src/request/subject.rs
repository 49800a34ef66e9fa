//! Distinguished names.

use std::fmt;

use super::bounded::{
    CountryCode, PrintableString64, String1To256, String3, String5, String16, String40, String64, String128, fits,
};
use super::draft::{Draft, Findings, Items, appenders, setters};
use super::given::{IntoDraft, Shape};
use super::violation::{Constraint, RequestError, Violation, printed};
use crate::x509::oid::Oid;

/// The string type that an attribute of a name is encoded as (R-ENC-2).
/// [`CustomAttribute`](crate::request::CustomAttribute) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttributeStringType {
    /// UTF8String: any text.
    Utf8String,
    /// PrintableString: country, dnQualifier and serialNumber.
    PrintableString,
    /// IA5String, which is ASCII: domainComponent and emailAddress.
    Ia5String,
}

impl AttributeStringType {
    /// The string type of attributes of this type (R-ENC-2).
    pub fn of(attribute_type: &Oid) -> AttributeStringType {
        match *attribute_type {
            Oid::COUNTRY | Oid::DN_QUALIFIER | Oid::SERIAL_NUMBER => AttributeStringType::PrintableString,
            Oid::DOMAIN_COMPONENT | Oid::EMAIL_ADDRESS => AttributeStringType::Ia5String,
            _ => AttributeStringType::Utf8String,
        }
    }
}

impl fmt::Display for AttributeStringType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AttributeStringType::Utf8String => "UTF8String",
            AttributeStringType::PrintableString => "PrintableString",
            AttributeStringType::Ia5String => "IA5String",
        })
    }
}

/// One attribute of a [`Subject`]: `CustomAttribute` of the API.
///
/// The value has 1 to 256 characters (API model), and where the attribute's string type is PrintableString or IA5String
/// only the characters of that type (R-ENC-2, our decision).
///
/// ```
/// use issuance::Subject;
/// use issuance::request::CustomAttribute;
/// // A Matter node identifier.
/// let node = CustomAttribute::new("1.3.6.1.4.1.37244.1.1", "DEDEDEDE00010001").build()?;
/// let subject = Subject::builder().custom_attribute(&node).build()?;
/// assert_eq!(subject.custom_attributes(), [node]);
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomAttribute {
    pub(crate) object_identifier: Oid,
    pub(crate) value: String1To256,
}

impl Shape for CustomAttribute {}

impl CustomAttribute {
    /// An attribute of the type `object_identifier`.
    pub fn new(object_identifier: impl IntoDraft<Oid>, value: impl IntoDraft<String1To256>) -> Draft<CustomAttribute> {
        CustomAttribute::assemble(Some(object_identifier.into_draft()), Some(value.into_draft()))
    }

    pub(crate) fn assemble(
        object_identifier: Option<Draft<Oid>>,
        value: Option<Draft<String1To256>>,
    ) -> Draft<CustomAttribute> {
        let mut findings = Findings::default();
        let object_identifier = findings.required("ObjectIdentifier", object_identifier);
        let value = findings.required("Value", value);
        if let (Some(oid), Some(value)) = (&object_identifier, &value) {
            let string_type = AttributeStringType::of(oid);
            if !fits(value.as_str(), string_type) {
                let violation = Violation::new(printed(value.as_str()), Constraint::Characters(string_type));
                findings.add(violation.under("value"));
            }
        }
        findings.finish(|| Some(CustomAttribute { object_identifier: object_identifier?, value: value? }))
    }

    /// The attribute type.
    pub fn object_identifier(&self) -> Oid {
        self.object_identifier
    }

    /// The value.
    pub fn value(&self) -> &str {
        self.value.as_str()
    }
}

/// Declares the standard attributes in the member order of the API model, which is the order of the RDNs (R-ENC-2).
macro_rules! standard_attributes {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $wire:literal, $oid:ident;)+) => {
        /// A distinguished name: `ASN1Subject` of the API.
        ///
        /// It has standard attributes or custom attributes, never both (R-REQ-4). A name without attributes is allowed as
        /// a subject, not as a directory name. An attribute may be empty text, as in the API model.
        ///
        /// ```
        /// use issuance::Subject;
        /// let subject = Subject::builder().country("US").common_name("www.example.com").build()?;
        /// assert_eq!(subject.common_name(), Some("www.example.com"));
        /// # Ok::<(), issuance::request::RequestError>(())
        /// ```
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
        pub struct Subject {
            $(pub(crate) $name: Option<$type>,)+
            pub(crate) custom_attributes: Vec<CustomAttribute>,
        }

        impl Subject {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> Option<&str> {
                    self.$name.as_ref().map(|value| value.as_str())
                }
            )+

            /// The standard attributes that are given, in the member order of the API model.
            fn standard_attributes(&self) -> impl Iterator<Item = (&Oid, &str)> {
                [$((&Oid::$oid, self.$name())),+].into_iter().filter_map(|(oid, value)| Some((oid, value?)))
            }
        }

        /// Builds a [`Subject`]. [`Subject`](crate::Subject) has an example.
        #[derive(Debug, Clone, Default)]
        #[must_use]
        pub struct SubjectBuilder {
            $(pub(crate) $name: Option<Draft<$type>>,)+
            pub(crate) custom_attributes: Items<CustomAttribute>,
        }

        impl SubjectBuilder {
            setters! { $($(#[$doc])* $name: $type,)+ }
        }

        $crate::request::given::given! { [] SubjectBuilder => Subject, |builder| builder.draft(); }

        impl SubjectBuilder {
            fn draft(self) -> Draft<Subject> {
                let builder = self;
                let mut findings = Findings::default();
                let standard = [$(builder.$name.is_some()),+].contains(&true);
                if standard && builder.custom_attributes.is_present() {
                    let given = "standard attributes and CustomAttributes";
                    findings.add(Violation::new(given, Constraint::StandardOrCustomAttributes));
                }
                $(let $name = findings.optional($wire, builder.$name);)+
                let custom_attributes = findings.list("CustomAttributes", 1..=150, builder.custom_attributes);
                findings.finish(|| Some(Subject { $($name,)+ custom_attributes }))
            }
        }
    };
}

standard_attributes! {
    /// The country: two ASCII letters.
    country: CountryCode = "Country", COUNTRY;
    /// The organization: up to 64 characters.
    organization: String64 = "Organization", ORGANIZATION;
    /// The organizational unit: up to 64 characters.
    organizational_unit: String64 = "OrganizationalUnit", ORGANIZATIONAL_UNIT;
    /// The distinguished name qualifier: up to 64 characters of a PrintableString.
    distinguished_name_qualifier: PrintableString64 = "DistinguishedNameQualifier", DN_QUALIFIER;
    /// The state or province: up to 128 characters.
    state: String128 = "State", STATE;
    /// The common name: up to 64 characters.
    common_name: String64 = "CommonName", COMMON_NAME;
    /// The serial number of the subject, not of the certificate: up to 64 characters of a PrintableString.
    serial_number: PrintableString64 = "SerialNumber", SERIAL_NUMBER;
    /// The locality: up to 128 characters.
    locality: String128 = "Locality", LOCALITY;
    /// The title: up to 64 characters.
    title: String64 = "Title", TITLE;
    /// The surname: up to 40 characters.
    surname: String40 = "Surname", SURNAME;
    /// The given name: up to 16 characters.
    given_name: String16 = "GivenName", GIVEN_NAME;
    /// The initials: up to 5 characters.
    initials: String5 = "Initials", INITIALS;
    /// The pseudonym: up to 128 characters.
    pseudonym: String128 = "Pseudonym", PSEUDONYM;
    /// The generation qualifier, such as Jr. or III: up to 3 characters.
    generation_qualifier: String3 = "GenerationQualifier", GENERATION_QUALIFIER;
}

impl Shape for Subject {}

impl Subject {
    /// Starts a name without attributes.
    pub fn builder() -> SubjectBuilder {
        SubjectBuilder::default()
    }

    /// The custom attributes in the order given; empty where there are none.
    pub fn custom_attributes(&self) -> &[CustomAttribute] {
        &self.custom_attributes
    }

    /// Every attribute in the order of the RDNs (R-ENC-2): its type, its value and the string type to encode it as.
    pub fn attributes(&self) -> impl Iterator<Item = (Oid, &str, AttributeStringType)> {
        let custom = self.custom_attributes.iter().map(|custom| (&custom.object_identifier, custom.value()));
        self.standard_attributes().chain(custom).map(|(oid, value)| (*oid, value, AttributeStringType::of(oid)))
    }

    /// Whether the name has no attribute.
    pub fn is_empty(&self) -> bool {
        self.attributes().next().is_none()
    }
}

impl SubjectBuilder {
    appenders! {
        /// Appends a custom attribute, of which a name has at most 150.
        custom_attribute: CustomAttribute => custom_attributes,
    }

    /// The name.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn build(self) -> Result<Subject, RequestError> {
        self.into_draft().build()
    }
}
