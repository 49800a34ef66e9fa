//! What is given in the place of an X.509 v3 certificate.

use crate::asn1::{Reader, tag};

/// PKCS#7, 1.2.840.113549.1.7, as the beginning of an identifier.
const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7];

/// The INTEGER of each version in its `[0]`.
const V2: &[u8] = &[tag::INTEGER, 1, 1];
const V3: &[u8] = &[tag::INTEGER, 1, 2];

/// What some DER is, where it is one of the structures that are taken for an X.509 v3 certificate; `None` for such a certificate,
/// and where that cannot be told.
pub(super) fn other_than_v3(der: &[u8]) -> Option<&'static str> {
    let mut parts = Reader::single(der, tag::SEQUENCE).ok()?.reader();
    let first = parts.any().ok()?;
    match first.tag {
        tag::OID if first.content.starts_with(PKCS7) => {
            Some("a PKCS#7 structure, whose certificates `openssl pkcs7 -print_certs` prints")
        }
        // Nothing of it is shown.
        tag::INTEGER if first.content == [3] => Some("a PKCS#12 structure"),
        tag::INTEGER => Some("a private key"),
        tag::SEQUENCE => {
            let mut fields = first.reader();
            let fields: Vec<_> = std::iter::from_fn(|| fields.any().ok()).take(6).collect();
            let tags: Vec<u8> = fields.iter().map(|field| field.tag).collect();
            const VERSION: u8 = tag::context_constructed(0);
            const SEQ: u8 = tag::SEQUENCE;
            match *tags.as_slice() {
                [VERSION, ..] if fields[0].content == V3 => None,
                [VERSION, ..] if fields[0].content == V2 => Some("an X.509 v2 certificate"),
                [VERSION, ..] => Some("a certificate of a version other than v3"),
                [tag::INTEGER, SEQ, SEQ, SEQ, SEQ, SEQ] => Some("an X.509 v1 certificate"),
                [tag::INTEGER, SEQ, SEQ, VERSION, ..] => Some("a certification request"),
                [tag::INTEGER, SEQ, SEQ, tag::UTC_TIME | tag::GENERALIZED_TIME, ..]
                | [SEQ, SEQ, tag::UTC_TIME | tag::GENERALIZED_TIME, ..] => Some("a certificate revocation list"),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::to_vec;

    /// A SEQUENCE of a SEQUENCE of elements with these tags and contents.
    fn outer(elements: &[(u8, &[u8])]) -> Vec<u8> {
        to_vec(|w| {
            w.sequence(|w| w.sequence(|w| elements.iter().for_each(|(tag, content)| w.primitive(*tag, content))));
        })
    }

    #[test]
    fn structures_are_told_apart() {
        const SEQ: (u8, &[u8]) = (tag::SEQUENCE, b"");
        const NUMBER: (u8, &[u8]) = (tag::INTEGER, &[1]);
        const TIME: (u8, &[u8]) = (tag::UTC_TIME, b"");
        for (elements, expected) in [
            (&[(0xa0, V3), NUMBER, SEQ, SEQ, SEQ, SEQ][..], None),
            (&[(0xa0, V2), NUMBER, SEQ, SEQ, SEQ, SEQ], Some("an X.509 v2 certificate")),
            (&[(0xa0, &[2, 1, 0]), NUMBER, SEQ, SEQ, SEQ, SEQ], Some("a certificate of a version other than v3")),
            (&[(0xa0, &[])], Some("a certificate of a version other than v3")),
            (&[NUMBER, SEQ, SEQ, SEQ, SEQ, SEQ], Some("an X.509 v1 certificate")),
            (&[NUMBER, SEQ, SEQ, (0xa0, &[])], Some("a certification request")),
            (&[NUMBER, SEQ, SEQ, TIME, TIME], Some("a certificate revocation list")),
            (&[SEQ, SEQ, TIME, TIME], Some("a certificate revocation list")),
            (&[NUMBER, SEQ, SEQ, SEQ], None),
            (&[], None),
        ] {
            assert_eq!(other_than_v3(&outer(elements)), expected, "{elements:02x?}");
        }
        for (der, expected) in [
            (&[0x30, 3, 2, 1, 3][..], Some("a PKCS#12 structure")),
            (&[0x30, 3, 2, 1, 0], Some("a private key")),
            (&[0x30, 2, 6, 0], None),
            (&[0x30, 2, 5, 0], None),
            (&[0x30, 0], None),
            (b"-----", None),
        ] {
            assert_eq!(other_than_v3(der), expected, "{der:02x?}");
        }
    }
}
