//! A signer on AWS-LC, with the key in this process.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::encoding::{AsDer, AsRawBytes};
use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair, PqdsaKeyPair, PqdsaSigningAlgorithm, RsaEncoding, RsaKeyPair,
};
use spki::ObjectIdentifier;
use zeroize::Zeroizing;

#[cfg(feature = "encrypted-keys")]
use crate::crypto::encrypted_key::under_a_passphrase;
use crate::crypto::private_key::{
    self, InnerKey, PrivateKeyError, PrivateKeyInfo, ec_private_key, ml_dsa_private_key, pem_private_key,
    rsa_private_key, unsupported,
};
use crate::crypto::signer::{SignError, Signature, Signer, sealed};
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};

/// Signs with a private key held in this process, with AWS-LC, by way of the `aws-lc-rs` crate.
///
/// * ECDSA on P-256 with SHA-256, on P-384 with SHA-384, on P-521 with SHA-256, SHA-384 and SHA-512. AWS-LC ties the
///   other hashes of P-256 and P-384 to other curves: those pairs are [`SignError::UnsupportedAlgorithm`], and
///   `RustCryptoSigner` supports them. Each signature is another, its nonce random.
/// * RSASSA-PKCS1-v1_5 and RSASSA-PSS with 2048, 3072 and 4096 bits, each with SHA-256, SHA-384 and SHA-512; PSS with MGF1
///   of the same hash and a random salt as long as the hash (R-ENC-1). Blinded, and the result checked.
/// * ML-DSA-44, ML-DSA-65 and ML-DSA-87, pure and with an empty context (RFC 9881 section 3), in the hedged variant of
///   FIPS 204: each signature is another.
///
/// SM2 is not among them. AWS-LC overwrites the memory that it frees, the key among it, and `Debug` shows nothing of it.
///
/// ```
/// use issuance::{AwsLcSigner, KeyAlgorithm, Signer, SigningAlgorithm};
/// let signer = AwsLcSigner::generate(KeyAlgorithm::EcSecp384r1)?;
/// let signature = signer.sign(SigningAlgorithm::Sha384WithEcdsa, b"to be signed")?;
/// assert_eq!(signature.as_bytes()[0], 0x30);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct AwsLcSigner {
    key: Key,
    algorithm: KeyAlgorithm,
    public_key_der: Vec<u8>,
}

enum Key {
    /// AWS-LC ties a key to a hash: one for each that it has for the curve. Never empty.
    Ec(Vec<(SigningAlgorithm, EcdsaKeyPair)>),
    Rsa(RsaKeyPair),
    MlDsa(SigningAlgorithm, PqdsaKeyPair),
}

const P256: &[(SigningAlgorithm, &EcdsaSigningAlgorithm)] =
    &[(SigningAlgorithm::Sha256WithEcdsa, &signature::ECDSA_P256_SHA256_ASN1_SIGNING)];
const P384: &[(SigningAlgorithm, &EcdsaSigningAlgorithm)] =
    &[(SigningAlgorithm::Sha384WithEcdsa, &signature::ECDSA_P384_SHA384_ASN1_SIGNING)];
const P521: &[(SigningAlgorithm, &EcdsaSigningAlgorithm)] = &[
    (SigningAlgorithm::Sha256WithEcdsa, &signature::ECDSA_P521_SHA256_ASN1_SIGNING),
    (SigningAlgorithm::Sha384WithEcdsa, &signature::ECDSA_P521_SHA384_ASN1_SIGNING),
    (SigningAlgorithm::Sha512WithEcdsa, &signature::ECDSA_P521_SHA512_ASN1_SIGNING),
];

impl AwsLcSigner {
    /// Makes a new key with the random generator of AWS-LC, which the operating system seeds. RSA keys have the public
    /// exponent 65537.
    ///
    /// RSA takes its time: up to seconds for 4096 bits.
    ///
    /// # Errors
    /// [`PrivateKeyError::Unsupported`] for SM2, [`PrivateKeyError::Randomness`] if there is none.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, PrivateKeyError> {
        let key = match algorithm {
            KeyAlgorithm::Rsa2048 => Key::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(no_randomness)?),
            KeyAlgorithm::Rsa3072 => Key::Rsa(RsaKeyPair::generate(KeySize::Rsa3072).map_err(no_randomness)?),
            KeyAlgorithm::Rsa4096 => Key::Rsa(RsaKeyPair::generate(KeySize::Rsa4096).map_err(no_randomness)?),
            KeyAlgorithm::EcPrime256v1 => generate_ec(P256)?,
            KeyAlgorithm::EcSecp384r1 => generate_ec(P384)?,
            KeyAlgorithm::EcSecp521r1 => generate_ec(P521)?,
            KeyAlgorithm::MlDsa44 => generate_ml_dsa(SigningAlgorithm::MlDsa44, &signature::ML_DSA_44_SIGNING)?,
            KeyAlgorithm::MlDsa65 => generate_ml_dsa(SigningAlgorithm::MlDsa65, &signature::ML_DSA_65_SIGNING)?,
            KeyAlgorithm::MlDsa87 => generate_ml_dsa(SigningAlgorithm::MlDsa87, &signature::ML_DSA_87_SIGNING)?,
            KeyAlgorithm::Sm2 => return Err(PrivateKeyError::Unsupported { algorithm: algorithm.to_string() }),
        };
        Self::new(key)
    }

    /// Reads a DER `PrivateKeyInfo` (PKCS#8, RFC 5958), unencrypted.
    ///
    /// The key is checked: an EC key in range and on a named curve, with the public key, where there is one, its own; an
    /// RSA key with exponents that fit the factors and with factors that a trial signature works with; an ML-DSA key as
    /// a seed, alone or with the expanded key that follows from it (RFC 9881 section 6). Expanded ML-DSA keys without
    /// their seed are refused.
    ///
    /// # Errors
    /// [`PrivateKeyError::Malformed`], [`PrivateKeyError::Unsupported`], [`PrivateKeyError::RsaSize`],
    /// [`PrivateKeyError::RsaFactors`], [`PrivateKeyError::Encrypted`], [`PrivateKeyError::Inconsistent`].
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, PrivateKeyError> {
        use SigningAlgorithm as S;
        let info = PrivateKeyInfo::from_der(der)?;
        let signer = Self::new(match info.key {
            InnerKey::Rsa(key) => read_pkcs1(key)?,
            InnerKey::Ec(key, curve) => read_sec1(key, Some(curve))?,
            InnerKey::MlDsa(KeyAlgorithm::MlDsa44, key) => read_ml_dsa(key, S::MlDsa44, &signature::ML_DSA_44_SIGNING)?,
            InnerKey::MlDsa(KeyAlgorithm::MlDsa65, key) => read_ml_dsa(key, S::MlDsa65, &signature::ML_DSA_65_SIGNING)?,
            InnerKey::MlDsa(_, key) => read_ml_dsa(key, S::MlDsa87, &signature::ML_DSA_87_SIGNING)?,
        })?;
        info.check_public_key(&signer.public_key_der)?;
        Ok(signer)
    }

    /// Reads a PEM block `PRIVATE KEY`: the same as [`from_pkcs8_der`](Self::from_pkcs8_der) in PEM (RFC 7468
    /// section 10).
    ///
    /// # Errors
    /// [`PrivateKeyError::Pem`], and those of [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_pkcs8_pem(text: &str) -> Result<Self, PrivateKeyError> {
        match pem_private_key(text)? {
            ("PRIVATE KEY", der) => Self::from_pkcs8_der(&der),
            _ => Err(PrivateKeyError::Pem("the block is not a PRIVATE KEY")),
        }
    }

    /// Reads a PEM private key of any of the forms that OpenSSL writes: `PRIVATE KEY` (PKCS#8, RFC 5958),
    /// `EC PRIVATE KEY` (SEC 1, RFC 5915), with or without a block `EC PARAMETERS` before it, and `RSA PRIVATE KEY`
    /// (PKCS#1, RFC 8017 appendix A.1.2).
    ///
    /// Text before the first block is skipped; a second key or certificate is an error.
    ///
    /// # Errors
    /// [`PrivateKeyError::Pem`], and those of [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_pem(text: &str) -> Result<Self, PrivateKeyError> {
        match pem_private_key(text)? {
            ("PRIVATE KEY", der) => Self::from_pkcs8_der(&der),
            // OpenSSL's label for SM2: read, so that the error names the curve.
            ("EC PRIVATE KEY" | "SM2 PRIVATE KEY", der) => Self::new(read_sec1(&der, None)?),
            ("RSA PRIVATE KEY", der) => Self::new(read_pkcs1(&der)?),
            _ => Err(PrivateKeyError::Pem("the block is not a PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY")),
        }
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
        match &self.key {
            Key::Ec(keys) => keys.first().and_then(|(_, key)| Some(key.to_pkcs8v1().ok()?.as_ref().to_vec())),
            Key::Rsa(key) => key.as_der().ok().map(|der| der.as_ref().to_vec()),
            Key::MlDsa(_, key) => key.to_pkcs8v1().ok().map(|der| der.as_ref().to_vec()),
        }
        .map(Zeroizing::new)
        .ok_or(PrivateKeyError::Inconsistent)
    }

    /// The algorithm and size of the key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    fn new(key: Key) -> Result<Self, PrivateKeyError> {
        let public_key = match &key {
            Key::Ec(keys) => keys.first().and_then(|(_, key)| key.public_key().as_der().ok()),
            Key::Rsa(key) => key.public_key().as_der().ok(),
            Key::MlDsa(_, key) => key.public_key().as_der().ok(),
        };
        let public_key_der = public_key.ok_or(PrivateKeyError::Inconsistent)?.as_ref().to_vec();
        let algorithm = KeyAlgorithm::from_public_key_der(&public_key_der).ok_or(PrivateKeyError::Inconsistent)?;
        Ok(Self { key, algorithm, public_key_der })
    }
}

#[cfg(feature = "encrypted-keys")]
under_a_passphrase!(AwsLcSigner, "aws-lc-rs");

impl Signer for AwsLcSigner {
    fn public_key_der(&self) -> &[u8] {
        &self.public_key_der
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        match self.algorithm {
            KeyAlgorithm::EcPrime256v1 => &[SigningAlgorithm::Sha256WithEcdsa],
            KeyAlgorithm::EcSecp384r1 => &[SigningAlgorithm::Sha384WithEcdsa],
            algorithm => algorithm.signing_algorithms(),
        }
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        use SigningAlgorithm as S;
        let rsa = |key, encoding| sign_rsa(key, encoding, message);
        let signature = match (&self.key, algorithm) {
            (Key::Ec(keys), _) => keys
                .iter()
                .find(|(own, _)| *own == algorithm)
                .map(|(_, key)| key.sign(&SystemRandom::new(), message).map(|signature| signature.as_ref().to_vec())),
            (Key::Rsa(key), S::Sha256WithRsa) => Some(rsa(key, &signature::RSA_PKCS1_SHA256)),
            (Key::Rsa(key), S::Sha384WithRsa) => Some(rsa(key, &signature::RSA_PKCS1_SHA384)),
            (Key::Rsa(key), S::Sha512WithRsa) => Some(rsa(key, &signature::RSA_PKCS1_SHA512)),
            (Key::Rsa(key), S::Sha256WithRsaPss) => Some(rsa(key, &signature::RSA_PSS_SHA256)),
            (Key::Rsa(key), S::Sha384WithRsaPss) => Some(rsa(key, &signature::RSA_PSS_SHA384)),
            (Key::Rsa(key), S::Sha512WithRsaPss) => Some(rsa(key, &signature::RSA_PSS_SHA512)),
            (Key::MlDsa(own, key), _) if *own == algorithm => {
                let mut signature = vec![0; key.algorithm().signature_len()];
                Some(key.sign(message, &mut signature).map(|_| signature))
            }
            (Key::Rsa(_) | Key::MlDsa(..), _) => None,
        };
        match signature {
            Some(Ok(octets)) => Ok(Signature::new(octets)),
            Some(Err(Unspecified)) => Err(SignError::backend("the private-key operation failed")),
            None => Err(SignError::UnsupportedAlgorithm { algorithm, key: self.algorithm }),
        }
    }

    fn checked_at_construction(&self, _: sealed::Sealed) -> bool {
        true
    }
}

impl fmt::Debug for AwsLcSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AwsLcSigner({})", self.algorithm)
    }
}

fn sign_rsa(key: &RsaKeyPair, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(encoding, &SystemRandom::new(), message, &mut signature)?;
    Ok(signature)
}

/// Nothing else makes AWS-LC fail to generate a key.
fn no_randomness(_: Unspecified) -> PrivateKeyError {
    PrivateKeyError::Randomness
}

fn inconsistent(_: KeyRejected) -> PrivateKeyError {
    PrivateKeyError::Inconsistent
}

type EcAlgorithms = [(SigningAlgorithm, &'static EcdsaSigningAlgorithm)];

fn generate_ec(algorithms: &EcAlgorithms) -> Result<Key, PrivateKeyError> {
    let (_, first) = algorithms.first().ok_or(PrivateKeyError::Inconsistent)?;
    let key = EcdsaKeyPair::generate(first).map_err(no_randomness)?;
    let der = key.to_pkcs8v1().map_err(|_| PrivateKeyError::Inconsistent)?;
    ec_keys(algorithms, der.as_ref())
}

/// `der` is a PKCS#8 `PrivateKeyInfo` or an `ECPrivateKey`. AWS-LC checks the range of the private key, and that the public
/// key, where there is one, belongs to it.
fn ec_keys(algorithms: &EcAlgorithms, der: &[u8]) -> Result<Key, PrivateKeyError> {
    let keys: Result<_, _> = algorithms
        .iter()
        .map(|(own, algorithm)| Ok((*own, EcdsaKeyPair::from_private_key_der(algorithm, der).map_err(inconsistent)?)))
        .collect();
    keys.map(Key::Ec)
}

/// An `ECPrivateKey` (SEC 1, RFC 5915), on the curve that the structure around it says or else on its own.
fn read_sec1(der: &[u8], curve: Option<ObjectIdentifier>) -> Result<Key, PrivateKeyError> {
    let (key, curve) = ec_private_key(der, curve)?;
    let own = KeyAlgorithm::of_curve(curve.as_bytes());
    let algorithms = match own {
        Some(KeyAlgorithm::EcPrime256v1) => P256,
        Some(KeyAlgorithm::EcSecp384r1) => P384,
        Some(KeyAlgorithm::EcSecp521r1) => P521,
        _ => return Err(unsupported(curve)),
    };
    // Shorter ones, of old versions of OpenSSL, are the same number.
    if key.private_key.len() > own.and_then(KeyAlgorithm::coordinate_bytes).unwrap_or_default() {
        return Err(PrivateKeyError::Inconsistent);
    }
    ec_keys(algorithms, der)
}

fn read_pkcs1(der: &[u8]) -> Result<Key, PrivateKeyError> {
    rsa_private_key(der)?;
    let key = RsaKeyPair::from_der(der).map_err(inconsistent)?;
    // Fails for factors that are not prime, which no congruence of the exponents tells.
    sign_rsa(&key, &signature::RSA_PKCS1_SHA256, &[]).map_err(|_| PrivateKeyError::Inconsistent)?;
    Ok(Key::Rsa(key))
}

fn generate_ml_dsa(own: SigningAlgorithm, algorithm: &'static PqdsaSigningAlgorithm) -> Result<Key, PrivateKeyError> {
    PqdsaKeyPair::generate(algorithm).map(|key| Key::MlDsa(own, key)).map_err(no_randomness)
}

/// The private key inside a `PrivateKeyInfo`.
fn read_ml_dsa(
    der: &[u8],
    own: SigningAlgorithm,
    algorithm: &'static PqdsaSigningAlgorithm,
) -> Result<Key, PrivateKeyError> {
    let (seed, expanded) = ml_dsa_private_key(der)?;
    let key = PqdsaKeyPair::from_seed(algorithm, seed).map_err(inconsistent)?;
    if let Some(expanded) = expanded {
        let derived = key.private_key().as_raw_bytes().map_err(|_| PrivateKeyError::Inconsistent)?;
        verify_slices_are_equal(derived.as_ref(), expanded).map_err(|_| PrivateKeyError::Inconsistent)?;
    }
    Ok(Key::MlDsa(own, key))
}
