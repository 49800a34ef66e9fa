//! The keys of authorities, and what verifies signatures.

use std::sync::Arc;

use issuance::api::FailureReason;
use issuance::crypto::{PrivateKeyError, SignError, Signature};
use issuance::{Error, KeyAlgorithm, RustCryptoSigner, SignatureVerifier, Signer, SigningAlgorithm};

/// The signers of one key, the fastest first: what one does not support, the next does.
#[derive(Clone)]
pub(crate) struct Key(Arc<[Arc<dyn Signer>]>);

impl Key {
    /// A new key.
    pub(crate) fn generate(algorithm: KeyAlgorithm) -> Result<Key, FailureReason> {
        signers(algorithm).map(|signers| Key(signers.into())).map_err(|error| match error {
            PrivateKeyError::Unsupported { .. } | PrivateKeyError::RsaSize { .. } => {
                FailureReason::UnsupportedAlgorithm
            }
            _ => FailureReason::Other,
        })
    }

    pub(crate) fn signers(&self) -> impl Iterator<Item = &Arc<dyn Signer>> {
        self.0.iter()
    }

    /// A signature by the first signer that can.
    pub(crate) fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        let mut last = SignError::backend("the key has no signer");
        for signer in self.signers() {
            match signer.sign(algorithm, message) {
                Err(error @ SignError::UnsupportedAlgorithm { .. }) => last = error,
                done => return done,
            }
        }
        Err(last)
    }

    /// SubjectPublicKeyInfo in DER.
    pub(crate) fn public_key_der(&self) -> &[u8] {
        self.0.first().map(|signer| signer.public_key_der()).unwrap_or_default()
    }
}

/// What the first of `means` yields that can do it.
pub(crate) fn first_able<M, T>(
    means: impl Iterator<Item = M>,
    attempt: impl Fn(M) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut last = None;
    for means in means {
        match attempt(means) {
            Err(error @ Error::Signer(SignError::UnsupportedAlgorithm { .. })) => last = Some(error),
            done => return done,
        }
    }
    Err(last.unwrap_or(Error::SignerKey))
}

#[cfg(not(feature = "aws-lc-rs"))]
fn signers(algorithm: KeyAlgorithm) -> Result<Vec<Arc<dyn Signer>>, PrivateKeyError> {
    Ok(vec![Arc::new(RustCryptoSigner::generate(algorithm)?)])
}

/// AWS-LC where it can. It has no SM2, and signs with P-256 and P-384 only over the hash of the same length; pure Rust signs over the
/// others.
#[cfg(feature = "aws-lc-rs")]
fn signers(algorithm: KeyAlgorithm) -> Result<Vec<Arc<dyn Signer>>, PrivateKeyError> {
    let fast = match issuance::AwsLcSigner::generate(algorithm) {
        Err(PrivateKeyError::Unsupported { .. }) => return Ok(vec![Arc::new(RustCryptoSigner::generate(algorithm)?)]),
        generated => generated?,
    };
    match algorithm {
        KeyAlgorithm::EcPrime256v1 | KeyAlgorithm::EcSecp384r1 => {
            let complete = RustCryptoSigner::from_pkcs8_pem(&fast.to_pkcs8_pem()?)?;
            Ok(vec![Arc::new(fast), Arc::new(complete)])
        }
        _ => Ok(vec![Arc::new(fast)]),
    }
}

/// What verifies proofs of possession and the signatures of CA certificates.
#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) fn verifier() -> impl SignatureVerifier + 'static {
    issuance::RustCryptoVerifier
}

/// What verifies proofs of possession and the signatures of CA certificates.
#[cfg(feature = "aws-lc-rs")]
pub(crate) fn verifier() -> impl SignatureVerifier + 'static {
    issuance::crypto::FallbackVerifier::new(issuance::AwsLcVerifier, issuance::RustCryptoVerifier)
}

#[cfg(all(test, feature = "aws-lc-rs"))]
mod tests {
    use super::*;

    /// It does all that RSA keys can; nothing of pure Rust is needed.
    #[test]
    fn aws_lc_makes_and_holds_rsa_keys_alone() {
        for algorithm in [KeyAlgorithm::Rsa2048, KeyAlgorithm::Rsa3072, KeyAlgorithm::Rsa4096] {
            let key = Key::generate(algorithm).unwrap();
            let [signer] = key.signers().collect::<Vec<_>>()[..] else { panic!("{algorithm} has two signers") };
            for signing in algorithm.signing_algorithms() {
                assert!(signer.sign(*signing, b"message").is_ok(), "{signing}");
            }
        }
        let both = Key::generate(KeyAlgorithm::EcPrime256v1).unwrap();
        let sign = |signer: &Arc<dyn Signer>| signer.sign(SigningAlgorithm::Sha512WithEcdsa, b"message").is_ok();
        assert_eq!(both.signers().map(sign).collect::<Vec<_>>(), [false, true]);
    }
}
