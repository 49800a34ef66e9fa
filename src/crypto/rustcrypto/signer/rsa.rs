//! RSA keys.

use ::rsa::traits::SignatureScheme;
use ::rsa::{Pkcs1v15Sign, PrivateKey as RsaPrivateKey, Pss};
use der::pem::LineEnding;
use getrandom::SysRng;
use pkcs8::{Document, EncodePrivateKey, EncodePublicKey};
use sha2::digest::const_oid::AssociatedOid;
use sha2::digest::{Digest, FixedOutputReset};
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::{PrivateKey, PrivateKeyError, failed};
use crate::crypto::private_key::rsa_private_key;
use crate::crypto::signer::{SignError, Signature};
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};

pub(super) struct RsaKey {
    algorithm: KeyAlgorithm,
    /// Overwrites itself on drop.
    key: RsaPrivateKey,
}

impl RsaKey {
    /// A new key, with the public exponent 65537.
    pub(super) fn generate(algorithm: KeyAlgorithm, bits: usize) -> Result<RsaKey, PrivateKeyError> {
        let key = RsaPrivateKey::new(&mut SysRng, bits).map_err(rejected)?;
        Ok(RsaKey { algorithm, key })
    }

    /// Reads a DER `RSAPrivateKey` (RFC 8017 appendix A.1.2).
    pub(super) fn from_pkcs1_der(der: &[u8]) -> Result<RsaKey, PrivateKeyError> {
        let (key, algorithm) = rsa_private_key(der)?;
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

    fn to_pkcs8_pem(&self) -> pkcs8::Result<Zeroizing<String>> {
        self.key.to_pkcs8_pem(LineEnding::LF)
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ::rsa::BoxedUint;
    use ::rsa::pkcs1::EncodeRsaPrivateKey;
    use ::rsa::traits::PrivateKeyParts;
    use pkcs8::DecodePrivateKey;

    use super::*;

    #[test]
    fn factors_that_are_not_prime_are_refused() {
        let pem = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/keys/rsa-2048.pem"));
        let good = RsaPrivateKey::from_pkcs8_pem(pem).unwrap();
        let (p, q) = (good.primes()[0].as_ref(), good.primes()[1].as_ref());
        let step = BoxedUint::from(2u8);
        let mut not_prime = p.wrapping_sub(&step);
        // The next one for which the exponents work out.
        let bad = loop {
            not_prime = not_prime.wrapping_sub(&step);
            if let Ok(key) = RsaPrivateKey::from_p_q(not_prime.clone(), q.clone(), BoxedUint::from(65537u32)) {
                break key;
            }
        };
        let der = bad.to_pkcs1_der().unwrap();
        assert_eq!(RsaKey::from_pkcs1_der(der.as_bytes()).err(), Some(PrivateKeyError::Inconsistent));
    }
}
