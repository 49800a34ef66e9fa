//! With which algorithms a signer of an authority can be used, and which one is taken if nobody says.

use std::iter;

use crate::crypto::signer::SignError;
use crate::crypto::verifier::SignatureVerifier;
use crate::error::Error;
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};

/// What signer and verifier make of a key.
pub(super) struct AlgorithmChoice {
    /// The default of the key if it can be used, or else the first that can.
    pub(super) default: SigningAlgorithm,
    /// Those of the key's algorithms that the verifier does not support.
    pub(super) unverifiable: Vec<SigningAlgorithm>,
}

impl AlgorithmChoice {
    /// Of what the signer has `declared` for the key.
    ///
    /// # Errors
    /// [`Error::Signer`] if the signer declares none of the key's algorithms, [`Error::Unverifiable`] if the verifier supports none
    /// of those that it declares.
    pub(super) fn new(
        key: KeyAlgorithm,
        public_key_der: &[u8],
        declared: &[SigningAlgorithm],
        verifier: &dyn SignatureVerifier,
    ) -> Result<AlgorithmChoice, Error> {
        let (best, algorithms) = (key.default_signing_algorithm(), key.signing_algorithms());
        let lacks = |algorithm: &SigningAlgorithm| !verifier.supports((*algorithm).into(), public_key_der);
        let unverifiable: Vec<_> = algorithms.iter().copied().filter(lacks).collect();
        let mut signed =
            iter::once(&best).chain(algorithms).filter(|algorithm| declared.contains(algorithm)).peekable();
        let Some(&&first) = signed.peek() else {
            return Err(Error::Signer(SignError::UnsupportedAlgorithm { algorithm: best, key }));
        };
        let mut usable = signed.filter(|algorithm| !unverifiable.contains(algorithm));
        let default = *usable.next().ok_or(Error::Unverifiable(first.into()))?;
        Ok(AlgorithmChoice { default, unverifiable })
    }
}
