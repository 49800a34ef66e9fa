//! Certification requests put together in the test.

use crate::asn1::{BIT_STRING, INTEGER, OCTET_STRING, SET, oid, sequence, tlv};

const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";

/// The content of the attributes element that asks for these extensions.
pub fn extension_request(extensions: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[oid(EXTENSION_REQUEST), tlv(SET, &[sequence(extensions)])])
}

fn info(subject: &[u8], public_key: &[u8], attributes: &[u8]) -> Vec<u8> {
    sequence(&[&tlv(INTEGER, &[[0]]), subject, public_key, &tlv(0xa0, &[attributes])])
}

/// A request with a signature that proves nothing.
pub fn unproven(subject: &[u8], public_key: &[u8], attributes: &[u8]) -> Vec<u8> {
    with_any_signature(&info(subject, public_key, attributes))
}

/// A request around its CertificationRequestInfo, with a signature that proves nothing.
pub fn with_any_signature(info: &[u8]) -> Vec<u8> {
    let ecdsa_with_sha256 = sequence(&[oid("1.2.840.10045.4.3.2")]);
    let octets = sequence(&[tlv(OCTET_STRING, &[b"no signature"])]);
    sequence(&[info, &ecdsa_with_sha256, &tlv(BIT_STRING, &[&[0][..], &octets])])
}
