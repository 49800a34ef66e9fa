//! Two signers as one, and two verifiers as one.

use super::signer::{SignError, Signature, Signer};
use super::verifier::{SignatureVerifier, VerifyError};
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::algorithm::identifier::SignatureAlgorithm;

/// Two verifiers as one: what the first does not support, the second is asked to verify.
///
/// Only [`VerifyError::UnsupportedAlgorithm`] leads to the second; every other answer of the first stands.
///
/// ```
/// # #[cfg(all(feature = "aws-lc-rs", feature = "rustcrypto"))] {
/// use issuance::{AwsLcVerifier, RustCryptoVerifier};
/// use issuance::crypto::FallbackVerifier;
/// let verifier = FallbackVerifier::new(AwsLcVerifier, RustCryptoVerifier);
/// # let _: &dyn issuance::SignatureVerifier = &verifier;
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct FallbackVerifier<A, B> {
    first: A,
    second: B,
}

impl<A, B> FallbackVerifier<A, B> {
    /// Asks `first`, and `second` about what `first` does not support.
    pub const fn new(first: A, second: B) -> Self {
        FallbackVerifier { first, second }
    }
}

impl<A: SignatureVerifier, B: SignatureVerifier> SignatureVerifier for FallbackVerifier<A, B> {
    fn supports(&self, algorithm: SignatureAlgorithm, public_key_der: &[u8]) -> bool {
        self.first.supports(algorithm, public_key_der) || self.second.supports(algorithm, public_key_der)
    }

    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        public_key_der: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        match self.first.verify(algorithm, public_key_der, message, signature) {
            Err(VerifyError::UnsupportedAlgorithm(_)) => {
                self.second.verify(algorithm, public_key_der, message, signature)
            }
            answer => answer,
        }
    }
}

/// Two signers of one key as one: what the first does not support, the second signs.
///
/// Only [`SignError::UnsupportedAlgorithm`] leads to the second; every other answer of the first stands. Issuers verify every
/// signature of it, whichever signers it joins.
///
/// ```
/// # #[cfg(all(feature = "aws-lc-rs", feature = "rustcrypto"))] {
/// use issuance::{AwsLcSigner, KeyAlgorithm, RustCryptoSigner, Signer, SigningAlgorithm};
/// use issuance::crypto::FallbackSigner;
///
/// let key = AwsLcSigner::generate(KeyAlgorithm::EcSecp384r1)?;
/// let again = RustCryptoSigner::from_pem(&key.to_pkcs8_pem()?)?;
/// assert_eq!(key.signing_algorithms(), [SigningAlgorithm::Sha384WithEcdsa]);
/// let signer = FallbackSigner::new(key, again)?;
/// signer.sign(SigningAlgorithm::Sha256WithEcdsa, b"to be signed")?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct FallbackSigner<A, B> {
    first: A,
    second: B,
    algorithms: Vec<SigningAlgorithm>,
}

/// Two signers of different keys cannot stand in for each other.
/// [`FallbackSigner`](crate::crypto::FallbackSigner) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signers have different public keys; a signer can fall back only on another signer of the same key")]
#[non_exhaustive]
pub struct DifferentKeys;

impl<A: Signer, B: Signer> FallbackSigner<A, B> {
    /// Signs with `first`, and with `second` what `first` does not support.
    ///
    /// # Errors
    /// [`DifferentKeys`] if the two have different public keys.
    pub fn new(first: A, second: B) -> Result<FallbackSigner<A, B>, DifferentKeys> {
        if first.public_key_der() != second.public_key_der() {
            return Err(DifferentKeys);
        }
        let mut algorithms = first.signing_algorithms().to_vec();
        let more = second.signing_algorithms().iter().filter(|algorithm| !algorithms.contains(algorithm));
        let more: Vec<_> = more.copied().collect();
        algorithms.extend(more);
        Ok(FallbackSigner { first, second, algorithms })
    }
}

impl<A: Signer, B: Signer> Signer for FallbackSigner<A, B> {
    fn public_key_der(&self) -> &[u8] {
        self.first.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        &self.algorithms
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        match self.first.sign(algorithm, message) {
            Err(SignError::UnsupportedAlgorithm { .. }) => self.second.sign(algorithm, message),
            answer => answer,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use SigningAlgorithm as S;

    use super::*;
    use crate::crypto::signer::sealed::Sealed;
    use crate::x509::algorithm::KeyAlgorithm;

    /// Always the same answer.
    struct Says(Result<(), VerifyError>);

    impl SignatureVerifier for Says {
        fn supports(&self, algorithm: SignatureAlgorithm, _: &[u8]) -> bool {
            self.0 != Err(VerifyError::UnsupportedAlgorithm(algorithm))
        }

        fn verify(&self, _: SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
            self.0
        }
    }

    #[test]
    fn only_what_is_unsupported_falls_back() {
        let unsupported = Err(VerifyError::UnsupportedAlgorithm(SignatureAlgorithm::Ed25519));
        let answers = [
            Ok(()),
            unsupported,
            Err(VerifyError::InvalidKey),
            Err(VerifyError::KeyMismatch),
            Err(VerifyError::InvalidSignature),
        ];
        for first in answers {
            for second in answers {
                let verifier = FallbackVerifier::new(Says(first), Says(second));
                let expected = if first == unsupported { second } else { first };
                let supported = first != unsupported || second != unsupported;
                assert_eq!(verifier.supports(SignatureAlgorithm::Ed25519, &[]), supported);
                assert_eq!(verifier.verify(SignatureAlgorithm::Ed25519, &[], &[], &[]), expected);
            }
        }
    }

    /// Signs with one algorithm, and says by which key.
    #[derive(Debug)]
    struct Signs(&'static [SigningAlgorithm], u8, Option<bool>);

    impl Signer for Signs {
        fn public_key_der(&self) -> &[u8] {
            if self.1 < 10 { &[0x30] } else { &[0x31] }
        }

        fn signing_algorithms(&self) -> &[SigningAlgorithm] {
            self.0
        }

        fn sign(&self, algorithm: SigningAlgorithm, _: &[u8]) -> Result<Signature, SignError> {
            match self.2 {
                Some(retryable) => Err(SignError::Backend { reason: "away".to_owned(), retryable, source: None }),
                None if self.0.contains(&algorithm) => Ok(Signature::new(vec![self.1])),
                None => Err(SignError::UnsupportedAlgorithm { algorithm, key: KeyAlgorithm::EcSecp384r1 }),
            }
        }

        fn checked_at_construction(&self, _: Sealed) -> bool {
            true
        }
    }

    #[test]
    fn the_second_signer_signs_what_the_first_does_not_support() {
        let first = Signs(&[S::Sha384WithEcdsa], 1, None);
        let second = Signs(&[S::Sha256WithEcdsa, S::Sha384WithEcdsa], 2, None);
        let signer = FallbackSigner::new(first, second).unwrap();
        assert_eq!(signer.signing_algorithms(), [S::Sha384WithEcdsa, S::Sha256WithEcdsa]);
        assert_eq!(signer.public_key_der(), [0x30]);
        assert_eq!(signer.sign(S::Sha384WithEcdsa, b"").unwrap().as_bytes(), [1]);
        assert_eq!(signer.sign(S::Sha256WithEcdsa, b"").unwrap().as_bytes(), [2]);
        let error = signer.sign(S::Sha512WithEcdsa, b"").unwrap_err();
        assert!(matches!(error, SignError::UnsupportedAlgorithm { algorithm: S::Sha512WithEcdsa, .. }));
        // One trial when an issuer is built would look at one of the two.
        assert!(!signer.checked_at_construction(Sealed));
    }

    #[test]
    fn a_signer_that_fails_is_not_replaced() {
        let all = &[S::Sha384WithEcdsa];
        for retryable in [false, true] {
            let signer = FallbackSigner::new(Signs(all, 1, Some(retryable)), Signs(all, 2, None)).unwrap();
            assert_eq!(signer.sign(S::Sha384WithEcdsa, b"").unwrap_err().is_retryable(), retryable);
        }
    }

    #[test]
    fn signers_of_different_keys_are_refused() {
        assert_eq!(FallbackSigner::new(Signs(&[], 1, None), Signs(&[], 11, None)).unwrap_err(), DifferentKeys);
    }
}
