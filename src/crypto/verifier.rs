//! What verifies signatures: proof of possession of certification requests, and what a signer made.

use std::sync::Arc;

use crate::crypto::feature::Missing;
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
#[cfg(any(feature = "aws-lc-rs", feature = "_rustcrypto"))]
#[cfg(any(feature = "aws-lc-rs", feature = "_rustcrypto"))]
use crate::x509::public_key::KeyKind;
use crate::x509::public_key::{PublicKey, subject_public_key};

/// Verifies signatures.
///
/// A verifier only computes. Which algorithms and key sizes are good enough is the key policy's business (R-CSR-3,
/// R-CSR-4), so a verifier may well accept SHA-1.
///
/// ```
/// use issuance::crypto::VerifyError;
/// use issuance::{KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, SignatureVerifier, Signer, SigningAlgorithm};
///
/// let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// let (spki, algorithm) = (key.public_key_der(), SigningAlgorithm::Sha256WithEcdsa);
/// let signature = key.sign(algorithm, b"message")?;
/// assert!(RustCryptoVerifier.supports(algorithm.into(), spki));
/// assert_eq!(RustCryptoVerifier.verify(algorithm.into(), spki, b"message", signature.as_bytes()), Ok(()));
/// let other = RustCryptoVerifier.verify(algorithm.into(), spki, b"another", signature.as_bytes());
/// assert_eq!(other, Err(VerifyError::InvalidSignature));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait SignatureVerifier: Send + Sync {
    /// Whether this verifier supports `algorithm` with a key like the one in `public_key_der`, a DER `SubjectPublicKeyInfo`:
    /// `false` exactly where [`verify`](SignatureVerifier::verify) answers [`VerifyError::UnsupportedAlgorithm`]. No
    /// public-key operation takes place, and a key that is malformed or does not fit the algorithm is for `verify` to refuse.
    ///
    /// Issuers ask when they are built, so that none is built whose certificates could not be verified.
    fn supports(&self, algorithm: SignatureAlgorithm, public_key_der: &[u8]) -> bool;

    /// Verifies that `signature` is one of `message` by the key in `public_key_der`.
    ///
    /// `public_key_der` is a DER `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7), `message` the signed bytes
    /// themselves, `signature` the octets of the BIT STRING: for ECDSA and SM2 a DER sequence of two integers
    /// (`ECDSA-Sig-Value`, RFC 3279 section 2.2.3), for RSA as many octets as the modulus has, for ML-DSA (with an empty
    /// context) and Ed25519 the octets of their standards.
    ///
    /// # Errors
    /// A [`VerifyError`]. Whatever is not certainly a good signature is an error. [`VerifyError::UnsupportedAlgorithm`] is a
    /// limit of the verifier and not of the signature: it is the answer exactly where
    /// [`supports`](SignatureVerifier::supports) is `false`.
    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        public_key_der: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError>;
}

macro_rules! forward_verifier {
    ($($pointer:ty),+) => {$(
        impl<T: SignatureVerifier + ?Sized> SignatureVerifier for $pointer {
            fn supports(&self, algorithm: SignatureAlgorithm, public_key_der: &[u8]) -> bool {
                (**self).supports(algorithm, public_key_der)
            }

            fn verify(
                &self,
                algorithm: SignatureAlgorithm,
                public_key_der: &[u8],
                message: &[u8],
                signature: &[u8],
            ) -> Result<(), VerifyError> {
                (**self).verify(algorithm, public_key_der, message, signature)
            }
        }
    )+};
}
forward_verifier!(&T, Box<T>, Arc<T>);

/// Why a signature was not accepted. [`SignatureVerifier`](crate::SignatureVerifier) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The verifier does not support this algorithm, or not with keys of this kind: nothing is said of the signature, and the service
    /// that chose the verifier is to blame ([`Error::Unverifiable`](crate::error::Error::Unverifiable),
    /// [`CsrError::Unverifiable`](crate::csr::error::CsrError::Unverifiable)).
    #[error("signature algorithm {0} is not supported by this verifier{missing}", missing = Missing(*.0))]
    UnsupportedAlgorithm(SignatureAlgorithm),
    /// The public key cannot be decoded, is not on its curve, or has a size or form that the verifier does not take.
    #[error("the public key is malformed, not on its curve, or of a size or form that is not supported")]
    InvalidKey,
    /// The public key is of an algorithm that the signature algorithm cannot be used with.
    #[error("the algorithm of the public key does not fit the signature algorithm")]
    KeyMismatch,
    /// The signature is malformed or does not verify.
    #[error("the signature does not verify")]
    InvalidSignature,
    /// An ECDSA or SM2 signature has the form of IEEE P1363, as many tokens, JOSE and WebCrypto write it. Verifiers need not tell
    /// this apart from [`VerifyError::InvalidSignature`]; issuers and [`Csr::prove`](crate::csr::certification_request::Csr::prove) do.
    #[error(
        "the signature does not verify: its {bytes} bytes are r and s without DER; \
         encode them as an ECDSA-Sig-Value (RFC 3279 section 2.2.3)"
    )]
    SignatureWithoutDer {
        /// The length of the signature.
        bytes: usize,
    },
}

/// What is wrong with a key that cannot be used where one of `wanted` is needed: it is of another kind, or a bad one of this
/// kind. Keys on the curve of SM2 are not keys of ECDSA.
#[cfg(any(feature = "aws-lc-rs", feature = "_rustcrypto"))]
pub(super) fn misfit(spki: &[u8], wanted: KeyKind) -> VerifyError {
    match KeyKind::of(spki) {
        None => VerifyError::InvalidKey,
        Some(KeyKind::OtherCurve) if matches!(wanted, KeyKind::Ec | KeyKind::Sm2) => VerifyError::InvalidKey,
        Some(kind) if kind == wanted => VerifyError::InvalidKey,
        Some(_) => VerifyError::KeyMismatch,
    }
}

/// Asks the verifier, and says of a signature that is r and s without DER that it is one.
pub(crate) fn verify(
    verifier: &dyn SignatureVerifier,
    algorithm: SignatureAlgorithm,
    public_key_der: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    match verifier.verify(algorithm, public_key_der, message, signature) {
        Err(VerifyError::InvalidSignature) if is_pair_of_numbers(public_key_der, signature) => {
            Err(VerifyError::SignatureWithoutDer { bytes: signature.len() })
        }
        answer => answer,
    }
}

/// Whether a signature has as many bytes as the two coordinates of the public key, and is not a DER SEQUENCE.
fn is_pair_of_numbers(public_key_der: &[u8], signature: &[u8]) -> bool {
    let is_ec = matches!(PublicKey::from_der(public_key_der), Ok(PublicKey::Ec(_)));
    // An uncompressed point: one byte, then the coordinates.
    let coordinates = subject_public_key(public_key_der).map_or(0, |point| point.len().saturating_sub(1));
    is_ec && signature.len() == coordinates && Reader::single(signature, tag::SEQUENCE).is_err()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    struct Refusing;

    impl SignatureVerifier for Refusing {
        fn supports(&self, _: SignatureAlgorithm, key: &[u8]) -> bool {
            key.is_empty()
        }

        fn verify(
            &self,
            algorithm: SignatureAlgorithm,
            _: &[u8],
            message: &[u8],
            signature: &[u8],
        ) -> Result<(), VerifyError> {
            if message == signature { Ok(()) } else { Err(VerifyError::UnsupportedAlgorithm(algorithm)) }
        }
    }

    #[test]
    fn pointers_forward() {
        fn check(verifier: impl SignatureVerifier) {
            assert!(verifier.supports(SignatureAlgorithm::Ed25519, &[]));
            assert!(!verifier.supports(SignatureAlgorithm::Ed25519, &[0x30]));
            assert_eq!(verifier.verify(SignatureAlgorithm::Ed25519, &[], b"a", b"a"), Ok(()));
            let error = verifier.verify(SignatureAlgorithm::Ed25519, &[], b"a", b"b").unwrap_err();
            assert_eq!(error, VerifyError::UnsupportedAlgorithm(SignatureAlgorithm::Ed25519));
            let text = error.to_string();
            assert!(text.starts_with("signature algorithm Ed25519 is not supported by this verifier"), "{text}");
        }
        let borrowed = &Refusing;
        check(borrowed);
        check(Box::new(Refusing));
        check(Arc::new(Refusing) as Arc<dyn SignatureVerifier>);
    }
}
