//! The key pair on the token, and its public key as a SubjectPublicKeyInfo.

use std::fmt;

use cryptoki::mechanism::MechanismType;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::error::{Pkcs11Error, failed};
use super::scheme::significant;
use crate::x509::algorithm::KeyAlgorithm;
use crate::x509::algorithm::facts::{ID_EC_PUBLIC_KEY, ID_RSA_ENCRYPTION};
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::hex;
use crate::x509::public_key::PublicKey;

/// How a key is named: by `CKA_LABEL`, by `CKA_ID`, or by both.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyName {
    pub(super) label: Option<Vec<u8>>,
    pub(super) id: Option<Vec<u8>>,
}

impl KeyName {
    fn template(&self, class: ObjectClass) -> Vec<Attribute> {
        let mut template = vec![Attribute::Class(class)];
        template.extend(self.label.clone().map(Attribute::Label));
        template.extend(self.id.clone().map(Attribute::Id));
        template
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(label) = &self.label {
            write!(f, "label '{}'", String::from_utf8_lossy(label))?;
        }
        if let Some(id) = &self.id {
            f.write_str(if self.label.is_some() { " and identifier " } else { "identifier " })?;
            fmt::Display::fmt(&hex::lower(id), f)?;
        }
        Ok(())
    }
}

/// The private key. Its handle is good for this session: another may know the key by another (PKCS#11 v2.40 section 3.4).
pub(super) fn find_private(session: &Session, name: &KeyName) -> Result<ObjectHandle, Pkcs11Error> {
    find_one(session, name, ObjectClass::PRIVATE_KEY, "private key")?
        .ok_or_else(|| Pkcs11Error::NoPrivateKey { key: name.to_string() })
}

/// What the signer remembers of its key.
pub(super) struct KeyInfo {
    pub(super) algorithm: KeyAlgorithm,
    pub(super) public_key_der: Vec<u8>,
    /// `CKA_ALLOWED_MECHANISMS`; empty if there is no such limit.
    pub(super) allowed: Vec<MechanismType>,
}

pub(super) fn describe(session: &Session, private: ObjectHandle, name: &KeyName) -> Result<KeyInfo, Pkcs11Error> {
    let key = || name.to_string();
    if let Some(Attribute::AlwaysAuthenticate(true)) = attribute(session, private, AttributeType::AlwaysAuthenticate)? {
        return Err(Pkcs11Error::AlwaysAuthenticate { key: key() });
    }
    if let Some(Attribute::Sign(false)) = attribute(session, private, AttributeType::Sign)? {
        return Err(Pkcs11Error::NotForSigning { key: key() });
    }
    let key_type = match attribute(session, private, AttributeType::KeyType)? {
        Some(Attribute::KeyType(key_type)) => key_type,
        _ => {
            return Err(Pkcs11Error::MissingAttribute { object: "private key", key: key(), attribute: "CKA_KEY_TYPE" });
        }
    };
    let (object, handle) = match find_public(session, private)? {
        Some(public) => ("public key", public),
        // A private RSA key has its modulus (PKCS#11 v2.40 mechanisms, section 2.1.3), and many tokens give the exponent.
        None => ("private key", private),
    };
    let public_key_der = match public_key(session, handle, key_type) {
        Ok(spki) => spki,
        Err(Missing::Attribute(attribute)) => match public_key_info(session, private)? {
            Some(spki) => spki,
            None => return Err(Pkcs11Error::MissingAttribute { object, key: key(), attribute }),
        },
        Err(Missing::Error(error)) => return Err(error),
    };
    let algorithm = algorithm(&public_key_der)?;
    // A list with a mechanism that the wrapper crate does not know cannot be read; the token enforces it all the same.
    let allowed = match attribute(session, private, AttributeType::AllowedMechanisms) {
        Ok(Some(Attribute::AllowedMechanisms(allowed))) => allowed,
        _ => Vec::new(),
    };
    Ok(KeyInfo { algorithm, public_key_der, allowed })
}

fn find_one(
    session: &Session,
    name: &KeyName,
    class: ObjectClass,
    object: &'static str,
) -> Result<Option<ObjectHandle>, Pkcs11Error> {
    let objects = session.iter_objects(&name.template(class)).map_err(failed)?;
    let objects: Vec<ObjectHandle> = objects.take(2).collect::<Result<_, _>>().map_err(failed)?;
    match objects.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        _ => Err(Pkcs11Error::KeyAmbiguous { object, key: name.to_string() }),
    }
}

/// The public key object of a private key: the one with its identifier, which is what links the two (PKCS#11 v2.40
/// section 4.9), and its label if the identifier is not enough; without an identifier, the one with its label.
fn find_public(session: &Session, private: ObjectHandle) -> Result<Option<ObjectHandle>, Pkcs11Error> {
    let octets = |kind| Ok::<_, Pkcs11Error>(octets(session, private, kind)?.filter(|octets| !octets.is_empty()));
    let (id, label) = (octets(AttributeType::Id)?, octets(AttributeType::Label)?);
    if id.is_none() && label.is_none() {
        return Ok(None);
    }
    let both = KeyName { label, id };
    let find = |name: &KeyName| find_one(session, name, ObjectClass::PUBLIC_KEY, "public key");
    if both.id.is_none() {
        return find(&both);
    }
    match find(&KeyName { label: None, id: both.id.clone() }) {
        Err(Pkcs11Error::KeyAmbiguous { .. }) => find(&both),
        found => found,
    }
}

/// Why the attributes of an object make no public key.
enum Missing {
    Attribute(&'static str),
    Error(Pkcs11Error),
}

/// The SubjectPublicKeyInfo from the attributes of a key object (PKCS#11 v2.40 mechanisms, sections 2.1.2 and 2.3.3).
fn public_key(session: &Session, object: ObjectHandle, key_type: KeyType) -> Result<Vec<u8>, Missing> {
    let needed = |kind, name| match octets(session, object, kind) {
        Ok(Some(octets)) if !octets.is_empty() => Ok(octets),
        Ok(_) => Err(Missing::Attribute(name)),
        Err(error) => Err(Missing::Error(error)),
    };
    if key_type == KeyType::RSA {
        let modulus = needed(AttributeType::Modulus, "CKA_MODULUS")?;
        let exponent = needed(AttributeType::PublicExponent, "CKA_PUBLIC_EXPONENT")?;
        Ok(rsa_spki(&modulus, &exponent))
    } else if key_type == KeyType::EC {
        let parameters = needed(AttributeType::EcParams, "CKA_EC_PARAMS")?;
        let point = needed(AttributeType::EcPoint, "CKA_EC_POINT")?;
        Ok(ec_spki(&parameters, &point))
    } else {
        Err(Missing::Error(Pkcs11Error::UnsupportedKey(key_type.to_string())))
    }
}

/// `CKA_PUBLIC_KEY_INFO` of a private key (PKCS#11 v2.40 section 4.9).
fn public_key_info(session: &Session, private: ObjectHandle) -> Result<Option<Vec<u8>>, Pkcs11Error> {
    Ok(octets(session, private, AttributeType::PublicKeyInfo)?.filter(|spki| !spki.is_empty()))
}

/// `None` if the object has no such attribute or does not give it away.
fn attribute(session: &Session, object: ObjectHandle, kind: AttributeType) -> Result<Option<Attribute>, Pkcs11Error> {
    Ok(session.get_attributes(object, &[kind]).map_err(failed)?.pop())
}

fn octets(session: &Session, object: ObjectHandle, kind: AttributeType) -> Result<Option<Vec<u8>>, Pkcs11Error> {
    Ok(match attribute(session, object, kind)? {
        Some(
            Attribute::Label(octets)
            | Attribute::Id(octets)
            | Attribute::Modulus(octets)
            | Attribute::PublicExponent(octets)
            | Attribute::EcParams(octets)
            | Attribute::EcPoint(octets)
            | Attribute::PublicKeyInfo(octets),
        ) => Some(octets),
        _ => None,
    })
}

fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(modulus.len() + exponent.len() + 40);
    writer.sequence(|w| {
        w.sequence(|w| {
            w.primitive(tag::OID, ID_RSA_ENCRYPTION.as_bytes());
            w.primitive(tag::NULL, &[]);
        });
        w.nested(tag::BIT_STRING, |w| {
            w.byte(0);
            w.sequence(|w| {
                w.positive_integer(significant(modulus));
                w.positive_integer(significant(exponent));
            });
        });
    });
    writer.into_vec()
}

/// `parameters` are DER already.
fn ec_spki(parameters: &[u8], point: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(parameters.len() + point.len() + 24);
    writer.sequence(|w| {
        w.sequence(|w| {
            w.primitive(tag::OID, ID_EC_PUBLIC_KEY.as_bytes());
            w.raw(parameters);
        });
        w.bit_string(bare_point(point));
    });
    writer.into_vec()
}

/// `CKA_EC_POINT` is a DER OCTET STRING around the point (PKCS#11 v2.40 mechanisms, section 2.3.3); some tokens leave it
/// out. The lengths tell: no bare point can be read as an OCTET STRING around a point of one of these lengths.
fn bare_point(octets: &[u8]) -> &[u8] {
    match Reader::single(octets, tag::OCTET_STRING) {
        Ok(wrapped) if matches!(wrapped.content.len(), 65 | 97 | 133) => wrapped.content,
        _ => octets,
    }
}

/// Checks the whole structure, whatever the token put into its attributes.
fn algorithm(spki: &[u8]) -> Result<KeyAlgorithm, Pkcs11Error> {
    use KeyAlgorithm as K;
    match KeyAlgorithm::from_public_key_der(spki) {
        Some(known @ (K::Rsa2048 | K::Rsa3072 | K::Rsa4096 | K::EcPrime256v1 | K::EcSecp384r1 | K::EcSecp521r1)) => {
            Ok(known)
        }
        _ => Err(match PublicKey::from_der(spki) {
            Ok(key) => Pkcs11Error::UnsupportedKey(key.to_string()),
            Err(error) => Pkcs11Error::PublicKey(error),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P256: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    const P521: &[u8] = &[0x06, 5, 0x2b, 0x81, 0x04, 0, 0x23];

    #[test]
    fn points_are_bare_or_wrapped() {
        for (parameters, coordinate, expected) in
            [(P256, 32, KeyAlgorithm::EcPrime256v1), (P521, 66, KeyAlgorithm::EcSecp521r1)]
        {
            // The second octet of a bare point could be taken for a length.
            let mut bare = vec![coordinate - 2 + coordinate; 1 + 2 * usize::from(coordinate)];
            bare[0] = 4;
            let mut wrapped = Writer::with_capacity(140);
            wrapped.primitive(tag::OCTET_STRING, &bare);
            let spki = ec_spki(parameters, &bare);
            assert_eq!(spki, ec_spki(parameters, &wrapped.into_vec()));
            assert_eq!(algorithm(&spki).unwrap(), expected);
        }
        let bare = [&[4, 63][..], &[7; 63]].concat();
        assert!(Reader::single(&bare, tag::OCTET_STRING).is_ok());
        assert_eq!(bare_point(&bare), bare);
    }

    #[test]
    fn numbers_lose_their_leading_zeros() {
        let spki = rsa_spki(&[0x80; 256], &[1, 0, 1]);
        assert_eq!(algorithm(&spki).unwrap(), KeyAlgorithm::Rsa2048);
        assert_eq!(rsa_spki(&[&[0, 0][..], &[0x80; 256]].concat(), &[0, 1, 0, 1]), spki);
    }

    #[test]
    fn keys_of_no_use_are_named() {
        let error = |spki: &[u8]| algorithm(spki).unwrap_err().to_string();
        let unsupported = "RSA of 2048, 3072 and 4096 bits and EC on P-256, P-384 and P-521 are";
        assert_eq!(
            error(&rsa_spki(&[0x80; 128], &[1, 0, 1])),
            format!("keys of this kind are not supported by this signer: RSA, 1024 bits; {unsupported}")
        );
        let point = [&[4][..], &[1; 64]].concat();
        let sm2 = [0x06, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d];
        assert_eq!(
            error(&ec_spki(&sm2, &point)),
            format!("keys of this kind are not supported by this signer: SM2; {unsupported}")
        );
        let secp256k1 = [0x06, 5, 0x2b, 0x81, 0x04, 0, 0x0a];
        assert_eq!(
            error(&ec_spki(&secp256k1, &point)),
            "the public key on the token cannot be used: elliptic curve 1.3.132.0.10 (secp256k1) is not supported; use P-256, \
             P-384, P-521 or SM2"
        );
        assert!(matches!(algorithm(&ec_spki(P256, &point[..33])), Err(Pkcs11Error::PublicKey(_))));
        assert!(matches!(algorithm(&ec_spki(b"secp256r1", &point)), Err(Pkcs11Error::PublicKey(_))));
        assert!(matches!(algorithm(&[]), Err(Pkcs11Error::PublicKey(_))));
    }

    #[test]
    fn names_are_shown() {
        let name = |label: Option<&str>, id: Option<&[u8]>| {
            KeyName { label: label.map(|label| label.as_bytes().to_vec()), id: id.map(<[u8]>::to_vec) }.to_string()
        };
        assert_eq!(name(Some("ca"), None), "label 'ca'");
        assert_eq!(name(None, Some(&[1, 0xab])), "identifier 01ab");
        assert_eq!(name(Some("ca"), Some(&[0])), "label 'ca' and identifier 00");
    }
}
