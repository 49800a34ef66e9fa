//! Preparation with requests of any make: whatever is accepted is a certificate that another decoder reads, that says of CA
//! and key what the template and the certification request say, and that is what the plan shows.
#![no_main]

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use der::{Decode, Encode, ErrorKind};
use issuance::{
    ApiPassthrough, CertificateAuthority, CertificateAuthorityArn, CertificateAuthorityType, Csr, CustomExtension,
    ExplicitUrls, ExtendedKeyUsage, Extensions, Field, GeneralName, IssuanceOptions, IssueCertificateRequest, Issuer,
    KeyPolicy, KeyUsage, Preparation, Prepared, RevocationConfiguration, RustCryptoSigner, RustCryptoVerifier,
    SerialNumber, Signer, SigningAlgorithm, Subject, Template, Timestamp, Validity,
};
use libfuzzer_sys::fuzz_target;
use x509_cert::TbsCertificate;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage as DecodedKeyUsage};

const ARN: &str = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const KEY: &str = include_str!("../../tests/data/keys/ec-p256.pem");

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

#[derive(Debug, Arbitrary)]
struct Input {
    template: u8,
    csr: CsrInput,
    passthrough: Option<PassthroughInput>,
    days: u16,
    absolute: Option<u32>,
    not_before: Option<u32>,
    serial: [u8; 20],
    revocation: bool,
    strict: bool,
}

#[derive(Debug, Arbitrary)]
enum CsrInput {
    Octets(Vec<u8>),
    Made { own_key: bool, subject: Vec<(u8, u8, Vec<u8>)>, extensions: Vec<ExtensionInput>, attribute: Option<Vec<u8>> },
}

#[derive(Debug, Arbitrary)]
struct ExtensionInput {
    oid: u8,
    critical: bool,
    value: ValueInput,
}

#[derive(Debug, Arbitrary)]
enum ValueInput {
    Octets(Vec<u8>),
    DnsNames(Vec<String>),
    KeyUsage(u16),
    BasicConstraints(bool),
}

#[derive(Debug, Arbitrary)]
enum PassthroughInput {
    Json(Vec<u8>),
    Made {
        common_name: Option<String>,
        country: Option<String>,
        names: Vec<NameInput>,
        key_usage: Option<u16>,
        purposes: Vec<u8>,
        custom: Vec<ExtensionInput>,
    },
}

#[derive(Debug, Arbitrary)]
enum NameInput {
    Dns(String),
    Email(String),
    Uri(String),
    Ip(std::net::IpAddr),
    Directory(String),
    RegisteredId(u8),
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match content.len() {
        length @ ..=0x7f => out.push(length as u8),
        length @ ..=0xff => out.extend([0x81, length as u8]),
        length => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
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
            ValueInput::KeyUsage(bits) => element(3, &[&[0], &bits.to_be_bytes()]),
            ValueInput::BasicConstraints(ca) => element(0x30, &[if *ca { &[1, 1, 0xff][..] } else { &[] }]),
        }
    }
}

impl CsrInput {
    fn der(&self) -> Vec<u8> {
        let (own_key, subject, extensions, attribute) = match self {
            CsrInput::Octets(octets) => return octets.clone(),
            CsrInput::Made { own_key, subject, extensions, attribute } => (own_key, subject, extensions, attribute),
        };
        let rdns: Vec<Vec<u8>> = subject
            .iter()
            .map(|(kind, tag, value)| {
                let tag = [0x0c, 0x13, 0x16, 0x1e, 0x14, 0x1c, 0x05, *tag][usize::from(*tag) % 8];
                let oid = element(6, &[&[0x55, 4, *kind & 0x7f]]);
                element(0x31, &[&element(0x30, &[&oid, &element(tag, &[value])])])
            })
            .collect();
        let extensions: Vec<Vec<u8>> = extensions
            .iter()
            .map(|extension| {
                let critical: &[u8] = if extension.critical { &[1, 1, 0xff] } else { &[] };
                element(0x30, &[&oid(extension.oid), critical, &element(4, &[&extension.value.der()])])
            })
            .collect();
        let extension_request = element(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14]]);
        let mut attributes =
            vec![element(0x30, &[&extension_request, &element(0x31, &[&element(0x30, &[&extensions.concat()])])])];
        if let Some(value) = attribute {
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

impl PassthroughInput {
    fn passthrough(&self) -> Option<ApiPassthrough> {
        let (common_name, country, names, key_usage, purposes, custom) = match self {
            PassthroughInput::Json(json) => return serde_json::from_slice(json).ok(),
            PassthroughInput::Made { common_name, country, names, key_usage, purposes, custom } => {
                (common_name, country, names, key_usage, purposes, custom)
            }
        };
        let mut extensions = Extensions::builder();
        for name in names {
            extensions = extensions.subject_alternative_name(match name {
                NameInput::Dns(text) => GeneralName::dns_name(text),
                NameInput::Email(text) => GeneralName::rfc822_name(text),
                NameInput::Uri(text) => GeneralName::uniform_resource_identifier(text),
                NameInput::Ip(address) => GeneralName::ip_address(*address),
                NameInput::Directory(text) => GeneralName::directory_name(Subject::builder().common_name(text)),
                NameInput::RegisteredId(index) => GeneralName::registered_id(OIDS[usize::from(*index) % OIDS.len()]),
            });
        }
        if let Some(usage) = key_usage.and_then(|bits| KeyUsage::from_bits(bits & 0x1ff)) {
            extensions = extensions.key_usage(usage);
        }
        for index in purposes {
            let oid = OIDS[usize::from(*index) % OIDS.len()];
            extensions = extensions.extended_key_usage(ExtendedKeyUsage::object_identifier(oid));
        }
        for extension in custom {
            let oid = OIDS[usize::from(extension.oid) % OIDS.len()];
            let value = extension.value.der();
            extensions = extensions.custom_extension(CustomExtension::new(oid, &value, extension.critical));
        }
        let mut builder = ApiPassthrough::builder().extensions(extensions);
        if common_name.is_some() || country.is_some() {
            let mut subject = Subject::builder();
            if let Some(text) = common_name {
                subject = subject.common_name(text);
            }
            if let Some(text) = country {
                subject = subject.country(text);
            }
            builder = builder.subject(subject);
        }
        builder.build().ok()
    }
}

struct Setup {
    /// A root without, and one with, a revocation configuration, both with one key and certificate.
    plain: CertificateAuthority,
    revoking: CertificateAuthority,
    /// A SubjectPublicKeyInfo other than the authorities'.
    other_key: Vec<u8>,
    now: Timestamp,
}

fn request(csr: &[u8], template: &str) -> issuance::IssueCertificateRequestBuilder {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(csr)
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
}

fn setup() -> &'static Setup {
    static SETUP: OnceLock<Setup> = OnceLock::new();
    SETUP.get_or_init(|| {
        let now = Timestamp::from_utc(2026, 1, 2, 3, 4, 5).expect("a time");
        let signer = RustCryptoSigner::from_pem(KEY).expect("a key");
        let arn: CertificateAuthorityArn = ARN.parse().expect("an ARN");
        let subject = Subject::builder().common_name("Fuzzed Root").build().expect("a name");
        let mut plain = CertificateAuthority::builder(arn, CertificateAuthorityType::Root)
            .build(&subject, signer.public_key_der())
            .expect("an authority");
        let csr = plain.certificate_signing_request(&signer, SigningAlgorithm::Sha256WithEcdsa).expect("a request");
        let request = request(csr.as_bytes(), "RootCACertificate").validity(Validity::years(20)).build();
        let issuer =
            Issuer::builder(plain.clone(), signer).clock(issuance::FixedClock(now)).build().expect("an issuer");
        let certificate = issuer.issue(&request.expect("a request")).expect("a certificate");
        plain.import_certificate(certificate.der(), b"", &RustCryptoVerifier).expect("an import");
        let urls = ExplicitUrls::new(["http://crl.example/1"], ["http://ocsp.example"], ["http://ca.example"]);
        let mut revoking = plain.clone();
        let revocation = RevocationConfiguration::none().with_explicit_urls(urls.expect("URLs"));
        revoking.set_revocation_configuration(revocation);
        let mut other_key = plain.public_key_der().to_vec();
        // Nobody looks whether the point is on the curve before a signature is verified under it.
        *other_key.last_mut().expect("a key") ^= 1;
        Setup { plain, revoking, other_key, now }
    })
}

fn check(prepared: &Prepared, template: &Template, csr: &Csr<'_, issuance::Proven>, authority: &CertificateAuthority) {
    let (plan, tbs_der) = (prepared.plan(), prepared.tbs_der());
    assert_eq!(plan.tbs_der(), tbs_der);
    assert_eq!(plan.field_der(Field::SubjectPublicKeyInfo), csr.public_key_der());
    assert!(!plan.to_string().is_empty());
    assert!(plan.not_before() < plan.not_after());
    if !template.is_self_signed() {
        assert_eq!(plan.field_der(Field::Issuer), authority.subject_der());
        assert!(Some(plan.not_after()) <= authority.not_after());
    }
    let tbs = match TbsCertificate::from_der(tbs_der) {
        Ok(tbs) => tbs,
        // The other decoder knows neither UniversalString nor object identifiers of more than 39 octets. Both can only come
        // from the request's own octets.
        Err(error) => match error.kind() {
            ErrorKind::TagUnknown { .. } | ErrorKind::OidMalformed | ErrorKind::OidUnknown { .. } => return,
            kind => panic!("the certificate cannot be read: {kind:?}"),
        },
    };
    assert_eq!(tbs.to_der().expect("encodable"), tbs_der);

    let decoded = tbs.extensions().expect("extensions");
    assert_eq!(decoded.len(), plan.extensions().len());
    for (i, (decoded, planned)) in decoded.iter().zip(plan.extensions()).enumerate() {
        assert_eq!(decoded.extn_id.as_bytes(), planned.oid().as_der_content());
        assert_eq!(decoded.critical, planned.critical());
        assert_eq!(decoded.extn_value.as_bytes(), planned.value_der());
        assert!(plan.extensions().take(i).all(|earlier| earlier.oid() != planned.oid()), "{planned:?} twice");
    }
    let (critical, constraints) = tbs.get_extension::<BasicConstraints>().expect("readable").expect("present");
    let expected = template.basic_constraints();
    assert_eq!((critical, constraints.ca), (expected.critical, expected.ca));
    assert_eq!(constraints.path_len_constraint, expected.path_len);
    if !expected.ca {
        // A key usage that the other decoder cannot read is from a passthrough source.
        if let Ok(Some((_, usage))) = tbs.get_extension::<DecodedKeyUsage>() {
            assert!(!usage.key_cert_sign(), "an end entity that signs certificates");
        }
    }
}

fuzz_target!(|input: Input| {
    let setup = setup();
    let authority = if input.revocation { &setup.revoking } else { &setup.plain };
    let template = &Template::all()[usize::from(input.template) % Template::all().len()];
    let der = input.csr.der();
    let mut builder = request(&der, template.name());
    builder = match input.absolute {
        Some(seconds) => builder.validity(Validity::absolute(i64::from(seconds))),
        None => builder.validity(Validity::days(i64::from(input.days))),
    };
    if let Some(seconds) = input.not_before {
        builder = builder.validity_not_before(Validity::absolute(i64::from(seconds)));
    }
    if let Some(passthrough) = input.passthrough.as_ref().and_then(PassthroughInput::passthrough) {
        builder = builder.api_passthrough(passthrough);
    }
    let Ok(request) = builder.build() else { return };
    let Ok(csr) = Csr::decode(request.csr()) else { return };
    let Ok(csr) = csr.assume_proven(&KeyPolicy::default()) else { return };
    let Ok(serial) = SerialNumber::from_be_bytes(&input.serial) else { return };
    let options = IssuanceOptions::default().strict(input.strict);
    let preparation =
        Preparation { authority, now: setup.now, serial, verifier: &RustCryptoVerifier, options: &options };
    match preparation.prepare_proven(&request, &csr) {
        Ok(prepared) => {
            check(&prepared, template, &csr, authority);
            assert!(!input.strict || prepared.plan().suppressed().is_empty());
            let again = preparation.prepare_proven(&request, &csr).expect("the same again");
            assert_eq!(again.plan(), prepared.plan());
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.aws_exception().to_string().is_empty()),
    }
});
