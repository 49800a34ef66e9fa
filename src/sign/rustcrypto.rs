//! A signer in pure Rust, with the key in this process.

use std::fmt;

use der::Decode;
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::pem::{self, LineEnding};
use getrandom::SysRng;
use p256::NistP256;
use p256::elliptic_curve::{self, Generate};
use p384::NistP384;
use p521::NistP521;
use pkcs8::{EncodePrivateKey, EncodePublicKey, PrivateKeyInfoRef};
use rsa::traits::SignatureScheme;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sec1::{EcParameters, EcPrivateKey};
use sha2::digest::Digest;
use sha2::{Sha256, Sha384, Sha512};
use signature::rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use super::{SignError, Signature, Signer, sealed};
use crate::{KeyAlgorithm, SigningAlgorithm};

/// Signs with a private key held in this process, with the RustCrypto crates.
///
/// * ECDSA on P-256, P-384 and P-521, each with SHA-256, SHA-384 and SHA-512: deterministic (RFC 6979), so that the same
///   input gives the same signature.
/// * RSASSA-PKCS1-v1_5 with 2048, 3072 and 4096 bits, each with SHA-256, SHA-384 and SHA-512: deterministic by definition;
///   the computation is blinded with randomness of the operating system and its result checked.
///
/// The key is overwritten when the signer is dropped, and `Debug` shows nothing of it.
///
/// ```
/// use issuance::{KeyAlgorithm, RustCryptoSigner, Signer, SigningAlgorithm};
/// let signer = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// let signature = signer.sign(SigningAlgorithm::Sha384WithEcdsa, b"to be signed")?;
/// assert_eq!(signature.as_bytes()[0], 0x30);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RustCryptoSigner {
    key: Key,
    public_key_der: Vec<u8>,
}

/// Each of them overwrites its secret on drop.
enum Key {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
    /// Boxed for its size. The algorithm is one of RSA.
    Rsa(KeyAlgorithm, Box<RsaPrivateKey>),
}

/// Why a private key cannot be used.
///
/// Says nothing of the key's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeyError {
    /// The signer has no keys of this algorithm.
    #[error("keys of algorithm {algorithm} are not supported by this signer; RSA and EC on P-256, P-384 and P-521 are")]
    Unsupported {
        /// The name of the algorithm, or its object identifier in dotted decimal.
        algorithm: String,
    },
    /// An RSA key of a size that no certificate authority can have.
    #[error("an RSA key of {bits} bits is not supported; 2048, 3072 and 4096 bits are")]
    RsaSize {
        /// The length of the modulus in bits.
        bits: usize,
    },
    /// The private key is encrypted.
    #[error("the private key is encrypted; decrypt it first")]
    Encrypted,
    /// The text is not one PEM block (RFC 7468) with a private key.
    #[error("not a PEM private key: {0}")]
    Pem(&'static str),
    /// The private key is not the DER structure that it should be.
    #[error("malformed private key: not a DER {0}")]
    Malformed(&'static str),
    /// The parts of the private key do not belong together, or are out of range.
    #[error("the parts of the private key do not belong together")]
    Inconsistent,
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
}

impl RustCryptoSigner {
    /// Makes a new key with randomness of the operating system. RSA keys have the public exponent 65537.
    ///
    /// RSA takes its time: seconds for 4096 bits.
    ///
    /// # Errors
    /// [`PrivateKeyError::Unsupported`] for ML-DSA and SM2, [`PrivateKeyError::Randomness`] if there is none.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, PrivateKeyError> {
        let rsa = |bits| {
            let mut rng = RecordingRng::default();
            let key = RsaPrivateKey::new(&mut rng, bits);
            if rng.failed {
                return Err(PrivateKeyError::Randomness);
            }
            Ok(Key::Rsa(algorithm, Box::new(key.map_err(|_| PrivateKeyError::Inconsistent)?)))
        };
        let key = match algorithm {
            KeyAlgorithm::Rsa2048 => rsa(2048)?,
            KeyAlgorithm::Rsa3072 => rsa(3072)?,
            KeyAlgorithm::Rsa4096 => rsa(4096)?,
            KeyAlgorithm::EcPrime256v1 => Key::P256(generate_ec()?),
            KeyAlgorithm::EcSecp384r1 => Key::P384(generate_ec()?),
            KeyAlgorithm::EcSecp521r1 => Key::P521(generate_ec()?),
            KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65 | KeyAlgorithm::MlDsa87 | KeyAlgorithm::Sm2 => {
                return Err(PrivateKeyError::Unsupported { algorithm: algorithm.to_string() });
            }
        };
        Self::new(key)
    }

    /// Reads a DER `PrivateKeyInfo` (PKCS#8, RFC 5958), unencrypted.
    ///
    /// The key is checked: an EC key in range and on a named curve, with the public key, where there is one, its own; an
    /// RSA key with exponents that fit the factors and with factors that a trial signature works with.
    ///
    /// # Errors
    /// [`PrivateKeyError::Malformed`], [`PrivateKeyError::Unsupported`], [`PrivateKeyError::RsaSize`], [`PrivateKeyError::Encrypted`],
    /// [`PrivateKeyError::Inconsistent`], [`PrivateKeyError::Randomness`].
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, PrivateKeyError> {
        let Ok(info) = PrivateKeyInfoRef::from_der(der) else {
            // EncryptedPrivateKeyInfo (RFC 5958 section 3): an AlgorithmIdentifier and an OCTET STRING.
            let encrypted = spki::SubjectPublicKeyInfo::<AnyRef<'_>, &OctetStringRef>::from_der(der).is_ok();
            return Err(if encrypted {
                PrivateKeyError::Encrypted
            } else {
                PrivateKeyError::Malformed("PrivateKeyInfo")
            });
        };
        match info.algorithm.oid {
            pkcs1::ALGORITHM_OID => {
                if info.algorithm.parameters != Some(AnyRef::NULL) {
                    return Err(PrivateKeyError::Malformed("PrivateKeyInfo of rsaEncryption with NULL"));
                }
                Self::from_pkcs1_der(info.private_key.as_bytes())
            }
            elliptic_curve::ALGORITHM_OID => {
                let curve = info.algorithm.parameters.and_then(|parameters| parameters.decode_as().ok());
                let curve = curve.ok_or(PrivateKeyError::Malformed("PrivateKeyInfo with a named curve"))?;
                Self::from_sec1_der(info.private_key.as_bytes(), Some(curve))
            }
            other => Err(PrivateKeyError::Unsupported { algorithm: other.to_string() }),
        }
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
            ("EC PRIVATE KEY", der) => Self::from_sec1_der(&der, None),
            ("RSA PRIVATE KEY", der) => Self::from_pkcs1_der(&der),
            _ => Err(PrivateKeyError::Pem("the block is not a PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY")),
        }
    }

    /// Writes the private key as a PEM block `PRIVATE KEY`, unencrypted, with line feeds. The text is overwritten when it
    /// is dropped.
    ///
    /// # Errors
    /// [`PrivateKeyError::Inconsistent`] if the key cannot be encoded, which no key does that was accepted.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, PrivateKeyError> {
        match &self.key {
            Key::P256(key) => key.to_pkcs8_pem(LineEnding::LF),
            Key::P384(key) => key.to_pkcs8_pem(LineEnding::LF),
            Key::P521(key) => key.to_pkcs8_pem(LineEnding::LF),
            Key::Rsa(_, key) => key.to_pkcs8_pem(LineEnding::LF),
        }
        .map_err(|_| PrivateKeyError::Inconsistent)
    }

    /// The algorithm and size of the key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        match self.key {
            Key::P256(_) => KeyAlgorithm::EcPrime256v1,
            Key::P384(_) => KeyAlgorithm::EcSecp384r1,
            Key::P521(_) => KeyAlgorithm::EcSecp521r1,
            Key::Rsa(algorithm, _) => algorithm,
        }
    }

    fn new(key: Key) -> Result<Self, PrivateKeyError> {
        let public_key = match &key {
            Key::P256(key) => key.verifying_key().to_public_key_der(),
            Key::P384(key) => key.verifying_key().to_public_key_der(),
            Key::P521(key) => key.verifying_key().to_public_key_der(),
            Key::Rsa(_, key) => key.as_public_key().to_public_key_der(),
        };
        let public_key_der = public_key.map_err(|_| PrivateKeyError::Inconsistent)?.into_vec();
        Ok(Self { key, public_key_der })
    }

    /// `curve` is what the structure around the key says; the key itself may say it too, and must if nothing else does.
    fn from_sec1_der(der: &[u8], curve: Option<ObjectIdentifier>) -> Result<Self, PrivateKeyError> {
        let key =
            EcPrivateKey::from_der(der).map_err(|_| PrivateKeyError::Malformed("ECPrivateKey with a named curve"))?;
        let own = key.parameters.and_then(EcParameters::named_curve);
        let curve = match (curve, own) {
            (Some(curve), Some(own)) if curve != own => return Err(PrivateKeyError::Inconsistent),
            (Some(curve), _) | (None, Some(curve)) => curve,
            (None, None) => return Err(PrivateKeyError::Malformed("ECPrivateKey with a named curve")),
        };
        let key = match curve {
            <NistP256 as pkcs8::AssociatedOid>::OID => Key::P256(secret_ec::<p256::SecretKey>(key)?.into()),
            <NistP384 as pkcs8::AssociatedOid>::OID => Key::P384(secret_ec::<p384::SecretKey>(key)?.into()),
            <NistP521 as pkcs8::AssociatedOid>::OID => Key::P521(secret_ec::<p521::SecretKey>(key)?.into()),
            other => return Err(PrivateKeyError::Unsupported { algorithm: other.to_string() }),
        };
        Self::new(key)
    }

    fn from_pkcs1_der(der: &[u8]) -> Result<Self, PrivateKeyError> {
        let key = pkcs1::RsaPrivateKeyRef::from_der(der).map_err(|_| PrivateKeyError::Malformed("RSAPrivateKey"))?;
        let modulus = key.modulus.as_bytes();
        let bits = 8 * modulus.len() - modulus.first().map_or(0, |octet| octet.leading_zeros() as usize);
        let algorithm = match bits {
            2048 => KeyAlgorithm::Rsa2048,
            3072 => KeyAlgorithm::Rsa3072,
            4096 => KeyAlgorithm::Rsa4096,
            _ => return Err(PrivateKeyError::RsaSize { bits }),
        };
        let key = RsaPrivateKey::try_from(key).map_err(|_| PrivateKeyError::Inconsistent)?;
        // Fails for factors that are not prime, which no congruence of the exponents tells.
        rsa_pkcs1(&key, &Sha256::digest([]), Pkcs1v15Sign::new::<Sha256>()).map_err(|error| match error {
            rsa::Error::Rng => PrivateKeyError::Randomness,
            _ => PrivateKeyError::Inconsistent,
        })?;
        Self::new(Key::Rsa(algorithm, Box::new(key)))
    }
}

impl Signer for RustCryptoSigner {
    fn public_key_der(&self) -> &[u8] {
        &self.public_key_der
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        // RFC 6979 wants the hash of the message in its generator too, whatever the curve (section 3.2 and appendix A.2).
        // `sign_prehash` would take the curve's usual one.
        macro_rules! ecdsa {
            ($key:expr, $curve:ty, $hash:ty) => {{
                let digest = <$hash>::digest(message);
                let (signature, _) =
                    ecdsa::hazmat::sign_prehashed_rfc6979::<$curve, $hash>($key.as_nonzero_scalar(), &digest, &[]);
                Ok(Signature::new(signature.to_der().as_bytes().to_vec()))
            }};
        }
        macro_rules! rsa {
            ($key:expr, $hash:ty) => {
                rsa_pkcs1($key, &<$hash>::digest(message), Pkcs1v15Sign::new::<$hash>())
                    .map(Signature::new)
                    .map_err(rsa_sign_error)
            };
        }
        use SigningAlgorithm as S;
        match (&self.key, algorithm) {
            (Key::P256(key), S::Sha256WithEcdsa) => ecdsa!(key, NistP256, Sha256),
            (Key::P256(key), S::Sha384WithEcdsa) => ecdsa!(key, NistP256, Sha384),
            (Key::P256(key), S::Sha512WithEcdsa) => ecdsa!(key, NistP256, Sha512),
            (Key::P384(key), S::Sha256WithEcdsa) => ecdsa!(key, NistP384, Sha256),
            (Key::P384(key), S::Sha384WithEcdsa) => ecdsa!(key, NistP384, Sha384),
            (Key::P384(key), S::Sha512WithEcdsa) => ecdsa!(key, NistP384, Sha512),
            (Key::P521(key), S::Sha256WithEcdsa) => ecdsa!(key, NistP521, Sha256),
            (Key::P521(key), S::Sha384WithEcdsa) => ecdsa!(key, NistP521, Sha384),
            (Key::P521(key), S::Sha512WithEcdsa) => ecdsa!(key, NistP521, Sha512),
            (Key::Rsa(_, key), S::Sha256WithRsa) => rsa!(key, Sha256),
            (Key::Rsa(_, key), S::Sha384WithRsa) => rsa!(key, Sha384),
            (Key::Rsa(_, key), S::Sha512WithRsa) => rsa!(key, Sha512),
            _ => Err(SignError::UnsupportedAlgorithm { algorithm, key: self.key_algorithm() }),
        }
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

fn generate_ec<K: Generate>() -> Result<K, PrivateKeyError> {
    K::try_generate_from_rng(&mut SysRng).map_err(|_| PrivateKeyError::Randomness)
}

/// Checks the range, and that the public key, where there is one, belongs to the private one.
fn secret_ec<'a, K: TryFrom<EcPrivateKey<'a>>>(key: EcPrivateKey<'a>) -> Result<K, PrivateKeyError> {
    K::try_from(key).map_err(|_| PrivateKeyError::Inconsistent)
}

/// Passing the generator makes blinding certain, whichever features the `rsa` crate has.
fn rsa_pkcs1(key: &RsaPrivateKey, digest: &[u8], scheme: Pkcs1v15Sign) -> Result<Vec<u8>, rsa::Error> {
    scheme.sign(Some(&mut SysRng), key, digest)
}

fn rsa_sign_error(error: rsa::Error) -> SignError {
    let no_randomness = error == rsa::Error::Rng;
    let reason =
        if no_randomness { "the operating system gave no randomness" } else { "the RSA private-key operation failed" };
    SignError::Backend { reason: reason.to_owned(), retryable: no_randomness, source: None }
}

/// The only PEM block that matters in `text`, decoded: its label and its content.
fn pem_private_key(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), PrivateKeyError> {
    let mut rest = text;
    loop {
        let (label, block, after) = pem_block(rest)?;
        match label {
            // Repeats what the key says, and does not tell more.
            "EC PARAMETERS" => rest = after,
            "ENCRYPTED PRIVATE KEY" => return Err(PrivateKeyError::Encrypted),
            _ if block.contains("Proc-Type:") && block.contains("ENCRYPTED") => return Err(PrivateKeyError::Encrypted),
            _ if after.contains(BEGIN) => return Err(PrivateKeyError::Pem("there is more than one block")),
            _ => {
                let mut buffer = Zeroizing::new(vec![0; block.len()]);
                let len = match pem::decode(block.as_bytes(), &mut buffer) {
                    Ok((_, der)) => der.len(),
                    Err(_) => return Err(PrivateKeyError::Pem("the block is malformed")),
                };
                buffer.truncate(len);
                return Ok((label, buffer));
            }
        }
    }
}

const BEGIN: &str = "-----BEGIN ";

/// Splits off the first block: its label, the block with its boundaries, and what follows.
fn pem_block(text: &str) -> Result<(&str, &str, &str), PrivateKeyError> {
    let start = text.find(BEGIN).ok_or(PrivateKeyError::Pem("there is no block"))?;
    let block = &text[start..];
    let (label, content) =
        block[BEGIN.len()..].split_once("-----").ok_or(PrivateKeyError::Pem("the first boundary is malformed"))?;
    let end = format!("-----END {label}-----");
    let (_, after) = content.split_once(&end).ok_or(PrivateKeyError::Pem("the last boundary is missing"))?;
    Ok((label, &block[..block.len() - after.len()], after))
}

/// The operating system's randomness for code that cannot take a failure: the failure is recorded, and whatever was made
/// from then on must be thrown away.
#[derive(Default)]
struct RecordingRng {
    failed: bool,
    counter: u64,
}

impl TryRng for RecordingRng {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_le_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Self::Error> {
        if !self.failed && SysRng.try_fill_bytes(destination).is_ok() {
            return Ok(());
        }
        self.failed = true;
        // Anything that varies, so that a search for primes ends.
        for chunk in destination.chunks_mut(64) {
            self.counter += 1;
            chunk.copy_from_slice(&Sha512::digest(self.counter.to_le_bytes())[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for RecordingRng {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rsa::BoxedUint;
    use rsa::pkcs1::EncodeRsaPrivateKey;
    use rsa::traits::PrivateKeyParts;

    macro_rules! key {
        ($name:literal) => {
            include_str!(concat!("../../tests/data/keys/", $name, ".pem"))
        };
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
        // Numbers of an odd count of digits are meant, as in RFC 6979.
        let digits = if digits.len() % 2 == 1 { [&[0], &digits[..]].concat() } else { digits };
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    fn pem_der(text: &str) -> Vec<u8> {
        pem_private_key(text).unwrap().1.to_vec()
    }

    const KEYS: [(&str, KeyAlgorithm); 6] = [
        (key!("ec-p256"), KeyAlgorithm::EcPrime256v1),
        (key!("ec-p384"), KeyAlgorithm::EcSecp384r1),
        (key!("ec-p521"), KeyAlgorithm::EcSecp521r1),
        (key!("rsa-2048"), KeyAlgorithm::Rsa2048),
        (key!("rsa-3072"), KeyAlgorithm::Rsa3072),
        (key!("rsa-4096"), KeyAlgorithm::Rsa4096),
    ];

    #[test]
    fn every_key_round_trips_and_names_its_algorithm() {
        for (pem, algorithm) in KEYS {
            let signer = RustCryptoSigner::from_pkcs8_pem(pem).unwrap();
            assert_eq!(signer.key_algorithm(), algorithm);
            assert_eq!(KeyAlgorithm::from_public_key_der(signer.public_key_der()), Some(algorithm));
            assert!(signer.checked_at_construction(sealed::Sealed));
            assert_eq!(format!("{signer:?}"), format!("RustCryptoSigner({algorithm})"));

            // Byte for byte what OpenSSL wrote.
            let written = signer.to_pkcs8_pem().unwrap();
            assert_eq!(*written, pem);
            let again = RustCryptoSigner::from_pem(&written).unwrap();
            assert_eq!(again.public_key_der(), signer.public_key_der());
            let again = RustCryptoSigner::from_pkcs8_der(&pem_der(pem)).unwrap();
            assert_eq!(again.public_key_der(), signer.public_key_der());
        }
    }

    #[test]
    fn generated_keys_differ_and_round_trip() {
        for algorithm in KeyAlgorithm::ALL {
            let generated = match algorithm {
                // One size of RSA is enough for the time it takes.
                KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => continue,
                _ => RustCryptoSigner::generate(*algorithm),
            };
            if !matches!(algorithm.as_str(), "RSA_2048" | "EC_prime256v1" | "EC_secp384r1" | "EC_secp521r1") {
                let error = PrivateKeyError::Unsupported { algorithm: algorithm.to_string() };
                assert_eq!(generated.unwrap_err(), error);
                continue;
            }
            let signer = generated.unwrap();
            assert_eq!(KeyAlgorithm::from_public_key_der(signer.public_key_der()), Some(*algorithm));
            let again = RustCryptoSigner::from_pem(&signer.to_pkcs8_pem().unwrap()).unwrap();
            assert_eq!(again.public_key_der(), signer.public_key_der());
            let other = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap();
            assert_ne!(other.public_key_der(), signer.public_key_der());
        }
    }

    #[test]
    fn older_pem_forms_give_the_same_key() {
        for (older, pkcs8) in [
            (key!("ec-p256.sec1"), key!("ec-p256")),
            (key!("ec-p384.sec1"), key!("ec-p384")),
            (key!("ec-p521.sec1"), key!("ec-p521")),
            (key!("rsa-2048.pkcs1"), key!("rsa-2048")),
        ] {
            assert_eq!(
                RustCryptoSigner::from_pkcs8_pem(older).unwrap_err(),
                PrivateKeyError::Pem("the block is not a PRIVATE KEY")
            );
            let without_parameters = &older[older.rfind(BEGIN).unwrap()..];
            let with_text = format!("Key of a test\r\n\r\n{}\r\n", older.trim_end().replace('\n', "\r\n"));
            for text in [older, without_parameters, &with_text] {
                let signer = RustCryptoSigner::from_pem(text).unwrap();
                assert_eq!(*signer.to_pkcs8_pem().unwrap(), pkcs8);
            }
        }
    }

    #[test]
    fn texts_that_are_not_one_private_key_are_refused() {
        let two = format!("{}{}", key!("ec-p256"), key!("ec-p384"));
        let block = key!("ec-p256");
        let swapped = block.replace("BEGIN PRIVATE", "BEGIN EC PRIVATE").replace("END PRIVATE", "END EC PRIVATE");
        for (text, error) in [
            ("", PrivateKeyError::Pem("there is no block")),
            ("-----BEGIN PRIVATE KEY", PrivateKeyError::Pem("the first boundary is malformed")),
            (&block[..block.len() - 10], PrivateKeyError::Pem("the last boundary is missing")),
            (&block.replace("MIG", "M*G"), PrivateKeyError::Pem("the block is malformed")),
            (&two, PrivateKeyError::Pem("there is more than one block")),
            (&key!("ec-p256.sec1")[..75], PrivateKeyError::Pem("there is no block")),
            (
                "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
                PrivateKeyError::Pem("the block is not a PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY"),
            ),
            (&swapped, PrivateKeyError::Malformed("ECPrivateKey with a named curve")),
            (key!("ec-p256.encrypted"), PrivateKeyError::Encrypted),
            (key!("rsa-2048.pkcs1-encrypted"), PrivateKeyError::Encrypted),
        ] {
            assert_eq!(RustCryptoSigner::from_pem(text).unwrap_err(), error, "{text}");
        }
        let encrypted = pem::decode_vec(key!("ec-p256.encrypted").as_bytes()).unwrap().1;
        assert_eq!(RustCryptoSigner::from_pkcs8_der(&encrypted).unwrap_err(), PrivateKeyError::Encrypted);
    }

    #[test]
    fn keys_that_no_authority_can_have_are_refused() {
        let error = RustCryptoSigner::from_pem(key!("rsa-1024")).unwrap_err();
        assert_eq!(error, PrivateKeyError::RsaSize { bits: 1024 });
        assert_eq!(error.to_string(), "an RSA key of 1024 bits is not supported; 2048, 3072 and 4096 bits are");
        let error = RustCryptoSigner::from_pem(key!("ec-secp256k1")).unwrap_err();
        assert_eq!(error, PrivateKeyError::Unsupported { algorithm: "1.3.132.0.10".into() });
        let error = RustCryptoSigner::from_pem(key!("ec-p256.explicit-parameters")).unwrap_err();
        assert_eq!(error, PrivateKeyError::Malformed("PrivateKeyInfo with a named curve"));
        // Ed25519, RFC 8410 section 10.3.
        let ed25519 =
            hex("302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842");
        let error = RustCryptoSigner::from_pkcs8_der(&ed25519).unwrap_err();
        assert_eq!(error, PrivateKeyError::Unsupported { algorithm: "1.3.101.112".into() });
    }

    #[test]
    fn damaged_keys_are_refused() {
        for (pem, _) in KEYS {
            let der = pem_der(pem);
            let trailing = [&der[..], &[0]].concat();
            for malformed in [&der[..der.len() - 1], &trailing, &[]] {
                let error = RustCryptoSigner::from_pkcs8_der(malformed).unwrap_err();
                assert_eq!(error, PrivateKeyError::Malformed("PrivateKeyInfo"));
            }
        }
        // The last octet of the public point, and one of the scalar.
        let der = pem_der(key!("ec-p256"));
        for position in [der.len() - 1, 40] {
            let mut damaged = der.clone();
            damaged[position] ^= 1;
            assert_eq!(RustCryptoSigner::from_pkcs8_der(&damaged).unwrap_err(), PrivateKeyError::Inconsistent);
        }
        // One octet of the modulus, and one of the private exponent.
        let der = pem_der(key!("rsa-2048"));
        for position in [100, 400] {
            let mut damaged = der.clone();
            damaged[position] ^= 1;
            assert_eq!(RustCryptoSigner::from_pkcs8_der(&damaged).unwrap_err(), PrivateKeyError::Inconsistent);
        }
        // A P-384 label around a P-256 key.
        let mut info = PrivateKeyInfoRef::from_der(&der).unwrap();
        let (inner, curve) = (pem_der(&key!("ec-p256.sec1")[70..]), <NistP384 as pkcs8::AssociatedOid>::OID);
        info.algorithm =
            spki::AlgorithmIdentifier { oid: elliptic_curve::ALGORITHM_OID, parameters: Some(AnyRef::from(&curve)) };
        info.private_key = OctetStringRef::new(&inner).unwrap();
        let relabelled = der::Encode::to_der(&info).unwrap();
        assert_eq!(RustCryptoSigner::from_pkcs8_der(&relabelled).unwrap_err(), PrivateKeyError::Inconsistent);
    }

    #[test]
    fn rsa_factors_that_are_not_prime_are_refused() {
        let RustCryptoSigner { key: Key::Rsa(_, good), .. } = RustCryptoSigner::from_pem(key!("rsa-2048")).unwrap()
        else {
            unreachable!()
        };
        let (p, q) = (good.primes()[0].as_ref(), good.primes()[1].as_ref());
        let step = BoxedUint::from(2u8);
        let mut not_prime = p.wrapping_sub(&step);
        // The next one for which the exponents work out.
        let bad = loop {
            not_prime = not_prime.wrapping_sub(&step);
            if let Ok(key) = RsaPrivateKey::from_p_q(not_prime.clone(), q.clone(), BoxedUint::from(65537u32)) {
                break key;
            }
        };
        let der = bad.to_pkcs1_der().unwrap();
        assert_eq!(RustCryptoSigner::from_pkcs1_der(der.as_bytes()).unwrap_err(), PrivateKeyError::Inconsistent);
    }

    /// RFC 6979 appendix A.2.5 to A.2.7, message "sample".
    #[test]
    fn rfc_6979_known_answers() {
        let p256 = p256::ecdsa::SigningKey::from_slice(&hex(
            "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
        ));
        let p256 = RustCryptoSigner::new(Key::P256(p256.unwrap())).unwrap();
        let p384 = p384::ecdsa::SigningKey::from_slice(&hex(
            "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8
             96D5724E4C70A825F872C9EA60D2EDF5",
        ));
        let p384 = RustCryptoSigner::new(Key::P384(p384.unwrap())).unwrap();
        let p521 = p521::ecdsa::SigningKey::from_slice(&hex(
            "0FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75C
             AA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83
             538",
        ));
        let p521 = RustCryptoSigner::new(Key::P521(p521.unwrap())).unwrap();
        use SigningAlgorithm as S;
        for (signer, algorithm, r, s) in [
            (
                &p256,
                S::Sha256WithEcdsa,
                "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
                "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
            ),
            (
                &p256,
                S::Sha384WithEcdsa,
                "0EAFEA039B20E9B42309FB1D89E213057CBF973DC0CFC8F129EDDDC800EF7719",
                "4861F0491E6998B9455193E34E7B0D284DDD7149A74B95B9261F13ABDE940954",
            ),
            (
                &p256,
                S::Sha512WithEcdsa,
                "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00",
                "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE",
            ),
            (
                &p384,
                S::Sha256WithEcdsa,
                "21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33
                 BDE1E888E63355D92FA2B3C36D8FB2CD",
                "F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEB
                 EFDC63ECCD1AC42EC0CB8668A4FA0AB0",
            ),
            (
                &p384,
                S::Sha384WithEcdsa,
                "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C
                 81A648152E44ACF96E36DD1E80FABE46",
                "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F
                 A329C145786E679E7B82C71A38628AC8",
            ),
            (
                &p384,
                S::Sha512WithEcdsa,
                "ED0959D5880AB2D869AE7F6C2915C6D60F96507F9CB3E047C0046861DA4A799C
                 FE30F35CC900056D7C99CD7882433709",
                "512C8CCEEE3890A84058CE1E22DBC2198F42323CE8ACA9135329F03C068E5112
                 DC7CC3EF3446DEFCEB01A45C2667FDD5",
            ),
            (
                &p521,
                S::Sha256WithEcdsa,
                "1511BB4D675114FE266FC4372B87682BAECC01D3CC62CF2303C92B3526012659
                 D16876E25C7C1E57648F23B73564D67F61C6F14D527D54972810421E7D87589E
                 1A7",
                "04A171143A83163D6DF460AAF61522695F207A58B95C0644D87E52AA1A347916
                 E4F7A72930B1BC06DBE22CE3F58264AFD23704CBB63B29B931F7DE6C9D949A7E
                 CFC",
            ),
            (
                &p521,
                S::Sha384WithEcdsa,
                "1EA842A0E17D2DE4F92C15315C63DDF72685C18195C2BB95E572B9C5136CA4B4
                 B576AD712A52BE9730627D16054BA40CC0B8D3FF035B12AE75168397F5D50C67
                 451",
                "1F21A3CEE066E1961025FB048BD5FE2B7924D0CD797BABE0A83B66F1E35EEAF5
                 FDE143FA85DC394A7DEE766523393784484BDF3E00114A1C857CDE1AA203DB65
                 D61",
            ),
            (
                &p521,
                S::Sha512WithEcdsa,
                "0C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F1
                 74E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E37
                 7FA",
                "0617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF2
                 82623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A
                 67A",
            ),
        ] {
            let signature = signer.sign(algorithm, b"sample").unwrap();
            let expected = pair_der(&hex(r), &hex(s));
            assert_eq!(signature.as_bytes(), expected, "{algorithm} {:?}", signer);
        }
    }

    fn pair_der(r: &[u8], s: &[u8]) -> Vec<u8> {
        let (r, s) = (der::asn1::UintRef::new(r).unwrap(), der::asn1::UintRef::new(s).unwrap());
        der::Encode::to_der(&vec![r, s]).unwrap()
    }

    #[test]
    fn unsupported_algorithms_are_named() {
        for (pem, key) in KEYS {
            let signer = RustCryptoSigner::from_pem(pem).unwrap();
            for &algorithm in SigningAlgorithm::ALL {
                let is_pss = algorithm.as_str().ends_with("_PSS");
                if key.supports(algorithm) && !is_pss {
                    continue;
                }
                let error = signer.sign(algorithm, b"message").unwrap_err();
                assert!(!error.is_retryable());
                assert_eq!(
                    error.to_string(),
                    format!("this signer does not do {algorithm} with its key of algorithm {key}")
                );
            }
        }
    }

    #[test]
    fn a_failing_generator_is_remembered_and_still_varies() {
        let mut rng = RecordingRng { failed: true, counter: 0 };
        let (mut one, mut other) = ([0; 100], [0; 100]);
        let _ = (rng.try_fill_bytes(&mut one), rng.try_fill_bytes(&mut other));
        assert!(rng.failed);
        assert_ne!(one, other);
        let mut rng = RecordingRng::default();
        let _ = rng.try_next_u64();
        assert!(!rng.failed);
    }

    #[test]
    fn debug_and_errors_show_no_secret() {
        let signer = RustCryptoSigner::from_pem(key!("ec-p256")).unwrap();
        assert_eq!(
            format!("{signer:?} {signer:#?}"),
            "RustCryptoSigner(EC_prime256v1) RustCryptoSigner(EC_prime256v1)"
        );
    }
}
