//! A chain, certificate by certificate: what the library says before it signs, and the certificate that it would have signed.

use issuance::authority::CertificateAuthorityType;
use issuance::issue::Preparation;
use issuance::template::TemplateKind;
use issuance::x509::KeyPolicy;
use issuance::{
    AwsLcSigner, AwsLcVerifier, CertificateAuthority, Csr, Error, IssuanceOptions, IssueCertificateRequest,
    KeyAlgorithm, KeyUsage, SerialNumber, Signer, SigningAlgorithm, Template, Timestamp, Validity,
};
use issuance_test_support::asn1::{
    BIT_STRING, INTEGER, OCTET_STRING, SET, children, content, extension, oid, sequence, tlv,
};
use issuance_test_support::authorities::certificate_pem;
use issuance_test_support::verifiers::AnySignature;
use sha1::{Digest, Sha1};

use super::spec::{self, Level};
use crate::certificates::ARN;
use crate::inputs::{algorithm_identifier, signed};

const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Sha256WithEcdsa;
const CERT_AND_CRL_SIGN: [u8; 4] = [0x03, 0x02, 0x01, 0x06];
const DIGITAL_SIGNATURE: [u8; 4] = [0x03, 0x02, 0x07, 0x80];

/// What the library said first against a chain.
#[derive(Debug)]
pub struct Refusal {
    /// The certificate that it would not prepare, or not issue under; the root is 0.
    pub level: usize,
    pub error: Error,
}

/// A chain and what the library says.
pub struct Chain {
    pub levels: Vec<Level>,
    /// How many of the CAs are not the library's.
    pub foreign: usize,
    /// From the end entity to the root.
    pub path: Vec<Vec<u8>>,
    pub refusal: Option<Refusal>,
}

/// A key for each level, made once.
pub struct Keys(Vec<AwsLcSigner>);

impl Keys {
    pub fn new() -> Keys {
        Keys((0..4).map(|_| AwsLcSigner::generate(KeyAlgorithm::EcPrime256v1).expect("a key")).collect())
    }

    /// One of them given, in PEM.
    pub fn with(position: usize, pem: &str) -> Keys {
        let mut keys = Keys::new();
        keys.0[position] = AwsLcSigner::from_pem(pem).expect("a key");
        keys
    }
}

fn serial(position: usize) -> SerialNumber {
    SerialNumber::from_be_bytes(&[position as u8 + 1]).expect("a serial number")
}

fn time(at: i64) -> Vec<u8> {
    let text = Timestamp::from_unix(at).expect("a time").to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    tlv(0x17, &[format!("{}Z", &digits[2..14])])
}

fn subject_alternative_names(level: &Level) -> Vec<u8> {
    match level.names[..] {
        [] => Vec::new(),
        _ => {
            let names = sequence(&level.names.iter().map(spec::Name::der).collect::<Vec<_>>());
            extension("2.5.29.17", level.subject.is_empty(), &names)
        }
    }
}

fn name_constraints(level: &Level) -> Vec<u8> {
    level.constraints.as_ref().map(|c| extension("2.5.29.30", true, &c.der())).unwrap_or_default()
}

/// The TBSCertificate by hand, with the extensions in the order of R-MRG-8.
fn tbs(levels: &[Level], position: usize, keys: &Keys) -> Vec<u8> {
    let level = &levels[position];
    let above = position.saturating_sub(1);
    let identifier = |at: usize| Sha1::digest(&content(children(keys.0[at].public_key_der())[1])[1..]);
    let usage = if level.ca { CERT_AND_CRL_SIGN } else { DIGITAL_SIGNATURE };
    let authority = match position {
        0 => Vec::new(),
        _ => extension("2.5.29.35", false, &sequence(&[tlv(0x80, &[identifier(above)])])),
    };
    let extensions = sequence(&[
        subject_alternative_names(level),
        extension("2.5.29.19", level.ca, &level.basic_constraints()),
        authority,
        extension("2.5.29.14", false, &tlv(OCTET_STRING, &[identifier(position)])),
        extension("2.5.29.15", true, &usage),
        name_constraints(level),
    ]);
    sequence(&[
        &tlv(0xa0, &[tlv(INTEGER, &[[2]])])[..],
        &tlv(INTEGER, &[serial(position).as_be_bytes()]),
        &algorithm_identifier(ALGORITHM),
        &spec::name(&levels[above].subject),
        &sequence(&[time(level.not_before), time(level.not_after)]),
        &spec::name(&level.subject),
        keys.0[position].public_key_der(),
        &tlv(0xa3, &[extensions]),
    ])
}

/// What the library prepares for the level, everything but the validity given by a CSR and a custom template.
fn prepare(
    authority: &CertificateAuthority,
    level: &Level,
    position: usize,
    keys: &Keys,
    now: Timestamp,
) -> Result<Vec<u8>, Error> {
    let template = if level.ca {
        Template::subordinate_ca("Chain", TemplateKind::CsrPassthrough, level.path_len)
            .and_then(|template| template.with_key_usage(true, KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN))
    } else {
        Template::end_entity("Chain", TemplateKind::CsrPassthrough)
            .and_then(|template| template.with_key_usage(true, KeyUsage::DIGITAL_SIGNATURE))
    };
    let options = IssuanceOptions::default().template(template.expect("a template"));
    let extensions = sequence(&[subject_alternative_names(level), name_constraints(level)]);
    let attributes = match extensions.len() {
        2 => Vec::new(),
        _ => sequence(&[oid("1.2.840.113549.1.9.14"), tlv(SET, &[extensions])]),
    };
    let (version, subject) = (tlv(INTEGER, &[[0]]), spec::name(&level.subject));
    let info = sequence(&[&version, &subject, keys.0[position].public_key_der(), &tlv(0xa0, &[attributes])]);
    let csr = sequence(&[&info, &algorithm_identifier(ALGORITHM), &tlv(BIT_STRING, &[[0, 0]])]);
    let proven = Csr::decode(&csr)?.assume_proven(&KeyPolicy::default())?;
    let request = IssueCertificateRequest::builder()
        .certificate_authority_arn(authority.arn().clone())
        .csr(&csr)
        .signing_algorithm(ALGORITHM)
        .template_arn("arn:aws:acm-pca:::template/Chain/V1")
        .validity(Validity::absolute(level.not_after))
        .validity_not_before(Validity::absolute(level.not_before))
        .build()?;
    let serial = serial(position);
    // The signatures are all made here, so the library need not look at them.
    let preparation =
        Preparation { authority, now, serial, partition: None, verifier: &AnySignature, options: &options };
    Ok(preparation.prepare_proven(&request, &proven)?.tbs_der().to_vec())
}

fn import(position: usize, path: &[Vec<u8>]) -> Result<CertificateAuthority, Error> {
    let authority_type = match position {
        0 => CertificateAuthorityType::Root,
        _ => CertificateAuthorityType::Subordinate,
    };
    let above: String = path[1..].iter().map(|der| certificate_pem(der)).collect();
    CertificateAuthority::builder(ARN.parse().expect("an ARN"), authority_type).build_from_certificate(
        &path[0],
        above.as_bytes(),
        &AwsLcVerifier,
    )
}

fn certificate(tbs: &[u8], position: usize, keys: &Keys) -> Vec<u8> {
    signed(tbs, &keys.0[position.saturating_sub(1)], ALGORITHM)
}

/// The certificates alone, from the end entity to the root, without asking the library.
pub fn path(levels: &[Level], keys: &Keys) -> Vec<Vec<u8>> {
    (0..levels.len()).rev().map(|position| certificate(&tbs(levels, position, keys), position, keys)).collect()
}

/// Builds the chain. The certificates of the foreign CAs, the root at least, are made by hand, and the library imports the last
/// of them with its chain; from there on it is asked until it refuses.
///
/// # Panics
/// When the library prepares other octets than those made by hand.
pub fn build(levels: Vec<Level>, foreign: usize, keys: &Keys, now: Timestamp) -> Chain {
    let mut path: Vec<Vec<u8>> = Vec::new();
    let mut authority: Option<CertificateAuthority> = None;
    let mut refusal = None;
    for (position, level) in levels.iter().enumerate() {
        let tbs = tbs(&levels, position, keys);
        if let (Some(authority), None) = (&authority, &refusal) {
            match prepare(authority, level, position, keys, now) {
                Ok(prepared) => assert_eq!(prepared, tbs, "the library prepares something else: {levels:#?}"),
                Err(error) => refusal = Some(Refusal { level: position, error }),
            }
        }
        path.insert(0, certificate(&tbs, position, keys));
        if level.ca && position + 1 >= foreign && refusal.is_none() {
            match import(position, &path) {
                Ok(imported) => authority = Some(imported),
                Err(error) => refusal = Some(Refusal { level: position, error }),
            }
        }
    }
    Chain { levels, foreign, path, refusal }
}
