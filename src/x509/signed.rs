//! What is signed, with its signature: certificates and certification requests.

use crate::x509::asn1::writer::Writer;

/// `SIGNED { .. } ::= SEQUENCE { content, signatureAlgorithm, signatureValue }` (RFC 5280 section 4.1, RFC 2986 section 4.2).
pub(crate) fn signed(content: &[u8], algorithm_identifier: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut w = Writer::with_capacity(content.len() + algorithm_identifier.len() + signature.len() + 16);
    w.sequence(|w| {
        w.raw(content);
        w.raw(algorithm_identifier);
        w.bit_string(signature);
    });
    w.into_vec()
}
