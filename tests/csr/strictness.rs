//! Certification requests: what the strict policy refuses, what passes byte for byte, and what proves possession (R-CSR).

mod damage;
mod form;
mod proof;

use issuance::Signer;
use issuance::csr::{CsrError, CsrPolicy};
use issuance::x509::{Asn1Error, Asn1ErrorKind, KeyPolicy};
use issuance::{Csr, RustCryptoVerifier};
use issuance_test_support::ca::LEAF_KEY;
use issuance_test_support::der::CsrParts;

fn parts() -> CsrParts {
    CsrParts::new(LEAF_KEY.public_key_der())
}

fn refusal(der: &[u8]) -> CsrError {
    Csr::decode_with(der, CsrPolicy::Strict).expect_err("this must be refused")
}

/// The element and the kind of fault.
#[track_caller]
fn malformed(der: &[u8]) -> (&'static str, Asn1ErrorKind) {
    match refusal(der) {
        CsrError::Malformed { element, error: Asn1Error { kind, .. } } => (element, kind),
        other => panic!("{other}"),
    }
}

/// The element, and the text of a fault in content.
#[track_caller]
fn content_fault(der: &[u8]) -> (&'static str, &'static str) {
    match malformed(der) {
        (element, Asn1ErrorKind::Content(text)) => (element, text),
        (element, other) => panic!("{element}: {other}"),
    }
}

fn prove(der: &[u8]) -> Result<(), CsrError> {
    Csr::decode(der)?.prove(&KeyPolicy::default(), &RustCryptoVerifier).map(drop)
}
