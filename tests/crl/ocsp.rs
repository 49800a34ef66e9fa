//! R-REV-4 and R-REV-5: answers, who may give them, and OpenSSL and pyca as their judges.

use std::path::Path;
use std::process::Command;

use issuance::ocsp::{
    CertificateStatus, OcspError, OcspErrorStatus, OcspHash, OcspRequest, OcspRequestError, OcspResponder,
};
use issuance::x509::RevocationReason;
use issuance::{KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, SerialNumber, Signer, Timestamp, Validity};
use issuance_test_support::authorities::{Authority, now};
use issuance_test_support::openssl::{Scratch, openssl_is_there};

use crate::judges::{is_there, issuer, leaf, said};
use crate::setup::{after, serial};

fn key() -> RustCryptoSigner {
    RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap()
}

/// A certificate of this template for the key.
fn certified(root: &Authority, key: &RustCryptoSigner, template: &str) -> Vec<u8> {
    let subject = issuance::Subject::builder().common_name("Responder").build().unwrap();
    let ca = issuance::authority::CertificateAuthorityType::Subordinate;
    let waiting = issuance::CertificateAuthority::builder(root.ca.arn().clone(), ca);
    let waiting = waiting.build(&subject, key.public_key_der()).unwrap();
    let csr = waiting.certificate_signing_request(key, key.key_algorithm().default_signing_algorithm()).unwrap();
    root.issue(template, csr, Validity::years(5).build().unwrap())
}

#[test]
fn r_rev_4_a_responder_that_is_not_entitled_is_refused() {
    let root = Authority::root();
    let sub = Authority::subordinate(&root);
    let responder = key();
    let good = certified(&root, &responder, "OCSPSigningCertificate");
    let delegated = |ca, certificate: &[u8]| OcspResponder::delegated(ca, certificate, &RustCryptoVerifier);
    assert!(delegated(&root.ca, &good).is_ok());
    let reason = |ca, certificate: &[u8]| delegated(ca, certificate).unwrap_err().to_string();
    assert!(reason(&sub.ca, &good).contains("issued by another"));
    let server = certified(&root, &responder, "EndEntityServerAuthCertificate");
    assert!(reason(&root.ca, &server).contains("without id-kp-OCSPSigning"));
    let other = certified(&root, &responder, "SubordinateCACertificate_PathLen0");
    assert!(reason(&root.ca, &other).contains("no extKeyUsage"));
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert!(matches!(delegated(&root.ca, &forged), Err(OcspError::CertificateSignature(_))));
    let pending = Authority::pending_root();
    assert!(matches!(delegated(&pending.ca, &good), Err(OcspError::NoCertificate)));

    let entitled = delegated(&root.ca, &good).unwrap();
    let ahead = |now| entitled.prepare_ahead(OcspHash::Sha1, serial(1), now, CertificateStatus::Good);
    let error = ahead(now()).unwrap().sign(&root.signer, &RustCryptoVerifier).unwrap_err();
    assert!(matches!(error, OcspError::SignerKey), "{error}");
    assert!(ahead(now()).unwrap().sign(&responder, &RustCryptoVerifier).is_ok());
    assert!(matches!(ahead(after(6 * 366 * 86_400)), Err(OcspError::Outside { .. })));
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    match content.len() {
        length @ 0..0x80 => [&[tag, length as u8], content].concat(),
        length => [&[tag, 0x82, (length >> 8) as u8, length as u8], content].concat(),
    }
}

fn request(ids: usize, nonce: Option<usize>) -> Vec<u8> {
    let algorithm = tlv(0x30, &tlv(6, &[0x2b, 0x0e, 3, 2, 0x1a]));
    let id = [algorithm, tlv(4, &[1; 20]), tlv(4, &[2; 20]), tlv(2, &[5])].concat();
    let list = tlv(0x30, &tlv(0x30, &tlv(0x30, &id)).repeat(ids));
    // Lengths of 128 to 255 have one byte in DER: the nonce of 128 is written by hand.
    let short = |tag: u8, content: Vec<u8>| match content.len() {
        length @ 0x80..0x100 => [&[tag, 0x81, length as u8], &content[..]].concat(),
        _ => tlv(tag, &content),
    };
    let nonce = nonce.map_or_else(Vec::new, |length| {
        let value = short(4, short(4, vec![7; length]));
        let oid = tlv(6, &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2]);
        short(0xa2, short(0x30, short(0x30, [oid, value].concat())))
    });
    short(0x30, short(0x30, [list, nonce].concat()))
}

#[test]
fn r_rev_5_requests_cost_bounded_work() {
    let read = |der: &[u8]| OcspRequest::from_der(der).map(|request| request.certificates());
    assert_eq!(read(&request(1, None)), Ok(1));
    assert_eq!(read(&request(100, None)), Ok(100));
    assert_eq!(read(&request(101, None)), Err(OcspRequestError::Certificates));
    assert_eq!(read(&request(0, None)), Err(OcspRequestError::Certificates));
    for (length, expected) in [(1, Ok(1)), (128, Ok(1)), (0, Err(0)), (129, Err(129))] {
        assert_eq!(read(&request(1, Some(length))), expected.map_err(OcspRequestError::Nonce), "{length}");
    }
    let long = vec![0x30; OcspRequest::MAX_BYTES + 1];
    assert_eq!(read(&long), Err(OcspRequestError::TooLong(long.len())));
    let root = Authority::root();
    assert!(!OcspRequest::from_der(&request(1, None)).unwrap().asks_for(&root.ca));
    let whole = request(2, Some(16));
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).is_err());
    }
    assert_eq!(OcspErrorStatus::Unauthorized.response_der(), [0x30, 3, 10, 1, 6]);
}

/// The present: `openssl ocsp` has no other.
fn present() -> Timestamp {
    Timestamp::from(std::time::SystemTime::now())
}

#[test]
fn r_rev_4_openssl_takes_answers() {
    if !is_there(openssl_is_there(), "openssl") {
        return;
    }
    let scratch = Scratch::new("ocsp");
    let root = Authority::root();
    let by = issuer(&root.ca, &root);
    let [good, bad, unknown] = ["good", "bad", "unknown"].map(|name| leaf(&by, &root.ca, &key(), name));
    let ca = scratch.write("ca.pem", root.ca.certificate_pem().unwrap().as_bytes());
    let certificates = [&good, &bad, &unknown].map(|certificate| {
        scratch.write(&format!("{}.pem", certificate.serial().to_hex()), certificate.pem().as_bytes())
    });
    let status = |serial: SerialNumber| match serial {
        serial if serial == good.serial() => CertificateStatus::Good,
        serial if serial == bad.serial() => {
            CertificateStatus::Revoked { at: now(), reason: RevocationReason::KeyCompromise }
        }
        _ => CertificateStatus::Unknown,
    };
    let delegate = key();
    let delegate_der = certified(&root, &delegate, "OCSPSigningCertificate");
    let own = OcspResponder::of_authority(&root.ca).unwrap();
    let delegated = OcspResponder::delegated(&root.ca, &delegate_der, &RustCryptoVerifier).unwrap();
    let signers: [(&OcspResponder<'_>, &RustCryptoSigner); 2] = [(&own, &root.signer), (&delegated, &delegate)];
    let run = |hash: &str, switches: &[&str], arguments: &[&str], files: &[&Path]| {
        let mut command = Command::new("openssl");
        command.args(["ocsp", hash, "-issuer"]).arg(&ca);
        for certificate in &certificates {
            command.arg("-cert").arg(certificate);
        }
        command.args(switches);
        for (argument, file) in arguments.iter().zip(files) {
            command.arg(argument).arg(file);
        }
        said(&command.output().unwrap())
    };
    let with_request = |asked: &Path, answer: &Path| {
        let mut command = Command::new("openssl");
        command.args(["ocsp", "-issuer"]).arg(&ca).arg("-reqin").arg(asked).arg("-respin").arg(answer);
        said(&command.arg("-CAfile").arg(&ca).output().unwrap())
    };
    for (responder, signer) in signers {
        for hash in ["-sha1", "-sha256"] {
            let asked = scratch.write("request.der", b"");
            run(hash, &[], &["-reqout"], &[&asked]);
            let body = std::fs::read(&asked).unwrap();
            let read = OcspRequest::from_der(&body).unwrap();
            assert_eq!((read.certificates(), read.nonce().map(<[u8]>::len)), (3, Some(16)));
            assert!(read.asks_for(&root.ca));
            let answer = responder.prepare(&read, present(), status).unwrap();
            let answer = answer.sign(signer, &RustCryptoVerifier).unwrap();
            let file = scratch.write("answer.der", &answer);
            // With the request itself OpenSSL compares the nonces; with certificates it shows what is said of them.
            let whole = with_request(&asked, &file);
            assert!(whole.contains("Response verify OK") && !whole.contains("once"), "{whole}");
            let said = run(hash, &["-no_nonce"], &["-respin", "-CAfile"], &[&file, &ca]);
            assert!(said.contains("Response verify OK"), "{said}");
            for part in [": good", ": revoked", "keyCompromise", ": unknown"] {
                assert!(said.contains(part), "{part}: {said}");
            }
            let mut forged = answer;
            let place = forged.len() / 3;
            forged[place] ^= 1;
            let file = scratch.write("forged.der", &forged);
            let said = with_request(&asked, &file);
            assert!(!said.contains("Response verify OK"), "{said}");
        }
    }
    // An authority that is not the issuer knows nothing.
    let sub = Authority::subordinate(&root);
    let asked = scratch.write("request.der", b"");
    run("-sha1", &[], &["-reqout"], &[&asked]);
    let body = std::fs::read(&asked).unwrap();
    let mut asked_for = 0;
    let other = OcspResponder::of_authority(&sub.ca).unwrap();
    let prepared = other.prepare(&OcspRequest::from_der(&body).unwrap(), now(), |_| {
        asked_for += 1;
        CertificateStatus::Good
    });
    assert!(prepared.is_ok() && asked_for == 0);
}

const PYCA: &str = r#"
import sys
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.hazmat.primitives.asymmetric import ec
answer = ocsp.load_der_ocsp_response(open(sys.argv[1], "rb").read())
ca = x509.load_der_x509_certificate(open(sys.argv[2], "rb").read())
assert answer.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL
assert answer.certificate_status == ocsp.OCSPCertStatus.REVOKED
assert answer.revocation_reason == x509.ReasonFlags.superseded
assert answer.serial_number == 0x8001
assert answer.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(ca.public_key()).digest
ca.public_key().verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(answer.signature_hash_algorithm))
assert (answer.next_update_utc - answer.this_update_utc).total_seconds() == 600
print("read")
"#;

#[test]
fn r_rev_4_pyca_reads_an_answer_made_ahead() {
    let there = Command::new("python3").args(["-c", "import cryptography"]).output();
    if !is_there(there.is_ok_and(|output| output.status.success()), "pyca/cryptography") {
        return;
    }
    let scratch = Scratch::new("ocsp-pyca");
    let root = Authority::root();
    let responder = OcspResponder::of_authority(&root.ca).unwrap().seconds(600);
    let status = CertificateStatus::Revoked { at: now(), reason: RevocationReason::Superseded };
    for hash in [OcspHash::Sha1, OcspHash::Sha256] {
        let answer = responder.prepare_ahead(hash, serial(0x8001), now(), status).unwrap();
        let answer = scratch.write("answer.der", &answer.sign(&root.signer, &RustCryptoVerifier).unwrap());
        let ca = scratch.write("ca.der", root.ca.certificate_der().unwrap());
        let output = Command::new("python3").args(["-c", PYCA]).args([answer, ca]).output().unwrap();
        assert!(said(&output).contains("read"), "{}", said(&output));
    }
}
