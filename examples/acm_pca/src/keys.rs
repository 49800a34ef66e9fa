//! The keys of authorities, and what verifies signatures.

use std::sync::Arc;

#[cfg(feature = "aws-lc-rs")]
use issuance::AwsLcSigner;
use issuance::api::FailureReason;
#[cfg(feature = "aws-lc-rs")]
use issuance::crypto::FallbackSigner;
use issuance::crypto::PrivateKeyError;
use issuance::{KeyAlgorithm, RustCryptoSigner, SignatureVerifier, Signer};

use crate::passphrase::Passphrase;

/// A key, and how it is kept.
pub(crate) struct NewKey {
    pub(crate) signer: Arc<dyn Signer>,
    /// PKCS#8 in PEM under the passphrase, if it is to outlive the process.
    pub(crate) sealed: Option<Arc<str>>,
}

/// A new key, sealed if there is a passphrase.
pub(crate) fn generate(algorithm: KeyAlgorithm, passphrase: Option<&Passphrase>) -> Result<NewKey, FailureReason> {
    generated(algorithm, passphrase).map_err(|error| match error {
        PrivateKeyError::Unsupported { .. } | PrivateKeyError::RsaSize { .. } => FailureReason::UnsupportedAlgorithm,
        _ => FailureReason::Other,
    })
}

fn sealed(key: &RustCryptoSigner, passphrase: Option<&Passphrase>) -> Result<Option<Arc<str>>, PrivateKeyError> {
    passphrase.map(|passphrase| Ok(key.to_encrypted_pem(passphrase)?.into())).transpose()
}

#[cfg(not(feature = "aws-lc-rs"))]
fn generated(algorithm: KeyAlgorithm, passphrase: Option<&Passphrase>) -> Result<NewKey, PrivateKeyError> {
    let key = RustCryptoSigner::generate(algorithm)?;
    Ok(NewKey { sealed: sealed(&key, passphrase)?, signer: Arc::new(key) })
}

/// AWS-LC makes it where it can.
#[cfg(feature = "aws-lc-rs")]
fn generated(algorithm: KeyAlgorithm, passphrase: Option<&Passphrase>) -> Result<NewKey, PrivateKeyError> {
    let fast = match AwsLcSigner::generate(algorithm) {
        Err(PrivateKeyError::Unsupported { .. }) => {
            let key = RustCryptoSigner::generate(algorithm)?;
            return Ok(NewKey { sealed: sealed(&key, passphrase)?, signer: Arc::new(key) });
        }
        generated => generated?,
    };
    let complete = RustCryptoSigner::from_pkcs8_pem(&fast.to_pkcs8_pem()?)?;
    Ok(NewKey { sealed: sealed(&complete, passphrase)?, signer: both(fast, complete) })
}

/// AWS-LC signs with P-256 and P-384 only over the hash of the same length; pure Rust signs over the others.
#[cfg(feature = "aws-lc-rs")]
fn both(fast: AwsLcSigner, complete: RustCryptoSigner) -> Arc<dyn Signer> {
    if fast.signing_algorithms() == complete.key_algorithm().signing_algorithms() {
        return Arc::new(fast);
    }
    let complete = Arc::new(complete);
    match FallbackSigner::new(fast, Arc::clone(&complete)) {
        Ok(both) => Arc::new(both),
        // They are of one key.
        Err(_) => complete,
    }
}

/// A key that was sealed.
pub(crate) fn open(sealed: &str, passphrase: &Passphrase) -> Result<Arc<dyn Signer>, PrivateKeyError> {
    let key = RustCryptoSigner::from_encrypted_pem(sealed, passphrase)?;
    #[cfg(feature = "aws-lc-rs")]
    match AwsLcSigner::from_pkcs8_pem(&key.to_pkcs8_pem()?) {
        Err(PrivateKeyError::Unsupported { .. }) => {}
        fast => return Ok(both(fast?, key)),
    }
    Ok(Arc::new(key))
}

/// The same key under another passphrase.
pub(crate) fn reseal(sealed: &str, from: &Passphrase, to: &Passphrase) -> Result<String, PrivateKeyError> {
    RustCryptoSigner::from_encrypted_pem(sealed, from)?.to_encrypted_pem(to)
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
            let key = generate(*algorithm, None).unwrap().signer;
            for signing in algorithm.signing_algorithms() {
                assert!(key.signing_algorithms().contains(signing), "{algorithm}, {signing}");
                assert!(key.sign(*signing, b"message").is_ok(), "{algorithm}, {signing}");
            }
        }
    }
}
