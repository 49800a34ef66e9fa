//! The keys of authorities, and what verifies signatures.

use std::sync::Arc;

#[cfg(feature = "aws-lc-rs")]
use issuance::AwsLcSigner;
use issuance::api::FailureReason;
#[cfg(feature = "aws-lc-rs")]
use issuance::crypto::FallbackSigner;
use issuance::crypto::PrivateKeyError;
use issuance::{CertificateAuthorityArn, KeyAlgorithm, RustCryptoSigner, SignatureVerifier, Signer};

use crate::passphrase::Passphrase;
use crate::token::{KeyToken, Reference};

/// A key, and how it is kept.
pub(crate) struct NewKey {
    pub(crate) signer: Arc<dyn Signer>,
    /// PKCS#8 in PEM under the passphrase, or a [`Reference`] to a key on a token; `None` if it ends with the process.
    pub(crate) kept_as: Option<Arc<str>>,
}

/// Where keys are made, and what opens those that are kept.
#[derive(Default)]
pub(crate) struct KeyRing {
    pub(crate) passphrase: Option<Passphrase>,
    /// New keys are on it, if there is one.
    pub(crate) token: Option<KeyToken>,
}

impl KeyRing {
    /// A new key of an authority: on the token, or else sealed if there is a passphrase.
    pub(crate) fn generate(
        &self,
        authority: &CertificateAuthorityArn,
        algorithm: KeyAlgorithm,
    ) -> Result<NewKey, FailureReason> {
        if let Some(token) = &self.token {
            return token.generate(authority, algorithm);
        }
        generated(algorithm, self.passphrase.as_ref()).map_err(|error| match error {
            PrivateKeyError::Unsupported { .. } | PrivateKeyError::RsaSize { .. } => {
                FailureReason::UnsupportedAlgorithm
            }
            _ => FailureReason::Other,
        })
    }

    /// A key that is kept.
    pub(crate) fn open(&self, kept_as: &str) -> Result<Arc<dyn Signer>, String> {
        if Reference::recognizes(kept_as) {
            let reference =
                Reference::parse(kept_as).ok_or_else(|| format!("'{kept_as}' does not name a key on a token"))?;
            let on_it = || format!("it is on the token '{}': give --pkcs11-module FILE", reference.token);
            return self.token.as_ref().ok_or_else(on_it)?.find(&reference);
        }
        let passphrase = self.passphrase.as_ref();
        let passphrase = passphrase.ok_or("it is encrypted: give --passphrase-file FILE, or set ACM_PCA_PASSPHRASE")?;
        open(kept_as, passphrase).map_err(|error| error.to_string())
    }
}

/// A key that only shows whether a passphrase is the right one.
pub(crate) fn sealed(passphrase: &Passphrase) -> Result<String, PrivateKeyError> {
    RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?.to_encrypted_pem(passphrase)
}

fn kept_as(key: &RustCryptoSigner, passphrase: Option<&Passphrase>) -> Result<Option<Arc<str>>, PrivateKeyError> {
    passphrase.map(|passphrase| Ok(key.to_encrypted_pem(passphrase)?.into())).transpose()
}

#[cfg(not(feature = "aws-lc-rs"))]
fn generated(algorithm: KeyAlgorithm, passphrase: Option<&Passphrase>) -> Result<NewKey, PrivateKeyError> {
    let key = RustCryptoSigner::generate(algorithm)?;
    Ok(NewKey { kept_as: kept_as(&key, passphrase)?, signer: Arc::new(key) })
}

/// AWS-LC makes it where it can.
#[cfg(feature = "aws-lc-rs")]
fn generated(algorithm: KeyAlgorithm, passphrase: Option<&Passphrase>) -> Result<NewKey, PrivateKeyError> {
    let fast = match AwsLcSigner::generate(algorithm) {
        Err(PrivateKeyError::Unsupported { .. }) => {
            let key = RustCryptoSigner::generate(algorithm)?;
            return Ok(NewKey { kept_as: kept_as(&key, passphrase)?, signer: Arc::new(key) });
        }
        generated => generated?,
    };
    let complete = RustCryptoSigner::from_pkcs8_pem(&fast.to_pkcs8_pem()?)?;
    Ok(NewKey { kept_as: kept_as(&complete, passphrase)?, signer: both(fast, complete) })
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

    /// Also one that was kept.
    #[test]
    fn a_key_signs_with_every_algorithm_of_its_kind() {
        let keys = KeyRing { passphrase: Some(Passphrase::of("correct horse battery staple")), token: None };
        let authority =
            "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
        for algorithm in KeyAlgorithm::ALL {
            let new = keys.generate(&authority.parse().unwrap(), *algorithm).unwrap();
            let kept = keys.open(&new.kept_as.unwrap()).unwrap();
            assert_eq!(kept.public_key_der(), new.signer.public_key_der());
            for key in [new.signer, kept] {
                for signing in algorithm.signing_algorithms() {
                    assert!(key.signing_algorithms().contains(signing), "{algorithm}, {signing}");
                    let signature = key.sign(*signing, b"message").unwrap();
                    let verified =
                        verifier().verify((*signing).into(), key.public_key_der(), b"message", signature.as_bytes());
                    assert_eq!(verified, Ok(()), "{algorithm}, {signing}");
                }
            }
        }
    }
}
