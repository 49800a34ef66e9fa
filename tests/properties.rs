//! What holds for every request, whatever the rules say in detail, and the calendar against one that counts. `tests/model.rs` holds
//! the engine against the rules.
#![cfg(feature = "rustcrypto")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ca.rs"]
mod ca;
#[path = "common/model/calendar.rs"]
mod calendar;
#[path = "common/der.rs"]
mod der;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ::der::Decode;
use calendar::{civil, days_in, model_end, unix};
use der::{
    CHALLENGE_PASSWORD, CsrParts, EXTENSION_REQUEST, MS_CERT_EXTENSIONS, attribute, bits, dns, extension, holds, name,
    name_attribute, octets, oid, oid_content, seq, tlv, utf8,
};
use issuance::request::IssueCertificateRequestBuilder;
use issuance::{
    CertificateAuthority, CertificateAuthorityType, Csr, CustomAttribute, CustomExtension, Error, ExplicitUrls,
    ExtendedKeyUsage, GeneralName, Input, IssuanceOptions, KeyPolicy, KeyUsage, PolicyInformation, Preparation,
    Prepared, RevocationConfiguration, Signer, Source, Subject, Template, TemplateKind, Timestamp, Validity,
    ValidityPeriodType,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

// ---------------------------------------------------------------------------------------------------------------------
// Inputs

const SAN: &str = "2.5.29.17";
const KEY_USAGE: &str = "2.5.29.15";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const POLICIES: &str = "2.5.29.32";
const CRL_POINTS: &str = "2.5.29.31";
const INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
const AKI: &str = "2.5.29.35";
const SKI: &str = "2.5.29.14";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const NAME_CONSTRAINTS: &str = "2.5.29.30";
const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";

/// Everything that a custom extension or one of the CSR may be.
const POOL: [&str; 13] = [
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
struct Given {
    oid: &'static str,
    critical: bool,
    value: Vec<u8>,
}

/// The members of a standard subject in the order of R-ENC-2: type, string tag, value.
const MEMBERS: [(&str, u8, &str); 14] = [
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
enum ApiSubject {
    Absent,
    Empty,
    Standard(Vec<usize>),
    /// Type, string tag, value (R-ENC-2).
    Custom(Vec<(&'static str, u8, String)>),
}

#[derive(Debug, Clone)]
struct Inputs {
    template: &'static Template,
    subject: ApiSubject,
    key_usage: Option<u16>,
    purposes: Vec<u32>,
    names: Vec<u32>,
    policies: Vec<u32>,
    custom: Vec<Given>,
    csr_subject: bool,
    csr_extensions: Vec<Given>,
    /// Whether the CSR's extensions stand in Microsoft's attribute, or a second time there.
    microsoft: (bool, bool),
    challenge: bool,
    unknown_attribute: bool,
    revocation: bool,
}

fn given(salt: u8) -> impl Strategy<Value = Vec<Given>> {
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
fn marked_oid(marker: &[u8]) -> Vec<u8> {
    let arcs: Vec<String> = marker.iter().map(u8::to_string).collect();
    oid(&format!("1.2.4.{}", arcs.join(".")))
}

fn uri(marker: &str) -> Vec<u8> {
    tlv(0x86, format!("http://{marker}/").as_bytes())
}

fn api_subject() -> impl Strategy<Value = ApiSubject> {
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

fn inputs() -> impl Strategy<Value = Inputs> {
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

const CSR_CN: &str = "csr subject marker";

impl Inputs {
    fn attribute_values(&self) -> Vec<Vec<u8>> {
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

    fn api_subject_der(&self) -> Option<Vec<u8>> {
        let values = self.attribute_values();
        if values.is_empty() { None } else { Some(name(&values)) }
    }

    fn csr_subject_der(&self) -> Vec<u8> {
        if self.csr_subject { name(&[name_attribute("2.5.4.3", &tlv(0x13, CSR_CN.as_bytes()))]) } else { name(&[]) }
    }

    /// The standard extensions of the API with the DER that R-ENC asks for, each with its input.
    fn api_standard(&self) -> Vec<(&'static str, &'static str, Vec<u8>)> {
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

    fn request(&self, csr: &[u8]) -> IssueCertificateRequestBuilder {
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

    fn extensions_der(&self) -> Vec<u8> {
        tlv(0x30, &self.csr_extensions.iter().flat_map(|e| extension(e.oid, e.critical, &e.value)).collect::<Vec<u8>>())
    }

    /// The attributes of the CSR that are not where the extensions come from, with their values.
    fn other_attributes(&self) -> Vec<(&'static str, Vec<u8>)> {
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

    fn csr(&self) -> Vec<u8> {
        let key: &dyn Signer = if self.template.is_self_signed() { &*ca::CA_KEY } else { &*ca::P384_KEY };
        let mut attributes: Vec<Vec<u8>> =
            self.other_attributes().iter().map(|(oid, values)| seq(&[&der::oid(oid), values])).collect();
        let source = if self.microsoft.0 { MS_CERT_EXTENSIONS } else { EXTENSION_REQUEST };
        attributes.push(attribute(source, &[self.extensions_der()]));
        CsrParts::new(key.public_key_der()).subject(self.csr_subject_der()).attributes(&attributes).der()
    }
}

static PLAIN_ROOT: LazyLock<CertificateAuthority> = LazyLock::new(|| ca::Ca::default().build());
static ROOT_WITH_REVOCATION: LazyLock<CertificateAuthority> = LazyLock::new(|| {
    let urls = ExplicitUrls::new(["http://c.example/crl"], ["http://o.example"], [""; 0]).unwrap();
    ca::Ca { revocation: RevocationConfiguration::none().with_explicit_urls(urls), ..Default::default() }.build()
});

fn prepare_with(inputs: &Inputs, csr: &[u8], strict: bool) -> Result<Prepared, Error> {
    let options = IssuanceOptions::default().strict(strict);
    let authority = if inputs.revocation { &*ROOT_WITH_REVOCATION } else { &*PLAIN_ROOT };
    let request = inputs.request(csr).build().unwrap();
    let csr = Csr::decode(csr).unwrap().assume_proven(&KeyPolicy::default()).unwrap();
    let verifier = &ca::NeverCalled;
    Preparation { authority, now: ca::now(), serial: ca::serial(), partition: None, verifier, options: &options }
        .prepare_proven(&request, &csr)
}

fn prepare(inputs: &Inputs) -> Result<Prepared, Error> {
    prepare_with(inputs, &inputs.csr(), false)
}

// ---------------------------------------------------------------------------------------------------------------------
// What holds for each

#[derive(Debug, PartialEq)]
struct Outcome {
    subject: (Source, Vec<u8>),
    /// Identifier, criticality, source, value.
    extensions: Vec<(String, bool, Source, Vec<u8>)>,
    suppressed: BTreeSet<(String, Vec<u8>)>,
}

fn label(input: Input) -> String {
    match input {
        Input::ApiSubject => "api subject".to_owned(),
        Input::ApiCertificatePolicies => "api policies".to_owned(),
        Input::ApiExtendedKeyUsage => "api extendedKeyUsage".to_owned(),
        Input::ApiKeyUsage => "api keyUsage".to_owned(),
        Input::ApiSubjectAlternativeNames => "api names".to_owned(),
        Input::ApiCustomExtension { oid, .. } => format!("api custom {oid}"),
        Input::CsrSubject => "csr subject".to_owned(),
        Input::CsrExtension(oid) => format!("csr {oid}"),
        Input::CsrAttribute(oid) => format!("attribute {oid}"),
        // An empty structure, which has no value.
        Input::RequestMember(path) => format!("member {path}"),
        other => panic!("an input that the model does not know: {other}"),
    }
}

fn outcome(prepared: &Prepared) -> Outcome {
    let plan = prepared.plan();
    let field = plan.fields().iter().find(|field| field.field() == issuance::Field::Subject).unwrap();
    let suppressed: Vec<_> = plan.suppressed().iter().map(|s| (label(s.input()), s.value_der().to_vec())).collect();
    let outcome = Outcome {
        subject: (field.source(), plan.field_der(issuance::Field::Subject).to_vec()),
        extensions: plan
            .extensions()
            .map(|e| (e.oid().to_string(), e.critical(), e.source(), e.value_der().to_vec()))
            .collect(),
        suppressed: suppressed.iter().cloned().collect(),
    };
    assert_eq!(outcome.suppressed.len(), suppressed.len(), "an input is suppressed twice: {suppressed:?}");
    outcome
}

/// Failures are reproduced from the seed that proptest prints, not from a file.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(1500))]

    /// R-MRG-7: the plan says what a decoder that is not ours reads in the octets to be signed, in their order.
    #[test]
    fn the_plan_is_what_will_be_signed(inputs in inputs()) {
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let tbs = x509_cert::certificate::TbsCertificate::from_der(prepared.tbs_der()).unwrap();
        let read: Vec<_> = tbs.extensions().unwrap().iter()
            .map(|e| (e.extn_id.to_string(), e.critical, e.extn_value.as_bytes().to_vec())).collect();
        let planned: Vec<_> = outcome(&prepared).extensions.into_iter().map(|(o, c, _, v)| (o, c, v)).collect();
        prop_assert_eq!(read, planned);
        prop_assert_eq!(prepared.plan().tbs_der(), prepared.tbs_der());
        prop_assert_eq!(prepared.plan().template(), inputs.template.name());
        // The table names every suppressed input.
        let table = prepared.plan().to_string();
        for suppressed in prepared.plan().suppressed() {
            prop_assert!(table.contains(&suppressed.input().to_string()), "{table}");
        }
    }

    /// What a store outside keeps of a certificate is all of it but a challenge password.
    #[cfg(feature = "serde")]
    #[test]
    fn an_issued_certificate_comes_back_whole(inputs in inputs()) {
        let inputs = Inputs { challenge: false, ..inputs };
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let certificate = prepared.finish(&[0], &ca::AnySignature).unwrap();
        let json = serde_json::to_vec(&certificate).unwrap();
        prop_assert_eq!(serde_json::from_slice::<issuance::IssuedCertificate>(&json).unwrap(), certificate);
    }

    /// R-MRG-2, R-MRG-3: whatever the request and its CSR give, what the template defines is the template's.
    #[test]
    fn the_template_always_wins(inputs in inputs()) {
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let bare = Inputs {
            subject: ApiSubject::Absent, key_usage: None, purposes: vec![], names: vec![], policies: vec![],
            custom: vec![], csr_extensions: vec![], csr_subject: true, ..inputs.clone()
        };
        let (bare, full) = (outcome(&prepare(&bare).unwrap()), outcome(&prepared));
        for defined in &bare.extensions {
            prop_assert!(full.extensions.contains(defined), "{defined:?}");
            prop_assert_eq!(full.extensions.iter().filter(|(oid, ..)| *oid == defined.0).count(), 1);
        }
        // And nothing of the subjectKeyIdentifier or the like comes from anywhere else.
        for (oid, _, source, _) in &full.extensions {
            if [BASIC_CONSTRAINTS, SKI].contains(&oid.as_str()) {
                prop_assert!(matches!(source, Source::Template | Source::Derived));
            }
        }
    }

    /// R-MRG-1: a field that the API gives has nothing of the CSR, and the other way round.
    #[test]
    fn values_are_never_mixed(inputs in inputs()) {
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let plan = prepared.plan();
        for planned in plan.extensions() {
            let value = planned.value_der();
            let standard = inputs.api_standard();
            let api = standard.iter().map(|(_, oid, value)| (*oid, value))
                .chain(inputs.custom.iter().map(|c| (c.oid, &c.value)));
            let from_csr = inputs.csr_extensions.iter().map(|e| (e.oid, &e.value));
            let is_one_of = |mut given: Box<dyn Iterator<Item = (&str, &Vec<u8>)> + '_>| {
                given.any(|(oid, given)| planned.oid().to_string() == oid && value == given)
            };
            match planned.source() {
                Source::Api => prop_assert!(is_one_of(Box::new(api))),
                Source::Csr => {
                    prop_assert!(is_one_of(Box::new(from_csr)));
                    prop_assert!(!inputs.template.kind().takes_api()
                        || api.into_iter().all(|(oid, _)| planned.oid().to_string() != oid));
                }
                _ => {}
            }
        }
        let subject = plan.field_der(issuance::Field::Subject);
        prop_assert!(subject == inputs.csr_subject_der() || Some(subject) == inputs.api_subject_der().as_deref());
    }

    /// R-MRG-7: nothing gets lost. Every value of a request is in the certificate or in the list of what is not, octet by
    /// octet.
    #[test]
    fn no_input_gets_lost(inputs in inputs()) {
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let mut all = prepared.tbs_der().to_vec();
        prepared.plan().suppressed().iter().for_each(|suppressed| all.extend_from_slice(suppressed.value_der()));
        let mut values = inputs.attribute_values();
        values.extend(inputs.api_standard().into_iter().map(|(_, _, value)| value));
        values.extend(inputs.custom.iter().chain(&inputs.csr_extensions).map(|given| given.value.clone()));
        values.extend(inputs.other_attributes().into_iter().map(|(_, value)| value));
        // An empty subject is none.
        values.extend(inputs.csr_subject.then(|| inputs.csr_subject_der()));
        for value in values {
            prop_assert!(holds(&all, &value), "{value:02x?}");
        }
    }

    /// R-MRG-1, R-REQ-6: an input that templates of the kind do not take changes no octet.
    #[test]
    fn what_the_kind_does_not_take_changes_nothing(inputs in inputs()) {
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let mut less = inputs.clone();
        if !inputs.template.kind().takes_api() {
            less = Inputs {
                subject: ApiSubject::Absent, key_usage: None, purposes: vec![], names: vec![], policies: vec![],
                custom: vec![], ..less
            };
        }
        if !inputs.template.kind().takes_csr() {
            less.csr_extensions.retain(|requested| requested.oid == SAN);
            (less.challenge, less.unknown_attribute, less.microsoft) = (false, false, (false, false));
        }
        let less = prepare(&less).unwrap();
        prop_assert_eq!(less.tbs_der(), prepared.tbs_der());
        if inputs.template.kind() == TemplateKind::Base {
            prop_assert!(less.plan().suppressed().is_empty());
        }
    }

    /// R-ENC-6: same inputs, same octets; and R-MRG-7, R-MRG-10: strict mode refuses exactly what has suppressed inputs or
    /// warnings.
    #[test]
    fn preparation_is_pure_and_strict_mode_is_exact(inputs in inputs()) {
        let (csr, Ok(prepared)) = (inputs.csr(), prepare(&inputs)) else {
            prop_assert!(prepare(&inputs).is_err());
            return Ok(());
        };
        let again = prepare(&inputs).unwrap();
        prop_assert_eq!(again.plan(), prepared.plan());
        match prepare_with(&inputs, &csr, true) {
            Ok(strict) => {
                prop_assert!(prepared.plan().suppressed().is_empty());
                prop_assert!(prepared.plan().warnings().is_empty());
                prop_assert_eq!(strict.tbs_der(), prepared.tbs_der());
            }
            Err(Error::Suppressed(listed)) => {
                prop_assert!(!prepared.plan().suppressed().is_empty());
                prop_assert_eq!(listed.len(), prepared.plan().suppressed().len() + prepared.plan().warnings().len());
            }
            Err(Error::Warned(listed)) => {
                prop_assert!(prepared.plan().suppressed().is_empty() && !listed.is_empty());
                prop_assert_eq!(listed.len(), prepared.plan().warnings().len());
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

/// The strategies reach what they should: each kind, both outcomes of the model, each reason to suppress.
#[test]
fn the_strategies_are_not_vacuous() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut refused, mut kinds, mut reasons, mut sources) = (0, BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for _ in 0..600 {
        let inputs = inputs().new_tree(&mut runner).unwrap().current();
        match prepare(&inputs) {
            Err(_) => refused += 1,
            Ok(prepared) => {
                kinds.insert(inputs.template.kind().to_string());
                reasons.extend(prepared.plan().suppressed().iter().map(|s| s.reason().to_string()));
                sources.extend(prepared.plan().extensions().map(|e| e.source()));
            }
        }
    }
    assert!((10..400).contains(&refused), "{refused}");
    assert_eq!(kinds.len(), 4);
    assert_eq!(sources.len(), 6, "{sources:?}");
    // Three kinds that do not take something, the template, three higher sources, an unsupported attribute, an empty structure.
    assert_eq!(reasons.len(), 9, "{reasons:?}");
}

/// Octets of object identifiers as this file writes them agree with the crate's.
#[test]
fn the_two_encoders_of_identifiers_agree() {
    for text in POOL {
        assert_eq!(text.parse::<issuance::Oid>().unwrap().as_der_content(), oid_content(text));
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The calendar, by counting

static PENDING_ROOT: LazyLock<CertificateAuthority> =
    LazyLock::new(|| ca::pending(CertificateAuthorityType::Root, "Root"));

/// notBefore and notAfter, through the engine. A root's own certificate has no ceiling (R-VAL-4).
fn engine(validity: Validity, not_before: Option<Validity>, now: i64) -> Result<(i64, i64), Error> {
    let csr = CsrParts::new(ca::CA_KEY.public_key_der()).der();
    let mut request = ca::request(&csr, "RootCACertificate").validity(validity);
    if let Some(start) = not_before {
        request = request.validity_not_before(start);
    }
    let csr = Csr::decode(&csr).unwrap().assume_proven(&KeyPolicy::default()).unwrap();
    let now = Timestamp::from_unix(now).unwrap();
    let options = IssuanceOptions::default();
    let preparation = Preparation {
        authority: &PENDING_ROOT,
        now,
        serial: ca::serial(),
        partition: None,
        verifier: &ca::NeverCalled,
        options: &options,
    };
    let prepared = preparation.prepare_proven(&request.build().unwrap(), &csr)?;
    Ok((prepared.plan().not_before().unix(), prepared.plan().not_after().unix()))
}

fn period() -> impl Strategy<Value = ValidityPeriodType> {
    select(ValidityPeriodType::ALL)
}

/// Values around the interesting ones: small, in digits of a date, extreme.
fn value() -> impl Strategy<Value = i64> {
    let date = (0i64..100, 0i64..14, 0i64..33, 0i64..25, 0i64..61, 0i64..61)
        .prop_map(|(y, mo, d, h, mi, s)| ((((y * 100 + mo) * 100 + d) * 100 + h) * 100 + mi) * 100 + s);
    let long = (0i64..100, 1i64..13, 1i64..32)
        .prop_map(|(year, month, day)| ((2000 + year) * 10_000 + month * 100 + day) * 1_000_000 + 235_959);
    let end_of_february = (2000i64..9999).prop_map(|year| (year * 10_000 + 229) * 1_000_000);
    prop_oneof![
        3 => 1i64..60,
        2 => 1i64..120_000,
        2 => date.prop_filter("at least 1", |value| *value >= 1),
        1 => long,
        1 => end_of_february,
        1 => 1i64..300_000_000_000,
        1 => (0u32..63).prop_map(|bit| 1i64 << bit),
        1 => (0i64..1000).prop_map(|off| i64::MAX - off),
        1 => 1i64..=i64::MAX,
    ]
}

/// Times of issuance, many of them on the last days of months.
fn time_of_issuance() -> impl Strategy<Value = i64> {
    let end_of_month = (1i64..9999, 1i64..13, 0i64..86_400, 0i64..3)
        .prop_map(|(year, month, second, before)| unix(year, month, days_in(year, month) - before, second));
    prop_oneof![
        2 => end_of_month,
        2 => unix(1, 1, 1, 0)..unix(9999, 12, 31, 86_399),
        2 => unix(2020, 1, 1, 0)..unix(2060, 1, 1, 0),
    ]
}

proptest! {
    #![proptest_config(config(4000))]

    /// R-VAL-1, R-VAL-2, R-VAL-3, R-VAL-6: notAfter is that of the model, or the request is refused where the model's is no
    /// time or not in the future.
    #[test]
    fn the_end_is_that_of_the_counted_calendar(value in value(), period in period(), now in time_of_issuance()) {
        let expected = model_end(value, period, now).filter(|end| *end > now);
        match (engine(Validity::new(value, period).build().unwrap(), None, now), expected) {
            (Ok((not_before, not_after)), Some(expected)) => {
                prop_assert_eq!(not_after, expected, "{} {} at {}", value, period, Timestamp::from_unix(now).unwrap());
                prop_assert_eq!(not_before, now - 3600);
            }
            (Err(Error::Validity(_)), None) => {}
            (engine, expected) => {
                prop_assert!(false, "{value} {period} at {now}: {engine:?}, expected {expected:?}");
            }
        }
    }

    /// R-VAL-1: ValidityNotBefore moves notBefore and never notAfter; an empty period is refused (R-VAL-3).
    #[test]
    fn not_before_moves_alone(start in value(), value in value(), period in period(), now in time_of_issuance()) {
        let validity = Validity::new(value, period).build().unwrap();
        let Ok((_, not_after)) = engine(validity, None, now) else { return Ok(()) };
        match engine(validity, Some(Validity::absolute(start).build().unwrap()), now) {
            Ok(both) => prop_assert_eq!(both, (start, not_after)),
            Err(Error::Validity(_)) => prop_assert!(start >= not_after),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    /// R-VAL-6: what the octets say is what the plan says, UTCTime through 2049 and GeneralizedTime from 2050.
    #[test]
    fn the_octets_say_the_time(end in prop_oneof![1..unix(2060, 1, 1, 0), 1..unix(9999, 12, 31, 86_400)]) {
        let (year, month, day, second) = civil(end);
        let clock = format!("{:02}{:02}{:02}{:02}{:02}Z", month, day, second / 3600, second / 60 % 60, second % 60);
        let expected = match year {
            ..2050 => tlv(0x17, format!("{:02}{clock}", year % 100).as_bytes()),
            _ => tlv(0x18, format!("{year:04}{clock}").as_bytes()),
        };
        let csr = CsrParts::new(ca::CA_KEY.public_key_der()).der();
        let request = ca::request(&csr, "RootCACertificate").validity(Validity::absolute(end)).build().unwrap();
        let options = IssuanceOptions::default();
        let now = Timestamp::from_unix(end - 1).unwrap();
        let preparation = Preparation {
            authority: &PENDING_ROOT, now, serial: ca::serial(), partition: None, verifier: &ca::AnySignature, options: &options,
        };
        prop_assert!(holds(preparation.prepare(&request).unwrap().tbs_der(), &expected));
    }
}

/// Every first and last day of a month of the years 1 to 9999, both ways.
#[test]
fn every_month_of_the_calendar() {
    for year in 1..=9999i64 {
        for month in 1..=12 {
            let last = days_in(year, month);
            for (day, second) in [(1, 0), (last, 86_399)] {
                let expected = unix(year, month, day, second);
                let clock = if second == 0 { (0, 0, 0) } else { (23, 59, 59) };
                let [month8, day8] = [month as u8, day as u8];
                let time = Timestamp::from_utc(year as u16, month8, day8, clock.0, clock.1, clock.2).unwrap();
                assert_eq!(time.unix(), expected, "{year}-{month}-{day}");
                assert_eq!(civil(expected), (year, month, day, second));
            }
            assert_eq!(Timestamp::from_utc(year as u16, month as u8, last as u8 + 1, 0, 0, 0), None);
        }
    }
}

/// R-VAL-6: extreme values at extreme times are answered, whatever the answer.
#[test]
fn no_value_overflows() {
    let values =
        [1, 2, 12, i64::from(u32::MAX), i64::MAX / 86_400, i64::MAX / 12, i64::MAX / 12 + 1, i64::MAX - 1, i64::MAX];
    for now in [Timestamp::MIN, Timestamp::from_unix(0).unwrap(), ca::now(), Timestamp::MAX] {
        for value in values {
            for period in ValidityPeriodType::ALL {
                let validity = Validity::new(value, *period).build().unwrap();
                let _ = engine(validity, None, now.unix());
                let _ = engine(validity, Some(Validity::absolute(value).build().unwrap()), now.unix());
            }
        }
    }
    // The wire cannot give less than 1 (R-REQ-2).
    for value in [0, -1, i64::MIN] {
        assert!(Validity::new(value, ValidityPeriodType::Days).build().is_err());
    }
}
