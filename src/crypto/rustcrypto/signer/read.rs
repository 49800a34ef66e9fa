//! Private keys in the forms that they come in: PEM, PKCS#8 and SEC 1.

use ::ml_dsa::{MlDsa44, MlDsa65, MlDsa87};
use sec1::EcPrivateKey;
use spki::ObjectIdentifier;

use super::rsa::RsaKey;
use super::sm2::Sm2Key;
use super::{PrivateKey, ml_dsa};
use crate::crypto::private_key::{
    InnerKey, PrivateKeyError, PrivateKeyInfo, ec_private_key, pem_private_key, unsupported,
};
use crate::x509::public_key::{ID_PRIME256V1, ID_SECP384R1, ID_SECP521R1, ID_SM2};

type Key = Box<dyn PrivateKey>;

/// A PEM block of one of the forms that OpenSSL writes.
pub(super) fn pem(text: &str) -> Result<Key, PrivateKeyError> {
    match pem_private_key(text)? {
        ("PRIVATE KEY", der) => pkcs8(&der),
        ("EC PRIVATE KEY" | "SM2 PRIVATE KEY", der) => sec1(&der, None),
        ("RSA PRIVATE KEY", der) => Ok(Box::new(RsaKey::from_pkcs1_der(&der)?)),
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
        InnerKey::Rsa(key) => Box::new(RsaKey::from_pkcs1_der(key)?),
        InnerKey::Ec(key, curve) => sec1(key, Some(curve))?,
        InnerKey::MlDsa44(key) => Box::new(ml_dsa::from_private_key::<MlDsa44>(key)?),
        InnerKey::MlDsa65(key) => Box::new(ml_dsa::from_private_key::<MlDsa65>(key)?),
        InnerKey::MlDsa87(key) => Box::new(ml_dsa::from_private_key::<MlDsa87>(key)?),
    };
    let spki = key.public_key_der().map_err(|_| PrivateKeyError::Inconsistent)?;
    info.check_public_key(spki.as_bytes())?;
    Ok(key)
}

/// A DER `ECPrivateKey` (SEC 1, RFC 5915), on the curve that the structure around it says or else on its own.
fn sec1(der: &[u8], curve: Option<ObjectIdentifier>) -> Result<Key, PrivateKeyError> {
    let (key, curve) = ec_private_key(der, curve)?;
    Ok(match curve {
        ID_PRIME256V1 => Box::new(p256::ecdsa::SigningKey::from(secret::<p256::SecretKey>(key)?)),
        ID_SECP384R1 => Box::new(p384::ecdsa::SigningKey::from(secret::<p384::SecretKey>(key)?)),
        ID_SECP521R1 => Box::new(p521::ecdsa::SigningKey::from(secret::<p521::SecretKey>(key)?)),
        ID_SM2 => Box::new(Sm2Key::new(&secret(key)?)?),
        other => return Err(unsupported(other)),
    })
}

/// Checks the range, and that the public key, where there is one, belongs to the private one.
fn secret<'a, K: TryFrom<EcPrivateKey<'a>>>(key: EcPrivateKey<'a>) -> Result<K, PrivateKeyError> {
    K::try_from(key).map_err(|_| PrivateKeyError::Inconsistent)
}
