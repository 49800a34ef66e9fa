//! SM2 keys (GB/T 32918).

use ::sm2::dsa::SigningKey;
use ::sm2::{Scalar, SecretKey};
use der::pem::LineEnding;
use pkcs8::{Document, EncodePrivateKey, EncodePublicKey};
use signature::Signer;
use zeroize::Zeroizing;

use super::{PrivateKey, PrivateKeyError, failed};
use crate::crypto::signer::{SignError, Signature};
use crate::x509::algorithm::{KeyAlgorithm, SM2_DISTINGUISHING_ID, SigningAlgorithm};

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

    fn to_pkcs8_pem(&self) -> pkcs8::Result<Zeroizing<String>> {
        SecretKey::from(self.0.as_nonzero_scalar()).to_pkcs8_pem(LineEnding::LF)
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        if algorithm != SigningAlgorithm::Sm3WithSm2 {
            return Err(SignError::UnsupportedAlgorithm { algorithm, key: KeyAlgorithm::Sm2 });
        }
        let signature = self.0.try_sign(message).map_err(|_| failed("the SM2 private-key operation failed", false))?;
        Ok(Signature::new(signature.to_der().to_vec()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ::sm2::elliptic_curve::Curve;

    use super::*;

    #[test]
    fn the_scalar_that_cannot_sign_is_refused() {
        // n - 1 and n - 2.
        let order = ::sm2::Sm2::ORDER.to_be_bytes();
        for (scalar, error) in [(1, Some(PrivateKeyError::Inconsistent)), (2, None)] {
            let mut octets: [u8; 32] = order.as_ref().try_into().unwrap();
            octets[31] -= scalar;
            let key = Sm2Key::new(&SecretKey::from_slice(&octets).unwrap());
            assert_eq!(key.as_ref().err(), error.as_ref());
            assert!(key.is_err() || key.unwrap().sign(SigningAlgorithm::Sm3WithSm2, b"message").is_ok());
        }
        assert!(SecretKey::from_slice(order.as_ref()).is_err());
    }
}
