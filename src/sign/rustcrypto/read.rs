//! Private keys in the forms that they come in: PEM, PKCS#8 and SEC 1.

use der::Decode;
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use p256::NistP256;
use p256::elliptic_curve;
use p384::NistP384;
use p521::NistP521;
use pkcs8::{AssociatedOid, PrivateKeyInfoRef};
use sec1::{EcParameters, EcPrivateKey};

use super::rsa::RsaKey;
use super::sm2::Sm2Key;
use super::{PrivateKey, ml_dsa};
use crate::public_key;
use crate::public_key::{ID_ML_DSA_44, ID_ML_DSA_65, ID_ML_DSA_87};
use crate::sign::private_key::{PrivateKeyError, pem_private_key};

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
    let Ok(info) = PrivateKeyInfoRef::from_der(der) else {
        // EncryptedPrivateKeyInfo (RFC 5958 section 3): an AlgorithmIdentifier and an OCTET STRING.
        let encrypted = spki::SubjectPublicKeyInfo::<AnyRef<'_>, &OctetStringRef>::from_der(der).is_ok();
        return Err(if encrypted { PrivateKeyError::Encrypted } else { PrivateKeyError::Malformed("PrivateKeyInfo") });
    };
    let private_key = info.private_key.as_bytes();
    let key: Key = match (info.algorithm.oid, info.algorithm.parameters) {
        (pkcs1::ALGORITHM_OID, parameters) if parameters == Some(AnyRef::NULL) => {
            Box::new(RsaKey::from_pkcs1_der(private_key)?)
        }
        (pkcs1::ALGORITHM_OID, _) => {
            return Err(PrivateKeyError::Malformed("PrivateKeyInfo of rsaEncryption with NULL"));
        }
        (elliptic_curve::ALGORITHM_OID, parameters) => {
            let curve = parameters.and_then(|parameters| parameters.decode_as().ok());
            let curve = curve.ok_or(PrivateKeyError::Malformed("PrivateKeyInfo with a named curve"))?;
            sec1(private_key, Some(curve))?
        }
        (ID_ML_DSA_44 | ID_ML_DSA_65 | ID_ML_DSA_87, Some(_)) => {
            return Err(PrivateKeyError::Malformed("PrivateKeyInfo of ML-DSA without parameters"));
        }
        (ID_ML_DSA_44, None) => Box::new(ml_dsa::from_private_key::<::ml_dsa::MlDsa44>(private_key)?),
        (ID_ML_DSA_65, None) => Box::new(ml_dsa::from_private_key::<::ml_dsa::MlDsa65>(private_key)?),
        (ID_ML_DSA_87, None) => Box::new(ml_dsa::from_private_key::<::ml_dsa::MlDsa87>(private_key)?),
        (other, _) => return Err(PrivateKeyError::Unsupported { algorithm: other.to_string() }),
    };
    // A OneAsymmetricKey may carry the public key (RFC 5958 section 2).
    if let Some(given) = info.public_key {
        let own = key.public_key_der().map_err(|_| PrivateKeyError::Inconsistent)?;
        if public_key::subject_public_key(own.as_bytes()).ok() != given.as_bytes() {
            return Err(PrivateKeyError::Inconsistent);
        }
    }
    Ok(key)
}

/// A DER `ECPrivateKey` (SEC 1, RFC 5915). `curve` is what the structure around the key says; the key itself may say it
/// too, and must if nothing else does.
fn sec1(der: &[u8], curve: Option<ObjectIdentifier>) -> Result<Key, PrivateKeyError> {
    let key = EcPrivateKey::from_der(der).map_err(|_| PrivateKeyError::Malformed("ECPrivateKey with a named curve"))?;
    let own = key.parameters.and_then(EcParameters::named_curve);
    let curve = match (curve, own) {
        (Some(curve), Some(own)) if curve != own => return Err(PrivateKeyError::Inconsistent),
        (Some(curve), _) | (None, Some(curve)) => curve,
        (None, None) => return Err(PrivateKeyError::Malformed("ECPrivateKey with a named curve")),
    };
    Ok(match curve {
        <NistP256 as AssociatedOid>::OID => Box::new(p256::ecdsa::SigningKey::from(secret::<p256::SecretKey>(key)?)),
        <NistP384 as AssociatedOid>::OID => Box::new(p384::ecdsa::SigningKey::from(secret::<p384::SecretKey>(key)?)),
        <NistP521 as AssociatedOid>::OID => Box::new(p521::ecdsa::SigningKey::from(secret::<p521::SecretKey>(key)?)),
        <::sm2::Sm2 as AssociatedOid>::OID => Box::new(Sm2Key::new(&secret(key)?)?),
        other => return Err(PrivateKeyError::Unsupported { algorithm: other.to_string() }),
    })
}

/// Checks the range, and that the public key, where there is one, belongs to the private one.
fn secret<'a, K: TryFrom<EcPrivateKey<'a>>>(key: EcPrivateKey<'a>) -> Result<K, PrivateKeyError> {
    K::try_from(key).map_err(|_| PrivateKeyError::Inconsistent)
}
