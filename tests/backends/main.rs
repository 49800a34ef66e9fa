//! What holds for every backend of the crate: the same tests run over each, and each judges what the others make.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod algorithms;
mod ed25519;
#[cfg(feature = "encrypted-keys")]
mod encrypted_keys;
mod importing;
mod issuing;
mod openssl;
mod openssl_signatures;
#[cfg(feature = "pkcs11")]
mod pkcs11;
mod private_keys;
mod public_keys;
#[cfg(target_os = "linux")]
mod secrets;
#[cfg(feature = "aws-lc-rs")]
mod serials;
mod signatures;
#[cfg(feature = "testing")]
mod signer_contract;

use std::fmt::Debug;

use issuance::crypto::{PrivateKeyError, VerifyError};
use issuance::x509::SignatureAlgorithm;
use issuance::{KeyAlgorithm, SignatureVerifier, Signer, SigningAlgorithm};

const MESSAGE: &[u8] = b"to be signed";

type Read<T> = fn(&T) -> Result<Box<dyn Key>, PrivateKeyError>;

/// A signer and a verifier of one implementation.
struct Backend {
    name: &'static str,
    from_pem: Read<str>,
    from_pkcs8_pem: Read<str>,
    from_pkcs8_der: Read<[u8]>,
    generate: fn(KeyAlgorithm) -> Result<Box<dyn Key>, PrivateKeyError>,
    verifier: &'static dyn SignatureVerifier,
}

/// What the signers of the crate have in common beyond [`Signer`].
trait Key: Signer + Debug {
    fn key_algorithm(&self) -> KeyAlgorithm;
    fn to_pkcs8_pem(&self) -> String;
}

macro_rules! key_of {
    ($signer:ident) => {
        impl Key for issuance::$signer {
            fn key_algorithm(&self) -> KeyAlgorithm {
                self.key_algorithm()
            }

            fn to_pkcs8_pem(&self) -> String {
                self.to_pkcs8_pem().unwrap().to_string()
            }
        }
    };
}
#[cfg(feature = "aws-lc-rs")]
key_of!(AwsLcSigner);
key_of!(RustCryptoSigner);

macro_rules! backend {
    ($signer:ident, $verifier:ident) => {{
        use issuance::{$signer, $verifier};
        Backend {
            name: stringify!($signer),
            from_pem: |text| Ok(Box::new($signer::from_pem(text)?)),
            from_pkcs8_pem: |text| Ok(Box::new($signer::from_pkcs8_pem(text)?)),
            from_pkcs8_der: |der| Ok(Box::new($signer::from_pkcs8_der(der)?)),
            generate: |algorithm| Ok(Box::new($signer::generate(algorithm)?)),
            verifier: &$verifier,
        }
    }};
}

fn backends() -> Vec<Backend> {
    vec![
        backend!(RustCryptoSigner, RustCryptoVerifier),
        #[cfg(feature = "aws-lc-rs")]
        backend!(AwsLcSigner, AwsLcVerifier),
    ]
}

impl Backend {
    fn is_aws_lc(&self) -> bool {
        self.name == "AwsLcSigner"
    }

    /// Whether the signer does `algorithm` with a key that fits it.
    fn signs(&self, key: KeyAlgorithm, algorithm: SigningAlgorithm) -> bool {
        use {KeyAlgorithm as K, SigningAlgorithm as S};
        if self.is_aws_lc() {
            return match key {
                K::EcPrime256v1 => algorithm == S::Sha256WithEcdsa,
                K::EcSecp384r1 => algorithm == S::Sha384WithEcdsa,
                _ => key != K::Sm2,
            };
        }
        key.supports(algorithm)
    }

    /// Whether the verifier does `algorithm` with keys of `key`.
    fn verifies(&self, key: Option<KeyAlgorithm>, algorithm: SignatureAlgorithm) -> bool {
        if self.is_aws_lc() {
            let p384_sha1 = key == Some(KeyAlgorithm::EcSecp384r1) && algorithm == SignatureAlgorithm::Sha1WithEcdsa;
            return !p384_sha1 && algorithm != SignatureAlgorithm::Api(SigningAlgorithm::Sm3WithSm2);
        }
        true
    }
}

/// What the verifiers say, which is the same of each that does the algorithm.
#[track_caller]
fn verdict(
    algorithm: impl Into<SignatureAlgorithm>,
    spki: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    let algorithm = algorithm.into();
    let unsupported = Err(VerifyError::UnsupportedAlgorithm(algorithm));
    let key = KeyAlgorithm::from_public_key_der(spki);
    let mut verdict = None;
    for backend in backends() {
        let own = backend.verifier.verify(algorithm, spki, message, signature);
        if own == unsupported {
            assert!(!backend.verifies(key, algorithm), "{}: {algorithm}", backend.name);
            continue;
        }
        let common = *verdict.get_or_insert(own);
        assert_eq!(own, common, "{}: {algorithm} {spki:02x?} {signature:02x?}", backend.name);
    }
    verdict.unwrap_or(unsupported)
}

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../data/keys/", $name, ".pem"))
    };
}
use key;

/// The keys of the test data that every backend has.
const KEYS: [(&str, KeyAlgorithm); 9] = [
    (key!("ec-p256"), KeyAlgorithm::EcPrime256v1),
    (key!("ec-p384"), KeyAlgorithm::EcSecp384r1),
    (key!("ec-p521"), KeyAlgorithm::EcSecp521r1),
    (key!("rsa-2048"), KeyAlgorithm::Rsa2048),
    (key!("rsa-3072"), KeyAlgorithm::Rsa3072),
    (key!("rsa-4096"), KeyAlgorithm::Rsa4096),
    (key!("ml-dsa-44"), KeyAlgorithm::MlDsa44),
    (key!("ml-dsa-65"), KeyAlgorithm::MlDsa65),
    (key!("ml-dsa-87"), KeyAlgorithm::MlDsa87),
];

const ML_DSA: [KeyAlgorithm; 3] = [KeyAlgorithm::MlDsa44, KeyAlgorithm::MlDsa65, KeyAlgorithm::MlDsa87];

/// Every key of the test data that signs, in PKCS#8.
fn pkcs8_keys() -> Vec<(Vec<u8>, KeyAlgorithm)> {
    KEYS.into_iter()
        .chain([(key!("sm2"), KeyAlgorithm::Sm2)])
        .map(|(pem, algorithm)| (pem_der(pem), algorithm))
        .collect()
}

/// The key in the backends that have keys of its kind.
fn each_signer<'b>(backends: &'b [Backend], pkcs8: &[u8]) -> Vec<(&'b Backend, Box<dyn Key>)> {
    let read = |backend: &'b Backend| match (backend.from_pkcs8_der)(pkcs8) {
        Ok(key) => Some((backend, key)),
        Err(PrivateKeyError::Unsupported { .. }) => None,
        Err(error) => panic!("{}: {error}", backend.name),
    };
    backends.iter().filter_map(read).collect()
}

fn pem_der(text: &str) -> Vec<u8> {
    der::pem::decode_vec(text.as_bytes()).unwrap().1
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let header = match content.len() {
        len @ 0..0x80 => vec![tag, len as u8],
        len @ 0x80..0x100 => vec![tag, 0x81, len as u8],
        len => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    [header, content.to_vec()].concat()
}

/// A SubjectPublicKeyInfo of `algorithm` (content of the AlgorithmIdentifier) and `key`.
fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(0x30, algorithm), tlv(0x03, &[&[0], key].concat())].concat())
}

/// The object identifier of a parameter set of ML-DSA, as an element.
fn ml_dsa_oid(algorithm: KeyAlgorithm) -> Vec<u8> {
    let last = match algorithm {
        KeyAlgorithm::MlDsa44 => 0x11,
        KeyAlgorithm::MlDsa65 => 0x12,
        _ => 0x13,
    };
    vec![0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, last]
}

fn ml_dsa_seed(seed: &[u8]) -> Vec<u8> {
    tlv(0x80, seed)
}

/// A PrivateKeyInfo around an ML-DSA-PrivateKey (RFC 9881 section 6).
fn ml_dsa_pkcs8(algorithm: KeyAlgorithm, private_key: &[u8]) -> Vec<u8> {
    tlv(0x30, &[vec![2, 1, 0], tlv(0x30, &ml_dsa_oid(algorithm)), tlv(0x04, private_key)].concat())
}
