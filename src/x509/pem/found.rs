//! What stands where something else was expected, for messages. Nothing of the content itself is repeated: it may be a secret.

use std::fmt;

use super::PemError;
use super::marker::{BEGIN, find, label, starts_with_space};
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::base64;

/// What a PEM label or DER content is, where another was expected. [`PemError`](crate::x509::PemError) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PemContent {
    /// A certificate (RFC 5280).
    Certificate,
    /// A certification request (RFC 2986).
    CertificationRequest,
    /// A certificate revocation list (RFC 5280).
    RevocationList,
    /// PKCS#7 or CMS (RFC 5652), which often carries certificates.
    Pkcs7,
    /// PKCS#12 (RFC 7292).
    Pkcs12,
    /// A private key, in whatever form.
    PrivateKey,
    /// A public key.
    PublicKey,
}

impl fmt::Display for PemContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PemContent::Certificate => "a certificate",
            PemContent::CertificationRequest => "a certification request",
            PemContent::RevocationList => "a certificate revocation list",
            PemContent::Pkcs7 => "PKCS#7",
            PemContent::Pkcs12 => "PKCS#12",
            PemContent::PrivateKey => "a private key",
            PemContent::PublicKey => "a public key",
        })
    }
}

/// The tags of the first elements.
fn tags(content: &[u8]) -> Vec<u8> {
    let mut reader = Reader::new(content);
    std::iter::from_fn(|| reader.any().ok()).map(|tlv| tlv.tag).take(10).collect()
}

impl PemContent {
    /// What goes by this label.
    pub(super) fn by_label(label: &[u8]) -> Option<PemContent> {
        Some(match label {
            b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => PemContent::Certificate,
            b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => PemContent::CertificationRequest,
            b"X509 CRL" => PemContent::RevocationList,
            b"PKCS7" | b"PKCS #7 SIGNED DATA" | b"CMS" => PemContent::Pkcs7,
            b"PKCS12" => PemContent::Pkcs12,
            b"PUBLIC KEY" | b"RSA PUBLIC KEY" => PemContent::PublicKey,
            label if label.ends_with(b"PRIVATE KEY") => PemContent::PrivateKey,
            _ => return None,
        })
    }

    /// That DER is something else than what was expected, where that can be told.
    pub(crate) fn instead(der: &[u8], expected: PemContent) -> Option<PemError> {
        let found = PemContent::in_der(der).filter(|found| *found != expected)?;
        Some(PemError::Content { found, expected })
    }

    /// What DER is, judged by its outer form alone.
    pub(crate) fn in_der(der: &[u8]) -> Option<PemContent> {
        use tag::{BIT_STRING, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, SEQUENCE, UTC_TIME};
        const EXPLICIT_0: u8 = tag::context_constructed(0);
        // PKCS#7 is often BER: a SEQUENCE of indefinite length that starts with 1.2.840.113549.1.7.
        if der.starts_with(b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07") {
            return Some(PemContent::Pkcs7);
        }
        let outer = Reader::new(der).any().ok().filter(|outer| outer.tag == SEQUENCE)?;
        let first = || Some(tags(outer.reader().any().ok()?.content));
        Some(match tags(outer.content).as_slice() {
            [SEQUENCE, SEQUENCE, BIT_STRING] => match first()?.as_slice() {
                [EXPLICIT_0, INTEGER, ..] | [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, ..] => {
                    PemContent::Certificate
                }
                [INTEGER, SEQUENCE, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE, EXPLICIT_0] => {
                    PemContent::CertificationRequest
                }
                [INTEGER, SEQUENCE, SEQUENCE, UTC_TIME | GENERALIZED_TIME, ..]
                | [SEQUENCE, SEQUENCE, UTC_TIME | GENERALIZED_TIME, ..] => PemContent::RevocationList,
                _ => return None,
            },
            [OID, EXPLICIT_0] => PemContent::Pkcs7,
            [SEQUENCE, BIT_STRING] if first()?.first() == Some(&OID) => PemContent::PublicKey,
            [INTEGER, INTEGER] => PemContent::PublicKey,
            [SEQUENCE, OCTET_STRING] if first()?.first() == Some(&OID) => PemContent::PrivateKey,
            // PKCS#8; SEC 1; PKCS#1.
            [INTEGER, SEQUENCE, OCTET_STRING, ..]
            | [INTEGER, OCTET_STRING, ..]
            | [INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, ..] => {
                PemContent::PrivateKey
            }
            [INTEGER, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE] => PemContent::Pkcs12,
            _ => return None,
        })
    }
}

/// Why a text has no block.
pub(super) fn explain(input: &[u8], expected: &'static str) -> PemError {
    if input.trim_ascii().is_empty() {
        return PemError::Blank;
    }
    if input.starts_with(b"\xff\xfe") || input.starts_with(b"\xfe\xff") {
        return PemError::Utf16;
    }
    let no_block = PemError::NoBlock { expected };
    if let Some(start) = find(input, BEGIN) {
        return match label(&input[start..]) {
            _ if find(input, br"\n").is_some() => PemError::EscapedLineFeeds,
            Some((label, rest)) => {
                let label = String::from_utf8_lossy(label).into_owned();
                match starts_with_space(rest) {
                    true => PemError::NoLineStart { label },
                    false => PemError::NoLineFeed { label },
                }
            }
            None => no_block,
        };
    }
    let digits: Vec<u8> = input.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    match base64::decode(&digits) {
        Some(decoded) if find(&decoded, BEGIN).is_some() => PemError::Base64OfPem,
        Some(decoded) => PemContent::in_der(&decoded).map_or(no_block, |found| PemError::NoLines { found, expected }),
        None => {
            let expected = PemContent::by_label(expected.as_bytes());
            expected.and_then(|expected| PemContent::instead(input, expected)).unwrap_or(no_block)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_told_by_its_outer_form() {
        for (der, found) in [
            (
                &include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/certificate.der"))[..],
                PemContent::Certificate,
            ),
            (
                include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/certificate-v1.der")),
                PemContent::Certificate,
            ),
            (
                include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/list.crl")),
                PemContent::RevocationList,
            ),
            (include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/bundle.p7b")), PemContent::Pkcs7),
            (include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/bundle.p12")), PemContent::Pkcs12),
        ] {
            assert_eq!(PemContent::in_der(der), Some(found));
            for end in 0..der.len() {
                assert_eq!(PemContent::in_der(&der[..end]), None, "{found}");
            }
        }
        assert_eq!(
            PemContent::in_der(b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"),
            Some(PemContent::Pkcs7)
        );
        for other in [&b""[..], b"\x30\x00", b"\x30\x03\x02\x01\x00", b"\x31\x00", b"\x30\x80\x00\x00"] {
            assert_eq!(PemContent::in_der(other), None);
        }
    }
}
