//! A ceremony with the key on another machine: the file goes there, the signature comes back, everything is checked again.

use issuance::authority::CertificateAuthorityType;
use issuance::issue::{FixedClock, PreparedFile, PreparedFileError};
use issuance::{
    AwsException, CertificateAuthority, Error, IssuanceOptions, IssueCertificateRequest, OfflineIssuer,
    RustCryptoSigner, RustCryptoVerifier, Signer, SigningAlgorithm, Subject, Timestamp, Validity,
};

const ARN: &str = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Sha384WithEcdsa;

fn key() -> RustCryptoSigner {
    let path = format!("{}/tests/data/keys/ec-p384.pem", env!("CARGO_MANIFEST_DIR"));
    RustCryptoSigner::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn pending() -> CertificateAuthority {
    let subject = Subject::builder().common_name("offline root").build().unwrap();
    let builder = CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Root);
    builder.build(&subject, key().public_key_der()).unwrap()
}

fn issuer(options: IssuanceOptions) -> OfflineIssuer {
    let clock = FixedClock(Timestamp::from_utc(2026, 11, 21, 12, 0, 0).unwrap());
    OfflineIssuer::builder(pending()).clock(clock).options(options).build()
}

fn request() -> IssueCertificateRequest {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(pending().certificate_signing_request(&key(), ALGORITHM).unwrap())
        .signing_algorithm(ALGORITHM)
        .template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1")
        .validity(Validity::years(20))
        .build()
        .unwrap()
}

fn file() -> String {
    issuer(IssuanceOptions::default()).prepare_file(&request()).unwrap().to_json()
}

#[test]
fn there_and_back() {
    let file = file();
    // On the machine with the key.
    let received = PreparedFile::from_json(file.as_bytes()).unwrap();
    assert!(received.plan_text().contains("CN=offline root"), "{}", received.plan_text());
    let signature = key().sign(received.algorithm(), received.tbs_der()).unwrap();
    // Back here, later, by another issuer of the same authority.
    let back = PreparedFile::from_json(file.as_bytes()).unwrap();
    let prepared = issuer(IssuanceOptions::default()).resume(&back).unwrap();
    let certificate = prepared.finish(signature.as_bytes(), &RustCryptoVerifier).unwrap();
    let mut root = pending();
    root.import_certificate(certificate.der(), b"", &RustCryptoVerifier).unwrap();
    assert!(certificate.der().windows(received.tbs_der().len()).any(|octets| octets == received.tbs_der()));
}

#[test]
fn a_file_reads_back_equal() {
    let file = file();
    let read = PreparedFile::from_json(file.as_bytes()).unwrap();
    assert_eq!(read.to_json(), file);
    // Also with lines of a plan that no plan has.
    for plan in [r#"["a\r", ""]"#, r#"["a", "", ""]"#, r#"["a\nb\r\n"]"#, "[]"] {
        let (before, _) = file.split_once("\"plan\": [").unwrap();
        let odd = PreparedFile::from_json(format!("{before}\"plan\": {plan}}}").as_bytes()).unwrap();
        assert_eq!(PreparedFile::from_json(odd.to_json().as_bytes()), Ok(odd), "{plan}");
    }
}

#[test]
fn a_signature_over_something_else_is_no_certificate() {
    let back = PreparedFile::from_json(file().as_bytes()).unwrap();
    let signature = key().sign(ALGORITHM, b"another file").unwrap();
    let error =
        issuer(IssuanceOptions::default()).resume(&back).unwrap().finish(signature.as_bytes(), &RustCryptoVerifier);
    assert!(matches!(error, Err(Error::Signature(_))));
}

#[test]
fn what_is_shown_at_the_key_is_what_is_signed() {
    let honest = file();
    let shown = PreparedFile::from_json(honest.as_bytes()).unwrap().tbs_text();
    for text in ["CN=offline root", "basicConstraints 2.5.29.19 critical", "CA:TRUE", "2046-11-21T12:00:00Z"] {
        assert!(shown.contains(text), "{shown}");
    }
    // Somebody on the way puts other octets under the same plan.
    let other = IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(pending().certificate_signing_request(&key(), ALGORITHM).unwrap())
        .signing_algorithm(ALGORITHM)
        .template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1")
        .validity(Validity::years(80))
        .build()
        .unwrap();
    let other = issuer(IssuanceOptions::default()).prepare_file(&other).unwrap().to_json();
    let mut swapped: serde_json::Value = serde_json::from_str(&honest).unwrap();
    let other: serde_json::Value = serde_json::from_str(&other).unwrap();
    for member in ["to_be_signed", "to_be_signed_sha256"] {
        swapped[member] = other[member].clone();
    }
    let swapped = PreparedFile::from_json(swapped.to_string().as_bytes()).unwrap();
    assert!(swapped.plan_text().contains("2046-11-21T12:00:00Z"), "{}", swapped.plan_text());
    let shown = swapped.tbs_text();
    assert!(shown.contains("2106-11-21T12:00:00Z") && !shown.contains("2046-11-21"), "{shown}");
    assert!(shown.contains(other["to_be_signed_sha256"].as_str().unwrap()), "{shown}");
    assert!(matches!(issuer(IssuanceOptions::default()).resume(&swapped), Err(Error::PreparationChanged)));
}

#[test]
fn octets_that_are_no_tbs_certificate_are_refused() {
    let mut file: serde_json::Value = serde_json::from_str(&file()).unwrap();
    file["to_be_signed"] = "MAA=".into();
    file["to_be_signed_sha256"] = "e4f60d0aa6d7f3d3b6a6494b1c861b99f649c6f9ec51abaf201b20f297327c95".into();
    let error = PreparedFile::from_json(file.to_string().as_bytes()).unwrap_err();
    assert!(error.to_string().contains("to_be_signed is not a TBSCertificate"), "{error}");
}

#[test]
fn bytes_that_break_a_rule_of_certificates_are_refused() {
    // The bytes name the algorithm that they were prepared for.
    let other = file().replace("\"SHA384WITHECDSA\"", "\"SHA256WITHECDSA\"");
    let error = PreparedFile::from_json(other.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("the signature field is not the algorithm that signs"), "{error}");
}

#[test]
fn a_file_for_an_rsa_key_reads_back() {
    let path = format!("{}/tests/data/keys/rsa-2048.pem", env!("CARGO_MANIFEST_DIR"));
    let key = RustCryptoSigner::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap();
    let name = Subject::builder().common_name("offline root").build().unwrap();
    let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(20)).unwrap();
    let issuer = OfflineIssuer::new(root);
    let csr = pending().certificate_signing_request(&self::key(), ALGORITHM).unwrap();
    let file = issuer.prepare_file(&issuer.request(csr).validity(Validity::days(1)).build().unwrap()).unwrap();
    assert_eq!(PreparedFile::from_json(file.to_json().as_bytes()).unwrap(), file);
}

#[test]
fn other_formats_and_versions_are_named() {
    for (from, to) in [("\"version\": 1", "\"version\": 2"), ("issuance prepared", "somebody's prepared")] {
        let error = PreparedFile::from_json(file().replace(from, to).as_bytes()).unwrap_err();
        assert!(matches!(error, PreparedFileError::Version { .. }), "{error}");
    }
    for wrong in [String::new(), "[]".to_owned(), file().replace("\"plan\"", "\"plans\"")] {
        assert!(matches!(PreparedFile::from_json(wrong.as_bytes()), Err(PreparedFileError::Form(_))), "{wrong}");
    }
}

#[test]
fn a_file_that_is_too_long_is_not_read() {
    let mut padded = file().into_bytes();
    padded.resize(PreparedFile::MAX_JSON_LEN, b' ');
    assert!(PreparedFile::from_json(&padded).is_ok());
    padded.push(b' ');
    let error = PreparedFile::from_json(&padded).unwrap_err();
    assert_eq!(error, PreparedFileError::TooLong(PreparedFile::MAX_JSON_LEN + 1));
    assert_eq!(error.to_string(), "the file has 16777217 bytes; at most 16777216 are read");
}

#[test]
fn damaged_octets_are_noticed() {
    let file = file();
    let start = file.find("\"to_be_signed\": \"").unwrap() + 60;
    let mut damaged = file.clone().into_bytes();
    damaged[start] = if damaged[start] == b'A' { b'B' } else { b'A' };
    assert_eq!(PreparedFile::from_json(&damaged), Err(PreparedFileError::Digest));
}

#[test]
fn what_does_not_come_out_again_is_refused() {
    // The time, the serial number or the request is another one: the octets would be others than those that were signed.
    let file = file();
    let value = |name: &str| {
        let start = file.find(&format!("\"{name}\": ")).unwrap() + name.len() + 4;
        file[start..].split(',').next().unwrap().to_owned()
    };
    for (name, other) in [("issued_at", "1795262401".to_owned()), ("serial_number", "\"7\"".to_owned())] {
        let changed = file.replace(&value(name), &other);
        assert_ne!(changed, file);
        let changed = PreparedFile::from_json(changed.as_bytes()).unwrap();
        let error = issuer(IssuanceOptions::default()).resume(&changed).unwrap_err();
        assert!(matches!(error, Error::PreparationChanged), "{name}: {error}");
        assert_eq!(error.aws_exception(), AwsException::InternalFailure);
    }
    // What the options refuse now is refused, too.
    let back = PreparedFile::from_json(file.as_bytes()).unwrap();
    let error = issuer(IssuanceOptions::default().strict(true)).resume(&back).unwrap_err();
    assert!(matches!(error, Error::Suppressed(_)), "{error}");
}
