//! SubjectPublicKeyInfo as it came, and the policy that decides which keys get a certificate.

pub(crate) mod info;
mod natural;
pub(crate) mod weak_rsa;

use std::fmt;

use self::weak_rsa::RsaWeakness;
use crate::x509::algorithm::facts::{ED25519_KEY_BYTES, ID_EC_PUBLIC_KEY, ID_ED25519, ID_RSA_ENCRYPTION};
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::algorithm::named::Named;
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::oid::{Oid, OidRef};

// DER content, for patterns.
const RSA_ENCRYPTION: &[u8] = ID_RSA_ENCRYPTION.as_bytes();
const EC_PUBLIC_KEY: &[u8] = ID_EC_PUBLIC_KEY.as_bytes();
const ED25519: &[u8] = ID_ED25519.as_bytes();

/// What is wrong with a public key, or with the algorithm of the request that carries it.
/// [`SubjectPublicKeyInfo`](crate::x509::SubjectPublicKeyInfo) has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyError {
    /// The SubjectPublicKeyInfo or the key inside it is not the DER that its algorithm asks for.
    #[error("the public key is malformed: {0}")]
    Malformed(Asn1Error),
    /// The key algorithm is not one that the crate knows.
    #[error("public key algorithm {} is not supported", Named(.0))]
    UnknownAlgorithm(Oid),
    /// The elliptic curve is not one that the crate knows.
    #[error("elliptic curve {} is not supported; use P-256, P-384, P-521 or SM2", Named(.0))]
    UnknownCurve(Oid),
    /// The curve is spelled out instead of named (RFC 5480 section 2.1.1 forbids it).
    #[error("the elliptic curve is given by explicit parameters; use a named curve")]
    ExplicitCurve,
    /// The point is at infinity, compressed, or has the wrong length.
    #[error("the elliptic curve point is not an uncompressed point of the named curve")]
    Point,
    /// The RSA modulus is too short or too long.
    #[error("the RSA modulus has {bits} bits; {min} to {max} are allowed")]
    RsaBits {
        /// The length of the modulus.
        bits: usize,
        /// The shortest modulus that the policy allows.
        min: usize,
        /// The longest modulus that the policy allows.
        max: usize,
    },
    /// The RSA exponent is even, below 3, or not below 2^32.
    #[error("the RSA exponent must be odd, at least 3 and below 2^32")]
    RsaExponent,
    /// The RSA exponent is smaller than the policy allows.
    #[error("the RSA exponent is {exponent}; at least {min} is required")]
    SmallRsaExponent {
        /// The exponent.
        exponent: u32,
        /// The smallest exponent that the policy allows.
        min: u32,
    },
    /// The RSA modulus can be factored, and the policy refuses such keys.
    #[error("{0}")]
    WeakRsa(RsaWeakness),
    /// The key is of another algorithm than the one that is needed.
    #[error("the public key is not one of {0}")]
    NotOfAlgorithm(KeyAlgorithm),
    /// The code that computes the digest is left out of this build.
    #[error("the digest for {algorithm} needs the feature `{feature}`")]
    DigestFeature {
        /// The algorithm to sign with.
        algorithm: SigningAlgorithm,
        /// The feature of this crate.
        feature: &'static str,
    },
    /// The signature of the request rests on SHA-1.
    #[error("signature algorithm {0} rests on SHA-1, which the key policy does not allow")]
    Sha1(SignatureAlgorithm),
}

/// Not a source: the text has it.
impl From<Asn1Error> for PublicKeyError {
    fn from(error: Asn1Error) -> Self {
        PublicKeyError::Malformed(error)
    }
}

/// A public key, its parts as they stand in the SubjectPublicKeyInfo.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PublicKey<'a> {
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
    Ec(KeyAlgorithm),
    Ed25519,
    MlDsa(KeyAlgorithm),
}

/// The BIT STRING content of a SubjectPublicKeyInfo: what key identifiers are computed over (RFC 5280 section 4.2.1.2).
pub(crate) fn subject_public_key(spki: &[u8]) -> Result<&[u8], Asn1Error> {
    let mut info = Reader::single(spki, tag::SEQUENCE)?.reader();
    info.read(tag::SEQUENCE)?;
    let key = info.read(tag::BIT_STRING)?.octet_aligned_bits()?;
    info.finish()?;
    Ok(key)
}

/// A SubjectPublicKeyInfo in its parts, before anything is said of its algorithm.
struct Parts<'a> {
    algorithm: Tlv<'a>,
    oid: OidRef<'a>,
    parameters: Option<Tlv<'a>>,
    key: Tlv<'a>,
}

impl<'a> Parts<'a> {
    fn read(spki: &'a [u8]) -> Result<Parts<'a>, Asn1Error> {
        let mut info = Reader::single(spki, tag::SEQUENCE)?.reader();
        let algorithm = info.read(tag::SEQUENCE)?;
        let key = info.read(tag::BIT_STRING)?;
        info.finish()?;
        let mut identifier = algorithm.reader();
        let oid = identifier.read(tag::OID)?.oid_ref()?;
        let parameters = if identifier.is_empty() { None } else { Some(identifier.any()?) };
        identifier.finish()?;
        Ok(Parts { algorithm, oid, parameters, key })
    }
}

impl<'a> PublicKey<'a> {
    /// Reads a SubjectPublicKeyInfo, tag and length included. Whether a point lies on its curve is for the verifier.
    pub(crate) fn from_der(spki: &'a [u8]) -> Result<PublicKey<'a>, PublicKeyError> {
        let Parts { algorithm, oid, parameters, key: key_tlv } = Parts::read(spki)?;
        let key = key_tlv.octet_aligned_bits()?;
        match (oid.as_der_content(), parameters) {
            (RSA_ENCRYPTION, Some(null)) if null.full == [tag::NULL, 0] => rsa(key, &key_tlv),
            (RSA_ENCRYPTION, _) => Err(algorithm.content_error("rsaEncryption without NULL parameters").into()),
            (EC_PUBLIC_KEY, Some(curve)) if curve.tag == tag::OID => ec(curve.oid_ref()?, key),
            (EC_PUBLIC_KEY, Some(curve)) if curve.tag == tag::SEQUENCE => Err(PublicKeyError::ExplicitCurve),
            (EC_PUBLIC_KEY, _) => Err(algorithm.content_error("id-ecPublicKey without a named curve").into()),
            (ED25519, Some(_)) => Err(algorithm.content_error("parameters where the algorithm has none").into()),
            (ED25519, None) => sized(PublicKey::Ed25519, key, ED25519_KEY_BYTES, &key_tlv),
            (other, parameters) => {
                let own = KeyAlgorithm::of_ml_dsa(other).and_then(|own| Some((own, own.ml_dsa_key_bytes()?)));
                match (own, parameters) {
                    (Some((own, bytes)), None) => sized(PublicKey::MlDsa(own), key, bytes, &key_tlv),
                    (Some(_), Some(_)) => {
                        Err(algorithm.content_error("parameters where the algorithm has none").into())
                    }
                    (None, _) => Err(PublicKeyError::UnknownAlgorithm(oid.to_oid())),
                }
            }
        }
    }
}

/// What a SubjectPublicKeyInfo says that its key is, whether or not the key is a good one.
#[cfg(any(feature = "aws-lc-rs", feature = "_rustcrypto"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Rsa,
    /// On one of the curves of ECDSA.
    Ec,
    Sm2,
    /// On another curve, or on none that is named.
    OtherCurve,
    Ed25519,
    MlDsa(KeyAlgorithm),
    Other,
}

#[cfg(any(feature = "aws-lc-rs", feature = "_rustcrypto"))]
impl KeyKind {
    /// `None` if the SubjectPublicKeyInfo cannot be read.
    pub(crate) fn of(spki: &[u8]) -> Option<KeyKind> {
        let parts = Parts::read(spki).ok()?;
        if let Some(own) = KeyAlgorithm::of_ml_dsa(parts.oid.as_der_content()) {
            return Some(KeyKind::MlDsa(own));
        }
        Some(match parts.oid.as_der_content() {
            RSA_ENCRYPTION => KeyKind::Rsa,
            ED25519 => KeyKind::Ed25519,
            EC_PUBLIC_KEY => {
                let curve = parts.parameters.filter(|curve| curve.tag == tag::OID);
                match curve.and_then(|curve| KeyAlgorithm::of_curve(curve.content)) {
                    None => KeyKind::OtherCurve,
                    Some(KeyAlgorithm::Sm2) => KeyKind::Sm2,
                    Some(_) => KeyKind::Ec,
                }
            }
            _ => KeyKind::Other,
        })
    }
}

impl fmt::Display for PublicKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PublicKey::Rsa { modulus, .. } => write!(f, "RSA, {} bits", modulus_bits(modulus)),
            PublicKey::Ec(algorithm) | PublicKey::MlDsa(algorithm) => write!(f, "{algorithm}"),
            PublicKey::Ed25519 => f.write_str("Ed25519"),
        }
    }
}

fn sized<'a>(key: PublicKey<'a>, octets: &[u8], length: usize, at: &Tlv<'_>) -> Result<PublicKey<'a>, PublicKeyError> {
    if octets.len() == length { Ok(key) } else { Err(at.content_error("key of the wrong length").into()) }
}

fn rsa<'a>(key: &'a [u8], at: &Tlv<'_>) -> Result<PublicKey<'a>, PublicKeyError> {
    let mut sequence = Reader::at(key, at.offset);
    let mut numbers = sequence.read(tag::SEQUENCE)?.reader();
    sequence.finish()?;
    let modulus = positive_integer(&numbers.read(tag::INTEGER)?)?;
    let exponent = positive_integer(&numbers.read(tag::INTEGER)?)?;
    numbers.finish()?;
    Ok(PublicKey::Rsa { modulus, exponent })
}

/// The significant bytes of a positive INTEGER in its shortest form.
pub(crate) fn positive_integer<'a>(integer: &Tlv<'a>) -> Result<&'a [u8], Asn1Error> {
    match integer.content {
        [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Ok(rest),
        [1..=0x7f, ..] => Ok(integer.content),
        _ => Err(integer.content_error("INTEGER that is not positive or not in its shortest form")),
    }
}

fn ec<'a>(curve: OidRef<'_>, point: &'a [u8]) -> Result<PublicKey<'a>, PublicKeyError> {
    let Some(algorithm) = KeyAlgorithm::of_curve(curve.as_der_content()) else {
        return Err(PublicKeyError::UnknownCurve(curve.to_oid()));
    };
    if point.len() != 1 + 2 * algorithm.coordinate_bytes().unwrap_or_default() || point[0] != 0x04 {
        return Err(PublicKeyError::Point);
    }
    Ok(PublicKey::Ec(algorithm))
}

/// Which public keys may be certified, and which signatures count as proof (R-CSR-3, R-CSR-4; our decision).
///
/// The default allows RSA of 2048 to 8192 bits, the elliptic curves and ML-DSA parameter sets of the API, and Ed25519; no
/// SHA-1. It is checked before any public-key operation. [`IssuanceOptions`](crate::IssuanceOptions) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPolicy {
    min_rsa_bits: usize,
    max_rsa_bits: usize,
    min_rsa_exponent: u32,
    refuse_weak_rsa: bool,
    allow_sha1: bool,
}

impl Default for KeyPolicy {
    fn default() -> Self {
        KeyPolicy {
            min_rsa_bits: 2048,
            max_rsa_bits: 8192,
            min_rsa_exponent: 3,
            refuse_weak_rsa: false,
            allow_sha1: false,
        }
    }
}

impl KeyPolicy {
    /// Sets the shortest and the longest RSA modulus, in bits. Above 8192 bits no verifier of this crate goes.
    #[must_use]
    pub fn rsa_bits(mut self, min: usize, max: usize) -> Self {
        (self.min_rsa_bits, self.max_rsa_bits) = (min, max);
        self
    }

    /// Sets the smallest RSA exponent, 3 by default. Public CAs ask for 65537 (Baseline Requirements, section 6.1.6).
    #[must_use]
    pub fn min_rsa_exponent(mut self, min: u32) -> Self {
        self.min_rsa_exponent = min;
        self
    }

    /// Refuses RSA keys whose modulus can be factored, as public CAs must (Baseline Requirements, sections 6.1.1.3 and 6.1.6); off
    /// by default:
    ///
    /// * a factor below 752;
    /// * the ROCA form of Infineon's RSALib (CVE-2017-15361): the modulus is a power of 65537 modulo the primes up to 167;
    /// * prime factors that 100 steps of Fermat's method find.
    ///
    /// For a sound key of 2048 bits this takes about as long as to verify a signature, for longer ones as the square of the length.
    #[must_use]
    pub fn refuse_weak_rsa(mut self, refuse: bool) -> Self {
        self.refuse_weak_rsa = refuse;
        self
    }

    /// Accepts proofs of possession that rest on SHA-1, for old devices that can do no better.
    #[must_use]
    pub fn allow_sha1(mut self, allow: bool) -> Self {
        self.allow_sha1 = allow;
        self
    }

    pub(crate) fn check_proof(&self, algorithm: SignatureAlgorithm) -> Result<(), PublicKeyError> {
        if algorithm.uses_sha1() && !self.allow_sha1 { Err(PublicKeyError::Sha1(algorithm)) } else { Ok(()) }
    }

    /// Checks a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// When the key is malformed, of an unknown kind, or outside the policy.
    pub fn check_key(&self, public_key_der: &[u8]) -> Result<(), PublicKeyError> {
        let PublicKey::Rsa { modulus, exponent } = PublicKey::from_der(public_key_der)? else { return Ok(()) };
        let bits = modulus_bits(modulus);
        let (min, max) = (self.min_rsa_bits, self.max_rsa_bits);
        if !(min..=max).contains(&bits) {
            return Err(PublicKeyError::RsaBits { bits, min, max });
        }
        if exponent.len() > 4 {
            return Err(PublicKeyError::RsaExponent);
        }
        let exponent = exponent.iter().fold(0, |exponent, byte| exponent << 8 | u32::from(*byte));
        let min = self.min_rsa_exponent;
        match exponent {
            0..3 => Err(PublicKeyError::RsaExponent),
            even if even % 2 == 0 => Err(PublicKeyError::RsaExponent),
            small if small < min => Err(PublicKeyError::SmallRsaExponent { exponent, min }),
            _ if self.refuse_weak_rsa => {
                weak_rsa::find(modulus).map_or(Ok(()), |weak| Err(PublicKeyError::WeakRsa(weak)))
            }
            _ => Ok(()),
        }
    }
}

/// The length in bits of a modulus without leading zeros.
pub(crate) fn modulus_bits(modulus: &[u8]) -> usize {
    modulus.first().map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize)
}

/// The subject key identifier: SHA-1 of the subjectPublicKey bits (R-MRG-2; RFC 5280 section 4.2.1.2 method 1). SHA-1 only
/// names the key here; nothing rests on its strength.
pub(crate) fn key_identifier(subject_public_key: &[u8]) -> [u8; 20] {
    use sha1::Digest;
    sha1::Sha1::digest(subject_public_key).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::algorithm::facts::ID_PRIME256V1;
    use crate::x509::asn1::writer::Writer;

    fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        let mut writer = Writer::with_capacity(600);
        writer.sequence(|w| {
            w.sequence(|w| {
                w.primitive(tag::OID, RSA_ENCRYPTION);
                w.primitive(tag::NULL, &[]);
            });
            w.nested(tag::BIT_STRING, |w| {
                w.byte(0);
                w.sequence(|w| {
                    w.primitive(tag::INTEGER, modulus);
                    w.primitive(tag::INTEGER, exponent);
                });
            });
        });
        writer.into_vec()
    }

    fn modulus(bits: usize) -> Vec<u8> {
        let mut octets = vec![0xff; bits / 8];
        octets.insert(0, 0);
        octets
    }

    fn check(modulus: &[u8], exponent: &[u8]) -> Result<(), PublicKeyError> {
        KeyPolicy::default().check_key(&rsa_spki(modulus, exponent))
    }

    #[test]
    fn rsa_bounds() {
        // R-CSR-4.
        for (bits, ok) in [(512, false), (2040, false), (2048, true), (8192, true), (8200, false), (16384, false)] {
            assert_eq!(check(&modulus(bits), &[1, 0, 1]).is_ok(), ok, "{bits}");
        }
        let n = modulus(2048);
        for (exponent, ok) in [
            (&[3][..], true),
            (&[1], false),
            (&[2], false),
            (&[1, 0, 0], false),
            (&[1, 0, 1], true),
            (&[0, 0xff, 0xff, 0xff, 0xff], true),
            (&[1, 0, 0, 0, 1], false),
        ] {
            assert_eq!(check(&n, exponent).is_ok(), ok, "{exponent:02x?}");
        }
        assert_eq!(check(&n, &[1]), Err(PublicKeyError::RsaExponent));
    }

    #[test]
    fn integers_must_be_positive_and_shortest() {
        for bad in [&[0x80, 1][..], &[0, 1], &[0], &[]] {
            assert!(matches!(check(bad, &[1, 0, 1]), Err(PublicKeyError::Malformed(_))), "{bad:02x?}");
        }
    }

    /// Printed with its sources, as services log errors, an error names each cause once.
    #[test]
    fn a_cause_is_in_the_text_and_no_source() {
        let error = check(&[0], &[1, 0, 1]).unwrap_err();
        let PublicKeyError::Malformed(cause) = error else { panic!("{error}") };
        assert!(PublicKeyError::from(cause).to_string().ends_with(&cause.to_string()));
        assert!(std::error::Error::source(&PublicKeyError::from(cause)).is_none());
    }

    #[test]
    fn policy_is_replaceable() {
        let policy = KeyPolicy::default().rsa_bits(3072, 4096).allow_sha1(true);
        let refused = policy.check_key(&rsa_spki(&modulus(2048), &[1, 0, 1]));
        assert_eq!(refused, Err(PublicKeyError::RsaBits { bits: 2048, min: 3072, max: 4096 }));
        assert_eq!(policy.check_proof(SignatureAlgorithm::Sha1WithRsa), Ok(()));
        assert!(KeyPolicy::default().check_proof(SignatureAlgorithm::Sha1WithEcdsa).is_err());
    }

    fn ec_spki(parameters: &[u8], point: &[u8]) -> Vec<u8> {
        let mut writer = Writer::with_capacity(200);
        writer.sequence(|w| {
            w.sequence(|w| {
                w.primitive(tag::OID, EC_PUBLIC_KEY);
                w.raw(parameters);
            });
            w.bit_string(point);
        });
        writer.into_vec()
    }

    #[test]
    fn ec_forms() {
        let p256 = [&[tag::OID, 8][..], ID_PRIME256V1.as_bytes()].concat();
        let uncompressed = [&[4][..], &[1; 64]].concat();
        let check = |parameters: &[u8], point: &[u8]| KeyPolicy::default().check_key(&ec_spki(parameters, point));
        assert_eq!(check(&p256, &uncompressed), Ok(()));
        assert_eq!(check(&p256, &[0]), Err(PublicKeyError::Point));
        assert_eq!(check(&p256, &[2; 33]), Err(PublicKeyError::Point));
        assert_eq!(check(&p256, &uncompressed[..64]), Err(PublicKeyError::Point));
        assert_eq!(check(&[tag::SEQUENCE, 0], &uncompressed), Err(PublicKeyError::ExplicitCurve));
        assert!(matches!(check(&[], &uncompressed), Err(PublicKeyError::Malformed(_))));
        let secp256k1 = [tag::OID, 5, 0x2b, 0x81, 0x04, 0, 0x0a];
        assert!(matches!(check(&secp256k1, &uncompressed), Err(PublicKeyError::UnknownCurve(_))));
    }
}
