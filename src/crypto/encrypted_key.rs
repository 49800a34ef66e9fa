//! Private keys under a passphrase: `EncryptedPrivateKeyInfo` (PKCS#8, RFC 5958 section 3) with PBES2 (RFC 8018 section 6.2).

use ::pkcs8::pkcs5::pbes2::{Kdf, PBES2_OID, Parameters, Pbkdf2Params, ScryptParams};
use ::pkcs8::pkcs5::scrypt::Params;
use ::pkcs8::pkcs5::{self, EncryptionScheme};
use ::pkcs8::{EncryptedPrivateKeyInfo, EncryptedPrivateKeyInfoRef};
use der::asn1::{AnyRef, OctetStringRef};
use der::pem::LineEnding;
use der::{Decode, EncodePem, ErrorKind};
use spki::ObjectIdentifier;
use zeroize::Zeroizing;

use super::private_key::{PrivateKeyError, encrypted_pem_key};
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;

/// What a file may ask for: some seconds of work and 128 MiB.
const MOST_ITERATIONS: u32 = 10_000_000;
const MOST_SCRYPT_MEMORY: u64 = 1 << 27;
const MOST_SCRYPT_WORK: u64 = 1 << 30;

/// What new files ask for: 16 MiB, five times. OpenSSL reads up to 32 MiB, and within that OWASP recommends this.
const LOG_N: u8 = 14;
const BLOCK_SIZE: u32 = 8;
const PARALLELIZATION: u32 = 5;

/// The unencrypted PKCS#8 of a PEM block `ENCRYPTED PRIVATE KEY`.
pub(super) fn decrypt_pem(text: &str, passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    decrypt(&encrypted_pem_key(text)?, passphrase)
}

/// The unencrypted PKCS#8 of an `EncryptedPrivateKeyInfo`.
pub(super) fn decrypt(der: &[u8], passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    let info = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|error| unreadable(der, error))?;
    let EncryptionScheme::Pbes2(parameters) = &info.encryption_algorithm else {
        return Err(unsupported(info.encryption_algorithm.oid()));
    };
    check_cost(&parameters.kdf)?;
    let plain = parameters.decrypt(passphrase, info.encrypted_data.as_bytes()).map_err(failed)?;
    let plain = Zeroizing::new(plain);
    // The padding alone fits one wrong passphrase in 256.
    match Reader::single(&plain, tag::SEQUENCE) {
        Ok(_) => Ok(plain),
        Err(_) => Err(PrivateKeyError::Passphrase),
    }
}

/// A PEM block `ENCRYPTED PRIVATE KEY` of an unencrypted PKCS#8: scrypt and AES-256-CBC.
pub(super) fn encrypt_pem(pkcs8: &[u8], passphrase: &[u8]) -> Result<String, PrivateKeyError> {
    if passphrase.is_empty() {
        return Err(PrivateKeyError::EmptyPassphrase);
    }
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    for random in [&mut salt, &mut iv] {
        getrandom::fill(random).map_err(|_| PrivateKeyError::Randomness)?;
    }
    let cost = Params::new(LOG_N, BLOCK_SIZE, PARALLELIZATION).map_err(inconsistent)?;
    let parameters = Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).map_err(inconsistent)?;
    let encrypted = parameters.encrypt(passphrase, pkcs8).map_err(inconsistent)?;
    let encrypted_data = OctetStringRef::new(&encrypted).map_err(inconsistent)?;
    let info = EncryptedPrivateKeyInfo { encryption_algorithm: parameters.into(), encrypted_data };
    info.to_pem(LineEnding::LF).map_err(inconsistent)
}

fn inconsistent<E>(_: E) -> PrivateKeyError {
    PrivateKeyError::Inconsistent
}

/// Refuses what would take a hostile file's time or memory, and what the derivation panics at.
fn check_cost(kdf: &Kdf) -> Result<(), PrivateKeyError> {
    let (unit, found, limit) = match kdf {
        Kdf::Pbkdf2(Pbkdf2Params { iteration_count: 0, .. }) => {
            return Err(PrivateKeyError::Malformed("EncryptedPrivateKeyInfo with an iteration of PBKDF2 or more"));
        }
        Kdf::Pbkdf2(Pbkdf2Params { iteration_count, .. }) => {
            ("iterations of PBKDF2", u64::from(*iteration_count), u64::from(MOST_ITERATIONS))
        }
        Kdf::Scrypt(ScryptParams { cost_parameter, .. })
            if !cost_parameter.is_power_of_two() || *cost_parameter == 1 =>
        {
            return Err(PrivateKeyError::Malformed(
                "EncryptedPrivateKeyInfo with a power of two as the cost of scrypt",
            ));
        }
        Kdf::Scrypt(ScryptParams { cost_parameter, block_size, parallelization, .. }) => {
            let memory = cost_parameter.saturating_mul(128 * u64::from(*block_size));
            let work = memory.saturating_mul(u64::from(*parallelization));
            if memory > MOST_SCRYPT_MEMORY {
                ("bytes of memory for scrypt", memory, MOST_SCRYPT_MEMORY)
            } else {
                ("bytes of work of scrypt", work, MOST_SCRYPT_WORK)
            }
        }
        other => return Err(unsupported(other.oid())),
    };
    if found > limit { Err(PrivateKeyError::DerivationCost { unit, found, limit }) } else { Ok(()) }
}

/// A structure that is not of a supported scheme, or not one at all.
fn unreadable(der: &[u8], error: der::Error) -> PrivateKeyError {
    if let ErrorKind::OidUnknown { oid } = error.kind() {
        return unsupported(oid);
    }
    let outer = spki::SubjectPublicKeyInfo::<AnyRef<'_>, &OctetStringRef>::from_der(der);
    match outer {
        Ok(info) if info.algorithm.oid != PBES2_OID => unsupported(info.algorithm.oid),
        _ => PrivateKeyError::Malformed("EncryptedPrivateKeyInfo with parameters of PBES2"),
    }
}

fn failed(error: pkcs5::Error) -> PrivateKeyError {
    match error {
        pkcs5::Error::UnsupportedAlgorithm { oid } => unsupported(oid),
        pkcs5::Error::AlgorithmParametersInvalid { .. } => {
            PrivateKeyError::Malformed("EncryptedPrivateKeyInfo with parameters of PBES2")
        }
        _ => PrivateKeyError::Passphrase,
    }
}

fn unsupported(scheme: ObjectIdentifier) -> PrivateKeyError {
    let text = scheme.to_string();
    let named = NAMES.iter().find(|(oid, _)| *oid == text).map(|(_, name)| format!("{text} ({name})"));
    PrivateKeyError::UnsupportedEncryption { scheme: named.unwrap_or(text) }
}

/// Schemes that older software writes (RFC 8018 appendix A, RFC 7292 appendix C).
const NAMES: &[(&str, &str)] = &[
    ("1.2.840.113549.1.5.1", "pbeWithMD2AndDES-CBC"),
    ("1.2.840.113549.1.5.3", "pbeWithMD5AndDES-CBC"),
    ("1.2.840.113549.1.5.10", "pbeWithSHA1AndDES-CBC"),
    ("1.2.840.113549.1.12.1.3", "pbeWithSHAAnd3-KeyTripleDES-CBC"),
    ("1.2.840.113549.1.12.1.6", "pbeWithSHAAnd40BitRC2-CBC"),
    ("1.2.840.113549.2.7", "hmacWithSHA1"),
    ("1.2.840.113549.3.7", "des-EDE3-CBC"),
];

/// The methods of a signer for keys under a passphrase. The example needs `$feature`.
macro_rules! under_a_passphrase {
    ($signer:ident, $feature:literal) => {
        impl $signer {
            /// Reads a PEM block `ENCRYPTED PRIVATE KEY` (PKCS#8, RFC 5958 section 3, RFC 7468 section 11): PBES2 with PBKDF2
            /// (HMAC with SHA-224 to SHA-512) or scrypt, and with AES. The key inside is checked as in
            /// [`from_pkcs8_der`](Self::from_pkcs8_der).
            ///
            /// To derive the key takes the time that the file asks for. That is bounded, so that a hostile file costs some seconds
            /// and 128 MiB at most: PBKDF2 has at most 10,000,000 iterations, and scrypt takes at most 128 MiB and works
            /// through 1 GiB.
            ///
            /// ```
            #[doc = concat!("# #[cfg(feature = \"", $feature, "\")] {")]
            #[doc = concat!("use issuance::{KeyAlgorithm, ", stringify!($signer), ", Signer};")]
            #[doc = concat!("let key = ", stringify!($signer), "::generate(KeyAlgorithm::EcPrime256v1)?;")]
            /// let pem = key.to_encrypted_pem("correct horse battery staple")?;
            #[doc = concat!("let again = ", stringify!($signer), "::from_encrypted_pem(&pem, \"correct horse battery staple\")?;")]
            /// assert_eq!(again.public_key_der(), key.public_key_der());
            /// # }
            /// # Ok::<(), issuance::crypto::PrivateKeyError>(())
            /// ```
            ///
            /// # Errors
            /// [`PrivateKeyError::Passphrase`], [`PrivateKeyError::UnsupportedEncryption`],
            /// [`PrivateKeyError::DerivationCost`], [`PrivateKeyError::NotEncrypted`], [`PrivateKeyError::Pem`], and those of
            /// [`from_pkcs8_der`](Self::from_pkcs8_der).
            pub fn from_encrypted_pem(text: &str, passphrase: impl AsRef<[u8]>) -> Result<Self, PrivateKeyError> {
                Self::from_pkcs8_der(&crate::crypto::encrypted_key::decrypt_pem(text, passphrase.as_ref())?)
            }

            /// Reads a DER `EncryptedPrivateKeyInfo`: the same as [`from_encrypted_pem`](Self::from_encrypted_pem) without PEM
            /// around it.
            ///
            /// # Errors
            /// As [`from_encrypted_pem`](Self::from_encrypted_pem).
            pub fn from_encrypted_der(der: &[u8], passphrase: impl AsRef<[u8]>) -> Result<Self, PrivateKeyError> {
                Self::from_pkcs8_der(&crate::crypto::encrypted_key::decrypt(der, passphrase.as_ref())?)
            }

            /// Writes the private key as a PEM block `ENCRYPTED PRIVATE KEY`, with line feeds: PBES2 with scrypt (N = 16384,
            /// r = 8, p = 5, which takes 16 MiB) and AES-256-CBC. OpenSSL 1.1 and newer read it. Salt and initialisation
            /// vector are randomness of the operating system, so that each call writes another text.
            ///
            /// # Errors
            /// [`PrivateKeyError::EmptyPassphrase`], [`PrivateKeyError::Randomness`].
            pub fn to_encrypted_pem(&self, passphrase: impl AsRef<[u8]>) -> Result<String, PrivateKeyError> {
                crate::crypto::encrypted_key::encrypt_pem(&self.pkcs8()?, passphrase.as_ref())
            }
        }
    };
}
pub(super) use under_a_passphrase;
