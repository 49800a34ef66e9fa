//! What the reader takes and refuses.

use issuance::crl::{Crl, CrlPreparation, CrlReadError};
use issuance_test_support::authorities::{Authority, now};

use crate::setup::{revoked, signed};

#[test]
fn every_damaged_byte_is_refused_or_breaks_the_signature() {
    let root = Authority::root();
    let list = signed(&root, CrlPreparation::new(&root.ca, now()), &[revoked(1), revoked(300)]);
    let mut read = 0;
    for place in 0..list.der().len() {
        let mut damaged = list.der().to_vec();
        damaged[place] ^= 0x01;
        if let Ok(crl) = Crl::from_der(&damaged) {
            read += 1;
            assert!(crl.verify(root.ca.public_key_der(), &issuance::RustCryptoVerifier).is_err(), "byte {place}");
        }
    }
    assert!(read > 50, "only {read} could be read");
    for end in 0..list.der().len() {
        assert!(Crl::from_der(&list.der()[..end]).is_err(), "{end} bytes");
    }
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    assert!(content.len() < 0x80 || content.len() < 0x100);
    match content.len() {
        length @ 0..0x80 => [&[tag, length as u8], content].concat(),
        length => [&[tag, 0x81, length as u8], content].concat(),
    }
}

/// A list of ECDSA with SHA-256 with these entries and extensions, without a good signature.
fn list(entries: &[u8], extensions: &[u8]) -> Vec<u8> {
    let algorithm = issuance::SigningAlgorithm::Sha256WithEcdsa.algorithm_identifier();
    let name = tlv(0x30, &tlv(0x31, &tlv(0x30, &[&tlv(6, &[0x55, 4, 3])[..], &tlv(0x0c, b"CA")].concat())));
    let mut tbs = [&[2, 1, 1][..], algorithm, &name, &tlv(0x17, b"260102030405Z")].concat();
    if !entries.is_empty() {
        tbs.extend(tlv(0x30, entries));
    }
    tbs.extend(tlv(0xa0, &tlv(0x30, extensions)));
    tlv(0x30, &[&tlv(0x30, &tbs)[..], algorithm, &tlv(3, &[0, 0x30, 0])].concat())
}

fn extension(last: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(1, &[0xff]) } else { Vec::new() };
    tlv(0x30, &[tlv(6, &[0x55, 0x1d, last]), critical, tlv(4, value)].concat())
}

fn entry(extensions: &[u8]) -> Vec<u8> {
    let extensions = if extensions.is_empty() { Vec::new() } else { tlv(0x30, extensions) };
    tlv(0x30, &[tlv(2, &[5]), tlv(0x17, b"260101000000Z"), extensions].concat())
}

#[test]
fn foreign_forms_are_named() {
    let number = extension(20, false, &[2, 1, 7]);
    let text = |der: &[u8]| Crl::from_der(der).unwrap_err().to_string();
    assert!(Crl::from_der(&list(&entry(&[]), &number)).is_ok());
    assert!(text(&list(&entry(&[]), &extension(27, true, &[2, 1, 7]))).contains("delta CRL"));
    assert!(text(&list(&entry(&extension(29, true, &[0x30, 0])), &number)).contains("indirect"));
    assert!(text(&list(&entry(&extension(99, true, &[5, 0])), &number)).contains("critical extension of an entry"));
    assert!(Crl::from_der(&list(&entry(&extension(24, false, b"\x18\x0f20260101000000Z")), &number)).is_ok());
    assert!(text(&list(&[], &extension(99, true, &[5, 0]))).contains("critical extension that is not known"));
    assert!(Crl::from_der(&list(&[], &extension(99, false, &[5, 0]))).is_ok());
    assert!(text(&list(&[], &[&number[..], &number].concat())).contains("stands twice"));
    assert!(text(&list(&entry(&extension(21, false, &[10, 1, 7])), &number)).contains("reasonCode"));
    let hold = list(&entry(&extension(21, false, &[10, 1, 6])), &number);
    let hold = Crl::from_der(&hold).unwrap().entries().next().unwrap();
    assert_eq!((hold.reason_code(), hold.reason()), (6, None));
    let trailing = [list(&[], &number), vec![0]].concat();
    assert!(matches!(Crl::from_der(&trailing), Err(CrlReadError::Malformed { element: "CertificateList", .. })));
}
