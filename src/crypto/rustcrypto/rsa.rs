//! RSA keys and signatures (RFC 8017, RFC 4055).

use ::rsa::traits::SignatureScheme;
use ::rsa::{Pkcs1v15Sign, PrivateKey as RsaPrivateKey, Pss, PublicKey as RsaPublicKey};
use der::Decode;
use getrandom::SysRng;
use pkcs8::{Document, EncodePrivateKey, EncodePublicKey, SecretDocument};
use sha2::digest::const_oid::AssociatedOid;
use sha2::digest::{Digest, FixedOutputReset};
use sha2::{Sha256, Sha384, Sha512};

use super::signer::{PrivateKey, failed};
use crate::crypto::private_key::PrivateKeyError;
use crate::crypto::signer::{SignError, Signature};
use crate::crypto::verifier::{VerifyError, misfit};
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::public_key::{KeyKind, PublicKey, subject_public_key};

pub(super) struct RsaKey {
    algorithm: KeyAlgorithm,
    /// Overwrites itself on drop.
    key: RsaPrivateKey,
}

impl RsaKey {
    /// A new key, with the public exponent 65537.
    pub(super) fn generate(algorithm: KeyAlgorithm) -> Result<RsaKey, PrivateKeyError> {
        let bits = algorithm.modulus_bits().ok_or(PrivateKeyError::Inconsistent)?;
        let key = RsaPrivateKey::new(&mut SysRng, bits).map_err(rejected)?;
        Ok(RsaKey { algorithm, key })
    }

    pub(super) fn from_parts(
        key: pkcs1::RsaPrivateKeyRef<'_>,
        algorithm: KeyAlgorithm,
    ) -> Result<RsaKey, PrivateKeyError> {
        let key = RsaPrivateKey::try_from(key).map_err(|_| PrivateKeyError::Inconsistent)?;
        let key = RsaKey { algorithm, key };
        // Fails for factors that are not prime, which no congruence of the exponents tells.
        key.pkcs1::<Sha256>(&[]).map_err(rejected)?;
        Ok(key)
    }

    // Passing the generator makes blinding certain, whichever features the `rsa` crate has.

    fn pkcs1<D: Digest + AssociatedOid>(&self, message: &[u8]) -> ::rsa::Result<Vec<u8>> {
        Pkcs1v15Sign::new::<D>().sign(Some(&mut SysRng), &self.key, &D::digest(message))
    }

    /// The salt is as long as the hash, and from the same generator.
    fn pss<D: Digest + FixedOutputReset>(&self, message: &[u8]) -> ::rsa::Result<Vec<u8>> {
        Pss::<D>::new_blinded().sign(Some(&mut SysRng), &self.key, &D::digest(message))
    }
}

impl PrivateKey for RsaKey {
    fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    fn public_key_der(&self) -> spki::Result<Document> {
        self.key.as_public_key().to_public_key_der()
    }

    fn to_pkcs8_der(&self) -> pkcs8::Result<SecretDocument> {
        self.key.to_pkcs8_der()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        let signature = match algorithm {
            SigningAlgorithm::Sha256WithRsa => self.pkcs1::<Sha256>(message),
            SigningAlgorithm::Sha384WithRsa => self.pkcs1::<Sha384>(message),
            SigningAlgorithm::Sha512WithRsa => self.pkcs1::<Sha512>(message),
            SigningAlgorithm::Sha256WithRsaPss => self.pss::<Sha256>(message),
            SigningAlgorithm::Sha384WithRsaPss => self.pss::<Sha384>(message),
            SigningAlgorithm::Sha512WithRsaPss => self.pss::<Sha512>(message),
            _ => return Err(SignError::UnsupportedAlgorithm { algorithm, key: self.algorithm }),
        };
        signature.map(Signature::new).map_err(|error| match error {
            ::rsa::Error::Rng => failed("the operating system gave no randomness", true),
            _ => failed("the RSA private-key operation failed", false),
        })
    }
}

fn rejected(error: ::rsa::Error) -> PrivateKeyError {
    match error {
        ::rsa::Error::Rng => PrivateKeyError::Randomness,
        _ => PrivateKeyError::Inconsistent,
    }
}

pub(super) fn pkcs1<D: Digest + AssociatedOid>(
    spki: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    verify(spki, Pkcs1v15Sign::new::<D>(), &D::digest(message), signature)
}

pub(super) fn pss<D: Digest + FixedOutputReset>(
    spki: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    verify(spki, Pss::<D>::new(), &D::digest(message), signature)
}

/// The scheme refuses a salt that the key has no room for (RFC 8017 section 9.1.2, step 3).
pub(super) fn pss_with_salt<D: Digest + FixedOutputReset>(
    spki: &[u8],
    salt_octets: u16,
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    verify(spki, Pss::<D>::new_with_salt(salt_octets.into()), &D::digest(message), signature)
}

/// The scheme checks that the signature is as long as the modulus (RFC 8017 sections 8.1.2 and 8.2.2).
fn verify(spki: &[u8], scheme: impl SignatureScheme, digest: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    let Ok(PublicKey::Rsa { .. }) = PublicKey::from_der(spki) else { return Err(misfit(spki, KeyKind::Rsa)) };
    let octets = subject_public_key(spki).map_err(|_| VerifyError::InvalidKey)?;
    let key = pkcs1::RsaPublicKeyRef::from_der(octets).map_err(|_| VerifyError::InvalidKey)?;
    // Bounds the modulus (1024 to 8192 bits) and the exponent before anything costly.
    let key = RsaPublicKey::try_from(key).map_err(|_| VerifyError::InvalidKey)?;
    scheme.verify(&key, digest, signature).map_err(|_| VerifyError::InvalidSignature)
}

#[cfg(all(test, feature = "ed25519", feature = "ml-dsa", feature = "rustcrypto", feature = "sm2"))]
mod tests;
