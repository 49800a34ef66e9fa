//! What is given in the place of an X.509 v3 certificate.

use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::pem::found::PemContent;

/// The INTEGER of each version in its `[0]`.
const V2: &[u8] = &[tag::INTEGER, 1, 1];
const V3: &[u8] = &[tag::INTEGER, 1, 2];

/// What some DER is, where it is something else than an X.509 v3 certificate; `None` for such a certificate, and where that cannot
/// be told. Nothing of the content is shown.
pub(super) fn other_than_v3(der: &[u8]) -> Option<&'static str> {
    Some(match PemContent::in_der(der)? {
        PemContent::Certificate => return other_version(der),
        PemContent::CertificationRequest => "a certification request",
        PemContent::RevocationList => "a certificate revocation list",
        PemContent::Pkcs7 => "PKCS#7, whose certificates `openssl pkcs7 -print_certs` prints",
        PemContent::Pkcs12 => "PKCS#12, whose certificates `openssl pkcs12 -nokeys` prints",
        PemContent::PrivateKey => "a private key",
        PemContent::PublicKey => "a public key",
    })
}

fn other_version(der: &[u8]) -> Option<&'static str> {
    let mut certificate = Reader::single(der, tag::SEQUENCE).ok()?.reader();
    let version = certificate.read(tag::SEQUENCE).ok()?.reader().optional(tag::context_constructed(0)).ok()?;
    match version.map(|version| version.content) {
        None => Some("an X.509 v1 certificate"),
        Some(V2) => Some("an X.509 v2 certificate"),
        Some(V3) => None,
        Some(_) => Some("a certificate of a version other than v3"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::encode::to_vec;

    /// A certificate of empty fields after these.
    fn certificate(fields: &[(u8, &[u8])]) -> Vec<u8> {
        to_vec(|w| {
            w.sequence(|w| {
                w.sequence(|w| {
                    fields.iter().for_each(|(tag, content)| w.primitive(*tag, content));
                    (0..5).for_each(|_| w.sequence(|_| ()));
                });
                w.sequence(|_| ());
                w.bit_string(&[]);
            });
        })
    }

    #[test]
    fn versions_are_told_apart() {
        const SERIAL: (u8, &[u8]) = (tag::INTEGER, &[1]);
        for (fields, expected) in [
            (&[(0xa0, V3), SERIAL][..], None),
            (&[(0xa0, V2), SERIAL], Some("an X.509 v2 certificate")),
            (&[(0xa0, &[2, 1, 0]), SERIAL], Some("a certificate of a version other than v3")),
            (&[(0xa0, &[]), SERIAL], Some("a certificate of a version other than v3")),
            (&[SERIAL], Some("an X.509 v1 certificate")),
        ] {
            assert_eq!(other_than_v3(&certificate(fields)), expected, "{fields:02x?}");
        }
    }

    #[test]
    fn what_is_not_a_certificate_is_called_what_it_is() {
        for (der, expected) in [
            (
                &include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/list.crl"))[..],
                Some("a certificate revocation list"),
            ),
            (
                include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/bundle.p7b")),
                Some("PKCS#7, whose certificates `openssl pkcs7 -print_certs` prints"),
            ),
            (
                include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/bundle.p12")),
                Some("PKCS#12, whose certificates `openssl pkcs12 -nokeys` prints"),
            ),
            (
                include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/certificate-v1.der")),
                Some("an X.509 v1 certificate"),
            ),
            (include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/certificate.der")), None),
            (&[0x30, 3, 2, 1, 3], None),
            (b"-----", None),
        ] {
            assert_eq!(other_than_v3(der), expected, "{der:02x?}");
        }
    }
}
