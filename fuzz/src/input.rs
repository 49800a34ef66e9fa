//! Requests for certificates of any make.

use std::collections::HashSet;

use arbitrary::Arbitrary;
use issuance::csr::CsrPolicy;
use issuance::request::{
    CustomAttribute, CustomExtension, EdiPartyName, Extensions, OtherName, PolicyInformation, ValidityPeriodType,
};
use issuance::request::{Draft, ExtensionsBuilder};
use issuance::{
    ApiPassthrough, CertificateAuthority, ExtendedKeyUsage, GeneralName, IssuanceOptions, IssueCertificateRequest,
    KeyUsage, SerialNumber, Subject, Template, Validity,
};

use crate::csr_input::CsrInput;
use crate::extension_input::{ExtensionInput, identifier};
use crate::setup::{request, setup};

/// Object identifiers of attribute types.
const ATTRIBUTE_TYPES: [&str; 8] = [
    "2.5.4.3",
    "2.5.4.6",
    "2.5.4.10",
    "2.5.4.46",
    "0.9.2342.19200300.100.1.25",
    "1.2.840.113549.1.9.1",
    "2.5.29.17",
    "1.3.6.1.4.1.32473.2",
];

/// A request and what it meets.
#[derive(Debug, Arbitrary)]
pub struct Input {
    template: u8,
    csr: CsrInput,
    passthrough: Option<PassthroughInput>,
    /// Thirty days where there is none.
    validity: Option<(u8, i64)>,
    not_before: Option<u32>,
    serial: Option<[u8; 20]>,
    authority: u8,
    strict: bool,
    csr_policy: bool,
    nine_bits: bool,
}

/// An `ApiPassthrough`.
#[derive(Debug, Arbitrary)]
pub enum PassthroughInput {
    /// Custom extensions alone.
    Custom(Vec<ExtensionInput>),
    /// The same with a subject.
    Named(String, Vec<ExtensionInput>),
    /// In the wire form.
    Json(Vec<u8>),
    /// By the builders.
    Made {
        /// A standard attribute of the subject.
        common_name: Option<String>,
        /// Another.
        country: Option<String>,
        /// Custom attributes of the subject: type and text.
        attributes: Vec<(u8, String)>,
        /// Subject alternative names.
        names: Vec<NameInput>,
        /// The bits of the key usage.
        key_usage: Option<u16>,
        /// Purposes of the extended key usage.
        purposes: Vec<u8>,
        /// Policies, each with the URI of its statement.
        policies: Vec<(u8, Option<String>)>,
        /// Custom extensions.
        custom: Vec<ExtensionInput>,
    },
}

/// A general name.
#[derive(Debug, Arbitrary)]
pub enum NameInput {
    /// dNSName.
    Dns(String),
    /// rfc822Name.
    Email(String),
    /// uniformResourceIdentifier.
    Uri(String),
    /// iPAddress.
    Ip(std::net::IpAddr),
    /// directoryName with this common name.
    Directory(String),
    /// otherName of type and text.
    Other(u8, String),
    /// ediPartyName.
    Edi(String),
    /// registeredID.
    RegisteredId(u8),
    /// One of these forms with so many spaces.
    Blank(u8, u8),
}

impl NameInput {
    fn name(&self) -> Draft<GeneralName> {
        let oid = |index: &u8| identifier(*index);
        match self {
            NameInput::Dns(text) => GeneralName::dns_name(text),
            NameInput::Email(text) => GeneralName::rfc822_name(text),
            NameInput::Uri(text) => GeneralName::uniform_resource_identifier(text),
            NameInput::Ip(address) => GeneralName::ip_address(*address),
            NameInput::Directory(text) => GeneralName::directory_name(Subject::builder().common_name(text)),
            NameInput::Other(index, text) => GeneralName::other_name(OtherName::new(oid(index), text)),
            NameInput::Edi(text) => GeneralName::edi_party_name(EdiPartyName::new(text)),
            NameInput::RegisteredId(index) => GeneralName::registered_id(oid(index)),
            NameInput::Blank(form, count) => {
                let text = " ".repeat(usize::from(*count) % 4);
                match form % 6 {
                    0 => GeneralName::dns_name(text),
                    1 => GeneralName::rfc822_name(text),
                    2 => GeneralName::uniform_resource_identifier(text),
                    3 => GeneralName::other_name(OtherName::new("1.3.6.1.4.1.311.20.2.3", text)),
                    4 => GeneralName::edi_party_name(EdiPartyName::new(text)),
                    _ => GeneralName::directory_name(Subject::builder().common_name(text)),
                }
            }
        }
    }
}

/// Adds custom extensions, each identifier once.
fn with_custom(mut extensions: ExtensionsBuilder, custom: &[ExtensionInput]) -> ExtensionsBuilder {
    let mut met = HashSet::new();
    for extension in custom.iter().filter(|extension| met.insert(extension.identifier())) {
        let (value, critical) = (extension.value(), extension.is_critical());
        extensions = extensions.custom_extension(CustomExtension::new(extension.identifier(), &value, critical));
    }
    extensions
}

impl PassthroughInput {
    fn passthrough(&self) -> Option<ApiPassthrough> {
        let (common_name, country, attributes, names, key_usage, purposes, policies, custom) = match self {
            PassthroughInput::Json(json) => return serde_json::from_slice(json).ok(),
            PassthroughInput::Custom(custom) => {
                return ApiPassthrough::builder().extensions(with_custom(Extensions::builder(), custom)).build().ok();
            }
            PassthroughInput::Named(name, custom) => {
                let extensions = with_custom(Extensions::builder(), custom);
                let subject = Subject::builder().common_name(name);
                return ApiPassthrough::builder().extensions(extensions).subject(subject).build().ok();
            }
            PassthroughInput::Made {
                common_name,
                country,
                attributes,
                names,
                key_usage,
                purposes,
                policies,
                custom,
            } => (common_name, country, attributes, names, key_usage, purposes, policies, custom),
        };
        let identifier = |index: &u8| identifier(*index);
        let mut extensions = Extensions::builder();
        for name in names {
            extensions = extensions.subject_alternative_name(name.name());
        }
        if let Some(usage) = key_usage.and_then(|bits| KeyUsage::from_bits(bits & 0x1ff)) {
            extensions = extensions.key_usage(usage);
        }
        for index in purposes {
            extensions = extensions.extended_key_usage(ExtendedKeyUsage::object_identifier(identifier(index)));
        }
        // A policy stands once (RFC 5280 section 4.2.1.4).
        let mut met = HashSet::new();
        for (index, uri) in policies.iter().filter(|(index, _)| met.insert(identifier(index))) {
            let mut policy = PolicyInformation::builder(identifier(index));
            if let Some(uri) = uri {
                policy = policy.cps_uri(uri);
            }
            extensions = extensions.certificate_policy(policy);
        }
        extensions = with_custom(extensions, custom);
        let mut builder = ApiPassthrough::builder().extensions(extensions);
        if common_name.is_some() || country.is_some() || !attributes.is_empty() {
            let mut subject = Subject::builder();
            if let Some(text) = common_name {
                subject = subject.common_name(text);
            }
            if let Some(text) = country {
                subject = subject.country(text);
            }
            for (index, text) in attributes {
                let attribute_type = ATTRIBUTE_TYPES[usize::from(*index) % ATTRIBUTE_TYPES.len()];
                subject = subject.custom_attribute(CustomAttribute::new(attribute_type, text));
            }
            builder = builder.subject(subject);
        }
        builder.build().ok()
    }
}

impl Input {
    /// The template that is asked for.
    pub fn template(&self) -> &'static Template {
        &Template::all()[usize::from(self.template) % Template::all().len()]
    }

    /// The authority that is asked.
    pub fn authority(&self) -> &'static CertificateAuthority {
        let setup = setup();
        [&setup.plain, &setup.revoking, &setup.constrained][usize::from(self.authority) % 3]
    }

    /// What the operator decides; in strict mode inputs that are not used are refused, and what has a warning.
    pub fn options(&self, strict: bool, csr_policy: CsrPolicy) -> IssuanceOptions {
        IssuanceOptions::default().strict(strict).csr_policy(csr_policy).nine_bit_key_usage(self.nine_bits)
    }

    /// Whether the operator wants strict mode.
    pub fn strict(&self) -> bool {
        self.strict
    }

    /// How much of the CSR is judged at once.
    pub fn csr_policy(&self) -> CsrPolicy {
        if self.csr_policy { CsrPolicy::Strict } else { CsrPolicy::Lenient }
    }

    /// Whether keyUsage of the API has the form of R-ENC-5.
    pub fn nine_bits(&self) -> bool {
        self.nine_bits
    }

    /// The serial number, if it is one.
    pub fn serial(&self) -> Option<SerialNumber> {
        SerialNumber::from_be_bytes(&self.serial.unwrap_or([0x5a; 20])).ok()
    }

    /// The request, if it is one.
    pub fn request(&self) -> Option<IssueCertificateRequest> {
        let days = ValidityPeriodType::ALL.iter().position(|period| *period == ValidityPeriodType::Days);
        let (period, value) = self.validity.unwrap_or((days.unwrap_or_default() as u8, 30));
        let period = ValidityPeriodType::ALL[usize::from(period) % ValidityPeriodType::ALL.len()];
        // Small numbers are those that are valid, mostly.
        let value = if period == ValidityPeriodType::Days { value & 0xfff } else { value };
        let mut builder = request(&self.csr.der(), self.template().name()).validity(Validity::new(value, period));
        if let Some(seconds) = self.not_before {
            builder = builder.validity_not_before(Validity::absolute(i64::from(seconds)));
        }
        if let Some(passthrough) = self.passthrough.as_ref().and_then(PassthroughInput::passthrough) {
            builder = builder.api_passthrough(passthrough);
        }
        builder.build().ok()
    }
}
