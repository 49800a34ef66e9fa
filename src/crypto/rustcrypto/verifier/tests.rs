//! What holds for every algorithm, and what the tests of each need.
#![allow(clippy::unwrap_used)]

use ::ecdsa::hazmat::sign_prehashed_rfc6979;
use ::rsa::Pkcs1v15Sign;
use SignatureAlgorithm as A;
use SigningAlgorithm as S;
use pkcs8::{DecodePrivateKey, EncodePublicKey};

use super::*;
use crate::crypto::rustcrypto::signer::RustCryptoSigner;
use crate::crypto::signer::Signer;
use crate::x509::algorithm::KeyAlgorithm;

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/keys/", $name, ".pem"))
    };
}
pub(in crate::crypto::rustcrypto) use key;

const KEYS: [&str; 10] = [
    key!("ec-p256"),
    key!("ec-p384"),
    key!("ec-p521"),
    key!("rsa-2048"),
    key!("rsa-3072"),
    key!("rsa-4096"),
    key!("sm2"),
    key!("ml-dsa-44"),
    key!("ml-dsa-65"),
    key!("ml-dsa-87"),
];
pub(in crate::crypto::rustcrypto) const MESSAGE: &[u8] = b"to be signed";

pub(in crate::crypto::rustcrypto) fn verify(
    algorithm: impl Into<A>,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    RustCryptoVerifier.verify(algorithm.into(), key, message, signature)
}

pub(in crate::crypto::rustcrypto) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let header = match content.len() {
        len @ 0..0x80 => vec![tag, len as u8],
        len @ 0x80..0x100 => vec![tag, 0x81, len as u8],
        len => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    [header, content.to_vec()].concat()
}

/// A SubjectPublicKeyInfo of `algorithm` (content of the AlgorithmIdentifier) and `key`.
pub(in crate::crypto::rustcrypto) fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(0x30, algorithm), tlv(0x03, &[&[0], key].concat())].concat())
}

pub(in crate::crypto::rustcrypto) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn every_pairing_signs_and_verifies() {
    let mut pairings = 0;
    for pem in KEYS {
        let signer = RustCryptoSigner::from_pem(pem).unwrap();
        let (key, other) = (signer.public_key_der(), RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap());
        for &algorithm in SigningAlgorithm::ALL {
            let Ok(signature) = signer.sign(algorithm, MESSAGE) else { continue };
            pairings += 1;
            let signature = signature.into_bytes();
            assert_eq!(verify(algorithm, key, MESSAGE, &signature), Ok(()), "{algorithm} {signer:?}");

            let mut message = MESSAGE.to_vec();
            message[3] ^= 0x10;
            assert_eq!(verify(algorithm, key, &message, &signature), Err(VerifyError::InvalidSignature));
            for position in [0, 1, 6, signature.len() / 2, signature.len() - 1] {
                let mut signature = signature.clone();
                signature[position] ^= 0x01;
                assert_eq!(verify(algorithm, key, MESSAGE, &signature), Err(VerifyError::InvalidSignature));
            }
            for wrong in [&signature[1..], &signature[..signature.len() - 1], &[&signature[..], &[0]].concat(), &[]] {
                assert_eq!(verify(algorithm, key, MESSAGE, wrong), Err(VerifyError::InvalidSignature));
            }
            assert!(verify(algorithm, other.public_key_der(), MESSAGE, &signature).is_err());
        }
    }
    assert_eq!(pairings, 31);
}

#[test]
fn algorithms_and_keys_that_do_not_belong_together() {
    for pem in KEYS {
        let signer = RustCryptoSigner::from_pem(pem).unwrap();
        let key = signer.key_algorithm();
        let all = SigningAlgorithm::ALL.iter().map(|&algorithm| A::Api(algorithm));
        let no_salt = A::rsa_pss(RsaPssHash::Sha256, 0).unwrap();
        for algorithm in all.chain([no_salt, A::Sha1WithRsa, A::Sha1WithEcdsa, A::Ed25519]) {
            let fits = match algorithm {
                A::Api(algorithm) => key.supports(algorithm),
                A::Sha1WithRsa => key.supports(S::Sha256WithRsa),
                A::Sha1WithEcdsa => key.supports(S::Sha256WithEcdsa),
                A::RsaPssOtherSalt(_) => key.supports(S::Sha256WithRsaPss),
                A::Ed25519 => false,
            };
            let expected = if fits { VerifyError::InvalidSignature } else { VerifyError::KeyMismatch };
            assert_eq!(
                verify(algorithm, signer.public_key_der(), MESSAGE, &[0; 70]),
                Err(expected),
                "{key} {algorithm}"
            );
        }
    }
}

#[test]
fn sha1_is_computed() {
    let digest = Sha1::digest(MESSAGE);
    let key = ::rsa::PrivateKey::from_pkcs8_pem(key!("rsa-2048")).unwrap();
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
