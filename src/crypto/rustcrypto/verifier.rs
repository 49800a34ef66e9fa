//! A verifier in pure Rust.

#[cfg(feature = "ml-dsa")]
use ::ml_dsa::{MlDsa44, MlDsa65, MlDsa87};
#[cfg(any(feature = "_ecdsa", feature = "rsa"))]
use sha1::Sha1;
#[cfg(feature = "_ecdsa")]
use sha2::digest::Digest;
#[cfg(any(feature = "_ecdsa", feature = "rsa"))]
use sha2::{Sha256, Sha384, Sha512};

#[cfg(feature = "_ecdsa")]
use super::ecdsa;
#[cfg(feature = "ed25519")]
use super::ed25519;
#[cfg(feature = "ml-dsa")]
use super::ml_dsa;
#[cfg(feature = "rsa")]
use super::rsa;
#[cfg(feature = "sm2")]
use super::sm2;
use crate::crypto::feature;
use crate::crypto::verifier::{SignatureVerifier, VerifyError};
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::algorithm::identifier::SignatureAlgorithm;
#[cfg(feature = "rsa")]
use crate::x509::algorithm::rsa_pss::RsaPssHash;
use crate::x509::public_key::PublicKey;

/// Verifies signatures with the RustCrypto and dalek crates: every signing algorithm of the API, and those that only a
/// certification request may use (R-CSR-3), if the feature of the family is on: `p256`, `p384`, `p521` and `rsa`, which
/// `rustcrypto` joins, `ed25519`, `sm2` and `ml-dsa`. What is off is [`VerifyError::UnsupportedAlgorithm`], which names it.
///
/// * ECDSA on P-256, P-384 and P-521, each with SHA-1, SHA-256, SHA-384 and SHA-512. The public key must be an
///   uncompressed point on a named curve (RFC 5480 section 2), the signature strict DER with 0 < r, s < n.
/// * RSASSA-PKCS1-v1_5 with SHA-1, SHA-256, SHA-384 and SHA-512; RSASSA-PSS with SHA-256, SHA-384 and SHA-512, MGF1 of
///   the same hash and a salt of the length that the algorithm says. The public key must be rsaEncryption with NULL (RFC
///   3279 section 2.3.1), with a modulus of 1024 to 8192 bits and an odd exponent of 3 to 2^33 - 1: wider than the default
///   key policy (R-CSR-4), yet bounded, so that no key makes verifying expensive. Keys of type id-RSASSA-PSS are a
///   [`VerifyError::KeyMismatch`].
/// * SM2 with SM3 and the default distinguishing identifier `1234567812345678`. The public key must be an uncompressed
///   point on the named curve, the signature strict DER with 0 < r, s < n.
/// * ML-DSA-44, ML-DSA-65 and ML-DSA-87 with an empty context. The public key must be of the length that FIPS 204 gives
///   it, without parameters (RFC 9881 section 4), the signature of exactly its length.
/// * Ed25519 (RFC 8032), strictly: keys and commitments of small order, keys that are not in their one encoding and
///   scalars beyond the group order are refused.
///
/// SHA-1 is the key policy's decision (R-CSR-3), not this type's.
///
/// ```
/// # #[cfg(feature = "p256")] {
/// use issuance::{KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, SignatureVerifier, Signer, SigningAlgorithm};
///
/// let signer = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// let algorithm = SigningAlgorithm::Sha256WithEcdsa;
/// let signature = signer.sign(algorithm, b"message")?;
/// let key = signer.public_key_der();
/// assert!(RustCryptoVerifier.supports(algorithm.into(), key));
/// RustCryptoVerifier.verify(algorithm.into(), key, b"message", signature.as_bytes())?;
/// assert!(RustCryptoVerifier.verify(algorithm.into(), key, b"another", signature.as_bytes()).is_err());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs, reason = "a value is its name")]
pub struct RustCryptoVerifier;

impl SignatureVerifier for RustCryptoVerifier {
    fn supports(&self, algorithm: SignatureAlgorithm, public_key_der: &[u8]) -> bool {
        let features = feature::of_signature(algorithm);
        if features.iter().all(|(_, on)| *on) {
            return true;
        }
        match PublicKey::from_der(public_key_der) {
            Ok(PublicKey::Ec(key)) if features.contains(&(feature::of_key(key).0, false)) => false,
            // With keys that are not of ECDSA, or not good ones, the answer is that, if a curve is there to give it.
            _ => features.iter().any(|(_, on)| *on),
        }
    }

    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        public_key_der: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        #[allow(unused_imports)] // With Ed25519 alone.
        use SigningAlgorithm as S;
        if !self.supports(algorithm, public_key_der) {
            return Err(VerifyError::UnsupportedAlgorithm(algorithm));
        }
        let (key, s) = (public_key_der, signature);
        match algorithm {
            #[cfg(feature = "_ecdsa")]
            SignatureAlgorithm::Sha1WithEcdsa => ecdsa::verify(key, &Sha1::digest(message), s),
            #[cfg(feature = "_ecdsa")]
            SignatureAlgorithm::Api(S::Sha256WithEcdsa) => ecdsa::verify(key, &Sha256::digest(message), s),
            #[cfg(feature = "_ecdsa")]
            SignatureAlgorithm::Api(S::Sha384WithEcdsa) => ecdsa::verify(key, &Sha384::digest(message), s),
            #[cfg(feature = "_ecdsa")]
            SignatureAlgorithm::Api(S::Sha512WithEcdsa) => ecdsa::verify(key, &Sha512::digest(message), s),
            #[cfg(feature = "rsa")]
            SignatureAlgorithm::Sha1WithRsa => rsa::pkcs1::<Sha1>(key, message, s),
            #[cfg(feature = "rsa")]
            SignatureAlgorithm::Api(S::Sha256WithRsa) => rsa::pkcs1::<Sha256>(key, message, s),
            #[cfg(feature = "rsa")]
            SignatureAlgorithm::Api(S::Sha384WithRsa) => rsa::pkcs1::<Sha384>(key, message, s),
            #[cfg(feature = "rsa")]
            SignatureAlgorithm::Api(S::Sha512WithRsa) => rsa::pkcs1::<Sha512>(key, message, s),
            #[cfg(feature = "rsa")]
            SignatureAlgorithm::Api(S::Sha256WithRsaPss) => rsa::pss::<Sha256>(key, message, s),
            #[cfg(feature = "rsa")]
            SignatureAlgorithm::Api(S::Sha384WithRsaPss) => rsa::pss::<Sha384>(key, message, s),
            #[cfg(feature = "rsa")]
            SignatureAlgorithm::Api(S::Sha512WithRsaPss) => rsa::pss::<Sha512>(key, message, s),
            #[cfg(feature = "rsa")]
            SignatureAlgorithm::RsaPssOtherSalt(pss) => match (pss.hash(), pss.salt_octets()) {
                (RsaPssHash::Sha256, salt) => rsa::pss_with_salt::<Sha256>(key, salt, message, s),
                (RsaPssHash::Sha384, salt) => rsa::pss_with_salt::<Sha384>(key, salt, message, s),
                (RsaPssHash::Sha512, salt) => rsa::pss_with_salt::<Sha512>(key, salt, message, s),
            },
            #[cfg(feature = "sm2")]
            SignatureAlgorithm::Api(S::Sm3WithSm2) => sm2::verify(key, message, s),
            #[cfg(feature = "ml-dsa")]
            SignatureAlgorithm::Api(S::MlDsa44) => ml_dsa::verify::<MlDsa44>(key, message, s),
            #[cfg(feature = "ml-dsa")]
            SignatureAlgorithm::Api(S::MlDsa65) => ml_dsa::verify::<MlDsa65>(key, message, s),
            #[cfg(feature = "ml-dsa")]
            SignatureAlgorithm::Api(S::MlDsa87) => ml_dsa::verify::<MlDsa87>(key, message, s),
            #[cfg(feature = "ed25519")]
            SignatureAlgorithm::Ed25519 => ed25519::verify(key, message, s),
            #[cfg(not(all(
                feature = "_ecdsa",
                feature = "ed25519",
                feature = "ml-dsa",
                feature = "rsa",
                feature = "sm2"
            )))]
            _ => Err(VerifyError::UnsupportedAlgorithm(algorithm)),
        }
    }
}

#[cfg(all(test, feature = "ed25519", feature = "ml-dsa", feature = "rustcrypto", feature = "sm2"))]
pub(super) mod tests;
