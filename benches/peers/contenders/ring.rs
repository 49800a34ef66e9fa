//! The public-key operations of ring, under rcgen.

use ::ring::rand::SystemRandom;
use ::ring::signature::{self, EcdsaKeyPair, RsaKeyPair, UnparsedPublicKey};
use issuance::SigningAlgorithm;
use issuance_benches::bare::Bare;
use issuance_benches::work::Work;

const BACKEND: &str = "ring";

pub fn bare(work: &Work) -> Bare {
    let pkcs8 = der::pem::decode_vec(work.key.as_bytes()).unwrap().1;
    let random = SystemRandom::new();
    match work.algorithm {
        SigningAlgorithm::Sha256WithEcdsa => {
            let key = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8, &random).unwrap();
            Bare {
                backend: BACKEND,
                verify: |key, message, signature| {
                    let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, key);
                    key.verify(message, signature).is_ok()
                },
                sign: Box::new(move |message| key.sign(&random, message).unwrap().as_ref().to_vec()),
            }
        }
        _ => {
            let key = RsaKeyPair::from_pkcs8(&pkcs8).unwrap();
            Bare {
                backend: BACKEND,
                verify: |key, message, signature| {
                    let key = UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key);
                    key.verify(message, signature).is_ok()
                },
                sign: Box::new(move |message| {
                    let mut octets = vec![0; key.public().modulus_len()];
                    key.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut octets).unwrap();
                    octets
                }),
            }
        }
    }
}
