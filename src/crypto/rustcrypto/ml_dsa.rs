//! ML-DSA keys and signatures (FIPS 204, RFC 9881). Private keys are kept as seeds (RFC 9881 section 6).

use ::ml_dsa::{
    EncodedVerifyingKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Seed, Signature as DsaSignature, SigningKey,
    VerifyingKey,
};
use der::asn1::{AnyRef, OctetStringRef};
use getrandom::SysRng;
use pkcs8::spki::AssociatedAlgorithmIdentifier;
use pkcs8::{Document, EncodePublicKey, PrivateKeyInfoRef, SecretDocument};
use signature::rand_core::TryRng;
use signature::{Signer, Verifier};
use zeroize::Zeroizing;

use super::signer::{PrivateKey, failed};
use crate::crypto::private_key::{ML_DSA_SEED, ML_DSA_SEED_OCTETS, PrivateKeyError, ml_dsa_private_key};
use crate::crypto::signer::{SignError, Signature};
use crate::crypto::verifier::{VerifyError, misfit};
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::public_key::{KeyKind, PublicKey, subject_public_key};

/// A parameter set, and what the API calls it.
pub(super) trait Parameters: MlDsaParams + AssociatedAlgorithmIdentifier<Params = AnyRef<'static>> {
    const KEY: KeyAlgorithm;
    const SIGNING: SigningAlgorithm;
}

impl Parameters for MlDsa44 {
    const KEY: KeyAlgorithm = KeyAlgorithm::MlDsa44;
    const SIGNING: SigningAlgorithm = SigningAlgorithm::MlDsa44;
}

impl Parameters for MlDsa65 {
    const KEY: KeyAlgorithm = KeyAlgorithm::MlDsa65;
    const SIGNING: SigningAlgorithm = SigningAlgorithm::MlDsa65;
}

impl Parameters for MlDsa87 {
    const KEY: KeyAlgorithm = KeyAlgorithm::MlDsa87;
    const SIGNING: SigningAlgorithm = SigningAlgorithm::MlDsa87;
}

pub(super) fn generate<P: Parameters>() -> Result<SigningKey<P>, PrivateKeyError> {
    let mut seed = Zeroizing::new([0; ML_DSA_SEED_OCTETS]);
    SysRng.try_fill_bytes(&mut *seed).map_err(|_| PrivateKeyError::Randomness)?;
    Ok(from_seed(&seed))
}

fn from_seed<P: Parameters>(seed: &[u8; ML_DSA_SEED_OCTETS]) -> SigningKey<P> {
    SigningKey::from_seed(<&Seed>::from(seed))
}

/// Reads the private key inside a `PrivateKeyInfo`.
pub(super) fn from_private_key<P: Parameters>(der: &[u8]) -> Result<SigningKey<P>, PrivateKeyError> {
    let (seed, expanded) = ml_dsa_private_key(der)?;
    let key = from_seed(seed);
    match expanded {
        Some(expanded) if !expands_to(&key, expanded) => Err(PrivateKeyError::Inconsistent),
        _ => Ok(key),
    }
}

fn expands_to<P: Parameters>(key: &SigningKey<P>, expanded: &[u8]) -> bool {
    #[allow(deprecated)] // As a form to keep keys in.
    let own = Zeroizing::new(key.expanded_key().to_expanded());
    // Looks at every octet, wherever the first difference is.
    let differences = own.iter().zip(expanded).fold(0, |differences, (a, b)| differences | (a ^ b));
    own.len() == expanded.len() && differences == 0
}

/// Overwrites its secret on drop.
impl<P: Parameters> PrivateKey for SigningKey<P> {
    fn algorithm(&self) -> KeyAlgorithm {
        P::KEY
    }

    fn public_key_der(&self) -> spki::Result<Document> {
        self.as_ref().to_public_key_der()
    }

    fn to_pkcs8_der(&self) -> pkcs8::Result<SecretDocument> {
        let mut seed = Zeroizing::new([0; 2 + ML_DSA_SEED_OCTETS]);
        seed[..2].copy_from_slice(&[ML_DSA_SEED, ML_DSA_SEED_OCTETS as u8]);
        seed[2..].copy_from_slice(self.as_seed());
        let info = PrivateKeyInfoRef::new(P::ALGORITHM_IDENTIFIER, OctetStringRef::new(&*seed)?);
        Ok(SecretDocument::encode_msg(&info)?)
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        if algorithm != P::SIGNING {
            return Err(SignError::UnsupportedAlgorithm { algorithm, key: P::KEY });
        }
        let signature = self.try_sign(message).map_err(|_| failed("the ML-DSA private-key operation failed", false))?;
        Ok(Signature::new(signature.encode().to_vec()))
    }
}

pub(super) fn verify<P: Parameters>(spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    let key = match PublicKey::from_der(spki) {
        Ok(PublicKey::MlDsa(own)) if own == P::KEY => subject_public_key(spki).map_err(|_| VerifyError::InvalidKey)?,
        _ => return Err(misfit(spki, KeyKind::MlDsa(P::KEY))),
    };
    // Of the right length, every string of octets is a key.
    let key = EncodedVerifyingKey::<P>::try_from(key).map_err(|_| VerifyError::InvalidKey)?;
    // The signature before the key, which takes longer to decode; its length and the form of its hints are checked.
    let signature = DsaSignature::<P>::try_from(signature).map_err(|_| VerifyError::InvalidSignature)?;
    VerifyingKey::<P>::decode(&key).verify(message, &signature).map_err(|_| VerifyError::InvalidSignature)
}

#[cfg(all(test, feature = "ed25519", feature = "ml-dsa", feature = "rustcrypto", feature = "sm2"))]
mod tests;
