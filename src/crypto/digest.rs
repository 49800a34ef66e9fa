//! What a signer that does not take whole messages is given in their place.

use sha2::{Digest, Sha256, Sha384, Sha512};

#[cfg(any(feature = "ml-dsa", feature = "sm2"))]
use crate::x509::algorithm::KeyAlgorithm;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::public_key::PublicKeyError;
#[cfg(any(feature = "ml-dsa", feature = "sm2"))]
use crate::x509::public_key::{PublicKey, subject_public_key};

/// The coefficients and base point of the SM2 curve (GB/T 32918.5), which its digest covers: a, b, x, y.
#[cfg(feature = "sm2")]
#[rustfmt::skip]
const SM2_CURVE: [u8; 128] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
    0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
    0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
    0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94,
    0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53,
    0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
];

/// The default distinguishing identifier of SM2 (GM/T 0009), after its length in bits.
#[cfg(feature = "sm2")]
const SM2_IDENTIFIER: &[u8; 18] = b"\x00\x801234567812345678";

/// The digest of a message that is to be signed with `algorithm` under the key of `public_key_der`, a SubjectPublicKeyInfo: for
/// services and tokens that take digests, some because whole messages end at 4,096 octets there.
///
/// - ECDSA, RSASSA-PKCS1-v1_5, RSASSA-PSS: SHA-256, SHA-384 or SHA-512 of the message.
/// - SM2: SM3 of the identity hash ZA and the message, with the default distinguishing identifier.
/// - ML-DSA: the message representative mu of 64 octets (FIPS 204 algorithm 7, with an empty context), for services with an
///   external-mu interface.
///
/// The public key is part of the digest for SM2 and ML-DSA; for ECDSA and RSA it is not looked at.
///
/// # Errors
/// For SM2 and ML-DSA, when the public key is malformed or not one of the algorithm, or when the feature `sm2` or `ml-dsa` is
/// off ([`PublicKeyError::DigestFeature`]); for the others there are none.
///
/// ```
/// use issuance::SigningAlgorithm;
/// use issuance::crypto::signing_digest;
///
/// let digest = signing_digest(SigningAlgorithm::Sha384WithEcdsa, b"", b"to be signed")?;
/// assert_eq!(digest.len(), 48);
/// # Ok::<(), issuance::x509::PublicKeyError>(())
/// ```
pub fn signing_digest(
    algorithm: SigningAlgorithm,
    public_key_der: &[u8],
    message: &[u8],
) -> Result<Vec<u8>, PublicKeyError> {
    use SigningAlgorithm as S;
    #[cfg(not(any(feature = "ml-dsa", feature = "sm2")))]
    let _ = public_key_der;
    match algorithm {
        S::Sha256WithEcdsa | S::Sha256WithRsa | S::Sha256WithRsaPss => Ok(Sha256::digest(message).to_vec()),
        S::Sha384WithEcdsa | S::Sha384WithRsa | S::Sha384WithRsaPss => Ok(Sha384::digest(message).to_vec()),
        S::Sha512WithEcdsa | S::Sha512WithRsa | S::Sha512WithRsaPss => Ok(Sha512::digest(message).to_vec()),
        #[cfg(feature = "sm2")]
        S::Sm3WithSm2 => {
            use sm3::Sm3;
            let point = key(public_key_der, KeyAlgorithm::Sm2)?;
            // The point without the octet that says that it is not compressed.
            let identity = Sm3::new().chain_update(SM2_IDENTIFIER).chain_update(SM2_CURVE).chain_update(&point[1..]);
            Ok(Sm3::new().chain_update(identity.finalize()).chain_update(message).finalize().to_vec())
        }
        #[cfg(feature = "ml-dsa")]
        S::MlDsa44 => Ok(mu(key(public_key_der, KeyAlgorithm::MlDsa44)?, message)),
        #[cfg(feature = "ml-dsa")]
        S::MlDsa65 => Ok(mu(key(public_key_der, KeyAlgorithm::MlDsa65)?, message)),
        #[cfg(feature = "ml-dsa")]
        S::MlDsa87 => Ok(mu(key(public_key_der, KeyAlgorithm::MlDsa87)?, message)),
        #[cfg(not(feature = "sm2"))]
        S::Sm3WithSm2 => Err(PublicKeyError::DigestFeature { algorithm, feature: "sm2" }),
        #[cfg(not(feature = "ml-dsa"))]
        S::MlDsa44 | S::MlDsa65 | S::MlDsa87 => Err(PublicKeyError::DigestFeature { algorithm, feature: "ml-dsa" }),
    }
}

/// The key's own octets.
#[cfg(any(feature = "ml-dsa", feature = "sm2"))]
fn key(public_key_der: &[u8], expected: KeyAlgorithm) -> Result<&[u8], PublicKeyError> {
    match PublicKey::from_der(public_key_der)? {
        PublicKey::Ec(found) | PublicKey::MlDsa(found) if found == expected => Ok(subject_public_key(public_key_der)?),
        _ => Err(PublicKeyError::NotOfAlgorithm(expected)),
    }
}

#[cfg(feature = "ml-dsa")]
fn mu(key: &[u8], message: &[u8]) -> Vec<u8> {
    use shake::Shake256;
    use shake::digest::{ExtendableOutput, Update, XofReader};

    let mut key_hash = [0; 64];
    let mut hasher = Shake256::default();
    hasher.update(key);
    hasher.finalize_xof().read(&mut key_hash);
    let mut hasher = Shake256::default();
    hasher.update(&key_hash);
    // Pure ML-DSA, and a context of no octets.
    hasher.update(&[0, 0]);
    hasher.update(message);
    let mut mu = vec![0; 64];
    hasher.finalize_xof().read(&mut mu);
    mu
}

#[cfg(all(test, feature = "ml-dsa", feature = "rustcrypto", feature = "sm2"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use signature::hazmat::PrehashVerifier;

    use super::*;
    use crate::crypto::rustcrypto::signer::RustCryptoSigner;
    use crate::crypto::signer::Signer;

    fn signed(name: &str, algorithm: SigningAlgorithm) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let path = format!("{}/tests/data/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"));
        let signer = RustCryptoSigner::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap();
        let message = vec![0xa5; 5000];
        let signature = signer.sign(algorithm, &message).unwrap().into_bytes();
        let digest = signing_digest(algorithm, signer.public_key_der(), &message).unwrap();
        (subject_public_key(signer.public_key_der()).unwrap().to_vec(), digest, signature)
    }

    #[test]
    fn signatures_over_messages_verify_over_their_digests() {
        let (point, digest, signature) = signed("ec-p256", SigningAlgorithm::Sha384WithEcdsa);
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap();
        key.verify_prehash(&digest, &p256::ecdsa::Signature::from_der(&signature).unwrap()).unwrap();
    }

    #[test]
    fn sm2_digests_cover_the_identity() {
        let (point, digest, signature) = signed("sm2", SigningAlgorithm::Sm3WithSm2);
        let key = sm2::dsa::VerifyingKey::from_sec1_bytes("1234567812345678", &point).unwrap();
        let mut parts =
            crate::x509::asn1::reader::Reader::single(&signature, crate::x509::asn1::tag::SEQUENCE).unwrap().reader();
        let mut raw = [0; 64];
        for half in raw.chunks_mut(32) {
            let integer = parts.read(crate::x509::asn1::tag::INTEGER).unwrap().content;
            let significant = integer.strip_prefix(&[0]).unwrap_or(integer);
            half[32 - significant.len()..].copy_from_slice(significant);
        }
        key.verify_prehash(&digest, &sm2::dsa::Signature::from_slice(&raw).unwrap()).unwrap();
    }

    #[test]
    fn ml_dsa_digests_are_the_message_representative() {
        let (key, digest, signature) = signed("ml-dsa-65", SigningAlgorithm::MlDsa65);
        let key = ml_dsa::VerifyingKey::<ml_dsa::MlDsa65>::decode(&key.as_slice().try_into().unwrap());
        let signature = ml_dsa::Signature::<ml_dsa::MlDsa65>::try_from(signature.as_slice()).unwrap();
        assert!(key.verify_mu(&digest.as_slice().try_into().unwrap(), &signature));
    }

    #[test]
    fn other_keys_are_refused() {
        let path = format!("{}/tests/data/keys/ec-p256.pem", env!("CARGO_MANIFEST_DIR"));
        let signer = RustCryptoSigner::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap();
        for algorithm in [SigningAlgorithm::Sm3WithSm2, SigningAlgorithm::MlDsa44] {
            let refused = signing_digest(algorithm, signer.public_key_der(), b"");
            assert!(matches!(refused, Err(PublicKeyError::NotOfAlgorithm(_))));
        }
    }
}
