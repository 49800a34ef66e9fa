//! The keys of authorities, and what verifies signatures.

use std::sync::Arc;

use issuance::api::FailureReason;
#[cfg(feature = "aws-lc-rs")]
use issuance::crypto::FallbackSigner;
use issuance::crypto::PrivateKeyError;
use issuance::{KeyAlgorithm, RustCryptoSigner, SignatureVerifier, Signer};

/// A new key.
pub(crate) fn generate(algorithm: KeyAlgorithm) -> Result<Arc<dyn Signer>, FailureReason> {
    signer(algorithm).map_err(|error| match error {
        PrivateKeyError::Unsupported { .. } | PrivateKeyError::RsaSize { .. } => FailureReason::UnsupportedAlgorithm,
        _ => FailureReason::Other,
    })
}

#[cfg(not(feature = "aws-lc-rs"))]
fn signer(algorithm: KeyAlgorithm) -> Result<Arc<dyn Signer>, PrivateKeyError> {
    Ok(Arc::new(RustCryptoSigner::generate(algorithm)?))
}

/// AWS-LC where it can. It has no SM2, and signs with P-256 and P-384 only over the hash of the same length; pure Rust signs over the
/// others.
#[cfg(feature = "aws-lc-rs")]
fn signer(algorithm: KeyAlgorithm) -> Result<Arc<dyn Signer>, PrivateKeyError> {
    let fast = match issuance::AwsLcSigner::generate(algorithm) {
        Err(PrivateKeyError::Unsupported { .. }) => return Ok(Arc::new(RustCryptoSigner::generate(algorithm)?)),
        generated => generated?,
    };
    if fast.signing_algorithms() == algorithm.signing_algorithms() {
        return Ok(Arc::new(fast));
    }
    let complete = Arc::new(RustCryptoSigner::from_pkcs8_pem(&fast.to_pkcs8_pem()?)?);
    Ok(match FallbackSigner::new(fast, Arc::clone(&complete)) {
        Ok(both) => Arc::new(both),
        // They are of one key.
        Err(_) => complete,
    })
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

    #[test]
    fn a_key_signs_with_every_algorithm_of_its_kind() {
        for algorithm in KeyAlgorithm::ALL {
            let key = generate(*algorithm).unwrap();
            for signing in algorithm.signing_algorithms() {
                assert!(key.signing_algorithms().contains(signing), "{algorithm}, {signing}");
                assert!(key.sign(*signing, b"message").is_ok(), "{algorithm}, {signing}");
            }
        }
    }
}
