//! Signature algorithms and the AlgorithmIdentifiers that name them.

use std::fmt;

use super::SigningAlgorithm;
use super::rsa_pss::{RsaPssHash, RsaPssOtherSalt};
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;

/// A signature algorithm as it stands in the `signatureAlgorithm` field of a certification request or certificate:
/// those of the API, and those that only a certification request may use.
///
/// ```
/// use issuance::SigningAlgorithm;
/// use issuance::x509::SignatureAlgorithm;
/// let algorithm = SignatureAlgorithm::from(SigningAlgorithm::Sha256WithRsaPss);
/// assert_eq!(algorithm.to_string(), "SHA256WITHRSA_PSS");
/// assert_ne!(algorithm, SignatureAlgorithm::Ed25519);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// One that the API can also sign with.
    Api(SigningAlgorithm),
    /// RSASSA-PSS as that of the API, but for the salt, which is not as long as the hash.
    /// [`rsa_pss`](SignatureAlgorithm::rsa_pss) makes it.
    RsaPssOtherSalt(RsaPssOtherSalt),
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// RSASSA-PKCS1-v1_5 with SHA-1: broken, and refused unless the key policy allows it (R-CSR-3).
    Sha1WithRsa,
    /// ECDSA with SHA-1: broken, and refused unless the key policy allows it (R-CSR-3).
    Sha1WithEcdsa,
}

impl SignatureAlgorithm {
    /// Whether the algorithm rests on SHA-1.
    pub const fn uses_sha1(self) -> bool {
        matches!(self, SignatureAlgorithm::Sha1WithRsa | SignatureAlgorithm::Sha1WithEcdsa)
    }

    /// RSASSA-PSS with `hash`, MGF1 of the same hash and this many bytes of salt: [`Api`](SignatureAlgorithm::Api) where
    /// the salt is as long as the hash.
    ///
    /// `None` where no key of up to 8192 bits, the longest of the default key policy, has room for the salt: emLen - hLen -
    /// 2 bytes at most (RFC 8017 section 9.1.1), which are 990 with SHA-256, 974 with SHA-384 and 958 with SHA-512.
    pub fn rsa_pss(hash: RsaPssHash, salt_octets: u16) -> Option<SignatureAlgorithm> {
        if salt_octets == hash.octets() {
            return Some(SignatureAlgorithm::Api(hash.algorithm()));
        }
        RsaPssOtherSalt::new(hash, salt_octets).map(SignatureAlgorithm::RsaPssOtherSalt)
    }

    /// Reads a DER `AlgorithmIdentifier`, tag and length included. The parameters must be those that RFC 4055, RFC 5758,
    /// RFC 8410 and RFC 9881 ask for, with what RFC 4055 asks of readers besides: absent parameters are taken for
    /// RSASSA-PKCS1-v1_5 (section 5), and for each hash inside RSASSA-PSS parameters (section 2.1). RSASSA-PSS may have
    /// any salt length that [`rsa_pss`](SignatureAlgorithm::rsa_pss) takes; an absent one means 20 bytes (section 3.1).
    ///
    /// Returns `None` for everything else: among it RSASSA-PSS with MGF1 of another hash, with SHA-1 (which an absent
    /// hash means), with a default spelled out (a salt length of 20, the trailer) or with another trailer, and HashML-DSA.
    pub fn from_der(algorithm_identifier: &[u8]) -> Option<SignatureAlgorithm> {
        let api = SigningAlgorithm::ALL.iter().find(|algorithm| {
            algorithm_identifier == algorithm.algorithm_identifier()
                || Some(algorithm_identifier) == algorithm.algorithm_identifier_without_null()
        });
        match (api, algorithm_identifier) {
            (Some(algorithm), _) => Some(SignatureAlgorithm::Api(*algorithm)),
            (None, ED25519) => Some(SignatureAlgorithm::Ed25519),
            (None, SHA1_WITH_RSA | SHA1_WITH_RSA_WITHOUT_NULL) => Some(SignatureAlgorithm::Sha1WithRsa),
            (None, SHA1_WITH_ECDSA) => Some(SignatureAlgorithm::Sha1WithEcdsa),
            _ => rsa_pss_from_der(algorithm_identifier),
        }
    }
}

/// Reads an RSASSA-PSS identifier whose hashes have their parameters NULL or absent, each for itself. In DER no value is
/// spelled out that is the default (X.690 section 11.5).
///
/// ```text
/// RSASSA-PSS-params ::= SEQUENCE {
///     hashAlgorithm     [0] HashAlgorithm     DEFAULT sha1Identifier,
///     maskGenAlgorithm  [1] MaskGenAlgorithm  DEFAULT mgf1SHA1Identifier,
///     saltLength        [2] INTEGER           DEFAULT 20,
///     trailerField      [3] INTEGER           DEFAULT 1 }
/// ```
fn rsa_pss_from_der(algorithm_identifier: &[u8]) -> Option<SignatureAlgorithm> {
    let mut identifier = Reader::single(algorithm_identifier, tag::SEQUENCE).ok()?.reader();
    let oid = identifier.read(tag::OID).ok()?;
    let mut parameters = identifier.read(tag::SEQUENCE).ok()?.reader();
    identifier.finish().ok()?;
    let hash = parameters.read(tag::context_constructed(0)).ok()?;
    let mask = parameters.read(tag::context_constructed(1)).ok()?;
    let salt = parameters.optional(tag::context_constructed(2)).ok()?;
    parameters.finish().ok()?;

    let mut mask = Reader::single(mask.content, tag::SEQUENCE).ok()?.reader();
    let mask_oid = mask.read(tag::OID).ok()?;
    let mask_hash = mask.any().ok()?;
    mask.finish().ok()?;

    let same_hash = sha2_from_der(mask_hash.full) == sha2_from_der(hash.content);
    if oid.content != RSASSA_PSS || mask_oid.content != MGF1 || !same_hash {
        return None;
    }
    let hash = match sha2_from_der(hash.content)? {
        0x01 => RsaPssHash::Sha256,
        0x02 => RsaPssHash::Sha384,
        0x03 => RsaPssHash::Sha512,
        _ => return None,
    };
    let salt_octets = match salt {
        None => DEFAULT_SALT,
        Some(salt) => salt_length_from_der(salt.content).filter(|octets| *octets != DEFAULT_SALT)?,
    };
    SignatureAlgorithm::rsa_pss(hash, salt_octets)
}

/// The salt length that is not spelled out, in bytes (RFC 4055 section 3.1).
const DEFAULT_SALT: u16 = 20;

/// A DER INTEGER of 0 to 2^15 - 1: no key has room for more.
fn salt_length_from_der(integer: &[u8]) -> Option<u16> {
    match *integer {
        [tag::INTEGER, 1, low @ 0..=0x7f] => Some(u16::from(low)),
        [tag::INTEGER, 2, 0, low @ 0x80..=0xff] => Some(u16::from(low)),
        [tag::INTEGER, 2, high @ 1..=0x7f, low] => Some(u16::from_be_bytes([high, low])),
        _ => None,
    }
}

/// The last arc of the identifier of a hash of NIST's, with parameters NULL or absent.
fn sha2_from_der(identifier: &[u8]) -> Option<u8> {
    match identifier {
        [0x30, 0x0b, 0x06, 0x09, prefix @ .., last] if prefix == NIST_HASH => Some(*last),
        [0x30, 0x0d, 0x06, 0x09, prefix @ .., last, 0x05, 0x00] if prefix == NIST_HASH => Some(*last),
        _ => None,
    }
}

impl From<SigningAlgorithm> for SignatureAlgorithm {
    fn from(algorithm: SigningAlgorithm) -> Self {
        SignatureAlgorithm::Api(algorithm)
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SignatureAlgorithm::Api(algorithm) => algorithm.fmt(f),
            SignatureAlgorithm::RsaPssOtherSalt(pss) => pss.fmt(f),
            SignatureAlgorithm::Ed25519 => f.write_str("Ed25519"),
            SignatureAlgorithm::Sha1WithRsa => f.write_str("SHA1WITHRSA"),
            SignatureAlgorithm::Sha1WithEcdsa => f.write_str("SHA1WITHECDSA"),
        }
    }
}

const ED25519: &[u8] = &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
const SHA1_WITH_RSA: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00];
const SHA1_WITH_RSA_WITHOUT_NULL: &[u8] =
    &[0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05];
const SHA1_WITH_ECDSA: &[u8] = &[0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];

const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08];
/// 2.16.840.1.101.3.4.2, without its last arc.
const NIST_HASH: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];

/// ecdsa-with-SHA2 (RFC 5758 section 3.2): no parameters.
macro_rules! ecdsa {
    ($last:literal) => {
        &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, $last]
    };
}

/// sha2WithRSAEncryption (RFC 4055 section 5): parameters NULL.
macro_rules! rsa_pkcs1 {
    ($last:literal) => {
        &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, $last, 0x05, 0x00]
    };
    ($last:literal without null) => {
        &[0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, $last]
    };
}

/// id-RSASSA-PSS (RFC 4055 section 3.1): explicit hash (with NULL), MGF1 of the same hash, salt as long as the hash,
/// default trailer.
macro_rules! rsa_pss {
    ($hash:literal, $salt:literal) => {
        &[
            0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30,
            0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, $hash, 0x05, 0x00, 0xa1, 0x1c, 0x30,
            0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
            0x48, 0x01, 0x65, 0x03, 0x04, 0x02, $hash, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, $salt,
        ]
    };
}

/// id-ml-dsa (RFC 9881 section 2): no parameters.
macro_rules! ml_dsa {
    ($last:literal) => {
        &[0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, $last]
    };
}

impl SigningAlgorithm {
    /// The DER `AlgorithmIdentifier` of signatures made with this algorithm (R-ENC-1), tag and length included.
    pub const fn algorithm_identifier(self) -> &'static [u8] {
        match self {
            SigningAlgorithm::Sha256WithEcdsa => ecdsa!(0x02),
            SigningAlgorithm::Sha384WithEcdsa => ecdsa!(0x03),
            SigningAlgorithm::Sha512WithEcdsa => ecdsa!(0x04),
            SigningAlgorithm::Sha256WithRsa => rsa_pkcs1!(0x0b),
            SigningAlgorithm::Sha384WithRsa => rsa_pkcs1!(0x0c),
            SigningAlgorithm::Sha512WithRsa => rsa_pkcs1!(0x0d),
            SigningAlgorithm::Sha256WithRsaPss => rsa_pss!(0x01, 32),
            SigningAlgorithm::Sha384WithRsaPss => rsa_pss!(0x02, 48),
            SigningAlgorithm::Sha512WithRsaPss => rsa_pss!(0x03, 64),
            SigningAlgorithm::Sm3WithSm2 => &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75],
            SigningAlgorithm::MlDsa44 => ml_dsa!(0x11),
            SigningAlgorithm::MlDsa65 => ml_dsa!(0x12),
            SigningAlgorithm::MlDsa87 => ml_dsa!(0x13),
        }
    }

    /// The identifier of RSASSA-PKCS1-v1_5 with its parameters left out, as certificates of 2019 have it. Readers must
    /// take it (RFC 4055 section 5); writers should not make it. `None` for the other algorithms.
    pub(crate) const fn algorithm_identifier_without_null(self) -> Option<&'static [u8]> {
        match self {
            SigningAlgorithm::Sha256WithRsa => Some(rsa_pkcs1!(0x0b without null)),
            SigningAlgorithm::Sha384WithRsa => Some(rsa_pkcs1!(0x0c without null)),
            SigningAlgorithm::Sha512WithRsa => Some(rsa_pkcs1!(0x0d without null)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use der::Decode;

    use super::*;

    #[test]
    fn identifiers_are_der_and_distinct() {
        for algorithm in SigningAlgorithm::ALL {
            let der = algorithm.algorithm_identifier();
            spki::AlgorithmIdentifierRef::from_der(der).unwrap();
            assert_eq!(SignatureAlgorithm::from_der(der), Some(SignatureAlgorithm::Api(*algorithm)));
        }
    }

    #[test]
    fn pss_parameters_read_back() {
        // R-ENC-1: explicit hash, MGF1 of the same hash, salt as long as the hash.
        for (algorithm, salt) in [
            (SigningAlgorithm::Sha256WithRsaPss, 32),
            (SigningAlgorithm::Sha384WithRsaPss, 48),
            (SigningAlgorithm::Sha512WithRsaPss, 64),
        ] {
            let identifier = spki::AlgorithmIdentifierRef::from_der(algorithm.algorithm_identifier()).unwrap();
            let parameters: spki::der::AnyRef<'_> = identifier.parameters.unwrap();
            assert!(parameters.value().ends_with(&[0x02, 0x01, salt]));
        }
    }

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn hash(last: u8, parameters: &[u8]) -> Vec<u8> {
        tlv(0x30, &[&tlv(0x06, &[NIST_HASH, &[last]].concat()), parameters].concat())
    }

    /// An identifier of RSASSA-PSS with these fields.
    fn pss(fields: &[&[u8]]) -> Vec<u8> {
        tlv(0x30, &[tlv(0x06, RSASSA_PSS), tlv(0x30, &fields.concat())].concat())
    }

    fn mask(generator: &[u8], hash: &[u8]) -> Vec<u8> {
        tlv(0xa1, &tlv(0x30, &[&tlv(0x06, generator), hash].concat()))
    }

    fn salt(octets: &[u8]) -> Vec<u8> {
        tlv(0xa2, &tlv(0x02, octets))
    }

    /// What is read from an identifier of RSASSA-PSS with this hash, by its last arc, and this salt length.
    fn with_salt(last: u8, salt: &[u8]) -> Option<SignatureAlgorithm> {
        let hash = hash(last, NULL);
        SignatureAlgorithm::from_der(&pss(&[&tlv(0xa0, &hash), &mask(MGF1, &hash), salt]))
    }

    const NULL: &[u8] = &[0x05, 0x00];

    #[test]
    fn pss_hashes_have_null_or_no_parameters() {
        for (last, length, algorithm) in [
            (1, 32, SigningAlgorithm::Sha256WithRsaPss),
            (2, 48, SigningAlgorithm::Sha384WithRsaPss),
            (3, 64, SigningAlgorithm::Sha512WithRsaPss),
        ] {
            for (one, other) in [(NULL, NULL), (NULL, &[]), (&[], NULL), (&[], &[])] {
                let fields = [tlv(0xa0, &hash(last, one)), mask(MGF1, &hash(last, other)), salt(&[length])];
                let identifier = pss(&[&fields[0], &fields[1], &fields[2]]);
                assert_eq!(SignatureAlgorithm::from_der(&identifier), Some(SignatureAlgorithm::Api(algorithm)));
                if (one, other) == (NULL, NULL) {
                    assert_eq!(identifier, algorithm.algorithm_identifier());
                }
            }
        }
    }

    #[test]
    fn pss_has_any_salt_that_a_key_has_room_for() {
        for (last, hash, most) in
            [(1, RsaPssHash::Sha256, 990), (2, RsaPssHash::Sha384, 974), (3, RsaPssHash::Sha512, 958)]
        {
            for octets in 0..=u16::MAX {
                let [high, low] = octets.to_be_bytes();
                let read = match (high, low) {
                    (0, 20) => with_salt(last, &[]),
                    (0, 0..=0x7f) => with_salt(last, &salt(&[low])),
                    (0..=0x7f, _) => with_salt(last, &salt(&[high, low])),
                    _ => with_salt(last, &salt(&[0, high, low])),
                };
                assert_eq!(read, SignatureAlgorithm::rsa_pss(hash, octets), "{octets}");
                match read {
                    Some(SignatureAlgorithm::Api(algorithm)) => {
                        assert_eq!((algorithm, octets), (hash.algorithm(), hash.octets()));
                    }
                    Some(SignatureAlgorithm::RsaPssOtherSalt(pss)) => {
                        assert_eq!((pss.hash(), pss.salt_octets()), (hash, octets));
                        assert!(octets <= most && octets != hash.octets());
                        let text = format!("{} with a salt of {octets} bytes", hash.algorithm());
                        assert_eq!(read.unwrap().to_string(), text);
                    }
                    _ => assert!(octets > most, "{octets}"),
                }
            }
        }
        let longest = SignatureAlgorithm::rsa_pss(RsaPssHash::Sha256, 222).unwrap();
        assert_eq!(longest.to_string(), "SHA256WITHRSA_PSS with a salt of 222 bytes");
    }

    #[test]
    fn other_pss_parameters_are_refused() {
        let (sha256, sha384) = (hash(1, NULL), hash(2, NULL));
        let (h, m, s) = (tlv(0xa0, &sha256), mask(MGF1, &sha256), salt(&[32]));
        let sha1 = tlv(0x30, &[tlv(0x06, &[0x2b, 0x0e, 0x03, 0x02, 0x1a]), NULL.to_vec()].concat());
        let good = pss(&[&h, &m, &s]);
        assert!(SignatureAlgorithm::from_der(&good).is_some());
        for bad in [
            // Salt lengths: the default spelled out, negative, not in the shortest form, and beyond what is ever read.
            pss(&[&h, &m, &salt(&[20])]),
            pss(&[&h, &m, &salt(&[0xe0])]),
            pss(&[&h, &m, &salt(&[0xff, 0x20])]),
            pss(&[&h, &m, &salt(&[0, 32])]),
            pss(&[&h, &m, &salt(&[0, 0, 0xde])]),
            pss(&[&h, &m, &salt(&[])]),
            pss(&[&h, &m, &salt(&[0x7f, 0xff])]),
            pss(&[&h, &m, &salt(&[1, 0, 32])]),
            pss(&[&h, &m, &salt(&[1, 0, 0, 0, 32])]),
            pss(&[&h, &m, &[&salt(&[33])[..], &[0xa2, 0]].concat()]),
            pss(&[&h, &m, &tlv(0xa2, &[0x02, 0x01, 33, 0x05, 0x00])]),
            pss(&[&h, &m, &tlv(0xa2, &[])]),
            pss(&[&h, &m, &tlv(0xa2, &[0x04, 0x01, 32])]),
            // Another hash in the mask, and another mask.
            pss(&[&h, &mask(MGF1, &sha384), &s]),
            pss(&[&h, &mask(RSASSA_PSS, &sha256), &s]),
            pss(&[&h, &tlv(0xa1, &tlv(0x30, &tlv(0x06, MGF1))), &s]),
            // SHA-1 by default or spelled out, SHA-224 and SHA3-256.
            pss(&[]),
            pss(&[&s]),
            pss(&[&m, &s]),
            pss(&[&h, &s]),
            pss(&[&h]),
            pss(&[&tlv(0xa0, &sha1), &mask(MGF1, &sha1), &salt(&[20])]),
            pss(&[&tlv(0xa0, &hash(4, NULL)), &mask(MGF1, &hash(4, NULL)), &salt(&[28])]),
            pss(&[&tlv(0xa0, &hash(8, NULL)), &mask(MGF1, &hash(8, NULL)), &s]),
            // Other parameters of the hash.
            pss(&[&tlv(0xa0, &hash(1, &[0x30, 0x00])), &m, &s]),
            pss(&[&tlv(0xa0, &hash(1, &[0x05, 0x00, 0x05, 0x00])), &m, &s]),
            // The trailer spelled out, fields out of order, and twice.
            pss(&[&h, &m, &s, &tlv(0xa3, &[0x02, 0x01, 0x01])]),
            pss(&[&h, &m, &tlv(0xa3, &[0x02, 0x01, 0x01])]),
            pss(&[&h, &m, &salt(&[33]), &tlv(0xa3, &[0x02, 0x01, 0x02])]),
            pss(&[&m, &h, &s]),
            pss(&[&h, &h, &m, &s]),
            // No parameters, NULL, and something after them.
            tlv(0x30, &tlv(0x06, RSASSA_PSS)),
            tlv(0x30, &[&tlv(0x06, RSASSA_PSS), NULL].concat()),
            tlv(0x30, &[&good[2..], NULL].concat()),
            [&good, NULL].concat(),
            good[..good.len() - 1].to_vec(),
            // Another algorithm with these parameters.
            [&good[..12], &[0x0b], &good[13..]].concat(),
        ] {
            assert_eq!(SignatureAlgorithm::from_der(&bad), None, "{bad:02x?}");
        }
    }

    #[test]
    fn parameters_where_none_belong_and_prehashed_variants_are_refused() {
        let no_parameters = SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.algorithm_identifier());
        for identifier in no_parameters.filter(|identifier| identifier.len() <= 13).chain([ED25519, SHA1_WITH_ECDSA]) {
            assert_eq!(SignatureAlgorithm::from_der(&tlv(0x30, &[&identifier[2..], NULL].concat())), None);
        }
        // id-hash-ml-dsa-44-with-sha512 to id-hash-ml-dsa-87-with-sha512, Ed25519ph as of older drafts, Ed448.
        for last in 0x20..=0x22 {
            let oid = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, last];
            assert_eq!(SignatureAlgorithm::from_der(&tlv(0x30, &tlv(0x06, &oid))), None);
        }
        for last in [0x71, 0x72] {
            assert_eq!(SignatureAlgorithm::from_der(&tlv(0x30, &tlv(0x06, &[0x2b, 0x65, last]))), None);
        }
    }
}
