//! A verifier in pure Rust.

use der::Decode;
use der::asn1::AnyRef;
use rsa::traits::SignatureScheme;
use rsa::{Pkcs1v15Sign, Pss, RsaPublicKey};
use sha1::Sha1;
use sha2::digest::const_oid::AssociatedOid;
use sha2::digest::{Digest, FixedOutputReset};
use sha2::{Sha256, Sha384, Sha512};
use signature::hazmat::PrehashVerifier;
use spki::SubjectPublicKeyInfoRef;

use super::{SignatureVerifier, VerifyError};
use crate::{SignatureAlgorithm, SigningAlgorithm};

/// Verifies ECDSA and RSA signatures with the RustCrypto crates.
///
/// * ECDSA on P-256, P-384 and P-521, each with SHA-1, SHA-256, SHA-384 and SHA-512. The public key must be an
///   uncompressed point on a named curve (RFC 5480 section 2), the signature strict DER with 0 < r, s < n.
/// * RSASSA-PKCS1-v1_5 with SHA-1, SHA-256, SHA-384 and SHA-512; RSASSA-PSS with SHA-256, SHA-384 and SHA-512, MGF1 of
///   the same hash and a salt as long as the hash (R-ENC-1). The public key must be rsaEncryption with NULL (RFC 3279
///   section 2.3.1), with a modulus of 1024 to 8192 bits and an odd exponent of 3 to 2^33 - 1: wider than the default key
///   policy (R-CSR-4), yet bounded, so that no key makes verifying expensive. Keys of type id-RSASSA-PSS are a
///   [`VerifyError::KeyMismatch`].
///
/// Everything else is [`VerifyError::UnsupportedAlgorithm`]. SHA-1 is the key policy's decision (R-CSR-3), not this
/// type's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RustCryptoVerifier;

impl SignatureVerifier for RustCryptoVerifier {
    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        public_key_der: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        use SigningAlgorithm as S;
        let (key, s) = (public_key_der, signature);
        match algorithm {
            SignatureAlgorithm::Sha1WithEcdsa => ecdsa(key, &Sha1::digest(message), s),
            SignatureAlgorithm::Api(S::Sha256WithEcdsa) => ecdsa(key, &Sha256::digest(message), s),
            SignatureAlgorithm::Api(S::Sha384WithEcdsa) => ecdsa(key, &Sha384::digest(message), s),
            SignatureAlgorithm::Api(S::Sha512WithEcdsa) => ecdsa(key, &Sha512::digest(message), s),
            SignatureAlgorithm::Sha1WithRsa => rsa_pkcs1::<Sha1>(key, message, s),
            SignatureAlgorithm::Api(S::Sha256WithRsa) => rsa_pkcs1::<Sha256>(key, message, s),
            SignatureAlgorithm::Api(S::Sha384WithRsa) => rsa_pkcs1::<Sha384>(key, message, s),
            SignatureAlgorithm::Api(S::Sha512WithRsa) => rsa_pkcs1::<Sha512>(key, message, s),
            SignatureAlgorithm::Api(S::Sha256WithRsaPss) => rsa_pss::<Sha256>(key, message, s),
            SignatureAlgorithm::Api(S::Sha384WithRsaPss) => rsa_pss::<Sha384>(key, message, s),
            SignatureAlgorithm::Api(S::Sha512WithRsaPss) => rsa_pss::<Sha512>(key, message, s),
            SignatureAlgorithm::Ed25519
            | SignatureAlgorithm::Api(S::Sm3WithSm2 | S::MlDsa44 | S::MlDsa65 | S::MlDsa87) => {
                Err(VerifyError::UnsupportedAlgorithm(algorithm))
            }
        }
    }
}

// What stands before the coordinates in the SubjectPublicKeyInfo of an uncompressed point on a named curve. DER has one
// encoding of it, so that comparing octets is the strictest decoder and the fastest: explicit parameters, compressed
// points, the point at infinity, unused bits and trailing octets all fail to match.
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
const P384: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
    0x22, 0x03, 0x62, 0x00, 0x04,
];
const P521: &[u8] = &[
    0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
    0x00, 0x23, 0x03, 0x81, 0x86, 0x00, 0x04,
];

/// Verifies on the curve that the key names. A digest shorter or longer than the curve's order is padded or cut as
/// SEC 1 section 4.1.4 says.
fn ecdsa(spki: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    // The key is looked at before the signature, so that a bad key is never reported as a bad signature.
    macro_rules! verify_on {
        ($curve:ident, $prefix:ident) => {{
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(&spki[$prefix.len() - 1..])
                .map_err(|_| VerifyError::InvalidKey)?;
            let signature = $curve::ecdsa::Signature::from_der(signature).map_err(|_| VerifyError::InvalidSignature)?;
            key.verify_prehash(digest, &signature).map_err(|_| VerifyError::InvalidSignature)
        }};
    }
    match spki.len() {
        91 if spki.starts_with(P256) => verify_on!(p256, P256),
        120 if spki.starts_with(P384) => verify_on!(p384, P384),
        158 if spki.starts_with(P521) => verify_on!(p521, P521),
        _ => {
            let info = SubjectPublicKeyInfoRef::from_der(spki).map_err(|_| VerifyError::InvalidKey)?;
            let is_ec = info.algorithm.oid == p256::elliptic_curve::ALGORITHM_OID;
            Err(if is_ec { VerifyError::InvalidKey } else { VerifyError::KeyMismatch })
        }
    }
}

fn rsa_pkcs1<D: Digest + AssociatedOid>(spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    rsa_verify(spki, Pkcs1v15Sign::new::<D>(), &D::digest(message), signature)
}

fn rsa_pss<D: Digest + FixedOutputReset>(spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    rsa_verify(spki, Pss::<D>::new(), &D::digest(message), signature)
}

/// The scheme checks that the signature is as long as the modulus (RFC 8017 sections 8.1.2 and 8.2.2).
fn rsa_verify(spki: &[u8], scheme: impl SignatureScheme, digest: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    let info = SubjectPublicKeyInfoRef::from_der(spki).map_err(|_| VerifyError::InvalidKey)?;
    if info.algorithm.oid != pkcs1::ALGORITHM_OID {
        return Err(VerifyError::KeyMismatch);
    }
    if info.algorithm.parameters != Some(AnyRef::NULL) {
        return Err(VerifyError::InvalidKey);
    }
    let octets = info.subject_public_key.as_bytes().ok_or(VerifyError::InvalidKey)?;
    let key = pkcs1::RsaPublicKeyRef::from_der(octets).map_err(|_| VerifyError::InvalidKey)?;
    // Bounds the modulus (1024 to 8192 bits) and the exponent before anything costly.
    let key = RsaPublicKey::try_from(key).map_err(|_| VerifyError::InvalidKey)?;
    scheme.verify(&key, digest, signature).map_err(|_| VerifyError::InvalidSignature)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{KeyAlgorithm, RustCryptoSigner, Signer};
    use ::ecdsa::hazmat::sign_prehashed_rfc6979;
    use SignatureAlgorithm as A;
    use SigningAlgorithm as S;
    use pkcs8::{DecodePrivateKey, EncodePublicKey};

    macro_rules! key {
        ($name:literal) => {
            include_str!(concat!("../../tests/data/keys/", $name, ".pem"))
        };
    }

    const KEYS: [&str; 6] =
        [key!("ec-p256"), key!("ec-p384"), key!("ec-p521"), key!("rsa-2048"), key!("rsa-3072"), key!("rsa-4096")];
    const MESSAGE: &[u8] = b"to be signed";

    fn verify(algorithm: impl Into<A>, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        RustCryptoVerifier.verify(algorithm.into(), key, message, signature)
    }

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let header = match content.len() {
            len @ 0..0x80 => vec![tag, len as u8],
            len @ 0x80..0x100 => vec![tag, 0x81, len as u8],
            len => vec![tag, 0x82, (len >> 8) as u8, len as u8],
        };
        [header, content.to_vec()].concat()
    }

    /// A SubjectPublicKeyInfo of `algorithm` (content of the AlgorithmIdentifier) and `key`.
    fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
        tlv(0x30, &[tlv(0x30, algorithm), tlv(0x03, &[&[0], key].concat())].concat())
    }

    const EC_P256: &[u8] = P256.split_at(4).1.split_at(19).0;
    const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

    #[test]
    fn every_pairing_signs_and_verifies() {
        let mut pairings = 0;
        for pem in KEYS {
            let signer = RustCryptoSigner::from_pem(pem).unwrap();
            let (key, other) =
                (signer.public_key_der(), RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap());
            for &algorithm in SigningAlgorithm::ALL {
                let Ok(signature) = signer.sign(algorithm, MESSAGE) else { continue };
                pairings += 1;
                let signature = signature.into_bytes();
                assert_eq!(signer.sign(algorithm, MESSAGE).unwrap().as_bytes(), signature, "deterministic");
                assert_eq!(verify(algorithm, key, MESSAGE, &signature), Ok(()), "{algorithm} {signer:?}");

                let mut message = MESSAGE.to_vec();
                message[3] ^= 0x10;
                assert_eq!(verify(algorithm, key, &message, &signature), Err(VerifyError::InvalidSignature));
                for position in [0, 1, 6, signature.len() / 2, signature.len() - 1] {
                    let mut signature = signature.clone();
                    signature[position] ^= 0x01;
                    assert_eq!(verify(algorithm, key, MESSAGE, &signature), Err(VerifyError::InvalidSignature));
                }
                for wrong in [&signature[1..], &signature[..signature.len() - 1], &[&signature[..], &[0]].concat(), &[]]
                {
                    assert_eq!(verify(algorithm, key, MESSAGE, wrong), Err(VerifyError::InvalidSignature));
                }
                assert!(verify(algorithm, other.public_key_der(), MESSAGE, &signature).is_err());
            }
        }
        assert_eq!(pairings, 18);
    }

    #[test]
    fn algorithms_and_keys_that_do_not_belong_together() {
        for pem in KEYS {
            let signer = RustCryptoSigner::from_pem(pem).unwrap();
            let is_rsa = signer.key_algorithm().as_str().starts_with("RSA");
            let all = SigningAlgorithm::ALL.iter().map(|&algorithm| A::Api(algorithm));
            for algorithm in all.chain([A::Sha1WithRsa, A::Sha1WithEcdsa, A::Ed25519]) {
                let text = algorithm.to_string();
                let expected = match (text.contains("WITHRSA"), text.contains("WITHECDSA")) {
                    (false, false) => VerifyError::UnsupportedAlgorithm(algorithm),
                    (rsa, _) if rsa == is_rsa => VerifyError::InvalidSignature,
                    _ => VerifyError::KeyMismatch,
                };
                assert_eq!(verify(algorithm, signer.public_key_der(), MESSAGE, &[0; 70]), Err(expected), "{text}");
            }
        }
    }

    #[test]
    fn sha1_is_computed() {
        let digest = Sha1::digest(MESSAGE);
        let key = rsa::RsaPrivateKey::from_pkcs8_pem(key!("rsa-2048")).unwrap();
        let spki = key.as_public_key().to_public_key_der().unwrap();
        let signature = key.sign(Pkcs1v15Sign::new::<Sha1>(), &digest).unwrap();
        assert_eq!(verify(A::Sha1WithRsa, spki.as_bytes(), MESSAGE, &signature), Ok(()));
        assert_eq!(verify(S::Sha256WithRsa, spki.as_bytes(), MESSAGE, &signature), Err(VerifyError::InvalidSignature));

        // 160 bits on curves of 256 to 521.
        macro_rules! ecdsa_sha1 {
            ($curve:ident, $type:ty, $pem:expr) => {
                let key = $curve::ecdsa::SigningKey::from_pkcs8_pem($pem).unwrap();
                let spki = key.verifying_key().to_public_key_der().unwrap();
                let signature = sign_prehashed_rfc6979::<$type, Sha1>(key.as_nonzero_scalar(), &digest, &[]).0.to_der();
                assert_eq!(verify(A::Sha1WithEcdsa, spki.as_bytes(), MESSAGE, signature.as_bytes()), Ok(()));
                assert_eq!(
                    verify(S::Sha256WithEcdsa, spki.as_bytes(), MESSAGE, signature.as_bytes()),
                    Err(VerifyError::InvalidSignature)
                );
            };
        }
        ecdsa_sha1!(p256, p256::NistP256, key!("ec-p256"));
        ecdsa_sha1!(p384, p384::NistP384, key!("ec-p384"));
        ecdsa_sha1!(p521, p521::NistP521, key!("ec-p521"));
    }

    #[test]
    fn pss_takes_a_salt_as_long_as_the_hash_only() {
        let key = rsa::RsaPrivateKey::from_pkcs8_pem(key!("rsa-2048")).unwrap();
        let spki = key.as_public_key().to_public_key_der().unwrap();
        fn signed<D: Digest + FixedOutputReset>(key: &rsa::RsaPrivateKey, salt: usize) -> Vec<u8> {
            key.sign(Pss::<D>::new_with_salt(salt), &D::digest(MESSAGE)).unwrap()
        }
        for (algorithm, salt, other_salt) in [
            (S::Sha256WithRsaPss, signed::<Sha256>(&key, 32), signed::<Sha256>(&key, 20)),
            (S::Sha384WithRsaPss, signed::<Sha384>(&key, 48), signed::<Sha384>(&key, 0)),
            (S::Sha512WithRsaPss, signed::<Sha512>(&key, 64), signed::<Sha512>(&key, 65)),
        ] {
            assert_eq!(verify(algorithm, spki.as_bytes(), MESSAGE, &salt), Ok(()));
            assert_eq!(verify(algorithm, spki.as_bytes(), b"other", &salt), Err(VerifyError::InvalidSignature));
            assert_eq!(verify(algorithm, spki.as_bytes(), MESSAGE, &other_salt), Err(VerifyError::InvalidSignature));
            assert_eq!(verify(S::Sha256WithRsa, spki.as_bytes(), MESSAGE, &salt), Err(VerifyError::InvalidSignature));
        }
    }

    #[test]
    fn ecdsa_signatures_are_strict_der_in_range() {
        let signer = RustCryptoSigner::from_pem(key!("ec-p256")).unwrap();
        let key = signer.public_key_der();
        let check = |signature: &[u8]| verify(S::Sha256WithEcdsa, key, MESSAGE, signature);
        // Both integers without a padding octet, so that the variants below are what they say.
        let good = (0u32..)
            .map(|n| (n.to_be_bytes(), signer.sign(S::Sha256WithEcdsa, &n.to_be_bytes()).unwrap().into_bytes()))
            .find(|(_, signature)| signature.len() == 70)
            .unwrap();
        let (message, good) = (good.0, good.1);
        let check_good = |signature: &[u8]| verify(S::Sha256WithEcdsa, key, &message, signature);
        assert_eq!(check_good(&good), Ok(()));
        let (r, s) = (&good[4..36], &good[38..70]);
        let pair = |r: &[u8], s: &[u8]| tlv(0x30, &[tlv(0x02, r), tlv(0x02, s)].concat());
        assert_eq!(pair(r, s), good);

        let mut long_sequence = vec![0x30, 0x81, 68];
        long_sequence.extend(&good[2..]);
        let mut long_integer = vec![0x30, 69, 0x02, 0x81, 32];
        long_integer.extend(&good[4..]);
        let mut indefinite = vec![0x30, 0x80];
        indefinite.extend(&good[2..]);
        indefinite.extend([0, 0]);
        let padded = pair(&[&[0], r].concat(), s);
        let three = tlv(0x30, &[tlv(0x02, r), tlv(0x02, s), tlv(0x02, &[1])].concat());
        let trailing = [&good[..], &[0]].concat();
        let raw = [r, s].concat();
        for malformed in [&long_sequence, &long_integer, &indefinite, &padded, &three, &trailing, &raw] {
            assert_eq!(check_good(malformed), Err(VerifyError::InvalidSignature), "{malformed:02x?}");
        }

        let order = [
            0x00, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
            0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
        ];
        let too_long = [[1].as_slice(), &[0; 70]].concat();
        for wrong in [&[0][..], &[], &[0xff], &order, &too_long] {
            for signature in [pair(wrong, s), pair(r, wrong), pair(wrong, wrong)] {
                assert_eq!(check_good(&signature), Err(VerifyError::InvalidSignature));
                assert_eq!(check(&signature), Err(VerifyError::InvalidSignature));
            }
        }
    }

    #[test]
    fn ec_keys_are_uncompressed_points_on_named_curves() {
        let signer = RustCryptoSigner::from_pem(key!("ec-p256")).unwrap();
        let good = signer.public_key_der();
        let signature = signer.sign(S::Sha256WithEcdsa, MESSAGE).unwrap().into_bytes();
        let check = |key: &[u8]| verify(S::Sha256WithEcdsa, key, MESSAGE, &signature);
        let point = &good[26..];
        assert_eq!(spki(EC_P256, point), good);
        assert_eq!(check(good), Ok(()));

        let mut off_curve = point.to_vec();
        off_curve[64] ^= 1;
        // (0, 0), and coordinates beyond the field.
        let zero = [&[4][..], &[0; 64]].concat();
        let beyond = [&[4][..], &[0xff; 64]].concat();
        let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
        let hybrid = [&[6 + (point[64] & 1)], &point[1..]].concat();
        let long = [point, &[0]].concat();
        for point in [&off_curve, &zero, &beyond, &compressed, &hybrid, &long, &vec![0], &vec![]] {
            assert_eq!(check(&spki(EC_P256, point)), Err(VerifyError::InvalidKey), "{point:02x?}");
        }

        let (oid, secp256k1) = (&EC_P256[..9], [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]);
        let explicit = [oid, &tlv(0x30, &[0x02, 0x01, 0x01])].concat();
        for algorithm in [&[oid, &secp256k1].concat(), oid, &[oid, &[0x05, 0x00]].concat(), &explicit] {
            assert_eq!(check(&spki(algorithm, point)), Err(VerifyError::InvalidKey), "{algorithm:02x?}");
        }
        // The label of one curve on a point of another.
        let p384 = RustCryptoSigner::from_pem(key!("ec-p384")).unwrap();
        assert_eq!(check(&spki(EC_P256, &p384.public_key_der()[23..])), Err(VerifyError::InvalidKey));

        let mut unused_bits = good.to_vec();
        unused_bits[25] = 1;
        let trailing = [good, &[0]].concat();
        let mut long_form = vec![0x30, 0x81, 0x59];
        long_form.extend(&good[2..]);
        for malformed in [&unused_bits[..], &trailing, &long_form, &good[..90], &good[1..], &[]] {
            assert_eq!(check(malformed), Err(VerifyError::InvalidKey), "{malformed:02x?}");
        }
    }

    #[test]
    fn rsa_keys_are_rsa_encryption_of_bounded_size() {
        let signer = RustCryptoSigner::from_pem(key!("rsa-2048")).unwrap();
        let good = signer.public_key_der();
        let signature = signer.sign(S::Sha256WithRsa, MESSAGE).unwrap().into_bytes();
        let check = |key: &[u8]| verify(S::Sha256WithRsa, key, MESSAGE, &signature);
        let key = &good[24..];
        assert_eq!(spki(RSA, key), good);

        let without_null = &RSA[..11];
        let pss = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
        assert_eq!(check(&spki(without_null, key)), Err(VerifyError::InvalidKey));
        assert_eq!(check(&spki(&[without_null, &[0x30, 0x00]].concat(), key)), Err(VerifyError::InvalidKey));
        assert_eq!(check(&spki(&pss, key)), Err(VerifyError::KeyMismatch));
        assert_eq!(check(&[good, &[0]].concat()), Err(VerifyError::InvalidKey));
        assert_eq!(check(&spki(RSA, &[key, &[0]].concat())), Err(VerifyError::InvalidKey));
        assert_eq!(check(&good[..good.len() - 1]), Err(VerifyError::InvalidKey));

        let with = |modulus: &[u8], exponent: &[u8]| {
            spki(RSA, &tlv(0x30, &[tlv(0x02, modulus), tlv(0x02, exponent)].concat()))
        };
        // 1024 bits to 8192 bits, whatever the factors.
        let modulus = |octets: usize| [vec![0], vec![0xff; octets]].concat();
        for octets in [128, 256, 1024] {
            let zeros = vec![0; octets];
            let key = with(&modulus(octets), &[1, 0, 1]);
            assert_eq!(verify(S::Sha256WithRsa, &key, MESSAGE, &zeros), Err(VerifyError::InvalidSignature));
            assert_eq!(verify(S::Sha512WithRsaPss, &key, MESSAGE, &zeros), Err(VerifyError::InvalidSignature));
        }
        let even = [&[0], &[0xff; 255][..], &[0xfe]].concat();
        let bits_8193 = [&[1][..], &[0xff; 1024]].concat();
        for (modulus, exponent) in [
            (&modulus(127)[..], &[1, 0, 1][..]),
            (&bits_8193, &[1, 0, 1]),
            (&modulus(4096), &[1, 0, 1]),
            (&even, &[1, 0, 1]),
            (&modulus(256)[1..], &[1, 0, 1]),
            (&[0], &[1, 0, 1]),
            (&modulus(256), &[0]),
            (&modulus(256), &[1]),
            (&modulus(256), &[2]),
            (&modulus(256), &[1, 0, 0]),
            (&modulus(256), &[0xff]),
            (&modulus(256), &[2, 0, 0, 0, 1]),
            (&modulus(256), &modulus(256)),
        ] {
            assert_eq!(check(&with(modulus, exponent)), Err(VerifyError::InvalidKey), "{exponent:02x?}");
        }
    }

    #[test]
    fn rsa_signatures_beyond_the_modulus_are_refused() {
        let signer = RustCryptoSigner::from_pem(key!("rsa-2048")).unwrap();
        let key = signer.public_key_der();
        for signature in [vec![0xff; 256], vec![0; 256], vec![0xff; 255], vec![0xff; 257], vec![0; 4096]] {
            for algorithm in [S::Sha256WithRsa, S::Sha256WithRsaPss] {
                assert_eq!(verify(algorithm, key, MESSAGE, &signature), Err(VerifyError::InvalidSignature));
            }
        }
        // The same number in one octet more.
        let signature = signer.sign(S::Sha256WithRsa, MESSAGE).unwrap().into_bytes();
        let padded = [&[0], &signature[..]].concat();
        assert_eq!(verify(S::Sha256WithRsa, key, MESSAGE, &padded), Err(VerifyError::InvalidSignature));
    }
}
