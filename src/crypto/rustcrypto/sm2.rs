//! SM2 keys and signatures (GB/T 32918).

use ::sm2::dsa::{Signature as DsaSignature, SigningKey, VerifyingKey};
use ::sm2::{Scalar, SecretKey};
use pkcs8::{Document, EncodePrivateKey, EncodePublicKey, SecretDocument};
use signature::{Signer, Verifier};

use super::signer::{PrivateKey, failed};
use crate::crypto::private_key::PrivateKeyError;
use crate::crypto::signer::{SignError, Signature};
use crate::crypto::verifier::{VerifyError, misfit};
use crate::x509::algorithm::facts::SM2_DISTINGUISHING_ID;
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::public_key::KeyKind;

/// What stands before the coordinates in the SubjectPublicKeyInfo of an uncompressed point: DER has one encoding of it.
const SM2: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf,
    0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00, 0x04,
];

/// Boxed, so that there is one place to overwrite.
pub(super) struct Sm2Key(Box<SigningKey>);

impl Sm2Key {
    /// The one scalar that GB/T 32918.1 section 6.1 excludes beside zero, n - 1, cannot sign.
    pub(super) fn new(secret: &SecretKey) -> Result<Sm2Key, PrivateKeyError> {
        let scalar = secret.to_nonzero_scalar();
        if bool::from((Scalar::ONE + *scalar).is_zero()) {
            return Err(PrivateKeyError::Inconsistent);
        }
        let key = SigningKey::from_nonzero_scalar(SM2_DISTINGUISHING_ID, scalar);
        key.map(|key| Sm2Key(Box::new(key))).map_err(|_| PrivateKeyError::Inconsistent)
    }
}

/// `SigningKey` does not overwrite its secret itself, and lends it only to read: another key takes its place.
impl Drop for Sm2Key {
    fn drop(&mut self) {
        let mut one = [0; 32];
        one[31] = 1;
        if let Ok(other) = SigningKey::from_slice(SM2_DISTINGUISHING_ID, &one) {
            *self.0 = other;
            // Keeps the write from being optimised away.
            std::hint::black_box(&self.0);
        }
    }
}

impl PrivateKey for Sm2Key {
    fn algorithm(&self) -> KeyAlgorithm {
        KeyAlgorithm::Sm2
    }

    fn public_key_der(&self) -> spki::Result<Document> {
        self.0.verifying_key().to_public_key_der()
    }

    fn to_pkcs8_der(&self) -> pkcs8::Result<SecretDocument> {
        SecretKey::from(self.0.as_nonzero_scalar()).to_pkcs8_der()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        if algorithm != SigningAlgorithm::Sm3WithSm2 {
            return Err(SignError::UnsupportedAlgorithm { algorithm, key: KeyAlgorithm::Sm2 });
        }
        let signature = self.0.try_sign(message).map_err(|_| failed("the SM2 private-key operation failed", false))?;
        Ok(Signature::new(signature.to_der().to_vec()))
    }
}

/// The signature by GB/T 32918.2, as strict DER.
pub(super) fn verify(spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    if spki.len() != 91 || !spki.starts_with(SM2) {
        return Err(misfit(spki, KeyKind::Sm2));
    }
    let key = VerifyingKey::from_sec1_bytes(SM2_DISTINGUISHING_ID, &spki[SM2.len() - 1..]);
    let key = key.map_err(|_| VerifyError::InvalidKey)?;
    let signature = DsaSignature::from_der(signature).map_err(|_| VerifyError::InvalidSignature)?;
    key.verify(message, &signature).map_err(|_| VerifyError::InvalidSignature)
}

#[cfg(all(test, feature = "ed25519", feature = "ml-dsa", feature = "rustcrypto", feature = "sm2"))]
mod tests;
