//! The two public-key operations of an issuance by themselves, straight from the backends: what no library can go below.

// Not every bench uses all of it.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, RsaKeyPair, UnparsedPublicKey};
use issuance::SigningAlgorithm;
use p256::ecdsa::signature::{Signer, Verifier};
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::SignatureEncoding;
use sha2::Sha256;

use crate::work::{AWS_LC, RUST_CRYPTO, Work};

pub type Sign = dyn Fn(&[u8]) -> Vec<u8>;

/// The public key comes as the content of `subjectPublicKey`, anew each time as in issuance; the private key is ready.
pub struct Bare {
    pub backend: &'static str,
    /// Key, message, signature.
    pub verify: fn(&[u8], &[u8], &[u8]) -> bool,
    pub sign: Box<Sign>,
}

pub fn aws_lc(work: &Work) -> Bare {
    let pkcs8 = der::pem::decode_vec(work.key.as_bytes()).unwrap().1;
    match work.algorithm {
        SigningAlgorithm::Sha256WithEcdsa => {
            let key = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8).unwrap();
            Bare {
                backend: AWS_LC,
                verify: |key, message, signature| {
                    let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, key);
                    key.verify(message, signature).is_ok()
                },
                sign: Box::new(move |message| key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()),
            }
        }
        _ => {
            let key = RsaKeyPair::from_pkcs8(&pkcs8).unwrap();
            Bare {
                backend: AWS_LC,
                verify: |key, message, signature| {
                    let key = UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key);
                    key.verify(message, signature).is_ok()
                },
                sign: Box::new(move |message| {
                    let mut octets = vec![0; key.public_modulus_len()];
                    key.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut octets).unwrap();
                    octets
                }),
            }
        }
    }
}

pub fn rust_crypto(work: &Work) -> Bare {
    match work.algorithm {
        SigningAlgorithm::Sha256WithEcdsa => {
            let key = p256::ecdsa::SigningKey::from_pkcs8_pem(work.key).unwrap();
            Bare {
                backend: RUST_CRYPTO,
                verify: |key, message, signature| {
                    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).unwrap();
                    let signature = p256::ecdsa::Signature::from_der(signature);
                    signature.is_ok_and(|signature| key.verify(message, &signature).is_ok())
                },
                sign: Box::new(move |message| {
                    let signature: p256::ecdsa::DerSignature = key.sign(message);
                    signature.as_bytes().to_vec()
                }),
            }
        }
        _ => {
            let key = rsa::pkcs1v15::SigningKey::<Sha256>::new(rsa::PrivateKey::from_pkcs8_pem(work.key).unwrap());
            Bare {
                backend: RUST_CRYPTO,
                verify: |key, message, signature| {
                    let key = rsa::PublicKey::from_pkcs1_der(key).unwrap();
                    let key = rsa::pkcs1v15::VerifyingKey::<Sha256>::new(key);
                    let signature = rsa::pkcs1v15::Signature::try_from(signature);
                    signature.is_ok_and(|signature| key.verify(message, &signature).is_ok())
                },
                sign: Box::new(move |message| key.sign(message).to_vec()),
            }
        }
    }
}
