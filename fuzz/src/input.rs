//! Requests for certificates of any make.

use std::collections::HashSet;

use arbitrary::Arbitrary;
use issuance::request::Draft;
use issuance::{
    ApiPassthrough, CertificateAuthority, CustomAttribute, CustomExtension, EdiPartyName, ExtendedKeyUsage, Extensions,
    GeneralName, IssueCertificateRequest, KeyUsage, OtherName, PolicyInformation, SerialNumber, Subject, Template,
    Validity, ValidityPeriodType,
};

use crate::der::element;
use crate::setup::{request, setup};

/// Object identifiers of extensions that the rules treat in ways of their own, and two that they do not.
const OIDS: [&str; 16] = [
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.18",
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.33",
    "2.5.29.35",
    "2.5.29.36",
    "2.5.29.37",
    "2.5.29.54",
    "1.3.6.1.5.5.7.1.1",
    "1.3.6.1.4.1.32473.1",
    "1.2.3",
];

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
    validity: (u8, i64),
    not_before: Option<u32>,
    serial: [u8; 20],
    revocation: bool,
    strict: bool,
}

/// A certification request.
#[derive(Debug, Arbitrary)]
pub enum CsrInput {
    /// As it comes, in DER or PEM.
    Octets(Vec<u8>),
    /// Well formed, if the parts are.
    Made {
        /// Whether the key is the authority's.
        own_key: bool,
        /// Relative distinguished names of type, tag and value.
        subject: Vec<Vec<(u8, u8, Vec<u8>)>>,
        /// The `extensionRequest` attribute.
        extensions: Option<Vec<ExtensionInput>>,
        /// Microsoft's older attribute.
        microsoft: Option<Vec<ExtensionInput>>,
        /// The challenge password.
        challenge: Option<Vec<u8>>,
    },
}

/// An extension.
#[derive(Debug, Arbitrary)]
pub struct ExtensionInput {
    oid: u8,
    critical: bool,
    value: ValueInput,
}

/// The value of an extension.
#[derive(Debug, Arbitrary)]
pub enum ValueInput {
    /// As it comes.
    Octets(Vec<u8>),
    /// A subjectAltName.
    DnsNames(Vec<String>),
    /// Tags and contents of general names.
    GeneralNames(Vec<(u8, Vec<u8>)>),
    /// A BIT STRING.
    KeyUsage(u16),
    /// basicConstraints.
    BasicConstraints(bool),
}

/// An `ApiPassthrough`.
#[derive(Debug, Arbitrary)]
pub enum PassthroughInput {
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
}

fn oid(index: u8) -> Vec<u8> {
    let oid: issuance::Oid = OIDS[usize::from(index) % OIDS.len()].parse().expect("an identifier");
    element(6, &[oid.as_der_content()])
}

impl ValueInput {
    fn der(&self) -> Vec<u8> {
        match self {
            ValueInput::Octets(octets) => octets.clone(),
            ValueInput::DnsNames(names) => {
                let names: Vec<Vec<u8>> = names.iter().map(|name| element(0x82, &[name.as_bytes()])).collect();
                element(0x30, &[&names.concat()])
            }
            ValueInput::GeneralNames(names) => {
                let tag = |tag: u8| [0xa0, 0x81, 0x82, 0xa3, 0xa4, 0xa5, 0x86, 0x87, 0x88, tag][usize::from(tag) % 10];
                let names: Vec<Vec<u8>> = names.iter().map(|name| element(tag(name.0), &[&name.1])).collect();
                element(0x30, &[&names.concat()])
            }
            ValueInput::KeyUsage(bits) => element(3, &[&[0], &bits.to_be_bytes()]),
            ValueInput::BasicConstraints(ca) => element(0x30, &[if *ca { &[1, 1, 0xff][..] } else { &[] }]),
        }
    }
}

/// The attribute of this type whose one value is a list of extensions.
fn extension_attribute(attribute_type: &[u8], extensions: &[ExtensionInput]) -> Vec<u8> {
    let extensions: Vec<Vec<u8>> = extensions
        .iter()
        .map(|extension| {
            let critical: &[u8] = if extension.critical { &[1, 1, 0xff] } else { &[] };
            element(0x30, &[&oid(extension.oid), critical, &element(4, &[&extension.value.der()])])
        })
        .collect();
    element(0x30, &[&element(6, &[attribute_type]), &element(0x31, &[&element(0x30, &[&extensions.concat()])])])
}

impl CsrInput {
    fn der(&self) -> Vec<u8> {
        let (own_key, subject, extensions, microsoft, challenge) = match self {
            CsrInput::Octets(octets) => return octets.clone(),
            CsrInput::Made { own_key, subject, extensions, microsoft, challenge } => {
                (own_key, subject, extensions, microsoft, challenge)
            }
        };
        let attribute = |(kind, tag, value): &(u8, u8, Vec<u8>)| {
            let tag = [0x0c, 0x13, 0x16, 0x1e, 0x14, 0x1c, 0x05, *tag][usize::from(*tag) % 8];
            element(0x30, &[&element(6, &[&[0x55, 4, *kind & 0x7f]]), &element(tag, &[value])])
        };
        let rdns: Vec<Vec<u8>> = subject
            .iter()
            .map(|rdn| {
                let mut attributes: Vec<Vec<u8>> = rdn.iter().map(attribute).collect();
                attributes.sort();
                element(0x31, &[&attributes.concat()])
            })
            .collect();
        let mut attributes = Vec::new();
        if let Some(extensions) = extensions {
            attributes.push(extension_attribute(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14], extensions));
        }
        if let Some(extensions) = microsoft {
            attributes.push(extension_attribute(&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 14], extensions));
        }
        if let Some(value) = challenge {
            let challenge_password = element(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 7]]);
            attributes.push(element(0x30, &[&challenge_password, &element(0x31, &[&element(0x0c, &[value])])]));
        }
        attributes.sort();
        let setup = setup();
        let key = if *own_key { setup.plain.public_key_der() } else { &setup.other_key };
        let info = element(
            0x30,
            &[&[2, 1, 0], &element(0x30, &[&rdns.concat()]), key, &element(0xa0, &[&attributes.concat()])],
        );
        let ecdsa_with_sha256 = element(0x30, &[&element(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]])]);
        element(0x30, &[&info, &ecdsa_with_sha256, &element(3, &[&[0, 1, 2, 3]])])
    }
}

impl NameInput {
    fn name(&self) -> Draft<GeneralName> {
        let oid = |index: &u8| OIDS[usize::from(*index) % OIDS.len()];
        match self {
            NameInput::Dns(text) => GeneralName::dns_name(text),
            NameInput::Email(text) => GeneralName::rfc822_name(text),
            NameInput::Uri(text) => GeneralName::uniform_resource_identifier(text),
            NameInput::Ip(address) => GeneralName::ip_address(*address),
            NameInput::Directory(text) => GeneralName::directory_name(Subject::builder().common_name(text)),
            NameInput::Other(index, text) => GeneralName::other_name(OtherName::new(oid(index), text)),
            NameInput::Edi(text) => GeneralName::edi_party_name(EdiPartyName::new(text)),
            NameInput::RegisteredId(index) => GeneralName::registered_id(oid(index)),
        }
    }
}

impl PassthroughInput {
    fn passthrough(&self) -> Option<ApiPassthrough> {
        let (common_name, country, attributes, names, key_usage, purposes, policies, custom) = match self {
            PassthroughInput::Json(json) => return serde_json::from_slice(json).ok(),
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
        let identifier = |index: &u8| OIDS[usize::from(*index) % OIDS.len()];
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
        for extension in custom {
            let value = extension.value.der();
            let extension = CustomExtension::new(identifier(&extension.oid), &value, extension.critical);
            extensions = extensions.custom_extension(extension);
        }
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
        if self.revocation { &setup().revoking } else { &setup().plain }
    }

    /// Whether inputs that are not used are refused.
    pub fn strict(&self) -> bool {
        self.strict
    }

    /// The serial number, if it is one.
    pub fn serial(&self) -> Option<SerialNumber> {
        SerialNumber::from_be_bytes(&self.serial).ok()
    }

    /// The request, if it is one.
    pub fn request(&self) -> Option<IssueCertificateRequest> {
        let (period, value) = self.validity;
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
