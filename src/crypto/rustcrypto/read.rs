//! Private keys in the forms that they come in: PEM, PKCS#8 and SEC 1.

#[cfg(feature = "ml-dsa")]
use ::ml_dsa::{MlDsa44, MlDsa65, MlDsa87};
#[cfg(any(feature = "_ecdsa", feature = "sm2"))]
use sec1::EcPrivateKey;
use spki::ObjectIdentifier;

#[cfg(feature = "rsa")]
use super::rsa::RsaKey;
use super::signer::{PrivateKey, missing};
#[cfg(feature = "sm2")]
use super::sm2::Sm2Key;
use crate::crypto::private_key::{
    InnerKey, PrivateKeyError, PrivateKeyInfo, ec_private_key, pem_private_key, rsa_private_key, unsupported,
};
use crate::x509::algorithm::KeyAlgorithm;

type Key = Box<dyn PrivateKey>;

/// A PEM block of one of the forms that OpenSSL writes.
pub(super) fn pem(text: &str) -> Result<Key, PrivateKeyError> {
    match pem_private_key(text)? {
        ("PRIVATE KEY", der) => pkcs8(&der),
        ("EC PRIVATE KEY" | "SM2 PRIVATE KEY", der) => sec1(&der, None),
        ("RSA PRIVATE KEY", der) => pkcs1(&der),
        _ => Err(PrivateKeyError::Pem(
            "the block is not a PRIVATE KEY, EC PRIVATE KEY, SM2 PRIVATE KEY or RSA PRIVATE KEY",
        )),
    }
}

/// A PEM block `PRIVATE KEY`.
pub(super) fn pkcs8_pem(text: &str) -> Result<Key, PrivateKeyError> {
    match pem_private_key(text)? {
        ("PRIVATE KEY", der) => pkcs8(&der),
        _ => Err(PrivateKeyError::Pem("the block is not a PRIVATE KEY")),
    }
}

/// A DER `PrivateKeyInfo` (RFC 5958).
pub(super) fn pkcs8(der: &[u8]) -> Result<Key, PrivateKeyError> {
    let info = PrivateKeyInfo::from_der(der)?;
    let key: Key = match info.key {
        InnerKey::Rsa(key) => pkcs1(key)?,
        InnerKey::Ec(key, curve) => sec1(key, Some(curve))?,
        #[cfg(feature = "ml-dsa")]
        InnerKey::MlDsa(KeyAlgorithm::MlDsa44, key) => Box::new(super::ml_dsa::from_private_key::<MlDsa44>(key)?),
        #[cfg(feature = "ml-dsa")]
        InnerKey::MlDsa(KeyAlgorithm::MlDsa65, key) => Box::new(super::ml_dsa::from_private_key::<MlDsa65>(key)?),
        #[cfg(feature = "ml-dsa")]
        InnerKey::MlDsa(KeyAlgorithm::MlDsa87, key) => Box::new(super::ml_dsa::from_private_key::<MlDsa87>(key)?),
        InnerKey::MlDsa(algorithm, _) => return Err(missing(algorithm)),
    };
    let spki = key.public_key_der().map_err(|_| PrivateKeyError::Inconsistent)?;
    info.check_public_key(spki.as_bytes())?;
    Ok(key)
}

/// A DER `ECPrivateKey` (SEC 1, RFC 5915), on the curve that the structure around it says or else on its own.
fn sec1(der: &[u8], curve: Option<ObjectIdentifier>) -> Result<Key, PrivateKeyError> {
    let (key, curve) = ec_private_key(der, curve)?;
    #[allow(unreachable_code)] // Where no curve is left.
    Ok(match KeyAlgorithm::of_curve(curve.as_bytes()) {
        #[cfg(feature = "p256")]
        Some(KeyAlgorithm::EcPrime256v1) => Box::new(p256::ecdsa::SigningKey::from(secret::<p256::SecretKey>(key)?)),
        #[cfg(feature = "p384")]
        Some(KeyAlgorithm::EcSecp384r1) => Box::new(p384::ecdsa::SigningKey::from(secret::<p384::SecretKey>(key)?)),
        #[cfg(feature = "p521")]
        Some(KeyAlgorithm::EcSecp521r1) => Box::new(p521::ecdsa::SigningKey::from(secret::<p521::SecretKey>(key)?)),
        #[cfg(feature = "sm2")]
        Some(KeyAlgorithm::Sm2) => Box::new(Sm2Key::new(&secret(key)?)?),
        Some(algorithm) => {
            let _ = key;
            return Err(missing(algorithm));
        }
        None => return Err(unsupported(curve)),
    })
}

/// A DER `RSAPrivateKey` (RFC 8017 appendix A.1.2).
fn pkcs1(der: &[u8]) -> Result<Key, PrivateKeyError> {
    let (key, algorithm) = rsa_private_key(der)?;
    #[cfg(feature = "rsa")]
    return Ok(Box::new(RsaKey::from_parts(key, algorithm)?));
    #[cfg(not(feature = "rsa"))]
    {
        let _ = key;
        Err(missing(algorithm))
    }
}

#[cfg(any(feature = "_ecdsa", feature = "sm2"))]
/// Checks the range, and that the public key, where there is one, belongs to the private one.
fn secret<'a, K: TryFrom<EcPrivateKey<'a>>>(key: EcPrivateKey<'a>) -> Result<K, PrivateKeyError> {
    K::try_from(key).map_err(|_| PrivateKeyError::Inconsistent)
}
