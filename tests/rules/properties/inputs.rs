//! Inputs of every kind, each with a value that no other has.

use std::sync::LazyLock;

use issuance::authority::{ExplicitUrls, RevocationConfiguration};
use issuance::issue::{Preparation, Prepared};
use issuance::request::IssueCertificateRequestBuilder;
use issuance::request::{CustomAttribute, CustomExtension, PolicyInformation};
use issuance::x509::KeyPolicy;
use issuance::{
    CertificateAuthority, Csr, Error, ExtendedKeyUsage, GeneralName, IssuanceOptions, KeyUsage, Signer, Subject,
    Template,
};
use issuance_test_support::der::{
    CHALLENGE_PASSWORD, CsrParts, EXTENSION_REQUEST, MS_CERT_EXTENSIONS, attribute, bits, dns, extension, name,
    name_attribute, octets, oid, seq, tlv, utf8,
};
use issuance_test_support::verifiers::NeverCalled;
use issuance_test_support::{ca, der};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::sample::subsequence;

pub(super) const SAN: &str = "2.5.29.17";
pub(super) const KEY_USAGE: &str = "2.5.29.15";
pub(super) const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub(super) const POLICIES: &str = "2.5.29.32";
pub(super) const CRL_POINTS: &str = "2.5.29.31";
pub(super) const INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
pub(super) const AKI: &str = "2.5.29.35";
pub(super) const SKI: &str = "2.5.29.14";
pub(super) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(super) const NAME_CONSTRAINTS: &str = "2.5.29.30";
pub(super) const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";

/// Everything that a custom extension or one of the CSR may be.
pub(super) const POOL: [&str; 13] = [
    SAN,
    KEY_USAGE,
    EXTENDED_KEY_USAGE,
    POLICIES,
    CRL_POINTS,
    INFO_ACCESS,
    AKI,
    SKI,
    BASIC_CONSTRAINTS,
    NAME_CONSTRAINTS,
    TLS_FEATURE,
    "1.2.3.4.5",
    "2.16.840.1.113730.1.13",
];

/// An extension with a value that no other input has.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) oid: &'static str,
    pub(super) critical: bool,
    pub(super) value: Vec<u8>,
}

/// The members of a standard subject in the order of R-ENC-2: type, string tag, value.
pub(super) const MEMBERS: [(&str, u8, &str); 14] = [
    ("2.5.4.6", 0x13, "QX"),
    ("2.5.4.10", 0x0c, "Api Organisation"),
    ("2.5.4.11", 0x0c, "Api Unit"),
    ("2.5.4.46", 0x13, "api-qualifier"),
    ("2.5.4.8", 0x0c, "Api State"),
    ("2.5.4.3", 0x0c, "api.example.com"),
    ("2.5.4.5", 0x13, "api-4711"),
    ("2.5.4.7", 0x0c, "Api Löcality"),
    ("2.5.4.12", 0x0c, "Api Title"),
    ("2.5.4.4", 0x0c, "Api Surname"),
    ("2.5.4.42", 0x0c, "Api Given"),
    ("2.5.4.43", 0x0c, "A.G."),
    ("2.5.4.65", 0x0c, "Api Pseudonym"),
    ("2.5.4.44", 0x0c, "XVI"),
];

#[derive(Debug, Clone)]
pub(super) enum ApiSubject {
    Absent,
    Empty,
    Standard(Vec<usize>),
    /// Type, string tag, value (R-ENC-2).
    Custom(Vec<(&'static str, u8, String)>),
}

#[derive(Debug, Clone)]
pub(super) struct Inputs {
    pub(super) template: &'static Template,
    pub(super) subject: ApiSubject,
    pub(super) key_usage: Option<u16>,
    pub(super) purposes: Vec<u32>,
    pub(super) names: Vec<u32>,
    pub(super) policies: Vec<u32>,
    pub(super) custom: Vec<Given>,
    pub(super) csr_subject: bool,
    pub(super) csr_extensions: Vec<Given>,
    /// Whether the CSR's extensions stand in Microsoft's attribute, or a second time there.
    pub(super) microsoft: (bool, bool),
    pub(super) challenge: bool,
    pub(super) unknown_attribute: bool,
    pub(super) revocation: bool,
}

pub(super) fn given(salt: u8) -> impl Strategy<Value = Vec<Given>> {
    let pool: Vec<&'static str> = POOL.to_vec();
    (subsequence(pool, 0..7).prop_shuffle(), any::<u32>(), any::<u16>()).prop_map(move |(oids, marker, critical)| {
        let one = |(index, oid): (usize, &'static str)| {
            let marker = [&[salt, index as u8][..], &marker.to_be_bytes()].concat();
            let hex: String = marker.iter().map(|octet| format!("{octet:02x}")).collect();
            let value = match oid {
                SAN => dns(&format!("{hex}.example")),
                // Seven bits of the marker, and digitalSignature, which leaves no bit unused behind it.
                KEY_USAGE => bits(&[marker[5] | 1]),
                EXTENDED_KEY_USAGE => seq(&[&marked_oid(&marker)]),
                POLICIES => seq(&[&seq(&[&marked_oid(&marker)])]),
                CRL_POINTS => seq(&[&seq(&[&tlv(0xa0, &tlv(0xa0, &uri(&hex)))])]),
                INFO_ACCESS => seq(&[&seq(&[&marked_oid(&marker), &uri(&hex)])]),
                AKI => seq(&[&tlv(0x80, &marker)]),
                NAME_CONSTRAINTS => seq(&[&tlv(0xa0, &seq(&[&tlv(0x82, hex.as_bytes())]))]),
                TLS_FEATURE => seq(&[&tlv(2, &[1 | marker[4] >> 1, marker[5]])]),
                _ => octets(&marker),
            };
            Given { oid, critical: critical >> index & 1 == 1, value }
        };
        oids.into_iter().enumerate().map(one).collect()
    })
}

/// An identifier with the marker in its arcs.
pub(super) fn marked_oid(marker: &[u8]) -> Vec<u8> {
    let arcs: Vec<String> = marker.iter().map(u8::to_string).collect();
    oid(&format!("1.2.4.{}", arcs.join(".")))
}

pub(super) fn uri(marker: &str) -> Vec<u8> {
    tlv(0x86, format!("http://{marker}/").as_bytes())
}

pub(super) fn api_subject() -> impl Strategy<Value = ApiSubject> {
    let custom =
        (select(vec![("2.5.4.6", 0x13), ("2.5.4.3", 0x0c), ("1.2.840.113549.1.9.1", 0x16), ("1.2.3.9", 0x0c)]))
            .prop_flat_map(|(oid, tag)| "[A-Z]{8}".prop_map(move |value| (oid, tag, value)));
    prop_oneof![
        2 => Just(ApiSubject::Absent),
        1 => Just(ApiSubject::Empty),
        3 => subsequence((0..14).collect::<Vec<_>>(), 1..14).prop_map(ApiSubject::Standard),
        1 => prop::collection::vec(custom, 1..5).prop_map(ApiSubject::Custom),
    ]
}

pub(super) fn inputs() -> impl Strategy<Value = Inputs> {
    let list = || prop_oneof![Just(vec![]), prop::collection::vec(1_000_000u32..9_999_999, 1..4)];
    let templates: Vec<&'static Template> = Template::all().iter().collect();
    let standard = (api_subject(), prop::option::of(1u16..0x200), list(), list(), list());
    let csr = (prop::bool::weighted(0.7), given(0xc5), any::<(bool, bool)>(), any::<(bool, bool)>());
    (select(templates), standard, given(0xa9), csr, any::<bool>()).prop_map(
        |(template, (subject, key_usage, purposes, names, mut policies), mut custom, csr, revocation)| {
            // A request never gives a policy twice (RFC 5280 section 4.2.1.4), nor an extension (R-REQ-9).
            policies.sort_unstable();
            policies.dedup();
            let standard = [
                (KEY_USAGE, key_usage.is_some()),
                (EXTENDED_KEY_USAGE, !purposes.is_empty()),
                (SAN, !names.is_empty()),
                (POLICIES, !policies.is_empty()),
            ];
            custom.retain(|custom| !standard.contains(&(custom.oid, true)));
            let (csr_subject, csr_extensions, microsoft, (challenge, unknown_attribute)) = csr;
            Inputs {
                template,
                subject,
                key_usage,
                purposes,
                names,
                policies,
                custom,
                csr_subject,
                csr_extensions,
                microsoft,
                challenge,
                unknown_attribute,
                revocation,
            }
        },
    )
}

pub(super) const CSR_CN: &str = "csr subject marker";

impl Inputs {
    pub(super) fn attribute_values(&self) -> Vec<Vec<u8>> {
        match &self.subject {
            ApiSubject::Absent | ApiSubject::Empty => vec![],
            ApiSubject::Standard(members) => {
                let member = |i: &usize| name_attribute(MEMBERS[*i].0, &tlv(MEMBERS[*i].1, MEMBERS[*i].2.as_bytes()));
                members.iter().map(member).collect()
            }
            ApiSubject::Custom(attributes) => {
                attributes.iter().map(|(oid, tag, value)| name_attribute(oid, &tlv(*tag, value.as_bytes()))).collect()
            }
        }
    }

    pub(super) fn api_subject_der(&self) -> Option<Vec<u8>> {
        let values = self.attribute_values();
        if values.is_empty() { None } else { Some(name(&values)) }
    }

    pub(super) fn csr_subject_der(&self) -> Vec<u8> {
        if self.csr_subject { name(&[name_attribute("2.5.4.3", &tlv(0x13, CSR_CN.as_bytes()))]) } else { name(&[]) }
    }

    /// The standard extensions of the API with the DER that R-ENC asks for, each with its input.
    pub(super) fn api_standard(&self) -> Vec<(&'static str, &'static str, Vec<u8>)> {
        let mut out = Vec::new();
        if !self.policies.is_empty() {
            let one = |marker: &u32| seq(&[&oid(&format!("1.2.5.{marker}"))]);
            out.push(("api policies", POLICIES, tlv(0x30, &self.policies.iter().flat_map(one).collect::<Vec<u8>>())));
        }
        if !self.purposes.is_empty() {
            let one = |marker: &u32| oid(&format!("1.2.4.{marker}"));
            let list: Vec<u8> = self.purposes.iter().flat_map(one).collect();
            out.push(("api extendedKeyUsage", EXTENDED_KEY_USAGE, tlv(0x30, &list)));
        }
        if let Some(usage) = self.key_usage {
            // A named-bit list ends with its last set bit (X.690 section 11.2.2).
            let last = 15 - usage.leading_zeros();
            let mut content = vec![0u8; 1 + last as usize / 8];
            (0..=last)
                .filter(|bit| usage >> bit & 1 == 1)
                .for_each(|bit| content[bit as usize / 8] |= 0x80 >> (bit % 8));
            let unused = 7 - (last % 8) as u8;
            out.push(("api keyUsage", KEY_USAGE, tlv(3, &[&[unused], &content[..]].concat())));
        }
        if !self.names.is_empty() {
            let one = |marker: &u32| tlv(0x82, format!("api{marker}.example").as_bytes());
            out.push(("api names", SAN, tlv(0x30, &self.names.iter().flat_map(one).collect::<Vec<u8>>())));
        }
        out
    }

    pub(super) fn request(&self, csr: &[u8]) -> IssueCertificateRequestBuilder {
        let mut request = ca::request(csr, self.template.name());
        match &self.subject {
            ApiSubject::Absent => {}
            ApiSubject::Empty => request = request.subject(Subject::builder()),
            ApiSubject::Standard(members) => {
                let mut subject = Subject::builder();
                for index in members {
                    let value = MEMBERS[*index].2;
                    subject = match index {
                        0 => subject.country(value),
                        1 => subject.organization(value),
                        2 => subject.organizational_unit(value),
                        3 => subject.distinguished_name_qualifier(value),
                        4 => subject.state(value),
                        5 => subject.common_name(value),
                        6 => subject.serial_number(value),
                        7 => subject.locality(value),
                        8 => subject.title(value),
                        9 => subject.surname(value),
                        10 => subject.given_name(value),
                        11 => subject.initials(value),
                        12 => subject.pseudonym(value),
                        _ => subject.generation_qualifier(value),
                    };
                }
                request = request.subject(subject);
            }
            ApiSubject::Custom(attributes) => {
                let subject = attributes.iter().fold(Subject::builder(), |subject, (oid, _, value)| {
                    subject.custom_attribute(CustomAttribute::new(*oid, value.as_str()))
                });
                request = request.subject(subject);
            }
        }
        if let Some(usage) = self.key_usage {
            request = request.key_usage(KeyUsage::from_bits(usage).unwrap());
        }
        for marker in &self.purposes {
            request = request.extended_key_usage(ExtendedKeyUsage::object_identifier(format!("1.2.4.{marker}")));
        }
        for marker in &self.names {
            request = request.subject_alternative_name(GeneralName::dns_name(format!("api{marker}.example")));
        }
        for marker in &self.policies {
            request = request.certificate_policy(PolicyInformation::builder(format!("1.2.5.{marker}")));
        }
        for custom in &self.custom {
            request = request.custom_extension(CustomExtension::new(custom.oid, &custom.value, custom.critical));
        }
        request
    }

    pub(super) fn extensions_der(&self) -> Vec<u8> {
        tlv(0x30, &self.csr_extensions.iter().flat_map(|e| extension(e.oid, e.critical, &e.value)).collect::<Vec<u8>>())
    }

    /// The attributes of the CSR that are not where the extensions come from, with their values.
    pub(super) fn other_attributes(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut out = Vec::new();
        if self.challenge {
            out.push((CHALLENGE_PASSWORD, der::set(&[utf8("challenge marker")])));
        }
        if self.unknown_attribute {
            out.push(("1.2.3.77", der::set(&[octets(b"one marker"), octets(b"another marker")])));
        }
        if let (false, true) = self.microsoft {
            out.push((MS_CERT_EXTENSIONS, der::set(&[seq(&[&extension("1.2.3.4.6", false, &octets(b"ms marker"))])])));
        }
        out
    }

    pub(super) fn csr(&self) -> Vec<u8> {
        let key: &dyn Signer = if self.template.is_self_signed() { &*ca::CA_KEY } else { &*ca::P384_KEY };
        let mut attributes: Vec<Vec<u8>> =
            self.other_attributes().iter().map(|(oid, values)| seq(&[&der::oid(oid), values])).collect();
        let source = if self.microsoft.0 { MS_CERT_EXTENSIONS } else { EXTENSION_REQUEST };
        attributes.push(attribute(source, &[self.extensions_der()]));
        CsrParts::new(key.public_key_der()).subject(self.csr_subject_der()).attributes(&attributes).der()
    }
}

pub(super) static PLAIN_ROOT: LazyLock<CertificateAuthority> = LazyLock::new(|| ca::Ca::default().build());
pub(super) static ROOT_WITH_REVOCATION: LazyLock<CertificateAuthority> = LazyLock::new(|| {
    let urls = ExplicitUrls::new(["http://c.example/crl"], ["http://o.example"], [""; 0]).unwrap();
    ca::Ca { revocation: RevocationConfiguration::none().with_explicit_urls(urls), ..Default::default() }.build()
});

pub(super) fn prepare_with(inputs: &Inputs, csr: &[u8], strict: bool) -> Result<Prepared, Error> {
    let options = IssuanceOptions::default().strict(strict);
    let authority = if inputs.revocation { &*ROOT_WITH_REVOCATION } else { &*PLAIN_ROOT };
    let request = inputs.request(csr).build().unwrap();
    let csr = Csr::decode(csr).unwrap().assume_proven(&KeyPolicy::default()).unwrap();
    let verifier = &NeverCalled;
    Preparation { authority, now: ca::now(), serial: ca::serial(), partition: None, verifier, options: &options }
        .prepare_proven(&request, &csr)
}

pub(super) fn prepare(inputs: &Inputs) -> Result<Prepared, Error> {
    prepare_with(inputs, &inputs.csr(), false)
}
