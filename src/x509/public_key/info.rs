//! A public key as a typed view over its DER.

use std::fmt;

use super::{PublicKey, PublicKeyError, key_identifier, modulus_bits, subject_public_key};
use crate::x509::algorithm::KeyAlgorithm;

/// A public key: a `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7) of an algorithm that the crate knows, borrowed from its DER.
///
/// The form has been checked; whether a point is on its curve, and whether a [`KeyPolicy`](super::KeyPolicy) allows the key, has
/// not. `Display` writes `EC_prime256v1` or `RSA, 2048 bits`.
///
/// ```
/// use issuance::{Csr, KeyAlgorithm};
/// let csr = Csr::decode(include_bytes!("../../../examples/data/www.example.com.csr"))?;
/// let key = csr.public_key()?;
/// assert_eq!(key.key_algorithm(), Some(KeyAlgorithm::EcPrime256v1));
/// # Ok::<(), issuance::csr::CsrError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SubjectPublicKeyInfo<'a> {
    der: &'a [u8],
    key: PublicKey<'a>,
    /// The content of the BIT STRING.
    bits: &'a [u8],
}

impl<'a> SubjectPublicKeyInfo<'a> {
    /// Reads the DER of a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// What is not DER, or not a key of an algorithm or curve that the crate knows.
    pub fn from_der(der: &'a [u8]) -> Result<SubjectPublicKeyInfo<'a>, PublicKeyError> {
        Ok(SubjectPublicKeyInfo { der, key: PublicKey::from_der(der)?, bits: subject_public_key(der)? })
    }

    /// The whole of it in DER, as it came.
    pub fn as_der(&self) -> &'a [u8] {
        self.der
    }

    /// The algorithm by its name in the API. `None` for keys that can be certified and cannot be those of an authority: Ed25519, and
    /// RSA of other than 2048, 3072 or 4096 bits.
    pub fn key_algorithm(&self) -> Option<KeyAlgorithm> {
        KeyAlgorithm::from_public_key_der(self.der)
    }

    /// The length of an RSA modulus in bits; `None` for keys that are not RSA.
    pub fn rsa_bits(&self) -> Option<usize> {
        match self.key {
            PublicKey::Rsa { modulus, .. } => Some(modulus_bits(modulus)),
            PublicKey::Ec(_) | PublicKey::Ed25519 | PublicKey::MlDsa(_) => None,
        }
    }

    /// The subject key identifier that a certificate for the key gets: SHA-1 of the bits of the key (RFC 5280 section 4.2.1.2).
    pub fn key_identifier(&self) -> [u8; 20] {
        key_identifier(self.bits)
    }
}

impl fmt::Display for SubjectPublicKeyInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}
