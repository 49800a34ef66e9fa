//! What a certificate, its authority and an error give to who embeds the crate.

use std::error::Error as _;
use std::io;

use issuance::authority::CertificateAuthorityType;
use issuance::crypto::SignError;
use issuance::ledger::LedgerError;
use issuance::{CertificateAuthority, Csr, Error, IssuanceOptions, Oid, SigningAlgorithm};
use issuance_test_support::ca::{self, CA_KEY, Ca, P384_KEY};
use issuance_test_support::verifiers::AnySignature;

const SUBORDINATE: &str = "SubordinateCACertificate_PathLen0";

#[test]
fn the_full_chain_is_the_certificate_and_then_the_chain() {
    let root = Ca::default().build();
    let lower = ca::subordinate(&root, &*P384_KEY, "Lower", SUBORDINATE, &IssuanceOptions::default(), None);
    let csr = ca::proven_csr("a.example");
    let request = ca::request(&csr, "EndEntityCertificate").signing_algorithm(SigningAlgorithm::Sha384WithEcdsa);
    let prepared = ca::prepare(&lower, &request.build().unwrap(), &IssuanceOptions::default()).unwrap();
    let certificate = prepared.finish(&[0], &AnySignature).unwrap();

    assert_eq!(certificate.as_ref(), certificate.der());
    let full = certificate.fullchain_pem();
    assert_eq!(full, certificate.pem() + &certificate.chain_pem());
    assert_eq!(full.matches("-----BEGIN CERTIFICATE-----\n").count(), 3);
    assert_eq!(full.matches("-----END CERTIFICATE-----\n").count(), 3);
    let chain: Vec<_> = certificate.chain_der().collect();
    assert_eq!(chain, [lower.certificate_der().unwrap(), root.certificate_der().unwrap()]);
}

#[test]
fn an_authority_shows_its_subject_and_key_identifier() {
    let pending = ca::pending(CertificateAuthorityType::Root, "Root");
    let root = Ca::default().build();
    for authority in [&pending, &root] {
        assert_eq!(authority.subject().to_string(), "CN=Root");
        assert_eq!(authority.subject().as_der(), authority.subject_der());
        let names: Vec<_> = authority.subject().values_of(&Oid::COMMON_NAME).map(|name| name.to_string()).collect();
        assert_eq!(names, ["CN=Root"]);
    }
    // That of the key, and what certificates name as the identifier of their issuer.
    assert_eq!(pending.key_identifier(), key_identifier(&pending));
    let csr = ca::proven_csr("a.example");
    let request = ca::request(&csr, "EndEntityCertificate").build().unwrap();
    let prepared = ca::prepare(&root, &request, &IssuanceOptions::default()).unwrap();
    let named = prepared.plan().extensions().find(|extension| extension.oid() == Oid::AUTHORITY_KEY_IDENTIFIER);
    assert!(named.unwrap().value_der().ends_with(root.key_identifier()));
}

/// As a CSR with the key of the authority says it.
fn key_identifier(authority: &CertificateAuthority) -> [u8; 20] {
    let csr = authority.certificate_signing_request(&*CA_KEY, SigningAlgorithm::Sha256WithEcdsa).unwrap();
    Csr::decode(csr.as_bytes()).unwrap().public_key().unwrap().key_identifier()
}

#[test]
fn a_cloned_error_has_its_text_and_its_typed_cause() {
    let cause = || io::Error::from(io::ErrorKind::TimedOut);
    let of_signer = Error::from(SignError::backend("no answer").retryable().caused_by(cause()));
    let of_store = Error::from(LedgerError::new("no answer").retryable().caused_by(cause()));
    for (error, text) in [(of_signer, "the signer failed: no answer"), (of_store, "the ledger failed: no answer")] {
        let clone = error.clone();
        assert_eq!((clone.to_string(), clone.is_retryable()), (text.to_owned(), true));
        let cause = clone.source().and_then(|cause| cause.downcast_ref::<io::Error>()).expect("the cause is typed");
        assert_eq!(cause.kind(), io::ErrorKind::TimedOut);
    }
    assert!(!LedgerError::new("broken").retryable && LedgerError::new("broken").source().is_none());
}
