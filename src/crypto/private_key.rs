//! Private keys as they come, before any backend reads them: the form is judged here, once for all backends.

use der::Decode;
use der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use der::pem::{self, LineEnding};
use pkcs8::PrivateKeyInfoRef;
use sec1::{EcParameters, EcPrivateKey};
use spki::ObjectIdentifier;
use zeroize::Zeroizing;

use crate::x509::algorithm::KeyAlgorithm;
use crate::x509::algorithm::facts::{ID_EC_PUBLIC_KEY, ID_RSA_ENCRYPTION};
use crate::x509::algorithm::named::Named;
#[cfg(any(feature = "aws-lc-rs", feature = "ml-dsa"))]
use crate::x509::asn1::reader::{Asn1Error, Reader};
#[cfg(any(feature = "aws-lc-rs", feature = "ml-dsa"))]
use crate::x509::asn1::tag;
use crate::x509::oid::Oid;
use crate::x509::public_key::{modulus_bits, subject_public_key};

/// Why a private key cannot be used.
///
/// Says nothing of the key's value.
///
/// ```
/// use issuance::RustCryptoSigner;
/// use issuance::crypto::PrivateKeyError;
/// let error = RustCryptoSigner::from_pem("no key").unwrap_err();
/// assert_eq!(error, PrivateKeyError::Pem("there is no block"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeyError {
    /// The signer has no keys of this algorithm.
    #[error(
        "keys of algorithm {algorithm} are not supported by this signer; use one of RSA (rsaEncryption), ECDSA on \
         P-256, P-384 or P-521, ML-DSA or, with RustCryptoSigner, SM2"
    )]
    Unsupported {
        /// The algorithm: its name, or its object identifier in dotted decimal with the name that its standard gives it.
        algorithm: String,
    },
    /// The code for keys of this algorithm is left out of this build.
    #[error("keys of algorithm {algorithm} need the feature `{feature}`")]
    MissingFeature {
        /// The algorithm of the key.
        algorithm: KeyAlgorithm,
        /// The feature of this crate.
        feature: &'static str,
    },
    /// An RSA key of a size that no certificate authority can have.
    #[error("an RSA key of {bits} bits is not supported; 2048, 3072 and 4096 bits are")]
    RsaSize {
        /// The length of the modulus in bits.
        bits: usize,
    },
    /// An RSA key with one factor longer than the other (FIPS 186-5, appendix A.1.1).
    #[error(
        "an RSA key whose prime factors have {longest} and {shortest} bits is not supported; \
         each must have half as many bits as the modulus"
    )]
    RsaFactors {
        /// The length of the longer factor in bits.
        longest: usize,
        /// The length of the shorter factor in bits.
        shortest: usize,
    },
    /// The private key is encrypted. With the feature `encrypted-keys`, `from_encrypted_pem` and `from_encrypted_der` of the signer
    /// read it.
    #[error("the private key is encrypted; decrypt it first, or read it with its passphrase")]
    Encrypted,
    /// The private key is not encrypted, and was to be read with a passphrase.
    #[error("the private key is not encrypted; read it without a passphrase")]
    NotEncrypted,
    /// The passphrase does not open the encrypted key.
    #[error("the passphrase is wrong, or the encrypted private key is damaged")]
    Passphrase,
    /// A key was to be encrypted under an empty passphrase, as an environment variable that is not set gives one.
    #[error("the passphrase is empty, which protects nothing; give at least one character")]
    EmptyPassphrase,
    /// The private key is encrypted in a way that is not supported.
    #[error(
        "a private key that is encrypted with {scheme} is not supported; PBES2 with PBKDF2 (not HMAC with SHA-1) or \
         scrypt and with AES is, such as `openssl pkcs8 -topk8 -v2 aes-256-cbc` writes it"
    )]
    UnsupportedEncryption {
        /// The algorithm that is not supported: its object identifier in dotted decimal, with its name if that is common.
        scheme: String,
    },
    /// To turn the passphrase into a key would take more time or memory than any honest file asks for.
    #[error("the encrypted private key asks for {found} {unit}; at most {limit} are accepted")]
    DerivationCost {
        /// What is counted.
        unit: &'static str,
        /// How many of it the file asks for.
        found: u64,
        /// The most that is accepted.
        limit: u64,
    },
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

/// The only PEM block that matters in `text`, decoded: its label and its content.
pub(super) fn pem_private_key(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), PrivateKeyError> {
    match key_block(text)? {
        KeyBlock { label: ENCRYPTED, .. } | KeyBlock { legacy: true, .. } => Err(PrivateKeyError::Encrypted),
        block => Ok((block.label, block.decode()?)),
    }
}

/// The content of the only PEM block that matters in `text`, which is an `ENCRYPTED PRIVATE KEY`.
#[cfg(feature = "encrypted-keys")]
pub(super) fn encrypted_pem_key(text: &str) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    match key_block(text)? {
        KeyBlock { legacy: true, .. } => {
            Err(PrivateKeyError::UnsupportedEncryption { scheme: "the form of OpenSSL with Proc-Type".to_owned() })
        }
        block if block.label == ENCRYPTED => block.decode(),
        block if block.label.ends_with("PRIVATE KEY") => Err(PrivateKeyError::NotEncrypted),
        _ => Err(PrivateKeyError::Pem("the block is not an ENCRYPTED PRIVATE KEY")),
    }
}

/// A PEM block `PRIVATE KEY` of a `PrivateKeyInfo`.
pub(super) fn to_pem(pkcs8: &[u8]) -> Result<Zeroizing<String>, PrivateKeyError> {
    let text = pem::encode_string("PRIVATE KEY", LineEnding::LF, pkcs8);
    text.map(Zeroizing::new).map_err(|_| PrivateKeyError::Inconsistent)
}

const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// A PEM block that can have a private key.
struct KeyBlock<'a> {
    label: &'a str,
    block: &'a str,
    /// Encrypted in the way that PEM had before PKCS#8 (RFC 1421 section 4.6).
    legacy: bool,
}

impl KeyBlock<'_> {
    fn decode(&self) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
        let mut buffer = Zeroizing::new(vec![0; self.block.len()]);
        let len = match pem::decode(self.block.as_bytes(), &mut buffer) {
            Ok((_, der)) => der.len(),
            Err(_) => return Err(PrivateKeyError::Pem("the block is malformed")),
        };
        buffer.truncate(len);
        Ok(buffer)
    }
}

fn key_block(text: &str) -> Result<KeyBlock<'_>, PrivateKeyError> {
    let mut rest = text;
    loop {
        let (label, block, after) = pem_block(rest)?;
        let legacy = block.contains("Proc-Type:") && block.contains("ENCRYPTED");
        match label {
            // Repeats what the key says, and does not tell more.
            "EC PARAMETERS" | "SM2 PARAMETERS" => rest = after,
            _ if after.contains(BEGIN) && !legacy && label != ENCRYPTED => {
                return Err(PrivateKeyError::Pem("there is more than one block"));
            }
            _ => return Ok(KeyBlock { label, block, legacy }),
        }
    }
}

pub(super) const BEGIN: &str = "-----BEGIN ";

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

/// A DER `PrivateKeyInfo` (PKCS#8, RFC 5958): the private key inside it, and around it a public key or none.
pub(super) struct PrivateKeyInfo<'a> {
    pub(super) key: InnerKey<'a>,
    public_key: Option<BitStringRef<'a>>,
}

/// The private key inside a `PrivateKeyInfo`, in the DER of its algorithm.
pub(super) enum InnerKey<'a> {
    /// An `RSAPrivateKey` (RFC 8017 appendix A.1.2).
    Rsa(&'a [u8]),
    /// An `ECPrivateKey` (RFC 5915), and the curve that the structure around it names.
    Ec(&'a [u8], ObjectIdentifier),
    /// An `ML-DSA-PrivateKey` (RFC 9881 section 6) of a parameter set.
    #[cfg_attr(not(any(feature = "aws-lc-rs", feature = "ml-dsa")), allow(dead_code))]
    MlDsa(KeyAlgorithm, &'a [u8]),
}

impl<'a> PrivateKeyInfo<'a> {
    pub(super) fn from_der(der: &'a [u8]) -> Result<Self, PrivateKeyError> {
        let malformed = |what| Err(PrivateKeyError::Malformed(what));
        let Ok(info) = PrivateKeyInfoRef::from_der(der) else {
            // EncryptedPrivateKeyInfo (RFC 5958 section 3): an AlgorithmIdentifier and an OCTET STRING.
            let encrypted = spki::SubjectPublicKeyInfo::<AnyRef<'_>, &OctetStringRef>::from_der(der).is_ok();
            return if encrypted { Err(PrivateKeyError::Encrypted) } else { malformed("PrivateKeyInfo") };
        };
        let (algorithm, private_key) = (info.algorithm, info.private_key.as_bytes());
        let key = match (algorithm.oid, algorithm.parameters) {
            (ID_RSA_ENCRYPTION, Some(parameters)) if parameters == AnyRef::NULL => InnerKey::Rsa(private_key),
            (ID_RSA_ENCRYPTION, _) => return malformed("PrivateKeyInfo of rsaEncryption with NULL"),
            (ID_EC_PUBLIC_KEY, parameters) => match parameters.and_then(|parameters| parameters.decode_as().ok()) {
                Some(curve) => InnerKey::Ec(private_key, curve),
                None => return malformed("PrivateKeyInfo with a named curve"),
            },
            (other, parameters) => match (KeyAlgorithm::of_ml_dsa(other.as_bytes()), parameters) {
                (Some(_), Some(_)) => return malformed("PrivateKeyInfo of ML-DSA without parameters"),
                (Some(algorithm), None) => InnerKey::MlDsa(algorithm, private_key),
                (None, _) => return Err(unsupported(other)),
            },
        };
        Ok(PrivateKeyInfo { key, public_key: info.public_key })
    }

    /// A OneAsymmetricKey may carry the public key (RFC 5958 section 2), which must be the one of the private key.
    pub(super) fn check_public_key(&self, spki: &[u8]) -> Result<(), PrivateKeyError> {
        match self.public_key {
            Some(given) if subject_public_key(spki).ok() != given.as_bytes() => Err(PrivateKeyError::Inconsistent),
            _ => Ok(()),
        }
    }
}

pub(super) fn unsupported(algorithm: ObjectIdentifier) -> PrivateKeyError {
    let text = algorithm.to_string();
    let named = text.parse::<Oid>().map(|oid| Named(&oid).to_string());
    PrivateKeyError::Unsupported { algorithm: named.unwrap_or(text) }
}

/// A DER `RSAPrivateKey` (RFC 8017 appendix A.1.2) of a size that a certificate authority can have, and that size.
///
/// Both factors fit into half the width of the modulus: the backends compute with that width, which then says nothing of them.
pub(super) fn rsa_private_key(der: &[u8]) -> Result<(pkcs1::RsaPrivateKeyRef<'_>, KeyAlgorithm), PrivateKeyError> {
    let key = pkcs1::RsaPrivateKeyRef::from_der(der).map_err(|_| PrivateKeyError::Malformed("RSAPrivateKey"))?;
    let bits = modulus_bits(key.modulus.as_bytes());
    let algorithm = KeyAlgorithm::of_rsa(bits).ok_or(PrivateKeyError::RsaSize { bits })?;
    let [one, other] = [&key.prime1, &key.prime2].map(|factor| modulus_bits(factor.as_bytes()));
    if one.max(other) > bits / 2 {
        return Err(PrivateKeyError::RsaFactors { longest: one.max(other), shortest: one.min(other) });
    }
    Ok((key, algorithm))
}

/// A DER `ECPrivateKey` (SEC 1, RFC 5915) and its curve. `outer` is the curve that the structure around the key says; the
/// key itself may say it too, and must if nothing else does.
pub(super) fn ec_private_key(
    der: &[u8],
    outer: Option<ObjectIdentifier>,
) -> Result<(EcPrivateKey<'_>, ObjectIdentifier), PrivateKeyError> {
    let malformed = PrivateKeyError::Malformed("ECPrivateKey with a named curve");
    let Ok(key) = EcPrivateKey::from_der(der) else { return Err(malformed) };
    let own = key.parameters.and_then(EcParameters::named_curve);
    match (outer, own) {
        (Some(outer), Some(own)) if outer != own => Err(PrivateKeyError::Inconsistent),
        (Some(curve), _) | (None, Some(curve)) => Ok((key, curve)),
        (None, None) => Err(malformed),
    }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ml-dsa"))]
/// The tag of the seed in an `ML-DSA-PrivateKey`.
pub(super) const ML_DSA_SEED: u8 = tag::context(0);
#[cfg(any(feature = "aws-lc-rs", feature = "ml-dsa"))]
pub(super) const ML_DSA_SEED_OCTETS: usize = 32;

#[cfg(any(feature = "aws-lc-rs", feature = "ml-dsa"))]
type SeedAndExpanded<'a> = (&'a [u8; ML_DSA_SEED_OCTETS], Option<&'a [u8]>);

#[cfg(any(feature = "aws-lc-rs", feature = "ml-dsa"))]
/// The seed, and the expanded key where it is given with the seed.
///
/// ```text
/// ML-DSA-PrivateKey ::= CHOICE {
///     seed [0] OCTET STRING (SIZE (32)),
///     expandedKey OCTET STRING,
///     both SEQUENCE { seed OCTET STRING (SIZE (32)), expandedKey OCTET STRING } }
/// ```
pub(super) fn ml_dsa_private_key(der: &[u8]) -> Result<SeedAndExpanded<'_>, PrivateKeyError> {
    let read = || -> Result<_, Asn1Error> {
        if let Ok(seed) = Reader::single(der, ML_DSA_SEED) {
            return Ok((seed.content, None));
        }
        let mut both = Reader::single(der, tag::SEQUENCE)?.reader();
        let seed = both.read(tag::OCTET_STRING)?.content;
        let expanded = both.read(tag::OCTET_STRING)?.content;
        both.finish()?;
        Ok((seed, Some(expanded)))
    };
    let parts = read().ok().and_then(|(seed, expanded)| Some((seed.try_into().ok()?, expanded)));
    parts.ok_or(PrivateKeyError::Malformed("ML-DSA private key with a seed (RFC 9881 section 6)"))
}
