//! ECDSA keys and signatures (RFC 5480, RFC 5758, RFC 6979), each curve under its own feature.

use ::ecdsa::hazmat::sign_prehashed_rfc6979;
use pkcs8::{Document, EncodePrivateKey, EncodePublicKey, SecretDocument};
use sha2::digest::Digest;
use sha2::{Sha256, Sha384, Sha512};
use signature::hazmat::PrehashVerifier;

use super::signer::PrivateKey;
use crate::crypto::signer::{SignError, Signature};
use crate::crypto::verifier::{VerifyError, misfit};
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::public_key::KeyKind;

macro_rules! private_key {
    ($key:ty, $curve:ty, $algorithm:ident) => {
        impl PrivateKey for $key {
            fn algorithm(&self) -> KeyAlgorithm {
                KeyAlgorithm::$algorithm
            }

            fn public_key_der(&self) -> spki::Result<Document> {
                self.verifying_key().to_public_key_der()
            }

            fn to_pkcs8_der(&self) -> pkcs8::Result<SecretDocument> {
                EncodePrivateKey::to_pkcs8_der(self)
            }

            fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
                // RFC 6979 wants the hash of the message in its generator too, whatever the curve (section 3.2 and
                // appendix A.2). `sign_prehash` would take the curve's usual one.
                macro_rules! sign {
                    ($hash:ty) => {
                        sign_prehashed_rfc6979::<$curve, $hash>(
                            self.as_nonzero_scalar(),
                            &<$hash>::digest(message),
                            &[],
                        )
                    };
                }
                let (signature, _) = match algorithm {
                    SigningAlgorithm::Sha256WithEcdsa => sign!(Sha256),
                    SigningAlgorithm::Sha384WithEcdsa => sign!(Sha384),
                    SigningAlgorithm::Sha512WithEcdsa => sign!(Sha512),
                    _ => return Err(SignError::UnsupportedAlgorithm { algorithm, key: self.algorithm() }),
                };
                Ok(Signature::new(signature.to_der().as_bytes().to_vec()))
            }
        }
    };
}
#[cfg(feature = "p256")]
private_key!(p256::ecdsa::SigningKey, p256::NistP256, EcPrime256v1);
#[cfg(feature = "p384")]
private_key!(p384::ecdsa::SigningKey, p384::NistP384, EcSecp384r1);
#[cfg(feature = "p521")]
private_key!(p521::ecdsa::SigningKey, p521::NistP521, EcSecp521r1);

// What stands before the coordinates in the SubjectPublicKeyInfo of an uncompressed point on a named curve. DER has one
// encoding of it, so that comparing octets is the strictest decoder and the fastest: explicit parameters, compressed
// points, the point at infinity, unused bits and trailing octets all fail to match.
#[cfg(feature = "p256")]
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
#[cfg(feature = "p384")]
const P384: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
    0x22, 0x03, 0x62, 0x00, 0x04,
];
#[cfg(feature = "p521")]
const P521: &[u8] = &[
    0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
    0x00, 0x23, 0x03, 0x81, 0x86, 0x00, 0x04,
];
/// Verifies on the curve that the key names. A digest shorter or longer than the curve's order is padded or cut as
/// SEC 1 section 4.1.4 says.
pub(super) fn verify(spki: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
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
        #[cfg(feature = "p256")]
        91 if spki.starts_with(P256) => verify_on!(p256, P256),
        #[cfg(feature = "p384")]
        120 if spki.starts_with(P384) => verify_on!(p384, P384),
        #[cfg(feature = "p521")]
        158 if spki.starts_with(P521) => verify_on!(p521, P521),
        _ => Err(misfit(spki, KeyKind::Ec)),
    }
}

#[cfg(all(test, feature = "ed25519", feature = "ml-dsa", feature = "rustcrypto", feature = "sm2"))]
mod tests;
