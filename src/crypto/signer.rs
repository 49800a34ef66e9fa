//! What signs: a key somewhere, behind a trait that speaks bytes.

use std::sync::Arc;

use crate::error::source::ErrorSource;
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};

/// The private key of a certificate authority, wherever it is kept: in this process, in a token, behind a network.
///
/// Everything at this border is bytes, so an implementation needs no type of any cryptography crate. An implementation
/// that talks to a device or a service does so inside [`sign`](Signer::sign) and blocks.
///
/// ```
/// use issuance::crypto::{SignError, Signature};
/// use issuance::{KeyAlgorithm, RustCryptoSigner, Signer, SigningAlgorithm};
///
/// /// A key that may only sign with SHA-256. A device or service is asked in the same three methods.
/// struct OnlySha256(RustCryptoSigner);
///
/// impl Signer for OnlySha256 {
///     fn public_key_der(&self) -> &[u8] {
///         self.0.public_key_der()
///     }
///
///     fn signing_algorithms(&self) -> &[SigningAlgorithm] {
///         &[SigningAlgorithm::Sha256WithEcdsa]
///     }
///
///     fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
///         if !self.signing_algorithms().contains(&algorithm) {
///             return Err(SignError::UnsupportedAlgorithm { algorithm, key: self.0.key_algorithm() });
///         }
///         self.0.sign(algorithm, message)
///     }
/// }
///
/// let signer = OnlySha256(RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?);
/// assert_eq!(signer.sign(SigningAlgorithm::Sha256WithEcdsa, b"message")?.as_bytes()[0], 0x30);
/// assert!(signer.sign(SigningAlgorithm::Sha384WithEcdsa, b"message").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Signer: Send + Sync {
    /// The public key, as a DER `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7). Must not change during the signer's
    /// life.
    fn public_key_der(&self) -> &[u8];

    /// The algorithms that this signer supports with its key, in any order: of [`KeyAlgorithm::signing_algorithms`] those
    /// that the library, device or service has. Must not change during the signer's life.
    ///
    /// An issuer is refused when it is built if none of them can be used, and takes its default from them. Where a service
    /// supports everything that its key allows, the answer is `self.key_algorithm.signing_algorithms()`.
    fn signing_algorithms(&self) -> &[SigningAlgorithm];

    /// Signs `message`: the to-be-signed bytes themselves, not a digest of them.
    ///
    /// The result is what goes into the BIT STRING `signatureValue` (RFC 5280 section 4.1.1.3): for ECDSA and SM2 a DER
    /// sequence of two integers (`ECDSA-Sig-Value`, RFC 3279 section 2.2.3), for RSA as many raw octets as the modulus has,
    /// for ML-DSA the octets of FIPS 204 with an empty context.
    ///
    /// # Errors
    /// [`SignError::UnsupportedAlgorithm`] for exactly the algorithms that are not in
    /// [`signing_algorithms`](Signer::signing_algorithms), [`SignError::Backend`] if the key did not sign.
    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError>;

    /// Whether one trial signature, verified when an issuer is built, makes it needless to verify each later one. Only
    /// the signers of this crate that compute in this process may say so, hence the parameter that nobody else can name.
    #[doc(hidden)]
    fn checked_at_construction(&self, _: sealed::Sealed) -> bool {
        false
    }
}

pub(crate) mod sealed {
    /// Public in a module that is not: callable from this crate only, and impossible to override outside.
    ///
    /// ```compile_fail,E0603
    /// struct Mine;
    /// impl issuance::Signer for Mine {
    ///     fn public_key_der(&self) -> &[u8] { &[] }
    ///     fn signing_algorithms(&self) -> &[issuance::SigningAlgorithm] { &[] }
    ///     fn sign(&self, _: issuance::SigningAlgorithm, _: &[u8]) -> Result<issuance::crypto::Signature, issuance::crypto::SignError> {
    ///         Ok(issuance::crypto::Signature::new(vec![]))
    ///     }
    ///     fn checked_at_construction(&self, _: issuance::sign::sealed::Sealed) -> bool { true }
    /// }
    /// ```
    #[derive(Debug, Clone, Copy)]
    #[allow(unnameable_types, reason = "nobody else may name it")]
    pub struct Sealed;
}

macro_rules! forward_signer {
    ($($pointer:ty),+) => {$(
        impl<T: Signer + ?Sized> Signer for $pointer {
            fn public_key_der(&self) -> &[u8] {
                (**self).public_key_der()
            }

            fn signing_algorithms(&self) -> &[SigningAlgorithm] {
                (**self).signing_algorithms()
            }

            fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
                (**self).sign(algorithm, message)
            }

            fn checked_at_construction(&self, sealed: sealed::Sealed) -> bool {
                (**self).checked_at_construction(sealed)
            }
        }
    )+};
}
forward_signer!(&T, Box<T>, Arc<T>);

/// The octets of a signature, exactly as they stand in a BIT STRING `signatureValue`. Nothing about them is checked here.
/// [`Signer`](crate::Signer) has an example.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// Takes the octets as they are.
    pub const fn new(octets: Vec<u8>) -> Signature {
        Signature(octets)
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The octets, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl From<Vec<u8>> for Signature {
    fn from(octets: Vec<u8>) -> Self {
        Signature(octets)
    }
}

impl AsRef<[u8]> for Signature {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Why a signer did not sign.
///
/// Candid about transport (which device or service failed, and whether to try again) and silent about the mathematics:
/// why an operation on a private key failed can tell something about the key. [`Signer`](crate::Signer) has an example.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The signer does not support this algorithm with its key.
    #[error("this signer does not support {algorithm} with its {key} key{}", who_supports(*.algorithm, *.key))]
    UnsupportedAlgorithm {
        /// What was asked for.
        algorithm: SigningAlgorithm,
        /// The algorithm of the signer's key.
        key: KeyAlgorithm,
    },
    /// The device, service or library that holds the key failed.
    #[error("the signer failed: {reason}")]
    Backend {
        /// What happened, for an operator to read; what `source` says need not be said again. Must hold no secret.
        reason: String,
        /// Whether the same call may well succeed a little later: a timeout or throttling, not a refusal.
        retryable: bool,
        /// The error of the device, service or library.
        source: Option<ErrorSource>,
    },
}

/// ECDSA goes with any hash on any curve (R-CA-4), yet libraries and devices may tie one to the other.
fn who_supports(algorithm: SigningAlgorithm, key: KeyAlgorithm) -> &'static str {
    use SigningAlgorithm as S;
    let is_ecdsa = matches!(algorithm, S::Sha256WithEcdsa | S::Sha384WithEcdsa | S::Sha512WithEcdsa);
    if is_ecdsa && key.supports(algorithm) { "; RustCryptoSigner supports every hash on every curve" } else { "" }
}

impl SignError {
    /// The device, service or library that holds the key failed, and a retry does not mend it.
    ///
    /// ```
    /// use issuance::crypto::SignError;
    ///
    /// let cause = std::io::Error::from(std::io::ErrorKind::TimedOut);
    /// let error = SignError::backend("the KMS did not answer").retryable().caused_by(cause);
    /// assert!(error.is_retryable());
    /// assert_eq!(error.to_string(), "the signer failed: the KMS did not answer");
    /// ```
    pub fn backend(reason: impl Into<String>) -> SignError {
        SignError::Backend { reason: reason.into(), retryable: false, source: None }
    }

    /// A retry may help: the device or service was busy or away. An unsupported algorithm stays unsupported.
    #[must_use]
    pub fn retryable(mut self) -> SignError {
        if let SignError::Backend { retryable, .. } = &mut self {
            *retryable = true;
        }
        self
    }

    /// The error of the device, service or library.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<ErrorSource>) -> SignError {
        if let SignError::Backend { source, .. } = &mut self {
            *source = Some(cause.into());
        }
        self
    }

    /// Whether the same call may well succeed a little later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, SignError::Backend { retryable: true, .. })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::error::Error;

    use super::*;

    struct Fixed(bool);

    impl Signer for Fixed {
        fn public_key_der(&self) -> &[u8] {
            &[0x30, 0x00]
        }

        fn signing_algorithms(&self) -> &[SigningAlgorithm] {
            &[SigningAlgorithm::Sha256WithEcdsa]
        }

        fn sign(&self, _: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
            Ok(Signature::new(message.to_vec()))
        }

        fn checked_at_construction(&self, _: sealed::Sealed) -> bool {
            self.0
        }
    }

    #[test]
    fn pointers_forward_every_method() {
        fn check(signer: impl Signer, checked: bool) {
            assert_eq!(signer.public_key_der(), [0x30, 0x00]);
            assert_eq!(signer.signing_algorithms(), [SigningAlgorithm::Sha256WithEcdsa]);
            let signature = signer.sign(SigningAlgorithm::Sha256WithEcdsa, b"message").unwrap();
            assert_eq!(signature.into_bytes(), b"message");
            assert_eq!(signer.checked_at_construction(sealed::Sealed), checked);
        }
        for checked in [true, false] {
            let borrowed = &Fixed(checked);
            check(borrowed, checked);
            check(Box::new(Fixed(checked)), checked);
            check(Arc::new(Fixed(checked)), checked);
            check(Arc::new(Fixed(checked)) as Arc<dyn Signer>, checked);
            check(&(Box::new(Fixed(checked)) as Box<dyn Signer>), checked);
        }
    }

    #[test]
    fn errors_say_whether_to_retry_and_why() {
        let error = SignError::Backend {
            reason: "the token does not answer".into(),
            retryable: true,
            source: Some("timed out after 5 s".into()),
        };
        assert!(error.is_retryable());
        assert_eq!(error.to_string(), "the signer failed: the token does not answer");
        assert_eq!(error.clone().source().unwrap().to_string(), "timed out after 5 s");

        let error =
            SignError::UnsupportedAlgorithm { algorithm: SigningAlgorithm::MlDsa44, key: KeyAlgorithm::Rsa2048 };
        assert!(!error.is_retryable());
        assert_eq!(error.to_string(), "this signer does not support ML_DSA_44 with its RSA_2048 key");

        let error = SignError::UnsupportedAlgorithm {
            algorithm: SigningAlgorithm::Sha384WithEcdsa,
            key: KeyAlgorithm::EcPrime256v1,
        };
        assert_eq!(
            error.to_string(),
            "this signer does not support SHA384WITHECDSA with its EC_prime256v1 key; \
             RustCryptoSigner supports every hash on every curve"
        );
    }
}
