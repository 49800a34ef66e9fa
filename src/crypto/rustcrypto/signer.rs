//! A signer in pure Rust, with the key in this process.

use std::fmt;

#[cfg(feature = "ml-dsa")]
use ::ml_dsa::{MlDsa44, MlDsa65, MlDsa87};
use pkcs8::{Document, SecretDocument};
use zeroize::Zeroizing;

use super::read;
#[cfg(feature = "rsa")]
use super::rsa::RsaKey;
#[cfg(feature = "sm2")]
use super::sm2::Sm2Key;
#[cfg(feature = "encrypted-keys")]
use crate::crypto::encrypted_key::under_a_passphrase;
use crate::crypto::feature;
use crate::crypto::private_key::{self, PrivateKeyError};
use crate::crypto::signer::{SignError, Signature, Signer, sealed};
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};

/// Signs with a private key held in this process, with the RustCrypto crates: every key algorithm of the API, each with
/// every signing algorithm that fits it (R-CA-4), if the feature of the family is on: `p256`, `p384`, `p521` and `rsa`,
/// which `rustcrypto` joins, `sm2` and `ml-dsa`. What is off is [`PrivateKeyError::MissingFeature`].
///
/// * ECDSA on P-256, P-384 and P-521, each with SHA-256, SHA-384 and SHA-512: deterministic (RFC 6979), so that the same
///   input gives the same signature.
/// * RSASSA-PKCS1-v1_5 with 2048, 3072 and 4096 bits, each with SHA-256, SHA-384 and SHA-512: deterministic by definition;
///   message, CRT exponents and CRT moduli are blinded with randomness of the operating system, and the result is checked.
/// * RSASSA-PSS with the same keys and hashes, MGF1 of the same hash and a random salt as long as the hash (R-ENC-1):
///   each signature is another. Blinded and checked in the same way.
/// * ML-DSA-44, ML-DSA-65 and ML-DSA-87 with an empty context (RFC 9881 section 3): the deterministic variant of FIPS 204
///   section 3.4, so that the same input gives the same signature and none depends on randomness.
/// * SM2 with SM3 and the default distinguishing identifier `1234567812345678` (GM/T 0009, the one that X.509 uses): deterministic, with the generator of RFC 6979 over SM3.
///
/// The key is overwritten when the signer is dropped, and `Debug` shows nothing of it. Of an RSA key, the `rsa` crate leaves copies of
/// the prime factors in freed memory, made when the key is read and for each signature.
///
/// ```
/// # #[cfg(feature = "p256")] {
/// use issuance::{KeyAlgorithm, RustCryptoSigner, Signer, SigningAlgorithm};
/// let signer = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// let signature = signer.sign(SigningAlgorithm::Sha384WithEcdsa, b"to be signed")?;
/// assert_eq!(signature.as_bytes()[0], 0x30);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RustCryptoSigner {
    key: Box<dyn PrivateKey>,
    public_key_der: Vec<u8>,
}

/// What a key of each kind does. Each of them overwrites its secret on drop.
pub(super) trait PrivateKey: Send + Sync {
    fn algorithm(&self) -> KeyAlgorithm;

    fn public_key_der(&self) -> spki::Result<Document>;

    fn to_pkcs8_der(&self) -> pkcs8::Result<SecretDocument>;

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError>;
}

impl RustCryptoSigner {
    /// Makes a new key with randomness of the operating system. RSA keys have the public exponent 65537.
    ///
    /// RSA takes its time: seconds for 4096 bits.
    ///
    /// # Errors
    /// [`PrivateKeyError::Randomness`] if there is none, [`PrivateKeyError::MissingFeature`].
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, PrivateKeyError> {
        #[allow(unreachable_code)] // Where no key is left.
        Self::new(match algorithm {
            #[cfg(feature = "rsa")]
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
                Box::new(RsaKey::generate(algorithm)?)
            }
            #[cfg(feature = "p256")]
            KeyAlgorithm::EcPrime256v1 => Box::new(generate_ec::<p256::ecdsa::SigningKey>()?),
            #[cfg(feature = "p384")]
            KeyAlgorithm::EcSecp384r1 => Box::new(generate_ec::<p384::ecdsa::SigningKey>()?),
            #[cfg(feature = "p521")]
            KeyAlgorithm::EcSecp521r1 => Box::new(generate_ec::<p521::ecdsa::SigningKey>()?),
            #[cfg(feature = "ml-dsa")]
            KeyAlgorithm::MlDsa44 => Box::new(super::ml_dsa::generate::<MlDsa44>()?),
            #[cfg(feature = "ml-dsa")]
            KeyAlgorithm::MlDsa65 => Box::new(super::ml_dsa::generate::<MlDsa65>()?),
            #[cfg(feature = "ml-dsa")]
            KeyAlgorithm::MlDsa87 => Box::new(super::ml_dsa::generate::<MlDsa87>()?),
            #[cfg(feature = "sm2")]
            KeyAlgorithm::Sm2 => Box::new(Sm2Key::new(&generate_ec()?)?),
            #[cfg(not(all(
                feature = "ml-dsa",
                feature = "p256",
                feature = "p384",
                feature = "p521",
                feature = "rsa",
                feature = "sm2"
            )))]
            _ => return Err(missing(algorithm)),
        })
    }

    /// Reads a DER `PrivateKeyInfo` (PKCS#8, RFC 5958), unencrypted.
    ///
    /// The key is checked: an EC or SM2 key in range and on a named curve, with the public key, where there is one, its
    /// own; an RSA key with exponents that fit the factors and with factors that a trial signature works with; an ML-DSA
    /// key as a seed, alone or with the expanded key that follows from it (RFC 9881 section 6). Expanded ML-DSA keys
    /// without their seed are refused: nothing about them could be checked.
    ///
    /// # Errors
    /// [`PrivateKeyError::Malformed`], [`PrivateKeyError::Unsupported`], [`PrivateKeyError::RsaSize`],
    /// [`PrivateKeyError::RsaFactors`], [`PrivateKeyError::Encrypted`], [`PrivateKeyError::Inconsistent`],
    /// [`PrivateKeyError::Randomness`].
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, PrivateKeyError> {
        Self::new(read::pkcs8(der)?)
    }

    /// Reads a PEM block `PRIVATE KEY`: the same as [`from_pkcs8_der`](Self::from_pkcs8_der) in PEM (RFC 7468
    /// section 10).
    ///
    /// # Errors
    /// [`PrivateKeyError::Pem`], and those of [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_pkcs8_pem(text: &str) -> Result<Self, PrivateKeyError> {
        Self::new(read::pkcs8_pem(text)?)
    }

    /// Reads a PEM private key of any of the forms that OpenSSL writes: `PRIVATE KEY` (PKCS#8, RFC 5958),
    /// `EC PRIVATE KEY` or `SM2 PRIVATE KEY` (SEC 1, RFC 5915), with or without a block `EC PARAMETERS` or
    /// `SM2 PARAMETERS` before it, and `RSA PRIVATE KEY` (PKCS#1, RFC 8017 appendix A.1.2).
    ///
    /// Text before the first block is skipped; a second key or certificate is an error.
    ///
    /// # Errors
    /// [`PrivateKeyError::Pem`], and those of [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_pem(text: &str) -> Result<Self, PrivateKeyError> {
        Self::new(read::pem(text)?)
    }

    /// Writes the private key as a PEM block `PRIVATE KEY`, unencrypted, with line feeds; ML-DSA keys as seeds (RFC 9881
    /// section 6). The text is overwritten when it is dropped.
    ///
    /// # Errors
    /// [`PrivateKeyError::Inconsistent`] if the key cannot be encoded, which no key does that was accepted.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, PrivateKeyError> {
        private_key::to_pem(&self.pkcs8()?)
    }

    fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
        Ok(self.key.to_pkcs8_der().map_err(|_| PrivateKeyError::Inconsistent)?.to_bytes())
    }

    /// The algorithm and size of the key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.key.algorithm()
    }

    fn new(key: Box<dyn PrivateKey>) -> Result<Self, PrivateKeyError> {
        let public_key_der = key.public_key_der().map_err(|_| PrivateKeyError::Inconsistent)?.into_vec();
        Ok(Self { key, public_key_der })
    }
}

#[cfg(feature = "encrypted-keys")]
under_a_passphrase!(RustCryptoSigner, "p256");

impl Signer for RustCryptoSigner {
    fn public_key_der(&self) -> &[u8] {
        &self.public_key_der
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        self.key_algorithm().signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        self.key.sign(algorithm, message)
    }

    fn checked_at_construction(&self, _: sealed::Sealed) -> bool {
        true
    }
}

impl fmt::Debug for RustCryptoSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RustCryptoSigner({})", self.key_algorithm())
    }
}

/// Keys of this algorithm need a feature that is off.
#[allow(dead_code)] // With every feature on.
pub(super) fn missing(algorithm: KeyAlgorithm) -> PrivateKeyError {
    PrivateKeyError::MissingFeature { algorithm, feature: feature::of_key(algorithm).0 }
}

#[cfg(any(feature = "_ecdsa", feature = "sm2"))]
fn generate_ec<K: elliptic_curve::Generate>() -> Result<K, PrivateKeyError> {
    K::try_generate_from_rng(&mut getrandom::SysRng).map_err(|_| PrivateKeyError::Randomness)
}

#[cfg(any(feature = "ml-dsa", feature = "rsa", feature = "sm2"))]
pub(super) fn failed(reason: &str, retryable: bool) -> SignError {
    SignError::Backend { reason: reason.to_owned(), retryable, source: None }
}

#[cfg(all(test, feature = "ed25519", feature = "ml-dsa", feature = "rustcrypto", feature = "sm2"))]
mod tests;
