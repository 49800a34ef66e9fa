//! Key pairs that are made on a token and never leave it.

use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::Session;

use super::error::{Pkcs11Error, failed};
use super::key::KeyName;
use crate::x509::algorithm::KeyAlgorithm;
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;

/// The public exponent of new RSA keys: 65537.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// Makes a key pair that signs: the private key is sensitive and not extractable (PKCS#11 v2.40 section 4.9).
pub(super) fn key_pair(session: &Session, algorithm: KeyAlgorithm, name: &KeyName) -> Result<(), Pkcs11Error> {
    let (mechanism, kind) = kind(algorithm)?;
    let mut both = vec![Attribute::Token(true)];
    both.extend(name.label.clone().map(Attribute::Label));
    both.extend(name.id.clone().map(Attribute::Id));
    let public = [both.clone(), kind, vec![Attribute::Verify(true)]].concat();
    let private =
        [Attribute::Private(true), Attribute::Sensitive(true), Attribute::Extractable(false), Attribute::Sign(true)];
    let private = [both, private.to_vec()].concat();
    session.generate_key_pair(&mechanism, &public, &private).map(drop).map_err(failed)
}

/// How a key pair of an algorithm is made, and what of it the public key's template says.
fn kind(algorithm: KeyAlgorithm) -> Result<(Mechanism<'static>, Vec<Attribute>), Pkcs11Error> {
    let curve = algorithm.curve().filter(|_| algorithm != KeyAlgorithm::Sm2);
    match (algorithm.modulus_bits(), curve) {
        (Some(bits), _) => {
            let bits = u64::try_from(bits).unwrap_or(u64::MAX).into();
            let size = vec![Attribute::ModulusBits(bits), Attribute::PublicExponent(EXPONENT.to_vec())];
            Ok((Mechanism::RsaPkcsKeyPairGen, size))
        }
        (None, Some(curve)) => {
            let mut parameters = Writer::with_capacity(12);
            parameters.primitive(tag::OID, curve.as_bytes());
            Ok((Mechanism::EccKeyPairGen, vec![Attribute::EcParams(parameters.into_vec())]))
        }
        (None, None) => Err(Pkcs11Error::UnsupportedKey(algorithm.to_string())),
    }
}
