//! The stages that `instructions.py` counts under callgrind: `--list` prints their names, a name as the argument runs
//! that stage, and no name runs each of them.
//!
//! Nothing here depends on time, chance or a private key. The verifier accepts whatever it is shown and the signer
//! always has the same answer, so what is counted is everything but the two public-key operations.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::LazyLock;

use issuance::api::{Format, Request};
use issuance::authority::{CertificateAuthorityType, RevocationConfiguration};
use issuance::crypto::{SignError, Signature, VerifyError};
use issuance::issue::{FixedClock, FixedSerial, Preparation, Prepared};
use issuance::policy::Policy;
use issuance::request::{CustomExtension, Extensions};
use issuance::x509::{KeyPolicy, SignatureAlgorithm};
use issuance::{
    ApiPassthrough, CertificateAuthority, CertificateAuthorityArn, Csr, GeneralName, IssuanceOptions,
    IssueCertificateRequest, Issuer, SerialNumber, SignatureVerifier, Signer, SigningAlgorithm, Subject, Template,
    Timestamp, Validity,
};
use issuance_benches::passthrough;
use issuance_test_support::der::{CsrParts, extension, seq, tlv};
use issuance_test_support::policies::ten_parts;

/// How often a stage runs before it is counted, and then counted; `instructions.py` knows the latter.
const WARM_CALLS: usize = 2;
const COUNTED_CALLS: usize = 10;

const P256_CSR: &[u8] = include_bytes!("data/p256.csr.der");
const P256_CSR_PEM: &[u8] = include_bytes!("data/p256.csr.pem");
const RSA_CSR: &[u8] = include_bytes!("data/rsa2048.csr.der");
const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Sha256WithEcdsa;
const ROOT: &str = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const SUBORDINATE: &str =
    "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/87654321-4321-4321-4321-210987654321";

/// What is done once.
type Call = Box<dyn FnMut()>;

/// Makes what is done once, and all that it needs.
type SetUp = fn() -> Call;

/// A verifier that accepts, and a signer that has one signature: without arithmetic.
struct Nothing;

impl SignatureVerifier for Nothing {
    fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
        true
    }

    fn verify(&self, _: SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}

impl Signer for Nothing {
    fn public_key_der(&self) -> &[u8] {
        static KEY: LazyLock<Vec<u8>> = LazyLock::new(|| Csr::decode(P256_CSR).unwrap().public_key_der().to_vec());
        &KEY
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        &[SigningAlgorithm::Sha256WithEcdsa]
    }

    fn sign(&self, _: SigningAlgorithm, _: &[u8]) -> Result<Signature, SignError> {
        static SIGNATURE: LazyLock<Vec<u8>> = LazyLock::new(|| seq(&[&tlv(2, &[0x11; 32]), &tlv(2, &[0x22; 32])]));
        Ok(Signature::new(SIGNATURE.clone()))
    }
}

/// An authority, and what was issued for its own CSR by an issuer or by itself.
fn authority(
    arn: &str,
    kind: CertificateAuthorityType,
    template: &str,
    above: Option<&Issuer>,
) -> (CertificateAuthority, Vec<u8>) {
    let name = Subject::builder().country("US").organization("Example Company").common_name(format!("Example {kind}"));
    let mut authority = CertificateAuthority::builder(arn.parse().unwrap(), kind)
        .revocation_configuration(RevocationConfiguration::none())
        .build(&name.build().unwrap(), Nothing.public_key_der())
        .unwrap();
    let itself = issuer(authority.clone());
    let above = above.unwrap_or(&itself);
    let request = IssueCertificateRequest::builder()
        .certificate_authority_arn(above.authority().arn().as_str())
        .csr(authority.certificate_signing_request(&Nothing, ALGORITHM).unwrap())
        .signing_algorithm(ALGORITHM)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
        .validity(Validity::years(5));
    let certificate = above.issue(&request.build().unwrap()).unwrap().pem().into_bytes();
    let chain = (above.authority().certificate_pem().unwrap_or_default() + &above.authority().chain_pem()).into_bytes();
    authority.import_certificate(&certificate, &chain, &Nothing).unwrap();
    (authority, certificate)
}

fn root() -> CertificateAuthority {
    authority(ROOT, CertificateAuthorityType::Root, "RootCACertificate", None).0
}

fn now() -> Timestamp {
    Timestamp::from_utc(2026, 1, 1, 0, 0, 0).unwrap()
}

fn serial() -> SerialNumber {
    SerialNumber::from_hex("d790a9cf2db26a24c7b97fb672b7aedd").unwrap()
}

fn issuer(authority: CertificateAuthority) -> Issuer {
    Issuer::builder_with_verifier(authority, Nothing, Nothing)
        .clock(FixedClock(now()))
        .serial_source(FixedSerial(serial()))
        .build()
        .unwrap()
}

/// A request to the root.
fn request(
    csr: &[u8],
    template: &str,
    passthrough: Option<Extensions>,
    token: Option<String>,
) -> IssueCertificateRequest {
    let mut request = IssueCertificateRequest::builder()
        .certificate_authority_arn(ROOT)
        .csr(csr)
        .signing_algorithm(ALGORITHM)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
        .validity(Validity::days(365));
    if let Some(extensions) = passthrough {
        request = request.api_passthrough(ApiPassthrough::builder().extensions(extensions).build().unwrap());
    }
    if let Some(token) = token {
        request = request.idempotency_token(token);
    }
    request.build().unwrap()
}

fn small() -> IssueCertificateRequest {
    request(P256_CSR, "EndEntityCertificate", None, None)
}

/// A subject and each kind of extension.
fn full() -> IssueCertificateRequest {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(ROOT)
        .csr(P256_CSR)
        .signing_algorithm(ALGORITHM)
        .template_arn("arn:aws:acm-pca:::template/BlankEndEntityCertificate_APICSRPassthrough/V1")
        .validity(Validity::days(365))
        .api_passthrough(passthrough::full_passthrough())
        .build()
        .unwrap()
}

fn with_150_names() -> IssueCertificateRequest {
    let extensions = (0..150).fold(Extensions::builder(), |extensions, i| {
        extensions.subject_alternative_name(GeneralName::dns_name(format!("host-{i}.example.com")))
    });
    request(P256_CSR, "EndEntityCertificate_APIPassthrough", Some(extensions.build().unwrap()), None)
}

fn with_150_extensions() -> IssueCertificateRequest {
    let extensions = (0..150).fold(Extensions::builder(), |extensions, i| {
        let oid = format!("1.3.6.1.4.1.32473.{i}");
        extensions.custom_extension(CustomExtension::new(&*oid, &[0x04, 3, 1, 2, 3], false))
    });
    request(P256_CSR, "EndEntityCertificate_APIPassthrough", Some(extensions.build().unwrap()), None)
}

/// As long as a CSR may be, with as many alternative names as go in.
fn longest_csr() -> Vec<u8> {
    let build = |last: usize| {
        let mut names: Vec<u8> =
            (0..1_409).flat_map(|i| tlv(0x82, format!("host-{i:04}.example.com").as_bytes())).collect();
        names.extend(tlv(0x82, "a".repeat(last).as_bytes()));
        CsrParts::new(Nothing.public_key_der()).extensions(&[extension("2.5.29.17", false, &tlv(0x30, &names))]).der()
    };
    let over = build(100).len() - 100;
    let csr = build(Csr::MAX_BYTES - over);
    assert_eq!(csr.len(), Csr::MAX_BYTES);
    csr
}

fn decode(input: impl Into<Vec<u8>>) -> Call {
    let input = input.into();
    Box::new(move || drop(black_box(Csr::decode(black_box(&input)).unwrap())))
}

fn prove(der: &'static [u8]) -> Call {
    let (csr, policy) = (Csr::decode(der).unwrap(), KeyPolicy::default());
    Box::new(move || drop(black_box(csr.clone().prove(black_box(&policy), &Nothing).unwrap())))
}

fn from_json(request: &IssueCertificateRequest) -> Call {
    let json = request.to_json();
    Box::new(move || drop(black_box(IssueCertificateRequest::from_json(black_box(json.as_bytes())).unwrap())))
}

fn from_cbor(request: &IssueCertificateRequest) -> Call {
    let mut cbor = Vec::new();
    ciborium::into_writer(request, &mut cbor).unwrap();
    Box::new(move || drop(black_box(IssueCertificateRequest::decode(Format::Cbor, black_box(&cbor)).unwrap())))
}

/// Checks included.
fn prepare(request: IssueCertificateRequest) -> Call {
    prepare_under(request, Policy::default())
}

fn prepare_under(request: IssueCertificateRequest, policy: Policy) -> Call {
    let (authority, options, now, serial) = (root(), IssuanceOptions::default().policy(policy), now(), serial());
    let csr = Csr::decode(request.csr()).unwrap().into_owned().assume_proven(&KeyPolicy::default()).unwrap();
    Box::new(move || {
        let preparation =
            Preparation { authority: &authority, now, serial, partition: None, verifier: &Nothing, options: &options };
        drop(black_box(preparation.prepare_proven(black_box(&request), black_box(&csr)).unwrap()));
    })
}

fn prepared(request: &IssueCertificateRequest) -> Prepared {
    issuer(root()).prepare(request).unwrap()
}

fn finish(request: &IssueCertificateRequest) -> Call {
    let issuer = issuer(root());
    let mut prepared: Vec<Prepared> =
        (0..WARM_CALLS + COUNTED_CALLS).map(|_| issuer.prepare(request).unwrap()).collect();
    let signature = Nothing.sign(ALGORITHM, &[]).unwrap();
    Box::new(move || {
        let prepared = prepared.pop().unwrap();
        drop(black_box(prepared.finish(black_box(signature.as_bytes()), &Nothing).unwrap()));
    })
}

fn issue(request: IssueCertificateRequest) -> Call {
    let issuer = issuer(root());
    Box::new(move || drop(black_box(issuer.issue(black_box(&request)).unwrap())))
}

/// Each request under a token of its own.
fn issue_under_tokens() -> Call {
    let issuer = issuer(root());
    let mut requests: Vec<_> = (0..WARM_CALLS + COUNTED_CALLS)
        .map(|i| request(P256_CSR, "EndEntityCertificate", None, Some(format!("token-{i}"))))
        .collect();
    Box::new(move || {
        let request = requests.pop().unwrap();
        drop(black_box(issuer.issue(black_box(&request)).unwrap()));
    })
}

fn plan_as_text(request: &IssueCertificateRequest) -> Call {
    let prepared = prepared(request);
    Box::new(move || drop(black_box(black_box(prepared.plan()).to_string())))
}

fn plan_as_json(request: &IssueCertificateRequest) -> Call {
    let prepared = prepared(request);
    Box::new(move || drop(black_box(serde_json::to_vec(black_box(prepared.plan())).unwrap())))
}

fn import() -> Call {
    let above = issuer(root());
    let template = "SubordinateCACertificate_PathLen0";
    let (mut authority, certificate) =
        authority(SUBORDINATE, CertificateAuthorityType::Subordinate, template, Some(&above));
    let chain = above.authority().certificate_pem().unwrap().into_bytes();
    Box::new(move || authority.import_certificate(black_box(&certificate), black_box(&chain), &Nothing).unwrap())
}

/// The stages, and how each is set up.
const STAGES: &[(&str, SetUp)] = &[
    ("CSR decode, DER, P-256", || decode(P256_CSR)),
    ("CSR decode, DER, RSA-2048", || decode(RSA_CSR)),
    ("CSR decode, PEM, P-256", || decode(P256_CSR_PEM)),
    ("CSR decode, DER, 32768 octets", || decode(longest_csr())),
    ("proof of possession, P-256", || prove(P256_CSR)),
    ("proof of possession, RSA-2048", || prove(RSA_CSR)),
    ("request from JSON, EndEntityCertificate", || from_json(&small())),
    ("request from JSON, everything given", || from_json(&full())),
    ("request from CBOR, EndEntityCertificate", || from_cbor(&small())),
    ("request from CBOR, everything given", || from_cbor(&full())),
    ("ARN of an authority", || {
        Box::new(|| drop(black_box(black_box(ROOT).parse::<CertificateAuthorityArn>().unwrap())))
    }),
    ("each template by name", || {
        Box::new(|| {
            for template in Template::all() {
                _ = black_box(Template::find(black_box(template.name())).unwrap());
            }
        })
    }),
    ("prepare, EndEntityCertificate", || prepare(small())),
    ("prepare, EndEntityCertificate, policy of ten parts", || prepare_under(small(), ten_parts())),
    ("prepare, APICSRPassthrough, everything given", || prepare(full())),
    ("prepare, APIPassthrough, 150 names", || prepare(with_150_names())),
    ("prepare, APIPassthrough, 150 custom extensions", || prepare(with_150_extensions())),
    ("prepare, CSR of 32768 octets", || prepare(request(&longest_csr(), "EndEntityCertificate", None, None))),
    ("finish, EndEntityCertificate", || finish(&small())),
    ("issue, EndEntityCertificate", || issue(small())),
    ("issue, APICSRPassthrough, everything given", || issue(full())),
    ("issue, EndEntityCertificate, token", || issue_under_tokens()),
    ("issue, EndEntityCertificate, token used before", || {
        issue(request(P256_CSR, "EndEntityCertificate", None, Some("token".to_owned())))
    }),
    ("plan as text, EndEntityCertificate", || plan_as_text(&small())),
    ("plan as text, everything given", || plan_as_text(&full())),
    ("plan as JSON, EndEntityCertificate", || plan_as_json(&small())),
    ("plan as JSON, everything given", || plan_as_json(&full())),
    ("import of a CA certificate and its chain", import),
];

/// What callgrind counts, by the function's name.
#[inline(never)]
fn counted_calls(call: &mut dyn FnMut()) {
    for _ in 0..COUNTED_CALLS {
        call();
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        STAGES.iter().for_each(|(name, _)| println!("{name}"));
        return;
    }
    let given = arguments.iter().find(|argument| !argument.starts_with("--"));
    let stages: BTreeMap<&str, SetUp> = STAGES.iter().copied().collect();
    let chosen: Vec<_> = match given {
        Some(name) => vec![stages[name.as_str()]],
        None => stages.into_values().collect(),
    };
    for set_up in chosen {
        let mut call = set_up();
        (0..WARM_CALLS).for_each(|_| call());
        counted_calls(&mut call);
    }
}
