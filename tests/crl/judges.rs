//! OpenSSL and pyca as judges of lists.

use std::path::Path;
use std::process::{Command, Output};

use issuance::authority::CrlPartition;
use issuance::crl::{CrlPreparation, CrlScope};
use issuance::issue::FixedClock;
use issuance::{
    CertificateAuthority, IssuedCertificate, Issuer, KeyAlgorithm, RustCryptoSigner, Signer, SigningAlgorithm, Subject,
    Validity,
};
use issuance_test_support::authorities::{Authority, now};
use issuance_test_support::keys;
use issuance_test_support::openssl::{Scratch, openssl_is_there};

use crate::setup::{DAY, after, revoked, signed, with_lists};

pub(crate) fn is_there(there: bool, judge: &str) -> bool {
    if !there {
        assert!(std::env::var_os("ISSUANCE_REQUIRE_JUDGES").is_none(), "there is no {judge}");
        eprintln!("SKIPPED: there is no {judge}");
    }
    there
}

fn openssl(arguments: &[&str], files: &[&Path]) -> Output {
    Command::new("openssl").args(arguments).args(files).output().unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

/// Every key that OpenSSL 3.0 knows, with every algorithm that it signs with.
fn algorithms() -> impl Iterator<Item = (&'static str, SigningAlgorithm)> {
    let keys = ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096"];
    keys.into_iter().flat_map(|name| {
        let signing = keys::signer(name).key_algorithm().signing_algorithms();
        signing.iter().map(move |algorithm| (name, *algorithm))
    })
}

#[test]
fn r_rev_1_openssl_verifies_lists_of_every_algorithm() {
    if !is_there(openssl_is_there(), "openssl") {
        return;
    }
    let scratch = Scratch::new("crl-algorithms");
    for (key, algorithm) in algorithms() {
        let root = Authority::pending_root_with(key, algorithm).with_own_certificate();
        let list = CrlPreparation::new(&root.ca, now()).signing_algorithm(algorithm);
        let list = signed(&root, list, &[revoked(1), revoked(0x8000)]);
        let ca = scratch.write("ca.pem", root.ca.certificate_pem().unwrap().as_bytes());
        let crl = scratch.write("list.crl", list.der());
        let arguments = ["crl", "-inform", "DER", "-noout", "-text", "-verify", "-CAfile"];
        let output = openssl(&arguments, &[&ca, Path::new("-in"), &crl]);
        assert!(output.status.success() && said(&output).contains("verify OK"), "{algorithm}: {}", said(&output));
        assert!(said(&output).contains("Serial Number: 8000"), "{}", said(&output));
        // With one bit of the signature changed it does not.
        let mut forged = list.der().to_vec();
        *forged.last_mut().unwrap() ^= 1;
        let crl = scratch.write("forged.crl", &forged);
        let output = openssl(&arguments, &[&ca, Path::new("-in"), &crl]);
        assert!(!said(&output).contains("verify OK"), "{algorithm}: {}", said(&output));
    }
}

pub(crate) fn issuer(ca: &CertificateAuthority, root: &Authority) -> Issuer {
    Issuer::builder(ca.clone(), std::sync::Arc::clone(&root.signer)).clock(FixedClock(now())).build().unwrap()
}

pub(crate) fn leaf(
    issuer: &Issuer,
    ca: &CertificateAuthority,
    key: &RustCryptoSigner,
    name: &str,
) -> IssuedCertificate {
    let subject = Subject::builder().common_name(name).build().unwrap();
    let csr =
        CertificateAuthority::builder(ca.arn().clone(), issuance::authority::CertificateAuthorityType::Subordinate)
            .build(&subject, key.public_key_der())
            .unwrap()
            .certificate_signing_request(key, key.key_algorithm().default_signing_algorithm())
            .unwrap();
    let request = issuer.request(csr.as_bytes()).validity(Validity::days(90)).build().unwrap();
    (*issuer.issue(&request).unwrap()).clone()
}

fn entry(certificate: &IssuedCertificate) -> issuance::crl::RevokedEntry {
    let reason = issuance::x509::RevocationReason::KeyCompromise;
    issuance::crl::RevokedEntry::new(certificate.serial(), now(), reason, after(90 * DAY))
}

#[test]
fn r_rev_2_openssl_refuses_the_revoked_certificate_alone() {
    if !is_there(openssl_is_there(), "openssl") {
        return;
    }
    let scratch = Scratch::new("crl-check");
    let root = Authority::root();
    let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap();
    let ca_file = scratch.write("ca.pem", root.ca.certificate_pem().unwrap().as_bytes());
    let time = after(60).unix().to_string();
    let check = |certificate: &IssuedCertificate, crl: &str, seconds: &str| {
        let certificate = scratch.write("leaf.pem", certificate.pem().as_bytes());
        let crl = scratch.write("list.pem", crl.as_bytes());
        let arguments = ["verify", "-crl_check", "-attime", seconds, "-CAfile"];
        let extended = [&ca_file, Path::new("-CRLfile"), &crl, Path::new("-extended_crl"), &certificate];
        said(&openssl(&arguments, &extended))
    };
    let complete = with_lists(&root, false);
    let by = issuer(&complete, &root);
    let [good, bad] = ["good", "bad"].map(|name| leaf(&by, &complete, &key, name));
    let crl = signed(&root, CrlPreparation::new(&complete, now()), &[entry(&bad)]).pem();
    assert!(check(&good, &crl, &time).ends_with("leaf.pem: OK\n"), "{}", check(&good, &crl, &time));
    assert!(check(&bad, &crl, &time).contains("certificate revoked"), "{}", check(&bad, &crl, &time));
    let stale = after(4 * DAY).unix().to_string();
    assert!(check(&good, &crl, &stale).contains("CRL has expired"), "{}", check(&good, &crl, &stale));

    // Two certificates that follow each other are in different partitions.
    let partitioned = with_lists(&root, true);
    let by = issuer(&partitioned, &root);
    let pair: Vec<(CrlPartition, IssuedCertificate)> = (0..2)
        .map(|_| leaf(&by, &partitioned, &key, "partitioned"))
        .map(|certificate| (certificate.crl_partition().unwrap(), certificate))
        .collect();
    assert_ne!(pair[0].0, pair[1].0);
    for (place, (partition, certificate)) in pair.iter().enumerate() {
        let list = CrlPreparation::new(&partitioned, now()).scope(CrlScope::Partition(*partition));
        let empty = signed(&root, list, &[]).pem();
        assert!(check(certificate, &empty, &time).ends_with("leaf.pem: OK\n"), "{}", check(certificate, &empty, &time));
        let with = signed(&root, list, &[entry(certificate).in_partition(*partition)]).pem();
        let said = check(certificate, &with, &time);
        assert!(said.contains("certificate revoked"), "{said}");
        // The list of the other partition says nothing of it.
        let said = check(&pair[1 - place].1, &with, &time);
        assert!(said.contains("unable to get certificate CRL") || said.contains("different CRL scope"), "{said}");
    }
}

const PYCA: &str = r#"
import sys
from cryptography import x509
ca = x509.load_der_x509_certificate(open(sys.argv[1], "rb").read())
crl = x509.load_der_x509_crl(open(sys.argv[2], "rb").read())
assert crl.is_signature_valid(ca.public_key())
assert crl.issuer == ca.subject
assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1
aki = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
ski = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
assert aki.key_identifier == ski.digest
entry = crl.get_revoked_certificate_by_serial_number(0x8000)
assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise
assert len(crl.get_revoked_certificate_by_serial_number(1).extensions) == 0
assert crl.get_revoked_certificate_by_serial_number(2) is None
print("read", len(list(crl)))
"#;

#[test]
fn pyca_reads_lists_and_finds_entries() {
    let there = Command::new("python3").args(["-c", "import cryptography"]).output();
    if !is_there(there.is_ok_and(|output| output.status.success()), "pyca/cryptography") {
        return;
    }
    let scratch = Scratch::new("crl-pyca");
    let root = Authority::root();
    let reason = issuance::x509::RevocationReason::KeyCompromise;
    let wide = issuance::crl::RevokedEntry::new(crate::setup::serial(0x8000), now(), reason, after(DAY));
    let list = signed(&root, CrlPreparation::new(&root.ca, now()), &[revoked(1), wide]);
    let ca = scratch.write("ca.der", root.ca.certificate_der().unwrap());
    let crl = scratch.write("list.crl", list.der());
    let output = Command::new("python3").args(["-c", PYCA]).args([ca, crl]).output().unwrap();
    assert!(said(&output).contains("read 2"), "{}", said(&output));
}
